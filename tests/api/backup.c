/* Backup and restore: the copy before a run is what the database was, wherever that lies; it takes
** no other file's place; a copy that fails stops the run before it has begun. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define SQLITE_CORE 1
#include "ext/migrate.c"

#define FOLDER "build/backup-test"
#define DB FOLDER "/app.db"

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, 0, 0, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", "DROP TABLE t", 0, 0,
     0},
    {"r2", "r1", 0, 0, 0, 0, "ALTER TABLE t ALTER a TYPE INTEGER",
     "ALTER TABLE t ALTER a TYPE TEXT", 0, 0, 0},
    {"r3", "r2", 0, 0, 0, 0, "SELECT * FROM missing", "", 0, 0, 0},
};

/* ---- files ---- */

static int make(void **state) {
  (void)state;
  mkdir("build", 0777);
  mkdir(FOLDER, 0777);
  return 0;
}

/* Removes what is in the folder; returns how many files had a name that ends in `tail`. */
static int sweep(const char *tail, int away) {
  DIR *d = opendir(FOLDER);
  struct dirent *e;
  int n = 0;
  assert_non_null(d);
  while ((e = readdir(d)) != 0) {
    size_t length = strlen(e->d_name), end = strlen(tail);
    char path[400];
    if (e->d_name[0] == '.') continue;
    n += length >= end && strcmp(e->d_name + length - end, tail) == 0;
    sqlite3_snprintf((int)sizeof path, path, "%s/%s", FOLDER, e->d_name);
    if (away && remove(path) != 0) fail();
  }
  closedir(d);
  return n;
}

static int copies(void) { return sweep(".bak", 0); }

static int clean(void **state) {
  (void)state;
  sweep("", 1);
  return 0;
}

static int finish(void **state) {
  clean(state);
  rmdir(FOLDER);
  return 0;
}

static void put(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void assert_file(const char *path, const char *expected) {
  char z[100] = "";
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  z[fread(z, 1, sizeof z - 1, f)] = 0;
  fclose(f);
  assert_string_equal(z, expected);
}

/* ---- databases ---- */

static void exec(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static void assert_answer(sqlite3 *db, const char *sql, const char *expected) {
  sqlite3_stmt *s = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(s, 0), expected);
  sqlite3_finalize(s);
}

#define STATE "SELECT group_concat(type || ':' || a || typeof(a)) FROM t, pragma_table_info('t') " \
              "WHERE name = 'a'"
#define BEFORE "TEXT:7text"
#define AFTER "INTEGER:7integer"

/* At revision r1, with a row. */
static sqlite3 *at_r1(const char *name, const char *first) {
  sqlite3 *db = 0;
  migrate *m;
  assert_int_equal(sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                                  SQLITE_OPEN_URI, 0), SQLITE_OK);
  exec(db, first);
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, 1);
  migrate_upgrade(m, "head");
  assert_int_equal(migrate_close(m), MIGRATE_OK);
  exec(db, "INSERT INTO t VALUES (1, '7')");
  return db;
}

typedef struct outcome {
  char message[500], path[500], log[500];
} outcome;

static void take_log(void *arg, int level, const char *line) {
  outcome *o = (outcome *)arg;
  if (level == MIGRATE_INFO) sqlite3_snprintf((int)sizeof o->log, o->log, "%s", line);
}

/* Upgrades to the n-th revision with a backup; what else options say is theirs. */
static int upgrade(sqlite3 *db, const char *backup, int n, migrate_options *options, outcome *o) {
  migrate_options none;
  migrate *m;
  memset(&none, 0, sizeof none);
  memset(o, 0, sizeof *o);
  if (!options) options = &none;
  options->backup = backup;
  options->log = take_log;
  options->log_arg = o;
  options->errbuf = o->message;
  options->nerrbuf = (int)sizeof o->message;
  migrate_open(db, options, &m);
  migrate_add(m, revisions, n);
  migrate_upgrade(m, "head");
  sqlite3_snprintf((int)sizeof o->path, o->path, "%s",
                   m && migrate_backup_path(m) ? migrate_backup_path(m) : "");
  return migrate_close(m);
}

