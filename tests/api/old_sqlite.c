/* The extension in an SQLite that is too old for it: its table of functions is shorter than the one
** that we were compiled with, so that nothing may be called but what every version has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ext/migrate.c"

static int old_number(void) { return 3030001; }
static int new_number(void) { return 3040001; }
static const char *old_version(void) { return "3.30.1"; }

static char *print(const char *format, ...) {
  static char text[200];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  return text;
}

/* What is not set is NULL: calling it ends the test. */
static void start(sqlite3_api_routines *api, int (*number)(void)) {
  memset(api, 0, sizeof(*api));
  api->libversion_number = number;
  api->libversion = old_version;
  api->mprintf = print;
}

static void too_old(void **state) {
  sqlite3_api_routines api;
  char *message = 0;
  (void)state;
  start(&api, old_number);
  assert_int_equal(sqlite3_migrate_init(0, &message, &api), SQLITE_ERROR);
  assert_string_equal(message, "migrate needs SQLite 3.31.0 or newer; this is 3.30.1");
  assert_int_equal(sqlite3_migrate_init(0, 0, &api), SQLITE_ERROR);
}

/* The library by itself, with nothing of SQLite but its version. */
static void too_old_for_the_library(void **state) {
  sqlite3_api_routines api;
  migrate *m = (migrate *)&api;
  (void)state;
  start(&api, old_number);
  sqlite3_migrate_init(0, 0, &api);
  assert_int_equal(migrate_open((sqlite3 *)&api, 0, &m), MIGRATE_OLD_SQLITE);
  assert_null(m);
}

static void without_virtual_tables(void **state) {
  sqlite3_api_routines api;
  char *message = 0;
  (void)state;
  start(&api, new_number);
  assert_int_equal(sqlite3_migrate_init(0, &message, &api), SQLITE_ERROR);
  assert_string_equal(message, "migrate needs an SQLite with virtual tables");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(too_old),
    cmocka_unit_test(too_old_for_the_library),
    cmocka_unit_test(without_virtual_tables),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
