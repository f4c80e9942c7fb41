/* Config: settings by name. */

MIGRATE_API int migrate_set(migrate *m, const char *key, const char *value) {
  int rc = mig_begin_call(m);
  if (rc) return rc;
  if (key) {
    mig_settings_put(&m->arena, &m->settings, key, value, MIG_FROM_PROGRAM);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_set: the key is NULL");
  }
  return mig_end_call(m);
}

MIGRATE_API const char *migrate_get(migrate *m, const char *key) {
  int setting;
  if (!m || m->fault.code) return 0;
  setting = key ? mig_setting_find(key) : -1;
  if (setting >= 0) return mig_setting_text(&m->settings, setting);
  if (key) {
    mig_unknown_key(&m->arena, key);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_get: the key is NULL");
  }
  mig_end_call(m);
  return 0;
}
