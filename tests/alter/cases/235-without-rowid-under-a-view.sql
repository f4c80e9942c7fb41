-- hazard 235: without-rowid-under-a-view
-- category: C
-- bites: WITHOUT ROWID leaves no rowid for the views and triggers that read it
-- right: refused by their names
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT); INSERT INTO t VALUES(1,2);
CREATE VIEW v AS SELECT rowid AS r, a FROM t;
-- alter: ALTER TABLE t SET WITHOUT ROWID
-- outcome: error
-- expect: SELECT * FROM v => 1|2
