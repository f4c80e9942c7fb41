/* The journal column by column; and that a file is read once: what its checksum is of is what
** ran. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv: for the test alone */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static ssize_t changing_read(int file, void *buffer, size_t n);
#define read changing_read

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#undef read

/* ---- a file that is another one each time that it is read ---- */

static int reads;

static ssize_t changing_read(int file, void *buffer, size_t n) {
  ssize_t got = read(file, buffer, n);
  char *name = got > 0 ? strstr((char *)buffer, "table_0") : 0;
  if (name) name[6] = (char)('0' + ++reads);
  return got;
}

static int wait_a_little(sqlite3 *db, void *arg) {
  (void)db;
  (void)arg;
  sqlite3_sleep(30);
  return 0;
}

static const migrate_revision revisions[] = {
    {"a1", 0, 0, "label", "it's the first", 0, "CREATE TABLE t(a);", "DROP TABLE t; -- ';'",
     wait_a_little, 0, 0},
    {"b2", 0, "a1", 0, 0, 0, "CREATE TABLE u(a);", 0, 0, 0, 0},
    {"c3", "a1, b2", 0, 0, "merge", 0, 0, "", 0, 0, 0},
    {"d4", "c3", 0, 0, "in C", 0, "", "SELECT 1", 0, wait_a_little, 0},
};

static sqlite3 *db;
static migrate *m;

static void open_with(const migrate_revision *v, int n) {
  assert_int_equal(migrate_open(db, 0, &m), 0);
  assert_int_equal(migrate_add(m, v, n), 0);
}

static int begin(void **state) {
  (void)state;
  if (sqlite3_open(":memory:", &db)) return -1;
  open_with(revisions, 4);
  return 0;
}

static int end(void **state) {
  (void)state;
  migrate_close(m);
  return sqlite3_close(db);
}

static const char *ask(const char *sql) {
  static char text[4000];
  sqlite3_stmt *s = 0;
  int i;
  text[0] = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0)) fail_msg("%s", sqlite3_errmsg(db));
  while (sqlite3_step(s) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(s); i++) {
      const char *z = (const char *)sqlite3_column_text(s, i);
      sprintf(text + strlen(text), "%s%s", i ? "|" : text[0] ? "\n" : "", z ? z : "NULL");
    }
  }
  sqlite3_finalize(s);
  return text;
}

static void good(int rc) {
  if (rc) fail_msg("%d: %s", rc, migrate_errmsg(m));
}

static void columns(void **state) {
  (void)state;
  good(migrate_upgrade(m, "head"));
  assert_string_equal(ask("SELECT id, revision, direction, state, message FROM migrate_journal"),
                      "1|a1|upgrade|done|it's the first\n2|b2|upgrade|done|\n"
                      "3|c3|upgrade|done|merge\n4|d4|upgrade|done|in C");
  assert_string_equal(ask("SELECT down_revision, depends_on, compat FROM migrate_journal"),
                      "||NULL\n|a1|NULL\na1, b2||NULL\nc3||NULL");
  /* the way back as it was written; none, and one that is a function, are NULL */
  assert_string_equal(ask("SELECT downgrade, downgrade_outside FROM migrate_journal"),
                      "DROP TABLE t; -- ';'|0\nNULL|0\n|0\nNULL|0");
  assert_string_equal(ask("SELECT duration_ms >= 30, duration_ms < 60000 FROM migrate_journal "
                          "WHERE id = 1"),
                      "1|1");
  assert_string_equal(ask("SELECT count(*) FROM migrate_journal WHERE length(checksum) = 16 AND "
                          "checksum NOT GLOB '*[^0-9a-f]*'"),
                      "4");
  good(migrate_downgrade(m, "-1"));
  good(migrate_stamp(m, "a1"));
  assert_string_equal(ask("SELECT revision, direction, state, duration_ms IS NULL FROM "
                          "migrate_journal WHERE id > 4"),
                      "d4|downgrade|done|0\na1|stamp|done|1");
}

