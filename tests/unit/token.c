/* Tokens: SQLite's lexical grammar, and the splitting of scripts held against sqlite3_prepare(). */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"

#include "../shared.h"

/* --- tokens --------------------------------------------------------------------------------- */

/* One letter a token: space, comment, word, name, string, blob, number, variable, op, illegal. */
static char *letters(const char *z, size_t n) {
  static const char letter[] = ".scwnSbNvox";
  sqlite3_str *out = sqlite3_str_new(0);
  size_t at = 0;
  mig_token t;
  for (t = mig_next_token(z, n, 0); t.type != MIG_TK_END; t = mig_next_token(z, n, t.end)) {
    assert_int_equal(t.at, at); /* no gap */
    assert_true(t.end > t.at);
    at = t.end;
    sqlite3_str_appendf(out, "%c%d", letter[t.type], (int)(t.end - t.at));
  }
  assert_int_equal(t.at, at);
  assert_int_equal(t.end, at);
  return sqlite3_str_finish(out);
}

static const struct {
  const char *sql, *tokens;
} lexed[] = {
    {"SELECT a", "w6s1w1"},
    {"_a$1 \xc3\xa4\xff z", "w4s1w3s1w1"},
    {"a.b.[c d].`e``f`.\"g\"\"h\"", "w1o1w1o1n5o1n6o1n6"},
    {"'it''s' ''", "S7s1S2"},
    {"'a", "x2"},
    {"'a''", "x4"},
    {"\"a", "x2"},
    {"[a", "x2"},
    {"[a]]", "n3x1"},
    {"x'00fF' X''", "b7s1b3"},
    {"x'0' x'0g' x'00", "x4s1x5s1x4"},
    {"xa x", "w2s1w1"},
    {"1 1.5 .5 1. 1e5 1E+5 .5e-5 1.e5", "N1s1N3s1N2s1N2s1N3s1N4s1N5s1N4"},
    {"0x1F 0Xg 0x 1a 1e 1e+ 1.5x 9$", "N4s1x3s1x2s1x2s1x2s1x2o1s1x4s1x2"},
    {"1_000 0x1_f 1_ 1_a 1._5", "N5s1N5s1N2s1x3s1N4"},
    {"1..2", "N2N2"},
    {"? ?12 :a @b #c $d $a::b(c)", "v1s1v3s1v2s1v2s1v2s1v2s1v8"},
    {": $ @ #", "x1s1x1s1x1s1x1"},
    {"$a(b c", "x4s1w1"},
    {"-- c\n/* d */x", "c4s1c7w1"},
    {"/**/ /* / */", "c4s1c7"},
    {"/* open", "c7"},
    {"/*/", "c3"},
    {"/*", "o1o1"},
    {"--", "c2"},
    {"a--", "w1c2"},
    {"- -> ->> = == < <= <> << > >= >> != | || ! &",
     "o1s1o2s1o3s1o1s1o2s1o1s1o2s1o2s1o2s1o1s1o2s1o2s1o2s1o1s1o2s1x1s1o1"},
    {"()*+,/%;~.", "o1o1o1o1o1o1o1o1o1o1"},
    {"{}\\^]", "x1x1x1x1x1"},
    {" \t\n\f\r\v ", "s7"},
    {"\va", "x1w1"},
    {"\xef\xbb\xbf" "a", "s3w1"},
    {"\xef\xbb" "a", "w3"},
    {"", ""},
};

static void test_tokens(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof lexed / sizeof *lexed; i++) {
    char *is = letters(lexed[i].sql, strlen(lexed[i].sql));
    assert_string_equal(is ? is : "", lexed[i].tokens);
    sqlite3_free(is);
  }
}

/* A NUL ends the text, and nothing behind n is looked at. */
static void test_ends(void **state) {
  char *is = letters("ab\0cd", 5);
  (void)state;
  assert_string_equal(is, "w2");
  sqlite3_free(is);
  is = letters("abcd", 2);
  assert_string_equal(is, "w2");
  sqlite3_free(is);
  is = letters("'a'", 2);
  assert_string_equal(is, "x2");
  sqlite3_free(is);
  is = letters("--\n", 1);
  assert_string_equal(is, "o1");
  sqlite3_free(is);
}

