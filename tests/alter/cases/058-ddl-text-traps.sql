-- hazard 058: ddl-text-traps
-- category: B
-- bites: strings and comments that look like DDL fool whoever searches text
-- right: the real constraint alone is touched
CREATE TABLE t(id INTEGER PRIMARY KEY, -- CONSTRAINT c1 CHECK (fake)
  a TEXT DEFAULT 'CONSTRAINT c1 CHECK (a)', "CONSTRAINT c1" TEXT DEFAULT ', b INTEGER)',
  /* , CONSTRAINT c1 CHECK (n > 0) */ n INTEGER, CONSTRAINT c1 CHECK (n > 0 AND a <> ') CHECK ('), CHECK ('CONSTRAINT c1' <> a));
INSERT INTO t(id,n) VALUES(1,1);
-- alter: ALTER TABLE t DROP CONSTRAINT c1
-- outcome: ok
-- then: INSERT INTO t(id,n) VALUES(2,-1)
-- then-error: INSERT INTO t(id,a) VALUES(3,'CONSTRAINT c1')
-- expect: SELECT a,"CONSTRAINT c1",n FROM t WHERE id=2 => CONSTRAINT c1 CHECK (a)|, b INTEGER)|-1
-- expect: SELECT sql LIKE '%-- CONSTRAINT c1 CHECK (fake)%/* , CONSTRAINT c1 CHECK (n > 0) */%' FROM sqlite_schema WHERE name='t' => 1
