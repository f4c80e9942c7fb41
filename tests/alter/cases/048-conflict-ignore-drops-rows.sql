-- hazard 048: conflict-ignore-drops-rows
-- category: B
-- bites: a UNIQUE with ON CONFLICT IGNORE discards rows in the copy when USING makes values collide
-- right: an error, all rows there
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT UNIQUE ON CONFLICT IGNORE); INSERT INTO t VALUES(1,'1a'),(2,'1b'),(3,'2');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER USING CAST(v AS INTEGER)
-- outcome: error
-- expect: SELECT id,v FROM t ORDER BY id => 1|1a ~ 2|1b ~ 3|2
