/* Every change in tables of every kind: seen, written, run, arrived, taken back, with rows. And
** what patterns and SQLite's own names keep out of a comparison is not touched. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "trip.h"

/* In `text` @ is the table's name, # its columns, $ what stands behind its parenthesis. */
typedef struct kind {
  const char *what, *text, *name, *key, *options;
} kind;

static const kind kinds[] = {
    {"plain", "CREATE TABLE @(#)$", "t", "INTEGER PRIMARY KEY", ""},
    {"STRICT", "CREATE TABLE @(#)$", "t", "INTEGER PRIMARY KEY", " STRICT"},
    {"WITHOUT ROWID", "CREATE TABLE @(#)$", "t", "INTEGER PRIMARY KEY", " WITHOUT ROWID"},
    {"STRICT, WITHOUT ROWID", "CREATE TABLE @(#)$", "t", "TEXT PRIMARY KEY",
     " STRICT, WITHOUT ROWID"},
    {"a key that is no rowid", "CREATE TABLE @(#)$", "t", "INT PRIMARY KEY", ""},
    {"AUTOINCREMENT", "CREATE TABLE @(#)$", "t", "INTEGER PRIMARY KEY AUTOINCREMENT", ""},
    {"an odd name", "CREATE TABLE @(#)$", "\"t\303\244 \"\"b\"", "INTEGER PRIMARY KEY", ""},
    {"views",
     "CREATE TABLE @(#)$; CREATE VIEW v AS SELECT id, a FROM @; CREATE VIEW w AS SELECT * FROM v",
     "t", "INTEGER PRIMARY KEY", ""},
    {"triggers",
     "CREATE TABLE l(x); CREATE TABLE @(#)$; CREATE TRIGGER r AFTER UPDATE OF a ON @ BEGIN INSERT "
     "INTO "
     "l VALUES(old.a); END; CREATE TRIGGER s AFTER INSERT ON l BEGIN UPDATE @ SET a = new.x; END",
     "t", "INTEGER PRIMARY KEY", ""},
    {"children",
     "CREATE TABLE @(#)$; CREATE TABLE c(t REFERENCES @(id) ON DELETE CASCADE DEFERRABLE "
     "INITIALLY DEFERRED)",
     "t", "INTEGER PRIMARY KEY", ""},
    {"indexes",
     "CREATE TABLE @(#)$; CREATE INDEX i ON @(a DESC, id); CREATE UNIQUE INDEX j ON @(id) WHERE a "
     "> 'a'; "
     "CREATE INDEX k ON @(a COLLATE NOCASE); CREATE INDEX l ON @(lower(a))",
     "t", "INTEGER PRIMARY KEY", ""},
    {"a generated column", "CREATE TABLE @(#, g TEXT AS (a || id))$", "t", "INTEGER PRIMARY KEY",
     ""},
    {"a stored generated column", "CREATE TABLE @(#, g TEXT AS (a || id) STORED)$", "t",
     "INTEGER PRIMARY KEY", ""},
    {"comments", "CREATE TABLE @( -- the table\n #, -- the end\n CHECK (a <> '') /* never */\n)$",
     "t", "INTEGER PRIMARY KEY", ""},
};

/* The columns behind the key. */
static const char base[] = "a TEXT, b INT, c REAL";

static const char *const changes[] = {
    "a TEXT NOT NULL, b INT, c REAL",
    "a TEXT NOT NULL ON CONFLICT IGNORE, b INT, c REAL",
    "a TEXT COLLATE NOCASE, b INT, c REAL",
    "a TEXT, b TEXT, c REAL",
    "a VARCHAR(5), b BIGINT, c REAL",
    "a TEXT, b INT DEFAULT 5, c REAL DEFAULT (1 + 1)",
    "x TEXT DEFAULT '', a TEXT, b INT, c REAL, y INT NOT NULL DEFAULT 1",
    "a TEXT, c REAL",
    "a TEXT",
    "c REAL, b INT, a TEXT",
    "a TEXT, b INT CHECK (b > 0), c REAL",
    "a TEXT UNIQUE, b INT, c REAL, CONSTRAINT u UNIQUE (b, c)",
    "a TEXT, b INT REFERENCES p(id) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, c REAL",
    "a TEXT, b INT, c REAL, d INT AS (b + 1), e TEXT AS (a) STORED",
    "a TEXT, b INT AS (1), c REAL",
    "a TEXT NOT NULL DEFAULT 'q' UNIQUE COLLATE RTRIM CHECK (a > ''), c INT, z INT, b TEXT",
};