static void assert_copy(const char *path, const char *state) {
  sqlite3 *db = 0;
  struct stat s;
  assert_int_equal(stat(path, &s), 0);
  assert_int_equal(s.st_mode & 0777, 0600);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_answer(db, STATE, state);
  assert_answer(db, "PRAGMA integrity_check", "ok");
  assert_answer(db, "SELECT version_num FROM alembic_version", "r1");
  sqlite3_close(db);
}

/* ---- making one ---- */

static void made(void **state) {
  static const char *const names[] = {DB, "file:" DB "?cache=private",
                                      "file:" FOLDER "/a%20'%25b.db", ":memory:",
                                      "file:m?mode=memory&cache=shared", ""};
  static const char *const modes[] = {"PRAGMA journal_mode = delete", "PRAGMA journal_mode = wal",
                                      "PRAGMA page_size = 1024; ATTACH ':memory:' AS other; "
                                      "CREATE TABLE other.o(x)"};
  int i;
  for (i = 0; i < 18; i++) {
    sqlite3 *db = at_r1(names[i % 6], modes[i / 6]);
    const char *pattern = i % 6 < 3 ? "%(database)s.%(revision)s.%(time)s.bak"
                                    : FOLDER "/%(database)s-%(revision)s.bak";
    outcome o;
    if (upgrade(db, pattern, 2, 0, &o)) fail_msg("%d: %s", i, o.message);
    assert_int_equal(copies(), 1);
    assert_copy(o.path, BEFORE);
    assert_non_null(strstr(o.path, i % 6 < 3 ? ".db.r1.2" : "memory-r1.bak"));
    assert_answer(db, STATE, AFTER);
    assert_int_equal(upgrade(db, pattern, 2, 0, &o), MIGRATE_OK); /* nothing to do: no copy */
    assert_string_equal(o.path, "");
    sqlite3_close(db);
    assert_int_equal(copies(), 1);
    clean(state);
  }
}

static void told(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  char line[600];
  migrate_options options;
  (void)state;
  memset(&options, 0, sizeof options);
  assert_int_equal(upgrade(db, DB ".bak", 2, &options, &o), MIGRATE_OK);
  sqlite3_snprintf((int)sizeof line, line, "Running upgrade r1 -> r2");
  assert_non_null(strstr(o.log, line));
  assert_non_null(strstr(o.path, "/" DB ".bak"));
  sqlite3_close(db);
}

/* A new program has nothing to copy. */
static void nothing_to_copy(void **state) {
  sqlite3 *db = 0;
  outcome o;
  (void)state;
  sqlite3_open(DB, &db);
  assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_OK);
  assert_int_equal(copies(), 0);
  sqlite3_close(db);
}

/* ---- the rule ---- */

static void kept_or_removed(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  migrate_options options;
  migrate *m;
  (void)state;
  memset(&options, 0, sizeof options);
  assert_true(upgrade(db, DB ".bak", 3, 0, &o) > 0); /* all undone: it says nothing new */
  assert_int_equal(copies(), 0);
  assert_string_equal(o.path, "");
  assert_non_null(strstr(o.log, DB ".bak removed")); /* nobody looks for it in vain */
  assert_answer(db, STATE, BEFORE);

  options.backup = DB ".bak"; /* the program wants it for a failure alone */
  migrate_open(db, &options, &m);
  migrate_set(m, "backup_keep", "off");
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  assert_null(migrate_backup_path(m));
  migrate_downgrade(m, "r1");
  assert_int_equal(migrate_close(m), MIGRATE_OK);
  assert_int_equal(copies(), 0);

  options.flags = MIGRATE_PER_MIGRATION; /* part of it was committed */
  assert_true(upgrade(db, DB ".bak", 3, &options, &o) > 0);
  assert_answer(db, STATE, AFTER);
  assert_copy(o.path, BEFORE);
  assert_non_null(strstr(o.message, o.path));
  sqlite3_close(db);
}

