-- hazard 108: rename-column-named-like-rowid
-- category: C
-- bites: the newest SQLite refuses to rename, add or drop a column called oid, rowid or _rowid_
-- right: works on every version
CREATE TABLE t(id INTEGER PRIMARY KEY, oid TEXT, v TEXT); CREATE INDEX toid ON t(oid); CREATE VIEW w AS SELECT t.oid AS x FROM t;
INSERT INTO t VALUES(7,'text','5');
-- alter: ALTER TABLE t RENAME COLUMN oid TO label
-- outcome: ok
-- expect: SELECT id,rowid,label,v FROM t => 7|7|text|5
-- expect: SELECT x FROM w => text
-- expect: SELECT id FROM t INDEXED BY toid WHERE label='text' => 7
