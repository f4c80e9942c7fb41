/* Makes tables, what hangs on them, and rows. */
#ifndef RANDOM_MAKE_H
#define RANDOM_MAKE_H

#include "model.h"

static const char *pick(prng *r, const char *const *words, int n) { return words[below(r, n)]; }

static int pick_column(prng *r, const table *t) { return t->columns[below(r, t->ncolumn)].id; }

/* A name that no column has, as a rule an easy one. */
static void new_column_name(prng *r, table *t, char *name) {
  static const char *const easy[] = {"a", "b", "c", "d", "e", "f", "g", "h", "Mixed", "x1", "none"};
  static const char *const hard[] = {"b c",   "order", "x\"y",   "tab[le", "it's",  "\303\251",
                                     "select", "a.b",   "%s%n",   "-- c",   "/*",    "p)",
                                     "`",      "1st",   "Group,", "values", "rowid", "]"};
  do {
    set_text(name, NAME_SIZE, once(r, 4) ? pick(r, hard, 18) : pick(r, easy, 11));
    if (once(r, 4)) sqlite3_snprintf(NAME_SIZE, name, "n%d", t->next_name++);
  } while (has_column_name(t, name));
}

static void new_name(table *t, const char *what, char *name) {
  sqlite3_snprintf(NAME_SIZE, name, "%s%d", what, t->next_name++);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static void make_type(prng *r, const table *t, char *type) {
  static const char *const loose[] = {
      "",           "INT",         "INTEGER", "INTEGER", "BIGINT",          "TEXT",
      "TEXT",       "VARCHAR(10)", "REAL",    "DOUBLE PRECISION",           "NUMERIC",
      "DECIMAL( 10 , 2 )",         "BLOB",    "BOOLEAN", "FLOATING POINT",  "CHARINT",
      "STRING",     "JSON",        "ANY",     "Text",    "\"odd, type\"",   "VARCHAR  (\n9)"};
  static const char *const strict[] = {"INT", "INTEGER", "TEXT", "REAL", "BLOB", "ANY"};
  set_text(type, NAME_SIZE, t->strict ? pick(r, strict, 6) : pick(r, loose, 22));
}

/* Defaults that mean the same however they get into a row. */
static void make_default(prng *r, const table *t, const column *c, char *value) {
  static const char *const loose[] = {"5",      "'x'",         "NULL",  "-7",        "1.5",
                                      "(3+4)",  "x'00ff'",     "TRUE",  "'it''s'",   "+3",
                                      "1e3",    "('a'||'b')",  "'12'",  "(abs(-2))", "\"dq\"",
                                      "CURRENT_DATE"};
  if (!t->strict) {
    do set_text(value, 64, pick(r, loose, 16));
    while (t->no_blobs && value[0] == 'x');
  } else if (same_name(c->type, "TEXT") || same_name(c->type, "ANY")) {
    set_text(value, 64, once(r, 2) ? "'x'" : "('a'||'b')");
  } else if (same_name(c->type, "BLOB")) {
    set_text(value, 64, t->no_blobs ? "x''" : "x'00ff'");
  } else {
    set_text(value, 64, once(r, 2) ? "5" : "(3+4)");
  }
}

/* A collation, rarely. */
static void make_collation(prng *r, char *collation) {
  static const char *const names[] = {"NOCASE", "RTRIM", "BINARY"};
  set_text(collation, 16, pick(r, names, 3));
}

/* Fills a pattern in which % stands for column x and ~ for column y. */
static void fill(char *expr, const char *pattern, int x, int y) {
  size_t n = 0;
  for (; *pattern && n + 8 < EXPR_SIZE; pattern++) {
    if (*pattern == '%' || *pattern == '~') {
      sqlite3_snprintf((int)(EXPR_SIZE - n), expr + n, "{%d}", *pattern == '%' ? x : y);
      n += strlen(expr + n);
    } else {
      expr[n++] = *pattern;
    }
  }
  expr[n] = 0;
}

static void make_check(prng *r, char *expr, int x, int y) {
  static const char *const patterns[] = {
      "typeof(%) <> 'zz'",          "length(%) < 40",       "% <> {Sbad}",
      "{T}.% IS NOT 7",             "coalesce(%, 0) <> 77", "% NOT IN (77, 'bad')",
      "CASE WHEN % = 7 THEN 0 ELSE 1 END",                  "(%) COLLATE NOCASE <> {Snone}",
      "% > 5 OR % <= 5",            "% IS NULL OR ~ IS NOT 77",
      "% IS NOT 'CHECK (x), y'",    "{T}.% IS NOT 77 AND {T}.~ IS NOT 'bad'"};
  fill(expr, pick(r, patterns, 12), x, y);
}

static void make_generated(prng *r, char *expr, int x, int y) {
  static const char *const patterns[] = {"% || 'g'", "length(%)", "coalesce(%, 1) + 1", "upper(%)",
                                         "%",        "typeof(%)", "coalesce(%, ~)",     "(% IS ~)"};
  fill(expr, pick(r, patterns, 8), x, y);
}

static void make_where(prng *r, char *expr, int x) {
  static const char *const patterns[] = {"% IS NOT NULL", "% > 3", "% <> {Snone}", "length(%) < 9"};
  fill(expr, pick(r, patterns, 4), x, x);
}

static void make_tail(prng *r, char *tail) {
  static const char *const actions[] = {"",
                                        "",
                                        " ON DELETE CASCADE",
                                        " ON DELETE SET NULL ON UPDATE CASCADE",
                                        " ON UPDATE SET DEFAULT ON DELETE SET DEFAULT",
                                        " ON DELETE RESTRICT",
                                        " ON UPDATE CASCADE MATCH SIMPLE"};
  static const char *const deferral[] = {"", "", " DEFERRABLE INITIALLY DEFERRED",
                                         " NOT DEFERRABLE", " DEFERRABLE"};
  sqlite3_snprintf(96, tail, "%s%s", pick(r, actions, 7), pick(r, deferral, 5));
}

static void make_conflict(prng *r, char *conflict) {
  static const char *const words[] = {" ON CONFLICT REPLACE", " ON CONFLICT IGNORE",
                                      " ON CONFLICT FAIL", " on conflict rollback"};
  conflict[0] = 0;
  if (once(r, 6)) set_text(conflict, NAME_SIZE, pick(r, words, 4));
}

/* --- constraints ----------------------------------------------------------------------------- */

/* Distinct columns of the table into keys; generated ones only where they may be. */
static int make_keys(prng *r, table *t, key *keys, int n, int plain) {
  int made = 0, tries;
  for (tries = 0; made < n && tries < 20; tries++) {
    int id = pick_column(r, t);
    column *c = column_of(t, id);
    if (keys_use(keys, made, id) || (plain && c->generated[0])) continue;
    memset(&keys[made], 0, sizeof(key));
    keys[made].id = id;
    made++;
  }
  return made;
}

/* A foreign key to the table "par", or to the table's own first unique key. */
static void make_reference(prng *r, table *t, constraint *c) {
  constraint *own = 0;
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].kind <= K_UNIQUE && t->constraints[i].nkey == 1) own = &t->constraints[i];
  }
  make_tail(r, c->tail);
  if (own && !own->keys[0].collation[0] && once(r, 3)) {
    set_text(c->parent, NAME_SIZE, "{T}");
    c->nparent = own->kind == K_PRIMARY && once(r, 2) ? 0 : 1;
    c->parent_ids[0] = own->keys[0].id;
    c->nkey = 1;
    return;
  }
  set_text(c->parent, NAME_SIZE, "par");
  if (c->nkey > 1) {
    c->nkey = c->nparent = 2;
    set_text(c->parent_names[0], NAME_SIZE, "w");
    set_text(c->parent_names[1], NAME_SIZE, "x");
  } else {
    c->nparent = once(r, 2);
    set_text(c->parent_names[0], NAME_SIZE, once(r, 2) ? "u" : once(r, 8) ? "z" : "p");
  }
}

