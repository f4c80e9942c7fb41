/* Children: foreign keys of other tables that a change of their parent would leave without the key
** that they reference. RESTRICT names them; CASCADE drops them, as PostgreSQL does. */

/* Has the foreign key lost the key that it references? Also one of the same name, or a new primary
** key where it names no columns, is another key unless its columns are those that were there. */
static int mig_loses_parent_key(mig_lowering *l, const mig_constraint *fk) {
  const mig_table *was = &l->c->old, *is = &l->c->now;
  int i;
  if (!mig_same(fk->parent, was->name) || !mig_is_parent_key(l, was, fk)) return 0;
  if (!mig_is_parent_key(l, is, fk)) return 1;
  for (i = 0; i < fk->nkey; i++) {
    int column = mig_find_column(is, mig_parent_column(fk, is, i));
    int before = mig_find_column(was, mig_parent_column(fk, was, i));
    if (column < 0 || l->c->origins[column].from != before) return 1;
  }
  return 0;
}

/* In plain SQL the child is a table to be made anew, like any other. The catalog then has its new
** text: it is no longer of the parent's family. */
static void mig_lower_child_portable(mig_lowering *l, mig_object *o, mig_alteration *c) {
  mig_lowering child = *l;
  mig_facts facts = *l->facts;
  mig_diff d;
  facts.dense = 0;
  child.c = c;
  child.d = &d;
  child.facts = &facts;
  mig_compare(c, &d);
  if (mig_failed(l->a)) return;
  if (l->facts->hosted) mig_lower_by_hosted(&child, o, c);
  else mig_lower_by_portable(&child);
  o->sql = c->now.sql;
}

static void mig_lower_child(mig_lowering *l, mig_object *o, int cascade) {
  mig_alteration *c = mig_side_change(l->a, o->sql);
  int i, dropped = 0;
  for (i = 0; c && i < c->now.nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &c->now.constraints[i];
    if (fk->kind != MIG_FOREIGN_KEY || !mig_loses_parent_key(l, fk)) continue;
    if (!cascade) {
      mig_fail(l->a, MIGRATE_DEPENDENT,
               "foreign key %s of table %s needs the key of %s that would go (CASCADE drops it "
               "too)",
               mig_constraint_word(l->a, &c->now, i), o->name, l->c->old.name);
      return;
    }
    mig_drop_constraint_at(c, i);
    dropped = 1;
    i = -1;
  }
  if (!dropped || mig_failed(l->a)) return;
  if (l->facts->portable) mig_lower_child_portable(l, o, c);
  else mig_emit_text_edit(l, o, c->now.sql, "CASCADE: its foreign key needs what is dropped");
}

/* The same for a foreign key of the table to itself, before the two tables are compared. */
static void mig_lower_own_keys(mig_lowering *l, mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &c->now.constraints[i];
    if (fk->kind != MIG_FOREIGN_KEY || !mig_fk_is_old(l, fk)) continue;
    if (!mig_loses_parent_key(l, fk)) continue;
    if (!c->cascade) {
      const char **names = mig_constraint_names(l->a, &c->now);
      if (!names) return;
      mig_fail(l->a, MIGRATE_DEPENDENT,
               "foreign key %s of %s needs the key that would go (CASCADE drops it too)", names[i],
               c->old.name);
      return;
    }
    mig_drop_constraint_at(c, i);
    i = -1;
  }
}

/* Does the change take a key or a column away that a foreign key could need? */
static int mig_drops_key(const mig_diff *d) {
  const mig_alteration *c = d->c;
  const mig_constraint *p, *q;
  int i, k;
  for (i = 0; i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].used) return 1;
  }
  for (i = 0; i < c->old.ncolumn; i++) {
    for (k = 0; k < c->now.ncolumn && c->origins[k].from != i; k++) {}
    if (k == c->now.ncolumn) return 1;
  }
  p = mig_primary_key(&c->old);
  q = mig_primary_key(&c->now);
  return p && (!q || !mig_key_carries(d, p, q));
}

static void mig_lower_children(mig_lowering *l) {
  const mig_mention *x;
  if (!mig_drops_key(l->d)) return;
  for (x = mig_next_mention(l->catalog, l->c->old.name, 0); x && !mig_failed(l->a);
       x = mig_next_mention(l->catalog, l->c->old.name, x)) {
    mig_object *o = x->object;
    if (!mig_is_type(o, "table") || mig_is_virtual(o) || mig_same(o->name, l->c->old.name)) {
      continue;
    }
    mig_lower_child(l, o, l->c->cascade);
  }
}
