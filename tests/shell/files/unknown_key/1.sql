-- one
-- revision: aaaa
-- author: me

-- migrate:up
CREATE TABLE t(a);
