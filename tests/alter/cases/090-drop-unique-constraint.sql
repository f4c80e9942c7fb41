-- hazard 090: drop-unique-constraint
-- category: C
-- bites: a UNIQUE dropped from the text alone leaves an orphan automatic index: the database is malformed
-- right: the constraint and its index gone, the other UNIQUE kept
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, CONSTRAINT a_u UNIQUE (a), CONSTRAINT b_u UNIQUE (b)); CREATE INDEX i ON t(a);
INSERT INTO t VALUES(1,'a','x'),(2,'b','y');
-- alter: ALTER TABLE t DROP CONSTRAINT a_u
-- outcome: ok
-- then: INSERT INTO t VALUES(3,'a','z')
-- then-error: INSERT INTO t VALUES(4,'c','x')
-- expect: SELECT count(*) FROM pragma_index_list('t') WHERE origin='u' => 1
-- expect: SELECT id FROM t INDEXED BY i WHERE a='a' ORDER BY id => 1 ~ 3
-- expect: PRAGMA integrity_check => ok
