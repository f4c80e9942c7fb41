-- hazard 070: unknown-virtual-table-module
-- category: B
-- bites: a virtual table whose module is not loaded breaks the change of another table
-- right: works
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1,'5');
CREATE TABLE x(y);
PRAGMA writable_schema=ON; INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table','vt','vt',0,'CREATE VIRTUAL TABLE vt USING no_such_module(a,b)'); PRAGMA writable_schema=OFF;
CREATE TABLE z(y);
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT typeof(v) FROM t => integer
-- expect: SELECT count(*) FROM sqlite_schema WHERE name='vt' => 1
