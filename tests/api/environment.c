/* The migration environment: made, found, read; new revision files. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv, symlink: for the test alone */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static char folder[64], home[4096];
static sqlite3 *db;
static migrate *m;
static char error[2000];
static char written[200]; /* what the hook was told */

static int hook(void *arg, const char *path) {
  strcpy(written, path);
  return *(int *)arg;
}

static int hook_answer;

static void open_handle(void) {
  migrate_options o;
  memset(&o, 0, sizeof(o));
  o.errbuf = error;
  o.nerrbuf = (int)sizeof(error);
  o.written = hook;
  o.written_arg = &hook_answer;
  error[0] = written[0] = 0;
  hook_answer = 0;
  assert_int_equal(migrate_open(db, &o, &m), 0);
}

/* Errors are sticky: the next test of a refusal begins anew. */
static void reopen(void) {
  migrate_close(m);
  open_handle();
}

static int begin(void **state) {
  (void)state;
  strcpy(folder, "/tmp/migrate-environment-XXXXXX");
  if (!getcwd(home, sizeof(home)) || !mkdtemp(folder) || chdir(folder)) return -1;
  unsetenv("MIGRATE_CONFIG");
  if (sqlite3_open(":memory:", &db)) return -1;
  open_handle();
  return 0;
}

static int end(void **state) {
  char command[100];
  (void)state;
  migrate_close(m);
  sqlite3_close(db);
  sprintf(command, "rm -rf %s", folder);
  return chdir(home) || system(command);
}

