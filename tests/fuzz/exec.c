/* Fuzzes migrate_exec() on a schema with rows. The input is a script, or, with ";;" between them,
** the schema and the script. Afterwards the database is as it was, or what the script makes of it:
** a script of plain SQL is held against SQLite itself, and one with ALTERs against the same in
** plain SQL (rebuild = portable). Whatever happens, nothing leaks, no transaction stays open, no
** object of ours is left, and explaining changes nothing. */
#include "fuzz.h"

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "../dump.h"
#include "../rows.h"

static const char *const fragments[] = {
    "ALTER TABLE t ", "ALTER TABLE p ", "ALTER TABLE c ", "ALTER TABLE w ", "ALTER TABLE s ",
    "ALTER TABLE q ", "ALTER TABLE IF EXISTS ", "ADD COLUMN ", "ADD ", "DROP COLUMN ", "DROP ",
    "RENAME COLUMN ", "RENAME TO ", "RENAME CONSTRAINT ", " TO ", "ALTER COLUMN ", "ALTER ",
    "SET NOT NULL", "DROP NOT NULL", "SET DEFAULT ", "DROP DEFAULT", "TYPE INTEGER", "TYPE TEXT",
    "TYPE VARCHAR(9)", "SET DATA TYPE REAL", " COLLATE NOCASE", " USING (a + 1)",
    " USING upper(b)", "SET EXPRESSION AS (a || b)", "DROP EXPRESSION", "DROP EXPRESSION IF EXISTS",
    "ADD GENERATED ALWAYS AS (a) STORED", "ADD GENERATED ALWAYS AS (b || 1) VIRTUAL",
    "SET AUTOINCREMENT", "DROP AUTOINCREMENT", " FIRST", " AFTER a", " AFTER b",
    "ADD CONSTRAINT k ", "ADD PRIMARY KEY (a)", "ADD UNIQUE (b)", "ADD CHECK (a < 100)",
    "ADD CONSTRAINT k CHECK (b <> '')", "ADD FOREIGN KEY (a) REFERENCES p(id)",
    " ON DELETE CASCADE", " ON UPDATE SET NULL", " DEFERRABLE INITIALLY DEFERRED",
    "DROP CONSTRAINT ", "DROP CONSTRAINT IF EXISTS ", "t_pkey", "t_b_key", "t_a_check",
    "c_t_fkey", "positive", " RESTRICT", " CASCADE", "SET STRICT", "DROP STRICT",
    "SET WITHOUT ROWID", "DROP WITHOUT ROWID", ", ", "; ", ";", "a", "b", "c", "d", "g", "id", "x",
    "t", "p", "v", "new", "\"q r\"", "'s'", "1", "NULL", "1.5", "(a + 1)", "INT", "TEXT", "REAL",
    "BLOB", "NUMERIC", "ANY", " NOT NULL", " UNIQUE", " PRIMARY KEY", " DEFAULT 7",
    " DEFAULT 'x'", " DEFAULT (a)", " CHECK (x > 0)", " REFERENCES t(id)", " REFERENCES p",
    " GENERATED ALWAYS AS (a * 2) STORED", " AS (a)", "ALTER INDEX t_b RENAME TO ",
    "CREATE OR REPLACE VIEW v AS SELECT a, b FROM t", "CREATE VIEW u AS SELECT * FROM t",
    "CREATE OR REPLACE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM w; END",
    "CREATE TRIGGER n AFTER UPDATE OF a ON t BEGIN INSERT INTO p(id) VALUES (new.a); END",
    "CREATE TABLE n(id INTEGER PRIMARY KEY, a REFERENCES t)", "CREATE INDEX i ON t(a, b)",
    "CREATE UNIQUE INDEX i ON t(a) WHERE b > 1", "DROP TABLE ", "DROP INDEX t_b", "DROP VIEW v",
    "DROP TRIGGER r", "INSERT INTO t(a, b) VALUES (1, 2)", "UPDATE t SET a = b",
    "DELETE FROM t", "DELETE FROM p", "DELETE FROM t WHERE a = 1", "SELECT 1", "WITH ",
    "CREATE TABLE ", "TEMP ", "main.", "temp.", "(", ")", " ON CONFLICT REPLACE", "-- n\n",
    "/* n */", ";;", "CREATE TABLE t(", "id INTEGER PRIMARY KEY", "AUTOINCREMENT", " STRICT",
    " WITHOUT ROWID", "CONSTRAINT n ", "FOREIGN KEY (a, b) REFERENCES t(b, a)",
    "UNIQUE (a, b COLLATE NOCASE)", "PRIMARY KEY (a, b DESC)", "CHECK (a IS NOT b)", "\n"};

