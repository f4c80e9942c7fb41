/* The start of a service or an application: launch FILE. Its database is opened, brought to the
** program's revision and used. All settings come from the program; whatever may go wrong ends in a
** code to act on and a sentence to show. Shown as well: a log, a revision with a C function. */
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <stdio.h>

/* ---- revisions ---- */

/* What SQL alone cannot say: each title gets a slug. Runs inside the run's transaction. */
static int fill_slugs(sqlite3 *db, void *arg) {
  sqlite3_stmt *read = 0, *write = 0;
  int rc = sqlite3_prepare_v2(db, "SELECT id, lower(title) FROM notes", -1, &read, 0);
  (void)arg;
  if (rc == SQLITE_OK) {
    rc = sqlite3_prepare_v2(db, "UPDATE notes SET slug = ?2 WHERE id = ?1", -1, &write, 0);
  }
  while (rc == SQLITE_OK && sqlite3_step(read) == SQLITE_ROW) {
    char slug[41];
    int n = 0;
    const unsigned char *c = sqlite3_column_text(read, 1);
    for (; c && *c && n < 40; c++) {
      int letter = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
      if (letter || (n > 0 && slug[n - 1] != '-')) slug[n++] = letter ? (char)*c : '-';
    }
    sqlite3_bind_int64(write, 1, sqlite3_column_int64(read, 0));
    sqlite3_bind_text(write, 2, slug, n, SQLITE_TRANSIENT);
    sqlite3_step(write);
    rc = sqlite3_reset(write);
  }
  sqlite3_finalize(read);
  sqlite3_finalize(write);
  return rc;
}

static const migrate_revision revisions[] = {
  {"a1", 0, 0, 0, "notes", "2025-01-10",
   "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT, stars TEXT);"
   "CREATE INDEX notes_title ON notes(title);"
   "INSERT INTO notes(title, stars) VALUES ('First things first', '3'), ('The end', '5');",
   "DROP TABLE notes", 0, 0, 0},
  {"b2", "a1", 0, 0, "slugs", "2025-02-14", "ALTER TABLE notes ADD COLUMN slug TEXT AFTER title",
   "ALTER TABLE notes DROP COLUMN slug", fill_slugs, 0, 0},
  {"c3", "b2", 0, 0, "stars are numbers from 1 to 5", "2025-03-21",
   "ALTER TABLE notes"
   "  ALTER COLUMN slug SET NOT NULL,"
   "  ADD CONSTRAINT notes_slug_key UNIQUE (slug),"
   "  ALTER COLUMN stars TYPE INTEGER USING CAST(stars AS INTEGER),"
   "  ADD CONSTRAINT notes_stars_check CHECK (stars BETWEEN 1 AND 5)",
   "ALTER TABLE notes"
   "  DROP CONSTRAINT notes_stars_check,"
   "  ALTER COLUMN stars TYPE TEXT,"
   "  DROP CONSTRAINT notes_slug_key,"
   "  ALTER COLUMN slug DROP NOT NULL",
   0, 0, 0},
};

/* ---- the start ---- */

static void log_line(void *arg, int level, const char *message) {
  (void)arg;
  if (level >= MIGRATE_INFO) fprintf(stderr, "launch: %s\n", message);
}

/* Opens the database at the program's revision. Returns 0, or a code of SQLite's (above 0) or
** migrate's (below 0); why says it in words. On failure the database is as it was, and *db NULL. */
static int start(const char *path, sqlite3 **db, char *why, int nwhy) {
  migrate_options options = {0};
  migrate *m = 0;
  int rc = path && *path ? sqlite3_open(path, db) : MIGRATE_CONFIG;
  sqlite3_snprintf(nwhy, why, "%s", rc < 0 ? "no database is named" : sqlite3_errmsg(*db));
  options.log = log_line;
  options.busy_timeout = 500; /* ms that another program may hold the database */
  options.errbuf = why;
  options.nerrbuf = nwhy;
  if (rc == SQLITE_OK) {
    migrate_open(*db, &options, &m);
    migrate_add(m, revisions, (int)(sizeof(revisions) / sizeof(revisions[0])));
    migrate_upgrade(m, "head");
    rc = migrate_close(m);
  }
  if (rc) {
    sqlite3_close(*db);
    *db = 0;
  }
  return rc;
}

/* What the user reads. The message itself is for whoever helps the user. */
static const char *advice(int code) {
  switch (code > 0 ? code & 0xff : code) { /* SQLite's codes may be extended ones */
    case MIGRATE_CONFIG: return "Please say where the notes are: launch FILE.";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return "The notes cannot be opened. Is the folder there, and yours?";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return "The file is damaged, or not ours. Please restore a backup.";
    case SQLITE_BUSY: return "Another program uses the notes. Please close it and start again.";
    case SQLITE_FULL: return "The disk is full. Please make room and start again.";
    case MIGRATE_NEWER: return "The notes belong to a newer version. Please update this program.";
    default: return "The notes could not be brought up to date and are as they were.";
  }
}

/* ---- the application ---- */

static int print_note(void *arg, int n, char **values, char **names) {
  (void)arg;
  (void)n;
  (void)names;
  printf("%s: %s, %s stars\n", values[0], values[1], values[2]);
  return 0;
}

int main(int argc, char **argv) {
  sqlite3 *db = 0;
  char why[1000];
  int rc = start(argc > 1 ? argv[1] : 0, &db, why, (int)sizeof(why));
  if (rc) {
    fprintf(stderr, "%s\nlaunch: code %d: %s\n", advice(rc), rc, why);
    return 1;
  }
  sqlite3_exec(db, "SELECT slug, title, stars FROM notes", print_note, 0, 0);
  sqlite3_close(db);
  return 0;
}
