/* Security: database files that somebody else has made. Whatever they hold, a call fails or works,
** changes all or nothing, and does not misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "../../amalgamation/migrate.in.h"

static const migrate_revision revisions[] = {
    {"a1", 0, 0, 0, "first", 0, "CREATE TABLE made(a)", "DROP TABLE made", 0, 0, 0},
    {"b2", "a1", 0, 0, "second", 0, "ALTER TABLE made ADD b FIRST", "ALTER TABLE made DROP b", 0, 0,
     0},
};

static sqlite3 *database(const char *sql) {
  sqlite3 *db = 0;
  char *message = 0;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  if (sqlite3_exec(db, sql, 0, 0, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
  return db;
}

/* All rows of a query in one text, for sqlite3_free(). */
static char *ask(sqlite3 *db, const char *sql) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  int i;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
  while (sqlite3_step(s) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(s); i++) {
      const char *z = (const char *)sqlite3_column_text(s, i);
      sqlite3_str_appendf(out, "%s|", z ? z : "NULL");
    }
  }
  sqlite3_finalize(s);
  return sqlite3_str_length(out) ? sqlite3_str_finish(out)
                                 : (sqlite3_free(sqlite3_str_finish(out)), sqlite3_mprintf(""));
}

static void expect(sqlite3 *db, const char *sql, const char *answer) {
  char *z = ask(db, sql);
  if (strcmp(z, answer) != 0) fail_msg("%s: %s, not %s", sql, z, answer);
  sqlite3_free(z);
}

/* Upgrades; the code, and in `said` the message. */
static char said[2000];
static int upgrade(sqlite3 *db) {
  migrate_options o;
  migrate *m = 0;
  memset(&o, 0, sizeof o);
  o.errbuf = said;
  o.nerrbuf = (int)sizeof said;
  said[0] = 0;
  migrate_open(db, &o, &m);
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  return migrate_close(m);
}

static const char *how; /* the setting rebuild; NULL: the default */

static int exec(sqlite3 *db, const char *sql) {
  migrate_options o;
  migrate *m = 0;
  memset(&o, 0, sizeof o);
  o.errbuf = said;
  o.nerrbuf = (int)sizeof said;
  said[0] = 0;
  migrate_open(db, &o, &m);
  if (how) migrate_set(m, "rebuild", how);
  migrate_exec(m, sql);
  return migrate_close(m);
}

/* An upgrade that must fail, and must change nothing. */
static void refused(const char *setup, const char *part) {
  static const char image[] = "SELECT type, name, sql FROM sqlite_master ORDER BY rowid";
  sqlite3 *db = database(setup);
  char *before = ask(db, image), *after;
  int rc = upgrade(db);
  after = ask(db, image);
  if (rc == 0 || !strstr(said, part)) fail_msg("%.80s: %d %s", setup, rc, said);
  assert_string_equal(before, after);
  assert_true(sqlite3_get_autocommit(db));
  sqlite3_free(before);
  sqlite3_free(after);
  sqlite3_close(db);
}

/* A row that no revision identifier is is in everybody's way: --purge takes it out. */
static void purged(const char *setup) {
  sqlite3 *db = database(setup);
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, 2);
  migrate_stamp_purge(m, "b2");
  if (migrate_close(m)) fail_msg("%s", setup);
  expect(db, "SELECT version_num FROM alembic_version", "b2|");
  sqlite3_close(db);
}

/* 6: what bears the version table's name must be an ordinary table. */
static void item_6(void **state) {
  (void)state;
  refused("CREATE TABLE t(version_num); CREATE VIEW alembic_version AS SELECT * FROM t;"
          "CREATE TRIGGER r INSTEAD OF INSERT ON alembic_version BEGIN DELETE FROM t; END",
          "not a version table");
  refused("CREATE VIRTUAL TABLE alembic_version USING fts5(version_num)", "not a version table");
  refused("CREATE TABLE alembic_version(other)", "not a version table");
}

