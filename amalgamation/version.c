/* Version: the version table, in Alembic's own layout, and the journal. Both are read here, with
** statements of our own that are finalized at once; what writes them is made as text and run by
** the one who runs everything. Reading never creates a table. */

#define MIG_JOURNAL "migrate_journal"

typedef struct mig_version {
  int exists;
  mig_names rows; /* in the order in which they were written */
} mig_version;

static sqlite3_stmt *mig_read_begin(sqlite3 *db, mig_arena *a, const char *sql) {
  sqlite3_stmt *s = 0;
  int rc;
  if (mig_failed(a) || !sql) return 0;
  rc = sqlite3_prepare_v2(db, sql, -1, &s, 0);
  if (rc != SQLITE_OK) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  return s;
}

/* Steps to the next row: 1, or 0 at the end and after an error; then it is finalized. */
static int mig_read_row(sqlite3 *db, mig_arena *a, sqlite3_stmt **s) {
  int rc;
  if (!*s) return 0;
  rc = mig_failed(a) ? SQLITE_DONE : sqlite3_step(*s);
  if (rc == SQLITE_ROW) return 1;
  if (rc != SQLITE_DONE) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  sqlite3_finalize(*s);
  *s = 0;
  return 0;
}

static const char *mig_read_text(mig_arena *a, sqlite3_stmt *s, int column) {
  const char *z = (const char *)sqlite3_column_text(s, column);
  if (!z && sqlite3_column_type(s, column) != SQLITE_NULL) mig_no_memory(a);
  return z ? mig_copy(a, z) : 0;
}

enum { MIG_NO_TABLE, MIG_ORDINARY_TABLE, MIG_OTHER_TABLE };

/* What bears a name in the main database. */
static int mig_table_kind(sqlite3 *db, mig_arena *a, const char *name) {
  sqlite3_stmt *s = mig_read_begin(db, a,
                                   "SELECT type = 'table' AND rootpage > 0 FROM main.sqlite_master "
                                   "WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')");
  int kind = MIG_NO_TABLE;
  if (s) sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  while (mig_read_row(db, a, &s)) {
    kind = sqlite3_column_int(s, 0) ? MIG_ORDINARY_TABLE : MIG_OTHER_TABLE;
  }
  return kind;
}

/* ---- The version table: reading ---- */

static void mig_fail_version(mig_arena *a, const char *table) {
  mig_fail(a, MIGRATE_UNSUPPORTED,
           "%s is not a version table: an ordinary table with the column version_num is needed; "
           "another name is set with version_table",
           table);
}

/* One row; anything but text without NUL bytes is no revision. */
static const char *mig_version_row(mig_arena *a, sqlite3_stmt *s, const char *table) {
  const char *z = mig_read_text(a, s, 0);
  if (mig_failed(a)) return 0;
  if (!z || sqlite3_column_type(s, 0) != SQLITE_TEXT ||
      strlen(z) != (size_t)sqlite3_column_bytes(s, 0)) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             "%s holds a row that is no revision identifier: %.20s; stamp with --purge", table,
             z ? z : "NULL");
  }
  return z;
}

/* Prepares the reading of the rows; a table without rowids has them in the order of its key. */
static int mig_version_prepare(sqlite3 *db, mig_arena *a, const char *table, sqlite3_stmt **s) {
  static const char *const ways[] = {
      "SELECT version_num FROM main.\"%w\" ORDER BY rowid",
      "SELECT version_num FROM main.\"%w\" ORDER BY version_num"};
  int i, rc = SQLITE_ERROR;
  for (i = 0; i < 2 && rc == SQLITE_ERROR && !mig_failed(a); i++) {
    char *sql = mig_format(a, ways[i], table);
    if (sql) rc = sqlite3_prepare_v2(db, sql, -1, s, 0);
  }
  return rc;
}

