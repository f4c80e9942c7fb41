-- hazard 062: create-table-as-select
-- category: B
-- bites: the text of CREATE TABLE AS SELECT is SQLite's own, without constraints and with quoted types
-- right: works
CREATE TABLE s(a INTEGER, b VARCHAR(10), "c d" REAL, e); INSERT INTO s VALUES(1,'2',3.5,x'04');
CREATE TABLE t AS SELECT a, b, "c d", e, a+1 AS f FROM s;
-- alter: ALTER TABLE t ALTER COLUMN b TYPE INTEGER, ALTER COLUMN a SET NOT NULL
-- outcome: ok
-- expect: SELECT a,b,typeof(b),"c d",e,f,rowid FROM t => 1|2|integer|3.5|x'04'|2|1
-- then-error: INSERT INTO t(b) VALUES(1)
