/* Lower: the statements of a change, in order. The only author of SQL that changes a schema or
** copies rows. */

typedef struct mig_lowering {
  mig_arena *a;
  mig_statements *out;
  const mig_alteration *c;
  const mig_diff *d;
  mig_catalog *catalog, *temp; /* of the table's database, and of TEMP */
  const mig_facts *facts;
  const char *schema;
  const char *scratch; /* a prefix that no object's name has */
  int made;            /* scratch indexes so far */
} mig_lowering;

/* The name of the rowid in SQL, one that no column of t (or u) hides; NULL when all are taken. */
static const char *mig_rowid_name(const mig_table *t, const mig_table *u) {
  static const char *const names[] = {"rowid", "_rowid_", "oid"};
  int i;
  for (i = 0; i < 3; i++) {
    if (mig_find_column(t, names[i]) < 0 && (!u || mig_find_column(u, names[i]) < 0)) {
      return names[i];
    }
  }
  return 0;
}

/* What names a row in a message: its rowid, or its key. */
static void mig_put_identity(mig_text *z, const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  const char *rowid = mig_rowid_name(t, 0);
  int i;
  if (t->without_rowid && p) {
    for (i = 0; i < p->nkey; i++) {
      mig_put(z, i ? "||','||quote(" : "quote(");
      mig_put_object(z, t->name, p->keys[i].name);
      mig_put(z, ")");
    }
  } else if (mig_alias(t) >= 0) {
    mig_put_object(z, t->name, t->columns[mig_alias(t)].name);
  } else if (rowid) {
    mig_putf(z, "\"%w\".%s", t->name, rowid);
  } else {
    mig_put(z, "'?'");
  }
}

static const char *mig_identity_word(const mig_table *t) {
  return t->without_rowid ? "keys" : "rowids";
}

/* SELECT identity FROM schema.t AS name NOT INDEXED WHERE */
static mig_text mig_begin_check(mig_lowering *l, const mig_table *t, const char *stored_as) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "SELECT ");
  mig_put_identity(&z, t);
  mig_put(&z, " FROM ");
  mig_put_object(&z, l->schema, stored_as);
  mig_put(&z, " AS ");
  mig_put_name(&z, t->name);
  return z;
}

static void mig_emit_check(mig_lowering *l, const mig_text *z, const mig_table *t,
                           const char *reason, const char *complaint) {
  mig_statement *s = mig_emit(l->out, MIG_S_CHECK, z->z, reason);
  if (!s) return;
  s->complaint = mig_format(l->a, "%s|%s", complaint, mig_identity_word(t));
  s->schema = l->schema;
  s->reads[0] = l->c->old.name;
}

/* ---- explicit indexes ---- */

typedef struct mig_index_use {
  int dropped; /* speaks of a column that goes */
  int touched; /* speaks of a column whose values or order change */
} mig_index_use;

static int mig_index_speaks(mig_lowering *l, const mig_index *x, const char *column) {
  return mig_span_uses(l->a, x->sql, x->list, column) ||
         mig_span_uses(l->a, x->sql, x->where, column);
}

static mig_index_use mig_use_of_index(mig_lowering *l, const mig_index *x) {
  mig_index_use use;
  const mig_table *old = &l->c->old, *now = &l->c->now;
  int i, k;
  use.dropped = 0;
  use.touched = l->d->rowids || l->d->keys_differ;
  for (i = 0; i < now->ncolumn; i++) {
    if (!use.touched && l->d->touched[i] && l->c->origins[i].from >= 0) {
      use.touched = mig_index_speaks(l, x, old->columns[l->c->origins[i].from].name);
    }
  }
  for (i = 0; i < old->ncolumn && !use.dropped; i++) {
    for (k = 0; k < now->ncolumn && l->c->origins[k].from != i; k++) {}
    if (k == now->ncolumn) use.dropped = mig_index_speaks(l, x, old->columns[i].name);
  }
  return use;
}

static void mig_emit_on_object(mig_lowering *l, const char *verb, const char *name,
                               const char *reason) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, verb);
  mig_put_object(&z, l->schema, name);
  mig_emit(l->out, MIG_S_SCHEMA, z.z, reason);
}

