/* Portable: the change in plain SQL, for offline scripts and where the schema may not be edited.
** The old table is renamed away, the new one is made under the final name with exactly the wanted
** text, rows are copied, and what hung on the old table is made again in its old order. Foreign
** keys are off and legacy_alter_table is on meanwhile: the rename must touch nothing else. */

/* "CREATE .. " and the text from the object's own name on, with the database in front of it. */
static char *mig_create_again(mig_lowering *l, const char *schema, const char *head,
                              const char *sql, size_t name_at) {
  return mig_format(l->a, "%s \"%w\".%s", head, schema, sql + name_at);
}

/* Where the name stands in the text of a view, as SQLite stores it: CREATE VIEW name .. */
static size_t mig_view_name_at(const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, mig_next_significant(sql, n, 0).end);
  return mig_next_significant(sql, n, k.end).at;
}

static int mig_is_dropped_index(mig_lowering *l, const mig_index *x) {
  return mig_use_of_index(l, x).dropped;
}

static void mig_lower_index_again(mig_lowering *l, const mig_object *o) {
  mig_index x;
  mig_parse_index(l->a, o->sql, &x);
  if (mig_failed(l->a) || mig_is_dropped_index(l, &x)) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, l->schema, x.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX", o->sql,
                            x.name_span.at),
           "went with the old table: made again");
  if (x.unique && l->out->last) {
    l->out->last->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name,
                                                  mig_index_terms(l->a, &x),
                                                  mig_span_text(l->a, x.sql, x.where));
    l->out->last->complaint = mig_format(l->a, "unique index %s of %s has duplicates|%s", x.name,
                                         l->c->now.name, mig_identity_word(&l->c->now));
  }
}

static void mig_lower_trigger_again(mig_lowering *l, const char *schema, const mig_object *o) {
  mig_trigger t;
  mig_parse_trigger(l->a, o->sql, &t);
  if (mig_failed(l->a)) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, schema, "CREATE TRIGGER", o->sql, t.name_span.at),
           "went with the old table: made again, in the old order");
}

/* Does a TEMP trigger hang on the table or view of this database, of all that have the name? One
** that does not say which hangs on the one that SQLite finds first. */
static int mig_hangs_on(mig_arena *a, const mig_catalog *temp, const mig_object *o,
                        const char *schema) {
  mig_trigger t;
  if (!mig_is_type(o, "trigger")) return 0;
  mig_parse_trigger(a, o->sql, &t);
  if (mig_failed(a)) return 0;
  if (t.table_schema) return mig_same(t.table_schema, schema);
  return mig_same(schema, mig_catalog_table(temp, o->table) ? "temp" : "main");
}

static void mig_lower_objects_again(mig_lowering *l) {
  const char *table = l->c->old.name;
  mig_object *o = 0;
  while ((o = mig_objects_of(l->catalog, table, o)) != 0 && !mig_failed(l->a)) {
    if (mig_is_type(o, "index") && o->sql) mig_lower_index_again(l, o);
    else if (mig_is_type(o, "trigger")) mig_lower_trigger_again(l, l->schema, o);
  }
  while (l->temp != l->catalog && (o = mig_objects_of(l->temp, table, o)) != 0 &&
         !mig_failed(l->a)) {
    if (mig_hangs_on(l->a, l->temp, o, l->schema)) mig_lower_trigger_again(l, "temp", o);
  }
}

/* The mark of AUTOINCREMENT goes with a table's name; a copy sees only living ids. */
static void mig_keep_sequence(mig_lowering *l, const char *from, const char *to) {
  const char *s = l->schema, *why = "the highest id ever given is kept";
  if (!mig_has_autoincrement(&l->c->old) || !mig_has_autoincrement(&l->c->now)) return;
  mig_emit(l->out, MIG_S_DATA,
           mig_format(l->a, "DELETE FROM \"%w\".sqlite_sequence WHERE name = %Q", s, to), why);
  mig_emit(l->out, MIG_S_DATA,
           mig_format(l->a, "UPDATE \"%w\".sqlite_sequence SET name = %Q WHERE name = %Q", s, to,
                      from),
           why);
}

/* So do the statistics, where the table is dropped. */
static void mig_keep_stats(mig_lowering *l, const char *from, const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(l->a); i++) {
    if (!mig_catalog_table(l->catalog, stats[i])) continue;
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "UPDATE \"%w\".%s SET tbl = %Q WHERE tbl = %Q", l->schema, stats[i],
                        to, from),
             "the statistics are kept");
  }
}

