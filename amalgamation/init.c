/* Init: the files of a new migration environment. */

static const char mig_ini_text[] =
  "# Settings of migrate. ${NAME} is taken from the process environment; relative paths begin at\n"
  "# the folder of this file. What stands behind a # is the default.\n"
  "\n"
  "[migrate]\n"
  "\n"
  "# The folder of the migration environment.\n"
  "script_location = %s\n"
  "\n"
  "# Where revision files are, when not in script_location/versions: folders, by commas.\n"
  "# version_locations =\n"
  "\n"
  "# The name of a new revision file: rev, slug, year, month, day, hour, minute, second, epoch.\n"
  "# file_template = %s\n"
  "# truncate_slug_length = 40\n"
  "\n"
  "# Of create_date and the file name: utc, local, +02:00 or Europe/Berlin.\n"
  "# timezone = utc\n"
  "\n"
  "# The target schema: file:PATH of SQL, of a folder of *.sql, or of a database; or SQL itself.\n"
  "target = file:%s\n"
  "\n"
  "# The table that holds the current revision, in Alembic's own layout.\n"
  "# version_table = alembic_version\n"
  "\n"
  "# Whether migrate_journal records what was applied.\n"
  "# journal = on\n"
  "\n"
  "# What a comparison with the target looks at.\n"
  "# compare_type = on\n"
  "# compare_server_default = on\n"
  "\n"
  "# One transaction for each revision instead of one for the whole run.\n"
  "# transaction_per_migration = off\n"
  "\n"
  "# auto: the fastest safe way. portable: plain SQL alone, the schema text is never edited.\n"
  "# hosted: so, and foreign keys are never switched off.\n"
  "# rebuild = auto\n"
  "\n"
  "# Of scripts: sqlite, or d1 for Cloudflare D1.\n"
  "# dialect = sqlite\n"
  "\n"
  "# How long to wait for another process, in milliseconds.\n"
  "# busy_timeout = 5000\n"
  "\n"
  "# What is written to stderr: off, debug, info, warning, error.\n"
  "# log_level = off\n"
  "# progress = off\n"
  "\n"
  "# A file that receives a copy of the database before an upgrade.\n"
  "# backup =\n";

static const char mig_env_text[] =
  "-- Runs on the connection before revisions do, outside of the transaction, and not when there\n"
  "-- is nothing to do. What it sets stays set: PRAGMA foreign_keys = ON, for example.\n";

static const char mig_schema_text[] =
  "-- The target schema: the CREATE statements of the database as it should be.\n"
  "-- A renamed column or table is told by a comment behind its new name:\n"
  "--   -- migrate:renamed_from old_name\n";

static const char mig_ignore_text[] =
  "# A revision that only tries something out is named *.test.sql and stays out of git.\n"
  "*.test.sql\n";

static const char mig_readme_text[] =
  "Migrations\n"
  "==========\n"
  "\n"
  "versions/         the revisions: SQL files, each with its id and its parent in the header\n"
  "schema.sql        the target schema\n"
  "env.sql           runs on the connection before revisions do\n"
  "script.sql.tmpl   what a new revision looks like\n"
  "versions/.gitignore  keeps *.test.sql, revisions that only try something out, to yourself\n"
  "\n"
  "Workflow, in the sqlite3 shell\n"
  "------------------------------\n"
  "\n"
  "1. Write a revision: SELECT migrate_revision('add users'); then fill in both sections of the\n"
  "   file whose path it answers. ALTER TABLE may do what PostgreSQL's does.\n"
  "2. Review it against the list below.\n"
  "3. Try it on a copy of real data: SELECT migrate_upgrade();\n"
  "4. Test the way back: SELECT migrate_downgrade('-1'); SELECT migrate_upgrade();\n"
  "5. Commit the revision together with the change of the program.\n"
  "\n"
  "SELECT * FROM migrate_history; and SELECT * FROM migrate_current; say where the database is.\n"
  "\n"
  "Review\n"
  "------\n"
  "\n"
  "- Does the downgrade undo the upgrade, rows included? What cannot be undone has no downgrade\n"
  "  section, so that it is refused.\n"
  "- What is dropped? Is the data needed, is it copied first?\n"
  "- NOT NULL, CHECK, UNIQUE, FOREIGN KEY: do all existing rows keep them? Are they corrected by\n"
  "  an UPDATE before?\n"
  "- A new column: what do old rows get? Is the default right for them?\n"
  "- A rename: does the older version of the program still run meanwhile?\n"
  "- How many rows are read or copied? SELECT * FROM migrate_explain('ALTER TABLE ..') tells the\n"
  "  way that is taken and why.\n"
  "- Is there one head? SELECT * FROM migrate_heads; two want migrate_merge('heads', '..').\n"
  "- An applied revision is never edited: write another one.\n";