static void put_file(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static const char *file_text(const char *path) {
  static char text[8000];
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("no file %s", path);
  text[fread(text, 1, sizeof(text) - 1, f)] = 0;
  fclose(f);
  return text;
}

static int exists(const char *path) { return access(path, F_OK) == 0; }

/* The last call must have failed with this code and these words; a new handle is opened. */
static void refused(int code, const char *words) {
  if (migrate_errcode(m) != code || !strstr(migrate_errmsg(m), words)) {
    fail_msg("%d: %s\n  wanted %d: ..%s..", migrate_errcode(m), migrate_errmsg(m), code, words);
  }
  if (code != SQLITE_NOMEM) assert_string_equal(error, migrate_errmsg(m));
  reopen();
}

static void good(int rc) {
  if (rc) fail_msg("%d: %s", rc, migrate_errmsg(m));
}

/* ---- migrate_init ---- */

static void init(void **state) {
  (void)state;
  good(migrate_init(m, 0));
  assert_string_equal(migrate_result(m),
                      "Creating directory migrations ...  done\n"
                      "Creating directory migrations/versions ...  done\n"
                      "Generating migrations/README ...  done\n"
                      "Generating migrations/env.sql ...  done\n"
                      "Generating migrations/schema.sql ...  done\n"
                      "Generating migrations/script.sql.tmpl ...  done\n"
                      "Generating migrations/versions/.gitignore ...  done\n"
                      "Generating migrate.ini ...  done\n"
                      "Please edit configuration in migrate.ini before proceeding.");
  good(migrate_load(m, 0)); /* what it wrote is valid */
  assert_string_equal(migrate_get(m, "script_location"), "migrations");
  assert_string_equal(migrate_get(m, "target"), "file:migrations/schema.sql");
  good(migrate_add_directory(m, 0));
}

static void init_never_overwrites(void **state) {
  (void)state;
  assert_int_equal(mkdir("db", 0700), 0);
  put_file("db/README", "mine");
  put_file("migrate.ini", "# mine");
  good(migrate_init(m, "db//"));
  assert_string_equal(file_text("db/README"), "mine");
  assert_string_equal(file_text("migrate.ini"), "# mine");
  assert_non_null(strstr(migrate_result(m), "File db/README already exists, skipping\n"));
  assert_true(exists("db/versions/.gitignore"));
}

static void init_elsewhere(void **state) {
  (void)state;
  assert_int_equal(mkdir("conf", 0700), 0);
  good(migrate_set(m, "file", "conf/app.ini"));
  good(migrate_init(m, "deep/down/migrations"));
  assert_true(exists("deep/down/migrations/versions"));
  assert_true(exists("conf/app.ini"));
  assert_false(exists("migrate.ini"));
  reopen();
  good(migrate_load(m, "conf/app.ini"));
  good(migrate_add_directory(m, 0)); /* the folder is found from the file's own place */
  put_file("file", "");
  migrate_init(m, "file/x");
  refused(MIGRATE_FILE, "cannot make the folder file: there is a file of that name");
  migrate_init(m, "");
  refused(MIGRATE_MISUSE, "the directory has no name");
}

/* What migrate.ini cannot say, or only in other letters. */
static void init_odd_name(void **state) {
  (void)state;
  migrate_init(m, "two\nlines");
  refused(MIGRATE_MISUSE, "migrate.ini cannot say this folder: its name begins or ends with "
                          "a space, or holds a line break");
  migrate_init(m, " one");
  refused(MIGRATE_MISUSE, "migrate.ini cannot say this folder: its name begins or ends with "
                          "a space, or holds a line break");
  assert_false(exists("migrate.ini") || exists(" one") || exists("two\nlines"));
  good(migrate_init(m, "a${HOME}$b"));
  reopen();
  good(migrate_load(m, 0));
  assert_string_equal(migrate_get(m, "script_location"), "a${HOME}$b");
  good(migrate_add_directory(m, 0));
}

/* ---- migrate_load ---- */

static void load(void **state) {
  (void)state;
  good(migrate_load(m, 0)); /* ./migrate.ini may be missing */
  migrate_load(m, "none.ini");
  refused(MIGRATE_FILE, "cannot read none.ini: there is no such file or folder");
  setenv("MIGRATE_CONFIG", "other.ini", 1);
  migrate_load(m, 0);
  refused(MIGRATE_FILE, "cannot read other.ini");
  put_file("other.ini", "busy_timeout = ${APP_TIMEOUT}\n");
  unsetenv("APP_TIMEOUT");
  migrate_load(m, 0);
  refused(MIGRATE_CONFIG,
          "other.ini:1: environment variable APP_TIMEOUT is not set");
  setenv("APP_TIMEOUT", "12", 1);
  put_file("migrate.ini", "busy_timeout = 13\n");
  good(migrate_load(m, 0));
  assert_string_equal(migrate_get(m, "busy_timeout"), "12");
  unsetenv("MIGRATE_CONFIG");
  good(migrate_load(m, 0));
  assert_string_equal(migrate_get(m, "busy_timeout"), "13");
  good(migrate_set(m, "busy_timeout", "14"));
  good(migrate_load(m, "other.ini"));
  assert_string_equal(migrate_get(m, "busy_timeout"), "14");
  put_file("migrate.ini", "\n[migrate]\nbusy_timout = 13\n");
  migrate_load(m, "migrate.ini");
  refused(MIGRATE_CONFIG,
          "migrate.ini:3: unknown setting busy_timout; did you mean busy_timeout?");
}

/* ---- migrate_add_directory ---- */

static void revision_file(const char *path, const char *id, const char *down) {
  char text[300];
  sprintf(text,
          "-- message of %s\n-- revision: %s\n-- down_revision: %s\n\n"
          "-- migrate:up\nCREATE TABLE %s(a);\n-- migrate:down\nDROP TABLE %s;\n",
          id, id, down, id, id);
  put_file(path, text);
}

static void directories(void **state) {
  (void)state;
  migrate_add_directory(m, 0);
  refused(MIGRATE_FILE, "Path doesn't exist: migrations.  Please use migrate_init to create a new "
                        "scripts folder.");
  assert_int_equal(mkdir("plain", 0700), 0);
  revision_file("plain/1.sql", "aaaa", "");
  good(migrate_add_directory(m, "plain"));
  reopen();
  assert_int_equal(mkdir("plain/versions", 0700), 0);
  put_file("plain/1.sql", "not a revision");
  put_file("plain/env.sql", "PRAGMA foreign_keys = ON;");
  revision_file("plain/versions/1.sql", "aaaa", "");
  good(migrate_add_directory(m, "plain"));
  assert_string_equal(m->settings.env_sql, "PRAGMA foreign_keys = ON;");
  put_file("plain/versions/2.sql", "password=hunter2\n");
  reopen();
  migrate_add_directory(m, "plain");
  assert_non_null(strstr(migrate_errmsg(m), "plain/versions/2.sql"));
  assert_null(strstr(migrate_errmsg(m), "hunter2"));
  remove("plain/versions/2.sql");
  reopen();
  assert_int_equal(symlink("../1.sql", "plain/versions/2.sql"), 0);
  migrate_add_directory(m, "plain");
  refused(MIGRATE_FILE, "cannot read plain/versions/2.sql: it leads out of its folder");
  remove("plain/versions/2.sql");
  assert_int_equal(mkfifo("plain/versions/2.sql", 0600), 0);
  migrate_add_directory(m, "plain");
  refused(MIGRATE_FILE, "cannot read plain/versions/2.sql: it is not a regular file");
}

static void several_locations(void **state) {
  (void)state;
  assert_int_equal(mkdir("a", 0700) | mkdir("b", 0700) | mkdir("migrations", 0700), 0);
  revision_file("a/1.sql", "aaaa", "");
  revision_file("b/1.sql", "bbbb", "");
  put_file("migrations/env.sql", "SELECT 1;");
  good(migrate_set(m, "version_locations", "a, b"));
  good(migrate_add_directory(m, 0));
  assert_int_equal(m->nrevision, 2);
  assert_string_equal(m->settings.env_sql, "SELECT 1;");
  reopen();
  good(migrate_set(m, "version_locations", "a:b"));
  good(migrate_add_directory(m, 0));
  assert_int_equal(m->nrevision, 2);
  reopen();
  good(migrate_set(m, "version_locations", "a,c"));
  migrate_add_directory(m, 0);
  refused(MIGRATE_FILE, "Path doesn't exist: c.");
}

/* ---- new revisions ---- */

static const char *new_path; /* of the last file */

/* Makes a revision with one option of the command line set, in a fresh environment of files. */
static int create(const char *message, const char *option, const char *value) {
  static char path[500];
  migrate_new_options o;
  char *made = 0;
  int rc;
  memset(&o, 0, sizeof(o));
  if (option && strcmp(option, "head") == 0) o.head = value;
  if (option && strcmp(option, "splice") == 0) o.head = value;
  if (option && strcmp(option, "splice") == 0) o.splice = 1;
  if (option && strcmp(option, "label") == 0) o.branch_labels = value;
  if (option && strcmp(option, "path") == 0) o.version_path = value;
  if (option && strcmp(option, "id") == 0) o.rev_id = value;
  if (option && strcmp(option, "depends") == 0) o.depends_on = value;
  reopen();
  good(migrate_load(m, 0));
  good(migrate_add_directory(m, 0));
  rc = migrate_new_revision(m, message, &o, &made);
  if (made) strcpy(path, made);
  sqlite3_free(made);
  new_path = rc ? 0 : path;
  return rc;
}

static int count_files(void) {
  FILE *p = popen("ls migrations/versions | wc -l", "r");
  int n = -1;
  if (fscanf(p, "%d", &n) != 1) n = -1;
  pclose(p);
  return n;
}

static void environment(void) {
  put_file("migrate.ini", "file_template = %(rev)s_%(slug)s\n");
  assert_int_equal(mkdir("migrations", 0700) | mkdir("migrations/versions", 0700), 0);
}

static void new_revisions(void **state) {
  (void)state;
  environment();
  good(create("First one: users!", "id", "aaaa"));
  assert_string_equal(new_path, "migrations/versions/aaaa_first_one_users.sql");
  assert_string_equal(written, new_path);
  assert_non_null(strstr(file_text(new_path), "-- First one: users!\n"));
  assert_non_null(strstr(file_text(new_path), "-- revision: aaaa\n"));
  good(create("two\nlines", "id", "bbbb"));
  assert_non_null(strstr(file_text(new_path), "-- two lines\n"));
  assert_non_null(strstr(file_text(new_path), "-- down_revision: aaaa\n"));
  good(create("three", 0, 0));
  assert_int_equal(strlen(new_path), strlen("migrations/versions/0123456789ab_three.sql"));
  assert_int_equal(count_files(), 3);
}

static void new_revisions_refused(void **state) {
  (void)state;
  environment();
  good(create("a", "id", "aaaa"));
  good(create("b", "id", "bbbb"));
  create("c", "id", "aaaa");
  refused(MIGRATE_GRAPH, "'aaaa'");
  create("c", "id", "../x");
  refused(MIGRATE_GRAPH, "not allowed in revision identifier '../x'");
  create("c", "head", "aaaa");
  refused(MIGRATE_RANGE, "Revision aaaa is not a head revision; please specify --splice to create "
                         "a new branch from this revision");
  create("c", "head", "zzzz");
  refused(MIGRATE_NO_REVISION, "Can't locate revision identified by 'zzzz'");
  create("c", "depends", "zzzz");
  refused(MIGRATE_NO_REVISION, "Can't locate revision identified by 'zzzz'");
  create("c", "path", "elsewhere");
  refused(MIGRATE_FILE, "Path elsewhere is not represented in current version locations");
  create("c", "label", "a@b");
  refused(MIGRATE_GRAPH, "a@b");
  assert_int_equal(count_files(), 2);
  good(create("c", "splice", "aaaa"));
  create("d", 0, 0);
  refused(MIGRATE_MULTIPLE_HEADS,
          "Multiple heads are present; please specify the head revision on which the new revision "
          "should be based, or perform a merge.");
  assert_int_equal(count_files(), 3);
}

/* A template that makes no revision, or another one, makes no file. */
static void templates(void **state) {
  (void)state;
  environment();
  put_file("migrations/script.sql.tmpl", "-- ${message}\n-- revision: ${revision}\n"
                                         "-- down_revision: ${down_revision}\n-- migrate:up\n"
                                         "-- ours\n${upgrade}\n");
  good(create("a", "id", "aaaa"));
  assert_non_null(strstr(file_text(new_path), "-- ours\n"));
  put_file("migrations/script.sql.tmpl", "-- ${message}\n-- ${revision}\n");
  create("b", "id", "bbbb");
  refused(MIGRATE_SCRIPT, ":1: no header");
  put_file("migrations/script.sql.tmpl", "-- revision: x${revision}\n");
  create("b", "id", "bbbb");
  refused(MIGRATE_SCRIPT, "its revision is 'xbbbb'");
  put_file("migrations/script.sql.tmpl", "-- revision: ${id}\n");
  create("b", "id", "bbbb");
  refused(MIGRATE_CONFIG, "unknown token '${id}' in the template");
  assert_int_equal(count_files(), 1);
  remove("migrations/script.sql.tmpl");
}

/* Ids become names of files. */
static void hostile_ids(void **state) {
  static const char *const ids[] = {"../../x", "/etc/passwd", "a/b", "a\\b", "C:x", ".", "..", "",
                                    "%2e%2e", "a b", "a\nb", "\xff", "a@b", "a+1", "a-1", "a:b"};
  char large[5001];
  size_t i;
  (void)state;
  environment();
  for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
    assert_int_equal(create("x", "id", ids[i]), MIGRATE_GRAPH);
    assert_null(new_path);
    reopen();
  }
  memset(large, 'a', 5000);
  large[5000] = 0;
  assert_int_equal(create("x", "id", large), MIGRATE_GRAPH);
  assert_int_equal(count_files(), 0);
  put_file("migrate.ini", "file_template = ../%(rev)s\n");
  assert_int_equal(create("x", "id", "aaaa"), MIGRATE_CONFIG);
  put_file("migrate.ini", "file_template = %(nothing)s\n");
  assert_int_equal(create("x", "id", "aaaa"), MIGRATE_CONFIG);
  assert_int_equal(count_files(), 0);
  assert_false(exists("migrations/aaaa.sql"));
}

