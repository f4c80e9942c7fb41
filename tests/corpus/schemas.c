/* Real schemas: each of their ordinary tables is filled with rows that keep its rules, and changed
** and changed back with foreign keys on, by the cheapest way and by plain SQL alone. After each
** return the text of every object, the order of a table's triggers, the rows of the table and of
** those that reference it, with rowids and storage classes, and sqlite_sequence are what they were,
** and in the end so is every row of the schema; integrity_check and foreign_key_check say what they
** said.
**
**   schemas          all of them, 200 rows a table
**   schemas NAME     those whose name holds NAME
**
** CORPUS_ROWS sets the number of rows; CORPUS_WAYS=3 takes the way of hosted SQLites as well. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"
#include "fill.h"
#include "shared.h"

enum { CHEAPEST, PORTABLE, HOSTED };
static const char *const ways[] = {"auto", "portable", "hosted"};

typedef struct subject {
  const char *schema; /* the file's name */
  sqlite3 *db;
  int way;
  const char *table;
  int trips, failures;
} subject;

/* ---- queries --------------------------------------------------------------------------------- */

/* The first value that a query yields, for sqlite3_free(); NULL without a row. Eats the SQL. */
static char *first_value(sqlite3 *db, char *sql) {
  sqlite3_stmt *s = 0;
  char *value = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL) {
    value = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return value;
}

/* ---- there and back -------------------------------------------------------------------------- */