/* How long a script will take is not known when it is printed. */
static void duration_of_a_script(void **state) {
  static const migrate_revision one[] = {
      {"s1", 0, 0, 0, "", 0, "CREATE TABLE s(x)", "DROP TABLE s", 0, 0, 0}};
  char *error = 0;
  (void)state;
  migrate_close(m);
  open_with(one, 1);
  good(migrate_script(m, "upgrade", "head", 0));
  if (sqlite3_exec(db, migrate_result(m), 0, 0, &error)) fail_msg("%s", error);
  assert_string_equal(ask("SELECT revision, duration_ms FROM migrate_journal"), "s1|NULL");
}

/* applied_at is UTC, wherever the process is. */
static void time_zone(void **state) {
  (void)state;
  setenv("TZ", "XXX-11:30", 1);
  tzset();
  good(migrate_upgrade(m, "a1"));
  assert_string_equal(ask("SELECT applied_at LIKE '____-__-__T__:__:__.___Z', "
                          "abs(julianday(applied_at) - julianday('now')) < 0.01, "
                          "abs(julianday(applied_at) - julianday('now', 'localtime')) > 0.4 "
                          "FROM migrate_journal"),
                      "1|1|1");
  unsetenv("TZ");
  tzset();
}

/* What means the same has the same checksum; what does not has another one. */
static void meaning(void **state) {
  static const char *const texts[] = {
      "CREATE TABLE t(a, b DEFAULT 'X');",
      "create  table\r\n\tt ( a,/* both */b default 'X' ) -- same\r\n;;",
      "CREATE TABLE t(a, b DEFAULT 'x');", "CREATE TABLE t(a, b DEFAULT X);",
      "CREATE TABLE t(b, a DEFAULT 'X');", "CREATE TABLE t(a, b DEFAULT 'X'); SELECT 1;"};
  migrate_revision v = revisions[1];
  size_t i;
  (void)state;
  v.depends_on = 0;
  v.downgrade = "DROP TABLE t";
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    migrate_close(m);
    v.upgrade = texts[i];
    open_with(&v, 1);
    good(migrate_upgrade(m, "head"));
    good(migrate_downgrade(m, "base"));
  }
  assert_string_equal(ask("SELECT group_concat(checksum = (SELECT checksum FROM migrate_journal "
                          "WHERE id = 1)) FROM migrate_journal WHERE direction = 'upgrade'"),
                      "1,1,0,0,0,0");
}

/* journal = off: neither table nor row. */
static void switched_off(void **state) {
  (void)state;
  good(migrate_set(m, "journal", "off"));
  good(migrate_upgrade(m, "head"));
  assert_string_equal(ask("SELECT count(*) FROM sqlite_master WHERE name LIKE '%journal%'"), "0");
}

/* A table of that name that is somebody else's: an error that says so, and no matter where the
** journal is off. */
static void of_others(void **state) {
  (void)state;
  ask("CREATE TABLE migrate_journal(a)");
  assert_int_equal(migrate_upgrade(m, "head"), MIGRATE_UNSUPPORTED);
  assert_non_null(strstr(migrate_errmsg(m), "migrate_journal is not the journal of migrate; it can "
                                            "be done without by journal = off"));
  migrate_close(m);
  open_with(revisions, 4);
  good(migrate_set(m, "journal", "off"));
  good(migrate_upgrade(m, "head"));
  assert_string_equal(ask("SELECT * FROM alembic_version"), "d4");
}

