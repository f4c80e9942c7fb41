-- hazard 251: string-in-a-view-of-another-name
-- category: B
-- bites: RENAME COLUMN of SQLite before 3.40 leaves "none" in views and triggers as it is: the string becomes the column
-- right: refused, or still a string
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT);
CREATE TABLE log(x);
CREATE VIEW v AS SELECT id FROM t WHERE k <> "none";
CREATE TRIGGER tr AFTER INSERT ON log BEGIN UPDATE t SET k = "none"; END;
INSERT INTO t VALUES(1,'a'), (2,'none');
-- alter: ALTER TABLE t RENAME COLUMN id TO none
-- outcome: any
-- expect: SELECT count(*) FROM v => 1
-- then: INSERT INTO log VALUES(1)
-- expect: SELECT k FROM t => none ~ none
