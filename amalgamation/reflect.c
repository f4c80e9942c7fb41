/* Reflect: the live schema as data. Each read is finished before anything else happens. */

/* The catalogs at hand hold until a statement runs that may change the schema by itself. */
static void mig_forget_catalogs(migrate *m) {
  while (m->catalogs) {
    mig_catalog *c = m->catalogs;
    m->catalogs = c->next;
    c->next = m->forgotten; /* the statement at work may still hold it */
    m->forgotten = c;
  }
  m->schemas = 0;
}

static const char *mig_object_type(mig_catalog *c, const char *type) {
  static const char *const types[] = {"table", "index", "view", "trigger", ""};
  int i;
  for (i = 0; i < 5; i++) {
    if (strcmp(type ? type : "", types[i]) == 0) return types[i];
  }
  return mig_copy(&c->memory, type);
}

static void mig_read_object(migrate *m, sqlite3_stmt *stmt, mig_catalog *c) {
  mig_arena *a = &c->memory;
  const char *table, *type;
  mig_object *o;
  c->v = (mig_object *)mig_grow(a, c->v, c->n, &c->cap, sizeof(mig_object));
  if (mig_failed(a)) return;
  o = &c->v[c->n++];
  o->rowid = sqlite3_column_int64(stmt, 0);
  type = mig_cell_text(m, stmt, 1);
  o->type = mig_object_type(c, type);
  o->name = mig_cell_in(m, a, stmt, 2);
  table = mig_cell_text(m, stmt, 3);
  o->table = table && o->name && strcmp(o->name, table) == 0 ? o->name : mig_copy(a, table);
  o->sql = mig_cell_in(m, a, stmt, 4);
  if (!o->type) o->type = "";
  if (!o->name) o->name = "";
  if (!o->table) o->table = "";
}

static mig_catalog *mig_new_catalog(migrate *m, const char *schema) {
  mig_arena memory;
  mig_catalog *c;
  mig_arena_init(&memory, &m->fault);
  c = (mig_catalog *)mig_alloc(&memory, sizeof *c);
  if (!c) return 0;
  c->memory = memory;
  c->schema = mig_copy(&c->memory, schema);
  return c;
}

/* Reads sqlite_master of one database. Objects keep the text that SQLite stores. */
static mig_catalog *mig_read_catalog(migrate *m, const char *schema) {
  mig_catalog *c;
  sqlite3_stmt *stmt;
  int i;
  for (c = m->catalogs; c; c = c->next) {
    if (mig_same(c->schema, schema)) return c;
  }
  stmt = mig_prepare(m, mig_format(&m->work,
                                   "SELECT rowid, type, name, tbl_name, sql FROM "
                                   "\"%w\".sqlite_master ORDER BY rowid",
                                   schema));
  c = mig_new_catalog(m, schema);
  while (mig_row(m, &stmt)) mig_read_object(m, stmt, c);
  if (c && !mig_failed(&m->work)) mig_catalog_index(c);
  if (mig_failed(&m->work)) {
    if (c) mig_catalog_free(c);
    return 0;
  }
  for (i = 0; i < c->n && !c->has_virtual; i++) c->has_virtual = mig_is_virtual(&c->v[i]);
  if (m->pending) m->blind = m->reloads + 1; /* which of the texts SQLite has read is not known */
  c->next = m->catalogs;
  m->catalogs = c;
  return c;
}

/* The databases of the connection, in the order in which SQLite looks a bare name up: TEMP first,
** then main, then the attached ones. */
static const char **mig_read_schemas(migrate *m, int *n) {
  mig_arena *a = &m->lasting;
  const char **v = 0;
  int cap = 0, temp = 0;
  sqlite3_stmt *stmt;
  *n = m->nschema;
  if (m->schemas) return m->schemas;
  stmt = mig_prepare(m, "PRAGMA database_list");
  *n = 0;
  while (mig_row(m, &stmt)) {
    v = (const char **)mig_grow(a, (void *)v, *n + 1, &cap, sizeof *v);
    if (mig_failed(a)) continue;
    if (sqlite3_column_int(stmt, 0) == 1) temp = 1;
    v[(*n)++] = mig_cell_in(m, a, stmt, 1);
  }
  if (mig_failed(a)) return 0;
  if (temp) { /* main, temp, .. -> temp, main, .. */
    const char *swap = v[0];
    v[0] = v[1];
    v[1] = swap;
  }
  m->schemas = v;
  m->nschema = *n;
  return v;
}