/* Were a file read again to be run, the table would be table_2. */
static void read_once(void **state) {
  char folder[] = "/tmp/migrate-journal-XXXXXX", path[80];
  const char *text = "-- one\n-- revision: zz\n-- migrate:up\nCREATE TABLE table_0(a);\n"
                     "-- migrate:down\nDROP TABLE table_1;\n";
  FILE *f;
  int i;
  (void)state;
  assert_non_null(mkdtemp(folder));
  sprintf(path, "%s/1.sql", folder);
  f = fopen(path, "wb");
  fputs(text, f);
  fclose(f);
  for (i = 0; i < 2; i++) { /* as it was read, and what runs is what the checksum is of */
    migrate_revision v;
    memset(&v, 0, sizeof(v));
    migrate_close(m);
    assert_int_equal(migrate_open(db, 0, &m), 0);
    reads = 0;
    if (i == 0) {
      good(migrate_add_directory(m, folder));
    } else {
      v.id = "zz";
      v.upgrade = "CREATE TABLE table_1(a);";
      v.downgrade = "DROP TABLE table_1;";
      good(migrate_add(m, &v, 1));
    }
    good(migrate_upgrade(m, "head"));
    assert_string_equal(ask("SELECT name FROM sqlite_master WHERE name LIKE 'table%'"), "table_1");
    good(migrate_downgrade(m, "base"));
    if (i == 0) assert_int_equal(reads, 1);
  }
  assert_string_equal(ask("SELECT count(*), count(DISTINCT checksum) FROM migrate_journal"), "4|1");
  remove(path);
  rmdir(folder);
}

/* Rows wait for the end of the transaction: neither a script, nor a function, nor the program
** between two steps can see it. */

static char seen[200];

static int look(sqlite3 *from, void *arg) {
  (void)from;
  (void)arg;
  strcpy(seen, ask("SELECT (SELECT group_concat(version_num) FROM alembic_version), "
                   "(SELECT group_concat(revision) FROM migrate_journal)"));
  return 0;
}

static const migrate_revision lookers[] = {
    {"1", 0, 0, 0, 0, 0, "CREATE TABLE t(a);", "DROP TABLE t;", 0, 0, 0},
    {"2", "1", 0, 0, 0, 0,
     "CREATE TABLE journal AS SELECT revision, direction, state FROM Migrate_Journal;",
     "DROP TABLE journal;", 0, 0, 0},
    {"3", "2", 0, 0, 0, 0, "CREATE TABLE version AS SELECT version_num FROM [alembic_version];",
     "DROP TABLE version;", 0, 0, 0},
    {"4", "3", 0, 0, 0, 0, "CREATE TABLE u(a);", "DROP TABLE u;", look, look, 0},
    {"5", "4", 0, 0, 0, 0, "-- migrate:up transaction:false\nCREATE TABLE v(a)", "DROP TABLE v", 0,
     0, 0},
};

static void nobody_sees_them_wait(void **state) {
  (void)state;
  migrate_close(m);
  open_with(lookers, 5);
  good(migrate_upgrade(m, "head"));
  assert_string_equal(ask("SELECT * FROM journal"), "1|upgrade|done");
  assert_string_equal(ask("SELECT * FROM version"), "2");
  assert_string_equal(seen, "3|1,2,3");
  assert_string_equal(ask("SELECT group_concat(id || revision || state) FROM migrate_journal"),
                      "11done,22done,33done,44done,55done");
  good(migrate_downgrade(m, "base"));
  assert_string_equal(seen, "4|1,2,3,4,5,5");
  assert_string_equal(ask("SELECT count(*) FROM alembic_version"), "0");
  good(migrate_prepare(m, "3"));
  assert_int_equal(migrate_step(m), SQLITE_ROW);
  look(db, 0);
  assert_string_equal(seen, "1|1,2,3,4,5,5,4,3,2,1,1");
  good(migrate_run(m));
  assert_string_equal(ask("SELECT count(*) FROM migrate_journal"), "13");
  assert_string_equal(ask("SELECT * FROM alembic_version"), "3");
}

