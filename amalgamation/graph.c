/* Graph: the revision map, with Alembic's rules. A revision is a node, known by its place in load
** order; edges go down to parents (down_revision) and to dependencies (depends_on). Everything is
** linear in nodes and edges, and nothing recurses: 100,000 revisions in one line are usual input
** for a test and must not cost a stack. */

typedef struct mig_nodes {
  int *at; /* places of nodes */
  int n;
} mig_nodes;

typedef struct mig_label {
  const char *name;
  const struct mig_label *next;
} mig_label;

typedef struct mig_node {
  const mig_revision *rev;
  mig_nodes down;     /* parents by down_revision */
  mig_nodes needs;    /* by depends_on, labels resolved */
  mig_nodes all_down; /* both */
  mig_nodes before; /* down, and the needs that no ancestor implies: what a version row replaces */
  mig_nodes after;  /* children by down_revision */
  mig_nodes all_after;     /* children by either */
  const mig_label *labels; /* own ones and those of its branch; see mig_spread_labels() */
} mig_node;

typedef struct mig_slot {
  const char *key; /* an id or a label; NULL: free */
  int node;
} mig_slot;

typedef struct mig_graph {
  mig_arena *a;    /* of answers: may be another one, for each question */
  mig_arena *keep; /* of the graph itself */
  mig_node *nodes;
  int n;
  mig_slot *slots; /* open addressing; a power of two, at most half full */
  size_t nslot;
  mig_slot *labels; /* in load order */
  int nlabel;
  int *order;                       /* all nodes, parents and dependencies first */
  mig_nodes heads, bases;           /* by down_revision alone */
  mig_nodes real_heads, real_bases; /* dependencies counted as well */
  int spread;                       /* labels have been spread */
} mig_graph;

enum mig_edge { MIG_DOWN, MIG_ALL_DOWN, MIG_BEFORE, MIG_AFTER, MIG_ALL_AFTER };

static mig_nodes mig_edges(const mig_node *v, int edge) {
  switch (edge) {
    case MIG_DOWN:
      return v->down;
    case MIG_ALL_DOWN:
      return v->all_down;
    case MIG_BEFORE:
      return v->before;
    case MIG_AFTER:
      return v->after;
    default:
      return v->all_after;
  }
}

static mig_nodes mig_no_nodes(void) {
  mig_nodes none;
  none.at = 0;
  none.n = 0;
  return none;
}

/* Room for n nodes; at is NULL after a fault. */
static mig_nodes mig_room(mig_arena *a, int n) {
  mig_nodes list;
  list.n = 0;
  list.at = (int *)mig_array(a, (size_t)n, sizeof(int));
  return list;
}

static mig_nodes mig_one_node(mig_arena *a, int node) {
  mig_nodes list = mig_room(a, 1);
  if (list.at) list.at[list.n++] = node;
  return list;
}

static int mig_has(mig_nodes list, int node) {
  int i;
  for (i = 0; i < list.n && list.at[i] != node; i++) {
  }
  return i < list.n;
}

static const char *mig_id(const mig_graph *g, int node) { return g->nodes[node].rev->id; }

/* "a, b": the ids of nodes. */
static const char *mig_ids(const mig_graph *g, mig_nodes list) {
  mig_text t;
  int i;
  mig_text_init(&t, g->a);
  for (i = 0; i < list.n && !mig_failed(g->a); i++) {
    if (i) mig_put(&t, ", ");
    mig_put(&t, mig_id(g, list.at[i]));
  }
  return mig_text_z(&t);
}

#define MIG_NAMED_FILES 5 /* enough to start looking */

/* " (a.sql, b.sql)": the files of nodes; "" where none came from a file. */
static const char *mig_files(const mig_graph *g, mig_nodes list) {
  mig_text t;
  int i, shown = 0;
  mig_text_init(&t, g->a);
  for (i = 0; i < list.n && shown < MIG_NAMED_FILES && !mig_failed(g->a); i++) {
    const char *path = g->nodes[list.at[i]].rev->path;
    if (!path) continue;
    mig_put(&t, shown++ ? ", " : " (");
    mig_put(&t, path);
  }
  if (shown) mig_put(&t, i < list.n ? ", ...)" : ")");
  return mig_text_z(&t);
}

