-- one
-- revision: aaaa
-- revision: bbbb

-- migrate:up
CREATE TABLE t(a);
