/* Revisions: those that a handle knows, in the order in which they were added, and their graph.
**
** What the program adds is looked at when it is needed: a launch with nothing to do compares the
** version row with the end of the line, and no more. */

static void mig_add_revision(migrate *m, const mig_revision *revision) {
  m->revisions = (const mig_revision **)mig_grow(&m->arena, (void *)m->revisions, m->nrevision,
                                                 &m->revision_cap, sizeof(*m->revisions));
  if (mig_failed(&m->arena)) return;
  m->revisions[m->nrevision++] = revision;
  m->graph = 0;
}

static const char *mig_borrow(migrate *m, const char *z) {
  return z && (m->flags & MIGRATE_COPY) ? mig_copy(&m->arena, z) : z;
}

static int mig_is_text(const char *z, mig_span s, const char *words) {
  return mig_word_is(z + s.at, s.end - s.at, words);
}

/* A text whose first line begins with `words`: the next line, and in *rest what stands behind them;
** else NULL. */
static const char *mig_opening_line(const char *sql, const char *words, mig_span *rest) {
  size_t n = strlen(words), end = strcspn(sql, "\n");
  if (strncmp(sql, words, n) != 0 || end < n) return 0;
  *rest = mig_trim_blanks(sql, n, end);
  return sql[end] ? sql + end + 1 : sql + end;
}

/* A revision file says two things for which an array has no field: they are lines that open the
** SQL, `-- compat: REV` that of the upgrade, and the section's marker, for its option. */
static void mig_take_opening(migrate *m, mig_revision *v, mig_section *section, const char *sql) {
  mig_arena *a = &m->arena;
  int upgrade = section == &v->upgrade;
  const char *next, *marker = upgrade ? "-- migrate:up" : "-- migrate:down";
  mig_span rest;
  section->sql = sql = mig_unix_lines(a, mig_borrow(m, sql));
  if (!sql) return;
  next = upgrade ? mig_opening_line(sql, "-- compat:", &rest) : 0;
  if (next) {
    v->compat = mig_span_text(a, sql, rest);
    if (v->compat) mig_check_id(a, v->compat);
    section->sql = *next ? next : 0;
    sql = next;
  }
  next = mig_opening_line(sql, marker, &rest);
  if (!next || mig_failed(a)) return;
  section->sql = next;
  section->outside = mig_is_text(sql, rest, "transaction:false");
  if (section->outside || mig_span_empty(rest) || mig_is_text(sql, rest, "transaction:true"))
    return;
  mig_fail(a, MIGRATE_SCRIPT,
           "revision %s: unknown option of the marker %s; known is transaction:false", v->id,
           marker);
}

static void mig_add_one(migrate *m, const migrate_revision *r) {
  mig_arena *a = &m->arena;
  mig_revision *v = (mig_revision *)mig_alloc(a, sizeof *v);
  if (!v) return;
  v->id = mig_borrow(m, r->id);
  v->message = r->message ? mig_borrow(m, r->message) : "";
  v->create_date = r->create_date ? mig_borrow(m, r->create_date) : "";
  v->down = mig_list_of(a, r->down_revision);
  v->depends = mig_list_of(a, r->depends_on);
  v->labels = mig_list_of(a, r->branch_labels);
  mig_take_opening(m, v, &v->upgrade, r->upgrade);
  mig_take_opening(m, v, &v->downgrade, r->downgrade);
  v->upgrade_fn = r->upgrade_fn;
  v->downgrade_fn = r->downgrade_fn;
  v->arg = r->arg;
  mig_add_revision(m, v);
}

/* Looks at what the program added. */
static void mig_take_added(migrate *m) {
  int i;
  while (m->added && !mig_failed(&m->arena)) {
    mig_added *added = m->added;
    m->added = added->next;
    for (i = 0; i < added->n && !mig_failed(&m->arena); i++) mig_add_one(m, &added->v[i]);
  }
}

/* The graph of all of them, which answers into the memory of this call; NULL after a fault. */
static mig_graph *mig_graph_of(migrate *m) {
  mig_take_added(m);
  if (!m->graph) m->graph = mig_graph_load(&m->arena, m->revisions, m->nrevision);
  if (m->graph) m->graph->a = &m->work;
  return mig_failed(&m->arena) ? 0 : m->graph;
}

static int mig_is_none(const char *list) { return !list || !*list; }

/* Whether the target is the head, the revisions form one line in the order in which they were
** added, and the only version row is its end. That is the usual launch, and it is answered without
** a graph; 0 says nothing. */
static int mig_at_only_head(const migrate *m, mig_names rows, const char *target) {
  const migrate_revision *v = m->added ? m->added->v : 0;
  int i;
  if (!v || m->added->next || m->nrevision || rows.n != 1) return 0;
  if (strcmp(target, "head") != 0 && strcmp(target, "heads") != 0) return 0;
  if (strcmp(rows.at[0], v[m->added->n - 1].id) != 0) return 0;
  for (i = 0; i < m->added->n; i++) {
    const char *down = v[i].down_revision;
    if (!mig_is_none(v[i].depends_on)) return 0;
    if (i == 0 ? !mig_is_none(down) : !down || strcmp(down, v[i - 1].id) != 0) return 0;
  }
  return 1;
}

MIGRATE_API int migrate_add(migrate *m, const migrate_revision *revisions, int n) {
  mig_arena *a;
  mig_added *added, **last;
  int i;
  if (!m || m->fault.code) return migrate_errcode(m);
  a = &m->arena;
  if (n < 0 || (n && !revisions)) {
    mig_fail(a, MIGRATE_MISUSE, "migrate_add: no revisions are given");
  }
  for (i = 0; i < n && !mig_failed(a); i++) {
    if (!revisions[i].id || !revisions[i].id[0]) {
      mig_fail(a, MIGRATE_MISUSE, "migrate_add: a revision has no id");
    }
  }
  if (mig_failed(a) || n == 0) return mig_end_call(m);
  added = (mig_added *)mig_alloc(a, sizeof *added);
  if (added) added->v = (migrate_revision *)mig_array(a, (size_t)n, sizeof *revisions);
  if (mig_failed(a)) return mig_end_call(m);
  memcpy(added->v, revisions, (size_t)n * sizeof *revisions);
  added->n = n;
  for (last = &m->added; *last; last = &(*last)->next) {}
  *last = added;
  m->graph = 0;
  if (m->flags & MIGRATE_COPY) mig_take_added(m);
  return mig_end_call(m);
}
