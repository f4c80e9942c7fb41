-- hazard 204: rename-under-a-temp-table
-- category: B
-- bites: SQLite's RENAME COLUMN reads the indexes of main.t over a TEMP table of the same name and fails, or leaves triggers as they were
-- right: main.t altered, index and trigger follow, temp.t untouched
CREATE TABLE main.t(id INTEGER PRIMARY KEY, k TEXT); CREATE INDEX main.tk ON t(k); CREATE TABLE log(m);
CREATE TRIGGER main.tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.k); END;
INSERT INTO main.t VALUES(1,'x'); DELETE FROM log;
CREATE TEMP TABLE t(zz); INSERT INTO temp.t VALUES(9);
-- alter: ALTER TABLE main.t RENAME COLUMN k TO kk
-- outcome: ok
-- expect: SELECT kk FROM main.t => x
-- expect: SELECT zz FROM temp.t => 9
-- expect: SELECT group_concat(name) FROM temp.sqlite_master => t
-- then: INSERT INTO main.t VALUES(2,'y')
-- expect: SELECT m FROM log => y
