-- hazard 054: fk-deferrable-and-actions
-- category: B
-- bites: PRAGMA foreign_key_list tells neither deferral nor a constraint's name
-- right: deferral and actions kept
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT UNIQUE);
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER CONSTRAINT to_p REFERENCES p(id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, k TEXT, v TEXT, FOREIGN KEY(k) REFERENCES p(k) ON UPDATE CASCADE);
INSERT INTO p VALUES(1,'x'); INSERT INTO t VALUES(1,1,'x','5');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- then: BEGIN; INSERT INTO t VALUES(2,9,'x',1); INSERT INTO p VALUES(9,'y'); COMMIT
-- then-error: INSERT INTO t VALUES(3,1,'absent',1)
-- then: UPDATE p SET id=5,k='z' WHERE id=1
-- expect: SELECT a,k FROM t WHERE id=1 => 5|z
-- then: UPDATE t SET k=NULL; DELETE FROM p WHERE id=5
-- expect: SELECT a,v FROM t WHERE id=1 => NULL|5
-- expect: SELECT sql LIKE '%CONSTRAINT to_p REFERENCES p(id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,%' FROM sqlite_schema WHERE name='t' => 1