static size_t mig_hash_key(const char *z) {
  size_t h = 2166136261u;
  for (; *z; z++) h = (h ^ (unsigned char)*z) * 16777619u;
  return h ^ (h >> 15);
}

/* The slot of a key, or the free one where it belongs. */
static mig_slot *mig_slot_of(const mig_graph *g, const char *key) {
  size_t i = mig_hash_key(key) & (g->nslot - 1);
  while (g->slots[i].key && strcmp(g->slots[i].key, key) != 0) i = (i + 1) & (g->nslot - 1);
  return &g->slots[i];
}

/* The node of an exact id or label, or -1. */
static int mig_find_node(const mig_graph *g, const char *key) {
  const mig_slot *slot = mig_slot_of(g, key);
  return slot->key ? slot->node : -1;
}

/* The node of an exact id, or -1. */
static int mig_find_id(const mig_graph *g, const char *id) {
  int node = mig_find_node(g, id);
  return node >= 0 && strcmp(mig_id(g, node), id) == 0 ? node : -1;
}

/* A byte a node, zeroed. */
static unsigned char *mig_marks(const mig_graph *g) {
  return (unsigned char *)mig_alloc(g->a, (size_t)g->n + 1);
}

/* Marks `from` and all that its edges reach. What is marked already is not followed again. */
static void mig_reach(const mig_graph *g, mig_nodes from, int edge, unsigned char *mark) {
  mig_nodes todo = mig_room(g->a, g->n + 1);
  int i;
  if (!todo.at || !mark) return;
  for (i = 0; i < from.n; i++) {
    if (mark[from.at[i]]) continue;
    mark[from.at[i]] = 1;
    todo.at[todo.n++] = from.at[i];
    while (todo.n) {
      mig_nodes next = mig_edges(&g->nodes[todo.at[--todo.n]], edge);
      int j;
      for (j = 0; j < next.n; j++) {
        if (mark[next.at[j]]) continue;
        mark[next.at[j]] = 1;
        todo.at[todo.n++] = next.at[j];
      }
    }
  }
}

static unsigned char *mig_reached(const mig_graph *g, mig_nodes from, int edge) {
  unsigned char *mark = mig_marks(g);
  mig_reach(g, from, edge, mark);
  return mark;
}

/* The marked (or, with value 0, the unmarked) nodes in load order. */
static mig_nodes mig_marked(const mig_graph *g, const unsigned char *mark, int value) {
  int i, n = 0;
  mig_nodes list = mig_no_nodes();
  if (!mark) return list;
  for (i = 0; i < g->n; i++) n += (mark[i] != 0) == value;
  list = mig_room(g->a, n);
  for (i = 0; i < g->n && list.at; i++) {
    if ((mark[i] != 0) == value) list.at[list.n++] = i;
  }
  return list;
}

/* ---- Load: keys ---- */

static int mig_reserved(const char *word) {
  return strcmp(word, "head") == 0 || strcmp(word, "heads") == 0 || strcmp(word, "base") == 0 ||
         strcmp(word, "current") == 0;
}

static int mig_names_hold(mig_names names, const char *name) {
  int i;
  for (i = 0; i < names.n && strcmp(names.at[i], name) != 0; i++) {
  }
  return i < names.n;
}

static void mig_add_id(mig_graph *g, int node) {
  const mig_revision *rev = g->nodes[node].rev;
  mig_slot *slot;
  mig_nodes both;
  if (mig_names_hold(rev->down, rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "Self-loop is detected in revisions (%s)%s", rev->id,
             mig_files(g, mig_one_node(g->a, node)));
  }
  if (mig_names_hold(rev->depends, rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "Dependency self-loop is detected in revisions (%s)%s", rev->id,
             mig_files(g, mig_one_node(g->a, node)));
  }
  if (mig_failed(g->a)) return;
  mig_check_id(g->a, rev->id);
  if (mig_reserved(rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "'%s' is a reserved word and cannot be a revision identifier",
             rev->id);
  }
  if (mig_failed(g->a)) {
    if (rev->path) mig_fault_context(g->a, "%s: ", rev->path);
    return;
  }
  slot = mig_slot_of(g, rev->id);
  if (slot->key) {
    both = mig_room(g->a, 2);
    if (!both.at) return;
    both.at[both.n++] = slot->node;
    both.at[both.n++] = node;
    mig_fail(g->a, MIGRATE_GRAPH, "Revision %s is present more than once%s", rev->id,
             mig_files(g, both));
    return;
  }
  slot->key = rev->id;
  slot->node = node;
}

