-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a); /* x */ attach 'x' AS y;
