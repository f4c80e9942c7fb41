/* Rebuild: the rows are copied into a scratch table, then the two tables exchange root pages in
** sqlite_master and the scratch table, which now owns the old b-tree, is dropped. The table is
** never dropped or renamed, so whatever binds to its name stays as it is. */

static void mig_put_column_words(mig_lowering *l, mig_text *z, int i) {
  const mig_table *t = &l->c->now;
  const mig_column *c = &t->columns[i];
  int k;
  mig_put_name(z, c->name);
  if (!mig_span_empty(c->type)) mig_putf(z, " %s", mig_span_text(l->a, t->sql, c->type));
  for (k = c->first; k < c->first + c->count; k++) {
    const mig_constraint *x = &t->constraints[k];
    int keep = x->kind == MIG_COLLATE || x->kind == MIG_GENERATED ||
               (x->kind == MIG_DEFAULT && l->c->origins[i].from < 0);
    if (keep) mig_putf(z, "\n %s", mig_span_text(l->a, t->sql, x->body));
  }
  if (mig_null_is_new(l, i)) mig_put(z, " NOT NULL");
}

/* The scratch table has what decides how rows are stored, and NOT NULL where values are new; but
** nothing that could refuse a row as it was, no CHECK, UNIQUE or FOREIGN KEY. Those are looked at
** afterwards. */
static void mig_lower_scratch(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const mig_constraint *p = mig_tree_key(t);
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  mig_put(&z, "CREATE TABLE ");
  mig_put_object(&z, l->schema, l->scratch);
  mig_put(&z, "(");
  for (i = 0; i < t->ncolumn; i++) {
    if (i) mig_put(&z, ", ");
    mig_put_column_words(l, &z, i);
    if (i == mig_alias(t) && !t->without_rowid) mig_put(&z, " PRIMARY KEY");
  }
  if (t->without_rowid && p) mig_putf(&z, ", PRIMARY KEY(%s)", mig_key_list(l->a, p, 1));
  mig_put(&z, "\n)");
  if (t->without_rowid) mig_put(&z, " WITHOUT ROWID");
  if (t->strict) mig_put(&z, t->without_rowid ? ", STRICT" : " STRICT");
  mig_emit(l->out, MIG_S_SCHEMA, z.z, "the rows as they will be, without keys and constraints");
}

/* The value of column i of the new table, over a row of the old one; NULL: left to its default. */
static char *mig_copied_value(mig_lowering *l, int i, const char *rowid) {
  const mig_alteration *c = l->c;
  const mig_origin *o = &c->origins[i];
  mig_text z;
  mig_text_init(&z, l->a);
  if (o->using_expr) {
    mig_putf(&z, "(%s\n)", o->using_expr);
  } else if (o->from >= 0) {
    mig_put_object(&z, c->old.name, c->old.columns[o->from].name);
  } else if (i == mig_alias(&c->now) && rowid) {
    mig_putf(&z, "\"%w\".%s", c->old.name, rowid); /* a new alias takes the rowid over */
  } else {
    return 0;
  }
  return z.z;
}

/* The values of the copy, and the columns that they go to. */
typedef struct mig_copy_lists {
  mig_text columns, values;
  int n;           /* columns */
  const char *key; /* what orders the rows, a list of nkey terms; NULL: it cannot be said */
  int nkey;
  int sorted;      /* the order is asked for */
} mig_copy_lists;

/* Are rows written anew under the rowids that they had, by names that no column hides? */
static int mig_copies_rowids(const mig_alteration *c, const mig_diff *d) {
  const mig_table *old = &c->old, *now = &c->now;
  if ((!d->layout && !d->values) || d->rowids || old->without_rowid || now->without_rowid) return 0;
  return mig_rowid_name(old, 0) && (mig_alias(now) >= 0 || mig_rowid_name(now, 0)) &&
         mig_find_column(old, "rowid") < 0;
}

static void mig_put_copied(mig_copy_lists *c, const char *column, int quoted, const char *value) {
  mig_put(&c->columns, c->n ? ", " : "");
  if (quoted) mig_put_name(&c->columns, column);
  else mig_put(&c->columns, column);
  mig_putf(&c->values, "%s%s", c->n ? ", " : "", value);
  c->n++;
}

