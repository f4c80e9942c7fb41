/* Graph: loading, errors that name files, and that time grows with the number of revisions. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* setrlimit: for the test alone */
#endif
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "oom.h"

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

typedef struct fixture {
  mig_fault fault;
  mig_arena arena;
  mig_revision *revs;
  int n;
  mig_graph *g;
} fixture;

static void begin(fixture *f, int room) {
  memset(f, 0, sizeof(*f));
  mig_arena_init(&f->arena, &f->fault);
  f->revs = (mig_revision *)mig_array(&f->arena, (size_t)room, sizeof(mig_revision));
}

static void end(fixture *f) {
  mig_arena_free(&f->arena);
  mig_fault_clear(&f->fault);
}

/* "id", "parents", "dependencies", "labels"; the file is id.sql. */
static void add(fixture *f, const char *id, const char *down, const char *needs,
                const char *labels) {
  mig_revision *rev = &f->revs[f->n++];
  rev->id = mig_copy(&f->arena, id);
  rev->message = "";
  rev->path = mig_format(&f->arena, "%s.sql", id);
  rev->down = mig_list_of(&f->arena, down);
  rev->depends = mig_list_of(&f->arena, needs);
  rev->labels = mig_list_of(&f->arena, labels);
}

static mig_graph *load(fixture *f) {
  const mig_revision **all =
      (const mig_revision **)mig_array(&f->arena, (size_t)f->n, sizeof(mig_revision *));
  int i;
  if (!all) return 0;
  for (i = 0; i < f->n; i++) all[i] = &f->revs[i];
  f->g = mig_graph_load(&f->arena, all, f->n);
  return f->g;
}

static mig_names rows(fixture *f, const char *list) { return mig_list_of(&f->arena, list); }

/* The lines of a plan. */
static const char *lines(fixture *f, mig_plan p) {
  mig_text t;
  int i;
  if (mig_failed(&f->arena)) return mig_fault_text(&f->fault);
  mig_text_init(&t, &f->arena);
  for (i = 0; i < p.n; i++) {
    if (i) mig_put(&t, "; ");
    mig_put(&t, mig_step_line(&f->arena, &p.steps[i]));
  }
  return mig_text_z(&t);
}

static void expect_load_error(fixture *f, const char *message) {
  assert_null(load(f));
  assert_int_equal(f->fault.code, MIGRATE_GRAPH);
  assert_string_equal(mig_fault_text(&f->fault), message);
  end(f);
}

static void errors_name_files(void **state) {
  fixture f;
  (void)state;
  begin(&f, 4);
  add(&f, "a", "", "", "");
  add(&f, "a", "", "", "");
  expect_load_error(&f, "Revision a is present more than once (a.sql, a.sql)");
  begin(&f, 4);
  add(&f, "a", "z", "", "");
  expect_load_error(&f, "Revision z referenced from a (a.sql) is not present");
  begin(&f, 4);
  add(&f, "a", "", "", "");
  add(&f, "b", "a", "c, d", "");
  add(&f, "c", "a", "", "");
  expect_load_error(&f, "Revision d referenced from b (b.sql) is not present");
  begin(&f, 4);
  add(&f, "a", "", "", "x");
  add(&f, "b", "a", "", "x");
  expect_load_error(&f, "Branch name 'x' in revision b already used by revision a (b.sql, a.sql)");
  begin(&f, 4);
  add(&f, "a", "b", "", "");
  add(&f, "b", "a", "", "");
  expect_load_error(&f, "Cycle is detected in revisions (a, b) (a.sql, b.sql)");
  begin(&f, 4);
  add(&f, "a", "", "", "");
  add(&f, "b", "a,c", "", "");
  add(&f, "c", "b", "", "");
  add(&f, "d", "c", "", "");
  expect_load_error(&f, "Cycle is detected in revisions (b, c) (b.sql, c.sql)");
  begin(&f, 4);
  add(&f, "../etc", "", "", "");
  expect_load_error(&f, "../etc.sql: Character(s) '/' not allowed in revision identifier '../etc'");
  begin(&f, 4);
  add(&f, "head", "", "", "");
  expect_load_error(&f, "head.sql: 'head' is a reserved word and cannot be a revision identifier");
}

static void several_targets(void **state) {
  fixture f;
  (void)state;
  begin(&f, 8);
  add(&f, "aaaa", "", "", "");
  add(&f, "bbb1", "aaaa", "", "left");
  add(&f, "bbb2", "aaaa", "", "right");
  add(&f, "ccc1", "bbb1", "", "");
  add(&f, "ccc2", "bbb2", "", "");
  assert_non_null(load(&f));
  assert_string_equal(lines(&f, mig_plan_upgrade(f.g, rows(&f, "aaaa"), "left@head, bbb2")),
                      "Running upgrade aaaa -> bbb1; Running upgrade bbb1 -> ccc1; "
                      "Running upgrade aaaa -> bbb2");
  assert_string_equal(lines(&f, mig_plan_downgrade(f.g, rows(&f, "ccc1,ccc2"), "bbb1,bbb2")),
                      "Running downgrade ccc1 -> bbb1; Running downgrade ccc2 -> bbb2");
  assert_string_equal(lines(&f, mig_plan_stamp(f.g, rows(&f, ""), "bbb1,bbb2")),
                      "Running stamp_revision  -> bbb1; Running stamp_revision  -> bbb2");
  assert_string_equal(lines(&f, mig_plan_stamp(f.g, rows(&f, ""), "aaaa,bbb2")),
                      "Requested revision bbb2 overlaps with other requested revisions aaaa");
  end(&f);
}

