#define _DEFAULT_SOURCE 1
/* C12: threads that start at once, each with a connection of its own, with connections that share a
** cache, and with one connection for all. Each revision is applied once. `./build.sh tsan` runs it
** under the thread sanitizer. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static const migrate_revision revisions[] = {
    {"r1", 0, 0, 0, "", 0, "CREATE TABLE counter(n INT); INSERT INTO counter VALUES(1);"
                           "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                           "INSERT INTO t VALUES(1, '5'), (2, '6')",
     0, 0, 0, 0},
    {"r2", "r1", 0, 0, "", 0,
     "UPDATE counter SET n = n + 1; ALTER TABLE t ALTER COLUMN a TYPE INTEGER, ADD COLUMN b FIRST",
     0, 0, 0, 0},
    {"r3", "r2", 0, 0, "", 0, "UPDATE counter SET n = n + 1; ALTER TABLE t ADD UNIQUE (a)", 0, 0, 0,
     0}};

#define THREADS 4

static char path[200];

typedef struct starter {
  pthread_t thread;
  sqlite3 *db;
  int rc;
} starter;

static void *start(void *arg) {
  starter *s = (starter *)arg;
  migrate_options options;
  migrate *m = 0;
  memset(&options, 0, sizeof options);
  options.busy_timeout = 20000;
  migrate_open(s->db, &options, &m);
  migrate_add(m, revisions, 3);
  migrate_upgrade(m, "head");
  s->rc = migrate_errcode(m);
  if (s->rc) printf("%d %s\n", s->rc, migrate_errmsg(m));
  migrate_close(m);
  return 0;
}

static sqlite3 *open_file(const char *tail) {
  char uri[300];
  sqlite3 *db = 0;
  sqlite3_snprintf(sizeof uri, uri, "file:%s%s", path, tail);
  sqlite3_open_v2(uri, &db,
                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
                      SQLITE_OPEN_FULLMUTEX,
                  0);
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0);
  return db;
}

static int answers(sqlite3 *db, const char *sql, const char *wanted) {
  sqlite3_stmt *s = 0;
  int same = sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK &&
             sqlite3_step(s) == SQLITE_ROW &&
             strcmp((const char *)sqlite3_column_text(s, 0), wanted) == 0;
  if (!same) printf("%s is not %s\n", sql, wanted);
  sqlite3_finalize(s);
  return same;
}

/* May a thread be told that a table is locked? Where the cache is shared SQLite has no other
** way. */
static int one_round(const char *tail, int one_connection, int may_be_locked) {
  starter s[THREADS];
  sqlite3 *db;
  int i, bad = 0;
  unlink(path);
  for (i = 0; i < THREADS; i++) {
    s[i].db = i && one_connection ? s[0].db : open_file(tail);
    s[i].rc = -1;
  }
  for (i = 0; i < THREADS; i++) pthread_create(&s[i].thread, 0, start, &s[i]);
  for (i = 0; i < THREADS; i++) pthread_join(s[i].thread, 0);
  for (i = 0; i < THREADS; i++) {
    bad |= s[i].rc && !(may_be_locked && (s[i].rc & 0xff) == SQLITE_LOCKED);
    bad |= !sqlite3_get_autocommit(s[i].db);
  }
  if (may_be_locked) start(&s[0]); /* the next launch finishes */
  for (i = 0; i < THREADS; i++) {
    if (i == 0 || !one_connection) sqlite3_close(s[i].db);
  }
  db = open_file("");
  bad |= !answers(db, "SELECT n FROM counter", "3");
  bad |= !answers(db, "SELECT count(*) FROM migrate_journal", "3");
  bad |= !answers(db, "SELECT group_concat(a) FROM t", "5,6");
  bad |= !answers(db, "PRAGMA integrity_check", "ok");
  sqlite3_close(db);
  return bad;
}

static int race(const char *name, const char *tail, int one_connection, int may_be_locked) {
  const char *z = getenv("RACE_ROUNDS");
  int round, bad = 0;
  for (round = 0; round < (z ? atoi(z) : 10) && !bad; round++) {
    bad = one_round(tail, one_connection, may_be_locked);
  }
  printf("%s - C12 threads, %s\n", bad ? "not ok" : "ok", name);
  fflush(stdout);
  return bad;
}

int main(void) {
  const char *folder = getenv("TMPDIR");
  int bad = 0;
  if (!sqlite3_threadsafe()) {
    printf("skipped: this SQLite is not made for threads\nok - C12 threads # SKIP\n");
    return 0;
  }
  sqlite3_snprintf(sizeof path, path, "%s/migrate-threads-%d.db", folder ? folder : "/tmp",
                   (int)getpid());
  bad |= race("a connection each", "", 0, 0);
  bad |= race("one connection for all", "", 1, 0);
  bad |= race("connections that share a cache", "?cache=shared", 0, 1);
  unlink(path);
  return bad;
}
