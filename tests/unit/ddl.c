/* DDL: CREATE texts read into the model, held against what SQLite itself says about them. */
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
#include "../../amalgamation/model.c"
#include "../../amalgamation/ddl.c"

#include "../ddl_check.h"
#include "../oom.h"
#include "../shared.h"

static int same_bytes(void *arg, int n, const void *a, int m, const void *b) {
  int order = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return order ? order : n - m;
}

/* Whatever collation a schema asks for is there. */
static void any_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  (void)arg;
  sqlite3_create_collation(db, name, encoding, 0, same_bytes);
}

static sqlite3 *open_memory(void) {
  sqlite3 *db = 0;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_collation_needed(db, 0, any_collation);
  assert_int_equal(sqlite3_exec(db, "ATTACH ':memory:' AS aux", 0, 0, 0), SQLITE_OK);
  return db;
}

typedef struct counts {
  int tables, indexes, triggers, different, refused, as_select;
} counts;

static void note(counts *n, char *bad) {
  if (!bad) return;
  if (n->different++ < 10) print_error("%s\n\n", bad);
  sqlite3_free(bad);
}

static char *check_trigger(const char *sql, const char *name, const char *table) {
  mig_fault fault;
  mig_arena a;
  mig_trigger t;
  char *bad = 0;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (mig_parse_trigger(&a, sql, &t)) {
    bad = sqlite3_mprintf("%s\n%s", mig_fault_text(&fault), sql);
  } else if (strcmp(t.name, name) != 0 || sqlite3_stricmp(t.table, table) != 0) {
    bad = sqlite3_mprintf("name or table of\n%s", sql);
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  return bad;
}

static void check_object(sqlite3 *db, const char *schema, char **row, counts *n) {
  const char *type = row[0], *name = row[1];
  if (strcmp(type, "table") == 0) {
    n->tables++;
    note(n, ddl_check_table(db, schema, name));
  } else if (strcmp(type, "index") == 0) {
    n->indexes++;
    note(n, ddl_check_index(db, name));
  } else if (strcmp(type, "trigger") == 0) {
    n->triggers++;
    note(n, check_trigger(row[3], name, row[2]));
  }
}

/* Checks every object of a schema. */
static void check_schema(sqlite3 *db, const char *schema, counts *n) {
  char *sql = sqlite3_mprintf("SELECT type, name, tbl_name, sql FROM \"%w\".sqlite_master"
                              " WHERE sql NOT LIKE 'CREATE VIRTUAL%%'", schema);
  char **rows = 0;
  int count = 0, i;
  assert_int_equal(sqlite3_get_table(db, sql, &rows, &count, 0, 0), SQLITE_OK);
  for (i = 1; i <= count; i++) check_object(db, schema, rows + i * 4, n);
  sqlite3_free_table(rows);
  sqlite3_free(sql);
}

static void finish(const char *what, const counts *n) {
  print_message("%s: %d tables, %d indexes, %d triggers; %d refused by SQLite %s,"
                " %d AS SELECT\n", what, n->tables, n->indexes, n->triggers, n->refused,
                sqlite3_libversion(), n->as_select);
  assert_int_equal(n->different, 0);
}

/* CREATE TABLE .. AS SELECT never gets into sqlite_schema; and one of these crashes 3.40.1. */
static int is_as_select(const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  while (k.type != MIG_TK_END && !mig_token_op(sql, k, "(")) {
    if (mig_token_is(sql, k, "AS")) return 1;
    k = mig_next_significant(sql, n, k.end);
  }
  return 0;
}

/* Runs one CREATE statement on a fresh database and checks what it made. */
static void check_statement(const char *sql, counts *n) {
  sqlite3 *db;
  if (is_as_select(sql)) {
    n->as_select++;
    return;
  }
  db = open_memory();
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) {
    n->refused++;
  } else {
    check_schema(db, "main", n);
    check_schema(db, "temp", n);
    check_schema(db, "aux", n);
  }
  sqlite3_close(db);
}

/* --- statements of our own ------------------------------------------------------------------ */

