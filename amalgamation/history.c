/* History: what the commands that only look have to tell, row by row. Version rows that no
** revision knows are no obstacle here: these commands are how one finds out about them. */

typedef struct mig_history {
  migrate *m;
  mig_graph *g;
  mig_version version;
  mig_nodes rows; /* those version rows that are known */
  unsigned char *is_row, *applied;
  const mig_entry **entry; /* of a node, when it was applied last; NULL: not known */
  int (*row)(void *, const migrate_history_row *);
  void *arg;
} mig_history;

/* The version rows, and with them what is applied, and when. */
static void mig_history_rows(mig_history *h) {
  mig_arena *a = &h->m->work;
  int i;
  h->version = mig_version_read(h->m->db, a, h->m->settings.version_table);
  h->rows = mig_known_rows(h->g, h->version.rows);
  h->is_row = mig_marks(h->g);
  for (i = 0; i < h->rows.n && h->is_row; i++) h->is_row[h->rows.at[i]] = 1;
  h->applied = mig_applied(h->g, h->rows);
  if (!mig_failed(a)) h->entry = mig_applied_entries(h->m, h->g, h->applied);
}

/* While another connection commits, nobody may read, and it is waited for. */
static void mig_history_rows_patiently(mig_history *h) {
  mig_wait w = {0, 0};
  do {
    mig_history_rows(h);
  } while (mig_is_held(h->m->fault.code) && mig_pause_at_fault(h->m, &w));
}

/* Begins a command; 0 when it cannot go on. */
static int mig_history_open(mig_history *h, migrate *m,
                            int (*row)(void *, const migrate_history_row *), void *arg) {
  memset(h, 0, sizeof *h);
  if (mig_begin_call(m)) return 0;
  h->m = m;
  h->row = row;
  h->arg = arg;
  h->g = mig_graph_of(m);
  if (!row) mig_fail(&m->work, MIGRATE_MISUSE, "the callback for the rows is NULL");
  if (h->g && row) mig_history_rows_patiently(h);
  return !mig_failed(&m->work);
}

/* A list as text; NULL for none. */
static const char *mig_list_or_null(mig_arena *a, mig_names names) {
  return names.n ? mig_join(a, names) : 0;
}

static const char *mig_text_or_null(const char *z) { return z && *z ? z : 0; }

/* Hands on the row of a node; returns what the callback said. */
static int mig_history_row(mig_history *h, int node) {
  const mig_node *v = &h->g->nodes[node];
  const mig_revision *rev = v->rev;
  const mig_entry *e = h->entry[node];
  mig_arena *a = &h->m->work;
  migrate_history_row r;
  memset(&r, 0, sizeof r);
  r.revision = rev->id;
  r.down_revision = mig_list_or_null(a, rev->down);
  r.branch_labels = mig_list_or_null(a, mig_labels_of(h->g, node));
  r.depends_on = mig_list_or_null(a, rev->depends);
  r.message = rev->message;
  r.create_date = mig_text_or_null(rev->create_date);
  r.is_base = v->down.n == 0;
  r.is_head = v->after.n == 0;
  r.is_branch_point = v->after.n > 1;
  r.is_merge_point = v->down.n > 1;
  r.is_current = h->is_row[node];
  r.is_applied = h->applied[node];
  r.applied_at = e ? e->applied_at : 0;
  r.path = rev->path;
  r.upgrade_sql = rev->upgrade.sql;
  r.downgrade_sql = rev->downgrade.sql;
  r.is_edited = mig_is_edited(a, rev, e);
  return mig_failed(a) ? 1 : h->row(h->arg, &r);
}

/* All of a list, until the callback has heard enough. */
static int mig_history_close(mig_history *h, mig_nodes list) {
  int i;
  for (i = 0; i < list.n && !mig_failed(&h->m->work); i++) {
    if (list.at[i] >= 0 && mig_history_row(h, list.at[i])) break;
  }
  return mig_end_call(h->m);
}

MIGRATE_API int migrate_history(migrate *m, const char *range,
                                int (*row)(void *, const migrate_history_row *), void *arg) {
  mig_history h;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (m->log) mig_report_started(m);
  return mig_history_close(&h, mig_history_range(h.g, range ? range : "", h.rows));
}

MIGRATE_API int migrate_heads(migrate *m, int (*row)(void *, const migrate_history_row *),
                              void *arg) {
  mig_history h;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  return mig_history_close(&h, h.g->heads);
}

MIGRATE_API int migrate_branches(migrate *m, int (*row)(void *, const migrate_history_row *),
                                 void *arg) {
  mig_history h;
  mig_nodes order, points;
  int i;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  order = mig_history_range(h.g, "", h.rows);
  points = mig_room(&m->work, order.n);
  for (i = 0; i < order.n && points.at; i++) {
    if (h.g->nodes[order.at[i]].after.n > 1) points.at[points.n++] = order.at[i];
  }
  return mig_history_close(&h, points);
}

MIGRATE_API int migrate_show(migrate *m, const char *revision,
                             int (*row)(void *, const migrate_history_row *), void *arg) {
  mig_history h;
  mig_ask q;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (revision && strcmp(revision, "current") == 0) return mig_history_close(&h, h.rows);
  if (!revision) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_show: the revision is NULL");
    return mig_end_call(m);
  }
  q = mig_ask_of(h.g, 0);
  return mig_history_close(&h, mig_resolve_all(&q, revision));
}

/* A version row that no revision knows: of it there is the id alone. */
static int mig_unknown_row(mig_history *h, const char *id) {
  migrate_history_row r;
  memset(&r, 0, sizeof r);
  r.revision = id;
  r.is_current = r.is_applied = 1;
  return h->row(h->arg, &r);
}

MIGRATE_API int migrate_current(migrate *m, int (*row)(void *, const migrate_history_row *),
                                void *arg) {
  mig_history h;
  int i, enough = 0;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (m->log) mig_report_started(m);
  for (i = 0; i < h.version.rows.n && !enough; i++) {
    const char *id = h.version.rows.at[i];
    if (mig_find_id(h.g, id) < 0) enough = mig_unknown_row(&h, id);
  }
  return enough ? mig_end_call(m) : mig_history_close(&h, mig_all_current(h.g, h.rows));
}
