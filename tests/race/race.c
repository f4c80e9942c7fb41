#define _DEFAULT_SOURCE 1 /* usleep, kill */
/* Races: processes that start at once on one database, on a rollback journal and on WAL, some of
** them killed, beside holders of the lock and long readers. Each revision is applied once, all
** others wait and find nothing to do, and nobody sees a half.
**
** RACE_ROUNDS (10) rounds of RACE_PROCESSES (6); the work of a revision counts itself, so that a
** second application shows. RACE_ONLY=text runs those whose name holds it, and stops at the first
** that fails. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define CHANGED "UPDATE counter SET n = n + 1; "

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, "", 0,
     "CREATE TABLE IF NOT EXISTS counter(n INT); INSERT INTO counter SELECT 0 WHERE NOT EXISTS "
     "(SELECT 1 FROM counter); " CHANGED
     "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, age TEXT);"
     "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 400) "
     "INSERT INTO person SELECT i, 'name ' || i, i FROM c;",
     0, 0, 0, 0},
    {"r2", "r1", 0, 0, "", 0,
     CHANGED "ALTER TABLE person ALTER COLUMN age TYPE INTEGER, ALTER COLUMN name SET NOT NULL", 0,
     0, 0, 0},
    {"r3", "r2", 0, 0, "", 0,
     CHANGED "ALTER TABLE person ADD COLUMN mark INT DEFAULT 1 FIRST, ADD UNIQUE (name)", 0, 0, 0,
     0}};

static char path[200];

static int number(const char *name, int otherwise) {
  const char *z = getenv(name);
  return z ? atoi(z) : otherwise;
}

/* The first value of a query as text in a static buffer; "error .." when it fails. */
static const char *ask(sqlite3 *db, const char *sql) {
  static char answer[300];
  sqlite3_stmt *s = 0;
  const char *z = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    z = (const char *)sqlite3_column_text(s, 0);
  }
  sqlite3_snprintf(sizeof answer, answer, "%s", z ? z : sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return answer;
}

static sqlite3 *open_file(void) {
  sqlite3 *db = 0;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(path, &db, flags, getenv("RACE_VFS")) != SQLITE_OK) _exit(9);
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0); /* no power goes here */
  return db;
}

static void fresh_file(int wal) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
  char name[300];
  sqlite3 *db;
  int i;
  for (i = 0; i < 5; i++) {
    sqlite3_snprintf(sizeof name, name, "%s%s", path, ends[i]);
    if (unlink(name)) rmdir(name);
  }
  if (!wal) return; /* the file does not exist: all starters create it */
  db = open_file();
  sqlite3_exec(db, "PRAGMA journal_mode = WAL", 0, 0, 0);
  sqlite3_close(db);
}

static unsigned launch_flags;
static int launch_knows = 3; /* revisions: a program of which age */

static int launch(sqlite3 *db, int timeout) {
  migrate_options options;
  migrate *m;
  int code;
  memset(&options, 0, sizeof options);
  options.busy_timeout = timeout;
  options.flags = launch_flags;
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, launch_knows);
  migrate_upgrade(m, "head");
  code = migrate_errcode(m);
  if (code && code != MIGRATE_NEWER && ((code & 0xff) != SQLITE_BUSY || timeout > 1000)) {
    printf("%d %s\n", code, migrate_errmsg(m));
    fflush(stdout);
  }
  if (code == MIGRATE_NEWER && !strstr(migrate_errmsg(m), "'r3'")) code = 0; /* it must be named */
  migrate_close(m);
  return code;
}

#define NEWER 77

static int child_launch(int timeout) {
  sqlite3 *db = open_file();
  int rc;
  if (getenv("RACE_BEGINS_WAL")) sqlite3_exec(db, "PRAGMA journal_mode = WAL", 0, 0, 0);
  if (getenv("RACE_ONE_BY_ONE")) launch_flags = MIGRATE_PER_MIGRATION;
  rc = launch(db, timeout);
  if (!sqlite3_get_autocommit(db)) rc = 8;
  sqlite3_close(db);
  return rc == MIGRATE_NEWER ? NEWER : rc < 0 ? 7 : rc & 0xff;
}

