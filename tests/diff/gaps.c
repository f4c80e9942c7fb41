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
    {"a trigger changes",
     "CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
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
     "CREATE TABLE t(a TEXT PRIMARY KEY NOT NULL, b) WITHOUT ROWID",
     "INSERT INTO t VALUES('x', 1)"},
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
    {"an expression index comes", "CREATE TABLE t(a)",
     "CREATE TABLE t(a); CREATE INDEX i ON t(a + 1)", "INSERT INTO t VALUES(1)"},
    {"an index becomes UNIQUE", "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
     "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)", "INSERT INTO t VALUES(1)"},
    {"ON DELETE at the column",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, p INT "
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

/* What no table of features thinks of. */
static const change odd[] = {
    {"odd 1",
     "CREATE TABLE \"a b\"(\"c d\" INT, \"\303\251\" TEXT, \"select\" INT, UNIQUE(\"c "
     "d\",\"\303\251\")); INSERT INTO \"a b\" VALUES(1,2,3)",
     "CREATE TABLE \"a b\"(\"c d\" INT, \"\303\251\" INT NOT NULL, \"select\" INT "
     "CHECK(\"select\">0), \"new \"\"col\" DEFAULT (1+2), UNIQUE(\"\303\251\",\"c d\"))",
     0},
    {"odd 2",
     "CREATE TABLE t(a TEXT PRIMARY KEY, b TEXT) STRICT, WITHOUT ROWID; INSERT INTO t "
     "VALUES(1,2)",
     "CREATE TABLE t(b TEXT, a TEXT, PRIMARY KEY(b,a)) WITHOUT ROWID", 0},
    {"odd 3", "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b); INSERT INTO t VALUES(7,2)",
     "CREATE TABLE t(b INTEGER PRIMARY KEY AUTOINCREMENT, a INT)", 0},
    {"odd 4", "CREATE TABLE t(a, b, c AS (a+b), d AS (c*2)); INSERT INTO t VALUES(7,2)",
     "CREATE TABLE t(d AS (a), a, x AS (d||b) STORED, b)", 0},
    {"odd 5",
     "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a,b FROM t; CREATE TRIGGER r "
     "INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a,new.b); END; INSERT "
     "INTO t VALUES(1,2)",
     "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER r INSTEAD "
     "OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a); END",
     0},
    {"odd 6", "CREATE TABLE t(a, b); CREATE TABLE v(x); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a FROM t", 0},
    {"odd 7", "CREATE TABLE t(a, b); CREATE INDEX x ON t(a); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE x(a); CREATE TABLE t(a,b)", 0},
    {"odd 8", "CREATE TABLE t(a, b); CREATE VIEW x AS SELECT a FROM t; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a,b); CREATE INDEX x ON t(a)", 0},
    {"odd 9", "CREATE TABLE t(a, b); CREATE INDEX x ON t(a); CREATE TABLE u(a);",
     "CREATE TABLE t(a, b); CREATE TABLE u(a); CREATE INDEX x ON u(a);", 0},
    {"odd 10",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT UNIQUE); CREATE TABLE c(k TEXT "
     "REFERENCES p(k)); INSERT INTO p VALUES(1,\"a\"); INSERT INTO c VALUES(\"a\")",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE UNIQUE INDEX pk ON p(k); "
     "CREATE TABLE c(k TEXT REFERENCES p(k))",
     0},
    {"odd 11",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b(id)); CREATE TABLE b(id "
     "INTEGER PRIMARY KEY, a REFERENCES a(id)); INSERT INTO a VALUES(1,NULL); INSERT "
     "INTO b VALUES(1,1)",
     "CREATE TABLE a(id TEXT PRIMARY KEY, b REFERENCES b(id)); CREATE TABLE b(id TEXT "
     "PRIMARY KEY, a REFERENCES a(id) ON DELETE SET NULL)",
     0},
    {"odd 12",
     "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES(\"x\"); CREATE TABLE t(a)",
     "CREATE VIRTUAL TABLE f USING fts5(a,b); CREATE TABLE t(a,b)", 0},
    {"odd 13",
     "CREATE TABLE d(id INTEGER PRIMARY KEY, a, b); CREATE VIRTUAL TABLE f USING "
     "fts5(a, content=d, content_rowid=id); INSERT INTO d VALUES(1,\"x\",\"y\")",
     "CREATE TABLE d(id INTEGER PRIMARY KEY, b); CREATE VIRTUAL TABLE f USING fts5(b, "
     "content=d, content_rowid=id)",
     0},
    {"odd 14",
     "CREATE TABLE t(a CHECK(a IN (1,2)) CHECK(a>0), b CONSTRAINT x NOT NULL "
     "CONSTRAINT y UNIQUE); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a CHECK(a>0), b CONSTRAINT z NOT NULL CONSTRAINT q UNIQUE)", 0},
    {"odd 15",
     "CREATE TABLE t(a, CHECK(a>0), CHECK(a>0), UNIQUE(a), UNIQUE(a)); INSERT INTO t "
     "VALUES(1)",
     "CREATE TABLE t(a, CHECK(a>0), UNIQUE(a))", 0},
    {"odd 16", "CREATE TABLE t(a, b REFERENCES t(a), UNIQUE(a)); INSERT INTO t VALUES(1,1)",
     "CREATE TABLE t(z /* migrate:renamed_from a */, b REFERENCES t(z), UNIQUE(z))", 0},
    {"odd 17", "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT * FROM t; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(c, a, b); CREATE VIEW v AS SELECT * FROM t", 0},
    {"odd 18",
     "CREATE TABLE t(a, b); CREATE TABLE l(x); CREATE TRIGGER r AFTER UPDATE OF b ON "
     "t BEGIN INSERT INTO l VALUES(old.b); END; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a); CREATE TABLE l(x)", 0},
    {"odd 19",
     "CREATE TABLE t(a, b); CREATE TABLE l(x); CREATE TRIGGER r AFTER INSERT ON l "
     "BEGIN UPDATE t SET b=new.x; END; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a); CREATE TABLE l(x); CREATE TRIGGER r AFTER INSERT ON l BEGIN "
     "UPDATE t SET a=new.x; END;",
     0},
    {"odd 20",
     "CREATE TABLE t(a, b); CREATE VIEW broken AS SELECT nope FROM nowhere; CREATE "
     "VIEW v AS SELECT b FROM t; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INT, c); CREATE VIEW broken AS SELECT nope FROM nowhere; "
     "CREATE VIEW v AS SELECT c FROM t",
     0},
    {"odd 21",
     "CREATE TABLE t(a, b, g AS (a||b)); CREATE INDEX i ON t(b) WHERE a > 1; CREATE "
     "INDEX j ON t(a+b); INSERT INTO t(a,b) VALUES(1,2)",
     "CREATE TABLE t(z /* migrate:renamed_from a */, b, g AS (z||b)); CREATE INDEX i "
     "ON t(b) WHERE z > 1; CREATE INDEX j ON t(z+b)",
     0},
    {"odd 22",
     "CREATE TABLE p(a, b, PRIMARY KEY(a,b)); CREATE TABLE c(x, y, FOREIGN KEY(x,y) "
     "REFERENCES p(a,b) ON UPDATE CASCADE); INSERT INTO p VALUES(1,2); INSERT INTO c "
     "VALUES(1,2)",
     "CREATE TABLE p(b, a, PRIMARY KEY(b,a)); CREATE TABLE c(x, y, FOREIGN KEY(y,x) "
     "REFERENCES p(b,a))",
     0},
    {"odd 23", "CREATE TABLE t AS SELECT 1 AS a, 2.5 AS b",
     "CREATE TABLE t(a INT, b REAL NOT NULL)", 0},
    {"odd 24",
     "CREATE TABLE t(a INT, -- first\n b INT /* second */\n -- end\n); INSERT INTO t "
     "VALUES(1,2)",
     "CREATE TABLE t(a INT, b INT, c INT); ", 0},
    {"odd 25", "CREATE TABLE t(a INT -- first\n); INSERT INTO t VALUES(1)",
     "CREATE TABLE t(a INT, c INT UNIQUE, -- last\nCHECK (c > 0) -- comment\n)", 0},
    {"odd 26", "CREATE TABLE t(a ANY, b INT) STRICT; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INT, b ANY) STRICT", 0},
    {"odd 27",
     "CREATE TABLE \"order\"(\"group\" INT, \"index\" TEXT); INSERT INTO \"order\" "
     "VALUES(1,2)",
     "CREATE TABLE \"order\"(\"group\" INT NOT NULL, \"table\" TEXT, \"index\" TEXT "
     "DEFAULT \"x\")",
     0},
    {"odd 28",
     "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t "
     "VALUES(5,1); DELETE FROM t; INSERT INTO t(a) VALUES(9)",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT NOT NULL)", 0},
    {"odd 29", "CREATE TABLE t(a TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO t VALUES(\"x\")",
     "CREATE TABLE t(a TEXT PRIMARY KEY COLLATE RTRIM)", 0},
    {"odd 30",
     "CREATE TABLE t(a UNIQUE ON CONFLICT IGNORE, b NOT NULL ON CONFLICT REPLACE "
     "DEFAULT 1); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a UNIQUE, b NOT NULL DEFAULT 1)", 0},
    {"odd 31",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p "
     "DEFERRABLE INITIALLY DEFERRED); INSERT INTO p VALUES(1); INSERT INTO c VALUES(1)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON UPDATE "
     "CASCADE ON DELETE SET NULL NOT DEFERRABLE)",
     0},
    {"odd 32", "CREATE TABLE t(a,b,c,d,e); INSERT INTO t VALUES(1,2,3,4,5)",
     "CREATE TABLE t(e,x,c,y,a)", 0},
    {"odd 33", "CREATE TABLE t(a,b,c,d,e); INSERT INTO t VALUES(1,2,3,4,5)",
     "CREATE TABLE t(e,d,c,b,a)", 0},
    {"odd 34",
     "CREATE VIEW a AS SELECT 1 AS x; CREATE VIEW b AS SELECT * FROM a; CREATE VIEW c "
     "AS SELECT * FROM b; CREATE TABLE t(x)",
     "CREATE VIEW c AS SELECT 1 AS x; CREATE VIEW b AS SELECT * FROM c; CREATE VIEW a "
     "AS SELECT * FROM b; CREATE TABLE t(x,y)",
     0},
    {"odd 35",
     "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS "
     "SELECT b FROM v; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a); CREATE VIEW v AS SELECT a, 1 AS b FROM t; CREATE VIEW w AS "
     "SELECT b FROM v",
     0},
    {"odd 37", "CREATE TABLE t(rowid INT, oid TEXT); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(oid TEXT NOT NULL, rowid TEXT)", 0},
    {"odd 38", "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INTEGER PRIMARY KEY, b)", 0},
    {"odd 39", "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)", 0},
    {"INT becomes INTEGER under a key of its own that says DESC",
     "CREATE TABLE t(a INT, b, PRIMARY KEY(a DESC)); INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a DESC))", 0},
    {"the same without rowids",
     "CREATE TABLE t(a INT, b, PRIMARY KEY(a DESC)) WITHOUT ROWID; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a DESC)) WITHOUT ROWID", 0},
    {"odd 40",
     "CREATE TABLE t(a, b); CREATE INDEX i ON t(a); CREATE TRIGGER i2 AFTER INSERT ON "
     "t BEGIN SELECT 1; END; INSERT INTO t VALUES(1,2)",
     "CREATE TABLE u(a, b); CREATE INDEX i ON u(a); CREATE TRIGGER i2 AFTER INSERT ON "
     "u BEGIN SELECT 1; END",
     0},
};

static const change none[] = {
    {"INTEGER PRIMARY KEY by hand", "CREATE TABLE t(id INTEGER PRIMARY KEY NOT NULL)",
     "CREATE TABLE t(id INTEGER PRIMARY KEY)", 0},
    {"TEXT PRIMARY KEY", "CREATE TABLE t(id TEXT PRIMARY KEY)",
     "CREATE TABLE t(id TEXT PRIMARY KEY)", 0},
    {"ON DELETE at the column on both sides",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT REFERENCES p(id) ON DELETE "
     "CASCADE)",
     "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(p INT, FOREIGN KEY (p) REFERENCES "
     "p(id) "
     "ON DELETE CASCADE)",
     0},
    {"types that Alembic reads as others",
     "CREATE TABLE t(a REAL, b DOUBLE PRECISION, c TIMESTAMP, d TINYINT, e NVARCHAR(5))",
     "CREATE TABLE t(a real, b double  precision, c timestamp, d tinyint, e nvarchar (5))", 0},
    {"defaults",
     "CREATE TABLE t(a TEXT DEFAULT '', b TEXT DEFAULT 'it''s', c TEXT DEFAULT \"abc\", d "
     "DEFAULT NULL, e INT DEFAULT TRUE, f INT DEFAULT 1.0, g DEFAULT (1+2))",
     "CREATE TABLE t(a TEXT DEFAULT (''), b TEXT DEFAULT \"it's\", c TEXT DEFAULT 'abc', d, e INT "
     "DEFAULT 1, f INT DEFAULT 1, g DEFAULT ( 1 + 2 ))",
     0},
    {"virtual tables and their shadows",
     "CREATE VIRTUAL TABLE f USING fts5(a, b); CREATE VIRTUAL TABLE r USING rtree(id, x, y)",
     "CREATE VIRTUAL TABLE f USING fts5(a, b); CREATE VIRTUAL TABLE r USING rtree(id, x, y)", 0},
    {"what is SQLite's own",
     "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t "
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

static void odd_changes(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
    int strict = strstr(odd[i].from, "STRICT") || strstr(odd[i].to, "STRICT");
    if (!strict || sqlite3_libversion_number() >= 3037000) goes(&odd[i]);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(gaps), cmocka_unit_test(odd_changes),
                                     cmocka_unit_test(false_differences)};
  int failed;
  if (!trip_begin()) return 1;
  failed = cmocka_run_group_tests(tests, 0, 0);
  trip_end();
  return failed;
}