static void step_by_step(void **state) {
  sqlite3 *db = at_r1(DB, "");
  migrate_options options;
  migrate *m;
  (void)state;
  memset(&options, 0, sizeof options);
  options.backup = DB ".bak";
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, 2);
  migrate_prepare(m, "head");
  assert_int_equal(migrate_step(m), SQLITE_ROW);
  assert_int_equal(copies(), 1);
  assert_int_equal(migrate_close(m), SQLITE_ABORT); /* undone, and the copy with it */
  assert_int_equal(copies(), 0);
  assert_answer(db, STATE, BEFORE);
  sqlite3_close(db);
}

/* ---- its place ---- */

static void never_over_a_file(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  (void)state;
  put(DB ".bak", "mine");
  put(FOLDER "/victim", "mine, too");
  assert_int_equal(symlink("victim", DB ".bak-2"), 0);
  assert_int_equal(symlink("nowhere", DB ".bak-3"), 0);
  put(DB ".bak-4-journal", "a trap: SQLite would play it back");
  assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_OK);
  assert_non_null(strstr(o.path, "app.db.bak-5"));
  assert_copy(o.path, BEFORE);
  assert_file(DB ".bak", "mine");
  assert_file(FOLDER "/victim", "mine, too");
  assert_int_not_equal(access(FOLDER "/nowhere", F_OK), 0);
  sqlite3_close(db);
}

static void through_a_linked_folder(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  (void)state;
  assert_int_equal(symlink(".", FOLDER "/link"), 0);
  assert_int_equal(upgrade(db, FOLDER "/link/app.bak", 2, 0, &o), MIGRATE_OK);
  assert_copy(FOLDER "/app.bak", BEFORE);
  sqlite3_close(db);
}

static void bad_places(void **state) {
  static const char *const places[] = {FOLDER "/none/app.bak", DB "/app.bak", FOLDER "/", "/",
                                       "/dev/null/x", DB "-journal", DB "-wal"};
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  int i;
  (void)state;
  for (i = 0; i < 7; i++) {
    assert_int_equal(upgrade(db, places[i], 2, 0, &o), MIGRATE_BACKUP);
    assert_answer(db, STATE, BEFORE);
  }
  assert_int_equal(upgrade(db, FOLDER "/%(id)s.bak", 2, 0, &o), MIGRATE_CONFIG);
  assert_int_equal(upgrade(db, FOLDER "/%", 2, 0, &o), MIGRATE_CONFIG);
  assert_int_equal(upgrade(db, FOLDER "/100%%.bak", 2, 0, &o), MIGRATE_OK);
  assert_copy(FOLDER "/100%.bak", BEFORE);
  sqlite3_close(db);
}

/* A revision comes out of the database, and whoever made that may not choose the folder. */
static void hostile_revision(void **state) {
  sqlite3 *db = at_r1(DB, "");
  migrate_options options;
  migrate *m;
  (void)state;
  exec(db, "UPDATE alembic_version SET version_num = '../../../x'");
  memset(&options, 0, sizeof options);
  options.backup = DB "-%(revision)s.bak";
  options.flags = MIGRATE_GO_BACK;
  exec(db, "UPDATE migrate_journal SET revision = '../../../x', downgrade = ''");
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  migrate_close(m);
  assert_int_not_equal(access("x.bak", F_OK), 0);
  assert_true(copies() == 0 || access(DB "-_________x.bak", F_OK) == 0);
  sqlite3_close(db);
}

static void inside_a_transaction(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  (void)state;
  exec(db, "BEGIN");
  assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_IN_TRANSACTION);
  assert_int_equal(sqlite3_get_autocommit(db), 0);
  exec(db, "COMMIT");
  assert_int_equal(copies(), 0);
  sqlite3_close(db);
}

/* ---- what others do meanwhile ---- */

typedef struct visitor {
  sqlite3 *other;
  int visits, upgrades;
} visitor;

static int visit(void *arg, const migrate_progress *p) {
  visitor *v = (visitor *)arg;
  if (p->statement || !p->total || v->visits++) return 0;
  if (v->upgrades) {
    outcome o;
    return upgrade(v->other, "", 2, 0, &o);
  }
  return sqlite3_exec(v->other, "INSERT INTO t VALUES (2, '7')", 0, 0, 0);
}

