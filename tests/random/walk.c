/* Random walks: a schema of several tables that speak of each other is changed again and again,
** with few names, so that they are given up and taken again. Each statement that succeeds alone
** joins a script; then the script, run at once on the schema as it was, and its statements as
** revisions, which put off what they can, must make the very database that they made one by one;
** so must the script that they are printed as, run by SQLite alone; and a script that fails at its
** end must leave the one that was there, also inside the caller's transaction.
**
**   walk              seeds 1 to 60
**   walk FIRST LAST   these
**   walk SEED         this one, with its script
*/
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "dump.h"
#include "prng.h"

#define SEEDS 60
#define LOT 10
#define TRIES 60 /* statements that a walk tries; those that are refused are left out */

static const char tables[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, a TEXT, b INT REFERENCES p(id), c, d DEFAULT 'x',"
    "  CHECK (b > 0 OR a <> 'zz'), UNIQUE (a, c));"
    "CREATE TABLE q(p INT REFERENCES p(id) ON DELETE CASCADE, a TEXT COLLATE NOCASE, b VARCHAR(9),"
    "  g AS (b || a), \"x y\" REAL, FOREIGN KEY (a, b) REFERENCES p(a, c));"
    "CREATE TABLE r(a, b, c, PRIMARY KEY (b, a DESC)) WITHOUT ROWID;"
    "CREATE INDEX q_a ON q(a, b) WHERE b IS NOT NULL; CREATE INDEX p_l ON p(lower(a), c);"
    "INSERT INTO p VALUES(1, 'k', NULL, 5, 6), (2, 'l', 1, '8', 9), (7, NULL, 2, NULL, x'00');"
    "INSERT INTO q(rowid, p, a, b, \"x y\") VALUES(3, 1, 'k', '5', 1.5), (9, 2, 'l', NULL, 2);"
    "INSERT INTO r VALUES(1, 2, 3), ('a', 'b', 'c');";

static const char numbered[] =
    "CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, a INT NOT NULL, p REFERENCES q(rowid));"
    "CREATE INDEX s_a ON s(a); INSERT INTO s(a) VALUES(4), (5), (6); DELETE FROM s WHERE a = 5;";

static const char speakers[] =
    "CREATE VIEW v AS SELECT p.a AS pa, q.b FROM p JOIN q ON q.p = p.id;"
    "CREATE VIEW w AS SELECT * FROM r;"
    "CREATE TRIGGER t AFTER UPDATE OF a ON p BEGIN UPDATE r SET c = new.a WHERE b = old.id; END;"
    "CREATE TEMP VIEW tv AS SELECT a FROM p;";

typedef struct walk {
  prng r;
  sqlite3 *each;
  int bare; /* nothing but tables and indexes: texts are edited in place of SQLite's own */
  char *steps[TRIES];
  int n;
} walk;

static const char *one_of(prng *r, const char *const *words, int n) { return words[below(r, n)]; }
#define ONE_OF(r, words) one_of(r, words, (int)(sizeof(words) / sizeof *(words)))

/* ---- names ---- */

static const char *const new_tables[] = {"p", "q", "r", "s", "[x y]", "\"Group\"", "n"};
static const char *const new_columns[] = {"a", "b", "c", "d", "e", "\"x y\"", "[group]", "P"};

/* One name out of what a query finds, quoted; NULL where it finds none. Owned by the caller. */
static char *pick(walk *w, const char *sql, const char *of) {
  sqlite3_stmt *s = 0;
  char *name = 0;
  int n = 0;
  sqlite3_prepare_v2(w->each, sql, -1, &s, 0);
  sqlite3_bind_text(s, 1, of, -1, SQLITE_TRANSIENT);
  while (sqlite3_step(s) == SQLITE_ROW) {
    if (!once(&w->r, ++n)) continue;
    sqlite3_free(name);
    name = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return name;
}

static char *pick_object(walk *w, const char *type) {
  return pick(w,
              "SELECT name FROM sqlite_master WHERE type = ?1 AND name NOT LIKE 'sqlite_%'"
              " AND sql IS NOT NULL",
              type);
}

static char *pick_column(walk *w, const char *table) {
  return pick(w, "SELECT name FROM pragma_table_xinfo(?1)", table);
}

/* ---- statements ---- */

static const char *const types[] = {"TEXT", "INT", "VARCHAR(50)", "REAL", "BLOB", "", "NUMERIC"};

static const char *const column_words[] = {
    "", " DEFAULT 4", " NOT NULL DEFAULT 'n'", " COLLATE NOCASE", " CHECK (%w <> 'no')",
    " REFERENCES p", " AS (1) STORED", " UNIQUE"};

static const char *const places[] = {"", "", "", " FIRST", " AFTER a"};

static const char *const table_words[] = {
    "ADD CHECK (a IS NOT 'q')", "ADD CONSTRAINT k CHECK (b IS NOT 77)", "DROP CONSTRAINT k",
    "DROP CONSTRAINT IF EXISTS p_check", "ADD CONSTRAINT k UNIQUE (b, c)", "ADD UNIQUE (a)",
    "ADD FOREIGN KEY (c) REFERENCES s(id)", "RENAME CONSTRAINT k TO l", "SET STRICT",
    "SET WITHOUT ROWID", "DROP WITHOUT ROWID", "ADD PRIMARY KEY (a)",
    "ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES \"Group\"(id) ON DELETE SET NULL",
    "DROP CONSTRAINT f", "DROP CONSTRAINT l"};

static const char *const plain[] = {
    "CREATE INDEX i ON p(c) WHERE a IS NOT NULL", "CREATE INDEX j ON q(b, a DESC)",
    "CREATE TABLE n(id INTEGER PRIMARY KEY, a REFERENCES p(id), b)", "DROP TABLE n",
    "INSERT INTO p(a, c) VALUES ('new', 11)", "INSERT INTO n(a) VALUES (1)",
    "UPDATE p SET c = c + 1", "UPDATE q SET b = 'u' WHERE a = 'k'", "DELETE FROM n WHERE id = 1",
    "INSERT INTO r VALUES ('i', 'j', 'k')", "ALTER INDEX i RENAME TO ii",
    "ALTER INDEX q_a RENAME TO i"};

static const char *const speaking[] = {
    "CREATE VIEW u AS SELECT * FROM q", "CREATE OR REPLACE VIEW v AS SELECT a, b FROM p",
    "DROP VIEW v", "DROP VIEW w", "DROP TRIGGER t", "CREATE UNIQUE INDEX i ON s(id, a)",
    "CREATE TRIGGER tn BEFORE DELETE ON q BEGIN UPDATE s SET a = a + old.p; END",
    "CREATE OR REPLACE TRIGGER t AFTER INSERT ON s BEGIN DELETE FROM n; END",
    "INSERT INTO s(a) VALUES (8)", "DELETE FROM s WHERE id = 1", "ANALYZE p", "ANALYZE s"};

static char *column_change(walk *w, const char *table, const char *column) {
  switch (below(&w->r, 10)) {
    case 0: return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" SET NOT NULL", table, column);
    case 1: return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" DROP NOT NULL", table, column);
    case 2: return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" SET DEFAULT 5", table, column);
    case 3: return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" DROP DEFAULT", table, column);
    case 4:
      return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" TYPE %s", table, column,
                             types[below(&w->r, 5)]);
    case 5:
      return sqlite3_mprintf("ALTER TABLE \"%w\" ALTER \"%w\" TYPE TEXT USING \"%w\" || '!'", table,
                             column, column);
    case 6:
      return sqlite3_mprintf("ALTER TABLE \"%w\" DROP COLUMN \"%w\"%s", table, column,
                             once(&w->r, 2) ? " CASCADE" : "");
    default:
      return sqlite3_mprintf("ALTER TABLE \"%w\" RENAME COLUMN \"%w\" TO %s", table, column,
                             ONE_OF(&w->r, new_columns));
  }
}

