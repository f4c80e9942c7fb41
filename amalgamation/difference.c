/* Difference: two catalogs give the statements that lead from the one to the other, in an order in
** which each can run: what hangs on changed things first goes away, then tables, parents before
** children, then what hangs on them again. */

typedef struct mig_difference {
  struct mig_difference *next;
  const char *op;   /* "create", "drop", "alter", "rename" */
  const char *type; /* "table", "index", "view", "trigger", "virtual table" */
  const char *object;
  const char *was;                 /* "rename": its name before */
  const char *sql;                 /* the statement, without its semicolon */
  const char *detail;              /* notes, a line each */
  const char *hint;                /* a statement that may be meant instead; NULL: none */
  mig_action *actions;             /* of an ALTER TABLE */
  const char *strategy;            /* how it ran in a private copy; NULL: as it stands */
  const mig_table *before, *after; /* its tables; of a CREATE the latter, of a DROP the former */
} mig_difference;

/* A table of either side, with what is done to it. */
typedef struct mig_item {
  const mig_object *from, *to;      /* NULL: not there */
  mig_table *from_table, *to_table; /* NULL: virtual, or both texts are the same */
  mig_evolution *evolution;         /* NULL: nothing is altered */
  int done;
  int waits; /* for this item, and for none before it */
} mig_item;

typedef struct mig_comparison {
  mig_arena *a;
  const mig_settings *settings;
  const mig_catalog *from, *to;
  const mig_renamed *renamed;
  mig_item *items; /* the tables of `to`, then those of `from` that go */
  int nitem, cap;
  unsigned char *drop;   /* of from's objects: goes, perhaps to come again */
  unsigned char *create; /* of to's objects */
  int alters;
  mig_difference *first, *last;
} mig_comparison;

/* ---- what takes part ---- */

static int mig_matches(mig_arena *a, const char *patterns, const char *name) {
  mig_names list = mig_list_of(a, patterns);
  int i;
  for (i = 0; i < list.n; i++) {
    if (sqlite3_strglob(list.at[i], name) == 0) return 1;
  }
  return 0;
}

/* A table that a virtual one keeps its rows in: by the names of SQLite's own modules. */
static int mig_is_shadow_name(mig_arena *a, const mig_catalog *c, const char *name) {
  static const char *const suffixes[] = {"data",   "idx",      "content", "docsize",
                                         "config", "segments", "segdir",  "stat",
                                         "node",   "rowid",    "parent",  0};
  const char *tail = strrchr(name, '_');
  char *owner;
  const mig_object *o;
  int i;
  if (!tail || !c->has_virtual) return 0;
  owner = mig_copyn(a, name, (size_t)(tail - name));
  o = owner ? mig_catalog_table(c, owner) : 0;
  if (!o || !mig_is_virtual_text(o->sql)) return 0;
  for (i = 0; suffixes[i]; i++) {
    if (mig_same(tail + 1, suffixes[i])) return 1;
  }
  return 0;
}

/* Is the object the user's, and of those that are compared? */
static int mig_takes_part(const mig_comparison *d, const mig_catalog *c, const mig_object *o) {
  const mig_settings *s = d->settings;
  if (!o->sql || sqlite3_strnicmp(o->name, "sqlite_", 7) == 0) return 0;
  if (sqlite3_strnicmp(o->table, "sqlite_", 7) == 0) return 0;
  if (mig_same(o->table, s->version_table) || mig_same(o->table, "migrate_journal")) return 0;
  if (*s->include && !mig_matches(d->a, s->include, o->table)) return 0;
  if (*s->exclude &&
      (mig_matches(d->a, s->exclude, o->table) || mig_matches(d->a, s->exclude, o->name))) {
    return 0;
  }
  return !mig_is_shadow_name(d->a, c, o->table);
}

/* The object of that type and name on the same table. */
static const mig_object *mig_counterpart(const mig_catalog *c, const mig_object *o) {
  mig_object *p = 0;
  while ((p = mig_objects_of(c, o->table, p)) != 0) {
    if (mig_is_type(p, o->type) && mig_same(p->name, o->name)) return p;
  }
  return 0;
}

/* ---- tables ---- */

