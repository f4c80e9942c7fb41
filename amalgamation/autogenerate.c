/* Autogenerate: the way from the database to the target and back. Each statement is tried in a
** private copy of the schema before it is written, and what it left there is compared again: so the
** way ends at the target, and the way back begins where it really ended. */

typedef struct mig_way {
  mig_difference *first, *last;
  const char *trouble; /* why it could not be tried; NULL: it was */
} mig_way;

typedef struct mig_draft {
  migrate *m;
  mig_goal goal;
  migrate copy; /* the handle on the private copy; copy.db NULL: not needed */
  mig_way up, down;
  int looks; /* the way is shown, not kept: what is certain need not be tried */
} mig_draft;

#define MIG_ROUNDS \
  6 /* tables' new names, columns' new names, the rest; more where a change brought
                     ** another with it */

/* Remembers what a statement costs: a rebuild copies, the others do not. */
static void mig_note_strategy(migrate *k, const mig_statement *s, const char *strategy) {
  mig_difference *v = (mig_difference *)k->listener;
  (void)s;
  if (!strategy || !*strategy) return;
  if (!v->strategy || strcmp(strategy, "rebuild") == 0) v->strategy = strategy;
}

static const char *mig_closed(mig_arena *a, const char *sql) {
  return mig_format(a, "%s%s;", sql, mig_ends_in_comment(sql) ? "\n" : "");
}

/* A virtual table goes out of the copy, where its module would look in vain for its rows. */
static void mig_forget_virtual(mig_draft *d, const char *name) {
  mig_arena *a = &d->m->work;
  const mig_catalog *c;
  int i;
  mig_flush(&d->copy);
  mig_forget_catalogs(&d->copy);
  c = mig_read_catalog(&d->copy, "main");
  for (i = 0; c && i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    size_t n = strlen(name);
    int shadow = mig_is_shadow_name(a, c, o->table) &&
                 sqlite3_strnicmp(o->table, name, (int)n) == 0 &&
                 strrchr(o->table, '_') == o->table + n;
    if (!shadow && !mig_same(o->table, name)) continue;
    mig_scratch_step(d->m, d->copy.db,
                     mig_format(a, "DELETE FROM sqlite_master WHERE rowid = %lld", o->rowid), 0);
  }
  mig_scratch_reload(d->m, d->copy.db, "main", mig_read_int(&d->copy, "PRAGMA schema_version") + 1);
  mig_forget_catalogs(&d->copy);
}

/* Runs differences in the copy and adds them to the way. */
static void mig_try(mig_draft *d, mig_way *way, mig_difference *list) {
  migrate *m = d->m, *k = &d->copy;
  mig_difference *v;
  if (!list || mig_failed(&m->work)) return;
  if (way->last)
    way->last->next = list;
  else
    way->first = list;
  mig_frame_open(k);
  k->listen = mig_note_strategy;
  for (v = list; v && !mig_failed(&m->work); v = v->next) {
    const char *sql = mig_closed(&m->work, v->sql);
    way->last = v;
    if (!sql || k->fault.code) continue;
    if (strcmp(v->op, "drop") == 0 && strcmp(v->type, "virtual table") == 0) {
      mig_forget_virtual(d, v->object);
      continue;
    }
    mig_stub_functions(&m->work, k->db, sql);
    k->listener = v;
    mig_run_statement(k, sql, mig_whole(sql), strlen(sql));
  }
  mig_flush(k); /* edits of many tables take effect at once */
  k->listen = 0;
  mig_frame_close(k);
  mig_forget_catalogs(k);
  if (!k->fault.code) return;
  if (k->fault.code == SQLITE_NOMEM) mig_no_memory(&m->work);
  way->trouble = mig_copy(&m->work, mig_fault_text(&k->fault));
  mig_fault_clear(&k->fault);
}

static void mig_comparison_init(mig_comparison *c, migrate *m, const mig_catalog *from,
                                const mig_catalog *to, const mig_renamed *renamed) {
  memset(c, 0, sizeof *c);
  c->a = &m->work;
  c->settings = &m->settings;
  c->from = from;
  c->to = to;
  c->renamed = renamed;
}

/* ---- one ALTER TABLE a table ---- */

static int mig_only_renames(const mig_difference *v) {
  const mig_action *x;
  for (x = v->actions; x; x = x->next) {
    if (x->kind != MIG_RENAME_COLUMN) return 0;
  }
  return v->actions != 0;
}

/* The next change of the same table, where nothing between the two speaks of the table. */
static mig_difference *mig_next_change(mig_arena *a, const mig_difference *v) {
  mig_difference *w;
  for (w = v->next; w && !mig_failed(a); w = w->next) {
    if (w->actions && mig_same(w->object, v->object)) return w;
    if (mig_mentions_token(a, w->sql, v->object)) return 0;
  }
  return 0;
}