/* Finds the rows that share a key, for the message after a unique index could not be built. */
static char *mig_duplicates_query(mig_lowering *l, const mig_table *t, const char *stored_as,
                                  const char *keys, const char *where) {
  mig_text z = mig_begin_check(l, t, stored_as);
  if (mig_failed(l->a)) return 0; /* then a piece may be missing */
  mig_putf(&z, " NOT INDEXED WHERE %s%s(%s) IN (SELECT %s FROM ", where, *where ? " AND " : "",
           keys, keys);
  mig_put_object(&z, l->schema, stored_as);
  mig_put(&z, " AS ");
  mig_put_name(&z, t->name);
  mig_putf(&z, " NOT INDEXED%s%s GROUP BY %s HAVING count(*) > 1)", *where ? " WHERE " : "", where,
           keys);
  return z.z;
}

/* The terms of an index without their order, for GROUP BY. */
static char *mig_index_terms(mig_arena *a, const mig_index *x) {
  mig_text z;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < x->nkey; i++) {
    mig_putf(&z, "%s%s", i ? ", " : "", mig_span_text(a, x->sql, x->keys[i].expr));
  }
  return z.z;
}

static void mig_emit_reindex(mig_lowering *l, const mig_index *x) {
  mig_statement *s;
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "REINDEX ");
  mig_put_object(&z, l->schema, x->name);
  s = mig_emit(l->out, MIG_S_DATA, z.z, "its columns changed: built again by sorting");
  if (s && x->unique) {
    s->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name, mig_index_terms(l->a, x),
                                       mig_span_text(l->a, x->sql, x->where));
    s->complaint = mig_format(l->a, "unique index %s of %s has duplicates|%s", x->name,
                              l->c->now.name, mig_identity_word(&l->c->now));
  }
}

/* Does a column go, or change its values or order? */
static int mig_indexes_matter(const mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i, kept = 0;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from < 0) continue;
    if (l->d->touched[i]) return 1;
    kept++;
  }
  return kept < c->old.ncolumn || l->d->rowids || l->d->keys_differ;
}

/* Calls out for each explicit index of the table: drops those of dropped columns (what == 0), or
** builds those of touched columns again (what == 1). */
static void mig_lower_indexes(mig_lowering *l, int again) {
  mig_object *o = 0;
  if (!mig_indexes_matter(l)) return;
  while ((o = mig_objects_of(l->catalog, l->c->old.name, o)) != 0 && !mig_failed(l->a)) {
    mig_index x;
    mig_index_use use;
    if (!mig_is_type(o, "index") || !o->sql) continue;
    mig_parse_index(l->a, o->sql, &x);
    if (mig_failed(l->a)) return;
    use = mig_use_of_index(l, &x);
    if (!again && use.dropped) {
      mig_emit_on_object(l, "DROP INDEX ", o->name, "it needs a column that goes");
    } else if (again && !use.dropped && use.touched) {
      mig_emit_reindex(l, &x);
    }
  }
}

/* ---- automatic indexes ---- */

static char *mig_auto_name(mig_arena *a, const char *table, int number) {
  return mig_format(a, "sqlite_autoindex_%s_%d", table, number);
}

static char *mig_scratch_index(mig_lowering *l, int i) {
  return mig_format(l->a, "%s_%d", l->scratch, i + 1);
}

/* The key of a constraint as an index has it: "a" COLLATE x DESC, "b" */
static char *mig_key_list(mig_arena *a, const mig_constraint *c, int order) {
  mig_text z;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < c->nkey; i++) {
    if (i) mig_put(&z, ", ");
    mig_put_name(&z, c->keys[i].name);
    if (c->keys[i].collate) {
      mig_put(&z, " COLLATE ");
      mig_put_name(&z, c->keys[i].collate);
    }
    if (order && c->keys[i].desc) mig_put(&z, " DESC");
  }
  return z.z;
}

