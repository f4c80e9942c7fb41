/* Scripts for Cloudflare D1: what D1 cannot do is refused by name before anything is printed, and
** what a script says when a guard stops it. That the rows are right is shown in tests/d1. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static sqlite3 *db;
static char error[2000];

static const char start[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, a INT, f TEXT);"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);"
    "INSERT INTO p VALUES (1, 1, 'x'), (2, NULL, 'y'); INSERT INTO c VALUES (1, 1), (2, 2);"
    "PRAGMA foreign_keys = ON";

static int open_start(void **state) {
  (void)state;
  return sqlite3_open(":memory:", &db) || sqlite3_exec(db, start, 0, 0, 0);
}

static int close_start(void **state) {
  (void)state;
  return sqlite3_close(db);
}

/* The script of one revision, for free(); NULL: refused, and error says why. */
static char *script_of(const char *up) {
  migrate_revision r;
  migrate_options options;
  migrate *m;
  char *script = 0;
  memset(&r, 0, sizeof(r));
  memset(&options, 0, sizeof(options));
  r.id = "a";
  r.upgrade = up;
  options.errbuf = error;
  options.nerrbuf = (int)sizeof(error);
  migrate_open(db, &options, &m);
  migrate_add(m, &r, 1);
  migrate_set(m, "dialect", "d1");
  if (migrate_script(m, "upgrade", "head", 0) == MIGRATE_OK) {
    script = (char *)calloc(1, strlen(migrate_result(m)) + 1);
    if (script) strcpy(script, migrate_result(m));
  }
  migrate_close(m);
  return script;
}

static void refused(const char *up, const char *why) {
  char *script = script_of(up);
  assert_null(script);
  if (!strstr(error, why)) assert_string_equal(error, why);
}

static void refuses_by_name(void **state) {
  (void)state;
  refused("CREATE TEMP TABLE t(a)", "Cloudflare D1 refuses CREATE TEMP");
  refused("CREATE TEMPORARY VIEW v AS SELECT 1", "Cloudflare D1 refuses CREATE TEMP");
  refused("PRAGMA user_version = 3", "Cloudflare D1 refuses PRAGMA user_version");
  refused("CREATE VIRTUAL TABLE v USING rtree(a, b, c)", "Cloudflare D1 refuses the module rtree");
  refused("CREATE VIEW v AS SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 "
          "UNION SELECT 6; SELECT * FROM v",
          "too many terms in compound SELECT");
  refused("DROP TABLE p", "table p is dropped and c references it");
  refused("ALTER TABLE p ADD CONSTRAINT n CHECK (a > 0), ALTER a SET NOT NULL; VACUUM",
          "VACUUM");
}

static void refuses_long_statements(void **state) {
  size_t n = 100100;
  char *sql = (char *)malloc(n);
  (void)state;
  memset(sql, 'x', n);
  memcpy(sql, "SELECT '", 8);
  memcpy(sql + n - 2, "'", 2);
  refused(sql, "Cloudflare D1 takes no statement of 100099 bytes: SELECT 'xxx");
  free(sql);
}

static void takes_the_rest(void **state) {
  char *script = script_of("PRAGMA optimize; PRAGMA table_info(p); CREATE VIRTUAL TABLE IF NOT "
                           "EXISTS f USING fts5(x); SELECT 'BEGIN'");
  (void)state;
  assert_non_null(script);
  assert_non_null(strstr(script, "USING fts5(x)"));
  free(script);
}

/* In a section outside of the transaction: there is none in D1. */
static void refuses_other_transactions(void **state) {
  migrate *m;
  const char *folder = getenv("TEST_DIR") ? getenv("TEST_DIR") : "build";
  char *path = sqlite3_mprintf("%s/d1-versions", folder), *file;
  FILE *f;
  (void)state;
  mkdir(path, 0777);
  file = sqlite3_mprintf("%s/1.sql", path);
  f = fopen(file, "w");
  assert_non_null(f);
  fputs("-- revision: 1\n-- migrate:up transaction:false\nCREATE TABLE n(a);\n", f);
  fclose(f);
  migrate_open(db, 0, &m);
  migrate_add_directory(m, path);
  migrate_set(m, "dialect", "d1");
  assert_int_equal(migrate_script(m, "upgrade", "head", 0), MIGRATE_UNSUPPORTED);
  assert_non_null(strstr(migrate_errmsg(m), "a file is one transaction"));
  migrate_close(m);
  remove(file);
  rmdir(path);
  sqlite3_free(file);
  sqlite3_free(path);
}

/* Rows that break a rule stop the script where they are, with the words of the run itself. */
static void guard_says_why(void **state) {
  char *script = script_of("ALTER TABLE p ALTER COLUMN a SET NOT NULL"), *message = 0;
  (void)state;
  assert_non_null(script);
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  assert_int_equal(sqlite3_exec(db, script, 0, 0, &message), SQLITE_CONSTRAINT);
  assert_string_equal(message,
                      "NOT NULL constraint failed: migrate_guard.column p.a holds NULL");
  sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  sqlite3_free(message);
  free(script);
}

/* On another revision nothing happens; where it fits, no child row is lost. */
static void keeps_children(void **state) {
  char *script = script_of("ALTER TABLE p ADD COLUMN n INTEGER FIRST"), *message = 0;
  sqlite3_stmt *s = 0;
  (void)state;
  assert_non_null(script);
  assert_null(strstr(script, "\nBEGIN"));
  assert_null(strstr(script, "PRAGMA foreign_keys"));
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  assert_int_equal(sqlite3_exec(db, script, 0, 0, &message), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "COMMIT", 0, 0, 0), SQLITE_OK);
  sqlite3_prepare_v2(db, "SELECT count(*) FROM c JOIN p ON p.id = c.p", -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(s, 0), 2);
  sqlite3_finalize(s);
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  assert_int_not_equal(sqlite3_exec(db, script, 0, 0, &message), SQLITE_OK);
  sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  sqlite3_free(message);
  free(script);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(refuses_by_name, open_start, close_start),
      cmocka_unit_test_setup_teardown(refuses_long_statements, open_start, close_start),
      cmocka_unit_test_setup_teardown(takes_the_rest, open_start, close_start),
      cmocka_unit_test_setup_teardown(refuses_other_transactions, open_start, close_start),
      cmocka_unit_test_setup_teardown(guard_says_why, open_start, close_start),
      cmocka_unit_test_setup_teardown(keeps_children, open_start, close_start),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
