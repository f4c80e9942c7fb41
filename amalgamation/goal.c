/* Goal: the target schema. It is SQL: SQLite executes it in a private database in memory, and what
** that then holds is what it means. */

typedef struct mig_goal {
  migrate k;            /* the handle on the private database; k.db NULL: not open */
  mig_catalog *catalog; /* NULL after a fault */
  mig_renamed *renamed; /* what its comments say of names */
  const char *source;   /* file:PATH or main; NULL: SQL that the caller gave */
} mig_goal;

/* The table of a module that is not at hand: its row alone. */
static void mig_goal_module(migrate *m, mig_goal *g, const char *sql) {
  mig_reader r;
  const char *schema, *name;
  mig_span as_written = {0, 0};
  mig_reader_init(&r, &m->work, sql, strlen(sql), 0);
  mig_take(&r);
  mig_take(&r);
  mig_want_word(&r, "TABLE");
  mig_take_if_not_exists(&r);
  name = mig_take_object(&r, &schema, &as_written);
  mig_scratch_step(m, g->k.db,
                   mig_format(&m->work,
                              "INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql) "
                              "VALUES('table', %Q, %Q, 0, 'CREATE VIRTUAL TABLE ' || %Q || ?1)",
                              name, name, mig_span_text(&m->work, sql, as_written)),
                   mig_copy(&m->work, sql + r.end));
}

static int mig_goal_run(migrate *m, mig_goal *g, const char *sql) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(g->k.db, sql, -1, &stmt, 0);
  if (rc == SQLITE_ERROR && strncmp(sqlite3_errmsg(g->k.db), "no such function", 16) == 0) {
    mig_stub_functions(&m->work, g->k.db, sql);
    rc = sqlite3_prepare_v2(g->k.db, sql, -1, &stmt, 0);
  }
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) rc = SQLITE_OK;
  sqlite3_finalize(stmt);
  return rc;
}

/* Words with which statements of a schema begin. What begins with none is not SQL: the file that
** was named may hold a secret, and nothing of it is repeated. */
static const char *const mig_opening_words[] = {
    "ALTER", "ANALYZE", "ATTACH", "BEGIN", "COMMIT", "CREATE", "DELETE", "DETACH", "DROP",
    "END", "EXPLAIN", "INSERT", "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT",
    "SELECT", "UPDATE", "VACUUM", "VALUES", "WITH", 0};

static int mig_opens_statement(const char *sql) {
  mig_token t = mig_next_significant(sql, strlen(sql), 0);
  return t.type == MIG_TK_WORD && mig_word_in(sql, t, mig_opening_words);
}

/* Executes the statement at byte `at` of a script. */
static void mig_goal_step(migrate *m, mig_goal *g, const char *one, const char *where,
                          const char *script, size_t at) {
  int rc = mig_goal_run(m, g, one);
  if (rc == SQLITE_OK || rc == SQLITE_DONE || mig_failed(&m->work)) return;
  if (strncmp(sqlite3_errmsg(g->k.db), "no such module", 14) == 0) {
    mig_goal_module(m, g, one);
  } else {
    mig_fail(&m->work, rc, "%s:%d: %s", where, mig_place_of(script, at).line,
             mig_opens_statement(one) ? sqlite3_errmsg(g->k.db) : "this is not SQL");
  }
}

/* Executes a script; `where` names it in errors. */
static void mig_goal_script(migrate *m, mig_goal *g, const char *sql, const char *where) {
  mig_arena *a = &m->work;
  size_t n, at = 0, from = 0;
  const char *before = 0;
  mig_span s;
  sql = mig_unix_lines(a, sql);
  n = sql ? strlen(sql) : 0;
  while (!mig_failed(a) && n) {
    int found = mig_next_statement(sql, n, &at, &s);
    char *one = found > 0 ? mig_span_text(a, sql, s) : 0;
    const char *made = one ? mig_made_table(a, one) : 0;
    mig_read_outer_markers(a, sql, from, found ? s.at : n, before, made, &g->renamed);
    if (found < 0) {
      mig_fail(a, MIGRATE_SCRIPT, "%s:%d: unfinished statement", where,
               mig_place_of(sql, s.at).line);
    }
    if (found <= 0 || mig_failed(a)) return;
    if (made) mig_read_edge_markers(a, sql, s.at, at, made, &g->renamed);
    mig_goal_step(m, g, one, where, sql, s.at);
    from = at;
    before = made;
  }
}

#ifndef MIGRATE_NO_STDIO
/* Copies the schema of another database, which is opened for reading alone. Returns 0 when the file
** is no database. */
static int mig_goal_database(migrate *m, mig_goal *g, const char *path) {
  sqlite3 *db = 0;
  migrate other;
  mig_catalog *c;
  int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, 0);
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, "SELECT 1 FROM sqlite_master", 0, 0, 0);
  if (rc != SQLITE_OK) {
    if (rc != SQLITE_NOTADB) {
      mig_fail(&m->work, rc, "cannot read %s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
    }
    sqlite3_close(db);
    return 0;
  }
  mig_scratch_handle(m, db, &other);
  c = mig_read_catalog(&other, "main");
  if (c) mig_scratch_schema(m, g->k.db, c);
  mig_scratch_close(m, &other);
  return 1;
}

