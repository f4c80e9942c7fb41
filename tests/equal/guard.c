/* Scripts: their forms (ranges, stamps, cuts, transactions), and that a script which goes wrong
** anywhere commits nothing, in a shell with -bail and in one without. */
#define _XOPEN_SOURCE 700 /* popen(), mkdtemp() */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "world.h"

static migrate_revision line[] = {
    {"a1", 0, 0, "main", "first", 0,
     "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL);\nINSERT INTO t VALUES (1, 'x');",
     "DROP TABLE t;", 0, 0, 0},
    {"b2", "a1", 0, 0, "it's -- second; */", 0,
     "ALTER TABLE t ALTER COLUMN b DROP NOT NULL;\nINSERT INTO t VALUES (2, NULL);",
     "DELETE FROM t WHERE a = 2;\nALTER TABLE t ALTER COLUMN b SET NOT NULL;", 0, 0, 0},
    {"c3", "b2", 0, 0, "third", 0,
     "UPDATE t SET b = b || '!';\nCREATE INDEX tb ON t(b);\nCREATE TABLE u(x);",
     "DROP INDEX tb;\nDROP TABLE u", 0, 0, 0},
};

static void begin(world *w, const migrate_revision *revisions, int n) {
  world_open(w);
  w->revisions = revisions;
  w->nrevision = n;
}

/* ---- the forms of a script ---------------------------------------------------------------------
 */

static void ways(void **state) {
  world w;
  (void)state;
  begin(&w, line, 3);
  assert_true(world_both(&w, "stamp", "stamp", "b2"));
  assert_true(world_both(&w, "stamp back", "stamp", "a1"));
  assert_true(world_both(&w, "stamp base", "stamp", "base"));
  world_reset(&w);
  assert_true(world_both(&w, "one", "upgrade", "+1"));
  assert_true(world_both(&w, "another", "upgrade", "b2"));
  assert_true(world_both(&w, "the rest", "upgrade", "main@head"));
  assert_true(world_both(&w, "one down", "downgrade", "-1"));
  assert_true(world_both(&w, "all down", "downgrade", "base"));
  assert_true(world_both(&w, "and up again", "upgrade", "heads"));
  world_close(&w);
}

static void settings(void **state) {
  unsigned flags[] = {MIGRATE_NO_JOURNAL, MIGRATE_PER_MIGRATION, MIGRATE_PORTABLE};
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    world w;
    begin(&w, line, 3);
    w.flags = flags[i];
    assert_true(world_both(&w, "up", "upgrade", "head"));
    assert_true(world_both(&w, "down", "downgrade", "a1"));
    world_close(&w);
  }
}

/* A range says where the database is, wherever the script is made. */
static void ranges(void **state) {
  world w;
  char *script, elsewhere[120];
  (void)state;
  begin(&w, line, 3);
  snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere.db", w.folder);
  script = world_script(&w, elsewhere, "upgrade", "a1:head");
  assert_non_null(script);
  assert_int_equal(world_online(&w, "upgrade", "a1"), 0);
  world_copy(&w);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  free(script);
  assert_int_equal(world_online(&w, "upgrade", "head"), 0);
  assert_true(world_same(&w, "a1:head"));
  script = world_script(&w, elsewhere, "downgrade", "c3:a1");
  assert_non_null(script);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  free(script);
  assert_int_equal(world_online(&w, "downgrade", "a1"), 0);
  assert_true(world_same(&w, "c3:a1"));
  script = world_script(&w, elsewhere, "stamp", "a1:head");
  assert_non_null(script);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  free(script);
  assert_int_equal(world_online(&w, "stamp", "head"), 0);
  assert_true(world_same(&w, "stamp a1:head"));
  script = world_script(&w, w.online, "upgrade", "head");
  assert_string_equal(script, "");
  free(script);
  /* from base in a file that holds nothing, made where the tables are */
  script = world_script(&w, w.online, "upgrade", "base:head");
  assert_non_null(script);
  remove(w.offline);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  free(script);
  remove(w.online);
  assert_int_equal(world_online(&w, "upgrade", "head"), 0);
  assert_true(world_same(&w, "base:head"));
  remove(elsewhere);
  world_close(&w);
}