static void mig_add_label(mig_graph *g, int node, const char *label) {
  const mig_revision *rev = g->nodes[node].rev;
  mig_slot *slot = mig_slot_of(g, label);
  mig_nodes both;
  mig_check_label(g->a, label);
  if (mig_reserved(label)) {
    mig_fail(g->a, MIGRATE_GRAPH, "'%s' is a reserved word and cannot be a branch label", label);
  }
  if (mig_failed(g->a)) {
    if (rev->path) mig_fault_context(g->a, "%s: ", rev->path);
    return;
  }
  if (slot->key) {
    both = mig_room(g->a, 2);
    if (!both.at) return;
    both.at[both.n++] = node;
    both.at[both.n++] = slot->node;
    mig_fail(g->a, MIGRATE_GRAPH, "Branch name '%s' in revision %s already used by revision %s%s",
             label, rev->id, mig_id(g, slot->node), mig_files(g, both));
    return;
  }
  slot->key = label;
  slot->node = node;
  g->labels[g->nlabel++] = *slot;
}

static void mig_load_keys(mig_graph *g) {
  size_t keys = (size_t)g->n, labels;
  int i, j;
  for (i = 0; i < g->n; i++) keys += (size_t)g->nodes[i].rev->labels.n;
  labels = keys - (size_t)g->n;
  for (g->nslot = 8; g->nslot < keys * 2; g->nslot *= 2) {
  }
  g->slots = (mig_slot *)mig_array(g->a, g->nslot, sizeof(mig_slot));
  g->labels = (mig_slot *)mig_array(g->a, labels, sizeof(mig_slot));
  for (i = 0; i < g->n && !mig_failed(g->a); i++) mig_add_id(g, i);
  for (i = 0; i < g->n; i++) {
    mig_names own = g->nodes[i].rev->labels;
    for (j = 0; j < own.n && !mig_failed(g->a); j++) mig_add_label(g, i, own.at[j]);
  }
}

/* ---- Load: edges ---- */

static void mig_fail_absent(mig_graph *g, int from, const char *name) {
  const mig_revision *rev = g->nodes[from].rev;
  mig_fail(g->a, MIGRATE_GRAPH, "Revision %s referenced from %s%s is not present", name, rev->id,
           mig_files(g, mig_one_node(g->a, from)));
}

/* Names to nodes, each once. Parents are ids; a dependency may be a label, too. */
static void mig_load_parents(mig_graph *g, int node) {
  mig_node *v = &g->nodes[node];
  int i, found;
  v->down = mig_room(g->a, v->rev->down.n);
  v->needs = mig_room(g->a, v->rev->depends.n);
  v->all_down = mig_room(g->a, v->rev->down.n + v->rev->depends.n);
  if (mig_failed(g->a)) return;
  for (i = 0; i < v->rev->down.n; i++) {
    found = mig_find_id(g, v->rev->down.at[i]);
    if (found < 0) mig_fail_absent(g, node, v->rev->down.at[i]);
    if (found < 0 || mig_has(v->down, found)) continue;
    v->down.at[v->down.n++] = found;
    v->all_down.at[v->all_down.n++] = found;
  }
  for (i = 0; i < v->rev->depends.n; i++) {
    found = mig_find_node(g, v->rev->depends.at[i]);
    if (found < 0) mig_fail_absent(g, node, v->rev->depends.at[i]);
    if (found < 0 || mig_has(v->needs, found)) continue;
    v->needs.at[v->needs.n++] = found;
    if (!mig_has(v->all_down, found)) v->all_down.at[v->all_down.n++] = found;
  }
}