typedef struct mig_target {
  mig_catalog *catalog; /* of the database that the table is in */
  mig_catalog *temp;    /* of TEMP, whose triggers and views may hang on the table */
  mig_object *object;
} mig_target;

static int mig_has_name_prefix(const char *z, const char *prefix) {
  return sqlite3_strnicmp(z, prefix, (int)strlen(prefix)) == 0;
}

/* Tables that belong to a virtual table: SQLite knows from 3.37 on, before that the suffixes of its
** own modules must do. */
static int mig_is_shadow(migrate *m, const mig_target *t) {
  static const char *const suffixes[] = {"data",     "idx",    "content", "docsize", "config",
                                         "segments", "segdir", "stat",    "node",    "rowid",
                                         "parent",   0};
  const char *name = t->object->name, *tail = strrchr(name, '_');
  int i;
  if (!tail || !t->catalog->has_virtual) return 0;
  if (sqlite3_libversion_number() >= 3037000) {
    sqlite3_stmt *stmt = mig_prepare(m, mig_format(&m->work, "PRAGMA \"%w\".table_list(\"%w\")",
                                                   t->catalog->schema, name));
    int shadow = 0;
    while (mig_row(m, &stmt)) {
      const char *type = (const char *)sqlite3_column_text(stmt, 2);
      if (type && strcmp(type, "shadow") == 0) shadow = 1;
    }
    return shadow;
  }
  for (i = 0; suffixes[i]; i++) {
    if (mig_same(tail + 1, suffixes[i])) {
      char *owner = mig_copyn(&m->work, name, (size_t)(tail - name));
      mig_object *o = owner ? mig_catalog_table(t->catalog, owner) : 0;
      return o && mig_is_virtual(o);
    }
  }
  return 0;
}

/* Refuses what is no ordinary table of the user's. */
static void mig_refuse_target(migrate *m, const mig_target *t) {
  const char *name = t->object->name;
  const char *what = 0;
  if (mig_is_type(t->object, "view")) what = "it is a view";
  else if (mig_has_name_prefix(name, "sqlite_")) what = "it belongs to SQLite";
  else if (mig_is_virtual(t->object)) what = "it is a virtual table";
  else if (mig_is_shadow(m, t)) what = "it belongs to a virtual table";
  else if (mig_same(name, m->settings.version_table) || mig_same(name, "migrate_journal")) {
    what = "it holds the applied revisions";
  }
  if (what) mig_fail(&m->work, MIGRATE_UNSUPPORTED, "table %s may not be altered: %s", name, what);
}

/* Finds the table of a statement as SQLite would. Without a fault and without an object: none. */
static mig_target mig_find_target(migrate *m, const char *schema, const char *table) {
  mig_target t;
  const char **schemas;
  int n, i;
  memset(&t, 0, sizeof t);
  schemas = mig_read_schemas(m, &n);
  for (i = 0; i < n && !mig_failed(&m->work) && !t.object; i++) {
    mig_catalog *c;
    if (schema ? !mig_same(schema, schemas[i]) : 0) continue;
    c = mig_read_catalog(m, schemas[i]);
    if (!c) break;
    t.catalog = c;
    t.object = mig_catalog_table(c, table);
  }
  if (schema && !t.catalog && !mig_failed(&m->work)) {
    mig_fail(&m->work, MIGRATE_NO_SUCH, "unknown database %s", schema);
  }
  if (!t.object) return t;
  if (mig_same(t.catalog->schema, "temp")) t.temp = t.catalog;
  else t.temp = mig_read_catalog(m, "temp");
  return t;
}
