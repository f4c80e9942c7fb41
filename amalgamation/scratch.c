/* Scratch: a private database in memory with the schema of the connection and no rows. Plans,
** explanations and offline scripts run there, through the same engine as the real thing. */

/* Stands in for functions and collations that only the real connection has. There are no rows but
** those that a script puts in: they get what is rarely refused. */
static void mig_stub_function(sqlite3_context *c, int n, sqlite3_value **v) {
  if (n > 0) sqlite3_result_value(c, v[0]);
  else sqlite3_result_int(c, 0);
}

static int mig_stub_compare(void *arg, int n, const void *a, int m, const void *b) {
  int rc = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return rc ? rc : n - m;
}

static void mig_stub_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  (void)arg;
  (void)encoding;
  sqlite3_create_collation(db, name, SQLITE_UTF8, 0, mig_stub_compare);
}

/* Gives the scratch database every function that a text calls and it does not know. */
static void mig_stub_functions(mig_arena *a, sqlite3 *db, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    sqlite3_stmt *stmt = 0;
    char *name, *probe;
    next = mig_next_significant(sql, n, k.end);
    if ((k.type != MIG_TK_WORD && k.type != MIG_TK_NAME) || !mig_token_op(sql, next, "(")) continue;
    name = mig_dequote(a, sql, k);
    probe = name ? mig_format(a, "SELECT \"%w\"()", name) : 0;
    if (!probe) return;
    if (sqlite3_prepare_v2(db, probe, -1, &stmt, 0) != SQLITE_OK &&
        strncmp(sqlite3_errmsg(db), "no such function", 16) == 0) {
      sqlite3_create_function(db, name, -1,
                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, 0,
                              mig_stub_function, 0, 0);
    }
    sqlite3_finalize(stmt);
  }
}

/* Is the object's b-tree that of an index? So is a WITHOUT ROWID table's. */
static int mig_is_index_tree(migrate *m, const mig_object *o) {
  mig_table t;
  if (mig_is_type(o, "index")) return 1;
  if (!mig_mentions(o->sql, "without")) return 0;
  if (mig_parse_table(&m->work, o->sql, &t)) {
    mig_forgive(&m->fault);
    return 0;
  }
  return t.without_rowid;
}

/* writable_schema is for it alone: under it SQLite's RENAME passes by what is broken. */
static void mig_scratch_step(migrate *m, sqlite3 *db, const char *sql, const char *parameter) {
  if (mig_failed(&m->work) || !sql) return;
  mig_flag(db, SQLITE_DBCONFIG_DEFENSIVE, 0);
  mig_flag(db, MIG_WRITABLE_SCHEMA, 1);
  if (mig_step_all(db, sql, parameter) != SQLITE_OK) {
    mig_fail(&m->work, sqlite3_errcode(db), "the schema cannot be copied: %s", sqlite3_errmsg(db));
  }
  mig_flag(db, MIG_WRITABLE_SCHEMA, 0);
}

/* Copies one database's schema, row for row: each b-tree is made by a table of the right kind,
** whose row in sqlite_master then becomes the real one. Nothing is executed, so that unknown
** modules and functions do not matter, and rowids, order and bytes are the same. */
static void mig_scratch_schema(migrate *m, sqlite3 *db, const mig_catalog *c) {
  mig_arena *a = &m->work;
  int i, trees = 0, *place = (int *)mig_array(a, (size_t)c->n + 1, sizeof(int));
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    int tree = (mig_is_type(o, "table") && !mig_is_virtual(o)) || mig_is_type(o, "index");
    if (tree) {
      const char *form = mig_is_index_tree(m, o)
                             ? "CREATE TABLE \"%w\".migrate_tree_%d(x PRIMARY KEY) WITHOUT ROWID"
                             : "CREATE TABLE \"%w\".migrate_tree_%d(x)";
      mig_scratch_step(m, db, mig_format(a, form, c->schema, i), 0);
      place[i] = ++trees; /* its rowid in sqlite_master */
    }
    if (o->sql) mig_stub_functions(a, db, o->sql);
  }
  mig_scratch_step(
      m, db, mig_format(a, "UPDATE \"%w\".sqlite_master SET rowid = -rowid", c->schema), 0);
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    char *sql = mig_format(a,
                           "INSERT INTO \"%w\".sqlite_master(rowid, type, name, tbl_name, "
                           "rootpage, sql) VALUES(%lld, %Q, %Q, %Q, coalesce((SELECT rootpage FROM "
                           "\"%w\".sqlite_master WHERE rowid = %d AND name = 'migrate_tree_%d'), "
                           "0), ?1)",
                           c->schema, o->rowid, o->type, o->name, o->table, c->schema, -place[i],
                           i);
    mig_scratch_step(m, db, sql, o->sql);
  }
  mig_scratch_step(
      m, db, mig_format(a, "DELETE FROM \"%w\".sqlite_master WHERE rowid < 0", c->schema), 0);
}

