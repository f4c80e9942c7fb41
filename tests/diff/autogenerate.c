/* Autogenerate and check: the files that are written, what they warn of, what is left alone, and
** memory that ends anywhere. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp: for the test alone */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "oom.h"

static char folder[] = "/tmp/migrate-auto-XXXXXX";
static char log_text[4000];

static void take_log(void *arg, int level, const char *message) {
  (void)arg;
  (void)level;
  if (strlen(log_text) + strlen(message) + 2 > sizeof log_text) return;
  strcat(log_text, message);
  strcat(log_text, "\n");
}

static migrate *open_folder(sqlite3 *db) {
  migrate_options o;
  migrate *m = 0;
  memset(&o, 0, sizeof(o));
  o.log = take_log;
  log_text[0] = 0;
  assert_int_equal(migrate_open(db, &o, &m), 0);
  migrate_set(m, "script_location", folder);
  migrate_set(m, "file_template", "%(rev)s");
  migrate_add_directory(m, 0);
  return m;
}

static sqlite3 *database(const char *sql) {
  sqlite3 *db = 0;
  sqlite3_open(":memory:", &db);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), 0);
  return db;
}

/* The sections of the revision that is written, for free(). */
static char *generated(sqlite3 *db, const char *target, int from_revisions) {
  migrate *m = open_folder(db);
  migrate_new_options o;
  char *path = 0, *z = (char *)calloc(1, 10000), *up;
  FILE *f;
  memset(&o, 0, sizeof(o));
  o.autogenerate = 1;
  o.target = target;
  o.from_revisions = from_revisions;
  o.rev_id = "r1";
  if (migrate_new_revision(m, "m", &o, &path)) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  f = fopen(path, "rb");
  assert_non_null(f);
  assert_true(fread(z, 1, 9999, f) > 0);
  fclose(f);
  unlink(path);
  sqlite3_free(path);
  up = strstr(z, "-- migrate:up\n");
  assert_non_null(up);
  memmove(z, up, strlen(up) + 1);
  return z;
}

static void review(void **state) {
  sqlite3 *db = database(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c TEXT, d);"
      "INSERT INTO t VALUES(1, 'x', '1', 1), (2, NULL, 'y', 1); CREATE TABLE gone(a, z);"
      "INSERT INTO gone VALUES(1, 1)");
  char *z = generated(db,
                      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL, c INT, d UNIQUE,"
                      " e NOT NULL)",
                      0);
  (void)state;
  assert_non_null(strstr(z, "-- migrate:up\n-- Review:\n"));
  assert_non_null(strstr(z, "1 rows of t have NULL in b; first UPDATE \"t\" SET \"b\" = ..."));
  assert_non_null(strstr(z, "1 values of t.c are no plain numbers"));
  assert_non_null(strstr(z, "1 keys occur more than once in t;"));
  assert_non_null(strstr(z, "column t.e is NOT NULL without a default, and 2 rows"));
  assert_non_null(strstr(z, "destructive: table gone goes, and 1 rows with it"));
  assert_non_null(strstr(z, "copies the 2 rows of t"));
  assert_non_null(strstr(z, "\nCREATE TABLE gone(a, z);\n"));
  assert_non_null(strstr(log_text, "Detected added column 't.e'\n"));
  assert_non_null(strstr(log_text, "Detected NOT NULL on column 't.b'\n"));
  assert_non_null(strstr(log_text, "Detected type change from TEXT to INT on 't.c'\n"));
  assert_non_null(strstr(log_text, "Detected removed table 'gone'\n"));
  free(z);
  sqlite3_close(db);
}

