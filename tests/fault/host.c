/* The host's connection: whatever stands on it, an authorizer, hooks, limits, statements that read,
** a transaction, is respected and is there afterwards; and a launch with nothing to do leaves no
** trace at all. */
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

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "image.h"

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, "", 0,
     "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT, born TEXT);"
     "CREATE TABLE book(id INTEGER PRIMARY KEY, author INT REFERENCES author ON DELETE CASCADE);"
     "CREATE VIEW names AS SELECT name FROM author;"
     "INSERT INTO author VALUES(1, 'a', '1900'), (2, 'b', '1901'); INSERT INTO book VALUES(5, 1)",
     "DROP VIEW names; DROP TABLE book; DROP TABLE author", 0, 0, 0},
    {"r2", "r1", 0, 0, "", 0,
     "ALTER TABLE author ALTER COLUMN born TYPE INTEGER, ALTER COLUMN name SET NOT NULL,"
     " ADD COLUMN rank INT DEFAULT 3 FIRST;"
     "CREATE INDEX author_name ON author(name); ALTER TABLE book RENAME COLUMN author TO by",
     "ALTER TABLE book RENAME COLUMN by TO author; DROP INDEX author_name;"
     "ALTER TABLE author DROP COLUMN rank, ALTER COLUMN born TYPE TEXT",
     0, 0, 0},
    {"r3", "r2", 0, 0, "", 0, "ALTER TABLE author ADD CHECK (born < 1901)", 0, 0, 0, 0}};

enum { GOOD = 2, FAILING = 3 }; /* how many revisions: the third one breaks a rule */

static char path[200];

static sqlite3 *open_uri(const char *tail) {
  sqlite3 *db = 0;
  char *uri = sqlite3_mprintf("file:%s%s", path, tail);
  int rc = sqlite3_open_v2(uri, &db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, 0);
  sqlite3_free(uri);
  assert_int_equal(rc, SQLITE_OK);
  return db;
}

static void exec(sqlite3 *db, const char *sql) {
  char *message = 0;
  if (sqlite3_exec(db, sql, 0, 0, &message)) fail_msg("%s: %s", sql, message);
}

static int upgrade_to(sqlite3 *db, int n, const char *target) {
  migrate_options options;
  migrate *m;
  memset(&options, 0, sizeof options);
  options.busy_timeout = -1;
  if (migrate_open(db, &options, &m)) return -100;
  migrate_add(m, revisions, n);
  migrate_upgrade(m, target);
  return migrate_close(m);
}

static int upgrade(sqlite3 *db, int n) { return upgrade_to(db, n, "head"); }

static void assert_image(sqlite3 *db, const char *expected, const char *what) {
  char *now = image(db), line[500];
  if (dump_differs(expected, now, line, sizeof line)) fail_msg("%s\n%s", what, line);
  sqlite3_free(now);
}

/* A file at revision r1, and what it is there and at r2. */
static char *before, *after;

static void remove_files(void) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  int i;
  for (i = 0; i < 4; i++) {
    char *name = sqlite3_mprintf("%s%s", path, ends[i]);
    unlink(name);
    sqlite3_free(name);
  }
}

static int set_up(void **state) {
  sqlite3 *db;
  (void)state;
  remove_files();
  db = open_uri("");
  upgrade(db, GOOD);
  after = image(db);
  sqlite3_close(db);
  remove_files();
  db = open_uri("");
  upgrade_to(db, GOOD, "r1");
  before = image(db);
  sqlite3_close(db);
  return strcmp(before, after) == 0;
}

static int tear_down(void **state) {
  (void)state;
  sqlite3_free(before);
  sqlite3_free(after);
  remove_files();
  return 0;
}

/* ---- the authorizer ---- */

typedef struct guard {
  int code, nth; /* denies this action, or the nth question; 0: none */
  int asked;
} guard;

static int deny(void *arg, int code, const char *a, const char *b, const char *c, const char *d) {
  guard *g = (guard *)arg;
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  g->asked++;
  return code == g->code || g->asked == g->nth ? SQLITE_DENY : SQLITE_OK;
}

