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
#include <time.h>
#include <unistd.h>

#define SQLITE_CORE 1
#include "ext/migrate.c"

static void sleep_a_little(sqlite3_context *c, int n, sqlite3_value **v) {
  struct timespec t = {0, 15000000};
  (void)n;
  nanosleep(&t, 0);
  sqlite3_result_value(c, v[0]);
}

/* Runs a change of so many slow rows with stderr at a terminal of our own, or at a pipe, and takes
** what was drawn. */
static void drawn(int rows, int terminal, const char *progress, char *z, int nz) {
  int pipes[2], saved = dup(2), from, to, got, n = 0;
  sqlite3 *db = 0;
  char *sql = sqlite3_mprintf(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t WITH RECURSIVE c(i) AS "
      "(SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i, i FROM c", rows);
  if (terminal) {
    from = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(from >= 0 && grantpt(from) == 0 && unlockpt(from) == 0);
    to = open(ptsname(from), O_RDWR | O_NOCTTY);
  } else {
    assert_int_equal(pipe(pipes), 0);
    from = pipes[0];
    to = pipes[1];
  }
  sqlite3_open(":memory:", &db);
  sqlite3_migrate_init(db, 0, 0);
  sqlite3_create_function(db, "slow", 1, SQLITE_UTF8, 0, sleep_a_little, 0, 0);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  sqlite3_exec(db, progress, 0, 0, 0);
  fcntl(from, F_SETFL, O_NONBLOCK);
  dup2(to, 2);
  sqlite3_exec(db, "SELECT migrate_exec('ALTER TABLE t ALTER a TYPE INTEGER USING slow(a)')", 0, 0,
               0);
  fflush(stderr);
  dup2(saved, 2);
  while (n < nz - 1 && (got = (int)read(from, z + n, (size_t)(nz - 1 - n))) > 0) n += got;
  z[n] = 0;
  close(saved);
  close(from);
  close(to);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(on_a_terminal),
      cmocka_unit_test(nowhere_else),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
