/* A database around a table, built of the model: as it was, or as it is to be. */
#ifndef RANDOM_WORLD_H
#define RANDOM_WORLD_H

#include "change.h"

typedef struct world {
  sqlite3 *db;
  unsigned long long seed;
  int plain;          /* spelled plainly, as the expectation is */
  const char *schema; /* "" is main */
  char error[300];    /* of the first statement that failed */
} world;

static const char *schema_of(const world *w) { return w->schema[0] ? w->schema : "main"; }

static int run_sql(world *w, const char *sql) {
  char *why = 0;
  int rc = sqlite3_exec(w->db, sql, 0, 0, &why);
  if (rc != SQLITE_OK && !w->error[0]) {
    sqlite3_snprintf(sizeof(w->error), w->error, "%s in: %s", why, sql);
  }
  sqlite3_free(why);
  return rc;
}

static int run_str(world *w, sqlite3_str *z) {
  char *sql = sqlite3_str_finish(z);
  int rc = run_sql(w, sql ? sql : "");
  sqlite3_free(sql);
  return rc;
}

/* Runs a text that names the schema with each %w. */
static int run_in_schema(world *w, const char *format) {
  char *sql = sqlite3_mprintf(format, schema_of(w), schema_of(w), schema_of(w));
  int rc = run_sql(w, sql);
  sqlite3_free(sql);
  return rc;
}

/* Each object has a spelling of its own, which does not change with the model. */
static style style_of(const world *w, prng *r, const char *name) {
  style s;
  r->state = w->seed * 7919;
  while (*name) r->state = r->state * 31 + (unsigned char)*name++;
  s.r = w->plain ? 0 : r;
  return s;
}

static int create_table(world *w, table *t) {
  sqlite3_str *z = sqlite3_str_new(0);
  prng r;
  style s = style_of(w, &r, "the table");
  put_table(z, &s, w->schema, t);
  return run_str(w, z);
}

static int create_indexes(world *w, table *t) {
  int i, rc = SQLITE_OK;
  for (i = 0; i < t->nindex && rc == SQLITE_OK; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    prng r;
    style s = style_of(w, &r, t->indexes[i].name);
    put_index(z, &s, w->schema, t, &t->indexes[i]);
    rc = run_str(w, z);
  }
  return rc;
}

static int create_others(world *w, table *t) {
  int i, rc = SQLITE_OK;
  for (i = 0; i < t->nother && rc == SQLITE_OK; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    prng r;
    style s = style_of(w, &r, t->others[i].name);
    put_other(z, &s, w->schema, t, &t->others[i]);
    rc = run_str(w, z);
  }
  return rc;
}

static int create_children(world *w, table *t) {
  int i, rc = SQLITE_OK;
  for (i = 0; i < t->nchild && rc == SQLITE_OK; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    prng r;
    style s = style_of(w, &r, t->children[i].name);
    put_child(z, &s, w->schema, t, &t->children[i]);
    rc = run_str(w, z);
  }
  return rc;
}

/* Parents and a log: the same before and after. */
static void create_neighbours(world *w) {
  run_in_schema(
      w,
      "CREATE TABLE \"%w\".par(p INTEGER PRIMARY KEY, u TEXT UNIQUE, w INT, x INT, z INT, "
      "UNIQUE(w, x)); CREATE TABLE \"%w\".log(what, value)");
  run_in_schema(w, "INSERT INTO \"%w\".par VALUES(1,'u1',1,1,1),(2,'u2',2,2,2),(3,'u3',3,3,3),"
                   "(4,'u4',4,4,4)");
}

/* --- the database as it was ------------------------------------------------------------------ */

static void insert_rows(world *w, prng *r, table *t, int n) {
  while (n-- > 0) {
    sqlite3_str *z = sqlite3_str_new(0);
    char *sql;
    put_insert(z, r, w->schema, t);
    sql = sqlite3_str_finish(z);
    sqlite3_exec(w->db, sql, 0, 0, 0); /* it may break a rule */
    sqlite3_free(sql);
  }
}

