/* Makes a real schema, with what its application would have registered, and fills it with rows that
** keep all of its rules. Comes behind migrate.h with the implementation: the library reads the
** tables. */
#ifndef FILL_H
#define FILL_H

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* ---- the schema ------------------------------------------------------------------------------ */

static void fill_function(sqlite3_context *c, int n, sqlite3_value **v) {
  if (n > 0) sqlite3_result_value(c, v[0]);
  else sqlite3_result_int(c, 7);
}

static int fill_compare(void *arg, int n, const void *a, int m, const void *b) {
  int rc = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return rc ? rc : n - m;
}

static void fill_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  (void)arg;
  (void)encoding;
  sqlite3_create_collation(db, name, SQLITE_UTF8, 0, fill_compare);
}

/* A stand-in for the function that an error speaks of; 0: it speaks of something else. */
static int fill_learn(sqlite3 *db) {
  static const char head[] = "no such function: ";
  const char *z = strstr(sqlite3_errmsg(db), head);
  char *name = z ? sqlite3_mprintf("%s", z + strlen(head)) : 0;
  int rc = name ? sqlite3_create_function(db, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0,
                                          fill_function, 0, 0)
                : SQLITE_ERROR;
  sqlite3_free(name);
  return rc == SQLITE_OK;
}

static int fill_step(sqlite3 *db, sqlite3_stmt *s) {
  int rc;
  do rc = sqlite3_step(s);
  while (rc == SQLITE_ROW);
  sqlite3_finalize(s);
  if (rc == SQLITE_DONE) return 1;
  fill_learn(db);
  return 0;
}

/* Returns how many statements this SQLite does not know. */
static int fill_schema(sqlite3 *db, const char *sql) {
  int unknown = 0;
  sqlite3_collation_needed(db, 0, fill_collation);
  while (sql && *sql) {
    sqlite3_stmt *s = 0;
    const char *tail = sql;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, &tail);
    if (rc == SQLITE_OK && s && !fill_step(db, s)) rc = SQLITE_ERROR;
    if (rc != SQLITE_OK) {
      if (fill_learn(db)) continue;
      unknown++;
      if (tail == sql) tail = strchr(sql, ';') ? strchr(sql, ';') + 1 : 0;
    }
    sql = tail;
  }
  return unknown;
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef struct fill_column {
  char *name, *type, *parent; /* parent: a query without OFFSET, for a foreign key */
  char *literals[24];         /* that its CHECKs speak of */
  int nliteral, lengths[6], nlength, not_null;
} fill_column;

typedef struct fill_table {
  const char *name;
  fill_column *columns;
  int n;
  unsigned long long random;
} fill_table;

static int fill_random(fill_table *t, int n) {
  t->random = t->random * 6364136223846793005ull + 1442695040888963407ull;
  return n > 0 ? (int)((t->random >> 33) % (unsigned)n) : 0;
}

static fill_column *fill_find(fill_table *t, const char *name) {
  int i;
  for (i = 0; i < t->n; i++) {
    if (sqlite3_stricmp(t->columns[i].name, name) == 0) return &t->columns[i];
  }
  return 0;
}

/* The literals of a CHECK belong to each column that it names. */
static void fill_note_literal(fill_column *c, const char *z, mig_token k, int length) {
  int n = (int)(k.end - k.at);
  if (length && c->nlength < 6) c->lengths[c->nlength++] = atoi(z + k.at);
  if (c->nliteral < 24) c->literals[c->nliteral++] = sqlite3_mprintf("%.*s", n, z + k.at);
}

