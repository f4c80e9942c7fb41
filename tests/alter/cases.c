/* Runs the case files of tests/alter/cases, one hazard of changing a table each, in every
** surrounding that applies: in memory, on a rollback journal and on WAL; in autocommit and inside
** a transaction of the caller with foreign keys on; with the cheapest way, with plain SQL only and
** as hosted SQLites need it; through C and through the SQL function. What a directive means stands
** in the folder's README. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <dirent.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"
#include "listed.h"

#define FOLDER "tests/alter/cases/"
#define EXTENSION "build/migrate"
#define MAX_FILES 400
#define MAX_LINES 200

#ifdef SQLITE_CORE /* the extension is linked in */
int sqlite3_migrate_init(sqlite3 *db, char **error, const void *api);
#endif

/* ---- a case file ------------------------------------------------------------------------- */

enum {
  SETUP,
  ALTER,
  EXPECT,
  THEN,
  THEN_ERROR,
  CONN2,
  CONN2_EXPECT,
  ENV,
  OUTCOME,
  REMARK
};

static const struct {
  const char *text;
  int kind;
} directives[] = {
    {"-- env: ", ENV},         {"-- alter: ", ALTER},     {"-- outcome: ", OUTCOME},
    {"-- expect: ", EXPECT},   {"-- then: ", THEN},       {"-- then-error: ", THEN_ERROR},
    {"-- conn2: ", CONN2},     {"-- conn2-expect: ", CONN2_EXPECT},
    {"-- hazard ", REMARK},    {"-- category: ", REMARK}, {"-- bites: ", REMARK},
    {"-- right: ", REMARK},    {"-- peers: ", REMARK},    {"-- note: ", REMARK},
};

typedef struct test_line {
  int kind;
  int number;
  char *text; /* behind the directive; of an expectation the query */
  char *want; /* of an expectation: the result */
} test_line;

typedef struct test_file {
  char name[80]; /* without .sql */
  char *setup;   /* the SQL before the change */
  const char *alter, *env, *outcome;
  test_line line[MAX_LINES]; /* those to run behind the change, in their order */
  int count;
} test_file;

static char *read_file(const char *path) {
  FILE *f = fopen(path, "rb");
  char *z = (char *)calloc(1, 200000);
  if (!f) {
    free(z);
    return 0;
  }
  if (fread(z, 1, 199999, f) == 0) z[0] = 0;
  fclose(f);
  return z;
}

/* sqlite_schema has been a name for sqlite_master since 3.33. */
static void use_old_name(char *z) {
  char *at;
  if (sqlite3_libversion_number() >= 3033000) return;
  while ((at = strstr(z, "sqlite_schema")) != 0) memcpy(at, "sqlite_master", 13);
  while ((at = strstr(z, "sqlite_temp_schema")) != 0) memcpy(at, "sqlite_temp_master", 18);
}

static int directive_of(char *line, char **text) {
  size_t i;
  for (i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
    size_t n = strlen(directives[i].text);
    if (strncmp(line, directives[i].text, n) == 0) {
      *text = line + n;
      return directives[i].kind;
    }
  }
  *text = line;
  return SETUP;
}

static void add_line(test_file *file, int kind, int number, char *text) {
  test_line *line = &file->line[file->count++];
  char *arrow = 0, *next;
  line->kind = kind;
  line->number = number;
  line->text = text;
  if (kind != EXPECT && kind != CONN2_EXPECT) return;
  for (next = strstr(text, " => "); next; next = strstr(next + 1, " => ")) arrow = next;
  if (!arrow) {
    printf("%s.sql:%d: an expectation without =>\n", file->name, number);
    exit(1);
  }
  *arrow = 0;
  line->want = arrow + 4;
}

