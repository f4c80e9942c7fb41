/* Makes ALTER TABLE statements, and does to the model what each action means. */
#ifndef RANDOM_CHANGE_H
#define RANDOM_CHANGE_H

#include "make.h"

typedef struct change {
  prng *r;
  table *old; /* as it was */
  table *now; /* as it is to be */
  sqlite3_str *sql;
  style spelling;
  int cascade;
  int must_fail;    /* the contract says so, whatever SQLite thinks of the wanted table */
  int renames;      /* something was */
  int may_lose;     /* a type changed without USING: the engine may refuse to lose digits */
  int adds_none;    /* a column has become "none", which old texts hold as a string */
} change;

/* --- taking things out ----------------------------------------------------------------------- */

static void drop_constraint_at(table *t, int i) {
  memmove(&t->constraints[i], &t->constraints[i + 1],
          (size_t)(t->nconstraint - 1 - i) * sizeof(constraint));
  t->nconstraint--;
}

static int constraint_uses(const constraint *c, int id) {
  int i;
  if (c->at == id || keys_use(c->keys, c->nkey, id) || expr_uses(c->expr, id)) return 1;
  for (i = 0; c->kind == K_FOREIGN && strcmp(c->parent, "{T}") == 0 && i < c->nparent; i++) {
    if (c->parent_ids[i] == id) return 1;
  }
  return 0;
}

static void drop_mentions(table *t, int id) {
  int i;
  for (i = t->nconstraint - 1; i >= 0; i--) {
    if (constraint_uses(&t->constraints[i], id)) drop_constraint_at(t, i);
  }
  for (i = t->nindex - 1; i >= 0; i--) {
    named_index *x = &t->indexes[i];
    if (!keys_use(x->keys, x->nkey, id) && !expr_uses(x->where, id)) continue;
    memmove(x, x + 1, (size_t)(t->nindex - 1 - i) * sizeof(*x));
    t->nindex--;
  }
}

/* Views and triggers need the column: they go, or stand in the way. */
static void drop_others(change *c, int id) {
  table *t = c->now;
  int i;
  for (i = t->nother - 1; i >= 0; i--) {
    if (!expr_uses(t->others[i].text, id)) continue;
    if (!c->cascade) c->must_fail = 1;
    memmove(&t->others[i], &t->others[i + 1], (size_t)(t->nother - 1 - i) * sizeof(other));
    t->nother--;
  }
}

static void drop_children(change *c, int id) {
  int i, k;
  for (i = 0; i < c->now->nchild; i++) {
    child *kid = &c->now->children[i];
    for (k = 0; k < kid->nkey && !kid->gone; k++) {
      if (kid->parent_ids[k] != id) continue;
      if (!c->cascade) c->must_fail = 1;
      kid->gone = 1;
    }
  }
}

static void drop_column(change *c, int id) {
  table *t = c->now;
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (t->columns[i].id == id || !expr_uses(t->columns[i].generated, id)) continue;
    if (!c->cascade) {
      c->must_fail = 1;
      return;
    }
    drop_column(c, t->columns[i].id);
    if (c->must_fail) return;
    i = -1;
  }
  if (t->ncolumn == 1) {
    c->must_fail = 1;
    return;
  }
  drop_mentions(t, id);
  drop_others(c, id);
  drop_children(c, id);
  i = (int)(column_of(t, id) - t->columns);
  memmove(&t->columns[i], &t->columns[i + 1], (size_t)(t->ncolumn - 1 - i) * sizeof(column));
  t->ncolumn--;
}

/* --- words ----------------------------------------------------------------------------------- */

static void say(change *c, const char *words) { sqlite3_str_appendall(c->sql, words); }

static void say_name(change *c, const char *name) { put_name(c->sql, &c->spelling, name); }

static void say_alter(change *c, const column *col) {
  say(c, once(c->r, 2) ? "ALTER COLUMN " : "ALTER ");
  say_name(c, col->name);
  say(c, " ");
}

