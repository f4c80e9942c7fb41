/* Restore: puts the content of a backup in the place of the main database's. */

MIGRATE_API const char *migrate_backup_path(migrate *m) { return m ? m->backup.path : 0; }

MIGRATE_API int migrate_restore(migrate *m, const char *path) {
  const char *damage;
  sqlite3 *from = 0;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!path) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_restore: the path is NULL");
  if (!sqlite3_get_autocommit(m->db)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "a backup cannot be restored inside a transaction: commit it first");
  }
  mig_refuse_busy(m);
  if (!mig_failed(&m->work)) {
    from = mig_backup_open(m, path, SQLITE_OPEN_READWRITE, mig_backup_vfs(m)->zName);
  }
  if (from) {
    damage = mig_backup_damage(m, from);
    if (!damage && mig_backup_size(from) <= 0) damage = "it is empty";
    if (damage) {
      mig_fail(&m->work, MIGRATE_BACKUP, "%s cannot be restored: %s; nothing was changed", path,
               damage);
    } else {
      mig_backup_copy(m, m->db, from, path);
    }
    sqlite3_close(from);
  }
  return mig_end_call(m);
}
