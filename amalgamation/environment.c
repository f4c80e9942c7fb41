/* Environment: migrate.ini and the folders of the revisions, found and read. */

#define MIG_INI "migrate.ini"

static const char *mig_process_variable(void *arg, const char *name) {
  (void)arg;
  return getenv(name);
}

/* ---- migrate.ini ---- */

/* The migrate.ini that is meant; *named: by the program or the process environment, so that it
** must be there. */
static const char *mig_ini_path(const mig_settings *s, int *named) {
  const char *variable = getenv("MIGRATE_CONFIG");
  *named = 1;
  if (s->file[0]) return s->file;
  if (variable && variable[0]) return variable;
  *named = 0;
  return MIG_INI;
}

static void mig_ini_load(migrate *m, const char *path) {
  size_t n;
  char *z = mig_file_read(&m->arena, path, &n);
  if (!z) return;
  mig_settings_read(&m->arena, &m->settings, path, z, n, mig_process_variable, 0);
  m->settings.ini = mig_copy(&m->arena, path);
  m->settings.folder = mig_path_folder(&m->arena, path);
}

MIGRATE_API int migrate_load(migrate *m, const char *file) {
  const char *path;
  int named, rc = mig_begin_call(m);
  if (rc) return rc;
  if (file) mig_settings_put(&m->arena, &m->settings, "file", file, MIG_FROM_PROGRAM);
  path = mig_ini_path(&m->settings, &named);
  if (named || mig_path_kind(&m->arena, path) != MIG_PATH_NONE) mig_ini_load(m, path);
  return mig_end_call(m);
}

/* ---- revisions ---- */

/* The folder of the environment. */
static const char *mig_location(migrate *m) {
  return mig_setting_path(&m->arena, &m->settings, MIG_SETTING_script_location,
                          m->settings.script_location);
}

/* The folders of the setting version_locations, which are separated by commas or as the system
** separates the paths of a list. */
static mig_names mig_version_locations(migrate *m) {
  char *z = mig_copy(&m->arena, m->settings.version_locations);
  mig_names names;
  int i;
#ifdef _WIN32
  const char separator = ';';
#else
  const char separator = ':';
#endif
  for (i = 0; z && z[i]; i++) {
    if (z[i] == separator) z[i] = ',';
  }
  names = mig_list_of(&m->arena, z);
  for (i = 0; i < names.n; i++) {
    names.at[i] = mig_setting_path(&m->arena, &m->settings, MIG_SETTING_version_locations,
                                   names.at[i]);
  }
  return names;
}

static int mig_is_folder(migrate *m, const char *path) {
  return path && mig_path_kind(&m->arena, path) == MIG_PATH_FOLDER;
}

static void mig_no_folder(migrate *m, const char *path) {
  mig_fail(&m->arena, MIGRATE_FILE,
           "Path doesn't exist: %s.  Please use migrate_init to create a new scripts folder.",
           path ? path : "");
}

/* Adds one file as a revision. `full` is its folder as mig_full_path() has it. */
static void mig_add_file(migrate *m, const char *full, const char *path) {
  mig_arena *a = &m->arena;
  mig_revision *revision = (mig_revision *)mig_alloc(a, sizeof(*revision));
  char *z;
  size_t n;
  if (!path || !revision) return;
  if (mig_leads_out(a, full, path)) {
    mig_fail(a, MIGRATE_FILE, "cannot read %s: it leads out of its folder", path);
  }
  z = mig_file_read(a, path, &n);
  if (!z) return;
  mig_script_parse(a, path, z, n, revision);
  revision->upgrade.sql = mig_unix_lines(a, revision->upgrade.sql);
  revision->downgrade.sql = mig_unix_lines(a, revision->downgrade.sql);
  mig_take_added(m);
  mig_add_revision(m, revision);
}

/* Adds the *.sql of a folder. */
static void mig_add_folder(migrate *m, const char *folder) {
  const char *full;
  mig_list list;
  int i;
  if (!mig_is_folder(m, folder)) {
    mig_no_folder(m, folder);
    return;
  }
  full = mig_full_path(&m->arena, folder);
  list = mig_folder_scripts(&m->arena, folder);
  for (i = 0; i < list.n && !mig_failed(&m->arena); i++) {
    mig_add_file(m, full, mig_path_join(&m->arena, folder, list.z[i]));
  }
}

/* Takes the env.sql of an environment, which may be missing. */
static void mig_take_env(migrate *m, const char *location) {
  char *path = mig_path_join(&m->arena, location, "env.sql"), *sql;
  size_t n;
  if (!path || mig_path_kind(&m->arena, path) == MIG_PATH_NONE) return;
  sql = mig_file_read(&m->arena, path, &n);
  if (!sql) return;
  if (strlen(sql) != n) mig_fail(&m->arena, MIGRATE_SCRIPT, "%s holds a NUL byte", path);
  m->settings.env_path = path;
  m->settings.env_sql = strncmp(sql, "\357\273\277", 3) == 0 ? sql + 3 : sql;
}

/* Adds an environment's folder or, where it has no versions/, a plain one. */
static void mig_add_location(migrate *m, const char *location) {
  const char *versions = mig_path_join(&m->arena, location, "versions");
  if (!mig_is_folder(m, versions)) {
    mig_add_folder(m, location);
    return;
  }
  mig_take_env(m, location);
  mig_add_folder(m, versions);
}

MIGRATE_API int migrate_add_directory(migrate *m, const char *path) {
  mig_names locations;
  int i, rc = mig_begin_call(m);
  if (rc) return rc;
  if (path) mig_settings_put(&m->arena, &m->settings, "script_location", path, MIG_FROM_PROGRAM);
  locations = mig_version_locations(m);
  if (path || !locations.n) {
    mig_add_location(m, mig_location(m));
    return mig_end_call(m);
  }
  mig_take_env(m, mig_location(m));
  for (i = 0; i < locations.n && !mig_failed(&m->arena); i++) {
    mig_add_folder(m, locations.at[i]);
  }
  return mig_end_call(m);
}
