-- hazard 096: drop-column-used-by-trigger
-- category: C
-- bites: a trigger mentions the column, and it is found out when it next fires
-- right: an error, nothing changed
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE TABLE log(m);
CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN INSERT INTO log VALUES(new.b); END;
INSERT INTO t VALUES(1,'a','b');
-- alter: ALTER TABLE t DROP COLUMN b
-- outcome: error
-- then: UPDATE t SET a='c'
-- expect: SELECT m FROM log => b
-- expect: SELECT * FROM t => 1|c|b
