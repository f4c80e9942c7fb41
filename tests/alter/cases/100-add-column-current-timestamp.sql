-- hazard 100: add-column-current-timestamp
-- category: C
-- bites: SQLite's own ADD COLUMN refuses a default that is not constant
-- right: old rows get a value, new rows too
CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2);
-- alter: ALTER TABLE t ADD COLUMN made TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, ADD COLUMN n INTEGER DEFAULT (1+2)
-- outcome: ok
-- expect: SELECT count(*),count(made),min(n),max(n),min(length(made)) FROM t => 2|2|3|3|19
-- then: INSERT INTO t(id) VALUES(3)
-- expect: SELECT length(made),n FROM t WHERE id=3 => 19|3
