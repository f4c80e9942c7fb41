-- hazard 036: int-pk-to-integer-pk
-- category: A
-- bites: INT PRIMARY KEY to INTEGER PRIMARY KEY makes the column the rowid: done in the schema text alone it leaves an orphan index
-- right: ids kept, and each is its row's rowid
CREATE TABLE t(id INT PRIMARY KEY, v TEXT); INSERT INTO t(rowid,id,v) VALUES(1,30,'a'),(2,10,'b'),(3,20,'c');
CREATE INDEX tv ON t(v);
-- alter: ALTER TABLE t ALTER COLUMN id TYPE INTEGER
-- outcome: ok
-- expect: SELECT rowid,id,v FROM t ORDER BY id => 10|10|b ~ 20|20|c ~ 30|30|a
-- expect: SELECT id FROM t INDEXED BY tv WHERE v='a' => 30
-- expect: SELECT count(*) FROM pragma_index_list('t') WHERE origin='pk' => 0
-- then: INSERT INTO t(v) VALUES('d')
-- expect: SELECT id FROM t WHERE v='d' => 31
-- expect: PRAGMA integrity_check => ok