static mig_table *mig_table_of(mig_arena *a, const mig_object *o) {
  mig_table *t;
  if (!o || mig_is_virtual_text(o->sql)) return 0;
  t = (mig_table *)mig_alloc(a, sizeof *t);
  if (t) mig_parse_table(a, o->sql, t);
  return mig_failed(a) ? 0 : t;
}

static void mig_add_item(mig_comparison *d, const mig_object *from, const mig_object *to) {
  mig_item *item;
  int same = from && to && strcmp(from->sql, to->sql) == 0;
  d->items = (mig_item *)mig_grow(d->a, d->items, d->nitem, &d->cap, sizeof(mig_item));
  if (mig_failed(d->a)) return;
  item = &d->items[d->nitem++];
  item->from = from;
  item->to = to;
  item->done = same;
  if (same) return;
  item->from_table = mig_table_of(d->a, from);
  item->to_table = mig_table_of(d->a, to);
}

/* How many of a table's columns another one has by name. */
static int mig_common_columns(const mig_table *t, const mig_table *u) {
  int i, n = 0;
  for (i = 0; i < t->ncolumn; i++) n += mig_find_column(u, t->columns[i].name) >= 0;
  return n;
}

/* Is it another table of the same name, of which nothing could be kept? */
static int mig_is_another(const mig_comparison *d, const mig_item *item) {
  const mig_renamed *r;
  if (mig_common_columns(item->from_table, item->to_table)) return 0;
  for (r = d->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, item->to->name)) return 0;
  }
  return 1;
}

static void mig_evolution_init(mig_evolution *e, const mig_comparison *d, const mig_item *item) {
  e->a = d->a;
  e->to = item->to_table;
  e->now = *item->from_table;
  e->name = item->from->name;
  e->settings = d->settings;
  e->renamed = d->renamed;
}

/* Both are ordinary tables: the actions that lead from one to the other. */
static void mig_compare_item(mig_comparison *d, mig_item *item) {
  mig_evolution *e;
  if (!item->from_table || !item->to_table || mig_is_another(d, item)) return;
  e = (mig_evolution *)mig_alloc(d->a, sizeof *e);
  if (!e) return;
  mig_evolution_init(e, d, item);
  mig_evolve(e);
  item->evolution = e->count ? e : 0;
  item->done = !e->count;
  d->alters += e->count > 0;
}

static int mig_is_table(const mig_object *o) { return o && mig_is_type(o, "table"); }

static void mig_find_items(mig_comparison *d) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *from;
    if (!mig_is_table(o) || !mig_takes_part(d, d->to, o)) continue;
    from = mig_catalog_table(d->from, o->name);
    if (from && !mig_is_table(from)) from = 0;
    mig_add_item(d, from, o);
  }
  for (i = 0; i < d->from->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->from->v[i];
    if (!mig_is_table(o) || !mig_takes_part(d, d->from, o)) continue;
    if (!mig_is_table(mig_catalog_table(d->to, o->name))) mig_add_item(d, o, 0);
  }
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    mig_item *item = &d->items[i];
    if (!item->done) mig_compare_item(d, item);
    /* one of the two is virtual: the old one goes, the new one comes */
    if (item->done || item->evolution || !item->from || !item->to) continue;
    if (mig_same_statement(d->a, item->from->sql, item->to->sql)) item->done = 1;
  }
}

/* ---- what is written down ---- */

static mig_difference *mig_differ(mig_comparison *d, const char *op, const char *type,
                                  const char *object) {
  mig_difference *v = (mig_difference *)mig_alloc(d->a, sizeof *v);
  if (!v) return 0;
  v->op = op;
  v->type = type;
  v->object = object;
  if (d->last)
    d->last->next = v;
  else
    d->first = v;
  d->last = v;
  return v;
}

static int mig_is_renamed_already(const mig_comparison *d, const char *to) {
  const mig_difference *v;
  for (v = d->first; v; v = v->next) {
    if (mig_same(v->object, to)) return 1;
  }
  return 0;
}

static const char *mig_type_words(const mig_object *o) {
  return mig_is_type(o, "table") && mig_is_virtual_text(o->sql) ? "virtual table" : o->type;
}

