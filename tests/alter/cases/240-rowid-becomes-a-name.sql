-- hazard 240: rowid-becomes-a-name
-- category: C
-- bites: a new column called rowid takes the word from the views and triggers that mean the real one by it
-- right: refused by their names
CREATE TABLE t(a INT); INSERT INTO t(rowid, a) VALUES(7,1);
CREATE VIEW v AS SELECT rowid AS r, a FROM t;
-- alter: ALTER TABLE t ADD COLUMN rowid TEXT DEFAULT 'r'
-- outcome: error
-- expect: SELECT r FROM v => 7
