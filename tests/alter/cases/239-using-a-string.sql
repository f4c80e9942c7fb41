-- hazard 239: using-a-string
-- category: A
-- bites: a name in double quotes that is no column is a string to SQLite: every value becomes the misspelt name
-- right: refused: no such column
CREATE TABLE t(a INT, b TEXT);
INSERT INTO t VALUES(1,'x'),(2,'y');
-- alter: ALTER TABLE t ALTER a TYPE TEXT USING "bb"
-- outcome: error
-- expect: SELECT a, b FROM t => 1|x ~ 2|y