/* The key of a table without rowids, where it can be compared as it stands. */
static void mig_copy_by_key(mig_lowering *l, mig_copy_lists *c) {
  const mig_table *old = &l->c->old;
  const mig_constraint *p = old->without_rowid ? mig_tree_key(old) : 0;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  for (i = 0; p && i < p->nkey; i++) {
    if (p->keys[i].desc || p->keys[i].collate) return;
    mig_put(&z, i ? ", " : "");
    mig_put_object(&z, old->name, p->keys[i].name);
  }
  c->key = z.z;
  c->nkey = p ? p->nkey : 0;
}

/* The number that a new REAL column of a STRICT table has by default; SQLite 3.37 fails to put it
** into the second row that an INSERT leaves it to. NULL: the INSERT may leave the column out. */
static char *mig_said_default(mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  int d = mig_column_constraint(t, i, MIG_DEFAULT);
  char *value;
  if (d < 0 || !t->strict || t->columns[i].affinity != MIG_REAL) return 0;
  value = mig_span_text(l->a, t->sql, t->constraints[d].expr);
  return value && value[strspn(value, "0123456789.eE+-() ")] == 0 ? value : 0;
}

static mig_copy_lists mig_copy_columns(mig_lowering *l) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  const char *rowid = old->without_rowid ? 0 : mig_rowid_name(old, 0);
  const char *target = now->without_rowid || mig_alias(now) >= 0 ? 0 : mig_rowid_name(now, 0);
  mig_copy_lists c;
  int i;
  memset(&c, 0, sizeof c);
  mig_text_init(&c.columns, l->a);
  mig_text_init(&c.values, l->a);
  if (mig_alias(old) >= 0 && !rowid) rowid = mig_name(l->a, old->columns[mig_alias(old)].name);
  if (rowid) {
    c.key = mig_format(l->a, "\"%w\".%s", old->name, rowid);
    c.nkey = c.sorted = 1;
  } else {
    mig_copy_by_key(l, &c);
  }
  if (rowid && target && !l->facts->dense) {
    mig_put_copied(&c, target, 0, mig_format(l->a, "\"%w\".%s", old->name, rowid));
  }
  for (i = 0; i < now->ncolumn && !mig_failed(l->a); i++) {
    char *value = now->columns[i].generated ? 0 : mig_copied_value(l, i, rowid);
    if (!value && !now->columns[i].generated) value = mig_said_default(l, i);
    if (!value || (l->facts->dense && i == mig_alias(now))) continue;
    mig_put_copied(&c, now->columns[i].name, 1, value);
  }
  if (!c.n && rowid && !mig_failed(l->a)) { /* nothing but the rowid */
    mig_put_copied(&c, target ? target : now->columns[mig_alias(now)].name, 1,
                   mig_format(l->a, "\"%w\".%s", old->name, rowid));
  }
  return c;
}

/* Refuses rows whose values a new affinity would change beyond recognition; USING says otherwise.
** Text that looks like an integer and does not fit becomes a REAL, large integers lose digits as
** REAL, and REAL becomes text of 15 digits before SQLite 3.53. */
static void mig_lower_loss_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    const mig_column *to = &c->now.columns[i], *from = mig_old_column(l->d, i);
    mig_text col, z;
    const char *loss = 0;
    if (!from || c->origins[i].using_expr || to->generated) continue;
    if (from->affinity == to->affinity) continue;
    mig_text_init(&col, l->a);
    mig_put_object(&col, c->old.name, from->name);
    if (!col.z) return;
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_put(&z, " NOT INDEXED WHERE ");
    if (to->affinity == MIG_TEXT) {
      mig_putf(&z, "typeof(%s) = 'real' AND CAST(CAST(%s AS TEXT) AS REAL) <> %s", col.z, col.z,
               col.z);
      loss = "digits would be lost as text";
    } else if (to->affinity == MIG_REAL) {
      mig_putf(&z,
               "(typeof(%s) = 'integer' AND CAST(CAST(%s AS REAL) AS INTEGER) <> %s) OR "
               "(typeof(%s) = 'text' AND length(%s) > 15 AND %s NOT GLOB '*[^0-9 +-]*' AND "
               "CAST(CAST(%s AS REAL) AS INTEGER) <> CAST(%s AS INTEGER))",
               col.z, col.z, col.z, col.z, col.z, col.z, col.z, col.z);
      loss = "digits would be lost as REAL";
    } else if (to->affinity == MIG_INTEGER || to->affinity == MIG_NUMERIC) {
      mig_putf(&z,
               "typeof(%s) = 'text' AND length(%s) > 15 AND %s NOT GLOB '*[^0-9 +-]*' AND "
               "typeof(CAST(%s AS NUMERIC)) = 'real'",
               col.z, col.z, col.z, col.z);
      loss = "the number does not fit an integer and would lose digits";
    }
    if (!loss) continue;
    mig_emit_check(l, &z, &c->old, "a conversion must not lose anything",
                   mig_format(l->a, "cannot convert %s.%s: %s (USING says how)", c->old.name,
                              from->name, loss));
  }
}

