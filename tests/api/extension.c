/* The extension, linked statically as an application does it: what it registers, who may call it,
** arguments, settings, loading twice, loading without memory. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp: for the test alone */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SQLITE_CORE 1
#include "../../ext/migrate.c"

/* ---- memory that runs out ---- */

static sqlite3_mem_methods real_memory;
static int allocations_left = -1; /* below 0: no limit */

static int memory_is_out(void) {
  if (allocations_left < 0) return 0;
  if (allocations_left > 0) {
    allocations_left--;
    return 0;
  }
  return 1;
}

static void *failing_malloc(int n) { return memory_is_out() ? 0 : real_memory.xMalloc(n); }
static void *failing_realloc(void *p, int n) {
  return memory_is_out() ? 0 : real_memory.xRealloc(p, n);
}

static int set_up_memory(void **state) {
  sqlite3_mem_methods failing;
  (void)state;
  sqlite3_shutdown();
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory)) return -1;
  failing = real_memory;
  failing.xMalloc = failing_malloc;
  failing.xRealloc = failing_realloc;
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing)) return -1;
  return sqlite3_initialize();
}

/* ---- a connection ---- */

static sqlite3 *db;

static int open_db(void **state) {
  (void)state;
  if (sqlite3_open(":memory:", &db)) return -1;
  return sqlite3_migrate_init(db, 0, 0);
}

static int close_db(void **state) {
  (void)state;
  return sqlite3_close(db);
}

/* The first column of the first row, or the error's message behind "error: ". */
static const char *ask(const char *sql) {
  static char answer[4000];
  sqlite3_stmt *s = 0;
  const char *z = "";
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    z = (const char *)sqlite3_column_text(s, 0);
    sqlite3_snprintf((int)sizeof(answer), answer, "%s", z ? z : "NULL");
  } else if (sqlite3_errcode(db) != SQLITE_DONE) {
    sqlite3_snprintf((int)sizeof(answer), answer, "error: %s", sqlite3_errmsg(db));
  } else {
    answer[0] = 0;
  }
  sqlite3_finalize(s);
  return answer;
}

static void expect(const char *sql, const char *answer) {
  const char *given = ask(sql);
  if (strcmp(given, answer) != 0) fail_msg("%s\n  answers  %s\n  wanted   %s", sql, given, answer);
}

static void expect_part(const char *sql, const char *part) {
  const char *given = ask(sql);
  if (!strstr(given, part)) fail_msg("%s\n  answers  %s\n  wanted   ..%s..", sql, given, part);
}

static void run(const char *sql) {
  char *message = 0;
  if (sqlite3_exec(db, sql, 0, 0, &message)) fail_msg("%s\n  %s", sql, message);
}

/* ---- what is registered ---- */

static void version(void **state) {
  (void)state;
  expect("SELECT migrate_version()", MIGRATE_VERSION);
}

/* Every function is DIRECTONLY and none INNOCUOUS; the version alone is DETERMINISTIC. */
static void flags(void **state) {
  (void)state;
  expect("SELECT count(*) >= 14 FROM pragma_function_list "
         "WHERE name LIKE 'migrate\\_%' ESCAPE '\\'",
         "1");
  expect("SELECT group_concat(name) FROM pragma_function_list "
         "WHERE name LIKE 'migrate\\_%' ESCAPE '\\' AND (flags & 0x80000 = 0 "
         "OR flags & 0x200000 <> 0 OR (flags & 0x800 <> 0 AND name <> 'migrate_version'))",
         "NULL");
}