/* A b-tree for each new UNIQUE or PRIMARY KEY, built by sorting as an ordinary index of `on`. */
static void mig_lower_new_keys(mig_lowering *l, const char *on) {
  int i;
  for (i = 0; i < l->d->new_autos.n && !mig_failed(l->a); i++) {
    const mig_auto *n = &l->d->new_autos.v[i];
    const mig_constraint *c = &l->c->now.constraints[n->constraint];
    mig_statement *s;
    mig_text z;
    if (!n->stored || n->kept >= 0) continue;
    mig_text_init(&z, l->a);
    mig_put(&z, "CREATE UNIQUE INDEX ");
    mig_put_object(&z, l->schema, mig_scratch_index(l, i));
    mig_put(&z, " ON ");
    mig_put_name(&z, on);
    mig_putf(&z, "(%s)", mig_key_list(l->a, c, 1));
    s = mig_emit(l->out, MIG_S_SCHEMA, z.z, "the b-tree of the new constraint, built by sorting");
    if (!s) return;
    s->diagnose =
        mig_duplicates_query(l, &l->c->now, on, mig_key_list(l->a, c, 0), "");
    s->complaint =
        mig_format(l->a, "%s %s of %s has duplicates|%s",
                   c->kind == MIG_UNIQUE ? "unique constraint" : "primary key",
                   mig_constraint_word(l->a, &l->c->now, n->constraint), l->c->now.name,
                   mig_identity_word(&l->c->now));
  }
}

/* An ordinary index that holds the b-tree of a dropped constraint until DROP INDEX frees it. */
static char *mig_freed_index(mig_lowering *l, int i) {
  return mig_format(l->a, "%s_f%d", l->scratch, i + 1);
}

static int mig_autos_change(const mig_diff *d) {
  int i;
  for (i = 0; i < d->old_autos.n; i++) {
    if (d->old_autos.v[i].stored && !d->old_autos.v[i].used) return 1;
  }
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored) continue;
    if (n->kept < 0 || d->old_autos.v[n->kept].number != n->number) return 1;
  }
  return 0;
}

/* One CASE arm for each index row that changes: old name -> new name, or -> new text. */
static void mig_put_auto_arms(mig_lowering *l, mig_text *z, int names) {
  const char *t = l->c->old.name;
  const mig_diff *d = l->d;
  int i;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored) continue;
    mig_putf(z, " WHEN %Q THEN ",
             n->kept < 0 ? mig_scratch_index(l, i)
                         : mig_auto_name(l->a, t, d->old_autos.v[n->kept].number));
    if (names) mig_put_string(z, mig_auto_name(l->a, t, n->number));
    else mig_put(z, "NULL");
  }
  for (i = 0; i < d->old_autos.n; i++) {
    const mig_auto *o = &d->old_autos.v[i];
    char *freed = mig_freed_index(l, i);
    if (!o->stored || o->used || !freed) continue;
    mig_putf(z, " WHEN %Q THEN ", mig_auto_name(l->a, t, o->number));
    if (names) {
      mig_put_string(z, freed);
    } else {
      char *sql = mig_format(l->a, "CREATE INDEX \"%w\" ON \"%w\"(\"%w\")", freed, t,
                             l->c->now.columns[0].name);
      if (sql) mig_put_string(z, sql);
    }
  }
}

static void mig_put_auto_names(mig_lowering *l, mig_text *z) {
  const mig_diff *d = l->d;
  const char *comma = "";
  int i;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored || n->kept >= 0) continue;
    mig_putf(z, "%s%Q", comma, mig_scratch_index(l, i));
    comma = ", ";
  }
  for (i = 0; i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].stored) continue;
    mig_putf(z, "%s%Q", comma, mig_auto_name(l->a, l->c->old.name, d->old_autos.v[i].number));
    comma = ", ";
  }
}

static mig_statement *mig_emit_edit(mig_lowering *l, const char *sql, const char *reason) {
  mig_statement *s = mig_emit(l->out, MIG_S_EDIT, sql, reason);
  if (s) s->schema = l->schema;
  return s;
}