/* A database, a target, a line of the review list (NULL: none that says "fails here"), and whether
** the upgrade fails. */
static const struct {
  const char *from, *to, *line;
  int fails;
} foresights[] = {
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)", "CREATE TABLE t(a, b INT NOT NULL)",
     "column t.b is NOT NULL without a default, and 2 rows have no value for it; add it without "
     "NOT NULL, then UPDATE \"t\" SET \"b\" = ... WHERE \"b\" IS NULL, then SET NOT NULL",
     1},
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)",
     "CREATE TABLE t(a, b INT NOT NULL DEFAULT 0)", 0, 0},
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1), (NULL)", "CREATE TABLE t(a NOT NULL)",
     "1 rows of t have NULL in a; first UPDATE \"t\" SET \"a\" = ... WHERE \"a\" IS NULL", 1},
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1)", "CREATE TABLE t(a NOT NULL)", 0, 0},
    {"CREATE TABLE o(k); INSERT INTO o VALUES(NULL)",
     "CREATE TABLE t(a NOT NULL -- migrate:renamed_from k\n); -- migrate:renamed_from o",
     "1 rows of o have NULL in k; first UPDATE \"o\" SET \"k\" = ... WHERE \"k\" IS NULL", 1},
    {"CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (1, 2), (1, 3), (NULL, 1), (NULL, 1)",
     "CREATE TABLE t(a, b, UNIQUE (a, b))",
     "1 keys occur more than once in t; look with SELECT \"a\", \"b\", count(*) FROM \"t\" GROUP "
     "BY "
     "\"a\", \"b\" HAVING count(*) > 1, then DELETE or UPDATE",
     1},
    {"CREATE TABLE t(a); INSERT INTO t VALUES('x'), ('X')",
     "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(lower(a))", "SELECT lower(a), count(*)", 1},
    {"CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 0), (1, 0)",
     "CREATE TABLE t(a, b); CREATE UNIQUE INDEX i ON t(a) WHERE b", 0, 0},
    {"CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES('x'), ('X')",
     "CREATE TABLE t(a COLLATE NOCASE UNIQUE)", "SELECT \"a\" COLLATE \"NOCASE\", count(*)", 1},
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)", "CREATE TABLE t(a, b DEFAULT 5 UNIQUE)",
     "1 keys occur more than once in t", 1},
    {"CREATE TABLE t(a INT); INSERT INTO t VALUES(1), (-1)",
     "CREATE TABLE t(a INT CHECK (t.a > 0))",
     "1 rows of t break CHECK (t.a > 0); first UPDATE \"t\" SET ... WHERE NOT (t.a > 0)", 1},
    {"CREATE TABLE t(a); INSERT INTO t VALUES(1)", "CREATE TABLE t(a, b DEFAULT 0 CHECK (b > 0))",
     "1 rows of t break CHECK (b > 0)", 1},
    {"CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT); INSERT INTO p VALUES(1);"
     "INSERT INTO t VALUES(1), (2), (NULL)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT REFERENCES p)",
     "1 rows of t have no parent in p; first UPDATE \"t\" SET \"p\" = NULL, or DELETE FROM "
     "\"t\", "
     "where \"p\" is in none of its rows",
     1},
    {"CREATE TABLE t(p INT); INSERT INTO t VALUES(1), (NULL)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT REFERENCES p)",
     "1 rows of t have no parent in p", 1},
    {"CREATE TABLE t(a TEXT); INSERT INTO t VALUES('1'), ('1x'), ('007')",
     "CREATE TABLE t(a INT)",
     "2 values of t.a are no plain numbers and stay text, or change; look with SELECT \"a\" FROM "
     "\"t\" WHERE",
     0},
    {"CREATE TABLE t(a TEXT); INSERT INTO t VALUES('1'), ('2.5')", "CREATE TABLE t(a INT)", 0, 0},
    {"CREATE TABLE t(a TEXT); INSERT INTO t VALUES('x'), (NULL)",
     "CREATE TABLE t(a INTEGER PRIMARY KEY)", "2 values of t.a are no integers", 1},
    {"CREATE TABLE t(a TEXT); INSERT INTO t VALUES('x')", "CREATE TABLE t(a INT) STRICT",
     "fails here: 1 values of t.a are no plain INT; look with", 1},
    {"CREATE TABLE t(a TEXT); INSERT INTO t VALUES(x'00')", "CREATE TABLE t(a TEXT) STRICT",
     "fails here: 1 values of t.a are no plain TEXT", 1},
    {"CREATE TABLE t(a TEXT PRIMARY KEY); INSERT INTO t VALUES(NULL)",
     "CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID", "1 rows of t have NULL in a", 1},
};

/* What the rows of the database do not allow is counted, with what to do about it; and where the
** list says so, the upgrade really fails. */
static void foreseen(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(foresights) / sizeof(foresights[0]); i++) {
    sqlite3 *db;
    migrate *m = 0;
    char *z, *down;
    int rc;
    if (strstr(foresights[i].to, "STRICT") && sqlite3_libversion_number() < 3037000) continue;
    db = database(foresights[i].from);
    z = generated(db, foresights[i].to, 0);
    if (foresights[i].line && !strstr(z, foresights[i].line))
      print_error("%s\n%s\n", foresights[i].line, z);
    assert_true(!foresights[i].line || strstr(z, foresights[i].line));
    if (!foresights[i].line) assert_null(strstr(z, "fails here"));
    down = strstr(z, "-- migrate:down");
    assert_non_null(down);
    *down = 0;
    migrate_open(db, 0, &m);
    rc = migrate_exec(m, z);
    if ((rc != 0) != foresights[i].fails) print_error("%s\n%s\n", migrate_errmsg(m), z);
    assert_int_equal(rc != 0, foresights[i].fails);
    assert_int_equal(strstr(z, "fails here") != 0, foresights[i].fails);
    migrate_close(m);
    free(z);
    sqlite3_close(db);
  }
}

