-- hazard 203: drop-unique-that-own-fk-needs
-- category: C
-- bites: the table's own foreign key references the key: every later INSERT fails with "foreign key mismatch"
-- right: error; unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT CONSTRAINT uq UNIQUE, parent TEXT REFERENCES t(code)); INSERT INTO t VALUES(1,'a',NULL),(2,'b','a');
-- alter: ALTER TABLE t DROP CONSTRAINT uq
-- outcome: error
-- expect: SELECT count(*) FROM t => 2