static char *table_change(walk *w, const char *table) {
  const char *name = ONE_OF(&w->r, new_columns);
  char *words, *sql;
  switch (below(&w->r, 5)) {
    case 0:
    case 1: return sqlite3_mprintf("ALTER TABLE \"%w\" RENAME TO %s", table,
                                   ONE_OF(&w->r, new_tables));
    case 2: return sqlite3_mprintf("ALTER TABLE \"%w\" %s", table, ONE_OF(&w->r, table_words));
    default:
      words = sqlite3_mprintf(ONE_OF(&w->r, column_words), name);
      sql = sqlite3_mprintf("ALTER TABLE \"%w\" ADD COLUMN %s %s%s%s", table, name,
                            ONE_OF(&w->r, types), words, ONE_OF(&w->r, places));
      sqlite3_free(words);
      return sql;
  }
}

static char *next_statement(walk *w) {
  char *table = pick_object(w, "table"), *column = table ? pick_column(w, table) : 0;
  char *sql = !w->bare && once(&w->r, 8)  ? sqlite3_mprintf("%s", ONE_OF(&w->r, speaking))
              : !column || once(&w->r, 8) ? sqlite3_mprintf("%s", ONE_OF(&w->r, plain))
              : once(&w->r, 3)            ? table_change(w, table)
                                          : column_change(w, table, column);
  sqlite3_free(table);
  sqlite3_free(column);
  return sql;
}

