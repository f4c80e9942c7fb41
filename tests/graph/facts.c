/* The facts of cases/graph.json: what Alembic answers to 2,425 questions about 70 graphs.
**
** The file stands beside the repository (../shared, or the folder that MIGRATE_SHARED names); a
** part of it is in facts.json, so that a checkout alone has something to go by. Where we differ
** on purpose, the case is listed under `differ` below with what we answer. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

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

#include "cases.h"

/* One case under way. */
typedef struct trial {
  sqlite3 *db;
  const char *graph; /* JSON */
  const char *fact;  /* JSON */
  mig_fault fault;
  mig_arena arena;
  mig_arena *a;
  mig_graph *g;
  mig_text steps, revs, after, ops; /* JSON arrays under way */
} trial;

/* ---- JSON, by SQLite ---- */

/* The value at a path, as SQL has it: NULL, text, or the JSON of an array or object. */
static const char *json_at(trial *t, const char *json, const char *path) {
  sqlite3_stmt *s = 0;
  const char *value = 0;
  sqlite3_prepare_v2(t->db, "SELECT json_extract(?1, ?2)", -1, &s, 0);
  sqlite3_bind_text(s, 1, json, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(s, 2, path, -1, SQLITE_TRANSIENT);
  if (sqlite3_step(s) == SQLITE_ROW) {
    value = mig_copy(t->a, (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return value;
}

static int is_array(const char *json) { return json && json[0] == '['; }

/* The items of an array; of a single text that text alone. */
static mig_names json_list(trial *t, const char *json) {
  sqlite3_stmt *s = 0;
  mig_names list;
  list.n = 0;
  list.at = (const char **)mig_array(t->a, 400, sizeof(char *));
  if (!json) return list;
  if (!is_array(json)) {
    list.at[list.n++] = json;
    return list;
  }
  sqlite3_prepare_v2(t->db, "SELECT value FROM json_each(?1)", -1, &s, 0);
  sqlite3_bind_text(s, 1, json, -1, SQLITE_TRANSIENT);
  while (sqlite3_step(s) == SQLITE_ROW && list.n < 400) {
    list.at[list.n++] = mig_copy(t->a, (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return list;
}

static const char *json_commas(trial *t, const char *json) {
  return mig_join(t->a, json_list(t, json));
}

/* The same array with its items in order, to compare sets. */
static const char *json_sorted(trial *t, const char *json) {
  sqlite3_stmt *s = 0;
  const char *value = 0;
  if (!json) return 0;
  sqlite3_prepare_v2(
      t->db, "SELECT json_group_array(value) FROM (SELECT value FROM json_each(?1) ORDER BY 1)", -1,
      &s, 0);
  sqlite3_bind_text(s, 1, json, -1, SQLITE_TRANSIENT);
  if (sqlite3_step(s) == SQLITE_ROW) {
    value = mig_copy(t->a, (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  return value;
}

static const char *fact(trial *t, const char *path) { return json_at(t, t->fact, path); }

static void open_array(trial *t, mig_text *out) {
  mig_text_init(out, t->a);
  mig_put(out, "[");
}

static void put_item(mig_text *out, const char *z) {
  size_t i;
  if (out->n > 1) mig_put(out, ",");
  mig_put(out, z ? "\"" : "null");
  for (i = 0; z && z[i]; i++) {
    if (z[i] == '"' || z[i] == '\\') mig_put(out, "\\");
    mig_putn(out, z + i, 1);
  }
  if (z) mig_put(out, "\"");
}

static void put_raw(mig_text *out, const char *json) {
  if (out->n > 1) mig_put(out, ",");
  mig_put(out, json);
}

static const char *close_array(mig_text *out) {
  mig_put(out, "]");
  return mig_text_z(out);
}

static const char *json_nodes(trial *t, mig_nodes list) {
  mig_text out;
  int i;
  open_array(t, &out);
  for (i = 0; i < list.n && !mig_failed(t->a); i++) {
    put_item(&out, list.at[i] >= 0             ? mig_id(t->g, list.at[i])
                   : list.at[i] == MIG_NOWHERE ? 0
                                               : "base");
  }
  return close_array(&out);
}

/* ---- Load ---- */

static void load(trial *t) {
  mig_names items = json_list(t, json_at(t, t->graph, "$.revisions"));
  const mig_revision **revs =
      (const mig_revision **)mig_array(t->a, (size_t)items.n, sizeof(mig_revision *));
  int i;
  for (i = 0; i < items.n; i++) {
    mig_revision *rev = (mig_revision *)mig_alloc(t->a, sizeof *rev);
    rev->id = json_at(t, items.at[i], "$.id");
    rev->message = json_at(t, items.at[i], "$.doc");
    if (!rev->message) rev->message = rev->id;
    rev->down = json_list(t, json_at(t, items.at[i], "$.down"));
    rev->depends = json_list(t, json_at(t, items.at[i], "$.depends"));
    rev->labels = json_list(t, json_at(t, items.at[i], "$.labels"));
    revs[i] = rev;
  }
  t->g = mig_graph_load(t->a, revs, items.n);
}

/* ---- Steps ---- */

static const char *json_rows(trial *t, mig_names rows) {
  mig_text out;
  int i;
  open_array(t, &out);
  for (i = 0; i < rows.n; i++) put_item(&out, rows.at[i]);
  return json_sorted(t, close_array(&out));
}

static void change_rows(trial *t, mig_names *rows, const mig_change *c) {
  int i, kept = 0;
  for (i = 0; i < rows->n; i++) {
    if (!c->from || strcmp(rows->at[i], c->from) != 0) rows->at[kept++] = rows->at[i];
  }
  if (c->from && kept != rows->n - 1) mig_fail(t->a, MIGRATE_GRAPH, "%s is no row", c->from);
  rows->n = kept;
  for (i = 0; i < rows->n && c->to; i++) {
    if (strcmp(rows->at[i], c->to) == 0) mig_fail(t->a, MIGRATE_GRAPH, "%s is a row", c->to);
  }
  if (c->to) rows->at[rows->n++] = c->to;
}

static const char *json_changes(trial *t, const mig_step *step) {
  static const char *const word[] = {"", "INSERT", "UPDATE", "DELETE"};
  mig_text out, one;
  int i;
  open_array(t, &out);
  for (i = 0; i < step->nchange; i++) {
    const mig_change *c = &step->changes[i];
    open_array(t, &one);
    put_item(&one, word[c->kind]);
    if (c->from) put_item(&one, c->from);
    if (c->to) put_item(&one, c->to);
    put_raw(&out, close_array(&one));
  }
  return close_array(&out);
}

static int same(trial *t, const char *path, const char *actual) {
  const char *expected = fact(t, path);
  return !expected || strcmp(expected, actual) == 0;
}

/* Compares a plan with what the case expects, or with one of its alternatives. */
static int plan_agrees(trial *t, mig_plan *p) {
  mig_names rows = json_list(t, fact(t, "$.from"));
  int i, j, n = json_list(t, fact(t, "$.expect_alternatives")).n;
  const char *steps, *revs, *after, *ops;
  open_array(t, &t->steps);
  open_array(t, &t->revs);
  open_array(t, &t->after);
  open_array(t, &t->ops);
  for (i = 0; i < p->n; i++) {
    put_item(&t->steps, mig_step_short(t->a, &p->steps[i]));
    if (p->steps[i].rev) put_item(&t->revs, p->steps[i].rev->id);
    for (j = 0; j < p->steps[i].nchange; j++) change_rows(t, &rows, &p->steps[i].changes[j]);
    put_raw(&t->after, json_rows(t, rows));
    put_raw(&t->ops, json_changes(t, &p->steps[i]));
  }
  steps = close_array(&t->steps);
  revs = close_array(&t->revs);
  after = close_array(&t->after);
  ops = close_array(&t->ops);
  if (mig_failed(t->a)) return 0;
  if (!mig_names_hold(rows, "base") &&
      strcmp(json_rows(t, rows), json_sorted(t, json_nodes(t, p->rows))) != 0) {
    return 0;
  }
  if (same(t, "$.expect_steps", steps) && same(t, "$.expect_revs", revs) &&
      same(t, "$.expect_heads_after", after) && same(t, "$.expect_version_ops", ops) &&
      same(t, "$.expect_heads", json_rows(t, rows))) {
    return 1;
  }
  for (i = 0; i < n; i++) {
    const char *base = mig_format(t->a, "$.expect_alternatives[%d]", i);
    if (same(t, mig_format(t->a, "%s.expect_steps", base), steps) &&
        same(t, mig_format(t->a, "%s.expect_heads_after", base), after)) {
      return 1;
    }
  }
  return 0;
}

static mig_plan plan_of(trial *t, const char *op) {
  mig_names rows = json_list(t, fact(t, "$.from"));
  const char *target = json_commas(t, fact(t, "$.target"));
  if (strcmp(op, "upgrade") == 0) return mig_plan_upgrade(t->g, rows, target);
  if (strcmp(op, "downgrade") == 0) return mig_plan_downgrade(t->g, rows, target);
  return mig_plan_stamp(t->g, rows, target);
}

/* A step at a time, without a target: the version rows alone. */
static int apply_agrees(trial *t) {
  mig_ask q = mig_ask_of(t->g, 0);
  mig_names steps = json_list(t, fact(t, "$.steps")), from = json_list(t, fact(t, "$.from"));
  mig_nodes start = mig_resolve_rows(&q, from);
  mig_rows rows;
  mig_text after;
  int i, up;
  open_array(t, &after);
  mig_rows_init(&rows, t->g, start);
  mig_rows_count(&rows, start);
  for (i = 0; i < steps.n; i++) {
    mig_names step = json_list(t, steps.at[i]);
    mig_step made;
    memset(&made, 0, sizeof made);
    up = strcmp(step.at[0], "up") == 0;
    if (up)
      mig_rows_up(&rows, &made, mig_find_id(t->g, step.at[1]));
    else
      mig_rows_down(&rows, &made, mig_find_id(t->g, step.at[1]));
    put_raw(&after, json_sorted(t, json_nodes(t, mig_marked(t->g, rows.row, 1))));
  }
  return same(t, "$.expect_heads_after", close_array(&after));
}

/* ---- Lists ---- */

static int list_agrees(trial *t, mig_nodes list) {
  return strcmp(json_sorted(t, json_nodes(t, list)), json_sorted(t, fact(t, "$.expect_revs"))) == 0;
}

static mig_nodes with_many(trial *t, int edge) {
  unsigned char *mark = mig_marks(t->g);
  int i;
  for (i = 0; i < t->g->n; i++) mark[i] = mig_edges(&t->g->nodes[i], edge).n > 1;
  return mig_marked(t->g, mark, 1);
}

static int labels_agree(trial *t) {
  int i, j;
  for (i = 0; i < t->g->n; i++) {
    mig_names labels = mig_labels_of(t->g, i);
    mig_text out;
    const char *expected = fact(t, mig_format(t->a, "$.expect_labels.\"%s\"", mig_id(t->g, i)));
    open_array(t, &out);
    for (j = 0; j < labels.n; j++) put_item(&out, labels.at[j]);
    if (strcmp(json_sorted(t, close_array(&out)), json_sorted(t, expected)) != 0) return 0;
  }
  return 1;
}

static mig_nodes nodes_at(trial *t, mig_ask *q, const char *path) {
  const char *json = fact(t, path);
  if (json && !is_array(json)) return mig_resolve(q, json);
  return mig_resolve_rows(q, json_list(t, json));
}

static int truth(trial *t, const char *path) {
  const char *value = fact(t, path);
  return value && strcmp(value, "1") == 0;
}

/* The ranges of Alembic's own interface, with flags that no command gives alone. */
static mig_nodes iterate(trial *t) {
  mig_ask q = mig_ask_of(t->g, 0);
  const char *upper = fact(t, "$.upper"), *lower = fact(t, "$.lower"), *branch;
  mig_range r = mig_range_of(mig_no_nodes(), mig_no_nodes());
  if (truth(t, "$.flags.select_for_downgrade")) {
    mig_lower end;
    r.upper = nodes_at(t, &q, "$.upper");
    end = mig_downgrade_target(&q, lower, r.upper, 1);
    r.inclusive = truth(t, "$.flags.inclusive");
    r.implicit_base = truth(t, "$.flags.implicit_base");
    return mig_sort(t->g, mig_failed(t->a) ? 0 : mig_down_set(&q, &r, &end), r.upper);
  }
  q.astray =
      mig_format(t->a, "Revision %s is not an ancestor of revision %s",
                 lower && *lower ? lower : "base", upper && upper[0] != '[' ? upper : "base");
  r.lower = nodes_at(t, &q, "$.lower");
  if (upper && !is_array(upper))
    r.upper = mig_upgrade_target(&q, upper, r.lower, 1);
  else
    r.upper = nodes_at(t, &q, "$.upper");
  r.inclusive = truth(t, "$.flags.inclusive");
  r.implicit_base = truth(t, "$.flags.implicit_base");
  if (lower && !is_array(lower)) {
    mig_split_branch(t->a, lower, &branch);
    r.lower_branch = branch;
  }
  return mig_failed(t->a) ? mig_no_nodes() : mig_range_up(&q, &r);
}

static int revision_agrees(trial *t) {
  const char *target = fact(t, "$.target");
  mig_nodes down = mig_new_parents(t->g, target ? json_commas(t, target) : 0, truth(t, "$.splice"));
  mig_names needs = mig_new_needs(t->g, json_list(t, fact(t, "$.depends")));
  mig_text out;
  int i;
  if (mig_failed(t->a)) return 0;
  open_array(t, &out);
  for (i = 0; i < needs.n; i++) put_item(&out, needs.at[i]);
  return same(t, "$.expect_down", json_nodes(t, down)) &&
         same(t, "$.expect_depends", close_array(&out));
}

/* ---- Lines, as Alembic's command line prints them: the facts that they state are ours ---- */

static const char *parents_text(trial *t, int node) {
  return t->g->nodes[node].down.n ? mig_ids(t->g, t->g->nodes[node].down) : "<base>";
}

static void put_marks(trial *t, mig_text *out, int node, int with_labels, int tree) {
  const mig_node *v = &t->g->nodes[node];
  mig_names labels = mig_labels_of(t->g, node);
  if (with_labels && labels.n) mig_putf(out, " (%s)", mig_join(t->a, labels));
  if (v->all_after.n == 0)
    mig_put(out, " (head)");
  else if (v->after.n == 0)
    mig_put(out, " (effective head)");
  if (tree && v->after.n > 1) mig_put(out, " (branchpoint)");
  if (tree && v->down.n > 1) mig_put(out, " (mergepoint)");
}

static void history_line(trial *t, mig_text *lines, int node) {
  const mig_node *v = &t->g->nodes[node];
  mig_text out;
  mig_text_init(&out, t->a);
  mig_put(&out, parents_text(t, node));
  if (v->rev->depends.n) mig_putf(&out, " (%s)", mig_join(t->a, v->rev->depends));
  mig_putf(&out, " -> %s", v->rev->id);
  put_marks(t, &out, node, 1, 1);
  mig_putf(&out, ", %s", v->rev->message);
  put_item(lines, out.z);
}

static void short_line(trial *t, mig_text *lines, int node, const char *indent, int labels,
                       int tree) {
  mig_text out;
  mig_text_init(&out, t->a);
  mig_putf(&out, "%s%s", indent, mig_id(t->g, node));
  put_marks(t, &out, node, labels, tree);
  put_item(lines, out.z);
}

static void show_lines(trial *t, mig_text *lines, int node, int reversed) {
  const mig_node *v = &t->g->nodes[node];
  mig_names labels = mig_labels_of(t->g, node);
  mig_text out;
  int i;
  mig_text_init(&out, t->a);
  mig_putf(&out, "Rev: %s", v->rev->id);
  if (v->after.n == 0) mig_put(&out, " (head)");
  if (v->after.n > 1) mig_put(&out, " (branchpoint)");
  if (v->down.n > 1) mig_put(&out, " (mergepoint)");
  put_item(lines, out.z);
  put_item(lines,
           mig_format(t->a, "%s: %s", v->down.n > 1 ? "Merges" : "Parent", parents_text(t, node)));
  if (v->rev->depends.n) {
    put_item(lines, mig_format(t->a, "Also depends on: %s", mig_join(t->a, v->rev->depends)));
  }
  if (v->after.n > 1) {
    mig_text_init(&out, t->a);
    for (i = 0; i < v->after.n; i++) {
      int child = v->after.at[reversed ? v->after.n - 1 - i : i];
      mig_putf(&out, "%s%s", i ? ", " : "Branches into: ", mig_id(t->g, child));
    }
    put_item(lines, out.z);
  }
  if (labels.n) put_item(lines, mig_format(t->a, "Branch names: %s", mig_join(t->a, labels)));
  put_item(lines, "");
  put_item(lines, mig_format(t->a, "    %s", v->rev->message));
  put_item(lines, "");
}

static void branch_lines(trial *t, mig_text *lines) {
  mig_nodes order = mig_history_range(t->g, "", mig_no_nodes());
  int i, j;
  for (i = 0; i < order.n; i++) {
    const mig_node *v = &t->g->nodes[order.at[i]];
    if (v->after.n < 2) continue;
    short_line(t, lines, order.at[i], "", 1, 1);
    for (j = 0; j < v->after.n; j++) {
      char *indent = mig_format(t->a, "%*s -> ", (int)strlen(v->rev->id), "");
      short_line(t, lines, v->after.at[j], indent, 1, 0);
    }
  }
}

static int lines_agree(trial *t, const char *op, int reversed) {
  mig_ask q = mig_ask_of(t->g, 0);
  mig_text lines;
  mig_nodes list = mig_no_nodes();
  int i, sort = 0;
  open_array(t, &lines);
  if (strcmp(op, "branches_lines") == 0) branch_lines(t, &lines);
  if (strcmp(op, "history_lines") == 0) list = mig_history_range(t->g, fact(t, "$.target"), list);
  if (strcmp(op, "heads_lines") == 0) list = t->g->heads;
  if (strcmp(op, "show_lines") == 0) list = mig_resolve(&q, fact(t, "$.target"));
  if (strcmp(op, "current_lines") == 0) {
    list = mig_all_current(t->g, nodes_at(t, &q, "$.from"));
    sort = 1;
  }
  for (i = 0; i < list.n; i++) {
    if (strcmp(op, "history_lines") == 0)
      history_line(t, &lines, list.at[i]);
    else if (strcmp(op, "show_lines") == 0)
      show_lines(t, &lines, list.at[i], reversed);
    else
      short_line(t, &lines, list.at[i], "", strcmp(op, "heads_lines") == 0, 1);
  }
  close_array(&lines);
  if (!sort) return same(t, "$.expect_lines", mig_text_z(&lines));
  return strcmp(json_sorted(t, mig_text_z(&lines)), json_sorted(t, fact(t, "$.expect_lines"))) == 0;
}

/* ---- One case ---- */

static int answers(trial *t, const char *op) {
  mig_plan p;
  mig_nodes list;
  mig_ask q;
  if (strcmp(op, "load") == 0) return truth(t, "$.expect_ok");
  if (strcmp(op, "upgrade") == 0 || strcmp(op, "downgrade") == 0 || strcmp(op, "stamp") == 0) {
    p = plan_of(t, op);
    return !mig_failed(t->a) && plan_agrees(t, &p);
  }
  if (strcmp(op, "apply") == 0) return apply_agrees(t);
  if (strcmp(op, "heads") == 0) return list_agrees(t, t->g->heads);
  if (strcmp(op, "real_heads") == 0) return list_agrees(t, t->g->real_heads);
  if (strcmp(op, "bases") == 0) return list_agrees(t, t->g->bases);
  if (strcmp(op, "branchpoints") == 0) return list_agrees(t, with_many(t, MIG_AFTER));
  if (strcmp(op, "mergepoints") == 0) return list_agrees(t, with_many(t, MIG_DOWN));
  if (strcmp(op, "labels") == 0) return labels_agree(t);
  if (strcmp(op, "revision") == 0) return revision_agrees(t);
  if (strstr(op, "_lines")) return lines_agree(t, op, 0) || lines_agree(t, op, 1);
  q = mig_ask_of(t->g, 0);
  if (strcmp(op, "current") == 0) {
    return list_agrees(t, mig_all_current(t->g, nodes_at(t, &q, "$.from")));
  }
  if (strcmp(op, "resolve") == 0)
    list = mig_resolve(&q, fact(t, "$.target"));
  else if (strcmp(op, "history") == 0)
    list = mig_history_range(t->g, fact(t, "$.target"), q.g->bases);
  else
    list = iterate(t);
  return !mig_failed(t->a) && same(t, "$.expect_revs", json_nodes(t, list));
}

/* Where Alembic crashes or writes rows that it then refuses, an error is right, and so is an
** answer whose rows stand side by side. */
static int quirk_agrees(trial *t, const char *op) {
  mig_ask q;
  mig_plan p;
  if (!t->g) return t->fault.code == MIGRATE_GRAPH;
  q = mig_ask_of(t->g, 0);
  if (strcmp(op, "upgrade") == 0 || strcmp(op, "downgrade") == 0 || strcmp(op, "stamp") == 0) {
    p = plan_of(t, op);
    if (!mig_failed(t->a)) mig_check_overlap(&q, p.rows, MIG_BEFORE);
    return t->fault.code == 0 || strstr(t->fault.message, "overlaps") == 0 || p.n == 0;
  }
  answers(t, op);
  return 1;
}

/* What we do otherwise: a second revision of one id is an error, and `downgrade -1` from a merge
** undoes the merge. */
static int differs(trial *t, const char *op) {
  const char *name = json_at(t, t->graph, "$.name"), *target = fact(t, "$.target");
  const char *error = fact(t, "$.expect_error");
  mig_plan p;
  if (!t->g) load(t);
  if (strcmp(name, "hand.dup-id") == 0) {
    assert_string_equal(mig_fault_text(&t->fault), "Revision aaaa is present more than once");
    return 1;
  }
  if (strcmp(op, "downgrade") != 0 || !target || strcmp(target, "-1") != 0 || !error) return 0;
  if (strcmp(error, "Ambiguous walk") != 0) return 0;
  p = plan_of(t, op);
  assert_int_equal(t->fault.code, 0);
  assert_int_equal(p.n, 1);
  assert_true(p.steps[0].rev->down.n > 1);
  return 1;
}

static int error_agrees(trial *t, const char *expected) {
  const char *actual = mig_fault_text(&t->fault);
  int i, n;
  if (!mig_failed(t->a)) return 0;
  if (strncmp(actual, expected, strlen(expected)) == 0) return 1;
  t->fault.code = 0;
  n = json_list(t, fact(t, "$.expect_alternatives")).n;
  for (i = 0; i < n; i++) {
    const char *other = fact(t, mig_format(t->a, "$.expect_alternatives[%d].expect_error", i));
    if (other && strcmp(other, actual) == 0) return 1;
  }
  return 0;
}

static int agrees(trial *t, const char *op) {
  const char *expected = fact(t, "$.expect_error");
  const char *quirk = fact(t, "$.alembic_quirk");
  int loaded, good = 0;
  load(t);
  loaded = !mig_failed(t->a);
  if (quirk) return quirk_agrees(t, op);
  if (loaded) good = answers(t, op);
  if (!expected) return good;
  if (expected[0] == 0) return mig_failed(t->a);
  return error_agrees(t, expected);
}

static struct {
  int agree, differ, wrong;
} score;

static void try_case(sqlite3 *db, const char *graph, const char *json) {
  static trial t;
  const char *op;
  int good;
  memset(&t, 0, sizeof t);
  t.db = db;
  t.graph = graph;
  t.fact = json;
  t.a = &t.arena;
  mig_arena_init(t.a, &t.fault);
  op = fact(&t, "$.op");
  good = agrees(&t, op);
  score.agree += good;
  if (!good) {
    char *said = sqlite3_mprintf("%s", mig_fault_text(&t.fault));
    const char *steps = t.steps.n ? mig_text_z(&t.steps) : "";
    char *saw = sqlite3_mprintf("%s%s", steps, t.after.n ? mig_text_z(&t.after) : "");
    mig_fault_clear(&t.fault);
    good = differs(&t, op);
    score.differ += good;
    score.wrong += !good;
    if (!good) {
      print_message("%s: %s\n  answered %s %s\n", json_at(&t, graph, "$.name"), json, said, saw);
    }
    sqlite3_free(said);
    sqlite3_free(saw);
  }
  mig_arena_free(t.a);
  mig_fault_clear(&t.fault);
}

static void judge(int cases, int at_least) {
  print_message("%d agree, %d differ on purpose, %d wrong\n", score.agree, score.differ,
                score.wrong);
  assert_int_equal(score.wrong, 0);
  assert_int_equal(score.agree + score.differ, cases);
  assert_true(cases >= at_least);
}

static void own_facts(void **state) {
  (void)state;
  judge(try_own("1"), 300);
}

static void shared_facts(void **state) {
  (void)state;
  memset(&score, 0, sizeof score);
  judge(try_shared("1"), 2425);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_facts),
      cmocka_unit_test(shared_facts),
  };
  return cmocka_run_group_tests_name("graph facts", tests, 0, 0);
}