/* Runs under a guard, on a copy in memory: before or after, and the guard is still there. Returns
** how often it was asked. */
static int run_guarded(int code, int nth) {
  sqlite3 *db = 0, *from = open_uri("");
  sqlite3_backup *b;
  guard g;
  char what[60];
  int rc, asked;
  sqlite3_open(":memory:", &db);
  b = sqlite3_backup_init(db, "main", from, "main");
  sqlite3_backup_step(b, -1);
  sqlite3_backup_finish(b);
  sqlite3_close(from);
  memset(&g, 0, sizeof g);
  sqlite3_set_authorizer(db, deny, &g);
  g.code = code;
  g.nth = nth;
  rc = upgrade(db, GOOD);
  asked = g.asked;
  sqlite3_snprintf(sizeof what, what, "code %d, question %d: %d", code, nth, rc);
  if (!sqlite3_get_autocommit(db)) fail_msg("%s: a transaction is open", what);
  g.code = g.nth = 0;
  assert_image(db, rc ? before : after, what);
  assert_true(g.asked > asked);
  sqlite3_close(db);
  return asked;
}

static void authorizer_denies_an_action(void **state) {
  int code;
  (void)state;
  for (code = 1; code <= 33; code++) run_guarded(code, 0);
}

static void authorizer_denies_once(void **state) {
  int n, all = run_guarded(0, 0);
  (void)state;
  for (n = 1; n <= all; n += 3) run_guarded(0, n);
}

static int forbid_rollback(void *arg, int code, const char *a, const char *b, const char *c,
                           const char *d) {
  (void)arg;
  (void)b;
  (void)c;
  (void)d;
  return code == SQLITE_TRANSACTION && strcmp(a, "ROLLBACK") == 0 ? SQLITE_DENY : SQLITE_OK;
}

/* What could not be undone is not begun. */
static void authorizer_forbids_rollback(void **state) {
  sqlite3 *db = open_uri("");
  (void)state;
  sqlite3_set_authorizer(db, forbid_rollback, 0);
  assert_int_equal(upgrade(db, FAILING) & 0xff, SQLITE_AUTH);
  assert_true(sqlite3_get_autocommit(db));
  sqlite3_set_authorizer(db, 0, 0);
  assert_image(db, before, "without a way back");
  sqlite3_close(db);
}

/* ---- hooks ---- */

static int heard[8];

static int on_busy(void *arg, int n) {
  (void)arg;
  (void)n;
  heard[0]++;
  return 0;
}
static int on_progress(void *arg) {
  (void)arg;
  heard[1]++;
  return 0;
}
static int on_commit(void *arg) {
  (void)arg;
  heard[2]++;
  return 0;
}
static void on_rollback(void *arg) {
  (void)arg;
  heard[3]++;
}
static void on_update(void *arg, int op, const char *db, const char *table, sqlite3_int64 rowid) {
  (void)arg;
  (void)op;
  (void)db;
  (void)table;
  (void)rowid;
  heard[4]++;
}
static int on_trace(unsigned kind, void *arg, void *p, void *x) {
  (void)kind;
  (void)arg;
  (void)p;
  (void)x;
  heard[5]++;
  return 0;
}
static int on_collate(void *arg, int na, const void *a, int nb, const void *b) {
  (void)arg;
  heard[6]++;
  return na == nb ? memcmp(a, b, (size_t)na) : na - nb;
}
static void on_function(sqlite3_context *context, int n, sqlite3_value **v) {
  (void)n;
  (void)v;
  heard[7]++;
  sqlite3_result_int(context, 1);
}

static void assert_heard(sqlite3 *db, const char *when) {
  sqlite3 *other = open_uri("");
  int i;
  memset(heard, 0, sizeof heard);
  exec(db, "CREATE TABLE hooked(x COLLATE mine); INSERT INTO hooked VALUES('b'), ('a');"
           "SELECT count(*) FROM hooked, hooked AS h WHERE h.x > 'a' AND heard();"
           "BEGIN; DROP TABLE hooked; ROLLBACK; DROP TABLE hooked");
  exec(other, "BEGIN IMMEDIATE");
  sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0);
  exec(other, "ROLLBACK");
  sqlite3_close(other);
  for (i = 0; i < 8; i++) {
    if (!heard[i]) fail_msg("hook %d is gone %s", i, when);
  }
}

