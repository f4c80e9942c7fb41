-- The ordinary job, as any host of SQLite can run it: each statement ends with a semicolon and an
-- empty line. Foreign keys are on, as most hosts have them.

PRAGMA foreign_keys = ON;

PRAGMA synchronous = OFF;

SELECT migrate_config('script_location', 'examples/demo/migrations');

SELECT migrate_upgrade('001');

INSERT INTO users(id, email, name, quota)
  WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT printf('%036d', i), 'user' || i || '@example.org', 'User ' || i, CAST(i AS TEXT) FROM n;

INSERT INTO conversations(id, user_id, title) SELECT 'c' || id, id, name FROM users;

INSERT INTO messages(conversation_id, role, content) SELECT id, 'user', title FROM conversations;

INSERT INTO tasks(user_id, title, completed) SELECT id, name, 0 FROM users ORDER BY id;

DELETE FROM tasks WHERE id > 38;

CREATE TABLE old_rows AS
  SELECT 'u' AS t, rowid AS r, id || email || name || quota AS v FROM users
  UNION ALL SELECT 'c', rowid, id || user_id || title FROM conversations
  UNION ALL SELECT 'm', rowid, id || conversation_id || role || content FROM messages
  UNION ALL SELECT 't', rowid, id || user_id || title || completed FROM tasks;

CREATE TABLE old_schema AS SELECT type, name, tbl_name, sql FROM sqlite_master
  WHERE name NOT LIKE 'old~_%' ESCAPE '~';

SELECT migrate_upgrade();

SELECT typeof(quota), time_zone, display_name FROM users WHERE rowid = 7;

SELECT count(*), (SELECT count(*) FROM conversations), (SELECT count(*) FROM messages),
  (SELECT count(*) FROM tasks), (SELECT count(*) FROM open_tasks) FROM users;

SELECT migrate_downgrade('001');

SELECT 'rows lost or changed', count(*) FROM (SELECT * FROM old_rows EXCEPT SELECT * FROM (
  SELECT 'u' AS t, rowid AS r, id || email || name || quota AS v FROM users
  UNION ALL SELECT 'c', rowid, id || user_id || title FROM conversations
  UNION ALL SELECT 'm', rowid, id || conversation_id || role || content FROM messages
  UNION ALL SELECT 't', rowid, id || user_id || title || completed FROM tasks));

SELECT 'objects lost or changed', count(*) FROM (
  SELECT * FROM old_schema EXCEPT SELECT type, name, tbl_name, sql FROM sqlite_master);

CREATE TABLE t (
  id    INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
  name  TEXT NOT NULL UNIQUE COLLATE NOCASE,
  price TEXT, /* cents */
  twice INTEGER AS (price * 2),
  CONSTRAINT t_name CHECK (length(name) > 0)
) STRICT;

CREATE TABLE child(id INTEGER PRIMARY KEY, t REFERENCES t(id) ON DELETE CASCADE, note);

CREATE TABLE log(what);

CREATE INDEX t_price ON t(price DESC) WHERE price IS NOT NULL;

CREATE UNIQUE INDEX t_both ON t(lower(name), id);

CREATE VIEW dear AS SELECT name, price FROM t WHERE price > 100;

CREATE TRIGGER t_log AFTER UPDATE OF price ON t BEGIN INSERT INTO log VALUES(old.price); END;

INSERT INTO t(id, name, price) VALUES (3, 'apple', '120'), (5, 'pear', NULL), (9, 'fig', '80');

DELETE FROM t WHERE id = 9;

INSERT INTO child(t, note) VALUES (3, 'a'), (3, 'b'), (5, 'c');

BEGIN;

SELECT migrate_exec('ALTER TABLE t
  ALTER COLUMN price TYPE INTEGER USING coalesce(CAST(price AS INTEGER), 0),
  ALTER COLUMN price SET DEFAULT 0, ALTER COLUMN price SET NOT NULL,
  ADD COLUMN size TEXT NOT NULL DEFAULT ''m'' AFTER name,
  ADD CONSTRAINT t_cheap CHECK (price < 1000)');

COMMIT;

SELECT id, name, size, price, typeof(price), twice FROM t ORDER BY id;

SELECT * FROM child ORDER BY id;

SELECT * FROM dear;

UPDATE t SET price = price + 1 WHERE id = 3;

SELECT count(*), max(what) FROM log;

INSERT INTO t(name) VALUES ('next');

SELECT max(id) FROM t;

SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 't' AND sql IS NOT NULL ORDER BY name;

SELECT migrate_exec('ALTER TABLE t RENAME COLUMN price TO cents');

SELECT migrate_upgrade();

SELECT revision, is_head FROM migrate_current;

PRAGMA integrity_check;

PRAGMA foreign_key_check;
