-- hazard 213: another-key-of-the-same-name
-- category: C
-- bites: the referenced column is dropped and one of its name added with a key: the foreign key silently means the new column
-- right: with CASCADE the child's foreign key goes, its rows stay
CREATE TABLE p(a INTEGER PRIMARY KEY, k TEXT UNIQUE); CREATE TABLE c(x TEXT REFERENCES p(k), y INT);
INSERT INTO p VALUES(1,'x'); INSERT INTO c VALUES('x',7);
-- alter: ALTER TABLE p DROP COLUMN k CASCADE, ADD COLUMN k TEXT UNIQUE
-- outcome: ok
-- expect: SELECT sql FROM sqlite_schema WHERE name='c' => CREATE TABLE c(x TEXT, y INT)
-- expect: SELECT x,y FROM c => x|7
-- expect: SELECT a,k FROM p => 1|NULL