static column *any_column(change *c) { return &c->now->columns[below(c->r, c->now->ncolumn)]; }

static column *any_plain_column(change *c) {
  column *col = any_column(c);
  return col->generated[0] ? 0 : col;
}

/* --- columns --------------------------------------------------------------------------------- */

/* Puts a column that is the list's last at another place, and says where. */
static void say_position(change *c) {
  table *t = c->now;
  column moved = t->columns[t->ncolumn - 1];
  int at = once(c->r, 2) ? t->ncolumn - 1 : below(c->r, t->ncolumn);
  if (at == t->ncolumn - 1) return;
  if (at == 0) {
    say(c, " FIRST");
  } else {
    say(c, " AFTER ");
    say_name(c, t->columns[at - 1].name);
  }
  memmove(&t->columns[at + 1], &t->columns[at], (size_t)(t->ncolumn - 1 - at) * sizeof(column));
  t->columns[at] = moved;
}

static int do_add_column(change *c) {
  table *t = c->now;
  constraint k;
  column *col = &t->columns[t->ncolumn];
  if (t->ncolumn >= MAX_COLUMNS - 1) return 0;
  make_column(c->r, t, col);
  if (same_name(col->name, "none")) c->adds_none = 1;
  if (col->not_null && !once(c->r, 4)) make_default(c->r, t, col, col->value);
  if (col->generated[0]) col->value[0] = 0;
  t->ncolumn++;
  make_column_constraints(c->r, t, col->id);
  if (!primary_key(t) && !col->generated[0] && once(c->r, 12) &&
      make_constraint(c->r, t, &k, K_PRIMARY, col->id)) {
    set_text(col->type, NAME_SIZE, "INTEGER");
    add_constraint(t, &k);
  }
  say(c, once(c->r, 2) ? "ADD COLUMN " : "ADD ");
  put_column(c->sql, &c->spelling, t, col);
  say_position(c);
  return 1;
}

static int do_drop_column(change *c) {
  column *col = any_column(c);
  if (col->from < 0) return 0;
  say(c, "DROP COLUMN ");
  say_name(c, col->name);
  if (c->cascade) say(c, " CASCADE");
  else if (once(c->r, 3)) say(c, " RESTRICT");
  drop_column(c, col->id);
  return 1;
}

static int do_rename_column(change *c) {
  column *col = any_column(c);
  char name[NAME_SIZE];
  new_column_name(c->r, c->now, name);
  if (same_name(name, "none")) c->adds_none = 1;
  say(c, once(c->r, 2) ? "RENAME COLUMN " : "RENAME ");
  say_name(c, col->name);
  say(c, " TO ");
  say_name(c, name);
  set_text(col->name, NAME_SIZE, name);
  c->renames = 1;
  return 1;
}

static int do_rename_table(change *c) {
  static const char *const names[] = {"t2", "other name", "T\"y", "group", "B[x"};
  const char *name = pick(c->r, names, 5);
  if (strcmp(c->now->name, c->old->name) != 0) return 0;
  say(c, "RENAME TO ");
  say_name(c, name);
  set_text(c->now->name, NAME_SIZE, name);
  c->renames = 1;
  return 1;
}

/* An expression over the old row. */
static void make_using(change *c, column *col) {
  static const char *const patterns[] = {"CAST(% AS INTEGER)", "coalesce(%, 5)", "length(%)",
                                         "% || ''",            "typeof(~)",      "quote(%)",
                                         "CASE WHEN % > 5 THEN ~ ELSE % END"};
  column *other_column = any_column(c);
  if (other_column->from < 0) other_column = col;
  fill(col->using_expr, pick(c->r, patterns, 7), col->id, other_column->id);
}