/* The rows of the automatic indexes: new ones get their names, dropped ones become ordinary. */
static void mig_lower_auto_rows(mig_lowering *l) {
  mig_text z;
  if (!mig_autos_change(l->d)) return;
  mig_text_init(&z, l->a);
  mig_put(&z, "UPDATE ");
  mig_put_object(&z, l->schema, "sqlite_master");
  mig_put(&z, " SET name = CASE name");
  mig_put_auto_arms(l, &z, 1);
  mig_put(&z, " ELSE name END, sql = CASE name");
  mig_put_auto_arms(l, &z, 0);
  mig_put(&z, " ELSE sql END, tbl_name = ");
  mig_put_string(&z, l->c->old.name);
  mig_put(&z, " WHERE type = 'index' AND name IN (");
  mig_put_auto_names(l, &z);
  mig_put(&z, ")");
  mig_emit_edit(l, z.z, "automatic indexes follow their constraints");
}

/* The names of the automatic indexes that go, or of those that get another number; "" for none. */
static const char *mig_moved_autos(mig_lowering *l, int gone) {
  const mig_diff *d = l->d;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  for (i = 0; gone && i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].stored || d->old_autos.v[i].used) continue;
    mig_putf(&z, "%s%Q", z.n ? ", " : "",
             mig_auto_name(l->a, l->c->old.name, d->old_autos.v[i].number));
  }
  for (i = 0; !gone && i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (n->kept < 0 || d->old_autos.v[n->kept].number == n->number) continue;
    mig_putf(&z, " WHEN %Q THEN %Q",
             mig_auto_name(l->a, l->c->old.name, d->old_autos.v[n->kept].number),
             mig_auto_name(l->a, l->c->old.name, n->number));
  }
  return mig_text_z(&z);
}

/* Statistics name the automatic indexes, whose numbers may change. Ahead of the edits: where two
** names mean one index, old SQLites write beyond its samples as they load the schema. */
static void mig_lower_stats(mig_lowering *l) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  const char *gone = mig_moved_autos(l, 1), *moved = mig_moved_autos(l, 0);
  int i;
  for (i = 0; i < 2 && !mig_failed(l->a); i++) {
    if (!mig_catalog_table(l->catalog, stats[i])) continue;
    if (*gone) {
      mig_emit(l->out, MIG_S_DATA,
               mig_format(l->a, "DELETE FROM \"%w\".%s WHERE tbl = %Q AND idx IN (%s)", l->schema,
                          stats[i], l->c->old.name, gone),
               "its index goes");
    }
    if (*moved) {
      mig_emit(l->out, MIG_S_DATA,
               mig_format(l->a,
                          "UPDATE \"%w\".%s SET idx = CASE idx%s ELSE idx END WHERE tbl = %Q",
                          l->schema, stats[i], moved, l->c->old.name),
               "the statistics keep their index");
    }
  }
}

static void mig_lower_freed_keys(mig_lowering *l) {
  int i;
  for (i = 0; i < l->d->old_autos.n; i++) {
    const mig_auto *o = &l->d->old_autos.v[i];
    if (!o->stored || o->used) continue;
    mig_emit_on_object(l, "DROP INDEX ", mig_freed_index(l, i),
                       "frees the b-tree of a dropped constraint");
  }
}

/* Behind its own columns an index of a WITHOUT ROWID table has those of the key: of an automatic
** index always ascending, of CREATE INDEX in the key's order. */
static int mig_is_misordered(const mig_table *t) {
  const mig_constraint *p = t->without_rowid ? mig_tree_key(t) : 0;
  int i;
  for (i = 0; p && i < p->nkey; i++) {
    if (p->keys[i].desc) return 1;
  }
  return 0;
}

