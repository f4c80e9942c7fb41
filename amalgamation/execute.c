/* Execute: the one sink. Every statement that changes anything passes through mig_sink(): it is
** listed for whoever asks, then run. Past it go the version rows that wait, of which nobody hears
** (record.c). */

static void mig_announce(migrate *m, const mig_statement *s, const char *strategy) {
  mig_statement written = *s;
  if (!MIG_TOOLS || !m->listen || mig_failed(&m->work)) return;
  if (s->object) written.sql = mig_text_edit_sql(&m->work, s);
  m->listen(m, &written, strategy);
}

/* ---- edits of sqlite_master and their reload ---- */

static mig_pending *mig_set_pending(migrate *m, const char *schema) {
  mig_pending *p;
  for (p = m->pending; p && !mig_same(p->schema, schema); p = p->next) {}
  if (!p) {
    p = (mig_pending *)mig_alloc(&m->lasting, sizeof *p);
    if (!p) return 0;
    p->schema = mig_copy(&m->lasting, schema);
    p->next = m->pending;
    m->pending = p;
  }
  return p;
}

static void mig_note_edit(migrate *m, const char *name) {
  mig_edited *e = (mig_edited *)mig_alloc(&m->lasting, sizeof *e);
  if (!e) return;
  e->name = mig_copy(&m->lasting, name);
  e->place = m->place;
  e->next = m->edited;
  m->edited = e;
}

/* Runs a statement that DEFENSIVE forbids: lifted for it alone and put back. */
static int mig_step_unguarded(migrate *m, const char *sql, const char *parameter) {
  int braced = m->braced;
  int defensive = mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, 0);
  int writable = mig_switch(m, MIG_WRITABLE_SCHEMA, 1);
  int rc = mig_do(m, sql, parameter);
  mig_switch(m, MIG_WRITABLE_SCHEMA, writable);
  mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, defensive);
  if (rc == SQLITE_OK && !braced) mig_still_ready(m); /* else SQLite's message would be gone */
  return rc;
}

static int mig_prepare_edit(migrate *m, const char *schema, int renames) {
  char *sql = mig_format(&m->work,
                         "UPDATE \"%w\".\"sqlite_master\" SET sql = ?1%s WHERE rowid = ?2 AND type "
                         "= ?3 AND name = ?4",
                         schema, renames ? ", name = ?5, tbl_name = ?6" : "");
  if (!sql) return SQLITE_NOMEM;
  sqlite3_finalize(m->edit);
  m->edit = 0;
  m->edit_renames = renames;
  return sqlite3_prepare_v2(m->db, sql, -1, &m->edit, 0);
}

static int mig_begin_edits(migrate *m, const char *schema, int renames) {
  if (m->edit_schema && mig_same(m->edit_schema, schema)) {
    return m->edit_renames == renames ? SQLITE_OK : mig_prepare_edit(m, schema, renames);
  }
  mig_end_edits(m);
  m->defensive = mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, 0);
  m->writable = mig_switch(m, MIG_WRITABLE_SCHEMA, 1);
  m->edit_schema = schema;
  mig_still_ready(m);
  if (mig_failed(&m->work)) return m->fault.code;
  return mig_prepare_edit(m, schema, renames);
}

/* The catalog at hand follows an edit, so that it need not be read again. */
static void mig_follow_edit(migrate *m, const mig_statement *s) {
  mig_catalog *c;
  for (c = m->catalogs; c; c = c->next) {
    if (!c->n || s->object < c->v || s->object >= c->v + c->n) continue;
    if (s->name) mig_catalog_rename(c, s->object, s->name, s->table);
    if (s->text) mig_catalog_retext(c, s->object, s->text);
    if (!s->same_columns) s->object->reload = m->reloads + 1;
    if (s->name) s->object->renamed = m->reloads + 1;
    return;
  }
  m->blind = m->reloads + 1; /* the object is of a catalog that was read before */
  mig_forget_catalogs(m);
}

