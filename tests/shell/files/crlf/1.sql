-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
-- migrate:down
DROP TABLE t;
