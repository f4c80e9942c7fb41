/* Functions of the program in revisions; runs that are refused before anything is done; what the
** messages of a run and of migrate_verify() show of a statement and of a row. */
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

static sqlite3 *db;
static migrate *m;

static int begin(void **state) {
  (void)state;
  return sqlite3_open(":memory:", &db);
}

static int end(void **state) {
  (void)state;
  return sqlite3_close(db);
}

static void start(const migrate_revision *v, int n, unsigned flags) {
  migrate_options options;
  memset(&options, 0, sizeof options);
  options.flags = flags;
  assert_int_equal(migrate_open(db, &options, &m), 0);
  assert_int_equal(migrate_add(m, v, n), 0);
}

/* The call has failed with these words; the handle goes. */
static void failed(int rc, int code, const char *words) {
  if (rc != code || !strstr(migrate_errmsg(m), words)) fail_msg("%d: %s", rc, migrate_errmsg(m));
  assert_int_equal(migrate_close(m), code);
}

static int count(const char *sql) {
  sqlite3_stmt *s = 0;
  int n = -1;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    n = sqlite3_column_int(s, 0);
  }
  sqlite3_finalize(s);
  return n;
}

static int tables(void) { return count("SELECT count(*) FROM sqlite_master WHERE name = 't'"); }

/* ---- functions of the program ---- */

static int fill(sqlite3 *on, void *arg) {
  return sqlite3_exec(on, (const char *)arg, 0, 0, 0);
}

static int give_up(sqlite3 *on, void *arg) {
  (void)on;
  (void)arg;
  return SQLITE_PERM;
}

static const migrate_revision filled[] = {
    {"f1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", fill, 0,
     (void *)(size_t)"INSERT INTO t VALUES(1)"}};
static const migrate_revision wrong_fill[] = {
    {"f1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", fill, 0,
     (void *)(size_t)"INSERT INTO nowhere VALUES(1)"}};
static const migrate_revision quitter[] = {
    {"f1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", 0, give_up, 0}};

static const migrate_revision ender[] = {
    {"f1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", fill, 0, (void *)(size_t)"COMMIT"}};

static void functions(void **state) {
  (void)state;
  start(ender, 1, 0);
  failed(migrate_upgrade(m, "head"), SQLITE_ABORT,
         "revision f1, upgrade function: it has ended the transaction");
  assert_int_equal(sqlite3_exec(db, "DROP TABLE t; DROP TABLE alembic_version;"
                                    "DROP TABLE migrate_journal", 0, 0, 0), 0);
  start(filled, 1, 0);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(count("SELECT count(*) FROM t"), 1);
  assert_int_equal(migrate_downgrade(m, "base"), 0);
  migrate_close(m);
  start(wrong_fill, 1, 0);
  failed(migrate_upgrade(m, "head"), SQLITE_ERROR,
         "revision f1, upgrade function: no such table: nowhere");
  assert_int_equal(tables(), 0);
  start(quitter, 1, 0);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  failed(migrate_downgrade(m, "base"), SQLITE_PERM,
         "revision f1, downgrade function: access permission denied");
  assert_int_equal(tables(), 1);
}

static int find_function(void *arg, const migrate_statement *s) {
  *(int *)arg += strcmp(s->sql, "-- a function of the program") == 0;
  return 0;
}

/* A plan names it, a script cannot have it. */
static void functions_offline(void **state) {
  int found = 0;
  (void)state;
  start(filled, 1, 0);
  assert_int_equal(migrate_plan(m, "head", find_function, &found), 0);
  assert_int_equal(found, 1);
  failed(migrate_script(m, "upgrade", "head", 0), MIGRATE_SCRIPT,
         "revision f1 has a function of the program, which a script cannot call");
}

/* ---- refused ---- */

static const migrate_revision outside[] = {
    {"o1", 0, 0, 0, "", 0, "-- migrate:up transaction:false\nCREATE TABLE t(a);\nVACUUM;",
     "DROP TABLE t", 0, 0, 0}};
