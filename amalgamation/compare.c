/* Compare: what separates the table as found from the table as wanted, in terms of stored rows
** and index b-trees. */

/* One automatic index: the b-tree of a UNIQUE or PRIMARY KEY constraint. */
typedef struct mig_auto {
  int constraint; /* index into the table's constraints */
  int number;     /* sqlite_autoindex_T_number */
  int stored;     /* has a row in sqlite_master: not the key of a WITHOUT ROWID table */
  int kept;       /* of the new table: the old table's automatic index that serves it, or -1 */
  int used;       /* of the old table: some new one keeps it */
  int renewed;    /* of the new table, kept: its content has to be built again */
} mig_auto;

typedef struct mig_autos {
  mig_auto *v;
  int n;
} mig_autos;

static const mig_constraint *mig_primary_key(const mig_table *t) {
  return t->primary_key < 0 ? 0 : &t->constraints[t->primary_key];
}

/* The collation a key column of an automatic index compares with. In INTEGER PRIMARY KEY SQLite
** reads a COLLATE and forgets it. */
static const char *mig_key_collation(const mig_table *t, const mig_key *k) {
  const mig_constraint *p = mig_primary_key(t);
  int i = mig_find_column(t, k->name), forgotten = p && t->rowid_column >= 0 && k == p->keys;
  const char *collation =
      k->collate && !forgotten ? k->collate : i >= 0 ? t->columns[i].collation : 0;
  return collation ? collation : "BINARY";
}

/* SQLite makes no second index for a key of the same columns and collations, whatever their order
** flags are (build.c, sqlite3CreateIndex). */
static int mig_same_key(const mig_table *t, const mig_constraint *a, const mig_constraint *b) {
  int i;
  if (a->nkey != b->nkey) return 0;
  for (i = 0; i < a->nkey; i++) {
    if (!mig_same(a->keys[i].name, b->keys[i].name)) return 0;
    if (!mig_same(mig_key_collation(t, &a->keys[i]), mig_key_collation(t, &b->keys[i]))) return 0;
  }
  return 1;
}

/* Such a key has no index at this place: it is the rowid, or is numbered last. */
static int mig_is_integer_key(const mig_table *t, const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY && t->rowid_column >= 0;
}

/* The constraint whose b-tree a WITHOUT ROWID table is: the first with the primary key's columns,
** be it a UNIQUE in another order. INTEGER PRIMARY KEY gets its own last, after every UNIQUE. */
static const mig_constraint *mig_tree_key(const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  int i;
  for (i = 0; p && i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind != MIG_UNIQUE && (c != p || mig_is_integer_key(t, p))) continue;
    if (mig_same_key(t, c, p)) return c;
  }
  return p;
}

/* The automatic indexes of a table, numbered as SQLite numbers them: in order of appearance. The
** INTEGER PRIMARY KEY of a WITHOUT ROWID table gets its index last (convertToWithoutRowidTable). */
static mig_autos mig_auto_indexes(mig_arena *a, const mig_table *t) {
  const mig_constraint *tree = t->without_rowid ? mig_tree_key(t) : 0;
  mig_autos list;
  int i, k;
  list.n = 0;
  list.v = (mig_auto *)mig_array(a, (size_t)t->nconstraint + 1, sizeof(mig_auto));
  for (i = 0; list.v && i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind != MIG_UNIQUE && c->kind != MIG_PRIMARY_KEY) continue;
    if (mig_is_integer_key(t, c)) continue;
    for (k = 0; k < list.n; k++) {
      if (mig_same_key(t, &t->constraints[list.v[k].constraint], c)) break;
    }
    if (k < list.n) continue;
    list.v[list.n].constraint = i;
    list.v[list.n].number = list.n + 1;
    list.v[list.n].stored = c != tree;
    list.v[list.n].kept = -1;
    list.n++;
  }
  return list;
}

typedef struct mig_diff {
  const mig_alteration *c;
  unsigned char *touched; /* one a column of now: its stored or computed values may differ */
  unsigned char *added_not_null; /* one a column of now: NULLs become forbidden */
  mig_autos old_autos, new_autos;
  int layout;       /* the stored columns differ in number, order or kind: rows are written anew */
  int values;       /* some stored value may change */
  int appended;     /* columns were only added behind the last stored one */
  int defaults;     /* the default of an existing stored column changed */
  int rowids;       /* every rowid, or the form of the b-tree, changes */
  int keys_differ;  /* of a WITHOUT ROWID table: its key's columns or values */
  int autoincrement; /* 1: switched on, -1: switched off */
  const char *why;  /* of layout or values: the reason, in words */
} mig_diff;

