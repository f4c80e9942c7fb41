-- hazard 028: type-change-recomputes-generated
-- category: A
-- bites: a STORED generated column depends on the column whose type changes
-- right: its stored value is computed again
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, kind TEXT GENERATED ALWAYS AS (typeof(v)) STORED, twice AS (v||v));
CREATE INDEX tkind ON t(kind);
INSERT INTO t(id,v) VALUES(1,'5'),(2,'x');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT id,v,kind,twice FROM t ORDER BY id => 1|5|integer|55 ~ 2|x|text|xx
-- expect: SELECT id FROM t INDEXED BY tkind WHERE kind='integer' => 1
-- expect: SELECT group_concat(hidden) FROM pragma_table_xinfo('t') => 0,0,3,2
-- expect: PRAGMA integrity_check => ok
