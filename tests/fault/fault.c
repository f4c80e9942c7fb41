/* Faults: the Nth read, write, sync, truncate, delete, open, lock or allocation fails, the heap has
** a limit, the power goes, the process dies, somebody interrupts. Whatever happens, the database
** holds the image before or the image after; success is said of the image after alone, and lasts;
** the connection is handed back as it was; nothing leaks; and the next launch finishes, also when
** another fault meets it.
**
** FAULT_STRIDE  every how many places (a prime, so that all kinds come up); 1 is every place
** FAULT_ONLY    runs those whose line in the output holds this text
** FAULT_DISK    leaves out all but the disk's
** FAULT_STOP    ends with the first that fails
** FAULT_PAIRS   of faults after faults, in each case; FAULT_SEED makes them and the sectors lost
** FAULT_JOURNAL, FAULT_PAGE  see set_journal() */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "disk.h"
#include "image.h"
#include "oom.h"
#include "scenarios.h"

/* ---- faults ---- */

enum { ON_DISK, IN_MEMORY, BY_LIMIT, BY_INTERRUPT };

typedef struct fault {
  const char *name;
  int where;
  int kinds, code, lasting, half, power;
  unsigned keep; /* see disk_restart() */
  int nested;    /* called as SELECT f() */
} fault;

#define HEAP_STEP 256 /* bytes between two limits of the heap */

static const fault faults[] = {
    {"read fails", ON_DISK, DISK_READ, SQLITE_IOERR_READ, 0, 0, 0, 0, 0},
    {"reads fail", ON_DISK, DISK_READ, SQLITE_IOERR_READ, 1, 0, 0, 0, 0},
    {"write fails", ON_DISK, DISK_WRITE, SQLITE_IOERR_WRITE, 0, 0, 0, 0, 0},
    {"writes fail", ON_DISK, DISK_WRITE, SQLITE_IOERR_WRITE, 1, 0, 0, 0, 0},
    {"disk full", ON_DISK, DISK_WRITE, SQLITE_FULL, 1, 0, 0, 0, 0},
    {"write is cut short", ON_DISK, DISK_WRITE, SQLITE_IOERR_WRITE, 0, 1, 0, 0, 0},
    {"disk full, half written", ON_DISK, DISK_WRITE, SQLITE_FULL, 0, 1, 0, 0, 0},
    {"sync fails", ON_DISK, DISK_SYNC, SQLITE_IOERR_FSYNC, 0, 0, 0, 0, 0},
    {"syncs fail", ON_DISK, DISK_SYNC, SQLITE_IOERR_FSYNC, 1, 0, 0, 0, 0},
    {"truncate fails", ON_DISK, DISK_TRUNCATE, SQLITE_IOERR_TRUNCATE, 0, 0, 0, 0, 0},
    {"delete fails", ON_DISK, DISK_DELETE, SQLITE_IOERR_DELETE, 0, 0, 0, 0, 0},
    {"open fails", ON_DISK, DISK_OPEN, SQLITE_CANTOPEN, 0, 0, 0, 0, 0},
    {"lock fails", ON_DISK, DISK_LOCK, SQLITE_IOERR_LOCK, 0, 0, 0, 0, 0},
    {"lock is held", ON_DISK, DISK_LOCK, SQLITE_BUSY, 1, 0, 0, 0, 0},
    {"power cut", ON_DISK, DISK_CHANGES, SQLITE_IOERR, 0, 0, 1, 0, 0},
    {"power cut, journal kept", ON_DISK, DISK_CHANGES, SQLITE_IOERR, 0, 0, 1, KEEP_JOURNAL, 0},
    {"power cut, database kept", ON_DISK, DISK_CHANGES, SQLITE_IOERR, 0, 0, 1, KEEP_DATABASE, 0},
    {"power cut, some kept", ON_DISK, DISK_CHANGES, SQLITE_IOERR, 0, 1, 1, KEEP_SOME, 0},
    {"process dies", ON_DISK, DISK_CHANGES, SQLITE_IOERR, 0, 0, 1, KEEP_ALL, 0},
    {"allocation fails", IN_MEMORY, 0, 0, 0, 0, 0, 0, 0},
    {"allocations fail", IN_MEMORY, 0, 0, 1, 0, 0, 0, 0},
    {"allocation fails, in SELECT", IN_MEMORY, 0, 0, 0, 0, 0, 0, 1},
    {"allocations fail, in SELECT", IN_MEMORY, 0, 0, 1, 0, 0, 0, 1},
    {"heap limit", BY_LIMIT, 0, 0, 1, 0, 0, 0, 0},
    {"cancelled", BY_INTERRUPT, 0, 0, 0, 0, 0, 0, 0},
    {"cancelled, in SELECT", BY_INTERRUPT, 0, 0, 0, 0, 0, 0, 1},
    {"interrupt", BY_INTERRUPT, 0, 0, 1, 0, 0, 0, 0},
    {"interrupt, in SELECT", BY_INTERRUPT, 0, 0, 1, 0, 0, 0, 1},
};
#define FAULTS ((int)(sizeof faults / sizeof faults[0]))

