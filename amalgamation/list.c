/* List: what a script or a run of revisions would run, statement by statement, from a scratch
** database. */

/* A listener that hands each statement to a callback of the caller's. */
static void mig_list_row(migrate *m, const mig_statement *s, const char *strategy) {
  migrate_statement row;
  if (m->row_stop) return;
  memset(&row, 0, sizeof row);
  row.step = m->step;
  row.seq = ++m->seq;
  row.revision = m->revision;
  row.direction = m->direction ? m->direction : "";
  row.kind = mig_kind_name(s->kind);
  row.sql = s->sql;
  row.strategy = strategy ? strategy : "";
  row.reason = s->reason;
  if (m->row(m->row_arg, &row)) m->row_stop = 1;
}

static void mig_list_frame(migrate *k, int opened) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_FRAME;
  s.sql = opened ? "BEGIN IMMEDIATE" : "COMMIT";
  s.reason = opened ? "one transaction for the run" : "all of it or nothing";
  mig_list_row(k, &s, "");
}

MIGRATE_API int migrate_plan(migrate *m, const char *target,
                             int (*row)(void *, const migrate_statement *), void *arg) {
  mig_offline o;
  const mig_verb *verb;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!target || !row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_plan: the target or the callback is NULL");
    return mig_end_call(m);
  }
  verb = mig_verb_towards(m, target);
  mig_offline_begin(m, &o, 0);
  if (o.k.db && !o.k.fault.code && verb) {
    o.k.listen = mig_list_row;
    o.k.framed = mig_list_frame;
    o.k.row = row;
    o.k.row_arg = arg;
    mig_offline_run(&o.k, verb, target);
  }
  mig_offline_end(m, &o);
  return mig_end_call(m);
}

MIGRATE_API int migrate_explain(migrate *m, const char *sql,
                                int (*row)(void *, const migrate_statement *), void *arg) {
  migrate k;
  sqlite3 *db;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!sql || !row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_explain: the SQL or the callback is NULL");
    return mig_end_call(m);
  }
  mig_check_exec(&m->work, sql);
  db = mig_failed(&m->work) ? 0 : mig_scratch_open(m, 1);
  if (db) {
    mig_stub_functions(&m->work, db, sql);
    mig_scratch_handle(m, db, &k);
    k.listen = mig_list_row;
    k.row = row;
    k.row_arg = arg;
    k.keeps = 0;
    mig_exec_script(&k, sql);
    m->statements = k.statements;
    mig_scratch_close(m, &k);
  }
  return mig_end_call(m);
}
