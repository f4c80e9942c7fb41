-- hazard 006: fk-deferred-counter-not-stuck
-- category: A
-- bites: with defer_foreign_keys=ON a dropped parent counts violations that nothing counts back: COMMIT fails for ever
-- right: COMMIT succeeds
PRAGMA foreign_keys=ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE c(pid INTEGER REFERENCES p(id));
INSERT INTO p VALUES(1,'10'),(2,'20'); INSERT INTO c VALUES(1),(2);
BEGIN; PRAGMA defer_foreign_keys=ON;
-- alter: ALTER TABLE p ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- then: COMMIT
-- expect: SELECT count(*) FROM c JOIN p ON p.id=c.pid => 2
-- expect: PRAGMA foreign_key_check => (none)
-- then-error: DELETE FROM p WHERE id=1
