-- hazard 221: drop-column-beside-a-content-table
-- category: E
-- bites: a virtual table names the table it reads, and its text is no CREATE TABLE to look for keys in
-- right: the column goes, the virtual table reads on
CREATE TABLE s(pk INTEGER PRIMARY KEY, a TEXT, b, c);
CREATE VIRTUAL TABLE f USING fts5(a, content='s', content_rowid='pk');
INSERT INTO s VALUES(1, 'x', 2, 3);
INSERT INTO f(f) VALUES('rebuild');
-- alter: ALTER TABLE s DROP COLUMN c
-- outcome: ok
-- expect: SELECT pk, a, b FROM s => 1|x|2
-- expect: SELECT rowid FROM f WHERE f MATCH 'x' => 1
-- expect: PRAGMA integrity_check => ok
