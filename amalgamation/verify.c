/* Verify: each revision up, down and up again on a private copy of the database, rows and all: is
** what the downgrade leaves what the upgrade found? */

typedef struct mig_verify {
  migrate *m;
  mig_graph *g;
  migrate k;             /* the copy in which the revisions run */
  const char **schemas;
  int nschema;
  unsigned char *asked;  /* revisions to be verified */
  mig_text wrong;        /* what is not true, revision by revision */
} mig_verify;

/* ---- steps in the copy ---- */

static void mig_verify_run(mig_verify *v, migrate *k, const mig_step *step) {
  mig_version now = mig_version_read(k->db, &k->work, k->settings.version_table);
  if (step->rev->upgrade.sql) mig_stub_functions(&k->work, k->db, step->rev->upgrade.sql);
  if (step->rev->downgrade.sql) mig_stub_functions(&k->work, k->db, step->rev->downgrade.sql);
  k->graph = v->g;
  mig_check_step(k, step);
  if (!mig_failed(&k->work)) mig_frame_open(k);
  if (!mig_failed(&k->work)) mig_make_tables(k, now.exists);
  if (!mig_failed(&k->work)) mig_run_step(k, step, 1);
  mig_end_transaction(k);
  k->step = 0;
  if (!mig_failed(&k->work) && !sqlite3_get_autocommit(k->db)) {
    mig_fail(&k->work, MIGRATE_SCRIPT, "revision %s leaves a transaction open", step->rev->id);
  }
}

/* The steps from the copy's version rows up to a revision, or that undo it. */
static mig_plan mig_verify_plan(mig_verify *v, const mig_revision *rev, int upgrade) {
  mig_names rows = mig_version_read(v->k.db, &v->m->work, v->m->settings.version_table).rows;
  unsigned char *undo;
  if (upgrade) return mig_plan_upgrade(v->g, rows, rev->id);
  undo = mig_marks(v->g);
  if (undo) undo[mig_find_id(v->g, rev->id)] = 1;
  return mig_plan_undo(v->g, undo, mig_known_rows(v->g, rows));
}

/* Runs a revision's one step up or down. */
static void mig_verify_go(mig_verify *v, const mig_revision *rev, int upgrade) {
  mig_plan p = mig_verify_plan(v, rev, upgrade);
  int i;
  for (i = 0; i < p.n && !mig_failed(&v->m->work) && !v->k.fault.code; i++) {
    mig_verify_run(v, &v->k, &p.steps[i]);
  }
}

/* A copy of the copy. */
static void mig_verify_snapshot(mig_verify *v, migrate *copy) {
  mig_copy_open(v->m, v->k.db, v->schemas, v->nschema, copy);
}

static void mig_verify_restore(mig_verify *v, migrate *copy) {
  int i;
  mig_fault_clear(&v->k.fault);
  if (!sqlite3_get_autocommit(v->k.db)) mig_step_all(v->k.db, "ROLLBACK", 0);
  for (i = 0; i < v->nschema; i++) {
    if (mig_same(v->schemas[i], "temp")) continue;
    mig_copy_pages(v->m, v->k.db, copy->db, v->schemas[i]);
  }
  mig_forget_catalogs(&v->k);
}

static void mig_verify_close(mig_verify *v, migrate *copy) {
  if (!copy->db) return;
  if (copy->fault.code != SQLITE_NOMEM) mig_fault_clear(&copy->fault);
  mig_scratch_close(v->m, copy);
}

/* ---- comparing ---- */

static mig_contrast mig_verify_contrast(mig_verify *v, migrate *before, migrate *after, int rows) {
  mig_contrast c;
  int i;
  memset(&c, 0, sizeof c);
  for (i = 0; i < v->nschema && !c.name; i++) {
    if (!mig_same(v->schemas[i], "temp")) {
      mig_contrast_schema(v->m, before, after, v->schemas[i], &c);
    }
  }
  for (i = 0; i < v->nschema && !c.name && rows; i++) {
    if (!mig_same(v->schemas[i], "temp")) {
      mig_contrast_rows(v->m, before, after, v->schemas[i], &c);
    }
  }
  return c;
}

