-- hazard 247: temp-table-under-a-temp-view
-- category: B
-- bites: SQLite's own RENAME COLUMN of a TEMP table looks at TEMP views twice and finds them broken the second time: put aside as such, they keep the old name
-- right: refused, or renamed there as well
CREATE TEMP TABLE t(id INTEGER PRIMARY KEY, a INT);
CREATE TEMP VIEW v AS SELECT id FROM t WHERE a > 0;
INSERT INTO t VALUES(1, 7);
-- alter: ALTER TABLE t RENAME a TO b
-- outcome: any
-- expect: SELECT * FROM v => 1
