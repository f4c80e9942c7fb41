/* A program that holds two copies: a public one (implementation.c) and a private one, here. */
#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#ifdef __cplusplus
extern "C" {
#endif
int other_copy(sqlite3 *db);
#ifdef __cplusplus
}
#endif

/* The same change with both: a code that is not 0 tells that one failed. */
static int own_copy(sqlite3 *db) {
  migrate *m = 0;
  migrate_open(db, 0, &m);
  migrate_exec(m, "CREATE TABLE a(x); ALTER TABLE a ADD COLUMN y");
  return migrate_close(m);
}

int main(void) {
  sqlite3 *db = 0;
  int rc = sqlite3_open(":memory:", &db);
  if (rc == SQLITE_OK) rc = own_copy(db);
  if (rc == SQLITE_OK) rc = other_copy(db);
  sqlite3_close(db);
  return rc == SQLITE_OK ? 0 : 1;
}
