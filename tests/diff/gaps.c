/* What Alembic's autogenerate does not see on SQLite, sees for ever, or writes so that it does not
** run: here each is seen, or is none; what is written runs, arrives, and comes back, with rows. */
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

typedef struct change {
  const char *name, *from, *to, *rows; /* NULL rows: none */
} change;

static const change seen[] = {
    {"a trigger comes", "CREATE TABLE t(a)",
     "CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
     "INSERT INTO t VALUES(1)"},
    {"a trigger changes", "CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
     "CREATE TABLE t(a); CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT 1; END", 0},
    {"a view comes", "CREATE TABLE t(a)", "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t", 0},
    {"a view changes", "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t",
     "CREATE TABLE t(a); CREATE VIEW v AS SELECT a + 1 AS a FROM t", 0},
    {"the text of a named CHECK", "CREATE TABLE t(a, CONSTRAINT c CHECK (a > 0))",
     "CREATE TABLE t(a, CONSTRAINT c CHECK (a > 1))", "INSERT INTO t VALUES(5)"},
    {"an unnamed CHECK comes", "CREATE TABLE t(a INT)", "CREATE TABLE t(a INT CHECK (a > 0))",
     "INSERT INTO t VALUES(5)"},
    {"an unnamed CHECK changes", "CREATE TABLE t(a INT, CHECK (a > 0))",
     "CREATE TABLE t(a INT, CHECK (a >= 0))", "INSERT INTO t VALUES(5)"},
    {"the expression of a generated column", "CREATE TABLE t(a INT, g INT AS (a + 1))",
     "CREATE TABLE t(a INT, g INT AS (a + 2))", "INSERT INTO t VALUES(5)"},
    {"generated becomes plain", "CREATE TABLE t(a INT, g INT AS (a + 1))",
     "CREATE TABLE t(a INT, g INT)", "INSERT INTO t VALUES(5)"},
    {"VIRTUAL becomes STORED", "CREATE TABLE t(a INT, g INT AS (a + 1) VIRTUAL)",
     "CREATE TABLE t(a INT, g INT AS (a + 1) STORED)", "INSERT INTO t VALUES(5)"},
    {"COLLATE", "CREATE TABLE t(a TEXT, b)", "CREATE TABLE t(a TEXT COLLATE NOCASE, b)",
     "INSERT INTO t VALUES('x', 1), ('X', 2)"},
    {"AUTOINCREMENT", "CREATE TABLE t(a INTEGER PRIMARY KEY, b)",
     "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b)", "INSERT INTO t VALUES(7, 1)"},
    {"WITHOUT ROWID", "CREATE TABLE t(a TEXT PRIMARY KEY NOT NULL, b)",
     "CREATE TABLE t(a TEXT PRIMARY KEY NOT NULL, b) WITHOUT ROWID", "INSERT INTO t VALUES('x', 1)"},
    {"STRICT", "CREATE TABLE t(a TEXT, b INT)", "CREATE TABLE t(a TEXT, b INT) STRICT",
     "INSERT INTO t VALUES('x', 1)"},
    {"the primary key", "CREATE TABLE t(a TEXT PRIMARY KEY, b)",
     "CREATE TABLE t(a TEXT, b, PRIMARY KEY (a, b))", "INSERT INTO t VALUES('x', 1)"},
    {"the order of the columns", "CREATE TABLE t(a, b, c)", "CREATE TABLE t(c, a, b)",
     "INSERT INTO t VALUES(1, 2, 3)"},
    {"an unnamed UNIQUE goes", "CREATE TABLE t(a, b, UNIQUE (a, b))", "CREATE TABLE t(a, b)",
     "INSERT INTO t VALUES(1, 2)"},
    {"the predicate of a partial index", "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a > 0",
     "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a > 1", "INSERT INTO t VALUES(1)"},
    {"an index becomes partial", "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
     "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a > 1", 0},
    {"ASC becomes DESC", "CREATE TABLE t(a, b); CREATE INDEX i ON t(a, b)",
     "CREATE TABLE t(a, b); CREATE INDEX i ON t(a, b DESC)", 0},
    {"an expression index comes", "CREATE TABLE t(a)", "CREATE TABLE t(a); CREATE INDEX i ON t(a + 1)",
     "INSERT INTO t VALUES(1)"},
    {"an index becomes UNIQUE", "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
     "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)", "INSERT INTO t VALUES(1)"},
    {"ON DELETE at the column", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, p INT "
     "REFERENCES p(id) ON DELETE CASCADE)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, p INT REFERENCES p(id))",
     "INSERT INTO p VALUES(1); INSERT INTO t VALUES(1, 1)"},
    {"DEFERRABLE", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, p INT REFERENCES p)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, p INT REFERENCES p DEFERRABLE "
     "INITIALLY DEFERRED)",
     "INSERT INTO p VALUES(1); INSERT INTO t VALUES(1, 1)"},
    {"the case of a column", "CREATE TABLE t(Name TEXT)", "CREATE TABLE t(name TEXT)",
     "INSERT INTO t VALUES('x')"},
    {"the case of a table", "CREATE TABLE Users(a); CREATE VIEW v AS SELECT a FROM Users",
     "CREATE TABLE users(a); CREATE VIEW v AS SELECT a FROM users", "INSERT INTO Users VALUES(1)"},
    {"VARCHAR(10) to VARCHAR", "CREATE TABLE t(a VARCHAR(10))", "CREATE TABLE t(a VARCHAR)",
     "INSERT INTO t VALUES('x')"},
    {"an enumeration grows", "CREATE TABLE t(a TEXT CHECK (a IN ('x', 'y')))",
     "CREATE TABLE t(a TEXT CHECK (a IN ('x', 'y', 'z')))", "INSERT INTO t VALUES('x')"},
    {"a type comes", "CREATE TABLE t(a, b JSONB)", "CREATE TABLE t(a TEXT, b JSONB)",
     "INSERT INTO t VALUES('x', 1)"},
    {"a type that nobody knows", "CREATE TABLE t(a MONEY)", "CREATE TABLE t(a UUID)",
     "INSERT INTO t VALUES('x')"},
    {"ON CONFLICT", "CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE)",
     "INSERT INTO t VALUES(1)"},
    {"an unnamed foreign key comes, another goes",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a INT REFERENCES p(id), b INT)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a INT, b INT REFERENCES p(id))",
     "INSERT INTO p VALUES(1); INSERT INTO t VALUES(1, 1)"},
    {"a column goes that has a foreign key",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, b INT REFERENCES p(id))",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a)",
     "INSERT INTO p VALUES(1); INSERT INTO t VALUES(1, 1)"},
    {"a table with a generated column is rebuilt", "CREATE TABLE t(a TEXT, b INT, g AS (b * 2))",
     "CREATE TABLE t(a INT, b INT, g AS (b * 2))", "INSERT INTO t VALUES('1', 2)"},
    {"a column comes in the middle", "CREATE TABLE t(a, b)", "CREATE TABLE t(a, x DEFAULT '', b)",
     "INSERT INTO t VALUES(1, 2)"},
    {"a column goes from the middle", "CREATE TABLE t(a, x, b)", "CREATE TABLE t(a, b)",
     "INSERT INTO t VALUES(1, 2, 3)"},
    {"NOT NULL comes", "CREATE TABLE t(a INT, b)", "CREATE TABLE t(a INT NOT NULL, b)",
     "INSERT INTO t VALUES(1, 2)"},
    {"a default of no characters", "CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT DEFAULT '')",
     "INSERT INTO t VALUES(1)"},
    {"a table that references itself", "CREATE TABLE t(id INTEGER PRIMARY KEY, up INT)",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, up INT REFERENCES t(id) ON DELETE CASCADE)",
     "INSERT INTO t VALUES(1, NULL), (2, 1)"},
    {"three tables go that reference each other",
     "CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY REFERENCES a); "
     "CREATE TABLE c(id REFERENCES b); CREATE TABLE t(a)",
     "CREATE TABLE t(a)", "INSERT INTO a VALUES(1); INSERT INTO b VALUES(1)"},
    {"two tables reference each other", "CREATE TABLE t(a)",
     "CREATE TABLE t(a); CREATE TABLE x(id INTEGER PRIMARY KEY, y REFERENCES y); CREATE TABLE y(id "
     "INTEGER PRIMARY KEY, x REFERENCES x)",
     0},
};

