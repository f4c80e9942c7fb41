/* Fuzzes the reader of CREATE TABLE: what SQLite takes is read, and as SQLite understands it; every
** piece can be cut out by its span. What SQLite refuses must do no harm. */
#include "fuzz.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/ddl.c"

#include "../ddl_check.h"

/* The open parenthesis stands there already. */
static const char *const fragments[] = {
    "a", "b", "c ", ",", ", ", " ", "(", ")", " INT", " INTEGER", " TEXT", " \"integer\"", " 'x'",
    " VARCHAR(10)", " DECIMAL(10,2)", " [x y]", " PRIMARY KEY", " ASC", " DESC", " AUTOINCREMENT",
    " UNIQUE", " NOT NULL", " NULL", " ON CONFLICT REPLACE", " ON CONFLICT FAIL", " DEFAULT ", "1",
    "-1", "+", "'y'", "x'00'", "CURRENT_TIME", "(1)", "NULL", "key", " COLLATE nocase",
    " COLLATE \"rtrim\"", " CHECK(a)", " CHECK(1)", " REFERENCES p", " REFERENCES p(x)",
    " ON DELETE CASCADE", " ON UPDATE SET NULL", " MATCH FULL", " NO ACTION", " DEFERRABLE",
    " NOT DEFERRABLE", " INITIALLY DEFERRED", " INITIALLY IMMEDIATE", " GENERATED ALWAYS",
    " GENERATED", " ALWAYS", " AS (a)", " AS (1)", " STORED", " VIRTUAL", " CONSTRAINT n",
    " CONSTRAINT \"m m\"", "PRIMARY KEY(a)", "PRIMARY KEY(a, b)", "PRIMARY KEY(b DESC)",
    "PRIMARY KEY(", "UNIQUE(a)", "UNIQUE(", "UNIQUE(b COLLATE nocase, a)",
    "FOREIGN KEY(a) REFERENCES p", "FOREIGN KEY(a, b)", "CHECK(a > b)", ") WITHOUT ROWID",
    ") STRICT", ", STRICT", " WITHOUT ROWID", " STRICT", " ANY", " /* c */ ", " -- d\n", "\n",
    " key", " first", " after", " left", " filter", "\"q\"\"q\"", "'s'", "`t`", "[u]", "\xc3\xa4",
    ".5", "1e3", "0x1F", " BLOB", " REAL", " FLOATING POINT", "''", "a, b, c, ",
    "id INTEGER PRIMARY KEY, ", ";"};

FUZZ_MUTATOR(fragments)

static int is_create_table(const char *z) {
  size_t n = strlen(z);
  mig_token k = mig_next_significant(z, n, 0);
  if (!mig_token_is(z, k, "CREATE")) return 0;
  k = mig_next_significant(z, n, k.end);
  if (mig_token_is(z, k, "TEMP")) k = mig_next_significant(z, n, k.end);
  if (!mig_token_is(z, k, "TABLE")) return 0;
  for (; k.type != MIG_TK_END; k = mig_next_significant(z, n, k.end)) {
    if (mig_token_op(z, k, "(")) return 1;
    if (mig_token_is(z, k, "AS")) return 0; /* never gets into sqlite_schema */
  }
  return 0;
}

/* Checks every table of a database that was just made. */
static void check_tables(sqlite3 *db, const char *schema, const char *z) {
  char *sql = sqlite3_mprintf("SELECT name FROM \"%w\".sqlite_master WHERE type = 'table'", schema);
  char **rows = 0, *bad;
  int count = 0, i;
  if (sqlite3_get_table(db, sql, &rows, &count, 0, 0) != SQLITE_OK) fuzz_wrong(z, sql);
  for (i = 1; i <= count; i++) {
    bad = ddl_check_table(db, schema, rows[i]);
    if (bad) fuzz_wrong(z, bad);
  }
  sqlite3_free_table(rows);
  sqlite3_free(sql);
}

static void fuzz_one(const uint8_t *data, size_t n) {
  char *text = fuzz_text(data, n, fragments, FUZZ_COUNT(fragments));
  char *z = sqlite3_mprintf("%s%s", n && data[0] == '#' ? "CREATE TABLE t(" : "", text);
  sqlite3 *db = fuzz_open();
  sqlite3_stmt *stmt = 0;
  mig_fault fault;
  mig_arena a;
  mig_table t;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  mig_parse_table(&a, z, &t);
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  sqlite3_set_authorizer(db, fuzz_guard, 0);
  if (is_create_table(z) && sqlite3_prepare_v2(db, z, -1, &stmt, 0) == SQLITE_OK && stmt &&
      sqlite3_step(stmt) == SQLITE_DONE) {
    sqlite3_finalize(stmt);
    stmt = 0;
    sqlite3_set_authorizer(db, 0, 0);
    check_tables(db, "main", z);
    check_tables(db, "temp", z);
  }
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  sqlite3_free(z);
  sqlite3_free(text);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/ddl"); }
#endif
