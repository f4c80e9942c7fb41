/* Target: what the words of a command mean: ids and prefixes of ids, head, heads, base, labels,
** `branch@name`, steps up and down. Alembic's rules and messages. */

#define MIG_AT_BASE (-1) /* below all revisions */
#define MIG_NOWHERE (-2) /* a walk that left the graph */

/* A question to the graph. */
typedef struct mig_ask {
  mig_graph *g;
  mig_arena *a;
  const char *argument; /* the user's own words, for messages; NULL: the word that fails */
  const char *several;  /* the message where one head is asked for and several are there; NULL:
                        ** the usual one */
  const char *astray;   /* the message where two points are not on one line */
} mig_ask;

static mig_ask mig_ask_of(mig_graph *g, const char *argument) {
  mig_ask q;
  q.g = g;
  q.a = g->a;
  q.argument = argument;
  q.several = 0;
  q.astray = "";
  return q;
}

static void mig_fail_locate(const mig_ask *q, const char *name) {
  mig_fail(q->a, MIGRATE_NO_REVISION, "Can't locate revision identified by '%s'", name);
}

static void mig_fail_several(const mig_ask *q, const char *word) {
  const char *argument = q->argument ? q->argument : word;
  if (q->several) {
    mig_fail(q->a, MIGRATE_MULTIPLE_HEADS, "%s", q->several);
    return;
  }
  mig_fail(q->a, MIGRATE_MULTIPLE_HEADS,
           "Multiple head revisions are present for given argument '%s'; please specify a specific "
           "target revision, '<branchname>@%s' to narrow to a specific head, or 'heads' for all "
           "heads",
           argument, argument);
}

/* `branch@rest`; branch is NULL without. */
static const char *mig_split_branch(mig_arena *a, const char *word, const char **branch) {
  const char *at = strchr(word, '@');
  *branch = 0;
  if (!at || at == word) return word;
  *branch = mig_copyn(a, word, (size_t)(at - word));
  return at + 1;
}

/* ---- Ids, labels and what begins them ---- */

/* The node that an id or label names, whole or by its beginning, among the nodes of `within` (all
** when NULL); -1 and a fault otherwise. */
static int mig_locate(const mig_ask *q, const char *name, const unsigned char *within) {
  const mig_graph *g = q->g;
  size_t n = strlen(name);
  const char *found[3];
  int node = mig_find_node(g, name), count = 0, i;
  if (node >= 0) return node;
  for (i = 0; i < g->n + g->nlabel && n; i++) {
    const char *key = i < g->n ? mig_id(g, i) : g->labels[i - g->n].key;
    int owner = i < g->n ? i : g->labels[i - g->n].node;
    if (strncmp(key, name, n) != 0 || strlen(key) <= 3 || (within && !within[owner])) continue;
    if (count < 3) found[count] = key;
    if (count++ == 0) node = owner;
  }
  if (count == 0) mig_fail_locate(q, name);
  if (count > 1) {
    mig_fail(q->a, MIGRATE_AMBIGUOUS,
             "Can't locate revision identified by '%s'; several begin with it: '%s', '%s'%s", name,
             found[0], found[1], count > 2 ? ", ..." : "");
  }
  return count == 1 ? node : -1;
}

/* All nodes above and below `from`, itself included; with_needs: through dependencies as well. */
static unsigned char *mig_lineage(const mig_graph *g, mig_nodes from, int with_needs) {
  unsigned char *up = mig_reached(g, from, with_needs ? MIG_ALL_AFTER : MIG_AFTER);
  unsigned char *down = mig_reached(g, from, with_needs ? MIG_ALL_DOWN : MIG_DOWN);
  int i;
  for (i = 0; i < g->n && up && down; i++) up[i] = up[i] || down[i];
  return down ? up : 0;
}

/* The node of `name`, which must share a line with that of `branch`. */
static int mig_locate_on(const mig_ask *q, const char *branch, const char *name) {
  int trunk, node;
  unsigned char *line;
  if (!branch) return mig_locate(q, name, 0);
  trunk = mig_locate(q, branch, 0);
  if (trunk < 0) return -1;
  line = mig_lineage(q->g, mig_one_node(q->a, trunk), 0);
  node = mig_locate(q, name, line);
  if (node < 0 || !line || line[node]) return node;
  mig_fail_locate(q, name);
  return -1;
}

