/* Backup: a copy of the main database before a run of revisions, by SQLite's online backup, which
** needs nothing but a file that SQLite can open. The copy is made before the lock is taken, since
** SQLite copies no database that its own connection is writing to; under the lock it is seen
** whether it is still true. */

#if !defined(MIGRATE_NO_STDIO) && !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#define MIG_BACKUP_PAGES 100  /* copied at first; from then on as many as take some milliseconds */
#define MIG_BACKUP_MOST 100000
#define MIG_BACKUP_NAMES 1000 /* as many copies may lie there */
#define MIG_BACKUP_TRIES 5    /* others may write while one is made */

/* ---- its name ---- */

/* What a token of the pattern stands for; NULL: there is no such token. A revision comes out of the
** database: it must not lead into another folder. */
static const char *mig_backup_token(migrate *m, const char *name, size_t n, mig_names rows) {
  mig_arena *a = &m->work;
  char *z = 0;
  size_t i;
  if (mig_word_is(name, n, "database")) {
    const char *file = sqlite3_db_filename(m->db, "main");
    return file && *file ? file : "memory";
  }
  if (mig_word_is(name, n, "time")) {
    sqlite3_stmt *now = mig_prepare(m, "SELECT strftime('%Y%m%dT%H%M%SZ', 'now')");
    while (mig_row(m, &now)) z = mig_cell(m, now, 0);
    return z ? z : "";
  }
  if (!mig_word_is(name, n, "revision")) return 0;
  z = rows.n ? mig_format(a, "%.60s", rows.at[0]) : mig_copy(a, "base");
  for (i = 0; z && z[i]; i++) {
    if (!mig_is_word_start((unsigned char)z[i]) && !mig_is_digit((unsigned char)z[i])) z[i] = '_';
  }
  return z ? z : "";
}

static const char *mig_backup_name(migrate *m, mig_names rows) {
  const char *from = m->settings.backup, *mark;
  mig_text t;
  mig_text_init(&t, &m->work);
  while ((mark = strchr(from, '%')) != 0 && !mig_failed(&m->work)) {
    const char *end = mark[1] == '(' ? strstr(mark, ")s") : 0;
    const char *value = end ? mig_backup_token(m, mark + 2, (size_t)(end - mark) - 2, rows) : 0;
    if (mark[1] == '%') {
      value = "%";
      end = mark;
    }
    if (!value) {
      mig_fail(&m->work, MIGRATE_CONFIG,
               "setting backup: unknown token %.20s; known are %%(database)s, %%(revision)s, "
               "%%(time)s and %%%%",
               mark);
      return 0;
    }
    mig_putn(&t, from, (size_t)(mark - from));
    mig_put(&t, value);
    from = end + 2;
  }
  mig_put(&t, from);
  return mig_setting_path(&m->work, &m->settings, MIG_SETTING_backup, mig_text_z(&t));
}

/* Does SQLite itself use the name beside the database? What lies there it takes for its own. */
static int mig_backup_is_beside(migrate *m, const char *path) {
  static const char *const tails[] = {"-journal", "-wal", "-shm"};
  const char *file = sqlite3_db_filename(m->db, "main");
  size_t n = file ? strlen(file) : 0;
  int i;
  for (i = 0; n && i < 3; i++) {
    if (strncmp(path, file, n) == 0 && strcmp(path + n, tails[i]) == 0) return 1;
  }
  return 0;
}

