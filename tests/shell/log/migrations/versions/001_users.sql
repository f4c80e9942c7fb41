-- add users
-- revision: a1b2c3
-- down_revision:
-- create_date: 2025-12-18T10:35:00Z

-- migrate:up
CREATE TABLE users(
  id INTEGER PRIMARY KEY,
  email TEXT, -- unique later
  name TEXT
);
INSERT INTO users VALUES(1, 'ann@example.org', 'Ann'), (2, 'bob@example.org', NULL);

-- migrate:down
DROP TABLE users;