static void calls_out_of_the_schema(void **state) {
  static const char *const trusted[] = {"PRAGMA trusted_schema = ON",
                                        "PRAGMA trusted_schema = OFF"};
  sqlite3_stmt *s;
  int i;
  (void)state;
  run("CREATE TABLE t(a); INSERT INTO t VALUES(1);");
  for (i = 0; i < 2; i++) {
    int tables_seen = 0;
    run(trusted[i]);
    assert_int_equal(
      sqlite3_prepare_v2(db, "SELECT name FROM pragma_module_list "
                             "WHERE name LIKE 'migrate\\_%' ESCAPE '\\'", -1, &s, 0), 0);
    for (; sqlite3_step(s) == SQLITE_ROW; tables_seen++) {
      char *view = sqlite3_mprintf("CREATE VIEW tv AS SELECT * FROM %s", sqlite3_column_text(s, 0));
      char *unsafe = sqlite3_mprintf("unsafe use of virtual table \"%s\"",
                                     sqlite3_column_text(s, 0));
      run(view);
      expect_part("SELECT * FROM tv", unsafe);
      run("DROP VIEW tv");
      sqlite3_free(view);
      sqlite3_free(unsafe);
    }
    sqlite3_finalize(s);
    assert_true(tables_seen >= 6);
    assert_int_equal(
      sqlite3_prepare_v2(db, "SELECT name, narg FROM pragma_function_list "
                             "WHERE name LIKE 'migrate\\_%' ESCAPE '\\' AND name <> "
                             "'migrate_version'", -1, &s, 0), 0);
    while (sqlite3_step(s) == SQLITE_ROW) {
      const char *name = (const char *)sqlite3_column_text(s, 0);
      int narg = sqlite3_column_int(s, 1);
      const char *arguments = narg == 0 ? "" : narg == 1 ? "'x'" : "'x','y'";
      char *view = sqlite3_mprintf("CREATE TEMP VIEW no AS SELECT 1; DROP VIEW no;"
                                   "CREATE VIEW v AS SELECT %s(%s)", name, arguments);
      char *trigger = sqlite3_mprintf("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT %s(%s); END",
                                      name, arguments);
      char *unsafe = sqlite3_mprintf("error: unsafe use of %s()", name);
      run(view);
      expect("SELECT * FROM v", unsafe);
      run("DROP VIEW v");
      run(trigger);
      expect("INSERT INTO t VALUES(2)", unsafe);
      run("DROP TRIGGER r");
      sqlite3_free(view);
      sqlite3_free(trigger);
      sqlite3_free(unsafe);
    }
    sqlite3_finalize(s);
  }
  if (sqlite3_exec(db, "CREATE TABLE c(a CHECK(migrate_exec('SELECT 1')))", 0, 0, 0) == SQLITE_OK) {
    expect("INSERT INTO c VALUES(1)", "error: migrate functions are called in a SELECT of their "
           "own, not while a statement writes: INSERT INTO c VALUES(1)");
  } else { /* from SQLite 3.54 on */
    assert_string_equal(sqlite3_errmsg(db), "unsafe use of migrate_exec()");
  }
  run("CREATE TABLE d(a, b DEFAULT(migrate_exec('SELECT 1')))");
  expect("INSERT INTO d(a) VALUES(1)", "error: unsafe use of migrate_exec()");
  expect_part("CREATE TABLE g(a, b AS (migrate_exec('SELECT 1')))", "error: ");
  expect_part("CREATE INDEX i ON t(migrate_exec('SELECT 1'))", "error: ");
  expect_part("CREATE INDEX i ON t(a) WHERE migrate_exec('SELECT 1')", "error: ");
}

/* What a file may bring: calls where CREATE does not take them, written on a connection to which
** such a function is harmless. */
static void harmless(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  (void)argv;
  sqlite3_result_int(context, 1);
}

static sqlite3 *make_hostile(const char *sql) {
  static const char *const names[] = {"migrate_exec", "migrate_config", "migrate_init",
                                      "migrate_revision"};
  sqlite3 *file = 0;
  size_t i;
  assert_int_equal(sqlite3_open(":memory:", &file), 0);
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    sqlite3_create_function(file, names[i], -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0, harmless, 0,
                            0);
  }
  assert_int_equal(sqlite3_exec(file, sql, 0, 0, 0), 0);
  return file;
}

