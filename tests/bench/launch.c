/* Launch: what an application pays at its start, as `launch FOLDER [REPETITIONS]`.
**
** Nothing to do is compared with one prepared read of the version row on the same connection, and
** with PRAGMA user_version, in turn: medians of the differences, in microseconds. Cold is a
** connection that was just opened, warm one that has read its schema. A directory is compared with
** plain reading of its files, too. From scratch, 1,000 small revisions are compared with the same
** SQL in one sqlite3_exec(). Nothing fails for being slow. */
#define _POSIX_C_SOURCE 200809L
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST 10000
#define REPETITIONS_MAX 1001

static const char *folder;
static int repetitions = 201;
static char ids[MOST + 1][12], scripts[MOST][64];
static migrate_revision revisions[MOST];

static double now(void) { /* microseconds */
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *v, int n) {
  qsort(v, (size_t)n, sizeof *v, by_size);
  return v[n / 2];
}

static void die(const char *what) {
  fprintf(stderr, "launch: %s\n", what);
  exit(1);
}

static char *path(const char *format, int n) {
  char *name = sqlite3_mprintf(format, n), *z = sqlite3_mprintf("%s/%s", folder, name);
  sqlite3_free(name);
  return z;
}

static sqlite3 *open_file(const char *file) {
  sqlite3 *db;
  if (sqlite3_open(file, &db) != SQLITE_OK) die("cannot open a database");
  return db;
}

/* A line of revisions, each of which makes a small table. */
static void make_revisions(void) {
  int i;
  for (i = 0; i < MOST; i++) {
    sqlite3_snprintf(12, ids[i], "r%05d", i);
    sqlite3_snprintf(64, scripts[i], "CREATE TABLE t%d(id INTEGER PRIMARY KEY, a TEXT);", i);
    revisions[i].id = ids[i];
    revisions[i].down_revision = i ? ids[i - 1] : 0;
    revisions[i].upgrade = scripts[i];
  }
}

/* A database at the n-th revision, and the same n as files. */
static void make_database(int n, int tables) {
  char *file = path("at-%d.db", n), *directory = path("dir-%d", n);
  sqlite3 *db;
  migrate *m;
  int i;
  remove(file);
  db = open_file(file);
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0);
  for (i = 0; i < tables; i++) {
    char *sql = sqlite3_mprintf("CREATE TABLE app%d(id INTEGER PRIMARY KEY, a, b)", i);
    sqlite3_exec(db, sql, 0, 0, 0);
    sqlite3_free(sql);
  }
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, n);
  migrate_stamp(m, "head");
  if (migrate_close(m)) die("cannot make a database");
  sqlite3_close(db);
  mkdir(directory, 0777);
  for (i = 0; i < n; i++) {
    char *name = sqlite3_mprintf("%s/%s.sql", directory, ids[i]);
    FILE *f = fopen(name, "w");
    if (!f) die("cannot write a revision");
    fprintf(f, "-- a revision\n-- revision: %s\n-- down_revision: %s\n-- migrate:up\n%s\n", ids[i],
            i ? ids[i - 1] : "", scripts[i]);
    fclose(f);
    sqlite3_free(name);
  }
  sqlite3_free(directory);
  sqlite3_free(file);
}

/* ---- what is measured: each on an open connection ---- */

static void one_row(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) die(sqlite3_errmsg(db));
  while (sqlite3_step(s) == SQLITE_ROW) {}
  sqlite3_finalize(s);
}

static void read_row(sqlite3 *db, int n) {
  (void)n;
  one_row(db, "SELECT version_num FROM alembic_version");
}

static void read_user_version(sqlite3 *db, int n) {
  (void)n;
  one_row(db, "PRAGMA user_version");
}

static void launch(sqlite3 *db, int n) {
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, n);
  migrate_upgrade(m, "head");
  if (migrate_close(m)) die("a launch failed");
}

static void launch_directory(sqlite3 *db, int n) {
  char *directory = path("dir-%d", n);
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_add_directory(m, directory);
  migrate_upgrade(m, "head");
  if (migrate_close(m)) die("a launch failed");
  sqlite3_free(directory);
}

/* The files of the directory, in order, and nothing but their bytes. */
static void read_files(sqlite3 *db, int n) {
  char buffer[1000], *directory = path("dir-%d", n);
  int i;
  (void)db;
  for (i = 0; i < n; i++) {
    char *name = sqlite3_mprintf("%s/%s.sql", directory, ids[i]);
    int file = open(name, O_RDONLY);
    if (file < 0 || read(file, buffer, sizeof buffer) <= 0) die("cannot read a revision");
    close(file);
    sqlite3_free(name);
  }
  sqlite3_free(directory);
}

typedef void (*way)(sqlite3 *, int);

