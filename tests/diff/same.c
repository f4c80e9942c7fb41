/* What means the same is no difference: pairs by hand, and every schema of the corpus against
** itself with other white space, comments, quotes and case of keywords. What differs is seen, and
** gone after the statements that are listed ran. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "shared.h"
#include "way.h"

static sqlite3 *database(const char *sql) {
  sqlite3 *db = 0;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, sql, 0, 0, 0);
  return db;
}

static void same(const char *a, const char *b) {
  sqlite3 *db = database(a);
  int n;
  char *sql = way(db, b, &n);
  if (n) print_error("%s\n%s\ndiffer: %s\n", a, b, sql);
  assert_int_equal(n, 0);
  sqlite3_free(sql);
  sqlite3_close(db);
}

/* Seen, run, gone; and the same backwards. */
static void gone(const char *a, const char *b) {
  sqlite3 *db = database(a);
  migrate *m = 0;
  int n;
  char *sql = way(db, b, &n);
  if (n <= 0) print_error("%s\n%s\nno difference is seen\n", a, b);
  assert_true(n > 0);
  migrate_open(db, 0, &m);
  if (migrate_exec(m, sql)) print_error("%s\n%s\n", sql, migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  sqlite3_free(sql);
  sql = way(db, b, &n);
  if (n) print_error("%s\n%s\nleft over: %s\n", a, b, sql);
  assert_int_equal(n, 0);
  sqlite3_free(sql);
  sqlite3_close(db);
}

static void differs(const char *a, const char *b) {
  gone(a, b);
  gone(b, a);
}

/* ---- by hand ---- */

static void spelling(void **state) {
  (void)state;
  same("CREATE TABLE t(a INT, b VARCHAR(20) DEFAULT 'x')",
       "create table [t] (\"a\" INTEGER /* c */ , `b` varchar ( 20 ) default ('x'))");
  same("CREATE TABLE t(a TEXT DEFAULT \"abc\", b DEFAULT TRUE, c INT DEFAULT 1.0, d DEFAULT NULL)",
       "CREATE TABLE t(a TEXT DEFAULT 'abc', b DEFAULT 1, c INT DEFAULT 1, d)");
  same(
      "CREATE TABLE t(a TEXT DEFAULT '', b TEXT DEFAULT 'it''s', c INT DEFAULT +5, d INT DEFAULT "
      "'5')",
      "CREATE TABLE t(a TEXT DEFAULT \"\", b TEXT DEFAULT \"it's\", c INT DEFAULT 5, d INT DEFAULT "
      "5)");
  same("CREATE TABLE t(a, CHECK (a<>1), CHECK (a > 0))",
       "CREATE TABLE t(a CHECK (((\"a\">0))), CHECK ( A != 1 ))");
  same("CREATE TABLE t(a); CREATE INDEX i ON t(a ASC); CREATE VIEW v AS SELECT a FROM t",
       "CREATE TABLE t(a); create index \"i\" on \"t\" ([a]); create view v as\nselect a /* */ "
       "from t");
}

static void places(void **state) {
  (void)state;
  same(
      "CREATE TABLE t(a INTEGER PRIMARY KEY NOT NULL, b UNIQUE, c REFERENCES t(a) ON DELETE "
      "CASCADE)",
      "CREATE TABLE t(a INTEGER, b, c, UNIQUE(b), FOREIGN KEY(c) REFERENCES t(a) ON DELETE CASCADE,"
      " PRIMARY KEY(a))");

  same("CREATE TABLE t(a TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
       "CREATE TABLE t(a TEXT, PRIMARY KEY(a)) WITHOUT ROWID");
  same(
      "CREATE TABLE t(a REFERENCES p(x) DEFERRABLE INITIALLY DEFERRED); CREATE TABLE p(x UNIQUE)",
      "CREATE TABLE t(a, FOREIGN KEY (a) REFERENCES p (x) ON DELETE NO ACTION DEFERRABLE INITIALLY "
      "DEFERRED); CREATE TABLE p(x, UNIQUE(x))");
}

/* Double quotes: names where there is such a column, or what else a name can be; else strings. */
static void quoted_words(void **state) {
  (void)state;
  same("CREATE TABLE t(a TEXT, CHECK (a <> \"no\"))", "CREATE TABLE t(a TEXT, CHECK (a <> 'no'))");
  same("CREATE TABLE t(a TEXT, CHECK (\"a\" <> 'b'))", "CREATE TABLE t(a TEXT, CHECK (a <> 'b'))");
  same("CREATE TABLE t(a INT, CHECK (\"t\".\"a\" > 0))",
       "CREATE TABLE t(a INT, CHECK (T.a > 0))");
  same("CREATE TABLE t(a INT, CHECK (\"abs\"(a) > 0))",
       "CREATE TABLE t(a INT, CHECK (ABS(a) > 0))");
  same("CREATE TABLE t(a, CHECK (a <> \"rowid\" AND a <> \"OID\" AND a <> \"_rowid_\"))",
       "CREATE TABLE t(a, CHECK (a <> rowid AND a <> oid AND a <> _rowid_))");
  differs("CREATE TABLE t(a, CHECK (a <> \"rowid\"))", "CREATE TABLE t(a, CHECK (a <> 'rowid'))");
  differs("CREATE TABLE t(a, CHECK ((a > 1) OR (a < 0)))",
          "CREATE TABLE t(a, CHECK (a > (1 OR a) < 0))");
}

/* A column that stores numbers has the same default however the number is written; one that stores
** texts has not, and a text that is no number stays one. */
static void numbers(void **state) {
  static const char *const alike[][2] = {
      {"1.50", "1.5"},   {"'-0.5'", "-0.5"}, {"(-(2.0))", "(- (2.0))"}, {"'0'", "0"},
      {"'-7.0'", "-7"},  {"(- - 3)", "3"},     {"'0.25'", "0.250"},  {"10.", "10"},
      {"FALSE", "0"},    {"'12'", "12.00"}, {"'-1.50'", "-1.500"}};
  static const char *const other[][2] = {
      {"'1.2.3'", "'1.2.4'"}, {"'-'", "''"}, {"'007'", "7"}, {"'-01'", "-1"}, {"'1-2'", "'1'"},
      {"'1e2'", "'1e3'"},     {"'.'", "'0'"}, {"x'31'", "1"}, {"'12a'", "12"},
      {"1.5e10", "1.5e1"},    {"1.50e1", "1.5"}, {"9007199254740993.0", "9007199254740993"}};
  char a[200], b[200];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof alike / sizeof alike[0]; i++) {
    sqlite3_snprintf(200, a, "CREATE TABLE t(a, n NUMERIC DEFAULT %s)", alike[i][0]);
    sqlite3_snprintf(200, b, "CREATE TABLE t(a, n NUMERIC DEFAULT %s)", alike[i][1]);
    same(a, b);
    same(b, a);
  }
  for (i = 0; i < sizeof other / sizeof other[0]; i++) {
    sqlite3_snprintf(200, a, "CREATE TABLE t(a, n NUMERIC DEFAULT %s)", other[i][0]);
    sqlite3_snprintf(200, b, "CREATE TABLE t(a, n NUMERIC DEFAULT %s)", other[i][1]);
    differs(a, b);
  }
  differs("CREATE TABLE t(a TEXT DEFAULT '1.50')", "CREATE TABLE t(a TEXT DEFAULT '1.5')");
  same("CREATE TABLE t(a DEFAULT CURRENT_DATE)", "CREATE TABLE t(a DEFAULT current_date)");
  differs("CREATE TABLE t(a DEFAULT CURRENT_DATE)", "CREATE TABLE t(a DEFAULT CURRENT_TIME)");
  differs("CREATE TABLE t(a DEFAULT CURRENT_DATE)", "CREATE TABLE t(a DEFAULT 'current_date')");
  same("CREATE TABLE t(a DEFAULT unquoted_word)", "CREATE TABLE t(a DEFAULT 'unquoted_word')");
  same("CREATE TABLE t(a DEFAULT x'AB')", "CREATE TABLE t(a DEFAULT X'ab')");
  differs("CREATE TABLE t(a DEFAULT x'AB')", "CREATE TABLE t(a DEFAULT x'AC')");
}

