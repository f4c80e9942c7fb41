-- hazard 104: add-column-references-with-default
-- category: C
-- bites: SQLite's own ADD COLUMN refuses REFERENCES with a default while foreign_keys=ON
-- right: accepted when the default satisfies the key
PRAGMA foreign_keys=ON; CREATE TABLE p(id INTEGER PRIMARY KEY); INSERT INTO p VALUES(1),(2);
CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(10),(11);
-- alter: ALTER TABLE t ADD COLUMN p_id INTEGER DEFAULT 1 REFERENCES p(id)
-- outcome: ok
-- expect: SELECT id,p_id FROM t ORDER BY id => 10|1 ~ 11|1
-- then-error: INSERT INTO t VALUES(12,9)
-- then: INSERT INTO t(id) VALUES(12)
-- then-error: DELETE FROM p WHERE id=1
-- then: DELETE FROM p WHERE id=2