static void likely_rename(void **state) {
  sqlite3 *db = database("CREATE TABLE t(a INT, b TEXT)");
  char *z = generated(db, "CREATE TABLE t(a INT, name TEXT)", 0);
  (void)state;
  assert_non_null(strstr(z, "likely a rename, written as drop and add"));
  assert_non_null(strstr(z, ": ALTER TABLE t RENAME COLUMN b TO name;\nALTER TABLE t\n"));
  assert_non_null(strstr(log_text, "Likely rename of column 't.b' to 'name'\n"));
  free(z);
  sqlite3_close(db);
}

/* The first revision of a database that has none. */
static void adopted(void **state) {
  sqlite3 *db = database("CREATE TABLE t(a); CREATE INDEX i ON t(a)");
  char *z = generated(db, "main", 1);
  (void)state;
  assert_string_equal(z,
                      "-- migrate:up\nCREATE TABLE t(a);\nCREATE INDEX i ON t(a);\n\n"
                      "-- migrate:down\nDROP TABLE t;\n");
  free(z);
  sqlite3_close(db);
}

static void check(void **state) {
  static const migrate_revision r = {"r1", 0, 0, 0, "one", 0, "CREATE TABLE t(a)", 0, 0, 0, 0};
  sqlite3 *db = database("");
  migrate *m = 0;
  (void)state;
  migrate_open(db, 0, &m);
  migrate_set(m, "target", "CREATE TABLE t(a, b);CREATE VIEW v AS\n SELECT 1 AS one");
  migrate_add(m, &r, 1);
  assert_int_equal(migrate_check(m), MIGRATE_NOT_AT_HEAD);
  assert_string_equal(migrate_errmsg(m), "Target database is not up to date.");
  migrate_close(m);
  migrate_open(db, 0, &m);
  migrate_set(m, "target", "CREATE TABLE t(a, b);CREATE VIEW v AS\n SELECT 1 AS one");
  migrate_add(m, &r, 1);
  migrate_upgrade(m, "head");
  assert_int_equal(migrate_check(m), MIGRATE_DIFFERENT);
  assert_string_equal(migrate_errmsg(m),
                      "New upgrade operations detected:\nALTER TABLE t ADD COLUMN b\n"
                      "CREATE VIEW v AS SELECT 1 AS one");
  migrate_close(m);
  migrate_open(db, 0, &m);
  migrate_set(m, "target", "CREATE TABLE t ( a )");
  assert_int_equal(migrate_check(m), MIGRATE_NO_REVISION);
  migrate_close(m);
  migrate_open(db, 0, &m);
  migrate_set(m, "target", "CREATE TABLE t ( a )");
  migrate_add(m, &r, 1);
  assert_int_equal(migrate_check(m), 0);
  assert_string_equal(migrate_result(m), "No new upgrade operations detected.");
  migrate_close(m);
  sqlite3_close(db);
}

/* What autogenerate and check say of a target without statements. */
static void says_empty(sqlite3 *db, const char *setting, const char *target, const char *name) {
  migrate_new_options o;
  char *path = 0, word[300];
  migrate *m = open_folder(db);
  memset(&o, 0, sizeof(o));
  o.autogenerate = 1;
  o.target = target;
  snprintf(word, sizeof(word), "the target schema %s is empty, and everything would be dropped",
           name);
  migrate_set(m, "target", setting);
  assert_int_equal(migrate_new_revision(m, "m", &o, &path), MIGRATE_CONFIG);
  assert_null(path);
  assert_non_null(strstr(migrate_errmsg(m), word));
  migrate_close(m);
  if (target) return;
  m = open_folder(db);
  migrate_set(m, "target", setting);
  assert_int_equal(migrate_check(m), MIGRATE_CONFIG);
  assert_non_null(strstr(migrate_errmsg(m), word));
  migrate_close(m);
}