static void mig_lower_renewed_keys(mig_lowering *l) {
  int misordered = mig_is_misordered(&l->c->now);
  int i;
  for (i = 0; i < l->d->new_autos.n && !mig_failed(l->a); i++) {
    const mig_auto *n = &l->d->new_autos.v[i];
    const mig_constraint *c = &l->c->now.constraints[n->constraint];
    mig_statement *s;
    mig_text z;
    if (!n->stored || !(n->kept < 0 ? misordered : n->renewed)) continue;
    mig_text_init(&z, l->a);
    mig_put(&z, "REINDEX ");
    mig_put_object(&z, l->schema, mig_auto_name(l->a, l->c->old.name, n->number));
    s = mig_emit(l->out, MIG_S_DATA, z.z, "its columns changed: built again by sorting");
    if (!s) return;
    s->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name, mig_key_list(l->a, c, 0), "");
    s->complaint =
        mig_format(l->a, "constraint %s of %s has duplicates|%s",
                   mig_constraint_word(l->a, &l->c->now, n->constraint), l->c->now.name,
                   mig_identity_word(&l->c->now));
  }
}

/* ---- checks ---- */

/* NOT NULL on a column that was there: looked for before the schema says so, since afterwards
** SQLite takes `c IS NULL` for false. */
static void mig_lower_null_checks(mig_lowering *l) {
  int i;
  for (i = 0; i < l->c->now.ncolumn && !mig_failed(l->a); i++) {
    const char *name;
    mig_text z;
    if (!l->d->added_not_null[i] || l->c->origins[i].from < 0) continue;
    if (l->c->now.columns[i].generated || l->d->touched[i]) continue; /* checked afterwards */
    name = l->c->old.columns[l->c->origins[i].from].name;
    z = mig_begin_check(l, &l->c->old, l->c->old.name);
    mig_put(&z, " WHERE ");
    mig_put_object(&z, l->c->old.name, name);
    mig_put(&z, " IS NULL");
    mig_emit_check(l, &z, &l->c->old, "NOT NULL must hold for the rows that are there",
                   mig_format(l->a, "column %s.%s holds NULL", l->c->old.name, name));
  }
}

/* Must NOT NULL be looked at for values that are not in the table yet? A conversion without USING
** makes no NULL of its own. */
static int mig_null_is_new(const mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  const mig_origin *o = &l->c->origins[i];
  int anew = o->from < 0 || o->using_expr ||
             (l->d->touched[i] && (t->columns[i].generated || l->d->added_not_null[i])) ||
             (t->columns[i].generated && l->d->added_not_null[i]);
  return anew && t->columns[i].not_null && i != mig_alias(t);
}

/* Where nothing is copied, those are seen in the table as it has become. */
static void mig_lower_null_checks_after(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; i < t->ncolumn && !mig_failed(l->a); i++) {
    mig_text z;
    if (!mig_null_is_new(l, i)) continue;
    z = mig_begin_check(l, t, l->c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_put(&z, ") = 'null'");
    mig_emit_check(l, &z, t, "NOT NULL must hold for the new values",
                   mig_format(l->a, "column %s.%s would hold NULL", t->name, t->columns[i].name));
  }
}

static int mig_check_is_old(mig_lowering *l, const mig_constraint *c) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  char *text = mig_span_text(l->a, now->sql, c->expr);
  int i;
  for (i = 0; i < now->ncolumn; i++) {
    if (l->d->touched[i] && mig_span_uses(l->a, now->sql, c->expr, now->columns[i].name)) return 0;
  }
  for (i = 0; i < old->nconstraint; i++) {
    const mig_constraint *k = &old->constraints[i];
    if (k->kind == MIG_CHECK && mig_same_text(text, mig_span_text(l->a, old->sql, k->expr))) {
      return 1;
    }
  }
  return 0;
}

/* CHECKs that are new, or speak of changed columns. NULL passes, as SQLite has it. */
static void mig_lower_check_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const char **names = 0;
  int i;
  for (i = 0; i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *c = &t->constraints[i];
    mig_text z;
    if (c->kind != MIG_CHECK || mig_check_is_old(l, c)) continue;
    if (!names) names = mig_constraint_names(l->a, t);
    if (!names) return;
    if (mig_failed(l->a)) return;
    z = mig_begin_check(l, t, l->c->old.name);
    mig_putf(&z, " NOT INDEXED WHERE NOT (%s\n)", mig_span_text(l->a, t->sql, c->expr));
    mig_emit_check(l, &z, t, "the CHECK must hold for the rows that are there",
                   mig_format(l->a, "check constraint %s of %s is broken", names[i], t->name));
  }
}