/* Where node lists its children for the edge that is the reverse of `down`. */
static mig_nodes *mig_children(mig_node *v, int down) {
  return down == MIG_DOWN ? &v->after : &v->all_after;
}

/* All lists of children share one array: count, deal out, fill. */
static void mig_load_children(mig_graph *g, int down) {
  int *pool;
  int i, j, used = 0;
  for (i = 0; i < g->n; i++) {
    mig_nodes parents = mig_edges(&g->nodes[i], down);
    for (j = 0; j < parents.n; j++) mig_children(&g->nodes[parents.at[j]], down)->n++;
    used += parents.n;
  }
  pool = (int *)mig_array(g->a, (size_t)used, sizeof(int));
  if (!pool) return;
  for (i = 0, used = 0; i < g->n; i++) {
    mig_nodes *children = mig_children(&g->nodes[i], down);
    children->at = pool + used;
    used += children->n;
    children->n = 0;
  }
  for (i = 0; i < g->n; i++) {
    mig_nodes parents = mig_edges(&g->nodes[i], down);
    for (j = 0; j < parents.n; j++) {
      mig_nodes *children = mig_children(&g->nodes[parents.at[j]], down);
      children->at[children->n++] = i;
    }
  }
}

/* The nodes without any neighbour over an edge, in load order. */
static mig_nodes mig_ends(const mig_graph *g, int edge) {
  unsigned char *mark = mig_marks(g);
  int i;
  for (i = 0; i < g->n && mark; i++) mark[i] = mig_edges(&g->nodes[i], edge).n == 0;
  return mig_marked(g, mark, 1);
}

/* ---- Load: cycles ---- */

/* Every node once, none before its neighbours over `down`; shorter where there is a cycle. */
static mig_nodes mig_order_of(const mig_graph *g, int down, int up) {
  mig_nodes order = mig_room(g->a, g->n);
  int *waits = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  int i, j;
  if (!waits || !order.at) return mig_no_nodes();
  for (i = 0; i < g->n; i++) {
    waits[i] = mig_edges(&g->nodes[i], down).n;
    if (!waits[i]) order.at[order.n++] = i;
  }
  for (i = 0; i < order.n; i++) {
    mig_nodes next = mig_edges(&g->nodes[order.at[i]], up);
    for (j = 0; j < next.n; j++) {
      if (--waits[next.at[j]] == 0) order.at[order.n++] = next.at[j];
    }
  }
  return order;
}

/* What no walk from an end reaches: Alembic's answer, of which a cycle between sound revisions is
** no part; for that, what cannot be put in order from either side. */
static mig_nodes mig_cycle(const mig_graph *g, int down, int up, mig_nodes tops, mig_nodes roots) {
  unsigned char *below = mig_reached(g, tops, down), *above = mig_reached(g, roots, up);
  mig_nodes order, back, lost;
  int i;
  if (mig_failed(g->a)) return mig_no_nodes();
  for (i = 0; i < g->n; i++) above[i] = above[i] && below[i];
  lost = mig_marked(g, above, 0);
  if (lost.n) return lost;
  order = mig_order_of(g, down, up);
  if (order.n == g->n || mig_failed(g->a)) return mig_no_nodes();
  back = mig_order_of(g, up, down);
  memset(above, 0, (size_t)g->n);
  for (i = 0; i < order.n; i++) above[order.at[i]] = 1;
  for (i = 0; i < back.n; i++) above[back.at[i]] = 1;
  return mig_marked(g, above, 0);
}

#define MIG_NAMED_REVISIONS 100 /* of a cycle, in its message */

