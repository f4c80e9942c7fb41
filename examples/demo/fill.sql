-- 100,000 rows for the schema of revision 001, and what to compare them with later.
PRAGMA foreign_keys = ON;
BEGIN;
CREATE TEMP TABLE n(i INTEGER PRIMARY KEY, uuid TEXT);
INSERT INTO n
  WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 60000)
  SELECT i, printf('%08x-%04x-4%03x-a%03x-%012x', i * 2654435761 & 0xffffffff, i & 0xffff,
    i * 7 & 0xfff, i * 13 & 0xfff, i * 7919) FROM c;
INSERT INTO users(id, email, name, quota)
  SELECT uuid, 'user' || i || '@example.org', 'User ' || i, CAST(i % 7 * 50 AS TEXT)
  FROM n WHERE i <= 2000;
INSERT INTO conversations(id, user_id, title)
  SELECT c.uuid, u.uuid, 'Conversation ' || c.i
  FROM n AS c JOIN n AS u ON u.i = c.i % 2000 + 1 WHERE c.i <= 8000;
INSERT INTO messages(conversation_id, role, content)
  SELECT c.uuid, CASE m.i % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, 'Message ' || m.i
  FROM n AS m JOIN n AS c ON c.i = m.i % 8000 + 1;
INSERT INTO tasks(user_id, title, completed)
  SELECT u.uuid, 'Task ' || t.i, t.i % 3 = 0
  FROM n AS t JOIN n AS u ON u.i = t.i % 2000 + 1 WHERE t.i <= 30000;
DROP TABLE n;
COMMIT;

-- What the rows were, and a line that counts them.
CREATE TEMP TABLE old_users AS SELECT * FROM users;
CREATE TEMP TABLE old_messages AS SELECT * FROM messages;
CREATE TEMP TABLE old_tasks AS SELECT * FROM tasks;
CREATE TEMP TABLE old_schema AS SELECT type, name, sql FROM main.sqlite_master;
CREATE TEMP VIEW counted AS SELECT printf(
  '%d users, %d conversations, %d messages, %d tasks, %d open;'
  || ' %d indexes, %d triggers; %d rows without a parent',
  (SELECT count(*) FROM main.users), (SELECT count(*) FROM main.conversations),
  (SELECT count(*) FROM main.messages), (SELECT count(*) FROM main.tasks),
  (SELECT count(*) FROM main.open_tasks),
  (SELECT count(*) FROM main.sqlite_master WHERE type = 'index' AND sql IS NOT NULL),
  (SELECT count(*) FROM main.sqlite_master WHERE type = 'trigger'),
  (SELECT count(*) FROM pragma_foreign_key_check)) AS line;
