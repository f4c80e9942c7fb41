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

typedef struct list {
  sqlite3_str *sql;
  int n;
} list;

static int take(void *arg, const migrate_difference *d) {
  list *l = (list *)arg;
  l->n++;
  sqlite3_str_appendf(l->sql, "%s;\n", d->sql);
  return 0;
}

/* The statements that lead to the target, for sqlite3_free(); *n their number, -1 for an error. */
static char *way(sqlite3 *db, const char *target, int *n) {
  migrate *m = 0;
  list l;
  l.n = 0;
  l.sql = sqlite3_str_new(0);
  assert_int_equal(migrate_open(db, 0, &m), 0);
  if (migrate_diff(m, target, take, &l)) {
    print_error("%s\n", migrate_errmsg(m));
    l.n = -1;
  }
  migrate_close(m);
  *n = l.n;
  sqlite3_str_appendall(l.sql, " ");
  return sqlite3_str_finish(l.sql);
}

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
  differs("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT) STRICT");
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
                      "ALTER TABLE old RENAME TO new;\n"
                      "ALTER TABLE new\n  RENAME COLUMN a TO x,\n  RENAME COLUMN b TO y;\n ");
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
    } else if (k.type == MIG_TK_WORD && mig_word_in(z, k, mig_reserved_words)) {
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

static void corpus(void **state) {
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i, wrong = 0;
  (void)state;
  if (n < 0) {
    print_message("skipped: no %s/corpus/schemas\n", shared_folder());
    skip();
  }
  for (i = 0; i < n; i++) {
    char path[300], *sql, *other, *left;
    sqlite3 *db;
    int count;
    snprintf(path, sizeof(path), "corpus/schemas/%s", names[i]);
    sql = shared_read(path);
    other = reformatted(sql);
    db = database(sql);
    left = way(db, other, &count);
    if (count) print_error("%s: %.500s\n", names[i], left);
    wrong += count != 0;
    sqlite3_free(left);
    sqlite3_close(db);
    sqlite3_free(other);
    free(sql);
  }
  shared_free(names, n);
  print_message("%d of %d schemas equal themselves in other words\n", n - wrong, n);
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spelling),    cmocka_unit_test(places),  cmocka_unit_test(columns),
      cmocka_unit_test(constraints), cmocka_unit_test(objects), cmocka_unit_test(left_alone),
      cmocka_unit_test(renames),     cmocka_unit_test(corpus),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