/* NULL and doubles in what becomes the row's identity, before SQLite invents numbers for them. */
static void mig_lower_identity_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i = mig_alias(&c->now), k;
  const mig_constraint *p = mig_primary_key(&c->now);
  if (!p || (!c->now.without_rowid && i < 0)) return;
  if (!l->d->rowids && !l->d->keys_differ && !l->d->values) return;
  for (k = 0; k < p->nkey && !mig_failed(l->a); k++) {
    char *value;
    mig_text z;
    i = mig_find_column(&c->now, p->keys[k].name);
    if (i < 0 || c->origins[i].from < 0) continue;
    if (c->origins[i].from == mig_alias(&c->old) && !c->origins[i].using_expr) continue;
    value = mig_copied_value(l, i, 0);
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_putf(&z, " NOT INDEXED WHERE %s IS NULL", value);
    mig_emit_check(l, &z, &c->old, "a key that identifies rows holds no NULL",
                   mig_format(l->a, "column %s.%s holds NULL and cannot be the primary key",
                              c->now.name, c->now.columns[i].name));
  }
}

/* Old rows, stored as `from`, that would share key p. */
static char *mig_duplicates_of_copy(mig_lowering *l, const mig_constraint *p, const char *from) {
  const mig_alteration *c = l->c;
  mig_text keys;
  int k;
  if (!p) return 0;
  mig_text_init(&keys, l->a);
  for (k = 0; k < p->nkey; k++) {
    int i = mig_find_column(&c->now, p->keys[k].name);
    char *value = i < 0 ? 0 : mig_copied_value(l, i, 0);
    if (!value) return 0;
    mig_putf(&keys, "%s%s", k ? ", " : "", value);
    if (p->keys[k].collate) mig_putf(&keys, " COLLATE \"%w\"", p->keys[k].collate);
  }
  return mig_duplicates_query(l, &c->old, from, keys.z, "");
}

/* The copy: in the order of the rows. Without NOT INDEXED a covering index would set it. */
static mig_statement *mig_emit_copy(mig_lowering *l, const char *to, const char *from,
                                    const mig_copy_lists *c) {
  mig_ranges *r = (mig_ranges *)mig_alloc(l->a, sizeof *r);
  mig_statement *s;
  if (!r) return 0;
  r->source = mig_format(l->a, "FROM \"%w\".\"%w\" AS \"%w\" NOT INDEXED", l->schema, from,
                         l->c->old.name);
  r->count = mig_format(l->a, "SELECT count(*) FROM \"%w\".\"%w\"", l->schema, from);
  r->head = mig_format(l->a, "INSERT OR ABORT INTO \"%w\".\"%w\"(%s) SELECT %s %s",
                       l->schema, to, mig_text_z(&c->columns), mig_text_z(&c->values), r->source);
  r->tail = c->sorted ? mig_format(l->a, " ORDER BY %s", c->key) : "";
  r->key = c->key;
  r->nkey = c->nkey;
  s = mig_emit(l->out, MIG_S_DATA, mig_format(l->a, "%s%s", r->head, r->tail),
               "the copy, in the order of the rows");
  if (s && r->key) s->ranges = r;
  return s;
}

/* ---- which rows a copy was refused for ---- */