static const char *const hard[] = {
    "CREATE TABLE t(a)",
    "CREATE TABLE IF NOT EXISTS main.t(a)",
    "CREATE TEMP TABLE t(a INT PRIMARY KEY)",
    "CREATE TEMPORARY TABLE IF NOT EXISTS t(a)",
    "CREATE TABLE aux.t(a UNIQUE)",
    "/* x */ CREATE /* y */ TABLE -- z\n t /* in */ (a -- b\n, c /* d */) -- end",
    "create table \"t\"\"q\"([a b] int, `c``d` text, 'e''f' real)",
    "CREATE TABLE 'str'('x' 'y')",
    "CREATE TABLE [a]]b(c)",
    "CREATE TABLE t(a,b,c,)",
    "CREATE TABLE \"\"(\"\" \"\")",
    "CREATE TABLE \xc3\xa4(\xe2\x82\xac INT, \xf0\x9f\x98\x80 TEXT)",
    "CREATE TABLE t\x80\xff(a\xfe)",
    "CREATE TABLE t$1(a$ INT, _b)",
    "\xef\xbb\xbf" "CREATE TABLE t(a)",
    /* types */
    "CREATE TABLE t(a INTEGER, b INT, c BIGINT, d POINT, e FLOATING POINT, f CHARINT)",
    "CREATE TABLE t(a VARCHAR(10), b NCHAR(5), c CLOB, d TEXT, e BLOB, f BLOBTEXT, g TEXTBLOB)",
    "CREATE TABLE t(a REAL, b DOUBLE PRECISION, c FLOAT, d REALBLOB, e BLOBREAL, f DOUBLEFLOAT)",
    "CREATE TABLE t(a NUMERIC, b DECIMAL(10,5), c BOOLEAN, d DATE, e STRING, f ANY)",
    "CREATE TABLE t(a DECIMAL(+10,-5), b X(1.5e3), c Y( - 7 ), d Z(0x10))",
    "CREATE TABLE t(a long long way to go, b)",
    "CREATE TABLE t(a long long way, b x y z (3, 4))",
    "CREATE TABLE t(x TEXT /*CONSTRAINT*/ (3))",
    "CREATE TABLE t(x INT/**/EGER PRIMARY KEY)",
    "CREATE TABLE t(x INTEGER /* c */ PRIMARY KEY)",
    "CREATE TABLE t(\"id\" \"integer\" PRIMARY KEY)",
    "CREATE TABLE t(id [INTEGER] PRIMARY KEY)",
    "CREATE TABLE t(id 'integer' PRIMARY KEY)",
    "CREATE TABLE t(id `Integer` PRIMARY KEY)",
    "CREATE TABLE t(id \"integer\" x PRIMARY KEY)",
    "CREATE TABLE t(id \"in\"\"teger\" PRIMARY KEY)",
    "CREATE TABLE t(id x \"integer\" PRIMARY KEY)",
    "CREATE TABLE t(id \"INT\" PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER(5) PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER NON PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER NON NULL)",
    "CREATE TABLE t(id \"char\"(5), b \"\"\"int\"\"\", c '')",
    "CREATE TABLE t(a KEY, b ACTION, c IF, d VIEW, e REPLACE, f ROW)",
    "CREATE TABLE t(a KEY KEY KEY, b NO ACTION, c WITHOUT ROWID, d ABORT FAIL)",
    "CREATE TABLE t(a INT FIRST, b INT AFTER a)",
    "CREATE TABLE t(key, action, if, view, replace, row, temp, cast, with, raise)",
    "CREATE TABLE t(left, right, full, cross, natural, inner, outer, indexed)",
    "CREATE TABLE t(filter, over, window, current_time, glob, like, match, regexp)",
    "CREATE TABLE t(\"select\", [from], `where`, 'group')",
    "CREATE TABLE t(generated, always, a always, b generated)",
    "CREATE TABLE t(strict STRICT, rowid, oid, _rowid_)",
    "CREATE TABLE t(a INT GENERATED, b INT ALWAYS, c INT GENERATED ALWAYS)",
    "CREATE TABLE t(a, b varchar_foobar_always)",
    /* generated */
    "CREATE TABLE t(a, b AS (a))",
    "CREATE TABLE t(a, b GENERATED ALWAYS AS (a))",
    "CREATE TABLE t(a, b INT GENERATED ALWAYS AS (a+1) VIRTUAL)",
    "CREATE TABLE t(a, b INT GENERATED ALWAYS AS (a+1) STORED)",
    "CREATE TABLE t(a, b INT AS (a+1) STORED NOT NULL, c AS (b) UNIQUE)",
    "CREATE TABLE t(a, b JSON GENERATED /* INT */ ALWAYS AS (a))",
    "CREATE TABLE t(a, b INT GENERATED\n\tALWAYS AS (a))",
    "CREATE TABLE t(a, b VARCHAR(10) GENERATED ALWAYS AS (a))",
    "CREATE TABLE t(a, b INT NOT NULL GENERATED ALWAYS AS (a))",
    "CREATE TABLE t(a, b INT GENERATED ALWAYS /* c */ AS (a) stored)",
    "CREATE TABLE t(a, b xgenerated always AS (a))",
    "CREATE TABLE t(a, b INT ALWAYS AS (a))",
    "CREATE TABLE t(a, b LONGLONGWORD ALWAYS AS (a))",
    "CREATE TABLE t(a, b GENERATED ALWAYS GENERATED ALWAYS AS (a))",
    "CREATE TABLE t(a, b \"generated always\" AS (a))",
    "CREATE TABLE t(a, b INT GENERATED ALWAYS CONSTRAINT x AS (a))",
    "CREATE TABLE t(a, b INT CONSTRAINT x GENERATED ALWAYS AS (a) CHECK (b))",
    "CREATE TABLE t(a, b AS (a) VIRTUAL VIRTUAL)",
    "CREATE TABLE t(a, b AS (')' || \"a\" || (1)) STORED CHECK(b <> ')'))",
    /* defaults */
    "CREATE TABLE t(a DEFAULT 1, b DEFAULT +1, c DEFAULT -1, d DEFAULT - 1, e DEFAULT -.5e3)",
    "CREATE TABLE t(a DEFAULT 'x', b DEFAULT \"x\", c DEFAULT x, d DEFAULT [x y], e DEFAULT `z`)",
    "CREATE TABLE t(a DEFAULT x'00ff', b DEFAULT X'', c DEFAULT NULL, d DEFAULT +NULL)",
    "CREATE TABLE t(a DEFAULT CURRENT_TIME, b DEFAULT CURRENT_DATE, c DEFAULT current_timestamp)",
    "CREATE TABLE t(a DEFAULT true, b DEFAULT FALSE, c DEFAULT key, d DEFAULT indexed)",
    "CREATE TABLE t(a DEFAULT (1+1), b DEFAULT ( 'x' ), c DEFAULT ((2)), d DEFAULT (-- c\n1 /* e */"
    " ))",
    "CREATE TABLE t(a DEFAULT 0x1F, b DEFAULT -0xff, c DEFAULT 1., d DEFAULT .5, e DEFAULT 1e-5)",
    "CREATE TABLE t(a INT DEFAULT 5 NOT NULL, b DEFAULT(1)CHECK(b)NOT NULL, c DEFAULT'x'UNIQUE)",
    "CREATE TABLE t(a DEFAULT 1 DEFAULT 2)",
    "CREATE TABLE t(a DEFAULT 1 CONSTRAINT d DEFAULT 'y')",
    "CREATE TABLE t(a DEFAULT - 'x', b DEFAULT + x'01')",
    "CREATE TABLE t(a DEFAULT 'it''s', b DEFAULT (')'), c DEFAULT (\"(\"))",
    "CREATE TABLE t(a DEFAULT (CASE WHEN 1 THEN 2 ELSE 3 END), b DEFAULT (abs(-1)))",
    "CREATE TABLE t(a DEFAULT 1_000)",
    /* constraints of columns */
    "CREATE TABLE t(a NOT NULL, b NULL, c NOT NULL ON CONFLICT REPLACE, d NULL ON CONFLICT FAIL)",
    "CREATE TABLE t(a NULL NOT NULL, b NOT NULL NULL)",
    "CREATE TABLE t(a CONSTRAINT n NOT NULL CONSTRAINT u UNIQUE CONSTRAINT c CHECK (a > 0))",
    "CREATE TABLE t(a CONSTRAINT x CONSTRAINT y CHECK (a), b)",
    "CREATE TABLE t(a CONSTRAINT x, b CONSTRAINT y CONSTRAINT z)",
    "CREATE TABLE t(a INT CONSTRAINT x NOT NULL CONSTRAINT y)",
    "CREATE TABLE t(a CONSTRAINT 'x' CHECK(a) CONSTRAINT [y z] UNIQUE CONSTRAINT key NOT NULL)",
    "CREATE TABLE t(a UNIQUE ON CONFLICT IGNORE, b UNIQUE ON CONFLICT ROLLBACK UNIQUE)",
    "CREATE TABLE t(a COLLATE NOCASE UNIQUE, b UNIQUE COLLATE rtrim COLLATE nocase)",
    "CREATE TABLE t(a COLLATE 'nocase', b COLLATE [rtrim], c COLLATE \"binary\")",
    "CREATE TABLE t(a COLLATE own PRIMARY KEY)",
    "CREATE TABLE t(a CHECK(a>0)CHECK(a<10)NOT NULL)",
    "CREATE TABLE t(a CHECK((((a)))), b CHECK(b IN (SELECT 1)))",
    "CREATE TABLE t(a CHECK(a <> ')' AND \"a\" <> '(' /* ) */ -- )\n))",
    /* keys */
    "CREATE TABLE t(id INTEGER PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY ASC)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT NOT NULL)",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY(id))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY(id DESC))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY(id AUTOINCREMENT))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY(id ASC AUTOINCREMENT) ON CONFLICT ABORT)",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY('id'))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY([ID]))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY((id)))",
    "CREATE TABLE t(id INTEGER, PRIMARY KEY(id COLLATE nocase))",
    "CREATE TABLE t(id INTEGER, b, PRIMARY KEY(id, b))",
    "CREATE TABLE t(id INT PRIMARY KEY, b UNIQUE)",
    "CREATE TABLE t(a, b, c, PRIMARY KEY(c, a), UNIQUE(b), UNIQUE(b, a DESC), UNIQUE(b))",
    "CREATE TABLE t(a, b, PRIMARY KEY(a, b, a))",
    "CREATE TABLE t(a, b, PRIMARY KEY(a, b, a)) WITHOUT ROWID",
    "CREATE TABLE t(a, b, PRIMARY KEY(a COLLATE nocase, a))",
    "CREATE TABLE t(a UNIQUE PRIMARY KEY)",
    "CREATE TABLE t(a UNIQUE, PRIMARY KEY(a))",
    "CREATE TABLE t(a COLLATE nocase, UNIQUE(a COLLATE binary), UNIQUE(a),"
    " UNIQUE(a COLLATE nocase))",
    "CREATE TABLE t(a, b, UNIQUE(a COLLATE rtrim COLLATE nocase DESC, (b)) ON CONFLICT FAIL)",
    "CREATE TABLE t(a, UNIQUE((a COLLATE rtrim)), UNIQUE((a) COLLATE nocase DESC))",
    "CREATE TABLE t(asc, desc, UNIQUE(asc), UNIQUE(desc desc), UNIQUE(asc asc, desc))",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE) WITHOUT ROWID",
    "CREATE TABLE t(id INTEGER, a UNIQUE, PRIMARY KEY(id DESC)) WITHOUT ROWID",
    "CREATE TABLE t(id INTEGER PRIMARY KEY DESC, a UNIQUE) WITHOUT ROWID",
    "CREATE TABLE t(a PRIMARY KEY, b UNIQUE, c NOT NULL) WITHOUT rowid",
    "CREATE TABLE t(a, PRIMARY KEY(nope))",
    /* constraints of the table */
    "CREATE TABLE t(a, b, CHECK(a) CHECK(b) UNIQUE(a) CONSTRAINT x UNIQUE(b))",
    "CREATE TABLE t(a, CONSTRAINT x CONSTRAINT y CHECK(a), CONSTRAINT z)",
    "CREATE TABLE t(a, CONSTRAINT x UNIQUE(a), CONSTRAINT y CONSTRAINT z)",
    "CREATE TABLE t(a, CHECK(a) ON CONFLICT FAIL, CHECK(1)CHECK(2)CONSTRAINT c CHECK(3))",
    "CREATE TABLE t(a INT CHECK(a), CONSTRAINT \"c\"\"d\" CHECK (a > 0 AND a < 10))",
    "CREATE TABLE t(a, UNIQUE(a),)",
    "CREATE TABLE t(a, UNIQUE(a), b)",
    "CREATE TABLE t(CHECK(1))",
    /* foreign keys */
    "CREATE TABLE t(a REFERENCES p)",
    "CREATE TABLE t(a REFERENCES p(x) ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE t(a REFERENCES p(x) ON DELETE SET DEFAULT ON UPDATE RESTRICT MATCH FULL)",
    "CREATE TABLE t(a REFERENCES p ON DELETE CASCADE ON DELETE NO ACTION)",
    "CREATE TABLE t(a REFERENCES p ON INSERT CASCADE MATCH simple NOT NULL)",
    "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL)",
    "CREATE TABLE t(a REFERENCES p NOT DEFERRABLE INITIALLY IMMEDIATE UNIQUE)",
    "CREATE TABLE t(a REFERENCES p NOT NULL DEFERRABLE, b INT NOT DEFERRABLE)",
    "CREATE TABLE t(a DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t(a REFERENCES p REFERENCES q(y), b REFERENCES 'r'([z]))",
    "CREATE TABLE t(a CONSTRAINT f REFERENCES p CONSTRAINT d DEFERRABLE)",
    "CREATE TABLE t(a, b, FOREIGN KEY(a) REFERENCES p, FOREIGN KEY(b, a) REFERENCES q(x, y))",
    "CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY"
    " DEFERRED)",
    "CREATE TABLE t(a, CONSTRAINT f FOREIGN KEY(A) REFERENCES \"p\"('X') NOT DEFERRABLE CHECK(a))",
    "CREATE TABLE t(a REFERENCES t(b), b UNIQUE)",
    "CREATE TABLE t(a, b REFERENCES match MATCH match ON UPDATE NO ACTION)",
    /* options */
    "CREATE TABLE t(a INT PRIMARY KEY) STRICT",
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b ANY, c TEXT NOT NULL) strict",
    "CREATE TABLE t(a ANY PRIMARY KEY, b BLOB, c REAL) STRICT, WITHOUT ROWID",
    "CREATE TABLE t(a TEXT, b INT, PRIMARY KEY(b, a)) WITHOUT ROWID, STRICT",
    "CREATE TABLE t(a INT), STRICT",
    "CREATE TABLE t(a INT) /* c */ STRICT -- end",
    "CREATE TABLE t(a \"ANY\", b 'INT') STRICT",
    "CREATE TABLE t(a INT) STRICT, STRICT",
    /* depth */
    "CREATE TABLE t(a CHECK(((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))"
    ")))))))))))))))))))))))",
};