/* Takes a copy of the file, tries a statement, and looks for traces of a call; also where the
** connection has read the schema before it knew our functions. */
static void try_hostile(sqlite3 *file, const char *sql, int trusted, int early) {
  sqlite3_backup *copy;
  assert_int_equal(sqlite3_open(":memory:", &db), 0);
  copy = sqlite3_backup_init(db, "main", file, "main");
  assert_int_equal(sqlite3_backup_step(copy, -1), SQLITE_DONE);
  sqlite3_backup_finish(copy);
  if (early) run("SELECT count(*) FROM sqlite_master");
  assert_int_equal(sqlite3_migrate_init(db, 0, 0), 0);
  run(trusted ? "PRAGMA trusted_schema = ON" : "PRAGMA trusted_schema = OFF");
  sqlite3_exec(db, sql, 0, 0, 0);
  if (sqlite3_exec(db, "SELECT 1 FROM traced", 0, 0, 0) == SQLITE_OK) fail_msg("%s: exec", sql);
  expect("SELECT migrate_config('backup')", "");
  if (access("traced", F_OK) == 0 || access("migrations", F_OK) == 0) fail_msg("%s: file", sql);
  assert_int_equal(sqlite3_close(db), 0);
}

static void calls_out_of_a_file(void **state) {
  static const char *const calls[] = {"migrate_exec('CREATE TABLE traced(a)')",
                                      "migrate_config('backup', 'traced')",
                                      "migrate_init('traced')", "migrate_revision('traced')"};
  static const char *const schemas[] = {
      "CREATE TABLE t(a CHECK (%s IS NOT 'x'), b); INSERT INTO t VALUES (1, 2)",
      "CREATE TABLE t(a DEFAULT (%s), b); INSERT INTO t VALUES (1, 2)",
      "CREATE TABLE t(b, a AS (%s)); INSERT INTO t(b) VALUES (1)",
      "CREATE TABLE t(b, a AS (%s) STORED); INSERT INTO t(b) VALUES (1)",
      "CREATE TABLE t(a, b); CREATE INDEX i ON t(%s || b); INSERT INTO t VALUES (1, 2)",
      "CREATE TABLE t(a, b); CREATE INDEX i ON t(b) WHERE %s; INSERT INTO t VALUES (1, 2)",
      "CREATE TABLE u(a, b); CREATE VIEW t AS SELECT %s AS a, 2 AS b",
      "CREATE TABLE t(a, b); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT %s; END;"
      "INSERT INTO t VALUES (1, 2)"};
  static const char *const statements[] = {
      "PRAGMA quick_check", "PRAGMA integrity_check", "PRAGMA main.integrity_check(1)",
      "SELECT * FROM pragma_quick_check", "SELECT a, b FROM t", "INSERT INTO t(b) VALUES (3)",
      "UPDATE t SET b = 4", "DELETE FROM t", "ALTER TABLE t ADD COLUMN c DEFAULT 1 CHECK (c > 0)",
      "REINDEX", "ANALYZE", "VACUUM", "SELECT migrate_exec('ALTER TABLE t ALTER b TYPE TEXT')",
      "SELECT migrate_exec('ALTER TABLE t ALTER b SET NOT NULL')",
      "SELECT migrate_exec('ALTER TABLE t ADD d FIRST, ADD CHECK (b > 0)')",
      "SELECT migrate_exec('ALTER TABLE t SET STRICT')",
      "SELECT * FROM migrate_explain('ALTER TABLE t DROP b')", "SELECT migrate_verify()",
      "SELECT * FROM migrate_diff('CREATE TABLE t(a)')"};
  char folder[] = "/tmp/migrate-hostile-XXXXXX", home[4096], command[100];
  size_t c, k, i;
  (void)state;
  assert_true(getcwd(home, sizeof(home)) && mkdtemp(folder) && chdir(folder) == 0);
  for (c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
    for (k = 0; k < sizeof(schemas) / sizeof(schemas[0]); k++) {
      char *schema = sqlite3_mprintf(schemas[k], calls[c]);
      sqlite3 *file = make_hostile(schema);
      for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        try_hostile(file, statements[i], (i + c) % 2 != 0, 0);
        try_hostile(file, statements[i], (i + c) % 2 != 0, 1);
      }
      sqlite3_close(file);
      sqlite3_free(schema);
    }
  }
  sqlite3_snprintf((int)sizeof(command), command, "rm -rf %s", folder);
  assert_int_equal(chdir(home) || system(command), 0);
}