static void put(sqlite3_str *out, const kind *k, const char *columns) {
  const char *z;
  for (z = k->text; *z; z++) {
    if (*z == '@')
      sqlite3_str_appendall(out, k->name);
    else if (*z == '#')
      sqlite3_str_appendf(out, "id %s, %s", k->key, columns);
    else if (*z == '$')
      sqlite3_str_appendall(out, k->options);
    else
      sqlite3_str_appendchar(out, 1, *z);
  }
}

/* The whole schema, for sqlite3_free(). */
static char *schema(const kind *k, const char *columns) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_str_appendall(out, "CREATE TABLE p(id INTEGER PRIMARY KEY);\n");
  put(out, k, columns);
  return sqlite3_str_finish(out);
}

static int is_valid(const char *sql) {
  sqlite3 *db = 0;
  int rc;
  sqlite3_open(":memory:", &db);
  rc = sqlite3_exec(db, sql, 0, 0, 0);
  sqlite3_close(db);
  return rc == SQLITE_OK;
}

/* SQLite 3.37 itself refuses a whole number for a REAL column of a STRICT table that has a
** generated column. */
static int is_refused_by_3_37(const char *sql) {
  return sqlite3_libversion_number() < 3038000 && strstr(sql, "STRICT") && strstr(sql, " AS (");
}

/* 1: done, 0: this kind of table cannot be changed so. */
static int change(const kind *k, const char *from, const char *to) {
  char *was = schema(k, from), *target = schema(k, to), *rows;
  sqlite3 *db = 0;
  trip_report r;
  int ok;
  if (!is_valid(was) || !is_valid(target) || is_refused_by_3_37(target)) {
    sqlite3_free(was);
    sqlite3_free(target);
    return 0;
  }
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, was, 0, 0, 0);
  rows = sqlite3_mprintf(
      "INSERT INTO p VALUES(10), (20); INSERT INTO %s(id, a, b, c) VALUES(1, 'x', "
      "10, 1), (7, 'y', 20, 2)",
      k->name);
  sqlite3_exec(db, rows, 0, 0, 0);
  memset(&r, 0, sizeof(r));
  r.name = k->what;
  ok = trip(&r, db, target);
  if (!ok) {
    char *text = trip_text();
    print_error("%s, %s: up %d down %d kept %d: %s\n%s\n", k->what, to, r.up, r.down, r.kept,
                r.words, text);
    sqlite3_free(text);
  }
  assert_true(ok);
  sqlite3_free(rows);
  sqlite3_free(was);
  sqlite3_free(target);
  sqlite3_close(db);
  return 1;
}

static void every_kind(void **state) {
  size_t i, k;
  int done = 0;
  (void)state;
  for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
      done += change(&kinds[k], base, changes[i]);
      done += change(&kinds[k], changes[i], base);
    }
  }
  print_message("%d changes of %d kinds of tables\n", done,
                (int)(sizeof(kinds) / sizeof(kinds[0])));
  assert_true(done > 300);
}

/* From each kind to each other: STRICT, WITHOUT ROWID, keys, what hangs on the table. */
static void from_kind_to_kind(void **state) {
  size_t i, k, n = sizeof(kinds) / sizeof(kinds[0]);
  (void)state;
  for (i = 0; i < n; i++) {
    for (k = 0; k < n; k++) {
      char *from = schema(&kinds[i], base), *to = schema(&kinds[k], base);
      trip_report r;
      sqlite3 *db = 0;
      memset(&r, 0, sizeof(r));
      r.name = kinds[k].what;
      sqlite3_open(":memory:", &db);
      if (i != k && is_valid(from) && is_valid(to)) {
        sqlite3_exec(db, from, 0, 0, 0);
        if (!trip(&r, db, to)) {
          print_error("%s to %s: %s\n", kinds[i].what, kinds[k].what, r.words);
          assert_true(0);
        }
      }
      sqlite3_close(db);
      sqlite3_free(from);
      sqlite3_free(to);
    }
  }
}

