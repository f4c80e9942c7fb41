/* Frame: the transaction around a run, and the connection's settings, which are all as before when
** the run is over, however it went. */

/* Constants that older sqlite3.h lack; the calls answer an error there, which is harmless. */
#define MIG_WRITABLE_SCHEMA 1011
#define MIG_LEGACY_ALTER_TABLE 1012
#define MIG_DQS_DML 1013
#define MIG_DQS_DDL 1014
#define MIG_ENABLE_COMMENTS 1022

/* Sets a flag of sqlite3_db_config(); returns what it was. -1 asks only. */
static int mig_flag(sqlite3 *db, int op, int value) {
  int before = 0, after = 0;
  if (sqlite3_db_config(db, op, -1, &before) != SQLITE_OK) return value; /* it has no such flag */
  if (value >= 0 && value != before) sqlite3_db_config(db, op, value, &after);
  return before;
}

/* Runs one statement to its end; rows are dropped. Returns SQLite's code. */
static int mig_step_all(sqlite3 *db, const char *sql, const char *parameter) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  if (rc == SQLITE_OK && parameter) {
    rc = sqlite3_bind_text(stmt, 1, parameter, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) {
    while (sqlite3_step(stmt) == SQLITE_ROW) {}
    rc = sqlite3_finalize(stmt);
  } else {
    sqlite3_finalize(stmt);
  }
  return rc;
}

/* Held by another connection, of this process's cache if that is shared: worth waiting for. */
static int mig_is_held(int code) {
  return (code & 0xff) == SQLITE_BUSY || code == SQLITE_LOCKED_SHAREDCACHE;
}

/* From 3.46 on VALUES, from 3.49 on every SELECT wants the schema, which cannot be read while
** another connection commits. This has rows, and wants nothing. */
static const char mig_without_schema[] = "PRAGMA collation_list";

/* SQLite forgets an interrupt that finds no statement at work, as between two of a run's, or while
** a run waits for another connection. While this one stands in the first of its rows there is
** always one, and the next statement of the run is the one that stops. In a call out of SQL the
** caller's own statement does the same. */
static void mig_stay_awake(migrate *m) {
  int rc;
  if (mig_live(m) || (m->flags & MIGRATE_SQL_FUNCTION) || m->awake || mig_failed(&m->work)) return;
  rc = sqlite3_prepare_v2(m->db, "VALUES (1), (2)", -1, &m->awake, 0);
  if (mig_is_held(rc)) rc = sqlite3_prepare_v2(m->db, mig_without_schema, -1, &m->awake, 0);
  if (rc != SQLITE_OK || sqlite3_step(m->awake) != SQLITE_ROW) mig_fail_db(m, 0);
}

static void mig_fall_asleep(migrate *m) {
  sqlite3_finalize(m->awake);
  m->awake = 0;
}

/* Has somebody interrupted the connection, while none of its own statements is at work? */
static int mig_is_interrupted(migrate *m) {
  int rc = mig_step_all(m->db, "SELECT 1", 0);
  if (mig_is_held(rc)) rc = mig_step_all(m->db, mig_without_schema, 0);
  if ((rc & 0xff) != SQLITE_INTERRUPT) return 0;
  mig_fail(&m->work, SQLITE_INTERRUPT, "interrupted");
  return 1;
}

/* ---- the way back ---- */