/* What a row of the copy has in column i: of a new one its default. */
static const char *mig_value_to_be(mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  const char *value = mig_copied_value(l, i, 0);
  int d = mig_column_constraint(t, i, MIG_DEFAULT);
  if (!value && d >= 0) value = mig_span_text(l->a, t->sql, t->constraints[d].expr);
  return value ? value : "NULL";
}

static void mig_suspect_nulls(mig_lowering *l, const char *from) {
  const mig_alteration *c = l->c;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    mig_text z;
    if (!mig_null_is_new(l, i) || c->now.columns[i].generated) continue;
    z = mig_begin_check(l, &c->old, from);
    mig_putf(&z, " NOT INDEXED WHERE (%s) IS NULL", mig_value_to_be(l, i));
    mig_emit_check(l, &z, &c->old, "", mig_format(l->a, "column %s.%s would hold NULL", c->now.name,
                                                  c->now.columns[i].name));
  }
}

/* SELECT id FROM (SELECT identity AS id, value AS "column", .. FROM from) AS t WHERE NOT (expr) */
static void mig_suspect_check(mig_lowering *l, const mig_constraint *k, const char *name,
                              const char *from) {
  const mig_alteration *c = l->c;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  mig_putf(&z, "SELECT \"%w_id\" FROM (SELECT ", l->scratch);
  mig_put_identity(&z, &c->old);
  mig_putf(&z, " AS \"%w_id\"", l->scratch);
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    if (c->now.columns[i].generated) continue;
    mig_putf(&z, ", %s AS \"%w\"", mig_value_to_be(l, i), c->now.columns[i].name);
  }
  mig_putf(&z, " FROM \"%w\".\"%w\" AS \"%w\" NOT INDEXED) AS \"%w\" WHERE NOT (%s\n)",
           l->schema, from, c->old.name, c->now.name, mig_span_text(l->a, c->now.sql, k->expr));
  mig_emit_check(l, &z, &c->old, "",
                 mig_format(l->a, "check constraint %s of %s is broken", name, c->now.name));
}

/* What a copy into the table itself, with all of its constraints, can be refused for. */
static void mig_suspect_constraints(mig_lowering *l, const char *from) {
  const mig_table *t = &l->c->now;
  const char **names = mig_constraint_names(l->a, t);
  int i;
  for (i = 0; names && i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *k = &t->constraints[i];
    mig_text z;
    if (k->kind == MIG_CHECK && !mig_check_is_old(l, k)) mig_suspect_check(l, k, names[i], from);
    if (k->kind != MIG_UNIQUE) continue;
    mig_text_init(&z, l->a);
    z.z = mig_duplicates_of_copy(l, k, from);
    if (z.z) {
      mig_emit_check(l, &z, &l->c->old, "",
                     mig_format(l->a, "unique constraint %s of %s has duplicates", names[i],
                                t->name));
    }
  }
}

/* What becomes the rowid is an integer. */
static void mig_suspect_identity(mig_lowering *l, const char *from) {
  const mig_table *t = &l->c->now;
  int i = mig_alias(t);
  char *value = i < 0 || t->without_rowid ? 0 : mig_copied_value(l, i, 0);
  mig_text z;
  if (!value) return;
  z = mig_begin_check(l, &l->c->old, from);
  mig_putf(&z, " NOT INDEXED WHERE CAST(%s AS INTEGER) <> %s", value, value);
  mig_emit_check(l, &z, &l->c->old, "",
                 mig_format(l->a, "column %s.%s would be the rowid and holds no integer", t->name,
                            t->columns[i].name));
}

/* Checks over the old rows that tell which of them the copy was refused for. */
static mig_statement *mig_suspects(mig_lowering *l, const char *from) {
  mig_statements list;
  mig_statements *out = l->out;
  memset(&list, 0, sizeof list);
  list.a = l->a;
  l->out = &list;
  mig_suspect_nulls(l, from);
  mig_suspect_identity(l, from);
  if (l->facts->portable) mig_suspect_constraints(l, from);
  l->out = out;
  return list.first;
}

static void mig_lower_copy(mig_lowering *l, const char *to, const char *from) {
  mig_copy_lists c = mig_copy_columns(l);
  mig_statement *s = mig_emit_copy(l, to, from, &c);
  if (!s) return;
  s->suspects = mig_suspects(l, from);
  s->diagnose = mig_duplicates_of_copy(l, mig_primary_key(&l->c->now), from);
  s->complaint = mig_format(l->a, "the primary key of %s would have duplicates|%s", l->c->now.name,
                            mig_identity_word(&l->c->old));
}

