-- two
-- revision: bbbb
-- down_revision: aaaa

-- migrate:up
-- migrate:down
