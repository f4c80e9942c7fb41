-- make t1
-- revision: aa1
-- down_revision: 
-- create_date: 2025-12-18T10:35:00Z

-- migrate:up
CREATE TABLE t1(a TEXT);

-- migrate:down
DROP TABLE t1;