/* Is the object that differs in the end different already? */
static int mig_verify_differs(mig_verify *v, migrate *before, migrate *now,
                              const mig_contrast *end) {
  const mig_catalog *b = mig_copy_catalog(before, end->schema);
  const mig_catalog *c = mig_copy_catalog(now, end->schema);
  const mig_object *was = b ? mig_object_named(b, end->type, end->name) : 0;
  const mig_object *is = c ? mig_object_named(c, end->type, end->name) : 0;
  mig_contrast rows;
  if (!was || !is) return was != is;
  if (!end->rows) return !mig_same_statement(&v->m->work, was->sql, is->sql);
  memset(&rows, 0, sizeof rows);
  mig_contrast_table(v->m, before, now, end->schema, was, &rows);
  return rows.name != 0;
}

/* The first statement of the upgrade behind which the object is not what it was: its place, or the
** end of the text when it is none of them. */
static size_t mig_verify_culprit(mig_verify *v, migrate *before, const mig_revision *rev,
                                 const mig_contrast *end) {
  const char *sql = rev->upgrade.sql ? rev->upgrade.sql : "";
  size_t n = strlen(sql), at = 0, found = n;
  migrate now;
  mig_span s;
  mig_copy_open(v->m, before->db, v->schemas, v->nschema, &now);
  if (!now.db) return found;
  mig_stub_functions(&now.work, now.db, sql);
  if (!rev->upgrade.outside) mig_frame_open(&now);
  while (found == n && !now.fault.code && mig_next_statement(sql, n, &at, &s) > 0) {
    mig_run_statement(&now, sql, s, at);
    mig_flush(&now);
    if (!now.fault.code && mig_verify_differs(v, before, &now, end)) found = s.at;
  }
  if (now.depth) mig_frame_undo(&now);
  mig_verify_close(v, &now);
  return found;
}

/* ---- reports ---- */

static const char *mig_verify_line(mig_arena *a, const mig_revision *rev) {
  return mig_format(a, "%s%s%s", rev->id, *rev->message ? ", " : "", rev->message);
}

static void mig_verify_answer(mig_verify *v, const char *line) {
  if (v->m->result.n) mig_put(&v->m->result, "\n");
  mig_put(&v->m->result, line);
}

static void mig_put_wrong(mig_verify *v, const char *line) {
  mig_put(&v->wrong, "\n");
  mig_put(&v->wrong, line);
}

/* Where, which statement, what it was and what it is. */
static void mig_verify_blame(mig_verify *v, migrate *before, const mig_revision *rev,
                             const mig_contrast *c) {
  mig_arena *a = &v->m->work;
  const char *sql = rev->upgrade.sql ? rev->upgrade.sql : "";
  size_t n = strlen(sql), at = mig_verify_culprit(v, before, rev, c), from = at;
  mig_span s;
  mig_text one;
  mig_text_init(&one, a);
  mig_put_wrong(v, mig_format(a, "%s: the downgrade does not bring back %s%s %s",
                              at < n ? mig_where(a, rev, 1, at)
                                     : mig_format(a, "revision %s", mig_verify_line(a, rev)),
                              c->rows ? "the rows of " : "", c->type, c->name));
  if (at < n && mig_next_statement(sql, n, &from, &s) > 0) {
    const char *text = mig_span_text(a, sql, s);
    if (text) mig_put_line(&one, text);
    mig_put_wrong(v, mig_format(a, "  statement: %s", mig_text_z(&one)));
  }
  mig_put_wrong(v, mig_format(a, "  before: %s", c->before ? c->before : "(not there)"));
  mig_put_wrong(v, mig_format(a, "  after:  %s", c->after ? c->after : "(not there)"));
  if (c->rows) {
    mig_put_wrong(v, "  where that is meant: -- migrate:allow lossy-downgrade");
  }
}