static char *look(const subject *t) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  dump_query(out, t->db, "SELECT type,name,tbl_name,sql FROM sqlite_master ORDER BY type,name");
  dump_query(out, t->db,
             "SELECT tbl_name,name FROM sqlite_master WHERE type='trigger' ORDER BY 1,rowid");
  dump_query(out, t->db, "SELECT name,seq FROM sqlite_sequence ORDER BY name");
  dump_table(out, t->db, "main", t->table);
  sqlite3_prepare_v2(t->db,
                     "SELECT DISTINCT m.name FROM sqlite_master AS m,"
                     " pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'"
                     " AND f.\"table\" = ?1 COLLATE NOCASE ORDER BY 1",
                     -1, &s, 0);
  sqlite3_bind_text(s, 1, t->table, -1, SQLITE_STATIC);
  while (sqlite3_step(s) == SQLITE_ROW) {
    dump_table(out, t->db, "main", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return sqlite3_str_finish(out);
}

/* Every row of every table. In plain SQL the order of the objects changes, that of the rows not. */
static char *look_at_all(sqlite3 *db, char **names, int n) {
  sqlite3_str *out = sqlite3_str_new(0);
  int i;
  for (i = 0; i < n; i++) dump_table(out, db, "main", names[i]);
  return sqlite3_str_finish(out);
}

static char *health(const subject *t) {
  sqlite3_str *out = sqlite3_str_new(0);
  dump_query(out, t->db, "PRAGMA integrity_check");
  dump_query(out, t->db, "SELECT * FROM pragma_foreign_key_check ORDER BY 1,2,3,4");
  return sqlite3_str_finish(out);
}

/* Runs one statement; tells about an error. */
static int change(subject *t, const char *sql) {
  migrate_options options;
  char error[600] = "";
  migrate *m = 0;
  int rc;
  memset(&options, 0, sizeof(options));
  options.errbuf = error;
  options.nerrbuf = (int)sizeof(error);
  migrate_open(t->db, &options, &m);
  migrate_set(m, "rebuild", ways[t->way]);
  migrate_exec(m, sql);
  rc = migrate_close(m);
  if (rc != 0) {
    print_error("%s (%s): %s\n  %s\n", t->schema, ways[t->way], sql, error);
  }
  return rc;
}

/* There, back, and nothing may have changed. Eats both statements; without one it does nothing. */
static void round_trip(subject *t, char *there, char *back) {
  char *before, *after;
  char line[1000];
  if (there && back) {
    before = look(t);
    t->trips++;
    if (change(t, there) != 0 || change(t, back) != 0) {
      t->failures++;
    } else {
      after = look(t);
      if (dump_differs(before, after, line, sizeof(line))) {
        print_error("%s (%s): %s; %s\n%s\n", t->schema, ways[t->way], there, back, line);
        t->failures++;
      }
      sqlite3_free(after);
    }
    sqlite3_free(before);
  }
  sqlite3_free(there);
  sqlite3_free(back);
}

static char *any_column(const subject *t, const char *which) {
  return first_value(t->db,
                     sqlite3_mprintf("SELECT name FROM pragma_table_xinfo(%Q) WHERE hidden = 0 %s",
                                     t->table, which));
}

static void add_and_drop(subject *t) {
  char *first = any_column(t, "ORDER BY cid");
  if (!first) return;
  round_trip(t,
             sqlite3_mprintf("ALTER TABLE \"%w\" ADD COLUMN mig_new TEXT DEFAULT 'x' AFTER \"%w\"",
                             t->table, first),
             sqlite3_mprintf("ALTER TABLE \"%w\" DROP COLUMN mig_new", t->table));
  sqlite3_free(first);
}

/* A name as a statement may say it: bare where SQLite reads it so. A rename writes the new name in
** the spelling that the statement has. */
static char *spelled(const subject *t, const char *name) {
  char *sql = sqlite3_mprintf("SELECT t.%s FROM main.\"%w\" AS t", name, t->table);
  sqlite3_stmt *s = 0;
  int bare = sqlite3_prepare_v2(t->db, sql, -1, &s, 0) == SQLITE_OK &&
             strcmp(sqlite3_column_name(s, 0), name) == 0;
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return bare ? sqlite3_mprintf("%s", name) : sqlite3_mprintf("\"%w\"", name);
}

/* A virtual table that names the table in its arguments reads the columns by name, and no rename
** can reach those: it is refused. */
static int read_by_virtual_table(const subject *t) {
  char *found =
      first_value(t->db, sqlite3_mprintf("SELECT 1 FROM sqlite_master WHERE sql LIKE '%%%q%%'"
                                         " AND sql LIKE 'CREATE VIRTUAL TABLE%%'",
                                         t->table));
  sqlite3_free(found);
  return found != 0;
}

/* Plain SQL leaves a rename to SQLite, which writes "name" where [name] or `name` stood. */
static int respelled(const subject *t, const char *name) {
  char *found;
  if (t->way == CHEAPEST) return 0;
  found = first_value(t->db, sqlite3_mprintf("SELECT 1 FROM sqlite_master WHERE"
                                             " instr(sql, '[%q]') OR instr(sql, '`%q`')",
                                             name, name));
  sqlite3_free(found);
  return found != 0;
}

static void rename_and_back(subject *t) {
  char *name = any_column(t, "ORDER BY cid DESC"), *back;
  if (!name || read_by_virtual_table(t) || respelled(t, name)) {
    sqlite3_free(name);
    return;
  }
  back = spelled(t, name);
  round_trip(
      t, sqlite3_mprintf("ALTER TABLE \"%w\" RENAME COLUMN \"%w\" TO mig_name", t->table, name),
      sqlite3_mprintf("ALTER TABLE \"%w\" RENAME COLUMN mig_name TO %s", t->table, back));
  sqlite3_free(name);
  sqlite3_free(back);
}

static int has_null(const subject *t, const char *name) {
  char *found = first_value(t->db, sqlite3_mprintf("SELECT 1 FROM main.\"%w\" WHERE \"%w\" IS NULL",
                                                   t->table, name));
  sqlite3_free(found);
  return found != 0;
}

/* A column that may be NULL and is not in any row; NULL where there is none. */
static char *nullable_column(const subject *t) {
  char *sql = sqlite3_mprintf("SELECT name FROM pragma_table_xinfo(%Q) WHERE hidden = 0"
                              " AND \"notnull\" = 0 AND pk = 0 ORDER BY cid", t->table);
  sqlite3_stmt *s = 0;
  char *name = 0;
  sqlite3_prepare_v2(t->db, sql, -1, &s, 0);
  while (!name && sqlite3_step(s) == SQLITE_ROW) {
    const char *candidate = (const char *)sqlite3_column_text(s, 0);
    if (!has_null(t, candidate)) name = sqlite3_mprintf("%s", candidate);
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return name;
}

static void not_null_and_back(subject *t) {
  char *name = nullable_column(t);
  if (!name) return;
  round_trip(
      t, sqlite3_mprintf("ALTER TABLE \"%w\" ALTER COLUMN \"%w\" SET NOT NULL", t->table, name),
      sqlite3_mprintf("ALTER TABLE \"%w\" ALTER COLUMN \"%w\" DROP NOT NULL", t->table, name));
  sqlite3_free(name);
}

/* A column's type as the table's text spells it (table_info writes integer in capitals), behind the
** column's name; NULL where it is not found so. */
static char *written_type(const subject *t, const char *name) {
  char *sql = first_value(
      t->db, sqlite3_mprintf("SELECT sql FROM sqlite_master WHERE name = %Q", t->table));
  char *type = first_value(t->db,
                           sqlite3_mprintf("SELECT type FROM pragma_table_xinfo(%Q)"
                                           " WHERE name = %Q",
                                           t->table, name));
  char *found = 0, *at = sql;
  int n = type ? (int)strlen(type) : 0;
  while (n && !found && at && (at = strstr(at, name)) != 0) {
    at += strlen(name);
    at += strspn(at, "\"]` \t\r\n");
    if (sqlite3_strnicmp(at, type, n) == 0) found = sqlite3_mprintf("%.*s", n, at);
  }
  sqlite3_free(sql);
  sqlite3_free(type);
  return found;
}

/* BLOB (in a STRICT table ANY) has no affinity: all values stay what they are, there and back. */
static void type_and_back(subject *t) {
  static const char plain[] = "AND pk = 0 AND type <> '' AND type NOT GLOB '*[^A-Za-z0-9(), ]*'"
                              " AND type NOT LIKE '% N%' AND upper(type) <> 'BLOB' ORDER BY cid";
  char *name = any_column(t, plain), *type = name ? written_type(t, name) : 0;
  char *strict = first_value(t->db, sqlite3_mprintf("SELECT 1 FROM sqlite_master WHERE name = %Q"
                                                    " AND sql LIKE '%%) STRICT%%'",
                                                    t->table));
  if (type) {
    round_trip(t,
               sqlite3_mprintf("ALTER TABLE \"%w\" ALTER COLUMN \"%w\" TYPE %s", t->table, name,
                               strict ? "ANY" : "BLOB"),
               sqlite3_mprintf("ALTER TABLE \"%w\" ALTER COLUMN \"%w\" TYPE %s", t->table, name,
                               type));
  }
  sqlite3_free(name);
  sqlite3_free(type);
  sqlite3_free(strict);
}

static void check_and_back(subject *t) {
  char *name = any_column(t, "ORDER BY cid");
  if (!name) return;
  round_trip(t,
             sqlite3_mprintf("ALTER TABLE \"%w\" ADD CONSTRAINT mig_check CHECK (\"%w\" IS NOT -9)",
                             t->table, name),
             sqlite3_mprintf("ALTER TABLE \"%w\" DROP CONSTRAINT mig_check", t->table));
  sqlite3_free(name);
}

static void change_table(subject *t) {
  add_and_drop(t);
  rename_and_back(t);
  not_null_and_back(t);
  type_and_back(t);
  check_and_back(t);
}

/* ---- one schema ------------------------------------------------------------------------------ */

static int number_from(const char *variable, int otherwise) {
  const char *z = getenv(variable);
  return z ? atoi(z) : otherwise;
}

/* One table after the other; what was there before is there in the end. */
static void change_all(subject *t, char **names, int n) {
  char *before = health(t), *rows = look_at_all(t->db, names, n), *after, line[1000];
  int i;
  for (i = 0; i < n; i++) {
    int failures = t->failures;
    t->table = names[i];
    change_table(t);
    after = health(t);
    if (dump_differs(before, after, line, sizeof(line)) && failures == t->failures++) {
      print_error("%s (%s): %s\n%s\n", t->schema, ways[t->way], t->table, line);
    }
    sqlite3_free(after);
  }
  after = look_at_all(t->db, names, n);
  if (dump_differs(rows, after, line, sizeof(line))) {
    print_error("%s (%s), all rows:\n%s\n", t->schema, ways[t->way], line);
    t->failures++;
  }
  sqlite3_free(before);
  sqlite3_free(rows);
  sqlite3_free(after);
}

static void run_schema(void **state) {
  subject t;
  char *names[300], *sql, path[300];
  int n, i;
  memset(&t, 0, sizeof(t));
  t.schema = (const char *)*state;
  if (shared_lacks(t.schema)) {
    print_message("skipped: SQLite %s has no %s\n", sqlite3_libversion(), shared_lacks(t.schema));
    skip();
  }
  snprintf(path, sizeof(path), "corpus/schemas/%s", t.schema);
  sql = shared_read(path);
  assert_non_null(sql);
  assert_int_equal(sqlite3_open(":memory:", &t.db), SQLITE_OK);
  fill_schema(t.db, sql);
  free(sql);
  n = rows_table_names(t.db, names, 300);
  assert_int_not_equal(n, 0);
  fill_rows(t.db, names, n, number_from("CORPUS_ROWS", 200));
  sqlite3_exec(t.db, "PRAGMA foreign_keys=ON", 0, 0, 0);
  for (t.way = 0; t.way < number_from("CORPUS_WAYS", 2); t.way++) change_all(&t, names, n);
  for (i = 0; i < n; i++) sqlite3_free(names[i]);
  sqlite3_close(t.db);
  if (t.failures) print_error("%d of %d trips failed\n", t.failures, t.trips);
  assert_int_equal(t.failures, 0);
}

static void no_schemas(void **state) {
  (void)state;
  print_message("skipped: there is no %s/corpus/schemas\n", shared_folder());
  skip();
}

int main(int argc, char **argv) {
  static struct CMUnitTest tests[200];
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i, count = 0, failed;
  if (n < 0) {
    tests[0].name = "schemas";
    tests[0].test_func = no_schemas;
    return _cmocka_run_group_tests("schemas", tests, 1, 0, 0);
  }
  for (i = 0; i < n && count < 200; i++) {
    if (argc > 1 && !strstr(names[i], argv[1])) continue;
    tests[count].name = names[i];
    tests[count].test_func = run_schema;
    tests[count++].initial_state = names[i];
  }
  failed = _cmocka_run_group_tests("schemas", tests, (size_t)count, 0, 0);
  shared_free(names, n);
  return failed;
}
