/* Handle: struct migrate, and what begins and ends every public call. */

typedef struct mig_pending { /* databases whose sqlite_master was edited since their last reload */
  const char *schema;
  struct mig_pending *next;
} mig_pending;

/* Where in the scripts of a run a statement stands. */
typedef struct mig_script_place {
  const mig_revision *rev; /* NULL: of migrate_exec() */
  int upgrade;
  const char *sql;
  size_t at;
  int statement; /* its number, of migrate_exec() */
} mig_script_place;

/* An edit that the next reload judges, and the statement that asked for it. */
typedef struct mig_edited {
  const char *name; /* of the object */
  mig_script_place place;
  struct mig_edited *next;
} mig_edited;

typedef struct mig_added { /* what one migrate_add() gave */
  migrate_revision *v;
  int n;
  struct mig_added *next;
} mig_added;

typedef struct mig_gone { /* a table that a script dropped and others reference: put aside */
  const char *schema, *name, *aside;
  struct mig_gone *next;
} mig_gone;

typedef struct mig_due mig_due; /* rows that a run has still to write: record.c */

typedef struct mig_backup { /* of the last run */
  const char *path;      /* NULL: none was made, or it is gone again */
  sqlite3_vfs *vfs;
  sqlite3_int64 version; /* the database's data_version when it was made */
  mig_names rows;        /* of the version table then */
  int commits;           /* of the run since */
} mig_backup;

struct migrate {
  sqlite3 *db;
  mig_fault fault;
  mig_arena arena; /* lives as long as the handle: settings, revisions */
  mig_arena work;  /* lives as long as one call and its result, or as one statement of a script */
  mig_arena lasting; /* lives as long as one call: what outlives its statements */
  mig_settings settings;
  unsigned flags;
  void (*log)(void *, int, const char *);
  void *log_arg;
  int (*written)(void *, const char *); /* told of each new revision file */
  void *written_arg;
  int (*progress)(void *, const migrate_progress *);
  void *progress_arg;
  char *errbuf;
  int nerrbuf;
  int told_fault; /* the log has the error */
  mig_text result;
  int statements; /* run by the last migrate_exec() */

  /* revisions */
  mig_added *added; /* by the program, and not looked at yet; oldest first */
  const mig_revision **revisions;
  int nrevision, revision_cap;
  mig_graph *graph; /* of all revisions; NULL: to be made */

  /* one run */
  struct mig_run *run;   /* of migrate_prepare(), until its last step; NULL: none */
  mig_backup backup;
  int crowd, many;       /* the run has many steps; its script has many ALTERs */
  int watched;           /* texts may read the version rows without their names */
  int reloads;           /* of edits, so far */
  int blind;             /* the reload that an edit of more than texts waits for */
  int depth;             /* 0: no transaction of ours is open */
  int own_transaction;   /* BEGIN was ours; else a savepoint in the caller's */
  sqlite3_stmt *undo[2]; /* the way back, compiled ahead */
  sqlite3_stmt *brace;   /* the way back while the other is being made anew .. */
  int braced, stale;     /* .. which stands; a flag has changed since both were compiled */
  sqlite3_stmt *awake;   /* stands in its first row, so that no sqlite3_interrupt() is missed */
  int legacy;            /* legacy_alter_table at its beginning */
  int synchronous;       /* was this before it was EXTRA; 0: as it was */
  mig_pending *pending;
  mig_gone *gone;        /* by the section that runs */
  mig_due *due, *last_due; /* in the order of the steps */
  mig_script_place place; /* of the statement at work */
  mig_edited *edited;    /* since the last reload, newest first */
  const mig_edited *blamed; /* the one that the reload failed over */
  sqlite3_stmt *edit;    /* puts a text into sqlite_master of edit_schema; NULL: none is open */
  const char *edit_schema;
  int edit_renames, defensive, writable; /* .. and names; the flags before it was opened */
  sqlite3_int64 *slots;  /* counts that MIG_S_COUNT remembers */
  int nslot;
  mig_catalog *catalogs; /* read in this run and still true */
  mig_catalog *forgotten; /* no longer true, and held by the statement at work */
  int keeps;             /* others hold on to catalogs and texts of its statements */
  const char **schemas;  /* likewise the names of the databases */
  int nschema;
  migrate *live;         /* a scratch database's model, which has the rows; NULL: none */
  int seq;               /* statements listed so far */
  /* hears of each statement before it runs, and of each transaction; NULL: nobody listens */
  void (*listen)(struct migrate *, const mig_statement *, const char *strategy);
  void (*framed)(struct migrate *, int opened);
  void *listener;
  int (*row)(void *, const migrate_statement *); /* of mig_list_row() */
  void *row_arg;
  int row_stop;          /* the callback has heard enough */
  const char *revision, *direction; /* what the statements belong to, for the lists */
  int step, steps;
  const char *statement; /* what runs, and how far it is, for progress() */
  sqlite3_int64 done, total, told; /* told: when, in milliseconds */
};

