/* Adopt: a database that another tool has migrated so far. Its history table tells what is applied;
** a mapping tells which revision that is. The foreign table is only read, and stays. */

typedef struct mig_applied_set {
  const char *set, *newest; /* the id applied last */
} mig_applied_set;

typedef struct mig_found {
  const mig_tool *tool;
  const char *table;
  mig_applied_set *sets;
  int nset, cap, applied;
} mig_found;

/* ---- recognising ---- */

/* The columns of a table, and how the one called `first` is declared. */
static mig_names mig_columns_of(migrate *m, const char *table, const char *first,
                                const char **type) {
  mig_names names;
  int cap = 0;
  sqlite3_stmt *stmt =
      mig_prepare(m, mig_format(&m->work, "PRAGMA main.table_info(\"%w\")", table));
  names.at = 0;
  names.n = 0;
  *type = "";
  while (mig_row(m, &stmt)) {
    const char *name = mig_cell(m, stmt, 1), *declared = mig_cell(m, stmt, 2);
    names.at = (const char **)mig_grow(&m->work, (void *)names.at, names.n, &cap, sizeof(char *));
    if (mig_failed(&m->work)) continue;
    names.at[names.n++] = name;
    if (mig_same(name, first) && declared) *type = declared;
  }
  return names;
}

static int mig_is_tools_table(migrate *m, const mig_tool *tool, const char *table) {
  mig_names want = mig_list_of(&m->work, tool->columns), have;
  const char *type = "";
  int i, j;
  if (!want.n || mig_table_kind(m->db, &m->work, table) != MIG_ORDINARY_TABLE) return 0;
  have = mig_columns_of(m, table, want.at[0], &type);
  if (mig_failed(&m->work) || (tool->only && have.n != want.n)) return 0;
  if (tool->type && sqlite3_strlike(tool->type, type, 0) != 0) return 0;
  for (i = 0; i < want.n; i++) {
    for (j = 0; j < have.n && !mig_same(want.at[i], have.at[j]); j++) {}
    if (j == have.n) return 0;
  }
  return 1;
}

static void mig_found_id(migrate *m, mig_found *f, const char *id, const char *set) {
  int i;
  for (i = 0; i < f->nset && strcmp(f->sets[i].set, set) != 0; i++) {}
  if (i == f->nset) {
    f->sets = (mig_applied_set *)mig_grow(&m->work, f->sets, f->nset, &f->cap,
                                          sizeof(mig_applied_set));
    if (mig_failed(&m->work)) return;
    f->sets[f->nset++].set = set;
  }
  f->sets[i].newest = id;
  f->applied++;
}

static void mig_read_tool(migrate *m, const mig_tool *tool, const char *table, mig_found *f) {
  sqlite3_stmt *stmt = mig_prepare(m, mig_format(&m->work, tool->ids, table));
  memset(f, 0, sizeof *f);
  f->tool = tool;
  f->table = table;
  while (mig_row(m, &stmt)) {
    const char *id = mig_cell(m, stmt, 0), *set = mig_cell(m, stmt, 1);
    if (id && set) mig_found_id(m, f, id, set);
  }
}

enum { MIG_TOOL_FOREIGN, MIG_TOOL_OWN, MIG_TOOL_NUMBER, MIG_TOOL_RANKS };

/* A history table of its own says most; then the version table, which is Alembic's as well, unless
** the journal tells that it was us; a mere number last, since several leave one. */
static int mig_tool_rank(const migrate *m, const mig_tool *tool) {
  if (!tool->table) return MIG_TOOL_NUMBER;
  return mig_same(tool->table, m->settings.version_table) ? MIG_TOOL_OWN : MIG_TOOL_FOREIGN;
}

static int mig_is_tool_there(migrate *m, const mig_tool *tool, int rank) {
  if (rank == MIG_TOOL_NUMBER) return 1;
  if (rank == MIG_TOOL_OWN && mig_table_kind(m->db, &m->work, MIG_JOURNAL)) return 0;
  return mig_is_tools_table(m, tool, tool->table);
}

/* The tools that have left something, of the first rank where there are any. */
static mig_found *mig_find_tools(migrate *m, const char *wanted, int *n) {
  mig_found *v = (mig_found *)mig_array(&m->work, (size_t)MIG_TOOL_COUNT, sizeof *v);
  int i, rank;
  *n = 0;
  for (rank = 0; rank < MIG_TOOL_RANKS && *n == 0; rank++) {
    for (i = 0; i < MIG_TOOL_COUNT && v && !mig_failed(&m->work); i++) {
      const mig_tool *tool = &mig_tools[i];
      if (wanted && !mig_same(wanted, tool->name)) continue;
      if (mig_tool_rank(m, tool) != rank || !mig_is_tool_there(m, tool, rank)) continue;
      mig_read_tool(m, tool, tool->table ? tool->table : "", &v[*n]);
      if (tool->table || v[*n].applied) ++*n;
    }
  }
  return v;
}

