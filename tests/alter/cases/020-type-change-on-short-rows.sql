-- hazard 020: type-change-on-short-rows
-- category: A
-- bites: the default of a short row is read again with the new affinity, a stored value is not
-- right: one storage class in all rows
CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2);
ALTER TABLE t ADD COLUMN c TEXT DEFAULT '7';
INSERT INTO t VALUES(3,'8');
CREATE INDEX tc ON t(c);
-- alter: ALTER TABLE t ALTER COLUMN c TYPE INTEGER
-- outcome: ok
-- expect: SELECT id,c,typeof(c) FROM t ORDER BY id => 1|7|integer ~ 2|7|integer ~ 3|8|integer
-- expect: SELECT id FROM t INDEXED BY tc WHERE c=7 ORDER BY id => 1 ~ 2
-- expect: PRAGMA integrity_check => ok
