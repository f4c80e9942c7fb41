/* What a database holds, as text that two moments can be compared by: every value with its storage
** class and all of its bytes, every row with its rowid. */
#ifndef DUMP_H
#define DUMP_H

#include <sqlite3.h>
#include <string.h>

static void dump_bytes(sqlite3_str *out, const unsigned char *z, int n) {
  int i;
  for (i = 0; i < n; i++) {
    if (z[i] >= ' ' && z[i] < 127 && z[i] != '\\') {
      sqlite3_str_appendchar(out, 1, (char)z[i]);
    } else {
      sqlite3_str_appendf(out, "\\%02x", z[i]);
    }
  }
}

static void dump_value(sqlite3_str *out, sqlite3_stmt *s, int i) {
  static const char letter[] = "?irtbn"; /* by the numbers of SQLite's types */
  int type = sqlite3_column_type(s, i);
  double real;
  sqlite3_uint64 bits;
  sqlite3_str_appendf(out, "|%c", letter[type]);
  if (type == SQLITE_INTEGER) {
    sqlite3_str_appendf(out, "%lld", sqlite3_column_int64(s, i));
  } else if (type == SQLITE_FLOAT) {
    real = sqlite3_column_double(s, i);
    memcpy(&bits, &real, sizeof(bits));
    sqlite3_str_appendf(out, "%g %llx", real, bits);
  } else if (type != SQLITE_NULL) {
    const unsigned char *z = (const unsigned char *)sqlite3_column_blob(s, i);
    dump_bytes(out, z, sqlite3_column_bytes(s, i));
  }
}

/* The rows of a query, a line each; its error, when it has one. Returns 0 where it cannot even be
** prepared, and says nothing then. */
static int dump_query(sqlite3_str *out, sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  int i, rc;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) return 0;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(s); i++) dump_value(out, s, i);
    sqlite3_str_appendchar(out, 1, '\n');
  }
  if (rc != SQLITE_DONE) sqlite3_str_appendf(out, "error: %s\n", sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return 1;
}

/* Of the names of a rowid the first that no column of the table has; NULL when all are taken. */
static const char *dump_rowid_name(sqlite3 *db, const char *schema, const char *table) {
  static const char *const name[] = {"rowid", "_rowid_", "oid"};
  const char *found = 0;
  int i;
  for (i = 0; !found && i < 3; i++) {
    sqlite3_stmt *s = 0;
    sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_xinfo(?1,?3) WHERE lower(name)=?2", -1, &s,
                       0);
    sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, name[i], -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, schema, -1, SQLITE_STATIC);
    if (sqlite3_step(s) != SQLITE_ROW) found = name[i];
    sqlite3_finalize(s);
  }
  return found;
}

/* One table's rows in its own order, with the rowid where there is one that can be named. */
static void dump_table(sqlite3_str *out, sqlite3 *db, const char *schema, const char *table) {
  const char *rowid = dump_rowid_name(db, schema, table);
  char *named = sqlite3_mprintf("SELECT %s,* FROM \"%w\".\"%w\" NOT INDEXED", rowid, schema, table);
  char *plain = sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\"", schema, table);
  sqlite3_str_appendf(out, "table %s.%s\n", schema, table);
  if (!(rowid && dump_query(out, db, named)) && !dump_query(out, db, plain)) {
    sqlite3_str_appendf(out, "error: %s\n", sqlite3_errmsg(db));
  }
  sqlite3_free(named);
  sqlite3_free(plain);
}

/* The texts of all objects of one schema, in the order in which they are stored: nothing for the
** temp schema while it is empty, since SQLite itself makes it when somebody looks. */
static void dump_objects(sqlite3_str *out, sqlite3 *db, const char *schema) {
  char *sql = sqlite3_mprintf(
      "SELECT %Q,type,name,tbl_name,sql FROM \"%w\".sqlite_master ORDER BY rowid", schema, schema);
  if (!dump_query(out, db, sql)) sqlite3_str_appendf(out, "error: %s\n", sqlite3_errmsg(db));
  sqlite3_free(sql);
}

/* Every object and every row of every schema of a connection. */
static void dump_database(sqlite3_str *out, sqlite3 *db) {
  sqlite3_stmt *schemas = 0, *tables = 0;
  sqlite3_prepare_v2(db, "SELECT name FROM pragma_database_list", -1, &schemas, 0);
  while (sqlite3_step(schemas) == SQLITE_ROW) {
    const char *schema = (const char *)sqlite3_column_text(schemas, 0);
    char *sql = sqlite3_mprintf(
        "SELECT name FROM \"%w\".sqlite_master WHERE type='table' ORDER BY name", schema);
    dump_objects(out, db, schema);
    sqlite3_prepare_v2(db, sql, -1, &tables, 0);
    while (sqlite3_step(tables) == SQLITE_ROW) {
      dump_table(out, db, schema, (const char *)sqlite3_column_text(tables, 0));
    }
    sqlite3_finalize(tables);
    sqlite3_free(sql);
  }
  sqlite3_finalize(schemas);
}

static int dump_shown(const char *line) {
  size_t n = strcspn(line, "\n");
  return n < 200 ? (int)n : 200;
}

/* Tells where two texts first differ, with what stands before it in that line, into a buffer.
** Returns 0 where they do not. */
static int dump_differs(const char *before, const char *after, char *line, size_t size) {
  size_t at = 0, start = 0;
  while (before[at] && before[at] == after[at]) {
    at++;
    if (before[at - 1] == '\n') start = at;
  }
  if (before[at] == after[at]) return 0;
  if (at > start + 100) start = at - 100;
  sqlite3_snprintf((int)size, line, "was: %.*s\n is: %.*s", dump_shown(before + start),
                   before + start, dump_shown(after + start), after + start);
  return 1;
}
#endif