/* What a key adds to its column: nothing, where it says what holds without it. */
static void keys(void **state) {
  (void)state;
  same("CREATE TABLE t(a TEXT COLLATE NOCASE, UNIQUE(a COLLATE nocase))",
       "CREATE TABLE t(a TEXT COLLATE NOCASE, UNIQUE(a))");
  same("CREATE TABLE t(a TEXT, UNIQUE(a COLLATE BINARY))", "CREATE TABLE t(a TEXT UNIQUE)");
  same("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a COLLATE NOCASE DESC))",
       "CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  differs("CREATE TABLE t(a TEXT COLLATE NOCASE, UNIQUE(a COLLATE BINARY))",
          "CREATE TABLE t(a TEXT COLLATE NOCASE, UNIQUE(a))");
  differs("CREATE TABLE t(a TEXT, b, PRIMARY KEY(a COLLATE RTRIM, b))",
          "CREATE TABLE t(a TEXT, b, PRIMARY KEY(a, b))");
  differs("CREATE TABLE t(a TEXT, b, UNIQUE(a DESC, b))",
          "CREATE TABLE t(a TEXT, b, UNIQUE(a, b))");
  differs("CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)",
          "CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  differs("CREATE TABLE t(a INTEGER, b INTEGER, PRIMARY KEY(a, b))",
          "CREATE TABLE t(a INT, b INTEGER PRIMARY KEY)");
  differs("CREATE TABLE t(a, b)", "CREATE TABLE t(a \"\", b)");
}

