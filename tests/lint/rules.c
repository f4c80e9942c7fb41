/* Lint: each rule is found where it holds and is silent where it does not; comments that allow a
** rule; which revisions are looked at; memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"
#include "oom.h"

/* The schema that every revision under test begins with, and the rows of the database. */
static const char base[] =
    "CREATE TABLE parent(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, age TEXT, ratio REAL);"
    "CREATE INDEX parent_name ON parent(name);"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) ON DELETE "
    "CASCADE, note TEXT);"
    "CREATE TABLE empty(a TEXT, b TEXT);"
    "CREATE TABLE odd(plain, made INT AS (length(plain)), few NUMERIC NOT NULL, third REAL);"
    "CREATE VIEW names AS SELECT name FROM parent;";
static const char rows[] =
    "INSERT INTO parent(name, age) VALUES('Ann', '007'), ('Bob', '8'), ('Bob', NULL);"
    "INSERT INTO child(parent, note) VALUES(1, 'x'), (2, NULL), (3, '3');"
    "INSERT INTO odd(plain, few, third) VALUES('007', 1, 1 / 3.0), ('007', 2, 0.5), ('8', 1, 2),"
    "('8', 4, 1);";

typedef struct trial {
  const char *rule, *sql;
  int line;         /* where the rule is found; 0: nowhere */
  const char *says; /* in its message; NULL: anything */
  const char *down; /* NULL: SELECT 1 */
} trial;

#define OUTSIDE "-- migrate:up transaction:false\n"
#define COPY                                                                                     \
  "CREATE TABLE fresh(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, age TEXT, ratio REAL);\n" \
  "INSERT INTO fresh(id, name, age, ratio) SELECT id, name, age, ratio FROM parent;\n"           \
  "DROP TABLE parent;\n"                                                                         \
  "ALTER TABLE fresh RENAME TO parent;\n"

