/* Fuzzes the revision graph: bytes make revisions, version rows and targets. Plans are walked
** through and must never step on what is not there; the order is compared with a second, plain
** and slow way to find it. */
#include "fuzz.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/revision.c"
#include "../../amalgamation/graph.c"
#include "../../amalgamation/sort.c"
#include "../../amalgamation/target.c"
#include "../../amalgamation/range.c"
#include "../../amalgamation/plan.c"

#define MOST 40

static const char *const words[] = {
    "head", "heads", "base",  "+1",     "-1",       "+2",      "-2",      "a0",    "a1",   "a2",
    "a3",   "a10",   "l1",    "l2",     "l1@head",  "l2@base", "l1@+1",   "l2@-1", "a1+1", "a2-1",
    "a",    "l1@a3", "a1,a2", "head-1", "l3@heads", "current", "a1@base", ":",     "x",    ""};

/* Three bytes a revision: its parents, its dependency, its label. */
static mig_graph *make_graph(mig_arena *a, const uint8_t *data, size_t n) {
  const mig_revision **revs = (const mig_revision **)mig_array(a, MOST, sizeof(mig_revision *));
  int count = (int)(n / 3 < MOST ? n / 3 : MOST), i;
  for (i = 0; i < count; i++) {
    mig_revision *rev = (mig_revision *)mig_alloc(a, sizeof *rev);
    int down = data[i * 3], needs = data[i * 3 + 1], label = data[i * 3 + 2];
    rev->id = mig_format(a, "a%d", i);
    rev->message = "";
    if (down == 0xff || needs == 0xff) { /* anything, cycles too */
      rev->down = mig_list_of(a, mig_format(a, "a%d", label % MOST));
      rev->depends = mig_list_of(a, mig_format(a, "a%d", needs % MOST));
    } else if (i > 0 && down & 0x80) {
      rev->down = mig_list_of(a, mig_format(a, "a%d,a%d", down % i, (down / 8) % i));
    } else if (i > 0 && down % 8) {
      rev->down = mig_list_of(a, mig_format(a, "a%d", i - 1 - (down / 8) % i));
    }
    if (i > 0 && needs > 200) rev->depends = mig_list_of(a, mig_format(a, "a%d", needs % i));
    if (label > 240) rev->labels = mig_list_of(a, mig_format(a, "l%d", label - 240));
    revs[i] = rev;
  }
  return mig_graph_load(a, revs, count);
}

/* ---- The order, found slowly ---- */

/* Alembic's own procedure: sets of ancestors, made anew wherever they are asked for. */
static int stands_above(const mig_graph *g, int upper, int node) {
  unsigned char *mark;
  if (upper == node) return 0;
  mark = mig_reached(g, mig_one_node(g->a, upper), MIG_BEFORE);
  return mark && mark[node];
}

static mig_nodes slow_sort(const mig_graph *g, unsigned char *wanted, mig_nodes heads) {
  mig_nodes places = mig_room(g->a, MOST * 2), order = mig_room(g->a, MOST);
  int at = 0, i, j;
  for (i = 0; i < g->n; i++) {
    int top = wanted[i];
    for (j = 0; j < g->n && top && !mig_has(heads, i); j++) {
      top = !(wanted[j] && mig_has(g->nodes[j].before, i));
    }
    if (top) places.at[places.n++] = i;
  }
  while (places.n) {
    int node = places.at[at], moved = 0;
    mig_nodes before = g->nodes[node].before;
    for (i = 0; i < places.n && !(i != at && stands_above(g, places.at[i], node)); i++) {
    }
    if (i < places.n) {
      at = i;
      continue;
    }
    order.at[order.n++] = node;
    wanted[node] = 0;
    for (j = 0; j < before.n; j++) {
      if (!wanted[before.at[j]] || mig_has(places, before.at[j])) continue;
      places.at[moved ? places.n++ : at] = before.at[j];
      moved = 1;
    }
    if (moved) continue;
    for (i = at; i + 1 < places.n; i++) places.at[i] = places.at[i + 1];
    places.n--;
    if (at) at--;
  }
  return order;
}

static void check_sort(const mig_graph *g, mig_nodes heads, int edge) {
  unsigned char *wanted = mig_reached(g, heads, edge), *again = mig_reached(g, heads, edge);
  mig_nodes fast = mig_sort(g, wanted, heads), slow = slow_sort(g, again, heads);
  int i;
  if (fast.n != slow.n) fuzz_wrong("graph", "the order's length");
  for (i = 0; i < fast.n; i++) {
    if (fast.at[i] != slow.at[i]) fuzz_wrong(mig_ids(g, fast), mig_ids(g, slow));
  }
}