/* ---- what Alembic does not see, or never gets rid of ---- */

static void columns(void **state) {
  (void)state;
  differs("CREATE TABLE t(a, g AS (a+1))", "CREATE TABLE t(a, g AS (a+2))");
  differs("CREATE TABLE t(a, g AS (a+1))", "CREATE TABLE t(a, g)");
  differs("CREATE TABLE t(a, g AS (a+1))", "CREATE TABLE t(a, g AS (a+1) STORED)");
  differs("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT COLLATE NOCASE)");
  differs("CREATE TABLE t(a VARCHAR(10))", "CREATE TABLE t(a VARCHAR)");
  differs("CREATE TABLE t(a, b, c, d)", "CREATE TABLE t(d, a, c, b)");
  differs("CREATE TABLE t(a)", "CREATE TABLE t(a TEXT)");
  differs("CREATE TABLE t(a INT)", "CREATE TABLE t(a INT NOT NULL ON CONFLICT REPLACE DEFAULT 0)");
  differs("CREATE TABLE t(Name TEXT)", "CREATE TABLE t(name TEXT)");
  differs("CREATE TABLE t(a)", "CREATE TABLE T(a)");
  differs("CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a DEFAULT 1.0)");
  differs("CREATE TABLE t(a, b)", "CREATE TABLE t(x, y)");
}

static void constraints(void **state) {
  (void)state;
  differs("CREATE TABLE t(a, CONSTRAINT c CHECK(a>0))",
          "CREATE TABLE t(a, CONSTRAINT c CHECK(a>1))");
  differs("CREATE TABLE t(a, CONSTRAINT c CHECK(a>0))",
          "CREATE TABLE t(a, CONSTRAINT d CHECK(a>0))");
  differs("CREATE TABLE t(a, CONSTRAINT c CHECK(a>0))", "CREATE TABLE t(a, CHECK(a>0))");
  differs("CREATE TABLE t(a, b, UNIQUE(a))", "CREATE TABLE t(a, b, UNIQUE(a, b))");
  differs("CREATE TABLE t(a, UNIQUE(a))", "CREATE TABLE t(a, UNIQUE(a) ON CONFLICT IGNORE)");
  differs("CREATE TABLE t(a INTEGER PRIMARY KEY)",
          "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)");
  differs("CREATE TABLE t(a INTEGER PRIMARY KEY)", "CREATE TABLE t(a INT PRIMARY KEY)");
  differs("CREATE TABLE t(a TEXT PRIMARY KEY, b)", "CREATE TABLE t(a TEXT, b, PRIMARY KEY(a, b))");
  differs("CREATE TABLE t(a TEXT PRIMARY KEY)", "CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID");
  if (sqlite3_libversion_number() >= 3037000) {
    differs("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT) STRICT");
  }
  differs("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE t(a REFERENCES p(a) ON DELETE CASCADE)",
          "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE t(a REFERENCES p(a))");
  differs("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE t(a REFERENCES p(a))",
          "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE t(a REFERENCES p(a) DEFERRABLE INITIALLY "
          "DEFERRED)");
}

