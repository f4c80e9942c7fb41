/* The least that a program needs: cc minimal.c -lsqlite3, with migrate.h beside it. */
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include <stdio.h>

static const migrate_revision revisions[] = {
  {.id = "1",
   .message = "create notes",
   .upgrade = "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, stars TEXT);"
              "INSERT INTO notes(text, stars) VALUES ('a', '3'), ('b', '5')",
   .downgrade = "DROP TABLE notes"},
  {.id = "2",
   .down_revision = "1",
   .message = "stars are numbers",
   .upgrade = "ALTER TABLE notes ALTER COLUMN stars TYPE INTEGER, ALTER COLUMN stars SET NOT NULL",
   .downgrade = "ALTER TABLE notes ALTER COLUMN stars DROP NOT NULL, ALTER COLUMN stars TYPE TEXT"},
};

int main(int argc, char **argv) {
  migrate_options options = {0};
  char message[500];
  sqlite3 *db;
  migrate *m;
  int rc = sqlite3_open(argc > 1 ? argv[1] : "notes.db", &db);
  options.errbuf = message;
  options.nerrbuf = sizeof message;

  migrate_open(db, &options, &m);
  migrate_add(m, revisions, 2);
  migrate_upgrade(m, "head");
  if (!migrate_errcode(m)) puts(migrate_result(m));
  if (rc == SQLITE_OK) rc = migrate_close(m);

  if (rc) fprintf(stderr, "notes.db: %s\n", message);
  sqlite3_close(db);
  return rc != 0;
}
