/* Other: the statements besides ALTER TABLE that SQLite lacks. */

/* Finds an object by name: in one database, or where SQLite would find it. Without a type it is a
** table, an index or a view. */
static mig_object *mig_find_object(migrate *m, const char *schema, const char *name,
                                   const char *type, mig_catalog **where) {
  int n, i;
  const char **schemas = mig_read_schemas(m, &n);
  mig_object *o = 0;
  for (i = 0; i < n && !mig_failed(&m->work) && !o; i++) {
    mig_catalog *c;
    if (schema && !mig_same(schema, schemas[i])) continue;
    c = mig_read_catalog(m, schemas[i]);
    o = c ? mig_catalog_find(c, name, type) : 0;
    *where = c;
  }
  return o;
}

/* Where a text says INDEXED BY name. */
static void mig_find_indexed_by(mig_arena *a, const char *sql, const char *name, mig_uses *uses) {
  size_t n = strlen(sql);
  mig_token k, by, x;
  mig_span s;
  memset(uses, 0, sizeof *uses);
  if (!mig_mentions(sql, "INDEXED")) return;
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(sql, n, k.end)) {
    if (!mig_token_is(sql, k, "INDEXED")) continue;
    by = mig_next_significant(sql, n, k.end);
    x = mig_next_significant(sql, n, by.end);
    if (!mig_token_is(sql, by, "BY") || !mig_token_names(a, sql, x, name)) continue;
    s.at = x.at;
    s.end = x.end;
    mig_add_use(a, uses, s);
  }
}

/* Before the rename: DROP INDEX would take along what names the old index. */
static void mig_rename_index_stats(migrate *m, const mig_catalog *c, const char *from,
                                   const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(&m->work); i++) {
    if (!mig_catalog_table(c, stats[i])) continue;
    mig_sink_sql(m, MIG_S_DATA,
                 mig_format(&m->work, "UPDATE \"%w\".%s SET idx = %Q WHERE idx = %Q", c->schema,
                            stats[i], to, from),
                 "the statistics keep their index");
  }
}

/* In plain SQL a trigger is made again with all of its table, in their order. */
static void mig_remake_indexed_by(migrate *m, const mig_catalog *c, const mig_object *o,
                                  const char *from, const char *to) {
  mig_object *t = 0;
  int pass;
  for (pass = 0; pass < 2; pass++) {
    while ((t = mig_objects_of(c, o->table, t)) != 0 && !mig_failed(&m->work)) {
      mig_trigger head;
      mig_uses uses;
      char *sql;
      if (!mig_is_type(t, "trigger")) continue;
      mig_find_indexed_by(&m->work, t->sql, from, &uses);
      sql = mig_replace_uses(&m->work, t->sql, &uses, to);
      if (!sql || mig_parse_trigger(&m->work, sql, &head)) return;
      mig_sink_sql(m, MIG_S_SCHEMA,
                   pass ? mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                                     sql + head.name_span.at)
                        : mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, t->name),
                   "it, or another of its table, says INDEXED BY");
    }
  }
}

static int mig_is_first_indexed_by(mig_arena *a, const mig_catalog *c, const mig_object *o,
                                   const char *name) {
  mig_object *t = 0;
  while ((t = mig_objects_of(c, o->table, t)) != 0 && t != o && !mig_failed(a)) {
    mig_uses uses;
    if (!mig_is_type(t, "trigger")) continue;
    mig_find_indexed_by(a, t->sql, name, &uses);
    if (uses.n) return 0;
  }
  return 1;
}

/* Views and triggers that say INDEXED BY follow the name. */
static void mig_rename_indexed_by(migrate *m, const mig_catalog *c, const char *from,
                                  const char *to) {
  mig_arena *a = &m->work;
  int i;
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    mig_uses uses;
    char *sql;
    if (!mig_is_type(o, "view") && !mig_is_type(o, "trigger")) continue;
    mig_find_indexed_by(a, o->sql, from, &uses);
    if (!uses.n) continue;
    sql = mig_replace_uses(a, o->sql, &uses, to);
    if (!mig_is_plain(m)) {
      mig_run_text(m, c->schema, o->rowid, sql, "it says INDEXED BY");
    } else if (mig_is_type(o, "view")) {
      mig_remake_view(m, c, c, o, sql, from, to);
    } else if (mig_is_first_indexed_by(a, c, o, from)) {
      mig_remake_indexed_by(m, c, o, from, to);
    }
  }
}

