-- hazard 052: check-qualified-by-table-name
-- category: B
-- bites: CHECK(t.a > 0) cannot be created under the name of a scratch table
-- right: works, and the CHECK is enforced
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, v TEXT, CHECK(t.a > 0), CONSTRAINT named CHECK("t"."a" < 10 AND t.id > 0));
CREATE INDEX ta ON t(a) WHERE t.a > 1;
INSERT INTO t VALUES(1,5,'5');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT a,typeof(v) FROM t => 5|integer
-- then-error: INSERT INTO t VALUES(2,0,1)
-- then-error: INSERT INTO t VALUES(2,10,1)
-- expect: SELECT sql LIKE '%CHECK(t.a > 0), CONSTRAINT named CHECK("t"."a" < 10 AND t.id > 0))' FROM sqlite_schema WHERE name='t' => 1
