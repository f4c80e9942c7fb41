-- hazard 200: without-rowid-key-served-by-unique
-- category: A
-- bites: SQLite keeps a WITHOUT ROWID table in the b-tree of UNIQUE(a DESC) when the primary key is the INTEGER a: a copy in ascending order is "row not in PRIMARY KEY order", and lookups miss rows
-- right: the rows in the order that the text means
CREATE TABLE t(a INTEGER, v TEXT, PRIMARY KEY(a), UNIQUE(a DESC)) WITHOUT ROWID; INSERT INTO t VALUES(1,'5'),(2,'6'),(3,'7');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT v FROM t WHERE a = 3 => 7
-- expect: SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a) => 1,2,3
-- expect: PRAGMA integrity_check => ok