/* ALTER INDEX a RENAME TO b: an edit of its row, and of what names it. */
static void mig_rename_index(migrate *m, const mig_index_rename *r, mig_catalog *c,
                             const mig_object *o) {
  mig_arena *a = &m->work;
  const mig_catalog *temp;
  mig_index x;
  mig_text z;
  if (!o->sql) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             "index %s belongs to a constraint of %s: rename the constraint", o->name, o->table);
  } else if (!mig_same(r->to, o->name) && mig_is_taken(c, r->to)) {
    mig_fail(a, MIGRATE_EXISTS,
             "there is already another table, index or view with this name: %s", r->to);
  } else if (mig_has_name_prefix(r->to, "sqlite_")) {
    mig_fail(a, MIGRATE_UNSUPPORTED, "object name reserved for internal use: %s", r->to);
  }
  if (mig_failed(a) || mig_parse_index(a, o->sql, &x)) return;
  mig_text_init(&z, a);
  mig_putn(&z, x.sql, x.name_span.at);
  mig_put_name_like(&z, x.sql, x.name_span, r->to);
  mig_put(&z, x.sql + x.name_span.end);
  temp = mig_same(c->schema, "temp") ? 0 : mig_read_catalog(m, "temp");
  mig_rename_indexed_by(m, c, o->name, r->to);
  if (temp && !mig_catalog_find(temp, o->name, "index")) {
    mig_rename_indexed_by(m, temp, o->name, r->to);
  }
  mig_rename_index_stats(m, c, o->name, r->to);
  if (mig_is_plain(m)) {
    mig_sink_sql(m, MIG_S_SCHEMA, mig_format(a, "DROP INDEX \"%w\".\"%w\"", c->schema, o->name),
                 "made again under the new name");
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(a, "CREATE %sINDEX \"%w\".%s", x.unique ? "UNIQUE " : "", c->schema,
                            z.z ? z.z + x.name_span.at : ""),
                 "made again under the new name");
    return;
  }
  mig_run_edit(m, c->schema,
               mig_format(a,
                          "UPDATE \"%w\".sqlite_master SET name = %Q, sql = ?1 WHERE rowid = %lld",
                          c->schema, r->to, o->rowid),
               z.z, "only the index's name changes");
}

static void mig_run_alter_index(migrate *m, const char *sql) {
  mig_index_rename r;
  mig_catalog *c = 0;
  mig_object *o;
  if (mig_parse_index_rename(&m->work, sql, &r)) return;
  o = mig_find_object(m, r.schema, r.name, "index", &c);
  if (o) mig_rename_index(m, &r, c, o);
  else if (!r.if_exists) {
    mig_fail_at(&m->work, MIGRATE_NO_SUCH, sql, r.name_at,
                mig_format(&m->work, "no such index: %s%s%s", r.schema ? r.schema : "",
                           r.schema ? "." : "", r.name));
  }
}

/* The triggers of a view go with it and are made again, in their order: those of `c`, which is the
** view's database or TEMP. */
static void mig_triggers_again(migrate *m, const mig_catalog *c, const char *schema,
                               const char *view) {
  mig_object *o = 0;
  while ((o = mig_objects_of(c, view, o)) != 0 && !mig_failed(&m->work)) {
    mig_trigger t;
    if (!mig_is_type(o, "trigger") || mig_parse_trigger(&m->work, o->sql, &t)) continue;
    if (mig_same(c->schema, "temp") && !mig_hangs_on(&m->work, c, o, schema)) continue;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                            o->sql + t.name_span.at),
                 "a trigger of the replaced view");
  }
}