static void test_hard(void **state) {
  counts n;
  size_t i;
  (void)state;
  memset(&n, 0, sizeof n);
  for (i = 0; i < sizeof hard / sizeof *hard; i++) check_statement(hard[i], &n);
  assert_true(n.tables > 120);
  finish("own statements", &n);
}

/* --- the shared corpus ------------------------------------------------------------------------ */

static void test_sqlite_statements(void **state) {
  char *lines = shared_read("corpus/sqlite-create-table.jsonl");
  sqlite3 *json = open_memory();
  char *line, *next;
  counts n;
  int statements = 0;
  (void)state;
  memset(&n, 0, sizeof n);
  if (!lines) {
    sqlite3_close(json);
    print_message("skipped: no %s/corpus/sqlite-create-table.jsonl\n", shared_folder());
    skip();
  }
  for (line = lines; *line; line = next) {
    char *sql;
    next = strchr(line, '\n');
    next = next ? next + 1 : line + strlen(line);
    if (next > line && next[-1] == '\n') next[-1] = 0;
    sql = ddl_value(json, "SELECT json_extract(%Q, '$.sql')", line);
    if (!sql) continue;
    check_statement(sql, &n);
    sqlite3_free(sql);
    statements++;
  }
  free(lines);
  sqlite3_close(json);
  print_message("%d statements of SQLite's tests\n", statements);
  finish("of these", &n);
}

