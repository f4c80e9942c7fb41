-- posts go
-- migrate:allow missing-downgrade: nobody wants them back
-- revision: a3
-- down_revision: a2

-- migrate:up transaction:false
BEGIN;
-- copied to the archive in release 7
-- migrate:allow drop-table
DROP TABLE posts;
PRAGMA foreign_keys = OFF;
