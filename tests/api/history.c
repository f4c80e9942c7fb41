/* History: what the commands that only look answer, and the drawings of the graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "../../amalgamation/migrate.in.h"

/* aaaa, of which left and right branch, merge again and go on; and a line of its own that needs a
** revision of the left one. */
static const migrate_revision revisions[] = {
    {"aaaa", "", "", "", "first", "2025-01-01T00:00:00Z", "CREATE TABLE a(x);", "DROP TABLE a;", 0,
     0, 0},
    {"bbb1", "aaaa", "", "left", "say \"b\"", 0, "SELECT 1;", "", 0, 0, 0},
    {"bbb2", "aaaa", 0, "right", 0, 0, 0, 0, 0, 0, 0},
    {"mmmm", "bbb1, bbb2", 0, 0, "merge", 0, 0, 0, 0, 0, 0},
    {"dddd", 0, "bbb1", 0, "apart", 0, 0, 0, 0, 0, 0},
    {"eeee", "mmmm", 0, 0, "last", 0, 0, 0, 0, 0, 0},
};

typedef struct fixture {
  sqlite3 *db;
  migrate *m;
  char said[4000];
  int limit;
} fixture;

static void begin(fixture *f, const char *rows) {
  char *sql = sqlite3_mprintf("CREATE TABLE alembic_version(version_num); %s", rows);
  memset(f, 0, sizeof *f);
  assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(f->db, sql, 0, 0, 0), SQLITE_OK);
  sqlite3_free(sql);
  assert_int_equal(migrate_open(f->db, 0, &f->m), 0);
  assert_int_equal(migrate_add(f->m, revisions, 6), 0);
}

static void end(fixture *f) {
  migrate_close(f->m);
  assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
}

static void say(fixture *f, const char *format, ...) {
  va_list args;
  size_t n = strlen(f->said);
  va_start(args, format);
  sqlite3_vsnprintf((int)(sizeof f->said - n), f->said + n, format, args);
  va_end(args);
}

static int row(void *arg, const migrate_history_row *r) {
  fixture *f = (fixture *)arg;
  say(f, "%s<-%s|%s|%s|%s", r->revision, r->down_revision ? r->down_revision : "base",
      r->branch_labels ? r->branch_labels : "-", r->depends_on ? r->depends_on : "-",
      r->message ? r->message : "?");
  if (r->is_base) say(f, " base");
  if (r->is_head) say(f, " head");
  if (r->is_branch_point) say(f, " branch");
  if (r->is_merge_point) say(f, " merge");
  if (r->is_current) say(f, " current");
  if (r->is_applied) say(f, " applied");
  if (r->is_edited) say(f, " edited");
  say(f, "\n");
  return f->limit && --f->limit == 0;
}

static void all_of_it(void **state) {
  fixture f;
  (void)state;
  begin(&f, "INSERT INTO alembic_version VALUES('bbb1'), ('dddd')");
  assert_int_equal(migrate_history(f.m, 0, row, &f), 0);
  assert_string_equal(f.said,
                      "dddd<-base|-|bbb1|apart base head current applied\n"
                      "eeee<-mmmm|left, right|-|last head\n"
                      "mmmm<-bbb1, bbb2|left, right|-|merge merge\n"
                      "bbb2<-aaaa|right|-|\n"
                      "bbb1<-aaaa|left|-|say \"b\" current applied\n"
                      "aaaa<-base|-|-|first base branch applied\n");
  end(&f);
}

static void ranges(void **state) {
  fixture f;
  (void)state;
  begin(&f, "INSERT INTO alembic_version VALUES('bbb1')");
  assert_int_equal(migrate_history(f.m, "current:eeee", row, &f), 0);
  assert_string_equal(f.said,
                      "eeee<-mmmm|left, right|-|last head\n"
                      "mmmm<-bbb1, bbb2|left, right|-|merge merge\n"
                      "bbb1<-aaaa|left|-|say \"b\" current applied\n");
  f.said[0] = 0;
  f.limit = 1;
  assert_int_equal(migrate_history(f.m, "bbb1:mmmm", row, &f), 0);
  assert_string_equal(f.said, "mmmm<-bbb1, bbb2|left, right|-|merge merge\n");
  f.said[0] = 0;
  assert_int_equal(migrate_heads(f.m, row, &f), 0);
  assert_string_equal(f.said,
                      "dddd<-base|-|bbb1|apart base head\n"
                      "eeee<-mmmm|left, right|-|last head\n");
  f.said[0] = 0;
  assert_int_equal(migrate_branches(f.m, row, &f), 0);
  assert_string_equal(f.said, "aaaa<-base|-|-|first base branch applied\n");
  f.said[0] = 0;
  assert_int_equal(migrate_show(f.m, "right,current", row, &f), MIGRATE_NO_REVISION);
  end(&f);
  begin(&f, "INSERT INTO alembic_version VALUES('bbb1')");
  assert_int_equal(migrate_show(f.m, "right", row, &f), 0);
  assert_int_equal(migrate_show(f.m, "current", row, &f), 0);
  assert_string_equal(f.said,
                      "bbb2<-aaaa|right|-|\n"
                      "bbb1<-aaaa|left|-|say \"b\" current applied\n");
  assert_int_equal(migrate_history(f.m, "eeee", row, &f), MIGRATE_RANGE);
  assert_string_equal(migrate_errmsg(f.m),
                      "History range requires [start]:[end], [start]:, or :[end]");
  end(&f);
}