/* Rows come and go between the printing of a script and its run: rowids stay what they are. */
static void later(void **state) {
  static migrate_revision wider[] = {
      {"a1", 0, 0, 0, "", 0,
       "ALTER TABLE p ALTER b TYPE TEXT, ADD COLUMN c FIRST;"
       "ALTER TABLE q ALTER b TYPE TEXT, ADD COLUMN c FIRST",
       0, 0, 0, 0},
  };
  static const char gone[] = "DELETE FROM p WHERE b = 1; DELETE FROM q WHERE b = 1";
  world w;
  char *script;
  (void)state;
  begin(&w, wider, 1);
  world_sql(w.online,
            "CREATE TABLE p(b INT, id INTEGER PRIMARY KEY); INSERT INTO p(b) VALUES(1), (2), (3);"
            "CREATE TABLE q(b INT); INSERT INTO q VALUES(1), (2), (3)");
  script = world_script(&w, w.online, "upgrade", "head");
  assert_non_null(script);
  assert_int_equal(world_sql(w.online, gone), 0);
  world_copy(&w);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  free(script);
  assert_int_equal(world_online(&w, "upgrade", "head"), 0);
  assert_true(world_same(&w, "rows that came later"));
  world_close(&w);
}

/* Where foreign keys are on, a script has them on as well, but for a transaction that rebuilds a
** table. A statement that relied on them there is found out by its orphans. */
static void keys(void **state) {
  static const migrate_revision parents[] = {
      {"a1", 0, 0, 0, "", 0, "DELETE FROM p WHERE id = 1", 0, 0, 0, 0},
      {"b2", "a1", 0, 0, "", 0, "ALTER TABLE p ALTER b TYPE TEXT", 0, 0, 0, 0},
      {"c3", "b2", 0, 0, "", 0, "UPDATE p SET id = 7 WHERE id = 2", 0, 0, 0, 0},
  };
  static const char schema[] =
      "CREATE TABLE p(id INTEGER PRIMARY KEY, b INT); INSERT INTO p VALUES(1, 1), (2, 2), (3, 3);"
      "CREATE TABLE c(p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);"
      "INSERT INTO c VALUES(1), (2), (3), (9)"; /* 9 is an orphan already */
  world w;
  char *script, *before, *after;
  (void)state;
  begin(&w, parents, 3);
  w.keys = 1;
  world_sql(w.online, schema);
  world_copy(&w);
  assert_true(world_both(&w, "no rebuild", "upgrade", "a1"));
  before = world_look(w.offline);
  script = world_script(&w, w.offline, "upgrade", "head");
  assert_int_not_equal(world_shell(&w, "-bail", script), 0);
  assert_non_null(strstr(w.said, "rows lost their parent"));
  world_shell(&w, "", script);
  after = world_look(w.offline);
  assert_string_equal(before, after);
  w.flags = MIGRATE_PER_MIGRATION;
  assert_true(world_both(&w, "one by one", "upgrade", "head"));
  free(script);
  sqlite3_free(before);
  sqlite3_free(after);
  world_close(&w);
}

/* The shell reads CR LF as LF, in quotes too: what would not be the same is not printed. */
static void line_ends(void **state) {
  static const migrate_revision inside[] = {
      {"a1", 0, 0, 0, "", 0, "CREATE TABLE t(a DEFAULT 'x\r\ny')", 0, 0, 0, 0},
  };
  static const migrate_revision between[] = {
      {"a1", 0, 0, 0, "", 0, "CREATE TABLE t(a);\r\nINSERT INTO t VALUES('x\ny');\r\n", 0, 0, 0, 0},
  };
  world w;
  (void)state;
  begin(&w, inside, 1);
  assert_null(world_script(&w, w.offline, "upgrade", "head"));
  assert_non_null(strstr(w.error, "CR LF in quotes"));
  w.revisions = between;
  assert_true(world_both(&w, "CR LF between statements", "upgrade", "head"));
  world_close(&w);
}

static void tag(void **state) {
  static const migrate_revision quoted = {"q1", 0, 0, 0, 0, 0, "SELECT 'a\r\nb';", 0, 0, 0, 0};
  sqlite3 *db = world_database(":memory:");
  world w;
  migrate *m;
  (void)state;
  begin(&w, line, 3);
  m = world_migrate(&w, db);
  assert_int_equal(migrate_script(m, "upgrade", "head", "release 7"), 0);
  assert_int_equal(strncmp(migrate_result(m), "-- run with: sqlite3 -bail FILE < script\n", 41), 0);
  assert_non_null(strstr(migrate_result(m), "\n-- tag: release 7\n"));
  assert_non_null(strstr(migrate_result(m), "\n-- Running upgrade a1 -> b2, it's -- second; */\n"));
  assert_int_equal(migrate_script(m, "upgrade", "head", "a\nDROP TABLE b;\r\n"), 0);
  assert_non_null(strstr(migrate_result(m), "\n-- tag: a DROP TABLE b;  \n"));
  assert_int_equal(migrate_script(m, "sideways", "head", 0), MIGRATE_MISUSE);
  migrate_close(m);
  w.revisions = &quoted;
  w.nrevision = 1;
  m = world_migrate(&w, db);
  assert_int_equal(migrate_script(m, "upgrade", "head", 0), MIGRATE_SCRIPT);
  assert_non_null(strstr(migrate_errmsg(m), "CR LF in quotes"));
  migrate_close(m);
  sqlite3_close(db);
  world_close(&w);
}

