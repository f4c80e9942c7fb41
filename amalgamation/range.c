/* Range: the revisions between two points of the graph, as upgrade, downgrade and history see
** them. */

typedef struct mig_range {
  mig_nodes upper, lower;   /* MIG_AT_BASE and MIG_NOWHERE in lower mean base */
  const char *lower_branch; /* of `branch@..` as lower end; NULL: none */
  int inclusive;            /* the lower end belongs to it */
  int implicit_base;        /* other lines count from their base on */
} mig_range;

static mig_range mig_range_of(mig_nodes upper, mig_nodes lower) {
  mig_range r;
  r.upper = upper;
  r.lower = lower;
  r.lower_branch = 0;
  r.inclusive = 0;
  r.implicit_base = 0;
  return r;
}

/* The neighbours of nodes over an edge; some may be there twice. */
static mig_nodes mig_neighbours(const mig_graph *g, mig_nodes list, int edge) {
  mig_nodes all;
  int i, n = 0;
  for (i = 0; i < list.n; i++) n += mig_edges(&g->nodes[list.at[i]], edge).n;
  all = mig_room(g->a, n);
  for (i = 0; i < list.n && all.at; i++) {
    mig_nodes some = mig_edges(&g->nodes[list.at[i]], edge);
    if (some.n) memcpy(all.at + all.n, some.at, (size_t)some.n * sizeof(int));
    all.n += some.n;
  }
  return all;
}

/* Fails where one of the nodes stands above another. */
static void mig_check_overlap(const mig_ask *q, mig_nodes list, int edge) {
  const mig_graph *g = q->g;
  unsigned char *below = mig_reached(g, mig_neighbours(g, list, edge), edge);
  mig_nodes clash;
  int i, j, any = 0;
  for (i = 0; i < list.n && below; i++) any |= below[list.at[i]];
  if (!any) return;
  for (i = 0; i < list.n && !mig_failed(q->a); i++) {
    below = mig_reached(g, mig_edges(&g->nodes[list.at[i]], edge), edge);
    clash = mig_room(q->a, list.n);
    for (j = 0; j < list.n && clash.at && below; j++) {
      if (below[list.at[j]]) clash.at[clash.n++] = list.at[j];
    }
    if (clash.n) {
      mig_fail(q->a, MIGRATE_RANGE,
               "Requested revision %s overlaps with other requested revisions %s",
               mig_id(g, list.at[i]), mig_ids(g, clash));
    }
  }
}

/* The lower end without what means base. */
static mig_nodes mig_lower_nodes(const mig_ask *q, mig_nodes lower) {
  mig_nodes kept = mig_room(q->a, lower.n);
  int i;
  for (i = 0; i < lower.n && kept.at; i++) {
    if (lower.at[i] >= 0) kept.at[kept.n++] = lower.at[i];
  }
  return kept;
}

/* Of the targets those on a branch: where it is named by a label, those that bear it. */
static mig_nodes mig_targets_on(const mig_ask *q, mig_nodes targets, const char *branch) {
  int trunk = mig_name_node(q, branch), i;
  mig_nodes kept = mig_room(q->a, targets.n);
  mig_names labels;
  if (mig_failed(q->a) || trunk < 0) return targets;
  if (strcmp(mig_id(q->g, trunk), branch) == 0) {
    labels = mig_labels_of(q->g, trunk);
    if (labels.n != 1) {
      return mig_filter(q->g, targets, mig_lineage(q->g, mig_one_node(q->a, trunk), 0));
    }
    branch = labels.at[0];
  }
  mig_spread_labels(q->g);
  for (i = 0; i < targets.n && kept.at; i++) {
    const mig_label *labels_of = q->g->nodes[targets.at[i]].labels;
    if (mig_labelled(labels_of, branch)) kept.at[kept.n++] = targets.at[i];
  }
  return kept;
}