static const migrate_revision inside[] = {
    {"i1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", 0, 0, 0},
    {"i2", "i1", 0, 0, "", 0, "ALTER TABLE t ADD b", "ALTER TABLE t DROP b", 0, 0, 0}};
static const migrate_revision misspelt[] = {
    {"x1", 0, 0, 0, "", 0, "-- migrate:up transaction:maybe\nCREATE TABLE t(a);", 0, 0, 0, 0}};

static void transactions(void **state) {
  (void)state;
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  start(outside, 1, 0);
  failed(migrate_upgrade(m, "head"), MIGRATE_IN_TRANSACTION,
         "revision o1 runs outside of a transaction and one is open");
  start(inside, 2, MIGRATE_PER_MIGRATION);
  failed(migrate_upgrade(m, "head"), MIGRATE_IN_TRANSACTION,
         "transaction_per_migration is not possible inside a transaction");
  sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  start(outside, 1, MIGRATE_SQL_FUNCTION);
  failed(migrate_upgrade(m, "head"), MIGRATE_SCRIPT, "revision o1 holds VACUUM");
  start(misspelt, 1, 0);
  failed(migrate_upgrade(m, "head"), MIGRATE_SCRIPT, "unknown option of the marker");
  assert_int_equal(tables(), 0);
  start(outside, 1, 0);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  migrate_close(m);
}

/* ---- another program goes on between two transactions ---- */

#define SHARED "build/program-test.db"

static const migrate_revision counted[] = {
    {"n1", 0, 0, 0, "", 0, "CREATE TABLE n(x); INSERT INTO n VALUES(0)", "DROP TABLE n", 0, 0, 0},
    {"n2", "n1", 0, 0, "", 0, "UPDATE n SET x = x + 1", "UPDATE n SET x = x - 1", 0, 0, 0},
    {"n3", "n2", 0, 0, "", 0, "UPDATE n SET x = x + 10", "UPDATE n SET x = x - 10", 0, 0, 0}};

typedef struct rival {
  int begins;
  const char *target;
} rival;

static int at_second_begin(unsigned event, void *arg, void *stmt, void *sql) {
  rival *r = (rival *)arg;
  sqlite3 *other;
  migrate *k;
  (void)event;
  (void)stmt;
  if (strncmp((const char *)sql, "BEGIN", 5) != 0 || ++r->begins != 2) return 0;
  assert_int_equal(sqlite3_open(SHARED, &other), SQLITE_OK);
  assert_int_equal(migrate_open(other, 0, &k), 0);
  assert_int_equal(migrate_add(k, counted, 3), 0);
  if (*r->target == '-') migrate_downgrade(k, r->target);
  else migrate_upgrade(k, r->target);
  assert_int_equal(migrate_close(k), 0);
  sqlite3_close(other);
  return 0;
}

/* What it has done is not done again. */
static void overtaken(void **state) {
  rival r = {0, "n2"};
  sqlite3 *own = db;
  sqlite3_stmt *row = 0;
  (void)state;
  remove(SHARED);
  assert_int_equal(sqlite3_open(SHARED, &db), SQLITE_OK);
  start(counted, 3, MIGRATE_PER_MIGRATION);
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, at_second_begin, &r);
  assert_int_equal(migrate_upgrade(m, "+3"), 0);
  assert_string_equal(migrate_result(m), "Running upgrade  -> n1\nRunning upgrade n2 -> n3");
  r.begins = 0;
  r.target = "-1";
  assert_int_equal(migrate_downgrade(m, "base"), 0);
  assert_string_equal(migrate_result(m), "Running downgrade n3 -> n2\nRunning downgrade n1 -> ");
  r.target = "head";
  assert_int_equal(migrate_upgrade(m, "n1"), 0);
  r.begins = 1;
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  migrate_close(m);
  sqlite3_trace_v2(db, 0, 0, 0);
  sqlite3_prepare_v2(db, "SELECT x FROM n", -1, &row, 0);
  assert_int_equal(sqlite3_step(row), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(row, 0), 11);
  sqlite3_finalize(row);
  sqlite3_close(db);
  db = own;
  remove(SHARED);
}