static const trial trials[] = {
    {"refused", "SELECT 1;\nCOMMIT;", 2, "COMMIT is not for a revision", 0},
    {"refused", "SELECT 1;\nPRAGMA foreign_keys = OFF;", 2, "does nothing inside", 0},
    {"refused", "\n.mode csv\n;", 2, "sqlite3 shell", 0},
    {"refused", "SELECT 1;\nCREATE TABLE x(", 2, "ends inside", 0},
    {"refused", "VACUUM;", 1, "cannot run inside", 0},
    {"refused", "SELECT 'COMMIT';\nPRAGMA user_version = 3;", 0, 0, 0},
    {"fails", "SELECT 1;\nINSERT INTO nowhere VALUES(1);", 2, "no such table: nowhere;", 0},
    {"fails", "ALTER TABLE child ALTER COLUMN x SET NOT NULL;", 1, "no such column", 0},
    {"fails", "INSERT INTO child(note) VALUES(my_function(1));", 0, 0, 0},
    {"name-clash", "CREATE TABLE parent(x);", 1, "already exists", 0},
    {"name-clash", "ALTER TABLE child ADD COLUMN note TEXT;", 1, 0, 0},
    {"name-clash", "SELECT 1;\nCREATE TABLE migrate_journal(x);", 2, "already exists", 0},
    {"name-clash", "CREATE TABLE migrate_scratch_1(x);", 1, 0, 0},
    {"name-clash", "CREATE TABLE alembic_version(x);", 1, 0, 0},
    {"name-clash", "CREATE TABLE other(x);\nCREATE INDEX other_x ON other(x);", 0, 0, 0},
    {"broken-object", "SELECT 1;\nDROP TABLE parent;", 2, "view names", 0},
    {"broken-object", COPY, 0, 0, 0},
    {"broken-object", "DROP VIEW names;\nDROP TABLE parent;", 0, 0, 0},
    {"dangling-key",
     "ALTER TABLE parent RENAME TO old;\n"
     "CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT);\n"
     "INSERT INTO parent SELECT id, name FROM old;\nDROP TABLE old;",
     4, "child refers to old", 0},
    {"dangling-key", COPY, 0, 0, 0},
    {"dangling-key", "CREATE TABLE early(x REFERENCES later(id));", 0, 0, 0},
    {"rows-break", "SELECT 1;\nALTER TABLE parent ALTER COLUMN age SET NOT NULL;", 2, "1 row", 0},
    {"rows-break", "ALTER TABLE parent ADD CONSTRAINT u UNIQUE(name);", 1, 0, 0},
    {"rows-break", "ALTER TABLE parent ADD CONSTRAINT c CHECK(name <> 'Bob');", 1, "2 rows", 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON parent(name);", 1, "1 key", 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON parent(name) WHERE name <> 'Bob';", 0, 0, 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON parent(length(name), 1);", 1, "1 key of", 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON child(parent - parent % 2);", 1, "1 key of", 0},
    {"rows-break", "CREATE TABLE x(a);\nCREATE UNIQUE INDEX u ON x(a);", 0, 0, 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON parent(id);", 0, 0, 0},
    {"rows-break",
     "UPDATE parent SET age = '1' WHERE age IS NULL;\n"
     "ALTER TABLE parent ALTER COLUMN age SET NOT NULL;",
     0, 0, 0},
    {"rows-break", "ALTER TABLE parent ALTER COLUMN name SET NOT NULL;", 0, 0, 0},
    {"drop-table", "SELECT 1;\nDROP TABLE child;", 2, "3 rows", 0},
    {"drop-table", "DROP TABLE IF EXISTS child;", 1, 0, 0},
    {"drop-table", "ALTER TABLE child RENAME TO gone;\nDROP TABLE gone;", 2, "child", 0},
    {"drop-table", "DROP TABLE empty;", 0, 0, 0},
    {"drop-table", "DROP TABLE IF EXISTS gone;", 0, 0, 0},
    {"drop-table", "CREATE TEMP TABLE child(a);\nDROP TABLE temp.child;", 0, 0, 0},
    {"drop-table", COPY, 0, 0, 0},
    {"drop-table", "CREATE TABLE x(a);\nDROP TABLE x;", 0, 0, 0},
    {"drop-table", "INSERT INTO empty(a) SELECT note FROM child;\nDROP TABLE child;", 0, 0, 0},
    {"open-transaction", OUTSIDE "BEGIN;\nCREATE TABLE x(a);", 1, 0, 0},
    {"open-transaction", OUTSIDE "SAVEPOINT s;\nCREATE TABLE x(a);", 1, 0, 0},
    {"open-transaction", OUTSIDE "BEGIN;\nCREATE TABLE x(a);\nCOMMIT;", 0, 0, 0},
    {"open-transaction", OUTSIDE "BEGIN;\nCREATE TABLE x(a);\nEND;", 0, 0, 0},
    {"open-transaction", OUTSIDE "BEGIN;\nDROP TABLE empty;\nROLLBACK;", 0, 0, 0},
    {"open-transaction", OUTSIDE "SAVEPOINT s;\nCREATE TABLE x(a);\nRELEASE s;", 0, 0, 0},
    {"drop-column", "SELECT 1;\nALTER TABLE child DROP COLUMN note;", 2, "2 values", 0},
    {"drop-column", "ALTER TABLE empty DROP COLUMN b;", 0, 0, 0},
    {"drop-column", "ALTER TABLE child ADD COLUMN x;\nALTER TABLE child DROP COLUMN x;", 0, 0, 0},
    {"delete-all", "SELECT 1;\nDELETE FROM child;", 2, "3 rows of this database", 0},
    {"delete-all", "DELETE FROM child WHERE note IS NULL;", 0, 0, 0},
    {"delete-all", "DELETE FROM empty;", 0, 0, 0},
    {"delete-all", "CREATE TABLE x(a);\nDELETE FROM x;", 0, 0, 0},
    {"update-all", "SELECT 1;\nUPDATE child SET note = 'x';", 2, 0, 0},
    {"update-all", "UPDATE OR IGNORE child SET note = CASE WHEN id THEN (1) END, parent = 2;", 1, 0,
     0},
    {"update-all", "WITH w AS (SELECT 1) UPDATE child SET note = (SELECT 1 WHERE 1);", 1, 0, 0},
    {"update-all", "UPDATE child AS c SET note = name FROM parent p WHERE p.id = c.parent;", 0, 0,
     0},
    {"update-all", "UPDATE child SET (note) = (SELECT 'x');", 1, 0, 0},
    {"update-all", "UPDATE child SET note = 'x' WHERE note IS NULL;", 0, 0, 0},
    {"update-all", "ALTER TABLE child ADD COLUMN x;\nUPDATE child SET x = note;", 0, 0, 0},
    {"lossy-type", "SELECT 1;\nALTER TABLE parent ALTER COLUMN age TYPE INTEGER;", 2, "1 value", 0},
    {"lossy-type", "ALTER TABLE parent ALTER COLUMN age TYPE INTEGER USING CAST(age AS INTEGER);",
     0, 0, 0},
    {"lossy-type", "ALTER TABLE parent ALTER COLUMN ratio TYPE TEXT;", 0, 0, 0},
    {"lossy-type", "ALTER TABLE parent ALTER COLUMN age TYPE VARCHAR(50);", 0, 0, 0},
    {"lossy-type", "ALTER TABLE child ALTER COLUMN note TYPE NUMERIC;", 1, 0, 0},
    {"lossy-type", "ALTER TABLE empty ALTER COLUMN b TYPE INTEGER;", 0, 0, 0},
    {"not-null", "SELECT 1;\nALTER TABLE child ADD COLUMN x TEXT NOT NULL;", 2, "3 rows", 0},
    {"not-null", "ALTER TABLE child ADD COLUMN x TEXT NOT NULL DEFAULT '';", 0, 0, 0},
    {"not-null", "ALTER TABLE child ADD COLUMN x TEXT;", 0, 0, 0},
    {"not-null", "ALTER TABLE child ADD COLUMN x TEXT NOT NULL AS ('a');", 0, 0, 0},
    {"not-null", "ALTER TABLE empty ADD COLUMN x TEXT NOT NULL;", 0, 0, 0},
    {"string-type", "CREATE TABLE x(a, code STRING);", 1, "x.code", 0},
    {"string-type", "SELECT 1;\nALTER TABLE child ADD COLUMN code string;", 2, 0, 0},
    {"string-type", "CREATE TABLE x(a DATETIME, b VARCHAR, c BOOLEAN, d JSON);", 0, 0, 0},
    {"ignored-rows", "SELECT 1;\nINSERT OR IGNORE INTO empty SELECT id, note FROM child;", 2, 0, 0},
    {"ignored-rows", "WITH w(x) AS (SELECT 1) INSERT OR IGNORE INTO empty(a) SELECT x FROM w;", 1,
     0, 0},
    {"ignored-rows", "INSERT OR REPLACE INTO empty SELECT id, note FROM child;", 0, 0, 0},
    {"ignored-rows", "INSERT OR IGNORE INTO empty VALUES(1, 2);", 0, 0, 0},
    {"by-position", "CREATE TABLE x(b, a);\nINSERT INTO x SELECT * FROM empty;", 2, "empty.a", 0},
    {"by-position", "CREATE TABLE x(a, b);\nINSERT INTO x SELECT * FROM empty;", 0, 0, 0},
    {"by-position", "CREATE TABLE x(a, new);\nINSERT INTO x SELECT * FROM empty;", 0, 0, 0},
    {"by-position", "CREATE TABLE x(a, b);\nINSERT INTO x(b, a) SELECT * FROM empty;", 2, 0, 0},
    {"by-position", "CREATE TABLE x(b, a);\nREPLACE INTO x SELECT * FROM empty;", 2, 0, 0},
    {"by-position",
     "CREATE TABLE x(b, a);\nWITH w AS (SELECT (1)) INSERT INTO x SELECT * FROM empty;", 2, 0, 0},
    {"by-position", "CREATE TABLE x(a, b);\nINSERT INTO x AS y(a, b) SELECT * FROM empty;", 0, 0,
     0},
    {"by-position", "CREATE TABLE x(b, a);\nINSERT INTO x SELECT * FROM empty JOIN (SELECT 1);", 0,
     0, 0},
    {"by-position", "CREATE TABLE x(g AS (1), a, b);\nINSERT INTO x SELECT * FROM empty;", 0, 0, 0},
    {"by-position", "CREATE TABLE x(a);\nINSERT INTO x VALUES(1);", 0, 0, 0},
    {"create-as", "SELECT 1;\nCREATE TABLE x AS SELECT * FROM child;", 2, 0, 0},
    {"create-as", "CREATE TABLE y AS SELECT 1;\nALTER TABLE y RENAME TO x;", 1, "gives x", 0},
    {"create-as", "CREATE TABLE x AS SELECT * FROM child;\nDROP TABLE x;", 0, 0, 0},
    {"create-as", "CREATE TABLE IF NOT EXISTS x AS WITH w AS (SELECT 1) SELECT * FROM w;", 1, 0, 0},
    {"create-as", "CREATE TEMP TABLE x AS SELECT * FROM child;", 0, 0, 0},
    {"cascading-drop", COPY, 3, "child (ON DELETE CASCADE)", 0},
    {"cascading-drop",
     "CREATE TABLE kid(p INT REFERENCES parent(id) ON DELETE SET NULL, q INT REFERENCES parent(id) "
     "ON DELETE NO ACTION, r INT REFERENCES parent(id) ON DELETE RESTRICT);\n" COPY,
     4, "child (ON DELETE CASCADE), kid (ON DELETE SET NULL)", 0},
    {"cascading-drop", "DROP TABLE child;", 0, 0, 0},
    {"lost-objects", COPY, 3, "index parent_name", 0},
    {"lost-objects", COPY "CREATE INDEX parent_name ON parent(name);", 0, 0, 0},
    {"lost-objects", COPY "CREATE INDEX other ON parent (\"name\");", 0, 0, 0},
    {"lost-sequence", COPY, 3, 0, 0},
    {"lost-sequence", COPY "UPDATE sqlite_sequence SET seq = 9 WHERE name = 'parent';", 0, 0, 0},
    {"other-text", "CREATE TABLE IF NOT EXISTS empty(a TEXT);", 1, 0, 0},
    {"other-text", "CREATE TABLE IF NOT EXISTS empty (a text, b text);", 0, 0, 0},
    {"other-text", "CREATE INDEX IF NOT EXISTS parent_name ON parent(age);", 1, "an index", 0},
    {"other-text", "CREATE VIEW IF NOT EXISTS names AS SELECT 1 AS name;", 1, "a view", 0},
    {"other-text", "CREATE INDEX IF NOT EXISTS parent_name ON parent (\"name\");", 0, 0, 0},
    {"other-text", "CREATE TEMP TABLE IF NOT EXISTS empty(x);", 0, 0, 0},
    {"other-text", "CREATE TABLE IF NOT EXISTS fresh(a);", 0, 0, 0},
    {"pragma-stays", "SELECT 1;\nPRAGMA legacy_alter_table = ON;", 2, 0, 0},
    {"pragma-stays", "PRAGMA legacy_alter_table = ON;\nPRAGMA legacy_alter_table = OFF;", 0, 0, 0},
    {"pragma-stays", "PRAGMA main.recursive_triggers(1);", 1, 0, 0},
    {"pragma-stays", "PRAGMA recursive_triggers;", 0, 0, 0},
    {"pragma-stays", "PRAGMA user_version = 3;\nPRAGMA foreign_key_check;", 0, 0, 0},
    {"large-rebuild", "SELECT 1;\nALTER TABLE child ALTER COLUMN note TYPE INTEGER;", 2, "3 rows",
     0},
    {"large-rebuild", "ALTER TABLE child ADD CONSTRAINT c CHECK(id > 0);", 0, 0, 0},
    {"large-rebuild", "ALTER TABLE empty ALTER COLUMN a TYPE INTEGER;", 0, 0, 0},
    {"repeated-rebuild",
     "ALTER TABLE child ALTER COLUMN note TYPE INTEGER;\n"
     "ALTER TABLE child ALTER COLUMN note FIRST;",
     2, 0, 0},
    {"repeated-rebuild",
     "ALTER TABLE child ALTER COLUMN note TYPE INTEGER, ALTER COLUMN note FIRST;", 0, 0, 0},
    {"hand-rebuild", COPY, 3, 0, 0},
    {"hand-rebuild", "DROP TABLE parent;", 0, 0, 0},
    {"schema-and-data",
     "ALTER TABLE parent ADD COLUMN x;\nDELETE FROM child WHERE note IS NULL;", 2, "parent", 0},
    {"schema-and-data", "ALTER TABLE child ADD COLUMN x;\nUPDATE child SET x = note;", 0, 0, 0},
    {"schema-and-data", "CREATE TABLE x(a);\nINSERT INTO x SELECT note FROM child;", 0, 0, 0},
    {"schema-and-data", COPY, 0, 0, 0},
    {"missing-downgrade", "CREATE TABLE x(a);", 1, 0, ""},
    {"missing-downgrade", "CREATE TABLE x(a);", 1, 0, "-- nothing\n"},
    {"missing-downgrade", "CREATE TABLE x(a);", 0, 0, "DROP TABLE x;"},
    {"missing-downgrade", "-- nothing", 0, 0, ""},
    {"incomplete-downgrade", "CREATE TABLE x(a);", 1, "DROP TABLE x", "SELECT 1;"},
    {"incomplete-downgrade", "ALTER TABLE child ADD COLUMN x;", 1, 0, "SELECT 1;"},
    {"incomplete-downgrade", "CREATE TABLE x(a);", 0, 0, "DROP TABLE x;"},
    {"incomplete-downgrade", "ALTER TABLE child ADD COLUMN x;", 0, 0,
     "ALTER TABLE child DROP COLUMN x;"},
    {"incomplete-downgrade", "DROP VIEW names;", 0, 0,
     "create view \"names\" as select name from parent"},
    {"fails", "CREATE TABLE x(a);", 2, "no such table: y", "DROP TABLE x;\nDROP TABLE y;"},
    {"lossy-downgrade", "ALTER TABLE child DROP COLUMN note;", 1, "child.note",
     "ALTER TABLE child ADD COLUMN note TEXT;"},
    {"lossy-downgrade", "ALTER TABLE child ADD COLUMN x;", 0, 0,
     "ALTER TABLE child DROP COLUMN x;"},
    {"name-clash", "CREATE TABLE migrate_scratchy(x);", 0, 0, 0},
    {"rows-break", "CREATE UNIQUE INDEX u ON odd(plain);", 1, "2 keys of unique index u occur more",
     0},
    {"drop-column", "ALTER TABLE odd DROP COLUMN made;", 0, 0, 0},
    {"drop-column", "ALTER TABLE odd DROP COLUMN nowhere;", 0, 0, 0},
    {"delete-all", "DELETE FROM sqlite_sequence;", 0, 0, 0},
    {"delete-all", "CREATE TEMP TABLE child(note);\nDELETE FROM temp.child;", 0, 0, 0},
    {"update-all", "UPDATE empty SET a = b;", 0, 0, 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN plain TYPE INTEGER;", 1, "from no type to", 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN plain TYPE REAL;", 1, "2 values", 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN few TYPE REAL;", 0, 0, 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN third TYPE NUMERIC;", 0, 0, 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN third TYPE BLOB;", 0, 0, 0},
    {"lossy-type", "ALTER TABLE odd ALTER COLUMN nowhere TYPE INTEGER;", 0, 0, 0},
    {"lossy-type",
     "ALTER TABLE odd ADD COLUMN x TEXT;\nALTER TABLE odd ALTER COLUMN x TYPE INTEGER;", 0, 0, 0},
    {"not-null", "ALTER TABLE odd ALTER COLUMN few SET NOT NULL;", 0, 0, 0},
    {"not-null", "ALTER TABLE empty ADD COLUMN x;\nALTER TABLE empty ALTER COLUMN x SET NOT NULL;",
     0, 0, 0},
    {"string-type", "CREATE TABLE x(a CHARSTRING, b STRINGINT);", 0, 0, 0},
    {"by-position", "CREATE TABLE x(b);\nINSERT INTO x SELECT * FROM empty;", 0, 0, 0},
    {"cascading-drop",
     "CREATE TABLE k(p REFERENCES parent ON DELETE SET NULL, q REFERENCES parent);\n"
     "DROP VIEW names;\nDROP TABLE parent;",
     3, "those of child (ON DELETE CASCADE), k (ON DELETE SET NULL)", 0},
    {"cascading-drop",
     "CREATE TABLE k(p REFERENCES parent ON DELETE RESTRICT, q REFERENCES parent ON DELETE NO "
     "ACTION, r REFERENCES empty ON DELETE CASCADE);\n"
     "DROP VIEW names;\nDROP TABLE child;\nDROP TABLE parent;",
     0, 0, 0},
    {"other-text", "CREATE VIEW IF NOT EXISTS names AS SELECT name FROM parent;", 0, 0, 0},
    {"other-text", "CREATE VIEW IF NOT EXISTS names AS SELECT age AS name FROM parent;", 1, 0, 0},
    {"other-text", "CREATE TABLE IF NOT EXISTS main.\"empty\" (a TEXT, b TEXT);", 0, 0, 0},
    {"other-text", "CREATE INDEX IF NOT EXISTS parent_name ON child(note);", 1, "an index", 0},
    {"other-text", "CREATE UNIQUE INDEX IF NOT EXISTS parent_name ON parent(name);", 1, 0, 0},
    {"other-text", "CREATE VIRTUAL TABLE IF NOT EXISTS child USING fts5(x);", 0, 0, 0},
    {"pragma-stays", "PRAGMA legacy_alter_table = ON;\nPRAGMA legacy_alter_table = ON;", 2, 0, 0},
    {"pragma-stays",
     "PRAGMA legacy_alter_table = ON;\nPRAGMA recursive_triggers = ON;\n"
     "PRAGMA legacy_alter_table = OFF;",
     2, "recursive_triggers", 0},
    {"unknown-rule", "SELECT 1; -- migrate:allow drop-tables\n", 1, "drop-tables", 0},
    {"unknown-rule", "DROP TABLE child; -- migrate:allow drop-table, lossy-downgrade: moved\n", 0,
     0, 0},
};
#define TRIALS ((int)(sizeof trials / sizeof trials[0]))

typedef struct seen {
  const char *rule;
  int n, line;
  char message[1000];
  char all[20000];
} seen;

static int take(void *arg, const migrate_finding *f) {
  seen *s = (seen *)arg;
  size_t n = strlen(s->all);
  sqlite3_snprintf((int)(sizeof s->all - n), s->all + n, "%s:%d %s %s: %s\n", f->revision, f->line,
                   f->severity, f->rule, f->message);
  if (s->rule && strcmp(f->rule, s->rule) != 0) return 0;
  if (!s->n++) {
    s->line = f->line;
    sqlite3_snprintf((int)sizeof s->message, s->message, "%s", f->message);
  }
  return 0;
}

static sqlite3 *database(void) {
  sqlite3 *db;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  return db;
}

static void add(migrate *m, const char *id, const char *below, const char *up, const char *down) {
  migrate_revision r;
  memset(&r, 0, sizeof r);
  r.id = id;
  r.down_revision = below;
  r.upgrade = up;
  r.downgrade = down;
  assert_int_equal(migrate_add(m, &r, 1), 0);
}

static migrate *environment(sqlite3 *db) {
  migrate *m;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  add(m, "first", 0, base,
      "DROP VIEW names; DROP TABLE child; DROP TABLE parent; DROP TABLE empty; "
      "DROP TABLE odd");
  return m;
}

/* A database at `base` with rows, and one revision above it. */
static void look(const trial *t, seen *s) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(sqlite3_exec(db, rows, 0, 0, 0), SQLITE_OK);
  add(m, "next", "first", t->sql, t->down ? t->down : "SELECT 1;");
  memset(s, 0, sizeof *s);
  s->rule = t->rule;
  migrate_set(m, "lint_rows", "3");
  migrate_lint(m, "next", take, s);
  assert_string_equal(migrate_errmsg(m), "not an error");
  migrate_close(m);
  sqlite3_close(db);
}

static void each_rule(void **state) {
  int i, wrong = 0;
  (void)state;
  for (i = 0; i < TRIALS; i++) {
    const trial *t = &trials[i];
    seen s;
    look(t, &s);
    if (s.line == t->line && s.n == (t->line != 0) &&
        (!t->says || strstr(s.message, t->says))) {
      continue;
    }
    wrong++;
    print_error("%s, wanted at line %d: found %d times, first at line %d, in:\n%s\nall that was "
                "found:\n%s\n",
                t->rule, t->line, s.n, s.line, t->sql, s.all);
  }
  assert_int_equal(wrong, 0);
}

/* A revision that does nothing is taken back to what stood before it, not before another. */
static void nothing_to_take_back(void **state) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  seen s;
  (void)state;
  add(m, "next", "first", 0, "DROP TABLE empty;");
  add(m, "last", "next", 0, "SELECT 1;");
  memset(&s, 0, sizeof s);
  s.rule = "incomplete-downgrade";
  migrate_lint(m, 0, take, &s);
  assert_string_equal(migrate_errmsg(m), "not an error");
  assert_int_equal(s.n, 1);
  if (!strstr(s.all, "next:1 warning incomplete-downgrade")) fail_msg("%s", s.all);
  migrate_close(m);
  sqlite3_close(db);
}

