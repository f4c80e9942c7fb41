-- hazard 022: type-change-bigint-text
-- category: A
-- bites: '9223372036854775808' becomes a REAL under INTEGER affinity, and a CAST clamps it
-- right: refused, or every digit kept
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t VALUES(1,'9223372036854775807'),(2,'-9223372036854775808'),(3,'12345');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT id,v,typeof(v) FROM t ORDER BY id => 1|9223372036854775807|integer ~ 2|-9223372036854775808|integer ~ 3|12345|integer
-- note: the one above the range is 143