/* 7: version tables of another form, and rows that are no revisions. */
static void item_7(void **state) {
  static const char *const forms[] = {
      "CREATE TABLE alembic_version(version_num, more TEXT DEFAULT 'x')",
      "CREATE TABLE alembic_version(version_num TEXT PRIMARY KEY) WITHOUT ROWID",
      "CREATE TABLE log(x); CREATE TABLE alembic_version(version_num);"
      "CREATE TRIGGER r AFTER INSERT ON alembic_version BEGIN INSERT INTO log VALUES(1); END",
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    sqlite3 *db = database(forms[i]);
    int rc = upgrade(db);
    if (rc) fail_msg("%s: %s", forms[i], said);
    expect(db, "SELECT version_num FROM alembic_version", "b2|");
    sqlite3_close(db);
  }
  refused("CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES(NULL)",
          "no revision identifier");
  refused("CREATE TABLE alembic_version(version_num);"
          "INSERT INTO alembic_version VALUES(x'6131006231')",
          "no revision identifier");
  purged("CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES(NULL),(1)");
  purged("CREATE TABLE alembic_version(version_num);"
         "INSERT INTO alembic_version VALUES(x'6131006231')");
  refused("CREATE TABLE alembic_version(version_num);"
          "INSERT INTO alembic_version VALUES(hex(zeroblob(500000)))",
          "Can't locate revision identified by");
  refused("CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version "
          "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c LIMIT 100000) "
          "SELECT 'r' || i FROM c",
          "Can't locate revision identified by");
  refused("CREATE TABLE alembic_version(version_num);"
          "INSERT INTO alembic_version VALUES('a1''; DROP TABLE x; --')",
          "Can't locate revision identified by");
  refused("CREATE TABLE alembic_version(version_num);"
          "CREATE TRIGGER r AFTER INSERT ON alembic_version BEGIN SELECT RAISE(ROLLBACK, 'no'); "
          "END",
          "no");
}

/* 10: what exists only while a change runs takes another name where an object of any kind, or a
** column, has that name, in whatever case. */
static void item_10(void **state) {
  static const char *const taken[] = {
      "CREATE TABLE migrate_scratch_0(x)",
      "CREATE TABLE Migrate_Scratch_0_1(x); CREATE TABLE migrate_scratch_1(x)",
      "CREATE INDEX migrate_scratch_0_1 ON kept(x)",
      "CREATE INDEX MIGRATE_SCRATCH_0 ON t(id)",
      "CREATE VIEW migrate_scratch_0 AS SELECT * FROM kept",
      "CREATE TRIGGER migrate_scratch_0 AFTER DELETE ON kept BEGIN SELECT 1; END",
      "CREATE TEMP TABLE migrate_scratch_0(x)",
      "CREATE TEMP VIEW migrate_scratch_0_1 AS SELECT * FROM kept",
      "CREATE TEMP TRIGGER migrate_scratch_0 AFTER DELETE ON t BEGIN SELECT 1; END",
      "CREATE TABLE migrate_scratch_0_seq(x); CREATE TABLE migrate_scratch_0_f1(x);"
      "CREATE TABLE migrate_scratch_0_m0(x); CREATE TABLE migrate_scratch_0_m1(x)",
      "ALTER TABLE t ADD migrate_scratch_0 DEFAULT 7; ALTER TABLE t ADD migrate_scratch_0_id",
      "ALTER TABLE t ADD migrate_dropped_1 DEFAULT 7; ALTER TABLE t ADD migrate_renamed_b"};
  static const char *const changes[] = {
      "ALTER TABLE t ALTER b TYPE INTEGER, ADD UNIQUE (b), ADD CHECK (b > 0)",
      "ALTER TABLE t ALTER id SET AUTOINCREMENT", "ALTER TABLE t DROP b, ADD b INT DEFAULT 5",
      "ALTER TABLE t ALTER b SET NOT NULL, ALTER b FIRST", "ALTER TABLE t RENAME b TO c"};
  static const char objects[] = "SELECT type, name FROM sqlite_master UNION ALL SELECT type, name "
                                "FROM temp.sqlite_master ORDER BY 2, 1";
  size_t i, k;
  (void)state;
  for (i = 0; i < 3 * sizeof taken / sizeof taken[0]; i++) {
    for (k = 0; k < sizeof changes / sizeof changes[0]; k++) {
      sqlite3 *db = database(
          "CREATE TABLE kept(x); CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT);"
          "CREATE TABLE kid(id INTEGER PRIMARY KEY, t REFERENCES t ON DELETE CASCADE);"
          "INSERT INTO kept VALUES (1); INSERT INTO t VALUES (3, '5'), (4, '6');"
          "INSERT INTO kid VALUES (1, 3), (2, 4)");
      char *before, *after;
      how = i % 3 == 0 ? 0 : i % 3 == 1 ? "portable" : "hosted";
      assert_int_equal(sqlite3_exec(db, taken[i / 3], 0, 0, 0), SQLITE_OK);
      before = ask(db, objects);
      if (exec(db, changes[k])) fail_msg("%s: %s: %s", taken[i / 3], changes[k], said);
      after = ask(db, "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' "
                      "UNION ALL SELECT type, name FROM temp.sqlite_master ORDER BY 2, 1");
      if (strcmp(before, after) != 0) fail_msg("%s: %s: %s", taken[i / 3], changes[k], after);
      expect(db, "SELECT id FROM t", "3|4|");
      expect(db, "SELECT x FROM kept", "1|");
      expect(db, "SELECT id, t FROM kid", "1|3|2|4|");
      sqlite3_free(before);
      sqlite3_free(after);
      sqlite3_close(db);
    }
  }
  how = 0;
}