/* A program that is older: it knows two of the three revisions. */
static int child_old(void) {
  launch_knows = 2;
  return child_launch(20000);
}

/* Reads again and again: the counter and the columns must go together. */
static int child_read(void) {
  sqlite3 *db = open_file();
  int i, bad = 0;
  sqlite3_busy_timeout(db, 10000);
  for (i = 0; i < 300 && !bad; i++) {
    const char *z = ask(db,
                        "SELECT coalesce((SELECT group_concat(version_num) FROM alembic_version), "
                        "'-') || (SELECT n FROM counter) || (SELECT count(*) FROM "
                        "pragma_table_info('person'))");
    if (strstr(z, "no such table") || strstr(z, "lock")) continue;
    bad = strcmp(z, "r334") != 0;
    if (bad) printf("a reader saw %s\n", z);
  }
  sqlite3_close(db);
  fflush(stdout);
  return bad;
}

static int count_row(void *arg, const migrate_history_row *row) {
  (void)row;
  ++*(int *)arg;
  return 0;
}

/* The commands that only look. */
static int child_look(void) {
  sqlite3 *db = open_file();
  int rows = 0, rc;
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, 3);
  migrate_current(m, count_row, &rows);
  migrate_history(m, 0, count_row, &rows);
  rc = migrate_close(m);
  if (rc) printf("looking: %d\n", rc);
  fflush(stdout);
  sqlite3_close(db);
  return rc || rows != 4;
}

static const char *self; /* this program */

/* This program again, as another process. Not a mere fork: SQLite's knowledge of the locks that the
** parent holds must not be inherited. */
static pid_t start_child(const char *word) {
  pid_t child = fork();
  if (child == 0) {
    execl(self, self, word, path, (char *)0);
    _exit(9);
  }
  return child;
}

static pid_t start(int timeout) {
  char word[20];
  sqlite3_snprintf(sizeof word, word, "%d", timeout);
  return start_child(word);
}

/* 0 when all is as it must be after a round. */
static int wrong(const char *round) {
  static const char *const questions[][2] = {
      {"SELECT group_concat(version_num) FROM alembic_version", "r3"},
      {"SELECT n FROM counter", "3"},
      {"SELECT count(*) || ' ' || group_concat(DISTINCT state) FROM migrate_journal", "3 done"},
      {"SELECT count(*) || ' ' || sum(age) || ' ' || sum(mark) FROM person", "400 80200 400"},
      {"SELECT count(*) FROM sqlite_master WHERE name LIKE '%scratch%'", "0"},
      {"PRAGMA integrity_check", "ok"}};
  sqlite3 *db = open_file();
  int i, bad = 0;
  for (i = 0; i < 6; i++) {
    const char *z = ask(db, questions[i][0]);
    if (strcmp(z, questions[i][1]) == 0) continue;
    printf("%s: %s\n  answers %s, wanted %s\n", round, questions[i][0], z, questions[i][1]);
    bad = 1;
  }
  sqlite3_close(db);
  return bad;
}

