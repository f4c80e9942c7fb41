-- Wrong calls, as a newcomer makes them: each message says what is wrong, and nothing is changed.
-- targets
SELECT migrate_upgrade();
SELECT migrate_upgrade('haed');
SELECT migrate_upgrade('aa');
SELECT migrate_upgrade('');
SELECT migrate_upgrade(NULL);
SELECT migrate_upgrade('+9');
SELECT migrate_upgrade('+0');
SELECT migrate_upgrade('-1');
SELECT migrate_upgrade('cc30+2');
SELECT migrate_upgrade('aa10+1');
SELECT migrate_upgrade('nope@head');
SELECT migrate_upgrade('left@cc30');
SELECT migrate_upgrade('aa10:bb20');
SELECT migrate_downgrade(NULL);
SELECT migrate_downgrade('-1');
SELECT migrate_downgrade('bb20');
SELECT migrate_downgrade('+1');
SELECT migrate_downgrade('left@-1');
SELECT migrate_stamp();
SELECT migrate_stamp('nope');
SELECT migrate_stamp('head');
SELECT migrate_stamp('aa10, bb20');
-- options
SELECT migrate_upgrade('heads', 'sql');
SELECT migrate_upgrade('heads', '--tag=x');
SELECT migrate_upgrade('heads', '--sql', '--tag');
SELECT migrate_upgrade('heads', '--sql', '--sql');
SELECT migrate_downgrade('--sql', 'base');
SELECT migrate_stamp('heads', '--purge', '--sql');
SELECT migrate_upgrade('aa10:bb20:cc30', '--sql');
SELECT migrate_upgrade('nope:bb20', '--sql');
-- new revisions
SELECT migrate_revision();
SELECT migrate_revision(NULL);
SELECT migrate_revision('x');
SELECT migrate_revision('x', '--head=aa10');
SELECT migrate_revision('x', '--head=');
SELECT migrate_revision('x', '--head=left@head', '--rev-id=bb20');
SELECT migrate_revision('x', '--head=bb20', '--rev-id=b-b');
SELECT migrate_revision('x', '--head=bb20', '--branch-label=left', '--rev-id=dd40');
SELECT migrate_revision('x', '--head=bb20', '--branch-label=a@b');
SELECT migrate_revision('x', '--head=bb20', '--depends-on=nope');
SELECT migrate_revision('x', '--head=bb20', '--version-path=elsewhere');
SELECT migrate_revision('revision: 5', '--head=bb20');
SELECT migrate_revision('x', '--message=y');
SELECT migrate_merge('heads');
SELECT migrate_merge('bb20', 'x');
SELECT migrate_merge('bb20, bb20', 'x');
SELECT migrate_merge('bb20, aa10', 'x');
-- looking
SELECT * FROM migrate_history('aa10');
SELECT * FROM migrate_history('bb20:cc30');
SELECT * FROM migrate_history('nope:');
SELECT * FROM migrate_show;
SELECT * FROM migrate_show('nope');
SELECT * FROM migrate_plan('nope');
SELECT migrate_graph('svg');
SELECT migrate_check();
INSERT INTO migrate_current VALUES('aa10', 1, NULL, NULL);
-- scripts
SELECT migrate_exec('CREATE TABLE a(x); COMMIT; SELECT no_function()');
SELECT migrate_exec('begin; SELECT 1');
SELECT migrate_exec('.tables');
SELECT migrate_exec('ALTER TABLE users');
SELECT migrate_exec('ALTER TABLE users MODIFY email INT');
SELECT migrate_exec('ALTER TABLE users ALTER email TYPE');
SELECT * FROM migrate_explain('END');
-- settings
SELECT migrate_config(NULL);
SELECT migrate_config('loglevel', 'info');
SELECT migrate_config('colour');
SELECT migrate_config('busy_timeout', '5s');
SELECT migrate_config('rebuild', 'yes');
SELECT migrate_config('timezone', '+25:00');
SELECT migrate_config('version_table', '');
SELECT migrate_init('');
SELECT migrate_embed('nowhere');
SELECT migrate_config('file', 'nowhere.ini');
SELECT migrate_upgrade();
SELECT migrate_config('file', NULL), migrate_config('script_location', 'nowhere');
SELECT migrate_upgrade();
SELECT migrate_config('script_location', NULL);
SELECT name FROM sqlite_master;
.shell ls migrations/versions
