-- hazard 218: renamed-table-keeps-its-spelling
-- category: B
-- bites: SQLite's RENAME TO puts the name in quotes wherever it stands, and so a rename there and back changes the schema
-- right: bare names stay bare, other tables' texts too (plain SQL leaves SQLite's spelling)
CREATE TABLE t(id INTEGER PRIMARY KEY, up INT REFERENCES t(id)); CREATE TABLE c(x REFERENCES t);
CREATE VIEW v AS SELECT t.id FROM t;
-- alter: ALTER TABLE t RENAME TO u
-- outcome: ok
-- expect: SELECT replace(sql,'"','') FROM sqlite_schema ORDER BY 1 => CREATE TABLE c(x REFERENCES u) ~ CREATE TABLE u(id INTEGER PRIMARY KEY, up INT REFERENCES u(id)) ~ CREATE VIEW v AS SELECT u.id FROM u
-- then: INSERT INTO u VALUES(1,1); INSERT INTO c VALUES(1)
-- expect: SELECT id FROM v => 1