/* The folder of a path, links in it resolved, so that SQLite may refuse every other link. */
static const char *mig_backup_path(migrate *m, sqlite3_vfs *vfs, const char *path) {
  mig_arena *a = &m->work;
  const char *folder = mig_path_folder(a, path), *name;
  char *full = (char *)mig_alloc(a, (size_t)vfs->mxPathname + 2);
  if (!folder || !full) return 0;
  for (name = path + strlen(path); name > path && name[-1] != '/' && name[-1] != '\\'; name--) {}
  if (!*folder) folder = ".";
  if (!*name || (vfs->xFullPathname(vfs, folder, vfs->mxPathname + 1, full) & 0xff)) {
    mig_fail(a, MIGRATE_BACKUP, "the backup %s cannot be made: that is no path of a file", path);
    return 0;
  }
  name = mig_path_join(a, full, name);
  if (name && mig_backup_is_beside(m, name)) {
    mig_fail(a, MIGRATE_BACKUP, "the backup %s cannot be made: SQLite itself writes that file",
             path);
  }
  return name;
}

/* ---- its file ---- */

/* The file system layer that the database lies in; one in memory has the default. */
static sqlite3_vfs *mig_backup_vfs(migrate *m) {
  sqlite3_vfs *vfs = 0;
  sqlite3_file_control(m->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  if (!vfs || strcmp(vfs->zName, "memdb") == 0) vfs = sqlite3_vfs_find(0);
  return vfs;
}

static int mig_backup_exists(sqlite3_vfs *vfs, const char *path) {
  int there = 0;
  return !path || vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK || there;
}

/* Makes an empty file, which must not be there, not even as a link. SQLite's layers want the name
** of a database between NUL bytes. */
static int mig_backup_create(migrate *m, sqlite3_vfs *vfs, const char *path) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE |
              SQLITE_OPEN_MAIN_DB;
  char *name = (char *)mig_alloc(&m->work, strlen(path) + 16);
  sqlite3_file *file = (sqlite3_file *)mig_alloc(&m->work, (size_t)vfs->szOsFile);
  int rc;
  if (!name || !file) return 0;
  memcpy(name + 4, path, strlen(path));
#if !defined(MIGRATE_NO_STDIO) && !defined(_WIN32)
  if (strncmp(vfs->zName, "unix", 4) == 0) { /* which would let others read it */
    int handle = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    return handle >= 0 && close(handle) == 0;
  }
#endif
  rc = vfs->xOpen(vfs, name + 4, file, flags, &flags);
  if (file->pMethods) file->pMethods->xClose(file);
  return rc == SQLITE_OK;
}

/* Takes the first name that nothing has: PATH, PATH-2, PATH-3 .. No file is ever written over. */
static void mig_backup_reserve(migrate *m, const char *path) {
  mig_arena *a = &m->work;
  sqlite3_vfs *vfs = m->backup.vfs;
  int i;
  for (i = 1; i <= MIG_BACKUP_NAMES && !mig_failed(a); i++) {
    const char *name = i == 1 ? path : mig_format(a, "%s-%d", path, i);
    if (!name || mig_backup_exists(vfs, name) ||
        mig_backup_exists(vfs, mig_format(a, "%s-journal", name)) ||
        mig_backup_exists(vfs, mig_format(a, "%s-wal", name))) {
      continue;
    }
    if (mig_backup_create(m, vfs, name)) m->backup.path = name;
    if (m->backup.path) return;
  }
  mig_fail(a, MIGRATE_BACKUP,
           "the backup %s cannot be made: no file can be created there (does its folder exist?); "
           "nothing was changed",
           path);
}

static void mig_backup_remove(migrate *m) {
  /* the name itself last: as long as it is there, no other process takes it and what hangs on it */
  static const char *const tails[] = {"-journal", "-wal", "-shm", ""};
  mig_fault kept = m->fault;
  const char *name;
  int i;
  if (!m->backup.path) return;
  memset(&m->fault, 0, sizeof m->fault); /* names are needed after a fault, too */
  for (i = 0; i < 4; i++) {
    name = mig_format(&m->work, "%s%s", m->backup.path, tails[i]);
    if (name) m->backup.vfs->xDelete(m->backup.vfs, name, 0);
  }
  name = mig_format(&m->work, "Backup %s removed", m->backup.path);
  if (name) mig_log(m, MIGRATE_INFO, name);
  mig_fault_clear(&m->fault);
  m->fault = kept;
  m->backup.path = 0;
}

