/* Progress and cancel: what the callback is told, and that a run which is stopped anywhere, by the
** callback, by sqlite3_interrupt() or from another thread, leaves nothing behind. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#define SQLITE_CORE 1
#include "ext/migrate.c"

#define ROWS 10000
#define FEW 1000

/* ---- what the callback sees ---- */

typedef struct watch {
  sqlite3 *db;
  int calls, copies, indexes; /* all; inside a copy; while an index is built */
  int backwards;              /* rows were fewer than before */
  sqlite3_int64 done, total;
  int cancel_at, interrupt_at; /* 0: never; else the number of the call */
  int step, steps;
  char revision[20];
} watch;

static int see(void *arg, const migrate_progress *p) {
  watch *w = (watch *)arg;
  w->calls++;
  if (p->statement && strncmp(p->statement, "CREATE INDEX", 12) == 0) w->indexes++;
  if (p->total) {
    w->copies++;
    w->backwards += p->done < w->done;
    w->done = p->done;
    w->total = p->total;
  }
  w->step = p->step;
  w->steps = p->steps;
  sqlite3_snprintf((int)sizeof w->revision, w->revision, "%s", p->revision ? p->revision : "");
  if (w->calls == w->interrupt_at) sqlite3_interrupt(w->db);
  return w->calls == w->cancel_at;
}

static migrate_options watched(watch *w, sqlite3 *db) {
  migrate_options o;
  memset(&o, 0, sizeof o);
  memset(w, 0, sizeof *w);
  w->db = db;
  o.progress = see;
  o.progress_arg = w;
  return o;
}

static sqlite3 *filled(const char *table, int rows) {
  sqlite3 *db = 0;
  char *sql = sqlite3_mprintf(
      "CREATE TABLE t(%s;"
      "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) "
      "SELECT i, i %% 7, 'b' || i FROM c; CREATE INDEX t_b ON t(b)",
      table, rows);
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  sqlite3_free(sql);
  return db;
}

static char *answer(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  char *z = 0;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, 0), SQLITE_OK);
  if (sqlite3_step(s) == SQLITE_ROW) z = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
  return z;
}

static void assert_answer(sqlite3 *db, const char *sql, const char *expected) {
  char *z = answer(db, sql);
  assert_string_equal(z, expected);
  sqlite3_free(z);
}

static char *image(sqlite3 *db) {
  return answer(db, "SELECT (SELECT group_concat(sql) FROM sqlite_master) || (SELECT count(*) || "
                    "group_concat(id || a || typeof(a) || b) FROM (SELECT * FROM t ORDER BY id))");
}

static int exec_with(sqlite3 *db, const migrate_options *o, const char *sql) {
  migrate *m;
  assert_int_equal(migrate_open(db, o, &m), MIGRATE_OK);
  migrate_exec(m, sql);
  return migrate_close(m);
}

/* ---- the same rows ---- */

static const char change[] = "ALTER TABLE t ALTER a TYPE TEXT, ALTER a SET NOT NULL";

/* In ranges or at once, a copy ends in the same. */
static void same_rows(void **state) {
  static const char *const tables[] = {
      "id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
      "id TEXT, a INTEGER, b TEXT, PRIMARY KEY(id)) WITHOUT ROWID",
      "id TEXT, a INTEGER, b TEXT, PRIMARY KEY(id, b)) WITHOUT ROWID",
      "id, a INTEGER, b TEXT)",
  };
  static const char *const holes[] = {"", "DELETE FROM t WHERE id % 3 = 1",
                                      "UPDATE t SET id = -id WHERE id % 2"};
  int i, k, portable;
  (void)state;
  for (i = 0; i < 12; i++) {
    for (portable = 0; portable < 2; portable++) {
      char *images[2];
      for (k = 0; k < 2; k++) {
        sqlite3 *db = filled(tables[i % 4], ROWS);
        watch w;
        migrate_options o = watched(&w, db);
        if (!k) o.progress = 0;
        o.flags = portable ? MIGRATE_PORTABLE : 0;
        assert_int_equal(sqlite3_exec(db, holes[i / 4], 0, 0, 0), SQLITE_OK);
        assert_int_equal(exec_with(db, &o, change), MIGRATE_OK);
        if (i % 4 == 0 || i % 4 == 3) assert_answer(db, "PRAGMA integrity_check", "ok");
        images[k] = image(db);
        if (k) {
          assert_true(w.copies > 5);
          assert_int_equal(w.backwards, 0);
          assert_true(w.done == w.total && w.total >= ROWS / 2);
        }
        sqlite3_close(db);
      }
      assert_string_equal(images[0], images[1]);
      sqlite3_free(images[0]);
      sqlite3_free(images[1]);
    }
  }
}

