-- count the runs
-- revision: 001

-- migrate:up
CREATE TABLE IF NOT EXISTS runs(n);
INSERT INTO runs VALUES (1);
ALTER TABLE runs ALTER n SET NOT NULL;

-- migrate:down
DROP TABLE runs;
