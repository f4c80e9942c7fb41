-- a name is what is displayed, and may be left out
-- revision: 005
-- down_revision: 004
-- create_date: 2025-05-05T09:00:00Z

-- migrate:up
ALTER TABLE users RENAME COLUMN name TO display_name;
ALTER TABLE users ALTER COLUMN display_name DROP NOT NULL;
ALTER TABLE messages ADD CONSTRAINT messages_content_check CHECK (content <> '');

-- migrate:down
ALTER TABLE messages DROP CONSTRAINT messages_content_check;
UPDATE users SET display_name = email WHERE display_name IS NULL;
ALTER TABLE users ALTER COLUMN display_name SET NOT NULL;
ALTER TABLE users RENAME COLUMN display_name TO name;