static int visited(sqlite3 *db, visitor *v, outcome *o) {
  migrate_options options;
  memset(&options, 0, sizeof options);
  options.progress = visit;
  options.progress_arg = v;
  return upgrade(db, DB ".bak", 2, &options, o);
}

static void made_again(void **state) {
  sqlite3 *db = at_r1(DB, "PRAGMA journal_mode = wal");
  outcome o;
  visitor v;
  (void)state;
  memset(&v, 0, sizeof v);
  sqlite3_open(DB, &v.other);
  assert_int_equal(visited(db, &v, &o), MIGRATE_OK);
  assert_int_equal(copies(), 1);
  assert_copy(o.path, "TEXT:7text,TEXT:7text"); /* the other's row is in it */
  sqlite3_close(v.other);
  sqlite3_close(db);
}

static void another_was_faster(void **state) {
  sqlite3 *db = at_r1(DB, "PRAGMA journal_mode = wal");
  outcome o;
  visitor v;
  (void)state;
  memset(&v, 0, sizeof v);
  v.upgrades = 1;
  sqlite3_open(DB, &v.other);
  assert_int_equal(visited(db, &v, &o), MIGRATE_OK);
  assert_int_equal(copies(), 0);
  assert_answer(db, STATE, AFTER);
  sqlite3_close(v.other);
  sqlite3_close(db);
}

/* ---- stopped ---- */

typedef struct stopper {
  sqlite3 *db;
  int calls, at, interrupt;
} stopper;

static int stop(void *arg, const migrate_progress *p) {
  stopper *s = (stopper *)arg;
  (void)p;
  if (++s->calls != s->at) return 0;
  if (!s->interrupt) return 1;
  sqlite3_interrupt(s->db);
  return 0;
}

static migrate_options stopped_at(stopper *s, sqlite3 *db, int at, int interrupt) {
  migrate_options options;
  memset(&options, 0, sizeof options);
  memset(s, 0, sizeof *s);
  s->db = db;
  s->at = at;
  s->interrupt = interrupt;
  options.progress = stop;
  options.progress_arg = s;
  return options;
}

/* At every call in turn, by the callback and by an interrupt that comes while the database's own
** connection does nothing: nothing has changed, and no copy is left. */
static void stopped(void **state) {
  int at, interrupt, rc;
  for (interrupt = 0; interrupt < 2; interrupt++) {
    sqlite3 *db = at_r1(DB, "CREATE TABLE filling AS SELECT zeroblob(3000000)");
    rc = -1;
    for (at = 1; rc != MIGRATE_OK; at++) {
      outcome o;
      stopper s;
      migrate_options options = stopped_at(&s, db, at, interrupt);
      rc = upgrade(db, DB ".bak", 2, &options, &o);
      assert_int_equal(rc, s.calls < at ? MIGRATE_OK : SQLITE_INTERRUPT);
      assert_int_equal(sqlite3_get_autocommit(db), 1);
      assert_int_equal(copies(), rc == MIGRATE_OK);
      assert_answer(db, STATE, rc == MIGRATE_OK ? AFTER : BEFORE);
      assert_null(sqlite3_next_stmt(db, 0));
    }
    assert_true(at > 6);
    sqlite3_close(db);
    clean(state);
  }
}

static int interrupt_statement(unsigned kind, void *arg, void *stmt, void *text) {
  stopper *s = (stopper *)arg;
  (void)kind;
  (void)text;
  if (++s->calls == s->at) sqlite3_interrupt(sqlite3_db_handle((sqlite3_stmt *)stmt));
  return 0;
}

/* Interrupted as each of the connection's statements begins: that is never said to be the copy's
** fault. One that comes before the copy, or with COMMIT, may be lost. */
static void interrupted_at_each_statement(void **state) {
  int at, interrupted = 0, ended = 0;
  for (at = 1; !ended; at++) {
    sqlite3 *db = at_r1(DB, "CREATE TABLE filling AS SELECT zeroblob(50000)");
    outcome o;
    stopper s;
    int rc;
    memset(&s, 0, sizeof s);
    s.at = at;
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT, interrupt_statement, &s);
    rc = upgrade(db, DB ".bak", 2, 0, &o);
    sqlite3_trace_v2(db, 0, 0, 0);
    if (rc) assert_int_equal(rc, SQLITE_INTERRUPT);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    assert_int_equal(copies(), rc == MIGRATE_OK);
    assert_answer(db, STATE, rc == MIGRATE_OK ? AFTER : BEFORE);
    assert_null(sqlite3_next_stmt(db, 0));
    interrupted += rc != 0;
    ended = s.calls < at;
    sqlite3_close(db);
    clean(state);
  }
  assert_true(interrupted > 20);
}

