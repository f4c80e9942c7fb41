/* Verify: revisions up, down and up on a private copy. What is not true is named, with the
** statement and both texts; the database itself stays byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"
#include "oom.h"

static const char base[] =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age TEXT);"
    "CREATE INDEX users_name ON users(name);"
    "CREATE TABLE pairs(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "CREATE TABLE log(line);"
    "INSERT INTO users(name, age) VALUES('Ann', '007'), ('Bob', NULL);"
    "INSERT INTO pairs VALUES(1, 'x'), (2, x'00ff'), (2.5, 'y');"
    "INSERT INTO log VALUES('b'), ('a'), ('a');";

static migrate *environment(sqlite3 **db, const char *file) {
  static const migrate_revision first = {
      "first", 0, 0, 0, "first", 0, base,
      "DROP TABLE log; DROP TABLE pairs; DROP TABLE users;", 0, 0, 0};
  migrate *m = 0;
  assert_int_equal(sqlite3_open(file, db), SQLITE_OK);
  assert_int_equal(migrate_open(*db, 0, &m), 0);
  assert_int_equal(migrate_add(m, &first, 1), 0);
  return m;
}

static void add(migrate *m, const char *id, const char *below, const char *up, const char *down) {
  migrate_revision r;
  memset(&r, 0, sizeof r);
  r.id = id;
  r.down_revision = below;
  r.message = id;
  r.upgrade = up;
  r.downgrade = down;
  assert_int_equal(migrate_add(m, &r, 1), 0);
}

static void end(migrate *m, sqlite3 *db) {
  migrate_close(m);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* One revision above the first, which is applied. */
static void expect(const char *up, const char *down, int rc, const char *text) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  add(m, "next", "first", up, down);
  if (migrate_verify(m, 0) != rc ||
      strcmp(rc ? migrate_errmsg(m) : migrate_result(m), text) != 0) {
    print_error("%d: %s\n%s\n", migrate_errcode(m), migrate_errmsg(m), migrate_result(m));
  }
  assert_string_equal(rc ? migrate_errmsg(m) : migrate_result(m), text);
  assert_int_equal(migrate_errcode(m), rc);
  end(m, db);
}

static void true_ways(void **state) {
  (void)state;
  expect("ALTER TABLE users ADD COLUMN mail TEXT; CREATE TABLE x(y);",
         "DROP TABLE x; ALTER TABLE users DROP COLUMN mail;", 0,
         "Verified next, next: schema and 8 rows");
  expect("ALTER TABLE users RENAME COLUMN name TO called;",
         "ALTER TABLE users RENAME COLUMN called TO name;", 0,
         "Verified next, next: schema and 8 rows");
  expect("UPDATE log SET line = 'c' WHERE line = 'b'; DELETE FROM pairs WHERE a = 1;",
         "UPDATE log SET line = 'b' WHERE line = 'c'; INSERT INTO pairs VALUES(1, 'x');", 0,
         "Verified next, next: schema and 8 rows");
  expect("DROP TABLE log;", /* other words, other order, the same meaning and rows */
         "create table \"log\" ( line ) -- lines\n; INSERT INTO log VALUES('a'), ('b'), ('a');", 0,
         "Verified next, next: schema and 8 rows");
  expect("DROP TABLE log;", 0, 0, "Applied next, next: it has no downgrade");
}

static void false_schema(void **state) {
  (void)state;
  expect("ALTER TABLE users ADD COLUMN mail TEXT;\n"
         "CREATE INDEX users_age ON users(age);\n"
         "CREATE INDEX users_mail\n  ON users(mail);",
         "DROP INDEX users_mail; ALTER TABLE users DROP COLUMN mail;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 2, column 1: the downgrade does not bring back index "
         "users_age\n"
         "  statement: CREATE INDEX users_age ON users(age)\n"
         "  before: (not there)\n"
         "  after:  CREATE INDEX users_age ON users(age)");
  expect("ALTER TABLE log ADD COLUMN at TEXT DEFAULT 'now';\n"
         "ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
         "ALTER TABLE log DROP COLUMN at;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 2, column 1: the downgrade does not bring back table users\n"
         "  statement: ALTER TABLE users ALTER COLUMN name SET NOT NULL\n"
         "  before: CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age TEXT)\n"
         "  after:  CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age TEXT)");
  expect("SELECT 1;", "DROP INDEX users_name;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, next: the downgrade does not bring back index users_name\n"
         "  before: CREATE INDEX users_name ON users(name)\n"
         "  after:  (not there)");
}