static void mig_refuse_trouble(migrate *m, const mig_found *f) {
  sqlite3_stmt *stmt = 0;
  int rc;
  if (!f->tool->trouble || mig_failed(&m->work)) return;
  rc = sqlite3_prepare_v2(m->db, f->tool->trouble, -1, &stmt, 0);
  if (mig_is_accident(rc)) mig_fail_db(m, 0);
  if (rc) return; /* the table that would tell of it is not there */
  while (mig_row(m, &stmt)) {
    const char *why = mig_cell(m, stmt, 0);
    mig_fail(&m->work, MIGRATE_UNSUPPORTED,
             "%s says that %s: put that right with %s first, then adopt", f->tool->name,
             why ? why : "something is wrong", f->tool->name);
  }
}

/* ---- the mapping ---- */

typedef struct mig_mapping {
  const char *path;  /* of its file, of which nothing is repeated; NULL: given as text */
  const char *tool;  /* "Rails: .."; NULL: not said */
  mig_names theirs, ours;
} mig_mapping;

/* their-id=our-revision; the last = divides, since a file name may hold one. */
static void mig_map_entry(migrate *m, mig_mapping *map, const char *entry) {
  mig_arena *a = &m->work;
  const char *equals = strrchr(entry, '=');
  mig_span from, to;
  if (!equals && map->path) {
    mig_fail(a, MIGRATE_MISUSE,
             "%s: the mapping is a list of their-id=revision; its entry %d is none", map->path,
             map->theirs.n + 1);
  } else if (!equals) {
    mig_fail(a, MIGRATE_MISUSE, "the mapping is their-id=revision, ..; this is none: %.60s", entry);
  }
  if (!equals) return;
  from = mig_trim_blanks(entry, 0, (size_t)(equals - entry));
  to = mig_trim_blanks(entry, (size_t)(equals + 1 - entry), strlen(entry));
  map->theirs.at[map->theirs.n++] = mig_span_text(a, entry, from);
  map->ours.at[map->ours.n++] = mig_span_text(a, entry, to);
}

/* A file's lines as a list; lines that begin with # or -- are remarks. */
static const char *mig_mapping_file(migrate *m, const char *path) {
#ifndef MIGRATE_NO_STDIO
  size_t n = 0, i;
  char *z = mig_file_read(&m->work, path, &n);
  for (i = 0; z && i < n; i++) {
    int begins = i == 0 || z[i - 1] == '\n' || z[i - 1] == ',';
    if (begins && (z[i] == '#' || (z[i] == '-' && z[i + 1] == '-'))) {
      while (i < n && z[i] != '\n') z[i++] = ' ';
    }
    if (z[i] == '\n' || z[i] == '\r') z[i] = ',';
  }
  return z;
#else
  mig_fail(&m->work, MIGRATE_UNSUPPORTED, "cannot read %s: this program reads no files", path);
  return 0;
#endif
}

static mig_mapping mig_read_mapping(migrate *m, const char *mapping) {
  mig_arena *a = &m->work;
  mig_mapping map;
  mig_names entries;
  const char *colon, *equals;
  int i;
  memset(&map, 0, sizeof map);
  if (mapping && strncmp(mapping, "file:", 5) == 0) {
    map.path = mapping + 5;
    mapping = mig_mapping_file(m, map.path);
  }
  if (!mapping || mig_failed(a)) return map;
  colon = strchr(mapping, ':');
  equals = strchr(mapping, '=');
  if (colon && (!equals || colon < equals)) {
    map.tool = mig_span_text(a, mapping, mig_trim_blanks(mapping, 0, (size_t)(colon - mapping)));
    mapping = colon + 1;
  }
  entries = mig_list_of(a, mapping);
  map.theirs.at = (const char **)mig_array(a, (size_t)entries.n, sizeof(char *));
  map.ours.at = (const char **)mig_array(a, (size_t)entries.n, sizeof(char *));
  for (i = 0; i < entries.n && !mig_failed(a); i++) mig_map_entry(m, &map, entries.at[i]);
  return map;
}

static const char *mig_mapped(const mig_mapping *map, const char *id) {
  int i;
  for (i = 0; i < map->theirs.n; i++) {
    if (strcmp(map->theirs.at[i], id) == 0) return map->ours.at[i];
  }
  return 0;
}

/* Does the mapping speak of a set of ids ("polls." of Django)? Of another the ids do not count. */
static int mig_maps_set(const mig_mapping *map, const char *set) {
  size_t n = strlen(set);
  int i;
  for (i = 0; i < map->theirs.n; i++) {
    const char *z = map->theirs.at[i];
    if (n == 0 || strcmp(z, set) == 0 || (strncmp(z, set, n) == 0 && z[n] == '.')) return 1;
  }
  return 0;
}

/* ---- the answer ---- */

static void mig_put_newest(mig_text *t, const mig_found *f) {
  int i;
  for (i = 0; i < f->nset; i++) mig_putf(t, "%s%s", i ? ", " : "", f->sets[i].newest);
}

