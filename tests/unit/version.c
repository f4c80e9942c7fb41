/* Version: the version table and the journal, read and written. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "oom.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/revision.c"
#include "../../amalgamation/graph.c"
#include "../../amalgamation/sort.c"
#include "../../amalgamation/target.c"
#include "../../amalgamation/range.c"
#include "../../amalgamation/script.c"
#include "../../amalgamation/template.c"
#include "../../amalgamation/plan.c"
#include "../../amalgamation/version.c"

typedef struct fixture {
  sqlite3 *db;
  mig_fault fault;
  mig_arena arena;
} fixture;

static void begin(fixture *f, const char *sql) {
  memset(f, 0, sizeof(*f));
  mig_arena_init(&f->arena, &f->fault);
  assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(f->db, sql, 0, 0, 0), SQLITE_OK);
}

static void end(fixture *f) {
  mig_arena_free(&f->arena);
  mig_fault_clear(&f->fault);
  assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
}

static void run(fixture *f, const char *sql) {
  char *error = 0;
  if (sqlite3_exec(f->db, sql, 0, 0, &error) != SQLITE_OK) fail_msg("%s: %s", sql, error);
}

static const char *ask(fixture *f, const char *sql) {
  sqlite3_stmt *s = mig_read_begin(f->db, &f->arena, sql);
  const char *value = "(none)";
  while (mig_read_row(f->db, &f->arena, &s)) value = mig_read_text(&f->arena, s, 0);
  assert_int_equal(f->fault.code, 0);
  return value ? value : "NULL";
}

static const char *rows(fixture *f) {
  mig_version v = mig_version_read(f->db, &f->arena, "alembic_version");
  if (f->fault.code) return mig_fault_text(&f->fault);
  return v.exists ? mig_join(&f->arena, v.rows) : "no table";
}

static void expect_rows(const char *sql, const char *expected) {
  fixture f;
  begin(&f, sql);
  assert_string_equal(rows(&f), expected);
  if (!f.fault.code) assert_string_equal(rows(&f), expected);
  end(&f);
}

#define TABLE \
  "CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL, PRIMARY KEY(version_num));"
#define NOT_ONE                                                                            \
  "alembic_version is not a version table: an ordinary table with the column version_num " \
  "is needed; another name is set with version_table"

static void reading(void **state) {
  fixture f;
  (void)state;
  expect_rows("", "no table");
  expect_rows(TABLE, "");
  expect_rows(TABLE "INSERT INTO alembic_version VALUES('b'),('a')", "b, a");
  expect_rows("CREATE TABLE alembic_version(version_num PRIMARY KEY) WITHOUT ROWID;"
              "INSERT INTO alembic_version VALUES('b'),('a')",
              "a, b");
  expect_rows("CREATE TABLE ALEMBIC_VERSION(version_num PRIMARY KEY, more) WITHOUT ROWID", "");
  expect_rows("CREATE TABLE alembic_version(x)", NOT_ONE);
  expect_rows("CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES(NULL)",
              "alembic_version holds a row that is no revision identifier: NULL; "
              "stamp with --purge");
  expect_rows(
      "CREATE TABLE alembic_version(version_num);"
      "INSERT INTO alembic_version VALUES(x'6100')",
      "alembic_version holds a row that is no revision identifier: a; stamp with --purge");
  expect_rows(TABLE "INSERT INTO alembic_version VALUES('a' || char(0) || 'b')",
              "alembic_version holds a row that is no revision identifier: a; stamp with --purge");
  expect_rows("CREATE TEMP TABLE alembic_version(version_num)", "no table");
  begin(&f, "");
  assert_string_equal(rows(&f), "no table");
  assert_string_equal(ask(&f, "SELECT count(*) FROM sqlite_master"), "0");
  end(&f);
}

static void refused_kinds(void **state) {
  fixture f;
  (void)state;
  begin(&f, "CREATE VIEW alembic_version AS SELECT 'a' AS version_num");
  mig_version_check(f.db, &f.arena, "alembic_version");
  assert_string_equal(mig_fault_text(&f.fault), NOT_ONE);
  end(&f);
  begin(&f, "CREATE VIRTUAL TABLE alembic_version USING fts5(version_num)");
  mig_version_check(f.db, &f.arena, "alembic_version");
  assert_int_equal(f.fault.code, MIGRATE_UNSUPPORTED);
  end(&f);
  begin(&f, TABLE);
  mig_version_check(f.db, &f.arena, "alembic_version");
  mig_version_check(f.db, &f.arena, "other");
  assert_int_equal(f.fault.code, 0);
  end(&f);
}

/* The schema text that Alembic leaves behind, and statements that do what they say. */
static void writing(void **state) {
  fixture f;
  mig_change c;
  (void)state;
  begin(&f, "CREATE TEMP TABLE alembic_version(version_num)");
  run(&f, mig_version_create_sql(&f.arena, "alembic_version"));
  assert_string_equal(ask(&f, "SELECT sql FROM sqlite_master WHERE type = 'table'"),
                      "CREATE TABLE alembic_version (\n\tversion_num VARCHAR(32) NOT NULL, \n\t"
                      "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)");
  memset(&c, 0, sizeof c);
  c.kind = MIG_ROW_INSERT;
  c.to = "it's";
  run(&f, mig_change_sql(&f.arena, "alembic_version", &c));
  assert_string_equal(rows(&f), "it's");
  c.kind = MIG_ROW_UPDATE;
  c.from = "it's";
  c.to = "b";
  run(&f, mig_change_sql(&f.arena, "alembic_version", &c));
  assert_string_equal(rows(&f), "b");
  mig_change_check(&f.arena, "alembic_version", &c, 1);
  assert_int_equal(f.fault.code, 0);
  mig_change_check(&f.arena, "alembic_version", &c, 0);
  assert_string_equal(mig_fault_text(&f.fault),
                      "Online migration expected to match one row when updating 'it's' to 'b' in "
                      "'alembic_version'; 0 found");
  mig_fault_clear(&f.fault);
  c.kind = MIG_ROW_DELETE;
  c.from = "b";
  run(&f, mig_change_sql(&f.arena, "alembic_version", &c));
  assert_string_equal(rows(&f), "");
  mig_change_check(&f.arena, "alembic_version", &c, 2);
  assert_string_equal(mig_fault_text(&f.fault),
                      "Online migration expected to match one row when deleting 'b' in "
                      "'alembic_version'; 2 found");
  mig_fault_clear(&f.fault);
  run(&f, mig_version_create_sql(&f.arena, "odd \"name"));
  run(&f, mig_purge_sql(&f.arena, "odd \"name"));
  end(&f);
}