/* ---- sections outside of a transaction ----------------------------------------------------------
 */

/* Read from files, since the marker stands there. */
static const char outside[] =
    "-- the section is cut out\n-- revision: b2\n-- down_revision: a1\n"
    "-- migrate:up transaction:false\n"
    "PRAGMA foreign_keys = ON; INSERT INTO t VALUES (2, 'y');\n"
    "ALTER TABLE t ALTER COLUMN b DROP NOT NULL;\n"
    "INSERT INTO t VALUES (%s); VACUUM\n"
    "-- migrate:down\nDELETE FROM t WHERE a > 1;\n";

/* A row that only a database in a file has already: the library knows no rows as it makes a script.
 */
static const char fails[] =
    "(SELECT CASE file WHEN '' THEN 3 ELSE 2 END FROM pragma_database_list WHERE name = 'main'), 5";

typedef struct folder {
  char path[120], a[140], b[140], c[140];
} folder;

static void folder_open(folder *f, const world *w, const char *value) {
  char *b = sqlite3_mprintf(outside, value);
  snprintf(f->path, sizeof(f->path), "%s/files", w->folder);
  snprintf(f->a, sizeof(f->a), "%s/a.sql", f->path);
  snprintf(f->b, sizeof(f->b), "%s/b.sql", f->path);
  snprintf(f->c, sizeof(f->c), "%s/c.sql", f->path);
  mkdir(f->path, 0700);
  world_write(f->a, "-- first\n-- revision: a1\n-- migrate:up\n"
                    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL);\n");
  world_write(f->b, b);
  world_write(f->c, "-- last\n-- revision: c3\n-- down_revision: b2\n-- migrate:up\n"
                    "CREATE TABLE u(x);\n-- migrate:down\nDROP TABLE u;\n");
  sqlite3_free(b);
}

static void folder_close(folder *f) {
  remove(f->a);
  remove(f->b);
  remove(f->c);
  rmdir(f->path);
}

static char *answer(const char *path, const char *sql) {
  sqlite3 *db = world_database(path);
  sqlite3_str *out = sqlite3_str_new(0);
  if (!dump_query(out, db, sql)) sqlite3_str_appendf(out, "error: %s", sqlite3_errmsg(db));
  sqlite3_close(db);
  return sqlite3_str_finish(out);
}

static void assert_answer(const char *path, const char *sql, const char *want) {
  char *z = answer(path, sql);
  assert_string_equal(z ? z : "", want);
  sqlite3_free(z);
}

static void keep_warning(void *arg, int level, const char *message) {
  world *w = (world *)arg;
  if (level == MIGRATE_WARNING) snprintf(w->said, sizeof(w->said), "%s", message);
}

#define LOOK 0x10000u

static int ignore_row(void *arg, const migrate_history_row *r) {
  (void)arg;
  (void)r;
  return 0;
}

/* Adds the folder to a handle and runs it online, or returns its script; with LOOK among the flags
** it only looks at the history. w->said is the last warning. */
static int folder_run(world *w, const folder *f, char **script) {
  sqlite3 *db = world_database(w->online);
  migrate *m = 0;
  migrate_options options;
  int rc;
  memset(&options, 0, sizeof(options));
  options.flags = w->flags & ~LOOK;
  options.log = keep_warning;
  options.log_arg = w;
  options.errbuf = w->error;
  options.nerrbuf = (int)sizeof(w->error);
  w->said[0] = 0;
  migrate_open(db, &options, &m);
  migrate_add_directory(m, f->path);
  if (script) migrate_script(m, "upgrade", "base:head", 0);
  else if (w->flags & LOOK) migrate_history(m, 0, ignore_row, 0);
  else migrate_upgrade(m, "head");
  if (script) *script = sqlite3_mprintf("%s", migrate_errcode(m) ? "" : migrate_result(m));
  rc = migrate_close(m);
  sqlite3_close(db);
  return rc;
}

static void cut(void **state) {
  world w;
  folder f;
  char *script;
  (void)state;
  begin(&w, line, 0);
  folder_open(&f, &w, "3, NULL");
  assert_int_equal(folder_run(&w, &f, &script), 0);
  assert_int_equal(folder_run(&w, &f, 0), 0);
  assert_int_equal(world_shell(&w, "-bail", script), 0);
  assert_true(world_same(&w, "a section outside"));
  sqlite3_free(script);
  folder_close(&f);
  world_close(&w);
}

