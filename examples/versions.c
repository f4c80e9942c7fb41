/* Two programs of different age on one database: compiled with -DVERSION=1, 2 or 3. The database
** goes up with the newest. What an older one then does depends on what the newer revision said:
**
**   2 adds a column: programs from 1 on may go on beside it (compat)
**   3 renames one: version 1 and 2 are stopped, unless the user lets them take the change back
**
** versions FILE [back] */
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <stdio.h>
#include <string.h>

#ifndef VERSION
#define VERSION 3
#endif

/* A directory in the real program. Here a newer version is the same array, longer. */
static const migrate_revision revisions[] = {
    {"v1", 0, 0, 0, "tasks", 0,
     "CREATE TABLE tasks(id INTEGER PRIMARY KEY, text TEXT);"
     "INSERT INTO tasks(text) VALUES ('water the plants')",
     "DROP TABLE tasks", 0, 0, 0},
    {"v2", "v1", 0, 0, "done", 0,
     "-- compat: v1\nALTER TABLE tasks ADD COLUMN done INTEGER NOT NULL DEFAULT 0",
     "ALTER TABLE tasks DROP COLUMN done", 0, 0, 0},
    {"v3", "v2", 0, 0, "text is title", 0, "ALTER TABLE tasks RENAME COLUMN text TO title",
     "ALTER TABLE tasks RENAME COLUMN title TO text", 0, 0, 0},
};

static void say(void *arg, int level, const char *message) {
  (void)arg;
  if (level == MIGRATE_INFO || level == MIGRATE_WARNING) printf("  %s\n", message);
}

int main(int argc, char **argv) {
  migrate_options options = {0};
  char why[1000] = "";
  sqlite3 *db;
  migrate *m;
  int rc = sqlite3_open(argc > 1 ? argv[1] : "tasks.db", &db);
  /* Going back runs SQL that the database brings along: only when the user asks for it. */
  if (argc > 2 && strcmp(argv[2], "back") == 0) options.flags = MIGRATE_GO_BACK;
  options.log = say;
  options.errbuf = why;
  options.nerrbuf = (int)sizeof(why);
  printf("version %d\n", VERSION);
  if (rc == SQLITE_OK) {
    migrate_open(db, &options, &m);
    migrate_add(m, revisions, VERSION);
    migrate_upgrade(m, "head");
    rc = migrate_close(m);
  }
  if (rc == MIGRATE_NEWER) printf("  the database is newer: update me, or start me with `back`\n");
  else if (rc) printf("  error %d: %s\n", rc, why);
  else printf("  ready\n");
  sqlite3_close(db);
  return rc != 0;
}
