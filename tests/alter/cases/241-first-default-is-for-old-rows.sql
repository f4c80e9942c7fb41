-- hazard 241: first-default-is-for-old-rows
-- category: A
-- bites: one statement that adds a column with a default and then gives it another one, or takes it away, fills the old rows with the second
-- right: old rows get the default of ADD COLUMN, as two statements would give them (PostgreSQL's manual has it as an example)
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT);
INSERT INTO t VALUES(1,7),(2,8);
-- alter: ALTER TABLE t ADD COLUMN s TEXT DEFAULT old, ADD n INT NOT NULL DEFAULT 0, ADD u, ADD g AS (a + 1) STORED, ALTER s SET DEFAULT 'current', ALTER n DROP DEFAULT, ALTER u SET DEFAULT 5, ALTER g DROP EXPRESSION
-- outcome: ok
-- expect: SELECT id, a, s, n, u, g FROM t => 1|7|old|0|NULL|8 ~ 2|8|old|0|NULL|9
-- expect: SELECT name, dflt_value FROM pragma_table_info('t') WHERE cid > 1 => s|'current' ~ n|NULL ~ u|5 ~ g|NULL
-- then: INSERT INTO t(id, n) VALUES(3, 1)
-- then-error: INSERT INTO t(id) VALUES(4)
-- expect: SELECT s, n, u, g FROM t WHERE id = 3 => current|1|5|NULL
