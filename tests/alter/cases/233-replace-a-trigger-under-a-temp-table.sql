-- hazard 233: replace-a-trigger-under-a-temp-table
-- category: B
-- bites: a trigger on a TEMP table is a TEMP trigger: CREATE OR REPLACE takes the one of the same name in main for it
-- right: main's stays, and what is replaced is the TEMP one
CREATE TABLE t(a INT); CREATE TABLE log(x);
CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES('main'); END;
CREATE TEMP TABLE t(a INT);
CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES('temp'); END;
-- alter: CREATE OR REPLACE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES('new'); END
-- outcome: ok
-- then: INSERT INTO temp.t VALUES(1)
-- then: INSERT INTO main.t VALUES(1)
-- expect: SELECT x FROM log => new ~ main
