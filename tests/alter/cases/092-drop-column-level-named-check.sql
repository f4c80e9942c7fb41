-- hazard 092: drop-column-level-named-check
-- category: C
-- bites: the constraint stands at a column, between others
-- right: it alone goes
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER NOT NULL CONSTRAINT n_pos CHECK (n > 0) DEFAULT 5 CONSTRAINT n_small CHECK (n < 10) UNIQUE, m INTEGER);
INSERT INTO t VALUES(1,1,1);
-- alter: ALTER TABLE t DROP CONSTRAINT n_pos
-- outcome: ok
-- then: INSERT INTO t VALUES(2,-1,1)
-- then-error: INSERT INTO t VALUES(3,10,1)
-- then-error: INSERT INTO t VALUES(3,NULL,1)
-- then-error: INSERT INTO t VALUES(3,-1,1)
-- then: INSERT INTO t(id) VALUES(3)
-- expect: SELECT n FROM t WHERE id=3 => 5
