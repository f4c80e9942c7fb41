-- the left side
-- revision: bb20
-- down_revision: aa10
-- branch_labels: left

-- migrate:up
CREATE TABLE l(x);

-- migrate:down
DROP TABLE l;
