/* There and back: a change and its opposite, after which every byte is as it was; but a name that
** has stood in quotes keeps them, SQLite puts those of a renamed table, and a moved column has the
** blanks of its neighbours, between which a comment may have come to stand. */
#ifndef RANDOM_BACK_H
#define RANDOM_BACK_H

#include "world.h"

typedef struct journey {
  prng *r;
  const world *w;
  table *t;
  sqlite3_str *there, *back;
  int loose; /* quotes and blanks may differ */
} journey;

static void put_alter(sqlite3_str *z, const journey *j, const char *table_name) {
  sqlite3_str_appendf(z, "ALTER TABLE \"%w\".\"%w\" ", schema_of(j->w), table_name);
}

static void put_both(journey *j, const char *there, const char *name, const char *back,
                     const char *other) {
  put_alter(j->there, j, j->t->name);
  put_alter(j->back, j, j->t->name);
  sqlite3_str_appendf(j->there, there, name, other);
  sqlite3_str_appendf(j->back, back, other, name);
}

static void go_rename(journey *j) {
  static const char *const names[] = {"zz", "z z", "Z\"z", "\303\274z", "order by"};
  const char *to = once(j->r, 2) ? "zz" : pick(j->r, names, 5);
  const char *from = j->t->columns[below(j->r, j->t->ncolumn)].name;
  j->loose = !is_bare(to);
  if (once(j->r, 3)) {
    j->loose = 1;
    put_alter(j->there, j, j->t->name);
    put_alter(j->back, j, to);
    sqlite3_str_appendf(j->there, "RENAME TO \"%w\"", to);
    sqlite3_str_appendf(j->back, "RENAME TO \"%w\"", j->t->name);
  } else if (once(j->r, 4)) { /* both at once */
    j->loose = 1;
    put_alter(j->there, j, j->t->name);
    put_alter(j->back, j, to);
    sqlite3_str_appendf(j->there, "RENAME \"%w\" TO \"%w\", RENAME TO \"%w\"", from, to, to);
    sqlite3_str_appendf(j->back, "RENAME \"%w\" TO \"%w\", RENAME TO \"%w\"", to, from, j->t->name);
  } else {
    put_both(j, "RENAME COLUMN \"%w\" TO \"%w\"", from, "RENAME \"%w\" TO \"%w\"", to);
  }
}

static void go_add_column(journey *j) {
  static const char *const rest[] = {"INT",         "TEXT DEFAULT 'x' NOT NULL",
                                     "INT UNIQUE",  "INT CHECK (\"new one\" IS NOT 3)",
                                     "INT AS (1)",  "TEXT COLLATE NOCASE REFERENCES par(u)"};
  int at = below(j->r, j->t->ncolumn + 2);
  put_alter(j->there, j, j->t->name);
  put_alter(j->back, j, j->t->name);
  sqlite3_str_appendf(j->there, "ADD \"new one\" %s", pick(j->r, rest, 6));
  if (at == 0) sqlite3_str_appendall(j->there, " FIRST");
  else if (at <= j->t->ncolumn) {
    sqlite3_str_appendf(j->there, " AFTER \"%w\"", j->t->columns[at - 1].name);
  }
  sqlite3_str_appendall(j->back, "DROP COLUMN \"new one\"");
}

static void go_add_constraint(journey *j) {
  const char *column = j->t->columns[below(j->r, j->t->ncolumn)].name;
  static const char *const rest[] = {"CHECK (\"%w\" IS NOT 'never')", "UNIQUE (\"%w\")",
                                     "FOREIGN KEY (\"%w\") REFERENCES par DEFERRABLE INITIALLY "
                                     "DEFERRED"};
  put_alter(j->there, j, j->t->name);
  put_alter(j->back, j, j->t->name);
  sqlite3_str_appendall(j->there, "ADD CONSTRAINT \"new one\" ");
  sqlite3_str_appendf(j->there, pick(j->r, rest, 3), column);
  sqlite3_str_appendall(j->back, "DROP CONSTRAINT \"new one\"");
}

