-- hazard 094: drop-column-with-index
-- category: C
-- bites: SQLite's own DROP COLUMN fails where an index uses the column
-- right: column and its indexes gone, the others kept
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT);
CREATE INDEX ib ON t(b); CREATE INDEX ibc ON t(c,b); CREATE INDEX iexpr ON t(lower(b)); CREATE INDEX ipart ON t(a) WHERE b IS NOT NULL; CREATE INDEX ic ON t(c); CREATE UNIQUE INDEX ia ON t(a);
INSERT INTO t VALUES(1,'a','b','c'),(2,'d','e','f');
-- alter: ALTER TABLE t DROP COLUMN b
-- outcome: ok
-- expect: SELECT * FROM t ORDER BY id => 1|a|c ~ 2|d|f
-- expect: SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type='index' ORDER BY name) => ia,ic
-- expect: SELECT id FROM t INDEXED BY ic WHERE c='f' => 2
-- then-error: INSERT INTO t VALUES(3,'a','x')
-- expect: PRAGMA integrity_check => ok