static int interrupt_left, interrupt_seen;
static sqlite3 *interrupted; /* NULL: the handler alone says stop, and that to one statement */

static int interrupt_step(void *arg) {
  (void)arg;
  interrupt_seen++;
  if (interrupt_left < 0 || interrupt_left-- > 0) return 0;
  if (interrupted) sqlite3_interrupt(interrupted);
  return !interrupted;
}

static sqlite3_int64 limit_base;

/* n below 0 counts only. */
static void arm(const fault *f, sqlite3 *db, int n) {
  if (f->where == ON_DISK) {
    disk_fault.kinds = f->kinds;
    disk_fault.code = f->code;
    disk_fault.lasting = f->lasting;
    disk_fault.half = f->half;
    disk_fault.power = f->power;
    disk_fault.left = n;
    disk_fault.seen = 0;
  } else if (f->where == IN_MEMORY) {
    oom_left = n;
    oom_once = !f->lasting;
    oom_seen = 0;
  } else if (f->where == BY_LIMIT) {
    limit_base = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    if (n >= 0) sqlite3_hard_heap_limit64(limit_base + 1 + (sqlite3_int64)n * HEAP_STEP);
  } else {
    interrupt_left = n;
    interrupt_seen = 0;
    interrupted = f->lasting ? db : 0;
    sqlite3_progress_handler(db, 10, interrupt_step, 0);
  }
}

/* How many places the fault could have hit. */
static int disarm(const fault *f, sqlite3 *db) {
  if (f->where == ON_DISK) {
    disk_fault.kinds = 0;
    return disk_fault.seen;
  }
  if (f->where == IN_MEMORY) {
    oom_left = -1;
    return oom_seen;
  }
  if (f->where == BY_LIMIT) {
    sqlite3_hard_heap_limit64(0);
    return (int)((sqlite3_memory_highwater(0) - limit_base) / HEAP_STEP) + 1;
  }
  sqlite3_progress_handler(db, 0, 0, 0);
  return interrupt_seen;
}

/* ---- a launch ---- */

static int quiet = 1; /* errors are expected */

static int run_revisions(sqlite3 *db, const scenario *s, unsigned flags) {
  migrate_options options;
  migrate *m;
  int rc;
  memset(&options, 0, sizeof options);
  options.flags = flags | s->flags;
  options.busy_timeout = -1;
  options.backup = s->backup;
  rc = migrate_open(db, &options, &m);
  if (rc) return rc;
  migrate_add(m, s->revisions, s->n);
  if (s->restore)
    migrate_restore(m, COPY);
  else if (s->down)
    migrate_downgrade(m, s->target);
  else
    migrate_upgrade(m, s->target);
  if (!quiet && migrate_errcode(m)) printf("%s\n", migrate_errmsg(m));
  return migrate_close(m);
}

