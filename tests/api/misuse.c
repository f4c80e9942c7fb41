/* Every public function with a NULL handle, behind an error, and with an argument that is NULL;
** every code has a text of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static sqlite3 *db;

static int begin(void **state) {
  (void)state;
  return sqlite3_open(":memory:", &db);
}

static int end(void **state) {
  (void)state;
  return sqlite3_close(db);
}

static int on_statement(void *arg, const migrate_statement *s) { return !s->sql && arg; }
static int on_revision(void *arg, const migrate_history_row *h) { return !h->revision && arg; }
static int on_difference(void *arg, const migrate_difference *d) { return !d->sql && arg; }
static int on_finding(void *arg, const migrate_finding *f) { return !f->rule && arg; }

static const migrate_revision one[] = {
    {"r1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", "DROP TABLE t", 0, 0, 0}};
static const migrate_revision nameless[] = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                            {"", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
static const migrate_new_options fresh;

/* A name, a call that is right, and a wrong one, if there is any. */
#define CALLS(X)                                                                                 \
  X(exec, migrate_exec(m, "SELECT 1"), migrate_exec(m, 0))                                       \
  X(explain, migrate_explain(m, "SELECT 1", on_statement, 0),                                    \
    migrate_explain(m, "SELECT 1", 0, 0))                                                        \
  X(explain_nothing, migrate_explain(m, "SELECT 1", on_statement, 0),                            \
    migrate_explain(m, 0, on_statement, 0))                                                      \
  X(add, migrate_add(m, one, 1), migrate_add(m, nameless, 1))                                    \
  X(add_empty, migrate_add(m, one, 1), migrate_add(m, nameless + 1, 1))                          \
  X(upgrade, migrate_upgrade(m, "base"), migrate_upgrade(m, 0))                                  \
  X(downgrade, migrate_downgrade(m, "base"), migrate_downgrade(m, 0))                            \
  X(prepare, migrate_prepare(m, "head"), migrate_prepare(m, 0))                                  \
  X(step, migrate_step(m), migrate_step(m))                                                      \
  X(run, migrate_run(m), migrate_run(m))                                                         \
  X(restore, migrate_restore(m, "none"), migrate_restore(m, 0))                                  \
  X(restore_what, migrate_restore(m, "none"), migrate_restore(m, ""))                            \
  X(stamp, migrate_stamp(m, "base"), migrate_stamp(m, 0))                                        \
  X(purge, migrate_stamp_purge(m, "base"), migrate_stamp_purge(m, 0))                            \
  X(history, migrate_history(m, 0, on_revision, 0), migrate_history(m, 0, 0, 0))                 \
  X(heads, migrate_heads(m, on_revision, 0), migrate_heads(m, 0, 0))                             \
  X(branches, migrate_branches(m, on_revision, 0), migrate_branches(m, 0, 0))                    \
  X(show, migrate_show(m, "head", on_revision, 0), migrate_show(m, 0, on_revision, 0))           \
  X(show_nobody, migrate_show(m, "head", on_revision, 0), migrate_show(m, "head", 0, 0))         \
  X(current, migrate_current(m, on_revision, 0), migrate_current(m, 0, 0))                       \
  X(set, migrate_set(m, "journal", "on"), migrate_set(m, 0, "on"))                               \
  X(get, (migrate_get(m, "journal"), migrate_errcode(m)),                                        \
    (migrate_get(m, 0), migrate_errcode(m)))                                                     \
  X(graph, migrate_graph(m, "text"), migrate_graph(m, "png"))                                    \
  X(diff, migrate_diff(m, "", on_difference, 0), migrate_diff(m, "", 0, 0))                      \
  X(lint, migrate_lint(m, 0, on_finding, 0), migrate_lint(m, 0, 0, 0))                           \
  X(plan, migrate_plan(m, "head", on_statement, 0), migrate_plan(m, 0, on_statement, 0))         \
  X(plan_nobody, migrate_plan(m, "head", on_statement, 0), migrate_plan(m, "head", 0, 0))        \
  X(script, migrate_script(m, "upgrade", "head", 0), migrate_script(m, "upgrade", 0, 0))         \
  X(script_of_what, migrate_script(m, "stamp", "head", 0), migrate_script(m, "undo", "head", 0)) \
  X(merge, migrate_merge(m, "heads", "m", &fresh, 0), migrate_merge(m, 0, "m", &fresh, 0))

/* Those that take NULL for everything. */
#define MORE(X)                                                     \
  X(check, migrate_check(m), 0)                                     \
  X(verify, migrate_verify(m, 0), 0)                                \
  X(adopt, migrate_adopt(m, 0), 0)                                  \
  X(embed, migrate_embed(m), 0)                                     \
  X(load, migrate_load(m, 0), 0)                                    \
  X(add_directory, migrate_add_directory(m, 0), 0)                  \
  X(init, migrate_init(m, 0), 0)                                    \
  X(new_revision, migrate_new_revision(m, "m", &fresh, 0), 0)

