/* Chains of real migrations: every file of an application becomes a revision, one call upgrades an
** empty database through them all, and its objects are those of the chain's final.sql, text for
** text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"
#include "each_chain.h"

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

/* What a text means, roughly: without comments, white space and the kinds of quotes. Two things are
** ours on purpose: DROP COLUMN keeps the comment of the next column, where SQLite takes it along,
** and a renamed name keeps its kind of quotes. */
static char *meaning(const char *sql) {
  char *copy = (char *)malloc(strlen(sql) + 1), *out = copy;
  while (*sql) {
    if (sql[0] == '-' && sql[1] == '-') {
      while (*sql && *sql != '\n') sql++;
    } else {
      if (!strchr(" \t\r\n\"`[]", *sql)) *out++ = *sql;
      sql++;
    }
  }
  *out = 0;
  return copy;
}

/* Every object must stand in final.sql, byte for byte or with the same meaning, and nothing else
** may. */
static void compare_schema(sqlite3 *db, const char *final) {
  sqlite3_stmt *s = 0;
  size_t length = 0;
  char *want = meaning(final);
  int respelled = 0;
  assert_int_equal(sqlite3_prepare_v2(db, objects, -1, &s, 0), SQLITE_OK);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(s, 1);
    char *mine = meaning(sql);
    if (!strstr(want, mine)) {
      print_error("%s is not in final.sql:\n%.700s\n", sqlite3_column_text(s, 0), sql);
      fail();
    }
    respelled += !strstr(final, sql);
    length += strlen(mine);
    free(mine);
  }
  sqlite3_finalize(s);
  if (respelled) print_message("%d objects with another comment or kind of quotes\n", respelled);
  assert_int_equal(length, strlen(want));
  free(want);
}

static void run_chain(void **state) {
  const char *name = (const char *)*state;
  chain *c = (chain *)calloc(1, sizeof(chain));
  migrate_options options;
  char folder[200], error[2000] = "";
  char *final;
  migrate *m = 0;
  sqlite3 *db = 0;
  if (shared_lacks(name)) {
    print_message("skipped: SQLite %s has no %s\n", sqlite3_libversion(), shared_lacks(name));
    free(c);
    skip();
  }
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
  free_chain(c);
  free(final);
}

int main(void) { return run_chains("chains"); }
