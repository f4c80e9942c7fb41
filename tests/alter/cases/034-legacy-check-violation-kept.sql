-- hazard 034: legacy-check-violation-kept
-- category: A
-- bites: a row that breaks an untouched CHECK makes the copy fail, or is dropped
-- right: the row survives, or the change is refused
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER CHECK(n > 0), v TEXT);
PRAGMA ignore_check_constraints=ON; INSERT INTO t VALUES(1,-5,'1'); PRAGMA ignore_check_constraints=OFF;
INSERT INTO t VALUES(2,5,'2');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: any
-- expect: SELECT id,n,v FROM t ORDER BY id => 1|-5|1 ~ 2|5|2
-- then-error: INSERT INTO t VALUES(3,-1,1)
