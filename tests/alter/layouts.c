/* The text of a table in every layout: what one statement puts in, another takes out, and the text
** is the one before, byte for byte; rows read as they did. */
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

static const char *const layouts[] = {
    "CREATE TABLE t(a, b, c)",
    "CREATE TABLE t(a,b,c)",
    "CREATE TABLE t( a , b TEXT , c )",
    "CREATE TABLE t(\n  a INT,\n  b,\n  c\n)",
    "CREATE TABLE t(\n  a INT, -- about a\n  b, -- about b\n  c -- about c\n)",
    "CREATE TABLE t(\r\n\ta INT,\r\n\tb, -- about b\r\n\tc\r\n)",
    "CREATE TABLE t\n(\n    a INT\n  , b\n  , c\n)",
    "CREATE TABLE t(a\n,b -- about b\n,c)",
    "CREATE TABLE t(a,/* x */b,/* y */c/* z */)",
    "CREATE TABLE t(a, b, -- about b\n c -- about c\n)",
    "CREATE TABLE t(\n  a, b,\n  c,\n  CHECK (a > 0)\n)",
    "CREATE TABLE t(\n  -- the first\n  a,\n\n  -- the second\n  b,\n  c\n  -- the end\n)",
    "CREATE TABLE t(a, b, c, PRIMARY KEY (a, b))",
    "CREATE TABLE t(\n  a,\n  b,\n  c,\n  PRIMARY KEY (a, b) -- both\n) WITHOUT ROWID",
    "CREATE TABLE t(a INT, b TEXT, c ANY) STRICT"};

static const struct {
  const char *there, *back;
} trips[] = {{"ADD COLUMN n INT FIRST", "DROP COLUMN n"},
             {"ADD COLUMN n INT AFTER a", "DROP COLUMN n"},
             {"ADD COLUMN n INT AFTER b", "DROP COLUMN n"},
             {"ADD COLUMN n INT", "DROP COLUMN n"},
             {"ADD COLUMN n INT DEFAULT 7 AFTER c", "DROP COLUMN n"},
             {"ADD COLUMN n INT, ADD COLUMN m INT FIRST", "DROP COLUMN m, DROP COLUMN n"},
             {"ALTER c SET NOT NULL", "ALTER c DROP NOT NULL"},
             {"ALTER c SET DEFAULT 1", "ALTER c DROP DEFAULT"},
             {"ADD CONSTRAINT k CHECK (c <> 9)", "DROP CONSTRAINT k"},
             {"ADD CONSTRAINT k UNIQUE (c)", "DROP CONSTRAINT k"},
             {"RENAME COLUMN c TO d", "RENAME COLUMN d TO c"}};

static char said[2000];

static int take(void *arg, int n, char **values, char **names) {
  (void)arg;
  (void)names;
  while (n--) strcat(strcat(said, values[n] ? values[n] : "NULL"), "|");
  return 0;
}

static const char *state_of(sqlite3 *db, char *out) {
  said[0] = 0;
  sqlite3_exec(db, "SELECT sql FROM sqlite_master WHERE name = 't'; SELECT a, b, c FROM t", take, 0,
               0);
  return strcpy(out, said);
}

static void alter(sqlite3 *db, const char *action, const char *layout) {
  char sql[200];
  migrate *m;
  sprintf(sql, "ALTER TABLE t %s", action);
  assert_int_equal(migrate_open(db, 0, &m), 0);
  if (migrate_exec(m, sql)) fail_msg("%s of %s: %s", sql, layout, migrate_errmsg(m));
  migrate_close(m);
}

static void there_and_back(void **state) {
  static char before[2000], after[2000];
  size_t i, k;
  (void)state;
  for (i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
    for (k = 0; k < sizeof trips / sizeof trips[0]; k++) {
      sqlite3 *db;
      sqlite3_open(":memory:", &db);
      if (sqlite3_exec(db, layouts[i], 0, 0, 0) == SQLITE_OK) { /* STRICT is of 3.37 */
        sqlite3_exec(db, "INSERT INTO t VALUES(1, 'x', 2), (3, 'y', 4)", 0, 0, 0);
        state_of(db, before);
        alter(db, trips[k].there, layouts[i]);
        alter(db, trips[k].back, layouts[i]);
        if (strcmp(state_of(db, after), before) != 0) {
          fail_msg("%s, %s\nwas %s\n is %s", trips[k].there, trips[k].back, before, after);
        }
      }
      sqlite3_close(db);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};
  return cmocka_run_group_tests(tests, 0, 0);
}