static void test_dequote(void **state) {
  static const char *const pairs[][2] = {
      {"abc", "abc"},           {"\"a\"\"b\"", "a\"b"},   {"[a b]", "a b"}, {"[a\"\"b]", "a\"\"b"},
      {"`a``b`", "a`b"},        {"'it''s'", "it's"},      {"\"\"", ""},     {"''''", "'"},
      {"\"a''b\"", "a''b"},
  };
  mig_fault fault;
  mig_arena a;
  size_t i;
  (void)state;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    const char *z = pairs[i][0];
    assert_string_equal(mig_dequote(&a, z, mig_next_token(z, strlen(z), 0)), pairs[i][1]);
  }
  mig_arena_free(&a);
}

static void test_compare(void **state) {
  const char *z = "Check \"check\" <= <";
  mig_token t = mig_next_token(z, 18, 0);
  (void)state;
  assert_true(mig_token_is(z, t, "CHECK"));
  assert_false(mig_token_is(z, t, "CHECKS"));
  assert_false(mig_token_is(z, t, "CHEC"));
  t = mig_next_significant(z, 18, t.end);
  assert_false(mig_token_is(z, t, "\"CHECK\""));
  t = mig_next_significant(z, 18, t.end);
  assert_true(mig_token_op(z, t, "<="));
  assert_false(mig_token_op(z, t, "<"));
  assert_int_equal(mig_skip_parens("(a(b')')) c", 11, 0), 9);
  assert_int_equal(mig_skip_parens("(a(b)", 5, 0), 0);
}

/* --- names ---------------------------------------------------------------------------------- */

/* A name that needs no quotes works bare wherever a name can stand. */
static void bare(const char *name) {
  static const char *const uses[] = {
      "CREATE TABLE %s(%s INT, x, UNIQUE(%s), CHECK(%s > 0 OR NOT %s IS NULL))",
      "CREATE TABLE c(y REFERENCES %s(%s))",
      "CREATE INDEX i ON %s(%s, x) WHERE %s > 1",
      "CREATE VIEW v AS SELECT %s, abs(%s) AS %s FROM %s WHERE %s = 1 ORDER BY %s",
      "SELECT CASE WHEN %s THEN %s ELSE %s END, (%s), -%s, (x, %s) = (1, %s) FROM %s",
      "SELECT a.%s FROM %s AS a JOIN %s AS b ON a.%s = b.%s GROUP BY a.%s HAVING a.%s > 1",
      "INSERT INTO %s(%s) SELECT %s FROM %s WHERE 1",
      "UPDATE %s SET %s = %s + 1 WHERE %s",
      "DELETE FROM %s WHERE %s IN (SELECT %s FROM %s)",
      "CREATE TRIGGER r AFTER UPDATE OF %s ON %s BEGIN UPDATE %s SET %s = new.%s; END",
      "ALTER TABLE %s RENAME COLUMN x TO z",
      "DROP TABLE %s",
  };
  sqlite3 *db = 0;
  size_t i;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  for (i = 0; i < sizeof uses / sizeof *uses; i++) {
    char *sql = sqlite3_mprintf(uses[i], name, name, name, name, name, name, name, name);
    if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) {
      print_error("%s\n  %s\n", sqlite3_errmsg(db), sql);
      fail();
    }
    sqlite3_free(sql);
  }
  sqlite3_close(db);
}

