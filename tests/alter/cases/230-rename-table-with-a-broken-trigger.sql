-- hazard 230: rename-table-with-a-broken-trigger
-- category: B
-- bites: SQLite's RENAME TO stops at a broken trigger; one that stays behind under the old name hangs on nothing
-- right: renamed; the trigger hangs on the table under its new name
CREATE TABLE t(a INT); INSERT INTO t VALUES(1);
CREATE TRIGGER broken AFTER DELETE ON t BEGIN INSERT INTO gone VALUES(old.a); END;
-- alter: ALTER TABLE t RENAME TO u
-- outcome: ok
-- expect: SELECT a FROM u => 1
-- expect: SELECT name, tbl_name FROM sqlite_schema WHERE type='trigger' => broken|u
-- then-error: DELETE FROM u
-- then: CREATE TABLE gone(x)
-- then: DELETE FROM u
-- expect: SELECT x FROM gone => 1
