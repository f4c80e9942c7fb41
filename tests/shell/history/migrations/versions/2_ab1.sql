-- make t2
-- revision: ab1
-- down_revision: aa1

-- migrate:up
CREATE TABLE t2(a TEXT);

-- migrate:down
DROP TABLE t2;