/* A row that no revision knows blocks nothing here, and nothing is written. */
static void unknown_row(void **state) {
  fixture f;
  (void)state;
  begin(&f, "INSERT INTO alembic_version VALUES('gone'), ('dddd')");
  assert_int_equal(migrate_current(f.m, row, &f), 0);
  assert_string_equal(f.said,
                      "gone<-base|-|-|? current applied\n"
                      "bbb1<-aaaa|left|-|say \"b\" applied\n"
                      "dddd<-base|-|bbb1|apart base head current applied\n");
  f.said[0] = 0;
  assert_int_equal(migrate_history(f.m, ":bbb1", row, &f), 0);
  assert_int_equal(sqlite3_total_changes(f.db), 2);
  end(&f);
}

static void run(fixture *f, const char *sql) {
  assert_int_equal(sqlite3_exec(f->db, sql, 0, 0, 0), SQLITE_OK);
}

static void edited(void **state) {
  fixture f;
  int i;
  (void)state;
  begin(&f, "INSERT INTO alembic_version VALUES('bbb1')");
  assert_non_null(mig_graph_of(f.m));
  run(&f, mig_journal_create_sql());
  for (i = 0; i < 2; i++) {
    run(&f, mig_journal_insert_sql(&f.m->arena, f.m->revisions[i], "upgrade", "done", 1));
  }
  run(&f, "UPDATE migrate_journal SET checksum = 'x' WHERE revision = 'aaaa'");
  assert_int_equal(migrate_history(f.m, ":bbb1", row, &f), 0);
  assert_string_equal(f.said,
                      "bbb1<-aaaa|left|-|say \"b\" current applied\n"
                      "aaaa<-base|-|-|first base branch applied edited\n");
  end(&f);
}

static void note_log(void *arg, int level, const char *message) {
  if (level >= MIGRATE_WARNING) say((fixture *)arg, "%s\n", message);
}

/* An applied revision that was edited is told of by a run that has something to do, up or down, and
** only then, and by migrate_check(); a remark is no edit. */
static void edited_is_reported(void **state) {
  migrate_revision now[6];
  migrate_options options;
  fixture f;
  int i;
  (void)state;
  begin(&f, "");
  memset(&options, 0, sizeof options);
  memcpy(now, revisions, sizeof now);
  options.log = note_log;
  options.log_arg = &f;
  assert_int_equal(migrate_upgrade(f.m, "bbb1"), 0);
  now[0].upgrade = "create table A ( x ); -- the same";
  now[1].upgrade = "SELECT 2;";
  now[2].downgrade = "";
  for (i = 0; i < 4; i++) {
    migrate_close(f.m);
    assert_int_equal(migrate_open(f.db, &options, &f.m), 0);
    assert_int_equal(migrate_add(f.m, now, 3), 0);
    assert_int_equal(migrate_set(f.m, "target", "CREATE TABLE a(x)"), 0);
    f.said[0] = 0;
    if (i == 2) assert_int_equal(migrate_check(f.m), 0);
    else if (i == 3) assert_int_equal(migrate_downgrade(f.m, "aaaa"), 0);
    else assert_int_equal(migrate_upgrade(f.m, i ? "bbb2" : "bbb1"), 0);
    assert_string_equal(f.said, i ? "revision bbb1 was edited after it was applied; write another "
                                    "one instead\n"
                                  : "");
  }
  end(&f);
}

