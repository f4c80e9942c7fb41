/* What a change costs, told by what it does rather than by a clock: which way a copy reads, which
** b-trees stay, how often the schema is read again, how much memory it takes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"

static void run(sqlite3 *db, const char *sql) {
  char *error = 0;
  if (sqlite3_exec(db, sql, 0, 0, &error) != SQLITE_OK) print_error("%s: %s\n", error, sql);
  assert_null(error);
}

static sqlite3 *with(const char *sql) {
  sqlite3 *db = 0;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  run(db, sql);
  return db;
}

static int number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = 0;
  int n = -1;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, 0), SQLITE_OK);
  if (sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int(s, 0);
  assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
  return n;
}

static void migrate_with(sqlite3 *db, const char *sql) {
  migrate *m = 0;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  if (migrate_exec(m, sql)) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
}

/* ---- copies ---- */

typedef struct order {
  sqlite3_int64 last;
  int rows, breaks;
} order;

static void see(sqlite3_context *c, int n, sqlite3_value **v) {
  order *o = (order *)sqlite3_user_data(c);
  sqlite3_int64 id = sqlite3_value_int64(v[0]);
  (void)n;
  o->rows++;
  o->breaks += id <= o->last;
  o->last = id;
  sqlite3_result_value(c, v[1]);
}

static void copy_reads_in_order(int step) {
  order o = {0, 0, 0};
  sqlite3 *db = with(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, gone TEXT); CREATE INDEX t_a ON t(a)");
  char *fill = sqlite3_mprintf(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)"
      "  INSERT INTO t SELECT i * %d, printf('%%04x', i * 7919 %% 65536), 'long' FROM c", step);
  run(db, fill);
  sqlite3_free(fill);
  assert_int_equal(sqlite3_create_function(db, "see", 2, SQLITE_UTF8, &o, see, 0, 0), SQLITE_OK);
  run(db, "SELECT see(id, a) FROM t"); /* without a word SQLite takes the index */
  assert_true(o.breaks > 0);
  memset(&o, 0, sizeof(o));
  migrate_with(db, "ALTER TABLE t ALTER a TYPE BLOB USING see(id, a), DROP COLUMN gone");
  assert_int_equal(o.rows, 5000);
  assert_int_equal(o.breaks, 0);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* An index that holds all that is copied is shorter to read than the table, and in another order:
** rows that are inserted in that order cost many times as much. */
static void copies_read_in_rowid_order(void **state) {
  (void)state;
  copy_reads_in_order(1);
  copy_reads_in_order(3); /* with gaps, so that the rowids are copied too */
}

static const char all_roots[] =
    "SELECT group_concat(name || ' ' || rootpage) FROM (SELECT * FROM sqlite_master WHERE type ="
    " 'index' ORDER BY name)";

static void untouched_indexes_keep_their_pages(void **state) {
  sqlite3 *db = with(
      "CREATE TABLE t(a TEXT UNIQUE, b INT, c TEXT, d TEXT PRIMARY KEY, UNIQUE(b, a));"
      "CREATE INDEX t_b ON t(b DESC); CREATE INDEX t_c ON t(c); CREATE INDEX t_e ON t(length(a));"
      "INSERT INTO t VALUES('x', 1, '10', 'p'), ('y', 2, '20', 'q')");
  sqlite3_stmt *s = 0;
  char *before;
  (void)state;
  sqlite3_prepare_v2(db, all_roots, -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  before = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  migrate_with(db, "ALTER TABLE t ADD COLUMN z INT DEFAULT 5 AFTER a, ALTER c TYPE INTEGER");
  sqlite3_prepare_v2(db, all_roots, -1, &s, 0);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(s, 0), before);
  sqlite3_finalize(s);
  sqlite3_free(before);
  assert_int_equal(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE"
                              " integrity_check <> 'ok'"), 0);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

typedef struct places {
  int n, copy, index, reloads, native;
} places;

static int place(void *arg, const migrate_statement *s) {
  places *p = (places *)arg;
  p->n++;
  if (strncmp(s->sql, "INSERT ", 7) == 0 && !p->copy) p->copy = p->n;
  if (strstr(s->sql, "CREATE UNIQUE INDEX")) p->index = p->n;
  if (strstr(s->sql, "schema_version = ")) p->reloads++;
  if (strcmp(s->strategy, "native") == 0) p->native++;
  return 0;
}

static places explained(sqlite3 *db, const char *sql) {
  places p = {0, 0, 0, 0, 0};
  migrate *m = 0;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  if (migrate_explain(m, sql, place, &p)) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  return p;
}

