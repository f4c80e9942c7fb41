-- hazard 205: drop-and-rename-onto-its-name
-- category: C
-- bites: renames run first, while the dropped column still has the name: "duplicate column name"
-- right: one statement; indexes of the dropped column go, those of the renamed one follow
CREATE TABLE t(id INTEGER PRIMARY KEY, g TEXT UNIQUE, n2 INT CHECK (n2 > 0)); CREATE INDEX tg ON t(g, n2); CREATE INDEX tn ON t(n2);
CREATE VIEW v AS SELECT n2 AS x FROM t;
INSERT INTO t VALUES(1,'a',10),(2,'b',20);
-- alter: ALTER TABLE t DROP COLUMN g, RENAME n2 TO g
-- outcome: ok
-- expect: SELECT sql FROM sqlite_schema WHERE name='t' => CREATE TABLE t(id INTEGER PRIMARY KEY, g INT CHECK (g > 0))
-- expect: SELECT name FROM sqlite_schema WHERE type='index' AND tbl_name='t' => tn
-- expect: SELECT id,g FROM t INDEXED BY tn WHERE g=20 => 2|20
-- expect: SELECT group_concat(x) FROM v => 10,20
