/* Plan: graph x version rows x target -> steps, each with the changes of version rows that belong
** to it. Nothing here has touched a database. */

enum mig_direction { MIG_UPGRADE = 1, MIG_DOWNGRADE, MIG_STAMP };

enum mig_change_kind { MIG_ROW_INSERT = 1, MIG_ROW_UPDATE, MIG_ROW_DELETE };

typedef struct mig_change {
  int kind;
  const char *from, *to; /* DELETE has from, INSERT has to, UPDATE both */
} mig_change;

typedef struct mig_step {
  int direction;
  const mig_revision *rev; /* NULL: a stamp */
  const char *from, *to;   /* "a, b"; "" is base */
  mig_change *changes;
  int nchange, cap;
} mig_step;

typedef struct mig_plan {
  mig_step *steps;
  int n;
  mig_nodes rows;      /* the version rows at the end */
  const char *warning; /* for the log; NULL: none */
} mig_plan;

/* The version rows while a plan is made. */
typedef struct mig_rows {
  mig_graph *g;
  unsigned char *row; /* a mark a node */
  int *children;      /* applied children, by `before`; counted for downgrades alone */
} mig_rows;

static void mig_rows_init(mig_rows *s, mig_graph *g, mig_nodes rows) {
  int i;
  s->g = g;
  s->row = mig_marks(g);
  s->children = 0;
  for (i = 0; i < rows.n && s->row; i++) s->row[rows.at[i]] = 1;
}

static void mig_rows_count(mig_rows *s, mig_nodes rows) {
  unsigned char *applied = mig_applied(s->g, rows);
  int i, j;
  s->children = (int *)mig_array(s->g->a, (size_t)s->g->n, sizeof(int));
  for (i = 0; i < s->g->n && s->children && applied; i++) {
    mig_nodes before = s->g->nodes[i].before;
    for (j = 0; j < before.n && applied[i]; j++) s->children[before.at[j]]++;
  }
}

/* Notes one change and follows it; -1 stands for no node. */
static void mig_rows_change(mig_rows *s, mig_step *step, int from, int to) {
  mig_arena *a = s->g->a;
  mig_change *change;
  step->changes =
      (mig_change *)mig_grow(a, step->changes, step->nchange, &step->cap, sizeof(mig_change));
  if (mig_failed(a)) return;
  change = &step->changes[step->nchange++];
  change->kind = from < 0 ? MIG_ROW_INSERT : to < 0 ? MIG_ROW_DELETE : MIG_ROW_UPDATE;
  change->from = from < 0 ? 0 : mig_id(s->g, from);
  change->to = to < 0 ? 0 : mig_id(s->g, to);
  if (from >= 0) s->row[from] = 0;
  if (to >= 0) s->row[to] = 1;
}

