/* Revise: runs of revisions. A plan is made without a lock; where there is something to do it is
** made again under the lock, run step by step, and committed with its version rows. */

/* The fault of a section's script, in one line: revision, file, place, message, statement. */
static void mig_fail_in_section(migrate *m) {
  mig_arena *a = &m->work;
  mig_fault f = m->fault;
  const mig_script_place *p = m->blamed ? &m->blamed->place : &m->place;
  const char *sql = p->sql;
  size_t at = p->at, from = at, end = strlen(sql);
  const char *where, *dots = "";
  mig_text one;
  mig_span s;
  if (f.code == SQLITE_NOMEM) return;
  m->blamed = 0;
  memset(&m->fault, 0, sizeof m->fault);
  if (mig_next_statement(sql, strlen(sql), &from, &s)) end = s.end;
  where = mig_where(a, p->rev, p->upgrade, f.placed ? f.at : at);
  mig_text_init(&one, a);
  if (end - at > 200) {
    end = at + 200;
    dots = " ..";
  }
  while (at < end && !mig_failed(a)) { /* white space folded: a statement in one line */
    mig_token k = mig_next_token(sql, end, at);
    if (k.type == MIG_TK_END) break;
    if (k.type == MIG_TK_SPACE) mig_put(&one, one.n && one.z[one.n - 1] == ' ' ? "" : " ");
    else if (k.type != MIG_TK_COMMENT) mig_putn(&one, sql + k.at, k.end - k.at);
    at = k.end;
  }
  mig_fail(a, f.code, "%s: %.*s; in: %s%s", where,
           f.message ? (int)(f.placed ? f.bare : strlen(f.message)) : 0, f.message ? f.message : "",
           mig_text_z(&one), dots);
  sqlite3_free(f.message);
}

/* A function of the program is not called in a scratch database: a plan names it, a script cannot
** have it. */
static void mig_run_function_offline(migrate *m, const mig_revision *rev) {
  mig_statement s;
  if (m->framed && !m->row) {
    mig_fail(&m->work, MIGRATE_SCRIPT,
             "revision %s has a function of the program, which a script cannot call", rev->id);
    return;
  }
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_SCRIPT;
  s.sql = "-- a function of the program";
  s.reason = "runs after the revision's SQL";
  mig_announce(m, &s, "");
}

static void mig_run_section(migrate *m, const mig_revision *rev, int upgrade) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  int (*fn)(sqlite3 *, void *) = upgrade ? rev->upgrade_fn : rev->downgrade_fn;
  int rc;
  if (section->sql && mig_live(m)) mig_stub_functions(&m->work, m->db, section->sql);
  if (section->sql) mig_write_due_for(m, section->sql);
  m->place.rev = rev;
  m->place.upgrade = upgrade;
  if (section->sql) mig_run_script(m, section->sql);
  if (mig_failed(&m->work) && section->sql) mig_fail_in_section(m);
  if (!fn || mig_failed(&m->work)) return;
  if (mig_live(m)) {
    mig_run_function_offline(m, rev);
    return;
  }
  mig_flush(m);
  mig_write_due(m);
  if (mig_failed(&m->work)) return;
  mig_forget_catalogs(m);
  mig_fall_asleep(m); /* SQLite lets nobody replace a function beside a statement at work */
  rc = fn(m->db, rev->arg);
  if (rc) { /* ahead of statements of ours, after which SQLite's message is gone */
    mig_fail(&m->work, rc, "revision %s, %s function: %s", rev->id,
             upgrade ? "upgrade" : "downgrade",
             rc == sqlite3_errcode(m->db) ? sqlite3_errmsg(m->db) : migrate_strerror(rc));
  }
  if (mig_is_undone(m) && !mig_failed(&m->work)) {
    mig_fail(&m->work, SQLITE_ABORT, "revision %s, %s function: it has ended the transaction",
             rev->id, upgrade ? "upgrade" : "downgrade");
  }
  if (m->depth) mig_stay_awake(m);
  mig_still_ready(m);
}

/* ---- before anything runs ---- */

/* The two tables of ours, where they are missing. */
static void mig_make_tables(migrate *m, int have_version) {
  mig_version_check(m->db, &m->work, m->settings.version_table);
  if (!have_version) {
    mig_sink_sql(m, MIG_S_VERSION, mig_version_create_sql(&m->work, m->settings.version_table),
                 "the version table");
  }
  if (m->settings.journal && mig_table_kind(m->db, &m->work, MIG_JOURNAL) == MIG_NO_TABLE) {
    mig_sink_sql(m, MIG_S_VERSION, mig_journal_create_sql(), "the journal");
  }
}