static int reap(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int report(const char *name, int wal, int bad) {
  printf("%s - %s, %s\n", bad ? "not ok" : "ok", name, wal ? "WAL" : "rollback journal");
  fflush(stdout);
  if (bad && getenv("RACE_ONLY")) exit(1);
  return bad;
}

static int wanted(const char *name) {
  const char *only = getenv("RACE_ONLY");
  return !only || strstr(name, only) != 0;
}

#define MOST 32

static int processes(void) {
  int n = number("RACE_PROCESSES", 6);
  return n < MOST ? n : MOST;
}

static int rounds(void) { return number("RACE_ROUNDS", 10); }

static int all_at_once(int wal, int readers, const char *name) {
  int n = processes(), round, i, bad = 0;
  pid_t child[MOST], reader[2] = {0, 0};
  for (round = 0; round < rounds() && !bad; round++) {
    fresh_file(wal);
    for (i = 0; i < readers; i++) reader[i] = start_child("read");
    for (i = 0; i < n; i++) child[i] = start(20000);
    for (i = 0; i < n; i++) bad |= reap(child[i]) != 0;
    for (i = 0; i < readers; i++) bad |= reap(reader[i]) != 0;
    bad |= wrong("all at once");
  }
  return report(name, wal, bad);
}

/* Some die at any instant; the rest, or else the next launch, finishes. */
static int some_killed(int wal) {
  int n = processes(), round, i, bad = 0, killed = 0;
  pid_t child[MOST];
  for (round = 0; round < rounds() * 2 && !bad; round++) {
    fresh_file(wal);
    for (i = 0; i < n; i++) child[i] = start(20000);
    for (i = 0; i < n; i++) {
      if (i % 3 == 2) continue;
      usleep((useconds_t)((round * 7919 + i * 104729) % 6000));
      kill(child[i], SIGKILL);
    }
    for (i = 0; i < n; i++) {
      int rc = reap(child[i]);
      killed += rc == -SIGKILL;
      if (rc > 0) bad = 1;
    }
    bad |= reap(start(20000)) != 0;
    bad |= wrong("after kills");
  }
  printf("%d killed\n", killed);
  return report("C4 some are killed", wal, bad);
}

/* A process alone, killed at each of many instants. */
static int killed_alone(int wal) {
  int round, bad = 0, early = 0;
  for (round = 0; round < rounds() * 5 && !bad; round++) {
    pid_t child;
    fresh_file(wal);
    child = start(20000);
    usleep((useconds_t)(round * 6000 / (rounds() * 5)));
    kill(child, SIGKILL);
    early += reap(child) == -SIGKILL;
    bad |= reap(start(20000)) != 0;
    bad |= wrong("after a kill");
  }
  printf("%d of %d killed in time\n", early, round);
  return report("C4 one is killed, the next launch finishes", wal, bad);
}

/* Somebody holds the write lock: longer than the timeout is BUSY, shorter is waited for. */
static int lock_held(int wal) {
  sqlite3 *db;
  sqlite3_int64 before, after;
  sqlite3_vfs *vfs = sqlite3_vfs_find(0);
  pid_t child;
  int bad = 0;
  fresh_file(wal);
  db = open_file();
  sqlite3_exec(db, "CREATE TABLE held(x); BEGIN IMMEDIATE; INSERT INTO held VALUES(1)", 0, 0, 0);
  vfs->xCurrentTimeInt64(vfs, &before);
  bad |= reap(start(150)) != SQLITE_BUSY;
  vfs->xCurrentTimeInt64(vfs, &after);
  if (after - before < 140 || after - before > 3000) {
    printf("gave up after %d ms\n", (int)(after - before));
    bad = 1;
  }
  bad |= strcmp(ask(db, "SELECT count(*) FROM sqlite_master"), "1") != 0;
  child = start(20000);
  usleep(200000);
  sqlite3_exec(db, "COMMIT", 0, 0, 0);
  bad |= reap(child) != 0;
  sqlite3_close(db);
  bad |= wrong("after the lock");
  return report("C5 a holder of the lock is waited for", wal, bad);
}

/* A long reader: on WAL nobody waits; else COMMIT is BUSY and everything is as before. Its snapshot
** does not move. */
static int long_reader(int wal) {
  sqlite3 *db;
  sqlite3_stmt *s = 0;
  int bad = 0, rc;
  fresh_file(wal);
  db = open_file();
  sqlite3_exec(db, "CREATE TABLE held(x); INSERT INTO held VALUES(1), (2)", 0, 0, 0);
  sqlite3_exec(db, "BEGIN", 0, 0, 0);
  sqlite3_prepare_v2(db, "SELECT x FROM held", -1, &s, 0);
  bad |= sqlite3_step(s) != SQLITE_ROW;
  rc = reap(start(100));
  bad |= rc != (wal ? 0 : SQLITE_BUSY);
  bad |= strcmp(ask(db, "SELECT count(*) FROM sqlite_master"), "1") != 0;
  sqlite3_finalize(s);
  sqlite3_exec(db, "COMMIT", 0, 0, 0);
  if (!wal) bad |= reap(start(100)) != 0;
  sqlite3_close(db);
  bad |= wrong("after the reader");
  return report("C6 a long reader keeps its snapshot", wal, bad);
}

/* Other open connections see the new schema, although parts of it were edited in place. */
static int others_notice(int wal) {
  sqlite3 *db, *other;
  sqlite3_stmt *s = 0;
  migrate *m;
  int bad = 0;
  fresh_file(wal);
  other = open_file();
  sqlite3_exec(other, "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);"
                      "INSERT INTO person VALUES(1, 'a')", 0, 0, 0);
  sqlite3_prepare_v2(other, "SELECT * FROM person", -1, &s, 0);
  bad |= sqlite3_step(s) != SQLITE_ROW || sqlite3_column_count(s) != 2;
  sqlite3_reset(s);
  db = open_file();
  migrate_open(db, 0, &m);
  migrate_exec(m, "ALTER TABLE person ALTER COLUMN name SET NOT NULL, ADD COLUMN age INT FIRST");
  bad |= migrate_close(m) != 0;
  bad |= sqlite3_step(s) != SQLITE_ROW || sqlite3_column_count(s) != 3;
  sqlite3_reset(s);
  bad |= sqlite3_exec(other, "INSERT INTO person(id) VALUES(2)", 0, 0, 0) != SQLITE_CONSTRAINT;
  bad |= sqlite3_exec(other, "INSERT INTO person VALUES(5, 3, 'b')", 0, 0, 0) != SQLITE_OK;
  bad |= strcmp(ask(other, "PRAGMA integrity_check"), "ok") != 0;
  sqlite3_finalize(s);
  sqlite3_close(other);
  sqlite3_close(db);
  return report("C9 other connections see the new schema", wal, bad);
}

static int handler_calls;

static int handler(void *arg, int n) {
  (void)n;
  handler_calls++;
  usleep(2000);
  return !arg || handler_calls < *(int *)arg;
}

/* The host's busy handler is asked, stays, and what it gives up is undone. */
static int host_waits(int wal) {
  sqlite3 *db, *other, *reader;
  sqlite3_stmt *s = 0;
  int bad = 0, most = 5;
  fresh_file(wal);
  db = open_file();
  other = open_file();
  sqlite3_exec(other, "CREATE TABLE held(x); INSERT INTO held VALUES(1), (2)", 0, 0, 0);
  sqlite3_exec(other, "BEGIN IMMEDIATE", 0, 0, 0);
  handler_calls = 0;
  sqlite3_busy_handler(db, handler, &most);
  bad |= (launch(db, -1) & 0xff) != SQLITE_BUSY || handler_calls != most;
  bad |= !sqlite3_get_autocommit(db);
  sqlite3_exec(other, "ROLLBACK", 0, 0, 0);
  reader = open_file();
  sqlite3_prepare_v2(reader, "SELECT x FROM held", -1, &s, 0);
  sqlite3_step(s);
  if (!wal) { /* COMMIT waits for the reader */
    handler_calls = 0;
    bad |= (launch(db, -1) & 0xff) != SQLITE_BUSY || handler_calls < most;
    bad |= !sqlite3_get_autocommit(db);
    bad |= strcmp(ask(db, "SELECT count(*) FROM sqlite_master"), "1") != 0;
  }
  sqlite3_finalize(s);
  sqlite3_close(reader);
  bad |= launch(db, -1) != 0;
  handler_calls = 0; /* it is still there */
  sqlite3_exec(other, "BEGIN IMMEDIATE", 0, 0, 0);
  sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0);
  bad |= handler_calls != most;
  sqlite3_close(other);
  sqlite3_close(db);
  bad |= wrong("the host's handler");
  return report("C7 the host's busy handler is used and kept", wal, bad);
}

