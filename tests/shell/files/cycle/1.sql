-- one
-- revision: aaaa
-- down_revision: bbbb

-- migrate:up
CREATE TABLE t(a);
-- migrate:down
DROP TABLE t;
