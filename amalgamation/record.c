/* Record: what the steps of a run leave in the version table and in the journal.
**
** Where no statements are listed these rows wait for the end of the transaction, or for whoever
** might look at them before, and are then written by statements that are compiled once: each change
** of the schema makes SQLite compile anew, and to compile the rows of a small revision takes longer
** than the revision. */

struct mig_due { /* the rows of a step that wait */
  const mig_step *step;
  const char *state;        /* of the journal */
  sqlite3_int64 took, ended; /* milliseconds; `ended` since the Julian calendar began */
  mig_due *next;
};

static const mig_revision *mig_stamped(migrate *m, const mig_change *c) {
  int node = c->to ? mig_find_id(m->graph, c->to) : -1;
  return node < 0 ? 0 : m->graph->nodes[node].rev;
}

/* ---- one at a time, as text ---- */

static void mig_write_rows(migrate *m, const mig_step *step) {
  const char *table = m->settings.version_table;
  int i;
  for (i = 0; i < step->nchange && !mig_failed(&m->work); i++) {
    const mig_change *c = &step->changes[i];
    mig_sink_sql(m, MIG_S_VERSION, mig_change_sql(&m->work, table, c),
                 "the version rows follow the revision");
    if (!mig_failed(&m->work)) mig_change_check(&m->work, table, c, sqlite3_changes(m->db));
  }
}

static void mig_write_entry(migrate *m, const mig_revision *rev, const char *direction,
                            const char *state, sqlite3_int64 took, const char *reason) {
  if (mig_failed(&m->work)) return;
  mig_sink_sql(m, MIG_S_VERSION, mig_journal_insert_sql(&m->work, rev, direction, state, took),
               reason);
}

static void mig_write_journal(migrate *m, const mig_step *step, const char *state,
                              sqlite3_int64 took) {
  const char *direction = mig_direction_name(step->direction);
  int i;
  if (!m->settings.journal) return;
  if (step->rev) {
    mig_write_entry(m, step->rev, direction, state, took, "what was applied, and how to undo it");
    return;
  }
  for (i = 0; i < step->nchange; i++) {
    const mig_revision *rev = mig_stamped(m, &step->changes[i]);
    if (rev) mig_write_entry(m, rev, "stamp", state, -1, "what the database was said to be");
  }
}

/* ---- all that wait ---- */

typedef struct mig_recorder {
  migrate *m;
  sqlite3_stmt *changes[MIG_ROW_DELETE + 1]; /* by kind, compiled when needed */
  sqlite3_stmt *journal;
} mig_recorder;

static void mig_bind(sqlite3_stmt *stmt, int i, const char *z) {
  sqlite3_bind_text(stmt, i, z, -1, SQLITE_STATIC);
}

/* Callbacks hear of a row as it is written. */
static void mig_tell_record(migrate *m, sqlite3_stmt *stmt) {
  mig_tell_statement(m, sqlite3_sql(stmt));
  if (m->log) {
    char *sql = sqlite3_expanded_sql(stmt); /* NULL: too long for SQLite, or no memory for it */
    mig_log(m, MIGRATE_DEBUG, sql);
    sqlite3_free(sql);
  }
}

/* Runs a compiled statement; what it was bound to may go behind it. */
static void mig_record(migrate *m, sqlite3_stmt *stmt) {
  mig_tell_record(m, stmt);
  if (mig_failed(&m->work) || mig_fail_undone(m)) return;
  sqlite3_step(stmt);
  if (sqlite3_reset(stmt) != SQLITE_OK) mig_fail_db(m, 0);
}

static void mig_record_change(mig_recorder *r, const mig_change *c) {
  migrate *m = r->m;
  const char *table = m->settings.version_table;
  sqlite3_stmt **stmt = &r->changes[c->kind];
  if (!*stmt) *stmt = mig_prepare_braced(m, mig_change_form(&m->work, table, c->kind, "?1", "?2"));
  if (!*stmt) return;
  if (c->from) mig_bind(*stmt, 1, c->from);
  if (c->to) mig_bind(*stmt, 2, c->to);
  mig_record(m, *stmt);
  if (!mig_failed(&m->work)) mig_change_check(&m->work, table, c, sqlite3_changes(m->db));
}

