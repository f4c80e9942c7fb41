-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
ALTER TABLE t
  ALTER COLUMN a FROB;
