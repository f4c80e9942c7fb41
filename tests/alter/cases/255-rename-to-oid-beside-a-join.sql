-- hazard 255: rename-to-oid-beside-a-join
-- category: B
-- bites: as 254, where a view speaks of other tables, which have no such column
-- right: renamed in the view
CREATE TABLE t(id INTEGER PRIMARY KEY, label TEXT);
CREATE TABLE other(t_id INT, note TEXT);
CREATE TABLE labels(text TEXT);
CREATE VIEW v AS SELECT label, note FROM t JOIN other ON t_id = t.id;
INSERT INTO t VALUES(1, 'p');
INSERT INTO other VALUES(1, 'q');
-- alter: ALTER TABLE t RENAME label TO oid
-- outcome: ok
-- expect: SELECT * FROM v => p|q
-- expect: SELECT "oid" FROM t => p
