/* Real schemas: each of their ordinary tables is filled with rows and changed and changed back, by
** the cheapest way and by plain SQL alone. After each return the text of every object, the order of
** a table's triggers, the table's rows with rowids and storage classes, and sqlite_sequence are
** what they were; integrity_check and foreign_key_check say what they said. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"
#include "rows.h"
#include "shared.h"

#define ROWS 200

typedef struct subject {
  const char *schema; /* the file's name */
  sqlite3 *db;
  unsigned flags; /* of migrate_options */
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
  dump_query(out, t->db, "SELECT type,name,tbl_name,sql FROM sqlite_master ORDER BY type,name");
  dump_query(out, t->db,
             "SELECT tbl_name,name FROM sqlite_master WHERE type='trigger' ORDER BY 1,rowid");
  dump_query(out, t->db, "SELECT name,seq FROM sqlite_sequence ORDER BY name");
  dump_table(out, t->db, "main", t->table);
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
  options.flags = t->flags;
  options.errbuf = error;
  options.nerrbuf = (int)sizeof(error);
  migrate_open(t->db, &options, &m);
  migrate_exec(m, sql);
  rc = migrate_close(m);
  if (rc != 0) {
    print_error("%s%s: %s\n  %s\n", t->schema, t->flags ? " (portable)" : "", sql, error);
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
        print_error("%s%s: %s; %s\n%s\n", t->schema, t->flags ? " (portable)" : "", there, back,
                    line);
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
  if (!t->flags) return 0;
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

static char *nullable_column(const subject *t) {
  return any_column(t, "AND \"notnull\" = 0 AND pk = 0 ORDER BY cid");
}

/* Makes room for SET NOT NULL. */
static void delete_nulls(const subject *t) {
  char *name = nullable_column(t);
  if (!name) return;
  sqlite3_db_config(t->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  rows_run(t->db, sqlite3_mprintf("DELETE FROM main.\"%w\" WHERE \"%w\" IS NULL", t->table, name));
  sqlite3_db_config(t->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, (int *)0);
  sqlite3_free(name);
}

static int has_null(const subject *t, const char *name) {
  char *found = first_value(t->db, sqlite3_mprintf("SELECT 1 FROM main.\"%w\" WHERE \"%w\" IS NULL",
                                                   t->table, name));
  sqlite3_free(found);
  return found != 0;
}

static void not_null_and_back(subject *t) {
  char *name = nullable_column(t);
  if (!name || has_null(t, name)) { /* a trigger that does not compile forbids the DELETE */
    sqlite3_free(name);
    return;
  }
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

static void run_schema(void **state) {
  static const unsigned rung[] = {0, MIGRATE_PORTABLE};
  subject t;
  char *names[300], *sql, *before, *after;
  char path[300], line[1000];
  int n, i, r;
  memset(&t, 0, sizeof(t));
  t.schema = (const char *)*state;
  snprintf(path, sizeof(path), "corpus/schemas/%s", t.schema);
  sql = shared_read(path);
  assert_non_null(sql);
  assert_int_equal(sqlite3_open(":memory:", &t.db), SQLITE_OK);
  sqlite3_exec(t.db, sql, 0, 0, 0);
  free(sql);
  n = rows_table_names(t.db, names, 300);
  if (!n && sqlite3_libversion_number() < 3037000) {
    print_message("skipped: SQLite %s knows no STRICT\n", sqlite3_libversion());
    sqlite3_close(t.db);
    skip();
  }
  assert_int_not_equal(n, 0);
  rows_fill(t.db, names, n, ROWS);
  for (i = 0; i < n; i++) {
    t.table = names[i];
    for (r = 0; r < 2; r++) {
      t.flags = rung[r];
      delete_nulls(&t);
      before = health(&t);
      change_table(&t);
      after = health(&t);
      if (dump_differs(before, after, line, sizeof(line))) {
        print_error("%s: %s\n%s\n", t.schema, t.table, line);
        t.failures++;
      }
      sqlite3_free(before);
      sqlite3_free(after);
    }
  }
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

int main(void) {
  static struct CMUnitTest tests[200];
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i, failed;
  if (n < 0) {
    tests[0].name = "schemas";
    tests[0].test_func = no_schemas;
    return _cmocka_run_group_tests("schemas", tests, 1, 0, 0);
  }
  for (i = 0; i < n && i < 200; i++) {
    tests[i].name = names[i];
    tests[i].test_func = run_schema;
    tests[i].initial_state = names[i];
  }
  failed = _cmocka_run_group_tests("schemas", tests, (size_t)i, 0, 0);
  shared_free(names, n);
  return failed;
}
