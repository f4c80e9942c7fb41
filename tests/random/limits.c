/* Sizes at which a parser that recurses, or an engine that looks at everything twice, gives up:
** all of it within a stack of 256 KB. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define STACK_SIZE (256 * 1024)

typedef struct database {
  sqlite3 *db;
} database;

static int open_database(void **state) {
  database *d = (database *)calloc(1, sizeof(*d));
  *state = d;
  return sqlite3_open(":memory:", &d->db);
}

static int close_database(void **state) {
  database *d = (database *)*state;
  sqlite3_close(d->db);
  free(d);
  return 0;
}

/* text, n times. */
static void repeat(sqlite3_str *z, const char *text, int n) {
  while (n-- > 0) sqlite3_str_appendall(z, text);
}

static void run(sqlite3 *db, sqlite3_str *z) {
  char *sql = sqlite3_str_finish(z);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  sqlite3_free(sql);
}

static int migrate_code(sqlite3 *db, const char *sql) {
  migrate *m = 0;
  int rc;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  migrate_exec(m, sql);
  if (migrate_errcode(m)) printf("# %.200s\n", migrate_errmsg(m));
  rc = migrate_errcode(m);
  migrate_close(m);
  return rc;
}

static int migrate_str(sqlite3 *db, sqlite3_str *z) {
  char *sql = sqlite3_str_finish(z);
  int rc = migrate_code(db, sql);
  sqlite3_free(sql);
  return rc;
}

static sqlite3_int64 ask(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  sqlite3_int64 n = -1;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  return n;
}

static double now(void) { return (double)clock() / CLOCKS_PER_SEC; }

/* How deep parentheses may stand in a CHECK of this SQLite, below n. */
static int deepest(sqlite3 *db, int n) {
  for (; n > 1; n = n * 9 / 10) {
    sqlite3_str *z = sqlite3_str_new(0);
    char *sql;
    int rc;
    sqlite3_str_appendall(z, "CREATE TABLE p(a, CHECK (");
    repeat(z, "(", n);
    sqlite3_str_appendall(z, "a");
    repeat(z, ")", n);
    sqlite3_str_appendall(z, "))");
    sql = sqlite3_str_finish(z);
    rc = sqlite3_exec(db, sql, 0, 0, 0);
    sqlite3_free(sql);
    if (rc == SQLITE_OK) break;
  }
  sqlite3_exec(db, "DROP TABLE p", 0, 0, 0);
  return n;
}

static void nested_parentheses(void **state) {
  sqlite3 *db = ((database *)*state)->db;
  int n = deepest(db, 2400), taken;
  sqlite3_str *z = sqlite3_str_new(0);
  sqlite3_str_appendall(z, "CREATE TABLE t(a INT, b INT, CONSTRAINT deep CHECK (");
  repeat(z, "(", n);
  sqlite3_str_appendall(z, "a");
  repeat(z, ")", n);
  sqlite3_str_appendall(z, " < 9)); INSERT INTO t VALUES(1, 2)");
  run(db, z);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ALTER b TYPE TEXT, ALTER a SET NOT NULL"), 0);
  assert_int_equal(migrate_code(db, "ALTER TABLE t RENAME a TO c"), 0);
  assert_int_equal(ask(db, "SELECT count(*) FROM t WHERE c = 1 AND b = '2'"), 1);
  assert_int_not_equal(sqlite3_exec(db, "INSERT INTO t VALUES(10, 1)", 0, 0, 0), SQLITE_OK);
  /* more than most SQLites take themselves: their error, not a crash */
  taken = deepest(db, 200000) == 200000;
  z = sqlite3_str_new(0);
  sqlite3_str_appendall(z, "ALTER TABLE t ADD CHECK (");
  repeat(z, "(", 200000);
  sqlite3_str_appendall(z, "b");
  repeat(z, ")", 200000);
  sqlite3_str_appendall(z, ")");
  assert_int_equal(migrate_str(db, z) == 0, taken);
  assert_int_equal(migrate_code(db, "ALTER TABLE t DROP CONSTRAINT deep"), 0);
}

