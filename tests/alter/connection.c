/* Hazards of changing a table that take a connection in a certain state: each of its switches
** turned, functions and collations that it lacks, a snapshot that is behind, handles that are open,
** no rollback journal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"

static char file[200];

static void remove_file(void) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  int i;
  for (i = 0; i < 4; i++) {
    char *name = sqlite3_mprintf("%s%s", file, ends[i]);
    remove(name);
    sqlite3_free(name);
  }
}

static int start(void **state) {
  (void)state;
  remove_file();
  return 0;
}

static void run(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0)) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3 *with(const char *path, const char *sql) {
  sqlite3 *db = 0;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  run(db, sql);
  return db;
}

static char message[600];

static int change(sqlite3 *db, const char *sql) {
  migrate_options options;
  migrate *m = 0;
  memset(&options, 0, sizeof(options));
  options.busy_timeout = -1;
  options.errbuf = message;
  options.nerrbuf = (int)sizeof(message);
  message[0] = 0;
  migrate_open(db, &options, &m);
  migrate_exec(m, sql);
  return migrate_close(m);
}

static void must(sqlite3 *db, const char *sql) {
  if (change(db, sql)) fail_msg("%s: %s", sql, message);
}

static char *dumped(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  dump_database(out, db);
  dump_query(out, db, "PRAGMA integrity_check");
  return sqlite3_str_finish(out);
}

static void assert_dump(sqlite3 *db, const char *want, const char *what) {
  char *got = dumped(db), line[1000];
  if (dump_differs(want, got, line, sizeof(line))) fail_msg("%s:\n%s", what, line);
  sqlite3_free(got);
}

/* ---- switches -------------------------------------------------------------------------------- */

static const char world[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, k TEXT UNIQUE);"
    "CREATE TABLE t(id INTEGER PRIMARY KEY, -- the key\n a TEXT NOT NULL, b TEXT DEFAULT \"x\","
    "  g INT AS (length(a)), p INT REFERENCES p ON DELETE CASCADE, UNIQUE (a, b),"
    "  CHECK (b <> \"none\") /* a string */);"
    "CREATE TABLE log(x); CREATE INDEX t_b ON t(b) WHERE a <> \"no\";"
    "CREATE INDEX t_l ON t(lower(a));"
    "CREATE VIEW v AS SELECT id, a FROM t WHERE a LIKE 'A%'; CREATE VIEW vv AS SELECT * FROM v;"
    "CREATE TRIGGER tr AFTER UPDATE ON t BEGIN INSERT INTO log VALUES(new.a); END;"
    "CREATE TRIGGER ti INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(new.a); END;"
    "CREATE TEMP TRIGGER tt AFTER DELETE ON main.t BEGIN INSERT INTO log VALUES(old.a); END;"
    "INSERT INTO p VALUES(5, 'k'), (6, 'l'); DELETE FROM p WHERE id = 6;"
    "INSERT INTO t(id, a, b, p) VALUES(3, '1', 'q', 5), (9, '2', 'r', NULL); ANALYZE;";

