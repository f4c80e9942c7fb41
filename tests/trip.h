/* A trip: the revision that leads a database to a target schema is written, run and taken back, and
** what it should have kept is compared. */
#ifndef TRIP_H
#define TRIP_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char trip_folder[] = "/tmp/migrate-trip-XXXXXX";

typedef struct trip_report {
  const char *name; /* of the step, in messages; NULL: be silent */
  int written;      /* the revision was written */
  int up;           /* 0, or the code that the upgrade ended with */
  int announced;    /* its review list says "fails here" */
  int arrived;      /* the difference to the target is empty */
  int down;         /* 0, or the code that the downgrade ended with */
  int returned;     /* the difference to what was is empty */
  int same_texts;   /* every text is what it was, byte for byte */
  int kept;         /* columns that both schemas have kept their values */
  char words[600];  /* the first error */
} trip_report;

/* ---- schemas ---- */

/* The user's objects of a database, in order, as one script; for sqlite3_free(). */
static char *trip_schema(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db,
                     "SELECT sql FROM sqlite_master AS o WHERE sql IS NOT NULL"
                     " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                     " AND name NOT IN ('alembic_version', 'migrate_journal')"
                     " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v"
                     "   WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%' AND o.type = 'table'"
                     "   AND substr(o.name, 1, length(v.name) + 1) = v.name || '_')"
                     " ORDER BY rowid",
                     -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_str_appendf(out, "%s\n;\n", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_str_appendall(out, " ");
  return sqlite3_str_finish(out);
}

/* The same, without regard to the order. */
static char *trip_texts(sqlite3 *db) {
  sqlite3_stmt *s = 0;
  char *z = 0;
  sqlite3_prepare_v2(db,
                     "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master"
                     " WHERE name NOT IN ('alembic_version', 'migrate_journal') AND name NOT LIKE"
                     " 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name)",
                     -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(s, 0);
    z = sqlite3_mprintf("%s", text ? text : "");
  }
  sqlite3_finalize(s);
  return z;
}

static sqlite3 *trip_copy(sqlite3 *from) {
  sqlite3 *db = 0;
  sqlite3_backup *b;
  sqlite3_open(":memory:", &db);
  b = sqlite3_backup_init(db, "main", from, "main");
  sqlite3_backup_step(b, -1);
  sqlite3_backup_finish(b);
  return db;
}

/* ---- rows ---- */

/* The columns that a table has in both databases, stored, of one type; NULL for none. */
static char *trip_common(sqlite3 *db, sqlite3 *other, const char *table) {
  static const char columns[] =
      "SELECT name, upper(type) FROM pragma_table_xinfo(%Q) WHERE hidden = 0";
  char *mine = sqlite3_mprintf(columns, table);
  sqlite3_str *list = sqlite3_str_new(0);
  sqlite3_stmt *s = 0, *t = 0;
  char *theirs = sqlite3_mprintf(
      "SELECT 1 FROM pragma_table_xinfo(%Q) WHERE hidden = 0"
      " AND name = ?1 AND upper(type) = ?2",
      table);
  sqlite3_prepare_v2(db, mine, -1, &s, 0);
  sqlite3_prepare_v2(other, theirs, -1, &t, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_bind_value(t, 1, sqlite3_column_value(s, 0));
    sqlite3_bind_value(t, 2, sqlite3_column_value(s, 1));
    if (sqlite3_step(t) == SQLITE_ROW) {
      sqlite3_str_appendf(list, "%squote(\"%w\")", sqlite3_str_length(list) ? "||','||" : "",
                          sqlite3_column_text(s, 0));
    }
    sqlite3_reset(t);
  }
  sqlite3_finalize(s);
  sqlite3_finalize(t);
  sqlite3_free(mine);
  sqlite3_free(theirs);
  return sqlite3_str_finish(list);
}

static char *trip_values(sqlite3 *db, const char *table, const char *columns) {
  char *sql = sqlite3_mprintf(
      "SELECT group_concat(x, char(10)) FROM (SELECT %s AS x FROM \"%w\""
      " ORDER BY 1)",
      columns, table);
  sqlite3_stmt *s = 0;
  char *z = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(s, 0);
    z = sqlite3_mprintf("%s", text ? text : "");
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return z;
}

/* Do the tables of `before` have the same values in `db`, in the columns that `after` has too? */
static int trip_keeps(sqlite3 *before, sqlite3 *after, sqlite3 *db, const char *name) {
  sqlite3_stmt *s = 0;
  int same = 1;
  sqlite3_prepare_v2(before,
                     "SELECT name FROM sqlite_master AS o WHERE type = 'table' AND sql LIKE"
                     " 'CREATE TABLE%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                     " AND name NOT IN ('alembic_version', 'migrate_journal')"
                     " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v"
                     "   WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%'"
                     "   AND substr(o.name, 1, length(v.name) + 1) = v.name || '_')",
                     -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *table = (const char *)sqlite3_column_text(s, 0);
    char *columns = trip_common(before, after, table);
    char *was = columns ? trip_values(before, table, columns) : 0;
    char *is = columns ? trip_values(db, table, columns) : 0;
    if (columns && (!was || !is || strcmp(was, is) != 0)) {
      same = 0;
      if (name)
        print_message("  %s: values of %s differ\n   %.300s\n   %.300s\n", name, table, was,
                      is ? is : "(error)");
    }
    sqlite3_free(was);
    sqlite3_free(is);
    sqlite3_free(columns);
  }
  sqlite3_finalize(s);
  return same;
}

/* ---- the way there and back ---- */

static int trip_row(void *arg, const migrate_difference *d) {
  trip_report *r = (trip_report *)arg;
  if (!r->words[0]) sqlite3_snprintf(sizeof(r->words), r->words, "left over: %s", d->sql);
  return 0;
}

static void trip_says(trip_report *r, migrate *m) {
  if (!r->words[0]) sqlite3_snprintf(sizeof(r->words), r->words, "%s", migrate_errmsg(m));
}

static int trip_equals(trip_report *r, sqlite3 *db, const char *target) {
  migrate *m = 0;
  int before = r->words[0] != 0;
  migrate_open(db, 0, &m);
  if (migrate_diff(m, target, trip_row, r)) trip_says(r, m);
  migrate_close(m);
  return before || !r->words[0];
}

static migrate *trip_migrate(sqlite3 *db) {
  migrate *m = 0;
  migrate_open(db, 0, &m);
  migrate_set(m, "script_location", trip_folder);
  migrate_set(m, "file_template", "%(rev)s");
  migrate_add_directory(m, 0);
  return m;
}

static void trip_path(char path[300]) {
  sqlite3_snprintf(300, path, "%s/versions/r1.sql", trip_folder);
}

/* The revision's text, "" for none; for sqlite3_free(). */
static char *trip_text(void) {
  char path[300], piece[2000];
  sqlite3_str *out = sqlite3_str_new(0);
  size_t n;
  FILE *f;
  trip_path(path);
  f = fopen(path, "r");
  while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0) sqlite3_str_append(out, piece, (int)n);
  if (f) fclose(f);
  sqlite3_str_appendall(out, " ");
  return sqlite3_str_finish(out);
}