/* A key whose order cannot be asked for range by range is copied at once. */
static void copied_at_once(void **state) {
  sqlite3 *db = filled("id TEXT, a INTEGER, b TEXT, PRIMARY KEY(id DESC)) WITHOUT ROWID", FEW);
  watch w;
  migrate_options o = watched(&w, db);
  (void)state;
  assert_int_equal(exec_with(db, &o, change), MIGRATE_OK);
  assert_int_equal(w.copies, 0);
  assert_true(w.calls > 3);
  sqlite3_close(db);
}

/* ---- revisions ---- */

static int by_function(sqlite3 *db, void *arg) {
  (void)arg;
  return sqlite3_exec(db, "UPDATE t SET b = b || '!' WHERE id = 1", 0, 0, 0);
}

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, 0, 0, "CREATE TABLE other(x); ALTER TABLE t ALTER a TYPE TEXT", "", 0, 0, 0},
    {"r2", "r1", 0, 0, 0, 0, "ALTER TABLE t ADD CHECK (a >= '0')", "", by_function, 0, 0},
    {"r3", "r2", 0, 0, 0, 0, "ALTER TABLE t DROP COLUMN a", "", 0, 0, 0},
};

static int upgrade_with(sqlite3 *db, const migrate_options *o) {
  migrate *m;
  assert_int_equal(migrate_open(db, o, &m), MIGRATE_OK);
  migrate_add(m, revisions, 3);
  migrate_upgrade(m, "head");
  return migrate_close(m);
}

static void which_revision(void **state) {
  sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", FEW);
  watch w;
  migrate_options o = watched(&w, db);
  (void)state;
  assert_int_equal(upgrade_with(db, &o), MIGRATE_OK);
  assert_int_equal(w.step, 3);
  assert_int_equal(w.steps, 3);
  assert_string_equal(w.revision, "r3");
  assert_int_equal(upgrade_with(db, &o), MIGRATE_OK);
  sqlite3_close(db);
}

static void silenced(void **state) {
  sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", FEW);
  watch w;
  migrate_options o = watched(&w, db);
  migrate *m;
  (void)state;
  migrate_open(db, &o, &m);
  assert_string_equal(migrate_get(m, "progress"), "on");
  migrate_set(m, "progress", "off");
  migrate_exec(m, change);
  assert_int_equal(migrate_close(m), MIGRATE_OK);
  assert_int_equal(w.calls, 0);
  sqlite3_close(db);
}

/* ---- stopped ---- */

