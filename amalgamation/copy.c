/* Copy: a private copy of the database, rows and all, in SQLite's own temporary storage; and two
** of them compared. */

/* The private database must not reach for files of the user's. */
static int mig_copy_authorizer(void *arg, int action, const char *one, const char *two,
                               const char *schema, const char *trigger) {
  (void)arg;
  (void)two;
  (void)schema;
  (void)trigger;
  if (action == SQLITE_ATTACH && (!one || (*one && strcmp(one, ":memory:") != 0))) {
    return SQLITE_DENY;
  }
  if (action == SQLITE_PRAGMA && (mig_same(one, "temp_store_directory") ||
                                  mig_same(one, "data_store_directory"))) {
    return SQLITE_DENY;
  }
  return SQLITE_OK;
}

static void mig_fail_copy(migrate *m, int rc, const char *why) {
  mig_fail(&m->work, rc, "the database cannot be copied: %s", why);
}

/* An SQLite may be without authorizers: compiled in it lacks the function, and an extension is
** handed none. Then nothing is tried out. */
static void mig_fence_copy(migrate *m, sqlite3 *db) {
  int (*fence)(sqlite3 *, int (*)(void *, int, const char *, const char *, const char *,
                                  const char *), void *) = 0;
#ifndef SQLITE_OMIT_AUTHORIZATION
  fence = sqlite3_set_authorizer;
#endif
  if (fence) fence(db, mig_copy_authorizer, 0);
  else mig_fail_copy(m, MIGRATE_UNSUPPORTED, "this SQLite has no authorizer to keep it apart");
}

/* Copies one database of a connection over one of another. While somebody commits it is waited. */
static void mig_copy_pages(migrate *m, sqlite3 *to, sqlite3 *from, const char *schema) {
  sqlite3_backup *b;
  mig_wait w = {0, 0};
  int rc;
  if (mig_failed(&m->work)) return;
  b = sqlite3_backup_init(to, schema, from, schema);
  if (!b) {
    mig_fail_copy(m, sqlite3_errcode(to), sqlite3_errmsg(to));
    return;
  }
  do {
    rc = sqlite3_backup_step(b, -1);
  } while ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && sqlite3_get_autocommit(from) &&
           mig_pause(m, &w));
  sqlite3_backup_finish(b);
  if (rc == SQLITE_BUSY && !sqlite3_get_autocommit(from)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "the open transaction has changed the database, which cannot be copied then: commit "
             "it first");
  } else if (rc != SQLITE_DONE) {
    mig_fail_copy(m, rc, sqlite3_errstr(rc));
  }
}

/* The settings of the connection that a script's effect depends on. */
static void mig_copy_settings(sqlite3 *to, sqlite3 *from) {
  static const int flags[] = {SQLITE_DBCONFIG_ENABLE_FKEY, SQLITE_DBCONFIG_ENABLE_TRIGGER,
                              MIG_LEGACY_ALTER_TABLE, MIG_DQS_DML, MIG_DQS_DDL};
  sqlite3_stmt *stmt = 0;
  size_t i;
  for (i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    mig_flag(to, flags[i], mig_flag(from, flags[i], -1));
  }
  if (sqlite3_prepare_v2(from, "PRAGMA recursive_triggers", -1, &stmt, 0) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0)) {
    mig_step_all(to, "PRAGMA recursive_triggers = ON", 0);
  }
  sqlite3_finalize(stmt);
  sqlite3_limit(to, SQLITE_LIMIT_COLUMN, sqlite3_limit(from, SQLITE_LIMIT_COLUMN, -1));
}

static void mig_copy_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  *(int *)arg = 1;
  mig_stub_collation(0, db, encoding, name);
}

/* Asks for every collation that a text names. */
static void mig_want_collations(mig_arena *a, sqlite3 *db, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    char *name, *probe;
    next = mig_next_significant(sql, n, k.end);
    if (!mig_token_is(sql, k, "COLLATE") || !mig_is_name(sql, next)) continue;
    name = mig_dequote(a, sql, next);
    probe = name ? mig_format(a, "SELECT '' < '' COLLATE \"%w\"", name) : 0;
    if (probe) mig_step_all(db, probe, 0);
  }
}

/* Stand-ins for the functions and collations that a schema needs and the copy does not know. What
** such a collation has put in order is sorted anew. */
static void mig_copy_stubs(migrate *m, sqlite3 *db, const char *schema) {
  sqlite3_stmt *stmt = 0;
  int stubs = 0, rc;
  char *sql =
      mig_format(&m->work, "SELECT sql FROM \"%w\".sqlite_master WHERE sql NOT NULL", schema);
  if (!sql) return;
  sqlite3_collation_needed(db, &stubs, mig_copy_collation);
  rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    if (!text) continue;
    mig_stub_functions(&m->work, db, text);
    mig_want_collations(&m->work, db, text);
  }
  if (rc == SQLITE_OK) rc = sqlite3_finalize(stmt);
  if (rc == SQLITE_OK && stubs) rc = mig_step_all(db, "REINDEX", 0);
  if (rc != SQLITE_OK) mig_fail_copy(m, rc, sqlite3_errmsg(db));
  sqlite3_collation_needed(db, 0, mig_stub_collation);
}