static void mig_report_found(migrate *m, const mig_found *f) {
  mig_text *t = &m->result;
  mig_putf(t, "Found %s", f->tool->name);
  if (f->tool->table) mig_putf(t, ": table %s", f->table);
  if (f->applied > 1) mig_putf(t, ", %d applied", f->applied);
  mig_put(t, f->applied ? ", last " : ", nothing applied");
  mig_put_newest(t, f);
}

/* The revisions that the ids applied last mean, as targets of a stamp; NULL: none is known. */
static const char *mig_adopted(migrate *m, const mig_found *f, const mig_mapping *map, int given) {
  mig_arena *a = &m->work;
  mig_graph *g = mig_graph_of(m);
  mig_text targets;
  int own = mig_same(f->table, m->settings.version_table); /* its rows go: each counts */
  int i;
  mig_text_init(&targets, a);
  for (i = 0; i < f->nset && !mig_failed(a); i++) {
    const char *id = f->sets[i].newest, *rev = mig_mapped(map, id);
    if (!rev && given && !own && !mig_maps_set(map, f->sets[i].set)) continue;
    if (!rev && given) {
      mig_fail(a, MIGRATE_NO_REVISION,
               "%s has applied %s last, of which the mapping says nothing: add %s=REVISION",
               f->tool->name, id, id);
    } else if (!rev && g && mig_find_id(g, id) >= 0) {
      rev = id;
    }
    if (rev) mig_putf(&targets, "%s%s", targets.n ? "," : "", rev);
  }
  if (given && !targets.n) {
    mig_text last;
    mig_text_init(&last, a);
    mig_put_newest(&last, f);
    mig_fail(a, MIGRATE_NO_REVISION, "%s has applied %s last, of which the mapping says nothing",
             f->tool->name, mig_text_z(&last));
  }
  return targets.z;
}

static void mig_adopt_found(migrate *m, const mig_found *f, const mig_mapping *map, int given,
                            const mig_names *rows) {
  int own = mig_same(f->table, m->settings.version_table);
  const char *targets;
  mig_command c;
  mig_report_found(m, f);
  if (mig_failed(&m->work) || !f->nset) return;
  if (rows->n && !own) { /* the other tool did not put it there */
    mig_fail_stamped(m, *rows);
    return;
  }
  if (own && !given) {
    mig_put(&m->result, "\nIt is the version table itself: nothing is to be done.");
    return;
  }
  targets = mig_adopted(m, f, map, given);
  if (mig_failed(&m->work)) return;
  if (!targets) {
    mig_putf(&m->result,
             "\nNo revision has that id. Say which one it is: migrate_adopt('%s=REVISION')",
             f->sets[f->nset - 1].newest);
    return;
  }
  memset(&c, 0, sizeof c);
  c.verb = &mig_stamping;
  c.purge = own;
  c.target = targets;
  c.found = rows;
  if (!mig_failed(&m->work)) mig_run_todo(m, &c);
}

static void mig_fail_tools(migrate *m, const mig_found *v, int n) {
  mig_text names;
  int i;
  mig_text_init(&names, &m->work);
  for (i = 0; i < n; i++) mig_putf(&names, "%s%s", i ? ", " : "", v[i].tool->name);
  mig_fail(&m->work, MIGRATE_AMBIGUOUS,
           "tables of several tools are there: %s; begin the mapping with the name of one and a "
           "colon",
           mig_text_z(&names));
}

/* All that is read, the version rows first. While another connection commits, nobody may read, and
** it is waited for. */
static mig_found *mig_look_around(migrate *m, const mig_mapping *map, int *n, mig_names *rows) {
  mig_wait w = {0, 0};
  if (mig_failed(&m->work)) return 0;
  for (;;) {
    mig_found *v;
    *rows = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
    v = mig_find_tools(m, map->tool, n);
    if (*n == 1 && !rows->n) mig_refuse_trouble(m, v);
    if (!mig_is_held(m->fault.code) || !mig_pause_at_fault(m, &w)) return v;
  }
}

MIGRATE_API int migrate_adopt(migrate *m, const char *mapping) {
  mig_mapping map;
  mig_found *v;
  mig_names rows;
  int n = 0;
  if (mig_begin_call(m)) return migrate_errcode(m);
  map = mig_read_mapping(m, mapping);
  v = mig_look_around(m, &map, &n, &rows);
  if (mig_failed(&m->work)) return mig_end_call(m);
  if (n > 1) {
    mig_fail_tools(m, v, n);
  } else if (n) {
    mig_borrow_handler(m);
    mig_adopt_found(m, v, &map, map.theirs.n > 0, &rows);
    mig_return_handler(m);
  } else if (mapping) {
    mig_fail(&m->work, MIGRATE_NO_SUCH, "there is no history table of %s here, which could be "
             "adopted", map.tool && !map.path ? map.tool : "another tool");
  } else {
    mig_put(&m->result, "Found no history table of another tool, and user_version is 0.");
  }
  return mig_end_call(m);
}
