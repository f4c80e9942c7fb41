/* Hosting: what the settings of the connection have to be for the plain rungs, and DROP TABLE of a
** script where foreign keys stay on. */

static int mig_prefix_taken(const mig_catalog *c, const char *prefix) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (mig_has_name_prefix(c->v[i].name, prefix)) return 1;
  }
  return 0;
}

/* A prefix for the names of what exists only while the change runs: no object begins with it. */
static const char *mig_scratch_prefix(const mig_target *t) {
  mig_catalog *c = t->catalog;
  const char *name = c->scratch;
  int number = 0;
  if (name) return name;
  do {
    name = mig_format(&c->memory, "migrate_scratch_%d", number++);
  } while (name && (mig_prefix_taken(c, name) || mig_prefix_taken(t->temp, name)));
  c->scratch = name;
  return name;
}

/* The portable rung renames tables that others reference: nothing may follow, or be enforced. */
static void mig_run_portable_list(migrate *m, const mig_statements *list) {
  int keys = mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, 0);
  int legacy = mig_switch(m, MIG_LEGACY_ALTER_TABLE, 1);
  mig_still_ready(m);
  mig_sink_list(m, list);
  mig_undo_in_need(m);
  mig_switch(m, MIG_LEGACY_ALTER_TABLE, legacy);
  mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, keys);
  mig_still_ready(m);
}

/* In a scratch database foreign keys are on where they will be, so that a rename does there what it
** will do. Not for more: there are no rows to reference. */
static int mig_hosted_keys(migrate *m, int on) {
  if (!mig_live(m) || m->settings.rebuild != MIG_REBUILD_HOSTED) return on;
  return mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, on);
}

/* The hosted rung leaves foreign keys as they are, deferred where they are on. */
static void mig_run_hosted_list(migrate *m, const mig_statements *list) {
  int keys = mig_hosted_keys(m, 1), legacy = mig_switch(m, MIG_LEGACY_ALTER_TABLE, 1);
  int deferred = mig_read_int(m, "PRAGMA defer_foreign_keys") != 0;
  mig_still_ready(m);
  if (!deferred) mig_do(m, "PRAGMA defer_foreign_keys = ON", 0);
  mig_sink_list(m, list);
  mig_undo_in_need(m);
  if (!deferred) mig_step_all(m->db, "PRAGMA defer_foreign_keys = OFF", 0);
  mig_switch(m, MIG_LEGACY_ALTER_TABLE, legacy);
  mig_hosted_keys(m, keys);
  mig_still_ready(m);
}

static void mig_run_list(migrate *m, const mig_statements *list, int rung) {
  if (rung == MIG_PORTABLE_REBUILD) mig_run_portable_list(m, list);
  else if (rung == MIG_HOSTED_REBUILD) mig_run_hosted_list(m, list);
  else mig_sink_list(m, list);
}

/* ---- DROP TABLE ---- */

/* A list of statements of the hosted rung over the table of t. */
static void mig_hosted_begin(migrate *m, const mig_target *t, mig_lowering *l,
                             mig_statements *list, mig_facts *facts) {
  memset(list, 0, sizeof *list);
  memset(l, 0, sizeof *l);
  memset(facts, 0, sizeof *facts);
  facts->version = sqlite3_libversion_number();
  facts->portable = facts->hosted = 1;
  list->strategy = mig_rung_name(MIG_HOSTED_REBUILD);
  list->a = l->a = &m->work;
  l->out = list;
  l->catalog = t->catalog;
  l->temp = t->temp;
  l->facts = facts;
  l->schema = t->catalog->schema;
  l->scratch = mig_scratch_prefix(t);
}

static int mig_is_referenced(migrate *m, const mig_catalog *c, const mig_object *table) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    if (&c->v[i] == table) continue;
    if (mig_object_references(&m->work, &c->v[i], table->name)) return 1;
  }
  return 0;
}

/* The table that DROP TABLE names; without an object: none that others reference. */
static mig_target mig_dropped_target(migrate *m, const char *sql) {
  mig_reader reader, *r = &reader;
  mig_target t;
  const char *schema = 0, *name;
  mig_reader_init(r, &m->work, sql, strlen(sql), 0);
  mig_want_word(r, "DROP");
  mig_want_word(r, "TABLE");
  if (mig_take_word(r, "IF")) mig_want_word(r, "EXISTS");
  name = mig_take_object(r, &schema, 0);
  memset(&t, 0, sizeof t);
  if (mig_failed(&m->work)) return t;
  mig_flush(m);
  t = mig_find_target(m, schema, name);
  if (!t.object || !mig_is_type(t.object, "table") || mig_is_virtual(t.object) ||
      !mig_is_referenced(m, t.catalog, t.object)) {
    t.object = 0;
  }
  return t;
}

