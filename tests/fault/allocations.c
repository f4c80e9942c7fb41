/* No memory, everywhere: each place in the library that asks for memory is refused it once, in each
** command of the extension. Then the answer is that of the call with memory, or SQLITE_NOMEM; the
** database holds what it held before or what it should hold after; no file is half written; nothing
** leaks; and the same connection does the job at once when there is memory again.
**
** A block of the arena holds one thing, so that each is an allocation of its own. A place is a
** chain of callers inside this program, where the C library can tell it, else every allocation.
**
** PLACES=all takes every place, instead of one in so many that it costs seconds; PLACES=NAME those
** of one job. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw: for the test alone */
#endif
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <execinfo.h>
#endif

#define SQLITE_CORE 1
#define MIG_BLOCK_SIZE ((size_t)64)
#include "../../ext/migrate.c"

#include "image.h"
#include "oom.h"

#include "jobs.h"

#define QUICK 1500 /* places in all, about, unless PLACES says other */
#define CHAIN 7    /* callers that make a place */

/* ---- memory ---- */

static int *places;
static size_t *chains; /* of the places, in a table of hashes */
static int nplaces, room;

#ifdef __GLIBC__
extern char __executable_start, etext;

/* The innermost callers that are ours, as a number that is not 0. */
static size_t chain(void) {
  void *callers[80];
  int n = backtrace(callers, 80), i, k = 0;
  size_t hash = 5381;
  for (i = 3; i < n && k < CHAIN; i++) {
    const char *at = (const char *)callers[i];
    if (at < &__executable_start || at > &etext) continue;
    hash = hash * 1000003u + (size_t)at;
    k++;
  }
  return hash ? hash : 1;
}
#else
static size_t chain(void) { return (size_t)oom_seen + 1; }
#endif

#define CHAINS ((size_t)1 << 18)

static void note_place(void) {
  size_t hash = chain(), at = hash % CHAINS;
  while (chains[at] && chains[at] != hash) at = (at + 1) % CHAINS;
  if (chains[at]) return;
  chains[at] = hash;
  if (nplaces == room) places = (int *)realloc(places, (size_t)(room += 10000) * sizeof *places);
  places[nplaces++] = oom_seen;
}

/* ---- files ---- */

static int forget(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)st;
  (void)type;
  if (at->level && strcmp(path, "./kept.db") != 0) remove(path); /* the database to restore */
  return 0;
}

static void write_file(const char *path, const void *z, size_t n) {
  char folder[200];
  size_t i;
  FILE *f;
  for (i = 0; path[i]; i++) {
    folder[i] = path[i];
    if (path[i] != '/') continue;
    folder[i] = 0;
    mkdir(folder, 0700);
    folder[i] = '/';
  }
  f = fopen(path, "wb");
  if (!f || fwrite(z, 1, n, f) != n) exit(3);
  fclose(f);
}

static void write_files(void) {
  int i;
  nftw(".", forget, 10, FTW_DEPTH | FTW_PHYS);
  for (i = 0; i < FILES; i++) write_file(files[i].path, files[i].text, strlen(files[i].text));
}

static int nfiles;

static int count_file(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)path;
  (void)at;
  nfiles += type == FTW_F && st->st_size > 0;
  return 0;
}

static int count_files(void) {
  nfiles = 0;
  nftw(".", count_file, 10, FTW_PHYS);
  return nfiles;
}

/* ---- a call ---- */

typedef struct answer {
  int code, files;
  char *text;  /* the rows, or the message */
  char *image; /* what the database holds */
} answer;

static struct { /* the rows of the call; SQLite's memory may have run out */
  char *z;
  size_t n, cap;
} said;

static void say(const char *z) {
  size_t n = strlen(z);
  if (said.n + n + 2 > said.cap) said.z = (char *)realloc(said.z, said.cap = (said.n + n) * 2 + 99);
  memcpy(said.z + said.n, z, n);
  said.n += n;
  said.z[said.n++] = '|';
  said.z[said.n] = 0;
}

static int take_row(void *arg, int n, char **values, char **names) {
  int i;
  (void)arg;
  (void)names;
  for (i = 0; i < n; i++) say(values[i] ? values[i] : "NULL");
  return 0;
}

static sqlite3 *open_database(void) {
  sqlite3 *db = 0;
  sqlite3_open("app.db", &db);
  sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", 0, 0, 0);
  sqlite3_migrate_init(db, 0, 0);
  sqlite3_exec(db, "SELECT name FROM sqlite_master", 0, 0, 0);
  return db;
}

/* The call, with the allocation at place n refused, none below 0. */
static answer ask(sqlite3 *db, const job *j, int n, int lasting, int list) {
  answer a;
  memset(&a, 0, sizeof a);
  said.n = 0;
  say("");
  oom_seen = 0;
  oom_left = n;
  oom_once = !lasting;
  oom_note = list ? note_place : 0;
  a.code = sqlite3_exec(db, j->sql, take_row, 0, 0);
  oom_left = -1;
  oom_note = 0;
  if (a.code) {
    said.n = 0;
    say(sqlite3_errmsg(db));
  }
  a.text = strdup(said.z);
  a.files = count_files();
  return a;
}

static void answer_free(answer *a) {
  free(a->text);
  sqlite3_free(a->image);
}

/* ---- what must hold ---- */

typedef struct state {
  char *base; /* the bytes of the database before */
  size_t nbase;
  char *before;
  int files_before;
  answer right;
} state;

static char trouble[2000];
static int left_open;

static void blame(const char *what, const char *was, const char *is) {
  char line[700] = "";
  if (trouble[0]) return;
  if (was && is) dump_differs(was, is, line, sizeof line);
  sqlite3_snprintf(sizeof trouble, trouble, "%s\n%s", what, line);
}

