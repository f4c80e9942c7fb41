/* Script: reading and writing revision files, what may not stand in them, the checksum. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "oom.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/revision.c"
#include "../../amalgamation/script.c"
#include "../../amalgamation/template.c"

typedef struct fixture {
  mig_fault fault;
  mig_arena arena;
  mig_revision rev;
} fixture;

static void begin(fixture *f) {
  memset(f, 0, sizeof(*f));
  mig_arena_init(&f->arena, &f->fault);
}

static void end(fixture *f) {
  mig_arena_free(&f->arena);
  mig_fault_clear(&f->fault);
}

static void parse_bytes(fixture *f, const char *z, size_t n) {
  begin(f);
  mig_script_parse(&f->arena, "v/a.sql", z, n, &f->rev);
}

static void parse(fixture *f, const char *z) { parse_bytes(f, z, strlen(z)); }

static void expect_refused(const char *z, const char *message) {
  fixture f;
  parse(&f, z);
  assert_string_equal(mig_fault_text(&f.fault), message);
  end(&f);
}

#define HEAD "-- m\n-- revision: a\n"

static void whole_file(void **state) {
  fixture f;
  (void)state;
  parse(&f,
        "-- add test model\n"
        "-- revision: def456\n"
        "-- down_revision: abc123 ,x\n"
        "-- branch_labels:\n"
        "-- depends_on: left\n"
        "-- create_date: 2025-12-18T10:35:00Z\n"
        "-- compat: abc123\n"
        "-- prose: no, two words: are no key; nor is https://x.org\n"
        "\n"
        "-- migrate:up\n"
        "CREATE TABLE t(a, -- migrate:renamed_from b\n"
        "  c TEXT DEFAULT '\n"
        "-- migrate:down\n"
        "');\n"
        "/*\n"
        "-- migrate:down\n"
        "*/\n"
        "-- migrate:down transaction:false\n"
        "DROP TABLE t;\n");
  assert_int_equal(f.fault.code, MIGRATE_SCRIPT);
  assert_string_equal(mig_fault_text(&f.fault),
                      "v/a.sql:8: unknown header key 'prose'; known are revision, down_revision, "
                      "branch_labels, depends_on, create_date and compat");
  end(&f);
  parse(&f,
        "-- add test model\n"
        "-- revision: def456\n"
        "-- down_revision: abc123 ,x\n"
        "-- branch_labels:\n"
        "-- depends_on: left\n"
        "-- create_date: 2025-12-18T10:35:00Z\n"
        "-- compat: abc123\n"
        "-- this prose has two words: no key; nor is https://x.org\n"
        "\n"
        "-- migrate:up\n"
        "CREATE TABLE t(a, -- migrate:renamed_from b\n"
        "  c TEXT DEFAULT '\n"
        "-- migrate:down\n"
        "');\n"
        "/*\n"
        "-- migrate:down\n"
        "*/\n"
        "-- migrate:down transaction:false\n"
        "DROP TABLE t;\n");
  assert_string_equal(mig_fault_text(&f.fault), "not an error");
  assert_string_equal(f.rev.id, "def456");
  assert_string_equal(f.rev.message, "add test model");
  assert_int_equal(f.rev.down.n, 2);
  assert_string_equal(f.rev.down.at[0], "abc123");
  assert_string_equal(f.rev.down.at[1], "x");
  assert_int_equal(f.rev.labels.n, 0);
  assert_string_equal(f.rev.depends.at[0], "left");
  assert_string_equal(f.rev.create_date, "2025-12-18T10:35:00Z");
  assert_string_equal(f.rev.compat, "abc123");
  assert_int_equal(f.rev.upgrade.line, 11);
  assert_int_equal(strncmp(f.rev.upgrade.sql, "CREATE TABLE t(a", 16), 0);
  assert_string_equal(strstr(f.rev.upgrade.sql, "/*"), "/*\n-- migrate:down\n*/\n");
  assert_int_equal(f.rev.upgrade.outside, 0);
  assert_int_equal(f.rev.downgrade.line, 19);
  assert_int_equal(f.rev.downgrade.outside, 1);
  assert_string_equal(f.rev.downgrade.sql, "DROP TABLE t;\n");
  end(&f);
}

