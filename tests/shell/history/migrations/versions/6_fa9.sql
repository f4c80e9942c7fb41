-- make t6
-- revision: fa9
-- down_revision: 
-- branch_labels: other
-- depends_on: aa1

-- migrate:up
CREATE TABLE t6(a TEXT);

-- migrate:down
DROP TABLE t6;