/* `node` has been applied: it takes the place of those of its parents that are rows. */
static void mig_rows_up(mig_rows *s, mig_step *step, int node) {
  mig_nodes before = s->g->nodes[node].before;
  int i, last = -1;
  for (i = 0; i < before.n; i++) {
    if (!s->row[before.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, step, last, -1);
    last = before.at[i];
  }
  mig_rows_change(s, step, last, node);
}

/* `node` has been undone: those of its parents above which nothing is left become rows. */
static void mig_rows_down(mig_rows *s, mig_step *step, int node) {
  mig_nodes before = s->g->nodes[node].before;
  int i, last = -1;
  for (i = 0; i < before.n; i++) {
    if (--s->children[before.at[i]] > 0 || s->row[before.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, step, -1, last);
    last = before.at[i];
  }
  mig_rows_change(s, step, node, last);
}

static void mig_step_init(mig_step *step, mig_graph *g, int node, int direction) {
  const char *parents = mig_ids(g, g->nodes[node].down);
  step->direction = direction;
  step->rev = g->nodes[node].rev;
  step->from = direction == MIG_UPGRADE ? parents : step->rev->id;
  step->to = direction == MIG_UPGRADE ? step->rev->id : parents;
}

static mig_plan mig_plan_of(mig_graph *g, int n) {
  mig_plan p;
  p.steps = (mig_step *)mig_array(g->a, (size_t)n, sizeof(mig_step));
  p.n = 0;
  p.rows = mig_no_nodes();
  p.warning = 0;
  return p;
}

static void mig_plan_end(mig_plan *p, const mig_rows *s) { p->rows = mig_marked(s->g, s->row, 1); }

/* The steps of an upgrade to `words`, several targets separated by commas. */
static mig_plan mig_plan_upgrade(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, words);
  mig_nodes rows = mig_resolve_rows(&q, version_rows), order;
  mig_plan p = mig_plan_of(g, 0);
  mig_range r;
  mig_rows s;
  int i;
  if (mig_failed(g->a)) return p;
  r = mig_range_of(mig_upgrade_target(&q, words, rows, 0), rows);
  r.implicit_base = 1;
  if (mig_failed(g->a)) return p;
  order = mig_range_up(&q, &r);
  p = mig_plan_of(g, order.n);
  mig_rows_init(&s, g, rows);
  for (i = order.n - 1; i >= 0 && !mig_failed(g->a); i--) {
    mig_step_init(&p.steps[p.n], g, order.at[i], MIG_UPGRADE);
    mig_rows_up(&s, &p.steps[p.n++], order.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* The steps that undo the marked nodes, from the version rows on. */
static mig_plan mig_plan_undo(mig_graph *g, unsigned char *undo, mig_nodes rows) {
  mig_nodes order = mig_sort(g, undo, rows);
  mig_plan p = mig_plan_of(g, order.n);
  mig_rows s;
  int i;
  mig_rows_init(&s, g, rows);
  mig_rows_count(&s, rows);
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    mig_step_init(&p.steps[p.n], g, order.at[i], MIG_DOWNGRADE);
    mig_rows_down(&s, &p.steps[p.n++], order.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* Adds to `undo` what a downgrade to one target undoes. */
static void mig_downgrade_one(mig_graph *g, mig_nodes rows, const char *word, unsigned char *undo,
                              mig_lower *lower) {
  mig_ask q = mig_ask_of(g, word);
  mig_range r = mig_range_of(rows, mig_no_nodes());
  unsigned char *some = 0;
  int i;
  q.astray =
      mig_format(g->a, "Destination %s is not a valid downgrade target from current head(s)", word);
  if (!mig_failed(g->a)) *lower = mig_downgrade_target(&q, word, rows, 0);
  if (!mig_failed(g->a)) some = mig_down_set(&q, &r, lower);
  for (i = 0; i < g->n && some && undo; i++) undo[i] = undo[i] || some[i];
}

static const char mig_warn_ambiguous[] =
    "downgrade -1 from multiple heads is ambiguous; this usage will be disallowed in a future "
    "release.";

/* The steps of a downgrade to `words`; of several targets each is what stays on its line. */
static mig_plan mig_plan_downgrade(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, words);
  mig_nodes rows = mig_resolve_rows(&q, version_rows);
  mig_names targets = mig_list_of(g->a, words);
  mig_plan p = mig_plan_of(g, 0);
  unsigned char *undo = mig_marks(g);
  int i, *stays = (int *)mig_array(g->a, (size_t)targets.n, sizeof(int));
  const char *warning = 0;
  if (!targets.n) mig_fail_locate(&q, words);
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    mig_lower lower;
    lower.node = MIG_AT_BASE;
    mig_downgrade_one(g, rows, targets.at[i], undo, &lower);
    stays[i] = lower.node;
    if (targets.at[i][0] == '-' && rows.n > 1) warning = mig_warn_ambiguous;
  }
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    if (targets.n > 1 && stays[i] >= 0 && undo[stays[i]]) {
      mig_fail(g->a, MIGRATE_RANGE, "target %s would be undone by another target of '%s'",
               targets.at[i], words);
    }
  }
  if (mig_failed(g->a)) return p;
  p = mig_plan_undo(g, undo, rows);
  p.warning = warning;
  return p;
}

/* ---- Stamp ---- */

static void mig_stamp_step(mig_plan *p, const char *from, const char *to) {
  mig_step *step = &p->steps[p->n++];
  step->direction = MIG_STAMP;
  step->from = from;
  step->to = to;
}

/* The rows that share a line with one of the targets, dependencies counted; each once. */
static mig_nodes mig_stamp_sources(const mig_ask *q, mig_nodes rows, mig_names names) {
  mig_nodes moved = mig_room(q->a, rows.n);
  unsigned char *taken = mig_marks(q->g);
  int i, j;
  for (i = 0; i < names.n && rows.n && !mig_failed(q->a); i++) {
    unsigned char *line = mig_name_lineage(q, names.at[i], 1);
    for (j = 0; j < rows.n && line && taken; j++) {
      if (!line[rows.at[j]] || taken[rows.at[j]]) continue;
      taken[rows.at[j]] = 1;
      moved.at[moved.n++] = rows.at[j];
    }
  }
  return moved;
}

/* Moves the sources onto `node` when they share a line with it; the first target takes them all,
** the others get new rows. */
static void mig_stamp_to(mig_plan *p, mig_rows *s, mig_nodes sources, int node) {
  mig_graph *g = s->g;
  unsigned char *line = mig_lineage(g, mig_one_node(g->a, node), 1);
  int i, related = 0, last = -1;
  if (!line || mig_has(sources, node)) return;
  for (i = 0; i < sources.n; i++) related |= line[sources.at[i]];
  if (!related) sources = mig_no_nodes();
  mig_stamp_step(p, mig_ids(g, sources), mig_id(g, node));
  for (i = 0; i < sources.n; i++) {
    if (!s->row[sources.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, &p->steps[p->n - 1], last, -1);
    last = sources.at[i];
  }
  mig_rows_change(s, &p->steps[p->n - 1], last, node);
}

/* The steps that set the version rows to `words`. Rows on other lines stay. */
static mig_plan mig_plan_stamp(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, 0);
  mig_nodes rows = mig_resolve_rows(&q, version_rows), targets, sources;
  mig_names names = mig_list_of(g->a, words);
  mig_plan p = mig_plan_of(g, g->n + rows.n);
  mig_rows s;
  int i;
  q.several = "Multiple heads are present; please specify a single target revision";
  sources = mig_stamp_sources(&q, rows, names);
  targets = mig_failed(g->a) ? mig_no_nodes() : mig_resolve_all(&q, words);
  if (!mig_failed(g->a)) mig_check_overlap(&q, mig_lower_nodes(&q, targets), MIG_BEFORE);
  if (mig_failed(g->a)) return p;
  mig_rows_init(&s, g, rows);
  for (i = 0; i < sources.n && !targets.n && !mig_failed(g->a); i++) {
    mig_stamp_step(&p, mig_id(g, sources.at[i]), "");
    mig_rows_change(&s, &p.steps[p.n - 1], sources.at[i], -1);
  }
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    if (targets.at[i] < 0)
      mig_fail_locate(&q, words);
    else
      mig_stamp_to(&p, &s, sources, targets.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* ---- Commands ---- */

/* One of the three, each an object of its own: of what a program never calls its compiler keeps
** nothing. */
typedef struct mig_verb {
  const char *name;
  int direction;
  mig_plan (*plan)(mig_graph *g, mig_names version_rows, const char *words);
} mig_verb;

static const mig_verb mig_upgrading = {"upgrade", MIG_UPGRADE, mig_plan_upgrade};
static const mig_verb mig_downgrading = {"downgrade", MIG_DOWNGRADE, mig_plan_downgrade};
static const mig_verb mig_stamping = {"stamp", MIG_STAMP, mig_plan_stamp};

/* ---- Words ---- */

static const char *mig_direction_name(int direction) {
  if (direction == MIG_UPGRADE) return "upgrade";
  return direction == MIG_DOWNGRADE ? "downgrade" : "stamp_revision";
}

/* "upgrade a, b -> c" */
static const char *mig_step_short(mig_arena *a, const mig_step *step) {
  return mig_format(a, "%s %s -> %s", mig_direction_name(step->direction), step->from, step->to);
}

/* "Running upgrade a, b -> c, message" */
static const char *mig_step_line(mig_arena *a, const mig_step *step) {
  const char *message = step->rev ? step->rev->message : "", *change = mig_step_short(a, step);
  return mig_format(a, "Running %s%s%s", change, *message ? ", " : "", message);
}
