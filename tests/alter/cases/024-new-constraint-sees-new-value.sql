-- hazard 024: new-constraint-sees-new-value
-- category: A
-- bites: a constraint added in the same statement is held against the value before its conversion
-- right: the converted value counts
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1,'price: 12'),(2,'price: 30');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER USING CAST(substr(v,8) AS INTEGER), ADD CONSTRAINT v_small CHECK (v < 100), ADD CONSTRAINT v_number CHECK (typeof(v) = 'integer')
-- outcome: ok
-- expect: SELECT id,v,typeof(v) FROM t ORDER BY id => 1|12|integer ~ 2|30|integer
-- then-error: INSERT INTO t VALUES(3,100)
-- then: INSERT INTO t VALUES(3,99)
