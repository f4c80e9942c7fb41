-- The main job in the sqlite3 shell: sqlite3 NEW.db < examples/demo/demo.sql, in the folder that
-- holds build/. A database is made from revision 001, filled, upgraded, taken back and upgraded
-- again with foreign keys on; rows are counted before and after each.
.bail on
.load ./build/migrate
.mode list
.separator ' '
SELECT migrate_config('script_location', 'examples/demo/migrations');

SELECT migrate_upgrade('001');

.read examples/demo/fill.sql
SELECT 'at 001:', line FROM counted;

.timer on
SELECT migrate_upgrade();
.timer off
SELECT 'at 005:', line FROM counted;

.timer on
SELECT migrate_downgrade('001');
.timer off
SELECT 'at 001:', line FROM counted;
SELECT 'rows and objects that differ from what they were:',
  (SELECT count(*) FROM (SELECT * FROM users EXCEPT SELECT * FROM old_users)) +
  (SELECT count(*) FROM (SELECT * FROM messages EXCEPT SELECT * FROM old_messages)) +
  (SELECT count(*) FROM (SELECT * FROM tasks EXCEPT SELECT * FROM old_tasks)) +
  (SELECT count(*) FROM (SELECT type, name, sql FROM main.sqlite_master
                         EXCEPT SELECT * FROM old_schema));

.timer on
SELECT migrate_upgrade();
.timer off
SELECT 'at 005:', line FROM counted;
PRAGMA integrity_check;

-- How, and why so: what a change would run. Nothing of it is run.
SELECT 'ALTER TABLE users DROP COLUMN time_zone would run:';
SELECT printf('  %-8s %-12s %s', kind, strategy, reason)
  FROM migrate_explain('ALTER TABLE users DROP COLUMN time_zone');
