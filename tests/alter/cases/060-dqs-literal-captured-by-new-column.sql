-- hazard 060: dqs-literal-captured-by-new-column
-- category: B
-- bites: ADD COLUMN none turns CHECK(k <> "none") into a comparison of two columns
-- right: the CHECK still rejects the string
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, CHECK(k <> "none"));
INSERT INTO t VALUES(1,'a');
-- alter: ALTER TABLE t ADD COLUMN none TEXT
-- outcome: ok
-- expect: SELECT id,k,none FROM t => 1|a|NULL
-- then-error: INSERT INTO t(k,none) VALUES('none','other')
-- then: INSERT INTO t(k,none) VALUES('other','other')
-- expect: SELECT count(*) FROM t => 2
