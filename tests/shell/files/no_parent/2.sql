-- two
-- revision: bbbb
-- down_revision: cccc

-- migrate:up
-- migrate:down