FUZZ_MUTATOR(fragments)

static const char usual_schema[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, b TEXT UNIQUE, x INT);"
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT CHECK (a < 1000), b TEXT DEFAULT 'x' NOT NULL,"
    " c REAL /* kept */, d VARCHAR(9) COLLATE NOCASE, g AS (a || b), x INT REFERENCES p(id),"
    " UNIQUE (b, a), CONSTRAINT positive CHECK (id > 0));"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, t INT REFERENCES t(id) ON DELETE CASCADE, a, b,"
    " FOREIGN KEY (b, a) REFERENCES t(b, a) ON UPDATE CASCADE);"
    "CREATE TABLE w(a TEXT, b INT, c DEFAULT 1.5, PRIMARY KEY (b, a)) WITHOUT ROWID;"
    "CREATE TABLE q(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b INT);"
    "CREATE INDEX t_b ON t(b, c DESC) WHERE a > 0; CREATE INDEX t_x ON t(lower(d), a);"
    "CREATE VIEW v AS SELECT t.a, c.b FROM t JOIN c ON c.t = t.id;"
    "CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO q(a) VALUES (old.a); END;"
    "CREATE TEMP TRIGGER e BEFORE UPDATE OF b ON t BEGIN SELECT new.d; END;";

static const char strict_table[] =
    "CREATE TABLE s(id INT PRIMARY KEY, a ANY, b TEXT, c REAL) STRICT;";

/* ---- A database that is made the same each time ---- */

static int steps_left;

/* A script may ask for more than there is time. */
static int count_steps(void *arg) {
  (void)arg;
  return steps_left-- <= 0;
}

static void limit(sqlite3 *db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 100000);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  steps_left = 3000;
  sqlite3_progress_handler(db, 1000, count_steps, 0);
}

static sqlite3 *make_database(const char *schema, int keys_on) {
  sqlite3 *db = fuzz_open();
  char *names[20];
  int i, n;
  limit(db);
  sqlite3_exec(db, schema ? schema : usual_schema, 0, 0, 0);
  if (!schema && sqlite3_libversion_number() >= 3037000) sqlite3_exec(db, strict_table, 0, 0, 0);
  if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "COMMIT", 0, 0, 0);
  n = rows_table_names(db, names, 20);
  rows_fill(db, names, n, 6);
  for (i = 0; i < n; i++) sqlite3_free(names[i]);
  if (keys_on) sqlite3_exec(db, "PRAGMA foreign_keys = ON", 0, 0, 0);
  steps_left = 3000;
  return db;
}

static char *dump(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  int steps = steps_left;
  steps_left = 1 << 30;
  dump_database(out, db);
  steps_left = steps;
  sqlite3_str_appendall(out, "\n");
  return sqlite3_str_finish(out);
}

/* The rows alone: plain SQL may spell a schema in another way. */
static char *dump_rows(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  char *names[40];
  int steps = steps_left, i, n = rows_table_names(db, names, 40);
  steps_left = 1 << 30;
  for (i = 0; i < n; i++) {
    dump_table(out, db, "main", names[i]);
    sqlite3_free(names[i]);
  }
  steps_left = steps;
  sqlite3_str_appendall(out, "\n");
  return sqlite3_str_finish(out);
}

static char *integrity(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  int steps = steps_left;
  steps_left = 1 << 30;
  dump_query(out, db, "PRAGMA integrity_check");
  steps_left = steps;
  sqlite3_str_appendall(out, "\n");
  return sqlite3_str_finish(out);
}

static void expect_same(const char *script, const char *what, char *before, char *after) {
  char line[900];
  if (dump_differs(before, after, line, sizeof(line))) {
    char *why = sqlite3_mprintf("%s\n%s", what, line);
    fuzz_wrong(script, why);
  }
}

static void free_both(char *a, char *b) {
  sqlite3_free(a);
  sqlite3_free(b);
}

/* ---- The script ---- */

static int ignore_row(void *arg, const migrate_statement *s) {
  (void)arg;
  return !s->sql || !s->reason;
}

static migrate *start(sqlite3 *db, unsigned flags) {
  migrate_options o;
  migrate *m = 0;
  memset(&o, 0, sizeof(o));
  o.flags = flags;
  if (migrate_open(db, &o, &m) != 0) abort();
  return m;
}

