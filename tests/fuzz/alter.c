/* Fuzzes the reader of the ALTER language: what SQLite's own ALTER TABLE takes is taken, and each
** piece that comes out of it can stand where it is going to be put. */
#include "fuzz.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/op.c"
#include "../../amalgamation/ddl.c"
#include "../../amalgamation/alter.c"

static const char *const fragments[] = {
    "ALTER TABLE t ", "ALTER TABLE ", "IF EXISTS ", "main.", "t ", "ADD ", "ADD COLUMN ", "DROP ",
    "DROP COLUMN ", "RENAME ", "RENAME COLUMN ", "TO ", "ALTER ", "ALTER COLUMN ", "SET ",
    "COLUMN ", "CONSTRAINT ", "DATA ", "TYPE ", "DEFAULT ", "NOT NULL ", "NULL ", "EXPRESSION ",
    "AS ", "AS (a) ", "GENERATED ALWAYS ", "STORED ", "VIRTUAL ", "AUTOINCREMENT ", "FIRST ",
    "AFTER ", "STRICT ", "WITHOUT ROWID ", "WITHOUT ", "ROWID ", "IF NOT EXISTS ", "RESTRICT ",
    "CASCADE ", "COLLATE ", "USING ", "PRIMARY KEY ", "UNIQUE ", "CHECK ", "FOREIGN KEY ",
    "REFERENCES p ", "(a) ", "(a, b) ", "(", ")", ", ", ",", "; ", "a ", "b ", "c ", "new ", "INT ",
    "TEXT ", "VARCHAR(10) ", "\"a\" ", "'s' ", "[x y] ", "1 ", "+ ", "|| ",
    "CASE WHEN a THEN b END ", "/* c */ ", "-- d\n", "ON CONFLICT FAIL ", "ON DELETE CASCADE ",
    "DEFERRABLE ", "INITIALLY DEFERRED ", "if ", "NOT ", "\xc3\xa4 ", "nocase ", "check ",
    "\"check\" ", "x'00' ", "'", "\"", "first ", "after "};

FUZZ_MUTATOR(fragments)

/* Reads CREATE TABLE made of three pieces into *t. */
static void read_table(mig_arena *a, mig_table *t, const char *before, const char *text,
                       const char *behind) {
  char *sql = mig_format(a, "%s%s%s", before, text, behind);
  if (mig_parse_table(a, sql, t)) fuzz_wrong(sql, mig_fault_text(a->fault));
}

static int alone(const char *text) {
  size_t n = strlen(text);
  mig_token first = mig_next_token(text, n, 0), k = first, last = first;
  for (; k.type != MIG_TK_END; k = mig_next_token(text, n, k.end)) last = k;
  return n && first.type != MIG_TK_SPACE && first.type != MIG_TK_COMMENT &&
         last.type != MIG_TK_SPACE && last.type != MIG_TK_COMMENT;
}

static void check_op(mig_arena *a, const mig_op *op, const char *z) {
  mig_table t;
  if (op->text && !alone(op->text)) fuzz_wrong(z, "a text with something at its ends");
  if (op->using_expr && !alone(op->using_expr)) fuzz_wrong(z, "USING with something at its ends");
  switch (op->kind) {
    case MIG_ADD_COLUMN:
      read_table(a, &t, "CREATE TABLE t(x, ", op->text, ", y)");
      if (t.ncolumn != 3 || strcmp(t.columns[1].name, op->name) != 0) fuzz_wrong(z, "the column");
      break;
    case MIG_ADD_CONSTRAINT:
      read_table(a, &t, "CREATE TABLE t(x, ", op->text, ", CHECK (1))");
      if (t.nconstraint != 2 || t.constraints[0].kind != op->constraint) {
        fuzz_wrong(z, "the constraint");
      }
      break;
    case MIG_SET_TYPE:
      read_table(a, &t, "CREATE TABLE t(x ", op->text, " NOT NULL, y)");
      if (t.ncolumn != 2 || t.nconstraint != 1 || mig_span_empty(t.columns[0].type)) {
        fuzz_wrong(z, "the type");
      }
      break;
    case MIG_SET_DEFAULT:
    case MIG_SET_EXPRESSION:
    case MIG_ADD_GENERATED:
      read_table(a, &t, "CREATE TABLE t(x CHECK (", op->text, ") NOT NULL, y)");
      if (t.ncolumn != 2 || t.nconstraint != 2) fuzz_wrong(z, "the expression");
      break;
    default:
      break;
  }
}

/* Is it a statement that SQLite's own ALTER TABLE could take, and does it? */
static int sqlite_takes(const char *z) {
  size_t n = strlen(z);
  mig_token k = mig_next_significant(z, n, 0);
  sqlite3_stmt *stmt = 0;
  sqlite3 *db;
  const char *tail = "x";
  int takes;
  if (!mig_token_is(z, k, "ALTER")) return 0;
  db = fuzz_open();
  sqlite3_exec(db, "CREATE TABLE t(a, b, c, \"if\", first, after, d INT)", 0, 0, 0);
  sqlite3_set_authorizer(db, fuzz_guard, 0);
  takes = sqlite3_prepare_v2(db, z, -1, &stmt, &tail) == SQLITE_OK && !*tail;
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return takes;
}

static void fuzz_one(const uint8_t *data, size_t n) {
  char *text = fuzz_text(data, n, fragments, FUZZ_COUNT(fragments));
  char *z = sqlite3_mprintf("%s%s", n && data[0] == '#' ? "ALTER TABLE t " : "", text);
  mig_fault fault;
  mig_arena a;
  mig_alter alter;
  mig_index_rename rename;
  mig_replacement replacement;
  const mig_op *op;
  int count = 0;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (mig_parse_alter(&a, z, strlen(z), &alter) == 0) {
    for (op = alter.first; op; op = op->next, count++) check_op(&a, op, z);
    if (count != alter.count || !count) fuzz_wrong(z, "the count of actions");
  } else if (sqlite_takes(z)) {
    fuzz_wrong(z, mig_fault_text(&fault));
  }
  mig_fault_clear(&fault);
  mig_parse_index_rename(&a, z, &rename);
  mig_fault_clear(&fault);
  mig_parse_replacement(&a, z, &replacement);
  mig_fault_clear(&fault);
  mig_arena_free(&a);
  sqlite3_free(z);
  sqlite3_free(text);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/alter"); }
#endif