/* Opens a copy of all of a connection's databases but TEMP, as a handle with the settings of m.
** mig_scratch_close() is due where k->db is set. */
static void mig_copy_open(migrate *m, sqlite3 *from, const char *const *schemas, int n,
                          migrate *k) {
  sqlite3 *db = 0;
  int i;
  memset(k, 0, sizeof *k);
  if (mig_failed(&m->work)) return;
  if (sqlite3_open_v2("", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0) != SQLITE_OK) {
    sqlite3_close(db);
    mig_no_memory(&m->work);
    return;
  }
  mig_fence_copy(m, db);
  mig_copy_settings(db, from);
  for (i = 0; i < n && !mig_failed(&m->work); i++) {
    if (mig_same(schemas[i], "temp")) continue;
    if (!mig_same(schemas[i], "main")) {
      char *sql = mig_format(&m->work, "ATTACH '' AS \"%w\"", schemas[i]);
      if (sql) mig_step_all(db, sql, 0);
    }
    mig_copy_pages(m, db, from, schemas[i]);
    mig_copy_stubs(m, db, schemas[i]);
  }
  mig_scratch_handle(m, db, k);
  k->live = 0; /* its rows are its own: what a revision does, its functions too, happens here */
  k->settings.env_sql = 0;
}

/* ---- two copies compared ---- */

typedef struct mig_contrast {
  const char *schema, *type, *name; /* of the object that differs; name NULL: none does */
  const char *before, *after;       /* its text, or a row; NULL: not there */
  int rows;                         /* the texts are rows */
  sqlite3_int64 compared;           /* rows that are the same */
} mig_contrast;

static void mig_set_contrast(mig_contrast *c, const char *schema, const char *type,
                             const char *name, const char *before, const char *after) {
  c->schema = schema;
  c->type = type;
  c->name = name;
  c->before = before;
  c->after = after;
}

/* Ours, SQLite's, and what has no text are not compared. */
static int mig_is_contrasted(const migrate *m, const mig_object *o) {
  return o->sql && !mig_has_name_prefix(o->name, "sqlite_") &&
         !mig_same(o->table, m->settings.version_table) && !mig_same(o->table, MIG_JOURNAL);
}

static const mig_object *mig_object_named(const mig_catalog *c, const char *type,
                                          const char *name) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (mig_is_type(&c->v[i], type) && mig_same(c->v[i].name, name)) return &c->v[i];
  }
  return 0;
}

static const mig_catalog *mig_copy_catalog(migrate *k, const char *schema) {
  const mig_catalog *c;
  mig_forget_catalogs(k);
  c = mig_read_catalog(k, schema);
  mig_forget_catalogs(k); /* an edit would change the texts of one at hand */
  return c;
}

/* The first object whose text means something else, or that one side alone has. */
static void mig_contrast_schema(migrate *m, migrate *before, migrate *after, const char *schema,
                                mig_contrast *out) {
  const mig_catalog *b = mig_copy_catalog(before, schema), *c = mig_copy_catalog(after, schema);
  int i;
  if (!b || !c) return;
  for (i = 0; i < b->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &b->v[i], *p = mig_object_named(c, o->type, o->name);
    if (!mig_is_contrasted(m, o)) continue;
    if (p && mig_same_statement(&m->work, o->sql, p->sql)) continue;
    mig_set_contrast(out, schema, o->type, o->name, o->sql, p ? p->sql : 0);
  }
  for (i = 0; i < c->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    if (!mig_is_contrasted(m, o) || mig_object_named(b, o->type, o->name)) continue;
    mig_set_contrast(out, schema, o->type, o->name, 0, o->sql);
  }
}

/* A query for a table's rows in an order that tells nothing of where they are stored: of the key
** where there is one, else of all columns. */
static char *mig_rows_query(mig_arena *a, const char *schema, const mig_table *t) {
  const mig_constraint *key = t->without_rowid ? mig_primary_key(t) : 0;
  mig_text list, order;
  int i, alias = mig_alias(t);
  mig_text_init(&list, a);
  mig_text_init(&order, a);
  for (i = 0; i < t->ncolumn; i++) {
    mig_putf(&list, "%st.\"%w\"", i ? ", " : "", t->columns[i].name);
    if (key || (alias >= 0 && alias != i)) continue;
    mig_putf(&order, "%st.\"%w\"%s", order.n ? ", " : "", t->columns[i].name,
             alias == i ? "" : " COLLATE BINARY");
  }
  for (i = 0; key && i < key->nkey; i++) {
    mig_putf(&order, "%st.\"%w\" COLLATE BINARY", i ? ", " : "", key->keys[i].name);
  }
  return mig_format(a, "SELECT %s FROM \"%w\".\"%w\" AS t ORDER BY %s", mig_text_z(&list), schema,
                    t->name, mig_text_z(&order));
}