/* Runs it; an error leaves the database as it was. Returns the code. */
static int run(sqlite3 *db, const char *script, unsigned flags, const char *what) {
  char *before = dump(db), *after;
  int open = !sqlite3_get_autocommit(db), rc;
  migrate *m = start(db, flags);
  migrate_exec(m, script);
  if (migrate_errcode(m) && !*migrate_errmsg(m)) fuzz_wrong(script, "an error without a message");
  if (getenv("FUZZ_TELL")) fprintf(stderr, "%s: %s\n", what, migrate_errmsg(m));
  rc = migrate_close(m);
  if (rc == SQLITE_CORRUPT || rc == SQLITE_INTERNAL || rc == SQLITE_NOMEM || rc == SQLITE_MISUSE) {
    fuzz_wrong(script, "a strange error");
  }
  if (open == sqlite3_get_autocommit(db)) fuzz_wrong(script, "a transaction is open, or closed");
  after = dump(db);
  if (rc) expect_same(script, what, before, after);
  if (strstr(after, "|tmigrate_") && !strstr(before, "|tmigrate_") && !strstr(script, "migrate_")) {
    fuzz_wrong(script, "something of ours is left");
  }
  free_both(before, after);
  return rc;
}

static void explain(sqlite3 *db, const char *script) {
  char *before = dump(db), *after;
  migrate *m = start(db, 0);
  migrate_explain(m, script, ignore_row, 0);
  migrate_close(m);
  after = dump(db);
  expect_same(script, "explaining changed something", before, after);
  free_both(before, after);
}

/* ---- Two ways ---- */

static int mentions(const char *text, const char *word) { return mig_mentions(text, word); }

/* Holds nothing that SQLite would do in another way, or at another time? */
static int is_plain(const char *script) {
  static const char *const words[] = {"ALTER", "REPLACE", "random", "randomblob", "total_changes",
                                      "changes", "last_insert_rowid"};
  size_t i;
  for (i = 0; i < FUZZ_COUNT(words); i++) {
    if (mentions(script, words[i])) return 0;
  }
  return 1;
}

static void compare_with_sqlite(const char *schema, const char *script, sqlite3 *db, int keys_on) {
  sqlite3 *other = make_database(schema, keys_on);
  char *wanted, *got = dump(db);
  int rc;
  sqlite3_exec(other, "BEGIN", 0, 0, 0);
  rc = sqlite3_exec(other, script, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_exec(other, "COMMIT", 0, 0, 0);
  if (rc != SQLITE_OK && rc != SQLITE_INTERRUPT) fuzz_wrong(script, sqlite3_errmsg(other));
  wanted = dump(other);
  if (rc == SQLITE_OK) expect_same(script, "not what SQLite makes of it", wanted, got);
  free_both(wanted, got);
  sqlite3_close(other);
}

static void compare_with_portable(const char *schema, const char *script, sqlite3 *db,
                                  int keys_on) {
  sqlite3 *other = make_database(schema, keys_on);
  if (run(other, script, MIGRATE_PORTABLE, "portable: an error changed something") == 0) {
    char *wanted = dump_rows(other), *got = dump_rows(db);
    expect_same(script, "other rows than in plain SQL", wanted, got);
    free_both(wanted, got);
  }
  sqlite3_close(other);
}

static void fuzz_script(const char *schema, const char *script, unsigned how) {
  int keys_on = how & 1, inside = !(how & 6);
  sqlite3 *db = make_database(schema, keys_on);
  char *sound = integrity(db), *after;
  explain(db, script);
  steps_left = 3000;
  if (inside) sqlite3_exec(db, "BEGIN", 0, 0, 0);
  if (run(db, script, 0, "an error changed something") == 0) {
    if (inside && sqlite3_exec(db, "COMMIT", 0, 0, 0) == SQLITE_OK) inside = 0;
    after = integrity(db);
    if (strcmp(sound, "|tok\n\n") == 0) expect_same(script, "integrity_check", sound, after);
    sqlite3_free(after);
    if (!inside && is_plain(script)) {
      compare_with_sqlite(schema, script, db, keys_on);
    } else if (!inside && !(how & 8) && !mentions(script, "random")) {
      compare_with_portable(schema, script, db, keys_on);
    }
  }
  sqlite3_free(sound);
  sqlite3_close(db);
}

static void fuzz_one(const uint8_t *data, size_t n) {
  sqlite3_int64 memory = sqlite3_memory_used();
  char *text = fuzz_text(data, n, fragments, FUZZ_COUNT(fragments)), *cut = strstr(text, ";;");
  unsigned how = 0;
  size_t i;
  for (i = 0; text[i]; i++) how = how * 31 + (unsigned char)text[i];
  if (cut) *cut = 0;
  if (!mentions(text, "PRAGMA") && !(cut && mentions(cut + 2, "PRAGMA"))) {
    fuzz_script(cut ? text : 0, cut ? cut + 2 : text, how);
  }
  sqlite3_free(text);
  if (sqlite3_memory_used() != memory) fuzz_wrong("", "memory leaks");
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/exec"); }
#endif