/* Edits one text. */
static int mig_edit_text(migrate *m, const mig_statement *s) {
  mig_pending *p = mig_set_pending(m, s->schema);
  int rc = p ? mig_begin_edits(m, p->schema, s->name != 0) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) return rc;
  if (mig_failed(&m->work) || mig_fail_undone(m)) return SQLITE_ABORT;
  sqlite3_bind_text(m->edit, 1, s->text, -1, SQLITE_STATIC);
  sqlite3_bind_int64(m->edit, 2, s->object->rowid);
  sqlite3_bind_text(m->edit, 3, s->object->type, -1, SQLITE_STATIC);
  sqlite3_bind_text(m->edit, 4, s->object->name, -1, SQLITE_STATIC);
  if (s->name) {
    sqlite3_bind_text(m->edit, 5, s->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(m->edit, 6, s->table, -1, SQLITE_STATIC);
  }
  sqlite3_step(m->edit);
  rc = sqlite3_reset(m->edit);
  if (rc != SQLITE_OK) return rc;
  mig_note_edit(m, s->name ? s->name : s->object->name);
  mig_follow_edit(m, s);
  return rc;
}

/* SQLite calls a text that it cannot read "malformed database schema (t) - why": the why is enough,
** since the text is ours and is about to be undone. The statement to blame may be far behind. */
static void mig_fail_reload(migrate *m) {
  const char *z = sqlite3_errmsg(m->db), *why = strstr(z, ") - "), *name = strchr(z, '(');
  int rc = sqlite3_errcode(m->db) & 0xff;
  const mig_edited *e;
  if (rc != SQLITE_CORRUPT || !why || !name || name > why) {
    mig_fail_db(m, 0);
    return;
  }
  for (e = m->edited; e && !m->blamed; e = e->next) {
    size_t n = strlen(e->name);
    if (n == (size_t)(why - name) - 1 && memcmp(name + 1, e->name, n) == 0) m->blamed = e;
  }
  mig_fail(&m->work, SQLITE_ERROR, "%s", why + 4);
}

/* Before 3.35 a connection did not look at the schema version that it had set itself: a rollback to
** a savepoint makes it forget its schema, and leaves the transaction as it is. */
static int mig_forget_step(sqlite3 *db, const char *sql) {
  return sqlite3_libversion_number() < 3035000 ? mig_step_all(db, sql, 0) : SQLITE_OK;
}

static void mig_forget_schema(sqlite3 *db) {
  mig_forget_step(db, "SAVEPOINT migrate_reload");
  mig_forget_step(db, "ROLLBACK TO migrate_reload");
  mig_forget_step(db, "RELEASE migrate_reload");
}

/* The same in a run. A savepoint neither begins nor ends beside the brace. */
static int mig_forget_begin(migrate *m) {
  int rc;
  if (sqlite3_libversion_number() >= 3035000) return SQLITE_OK;
  mig_still_ready(m);
  rc = mig_forget_step(m->db, "SAVEPOINT migrate_reload");
  if (rc != SQLITE_OK) return rc; /* the brace would be the last that SQLite speaks of */
  mig_brace(m);
  return mig_forget_step(m->db, "ROLLBACK TO migrate_reload");
}

static int mig_forget_end(migrate *m) {
  mig_still_ready(m);
  if (mig_failed(&m->work)) return SQLITE_OK;
  return mig_forget_step(m->db, "RELEASE migrate_reload");
}

/* Makes the edits of a database effective. Not writable_schema=RESET: after it a ROLLBACK would
** leave the edited schema in memory. A new schema version is noticed by every connection, by this
** one with its next statement. */
static void mig_reload_one(migrate *m, const char *schema) {
  mig_arena *a = &m->work;
  mig_statement s;
  sqlite3_int64 version;
  version = mig_read_int(m, mig_format(a, "PRAGMA \"%w\".schema_version", schema));
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_RELOAD;
  s.sql = mig_format(a, "PRAGMA \"%w\".schema_version = %lld", schema, version + 1);
  s.reason = "the edited schema takes effect, for every connection";
  if (mig_failed(a)) return;
  mig_announce(m, &s, "");
  mig_brace(m); /* virtual tables make statements compile anew when the schema is loaded */
  if (mig_step_unguarded(m, s.sql, 0) != SQLITE_OK || mig_forget_begin(m) != SQLITE_OK) {
    mig_fail_db(m, 0);
    return;
  }
  if (mig_do(m, mig_format(a, "SELECT 1 FROM \"%w\".sqlite_master LIMIT 0", schema), 0)) {
    mig_fail_reload(m);
    return;
  }
  if (mig_forget_end(m) != SQLITE_OK) mig_fail_db(m, 0);
}

