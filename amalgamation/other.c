/* Other: the statements besides ALTER TABLE that SQLite lacks. */

/* Finds an object by name: in one database, or where SQLite would find it. */
static mig_object *mig_find_object(migrate *m, const char *schema, const char *name,
                                   const char *type, mig_catalog **where) {
  int n, i;
  const char **schemas = mig_read_schemas(m, &n);
  mig_object *o = 0;
  for (i = 0; i < n && !mig_failed(&m->work) && !o; i++) {
    mig_catalog *c;
    if (schema && !mig_same(schema, schemas[i])) continue;
    c = mig_read_catalog(m, schemas[i]);
    o = c ? mig_catalog_find(c, name) : 0;
    if (o && type && !mig_is_type(o, type)) o = 0;
    *where = c;
  }
  return o;
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

/* ALTER INDEX a RENAME TO b: an edit of its row, and of the statistics that name it. */
static void mig_rename_index(migrate *m, const mig_index_rename *r, mig_catalog *c,
                             const mig_object *o) {
  mig_arena *a = &m->work;
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
                mig_format(&m->work, "no such index: %s", r.name));
  }
}

/* The triggers of a view go with it and are made again, in their order. */
static void mig_triggers_again(migrate *m, const mig_catalog *c, const char *view) {
  mig_object *o = 0;
  while ((o = mig_objects_of(c, view, o)) != 0 && !mig_failed(&m->work)) {
    mig_trigger t;
    if (!mig_is_type(o, "trigger") || mig_parse_trigger(&m->work, o->sql, &t)) continue;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                            o->sql + t.name_span.at),
                 "a trigger of the replaced view");
  }
}

/* CREATE OR REPLACE VIEW and TRIGGER: what is there goes, in the same transaction. */
static void mig_run_or_replace(migrate *m, const char *sql) {
  mig_replacement r;
  mig_catalog *c = 0, *temp;
  mig_object *o;
  const char *type, *schema;
  if (mig_parse_replacement(&m->work, sql, &r)) return;
  type = r.trigger ? "trigger" : "view";
  schema = r.temp ? "temp" : r.schema ? r.schema : "main";
  o = mig_find_object(m, schema, r.name, 0, &c);
  if (mig_failed(&m->work)) return;
  if (o && !mig_is_type(o, type)) {
    mig_fail_at(&m->work, MIGRATE_EXISTS, sql, r.name_at,
                mig_format(&m->work, "%s is a %s, not a %s", o->name, o->type, type));
    return;
  }
  temp = mig_read_catalog(m, "temp");
  if (o) {
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work,
                            r.trigger ? "DROP TRIGGER \"%w\".\"%w\"" : "DROP VIEW \"%w\".\"%w\"",
                            schema, o->name),
                 "it is replaced");
  }
  mig_sink_sql(m, MIG_S_SCRIPT, r.sql, "as it stands, without OR REPLACE");
  if (!o || r.trigger || mig_failed(&m->work)) return;
  mig_triggers_again(m, c, o->name);
  if (temp && temp != c) mig_triggers_again(m, temp, o->name);
}