/* Words of migrate_lint() that say: what goes is meant to go. */
static int mig_is_declared_lossy(mig_arena *a, const mig_revision *rev) {
  static const int rules[] = {MIG_RULE_LOSSY_DOWNGRADE, MIG_RULE_DROP_TABLE, MIG_RULE_DROP_COLUMN,
                              MIG_RULE_DELETE_ALL,      MIG_RULE_UPDATE_ALL, MIG_RULE_LOSSY_TYPE};
  const mig_allow *list = mig_revision_allows(a, rev);
  size_t i;
  for (i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (mig_is_allowed(list, rules[i])) return 1;
  }
  return 0;
}

/* ---- a revision ---- */

/* Down, and what that leaves; 0: it is not what was there before. */
static int mig_verify_down(mig_verify *v, migrate *before, const mig_revision *rev, int lossy) {
  mig_arena *a = &v->m->work;
  mig_contrast c;
  mig_verify_go(v, rev, 0);
  if (mig_failed(a)) return 0;
  if (v->k.fault.code == SQLITE_NOMEM) return 0;
  if (v->k.fault.code) {
    mig_put_wrong(v, mig_fault_text(&v->k.fault));
    return 0;
  }
  c = mig_verify_contrast(v, before, &v->k, !lossy);
  if (c.name) {
    mig_verify_blame(v, before, rev, &c);
    return 0;
  }
  mig_verify_answer(v, lossy ? mig_format(a, "Verified %s: schema", mig_verify_line(a, rev))
                             : mig_format(a, "Verified %s: schema and %lld row%s",
                                          mig_verify_line(a, rev), c.compared,
                                          c.compared == 1 ? "" : "s"));
  return 1;
}

/* Up once more, which must lead to the same schema. */
static void mig_verify_again(mig_verify *v, migrate *above, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  mig_contrast c;
  mig_verify_go(v, rev, 1);
  if (mig_failed(a) || v->k.fault.code == SQLITE_NOMEM) return;
  if (v->k.fault.code) {
    mig_put_wrong(v, mig_format(a, "after the downgrade it cannot be applied again: %s",
                                mig_fault_text(&v->k.fault)));
    return;
  }
  c = mig_verify_contrast(v, above, &v->k, 0);
  if (!c.name) return;
  mig_put_wrong(v, mig_format(a, "revision %s: applied again it makes another %s %s",
                              mig_verify_line(a, rev), c.type, c.name));
  mig_put_wrong(v, mig_format(a, "  at first: %s", c.before ? c.before : "(not there)"));
  mig_put_wrong(v, mig_format(a, "  again:    %s", c.after ? c.after : "(not there)"));
}

/* Up, down, up; where something was not true, goes on from what the first upgrade made. */
static void mig_verify_one(mig_verify *v, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  int lossy = mig_is_declared_lossy(a, rev);
  size_t wrong = v->wrong.n;
  migrate before, above;
  memset(&above, 0, sizeof above);
  mig_verify_snapshot(v, &before);
  if (before.db) mig_verify_go(v, rev, 1);
  if (before.db && !v->k.fault.code) mig_verify_snapshot(v, &above);
  if (above.db && !mig_failed(a)) {
    if (mig_verify_down(v, &before, rev, lossy)) mig_verify_again(v, &above, rev);
    if (v->wrong.n != wrong && !mig_failed(a)) mig_verify_restore(v, &above);
  }
  mig_verify_close(v, &above);
  mig_verify_close(v, &before);
}

static void mig_verify_step(mig_verify *v, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  if (!v->asked[mig_find_id(v->g, rev->id)]) {
    mig_verify_go(v, rev, 1);
  } else if (!rev->downgrade.sql && !rev->downgrade_fn) {
    mig_verify_go(v, rev, 1);
    mig_verify_answer(v, mig_format(a, "Applied %s: it has no downgrade", mig_verify_line(a, rev)));
  } else {
    mig_verify_one(v, rev);
  }
  if (!v->k.fault.code) mig_begin_call(&v->k);
}