/* 33: where a statement would call a function for each of its rows, while it writes, or out of a
** script that is running, the call is refused: nothing is done, and never twice. */
static void called_again_and_again(void **state) {
  static const char *const statements[] = {
      "SELECT migrate_exec('INSERT INTO done VALUES (1)') FROM t",
      "SELECT a, migrate_exec('INSERT INTO done VALUES (1)') FROM t ORDER BY a DESC",
      "SELECT a FROM t WHERE migrate_exec('INSERT INTO done VALUES (1)') > a",
      "SELECT (SELECT migrate_exec('INSERT INTO done VALUES (a)')) FROM t",
      "SELECT count(*) FROM t GROUP BY migrate_exec('INSERT INTO done VALUES (1)')",
      "SELECT a FROM t UNION ALL SELECT migrate_exec('INSERT INTO done VALUES (1)') FROM t",
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + migrate_exec("
      "'INSERT INTO done VALUES (1)') FROM c LIMIT 3) SELECT i, a FROM c, t",
      "INSERT INTO t VALUES (9) RETURNING migrate_exec('INSERT INTO done VALUES (1)')",
      "UPDATE t SET a = a + 1 RETURNING migrate_exec('INSERT INTO done VALUES (1)')",
      "DELETE FROM t RETURNING migrate_exec('INSERT INTO done VALUES (1)')",
      "UPDATE t SET a = migrate_exec('INSERT INTO done VALUES (1)')",
      "INSERT INTO t SELECT migrate_exec('INSERT INTO done VALUES (1)')",
      "CREATE TABLE n AS SELECT migrate_exec('INSERT INTO done VALUES (1)') AS a",
      "SELECT migrate_exec('SELECT migrate_exec(''INSERT INTO done VALUES (1)'')')",
      "SELECT migrate_exec('INSERT INTO done VALUES (migrate_exec(''SELECT 1''))')",
      "SELECT migrate_exec('UPDATE t SET a = migrate_exec(''INSERT INTO done VALUES (1)'')')",
      "SELECT migrate_exec('CREATE TEMP VIEW w AS SELECT migrate_upgrade(); SELECT * FROM w')"};
  size_t i;
  (void)state;
  run("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3); CREATE TABLE done(a)");
  for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
    sqlite3_stmt *s = 0;
    int rc = sqlite3_prepare_v2(db, statements[i], -1, &s, 0);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) rc = sqlite3_step(s);
    sqlite3_finalize(s);
    if (rc == SQLITE_DONE) fail_msg("%s: no error", statements[i]);
    assert_true(sqlite3_get_autocommit(db));
    expect("SELECT count(*) FROM done", "0");
    expect("SELECT group_concat(a) FROM t", "1,2,3");
  }
  /* Twice in one statement is twice a call, each whole. */
  expect("SELECT migrate_exec('INSERT INTO done VALUES (1)') + "
         "migrate_exec('INSERT INTO done VALUES (2)')", "2");
  expect("SELECT (SELECT migrate_exec('INSERT INTO done VALUES (3)'))", "1");
  expect("SELECT group_concat(a) FROM done", "1,2,3");
}

/* ---- arguments ---- */

static void arguments(void **state) {
  (void)state;
  expect("SELECT migrate_exec(NULL)", "error: the script is NULL");
  expect("SELECT migrate_exec('SELECT 1' || char(0) || 'x')", "error: the script holds a NUL byte");
  expect_part("SELECT migrate_exec()", "error: wrong number of arguments");
  expect("SELECT migrate_merge('heads')", "error: the message is missing");
  expect("SELECT migrate_revision(NULL)", "error: the message is NULL");
  expect("SELECT migrate_revision('x', '--nothing')",
         "error: unknown option '--nothing'; known are --splice, --branch-label=, --version-path=, "
         "--rev-id=, --depends-on=, --head=, --autogenerate, --from-revisions, --target=");
  expect("SELECT migrate_revision('x', '--head=a', '--head=b')",
         "error: option --head= is given twice");
  expect("SELECT migrate_revision('x', '--head')",
         "error: option --head needs a value, as in --head=..");
  expect("SELECT migrate_revision('x', '--splice=1')",
         "error: unknown option '--splice=1'; known are --splice, --branch-label=, "
         "--version-path=, --rev-id=, --depends-on=, --head=, --autogenerate, --from-revisions, "
         "--target=");
  expect("SELECT migrate_revision()", "error: the message is missing");
  expect("SELECT migrate_revision('x', '--target=main')",
         "error: --target goes with --autogenerate");
  expect("SELECT migrate_downgrade(NULL)", "error: the target is NULL");
  expect_part("SELECT migrate_downgrade()", "error: wrong number of arguments");
  expect_part("SELECT migrate_upgrade('head', '--sql', '--tag=t', '--dialect=d1')",
              "error: Path doesn't exist");
  expect_part("SELECT migrate_downgrade('base', '--sql', '--tag=t', '--dialect=d1')",
              "error: Path doesn't exist");
  expect("SELECT migrate_stamp()", "error: the target is missing");
  expect("SELECT migrate_stamp('head', '--force')",
         "error: unknown option '--force'; known are --sql, --tag=, --dialect=, --purge");
  expect("SELECT * FROM migrate_explain", "error: migrate_explain() needs an argument: the script");
  expect("SELECT * FROM migrate_explain(NULL)", "error: the script is NULL");
  expect_part("SELECT * FROM migrate_explain('SELECT 1', 2)", "error: too many arguments");
}

