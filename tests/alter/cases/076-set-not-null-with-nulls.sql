-- hazard 076: set-not-null-with-nulls
-- category: C
-- bites: SET NOT NULL where NULLs are: tools write the default into them or crash half way
-- right: an error, nothing changed
CREATE TABLE t(id INTEGER PRIMARY KEY, c TEXT DEFAULT 'd'); INSERT INTO t VALUES(1,'a'),(2,NULL),(3,NULL);
-- alter: ALTER TABLE t ALTER COLUMN c SET NOT NULL
-- outcome: error
-- expect: SELECT count(*) FROM t WHERE c IS NULL => 2
-- then: INSERT INTO t VALUES(4,NULL)
-- expect: SELECT "notnull" FROM pragma_table_info('t') WHERE name='c' => 0