static void mig_flush(migrate *m) {
  if (!MIG_ALTERS) return;
  mig_end_edits(m);
  if (!m->pending) return;
  while (m->pending && !mig_failed(&m->work)) {
    mig_pending *p = m->pending;
    m->pending = p->next;
    mig_reload_one(m, p->schema);
  }
  if (mig_failed(&m->work)) return;
  m->edited = 0;
  m->reloads++;
}

/* Version rows and journal hang on nothing, unless somebody put a trigger on them. */
static int mig_rows_are_plain(migrate *m) {
  static const char *const schemas[] = {"main", "temp"};
  const char *tables[2];
  int i, k;
  tables[0] = m->settings.version_table;
  tables[1] = "migrate_journal";
  for (i = 0; i < 4; i++) {
    const mig_catalog *c = mig_read_catalog(m, schemas[i / 2]);
    mig_object *o = 0;
    for (k = 0; c && (o = mig_objects_of(c, tables[i % 2], o)) != 0; k++) {
      if (mig_is_type(o, "trigger")) return 0;
    }
  }
  return !mig_failed(&m->work);
}

/* Do rows of a table read as the catalog at hand says? */
static int mig_reads_rightly(migrate *m, const char *schema, const char *table) {
  const mig_catalog *c;
  const mig_object *o;
  for (c = m->catalogs; c && !mig_same(c->schema, schema); c = c->next) {}
  o = c && m->blind <= m->reloads ? mig_catalog_table(c, table) : 0;
  return o && o->reload <= m->reloads;
}

/* May a statement run before the edits take effect? One that looks at rows which read as before;
** one that writes version rows. */
static int mig_reload_can_wait(migrate *m, const mig_statement *s) {
  switch (s->kind) {
    case MIG_S_EDIT:
      return 1;
    case MIG_S_CHECK:
      if (!m->pending || !s->reads[0]) return 0;
      if (!mig_reads_rightly(m, s->schema, s->reads[0])) return 0;
      return !s->reads[1] || mig_reads_rightly(m, s->schema, s->reads[1]);
    case MIG_S_VERSION:
      return !m->pending || (mig_changes_rows_alone(s->sql) && mig_rows_are_plain(m));
    default:
      return 0;
  }
}

/* ---- rules that rows break ---- */

#define MIG_FIRST_ROWS 5

/* Runs a query whose rows are the identities of those that break a rule, and makes of them
** "complaint: 3 rows (first rowids: 1, 5, 9)". The complaint ends in |rowids or |keys. */
static void mig_complain(migrate *m, const char *sql, const char *complaint) {
  mig_arena *a = &m->work;
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  const char *word = complaint ? strrchr(complaint, '|') : 0;
  sqlite3_int64 n = 0;
  mig_text rows;
  mig_text_init(&rows, a);
  while (mig_row(m, &stmt)) {
    const char *z = (const char *)sqlite3_column_text(stmt, 0);
    if (n++ < MIG_FIRST_ROWS) mig_putf(&rows, "%s%s", n > 1 ? ", " : "", z ? z : "NULL");
  }
  if (!n || !word || mig_failed(a)) return;
  mig_fail(a, MIGRATE_ROWS, "%.*s in %lld row%s (first %s: %s)", (int)(word - complaint), complaint,
           n, n == 1 ? "" : "s", word + 1, mig_text_z(&rows));
}

/* Where in a statement of the user's SQLite saw the error; -1: not said (before 3.38). */
static int mig_error_offset(sqlite3 *db) {
#if SQLITE_VERSION_NUMBER >= 3038000
  if (sqlite3_libversion_number() >= 3038000) return sqlite3_error_offset(db);
#endif
  (void)db;
  return -1;
}

/* May a statement that SQLite does not understand be one of the ALTER language? */
static int mig_is_ours(const char *sql) {
  static const char *const words[] = {"ALTER", "CREATE", 0};
  return mig_begins_with(sql, words);
}

