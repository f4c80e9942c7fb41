-- hazard 130: database-full
-- category: D
-- bites: SQLITE_FULL in the copy rolls the whole transaction back and takes every savepoint along
-- right: an error, data and schema intact, the connection usable
-- env: autocommit
PRAGMA page_size=1024;
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, b BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100) INSERT INTO t SELECT i,i,randomblob(500) FROM n;
PRAGMA max_page_count=1;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: error
-- expect: SELECT count(*),min(typeof(v)) FROM t => 100|text
-- expect: SELECT count(*) FROM sqlite_schema => 1
-- then: PRAGMA max_page_count=100000
-- then: INSERT INTO t VALUES(101,'x',x'00')
-- expect: PRAGMA integrity_check => ok