/* ---- Plans ---- */

static mig_names ids_of(const mig_graph *g, mig_nodes list) {
  mig_names names;
  names.n = 0;
  names.at = (const char **)mig_array(g->a, (size_t)list.n, sizeof(char *));
  for (; names.n < list.n; names.n++) names.at[names.n] = mig_id(g, list.at[names.n]);
  return names;
}

/* Follows the version rows through a plan; they stand side by side at its end. */
static void check_plan(mig_graph *g, mig_nodes from, const mig_plan *p, const char *target) {
  unsigned char *row = mig_marks(g);
  mig_ask q = mig_ask_of(g, 0);
  int i, j;
  if (mig_failed(g->a)) {
    if (!g->a->fault->message) fuzz_wrong(target, "an error without a message");
    mig_fault_clear(g->a->fault);
    return;
  }
  for (i = 0; i < from.n; i++) row[from.at[i]] = 1;
  for (i = 0; i < p->n; i++) {
    for (j = 0; j < p->steps[i].nchange; j++) {
      const mig_change *c = &p->steps[i].changes[j];
      int out = c->from ? mig_find_id(g, c->from) : -1, in = c->to ? mig_find_id(g, c->to) : -1;
      if (c->from && (out < 0 || !row[out])) fuzz_wrong(target, "a row that is not there");
      if (c->from) row[out] = 0;
      if (c->to && (in < 0 || row[in])) fuzz_wrong(target, "a row that is there already");
      if (c->to) row[in] = 1;
    }
  }
  for (i = 0; i < g->n; i++) {
    if (row[i] != mig_has(p->rows, i)) fuzz_wrong(target, "the rows at the end");
  }
  mig_check_overlap(&q, p->rows, MIG_BEFORE);
  if (mig_failed(g->a)) fuzz_wrong(target, mig_fault_text(g->a->fault));
}

static void check_targets(mig_graph *g, mig_nodes rows, uint8_t a, uint8_t b) {
  const char *target = words[a % FUZZ_COUNT(words)];
  mig_names names = ids_of(g, rows);
  mig_plan p = mig_plan_upgrade(g, names, target);
  check_plan(g, rows, &p, target);
  p = mig_plan_downgrade(g, names, target);
  check_plan(g, rows, &p, target);
  p = mig_plan_stamp(g, names, target);
  check_plan(g, rows, &p, target);
  target = mig_format(g->a, "%s:%s", words[a % FUZZ_COUNT(words)], words[b % FUZZ_COUNT(words)]);
  mig_history_range(g, target, rows);
  mig_fault_clear(g->a->fault);
  mig_new_parents(g, words[b % FUZZ_COUNT(words)], a & 1);
  mig_fault_clear(g->a->fault);
}

static void check_graph(mig_graph *g, const uint8_t *data, size_t n) {
  mig_plan up = mig_plan_upgrade(g, ids_of(g, mig_no_nodes()), "heads"), down;
  size_t i;
  if (g->n && up.n != g->n) fuzz_wrong("graph", "heads are not everything");
  check_plan(g, mig_no_nodes(), &up, "heads");
  down = mig_plan_downgrade(g, ids_of(g, up.rows), "base");
  if (down.n != g->n || down.rows.n) fuzz_wrong("graph", "base is not nothing");
  check_plan(g, up.rows, &down, "base");
  check_sort(g, g->real_heads, MIG_BEFORE);
  check_sort(g, g->heads, MIG_BEFORE);
  for (i = 0; i + 1 < n && i < 8; i++) {
    mig_nodes rows = mig_no_nodes();
    if (g->n) rows = mig_one_node(g->a, data[n - 1] % g->n);
    check_targets(g, i & 1 ? rows : up.rows, data[i], data[i + 1]);
  }
}

static void fuzz_one(const uint8_t *data, size_t n) {
  mig_fault fault;
  mig_arena a;
  mig_graph *g;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  g = make_graph(&a, data, n);
  if (g)
    check_graph(g, data, n);
  else if (!fault.message)
    fuzz_wrong("graph", "an error without a message");
  mig_fault_clear(&fault);
  mig_arena_free(&a);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/graph"); }
#endif
