-- hazard 128: count-changes-pragma
-- category: D
-- bites: PRAGMA count_changes=ON makes INSERT, UPDATE and DELETE return a row
-- right: works, the setting kept
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, c TEXT); INSERT INTO t VALUES(1,'5','a'),(2,'6','b');
PRAGMA count_changes=ON;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ALTER COLUMN c SET NOT NULL
-- outcome: ok
-- expect: SELECT id,v,typeof(v) FROM t ORDER BY id => 1|5|integer ~ 2|6|integer
-- expect: PRAGMA count_changes => 1
