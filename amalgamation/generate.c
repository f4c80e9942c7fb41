/* Generate: the sections of a new revision, written from the way to the target and the way back. */

/* The markers read backwards. */
static mig_renamed *mig_renamed_back(mig_arena *a, const mig_renamed *list) {
  const mig_renamed *r, *t;
  mig_renamed *back = 0;
  for (r = list; r && !mig_failed(a); r = r->next) {
    const char *table = r->table;
    mig_renamed *b;
    for (t = list; t; t = t->next) {
      if (t->table_from && mig_same(t->table, r->table)) table = t->table_from;
    }
    b = mig_add_renamed(a, &back, table);
    if (!b) break;
    b->from = r->to;
    b->to = r->from;
    if (r->table_from) b->table_from = r->table;
  }
  return back;
}

/* Finds the way back to a catalog. */
static void mig_draft_down(mig_draft *d, const mig_catalog *to) {
  mig_renamed *back;
  if (!d->up.first || d->up.trouble || !to) return;
  back = mig_renamed_back(&d->m->work, d->goal.renamed);
  mig_lead(d, &d->down, to, back);
}

/* A statement that may be meant stands as a comment above the one that is written. */
static void mig_put_hint(mig_text *t, const char *words, const char *hint) {
  const char *end;
  for (; hint && *hint; hint = *end ? end + 1 : end) {
    end = strchr(hint, '\n');
    if (!end) end = hint + strlen(hint);
    mig_put(t, words);
    mig_putn(t, hint, (size_t)(end - hint));
    mig_put(t, ";\n");
  }
}

static void mig_put_way(mig_text *t, const mig_way *way, const char *words) {
  const mig_difference *v;
  for (v = way->first; v && !mig_failed(t->a); v = v->next) {
    mig_put_hint(t, words, v->hint);
    mig_put(t, mig_closed(t->a, v->sql));
    mig_put(t, "\n");
  }
}

/* The copy that the revisions make of nothing: what a database at their heads would be. */
static void mig_draft_from_revisions(mig_draft *d) {
  migrate *m = d->m;
  mig_graph *g = mig_graph_of(m);
  sqlite3 *db = mig_scratch_open(m, 0);
  if (!db) return;
  mig_scratch_handle(m, db, &d->copy);
  d->copy.live = 0;
  d->copy.graph = g;
  d->copy.revisions = m->revisions;
  d->copy.nrevision = m->nrevision;
  d->copy.settings.env_sql = 0;
  if (g && g->n) mig_offline_run(&d->copy, &mig_upgrading, "heads");
  if (d->copy.fault.code)
    mig_fail(&m->work, d->copy.fault.code, "%s", mig_fault_text(&d->copy.fault));
  mig_forget_catalogs(&d->copy);
}

/* The objects of a catalog in memory that the copy's changes leave alone. */
static const mig_catalog *mig_before(mig_draft *d) {
  const mig_catalog *c =
      d->copy.db ? mig_read_catalog(&d->copy, "main") : mig_read_catalog(d->m, "main");
  mig_forget_catalogs(&d->copy);
  return c;
}

/* Fills in the sections; an equal schema leaves them to the user. */
static void mig_generate(migrate *m, const migrate_new_options *o, mig_revision *r) {
  mig_draft d;
  const mig_catalog *before;
  mig_text up, down;
  memset(&d, 0, sizeof d);
  d.m = m;
  mig_text_init(&up, &m->work);
  mig_text_init(&down, &m->work);
  if (o->from_revisions)
    mig_draft_from_revisions(&d);
  else
    mig_want_head(m);
  before = mig_failed(&m->work) ? 0 : mig_before(&d);
  if (before) mig_draft_up(&d, o->target);
  if (!mig_failed(&m->work)) mig_draft_down(&d, before);
  if (!mig_failed(&m->work) && d.up.first) {
    mig_log_way(m, &d.up);
    mig_put_review(&up, &d);
    mig_put_way(&up, &d.up, "-- instead, where it is the same thing under a new name: ");
    mig_put_way(&down, &d.down, "-- instead, where the upgrade renames: ");
    r->upgrade.sql = mig_text_z(&up);
    r->downgrade.sql = mig_text_z(&down);
  }
  mig_draft_close(&d);
}
