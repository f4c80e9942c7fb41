-- hazard 252: rename-to-rowid-under-a-temp-table
-- category: B
-- bites: from SQLite 3.54 on the texts are edited by us, and a TEMP table of the same name is another one
-- right: renamed, and the TEMP table is as it was
CREATE TABLE t(id TEXT PRIMARY KEY, a REAL);
INSERT INTO t VALUES('x', 3.5);
CREATE TEMP TABLE t(zz);
CREATE TEMP TABLE child(x REFERENCES t(a));
-- alter: ALTER TABLE main.t RENAME a TO rowid
-- outcome: ok
-- expect: SELECT "rowid" FROM main.t => 3.5
-- expect: SELECT sql FROM temp.sqlite_master ORDER BY name => CREATE TABLE child(x REFERENCES t(a)) ~ CREATE TABLE t(zz)