static void objects(void **state) {
  (void)state;
  differs("CREATE TABLE t(a, b); CREATE INDEX i ON t(a)",
          "CREATE TABLE t(a, b); CREATE INDEX i ON t(a) WHERE b");
  differs("CREATE TABLE t(a, b); CREATE INDEX i ON t(a)",
          "CREATE TABLE t(a, b); CREATE INDEX i ON t(a DESC)");
  differs("CREATE TABLE t(a, b)", "CREATE TABLE t(a, b); CREATE INDEX i ON t(a+b)");
  differs("CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a FROM t",
          "CREATE TABLE t(a); CREATE VIEW v AS SELECT 1 FROM t");
  differs(
      "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT b FROM t; CREATE VIEW w AS SELECT * FROM v",
      "CREATE TABLE t(a); CREATE VIEW v AS SELECT a AS b FROM t; CREATE VIEW w AS SELECT * FROM v");
  differs("CREATE TABLE t(a, b); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.b; END",
          "CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.a; END");
  differs("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(p REFERENCES p)", "CREATE TABLE x(a)");
  differs(
      "CREATE VIEW v AS SELECT 1 AS a; CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
      "CREATE VIEW v AS SELECT 2 AS a; CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; "
      "END");
}

static void left_alone(void **state) {
  (void)state;
  same(
      "CREATE TABLE alembic_version(version_num); CREATE TABLE migrate_journal(id); CREATE TABLE "
      "t(a"
      " INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t DEFAULT VALUES; ANALYZE",
      "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)");
}

static void renames(void **state) {
  static const char from[] = "CREATE TABLE old(a, b); INSERT INTO old VALUES(1, 2)";
  sqlite3 *db = database(from);
  int n;
  char *sql = way(db,
                  "-- migrate:renamed_from old\n"
                  "CREATE TABLE new(\n"
                  "  -- migrate:renamed_from a\n"
                  "  x,\n"
                  "  y -- migrate:renamed_from b\n"
                  ")",
                  &n);
  (void)state;
  assert_string_equal(sql,
                      "ALTER TABLE old RENAME TO new\n;\n"
                      "ALTER TABLE new\n  RENAME COLUMN a TO x,\n  RENAME COLUMN b TO y\n;\n ");
  sqlite3_free(sql);
  sqlite3_close(db);
}

/* Every place that the comment can stand at. */
static void placed(const char *to) {
  sqlite3 *db = database("CREATE TABLE old(a, b); INSERT INTO old VALUES(1, 2)");
  int n;
  char *sql = way(db, to, &n);
  if (!strstr(sql, "RENAME TO new;") || !strstr(sql, "RENAME COLUMN a TO x;")) {
    print_error("%s\n%s\n", to, sql);
  }
  assert_string_equal(sql,
                      "ALTER TABLE old RENAME TO new\n;\n"
                      "ALTER TABLE new RENAME COLUMN a TO x\n;\n ");
  sqlite3_free(sql);
  sqlite3_close(db);
}

static void placements(void **state) {
  sqlite3 *db = database("CREATE TABLE t(a)");
  int n;
  (void)state;
  placed("-- migrate:renamed_from old\nCREATE TABLE new(x, -- migrate:renamed_from a\n b)");
  placed("/* migrate:renamed_from old */ CREATE TABLE new(x /* migrate:renamed_from a */, b)");
  placed("CREATE TABLE new( -- migrate:renamed_from old\n  -- migrate:renamed_from a\n  x, b)");
  placed(
      "CREATE TABLE new /* migrate:renamed_from [old] */ (/* migrate:renamed_from \"a\" */ x, b)");
  placed(
      "CREATE TABLE /* migrate:renamed_from old */ new (\n  x -- migrate:renamed_from a\n  , b)");
  placed(
      "CREATE TABLE new(\n  x, -- migrate:renamed_from a\n  b\n) -- migrate:renamed_from old\n;");
  placed("CREATE TABLE new(x, -- migrate:renamed_from a\n b); -- migrate:renamed_from `old`");
  placed("CREATE TABLE new(x, -- migrate:renamed_from a\n b); /* migrate:renamed_from old */\n");
  sqlite3_free(way(db, "CREATE TABLE t(a);\n\n-- migrate:renamed_from old\n", &n));
  assert_int_equal(n, -1); /* it speaks of no table */
  sqlite3_close(db);
}

