-- make t3
-- revision: bc1
-- down_revision: ab1
-- branch_labels: left

-- migrate:up
CREATE TABLE t3(a TEXT);

-- migrate:down
DROP TABLE t3;