#define DEFINE(name, right, wrong) \
  static int call_##name(migrate *m, int is_wrong) { return is_wrong ? (wrong) : (right); }
CALLS(DEFINE)
MORE(DEFINE)

#define ROW(name, right, wrong) {#name, call_##name},
static const struct call {
  const char *name;
  int (*call)(migrate *m, int is_wrong);
} calls[] = {CALLS(ROW) MORE(ROW){0, 0}}, wrong_calls[] = {CALLS(ROW){0, 0}};

static void null_handle(void **state) {
  const struct call *c;
  (void)state;
  for (c = calls; c->call; c++) {
    if (c->call(0, 0) != SQLITE_NOMEM) fail_msg("%s takes a NULL handle for one", c->name);
  }
  assert_int_equal(migrate_errcode(0), SQLITE_NOMEM);
  assert_string_equal(migrate_errmsg(0), "out of memory");
  assert_string_equal(migrate_result(0), "");
  assert_int_equal(migrate_statements(0), 0);
  assert_null(migrate_backup_path(0));
  assert_null(migrate_get(0, "journal"));
  assert_int_equal(migrate_close(0), SQLITE_NOMEM);
}

/* The first error is the answer of every call behind it, word for word, and nothing is done. */
static void behind_an_error(void **state) {
  const struct call *c;
  char first[300];
  migrate *m;
  (void)state;
  for (c = calls; c->call; c++) {
    assert_int_equal(migrate_open(db, 0, &m), 0);
    assert_int_equal(migrate_add(m, one, 1), 0);
    assert_int_equal(migrate_exec(m, "ALTER TABLE gone ADD x"), MIGRATE_NO_SUCH);
    strcpy(first, migrate_errmsg(m));
    if (c->call(m, 0) != MIGRATE_NO_SUCH) fail_msg("%s forgets the error", c->name);
    assert_string_equal(migrate_errmsg(m), first);
    assert_string_equal(migrate_result(m), "");
    assert_null(migrate_get(m, "journal"));
    assert_int_equal(migrate_close(m), MIGRATE_NO_SUCH);
    assert_int_equal(sqlite3_table_column_metadata(db, 0, "t", 0, 0, 0, 0, 0, 0), SQLITE_ERROR);
  }
}

static void null_arguments(void **state) {
  const struct call *c;
  migrate *m;
  (void)state;
  for (c = wrong_calls; c->call; c++) {
    assert_int_equal(migrate_open(db, 0, &m), 0);
    if (c->call(m, 1) != MIGRATE_MISUSE) fail_msg("%s: %s", c->name, migrate_errmsg(m));
    if (!strstr(migrate_errmsg(m), " ")) fail_msg("%s says nothing", c->name);
    migrate_close(m);
  }
}

/* migrate_open() itself; the message reaches errbuf, whole or cut. */
static void opening(void **state) {
  char text[200] = "", little[5] = "";
  migrate_options options;
  migrate *m = (migrate *)text;
  (void)state;
  memset(&options, 0, sizeof options);
  assert_int_equal(migrate_open(0, 0, &m), MIGRATE_MISUSE);
  assert_null(m);
  assert_int_equal(migrate_open(db, 0, 0), MIGRATE_MISUSE);
  options.errbuf = text;
  assert_int_equal(migrate_open(0, &options, &m), MIGRATE_MISUSE);
  assert_string_equal(text, "");
  options.nerrbuf = (int)sizeof text;
  assert_int_equal(migrate_open(0, &options, &m), MIGRATE_MISUSE);
  assert_string_equal(text, "migrate_open: db is NULL");
  options.errbuf = little;
  options.nerrbuf = (int)sizeof little;
  assert_int_equal(migrate_open(0, &options, &m), MIGRATE_MISUSE);
  assert_string_equal(little, "migr");
  assert_int_equal(migrate_open(db, &options, &m), 0);
  assert_string_equal(little, "");
  assert_int_equal(migrate_close(m), 0);
}

#define CODE(name, value, text) value,
static const int codes[] = {MIGRATE_ERRORS(CODE)};
#define CODE_COUNT ((int)(sizeof codes / sizeof codes[0]))

static void texts_of_codes(void **state) {
  int i, k;
  (void)state;
  for (i = 0; i < CODE_COUNT; i++) {
    const char *text = migrate_strerror(codes[i]);
    assert_string_not_equal(text, sqlite3_errstr(codes[i]));
    for (k = 0; k < i; k++) assert_string_not_equal(text, migrate_strerror(codes[k]));
  }
  assert_string_equal(migrate_strerror(SQLITE_FULL), sqlite3_errstr(SQLITE_FULL));
  assert_string_equal(migrate_libversion(), MIGRATE_VERSION);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(null_handle, begin, end),
      cmocka_unit_test_setup_teardown(behind_an_error, begin, end),
      cmocka_unit_test_setup_teardown(null_arguments, begin, end),
      cmocka_unit_test_setup_teardown(opening, begin, end),
      cmocka_unit_test_setup_teardown(texts_of_codes, begin, end),
  };
  return cmocka_run_group_tests_name("misuse", tests, 0, 0);
}