/* A text of 15 digits is not the fraction that it was made of; newer SQLites write 17. */
static void fractions(void **state) {
  static const trial t = {"lossy-type", "ALTER TABLE odd ALTER COLUMN third TYPE TEXT;", 0, 0, 0};
  sqlite3 *db = database();
  sqlite3_stmt *s = 0;
  seen found;
  (void)state;
  look(&t, &found);
  sqlite3_prepare_v2(db, "SELECT CAST(CAST(1 / 3.0 AS TEXT) AS REAL) <> 1 / 3.0", -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(found.n, sqlite3_column_int(s, 0));
  if (found.n) assert_non_null(strstr(found.message, "15 digits (1 value"));
  sqlite3_finalize(s);
  sqlite3_close(db);
}

static int do_nothing(sqlite3 *db, void *arg) {
  (void)db;
  (void)arg;
  return 0;
}

static void finds(migrate *m, const char *rule, int n) {
  seen s;
  memset(&s, 0, sizeof s);
  s.rule = rule;
  migrate_lint(m, 0, take, &s);
  assert_string_equal(migrate_errmsg(m), "not an error");
  if (s.n != n) fail_msg("%s, wanted %d times:\n%s", rule, n, s.all);
}

/* Lint does not call what a program does in C, which may have made anything: behind it nothing is
** said to fail, and no downgrade in C is missed. */
static void steps_in_c(void **state) {
  int with;
  (void)state;
  for (with = 0; with < 2; with++) {
    sqlite3 *db = database();
    migrate *m = environment(db);
    migrate_revision r;
    memset(&r, 0, sizeof r);
    r.id = "in_c";
    r.down_revision = "first";
    r.upgrade = "CREATE TABLE x(a);";
    r.upgrade_fn = with ? do_nothing : 0;
    r.downgrade_fn = with ? do_nothing : 0;
    assert_int_equal(migrate_add(m, &r, 1), 0);
    add(m, "next", "in_c", "INSERT INTO made VALUES(1);", "DELETE FROM made;");
    finds(m, "missing-downgrade", !with);
    finds(m, "fails", with ? 0 : 1);
    migrate_close(m);
    sqlite3_close(db);
  }
}

/* A rule without a trial on both sides is a rule that nobody has tried. */
static void both_sides(void **state) {
  int i, k;
  (void)state;
  for (k = 0; k < MIG_RULE_COUNT; k++) {
    int yes = 0, no = 0;
    for (i = 0; i < TRIALS; i++) {
      if (strcmp(trials[i].rule, mig_rules[k].word) != 0) continue;
      if (trials[i].line) yes++;
      else no++;
    }
    if (!yes || !no) print_error("%s: %d, %d\n", mig_rules[k].word, yes, no);
    assert_true(yes && no);
  }
}

/* The table of README.md speaks of each rule, and of its severity. */
static void documented(void **state) {
  static char text[200000];
  FILE *f = fopen("README.md", "rb");
  int k;
  (void)state;
  assert_non_null(f);
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  fclose(f);
  for (k = 0; k < MIG_RULE_COUNT; k++) {
    char word[60];
    const char *at;
    sqlite3_snprintf((int)sizeof word, word, "`%s`", mig_rules[k].word);
    at = strstr(text, word);
    while (at && !(at[-1] == ' ' && strcspn(at, "\n") > strcspn(at, "|"))) {
      at = strstr(at + 1, word);
    }
    if (!at) print_error("%s\n", word);
    assert_non_null(at);
    at = strstr(at, mig_rules[k].severity);
    assert_non_null(at);
  }
}

static void allowed(const char *sql, int found) {
  trial t;
  seen s;
  memset(&t, 0, sizeof t);
  t.rule = "drop-table";
  t.sql = sql;
  look(&t, &s);
  assert_int_equal(s.n, found);
}

static void allow_at_the_statement(void **state) {
  (void)state;
  allowed("-- migrate:allow drop-table\nDROP TABLE child;", 0);
  allowed("DROP TABLE child; -- migrate:allow drop-table\n", 0);
  allowed("DROP /* migrate:allow drop-table */ TABLE child;", 0);
  allowed("-- migrate:allow drop-column, drop-table: copied in ae10\nDROP TABLE child;", 0);
  allowed("-- migrate:allow drop-column drop-table\nDROP TABLE child;", 1);
  allowed("-- migrate:allow drop-table\nSELECT 1;\nDROP TABLE child;", 1);
  allowed("DROP TABLE child;\n-- migrate:allow drop-table\n", 1);
  allowed("-- migrate:allow drop\nDROP TABLE child;", 1);
  allowed("-- allow drop-table\nDROP TABLE child;", 1);
}

/* Rules of the whole revision are allowed anywhere in it. */
static void allow_of_the_revision(void **state) {
  static const trial t = {"missing-downgrade",
                          "CREATE TABLE x(a);\n-- migrate:allow missing-downgrade\n", 0, 0, ""};
  seen s;
  (void)state;
  look(&t, &s);
  assert_int_equal(s.n, 0);
}

static int count(migrate *m, const char *range) {
  seen s;
  memset(&s, 0, sizeof s);
  assert_int_equal(migrate_lint(m, range, take, &s), 0);
  return s.n;
}

/* Each statement is judged against the schema of its time: `b` drops a column that `a` has given
** and `c` gives again. */
static void schema_of_its_time(void **state) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  (void)state;
  add(m, "a", "first", "ALTER TABLE child ADD COLUMN x TEXT;",
      "ALTER TABLE child DROP COLUMN x;");
  add(m, "b", "a", "ALTER TABLE child DROP COLUMN x;", "ALTER TABLE child ADD COLUMN x TEXT;");
  add(m, "c", "b", "ALTER TABLE child ADD COLUMN x TEXT NOT NULL;",
      "ALTER TABLE child DROP COLUMN x;");
  assert_int_equal(count(m, "a"), 0);
  assert_int_equal(count(m, "b"), 2);
  assert_int_equal(count(m, "c"), 1);
  assert_int_equal(count(m, 0), 3);
  assert_int_equal(count(m, "b:"), 3);
  assert_int_equal(count(m, ":a"), 0);
  assert_int_equal(count(m, "head"), 1);
  assert_int_equal(migrate_upgrade(m, "b"), 0);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE mine(x)", 0, 0, 0), SQLITE_OK);
  assert_int_equal(count(m, 0), 2);
  assert_int_equal(count(m, "c"), 0); /* no row of child is there to break it */
  assert_int_equal(count(m, "current"), 2);
  assert_int_equal(migrate_lint(m, "nothing", take, 0), MIGRATE_NO_REVISION);
  migrate_close(m);
  sqlite3_close(db);
}

