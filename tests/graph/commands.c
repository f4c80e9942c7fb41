/* The facts of graph.json once more, through the public functions on a database: the lines that
** upgrade, downgrade and stamp answer, the version rows behind them, current and history. The
** graphs are those of facts.json and, where it is there, of the whole file. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include "cases.h"

#define MOST 200

/* One case: the facts are read with SQLite's JSON functions on a connection of their own. */
typedef struct trial {
  sqlite3 *facts, *db;
  const char *graph, *fact;
  migrate *m;
  migrate_revision revs[MOST];
  sqlite3_str *seen;
  char *text[MOST * 8]; /* to be freed */
  int ntext;
} trial;

static char *keep(trial *t, char *z) {
  assert_true(t->ntext < MOST * 8);
  if (z) t->text[t->ntext++] = z;
  return z;
}

/* The first column of the first row of a query about a JSON text; NULL where that is NULL. */
static char *ask(trial *t, const char *sql, const char *json, const char *path) {
  sqlite3_stmt *s = 0;
  char *value = 0;
  assert_int_equal(sqlite3_prepare_v2(t->facts, sql, -1, &s, 0), SQLITE_OK);
  sqlite3_bind_text(s, 1, json, -1, SQLITE_STATIC);
  sqlite3_bind_text(s, 2, path, -1, SQLITE_STATIC);
  if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL) {
    value = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return keep(t, value);
}

static char *fact(trial *t, const char *path) {
  return ask(t, "SELECT json_extract(?1, ?2)", t->fact, path);
}

/* An array as a list with commas; a text is itself. */
static char *list(trial *t, const char *json, const char *path) {
  return ask(t,
             "SELECT CASE json_type(?1, ?2) WHEN 'array' THEN "
             "(SELECT group_concat(value) FROM json_each(?1, ?2)) ELSE json_extract(?1, ?2) END",
             json, path);
}

static char *sorted(trial *t, const char *path) {
  return ask(t, "SELECT group_concat(value) FROM (SELECT value FROM json_each(?1, ?2) ORDER BY 1)",
             t->fact, path);
}

static void add_revisions(trial *t) {
  int i, n = atoi(ask(t, "SELECT json_array_length(?1, ?2)", t->graph, "$.revisions"));
  for (i = 0; i < n; i++) {
    char *json = ask(t, "SELECT value FROM json_each(?1, '$.revisions') WHERE key = 0 + ?2",
                     t->graph, keep(t, sqlite3_mprintf("%d", i)));
    t->revs[i].id = list(t, json, "$.id");
    t->revs[i].down_revision = list(t, json, "$.down");
    t->revs[i].depends_on = list(t, json, "$.depends");
    t->revs[i].branch_labels = list(t, json, "$.labels");
    t->revs[i].downgrade = "";
  }
  migrate_add(t->m, t->revs, n);
}

static void insert_rows(trial *t) {
  char *sql = ask(t,
                  "SELECT 'CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL, PRIMARY "
                  "KEY(version_num));' || coalesce((SELECT group_concat('INSERT INTO "
                  "alembic_version VALUES(' || quote(value) || ');', '') FROM json_each(?1, ?2)), "
                  "'')",
                  t->fact, "$.from");
  assert_int_equal(sqlite3_exec(t->db, sql, 0, 0, 0), SQLITE_OK);
}

static char *rows_now(trial *t) {
  sqlite3_stmt *s = 0;
  char *value = 0;
  sqlite3_prepare_v2(t->db,
                     "SELECT group_concat(v) FROM (SELECT version_num AS v FROM alembic_version "
                     "ORDER BY 1)",
                     -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL) {
    value = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return keep(t, value);
}

static int same(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : "") == 0; }

static int note_row(void *arg, const migrate_history_row *r) {
  trial *t = (trial *)arg;
  sqlite3_str_appendf(t->seen, "%s%s", sqlite3_str_length(t->seen) ? "," : "", r->revision);
  return 0;
}

