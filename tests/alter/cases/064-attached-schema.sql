-- hazard 064: attached-schema
-- category: B
-- bites: the stored texts of indexes and triggers name no schema: run again, they land in main
-- right: all stays in aux, main untouched
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1,'main');
ATTACH ':memory:' AS aux;
CREATE TABLE aux.t(id INTEGER PRIMARY KEY, v TEXT, k TEXT); CREATE INDEX aux.tv ON t(v); CREATE UNIQUE INDEX aux.tk ON t(k);
CREATE TABLE aux.log(m); CREATE TRIGGER aux.tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.v); END;
INSERT INTO aux.t VALUES(1,'5','a');
DELETE FROM aux.log;
-- alter: ALTER TABLE aux.t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT v,typeof(v),k FROM aux.t => 5|integer|a
-- expect: SELECT v,typeof(v) FROM main.t => main|text
-- expect: SELECT group_concat(name) FROM main.sqlite_schema => t
-- expect: SELECT group_concat(name) FROM (SELECT name FROM aux.sqlite_schema ORDER BY name) => log,t,tk,tr,tv
-- expect: SELECT id FROM aux.t INDEXED BY tv WHERE v=5 => 1
-- then: INSERT INTO aux.t VALUES(2,6,'b')
-- expect: SELECT m FROM aux.log => 6
-- then-error: INSERT INTO aux.t VALUES(3,6,'b')
-- expect: PRAGMA aux.integrity_check => ok
