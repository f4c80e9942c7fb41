/* How soon a run stops: over a long copy, an index build, many small revisions, a backup and a
** restore. Told to stop, by the callback or by an interrupt out of another thread, it begins no
** statement any more but those that undo it; the callback is called at least every 50 ms, by a
** clock of the test's that rows move. What the processor's clock says is printed, not judged. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define DB "build/cancel-test.db"
#define COPY "build/cancel-test.bak"
#define ROWS 60000
#define FEW 15000
#define SMALL 300 /* revisions */

/* ---- work that takes a while ---- */

static char names[SMALL][3][80];
static migrate_revision small[SMALL];

static const migrate_revision copy[] = {
    {"c1", 0, 0, 0, 0, 0, "ALTER TABLE t ALTER a TYPE TEXT", 0, 0, 0, 0}};
static const migrate_revision build[] = {
    {"i1", 0, 0, 0, 0, 0, "CREATE INDEX i1 ON t(b, a); CREATE INDEX i2 ON t(a, b)", 0, 0, 0, 0}};

static void make_small(void) {
  int i;
  for (i = 0; i < SMALL; i++) {
    char(*n)[80] = names[i];
    sqlite3_snprintf(80, n[0], "s%d", i);
    sqlite3_snprintf(80, n[1], "s%d", i - 1);
    sqlite3_snprintf(80, n[2], "CREATE TABLE s%d(a); ALTER TABLE s%d ADD COLUMN b FIRST", i, i);
    memset(&small[i], 0, sizeof small[i]);
    small[i].id = n[0];
    small[i].down_revision = i ? n[1] : 0;
    small[i].upgrade = n[2];
  }
}

static const struct {
  const char *name;
  const migrate_revision *revisions;
  int n;
  unsigned flags;
  const char *backup;
  int restore;
} works[] = {
    {"a copy", copy, 1, 0, 0, 0},
    {"an index build", build, 1, MIGRATE_LEND_HANDLER, 0, 0},
    {"small revisions", small, SMALL, 0, 0, 0},
    {"a backup", build, 1, 0, COPY, 0},
    {"a restore", 0, 0, 0, 0, 1},
};
#define WORKS ((int)(sizeof works / sizeof works[0]))

static sqlite3 *filled(int rows) {
  sqlite3 *db = 0;
  char sql[400];
  remove(DB);
  remove(COPY);
  assert_int_equal(sqlite3_open(DB, &db), SQLITE_OK);
  sqlite3_snprintf(
      (int)sizeof sql, sql,
      "PRAGMA synchronous = OFF; CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);"
      "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) "
      "SELECT i, i %% 7, 'b' || hex(zeroblob(20)) || i FROM c; VACUUM INTO '" COPY "';"
      "DELETE FROM t WHERE id = 7",
      rows);
  assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  return db;
}

/* ---- telling it to stop ---- */

/* Milliseconds of the processor: other programs of the machine do not count. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

enum { BY_NOBODY, BY_CALLBACK, BY_INTERRUPT, BY_THREAD };

typedef struct watch {
  sqlite3 *db;
  int by, at; /* who stops it, at which call */
  int calls, after; /* calls; after it was told to stop */
  volatile int stopped;
  double last, longest, told; /* when it was called last; between two calls; told to stop */
  int begins;      /* statements that began after that, other than to undo it, .. */
  char begun[200]; /* .. and the last of them */
  char at_work[60], slowest[60]; /* when it was called last; before the longest silence */
} watch;

static int see(void *arg, const migrate_progress *p) {
  watch *w = (watch *)arg;
  double t = now();
  if (w->calls++ && t - w->last > w->longest) {
    w->longest = t - w->last;
    memcpy(w->slowest, w->at_work, sizeof w->slowest);
  }
  w->last = t;
  sqlite3_snprintf((int)sizeof w->at_work, w->at_work, "%s", p->statement ? p->statement : "-");
  w->after += w->stopped;
  if (w->calls != w->at || w->by == BY_NOBODY || w->by == BY_THREAD) return 0;
  w->told = t;
  if (w->by == BY_INTERRUPT) sqlite3_interrupt(w->db);
  w->stopped = 1;
  return w->by == BY_CALLBACK;
}

