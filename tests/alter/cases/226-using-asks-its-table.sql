-- hazard 226: using-asks-its-table
-- category: A
-- bites: where the new rows come into a table of the old name, a query in USING reads them, or none
-- right: it reads the table as it was, through a view as well
CREATE TABLE t(a INT, b INT); CREATE TABLE o(x INT REFERENCES t(b));
CREATE UNIQUE INDEX t_b ON t(b); CREATE VIEW v AS SELECT a FROM t;
INSERT INTO t VALUES(1,10),(2,20),(4,30); INSERT INTO o VALUES(20),(20);
-- alter: ALTER TABLE t ALTER a TYPE TEXT USING ((SELECT max(a) FROM t) - a) || (a IN v) || (SELECT count(*) FROM o WHERE x = t.b)
-- outcome: ok
-- expect: SELECT a, b FROM t ORDER BY b => 310|10 ~ 212|20 ~ 010|30
-- expect: SELECT x FROM o => 20 ~ 20
