/* Tools: how other migration tools remember what they have applied. Names of tables are shared by
** several of them, so that the columns decide. */

typedef struct mig_tool {
  const char *name;
  const char *table;   /* its usual name; NULL: there is none */
  const char *columns; /* that it must have, as a list */
  int only;            /* .. and no others */
  const char *type;    /* how the first of them is declared, as of LIKE; NULL: any way */
  const char *ids;     /* query: each id that is applied and the set that it belongs to, of each set
                       ** the newest last; %w: the table */
  const char *trouble; /* query: a row says why the database is not fit to be taken over; one that
                       ** does not compile says nothing; NULL: none */
} mig_tool;

#define MIG_ALL_ROWS(id, order) "SELECT " id ", '' FROM main.\"%w\" ORDER BY " order
#define MIG_LOCKED(table, column) \
  "SELECT 'a migration is running, or its lock was left behind in " table "' FROM main.\"" table \
  "\" WHERE \"" column "\" <> 0"

/* A tool that leaves nothing but a number comes last: others leave it as well. */
static const mig_tool mig_tools[] = {
    {"Alembic", "alembic_version", "version_num", 0, 0,
     "SELECT version_num, version_num FROM main.\"%w\" ORDER BY rowid", 0},
    {"golang-migrate", "schema_migrations", "version, dirty", 0, 0, MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' is dirty: it was broken off' FROM main.schema_migrations "
     "WHERE dirty"},
    {"dbmate", "schema_migrations", "version", 1, "varchar(%", MIG_ALL_ROWS("version", "1"), 0},
    {"Rails", "schema_migrations", "version", 1, "varchar",
     MIG_ALL_ROWS("version", "length(version), 1"), 0},
    {"Sequel", "schema_migrations", "filename", 1, 0, MIG_ALL_ROWS("filename", "1"), 0},
    {"Sequel", "schema_info", "version", 1, 0, MIG_ALL_ROWS("version", "1"), 0},
    {"Ecto", "schema_migrations", "version, inserted_at", 1, 0, MIG_ALL_ROWS("version", "1"), 0},
    {"goose", "goose_db_version", "id, version_id, is_applied, tstamp", 0, 0,
     "SELECT version_id, '' FROM main.\"%w\" AS g WHERE version_id > 0 AND is_applied AND id = "
     "(SELECT max(h.id) FROM main.goose_db_version AS h WHERE h.version_id = g.version_id) ORDER "
     "BY version_id",
     0},
    {"sqlx", "_sqlx_migrations", "version, description, success, checksum", 0, 0,
     MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' has failed' FROM main._sqlx_migrations WHERE NOT success"},
    {"Diesel", "__diesel_schema_migrations", "version, run_on", 0, 0, MIG_ALL_ROWS("version", "1"),
     0},
    {"refinery", "refinery_schema_history", "version, name, applied_on, checksum", 0, 0,
     MIG_ALL_ROWS("version", "1"), 0},
    {"GRDB", "grdb_migrations", "identifier", 0, 0, MIG_ALL_ROWS("identifier", "rowid"), 0},
    {"EF Core", "__EFMigrationsHistory", "MigrationId, ProductVersion", 0, 0,
     MIG_ALL_ROWS("MigrationId", "1"),
     "SELECT 'a migration is running, or its lock was left behind in __EFMigrationsLock' FROM "
     "main.__EFMigrationsLock"},
    {"Django", "django_migrations", "id, app, name, applied", 0, 0,
     "SELECT app || '.' || name, app FROM main.\"%w\" ORDER BY id", 0},
    {"Flyway", "flyway_schema_history", "installed_rank, version, script, checksum, success", 0, 0,
     "SELECT version, '' FROM main.\"%w\" WHERE version IS NOT NULL AND type NOT IN ('DELETE', "
     "'UNDO_SQL') ORDER BY installed_rank",
     "SELECT 'version ' || version || ' has failed' FROM main.flyway_schema_history WHERE NOT "
     "success"},
    {"Liquibase", "DATABASECHANGELOG", "ID, AUTHOR, FILENAME, ORDEREXECUTED", 0, 0,
     MIG_ALL_ROWS("ID", "ORDEREXECUTED"), MIG_LOCKED("DATABASECHANGELOGLOCK", "LOCKED")},
    {"Atlas", "atlas_schema_revisions", "version, applied, total, hash", 0, 0,
     MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' is applied by half' FROM main.atlas_schema_revisions WHERE "
     "applied < total"},
    {"Prisma", "_prisma_migrations", "id, checksum, finished_at, migration_name, rolled_back_at", 0,
     0,
     "SELECT migration_name, '' FROM main.\"%w\" WHERE finished_at IS NOT NULL AND rolled_back_at "
     "IS NULL ORDER BY migration_name",
     "SELECT migration_name || ' has failed' FROM main._prisma_migrations WHERE finished_at IS "
     "NULL AND rolled_back_at IS NULL"},
    {"Drizzle", "__drizzle_migrations", "hash, created_at", 0, 0,
     MIG_ALL_ROWS("created_at", "created_at"), 0},
    {"Knex", "knex_migrations", "id, name, batch, migration_time", 0, 0, MIG_ALL_ROWS("name", "id"),
     MIG_LOCKED("knex_migrations_lock", "is_locked")},
    {"TypeORM", "migrations", "id, timestamp, name", 0, 0, MIG_ALL_ROWS("name", "id"), 0},
    {"Laravel", "migrations", "id, migration, batch", 0, 0, MIG_ALL_ROWS("migration", "id"), 0},
    {"node sqlite", "migrations", "id, name, up, down", 0, 0, MIG_ALL_ROWS("id", "id"), 0},
    {"gormigrate", "migrations", "id", 1, 0, MIG_ALL_ROWS("id", "rowid"), 0},
    {"Sequelize", "SequelizeMeta", "name", 1, 0, MIG_ALL_ROWS("name", "name"), 0},
    {"Kysely", "kysely_migration", "name, timestamp", 1, 0, MIG_ALL_ROWS("name", "name"),
     MIG_LOCKED("kysely_migration_lock", "is_locked")},
    {"sqlite-utils", "_sqlite_migrations", "migration_set, name, applied_at", 0, 0,
     "SELECT migration_set || '.' || name, migration_set FROM main.\"%w\" ORDER BY rowid", 0},
    {"sql-migrate", "gorp_migrations", "id, applied_at", 0, 0, MIG_ALL_ROWS("id", "id"), 0},
    {"yoyo", "_yoyo_migration", "migration_hash, migration_id, applied_at_utc", 0, 0,
     MIG_ALL_ROWS("migration_id", "applied_at_utc, migration_id"), 0},
    {"Wrangler", "d1_migrations", "id, name, applied_at", 0, 0, MIG_ALL_ROWS("name", "id"), 0},
    {"Play", "play_evolutions", "id, hash, state, apply_script", 0, 0, MIG_ALL_ROWS("id", "id"),
     "SELECT 'evolution ' || id || ' is in state ' || state FROM main.play_evolutions WHERE state "
     "<> 'applied'"},
    {"Room", "room_master_table", "id, identity_hash", 0, 0,
     "SELECT user_version, '' FROM pragma_user_version", 0},
    {"user_version", 0, 0, 0, 0,
     "SELECT user_version, '' FROM pragma_user_version WHERE user_version <> 0", 0},
};
#define MIG_TOOL_COUNT ((int)(sizeof mig_tools / sizeof mig_tools[0]))