/* Stopped at every call in turn, until a run gets through: nothing of it is left, and the code and
** the caller's transaction are as they should be. */
static void stop_everywhere(int interrupt, int in_transaction) {
  int at, rc = -1;
  sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", FEW);
  char *before = image(db);
  for (at = 1; rc != MIGRATE_OK; at++) {
    watch w;
    migrate_options o = watched(&w, db);
    char why[200] = "";
    o.errbuf = why;
    o.nerrbuf = (int)sizeof why;
    *(interrupt ? &w.interrupt_at : &w.cancel_at) = at;
    if (in_transaction) sqlite3_exec(db, "BEGIN", 0, 0, 0);
    rc = upgrade_with(db, &o);
    assert_int_equal(rc, w.calls < at ? MIGRATE_OK : SQLITE_INTERRUPT);
    if (rc == MIGRATE_OK) break;
    if (!interrupt) assert_non_null(strstr(why, "cancelled by the program"));
    if (!interrupt) assert_int_equal(sqlite3_get_autocommit(db), !in_transaction);
    if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "COMMIT", 0, 0, 0);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    if (at % 5 == 0) {
      char *after = image(db);
      assert_string_equal(before, after);
      sqlite3_free(after);
    }
    assert_null(sqlite3_next_stmt(db, 0));
  }
  assert_true(at > 30);
  if (in_transaction) sqlite3_exec(db, "COMMIT", 0, 0, 0);
  assert_answer(db, "SELECT b FROM t WHERE id = 1", "b1!");
  assert_answer(db, "SELECT version_num FROM alembic_version", "r3");
  sqlite3_free(before);
  sqlite3_close(db);
}

static void cancelled(void **state) {
  (void)state;
  stop_everywhere(0, 0);
  stop_everywhere(0, 1);
}

/* The callback runs between two statements: SQLite itself would forget the interrupt. */
static void interrupted(void **state) {
  (void)state;
  stop_everywhere(1, 0);
  stop_everywhere(1, 1);
}

static struct {
  int left; /* calls until it stops one statement */
  sqlite3 *interrupted; /* NULL: by its answer */
} host;

static int host_stops(void *arg) {
  (void)arg;
  if (host.left-- != 0) return 0;
  if (host.interrupted) sqlite3_interrupt(host.interrupted);
  return !host.interrupted;
}

/* The program's own handler stops or interrupts renames and a rebuild by plain SQL anywhere, also
** as BEGIN and COMMIT end. SQLite may tell of that as of an error in the view or table that it was
** reading, which must not pass for one. */
static int renamed_until(int at, int interrupt, unsigned flags) {
  sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", 3);
  migrate_options o;
  int rc;
  memset(&o, 0, sizeof o);
  o.flags = flags;
  sqlite3_exec(db, "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW broken AS SELECT * FROM gone;"
                   "CREATE TRIGGER r DELETE ON t BEGIN SELECT a FROM t; END", 0, 0, 0);
  host.left = at;
  host.interrupted = interrupt ? db : 0;
  sqlite3_progress_handler(db, 1, host_stops, 0);
  rc = exec_with(db, &o, flags ? "ALTER TABLE t ALTER a TYPE TEXT"
                               : "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO c");
  sqlite3_progress_handler(db, 0, 0, 0);
  if (rc != MIGRATE_OK) assert_int_equal(rc, SQLITE_INTERRUPT);
  assert_int_equal(sqlite3_get_autocommit(db), 1);
  assert_answer(db, "SELECT group_concat(sql, ';') FROM sqlite_master WHERE name IN ('v', 'r')",
                rc || flags ? "CREATE VIEW v AS SELECT a FROM t;"
                              "CREATE TRIGGER r DELETE ON t BEGIN SELECT a FROM t; END"
                            : "CREATE VIEW v AS SELECT c FROM \"u\";"
                              "CREATE TRIGGER r DELETE ON \"u\" BEGIN SELECT c FROM \"u\"; END");
  if (flags) assert_answer(db, "SELECT typeof(max(a)) FROM t", rc ? "integer" : "text");
  sqlite3_close(db);
  return host.left < 0;
}

static void stopped_by_the_host(void **state) {
  int i, at;
  (void)state;
  for (i = 0; i < 4; i++) {
    for (at = i; renamed_until(at, i % 2, i / 2 ? MIGRATE_PORTABLE : 0); at += 3) {}
    assert_true(at > 100);
  }
}

static void interrupt_now(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  (void)v;
  sqlite3_interrupt(sqlite3_context_db_handle(c));
  sqlite3_result_int(c, 1);
}