static int on_statement(unsigned kind, void *arg, void *stmt, void *text) {
  static const char *const undoing[] = {"ROLLBACK", "PRAGMA main.synchronous", "SELECT 1", "--"};
  watch *w = (watch *)arg;
  const char *sql = (const char *)text;
  int i, undoes = 0;
  (void)kind;
  (void)stmt;
  for (i = 0; i < 4; i++) undoes |= strncmp(sql, undoing[i], strlen(undoing[i])) == 0;
  if (w->stopped && !undoes) {
    w->begins++;
    sqlite3_snprintf((int)sizeof w->begun, w->begun, "%s", sql);
  }
  return 0;
}

static void *interrupt_later(void *arg) {
  watch *w = (watch *)arg;
  struct timespec t = {0, 0};
  t.tv_nsec = w->at * 1000000;
  nanosleep(&t, 0);
  w->told = now();
  sqlite3_interrupt(w->db);
  w->stopped = 1;
  return 0;
}

static int work(int i, watch *w, sqlite3 *db, int by, int at) {
  migrate_options o;
  migrate *m;
  pthread_t thread;
  int rc;
  memset(&o, 0, sizeof o);
  memset(w, 0, sizeof *w);
  w->db = db;
  w->by = by;
  w->at = at;
  o.progress = see;
  o.progress_arg = w;
  o.flags = works[i].flags;
  o.backup = works[i].backup;
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, w);
  migrate_open(db, &o, &m);
  migrate_add(m, works[i].revisions, works[i].n);
  if (by == BY_THREAD) pthread_create(&thread, 0, interrupt_later, w);
  rc = works[i].restore ? migrate_restore(m, COPY) : migrate_upgrade(m, "head");
  if (rc && rc != SQLITE_INTERRUPT) print_message("# %s\n", migrate_errmsg(m));
  migrate_close(m);
  if (by == BY_THREAD) pthread_join(thread, 0);
  sqlite3_trace_v2(db, 0, 0, 0);
  return rc;
}

/* All rows but the one that was deleted since the copy was made, and the schema as it was. */
static void assert_undone(sqlite3 *db) {
  char expected[40];
  sqlite3_stmt *s = 0;
  sqlite3_snprintf((int)sizeof expected, expected, "%d integer 1", ROWS - 1);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) || ' ' || max(typeof(a)) || ' ' || "
                                          "(SELECT count(*) FROM sqlite_master) FROM t",
                                      -1, &s, 0), SQLITE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(s, 0), expected);
  sqlite3_finalize(s);
  assert_int_equal(sqlite3_get_autocommit(db), 1);
}

/* At the n-th call, if there is one; from another thread after n milliseconds, which may be between
** two calls, or too late. */
static void stops_at_once(void **state) {
  static const char *const by[] = {"", "the callback", "an interrupt", "an interrupt of a thread"};
  static const int calls[] = {1, 2, 7, 12};
  int i, k, n;
  (void)state;
  for (i = 0; i < WORKS; i++) {
    for (k = BY_CALLBACK; k <= BY_THREAD; k++) {
      sqlite3 *db = filled(ROWS);
      double slowest = 0;
      int rc = SQLITE_INTERRUPT;
      if (works[i].backup) remove(COPY);
      for (n = 0; n < 4 && rc; n++) {
        watch w;
        rc = work(i, &w, db, k, calls[n]);
        if (rc && now() - w.told > slowest) slowest = now() - w.told;
        if (rc == MIGRATE_OK) assert_true(k == BY_THREAD || (n && w.calls < calls[n]));
        else assert_int_equal(rc, SQLITE_INTERRUPT);
        if (rc == MIGRATE_OK) break; /* a thread was too late, or before the run: that is lost */
        /* what a thread tells may cross a statement or a call on its way */
        if (w.begins > (k == BY_THREAD)) fail_msg("it begins %s", w.begun);
        assert_in_range(w.after, 0, k == BY_THREAD);
        assert_undone(db);
        if (works[i].backup) assert_int_not_equal(access(COPY, F_OK), 0);
      }
      print_message("# %s, stopped by %s: undone after at most %.1f ms\n", works[i].name, by[k],
                    slowest);
      sqlite3_close(db);
    }
  }
}