/* The text without the markers that speak of renames: they are of the target, not of a table. */
static const char *mig_without_markers(mig_arena *a, const char *sql) {
  size_t n = strlen(sql), done = 0, line;
  mig_token k;
  mig_text z;
  if (!strstr(sql, "migrate:")) return sql;
  mig_text_init(&z, a);
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    if (k.type != MIG_TK_COMMENT || !mig_marker(a, sql, k)) continue;
    line = mig_trim(sql, done, k.at);
    mig_putn(&z, sql + done, line - done);
    done = k.end;
  }
  mig_put(&z, sql + done);
  return mig_text_z(&z);
}

static int mig_is_replaced(const mig_comparison *d, const mig_object *o) {
  const mig_object *p = mig_counterpart(d->to, o);
  if (!p || !mig_takes_part(d, d->to, p)) return 1;
  return mig_is_type(o, "index") ? !mig_same_index(d->a, o->sql, p->sql)
                                 : !mig_same_statement(d->a, o->sql, p->sql);
}

/* "Detected added index 'i' on 't'", as Alembic says it. */
static const char *mig_object_note(mig_comparison *d, const char *what, const mig_object *o) {
  return mig_is_type(o, "index")
             ? mig_format(d->a, "Detected %s index '%s' on '%s'", what, o->name, o->table)
             : mig_format(d->a, "Detected %s %s '%s'", what, mig_type_words(o), o->name);
}

/* Does the object of this name only change? Then one note will do for the drop and the creation. */
static int mig_only_changes(const mig_comparison *d, const mig_catalog *other,
                            const mig_object *o) {
  const mig_object *p = mig_is_table(o) ? 0 : mig_counterpart(other, o);
  return p && mig_takes_part(d, other, p);
}

static void mig_write_create(mig_comparison *d, const mig_object *o) {
  mig_difference *v = mig_differ(d, "create", mig_type_words(o), o->name);
  const mig_object *was = mig_only_changes(d, d->from, o) ? mig_counterpart(d->from, o) : 0;
  if (!v) return;
  v->sql = mig_without_markers(d->a, o->sql);
  v->detail = was && d->drop && d->drop[was - d->from->v] ? "" : mig_object_note(d, "added", o);
  if (mig_is_table(o)) v->after = mig_table_of(d->a, o);
}

static void mig_write_drop(mig_comparison *d, const mig_object *o) {
  mig_difference *v = mig_differ(d, "drop", mig_type_words(o), o->name);
  char *type = mig_copy(d->a, o->type);
  int i;
  if (!v || !type) return;
  for (i = 0; type[i]; i++) type[i] = (char)(type[i] - 32);
  v->sql = mig_format(d->a, "DROP %s %s", type, mig_bare(d->a, o->name));
  if (!mig_only_changes(d, d->to, o)) {
    v->detail = mig_object_note(d, "removed", o);
  } else if (mig_is_replaced(d, o)) {
    v->detail = mig_object_note(d, "changed", o);
  } else {
    v->detail =
        mig_format(d->a, "The %s '%s' depends on what changes and is made again", o->type, o->name);
  }
  if (mig_is_table(o)) v->before = mig_table_of(d->a, o);
}

/* ALTER TABLE with its actions, a line each where there are several, and what they are called. */
static void mig_put_alter(mig_arena *a, mig_difference *v, const char *table) {
  const mig_action *action = v->actions;
  const char *before = action && action->next ? "\n  " : " ";
  mig_text sql, notes;
  mig_text_init(&sql, a);
  mig_text_init(&notes, a);
  mig_putf(&sql, "ALTER TABLE %s", mig_bare(a, table));
  for (; action; action = action->next) {
    mig_putf(&sql, "%s%s%s", before, action->sql, action->next ? "," : "");
    mig_putf(&notes, "%s%s", action->note, action->next ? "\n" : "");
  }
  v->sql = sql.z;
  v->detail = notes.z;
}

static void mig_write_alter(mig_comparison *d, const mig_item *item) {
  mig_difference *v = mig_differ(d, "alter", "table", item->to->name);
  if (!v) return;
  v->actions = item->evolution->first;
  v->before = item->from_table;
  v->after = item->to_table;
  mig_put_alter(d->a, v, item->from->name);
}

/* ---- what may be a rename ---- */