static void false_rows(void **state) {
  (void)state;
  expect("SELECT 1;\nALTER TABLE users ALTER COLUMN age TYPE INTEGER;",
         "ALTER TABLE users ALTER COLUMN age TYPE TEXT;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 2, column 1: the downgrade does not bring back the rows of "
         "table users\n"
         "  statement: ALTER TABLE users ALTER COLUMN age TYPE INTEGER\n"
         "  before: id: 1, name: 'Ann', age: '007'\n"
         "  after:  id: 1, name: 'Ann', age: '7'\n"
         "  where that is meant: -- migrate:allow lossy-downgrade");
  expect("DELETE FROM log WHERE line = 'a';", "INSERT INTO log VALUES('a');", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 1, column 1: the downgrade does not bring back the rows of "
         "table log\n"
         "  statement: DELETE FROM log WHERE line = 'a'\n"
         "  before: line: 'a'\n"
         "  after:  line: 'b'\n"
         "  where that is meant: -- migrate:allow lossy-downgrade");
  expect("INSERT INTO pairs VALUES(3, 3);", "SELECT 1;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 1, column 1: the downgrade does not bring back the rows of "
         "table pairs\n"
         "  statement: INSERT INTO pairs VALUES(3, 3)\n"
         "  before: (not there)\n"
         "  after:  a: 3, b: 3\n"
         "  where that is meant: -- migrate:allow lossy-downgrade");
}

/* What was declared lossy is not compared by rows, but by its schema. */
static void declared_lossy(void **state) {
  (void)state;
  expect("-- migrate:allow lossy-downgrade\nALTER TABLE users DROP COLUMN age;",
         "ALTER TABLE users ADD COLUMN age TEXT;", 0, "Verified next, next: schema");
  expect("ALTER TABLE users DROP COLUMN age; -- migrate:allow drop-column: nobody reads it\n",
         "ALTER TABLE users ADD COLUMN age TEXT;", 0, "Verified next, next: schema");
  expect("-- migrate:allow lossy-downgrade\nALTER TABLE users DROP COLUMN age;",
         "ALTER TABLE users ADD COLUMN age INT;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, upgrade, line 2, column 1: the downgrade does not bring back table users\n"
         "  statement: ALTER TABLE users DROP COLUMN age\n"
         "  before: CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age TEXT)\n"
         "  after:  CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT)");
}

static void ways_that_fail(void **state) {
  (void)state;
  expect("CREATE TABLE x(y);", "DROP TABLE z;", MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "revision next, downgrade, line 1, column 1: no such table: z; in: DROP TABLE z");
  expect("INSERT INTO pairs VALUES(9, 9); -- migrate:allow lossy-downgrade\n", "SELECT 1;",
         MIGRATE_DIFFERENT,
         "the way back is not true:\n"
         "after the downgrade it cannot be applied again: revision next, upgrade, line 1, column "
         "1: UNIQUE constraint failed: pairs.a, pairs.b; in: INSERT INTO pairs VALUES(9, 9)");
  expect("DROP TABLE z;", "SELECT 1;", SQLITE_ERROR,
         "revision next, upgrade, line 1, column 1: no such table: z; in: DROP TABLE z");
}

/* One that is not true does not hide those behind it, and each begins with what its upgrade found
** in truth. */
static void several(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  const char *z;
  (void)state;
  add(m, "a", "first", "CREATE TABLE a(x);", "SELECT 1;");
  add(m, "b", "a", "DROP TABLE a;", "CREATE TABLE a(x);");
  add(m, "c", "b", "CREATE TABLE c(x);", "SELECT 1;");
  assert_int_equal(migrate_verify(m, 0), MIGRATE_DIFFERENT);
  z = migrate_errmsg(m);
  assert_non_null(strstr(z, "\nrevision a, upgrade, line 1"));
  assert_null(strstr(z, "\nrevision b"));
  assert_non_null(strstr(z, "\nrevision c, upgrade, line 1"));
  end(m, db);
}