static void check_file(sqlite3 *db, const char *path) {
  char *sql = shared_read(path);
  assert_non_null(sql);
  sqlite3_exec(db, sql, 0, 0, 0);
  free(sql);
}

static void test_schemas(void **state) {
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i;
  counts c;
  (void)state;
  memset(&c, 0, sizeof c);
  if (n < 0) {
    print_message("skipped: no %s/corpus/schemas\n", shared_folder());
    skip();
  }
  for (i = 0; i < n; i++) {
    char *path = sqlite3_mprintf("corpus/schemas/%s", names[i]);
    sqlite3 *db = open_memory();
    check_file(db, path);
    check_schema(db, "main", &c);
    check_schema(db, "temp", &c);
    sqlite3_close(db);
    sqlite3_free(path);
  }
  shared_free(names, n);
  finish("schemas", &c);
}

static void test_chains(void **state) {
  char **apps, **steps;
  int n = shared_list("corpus/chains", "", &apps), i, k, m;
  counts c;
  (void)state;
  memset(&c, 0, sizeof c);
  if (n < 0) {
    print_message("skipped: no %s/corpus/chains\n", shared_folder());
    skip();
  }
  for (i = 0; i < n; i++) {
    char *folder = sqlite3_mprintf("corpus/chains/%s", apps[i]);
    sqlite3 *db = open_memory();
    m = shared_list(folder, ".sql", &steps);
    for (k = 0; k < m; k++) {
      char *path = sqlite3_mprintf("%s/%s", folder, steps[k]);
      if (strcmp(steps[k], "final.sql") != 0) check_file(db, path);
      sqlite3_free(path);
    }
    sqlite3_exec(db, "PRAGMA schema_version = 99999", 0, 0, 0); /* some edit it: read it again */
    check_schema(db, "main", &c);
    shared_free(steps, m);
    sqlite3_close(db);
    sqlite3_free(folder);
  }
  shared_free(apps, n);
  finish("chains", &c);
}