static int ignore_difference(void *arg, const migrate_difference *d) {
  (void)arg;
  return !d->op;
}

/* Runs what reads a file, and looks for a word of it in the message. */
static void expect_silence(int how, const char *text) {
  static const char *const names[] = {"as migrate.ini", "as a revision", "as a target",
                                      "as a mapping", "as a backup"};
  reopen();
  switch (how) {
    case 0: migrate_load(m, "secret"); break;
    case 1: migrate_add_directory(m, "folder"); break;
    case 2: migrate_diff(m, "file:secret", ignore_difference, 0); break;
    case 3: migrate_adopt(m, "file:secret"); break;
    default: migrate_restore(m, "secret");
  }
  if (!migrate_errcode(m)) fail_msg("%s: no error of %s", names[how], text);
  if (strstr(migrate_errmsg(m), "hunter2")) fail_msg("%s: %s", names[how], migrate_errmsg(m));
}

/* What was named by mistake, or by an attacker, does not show up in a message. */
static void secrets(void **state) {
  static const char *const texts[] = {"password=hunter2\n", "hunter2\n", "hunter2=1\n", "\"hunter2",
                                      "'hunter2", "[hunter2", "$hunter2;", "{\"key\": \"hunter2\"}",
                                      "-----BEGIN hunter2-----\nhunter2==\n",
                                      "root:hunter2:0:0::/root:/bin/sh\n", "# x\nhunter2\n",
                                      "hunter2:\n", "CREATE TABLE t(a);\nhunter2 x;\n"};
  size_t i;
  int how;
  (void)state;
  assert_int_equal(mkdir("folder", 0700), 0);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE schema_migrations(version)", 0, 0, 0), 0);
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    put_file("secret", texts[i]);
    put_file("folder/1.sql", texts[i]);
    for (how = 0; how < 5; how++) expect_silence(how, texts[i]);
  }
}

