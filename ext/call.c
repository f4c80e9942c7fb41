/* Call: what the functions and tables of one connection share, and the frame of a single call:
** the environment is opened, the settings are read, the arguments checked; at the end the answer
** or the error goes to SQLite and everything is freed. */

typedef struct override {
  struct override *next;
  char *key, *value;
} override;

/* Belongs to all that is registered on a connection: the last one to go frees it. */
typedef struct connection {
  sqlite3 *db;
  int references;
  int running;         /* a call is in progress */
  override *overrides; /* of migrate_config() */
  sqlite3_module module;
} connection;

static connection *connection_new(sqlite3 *db) {
  connection *c = (connection *)sqlite3_malloc64(sizeof(*c));
  if (!c) return 0;
  memset(c, 0, sizeof(*c));
  c->db = db;
  c->references = 1;
  return c;
}

static void override_free(override *o) {
  sqlite3_free(o->key);
  sqlite3_free(o->value);
  sqlite3_free(o);
}

static void connection_release(void *arg) {
  connection *c = (connection *)arg;
  if (--c->references > 0) return;
  while (c->overrides) {
    override *next = c->overrides->next;
    override_free(c->overrides);
    c->overrides = next;
  }
  sqlite3_free(c);
}

/* Drops the override of a key, if there is one. */
static void override_drop(connection *c, const char *key) {
  override **at = &c->overrides, *o;
  while (*at && sqlite3_stricmp((*at)->key, key) != 0) at = &(*at)->next;
  o = *at;
  if (!o) return;
  *at = o->next;
  override_free(o);
}

/* Remembers a setting for this connection. Returns 0 without memory. */
static int override_set(connection *c, const char *key, const char *value) {
  override *o = (override *)sqlite3_malloc64(sizeof(*o));
  if (!o) return 0;
  o->key = sqlite3_mprintf("%s", key);
  o->value = sqlite3_mprintf("%s", value);
  if (!o->key || !o->value) {
    override_free(o);
    return 0;
  }
  override_drop(c, key);
  o->next = c->overrides;
  c->overrides = o;
  return 1;
}

/* ---- a call ---- */

typedef struct call {
  connection *c;
  migrate *m;
  bar progress;
  int level;     /* of the lines that are wanted; 0: none */
  int code;      /* 0, or the first error: ours or SQLite's */
  char *message; /* of that error; NULL: the text of the code */
  char open_error[500]; /* where migrate_open() tells why there is no handle */
} call;

/* The first error of a call stays. */
static void call_fail(call *k, int code, const char *format, ...) {
  va_list args;
  if (k->code) return;
  va_start(args, format);
  k->message = sqlite3_vmprintf(format, args);
  va_end(args);
  k->code = k->message ? code : SQLITE_NOMEM;
}

/* Log lines go to stderr, from the level on that the setting log_level wants. */
static void call_log(void *arg, int level, const char *message) {
  static const char *const names[] = {"", "DEBUG", "INFO ", "WARNING", "ERROR"};
  call *k = (call *)arg;
  if (!k->level || level < k->level) return;
  fprintf(stderr, "%s [migrate] %s\n", names[level / 10 < 5 ? level / 10 : 4], message);
}

/* Read as soon as it is known: after an error no setting can be read any more. */
static void call_log_level(call *k) {
  static const char *const words[] = {"off", "debug", "info", "warning", "error"};
  const char *wanted = migrate_get(k->m, "log_level");
  int i;
  for (i = 0; wanted && i < 5; i++) {
    if (sqlite3_stricmp(words[i], wanted) == 0) k->level = i * 10;
  }
}

/* Takes over the error of the environment, if it has one. */
static void call_check(call *k) {
  if (!k->m || !migrate_errcode(k->m)) return;
  call_fail(k, migrate_errcode(k->m), "%s", migrate_errmsg(k->m));
}

/* Begins a call on k, which is zeroed or holds the error of an argument: opens an environment
** without any file. Returns 0 where there is an error; either way call_close() is due. */
static int call_open(call *k, connection *c) {
  migrate_options options;
  int rc;
  if (k->code) return 0;
  if (c->running) {
    call_fail(k, MIGRATE_MISUSE, "migrate is already running on this connection");
    return 0;
  }
  k->c = c;
  c->running = 1;
  memset(&options, 0, sizeof(options));
  options.flags = MIGRATE_SQL_FUNCTION;
  options.log = call_log;
  options.log_arg = k;
  options.progress = bar_progress;
  options.progress_arg = &k->progress;
  options.errbuf = k->open_error;
  options.nerrbuf = (int)sizeof(k->open_error);
  rc = migrate_open(c->db, &options, &k->m);
  migrate_set(k->m, "progress", 0); /* the user's business: off unless a setting says on */
  if (rc) call_fail(k, rc, "%s", k->open_error[0] ? k->open_error : migrate_strerror(rc));
  return k->code == 0;
}

