-- hazard 211: cascade-to-a-child-under-a-temp-table
-- category: B
-- bites: plain SQL renames the child away, SQLite reads the indexes of main.t over temp.t and fails: "error in index .. after rename"
-- right: the child's foreign key goes, temp.t is untouched
CREATE TABLE main.t(id INTEGER PRIMARY KEY, k TEXT UNIQUE, v INT); CREATE INDEX main.tv ON t(v);
CREATE TABLE main.c(x REFERENCES t(k), y INT); INSERT INTO main.t VALUES(1,'x',5); INSERT INTO main.c VALUES('x',1);
CREATE TEMP TABLE t(zz); INSERT INTO temp.t VALUES(9);
-- alter: ALTER TABLE main.t DROP COLUMN k CASCADE
-- outcome: ok
-- expect: SELECT id,v FROM main.t INDEXED BY tv WHERE v=5 => 1|5
-- expect: SELECT x,y FROM main.c => x|1
-- expect: SELECT count(*) FROM pragma_foreign_key_list('c') => 0
-- expect: SELECT zz FROM temp.t => 9
