/* Lint over real chains: what has run in an application is not said to fail, and what is said is
** counted: most steps must pass without a warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"

typedef struct tally {
  const char *app;
  int steps, errors, warnings, notes, warned, failed;
  char last[200]; /* the revision that was warned of last */
} tally;

static int take(void *arg, const migrate_finding *f) {
  static const char *const cannot[] = {"fails", "refused", "name-clash", "unknown-rule"};
  tally *t = (tally *)arg;
  int i;
  for (i = 0; i < 4; i++) {
    if (strcmp(f->rule, cannot[i]) != 0) continue;
    print_error("%s %s:%d %s: %s\n", t->app, f->revision, f->line, f->rule, f->message);
    t->failed++;
  }
  if (strcmp(f->severity, "note") == 0) {
    t->notes++;
    return 0;
  }
  if (strcmp(f->severity, "error") == 0) t->errors++;
  else t->warnings++;
  t->warned += strcmp(t->last, f->revision) != 0;
  snprintf(t->last, sizeof t->last, "%s", f->revision);
  return 0;
}

static void lint_chain(tally *t, const char *name) {
  chain *c = (chain *)calloc(1, sizeof(chain));
  char folder[200];
  migrate *m = 0;
  sqlite3 *db = 0;
  snprintf(folder, sizeof(folder), "corpus/chains/%s", name);
  read_chain(c, folder);
  t->app = name;
  t->last[0] = 0;
  t->steps += c->count;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  migrate_open(db, 0, &m);
  migrate_add(m, c->revision, c->count);
  if (migrate_lint(m, 0, take, t)) print_error("%s: %s\n", name, migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  free_chain(c);
}

static void chains(void **state) {
  char **names;
  tally t;
  int n = shared_list("corpus/chains", "", &names), i;
  (void)state;
  if (n < 0) {
    print_message("skipped: there is no %s/corpus/chains\n", shared_folder());
    skip();
  }
  memset(&t, 0, sizeof t);
  for (i = 0; i < n; i++) {
    if (!shared_lacks(names[i])) lint_chain(&t, names[i]);
  }
  print_message("%d steps of %d chains: %d errors, %d warnings, %d notes; %d steps with an error "
                "or a warning\n",
                t.steps, n, t.errors, t.warnings, t.notes, t.warned);
  assert_int_equal(t.failed, 0);
  assert_true(t.warned * 10 < t.steps);
  shared_free(names, n);
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(chains)};
  return cmocka_run_group_tests(tests, 0, 0);
}