/* ---- which revisions ---- */

/* Those between the database and the target; of a target that is applied, and of a range, just
** those. */
static mig_nodes mig_verify_nodes(mig_verify *v, const char *target) {
  migrate *m = v->m;
  mig_names rows = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  mig_nodes nodes = mig_room(&m->work, v->g->n);
  mig_ask q = mig_ask_of(v->g, 0);
  mig_plan p;
  int i;
  if (mig_failed(&m->work)) return nodes;
  if (target && strchr(target, ':')) {
    mig_nodes range = mig_history_range(v->g, target, mig_known_rows(v->g, rows));
    for (i = range.n - 1; i >= 0; i--) nodes.at[nodes.n++] = range.at[i];
    return nodes;
  }
  p = mig_plan_upgrade(v->g, rows, target ? target : "heads");
  for (i = 0; i < p.n && !mig_failed(&m->work); i++) {
    nodes.at[nodes.n++] = mig_find_id(v->g, p.steps[i].rev->id);
  }
  return nodes.n || !target || mig_failed(&m->work) ? nodes : mig_resolve_all(&q, target);
}

/* Takes back, in the copy, those that are applied, with what stands on them. */
static void mig_verify_below(mig_verify *v, mig_nodes nodes) {
  mig_arena *a = &v->m->work;
  mig_names rows = mig_version_read(v->k.db, a, v->m->settings.version_table).rows;
  mig_nodes at = mig_known_rows(v->g, rows);
  unsigned char *applied = mig_applied(v->g, at), *undo = mig_reached(v->g, nodes, MIG_ALL_AFTER);
  mig_plan p;
  int i;
  if (mig_failed(a)) return;
  for (i = 0; i < nodes.n; i++) undo[nodes.at[i]] = 1;
  for (i = 0; i < v->g->n; i++) undo[i] = undo[i] && applied[i];
  p = mig_plan_undo(v->g, undo, at);
  for (i = 0; i < p.n && !mig_failed(a) && !v->k.fault.code; i++) {
    mig_verify_run(v, &v->k, &p.steps[i]);
    if (!v->k.fault.code) mig_begin_call(&v->k);
  }
}

static void mig_verify_all(mig_verify *v, mig_nodes nodes) {
  mig_arena *a = &v->m->work;
  int i, j;
  for (i = 0; i < nodes.n; i++) v->asked[nodes.at[i]] = 1;
  mig_verify_below(v, nodes);
  for (i = 0; i < nodes.n && !mig_failed(a) && !v->k.fault.code; i++) {
    mig_plan p = mig_verify_plan(v, v->g->nodes[nodes.at[i]].rev, 1);
    for (j = 0; j < p.n && !mig_failed(a) && !v->k.fault.code; j++) {
      mig_verify_step(v, p.steps[j].rev);
    }
  }
}

MIGRATE_API int migrate_verify(migrate *m, const char *target) {
  mig_verify v;
  mig_nodes nodes;
  if (mig_begin_call(m)) return migrate_errcode(m);
  memset(&v, 0, sizeof v);
  v.m = m;
  v.g = mig_graph_of(m);
  if (!v.g) return mig_end_call(m);
  mig_text_init(&v.wrong, &m->work);
  v.asked = mig_marks(v.g);
  nodes = mig_verify_nodes(&v, target);
  if (mig_failed(&m->work)) return mig_end_call(m);
  v.schemas = mig_read_schemas(m, &v.nschema);
  if (nodes.n) mig_copy_open(m, m->db, v.schemas, v.nschema, &v.k);
  if (v.k.db && !mig_failed(&m->work)) mig_verify_all(&v, nodes);
  if (v.k.db) mig_scratch_close(m, &v.k);
  if (!nodes.n) mig_put(&m->result, "Nothing to verify: no revision is pending.");
  if (v.wrong.n) {
    mig_fail(&m->work, MIGRATE_DIFFERENT, "the way back is not true:%s", mig_text_z(&v.wrong));
  }
  return mig_end_call(m);
}
