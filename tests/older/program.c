/* A program of a given AGE, with AGE revisions: `program FILE [back|current|keep|restore COPY]`. It
** prints what was done, or the code and the message. tests/older/run builds it in several ages. */
#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include <stdio.h>

static const migrate_revision revisions[] = {
    {"aa1", 0, 0, 0, "make notes", 0, "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT);"
                                      "INSERT INTO note VALUES(1, 'kept')",
     "DROP TABLE note", 0, 0, 0},
    {"bb2", "aa1", 0, 0, "add a mark", 0, "ALTER TABLE note ADD COLUMN mark INT DEFAULT 0",
     "ALTER TABLE note DROP COLUMN mark", 0, 0, 0},
    {"cc3", "bb2", 0, 0, "text is needed", 0, "ALTER TABLE note ALTER COLUMN text SET NOT NULL",
     "ALTER TABLE note ALTER COLUMN text DROP NOT NULL", 0, 0, 0},
    {"dd4", "cc3", 0, 0, "no way back", 0, "ALTER TABLE note DROP COLUMN mark", 0, 0, 0, 0},
    {"ee5", "dd4", 0, 0, "a way back, but none further", 0,
     "-- compat: bb2\nCREATE INDEX note_text ON note(text)", "DROP INDEX note_text", 0, 0, 0},
};

static int print_row(void *arg, const migrate_history_row *row) {
  (void)arg;
  printf("%s %s\n", row->revision, row->message ? row->message : "(unknown)");
  return 0;
}

int main(int argc, char **argv) {
  migrate_options options;
  sqlite3 *db = 0;
  migrate *m = 0;
  const char *word = argc > 2 ? argv[2] : "";
  memset(&options, 0, sizeof options);
  if (strcmp(word, "back") == 0) options.flags = MIGRATE_GO_BACK;
  if (strcmp(word, "keep") == 0) options.backup = "%(database)s-%(revision)s.bak";
  if (sqlite3_open(argv[1], &db) || migrate_open(db, &options, &m)) return 1;
  migrate_add(m, revisions, AGE);
  if (strcmp(word, "current") == 0) migrate_current(m, print_row, 0);
  else if (strcmp(word, "restore") == 0) migrate_restore(m, argv[3]);
  else migrate_upgrade(m, "head");
  if (migrate_errcode(m)) printf("%d %s\n", migrate_errcode(m), migrate_errmsg(m));
  else if (*migrate_result(m)) printf("%s\n", migrate_result(m));
  migrate_close(m);
  sqlite3_close(db);
  return 0;
}
