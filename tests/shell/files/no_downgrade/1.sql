-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
