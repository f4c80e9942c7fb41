-- a quota is a number
-- revision: 002
-- down_revision: 001
-- create_date: 2025-02-03T09:00:00Z

-- migrate:up
ALTER TABLE users
  ALTER COLUMN quota TYPE INTEGER USING CAST(coalesce(quota, '100') AS INTEGER),
  ALTER COLUMN quota SET DEFAULT 100,
  ALTER COLUMN quota SET NOT NULL,
  ADD CONSTRAINT users_quota_check CHECK (quota >= 0);

-- migrate:down
ALTER TABLE users
  DROP CONSTRAINT users_quota_check,
  ALTER COLUMN quota DROP NOT NULL,
  ALTER COLUMN quota DROP DEFAULT,
  ALTER COLUMN quota TYPE TEXT;