/* Without memory no statement can be compiled, and inside SELECT f(..) none ever again once an
** allocation has failed or somebody has interrupted. So that a run can always be undone there are
** two ways, compiled before it begins, and at every moment one of them is open.
**
** The undo is ROLLBACK. A changed flag, and a few statements, make SQLite compile every statement
** anew, so that it is made again after them.
**
** The brace covers the time between: a statement that stands at its first row need not be compiled
** to go on. It counts as one that writes, and when such a one is interrupted SQLite rolls back all
** that is open, a transaction of the caller's with it; that is the last resort. It must not stand
** for long: no table can be dropped beside it. */
static int mig_ready(migrate *m) {
  static const char *const ways[] = {"ROLLBACK TO migrate", "RELEASE migrate", "ROLLBACK"};
  const char *const *way = m->own_transaction ? ways + 2 : ways;
  sqlite3_stmt *stmt = 0;
  int i, rc = SQLITE_OK, n = m->own_transaction ? 1 : 2;
  for (i = 0; i < n && rc == SQLITE_OK; i++) {
    rc = sqlite3_prepare_v2(m->db, way[i], -1, &stmt, 0);
    if (rc != SQLITE_OK) return rc; /* the old one stays, which may do */
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = stmt;
  }
  rc = sqlite3_prepare_v2(m->db, "PRAGMA main.journal_mode", -1, &stmt, 0);
  if (rc != SQLITE_OK) return rc;
  sqlite3_finalize(m->brace);
  m->brace = stmt;
  m->braced = m->stale = 0;
  return SQLITE_OK;
}

static void mig_forget_undo(migrate *m) {
  int i;
  for (i = 0; i < 2; i++) {
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = 0;
  }
  sqlite3_finalize(m->brace);
  m->brace = 0;
  m->braced = m->stale = 0;
}

/* Tried twice. */
static int mig_step_way(migrate *m, int way) {
  int i, rc = SQLITE_ERROR;
  for (i = 0; i < 2 && rc != SQLITE_DONE; i++) {
    rc = sqlite3_step(m->undo[way]);
    sqlite3_reset(m->undo[way]);
  }
  return rc == SQLITE_DONE;
}

/* The way back. The brace holds up neither ROLLBACK nor ROLLBACK TO, but RELEASE. */
static int mig_step_undo(migrate *m) {
  if (!m->undo[0] || !mig_step_way(m, 0)) return 0;
  if (!m->undo[1]) return 1;
  sqlite3_reset(m->brace);
  mig_step_way(m, 1);
  return 1;
}

static void mig_break_brace(migrate *m) {
  if (!m->brace) return;
  sqlite3_interrupt(m->db);
  sqlite3_step(m->brace);
  sqlite3_reset(m->brace);
}

/* Undoes the run. What SQLite has rolled back by itself (disk full, interrupt ..) is not there to
** be rolled back again, and a caller's transaction that went with it is spoken of. A progress
** handler of the host's that interrupts even this does so once, as a rule. */
static void mig_frame_undo(migrate *m) {
  m->depth = 0;
  mig_fall_asleep(m);
  if (m->fault.code != SQLITE_NOMEM && !(m->flags & MIGRATE_SQL_FUNCTION)) {
    sqlite3_reset(m->brace); /* an interrupt is over when nothing runs any more */
  }
  if (!sqlite3_get_autocommit(m->db) && !mig_step_undo(m)) mig_break_brace(m);
  mig_forget_undo(m);
  if (!m->own_transaction && sqlite3_get_autocommit(m->db)) {
    mig_fault_context(&m->work, "SQLite has rolled the whole transaction back: ");
  }
}

/* Out of memory: undone at once, while a way back is open. Comes before a flag is restored. */
static void mig_undo_in_need(migrate *m) {
  if (m->depth && m->fault.code == SQLITE_NOMEM) mig_frame_undo(m);
}

static void mig_undo_without_memory(migrate *m) {
  mig_no_memory(&m->work);
  mig_undo_in_need(m);
}