/* A file that nobody has filled in must not empty the database. */
static void empty_target(void **state) {
  sqlite3 *db = database("CREATE TABLE t(a)"), *fresh = database("");
  char own[300], setting[310];
  migrate *m;
  FILE *f;
  (void)state;
  snprintf(own, sizeof(own), "%s/schema.sql", folder);
  snprintf(setting, sizeof(setting), "file:%s", own);
  m = open_folder(db);
  migrate_set(m, "target", setting);
  assert_int_equal(migrate_check(m), MIGRATE_FILE);
  assert_non_null(strstr(migrate_errmsg(m), "no such file"));
  migrate_close(m);
  f = fopen(own, "w");
  fclose(f);
  says_empty(db, setting, 0, own);
  f = fopen(own, "w");
  fputs("-- The target schema\n/* CREATE TABLE t(a); */\n", f);
  fclose(f);
  says_empty(db, setting, 0, own);
  says_empty(db, "", 0, own); /* without the setting the environment's own file counts */
  says_empty(db, "--", 0, "in the setting target");
  says_empty(db, "CREATE TABLE t(a)", "", "that was given");
  m = open_folder(fresh); /* nothing to lose: nothing to say */
  migrate_set(m, "target", setting);
  assert_int_equal(migrate_check(m), 0);
  migrate_close(m);
  unlink(own);
  sqlite3_close(db);
  sqlite3_close(fresh);
}

static int count(void *arg, const migrate_difference *d) {
  (void)d;
  ++*(int *)arg;
  return 0;
}

/* The number of differences under a setting. */
static int differences(const char *from, const char *to, const char *key, const char *value) {
  sqlite3 *db = database(from);
  migrate *m = 0;
  int n = 0;
  migrate_open(db, 0, &m);
  if (key) migrate_set(m, key, value);
  assert_int_equal(migrate_diff(m, to, count, &n), 0);
  migrate_close(m);
  sqlite3_close(db);
  return n;
}

static void settings(void **state) {
  static const char from[] =
      "CREATE TABLE app_a(x); CREATE TABLE other(x); CREATE INDEX i ON other(x)";
  (void)state;
  assert_int_equal(differences(from, "", 0, 0), 2);
  assert_int_equal(differences(from, "", "include", "app_*"), 1);
  assert_int_equal(differences(from, "", "exclude", "app_*, other"), 0);
  assert_int_equal(differences("CREATE TABLE t(a INT)", "CREATE TABLE t(a TEXT)", 0, 0), 1);
  assert_int_equal(
      differences("CREATE TABLE t(a INT)", "CREATE TABLE t(a TEXT)", "compare_type", "off"), 0);
  assert_int_equal(differences("CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a DEFAULT 2)",
                               "compare_server_default", "off"),
                   0);
}

/* Memory ends at each allocation in turn: SQLITE_NOMEM, no crash, and in the end the answer. */
static void memory(void **state) {
  sqlite3 *db = database(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' CHECK(b > ''), c REFERENCES t(a));"
      "CREATE INDEX i ON t(b); CREATE VIEW v AS SELECT b FROM t");
  int i, rc = SQLITE_NOMEM;
  (void)state;
  for (i = 0; rc && i < 20000; i += 1 + i / 64) {
    migrate *m = 0;
    int n = 0;
    oom_left = i;
    rc = migrate_open(db, 0, &m);
    if (!rc) {
      rc = migrate_diff(m,
                        "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b INT DEFAULT 2,\n"
                        " -- migrate:renamed_from c\n d REFERENCES t(a) ON DELETE CASCADE, e);\n"
                        "CREATE UNIQUE INDEX i ON t(b); CREATE VIEW v AS SELECT a FROM t",
                        count, &n);
    }
    oom_left = -1;
    migrate_close(m);
    if (rc)
      assert_int_equal(rc & 0xff, SQLITE_NOMEM);
    else
      assert_true(n > 0);
  }
  assert_int_equal(rc, 0);
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(review),       cmocka_unit_test(likely_rename), cmocka_unit_test(adopted),
      cmocka_unit_test(check),        cmocka_unit_test(settings),      cmocka_unit_test(memory),
      cmocka_unit_test(empty_target), cmocka_unit_test(foreseen),
  };
  char path[300];
  int failed;
  oom_install();
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof(path), "%s/versions", folder);
  mkdir(path, 0700);
  failed = cmocka_run_group_tests(tests, 0, 0);
  rmdir(path);
  rmdir(folder);
  return failed;
}