/* A dropped and an added column of the same type in one table. */
static void mig_guess_column(mig_comparison *d, mig_difference *v, const char *table) {
  const mig_action *lost, *found;
  for (lost = v->actions; lost; lost = lost->next) {
    int from, to, matches = 0;
    const char *name = 0;
    if (lost->kind != MIG_DROP_COLUMN) continue;
    from = mig_find_column(v->before, lost->column);
    for (found = v->actions; found && from >= 0; found = found->next) {
      if (found->kind != MIG_ADD_COLUMN) continue;
      to = mig_find_column(v->after, found->column);
      if (to < 0 || strcmp(mig_type_meaning(d->a, v->before, from),
                           mig_type_meaning(d->a, v->after, to)) != 0) {
        continue;
      }
      if (to == from || !name) name = found->column;
      matches++;
    }
    if (!matches) continue;
    v->hint = mig_format(d->a, "%s%sALTER TABLE %s RENAME COLUMN %s TO %s", v->hint ? v->hint : "",
                         v->hint ? "\n" : "", mig_bare(d->a, table), mig_bare(d->a, lost->column),
                         mig_bare(d->a, name));
    v->detail = mig_format(d->a, "%s\nLikely rename of column '%s.%s' to '%s'", v->detail, table,
                           lost->column, name);
  }
}

static void mig_guess_table(mig_comparison *d, mig_difference *lost) {
  const mig_difference *best = 0, *v;
  int most = 0;
  for (v = d->first; v && lost->before; v = v->next) {
    int n;
    if (strcmp(v->op, "create") != 0 || !v->after) continue;
    n = mig_common_columns(lost->before, v->after);
    if (n <= most || n * 2 < v->after->ncolumn || n * 2 < lost->before->ncolumn) continue;
    best = v;
    most = n;
  }
  if (!best) return;
  lost->hint = mig_format(d->a, "ALTER TABLE %s RENAME TO %s", mig_bare(d->a, lost->object),
                          mig_bare(d->a, best->object));
  lost->detail = mig_format(d->a, "%s\nLikely rename of table '%s' to '%s'", lost->detail,
                            lost->object, best->object);
}

static void mig_guess_renames(mig_comparison *d) {
  mig_difference *v;
  for (v = d->first; v && !mig_failed(d->a); v = v->next) {
    if (v->actions) mig_guess_column(d, v, v->object);
    if (strcmp(v->op, "drop") == 0 && v->before) mig_guess_table(d, v);
  }
}

/* ---- indexes, triggers, views ---- */

/* What speaks of a view that goes has to go as well, or a change of a table finds it broken. */
static void mig_spread_drops(mig_comparison *d) {
  int again = 1, i, k;
  while (again && !mig_failed(d->a)) {
    again = 0;
    for (i = 0; i < d->from->n; i++) {
      const mig_object *o = &d->from->v[i];
      if (d->drop[i] || (!mig_is_type(o, "view") && !mig_is_type(o, "trigger"))) continue;
      if (!mig_takes_part(d, d->from, o)) continue;
      for (k = 0; k < d->from->n && !d->drop[i]; k++) {
        if (!d->drop[k] || !mig_is_type(&d->from->v[k], "view")) continue;
        if (mig_mentions_token(d->a, o->sql, d->from->v[k].name)) d->drop[i] = 1;
      }
      again |= d->drop[i];
    }
  }
}

/* Does the table, or the view, that the object hangs on go away, and the object with it? */
static int mig_goes_with_table(const mig_comparison *d, const mig_object *o) {
  const mig_object *t = mig_catalog_table(d->from, o->table);
  int i;
  if (!t || t == o) return 0;
  if (mig_is_type(t, "view")) return d->drop[t - d->from->v];
  for (i = 0; i < d->nitem; i++) {
    if (d->items[i].from != t) continue;
    return !d->items[i].done && !d->items[i].evolution;
  }
  return 0;
}

