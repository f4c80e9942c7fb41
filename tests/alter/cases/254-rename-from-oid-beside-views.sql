-- hazard 254: rename-from-oid-beside-views
-- category: B
-- bites: from SQLite 3.54 on a column called like the rowid is renamed by us: in views and triggers, TEMP ones too, and in no TEMP table that only has the name
-- right: renamed wherever the table is meant, nowhere else
CREATE TABLE t(id INTEGER PRIMARY KEY, oid TEXT);
CREATE TABLE other(id INTEGER PRIMARY KEY, oid TEXT);
CREATE INDEX t_oid ON t(oid);
CREATE VIEW v AS SELECT t.oid AS a FROM t;
CREATE VIEW w AS SELECT oid AS b FROM other;
CREATE TRIGGER tr AFTER UPDATE OF oid ON t BEGIN UPDATE t SET id = 9 WHERE oid = new.oid; END;
CREATE TEMP VIEW tv AS SELECT upper(oid) AS c FROM t;
CREATE TEMP TABLE tt(oid TEXT, x REFERENCES t(oid));
CREATE INDEX temp.tt_oid ON tt(oid);
INSERT INTO t VALUES(1, 'p');
INSERT INTO other VALUES(2, 'q');
-- alter: ALTER TABLE t RENAME oid TO label
-- outcome: ok
-- then: UPDATE t SET label = 'z'
-- expect: SELECT id, label FROM t => 9|z
-- expect: SELECT * FROM v, w, tv => z|q|Z
-- expect: SELECT count(*) FROM temp.sqlite_master WHERE sql LIKE 'CREATE %oid%' => 2
-- expect: SELECT name FROM pragma_index_info('t_oid') => label