/* ---- the three ways ---- */

static void need(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) printf("# %s\n", sqlite3_errmsg(db));
}

/* Before 3.35 some renames need edits of the schema, which a script cannot make, and says so. */
static int can_print(void) { return sqlite3_libversion_number() >= 3035000; }

/* A script is for a shell, whose foreign keys are off. */
static int has_keys(unsigned long long seed) { return seed % 3 == 0; }

static int is_bare(unsigned long long seed) { return seed % 2 != 0; }

static sqlite3 *make(unsigned long long seed) {
  sqlite3 *db = 0;
  sqlite3_open(":memory:", &db);
  need(db, tables);
  if (!is_bare(seed)) need(db, numbered);
  if (!is_bare(seed)) need(db, speakers);
  if (has_keys(seed)) need(db, "PRAGMA foreign_keys = ON");
  return db;
}

/* Every object and every row; `ordered`: objects in the order in which they are stored, as without
** plain SQL, which makes some of them again. */
static char *dumped(sqlite3 *db, int ordered) {
  static const char *const schemas[] = {"main", "temp"};
  sqlite3_str *out = sqlite3_str_new(0);
  int i;
  if (ordered) dump_database(out, db);
  for (i = 0; !ordered && i < 2; i++) {
    char *sql = sqlite3_mprintf("SELECT type, name, tbl_name, sql FROM %s.sqlite_master WHERE name"
                                " NOT LIKE 'sqlite_stat%%' ORDER BY type, name", schemas[i]);
    sqlite3_stmt *tables = 0;
    dump_query(out, db, sql);
    sqlite3_free(sql);
    sql = sqlite3_mprintf("SELECT name FROM %s.sqlite_master WHERE type = 'table' AND name NOT LIKE"
                          " 'sqlite_%%' ORDER BY name", schemas[i]);
    sqlite3_prepare_v2(db, sql, -1, &tables, 0);
    while (sqlite3_step(tables) == SQLITE_ROW) {
      dump_table(out, db, schemas[i], (const char *)sqlite3_column_text(tables, 0));
    }
    sqlite3_finalize(tables);
    sqlite3_free(sql);
    dump_query(out, db, i ? "" : "SELECT name, seq FROM sqlite_sequence ORDER BY name");
  }
  dump_query(out, db, "PRAGMA integrity_check");
  sqlite3_str_appendall(out, "\n");
  return sqlite3_str_finish(out);
}

static int run_all(sqlite3 *db, const char *script, char *message, int size) {
  migrate *m = 0;
  int rc = migrate_open(db, 0, &m);
  if (!rc) rc = migrate_exec(m, script);
  if (rc) sqlite3_snprintf(size, message, "%d: %s", rc, migrate_errmsg(m));
  migrate_close(m);
  return rc;
}

/* The statements as revisions: run, or printed as a script, which the caller owns. */
static int run_revisions(sqlite3 *db, const walk *w, char **script, char *message, int size) {
  migrate_revision list[TRIES];
  char ids[TRIES][8];
  migrate *m = 0;
  int i, rc = migrate_open(db, 0, &m);
  memset(list, 0, sizeof(list));
  for (i = 0; i < w->n; i++) {
    sqlite3_snprintf(8, ids[i], "r%d", i);
    list[i].id = ids[i];
    list[i].down_revision = i ? ids[i - 1] : 0;
    list[i].upgrade = w->steps[i];
  }
  if (!rc) rc = migrate_add(m, list, w->n);
  if (!rc) rc = script ? migrate_script(m, "upgrade", "head", 0) : migrate_upgrade(m, "head");
  if (!rc && script) *script = sqlite3_mprintf("%s", migrate_result(m));
  if (rc) sqlite3_snprintf(size, message, "%d: %s", rc, migrate_errmsg(m));
  migrate_close(m);
  return rc;
}

static void forget_revisions(sqlite3 *db) {
  sqlite3_exec(db, "DROP TABLE alembic_version; DROP TABLE migrate_journal", 0, 0, 0);
}

/* The script says itself where it fails. */
static int run_printed(sqlite3 *db, const walk *w, char *message, int size) {
  char *script = 0, *error = 0;
  int rc = run_revisions(db, w, &script, message, size);
  if (!rc) rc = sqlite3_exec(db, script, 0, 0, &error);
  if (error) sqlite3_snprintf(size, message, "%s", error);
  sqlite3_free(error);
  sqlite3_free(script);
  return rc;
}

