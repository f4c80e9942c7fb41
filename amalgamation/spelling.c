/* Spelling: after a native rename, the texts of the schema get back the spelling that SQLite's
** rewriting took: kinds of quotes, and strings that were written in double quotes. */

static int mig_is_quoted_token(mig_token k) {
  return k.type == MIG_TK_NAME || k.type == MIG_TK_STRING;
}

/* The new text in the manner of the old one, from which it differs by one renamed name. NULL where
** the two do not run side by side. */
static char *mig_respell(mig_arena *a, const char *old, const char *now, const char *from,
                         const char *to) {
  size_t n = strlen(old), m = strlen(now), done = 0;
  mig_token x = mig_next_significant(old, n, 0), y = mig_next_significant(now, m, 0);
  mig_text z;
  mig_text_init(&z, a);
  while (!mig_failed(a) && (x.type != MIG_TK_END || y.type != MIG_TK_END)) {
    size_t length = x.end - x.at;
    if (length != y.end - y.at || memcmp(old + x.at, now + y.at, length) != 0) {
      const char *was = mig_dequote(a, old, x), *is = mig_dequote(a, now, y);
      if (!was || !is) return 0;
      if (mig_same(was, from) && strcmp(is, to) == 0) {
        mig_span s;
        s.at = x.at;
        s.end = x.end;
        mig_putn(&z, old + done, x.at - done);
        mig_put_name_like(&z, old, s, to);
        done = x.end;
      } else if (strcmp(was, is) != 0 || !mig_is_quoted_token(x)) {
        return 0;
      } else if (mig_same(was, to)) { /* a string that would now be read as the column */
        mig_putn(&z, old + done, x.at - done);
        mig_put_string(&z, was);
        done = x.end;
      }
    }
    x = mig_next_significant(old, n, x.end);
    y = mig_next_significant(now, m, y.end);
  }
  mig_put(&z, old + done);
  return mig_failed(a) ? 0 : z.z;
}

static const mig_object *mig_by_rowid(const mig_catalog *c, const mig_object *like) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (c->v[i].rowid == like->rowid && mig_is_type(&c->v[i], like->type)) return &c->v[i];
  }
  return 0;
}

/* Goes over one database: `before` was read ahead of the rename. */
static void mig_respell_catalog(migrate *m, const mig_catalog *before, const char *from,
                                const char *to) {
  mig_catalog *after = mig_read_catalog(m, before->schema);
  int i;
  for (i = 0; after && i < after->n && !mig_failed(&m->work); i++) {
    const mig_object *now = &after->v[i], *old = mig_by_rowid(before, now);
    char *sql;
    if (!old || !old->sql || !now->sql || strcmp(old->sql, now->sql) == 0) continue;
    sql = mig_respell(&m->work, old->sql, now->sql, from, to);
    if (!sql || strcmp(sql, now->sql) == 0) continue;
    mig_run_text(m, before->schema, now->rowid, sql, "names and strings keep their quotes");
  }
}

/* ---- without edits of the schema ---- */

/* The text that an object had before the rename, with the new name in its manner; NULL: it has it.
 */
static char *mig_respelled(migrate *m, const mig_catalog *before, const mig_object *now,
                           const char *from, const char *to) {
  const mig_object *old = mig_by_rowid(before, now);
  char *sql;
  if (!old || !old->sql || !now->sql || strcmp(old->sql, now->sql) == 0) return 0;
  sql = mig_respell(&m->work, old->sql, now->sql, from, to);
  return sql && strcmp(sql, now->sql) != 0 ? sql : 0;
}

/* Drops the triggers of a table or view and makes them again, in their order. */
static void mig_remake_triggers(migrate *m, const mig_catalog *before, const mig_catalog *c,
                                const char *table, const char *from, const char *to) {
  mig_object *o = 0;
  int pass;
  for (pass = 0; pass < 2; pass++) {
    while ((o = mig_objects_of(c, table, o)) != 0 && !mig_failed(&m->work)) {
      const char *sql;
      mig_trigger t;
      if (!mig_is_type(o, "trigger")) continue;
      if (!pass) {
        mig_sink_sql(m, MIG_S_SCHEMA,
                     mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, o->name),
                     "made again with the quotes that it had");
        continue;
      }
      sql = mig_respelled(m, before, o, from, to);
      if (!sql) sql = o->sql;
      if (mig_parse_trigger(&m->work, sql, &t)) return;
      mig_sink_sql(m, MIG_S_SCHEMA,
                   mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                              sql + t.name_span.at),
                   "made again with the quotes that it had");
    }
  }
}

static void mig_remake_view(migrate *m, const mig_catalog *before, const mig_catalog *c,
                            const mig_object *o, const char *sql, const char *from,
                            const char *to) {
  const mig_catalog *temp = mig_same(c->schema, "temp") ? 0 : mig_read_catalog(m, "temp");
  mig_object *t = 0;
  mig_sink_sql(m, MIG_S_SCHEMA, mig_format(&m->work, "DROP VIEW \"%w\".\"%w\"", c->schema, o->name),
               "made again with the quotes that it had");
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "CREATE VIEW \"%w\".%s", c->schema,
                          sql + mig_view_name_at(sql)),
               "made again with the quotes that it had");
  while ((t = mig_objects_of(c, o->name, t)) != 0 && !mig_failed(&m->work)) {
    mig_trigger head;
    const char *text;
    if (!mig_is_type(t, "trigger")) continue;
    text = mig_respelled(m, before, t, from, to);
    if (!text) text = t->sql;
    if (mig_parse_trigger(&m->work, text, &head)) return;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                            text + head.name_span.at),
                 "made again with the quotes that it had");
  }
  while (temp && (t = mig_objects_of(temp, o->name, t)) != 0 && !mig_failed(&m->work)) {
    mig_trigger head;
    if (!mig_hangs_on(&m->work, temp, t, c->schema)) continue;
    if (mig_parse_trigger(&m->work, t->sql, &head)) return;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER temp.%s", t->sql + head.name_span.at),
                 "a TEMP trigger of the view: it went with it");
  }
}

/* Views, and triggers of other tables, whose text the rename has spelled anew. */
static void mig_remake_others(migrate *m, const mig_catalog *before, const char *table,
                              const char *from, const char *to) {
  const mig_catalog *c = mig_read_catalog(m, before->schema);
  int i, k;
  for (i = 0; c && i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    char *sql = mig_same(o->table, table) ? 0 : mig_respelled(m, before, o, from, to);
    if (!sql) continue;
    if (mig_is_type(o, "view")) {
      mig_remake_view(m, before, c, o, sql, from, to);
    } else if (mig_is_type(o, "trigger")) {
      for (k = 0; k < i; k++) { /* the first of the table's that changed makes all of them again */
        if (mig_is_type(&c->v[k], "trigger") && mig_same(c->v[k].table, o->table) &&
            mig_respelled(m, before, &c->v[k], from, to)) {
          break;
        }
      }
      if (k == i) mig_remake_triggers(m, before, c, o->table, from, to);
    }
  }
}

/* Gives the objects of one table, as the catalog at hand has them, their spelling back. Tells
** whether any differed. */
static int mig_respell_at_hand(migrate *m, const mig_catalog *before, mig_catalog *c,
                               const char *table, const char *from, const char *to) {
  mig_object *o = 0;
  int any = 0;
  while ((o = mig_objects_of(c, table, o)) != 0 && !mig_failed(&m->work)) {
    char *sql = mig_respelled(m, before, o, from, to);
    if (sql) o->sql = sql;
    any |= sql != 0;
  }
  return any;
}
