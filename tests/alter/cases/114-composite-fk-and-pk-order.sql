-- hazard 114: composite-fk-and-pk-order
-- category: C
-- bites: read by the columns' numbers, composite keys are put into another order
-- right: the order kept
PRAGMA foreign_keys=ON;
CREATE TABLE p(a TEXT, b TEXT, c TEXT, PRIMARY KEY(c, a)); INSERT INTO p VALUES('a','b','c');
CREATE TABLE t(x TEXT, y TEXT, v TEXT, z TEXT, PRIMARY KEY(z, x), FOREIGN KEY(y, x) REFERENCES p(c, a) ON DELETE CASCADE);
INSERT INTO t VALUES('a','c','5','z');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT name,pk FROM pragma_table_info('t') WHERE pk ORDER BY pk => z|1 ~ x|2
-- expect: SELECT seq,"from","to" FROM pragma_foreign_key_list('t') ORDER BY seq => 0|y|c ~ 1|x|a
-- then-error: INSERT INTO t VALUES('c','a',1,'q')
-- then: DELETE FROM p
-- expect: SELECT count(*) FROM t => 0
