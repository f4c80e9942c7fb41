/* What must be as before or as after: the objects and rows of the main database, of the journal
** what is the same in each run, and what SQLite's checks say. */
#ifndef IMAGE_H
#define IMAGE_H

#include "dump.h"

/* For sqlite3_free(). */
static char *image(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *tables = 0;
  dump_objects(out, db, "main");
  sqlite3_prepare_v2(db,
                     "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name <> "
                     "'migrate_journal' ORDER BY name",
                     -1, &tables, 0);
  while (sqlite3_step(tables) == SQLITE_ROW) {
    dump_table(out, db, "main", (const char *)sqlite3_column_text(tables, 0));
  }
  sqlite3_finalize(tables);
  dump_query(out, db, "SELECT id, revision, direction, state FROM migrate_journal");
  dump_query(out, db, "PRAGMA integrity_check");
  dump_query(out, db, "PRAGMA foreign_key_check");
  return sqlite3_str_finish(out);
}

#endif
