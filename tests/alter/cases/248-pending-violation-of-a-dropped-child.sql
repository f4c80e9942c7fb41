-- hazard 248: pending-violation-of-a-dropped-child
-- category: A
-- bites: CASCADE drops the foreign key of another table, USING repairs its rows: SQLite goes on counting the violation that the transaction holds, and COMMIT fails for ever
-- right: refused, and the transaction can be ended once the violation is repaired
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, n INT UNIQUE);
CREATE TABLE c(n INT REFERENCES p(n) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES(1, 10);
BEGIN; INSERT INTO c VALUES(5);
-- alter: ALTER TABLE p DROP CONSTRAINT p_n_key CASCADE
-- outcome: error
-- then: INSERT INTO p VALUES(2, 5)
-- then: COMMIT
-- expect: SELECT count(*) FROM pragma_foreign_key_list('c') => 1