/* Comes before what makes statements compile anew .. */
static void mig_brace(migrate *m) {
  int rc;
  if (!m->depth || m->braced || !m->brace) return;
  rc = sqlite3_step(m->brace);
  m->braced = rc == SQLITE_ROW;
  if ((rc & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
  else if (mig_is_undone(m)) mig_fail_db(m, 0);
}

/* .. and this behind it. */
static void mig_still_ready(migrate *m) {
  if (m->depth && (mig_ready(m) & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
}

/* Before 3.40 no statement goes on any more once an allocation has failed inside SELECT f(..), not
** even one that is compiled: there the brace alone is a way back, and stands while others are made.
** Returns whether it has to be taken down. */
static int mig_is_frail(const migrate *m) {
  return (m->flags & MIGRATE_SQL_FUNCTION) && sqlite3_libversion_number() < 3040000;
}

static int mig_brace_frail(migrate *m) {
  if (!mig_is_frail(m) || m->braced) return 0;
  mig_brace(m);
  return m->braced;
}

static void mig_unbrace(migrate *m, int braced) {
  if (braced && !mig_failed(&m->work)) mig_still_ready(m);
}

/* Does a statement compile? Its error is swallowed, unless it is an accident. */
static int mig_compiles(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  int rc, braced;
  if (mig_failed(&m->work) || !sql) return 0;
  braced = mig_brace_frail(m);
  if (mig_failed(&m->work)) return 0;
  rc = sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0);
  if (mig_is_accident(rc) || (rc && mig_is_undone(m))) mig_fail_db(m, 0);
  mig_undo_in_need(m);
  mig_unbrace(m, braced);
  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

/* mig_prepare() in a run. */
static sqlite3_stmt *mig_prepare_braced(migrate *m, const char *sql) {
  int braced = mig_brace_frail(m);
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  mig_undo_in_need(m);
  mig_unbrace(m, braced);
  return stmt;
}

/* Sets a flag in a run; returns what it was. mig_still_ready() follows. */
static int mig_switch(migrate *m, int op, int value) {
  int before = value;
  if (sqlite3_db_config(m->db, op, -1, &before) != SQLITE_OK || before == value) return value;
  mig_brace(m);
  mig_flag(m->db, op, value);
  m->stale = 1;
  return before;
}

static int mig_begins_with(const char *sql, const char *const *words) {
  mig_token k = mig_next_significant(sql, strlen(sql), 0);
  while (*words && !mig_token_is(sql, k, *words)) words++;
  return *words != 0;
}

/* Statements that leave all others compiled. */
static int mig_changes_rows_alone(const char *sql) {
  static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "REPLACE", 0};
  return mig_begins_with(sql, words);
}

/* Statements beside which no other may be reading. */
static int mig_drops(const char *sql) {
  static const char *const words[] = {"DROP", 0};
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  if (mig_begins_with(sql, words)) return 1;
  return mig_token_is(sql, mig_next_significant(sql, n, k.end), "VIRTUAL");
}

static int mig_fail_undone(migrate *m) {
  if (!mig_is_undone(m)) return 0;
  return mig_fail(&m->work, SQLITE_ABORT, "SQLite has rolled the transaction back");
}

/* A statement of the run; nothing after a fault. */
static int mig_do(migrate *m, const char *sql, const char *parameter) {
  int rc, stays, braced = m->braced, frail = 0;
  if (!sql || mig_failed(&m->work) || mig_fail_undone(m)) return SQLITE_ABORT;
  stays = mig_changes_rows_alone(sql);
  if (stays) frail = mig_brace_frail(m);
  else if (!mig_drops(sql)) mig_brace(m);
  if (mig_failed(&m->work)) return m->fault.code;
  rc = mig_step_all(m->db, sql, parameter);
  if (rc == SQLITE_ERROR) rc = mig_db_code(m);
  if (rc == SQLITE_OK && !stays && !braced) mig_still_ready(m);
  if (rc == SQLITE_OK) mig_unbrace(m, frail); /* else SQLite's message would be gone */
  if ((rc & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
  return rc;
}

/* ---- settings ---- */

/* What our own statements run under. */
typedef struct mig_flags {
  int legacy, dqs_dml, dqs_ddl, comments;
  int changed; /* some of these are others than the host's */
  sqlite3_int64 rowid;
} mig_flags;

/* m->legacy is what legacy_alter_table was when the run began: some builds have it on. A script
** that has switched it means it. */
static mig_flags mig_enter(migrate *m) {
  sqlite3 *db = m->db;
  mig_flags f;
  f.legacy = mig_flag(db, MIG_LEGACY_ALTER_TABLE, -1);
  if (f.legacy == m->legacy) mig_switch(m, MIG_LEGACY_ALTER_TABLE, 0);
  f.dqs_dml = mig_switch(m, MIG_DQS_DML, 1);
  f.dqs_ddl = mig_switch(m, MIG_DQS_DDL, 1);
  f.comments = mig_switch(m, MIG_ENABLE_COMMENTS, 1);
  f.changed = (f.legacy && f.legacy == m->legacy) || !f.dqs_dml || !f.dqs_ddl || !f.comments;
  f.rowid = sqlite3_last_insert_rowid(db);
  if (m->stale) mig_still_ready(m);
  return f;
}

static void mig_leave(migrate *m, mig_flags f) {
  mig_undo_in_need(m);
  if (f.changed) {
    mig_switch(m, MIG_LEGACY_ALTER_TABLE, f.legacy);
    mig_switch(m, MIG_DQS_DML, f.dqs_dml);
    mig_switch(m, MIG_DQS_DDL, f.dqs_ddl);
    mig_switch(m, MIG_ENABLE_COMMENTS, f.comments);
  }
  sqlite3_set_last_insert_rowid(m->db, f.rowid);
  if (m->stale || m->braced) mig_still_ready(m);
}

/* Another statement of the connection that has begun and not ended. Inside an SQL function one of
** them is the caller itself: the one that names a function of ours. */
static void mig_refuse_busy(migrate *m) {
  sqlite3_stmt *stmt = 0, *other = 0;
  int callers = (m->flags & MIGRATE_SQL_FUNCTION) ? 1 : 0;
  while ((stmt = sqlite3_next_stmt(m->db, stmt)) != 0) {
    const char *sql = sqlite3_sql(stmt);
    if (!sqlite3_stmt_busy(stmt) || stmt == m->awake) continue;
    if (callers && sql && mig_mentions(sql, "migrate_")) {
      callers--;
      if (!sqlite3_stmt_readonly(stmt)) {
        mig_fail(&m->work, MIGRATE_BUSY_STATEMENT,
                 "called inside a statement that writes: %.200s (call it as SELECT f(..) alone)",
                 sql);
      }
      continue;
    }
    other = stmt;
  }
  if (other) {
    mig_fail(&m->work, MIGRATE_BUSY_STATEMENT,
             "another statement of this connection is still reading: %.200s (finish or reset it "
             "first)",
             sqlite3_sql(other) ? sqlite3_sql(other) : "?");
  }
}

/* Whether nothing is being read on the connection, as far as SQLite tells (from 3.34 on). */
static int mig_is_idle(sqlite3 *db) {
#if SQLITE_VERSION_NUMBER >= 3034000
  if (sqlite3_libversion_number() >= 3034000) return sqlite3_txn_state(db, 0) == SQLITE_TXN_NONE;
#endif
  (void)db;
  return 0;
}

/* Inside SELECT f(..) FROM t the table t is being read, and SQLite refuses every DROP: found out
** before anything is changed. idle: nothing was read when the run began. */
static void mig_refuse_from(migrate *m, int idle) {
  sqlite3_stmt *stmt = 0;
  const char *sql = 0;
  if (!(m->flags & MIGRATE_SQL_FUNCTION) || idle || mig_failed(&m->work)) return;
  if (mig_do(m, "CREATE TEMP TABLE migrate_probe(x)", 0) != SQLITE_OK) {
    mig_fail_db(m, 0);
    return;
  }
  if (mig_do(m, "DROP TABLE temp.migrate_probe", 0) == SQLITE_OK) return;
  if ((sqlite3_errcode(m->db) & 0xff) != SQLITE_LOCKED) {
    mig_fail_db(m, 0);
    return;
  }
  while ((stmt = sqlite3_next_stmt(m->db, stmt)) != 0) {
    if (sqlite3_stmt_busy(stmt) && sqlite3_sql(stmt)) sql = sqlite3_sql(stmt);
  }
  mig_fail(&m->work, SQLITE_LOCKED,
           "called inside a statement that reads a table: %.200s (call it as SELECT f(..) without "
           "FROM)",
           sql ? sql : "?");
}

#define MIG_PAUSE_LAST 50

/* For how long others were waited for. The host's own busy handler has its turn in each attempt,
** and behind the first what it waits counts: else each of many would take as long as it does. */
typedef struct mig_wait {
  sqlite3_int64 since; /* when the attempt began; 0: the first */
  int waited;          /* milliseconds, up to then */
} mig_wait;

/* Another connection holds a lock: waits a little longer each time. 0: busy_timeout is over. */
static int mig_pause(migrate *m, mig_wait *w) {
  sqlite3_int64 tried = w->since ? mig_milliseconds() - w->since : 0;
  int pause, limit = m->settings.busy_timeout, awake = m->awake != 0;
  if (tried > limit - w->waited) w->waited = limit;
  else if (tried > 0) w->waited += (int)tried;
  if (w->waited >= limit) return 0;
  mig_stay_awake(m);
  pause = w->waited + 1;
  if (pause > MIG_PAUSE_LAST) pause = MIG_PAUSE_LAST;
  if (pause > limit - w->waited) pause = limit - w->waited;
  if (!mig_tell(m)) {
    int slept = sqlite3_sleep(pause); /* a second, where SQLite was compiled without usleep() */
    if (slept > pause) pause = slept;
    mig_is_interrupted(m);
  }
  if (!awake) mig_fall_asleep(m);
  w->waited = pause < limit - w->waited ? w->waited + pause : limit;
  w->since = mig_milliseconds();
  return !mig_failed(&m->work);
}

/* Waits with a fault in hand, which stays when busy_timeout is over. */
static int mig_pause_at_fault(migrate *m, mig_wait *w) {
  mig_fault busy = m->fault;
  memset(&m->fault, 0, sizeof m->fault);
  if (!mig_pause(m, w) && !m->fault.code) {
    m->fault = busy;
    return 0;
  }
  mig_fault_clear(&busy);
  return !m->fault.code;
}

/* BEGIN IMMEDIATE, which writers make wait; COMMIT, which readers do. */
static int mig_step_patiently(migrate *m, const char *sql) {
  mig_wait w = {0, 0};
  int rc;
  do {
    rc = mig_step_all(m->db, sql, 0);
  } while (rc && mig_is_held(sqlite3_extended_errcode(m->db)) && mig_pause(m, &w));
  return rc;
}

/* ---- durability ---- */

/* The number that a query answers; `otherwise` when it does not. */
static int mig_ask_number(migrate *m, const char *sql, int otherwise) {
  sqlite3_stmt *stmt = 0;
  int n = otherwise, rc = sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0);
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int(stmt, 0);
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return n;
}

static int mig_journal_is(migrate *m, const char *schema, const char *wanted) {
  char *sql = mig_format(&m->work, "PRAGMA \"%w\".journal_mode", schema);
  sqlite3_stmt *stmt = 0;
  int is = 0, rc = sql ? sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) : SQLITE_NOMEM;
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *mode = (const char *)sqlite3_column_text(stmt, 0);
    is = mode && strcmp(mode, wanted) == 0;
  }
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return is;
}

/* Without a rollback journal SQLite undoes nothing, not even a statement that fails half way. */
static void mig_refuse_without_journal(migrate *m) {
  int n = 0, i;
  const char **schemas = mig_read_schemas(m, &n);
  for (i = 0; schemas && i < n && !mig_failed(&m->work); i++) {
    if (!mig_journal_is(m, schemas[i], "off")) continue;
    mig_fail(&m->work, MIGRATE_UNSUPPORTED,
             "journal_mode of database %s is OFF, so that a failure could not be undone: set it to "
             "DELETE, WAL or MEMORY first",
             schemas[i]);
  }
}

/* A commit ends with the deletion of the journal, and below synchronous = EXTRA that is not synced:
** after a power cut the journal may be there again and undo a run that was said to have succeeded.
** A program that has synchronous off does not mind. */
static void mig_be_durable(migrate *m) {
  int level;
  if (m->synchronous || !mig_journal_is(m, "main", "delete")) return;
  level = mig_ask_number(m, "PRAGMA main.synchronous", 0);
  if (level != 1 && level != 2) return;
  m->synchronous = level;
  mig_ask_number(m, "PRAGMA main.synchronous = EXTRA", 0);
}

/* Without memory it stays; migrate_close() tries once more. */
static void mig_be_as_durable_as_before(migrate *m) {
  if (!m->synchronous || !sqlite3_get_autocommit(m->db)) return;
  if (mig_step_all(m->db,
                   m->synchronous == 1 ? "PRAGMA main.synchronous = NORMAL"
                                       : "PRAGMA main.synchronous = FULL",
                   0) == SQLITE_OK) {
    m->synchronous = 0;
  }
}

/* ---- begin and end ---- */

/* Opens the transaction of a run: BEGIN IMMEDIATE, or a savepoint inside the caller's. */
static void mig_frame_open(migrate *m) {
  int rc, idle = mig_is_idle(m->db);
  mig_refuse_busy(m);
  mig_refuse_without_journal(m);
  if (mig_failed(&m->work)) return;
  if (!m->step) m->legacy = mig_flag(m->db, MIG_LEGACY_ALTER_TABLE, -1);
  m->own_transaction = sqlite3_get_autocommit(m->db);
  if (!m->own_transaction && m->settings.rebuild == MIG_REBUILD_PORTABLE) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "rebuild = portable is not possible inside a transaction: foreign keys have to be off "
             "before it begins");
    return;
  }
  if (m->own_transaction) mig_be_durable(m);
  if (mig_failed(&m->work)) return;
  mig_ready(m);
  if (!m->undo[0]) { /* an authorizer may forbid ROLLBACK */
    mig_fail_db(m, 0);
    return;
  }
  mig_stay_awake(m);
  rc = mig_failed(&m->work)   ? m->fault.code
       : m->own_transaction ? mig_step_patiently(m, "BEGIN IMMEDIATE")
                            : mig_step_all(m->db, "SAVEPOINT migrate", 0);
  if (rc != SQLITE_OK) {
    mig_fail_db(m, (rc & 0xff) == SQLITE_BUSY ? "another connection holds the database" : 0);
    if (m->own_transaction && !sqlite3_get_autocommit(m->db)) mig_step_undo(m); /* mig_commit() */
    mig_fall_asleep(m);
    mig_forget_undo(m);
    return;
  }
  m->depth = 1;
  mig_refuse_from(m, idle);
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 1);
}

