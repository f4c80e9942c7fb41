/* Rows for any schema, as odd as its rules let them be. */
#ifndef ROWS_H
#define ROWS_H

#include <sqlite3.h>
#include <string.h>

/* Eats the SQL. */
static void rows_run(sqlite3 *db, char *sql) {
  sqlite3_exec(db, sql, 0, 0, 0);
  sqlite3_free(sql);
}

/* The value of one column in row i: five styles in turn, so that at least one satisfies most
** CHECKs; all but the second give each row a value of its own, for keys. */
static void rows_put_value(sqlite3_str *out, const char *type, int i) {
  int number = type && (strstr(type, "INT") || strstr(type, "int"));
  int real = type && (strstr(type, "REAL") || strstr(type, "real") || strstr(type, "DOUB"));
  int style = i % 5;
  if (style == 4) {
    sqlite3_str_appendf(out, "NULL");
  } else if (style == 1) {
    sqlite3_str_appendf(out, "%d", i / 5 % 2);
  } else if (style == 3) {
    sqlite3_str_appendf(out, "lower(hex(zeroblob(12)))||'%08d'", i);
  } else if (number) {
    sqlite3_str_appendf(out, "%d", i + 1);
  } else if (real) {
    sqlite3_str_appendf(out, "%d.5", i);
  } else if (style == 2) {
    sqlite3_str_appendf(out, "x'00ff%04x'", i);
  } else {
    sqlite3_str_appendf(out, "'text %d'", i);
  }
}

/* One row; NULL goes into no column that says NOT NULL. A row that breaks a rule is left out. */
static void rows_insert(sqlite3 *db, const char *table, int i) {
  char *sql = sqlite3_mprintf(
      "SELECT name, type, \"notnull\" FROM pragma_table_xinfo(%Q) WHERE hidden = 0", table);
  sqlite3_str *names = sqlite3_str_new(0), *values = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  char *insert;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *comma = sqlite3_str_length(names) ? "," : "";
    int style = i % 5 == 4 && sqlite3_column_int(s, 2) ? i - 4 : i;
    sqlite3_str_appendf(names, "%s\"%w\"", comma, sqlite3_column_text(s, 0));
    sqlite3_str_appendall(values, comma);
    rows_put_value(values, (const char *)sqlite3_column_text(s, 1), style);
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  insert = sqlite3_mprintf("INSERT OR IGNORE INTO main.\"%w\"(%s) VALUES(%s)", table,
                           sqlite3_str_value(names), sqlite3_str_value(values));
  sqlite3_free(sqlite3_str_finish(names));
  sqlite3_free(sqlite3_str_finish(values));
  rows_run(db, insert);
}

/* Orphans go, round after round, since a row may be another's parent. */
static void rows_delete_orphans(sqlite3 *db) {
  int round, rc = SQLITE_ROW;
  for (round = 0; round < 20 && rc == SQLITE_ROW; round++) {
    sqlite3_stmt *s = 0;
    sqlite3_str *sql = sqlite3_str_new(0);
    sqlite3_prepare_v2(db, "SELECT \"table\", rowid FROM pragma_foreign_key_check", -1, &s, 0);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
      const char *table = (const char *)sqlite3_column_text(s, 0);
      if (sqlite3_column_type(s, 1) == SQLITE_NULL) {
        sqlite3_str_appendf(sql, "DELETE FROM \"%w\";", table);
      } else {
        sqlite3_str_appendf(sql, "DELETE FROM \"%w\" WHERE rowid=%lld;", table,
                            sqlite3_column_int64(s, 1));
      }
    }
    sqlite3_finalize(s);
    rc = sqlite3_str_length(sql) ? SQLITE_ROW : SQLITE_DONE;
    rows_run(db, sqlite3_str_finish(sql));
  }
}

/* Ordinary tables: not SQLite's own, no virtual table and none of its shadows. */
static const char rows_tables[] =
    "SELECT name FROM sqlite_master AS o WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%'"
    "   AND substr(o.name, 1, length(v.name) + 1) = v.name || '_') ORDER BY name";

static int rows_table_names(sqlite3 *db, char **names, int max) {
  sqlite3_stmt *s = 0;
  int n = 0;
  sqlite3_prepare_v2(db, rows_tables, -1, &s, 0);
  while (n < max && sqlite3_step(s) == SQLITE_ROW) {
    names[n++] = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return n;
}

static void rows_fill(sqlite3 *db, char **names, int n, int rows) {
  int i, row;
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  sqlite3_exec(db, "PRAGMA foreign_keys=OFF; BEGIN", 0, 0, 0);
  for (i = 0; i < n; i++) {
    for (row = 0; row < rows; row++) rows_insert(db, names[i], row);
  }
  rows_delete_orphans(db);
  sqlite3_exec(db, "COMMIT", 0, 0, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, (int *)0);
}

#endif
