-- hazard 224: using-aggregate
-- category: A
-- bites: an aggregate in USING makes one row of all: max(a) even comes with the last row's rowid
-- right: refused, and every row stays
CREATE TABLE t(a INT, b TEXT);
INSERT INTO t(rowid, a, b) VALUES(1,1,'p'),(2,2,'q'),(5,3,NULL);
-- alter: ALTER TABLE t ALTER a TYPE INT USING max(a)
-- outcome: error
-- expect: SELECT rowid, * FROM t => 1|1|p ~ 2|2|q ~ 5|3|NULL