static void forms_of_text(void **state) {
  fixture f;
  (void)state;
  parse(&f,
        "\xef\xbb\xbf-- m\r\n-- revision: a\r\n-- migrate:up\r\nSELECT 1;\r\n-- migrate:down\r\n");
  assert_string_equal(mig_fault_text(&f.fault), "not an error");
  assert_string_equal(f.rev.message, "m");
  assert_string_equal(f.rev.id, "a");
  assert_string_equal(f.rev.upgrade.sql, "SELECT 1;\r\n");
  assert_string_equal(f.rev.downgrade.sql, "");
  end(&f);
  parse(&f, "\xef\xbb\xbf-- migrate:up\n");
  assert_string_equal(strstr(mig_fault_text(&f.fault), ": "),
                      ": no header; a revision file begins with comment lines, of which one is "
                      "'-- revision: ID'");
  end(&f);
  parse(&f, HEAD "-- migrate:up");
  assert_string_equal(f.rev.upgrade.sql, "");
  assert_null(f.rev.downgrade.sql);
  end(&f);
  parse(&f, "-- revision: a\n-- fix: a bug\n");
  assert_string_equal(f.rev.message, "fix: a bug");
  end(&f);
  parse(&f, HEAD "-- migrate:down\nx\n-- migrate:up\ny\n");
  assert_string_equal(f.rev.upgrade.sql, "y\n");
  assert_string_equal(f.rev.downgrade.sql, "x\n");
  end(&f);
  parse(&f, HEAD "-- migrate:up\nSELECT 1; -- migrate:down is further below\n");
  assert_null(f.rev.downgrade.sql);
  end(&f);
}

static void refused_files(void **state) {
  fixture f;
  (void)state;
  expect_refused("CREATE TABLE t(a);",
                 "v/a.sql:1: no header; a revision file begins with comment lines, of which one "
                 "is '-- revision: ID'");
  expect_refused("",
                 "v/a.sql:1: no header; a revision file begins with comment lines, of which one "
                 "is '-- revision: ID'");
  expect_refused("-- password hunter2\n-- x: hunter2\n",
                 "v/a.sql:2: unknown header key 'x'; known are revision, down_revision, "
                 "branch_labels, depends_on, create_date and compat");
  expect_refused(HEAD "-- revision: b\n",
                 "v/a.sql:3: header key 'revision' is there already, in line 2");
  expect_refused(HEAD "\nSELECT 1;\n",
                 "v/a.sql:4: a statement stands before the first section; put the line "
                 "'-- migrate:up' before it");
  expect_refused(
      HEAD "-- migrate:up\n-- migrate:dwon\n",
      "v/a.sql:4: unknown marker; known are -- migrate:up, down, allow and renamed_from");
  expect_refused(HEAD "-- migrate:up\n-- migrate:up\n",
                 "v/a.sql:4: -- migrate:up is there already, before line 4");
  expect_refused(HEAD "-- migrate:up transactional:no\n",
                 "v/a.sql:3: unknown option of the marker; known is transaction:false");
  expect_refused(HEAD "-- migrate:up\n  -- migrate:down\n",
                 "v/a.sql:4: a marker of a section begins its line, without blanks before it");
  expect_refused("-- m\n-- revision: ../x\n",
                 "v/a.sql:2: Character(s) '/' not allowed in revision identifier '../x'");
  expect_refused("-- m\n-- revision:\n", "v/a.sql:2: a revision identifier is empty");
  expect_refused(HEAD "-- down_revision: b-c\n",
                 "v/a.sql:3: Character(s) '-' not allowed in revision identifier 'b-c'");
  expect_refused("-- m\n-- revision: \303\244+\n",
                 "v/a.sql:2: Character(s) '+, \303\244' not allowed in revision identifier "
                 "'\303\244+'");
  /* what is nearly a key or a marker is not prose */
  expect_refused(HEAD "-- down_revision = b\n",
                 "v/a.sql:3: the header key down_revision is written '-- down_revision: '");
  expect_refused(HEAD "-- depends_on :b\n",
                 "v/a.sql:3: the header key depends_on is written '-- depends_on: '");
  expect_refused(HEAD "-- depends-on: b\n",
                 "v/a.sql:3: unknown header key 'depends-on'; known are revision, down_revision, "
                 "branch_labels, depends_on, create_date and compat");
  expect_refused(HEAD "-- migrate:up\nSELECT 1;\n -- Migrate :DOWN\n",
                 "v/a.sql:5: a marker is written '-- migrate:up' or '-- migrate:down'");
  parse_bytes(&f, HEAD "-- \0 x\n", 24);
  assert_string_equal(mig_fault_text(&f.fault), "v/a.sql:3: a NUL byte, at offset 23 of the file");
  end(&f);
}

/* What mig_check_section() says to an upgrade section of this text. */
static void expect_section(const char *sql, int outside, const char *message) {
  fixture f;
  char text[400];
  sqlite3_snprintf((int)sizeof text, text, HEAD "-- migrate:up%s\n%s",
                   outside ? " transaction:false" : "", sql);
  parse(&f, text);
  assert_int_equal(f.fault.code, 0);
  mig_check_section(&f.arena, &f.rev, 1);
  assert_string_equal(mig_fault_text(&f.fault), message);
  end(&f);
}

