-- hazard 008: fk-circular
-- category: A
-- bites: two tables that reference each other: any order of dropping trips a constraint
-- right: both survive
PRAGMA foreign_keys=ON;
CREATE TABLE a(id INTEGER PRIMARY KEY, v TEXT, b_id INTEGER REFERENCES b(id) ON DELETE CASCADE);
CREATE TABLE b(id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id) ON DELETE CASCADE);
INSERT INTO a VALUES(1,'5',NULL); INSERT INTO b VALUES(7,1); UPDATE a SET b_id=7;
-- alter: ALTER TABLE a ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT id,v,typeof(v),b_id FROM a => 1|5|integer|7
-- expect: SELECT id,a_id FROM b => 7|1
-- expect: SELECT "table" FROM pragma_foreign_key_list('b') => a
-- then-error: INSERT INTO a VALUES(2,3,99)
-- then: DELETE FROM a WHERE id=1
-- expect: SELECT count(*) FROM b => 0
