/* Step: a run taken one revision at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "../../amalgamation/migrate.in.h"

static const migrate_revision revisions[] = {
    {"a1", 0, 0, 0, "first", 0, "CREATE TABLE t(a)", "DROP TABLE t", 0, 0, 0},
    {"b2", "a1", 0, 0, "second", 0, "INSERT INTO t VALUES(1)", "DELETE FROM t", 0, 0, 0},
    {"c3", "b2", 0, 0, "third", 0, "ALTER TABLE t ADD b", "ALTER TABLE t DROP b", 0, 0, 0},
    {"d4", "c3", 0, 0, "fails", 0, "INSERT INTO nowhere VALUES(1)", 0, 0, 0, 0},
};

typedef struct fixture {
  sqlite3 *db;
  migrate *m;
} fixture;

static void begin(fixture *f, int n) {
  assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
  assert_int_equal(migrate_open(f->db, 0, &f->m), 0);
  assert_int_equal(migrate_add(f->m, revisions, n), 0);
}

static void end(fixture *f, int code) {
  assert_int_equal(migrate_close(f->m), code);
  assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
}

static int number(fixture *f, const char *sql) {
  sqlite3_stmt *s = 0;
  int n = -1;
  if (sqlite3_prepare_v2(f->db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    n = sqlite3_column_int(s, 0);
  }
  sqlite3_finalize(s);
  return n;
}

static void to_the_end(void **state) {
  fixture f;
  (void)state;
  begin(&f, 3);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(sqlite3_get_autocommit(f.db), 1); /* nothing is locked yet */
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(sqlite3_get_autocommit(f.db), 0);
  assert_string_equal(migrate_result(f.m), "Running upgrade  -> a1, first");
  assert_int_equal(number(&f, "SELECT count(*) FROM t"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(number(&f, "SELECT count(*) FROM t"), 1);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(sqlite3_get_autocommit(f.db), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_DONE);
  assert_int_equal(sqlite3_get_autocommit(f.db), 1);
  assert_non_null(strstr(migrate_result(f.m), "Running upgrade b2 -> c3, third"));
  assert_int_equal(number(&f, "SELECT version_num = 'c3' FROM alembic_version"), 1);
  assert_int_equal(migrate_prepare(f.m, "a1"), 0); /* a target below: downwards */
  assert_int_equal(migrate_run(f.m), 0);
  assert_int_equal(number(&f, "SELECT version_num = 'a1' FROM alembic_version"), 1);
  assert_int_equal(migrate_upgrade(f.m, "head"), 0);
  end(&f, 0);
}

static void nothing_to_do(void **state) {
  fixture f;
  (void)state;
  begin(&f, 3);
  assert_int_equal(migrate_upgrade(f.m, "head"), 0);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_DONE);
  assert_string_equal(migrate_result(f.m), "");
  end(&f, 0);
}

/* A handle that goes before the last step takes the run along. */
static void given_up(void **state) {
  fixture f;
  (void)state;
  begin(&f, 3);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(migrate_close(f.m), SQLITE_ABORT);
  assert_int_equal(sqlite3_get_autocommit(f.db), 1);
  assert_int_equal(number(&f, "SELECT count(*) FROM sqlite_master"), 0);
  assert_int_equal(migrate_open(f.db, 0, &f.m), 0);
  end(&f, 0);
}

static void a_step_fails(void **state) {
  fixture f;
  (void)state;
  begin(&f, 4);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(migrate_run(f.m), SQLITE_ERROR);
  assert_non_null(strstr(migrate_errmsg(f.m), "no such table: nowhere"));
  assert_int_equal(sqlite3_get_autocommit(f.db), 1);
  assert_int_equal(number(&f, "SELECT count(*) FROM sqlite_master"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ERROR);
  end(&f, SQLITE_ERROR);
}

/* Inside a transaction of the caller's, which stays open. */
static void inside(void **state) {
  fixture f;
  (void)state;
  begin(&f, 3);
  assert_int_equal(sqlite3_exec(f.db, "BEGIN; CREATE TABLE mine(x)", 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(migrate_close(f.m), SQLITE_ABORT);
  assert_int_equal(sqlite3_get_autocommit(f.db), 0);
  assert_int_equal(number(&f, "SELECT count(*) FROM sqlite_master"), 1);
  assert_int_equal(migrate_open(f.db, 0, &f.m), 0);
  end(&f, 0);
}

static void misused(void **state) {
  fixture f;
  (void)state;
  assert_int_equal(migrate_prepare(0, "head"), SQLITE_NOMEM);
  assert_int_equal(migrate_step(0), SQLITE_NOMEM);
  assert_int_equal(migrate_run(0), SQLITE_NOMEM);
  begin(&f, 3);
  assert_int_equal(migrate_step(f.m), MIGRATE_MISUSE);
  end(&f, MIGRATE_MISUSE);
  begin(&f, 3);
  assert_int_equal(migrate_prepare(f.m, 0), MIGRATE_MISUSE);
  end(&f, MIGRATE_MISUSE);
  begin(&f, 3);
  assert_int_equal(migrate_prepare(f.m, "zzzz"), MIGRATE_NO_REVISION);
  end(&f, MIGRATE_NO_REVISION);
  begin(&f, 3);
  assert_int_equal(migrate_prepare(f.m, "head"), 0);
  assert_int_equal(migrate_step(f.m), SQLITE_ROW);
  assert_int_equal(migrate_upgrade(f.m, "head"), MIGRATE_MISUSE);
  assert_int_equal(migrate_step(f.m), MIGRATE_MISUSE);
  assert_int_equal(sqlite3_get_autocommit(f.db), 1);
  end(&f, MIGRATE_MISUSE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(to_the_end),   cmocka_unit_test(nothing_to_do), cmocka_unit_test(given_up),
      cmocka_unit_test(a_step_fails), cmocka_unit_test(inside),        cmocka_unit_test(misused),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
