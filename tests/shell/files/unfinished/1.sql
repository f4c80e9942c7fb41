-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
CREATE TABLE u(
