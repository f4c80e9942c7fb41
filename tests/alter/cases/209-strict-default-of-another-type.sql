-- hazard 209: strict-default-of-another-type
-- category: C
-- bites: old rows read the default of a new column, here TEXT in a BLOB column of a STRICT table, and no statement looks at it
-- right: error; unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT) STRICT; INSERT INTO t VALUES(1,'x'),(2,'y');
-- alter: ALTER TABLE t ADD COLUMN c ANY DEFAULT 'x', ALTER COLUMN c TYPE BLOB
-- outcome: error
-- expect: SELECT count(*) FROM pragma_table_info('t') => 2
-- expect: SELECT group_concat(a) FROM t => x,y