/* Columns got their new names in a round of their own: that becomes a part of the table's next
** change. */
static void mig_join_renames(mig_arena *a, mig_way *way) {
  mig_difference **at = &way->first, *v, *w;
  while ((v = *at) != 0 && !mig_failed(a)) {
    mig_action *x = v->actions;
    const char *detail;
    w = mig_only_renames(v) ? mig_next_change(a, v) : 0;
    if (!w) {
      at = &v->next;
      continue;
    }
    while (x->next) x = x->next;
    x->next = w->actions;
    w->actions = v->actions;
    w->before = v->before;
    detail = mig_format(a, "%s\n%s", v->detail, w->detail);
    mig_put_alter(a, w, w->object);
    w->detail = detail;
    *at = v->next;
  }
}

/* ---- the way ---- */

static mig_difference *mig_compare_all(mig_comparison *c) {
  mig_compare_names(c);
  if (!c->first && !mig_failed(c->a)) mig_compare_catalogs(c);
  return c->first;
}

/* Finds the way of the copy to a catalog, and goes it. */
static void mig_lead(mig_draft *d, mig_way *way, const mig_catalog *to,
                     const mig_renamed *renamed) {
  migrate *m = d->m;
  int round;
  for (round = 0; round < MIG_ROUNDS && !way->trouble && !mig_failed(&m->work); round++) {
    mig_comparison c;
    mig_comparison_init(&c, m, mig_read_catalog(&d->copy, "main"), to, renamed);
    if (!c.from || !mig_compare_all(&c)) break;
    mig_try(d, way, c.first);
  }
  mig_join_renames(&m->work, way);
}

/* ---- without a trial ---- */

/* Does a view or trigger speak of the table, or is there an FTS5 table that may read it? */
static int mig_is_spoken_of(const mig_comparison *c, const char *table) {
  int i;
  for (i = 0; i < c->from->n; i++) {
    const mig_object *o = &c->from->v[i];
    int speaks = mig_is_type(o, "view") || mig_is_type(o, "trigger") || mig_is_virtual_text(o->sql);
    if (speaks && mig_mentions_token(c->a, o->sql, table)) return 1;
  }
  return 0;
}

/* Does a table of the target reference one that is not there? Such a key cannot be added. */
static int mig_lacks_parent(const mig_comparison *c, const mig_table *t) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *k = &t->constraints[i];
    if (k->kind == MIG_FOREIGN_KEY && !mig_catalog_table(c->to, k->parent)) return 1;
  }
  return 0;
}

/* Does a change reach no other object, and need none that may not be there? */
static int mig_is_plain_change(const mig_comparison *c, const mig_difference *v) {
  const mig_action *x;
  int spoken = -1;
  for (x = v->actions; x; x = x->next) {
    if (x->kind == MIG_RENAME_COLUMN || x->drops_key) return 0;
    if (x->kind == MIG_DROP_COLUMN && spoken < 0) spoken = mig_is_spoken_of(c, v->object);
  }
  return spoken <= 0 && (!v->actions || !mig_lacks_parent(c, v->after));
}

/* Is it certain, without a trial, that the statements lead to the target? The actions were applied
** to each table's text already: what they made of it is compared once more. */
static int mig_is_certain(mig_comparison *c) {
  const mig_difference *v;
  int i;
  for (v = c->first; v; v = v->next) {
    if (strcmp(v->op, "rename") == 0 || !mig_is_plain_change(c, v)) return 0;
  }
  for (i = 0; i < c->nitem && !mig_failed(c->a); i++) {
    mig_evolution *e = c->items[i].evolution;
    int count = e ? e->count : 0;
    if (!e) continue;
    mig_evolve(e);
    if (e->count != count) return 0;
  }
  return !mig_failed(c->a);
}

/* Finds the way from the connection's schema without a copy. 0: a copy has to try it. */
static int mig_lead_by_text(mig_draft *d) {
  migrate *m = d->m;
  mig_comparison c;
  mig_comparison_init(&c, m, mig_read_catalog(m, "main"), d->goal.catalog, d->goal.renamed);
  if (!c.from || !mig_compare_all(&c)) return 1;
  if (!d->looks || !mig_is_certain(&c)) return 0;
  d->up.first = c.first;
  d->up.last = c.last;
  return 1;
}

/* Finds the way to the open target from the connection's schema or, where the copy is open already,
** from what that holds. */
static void mig_draft_lead(mig_draft *d) {
  migrate *m = d->m;
  sqlite3 *db;
  if (!d->copy.db) {
    if (mig_lead_by_text(d)) return;
    db = mig_scratch_open(m, 1);
    if (!db) return;
    mig_scratch_handle(m, db, &d->copy);
    d->copy.live = 0;
  }
  mig_lead(d, &d->up, d->goal.catalog, d->goal.renamed);
}

