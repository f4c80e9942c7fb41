-- hazard 225: using-parameter
-- category: A
-- bites: nobody binds a value to a parameter in USING: it is NULL, and so is every value
-- right: refused
CREATE TABLE t(a INT);
INSERT INTO t VALUES(1),(2);
-- alter: ALTER TABLE t ALTER a TYPE TEXT USING coalesce(?1, a + :x)
-- outcome: error
-- expect: SELECT a FROM t => 1 ~ 2