static int count_rows(void *arg, const migrate_statement *s) {
  *(int *)arg += strcmp(s->kind, "frame") != 0;
  return 0;
}

/* A plan of where the database is holds nothing; ranges of a script may leave an end out. */
static void ends_of_ranges(void **state) {
  int n = 0;
  (void)state;
  start(inside, 2, 0);
  assert_int_equal(migrate_upgrade(m, "i1"), 0);
  assert_int_equal(migrate_plan(m, "i1", count_rows, &n), 0);
  assert_int_equal(n, 0);
  assert_int_equal(migrate_script(m, "upgrade", ":i1", 0), 0);
  assert_non_null(strstr(migrate_result(m), "CREATE TABLE t(a)"));
  assert_null(strstr(migrate_result(m), "ADD b"));
  assert_int_equal(migrate_script(m, "upgrade", "i1:", 0), 0);
  assert_null(strstr(migrate_result(m), "CREATE TABLE t(a)"));
  assert_non_null(strstr(migrate_result(m), "i2"));
  migrate_close(m);
}

/* ---- messages ---- */

/* A statement is shown in one line, of a long one its beginning. */
static void long_statement(void **state) {
  static char sql[1000], *z = sql;
  migrate_revision r;
  int i;
  (void)state;
  z += sprintf(z, "INSERT  INTO\n  nowhere -- to be seen\n  VALUES (0");
  for (i = 0; i < 100; i++) z += sprintf(z, ", %d", i);
  sprintf(z, ")");
  memset(&r, 0, sizeof r);
  r.id = "l1";
  r.upgrade = sql;
  start(&r, 1, 0);
  assert_int_equal(migrate_upgrade(m, "head"), SQLITE_ERROR);
  assert_non_null(strstr(migrate_errmsg(m), "in: INSERT INTO nowhere VALUES (0, 0, 1, 2"));
  assert_non_null(strstr(migrate_errmsg(m), " .."));
  assert_null(strchr(migrate_errmsg(m), '\n'));
  assert_true(strlen(migrate_errmsg(m)) < 400);
  migrate_close(m);
}

/* Values of every storage class in the row that verify shows; triggers fire as on a connection. */
static void values_in_rows(void **state) {
  static const migrate_revision v[] = {
      {"v1", 0, 0, 0, "", 0,
       "CREATE TABLE t(a INTEGER PRIMARY KEY, r REAL, b BLOB, s TEXT, n);"
       "INSERT INTO t VALUES(1, 2.5, x'0102', 'it''s', NULL)",
       "DROP TABLE t", 0, 0, 0},
      {"v2", "v1", 0, 0, "", 0, "UPDATE t SET s = 'other'", "SELECT 1", 0, 0, 0}};
  (void)state;
  sqlite3_exec(db, "PRAGMA recursive_triggers = ON", 0, 0, 0);
  start(v, 2, 0);
  failed(migrate_verify(m, 0), MIGRATE_DIFFERENT,
         "a: 1, r: 2.5, b: a blob of 2 bytes, s: 'it''s', n: NULL");
  assert_int_equal(tables(), 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(functions, begin, end),
      cmocka_unit_test_setup_teardown(functions_offline, begin, end),
      cmocka_unit_test_setup_teardown(transactions, begin, end),
      cmocka_unit_test_setup_teardown(overtaken, begin, end),
      cmocka_unit_test_setup_teardown(ends_of_ranges, begin, end),
      cmocka_unit_test_setup_teardown(long_statement, begin, end),
      cmocka_unit_test_setup_teardown(values_in_rows, begin, end),
  };
  return cmocka_run_group_tests_name("program", tests, 0, 0);
}