/* Columns added when there are rows, which are stored without them. */
static int add_short_columns(world *w, prng *r, table *t) {
  static const char *const types[] = {"INT", "TEXT", "REAL", ""};
  static const char *const values[] = {"5", "'x'", "1.5", "NULL"};
  int how = below(r, 4), rc;
  column *c = &t->columns[t->ncolumn];
  sqlite3_str *z = sqlite3_str_new(0);
  style plain;
  plain.r = 0;
  memset(c, 0, sizeof(*c));
  c->id = t->next_id++;
  c->from = t->ncolumn;
  sqlite3_snprintf(NAME_SIZE, c->name, "late%d", c->id);
  set_text(c->type, NAME_SIZE, how == 3 && t->strict ? "ANY" : types[how]);
  if (!once(r, 3)) set_text(c->value, 64, values[how]);
  c->not_null = c->value[0] && how < 3 && once(r, 2);
  t->ncolumn++;
  sqlite3_str_appendf(z, "ALTER TABLE \"%w\".\"%w\" ADD COLUMN ", schema_of(w), t->name);
  put_column(z, &plain, t, c);
  rc = run_str(w, z);
  if (rc != SQLITE_OK) t->ncolumn--;
  return rc;
}

static void insert_children(world *w, prng *r, table *t) {
  int i;
  for (i = 0; i < t->nchild; i++) {
    child *c = &t->children[i];
    column *a = column_of(t, c->parent_ids[0]);
    column *b = c->nkey > 1 ? column_of(t, c->parent_ids[1]) : 0;
    char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO \"%w\".\"%w\"(r1, r2, note) SELECT \"%w\", "
                                "%s%w%s, 'n' FROM \"%w\".\"%w\" LIMIT %d",
                                schema_of(w), c->name, a->name, b ? "\"" : "", b ? b->name : "NULL",
                                b ? "\"" : "", schema_of(w), t->name, 1 + below(r, 5));
    sqlite3_exec(w->db, sql, 0, 0, 0);
    sqlite3_free(sql);
    sql = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(note) VALUES('none')", schema_of(w), c->name);
    sqlite3_exec(w->db, sql, 0, 0, 0);
    sqlite3_free(sql);
  }
}

/* Opens a database; `how` says of what kind. */
static void open_world(world *w, unsigned how) {
  sqlite3_open(":memory:", &w->db);
  sqlite3_extended_result_codes(w->db, 1);
  if (how % 8 == 1) run_sql(w, "PRAGMA encoding='UTF-16le'");
  if (how % 8 == 2) run_sql(w, "PRAGMA auto_vacuum=FULL");
  if (w->schema[0]) {
    char *sql = sqlite3_mprintf("ATTACH ':memory:' AS \"%w\"", w->schema);
    run_sql(w, sql);
    sqlite3_free(sql);
  }
}

static void mark_deleted_ids(world *w, prng *r, table *t) {
  constraint *p = primary_key(t);
  char *sql;
  if (!p || !p->autoincrement || once(r, 2)) return;
  sql = sqlite3_mprintf("DELETE FROM \"%w\".\"%w\" WHERE \"%w\" = (SELECT max(\"%w\") FROM "
                        "\"%w\".\"%w\")",
                        schema_of(w), t->name, alias_of(t)->name, alias_of(t)->name, schema_of(w),
                        t->name);
  sqlite3_exec(w->db, sql, 0, 0, 0);
  sqlite3_free(sql);
}

/* Makes a TEMP table of the same name. */
static void hide_table(world *w, const char *name) {
  char *sql = sqlite3_mprintf("CREATE TEMP TABLE \"%w\"(zz)", name);
  run_sql(w, sql);
  sqlite3_free(sql);
}

/* Makes a database of random content. Returns 0 where SQLite does not take it: try another. */
static int make_world(world *w, prng *r, table *t, unsigned how) {
  int i, with_temp, orphans = once(r, 10);
  sqlite3_exec(w->db, orphans ? "PRAGMA foreign_keys=OFF" : "PRAGMA foreign_keys=ON", 0, 0, 0);
  make_table(r, t, sqlite3_libversion_number() >= 3037000, how % 8 == 1);
  create_neighbours(w);
  if (create_table(w, t) || create_indexes(w, t) || create_children(w, t)) return 0;
  insert_rows(w, r, t, 5 + below(r, 8));
  if (once(r, 3) && add_short_columns(w, r, t)) return 0;
  if (once(r, 8) && add_short_columns(w, r, t)) return 0;
  insert_rows(w, r, t, below(r, 6));
  mark_deleted_ids(w, r, t);
  insert_children(w, r, t);
  with_temp = how % 8 != 3;
  for (i = below(r, 4); i > 0; i--) make_other(r, t, with_temp);
  if (create_others(w, t)) return 0;
  if (!with_temp && !w->schema[0]) hide_table(w, t->name);
  if (once(r, 4)) run_sql(w, "ANALYZE");
  return !w->error[0];
}

