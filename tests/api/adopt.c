/* Adopt from C: what is told, codes, and memory that runs out. The tools themselves are in
** tests/adopt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"
#include "oom.h"

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, "one", 0, "CREATE TABLE one(x);", "DROP TABLE one;", 0, 0, 0},
    {"r2", "r1", 0, 0, "two", 0, "CREATE TABLE two(x);", "DROP TABLE two;", 0, 0, 0},
    {"r3", "r2", 0, 0, "three", 0, "CREATE TABLE three(x);", "DROP TABLE three;", 0, 0, 0},
};
static const char django[] =
    "CREATE TABLE django_migrations(id INTEGER PRIMARY KEY, app, name, applied);"
    "INSERT INTO django_migrations(app, name) VALUES('auth', '0001'), ('polls', '0001'), ('auth', "
    "'0002');"
    "CREATE TABLE one(x); CREATE TABLE two(x);";

static migrate *environment(sqlite3 **db, const migrate_options *options) {
  migrate *m = 0;
  assert_int_equal(sqlite3_open(":memory:", db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(*db, django, 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_open(*db, options, &m), 0);
  assert_int_equal(migrate_add(m, revisions, 3), 0);
  return m;
}

static void end(migrate *m, sqlite3 *db) {
  migrate_close(m);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* From the adopted revision on the next ones run. */
static void goes_on(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, 0);
  (void)state;
  assert_int_equal(migrate_adopt(m, 0), 0);
  assert_string_equal(migrate_result(m),
                      "Found Django: table django_migrations, 3 applied, last auth.0002, "
                      "polls.0001\nNo revision has that id. Say which one it is: "
                      "migrate_adopt('polls.0001=REVISION')");
  assert_int_equal(migrate_adopt(m, "auth.0001=r1, auth.0002=r2"), 0);
  assert_string_equal(migrate_result(m),
                      "Found Django: table django_migrations, 3 applied, last auth.0002, "
                      "polls.0001\nRunning stamp_revision  -> r2");
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_string_equal(migrate_result(m), "Running upgrade r2 -> r3, three");
  end(m, db);
}

static void fails(const char *mapping, int code) {
  sqlite3 *db;
  migrate *m = environment(&db, 0);
  assert_int_equal(migrate_adopt(m, mapping), code);
  assert_int_equal(migrate_errcode(m), code);
  assert_int_equal(sqlite3_total_changes(db), 3);
  end(m, db);
}

static void codes(void **state) {
  (void)state;
  fails("auth.0001=r1", MIGRATE_NO_REVISION);
  fails("auth.0002=r9", MIGRATE_NO_REVISION);
  fails("sessions.0001=r1", MIGRATE_NO_REVISION);
  fails("r1", MIGRATE_MISUSE);
  fails("Rails: auth.0002=r1", MIGRATE_NO_SUCH);
  fails("file:/nowhere/at/all", MIGRATE_FILE);
  assert_int_equal(migrate_adopt(0, 0), SQLITE_NOMEM);
}

/* Under another name of the version table Alembic's is a tool's like others. */
static void another_version_table(void **state) {
  sqlite3 *db;
  migrate *m;
  migrate_options o;
  (void)state;
  memset(&o, 0, sizeof o);
  o.version_table = "migrated";
  m = environment(&db, &o);
  assert_int_equal(sqlite3_exec(db,
                                "DROP TABLE django_migrations; CREATE TABLE alembic_version("
                                "version_num VARCHAR(32) PRIMARY KEY); INSERT INTO alembic_version "
                                "VALUES('r2')",
                                0, 0, 0),
                   SQLITE_OK);
  assert_int_equal(migrate_adopt(m, 0), 0);
  assert_string_equal(migrate_result(m), "Found Alembic: table alembic_version, last r2\n"
                                         "Running stamp_revision  -> r2");
  end(m, db);
}

/* Alembic's own table, whose ids become ours. */
static void renamed_ids(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, 0);
  (void)state;
  assert_int_equal(sqlite3_exec(db,
                                "DROP TABLE django_migrations; CREATE TABLE alembic_version("
                                "version_num VARCHAR(32) PRIMARY KEY); INSERT INTO alembic_version "
                                "VALUES('ae1027')",
                                0, 0, 0),
                   SQLITE_OK);
  assert_int_equal(migrate_adopt(m, "ae1027=r2"), 0);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_string_equal(migrate_result(m), "Running upgrade r2 -> r3, three");
  end(m, db);
}