static const change none[] = {
    {"INTEGER PRIMARY KEY by hand", "CREATE TABLE t(id INTEGER PRIMARY KEY NOT NULL)",
     "CREATE TABLE t(id INTEGER PRIMARY KEY)", 0},
    {"TEXT PRIMARY KEY", "CREATE TABLE t(id TEXT PRIMARY KEY)", "CREATE TABLE t(id TEXT PRIMARY KEY)",
     0},
    {"ON DELETE at the column on both sides",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT REFERENCES p(id) ON DELETE CASCADE)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT, FOREIGN KEY (p) REFERENCES p(id) "
     "ON DELETE CASCADE)",
     0},
    {"types that Alembic reads as others",
     "CREATE TABLE t(a REAL, b DOUBLE PRECISION, c TIMESTAMP, d TINYINT, e NVARCHAR(5))",
     "CREATE TABLE t(a real, b double  precision, c timestamp, d tinyint, e nvarchar (5))", 0},
    {"defaults", "CREATE TABLE t(a TEXT DEFAULT '', b TEXT DEFAULT 'it''s', c TEXT DEFAULT \"abc\", d "
     "DEFAULT NULL, e INT DEFAULT TRUE, f INT DEFAULT 1.0, g DEFAULT (1+2))",
     "CREATE TABLE t(a TEXT DEFAULT (''), b TEXT DEFAULT \"it's\", c TEXT DEFAULT 'abc', d, e INT "
     "DEFAULT 1, f INT DEFAULT 1, g DEFAULT ( 1 + 2 ))",
     0},
    {"virtual tables and their shadows",
     "CREATE VIRTUAL TABLE f USING fts5(a, b); CREATE VIRTUAL TABLE r USING rtree(id, x, y)",
     "CREATE VIRTUAL TABLE f USING fts5(a, b); CREATE VIRTUAL TABLE r USING rtree(id, x, y)", 0},
    {"what is SQLite's own", "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t "
     "VALUES(1); CREATE TABLE alembic_version(version_num); ANALYZE",
     "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)", 0},
};

