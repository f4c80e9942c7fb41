-- hazard 066: alter-temp-table
-- category: B
-- bites: TEMP tables live in a schema of their own
-- right: altered there, with its index
CREATE TEMP TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX temp.tv ON t(v); INSERT INTO t VALUES(1,'5');
CREATE TABLE other(x);
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ALTER COLUMN v SET NOT NULL
-- outcome: ok
-- expect: SELECT v,typeof(v) FROM temp.t INDEXED BY tv WHERE v=5 => 5|integer
-- expect: SELECT group_concat(name) FROM main.sqlite_schema => other
-- expect: SELECT group_concat(name) FROM (SELECT name FROM sqlite_temp_master ORDER BY name) => t,tv
-- then-error: INSERT INTO t VALUES(2,NULL)
