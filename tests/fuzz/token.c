/* Fuzzes tokens and the splitting of scripts: tokens follow each other without a gap, and a
** statement that SQLite takes ends where sqlite3_prepare_v2() says it ends. */
#include "fuzz.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"

static const char *const fragments[] = {
    "CREATE TRIGGER r AFTER INSERT ON t ", "BEGIN ", "SELECT 1", "; ", ";", "END", "END ",
    "CASE WHEN 1 THEN 2 END", " CASE ", "SELECT a FROM t WHERE ", "EXPLAIN ", "EXPLAIN QUERY PLAN ",
    "CREATE ", "TEMP ", "TEMPORARY ", "TRIGGER ", "x ", "INSERT ON t ", "WHEN ", "a ", "b ",
    "-- c;\n", "/* ; */", "'", "\"", "`", "[", "]", "';'", "\";\"", "[;]", "`;`", "x'3b'", "(", ")",
    "DELETE FROM t", "UPDATE t SET a = ", "CREATE TABLE u(a)", "CREATE VIEW v AS SELECT ", ", ",
    "COMMIT", "ROLLBACK", " \n", "\r\n", "\t", "1", ".5e3", "+", "-", "--", "/*", "*/", ":a", "?1",
    "$a::b(c)", "@", "#", "\xc3\xa4", "\xef\xbb\xbf", "->>", "begin", "end", "trigger", "1_0",
    "THEN ", "ELSE ", "INSTEAD OF ", "FOR EACH ROW ", "OR REPLACE ", "IF NOT EXISTS "};

FUZZ_MUTATOR(fragments)

static void check_tokens(const char *z, size_t n) {
  mig_fault fault;
  mig_arena a;
  size_t at = 0;
  mig_token t;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  for (t = mig_next_token(z, n, 0); t.type != MIG_TK_END; t = mig_next_token(z, n, t.end)) {
    if (t.at != at || t.end <= t.at || t.end > n) fuzz_wrong(z, "a gap between tokens");
    if (t.type == MIG_TK_NAME || t.type == MIG_TK_WORD) { /* quoted again it is the same name */
      const char *name = mig_dequote(&a, z, t), *again = mig_name(&a, name);
      mig_token k = mig_next_token(again, strlen(again), 0);
      if (k.end != strlen(again)) fuzz_wrong(again, "a quoted name is no token");
      if (strcmp(mig_dequote(&a, again, k), name) != 0) fuzz_wrong(z, "a name changed by quoting");
    }
    at = t.end;
  }
  if (at != n) fuzz_wrong(z, "the tokens end early");
  mig_arena_free(&a);
}

/* A block comment that is not closed is a fault to us and none to SQLite. */
static void check_statements(sqlite3 *db, const char *z, size_t n) {
  size_t at = 0, from = 0;
  mig_span s;
  int found;
  while ((found = mig_next_statement(z, n, &at, &s)) > 0) {
    sqlite3_stmt *stmt = 0;
    const char *tail = 0;
    if (s.at < from || s.end > at || s.at >= s.end) fuzz_wrong(z, "a statement's span");
    if (sqlite3_prepare_v2(db, z + from, -1, &stmt, &tail) == SQLITE_OK && tail != z + at) {
      fuzz_wrong(z + from, "a statement ends elsewhere");
    }
    sqlite3_finalize(stmt);
    from = at;
  }
}

static void fuzz_one(const uint8_t *data, size_t n) {
  char *z = fuzz_text(data, n, fragments, FUZZ_COUNT(fragments));
  sqlite3 *db = fuzz_open();
  sqlite3_exec(db, "CREATE TABLE t(a, b, x)", 0, 0, 0);
  sqlite3_set_authorizer(db, fuzz_guard, 0);
  check_tokens(z, strlen(z));
  check_statements(db, z, strlen(z));
  sqlite3_close(db);
  sqlite3_free(z);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/token"); }
#endif
