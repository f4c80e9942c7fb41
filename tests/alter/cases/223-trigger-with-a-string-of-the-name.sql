-- hazard 223: trigger-with-a-string-of-the-name
-- category: B
-- bites: triggers of one event are compiled together: one that holds a dropped column's name as a string is blamed for another that needs it
-- right: CASCADE drops the one that needs the column
CREATE TABLE t(id INTEGER PRIMARY KEY, d INT, h INT); CREATE TABLE log(x, y); INSERT INTO t VALUES(1,2,3),(2,3,4);
CREATE TRIGGER says AFTER DELETE ON t BEGIN INSERT INTO log VALUES('d', OLD.id); END;
CREATE TRIGGER needs AFTER DELETE ON t BEGIN INSERT INTO log VALUES('d', OLD.h); END;
-- alter: ALTER TABLE t DROP COLUMN h CASCADE, DROP COLUMN d CASCADE
-- outcome: ok
-- expect: SELECT name FROM sqlite_schema WHERE type='trigger' => says
-- then: DELETE FROM t WHERE id=1
-- expect: SELECT * FROM log => d|1
