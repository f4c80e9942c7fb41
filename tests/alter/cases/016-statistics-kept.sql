-- hazard 016: statistics-kept
-- category: A
-- bites: DROP TABLE deletes the rows of sqlite_stat1: query plans change without a word
-- right: the statistics of untouched indexes survive
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, v TEXT); CREATE INDEX tk ON t(k);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40) INSERT INTO t SELECT i,i%4,i FROM n;
ANALYZE;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT tbl,idx,stat FROM sqlite_stat1 => t|tk|40 10
-- expect: SELECT count(*) FROM t WHERE typeof(v)='integer' => 40
