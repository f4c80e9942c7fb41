-- hazard 216: fk-to-another-column-of-its-own
-- category: C
-- bites: a foreign key of the table to itself is taken for the one that goes, though it references another column: no row is looked at
-- right: error with the rows; unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT UNIQUE, up INT CONSTRAINT f REFERENCES t(id)); INSERT INTO t VALUES(1,'a',NULL),(2,'b',1);
-- alter: ALTER TABLE t DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (up) REFERENCES t(code)
-- outcome: error
-- expect: SELECT "to" FROM pragma_foreign_key_list('t') => id
-- expect: SELECT count(*) FROM pragma_foreign_key_check => 0