static int same(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }
static int no_memory(int code) {
  return (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

static void check(const job *j, const state *s, const answer *a) {
  if (a->code == s->right.code) {
    if (!a->code && !(j->flags & WRITES) && !same(a->text, s->right.text)) {
      blame("another answer", s->right.text, a->text);
    }
  } else if (!no_memory(a->code)) {
    char what[100];
    sqlite3_snprintf(sizeof what, what, "code %d, wanted %d", a->code, s->right.code);
    blame(what, "", a->text);
  }
  if (!same(a->image, s->right.image) && (a->code == 0 || !same(a->image, s->before)) &&
      !(a->code && (j->flags & PARTS))) {
    blame(a->code ? "failure, but not the image before" : "success, but not the image after",
          a->code ? s->before : s->right.image, a->image);
  }
  if (a->code == 0 ? a->files != s->right.files : a->files < s->files_before) {
    blame("another number of files", 0, 0);
  }
}

/* One place; the same connection then finishes. */
static void point(const job *j, const state *s, int n, int lasting) {
  sqlite3_int64 used = sqlite3_memory_used();
  sqlite3 *db;
  answer a;
  if (j->flags & WRITES) write_files();
  write_file("app.db", s->base, s->nbase);
  db = open_database();
  a = ask(db, j, n, lasting, 0);
  if (!sqlite3_get_autocommit(db)) {
    left_open++;
    sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  }
  a.image = image(db);
  check(j, s, &a);
  if ((same(a.image, s->before) || (j->flags & PARTS)) && !(j->flags & WRITES)) {
    answer again = ask(db, j, -1, 0, 0);
    again.image = image(db);
    if (again.code != s->right.code || !same(again.image, s->right.image)) {
      blame("it does not go on", s->right.image, again.image);
    }
    answer_free(&again);
  }
  answer_free(&a);
  if (sqlite3_close(db)) blame("a statement is left", 0, 0);
  if (sqlite3_memory_used() != used) blame("memory leaks", 0, 0);
}

/* The state before and the right answer; notes the places. */
static int prepare(const job *j, state *s) {
  sqlite3 *db;
  char *error = 0;
  FILE *f;
  int twice;
  memset(s, 0, sizeof *s);
  write_files();
  write_file("app.db", "", 0);
  db = open_database();
  if (sqlite3_exec(db, j->setup, 0, 0, &error)) {
    printf("%s\n", error);
    return 0;
  }
  s->before = image(db);
  sqlite3_close(db);
  f = fopen("app.db", "rb");
  s->base = (char *)malloc(1000000);
  s->nbase = fread(s->base, 1, 1000000, f);
  fclose(f);
  s->files_before = count_files();
  nplaces = 0;
  memset(chains, 0, CHAINS * sizeof *chains);
  for (twice = 0; twice < 2; twice++) { /* the first time the C library itself warms up */
    answer_free(&s->right);
    if (j->flags & WRITES) write_files();
    write_file("app.db", s->base, s->nbase);
    db = open_database();
    s->right = ask(db, j, -1, 0, twice);
    s->right.image = image(db);
    sqlite3_close(db);
  }
  if ((s->right.code != 0) == ((j->flags & FAILS) != 0)) return 1;
  printf("%s\n", s->right.text);
  return 0;
}

static void do_job(const job *j, const char *which, int *failed) {
  char first[2500] = "";
  state s;
  int i, bad = 0, n = 0, step, was_open = left_open;
  if (!prepare(j, &s)) {
    printf("not ok - %s\n", j->name);
    ++*failed;
    return;
  }
  step = which ? 1 : nplaces * JOBS / QUICK + 1;
  for (i = which ? 0 : (int)strlen(j->name) % step; i < nplaces; i += step, n++) {
    trouble[0] = 0;
    point(j, &s, places[i], n % 4 == 3);
    if (trouble[0] && !bad++) {
      sqlite3_snprintf(sizeof first, first, "allocation %d%s: %s", places[i],
                       n % 4 == 3 ? " and all behind it" : "", trouble);
    }
  }
  /* Where memory is gone for good, SQLite has moments without a way back, and before 3.40, in a
  ** SELECT, whenever an allocation has failed: fault.c, sweep(). */
  if (sqlite3_libversion_number() >= 3040000 && (left_open - was_open) * 50 > n) {
    bad++;
    sqlite3_snprintf(sizeof first, first, "a transaction is left open");
  }
  if (bad) printf("%s\n(%d of %d places)\nnot ", first, bad, n);
  printf("ok - %s, %d places of %d (code %d)\n", j->name, n, nplaces, s.right.code);
  fflush(stdout);
  *failed += bad != 0;
  free(s.base);
  sqlite3_free(s.before);
  answer_free(&s.right);
}

int main(void) {
  char folder[] = "/tmp/migrate-allocations-XXXXXX";
  const char *which = getenv("PLACES");
  int i, failed = 0;
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* else small pieces cannot be refused */
  oom_install();
  chains = (size_t *)calloc(CHAINS, sizeof *chains);
  if (!mkdtemp(folder) || chdir(folder)) return 1;
  unsetenv("MIGRATE_CONFIG");
  setenv("TARGET", "migrations/schema.sql", 1);
  for (i = 0; i < JOBS; i++) {
    if (!which || strcmp(which, "all") == 0 || strcmp(which, jobs[i].name) == 0) {
      do_job(&jobs[i], which, &failed);
    }
  }
  nftw(".", forget, 10, FTW_DEPTH | FTW_PHYS);
  rmdir(folder);
  return failed != 0;
}
