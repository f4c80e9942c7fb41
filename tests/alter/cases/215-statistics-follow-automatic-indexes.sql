-- hazard 215: statistics-follow-automatic-indexes
-- category: B
-- bites: automatic indexes are numbered anew, and sqlite_stat1 speaks of another one than was counted
-- right: each kept index keeps its statistics, those of the dropped one go
CREATE TABLE t(a INT UNIQUE, b INT, c INT, UNIQUE(b, c), UNIQUE(c)); CREATE INDEX tb ON t(b);
INSERT INTO t VALUES(1,1,1),(2,1,2),(3,1,3),(4,2,4); ANALYZE;
-- alter: ALTER TABLE t DROP CONSTRAINT t_a_key
-- outcome: ok
-- expect: SELECT idx,stat FROM sqlite_stat1 WHERE tbl='t' ORDER BY idx => sqlite_autoindex_t_1|4 2 1 ~ sqlite_autoindex_t_2|4 1 ~ tb|4 2
