-- hazard 038: triggers-survive-in-order
-- category: B
-- bites: DROP TABLE drops the triggers; created again in another order, they fire in another
-- right: all of them, in the same order
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE log(n INTEGER PRIMARY KEY, m TEXT);
CREATE TRIGGER zz AFTER INSERT ON t BEGIN INSERT INTO log(m) VALUES('zz'); END;
CREATE TRIGGER aa AFTER INSERT ON t BEGIN INSERT INTO log(m) VALUES('aa'); END;
CREATE TRIGGER mm BEFORE UPDATE OF v ON t WHEN new.v>100 BEGIN SELECT RAISE(ABORT,'too much'); END;
CREATE TABLE want(m TEXT); INSERT INTO t VALUES(2,'6'); INSERT INTO want SELECT group_concat(m) FROM log; DELETE FROM log;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT count(*) FROM log => 0
-- then: INSERT INTO t VALUES(3,7)
-- expect: SELECT group_concat(m)=(SELECT m FROM want) FROM log => 1
-- then-error: UPDATE t SET v=101
-- expect: SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type='trigger' ORDER BY rowid) => zz,aa,mm
