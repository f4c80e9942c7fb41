-- hazard 040: trigger-text-verbatim
-- category: B
-- bites: splitting at ";" or "END" breaks triggers that hold CASE..END, strings and comments
-- right: the text identical, and working
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE log(m);
CREATE TRIGGER tr AFTER UPDATE ON t WHEN new.v IS NOT old.v BEGIN
  -- a remark; END;
  INSERT INTO log VALUES(CASE WHEN new.v > 5 THEN 'big; END' ELSE "small" END); /* BEGIN ; */
  UPDATE log SET m = m || ' [end]' WHERE rowid = last_insert_rowid();
END;
CREATE TABLE want(sql); INSERT INTO want SELECT sql FROM sqlite_schema WHERE name='tr';
INSERT INTO t VALUES(1,'5');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER
-- outcome: ok
-- expect: SELECT s.sql=w.sql FROM sqlite_schema s, want w WHERE s.name='tr' => 1
-- then: UPDATE t SET v=9
-- expect: SELECT m FROM log => big; END [end]