static const mig_section *mig_step_section(const mig_step *step) {
  return step->direction == MIG_UPGRADE ? &step->rev->upgrade : &step->rev->downgrade;
}

/* VACUUM is refused inside any SQL function. */
static int mig_holds_vacuum(const mig_section *section) {
  const char *z = section->sql;
  size_t at = 0;
  mig_span s;
  while (z && mig_next_statement(z, strlen(z), &at, &s) > 0) {
    if (mig_starts(z, s, "VACUUM", 0)) return 1;
  }
  return 0;
}

static int mig_in_transaction_of_caller(migrate *m) {
  return m->depth ? !m->own_transaction : !sqlite3_get_autocommit(m->db);
}

/* A section whose last statement is no whole one (CREATE TABLE t) looks like any other up to its
** end, where SQLite's parser alone can tell. PRAGMAs are left out, since many of them take effect
** as they are compiled, and so is the ALTER language. */
static void mig_check_last(migrate *m, const mig_revision *rev, int upgrade) {
  const char *z = upgrade ? rev->upgrade.sql : rev->downgrade.sql;
  size_t n = z ? strlen(z) : 0, at = 0;
  sqlite3_stmt *stmt = 0;
  mig_span s, last;
  memset(&last, 0, sizeof last);
  while (z && mig_next_statement(z, n, &at, &s) > 0) last = s;
  if (mig_span_empty(last) || mig_next_significant(z, n, last.end).type != MIG_TK_END) return;
  if (mig_starts(z, last, "PRAGMA", 0) || mig_starts(z, last, "ALTER", 0)) return;
  if (sqlite3_prepare_v2(m->db, z + last.at, (int)(last.end - last.at), &stmt, 0) == SQLITE_ERROR &&
      strcmp(sqlite3_errmsg(m->db), "incomplete input") == 0) {
    mig_fail(&m->work, MIGRATE_SCRIPT, "%s: the text ends inside of this statement",
             mig_where(&m->work, rev, upgrade, last.at));
  }
  sqlite3_finalize(stmt);
}

static void mig_check_step(migrate *m, const mig_step *step) {
  int upgrade = step->direction == MIG_UPGRADE;
  const mig_section *section;
  if (!step->rev) return;
  section = mig_step_section(step);
  if (!upgrade && !section->sql && !step->rev->downgrade_fn) {
    mig_fail(&m->work, MIGRATE_IRREVERSIBLE, "revision %s has no downgrade%s%s", step->rev->id,
             step->rev->path ? ": " : "", step->rev->path ? step->rev->path : "");
  }
  mig_check_section(&m->work, step->rev, upgrade);
  if (!mig_failed(&m->work)) mig_check_last(m, step->rev, upgrade);
  if (section->outside && mig_in_transaction_of_caller(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "revision %s runs outside of a transaction and one is open: commit it first",
             step->rev->id);
  }
  if (section->outside && (m->flags & MIGRATE_SQL_FUNCTION) && mig_holds_vacuum(section)) {
    mig_fail(&m->work, MIGRATE_SCRIPT,
             "revision %s holds VACUUM, which SQLite refuses inside an SQL function: run it from C",
             step->rev->id);
  }
}

static void mig_check_plan(migrate *m, const mig_plan *plan) {
  int i;
  if (m->settings.transaction_per_migration && mig_in_transaction_of_caller(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "transaction_per_migration is not possible inside a transaction: commit it first");
  }
  for (i = 0; i < plan->n && !mig_failed(&m->work); i++) mig_check_step(m, &plan->steps[i]);
}

/* ---- the steps ---- */

static void mig_begin_step(migrate *m, const mig_step *step, int number) {
  const char *line = mig_step_line(&m->work, step);
  m->step = number;
  m->revision = step->rev ? step->rev->id : step->to;
  m->direction = mig_direction_name(step->direction);
  if (m->log) mig_end_edits(m); /* the host's own statements run under its own settings */
  if (m->result.n) mig_put(&m->result, "\n");
  mig_put(&m->result, line);
  mig_log(m, MIGRATE_INFO, line);
}

/* What waits takes effect: edits that no statement needed, of which one may be wrong after all, and
** the rows of the steps. */
static int mig_catch_up(migrate *m) {
  if (!mig_failed(&m->work)) mig_flush(m);
  if (m->blamed) mig_fail_in_section(m);
  if (!mig_failed(&m->work)) mig_write_due(m);
  return !mig_failed(&m->work);
}

