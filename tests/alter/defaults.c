/* ADD COLUMN with a default: an old row reads as a new one, value and storage class, whatever the
** type, however the literal is written, and whichever way is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static const char *const types[] = {"", "INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "ANY"};
static const char *const literals[] = {
    "NULL", "0", "-0", "7", "-7", "+7", "- 7", "(7)", "007", "-007", "123456789012345",
    "1234567890123456", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "0x10", "-0x10", "1.5", "-1.5", "1.0", "-1.0", "01.5", ".5", "1.", "1e3", "-1e3", "1.50",
    "123456789.12345678", "'7'", "'007'", "'x'", "''", "' 7 '", "'1.5'", "'1e3'", "'it''s'",
    "\"7\"", "x''", "x'37'", "TRUE", "false", "CURRENT_DATE", "(1 + 1)", "(- 3)", "('a' || 'b')",
    "(+ 3)", "abc"};
#define COUNT(v) ((int)(sizeof v / sizeof v[0]))

static char said[400];

static int take(void *arg, int n, char **values, char **names) {
  (void)arg;
  (void)n;
  (void)names;
  sqlite3_snprintf((int)(sizeof said - strlen(said)), said + strlen(said), "%s|", values[0]);
  return 0;
}

/* 0: SQLite itself has no such column. */
static int same_as_new(const char *type, const char *literal, const char *where, int strict) {
  char sql[300], options[10];
  sqlite3 *db;
  migrate *m;
  int rc;
  sqlite3_open(":memory:", &db);
  sqlite3_snprintf(sizeof options, options, "%s", strict ? " STRICT" : "");
  sqlite3_snprintf(sizeof sql, sql, "CREATE TABLE t(a INT, c %s DEFAULT %s)%s", type, literal,
                   options);
  rc = sqlite3_exec(db, sql, 0, 0, 0);
  if (!rc) rc = sqlite3_exec(db, "INSERT INTO t(a) VALUES(1); DROP TABLE t", 0, 0, 0);
  sqlite3_snprintf(sizeof sql, sql, "CREATE TABLE t(a INT, z INT)%s", options);
  if (rc || sqlite3_exec(db, sql, 0, 0, 0)) {
    sqlite3_close(db);
    return 0;
  }
  sqlite3_exec(db, "INSERT INTO t VALUES(1, 2)", 0, 0, 0);
  assert_int_equal(migrate_open(db, 0, &m), 0);
  sqlite3_snprintf(sizeof sql, sql, "ALTER TABLE t ADD COLUMN c %s DEFAULT %s%s", type, literal,
                   where);
  if (migrate_exec(m, sql)) fail_msg("%s%s: %s", sql, options, migrate_errmsg(m));
  migrate_close(m);
  said[0] = 0;
  sqlite3_exec(db, "INSERT INTO t(a, z) VALUES(1, 2)", 0, 0, 0);
  sqlite3_exec(db, "SELECT DISTINCT typeof(c) || ' ' || quote(c) FROM t", take, 0, 0);
  if (strchr(said, '|') != strrchr(said, '|')) fail_msg("%s%s: %s", sql, options, said);
  sqlite3_close(db);
  return 1;
}

static void old_rows_read_as_new_ones(void **state) {
  int i, k, strict, tried = 0;
  (void)state;
  for (strict = 0; strict < 2; strict++) {
    for (i = 0; i < COUNT(types); i++) {
      for (k = 0; k < COUNT(literals); k++) {
        tried += same_as_new(types[i], literals[k], "", strict);
        tried += same_as_new(types[i], literals[k], " FIRST", strict);
      }
    }
  }
  assert_true(tried > 600);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(old_rows_read_as_new_ones)};
  return cmocka_run_group_tests(tests, 0, 0);
}