static void leads_by(const char *from, const char *to, const char *steps) {
  sqlite3 *db = database(from);
  int n;
  char *sql = way(db, to, &n);
  assert_string_equal(sql, steps);
  sqlite3_free(sql);
  sqlite3_close(db);
}

/* A table takes the name of one that is renamed; a marker that has been followed, or that speaks of
** what is not there, is no difference; columns are renamed beside tables. */
static void renames_in_a_row(void **state) {
  (void)state;
  leads_by("CREATE TABLE a(x); CREATE TABLE b(y)",
           "CREATE TABLE b(x); -- migrate:renamed_from a\n"
           "CREATE TABLE c(y); -- migrate:renamed_from b\n",
           "ALTER TABLE b RENAME TO c\n;\nALTER TABLE a RENAME TO b\n;\n ");
  leads_by("CREATE TABLE b(x)", "CREATE TABLE b(x); -- migrate:renamed_from a\n", " ");
  leads_by("CREATE TABLE z(x)",
           "CREATE TABLE z(x); CREATE TABLE b(x); -- migrate:renamed_from a\n",
           "CREATE TABLE b(x)\n;\n ");
  leads_by("CREATE TABLE old(a); CREATE TABLE t(p, q)",
           "CREATE TABLE new(a); -- migrate:renamed_from old\n"
           "CREATE TABLE t(r, -- migrate:renamed_from p\n  s -- migrate:renamed_from q\n)",
           "ALTER TABLE old RENAME TO new\n;\n"
           "ALTER TABLE t\n  RENAME COLUMN p TO r,\n  RENAME COLUMN q TO s\n;\n ");
  leads_by("CREATE TABLE t(p, q)",
           "CREATE TABLE t(q, -- migrate:renamed_from p\n  r -- migrate:renamed_from q\n)",
           "ALTER TABLE t\n  RENAME COLUMN q TO r,\n  RENAME COLUMN p TO q\n;\n ");
}

/* What depends on a column follows its new name, and nothing is dropped and made again. */
static void followed(void **state) {
  sqlite3 *db = database(
      "CREATE TABLE p(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE c(p INT REFERENCES p(id));"
      "CREATE VIEW w AS SELECT id, v FROM p; CREATE INDEX i ON p(v) WHERE id > 0;"
      "CREATE TRIGGER r AFTER UPDATE OF v ON p BEGIN UPDATE c SET p = new.id WHERE new.v; END");
  int n;
  char *sql =
      way(db,
          "CREATE TABLE q( -- migrate:renamed_from p\n"
          " key INTEGER PRIMARY KEY, -- migrate:renamed_from id\n"
          " val TEXT NOT NULL -- migrate:renamed_from v\n);"
          "CREATE TABLE c(p INT REFERENCES q(key)); CREATE VIEW w AS SELECT key, val FROM q;"
          "CREATE INDEX i ON q(val) WHERE key > 0; CREATE TRIGGER r AFTER UPDATE OF val ON q"
          " BEGIN UPDATE c SET p = new.key WHERE new.val; END",
          &n);
  (void)state;
  assert_string_equal(sql,
                      "ALTER TABLE p RENAME TO q\n;\nALTER TABLE q\n  RENAME COLUMN id TO key,\n"
                      "  RENAME COLUMN v TO val,\n  ALTER COLUMN val SET NOT NULL\n;\n ");
  sqlite3_free(sql);
  sqlite3_close(db);
}

/* ---- the corpus ---- */

