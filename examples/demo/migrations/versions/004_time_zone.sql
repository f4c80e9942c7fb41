-- users have a time zone, tasks a date and a conversation
-- revision: 004
-- down_revision: 003
-- create_date: 2025-04-07T09:00:00Z

-- migrate:up
ALTER TABLE users ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC' AFTER name;
ALTER TABLE tasks
  ADD COLUMN due_on TEXT AFTER title,
  ADD COLUMN conversation_id TEXT AFTER due_on,
  ADD CONSTRAINT tasks_conversation_id_fkey
    FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE SET NULL;

-- migrate:down
ALTER TABLE tasks
  DROP CONSTRAINT tasks_conversation_id_fkey,
  DROP COLUMN conversation_id,
  DROP COLUMN due_on;
ALTER TABLE users DROP COLUMN time_zone;