/* ---- a walk ---- */

static void step_out(walk *w) {
  char message[500];
  int i;
  for (i = 0; i < TRIES; i++) {
    char *sql = next_statement(w);
    if (run_all(w->each, sql, message, sizeof(message)) == 0) w->steps[w->n++] = sql;
    else sqlite3_free(sql);
  }
}

static int differs(unsigned long long seed, const char *way, sqlite3 *db, int rc,
                   const char *expected, int ordered, const char *message) {
  char line[900];
  char *got = dumped(db, ordered);
  int wrong = rc != 0 || dump_differs(expected, got, line, sizeof(line));
  if (wrong) {
    printf("# seed %llu, SQLite %s, %s: %s\n", seed, sqlite3_libversion(), way,
           rc ? message : line);
  }
  sqlite3_free(got);
  return wrong;
}

/* The script with a last statement that fails. */
static int run_undone(unsigned long long seed, const char *script) {
  sqlite3 *db = make(seed);
  char *expected = dumped(db, 1);
  char *failing = sqlite3_mprintf("%sINSERT INTO nowhere VALUES (1)", script);
  char message[500];
  int inside = seed % 3 != 0, wrong, rc;
  if (inside) sqlite3_exec(db, "BEGIN; CREATE TABLE kept(a)", 0, 0, 0);
  rc = run_all(db, failing, message, sizeof(message));
  if (rc && sqlite3_get_autocommit(db) == inside) {
    sqlite3_snprintf(sizeof(message), message, "the caller's transaction has ended");
    wrong = differs(seed, "undone", db, 1, expected, 1, message);
  } else {
    if (inside) sqlite3_exec(db, "DROP TABLE kept; COMMIT", 0, 0, 0);
    wrong = differs(seed, "undone", db, !rc, expected, 1, "it did not fail");
  }
  sqlite3_free(expected);
  sqlite3_free(failing);
  sqlite3_close(db);
  return wrong;
}

static int compare_printed(unsigned long long seed, const walk *w) {
  sqlite3 *printed = make(seed);
  char message[500], *expected = dumped(w->each, 0);
  int wrong, rc = run_printed(printed, w, message, sizeof(message));
  forget_revisions(printed);
  wrong = differs(seed, "as a printed script", printed, rc, expected, 0, message);
  sqlite3_free(expected);
  sqlite3_close(printed);
  return wrong;
}

static int run_seed(unsigned long long seed, int told) {
  sqlite3 *all = make(seed), *revisions = make(seed);
  char message[500], *script = sqlite3_mprintf(""), *expected;
  walk w;
  int i, wrong, rc;
  memset(&w, 0, sizeof(w));
  w.r.state = seed;
  w.each = make(seed);
  w.bare = is_bare(seed);
  step_out(&w);
  for (i = 0; i < w.n; i++) script = sqlite3_mprintf("%z%s;\n", script, w.steps[i]);
  if (told) printf("%s", script);
  expected = dumped(w.each, 1);
  rc = run_all(all, script, message, sizeof(message));
  wrong = differs(seed, "at once", all, rc, expected, 1, message);
  rc = run_revisions(revisions, &w, 0, message, sizeof(message));
  forget_revisions(revisions);
  wrong += differs(seed, "as revisions", revisions, rc, expected, 1, message);
  if (!has_keys(seed) && can_print()) wrong += compare_printed(seed, &w);
  wrong += run_undone(seed, script);
  sqlite3_free(expected);
  sqlite3_free(script);
  for (i = 0; i < w.n; i++) sqlite3_free(w.steps[i]);
  sqlite3_close(w.each);
  sqlite3_close(all);
  sqlite3_close(revisions);
  return wrong;
}

int main(int argc, char **argv) {
  unsigned long long first = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
  unsigned long long last = argc > 2 ? strtoull(argv[2], 0, 10) : SEEDS, at, seed;
  int failed = 0;
  if (argc == 2) return run_seed(first, 1) != 0;
  for (at = first; at <= last; at += LOT) {
    int wrong = 0;
    for (seed = at; seed < at + LOT && seed <= last; seed++) wrong += run_seed(seed, 0) != 0;
    printf("%s - walks %llu to %llu\n", wrong ? "not ok" : "ok", at, seed - 1);
    fflush(stdout);
    failed += wrong;
  }
  return failed != 0;
}
