-- again
-- revision: 002
-- down_revision: 001

-- migrate:up
INSERT INTO runs VALUES (2);
ALTER TABLE runs ADD CHECK (n < 3);

-- migrate:down
ALTER TABLE runs DROP CONSTRAINT runs_n_check;