static void junk_behind_steps(void **state) {
  fixture f;
  (void)state;
  begin(&f, 2);
  add(&f, "aaaa", "", "", "");
  assert_non_null(load(&f));
  assert_string_equal(lines(&f, mig_plan_downgrade(f.g, rows(&f, "aaaa"), "-1junk")),
                      "Can't locate revision identified by '-1junk'");
  mig_fault_clear(&f.fault);
  assert_string_equal(
      lines(&f, mig_plan_upgrade(f.g, rows(&f, ""), "+99999999999999999999")),
      "Relative revision +99999999999999999999 didn't produce 1000000000 migrations");
  end(&f);
}

static void empty_targets(void **state) {
  static const char *const words[] = {"", " , "};
  fixture f;
  size_t i;
  (void)state;
  begin(&f, 2);
  add(&f, "aaaa", "", "", "");
  assert_non_null(load(&f));
  for (i = 0; i < 2; i++) {
    mig_plan_upgrade(f.g, rows(&f, ""), words[i]);
    assert_int_equal(f.fault.code, MIGRATE_NO_REVISION);
    mig_fault_clear(&f.fault);
    mig_plan_downgrade(f.g, rows(&f, "aaaa"), words[i]);
    assert_int_equal(f.fault.code, MIGRATE_NO_REVISION);
    mig_fault_clear(&f.fault);
    mig_plan_stamp(f.g, rows(&f, "aaaa"), words[i]);
    assert_int_equal(f.fault.code, MIGRATE_NO_REVISION);
    mig_fault_clear(&f.fault);
  }
  end(&f);
}

static void ambiguous_prefix(void **state) {
  fixture f;
  (void)state;
  begin(&f, 4);
  add(&f, "cccc3333", "", "", "");
  add(&f, "cccd4444", "cccc3333", "", "");
  assert_non_null(load(&f));
  assert_string_equal(lines(&f, mig_plan_upgrade(f.g, rows(&f, ""), "ccc")),
                      "Can't locate revision identified by 'ccc'; several begin with it: "
                      "'cccc3333', 'cccd4444'");
  assert_int_equal(f.fault.code, MIGRATE_AMBIGUOUS);
  end(&f);
}

static void merge_undone_alone(void **state) {
  fixture f;
  mig_plan p;
  (void)state;
  begin(&f, 4);
  add(&f, "aaaa", "", "", "");
  add(&f, "bbbb", "", "", "");
  add(&f, "mmmm", "aaaa,bbbb", "", "");
  assert_non_null(load(&f));
  p = mig_plan_downgrade(f.g, rows(&f, "mmmm"), "-1");
  assert_string_equal(lines(&f, p), "Running downgrade mmmm -> aaaa, bbbb");
  assert_string_equal(mig_ids(f.g, p.rows), "aaaa, bbbb");
  assert_string_equal(lines(&f, mig_plan_downgrade(f.g, rows(&f, "mmmm"), "-2")), "Ambiguous walk");
  end(&f);
}

/* ---- Memory ---- */

/* Every command, with the Nth allocation and all behind it failing: a fault, and no crash. */
static void use_all(fixture *f) {
  mig_graph *g;
  begin(f, 8);
  if (!f->revs) return;
  add(f, "aaaa", "", "", "");
  add(f, "bbb1", "aaaa", "", "left");
  add(f, "bbb2", "aaaa", "bbb1", "right");
  add(f, "mmmm", "bbb1,bbb2", "aaaa", "");
  g = mig_failed(&f->arena) ? 0 : load(f);
  if (!g) return;
  mig_plan_upgrade(g, rows(f, ""), "left@+1,right@head");
  mig_plan_upgrade(g, rows(f, "aaaa"), "+1");
  mig_plan_upgrade(g, rows(f, ""), "heads");
  mig_plan_downgrade(g, rows(f, "mmmm"), "left@base");
  mig_plan_downgrade(g, rows(f, "mmmm"), "-1");
  mig_plan_stamp(g, rows(f, "bbb1,bbb2"), "mmmm");
  mig_history_range(g, "left@base:-1", mig_no_nodes());
  mig_history_range(g, "aaaa:heads", mig_no_nodes());
  mig_new_parents(g, "left@head,bbb2", 1);
  mig_new_needs(g, rows(f, "left"));
  mig_labels_of(g, 3);
}

