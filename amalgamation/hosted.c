/* Hosted: the change in plain SQL where foreign keys stay on, as in Cloudflare D1 or inside a
** transaction of the caller's. There DROP TABLE deletes the rows that reference the table, and a
** rename takes the references of others along. So the table is renamed away together with its
** family: all tables that reference it, or one of these. Each is made anew under its name with its
** text, rows are copied, and an old table is dropped when no other references it any more. Foreign
** keys are deferred meanwhile. */

typedef struct mig_member {
  struct mig_member *next;
  mig_object *object;
  mig_lowering l; /* of its change, most often none */
  mig_diff d;
  mig_facts facts;
  int placed;     /* in mig_family.order */
} mig_member;

typedef struct mig_family {
  mig_lowering *l;           /* of the change that all this is for */
  mig_member *first, *last;
  mig_member **order;        /* parents first */
  int n;
} mig_family;

static int mig_table_references(const mig_table *t, const char *parent) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_FOREIGN_KEY && mig_same(c->parent, parent)) return 1;
  }
  return 0;
}

/* A table that cannot be read is a fault: its rows could be lost. */
static int mig_object_references(mig_arena *a, const mig_object *o, const char *parent) {
  mig_table t;
  if (!mig_is_type(o, "table") || !o->sql || mig_is_virtual_text(o->sql) || mig_failed(a)) return 0;
  if (!mig_mentions(o->sql, "references") || !mig_mentions(o->sql, parent)) return 0;
  return !mig_parse_table(a, o->sql, &t) && mig_table_references(&t, parent);
}

static void mig_family_add(mig_family *f, mig_object *o, const mig_alteration *c) {
  mig_member *m = (mig_member *)mig_alloc(f->l->a, sizeof *m);
  if (!m || !c) return;
  m->object = o;
  m->l = *f->l;
  m->facts = *f->l->facts;
  m->facts.dense = 0;
  m->l.facts = &m->facts;
  m->l.c = c;
  m->l.d = &m->d;
  m->l.scratch = mig_format(f->l->a, "%s_m%d", f->l->scratch, f->n);
  mig_compare(c, &m->d);
  if (f->last) f->last->next = m;
  else f->first = m;
  f->last = m;
  f->n++;
}

static int mig_in_family(const mig_family *f, const mig_object *o) {
  const mig_member *m;
  for (m = f->first; m && m->object != o; m = m->next) {}
  return m != 0;
}

/* Adds what references a member, as often as something does. */
static void mig_family_close(mig_family *f) {
  mig_arena *a = f->l->a;
  mig_member *m;
  int i;
  for (m = f->first; m && !mig_failed(a); m = m->next) {
    for (i = 0; i < f->l->catalog->n && !mig_failed(a); i++) {
      mig_object *o = &f->l->catalog->v[i];
      if (mig_in_family(f, o) || !mig_object_references(a, o, m->object->name)) continue;
      mig_family_add(f, o, mig_side_change(a, o->sql));
    }
  }
}

/* Does the table as it was, or as it becomes, reference a member that has no place yet? */
static int mig_awaits_parent(const mig_family *f, const mig_member *m) {
  const mig_member *p;
  for (p = f->first; p; p = p->next) {
    if (p == m || p->placed) continue;
    if (mig_table_references(&m->l.c->old, p->object->name) ||
        mig_table_references(&m->l.c->now, p->object->name)) {
      return 1;
    }
  }
  return 0;
}

/* Parents first; in a circle, as they come. */
static void mig_family_order(mig_family *f) {
  int n = 0;
  f->order = (mig_member **)mig_array(f->l->a, (size_t)f->n + 1, sizeof(mig_member *));
  while (f->order && n < f->n) {
    mig_member *m, *next = 0;
    for (m = f->first; m; m = m->next) {
      if (m->placed) continue;
      if (!next) next = m;
      if (mig_awaits_parent(f, m)) continue;
      next = m;
      break;
    }
    if (MIG_NEVER(!next)) break;
    next->placed = 1;
    f->order[n++] = next;
  }
}

/* ---- what hangs on the tables ---- */

/* Triggers go first: the old rows' end must not fire them. */
static void mig_family_disarm(mig_member *m) {
  mig_object *o = 0;
  while ((o = mig_objects_of(m->l.catalog, m->object->name, o)) != 0 && !mig_failed(m->l.a)) {
    if (mig_is_type(o, "trigger")) {
      mig_emit_on_object(&m->l, "DROP TRIGGER ", o->name, "the end of the old rows fires nothing");
    }
  }
}

