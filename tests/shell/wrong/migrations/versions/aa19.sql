-- on the right
-- revision: aa19
-- down_revision: cc30
-- branch_labels: 

-- migrate:up
CREATE TABLE r2(x);

-- migrate:down
DROP TABLE r2;
