/* Public: the functions of api.h that open, close and run; nothing but their arguments is looked
** at here. */

MIGRATE_API const char *migrate_libversion(void) { return MIGRATE_VERSION; }

MIGRATE_API const char *migrate_strerror(int code) {
  switch (code) {
#define MIG_ERROR_CASE(name, value, text) \
  case value:                             \
    return text;
    MIGRATE_ERRORS(MIG_ERROR_CASE)
#undef MIG_ERROR_CASE
    default:
      return sqlite3_errstr(code);
  }
}

static int mig_open_fail(const migrate_options *o, int code, const char *message) {
  if (o && o->errbuf && o->nerrbuf > 0) sqlite3_snprintf(o->nerrbuf, o->errbuf, "%s", message);
  return code;
}

static void mig_open_options(migrate *m, const migrate_options *o) {
  mig_arena *a = &m->arena;
  int i;
  m->flags = o->flags;
  m->log = o->log;
  m->log_arg = o->log_arg;
  m->written = o->written;
  m->written_arg = o->written_arg;
  m->progress = o->progress;
  m->progress_arg = o->progress_arg;
  if (o->progress) mig_settings_put(a, &m->settings, "progress", "on", MIG_FROM_PROGRAM);
  m->errbuf = o->errbuf;
  m->nerrbuf = o->nerrbuf;
  if (o->errbuf && o->nerrbuf > 0) o->errbuf[0] = 0; /* what an earlier handle said is over */
  if (o->version_table) {
    mig_settings_put(a, &m->settings, "version_table", o->version_table, MIG_FROM_PROGRAM);
  }
  if (o->backup) mig_settings_put(a, &m->settings, "backup", o->backup, MIG_FROM_PROGRAM);
  if (o->busy_timeout) {
    char *ms = mig_format(a, "%d", o->busy_timeout < 0 ? 0 : o->busy_timeout);
    if (ms) mig_settings_put(a, &m->settings, "busy_timeout", ms, MIG_FROM_PROGRAM);
  }
  for (i = 0; i < 3; i++) {
    static const struct {
      unsigned flag;
      const char *key, *value;
    } flags[] = {{MIGRATE_PORTABLE, "rebuild", "portable"},
                 {MIGRATE_PER_MIGRATION, "transaction_per_migration", "on"},
                 {MIGRATE_NO_JOURNAL, "journal", "off"}};
    if (o->flags & flags[i].flag) {
      mig_settings_put(a, &m->settings, flags[i].key, flags[i].value, MIG_FROM_PROGRAM);
    }
  }
}

MIGRATE_API int migrate_open(sqlite3 *db, const migrate_options *options, migrate **out) {
  migrate *m;
  int rc;
  if (!out) return mig_open_fail(options, MIGRATE_MISUSE, "migrate_open: out is NULL");
  *out = 0;
  if (!db) return mig_open_fail(options, MIGRATE_MISUSE, "migrate_open: db is NULL");
  if (sqlite3_libversion_number() < MIGRATE_MIN_SQLITE) {
    return mig_open_fail(options, MIGRATE_OLD_SQLITE,
                         "migrate needs SQLite 3.31.0 or newer: this one is too old");
  }
  m = (migrate *)sqlite3_malloc64(sizeof *m);
  if (!m) return mig_open_fail(options, SQLITE_NOMEM, "out of memory");
  memset(m, 0, sizeof *m);
  m->db = db;
  mig_arena_init(&m->arena, &m->fault);
  mig_arena_init(&m->work, &m->fault);
  mig_arena_init(&m->lasting, &m->fault);
  mig_text_init(&m->result, &m->work);
  mig_settings_init(&m->settings);
  if (options) mig_open_options(m, options);
  rc = mig_end_call(m);
  if (rc) {
    migrate_close(m);
    return rc;
  }
  *out = m;
  return 0;
}

MIGRATE_API int migrate_close(migrate *m) {
  int rc;
  if (!m) return SQLITE_NOMEM;
  mig_end_edits(m);
  if (m->depth) mig_frame_undo(m);
  mig_be_as_durable_as_before(m);
  rc = m->fault.code ? m->fault.code : m->run ? SQLITE_ABORT : 0;
  if (m->run) {
    mig_fail(&m->work, rc, "the run was not ended");
    mig_backup_settle(m);
  }
  mig_free_run(m);
  mig_arena_free(&m->arena);
  mig_fault_clear(&m->fault);
  sqlite3_free(m);
  return rc;
}

MIGRATE_API int migrate_errcode(migrate *m) { return m ? m->fault.code : SQLITE_NOMEM; }

MIGRATE_API const char *migrate_errmsg(migrate *m) {
  return m ? mig_fault_text(&m->fault) : "out of memory";
}

MIGRATE_API const char *migrate_result(migrate *m) {
  return m && !m->fault.code ? mig_text_z(&m->result) : "";
}

MIGRATE_API int migrate_statements(migrate *m) { return m ? m->statements : 0; }

/* Runs a script in a frame. A failure says which statement it was, where there are several. */
static void mig_exec_script(migrate *m, const char *sql) {
  mig_place p;
  mig_frame_open(m);
  mig_run_script(m, sql);
  mig_flush(m);
  if (mig_failed(&m->work) && m->statements) {
    if (m->blamed) m->place = m->blamed->place;
    p = mig_place_of(sql, m->place.at);
    mig_fault_context(&m->work, "statement %d (line %d): ", m->place.statement, p.line);
  }
  mig_frame_close(m);
}

/* What would end the transaction of a script, and so its being all or nothing, is refused before
** anything of it runs. */
static void mig_check_exec(mig_arena *a, const char *sql) {
  size_t n = sql ? strlen(sql) : 0, at = 0, i;
  mig_span s;
  while (!mig_failed(a) && mig_next_statement(sql, n, &at, &s) > 0) {
    if (sql[s.at] == '.') {
      mig_fail_at(a, MIGRATE_SCRIPT, sql, s.at, "a command of the sqlite3 shell is not SQL");
    }
    for (i = 0; i < MIG_TRANSACTION_WORDS && !mig_failed(a); i++) {
      if (!mig_starts(sql, s, mig_refused_words[i], 0)) continue;
      mig_fail_at(a, MIGRATE_SCRIPT, sql, s.at,
                  mig_format(a, "%s is not for a script: it runs in a transaction of its own",
                             mig_refused_words[i]));
    }
  }
}

MIGRATE_API int migrate_exec(migrate *m, const char *sql) {
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!sql) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_exec: the SQL is NULL");
    return mig_end_call(m);
  }
  sql = mig_unix_lines(&m->work, sql);
  mig_check_exec(&m->work, sql);
  if (mig_failed(&m->work)) return mig_end_call(m);
  mig_lock(m);
  mig_borrow_handler(m);
  mig_exec_script(m, sql);
  mig_return_handler(m);
  mig_unlock(m);
  return mig_end_call(m);
}
