-- make t5
-- revision: ce2
-- down_revision: bc1, cd2

-- migrate:up
CREATE TABLE t5(a TEXT);

-- migrate:down
DROP TABLE t5;
