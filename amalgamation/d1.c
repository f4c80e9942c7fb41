/* D1: the script of a run in the dialect of Cloudflare D1. There a file is one transaction, BEGIN
** and most PRAGMAs are refused, foreign keys stay on, and TEMP does not exist. So the run goes the
** hosted way, and a guard is a statement that fails, which undoes the file. */

#define MIG_D1_STATEMENT 100000 /* bytes that D1 takes in one statement */

/* D1's limits, in force where the script is tried out. */
static void mig_d1_limit(sqlite3 *db) {
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 32);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
}

typedef struct mig_d1 {
  mig_text body;
  int step;    /* of the statement printed last */
  int counts;  /* some check remembers a count */
  int hosted;  /* the settings of the hosted rung are in force at this place */
} mig_d1;

static void mig_d1_print(migrate *k, const char *sql) {
  mig_d1 *p = (mig_d1 *)k->listener;
  if (!sql) return;
  if (strlen(sql) > MIG_D1_STATEMENT) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "Cloudflare D1 takes no statement of %d bytes: %.60s ..", (int)strlen(sql), sql);
    return;
  }
  mig_put_statement(&p->body, sql);
  mig_put(&p->body, "\n");
}

/* A statement that fails where the condition holds, and whose message says why: the name of a
** column is all that one can choose of it. */
static void mig_d1_guard(migrate *k, const char *why, const char *condition) {
  mig_d1_print(k, mig_format(&k->work, "CREATE TABLE migrate_guard(\"%w\" NOT NULL)", why));
  mig_d1_print(k, mig_format(&k->work, "INSERT INTO migrate_guard SELECT NULL WHERE %s",
                             condition));
  mig_d1_print(k, "DROP TABLE migrate_guard");
}

static void mig_d1_check(migrate *k, const mig_statement *s) {
  mig_d1 *p = (mig_d1 *)k->listener;
  mig_arena *a = &k->work;
  const char *word = s->complaint ? strrchr(s->complaint, '|') : 0;
  char *why = word ? mig_copyn(a, s->complaint, (size_t)(word - s->complaint)) : mig_copy(a, "");
  if (s->kind == MIG_S_CHECK) {
    mig_d1_guard(k, why, mig_format(a, "EXISTS (%s)", s->sql));
    return;
  }
  p->counts = 1;
  if (s->kind == MIG_S_COUNT) {
    mig_d1_print(k, mig_format(a, "INSERT OR REPLACE INTO migrate_count SELECT %d, (%s)", s->slot,
                               s->sql));
  } else {
    mig_d1_guard(k, why, mig_format(a, "(%s) > (SELECT n FROM migrate_count WHERE slot = %d)",
                                    s->sql, s->slot));
  }
}

/* ---- what D1 refuses ---- */

static int mig_d1_takes_pragma(const char *name) {
  static const char *const names[] = {
      "table_list",   "table_info",       "table_xinfo",        "index_list",
      "index_info",   "index_xinfo",      "foreign_key_list",   "foreign_key_check",
      "quick_check",  "foreign_keys",     "defer_foreign_keys", "legacy_alter_table",
      "optimize",     "recursive_triggers", "reverse_unordered_selects",
      "case_sensitive_like", "ignore_check_constraints"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (mig_same(names[i], name)) return 1;
  }
  return 0;
}

/* The module of CREATE VIRTUAL TABLE [IF NOT EXISTS] name USING module; NULL: no such statement. */
static char *mig_d1_module(mig_arena *a, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  k = mig_next_significant(sql, n, k.end);
  if (!mig_token_is(sql, k, "VIRTUAL")) return 0;
  while (k.type != MIG_TK_END && !mig_token_is(sql, k, "USING")) {
    k = mig_next_significant(sql, n, k.end);
  }
  return mig_dequote(a, sql, mig_next_significant(sql, n, k.end));
}

/* What a statement of the user's begins with that D1 would refuse; NULL: nothing. */
static const char *mig_d1_refused(mig_arena *a, const char *sql) {
  static const char *const words[] = {"ATTACH",    "DETACH",  "VACUUM",   "BEGIN", "COMMIT",
                                      "SAVEPOINT", "RELEASE", "ROLLBACK", "END",   0};
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next = mig_next_significant(sql, n, k.end);
  if (k.type != MIG_TK_WORD) return 0;
  if (mig_word_in(sql, k, words)) return mig_copyn(a, sql + k.at, k.end - k.at);
  if (mig_token_is(sql, k, "CREATE") &&
      (mig_token_is(sql, next, "TEMP") || mig_token_is(sql, next, "TEMPORARY"))) {
    return "CREATE TEMP";
  }
  if (mig_token_is(sql, k, "CREATE") && mig_token_is(sql, next, "VIRTUAL")) {
    char *module = mig_d1_module(a, sql);
    if (module && !mig_same(module, "fts5") && !mig_same(module, "fts5vocab")) {
      return mig_format(a, "the module %s", module);
    }
  }
  if (mig_token_is(sql, k, "PRAGMA")) {
    char *name = mig_dequote(a, sql, next);
    if (name && !mig_d1_takes_pragma(name)) return mig_format(a, "PRAGMA %s", name);
  }
  return 0;
}

