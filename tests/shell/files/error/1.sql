-- one
-- revision: aaaa

-- migrate:up
CREATE TABLE t(a);
INSERT INTO t VALUES(1);

INSERT INTO u VALUES(1);
