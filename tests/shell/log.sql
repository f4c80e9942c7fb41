-- Nothing is printed unless a setting asks for it; then it goes to stderr.
SELECT migrate_upgrade('+1');
SELECT migrate_config('log_level', 'info');
SELECT length(migrate_upgrade());
SELECT migrate_config('log_level', 'warning');
SELECT length(migrate_downgrade('base'));
SELECT migrate_config('log_level', NULL);
SELECT length(migrate_upgrade());