static int modes_stay(int wal) {
  static const char *const modes[] = {"delete", "truncate", "persist", "wal"};
  static const char *const one[] = {"PRAGMA journal_mode", "PRAGMA locking_mode",
                                    "PRAGMA page_size",    "PRAGMA synchronous",
                                    "PRAGMA auto_vacuum",  "PRAGMA wal_autocheckpoint"};
  char before[300];
  int i, k, level, bad = 0;
  for (i = wal ? 3 : 0; i < (wal ? 4 : 3); i++) {
    for (level = 0; level < 4; level++) {
      char sql[200];
      sqlite3 *db;
      fresh_file(0);
      db = open_file();
      sqlite3_snprintf(sizeof sql, sql,
                       "PRAGMA page_size = 1024; PRAGMA auto_vacuum = 1; PRAGMA journal_mode = %s; "
                       "PRAGMA synchronous = %d; CREATE TABLE held(x)",
                       modes[i], level);
      sqlite3_exec(db, sql, 0, 0, 0);
      before[0] = 0;
      for (k = 0; k < 6; k++) strcat(strcat(before, ask(db, one[k])), " ");
      bad |= launch(db, 1000) != 0;
      sql[0] = 0;
      for (k = 0; k < 6; k++) strcat(strcat(sql, ask(db, one[k])), " ");
      if (strcmp(before, sql)) printf("was: %s\n is: %s\n", before, sql);
      bad |= strcmp(before, sql) != 0;
      sqlite3_close(db);
    }
  }
  return report("C8 journal mode, page size, synchronous stay", wal, bad);
}