/* ---- a bad disk: a layer over SQLite's own, for files whose name holds .bak ---- */

enum { SOUND, FULL, WRITE_FAILS, SYNC_FAILS, LIES };

static int disk;
static sqlite3_vfs bad_vfs;
static sqlite3_io_methods bad_methods;
static const sqlite3_io_methods *real_methods;

static int bad_write(sqlite3_file *f, const void *z, int n, sqlite3_int64 at) {
  char zeros[65536];
  if (disk == FULL && at > 4000) return SQLITE_FULL;
  if (disk == WRITE_FAILS && at > 4000) return SQLITE_IOERR_WRITE;
  if (disk == LIES && at == 4096) {
    memset(zeros, 0, (size_t)n);
    return real_methods->xWrite(f, zeros, n, at);
  }
  return real_methods->xWrite(f, z, n, at);
}

static int bad_sync(sqlite3_file *f, int flags) {
  return disk == SYNC_FAILS ? SQLITE_IOERR_FSYNC : real_methods->xSync(f, flags);
}

static int bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
  sqlite3_vfs *real = (sqlite3_vfs *)vfs->pAppData;
  int rc = real->xOpen(real, name, f, flags, out);
  if (rc || !name || !strstr(name, ".bak") || !(flags & SQLITE_OPEN_MAIN_DB)) return rc;
  real_methods = f->pMethods;
  bad_methods = *real_methods;
  bad_methods.xWrite = bad_write;
  bad_methods.xSync = bad_sync;
  f->pMethods = &bad_methods;
  return rc;
}

static void bad_disk(void **state) {
  static const char *const words[] = {"", "full", "disk I/O error", "disk I/O error", "damaged"};
  sqlite3_vfs *real = sqlite3_vfs_find(0);
  sqlite3 *db;
  outcome o;
  bad_vfs = *real;
  bad_vfs.zName = "bad"; /* and so the file is made by SQLite's means alone */
  bad_vfs.pNext = 0;
  bad_vfs.pAppData = real;
  bad_vfs.xOpen = bad_open;
  sqlite3_vfs_register(&bad_vfs, 1);
  db = at_r1(DB, "CREATE TABLE filling AS SELECT zeroblob(100000)");
  for (disk = FULL; disk <= LIES; disk++) {
    assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_BACKUP);
    assert_non_null(strstr(o.message, words[disk]));
    assert_answer(db, STATE, BEFORE);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    assert_int_equal(sweep("", 0), 1);
  }
  disk = SOUND;
  put(DB ".bak", "mine");
  assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_OK);
  assert_non_null(strstr(o.path, ".bak-2"));
  assert_file(DB ".bak", "mine");
  assert_answer(db, STATE, AFTER);
  sqlite3_close(db);
  sqlite3_vfs_register(real, 1);
  sqlite3_vfs_unregister(&bad_vfs);
  (void)state;
}

/* ---- restore ---- */

static int restore(sqlite3 *db, const char *path) {
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_restore(m, path);
  return migrate_close(m);
}

static void restored(void **state) {
  static const char *const modes[] = {"PRAGMA journal_mode = delete", "PRAGMA journal_mode = wal"};
  int i;
  for (i = 0; i < 4; i++) {
    sqlite3 *db = at_r1(i < 2 ? DB : ":memory:", modes[i % 2]), *other = 0;
    outcome o;
    assert_int_equal(upgrade(db, FOLDER "/app.bak", 2, 0, &o), MIGRATE_OK);
    if (i < 2) {
      sqlite3_open(DB, &other);
      assert_answer(other, STATE, AFTER);
    }
    exec(db, "BEGIN");
    assert_int_equal(restore(db, o.path), MIGRATE_IN_TRANSACTION);
    exec(db, "COMMIT");
    assert_answer(db, STATE, AFTER);
    assert_int_equal(restore(db, o.path), MIGRATE_OK);
    assert_answer(db, STATE, BEFORE);
    if (other) assert_answer(other, STATE, BEFORE);
    assert_answer(db, "PRAGMA integrity_check", "ok");
    assert_int_equal(upgrade(db, FOLDER "/app.bak", 2, 0, &o), MIGRATE_OK);
    assert_answer(db, STATE, AFTER);
    sqlite3_close(other);
    sqlite3_close(db);
    clean(state);
  }
}

