-- hazard 056: comments-survive
-- category: B
-- bites: comments in CREATE TABLE are many schemas' documentation; a text made anew has none
-- right: those of untouched parts still there
CREATE TABLE t( -- people
  id INTEGER PRIMARY KEY, /* the key, */
  name   TEXT  NOT   NULL, -- as in the passport (really)
  v TEXT -- to be a number
  , CHECK (name <> '') -- never empty
);
INSERT INTO t VALUES(1,'a','5');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ADD COLUMN w TEXT
-- outcome: ok
-- expect: SELECT typeof(v),w FROM t => integer|NULL
-- expect: SELECT sql LIKE '%( -- people%/* the key, */%name   TEXT  NOT   NULL, -- as in the passport (really)%' FROM sqlite_schema WHERE name='t' => 1
-- expect: SELECT sql LIKE '%CHECK (name <> '''')%' FROM sqlite_schema WHERE name='t' => 1
-- then-error: INSERT INTO t(name) VALUES('')
