-- hazard 142: large-values
-- category: D
-- bites: large values and overflow pages must be copied within the database
-- right: length and content unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, s TEXT, v TEXT);
INSERT INTO t VALUES(1,zeroblob(300000),printf('%.200000c','x'),'5'),(2,x'',replace(hex(zeroblob(50000)),'00','abc'),'6');
CREATE TABLE want AS SELECT id, length(b) AS lb, length(s) AS ls, b, s FROM t;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ALTER COLUMN s SET NOT NULL
-- outcome: ok
-- expect: SELECT t.id,length(t.b)=lb,length(t.s)=ls,t.b=want.b,t.s=want.s,typeof(v) FROM t JOIN want ON want.id=t.id ORDER BY 1 => 1|1|1|1|1|integer ~ 2|1|1|1|1|integer
-- expect: PRAGMA integrity_check => ok
