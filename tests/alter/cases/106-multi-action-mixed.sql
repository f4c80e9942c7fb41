-- hazard 106: multi-action-mixed
-- category: C
-- bites: several actions in one statement must make one table of them
-- right: all applied
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT, CONSTRAINT c_short CHECK (length(c) < 5)); CREATE INDEX tb ON t(b);
INSERT INTO t VALUES(1,'10','x','c'),(2,'20','y','d');
-- alter: ALTER TABLE t ALTER COLUMN a TYPE INTEGER, ALTER COLUMN a SET NOT NULL, RENAME COLUMN b TO bb, DROP CONSTRAINT c_short, DROP COLUMN c, ADD COLUMN d TEXT DEFAULT 'new', ADD CONSTRAINT bb_u UNIQUE (bb)
-- outcome: ok
-- expect: SELECT * FROM t ORDER BY id => 1|10|x|new ~ 2|20|y|new
-- expect: SELECT name,type,"notnull" FROM pragma_table_info('t') => id|INTEGER|0 ~ a|INTEGER|1 ~ bb|TEXT|0 ~ d|TEXT|0
-- expect: SELECT id FROM t INDEXED BY tb WHERE bb='y' => 2
-- then-error: INSERT INTO t VALUES(3,1,'x','z')
-- expect: PRAGMA integrity_check => ok
