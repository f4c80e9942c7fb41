-- hazard 219: moved-column-keeps-its-comments
-- category: B
-- bites: the column's definition is taken out with the comments that speak of it, and put back without them
-- right: the comments go with it
CREATE TABLE t(
  a INT, -- the a
  -- before b
  b TEXT /* the b */,
  c REAL -- the c
);
INSERT INTO t VALUES(1,'x',1.5);
-- alter: ALTER TABLE t ALTER COLUMN b FIRST, ALTER COLUMN a AFTER c
-- outcome: ok
-- expect: SELECT replace(sql, char(10), '$') FROM sqlite_schema => CREATE TABLE t($  -- before b$  b TEXT /* the b */,$  c REAL, -- the c$  a INT -- the a$)
-- expect: SELECT * FROM t => x|1.5|1
