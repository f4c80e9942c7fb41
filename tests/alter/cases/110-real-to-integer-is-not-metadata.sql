-- hazard 110: real-to-integer-is-not-metadata
-- category: C
-- bites: a REAL column stores whole values as integers: NUMERIC to REAL in the text alone changes what is read
-- right: values converted
CREATE TABLE t(id INTEGER PRIMARY KEY, a REAL, b INTEGER); CREATE INDEX ta ON t(a); CREATE INDEX tb ON t(b);
INSERT INTO t VALUES(1,1.0,1),(2,2.5,'2'),(3,NULL,3.5);
-- alter: ALTER TABLE t ALTER COLUMN a TYPE INTEGER, ALTER COLUMN b TYPE REAL
-- outcome: ok
-- expect: SELECT id,a,typeof(a),b,typeof(b) FROM t ORDER BY id => 1|1|integer|1.0|real ~ 2|2.5|real|2.0|real ~ 3|NULL|null|3.5|real
-- expect: SELECT id FROM t INDEXED BY ta WHERE a=1 => 1
-- expect: SELECT id FROM t INDEXED BY tb WHERE b=2.0 => 2
-- expect: PRAGMA integrity_check => ok
