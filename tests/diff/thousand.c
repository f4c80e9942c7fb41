/* 1,000 tables against 1,000 tables: the comparison takes less than SQLite does to create them
** three times. Printed is the ratio of the times, the median of PAIRS pairs (an environment
** variable, 1); asserted are the allocations, which are the same on every machine. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* clock_gettime */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "oom.h"

#define TABLES 1000
#define MAX_PAIRS 50
#define PLENTY 1000000000

typedef struct words {
  const char *gap;  /* between the parts of a statement */
  const char *name; /* what names of tables begin with */
  const char *last; /* the last column */
  int every;        /* each how many-eth table has it; the others: the ordinary one */
} words;

static const words ordinary = {"", "t", "d REAL", 1};

static char *schema(const words *w) {
  sqlite3_str *s = sqlite3_str_new(0);
  int i;
  for (i = 0; i < TABLES; i++) {
    const char *gap = w->gap, *last = i % w->every ? ordinary.last : w->last;
    int parent = i + 1 < TABLES ? i + 1 : i; /* against the order, which has to be found */
    sqlite3_str_appendf(s,
                        "CREATE TABLE %s%d(%sid INTEGER PRIMARY KEY,%s a TEXT NOT NULL DEFAULT 'x'"
                        ",%s b VARCHAR(20) UNIQUE,%s c INTEGER REFERENCES %s%d(id) ON DELETE "
                        "CASCADE, %s,%s CHECK (a <> ''));\nCREATE INDEX %s%d_c ON %s%d(c)%s;\n",
                        w->name, i, gap, gap, gap, gap, w->name, parent, last, gap, w->name, i,
                        w->name, i, gap);
  }
  return sqlite3_str_finish(s);
}

static int count(void *arg, const migrate_difference *d) {
  (void)d;
  ++*(int *)arg;
  return 0;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void compare(const char *what, const words *w, int expected) {
  char *from = schema(&ordinary), *to = w ? schema(w) : sqlite3_mprintf("%s", " ");
  const char *pairs = getenv("PAIRS");
  int npair = pairs && atoi(pairs) > 0 && atoi(pairs) <= MAX_PAIRS ? atoi(pairs) : 1;
  double ratio[MAX_PAIRS];
  int i, created = 0, compared = 0;
  for (i = 0; i < npair; i++) {
    sqlite3 *db = 0;
    migrate *m = 0;
    double start = now(), between;
    int n = 0;
    oom_left = PLENTY;
    sqlite3_open(":memory:", &db);
    assert_int_equal(sqlite3_exec(db, from, 0, 0, 0), 0);
    created = PLENTY - oom_left;
    between = now();
    oom_left = PLENTY;
    migrate_open(db, 0, &m);
    if (migrate_diff(m, to, count, &n)) print_error("%s\n", migrate_errmsg(m));
    assert_int_equal(migrate_close(m), 0);
    compared = PLENTY - oom_left;
    ratio[i] = (now() - between) / (between - start);
    assert_int_equal(n, expected);
    sqlite3_close(db);
  }
  oom_left = -1;
  qsort(ratio, (size_t)npair, sizeof ratio[0], by_size);
  print_message("%-32s %.2f times the creation, %.2f of its allocations\n", what, ratio[npair / 2],
                (double)compared / created);
  assert_true(compared < 3 * created);
  sqlite3_free(from);
  sqlite3_free(to);
}

static void same(void **state) {
  static const words spaced = {" /* x */\n  ", "t", "d REAL", 1};
  (void)state;
  compare("the same words", &ordinary, 0);
  compare("other words", &spaced, 0);
}

static void changed(void **state) {
  static const words few = {"", "t", "d REAL NOT NULL DEFAULT 0", 100};
  static const words more = {"", "t", "d REAL, e DEFAULT 5", 1};
  static const words type = {"", "t", "d BLOB NOT NULL CHECK (d > 0)", 1};
  static const words less = {"", "t", "CHECK (b > a)", 1};
  (void)state;
  compare("a change in every 100th", &few, TABLES / 100);
  compare("a new column in each", &more, TABLES);
  compare("another type and rules in each", &type, TABLES);
  compare("a column gone, a rule come", &less, TABLES);
}

static void other(void **state) {
  static const words renamed = {"", "r", "d REAL", 1};
  (void)state;
  compare("all tables with other names", &renamed, 3 * TABLES);
  compare("all tables gone", 0, TABLES);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(same), cmocka_unit_test(changed),
                                     cmocka_unit_test(other)};
  oom_install();
  return cmocka_run_group_tests(tests, 0, 0);
}