/* The last rowid of the copy is the last one there was: cheap, and it catches a wrong count. */
static void mig_lower_count(mig_lowering *l) {
  const mig_alteration *c = l->c;
  const char *from = mig_rowid_name(&c->old, &c->now);
  char *sql;
  mig_statement *s;
  if (!from || !mig_copies_rowids(c, l->d)) return;
  sql = mig_format(l->a,
                   "SELECT 'all' WHERE (SELECT max(%s) FROM \"%w\".\"%w\") IS NOT (SELECT max(%s) "
                   "FROM \"%w\".\"%w\")",
                   from, l->schema, l->scratch, from, l->schema, c->old.name);
  s = mig_emit(l->out, MIG_S_CHECK, sql, "every row is in the copy");
  if (s) s->complaint = mig_format(l->a, "the copy of %s is not complete|rowids", c->old.name);
}

/* The two rows of sqlite_master exchange their root pages, by sum and difference. */
static void mig_lower_exchange(mig_lowering *l) {
  const char *steps[3];
  int i;
  steps[0] = "rootpage + (SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name "
             "= %Q) WHERE type = 'table' AND name = %Q";
  steps[1] = "(SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name = %Q) - "
             "rootpage WHERE type = 'table' AND name = %Q";
  steps[2] = "rootpage - (SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name "
             "= %Q) WHERE type = 'table' AND name = %Q";
  for (i = 0; i < 3; i++) {
    const char *to = i == 1 ? l->scratch : l->c->old.name;
    const char *from = i == 1 ? l->c->old.name : l->scratch;
    char *tail = mig_format(l->a, steps[i], l->schema, from, to);
    char *sql = mig_format(l->a, "UPDATE \"%w\".sqlite_master SET rootpage = ", l->schema);
    mig_emit_edit(l, mig_format(l->a, "%s%s", sql, tail),
                  "the two tables exchange their root pages");
  }
}

/* The text of an object in sqlite_master becomes the one wanted. */
static mig_statement *mig_emit_text_edit(mig_lowering *l, mig_object *o, const char *sql,
                                         const char *reason) {
  mig_statement *s = sql ? mig_emit_edit(l, "", reason) : 0;
  if (!s) return 0;
  s->object = o;
  s->text = sql;
  return s;
}

/* Do rows of the table read the same under its new text as under the old one? */
static int mig_reads_alike(const mig_alteration *c, const mig_diff *d) {
  int i;
  if (c->old.ncolumn != c->now.ncolumn || c->old.strict != c->now.strict || d->rowids) return 0;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (d->touched[i] || c->origins[i].from != i) return 0;
  }
  return !c->renames && !d->layout && !d->values;
}

/* Short rows are written out in full, so that a default means new rows only: SQLite's own DROP
** COLUMN writes every row, fires no trigger and keeps rowids and indexes. */
static void mig_lower_materialise(mig_lowering *l) {
  mig_statement *s;
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "ALTER TABLE ");
  mig_put_object(&z, l->schema, l->c->old.name);
  mig_emit(l->out, MIG_S_NATIVE, mig_format(l->a, "%s ADD COLUMN \"%w\" INT", z.z, l->scratch),
           "rows older than a column read its default: they are written out in full");
  s = mig_emit(l->out, MIG_S_NATIVE, mig_format(l->a, "%s DROP COLUMN \"%w\"", z.z, l->scratch),
               "rows older than a column read its default: they are written out in full");
  if (s) s->respells = 1;
}