/* --- what SQLite does not tell ---------------------------------------------------------------- */

typedef struct fixture {
  mig_fault fault;
  mig_arena arena;
  mig_table t;
} fixture;

static void read_table(fixture *f, const char *sql) {
  memset(f, 0, sizeof *f);
  mig_arena_init(&f->arena, &f->fault);
  mig_parse_table(&f->arena, sql, &f->t);
}

static void done(fixture *f) {
  mig_arena_free(&f->arena);
  mig_fault_clear(&f->fault);
}

/* Whether each foreign key is deferred shows in what an orphan does inside a transaction. */
static void test_deferred(void **state) {
  static const char *const texts[] = {
      "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
      "CREATE TABLE t(a REFERENCES p DEFERRABLE)",
      "CREATE TABLE t(a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)",
      "CREATE TABLE t(a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED)",
      "CREATE TABLE t(a REFERENCES p, b INT DEFERRABLE INITIALLY DEFERRED)",
      "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED, b NOT DEFERRABLE)",
      "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED DEFERRABLE)",
      "CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
      "CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES p DEFERRABLE INITIALLY IMMEDIATE)",
      "CREATE TABLE t(a DEFERRABLE INITIALLY DEFERRED REFERENCES p)",
  };
  size_t i;
  int k;
  (void)state;
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    sqlite3 *db = open_memory();
    fixture f;
    int deferred, read = -1;
    sqlite3_exec(db, "PRAGMA foreign_keys = ON; CREATE TABLE p(x PRIMARY KEY);", 0, 0, 0);
    assert_int_equal(sqlite3_exec(db, texts[i], 0, 0, 0), SQLITE_OK);
    deferred = sqlite3_exec(db, "BEGIN; INSERT INTO t(a) VALUES (1)", 0, 0, 0) == SQLITE_OK;
    read_table(&f, texts[i]);
    for (k = 0; k < f.t.nconstraint; k++) {
      if (f.t.constraints[k].kind == MIG_FOREIGN_KEY) read = f.t.constraints[k].deferred;
    }
    if (deferred != read) print_error("%s: %d\n", texts[i], deferred);
    assert_int_equal(deferred, read);
    done(&f);
    sqlite3_close(db);
  }
}