static void hooks_stay(void **state) {
  sqlite3 *db = open_uri("");
  (void)state;
  sqlite3_busy_handler(db, on_busy, 0);
  sqlite3_progress_handler(db, 1, on_progress, 0);
  sqlite3_commit_hook(db, on_commit, 0);
  sqlite3_rollback_hook(db, on_rollback, 0);
  sqlite3_update_hook(db, on_update, 0);
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_trace, 0);
  sqlite3_create_collation(db, "mine", SQLITE_UTF8, 0, on_collate);
  sqlite3_create_function(db, "heard", 0, SQLITE_UTF8, 0, on_function, 0, 0);
  assert_heard(db, "before anything was done");
  assert_int_equal(upgrade(db, FAILING), MIGRATE_ROWS);
  assert_heard(db, "after a failure");
  assert_int_equal(upgrade(db, GOOD), MIGRATE_OK);
  assert_heard(db, "after a success");
  assert_image(db, after, "with hooks");
  sqlite3_close(db);
}

/* A host that waits for others itself, a hundred milliseconds each time, and is asked again for two
** hundred: what it waits counts, so that it is not asked ten times. */
static int turns;
static int on_busy_wait(void *arg, int n) {
  (void)arg;
  turns += n == 0;
  if (n < 10) sqlite3_sleep(10);
  return n < 10;
}

static void busy_handler_counts(void **state) {
  sqlite3 *db = open_uri(""), *other = open_uri("");
  migrate_options options;
  migrate *m;
  (void)state;
  exec(other, "BEGIN IMMEDIATE");
  sqlite3_busy_handler(db, on_busy_wait, 0);
  memset(&options, 0, sizeof options);
  options.busy_timeout = 200;
  assert_int_equal(migrate_open(db, &options, &m), MIGRATE_OK);
  turns = 0;
  assert_int_equal(migrate_exec(m, "CREATE TABLE late(x)") & 0xff, SQLITE_BUSY);
  migrate_close(m);
  assert_in_range(turns, 1, 4);
  exec(other, "ROLLBACK");
  sqlite3_close(other);
  sqlite3_close(db);
}

/* A commit hook that says no: everything is undone. */
static int say_no(void *arg) {
  (void)arg;
  return 1;
}

static void commit_hook_refuses(void **state) {
  sqlite3 *db = open_uri("");
  (void)state;
  sqlite3_commit_hook(db, say_no, 0);
  assert_int_not_equal(upgrade(db, GOOD), MIGRATE_OK);
  assert_true(sqlite3_get_autocommit(db));
  sqlite3_commit_hook(db, 0, 0);
  assert_image(db, before, "a refused commit");
  sqlite3_close(db);
}

static void counters(void **state) {
  sqlite3 *db = open_uri("");
  migrate *m;
  (void)state;
  exec(db, "INSERT INTO book VALUES(77, 1)");
  assert_int_equal(sqlite3_last_insert_rowid(db), 77);
  migrate_open(db, 0, &m);
  migrate_exec(m, "ALTER TABLE author ALTER COLUMN born TYPE INTEGER");
  assert_int_equal(migrate_close(m), MIGRATE_OK);
  assert_int_equal(sqlite3_last_insert_rowid(db), 77);
  assert_int_equal(upgrade(db, GOOD), MIGRATE_OK);
  exec(db, "UPDATE author SET rank = 9");
  assert_int_equal(sqlite3_changes(db), 2);
  exec(db, "DELETE FROM book WHERE id = 77");
  assert_int_equal(sqlite3_changes(db), 1);
  sqlite3_close(db);
}

/* ---- limits ---- */