/* Commits, or undoes. */
static void mig_end_transaction(migrate *m) {
  mig_catch_up(m);
  mig_frame_close(m);
}

/* A section outside that begins a transaction of its own has to end it: else the version row would
** be part of it, and success be told of what nobody commits. */
static void mig_refuse_open_end(migrate *m, const mig_step *step) {
  if (sqlite3_get_autocommit(m->db)) return;
  mig_step_all(m->db, "ROLLBACK", 0);
  mig_fail(&m->work, MIGRATE_SCRIPT,
           "revision %s begins a transaction and does not end it: it was rolled back",
           step->rev->id);
}

/* A section outside the transaction cuts the run: what precedes it commits, with a journal row that
** says `started`; its own rows are written, and commit before what follows it begins. */
static void mig_run_outside(migrate *m, const mig_step *step) {
  int upgrade = step->direction == MIG_UPGRADE;
  sqlite3_int64 started = mig_milliseconds();
  mig_write_due(m);
  if (!mig_failed(&m->work)) mig_write_journal(m, step, "started", 0);
  mig_end_transaction(m);
  if (mig_failed(&m->work)) return;
  mig_run_section(m, step->rev, upgrade);
  mig_refuse_open_end(m, step);
  if (!mig_failed(&m->work)) mig_frame_open(m);
  if (mig_failed(&m->work)) return;
  mig_write_rows(m, step);
  if (m->settings.journal) {
    mig_sink_sql(m, MIG_S_VERSION,
                 mig_journal_done_sql(&m->work, step->rev, m->direction, mig_took(m, started)),
                 "it has run to its end");
  }
}

static int mig_is_outside(const mig_step *step) {
  return step->rev && mig_step_section(step)->outside;
}

static void mig_run_step(migrate *m, const mig_step *step, int number) {
  sqlite3_int64 started = mig_milliseconds();
  mig_begin_step(m, step, number);
  if (mig_is_outside(step)) {
    mig_run_outside(m, step);
    return;
  }
  if (step->rev) mig_run_section(m, step->rev, step->direction == MIG_UPGRADE);
  mig_record_end(m, step, started);
}

/* ---- commands ---- */

typedef struct mig_command {
  const mig_verb *verb;
  int purge; /* stamp: all rows go first */
  const char *target;
  const mig_names *found; /* adopt: the rows that were there when it looked; NULL: any */
} mig_command;

/* What there is to do from the version rows as they are now. */
typedef struct mig_todo {
  mig_plan plan;
  mig_plan back;    /* first: undoes what this program does not know */
  mig_names rows;   /* of the version table */
  int have_version; /* the version table exists */
  int purge;        /* its rows are deleted first */
} mig_todo;

static void mig_fail_stamped(migrate *m, mig_names rows) {
  mig_fail(&m->work, MIGRATE_EXISTS,
           "the database is at revision %s already: migrate_stamp() puts it elsewhere",
           mig_join(&m->work, rows));
}

static int mig_same_names(mig_names a, mig_names b) {
  int i, j, same = a.n == b.n;
  for (i = 0; same && i < a.n; i++) {
    for (j = 0; j < b.n && strcmp(a.at[i], b.at[j]) != 0; j++) {}
    same = j < b.n;
  }
  return same;
}

/* Another process that adopts and goes on from there must not be thrown back to where it began. */
static void mig_refuse_moved(migrate *m, const mig_command *c, mig_names rows) {
  if (!c->found || mig_failed(&m->work)) return;
  if (!mig_same_names(*c->found, rows)) mig_fail_stamped(m, rows);
}

/* The version rows; of rows that go, and that nobody has looked at, it does not matter what they
** hold. */
static mig_version mig_version_now(migrate *m, const mig_command *c) {
  mig_version v;
  if (!c->purge || c->found) return mig_version_read(m->db, &m->work, m->settings.version_table);
  memset(&v, 0, sizeof v);
  v.exists = mig_table_kind(m->db, &m->work, m->settings.version_table) != MIG_NO_TABLE;
  return v;
}

static mig_todo mig_plan_now(migrate *m, const mig_command *c) {
  mig_todo t;
  mig_graph *g;
  mig_version v = mig_version_now(m, c);
  int upgrade, stay = 0;
  memset(&t, 0, sizeof t);
  t.have_version = v.exists;
  t.purge = c->purge && v.exists &&
            mig_version_has_rows(m->db, &m->work, m->settings.version_table);
  t.rows = v.rows;
  mig_refuse_moved(m, c, v.rows);
  if (mig_failed(&m->work)) return t;
  upgrade = c->verb->direction == MIG_UPGRADE;
  if (upgrade && mig_at_only_head(m, v.rows, c->target)) return t;
  mig_stay_awake(m);
  g = mig_graph_of(m);
  if (!g) return t;
  if (c->purge) v.rows.n = 0;
  if (upgrade) t.back = mig_plan_older(m, g, v.rows, &stay);
  if (!stay && !t.back.n) t.plan = c->verb->plan(g, v.rows, c->target);
  return t;
}

