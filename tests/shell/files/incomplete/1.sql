-- one
-- revision: aaaa

-- migrate:up transaction:false
CREATE TABLE t(a);
-- and
CREATE TABLE u
-- which