/* A statement failed: over rows if its diagnosis finds any, else with SQLite's own words. */
static void mig_fail_statement(migrate *m, const mig_statement *s) {
  mig_arena *a = &m->work;
  int rc = mig_db_code(m), offset;
  char *words = (rc & 0xff) == SQLITE_NOMEM ? 0 : mig_copy(a, mig_db_words(m));
  if (!words) {
    mig_no_memory(a);
    return;
  }
  if (MIG_ALTERS && ((rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH)) {
    const mig_statement *c;
    for (c = s->suspects; c && !mig_failed(a); c = c->next) mig_complain(m, c->sql, c->complaint);
    if (s->diagnose && !mig_failed(a)) mig_complain(m, s->diagnose, s->complaint);
    if (mig_failed(a) && a->fault->code != MIGRATE_ROWS) mig_fault_clear(a->fault);
  }
  offset = s->kind == MIG_S_SCRIPT ? mig_error_offset(m->db) : -1;
  if (!MIG_ALTERS && mig_is_ours(s->sql) && strstr(words, "syntax error")) {
    words = mig_format(a, "%s (the ALTER language was left out of this program)", words);
    if (!words) return;
  }
  if (offset >= 0) mig_fail_at(a, rc, s->sql, (size_t)offset, words);
  else mig_fail(a, rc, "%s", words);
}

static void mig_check_count(migrate *m, const mig_statement *s) {
  sqlite3_int64 n = mig_read_int(m, s->sql);
  int i;
  if (s->slot >= m->nslot && !mig_failed(&m->work)) {
    sqlite3_int64 *v =
        (sqlite3_int64 *)mig_array(&m->lasting, (size_t)s->slot * 2 + 8, sizeof *v);
    if (!v) return;
    for (i = 0; i < m->nslot; i++) v[i] = m->slots[i];
    m->slots = v;
    m->nslot = s->slot * 2 + 8;
  }
  if (mig_failed(&m->work)) return;
  if (s->kind == MIG_S_COUNT) m->slots[s->slot] = n;
  else if (n > m->slots[s->slot]) mig_complain(m, s->diagnose, s->complaint);
}

/* ---- native ALTERs beside broken objects ---- */

typedef struct mig_hidden {
  struct mig_hidden *next;
  const char *schema;
  mig_object object;
  sqlite3_int64 root;
} mig_hidden;

/* The object that "error in view v: ..." names, unless it broke only by the change itself. */
static mig_object *mig_blamed(mig_catalog *c, const char *message) {
  int i;
  if (strncmp(message, "error in ", 9) != 0) return 0;
  message += 9;
  for (i = 0; i < c->n; i++) {
    size_t type = strlen(c->v[i].type), name = strlen(c->v[i].name);
    if (!mig_is_type(&c->v[i], "view") && !mig_is_type(&c->v[i], "trigger")) continue;
    if (strncmp(message, c->v[i].type, type) != 0 || message[type] != ' ') continue;
    if (strncmp(message + type + 1, c->v[i].name, name) != 0) continue;
    if (message[type + 1 + name] == ':') return &c->v[i];
  }
  return 0;
}

static void mig_run_edit(migrate *m, const char *schema, const char *sql, const char *parameter,
                         const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_EDIT;
  s.sql = sql;
  s.reason = reason;
  if (mig_failed(&m->work) || !sql) return;
  mig_end_edits(m);
  mig_announce(m, &s, "native");
  if (mig_step_unguarded(m, sql, parameter) != SQLITE_OK) mig_fail_db(m, 0);
  mig_set_pending(m, schema);
  m->blind = m->reloads + 1;
  mig_forget_catalogs(m);
}

/* The same for the text of one object. */
static void mig_run_text(migrate *m, const char *schema, sqlite3_int64 rowid, const char *text,
                         const char *reason) {
  mig_run_edit(m, schema,
               mig_format(&m->work, "UPDATE \"%w\".sqlite_master SET sql = ?1 WHERE rowid = %lld",
                          schema, rowid),
               text, reason);
}

/* A step of the same in plain SQL. */
static void mig_plain_step(migrate *m, const char *sql, const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_SCHEMA;
  s.sql = sql;
  s.reason = reason;
  if (mig_failed(&m->work) || !sql) return;
  mig_announce(m, &s, "native");
  if (mig_do(m, sql, 0) != SQLITE_OK) mig_fail_db(m, 0);
  mig_forget_catalogs(m);
}

static mig_hidden *mig_hide(migrate *m, const char *schema, const mig_object *o,
                            mig_hidden *list) {
  static const char why[] = "put aside: it was broken before, and SQLite would stop at it";
  mig_arena *a = &m->work;
  mig_hidden *h = (mig_hidden *)mig_alloc(a, sizeof *h);
  if (!h) return list;
  h->schema = schema;
  h->object = *o;
  h->next = list;
  if (mig_is_plain(m)) {
    mig_plain_step(m, mig_format(a, mig_is_type(o, "view") ? "DROP VIEW \"%w\".\"%w\""
                                                           : "DROP TRIGGER \"%w\".\"%w\"",
                                 schema, o->name), why);
  } else {
    mig_run_edit(m, schema,
                 mig_format(a, "DELETE FROM \"%w\".sqlite_master WHERE rowid = %lld", schema,
                            o->rowid),
                 0, why);
  }
  return h;
}

/* The triggers of a view go with it, the last one first: the schema cannot be read with them
** alone. */
static mig_hidden *mig_hide_triggers(migrate *m, const mig_catalog *c, const char *schema,
                                     const mig_object *view, mig_hidden *list) {
  int i;
  for (i = c->n - 1; i >= 0 && !mig_failed(&m->work); i--) {
    const mig_object *t = &c->v[i];
    if (!mig_is_type(t, "trigger") || !mig_same(t->table, view->name)) continue;
    if (c->schema != schema && !mig_hangs_on(&m->work, c, t, schema)) continue;
    list = mig_hide(m, c->schema, t, list);
  }
  return list;
}

static mig_hidden *mig_hide_blamed(migrate *m, const mig_catalog *c, const mig_object *o,
                                   mig_hidden *list) {
  const mig_catalog *temp = mig_read_catalog(m, "temp");
  if (temp && mig_is_type(o, "view")) {
    if (temp != c && mig_is_plain(m)) list = mig_hide_triggers(m, temp, c->schema, o, list);
    list = mig_hide_triggers(m, c, c->schema, o, list);
  }
  list = mig_hide(m, c->schema, o, list);
  mig_flush(m);
  return list;
}

/* The trigger's table may be the one that was renamed meanwhile. */
static void mig_hidden_follows(migrate *m, mig_hidden *h, const mig_statement *s) {
  const mig_catalog *temp;
  mig_trigger t;
  mig_text z;
  if (!s->table || !mig_is_type(&h->object, "trigger")) return;
  if (!mig_same(h->object.table, s->name)) return;
  temp = mig_same(h->schema, s->schema) ? 0 : mig_read_catalog(m, "temp");
  if (temp && !mig_same(h->schema, "temp")) return;
  if (temp && !mig_hangs_on(&m->work, temp, &h->object, s->schema)) return;
  if (mig_parse_trigger(&m->work, h->object.sql, &t)) return;
  mig_text_init(&z, &m->work);
  mig_putn(&z, t.sql, t.table_span.at);
  mig_put_name(&z, s->table);
  mig_put(&z, t.sql + t.table_span.end);
  h->object.sql = z.z;
  h->object.table = s->table;
}

static void mig_plain_trigger(migrate *m, const char *schema, const char *sql, const char *why) {
  mig_trigger t;
  if (mig_parse_trigger(&m->work, sql, &t)) return;
  mig_plain_step(m, mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", schema,
                               sql + t.name_span.at), why);
}

