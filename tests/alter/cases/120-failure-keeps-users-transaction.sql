-- hazard 120: failure-keeps-users-transaction
-- category: D
-- bites: a change that fails inside a transaction must undo itself alone
-- right: transaction still open, the earlier work commits
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, c TEXT); INSERT INTO t VALUES(1,'5',NULL);
BEGIN; INSERT INTO t VALUES(2,'6','x'); SAVEPOINT mine;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ALTER COLUMN c SET NOT NULL
-- outcome: error
-- then: INSERT INTO t VALUES(3,'7',NULL)
-- then: RELEASE mine
-- then: COMMIT
-- expect: SELECT id,v,typeof(v),c FROM t ORDER BY id => 1|5|text|NULL ~ 2|6|text|x ~ 3|7|text|NULL