/* ---- Words ---- */

/* The single head; fails where there are several. */
static mig_nodes mig_only_head(const mig_ask *q, mig_nodes heads, const char *word) {
  if (heads.n > 1) mig_fail_several(q, word);
  return mig_failed(q->a) ? mig_no_nodes() : heads;
}

/* The nodes of a word without '@'. */
static mig_nodes mig_word(const mig_ask *q, const char *word) {
  int node;
  if (strcmp(word, "heads") == 0) return q->g->real_heads;
  if (strcmp(word, "head") == 0) return mig_only_head(q, q->g->heads, word);
  if (strcmp(word, "base") == 0) return mig_no_nodes();
  node = mig_locate(q, word, 0);
  return node < 0 ? mig_no_nodes() : mig_one_node(q->a, node);
}

/* The lineage of nodes; of none at all, which `base` means, it is everything. */
static unsigned char *mig_lineage_or_all(const mig_graph *g, mig_nodes from, int with_needs) {
  unsigned char *line = mig_lineage(g, from, with_needs);
  if (line && !from.n) memset(line, 1, (size_t)g->n);
  return line;
}

static mig_nodes mig_filter(const mig_graph *g, mig_nodes list, const unsigned char *mark) {
  mig_nodes kept = mig_room(g->a, list.n);
  int i;
  for (i = 0; i < list.n && kept.at && mark; i++) {
    if (mark[list.at[i]]) kept.at[kept.n++] = list.at[i];
  }
  return kept;
}

/* The heads of a branch, dependencies not counted. */
static mig_nodes mig_branch_heads(const mig_ask *q, const char *branch) {
  mig_nodes trunk = mig_word(q, branch);
  return mig_filter(q->g, q->g->heads, mig_lineage_or_all(q->g, trunk, 0));
}

/* The nodes of one name, `branch@name` included; steps are no names. */
static mig_nodes mig_name_nodes(const mig_ask *q, const char *word) {
  const char *branch, *rest = mig_split_branch(q->a, word, &branch);
  int node;
  if (mig_failed(q->a)) return mig_no_nodes();
  if (!branch) return mig_word(q, word);
  if (strcmp(rest, "base") == 0) return mig_no_nodes();
  if (strcmp(rest, "heads") == 0) return mig_branch_heads(q, branch);
  if (strcmp(rest, "head") == 0) return mig_only_head(q, mig_branch_heads(q, branch), word);
  node = mig_locate_on(q, branch, rest);
  return node < 0 ? mig_no_nodes() : mig_one_node(q->a, node);
}

/* The one node of a name, or MIG_AT_BASE. */
static int mig_name_node(const mig_ask *q, const char *word) {
  mig_nodes list = mig_name_nodes(q, word);
  if (list.n > 1) mig_fail_several(q, word);
  return list.n == 1 && !mig_failed(q->a) ? list.at[0] : MIG_AT_BASE;
}

/* The lineage of a name; of `branch@name` it is that of both. */
static unsigned char *mig_name_lineage(const mig_ask *q, const char *word, int with_needs) {
  const char *branch;
  mig_nodes named = mig_name_nodes(q, word), both;
  mig_split_branch(q->a, word, &branch);
  both = mig_room(q->a, named.n + 1);
  if (!both.at) return 0;
  if (named.n) memcpy(both.at, named.at, (size_t)named.n * sizeof(int));
  both.n = named.n;
  if (branch) both.at[both.n++] = mig_locate(q, branch, 0);
  return mig_failed(q->a) ? 0 : mig_lineage_or_all(q->g, both, with_needs);
}

/* ---- Steps ---- */

/* [branch@][symbol](+|-)N */
typedef struct mig_steps {
  const char *branch, *symbol; /* NULL: absent */
  const char *written;         /* "+2", as it stands */
  int by;
} mig_steps;

