-- hazard 212: another-primary-key-than-a-child-needs
-- category: C
-- bites: REFERENCES p without columns finds the new primary key, and now means another column
-- right: error that names the child; unchanged
CREATE TABLE p(a INTEGER PRIMARY KEY, b INT NOT NULL); CREATE TABLE c(x REFERENCES p);
INSERT INTO p VALUES(1,1),(2,2); INSERT INTO c VALUES(2);
-- alter: ALTER TABLE p DROP CONSTRAINT p_pkey, ADD PRIMARY KEY (b)
-- outcome: error
-- expect: SELECT sql FROM sqlite_schema WHERE name='p' => CREATE TABLE p(a INTEGER PRIMARY KEY, b INT NOT NULL)
-- expect: SELECT count(*) FROM pragma_foreign_key_check => 0
