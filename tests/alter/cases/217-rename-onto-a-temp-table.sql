-- hazard 217: rename-onto-a-temp-table
-- category: B
-- bites: a TEMP table has the new name, and SQLite reads the indexes of main's over it: "error in index .. after rename"
-- right: renamed, the TEMP table is untouched
CREATE TABLE old(id INTEGER PRIMARY KEY, k TEXT); CREATE INDEX ok ON old(k); INSERT INTO old VALUES(1,'x');
CREATE TABLE log(m); CREATE TRIGGER tr AFTER DELETE ON old BEGIN INSERT INTO log VALUES(old.k); END;
CREATE TEMP TABLE t(zz); INSERT INTO temp.t VALUES(9);
-- alter: ALTER TABLE main.old RENAME TO t
-- outcome: ok
-- expect: SELECT id FROM main.t INDEXED BY ok WHERE k='x' => 1
-- expect: SELECT zz FROM temp.t => 9
-- then: DELETE FROM main.t
-- expect: SELECT m FROM log => x
