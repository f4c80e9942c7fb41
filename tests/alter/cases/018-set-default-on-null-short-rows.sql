-- hazard 018: set-default-on-null-short-rows
-- category: A
-- bites: rows older than ADD COLUMN are stored short: a default set in the schema text alone turns their NULL into it
-- right: old rows stay NULL
CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2);
ALTER TABLE t ADD COLUMN c INTEGER;
INSERT INTO t VALUES(3,30);
-- alter: ALTER TABLE t ALTER COLUMN c SET DEFAULT 5
-- outcome: ok
-- expect: SELECT id,c FROM t ORDER BY id => 1|NULL ~ 2|NULL ~ 3|30
-- then: INSERT INTO t(id) VALUES(4)
-- expect: SELECT c FROM t WHERE id=4 => 5
