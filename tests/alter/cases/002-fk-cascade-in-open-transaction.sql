-- hazard 002: fk-cascade-in-open-transaction
-- category: A
-- bites: PRAGMA foreign_keys does nothing inside a transaction, so that turning it off protects no child row
-- right: children untouched, the caller's uncommitted work kept, enforcement still on
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE c(x TEXT, pid INTEGER NOT NULL REFERENCES p(id) ON DELETE CASCADE);
INSERT INTO p VALUES(1,'10'),(2,'20'); INSERT INTO c VALUES('a',1),('b',2);
BEGIN;
INSERT INTO p VALUES(3,'30'); INSERT INTO c VALUES('uncommitted',3);
-- alter: ALTER TABLE p ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT x,pid FROM c ORDER BY pid => a|1 ~ b|2 ~ uncommitted|3
-- expect: PRAGMA foreign_keys => 1
-- then-error: INSERT INTO c VALUES('z',99)
-- then: COMMIT
-- expect: SELECT id,v,typeof(v) FROM p ORDER BY id => 1|10|integer ~ 2|20|integer ~ 3|30|integer
-- then: DELETE FROM p WHERE id=3
-- expect: SELECT count(*) FROM c => 2