/* Types that store the same values. */
static void go_type(journey *j) {
  static const char *const pairs[] = {"INT",  "BIGINT",  "BIGINT",           "INT",
                                      "TEXT", "VARCHAR", "VARCHAR(10)",      "TEXT",
                                      "REAL", "FLOAT",   "DOUBLE PRECISION", "REAL",
                                      "JSON", "NUMERIC", "NUMERIC",          "DECIMAL(7)"};
  column *c = &j->t->columns[below(j->r, j->t->ncolumn)];
  int i;
  for (i = 0; i < 16 && !j->t->strict; i += 2) {
    if (strcmp(pairs[i], c->type) != 0) continue;
    put_alter(j->there, j, j->t->name);
    put_alter(j->back, j, j->t->name);
    sqlite3_str_appendf(j->there, "ALTER \"%w\" TYPE %s", c->name, pairs[i + 1]);
    sqlite3_str_appendf(j->back, "ALTER \"%w\" TYPE %s", c->name, c->type);
    return;
  }
}

static void go_property(journey *j) {
  column *c = &j->t->columns[below(j->r, j->t->ncolumn)];
  constraint *p = primary_key(j->t);
  int key = p && keys_use(p->keys, p->nkey, c->id);
  if (once(j->r, 2)) {
    if (c->not_null || (key && (j->t->strict || j->t->without_rowid))) return;
    put_both(j, "ALTER \"%w\" SET NOT NULL", c->name, "ALTER \"%.0s%w\" DROP NOT NULL", "");
  } else if (!c->value[0] && !c->generated[0]) {
    put_both(j, "ALTER \"%w\" SET DEFAULT NULL", c->name, "ALTER \"%.0s%w\" DROP DEFAULT", "");
  }
}

static void go_constraint_name(journey *j) {
  constraint *k = j->t->nconstraint ? &j->t->constraints[below(j->r, j->t->nconstraint)] : 0;
  if (!k || !k->name[0]) return;
  put_both(j, "RENAME CONSTRAINT \"%w\" TO \"%w\"", k->name,
           "RENAME CONSTRAINT \"%w\" TO \"%w\"", "new_one");
}

static void go_move(journey *j) {
  int from = below(j->r, j->t->ncolumn);
  const char *name = j->t->columns[from].name;
  if (j->t->ncolumn < 3 || from == j->t->ncolumn - 1) return;
  j->loose = 1;
  put_alter(j->there, j, j->t->name);
  put_alter(j->back, j, j->t->name);
  sqlite3_str_appendf(j->there, "ALTER \"%w\" AFTER \"%w\"", name,
                      j->t->columns[j->t->ncolumn - 1].name);
  sqlite3_str_appendf(j->back, "ALTER \"%w\" ", name);
  if (from == 0) sqlite3_str_appendall(j->back, "FIRST");
  else sqlite3_str_appendf(j->back, "AFTER \"%w\"", j->t->columns[from - 1].name);
}

/* Makes the two statements, NULL where the table has nothing of the kind. Tells whether quotes and
** blanks may differ. */
static int make_journey(prng *r, const world *w, table *t, char **there, char **back) {
  journey j;
  j.loose = 0;
  j.r = r;
  j.w = w;
  j.t = t;
  j.there = sqlite3_str_new(0);
  j.back = sqlite3_str_new(0);
  switch (below(r, 8)) {
    case 0: case 1: go_rename(&j); break;
    case 2: go_add_column(&j); break;
    case 3: go_add_constraint(&j); break;
    case 4: go_type(&j); break;
    case 5: go_property(&j); break;
    case 6: go_constraint_name(&j); break;
    default: go_move(&j);
  }
  *there = sqlite3_str_finish(j.there);
  *back = sqlite3_str_finish(j.back);
  return j.loose;
}

#endif
