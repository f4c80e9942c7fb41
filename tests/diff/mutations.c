/* Mutations: one word of a real schema's table, index, view or trigger is changed, left out or put
** in. What SQLite then tells of the table differs: so must the comparison. Whatever the comparison
** sees is gone after its statements ran. MUTATIONS says how many a table (an environment variable,
** 2). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "shared.h"
#include "way.h"

typedef struct tally {
  int tried, invalid, equal, seen, missed, refused, left, failed;
} tally;

static unsigned seed = 12345;

static unsigned chance(unsigned n) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 16) % n;
}

/* ---- what SQLite tells of a schema ---- */

static void put_rows(sqlite3 *db, sqlite3_str *out, const char *sql) {
  sqlite3_stmt *s = 0;
  int i;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) return;
  while (sqlite3_step(s) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(s); i++) {
      const char *z = (const char *)sqlite3_column_text(s, i);
      sqlite3_str_appendf(out, "%s|", z ? z : "NULL");
    }
    sqlite3_str_appendall(out, "\n");
  }
  sqlite3_finalize(s);
}

/* INT means INTEGER except as the rowid, no type means BLOB, DEFAULT NULL none, and an INTEGER
** PRIMARY KEY is never NULL. */
static char *told(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  put_rows(db, out,
           "SELECT t.name, c.name, CASE upper(c.type) WHEN 'INT' THEN 'INTEGER' WHEN '' THEN 'BLOB'"
           " ELSE upper(c.type) END, c.pk = 1 AND upper(c.type) = 'INTEGER' OR c.\"notnull\", CASE "
           "upper(c.dflt_value) WHEN 'NULL' THEN NULL"
           " ELSE c.dflt_value END, c.pk, c.hidden FROM sqlite_master AS t,"
           " pragma_table_xinfo(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'"
           " ORDER BY t.name, c.cid");
  put_rows(db, out,
           "SELECT t.name, lower(f.\"table\"), lower(f.\"from\"), lower(f.\"to\"), f.on_update, "
           "f.on_delete, f.seq FROM"
           " sqlite_master AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'"
           " ORDER BY 1, 2, 3, 4, 5, 6, 7");
  put_rows(db, out,
           "SELECT t.name, i.\"unique\", i.origin, i.partial, (SELECT group_concat(coalesce(c.name,"
           " c.cid) || c.\"desc\" || c.coll) FROM pragma_index_xinfo(i.name) AS c WHERE c.key) AS k"
           " FROM sqlite_master AS t, pragma_index_list(t.name) AS i WHERE t.type = 'table'"
           " ORDER BY 1, 2, 3, 4, 5");
  if (sqlite3_libversion_number() >= 3037000) {
    put_rows(db, out,
             "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY 1");
  }
  put_rows(db, out,
           "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE"
           " 'sqlite\\_auto%' ESCAPE '\\' ORDER BY 1, 2");
  sqlite3_str_appendall(out, " ");
  return sqlite3_str_finish(out);
}

/* ---- one mutation ---- */

static const char *const words[] = {"NOT NULL",
                                    "UNIQUE",
                                    "DEFAULT 7",
                                    "DEFAULT 'x'",
                                    "COLLATE NOCASE",
                                    "CHECK (1)",
                                    "DESC",
                                    "TEXT",
                                    "PRIMARY KEY",
                                    "ON CONFLICT REPLACE",
                                    "ON DELETE CASCADE",
                                    "ON UPDATE SET NULL",
                                    "INTEGER",
                                    "REAL",
                                    "DEFERRABLE INITIALLY DEFERRED",
                                    "AUTOINCREMENT",
                                    "WITHOUT ROWID",
                                    "STRICT",
                                    "WHERE 1",
                                    "BLOB",
                                    "CONSTRAINT other CHECK (2)",
                                    "INSTEAD",
                                    "DISTINCT",
                                    "ASC",
                                    "VIRTUAL",
                                    "STORED",
                                    ", zz INT"};

static void put_other(sqlite3_str *out, const char *z, mig_token k) {
  int n = (int)(k.end - k.at);
  if (k.type == MIG_TK_NUMBER) {
    sqlite3_str_appendf(out, "1%.*s", n, z + k.at);
  } else if (k.type == MIG_TK_STRING) {
    sqlite3_str_appendf(out, "%.*sx'", n - 1, z + k.at);
  } else if (k.type == MIG_TK_OP) {
    sqlite3_str_appendall(out, z[k.at] == '>' ? "<" : z[k.at] == '+' ? "-" : "");
  } else {
    sqlite3_str_appendall(out, words[chance(sizeof(words) / sizeof(words[0]))]);
  }
}

/* The text with one of its words changed; NULL when it has too few. */
static char *mutated(const char *z) {
  size_t n = strlen(z);
  unsigned count = 0, pick;
  mig_token k;
  sqlite3_str *out;
  for (k = mig_next_significant(z, n, 0); k.type != MIG_TK_END;
       k = mig_next_significant(z, n, k.end)) {
    count++;
  }
  if (count < 5) return 0;
  pick = 3 + chance(count - 3); /* CREATE TABLE name stays */
  for (k = mig_next_significant(z, n, 0); pick--; k = mig_next_significant(z, n, k.end)) {
  }
  out = sqlite3_str_new(0);
  sqlite3_str_append(out, z, (int)k.at);
  switch (chance(3)) {
    case 0:
      put_other(out, z, k);
      break;
    case 1:
      break;
    default:
      sqlite3_str_appendf(out, "%.*s %s ", (int)(k.end - k.at), z + k.at,
                          words[chance(sizeof(words) / sizeof(words[0]))]);
  }
  sqlite3_str_appendall(out, z + k.end);
  return sqlite3_str_finish(out);
}

