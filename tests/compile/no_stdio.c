/* The header without stdio: a run with a backup, the backup put back, and again; a run that fails
** leaves no copy. Nothing that needs files of its own is there. */
#define MIGRATE_NO_STDIO
#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include <stdio.h> /* the program's own */

static const migrate_revision revisions[] = {
    {"1", 0, 0, 0, 0, 0, "CREATE TABLE t(a TEXT); INSERT INTO t VALUES ('7')", 0, 0, 0, 0},
    {"2", "1", 0, 0, 0, 0, "ALTER TABLE t ALTER a TYPE INTEGER", 0, 0, 0, 0},
    {"3", "2", 0, 0, 0, 0, "INSERT INTO missing VALUES (1)", 0, 0, 0, 0}};

static int upgrade(sqlite3 *db, int n) {
  migrate_options options = {0};
  migrate *m;
  options.backup = "%(database)s.%(revision)s.bak";
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, n);
  migrate_upgrade(m, "head");
  return migrate_close(m);
}

static int restore(sqlite3 *db, const char *path) {
  migrate *m;
  migrate_open(db, 0, &m);
  migrate_restore(m, path);
  return migrate_close(m);
}

static int is(sqlite3 *db, const char *type) {
  sqlite3_stmt *s = 0;
  int same = 0;
  if (sqlite3_prepare_v2(db, "SELECT typeof(a) FROM t", -1, &s, 0) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW) {
    same = sqlite3_stricmp((const char *)sqlite3_column_text(s, 0), type) == 0;
  }
  sqlite3_finalize(s);
  return same;
}

static int there(const char *path) {
  FILE *f = fopen(path, "rb");
  if (f) fclose(f);
  return f != 0;
}

int main(int argc, char **argv) {
  char copy[500];
  sqlite3 *db = 0;
  int bad;
  if (argc < 2 || sqlite3_open(argv[1], &db) != SQLITE_OK) return 2;
  sqlite3_exec(db, "DROP TABLE IF EXISTS t;"
                   "DROP TABLE IF EXISTS alembic_version; DROP TABLE IF EXISTS migrate_journal",
               0, 0, 0);
  sqlite3_snprintf((int)sizeof copy, copy, "%s.1.bak", argv[1]);
  remove(copy);
  bad = upgrade(db, 1) != 0 || !is(db, "text") || there(copy);
  bad = bad || upgrade(db, 2) != 0 || !is(db, "integer") || !there(copy);
  bad = bad || restore(db, copy) != 0 || !is(db, "text");
  remove(copy);
  bad = bad || upgrade(db, 3) != SQLITE_ERROR || !is(db, "text") || there(copy);
  bad = bad || upgrade(db, 2) != 0 || !is(db, "integer") || !there(copy);
  sqlite3_close(db);
  remove(copy);
  remove(argv[1]);
  if (bad) printf("a run without stdio went wrong\n");
  return bad;
}