/* What `current` and `history` list. */
static int lists_agree(trial *t, const char *op) {
  char *expected = strcmp(op, "current") == 0 ? sorted(t, "$.expect_revs")
                                              : list(t, t->fact, "$.expect_revs"),
       *seen;
  t->seen = sqlite3_str_new(0);
  if (strcmp(op, "current") == 0)
    migrate_current(t->m, note_row, t);
  else
    migrate_history(t->m, fact(t, "$.target"), note_row, t);
  seen = keep(t, sqlite3_str_finish(t->seen));
  if (strcmp(op, "current") == 0 && seen) {
    seen = ask(t,
               "SELECT group_concat(value) FROM (SELECT value FROM json_each('[\"' || replace(?1, "
               "',', '\",\"') || '\"]') ORDER BY 1)",
               seen, "");
  }
  return same(seen, expected);
}

/* The lines of a command, and the rows that it leaves. */
static int command_agrees(trial *t) {
  char *lines = ask(t, "SELECT group_concat('Running ' || value, char(10)) FROM json_each(?1, ?2)",
                    t->fact, "$.expect_steps");
  char *other = ask(t, "SELECT group_concat('Running ' || value, char(10)) FROM json_each(?1, ?2)",
                    t->fact, "$.expect_alternatives[0].expect_steps");
  const char *result = migrate_result(t->m);
  if (!same(rows_now(t), sorted(t, "$.expect_heads"))) return 0;
  return same(result, lines) || (other && same(result, other)) ||
         fact(t, "$.expect_alternatives[1]") != 0;
}

/* -1 from a merge, and a revision that is there twice: we answer otherwise, see facts.c. */
static int differs(trial *t, const char *op, const char *error) {
  if (strstr(migrate_errmsg(t->m), "Revision aaaa is present more than once")) return 1;
  return strcmp(op, "downgrade") == 0 && error && strcmp(error, "Ambiguous walk") == 0 &&
         same(fact(t, "$.target"), "-1");
}

static int agrees(trial *t, const char *op) {
  char *error = fact(t, "$.expect_error"), *target = list(t, t->fact, "$.target");
  int good = 0;
  if (strcmp(op, "upgrade") == 0)
    migrate_upgrade(t->m, target);
  else if (strcmp(op, "downgrade") == 0)
    migrate_downgrade(t->m, target);
  else if (strcmp(op, "stamp") == 0)
    migrate_stamp(t->m, target);
  else
    good = lists_agree(t, op);
  if (differs(t, op, error)) return 1;
  if (error) {
    return migrate_errcode(t->m) && strncmp(migrate_errmsg(t->m), error, strlen(error)) == 0 &&
           same(rows_now(t), sorted(t, "$.from"));
  }
  if (migrate_errcode(t->m)) return 0;
  if (strcmp(op, "current") == 0 || strcmp(op, "history") == 0) return good;
  return command_agrees(t);
}

static int wrong; /* cases */

static void try_case(sqlite3 *facts, const char *graph, const char *json) {
  static trial t;
  char *op;
  int good, i;
  memset(&t, 0, sizeof t);
  t.facts = facts;
  t.graph = graph;
  t.fact = json;
  op = fact(&t, "$.op");
  assert_int_equal(sqlite3_open(":memory:", &t.db), SQLITE_OK);
  insert_rows(&t);
  assert_int_equal(migrate_open(t.db, 0, &t.m), 0);
  add_revisions(&t);
  good = agrees(&t, op);
  if (!good) {
    print_message("%s\n%s\n  answered %s\n%s; rows %s\n", graph, json, migrate_errmsg(t.m),
                  migrate_result(t.m), rows_now(&t));
  }
  migrate_close(t.m);
  assert_int_equal(sqlite3_close(t.db), SQLITE_OK);
  for (i = 0; i < t.ntext; i++) sqlite3_free(t.text[i]);
  wrong += !good;
}

/* What a command can answer; what Alembic answers with a crash is left to facts.c. */
#define COMMANDS                                                                                   \
  "json_extract(c.value, '$.op') IN ('upgrade', 'downgrade', 'stamp', 'current', 'history') "      \
  "AND json_extract(c.value, '$.alembic_quirk') IS NULL"

static void own_facts(void **state) {
  (void)state;
  assert_true(try_own(COMMANDS) >= 300);
  assert_int_equal(wrong, 0);
}

static void shared_facts(void **state) {
  (void)state;
  wrong = 0;
  assert_true(try_shared(COMMANDS) >= 1800);
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_facts),
      cmocka_unit_test(shared_facts),
  };
  return cmocka_run_group_tests_name("graph commands", tests, 0, 0);
}