/* The same schema in other words. */
static char *reformatted(const char *z) {
  sqlite3_str *out = sqlite3_str_new(0);
  const char *gap = strstr(z, "VIRTUAL") ? " " : " \n\t"; /* modules read their arguments */
  size_t n = strlen(z), i;
  mig_token k;
  for (k = mig_next_token(z, n, 0); k.type != MIG_TK_END; k = mig_next_token(z, n, k.end)) {
    if (k.type == MIG_TK_SPACE) {
      sqlite3_str_appendall(out, gap);
    } else if (k.type == MIG_TK_COMMENT) {
      sqlite3_str_appendall(out, " ");
    } else if (mig_is_reserved(z, k)) {
      for (i = k.at; i < k.end; i++) sqlite3_str_appendchar(out, 1, (char)(z[i] ^ 32));
    } else if (k.type == MIG_TK_NAME && z[k.at] != '"' && !memchr(z + k.at, '"', k.end - k.at)) {
      sqlite3_str_appendf(out, "\"%.*s\"", (int)(k.end - k.at - 2), z + k.at + 1);
    } else {
      sqlite3_str_append(out, z + k.at, (int)(k.end - k.at));
      if (mig_token_op(z, k, ",") || mig_token_op(z, k, "(")) {
        sqlite3_str_appendall(out, " /* here */ ");
      }
    }
  }
  return sqlite3_str_finish(out);
}

/* A column's constraint that can stand at the table as well. */
static int can_move(const mig_table *t, const mig_constraint *c) {
  if (c->column < 0 || c->autoincrement) return 0;
  if (c->kind == MIG_PRIMARY_KEY) { /* not the quirk of INTEGER PRIMARY KEY DESC */
    return t->rowid_column >= 0 || !mig_same(t->columns[c->column].type_name, "INTEGER");
  }
  return c->kind == MIG_UNIQUE || c->kind == MIG_CHECK || c->kind == MIG_FOREIGN_KEY;
}

/* The words of a foreign key that stand beside it go along. */
static int moves_along(const mig_table *t, const mig_constraint *c) {
  return c->kind == MIG_DEFERRABLE && c->of >= 0 && can_move(t, &t->constraints[c->of]);
}

/* Blanks out a piece; line ends stay, so that comments end. */
static void blank(char *z, mig_span s) {
  for (; s.at < s.end; s.at++) {
    if (z[s.at] != '\n') z[s.at] = ' ';
  }
}

/* CREATE TABLE with its columns' constraints at the table. */
static char *moved(mig_arena *a, const char *sql) {
  mig_table t;
  sqlite3_str *out;
  char *rest;
  int i;
  if (mig_parse_table(a, sql, &t)) return 0;
  out = sqlite3_str_new(0);
  rest = mig_copy(a, sql);
  for (i = 0; i < t.nconstraint; i++) {
    const mig_constraint *c = &t.constraints[i];
    if (can_move(&t, c) || moves_along(&t, c)) blank(rest, c->span);
  }
  sqlite3_str_append(out, rest, (int)t.close);
  for (i = 0; i < t.nconstraint; i++) {
    if (can_move(&t, &t.constraints[i])) {
      sqlite3_str_appendf(out, "\n, %s", mig_constraint_text(a, &t, i));
    }
  }
  sqlite3_str_appendall(out, sql + t.close);
  return sqlite3_str_finish(out);
}

/* CREATE TABLE with its columns' names in other quotes, one after the other, and INT for INTEGER
** and the other way round where no rowid is made by it. */
static char *respelled(mig_arena *a, const char *sql) {
  static const char *const quotes[] = {"\"\"", "[]", "``"};
  mig_table t;
  sqlite3_str *out;
  size_t at = 0;
  int i;
  if (mig_parse_table(a, sql, &t)) return 0;
  out = sqlite3_str_new(0);
  for (i = 0; i < t.ncolumn; i++) {
    const mig_column *c = &t.columns[i];
    const char *q = quotes[i % 3], *other = 0;
    int odd = strpbrk(c->name, "\"]`") != 0 || sql[c->name_span.at] == '\'';
    if (mig_same(c->type_name, "INTEGER")) other = "INT";
    if (mig_same(c->type_name, "INT")) other = "INTEGER";
    sqlite3_str_append(out, sql + at, (int)(c->name_span.at - at));
    if (odd) {
      sqlite3_str_append(out, sql + c->name_span.at, (int)(c->name_span.end - c->name_span.at));
    } else {
      sqlite3_str_appendf(out, "%c%s%c", q[0], c->name, q[1]);
    }
    at = c->name_span.end;
    if (!other || c->hidden_key) continue;
    sqlite3_str_append(out, sql + at, (int)(c->type.at - at));
    sqlite3_str_appendall(out, other);
    at = c->type.end;
  }
  sqlite3_str_appendall(out, sql + at);
  return sqlite3_str_finish(out);
}

