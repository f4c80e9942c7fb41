-- hazard 074: temporary-leftovers
-- category: B
-- bites: scratch tables, TEMP tables or savepoints stay behind
-- right: the list of objects is identical
CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, k TEXT UNIQUE, v TEXT); CREATE INDEX tv ON t(v); INSERT INTO t VALUES(1,'a','5');
CREATE TABLE want(name); INSERT INTO want SELECT name FROM sqlite_schema;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ADD CONSTRAINT pos CHECK (v > 0), ALTER COLUMN k SET NOT NULL
-- outcome: ok
-- expect: SELECT name FROM sqlite_schema EXCEPT SELECT name FROM want => (none)
-- expect: SELECT name FROM want EXCEPT SELECT name FROM sqlite_schema => (none)
-- expect: SELECT count(*) FROM sqlite_temp_master => 0
-- expect: SELECT name,seq FROM sqlite_sequence => t|1
-- then-error: RELEASE anything
-- then: BEGIN; ROLLBACK
-- then: VACUUM
