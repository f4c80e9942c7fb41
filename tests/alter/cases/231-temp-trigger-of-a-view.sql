-- hazard 231: temp-trigger-of-a-view
-- category: B
-- bites: a view that is made again, so that it keeps its quotes, loses the TEMP triggers that hang on it
-- right: they are there and fire
CREATE TABLE t(a INT, b TEXT);
CREATE VIEW v AS SELECT [a] AS q, `b` FROM t;
CREATE TEMP TRIGGER tv INSTEAD OF INSERT ON main.v BEGIN INSERT INTO t(a) VALUES(new.q); END;
-- alter: ALTER TABLE t RENAME COLUMN a TO z
-- outcome: ok
-- then: INSERT INTO v(q) VALUES(5)
-- expect: SELECT z FROM t => 5
