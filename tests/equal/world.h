/* The same revisions run twice: online through the C interface on one database file, offline as a
** script through the stock sqlite3 shell on another. What both hold can then be compared. */
#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dump.h"

typedef struct world {
  char folder[64];
  char online[96], offline[96], script[96];
  const migrate_revision *revisions;
  int nrevision;
  unsigned flags;        /* of migrate_options */
  int keys;              /* foreign keys are on where migrate runs */
  char error[2000];      /* of the last call of the library */
  char said[4000];       /* by the shell */
} world;

static void world_open(world *w) {
  memset(w, 0, sizeof(*w));
  snprintf(w->folder, sizeof(w->folder), "%s/equalXXXXXX",
           getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!mkdtemp(w->folder)) abort();
  snprintf(w->online, sizeof(w->online), "%s/online.db", w->folder);
  snprintf(w->offline, sizeof(w->offline), "%s/offline.db", w->folder);
  snprintf(w->script, sizeof(w->script), "%s/script.sql", w->folder);
}

static void world_close(world *w) {
  remove(w->online);
  remove(w->offline);
  remove(w->script);
  rmdir(w->folder);
}

/* ---- online -----------------------------------------------------------------------------------
 */

static sqlite3 *world_database(const char *path) {
  sqlite3 *db = 0;
  if (sqlite3_open(path, &db) != SQLITE_OK) abort();
  sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0);
  return db;
}

static migrate *world_migrate(world *w, sqlite3 *db) {
  migrate_options options;
  migrate *m = 0;
  memset(&options, 0, sizeof(options));
  options.flags = w->flags;
  options.errbuf = w->error;
  options.nerrbuf = (int)sizeof(w->error);
  w->error[0] = 0;
  if (w->keys) sqlite3_exec(db, "PRAGMA foreign_keys = ON", 0, 0, 0);
  migrate_open(db, &options, &m);
  migrate_add(m, w->revisions, w->nrevision);
  return m;
}

/* Runs "upgrade", "downgrade" or "stamp" on the online database. */
static int world_online(world *w, const char *command, const char *target) {
  sqlite3 *db = world_database(w->online);
  migrate *m = world_migrate(w, db);
  int rc;
  if (strcmp(command, "upgrade") == 0) migrate_upgrade(m, target);
  else if (strcmp(command, "downgrade") == 0) migrate_downgrade(m, target);
  else migrate_stamp(m, target);
  rc = migrate_close(m);
  sqlite3_close(db);
  return rc;
}

/* Runs plain SQL on one of the databases; returns SQLite's code. */
static int world_sql(const char *path, const char *sql) {
  sqlite3 *db = world_database(path);
  int rc = sqlite3_exec(db, sql, 0, 0, 0);
  sqlite3_close(db);
  return rc;
}

/* ---- offline ----------------------------------------------------------------------------------
 */

static char *world_read(const char *path) {
  FILE *f = fopen(path, "rb");
  char *z;
  long n;
  if (!f) return 0;
  fseek(f, 0, SEEK_END);
  n = ftell(f);
  rewind(f);
  z = (char *)calloc(1, (size_t)n + 1);
  if (fread(z, 1, (size_t)n, f) != (size_t)n) abort();
  fclose(f);
  return z;
}

static void world_write(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(text, 1, strlen(text), f) != strlen(text)) abort();
  fclose(f);
}

/* The script that runs `command` over `range` from where the database at `path` is, for free();
** NULL after an error. */
static char *world_script(world *w, const char *path, const char *command, const char *range) {
  sqlite3 *db = world_database(path);
  migrate *m = world_migrate(w, db);
  char *script = 0;
  if (migrate_script(m, command, range, 0) == MIGRATE_OK) {
    size_t n = strlen(migrate_result(m));
    script = (char *)calloc(1, n + 1);
    memcpy(script, migrate_result(m), n);
  }
  migrate_close(m);
  sqlite3_close(db);
  return script;
}

/* Gives a script to the stock shell; what it prints is w->said. Returns its exit status. */
static int world_shell(world *w, const char *flags, const char *script) {
  char command[400];
  size_t n;
  FILE *f;
  world_write(w->script, script);
  snprintf(command, sizeof(command),
           "sqlite3 -batch %s -cmd 'PRAGMA synchronous = OFF' '%s' <'%s' 2>&1", flags, w->offline,
           w->script);
  f = popen(command, "r");
  if (!f) abort();
  n = fread(w->said, 1, sizeof(w->said) - 1, f);
  w->said[n] = 0;
  while (fgetc(f) != EOF) continue;
  return pclose(f);
}

