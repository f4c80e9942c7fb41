-- a section that guards itself
-- revision: a4
-- down_revision: a3

-- migrate:up transaction:false
PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE log(x); -- migrate:allow no-such-rule
COMMIT;
PRAGMA foreign_keys = ON;

-- migrate:down
DROP TABLE log;