static const mig_column *mig_old_column(const mig_diff *d, int i) {
  int from = d->c->origins[i].from;
  return from < 0 ? 0 : &d->c->old.columns[from];
}

static void mig_must_copy(mig_diff *d, int layout, const char *why) {
  if (layout) d->layout = 1;
  else d->values = 1;
  if (!d->why) d->why = why;
}

/* A column is stored unless it is generated and VIRTUAL. */
static int mig_is_stored(const mig_column *c) { return !c->generated || c->stored; }

static int mig_next_stored(const mig_table *t, int i) {
  while (i < t->ncolumn && !mig_is_stored(&t->columns[i])) i++;
  return i;
}

/* Compares the sequences of stored columns: the same, longer at the end, or another one. */
static void mig_compare_layout(mig_diff *d) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  int i = mig_next_stored(old, 0), k = mig_next_stored(now, 0);
  while (i < old->ncolumn && k < now->ncolumn && d->c->origins[k].from == i) {
    i = mig_next_stored(old, i + 1);
    k = mig_next_stored(now, k + 1);
  }
  if (i == old->ncolumn && k == now->ncolumn) return;
  if (i == old->ncolumn) {
    for (; k < now->ncolumn; k = mig_next_stored(now, k + 1)) {
      if (d->c->origins[k].from >= 0 || now->columns[k].generated) break;
    }
    d->appended = k == now->ncolumn;
    if (!d->appended) mig_must_copy(d, 1, "a column becomes stored");
  } else if (k < now->ncolumn) {
    mig_must_copy(d, 1, "the order of the stored columns changes");
  } else {
    mig_must_copy(d, 1, "a stored column goes");
  }
}

/* The text of the last constraint of a kind at a column, NULL when there is none. */
static char *mig_expr_text(mig_arena *a, const mig_table *t, int column, int kind) {
  int i = mig_column_constraint(t, column, kind);
  return i < 0 ? 0 : mig_span_text(a, t->sql, t->constraints[i].expr);
}

static int mig_same_text(const char *x, const char *y) {
  return x == y || (x && y && strcmp(x, y) == 0);
}

static int mig_same_collation(const char *x, const char *y) {
  return mig_same(x ? x : "BINARY", y ? y : "BINARY");
}

static void mig_compare_column(mig_diff *d, int i) {
  mig_arena *a = d->c->a;
  const mig_table *old = &d->c->old, *now = &d->c->now;
  const mig_column *to = &now->columns[i], *from = mig_old_column(d, i);
  int k = d->c->origins[i].from;
  if (!from) {
    if (to->generated) {
      d->touched[i] = 1;
    } else if (d->c->origins[i].using_expr) {
      mig_must_copy(d, 0, "a new column has another value in old rows than in new ones");
    }
    d->added_not_null[i] = (unsigned char)to->not_null;
    return;
  }
  if (d->c->origins[i].using_expr) {
    d->touched[i] = 1;
    mig_must_copy(d, 0, "USING computes new values");
  }
  if (to->affinity != from->affinity) {
    d->touched[i] = 1;
    if (mig_is_stored(to)) mig_must_copy(d, 0, "the type's affinity changes");
  }
  if (!mig_same_collation(to->collation, from->collation)) d->touched[i] = 1;
  if (to->generated != from->generated) {
    d->touched[i] = 1;
    if (to->generated && to->stored) mig_must_copy(d, 0, "a column becomes generated and stored");
  } else if (to->generated && !mig_same_text(mig_expr_text(a, old, k, MIG_GENERATED),
                                             mig_expr_text(a, now, i, MIG_GENERATED))) {
    d->touched[i] = 1;
    if (to->stored) mig_must_copy(d, 0, "a stored generated column gets another expression");
  }
  if (mig_is_stored(to) && !to->generated &&
      !mig_same_text(mig_expr_text(a, old, k, MIG_DEFAULT),
                     mig_expr_text(a, now, i, MIG_DEFAULT))) {
    d->defaults = 1;
  }
  d->added_not_null[i] = (unsigned char)(to->not_null && !from->not_null);
}

/* Columns computed from touched ones are touched; stored ones among them must be written. */
static void mig_spread_touch(mig_diff *d) {
  const mig_table *now = &d->c->now;
  int again = 1, i, k;
  while (again && !mig_failed(d->c->a)) {
    again = 0;
    for (i = 0; i < now->ncolumn; i++) {
      int g = now->columns[i].generated && !d->touched[i]
                  ? mig_column_constraint(now, i, MIG_GENERATED)
                  : -1;
      for (k = 0; g >= 0 && k < now->ncolumn; k++) {
        if (!d->touched[k]) continue;
        if (!mig_span_uses(d->c->a, now->sql, now->constraints[g].expr, now->columns[k].name)) {
          continue;
        }
        d->touched[i] = 1;
        if (now->columns[i].stored) mig_must_copy(d, 0, "a stored generated column is recomputed");
        again = 1;
        break;
      }
    }
  }
}

