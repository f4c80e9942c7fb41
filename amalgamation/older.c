/* Older: a program that is older than its database. A version row that no revision of the program
** knows stands for a revision of a newer program. Its journal entry tells whether older programs
** may go on beside it (compat), and how to undo it. */

/* The first version row that no revision knows; NULL: there is none. */
static const char *mig_first_unknown(const mig_graph *g, mig_names rows) {
  int i;
  for (i = 0; i < rows.n; i++) {
    if (strcmp(rows.at[i], "base") != 0 && mig_find_id(g, rows.at[i]) < 0) return rows.at[i];
  }
  return 0;
}

static const mig_entry *mig_find_entry(const mig_journal *j, const char *id) {
  int i;
  for (i = 0; i < j->n; i++) {
    if (strcmp(j->entries[i].revision, id) == 0) return &j->entries[i];
  }
  return 0;
}

/* The ids of the program's heads, as a message names them. */
static const char *mig_head_words(const mig_graph *g) {
  mig_text t;
  int i;
  mig_text_init(&t, g->a);
  for (i = 0; i < g->n; i++) {
    if (g->nodes[i].after.n) continue;
    mig_putf(&t, "%s'%s'", t.n ? ", " : "", mig_id(g, i));
  }
  return t.n ? t.z : "nothing";
}

static void mig_fail_newer(const mig_graph *g, const char *row, const char *then) {
  mig_fail(g->a, MIGRATE_NEWER,
           "Can't locate revision identified by '%s': the database is newer than this program, "
           "which ends at %s; %s",
           row, mig_head_words(g), then);
}

/* May the program go on as it is? Each unknown row must name a revision that it has. */
static int mig_is_compatible(migrate *m, const mig_graph *g, mig_names rows,
                             const mig_journal *j) {
  int i;
  for (i = 0; i < rows.n; i++) {
    const mig_entry *e;
    if (mig_find_id(g, rows.at[i]) >= 0) continue;
    e = mig_find_entry(j, rows.at[i]);
    if (!e || !mig_entry_applied(e) || !e->compat) return 0;
    if (mig_find_id(g, e->compat) < 0) return 0;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "the database is at revision %s, which this program does not know; it lets "
                       "programs from revision %s on use it",
                       e->revision, e->compat));
  }
  return 1;
}

/* ---- going back ---- */

/* What the journal brings along, beside the program's own revisions. */
typedef struct mig_brought {
  const mig_revision **v; /* the program's nown, then those of the journal */
  int n, nown;
} mig_brought;

static int mig_is_brought(const mig_brought *b, const char *id) {
  int i;
  for (i = b->nown; i < b->n && strcmp(b->v[i]->id, id) != 0; i++) {}
  return i < b->n;
}

/* The revision that a journal entry describes: enough of it to undo it. */
static const mig_revision *mig_entry_revision(mig_arena *a, const mig_entry *e) {
  mig_revision *r = (mig_revision *)mig_alloc(a, sizeof *r);
  if (!r) return 0;
  r->id = e->revision;
  r->message = e->message ? e->message : "";
  r->create_date = "";
  r->compat = e->compat;
  r->down = mig_list_of(a, e->down_revision);
  r->depends = mig_list_of(a, e->depends_on);
  r->downgrade.sql = e->downgrade;
  r->downgrade.outside = e->downgrade_outside;
  return r;
}

/* Takes in an unknown revision, after it was seen that the journal can undo it. */
static void mig_bring(migrate *m, mig_graph *g, const mig_journal *j, mig_brought *b,
                      const char *id) {
  const mig_entry *e = mig_find_entry(j, id);
  if (mig_find_id(g, id) >= 0 || mig_is_brought(b, id)) return;
  if (!e || !mig_entry_applied(e)) {
    mig_fail_newer(g, id, "the journal does not hold it, so that there is no way back");
  } else if (!e->downgrade) {
    mig_fail_newer(g, id, "the journal holds no downgrade of it, so that there is no way back");
  } else {
    b->v[b->n++] = mig_entry_revision(&m->work, e);
  }
}

/* The revisions above the program's own, down to where it knows its way. A dependency may be a
** label, of which the journal knows nothing: then it is left out of the order. */
static mig_brought mig_bring_all(migrate *m, mig_graph *g, mig_names rows, const mig_journal *j) {
  mig_arena *a = &m->work;
  mig_brought b;
  int i, k;
  b.n = b.nown = m->nrevision;
  b.v = (const mig_revision **)mig_array(a, (size_t)(m->nrevision + j->n) + 1, sizeof *b.v);
  for (i = 0; i < b.nown && b.v; i++) b.v[i] = m->revisions[i];
  for (i = 0; i < rows.n && !mig_failed(a); i++) mig_bring(m, g, j, &b, rows.at[i]);
  for (i = b.nown; i < b.n && !mig_failed(a); i++) {
    mig_names down = b.v[i]->down, needs = b.v[i]->depends;
    for (k = 0; k < down.n && !mig_failed(a); k++) mig_bring(m, g, j, &b, down.at[k]);
    for (k = 0; k < needs.n && !mig_failed(a); k++) {
      if (mig_find_entry(j, needs.at[k])) mig_bring(m, g, j, &b, needs.at[k]);
    }
  }
  return b;
}

static void mig_drop_unknown_needs(migrate *m, mig_graph *g, const mig_brought *b) {
  int i, k;
  for (i = b->nown; i < b->n && !mig_failed(&m->work); i++) {
    mig_revision *r = (mig_revision *)mig_alloc(&m->work, sizeof *r);
    if (!r) return;
    *r = *b->v[i];
    r->depends.n = 0;
    for (k = 0; k < b->v[i]->depends.n; k++) {
      const char *need = b->v[i]->depends.at[k];
      if (mig_find_node(g, need) < 0 && !mig_is_brought(b, need)) continue;
      r->depends.at[r->depends.n++] = need;
    }
    b->v[i] = r;
  }
}

/* The steps that undo what the program does not know. */
static mig_plan mig_plan_back(migrate *m, mig_graph *g, mig_names rows, const mig_journal *j) {
  mig_brought b = mig_bring_all(m, g, rows, j);
  mig_graph *all;
  mig_plan none;
  unsigned char *undo;
  mig_ask q;
  int i;
  memset(&none, 0, sizeof none);
  mig_drop_unknown_needs(m, g, &b);
  all = mig_failed(&m->work) ? 0 : mig_graph_load(&m->work, b.v, b.n);
  if (!all) return none;
  undo = mig_marks(all);
  for (i = b.nown; i < b.n && undo; i++) undo[mig_find_id(all, b.v[i]->id)] = 1;
  q = mig_ask_of(all, 0);
  return mig_plan_undo(all, undo, mig_resolve_rows(&q, rows));
}

/* What an upgrade does first about rows that it does not know. *stay: nothing is done at all. */
static mig_plan mig_plan_older(migrate *m, mig_graph *g, mig_names rows, int *stay) {
  const char *unknown = mig_first_unknown(g, rows);
  mig_journal j;
  mig_plan none;
  memset(&none, 0, sizeof none);
  *stay = 0;
  if (!unknown) return none;
  memset(&j, 0, sizeof j);
  if (m->settings.journal) j = mig_journal_read(m->db, &m->work);
  if (mig_failed(&m->work)) return none;
  *stay = mig_is_compatible(m, g, rows, &j);
  if (*stay) return none;
  if (m->flags & MIGRATE_GO_BACK) return mig_plan_back(m, g, rows, &j);
  mig_fail_newer(g, unknown, "use the newer program");
  return none;
}
