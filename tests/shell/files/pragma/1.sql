-- one
-- revision: aaaa

-- migrate:up
PRAGMA foreign_keys = OFF;
