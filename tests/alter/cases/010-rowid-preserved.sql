-- hazard 010: rowid-preserved
-- category: A
-- bites: a table without INTEGER PRIMARY KEY is renumbered by a copy; whoever stored a rowid now points at another row
-- right: rowids identical
CREATE TABLE t(v TEXT); INSERT INTO t(rowid,v) VALUES(-4,'1'),(3,'2'),(900000000000,'3');
CREATE TABLE bookmark(row INTEGER); INSERT INTO bookmark VALUES(3);
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT rowid,v,typeof(v) FROM t ORDER BY rowid => -4|1|integer ~ 3|2|integer ~ 900000000000|3|integer
-- expect: SELECT v FROM t JOIN bookmark ON t.rowid=row => 2