/* --- the database as it is to be ------------------------------------------------------------- */

/* A name of the rowid that no column has. */
static const char *rowid_name(const table *t) {
  return !has_column_name(t, "rowid") ? "rowid" : "_rowid_";
}

/* Do old rows say what they have in the column? */
static int is_given(const column *c, const column *alias) {
  if (c->generated[0]) return 0;
  return c->from >= 0 || (c->first[0] && c != alias);
}

/* The values of the new columns over an old row, the rowid first where both have one that is not a
** column. Returns how many there are. */
static int put_values(sqlite3_str *columns, sqlite3_str *values, table *old, table *now) {
  style plain;
  int i, n = 0, k;
  column *alias = alias_of(now);
  plain.r = 0;
  if (!old->without_rowid && !now->without_rowid && !alias) {
    sqlite3_str_appendall(columns, rowid_name(now));
    sqlite3_str_appendall(values, rowid_name(old));
    n++;
  }
  for (i = 0; i < now->ncolumn; i++) {
    column *c = &now->columns[i];
    int rowid = c == alias && c->from < 0 && !old->without_rowid;
    if (!rowid && !is_given(c, alias)) continue;
    sqlite3_str_appendf(columns, "%s\"%w\"", n ? ", " : "", c->name);
    if (n++) sqlite3_str_appendall(values, ", ");
    for (k = 0; k < old->ncolumn && old->columns[k].from != c->from; k++) {}
    if (rowid) sqlite3_str_appendall(values, rowid_name(old));
    else if (c->first[0]) sqlite3_str_appendall(values, c->first);
    else if (c->using_expr[0]) put_expr(values, &plain, old, c->using_expr);
    else put_name(values, &plain, old->columns[k].name);
  }
  return n;
}

/* INSERTs the rows of a query, one by one. Returns SQLite's code; -1 where NULL would become a
** rowid, which is in column `identity`. */
static int copy_rows(world *to, world *from, const char *select, const char *insert, int identity) {
  sqlite3_stmt *s = 0, *d = 0;
  int rc = sqlite3_prepare_v2(from->db, select, -1, &s, 0), i;
  if (rc != SQLITE_OK) {
    sqlite3_snprintf(sizeof(to->error), to->error, "%s in: %s", sqlite3_errmsg(from->db), select);
  } else if ((rc = sqlite3_prepare_v2(to->db, insert, -1, &d, 0)) != SQLITE_OK) {
    sqlite3_snprintf(sizeof(to->error), to->error, "%s in: %s", sqlite3_errmsg(to->db), insert);
  }
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(s) && i < sqlite3_bind_parameter_count(d); i++) {
      sqlite3_bind_value(d, i + 1, sqlite3_column_value(s, i));
    }
    if (identity >= 0 && sqlite3_column_type(s, identity) == SQLITE_NULL) {
      set_text(to->error, sizeof(to->error), "NULL would become a rowid");
      rc = -1;
      break;
    }
    rc = sqlite3_step(d) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(to->db);
    if (rc) sqlite3_snprintf(sizeof(to->error), to->error, "%s", sqlite3_errmsg(to->db));
    sqlite3_reset(d);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_OK && !to->error[0]) {
    sqlite3_snprintf(sizeof(to->error), to->error, "%s", sqlite3_errmsg(from->db));
  }
  sqlite3_finalize(s);
  sqlite3_finalize(d);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int copy_table_rows(world *to, world *from, table *old, table *now) {
  sqlite3_str *columns = sqlite3_str_new(0), *values = sqlite3_str_new(0);
  sqlite3_str *marks = sqlite3_str_new(0);
  int n = put_values(columns, values, old, now), i, rc, identity = -1;
  char *c = sqlite3_str_finish(columns), *v = sqlite3_str_finish(values), *m, *select, *insert;
  column *alias = alias_of(now);
  for (i = 0; i < n; i++) sqlite3_str_appendall(marks, i ? ", ?" : "?");
  m = sqlite3_str_finish(marks);
  select = sqlite3_mprintf("SELECT %s FROM \"%w\".\"%w\" NOT INDEXED%s%s", v ? v : "1",
                           schema_of(from), old->name, old->without_rowid ? "" : " ORDER BY ",
                           old->without_rowid ? "" : rowid_name(old));
  insert = n ? sqlite3_mprintf("INSERT OR ABORT INTO \"%w\".\"%w\"(%s) VALUES(%s)", schema_of(to),
                               now->name, c, m)
             : sqlite3_mprintf("INSERT OR ABORT INTO \"%w\".\"%w\" DEFAULT VALUES", schema_of(to),
                               now->name);
  if (alias && alias->from >= 0) {
    for (i = 0, identity = 0; i < now->ncolumn && &now->columns[i] != alias; i++) {
      identity += is_given(&now->columns[i], alias);
    }
  }
  rc = copy_rows(to, from, select, insert, identity);
  sqlite3_free(c);
  sqlite3_free(v);
  sqlite3_free(m);
  sqlite3_free(select);
  sqlite3_free(insert);
  return rc;
}