/* The revisions of a range from the newest down: what upper needs and lower has not. */
static mig_nodes mig_range_up(const mig_ask *q, const mig_range *r) {
  const mig_graph *g = q->g;
  mig_nodes lower = mig_lower_nodes(q, r->lower), targets = r->upper;
  unsigned char *needed, *present, *above = 0;
  int i;
  if (r->lower_branch) targets = mig_targets_on(q, targets, r->lower_branch);
  mig_check_overlap(q, targets, MIG_BEFORE);
  needed = mig_reached(g, targets, MIG_BEFORE);
  for (i = 0; i < lower.n && needed && !r->implicit_base; i++) {
    if (!needed[lower.at[i]]) mig_fail(q->a, MIGRATE_RANGE, "%s", q->astray);
  }
  mig_check_overlap(q, lower, MIG_BEFORE);
  present = mig_reached(g, lower, MIG_BEFORE);
  if (lower.n && !r->implicit_base) {
    mig_check_overlap(q, lower, MIG_AFTER);
    above = mig_reached(g, lower, MIG_AFTER);
  }
  if (mig_failed(q->a)) return mig_no_nodes();
  for (i = 0; i < g->n; i++) needed[i] = needed[i] && !present[i];
  for (i = 0; i < lower.n && r->inclusive; i++) needed[lower.at[i]] = 1;
  for (i = 0; i < g->n && above; i++) needed[i] = needed[i] && above[i];
  return mig_sort(g, needed, targets);
}

/* The revisions with which a downgrade to `lower` begins at its bottom. */
static mig_nodes mig_down_roots(const mig_ask *q, const mig_lower *lower, int inclusive) {
  const mig_graph *g = q->g;
  mig_nodes roots;
  int trunk = -1;
  if (lower->branch) trunk = mig_locate(q, lower->branch, 0);
  if (mig_failed(q->a)) return mig_no_nodes();
  if (lower->merge >= 0) return mig_one_node(q->a, lower->merge);
  if (lower->node < 0)
    roots = g->bases;
  else if (inclusive)
    roots = mig_one_node(q->a, lower->node);
  else
    roots = g->nodes[lower->node].after;
  if (!lower->branch || roots.n < 2) return roots;
  roots = mig_filter(g, roots, mig_reached(g, mig_one_node(q->a, trunk), MIG_DOWN));
  if (!roots.n) {
    mig_fail(q->a, MIGRATE_RANGE, "Not a valid downgrade target from current heads");
  }
  return roots;
}

/* Marks what a downgrade to `lower` undoes: all that stands above it, by dependencies too, and is
** applied. */
static unsigned char *mig_down_set(const mig_ask *q, const mig_range *r, const mig_lower *lower) {
  const mig_graph *g = q->g;
  mig_nodes roots = mig_down_roots(q, lower, r->inclusive);
  unsigned char *undo, *applied = mig_applied(g, r->upper), *below;
  int i, any = 0;
  if (mig_failed(q->a)) return 0;
  undo = mig_reached(g, roots, MIG_ALL_AFTER);
  below = mig_reached(g, roots, MIG_BEFORE);
  if (mig_failed(q->a)) return 0;
  for (i = 0; i < g->n; i++) {
    undo[i] = applied[i] && (undo[i] || (r->implicit_base && !below[i]));
    any |= undo[i];
  }
  if (!any && lower->node >= 0 && !mig_has(r->upper, lower->node)) {
    mig_fail(q->a, MIGRATE_RANGE, "%s", q->astray);
  }
  return undo;
}

/* ---- History ---- */

/* One end of a history range; `current` is the version rows. */
static mig_nodes mig_history_end(const mig_ask *q, const char *word, mig_nodes rows) {
  return strcmp(word, "current") == 0 ? rows : mig_resolve(q, word);
}

