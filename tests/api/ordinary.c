/* The ordinary job, whole: a table of a million rows with two indexes, one UNIQUE over two columns,
** a trigger, a view and a child with ON DELETE CASCADE, foreign keys on; once on its own, once
** inside a transaction of the caller's. Everything but the changed column must be as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define ROWS 1000000
#define TEXT(n) TEXT_OF(n)
#define TEXT_OF(n) #n

static void run(sqlite3 *db, const char *sql) {
  char *error = 0;
  if (sqlite3_exec(db, sql, 0, 0, &error) != SQLITE_OK) print_error("%s: %s\n", error, sql);
  assert_null(error);
}

/* The first column of the first row; freed by the caller. */
static char *ask(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  char *answer = 0;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, 0), SQLITE_OK);
  if (sqlite3_step(s) == SQLITE_ROW) answer = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
  return answer;
}

static void expect(sqlite3 *db, const char *sql, const char *wanted) {
  char *answer = ask(db, sql);
  assert_string_equal(answer ? answer : "(none)", wanted);
  sqlite3_free(answer);
}

static const char set_up[] =
    "PRAGMA foreign_keys = ON; BEGIN;"
    "CREATE TABLE t(id INTEGER PRIMARY KEY, sku TEXT NOT NULL, price TEXT, note TEXT);"
    "CREATE UNIQUE INDEX t_price_id ON t(sku, id);"
    "CREATE INDEX t_note ON t(note);"
    "CREATE TABLE log(n);"
    "CREATE TRIGGER t_note_log AFTER UPDATE OF note ON t BEGIN INSERT INTO log VALUES(new.id); END;"
    "CREATE VIEW dear AS SELECT id, price FROM t WHERE price > 900;"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, t_id INTEGER NOT NULL REFERENCES t(id) ON DELETE "
    "CASCADE);"
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " TEXT(ROWS) ") "
    "INSERT INTO t SELECT i * 2, 'sku' || (i * 7919 % 1000003), i % 1000, 'note ' || i % 97 FROM c;"
    "INSERT INTO child SELECT NULL, id FROM t WHERE id % 200 = 0;"
    "COMMIT";

static const char job[] =
    "ALTER TABLE t ALTER COLUMN price TYPE INTEGER USING CAST(price AS INTEGER), "
    "ALTER COLUMN price SET NOT NULL, ALTER COLUMN price SET DEFAULT 0";

/* Sums that no lost, moved or changed value leaves as they are. */
static const char sums[] =
    "SELECT count(*) || ' ' || sum(rowid) || ' ' || sum(id * (1 + CAST(price AS INT))) || ' ' || "
    "sum(id * length(sku || note)) FROM t";
static const char roots[] =
    "SELECT group_concat(name || rootpage) FROM sqlite_master WHERE type = 'index'";

static void check_after(sqlite3 *db, const char *sums_before, const char *roots_before) {
  expect(db, sums, sums_before);
  expect(db, roots, roots_before);
  expect(db, "SELECT count(*) FROM child", "10000");
  expect(db, "SELECT group_concat(DISTINCT typeof(price)) FROM t", "integer");
  expect(db, "SELECT \"notnull\" || dflt_value FROM pragma_table_info('t') WHERE name = 'price'",
         "10");
  expect(
      db, "SELECT group_concat(type || ' ' || name) FROM sqlite_master",
      "table t,index t_price_id,index t_note,table log,trigger t_note_log,view dear,table child");
  expect(db, "SELECT count(*) FROM dear", "99000");
  expect(db, "SELECT count(*) FROM log", "0");
  expect(db, "PRAGMA foreign_keys", "1");
  expect(db, "PRAGMA integrity_check", "ok");
  run(db, "UPDATE t SET note = 'x' WHERE id = 400; DELETE FROM t WHERE id = 400");
  expect(db, "SELECT count(*) FROM log", "1");
  expect(db, "SELECT count(*) FROM child", "9999");
}

static void ordinary_job(int inside) {
  sqlite3 *db = 0;
  migrate *m = 0;
  char *sums_before, *roots_before;
  assert_int_equal(sqlite3_open("", &db), SQLITE_OK);
  run(db, set_up);
  sums_before = ask(db, sums);
  roots_before = ask(db, roots);
  if (inside) run(db, "BEGIN; INSERT INTO log VALUES(1); DELETE FROM log");
  assert_int_equal(migrate_open(db, 0, &m), 0);
  if (migrate_exec(m, job)) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  assert_int_equal(sqlite3_get_autocommit(db), !inside);
  if (inside) run(db, "COMMIT");
  check_after(db, sums_before, roots_before);
  sqlite3_free(sums_before);
  sqlite3_free(roots_before);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void on_its_own(void **state) {
  (void)state;
  ordinary_job(0);
}

static void in_the_callers_transaction(void **state) {
  (void)state;
  ordinary_job(1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(on_its_own),
    cmocka_unit_test(in_the_callers_transaction),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
