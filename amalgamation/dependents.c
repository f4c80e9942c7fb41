/* Dependents: views and triggers that name a table, looked at before and after a change. What did
** not compile before may stay so; what compiles no more is a dependant that the change broke. */

typedef struct mig_dependent {
  const mig_catalog *catalog;
  const mig_object *object;
  int strict; /* compiled with "x" never read as a string: then so it must afterwards */
  int worked;
  int gone;   /* dropped by CASCADE */
} mig_dependent;

typedef struct mig_dependents {
  mig_dependent *v;
  int n, cap;
} mig_dependents;

static void mig_take_dependent(migrate *m, mig_dependents *d, const mig_catalog *c,
                               const mig_object *o) {
  int i;
  for (i = 0; i < d->n; i++) {
    if (d->v[i].object == o) return;
  }
  d->v = (mig_dependent *)mig_grow(&m->work, d->v, d->n, &d->cap, sizeof(mig_dependent));
  if (mig_failed(&m->work)) return;
  memset(&d->v[d->n], 0, sizeof d->v[d->n]);
  d->v[d->n].catalog = c;
  d->v[d->n++].object = o;
}

/* Takes in what names `name`, of one database. */
static void mig_find_mentions(migrate *m, mig_dependents *d, mig_catalog *c,
                              const char *name) {
  const mig_mention *x;
  for (x = mig_next_mention(c, name, 0); x && !mig_failed(&m->work);
       x = mig_next_mention(c, name, x)) {
    const mig_object *o = x->object;
    if (!mig_is_type(o, "view") && !mig_is_type(o, "trigger")) continue;
    if (mig_same(o->table, name) && mig_is_type(o, "view")) continue;
    if (mig_mentions_token(&m->work, o->sql, name)) mig_take_dependent(m, d, c, o);
  }
}

/* All views and triggers that name the table, or a view that does, and so on. */
static mig_dependents mig_find_dependents(migrate *m, const mig_target *t) {
  mig_dependents d;
  int i;
  memset(&d, 0, sizeof d);
  mig_find_mentions(m, &d, t->catalog, t->object->name);
  if (t->temp != t->catalog) mig_find_mentions(m, &d, t->temp, t->object->name);
  for (i = 0; i < d.n && !mig_failed(&m->work); i++) {
    if (!mig_is_type(d.v[i].object, "view")) continue;
    mig_find_mentions(m, &d, t->catalog, d.v[i].object->name);
    if (t->temp != t->catalog) mig_find_mentions(m, &d, t->temp, d.v[i].object->name);
  }
  return d;
}

/* A statement that makes SQLite compile a trigger, with all others of its event. */
static char *mig_trigger_probe(migrate *m, const mig_catalog *c, const mig_object *o) {
  mig_arena *a = &m->work;
  mig_trigger t;
  mig_text z;
  sqlite3_stmt *stmt;
  char *columns;
  const char *schema = c->schema;
  int n = 0;
  mig_parse_trigger(a, o->sql, &t);
  if (mig_failed(a)) {
    mig_forgive(a->fault);
    return 0;
  }
  mig_text_init(&z, a);
  if (mig_same(schema, "temp")) schema = t.table_schema; /* NULL: as SQLite finds it */
  if (t.event == 'D') {
    mig_put(&z, "DELETE FROM ");
    mig_put_object(&z, schema, o->table);
    return z.z;
  }
  mig_put(&z, t.event == 'I' ? "INSERT INTO " : "UPDATE ");
  mig_put_object(&z, schema, o->table);
  if (t.event == 'I') {
    mig_put(&z, " DEFAULT VALUES");
    return z.z;
  }
  mig_put(&z, " SET ");
  columns = schema ? mig_format(a, "PRAGMA \"%w\".table_info(\"%w\")", schema, o->table)
                   : mig_format(a, "PRAGMA table_info(\"%w\")", o->table);
  if (!mig_compiles(m, columns)) return 0; /* those of a view that is broken are not known */
  stmt = mig_prepare(m, columns);
  while (mig_row(m, &stmt)) {
    const char *name = (const char *)sqlite3_column_text(stmt, 1);
    mig_putf(&z, "%s\"%w\" = NULL", n++ ? ", " : "", name);
  }
  return n && !mig_failed(a) ? z.z : 0;
}

static int mig_dependent_works(migrate *m, const mig_dependent *d) {
  const mig_object *o = d->object;
  char *sql = mig_is_type(o, "view")
                  ? mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\"", d->catalog->schema, o->name)
                  : mig_trigger_probe(m, d->catalog, o);
  return sql && mig_compiles(m, sql);
}

