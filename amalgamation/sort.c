/* Sort: a set of revisions from the newest down, in Alembic's order.
**
** Alembic keeps a list of places from which it walks down ("current heads"), stays on one until
** another place stands above the revision it is about to give out, and then goes on from the
** first such place. The list is linked here, and "stands above" is a count of what is still to
** come, so that the whole is linear for lines and for ladders of merges alike. */

typedef struct mig_sorter {
  const mig_graph *g;
  unsigned char *wanted; /* of the set, not yet given out */
  unsigned char *region; /* at or below a head */
  int *above;            /* children in the region that are still to come */
  int *place_of;         /* the place at a node, or -1 */
  int *node_at;          /* the node of a place; places are numbered in list order */
  int *prev, *next;      /* the list; -1: none */
  int *lowest;           /* no place before this one stands above the node */
  int *leap;             /* from a place that is off the list to one behind it */
  int *number, *size;    /* of the node's subtree in the tree of first parents */
  int *gone;             /* how many of the node's first children were given out */
  int nplace, first, last;
  int *seen, stamp;
  int *queue;
} mig_sorter;

static void mig_place_add(mig_sorter *s, int node) {
  int place = s->nplace++;
  s->node_at[place] = node;
  s->leap[place] = place + 1;
  s->place_of[node] = place;
  s->prev[place] = s->last;
  s->next[place] = -1;
  if (s->last >= 0)
    s->next[s->last] = place;
  else
    s->first = place;
  s->last = place;
}

/* Takes a place off the list; the place to go on from, or -1. */
static int mig_place_remove(mig_sorter *s, int place) {
  int before = s->prev[place], behind = s->next[place];
  if (before >= 0)
    s->next[before] = behind;
  else
    s->first = behind;
  if (behind >= 0)
    s->prev[behind] = before;
  else
    s->last = before;
  s->node_at[place] = -1;
  return before >= 0 ? before : s->first;
}

/* The first place at or behind `place` that is still in the list; nplace: none. What was taken off
** is leapt over, in ever longer leaps. */
static int mig_place_live(mig_sorter *s, int place) {
  while (place < s->nplace && s->node_at[place] < 0) {
    int to = s->leap[place];
    if (to < s->nplace && s->node_at[to] < 0) s->leap[place] = s->leap[to];
    place = to;
  }
  return place;
}

/* The first place in the list that may stand above `node`; nplace: none. What stands above a node
** stands above its parents as well, and places only ever go down: a bound once found holds. */
static int mig_place_least(mig_sorter *s, int node) {
  mig_nodes down = s->g->nodes[node].all_down;
  int place = s->lowest[node], j;
  for (j = 0; j < down.n; j++) {
    if (s->lowest[down.at[j]] > place) place = s->lowest[down.at[j]];
  }
  if (place < s->first) place = s->first;
  place = mig_place_live(s, place);
  if (place == s->place_of[node]) place = mig_place_live(s, place + 1);
  return place;
}

static int mig_is_gone(const mig_sorter *s, int node) {
  return !s->region[node] || (!s->wanted[node] && s->above[node] == 0);
}

/* Numbers the tree of first parents so that each node's subtree is a run of numbers. */
static void mig_number_tree(mig_sorter *s) {
  const mig_graph *g = s->g;
  int i, roots = 0, *free_at = s->queue; /* the queue is not in use yet */
  for (i = g->n - 1; i >= 0; i--) {
    int v = g->order[i];
    s->size[v]++;
    if (g->nodes[v].all_down.n) s->size[g->nodes[v].all_down.at[0]] += s->size[v];
  }
  for (i = 0; i < g->n; i++) {
    int v = g->order[i];
    int *from = g->nodes[v].all_down.n ? &free_at[g->nodes[v].all_down.at[0]] : &roots;
    s->number[v] = *from;
    *from += s->size[v];
    free_at[v] = s->number[v] + 1;
  }
}

/* Whether `upper` stands above `node` in that tree: no search, but not the whole truth. */
static int mig_in_tree_above(const mig_sorter *s, int upper, int node) {
  return s->number[upper] > s->number[node] && s->number[upper] < s->number[node] + s->size[node];
}

/* The first place whose node stands above `node`: a search upwards that ends early where the best
** place that is possible at all is found. Children that are gone are passed over for good. */
static int mig_place_above(mig_sorter *s, int node) {
  int best = s->nplace, least = mig_place_least(s, node), head = 0, tail = 0, j;
  if (least < s->nplace && mig_in_tree_above(s, s->node_at[least], node)) best = least;
  s->stamp++;
  s->queue[tail++] = node;
  while (head < tail && best != least) {
    int v = s->queue[head++];
    mig_nodes up = s->g->nodes[v].all_after;
    while (s->gone[v] < up.n && mig_is_gone(s, up.at[s->gone[v]])) s->gone[v]++;
    for (j = s->gone[v]; j < up.n && best != least; j++) {
      int u = up.at[j];
      if (s->seen[u] == s->stamp || mig_is_gone(s, u)) continue;
      s->seen[u] = s->stamp;
      s->queue[tail++] = u;
      if (s->place_of[u] >= 0 && s->place_of[u] < best) best = s->place_of[u];
    }
  }
  if (best == s->nplace) return -1;
  s->lowest[node] = best;
  if (s->lowest[s->node_at[best]] <= best) s->lowest[s->node_at[best]] = best + 1;
  return best;
}

