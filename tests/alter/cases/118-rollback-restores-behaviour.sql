-- hazard 118: rollback-restores-behaviour
-- category: D
-- bites: an edited schema stays in memory after ROLLBACK, and lets NULLs into a NOT NULL column
-- right: after ROLLBACK the old constraint is in force
CREATE TABLE t(id INTEGER PRIMARY KEY, c TEXT NOT NULL); INSERT INTO t VALUES(1,'a');
BEGIN;
-- alter: ALTER TABLE t ALTER COLUMN c DROP NOT NULL
-- outcome: ok
-- then: INSERT INTO t VALUES(2,NULL)
-- then: ROLLBACK
-- then-error: INSERT INTO t VALUES(3,NULL)
-- expect: SELECT id,c FROM t => 1|a
-- expect: SELECT sql FROM sqlite_schema WHERE name='t' => CREATE TABLE t(id INTEGER PRIMARY KEY, c TEXT NOT NULL)
-- expect: PRAGMA integrity_check => ok
