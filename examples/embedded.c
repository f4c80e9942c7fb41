/* A small device: no files but the database, no stdio in migrate, a limit on memory, revisions as
** constants. Compile with -Os -DMIGRATE_NO_STDIO -DMIGRATE_NO_TOOLS; with -DMIGRATE_NO_ALTER it is
** less than half as large, and changes its table in SQLite's own SQL. It prints what the upgrade
** took of SQLite's memory, which is all that migrate uses. */
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <stdio.h> /* the program's own, for its console */

#define HEAP (1024 * 1024) /* bytes; beyond them SQLite answers SQLITE_NOMEM, and all is undone */

static const migrate_revision revisions[] = {
  {"1", 0, 0, 0, "measurements", 0,
   "CREATE TABLE measured(at INTEGER PRIMARY KEY, celsius TEXT);"
   "INSERT INTO measured WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < "
   "20000) SELECT i * 60, '2' || (i % 10) || '.5' FROM c",
   "DROP TABLE measured", 0, 0, 0},
#ifndef MIGRATE_NO_ALTER
  {"2", "1", 0, 0, "degrees are numbers", 0,
   "ALTER TABLE measured ALTER COLUMN celsius TYPE REAL, ALTER COLUMN celsius SET NOT NULL",
   "ALTER TABLE measured ALTER COLUMN celsius DROP NOT NULL, ALTER COLUMN celsius TYPE TEXT", 0, 0,
   0},
#else /* which is all right where nothing else hangs on the table */
  {"2", "1", 0, 0, "degrees are numbers", 0,
   "CREATE TABLE numbers(at INTEGER PRIMARY KEY, celsius REAL NOT NULL);"
   "INSERT INTO numbers SELECT at, celsius FROM measured;"
   "DROP TABLE measured; ALTER TABLE numbers RENAME TO measured",
   "CREATE TABLE texts(at INTEGER PRIMARY KEY, celsius TEXT);"
   "INSERT INTO texts SELECT at, celsius FROM measured;"
   "DROP TABLE measured; ALTER TABLE texts RENAME TO measured", 0, 0, 0},
#endif
};

int main(int argc, char **argv) {
  migrate_options options = {0};
  char why[200] = ""; /* a message is cut to what there is room for */
  sqlite3 *db;
  migrate *m;
  int rc = sqlite3_open(argc > 1 ? argv[1] : "device.db", &db);
  if (rc == SQLITE_OK) {
    sqlite3_hard_heap_limit64(HEAP);
    sqlite3_exec(db, "PRAGMA cache_size = -200", 0, 0, 0); /* KB */
    options.errbuf = why;
    options.nerrbuf = (int)sizeof(why);
    options.busy_timeout = -1; /* nobody else is there */
    migrate_open(db, &options, &m);
    migrate_add(m, revisions, 2);
    migrate_upgrade(m, "head");
    rc = migrate_close(m);
  }
  if (rc) printf("error %d: %s\n", rc, why);
  else printf("ready, at most %d KB of memory\n", (int)(sqlite3_memory_highwater(0) / 1024));
  sqlite3_close(db);
  return rc != 0;
}