/* What was edited takes effect, under a new schema version. In one transaction: after its end
** SQLite before 3.35 has forgotten that the version is new, and keeps the schema that it knows. */
static void mig_scratch_reload(migrate *m, sqlite3 *db, const char *schema, sqlite3_int64 version) {
  mig_scratch_step(m, db, "SAVEPOINT migrate_copy", 0);
  mig_scratch_step(
      m, db, mig_format(&m->work, "PRAGMA \"%w\".schema_version = %lld", schema, version), 0);
  mig_forget_schema(db);
  mig_scratch_step(m, db, "RELEASE migrate_copy", 0);
  mig_scratch_step(
      m, db, mig_format(&m->work, "SELECT 1 FROM \"%w\".sqlite_master LIMIT 0", schema), 0);
}

/* The schema version follows the real one, so that both list the same statements. */
static void mig_scratch_version(migrate *m, sqlite3 *db, const char *schema) {
  sqlite3_int64 v =
      mig_read_int(m, mig_format(&m->work, "PRAGMA \"%w\".schema_version", schema));
  mig_scratch_reload(m, db, schema, v + 1000000);
  mig_scratch_reload(m, db, schema, v);
}

/* A step that may fail: what it is for is not at hand then. */
static int mig_scratch_try(migrate *m, sqlite3 *db, const char *sql) {
  int rc = mig_failed(&m->work) || !sql ? SQLITE_NOMEM : mig_step_all(db, sql, 0);
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return rc == SQLITE_OK;
}

/* A virtual table keeps rows of its own in its shadow tables from its beginning on, and does not
** open without them: they are those of such a table that is made anew. */
static void mig_scratch_virtual(migrate *m, sqlite3 *db, const mig_catalog *c,
                                const mig_object *o) {
  mig_arena *a = &m->work;
  const char *schema, *name, *prefix = mig_format(a, "%s_", o->name);
  mig_reader r;
  int i;
  mig_reader_init(&r, a, o->sql, strlen(o->sql), 0);
  mig_take(&r);
  mig_take(&r);
  mig_want_word(&r, "TABLE");
  name = mig_take_object(&r, &schema, 0);
  if (mig_failed(a) || !mig_scratch_try(m, db, "ATTACH ':memory:' AS migrate_new")) return;
  mig_scratch_try(m, db, mig_format(a, "CREATE VIRTUAL TABLE migrate_new.\"%w\"%s", name,
                                    o->sql + r.end));
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const char *shadow = c->v[i].name;
    if (!mig_is_type(&c->v[i], "table") || !mig_has_name_prefix(shadow, prefix)) continue;
    mig_scratch_try(m, db, mig_format(a, "INSERT INTO \"%w\".\"%w\" SELECT * FROM "
                                         "migrate_new.\"%w\"",
                                      c->schema, shadow, shadow));
  }
  mig_scratch_try(m, db, "DETACH migrate_new");
}

static void mig_scratch_virtuals(migrate *m, sqlite3 *db, const mig_catalog *c) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    if (mig_is_virtual(&c->v[i])) mig_scratch_virtual(m, db, c, &c->v[i]);
  }
}

/* Opens a scratch database, empty or with the connection's schema; NULL after a fault. Closed with
** sqlite3_close(). */
static sqlite3 *mig_scratch_open(migrate *m, int full) {
  sqlite3 *db = 0;
  const char **schemas;
  int n, i;
  int open = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(":memory:", &db, open, 0) != SQLITE_OK) {
    mig_no_memory(&m->work);
  }
  if (!db) return 0;
  sqlite3_collation_needed(db, 0, mig_stub_collation);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, sqlite3_limit(m->db, SQLITE_LIMIT_COLUMN, -1));
  schemas = mig_read_schemas(m, &n);
  for (i = 0; full && i < n && !mig_failed(&m->work); i++) {
    mig_catalog *c = mig_read_catalog(m, schemas[i]);
    if (!c || (!c->n && mig_same(schemas[i], "temp"))) continue;
    if (!mig_same(schemas[i], "main") && !mig_same(schemas[i], "temp")) {
      mig_scratch_step(m, db, mig_format(&m->work, "ATTACH ':memory:' AS \"%w\"", schemas[i]), 0);
    }
    mig_scratch_schema(m, db, c);
    mig_scratch_version(m, db, schemas[i]);
    mig_scratch_virtuals(m, db, c);
  }
  if (!mig_failed(&m->work)) return db;
  sqlite3_close(db);
  return 0;
}

/* A handle on the scratch database, with the settings of m. */
static void mig_scratch_handle(migrate *m, sqlite3 *db, migrate *k) {
  memset(k, 0, sizeof *k);
  k->live = m;
  k->db = db;
  k->settings = m->settings;
  mig_arena_init(&k->arena, &k->fault);
  mig_arena_init(&k->work, &k->fault);
  mig_arena_init(&k->lasting, &k->fault);
  k->keeps = 1;
  mig_text_init(&k->result, &k->work);
}

/* Its end: what went wrong there went wrong here. */
static void mig_scratch_close(migrate *m, migrate *k) {
  if (k->fault.code) mig_fail(&m->work, k->fault.code, "%s", mig_fault_text(&k->fault));
  mig_free_run(k);
  mig_arena_free(&k->arena);
  mig_fault_clear(&k->fault);
  sqlite3_close(k->db);
}
