/* Create: new revision files. Everything is checked before a file is written. */

/* Makes id, labels and message of a new revision; nothing of it may be taken already. */
static void mig_draft_names(migrate *m, const mig_graph *g, const migrate_new_options *o,
                            const char *message, mig_revision *r) {
  mig_arena *a = &m->arena;
  char *line = mig_copy(a, message && message[0] ? message : "empty message");
  int i;
  for (i = 0; line && line[i]; i++) {
    if (line[i] == '\n' || line[i] == '\r') line[i] = ' '; /* it is one line of a comment */
  }
  r->message = line;
  r->id = o->rev_id ? o->rev_id : mig_new_id(a);
  if (mig_failed(a)) return;
  mig_check_id(a, r->id);
  if (!mig_failed(a) && mig_find_node(g, r->id) >= 0) {
    mig_fail(a, MIGRATE_GRAPH, "Revision identifier '%s' is already used by revision %s%s", r->id,
             mig_id(g, mig_find_node(g, r->id)),
             mig_files(g, mig_one_node(a, mig_find_node(g, r->id))));
  }
  r->labels = mig_list_of(a, o->branch_labels);
  for (i = 0; i < r->labels.n && !mig_failed(a); i++) {
    const char *label = r->labels.at[i];
    mig_check_label(a, label);
    if (mig_failed(a) || mig_find_node(g, label) < 0) continue;
    mig_fail(a, MIGRATE_GRAPH, "Branch name '%s' in revision %s already used by revision %s", label,
             r->id, mig_id(g, mig_find_node(g, label)));
  }
}

static mig_names mig_node_names(const mig_graph *g, mig_nodes nodes) {
  mig_names names;
  int i;
  names.at = (const char **)mig_array(g->a, (size_t)nodes.n, sizeof(*names.at));
  names.n = names.at ? nodes.n : 0;
  for (i = 0; i < names.n; i++) names.at[i] = mig_id(g, nodes.at[i]);
  return names;
}

/* The folder that a new file goes to: the one that was asked for, the only one, or the parent's. */
static const char *mig_draft_folder(migrate *m, const mig_graph *g, mig_nodes parents,
                                    const char *wanted) {
  mig_arena *a = &m->arena;
  mig_names locations = mig_version_locations(m);
  int i;
  if (!locations.n) {
    const char *location = mig_location(m), *versions = mig_path_join(a, location, "versions");
    if (!mig_is_folder(m, location)) mig_no_folder(m, location);
    locations.at = (const char **)mig_alloc(a, sizeof(*locations.at));
    if (!locations.at) return 0;
    locations.at[0] = mig_is_folder(m, versions) ? versions : location;
    locations.n = 1;
  }
  if (wanted) {
    const char *full = mig_is_folder(m, wanted) ? mig_full_path(a, wanted) : wanted;
    for (i = 0; i < locations.n && !mig_failed(a); i++) {
      const char *path = mig_is_folder(m, locations.at[i]) ? mig_full_path(a, locations.at[i]) : 0;
      if (path && full && strcmp(path, full) == 0) return locations.at[i];
    }
    mig_fail(a, MIGRATE_FILE, "Path %s is not represented in current version locations", wanted);
    return 0;
  }
  if (locations.n == 1) return locations.at[0];
  if (parents.n && g->nodes[parents.at[0]].rev->path) {
    return mig_path_folder(a, g->nodes[parents.at[0]].rev->path);
  }
  mig_fail(a, MIGRATE_FILE, "Multiple version locations present, please specify --version-path");
  return 0;
}

static int mig_digits(const char *z, int n) {
  int v = 0;
  while (n--) v = v * 10 + (*z++ - '0');
  return v;
}

/* "Z", or "+02:00". */
static const char *mig_zone_suffix(mig_arena *a, int minutes) {
  int m = minutes < 0 ? -minutes : minutes;
  if (minutes == 0) return "Z";
  return mig_format(a, "%c%02d:%02d", minutes < 0 ? '-' : '+', m / 60, m % 60);
}

/* The time now; returns it as a create_date, NULL after a fault. SQLite knows the local zone. */
static const char *mig_now(migrate *m, mig_file_facts *t) {
  mig_arena *a = &m->arena;
  const char *date = 0;
  sqlite3_stmt *now;
  int minutes, kind = mig_zone(m->settings.timezone, &minutes);
  const char *modifier = "localtime";
  if (kind == MIG_ZONE_NAMED) {
    minutes = mig_zone_minutes(a, m->settings.timezone,
                               mig_read_int(m, "SELECT strftime('%s', 'now')"));
  }
  if (kind != MIG_ZONE_LOCAL) modifier = mig_format(a, "%+d minutes", minutes);
  if (mig_failed(a)) return 0;
  now = mig_prepare(m, "SELECT strftime('%Y-%m-%dT%H:%M:%S', 'now', ?1), strftime('%s', 'now'), "
                       "strftime('%s', 'now', ?1) - strftime('%s', 'now')");
  if (now) sqlite3_bind_text(now, 1, modifier, -1, SQLITE_STATIC);
  while (mig_row(m, &now)) {
    const char *z = mig_cell(m, now, 0);
    if (!z || strlen(z) != 19) continue;
    t->year = mig_digits(z, 4);
    t->month = mig_digits(z + 5, 2);
    t->day = mig_digits(z + 8, 2);
    t->hour = mig_digits(z + 11, 2);
    t->minute = mig_digits(z + 14, 2);
    t->second = mig_digits(z + 17, 2);
    t->epoch = sqlite3_column_int64(now, 1);
    minutes = sqlite3_column_int(now, 2) / 60;
    date = mig_format(a, "%s%s", z, mig_zone_suffix(a, minutes));
  }
  if (!date) mig_fail(a, MIGRATE_CONFIG, "SQLite does not tell the time here");
  return date;
}

