-- hazard 030: integer-pk-desc-is-not-rowid
-- category: A
-- bites: INTEGER PRIMARY KEY DESC is no rowid alias; moved to the table level it silently becomes one
-- right: still no alias, the NULL key kept
CREATE TABLE t(id INTEGER PRIMARY KEY DESC, v TEXT);
INSERT INTO t(rowid,id,v) VALUES(10,1,'1'),(11,NULL,'2'),(12,NULL,'3');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT rowid,id,v FROM t ORDER BY rowid => 10|1|1 ~ 11|NULL|2 ~ 12|NULL|3
-- then-error: INSERT INTO t VALUES(1,9)
-- then: INSERT INTO t VALUES(NULL,9)
-- expect: SELECT count(*) FROM t WHERE id IS NULL => 3
