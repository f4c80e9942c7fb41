-- hazard 050: conflict-rollback-kills-transaction
-- category: B
-- bites: UNIQUE with ON CONFLICT ROLLBACK rolls the caller's whole transaction back when the copy meets a duplicate
-- right: an error, the caller's transaction still open
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES(1,'1a'),(2,'1b');
BEGIN; INSERT INTO t VALUES(3,'mine');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER USING CAST(v AS INTEGER)
-- outcome: error
-- then: INSERT INTO t VALUES(4,'too')
-- then: COMMIT
-- expect: SELECT id,v FROM t ORDER BY id => 1|1a ~ 2|1b ~ 3|mine ~ 4|too