static int do_type(change *c) {
  column *col = any_column(c);
  char type[NAME_SIZE];
  if (col->retyped || (c->now->strict && col->generated[0])) return 0;
  make_type(c->r, c->now, type);
  if (!type[0] || same_name(type, col->type)) return 0;
  say_alter(c, col);
  say(c, once(c->r, 2) ? "SET DATA TYPE " : "TYPE ");
  say(c, type);
  set_text(col->type, NAME_SIZE, type);
  col->retyped = 1;
  if (once(c->r, 5)) {
    make_collation(c->r, col->collation);
    sqlite3_str_appendf(c->sql, " COLLATE %s", col->collation);
  }
  if (!col->generated[0] && col->from >= 0 && once(c->r, 3)) {
    make_using(c, col);
    say(c, " USING ");
    put_expr(c->sql, &c->spelling, c->now, col->using_expr);
  } else {
    c->may_lose = 1;
  }
  return 1;
}

static int do_default(change *c) {
  column *col = any_plain_column(c);
  if (!col) return 0;
  say_alter(c, col);
  if (col->from < 0 && !col->first[0]) {
    set_text(col->first, 64, !col->value[0] ? "NULL" : col->value[0] == '"' ? "'dq'" : col->value);
  }
  if (col->value[0] && once(c->r, 2)) {
    col->value[0] = 0;
    say(c, "DROP DEFAULT");
  } else {
    make_default(c->r, c->now, col, col->value);
    sqlite3_str_appendf(c->sql, "SET DEFAULT %s", col->value);
  }
  return 1;
}

static int do_not_null(change *c) {
  column *col = any_column(c);
  constraint *p = primary_key(c->now);
  say_alter(c, col);
  if (col->not_null || once(c->r, 4)) {
    say(c, "DROP NOT NULL");
    col->not_null = 0;
    col->not_null_conflict[0] = 0;
    if (p && keys_use(p->keys, p->nkey, col->id) && col != alias_of(c->now) &&
        (c->now->strict || c->now->without_rowid)) {
      c->must_fail = 1;
    }
    return 1;
  }
  say(c, "SET NOT NULL");
  col->not_null = 1;
  make_conflict(c->r, col->not_null_conflict);
  say(c, col->not_null_conflict);
  return 1;
}

static int do_generated(change *c) {
  column *col = any_column(c);
  column *x = any_column(c), *y = any_column(c);
  int i, stored = 0;
  if (col->retyped || x == col || y == col) return 0;
  if (col->generated[0] && once(c->r, 2)) {
    if (col->from < 0) return 0; /* old rows keep what it was, over columns as they were called */
    say_alter(c, col);
    say(c, "DROP EXPRESSION");
    col->generated[0] = 0;
    col->stored = 0;
    return 1;
  }
  if (x->from < 0 || y->from < 0) return 0;
  if (c->now->strict && !same_name(col->type, "ANY")) return 0;
  if (sqlite3_libversion_number() < 3037000) return 0; /* the words would be part of the type */
  for (i = 0; i < c->now->ncolumn; i++) { /* no rings */
    if (expr_uses(x->generated, c->now->columns[i].id)) return 0;
    if (expr_uses(y->generated, c->now->columns[i].id)) return 0;
  }
  say_alter(c, col);
  if (col->generated[0]) {
    make_generated(c->r, col->generated, x->id, y->id);
    say(c, "SET EXPRESSION AS (");
  } else {
    make_generated(c->r, col->generated, x->id, y->id);
    stored = col->stored = once(c->r, 2);
    col->value[0] = 0;
    say(c, "ADD GENERATED ALWAYS AS (");
  }
  put_expr(c->sql, &c->spelling, c->now, col->generated);
  say(c, stored ? ") STORED" : ")");
  return 1;
}

static int do_autoincrement(change *c) {
  column *col = alias_of(c->now);
  constraint *p = primary_key(c->now);
  if (!col) return 0;
  say_alter(c, col);
  say(c, p->autoincrement ? "DROP AUTOINCREMENT" : "SET AUTOINCREMENT");
  p->autoincrement = !p->autoincrement;
  return 1;
}