static void run_function(sqlite3_context *context, int argc, sqlite3_value **argv) {
  const scenario *s = (const scenario *)sqlite3_user_data(context);
  int rc = run_revisions(sqlite3_context_db_handle(context), s, MIGRATE_SQL_FUNCTION);
  (void)argc;
  (void)argv;
  if (rc == SQLITE_NOMEM)
    sqlite3_result_error_nomem(context);
  else if (rc)
    sqlite3_result_error(context, migrate_strerror(rc), -1);
}

static int exec(sqlite3 *db, const char *sql) { return sqlite3_exec(db, sql, 0, 0, 0); }

/* The revisions, as a program runs them. *open: the library left a transaction open. */
static int launch(sqlite3 *db, const scenario *s, sqlite3_stmt *nested, int *open) {
  int rc = 0;
  *open = 0;
  if (s->caller) rc = exec(db, "BEGIN") ? 1 : exec(db, "INSERT INTO mine VALUES(7)");
  if (!rc && nested) {
    rc = sqlite3_step(nested);
    rc = rc == SQLITE_ROW ? 0 : rc;
    sqlite3_reset(nested);
  } else if (!rc) {
    rc = run_revisions(db, s, 0);
  }
  if (!s->caller) *open = !sqlite3_get_autocommit(db);
  if (s->caller && !rc) rc = exec(db, "COMMIT");
  return rc;
}

/* ---- what must hold ---- */

static const int flags_watched[] = {1002, 1003, 1010, 1011, 1012, 1013, 1014, 1015, 1017};

static void settings(sqlite3 *db, char *out, size_t size) {
  sqlite3_stmt *s = 0;
  size_t i, n = 0;
  for (i = 0; i < sizeof flags_watched / sizeof flags_watched[0]; i++) {
    int value = -1;
    sqlite3_db_config(db, flags_watched[i], -1, &value);
    sqlite3_snprintf((int)(size - n), out + n, "%d ", value);
    n = strlen(out);
  }
  sqlite3_prepare_v2(db, "PRAGMA synchronous", -1, &s, 0);
  sqlite3_step(s);
  sqlite3_snprintf((int)(size - n), out + n, "%d", sqlite3_column_int(s, 0));
  sqlite3_finalize(s);
}

/* FAULT_PAGE bytes a page; FAULT_JOURNAL: delete, truncate, persist or wal. */
static void set_journal(sqlite3 *db, const char *mode) {
  const char *page = getenv("FAULT_PAGE");
  char sql[200];
  sqlite3_snprintf(sizeof sql, sql, "PRAGMA page_size = %s", page ? page : "4096");
  exec(db, sql);
  if (!mode) return;
  if (strcmp(mode, "wal") == 0) exec(db, "PRAGMA locking_mode = EXCLUSIVE"); /* no shared memory */
  sqlite3_snprintf(sizeof sql, sql, "PRAGMA journal_mode = %s", mode);
  exec(db, sql);
}

static sqlite3 *open_database(const scenario *s) {
  sqlite3 *db = 0;
  sqlite3_open("app.db", &db);
  set_journal(db, s->wal ? "wal" : getenv("FAULT_JOURNAL"));
  exec(db, "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA cache_size = 8");
  sqlite3_db_config(db, 1010, 1, (int *)0); /* DEFENSIVE */
  sqlite3_db_config(db, 1013, 0, (int *)0); /* DQS, off as in hardened programs */
  sqlite3_db_config(db, 1014, 0, (int *)0);
  return db;
}

typedef struct images {
  disk_bytes base, copy; /* copy: of COPY, to be restored */
  char *before, *after, *during; /* during: the caller's own change alone */
} images;

static char trouble[4000];
static int points, left_open;