/* A transaction for each revision: a kill leaves a version whose schema is there, whole. */
static int killed_between(int wal) {
  static const char *const states[] = {
      "no such table: alembic_version", "r1 1 3", "r2 2 3", "r3 3 4"};
  int round, bad = 0, i, seen[4] = {0, 0, 0, 0};
  setenv("RACE_ONE_BY_ONE", "1", 1);
  for (round = 0; round < rounds() * 5 && !bad; round++) {
    pid_t child;
    const char *z;
    sqlite3 *db;
    fresh_file(wal);
    child = start(20000);
    usleep((useconds_t)(round * 12000 / (rounds() * 5)));
    kill(child, SIGKILL);
    reap(child);
    db = open_file();
    z = ask(db, "SELECT group_concat(version_num) || ' ' || (SELECT n FROM counter) || ' ' || "
                "(SELECT count(*) FROM pragma_table_info('person')) FROM alembic_version");
    for (i = 0; i < 4 && strcmp(z, states[i]) != 0; i++) {}
    if (i == 4) printf("a third state: %s\n", z);
    if (i < 4) seen[i]++;
    bad |= i == 4;
    sqlite3_close(db);
    bad |= reap(start(20000)) != 0;
    bad |= wrong("after a kill");
  }
  unsetenv("RACE_ONE_BY_ONE");
  printf("states seen: %d %d %d %d\n", seen[0], seen[1], seen[2], seen[3]);
  return report("C10 one by one, killed between: a legitimate version", wal, bad);
}

static long size_of(const char *end) {
  char name[300];
  FILE *f;
  long n = 0;
  sqlite3_snprintf(sizeof name, name, "%s%s", path, end);
  f = fopen(name, "rb");
  if (!f) return 0;
  fseek(f, 0, SEEK_END);
  n = ftell(f);
  fclose(f);
  return n;
}

/* A rebuild beside a snapshot: the log holds what was written, once, and is emptied afterwards. */
static int log_is_bounded(int wal) {
  sqlite3 *db, *reader;
  sqlite3_stmt *s = 0;
  migrate *m;
  long table, written;
  int bad = 0;
  if (!wal) return 0;
  fresh_file(1);
  db = open_file();
  sqlite3_exec(db,
               "PRAGMA secure_delete = OFF;" /* it writes zeros over the old pages */
               "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);"
               "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 40000) "
               "INSERT INTO t SELECT i, i, hex(zeroblob(100)) FROM c;"
               "PRAGMA wal_checkpoint(TRUNCATE)",
               0, 0, 0);
  table = size_of("");
  reader = open_file();
  sqlite3_prepare_v2(reader, "SELECT id FROM t", -1, &s, 0);
  sqlite3_step(s);
  migrate_open(db, 0, &m);
  migrate_exec(m, "ALTER TABLE t ALTER COLUMN a TYPE INTEGER USING a + 1");
  bad |= migrate_close(m) != 0;
  written = size_of("-wal");
  printf("table %ld bytes, log %ld\n", table, written);
  bad |= written > table * 13 / 10;
  while (sqlite3_step(s) == SQLITE_ROW) {}
  sqlite3_finalize(s);
  bad |= strcmp(ask(reader, "SELECT sum(a) FROM t"), "800060000") != 0;
  sqlite3_close(reader);
  bad |= strcmp(ask(db, "PRAGMA wal_checkpoint(TRUNCATE)"), "0") != 0;
  bad |= size_of("-wal") != 0;
  sqlite3_close(db);
  return report("C11 the log is bounded", wal, bad);
}

