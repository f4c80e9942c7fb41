-- hazard 072: shadow-table-refused
-- category: B
-- bites: a shadow table looks like a table in the schema
-- right: an error, the full-text index still sound
CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES('hello world');
-- alter: ALTER TABLE f_content ALTER COLUMN c0 TYPE INTEGER
-- outcome: error
-- expect: SELECT body FROM f WHERE f MATCH 'hello' => hello world
-- then: INSERT INTO f(f) VALUES('integrity-check')
