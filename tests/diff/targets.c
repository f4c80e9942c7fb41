/* Targets of every form: SQL, files, folders, databases; with modules and functions that are not at
** hand; and those that are no targets. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp: for the test alone */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static char folder[] = "/tmp/migrate-targets-XXXXXX";
static char said[4000], error[1000];

static int take(void *arg, const migrate_difference *d) {
  (void)arg;
  sqlite3_snprintf((int)(sizeof said - strlen(said)), said + strlen(said), "%s;", d->sql);
  return 0;
}

/* The way from a schema to a target, as statements; a target that begins with @ is a file. */
static int way(const char *from, const char *target) {
  char path[300];
  sqlite3 *db;
  migrate *m;
  int rc;
  said[0] = error[0] = 0;
  sqlite3_open(":memory:", &db);
  assert_int_equal(sqlite3_exec(db, from, 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_open(db, 0, &m), 0);
  snprintf(path, sizeof path, "file:%s/%s", folder, target + 1);
  rc = migrate_diff(m, target[0] == '@' ? path : target, take, 0);
  if (rc) sqlite3_snprintf((int)sizeof error, error, "%s", migrate_errmsg(m));
  migrate_close(m);
  sqlite3_close(db);
  return rc;
}

static void leads(const char *from, const char *target, const char *sql) {
  if (way(from, target)) fail_msg("%s: %s", target, error);
  assert_string_equal(said, sql);
}

static void refused(const char *target, int code, const char *words) {
  int rc = way("CREATE TABLE t(a)", target);
  if (rc != code || !strstr(error, words)) fail_msg("%s: %d: %s", target, rc, error);
  assert_string_equal(said, "");
}

static void file(const char *name, const char *text, size_t n) {
  char path[300];
  FILE *f;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  f = fopen(path, "wb");
  assert_non_null(f);
  fwrite(text, 1, n, f);
  fclose(f);
}

static void sql(void **state) {
  (void)state;
  leads("CREATE TABLE t(a)", "CREATE TABLE t(a);", "");
  leads("CREATE TABLE t(a)", "create table \"t\" (a, b);", "ALTER TABLE t ADD COLUMN b;");
  leads("CREATE TABLE t(a)", "main", "");
  leads("CREATE TABLE t(a)", "PRAGMA foreign_keys = ON; CREATE TABLE t(a); SELECT 1;", "");
  leads("CREATE TABLE t(a)", "CREATE TABLE t(a); CREATE VIRTUAL TABLE f USING nowhere(a, 'b')",
        "CREATE VIRTUAL TABLE f USING nowhere(a, 'b');");
  leads("CREATE TABLE t(a)",
        "CREATE TABLE t(a); CREATE VIRTUAL TABLE IF NOT EXISTS main.\"f f\" USING nowhere",
        "CREATE VIRTUAL TABLE \"f f\" USING nowhere;");
  leads("CREATE TABLE t(a)", "CREATE TABLE t(a); CREATE INDEX i ON t(nowhere(a))",
        "CREATE INDEX i ON t(nowhere(a));");
}

static void no_targets(void **state) {
  (void)state;
  refused("CREATE TABLE t(a", MIGRATE_SCRIPT, "target:1: unfinished statement");
  refused("CREATE TABLE t(a);\nhunter2", SQLITE_ERROR, "target:2: this is not SQL");
  refused("CREATE TABLE t(a);\n'hunter2'", SQLITE_ERROR, "target:2: this is not SQL");
  refused("CREATE TABLE t(a);\nCREATE TABLE t(b)", SQLITE_ERROR, "target:2: table t already");
  refused("ATTACH 'x' AS y", SQLITE_ERROR, "target:1: ");
  refused("@none.sql", MIGRATE_FILE, "none.sql: no such file");
}

static void files(void **state) {
  char path[300];
  sqlite3 *db;
  (void)state;
  file("bom.sql", "\357\273\277CREATE TABLE t(a, b)\r\n;\r\n", 26);
  leads("CREATE TABLE t(a)", "@bom.sql", "ALTER TABLE t ADD COLUMN b;");
  file("nul.sql", "CREATE\0TABLE", 12);
  refused("@nul.sql", MIGRATE_SCRIPT, "nul.sql holds a NUL byte");
  file("empty.sql", "-- to be written\n", 17);
  refused("@empty.sql", MIGRATE_CONFIG, "is empty, and everything would be dropped");
  snprintf(path, sizeof path, "%s/parts", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  file("parts/2.sql", "CREATE INDEX i ON t(a)", 22);
  file("parts/1.sql", "CREATE TABLE t(a)", 17);
  file("parts/3.txt", "CREATE TABLE no(a)", 18);
  leads("CREATE TABLE t(a)", "@parts", "CREATE INDEX i ON t(a);");
  snprintf(path, sizeof path, "%s/other.db", folder);
  sqlite3_open(path, &db);
  sqlite3_exec(db, "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t", 0, 0, 0);
  leads("CREATE TABLE t(a)", "@other.db", "CREATE VIEW v AS SELECT a FROM t;");
  sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", 0, 0, 0);
  refused("@other.db", SQLITE_BUSY, "other.db: database is locked");
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sql), cmocka_unit_test(no_targets),
                                     cmocka_unit_test(files)};
  char command[100];
  int failed;
  if (!mkdtemp(folder)) return 1;
  failed = cmocka_run_group_tests_name("targets", tests, 0, 0);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return failed + (system(command) != 0);
}