/* The parent's key columns: those said, or its primary key. */
static const char *mig_parent_column(const mig_constraint *fk, const mig_table *parent, int i) {
  const mig_constraint *p;
  if (fk->nparent) return fk->parent_keys[i].name;
  p = parent ? mig_primary_key(parent) : 0;
  return p && i < p->nkey ? p->keys[i].name : 0;
}

/* " (SELECT key FROM parent)" can be looked up as it stands: one column that is the rowid. */
static int mig_is_rowid_key(const mig_constraint *fk, const mig_table *parent) {
  int alias = mig_alias(parent);
  return fk->nkey == 1 && alias >= 0 &&
         mig_same(mig_parent_column(fk, parent, 0), parent->columns[alias].name);
}

static void mig_put_lookup(mig_lowering *l, mig_text *z, const mig_table *child,
                           const mig_constraint *fk, const mig_table *parent) {
  int i, in = mig_is_rowid_key(fk, parent);
  if (in) {
    mig_put(z, "+");
    mig_put_object(z, child->name, fk->keys[0].name);
    mig_put(z, " NOT IN (SELECT ");
    mig_put_object(z, "migrate_parent", mig_parent_column(fk, parent, 0));
  } else {
    mig_put(z, "NOT EXISTS (SELECT 1");
  }
  mig_put(z, " FROM ");
  mig_put_object(z, l->schema, parent->name);
  mig_put(z, " AS migrate_parent");
  for (i = 0; !in && i < fk->nkey; i++) {
    mig_put(z, i ? " AND " : " WHERE ");
    mig_put_object(z, "migrate_parent", mig_parent_column(fk, parent, i));
    mig_put(z, " = +");
    mig_put_object(z, child->name, fk->keys[i].name);
  }
  mig_put(z, ")");
}

/* Rows of the child whose key no row of the parent has. The comparison is the parent's: its
** affinity and collation, hence the unary plus on the child's side. */
static char *mig_orphans_query(mig_lowering *l, const mig_table *child, const char *select,
                               const mig_constraint *fk, const mig_table *parent) {
  mig_text z;
  int i;
  for (i = 0; i < fk->nkey; i++) {
    if (!mig_parent_column(fk, parent, i)) return 0;
  }
  mig_text_init(&z, l->a);
  mig_put(&z, "SELECT ");
  if (select) mig_put(&z, select);
  else mig_put_identity(&z, child);
  mig_put(&z, " FROM ");
  mig_put_object(&z, l->schema, child->name);
  mig_put(&z, " AS ");
  mig_put_name(&z, child->name);
  mig_put(&z, " NOT INDEXED WHERE ");
  for (i = 0; i < fk->nkey; i++) {
    mig_put_object(&z, child->name, fk->keys[i].name);
    mig_put(&z, " IS NOT NULL AND ");
  }
  mig_put_lookup(l, &z, child, fk, parent);
  return z.z;
}

/* Does a key's column compare as the column itself does? A foreign key needs that, where it names
** the columns. */
static int mig_is_own_collation(const mig_table *t, const mig_key *k) {
  int i = mig_find_column(t, k->name);
  const char *own = i >= 0 && t->columns[i].collation ? t->columns[i].collation : "BINARY";
  return mig_same(mig_key_collation(t, k), own);
}

/* Is there a unique key over just these columns of the parent? Explicit indexes count where they
** are whole, UNIQUE and of the columns' own collations (lang: foreignkeys.html, 3). */
static int mig_explicit_key(mig_lowering *l, const mig_table *parent, const mig_constraint *fk) {
  mig_object *o = 0;
  while ((o = mig_objects_of(l->catalog, parent->name, o)) != 0) {
    mig_index x;
    int i, k, hits = 0;
    if (!mig_is_type(o, "index") || !o->sql) continue;
    mig_parse_index(l->a, o->sql, &x);
    if (mig_failed(l->a)) return 0;
    if (!x.unique || !mig_span_empty(x.where) || x.nkey != fk->nkey) continue;
    for (i = 0; i < fk->nkey; i++) {
      for (k = 0; k < x.nkey; k++) {
        if (!mig_same(x.keys[k].name, mig_parent_column(fk, parent, i))) continue;
        hits += mig_is_own_collation(parent, &x.keys[k]);
      }
    }
    if (hits == fk->nkey) return 1;
  }
  return 0;
}

