.mode list
SELECT * FROM migrate_lint;
.print -- one revision, on a database with rows
SELECT migrate_upgrade('a1');
INSERT INTO users(name, age) VALUES('Ann', '7'), (NULL, '1e3');
SELECT * FROM migrate_lint('a2');
.print -- a range
SELECT revision, rule FROM migrate_lint('a3:') WHERE severity <> 'note';
SELECT * FROM migrate_lint('nothing');
SELECT count(*) FROM sqlite_master;
.print -- verify
SELECT migrate_verify();
SELECT migrate_verify('a1');
SELECT migrate_verify(NULL);
SELECT * FROM migrate_current;
