-- hazard 227: generated-in-a-circle
-- category: C
-- bites: SQLite takes a text whose generated columns need each other, and then reads no row of the table
-- right: refused
CREATE TABLE t(a INT, g AS (a + 1));
INSERT INTO t VALUES(1),(2);
-- alter: ALTER TABLE t ADD h AS (g), ALTER g SET EXPRESSION AS (h)
-- outcome: error
-- expect: SELECT a, g FROM t => 1|2 ~ 2|3
