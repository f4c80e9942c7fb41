-- e-mail addresses are longer, and equal whatever their case
-- revision: 003
-- down_revision: 002
-- create_date: 2025-03-03T09:00:00Z

-- migrate:up
ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(255) COLLATE NOCASE;

-- migrate:down
ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(50) COLLATE BINARY;