static void copy_whole(world *to, world *from, const char *name, int n) {
  char *select = sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\"", schema_of(from), name);
  char *insert = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\" VALUES(?%s)", schema_of(to), name,
                                 n == 4 ? ",?,?,?" : ",?");
  copy_rows(to, from, select, insert, -1);
  sqlite3_free(select);
  sqlite3_free(insert);
}

/* The number of orphans of a table, -1 for a mismatch of its keys. */
static int count_orphans(world *w, const char *name) {
  char *sql = sqlite3_mprintf("PRAGMA \"%w\".foreign_key_check(\"%w\")", schema_of(w), name);
  sqlite3_stmt *s = 0;
  int n = 0, rc;
  rc = sqlite3_prepare_v2(w->db, sql, -1, &s, 0);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    n++;
    rc = SQLITE_OK;
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return rc == SQLITE_DONE ? n : -1;
}

/* The mark of AUTOINCREMENT stays what it was. */
static void copy_sequence(world *to, world *from, table *old, table *now) {
  constraint *p = primary_key(old), *q = primary_key(now);
  char *select, *insert;
  if (!p || !q || !p->autoincrement || !q->autoincrement) return;
  select = sqlite3_mprintf("SELECT seq FROM \"%w\".sqlite_sequence WHERE name = %Q",
                           schema_of(from), old->name);
  insert = sqlite3_mprintf("DELETE FROM \"%w\".sqlite_sequence WHERE name = %Q", schema_of(to),
                           now->name);
  run_sql(to, insert);
  sqlite3_free(insert);
  insert = sqlite3_mprintf("INSERT INTO \"%w\".sqlite_sequence(name, seq) VALUES(%Q, ?)",
                           schema_of(to), now->name);
  copy_rows(to, from, select, insert, -1);
  sqlite3_free(select);
  sqlite3_free(insert);
}

/* Does REFERENCES without columns mean those that it meant? */
static int means_the_same(table *now, const child *c) {
  constraint *p = primary_key(now);
  int i;
  if (!c->implicit) return 1;
  if (!p || p->nkey != c->nkey) return 0;
  for (i = 0; i < c->nkey; i++) {
    if (p->keys[i].id != c->parent_ids[i]) return 0;
  }
  return 1;
}

/* A broken key of a child: with CASCADE its foreign key goes, else the change must fail. */
static int check_children(world *to, world *from, table *now, int cascade) {
  int i, was, is, dropped = 0;
  for (i = 0; i < now->nchild; i++) {
    child *c = &now->children[i];
    if (c->gone) continue;
    was = count_orphans(from, c->name);
    is = means_the_same(now, c) ? count_orphans(to, c->name) : -1;
    if (is < 0 && was >= 0 && cascade) {
      c->gone = 1;
      dropped = 1;
    } else if ((is < 0 && was >= 0) || is > was) {
      sqlite3_snprintf(sizeof(to->error), to->error, "table %s: %d orphans, were %d", c->name, is,
                       was);
      return -1;
    }
  }
  return dropped;
}

/* Does a key's column compare as the column itself does? */
static int is_own_collation(const table *t, const key *k) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    const char *own = t->columns[i].collation;
    if (t->columns[i].id == k->id) {
      return !k->collation[0] || same_name(k->collation, own[0] ? own : "BINARY");
    }
  }
  return 0;
}

