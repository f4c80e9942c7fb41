-- hazard 098: drop-parent-key-column
-- category: C
-- bites: another table's foreign key references the column
-- right: an error, nothing changed
PRAGMA foreign_keys=ON; CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT UNIQUE, v TEXT); CREATE TABLE c(k TEXT REFERENCES t(k));
INSERT INTO t VALUES(1,'a','5'); INSERT INTO c VALUES('a');
-- alter: ALTER TABLE t DROP COLUMN k
-- outcome: error
-- then: INSERT INTO c VALUES('a')
-- then-error: INSERT INTO c VALUES('b')