static int trip_write(trip_report *r, sqlite3 *db, const char *target) {
  migrate *m;
  migrate_new_options o;
  char path[300], *text;
  trip_path(path);
  unlink(path);
  m = trip_migrate(db);
  memset(&o, 0, sizeof(o));
  o.autogenerate = 1;
  o.rev_id = "r1";
  o.target = target;
  if (migrate_new_revision(m, "step", &o, 0)) trip_says(r, m);
  r->written = migrate_close(m) == 0;
  text = trip_text();
  r->announced = strstr(text, "fails here") != 0;
  sqlite3_free(text);
  return r->written;
}

static int trip_run(trip_report *r, sqlite3 *db, int up) {
  migrate *m = trip_migrate(db);
  int code = up ? migrate_upgrade(m, "head") : migrate_downgrade(m, "base");
  if (code) trip_says(r, m);
  migrate_close(m);
  return code;
}

/* There and back, on a copy. 1: all is as it should be. */
static int trip(trip_report *r, sqlite3 *before, const char *target) {
  sqlite3 *db = trip_copy(before), *after = 0;
  char *was = trip_schema(before), *texts = trip_texts(before), *now;
  if (trip_write(r, db, target) && (r->up = trip_run(r, db, 1)) == 0) {
    r->arrived = trip_equals(r, db, target);
    after = trip_copy(db);
    r->kept = trip_keeps(before, after, db, r->name);
    if ((r->down = trip_run(r, db, 0)) == 0) {
      r->returned = trip_equals(r, db, was);
      r->kept = trip_keeps(before, after, db, r->name) && r->kept;
      now = trip_texts(db);
      r->same_texts = strcmp(now, texts) == 0;
      if (getenv("TEXTS") && !r->same_texts) {
        fprintf(stderr, "==== %s\n%s\n---- is now\n%s\n====\n", r->name, texts, now);
      }
      sqlite3_free(now);
    }
  }
  sqlite3_close(after);
  sqlite3_close(db);
  sqlite3_free(was);
  sqlite3_free(texts);
  return r->arrived && r->returned && r->kept;
}

static int trip_begin(void) {
  char path[300];
  if (!mkdtemp(trip_folder)) return 0;
  sqlite3_snprintf(sizeof(path), path, "%s/versions", trip_folder);
  return mkdir(path, 0700) == 0;
}

static void trip_end(void) {
  char path[300];
  trip_path(path);
  unlink(path);
  sqlite3_snprintf(sizeof(path), path, "%s/versions", trip_folder);
  rmdir(path);
  rmdir(trip_folder);
}

#endif
