-- hazard 232: replace-a-view-under-others
-- category: C
-- bites: CREATE OR REPLACE VIEW with other columns breaks the views and triggers that stand on it, and nobody says so
-- right: refused, as in PostgreSQL
CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES(1,'x');
CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS SELECT a FROM v;
CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(new.a); END;
-- alter: CREATE OR REPLACE VIEW v AS SELECT a AS z, b FROM t
-- outcome: error
-- expect: SELECT * FROM w => 1