static void large_file(void **state) {
  (void)state;
  assert_int_equal(mkdir("versions", 0700), 0);
  put_file("versions/1.sql", "");
  assert_int_equal(truncate("versions/1.sql", (off_t)2 << 30), 0);
  migrate_add_directory(m, ".");
  refused(MIGRATE_LIMIT, "cannot read ./versions/1.sql: it is larger than 256000000 bytes");
}

static void labels_and_dependencies(void **state) {
  (void)state;
  environment();
  good(create("a", "id", "aaaa"));
  reopen();
  {
    migrate_new_options o;
    char *path = 0;
    memset(&o, 0, sizeof(o));
    o.head = "base";
    o.rev_id = "bbbb";
    o.branch_labels = "other";
    o.depends_on = "aa";
    o.upgrade = "CREATE TABLE u(a);";
    o.downgrade = "DROP TABLE u;";
    good(migrate_add_directory(m, "migrations"));
    good(migrate_new_revision(m, "b", &o, &path));
    assert_non_null(strstr(file_text(path), "-- branch_labels: other\n"));
    assert_non_null(strstr(file_text(path), "-- depends_on: aaaa\n"));
    assert_non_null(strstr(file_text(path), "CREATE TABLE u(a);"));
    assert_non_null(strstr(file_text(path), "DROP TABLE u;"));
    sqlite3_free(path);
  }
  create("c", "label", "other");
  assert_int_not_equal(migrate_errcode(m), 0);
  reopen();
  good(create("c", "head", "other@head"));
}

