/* env.sql and the sections of revisions run on the application's own connection, with the functions
** and collations that it has registered, whatever the database is called; a plan, which runs in a
** scratch database, lists them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define FOLDER "build/application-test"

static void put(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static int make(void **state) {
  (void)state;
  mkdir("build", 0777);
  mkdir(FOLDER, 0777);
  mkdir(FOLDER "/versions", 0777);
  put(FOLDER "/env.sql", "SELECT app_ready(1); -- what the application needs\n"
                         "PRAGMA foreign_keys = ON");
  put(FOLDER "/versions/a.sql",
      "-- with the application's function and collation\n-- revision: a1\n-- migrate:up\n"
      "CREATE TABLE t(a TEXT COLLATE app_order, b CHECK (app_double(b) < 100));\n"
      "INSERT INTO t SELECT 'x', app_double(21);\n"
      "ALTER TABLE t ALTER COLUMN b SET NOT NULL;\n"
      "-- migrate:down transaction:false\n"
      "INSERT INTO t VALUES ('y', app_double(1));\nDROP TABLE t;\n");
  return 0;
}

static int clean(void **state) {
  (void)state;
  remove(FOLDER "/versions/a.sql");
  remove(FOLDER "/env.sql");
  rmdir(FOLDER "/versions");
  rmdir(FOLDER);
  return 0;
}

static void app_double(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  sqlite3_result_int(c, 2 * sqlite3_value_int(v[0]));
}

static void app_ready(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  *(int *)sqlite3_user_data(c) += sqlite3_value_int(v[0]);
  sqlite3_result_null(c);
}

static int app_order(void *arg, int n, const void *a, int m, const void *b) {
  int rc = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return rc ? -rc : m - n;
}

static sqlite3 *open_database(int *ready) {
  sqlite3 *db = 0;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_create_function(db, "app_double", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0, app_double, 0,
                          0);
  sqlite3_create_function(db, "app_ready", 1, SQLITE_UTF8, ready, app_ready, 0, 0);
  sqlite3_create_collation(db, "app_order", SQLITE_UTF8, 0, app_order);
  return db;
}

static int number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  int n = -1;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  return n;
}

static migrate *open_handle(sqlite3 *db) {
  migrate *m = 0;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  assert_int_equal(migrate_add_directory(m, FOLDER), 0);
  return m;
}

static void runs(void **state) {
  int ready = 0;
  sqlite3 *db = open_database(&ready);
  migrate *m = open_handle(db);
  (void)state;
  if (migrate_upgrade(m, "head")) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_errcode(m), 0);
  assert_int_equal(ready, 1);
  assert_int_equal(number(db, "SELECT b FROM t"), 42);
  assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(ready, 1); /* nothing to do, no env.sql */
  assert_int_equal(migrate_downgrade(m, "base"), 0);
  assert_int_equal(ready, 2);
  assert_int_equal(migrate_close(m), 0);
  sqlite3_close(db);
}

static int count_row(void *arg, const migrate_statement *s) {
  if (strstr(s->sql, "app_double(21)")) ++*(int *)arg;
  return 0;
}

static void plans(void **state) {
  int ready = 0, listed = 0;
  sqlite3 *db = open_database(&ready);
  migrate *m = open_handle(db);
  (void)state;
  if (migrate_plan(m, "head", count_row, &listed)) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_errcode(m), 0);
  assert_int_equal(listed, 1);
  assert_int_equal(ready, 0); /* a plan does nothing on the connection */
  assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master"), 0);
  assert_int_equal(migrate_close(m), 0);
  sqlite3_close(db);
}

/* Whatever the database is called, it is the connection's own: nothing is opened by name. */
static void names(void **state) {
  static const char *const name[] = {":memory:", "", "file::memory:", "file:a?mode=memory",
                                     FOLDER "/100%25?x=1 b'\"c", FOLDER "/\377\376.db"};
  migrate_revision r;
  size_t i;
  (void)state;
  memset(&r, 0, sizeof r);
  r.id = "a1";
  r.upgrade = "CREATE TABLE t(a, b); ALTER TABLE t DROP COLUMN a";
  for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
    sqlite3 *db = 0;
    migrate *m = 0;
    assert_int_equal(sqlite3_open_v2(name[i], &db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                                     0),
                     SQLITE_OK);
    assert_int_equal(migrate_open(db, 0, &m), 0);
    migrate_add(m, &r, 1);
    migrate_upgrade(m, "head");
    assert_int_equal(migrate_close(m), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_table_info('t')"), 1);
    sqlite3_close(db);
    remove(name[i]);
  }
}

/* Bytes of a literal that are no UTF-8 arrive as they stand, BOM and CRLF around them or not. */
static void bytes(void **state) {
  int ready = 0;
  sqlite3 *db = open_database(&ready);
  migrate *m;
  (void)state;
  put(FOLDER "/versions/b.sql",
      "\357\273\277-- bytes\r\n-- revision: b2\r\n-- down_revision: a1\r\n-- migrate:up\r\n"
      "CREATE TABLE u(x);\r\nINSERT INTO u VALUES ('a\377\376');\r\n");
  m = open_handle(db);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(number(db, "SELECT CAST(x AS BLOB) = x'61fffe' FROM u"), 1);
  assert_int_equal(migrate_close(m), 0);
  sqlite3_close(db);
  remove(FOLDER "/versions/b.sql");
}

/* What nobody has registered is an error that names the place. */
static void unknown(void **state) {
  sqlite3 *db = 0;
  migrate *m;
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  m = open_handle(db);
  assert_int_equal(migrate_upgrade(m, "head"), SQLITE_ERROR);
  assert_non_null(strstr(migrate_errmsg(m), "env.sql, line 1: no such function: app_ready"));
  assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master"), 0);
  migrate_close(m);
  sqlite3_close(db);
}

/* A transaction that env.sql would begin nobody ended; one that it ended would be the caller's. */
static void env_and_transactions(void **state) {
  static const char *const words[] = {"BEGIN;", "SAVEPOINT s;", "SELECT 1;\n/* c */ COMMIT;",
                                      "ROLLBACK"};
  int ready = 0;
  sqlite3 *db = open_database(&ready);
  migrate *m;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof words / sizeof words[0]; i++) {
    put(FOLDER "/env.sql", words[i]);
    assert_int_equal(sqlite3_exec(db, "BEGIN; CREATE TABLE mine(a)", 0, 0, 0), SQLITE_OK);
    m = open_handle(db);
    assert_int_equal(migrate_upgrade(m, "head"), MIGRATE_SCRIPT);
    assert_non_null(strstr(migrate_errmsg(m), " is not for env.sql"));
    migrate_close(m);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM mine; ROLLBACK", 0, 0, 0), SQLITE_OK);
    m = open_handle(db);
    assert_int_equal(migrate_script(m, "upgrade", "head", 0), MIGRATE_SCRIPT);
    migrate_close(m);
  }
  assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master"), 0);
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(runs),
      cmocka_unit_test(plans),
      cmocka_unit_test(unknown),
      cmocka_unit_test(names),
      cmocka_unit_test(bytes),
      cmocka_unit_test(env_and_transactions),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
