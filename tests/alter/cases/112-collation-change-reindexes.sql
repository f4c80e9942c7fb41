-- hazard 112: collation-change-reindexes
-- category: C
-- bites: COLLATE changed in the text alone leaves the index in the old order
-- right: index rebuilt, comparisons use the new collation
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT); CREATE INDEX ta ON t(a, b);
INSERT INTO t VALUES(1,'b','x'),(2,'A','y'),(3,'C','z');
-- alter: ALTER TABLE t ALTER COLUMN a TYPE TEXT COLLATE NOCASE
-- outcome: ok
-- expect: SELECT a FROM t ORDER BY a => A ~ b ~ C
-- expect: SELECT id FROM t INDEXED BY ta WHERE a='c' => 3
-- expect: SELECT coll FROM pragma_index_xinfo('ta') WHERE name='a' => NOCASE
-- then-error: INSERT INTO t VALUES(4,'B','w')
-- expect: PRAGMA integrity_check => ok