/* A run of edits shares one statement and one lifting of the flags: between two edits nothing else
** runs on the connection. */
static void mig_end_edits(migrate *m) {
  if (!MIG_ALTERS || !m->edit_schema) return;
  sqlite3_finalize(m->edit);
  m->edit = 0;
  m->edit_schema = 0;
  mig_undo_in_need(m);
  mig_switch(m, MIG_WRITABLE_SCHEMA, m->writable);
  mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, m->defensive);
  mig_still_ready(m);
}

/* A progress handler of the host's may stop a COMMIT, as a BEGIN, that has come true. */
static int mig_commit(migrate *m) {
  int rc = mig_step_patiently(m, "COMMIT");
  return rc == SQLITE_INTERRUPT && sqlite3_get_autocommit(m->db) ? SQLITE_OK : rc;
}

/* Ends the transaction of a run: commits without a fault, else undoes everything. */
static void mig_frame_end(migrate *m) {
  int rc;
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 0);
  if (MIG_NEVER(m->due && !mig_failed(&m->work))) {
    mig_fail(&m->work, SQLITE_INTERNAL, "the version rows have not been written");
  }
  if (!mig_failed(&m->work)) {
    rc = m->own_transaction ? mig_commit(m) : mig_step_all(m->db, "RELEASE migrate", 0);
    if (rc != SQLITE_OK) mig_fail_db(m, "the changes could not be committed");
    else m->backup.commits++;
  }
  if (mig_failed(&m->work)) mig_frame_undo(m);
  m->depth = 0;
  mig_forget_undo(m);
}

static void mig_frame_close(migrate *m) {
  mig_end_edits(m);
  if (m->depth) mig_frame_end(m);
  mig_fall_asleep(m);
  mig_be_as_durable_as_before(m);
}