/* ---- what is left alone ---- */

static int take(void *arg, const migrate_difference *d) {
  sqlite3_str_appendf((sqlite3_str *)arg, "%s\n", d->sql);
  return 0;
}

static char *way(const char *from, const char *to, const char *key, const char *value) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3 *db = 0;
  migrate *m = 0;
  sqlite3_open(":memory:", &db);
  assert_int_equal(sqlite3_exec(db, from, 0, 0, 0), 0);
  migrate_open(db, 0, &m);
  if (key) assert_int_equal(migrate_set(m, key, value), 0);
  assert_int_equal(migrate_diff(m, to, take, out), 0);
  migrate_close(m);
  sqlite3_close(db);
  sqlite3_str_appendall(out, "");
  return sqlite3_str_finish(out);
}

static void leads(const char *from, const char *to, const char *key, const char *value,
                  const char *expected) {
  char *z = way(from, to, key, value);
  assert_string_equal(z ? z : "", expected);
  sqlite3_free(z);
}

static void patterns(void **state) {
  static const char from[] =
      "CREATE TABLE app_a(x); CREATE INDEX app_i ON app_a(x); CREATE TABLE other(x);"
      "CREATE INDEX i ON other(x); CREATE VIEW app_v AS SELECT x FROM app_a;"
      "CREATE TRIGGER r AFTER INSERT ON other BEGIN SELECT 1; END";
  static const char to[] = "CREATE TABLE app_a(x, y); CREATE TABLE new(z)";
  (void)state;
  leads(from, to, "include", "app_*",
        "DROP VIEW app_v\nDROP INDEX app_i\nALTER TABLE app_a ADD COLUMN y\n");
  leads(from, to, "exclude", "app_*, new", "DROP TABLE other\n");
  leads(from, to, "exclude", "other,app_i,app_v,new", "ALTER TABLE app_a ADD COLUMN y\n");
  leads(from, to, "exclude", "*", "");
}

static void own(void **state) {
  static const char from[] =
      "CREATE TABLE alembic_version(version_num); CREATE TABLE migrate_journal(id);"
      "CREATE INDEX journal_i ON migrate_journal(id);"
      "CREATE VIRTUAL TABLE f USING fts5(a); CREATE TABLE f_notes(a);"
      "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES(1); ANALYZE";
  static const char to[] =
      "CREATE VIRTUAL TABLE f USING fts5(a); CREATE TABLE f_notes(a);"
      "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)";
  (void)state;
  leads(from, to, 0, 0, "");
  leads(to, from, 0, 0, "");
  leads("CREATE TABLE versions(version_num); CREATE TABLE alembic_version(version_num)",
        "CREATE TABLE t(a)", "version_table", "versions",
        "CREATE TABLE t(a)\nDROP TABLE alembic_version\n");
}

static void switches(void **state) {
  (void)state;
  leads("CREATE TABLE t(a INT, b DEFAULT 1)", "CREATE TABLE t(a TEXT, b DEFAULT 2)", "compare_type",
        "off", "ALTER TABLE t ALTER COLUMN b SET DEFAULT 2\n");
  leads("CREATE TABLE t(a INT, b DEFAULT 1)", "CREATE TABLE t(a TEXT, b DEFAULT 2)",
        "compare_server_default", "off", "ALTER TABLE t ALTER COLUMN a TYPE TEXT\n");
  leads("CREATE TABLE t(a INT COLLATE NOCASE)", "CREATE TABLE t(a TEXT)", "compare_type", "off",
        "ALTER TABLE t ALTER COLUMN a TYPE INT COLLATE BINARY\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind), cmocka_unit_test(from_kind_to_kind), cmocka_unit_test(patterns),
      cmocka_unit_test(own),        cmocka_unit_test(switches),
  };
  int failed;
  if (!trip_begin()) return 1;
  failed = cmocka_run_group_tests(tests, 0, 0);
  trip_end();
  return failed;
}