static void mig_d1_refuse(migrate *k, const mig_statement *s) {
  const char *what = s->kind == MIG_S_SCRIPT ? mig_d1_refused(&k->work, s->sql) : 0;
  if (what) mig_fail(&k->work, MIGRATE_UNSUPPORTED, "Cloudflare D1 refuses %s", what);
  else if (!k->depth) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "transaction:false is not possible in Cloudflare D1: a file is one transaction");
  } else if (s->kind == MIG_S_EDIT || s->kind == MIG_S_RELOAD) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "a script cannot edit the schema, which this change needs: %.200s", s->sql);
  }
}

/* ---- the run ---- */

/* The settings of the hosted rung: the rename leaves views and triggers alone, the copy keeps rows
** that broke a CHECK before. Behind it they are what the revisions have made of them. */
static void mig_d1_settings(migrate *k, int hosted) {
  mig_d1 *p = (mig_d1 *)k->listener;
  int legacy = 1, unchecked = 1;
  if (p->hosted == hosted) return;
  p->hosted = hosted;
  if (!hosted) {
    legacy = mig_flag(k->db, MIG_LEGACY_ALTER_TABLE, -1);
    unchecked = mig_read_int(k, "PRAGMA ignore_check_constraints") != 0;
  }
  mig_putf(&p->body, "PRAGMA legacy_alter_table = %s;\nPRAGMA ignore_check_constraints = %s;\n",
           legacy ? "ON" : "OFF", unchecked ? "ON" : "OFF");
}

static void mig_d1_statement(migrate *k, const mig_statement *s, const char *strategy) {
  mig_d1 *p = (mig_d1 *)k->listener;
  const char *line = mig_text_z(&k->result), *last = strrchr(line, '\n');
  if (p->step != k->step && k->step) {
    p->step = k->step;
    mig_putf(&p->body, "\n-- %s\n", last ? last + 1 : line);
  }
  mig_d1_refuse(k, s);
  if (mig_failed(&k->work)) return;
  if (s->kind == MIG_S_CHECK || s->kind == MIG_S_COUNT || s->kind == MIG_S_NOT_MORE) {
    mig_d1_check(k, s);
    return;
  }
  mig_d1_settings(k, strcmp(strategy, mig_rung_name(MIG_HOSTED_REBUILD)) == 0);
  mig_d1_print(k, s->sql);
}

/* The version rows must be just these. */
static void mig_d1_rows_guard(migrate *k, const char *why) {
  char *others = mig_other_versions(k->db, &k->work, 0, k->settings.version_table);
  if (others) mig_d1_guard(k, why, others);
}

/* So must the schema: the number of objects and of the characters of their names. D1's own tables,
** and wrangler's, are no part of it. */
static void mig_d1_schema_guard(migrate *k) {
  static const char measure[] =
      "SELECT count(*) || ' ' || total(length(name)) FROM sqlite_master WHERE name NOT LIKE "
      "'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~' AND name NOT IN "
      "('d1_migrations', 'migrate_guard', 'migrate_count')";
  sqlite3_stmt *stmt = mig_prepare(k, measure);
  char *want = 0;
  while (mig_row(k, &stmt)) want = mig_cell(k, stmt, 0);
  mig_d1_guard(k, "the schema is not as planned",
               mig_format(&k->work, "(%s) IS NOT %Q", measure, want));
}

static void mig_d1_frame(migrate *k, int opened) {
  mig_d1 *p = (mig_d1 *)k->listener;
  if (opened) {
    mig_put(&p->body, "\n");
    mig_d1_rows_guard(k, "the database is not at the revision that this script begins with");
    return;
  }
  mig_d1_settings(k, 0);
  mig_put(&p->body, "\n-- nothing is committed where anything above went wrong\n");
  mig_d1_rows_guard(k, "the version rows are not as planned");
  mig_d1_schema_guard(k);
}

/* From here on the scratch handle prints into p. */
static void mig_d1_listen(migrate *k, mig_d1 *p) {
  memset(p, 0, sizeof *p);
  mig_text_init(&p->body, &k->work);
  k->listen = mig_d1_statement;
  k->framed = mig_d1_frame;
  k->listener = p;
  k->settings.rebuild = MIG_REBUILD_HOSTED;
  mig_d1_limit(k->db);
}

static void mig_d1_script(migrate *m, const mig_d1 *p, const char *command, const char *words,
                          const char *tag) {
  mig_text *out = &m->result;
  mig_put(out, "-- run with: wrangler d1 execute DATABASE --file script, as one transaction\n");
  mig_putf(out, "-- migrate %s, %s %s\n", MIGRATE_VERSION, command, words);
  if (tag) mig_putf(out, "-- tag: %s\n", tag);
  mig_put(out, "\nPRAGMA defer_foreign_keys = ON;\n");
  if (p->counts) mig_put(out, "CREATE TABLE migrate_count(slot INTEGER PRIMARY KEY, n);\n");
  mig_put(out, mig_text_z(&p->body));
  if (p->counts) mig_put(out, "DROP TABLE migrate_count;\n");
}