static int once(void *arg, const migrate_finding *f) {
  (void)f;
  ++*(int *)arg;
  return 1;
}

static void misuse(void **state) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  int n = 0;
  (void)state;
  add(m, "a", "first", "DROP TABLE child; DROP TABLE parent;", "SELECT 1");
  assert_int_equal(migrate_lint(m, 0, once, &n), 0);
  assert_int_equal(n, 1);
  assert_int_equal(migrate_lint(0, 0, once, &n), SQLITE_NOMEM);
  assert_int_equal(migrate_lint(m, 0, 0, 0), MIGRATE_MISUSE);
  migrate_close(m);
  sqlite3_close(db);
}

/* Nothing of the database changes, not even in memory. */
static void nothing_is_written(void **state) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  seen s;
  int before;
  (void)state;
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  add(m, "next", "first", COPY "DELETE FROM child;", "DROP TABLE parent");
  before = sqlite3_total_changes(db);
  memset(&s, 0, sizeof s);
  assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = ON", 0, 0, 0), SQLITE_OK);
  assert_int_equal(migrate_lint(m, 0, take, &s), 0);
  assert_true(s.n > 3);
  assert_int_equal(sqlite3_total_changes(db), before);
  migrate_close(m);
  sqlite3_close(db);
}

static int lint_without_memory(int at) {
  sqlite3 *db = database();
  migrate *m = environment(db);
  seen s;
  int rc;
  memset(&s, 0, sizeof s);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  assert_int_equal(sqlite3_exec(db, rows, 0, 0, 0), SQLITE_OK);
  add(m, "next", "first",
      COPY "DELETE FROM child; -- migrate:allow delete-all, none\n"
           "ALTER TABLE child ALTER COLUMN note SET NOT NULL, ALTER COLUMN note TYPE INTEGER;",
      "ALTER TABLE child ADD COLUMN y; DROP VIEW names");
  oom_left = at;
  rc = migrate_lint(m, 0, take, &s);
  oom_left = -1;
  assert_true(rc == 0 || rc == SQLITE_NOMEM);
  if (rc == 0) assert_true(s.n > 5);
  migrate_close(m);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  return rc;
}

static void no_memory(void **state) {
  int at;
  (void)state;
  for (at = 0; lint_without_memory(at) != 0; at += 1 + at / 25) assert_true(at < 1000000);
  assert_true(at > 300);
  assert_int_equal(sqlite3_memory_used(), 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_rule), cmocka_unit_test(nothing_to_take_back),
      cmocka_unit_test(steps_in_c), cmocka_unit_test(fractions),
      cmocka_unit_test(both_sides), cmocka_unit_test(documented),
      cmocka_unit_test(allow_at_the_statement), cmocka_unit_test(allow_of_the_revision),
      cmocka_unit_test(schema_of_its_time), cmocka_unit_test(misuse),
      cmocka_unit_test(nothing_is_written), cmocka_unit_test(no_memory),
  };
  oom_install();
  return cmocka_run_group_tests(tests, 0, 0);
}