/* The same with the settings of migrate_config(). */
static int call_configure(call *k, connection *c) {
  override *o;
  if (!call_open(k, c)) return 0;
  for (o = c->overrides; o; o = o->next) migrate_set(k->m, o->key, o->value);
  call_log_level(k);
  call_check(k);
  return k->code == 0;
}

/* The same with those of migrate.ini behind them. */
static int call_begin(call *k, connection *c) {
  if (!call_configure(k, c)) return 0;
  migrate_load(k->m, 0);
  call_log_level(k);
  call_check(k);
  return k->code == 0;
}

/* The same with the revisions. */
static int call_begin_revisions(call *k, connection *c) {
  if (!call_begin(k, c)) return 0;
  migrate_add_directory(k->m, 0);
  call_check(k);
  return k->code == 0;
}

/* Frees all but the message. */
static void call_close(call *k) {
  call_check(k);
  bar_end(&k->progress);
  migrate_close(k->m);
  k->m = 0;
  if (k->c) k->c->running = 0;
}

/* The code that SQLite gets. Ours are below 0, which it does not know; SCHEMA would make it run the
** whole statement, and so the call, once more. */
static int call_sqlite_code(int code) {
  return code < 0 || (code & 0xff) == SQLITE_SCHEMA ? SQLITE_ERROR : code;
}

/* ---- arguments ---- */

/* The text of an argument that must be there; NULL after an error. */
static const char *call_text(call *k, sqlite3_value *value, const char *what) {
  int absent = sqlite3_value_type(value) == SQLITE_NULL;
  const char *z = (const char *)sqlite3_value_text(value);
  if (absent) {
    call_fail(k, MIGRATE_MISUSE, "%s is NULL", what);
  } else if (!z) {
    call_fail(k, SQLITE_NOMEM, "out of memory");
  } else if (strlen(z) != (size_t)sqlite3_value_bytes(value)) {
    call_fail(k, MIGRATE_MISUSE, "%s holds a NUL byte", what);
  }
  return k->code ? 0 : z;
}

/* The options that a function knows. A name that ends in = takes a value. */
typedef struct options {
  const char *const *names; /* the last is NULL */
  const char *values[12];    /* in the order of names: the value, or "" for a flag; NULL: absent */
  char *joined;             /* a repeatable option's values, separated by commas */
} options;

#define REPEATED "--depends-on=" /* the one option that may be given more than once */

static void options_unknown(call *k, const options *o, const char *given) {
  sqlite3_str *known = sqlite3_str_new(0);
  char *z;
  int i;
  for (i = 0; o->names[i]; i++) {
    sqlite3_str_appendf(known, "%s%s", i ? ", " : "", o->names[i]);
  }
  z = sqlite3_str_finish(known);
  call_fail(k, MIGRATE_MISUSE, "unknown option '%.60s'; known are %s", given, z ? z : "others");
  sqlite3_free(z);
}

static void options_take(call *k, options *o, const char *given) {
  int i, same = 0;
  size_t n = 0;
  for (i = 0; o->names[i] && !same; i++) {
    n = strlen(o->names[i]);
    if (o->names[i][n - 1] != '=') {
      same = strcmp(o->names[i], given) == 0;
    } else if (strncmp(o->names[i], given, n - 1) == 0 && (!given[n - 1] || !given[n])) {
      call_fail(k, MIGRATE_MISUSE, "option %.*s needs a value, as in %s..", (int)n - 1, given,
                o->names[i]);
      return;
    } else {
      same = strncmp(o->names[i], given, n) == 0;
    }
  }
  if (!same) {
    options_unknown(k, o, given);
    return;
  }
  i--;
  if (o->values[i] && strcmp(o->names[i], REPEATED) == 0) {
    char *both = sqlite3_mprintf("%s,%s", o->values[i], given + n);
    if (!both) call_fail(k, SQLITE_NOMEM, "out of memory");
    sqlite3_free(o->joined);
    o->joined = both;
    o->values[i] = both;
  } else if (o->values[i]) {
    call_fail(k, MIGRATE_MISUSE, "option %s is given twice", o->names[i]);
  } else {
    o->values[i] = given + n;
  }
}

/* Reads the arguments as options. `names` ends in NULL. The values are borrowed from argv;
** options_free() is due. */
static void options_read(call *k, options *o, const char *const *names, int argc,
                         sqlite3_value **argv) {
  int i;
  memset(o, 0, sizeof(*o));
  o->names = names;
  for (i = 0; i < argc && !k->code; i++) {
    const char *given = call_text(k, argv[i], "an option");
    if (given) options_take(k, o, given);
  }
}

static void options_free(options *o) { sqlite3_free(o->joined); }
