-- hazard 086: add-fk-ok
-- category: C
-- bites: an added FOREIGN KEY must be in force at once
-- right: enforced, and its cascade works
PRAGMA foreign_keys=ON; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(id INTEGER PRIMARY KEY, p_id INTEGER);
INSERT INTO p VALUES(1),(2); INSERT INTO t VALUES(1,1),(2,2),(3,NULL);
-- alter: ALTER TABLE t ADD CONSTRAINT to_p FOREIGN KEY (p_id) REFERENCES p(id) ON DELETE CASCADE
-- outcome: ok
-- then-error: INSERT INTO t VALUES(4,9)
-- then: DELETE FROM p WHERE id=1
-- expect: SELECT id,p_id FROM t ORDER BY id => 2|2 ~ 3|NULL
-- expect: SELECT "table","from","to",on_delete FROM pragma_foreign_key_list('t') => p|p_id|id|CASCADE