static void targets(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  (void)state;
  add(m, "a", "first", "CREATE TABLE a(x);", "DROP TABLE a;");
  add(m, "b", "a", "CREATE TABLE b(x);", "DROP TABLE b;");
  assert_int_equal(migrate_verify(m, 0), 0);
  assert_string_equal(migrate_result(m), "Verified first, first: schema and 0 rows\n"
                                         "Verified a, a: schema and 8 rows\n"
                                         "Verified b, b: schema and 8 rows");
  assert_int_equal(migrate_upgrade(m, "a"), 0);
  assert_int_equal(migrate_verify(m, "head"), 0);
  assert_string_equal(migrate_result(m), "Verified b, b: schema and 8 rows");
  assert_int_equal(migrate_verify(m, "first"), 0); /* applied: undone in the copy first */
  assert_string_equal(migrate_result(m), "Verified first, first: schema and 0 rows");
  assert_int_equal(migrate_verify(m, "a:b"), 0);
  assert_string_equal(migrate_result(m), "Verified a, a: schema and 8 rows\n"
                                         "Verified b, b: schema and 8 rows");
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(migrate_verify(m, 0), 0);
  assert_string_equal(migrate_result(m), "Nothing to verify: no revision is pending.");
  assert_int_equal(migrate_verify(m, "nothing"), MIGRATE_NO_REVISION);
  assert_int_equal(migrate_verify(0, 0), SQLITE_NOMEM);
  end(m, db);
}

/* ---- the database itself ---- */

static char *read_file(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  char *z;
  assert_non_null(f);
  fseek(f, 0, SEEK_END);
  *n = (size_t)ftell(f);
  rewind(f);
  z = (char *)malloc(*n + 1);
  assert_int_equal(fread(z, 1, *n, f), *n);
  fclose(f);
  return z;
}