/* What breaks in a section outside of a transaction leaves what is before it, and a journal row
** that says `started`; the next upgrade tells of it and, the file being mended, runs it again. */
static void cut_breaks(void **state) {
  world w;
  folder f;
  char *script;
  const char *where = "SELECT version_num FROM alembic_version";
  const char *journal = "SELECT revision, state FROM migrate_journal ORDER BY id";
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    begin(&w, line, 0);
    folder_open(&f, &w, fails);
    assert_int_equal(folder_run(&w, &f, &script), 0);
    assert_int_not_equal(folder_run(&w, &f, 0), 0);
    assert_non_null(strstr(w.error, "b2"));
    assert_answer(w.online, where, "|ta1\n");
    assert_answer(w.online, journal, "|ta1|tdone\n|tb2|tstarted\n");
    assert_answer(w.online, "SELECT a FROM t", "|i2\n");
    world_shell(&w, i ? "-bail" : "", script);
    assert_answer(w.offline, where, "|ta1\n");
    assert_answer(w.offline, journal, "|ta1|tdone\n|tb2|tstarted\n");
    assert_answer(w.offline, "SELECT a FROM t", "|i2\n");
    assert_answer(w.offline, "SELECT name FROM sqlite_master WHERE name = 'u'", "");
    sqlite3_free(script);
    w.flags = LOOK;
    assert_int_equal(folder_run(&w, &f, 0), 0);
    assert_non_null(strstr(w.said, "revision b2 began outside of a transaction"));
    w.flags = 0;
    world_sql(w.online, "DELETE FROM t");
    folder_open(&f, &w, "3, 'z'");
    assert_int_equal(folder_run(&w, &f, 0), 0);
    assert_int_equal(
        strncmp(w.said, "the upgrade of revision b2 began outside of a transaction, 2", 60), 0);
    assert_answer(w.online, where, "|tc3\n");
    assert_int_equal(folder_run(&w, &f, 0), 0);
    assert_string_equal(w.said, "");
    folder_close(&f);
    world_close(&w);
  }
}

/* Where what follows such a section fails, the section is applied: else it would run again. */
static void cut_is_followed(void **state) {
  world w;
  folder f;
  char *script, *last = sqlite3_mprintf("-- last\n-- revision: c3\n-- down_revision: b2\n"
                                        "-- migrate:up\nCREATE TABLE u(x);\n"
                                        "INSERT INTO t VALUES (%s);\n", fails);
  const char *where = "SELECT version_num FROM alembic_version";
  const char *journal = "SELECT revision, state FROM migrate_journal ORDER BY id";
  (void)state;
  begin(&w, line, 0);
  folder_open(&f, &w, "4, 'z'");
  world_write(f.c, last);
  assert_int_equal(folder_run(&w, &f, &script), 0);
  assert_int_not_equal(folder_run(&w, &f, 0), 0);
  assert_non_null(strstr(w.error, "c3"));
  world_shell(&w, "-bail", script);
  assert_answer(w.online, where, "|tb2\n");
  assert_answer(w.offline, where, "|tb2\n");
  assert_answer(w.online, journal, "|ta1|tdone\n|tb2|tdone\n");
  assert_answer(w.offline, journal, "|ta1|tdone\n|tb2|tdone\n");
  folder_open(&f, &w, "4, 'z'");
  assert_int_equal(folder_run(&w, &f, 0), 0);
  assert_answer(w.online, where, "|tc3\n");
  sqlite3_free(script);
  sqlite3_free(last);
  folder_close(&f);
  world_close(&w);
}

/* A transaction that such a section begins and does not end, by itself or since it fails inside, is
** not left open. */
static void cut_open(void **state) {
  static const char *const sections[] = {"BEGIN; INSERT INTO t VALUES(7)",
                                         "BEGIN; INSERT INTO t VALUES(7); INSERT INTO no VALUES(1)",
                                         "BEGIN; ALTER TABLE t ADD b DEFAULT 1 FIRST"};
  char *sql;
  migrate_revision two[] = {
      {"a1", 0, 0, 0, "", 0, "CREATE TABLE t(a)", 0, 0, 0, 0},
      {"b2", "a1", 0, 0, "", 0, 0, 0, 0, 0, 0},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
    world w;
    sqlite3 *db;
    migrate *m;
    begin(&w, two, 2);
    two[1].upgrade = sql = sqlite3_mprintf("-- migrate:up transaction:false\n%s", sections[i]);
    db = world_database(w.online);
    m = world_migrate(&w, db);
    assert_int_not_equal(migrate_upgrade(m, "head"), 0);
    assert_true(sqlite3_get_autocommit(db));
    migrate_close(m);
    sqlite3_close(db);
    assert_answer(w.online, "SELECT version_num FROM alembic_version", "|ta1\n");
    assert_answer(w.online, "SELECT count(*) FROM t", "|i0\n");
    sqlite3_free(sql);
    world_close(&w);
  }
}

