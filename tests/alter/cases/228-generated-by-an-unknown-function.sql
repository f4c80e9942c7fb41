-- hazard 228: generated-by-an-unknown-function
-- category: C
-- bites: SQLite's own ADD COLUMN takes a VIRTUAL column that calls a function nobody knows, and then reads no row
-- right: refused
CREATE TABLE t(a INT);
INSERT INTO t VALUES(1);
-- alter: ALTER TABLE t ADD h AS (no_such_function(a))
-- outcome: error
-- expect: SELECT * FROM t => 1