static int world_has_shell(void) { return system("sqlite3 --version >/dev/null 2>&1") == 0; }

/* What FTS5 writes into its tables differs from one version to another. */
static int world_shell_is_ours(void) {
  char command[100];
  snprintf(command, sizeof(command), "sqlite3 --version | grep -q '^%s '", sqlite3_libversion());
  return system(command) == 0;
}

/* ---- comparing ---- */

/* The clock goes on between the two runs: from now on the seconds of this year are XX:XX:XX. */
static void world_stop_clock(sqlite3 *db, char *z) {
  sqlite3_stmt *s = 0;
  char year[8] = "";
  sqlite3_prepare_v2(db, "SELECT strftime('%Y-', 'now')", -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) snprintf(year, sizeof(year), "%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  while ((z = strstr(z, year)) != 0) {
    if (strlen(z) >= 19 && z[7] == '-' && z[13] == ':' && z[16] == ':')
      memcpy(z + 11, "XX:XX:XX", 8);
    z += 5;
  }
}

/* The order of the rows of sqlite_master, and of SQLite's own tables, is no part of what a database
** holds; of the journal the times are left out. sqlite_stat4 is filled where SQLite was compiled
** so, which the shell need not be. */
static char *world_look(const char *path) {
  sqlite3 *db = world_database(path);
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  dump_query(out, db,
             "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name <> 'sqlite_stat4' "
             "ORDER BY type, name, tbl_name");
  sqlite3_prepare_v2(
      db,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name "
      "NOT LIKE 'sqlite~_%' ESCAPE '~' AND name <> 'migrate_journal' ORDER BY name",
      -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    dump_table(out, db, "main", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  dump_query(out, db, "SELECT 'sequence', * FROM sqlite_sequence ORDER BY 2, 3");
  dump_query(out, db, "SELECT 'stat1', * FROM sqlite_stat1 ORDER BY 2, 3, 4");
  dump_query(out, db,
             "SELECT 'journal', id, revision, direction, state, typeof(applied_at), checksum, "
             "message, down_revision, depends_on, compat, downgrade, downgrade_outside FROM "
             "migrate_journal ORDER BY id");
  dump_query(out, db, "PRAGMA integrity_check");
  dump_query(out, db, "SELECT * FROM pragma_foreign_key_check ORDER BY 1, 2, 3, 4");
  world_stop_clock(db, sqlite3_str_value(out));
  sqlite3_close(db);
  return sqlite3_str_finish(out);
}

/* 1 where both databases hold the same; else tells where they first differ. */
static int world_same(world *w, const char *what) {
  char line[600];
  char *online = world_look(w->online), *offline = world_look(w->offline);
  int same = !dump_differs(online, offline, line, sizeof(line));
  if (!same) printf("%s: online and offline differ\n%s\n%s", what, line, w->said);
  sqlite3_free(online);
  sqlite3_free(offline);
  return same;
}

/* Both databases become empty, or a copy of the online one. */
static void world_reset(world *w) {
  remove(w->online);
  remove(w->offline);
}

static void world_copy(world *w) {
  sqlite3 *from = world_database(w->online), *to;
  sqlite3_backup *backup;
  remove(w->offline);
  to = world_database(w->offline);
  backup = sqlite3_backup_init(to, "main", from, "main");
  if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE) abort();
  sqlite3_backup_finish(backup);
  sqlite3_close(from);
  sqlite3_close(to);
}

/* Runs the script of a command in the shell. Returns 0, or what refused: the shell, or the library
** that made no script, w->error. */
static int world_offline(world *w, const char *command, const char *target) {
  char *script = world_script(w, w->offline, command, target);
  int status = script ? world_shell(w, "-bail", script) : -1;
  if (!script) snprintf(w->said, sizeof(w->said), "%s", w->error);
  free(script);
  return status;
}

/* From the same database in both places: runs a command online and its script in the shell. 1 where
** both end in the same database, which is the one before where they refuse. */
static int world_both(world *w, const char *what, const char *command, const char *target) {
  char *before = world_look(w->offline), *after;
  int status = world_offline(w, command, target), rc, same;
  after = world_look(w->offline);
  rc = world_online(w, command, target);
  same = (rc == 0) == (status == 0);
  if (!same) printf("%s: online %d %.700s\noffline %d %s\n", what, rc, w->error, status, w->said);
  if (status && strcmp(before, after) != 0) {
    printf("%s: refused, but something was changed\n%s\n", what, w->said);
    same = 0;
  }
  if (same) same = world_same(w, what);
  sqlite3_free(before);
  sqlite3_free(after);
  return same;
}

#endif
