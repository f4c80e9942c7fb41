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
  sqlite3_db_config(db, op, -1, &before);
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
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {}
    rc = sqlite3_finalize(stmt);
  } else {
    sqlite3_finalize(stmt);
  }
  return rc;
}

/* ---- the way back ---- */

/* The statements that undo a run are compiled before it begins: inside SELECT f(..) SQLite refuses
** to compile any more once an allocation has failed. A changed schema or flag makes each statement
** compile again when it runs, so that these are made anew after every one. */
static void mig_ready(migrate *m) {
  static const char *const ways[3] = {"ROLLBACK TO migrate", "RELEASE migrate", "ROLLBACK"};
  const char *const *way = m->own_transaction ? ways + 2 : ways;
  int i, n = m->own_transaction ? 1 : 2;
  for (i = 0; i < n; i++) {
    sqlite3_stmt *stmt = 0;
    if (sqlite3_prepare_v2(m->db, way[i], -1, &stmt, 0) != SQLITE_OK)
      return; /* the old one may do */
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = stmt;
  }
}

static void mig_still_ready(migrate *m) {
  if (m->depth) mig_ready(m);
}

static void mig_forget_undo(migrate *m) {
  int i;
  for (i = 0; i < 2; i++) {
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = 0;
  }
}

/* Undoes the run. What SQLite has rolled back by itself (disk full, interrupt ..) is not there to
** be rolled back again, and a caller's transaction that went with it is spoken of. */
static void mig_frame_undo(migrate *m) {
  int gone = sqlite3_get_autocommit(m->db), i;
  m->depth = 0;
  if (gone && !m->own_transaction) {
    mig_fault_context(&m->work, "SQLite has rolled the whole transaction back: ");
  }
  for (i = 0; i < 2 && !gone; i++) {
    if (m->undo[i]) sqlite3_step(m->undo[i]);
  }
  mig_forget_undo(m);
}

/* Out of memory: undone at once, while the way back is still compiled. Comes before a flag is
** restored. */
static void mig_undo_in_need(migrate *m) {
  if (m->depth && m->fault.code == SQLITE_NOMEM) mig_frame_undo(m);
}

/* Statements that leave all others compiled. */
static int mig_changes_rows_alone(const char *sql) {
  static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "REPLACE"};
  size_t n = strlen(sql), i;
  mig_token k = mig_next_significant(sql, n, 0);
  for (i = 0; i < sizeof words / sizeof words[0] && !mig_token_is(sql, k, words[i]); i++) {}
  return i < sizeof words / sizeof words[0];
}

static int mig_fail_undone(migrate *m) {
  if (!mig_is_undone(m)) return 0;
  return mig_fail(&m->work, SQLITE_ABORT, "SQLite has rolled the transaction back");
}

/* A statement of the run. */
static int mig_do(migrate *m, const char *sql, const char *parameter) {
  int rc;
  if (mig_fail_undone(m)) return SQLITE_ABORT;
  rc = mig_step_all(m->db, sql, parameter);
  if (rc == SQLITE_OK && !mig_changes_rows_alone(sql)) mig_still_ready(m);
  if ((rc & 0xff) == SQLITE_NOMEM) {
    mig_no_memory(&m->work);
    mig_undo_in_need(m);
  }
  return rc;
}

/* ---- settings ---- */

/* What our own statements run under. */
typedef struct mig_flags {
  int legacy, dqs_dml, dqs_ddl, comments;
  sqlite3_int64 rowid;
} mig_flags;

/* m->legacy is what legacy_alter_table was when the run began: some builds have it on. A script
** that has switched it means it. */
static mig_flags mig_enter(migrate *m) {
  sqlite3 *db = m->db;
  mig_flags f;
  f.legacy = mig_flag(db, MIG_LEGACY_ALTER_TABLE, -1);
  if (f.legacy == m->legacy) mig_flag(db, MIG_LEGACY_ALTER_TABLE, 0);
  f.dqs_dml = mig_flag(db, MIG_DQS_DML, 1);
  f.dqs_ddl = mig_flag(db, MIG_DQS_DDL, 1);
  f.comments = mig_flag(db, MIG_ENABLE_COMMENTS, 1);
  f.rowid = sqlite3_last_insert_rowid(db);
  mig_still_ready(m);
  return f;
}

