/* Restore: puts the content of a backup in the place of the main database's. */

MIGRATE_API const char *migrate_backup_path(migrate *m) { return m ? m->backup.path : 0; }

/* Is it the database itself, which nobody could be waited for to let go? */
static int mig_restore_is_same(migrate *m, sqlite3 *from) {
  const char *mine = sqlite3_db_filename(m->db, "main");
  const char *other = sqlite3_db_filename(from, "main");
  return mine && other && *mine && strcmp(mine, other) == 0;
}

/* A file that was cut in its last page looks whole to SQLite, which reads zeros there. */
static int mig_restore_is_cut(migrate *m, sqlite3 *from) {
  sqlite3_int64 bytes = 0, page = mig_backup_number(m, from, "PRAGMA main.page_size");
  sqlite3_file *f = 0;
  if (sqlite3_file_control(from, "main", SQLITE_FCNTL_FILE_POINTER, &f) || !f) return 0;
  if (!f->pMethods || f->pMethods->xFileSize(f, &bytes)) return 0;
  return page > 0 && bytes % page != 0;
}

/* What speaks against a copy; NULL: nothing. */
static const char *mig_restore_damage(migrate *m, sqlite3 *from) {
  const char *damage;
  if (mig_restore_is_same(m, from)) return "it is the database itself";
  damage = mig_backup_damage(m, from);
  if (damage) return damage;
  if (mig_backup_size(m, from) <= 0) return "it is empty";
  return mig_restore_is_cut(m, from) ? "its last page is cut off" : 0;
}

static void mig_restore_from(migrate *m, const char *path) {
  sqlite3 *from = mig_backup_open(m, path, SQLITE_OPEN_READWRITE, mig_backup_vfs(m)->zName);
  const char *damage;
  if (!from) return;
  if (mig_backup_size(m, from) < 0) mig_step_all(from, MIG_ALONE, 0);
  damage = mig_restore_damage(m, from);
  if (damage && !mig_is_interrupted(m)) {
    mig_fail(&m->work, MIGRATE_BACKUP, "%s cannot be restored: %s; nothing was changed", path,
             damage);
  }
  if (!mig_failed(&m->work)) mig_be_durable(m);
  if (!mig_failed(&m->work)) mig_backup_copy(m, m->db, from, path);
  sqlite3_close(from);
}

MIGRATE_API int migrate_restore(migrate *m, const char *path) {
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!path) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_restore: the path is NULL");
  else if (!*path) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_restore: the path is empty");
  if (!sqlite3_get_autocommit(m->db)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "a backup cannot be restored inside a transaction: commit it first");
  }
  mig_lock(m);
  mig_refuse_busy(m);
  mig_stay_awake(m);
  if (!mig_failed(&m->work)) mig_restore_from(m, path);
  mig_fall_asleep(m);
  mig_be_as_durable_as_before(m);
  mig_unlock(m);
  return mig_end_call(m);
}
