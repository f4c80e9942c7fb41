-- hazard 244: strict-computed-values
-- category: C
-- bites: SQLite takes a generated column of a STRICT table whose values are not of its type: integrity_check complains, and from 3.54 on no such row can be read
-- right: refused
CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, n INT AS (length(x))) STRICT;
INSERT INTO t(id, x) VALUES(1,'a'), (2,'5'), (3,NULL);
-- alter: ALTER TABLE t ALTER n SET EXPRESSION AS (x)
-- outcome: error
-- expect: SELECT id, x, n FROM t => 1|a|1 ~ 2|5|1 ~ 3|NULL|NULL
