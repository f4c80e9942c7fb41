/* The case files of tests/alter/cases, one hazard of changing a table each: the change as a
** revision, online and offline. Where it must fail, neither changes anything. Cases about one
** connection (its TEMP objects, attached databases, settings, open transaction) have no offline
** side and are left out. */
#define _XOPEN_SOURCE 700 /* popen(), mkdtemp() */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "world.h"

#define FOLDER "tests/alter/cases/"

/* The lines before "-- alter: ", and what stands behind it. */
static char *split_case(char *z, char **alter) {
  char *at = strstr(z, "\n-- alter: "), *end;
  *alter = 0;
  if (!at) return z;
  *at = 0;
  *alter = at + strlen("\n-- alter: ");
  end = strchr(*alter, '\n');
  if (end) *end = 0;
  return z;
}

static int is_about_connection(const char *name) {
  static const char *const words[] = {"\n-- env: ", "ATTACH ", "TEMP ", "TEMPORARY ",
                                      "temp.", "\nBEGIN;", "SAVEPOINT", "PRAGMA query_only"};
  char *path = sqlite3_mprintf(FOLDER "%s", name), *z = world_read(path);
  size_t i;
  int found = !z;
  for (i = 0; z && i < sizeof(words) / sizeof(words[0]); i++) found |= strstr(z, words[i]) != 0;
  sqlite3_free(path);
  free(z);
  return found;
}

static void run_case(void **state) {
  char path[200], *z, *setup, *alter;
  migrate_revision revision;
  world w;
  int same, rc;
  snprintf(path, sizeof(path), FOLDER "%s", (const char *)*state);
  z = world_read(path);
  assert_non_null(z);
  setup = split_case(z, &alter);
  assert_non_null(alter);
  memset(&revision, 0, sizeof(revision));
  revision.id = "a1";
  revision.upgrade = alter;
  world_open(&w);
  w.revisions = &revision;
  w.nrevision = 1;
  rc = world_sql(w.online, setup);
  if (rc != SQLITE_OK && sqlite3_libversion_number() < 3040000) {
    print_message("skipped: SQLite %s is too old for a set-up\n", sqlite3_libversion());
    world_close(&w);
    free(z);
    skip();
  }
  assert_int_equal(rc, SQLITE_OK);
  if (sqlite3_libversion_number() >= 3054000 && strstr(alter, "RENAME COLUMN oid")) {
    print_message("skipped: from 3.54 on SQLite refuses to rename a column called like the rowid, "
                  "and a script cannot edit the schema: it is refused by name\n");
    world_close(&w);
    free(z);
    skip();
  }
  world_copy(&w);
  same = world_both(&w, alter, "upgrade", "head");
  world_close(&w);
  free(z);
  assert_true(same);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

static void no_shell(void **state) {
  (void)state;
  print_message("skipped: there is no sqlite3 shell\n");
  skip();
}

int main(void) {
  static struct CMUnitTest tests[400];
  DIR *folder = opendir(FOLDER);
  struct dirent *e;
  int n = 0, i, failed;
  if (!folder || !world_has_shell()) {
    tests[0].name = "hazards";
    tests[0].test_func = no_shell;
    return _cmocka_run_group_tests("hazards", tests, 1, 0, 0);
  }
  while (n < 400 && (e = readdir(folder)) != 0) {
    if (!strstr(e->d_name, ".sql") || is_about_connection(e->d_name)) continue;
    tests[n].name = sqlite3_mprintf("%s", e->d_name);
    tests[n].initial_state = sqlite3_mprintf("%s", e->d_name);
    tests[n++].test_func = run_case;
  }
  closedir(folder);
  qsort(tests, (size_t)n, sizeof(tests[0]), by_name);
  failed = _cmocka_run_group_tests("hazards", tests, (size_t)n, 0, 0);
  for (i = 0; i < n; i++) {
    sqlite3_free(tests[i].initial_state);
    sqlite3_free((void *)(uintptr_t)tests[i].name);
  }
  return failed;
}