/* From now on a statement compiles only if no "x" in it is read as a string; or 0: as usual. */
static void mig_be_strict(migrate *m, int strict) {
  int dml, ddl;
  mig_undo_in_need(m);
  dml = mig_switch(m, MIG_DQS_DML, !strict);
  ddl = mig_switch(m, MIG_DQS_DDL, !strict);
  if (dml == strict || ddl == strict) mig_still_ready(m);
}

static int mig_works_strictly(migrate *m, const mig_dependent *d, int strict) {
  mig_be_strict(m, strict);
  return mig_dependent_works(m, d);
}

static void mig_baseline(migrate *m, mig_dependents *d) {
  int i;
  if (!d->n) return;
  mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    d->v[i].strict = d->v[i].worked = mig_works_strictly(m, &d->v[i], 1);
    if (!d->v[i].worked) d->v[i].worked = mig_works_strictly(m, &d->v[i], 0);
  }
  mig_be_strict(m, 0);
}

/* Do names in double quotes occur: this one, or, with other set, another? */
static int mig_holds_quoted(mig_arena *a, const char *sql, const char *name, int other) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  for (; k.type != MIG_TK_END && !mig_failed(a); k = mig_next_significant(sql, n, k.end)) {
    if (sql[k.at] == '"' && mig_token_names(a, sql, k, name) != other) return 1;
  }
  return 0;
}

/* "x" was a string because no column was called x. Now that one is, is it that column? */
static void mig_refuse_capture(migrate *m, const mig_dependents *d, const char *name) {
  int i;
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    const mig_object *o = d->v[i].object;
    int others; /* strings of other names would keep it from compiling strictly */
    if (!d->v[i].worked || d->v[i].strict || d->v[i].gone) continue;
    if (!mig_holds_quoted(&m->work, o->sql, name, 0)) continue;
    others = mig_holds_quoted(&m->work, o->sql, name, 1);
    if (!others && !mig_works_strictly(m, &d->v[i], 1)) continue;
    mig_fail(&m->work, MIGRATE_DEPENDENT,
             "%s %s holds \"%s\", perhaps as a string, which a column of that name would take "
             "over: make it anew with single quotes first",
             o->type, o->name, name);
  }
}

static void mig_refuse_captures(migrate *m, const mig_dependents *d, const mig_alteration *c) {
  const mig_rename *r;
  int k;
  if (!d->n) return;
  mig_flush(m);
  for (k = 0; k < c->now.ncolumn; k++) {
    const char *name = c->now.columns[k].name;
    if (c->origins[k].from < 0 && mig_find_column(&c->old, name) < 0) {
      mig_refuse_capture(m, d, name);
    }
  }
  for (r = c->renames; r; r = r->next) mig_refuse_capture(m, d, r->to);
  mig_be_strict(m, 0);
}

/* UPDATE OF a column that is gone compiles, and never fires: it needs the column all the same. */
static int mig_lost_update_of(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  mig_trigger t;
  int i;
  if (!mig_is_type(d->object, "trigger") || !mig_same(d->object->table, c->old.name)) return 0;
  mig_parse_trigger(&m->work, d->object->sql, &t);
  if (mig_failed(&m->work)) mig_forgive(&m->fault);
  else {
    for (i = 0; i < t.ncolumn; i++) {
      if (mig_find_column(&c->old, t.columns[i].name) >= 0 &&
          mig_find_column(&c->now, t.columns[i].name) < 0) {
        return 1;
      }
    }
  }
  return 0;
}

/* Did the name of the new column i mean the real rowid before? */
static int mig_takes_rowid_word(const mig_alteration *c, int i) {
  const char *name = c->now.columns[i].name;
  return mig_is_rowid_word(name) && !c->old.without_rowid && mig_find_column(&c->old, name) < 0;
}

/* Is column i of the old table gone, and does its name mean something else now: a new column, or
** the real rowid? What needs it compiles all the same. */
static int mig_is_supplanted(const mig_alteration *c, int i) {
  const char *name = c->old.columns[i].name;
  int k, now = mig_find_column(&c->now, name);
  for (k = 0; k < c->now.ncolumn; k++) {
    if (c->origins[k].from == i) return 0;
  }
  return now >= 0 || mig_is_rowid_word(name);
}

static int mig_lost_meaning(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  mig_span all;
  int i;
  all.at = 0;
  all.end = strlen(d->object->sql);
  for (i = 0; i < c->old.ncolumn; i++) {
    if (!mig_is_supplanted(c, i)) continue;
    if (mig_span_uses(&m->work, d->object->sql, all, c->old.columns[i].name)) return 1;
  }
  for (i = 0; i < c->now.ncolumn; i++) {
    if (!mig_takes_rowid_word(c, i)) continue;
    if (mig_span_uses(&m->work, d->object->sql, all, c->now.columns[i].name)) return 1;
  }
  return 0;
}