static void long_type(void **state) {
  sqlite3 *db = ((database *)*state)->db;
  sqlite3_str *z = sqlite3_str_new(0);
  double start = now();
  sqlite3_str_appendall(z, "CREATE TABLE t(a ");
  repeat(z, "word ", 1000000);
  sqlite3_str_appendall(z, ", b INT)");
  run(db, z);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ADD c TEXT DEFAULT 'x', ALTER b SET NOT NULL"),
                   0);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ALTER a TYPE TEXT"), 0);
  assert_int_equal(ask(db, "SELECT length(sql) < 100 FROM sqlite_master"), 1);
  printf("# a type of a million words: %.1f s\n", now() - start);
}

static void many_constraint_words(void **state) {
  sqlite3 *db = ((database *)*state)->db;
  sqlite3_str *z = sqlite3_str_new(0);
  double start = now();
  sqlite3_str_appendall(z, "CREATE TABLE t(a INT ");
  repeat(z, "CONSTRAINT x ", 2000000);
  sqlite3_str_appendall(z, "NOT NULL, b INT)");
  run(db, z);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ALTER b SET DEFAULT 5"), 0);
  assert_int_equal(sqlite3_exec(db, "INSERT INTO t(a) VALUES(1)", 0, 0, 0), SQLITE_OK);
  assert_int_equal(ask(db, "SELECT b FROM t"), 5);
  printf("# two million CONSTRAINT x: %.1f s\n", now() - start);
}

static void wide_table(void **state) {
  sqlite3 *db = ((database *)*state)->db;
  sqlite3_str *z = sqlite3_str_new(0);
  double start = now();
  int i;
  sqlite3_str_appendall(z, "CREATE TABLE t(c0 INTEGER PRIMARY KEY");
  for (i = 1; i < 1999; i++) sqlite3_str_appendf(z, ", c%d INT CHECK (c%d <> 7)", i, i);
  sqlite3_str_appendall(z, "); INSERT INTO t(c1, c1998) VALUES(1, 2)");
  run(db, z);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ALTER c5 TYPE TEXT"), 0);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ALTER c6 SET DEFAULT 5, ALTER c1 SET NOT NULL"),
                   0);
  assert_int_equal(migrate_code(db, "ALTER TABLE t ADD last TEXT AFTER c3"), 0);
  assert_int_equal(migrate_code(db, "ALTER TABLE t DROP COLUMN last, RENAME c9 TO nine"), 0);
  assert_int_equal(ask(db, "SELECT count(*) FROM pragma_table_info('t')"), 1999);
  assert_int_equal(ask(db, "SELECT c1 + c1998 FROM t"), 3);
  printf("# a table of 1,999 columns: %.1f s\n", now() - start);
}

/* A schema edit in a schema of 10,000 tables, beside the time that SQLite takes to load it. */
static void many_tables(void **state) {
  sqlite3 *db = ((database *)*state)->db;
  double start, load, edit;
  int i;
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  for (i = 0; i < 10000; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    sqlite3_str_appendf(z, "CREATE TABLE t%d(id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INT "
                           "CHECK (n > 0), r INT REFERENCES t%d(id))", i, i / 2);
    run(db, z);
  }
  sqlite3_exec(db, "COMMIT; PRAGMA schema_version = 20000", 0, 0, 0);
  start = now();
  ask(db, "SELECT 1 FROM t5 LIMIT 0");
  load = now() - start;
  start = now();
  assert_int_equal(migrate_code(db, "ALTER TABLE t5000 ALTER name DROP NOT NULL"), 0);
  edit = now() - start;
  assert_int_equal(ask(db, "SELECT \"notnull\" FROM pragma_table_info('t5000') WHERE cid = 1"), 0);
  printf("# 10,000 tables: load %.0f ms, schema edit %.0f ms\n", load * 1000, edit * 1000);
}

/* The stack of a program is what the limit was when it began. */
static void begin_again_with_a_small_stack(char **argv) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == STACK_SIZE) return;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < STACK_SIZE) return;
  limit.rlim_cur = STACK_SIZE;
  if (setrlimit(RLIMIT_STACK, &limit) == 0) execv(argv[0], argv);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nested_parentheses, open_database, close_database),
      cmocka_unit_test_setup_teardown(long_type, open_database, close_database),
      cmocka_unit_test_setup_teardown(many_constraint_words, open_database, close_database),
      cmocka_unit_test_setup_teardown(wide_table, open_database, close_database),
      cmocka_unit_test_setup_teardown(many_tables, open_database, close_database),
  };
  (void)argc;
  begin_again_with_a_small_stack(argv);
  return cmocka_run_group_tests(tests, 0, 0);
}
