-- hazard 242: generated-beside-a-trigger
-- category: C
-- bites: a column that becomes generated is written to no more: a trigger that writes it would fail whenever it fires
-- right: refused, and the trigger is named
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT);
CREATE TABLE log(x);
CREATE TRIGGER writes AFTER INSERT ON log BEGIN UPDATE t SET b = new.x; END;
INSERT INTO t VALUES(1,7,9);
-- alter: ALTER TABLE t ALTER b ADD GENERATED ALWAYS AS (a + 1)
-- outcome: error
-- then: INSERT INTO log VALUES(3)
-- expect: SELECT * FROM t => 1|7|3