static void test_names_of_constraints(void **state) {
  fixture f;
  const mig_constraint *c;
  (void)state;
  read_table(&f, "CREATE TABLE t(a CONSTRAINT x CONSTRAINT [y z] CHECK (a) NOT NULL,"
                 " CONSTRAINT 'u' UNIQUE (a) CHECK (1), CONSTRAINT w)");
  c = f.t.constraints;
  assert_int_equal(f.t.nconstraint, 6);
  assert_int_equal(c[0].kind, MIG_BARE_NAME);
  assert_string_equal(c[0].name, "x");
  assert_int_equal(c[1].kind, MIG_CHECK);
  assert_string_equal(c[1].name, "y z");
  assert_null(c[2].name);
  assert_string_equal(c[3].name, "u");
  assert_null(c[4].name);
  assert_int_equal(c[5].kind, MIG_BARE_NAME);
  assert_int_equal(c[5].column, -1);
  done(&f);
}

static void refuse(const char *sql, int code, const char *message) {
  fixture f;
  read_table(&f, sql);
  assert_int_equal(f.fault.code, code);
  if (strncmp(f.fault.message, message, strlen(message)) != 0) print_error("%s\n", f.fault.message);
  assert_int_equal(strncmp(f.fault.message, message, strlen(message)), 0);
  done(&f);
}