static int count(void *arg, const migrate_difference *d) {
  (void)d;
  ++*(int *)arg;
  return 0;
}

static sqlite3 *database(const change *c) {
  sqlite3 *db = 0;
  char *error = 0;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, c->from, 0, 0, &error);
  if (!error && c->rows) sqlite3_exec(db, c->rows, 0, 0, &error);
  if (error) print_error("%s: %s\n", c->name, error);
  assert_null(error);
  return db;
}

static int differences(sqlite3 *db, const char *target) {
  migrate *m = 0;
  int n = 0;
  migrate_open(db, 0, &m);
  if (migrate_diff(m, target, count, &n)) n = -1;
  migrate_close(m);
  return n;
}

/* Seen, written, run, arrived, taken back. */
static void goes(const change *c) {
  sqlite3 *db = database(c);
  trip_report r;
  int n = differences(db, c->to), ok;
  memset(&r, 0, sizeof(r));
  r.name = c->name;
  ok = trip(&r, db, c->to);
  if (n <= 0 || !ok) {
    char *text = trip_text();
    print_error("%s: %d differences; %s\n%s\n", c->name, n, r.words, text);
    sqlite3_free(text);
  }
  assert_true(n > 0);
  assert_true(ok);
  sqlite3_close(db);
}

static void gaps(void **state) {
  change back;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
    if (strstr(seen[i].to, "STRICT") && sqlite3_libversion_number() < 3037000) continue;
    goes(&seen[i]);
    back.name = seen[i].name;
    back.from = seen[i].to;
    back.to = seen[i].from;
    back.rows = 0;
    goes(&back);
  }
}

static void false_differences(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
    sqlite3 *db = database(&none[i]);
    int n = differences(db, none[i].to);
    if (n) print_error("%s: %d differences\n", none[i].name, n);
    assert_int_equal(n, 0);
    sqlite3_close(db);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gaps), cmocka_unit_test(false_differences)};
  int failed;
  if (!trip_begin()) return 1;
  failed = cmocka_run_group_tests(tests, 0, 0);
  trip_end();
  return failed;
}
