-- hazard 238: rename-beside-a-broken-view
-- category: B
-- bites: SQLite's RENAME stops at a broken view, and the schema cannot be read with its triggers alone
-- right: renamed; the view and its triggers stay as they were
CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES(1,'x');
CREATE VIEW broken AS SELECT nosuch FROM t;
CREATE TRIGGER broken_update INSTEAD OF UPDATE ON broken BEGIN UPDATE t SET b = new.nosuch; END;
CREATE TEMP TRIGGER broken_insert INSTEAD OF INSERT ON main.broken BEGIN SELECT new.nosuch; END;
-- alter: ALTER TABLE t RENAME COLUMN a TO z
-- outcome: ok
-- expect: SELECT z, b FROM t => 1|x
-- expect: SELECT name FROM sqlite_schema WHERE type<>'table' ORDER BY name => broken ~ broken_update
-- expect: SELECT name FROM sqlite_temp_schema WHERE type='trigger' => broken_insert
