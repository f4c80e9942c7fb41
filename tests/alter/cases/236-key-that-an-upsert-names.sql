-- hazard 236: key-that-an-upsert-names
-- category: C
-- bites: a trigger with ON CONFLICT(column) needs a UNIQUE on it: without, every INSERT that fires it fails
-- right: refused by its name; CASCADE drops it
CREATE TABLE t(a INT UNIQUE, n INT DEFAULT 1); CREATE TABLE s(x); INSERT INTO t(a) VALUES(5);
CREATE TRIGGER tr AFTER INSERT ON s BEGIN INSERT INTO t(a) VALUES(new.x) ON CONFLICT(a) DO UPDATE SET n = n + 1; END;
-- alter: ALTER TABLE t DROP CONSTRAINT t_a_key
-- outcome: error
-- then: INSERT INTO s VALUES(5)
-- expect: SELECT * FROM t => 5|2