static void test_refused(void **state) {
  (void)state;
  refuse("CREATE VIRTUAL TABLE t USING fts5(a)", MIGRATE_UNSUPPORTED, "not an ordinary table: a v");
  refuse("CREATE VIEW t AS SELECT 1", MIGRATE_UNSUPPORTED, "not an ordinary table: a view");
  refuse("CREATE INDEX i ON t(a)", MIGRATE_SYNTAX,
         "near \"INDEX\": syntax error (line 1, column 8)");
  refuse("CREATE TABLE t AS SELECT 1", MIGRATE_SYNTAX, "near \"AS\": syntax error");
  refuse("CREATE TABLE t(a", MIGRATE_SYNTAX, "incomplete input (line 1, column 17)");
  refuse("CREATE TABLE t(\n  a INT,\n  'b", MIGRATE_SYNTAX,
         "unrecognized token: \"'b\" (line 3, column 3)");
  refuse("CREATE TABLE t(a) NOROWID", MIGRATE_SYNTAX, "near \"NOROWID\": syntax error");
  refuse("CREATE TABLE t(a); DROP TABLE u", MIGRATE_SYNTAX, "near \"DROP\": syntax error");
  refuse("CREATE TABLE t(a, UNIQUE(a+1))", MIGRATE_SYNTAX, "expressions prohibited");
  refuse("CREATE TABLE t(a DEFAULT -x)", MIGRATE_SYNTAX, "near \"x\": syntax error");
  refuse("CREATE TABLE t(a select)", MIGRATE_SYNTAX, "near \"select\": syntax error");
  refuse("", MIGRATE_SYNTAX, "incomplete input");
}

static void test_trigger_heads(void **state) {
  mig_fault fault;
  mig_arena a;
  mig_trigger t;
  (void)state;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  mig_parse_trigger(&a, "CREATE TEMP TRIGGER IF NOT EXISTS \"a b\" INSTEAD OF UPDATE OF"
                        " x, [y z], 'w' ON main.v FOR EACH ROW BEGIN SELECT 1; END", &t);
  assert_int_equal(fault.code, 0);
  assert_true(t.temp);
  assert_string_equal(t.name, "a b");
  assert_int_equal(t.time, 'I');
  assert_int_equal(t.event, 'U');
  assert_int_equal(t.ncolumn, 3);
  assert_string_equal(t.columns[1].name, "y z");
  assert_string_equal(t.table, "v");
  assert_string_equal(t.table_schema, "main");
  mig_parse_trigger(&a, "CREATE TRIGGER before DELETE ON t WHEN 1 BEGIN SELECT 1; END", &t);
  assert_int_equal(fault.code, 0);
  assert_string_equal(t.name, "before");
  assert_int_equal(t.time, 'A');
  assert_int_equal(t.event, 'D');
  mig_parse_trigger(&a, "CREATE TRIGGER x AFTER SELECT ON t BEGIN SELECT 1; END", &t);
  assert_int_equal(fault.code, MIGRATE_SYNTAX);
  mig_arena_free(&a);
  mig_fault_clear(&fault);
}

/* --- size --------------------------------------------------------------------------------- */

