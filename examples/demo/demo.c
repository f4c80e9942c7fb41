/* The main job in C, with the revisions of examples/demo/migrations compiled in: demo NEW.db
** fill.sql. The same as demo.sql does in the shell: a database is made from revision 001, filled,
** upgraded, taken back and upgraded again with foreign keys on; rows are counted before and after
** each. */
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "revisions.h"

static const char differing[] =
  "SELECT (SELECT count(*) FROM (SELECT * FROM users EXCEPT SELECT * FROM old_users)) +"
  "  (SELECT count(*) FROM (SELECT * FROM messages EXCEPT SELECT * FROM old_messages)) +"
  "  (SELECT count(*) FROM (SELECT * FROM tasks EXCEPT SELECT * FROM old_tasks)) +"
  "  (SELECT count(*) FROM (SELECT type, name, sql FROM main.sqlite_master"
  "    EXCEPT SELECT * FROM old_schema))";

static const char counted[] = "SELECT line FROM counted";

static void stop(const char *message) {
  fprintf(stderr, "demo: %s\n", message);
  exit(1);
}

/* Prints what a query answers, behind a label. */
static void show(sqlite3 *db, const char *label, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, 0) != SQLITE_OK) stop(sqlite3_errmsg(db));
  if (sqlite3_step(statement) != SQLITE_ROW) stop(sqlite3_errmsg(db));
  printf("%s %s\n", label, (const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
}

/* Runs a file of SQL. */
static void read_sql(sqlite3 *db, const char *path) {
  static char sql[10000];
  FILE *f = fopen(path, "rb");
  if (!f) stop("fill.sql cannot be read");
  sql[fread(sql, 1, sizeof(sql) - 1, f)] = 0;
  fclose(f);
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) stop(sqlite3_errmsg(db));
}

/* Seconds, by the clock of SQLite's own file system layer. */
static double now(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(0);
  sqlite3_int64 t = 0;
  vfs->xCurrentTimeInt64(vfs, &t);
  return (double)t / 1000;
}

/* One upgrade or downgrade, as a program does it at its start: four calls and one check. */
static void run(sqlite3 *db, int (*command)(migrate *, const char *), const char *target) {
  migrate_options options;
  migrate *m;
  char message[1000];
  double start = now();
  memset(&options, 0, sizeof(options));
  options.errbuf = message;
  options.nerrbuf = (int)sizeof(message);
  migrate_open(db, &options, &m);
  migrate_add(m, migrate_revisions, MIGRATE_REVISIONS);
  command(m, target);
  if (!migrate_errcode(m)) printf("%s\n", migrate_result(m));
  if (migrate_close(m)) stop(message);
  printf("it took %.3f s\n", now() - start);
}

int main(int argc, char **argv) {
  sqlite3 *db;
  if (argc != 3) stop("usage: demo NEW.db fill.sql");
  if (sqlite3_open(argv[1], &db) != SQLITE_OK) stop(sqlite3_errmsg(db));
  run(db, migrate_upgrade, "001");
  read_sql(db, argv[2]);
  show(db, "at 001:", counted);
  run(db, migrate_upgrade, "head");
  show(db, "at 005:", counted);
  run(db, migrate_downgrade, "001");
  show(db, "at 001:", counted);
  show(db, "rows and objects that differ from what they were:", differing);
  run(db, migrate_upgrade, "head");
  show(db, "at 005:", counted);
  show(db, "integrity_check:", "PRAGMA integrity_check");
  return sqlite3_close(db) != SQLITE_OK;
}