static void fill_note_check(fill_table *t, const char *z, mig_span s, mig_arena *a) {
  mig_token k;
  int i, length = 0;
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END;
       k = mig_next_significant(z, s.end, k.end)) {
    length |= mig_token_is(z, k, "length");
  }
  for (i = 0; i < t->n; i++) {
    if (!mig_span_uses(a, z, s, t->columns[i].name)) continue;
    for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END;
         k = mig_next_significant(z, s.end, k.end)) {
      if (k.type != MIG_TK_STRING && k.type != MIG_TK_NUMBER) continue;
      fill_note_literal(&t->columns[i], z, k, length && k.type == MIG_TK_NUMBER);
    }
  }
}

static void fill_note_checks(sqlite3 *db, fill_table *t) {
  sqlite3_stmt *s = 0;
  mig_fault fault;
  mig_arena a;
  mig_table model;
  int i;
  memset(&fault, 0, sizeof(fault));
  mig_arena_init(&a, &fault);
  sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1", -1, &s,
                     0);
  sqlite3_bind_text(s, 1, t->name, -1, SQLITE_STATIC);
  if (sqlite3_step(s) == SQLITE_ROW &&
      !mig_parse_table(&a, (const char *)sqlite3_column_text(s, 0), &model)) {
    for (i = 0; i < model.nconstraint; i++) {
      const mig_constraint *c = &model.constraints[i];
      if (c->kind == MIG_CHECK) fill_note_check(t, model.sql, c->expr, &a);
    }
  }
  sqlite3_finalize(s);
  mig_arena_free(&a);
  mig_fault_clear(&fault);
}

static void fill_note_parents(sqlite3 *db, fill_table *t) {
  char *sql = sqlite3_mprintf(
      "SELECT f.\"from\", f.\"table\", coalesce(f.\"to\", (SELECT name"
      " FROM pragma_table_info(f.\"table\") WHERE pk = f.seq + 1))"
      " FROM pragma_foreign_key_list(%Q) AS f",
      t->name);
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    fill_column *c = fill_find(t, (const char *)sqlite3_column_text(s, 0));
    if (!c || c->parent || sqlite3_column_type(s, 2) == SQLITE_NULL) continue;
    c->parent = sqlite3_mprintf("SELECT \"%w\" FROM main.\"%w\"", sqlite3_column_text(s, 2),
                                sqlite3_column_text(s, 1));
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
}

