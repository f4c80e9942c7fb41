-- hazard 221: trigger-that-counts-columns
-- category: B
-- bites: a trigger of another table says INSERT INTO t VALUES(..): with one more column it fails when it next fires, and no rename check sees it
-- right: error that names the trigger; unchanged
CREATE TABLE t(a INT, b INT); CREATE TABLE o(x);
CREATE TRIGGER tr AFTER INSERT ON o BEGIN INSERT INTO t VALUES(new.x, 1); END;
-- alter: ALTER TABLE t ADD COLUMN c INT
-- outcome: error
-- then: INSERT INTO o VALUES(7)
-- expect: SELECT * FROM t => 7|1
