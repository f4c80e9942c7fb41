/* Rename: a column called like the rowid, which SQLite's own RENAME COLUMN refuses from 3.54 on. The
** texts are edited here; names inside of views and triggers only SQLite knows, so that one of them
** that speaks of the column is a refusal. */

static int mig_is_rowid_word(const char *name) {
  return mig_same(name, "rowid") || mig_same(name, "_rowid_") || mig_same(name, "oid");
}

static int mig_rename_is_refused(const mig_rename *r) {
  return sqlite3_libversion_number() >= 3054000 &&
         (mig_is_rowid_word(r->from) || mig_is_rowid_word(r->to));
}

static void mig_refuse_speakers(migrate *m, const mig_catalog *c, const char *table,
                                const char *column) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    if (!mig_is_type(o, "view") && !mig_is_type(o, "trigger")) continue;
    if (!mig_mentions_token(&m->work, o->sql, column)) continue;
    if (!mig_mentions_token(&m->work, o->sql, table)) continue;
    mig_fail(&m->work, MIGRATE_DEPENDENT,
             "%s %s speaks of %s.%s, and this SQLite does not rename a column of that name: drop it "
             "first and make it again",
             o->type, o->name, table, column);
  }
}

static char *mig_renamed_index(mig_arena *a, const char *sql, const mig_rename *r) {
  mig_uses uses;
  mig_index x;
  memset(&uses, 0, sizeof uses);
  if (mig_parse_index(a, sql, &x)) return 0;
  mig_find_uses(a, sql, x.list, r->from, &uses);
  mig_find_uses(a, sql, x.where, r->from, &uses);
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

/* The text of a table, the one with the column or a child of it. */
static char *mig_renamed_table(mig_arena *a, const char *sql, const char *table,
                               const mig_rename *r) {
  mig_uses uses;
  mig_table t;
  int i, k;
  if (mig_parse_table(a, sql, &t)) return 0;
  if (mig_same(t.name, table)) {
    return mig_rename_column_text(a, &t, mig_find_column(&t, r->from), r->to);
  }
  memset(&uses, 0, sizeof uses);
  for (i = 0; i < t.nconstraint; i++) {
    const mig_constraint *c = &t.constraints[i];
    for (k = 0; k < c->nparent && mig_same(c->parent, table); k++) {
      if (mig_same(c->parent_keys[k].name, r->from)) {
        mig_add_use(a, &uses, c->parent_keys[k].name_span);
      }
    }
  }
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

static void mig_rename_by_text(migrate *m, const mig_target *t, const mig_rename *r) {
  const mig_catalog *c = t->catalog;
  const char *table = t->object->name;
  int i;
  mig_refuse_speakers(m, c, table, r->from);
  if (t->temp != c) mig_refuse_speakers(m, t->temp, table, r->from);
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    char *sql = 0;
    if (!o->sql || mig_is_virtual(o)) continue;
    if (mig_is_type(o, "index") && mig_same(o->table, table)) {
      sql = mig_renamed_index(&m->work, o->sql, r);
    } else if (mig_is_type(o, "table") && mig_mentions(o->sql, r->from)) {
      sql = mig_renamed_table(&m->work, o->sql, table, r);
    }
    if (!sql) continue;
    mig_run_edit(m, c->schema,
                 mig_format(&m->work, "UPDATE \"%w\".sqlite_master SET sql = ?1 WHERE rowid = %lld",
                            c->schema, o->rowid),
                 sql, "SQLite's own refuses a column that is called like the rowid");
  }
  mig_flush(m);
}
