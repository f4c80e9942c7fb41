/* Convergence: for each pair of neighbouring schemas of real applications the revision that is
** written leads from the one to the other and back. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"

typedef struct tally {
  int steps, converged, broken;
} tally;

static char folder[] = "/tmp/migrate-diff-XXXXXX";

/* ---- schemas as text ---- */

/* The user's objects of a database, in order, as one script; for sqlite3_free(). */
static char *schema_of(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db,
                     "SELECT sql FROM sqlite_master AS o WHERE sql IS NOT NULL"
                     " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                     " AND name NOT IN ('alembic_version', 'migrate_journal')"
                     " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v"
                     "   WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%' AND o.type = 'table'"
                     "   AND substr(o.name, 1, length(v.name) + 1) = v.name || '_')"
                     " ORDER BY rowid",
                     -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_str_appendf(out, "%s\n;\n", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_str_appendall(out, " ");
  return sqlite3_str_finish(out);
}

static sqlite3 *copy_of(sqlite3 *from) {
  sqlite3 *db = 0;
  sqlite3_backup *b;
  sqlite3_open(":memory:", &db);
  b = sqlite3_backup_init(db, "main", from, "main");
  sqlite3_backup_step(b, -1);
  sqlite3_backup_finish(b);
  return db;
}

/* ---- one step ---- */

static int show_row(void *arg, const migrate_difference *d) {
  int *n = (int *)arg;
  if (++*n <= 3) print_message("  left over: %s\n", d->sql);
  return 0;
}

/* The number of differences, -1 for an error. */
static int differences(sqlite3 *db, const char *target, const char *name) {
  migrate *m = 0;
  int n = 0;
  migrate_open(db, 0, &m);
  if (migrate_diff(m, target, show_row, &n)) {
    print_message("  %s: %s\n", name, migrate_errmsg(m));
    n = -1;
  }
  migrate_close(m);
  return n;
}

static migrate *open_in_folder(sqlite3 *db) {
  migrate *m = 0;
  migrate_open(db, 0, &m);
  migrate_set(m, "script_location", folder);
  migrate_set(m, "file_template", "%(rev)s");
  migrate_add_directory(m, 0);
  return m;
}

/* Writes the revision; 0 after an error. */
static int write_revision(sqlite3 *db, const char *target, const char *name) {
  migrate *m = open_in_folder(db);
  migrate_new_options o;
  memset(&o, 0, sizeof(o));
  o.autogenerate = 1;
  o.rev_id = "r1";
  o.target = target;
  if (migrate_new_revision(m, "step", &o, 0)) {
    print_message("  %s, writing: %s\n", name, migrate_errmsg(m));
  }
  return migrate_close(m) == 0;
}

static int run_revision(sqlite3 *db, int up, const char *name, int *code) {
  migrate *m = open_in_folder(db);
  *code = up ? migrate_upgrade(m, "head") : migrate_downgrade(m, "base");
  if (*code && *code != MIGRATE_ROWS) {
    print_message("  %s, %s: %s\n", name, up ? "up" : "down", migrate_errmsg(m));
  }
  return migrate_close(m) == 0;
}

static void show_revision(void) {
  char path[300], line[300];
  FILE *f;
  snprintf(path, sizeof(path), "%s/versions/r1.sql", folder);
  f = fopen(path, "r");
  while (f && getenv("SHOW") && fgets(line, sizeof(line), f)) print_message("    %s", line);
  if (f) fclose(f);
}

static void forget_revision(void) {
  char path[300];
  snprintf(path, sizeof(path), "%s/versions/r1.sql", folder);
  unlink(path);
}

/* Up and down again; *code tells why the upgrade failed. */
static int goes_and_returns(sqlite3 *before, const char *was, const char *target, const char *name,
                            int *code) {
  sqlite3 *db = copy_of(before);
  int ok;
  *code = 0;
  forget_revision();
  ok = write_revision(db, target, name) && run_revision(db, 1, name, code) &&
       differences(db, target, name) == 0 && run_revision(db, 0, name, code) &&
       differences(db, was, name) == 0;
  if (!ok && *code != MIGRATE_ROWS) show_revision();
  sqlite3_close(db);
  return ok;
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

static void step(tally *t, sqlite3 *before, const char *target, const char *name) {
  char *was = schema_of(before);
  int code;
  t->steps++;
  if (goes_and_returns(before, was, target, name, &code)) {
    t->converged++;
  } else if (is_broken(was) || is_broken(target)) {
    t->broken++;
  } else {
    print_message("%s does not converge\n", name);
  }
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
    schema = schema_of(after);
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
  int i;
  read_chain(c, path);
  sqlite3_open(":memory:", &db);
  for (i = 0; i < c->count; i++) {
    sqlite3 *before = copy_of(db);
    char *was = schema_of(before), *now, name[300];
    sqlite3_exec(db, c->text[i], 0, 0, 0);
    now = schema_of(db);
    snprintf(name, sizeof(name), "%s %s", path, c->revision[i].message);
    if (strcmp(was, now) != 0) step(t, before, now, name);
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
  print_message("%s: %d of %d steps converge, %d have foreign keys to missing tables\n", path,
                t.converged, t.steps, t.broken);
  assert_int_equal(t.converged + t.broken, t.steps);
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
  char path[300];
  int failed;
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof(path), "%s/versions", folder);
  mkdir(path, 0700);
  failed = cmocka_run_group_tests(tests, 0, 0);
  forget_revision();
  rmdir(path);
  rmdir(folder);
  return failed;
}