#define AT(line, column) "revision a (v/a.sql), upgrade, line " line ", column " column ": "
#define OWN " is not for a revision: the run has its own transaction"
#define IDLE " does nothing inside a transaction; leave it out, or set it in env.sql"
#define CUT                                                                \
  " cannot run inside a transaction; a section that needs it begins with " \
  "'-- migrate:up transaction:false' (or down)"

static void refused_statements(void **state) {
  (void)state;
  expect_section("SELECT 1;\n  /* x */ begin;", 0, AT("5", "11") "BEGIN" OWN);
  expect_section("-- c\nCOMMIT;", 0, AT("5", "1") "COMMIT" OWN);
  expect_section("eNd", 0, AT("4", "1") "END" OWN);
  expect_section("ROLLBACK", 0, AT("4", "1") "ROLLBACK" OWN);
  expect_section("SAVEPOINT x", 0, AT("4", "1") "SAVEPOINT" OWN);
  expect_section("RELEASE x", 0, AT("4", "1") "RELEASE" OWN);
  expect_section("ATTACH 'x' AS y", 0, AT("4", "1") "ATTACH" CUT);
  expect_section("DETACH y", 0, AT("4", "1") "DETACH" CUT);
  expect_section("VACUUM;", 0, AT("4", "1") "VACUUM" CUT);
  expect_section("VACUUM; BEGIN; COMMIT", 1, "not an error");
  expect_section("PRAGMA main.foreign_keys = off", 0, AT("4", "1") "PRAGMA foreign_keys" IDLE);
  expect_section("pragma /**/ Journal_Mode(wal)", 0, AT("4", "1") "PRAGMA journal_mode" IDLE);
  expect_section("PRAGMA \"foreign_keys\" = off", 0, AT("4", "1") "PRAGMA foreign_keys" IDLE);
  expect_section("PRAGMA foreign_keys; PRAGMA cache_size = 3", 0, "not an error");
  expect_section("PRAGMA foreign_keys = off", 1, "not an error");
  expect_section(".read other.sql\n", 0, AT("4", "1") "a command of the sqlite3 shell is not SQL");
  expect_section("SELECT 1;\nCREATE TABLE t(", 0,
                 AT("5", "1") "the text ends inside of this statement");
  expect_section("SELECT 'x", 1, AT("4", "1") "the text ends inside of this statement");
  expect_section("/* open", 0, AT("4", "1") "the text ends inside of this statement");
  expect_section(
      "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 'COMMIT;', "
      "\"BEGIN\"; -- ROLLBACK;\nINSERT OR ROLLBACK INTO t VALUES(1)",
      0, "not an error");
  expect_section("", 0, "not an error");
}

static const char *checksum_of(fixture *f, const char *up, const char *down) {
  memset(&f->rev, 0, sizeof f->rev);
  f->rev.upgrade.sql = up;
  f->rev.downgrade.sql = down;
  return mig_checksum(&f->arena, &f->rev);
}

static void checksums(void **state) {
  fixture f;
  const char *sum;
  (void)state;
  begin(&f);
  sum = checksum_of(&f, "CREATE TABLE t(a TEXT DEFAULT 'x');", "DROP TABLE t;");
  assert_int_equal(strlen(sum), 16);
  assert_string_equal(sum,
                      checksum_of(&f, "; \r\n-- c\r\ncreate table T ( a text\tdefault 'x' ) ;;\n",
                                  "/* c */ drop TABLE t"));
  assert_string_not_equal(sum,
                          checksum_of(&f, "CREATE TABLE t(a TEXT DEFAULT 'X');", "DROP TABLE t"));
  assert_string_not_equal(sum,
                          checksum_of(&f, "CREATE TABLE u(a TEXT DEFAULT 'x');", "DROP TABLE t"));
  assert_string_not_equal(sum,
                          checksum_of(&f, "CREATE TABLE t(a TEXT DEFAULT 'x');", "DROP TABLE u"));
  assert_string_not_equal(sum, checksum_of(&f, "CREATE TABLE t(a TEXT DEFAULT 'x');", 0));
  assert_string_not_equal(checksum_of(&f, "SELECT a; b", ""), checksum_of(&f, "SELECT a b", ""));
  assert_string_not_equal(checksum_of(&f, "SELECT \"a\"", ""), checksum_of(&f, "SELECT \"A\"", ""));
  assert_string_not_equal(checksum_of(&f, "a", ""), checksum_of(&f, "", "a"));
  assert_string_equal(checksum_of(&f, "SELECT 'a\r\nb'", ""), checksum_of(&f, "SELECT 'a\nb'", ""));
  end(&f);
}