/* The triggers of a table that stood behind one that was made anew stand behind it again. */
static void mig_line_up(migrate *m, const mig_hidden *h) {
  static const char why[] = "triggers keep their order";
  const mig_catalog *c = mig_read_catalog(m, h->schema);
  const mig_object *table = c ? mig_catalog_table(c, h->object.table) : 0;
  int i;
  if (!table || !mig_is_type(table, "table")) return;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *t = &c->v[i];
    if (!mig_is_type(t, "trigger") || !mig_same(t->table, h->object.table)) continue;
    if (t->rowid <= h->object.rowid || mig_same(t->name, h->object.name)) continue;
    mig_plain_step(m, mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", h->schema, t->name), why);
    mig_plain_trigger(m, h->schema, t->sql, why);
  }
}

static void mig_bring_back_plainly(migrate *m, const mig_hidden *h) {
  static const char why[] = "brought back as it was";
  const char *sql = h->object.sql;
  if (mig_is_type(&h->object, "view")) {
    mig_plain_step(m, mig_format(&m->work, "CREATE VIEW \"%w\".%s", h->schema,
                                 sql + mig_view_name_at(sql)), why);
    return;
  }
  mig_plain_trigger(m, h->schema, sql, why);
  if (!mig_failed(&m->work)) mig_line_up(m, h);
}

