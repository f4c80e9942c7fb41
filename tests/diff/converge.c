/* Convergence: for each pair of neighbouring schemas of real applications the revision that is
** written leads from the one to the other and back, with rows in the tables. Of the chains of
** migrations every third step; EVERY_STEP=1 takes all. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"
#include "rows.h"
#include "trip.h"

#define MAX_TABLES 500
#define ROWS 6

typedef struct tally {
  int steps, converged, refused, unforeseen, broken, same_texts;
} tally;

/* Rows for the tables that both schemas have: all the others would go. */
static void fill(sqlite3 *db) {
  char *names[MAX_TABLES];
  int n = rows_table_names(db, names, MAX_TABLES), i;
  rows_fill(db, names, n, ROWS);
  for (i = 0; i < n; i++) sqlite3_free(names[i]);
}

/* A schema with foreign keys to tables that are not there, which ADD FOREIGN KEY refuses. */
static int is_broken(const char *schema) {
  sqlite3 *db = 0;
  sqlite3_stmt *s = 0;
  int broken;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, schema, 0, 0, 0);
  sqlite3_prepare_v2(db,
                     "SELECT 1 FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS f"
                     " WHERE t.type = 'table' AND NOT EXISTS (SELECT 1 FROM sqlite_master AS p"
                     "   WHERE p.name = f.\"table\" COLLATE NOCASE)",
                     -1, &s, 0);
  broken = sqlite3_step(s) == SQLITE_ROW;
  sqlite3_finalize(s);
  sqlite3_close(db);
  return broken;
}

static void show(const trip_report *r) {
  char *text = getenv("SHOW") ? trip_text() : 0;
  print_message("%s does not converge: %s\n", r->name, r->words);
  if (text) print_message("%s\n", text);
  sqlite3_free(text);
}

/* Is it for the rows that the run ended? */
static int are_rows(int code) { return code == MIGRATE_ROWS || (code & 0xff) == SQLITE_CONSTRAINT; }

/* Where rows stand in the way, the review list must have said so, and the step is done without. */
static void step(tally *t, sqlite3 *before, const char *target, const char *name) {
  char *was = trip_schema(before);
  sqlite3 *filled = trip_copy(before);
  trip_report r;
  int ok;
  memset(&r, 0, sizeof(r));
  r.name = name;
  fill(filled);
  t->steps++;
  ok = trip(&r, filled, target);
  if (!ok && (are_rows(r.up) || are_rows(r.down))) {
    t->refused++;
    if (r.up && !r.announced) {
      t->unforeseen++;
      show(&r);
    }
    memset(&r, 0, sizeof(r));
    r.name = name;
    ok = trip(&r, before, target);
  }
  t->same_texts += r.same_texts;
  if (ok)
    t->converged++;
  else if (is_broken(was) || is_broken(target))
    t->broken++;
  else
    show(&r);
  sqlite3_close(filled);
  sqlite3_free(was);
}

/* ---- the corpus ---- */

static void run_versions(tally *t, const char *path) {
  char **files;
  int n = shared_list(path, ".sql", &files), i;
  sqlite3 *before = 0;
  for (i = 0; i < n; i++) {
    char name[300];
    sqlite3 *after = 0;
    char *sql, *schema;
    snprintf(name, sizeof(name), "%s/%s", path, files[i]);
    sql = shared_read(name);
    sqlite3_open(":memory:", &after);
    sqlite3_exec(after, sql, 0, 0, 0);
    schema = trip_schema(after);
    if (before) step(t, before, schema, name);
    sqlite3_close(before);
    before = after;
    sqlite3_free(schema);
    free(sql);
  }
  sqlite3_close(before);
  shared_free(files, n);
}

static void run_chain(tally *t, const char *path) {
  chain *c = (chain *)calloc(1, sizeof(chain));
  sqlite3 *db = 0;
  int i, stride = getenv("EVERY_STEP") ? 1 : 3, changes = 0;
  read_chain(c, path);
  sqlite3_open(":memory:", &db);
  for (i = 0; i < c->count; i++) {
    sqlite3 *before = trip_copy(db);
    char *was = trip_schema(before), *now, name[300];
    sqlite3_exec(db, c->text[i], 0, 0, 0);
    now = trip_schema(db);
    snprintf(name, sizeof(name), "%s %s", path, c->revision[i].message);
    if (strcmp(was, now) != 0 && changes++ % stride == 0) step(t, before, now, name);
    sqlite3_free(was);
    sqlite3_free(now);
    sqlite3_close(before);
  }
  sqlite3_close(db);
  free_chain(c);
}

static void all_of(const char *path, void (*run)(tally *, const char *)) {
  char **names;
  int n = shared_list(path, "", &names), i;
  tally t;
  if (n < 0) {
    print_message("skipped: no %s/%s\n", shared_folder(), path);
    skip();
  }
  memset(&t, 0, sizeof(t));
  for (i = 0; i < n; i++) {
    char full[300];
    const char *only = getenv("ONLY");
    if (only && !strstr(names[i], only)) continue;
    snprintf(full, sizeof(full), "%s/%s", path, names[i]);
    run(&t, full);
  }
  shared_free(names, n);
  print_message(
      "%s: %d of %d steps converge, %d without rows, which their review list foresees; %d "
      "have foreign keys to missing tables; %d bring each text back byte for byte\n",
      path, t.converged, t.steps, t.refused, t.broken, t.same_texts);
  assert_int_equal(t.converged + t.broken, t.steps);
  assert_int_equal(t.unforeseen, 0);
}

static void versions(void **state) {
  (void)state;
  all_of("corpus/versions", run_versions);
}

static void chains(void **state) {
  (void)state;
  all_of("corpus/chains", run_chain);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(versions), cmocka_unit_test(chains)};
  int failed;
  if (!trip_begin()) return 1;
  failed = cmocka_run_group_tests(tests, 0, 0);
  trip_end();
  return failed;
}