static void mig_check_cycle(mig_graph *g, int down, int up, mig_nodes tops, mig_nodes roots,
                            const char *kind) {
  mig_nodes lost = mig_cycle(g, down, up, tops, roots);
  int i, j;
  if (!lost.n) return;
  if (lost.n > MIG_NAMED_REVISIONS) lost.n = MIG_NAMED_REVISIONS;
  for (i = 1; i < lost.n; i++) { /* by id, as Alembic lists them */
    for (j = i; j > 0 && strcmp(mig_id(g, lost.at[j]), mig_id(g, lost.at[j - 1])) < 0; j--) {
      int swap = lost.at[j];
      lost.at[j] = lost.at[j - 1];
      lost.at[j - 1] = swap;
    }
  }
  mig_fail(g->a, MIGRATE_GRAPH, "%s is detected in revisions (%s)%s", kind, mig_ids(g, lost),
           mig_files(g, lost));
}

/* ---- Load: dependencies that an ancestor has already ---- */

/* Drops `need` from before of those among its dependents that stand above another of them. */
static void mig_drop_implied(mig_graph *g, int need, mig_nodes dependents, const int *rank,
                             int *seen, mig_nodes *todo) {
  int i, j, top = 0;
  for (i = 0; i < dependents.n; i++) {
    if (rank[dependents.at[i]] > top) top = rank[dependents.at[i]];
  }
  for (todo->n = 0, i = 0; i < dependents.n; i++) todo->at[todo->n++] = dependents.at[i];
  while (todo->n) {
    mig_nodes next = g->nodes[todo->at[--todo->n]].after;
    for (j = 0; j < next.n; j++) {
      if (seen[next.at[j]] == need + 1 || rank[next.at[j]] > top) continue;
      seen[next.at[j]] = need + 1;
      todo->at[todo->n++] = next.at[j];
    }
  }
  for (i = 0; i < dependents.n; i++) {
    mig_node *v = &g->nodes[dependents.at[i]];
    int kept = v->down.n;
    if (seen[dependents.at[i]] != need + 1) continue;
    for (j = v->down.n; j < v->before.n; j++) {
      if (v->before.at[j] != need) v->before.at[kept++] = v->before.at[j];
    }
    v->before.n = kept;
  }
}

/* before = down + needs, less the needs that a revision further down the line has as well. */
static void mig_normalize(mig_graph *g) {
  int *rank = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  int *seen = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  mig_nodes todo = mig_room(g->a, g->n * 2 + 1), dependents = mig_room(g->a, g->n);
  int i, j, any = 0;
  if (mig_failed(g->a)) return;
  for (i = 0; i < g->n; i++) {
    mig_node *v = &g->nodes[i];
    rank[g->order[i]] = i;
    any += v->needs.n;
    v->before = mig_room(g->a, v->all_down.n);
    if (!v->before.at) return;
    v->before.n = v->all_down.n;
    if (v->before.n) memcpy(v->before.at, v->all_down.at, (size_t)v->before.n * sizeof(int));
  }
  for (i = 0; i < g->n && any; i++) {
    mig_nodes above = g->nodes[i].all_after;
    for (dependents.n = 0, j = 0; j < above.n; j++) {
      if (mig_has(g->nodes[above.at[j]].needs, i)) dependents.at[dependents.n++] = above.at[j];
    }
    if (dependents.n > 1) mig_drop_implied(g, i, dependents, rank, seen, &todo);
  }
}

/* ---- Load ---- */

static void mig_load_edges(mig_graph *g) {
  mig_nodes order;
  int i;
  for (i = 0; i < g->n && !mig_failed(g->a); i++) mig_load_parents(g, i);
  if (mig_failed(g->a)) return;
  mig_load_children(g, MIG_DOWN);
  mig_load_children(g, MIG_ALL_DOWN);
  g->heads = mig_ends(g, MIG_AFTER);
  g->bases = mig_ends(g, MIG_DOWN);
  g->real_heads = mig_ends(g, MIG_ALL_AFTER);
  g->real_bases = mig_ends(g, MIG_ALL_DOWN);
  mig_check_cycle(g, MIG_DOWN, MIG_AFTER, g->heads, g->bases, "Cycle");
  mig_check_cycle(g, MIG_ALL_DOWN, MIG_ALL_AFTER, g->real_heads, g->real_bases, "Dependency cycle");
  order = mig_order_of(g, MIG_ALL_DOWN, MIG_ALL_AFTER);
  g->order = order.at;
  if (!mig_failed(g->a)) mig_normalize(g);
}

