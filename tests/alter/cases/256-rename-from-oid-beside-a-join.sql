-- hazard 256: rename-from-oid-beside-a-join
-- category: B
-- bites: as 254, where a view speaks of other tables, which have such a name as well: only SQLite knows whose is meant
-- right: renamed by SQLite before 3.54, refused by name from there on
CREATE TABLE t(id INTEGER PRIMARY KEY, oid TEXT);
CREATE TABLE other(t_id INT, note TEXT);
CREATE VIEW v AS SELECT t.oid AS a, other.oid AS b FROM t JOIN other ON t_id = t.id;
INSERT INTO t VALUES(1, 'p');
INSERT INTO other VALUES(1, 'q');
-- alter: ALTER TABLE t RENAME oid TO label
-- outcome: any
-- expect: SELECT * FROM v => p|1
