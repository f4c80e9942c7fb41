/* Edited: what the journal tells of the applied revisions, against what they say now; and of those
** that began and did not end. */

/* Where the journal is off, something else may bear its name. */
static mig_journal mig_journal_of(migrate *m, mig_arena *a) {
  mig_journal none;
  memset(&none, 0, sizeof none);
  if (!m->settings.journal && mig_journal_kind(m->db, a) == MIG_OTHER_TABLE) return none;
  return mig_journal_read(m->db, a);
}

/* The journal's entry of each node that is applied; NULL where there is none. */
static const mig_entry **mig_applied_entries(migrate *m, mig_graph *g,
                                             const unsigned char *applied) {
  const mig_entry **entry = (const mig_entry **)mig_array(g->a, (size_t)g->n, sizeof(mig_entry *));
  mig_journal j;
  int i;
  j = mig_journal_of(m, g->a);
  for (i = 0; i < j.n && entry && applied; i++) {
    const mig_entry *e = &j.entries[i];
    int node = e->revision ? mig_find_id(g, e->revision) : -1;
    if (node >= 0 && applied[node] && mig_entry_applied(e)) entry[node] = e;
  }
  return mig_failed(g->a) ? 0 : entry;
}

static int mig_is_edited(mig_arena *a, const mig_revision *rev, const mig_entry *e) {
  const char *now;
  if (!e || !e->checksum) return 0;
  now = mig_checksum(a, rev);
  return now && strcmp(e->checksum, now) != 0;
}

/* The nodes of those version rows that are known. */
static mig_nodes mig_known_rows(mig_graph *g, mig_names rows) {
  mig_nodes known = mig_room(g->a, rows.n);
  int i;
  for (i = 0; i < rows.n && known.at; i++) {
    int node = mig_find_id(g, rows.at[i]);
    if (node >= 0) known.at[known.n++] = node;
  }
  return known;
}

static int mig_holds_name(mig_names list, const char *name) {
  int i;
  for (i = 0; i < list.n && strcmp(list.at[i], name) != 0; i++) {}
  return i < list.n;
}

/* Warns of a revision that was put below an applied one later on: by the version rows it is
** applied, but it never ran. Where the parents of that time are gone it stands for them, as after a
** squash. */
static void mig_report_slipped(migrate *m, mig_graph *g, const mig_entry **entry, int node) {
  mig_nodes below = g->nodes[node].down;
  mig_names then;
  int i;
  if (!entry[node] || !entry[node]->down_revision) return;
  then = mig_list_of(&m->work, entry[node]->down_revision);
  for (i = 0; i < then.n; i++) {
    if (mig_find_id(g, then.at[i]) < 0) return;
  }
  for (i = 0; i < below.n; i++) {
    const char *id = mig_id(g, below.at[i]);
    if (entry[below.at[i]] || mig_holds_name(then, id)) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "revision %s was put below %s after that was applied, and has not run in "
                       "this database%s",
                       id, mig_id(g, node), mig_files(g, mig_one_node(g->a, below.at[i]))));
  }
}

/* Warns of applied revisions that are not what they were. */
static void mig_report_edited(migrate *m, mig_graph *g, mig_names rows) {
  const unsigned char *applied = mig_applied(g, mig_known_rows(g, rows));
  const mig_entry **entry = mig_applied_entries(m, g, applied);
  int i;
  for (i = 0; i < g->n && entry; i++) {
    const mig_revision *rev = g->nodes[i].rev;
    mig_report_slipped(m, g, entry, i);
    if (!mig_is_edited(&m->work, rev, entry[i])) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "revision %s was edited after it was applied; write another one instead%s",
                       rev->id, mig_files(g, mig_one_node(g->a, i))));
  }
}

/* Warns of each section that broke outside of a transaction: part of it may be in the database. */
static void mig_report_started(migrate *m) {
  mig_journal j = mig_journal_of(m, &m->work);
  int i;
  for (i = 0; i < j.n; i++) {
    const mig_entry *e = &j.entries[i];
    if (!e->state || strcmp(e->state, "started") != 0) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "the %s of revision %s began outside of a transaction, %s, and did not end: "
                       "look at what it has done",
                       e->direction, e->revision, e->applied_at));
  }
}