/* Two developers: one puts a revision below what the other has applied already. Where it takes the
** place of what is gone, all is well. */
static void slipped_is_reported(void **state) {
  static const migrate_revision first[] = {
      {"a", 0, 0, 0, "", 0, "CREATE TABLE a(x)", 0, 0, 0, 0},
      {"b", "a", 0, 0, "", 0, "CREATE TABLE b(x)", 0, 0, 0, 0}};
  migrate_revision now[3];
  migrate_options options;
  fixture f;
  int squashed;
  (void)state;
  memset(&options, 0, sizeof options);
  options.log = note_log;
  options.log_arg = &f;
  for (squashed = 0; squashed < 2; squashed++) {
    begin(&f, "");
    migrate_close(f.m);
    migrate_open(f.db, 0, &f.m);
    migrate_add(f.m, first, 2);
    assert_int_equal(migrate_upgrade(f.m, "b"), 0);
    migrate_close(f.m);
    now[0] = now[1] = first[0];
    now[1].id = "c";
    now[1].down_revision = squashed ? 0 : "a";
    now[2] = first[1];
    now[2].down_revision = "c";
    migrate_open(f.db, &options, &f.m);
    migrate_set(f.m, "target", "CREATE TABLE a(x); CREATE TABLE b(x)");
    migrate_add(f.m, now + squashed, 3 - squashed);
    f.said[0] = 0;
    assert_int_equal(migrate_check(f.m), 0);
    assert_string_equal(f.said, squashed ? ""
                                         : "revision c was put below b after that was applied, and "
                                           "has not run in this database\n");
    end(&f);
  }
}

static void drawings(void **state) {
  fixture f;
  (void)state;
  begin(&f, "INSERT INTO alembic_version VALUES('bbb1')");
  assert_int_equal(migrate_graph(f.m, 0), 0);
  assert_string_equal(migrate_result(f.m),
                      "* dddd (head) (needs bbb1), apart\n"
                      "* eeee (left, right) (head), last\n"
                      "* mmmm (left, right) (mergepoint), merge\n"
                      "|\\\n"
                      "| * bbb2 (right)\n"
                      "* | bbb1 (left) (current), say \"b\"\n"
                      "|/\n"
                      "* aaaa (branchpoint), first\n");
  assert_int_equal(migrate_graph(f.m, "mermaid"), 0);
  assert_non_null(strstr(migrate_result(f.m), "flowchart TD\n"));
  assert_non_null(strstr(migrate_result(f.m),
                         "  r1[\"bbb1 (left) (current)<br/>say #quot;b#quot;\"]:::current\n"));
  assert_non_null(strstr(migrate_result(f.m), "  r3 --> r1\n  r3 --> r2\n"));
  assert_non_null(strstr(migrate_result(f.m), "  r4 -.-> r1\n"));
  assert_int_equal(migrate_graph(f.m, "dot"), 0);
  assert_non_null(strstr(migrate_result(f.m), "digraph migrate {\n"));
  assert_non_null(strstr(migrate_result(f.m), "  \"dddd\" -> \"bbb1\" [style=dashed];\n"));
  assert_non_null(
      strstr(migrate_result(f.m),
             "  \"bbb1\" [label=\"bbb1 (left) (current)\\nsay \\\"b\\\"\", style=bold];\n"));
  assert_int_equal(migrate_graph(f.m, "ascii"), MIGRATE_MISUSE);
  end(&f);
}

/* Several lines that end, branch and merge at the same time. */
static void wide_drawing(void **state) {
  static const migrate_revision wide[] = {
      {"r", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},   {"a", "r", 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {"b", "r", 0, 0, 0, 0, 0, 0, 0, 0, 0}, {"c", "r", 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {"x", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},   {"m", "a, x, c", 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {"n", "b", 0, 0, 0, 0, 0, 0, 0, 0, 0},
  };
  fixture f;
  (void)state;
  begin(&f, "");
  migrate_close(f.m);
  assert_int_equal(migrate_open(f.db, 0, &f.m), 0);
  assert_int_equal(migrate_add(f.m, wide, 7), 0);
  assert_int_equal(migrate_graph(f.m, "text"), 0);
  assert_string_equal(migrate_result(f.m),
                      "* m (head) (mergepoint)\n"
                      "|\\\n"
                      "|\\ \\\n"
                      "* | | a\n"
                      "| | | * n (head)\n"
                      "| | | * b\n"
                      "| | * | c\n"
                      "| * | | x\n"
                      "|  / /\n"
                      "|_|/\n"
                      "|/\n"
                      "* r (branchpoint)\n");
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_of_it),          cmocka_unit_test(ranges),
      cmocka_unit_test(unknown_row),        cmocka_unit_test(edited),
      cmocka_unit_test(edited_is_reported),
      cmocka_unit_test(slipped_is_reported), cmocka_unit_test(drawings),
      cmocka_unit_test(wide_drawing),
  };
  return cmocka_run_group_tests_name("history", tests, 0, 0);
}
