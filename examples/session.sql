-- A session in the sqlite3 shell, in a new folder: sqlite3 NEW.db < session.sql. From an empty
-- folder to a database with two revisions, and back.
.load ./build/migrate
.mode list
PRAGMA foreign_keys = ON;

-- The environment: migrate.ini and migrations/.
SELECT migrate_init();

-- A revision. The path of the file that it answers is where you would write; here the shell does.
SELECT migrate_config('file_template', '%(rev)s');
SELECT migrate_revision('create shops', '--rev-id=0001');
.once migrations/versions/0001.sql
SELECT '-- create shops
-- revision: 0001

-- migrate:up
CREATE TABLE shops(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE prices(shop_id INTEGER REFERENCES shops(id) ON DELETE CASCADE, price TEXT);
CREATE VIEW price_list AS SELECT name, price FROM prices JOIN shops ON shops.id = shop_id;

-- migrate:down
DROP VIEW price_list;
DROP TABLE prices;
DROP TABLE shops;
';
SELECT migrate_upgrade();
INSERT INTO shops VALUES (1, 'Corner'), (2, 'Market');
INSERT INTO prices VALUES (1, '300'), (1, '250'), (2, '100');

-- A second one, that changes a table with rows, a view and a foreign key. First: what would run?
SELECT strategy, reason FROM migrate_explain(
  'ALTER TABLE prices ALTER COLUMN price TYPE INTEGER, ALTER COLUMN price SET NOT NULL')
  WHERE kind = 'data';
SELECT migrate_revision('prices are numbers', '--rev-id=0002');
.once migrations/versions/0002.sql
SELECT '-- prices are numbers
-- revision: 0002
-- down_revision: 0001

-- migrate:up
ALTER TABLE prices ALTER COLUMN price TYPE INTEGER, ALTER COLUMN price SET NOT NULL;

-- migrate:down
ALTER TABLE prices ALTER COLUMN price DROP NOT NULL, ALTER COLUMN price TYPE TEXT;
';
SELECT migrate_upgrade();
SELECT name, price, typeof(price) FROM price_list ORDER BY price;
SELECT revision, is_current, message FROM migrate_history;

-- And back.
SELECT migrate_downgrade('-1');
SELECT name, price, typeof(price) FROM price_list ORDER BY CAST(price AS INTEGER);
SELECT * FROM migrate_current;
