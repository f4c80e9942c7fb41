/* Revisions: those that a handle knows, in the order in which they were added, and their graph. */

static void mig_add_revision(migrate *m, const mig_revision *revision) {
  m->revisions = (const mig_revision **)mig_grow(&m->arena, (void *)m->revisions, m->nrevision,
                                                 &m->revision_cap, sizeof(*m->revisions));
  if (mig_failed(&m->arena)) return;
  m->revisions[m->nrevision++] = revision;
  m->graph = 0;
}

/* The graph of all of them, which answers into the memory of this call; NULL after a fault. */
static mig_graph *mig_graph_of(migrate *m) {
  if (!m->graph) m->graph = mig_graph_load(&m->arena, m->revisions, m->nrevision);
  if (m->graph) m->graph->a = &m->work;
  return mig_failed(&m->arena) ? 0 : m->graph;
}