static void test_names(void **state) {
  int i, n, count = 0;
  const char *z;
  char name[40];
  (void)state;
  for (i = 0; i < sqlite3_keyword_count(); i++) {
    sqlite3_keyword_name(i, &z, &n);
    sqlite3_snprintf((int)sizeof name, name, "%.*s", n, z);
    if (mig_needs_quotes(name)) continue;
    bare(name);
    count++;
  }
  print_message("%d of %d keywords stay bare\n", count, i);
  bare("_a$1");
  bare("\xc3\xa4");
  assert_true(count > 60);
  assert_true(mig_needs_quotes(""));
  assert_true(mig_needs_quotes("a b"));
  assert_true(mig_needs_quotes("1a"));
  assert_true(mig_needs_quotes("$a"));
  assert_true(mig_needs_quotes("a-b"));
  assert_true(mig_needs_quotes("a--"));
  assert_true(mig_needs_quotes("\"a\""));
  assert_true(mig_needs_quotes("select"));
  assert_true(mig_needs_quotes("Current_Time"));
  assert_true(mig_needs_quotes("\xef\xbb\xbf"));
  assert_false(mig_needs_quotes("selects"));
  assert_false(mig_needs_quotes("users"));
}

/* --- statements ------------------------------------------------------------------------------ */

/* The statements of a text between bars, and in the end -1 where one is not finished. */
static char *statements(const char *z, size_t n) {
  sqlite3_str *out = sqlite3_str_new(0);
  size_t at = 0;
  mig_span s;
  int found;
  while ((found = mig_next_statement(z, n, &at, &s)) != 0) {
    sqlite3_str_appendf(out, "%s|%.*s|", found < 0 ? "-1" : "", (int)(s.end - s.at), z + s.at);
    if (found < 0) break;
  }
  return sqlite3_str_finish(out);
}

static const struct {
  const char *script, *statements;
} scripts[] = {
    {"", ""},
    {" ;; -- c\n ; /* d */ ", ""},
    {"SELECT 1", "|SELECT 1|"},
    {"SELECT 1;", "|SELECT 1|"},
    {"/* a */ SELECT 1 /* b */ ; -- c\nSELECT 2 -- d", "|SELECT 1||SELECT 2|"},
    {"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n", "|SELECT 1||SELECT 2|"},
    {"SELECT ';', \";\", [;], `;` /*;*/ --;\n; a", "|SELECT ';', \";\", [;], `;`||a|"},
    {"CREATE TABLE t(a; b)", "|CREATE TABLE t(a||b)|"},
    {"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 3",
     "|CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END||SELECT 3|"},
    {"create temp trigger r insert on t begin select case when 1 then 2 end; end;x",
     "|create temp trigger r insert on t begin select case when 1 then 2 end; end||x|"},
    {"CREATE TEMPORARY TRIGGER r INSERT ON t BEGIN SELECT CASE 1 WHEN 2 THEN 3 END, 4; /* x */ END "
     "-- y\n;x",
     "|CREATE TEMPORARY TRIGGER r INSERT ON t BEGIN SELECT CASE 1 WHEN 2 THEN 3 END, 4; /* x */ "
     "END||x|"},
    {"CREATE OR REPLACE TRIGGER r INSERT ON t BEGIN SELECT 1; END; x",
     "|CREATE OR REPLACE TRIGGER r INSERT ON t BEGIN SELECT 1; END||x|"},
    {"CREATE OR REPLACE TEMP TRIGGER r INSERT ON t BEGIN SELECT 1; END; x",
     "|CREATE OR REPLACE TEMP TRIGGER r INSERT ON t BEGIN SELECT 1; END||x|"},
    {"EXPLAIN CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END; x",
     "|EXPLAIN CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END||x|"},
    {"EXPLAIN QUERY PLAN CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END; x",
     "|EXPLAIN QUERY PLAN CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END||x|"},
    {"CREATE /* TRIGGER */ TABLE t(begin, end); END; x",
     "|CREATE /* TRIGGER */ TABLE t(begin, end)||END||x|"},
    {"CREATE VIEW trigger AS SELECT 1; END", "|CREATE VIEW trigger AS SELECT 1||END|"},
    {"CREATE TRIGGER r INSERT ON t; SELECT 1", "|CREATE TRIGGER r INSERT ON t||SELECT 1|"},
    {"BEGIN; SELECT 1; END; x", "|BEGIN||SELECT 1||END||x|"},
    {"CREATE TRIGGER r INSERT ON t BEGIN SELECT 1;",
     "-1|CREATE TRIGGER r INSERT ON t BEGIN SELECT 1;|"},
    {"CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END",
     "|CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END|"},
    {"x; SELECT (1", "|x|-1|SELECT (1|"},
    {"x; SELECT 'a", "|x|-1|SELECT 'a|"},
    {"x; SELECT \"a;b", "|x|-1|SELECT \"a;b|"},
    {"x; SELECT x'00", "|x|-1|SELECT x'00|"},
    {"SELECT x'0g'", "|SELECT x'0g'|"},
    {"x; /* c", "|x|-1|/* c|"},
    {"x; SELECT 1 /* c ;", "|x|-1|SELECT 1 /* c ;|"},
    {"SELECT 1 /*/", "-1|SELECT 1 /*/|"},
    {"SELECT 1 /**/", "|SELECT 1|"},
    {"SELECT 1 -- c", "|SELECT 1|"},
    {"SELECT 1)", "|SELECT 1)|"},
};