/* A key of one INTEGER column is by the column's collation, whatever it says, without rowid,
** too. */
static int is_integer_key(const table *t, const constraint *k) {
  int i;
  if (k->kind != K_PRIMARY || k->nkey != 1 || (k->at >= 0 && k->keys[0].desc)) return 0;
  for (i = 0; i < t->ncolumn && t->columns[i].id != k->keys[0].id; i++) {}
  return i < t->ncolumn && same_name(t->columns[i].type, "INTEGER");
}

/* Does some key of the table serve a foreign key of its own? */
static int has_own_key(const table *t, const constraint *fk) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const constraint *k = &t->constraints[i];
    if (k->kind > K_UNIQUE || k->nkey != 1 || k->keys[0].id != fk->parent_ids[0]) continue;
    if (!fk->nparent) {
      if (k->kind == K_PRIMARY) return 1;
    } else if (is_integer_key(t, k) || is_own_collation(t, &k->keys[0])) {
      return 1;
    }
  }
  for (i = 0; i < t->nindex && fk->nparent; i++) {
    const named_index *x = &t->indexes[i];
    if (!x->unique || x->nkey != 1 || x->where[0]) continue;
    if (x->keys[0].id == fk->parent_ids[0] && is_own_collation(t, &x->keys[0])) return 1;
  }
  return 0;
}

static int is_old_key(const table *old, const constraint *fk) {
  int i;
  for (i = 0; i < old->nconstraint; i++) {
    const constraint *k = &old->constraints[i];
    if (k->kind != K_FOREIGN || strcmp(k->parent, fk->parent) != 0) continue;
    if (k->nparent == fk->nparent && k->parent_ids[0] == fk->parent_ids[0] &&
        k->keys[0].id == fk->keys[0].id) {
      return 1;
    }
  }
  return 0;
}

/* With CASCADE a foreign key of the table to itself goes with the key that it needs. Returns how
** many lose theirs. */
static int drop_own_keys(table *old, table *now, int cascade) {
  int i, lost = 0;
  for (i = now->nconstraint - 1; i >= 0; i--) {
    const constraint *fk = &now->constraints[i];
    if (fk->kind != K_FOREIGN || strcmp(fk->parent, "{T}") != 0 || !is_old_key(old, fk)) continue;
    if (!has_own_key(old, fk) || has_own_key(now, fk)) continue;
    lost++;
    if (cascade) drop_constraint_at(now, i);
  }
  return lost;
}

/* Builds the wanted database, with rows of the one that is there. Returns 0 where it cannot be. */
static int expect_world(world *to, world *from, change *c) {
  table *old = c->old, *now = c->now;
  int i, was, is, again;
  sqlite3_exec(to->db, "PRAGMA foreign_keys=OFF", 0, 0, 0);
  if (drop_own_keys(old, now, c->cascade) && !c->cascade) {
    set_text(to->error, sizeof(to->error), "the table's own foreign key would lose its key");
    return 0;
  }
  create_neighbours(to);
  if (create_table(to, now) || copy_table_rows(to, from, old, now)) return 0;
  if (create_indexes(to, now)) return 0;
  copy_sequence(to, from, old, now);
  if (create_children(to, now)) return 0;
  for (i = 0; i < now->nchild; i++) copy_whole(to, from, now->children[i].name, 4);
  copy_whole(to, from, "log", 2);
  was = count_orphans(from, old->name);
  is = count_orphans(to, now->name);
  if ((is < 0 && was >= 0) || is > was) {
    sqlite3_snprintf(sizeof(to->error), to->error, "%d orphans, were %d", is, was);
    return 0;
  }
  again = check_children(to, from, now, c->cascade);
  if (again < 0) return 0;
  if (again) {
    for (i = 0; i < now->nchild; i++) {
      char *sql = sqlite3_mprintf("DROP TABLE \"%w\".\"%w\"", schema_of(to), now->children[i].name);
      run_sql(to, sql);
      sqlite3_free(sql);
    }
    if (create_children(to, now)) return 0;
    for (i = 0; i < now->nchild; i++) copy_whole(to, from, now->children[i].name, 4);
  }
  return !create_others(to, now) && !to->error[0];
}

#endif