#define MIG_STEPS_MAX 1000000000 /* more than any graph has */

static int mig_is_symbol_char(char c) { return mig_is_id_char(c) || (unsigned char)c >= 0x80; }

/* Reads [symbol](+|-)N to the end of z; 0 where z is something else. */
static int mig_read_steps(mig_arena *a, const char *z, mig_steps *steps) {
  size_t n = 0, i;
  while (mig_is_symbol_char(z[n])) n++;
  if ((z[n] != '+' && z[n] != '-') || !z[n + 1]) return 0;
  steps->by = 0;
  for (i = n + 1; z[i]; i++) {
    if (z[i] < '0' || z[i] > '9') return 0;
    if (steps->by < MIG_STEPS_MAX / 10)
      steps->by = steps->by * 10 + (z[i] - '0');
    else
      steps->by = MIG_STEPS_MAX;
  }
  if (z[n] == '-') steps->by = -steps->by;
  steps->symbol = n ? mig_copyn(a, z, n) : 0;
  steps->written = z + n;
  return !mig_failed(a);
}

static int mig_parse_steps(mig_arena *a, const char *word, mig_steps *steps) {
  size_t i;
  steps->branch = 0;
  if (mig_read_steps(a, word, steps)) return 1;
  for (i = 1; word[0] && word[i]; i++) {
    if (word[i] != '@' || !mig_read_steps(a, word + i + 1, steps)) continue;
    steps->branch = mig_copyn(a, word, i);
    return 1;
  }
  return 0;
}

/* Walks up (by > 0) or down along down_revision; up only inside `line` where it is given. At the
** end of the graph the walk is MIG_NOWHERE, or stays there when `stay` is set. */
static int mig_walk(const mig_ask *q, int start, int by, const unsigned char *line, int stay) {
  const mig_graph *g = q->g;
  int node = start, fallen = 0, i;
  for (i = 0; i < (by < 0 ? -by : by); i++) {
    mig_nodes next;
    if (by > 0) {
      next = node == MIG_AT_BASE ? g->bases : g->nodes[node].after;
      if (line) next = mig_filter(g, next, line);
    } else if (node == MIG_AT_BASE) {
      next = fallen ? mig_no_nodes() : g->heads; /* from base down is Alembic's way to the head */
    } else if (g->nodes[node].down.n == 0) {
      node = MIG_AT_BASE;
      fallen = 1;
      continue;
    } else {
      next = g->nodes[node].down;
    }
    if (next.n == 0) return stay ? node : MIG_NOWHERE;
    if (next.n > 1) {
      mig_fail(q->a, MIGRATE_RANGE, "Ambiguous walk");
      return MIG_NOWHERE;
    }
    node = next.at[0];
  }
  return node;
}

static int mig_fail_steps(const mig_ask *q, const char *written, int by) {
  return mig_fail(q->a, MIGRATE_RANGE, "Relative revision %s didn't produce %d migrations", written,
                  by < 0 ? -by : by);
}

/* The nodes of a name or, for [branch@]-N, those N below each head; MIG_AT_BASE and MIG_NOWHERE
** may be among the latter. */
static mig_nodes mig_resolve(const mig_ask *q, const char *word) {
  mig_steps steps;
  mig_nodes heads, list;
  int i;
  if (!mig_parse_steps(q->a, word, &steps) || steps.symbol || steps.by >= 0) {
    return mig_name_nodes(q, word);
  }
  heads = q->g->real_heads;
  list = mig_room(q->a, heads.n);
  if (!list.at) return list;
  if (steps.branch) mig_spread_labels(q->g);
  for (i = 0; i < heads.n; i++) {
    const mig_label *labels = q->g->nodes[heads.at[i]].labels;
    if (steps.branch && !mig_labelled(labels, steps.branch)) continue;
    list.at[list.n++] = mig_walk(q, heads.at[i], steps.by, 0, 0);
  }
  return list;
}