static void exec_answers(void **state) {
  (void)state;
  expect("SELECT migrate_exec('CREATE TABLE t(a); INSERT INTO t VALUES(1)')", "2");
  expect("SELECT a FROM t", "1");
  expect("SELECT migrate_exec('')", "0");
  expect_part("SELECT migrate_exec('SELECT * FROM nowhere')", "error: ");
  expect_part("SELECT migrate_exec('SELECT * FROM nowhere')", "no such table: nowhere");
  expect_part("SELECT migrate_exec('SELECT migrate_exec(''SELECT 1'')')",
              "migrate is already running on this connection");
  expect("SELECT migrate_exec('SELECT 1')", "1"); /* and is not so for ever */
}

/* A call that fails inside a transaction of the caller's, at a statement of any kind, takes back
** its own work alone: the transaction stays open, and no savepoint of ours in it. */
static void fails_in_a_transaction(void **state) {
  static const char *const scripts[] = {
      "nonsense",
      "CREATE TABLE sqlite_x(a)",
      "CREATE TABLE q(a); CREATE TABLE q(a)",
      "CREATE TABLE q(a); DROP TABLE nowhere",
      "INSERT INTO t VALUES(2); INSERT INTO nowhere VALUES(1)",
      "INSERT INTO t VALUES(2); INSERT INTO t VALUES(2)",
      "SELECT 1; nonsense",
      "ALTER TABLE t ADD UNIQUE(b)",
      "CREATE TABLE q(a); ALTER TABLE t ALTER COLUMN nowhere TYPE TEXT"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    char *sql = sqlite3_mprintf("SELECT migrate_exec(%Q)", scripts[i]);
    run("BEGIN; CREATE TABLE t(a PRIMARY KEY); INSERT INTO t VALUES(1)");
    expect_part(sql, "error: ");
    if (strstr(ask(sql), "rolled")) fail_msg("%s", sqlite3_errmsg(db));
    expect("SELECT group_concat(a) || (SELECT count(*) FROM sqlite_master) FROM t", "12");
    assert_false(sqlite3_get_autocommit(db));
    assert_int_not_equal(sqlite3_exec(db, "RELEASE migrate", 0, 0, 0), 0);
    run("ROLLBACK");
    sqlite3_free(sql);
  }
}

/* Statements of the host that are still reading are named, and nothing is changed. */
static void statements_that_read(void **state) {
  sqlite3_stmt *s;
  (void)state;
  run("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 4); CREATE TABLE u(x);");
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT b FROM t", -1, &s, 0), 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  expect_part("SELECT migrate_exec('ALTER TABLE t DROP COLUMN a')", "SELECT b FROM t");
  assert_int_equal(sqlite3_errcode(db) & 0xff, SQLITE_ERROR);
  sqlite3_reset(s);
  expect_part("SELECT migrate_exec('ALTER TABLE u ADD y') FROM t", "without FROM");
  expect_part("INSERT INTO u SELECT migrate_exec('ALTER TABLE t DROP COLUMN a')",
              "not while a statement writes");
  expect("SELECT count(*) FROM u", "0");
  expect("SELECT group_concat(sql) FROM sqlite_master", "CREATE TABLE t(a, b),CREATE TABLE u(x)");
  expect("SELECT migrate_exec('ALTER TABLE t DROP COLUMN a')", "1");
  expect("SELECT sql FROM sqlite_master", "CREATE TABLE t(b)");
  sqlite3_finalize(s);
  assert_true(sqlite3_get_autocommit(db));
}