/* What cannot be said of a page size is said in words; of damage, in one line. */
static void not_restored_in_sql(void **state) {
  static const char *const reasons[][3] = {
      {"PRAGMA page_size = 1024; CREATE TABLE x(a)", "", "its pages have another size"},
      {"CREATE TABLE x AS SELECT zeroblob(100000)", "torn", "/x.bak cannot be restored: "},
  };
  int i;
  for (i = 0; i < 2; i++) {
    sqlite3 *db = at_r1(DB, "PRAGMA journal_mode = wal"), *other = 0;
    FILE *f;
    sqlite3_open(FOLDER "/x.bak", &other);
    exec(other, reasons[i][0]);
    sqlite3_close(other);
    f = fopen(FOLDER "/x.bak", "r+b");
    fseek(f, 4096, SEEK_SET);
    fputs(reasons[i][1], f);
    fclose(f);
    assert_int_equal(sqlite3_migrate_init(db, 0, 0), SQLITE_OK);
    assert_int_not_equal(
        sqlite3_exec(db, "SELECT migrate_restore('" FOLDER "/x.bak')", 0, 0, 0), SQLITE_OK);
    if (!strstr(sqlite3_errmsg(db), reasons[i][2])) fail_msg("%s", sqlite3_errmsg(db));
    assert_null(strchr(sqlite3_errmsg(db), '\n'));
    assert_answer(db, STATE, BEFORE);
    sqlite3_close(db);
    clean(state);
  }
}

static void restored_in_sql(void **state) {
  sqlite3 *db = at_r1(DB, "");
  outcome o;
  (void)state;
  assert_int_equal(sqlite3_migrate_init(db, 0, 0), SQLITE_OK);
  assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_OK);
  /* SQLite itself sees what a path with .. means since 3.39 */
  assert_int_equal(sqlite3_exec(db,
                                sqlite3_libversion_number() < 3039000
                                    ? "SELECT migrate_restore('" DB "')"
                                    : "SELECT migrate_restore('build/../" DB "')",
                                0, 0, 0),
                   SQLITE_ERROR);
  assert_non_null(strstr(sqlite3_errmsg(db), "cannot be restored: it is the database itself"));
  exec(db, "SELECT migrate_restore('" DB ".bak')");
  assert_answer(db, STATE, BEFORE);
  exec(db, "BEGIN");
  assert_int_equal(sqlite3_exec(db, "SELECT migrate_restore('" DB ".bak')", 0, 0, 0),
                   SQLITE_ERROR);
  exec(db, "COMMIT");
  assert_int_equal(sqlite3_exec(db, "SELECT migrate_restore(NULL)", 0, 0, 0), SQLITE_ERROR);
  assert_int_equal(sqlite3_exec(db, "SELECT migrate_restore('" DB ".bak') FROM t", 0, 0, 0),
                   SQLITE_ERROR);
  assert_answer(db, STATE, BEFORE);
  sqlite3_close(db);
}

/* Likewise; said to have been stopped is only what was. */
static void restore_stopped(void **state) {
  int at, interrupt, rc;
  for (interrupt = 0; interrupt < 2; interrupt++) {
    sqlite3 *db = at_r1(DB, "CREATE TABLE filling AS SELECT zeroblob(3000000)");
    outcome o;
    rc = -1;
    assert_int_equal(upgrade(db, DB ".bak", 2, 0, &o), MIGRATE_OK);
    for (at = 1; rc != MIGRATE_OK; at++) {
      stopper s;
      migrate_options options = stopped_at(&s, db, at, interrupt);
      migrate *m;
      migrate_open(db, &options, &m);
      rc = migrate_restore(m, DB ".bak");
      migrate_close(m);
      assert_int_equal(rc, s.calls < at ? MIGRATE_OK : SQLITE_INTERRUPT);
      assert_answer(db, STATE, rc == MIGRATE_OK ? BEFORE : AFTER);
      assert_null(sqlite3_next_stmt(db, 0));
    }
    assert_true(at > 3);
    sqlite3_close(db);
    clean(state);
  }
}

