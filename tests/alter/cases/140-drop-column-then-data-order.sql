-- hazard 140: drop-column-then-data-order
-- category: D
-- bites: columns move up: a copy by position puts values into the wrong ones
-- right: values stay with their names
CREATE TABLE t(a TEXT, b TEXT, c TEXT, d TEXT, e TEXT); INSERT INTO t VALUES('a1','b1','c1','d1','e1'),('a2','b2','c2','d2','e2');
-- alter: ALTER TABLE t DROP COLUMN b, ADD COLUMN f TEXT DEFAULT 'f', ALTER COLUMN e FIRST, ADD COLUMN g TEXT AFTER a
-- outcome: ok
-- expect: SELECT e,a,g,c,d,f FROM t ORDER BY rowid => e1|a1|NULL|c1|d1|f ~ e2|a2|NULL|c2|d2|f
-- expect: SELECT group_concat(name) FROM pragma_table_info('t') => e,a,g,c,d,f
-- expect: SELECT * FROM t ORDER BY rowid => e1|a1|NULL|c1|d1|f ~ e2|a2|NULL|c2|d2|f