/* Makes a constraint at a column (its id), or of the table (-1). Returns 0 when it cannot be. */
static int make_constraint(prng *r, table *t, constraint *c, int kind, int at) {
  int i;
  memset(c, 0, sizeof(*c));
  c->kind = kind;
  c->at = at;
  if (once(r, 2)) new_name(t, once(r, 4) ? "k \"q" : "k", c->name);
  if (kind == K_CHECK) {
    make_check(r, c->expr, at >= 0 && !once(r, 4) ? at : pick_column(r, t), pick_column(r, t));
    return 1;
  }
  if (at >= 0) {
    c->keys[0].id = at;
    c->nkey = 1;
  } else {
    c->nkey = make_keys(r, t, c->keys, 1 + once(r, 2), kind != K_UNIQUE);
  }
  if (!c->nkey) return 0;
  if (kind == K_FOREIGN) {
    make_reference(r, t, c);
    return c->nkey > 0;
  }
  make_conflict(r, c->conflict);
  if (at >= 0) {
    c->keys[0].desc = kind == K_PRIMARY && once(r, 8);
  } else {
    for (i = 0; i < c->nkey; i++) {
      if (once(r, 4)) make_collation(r, c->keys[i].collation);
      c->keys[i].desc = once(r, 4);
    }
  }
  return 1;
}