/* ---- scripts that go wrong ----------------------------------------------------------------------
 */

static const char *const shells[] = {"-bail", ""};

/* Gives a script to both shells, on a copy of the online database: nothing may change. */
static void assert_nothing(world *w, const char *script, const char *what) {
  int i;
  for (i = 0; i < 2; i++) {
    char diff[600], *before, *after;
    world_copy(w);
    before = world_look(w->offline);
    world_shell(w, shells[i], script);
    after = world_look(w->offline);
    if (dump_differs(before, after, diff, sizeof(diff))) {
      print_error("%s, shell %s: something was committed\n%s\n%s", what, shells[i], diff, w->said);
      fail();
    }
    sqlite3_free(before);
    sqlite3_free(after);
  }
}

/* A copy of the script with the first `from` behind `after` replaced. */
static char *broken(const char *script, const char *after, const char *from, const char *to) {
  const char *at = strstr(script, after);
  char *z;
  assert_non_null(at);
  at = strstr(at, from);
  assert_non_null(at);
  z = sqlite3_mprintf("%.*s%s%s", (int)(at - script), script, to, at + strlen(from));
  return z;
}

static void errors(void **state) {
  static const struct {
    const char *from, *to;
  } breaks[] = {
      {"UPDATE t SET", "UPDATE t SETT"},          /* a statement of the user's with an error */
      {"UPDATE t SET b", "UPDATE t SET a"},       /* that fails as it runs */
      {"UPDATE t SET", "UPDATE OR ROLLBACK t SET a = 5,"}, /* and rolls back by itself */
      {"CREATE INDEX tb", "CREATE INDEX IF NOT EXISTS sqlite_tb"},
      {"CREATE TABLE u(x);", ""},                 /* deleted */
      {"CREATE TABLE u(x);", "CREATE TABLE v(x);CREATE TABLE w(x);"}, /* another one */
      {"CREATE TABLE u(x);", "ROLLBACK;"},
      {"UPDATE main.alembic_version", "UPDATE main.alembic_versions"},
      {"INSERT INTO main.migrate_journal", "INSERT INTO main.no_journal"},
  };
  world w;
  char *script, *z;
  size_t i;
  (void)state;
  begin(&w, line, 3);
  assert_int_equal(world_online(&w, "upgrade", "b2"), 0);
  script = world_script(&w, w.online, "upgrade", "head");
  assert_non_null(script);
  for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
    z = broken(script, "-- Running upgrade b2 -> c3", breaks[i].from, breaks[i].to);
    assert_nothing(&w, z, breaks[i].to);
    sqlite3_free(z);
  }
  free(script);
  world_close(&w);
}

/* A section outside of a transaction does not run where what stands before it has failed, with the
** journal or without. */
static void cut_not_reached(void **state) {
  const unsigned flags[] = {0, MIGRATE_NO_JOURNAL};
  int i, j;
  (void)state;
  for (i = 0; i < 4; i++) {
    world w;
    folder f;
    char *script, *z;
    begin(&w, line, 0);
    w.flags = flags[i / 2];
    folder_open(&f, &w, "");
    world_write(f.b, "-- ends a comment */ -- here\n-- revision: b2\n-- down_revision: a1\n"
                     "-- migrate:up transaction:false\nCREATE TABLE outside(x);\n"
                     "INSERT INTO outside VALUES (1) -- one\n;\n"
                     "ALTER TABLE outside ADD COLUMN y FIRST; INSERT INTO outside VALUES (2, 3)");
    assert_int_equal(folder_run(&w, &f, &script), 0);
    z = broken(script, "-- Running upgrade  -> a1", "CREATE TABLE t", "CREATE TABLE main");
    for (j = 0; j < 2; j++) {
      remove(w.offline);
      world_shell(&w, shells[j], z);
      assert_answer(w.offline, "SELECT name FROM sqlite_master", "");
    }
    assert_int_equal(world_shell(&w, shells[i % 2], script), 0);
    assert_int_equal(folder_run(&w, &f, 0), 0);
    assert_true(world_same(&w, "the whole of it"));
    sqlite3_free(z);
    sqlite3_free(script);
    folder_close(&f);
    world_close(&w);
  }
}