/* A node was given out: what it stood above has one less to wait for. A node outside the set goes
** when nothing above it is left. */
static void mig_release(mig_sorter *s, int node) {
  int head = 0, tail = 0, j;
  s->queue[tail++] = node;
  while (head < tail) {
    mig_nodes down = s->g->nodes[s->queue[head++]].all_down;
    for (j = 0; j < down.n; j++) {
      int d = down.at[j];
      if (--s->above[d] == 0 && !s->wanted[d]) s->queue[tail++] = d;
    }
  }
}

/* The node of `place` was given out: the place moves to its first parent that nobody walks to
** yet, the other parents get places of their own. Returns the place to go on from. */
static int mig_place_down(mig_sorter *s, int place) {
  int node = s->node_at[place], moved = 0, j;
  mig_nodes before = s->g->nodes[node].before;
  s->place_of[node] = -1;
  for (j = 0; j < before.n; j++) {
    int parent = before.at[j];
    if (!s->wanted[parent] || s->place_of[parent] >= 0) continue;
    if (moved) {
      mig_place_add(s, parent);
    } else {
      s->node_at[place] = parent;
      s->place_of[parent] = place;
      moved = 1;
    }
  }
  return moved ? place : mig_place_remove(s, place);
}

/* The first places: the heads, and what no walk from them would come to. */
static void mig_sort_heads(mig_sorter *s, mig_nodes heads) {
  const mig_graph *g = s->g;
  unsigned char *is_head = mig_marks(g), *child = mig_marks(g);
  mig_nodes tops = mig_room(g->a, g->n);
  int i, j;
  if (!is_head || !child || !tops.at) return;
  for (i = 0; i < heads.n; i++) is_head[heads.at[i]] = 1;
  for (i = 0; i < g->n; i++) {
    mig_nodes before = g->nodes[i].before;
    for (j = 0; j < before.n && s->wanted[i]; j++) child[before.at[j]] = 1;
  }
  for (i = 0; i < g->n; i++) {
    if (s->wanted[i] && (is_head[i] || !child[i])) tops.at[tops.n++] = i;
  }
  for (i = 0; i < tops.n; i++) mig_place_add(s, tops.at[i]);
  mig_reach(g, tops, MIG_ALL_DOWN, s->region);
  for (i = 0; i < g->n; i++) {
    mig_nodes down = g->nodes[i].all_down;
    for (j = 0; j < down.n && s->region[i]; j++) s->above[down.at[j]]++;
  }
}

static int mig_sorter_init(mig_sorter *s, const mig_graph *g, unsigned char *wanted) {
  size_t n = (size_t)g->n + 1;
  int i, *pool = (int *)mig_array(g->a, n * 13, sizeof(int));
  memset(s, 0, sizeof *s);
  s->g = g;
  s->wanted = wanted;
  s->region = mig_marks(g);
  if (!pool || !s->region) return 0;
  s->above = pool;
  s->place_of = pool + n;
  s->node_at = pool + n * 2;
  s->prev = pool + n * 3;
  s->next = pool + n * 4;
  s->lowest = pool + n * 5;
  s->seen = pool + n * 6;
  s->leap = pool + n * 7;
  s->gone = pool + n * 8;
  s->number = pool + n * 9;
  s->size = pool + n * 10;
  s->queue = pool + n * 11;
  s->first = s->last = -1;
  for (i = 0; i < g->n; i++) s->place_of[i] = -1;
  mig_number_tree(s);
  return 1;
}

/* The wanted nodes in order, newest first. The marks are used up. */
static mig_nodes mig_sort(const mig_graph *g, unsigned char *wanted, mig_nodes heads) {
  mig_sorter s;
  mig_nodes order = mig_room(g->a, g->n);
  int place;
  if (!wanted || !order.at || !mig_sorter_init(&s, g, wanted)) return mig_no_nodes();
  mig_sort_heads(&s, heads);
  if (mig_failed(g->a)) return mig_no_nodes();
  for (place = s.first; place >= 0;) {
    int node = s.node_at[place];
    if (s.above[node] > 0) {
      place = mig_place_above(&s, node);
      continue;
    }
    order.at[order.n++] = node;
    wanted[node] = 0;
    mig_release(&s, node);
    place = mig_place_down(&s, place);
  }
  return order;
}