/* CREATE TABLE with exactly the wanted text. */
static void mig_emit_create(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, l->schema, "CREATE TABLE", t->sql, t->name_span.at),
           "the table with the text that is wanted");
}

/* A CHECK that says t.a cannot live under another name, not for a moment: then the rows go into a
** plain table and come back. */
static int mig_names_itself(const mig_table *t) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    mig_token k;
    if (c->kind != MIG_CHECK) continue;
    for (k = mig_next_significant(t->sql, c->expr.end, c->expr.at); k.type != MIG_TK_END;
         k = mig_next_significant(t->sql, c->expr.end, k.end)) {
      mig_token dot = mig_next_significant(t->sql, c->expr.end, k.end);
      if (mig_token_op(t->sql, dot, ".")) return 1;
    }
  }
  return 0;
}

/* A TEMP table takes the place of the one of the same name where SQLite's RENAME, of whichever
** table, looks at triggers and indexes. */
static int mig_is_hidden(const mig_lowering *l) {
  int i;
  if (l->temp == l->catalog) return 0;
  for (i = 0; i < l->temp->n; i++) {
    const mig_object *o = &l->temp->v[i];
    if (mig_is_type(o, "table") && mig_catalog_table(l->catalog, o->name)) return 1;
  }
  return 0;
}

/* A query within USING may read the table, itself or through a view: then the values are computed
** while it stands as it was, and not while its new rows come in. */
static int mig_using_asks(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    const char *z = c->origins[i].using_expr;
    size_t n = z ? strlen(z) : 0;
    mig_token k = mig_next_significant(z, n, 0), next;
    for (; k.type != MIG_TK_END; k = next) {
      next = mig_next_significant(z, n, k.end);
      if (mig_token_is(z, k, "SELECT")) return 1;
      if (mig_token_is(z, k, "IN") && !mig_token_op(z, next, "(")) return 1; /* IN table */
    }
  }
  return 0;
}

static int mig_needs_two_copies(const mig_lowering *l) {
  return mig_names_itself(&l->c->old) || mig_is_hidden(l) || mig_using_asks(l->c);
}

static void mig_lower_by_renaming(mig_lowering *l) {
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", l->schema,
                      l->c->old.name, l->scratch),
           "the old table is put aside");
  mig_emit_create(l);
  mig_lower_copy(l, l->c->old.name, l->scratch);
  mig_keep_sequence(l, l->scratch, l->c->old.name);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->scratch), "the old rows");
}

/* The columns of the plain table that holds the rows for a moment: c0, c1, ..; without a type
** nothing is converted on the way. */
static char *mig_plain_columns(mig_lowering *l, int n) {
  mig_text names;
  int i;
  mig_text_init(&names, l->a);
  for (i = 0; i < n; i++) mig_putf(&names, "%sc%d", i ? ", " : "", i);
  return names.z;
}

/* The rows go into a plain table. */
static void mig_lower_save(mig_lowering *l) {
  mig_copy_lists out = mig_copy_columns(l);
  char *names = mig_plain_columns(l, out.n);
  if (!names) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "CREATE TABLE \"%w\".\"%w\"(%s)", l->schema, l->scratch, names),
           "the rows stay here while the table is made anew");
  mig_text_init(&out.columns, l->a);
  mig_put(&out.columns, names);
  mig_emit_copy(l, l->scratch, l->c->old.name, &out);
  mig_keep_sequence(l, l->c->old.name, l->scratch);
  mig_keep_stats(l, l->c->old.name, l->scratch);
}

/* They come back. */
static void mig_lower_restore(mig_lowering *l) {
  mig_copy_lists back = mig_copy_columns(l);
  const char *name = l->c->old.name;
  mig_keep_stats(l, l->scratch, name);
  mig_text_init(&back.values, l->a);
  mig_put(&back.values, mig_plain_columns(l, back.n));
  back.key = "rowid";
  back.nkey = back.sorted = 1;
  mig_emit_copy(l, name, l->scratch, &back);
  mig_keep_sequence(l, l->scratch, name);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->scratch),
           "the rows are back");
}

static void mig_lower_by_two_copies(mig_lowering *l) {
  mig_lower_save(l);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->c->old.name),
           "its rows are in the copy");
  mig_emit_create(l);
  mig_lower_restore(l);
}

static void mig_lower_by_portable(mig_lowering *l) {
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  if (mig_needs_two_copies(l)) mig_lower_by_two_copies(l);
  else mig_lower_by_renaming(l);
  mig_lower_stats(l);
  mig_lower_objects_again(l);
}
