/* Functions: the scalars. Each reads its arguments, makes one call of the public interface and
** answers with its result. They change the database or read files, so that none may be
** called out of a schema (SQLITE_DIRECTONLY). */

typedef struct scalar {
  sqlite3_context *context;
  call k;
} scalar;

/* Ends a call: the result (a copy of z), or the error. */
static void scalar_end(scalar *s, const char *z) {
  if (!s->k.code && z) sqlite3_result_text(s->context, z, -1, SQLITE_TRANSIENT);
  call_close(&s->k);
  if (s->k.code == SQLITE_NOMEM) {
    sqlite3_result_error_nomem(s->context);
  } else if (s->k.code) {
    sqlite3_result_error(s->context, s->k.message ? s->k.message : migrate_strerror(s->k.code), -1);
    sqlite3_result_error_code(s->context, call_sqlite_code(s->k.code));
  }
  sqlite3_free(s->k.message);
}

static connection *scalar_connection(sqlite3_context *context) {
  return (connection *)sqlite3_user_data(context);
}

/* Does a statement evaluate the constraints of a schema? Those that write do, and the PRAGMAs that
** look through a database, quick_check and integrity_check. */
static int evaluates_constraints(sqlite3_stmt *statement) {
  const char *sql = sqlite3_sql(statement);
  return !sqlite3_stmt_readonly(statement) || !sql ||
         sqlite3_strlike("%quick_check%", sql, 0) == 0 ||
         sqlite3_strlike("%integrity_check%", sql, 0) == 0;
}

/* SQLite keeps SQLITE_DIRECTONLY functions out of views, triggers, defaults, indexes and generated
** columns, but lets a CHECK constraint call them, and whoever wrote the database file wrote its
** constraints: no call is taken from a statement that evaluates some. While a call runs none is
** taken at all, which call_open() says: the statements that stand are then its own. */
static void scalar_start(scalar *s, sqlite3_context *context) {
  sqlite3 *db = scalar_connection(context)->db;
  sqlite3_stmt *statement = 0;
  s->context = context;
  memset(&s->k, 0, sizeof(s->k));
  if (scalar_connection(context)->running) return;
  while ((statement = sqlite3_next_stmt(db, statement)) != 0) {
    if (!sqlite3_stmt_busy(statement) || !evaluates_constraints(statement)) continue;
    call_fail(&s->k, MIGRATE_BUSY_STATEMENT,
              "migrate functions are called in a SELECT of their own, not while a statement %s: "
              "%.100s",
              sqlite3_stmt_readonly(statement) ? "checks constraints" : "writes",
              sqlite3_sql(statement));
    return;
  }
}

/* An argument that must be there, of a function that takes any number. */
static const char *scalar_argument(scalar *s, int argc, sqlite3_value **argv, int i,
                                   const char *what) {
  if (i < argc) return call_text(&s->k, argv[i], what);
  call_fail(&s->k, MIGRATE_MISUSE, "%s is missing", what);
  return 0;
}

/* The same of one that options follow. Else a message that was forgotten would be an option, and
** the option the message of a revision. */
static const char *scalar_word(scalar *s, int argc, sqlite3_value **argv, int i,
                               const char *what) {
  const char *word = scalar_argument(s, argc, argv, i, what);
  if (word && strncmp(word, "--", 2) == 0) {
    call_fail(&s->k, MIGRATE_MISUSE, "%s is missing: it comes before the options", what);
  }
  return word;
}

/* The result of the last command, "" after an error. */
static const char *scalar_result(scalar *s) {
  return s->k.m && !migrate_errcode(s->k.m) ? migrate_result(s->k.m) : "";
}

/* migrate_version() */
static void version_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  (void)argv;
  sqlite3_result_text(context, migrate_libversion(), -1, SQLITE_STATIC);
}

/* migrate_config(key, value): no file is read, so that a broken one can be left. NULL as value
** takes the connection's own setting back. */
static void config_set_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  connection *c = scalar_connection(context);
  const char *key, *value = 0;
  (void)argc;
  scalar_start(&s, context);
  key = call_text(&s.k, argv[0], "the name of the setting");
  if (sqlite3_value_type(argv[1]) != SQLITE_NULL) {
    value = call_text(&s.k, argv[1], "the value of the setting");
  }
  if (call_open(&s.k, c)) {
    if (!value) {
      if (migrate_get(s.k.m, key)) override_drop(c, key);
    } else if (migrate_set(s.k.m, key, value) == MIGRATE_OK && !override_set(c, key, value)) {
      call_fail(&s.k, SQLITE_NOMEM, "out of memory");
    }
  }
  scalar_end(&s, value);
}

/* migrate_config(key) */
static void config_get_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *key, *value = 0;
  (void)argc;
  scalar_start(&s, context);
  key = call_text(&s.k, argv[0], "the name of the setting");
  if (call_begin(&s.k, scalar_connection(context))) value = migrate_get(s.k.m, key);
  scalar_end(&s, value);
}