static void test_statements(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    char *is = statements(scripts[i].script, strlen(scripts[i].script));
    assert_string_equal(is ? is : "", scripts[i].statements);
    sqlite3_free(is);
  }
}

/* --- held against SQLite -------------------------------------------------------------------- */

typedef struct counts {
  int files, statements, refused, different;
} counts;

static int same_bytes(void *arg, int n, const void *a, int m, const void *b) {
  int order = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return order ? order : n - m;
}

static void any_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  (void)arg;
  sqlite3_create_collation(db, name, encoding, 0, same_bytes);
}

/* Runs a script a statement at a time; where each ends must be where sqlite3_prepare_v2() says. */
static void run_script(sqlite3 *db, const char *path, counts *c) {
  char *z = shared_read(path);
  size_t n, at = 0, from = 0;
  mig_span s;
  int found;
  assert_non_null(z);
  n = strlen(z);
  c->files++;
  while ((found = mig_next_statement(z, n, &at, &s)) != 0) {
    sqlite3_stmt *stmt = 0;
    const char *tail = 0;
    char *one;
    assert_int_equal(found, 1);
    if (sqlite3_prepare_v2(db, z + from, -1, &stmt, &tail) != SQLITE_OK) {
      c->refused++;
    } else {
      c->statements++;
      if (tail != z + at && c->different++ < 10) {
        print_error("%s: %.*s\n", path, (int)(s.end - s.at), z + s.at);
      }
      while (sqlite3_step(stmt) == SQLITE_ROW) {}
    }
    sqlite3_finalize(stmt);
    one = sqlite3_mprintf("%.*s", (int)(s.end - s.at), z + s.at); /* the span alone is the same */
    if (sqlite3_prepare_v2(db, one, -1, &stmt, &tail) == SQLITE_OK && *tail) c->different++;
    sqlite3_finalize(stmt);
    sqlite3_free(one);
    from = at;
  }
  free(z);
}

static void run_folder(const char *folder, counts *c, int together) {
  char **names;
  int n = shared_list(folder, ".sql", &names), i;
  sqlite3 *db = 0;
  for (i = 0; i < n; i++) {
    char *path = sqlite3_mprintf("%s/%s", folder, names[i]);
    if (!db) {
      sqlite3_open(":memory:", &db);
      sqlite3_collation_needed(db, 0, any_collation);
    }
    if (!together || strcmp(names[i], "final.sql") != 0) run_script(db, path, c);
    if (!together) {
      sqlite3_close(db);
      db = 0;
    }
    sqlite3_free(path);
  }
  sqlite3_close(db);
  shared_free(names, n);
}