/* Lines in front of the change that are no directive are the set-up; behind it, there are none. */
static void parse_file(test_file *file, char *z) {
  sqlite3_str *setup = sqlite3_str_new(0);
  int number = 0;
  char *line = z, *next;
  file->env = "";
  file->outcome = "";
  for (; line && *line; line = next) {
    char *text;
    int kind = directive_of(line, &text);
    next = strchr(line, '\n');
    if (next) *next++ = 0;
    number++;
    if (kind == SETUP && !file->alter) {
      sqlite3_str_appendf(setup, "%s\n", line);
    } else if (kind == ALTER) {
      file->alter = text;
    } else if (kind == ENV) {
      file->env = text;
    } else if (kind == OUTCOME) {
      file->outcome = text;
    } else if (kind != REMARK && line[0]) {
      add_line(file, kind, number, text);
    }
  }
  file->setup = sqlite3_str_finish(setup);
  if (!file->alter || !file->outcome[0] || file->count >= MAX_LINES) {
    printf("%s.sql: no alter, no outcome, or too long\n", file->name);
    exit(1);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const test_file *)a)->name, ((const test_file *)b)->name);
}

static int read_folder(test_file *files) {
  DIR *folder = opendir(FOLDER);
  struct dirent *entry;
  int n = 0;
  while (folder && (entry = readdir(folder)) != 0) {
    size_t length = strlen(entry->d_name);
    char path[300];
    char *z;
    if (length < 5 || length > 70 || strcmp(entry->d_name + length - 4, ".sql") != 0) continue;
    snprintf(path, sizeof(path), FOLDER "%s", entry->d_name);
    z = read_file(path);
    if (!z || n == MAX_FILES) continue;
    use_old_name(z);
    memcpy(files[n].name, entry->d_name, length - 4);
    parse_file(&files[n++], z);
  }
  if (folder) closedir(folder);
  qsort(files, (size_t)n, sizeof(files[0]), by_name);
  return n;
}

/* ---- a run of one file in one surrounding ---------------------------------------------------- */

enum { MEMORY, JOURNAL, WAL };
enum { PLAIN, TRANSACTION };
enum { AUTO, PORTABLE, HOSTED };
enum { FROM_C, FROM_SQL };

typedef struct test_run {
  const test_file *file;
  int store, frame, rung, caller;
  char name[160];
  sqlite3 *db, *second; /* second: a connection to the same file, for env: file */
  int had_foreign_keys; /* before TRANSACTION turned them on */
  int own_transaction;  /* TRANSACTION has opened one */
  char error[600];
} test_run;

static int has_env(const test_run *run, const char *env) {
  return strcmp(run->file->env, env) == 0;
}

#define CHECK(condition, ...)             \
  do {                                    \
    if (!(condition)) {                   \
      print_error("%s: ", run->file->name); \
      print_error(__VA_ARGS__);           \
      print_error("\n");                  \
      fail();                             \
    }                                     \
  } while (0)

static sqlite3 *open_database(test_run *run, const char *path) {
  sqlite3 *db = 0;
  int rc = sqlite3_open(path, &db);
  CHECK(rc == SQLITE_OK, "cannot open %s", path);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, (int *)0);
  /* whatever this SQLite is compiled to begin with */
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 1, (int *)0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 1, (int *)0);
  sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF", 0, 0, 0);
  return db;
}

static char database_file[200];

static const char *database_path(const test_run *run) {
  return run->store == MEMORY ? ":memory:" : database_file;
}

static void name_database(void) {
  const char *folder = getenv("TEST_DIR");
  snprintf(database_file, sizeof(database_file), "%s/alter.db", folder ? folder : "build");
}

static void remove_database(void) {
  static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
  char path[220];
  int i;
  for (i = 0; i < 4; i++) {
    snprintf(path, sizeof(path), "%s%s", database_file, suffix[i]);
    remove(path);
  }
}

/* Loads the extension, and answers what a call needs of it. */
static void load_extension(test_run *run) {
  char *message = 0;
#ifdef SQLITE_CORE
  int rc = sqlite3_migrate_init(run->db, &message, 0);
#else
  int rc = sqlite3_load_extension(run->db, EXTENSION, 0, &message);
#endif
  CHECK(rc == SQLITE_OK, "cannot load the extension: %s", message ? message : "?");
  if (run->rung != AUTO) {
    const char *sql = run->rung == PORTABLE ? "SELECT migrate_config('rebuild', 'portable')"
                                            : "SELECT migrate_config('rebuild', 'hosted')";
    rc = sqlite3_exec(run->db, sql, 0, 0, 0);
    CHECK(rc == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(run->db));
  }
}