static constraint *add_constraint(table *t, const constraint *c) {
  if (t->nconstraint >= MAX_CONSTRAINTS) return 0;
  t->constraints[t->nconstraint] = *c;
  return &t->constraints[t->nconstraint++];
}

/* --- columns --------------------------------------------------------------------------------- */

static void make_column(prng *r, table *t, column *c) {
  memset(c, 0, sizeof(*c));
  c->id = t->next_id++;
  c->from = -1;
  new_column_name(r, t, c->name);
  make_type(r, t, c->type);
  if (once(r, 5)) make_collation(r, c->collation);
  if (t->ncolumn && once(r, 8)) {
    make_generated(r, c->generated, pick_column(r, t), pick_column(r, t));
    c->stored = once(r, 2);
    if (t->strict) set_text(c->type, NAME_SIZE, "ANY"); /* some SQLites look at them, some forget */
  } else if (once(r, 3)) {
    make_default(r, t, c, c->value);
  }
  if (!c->generated[0] && once(r, 4)) {
    c->not_null = 1;
    make_conflict(r, c->not_null_conflict);
  }
}

/* The constraints that a column brings along. */
static void make_column_constraints(prng *r, table *t, int id) {
  constraint c;
  column *col = column_of(t, id);
  if (once(r, 7) && make_constraint(r, t, &c, K_UNIQUE, id)) add_constraint(t, &c);
  if (once(r, 5) && make_constraint(r, t, &c, K_CHECK, id)) add_constraint(t, &c);
  if (!col->generated[0] && once(r, 8) && make_constraint(r, t, &c, K_FOREIGN, id)) {
    add_constraint(t, &c);
  }
}

static void make_primary_key(prng *r, table *t) {
  constraint c;
  int how = below(r, 6);
  if (how == 0 && !t->without_rowid) return;
  if (how < 4) {
    column *col = &t->columns[once(r, 3) ? below(r, t->ncolumn) : 0];
    if (col->generated[0] || !make_constraint(r, t, &c, K_PRIMARY, col->id)) return;
    if (!t->without_rowid || once(r, 2)) set_text(col->type, NAME_SIZE, "INTEGER");
    if (once(r, 3)) { /* the same at the table's end */
      c.at = -1;
    }
    if (add_constraint(t, &c) && alias_of(t) == col) {
      primary_key(t)->autoincrement = once(r, 3);
      set_text(primary_key(t)->conflict, NAME_SIZE, "");
      if (once(r, 2)) col->value[0] = 0;
    }
  } else if (make_constraint(r, t, &c, K_PRIMARY, -1)) {
    add_constraint(t, &c);
  }
}

static void make_columns(prng *r, table *t) {
  int n = 2 + below(r, 5), i;
  constraint c;
  for (i = 0; i < n; i++) {
    make_column(r, t, &t->columns[t->ncolumn]);
    t->columns[t->ncolumn].from = t->ncolumn;
    t->ncolumn++;
  }
  make_primary_key(r, t);
  for (i = 0; i < n; i++) make_column_constraints(r, t, t->columns[i].id);
  for (i = below(r, 4); i > 0; i--) {
    if (make_constraint(r, t, &c, K_UNIQUE + below(r, 3), -1)) add_constraint(t, &c);
  }
}