static void test_corpus(void **state) {
  static const char *const folders[] = {"corpus/chains", "corpus/versions"};
  counts c;
  char **apps;
  int n, i, k;
  (void)state;
  memset(&c, 0, sizeof c);
  run_folder("corpus/schemas", &c, 0);
  for (k = 0; k < 2; k++) {
    n = shared_list(folders[k], "", &apps);
    for (i = 0; i < n; i++) {
      char *folder = sqlite3_mprintf("%s/%s", folders[k], apps[i]);
      run_folder(folder, &c, k == 0);
      sqlite3_free(folder);
    }
    shared_free(apps, n);
  }
  if (!c.files) {
    print_message("skipped: no %s/corpus\n", shared_folder());
    skip();
  }
  print_message("%d files, %d statements, %d refused by SQLite\n", c.files, c.statements,
                c.refused);
  assert_int_equal(c.different, 0);
}

/* The same for scripts of our own, which need no folder. */
static void test_own_scripts(void **state) {
  static const char *const own[] = {
      "CREATE TABLE t(a, b)", "SELECT 1", ";", " ; ", "-- c\n;", "/* ; */ SELECT ';' -- ;\n",
      "CREATE TRIGGER r%d AFTER INSERT ON t BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END",
      "EXPLAIN CREATE TRIGGER r AFTER INSERT ON t WHEN CASE 1 WHEN 2 THEN 3 END BEGIN"
      " DELETE FROM t; END",
      "EXPLAIN QUERY PLAN SELECT 1", "BEGIN", "END", "COMMIT",
      "SELECT \"a;b\", [c;d], `e;f` FROM t", "INSERT INTO t VALUES ('a;''b', x'3b')",
      "CREATE TEMP TABLE begin(\"end\")", "SELECT 1;;SELECT 2", "CREATE TABLE trigger(a)",
      "CREATE VIEW v AS SELECT 1 AS trigger",
  };
  size_t count = sizeof own / sizeof *own, i, k;
  int checked = 0;
  (void)state;
  for (i = 0; i < count; i++) {
    for (k = 0; k < count; k++) {
      char *z = sqlite3_mprintf("%s;%s", own[i], own[k]);
      size_t n = strlen(z), at = 0, from = 0;
      sqlite3 *db = 0;
      mig_span s;
      sqlite3_open(":memory:", &db);
      sqlite3_exec(db, "CREATE TABLE t(\"a;b\", \"c;d\", `e;f`)", 0, 0, 0);
      while (mig_next_statement(z, n, &at, &s) > 0) {
        sqlite3_stmt *stmt = 0;
        const char *tail = 0;
        if (sqlite3_prepare_v2(db, z + from, -1, &stmt, &tail) == SQLITE_OK) {
          assert_int_equal(tail - z, at);
          checked++;
        }
        sqlite3_finalize(stmt);
        from = at;
      }
      sqlite3_close(db);
      sqlite3_free(z);
    }
  }
  print_message("%d statements\n", checked);
  assert_true(checked > 400);
}

/* --- size ----------------------------------------------------------------------------------- */

static double seconds(const char *piece, size_t count) {
  size_t p = strlen(piece), i, at = 0;
  char *z = (char *)malloc(p * count + 1);
  clock_t from;
  mig_span s;
  for (i = 0; i < count; i++) memcpy(z + i * p, piece, p + 1);
  from = clock();
  while (mig_next_statement(z, p * count, &at, &s) > 0) {}
  free(z);
  return (double)(clock() - from) / CLOCKS_PER_SEC;
}

static void test_linear(void **state) {
  static const char *const pieces[] = {"a", "a;", "'", "(", "/* a */", "--\n", "CREATE ",
                                       "CREATE TRIGGER BEGIN;", "EXPLAIN;", "/*", "$a::"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    double one = seconds(pieces[i], 500000), two = seconds(pieces[i], 1000000);
    assert_true(two < 3 * one + 0.05);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),     cmocka_unit_test(test_ends),
      cmocka_unit_test(test_dequote),    cmocka_unit_test(test_compare),
      cmocka_unit_test(test_names),      cmocka_unit_test(test_statements),
      cmocka_unit_test(test_corpus),     cmocka_unit_test(test_own_scripts),
      cmocka_unit_test(test_linear),
  };
  return cmocka_run_group_tests_name("token", tests, 0, 0);
}