static int do_move(change *c) {
  table *t = c->now;
  int from = below(c->r, t->ncolumn), to = below(c->r, t->ncolumn);
  column moved = t->columns[from];
  if (from == to) return 0;
  say_alter(c, &moved);
  if (to == 0) {
    say(c, "FIRST");
  } else {
    say(c, "AFTER ");
    say_name(c, t->columns[to > from ? to : to - 1].name);
  }
  memmove(&t->columns[from], &t->columns[from + 1],
          (size_t)(t->ncolumn - 1 - from) * sizeof(column));
  memmove(&t->columns[to + 1], &t->columns[to], (size_t)(t->ncolumn - 1 - to) * sizeof(column));
  t->columns[to] = moved;
  return 1;
}

/* --- constraints ----------------------------------------------------------------------------- */

static int do_add_constraint(change *c) {
  constraint k;
  int kind = K_PRIMARY + below(c->r, 4);
  if (kind == K_PRIMARY && primary_key(c->now) && !once(c->r, 6)) return 0;
  if (!make_constraint(c->r, c->now, &k, kind, -1)) return 0;
  if (kind == K_PRIMARY && primary_key(c->now)) c->must_fail = 1;
  say(c, "ADD ");
  put_constraint(c->sql, &c->spelling, c->now, &k);
  return add_constraint(c->now, &k) != 0;
}

/* The name that PostgreSQL gives a constraint, without a number. */
static void default_name(table *t, const constraint *c, char *name, size_t size) {
  sqlite3_str *z = sqlite3_str_new(0);
  char *text;
  int i, uses = 0;
  const column *only = 0;
  sqlite3_str_appendall(z, t->name);
  for (i = 0; c->kind != K_CHECK && c->kind != K_PRIMARY && i < c->nkey; i++) {
    sqlite3_str_appendf(z, "_%s", column_of(t, c->keys[i].id)->name);
  }
  for (i = 0; c->kind == K_CHECK && i < t->ncolumn; i++) {
    if (expr_uses(c->expr, t->columns[i].id)) {
      only = &t->columns[i];
      uses++;
    }
  }
  if (uses == 1) sqlite3_str_appendf(z, "_%s", only->name);
  sqlite3_str_appendall(z, c->kind == K_PRIMARY  ? "_pkey"
                           : c->kind == K_UNIQUE ? "_key"
                           : c->kind == K_CHECK  ? "_check"
                                                 : "_fkey");
  text = sqlite3_str_finish(z);
  sqlite3_snprintf((int)size, name, "%s", text);
  sqlite3_free(text);
}

/* What a constraint answers to; "" where it shares that, and a number would tell them apart. */
static void answers_to(table *t, const constraint *c, char *name, size_t size) {
  char mine[200], theirs[200];
  int i;
  set_text(name, size, c->name);
  if (name[0]) return;
  default_name(t, c, mine, sizeof(mine));
  for (i = 0; i < t->nconstraint; i++) {
    const constraint *k = &t->constraints[i];
    if (k == c) continue;
    default_name(t, k, theirs, sizeof(theirs));
    if (same_name(mine, theirs) || same_name(mine, k->name)) return;
  }
  set_text(name, size, mine);
}

static int do_drop_constraint(change *c) {
  char name[200];
  table *t = c->now;
  constraint *k;
  int i;
  if (!t->nconstraint || strcmp(t->name, c->old->name) != 0) return 0;
  i = below(c->r, t->nconstraint);
  k = &t->constraints[i];
  answers_to(t, k, name, sizeof(name));
  if (!name[0]) return 0;
  say(c, once(c->r, 5) ? "DROP CONSTRAINT IF EXISTS " : "DROP CONSTRAINT ");
  say_name(c, name);
  if (c->cascade) say(c, " CASCADE");
  drop_constraint_at(t, i);
  return 1;
}