static void out_of_memory(void **state) {
  fixture f;
  int n, code = SQLITE_NOMEM;
  (void)state;
  for (n = 0; code == SQLITE_NOMEM && n < 10000; n++) {
    oom_left = n;
    use_all(&f);
    oom_left = -1;
    code = f.fault.code;
    end(&f);
  }
  assert_int_not_equal(code, SQLITE_NOMEM);
  assert_true(n > 5);
}

/* ---- Time ---- */

/* One line. */
static void make_line(fixture *f, int n) {
  char id[20], parent[20] = "";
  int i;
  for (i = 0; i < n; i++) {
    sqlite3_snprintf(20, id, "r%08d", i);
    add(f, id, parent, "", "");
    memcpy(parent, id, sizeof id);
  }
}

/* base, then two branches and their merge, over and over. */
static void make_ladder(fixture *f, int n) {
  char id[20], merge[20] = "base0000", both[60];
  int i;
  add(f, merge, "", "", "");
  for (i = 0; i + 3 <= n - 1; i += 3) {
    sqlite3_snprintf(20, id, "a%08d", i);
    add(f, id, merge, "", "");
    sqlite3_snprintf(20, id, "b%08d", i);
    add(f, id, merge, "", "");
    sqlite3_snprintf(20, merge, "m%08d", i);
    sqlite3_snprintf(60, both, "a%08d,b%08d", i, i);
    add(f, merge, both, "", "");
  }
}

/* All above one base. */
static void make_star(fixture *f, int n) {
  char id[20];
  int i;
  add(f, "base0000", "", "", "");
  for (i = 1; i < n; i++) {
    sqlite3_snprintf(20, id, "s%08d", i);
    add(f, id, "base0000", "", "");
  }
}

/* A line with a branch of one at each revision. */
static void make_comb(fixture *f, int n) {
  char id[20], parent[20] = "";
  int i;
  for (i = 0; i < n / 2; i++) {
    sqlite3_snprintf(20, id, "s%08d", i);
    if (i) add(f, id, parent, "", "");
    sqlite3_snprintf(20, id, "m%08d", i);
    add(f, id, parent, "", "");
    memcpy(parent, id, sizeof id);
  }
}

/* Two lines, the one depending on the other at each revision. */
static void make_pair(fixture *f, int n) {
  char a[20], b[20], under_a[20] = "", under_b[20] = "";
  int i;
  for (i = 0; i < n / 2; i++) {
    sqlite3_snprintf(20, a, "a%08d", i);
    sqlite3_snprintf(20, b, "b%08d", i);
    add(f, a, under_a, "", "");
    add(f, b, under_b, a, "");
    memcpy(under_a, a, sizeof a);
    memcpy(under_b, b, sizeof b);
  }
}

static double seconds(clock_t since) { return (double)(clock() - since) / CLOCKS_PER_SEC; }

/* Loads, goes all the way up and down again. */
static double time_of(void (*make)(fixture *, int), int n) {
  fixture f;
  mig_plan up, down;
  mig_names all;
  clock_t since;
  double took;
  int i;
  begin(&f, n + 4);
  make(&f, n);
  since = clock();
  assert_non_null(load(&f));
  up = mig_plan_upgrade(f.g, rows(&f, ""), "heads");
  assert_int_equal(f.fault.code, 0);
  assert_int_equal(up.n, f.n);
  all.n = 0;
  all.at = (const char **)mig_array(&f.arena, (size_t)up.rows.n, sizeof(char *));
  for (i = 0; i < up.rows.n; i++) all.at[all.n++] = mig_id(f.g, up.rows.at[i]);
  if (all.n < 1000) {
    down = mig_plan_downgrade(f.g, all, "base");
    assert_int_equal(f.fault.code, 0);
    assert_int_equal(down.n, f.n);
    assert_int_equal(down.rows.n, 0);
  }
  assert_int_equal(mig_history_range(f.g, "", up.rows).n, f.n);
  took = seconds(since);
  end(&f);
  return took;
}

static void linear_time(void **state) {
  static const struct {
    const char *name;
    void (*make)(fixture *, int);
  } shape[] = {{"line", make_line},
               {"ladder", make_ladder},
               {"star", make_star},
               {"comb", make_comb},
               {"pair", make_pair}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof shape / sizeof shape[0]; i++) {
    double some = time_of(shape[i].make, 25000), many = time_of(shape[i].make, 100000);
    print_message("%s: 25,000 in %.3f s, 100,000 in %.3f s\n", shape[i].name, some, many);
    assert_true(many < some * 12 + 0.2); /* four times the input; the rest is caches and noise */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(out_of_memory),      cmocka_unit_test(errors_name_files),
      cmocka_unit_test(several_targets),    cmocka_unit_test(junk_behind_steps),
      cmocka_unit_test(ambiguous_prefix),   cmocka_unit_test(empty_targets),
      cmocka_unit_test(merge_undone_alone), cmocka_unit_test(linear_time),
  };
  /* Calls that go as deep as there are revisions would end here. */
  static const struct rlimit small_stack = {256 * 1024, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &small_stack);
  oom_install();
  return cmocka_run_group_tests_name("graph", tests, 0, 0);
}
