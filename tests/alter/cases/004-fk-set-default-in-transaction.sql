-- hazard 004: fk-set-default-in-transaction
-- category: A
-- bites: ON DELETE SET DEFAULT fires when the parent is dropped
-- right: child keys keep their values
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO p VALUES(0,'0'),(1,'10'),(2,'20');
CREATE TABLE c(x TEXT, pid INTEGER DEFAULT 0 REFERENCES p(id) ON DELETE SET DEFAULT);
INSERT INTO c VALUES('a',1),('b',2);
BEGIN;
-- alter: ALTER TABLE p ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- then: COMMIT
-- expect: SELECT x,pid FROM c ORDER BY x => a|1 ~ b|2
-- then: DELETE FROM p WHERE id=1
-- expect: SELECT x,pid FROM c ORDER BY x => a|0 ~ b|2
