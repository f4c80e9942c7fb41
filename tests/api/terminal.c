/* The bar of the extension: drawn on a terminal, in runs of more than a second, when a setting asks
** for it; never otherwise, and never into a file. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#define SQLITE_CORE 1
#include "ext/migrate.c"

/* The clock moves with the rows. */
static sqlite3_int64 clock_ms = 1000000;

static int read_clock(sqlite3_vfs *vfs, sqlite3_int64 *ms) {
  (void)vfs;
  *ms = clock_ms;
  return SQLITE_OK;
}

static void sleep_a_little(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  clock_ms += 15;
  sqlite3_result_value(c, v[0]);
}

/* What stderr is while something runs: a terminal of our own, or a pipe. */
static int held, outside;

static void hold_stderr(int terminal) {
  int pipes[2], to;
  held = dup(2);
  if (terminal) {
    outside = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(outside >= 0 && grantpt(outside) == 0 && unlockpt(outside) == 0);
    to = open(ptsname(outside), O_RDWR | O_NOCTTY);
  } else {
    assert_int_equal(pipe(pipes), 0);
    outside = pipes[0];
    to = pipes[1];
  }
  fcntl(outside, F_SETFL, O_NONBLOCK);
  dup2(to, 2);
  close(to);
}

static void take_stderr(char *z, int nz) {
  int got, n = 0;
  fflush(stderr);
  while (n < nz - 1 && (got = (int)read(outside, z + n, (size_t)(nz - 1 - n))) > 0) n += got;
  z[n] = 0;
  dup2(held, 2);
  close(held);
  close(outside);
}

/* Runs a change of so many slow rows with stderr at a terminal of our own, or at a pipe, and takes
** what was drawn. */
static void drawn(int rows, int terminal, const char *progress, char *z, int nz) {
  sqlite3 *db = 0;
  char *sql = sqlite3_mprintf(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t WITH RECURSIVE c(i) AS "
      "(SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i, i FROM c", rows);
  sqlite3_open(":memory:", &db);
  sqlite3_migrate_init(db, 0, 0);
  sqlite3_create_function(db, "slow", 1, SQLITE_UTF8, 0, sleep_a_little, 0, 0);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  sqlite3_exec(db, progress, 0, 0, 0);
  hold_stderr(terminal);
  sqlite3_exec(db, "SELECT migrate_exec('ALTER TABLE t ALTER a TYPE INTEGER USING slow(a)')", 0, 0,
               0);
  take_stderr(z, nz);
  sqlite3_free(sql);
  sqlite3_close(db);
}

static void on_a_terminal(void **state) {
  char z[20000];
  size_t n;
  (void)state;
  drawn(150, 1, "SELECT migrate_config('progress', 'on')", z, (int)sizeof z);
  n = strlen(z);
  assert_non_null(strstr(z, "\r[#"));
  assert_non_null(strstr(z, " of 150 rows"));
  assert_true(n > 4);
  assert_string_equal(z + n - 4, "\r\033[K"); /* and wiped away */
}

static void nowhere_else(void **state) {
  char z[20000];
  (void)state;
  drawn(80, 0, "SELECT migrate_config('progress', 'on')", z, (int)sizeof z);
  assert_string_equal(z, "");
  drawn(80, 1, "SELECT migrate_config('progress', 'off')", z, (int)sizeof z);
  assert_string_equal(z, "");
  drawn(80, 1, "SELECT 1", z, (int)sizeof z);
  assert_string_equal(z, "");
  drawn(3, 1, "SELECT migrate_config('progress', 'on')", z, (int)sizeof z); /* soon over */
  assert_string_equal(z, "");
}

static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

/* Of several revisions: which one of how many, and the part of all that is done. Where no rows are
** counted none are told of. */
static void over_revisions(void **state) {
  static const char *const files[] = {
      "-- r\n-- revision: r1\n-- migrate:up\n"
      "ALTER TABLE t ALTER a TYPE INTEGER USING slow(a);",
      "-- r\n-- revision: r2\n-- down_revision: r1\n-- migrate:up\nUPDATE t SET a = slow(a);"
      "UPDATE t SET a = slow(a);",
      "-- r\n-- revision: r3\n-- down_revision: r2\n-- migrate:up\n"
      "ALTER TABLE t ALTER a TYPE TEXT USING slow(a);"};
  char z[20000], folder[] = "/tmp/migrate-terminal-XXXXXX", path[100], sql[200];
  int i;
  sqlite3 *db = 0;
  (void)state;
  assert_non_null(mkdtemp(folder));
  for (i = 0; i < 3; i++) {
    sqlite3_snprintf(100, path, "%s/%d.sql", folder, i + 1);
    write_file(path, files[i]);
  }
  sqlite3_open(":memory:", &db);
  sqlite3_migrate_init(db, 0, 0);
  sqlite3_create_function(db, "slow", 1, SQLITE_UTF8, 0, sleep_a_little, 0, 0);
  sqlite3_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t WITH RECURSIVE "
                   "c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100) "
                   "SELECT i, i FROM c; SELECT migrate_config('progress', 'on')", 0, 0, 0);
  sqlite3_snprintf(200, sql, "SELECT migrate_config('version_locations', '%s')", folder);
  sqlite3_exec(db, sql, 0, 0, 0);
  hold_stderr(1);
  i = sqlite3_exec(db, "SELECT migrate_upgrade()", 0, 0, 0);
  take_stderr(z, (int)sizeof z);
  assert_int_equal(i, SQLITE_OK);
  assert_non_null(strstr(z, "  1 of 3, r1  "));
  assert_non_null(strstr(z, "\r[########................]  33 %  2 of 3, r2\033[K"));
  assert_non_null(strstr(z, "  3 of 3, r3  "));
  assert_null(strstr(z, "r4"));
  sqlite3_close(db);
  for (i = 1; i <= 3; i++) {
    sqlite3_snprintf(100, path, "%s/%d.sql", folder, i);
    remove(path);
  }
  rmdir(folder);
}

int main(void) {
  static sqlite3_vfs clocked;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(over_revisions),
      cmocka_unit_test(on_a_terminal),
      cmocka_unit_test(nowhere_else),
  };
  clocked = *sqlite3_vfs_find(0);
  clocked.zName = "clocked";
  clocked.xCurrentTimeInt64 = read_clock;
  sqlite3_vfs_register(&clocked, 1);
  return cmocka_run_group_tests(tests, 0, 0);
}