static int mig_is_parent_key(mig_lowering *l, const mig_table *parent, const mig_constraint *fk) {
  int i, k, n;
  for (n = 0; n < parent->nconstraint; n++) {
    const mig_constraint *c = &parent->constraints[n];
    int hits = 0;
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE) continue;
    if (!fk->nparent && c->kind != MIG_PRIMARY_KEY) continue;
    if (c->nkey != fk->nkey) continue;
    for (i = 0; i < fk->nkey; i++) {
      for (k = 0; k < c->nkey; k++) {
        if (!mig_same(c->keys[k].name, mig_parent_column(fk, parent, i))) continue;
        hits += !fk->nparent || mig_is_own_collation(parent, &c->keys[k]);
      }
    }
    if (hits == fk->nkey) return 1;
  }
  return fk->nparent ? mig_explicit_key(l, parent, fk) : 0;
}

/* The model of another table of the same database, as the catalog has it. */
static mig_table *mig_catalog_model(mig_lowering *l, const char *name) {
  mig_object *o = mig_catalog_table(l->catalog, name);
  mig_table *t;
  if (!o || !mig_is_type(o, "table") || !o->sql) return 0;
  t = (mig_table *)mig_alloc(l->a, sizeof *t);
  if (t) mig_parse_table(l->a, o->sql, t);
  return mig_failed(l->a) ? 0 : t;
}

/* Does a foreign key of the new table say what one of the old table said? */
static int mig_is_same_fk(mig_lowering *l, const mig_constraint *o, const mig_constraint *fk) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  int k, same = o->kind == MIG_FOREIGN_KEY && fk->kind == MIG_FOREIGN_KEY && o->nkey == fk->nkey &&
                o->nparent == fk->nparent && mig_same(o->parent, fk->parent);
  for (k = 0; same && k < fk->nkey; k++) {
    int column = mig_find_column(now, fk->keys[k].name);
    same = column >= 0 && l->c->origins[column].from == mig_find_column(old, o->keys[k].name);
  }
  for (k = 0; same && k < fk->nparent; k++) {
    const char *name = fk->parent_keys[k].name;
    int column = mig_same(fk->parent, old->name) ? mig_find_column(now, name) : -1;
    same = column < 0 ? mig_same(name, o->parent_keys[k].name)
                      : l->c->origins[column].from == mig_find_column(old, o->parent_keys[k].name);
  }
  return same;
}

/* Two that say the same are as many as they are: a second one is new. */
static int mig_fk_is_old(mig_lowering *l, const mig_constraint *fk) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  const mig_constraint *first = 0, *k;
  int i, count = 0;
  for (i = 0; i < old->nconstraint; i++) {
    if (!mig_is_same_fk(l, &old->constraints[i], fk)) continue;
    if (!first) first = &old->constraints[i];
    count++;
  }
  for (k = now->constraints; first && k < fk; k++) count -= mig_is_same_fk(l, first, k);
  return count > 0;
}