/* Before the frame: while another connection commits, nobody may read, and it is waited for. */
static mig_todo mig_plan_patiently(migrate *m, const mig_command *c) {
  mig_wait w = {0, 0};
  for (;;) {
    mig_todo t = mig_plan_now(m, c);
    if (!mig_is_held(m->fault.code) || !mig_pause_at_fault(m, &w)) return t;
  }
}

/* env.sql is the application's own setting up of the connection, and stays. */
static void mig_run_env(migrate *m) {
  const char *sql = m->settings.env_sql;
  if (!sql) return;
  mig_check_env(&m->work, m->settings.env_path, sql);
  if (mig_failed(&m->work)) return;
  mig_fall_asleep(m); /* some statements want to be alone */
  mig_run_script(m, sql);
  if (mig_failed(&m->work)) {
    mig_place p = mig_place_of(sql, m->place.at);
    mig_fault_context(&m->work, "%s, line %d: ", m->settings.env_path, p.line);
  }
}

/* The way to a target: down where words say so, or where an upgrade has no step to it. NULL after a
** fault. */
static const mig_verb *mig_verb_towards(migrate *m, const char *target) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  const char *at = strrchr(target, '@');
  const char *word = at ? at + 1 : target;
  mig_plan p;
  if (*word == '-' || strcmp(word, "base") == 0) return &mig_downgrading;
  if (!mig_graph_of(m)) return 0;
  p = mig_plan_upgrade(m->graph, v.rows, target);
  if (p.n || mig_failed(&m->work)) return &mig_upgrading;
  mig_plan_downgrade(m->graph, v.rows, target);
  if (!mig_failed(&m->work)) return &mig_downgrading;
  mig_forgive(&m->fault); /* it is where the database is */
  return &mig_upgrading;
}

/* ---- a run ---- */

/* What a run does next. Its steps may be taken one by one (step.c), so that it is kept here. */
typedef struct mig_run {
  mig_command command;
  mig_todo todo;
  const mig_plan *plan; /* the way back first, if there is one */
  int at;               /* the place in it */
  int cut;              /* the last step stood outside: its rows are committed before the next */
} mig_run;

/* The same steps? Then they were checked before the lock was taken. */
static int mig_same_steps(const mig_plan *a, const mig_plan *b) {
  int i;
  if (a->n != b->n) return 0;
  for (i = 0; i < a->n && a->steps[i].rev == b->steps[i].rev; i++) {}
  return i == a->n;
}

/* What must be true before the first revision. */
static void mig_run_prologue(migrate *m, const mig_run *r, const mig_plan *checked) {
  const mig_todo *t = &r->todo;
  if (!t->plan.n && !t->purge) return;
  mig_report_started(m);
  if (r->command.verb->direction != MIG_STAMP) mig_report_edited(m, m->graph, t->rows);
  if (!mig_same_steps(&t->plan, checked)) mig_check_plan(m, &t->plan);
  if (mig_failed(&m->work)) return;
  mig_make_tables(m, t->have_version);
  if (t->purge) {
    mig_sink_sql(m, MIG_S_VERSION, mig_purge_sql(&m->work, m->settings.version_table), "--purge");
  }
}

/* In the frame: plans again, since another process may have been faster. */
static void mig_run_plan(migrate *m, mig_run *r, int way_back) {
  mig_plan checked = r->todo.plan;
  r->todo = mig_plan_now(m, &r->command);
  r->plan = way_back && r->todo.back.n ? &r->todo.back : &r->todo.plan;
  r->at = 0;
  if (r->plan == &r->todo.back) mig_check_plan(m, r->plan);
  else mig_run_prologue(m, r, &checked);
}

/* Between two transactions another process may have gone on: what it has done is not done again. */
static void mig_skip_done(migrate *m, mig_run *r, mig_names rows) {
  const unsigned char *applied = mig_applied(m->graph, mig_known_rows(m->graph, rows));
  for (; applied && r->at < r->plan->n; r->at++) {
    const mig_step *step = &r->plan->steps[r->at];
    int node = step->rev ? mig_find_id(m->graph, step->rev->id) : -1;
    if (node < 0 || (step->direction == MIG_UPGRADE) == !applied[node]) return;
  }
}

