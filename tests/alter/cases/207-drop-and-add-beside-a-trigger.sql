-- hazard 207: drop-and-add-beside-a-trigger
-- category: C
-- bites: the trigger reads the dropped column, compiles over the new one of the same name, and copies something else
-- right: error that names the trigger; unchanged
CREATE TABLE t(id INTEGER PRIMARY KEY, g TEXT); CREATE TABLE log(m);
CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.g); END;
INSERT INTO t VALUES(1,'a');
-- alter: ALTER TABLE t DROP COLUMN g, ADD COLUMN g INT DEFAULT 5
-- outcome: error
-- expect: SELECT id,g,typeof(g) FROM t => 1|a|text
-- then: INSERT INTO t VALUES(2,'b')
-- expect: SELECT group_concat(m) FROM log => a,b