static void mig_record_entry(mig_recorder *r, const mig_due *due, const mig_revision *rev,
                             const char *direction) {
  migrate *m = r->m;
  mig_arena *a = &m->work;
  if (!r->journal) {
    r->journal = mig_prepare_braced(
        m, mig_format(a, "%s(?1, ?2, ?3, strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', ?4), ?5, ?6, ?7, ?8, "
                         "?9, ?10, ?11, ?12)",
                      mig_journal_insert));
  }
  if (!r->journal) return;
  mig_bind(r->journal, 1, rev->id);
  mig_bind(r->journal, 2, direction);
  mig_bind(r->journal, 3, due->state);
  if (due->ended) sqlite3_bind_double(r->journal, 4, (double)due->ended / 86400000.0);
  else mig_bind(r->journal, 4, "now");
  if (due->step->rev) sqlite3_bind_int64(r->journal, 5, due->took);
  mig_bind(r->journal, 6, mig_checksum(a, rev));
  mig_bind(r->journal, 7, rev->message);
  mig_bind(r->journal, 8, mig_join(a, rev->down));
  mig_bind(r->journal, 9, mig_join(a, rev->depends));
  mig_bind(r->journal, 10, rev->compat);
  mig_bind(r->journal, 11, mig_kept_downgrade(rev));
  sqlite3_bind_int(r->journal, 12, rev->downgrade.outside);
  mig_record(m, r->journal);
}

static void mig_record_step(mig_recorder *r, const mig_due *due) {
  const mig_step *step = due->step;
  migrate *m = r->m;
  int i;
  for (i = 0; i < step->nchange && !mig_failed(&m->work); i++) {
    mig_record_change(r, &step->changes[i]);
  }
  if (!m->settings.journal) return;
  if (step->rev) mig_record_entry(r, due, step->rev, mig_direction_name(step->direction));
  for (i = 0; !step->rev && i < step->nchange && !mig_failed(&m->work); i++) {
    const mig_revision *rev = mig_stamped(m, &step->changes[i]);
    if (rev) mig_record_entry(r, due, rev, "stamp");
  }
}

/* Writes the rows that wait. */
static void mig_write_due(migrate *m) {
  mig_recorder r;
  const mig_due *due = m->due;
  int i;
  if (!due) return;
  mig_flush(m);
  m->due = m->last_due = 0;
  memset(&r, 0, sizeof r);
  r.m = m;
  for (; due && !mig_failed(&m->work); due = due->next) {
    mig_arena_place before = mig_arena_mark(&m->work);
    mig_record_step(&r, due);
    if (!mig_failed(&m->work)) mig_arena_rewind(&m->work, before);
  }
  m->statement = 0;
  for (i = MIG_ROW_INSERT; i <= MIG_ROW_DELETE; i++) sqlite3_finalize(r.changes[i]);
  sqlite3_finalize(r.journal);
  mig_undo_in_need(m);
}

static int mig_reads_rows(const migrate *m, const char *sql) {
  return mig_mentions(sql, MIG_JOURNAL) || mig_mentions(sql, m->settings.version_table);
}

/* Is there a view or a trigger through which statements that do not name the rows may read them? */
static void mig_find_watchers(migrate *m) {
  sqlite3_stmt *stmt = mig_prepare(m,
                                   "SELECT sql FROM main.sqlite_master WHERE type IN ('view', "
                                   "'trigger') UNION ALL SELECT sql FROM temp.sqlite_master WHERE "
                                   "type IN ('view', 'trigger')");
  while (mig_row(m, &stmt)) {
    m->watched |= mig_reads_rows(m, (const char *)sqlite3_column_text(stmt, 0));
  }
}

/* Those that this text may read: by name, and then perhaps so that later ones read them without it;
** or as all tables (ANALYZE, PRAGMA optimize). */
static void mig_write_due_for(migrate *m, const char *sql) {
  static const char *const words[] = {"ANALYZE", "PRAGMA", 0};
  if (!m->watched) m->watched = mig_reads_rows(m, sql);
  if (m->due && (m->watched || mig_begins_with(sql, words))) mig_write_due(m);
}

/* ---- the end of a step ---- */

/* How long a step has taken; what a script will take is not known when it is printed. */
static sqlite3_int64 mig_took(const migrate *m, sqlite3_int64 started) {
  return m->live ? -1 : mig_milliseconds() - started;
}

static void mig_put_off(migrate *m, const mig_step *step, sqlite3_int64 started) {
  mig_due *due = (mig_due *)mig_alloc(&m->lasting, sizeof *due);
  if (!due) return;
  due->step = step;
  due->state = "done";
  due->ended = mig_milliseconds();
  due->took = due->ended - started;
  if (m->last_due) m->last_due->next = due;
  else m->due = due;
  m->last_due = due;
}

static void mig_record_end(migrate *m, const mig_step *step, sqlite3_int64 started) {
  if (mig_failed(&m->work)) return;
  if (!m->listen) {
    mig_put_off(m, step, started);
    return;
  }
  mig_write_rows(m, step);
  mig_write_journal(m, step, "done", mig_took(m, started));
}