/* ---- the comparison ---- */

static void show(const char *what, const char *from, const char *to, const char *more) {
  if (!getenv("SHOW") && strcmp(what, "missed") != 0 && strcmp(what, "left over") != 0) return;
  fprintf(stderr, "==== %s\n%s\n---- to\n%s\n---- %s\n", what, from, to, more);
}

static void run(tally *t, sqlite3 *db, const char *from, const char *to, const char *sql) {
  migrate *m = 0;
  char *left;
  int n;
  migrate_open(db, 0, &m);
  if (migrate_exec(m, sql)) {
    t->refused++;
    show("refused", sql, to, migrate_errmsg(m));
    migrate_close(m);
    return;
  }
  migrate_close(m);
  left = way(db, to, &n);
  t->left += n != 0;
  if (n) show("left over", from, to, left);
  sqlite3_free(left);
}

static void compare(tally *t, const char *from, const char *to) {
  sqlite3 *a = 0, *b = 0;
  char *x, *y, *sql;
  int n;
  sqlite3_open(":memory:", &a);
  sqlite3_open(":memory:", &b);
  sqlite3_exec(a, from, 0, 0, 0);
  t->tried++;
  if (sqlite3_exec(b, to, 0, 0, 0) != SQLITE_OK) {
    t->invalid++;
  } else {
    x = told(a);
    y = told(b);
    sql = way(a, to, &n);
    if (n < 0) {
      t->failed++;
    } else if (n) {
      t->seen++;
      run(t, a, from, to, sql);
    } else if (strcmp(x, y) != 0) {
      t->missed++;
      show("missed", from, to, "");
    } else {
      t->equal++;
      show("equal", from, to, "");
    }
    sqlite3_free(sql);
    sqlite3_free(x);
    sqlite3_free(y);
  }
  sqlite3_close(a);
  sqlite3_close(b);
}

/* ---- the corpus ---- */

#define MAX_TEXTS 60

/* A table with what hangs on it, alone in a database. */
static void mutate_table(tally *t, char **texts, int n, int times) {
  while (times--) {
    int pick = n > 1 && chance(2) ? (int)chance((unsigned)n) : 0, i;
    char *other = mutated(texts[pick]);
    sqlite3_str *from = sqlite3_str_new(0), *to = sqlite3_str_new(0);
    for (i = 0; i < n; i++) {
      sqlite3_str_appendf(from, "%s\n;\n", texts[i]);
      sqlite3_str_appendf(to, "%s\n;\n", i == pick && other ? other : texts[i]);
    }
    if (other) compare(t, sqlite3_str_value(from), sqlite3_str_value(to));
    sqlite3_free(sqlite3_str_finish(from));
    sqlite3_free(sqlite3_str_finish(to));
    sqlite3_free(other);
  }
}

static void mutate_schema(tally *t, const char *schema, int times) {
  sqlite3 *db = 0;
  sqlite3_stmt *tables = 0, *texts = 0;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, schema, 0, 0, 0);
  sqlite3_prepare_v2(db,
                     "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE"
                     " TABLE%' AND name NOT LIKE 'sqlite%'",
                     -1, &tables, 0);
  sqlite3_prepare_v2(db,
                     "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL"
                     " ORDER BY rowid",
                     -1, &texts, 0);
  while (sqlite3_step(tables) == SQLITE_ROW) {
    char *z[MAX_TEXTS];
    int n = 0;
    sqlite3_bind_value(texts, 1, sqlite3_column_value(tables, 0));
    while (n < MAX_TEXTS && sqlite3_step(texts) == SQLITE_ROW) {
      z[n++] = sqlite3_mprintf("%s", sqlite3_column_text(texts, 0));
    }
    sqlite3_reset(texts);
    if (n) mutate_table(t, z, n, times);
    while (n) sqlite3_free(z[--n]);
  }
  sqlite3_finalize(tables);
  sqlite3_finalize(texts);
  sqlite3_close(db);
}

static void corpus(void **state) {
  const char *many = getenv("MUTATIONS");
  char **names;
  int n = shared_list("corpus/schemas", ".sql", &names), i;
  tally t;
  (void)state;
  if (n < 0) {
    print_message("skipped: no %s/corpus/schemas\n", shared_folder());
    skip();
  }
  memset(&t, 0, sizeof(t));
  if (getenv("SEED")) seed = (unsigned)atoi(getenv("SEED"));
  for (i = 0; i < n; i++) {
    char path[300], *sql;
    snprintf(path, sizeof(path), "corpus/schemas/%s", names[i]);
    sql = shared_read(path);
    mutate_schema(&t, sql, many ? atoi(many) : 2);
    free(sql);
  }
  shared_free(names, n);
  print_message(
      "%d mutations: %d are no SQL, %d change nothing, %d are seen, %d missed; of those seen "
      "%d do not run, %d leave a difference\n",
      t.tried, t.invalid, t.equal, t.seen, t.missed, t.refused, t.left);
  assert_true(t.seen > 0);
  assert_int_equal(t.missed, 0);
  assert_int_equal(t.left, 0);
  assert_int_equal(t.failed, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
  return cmocka_run_group_tests(tests, 0, 0);
}
