-- hazard 088: add-unique-duplicates
-- category: C
-- bites: ADD UNIQUE over duplicates
-- right: an error, all rows there
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT); INSERT INTO t VALUES(1,'a'),(2,'b'),(3,'a'),(4,NULL),(5,NULL);
-- alter: ALTER TABLE t ADD CONSTRAINT k_u UNIQUE (k)
-- outcome: error
-- expect: SELECT count(*) FROM t => 5
-- expect: SELECT count(*) FROM pragma_index_list('t') => 0
-- then: INSERT INTO t VALUES(6,'a')