static void not_restored(void **state) {
  sqlite3 *db = at_r1(DB, ""), *other = 0;
  FILE *f;
  (void)state;
  put(FOLDER "/empty.bak", "");
  put(FOLDER "/text.bak", "no database, but a text that is long enough to be taken for one");
  sqlite3_open(FOLDER "/torn.bak", &other);
  exec(other, "CREATE TABLE x AS SELECT zeroblob(100000)");
  sqlite3_close(other);
  f = fopen(FOLDER "/torn.bak", "r+b");
  fseek(f, 4096, SEEK_SET);
  fputs("torn torn torn", f);
  fclose(f);
  assert_int_equal(restore(db, FOLDER "/none.bak"), MIGRATE_BACKUP);
  assert_int_equal(restore(db, FOLDER "/empty.bak"), MIGRATE_BACKUP);
  assert_int_equal(restore(db, FOLDER "/text.bak"), MIGRATE_BACKUP);
  assert_int_equal(restore(db, FOLDER "/torn.bak"), MIGRATE_BACKUP);
  exec(db, "VACUUM INTO '" FOLDER "/cut.bak'");
  f = fopen(FOLDER "/cut.bak", "r+b");
  fseek(f, 0, SEEK_END);
  assert_int_equal(ftruncate(fileno(f), ftell(f) - 10), 0);
  fclose(f);
  assert_int_equal(restore(db, FOLDER "/cut.bak"), MIGRATE_BACKUP);
  assert_int_equal(restore(db, FOLDER), MIGRATE_BACKUP);
  assert_int_equal(restore(db, 0), MIGRATE_MISUSE);
  assert_answer(db, STATE, BEFORE);
  sqlite3_open(DB, &other);
  exec(other, "BEGIN IMMEDIATE; DELETE FROM t");
  exec(db, "VACUUM INTO '" FOLDER "/good.bak'");
  {
    migrate_options options;
    migrate *m;
    memset(&options, 0, sizeof options);
    options.busy_timeout = 60;
    migrate_open(db, &options, &m);
    migrate_restore(m, FOLDER "/good.bak");
    assert_int_equal(migrate_close(m), SQLITE_BUSY);
  }
  exec(other, "ROLLBACK");
  assert_answer(db, STATE, BEFORE);
  sqlite3_close(other);
  sqlite3_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(made, clean),
      cmocka_unit_test_teardown(told, clean),
      cmocka_unit_test_teardown(nothing_to_copy, clean),
      cmocka_unit_test_teardown(kept_or_removed, clean),
      cmocka_unit_test_teardown(step_by_step, clean),
      cmocka_unit_test_teardown(never_over_a_file, clean),
      cmocka_unit_test_teardown(through_a_linked_folder, clean),
      cmocka_unit_test_teardown(bad_places, clean),
      cmocka_unit_test_teardown(hostile_revision, clean),
      cmocka_unit_test_teardown(inside_a_transaction, clean),
      cmocka_unit_test_teardown(made_again, clean),
      cmocka_unit_test_teardown(another_was_faster, clean),
      cmocka_unit_test_teardown(stopped, clean),
      cmocka_unit_test_teardown(interrupted_at_each_statement, clean),
      cmocka_unit_test_teardown(bad_disk, clean),
      cmocka_unit_test_teardown(restored, clean),
      cmocka_unit_test_teardown(restored_in_sql, clean),
      cmocka_unit_test_teardown(not_restored_in_sql, clean),
      cmocka_unit_test_teardown(restore_stopped, clean),
      cmocka_unit_test_teardown(not_restored, clean),
  };
  return cmocka_run_group_tests(tests, make, finish);
}
