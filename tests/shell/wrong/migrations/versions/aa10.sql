-- make users
-- revision: aa10
-- down_revision: 
-- branch_labels: 

-- migrate:up
CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT);

-- migrate:down
DROP TABLE users;
