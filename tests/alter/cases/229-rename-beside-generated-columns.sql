-- hazard 229: rename-beside-generated-columns
-- category: B
-- bites: SQLite 3.31 renames in the generated columns of other tables what has the renamed column's number there
-- right: they are as they were; what refers to the column follows
-- env: edits
CREATE TABLE r(id INTEGER PRIMARY KEY, b UNIQUE, c); INSERT INTO r VALUES(1,'x',2),(3,'y',4);
CREATE TABLE q(id INTEGER PRIMARY KEY, n, b, g AS (b || n) /* two */, h AS (id * 10) STORED, CHECK (n > 0), FOREIGN KEY (b) REFERENCES r(b));
INSERT INTO q(n, b) VALUES(7,'x'),(8,'y');
CREATE TABLE z(a, "m", g AS ("m" + 1), i AS (lower(a))); INSERT INTO z(a, m) VALUES('A', 1);
CREATE INDEX q_g ON q(g, n); CREATE VIEW v AS SELECT r.b, q.g FROM r JOIN q ON q.b = r.b;
-- alter: ALTER TABLE r RENAME COLUMN b TO m, RENAME COLUMN id TO key
-- outcome: ok
-- expect: SELECT g, h FROM q => x7|10 ~ y8|20
-- expect: SELECT g, i FROM z => 2|a
-- expect: SELECT sql FROM sqlite_master WHERE name = 'q' => CREATE TABLE q(id INTEGER PRIMARY KEY, n, b, g AS (b || n) /* two */, h AS (id * 10) STORED, CHECK (n > 0), FOREIGN KEY (b) REFERENCES r(m))
-- expect: SELECT sql FROM sqlite_master WHERE name = 'z' => CREATE TABLE z(a, "m", g AS ("m" + 1), i AS (lower(a)))
-- expect: SELECT * FROM v => x|x7 ~ y|y8
-- expect: SELECT key, m, c FROM r => 1|x|2 ~ 3|y|4
-- expect: SELECT "table", "from", "to" FROM pragma_foreign_key_list('q') => r|b|m