static const char *const changes[] = {
    "ALTER TABLE t ALTER a TYPE INTEGER, ADD c TEXT DEFAULT 'c' AFTER id, ALTER b SET NOT NULL",
    "ALTER TABLE t ALTER b SET DEFAULT 'y', ADD CHECK (b > 'a'), ADD UNIQUE (b)",
    "ALTER TABLE t RENAME COLUMN p TO parent",
    "ALTER TABLE p ALTER k TYPE BLOB, RENAME TO parents",
    "ALTER TABLE t DROP CONSTRAINT t_a_b_key, DROP COLUMN c, ADD COLUMN d INT",
    "ALTER TABLE t RENAME TO child",
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

/* Turns a switch of sqlite3_db_config(); 0 where there is none of this number. */
static int turn(sqlite3 *db, int op) {
  int on = -1;
  if (sqlite3_db_config(db, op, -1, &on) != SQLITE_OK || on < 0) return 0;
  return sqlite3_db_config(db, op, !on, &on) == SQLITE_OK;
}

static int is_on(sqlite3 *db, int op) {
  int on = -1;
  sqlite3_db_config(db, op, -1, &on);
  return on;
}

static char *changed_world(void) {
  sqlite3 *db = with(":memory:", world);
  char *all;
  size_t i;
  for (i = 0; i < CHANGES; i++) must(db, changes[i]);
  all = dumped(db);
  sqlite3_close(db);
  return all;
}

/* RESET_DATABASE empties the database with the next VACUUM, and is none for a program that runs;
** SQLite itself turns LEGACY_FILE_FORMAT off whenever it reads a schema. */
#define RESET_DATABASE 1009
#define LEGACY_FILE_FORMAT 1016

/* With it off SQLite 3.49.1 cannot read a schema whose texts hold comments: SQLITE_CORRUPT. */
#define ENABLE_COMMENTS 1022

static int is_for_programs(int op) {
  if (op == ENABLE_COMMENTS && sqlite3_libversion_number() < 3050000) return 0;
  return op != RESET_DATABASE && op != LEGACY_FILE_FORMAT;
}

/* Whichever way each switch stands, the change is the same, and it stands as it stood. */
static void every_switch(void **state) {
  char *want = changed_world(), what[60];
  int op, turned = 0;
  (void)state;
  for (op = SQLITE_DBCONFIG_ENABLE_FKEY; op < SQLITE_DBCONFIG_ENABLE_FKEY + 30; op++) {
    sqlite3 *db = with(":memory:", world);
    size_t i;
    int on;
    if (!is_for_programs(op) || !turn(db, op)) {
      sqlite3_close(db);
      continue;
    }
    on = is_on(db, op);
    for (i = 0; i < CHANGES; i++) {
      if (change(db, changes[i])) fail_msg("switch %d: %s: %s", op, changes[i], message);
    }
    if (is_on(db, op) != on) fail_msg("switch %d is %d", op, is_on(db, op));
    turn(db, op); /* back, so that the same questions can be asked */
    sqlite3_snprintf(sizeof(what), what, "switch %d", op);
    assert_dump(db, want, what);
    sqlite3_close(db);
    turned++;
  }
  print_message("%d switches\n", turned);
  assert_true(turned >= 10);
  sqlite3_free(want);
}

static void every_pragma(void **state) {
  static const char *const pragmas[][2] = {
      {"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys=OFF"},
      {"PRAGMA legacy_alter_table=ON", "PRAGMA legacy_alter_table=OFF"},
      {"PRAGMA recursive_triggers=ON", "PRAGMA recursive_triggers=OFF"},
      {"PRAGMA reverse_unordered_selects=ON", "PRAGMA reverse_unordered_selects=OFF"},
      {"PRAGMA count_changes=ON", "PRAGMA count_changes=OFF"},
      {"PRAGMA full_column_names=ON", "PRAGMA full_column_names=OFF"},
      {"PRAGMA short_column_names=OFF", "PRAGMA short_column_names=ON"},
      {"PRAGMA empty_result_callbacks=ON", "PRAGMA empty_result_callbacks=OFF"},
      {"PRAGMA case_sensitive_like=ON", "PRAGMA case_sensitive_like=OFF"},
      {"PRAGMA automatic_index=OFF", "PRAGMA automatic_index=ON"},
      {"PRAGMA cell_size_check=ON", "PRAGMA cell_size_check=OFF"},
      {"PRAGMA ignore_check_constraints=ON", "PRAGMA ignore_check_constraints=OFF"},
      {"PRAGMA read_uncommitted=ON", "PRAGMA read_uncommitted=OFF"},
      {"PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema=ON"},
      {"PRAGMA temp_store=MEMORY", "PRAGMA temp_store=DEFAULT"},
      {"PRAGMA cache_size=5", "PRAGMA cache_size=-2000"},
      {"PRAGMA cache_spill=OFF", "PRAGMA cache_spill=ON"},
      {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA locking_mode=NORMAL"},
      {"PRAGMA secure_delete=ON", "PRAGMA secure_delete=OFF"},
      {"PRAGMA threads=4", "PRAGMA threads=0"}};
  char *want = changed_world();
  size_t i, k;
  (void)state;
  for (i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
    sqlite3 *db = with(":memory:", world);
    if (i != 14) run(db, pragmas[i][0]); /* temp_store empties the TEMP database */
    for (k = 0; k < CHANGES; k++) {
      if (change(db, changes[k])) fail_msg("%s: %s: %s", pragmas[i][0], changes[k], message);
    }
    if (i != 14) run(db, pragmas[i][1]);
    assert_dump(db, want, pragmas[i][0]);
    sqlite3_close(db);
  }
  sqlite3_free(want);
}

/* ---- what a connection lacks ----------------------------------------------------------------- */

static int by_length(void *arg, int n, const void *a, int m, const void *b) {
  (void)arg;
  return n != m ? n - m : memcmp(a, b, (size_t)n);
}

static void twice(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  sqlite3_result_int(c, 2 * sqlite3_value_int(v[0]));
}

static void teach(sqlite3 *db) {
  sqlite3_create_collation(db, "mine", SQLITE_UTF8, 0, by_length);
  sqlite3_create_function(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0, twice, 0, 0);
}

static const char private_words[] =
    "CREATE TABLE c(a TEXT COLLATE mine, b INT NOT NULL, d VARCHAR(5));"
    "CREATE INDEX c_a ON c(a); INSERT INTO c VALUES('zz', 1, 'x'), ('b', 2, 'y');"
    "CREATE TABLE f(a INT CHECK (twice(a) > 0), b INT NOT NULL, d VARCHAR(5));"
    "CREATE INDEX f_a ON f(twice(b)); INSERT INTO f VALUES(1, 1, 'x'), (2, 2, 'y');"
    "CREATE TABLE g(a INT, b INT NOT NULL, d VARCHAR(5), h AS (twice(a)));"
    "INSERT INTO g VALUES(1, 1, 'x'), (2, 2, 'y')";

/* What reads or writes no value through them works without them; the rest is refused, and nothing
** has changed; a connection that has them finds a sound table. */
static void what_is_not_registered(void **state) {
  static const char *const tables[] = {"c", "f", "g"};
  static const struct {
    const char *sql;
    int works;
  } wishes[] = {
      {"ALTER TABLE %s ALTER b DROP NOT NULL", 1},
      {"ALTER TABLE %s ALTER d TYPE VARCHAR(50)", 1},
      {"ALTER TABLE %s ADD COLUMN z INT", 1},
      {"ALTER TABLE %s ADD CHECK (b > 0)", 1},
      {"ALTER TABLE %s RENAME CONSTRAINT %s_b_check TO bb", 1},
      {"ALTER TABLE %s ALTER b TYPE TEXT", 0},
      {"ALTER TABLE %s ALTER a TYPE TEXT COLLATE rtrim", 0},
      {"ALTER TABLE %s ADD y INT FIRST", 0},
      {"ALTER TABLE %s ADD UNIQUE (a)", 0},
      {"ALTER TABLE %s RENAME COLUMN d TO dd", 0},
      {"ALTER TABLE %s DROP COLUMN z", 0},
  };
  sqlite3 *knows = with(file, ""), *lacks;
  size_t i, k;
  (void)state;
  teach(knows);
  run(knows, private_words);
  lacks = with(file, "");
  for (i = 0; i < 3; i++) {
    for (k = 0; k < sizeof(wishes) / sizeof(wishes[0]); k++) {
      char *before = dumped(knows), *sql = sqlite3_mprintf(wishes[k].sql, tables[i], tables[i]);
      int rc = change(lacks, sql);
      if (rc && wishes[k].works) fail_msg("%s: %s", sql, message);
      if (rc) assert_dump(knows, before, sql);
      else if (!strstr(dumped(knows), "|tok\n")) fail_msg("%s: %s", sql, dumped(knows));
      assert_true(sqlite3_get_autocommit(lacks));
      sqlite3_free(before);
      sqlite3_free(sql);
    }
  }
  sqlite3_close(knows);
  sqlite3_close(lacks);
}

/* ---- other connections and open handles ------------------------------------------------------ */

static const char pair[] = "CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES(1, 'x'), (2, 'y')";

/* The schema that a connection has in its memory may be old: it is read under the lock. */
static void old_schema_in_memory(void **state) {
  sqlite3 *one = with(file, pair), *other = with(file, "SELECT * FROM t");
  (void)state;
  must(one, "ALTER TABLE t DROP COLUMN b, ADD COLUMN c INT NOT NULL DEFAULT 3");
  must(other, "ALTER TABLE t ADD COLUMN d INT AFTER a, ALTER c TYPE TEXT");
  run(one, "INSERT INTO t(a, d, c) VALUES(5, 6, '7')");
  sqlite3_close(other);
  other = with(":memory:", "CREATE TABLE t(a INT, d INT, c TEXT NOT NULL DEFAULT 3);"
                           "INSERT INTO t VALUES(1, NULL, '3'), (2, NULL, '3'), (5, 6, '7')");
  assert_dump(one, dumped(other), "both changes");
  sqlite3_close(one);
  sqlite3_close(other);
}

/* On WAL a transaction may have begun to read before another connection wrote. */
static void old_snapshot(void **state) {
  sqlite3 *one = with(file, "PRAGMA journal_mode=WAL"), *other;
  char *before;
  (void)state;
  run(one, pair);
  other = with(file, "BEGIN; SELECT * FROM t");
  must(one, "ALTER TABLE t DROP COLUMN b");
  before = dumped(other);
  assert_int_equal(change(other, "ALTER TABLE t ALTER b SET NOT NULL") & 0xff, SQLITE_BUSY);
  assert_false(sqlite3_get_autocommit(other));
  assert_dump(other, before, "the old snapshot");
  run(other, "ROLLBACK");
  assert_int_equal(change(other, "ALTER TABLE t ALTER b SET NOT NULL"), MIGRATE_NO_SUCH);
  must(other, "ALTER TABLE t ALTER a SET NOT NULL");
  sqlite3_free(before);
  sqlite3_close(one);
  sqlite3_close(other);
}

/* A BLOB handle counts as a statement that is reading. */
static void open_blob(void **state) {
  sqlite3 *db = with(":memory:", pair);
  sqlite3_blob *blob = 0;
  char *before = dumped(db), byte = 0;
  (void)state;
  run(db, "CREATE TABLE o(x BLOB); INSERT INTO o VALUES(x'41')");
  sqlite3_free(before);
  before = dumped(db);
  assert_int_equal(sqlite3_blob_open(db, "main", "o", "x", 1, 0, &blob), SQLITE_OK);
  if (change(db, "ALTER TABLE t ALTER a TYPE TEXT")) assert_dump(db, before, "beside a BLOB");
  assert_int_equal(sqlite3_blob_read(blob, &byte, 1, 0), SQLITE_OK);
  assert_int_equal(byte, 'A');
  assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
  must(db, "ALTER TABLE t ALTER a TYPE TEXT, ADD z FIRST");
  sqlite3_free(before);
  sqlite3_close(db);
}

/* A backup that has begun goes on, and is a copy of the database as it is in the end. */
static void backup_under_way(void **state) {
  sqlite3 *db = with(file, pair), *copy = with(":memory:", "");
  sqlite3_backup *b;
  char *want;
  (void)state;
  run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
          " INSERT INTO t SELECT i, 'some text' FROM n");
  b = sqlite3_backup_init(copy, "main", db, "main");
  assert_int_equal(sqlite3_backup_step(b, 5), SQLITE_OK);
  must(db, "ALTER TABLE t ALTER a TYPE TEXT, ADD COLUMN c INT DEFAULT 1 FIRST");
  assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
  assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
  want = dumped(db);
  assert_dump(copy, want, "the backup");
  sqlite3_free(want);
  sqlite3_close(db);
  sqlite3_close(copy);
}

/* Without a rollback journal SQLite can undo nothing: refused before anything is done. */
static void no_rollback_journal(void **state) {
  static const char *const places[] = {file, ":memory:"};
  int i, inside;
  (void)state;
  for (i = 0; i < 4; i++) {
    sqlite3 *db = with(places[i / 2], pair);
    char *before = dumped(db);
    inside = i % 2;
    run(db, "PRAGMA journal_mode=OFF");
    if (inside) run(db, "BEGIN");
    assert_int_not_equal(change(db, "ALTER TABLE t ALTER a TYPE TEXT"), 0);
    assert_non_null(strstr(message, "journal_mode"));
    assert_dump(db, before, "without a journal");
    if (inside) run(db, "COMMIT");
    run(db, "PRAGMA journal_mode=MEMORY");
    must(db, "ALTER TABLE t ALTER a TYPE TEXT");
    sqlite3_free(before);
    sqlite3_close(db);
    remove_file();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(every_switch, start),
      cmocka_unit_test_setup(every_pragma, start),
      cmocka_unit_test_setup(what_is_not_registered, start),
      cmocka_unit_test_setup(old_schema_in_memory, start),
      cmocka_unit_test_setup(old_snapshot, start),
      cmocka_unit_test_setup(open_blob, start),
      cmocka_unit_test_setup(backup_under_way, start),
      cmocka_unit_test_setup(no_rollback_journal, start),
  };
  const char *folder = getenv("TEST_DIR");
  int failed;
  sqlite3_snprintf(sizeof(file), file, "%s/connection.db", folder ? folder : "build");
  failed = cmocka_run_group_tests(tests, 0, 0);
  remove_file();
  return failed;
}
