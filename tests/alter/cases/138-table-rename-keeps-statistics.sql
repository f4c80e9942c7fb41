-- hazard 138: table-rename-keeps-statistics
-- category: D
-- bites: SQLite's own RENAME TO leaves the rows of sqlite_stat1 under the old name
-- right: the statistics follow the table
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT); CREATE INDEX tk ON t(k);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40) INSERT INTO t SELECT i,i%4 FROM n;
CREATE TABLE c(t_id INTEGER REFERENCES t(id)); CREATE VIEW w AS SELECT k FROM t;
ANALYZE;
-- alter: ALTER TABLE t RENAME TO people
-- outcome: ok
-- expect: SELECT tbl,idx,stat FROM sqlite_stat1 WHERE idx='tk' => people|tk|40 10
-- expect: SELECT count(*) FROM sqlite_stat1 WHERE tbl='t' => 0
-- expect: SELECT "table" FROM pragma_foreign_key_list('c') => people
-- expect: SELECT count(*) FROM w => 40