static void limits_lowered(void **state) {
  static const int limits[][2] = {
      {SQLITE_LIMIT_SQL_LENGTH, 1000},   {SQLITE_LIMIT_SQL_LENGTH, 300},
      {SQLITE_LIMIT_COLUMN, 10},         {SQLITE_LIMIT_COLUMN, 3},
      {SQLITE_LIMIT_EXPR_DEPTH, 10},     {SQLITE_LIMIT_EXPR_DEPTH, 3},
      {SQLITE_LIMIT_VDBE_OP, 50},        {SQLITE_LIMIT_VDBE_OP, 25000},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},   {SQLITE_LIMIT_COMPOUND_SELECT, 2},
      {SQLITE_LIMIT_LENGTH, 500},        {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_VARIABLE_NUMBER, 1}, {SQLITE_LIMIT_FUNCTION_ARG, 2}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    sqlite3 *db = open_uri("");
    char what[60];
    int rc, whole = sqlite3_limit(db, limits[i][0], limits[i][1]);
    rc = upgrade(db, GOOD);
    sqlite3_snprintf(sizeof what, what, "limit %d of %d: %d", limits[i][0], limits[i][1], rc);
    assert_int_equal(sqlite3_limit(db, limits[i][0], whole), limits[i][1]);
    assert_true(sqlite3_get_autocommit(db));
    assert_image(db, rc ? before : after, what);
    sqlite3_close(db);
    tear_down(0);
    set_up(0);
  }
}

/* ---- transactions and readers ---- */

static void inside_a_transaction(void **state) {
  static const char *const begins[] = {"BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s",
                                       "BEGIN; SAVEPOINT s; DELETE FROM book"};
  int i, n;
  (void)state;
  for (i = 0; i < 4; i++) {
    for (n = GOOD; n <= FAILING; n++) {
      sqlite3 *db = open_uri("");
      char *inside;
      exec(db, begins[i]);
      inside = image(db);
      assert_int_equal(upgrade(db, n), n == GOOD ? MIGRATE_OK : MIGRATE_ROWS);
      assert_false(sqlite3_get_autocommit(db));
      if (n == FAILING) assert_image(db, inside, "a failure inside a transaction");
      else if (i < 3) assert_image(db, after, "a success inside a transaction");
      exec(db, "ROLLBACK");
      assert_image(db, before, "the host's rollback");
      sqlite3_free(inside);
      sqlite3_close(db);
    }
  }
}

static void a_reader_is_open(void **state) {
  sqlite3 *db = open_uri("");
  sqlite3_stmt *s = 0;
  (void)state;
  sqlite3_prepare_v2(db, "SELECT id FROM author", -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(upgrade(db, GOOD), MIGRATE_BUSY_STATEMENT);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(s, 0), 2);
  sqlite3_reset(s);
  assert_image(db, before, "beside a reader");
  assert_int_equal(upgrade(db, GOOD), MIGRATE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW); /* the statement of before still works */
  sqlite3_finalize(s);
  sqlite3_close(db);
}

static void shared_cache(void **state) {
  sqlite3 *a = open_uri("?cache=shared"), *b = open_uri("?cache=shared");
  sqlite3_stmt *s = 0;
  int rc;
  (void)state;
  sqlite3_prepare_v2(b, "SELECT id FROM author", -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  rc = upgrade(a, GOOD);
  assert_int_equal(rc & 0xff, SQLITE_LOCKED);
  assert_true(sqlite3_get_autocommit(a));
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(s, 0), 2);
  sqlite3_finalize(s);
  assert_image(a, before, "beside a reader that shares the cache");
  assert_int_equal(upgrade(a, GOOD), MIGRATE_OK);
  assert_image(b, after, "seen through the shared cache");
  sqlite3_close(a);
  sqlite3_close(b);
}

/* ---- databases that cannot be written, and launches with nothing to do ---- */

static const char *const unwritable[] = {"?mode=ro", "?mode=ro&immutable=1", ""};

static sqlite3 *open_unwritable(int i) {
  sqlite3 *db = open_uri(unwritable[i]);
  if (i == 2) exec(db, "PRAGMA query_only = ON");
  return db;
}

