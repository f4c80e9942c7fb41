-- hazard 046: index-collation-and-order
-- category: B
-- bites: COLLATE and DESC of an index stand in no PRAGMA index_info
-- right: kept
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INTEGER, v TEXT);
CREATE INDEX i ON t(a COLLATE NOCASE DESC, b DESC); CREATE UNIQUE INDEX u ON t(a COLLATE RTRIM, v);
INSERT INTO t VALUES(1,'x',1,'1'),(2,'X',2,'2');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT name,"desc",coll FROM pragma_index_xinfo('i') WHERE key => a|1|NOCASE ~ b|1|BINARY
-- expect: SELECT id FROM t INDEXED BY i WHERE a='x' COLLATE NOCASE ORDER BY b DESC => 2 ~ 1
-- then-error: INSERT INTO t VALUES(3,'x  ',1,1)
-- expect: SELECT name,coll FROM pragma_index_xinfo('u') WHERE key => a|RTRIM ~ v|BINARY
