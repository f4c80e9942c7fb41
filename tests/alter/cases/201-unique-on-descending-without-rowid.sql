-- hazard 201: unique-on-descending-without-rowid
-- category: A
-- bites: an automatic index of a WITHOUT ROWID table has the key's columns ascending behind its own, CREATE UNIQUE INDEX has them in the key's order: "row missing from index"
-- right: the index of the new constraint is sorted as SQLite sorts it
CREATE TABLE t(a INT, v TEXT, PRIMARY KEY(a DESC)) WITHOUT ROWID; INSERT INTO t VALUES(1,NULL),(2,NULL),(3,NULL),(4,'x');
-- alter: ALTER TABLE t ADD CONSTRAINT u UNIQUE (v)
-- outcome: ok
-- expect: PRAGMA integrity_check => ok
-- expect: SELECT a FROM t WHERE v = 'x' => 4
