-- create the chat and to-do schema
-- revision: 001
-- create_date: 2025-01-06T09:00:00Z

-- migrate:up
CREATE TABLE users (
  id         TEXT PRIMARY KEY CHECK (length(id) = 36),  -- a UUID
  email      VARCHAR(50) NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  quota      TEXT,             -- megabytes, as the first form of the sign-up page sent them
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE conversations (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  title      TEXT NOT NULL DEFAULT 'New conversation',
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE messages (
  id              INTEGER PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  role            TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  content         TEXT NOT NULL,
  created_at      TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at      TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE tasks (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  title      TEXT NOT NULL,
  completed  BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX ix_users_name ON users(name COLLATE NOCASE);
CREATE INDEX ix_users_created ON users(created_at);
CREATE INDEX ix_conversations_user ON conversations(user_id);
CREATE INDEX ix_conversations_updated ON conversations(updated_at DESC);
CREATE INDEX ix_messages_conversation ON messages(conversation_id, created_at);
CREATE INDEX ix_messages_role ON messages(role) WHERE role = 'assistant';
CREATE INDEX ix_tasks_user_completed ON tasks(user_id, completed);
CREATE INDEX ix_tasks_created ON tasks(created_at);

CREATE TRIGGER tr_users_updated AFTER UPDATE OF email, name, quota ON users
BEGIN
  UPDATE users SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;
CREATE TRIGGER tr_conversations_updated AFTER UPDATE OF title ON conversations
BEGIN
  UPDATE conversations SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;
CREATE TRIGGER tr_messages_updated AFTER UPDATE OF content ON messages
BEGIN
  UPDATE messages SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;
CREATE TRIGGER tr_tasks_updated AFTER UPDATE OF title, completed ON tasks
BEGIN
  UPDATE tasks SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;

CREATE VIEW open_tasks AS
  SELECT u.name, u.email, t.id AS task_id, t.title
  FROM users AS u JOIN tasks AS t ON t.user_id = u.id
  WHERE NOT t.completed;

-- migrate:down
DROP VIEW open_tasks;
DROP TABLE tasks;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE users;