static void fill_read_table(sqlite3 *db, fill_table *t, const char *name) {
  char *sql = sqlite3_mprintf("SELECT name, type, \"notnull\" FROM pragma_table_xinfo(%Q)"
                              " WHERE hidden = 0", name);
  sqlite3_stmt *s = 0;
  memset(t, 0, sizeof(*t));
  t->name = name;
  t->random = 77;
  t->columns = (fill_column *)calloc(2000, sizeof(fill_column));
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (t->n < 2000 && sqlite3_step(s) == SQLITE_ROW) {
    fill_column *c = &t->columns[t->n++];
    c->name = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
    c->type = sqlite3_mprintf("%s", sqlite3_column_text(s, 1));
    c->not_null = sqlite3_column_int(s, 2);
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  fill_note_checks(db, t);
  fill_note_parents(db, t);
}

static void fill_free_table(fill_table *t) {
  int i, k;
  for (i = 0; i < t->n; i++) {
    sqlite3_free(t->columns[i].name);
    sqlite3_free(t->columns[i].type);
    sqlite3_free(t->columns[i].parent);
    for (k = 0; k < t->columns[i].nliteral; k++) sqlite3_free(t->columns[i].literals[k]);
  }
  free(t->columns);
}

#define FILL_TRIES 12

/* What a CHECK asks for, as far as it can be guessed: a literal of its, a length. */
static int fill_put_checked(sqlite3_str *out, fill_table *t, const fill_column *c, int i) {
  if (c->nlength && fill_random(t, 8)) {
    int n = c->lengths[fill_random(t, c->nlength)];
    sqlite3_str_appendf(out, "CAST(printf('%%0%dd', %d) AS %s)", n, i + 1,
                        strstr(c->type, "TEXT") || strstr(c->type, "CHAR") ? "TEXT" : "BLOB");
    return 1;
  }
  if (!c->nliteral || fill_random(t, 6) == 0) return 0;
  sqlite3_str_appendall(out, c->literals[fill_random(t, c->nliteral)]);
  return 1;
}

/* Every other column that may be NULL never is, as long as that is not what its rules ask for. */
static void fill_put_value(sqlite3_str *out, fill_table *t, int k, int i, int pick) {
  const fill_column *c = &t->columns[k];
  int style = (i + (pick ? fill_random(t, 5) : 0)) % 5;
  if (style == 4 && (c->not_null || (k % 2 && pick < FILL_TRIES / 2))) style = 0;
  if (c->parent && style != 4) {
    sqlite3_str_appendf(out, "coalesce((%s LIMIT 1 OFFSET (%d %% max(1, (SELECT count(*) FROM "
                        "(%s))))), ", c->parent, i, c->parent);
    rows_put_value(out, c->type, i - i % 5);
    sqlite3_str_appendall(out, ")");
  } else if (style == 4 || !fill_put_checked(out, t, c, i)) {
    rows_put_value(out, c->type, i - i % 5 + style);
  }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int fill_insert(sqlite3 *db, fill_table *t, int i, int pick) {
  sqlite3_str *out = sqlite3_str_new(0);
  char *sql;
  int k, rc;
  sqlite3_str_appendf(out, "INSERT INTO main.\"%w\"(", t->name);
  for (k = 0; k < t->n; k++) {
    sqlite3_str_appendf(out, "%s\"%w\"", k ? ", " : "", t->columns[k].name);
  }
  sqlite3_str_appendall(out, ") VALUES(");
  for (k = 0; k < t->n; k++) {
    if (k) sqlite3_str_appendall(out, ", ");
    fill_put_value(out, t, k, i, pick);
  }
  sqlite3_str_appendall(out, ")");
  sql = sqlite3_str_finish(out);
  do rc = sqlite3_exec(db, sql, 0, 0, 0);
  while (rc == SQLITE_ERROR && fill_learn(db)); /* triggers that do not fire are compiled, too */
  sqlite3_free(sql);
  return rc == SQLITE_OK;
}

/* Up to `rows` rows; fewer where a table cannot have more. */
static int fill_table_with(sqlite3 *db, const char *name, int rows) {
  fill_table t;
  int i, k, n = 0, misses = 0;
  fill_read_table(db, &t, name);
  for (i = 0; i < rows && misses < 20; i++) {
    for (k = 0; k < FILL_TRIES && !fill_insert(db, &t, i, k); k++) {}
    n += k < FILL_TRIES;
    misses = k < FILL_TRIES ? 0 : misses + 1;
  }
  fill_free_table(&t);
  return n;
}

static void fill_empty(sqlite3 *db, char **names, int n, int rows, int *have) {
  int pass, i, more = 1;
  for (pass = 0; pass < 5 && more; pass++) {
    for (i = more = 0; i < n; i++) {
      if (have[i]) continue;
      have[i] = fill_table_with(db, names[i], rows);
      more |= have[i];
    }
  }
}

/* Parents may come behind their children: the empty ones are tried again. Those that need each
** other are filled without looking, and lose their orphans. In the end all foreign keys hold. */
static void fill_rows(sqlite3 *db, char **names, int n, int rows) {
  int *have = (int *)calloc((size_t)n, sizeof(int));
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  sqlite3_exec(db, "PRAGMA foreign_keys=ON; BEGIN", 0, 0, 0);
  fill_empty(db, names, n, rows, have);
  sqlite3_exec(db, "COMMIT; PRAGMA foreign_keys=OFF; BEGIN", 0, 0, 0);
  fill_empty(db, names, n, rows, have);
  rows_delete_orphans(db);
  sqlite3_exec(db, "COMMIT", 0, 0, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, (int *)0);
  free(have);
}

#endif