/* Every line of the run, deleted by itself. */
static void deletions(void **state) {
  world w;
  char *script, *from, *end, *next;
  (void)state;
  begin(&w, line, 3);
  assert_int_equal(world_online(&w, "upgrade", "b2"), 0);
  script = world_script(&w, w.online, "upgrade", "head");
  assert_non_null(script);
  from = strstr(script, "-- Running");
  end = strstr(script, "-- nothing is committed");
  assert_true(from && end);
  for (from = strchr(from, '\n') + 1; from < end && *from != '\n'; from = next) {
    char *z;
    next = strchr(from, '\n') + 1;
    z = sqlite3_mprintf("%.*s%s", (int)(from - script), script, next);
    assert_nothing(&w, z, "a line deleted");
    sqlite3_free(z);
  }
  free(script);
  world_close(&w);
}

/* Run twice, and on databases at other revisions. */
static void places(void **state) {
  static const char *const at[] = {"base", "a1", "head"};
  world w;
  char *script;
  int i;
  (void)state;
  begin(&w, line, 3);
  assert_int_equal(world_online(&w, "upgrade", "b2"), 0);
  script = world_script(&w, w.online, "upgrade", "head");
  assert_non_null(script);
  for (i = 0; i < 3; i++) {
    assert_int_equal(world_online(&w, "downgrade", "base"), 0);
    assert_int_equal(world_online(&w, "upgrade", at[i]), 0);
    assert_nothing(&w, script, at[i]);
    assert_non_null(strstr(w.said, "the database is not at the revision that this script begins"));
  }
  free(script);
  script = world_script(&w, w.online, "upgrade", "base:head");
  assert_non_null(script);
  assert_nothing(&w, script, "from base, on a database at the head");
  free(script);
  world_close(&w);
}

/* A rule of the schema rolls back: what follows must not be committed by itself. */
static void rollbacks(void **state) {
  static migrate_revision r[] = {
      {"a1", 0, 0, 0, "", 0,
       "CREATE TABLE t(a UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES (1)", 0, 0, 0, 0},
      {"b2", "a1", 0, 0, "", 0,
       "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1); INSERT INTO t VALUES (3);\n"
       "ALTER TABLE t ADD COLUMN b NOT NULL DEFAULT 1;\nINSERT INTO t VALUES (4, 5)",
       0, 0, 0, 0},
  };
  unsigned flags[] = {0, MIGRATE_PER_MIGRATION};
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    world w;
    char *script;
    begin(&w, r, 2);
    w.flags = flags[i];
    assert_int_equal(world_online(&w, "upgrade", "a1"), 0);
    script = world_script(&w, w.online, "upgrade", "head");
    assert_non_null(script);
    assert_nothing(&w, script, "ON CONFLICT ROLLBACK");
    free(script);
    assert_int_not_equal(world_online(&w, "upgrade", "head"), 0);
    assert_answer(w.online, "SELECT * FROM t", "|i1\n");
    world_close(&w);
  }
}

/* A transaction each: the first stays, nothing of those behind the error is committed. */
static void per_migration(void **state) {
  world w;
  char *script, *z;
  int i;
  (void)state;
  begin(&w, line, 3);
  w.flags = MIGRATE_PER_MIGRATION;
  script = world_script(&w, w.online, "upgrade", "head");
  assert_non_null(script);
  z = broken(script, "-- Running upgrade a1 -> b2", "INSERT INTO t", "INSERT INTO no_t");
  for (i = 0; i < 2; i++) {
    remove(w.offline);
    world_shell(&w, shells[i], z);
    assert_answer(w.offline, "SELECT version_num FROM alembic_version", "|ta1\n");
    assert_answer(w.offline, "SELECT * FROM t", "|i1|tx\n");
    assert_answer(w.offline, "SELECT revision FROM migrate_journal", "|ta1\n");
  }
  sqlite3_free(z);
  free(script);
  world_close(&w);
}

/* Rules that rows break, which only the database that the script meets can tell. */
static void rows(void **state) {
  world w;
  char *script;
  (void)state;
  begin(&w, line, 3);
  assert_int_equal(world_online(&w, "upgrade", "b2"), 0);
  script = world_script(&w, w.online, "downgrade", "b2:a1");
  assert_non_null(script);
  world_sql(w.online, "INSERT INTO t VALUES (9, NULL)");
  assert_nothing(&w, script, "SET NOT NULL over NULL");
  free(script);
  world_close(&w);
}