static void journal(void **state) {
  fixture f;
  mig_revision rev;
  mig_journal j;
  (void)state;
  begin(&f, "");
  j = mig_journal_read(f.db, &f.arena);
  assert_int_equal(j.exists + j.n, 0);
  run(&f, mig_journal_create_sql());
  assert_string_equal(ask(&f, "SELECT count(*) FROM sqlite_master WHERE name <> 'migrate_journal'"),
                      "0");
  memset(&rev, 0, sizeof rev);
  rev.id = "b";
  rev.message = "it's";
  rev.down = mig_list_of(&f.arena, "a, z");
  rev.compat = "a";
  rev.upgrade.sql = "SELECT 1;";
  rev.downgrade.sql = "SELECT '100%';";
  run(&f, mig_journal_insert_sql(&f.arena, &rev, "upgrade", "done", 12));
  assert_string_equal(ask(&f,
                          "SELECT applied_at GLOB '20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T"
                          "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z' "
                          "FROM migrate_journal"),
                      "1");
  assert_string_equal(ask(&f, "SELECT duration_ms || state FROM migrate_journal"), "12done");
  rev.id = "c";
  rev.downgrade.sql = 0;
  rev.compat = 0;
  run(&f, mig_journal_insert_sql(&f.arena, &rev, "upgrade", "started", -1));
  assert_string_equal(ask(&f, "SELECT duration_ms FROM migrate_journal WHERE id = 2"), "NULL");
  j = mig_journal_read(f.db, &f.arena);
  assert_int_equal(f.fault.code, 0);
  assert_int_equal(j.n, 2);
  assert_string_equal(j.entries[0].revision, "b");
  assert_string_equal(j.entries[0].down_revision, "a, z");
  assert_string_equal(j.entries[0].downgrade, "SELECT '100%';");
  assert_string_equal(j.entries[0].compat, "a");
  assert_string_equal(j.entries[1].state, "started");
  assert_null(j.entries[1].downgrade);
  assert_null(j.entries[1].compat);
  run(&f, mig_journal_done_sql(&f.arena, &rev, "upgrade", 7));
  assert_string_equal(ask(&f, "SELECT duration_ms || state FROM migrate_journal WHERE id = 2"),
                      "7done");
  rev.id = "b";
  run(&f, mig_journal_insert_sql(&f.arena, &rev, "downgrade", "done", 1));
  j = mig_journal_read(f.db, &f.arena);
  assert_int_equal(j.n, 2);
  assert_string_equal(j.entries[1].revision, "b");
  assert_int_equal(mig_entry_applied(&j.entries[0]), 1);
  assert_int_equal(mig_entry_applied(&j.entries[1]), 0);
  end(&f);
  begin(&f, "CREATE VIEW migrate_journal AS SELECT 1");
  mig_journal_read(f.db, &f.arena);
  assert_int_equal(f.fault.code, MIGRATE_UNSUPPORTED);
  end(&f);
}

/* The Nth allocation and all behind it fail: a fault, no crash, and no statement left open. */
static void out_of_memory(void **state) {
  fixture f;
  mig_revision rev;
  mig_change c;
  int n, code = SQLITE_NOMEM;
  (void)state;
  memset(&rev, 0, sizeof rev);
  memset(&c, 0, sizeof c);
  rev.id = c.from = c.to = "a";
  c.kind = MIG_ROW_UPDATE;
  rev.message = "m";
  rev.upgrade.sql = "SELECT 1";
  begin(&f, TABLE "INSERT INTO alembic_version VALUES('b'),('a')");
  run(&f, mig_journal_create_sql());
  run(&f, mig_journal_insert_sql(&f.arena, &rev, "upgrade", "done", 1));
  for (n = 0; code == SQLITE_NOMEM && n < 10000; n++) {
    mig_arena_free(&f.arena);
    mig_fault_clear(&f.fault);
    oom_left = n;
    mig_version_read(f.db, &f.arena, "alembic_version");
    mig_version_read(f.db, &f.arena, "other");
    mig_version_check(f.db, &f.arena, "alembic_version");
    mig_version_create_sql(&f.arena, "v");
    mig_change_sql(&f.arena, "v", &c);
    mig_journal_insert_sql(&f.arena, &rev, "upgrade", "done", 1);
    mig_journal_done_sql(&f.arena, &rev, "upgrade", 1);
    mig_journal_read(f.db, &f.arena);
    oom_left = -1;
    code = f.fault.code;
  }
  assert_int_equal(code, 0);
  assert_true(n > 5);
  assert_null(sqlite3_next_stmt(f.db, 0));
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(out_of_memory), cmocka_unit_test(reading),
      cmocka_unit_test(refused_kinds),
      cmocka_unit_test(writing),
      cmocka_unit_test(journal),
  };
  oom_install();
  return cmocka_run_group_tests_name("version", tests, 0, 0);
}