static void mig_bring_back(migrate *m, const mig_statement *s, mig_hidden *h) {
  for (; h && !mig_failed(&m->work); h = h->next) {
    mig_hidden_follows(m, h, s);
    if (mig_is_plain(m)) {
      mig_bring_back_plainly(m, h);
      continue;
    }
    mig_run_edit(m, h->schema,
                 mig_format(&m->work,
                            "INSERT INTO \"%w\".sqlite_master(rowid, type, name, tbl_name, "
                            "rootpage, sql) VALUES(%lld, %Q, %Q, %Q, 0, ?1)",
                            h->schema, h->object.rowid, h->object.type, h->object.name,
                            h->object.table),
                 h->object.sql, "brought back as it was");
  }
  mig_flush(m);
}

/* A native ALTER that looks at every view and trigger of the schema: those that were broken before
** are put aside for its time. */
static void mig_run_native(migrate *m, const mig_statement *s, const char *strategy) {
  mig_hidden *hidden = 0;
  const char **schemas;
  int n, i;
  while (!mig_failed(&m->work)) {
    mig_object *o = 0;
    char *words;
    int rc = mig_do(m, s->sql, 0);
    if (rc == SQLITE_OK) {
      mig_announce(m, s, strategy);
      break;
    }
    if (mig_is_accident(rc)) {
      mig_fail_db(m, 0);
      break;
    }
    words = mig_copy(&m->work, sqlite3_errmsg(m->db));
    schemas = words ? mig_read_schemas(m, &n) : 0;
    for (i = 0; schemas && i < n && !o; i++) {
      mig_catalog *c = mig_read_catalog(m, schemas[i]);
      o = c ? mig_blamed(c, words) : 0;
      if (o) hidden = mig_hide_blamed(m, c, o, hidden);
    }
    if (!o) {
      mig_announce(m, s, strategy);
      mig_fail(&m->work, rc, "%s", words);
    }
  }
  mig_bring_back(m, s, hidden);
}

/* ---- the sink ---- */

static int mig_sink_edit(migrate *m, const mig_statement *s) {
  int rc;
  if (s->object) return mig_edit_text(m, s);
  mig_end_edits(m);
  rc = mig_step_unguarded(m, s->sql, s->parameter);
  mig_forget_catalogs(m);
  mig_set_pending(m, s->schema);
  m->blind = m->reloads + 1;
  return rc;
}

/* Kinds of statements that only the ALTER language needs; 0: another. */
static int mig_sink_altering(migrate *m, const mig_statement *s, const char *strategy) {
  switch (s->kind) {
    case MIG_S_EDIT:
      if (mig_sink_edit(m, s) != SQLITE_OK) mig_fail_statement(m, s);
      return 1;
    case MIG_S_CHECK:
      mig_complain(m, s->sql, s->complaint);
      return 1;
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE:
      mig_check_count(m, s);
      return 1;
    case MIG_S_NATIVE:
      mig_forget_catalogs(m);
      mig_run_native(m, s, strategy);
      mig_forget_catalogs(m);
      return 1;
    default:
      return 0;
  }
}

static void mig_sink(migrate *m, const mig_statement *s, const char *strategy) {
  int rc;
  if (mig_failed(&m->work)) return;
  if (MIG_ALTERS && !mig_reload_can_wait(m, s)) mig_flush(m);
  if (s->kind != MIG_S_NATIVE) mig_announce(m, s, strategy); /* what it puts aside comes first */
  mig_tell_statement(m, s->sql);
  mig_log(m, MIGRATE_DEBUG, s->sql);
  if (mig_failed(&m->work) || (MIG_ALTERS && mig_sink_altering(m, s, strategy))) return;
  if (s->kind != MIG_S_VERSION || !mig_changes_rows_alone(s->sql)) mig_forget_catalogs(m);
  rc = MIG_ALTERS && s->ranges && mig_wants_progress(m) ? mig_do_ranges(m, s->ranges)
                                                        : mig_do(m, s->sql, s->parameter);
  if (rc != SQLITE_OK) mig_fail_statement(m, s);
}

static void mig_sink_list(migrate *m, const mig_statements *list) {
  const mig_statement *s;
  for (s = list->first; s && !mig_failed(&m->work); s = s->next) mig_sink(m, s, list->strategy);
}

/* A statement made on the spot: version rows, the journal, the user's own. */
static int mig_sink_sql(migrate *m, int kind, const char *sql, const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = kind;
  s.sql = sql;
  s.reason = reason;
  if (sql) mig_sink(m, &s, "");
  return m->fault.code;
}
