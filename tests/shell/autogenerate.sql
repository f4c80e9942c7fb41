-- From a database without revisions to a target schema, and back.
SELECT migrate_check();
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age TEXT);
CREATE INDEX users_name ON users(name);
INSERT INTO users VALUES(1, 'ann', '41'), (2, NULL, 'old'), (3, 'ann', NULL);
SELECT migrate_check();
SELECT migrate_revision('initial', '--autogenerate', '--from-revisions', '--target=main', '--rev-id=r1');
SELECT upgrade_sql, downgrade_sql FROM migrate_show('r1');
SELECT migrate_revision('too early', '--autogenerate', '--rev-id=r2');
SELECT migrate_stamp('head');
SELECT migrate_revision('nothing there', '--autogenerate', '--rev-id=r2');
SELECT migrate_config('target', 'file:second.sql') <> '';
.mode line
SELECT * FROM migrate_diff;
.mode list
SELECT migrate_check();
SELECT migrate_revision('second', '--autogenerate', '--rev-id=r2');
SELECT upgrade_sql FROM migrate_show('r2');
SELECT downgrade_sql FROM migrate_show('r2');
SELECT migrate_upgrade();
UPDATE users SET name = 'bob' WHERE id = 2;
UPDATE users SET name = 'cat' WHERE id = 3;
SELECT migrate_upgrade();
SELECT * FROM users;
SELECT migrate_check();
SELECT count(*) FROM migrate_diff('main');
SELECT object, detail FROM migrate_diff('file:migrations/schema.sql');
SELECT migrate_revision('third', '--autogenerate', '--rev-id=r3');
SELECT upgrade_sql FROM migrate_show('r3');
SELECT migrate_downgrade('r1');
SELECT sql FROM sqlite_master WHERE tbl_name = 'users';
SELECT * FROM users;
SELECT migrate_config('exclude', 'users') <> '';
SELECT op, object FROM migrate_diff('file:second.sql');