/* Seconds of processor time that reading `head`, count times `piece`, `tail` takes. */
static double seconds(const char *head, const char *piece, const char *tail, size_t count) {
  size_t h = strlen(head), p = strlen(piece), i;
  char *sql = (char *)malloc(h + p * count + strlen(tail) + 1);
  clock_t from;
  double best = 1e9;
  int round;
  memcpy(sql, head, h);
  for (i = 0; i < count; i++) memcpy(sql + h + i * p, piece, p);
  memcpy(sql + h + p * count, tail, strlen(tail) + 1);
  for (round = 0; round < 3; round++) {
    fixture f;
    from = clock();
    read_table(&f, sql);
    assert_int_equal(f.fault.code, 0);
    if ((double)(clock() - from) / CLOCKS_PER_SEC < best) {
      best = (double)(clock() - from) / CLOCKS_PER_SEC;
    }
    done(&f);
  }
  free(sql);
  return best;
}

static void test_linear(void **state) {
  static const struct {
    const char *head, *piece, *tail;
  } shapes[] = {
      {"CREATE TABLE t(a", " word", ")"},
      {"CREATE TABLE t(a", " CONSTRAINT x", ")"},
      {"CREATE TABLE t(a, UNIQUE(a)", " CONSTRAINT x", ")"},
      {"CREATE TABLE t(a /* ", "******", " */)"},
      {"CREATE TABLE t(a CHECK (a IN (1", ",(2)", ")))"},
      {"CREATE TABLE t(a", " NOT NULL", ")"},
      {"CREATE TABLE t(a DEFAULT 'x", "''", "')"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    double one = seconds(shapes[i].head, shapes[i].piece, shapes[i].tail, 500000);
    double two = seconds(shapes[i].head, shapes[i].piece, shapes[i].tail, 1000000);
    print_message("%.3f s, double %.3f s:%s\n", one, two, shapes[i].piece);
    assert_true(two < 3 * one + 0.05);
  }
}

static void test_deep(void **state) {
  char *sql;
  fixture f;
  int n = 2491, i;
  (void)state;
  sql = (char *)malloc((size_t)n * 2 + 100);
  strcpy(sql, "CREATE TABLE t(a CHECK (");
  for (i = 0; i < n; i++) strcat(sql, "(");
  strcat(sql, "a");
  for (i = 0; i < n; i++) strcat(sql, ")");
  strcat(sql, "), b)");
  read_table(&f, sql);
  assert_int_equal(f.fault.code, 0);
  assert_int_equal(f.t.ncolumn, 2);
  done(&f);
  free(sql);
}

/* Every allocation that fails, in turn, ends in SQLITE_NOMEM and nothing else. */
static void test_no_memory(void **state) {
  static const char *const others[] = {
      "CREATE UNIQUE INDEX i ON t(a, lower(b) DESC, c COLLATE nocase) WHERE a > 1",
      "CREATE TRIGGER r UPDATE OF a, b, c, d, e, f, g, h, i, j ON t BEGIN SELECT 1; END"};
  size_t i, count = sizeof hard / sizeof *hard;
  int n, tried = 0;
  (void)state;
  for (i = 0; i < count + 2; i++) {
    const char *sql = i < count ? hard[i] : others[i - count];
    for (n = 0; n < 1000; n++) {
      fixture f;
      mig_index x;
      mig_trigger t;
      int failed;
      memset(&f, 0, sizeof f);
      mig_arena_init(&f.arena, &f.fault);
      oom_left = n;
      if (i < count) mig_parse_table(&f.arena, sql, &f.t);
      if (i == count) mig_parse_index(&f.arena, sql, &x);
      if (i == count + 1) mig_parse_trigger(&f.arena, sql, &t);
      failed = oom_left == 0 && f.fault.code == SQLITE_NOMEM;
      oom_left = -1;
      done(&f);
      if (!failed) break;
      tried++;
    }
    assert_true(n < 1000);
  }
  print_message("%d failures\n", tried);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hard),        cmocka_unit_test(test_sqlite_statements),
      cmocka_unit_test(test_schemas),     cmocka_unit_test(test_chains),
      cmocka_unit_test(test_deferred),    cmocka_unit_test(test_names_of_constraints),
      cmocka_unit_test(test_refused),     cmocka_unit_test(test_trigger_heads),
      cmocka_unit_test(test_linear),      cmocka_unit_test(test_deep),
      cmocka_unit_test(test_no_memory),
  };
  oom_install();
  return cmocka_run_group_tests_name("ddl", tests, 0, 0);
}