static void merges(void **state) {
  migrate_new_options o;
  char *path = 0;
  (void)state;
  environment();
  good(create("a", "id", "aaaa"));
  good(create("b", "id", "bbbb"));
  good(create("c", "splice", "aaaa"));
  reopen();
  memset(&o, 0, sizeof(o));
  o.rev_id = "dddd";
  good(migrate_load(m, 0));
  good(migrate_add_directory(m, 0));
  good(migrate_merge(m, "heads", "bring together", &o, &path));
  assert_string_equal(path, "migrations/versions/dddd_bring_together.sql");
  assert_non_null(strstr(file_text(path), "bbbb"));
  sqlite3_free(path);
  reopen();
  good(migrate_load(m, 0));
  good(migrate_add_directory(m, 0));
  migrate_merge(m, "heads", "again", 0, &path);
  assert_null(path);
  refused(MIGRATE_RANGE, "a merge needs two revisions or more");
}

static void hooks(void **state) {
  migrate_new_options o;
  char *path = 0;
  (void)state;
  environment();
  memset(&o, 0, sizeof(o));
  good(migrate_add_directory(m, "migrations"));
  hook_answer = SQLITE_PERM;
  assert_int_equal(migrate_new_revision(m, "a", &o, &path), SQLITE_PERM);
  assert_null(path);
  assert_true(exists(written)); /* the file stays */
  refused(SQLITE_PERM, "the hook failed");
}

