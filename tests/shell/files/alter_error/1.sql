-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
INSERT INTO t VALUES(1), (NULL);
ALTER TABLE t ALTER COLUMN a
  SET NOT NULL;
