-- hazard 243: rename-table-beside-an-upsert
-- category: B
-- bites: SQLite's own RENAME TO (3.31 to 3.54) takes the `excluded` of an upsert in a trigger for the table: the trigger then keeps the old values
-- right: excluded stays, and the triggers fire in their order
CREATE TABLE t(k TEXT UNIQUE, n INT);
CREATE TABLE u(k, n);
CREATE TABLE log(x);
CREATE TRIGGER first AFTER INSERT ON u BEGIN INSERT INTO log VALUES('first'); END;
CREATE TRIGGER upsert AFTER INSERT ON u BEGIN INSERT INTO t VALUES(new.k, new.n) ON CONFLICT(k) DO UPDATE SET n = excluded.n WHERE "EXCLUDED" /* the new row */ .n > t.n; END;
CREATE TRIGGER last AFTER INSERT ON u BEGIN INSERT INTO log VALUES('last'); END;
INSERT INTO u VALUES('a', 1);
DELETE FROM log;
-- alter: ALTER TABLE t RENAME TO items
-- outcome: ok
-- then: INSERT INTO u VALUES('a', 5), ('b', 2)
-- then: INSERT INTO u VALUES('a', 3)
-- expect: SELECT k, n FROM items ORDER BY k => a|5 ~ b|2
-- expect: SELECT x FROM log WHERE rowid < 3 => last ~ first
-- expect: SELECT substr(sql, instr(sql, 'SET')) FROM sqlite_schema WHERE name = 'upsert' => SET n = excluded.n WHERE "EXCLUDED" /* the new row */ .n > "items".n; END