/* Resolves both ends. The upper one comes first, unless it counts from the lower one. */
static mig_range mig_history_ends(const mig_ask *q, const char *lower, const char *upper,
                                  mig_nodes rows) {
  mig_range r = mig_range_of(mig_no_nodes(), mig_no_nodes());
  mig_steps steps;
  int counts = mig_parse_steps(q->a, upper, &steps) && !steps.symbol && steps.by > 0;
  mig_split_branch(q->a, lower, &r.lower_branch);
  r.inclusive = 1;
  if (counts) r.lower = mig_history_end(q, lower, rows);
  if (mig_failed(q->a)) return r;
  if (strcmp(upper, "current") == 0)
    r.upper = rows;
  else
    r.upper = mig_upgrade_target(q, upper, mig_lower_nodes(q, r.lower), 1);
  if (!counts && !mig_failed(q->a)) r.lower = mig_history_end(q, lower, rows);
  return r;
}

/* The revisions of "lower:upper", newest first; either end may be empty, "" is everything. */
static mig_nodes mig_history_range(mig_graph *g, const char *words, mig_nodes rows) {
  mig_ask q = mig_ask_of(g, 0);
  mig_range r;
  const char *colon = strchr(words, ':'), *lower = "base", *upper = "heads";
  if (*words && (!colon || strchr(colon + 1, ':'))) {
    mig_fail(g->a, MIGRATE_RANGE, "History range requires [start]:[end], [start]:, or :[end]");
    return mig_no_nodes();
  }
  if (colon && colon > words) lower = mig_copyn(g->a, words, (size_t)(colon - words));
  if (colon && colon[1]) upper = colon + 1;
  if (mig_failed(g->a)) return mig_no_nodes();
  q.argument = upper;
  q.astray = mig_format(g->a,
                        "Requested range %s:%s does not refer to ancestor/descendant revisions "
                        "along the same branch",
                        lower, upper);
  r = mig_history_ends(&q, lower, upper, rows);
  return mig_failed(g->a) ? mig_no_nodes() : mig_range_up(&q, &r);
}

/* ---- New revisions ---- */

/* The parents of a new revision: `head` names them, NULL is the one head. Anything but a head needs
** a splice. */
static mig_nodes mig_new_parents(mig_graph *g, const char *head, int splice) {
  mig_ask q = mig_ask_of(g, 0);
  mig_names names = mig_list_of(g->a, head ? head : "head");
  mig_nodes parents = mig_room(g->a, g->n + names.n);
  int i, j;
  q.several =
      "Multiple heads are present; please specify the head revision on which the new "
      "revision should be based, or perform a merge.";
  for (i = 0; i < names.n && !mig_failed(g->a); i++) {
    mig_nodes some = mig_name_nodes(&q, names.at[i]);
    for (j = 0; j < some.n && !mig_failed(g->a); j++) {
      if (mig_has(parents, some.at[j])) {
        mig_fail(g->a, MIGRATE_RANGE, "Duplicate head revisions specified");
      } else {
        parents.at[parents.n++] = some.at[j];
      }
    }
  }
  for (i = 0; i < parents.n && !splice && !mig_failed(g->a); i++) {
    if (g->nodes[parents.at[i]].after.n) {
      mig_fail(g->a, MIGRATE_RANGE,
               "Revision %s is not a head revision; please specify --splice to create a new branch "
               "from this revision",
               mig_id(g, parents.at[i]));
    }
  }
  return parents;
}

/* The dependencies of a new revision: labels stay labels, what begins an id becomes the id. */
static mig_names mig_new_needs(mig_graph *g, mig_names words) {
  mig_ask q = mig_ask_of(g, 0);
  mig_names needs;
  int i;
  needs.n = 0;
  needs.at = (const char **)mig_array(g->a, (size_t)words.n, sizeof(char *));
  for (i = 0; i < words.n && !mig_failed(g->a); i++) {
    int node = mig_name_node(&q, words.at[i]);
    mig_spread_labels(g);
    if (!mig_failed(g->a) && node < 0) {
      mig_fail(g->a, MIGRATE_RANGE, "'%s' is not a revision to depend on", words.at[i]);
    }
    if (mig_failed(g->a)) break;
    if (mig_labelled(g->nodes[node].labels, words.at[i]))
      needs.at[needs.n++] = words.at[i];
    else
      needs.at[needs.n++] = mig_id(g, node);
  }
  return needs;
}