static void rendered(void **state) {
  fixture f;
  const char *text;
  mig_revision rev;
  (void)state;
  begin(&f);
  memset(&rev, 0, sizeof rev);
  rev.id = "def456";
  rev.message = "add test model";
  rev.create_date = "2025-12-18T10:35:00Z";
  rev.down = mig_list_of(&f.arena, "a,b");
  rev.upgrade.sql = "CREATE TABLE t(a);\n";
  text = mig_script_render(&f.arena, "script.sql.tmpl", mig_template, &rev);
  assert_string_equal(text,
                      "-- add test model\n-- revision: def456\n-- down_revision: a, b\n"
                      "-- branch_labels:\n-- depends_on:\n-- create_date: 2025-12-18T10:35:00Z\n"
                      "\n-- migrate:up\nCREATE TABLE t(a);\n\n-- migrate:down\n");
  mig_script_parse(&f.arena, "x", text, strlen(text), &f.rev);
  assert_int_equal(f.fault.code, 0);
  assert_string_equal(f.rev.upgrade.sql, "CREATE TABLE t(a);\n\n");
  assert_string_equal(f.rev.downgrade.sql, "");
  assert_null(mig_script_render(&f.arena, "script.sql.tmpl", "\n${nothing}", &rev));
  assert_string_equal(mig_fault_text(&f.fault),
                      "script.sql.tmpl:2: unknown token '${nothing}' in the template");
  end(&f);
  begin(&f);
  rev.message = "revision: x";
  assert_null(mig_script_render(&f.arena, "script.sql.tmpl", mig_template, &rev));
  end(&f);
}

static void file_names(void **state) {
  fixture f;
  mig_file_facts facts;
  (void)state;
  begin(&f);
  assert_string_equal(mig_slug(&f.arena, "Add  users' e-mail!", 40), "add_users_e_mail");
  assert_string_equal(mig_slug(&f.arena, "add a table for the users of the system", 20),
                      "add_a_table_for_the_");
  assert_string_equal(mig_slug(&f.arena, "add a table for the_users", 21), "add_a_table_for_the_");
  assert_string_equal(mig_slug(&f.arena, "abcdefghij", 4), "abcd_");
  assert_string_equal(mig_slug(&f.arena, "\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4\xc3\xb6_");
  assert_string_equal(mig_slug(&f.arena, "...", 40), "");
  memset(&facts, 0, sizeof facts);
  facts.id = "def456";
  facts.slug = "add_users";
  facts.year = 2025;
  facts.month = 2;
  facts.day = 3;
  facts.hour = 4;
  facts.minute = 5;
  facts.second = 6;
  facts.epoch = 1738555506;
  assert_string_equal(
      mig_file_name(&f.arena,
                    "%(year)d%(month).2d%(day).2d_%(hour).2d%(minute).2d_%(rev)s_%(slug)s", &facts),
      "20250203_0405_def456_add_users.sql");
  assert_string_equal(mig_file_name(&f.arena, "%%(epoch)s-%%(second).2d_100%%_%(month)02d", &facts),
                      "1738555506-06_100%_02.sql");
  assert_null(mig_file_name(&f.arena, "%(revision)s", &facts));
  assert_string_equal(mig_fault_text(&f.fault), "file_template: no such token: %(revision)s");
  end(&f);
  begin(&f);
  assert_null(mig_file_name(&f.arena, "%(year)d/%(rev)s", &facts));
  assert_int_equal(f.fault.code, MIGRATE_CONFIG);
  end(&f);
  begin(&f);
  assert_int_equal(strlen(mig_new_id(&f.arena)), 12);
  assert_string_not_equal(mig_new_id(&f.arena), mig_new_id(&f.arena));
  end(&f);
}

/* The Nth allocation and all behind it fail: a fault, and no crash. */
static void use_all(fixture *f) {
  static const char text[] =
      "-- m\n-- revision: a\n-- down_revision: b, c\n-- compat: b\n"
      "-- migrate:up transaction:false\nSELECT 1;\r\n-- migrate:down\nPRAGMA foreign_keys=1";
  mig_file_facts facts;
  memset(&facts, 0, sizeof facts);
  parse(f, text);
  if (mig_failed(&f->arena)) return;
  mig_check_section(&f->arena, &f->rev, 1);
  mig_checksum(&f->arena, &f->rev);
  mig_script_render(&f->arena, "x", mig_template, &f->rev);
  facts.id = mig_new_id(&f->arena);
  facts.slug = mig_slug(&f->arena, "some long message", 5);
  if (facts.id && facts.slug) mig_file_name(&f->arena, "%(rev)s_%(slug)s_%(day).2d", &facts);
  mig_check_section(&f->arena, &f->rev, 0);
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
  assert_int_equal(code, MIGRATE_SCRIPT);
  assert_true(n > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(whole_file),    cmocka_unit_test(forms_of_text),
      cmocka_unit_test(refused_files), cmocka_unit_test(refused_statements),
      cmocka_unit_test(checksums),     cmocka_unit_test(rendered),
      cmocka_unit_test(file_names),
  };
  oom_install();
  return cmocka_run_group_tests_name("script", tests, 0, 0);
}
