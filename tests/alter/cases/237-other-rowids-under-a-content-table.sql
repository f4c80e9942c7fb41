-- hazard 237: other-rowids-under-a-content-table
-- category: A
-- bites: an FTS5 table finds the rows of its content table by rowid: a key that becomes the rowid gives it other rows, or none
-- right: refused; with content_rowid it names a column and may stay
CREATE TABLE t(id INTEGER, body TEXT); INSERT INTO t(rowid, id, body) VALUES(1,2,'apple'),(2,1,'pear');
CREATE VIRTUAL TABLE f USING fts5(body, content='t'); INSERT INTO f(f) VALUES('rebuild');
-- alter: ALTER TABLE t ADD PRIMARY KEY (id)
-- outcome: error
-- expect: SELECT body FROM f WHERE f MATCH 'apple' => apple