/* The b-tree of a new constraint is built by sorting, behind the copy. */
static void new_keys_are_sorted(void **state) {
  sqlite3 *db = with("CREATE TABLE t(a TEXT, b INT); INSERT INTO t VALUES('1', 1), ('2', 2)");
  places p = explained(db, "ALTER TABLE t ALTER a TYPE INTEGER, ADD UNIQUE (a), ADD UNIQUE (b)");
  (void)state;
  assert_true(p.copy > 0);
  assert_true(p.index > p.copy);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A rebuild takes the page cache and little else, however many rows there are. */
static void memory_is_bounded(void **state) {
  sqlite3 *db = 0;
  sqlite3_int64 limit;
  (void)state;
  assert_int_equal(sqlite3_open("", &db), SQLITE_OK);
  run(db, "PRAGMA cache_size = 200; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);"
          "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000)"
          "  INSERT INTO t SELECT i, i % 1000, 'some text' FROM c; CREATE INDEX t_b ON t(b, id)");
  limit = sqlite3_hard_heap_limit64(4000000);
  migrate_with(db, "ALTER TABLE t ALTER a TYPE INTEGER, ALTER a SET NOT NULL");
  sqlite3_hard_heap_limit64(limit);
  assert_int_equal(number(db, "SELECT count(*) FROM t WHERE typeof(a) = 'integer'"), 1000000);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- many changes ---- */

static const char family[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, \"Key\" TEXT, up INT REFERENCES p(id), x, y, z,"
    "  CHECK (x > 0 OR \"Key\" <> 'x'), UNIQUE (\"Key\", x));"
    "CREATE TABLE c(p_id INT REFERENCES p(id) ON DELETE CASCADE, k TEXT, x INT DEFAULT 3,"
    "  v VARCHAR(50), g AS (x + 1), FOREIGN KEY (k, x) REFERENCES p(\"Key\", x));"
    "CREATE TABLE e(a, b CHECK (b IN (1, 2)), c);"
    "CREATE INDEX c_k ON c(k, x) WHERE x IS NOT NULL; CREATE INDEX p_low ON p(lower(\"Key\"));"
    "CREATE INDEX e_s ON e(a) WHERE b <> \"bb\";"
    "CREATE TABLE seen(a, b, c); CREATE VIEW v AS SELECT a, b FROM seen;"
    "CREATE TRIGGER seen_t AFTER INSERT ON e BEGIN UPDATE seen SET a = new.a; END;"
    "INSERT INTO p VALUES(1, 'k', NULL, 5, 6, 7), (2, 'l', 1, 8, 9, 10);"
    "INSERT INTO c(rowid, p_id, k, x, v) VALUES(7, 1, 'k', 5, 'w'), (9, 2, 'l', 8, 'u');"
    "INSERT INTO e VALUES(1, 2, 3);"
    "INSERT INTO seen VALUES(1, 2, 3)";

static const char *const changes[] = {
    "ALTER TABLE p RENAME COLUMN id TO ident",
    "ALTER TABLE p RENAME COLUMN \"Key\" TO \"group\"",
    "ALTER TABLE p RENAME x TO [a b]",
    "ALTER TABLE c RENAME COLUMN x TO xx",
    "ALTER TABLE c ALTER v TYPE VARCHAR(255)",
    "ALTER TABLE c ADD COLUMN extra TEXT DEFAULT 'e'",
    "ALTER TABLE c ADD CONSTRAINT sane CHECK (extra <> v)",
    "ALTER TABLE e RENAME b TO bb", /* "bb" is a string in an index: SQLite's own does it */
    "ALTER TABLE e ADD COLUMN d INT NOT NULL DEFAULT 4",
    "ALTER TABLE seen RENAME COLUMN a TO aa", /* the view and the trigger follow */
    "ALTER TABLE seen ADD COLUMN e",
    "ALTER TABLE p ADD CONSTRAINT y_fkey FOREIGN KEY (up) REFERENCES p(ident)",
    "ALTER TABLE p ALTER z SET NOT NULL",
    "ALTER TABLE p RENAME z TO \"Z\"",
    "ALTER TABLE e RENAME TO ee",
    "ALTER TABLE p RENAME TO \"the parents\"",
    "ALTER TABLE c RENAME TO p",
    "ALTER TABLE \"the parents\" RENAME TO C",
    "ALTER TABLE p ALTER k TYPE BLOB USING k || ''", /* rowids with gaps, now under p's name */
    "ALTER TABLE c RENAME TO \"group\"", /* its column of that name: SQLite's own does it */
    "ALTER TABLE \"group\" RENAME TO c",
};
#define CHANGES ((int)(sizeof(changes) / sizeof(changes[0])))

static char *dumped(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  dump_database(out, db);
  return sqlite3_str_finish(out);
}

/* Many in one script share their reload and edit texts where SQLite's own ALTER would read the
** whole schema: the database must be the one that they make one by one. */
static void many_do_what_each_does(void **state) {
  sqlite3 *each = with(family), *all = with(family);
  char *script = sqlite3_mprintf(""), *expected, *got, line[1000];
  int i;
  (void)state;
  for (i = 0; i < CHANGES; i++) {
    migrate_with(each, changes[i]);
    script = sqlite3_mprintf("%z%s;\n", script, changes[i]);
  }
  migrate_with(all, script);
  expected = dumped(each);
  got = dumped(all);
  if (dump_differs(expected, got, line, sizeof(line))) fail_msg("%s", line);
  run(all, "INSERT INTO ee(a, bb) VALUES(9, 1); INSERT INTO c(ident, Z) VALUES(3, 3)");
  assert_int_equal(number(all, "SELECT aa FROM v"), 9);
  sqlite3_free(expected);
  sqlite3_free(got);
  sqlite3_free(script);
  assert_int_equal(sqlite3_close(each), SQLITE_OK);
  assert_int_equal(sqlite3_close(all), SQLITE_OK);
}

static int note(void *arg, const migrate_statement *s) {
  sqlite3_str_appendf((sqlite3_str *)arg, "%s;\n", s->sql);
  return 0;
}

/* What is listed of them, run by hand, makes the same database: each edit is written out. The list
** is made without rows, and takes a table for the one that has its name now: no gaps here. */
static void the_list_does_it_too(void **state) {
  sqlite3 *all = with(family), *hand = with(family);
  char *script = sqlite3_mprintf(""), *expected, *got, line[1000];
  sqlite3_str *list = sqlite3_str_new(0);
  migrate *m = 0;
  int i;
  (void)state;
  if (sqlite3_libversion_number() < 3040000) {
    print_message("skipped: by hand, SQLite %s loses an index with a string in double quotes\n",
                  sqlite3_libversion());
    skip();
  }
  run(all, "UPDATE c SET rowid = (rowid - 5) / 2");
  run(hand, "UPDATE c SET rowid = (rowid - 5) / 2");
  for (i = 0; i < CHANGES; i++) script = sqlite3_mprintf("%z%s;\n", script, changes[i]);
  assert_int_equal(migrate_open(hand, 0, &m), 0);
  assert_int_equal(migrate_explain(m, script, note, list), 0);
  assert_int_equal(migrate_close(m), 0);
  migrate_with(all, script);
  sqlite3_free(script);
  script = sqlite3_str_finish(list);
  assert_non_null(strstr(script, ", name = 'the parents', tbl_name = 'the parents' WHERE"));
  assert_non_null(strstr(script, " SET sql = NULL, name = 'sqlite_autoindex_the parents_1'"));
  run(hand, "BEGIN; PRAGMA writable_schema = ON");
  run(hand, script);
  run(hand, "PRAGMA writable_schema = OFF; COMMIT");
  expected = dumped(all);
  got = dumped(hand);
  if (dump_differs(expected, got, line, sizeof(line))) fail_msg("%s\n%s", line, script);
  sqlite3_free(expected);
  sqlite3_free(got);
  sqlite3_free(script);
  assert_int_equal(sqlite3_close(all), SQLITE_OK);
  assert_int_equal(sqlite3_close(hand), SQLITE_OK);
}

static sqlite3 *crowd(int n) {
  sqlite3 *db = with("BEGIN");
  int i;
  for (i = 0; i < n; i++) {
    char *sql = sqlite3_mprintf(
        "CREATE TABLE t%d(id INTEGER PRIMARY KEY, a NOT NULL, b, v CHAR(5));"
        "CREATE INDEX t%d_b ON t%d(b)",
        i, i, i);
    run(db, sql);
    sqlite3_free(sql);
  }
  run(db, "COMMIT");
  return db;
}

#define TABLES 60

static const char *const forms[] = {
    "ALTER TABLE t%d ALTER a DROP NOT NULL", "ALTER TABLE t%d ADD CHECK (b > 0)",
    "ALTER TABLE t%d ALTER v TYPE CHAR(20)", "ALTER TABLE t%d RENAME COLUMN b TO bb",
    "ALTER TABLE t%d ADD COLUMN z TEXT", "ALTER TABLE t%d ADD FOREIGN KEY (b) REFERENCES t0(id)",
    "ALTER TABLE t%d RENAME TO u%d",
};
#define FORMS ((int)(sizeof(forms) / sizeof(forms[0])))

static char *crowd_text(int i) {
  return sqlite3_mprintf(forms[i % FORMS], i, i); /* the second only where it is asked for */
}

/* The schema is read again once, however many edits there are, and so it is when each is a revision
** of its own. */
static void edits_share_one_reload(void **state) {
  sqlite3 *db = crowd(TABLES);
  char *script = 0;
  int i, version = number(db, "PRAGMA schema_version");
  places p;
  (void)state;
  for (i = 0; i < TABLES; i++) script = sqlite3_mprintf("%z%z;\n", script, crowd_text(i));
  p = explained(db, script);
  assert_int_equal(p.reloads, 1);
  assert_int_equal(p.native, 0);
  migrate_with(db, script);
  assert_int_equal(number(db, "PRAGMA schema_version"), version + 1);
  sqlite3_free(script);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void revisions_share_one_reload(void **state) {
  sqlite3 *db = crowd(TABLES);
  migrate_revision r[TABLES];
  char ids[TABLES][16];
  migrate *m = 0;
  int i, version;
  (void)state;
  memset(r, 0, sizeof(r));
  for (i = 0; i < TABLES; i++) {
    sqlite3_snprintf(16, ids[i], "r%d", i);
    r[i].id = ids[i];
    r[i].down_revision = i ? ids[i - 1] : 0;
    r[i].upgrade = crowd_text(i);
  }
  assert_int_equal(migrate_open(db, 0, &m), 0);
  migrate_add(m, r, TABLES);
  if (migrate_upgrade(m, "r0")) print_error("%s\n", migrate_errmsg(m)); /* makes our two tables */
  version = number(db, "PRAGMA schema_version");
  if (migrate_upgrade(m, "head")) print_error("%s\n", migrate_errmsg(m));
  assert_int_equal(migrate_close(m), 0);
  assert_int_equal(number(db, "PRAGMA schema_version"), version + 1);
  assert_int_equal(number(db, "SELECT count(*) FROM migrate_journal"), TABLES);
  for (i = 0; i < TABLES; i++) sqlite3_free((void *)(uintptr_t)r[i].upgrade);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* An edit that SQLite refuses only when it reads the schema again: the statement to blame is named,
** though others ran since. */
static void late_errors_name_their_statement(void **state) {
  sqlite3 *db = crowd(3);
  migrate *m = 0;
  migrate_revision r[3];
  (void)state;
  assert_int_equal(migrate_open(db, 0, &m), 0);
  assert_int_not_equal(migrate_exec(m, "ALTER TABLE t0 ALTER a DROP NOT NULL;\n"
                                       "ALTER TABLE t1 ALTER b SET DEFAULT (nothing);\n"
                                       "ALTER TABLE t2 ALTER a DROP NOT NULL"), 0);
  assert_non_null(strstr(migrate_errmsg(m), "statement 2 (line 2)"));
  migrate_close(m);
  memset(r, 0, sizeof(r));
  r[0].id = "one";
  r[0].upgrade = "ALTER TABLE t0 ALTER a DROP NOT NULL;\nALTER TABLE t0 ADD CHECK ((SELECT 1))";
  r[1].id = "two";
  r[1].down_revision = "one";
  r[1].upgrade = "ALTER TABLE t1 ALTER a DROP NOT NULL";
  assert_int_equal(migrate_open(db, 0, &m), 0);
  migrate_add(m, r, 2);
  assert_int_not_equal(migrate_upgrade(m, "head"), 0);
  if (!strstr(migrate_errmsg(m), "revision one")) fail_msg("%s", migrate_errmsg(m));
  assert_null(strstr(migrate_errmsg(m), "revision two"));
  migrate_close(m);
  assert_int_equal(number(db, "SELECT count(*) FROM pragma_table_info('t0') WHERE \"notnull\""), 1);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(copies_read_in_rowid_order),
    cmocka_unit_test(untouched_indexes_keep_their_pages),
    cmocka_unit_test(new_keys_are_sorted),
    cmocka_unit_test(memory_is_bounded),
    cmocka_unit_test(many_do_what_each_does),
    cmocka_unit_test(the_list_does_it_too),
    cmocka_unit_test(edits_share_one_reload),
    cmocka_unit_test(revisions_share_one_reload),
    cmocka_unit_test(late_errors_name_their_statement),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