static void mig_mark(mig_comparison *d) {
  int i;
  d->drop = (unsigned char *)mig_alloc(d->a, (size_t)d->from->n + 1);
  d->create = (unsigned char *)mig_alloc(d->a, (size_t)d->to->n + 1);
  for (i = 0; i < d->from->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->from->v[i];
    if (mig_is_table(o) || !mig_takes_part(d, d->from, o)) continue;
    d->drop[i] = (unsigned char)mig_is_replaced(d, o);
  }
  if (!mig_failed(d->a) && d->alters) mig_spread_drops(d);
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p;
    if (mig_is_table(o) || !mig_takes_part(d, d->to, o)) continue;
    p = mig_counterpart(d->from, o);
    d->create[i] = (unsigned char)(!p || d->drop[p - d->from->v] || mig_goes_with_table(d, p));
  }
}

/* ---- the order ---- */

static int mig_references(const mig_table *t, const char *parent) {
  int i;
  for (i = 0; t && i < t->nconstraint; i++) {
    if (t->constraints[i].kind == MIG_FOREIGN_KEY && mig_same(t->constraints[i].parent, parent)) {
      return 1;
    }
  }
  return 0;
}

static int mig_is_going(const mig_item *item) { return !item->to || !item->evolution; }

/* Must x wait for y? A table comes after those that it will reference; it goes after those that
** reference it; and the key that a table which goes needs stays until then. */
static int mig_waits(const mig_item *x, const mig_item *y) {
  if (x == y || y->done) return 0;
  if (x->to && mig_is_virtual_text(x->to->sql)) {
    return !y->to || !mig_is_virtual_text(y->to->sql); /* it may read any of the others by name */
  }
  if (x->to && y->to && mig_references(x->to_table, y->to->name)) return 1;
  if (x->from && y->from && (!x->to || x->evolution)) {
    int had = mig_references(y->from_table, x->from->name);
    if (had && (!x->to || mig_is_going(y))) return 1;
    if (had && !mig_references(y->to_table, x->from->name)) return 1;
  }
  return 0;
}

/* Has a table still the name that the index will have? */
static int mig_is_name_taken(const mig_comparison *d, const mig_object *index) {
  int i;
  if (!mig_catalog_table(d->from, index->name)) return 0;
  for (i = 0; i < d->nitem; i++) {
    const mig_item *item = &d->items[i];
    if (item->from && !item->done && mig_same(item->from->name, index->name)) return 1;
  }
  return 0;
}

static void mig_write_indexes(mig_comparison *d, const char *table) {
  mig_object *o = 0;
  while ((o = mig_objects_of(d->to, table, o)) != 0) {
    unsigned char *create = &d->create[o - d->to->v];
    if (!*create || !mig_is_type(o, "index") || mig_is_name_taken(d, o)) continue;
    mig_write_create(d, o);
    *create = 0;
  }
}

/* Can the index be made before the table changes? */
static int mig_is_early_key(mig_arena *a, const mig_object *o, const mig_table *t) {
  mig_index x;
  int i;
  if (mig_parse_index(a, o->sql, &x) || !x.unique || !mig_span_empty(x.where)) return 0;
  for (i = 0; i < x.nkey; i++) {
    if (!x.keys[i].name || mig_find_column(t, x.keys[i].name) < 0) return 0;
  }
  return 1;
}

/* A unique index may take the place of a key that other tables reference: it comes before that
** goes. */
static void mig_write_early_keys(mig_comparison *d, const mig_item *item) {
  mig_object *o = 0;
  while (!mig_failed(d->a) && (o = mig_objects_of(d->to, item->to->name, o)) != 0) {
    unsigned char *create = &d->create[o - d->to->v];
    if (!*create || !mig_is_type(o, "index") || !mig_is_early_key(d->a, o, item->from_table)) {
      continue;
    }
    mig_write_create(d, o);
    *create = 0;
  }
}

static void mig_write_item(mig_comparison *d, mig_item *item) {
  item->done = 1;
  if (item->evolution) {
    if (mig_gives_up(item->evolution)) mig_write_early_keys(d, item);
    mig_write_alter(d, item);
  } else {
    if (item->from) mig_write_drop(d, item->from);
    if (item->to) mig_write_create(d, item->to);
  }
}