/* DROP TABLE of a table that others reference, which would delete their rows: it is put aside, with
** their references, until the section is over. As a rule another table has its name by then: the
** twelve steps, by hand. 0: not such a statement. */
static int mig_run_drop(migrate *m, const char *sql) {
  mig_target t = mig_dropped_target(m, sql);
  mig_object *o = 0;
  mig_statements list;
  mig_facts facts;
  mig_lowering l;
  mig_gone *g;
  if (!t.object || mig_failed(&m->work)) return mig_failed(&m->work);
  g = (mig_gone *)mig_alloc(&m->lasting, sizeof *g);
  if (!g) return 1;
  mig_hosted_begin(m, &t, &l, &list, &facts);
  g->schema = mig_copy(&m->lasting, t.catalog->schema);
  g->name = mig_copy(&m->lasting, t.object->name);
  g->aside = mig_format(&m->lasting, "%s_gone", l.scratch);
  if (mig_failed(&m->work)) return 1;
  g->next = m->gone;
  m->gone = g;
  while ((o = mig_objects_of(t.catalog, g->name, o)) != 0 && !mig_failed(&m->work)) {
    if (mig_is_type(o, "trigger")) mig_emit_on_object(&l, "DROP TRIGGER ", o->name, "");
    if (mig_is_type(o, "index") && o->sql) mig_emit_on_object(&l, "DROP INDEX ", o->name, "");
  }
  mig_emit(&list, MIG_S_SCHEMA,
           mig_format(&m->work, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", g->schema, g->name,
                      g->aside),
           "put aside: to drop it now would delete the rows that reference it");
  mig_run_list(m, &list, MIG_HOSTED_REBUILD);
  return 1;
}

/* The table put aside in a database under this name; NULL: none. */
static const mig_gone *mig_find_gone(const migrate *m, const char *schema, const char *aside) {
  const mig_gone *g;
  for (g = m->gone; g && !(mig_same(g->schema, schema) && mig_same(g->aside, aside)); g = g->next) {
  }
  return g;
}

/* A table that references some that were put aside gets back the names that it said. */
static void mig_return_references(migrate *m, mig_family *f, mig_object *o) {
  mig_arena *a = &m->work;
  mig_alteration *c = mig_side_change(a, o->sql);
  int i;
  for (i = 0; c && i < c->now.nconstraint && !mig_failed(a); i++) {
    const mig_constraint *k = &c->now.constraints[i];
    const mig_gone *g =
        k->kind == MIG_FOREIGN_KEY ? mig_find_gone(m, f->l->schema, k->parent) : 0;
    if (!g) continue;
    if (!mig_catalog_table(f->l->catalog, g->name)) {
      mig_fail(a, MIGRATE_DEPENDENT,
               "table %s is dropped and %s references it: where foreign keys stay on, that deletes "
               "its rows (drop the foreign key first)",
               g->name, o->name);
      return;
    }
    mig_use_text(c, mig_splice(a, c->now.sql, k->parent_span, mig_name(a, g->name)));
  }
  mig_family_add(f, o, c);
}

/* First nothing that stays may reference one of them, then they go: one could delete the rows of
** the next, and that those of others. */
static void mig_settle_schema(migrate *m, const char *schema) {
  mig_target t = mig_find_target(m, schema, m->gone->aside);
  mig_statements list;
  mig_facts facts;
  mig_lowering l;
  mig_family f;
  const mig_gone *g;
  int i;
  if (!t.object || mig_failed(&m->work)) return;
  mig_hosted_begin(m, &t, &l, &list, &facts);
  memset(&f, 0, sizeof f);
  f.l = &l;
  for (i = 0; i < t.catalog->n && !mig_failed(&m->work); i++) {
    mig_object *o = &t.catalog->v[i];
    if (mig_find_gone(m, schema, o->name)) continue;
    for (g = m->gone; g && !mig_object_references(&m->work, o, g->aside); g = g->next) {}
    if (g) mig_return_references(m, &f, o);
  }
  if (f.n) mig_lower_family(&f);
  for (g = m->gone; g; g = g->next) {
    if (!mig_same(g->schema, schema)) continue;
    mig_emit_on_object(&l, "DROP TABLE ", g->aside, "nothing that stays references it any more");
  }
  mig_run_list(m, &list, MIG_HOSTED_REBUILD);
}

/* The end of a section: what was put aside goes. */
static void mig_settle(migrate *m) {
  while (m->gone && !mig_failed(&m->work)) {
    const char *schema = m->gone->schema;
    mig_gone **at = &m->gone;
    mig_flush(m);
    mig_settle_schema(m, schema);
    while (*at) {
      if (mig_same((*at)->schema, schema)) *at = (*at)->next;
      else at = &(*at)->next;
    }
  }
}