/* migrate_init([directory]): reads migrate.ini itself, where there is one. */
static void init_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *directory = 0;
  scalar_start(&s, context);
  if (argc) directory = call_text(&s.k, argv[0], "the directory");
  if (call_configure(&s.k, scalar_connection(context))) migrate_init(s.k.m, directory);
  scalar_end(&s, scalar_result(&s));
}

static const char *const revision_options[] = {
  "--splice", "--branch-label=", "--version-path=", "--rev-id=", REPEATED, "--head=",
  "--autogenerate", "--from-revisions", "--target=", 0,
};
static const char *const merge_options[] = {
  "--splice", "--branch-label=", "--version-path=", "--rev-id=", REPEATED, 0,
};

static void revision_options_take(const options *o, migrate_new_options *n) {
  memset(n, 0, sizeof(*n));
  n->splice = o->values[0] != 0;
  n->branch_labels = o->values[1];
  n->version_path = o->values[2];
  n->rev_id = o->values[3];
  n->depends_on = o->values[4];
  n->head = o->values[5];
  n->autogenerate = o->values[6] != 0;
  n->from_revisions = o->values[7] != 0;
  n->target = o->values[8];
}

/* migrate_revision(message [, option ..]) */
static void revision_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  options o;
  migrate_new_options n;
  const char *message;
  char *path = 0;
  scalar_start(&s, context);
  message = scalar_word(&s, argc, argv, 0, "the message");
  options_read(&s.k, &o, revision_options, argc - 1, argv + 1);
  revision_options_take(&o, &n);
  if ((n.target || n.from_revisions) && !n.autogenerate) {
    call_fail(&s.k, MIGRATE_MISUSE, "%s goes with --autogenerate",
              n.target ? "--target" : "--from-revisions");
  }
  if (call_begin_revisions(&s.k, scalar_connection(context))) {
    migrate_new_revision(s.k.m, message, &n, &path);
  }
  scalar_end(&s, path);
  sqlite3_free(path);
  options_free(&o);
}

/* migrate_merge(revisions, message [, option ..]) */
static void merge_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  options o;
  migrate_new_options n;
  const char *revisions, *message;
  char *path = 0;
  scalar_start(&s, context);
  revisions = scalar_word(&s, argc, argv, 0, "the list of revisions");
  message = scalar_word(&s, argc, argv, 1, "the message");
  options_read(&s.k, &o, merge_options, argc - 2, argv + 2);
  revision_options_take(&o, &n);
  if (call_begin_revisions(&s.k, scalar_connection(context))) {
    migrate_merge(s.k.m, revisions, message, &n, &path);
  }
  scalar_end(&s, path);
  sqlite3_free(path);
  options_free(&o);
}

/* Alembic's options of these commands; an option that ends in = takes a value. */
static const char *const run_options[] = {"--sql", "--tag=", "--dialect=", 0};
static const char *const stamp_options[] = {"--sql", "--tag=", "--dialect=", "--purge", 0};
enum { OPTION_SQL, OPTION_TAG, OPTION_DIALECT, OPTION_PURGE };

/* Runs a command, or prints its script with --sql. */
static void run_command(scalar *s, const options *o, const char *command, const char *target) {
  if (o->values[OPTION_TAG] && !o->values[OPTION_SQL]) {
    call_fail(&s->k, MIGRATE_MISUSE, "--tag goes with --sql");
  }
  if (o->values[OPTION_DIALECT] && !o->values[OPTION_SQL]) {
    call_fail(&s->k, MIGRATE_MISUSE, "--dialect goes with --sql");
  }
  if (o->names == stamp_options && o->values[OPTION_PURGE] && o->values[OPTION_SQL]) {
    call_fail(&s->k, MIGRATE_MISUSE, "Can't use --purge with --sql mode");
  }
  if (!call_begin_revisions(&s->k, scalar_connection(s->context))) return;
  if (o->values[OPTION_DIALECT]) migrate_set(s->k.m, "dialect", o->values[OPTION_DIALECT]);
  if (o->values[OPTION_SQL]) migrate_script(s->k.m, command, target, o->values[OPTION_TAG]);
  else if (o->names == stamp_options && o->values[OPTION_PURGE]) {
    migrate_stamp_purge(s->k.m, target);
  } else if (strcmp(command, "upgrade") == 0) migrate_upgrade(s->k.m, target);
  else if (strcmp(command, "downgrade") == 0) migrate_downgrade(s->k.m, target);
  else migrate_stamp(s->k.m, target);
}

static void command_call(sqlite3_context *context, int argc, sqlite3_value **argv,
                         const char *command, const char *otherwise) {
  scalar s;
  options o;
  const char *target = otherwise;
  int given = argc || !otherwise;
  scalar_start(&s, context);
  if (given) target = scalar_argument(&s, argc, argv, 0, "the target");
  if (target && strncmp(target, "--", 2) == 0) { /* an option: the target was left out */
    given = 0;
    target = otherwise;
    if (!otherwise) call_fail(&s.k, MIGRATE_MISUSE, "the target is missing: it comes first");
  }
  options_read(&s.k, &o, strcmp(command, "stamp") == 0 ? stamp_options : run_options,
               argc > given ? argc - given : 0, argv + given);
  run_command(&s, &o, command, target);
  scalar_end(&s, scalar_result(&s));
  options_free(&o);
}