static void unwritable_is_not_changed(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    sqlite3 *db = open_unwritable(i);
    assert_int_equal(upgrade(db, GOOD) & 0xff, SQLITE_READONLY);
    assert_true(sqlite3_get_autocommit(db));
    assert_image(db, before, unwritable[i]);
    sqlite3_close(db);
  }
}

#define MANY 1000

static char ids[MANY][12];
static migrate_revision many[MANY];
static int statements;

static int count_statement(unsigned kind, void *arg, void *p, void *x) {
  (void)kind;
  (void)arg;
  (void)p;
  (void)x;
  statements++;
  return 0;
}

static int launch_many(sqlite3 *db, int n) {
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add(m, many, n);
  migrate_upgrade(m, "head");
  return migrate_close(m);
}

static void make_many(void) {
  int i;
  memset(many, 0, sizeof many);
  for (i = 0; i < MANY; i++) {
    sqlite3_snprintf(sizeof ids[i], ids[i], "n%d", i);
    many[i].id = ids[i];
    many[i].down_revision = i ? ids[i - 1] : 0;
    many[i].upgrade = "SELECT 1";
  }
}

/* The bytes of the file, which hold its change counter and its schema's version. */
static unsigned char *file_bytes(long *n) {
  FILE *f = fopen(path, "rb");
  unsigned char *z;
  fseek(f, 0, SEEK_END);
  *n = ftell(f);
  rewind(f);
  z = (unsigned char *)malloc((size_t)*n);
  assert_int_equal(fread(z, 1, (size_t)*n, f), *n);
  fclose(f);
  return z;
}

static void nothing_to_do(void **state) {
  sqlite3 *db, *other;
  unsigned char *was, *is;
  sqlite3_int64 base;
  long n, then;
  int i, changes;
  (void)state;
  remove_files();
  make_many();
  db = open_uri("");
  assert_int_equal(launch_many(db, MANY), MIGRATE_OK);
  sqlite3_close(db);
  was = file_bytes(&n);
  for (i = 0; i < 3; i++) { /* read-only, immutable, query_only */
    db = open_unwritable(i);
    exec(db, "SELECT 1 FROM alembic_version");
    changes = sqlite3_total_changes(db);
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, 0);
    statements = 0;
    base = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    assert_int_equal(launch_many(db, MANY), MIGRATE_OK);
    assert_int_equal(statements, 1); /* the version rows are read */
    assert_int_equal(sqlite3_total_changes(db), changes);
    assert_true(sqlite3_memory_highwater(0) - base < MANY * (sqlite3_int64)sizeof many[0] + 30000);
    if (i != 1) { /* no lock is kept */
      other = open_uri("");
      exec(other, "BEGIN EXCLUSIVE; ROLLBACK");
      sqlite3_close(other);
    }
    sqlite3_close(db);
    is = file_bytes(&then);
    assert_int_equal(then, n);
    assert_memory_equal(was, is, (size_t)n);
    free(is);
  }
  db = open_uri("");
  other = open_uri("");
  exec(other, "BEGIN IMMEDIATE"); /* nor is one waited for */
  assert_int_equal(launch_many(db, MANY), MIGRATE_OK);
  exec(other, "ROLLBACK");
  sqlite3_close(other);
  sqlite3_close(db);
  free(was);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(authorizer_denies_an_action, set_up, tear_down),
      cmocka_unit_test_setup_teardown(authorizer_denies_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(authorizer_forbids_rollback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(hooks_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown(busy_handler_counts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(commit_hook_refuses, set_up, tear_down),
      cmocka_unit_test_setup_teardown(counters, set_up, tear_down),
      cmocka_unit_test_setup_teardown(limits_lowered, set_up, tear_down),
      cmocka_unit_test_setup_teardown(inside_a_transaction, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_reader_is_open, set_up, tear_down),
      cmocka_unit_test_setup_teardown(shared_cache, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unwritable_is_not_changed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_to_do, set_up, tear_down),
  };
  const char *folder = getenv("TMPDIR");
  sqlite3_snprintf(sizeof path, path, "%s/migrate-host-%d.db", folder ? folder : "/tmp",
                   (int)getpid());
  return cmocka_run_group_tests(tests, 0, 0);
}