/* Must the key go before its parent changes, while a new one waits for that very change? */
static int mig_stands_between(mig_comparison *d, const mig_item *child, const mig_constraint *fk) {
  int i;
  if (fk->kind != MIG_FOREIGN_KEY || mig_same(fk->parent, child->from->name)) return 0;
  if (!mig_references(child->to_table, fk->parent)) return 0;
  for (i = 0; i < d->nitem; i++) {
    const mig_item *parent = &d->items[i];
    if (parent->from && mig_same(parent->from->name, fk->parent)) {
      return !parent->done && (!parent->evolution || mig_gives_up(parent->evolution));
    }
  }
  return 0;
}

/* Writes the foreign keys that stand between two changes as dropped ahead of both; the rest of the
** child's change is found anew. */
static void mig_part_item(mig_comparison *d, mig_item *item) {
  mig_evolution e = *item->evolution;
  mig_table *now;
  mig_item ahead = *item;
  int i, again = 1;
  e.now = *item->from_table;
  e.first = e.last = 0;
  e.count = 0;
  while (again && !mig_failed(d->a)) {
    mig_pairs p = mig_pair(&e);
    again = 0;
    for (i = 0; i < e.now.nconstraint && !mig_failed(d->a) && !again; i++) {
      if (p.now[i] >= 0 || !mig_stands_between(d, item, &e.now.constraints[i])) continue;
      mig_drop_named(&e, i);
      again = 1;
    }
  }
  now = (mig_table *)mig_alloc(d->a, sizeof *now);
  if (!now || !e.count) return;
  *now = e.now;
  ahead.evolution = &e;
  mig_write_alter(d, &ahead);
  item->from_table = now;
  mig_compare_item(d, item);
}

/* The next item that waits for none; in a circle of references the first one. What is done is
** waited for no more, and nothing else changes that: each search goes on where the last one
** ended. */
static mig_item *mig_next_item(mig_comparison *d) {
  mig_item *first = 0;
  int i;
  for (i = 0; i < d->nitem; i++) {
    mig_item *x = &d->items[i];
    if (x->done) continue;
    if (!first) first = x;
    while (x->waits < d->nitem && !mig_waits(x, &d->items[x->waits])) x->waits++;
    if (x->waits == d->nitem) return x;
  }
  return first;
}

/* A virtual table may read others by name: it goes before they change. */
static void mig_write_virtual_drops(mig_comparison *d) {
  int i;
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    mig_item *item = &d->items[i];
    if (item->done || !item->from || !mig_is_virtual_text(item->from->sql)) continue;
    mig_write_drop(d, item->from);
    item->from = 0;
    item->done = !item->to;
  }
}

static void mig_write_tables(mig_comparison *d) {
  mig_item *item;
  int i;
  mig_write_virtual_drops(d);
  for (i = 0; i < d->nitem; i++) {
    if (d->items[i].done && d->items[i].to) mig_write_indexes(d, d->items[i].to->name);
  }
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    if (d->items[i].evolution) mig_part_item(d, &d->items[i]);
  }
  while (!mig_failed(d->a) && (item = mig_next_item(d)) != 0) {
    mig_write_item(d, item);
    if (item->to) mig_write_indexes(d, item->to->name);
  }
}

/* Will another object have the name? */
static int mig_name_comes_again(const mig_comparison *d, const mig_object *o) {
  int i;
  for (i = 0; i < d->to->n; i++) {
    if (d->create[i] && mig_same(d->to->v[i].name, o->name)) return 1;
  }
  return 0;
}

static void mig_write_drops(mig_comparison *d) {
  int i;
  for (i = d->from->n - 1; i >= 0 && !mig_failed(d->a); i--) {
    const mig_object *o = &d->from->v[i];
    if (!d->drop[i]) continue;
    if (!mig_goes_with_table(d, o) || mig_name_comes_again(d, o)) mig_write_drop(d, o);
  }
}

static void mig_write_others(mig_comparison *d, const char *type) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    if (d->create[i] && mig_is_type(&d->to->v[i], type)) mig_write_create(d, &d->to->v[i]);
  }
}

/* Fills d->first.. from the two catalogs. */
static void mig_compare_catalogs(mig_comparison *d) {
  mig_find_items(d);
  if (!mig_failed(d->a)) mig_mark(d);
  if (mig_failed(d->a)) return;
  mig_write_drops(d);
  mig_write_tables(d);
  mig_write_others(d, "index"); /* whose name was taken */
  mig_write_others(d, "view");
  mig_write_others(d, "trigger");
  mig_guess_renames(d);
}

