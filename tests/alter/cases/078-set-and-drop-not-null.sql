-- hazard 078: set-and-drop-not-null
-- category: C
-- bites: a change of NOT NULL takes other parts of the column's definition along
-- right: nothing else changes
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT CONSTRAINT nn NOT NULL ON CONFLICT ABORT DEFAULT 'not null' COLLATE NOCASE CHECK(a <> 'NOT NULL'), b TEXT DEFAULT 'x' UNIQUE);
INSERT INTO t VALUES(1,'a','b');
-- alter: ALTER TABLE t ALTER COLUMN a DROP NOT NULL, ALTER COLUMN b SET NOT NULL
-- outcome: ok
-- then: INSERT INTO t VALUES(2,NULL,'c')
-- then-error: INSERT INTO t VALUES(3,'a',NULL)
-- then-error: INSERT INTO t VALUES(3,'Not Null','d')
-- then-error: INSERT INTO t VALUES(3,'a','b')
-- expect: SELECT name,"notnull",dflt_value FROM pragma_table_info('t') => id|0|NULL ~ a|0|'not null' ~ b|1|'x'
-- expect: SELECT id FROM t WHERE a='A' => 1
