-- Where the database is, and the revisions around it.
.mode list
.nullvalue -
.headers on
SELECT * FROM migrate_current;
SELECT * FROM migrate_heads;
SELECT * FROM migrate_branches;
SELECT migrate_upgrade('ce2');
SELECT * FROM migrate_current;
SELECT * FROM migrate_current;
SELECT revision, down_revision, branch_labels, depends_on, message, create_date FROM migrate_history;
SELECT revision, is_base, is_head, is_branch_point, is_merge_point, is_current, is_applied, is_edited,
  applied_at IS NOT NULL AS has_time, path FROM migrate_history;
SELECT revision FROM migrate_history('ab1:ce2');
SELECT revision FROM migrate_history('current:');
SELECT revision FROM migrate_history(NULL) LIMIT 1;
SELECT revision, upgrade_sql, downgrade_sql FROM migrate_show('cd2');
SELECT revision FROM migrate_show('heads');
SELECT * FROM migrate_show('nowhere');
SELECT migrate_graph();
SELECT migrate_graph('mermaid');
SELECT migrate_graph('dot');
SELECT migrate_graph('png');
CREATE TABLE h AS SELECT revision FROM migrate_history;
SELECT count(*) FROM h;
SELECT a.revision, b.revision FROM migrate_history a JOIN migrate_history b ON a.down_revision = b.revision;
SELECT s.revision FROM migrate_heads h, migrate_show(h.revision) s;
INSERT INTO alembic_version VALUES('unknown');
SELECT * FROM migrate_current;
SELECT migrate_upgrade('heads');
SELECT migrate_stamp('heads', '--purge');
SELECT * FROM migrate_current;
.shell sed -i.bak 's/TEXT/BLOB/' migrations/versions/2_ab1.sql
SELECT revision, is_edited FROM migrate_history WHERE is_edited;
