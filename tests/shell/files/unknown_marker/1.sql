-- one
-- revision: aaaa

-- migrate:upp
CREATE TABLE t(a);
