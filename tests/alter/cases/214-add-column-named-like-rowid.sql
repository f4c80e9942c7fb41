-- hazard 214: add-column-named-like-rowid
-- category: C
-- bites: the newest SQLite refuses to add a column called oid, rowid or _rowid_
-- right: works on every version; rowids stay
CREATE TABLE t(a INT); INSERT INTO t(rowid,a) VALUES(5,50),(9,90);
-- alter: ALTER TABLE t ADD COLUMN rowid TEXT
-- outcome: ok
-- expect: SELECT _rowid_,a,rowid FROM t => 5|50|NULL ~ 9|90|NULL
