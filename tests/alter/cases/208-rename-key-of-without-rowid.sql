-- hazard 208: rename-key-of-without-rowid
-- category: C
-- bites: SQLite's own RENAME COLUMN leaves the old name in UNIQUE(e, b) and fails: "error in table t after rename: no such column: e"
-- right: works on every version; index, CHECK, view, trigger and child follow
CREATE TABLE t(e INTEGER PRIMARY KEY, b TEXT, UNIQUE(e,b), CHECK (e > 0)) WITHOUT ROWID; CREATE INDEX te ON t("e" DESC) WHERE e > 2;
CREATE VIEW v AS SELECT e FROM t; CREATE TABLE log(m);
CREATE TRIGGER tr AFTER UPDATE OF e ON t BEGIN INSERT INTO log VALUES(old.e); END;
CREATE TABLE c(x REFERENCES t(e)); INSERT INTO t VALUES(1,'x'),(3,'y'); INSERT INTO c VALUES(3);
-- alter: ALTER TABLE t RENAME COLUMN e TO "the key"
-- outcome: ok
-- expect: SELECT sql FROM sqlite_schema WHERE name='t' => CREATE TABLE t("the key" INTEGER PRIMARY KEY, b TEXT, UNIQUE("the key",b), CHECK ("the key" > 0)) WITHOUT ROWID
-- expect: SELECT sql FROM sqlite_schema WHERE name='c' => CREATE TABLE c(x REFERENCES t("the key"))
-- expect: SELECT group_concat("the key") FROM v => 1,3
-- expect: SELECT count(*) FROM pragma_foreign_key_check => 0
-- then: UPDATE t SET "the key"=2 WHERE b='x'
-- expect: SELECT m FROM log => 1