/* The nodes of several names, separated by commas; each once. */
static mig_nodes mig_resolve_all(const mig_ask *q, const char *words) {
  mig_names names = mig_list_of(q->a, words);
  mig_nodes list;
  unsigned char *seen = mig_marks(q->g);
  int i, j;
  if (names.n == 0) mig_fail_locate(q, words);
  if (names.n == 1) return mig_resolve(q, names.at[0]);
  list = mig_room(q->a, q->g->n);
  for (i = 0; i < names.n && !mig_failed(q->a); i++) {
    mig_nodes some = mig_name_nodes(q, names.at[i]);
    for (j = 0; j < some.n && !mig_failed(q->a); j++) {
      if (seen[some.at[j]]) continue;
      seen[some.at[j]] = 1;
      list.at[list.n++] = some.at[j];
    }
  }
  return list;
}

/* The nodes of the version table's rows, which are whole ids; a row `base` stands for nothing. */
static mig_nodes mig_resolve_rows(const mig_ask *q, mig_names rows) {
  mig_nodes list = mig_room(q->a, rows.n);
  int i;
  for (i = 0; i < rows.n && list.at; i++) {
    int node = mig_find_id(q->g, rows.at[i]);
    if (strcmp(rows.at[i], "base") == 0) continue;
    if (node < 0) {
      mig_fail(q->a, MIGRATE_NO_REVISION,
               "Can't locate revision identified by '%s', where the database is: bring it back, or "
               "stamp with --purge",
               rows.at[i]);
      return mig_no_nodes();
    }
    if (!mig_has(list, node)) list.at[list.n++] = node;
  }
  return list;
}

/* ---- Targets ---- */

/* What is applied, seen from the version rows. */
static unsigned char *mig_applied(const mig_graph *g, mig_nodes rows) {
  return mig_reached(g, rows, MIG_BEFORE);
}

/* The marked nodes with no marked child over an edge. */
static mig_nodes mig_tips(const mig_graph *g, const unsigned char *mark, int edge) {
  mig_nodes tips = mig_room(g->a, g->n);
  int i, j;
  for (i = 0; i < g->n && tips.at && mark; i++) {
    mig_nodes up = mig_edges(&g->nodes[i], edge);
    if (!mark[i]) continue;
    for (j = 0; j < up.n && !mark[up.at[j]]; j++) {
    }
    if (j == up.n) tips.at[tips.n++] = i;
  }
  return tips;
}

/* The revisions that the rows stand for, with the heads of branches that rows imply by
** dependencies: what `current` lists. */
static mig_nodes mig_all_current(const mig_graph *g, mig_nodes rows) {
  return mig_tips(g, mig_applied(g, rows), MIG_AFTER);
}

/* From where +N counts on a branch. */
static mig_nodes mig_branch_starts(const mig_ask *q, mig_nodes rows, const unsigned char *line) {
  mig_nodes starts = mig_filter(q->g, rows, line);
  unsigned char *applied;
  int i;
  if (starts.n || mig_failed(q->a)) return starts;
  applied = mig_applied(q->g, rows);
  for (i = 0; i < q->g->n && applied; i++) applied[i] = applied[i] && line[i];
  return mig_tips(q->g, applied, MIG_ALL_AFTER);
}

