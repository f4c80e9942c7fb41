-- hazard 068: other-fks-still-point-here
-- category: B
-- bites: renaming the old table away drags the children's REFERENCES to the doomed name
-- right: children still reference t
PRAGMA foreign_keys=ON;
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT UNIQUE, v TEXT);
CREATE TABLE c(t_id INTEGER REFERENCES t(id)); CREATE TABLE d(k TEXT REFERENCES t (k)); CREATE TABLE e(x REFERENCES "t");
INSERT INTO t VALUES(1,'a','5'); INSERT INTO c VALUES(1); INSERT INTO d VALUES('a'); INSERT INTO e VALUES(1);
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT sql FROM sqlite_schema WHERE name IN ('c','d','e') ORDER BY name => CREATE TABLE c(t_id INTEGER REFERENCES t(id)) ~ CREATE TABLE d(k TEXT REFERENCES t (k)) ~ CREATE TABLE e(x REFERENCES "t")
-- then-error: INSERT INTO c VALUES(9)
-- then-error: INSERT INTO d VALUES('z')
-- then: INSERT INTO e VALUES(1)
-- then-error: DELETE FROM t