/* --- what hangs on the table ----------------------------------------------------------------- */

static void make_index(prng *r, table *t) {
  named_index *x = &t->indexes[t->nindex];
  int i;
  memset(x, 0, sizeof(*x));
  new_name(t, once(r, 4) ? "x \"y" : "ix", x->name);
  x->unique = once(r, 4);
  x->nkey = make_keys(r, t, x->keys, 1 + below(r, 2), 0);
  if (!x->nkey) return;
  for (i = 0; i < x->nkey; i++) {
    if (once(r, 5)) {
      static const char *const patterns[] = {"lower(%)", "% + 1", "length(%)", "(% IS {Snone})"};
      fill(x->keys[i].expr, pick(r, patterns, 4), x->keys[i].id, 0);
      x->keys[i].id = -1;
    }
    if (once(r, 5)) make_collation(r, x->keys[i].collation);
    x->keys[i].desc = once(r, 4);
  }
  if (once(r, 4)) make_where(r, x->where, pick_column(r, t));
  t->nindex++;
}

static void make_other(prng *r, table *t, int with_temp) {
  static const char *const triggers[] = {
      "AFTER INSERT ON {D}{T} WHEN NEW.% IS NOT NULL BEGIN INSERT INTO log VALUES('i', NEW.%); END",
      "AFTER UPDATE OF % ON {D}{T} BEGIN INSERT INTO log VALUES('u', OLD.%); END",
      "BEFORE DELETE ON {D}{T} BEGIN INSERT INTO log SELECT 'd', ~ FROM {T} WHERE % IS OLD.%; END",
      "AFTER DELETE ON {D}{T} FOR EACH ROW BEGIN INSERT INTO log VALUES('{', 'x -- y'); END"};
  static const char *const views[] = {"AS SELECT % AS one, ~ AS two FROM {T}",
                                      "AS SELECT count(*) AS n FROM {T} AS q WHERE q.% IS NOT NULL",
                                      "AS SELECT * FROM {T}"};
  other *o = &t->others[t->nother++];
  memset(o, 0, sizeof(*o));
  o->kind = once(r, 2) ? O_VIEW : with_temp && once(r, 2) ? O_TEMP_TRIGGER : O_TRIGGER;
  new_name(t, o->kind == O_VIEW ? "v" : "tr", o->name);
  if (o->kind == O_VIEW) {
    fill(o->text, views[below(r, 3)], pick_column(r, t), pick_column(r, t));
    return;
  }
  fill(o->text, triggers[below(r, 3)], pick_column(r, t), pick_column(r, t));
  if (o->kind == O_TRIGGER) {
    char *d = strstr(o->text, "{D}");
    memmove(d, d + 3, strlen(d + 3) + 1);
  }
}

/* A table whose foreign key references one of the table's keys, or its primary key. */
static void make_child(prng *r, table *t) {
  child *c = &t->children[t->nchild];
  constraint *k = 0;
  int i, tries;
  for (tries = 0; tries < 4 && !k && t->nconstraint; tries++) {
    constraint *one = &t->constraints[below(r, t->nconstraint)];
    if (one->kind <= K_UNIQUE && one->nkey <= 2) k = one;
  }
  if (!k) return;
  memset(c, 0, sizeof(*c));
  sqlite3_snprintf(NAME_SIZE, c->name, "kid%d", t->nchild);
  c->nkey = k->nkey;
  for (i = 0; i < k->nkey; i++) {
    c->parent_ids[i] = k->keys[i].id;
    if (k->keys[i].collation[0]) return;
  }
  c->implicit = k->kind == K_PRIMARY && once(r, 2);
  make_tail(r, c->tail);
  t->nchild++;
}