/* env.sql is part of the script: what fails in it keeps all of it from being committed. */
static void environment(void **state) {
  static const struct {
    const char *sql;
    int good;
  } envs[] = {{"-- for the application\nPRAGMA case_sensitive_like = ON; CREATE TEMP TRIGGER x "
               "BEFORE DELETE ON main.t\nBEGIN SELECT ';'; END; SELECT 1 -- one",
               1},
              {"PRAGMA temp_store = MEMORY", 1},
              {"SELECT 1; SELECT no_such_function(2); SELECT 3", 0},
              {"SELECT 1;\nSELECT abs(-9223372036854775807 - 1);", 0}};
  migrate_options options;
  world w;
  size_t i;
  (void)state;
  memset(&options, 0, sizeof(options));
  for (i = 0; i < sizeof(envs) / sizeof(envs[0]); i++) {
    char *script, env[140], versions[140], a[160];
    sqlite3 *db;
    migrate *m;
    begin(&w, line, 0);
    options.errbuf = w.error;
    options.nerrbuf = (int)sizeof(w.error);
    world_sql(w.online, "CREATE TABLE t(a TEXT)");
    world_copy(&w);
    snprintf(env, sizeof(env), "%s/env.sql", w.folder);
    snprintf(versions, sizeof(versions), "%s/versions", w.folder);
    snprintf(a, sizeof(a), "%s/a.sql", versions);
    mkdir(versions, 0700);
    world_write(env, envs[i].sql);
    world_write(a, "-- first\n-- revision: a1\n-- migrate:up\n"
                   "INSERT INTO t SELECT 'a' LIKE 'A';\nALTER TABLE t ALTER a TYPE INTEGER;\n");
    db = world_database(w.online);
    assert_int_equal(migrate_open(db, &options, &m), 0);
    migrate_add_directory(m, w.folder);
    assert_int_equal(migrate_script(m, "upgrade", "head", 0), 0);
    script = sqlite3_mprintf("%s", migrate_result(m));
    if (!envs[i].good) assert_nothing(&w, script, envs[i].sql);
    else assert_int_equal(world_shell(&w, "-bail", script), 0);
    assert_int_equal(migrate_upgrade(m, "head") == 0, envs[i].good);
    migrate_close(m);
    sqlite3_close(db);
    assert_true(world_same(&w, envs[i].sql));
    sqlite3_free(script);
    remove(a);
    remove(env);
    rmdir(versions);
    world_close(&w);
  }
}

/* A script that rebuilds a table cannot enforce foreign keys: what would be refused or cascade
** online is not committed, where the application has them on. Orphans from before are none of it.
*/
static void foreign_keys(void **state) {
  static migrate_revision r[] = {
      {"a1", 0, 0, 0, "", 0,
       "CREATE TABLE p(a INTEGER PRIMARY KEY);\nINSERT INTO p VALUES (1), (2), (3);\n"
       "CREATE TABLE c(a REFERENCES p(a) ON DELETE CASCADE);\n"
       "INSERT INTO c VALUES (1), (2);\nCREATE TABLE t(a TEXT)",
       0, 0, 0, 0},
      {"b2", "a1", 0, 0, "", 0, "ALTER TABLE t ALTER a TYPE INTEGER;\nDELETE FROM p WHERE a = 3",
       0, 0, 0, 0},
      {"c3", "b2", 0, 0, "", 0, "DELETE FROM p WHERE a = 2;\nALTER TABLE t ALTER a TYPE TEXT", 0,
       0, 0, 0},
      {"d4", "c3", 0, 0, "", 0, "DELETE FROM p WHERE a = 1", 0, 0, 0, 0},
  };
  const char *target[] = {"b2", "c3", "d4"};
  int on, i;
  (void)state;
  for (on = 0; on < 2; on++) {
    world w;
    begin(&w, r, 4);
    assert_int_equal(world_online(&w, "upgrade", "a1"), 0);
    world_sql(w.online, "INSERT INTO c VALUES (77)");
    for (i = 0; i < 3; i++) {
      sqlite3 *db = world_database(w.online);
      migrate *m = world_migrate(&w, db);
      char *script;
      sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, on, 0);
      world_copy(&w);
      assert_int_equal(migrate_script(m, "upgrade", target[i], 0), 0);
      script = sqlite3_mprintf("%s%s", on ? "PRAGMA foreign_keys = ON;\n" : "", migrate_result(m));
      if (on && i == 1) assert_nothing(&w, script, "a row that goes along");
      else assert_int_equal(world_shell(&w, "-bail", script), 0);
      assert_int_equal(migrate_upgrade(m, target[i]), 0);
      migrate_close(m);
      sqlite3_close(db);
      if (!on || i != 1) assert_true(world_same(&w, target[i]));
      sqlite3_free(script);
    }
    world_close(&w);
  }
}

