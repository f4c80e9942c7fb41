-- hazard 220: default-change-keeps-quotes
-- category: B
-- bites: short rows are written out by SQLite's DROP COLUMN, which gives strings in double quotes single ones in every text of the schema
-- right: no text but the table's changes
CREATE TABLE t(a INT, b TEXT); CREATE INDEX tb ON t(b) WHERE b <> "none"; CREATE VIEW v AS SELECT "none" AS n, b FROM t;
INSERT INTO t VALUES(1,'x'); ALTER TABLE t ADD COLUMN c INT DEFAULT 3;
-- alter: ALTER TABLE t ALTER COLUMN c SET DEFAULT 5
-- outcome: ok
-- expect: SELECT sql FROM sqlite_schema WHERE name='tb' => CREATE INDEX tb ON t(b) WHERE b <> "none"
-- expect: SELECT sql FROM sqlite_schema WHERE name='v' => CREATE VIEW v AS SELECT "none" AS n, b FROM t
-- expect: SELECT a,b,c FROM t => 1|x|3