/* A scratch database has nothing but a schema: the handle of the one with the rows, else NULL. */
static migrate *mig_live(const migrate *m) { return MIG_TOOLS ? m->live : 0; }

/* May the schema not be edited? */
static int mig_is_plain(const migrate *m) { return m->settings.rebuild != MIG_REBUILD_AUTO; }

static void mig_catalog_free(mig_catalog *c) {
  mig_arena memory = c->memory;
  mig_arena_free(&memory);
}

static void mig_free_catalogs(mig_catalog **list) {
  while (*list) {
    mig_catalog *next = (*list)->next;
    mig_catalog_free(*list);
    *list = next;
  }
}

/* Gives back all memory but that of the handle's own life. */
static void mig_free_run(migrate *m) {
  mig_free_catalogs(&m->catalogs);
  mig_free_catalogs(&m->forgotten);
  mig_arena_free(&m->lasting);
  mig_arena_free(&m->work);
}

/* Starts a public call: its memory is new, its result empty. Returns the sticky code. */
static int mig_begin_call(migrate *m) {
  if (!m) return SQLITE_NOMEM;
  if (m->fault.code) return m->fault.code;
  if (m->run) {
    return mig_fail(&m->work, MIGRATE_MISUSE,
                    "a prepared run has steps left: migrate_run() ends it, migrate_close() undoes "
                    "it");
  }
  mig_free_run(m);
  mig_text_init(&m->result, &m->work);
  m->backup.path = 0;
  m->pending = 0;
  m->gone = 0;
  m->due = m->last_due = 0;
  m->watched = 0;
  m->edited = 0;
  m->blamed = 0;
  m->crowd = 0;
  m->slots = 0;
  m->nslot = 0;
  m->schemas = 0;
  m->statements = 0;
  m->seq = 0;
  return 0;
}

static void mig_log(migrate *m, int level, const char *message) {
  if (m->log && message) m->log(m->log_arg, level, message);
}

static int mig_end_call(migrate *m) {
  if (m->fault.code && !m->told_fault) mig_log(m, MIGRATE_ERROR, mig_fault_text(&m->fault));
  m->told_fault = m->fault.code != 0;
  if (m->fault.code && m->errbuf && m->nerrbuf > 0) {
    sqlite3_snprintf(m->nerrbuf, m->errbuf, "%s", mig_fault_text(&m->fault));
  }
  return m->fault.code;
}

/* Threads that share the connection wait until the run is over: what they did meanwhile would be
** part of its transaction. An SQLite without threads has neither a mutex nor the functions. */
#if defined(SQLITE_THREADSAFE) && SQLITE_THREADSAFE == 0
static void mig_lock(migrate *m) { (void)m; }
static void mig_unlock(migrate *m) { (void)m; }
#else
static void mig_lock(migrate *m) {
  sqlite3_mutex *mutex = sqlite3_db_mutex(m->db);
  if (mutex) sqlite3_mutex_enter(mutex);
}

