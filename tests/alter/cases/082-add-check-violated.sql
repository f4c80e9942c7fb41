-- hazard 082: add-check-violated
-- category: C
-- bites: ADD CHECK must look at the rows that are there
-- right: an error, nothing changed
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES(1,5),(2,-1),(3,NULL),(4,-2);
-- alter: ALTER TABLE t ADD CONSTRAINT n_pos CHECK (n > 0)
-- outcome: error
-- then: INSERT INTO t VALUES(5,-3)
-- expect: SELECT count(*) FROM t => 5
-- expect: SELECT sql FROM sqlite_schema WHERE name='t' => CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)
