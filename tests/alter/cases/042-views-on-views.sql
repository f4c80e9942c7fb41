-- hazard 042: views-on-views
-- category: B
-- bites: a rename makes SQLite read every view while the table is missing
-- right: all views, TEMP ones too, unchanged and valid
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1,'5'),(2,'6');
CREATE VIEW a AS SELECT id, v FROM t; CREATE VIEW b(n) AS SELECT v FROM a WHERE id IN (SELECT id FROM t);
CREATE VIEW c AS WITH q AS (SELECT n FROM b) SELECT count(*) AS n FROM q;
CREATE TEMP VIEW d AS SELECT * FROM main.c JOIN main.a ON 1;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT typeof(n) FROM b => integer ~ integer
-- expect: SELECT n FROM c => 2
-- expect: SELECT n,id,v FROM d ORDER BY id => 2|1|5 ~ 2|2|6
-- expect: SELECT sql FROM sqlite_schema WHERE name='a' => CREATE VIEW a AS SELECT id, v FROM t