/* The text of the file, by the environment's own template where there is one. */
static const char *mig_draft_text(migrate *m, const mig_revision *r) {
  mig_arena *a = &m->arena;
  const char *path = mig_path_join(a, mig_location(m), "script.sql.tmpl");
  const char *text = mig_template;
  size_t n;
  if (path && mig_path_kind(a, path) != MIG_PATH_NONE) text = mig_file_read(a, path, &n);
  return text ? mig_script_render(a, path, text, r) : 0;
}

/* A template may say anything, and so may an option. What is not read as this revision, or makes no
** graph with those that are there, is not written either: in its folder it would be in the way of
** every command. */
static void mig_check_draft(migrate *m, const mig_revision *r, const char *path, const char *text) {
  mig_arena *a = &m->arena;
  size_t n = (size_t)m->nrevision;
  mig_revision read;
  const mig_revision **all = (const mig_revision **)mig_array(a, n + 1, sizeof(*all));
  mig_script_parse(a, path, text, strlen(text), &read);
  if (!mig_failed(a) && strcmp(read.id, r->id) != 0) {
    mig_fail(a, MIGRATE_SCRIPT, "%s: its revision is '%s'", path, read.id);
  }
  if (!mig_failed(a)) {
    if (n) memcpy((void *)all, (const void *)m->revisions, n * sizeof(*all));
    all[n] = &read;
    read.path = 0; /* there is no such file */
    mig_graph_load(a, all, (int)n + 1);
  }
  mig_fault_context(a, "not written: ");
}

static void mig_draft_write(migrate *m, const mig_revision *r, const char *path) {
  mig_arena *a = &m->arena;
  const char *text = mig_draft_text(m, r);
  int code;
  if (!path || !text) return;
  mig_check_draft(m, r, path, text);
  if (mig_failed(a)) return;
  if (!mig_file_new(a, path, text, strlen(text))) {
    mig_fail(a, MIGRATE_FILE, "cannot write %s: there is such a file already", path);
    return;
  }
  code = m->written ? m->written(m->written_arg, path) : 0;
  if (code) mig_fail(a, code, "the hook failed after %s was written", path);
}

/* A new revision above those that `words` name, which must be `least` or more. */
static void mig_create(migrate *m, const char *words, int least, const char *message,
                       const migrate_new_options *o, char **path) {
  mig_arena *a = &m->arena;
  mig_graph *g = mig_graph_of(m);
  mig_revision r;
  mig_file_facts facts;
  mig_nodes parents;
  const char *folder, *file;
  memset(&r, 0, sizeof(r));
  memset(&facts, 0, sizeof(facts));
  if (!g) return;
  mig_draft_names(m, g, o, message, &r);
  parents = mig_new_parents(g, words, o->splice);
  if (!mig_failed(a) && parents.n < least) {
    mig_fail(a, MIGRATE_RANGE, "a merge needs two revisions or more; '%s' is %d", words, parents.n);
  }
  r.down = mig_node_names(g, parents);
  r.depends = mig_new_needs(g, mig_list_of(a, o->depends_on));
  r.upgrade.sql = o->upgrade;
  r.downgrade.sql = o->downgrade;
  if (o->autogenerate && !mig_failed(a)) mig_generate(m, o, &r);
  r.create_date = mig_now(m, &facts);
  facts.id = r.id;
  facts.slug = mig_slug(a, r.message, m->settings.truncate_slug_length);
  if (mig_failed(a)) return;
  folder = mig_draft_folder(m, g, parents, o->version_path);
  file = mig_file_name(a, m->settings.file_template, &facts);
  file = mig_failed(a) ? 0 : mig_path_join(a, folder, file);
  mig_draft_write(m, &r, file);
  if (mig_failed(a)) return;
  mig_put(&m->result, file);
  if (path) *path = sqlite3_mprintf("%s", file);
  if (path && !*path) mig_no_memory(a);
}

MIGRATE_API int migrate_new_revision(migrate *m, const char *message,
                                     const migrate_new_options *options, char **path) {
  migrate_new_options none;
  int rc = mig_begin_call(m);
  if (path) *path = 0;
  if (rc) return rc;
  memset(&none, 0, sizeof(none));
  if (!options) options = &none;
  mig_create(m, options->head ? options->head : "head", 0, message, options, path);
  return mig_end_call(m);
}

MIGRATE_API int migrate_merge(migrate *m, const char *revisions, const char *message,
                              const migrate_new_options *options, char **path) {
  migrate_new_options none;
  int rc = mig_begin_call(m);
  if (path) *path = 0;
  if (rc) return rc;
  memset(&none, 0, sizeof(none));
  if (revisions) {
    mig_create(m, revisions, 2, message, options ? options : &none, path);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_merge: the revisions are NULL");
  }
  return mig_end_call(m);
}