/* AUTOINCREMENT keeps its mark in sqlite_sequence, which SQLite makes with the first such table. */
static void mig_lower_sequence(mig_lowering *l) {
  if (l->d->autoincrement > 0) {
    mig_emit(l->out, MIG_S_SCHEMA,
             mig_format(l->a, "CREATE TABLE \"%w\".\"%w_seq\"(x INTEGER PRIMARY KEY AUTOINCREMENT)",
                        l->schema, l->scratch),
             "makes sqlite_sequence, where there is none");
    mig_emit(l->out, MIG_S_SCHEMA,
             mig_format(l->a, "DROP TABLE \"%w\".\"%w_seq\"", l->schema, l->scratch), "");
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "INSERT INTO \"%w\".sqlite_sequence(name, seq) SELECT %Q, top FROM "
                        "(SELECT max(\"%w\") AS top FROM \"%w\".\"%w\") WHERE top > 0",
                        l->schema, l->c->old.name, l->c->now.columns[mig_alias(&l->c->now)].name,
                        l->schema, l->c->old.name),
             "ids that are there are never given again");
  } else if (l->d->autoincrement < 0) {
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "DELETE FROM \"%w\".sqlite_sequence WHERE name = %Q", l->schema,
                        l->c->old.name),
             "no AUTOINCREMENT, no mark");
  }
}

/* The storage class that a STRICT type takes beside NULL. */
static const char *mig_strict_class(const char *type) {
  return mig_same(type, "REAL")   ? "real"
         : mig_same(type, "TEXT") ? "text"
         : mig_same(type, "BLOB") ? "blob"
                                  : "integer";
}

/* STRICT over rows that are there: each value must be of its column's type. ANY and BLOB have one
** affinity, so that the way from one to the other copies nothing. */
static void mig_lower_strict_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  if (!c->now.strict || l->d->values || l->d->layout) return;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    const mig_column *col = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, c->now.sql, c->now.columns[i].type);
    mig_text z;
    if (!col || !type || mig_same(type, "ANY") || !mig_is_stored(&c->now.columns[i])) continue;
    if (c->old.strict && mig_same(type, mig_span_text(l->a, c->old.sql, col->type))) continue;
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, c->old.name, col->name);
    mig_putf(&z, ") NOT IN ('%s'%s)", mig_strict_class(type), col->hidden_key ? "" : ", 'null'");
    mig_emit_check(l, &z, &c->old, "STRICT must hold for the values that are there",
                   mig_format(l->a, "column %s.%s holds values that are not %s", c->old.name,
                              col->name, type));
  }
}

/* A new column whose rows need not be written: its default, as they all read it, must be of its
** type. */
static void mig_lower_strict_defaults(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; t->strict && i < t->ncolumn && !mig_failed(l->a); i++) {
    char *type = mig_span_text(l->a, t->sql, t->columns[i].type);
    mig_text z;
    if (l->c->origins[i].from >= 0 || !type || mig_same(type, "ANY")) continue;
    if (mig_column_constraint(t, i, MIG_DEFAULT) < 0) continue;
    z = mig_begin_check(l, t, t->name);
    mig_putf(&z, " NOT INDEXED WHERE (SELECT typeof(\"%w\") FROM ", t->columns[i].name);
    mig_put_object(&z, l->schema, t->name);
    mig_putf(&z, " LIMIT 1) NOT IN ('%s', 'null')", mig_strict_class(type));
    mig_emit_check(l, &z, t, "STRICT must hold for the default that old rows read",
                   mig_format(l->a, "column %s.%s: its default is not %s", t->name,
                              t->columns[i].name, type));
  }
}

static int mig_expression_is_new(mig_lowering *l, int i) {
  const mig_alteration *c = l->c;
  const mig_column *from = mig_old_column(l->d, i);
  if (!c->now.columns[i].generated) return 0;
  return !from || !from->generated ||
         !mig_same_text(mig_expr_text(l->a, &c->old, c->origins[i].from, MIG_GENERATED),
                        mig_expr_text(l->a, &c->now, i, MIG_GENERATED));
}

/* SQLite reads a text whose generated columns call what it does not know, or each other in a
** circle, and then no row of the table; likewise one with a collation that it does not know. */
static void mig_lower_readable_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; i < t->ncolumn && !mig_failed(l->a); i++) {
    const mig_column *from = mig_old_column(l->d, i);
    const char *collation = t->columns[i].collation;
    mig_text z;
    if (!mig_expression_is_new(l, i) &&
        (!collation || (from && mig_same_collation(collation, from->collation)))) {
      continue;
    }
    mig_text_init(&z, l->a);
    mig_put(&z, "SELECT ");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_put(&z, " FROM ");
    mig_put_object(&z, l->schema, l->c->old.name);
    mig_put(&z, " AS ");
    mig_put_name(&z, t->name);
    mig_put(&z, " ORDER BY 1 LIMIT 0");
    mig_emit_check(l, &z, t, "the column can be read and compared", "");
  }
}

