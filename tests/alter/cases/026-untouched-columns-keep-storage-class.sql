-- hazard 026: untouched-columns-keep-storage-class
-- category: A
-- bites: a round trip through declared types or a host language changes storage classes of columns nobody spoke of
-- right: typeof() of each untouched value unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, bare, n NUMERIC, r REAL, b BLOB, v TEXT);
INSERT INTO t VALUES(1,'007','1.50',3,x'00ff','1'),(2,7,'abc',2.5,'text','2'),(3,NULL,9e999,-9e999,5,'3');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT id,bare,typeof(bare),n,typeof(n) FROM t ORDER BY id => 1|007|text|1.5|real ~ 2|7|integer|abc|text ~ 3|NULL|null|Inf|real
-- expect: SELECT id,r,typeof(r),b,typeof(b),typeof(v) FROM t ORDER BY id => 1|3.0|real|x'00FF'|blob|integer ~ 2|2.5|real|text|text|integer ~ 3|-Inf|real|5|integer|integer