/* 12: the name of an attached database is quoted wherever it goes. */
static void item_12(void **state) {
  sqlite3 *db = database(
      "CREATE TABLE t(a); ATTACH ':memory:' AS \"a\"\"b c\";"
      "CREATE TABLE \"a\"\"b c\".t(a INT CHECK(a > 0), b UNIQUE);"
      "CREATE INDEX \"a\"\"b c\".x ON t(a); INSERT INTO \"a\"\"b c\".t VALUES(1, 2), (3, 4);"
      "CREATE TEMP VIEW v AS SELECT a FROM \"a\"\"b c\".t");
  static const char *const changes[] = {
      "ALTER TABLE \"a\"\"b c\".t ALTER a TYPE TEXT, ADD c FIRST",
      "ALTER TABLE \"a\"\"b c\".t ALTER a SET NOT NULL",
      "ALTER TABLE \"a\"\"b c\".t RENAME a TO d",
      "ALTER TABLE \"a\"\"b c\".t ADD UNIQUE(d), DROP COLUMN c",
      "ALTER TABLE \"a\"\"b c\".t RENAME TO u",
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    if (exec(db, changes[i])) fail_msg("%s: %s", changes[i], said);
  }
  expect(db, "SELECT d, b FROM \"a\"\"b c\".u", "1|2|3|4|");
  expect(db, "SELECT * FROM v", "1|3|");
  expect(db, "SELECT name, sql FROM main.sqlite_master", "t|CREATE TABLE t(a)|");
  expect(db, "PRAGMA \"a\"\"b c\".integrity_check", "ok|");
  sqlite3_close(db);
}

static void edit_schema(sqlite3 *db, const char *sql) {
  char *message = 0;
  sqlite3_exec(db, "PRAGMA writable_schema = ON", 0, 0, 0);
  if (sqlite3_exec(db, sql, 0, 0, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
  sqlite3_exec(db, "PRAGMA writable_schema = OFF", 0, 0, 0);
}

/* 13: SQLite reads a schema text up to its first NUL; a name that differs from the text, and a text
** that is none, are refused or left alone. */
static void item_13(void **state) {
  sqlite3 *db = database("CREATE TABLE t(a INT); INSERT INTO t VALUES(1)");
  int rc;
  (void)state;
  edit_schema(db, "UPDATE sqlite_master SET sql = CAST(x'435245415445205441424C45207428612049"
                  "4E542900584F' AS TEXT) WHERE name = 't'");
  rc = exec(db, "ALTER TABLE t ADD b INT FIRST");
  if (rc) fail_msg("%s", said);
  expect(db, "SELECT a, b FROM t", "1|NULL|");
  expect(db, "PRAGMA integrity_check", "ok|");
  sqlite3_close(db);

  db = database("CREATE TABLE t(a INT); CREATE TABLE u(b INT)");
  edit_schema(db, "UPDATE sqlite_master SET sql = 'CREATE TABLE other(a INT)' WHERE name = 't'");
  rc = exec(db, "ALTER TABLE t ADD c INT FIRST");
  if (rc) assert_true(sqlite3_get_autocommit(db));
  else expect(db, "PRAGMA integrity_check", "ok|");
  sqlite3_close(db);

  db = database("CREATE TABLE t(a INT); CREATE TABLE u(b INT)");
  edit_schema(db, "UPDATE sqlite_master SET sql = 'CREATE TABLE t(((' WHERE name = 't'");
  rc = exec(db, "ALTER TABLE t ADD c INT FIRST");
  assert_int_not_equal(rc, 0);
  assert_true(sqlite3_get_autocommit(db));
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(item_6), cmocka_unit_test(item_7), cmocka_unit_test(item_10),
      cmocka_unit_test(item_12), cmocka_unit_test(item_13),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