static void make_table(prng *r, table *t, int strict_known, int no_blobs) {
  static const char *const names[] = {"t",    "t",     "t",           "my table",
                                      "T\"x", "order", "\303\274ber", "it's"};
  int i;
  memset(t, 0, sizeof(*t));
  t->no_blobs = no_blobs;
  t->next_id = t->next_name = 1;
  set_text(t->name, NAME_SIZE, pick(r, names, 8));
  t->strict = strict_known && once(r, 5);
  t->without_rowid = once(r, 6);
  make_columns(r, t);
  for (i = below(r, 4); i > 0; i--) make_index(r, t);
  for (i = 0; i < 2; i++) {
    if (once(r, 4)) make_child(r, t);
  }
}

/* --- values ---------------------------------------------------------------------------------- */

/* A literal. */
static void make_value(prng *r, char *value) {
  static const char *const odd[] = {
      "0",       "1",       "7",      "77",   "-5",     "9223372036854775807", "1.5",   "-0.0",
      "1e300",   "'abc'",   "'bad'",  "'BAD'", "'7'",   "'007'",               "'1e3'", "' 42 '",
      "'1.0'",   "''",      "x'00ff'", "x''", "'\303\251'", "CAST(x'610062' AS TEXT)",  "'none'",
      "'  x  '", "2.0",     "'9223372036854775808'",    "0.1"};
  int how = below(r, 8);
  if (how == 0) set_text(value, 64, "NULL");
  else if (how < 4) sqlite3_snprintf(64, value, "%d", below(r, 500));
  else if (how < 6) sqlite3_snprintf(64, value, "'w%d'", below(r, 500));
  else set_text(value, 64, pick(r, odd, 27));
}

static int is_child_key(const table *t, int id, const constraint **found) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const constraint *c = &t->constraints[i];
    if (c->kind == K_FOREIGN && keys_use(c->keys, c->nkey, id)) {
      *found = c;
      return 1;
    }
  }
  return 0;
}

static void make_fitting_value(prng *r, table *t, column *c, char *value) {
  const constraint *fk = 0;
  make_value(r, value);
  if (c->not_null && strcmp(value, "NULL") == 0) sqlite3_snprintf(64, value, "%d", below(r, 900));
  if (is_child_key(t, c->id, &fk) && !once(r, 12)) {
    int n = 1 + below(r, 4);
    if (fk->nparent == 1 && strcmp(fk->parent_names[0], "u") == 0) {
      sqlite3_snprintf(64, value, "'u%d'", n);
    } else {
      sqlite3_snprintf(64, value, "%d", n);
    }
    if (!c->not_null && once(r, 3)) set_text(value, 64, "NULL");
  } else if (alias_of(t) == c) {
    sqlite3_snprintf(64, value, once(r, 3) ? "NULL" : "%d", below(r, 60) - 3);
  } else if (t->strict && !once(r, 10)) {
    if (same_name(c->type, "TEXT")) sqlite3_snprintf(64, value, "'w%d'", below(r, 500));
    else if (same_name(c->type, "BLOB")) sqlite3_snprintf(64, value, "x'%04x'", below(r, 500));
    else if (!same_name(c->type, "ANY")) sqlite3_snprintf(64, value, "%d", below(r, 500));
  }
}

/* A value that a column is likely to take. */
static void make_value_for(prng *r, table *t, column *c, char *value) {
  make_fitting_value(r, t, c, value);
  if (t->no_blobs && strstr(value, "x'")) set_text(value, 64, "x''");
}

/* INSERT of a random row into the table, with most of its columns. */
static void put_insert(sqlite3_str *z, prng *r, const char *schema, table *t) {
  sqlite3_str *values = sqlite3_str_new(0);
  char *text;
  int i, n = 0;
  sqlite3_str_appendf(z, "INSERT INTO \"%w\".\"%w\"(", schema[0] ? schema : "main", t->name);
  for (i = 0; i < t->ncolumn; i++) {
    column *c = &t->columns[i];
    char value[64];
    if (c->generated[0] || (n && once(r, 12))) continue;
    make_value_for(r, t, c, value);
    sqlite3_str_appendf(z, "%s\"%w\"", n ? "," : "", c->name);
    sqlite3_str_appendf(values, "%s%s", n++ ? "," : "", value);
  }
  text = sqlite3_str_finish(values);
  sqlite3_str_appendf(z, ") VALUES(%s)", text ? text : "");
  sqlite3_free(text);
}

#endif