static const migrate_revision watchers[] = {
    {"1", 0, 0, 0, 0, 0, "CREATE TABLE seen(v); CREATE VIEW now AS SELECT * FROM alembic_version;",
     "DROP VIEW now; DROP TABLE seen", 0, 0, 0},
    {"2", "1", 0, 0, 0, 0, "CREATE TABLE t(a);", "DROP TABLE t;", 0, 0, 0},
    {"3", "2", 0, 0, 0, 0, "INSERT INTO seen SELECT * FROM now;", "DELETE FROM seen", 0, 0, 0},
};

/* Nor can a view or a trigger through which a text reads them without their name. */
static void no_view_sees_them_wait(void **state) {
  (void)state;
  migrate_close(m);
  open_with(watchers, 3);
  good(migrate_upgrade(m, "head"));
  assert_string_equal(ask("SELECT * FROM seen"), "2");
  good(migrate_downgrade(m, "1"));
  good(migrate_upgrade(m, "head")); /* the view is there from the beginning */
  assert_string_equal(ask("SELECT * FROM seen"), "2");
}

typedef struct heard {
  int steps, rows;
  char row[400], before[200]; /* the last row; what was there when the last step was told of */
} heard;

static void hear(void *arg, int level, const char *message) {
  heard *h = (heard *)arg;
  if (level == MIGRATE_INFO) {
    h->steps++;
    look(0, 0);
    strcpy(h->before, seen);
  }
  if (strncmp(message, "UPDATE main.", 12) && strncmp(message, "INSERT INTO main.", 17)) return;
  h->rows++;
  sqlite3_snprintf((int)sizeof h->row, h->row, "%s", message);
}

/* The log hears of each row, values and all, when it is written; a callback that looks at the
** tables meanwhile finds them as they were. */
static void the_log_hears_of_them(void **state) {
  static const migrate_revision v[] = {
      {"1", 0, 0, 0, 0, 0, "CREATE TABLE t(a);", 0, 0, 0, 0},
      {"2", "1", 0, 0, 0, 0, "CREATE TABLE u(a);", 0, 0, 0, 0},
      {"3", "2", 0, 0, 0, 0, "CREATE TABLE v(a);", 0, 0, 0, 0},
  };
  migrate_options o;
  heard h;
  (void)state;
  memset(&o, 0, sizeof o);
  memset(&h, 0, sizeof h);
  o.log = hear;
  o.log_arg = &h;
  migrate_close(m);
  open_with(v, 1);
  good(migrate_upgrade(m, "head"));
  migrate_close(m);
  assert_int_equal(migrate_open(db, &o, &m), 0);
  assert_int_equal(migrate_add(m, v, 3), 0);
  good(migrate_upgrade(m, "head"));
  assert_int_equal(h.steps, 2);
  assert_int_equal(h.rows, 4);
  assert_string_equal(h.before, "1|1");
  assert_non_null(strstr(h.row, "('3', 'upgrade', 'done', "));
}

/* A revision that empties the version table is found out, although its row waits. */
static void a_row_that_is_gone(void **state) {
  static const migrate_revision v[] = {
      {"1", 0, 0, 0, 0, 0, "CREATE TABLE t(a);", 0, 0, 0, 0},
      {"2", "1", 0, 0, 0, 0, "DELETE FROM alembic_version;", 0, 0, 0, 0},
      {"3", "2", 0, 0, 0, 0, "CREATE TABLE u(a);", 0, 0, 0, 0},
  };
  (void)state;
  migrate_close(m);
  open_with(v, 3);
  assert_int_equal(migrate_upgrade(m, "head"), MIGRATE_GRAPH);
  assert_non_null(strstr(migrate_errmsg(m), "expected to match one row when updating '1' to '2'"));
  assert_string_equal(ask("SELECT count(*) FROM sqlite_master"), "0");
}

