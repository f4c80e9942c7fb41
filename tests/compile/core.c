/* The extension linked into a program (SQLITE_CORE). Prints the names of what it registers. */
#include <sqlite3.h>
#include <stdio.h>

int sqlite3_migrate_init(sqlite3 *db, char **error, const void *api);

static void print_names(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) printf("%s\n", (const char *)sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
}

int main(void) {
  sqlite3 *db = 0;
  int rc = sqlite3_open(":memory:", &db);
  if (rc == SQLITE_OK) rc = sqlite3_migrate_init(db, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_migrate_init(db, 0, 0); /* a second time does no harm */
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, "SELECT migrate_version()", 0, 0, 0);
  print_names(db, "SELECT DISTINCT name FROM pragma_function_list WHERE name LIKE 'migrate%'");
  print_names(db, "SELECT name FROM pragma_module_list WHERE name LIKE 'migrate%'");
  if (rc != SQLITE_OK) printf("error %d: %s\n", rc, sqlite3_errmsg(db));
  sqlite3_close(db);
  return rc == SQLITE_OK ? 0 : 1;
}