/* migrate_upgrade([target [, option ..]]) */
static void upgrade_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  command_call(context, argc, argv, "upgrade", "head");
}

/* migrate_downgrade(target [, option ..]) */
static void downgrade_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  command_call(context, argc, argv, "downgrade", 0);
}

/* migrate_stamp(targets [, option ..]) */
static void stamp_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  command_call(context, argc, argv, "stamp", 0);
}

/* migrate_graph([format]) */
static void graph_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *format = 0;
  scalar_start(&s, context);
  if (argc) format = call_text(&s.k, argv[0], "the format");
  if (call_begin_revisions(&s.k, scalar_connection(context))) migrate_graph(s.k.m, format);
  scalar_end(&s, scalar_result(&s));
}

/* migrate_embed([directory]) */
static void embed_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *directory = 0;
  scalar_start(&s, context);
  if (argc) directory = call_text(&s.k, argv[0], "the directory");
  if (call_begin(&s.k, scalar_connection(context)) &&
      migrate_add_directory(s.k.m, directory) == MIGRATE_OK) {
    migrate_embed(s.k.m);
  }
  scalar_end(&s, scalar_result(&s));
}

/* migrate_check() */
static void check_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  (void)argc;
  (void)argv;
  scalar_start(&s, context);
  if (call_begin_revisions(&s.k, scalar_connection(context))) migrate_check(s.k.m);
  scalar_end(&s, scalar_result(&s));
}

/* migrate_verify([target]) */
static void verify_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *target = 0;
  scalar_start(&s, context);
  if (argc) target = call_text(&s.k, argv[0], "the target");
  if (call_begin_revisions(&s.k, scalar_connection(context))) migrate_verify(s.k.m, target);
  scalar_end(&s, scalar_result(&s));
}

/* migrate_restore(path) */
static void restore_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *path;
  (void)argc;
  scalar_start(&s, context);
  path = call_text(&s.k, argv[0], "the path");
  if (call_configure(&s.k, scalar_connection(context))) migrate_restore(s.k.m, path);
  scalar_end(&s, scalar_result(&s));
}

/* migrate_adopt([mapping]) */
static void adopt_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *mapping = 0;
  scalar_start(&s, context);
  if (argc) mapping = call_text(&s.k, argv[0], "the mapping");
  if (call_begin_revisions(&s.k, scalar_connection(context))) migrate_adopt(s.k.m, mapping);
  scalar_end(&s, scalar_result(&s));
}

/* migrate_exec(sql) */
static void exec_call(sqlite3_context *context, int argc, sqlite3_value **argv) {
  scalar s;
  const char *sql;
  (void)argc;
  scalar_start(&s, context);
  sql = call_text(&s.k, argv[0], "the script");
  if (call_begin(&s.k, scalar_connection(context)) && migrate_exec(s.k.m, sql) == MIGRATE_OK) {
    sqlite3_result_int(context, migrate_statements(s.k.m));
  }
  scalar_end(&s, 0);
}

/* The order matters: the presence of migrate_version(), the last, says that all is registered. */
static const struct function {
  const char *name;
  int narg; /* -1: any number */
  int flags;
  void (*call)(sqlite3_context *, int, sqlite3_value **);
} functions[] = {
  {"migrate_config", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, config_get_call},
  {"migrate_config", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, config_set_call},
  {"migrate_init", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, init_call},
  {"migrate_init", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, init_call},
  {"migrate_revision", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, revision_call},
  {"migrate_merge", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, merge_call},
  {"migrate_upgrade", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, upgrade_call},
  {"migrate_upgrade", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, upgrade_call},
  {"migrate_upgrade", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, upgrade_call},
  {"migrate_upgrade", 3, SQLITE_UTF8 | SQLITE_DIRECTONLY, upgrade_call},
  {"migrate_upgrade", 4, SQLITE_UTF8 | SQLITE_DIRECTONLY, upgrade_call},
  {"migrate_downgrade", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, downgrade_call},
  {"migrate_downgrade", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, downgrade_call},
  {"migrate_downgrade", 3, SQLITE_UTF8 | SQLITE_DIRECTONLY, downgrade_call},
  {"migrate_downgrade", 4, SQLITE_UTF8 | SQLITE_DIRECTONLY, downgrade_call},
  {"migrate_stamp", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, stamp_call},
  {"migrate_graph", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, graph_call},
  {"migrate_graph", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, graph_call},
  {"migrate_embed", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, embed_call},
  {"migrate_embed", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, embed_call},
  {"migrate_restore", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, restore_call},
  {"migrate_check", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, check_call},
  {"migrate_verify", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, verify_call},
  {"migrate_verify", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, verify_call},
  {"migrate_adopt", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, adopt_call},
  {"migrate_adopt", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, adopt_call},
  {"migrate_exec", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, exec_call},
  {"migrate_version", 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, version_call},
};
#define FUNCTION_COUNT ((int)(sizeof(functions) / sizeof(functions[0])))