/* A file of SQL, a folder of them, or a database. */
static void mig_goal_file(migrate *m, mig_goal *g, const char *path) {
  mig_arena *a = &m->work;
  int kind = path ? mig_path_kind(a, path) : MIG_PATH_NONE, i;
  size_t n = 0;
  mig_list list;
  if (mig_failed(a)) return;
  if (kind == MIG_PATH_NONE) {
    mig_fail(a, MIGRATE_FILE, "cannot read the target schema %s: no such file", path);
  } else if (kind == MIG_PATH_FOLDER) {
    list = mig_folder_scripts(a, path);
    for (i = 0; i < list.n && !mig_failed(a); i++) {
      mig_goal_file(m, g, mig_path_join(a, path, list.z[i]));
    }
  } else if (!mig_goal_database(m, g, path) && !mig_failed(a)) {
    const char *sql = mig_file_read(a, path, &n);
    if (sql && strlen(sql) != n) mig_fail(a, MIGRATE_SCRIPT, "%s holds a NUL byte", path);
    if (sql && strncmp(sql, "\357\273\277", 3) == 0) sql += 3;
    if (!mig_failed(a)) mig_goal_script(m, g, sql, path);
  }
}
#else
static void mig_goal_file(migrate *m, mig_goal *g, const char *path) {
  (void)g;
  mig_fail(&m->work, MIGRATE_UNSUPPORTED, "cannot read %s: this program reads no files", path);
}
#endif

/* What is compared with where the caller names nothing: the setting, or the environment's own file.
** NULL after a fault. */
static const char *mig_goal_setting(migrate *m) {
  mig_arena *a = &m->work;
  const char *target = m->settings.target;
#ifndef MIGRATE_NO_STDIO
  const char *own = *target ? 0 : mig_path_join(a, mig_location(m), "schema.sql");
  if (own && mig_path_kind(a, own) != MIG_PATH_NONE) return mig_format(a, "file:%s", own);
  if (strncmp(target, "file:", 5) == 0) {
    return mig_format(a, "file:%s",
                      mig_setting_path(a, &m->settings, MIG_SETTING_target, target + 5));
  }
#endif
  if (!*target) {
    mig_fail(a, MIGRATE_CONFIG,
             "no target schema: give one, or set target = file:PATH in the settings");
  }
  return mig_failed(a) ? 0 : target;
}

/* SQL, file: and a path, or main: the schema of the connection itself. */
static void mig_goal_read(migrate *m, mig_goal *g, const char *target) {
  int given = target != 0;
  if (!target) target = mig_goal_setting(m);
  if (!target) return;
  if (!given) g->source = "in the setting target";
  if (mig_same(target, "main")) {
    const mig_catalog *live = mig_read_catalog(m, "main");
    g->source = target;
    if (live) mig_scratch_schema(m, g->k.db, live);
  } else if (strncmp(target, "file:", 5) == 0) {
    g->source = target + 5;
    mig_goal_file(m, g, g->source);
  } else {
    mig_goal_script(m, g, target, "target");
  }
}

/* An empty private database. */
static int mig_goal_init(migrate *m, mig_goal *g) {
  sqlite3 *db = mig_scratch_open(m, 0);
  memset(g, 0, sizeof *g);
  if (!db) return 0;
  mig_scratch_handle(m, db, &g->k);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  return 1;
}

static void mig_goal_catalog(migrate *m, mig_goal *g) {
  int i;
  if (mig_failed(&m->work)) return;
  g->catalog = mig_read_catalog(&g->k, "main");
  for (i = 0; g->catalog && i < g->catalog->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &g->catalog->v[i];
    if (mig_is_type(o, "table") && !mig_is_virtual(o)) {
      mig_read_markers(&m->work, o->sql, &g->renamed);
    }
  }
}

/* Opens the target; mig_goal_close() is due. */
static void mig_goal_open(migrate *m, mig_goal *g, const char *target) {
  if (!mig_goal_init(m, g)) return;
  mig_goal_read(m, g, target);
  mig_goal_catalog(m, g);
}

/* A target without any object is a file that nobody has filled in yet: it must not empty the
** database. */
static void mig_goal_refuse_empty(migrate *m, const mig_goal *g) {
  if (!g->catalog || g->catalog->n) return;
  mig_fail(&m->work, MIGRATE_CONFIG,
           "the target schema %s is empty, and everything would be dropped: write the CREATE "
           "statements of the schema into it (in the sqlite3 shell .schema prints those of this "
           "database)",
           g->source ? g->source : "that was given");
}

static void mig_goal_close(migrate *m, mig_goal *g) {
  if (g->k.db) mig_scratch_close(m, &g->k);
}
