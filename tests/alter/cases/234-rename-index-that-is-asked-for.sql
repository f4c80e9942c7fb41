-- hazard 234: rename-index-that-is-asked-for
-- category: C
-- bites: a view or trigger that says INDEXED BY fails when the index gets another name
-- right: it follows the name, or the rename is refused
CREATE TABLE t(a INT, b TEXT); CREATE INDEX i ON t(a); CREATE TABLE log(x); INSERT INTO t VALUES(1,'x');
CREATE VIEW v AS SELECT a FROM t INDEXED /* by */ BY "i" WHERE a > 0;
CREATE TRIGGER i AFTER UPDATE ON t BEGIN INSERT INTO log SELECT a FROM t INDEXED BY i WHERE a = new.a; END;
-- alter: ALTER INDEX i RENAME TO "i 2"
-- outcome: any
-- expect: SELECT a FROM v => 1
-- then: UPDATE t SET b = 'y'
-- expect: SELECT x FROM log => 1
