-- hazard 014: autoincrement-high-water
-- category: A
-- bites: a copy sees the surviving ids alone: sqlite_sequence falls back and deleted ids are given out again
-- right: seq unchanged, AUTOINCREMENT kept
CREATE TABLE other(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO other VALUES(77);
CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
INSERT INTO t(v) VALUES('1'),('2'),('3'); DELETE FROM t WHERE id=3;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT name,seq FROM sqlite_sequence ORDER BY name => other|77 ~ t|3
-- then: INSERT INTO t(v) VALUES(4)
-- expect: SELECT max(id) FROM t => 4
-- then: DELETE FROM t
-- then: INSERT INTO t(v) VALUES(5)
-- expect: SELECT id FROM t => 5