static void mig_write_rename(mig_comparison *d, const char *from, const char *to,
                             const char *detail) {
  mig_difference *v = mig_differ(d, "rename", "table", to);
  if (!v) return;
  v->sql =
      mig_format(d->a, "ALTER TABLE %s RENAME TO %s", mig_bare(d->a, from), mig_bare(d->a, to));
  v->was = from;
  v->detail = detail;
}

/* The case of a name changes: SQLite needs another name on the way. */
static void mig_write_respelled(mig_comparison *d, const char *from, const char *to) {
  const char *between = mig_format(d->a, "migrate_renamed_%s", to);
  const char *detail = mig_format(d->a, "Detected renamed table '%s', now '%s'", from, to);
  if (!between) return;
  mig_write_rename(d, from, between, detail);
  mig_write_rename(d, between, to, detail);
}

static const mig_renamed *mig_table_marker(const mig_comparison *d, const char *to) {
  const mig_renamed *r;
  for (r = d->renamed; r; r = r->next) {
    if (r->table_from && mig_same(r->table, to)) return r;
  }
  return 0;
}

/* Does the marker still speak of something to do? As with columns: mig_marker_holds(). */
static int mig_table_marker_holds(const mig_comparison *d, const mig_renamed *r) {
  int steps = 0;
  if (mig_catalog_table(d->from, r->table)) return 0;
  for (; r && steps++ <= d->to->n; r = mig_table_marker(d, r->table_from)) {
    if (!mig_is_table(mig_catalog_table(d->from, r->table_from))) return 0;
    if (!mig_is_table(mig_catalog_table(d->to, r->table))) return 0;
    if (!mig_catalog_table(d->to, r->table_from)) return 1;
  }
  return 0;
}

/* Columns of a table that markers rename. SQLite's rename follows the name into what depends on the
** table: only then it is seen what else has to change. */
static void mig_compare_column_names(mig_comparison *d, const mig_object *from,
                                     const mig_object *to) {
  mig_evolution e;
  mig_item item;
  if (strcmp(from->sql, to->sql) == 0) return;
  memset(&e, 0, sizeof e);
  memset(&item, 0, sizeof item);
  item.from = from;
  item.to = to;
  item.from_table = mig_table_of(d->a, from);
  item.to_table = mig_table_of(d->a, to);
  item.evolution = &e;
  if (!item.from_table || !item.to_table) return;
  mig_evolution_init(&e, d, &item);
  mig_evolve_names(&e);
  if (e.count) mig_write_alter(d, &item);
}

static int mig_has_column_marker(const mig_comparison *d, const char *table) {
  const mig_renamed *r;
  for (r = d->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, table)) return 1;
  }
  return 0;
}

static void mig_compare_all_column_names(mig_comparison *d) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p;
    if (!mig_is_table(o) || !mig_has_column_marker(d, o->name)) continue;
    p = mig_catalog_table(d->from, o->name);
    if (mig_is_table(p) && mig_takes_part(d, d->to, o)) mig_compare_column_names(d, p, o);
  }
}

/* Tables that the markers, or the case of their letters, rename. */
static void mig_compare_names(mig_comparison *d) {
  const mig_renamed *r, *next;
  int i;
  for (r = d->renamed; r && !mig_failed(d->a); r = r->next) {
    if (!r->table_from || !mig_table_marker_holds(d, r)) continue;
    if (mig_is_renamed_already(d, r->table)) continue;
    for (next = r; next; next = mig_table_marker(d, next->table_from)) {
      mig_write_rename(
          d, next->table_from, next->table,
          mig_format(d->a, "Detected renamed table '%s', now '%s'", next->table_from, next->table));
    }
  }
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p = mig_catalog_table(d->from, o->name);
    if (!mig_is_table(o) || !mig_is_table(p) || strcmp(o->name, p->name) == 0) continue;
    if (mig_is_virtual_text(o->sql) || !mig_takes_part(d, d->to, o)) continue;
    mig_write_respelled(d, p->name, o->name);
  }
  if (!d->first && d->renamed) mig_compare_all_column_names(d);
}
