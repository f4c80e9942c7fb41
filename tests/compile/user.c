/* A part of a program that uses the public copy of another file. */
#include "migrate.h"

#ifdef __cplusplus
extern "C"
#endif
    int
    other_copy(sqlite3 *db);

int other_copy(sqlite3 *db) {
  migrate *m = 0;
  migrate_open(db, 0, &m);
  migrate_exec(m, "CREATE TABLE b(x); ALTER TABLE b ADD COLUMN y");
  return migrate_close(m);
}
