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

/* Finds the parents. */
static mig_nodes mig_draft_parents(migrate *m, mig_graph *g, const char *words, int splice) {
  mig_arena *a = &m->arena;
  mig_ask q = mig_ask_of(g, words);
  mig_nodes heads;
  int i;
  q.several = "Multiple heads are present; please specify the head revision on which the new "
              "revision should be based, or perform a merge.";
  heads = mig_resolve_all(&q, words);
  for (i = 0; i < heads.n && !mig_failed(a); i++) {
    if (heads.at[i] < 0) {
      mig_fail(a, MIGRATE_RANGE, "'%s' is not a revision that another can follow", words);
    } else if (!splice && g->nodes[heads.at[i]].after.n) {
      mig_fail(a, MIGRATE_GRAPH,
               "Revision %s is not a head revision; please specify --splice to create a new branch "
               "from this revision",
               mig_id(g, heads.at[i]));
    }
  }
  return mig_failed(a) ? mig_no_nodes() : heads;
}

/* Finds the dependencies: a label stays one, a partial id becomes whole. */
static mig_names mig_draft_depends(migrate *m, mig_graph *g, const char *words) {
  mig_names names = mig_list_of(&m->arena, words);
  int i;
  for (i = 0; i < names.n && !mig_failed(&m->arena); i++) {
    mig_ask q = mig_ask_of(g, names.at[i]);
    int node = mig_name_node(&q, names.at[i]);
    if (mig_failed(&m->arena)) break;
    if (node < 0) {
      mig_fail(&m->arena, MIGRATE_RANGE, "'%s' is not a revision to depend on", names.at[i]);
    } else if (mig_find_node(g, names.at[i]) < 0) {
      names.at[i] = mig_id(g, node);
    }
  }
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
      if (!mig_is_folder(m, locations.at[i])) continue;
      if (strcmp(mig_full_path(a, locations.at[i]), full) == 0) return locations.at[i];
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

/* The moment of a new revision, in the zone of the setting. */
typedef struct mig_moment {
  int year, month, day, hour, minute, second;
  sqlite3_int64 epoch;
} mig_moment;