static void mig_leave(migrate *m, mig_flags f) {
  sqlite3 *db = m->db;
  mig_undo_in_need(m);
  mig_flag(db, MIG_LEGACY_ALTER_TABLE, f.legacy);
  mig_flag(db, MIG_DQS_DML, f.dqs_dml);
  mig_flag(db, MIG_DQS_DDL, f.dqs_ddl);
  mig_flag(db, MIG_ENABLE_COMMENTS, f.comments);
  sqlite3_set_last_insert_rowid(db, f.rowid);
  mig_still_ready(m);
}

/* Another statement of the connection that has begun and not ended. Inside an SQL function one of
** them is the caller itself: the one that names a function of ours. */
static void mig_refuse_busy(migrate *m) {
  sqlite3_stmt *stmt = 0, *other = 0;
  int callers = (m->flags & MIGRATE_SQL_FUNCTION) ? 1 : 0;
  while ((stmt = sqlite3_next_stmt(m->db, stmt)) != 0) {
    const char *sql = sqlite3_sql(stmt);
    if (!sqlite3_stmt_busy(stmt)) continue;
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

/* Inside SELECT f(..) FROM t the table t is being read, and SQLite refuses every DROP: found out
** before anything is changed. */
static void mig_refuse_from(migrate *m) {
  sqlite3_stmt *stmt = 0;
  const char *sql = 0;
  if (!(m->flags & MIGRATE_SQL_FUNCTION) || mig_failed(&m->work)) return;
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

/* Another connection holds a lock: waits a little longer each time. 0: busy_timeout is over. The
** host's own busy handler has had its turn before. */
static int mig_pause(migrate *m, int *waited) {
  int pause = *waited + 1, limit = m->settings.busy_timeout;
  if (*waited >= limit) return 0;
  if (pause > MIG_PAUSE_LAST) pause = MIG_PAUSE_LAST;
  if (pause > limit - *waited) pause = limit - *waited;
  sqlite3_sleep(pause);
  *waited += pause;
  return 1;
}

/* BEGIN IMMEDIATE, which writers make wait; COMMIT, which readers do. */
static int mig_step_patiently(migrate *m, const char *sql) {
  int waited = 0, rc;
  do {
    rc = mig_step_all(m->db, sql, 0);
  } while ((rc & 0xff) == SQLITE_BUSY && mig_pause(m, &waited));
  return rc;
}

/* Opens the transaction of a run: BEGIN IMMEDIATE, or a savepoint inside the caller's. */
static void mig_frame_open(migrate *m) {
  int rc;
  mig_refuse_busy(m);
  if (mig_failed(&m->work)) return;
  if (!m->step) m->legacy = mig_flag(m->db, MIG_LEGACY_ALTER_TABLE, -1);
  m->own_transaction = sqlite3_get_autocommit(m->db);
  if (!m->own_transaction && m->settings.rebuild == MIG_REBUILD_PORTABLE) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "rebuild = portable is not possible inside a transaction: foreign keys have to be off "
             "before it begins");
    return;
  }
  mig_ready(m);
  rc = m->own_transaction ? mig_step_patiently(m, "BEGIN IMMEDIATE")
                          : mig_step_all(m->db, "SAVEPOINT migrate", 0);
  if (rc != SQLITE_OK) {
    mig_fail_db(m, (rc & 0xff) == SQLITE_BUSY ? "another connection holds the database" : 0);
    mig_forget_undo(m);
    return;
  }
  m->depth = 1;
  mig_refuse_from(m);
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 1);
}

/* Ends the transaction of a run: commits without a fault, else undoes everything. */
static void mig_frame_close(migrate *m) {
  int rc;
  if (!m->depth) return;
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 0);
  if (!mig_failed(&m->work)) {
    rc = m->own_transaction ? mig_step_patiently(m, "COMMIT")
                            : mig_step_all(m->db, "RELEASE migrate", 0);
    if (rc != SQLITE_OK) mig_fail_db(m, "the changes could not be committed");
  }
  if (mig_failed(&m->work)) mig_frame_undo(m);
  m->depth = 0;
  mig_forget_undo(m);
}