/* Text goes through SQLite's own conversion, so that the database's encoding is all the same. */
static void utf16(void **state) {
  (void)state;
  run("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(\"gr\303\266\303\237e\" TEXT, b);"
      "INSERT INTO t VALUES('\303\251', 1);");
  expect("SELECT migrate_exec('ALTER TABLE t ALTER COLUMN \"gr\303\266\303\237e\" SET NOT NULL, "
         "DROP COLUMN b')", "1");
  expect("SELECT sql FROM sqlite_master", "CREATE TABLE t(\"gr\303\266\303\237e\" TEXT NOT NULL)");
  expect("SELECT * FROM t", "\303\251");
  expect("SELECT reason > '' FROM migrate_explain('ALTER TABLE t RENAME TO \303\274')", "1");
}

/* ---- settings ---- */

static void settings(void **state) {
  (void)state;
  expect("SELECT migrate_config('journal')", "on");
  expect("SELECT migrate_config('journal', 'off')", "off");
  expect("SELECT migrate_config('journal')", "off");
  expect("SELECT migrate_config('JOURNAL', 'no')", "no");
  expect("SELECT migrate_config('journal', NULL)", "NULL");
  expect("SELECT migrate_config('journal')", "on");
  expect("SELECT migrate_config('jurnal')", "error: unknown setting jurnal; did you mean journal?");
  expect("SELECT migrate_config('jurnal', 1)",
         "error: unknown setting jurnal; did you mean journal?");
  expect("SELECT migrate_config('jurnal', NULL)",
         "error: unknown setting jurnal; did you mean journal?");
  expect("SELECT migrate_config('journal', 2)",
         "error: setting journal must be on or off, not '2'");
  expect("SELECT migrate_config(NULL)", "error: the name of the setting is NULL");
  expect("SELECT migrate_config('file', '/no/such/migrate.ini')", "/no/such/migrate.ini");
  expect("SELECT migrate_config('journal')",
         "error: cannot read /no/such/migrate.ini: there is no such file or folder");
  expect("SELECT migrate_config('file', NULL)", "NULL");
  expect("SELECT migrate_config('journal')", "on");
}

/* A setting belongs to one connection. */
static void settings_are_apart(void **state) {
  sqlite3 *first = db;
  (void)state;
  expect("SELECT migrate_config('busy_timeout', 7)", "7");
  assert_int_equal(open_db(0), 0);
  expect("SELECT migrate_config('busy_timeout')", "5000");
  assert_int_equal(close_db(0), 0);
  db = first;
  expect("SELECT migrate_config('busy_timeout')", "7");
}

/* ---- loading ---- */

static void twice(void **state) {
  sqlite3_stmt *s;
  (void)state;
  expect("SELECT migrate_config('busy_timeout', 7)", "7");
  assert_int_equal(sqlite3_migrate_init(db, 0, 0), 0);
  expect("SELECT migrate_config('busy_timeout')", "7");
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT migrate_version()", -1, &s, 0), 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW); /* from within a statement, as load_extension() */
  assert_int_equal(sqlite3_migrate_init(db, 0, 0), 0);
  sqlite3_finalize(s);
}

/* Whether a connection may load more extensions is the host's decision. */
static void load_extension_stays(void **state) {
  int value, allowed;
  (void)state;
  for (value = 0; value < 2; value++) {
    sqlite3 *other = 0;
    assert_int_equal(sqlite3_open(":memory:", &other), 0);
    sqlite3_db_config(other, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, value, &allowed);
    assert_int_equal(sqlite3_migrate_init(other, 0, 0), 0);
    assert_int_equal(sqlite3_exec(other, "SELECT migrate_exec('CREATE TABLE t(a)')", 0, 0, 0), 0);
    sqlite3_db_config(other, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &allowed);
    assert_int_equal(allowed, value);
    sqlite3_close(other);
  }
}

