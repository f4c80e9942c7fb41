-- hazard 084: add-check-under-ignore-checks
-- category: C
-- bites: PRAGMA ignore_check_constraints=ON switches off a naive look at the rows
-- right: an error all the same, the setting as before
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES(1,5),(2,-1);
PRAGMA ignore_check_constraints=ON;
-- alter: ALTER TABLE t ADD CONSTRAINT n_pos CHECK (n > 0)
-- outcome: error
-- expect: PRAGMA ignore_check_constraints => 1
-- expect: SELECT sql FROM sqlite_schema WHERE name='t' => CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)
