#define _DEFAULT_SOURCE 1 /* usleep, kill */
/* Races: processes that start at once on one database, on a rollback journal and on WAL, some of
** them killed, beside holders of the lock and long readers. Each revision is applied once, all
** others wait and find nothing to do, and nobody sees a half.
**
** RACE_ROUNDS (10) rounds of RACE_PROCESSES (6); the work of a revision counts itself, so that a
** second application shows. */
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
  if (sqlite3_open(path, &db) != SQLITE_OK) _exit(9);
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0); /* no power goes here */
  return db;
}

static void fresh_file(int wal) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  char name[300];
  sqlite3 *db;
  int i;
  for (i = 0; i < 4; i++) {
    sqlite3_snprintf(sizeof name, name, "%s%s", path, ends[i]);
    unlink(name);
  }
  if (!wal) return; /* the file does not exist: all starters create it */
  db = open_file();
  sqlite3_exec(db, "PRAGMA journal_mode = WAL", 0, 0, 0);
  sqlite3_close(db);
}

static int launch(sqlite3 *db, int timeout) {
  migrate_options options;
  migrate *m;
  memset(&options, 0, sizeof options);
  options.busy_timeout = timeout;
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, 3);
  migrate_upgrade(m, "head");
  if (migrate_errcode(m) && ((migrate_errcode(m) & 0xff) != SQLITE_BUSY || timeout > 1000)) {
    printf("%d %s\n", migrate_errcode(m), migrate_errmsg(m));
    fflush(stdout);
  }
  return migrate_close(m);
}

static int child_launch(int timeout) {
  sqlite3 *db = open_file();
  int rc = launch(db, timeout);
  if (!sqlite3_get_autocommit(db)) rc = 8;
  sqlite3_close(db);
  return rc < 0 ? 7 : rc & 0xff;
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
  return bad;
}

#define MOST 32

static int processes(void) {
  int n = number("RACE_PROCESSES", 6);
  return n < MOST ? n : MOST;
}

static int rounds(void) { return number("RACE_ROUNDS", 10); }

static int all_at_once(int wal, int readers) {
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
  return report(readers ? "all start at once, others read" : "all start at once", wal, bad);
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
  return report("some are killed", wal, bad);
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
  return report("one is killed, the next launch finishes", wal, bad);
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
  return report("a holder of the lock is waited for", wal, bad);
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
  return report("a long reader keeps its snapshot", wal, bad);
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
  return report("other connections see the new schema", wal, bad);
}

int main(int argc, char **argv) {
  const char *folder = getenv("TMPDIR");
  int wal, bad = 0;
  self = argv[0];
  if (argc == 3) {
    sqlite3_snprintf(sizeof path, path, "%s", argv[2]);
    return strcmp(argv[1], "read") == 0 ? child_read() : child_launch(atoi(argv[1]));
  }
  sqlite3_snprintf(sizeof path, path, "%s/migrate-race-%d.db", folder ? folder : "/tmp",
                   (int)getpid());
  for (wal = 0; wal < 2; wal++) {
    bad |= all_at_once(wal, 0);
    bad |= all_at_once(wal, 2);
    bad |= some_killed(wal);
    bad |= killed_alone(wal);
    bad |= lock_held(wal);
    bad |= long_reader(wal);
    bad |= others_notice(wal);
  }
  fresh_file(0);
  return bad;
}
