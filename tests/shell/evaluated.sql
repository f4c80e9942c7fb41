-- One statement may evaluate a function several times: each revision runs once all the same.
.mode list
.nullvalue -
SELECT r FROM (SELECT migrate_upgrade() AS r) WHERE r IS NOT NULL AND r <> 'x';
SELECT * FROM runs;
SELECT revision FROM migrate_current;
SELECT migrate_upgrade() || '|' || migrate_upgrade() || '|' || migrate_upgrade('001');
SELECT d, d FROM (SELECT migrate_downgrade('001') AS d) WHERE d IS NOT NULL;
SELECT migrate_upgrade('head') || '|' || migrate_upgrade('head');
SELECT * FROM runs;
SELECT count(*) FROM migrate_journal;
SELECT CASE WHEN migrate_downgrade('base') <> '' THEN migrate_upgrade('001') END;
SELECT * FROM runs;
