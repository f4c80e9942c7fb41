-- hazard 012: rowid-name-is-a-column
-- category: A
-- bites: a column called rowid hides the real one: SELECT rowid copies the wrong value
-- right: the column and the real rowid both survive
CREATE TABLE t(rowid TEXT, v TEXT); INSERT INTO t(_rowid_,rowid,v) VALUES(5,'hundred','1'),(9,'ninety','2');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT oid,_rowid_,rowid,v,typeof(v) FROM t ORDER BY oid => 5|5|hundred|1|integer ~ 9|9|ninety|2|integer