/* Closing while a table is in use elsewhere must not free what it needs. */
static void closing(void **state) {
  sqlite3_stmt *s;
  (void)state;
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM migrate_explain('SELECT 1')", -1, &s, 0),
                   0);
  sqlite3_step(s);
  sqlite3_close_v2(db);
  sqlite3_finalize(s);
  assert_int_equal(sqlite3_open(":memory:", &db), 0);
}

static void without_memory(void **state) {
  int n, rc = SQLITE_NOMEM;
  (void)state;
  for (n = 0; rc != SQLITE_OK; n++) {
    char *message = 0;
    sqlite3_int64 before = sqlite3_memory_used();
    assert_true(n < 10000);
    assert_int_equal(sqlite3_open(":memory:", &db), 0);
    expect("SELECT 1", "1");
    allocations_left = n;
    rc = sqlite3_migrate_init(db, &message, 0);
    allocations_left = -1;
    sqlite3_free(message);
    if (rc == SQLITE_OK) {
      expect("SELECT migrate_version()", MIGRATE_VERSION);
    } else {
      expect("SELECT count(*) FROM pragma_function_list WHERE name LIKE 'migrate%'", "0");
      expect("SELECT count(*) FROM pragma_module_list WHERE name LIKE 'migrate%'", "0");
    }
    assert_int_equal(sqlite3_close(db), 0);
    assert_int_equal(sqlite3_memory_used(), before);
  }
  assert_true(n > 10);
}

/* The same for calls: an error, then a connection that works, and nothing lost. */
static void calls_without_memory(void **state) {
  static const char *const calls[] = {
    "SELECT migrate_config('journal', 'off')", "SELECT migrate_config('journal')",
    "SELECT migrate_exec('CREATE TABLE t(a)')", "SELECT * FROM migrate_explain('SELECT 1')",
    "SELECT migrate_init('migrations')", "SELECT migrate_revision('one')",
    "SELECT migrate_revision('two', '--depends-on=aaaa', '--depends-on=bbbb')"};
  char folder[] = "/tmp/migrate-extension-XXXXXX", home[4096], command[100];
  size_t i;
  (void)state;
  assert_true(getcwd(home, sizeof(home)) && mkdtemp(folder) && chdir(folder) == 0);
  for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
    int n, done = 0;
    for (n = 0; !done; n++) {
      sqlite3_int64 before = sqlite3_memory_used();
      sqlite3_stmt *s = 0;
      assert_true(n < 10000);
      assert_int_equal(open_db(0), 0);
      assert_int_equal(sqlite3_prepare_v2(db, calls[i], -1, &s, 0), 0);
      allocations_left = n;
      done = sqlite3_step(s) != SQLITE_NOMEM && allocations_left > 0;
      allocations_left = -1;
      sqlite3_finalize(s);
      expect("SELECT migrate_config('busy_timeout')", "5000");
      assert_int_equal(close_db(0), 0);
      assert_int_equal(sqlite3_memory_used(), before);
    }
  }
  sqlite3_snprintf((int)sizeof(command), command, "rm -rf %s", folder);
  assert_int_equal(chdir(home) || system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(version, open_db, close_db),
    cmocka_unit_test_setup_teardown(flags, open_db, close_db),
    cmocka_unit_test_setup_teardown(calls_out_of_the_schema, open_db, close_db),
    cmocka_unit_test(calls_out_of_a_file),
    cmocka_unit_test_setup_teardown(called_again_and_again, open_db, close_db),
    cmocka_unit_test_setup_teardown(arguments, open_db, close_db),
    cmocka_unit_test_setup_teardown(exec_answers, open_db, close_db),
    cmocka_unit_test_setup_teardown(fails_in_a_transaction, open_db, close_db),
    cmocka_unit_test_setup_teardown(statements_that_read, open_db, close_db),
    cmocka_unit_test_setup_teardown(utf16, open_db, close_db),
    cmocka_unit_test_setup_teardown(settings, open_db, close_db),
    cmocka_unit_test_setup_teardown(settings_are_apart, open_db, close_db),
    cmocka_unit_test_setup_teardown(twice, open_db, close_db),
    cmocka_unit_test(load_extension_stays),
    cmocka_unit_test_setup_teardown(closing, open_db, close_db),
    cmocka_unit_test(without_memory),
    cmocka_unit_test(calls_without_memory),
  };
  return cmocka_run_group_tests(tests, set_up_memory, 0);
}