/* Opens the target and finds the way to it; mig_draft_close() is due. */
static void mig_draft_up(mig_draft *d, const char *target) {
  migrate *m = d->m;
  mig_goal_open(m, &d->goal, target);
  if (mig_failed(&m->work) || !d->goal.catalog) return;
  mig_draft_lead(d);
  /* who gives the text itself and only looks may mean it */
  if (d->up.first && (d->goal.source || !d->looks)) mig_goal_refuse_empty(m, &d->goal);
}

static void mig_draft_close(mig_draft *d) {
  if (d->copy.db) mig_scratch_close(d->m, &d->copy);
  mig_goal_close(d->m, &d->goal);
}

static void mig_log_way(migrate *m, const mig_way *way) {
  const mig_difference *v;
  mig_arena *a = &m->work;
  for (v = way->first; v; v = v->next) {
    const char *z = v->detail, *end;
    for (; z && *z; z = *end ? end + 1 : end) {
      end = strchr(z, '\n');
      if (!end) end = z + strlen(z);
      mig_log(m, strncmp(z, "Likely", 6) == 0 ? MIGRATE_WARNING : MIGRATE_INFO,
              mig_copyn(a, z, (size_t)(end - z)));
    }
  }
  if (way->trouble) {
    mig_log(m, MIGRATE_WARNING,
            mig_format(a, "The difference does not run on a copy: %s", way->trouble));
  }
}

/* ---- the commands that look ---- */

/* Are all revisions applied? A version row that none knows is an error. */
static void mig_want_head(migrate *m) {
  mig_arena *a = &m->work;
  mig_graph *g = mig_graph_of(m);
  mig_version v = mig_version_read(m->db, a, m->settings.version_table);
  mig_nodes rows;
  unsigned char *applied;
  int i;
  if (!g || mig_failed(a)) return;
  rows = mig_room(a, v.rows.n);
  for (i = 0; i < v.rows.n && rows.at; i++) {
    int node = mig_find_id(g, v.rows.at[i]);
    if (node >= 0)
      rows.at[rows.n++] = node;
    else
      mig_fail(a, MIGRATE_NO_REVISION, "Can't locate revision identified by '%s'", v.rows.at[i]);
  }
  applied = mig_failed(a) ? 0 : mig_applied(g, rows);
  for (i = 0; applied && i < g->n; i++) {
    if (!applied[i]) mig_fail(a, MIGRATE_NOT_AT_HEAD, "Target database is not up to date.");
  }
}

MIGRATE_API int migrate_diff(migrate *m, const char *target,
                             int (*row)(void *, const migrate_difference *), void *arg) {
  mig_draft d;
  const mig_difference *v;
  migrate_difference r;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_diff: the callback is NULL");
    return mig_end_call(m);
  }
  memset(&d, 0, sizeof d);
  memset(&r, 0, sizeof r);
  d.m = m;
  d.looks = 1;
  mig_draft_up(&d, target);
  if (!mig_failed(&m->work)) mig_log_way(m, &d.up);
  for (v = d.up.first; v && !mig_failed(&m->work); v = v->next) {
    r.seq++;
    r.op = v->op;
    r.object_type = v->type;
    r.object = v->object;
    r.detail = v->detail;
    r.sql = v->sql;
    if (row(arg, &r)) break;
  }
  mig_draft_close(&d);
  return mig_end_call(m);
}

/* A statement on one line: runs of white space become one space, outside of quotes. */
static void mig_put_line(mig_text *t, const char *sql) {
  size_t n = strlen(sql);
  mig_token k;
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    if (k.type == MIG_TK_SPACE)
      mig_put(t, " ");
    else if (k.type != MIG_TK_COMMENT)
      mig_putn(t, sql + k.at, k.end - k.at);
  }
}

/* An edited revision is no difference of schemas; the log tells of it. */
static void mig_check_edited(migrate *m) {
  mig_version v;
  if (mig_failed(&m->work)) return;
  v = mig_version_read(m->db, &m->work, m->settings.version_table);
  mig_report_edited(m, m->graph, v.rows);
}

MIGRATE_API int migrate_check(migrate *m) {
  mig_draft d;
  const mig_difference *v;
  mig_text lines;
  if (mig_begin_call(m)) return migrate_errcode(m);
  memset(&d, 0, sizeof d);
  d.m = m;
  d.looks = 1;
  mig_text_init(&lines, &m->work);
  mig_want_head(m);
  mig_check_edited(m);
  if (!mig_failed(&m->work)) mig_draft_up(&d, 0);
  if (!mig_failed(&m->work)) mig_log_way(m, &d.up);
  for (v = d.up.first; v && !mig_failed(&m->work); v = v->next) {
    mig_put(&lines, "\n");
    mig_put_line(&lines, v->sql);
  }
  if (d.up.first) {
    mig_fail(&m->work, MIGRATE_DIFFERENT, "New upgrade operations detected:%s", mig_text_z(&lines));
  }
  mig_put(&m->result, "No new upgrade operations detected.");
  mig_draft_close(&d);
  return mig_end_call(m);
}
