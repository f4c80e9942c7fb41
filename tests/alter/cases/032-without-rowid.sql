-- hazard 032: without-rowid
-- category: A
-- bites: WITHOUT ROWID is lost, or a rowid is asked for that does not exist
-- right: kept
CREATE TABLE t(a TEXT, b INTEGER, v TEXT, PRIMARY KEY(b DESC, a)) WITHOUT ROWID; CREATE INDEX tv ON t(v);
INSERT INTO t VALUES('x',1,'10'),('y',2,'20'),('w',2,'30');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT a,b,v,typeof(v) FROM t ORDER BY b,a => x|1|10|integer ~ w|2|30|integer ~ y|2|20|integer
-- expect: SELECT a FROM t INDEXED BY tv WHERE v=20 => y
-- expect: SELECT count(*) FROM sqlite_schema WHERE name='t' AND sql LIKE '%) WITHOUT ROWID' => 1
-- then-error: SELECT rowid FROM t
-- then-error: INSERT INTO t VALUES('x',1,5)
-- then-error: INSERT INTO t VALUES(NULL,1,5)
