-- A new environment, its settings, revision files.
SELECT migrate_init();
SELECT migrate_init();
.shell ls -A migrations migrations/versions migrate.ini
SELECT migrate_config('script_location'), migrate_config('version_table'), migrate_config('target');
SELECT migrate_config('file_template', '%(rev)s_%(slug)s');
SELECT migrate_revision('Add users', '--rev-id=aaaa');
SELECT migrate_revision('Add orders', '--rev-id=bbbb');
SELECT migrate_revision('On the side', '--rev-id=cccc', '--head=base', '--branch-label=side', '--depends-on=aa');
SELECT migrate_revision('Which head?');
SELECT migrate_revision('Not a head', '--head=aaaa');
SELECT migrate_revision('A branch', '--head=aaaa', '--splice', '--rev-id=dddd');
SELECT migrate_merge('bbbb, dddd', 'Bring together', '--rev-id=eeee');
SELECT migrate_revision('Taken', '--rev-id=eeee', '--head=heads');
SELECT migrate_revision('Taken', '--branch-label=side', '--head=base', '--rev-id=ffff');
SELECT migrate_revision('Where', '--version-path=elsewhere', '--head=eeee');
SELECT migrate_revision('Not an id', '--rev-id=../x', '--head=eeee');
.shell sed '/create_date/s/: .*/: when/' migrations/versions/eeee_bring_together.sql migrations/versions/cccc_on_the_side.sql
.shell ls migrations/versions