static void mig_unlock(migrate *m) {
  sqlite3_mutex *mutex = sqlite3_db_mutex(m->db);
  if (mutex) sqlite3_mutex_leave(mutex);
}
#endif

/* ---- reading the database ---- */

/* The connection's error. An ALTER of SQLite's that is interrupted while it reads the schema says
** so in words alone: "error in view v: interrupted". */
static int mig_db_code(migrate *m) {
  int rc = sqlite3_extended_errcode(m->db);
  const char *z = rc == SQLITE_ERROR ? sqlite3_errmsg(m->db) : "", *why = strstr(z, ": ");
  if (!why || strncmp(z, "error in ", 9) != 0) return rc;
  return strcmp(why, ": interrupted") == 0 ? SQLITE_INTERRUPT : rc;
}

static const char *mig_db_words(migrate *m) {
  return mig_db_code(m) == SQLITE_INTERRUPT ? "interrupted" : sqlite3_errmsg(m->db);
}

/* The same as ours. `what` names our own statement in words; NULL: the message says enough. */
static void mig_fail_db(migrate *m, const char *what) {
  int rc = mig_db_code(m);
  if (rc == 0 || rc == SQLITE_ROW || rc == SQLITE_DONE) rc = SQLITE_ERROR;
  if ((rc & 0xff) == SQLITE_NOMEM) {
    mig_no_memory(&m->work);
  } else if (what) {
    mig_fail(&m->work, rc, "%s: %s", what, mig_db_words(m));
  } else {
    mig_fail(&m->work, rc, "%s", mig_db_words(m));
  }
}

static sqlite3_stmt *mig_prepare(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  if (mig_failed(&m->work) || !sql) return 0;
  if (sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) != SQLITE_OK) {
    mig_fail_db(m, 0);
    sqlite3_finalize(stmt);
    return 0;
  }
  return stmt;
}

/* Steps a reader: 1 while there is a row. After the last row, or an error, it is finalized. */
static int mig_row(migrate *m, sqlite3_stmt **stmt) {
  int rc;
  if (!*stmt) return 0;
  if (!mig_failed(&m->work)) {
    rc = sqlite3_step(*stmt);
    if (rc == SQLITE_ROW) return 1;
    if (rc != SQLITE_DONE) mig_fail_db(m, 0);
  }
  sqlite3_finalize(*stmt);
  *stmt = 0;
  return 0;
}

/* The text of a cell, until the next step. */
static const char *mig_cell_text(migrate *m, sqlite3_stmt *stmt, int i) {
  const char *z = (const char *)sqlite3_column_text(stmt, i);
  if (!z && sqlite3_column_type(stmt, i) != SQLITE_NULL) mig_no_memory(&m->work);
  return z;
}

static char *mig_cell_in(migrate *m, mig_arena *a, sqlite3_stmt *stmt, int i) {
  return mig_copy(a, mig_cell_text(m, stmt, i));
}

static char *mig_cell(migrate *m, sqlite3_stmt *stmt, int i) {
  return mig_cell_in(m, &m->work, stmt, i);
}

/* The first column of the first row as an integer; 0 without a row. */
static sqlite3_int64 mig_read_int(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  sqlite3_int64 v = 0;
  while (mig_row(m, &stmt)) v = sqlite3_column_int64(stmt, 0);
  return v;
}

/* Codes that say nothing of the statement, but of the moment: nobody may draw a conclusion. */
static int mig_is_accident(int rc) {
  rc &= 0xff;
  return rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT || rc == SQLITE_IOERR || rc == SQLITE_BUSY ||
         rc == SQLITE_LOCKED || rc == SQLITE_FULL || rc == SQLITE_CANTOPEN;
}

/* SQLite has rolled the run's transaction back by itself, as it does after some I/O errors, also
** where a virtual table has hidden the error behind another: each statement from here on would
** stand alone. */
static int mig_is_undone(const migrate *m) { return m->depth && sqlite3_get_autocommit(m->db); }