static void mig_say(migrate *m, const char *format, const char *path) {
  if (m->result.n) mig_put(&m->result, "\n");
  mig_putf(&m->result, format, path);
}

/* Makes a folder with those above it. */
static void mig_init_folder(migrate *m, const char *path) {
  char *part = mig_copy(&m->arena, path);
  size_t i;
  for (i = 1; part && part[i] && !mig_failed(&m->arena); i++) {
    char c = part[i];
    if (c != '/' && c != '\\') continue;
    part[i] = 0;
    if (!mig_is_folder(m, part)) mig_folder_new(&m->arena, part);
    part[i] = c;
  }
  if (mig_folder_new(&m->arena, path)) mig_say(m, "Creating directory %s ...  done", path);
}

static void mig_init_file(migrate *m, const char *path, const char *text) {
  if (!path || !text) return;
  if (mig_file_new(&m->arena, path, text, strlen(text))) {
    mig_say(m, "Generating %s ...  done", path);
  } else if (!mig_failed(&m->arena)) {
    mig_say(m, "File %s already exists, skipping", path);
  }
}

/* The folder as migrate.ini names it: relative to where that file is. */
static const char *mig_init_written(migrate *m, const char *ini, const char *location) {
  if (!mig_path_folder(&m->arena, ini) || mig_failed(&m->arena)) return location;
  if (!mig_path_folder(&m->arena, ini)[0]) return location;
  return mig_full_path(&m->arena, location);
}

/* A path as migrate.ini has to say it, where ${ begins a variable. What its lines cannot hold is
** refused. */
static const char *mig_init_value(mig_arena *a, const char *path) {
  mig_text t;
  size_t i, n = path ? strlen(path) : 0;
  mig_text_init(&t, a);
  if (n && (path[strcspn(path, "\r\n")] || strchr(" \t", path[0]) || strchr(" \t", path[n - 1]))) {
    mig_fail(a, MIGRATE_MISUSE, "migrate.ini cannot say this folder: its name begins or ends with "
                                "a space, or holds a line break");
  }
  for (i = 0; i < n; i++) {
    if (path[i] == '$' && path[i + 1] == '{') mig_put(&t, "$");
    mig_putn(&t, path + i, 1);
  }
  return mig_text_z(&t);
}

static void mig_init_files(migrate *m, const char *location) {
  mig_arena *a = &m->arena;
  const char *versions = mig_path_join(a, location, "versions");
  mig_init_folder(m, location);
  if (versions) mig_init_folder(m, versions);
  mig_init_file(m, mig_path_join(a, location, "README"), mig_readme_text);
  mig_init_file(m, mig_path_join(a, location, "env.sql"), mig_env_text);
  mig_init_file(m, mig_path_join(a, location, "schema.sql"), mig_schema_text);
  mig_init_file(m, mig_path_join(a, location, "script.sql.tmpl"), mig_template);
  mig_init_file(m, mig_path_join(a, versions, ".gitignore"), mig_ignore_text);
}

/* A path without the slashes at its end. */
static char *mig_init_trimmed(mig_arena *a, const char *path) {
  size_t n = strlen(path);
  while (n > 1 && (path[n - 1] == '/' || path[n - 1] == '\\')) n--;
  return mig_copyn(a, path, n);
}

MIGRATE_API int migrate_init(migrate *m, const char *directory) {
  mig_arena *a;
  const char *ini, *written;
  int named, rc = mig_begin_call(m);
  if (rc) return rc;
  a = &m->arena;
  ini = mig_ini_path(&m->settings, &named);
  if (!m->settings.ini && mig_path_kind(a, ini) != MIG_PATH_NONE) mig_ini_load(m, ini);
  if (directory && !directory[0]) mig_fail(a, MIGRATE_MISUSE, "the directory has no name");
  if (!directory) directory = mig_location(m);
  if (!mig_failed(a)) directory = mig_init_trimmed(a, directory);
  if (!mig_failed(a)) mig_init_value(a, directory); /* before anything is made */
  if (mig_failed(a)) return mig_end_call(m);
  mig_init_files(m, directory);
  written = mig_init_value(a, mig_init_written(m, ini, directory));
  mig_init_file(m, ini,
                mig_format(a, mig_ini_text, written,
                           mig_setting_table[MIG_SETTING_file_template].value,
                           mig_path_join(a, written, "schema.sql")));
  mig_say(m, "Please edit configuration in %s before proceeding.", ini);
  return mig_end_call(m);
}
