/* Progress: tells the program how far a call has come, and hears whether to go on. */

/* The clock of SQLite's own file system layer, in milliseconds. Older layers count in days. */
static sqlite3_int64 mig_milliseconds(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(0);
  sqlite3_int64 now = 0;
  double days = 0;
  if (vfs && vfs->iVersion >= 2 && vfs->xCurrentTimeInt64) {
    return vfs->xCurrentTimeInt64(vfs, &now) == SQLITE_OK ? now : 0;
  }
  if (!vfs || !vfs->xCurrentTime || vfs->xCurrentTime(vfs, &days) != SQLITE_OK) return 0;
  return (sqlite3_int64)(days * 86400000.0);
}

static int mig_wants_progress(const migrate *m) {
  return m->progress && m->settings.progress;
}

/* Calls the program. Returns whether the call is over. */
static int mig_tell(migrate *m) {
  migrate_progress p;
  if (mig_failed(&m->work) || !mig_wants_progress(m)) return mig_failed(&m->work);
  memset(&p, 0, sizeof p);
  p.step = m->step;
  p.steps = m->steps;
  p.revision = m->revision;
  p.statement = m->statement;
  p.done = m->done;
  p.total = m->total;
  m->told = mig_milliseconds();
  if (m->progress(m->progress_arg, &p)) {
    mig_fail(&m->work, SQLITE_INTERRUPT, "cancelled by the program");
  }
  return mig_failed(&m->work);
}

/* A statement begins; NULL: none. */
static void mig_tell_statement(migrate *m, const char *sql) {
  m->statement = sql;
  m->done = m->total = 0;
  mig_tell(m);
}

/* ---- pieces of long work, between which the program is told ---- */

#define MIG_PIECE_SLOW 4  /* milliseconds: the next piece is smaller .. */
#define MIG_PIECE_QUICK 2 /* .. or larger */

/* The size of the next piece, after one of n units that began then. Rows may be of any size, so
** that a slow one is followed by as many as fit. */
static sqlite3_int64 mig_next_piece(sqlite3_int64 n, sqlite3_int64 began) {
  sqlite3_int64 took = mig_milliseconds() - began;
  if (took > MIG_PIECE_SLOW) n = n * MIG_PIECE_QUICK / took;
  else if (took >= 0 && took < MIG_PIECE_QUICK) n *= 2;
  return n > 0 ? n : 1;
}

/* ---- the connection's progress handler, where the program lends it ---- */

#define MIG_TICK_STEPS 1000 /* of SQLite's machine: some microseconds */
#define MIG_TICK_PAUSE 20   /* milliseconds between two calls of the program */

/* Has a connection call `tick`; NULL: no more. An SQLite may be without such calls: compiled in it
** lacks the function, and an extension is handed none. */
static void mig_set_tick(sqlite3 *db, int (*tick)(void *), void *arg) {
#ifdef SQLITE_OMIT_PROGRESS_CALLBACK
  (void)db;
  (void)tick;
  (void)arg;
#else
#ifdef sqlite3_progress_handler
  if (!sqlite3_progress_handler) return;
#endif
  sqlite3_progress_handler(db, tick ? MIG_TICK_STEPS : 0, tick, arg);
#endif
}

static int mig_tick(void *arg) {
  migrate *m = (migrate *)arg;
  sqlite3_int64 now = mig_milliseconds();
  if (mig_failed(&m->work)) return 0; /* what is undone now must not be stopped */
  if (now >= m->told && now - m->told < MIG_TICK_PAUSE) return 0;
  return mig_tell(m);
}

static void mig_borrow_handler(migrate *m) {
  if (!(m->flags & MIGRATE_LEND_HANDLER) || !mig_wants_progress(m)) return;
  m->told = mig_milliseconds();
  mig_set_tick(m->db, mig_tick, m);
}

static void mig_return_handler(migrate *m) {
  if (!(m->flags & MIGRATE_LEND_HANDLER) || !mig_wants_progress(m)) return;
  mig_set_tick(m->db, 0, 0);
}
