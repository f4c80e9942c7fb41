-- hazard 250: string-in-a-view-of-the-new-name
-- category: B
-- bites: "none" in a view or trigger is a string as long as no column is called none: a new column of that name takes it over, and nobody says so
-- right: refused, or still a string
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT);
CREATE TABLE log(x);
CREATE VIEW v AS SELECT id FROM t WHERE k <> "none";
CREATE TRIGGER tr AFTER INSERT ON log BEGIN UPDATE t SET k = "none"; END;
INSERT INTO t VALUES(1,'a'), (2,'none');
-- alter: ALTER TABLE t ADD COLUMN none TEXT DEFAULT 'a'
-- outcome: any
-- expect: SELECT id FROM v => 1
-- then: INSERT INTO log VALUES(1)
-- expect: SELECT k FROM t => none ~ none