/* Commands that only look wait for who holds everything. */
static int looking_waits(int wal) {
  sqlite3 *db;
  pid_t child;
  int bad = 0;
  fresh_file(wal);
  bad |= reap(start(1000)) != 0;
  db = open_file();
  sqlite3_exec(db, "BEGIN EXCLUSIVE", 0, 0, 0);
  child = start_child("look");
  usleep(200000);
  sqlite3_exec(db, "COMMIT", 0, 0, 0);
  bad |= reap(child) != 0;
  sqlite3_close(db);
  return report("C5 current and history wait", wal, bad);
}

/* Programs of two ages at once: an older one does its part, or says that the database is newer, and
** then it writes nothing. */
static int old_and_new(int wal) {
  int n = processes(), round, i, bad = 0, newer = 0;
  pid_t child[MOST];
  sqlite3 *db;
  char before[40];
  for (round = 0; round < rounds() && !bad; round++) {
    fresh_file(wal);
    for (i = 0; i < n; i++) child[i] = i % 2 ? start_child("old") : start(20000);
    for (i = 0; i < n; i++) {
      int rc = reap(child[i]);
      newer += rc == NEWER;
      bad |= rc != 0 && !(i % 2 && rc == NEWER);
    }
    bad |= wrong("programs of two ages");
  }
  db = open_file();
  sqlite3_snprintf(sizeof before, before, "%s", ask(db, "PRAGMA data_version"));
  bad |= reap(start_child("old")) != NEWER;
  bad |= strcmp(before, ask(db, "PRAGMA data_version")) != 0;
  sqlite3_close(db);
  printf("%d were told that the database is newer\n", newer);
  return report("C14 older programs beside newer ones", wal, bad);
}

/* The file is not there, and each of the starters turns WAL on, as programs do. */
static int begins_wal(int wal) {
  int bad;
  if (wal) return 0;
  setenv("RACE_BEGINS_WAL", "1", 1);
  bad = all_at_once(0, 0, "C15 all create the file and switch it to WAL");
  unsetenv("RACE_BEGINS_WAL");
  return bad;
}

static int dot_files(int wal) {
  int bad;
  if (wal || !sqlite3_vfs_find("unix-dotfile")) return 0;
  setenv("RACE_VFS", "unix-dotfile", 1);
  bad = all_at_once(wal, 0, "C13 locks that are files");
  fresh_file(wal);
  unsetenv("RACE_VFS");
  return bad;
}

static int all_alone(int wal) {
  return all_at_once(wal, 0, "C1 C2 C15 all start at once on a file that is not there");
}

static int beside_readers(int wal) {
  return all_at_once(wal, 2, "C3 all start at once, others read");
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*run)(int wal);
  } races[] = {{"C1 C2 C15", all_alone}, {"C3", beside_readers},     {"C4", some_killed},
               {"C4", killed_alone},     {"C5", lock_held},          {"C5", looking_waits},
               {"C6", long_reader},      {"C7", host_waits},         {"C8", modes_stay},
               {"C9", others_notice},    {"C10", killed_between},    {"C11", log_is_bounded},
               {"C13", dot_files},       {"C14", old_and_new},      {"C15", begins_wal}};
  const char *folder = getenv("TMPDIR");
  size_t i;
  int wal, bad = 0;
  self = argv[0];
  if (argc == 3) {
    sqlite3_snprintf(sizeof path, path, "%s", argv[2]);
    if (strcmp(argv[1], "look") == 0) return child_look();
    if (strcmp(argv[1], "old") == 0) return child_old();
    return strcmp(argv[1], "read") == 0 ? child_read() : child_launch(atoi(argv[1]));
  }
  sqlite3_snprintf(sizeof path, path, "%s/migrate-race-%d.db", folder ? folder : "/tmp",
                   (int)getpid());
  for (wal = 0; wal < 2; wal++) {
    for (i = 0; i < sizeof races / sizeof races[0]; i++) {
      if (wanted(races[i].name)) bad |= races[i].run(wal);
    }
  }
  fresh_file(0);
  return bad;
}
