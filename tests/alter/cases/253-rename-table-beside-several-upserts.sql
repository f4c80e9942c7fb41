-- hazard 253: rename-table-beside-several-upserts
-- category: B
-- bites: as 243, in two triggers of one table, one of another, one of the table itself and a TEMP one; a table may be called excluded, too
-- right: each keeps its excluded
CREATE TABLE t(k TEXT UNIQUE, n INT);
CREATE TABLE u(k, n);
CREATE TABLE v(k, n);
CREATE TABLE log(excluded);
CREATE TRIGGER one AFTER INSERT ON u BEGIN INSERT INTO t VALUES(new.k, new.n) ON CONFLICT(k) DO UPDATE SET n = excluded.n; END;
CREATE TRIGGER two AFTER INSERT ON u BEGIN INSERT INTO t VALUES('two', new.n) ON CONFLICT(k) DO UPDATE SET n = t.n + [excluded].n; END;
CREATE TRIGGER three AFTER INSERT ON v BEGIN INSERT INTO t VALUES('three', new.n) ON CONFLICT(k) DO UPDATE SET n = excluded . n; INSERT INTO log(excluded) VALUES(1); END;
CREATE TRIGGER own AFTER INSERT ON t WHEN new.n < 0 BEGIN INSERT INTO t VALUES('own', -new.n) ON CONFLICT(k) DO UPDATE SET n = excluded.n; END;
CREATE TRIGGER none AFTER DELETE ON v BEGIN INSERT INTO log(excluded) VALUES(2); END;
CREATE TEMP TRIGGER passing AFTER DELETE ON u BEGIN INSERT INTO t VALUES('passing', 1) ON CONFLICT(k) DO UPDATE SET n = n + excluded.n; END;
INSERT INTO u VALUES('a', 1);
-- alter: ALTER TABLE t RENAME TO items
-- outcome: ok
-- then: INSERT INTO u VALUES('a', 5)
-- then: INSERT INTO v VALUES('v', 7), ('v', 8)
-- then: INSERT INTO items VALUES('x', -9), ('y', -4)
-- then: DELETE FROM u
-- expect: SELECT k, n FROM items WHERE k NOT IN ('x', 'y') ORDER BY k => a|5 ~ own|4 ~ passing|2 ~ three|8 ~ two|6
-- expect: SELECT count(*) FROM log => 2
