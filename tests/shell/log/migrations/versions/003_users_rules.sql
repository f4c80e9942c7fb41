-- users have a name and an e-mail of their own
-- revision: c3d4e5
-- down_revision: b2c3d4

-- migrate:up
UPDATE users SET name = email WHERE name IS NULL;
ALTER TABLE users
  ALTER COLUMN name SET NOT NULL,
  ALTER COLUMN email SET NOT NULL,
  ADD CONSTRAINT users_email UNIQUE (email);

-- migrate:down
ALTER TABLE users
  ALTER COLUMN name DROP NOT NULL,
  ALTER COLUMN email DROP NOT NULL,
  DROP CONSTRAINT users_email;