static sqlite3 *mig_backup_open(migrate *m, const char *path, int flags, const char *vfs) {
  sqlite3 *db = 0;
  int rc = sqlite3_open_v2(path, &db, flags, vfs);
  if (rc == SQLITE_OK) return db;
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  mig_is_interrupted(m);
  mig_fail(&m->work, MIGRATE_BACKUP, "the backup %s cannot be opened: %s", path,
           sqlite3_errmsg(db));
  sqlite3_close(db);
  return 0;
}

/* A copy of a database in WAL mode is one, too, and some file system layers have no shared memory:
** who is alone needs none. */
#define MIG_ALONE "PRAGMA main.locking_mode = EXCLUSIVE"

/* ---- copying ---- */

/* Whether the work on copies, which the database's own connection takes no part in, is over. */
static int mig_backup_stops(migrate *m) { return mig_tell(m) || mig_is_interrupted(m); }

/* Why a copy was refused. */
static const char *mig_backup_refusal(migrate *m, sqlite3 *to, int rc) {
  if (to == m->db && rc == SQLITE_READONLY && sqlite3_db_readonly(to, "main") == 0) {
    return "its pages have another size than those of the database, which does not take them in "
           "WAL mode and in memory";
  }
  return sqlite3_errcode(to) ? sqlite3_errmsg(to) : sqlite3_errstr(rc);
}

/* Copies all pages of one database over another, which is as before where this fails. What is
** copied over the main database is committed with its last page, and cannot be stopped any more. */
static void mig_backup_copy(migrate *m, sqlite3 *to, sqlite3 *from, const char *path) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  sqlite3_int64 pages = MIG_BACKUP_PAGES, began;
  mig_wait w = {0, 0};
  int rc = b ? SQLITE_OK : sqlite3_errcode(to);
  m->statement = 0;
  while (b && rc == SQLITE_OK) {
    began = mig_milliseconds();
    rc = sqlite3_backup_step(b, (int)pages);
    pages = mig_next_piece(pages, began);
    if (pages > MIG_BACKUP_MOST) pages = MIG_BACKUP_MOST;
    if (rc == SQLITE_OK) w.since = 0; /* it copied */
    if ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && mig_pause(m, &w)) rc = SQLITE_OK;
    m->total = sqlite3_backup_pagecount(b);
    m->done = m->total - sqlite3_backup_remaining(b);
    if ((rc != SQLITE_DONE || to != m->db) && mig_backup_stops(m)) break;
  }
  if (b) sqlite3_backup_finish(b);
  m->done = m->total = 0;
  if (mig_failed(&m->work) || rc == SQLITE_DONE) return;
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  else if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
    mig_fail(&m->work, SQLITE_BUSY,
             "%s cannot be copied: another connection holds the database; nothing was changed",
             to == m->db ? path : "the database");
  } else if (!mig_is_interrupted(m)) {
    mig_fail(&m->work, to == m->db ? rc : MIGRATE_BACKUP, "%s %s: %s; nothing was changed", path,
             to == m->db ? "cannot be restored" : "cannot be written as a backup",
             mig_backup_refusal(m, to, rc));
  }
}

/* Called while SQLite reads a copy: it stops for whoever stops the run. */
static int mig_backup_tick(void *arg) {
  migrate *m = (migrate *)arg;
  sqlite3_int64 now = mig_milliseconds();
  if (now >= m->told && now - m->told < MIG_TICK_PAUSE) return 0;
  m->told = now;
  return mig_backup_stops(m);
}

