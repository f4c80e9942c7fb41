-- hazard 126: no-user-trigger-fires
-- category: D
-- bites: copying through DML fires the user's triggers, TEMP ones too
-- right: none fires
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE log(m); CREATE TEMP TABLE tlog(m);
CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log VALUES('i'); END;
CREATE TRIGGER u AFTER UPDATE ON t BEGIN INSERT INTO log VALUES('u'); END;
CREATE TRIGGER d AFTER DELETE ON t BEGIN INSERT INTO log VALUES('d'); END;
CREATE TEMP TRIGGER ti BEFORE INSERT ON main.t BEGIN INSERT INTO tlog VALUES('i'); END;
CREATE TEMP TRIGGER td BEFORE DELETE ON main.t BEGIN INSERT INTO tlog VALUES('d'); END;
INSERT INTO t VALUES(1,'5'),(2,'6'); DELETE FROM log; DELETE FROM tlog;
PRAGMA recursive_triggers=ON;
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER, ADD COLUMN made TEXT DEFAULT CURRENT_DATE
-- outcome: ok
-- expect: SELECT count(*) FROM log => 0
-- expect: SELECT count(*) FROM tlog => 0
-- then: DELETE FROM t WHERE id=1
-- expect: SELECT m FROM log => d
-- expect: SELECT m FROM tlog => d