/* Notes what went wrong; expected and got may be NULL. */
static void blame(const char *what, const char *expected, const char *got) {
  char line[700] = "";
  if (trouble[0]) return;
  if (expected && got) dump_differs(expected, got, line, sizeof line);
  sqlite3_snprintf(sizeof trouble, trouble, "%s\n%s", what, line);
}

static int same(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

/* Where the database is not as it was before, its copy is: whole, and on the disk. */
static void check_copy(const scenario *s, const images *im) {
  static const char *const names[] = {"./app.db.bak", "./app.db.bak-2", "./app.db.bak-3"};
  int i, found = 0;
  for (i = 0; i < 3 && s->backup && !found; i++) {
    sqlite3 *db = 0;
    char *z;
    if (sqlite3_open_v2(names[i], &db, SQLITE_OPEN_READWRITE, 0) == SQLITE_OK) {
      exec(db, "PRAGMA locking_mode = EXCLUSIVE"); /* the disk has no shared memory */
      z = image(db);
      found = same(z, im->before);
      sqlite3_free(z);
    }
    sqlite3_close(db);
  }
  if (s->backup && !found) blame("there is no copy of the database as it was", 0, 0);
}

/* The next launch: recovers, finishes, and holds the image after. */
static void check_next(const scenario *s, const images *im) {
  sqlite3 *db = open_database(s);
  char *found = image(db), *then;
  int open, rc;
  if (!same(found, im->before) && !same(found, im->after)) blame("third state", im->before, found);
  if (same(found, im->before)) {
    rc = launch(db, s, 0, &open);
    if (rc) blame("the next launch fails", 0, 0);
    then = image(db);
    if (!same(then, im->after)) blame("the next launch does not finish", im->after, then);
    sqlite3_free(then);
  }
  check_copy(s, im);
  sqlite3_free(found);
  if (sqlite3_close(db)) blame("the next launch leaves a statement", 0, 0);
}

static void check_lasts(const scenario *s, const images *im) {
  sqlite3 *db = open_database(s);
  char *found = image(db);
  if (!same(found, im->after)) blame("the power cut undid a success", im->after, found);
  sqlite3_free(found);
  sqlite3_close(db);
}

/* The same connection, once the fault is over. */
static void check_connection(sqlite3 *db, const scenario *s, const fault *f, const images *im,
                             int rc, int open, const char *settings_before) {
  char now[200], *found;
  settings(db, now, sizeof now);
  if (f->lasting || (f->nested && f->where == IN_MEMORY)) { /* EXTRA may stay: no PRAGMA compiles */
    now[strlen(now) - 1] = settings_before[strlen(settings_before) - 1];
  }
  if (strcmp(now, settings_before)) blame("settings", settings_before, now);
  if (f->code == SQLITE_FULL && f->lasting && rc && (rc & 0xff) != SQLITE_FULL &&
      !(s->backup && rc == MIGRATE_BACKUP) &&
      !(rc == SQLITE_ABORT && strstr(s->setup, "fts5"))) { /* which hides what its disk said */
    blame("the disk is full, and the code is another", 0, 0);
  }
  if (f->where == BY_INTERRUPT && !f->nested && rc && (rc & 0xff) != SQLITE_INTERRUPT) {
    blame("an interrupt, and the code is another", "9", migrate_strerror(rc));
  }
  if (open) {
    left_open++;
    exec(db, "ROLLBACK");
  }
  if (s->caller && !sqlite3_get_autocommit(db)) {
    found = image(db);
    if (!same(found, im->during) && !same(found, im->before) && !same(found, im->after)) {
      if (f->where == IN_MEMORY)
        left_open++;
      else
        blame("caller's transaction", im->during, found);
    }
    sqlite3_free(found);
    exec(db, "ROLLBACK");
  }
  found = image(db);
  if (!rc && !same(found, im->after)) blame("success, but not the image after", im->after, found);
  if (!same(found, im->before)) check_copy(s, im);
  if (rc && !same(found, im->before) && !same(found, im->after)) {
    blame("failure, but not the image before", im->before, found);
  }
  sqlite3_free(found);
}

/* The disk as it is after the power cut, or the death of the process alone. */
static void restart(const fault *f, int n) {
  const char *seed = getenv("FAULT_SEED");
  if (!f->power)
    disk_restart(KEEP_ALL, 0);
  else
    disk_restart(f->keep, (unsigned)(seed ? atoi(seed) : 1) * 7919u + (unsigned)n);
}

/* A launch with a fault at place n, none below 0: what is said, and the connection afterwards.
** Where the power goes it also goes after a success, which must last. Returns how many places there
** are. */
static int attempt(const scenario *s, const fault *f, const images *im, int n) {
  sqlite3_stmt *nested = 0;
  char before[200];
  sqlite3 *db = open_database(s);
  int rc, seen, open, power;
  settings(db, before, sizeof before);
  sqlite3_create_function_v2(db, "migrate_run", 0, SQLITE_UTF8 | 0x80000, (void *)(size_t)s,
                             run_function, 0, 0, 0);
  if (f->nested) sqlite3_prepare_v2(db, "SELECT migrate_run()", -1, &nested, 0);
  arm(f, db, n);
  rc = launch(db, s, nested, &open);
  seen = disarm(f, db);
  if (n < 0 && rc) blame("fails without a fault", "0", sqlite3_errmsg(db));
  sqlite3_finalize(nested);
  if (f->power && n < 0 && !s->caller) disk_fault.off = 1;
  power = f->power && disk_fault.off;
  if (!power) check_connection(db, s, f, im, rc, open, before);
  if (power && !sqlite3_get_autocommit(db)) exec(db, "ROLLBACK");
  if (sqlite3_close(db)) blame("the connection cannot be closed: a statement is left", 0, 0);
  restart(f, n);
  points++;
  if (power && n < 0)
    check_lasts(s, im);
  else if (power || n % 5 == 0)
    check_next(s, im);
  return seen;
}

static void load(const images *im) {
  disk_load("app.db", &im->base);
  if (im->copy.n) disk_add(COPY, &im->copy);
}

/* One place: returns how many places there are. */
static int point(const scenario *s, const fault *f, const images *im, int n) {
  sqlite3_int64 used = sqlite3_memory_used();
  int seen;
  load(im);
  seen = attempt(s, f, im, n);
  if (sqlite3_memory_used() != used) blame("memory leaks", 0, 0);
  return seen;
}

/* ---- all of them ---- */

static const char *now_at = "";

static void crashed(int sig) {
  char line[300];
  sqlite3_snprintf(sizeof line, line, "signal %d\nnot ok - %s\n", sig, now_at);
  if (write(1, line, strlen(line)) < 0) _exit(3);
  _exit(2);
}

static int stride(void) {
  const char *z = getenv("FAULT_STRIDE");
  return z ? atoi(z) : 23;
}

static void sweep(const scenario *s, const fault *f, const images *im, int *failed) {
  char name[200], first[5000] = "";
  int step = stride(), n, seen, bad = 0, from = points, was_open = left_open, frail;
  const char *only = getenv("FAULT_ONLY"), *seed = getenv("FAULT_SEED");
  sqlite3_snprintf(sizeof name, name, "%s: %s", s->name, f->name);
  if (only && !strstr(name, only)) return;
  if (getenv("FAULT_DISK") && f->where != ON_DISK) return;
  now_at = name;
  trouble[0] = 0;
  seen = point(s, f, im, -1);
  if (trouble[0]) sqlite3_snprintf(sizeof first, first, "without a fault: %s", trouble);
  bad = trouble[0] != 0;
  if (f->where == ON_DISK && step > 2) step = 2; /* there are few of them */
  for (n = step == 1 ? 0 : (s->name[0] + f->name[0] + f->kinds) % step; n < seen; n += step) {
    sqlite3_snprintf(sizeof name, name, "%s: %s, place %d of %d%s%s", s->name, f->name, n, seen,
                     f->power && seed ? ", FAULT_SEED=" : "", f->power && seed ? seed : "");
    trouble[0] = 0;
    point(s, f, im, n);
    if (trouble[0] && !bad++) sqlite3_snprintf(sizeof first, first, "%s: %s", name, trouble);
  }
  /* Where memory is gone for good, or gone in a SELECT, SQLite may leave a few moments without a
  ** way back: one in two hundred places is the limit; before 3.40, in a SELECT, one of all. */
  frail = f->nested && sqlite3_libversion_number() < 3040000;
  if (!frail && (left_open - was_open) * 200 > (f->nested || f->lasting ? points - from : 0)) {
    bad++;
    if (!first[0]) sqlite3_snprintf(sizeof first, first, "a transaction is left open");
  }
  if (bad)
    printf("%s\n(%d of %d places, %d left open)\nnot ", first, bad, points - from,
           left_open - was_open);
  printf("ok - %s: %s\n", s->name, f->name);
  fflush(stdout);
  *failed += bad != 0;
  if (bad && getenv("FAULT_STOP")) exit(1);
}

/* A fault, and another one while the next launch finishes what the first has left. */
static void twice(const scenario *s, const images *im, int *failed) {
  const char *z = getenv("FAULT_PAIRS"), *only = getenv("FAULT_ONLY");
  unsigned first = getenv("FAULT_SEED") ? (unsigned)atoi(getenv("FAULT_SEED")) : 1, seed = first;
  int pairs = z ? atoi(z) : 30, i, k, bad = 0, seen[FAULTS], lost = left_open;
  char name[200];
  sqlite3_snprintf(sizeof name, name, "%s: a fault after a fault", s->name);
  if (s->caller || (only && !strstr(name, only))) return;
  trouble[0] = 0;
  now_at = name;
  for (k = 0; k < FAULTS; k++) seen[k] = point(s, &faults[k], im, -1);
  for (i = 0; i < pairs && !bad; i++) {
    const fault *f[2];
    int at[2];
    load(im);
    for (k = 0; k < 2; k++) {
      int which = (int)((seed = seed * 1103515245u + 12345u) >> 8) % FAULTS;
      f[k] = &faults[which];
      at[k] = (int)((seed = seed * 1103515245u + 12345u) >> 8) % (seen[which] + 1);
      attempt(s, f[k], im, at[k]);
    }
    check_next(s, im);
    bad = trouble[0] != 0;
    if (bad) {
      printf("%s, FAULT_SEED=%u, SQLite %s: %s at %d, then %s at %d: %s\n", s->name, first,
             sqlite3_libversion(), f[0]->name, at[0], f[1]->name, at[1], trouble);
    }
  }
  left_open = lost; /* counted where each fault stands alone */
  printf("%s - %s, %d pairs\n", bad ? "not ok" : "ok", name, i);
  *failed += bad;
}

/* The disk before, and the images before and after. 0: this SQLite lacks what the case needs. */
static int prepare(const scenario *s, images *im) {
  disk_bytes empty = {0, 0};
  scenario first = *s;
  sqlite3 *db;
  int rc, open;
  disk_load("app.db", &empty);
  db = open_database(s);
  rc = exec(db, s->setup);
  if (rc) printf("%s\n", sqlite3_errmsg(db));
  if (!rc && s->first) {
    first.target = s->first;
    first.down = first.caller = 0;
    rc = launch(db, &first, 0, &open);
  }
  memset(&im->copy, 0, sizeof im->copy);
  if (!rc && s->restore) {
    disk_set(&im->copy, disk_find("app.db")->now.z, disk_find("app.db")->now.n);
    rc = exec(db, s->restore);
  }
  im->before = image(db);
  if (sqlite3_close(db) || rc) {
    return rc == SQLITE_ERROR && (strstr(s->setup, "fts5") || strstr(s->setup, "STRICT")) ? 0 : -1;
  }
  memset(&im->base, 0, sizeof im->base);
  if (im->copy.n) disk_add(COPY, &im->copy);
  disk_set(&im->base, disk_find("app.db")->now.z, disk_find("app.db")->now.n);
  db = open_database(s);
  im->during = 0;
  if (s->caller) {
    exec(db, "BEGIN; INSERT INTO mine VALUES(7)");
    im->during = image(db);
    exec(db, "ROLLBACK");
  }
  quiet = 0;
  rc = launch(db, s, 0, &open);
  quiet = 1;
  im->after = image(db);
  sqlite3_close(db);
  if (rc || same(im->before, im->after)) {
    printf("code %d: %s\n", rc, migrate_strerror(rc));
    return -1;
  }
  return 1;
}

/* A revision that fails by itself, inside the caller's transaction, which stays open and is as it
** was. */
static int refused(int nested) {
  scenario s = refusal;
  sqlite3_stmt *call = 0;
  char before[200];
  images im;
  sqlite3 *db;
  int rc, open;
  memset(&im, 0, sizeof im);
  disk_load("app.db", &im.base);
  db = open_database(&s);
  exec(db, s.setup);
  settings(db, before, sizeof before);
  exec(db, "BEGIN; INSERT INTO mine VALUES(7)");
  im.during = im.before = im.after = image(db);
  exec(db, "ROLLBACK");
  sqlite3_create_function_v2(db, "migrate_run", 0, SQLITE_UTF8 | 0x80000, &s, run_function, 0, 0,
                             0);
  if (nested) sqlite3_prepare_v2(db, "SELECT migrate_run()", -1, &call, 0);
  trouble[0] = 0;
  rc = launch(db, &s, call, &open);
  if (!rc) blame("a revision that cannot run is a success", 0, 0);
  if (sqlite3_get_autocommit(db)) blame("the caller's transaction is gone", 0, 0);
  im.before = im.after = image(db);
  if (!same(im.before, im.during)) blame("caller's transaction", im.during, im.before);
  settings(db, before + 100, 100);
  if (strcmp(before, before + 100)) blame("settings", before, before + 100);
  sqlite3_free(im.before);
  sqlite3_free(im.during);
  sqlite3_finalize(call);
  if (sqlite3_close(db)) blame("the connection cannot be closed: a statement is left", 0, 0);
  printf("%s%s - refused in the caller's transaction%s\n", trouble, trouble[0] ? "not ok" : "ok",
         nested ? ", in SELECT" : "");
  return trouble[0] != 0;
}

int main(void) {
  int i, k, failed = 0, ready;
  oom_install();
  disk_install();
  signal(SIGSEGV, crashed);
  signal(SIGABRT, crashed);
  failed += refused(0) + refused(1);
  for (i = 0; i < SCENARIOS; i++) {
    images im;
    ready = prepare(&scenarios[i], &im);
    if (ready <= 0) {
      failed += ready < 0;
      if (ready == 0) printf("skipped: this SQLite has no FTS5, or no STRICT\n");
      printf("%s - %s\n", ready < 0 ? "not ok" : "ok # SKIP", scenarios[i].name);
      continue;
    }
    for (k = 0; k < FAULTS; k++) sweep(&scenarios[i], &faults[k], &im, &failed);
    twice(&scenarios[i], &im, &failed);
    free(im.base.z);
    free(im.copy.z);
    sqlite3_free(im.before);
    sqlite3_free(im.after);
    sqlite3_free(im.during);
  }
  printf("%s - a way back, nearly everywhere\n", left_open * 200 > points ? "not ok" : "ok");
  failed += left_open * 200 > points;
  printf("%d places, %d failed, a transaction left open at %d\n", points, failed, left_open);
  return failed != 0;
}
