-- hazard 044: partial-index
-- category: B
-- bites: read by its list of columns, a partial index loses its WHERE and becomes a full one
-- right: the partial unique index intact
CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT, gone INTEGER, v TEXT);
CREATE UNIQUE INDEX live ON t(mail) WHERE gone IS NULL;
INSERT INTO t VALUES(1,'a',1,'5'),(2,'a',1,'6'),(3,'a',NULL,'7');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- then: INSERT INTO t VALUES(4,'a',1,8)
-- then-error: INSERT INTO t VALUES(5,'a',NULL,9)
-- expect: SELECT sql FROM sqlite_schema WHERE name='live' => CREATE UNIQUE INDEX live ON t(mail) WHERE gone IS NULL
-- expect: PRAGMA integrity_check => ok
