-- hazard 210: strict-default-that-fits
-- category: C
-- bites: a check of the default that knows literals alone refuses what a STRICT table takes: 1 in a REAL column
-- right: added; old rows read what a new row gets
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT) STRICT; INSERT INTO t VALUES(1,'x'),(2,'y');
-- alter: ALTER TABLE t ADD COLUMN c BLOB DEFAULT x'00', ADD COLUMN d REAL NOT NULL DEFAULT 1, ADD COLUMN e TEXT DEFAULT NULL, ADD COLUMN f ANY DEFAULT 'x'
-- outcome: ok
-- then: INSERT INTO t(id,a) VALUES(3,'z')
-- expect: SELECT DISTINCT typeof(c),typeof(d),d,typeof(e),typeof(f) FROM t => blob|real|1.0|null|text
