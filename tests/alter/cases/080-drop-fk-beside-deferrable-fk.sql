-- hazard 080: drop-fk-beside-deferrable-fk
-- category: C
-- bites: dropping a foreign key leaves its NOT DEFERRABLE behind, which binds to the one before it
-- right: the other foreign key is deferred as before
PRAGMA foreign_keys=ON; CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, CONSTRAINT fa FOREIGN KEY(a) REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT fb FOREIGN KEY(b) REFERENCES p(id) NOT DEFERRABLE INITIALLY IMMEDIATE);
INSERT INTO p VALUES(1); INSERT INTO t VALUES(1,1,1);
-- alter: ALTER TABLE t DROP CONSTRAINT fb
-- outcome: ok
-- then: INSERT INTO t VALUES(2,1,99)
-- then: BEGIN; INSERT INTO t VALUES(3,7,1); INSERT INTO p VALUES(7); COMMIT
-- expect: SELECT "from" FROM pragma_foreign_key_list('t') => a
-- expect: SELECT sql LIKE '%NOT DEFERRABLE%' FROM sqlite_schema WHERE name='t' => 0
