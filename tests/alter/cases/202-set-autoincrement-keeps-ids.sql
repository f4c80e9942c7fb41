-- hazard 202: set-autoincrement-keeps-ids
-- category: A
-- bites: without a row in sqlite_sequence the id of a row that is deleted next is given again
-- right: ids that were there are never given again
CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'a'),(7,'b');
-- alter: ALTER TABLE t ALTER COLUMN id SET AUTOINCREMENT
-- outcome: ok
-- then: DELETE FROM t WHERE id = 7
-- then: INSERT INTO t(v) VALUES('c')
-- expect: SELECT id FROM t WHERE v = 'c' => 8