/* Inside SELECT f(..) an interrupt stops every statement until the SELECT has ended. */
static void interrupted_in_sql(void **state) {
  static const char *const calls[] = {
      "SELECT migrate_exec('CREATE TABLE x(a); SELECT stop(); CREATE TABLE y(b)')",
      "SELECT migrate_exec('CREATE TABLE x(a); ALTER TABLE t ADD CHECK (stop())')",
      "SELECT migrate_exec('ALTER TABLE t ALTER a TYPE TEXT USING stop() || a')",
  };
  int i, in_transaction;
  (void)state;
  for (i = 0; i < 6; i++) {
    sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", FEW);
    char *before = image(db), *after;
    in_transaction = i >= 3;
    assert_int_equal(sqlite3_migrate_init(db, 0, 0), SQLITE_OK);
    sqlite3_create_function(db, "stop", 0, SQLITE_UTF8, 0, interrupt_now, 0, 0);
    if (in_transaction) sqlite3_exec(db, "BEGIN; CREATE TABLE mine(a)", 0, 0, 0);
    assert_int_equal(sqlite3_exec(db, calls[i % 3], 0, 0, 0), SQLITE_INTERRUPT);
    if (!in_transaction) assert_int_equal(sqlite3_get_autocommit(db), 1);
    sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
    after = image(db);
    assert_string_equal(before, after);
    assert_answer(db, "PRAGMA user_version", "0");
    sqlite3_free(before);
    sqlite3_free(after);
    sqlite3_close(db);
  }
}

static void *interrupt_later(void *arg) {
  struct timespec t = {0, 3000000};
  nanosleep(&t, 0);
  sqlite3_interrupt((sqlite3 *)arg);
  return 0;
}

/* From another thread, at whatever instant: undone, or done where it came too late. */
static void from_a_thread(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 10; i++) {
    sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", ROWS);
    char *before = image(db), *after;
    migrate_options o;
    pthread_t thread;
    int rc;
    memset(&o, 0, sizeof o);
    pthread_create(&thread, 0, interrupt_later, db);
    rc = exec_with(db, &o, change);
    pthread_join(thread, 0);
    after = image(db);
    assert_int_equal(strcmp(before, after) == 0, rc == SQLITE_INTERRUPT);
    assert_true(rc == SQLITE_INTERRUPT || rc == MIGRATE_OK);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    sqlite3_free(before);
    sqlite3_free(after);
    sqlite3_close(db);
  }
}

#define FILE_NAME "build/progress-test.db"