/* A zone that is always 3:30 behind UTC. */
static void put_zone(const char *path) {
  FILE *f = fopen(path, "wb");
  char z[44 + 6 + 1];
  assert_non_null(f);
  memset(z, 0, sizeof(z));
  memcpy(z, "TZif", 4);
  z[39] = z[43] = 1; /* one type, one letter */
  memcpy(z + 44, "\xff\xff\xce\xc8", 4);
  assert_int_equal(fwrite(z, 1, sizeof(z), f), sizeof(z));
  fclose(f);
}

static void zones(void **state) {
  (void)state;
  environment();
  put_file("migrate.ini", "timezone = +05:30\n");
  good(create("a", "id", "aaaa"));
  assert_non_null(strstr(file_text(new_path), "+05:30\n"));
  put_file("migrate.ini", "");
  good(create("b", "id", "bbbb"));
  assert_non_null(strstr(file_text(new_path), "Z\n"));
  setenv("TZ", "Asia/Kolkata", 1);
  tzset();
  put_file("migrate.ini", "timezone = local\n");
  good(create("c", "id", "cccc"));
  unsetenv("TZ");
  tzset();
  assert_int_equal(mkdir("zones", 0700) | mkdir("zones/Mars", 0700), 0);
  setenv("TZDIR", "zones", 1);
  put_file("zones/Mars/Olympus", "not a zone");
  put_file("migrate.ini", "timezone = Mars/Olympus\n");
  create("d", "id", "dddd");
  refused(MIGRATE_FILE, "cannot read zones/Mars/Olympus: it is not a time zone file");
  put_zone("zones/Mars/Olympus");
  good(create("d", "id", "dddd"));
  assert_non_null(strstr(file_text(new_path), "-03:30\n"));
  put_zone("zones/MARS");
  put_file("migrate.ini", "timezone = mars\n");
  good(create("e", "id", "eeee"));
  assert_non_null(strstr(file_text(new_path), "-03:30\n"));
  put_file("migrate.ini", "timezone = Nowhere/Land\n");
  create("f", "id", "ffff");
  refused(MIGRATE_CONFIG, "Can't locate timezone: Nowhere/Land; utc, local and offsets such as "
                          "+02:00 need no time zone files");
  assert_int_equal(count_files(), 5);
  unsetenv("TZDIR");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(init, begin, end),
    cmocka_unit_test_setup_teardown(init_never_overwrites, begin, end),
    cmocka_unit_test_setup_teardown(init_elsewhere, begin, end),
    cmocka_unit_test_setup_teardown(init_odd_name, begin, end),
    cmocka_unit_test_setup_teardown(load, begin, end),
    cmocka_unit_test_setup_teardown(directories, begin, end),
    cmocka_unit_test_setup_teardown(several_locations, begin, end),
    cmocka_unit_test_setup_teardown(new_revisions, begin, end),
    cmocka_unit_test_setup_teardown(new_revisions_refused, begin, end),
    cmocka_unit_test_setup_teardown(templates, begin, end),
    cmocka_unit_test_setup_teardown(hostile_ids, begin, end),
    cmocka_unit_test_setup_teardown(secrets, begin, end),
    cmocka_unit_test_setup_teardown(large_file, begin, end),
    cmocka_unit_test_setup_teardown(labels_and_dependencies, begin, end),
    cmocka_unit_test_setup_teardown(merges, begin, end),
    cmocka_unit_test_setup_teardown(hooks, begin, end),
    cmocka_unit_test_setup_teardown(zones, begin, end),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
