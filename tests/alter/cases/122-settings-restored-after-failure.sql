-- hazard 122: settings-restored-after-failure
-- category: D
-- bites: a failed change leaves settings behind; foreign_keys that was off is turned on
-- right: all as before
PRAGMA foreign_keys=OFF; PRAGMA legacy_alter_table=ON; PRAGMA recursive_triggers=ON; PRAGMA reverse_unordered_selects=ON;
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT UNIQUE, c TEXT); INSERT INTO t VALUES(1,'1a',NULL),(2,'1b','x');
-- alter: ALTER TABLE t ALTER COLUMN v TYPE INTEGER USING CAST(v AS INTEGER)
-- outcome: error
-- expect: PRAGMA foreign_keys => 0
-- expect: PRAGMA legacy_alter_table => 1
-- expect: PRAGMA recursive_triggers => 1
-- expect: PRAGMA reverse_unordered_selects => 1
-- expect: PRAGMA writable_schema => 0
-- then-error: UPDATE sqlite_schema SET sql=sql
-- expect: SELECT v FROM t ORDER BY id => 1a ~ 1b