/* Does it compile, or seem to, without what it needs? */
static int mig_is_broken(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  return !mig_works_strictly(m, d, d->strict) || mig_lost_update_of(m, d, c) ||
         mig_lost_meaning(m, d, c);
}

static const mig_dependent *mig_find_broken(migrate *m, mig_dependents *d,
                                            const mig_alteration *c) {
  int i;
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    mig_dependent *v = &d->v[i];
    if (v->gone || !v->worked) continue;
    if (mig_is_broken(m, v, c)) return v;
  }
  return 0;
}

/* Of the triggers that one probe compiles together, the one to blame: first one that names a lost
** column, then one with a string of that name, which may mean it, then any. */
static int mig_suspicion(migrate *m, const mig_dependent *v, const mig_alteration *c) {
  const char *sql = v->object->sql;
  int i, k, most = 0;
  mig_span all;
  if (mig_is_type(v->object, "view")) return 2;
  all.at = 0;
  all.end = strlen(sql);
  for (i = 0; i < c->old.ncolumn && most < 2; i++) {
    for (k = 0; k < c->now.ncolumn && c->origins[k].from != i; k++) {}
    if (k < c->now.ncolumn) continue;
    if (mig_span_uses(&m->work, sql, all, c->old.columns[i].name)) most = 2;
    else if (mig_mentions_token(&m->work, sql, c->old.columns[i].name)) most = 1;
  }
  return most;
}

/* The next one behind d->v[i] that is broken and at least so suspicious; -1: none. */
static int mig_next_suspect(migrate *m, mig_dependents *d, const mig_alteration *c, int i,
                            int suspicion) {
  for (i++; i < d->n && !mig_failed(&m->work); i++) {
    const mig_dependent *v = &d->v[i];
    if (v->gone || !v->worked || mig_suspicion(m, v, c) < suspicion) continue;
    if (mig_is_broken(m, v, c)) return i;
  }
  return -1;
}

static void mig_put_broken(migrate *m, mig_dependents *d, const mig_alteration *c,
                           mig_text *names) {
  int i, suspicion;
  for (suspicion = 2; suspicion >= 0 && !names->n; suspicion--) {
    for (i = mig_next_suspect(m, d, c, -1, suspicion); i >= 0;
         i = mig_next_suspect(m, d, c, i, suspicion)) {
      mig_putf(names, "%s%s %s", names->n ? ", " : "", d->v[i].object->type, d->v[i].object->name);
    }
  }
}

static void mig_cascade(migrate *m, mig_dependents *d, const mig_dependent *broken,
                        const mig_alteration *c) {
  int i, pick = -1, suspicion;
  char *sql;
  for (suspicion = 2; suspicion >= 0 && pick < 0; suspicion--) {
    pick = mig_next_suspect(m, d, c, -1, suspicion);
  }
  if (pick < 0) pick = (int)(broken - d->v);
  sql = mig_format(&m->work, "DROP %s \"%w\".\"%w\"",
                   mig_is_type(d->v[pick].object, "view") ? "VIEW" : "TRIGGER",
                   d->v[pick].catalog->schema, d->v[pick].object->name);
  mig_be_strict(m, 0);
  mig_sink_sql(m, MIG_S_SCHEMA, sql, "CASCADE: it needs what was dropped");
  d->v[pick].gone = 1;
  for (i = 0; i < d->n; i++) { /* INSTEAD OF triggers go with their view */
    if (mig_is_type(d->v[pick].object, "view") &&
        mig_same(d->v[i].object->table, d->v[pick].object->name)) {
      d->v[i].gone = 1;
    }
  }
}

/* After the change: whatever compiled must compile. CASCADE drops what does not, else it is an
** error that names them. */
static void mig_check_dependents(migrate *m, mig_dependents *d, const mig_alteration *c) {
  const mig_dependent *broken;
  mig_flush(m);
  while ((broken = mig_find_broken(m, d, c)) != 0 && !mig_failed(&m->work)) {
    mig_text names;
    if (c->cascade) {
      mig_cascade(m, d, broken, c);
      continue;
    }
    mig_text_init(&names, &m->work);
    mig_put_broken(m, d, c, &names);
    mig_fail(&m->work, MIGRATE_DEPENDENT,
             "other objects depend on table %s as it is: %s (CASCADE drops what needs a dropped "
             "column)",
             c->old.name, mig_text_z(&names));
  }
  mig_be_strict(m, 0);
}