static double time_of(const char *file, int n, int cold, way w) {
  sqlite3 *db = open_file(file);
  double began, took;
  if (!cold) w(db, n);
  began = now();
  w(db, n);
  took = now() - began;
  sqlite3_close(db);
  return took;
}

/* Medians of pairs, a launch and one of the reads, in turn. */
static void compare(int n, const char *what, way w, int times) {
  static double ours[REPETITIONS_MAX], row[REPETITIONS_MAX], version[REPETITIONS_MAX];
  static double files[REPETITIONS_MAX];
  char *file = path("at-%d.db", n);
  int cold, i;
  for (cold = 0; cold < 2; cold++) {
    double more;
    for (i = 0; i < times; i++) {
      row[i] = time_of(file, n, cold, read_row);
      ours[i] = time_of(file, n, cold, w);
      version[i] = time_of(file, n, cold, read_user_version);
      if (w == launch_directory) files[i] = ours[i] / time_of(file, n, cold, read_files);
      row[i] = ours[i] - row[i];
      version[i] = ours[i] - version[i];
    }
    more = median(row, times);
    printf("%-12s %6d  %-5s %9.1f us  %+9.1f us to the row  %+9.1f us to user_version", what, n,
           cold ? "cold" : "warm", median(ours, times), more, median(version, times));
    if (w == launch)
      printf("  goal %+.1f: %s", 10 + n * 0.02, more <= 10 + n * 0.02 ? "met" : "NOT");
    if (w == launch_directory) printf("  %.2f times reading the files", median(files, times));
    printf("\n");
  }
  sqlite3_free(file);
}

/* ---- from scratch ---- */

enum { PLAIN, WITH_JOURNAL, WITHOUT_JOURNAL, LISTENED };

static int heard; /* calls of both callbacks */

static void hear_log(void *arg, int level, const char *message) {
  (void)arg;
  (void)level;
  heard += message != 0;
}

static int hear_progress(void *arg, const migrate_progress *p) {
  (void)arg;
  heard += p->statement != 0;
  return 0;
}

static double from_scratch(int ours, const char *all) {
  char *file = path("scratch-%d.db", ours);
  double began, took;
  sqlite3 *db;
  migrate_options options;
  migrate *m;
  memset(&options, 0, sizeof options);
  options.flags = ours == WITHOUT_JOURNAL ? MIGRATE_NO_JOURNAL : 0;
  if (ours == LISTENED) {
    options.log = hear_log;
    options.progress = hear_progress;
  }
  remove(file);
  db = open_file(file);
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0);
  began = now();
  if (ours) {
    migrate_open(db, &options, &m);
    migrate_add(m, revisions, 1000);
    migrate_upgrade(m, "head");
    if (migrate_close(m)) die("from scratch failed");
  } else if (sqlite3_exec(db, all, 0, 0, 0) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  took = now() - began;
  sqlite3_close(db);
  remove(file);
  sqlite3_free(file);
  return took;
}

static void compare_scratch(int times) {
  static double with[REPETITIONS_MAX], without[REPETITIONS_MAX], listened[REPETITIONS_MAX];
  sqlite3_str *all = sqlite3_str_new(0);
  char *sql;
  double r;
  int i;
  sqlite3_str_appendall(all, "BEGIN;");
  for (i = 0; i < 1000; i++) sqlite3_str_appendall(all, scripts[i]);
  sqlite3_str_appendall(all, "COMMIT");
  sql = sqlite3_str_finish(all);
  for (i = 0; i < times; i++) {
    double plain = from_scratch(PLAIN, sql);
    with[i] = from_scratch(WITH_JOURNAL, sql) / plain;
    without[i] = from_scratch(WITHOUT_JOURNAL, sql) / plain;
    listened[i] = from_scratch(LISTENED, sql) / plain;
  }
  r = median(with, times);
  printf("1,000 small revisions from scratch: %.2f times the same SQL in one sqlite3_exec()  "
         "goal 1.30: %s; %.2f with journal = off, %.2f with a log and a progress callback\n", r,
         r <= 1.3 ? "met" : "NOT", median(without, times), median(listened, times));
  sqlite3_free(sql);
}

int main(int argc, char **argv) {
  static const int counts[] = {1, 100, 1000, 10000};
  int i;
  if (argc < 2) die("launch FOLDER [REPETITIONS]");
  folder = argv[1];
  if (argc > 2) repetitions = atoi(argv[2]);
  if (repetitions < 1 || repetitions > REPETITIONS_MAX) die("so many repetitions are not possible");
  make_revisions();
  for (i = 0; i < 4; i++) make_database(counts[i], 20);
  for (i = 0; i < 4; i++) compare(counts[i], "compiled in", launch, repetitions);
  for (i = 0; i < 4; i++) {
    compare(counts[i], "directory", launch_directory, repetitions * 100 / (100 + counts[i]) + 1);
  }
  compare_scratch(repetitions / 20 + 1);
  return 0;
}