/* What compiled beside the view as it was, itself included, compiles. */
static void mig_check_replaced(migrate *m, const mig_object *view, mig_dependents *d) {
  mig_text names;
  int i;
  mig_text_init(&names, &m->work);
  mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    const mig_dependent *v = &d->v[i];
    if (!v->worked || mig_works_strictly(m, v, v->strict)) continue;
    if (v->object == view) { /* SQLite says why */
      sqlite3_finalize(mig_prepare_braced(m, mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\"",
                                                        v->catalog->schema, view->name)));
    }
    mig_putf(&names, "%s%s %s", names.n ? ", " : "", v->object->type, v->object->name);
  }
  mig_be_strict(m, 0);
  if (!names.n || mig_failed(&m->work)) return;
  mig_fail(&m->work, MIGRATE_DEPENDENT,
           "other objects depend on view %s as it was: %s (drop them first)", view->name, names.z);
}

static void mig_replace_view(migrate *m, mig_catalog *c, mig_object *o, const char *sql) {
  mig_target t;
  mig_dependents d;
  t.catalog = c;
  t.temp = mig_read_catalog(m, "temp");
  t.object = o;
  if (!t.temp) return;
  d = mig_find_dependents(m, &t);
  mig_take_dependent(m, &d, c, o);
  mig_baseline(m, &d);
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "DROP VIEW \"%w\".\"%w\"", c->schema, o->name),
               "it is replaced");
  mig_sink_sql(m, MIG_S_SCRIPT, sql, "as it stands, without OR REPLACE");
  mig_triggers_again(m, c, c->schema, o->name);
  if (t.temp != c) mig_triggers_again(m, t.temp, c->schema, o->name);
  mig_check_replaced(m, o, &d);
}

static void mig_replace_trigger(migrate *m, const mig_catalog *c, const mig_object *o,
                                const char *sql) {
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, o->name),
               "it is replaced");
  mig_sink_sql(m, MIG_S_SCRIPT, sql, "as it stands, without OR REPLACE");
}

/* Where SQLite puts a trigger that does not say it: beside a TEMP table or view. */
static const char *mig_trigger_home(migrate *m, const char *sql) {
  mig_object o;
  const mig_catalog *temp = mig_read_catalog(m, "temp");
  mig_trigger t;
  if (!temp) return "main";
  if (mig_parse_trigger(&m->work, sql, &t)) {
    mig_forgive(&m->fault); /* SQLite says what is wrong */
    return "main";
  }
  memset(&o, 0, sizeof o);
  o.type = "trigger";
  o.table = t.table;
  o.sql = sql;
  return mig_hangs_on(&m->work, temp, &o, "temp") ? "temp" : "main";
}

/* CREATE OR REPLACE VIEW and TRIGGER: what is there goes, in the same transaction. */
static void mig_run_or_replace(migrate *m, const char *sql) {
  mig_replacement r;
  mig_catalog *c = 0;
  mig_object *o;
  const char *schema = "main";
  if (mig_parse_replacement(&m->work, sql, &r)) return;
  if (r.temp) schema = "temp";
  else if (r.schema) schema = r.schema;
  else if (r.trigger) schema = mig_trigger_home(m, r.sql);
  o = mig_find_object(m, schema, r.name, r.trigger ? "trigger" : 0, &c);
  if (mig_failed(&m->work)) return;
  if (!o) {
    mig_sink_sql(m, MIG_S_SCRIPT, r.sql, "as it stands, without OR REPLACE");
  } else if (r.trigger) {
    mig_replace_trigger(m, c, o, r.sql);
  } else if (mig_is_type(o, "view")) {
    mig_replace_view(m, c, o, r.sql);
  } else {
    mig_fail_at(&m->work, MIGRATE_EXISTS, sql, r.name_at,
                mig_format(&m->work, "%s is a%s %s, not a view", o->name,
                           mig_is_type(o, "index") ? "n" : "", o->type));
  }
}
