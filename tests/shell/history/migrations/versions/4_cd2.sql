-- make t4
-- revision: cd2
-- down_revision: ab1
-- branch_labels: right

-- migrate:up
CREATE TABLE t4(a TEXT);

-- migrate:down
DROP TABLE t4;