/* What SQLite finds wrong with a database as a file; NULL: nothing. That a row breaks a rule of its
** table is no damage of the file, and older SQLites say it of healthy ones; what needs functions or
** collations of the program cannot be judged here (SQLITE_ERROR). */
static const char *mig_backup_damage(migrate *m, sqlite3 *db) {
  const char *damage = 0;
  size_t end;
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, "PRAGMA main.quick_check", -1, &stmt, 0);
  if (db != m->db) mig_set_tick(db, mig_backup_tick, m);
  while (rc == SQLITE_OK && !damage && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *z = (const char *)sqlite3_column_text(stmt, 0);
    rc = SQLITE_OK;
    if (!z || strcmp(z, "ok") == 0 || strstr(z, " value in ") || strstr(z, "CHECK")) continue;
    if (strncmp(z, "*** ", 4) == 0 && strchr(z, '\n')) z = strchr(z, '\n') + 1; /* a heading */
    end = strcspn(z, "\n"); /* one line */
    damage = mig_format(&m->work, "%.*s", end < 200 ? (int)end : 200, z);
  }
  if (db != m->db) mig_set_tick(db, 0, 0);
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  else if (rc == SQLITE_INTERRUPT) mig_fail(&m->work, rc, "interrupted");
  else if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ERROR) {
    damage = mig_format(&m->work, "%s", sqlite3_errmsg(db));
  }
  sqlite3_finalize(stmt);
  return damage;
}

/* The number that a PRAGMA answers; -1: none. */
static sqlite3_int64 mig_backup_number(migrate *m, sqlite3 *db, const char *pragma) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  int rc = sqlite3_prepare_v2(db, pragma, -1, &stmt, 0);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  sqlite3_finalize(stmt);
  return n;
}

static sqlite3_int64 mig_backup_size(migrate *m, sqlite3 *db) {
  return mig_backup_number(m, db, "PRAGMA main.page_count");
}

/* Reads the copy again, as a file. A database that was damaged before has a damaged copy. */
static void mig_backup_verify(migrate *m) {
  const char *path = m->backup.path, *damage;
  sqlite3 *copy;
  if (mig_failed(&m->work)) return;
  copy = mig_backup_open(m, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
                         m->backup.vfs->zName);
  if (!copy) return;
  mig_step_all(copy, MIG_ALONE, 0);
  damage = mig_backup_damage(m, copy);
  if (mig_backup_size(m, copy) != mig_read_int(m, "PRAGMA main.page_count")) {
    damage = "it has lost pages"; /* unless there is a fault, which wins: an interrupt perhaps */
  } else if (damage && mig_backup_damage(m, m->db)) {
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work, "the database was damaged before, and so is its backup: %s",
                       damage));
    damage = 0;
  }
  if (damage && !mig_is_interrupted(m)) {
    mig_fail(&m->work, MIGRATE_BACKUP, "the backup %s is damaged: %s; nothing was changed", path,
             damage);
  }
  sqlite3_close(copy);
}

/* Nobody changes the pages meanwhile. synchronous = EXTRA sees to it that the file and its name are
** on the disk. */
static void mig_backup_write(migrate *m, const char *path) {
  sqlite3 *copy;
  mig_backup_reserve(m, path);
  if (mig_failed(&m->work)) return;
  copy = mig_backup_open(m, m->backup.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
                         m->backup.vfs->zName);
  if (copy) {
    mig_step_all(copy, "PRAGMA synchronous = EXTRA", 0);
    mig_backup_copy(m, copy, m->db, m->backup.path);
    if (sqlite3_close(copy) != SQLITE_OK) mig_no_memory(&m->work);
  }
  mig_backup_verify(m);
}

/* A statement that reads the database, and stands in its first row until it is finalized: so long
** nobody writes what is copied. BEGIN would want a ROLLBACK, which an interrupt or a lack of memory
** can forbid. NULL: the database holds nothing, or a fault. */
static sqlite3_stmt *mig_backup_hold(migrate *m) {
  sqlite3_stmt *stmt;
  mig_wait w = {0, 0};
  int rc;
  do {
    stmt = 0;
    rc = sqlite3_prepare_v2(m->db, "SELECT 1 FROM main.sqlite_master", -1, &stmt, 0);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) return stmt;
    if (rc != SQLITE_DONE) rc = sqlite3_extended_errcode(m->db);
    sqlite3_finalize(stmt);
  } while (rc != SQLITE_DONE && mig_is_held(rc) && mig_pause(m, &w));
  if (rc != SQLITE_DONE) mig_fail_db(m, 0);
  return 0;
}

