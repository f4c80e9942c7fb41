-- hazard 222: view-that-counts-columns
-- category: B
-- bites: a view with a list of columns over SELECT * fails once the table has one more
-- right: error that names the view; unchanged
CREATE TABLE t(a INT, b INT); CREATE VIEW v(x, y) AS SELECT * FROM t; INSERT INTO t VALUES(1,2);
-- alter: ALTER TABLE t ADD COLUMN c INT
-- outcome: error
-- expect: SELECT x,y FROM v => 1|2