/* Of several heads none is dropped because the mapping says nothing of it. */
static void forgotten_head(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, 0);
  (void)state;
  assert_int_equal(sqlite3_exec(db,
                                "DROP TABLE django_migrations; CREATE TABLE alembic_version("
                                "version_num VARCHAR(32) PRIMARY KEY); INSERT INTO alembic_version "
                                "VALUES('ae1027'), ('bb2')",
                                0, 0, 0),
                   SQLITE_OK);
  assert_int_equal(migrate_adopt(m, "ae1027=r2"), MIGRATE_NO_REVISION);
  assert_non_null(strstr(migrate_errmsg(m), "add bb2=REVISION"));
  end(m, db);
}

/* ---- beside another process ---- */

#define DB "build/adopt-test.db"

typedef struct neighbour {
  sqlite3 *db;
  const char *sql; /* what it does when its moment has come, once */
} neighbour;

static void acts(neighbour *n) {
  const char *sql = n->sql;
  n->sql = 0;
  if (sql) assert_int_equal(sqlite3_exec(n->db, sql, 0, 0, 0), SQLITE_OK);
}

static int when_it_begins(unsigned event, void *arg, void *stmt, void *sql) {
  (void)event;
  (void)stmt;
  if (strncmp((const char *)sql, "BEGIN", 5) == 0) acts((neighbour *)arg);
  return 0;
}

static int when_it_waits(void *arg, const migrate_progress *p) {
  (void)p;
  acts((neighbour *)arg);
  return 0;
}

static migrate *beside(neighbour *n, sqlite3 **db) {
  migrate_options o;
  migrate *m = 0;
  memset(&o, 0, sizeof o);
  o.progress = when_it_waits;
  o.progress_arg = n;
  remove(DB);
  assert_int_equal(sqlite3_open(DB, &n->db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(n->db, django, 0, 0, 0), SQLITE_OK);
  assert_int_equal(sqlite3_open(DB, db), SQLITE_OK);
  assert_int_equal(migrate_open(*db, &o, &m), 0);
  assert_int_equal(migrate_add(m, revisions, 3), 0);
  return m;
}

static void end_both(neighbour *n, migrate *m, sqlite3 *db) {
  assert_int_equal(sqlite3_close(n->db), SQLITE_OK);
  end(m, db);
  remove(DB);
}

/* Another has adopted and gone on, after this one looked: it is not thrown back. */
static void overtaken(void **state) {
  neighbour n;
  sqlite3 *db;
  sqlite3_stmt *row = 0;
  migrate *m = beside(&n, &db);
  (void)state;
  n.sql = "CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
          "INSERT INTO alembic_version VALUES('r3')";
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, when_it_begins, &n);
  assert_int_equal(migrate_adopt(m, "auth.0002=r2"), MIGRATE_EXISTS);
  sqlite3_trace_v2(db, 0, 0, 0);
  sqlite3_prepare_v2(db, "SELECT group_concat(version_num) FROM alembic_version", -1, &row, 0);
  assert_int_equal(sqlite3_step(row), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(row, 0), "r3");
  sqlite3_finalize(row);
  end_both(&n, m, db);
}

/* Nobody may read while another commits: it is waited for. */
static void patient(void **state) {
  neighbour n;
  sqlite3 *db;
  migrate *m = beside(&n, &db);
  (void)state;
  assert_int_equal(sqlite3_exec(n.db, "BEGIN EXCLUSIVE", 0, 0, 0), SQLITE_OK);
  n.sql = "COMMIT";
  assert_int_equal(migrate_adopt(m, "auth.0002=r2"), 0);
  assert_null(n.sql);
  end_both(&n, m, db);
}

static int adopt_without_memory(int at) {
  sqlite3 *db;
  migrate *m = environment(&db, 0);
  int rc;
  oom_left = at;
  rc = migrate_adopt(m, "auth.0002=r2");
  oom_left = -1;
  assert_true(rc == 0 || rc == SQLITE_NOMEM);
  end(m, db);
  return rc;
}

static void no_memory(void **state) {
  int at;
  (void)state;
  for (at = 0; adopt_without_memory(at) != 0; at++) assert_true(at < 100000);
  assert_true(at > 100);
  assert_int_equal(sqlite3_memory_used(), 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(goes_on),
      cmocka_unit_test(codes),
      cmocka_unit_test(another_version_table),
      cmocka_unit_test(renamed_ids),
      cmocka_unit_test(forgotten_head),
      cmocka_unit_test(overtaken),
      cmocka_unit_test(patient),
      cmocka_unit_test(no_memory),
  };
  oom_install();
  return cmocka_run_group_tests(tests, 0, 0);
}