/* Reads the version rows. A table that is not there has none; something else by that name is an
** error. */
static mig_version mig_version_read(sqlite3 *db, mig_arena *a, const char *table) {
  mig_version v;
  sqlite3_stmt *s = 0;
  int cap = 0, rc = mig_version_prepare(db, a, table, &s);
  memset(&v, 0, sizeof v);
  if (mig_failed(a)) return v;
  if (rc == SQLITE_ERROR) {
    if (mig_table_kind(db, a, table) == MIG_NO_TABLE) return v;
    rc = mig_version_prepare(db, a, table, &s); /* another connection may just have made it */
  }
  if (rc == SQLITE_ERROR) {
    mig_fail_version(a, table);
    return v;
  }
  if (rc != SQLITE_OK) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  v.exists = rc == SQLITE_OK;
  while (mig_read_row(db, a, &s)) {
    v.rows.at = (const char **)mig_grow(a, v.rows.at, v.rows.n, &cap, sizeof(char *));
    if (mig_failed(a)) continue;
    v.rows.at[v.rows.n++] = mig_version_row(a, s, table);
  }
  if (mig_failed(a)) v.rows.n = 0;
  return v;
}

/* Whether there are rows, whatever they hold: of a table that is to lose them. */
static int mig_version_has_rows(sqlite3 *db, mig_arena *a, const char *table) {
  const char *sql = mig_format(a, "SELECT 1 FROM main.\"%w\" LIMIT 1", table);
  sqlite3_stmt *s = mig_read_begin(db, a, sql);
  int any = 0;
  while (mig_read_row(db, a, &s)) any = 1;
  return any;
}

/* Before anything is written: what bears the name must be a table, not a view with a trigger. */
static void mig_version_check(sqlite3 *db, mig_arena *a, const char *table) {
  if (mig_table_kind(db, a, table) == MIG_OTHER_TABLE) mig_fail_version(a, table);
}

/* ---- The version table: writing, as text ---- */

/* The name as Alembic writes it: in quotes only where it needs them. */
static void mig_put_bare_name(mig_text *t, const char *name) {
  if (mig_needs_quotes(name))
    mig_put_name(t, name);
  else
    mig_put(t, name);
}

/* Alembic's statement, byte for byte, so that the schema text does not tell who made it. */
static const char *mig_version_create_sql(mig_arena *a, const char *table) {
  mig_text t;
  char *key = mig_format(a, "%s_pkc", table);
  mig_text_init(&t, a);
  if (!key) return 0;
  mig_put(&t, "CREATE TABLE main.");
  mig_put_bare_name(&t, table);
  mig_put(&t, " (\n\tversion_num VARCHAR(32) NOT NULL, \n\tCONSTRAINT ");
  mig_put_bare_name(&t, key);
  mig_put(&t, " PRIMARY KEY (version_num)\n)");
  return t.z;
}

/* `from` and `to` are SQL: literals, or parameters. */
static const char *mig_change_form(mig_arena *a, const char *table, int kind, const char *from,
                                   const char *to) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, kind == MIG_ROW_INSERT   ? "INSERT INTO main."
              : kind == MIG_ROW_UPDATE ? "UPDATE main."
                                       : "DELETE FROM main.");
  mig_put_bare_name(&t, table);
  if (kind == MIG_ROW_INSERT) {
    mig_putf(&t, " (version_num) VALUES (%s)", to);
    return t.z;
  }
  if (kind == MIG_ROW_UPDATE) mig_putf(&t, " SET version_num=%s", to);
  mig_putf(&t, " WHERE version_num = %s", from);
  return t.z;
}

static const char *mig_change_sql(mig_arena *a, const char *table, const mig_change *c) {
  return mig_change_form(a, table, c->kind, mig_format(a, "%Q", c->from),
                         mig_format(a, "%Q", c->to));
}

/* DELETE of all rows: stamp --purge. */
static const char *mig_purge_sql(mig_arena *a, const char *table) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, "DELETE FROM main.");
  mig_put_bare_name(&t, table);
  return t.z;
}

