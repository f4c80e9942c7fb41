-- hazard 218: two-constraints-of-one-name
-- category: C
-- bites: SQLite allows a name twice in a table, and its own DROP CONSTRAINT takes the first that it meets
-- right: error, as ambiguous; unchanged
CREATE TABLE t(a INT CONSTRAINT x CHECK (a > 0), b INT CONSTRAINT x CHECK (b > 0)); INSERT INTO t VALUES(1,1);
-- alter: ALTER TABLE t DROP CONSTRAINT x
-- outcome: error
-- expect: SELECT sql FROM sqlite_schema => CREATE TABLE t(a INT CONSTRAINT x CHECK (a > 0), b INT CONSTRAINT x CHECK (b > 0))