/* The map of n revisions, which stay the caller's; NULL after a fault. */
static mig_graph *mig_graph_load(mig_arena *a, const mig_revision *const *revs, int n) {
  mig_graph *g = (mig_graph *)mig_alloc(a, sizeof *g);
  int i;
  if (!g) return 0;
  g->a = g->keep = a;
  g->n = n;
  g->nodes = (mig_node *)mig_array(a, (size_t)n, sizeof(mig_node));
  if (!g->nodes) return 0;
  for (i = 0; i < n; i++) g->nodes[i].rev = revs[i];
  mig_load_keys(g);
  if (!mig_failed(a)) mig_load_edges(g);
  return mig_failed(a) ? 0 : g;
}

/* ---- Labels of branches ---- */

static int mig_labelled(const mig_label *list, const char *name) {
  for (; list && strcmp(list->name, name) != 0; list = list->next) {
  }
  return list != 0;
}

static const mig_label *mig_with_label(mig_arena *a, const mig_label *list, const char *name) {
  mig_label *more;
  if (mig_labelled(list, name)) return list;
  more = (mig_label *)mig_alloc(a, sizeof *more);
  if (!more) return list;
  more->name = name;
  more->next = list;
  return more;
}

/* Lists are shared down a line: only a label or a merge makes a new one. */
static const mig_label *mig_with_labels(mig_arena *a, const mig_label *list,
                                        const mig_label *more) {
  if (!list) return more;
  for (; more && more != list; more = more->next) list = mig_with_label(a, list, more->name);
  return list;
}

static int mig_branches(const mig_node *v) { return v->all_after.n > 1 || v->down.n > 1; }

/* A label reaches below its revision only where nothing above branches or merges. */
static int mig_line_above(const mig_graph *g, int node) {
  while (!mig_branches(&g->nodes[node])) {
    if (g->nodes[node].after.n == 0) return 1;
    node = g->nodes[node].after.at[0];
  }
  return 0;
}

static void mig_spread_down(mig_graph *g, int node) {
  const mig_label *labels = g->nodes[node].labels;
  while (g->nodes[node].down.n == 1 && !mig_failed(g->a)) {
    node = g->nodes[node].down.at[0];
    if (mig_branches(&g->nodes[node])) return;
    g->nodes[node].labels = mig_with_labels(g->keep, g->nodes[node].labels, labels);
  }
}

/* Gives each revision the labels of its branch: all descendants have them, and the ancestors down
** to the next branch point or merge. */
static void mig_spread_labels(mig_graph *g) {
  int i, j;
  if (g->spread || !g->nlabel) return;
  for (i = 0; i < g->n && !mig_failed(g->a); i++) {
    mig_node *v = &g->nodes[g->order[i]];
    for (j = 0; j < v->down.n; j++) {
      v->labels = mig_with_labels(g->keep, v->labels, g->nodes[v->down.at[j]].labels);
    }
    for (j = 0; j < v->rev->labels.n; j++) {
      v->labels = mig_with_label(g->keep, v->labels, v->rev->labels.at[j]);
    }
  }
  for (i = 0; i < g->nlabel && !mig_failed(g->a); i++) {
    if (mig_line_above(g, g->labels[i].node)) mig_spread_down(g, g->labels[i].node);
  }
  g->spread = 1;
}

/* The labels of a node as names, in the order in which they were loaded. */
static mig_names mig_labels_of(mig_graph *g, int node) {
  mig_names names;
  const mig_label *list;
  int n = 0, i;
  mig_spread_labels(g);
  for (list = g->nodes[node].labels; list; list = list->next) n++;
  names.n = 0;
  names.at = (const char **)mig_array(g->a, (size_t)n, sizeof(char *));
  if (!names.at) return names;
  for (i = 0; i < g->nlabel && names.n < n; i++) {
    if (mig_labelled(g->nodes[node].labels, g->labels[i].key)) {
      names.at[names.n++] = g->labels[i].key;
    }
  }
  return names;
}