/* A unique index that may be the key that others reference: rows cannot reference the table before
** it is there. */
static int mig_may_be_key(mig_member *m, const mig_object *o, mig_index *x) {
  int i;
  if (!mig_is_type(o, "index") || !o->sql || mig_parse_index(m->l.a, o->sql, x)) return 0;
  if (!x->unique || !mig_span_empty(x->where)) return 0;
  for (i = 0; i < x->nkey && x->keys[i].name; i++) {}
  return i == x->nkey && !mig_is_dropped_index(&m->l, x);
}

static void mig_family_free_keys(mig_member *m) {
  mig_object *o = 0;
  mig_index x;
  while ((o = mig_objects_of(m->l.catalog, m->object->name, o)) != 0 && !mig_failed(m->l.a)) {
    if (mig_may_be_key(m, o, &x)) {
      mig_emit_on_object(&m->l, "DROP INDEX ", o->name, "its name is free for the new one");
    }
  }
}

/* Makes the keys again (keys == 1), before the copy, or all the rest, behind it. */
static void mig_family_again(mig_member *m, int keys) {
  mig_lowering *l = &m->l;
  mig_object *o = 0;
  mig_index x;
  while ((o = mig_objects_of(l->catalog, m->object->name, o)) != 0 && !mig_failed(l->a)) {
    int key = mig_may_be_key(m, o, &x);
    if (mig_is_type(o, "index") && o->sql && key == keys) mig_lower_index_again(l, o);
    if (mig_is_type(o, "trigger") && !keys) mig_lower_trigger_again(l, l->schema, o);
  }
  while (!keys && l->temp != l->catalog && !mig_failed(l->a) &&
         (o = mig_objects_of(l->temp, m->object->name, o)) != 0) {
    if (mig_hangs_on(l->a, l->temp, o, l->schema)) mig_lower_trigger_again(l, "temp", o);
  }
}

/* ---- the rows ---- */

static void mig_family_drop(const mig_family *f, int saved) {
  int i;
  for (i = f->n - 1; i >= 0; i--) {
    mig_member *m = f->order[i];
    mig_emit_on_object(&m->l, "DROP TABLE ", saved ? m->object->name : m->l.scratch,
                       saved ? "its rows are in the copy"
                             : "the old rows: nothing that stays references them");
  }
}

static void mig_family_by_renaming(const mig_family *f) {
  int i;
  for (i = 0; i < f->n; i++) {
    mig_member *m = f->order[i];
    mig_emit(m->l.out, MIG_S_SCHEMA,
             mig_format(m->l.a, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", m->l.schema,
                        m->object->name, m->l.scratch),
             i ? "put aside with the table that it references" : "the old table is put aside");
    mig_family_free_keys(m);
  }
  for (i = 0; i < f->n; i++) {
    mig_emit_create(&f->order[i]->l);
    mig_family_again(f->order[i], 1);
  }
  for (i = 0; i < f->n; i++) {
    mig_member *m = f->order[i];
    mig_lower_copy(&m->l, m->object->name, m->l.scratch);
    mig_keep_sequence(&m->l, m->l.scratch, m->object->name);
  }
  mig_family_drop(f, 0);
}

static void mig_family_by_two_copies(const mig_family *f) {
  int i;
  for (i = 0; i < f->n; i++) mig_lower_save(&f->order[i]->l);
  mig_family_drop(f, 1);
  for (i = 0; i < f->n; i++) {
    mig_emit_create(&f->order[i]->l);
    mig_family_again(f->order[i], 1);
  }
  for (i = 0; i < f->n; i++) mig_lower_restore(&f->order[i]->l);
}

/* All members anew. */
static void mig_lower_family(mig_family *f) {
  int i, two_copies = 0;
  mig_family_close(f);
  mig_family_order(f);
  if (mig_failed(f->l->a)) return;
  for (i = 0; i < f->n; i++) {
    mig_lowering *l = &f->order[i]->l;
    two_copies |= mig_needs_two_copies(l);
    mig_family_disarm(f->order[i]);
  }
  if (two_copies) mig_family_by_two_copies(f);
  else mig_family_by_renaming(f);
  for (i = 0; i < f->n; i++) mig_family_again(f->order[i], 0);
}

static void mig_lower_by_hosted(mig_lowering *l, mig_object *table, const mig_alteration *c) {
  mig_family f;
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  memset(&f, 0, sizeof f);
  f.l = l;
  mig_family_add(&f, table, c);
  mig_lower_family(&f);
  mig_lower_stats(l);
}