/* Each change must have hit one row: `found` is what SQLite counted. */
static void mig_change_check(mig_arena *a, const char *table, const mig_change *c, int found) {
  if (found == 1 || c->kind == MIG_ROW_INSERT) return;
  if (c->kind == MIG_ROW_UPDATE) {
    mig_fail(a, MIGRATE_GRAPH,
             "Online migration expected to match one row when updating '%s' to '%s' in '%s'; %d "
             "found",
             c->from, c->to, table, found);
  } else {
    mig_fail(a, MIGRATE_GRAPH,
             "Online migration expected to match one row when deleting '%s' in '%s'; %d found",
             c->from, table, found);
  }
}

/* ---- The journal: writing, as text ---- */

static const char *mig_journal_create_sql(void) {
  return "CREATE TABLE main." MIG_JOURNAL
         " (\n"
         "  id INTEGER PRIMARY KEY,\n"
         "  revision TEXT NOT NULL,\n"
         "  direction TEXT NOT NULL,\n"
         "  state TEXT NOT NULL,\n"
         "  applied_at TEXT NOT NULL,\n"
         "  duration_ms INTEGER,\n"
         "  checksum TEXT,\n"
         "  message TEXT,\n"
         "  down_revision TEXT,\n"
         "  depends_on TEXT,\n"
         "  compat TEXT,\n"
         "  downgrade TEXT,\n"
         "  downgrade_outside INTEGER\n"
         ")";
}

#define MIG_NOW_SQL "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now')"

static const char mig_journal_insert[] =
    "INSERT INTO main." MIG_JOURNAL
    " (revision, direction, state, applied_at, duration_ms, checksum, message, down_revision, "
    "depends_on, compat, downgrade, downgrade_outside) VALUES ";

/* The downgrade is kept for a program that is older than its database; where a function of the
** program takes part, SQL alone would not do. */
static const char *mig_kept_downgrade(const mig_revision *rev) {
  return rev->downgrade_fn ? 0 : rev->downgrade.sql;
}

static void mig_put_duration(mig_text *t, sqlite3_int64 ms) {
  if (ms < 0) mig_put(t, "NULL");
  else mig_putf(t, "%lld", ms);
}

/* The row of a step; a state `started` is written before a section that runs outside of a
** transaction. duration_ms below 0 is unknown. */
static const char *mig_journal_insert_sql(mig_arena *a, const mig_revision *rev,
                                          const char *direction, const char *state,
                                          sqlite3_int64 duration_ms) {
  const char *checksum = mig_checksum(a, rev);
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, mig_journal_insert);
  mig_putf(&t, "(%Q, %Q, %Q, " MIG_NOW_SQL ", ", rev->id, direction, state);
  mig_put_duration(&t, duration_ms);
  mig_putf(&t, ", %Q, %Q, %Q, %Q, %Q, %Q, %d)", checksum, rev->message, mig_join(a, rev->down),
           mig_join(a, rev->depends), rev->compat, mig_kept_downgrade(rev),
           rev->downgrade.outside);
  return mig_failed(a) ? 0 : t.z;
}

/* The row of a section that has run to its end outside of a transaction. */
static const char *mig_journal_done_sql(mig_arena *a, const mig_revision *rev,
                                        const char *direction, sqlite3_int64 duration_ms) {
  mig_text t;
  mig_text_init(&t, a);
  mig_putf(&t, "UPDATE main." MIG_JOURNAL " SET state = 'done', applied_at = " MIG_NOW_SQL
               ", duration_ms = ");
  mig_put_duration(&t, duration_ms);
  mig_putf(&t,
           " WHERE id = (SELECT max(id) FROM main." MIG_JOURNAL
           " WHERE revision = %Q AND direction = %Q AND state = 'started')",
           rev->id, direction);
  return mig_failed(a) ? 0 : t.z;
}

/* ---- The journal: reading ---- */

typedef struct mig_entry {
  const char *revision, *direction, *state, *applied_at, *checksum, *message;
  const char *down_revision, *depends_on, *compat;
  const char *downgrade; /* NULL: irreversible */
  int downgrade_outside;
} mig_entry;