/* Whoever waits for another connection can be called away, at BEGIN and at COMMIT: at every call of
** the callback, by its answer or by an interrupt. Left alone the run waits until it is too long. */
static void stopped_while_waiting(void **state) {
  static const char *const holds[] = {"BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM sqlite_master"};
  int i, at, rc;
  (void)state;
  for (i = 0; i < 8; i++) {
    sqlite3 *db, *other;
    remove(FILE_NAME);
    assert_int_equal(sqlite3_open(FILE_NAME, &db), SQLITE_OK);
    assert_int_equal(sqlite3_open(FILE_NAME, &other), SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", 0, 0, 0);
    if (i >= 4) { /* a connection that has not read the schema */
      sqlite3_close(db);
      assert_int_equal(sqlite3_open(FILE_NAME, &db), SQLITE_OK);
    }
    sqlite3_exec(other, holds[i / 2 % 2], 0, 0, 0);
    rc = SQLITE_INTERRUPT;
    for (at = 1; rc == SQLITE_INTERRUPT; at++) {
      watch w;
      migrate_options o = watched(&w, db);
      o.busy_timeout = 30;
      *(i % 2 ? &w.interrupt_at : &w.cancel_at) = at;
      rc = upgrade_with(db, &o) & 0xff;
      assert_int_equal(rc, w.calls < at ? SQLITE_BUSY : SQLITE_INTERRUPT);
      assert_int_equal(sqlite3_get_autocommit(db), 1);
      assert_null(sqlite3_next_stmt(db, 0));
    }
    assert_true(at > 5);
    sqlite3_close(other);
    assert_answer(db, "SELECT count(*) FROM sqlite_master", "1");
    sqlite3_close(db);
  }
  remove(FILE_NAME);
}

static int seconds_slept;

/* As SQLite sleeps where it was compiled without usleep(). */
static int sleep_seconds(sqlite3_vfs *vfs, int microseconds) {
  int seconds = (microseconds + 999999) / 1000000;
  (void)vfs;
  seconds_slept += seconds;
  return seconds * 1000000;
}

static void waits_in_whole_seconds(void **state) {
  sqlite3_vfs *real = sqlite3_vfs_find(0), coarse = *real;
  sqlite3 *db, *other;
  watch w;
  migrate_options o;
  (void)state;
  remove(FILE_NAME);
  assert_int_equal(sqlite3_open(FILE_NAME, &db), SQLITE_OK);
  assert_int_equal(sqlite3_open(FILE_NAME, &other), SQLITE_OK);
  sqlite3_exec(other, "BEGIN EXCLUSIVE", 0, 0, 0);
  coarse.zName = "coarse";
  coarse.xSleep = sleep_seconds;
  sqlite3_vfs_register(&coarse, 1);
  seconds_slept = 0;
  o = watched(&w, db);
  o.busy_timeout = 4500;
  assert_int_equal(upgrade_with(db, &o) & 0xff, SQLITE_BUSY);
  assert_int_equal(seconds_slept, 5);
  sqlite3_vfs_register(real, 1);
  sqlite3_vfs_unregister(&coarse);
  sqlite3_close(other);
  sqlite3_close(db);
  remove(FILE_NAME);
}

/* ---- the progress handler ---- */

static int count_call(void *arg) {
  ++*(int *)arg;
  return 0;
}

static void lent_handler(void **state) {
  static const char build[] = "CREATE INDEX t_all ON t(b, a, id); CREATE INDEX t_too ON t(a, b)";
  sqlite3 *db = filled("id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", ROWS);
  int ticks = 0, before;
  watch w;
  migrate_options o = watched(&w, db);
  (void)state;
  sqlite3_exec(db, "INSERT INTO t SELECT id + 100000, a, b FROM t; INSERT INTO t SELECT id + "
                   "200000, a, b FROM t; INSERT INTO t SELECT id + 400000, a, b FROM t", 0, 0, 0);
  sqlite3_progress_handler(db, 100, count_call, &ticks);
  assert_int_equal(exec_with(db, &o, build), MIGRATE_OK);
  assert_int_equal(w.indexes, 2); /* not lent: before each statement, and the host's is called */
  assert_true(ticks > 100);
  sqlite3_exec(db, "DROP INDEX t_all; DROP INDEX t_too", 0, 0, 0);

  o = watched(&w, db);
  o.flags = MIGRATE_LEND_HANDLER;
  before = ticks;
  assert_int_equal(exec_with(db, &o, build), MIGRATE_OK);
  assert_true(w.indexes > 2);
  assert_int_equal(ticks, before);
  w.calls = 0;
  sqlite3_exec(db, "DROP INDEX t_all; DROP INDEX t_too; SELECT total(id) FROM t", 0, 0, 0);
  assert_int_equal(w.calls, 0); /* none afterwards */

  o = watched(&w, db);
  o.flags = MIGRATE_LEND_HANDLER;
  w.cancel_at = 2; /* in the middle of the build */
  assert_int_equal(exec_with(db, &o, build), SQLITE_INTERRUPT);
  assert_answer(db, "SELECT count(*) FROM sqlite_master WHERE type = 'index'", "1");
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_rows),
      cmocka_unit_test(copied_at_once),
      cmocka_unit_test(which_revision),
      cmocka_unit_test(silenced),
      cmocka_unit_test(cancelled),
      cmocka_unit_test(interrupted),
      cmocka_unit_test(stopped_by_the_host),
      cmocka_unit_test(interrupted_in_sql),
      cmocka_unit_test(from_a_thread),
      cmocka_unit_test(stopped_while_waiting),
      cmocka_unit_test(waits_in_whole_seconds),
      cmocka_unit_test(lent_handler),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
