-- hazard 206: drop-and-rename-beside-a-view
-- category: C
-- bites: the view needs the dropped column, finds the renamed one under its name and silently shows that
-- right: error that names the view; unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, g TEXT, n2 INT); CREATE VIEW v AS SELECT g FROM t;
INSERT INTO t VALUES(1,'a',10);
-- alter: ALTER TABLE t DROP COLUMN g, RENAME n2 TO g
-- outcome: error
-- expect: SELECT g FROM v => a
-- expect: SELECT g,n2 FROM t => a|10