/* Does key b of the new table have the columns, order and collations of key a of the old one? */
static int mig_key_carries(const mig_diff *d, const mig_constraint *a, const mig_constraint *b) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  int i;
  if (a->nkey != b->nkey) return 0;
  for (i = 0; i < a->nkey; i++) {
    int k = mig_find_column(now, b->keys[i].name);
    if (k < 0 || d->c->origins[k].from != mig_find_column(old, a->keys[i].name)) return 0;
    if (a->keys[i].desc != b->keys[i].desc) return 0;
  }
  return 1;
}

static int mig_key_touched(const mig_diff *d, const mig_constraint *k) {
  int i, column;
  for (i = 0; i < k->nkey; i++) {
    column = mig_find_column(&d->c->now, k->keys[i].name);
    if (column >= 0 && d->touched[column]) return 1;
  }
  return 0;
}

static int mig_key_recollated(const mig_diff *d, const mig_constraint *a, const mig_constraint *b) {
  int i;
  for (i = 0; i < a->nkey; i++) {
    if (!mig_same(mig_key_collation(&d->c->old, &a->keys[i]),
                  mig_key_collation(&d->c->now, &b->keys[i]))) {
      return 1;
    }
  }
  return 0;
}

/* The row's identity: rowid or key. */
static void mig_compare_identity(mig_diff *d) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  const mig_constraint *p, *q;
  int alias = mig_alias(now), from = alias < 0 ? -1 : d->c->origins[alias].from;
  if (old->without_rowid != now->without_rowid) {
    mig_must_copy(d, 1, "rowid table and WITHOUT ROWID table are stored in different ways");
    d->rowids = 1;
    return;
  }
  if (now->without_rowid) {
    p = mig_tree_key(old);
    q = mig_tree_key(now);
    if (!mig_key_carries(d, p, q)) {
      mig_must_copy(d, 1, "the key of a WITHOUT ROWID table is its order");
      d->keys_differ = 1;
    } else if (mig_key_touched(d, q) || mig_key_recollated(d, p, q)) {
      mig_must_copy(d, 0, "the key of a WITHOUT ROWID table changes");
      d->keys_differ = 1;
    }
    return;
  }
  if (alias >= 0 && (from < 0 || mig_alias(old) != from)) {
    mig_must_copy(d, 1, "a column becomes the rowid");
    d->rowids = 1;
    d->touched[alias] = 1;
  } else if (alias < 0 && mig_alias(old) >= 0) {
    mig_must_copy(d, 1, "the INTEGER PRIMARY KEY becomes an ordinary column");
  } else if (alias >= 0 && d->c->origins[alias].using_expr) {
    d->rowids = 1;
  }
}

static void mig_match_autos(mig_diff *d) {
  int i, k;
  for (i = 0; i < d->new_autos.n; i++) {
    mig_auto *n = &d->new_autos.v[i];
    const mig_constraint *b = &d->c->now.constraints[n->constraint];
    for (k = 0; k < d->old_autos.n && n->kept < 0 && n->stored; k++) {
      mig_auto *o = &d->old_autos.v[k];
      const mig_constraint *c = &d->c->old.constraints[o->constraint];
      if (o->used || !o->stored || !mig_key_carries(d, c, b)) continue;
      n->kept = k;
      o->used = 1;
      n->renewed = d->rowids || d->keys_differ || mig_key_touched(d, b) ||
                   mig_key_recollated(d, c, b);
    }
  }
}

static int mig_has_autoincrement(const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  return mig_alias(t) >= 0 && p && p->autoincrement;
}

/* Fills *d: everything about rows and b-trees that follows from the two tables. */
static void mig_compare(const mig_alteration *c, mig_diff *d) {
  size_t n = (size_t)c->now.ncolumn + 1;
  int i;
  memset(d, 0, sizeof *d);
  d->c = c;
  d->touched = (unsigned char *)mig_alloc(c->a, n);
  d->added_not_null = (unsigned char *)mig_alloc(c->a, n);
  d->old_autos = mig_auto_indexes(c->a, &c->old);
  d->new_autos = mig_auto_indexes(c->a, &c->now);
  if (mig_failed(c->a)) return;
  mig_compare_layout(d);
  for (i = 0; i < c->now.ncolumn && !mig_failed(c->a); i++) mig_compare_column(d, i);
  mig_compare_identity(d);
  mig_spread_touch(d);
  mig_match_autos(d);
  d->autoincrement = mig_has_autoincrement(&c->now) - mig_has_autoincrement(&c->old);
}
