-- hazard 245: other-keys-under-a-content-table
-- category: A
-- bites: an external-content FTS5 table finds rows by the column of content_rowid: with USING over it each would find another row, or none
-- right: refused
CREATE TABLE doc(id INTEGER PRIMARY KEY, n INT UNIQUE, body TEXT);
INSERT INTO doc VALUES(1,10,'hello'), (2,20,'world');
CREATE VIRTUAL TABLE f USING fts5(body, content='doc', content_rowid='n');
INSERT INTO f(f) VALUES('rebuild');
-- alter: ALTER TABLE doc ALTER n TYPE INT USING 30 - n
-- outcome: error
-- expect: SELECT body FROM f WHERE f MATCH 'world' => world