static int mig_same_value(sqlite3_stmt *x, sqlite3_stmt *y, int i) {
  int type = sqlite3_column_type(x, i), n;
  if (type != sqlite3_column_type(y, i)) return 0;
  if (type == SQLITE_NULL) return 1;
  if (type == SQLITE_INTEGER) return sqlite3_column_int64(x, i) == sqlite3_column_int64(y, i);
  if (type == SQLITE_FLOAT) {
    double p = sqlite3_column_double(x, i), q = sqlite3_column_double(y, i);
    return memcmp(&p, &q, sizeof p) == 0;
  }
  n = sqlite3_column_bytes(x, i);
  return n == sqlite3_column_bytes(y, i) &&
         (n == 0 || memcmp(sqlite3_column_blob(x, i), sqlite3_column_blob(y, i), (size_t)n) == 0);
}

static int mig_same_row(sqlite3_stmt *x, sqlite3_stmt *y) {
  int i, n = sqlite3_column_count(x), same = n == sqlite3_column_count(y);
  for (i = 0; i < n && same; i++) same = mig_same_value(x, y, i);
  return same;
}

#define MIG_ROW_WIDTH 200

/* name: 'Ann', age: 7 */
static const char *mig_row_text(mig_arena *a, sqlite3_stmt *s) {
  mig_text t;
  int i;
  mig_text_init(&t, a);
  for (i = 0; i < sqlite3_column_count(s) && t.n < MIG_ROW_WIDTH && !mig_failed(a); i++) {
    mig_putf(&t, "%s%s: ", i ? ", " : "", sqlite3_column_name(s, i));
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_NULL: mig_put(&t, "NULL"); break;
      case SQLITE_INTEGER: mig_putf(&t, "%lld", sqlite3_column_int64(s, i)); break;
      case SQLITE_FLOAT: mig_putf(&t, "%!.17g", sqlite3_column_double(s, i)); break;
      case SQLITE_BLOB: mig_putf(&t, "a blob of %d bytes", sqlite3_column_bytes(s, i)); break;
      default: mig_putf(&t, "%.100Q", (const char *)sqlite3_column_text(s, i));
    }
  }
  return mig_text_z(&t);
}

static int mig_is_row_or_end(int rc) { return rc == SQLITE_ROW || rc == SQLITE_DONE; }

/* Reads both side by side up to the first row that differs. */
static void mig_contrast_statements(migrate *m, sqlite3_stmt *x, sqlite3_stmt *y,
                                    const char *schema, const char *name, mig_contrast *out) {
  for (;;) {
    int p = sqlite3_step(x), q = sqlite3_step(y);
    if (!mig_is_row_or_end(p) || !mig_is_row_or_end(q)) {
      mig_fail(&m->work, mig_is_row_or_end(p) ? q : p, "the rows of %s cannot be compared", name);
      return;
    }
    if (p == SQLITE_DONE && q == SQLITE_DONE) return;
    if (p == q && mig_same_row(x, y)) {
      out->compared++;
      continue;
    }
    mig_set_contrast(out, schema, "table", name, p == SQLITE_ROW ? mig_row_text(&m->work, x) : 0,
                     q == SQLITE_ROW ? mig_row_text(&m->work, y) : 0);
    out->rows = 1;
    return;
  }
}

/* Compiles the query of one side; that it names columns which are not there is no fault. */
static sqlite3_stmt *mig_contrast_side(migrate *m, sqlite3 *db, const char *sql,
                                       const char *name) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  if (mig_is_accident(rc)) mig_fail(&m->work, rc, "the rows of %s cannot be compared", name);
  return stmt;
}

/* The first row that differs, of an ordinary table; where its columns are others now, all do. */
static void mig_contrast_table(migrate *m, migrate *before, migrate *after, const char *schema,
                               const mig_object *o, mig_contrast *out) {
  sqlite3_stmt *x, *y;
  mig_table t;
  char *sql;
  if (mig_failed(&m->work) || mig_is_virtual(o)) return;
  if (mig_parse_table(&m->work, o->sql, &t)) {
    mig_forgive(&m->fault);
    return;
  }
  sql = mig_rows_query(&m->work, schema, &t);
  if (!sql) return;
  x = mig_contrast_side(m, before->db, sql, o->name);
  y = mig_contrast_side(m, after->db, sql, o->name);
  if (x && y) mig_contrast_statements(m, x, y, schema, o->name, out);
  else if (x) mig_set_contrast(out, schema, o->type, o->name, o->sql, 0);
  sqlite3_finalize(x);
  sqlite3_finalize(y);
}

static void mig_contrast_rows(migrate *m, migrate *before, migrate *after, const char *schema,
                              mig_contrast *out) {
  const mig_catalog *b = mig_copy_catalog(before, schema);
  int i;
  for (i = 0; b && i < b->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &b->v[i];
    if (!mig_is_type(o, "table") || !mig_is_contrasted(m, o)) continue;
    if (mig_is_shadow_name(&m->work, b, o->table)) continue;
    mig_contrast_table(m, before, after, schema, o, out);
  }
}