/* Makes the copy. A database that holds nothing needs none. */
static void mig_backup_make(migrate *m, mig_names rows) {
  const char *path = mig_backup_name(m, rows);
  sqlite3_stmt *held = 0;
  m->backup.path = 0;
  m->backup.commits = 0;
  m->backup.vfs = mig_backup_vfs(m);
  if (path) path = mig_backup_path(m, m->backup.vfs, path);
  if (!mig_failed(&m->work)) held = mig_backup_hold(m);
  if (held) {
    m->backup.version = mig_read_int(m, "PRAGMA main.data_version");
    if (!mig_failed(&m->work)) mig_backup_write(m, path);
  }
  sqlite3_finalize(held);
  if (mig_failed(&m->work)) mig_backup_remove(m);
}

/* ---- around a run ---- */

/* mig_frame_open() with a copy made before. Where another connection has written between the two,
** the copy is made again. */
static void mig_backup_open_frame(migrate *m, mig_names rows) {
  int i;
  m->backup.path = 0;
  m->backup.rows = rows;
  if (!m->settings.backup[0] || mig_live(m)) {
    mig_frame_open(m);
    return;
  }
  if (!sqlite3_get_autocommit(m->db)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "a backup is not possible inside a transaction: commit it first");
  }
  mig_refuse_busy(m);
  for (i = 0; i < MIG_BACKUP_TRIES && !mig_failed(&m->work); i++) {
    mig_stay_awake(m);
    mig_backup_make(m, rows);
    if (!mig_failed(&m->work)) mig_frame_open(m);
    if (!m->depth) mig_fall_asleep(m);
    if (mig_failed(&m->work) || !m->backup.path) return;
    if (mig_read_int(m, "PRAGMA main.data_version") == m->backup.version) {
      mig_log(m, MIGRATE_INFO, mig_format(&m->work, "Backup written to %s", m->backup.path));
      return;
    }
    mig_frame_close(m);
    mig_backup_remove(m);
  }
  mig_fail(&m->work, MIGRATE_BACKUP,
           "the backup failed: other connections write all the time; nothing was changed");
}

/* Something is wrong with the disk or the file: then a copy is worth more than ever. */
static int mig_backup_is_needed(int code) {
  code &= 0xff;
  return code == SQLITE_IOERR || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/* Has a COMMIT that failed come true? A disk that is full in the middle of a journal's last write
** can do that: the version rows tell. */
static int mig_backup_moved(migrate *m) {
  mig_fault kept = m->fault;
  mig_names then = m->backup.rows, now;
  int i;
  if ((kept.code & 0xff) != SQLITE_FULL) return 0;
  memset(&m->fault, 0, sizeof m->fault);
  now = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  for (i = 0; i < now.n && i < then.n && strcmp(now.at[i], then.at[i]) == 0; i++) {}
  mig_fault_clear(&m->fault);
  m->fault = kept;
  return i < now.n || i < then.n;
}

/* After a run: the copy goes where the database is as it was, there is nothing that it could bring
** back; and where backup_keep is off, after success. */
static void mig_backup_settle(migrate *m) {
  int failed = mig_failed(&m->work), changed;
  if (!m->backup.path) return;
  changed = failed ? m->backup.commits > 0 || mig_backup_is_needed(m->fault.code) ||
                         mig_backup_moved(m)
                   : m->step > 0;
  if (!changed || (!failed && !m->settings.backup_keep)) {
    mig_backup_remove(m);
  } else if (failed) {
    mig_fault_context(&m->work, "the database as it was before is in %s: ", m->backup.path);
  }
}