/* A newer program's revisions: some need another branch, by its revision or its label. */
static const migrate_revision newer[] = {
    {"a1", 0, 0, 0, 0, 0, "CREATE TABLE t(a);", "DROP TABLE t", 0, 0, 0},
    {"n2", "a1", 0, 0, 0, 0, "CREATE TABLE n2(a);", "DROP TABLE n2", 0, 0, 0},
    {"x9", 0, 0, "side", 0, 0, "CREATE TABLE x9(a);", "DROP TABLE x9", 0, 0, 0},
    {"n3", "n2", "x9", 0, 0, 0, "CREATE TRIGGER n3 AFTER INSERT ON x9 BEGIN SELECT 1; END;",
     "DROP TRIGGER n3", 0, 0, 0},
    {"n4", "n2", "side", 0, 0, 0, "CREATE TABLE n4(a);", "DROP TABLE n4", 0, 0, 0},
    {"n5", "n3, n4", "a1", 0, 0, 0, "", "SELECT 1", 0, 0, 0},
};

/* The older program undoes them one before the other that it needs. */
static void back_over_needs(void **state) {
  migrate_options o;
  (void)state;
  migrate_close(m);
  open_with(newer, 6);
  assert_int_equal(migrate_upgrade(m, "heads"), 0);
  assert_string_equal(ask("SELECT count(*) FROM sqlite_master WHERE name GLOB '[nx][0-9]'"), "4");
  migrate_close(m);
  memset(&o, 0, sizeof o);
  o.flags = MIGRATE_GO_BACK;
  assert_int_equal(migrate_open(db, &o, &m), 0);
  assert_int_equal(migrate_add(m, newer, 1), 0);
  assert_int_equal(migrate_upgrade(m, "heads"), 0);
  assert_string_equal(migrate_result(m), "Running downgrade n5 -> n3, n4\n"
                                         "Running downgrade n3 -> n2\n"
                                         "Running downgrade n4 -> n2\n"
                                         "Running downgrade n2 -> a1\n"
                                         "Running downgrade x9 -> ");
  assert_string_equal(ask("SELECT count(*) FROM sqlite_master WHERE name GLOB '[nx][0-9]'"), "0");
  assert_string_equal(ask("SELECT * FROM alembic_version"), "a1");
}

static void no_way_back_without_journal(void **state) {
  migrate_options o;
  (void)state;
  migrate_close(m);
  open_with(newer, 2);
  assert_int_equal(migrate_upgrade(m, "head"), 0);
  migrate_close(m);
  memset(&o, 0, sizeof o);
  o.flags = MIGRATE_GO_BACK;
  assert_int_equal(migrate_open(db, &o, &m), 0);
  assert_int_equal(migrate_set(m, "journal", "off"), 0);
  assert_int_equal(migrate_add(m, newer, 1), 0);
  assert_int_not_equal(migrate_upgrade(m, "head"), 0);
  assert_non_null(strstr(migrate_errmsg(m), "the journal does not hold it"));
  assert_string_equal(ask("SELECT * FROM alembic_version"), "n2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(columns, begin, end),
      cmocka_unit_test_setup_teardown(time_zone, begin, end),
      cmocka_unit_test_setup_teardown(meaning, begin, end),
      cmocka_unit_test_setup_teardown(switched_off, begin, end),
      cmocka_unit_test_setup_teardown(of_others, begin, end),
      cmocka_unit_test_setup_teardown(read_once, begin, end),
      cmocka_unit_test_setup_teardown(nobody_sees_them_wait, begin, end),
      cmocka_unit_test_setup_teardown(no_view_sees_them_wait, begin, end),
      cmocka_unit_test_setup_teardown(the_log_hears_of_them, begin, end),
      cmocka_unit_test_setup_teardown(a_row_that_is_gone, begin, end),
      cmocka_unit_test_setup_teardown(duration_of_a_script, begin, end),
      cmocka_unit_test_setup_teardown(back_over_needs, begin, end),
      cmocka_unit_test_setup_teardown(no_way_back_without_journal, begin, end),
  };
  return cmocka_run_group_tests_name("journal", tests, 0, 0);
}
