/* Chains of real migrations: every file of an application becomes a revision, one call upgrades an
** empty database through them all, and its objects are those of the chain's final.sql, text for
** text. BEGIN, COMMIT and PRAGMA foreign_keys inside a file are taken out here, since a run has its
** own transaction; all other statements stay. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "shared.h"

#define MAX_STEPS 400

typedef struct chain {
  migrate_revision revision[MAX_STEPS];
  char id[MAX_STEPS][16];
  char *text[MAX_STEPS];
  int count;
  char **files;
  int nfile;
} chain;

/* ---- files to revisions --------------------------------------------------------------------- */

/* Behind white space and comments. */
static const char *first_word(const char *z) {
  for (;;) {
    while (*z == ' ' || *z == '\t' || *z == '\r' || *z == '\n' || *z == ';') z++;
    if (z[0] == '-' && z[1] == '-') {
      while (*z && *z != '\n') z++;
    } else if (z[0] == '/' && z[1] == '*') {
      const char *end = strstr(z + 2, "*/");
      z = end ? end + 2 : z + strlen(z);
    } else {
      return z;
    }
  }
}

static int is_of_the_run(const char *statement) {
  static const char *const word[] = {"BEGIN", "COMMIT", "END"};
  const char *z = first_word(statement);
  int i;
  for (i = 0; i < 3; i++) {
    if (sqlite3_strnicmp(z, word[i], (int)strlen(word[i])) == 0) return 1;
  }
  if (sqlite3_strnicmp(z, "PRAGMA", 6) != 0) return 0;
  return sqlite3_strnicmp(first_word(z + 6), "foreign_keys", 12) == 0;
}

/* Carriage returns go, as they do in the sqlite3 shell, which made final.sql. */
static void drop_returns(char *z) {
  char *to = z;
  for (; *z; z++) {
    if (z[0] != '\r' || z[1] != '\n') *to++ = *z;
  }
  *to = 0;
}

/* Blanks out the statements that belong to the run; sqlite3_complete() knows where one ends. */
static void take_out(char *sql) {
  char *start = sql, *at;
  for (at = sql; *at; at++) {
    char next = at[1];
    if (*at != ';') continue;
    at[1] = 0;
    if (sqlite3_complete(start)) {
      if (is_of_the_run(start)) memset(start, ' ', (size_t)(at + 1 - start));
      start = at + 1;
    }
    at[1] = next;
  }
  if (is_of_the_run(start)) memset(start, ' ', strlen(start));
}

static void add_step(chain *c, const char *folder, const char *file) {
  char path[300];
  int i = c->count++;
  snprintf(path, sizeof(path), "%s/%s", folder, file);
  c->text[i] = shared_read(path);
  assert_non_null(c->text[i]);
  drop_returns(c->text[i]);
  take_out(c->text[i]);
  snprintf(c->id[i], sizeof(c->id[i]), "s%d", i + 1);
  c->revision[i].id = c->id[i];
  c->revision[i].down_revision = i ? c->id[i - 1] : 0;
  c->revision[i].message = file;
  c->revision[i].upgrade = c->text[i];
}

static void read_chain(chain *c, const char *folder) {
  int i;
  c->nfile = shared_list(folder, ".sql", &c->files);
  for (i = 0; i < c->nfile && c->count < MAX_STEPS; i++) {
    if (strcmp(c->files[i], "final.sql") != 0) add_step(c, folder, c->files[i]);
  }
}

/* ---- the result ----------------------------------------------------------------------------- */

/* The statements of final.sql, behind its head of comments. */
static char *final_schema(const char *folder) {
  static const char head[] = "-- dump of sqlite_schema after running the whole chain\n";
  char path[300];
  char *z, *body;
  snprintf(path, sizeof(path), "%s/final.sql", folder);
  z = shared_read(path);
  assert_non_null(z);
  body = strstr(z, head);
  assert_non_null(body);
  memmove(z, body + strlen(head), strlen(body + strlen(head)) + 1);
  return z;
}

/* Objects with a text that are neither SQLite's own, nor ours, nor a virtual table's shadow. */
static const char objects[] =
    "SELECT name, sql || ';' FROM sqlite_master AS o WHERE sql IS NOT NULL"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND name NOT IN ('alembic_version', 'migrate_journal')"
    " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%'"
    "   AND o.type = 'table' AND substr(o.name, 1, length(v.name) + 1) = v.name || '_')"
    " ORDER BY rowid";

/* Every object's text must stand in final.sql, and nothing else may. */
static void compare_schema(sqlite3 *db, const char *final) {
  sqlite3_stmt *s = 0;
  size_t length = 0, want = 0;
  const char *z;
  assert_int_equal(sqlite3_prepare_v2(db, objects, -1, &s, 0), SQLITE_OK);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(s, 1);
    if (!strstr(final, sql)) {
      print_error("%s is not in final.sql:\n%.700s\n", sqlite3_column_text(s, 0), sql);
      fail();
    }
    length += strlen(sql) + 1;
  }
  sqlite3_finalize(s);
  for (z = final; *z == '\n'; z++) continue;
  want = strlen(z);
  while (want && z[want - 1] == '\n') want--;
  if (length != want + 1) print_error("%d bytes of SQL, not %d\n", (int)length, (int)want + 1);
  assert_int_equal(length, want + 1);
}

static void run_chain(void **state) {
  const char *name = (const char *)*state;
  chain *c = (chain *)calloc(1, sizeof(chain));
  migrate_options options;
  char folder[200], error[2000] = "";
  char *final;
  migrate *m = 0;
  sqlite3 *db = 0;
  int i;
  snprintf(folder, sizeof(folder), "corpus/chains/%s", name);
  read_chain(c, folder);
  final = final_schema(folder);
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  memset(&options, 0, sizeof(options));
  options.errbuf = error;
  options.nerrbuf = (int)sizeof(error);
  migrate_open(db, &options, &m);
  migrate_add(m, c->revision, c->count);
  migrate_upgrade(m, "head");
  if (migrate_close(m) != 0) {
    print_error("%.700s\n", error);
    fail();
  }
  compare_schema(db, final);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  for (i = 0; i < c->count; i++) free(c->text[i]);
  shared_free(c->files, c->nfile);
  free(c);
  free(final);
}

static void no_chains(void **state) {
  (void)state;
  print_message("skipped: there is no %s/corpus/chains\n", shared_folder());
  skip();
}

int main(void) {
  static struct CMUnitTest tests[200];
  char **names;
  int n = shared_list("corpus/chains", "", &names), i, failed;
  if (n < 0) {
    tests[0].name = "chains";
    tests[0].test_func = no_chains;
    return _cmocka_run_group_tests("chains", tests, 1, 0, 0);
  }
  for (i = 0; i < n && i < 200; i++) {
    tests[i].name = names[i];
    tests[i].test_func = run_chain;
    tests[i].initial_state = names[i];
  }
  failed = _cmocka_run_group_tests("chains", tests, (size_t)i, 0, 0);
  shared_free(names, n);
  return failed;
}
