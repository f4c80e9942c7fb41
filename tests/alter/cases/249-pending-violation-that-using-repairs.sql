-- hazard 249: pending-violation-that-using-repairs
-- category: A
-- bites: USING gives the row that violates a deferred foreign key a parent, or a parent the row's value: SQLite goes on counting the violation, and COMMIT fails for ever
-- right: refused, and the transaction can be ended once the violation is repaired
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE c(pid INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES(1);
BEGIN; INSERT INTO c VALUES(5);
-- alter: ALTER TABLE c ALTER pid TYPE INT USING pid - 4
-- outcome: error
-- then: UPDATE c SET pid = 1
-- then: COMMIT
-- expect: SELECT pid FROM c => 1