/* N up from the rows. */
static int mig_up_from_rows(const mig_ask *q, const mig_steps *steps, mig_nodes rows, int stay) {
  unsigned char *line = 0;
  mig_nodes starts = rows;
  if (steps->branch) {
    line = mig_name_lineage(q, steps->branch, 0);
    starts = mig_branch_starts(q, rows, line);
  }
  if (starts.n > 1) {
    mig_fail(q->a, MIGRATE_RANGE, "Ambiguous upgrade from multiple current revisions");
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  return mig_walk(q, starts.n ? starts.at[0] : MIG_AT_BASE, steps->by, line, stay);
}

/* N up or down from a name; MIG_NOWHERE past the end. */
static int mig_from_symbol(const mig_ask *q, const mig_steps *steps, int stay) {
  const char *name = steps->symbol;
  unsigned char *line = 0;
  int start;
  if (steps->branch && steps->by < 0) {
    name = mig_format(q->a, "%s@%s", steps->branch, steps->symbol);
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  start = mig_name_node(q, name);
  if (steps->branch && steps->by > 0 && !mig_failed(q->a)) {
    line = mig_name_lineage(q, steps->branch, 0);
  }
  return mig_failed(q->a) ? MIG_NOWHERE : mig_walk(q, start, steps->by, line, stay);
}

/* The nodes to upgrade to. */
static mig_nodes mig_upgrade_target(const mig_ask *q, const char *words, mig_nodes rows, int stay) {
  mig_steps steps;
  int node;
  if (!mig_parse_steps(q->a, words, &steps)) return mig_resolve_all(q, words);
  if (!steps.symbol && steps.by <= 0) {
    mig_fail_steps(q, mig_format(q->a, "%d", steps.by), steps.by);
    return mig_no_nodes();
  }
  node = steps.symbol ? mig_from_symbol(q, &steps, stay) : mig_up_from_rows(q, &steps, rows, stay);
  if (node == MIG_NOWHERE) mig_fail_steps(q, steps.written, steps.by);
  return node < 0 || mig_failed(q->a) ? mig_no_nodes() : mig_one_node(q->a, node);
}

typedef struct mig_lower {
  const char *branch; /* NULL: every branch above the node goes down */
  int node;           /* what stays; MIG_AT_BASE: nothing */
  int merge;          /* -1 from a merge: this merge alone goes; otherwise -1 */
} mig_lower;

/* From where -N counts on a branch: the one row on it, or what the rows imply there. */
static int mig_down_start(const mig_ask *q, const mig_steps *steps, mig_nodes rows) {
  unsigned char *line = mig_name_lineage(q, steps->branch, 0);
  mig_nodes starts = mig_filter(q->g, rows, line);
  if (!starts.n && !mig_failed(q->a)) {
    starts = mig_filter(q->g, mig_all_current(q->g, rows), line);
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  if (!starts.n) mig_fail_steps(q, steps->written, steps->by);
  if (starts.n > 1) mig_fail(q->a, MIGRATE_RANGE, "Ambiguous walk");
  return starts.n == 1 ? starts.at[0] : MIG_NOWHERE;
}

/* N down from the rows. */
static void mig_down_from_rows(const mig_ask *q, const mig_steps *steps, mig_nodes rows, int stay,
                               mig_lower *lower) {
  int start;
  if (!rows.n && !steps->branch) mig_fail_steps(q, steps->written, steps->by);
  if (mig_failed(q->a)) return;
  start = steps->branch ? mig_down_start(q, steps, rows) : rows.at[0];
  if (mig_failed(q->a)) return;
  if (!steps->branch) lower->branch = mig_id(q->g, start);
  if (steps->by == -1 && !steps->branch && q->g->nodes[start].down.n > 1) {
    lower->merge = start;
    return;
  }
  lower->node = mig_walk(q, start, steps->by, 0, stay);
  if (lower->node == MIG_NOWHERE) mig_fail_steps(q, steps->written, steps->by);
}

/* The node to downgrade to. */
static mig_lower mig_downgrade_target(const mig_ask *q, const char *word, mig_nodes rows,
                                      int stay) {
  mig_lower lower;
  mig_steps steps;
  const char *at = strrchr(word, '@');
  lower.branch = 0;
  lower.node = MIG_AT_BASE;
  lower.merge = -1;
  if (!mig_parse_steps(q->a, word, &steps)) {
    if (at && at > word) lower.branch = mig_copyn(q->a, word, (size_t)(at - word));
    lower.node = mig_name_node(q, at ? at + 1 : word);
    return lower;
  }
  lower.branch = steps.branch;
  if (!steps.symbol && steps.by >= 0) {
    mig_fail_steps(q, steps.written, steps.by);
  } else if (!steps.symbol) {
    mig_down_from_rows(q, &steps, rows, stay, &lower);
  } else {
    lower.node = mig_from_symbol(q, &steps, stay);
    if (lower.node == MIG_AT_BASE && steps.by >= 0) lower.node = MIG_NOWHERE;
    if (lower.node == MIG_NOWHERE) mig_fail(q->a, MIGRATE_RANGE, "Walked too far");
  }
  return lower;
}