/* A whole schema, each ordinary table by one of the two. */
static char *rewritten(const char *sql, char *(*how)(mig_arena *, const char *)) {
  sqlite3 *db = database(sql);
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  mig_fault fault;
  mig_arena a;
  memset(&fault, 0, sizeof(fault));
  mig_arena_init(&a, &fault);
  sqlite3_prepare_v2(db,
                     "SELECT sql FROM sqlite_master AS o WHERE sql IS NOT NULL"
                     " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                     " AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v"
                     "   WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%' AND o.type = 'table'"
                     "   AND substr(o.name, 1, length(v.name) + 1) = v.name || '_')"
                     " ORDER BY rowid",
                     -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *z = (const char *)sqlite3_column_text(s, 0);
    char *other = sqlite3_strnicmp(z, "CREATE TABLE", 12) == 0 ? how(&a, z) : 0;
    sqlite3_str_appendf(out, "%s\n;\n", other ? other : z);
    sqlite3_free(other);
  }
  assert_int_equal(fault.code, 0);
  sqlite3_finalize(s);
  sqlite3_close(db);
  mig_arena_free(&a);
  return sqlite3_str_finish(out);
}

/* 1 where the schema differs from itself in these words. */
static int differs_in(const char *name, const char *how, const char *sql, const char *other) {
  sqlite3 *db = database(sql), *made = 0;
  char *left, *error = 0;
  int count;
  sqlite3_open(":memory:", &made);
  if (strcmp(how, "other words") != 0) sqlite3_exec(made, other, 0, 0, &error);
  if (error) print_error("%s, %s: %s\n", name, how, error);
  assert_null(error);
  sqlite3_close(made);
  left = way(db, other, &count);
  if (count) print_error("%s, %s: %.500s\n", name, how, left);
  sqlite3_free(left);
  sqlite3_close(db);
  return count != 0;
}

static void corpus(void **state) {
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i, tried = 0, wrong = 0;
  (void)state;
  if (n < 0) {
    print_message("skipped: no %s/corpus/schemas\n", shared_folder());
    skip();
  }
  for (i = 0; i < n; i++) {
    char path[300], *sql, *words, *places, *names_too;
    if (shared_lacks(names[i])) continue;
    tried++;
    snprintf(path, sizeof(path), "corpus/schemas/%s", names[i]);
    sql = shared_read(path);
    words = reformatted(sql);
    places = rewritten(sql, moved);
    names_too = rewritten(sql, respelled);
    wrong += differs_in(names[i], "other words", sql, words);
    wrong += differs_in(names[i], "constraints at the table", sql, places);
    wrong += differs_in(names[i], "other quotes, INT for INTEGER", sql, names_too);
    sqlite3_free(words);
    sqlite3_free(places);
    sqlite3_free(names_too);
    free(sql);
  }
  shared_free(names, n);
  print_message(
      "%d schemas in other words, with constraints at the table, in other quotes: %d of %d "
      "differ from themselves\n",
      tried, wrong, 3 * tried);
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spelling),    cmocka_unit_test(places),     cmocka_unit_test(columns),
      cmocka_unit_test(quoted_words),
      cmocka_unit_test(renames_in_a_row),
      cmocka_unit_test(numbers),
      cmocka_unit_test(keys),
      cmocka_unit_test(constraints), cmocka_unit_test(objects),    cmocka_unit_test(left_alone),
      cmocka_unit_test(renames),     cmocka_unit_test(placements), cmocka_unit_test(followed),
      cmocka_unit_test(corpus),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
