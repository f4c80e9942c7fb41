-- The main path: a database goes up and down through the revisions of a folder.
SELECT migrate_upgrade('+1');
SELECT migrate_upgrade();
SELECT migrate_upgrade();
SELECT * FROM alembic_version;
.schema users
.schema orders
SELECT * FROM users;
SELECT * FROM orders;
PRAGMA foreign_keys;
SELECT migrate_downgrade('-1');
.schema users
SELECT * FROM orders;
SELECT migrate_upgrade('head');
SELECT migrate_downgrade('base');
.schema
SELECT migrate_stamp('b2c3');
SELECT * FROM alembic_version;
SELECT migrate_stamp('base');
SELECT revision, direction, state FROM migrate_journal;
SELECT migrate_upgrade('nowhere');
SELECT migrate_upgrade('heads');
BEGIN;
SELECT migrate_downgrade('a1b2c3');
ROLLBACK;
SELECT * FROM alembic_version;
PRAGMA integrity_check;
PRAGMA foreign_key_check;