/* STRICT over computed values: SQLite takes any, integrity_check complains of them, and from 3.54
** on a row that has one cannot be read. */
static void mig_lower_strict_generated(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; t->strict && i < t->ncolumn && !mig_failed(l->a); i++) {
    const mig_column *from = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, t->sql, t->columns[i].type);
    mig_text z;
    if (!t->columns[i].generated || !type || mig_same(type, "ANY")) continue;
    if (from && l->c->old.strict && !l->d->touched[i] &&
        mig_same(type, mig_span_text(l->a, l->c->old.sql, from->type))) {
      continue;
    }
    z = mig_begin_check(l, t, l->c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_putf(&z, ") NOT IN ('%s', 'null')", mig_strict_class(type));
    mig_emit_check(l, &z, t, "STRICT must hold for the values that are computed",
                   mig_format(l->a, "generated column %s.%s has values that are not %s", t->name,
                              t->columns[i].name, type));
  }
}

static void mig_lower_refusals(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  if (c->now.strict && l->facts->version < 3037000) {
    mig_fail(l->a, MIGRATE_OLD_SQLITE, "STRICT needs SQLite 3.37 or newer; this one is %s",
             sqlite3_libversion());
  }
  for (i = 0; c->old.strict && !c->now.strict && i < c->now.ncolumn; i++) {
    const mig_column *from = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, c->now.sql, c->now.columns[i].type);
    if (!from || c->origins[i].using_expr || !type || !mig_same(type, "ANY")) continue;
    if (mig_same(mig_span_text(l->a, c->old.sql, from->type), "ANY")) {
      mig_fail(l->a, MIGRATE_LOSS,
               "column %s.%s of type ANY would turn text into numbers without STRICT: give it "
               "another type (TYPE BLOB keeps every value)",
               c->now.name, c->now.columns[i].name);
    }
  }
}

static void mig_lower_by_rebuild(mig_lowering *l, mig_object *table) {
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  mig_lower_scratch(l);
  mig_lower_copy(l, l->scratch, l->c->old.name);
  mig_lower_count(l);
  mig_lower_new_keys(l, l->scratch);
  mig_lower_stats(l);
  mig_lower_exchange(l);
  mig_emit_text_edit(l, table, l->c->now.sql, "the table's text");
  mig_lower_auto_rows(l);
  mig_emit_on_object(l, "DROP TABLE ", l->scratch, "it owns the old rows now");
  mig_lower_freed_keys(l);
  mig_lower_indexes(l, 1);
  mig_lower_renewed_keys(l);
}

/* The old text with the new columns and none of their constraints, so that a b-tree over them can
** be built before the table says that it has one. */
static void mig_lower_interim(mig_lowering *l, mig_object *table) {
  const mig_alteration *c = l->c;
  mig_table t;
  const char *sql = c->old.sql;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    mig_text words;
    if (c->origins[i].from >= 0 || mig_parse_table(l->a, sql, &t)) continue;
    mig_text_init(&words, l->a);
    mig_put_column_words(l, &words, i);
    sql = mig_append_column(l->a, &t, words.z);
  }
  if (!mig_failed(l->a)) mig_emit_text_edit(l, table, sql, "the new columns, not yet their keys");
}

static void mig_lower_by_edit(mig_lowering *l, mig_object *table) {
  mig_statement *s;
  mig_lower_strict_checks(l);
  mig_lower_indexes(l, 0);
  if (l->d->defaults) mig_lower_materialise(l);
  mig_lower_sequence(l);
  if (mig_keys_need_new_columns(l->d)) mig_lower_interim(l, table);
  mig_lower_new_keys(l, l->c->old.name);
  mig_lower_stats(l);
  s = mig_emit_text_edit(l, table, l->c->now.sql, "the table's text");
  if (s) s->same_columns = mig_reads_alike(l->c, l->d);
  mig_lower_auto_rows(l);
  mig_lower_freed_keys(l);
  mig_lower_indexes(l, 1);
  mig_lower_renewed_keys(l);
}