/* What a statement says of the one before it stays true. */
static void counters(void **state) {
  static migrate_revision r[] = {
      {"a1", 0, 0, 0, "", 0,
       "CREATE TABLE t(a INTEGER PRIMARY KEY, b);\nINSERT INTO t(b) VALUES (1), (2), (3);\n"
       "INSERT INTO t(b) SELECT changes();\nUPDATE t SET b = 0 WHERE a > 2;\n"
       "INSERT INTO t VALUES (77, changes());\nINSERT INTO t SELECT 1000 + last_insert_rowid(), 5",
       0, 0, 0, 0}};
  world w;
  (void)state;
  begin(&w, r, 1);
  assert_true(world_both(&w, "changes()", "upgrade", "head"));
  assert_answer(w.offline, "SELECT group_concat(a || ' ' || b) FROM t",
                "|t1 1,2 2,3 0,4 0,77 2,1077 5\n");
  world_close(&w);
}

/* A copy keeps rows that broke a CHECK before, and the settings that a revision has made. */
static void old_rows(void **state) {
  static migrate_revision r[] = {
      {"a1", 0, 0, 0, "", 0,
       "CREATE TABLE t(a INTEGER CHECK (a > 0), b TEXT);\n"
       "PRAGMA ignore_check_constraints = ON;\nINSERT INTO t VALUES (-1, '1');\n"
       "PRAGMA ignore_check_constraints = OFF;\nINSERT INTO t VALUES (1, '2');",
       "DROP TABLE t", 0, 0, 0},
      {"b2", "a1", 0, 0, "", 0,
       "ALTER TABLE t ALTER b TYPE INTEGER;\nINSERT OR IGNORE INTO t VALUES (-2, 5);",
       "ALTER TABLE t ALTER b TYPE TEXT;", 0, 0, 0},
      {"c3", "b2", 0, 0, "", 0,
       "PRAGMA ignore_check_constraints = ON;\nALTER TABLE t ALTER b TYPE TEXT;\n"
       "INSERT INTO t VALUES (-3, 6);\nPRAGMA ignore_check_constraints = OFF;",
       "DELETE FROM t WHERE a = -3;", 0, 0, 0},
      {"d4", "c3", 0, 0, "", 0,
       "PRAGMA ignore_check_constraints = ON;\nALTER TABLE t ADD CHECK (b < 6);", 0, 0, 0, 0},
  };
  world w;
  (void)state;
  begin(&w, r, 4);
  assert_true(world_both(&w, "rows that break a rule", "upgrade", "a1"));
  assert_true(world_both(&w, "are copied", "upgrade", "b2"));
  assert_answer(w.offline, "SELECT count(*) FROM t", "|i2\n"); /* the rule holds again */
  assert_true(world_both(&w, "the setting of a revision stays", "upgrade", "c3"));
  assert_answer(w.offline, "SELECT count(*) FROM t", "|i3\n");
  assert_int_not_equal(world_offline(&w, "upgrade", "d4"), 0);
  assert_non_null(strstr(w.said, "check constraint t_b_check of t is broken"));
  assert_true(world_both(&w, "a new rule is looked at", "upgrade", "d4"));
  assert_true(world_both(&w, "and back", "downgrade", "a1"));
  world_close(&w);
}

static void no_shell(void **state) {
  (void)state;
  print_message("skipped: there is no sqlite3 shell\n");
  skip();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys), cmocka_unit_test(later), cmocka_unit_test(ranges),
      cmocka_unit_test(ways), cmocka_unit_test(settings), cmocka_unit_test(tag),
      cmocka_unit_test(line_ends), cmocka_unit_test(cut), cmocka_unit_test(cut_breaks),
      cmocka_unit_test(cut_is_followed),
      cmocka_unit_test(cut_open),
      cmocka_unit_test(errors), cmocka_unit_test(deletions), cmocka_unit_test(places),
      cmocka_unit_test(rollbacks), cmocka_unit_test(rows), cmocka_unit_test(per_migration),
      cmocka_unit_test(environment), cmocka_unit_test(old_rows), cmocka_unit_test(counters),
      cmocka_unit_test(foreign_keys), cmocka_unit_test(cut_not_reached),
  };
  const struct CMUnitTest none[] = {cmocka_unit_test(no_shell)};
  if (!world_has_shell()) return cmocka_run_group_tests(none, 0, 0);
  return cmocka_run_group_tests(tests, 0, 0);
}