typedef struct mig_journal {
  int exists;
  mig_entry *entries; /* of each revision the last one, oldest first */
  int n, cap;
} mig_journal;

static void mig_journal_entry(mig_arena *a, mig_journal *j, sqlite3_stmt *s) {
  mig_entry *e;
  j->entries = (mig_entry *)mig_grow(a, j->entries, j->n, &j->cap, sizeof(mig_entry));
  if (mig_failed(a)) return;
  e = &j->entries[j->n++];
  e->revision = mig_read_text(a, s, 0);
  e->direction = mig_read_text(a, s, 1);
  e->state = mig_read_text(a, s, 2);
  e->applied_at = mig_read_text(a, s, 3);
  e->checksum = mig_read_text(a, s, 4);
  e->message = mig_read_text(a, s, 5);
  e->down_revision = mig_read_text(a, s, 6);
  e->depends_on = mig_read_text(a, s, 7);
  e->compat = mig_read_text(a, s, 8);
  e->downgrade = mig_read_text(a, s, 9);
  e->downgrade_outside = sqlite3_column_int(s, 10);
}

/* The condition that the version rows are others than now; NULL: there is no table, or a fault.
** `schema` is NULL where the reader of the script has no such word. */
static char *mig_other_versions(sqlite3 *db, mig_arena *a, const char *schema, const char *table) {
  mig_version v = mig_version_read(db, a, table);
  mig_text z;
  int i;
  if (!v.exists) return 0;
  mig_text_init(&z, a);
  mig_put(&z, "(SELECT count(*) FROM ");
  mig_put_object(&z, schema, table);
  mig_putf(&z, ") <> %d OR (SELECT count(*) FROM ", v.rows.n);
  mig_put_object(&z, schema, table);
  mig_put(&z, " WHERE version_num IN (");
  for (i = 0; i < v.rows.n; i++) mig_putf(&z, "%s%Q", i ? ", " : "", v.rows.at[i]);
  mig_putf(&z, ")) <> %d", v.rows.n);
  return mig_failed(a) ? 0 : z.z;
}

/* What was done last with each revision. */
static const char *mig_journal_rows_sql(void) {
  return "SELECT revision, direction, state, applied_at, checksum, message, down_revision, "
         "depends_on, compat, downgrade, downgrade_outside FROM main." MIG_JOURNAL
         " WHERE id IN (SELECT max(id) FROM main." MIG_JOURNAL " GROUP BY revision) ORDER BY id";
}

/* What bears the journal's name; a table with other columns is no more ours than a view. */
static int mig_journal_kind(sqlite3 *db, mig_arena *a) {
  sqlite3_stmt *s = 0;
  int kind = mig_table_kind(db, a, MIG_JOURNAL);
  if (kind == MIG_ORDINARY_TABLE &&
      sqlite3_prepare_v2(db, mig_journal_rows_sql(), -1, &s, 0) == SQLITE_ERROR) {
    kind = MIG_OTHER_TABLE;
  }
  sqlite3_finalize(s);
  return kind;
}

static mig_journal mig_journal_read(sqlite3 *db, mig_arena *a) {
  mig_journal j;
  sqlite3_stmt *s = 0;
  int kind = mig_journal_kind(db, a);
  memset(&j, 0, sizeof j);
  j.exists = kind == MIG_ORDINARY_TABLE;
  if (kind == MIG_OTHER_TABLE) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             MIG_JOURNAL
             " is not the journal of migrate; it can be done without by "
             "journal = off");
  }
  if (j.exists) s = mig_read_begin(db, a, mig_journal_rows_sql());
  while (mig_read_row(db, a, &s)) mig_journal_entry(a, &j, s);
  if (mig_failed(a)) j.n = 0;
  return j;
}

/* Whether the last that is known of a revision is that it was applied, or begun to be. */
static int mig_entry_applied(const mig_entry *e) {
  return e->direction && strcmp(e->direction, "downgrade") != 0;
}