static int do_rename_constraint(change *c) {
  char name[200], to[NAME_SIZE];
  table *t = c->now;
  constraint *k;
  if (!t->nconstraint || strcmp(t->name, c->old->name) != 0) return 0;
  k = &t->constraints[below(c->r, t->nconstraint)];
  answers_to(t, k, name, sizeof(name));
  if (!name[0]) return 0;
  new_name(t, "re ", to);
  say(c, "RENAME CONSTRAINT ");
  say_name(c, name);
  say(c, " TO ");
  say_name(c, to);
  set_text(k->name, NAME_SIZE, to);
  return 1;
}

static int do_option(change *c, int strict_known) {
  table *t = c->now;
  int strict = strict_known && once(c->r, 2);
  if (strict) {
    sqlite3_str_appendf(c->sql, "%s STRICT", t->strict ? "DROP" : "SET");
    t->strict = !t->strict;
  } else {
    sqlite3_str_appendf(c->sql, "%s WITHOUT ROWID", t->without_rowid ? "DROP" : "SET");
    t->without_rowid = !t->without_rowid;
  }
  return 1;
}

/* --- statements ------------------------------------------------------------------------------ */

static int do_action(change *c, int strict_known) {
  switch (below(c->r, 26)) {
    case 0: case 1: case 2: case 3: return do_add_column(c);
    case 4: case 5: case 6: return do_drop_column(c);
    case 7: case 8: return do_rename_column(c);
    case 9: return do_rename_table(c);
    case 10: case 11: case 12: return do_type(c);
    case 13: case 14: return do_default(c);
    case 15: case 16: return do_not_null(c);
    case 17: return do_generated(c);
    case 18: return do_autoincrement(c);
    case 19: return do_move(c);
    case 20: case 21: return do_add_constraint(c);
    case 22: case 23: return do_drop_constraint(c);
    case 24: return do_rename_constraint(c);
    default: return do_option(c, strict_known);
  }
}

/* SET NULL and its kin over a generated column: SQLite takes it, and no parent can be changed. */
static int key_writes_generated(const table *t) {
  int i, k, n;
  for (i = 0; i < t->nconstraint; i++) {
    const constraint *f = &t->constraints[i];
    if (f->kind != K_FOREIGN || !(strstr(f->tail, "SET ") || strstr(f->tail, "UPDATE CASCADE"))) {
      continue;
    }
    for (k = 0; k < f->nkey; k++) {
      for (n = 0; n < t->ncolumn; n++) {
        if (t->columns[n].id == f->keys[k].id && t->columns[n].generated[0]) return 1;
      }
    }
  }
  return 0;
}

/* Makes a statement; c->old is the table, c->now becomes what it asks for. `hidden`: a TEMP table
** has its name. */
static char *make_statement(change *c, const char *schema, int hidden, int strict_known) {
  int actions = once(c->r, 2) ? 1 : 1 + below(c->r, 4), made = 0, tries;
  *c->now = *c->old;
  c->sql = sqlite3_str_new(0);
  c->cascade = once(c->r, 4);
  say(c, "ALTER TABLE ");
  if (schema[0] || hidden || once(c->r, 2)) {
    sqlite3_str_appendf(c->sql, "\"%w\".", schema[0] ? schema : "main");
  }
  say_name(c, c->old->name);
  say(c, " ");
  for (tries = 0; made < actions && tries < 100; tries++) {
    sqlite3_str *all = c->sql;
    char *text;
    c->sql = sqlite3_str_new(0);
    if (do_action(c, strict_known)) {
      text = sqlite3_str_finish(c->sql);
      sqlite3_str_appendf(all, "%s%s", made++ ? ", " : "", text);
    } else {
      text = sqlite3_str_finish(c->sql);
    }
    sqlite3_free(text);
    c->sql = all;
    if (c->must_fail || strcmp(c->now->name, c->old->name) != 0) break;
  }
  if (!made) say(c, "DROP CONSTRAINT IF EXISTS \"no such\""); /* none was possible */
  if (key_writes_generated(c->now) && !key_writes_generated(c->old)) c->must_fail = 1;
  return sqlite3_str_finish(c->sql);
}

#endif