static void untouched(const char *mode) {
  char path[100];
  char *before, *after;
  size_t n, k;
  sqlite3 *db;
  migrate *m;
  int changes;
  sqlite3_snprintf((int)sizeof path, path, "/tmp/migrate-verify-%d.db", (int)getpid());
  unlink(path);
  m = environment(&db, path);
  assert_int_equal(sqlite3_exec(db, mode, 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", 0, 0, 0);
  add(m, "next", "first", "DELETE FROM log; ALTER TABLE users DROP COLUMN age;",
      "ALTER TABLE users ADD COLUMN age TEXT");
  before = read_file(path, &n);
  changes = sqlite3_total_changes(db);
  assert_int_equal(migrate_verify(m, 0), MIGRATE_DIFFERENT);
  assert_int_equal(sqlite3_total_changes(db), changes);
  assert_int_equal(sqlite3_get_autocommit(db), 1);
  after = read_file(path, &k);
  assert_int_equal(n, k);
  assert_memory_equal(before, after, n);
  free(before);
  free(after);
  end(m, db);
  unlink(path);
}

static void not_a_byte(void **state) {
  (void)state;
  untouched("PRAGMA journal_mode = DELETE");
  untouched("PRAGMA journal_mode = WAL");
}

/* A transaction of the caller's may be open, as long as it has not written. */
static void in_a_transaction(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  (void)state;
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  add(m, "a", "first", "CREATE TABLE a(x);", "DROP TABLE a;");
  assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM log", 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_verify(m, 0), 0);
  assert_int_equal(sqlite3_exec(db, "INSERT INTO log VALUES('d')", 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_verify(m, 0), MIGRATE_IN_TRANSACTION);
  assert_int_equal(sqlite3_get_autocommit(db), 0);
  end(m, db);
}

static int note(sqlite3 *db, void *arg) {
  *(sqlite3 **)arg = db;
  return sqlite3_exec(db, "INSERT INTO log VALUES('note')", 0, 0, 0);
}

static int unnote(sqlite3 *db, void *arg) {
  (void)arg;
  return sqlite3_exec(db, "DELETE FROM log WHERE line = 'note'", 0, 0, 0);
}

static void functions(void **state) {
  sqlite3 *db, *seen = 0;
  migrate *m = environment(&db, ":memory:");
  migrate_revision r;
  (void)state;
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  memset(&r, 0, sizeof r);
  r.id = "fn";
  r.down_revision = "first";
  r.upgrade_fn = note;
  r.downgrade_fn = unnote;
  r.arg = &seen;
  assert_int_equal(migrate_add(m, &r, 1), 0);
  assert_int_equal(migrate_verify(m, 0), 0);
  assert_string_equal(migrate_result(m), "Verified fn: schema and 8 rows");
  assert_true(seen && seen != db);
  end(m, db);
}

static int backwards(void *arg, int n, const void *a, int k, const void *b) {
  int rc = memcmp(b, a, (size_t)(n < k ? n : k));
  (void)arg;
  return rc ? rc : k - n;
}

/* A collation and an attached database that only the application has. */
static void surroundings(void **state) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  (void)state;
  sqlite3_create_collation(db, "backwards", SQLITE_UTF8, 0, backwards);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(sqlite3_exec(db,
                                "ATTACH ':memory:' AS aux; CREATE TABLE aux.t(x); INSERT INTO t "
                                "VALUES(1);"
                                "CREATE TABLE names(n TEXT COLLATE backwards PRIMARY KEY);"
                                "INSERT INTO names VALUES('a'), ('b'), ('c')",
                                0, 0, 0),
                   SQLITE_OK);
  add(m, "next", "first", "DELETE FROM names WHERE n = 'b'; ALTER TABLE aux.t ADD COLUMN y;",
      "INSERT INTO names VALUES('b'); ALTER TABLE aux.t DROP COLUMN y;");
  assert_int_equal(migrate_verify(m, 0), 0);
  assert_string_equal(migrate_result(m), "Verified next, next: schema and 12 rows");
  end(m, db);
}

/* A section outside of the transaction may do what it likes, but not to other files. */
static void other_files(void **state) {
  static const char header[] =
      "-- files\n-- revision: f\n-- down_revision: first\n-- migrate:up transaction:false\n%s\n"
      "-- migrate:down\nSELECT 1;\n";
  static const char *const sql[] = {"VACUUM;", "ATTACH '/tmp/migrate-verify-other.db' AS o;",
                                    "BEGIN;"};
  static const int codes[] = {0, SQLITE_AUTH, MIGRATE_SCRIPT};
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    sqlite3 *db;
    migrate *m = environment(&db, ":memory:");
    mig_revision *r = (mig_revision *)mig_alloc(&m->arena, sizeof *r);
    char *text = mig_format(&m->arena, header, sql[i]);
    assert_int_equal(migrate_upgrade(m, "head"), 0);
    mig_script_parse(&m->arena, "f.sql", text, strlen(text), r);
    mig_add_revision(m, r);
    assert_int_equal(migrate_verify(m, 0), codes[i]);
    end(m, db);
  }
  assert_int_equal(access("/tmp/migrate-verify-other.db", F_OK), -1);
}

static int verify_without_memory(int at) {
  sqlite3 *db;
  migrate *m = environment(&db, ":memory:");
  int rc;
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  add(m, "next", "first", "ALTER TABLE users ADD COLUMN x; DELETE FROM log;",
      "ALTER TABLE users DROP COLUMN x;");
  oom_left = at;
  rc = migrate_verify(m, 0);
  oom_left = -1;
  assert_true(rc == MIGRATE_DIFFERENT || rc == SQLITE_NOMEM);
  end(m, db);
  return rc;
}

static void no_memory(void **state) {
  int at;
  (void)state;
  for (at = 0; verify_without_memory(at) == SQLITE_NOMEM; at += 1 + at / 25) {
    assert_true(at < 1000000);
  }
  assert_true(at > 300);
  assert_int_equal(sqlite3_memory_used(), 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(true_ways),      cmocka_unit_test(false_schema),
      cmocka_unit_test(false_rows),     cmocka_unit_test(declared_lossy),
      cmocka_unit_test(ways_that_fail), cmocka_unit_test(several),
      cmocka_unit_test(targets),        cmocka_unit_test(not_a_byte),
      cmocka_unit_test(in_a_transaction), cmocka_unit_test(functions),
      cmocka_unit_test(surroundings),   cmocka_unit_test(other_files),
      cmocka_unit_test(no_memory),
  };
  oom_install();
  return cmocka_run_group_tests(tests, 0, 0);
}
