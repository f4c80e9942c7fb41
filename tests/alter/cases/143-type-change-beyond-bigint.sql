-- hazard 143: type-change-beyond-bigint
-- category: C
-- bites: '9223372036854775808' becomes a REAL under INTEGER affinity, and a CAST clamps it
-- right: refused, or every digit kept
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1,'9223372036854775808'),(2,'5');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: any
-- expect: SELECT CAST(v AS TEXT) FROM t WHERE id=1 => 9223372036854775808