/* ---- a clock that rows move ---- */

static sqlite3_int64 clock_us;
static sqlite3_vfs slow_vfs;

static int slow_time(sqlite3_vfs *vfs, sqlite3_int64 *ms) {
  (void)vfs;
  *ms = 1000000 + clock_us / 1000;
  return SQLITE_OK;
}

/* What a layer of version 1 has. */
static int slow_days(sqlite3_vfs *vfs, double *days) {
  (void)vfs;
  *days = 2460000.0 + (double)clock_us / 86400000000.0;
  return SQLITE_OK;
}

/* slow(id, a, b): a row of the first half takes a microseconds, one of the second b. */
static void slow_row(sqlite3_context *c, int n, sqlite3_value **v) {
  (void)n;
  clock_us += sqlite3_value_int(v[sqlite3_value_int(v[0]) < FEW / 2 ? 1 : 2]);
  sqlite3_result_int(c, sqlite3_value_int(v[0]));
}

static sqlite3_int64 called_us, longest_us;

static int see_clock(void *arg, const migrate_progress *p) {
  (void)p;
  ++*(int *)arg;
  if (clock_us - called_us > longest_us) longest_us = clock_us - called_us;
  called_us = clock_us;
  return 0;
}

/* Rows that take ten times as long as those before them do not make it late. */
static void called_in_time(void **state) {
  static const char *const slow[] = {
      "ALTER TABLE t ALTER a TYPE TEXT USING slow(id, 9, 90)",
      "ALTER TABLE t ALTER a TYPE TEXT USING slow(id, 20, 200)",
      "ALTER TABLE t ALTER a TYPE TEXT USING slow(id, 200, 20)",
      "CREATE INDEX i ON t(slow(id, 1, 100))",
  };
  sqlite3_vfs *real = sqlite3_vfs_find(0);
  int i, version;
  (void)state;
  for (version = 2; version >= 1; version--) {
    slow_vfs = *real;
    slow_vfs.zName = "slow";
    slow_vfs.iVersion = version;
    slow_vfs.pNext = 0;
    slow_vfs.xCurrentTime = slow_days;
    slow_vfs.xCurrentTimeInt64 = slow_time;
    for (i = 0; i < 4; i++) {
      sqlite3 *db = filled(FEW);
      migrate_options o;
      migrate *m;
      int calls = 0;
      memset(&o, 0, sizeof o);
      o.progress = see_clock;
      o.progress_arg = &calls;
      o.flags = i == 3 ? MIGRATE_LEND_HANDLER : 0;
      sqlite3_create_function(db, "slow", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0, slow_row, 0, 0);
      sqlite3_vfs_register(&slow_vfs, 1);
      clock_us = called_us = longest_us = 0;
      migrate_open(db, &o, &m);
      migrate_exec(m, slow[i]);
      assert_int_equal(migrate_close(m), MIGRATE_OK);
      sqlite3_vfs_register(real, 1);
      sqlite3_vfs_unregister(&slow_vfs);
      print_message("# %s: %d calls, at most %.1f ms between two of them\n", slow[i], calls,
                    (double)longest_us / 1000);
      assert_true(clock_us >= FEW / 2 && longest_us <= 50000);
      sqlite3_close(db);
    }
  }
}

/* By the processor's clock. */
static void silences(void **state) {
  int i;
  (void)state;
  for (i = 0; i < WORKS; i++) {
    sqlite3 *db = filled(ROWS);
    watch w;
    if (works[i].backup) remove(COPY);
    assert_int_equal(work(i, &w, db, BY_NOBODY, 0), MIGRATE_OK);
    print_message("# %s: %d calls, at most %.1f ms between two of them, at: %s\n", works[i].name,
                  w.calls, w.longest, w.slowest);
    assert_true(w.calls >= 4);
    sqlite3_close(db);
  }
  remove(DB);
  remove(COPY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stops_at_once),
      cmocka_unit_test(called_in_time),
      cmocka_unit_test(silences),
  };
  make_small();
  return cmocka_run_group_tests(tests, 0, 0);
}