/* Between two steps, where what was done has to last whatever comes. */
static void mig_run_cut(migrate *m, mig_run *r) {
  mig_names left, found;
  r->cut = 0;
  mig_catch_up(m);
  left = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  mig_end_transaction(m);
  if (!mig_failed(&m->work)) mig_frame_open(m);
  found = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  if (!mig_failed(&m->work) && !mig_same_names(left, found)) mig_skip_done(m, r, found);
}

/* Runs one revision of an open run. 0: none is left, or there is a fault. */
static int mig_run_next(migrate *m, mig_run *r) {
  const mig_step *step;
  if (mig_failed(&m->work)) return 0;
  if (r->cut && (r->at < r->plan->n || r->plan == &r->todo.back)) mig_run_cut(m, r);
  if (mig_failed(&m->work)) return 0;
  if (r->at == r->plan->n && r->plan == &r->todo.back) {
    mig_write_due(m);
    mig_run_plan(m, r, 0);
  }
  if (mig_failed(&m->work) || r->at == r->plan->n) return 0;
  step = &r->plan->steps[r->at++];
  m->steps = r->plan->n;
  m->crowd = r->plan->n >= MIG_MANY;
  mig_run_step(m, step, r->at);
  r->cut = m->settings.transaction_per_migration || mig_is_outside(step);
  return !mig_failed(&m->work);
}

/* Looks whether there is anything to do, before a lock is taken. */
static int mig_run_is_due(migrate *m, mig_run *r) {
  r->todo = mig_plan_patiently(m, &r->command);
  if (mig_failed(&m->work)) return 0;
  if (r->todo.plan.warning) mig_log(m, MIGRATE_WARNING, r->todo.plan.warning);
  if (!m->nrevision && !m->added) {
    mig_log(m, MIGRATE_INFO, "there are no revisions: migrate_revision('message') makes one");
  }
  if (!r->todo.plan.n && !r->todo.purge && !r->todo.back.n) return 0;
  mig_check_plan(m, &r->todo.plan);
  return !mig_failed(&m->work);
}

static void mig_run_open(migrate *m, mig_run *r) {
  int stamp = r->command.verb->direction == MIG_STAMP;
  if (!stamp) mig_run_env(m);
  if (stamp && !mig_failed(&m->work)) mig_frame_open(m);
  if (!stamp && !mig_failed(&m->work)) mig_backup_open_frame(m, r->todo.rows);
  mig_find_watchers(m);
  if (!mig_failed(&m->work)) mig_run_plan(m, r, 1);
}

static void mig_run_close(migrate *m) {
  mig_end_transaction(m);
  mig_backup_settle(m);
  m->step = m->steps = 0;
  m->revision = m->direction = 0;
}

static void mig_run_todo(migrate *m, const mig_command *c) {
  mig_run r;
  memset(&r, 0, sizeof r);
  r.command = *c;
  if (!mig_run_is_due(m, &r)) {
    mig_fall_asleep(m);
    return;
  }
  mig_run_open(m, &r);
  while (mig_run_next(m, &r)) {}
  mig_run_close(m);
}

static int mig_run_command(migrate *m, const mig_verb *verb, int purge, const char *target) {
  mig_command c;
  if (mig_begin_call(m)) return migrate_errcode(m);
  c.verb = verb;
  c.purge = purge;
  c.target = target;
  c.found = 0;
  if (target && verb->direction != MIG_STAMP && strchr(target, ':')) {
    mig_fail(&m->work, MIGRATE_RANGE, "Range revision not allowed");
  }
  mig_lock(m);
  mig_borrow_handler(m);
  if (target) mig_run_todo(m, &c);
  else mig_fail(&m->work, MIGRATE_MISUSE, "the target is NULL: say which revision");
  mig_return_handler(m);
  mig_unlock(m);
  return mig_end_call(m);
}

MIGRATE_API int migrate_upgrade(migrate *m, const char *target) {
  return mig_run_command(m, &mig_upgrading, 0, target);
}

MIGRATE_API int migrate_downgrade(migrate *m, const char *target) {
  return mig_run_command(m, &mig_downgrading, 0, target);
}

MIGRATE_API int migrate_stamp(migrate *m, const char *targets) {
  return mig_run_command(m, &mig_stamping, 0, targets);
}

MIGRATE_API int migrate_stamp_purge(migrate *m, const char *targets) {
  return mig_run_command(m, &mig_stamping, 1, targets);
}
