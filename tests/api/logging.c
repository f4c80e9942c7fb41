/* The log: levels, Alembic's lines, log_level in migrate.ini; and nothing printed unasked. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#define SQLITE_CORE 1
#include "ext/migrate.c"

#define FOLDER "build/logging-test"

static migrate_revision revisions[] = {
    {"a1", 0, 0, 0, "add users", 0, "CREATE TABLE users(id INTEGER PRIMARY KEY)",
     "DROP TABLE users", 0, 0, 0},
    {"b2", "a1", 0, 0, "add name", 0, "ALTER TABLE users ADD COLUMN name TEXT",
     "ALTER TABLE users DROP COLUMN name", 0, 0, 0},
};

typedef struct lines {
  int n[5]; /* by level: level / 10 */
  char info[500], error[500], warning[500];
} lines;

static void keep(char *all, int n, const char *line) {
  size_t at = strlen(all);
  sqlite3_snprintf(n - (int)at, all + at, "%s%s", at ? "\n" : "", line);
}

static void take(void *arg, int level, const char *line) {
  lines *l = (lines *)arg;
  l->n[level / 10]++;
  if (level == MIGRATE_INFO) keep(l->info, (int)sizeof l->info, line);
  if (level == MIGRATE_ERROR) keep(l->error, (int)sizeof l->error, line);
  if (level == MIGRATE_WARNING) keep(l->warning, (int)sizeof l->warning, line);
}

static int run(sqlite3 *db, lines *l, const char *up, const char *down) {
  migrate_options o;
  migrate *m;
  memset(&o, 0, sizeof o);
  memset(l, 0, sizeof *l);
  o.log = take;
  o.log_arg = l;
  migrate_open(db, &o, &m);
  migrate_add(m, revisions, 2);
  if (up) migrate_upgrade(m, up);
  if (down) migrate_downgrade(m, down);
  if (migrate_errcode(m)) migrate_upgrade(m, "head"); /* a sticky error is told once */
  return migrate_close(m);
}

static void levels(void **state) {
  sqlite3 *db = 0;
  lines l;
  (void)state;
  sqlite3_open(":memory:", &db);
  assert_int_equal(run(db, &l, "head", "-1"), MIGRATE_OK);
  assert_string_equal(l.info, "Running upgrade  -> a1, add users\n"
                              "Running upgrade a1 -> b2, add name\n"
                              "Running downgrade b2 -> a1, add name");
  assert_true(l.n[MIGRATE_DEBUG / 10] >= 9); /* statements, version rows, journal */
  assert_int_equal(l.n[MIGRATE_WARNING / 10] + l.n[MIGRATE_ERROR / 10], 0);

  assert_int_equal(run(db, &l, "a1", 0), MIGRATE_OK); /* nothing to do, nothing to say */
  assert_int_equal(l.n[1] + l.n[2] + l.n[3] + l.n[4], 0);

  assert_int_equal(run(db, &l, "nowhere", 0), MIGRATE_NO_REVISION);
  assert_string_equal(l.error, "Can't locate revision identified by 'nowhere'");

  revisions[0].upgrade = "CREATE TABLE users(id INTEGER PRIMARY KEY, x)";
  assert_int_equal(run(db, &l, "head", 0), MIGRATE_OK);
  assert_int_equal(l.n[MIGRATE_WARNING / 10], 1);
  assert_non_null(strstr(l.warning, "a1 was edited"));
  revisions[0].upgrade = "CREATE TABLE users(id INTEGER PRIMARY KEY)";
  sqlite3_close(db);
}

/* ---- what is printed ---- */

static void put(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

#define PRINTED "build/logging-test.out"

/* Sends stdout and stderr into a file for a while. */
static void catch_output(int saved[2]) {
  FILE *f = fopen(PRINTED, "wb");
  assert_non_null(f);
  fflush(stdout);
  saved[0] = dup(1);
  saved[1] = dup(2);
  dup2(fileno(f), 1);
  dup2(fileno(f), 2);
  fclose(f);
}

static void release_output(const int saved[2], char *z, size_t n) {
  FILE *f;
  fflush(stdout);
  fflush(stderr);
  dup2(saved[0], 1);
  dup2(saved[1], 2);
  close(saved[0]);
  close(saved[1]);
  f = fopen(PRINTED, "rb");
  assert_non_null(f);
  z[fread(z, 1, n - 1, f)] = 0;
  fclose(f);
  remove(PRINTED);
}

/* The header prints nothing, whatever happens. */
static void silent(void **state) {
  char z[5000];
  int saved[2];
  sqlite3 *db = 0;
  migrate *m;
  (void)state;
  sqlite3_open(":memory:", &db);
  catch_output(saved);
  migrate_open(db, 0, &m);
  migrate_set(m, "log_level", "debug");
  migrate_set(m, "progress", "on");
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  migrate_upgrade(m, "nowhere");
  migrate_close(m);
  migrate_open(0, 0, &m);
  release_output(saved, z, sizeof z);
  assert_string_equal(z, "");
  sqlite3_close(db);
}

static int count(const char *z, const char *word) {
  int n = 0;
  for (; (z = strstr(z, word)) != 0; z++) n++;
  return n;
}

/* The extension prints from the level of migrate.ini on, to stderr. */
static void by_file(void **state) {
  static const char *const words[] = {"", "log_level = off\n", "log_level = error\n",
                                      "log_level = warning\n", "log_level = info\n",
                                      "log_level = debug\n"};
  int i;
  (void)state;
  mkdir("build", 0777);
  mkdir(FOLDER, 0777);
  mkdir(FOLDER "/versions", 0777);
  put(FOLDER "/versions/a.sql", "-- one\n-- revision: a1\n-- migrate:up\nCREATE TABLE t(a);\n"
                                "-- migrate:down\nDROP TABLE t;\n");
  for (i = 0; i < 6; i++) {
    char z[5000], ini[200];
    int saved[2];
    sqlite3 *db = 0;
    sqlite3_snprintf((int)sizeof ini, ini, "[migrate]\nscript_location = .\n%s", words[i]);
    put(FOLDER "/migrate.ini", ini);
    sqlite3_open(":memory:", &db);
    sqlite3_migrate_init(db, 0, 0);
    catch_output(saved);
    sqlite3_exec(db, "SELECT migrate_config('file', '" FOLDER "/migrate.ini')", 0, 0, 0);
    sqlite3_exec(db, "SELECT migrate_upgrade()", 0, 0, 0);
    sqlite3_exec(db, "SELECT migrate_upgrade('nowhere')", 0, 0, 0);
    release_output(saved, z, sizeof z);
    assert_int_equal(count(z, "ERROR [migrate] Can't locate"), i >= 2);
    assert_int_equal(count(z, "INFO  [migrate] Running upgrade  -> a1, one\n"), i >= 4);
    assert_int_equal(count(z, "DEBUG [migrate] CREATE TABLE t(a);\n"), i >= 5);
    if (i < 2) assert_string_equal(z, "");
    sqlite3_close(db);
  }
  remove(FOLDER "/versions/a.sql");
  remove(FOLDER "/migrate.ini");
  rmdir(FOLDER "/versions");
  rmdir(FOLDER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels),
      cmocka_unit_test(silent),
      cmocka_unit_test(by_file),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
