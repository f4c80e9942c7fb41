/* A desktop application whose database takes a while to upgrade: desktop FILE [PERCENT]. A worker
** thread upgrades; the main thread, here for a window, draws a bar and may cancel, which is done at
** PERCENT. Before anything changes the database is copied to FILE-REVISION.bak.
** cc desktop.c -lsqlite3 -lpthread */
#define _POSIX_C_SOURCE 200809L
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const migrate_revision revisions[] = {
    {"1", 0, 0, 0, "photos", 0,
     "CREATE TABLE photos(id INTEGER PRIMARY KEY, name TEXT, taken TEXT)", "DROP TABLE photos", 0,
     0, 0},
    {"2", "1", 0, 0, "times are numbers", 0,
     "ALTER TABLE photos ALTER COLUMN taken TYPE INTEGER USING CAST(strftime('%s', taken) AS "
     "INTEGER)",
     "ALTER TABLE photos ALTER COLUMN taken TYPE TEXT USING datetime(taken, 'unixepoch')", 0, 0, 0},
};

/* ---- what the two threads share ---- */

typedef struct job {
  sqlite3 *db;
  pthread_mutex_t lock; /* of all below */
  int percent, cancel, finished;
  int code; /* of the upgrade, when it has finished */
  char message[1000];
} job;

/* Called in the worker every few milliseconds: it leaves a note, and drawing is left to the window.
** Its answer is the user's wish. */
static int heard(void *arg, const migrate_progress *p) {
  job *j = (job *)arg;
  int cancel;
  pthread_mutex_lock(&j->lock);
  if (p->total) j->percent = (int)(p->done * 100 / p->total);
  cancel = j->cancel;
  pthread_mutex_unlock(&j->lock);
  return cancel;
}

/* The worker. Until it has finished nobody else uses the connection. */
static void *upgrade(void *arg) {
  job *j = (job *)arg;
  migrate_options options = {0};
  migrate *m;
  int code;
  options.progress = heard;
  options.progress_arg = j;
  options.backup = "%(database)s-%(revision)s.bak";
  options.errbuf = j->message;
  options.nerrbuf = (int)sizeof(j->message);
  migrate_open(j->db, &options, &m);
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  code = migrate_close(m);
  pthread_mutex_lock(&j->lock);
  j->code = code;
  j->finished = 1;
  pthread_mutex_unlock(&j->lock);
  return 0;
}

/* ---- the window ---- */

/* Draws until the worker has finished. The user loses patience at a percentage. */
static void watch(job *j, int patience) {
  const struct timespec frame = {0, 10000000};
  int percent, finished;
  do {
    nanosleep(&frame, 0);
    pthread_mutex_lock(&j->lock);
    percent = j->percent;
    finished = j->finished;
    if (percent >= patience) j->cancel = 1;
    pthread_mutex_unlock(&j->lock);
    fprintf(stderr, "\rUpgrading your photos .. %3d %%", percent);
  } while (!finished);
  fprintf(stderr, "\n");
}

/* What last year's program would have left behind. */
static int make_old(sqlite3 *db) {
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, 1);
  migrate_upgrade(m, "head");
  migrate_exec(m, "INSERT INTO photos(name, taken) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL "
                  "SELECT i + 1 FROM c WHERE i < 200000) SELECT 'IMG_' || i || '.jpg', "
                  "datetime(1700000000 + 60 * i, 'unixepoch') FROM c");
  return migrate_close(m);
}

int main(int argc, char **argv) {
  static job j;
  pthread_t worker;
  sqlite3_stmt *probe = 0;
  int is_new;
  if (argc < 2 || sqlite3_open(argv[1], &j.db) != SQLITE_OK) {
    fprintf(stderr, "usage: desktop FILE [PERCENT]\n");
    return 2;
  }
  is_new = sqlite3_prepare_v2(j.db, "SELECT 1 FROM photos", -1, &probe, 0) != SQLITE_OK;
  sqlite3_finalize(probe);
  if (is_new && make_old(j.db) != 0) return 2;

  pthread_mutex_init(&j.lock, 0);
  if (pthread_create(&worker, 0, upgrade, &j) != 0) return 2;
  watch(&j, argc > 2 ? atoi(argv[2]) : 101);
  pthread_join(worker, 0);

  if (j.code == SQLITE_INTERRUPT) printf("Cancelled. Your photos are as they were.\n");
  else if (j.code) printf("Your photos are as they were: %s\n", j.message);
  else printf("Ready.\n");
  sqlite3_close(j.db);
  return j.code != 0;
}
