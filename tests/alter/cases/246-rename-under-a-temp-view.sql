-- hazard 246: rename-under-a-temp-view
-- category: B
-- bites: a TEMP view has the table's name: SQLite's own rename stops at the table's trigger, takes it for broken, and leaves it with the old name
-- right: refused, or renamed there as well
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT);
CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 7; END;
CREATE TEMP VIEW t AS SELECT 1 AS a;
-- alter: ALTER TABLE main.t RENAME a TO b
-- outcome: any
-- then: INSERT INTO main.t(id) VALUES(1)
-- expect: SELECT * FROM main.t => 1|7