/* auto_vacuum and encoding are settled by the first write, which journal_mode=WAL is. */
static void use_wal(test_run *run) {
  if (run->store == WAL) sqlite3_exec(run->db, "PRAGMA journal_mode=WAL", 0, 0, 0);
}

static int setting(sqlite3 *db, const char *pragma) {
  sqlite3_stmt *s = 0;
  int value = -1;
  sqlite3_prepare_v2(db, pragma, -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) value = sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  return value;
}

/* Returns 0 where this SQLite is too old for the set-up. */
static int set_up(test_run *run) {
  int rc, layout = strstr(run->file->setup, "auto_vacuum") || strstr(run->file->setup, "encoding");
  remove_database();
  run->db = open_database(run, database_path(run));
  if (!layout) use_wal(run);
  if (has_env(run, "file")) run->second = open_database(run, database_path(run));
  rc = sqlite3_exec(run->db, run->file->setup, 0, 0, 0);
  if (rc != SQLITE_OK && sqlite3_libversion_number() < 3040000) return 0;
  CHECK(rc == SQLITE_OK, "set-up: %s", sqlite3_errmsg(run->db));
  if (layout) use_wal(run);
  if (has_env(run, "defensive")) sqlite3_db_config(run->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  if (has_env(run, "dqs_ddl_off")) {
    sqlite3_db_config(run->db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
    sqlite3_db_config(run->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
  }
  if (run->caller == FROM_SQL) load_extension(run);
  run->had_foreign_keys = setting(run->db, "PRAGMA foreign_keys");
  run->own_transaction = run->frame == TRANSACTION && sqlite3_get_autocommit(run->db);
  if (run->own_transaction) {
    rc = sqlite3_exec(run->db, "PRAGMA foreign_keys=ON; BEGIN", 0, 0, 0);
    CHECK(rc == SQLITE_OK, "BEGIN: %s", sqlite3_errmsg(run->db));
  }
  return 1;
}

/* A statement that the engine forgot keeps the connection from closing. */
static void tear_down(test_run *run) {
  int rc;
  sqlite3_close(run->second);
  rc = sqlite3_close(run->db);
  CHECK(rc == SQLITE_OK, "left open: %s", sqlite3_sql(sqlite3_next_stmt(run->db, 0)));
  remove_database();
}

/* ---- the change ------------------------------------------------------------------------------ */

static migrate *open_handle(test_run *run) {
  migrate_options options;
  migrate *m = 0;
  memset(&options, 0, sizeof(options));
  options.flags = run->rung == PORTABLE ? MIGRATE_PORTABLE : 0;
  options.busy_timeout = -1;
  options.errbuf = run->error;
  options.nerrbuf = (int)sizeof(run->error);
  migrate_open(run->db, &options, &m);
  if (run->rung == HOSTED) migrate_set(m, "rebuild", "hosted");
  return m;
}

/* What runs is what was listed, in that order; all of it where nothing fails. */
static int change_from_c(test_run *run) {
  listed list;
  migrate *m = open_handle(run);
  int rc, explained;
  memset(&list, 0, sizeof(list));
  migrate_explain(m, run->file->alter, listed_add, &list);
  explained = migrate_close(m);
  run->error[0] = 0;
  m = open_handle(run);
  sqlite3_trace_v2(run->db, SQLITE_TRACE_STMT, listed_run, &list);
  rc = migrate_exec(m, run->file->alter);
  sqlite3_trace_v2(run->db, 0, 0, 0);
  CHECK(migrate_close(m) == rc, "migrate_close() does not repeat the code %d", rc);
  CHECK(rc == 0 || run->error[0], "error %d has no message", rc);
  CHECK(rc || !explained, "migrate_explain() fails where migrate_exec() works");
  CHECK(!list.error[0], "%s", list.error);
  CHECK(rc || list.at == list.n, "listed, and did not run: %s", list.text[list.at]);
  listed_free(&list);
  return rc;
}

static int change_from_sql(test_run *run) {
  const char *sql = "SELECT migrate_exec(?1)";
  sqlite3_stmt *s = 0;
  int rc;
  if (has_env(run, "call-from-table")) sql = "SELECT migrate_exec(?1) FROM o";
  if (has_env(run, "call-in-insert")) sql = "INSERT INTO o SELECT migrate_exec(?1)";
  rc = sqlite3_prepare_v2(run->db, sql, -1, &s, 0);
  sqlite3_bind_text(s, 1, run->file->alter, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) rc = sqlite3_step(s);
  if (rc != SQLITE_DONE) {
    snprintf(run->error, sizeof(run->error), "%s", sqlite3_errmsg(run->db));
  }
  sqlite3_finalize(s);
  return rc == SQLITE_DONE ? 0 : rc;
}

/* The change beside a statement that has read one row; it must be able to read on. */
static int change_beside_reader(test_run *run) {
  sqlite3_stmt *reader = 0;
  int rc, read;
  rc = sqlite3_prepare_v2(run->db, "SELECT x FROM o", -1, &reader, 0);
  CHECK(rc == SQLITE_OK && sqlite3_step(reader) == SQLITE_ROW, "the reader reads nothing");
  rc = change_from_c(run);
  do read = sqlite3_step(reader);
  while (read == SQLITE_ROW);
  CHECK(sqlite3_finalize(reader) == SQLITE_OK && read == SQLITE_DONE, "the reader broke off: %s",
        sqlite3_errmsg(run->db));
  return rc;
}

static int change(test_run *run) {
  if (has_env(run, "open-reader")) return change_beside_reader(run);
  return run->caller == FROM_SQL ? change_from_sql(run) : change_from_c(run);
}

/* ---- before and after ------------------------------------------------------------------------ */

static void dump_settings(sqlite3_str *out, sqlite3 *db) {
  static const char *const pragma[] = {
      "foreign_keys",        "legacy_alter_table", "writable_schema",
      "count_changes",       "recursive_triggers", "ignore_check_constraints",
      "defer_foreign_keys",  "query_only",         "reverse_unordered_selects",
      "trusted_schema",      "read_uncommitted",   "cell_size_check",
      "automatic_index",     "synchronous",        "journal_mode",
      "locking_mode",        "temp_store",         "busy_timeout",
      "user_version",        "application_id",     "secure_delete",
      "full_column_names",   "short_column_names", "case_sensitive_like",
      "cache_spill",         "checkpoint_fullfsync", "encoding",
      "auto_vacuum",         "analysis_limit",     "empty_result_callbacks"};
  size_t i;
  int op, limit, on;
  for (i = 0; i < sizeof(pragma) / sizeof(pragma[0]); i++) {
    char *sql = sqlite3_mprintf("PRAGMA %s", pragma[i]);
    sqlite3_str_appendf(out, "%s ", pragma[i]);
    dump_query(out, db, sql);
    sqlite3_str_appendchar(out, 1, '\n');
    sqlite3_free(sql);
  }
  for (op = SQLITE_DBCONFIG_ENABLE_FKEY; op < SQLITE_DBCONFIG_ENABLE_FKEY + 24; op++) {
    on = -1;
    if (sqlite3_db_config(db, op, -1, &on) == SQLITE_OK) {
      sqlite3_str_appendf(out, "sqlite3_db_config %d: %d\n", op, on);
    }
  }
  for (limit = 0; limit <= SQLITE_LIMIT_WORKER_THREADS; limit++) {
    sqlite3_str_appendf(out, "sqlite3_limit %d: %d\n", limit, sqlite3_limit(db, limit, -1));
  }
  sqlite3_str_appendf(out, "autocommit: %d\n", sqlite3_get_autocommit(db));
  sqlite3_str_appendf(out, "last_insert_rowid: %lld\n", sqlite3_last_insert_rowid(db));
}

typedef struct snapshot {
  char *settings, *content, *health;
} snapshot;

static snapshot look(sqlite3 *db) {
  snapshot s;
  sqlite3_str *out = sqlite3_str_new(0);
  dump_settings(out, db);
  s.settings = sqlite3_str_finish(out);
  out = sqlite3_str_new(0);
  dump_database(out, db);
  s.content = sqlite3_str_finish(out);
  out = sqlite3_str_new(0);
  dump_query(out, db, "PRAGMA integrity_check");
  s.health = sqlite3_str_finish(out);
  return s;
}

static void forget(snapshot *s) {
  sqlite3_free(s->settings);
  sqlite3_free(s->content);
  sqlite3_free(s->health);
}

static int count_lines(const char *z) {
  int n = 0;
  for (; *z; z++) n += *z == '\n';
  return n;
}

static void compare(test_run *run, const snapshot *before, const snapshot *after, int failed) {
  char line[1200];
  CHECK(!dump_differs(before->settings, after->settings, line, sizeof(line)),
        "a setting has changed:\n%s", line);
  if (failed) {
    CHECK(!dump_differs(before->content, after->content, line, sizeof(line)),
          "it failed, and yet something has changed:\n%s", line);
    CHECK(!dump_differs(before->health, after->health, line, sizeof(line)),
          "integrity_check after the failure:\n%s", line);
  } else if (strcmp(before->health, "|tok\n") == 0) {
    CHECK(strcmp(after->health, "|tok\n") == 0, "integrity_check: %s", after->health);
  } else {
    CHECK(count_lines(after->health) <= count_lines(before->health), "integrity_check: %s",
          after->health);
  }
}

/* ---- expectations ---------------------------------------------------------------------------- */

static void print_value(sqlite3_str *out, sqlite3_stmt *s, int i) {
  if (sqlite3_column_type(s, i) == SQLITE_NULL) {
    sqlite3_str_appendall(out, "NULL");
  } else if (sqlite3_column_type(s, i) == SQLITE_BLOB) {
    const unsigned char *z = (const unsigned char *)sqlite3_column_blob(s, i);
    int n = sqlite3_column_bytes(s, i), at;
    sqlite3_str_appendall(out, "x'");
    for (at = 0; at < n; at++) sqlite3_str_appendf(out, "%02X", z[at]);
    sqlite3_str_appendall(out, "'");
  } else {
    sqlite3_str_appendall(out, (const char *)sqlite3_column_text(s, i));
  }
}

static char *answer(sqlite3 *db, const char *sql) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  int rows = 0, i, rc = sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) {
    rc = sqlite3_step(s);
    if (rc != SQLITE_ROW) break;
    if (rows++) sqlite3_str_appendall(out, " ~ ");
    for (i = 0; i < sqlite3_column_count(s); i++) {
      if (i) sqlite3_str_appendall(out, "|");
      print_value(out, s, i);
    }
  }
  sqlite3_finalize(s);
  if (rc != SQLITE_DONE) {
    sqlite3_str_appendf(out, "error: %s", sqlite3_errmsg(db));
  } else if (!rows) {
    sqlite3_str_appendall(out, "(none)");
  }
  return sqlite3_str_finish(out);
}

static void expect(test_run *run, sqlite3 *db, const test_line *line) {
  char *got = answer(db, line->text);
  CHECK(strcmp(got ? got : "", line->want) == 0, "line %d: %s\nwant: %s\n got: %s", line->number,
        line->text, line->want, got ? got : "");
  sqlite3_free(got);
}

static void follow(test_run *run, const test_line *line) {
  int second = line->kind == CONN2 || line->kind == CONN2_EXPECT;
  sqlite3 *db = second ? run->second : run->db;
  int rc;
  CHECK(db, "line %d: there is no second connection", line->number);
  if (line->kind == EXPECT || line->kind == CONN2_EXPECT) {
    expect(run, db, line);
    return;
  }
  rc = sqlite3_exec(db, line->text, 0, 0, 0);
  if (line->kind == THEN_ERROR) {
    CHECK(rc != SQLITE_OK, "line %d: this should fail: %s", line->number, line->text);
  } else {
    CHECK(rc == SQLITE_OK, "line %d: %s\n%s", line->number, line->text, sqlite3_errmsg(db));
  }
}

/* ---- one test -------------------------------------------------------------------------------- */

/* Plain SQL alone needs foreign_keys=OFF and a BEGIN of its own. */
static int must_refuse(const test_run *run) {
  return run->rung == PORTABLE && !sqlite3_get_autocommit(run->db);
}

static void judge(const test_run *run, int rc, int refused) {
  const char *outcome = run->file->outcome;
  if (refused) {
    CHECK(rc != 0, "rebuild=portable inside a transaction must be refused");
  } else if (strcmp(outcome, "ok") == 0) {
    CHECK(rc == 0, "%s\nerror %d: %s", run->file->alter, rc, run->error);
  } else if (strcmp(outcome, "error") == 0) {
    CHECK(rc != 0, "%s\nshould fail", run->file->alter);
  }
}

/* Ends the transaction that this surrounding opened, and puts back what it set. */
static void end_transaction(test_run *run) {
  int rc;
  if (!run->own_transaction) return;
  CHECK(sqlite3_get_autocommit(run->db) == 0, "the caller's transaction is gone");
  rc = sqlite3_exec(run->db, "COMMIT", 0, 0, 0);
  CHECK(rc == SQLITE_OK, "COMMIT: %s", sqlite3_errmsg(run->db));
  sqlite3_exec(run->db,
               run->had_foreign_keys ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF", 0, 0,
               0);
}

static void run_case(void **state) {
  test_run *run = (test_run *)*state;
  snapshot before, after;
  int rc, i, refused;
  if (!set_up(run)) {
    tear_down(run);
    print_message("skipped: SQLite %s is too old for a set-up\n", sqlite3_libversion());
    skip();
  }
  before = look(run->db);
  refused = must_refuse(run);
  rc = change(run);
  after = look(run->db);
  judge(run, rc, refused);
  compare(run, &before, &after, rc != 0);
  forget(&before);
  forget(&after);
  end_transaction(run);
  if (!refused || strcmp(run->file->outcome, "ok") != 0) {
    for (i = 0; i < run->file->count; i++) follow(run, &run->file->line[i]);
  }
  tear_down(run);
}

/* ---- which surroundings apply ---------------------------------------------------------------- */

static int applies(const test_run *run) {
  const test_file *file = run->file;
  int by_function = strncmp(file->env, "call-", 5) == 0;
  if (strcmp(file->env, "file") == 0 && run->store == MEMORY) return 0;
  if (strcmp(file->env, "edits") == 0 && run->rung != AUTO) return 0;
  if (run->rung == HOSTED && run->store != (strcmp(file->env, "file") == 0 ? JOURNAL : MEMORY)) {
    return 0; /* where the rows are is all the same to it */
  }
  if (by_function != (run->caller == FROM_SQL)) {
    /* beside those that ask for it, the function runs each file once, in memory */
    return run->caller == FROM_SQL && run->store == MEMORY && run->frame == PLAIN &&
           run->rung == AUTO && strcmp(file->env, "open-reader") != 0;
  }
  return run->frame == PLAIN ||
         (!strstr(file->setup, "BEGIN;") && strcmp(file->env, "autocommit") != 0);
}

static int add_runs(const test_file *file, struct CMUnitTest *tests, int n) {
  static const char *const store[] = {"memory", "journal", "wal"};
  int i;
  for (i = 0; i < 36; i++) {
    test_run *run = (test_run *)calloc(1, sizeof(test_run));
    run->file = file;
    run->store = i % 3;
    run->frame = i / 3 % 2;
    run->rung = i / 6 % 3;
    run->caller = i / 18;
    if (!applies(run)) {
      free(run);
      continue;
    }
    snprintf(run->name, sizeof(run->name), "%s [%s%s%s%s]", file->name, store[run->store],
             run->frame == TRANSACTION ? ", in a transaction" : "",
             run->rung == PORTABLE ? ", portable" : run->rung == HOSTED ? ", hosted" : "",
             run->caller == FROM_SQL ? ", by the SQL function" : "");
    memset(&tests[n], 0, sizeof(tests[n]));
    tests[n].name = run->name;
    tests[n].test_func = run_case;
    tests[n++].initial_state = run;
  }
  return n;
}

int main(void) {
  test_file *files = (test_file *)calloc(MAX_FILES, sizeof(test_file));
  struct CMUnitTest *tests = (struct CMUnitTest *)calloc(MAX_FILES * 36, sizeof(*tests));
  int n = read_folder(files), count = 0, i;
  name_database();
  for (i = 0; i < n; i++) count = add_runs(&files[i], tests, count);
  return count ? _cmocka_run_group_tests("alter", tests, (size_t)count, 0, 0) : 1;
}
