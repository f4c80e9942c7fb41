/* Draw: the revision graph for eyes: as text, the way `git log --graph` draws it, and in the
** languages of mermaid and of graphviz. Newest first; dependencies are named, or dotted. */

/* The columns of the text: each leads down to a node that is still to come. */
typedef struct mig_drawing {
  mig_graph *g;
  const unsigned char *is_row;
  mig_text *out;
  int *to, n;
} mig_drawing;

static void mig_draw_line_end(mig_text *out) {
  while (out->n && out->z[out->n - 1] == ' ') out->n--;
  mig_put(out, "\n");
}

/* " (left) (head) (current) (branchpoint)", in Alembic's order. */
static void mig_put_marks(mig_text *out, mig_graph *g, int node, const unsigned char *is_row) {
  const mig_node *v = &g->nodes[node];
  mig_names labels = mig_labels_of(g, node);
  if (labels.n) mig_putf(out, " (%s)", mig_join(out->a, labels));
  if (v->all_after.n == 0)
    mig_put(out, " (head)");
  else if (v->after.n == 0)
    mig_put(out, " (effective head)");
  if (is_row[node]) mig_put(out, " (current)");
  if (v->after.n > 1) mig_put(out, " (branchpoint)");
  if (v->down.n > 1) mig_put(out, " (mergepoint)");
}

static void mig_draw_node(mig_drawing *d, int column, int node) {
  const mig_revision *rev = d->g->nodes[node].rev;
  int i;
  for (i = 0; i < d->n; i++) mig_put(d->out, i == column ? "* " : "| ");
  mig_put(d->out, rev->id);
  mig_put_marks(d->out, d->g, node, d->is_row);
  if (rev->depends.n) mig_putf(d->out, " (needs %s)", mig_join(d->out->a, rev->depends));
  if (*rev->message) mig_putf(d->out, ", %s", rev->message);
  mig_put(d->out, "\n");
}

/* Takes column `gone` away: it runs into column `into`, or ends when that is -1. What is to the
** right of it moves over. */
static void mig_draw_join(mig_drawing *d, int into, int gone) {
  int i;
  for (i = 0; i < d->n; i++) {
    mig_put(d->out, i < gone ? "|" : " ");
    if (i + 1 == d->n) break;
    if (i + 1 > gone || (i + 1 == gone && into >= 0))
      mig_put(d->out, "/");
    else
      mig_put(d->out, into >= 0 && i >= into ? "_" : " ");
  }
  mig_draw_line_end(d->out);
  d->n--;
  for (i = gone; i < d->n; i++) d->to[i] = d->to[i + 1];
}

/* A new column to the right of `column`, that leads to `node`. */
static void mig_draw_fork(mig_drawing *d, int column, int node) {
  int i;
  for (i = 0; i < d->n; i++) {
    mig_put(d->out, i <= column ? "|" : " ");
    mig_put(d->out, i >= column ? "\\" : " ");
  }
  mig_draw_line_end(d->out);
  for (i = d->n++; i > column + 1; i--) d->to[i] = d->to[i - 1];
  d->to[column + 1] = node;
}

/* The column that leads to a node, all others that do having run into it. */
static int mig_draw_column(mig_drawing *d, int node) {
  int column, i;
  for (column = 0; column < d->n && d->to[column] != node; column++) {
  }
  if (column == d->n) d->to[d->n++] = node;
  for (i = d->n - 1; i > column; i--) {
    if (d->to[i] == node) mig_draw_join(d, column, i);
  }
  return column;
}

static void mig_draw_text(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  mig_drawing d;
  int i, j, edges = 1;
  for (i = 0; i < g->n; i++) edges += g->nodes[i].down.n + 1;
  d.g = g;
  d.is_row = is_row;
  d.out = out;
  d.n = 0;
  d.to = (int *)mig_array(g->a, (size_t)edges, sizeof(int));
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    mig_nodes down = g->nodes[order.at[i]].down;
    int column = mig_draw_column(&d, order.at[i]);
    mig_draw_node(&d, column, order.at[i]);
    if (down.n) {
      d.to[column] = down.at[0];
      for (j = down.n - 1; j > 0; j--) mig_draw_fork(&d, column, down.at[j]);
    } else if (column == d.n - 1) {
      d.n--;
    } else {
      mig_draw_join(&d, -1, column);
    }
  }
}

/* Text between double quotes: `escape` stands before a quote and before itself. */
static void mig_put_escaped(mig_text *out, const char *z, const char *quote, const char *back) {
  for (; *z; z++) {
    if (*z == '"')
      mig_put(out, quote);
    else if (*z == '\\')
      mig_put(out, back);
    else
      mig_putn(out, z, 1);
  }
}

static void mig_draw_mermaid(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  int i, j;
  mig_put(out, "flowchart TD\n");
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    mig_putf(out, "  r%d[\"%s", order.at[i], v->rev->id);
    mig_put_marks(out, g, order.at[i], is_row);
    mig_put(out, "<br/>");
    mig_put_escaped(out, v->rev->message, "#quot;", "\\");
    mig_put(out, is_row[order.at[i]] ? "\"]:::current\n" : "\"]\n");
  }
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    for (j = 0; j < v->down.n; j++) mig_putf(out, "  r%d --> r%d\n", order.at[i], v->down.at[j]);
    for (j = 0; j < v->needs.n; j++) mig_putf(out, "  r%d -.-> r%d\n", order.at[i], v->needs.at[j]);
  }
  mig_put(out, "  classDef current stroke-width:4px\n");
}

static void mig_draw_dot(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  int i, j;
  mig_put(out, "digraph migrate {\n  node [shape=box];\n");
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    mig_putf(out, "  \"%s\" [label=\"%s", v->rev->id, v->rev->id);
    mig_put_marks(out, g, order.at[i], is_row);
    mig_put(out, "\\n");
    mig_put_escaped(out, v->rev->message, "\\\"", "\\\\");
    mig_put(out, is_row[order.at[i]] ? "\", style=bold];\n" : "\"];\n");
  }
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    for (j = 0; j < v->down.n; j++) {
      mig_putf(out, "  \"%s\" -> \"%s\";\n", v->rev->id, mig_id(g, v->down.at[j]));
    }
    for (j = 0; j < v->needs.n; j++) {
      mig_putf(out, "  \"%s\" -> \"%s\" [style=dashed];\n", v->rev->id, mig_id(g, v->needs.at[j]));
    }
  }
  mig_put(out, "}\n");
}

MIGRATE_API int migrate_graph(migrate *m, const char *format) {
  mig_graph *g;
  mig_version v;
  unsigned char *is_row;
  int i;
  if (mig_begin_call(m)) return migrate_errcode(m);
  g = mig_graph_of(m);
  if (!g) return mig_end_call(m);
  v = mig_version_read(m->db, &m->work, m->settings.version_table);
  is_row = mig_marks(g);
  for (i = 0; i < v.rows.n && is_row; i++) {
    int node = mig_find_id(g, v.rows.at[i]);
    if (node >= 0) is_row[node] = 1;
  }
  if (mig_failed(&m->work)) return mig_end_call(m);
  if (!format || strcmp(format, "text") == 0)
    mig_draw_text(g, is_row, &m->result);
  else if (strcmp(format, "mermaid") == 0)
    mig_draw_mermaid(g, is_row, &m->result);
  else if (strcmp(format, "dot") == 0)
    mig_draw_dot(g, is_row, &m->result);
  else {
    mig_fail(&m->work, MIGRATE_MISUSE,
             "no such format of the graph: %s; known are text, mermaid and dot", format);
  }
  return mig_end_call(m);
}