/* Foreign keys that are new: their parent must be there with a unique key, and have every row. */
static void mig_lower_fk_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const char **names = 0;
  int i;
  for (i = 0; i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &t->constraints[i];
    const mig_table *parent;
    mig_statement *s;
    if (fk->kind != MIG_FOREIGN_KEY || mig_fk_is_old(l, fk)) continue;
    if (!names) names = mig_constraint_names(l->a, t);
    if (!names) return;
    if (mig_failed(l->a)) return;
    parent = mig_same(fk->parent, t->name) ? t : mig_catalog_model(l, fk->parent);
    if (!parent) {
      mig_fail(l->a, MIGRATE_NO_SUCH, "no such table: %s, which foreign key %s of %s references",
               fk->parent, names[i], t->name);
    } else if (fk->nparent && fk->nparent != fk->nkey) {
      mig_fail(l->a, MIGRATE_SYNTAX, "foreign key %s of %s has %d columns and references %d",
               names[i], t->name, fk->nkey, fk->nparent);
    } else if (!mig_is_parent_key(l, parent, fk)) {
      mig_fail(l->a, MIGRATE_UNSUPPORTED,
               "foreign key %s of %s references columns of %s that are no primary key and have no "
               "unique index",
               names[i], t->name, parent->name);
    }
    if (mig_failed(l->a)) return;
    s = mig_emit(l->out, MIG_S_CHECK, mig_orphans_query(l, t, 0, fk, parent),
                 "the foreign key must hold for the rows that are there");
    if (s) {
      s->complaint = mig_format(l->a, "foreign key %s of %s is broken, no parent in %s|%s",
                                names[i], t->name, parent->name, mig_identity_word(t));
      s->schema = l->schema;
      s->reads[0] = t->name;
      s->reads[1] = parent->name;
    }
  }
}

/* Existing foreign keys whose columns change on either side: no more orphans than before. */
static int mig_fk_is_touched(mig_lowering *l, const mig_table *child, const mig_constraint *fk,
                             const mig_table *parent) {
  const mig_table *now = &l->c->now;
  int i, k;
  for (k = 0; k < now->ncolumn; k++) {
    const char *name = now->columns[k].name;
    if (!l->d->touched[k] || l->c->origins[k].from < 0) continue;
    for (i = 0; i < fk->nkey; i++) {
      if (child == now && mig_same(fk->keys[i].name, name)) return 1;
      if (mig_same(fk->parent, now->name) && mig_same(mig_parent_column(fk, parent, i), name)) {
        return 1;
      }
    }
  }
  return 0;
}

static void mig_lower_fk_baseline(mig_lowering *l, const mig_table *child, int after, int *slot) {
  int i;
  for (i = 0; i < child->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &child->constraints[i];
    const mig_table *parent;
    mig_statement *s;
    char *sql;
    if (fk->kind != MIG_FOREIGN_KEY) continue;
    if (child == &l->c->now && !mig_fk_is_old(l, fk)) continue;
    parent = mig_same(fk->parent, l->c->now.name) ? &l->c->now : mig_catalog_model(l, fk->parent);
    if (!parent || !mig_is_parent_key(l, parent, fk)) continue;
    if (!mig_fk_is_touched(l, child, fk, parent)) continue;
    sql = mig_orphans_query(l, child, "count(*)", fk, parent);
    if (!sql) continue;
    s = mig_emit(l->out, after ? MIG_S_NOT_MORE : MIG_S_COUNT, sql,
                 after ? "no foreign key may be broken that was not" : "orphans that are there");
    if (!s) return;
    s->slot = (*slot)++;
    if (after) {
      s->diagnose = mig_orphans_query(l, child, 0, fk, parent);
      s->complaint = mig_format(l->a, "a foreign key of %s to %s would be broken|%s", child->name,
                                parent->name, mig_identity_word(child));
    }
  }
}

/* The same for the table and for every table that references it. */
static void mig_lower_fk_baselines(mig_lowering *l, int after) {
  int i, slot = 0, any = 0;
  const mig_mention *x;
  for (i = 0; i < l->c->now.ncolumn; i++) any |= l->d->touched[i];
  if (!any) return;
  mig_lower_fk_baseline(l, &l->c->now, after, &slot);
  for (x = mig_next_mention(l->catalog, l->c->old.name, 0); x && !mig_failed(l->a);
       x = mig_next_mention(l->catalog, l->c->old.name, x)) {
    mig_object *o = x->object;
    mig_table *child;
    if (!mig_is_type(o, "table") || mig_is_virtual(o) || mig_same(o->name, l->c->old.name)) {
      continue;
    }
    child = mig_catalog_model(l, o->name);
    if (child) mig_lower_fk_baseline(l, child, after, &slot);
    else if (mig_failed(l->a)) mig_forgive(l->a->fault); /* not a table we can read */
  }
  if (slot > l->out->slots) l->out->slots = slot;
}
