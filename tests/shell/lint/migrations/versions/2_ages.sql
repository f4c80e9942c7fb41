-- ages are numbers
-- revision: a2
-- down_revision: a1

-- migrate:up
ALTER TABLE users
  ALTER COLUMN age TYPE INTEGER,
  ALTER COLUMN name SET NOT NULL;
DELETE FROM posts;

-- migrate:down
ALTER TABLE users ALTER COLUMN name DROP NOT NULL;
