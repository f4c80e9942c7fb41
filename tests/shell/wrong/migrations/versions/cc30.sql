-- the right side
-- revision: cc30
-- down_revision: aa10
-- branch_labels: right

-- migrate:up
CREATE TABLE r(x);

-- migrate:down
DROP TABLE r;
