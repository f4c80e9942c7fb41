/* Settings: values, the reader of migrate.ini, paths. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/settings.c"

typedef struct fixture {
  mig_fault fault;
  mig_arena arena;
  mig_settings s;
} fixture;

static void begin(fixture *f) {
  memset(f, 0, sizeof(*f));
  mig_arena_init(&f->arena, &f->fault);
  mig_settings_init(&f->s);
}

static void end(fixture *f) {
  mig_arena_free(&f->arena);
  mig_fault_clear(&f->fault);
}

/* A process environment of three variables. */
static const char *lookup(void *arg, const char *name) {
  (void)arg;
  if (strcmp(name, "HOME") == 0) return "/home/ann";
  if (strcmp(name, "_a1Z") == 0) return "7";
  return strcmp(name, "EMPTY") == 0 ? "" : 0;
}

static int read_ini(fixture *f, const char *text) {
  return mig_settings_read(&f->arena, &f->s, "migrate.ini", text, strlen(text), lookup, 0);
}

static void expect_message(fixture *f, int code, const char *message) {
  assert_int_equal(f->fault.code, code);
  assert_string_equal(mig_fault_text(&f->fault), message);
  end(f);
}

static void defaults(void **state) {
  fixture f;
  (void)state;
  begin(&f);
  assert_string_equal(f.s.script_location, "migrations");
  assert_string_equal(f.s.version_table, "alembic_version");
  assert_int_equal(f.s.journal, 1);
  assert_int_equal(f.s.transaction_per_migration, 0);
  assert_int_equal(f.s.rebuild, MIG_REBUILD_AUTO);
  assert_int_equal(f.s.busy_timeout, 5000);
  assert_int_equal(f.s.truncate_slug_length, 40);
  assert_int_equal(f.s.log_level, 0);
  end(&f);
}

/* The same by their texts. */
static void defaults_said(void **state) {
  fixture f;
  mig_settings said;
  int i;
  (void)state;
  begin(&f);
  memset(&said, 0, sizeof said);
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    size_t at = mig_setting_table[i].offset;
    mig_setting_apply(&said, i);
    if (mig_setting_table[i].kind >= MIG_KIND_BOOL) {
      assert_int_equal(*(int *)((char *)&said + at), *(int *)((char *)&f.s + at));
    } else {
      assert_string_equal(*(const char **)((char *)&said + at),
                          *(const char **)((char *)&f.s + at));
    }
  }
  end(&f);
}

static void booleans(void **state) {
  static const char *const on[] = {"on", "true", "yes", "1", "ON", "Yes"};
  static const char *const off[] = {"off", "false", "no", "0", "Off"};
  fixture f;
  size_t i;
  (void)state;
  begin(&f);
  for (i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
    assert_int_equal(mig_settings_put(&f.arena, &f.s, "progress", on[i], MIG_FROM_PROGRAM), 0);
    assert_int_equal(f.s.progress, 1);
  }
  for (i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
    assert_int_equal(mig_settings_put(&f.arena, &f.s, "journal", off[i], MIG_FROM_PROGRAM), 0);
    assert_int_equal(f.s.journal, 0);
  }
  end(&f);
}

static void bad_value(const char *key, const char *value, const char *message) {
  fixture f;
  begin(&f);
  mig_settings_put(&f.arena, &f.s, key, value, MIG_FROM_PROGRAM);
  expect_message(&f, MIGRATE_CONFIG, message);
}

static void bad_values(void **state) {
  (void)state;
  bad_value("journal", "maybe", "setting journal must be on or off, not 'maybe'");
  bad_value("busy_timeout", "-1", "setting busy_timeout must be a whole number, not '-1'");
  bad_value("busy_timeout", "", "setting busy_timeout must be a whole number, not ''");
  bad_value("busy_timeout", "5s", "setting busy_timeout must be a whole number, not '5s'");
  bad_value("busy_timeout", "99999999999",
            "setting busy_timeout must be a whole number, not '99999999999'");
  bad_value("rebuild", "fast", "setting rebuild must be one of auto, portable, hosted, not 'fast'");
  bad_value("log_level", "loud",
            "setting log_level must be one of off, debug, info, warning, error, not 'loud'");
  bad_value("timezone", "../Olympus",
            "setting timezone must be utc, local, an offset such as +02:00 or a name such as "
            "Europe/Berlin, not '../Olympus'");
  bad_value("version_table", "", "setting version_table must be a text that is not empty, not ''");
  bad_value("jurnal", "on", "unknown setting jurnal; did you mean journal?");
  bad_value("script-location", "x",
            "unknown setting script-location; did you mean script_location?");
  bad_value("colour", "red",
            "unknown setting colour; the settings are file, script_location, version_locations, "
            "file_template, timezone, truncate_slug_length, target, include, exclude, "
            "version_table, journal, compare_type, compare_server_default, "
            "transaction_per_migration, rebuild, dialect, "
            "busy_timeout, lint_rows, log_level, progress, backup, backup_keep");
}

/* What looks like no key is not repeated; of two that are as near the first is meant. */
static void unknown_keys(void **state) {
  static const char *const secret[] = {"", "Colour", "a.b", "colour{",
                                       "a_word_that_is_longer_than_any_key_of_a_file"};
  fixture f;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    begin(&f);
    mig_settings_put(&f.arena, &f.s, secret[i], "x", MIG_FROM_PROGRAM);
    assert_int_equal(f.fault.code, MIGRATE_CONFIG);
    assert_non_null(strstr(mig_fault_text(&f.fault), "unknown setting; the settings are file,"));
    end(&f);
  }
  bad_value("backups", "x", "unknown setting backups; did you mean backup?");
}

static void zones(void **state) {
  int minutes;
  (void)state;
  assert_int_equal(mig_zone("utc", &minutes), MIG_ZONE_FIXED);
  assert_int_equal(minutes, 0);
  assert_int_equal(mig_zone("", &minutes), MIG_ZONE_FIXED);
  assert_int_equal(mig_zone("Local", &minutes), MIG_ZONE_LOCAL);
  assert_int_equal(mig_zone("+02:00", &minutes), MIG_ZONE_FIXED);
  assert_int_equal(minutes, 120);
  assert_int_equal(mig_zone("-0530", &minutes), MIG_ZONE_FIXED);
  assert_int_equal(minutes, -330);
  assert_int_equal(mig_zone("UTC+1", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("UTC+01", &minutes), MIG_ZONE_FIXED);
  assert_int_equal(minutes, 60);
  assert_int_equal(mig_zone("+24:00", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+01:60", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+01:", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+01:000", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+01:0", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("Europe/Berlin", &minutes), MIG_ZONE_NAMED);
  assert_int_equal(mig_zone("America/Argentina/Buenos_Aires", &minutes), MIG_ZONE_NAMED);
  assert_int_equal(mig_zone("Etc/GMT+5", &minutes), MIG_ZONE_NAMED);
  assert_int_equal(mig_zone("/etc/passwd", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a/../b", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a//b", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a/", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a b", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a:b", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a[b", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+0a", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+/0", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+0/", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("+:0", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone(" ", &minutes), MIG_ZONE_BAD);
  assert_int_equal(mig_zone("a1234567890123456789012345678901234567890123456789012345678901234",
                            &minutes), MIG_ZONE_BAD); /* longer than any name */
}

static void ini_file(void **state) {
  fixture f;
  (void)state;
  begin(&f);
  assert_int_equal(read_ini(&f, "\357\273\277# a comment\r\n"
                                "[migrate]\r\n"
                                "; another\n"
                                "script_location = ${HOME}/app/${EMPTY}migrations  \r\n"
                                "  busy_timeout=100\n"
                                "JOURNAL = no\n"
                                "\n"
                                "version_locations =\n"
                                "\t\n"
                                "file_template = $\n"
                                "target = $x ${_a1Z} $$x $\n"
                                "backup = a = $${b} # c"), 0);
  assert_string_equal(f.s.file_template, "$");
  assert_string_equal(f.s.target, "$x 7 $$x $");
  assert_string_equal(f.s.script_location, "/home/ann/app/migrations");
  assert_int_equal(f.s.busy_timeout, 100);
  assert_int_equal(f.s.journal, 0);
  assert_string_equal(f.s.version_locations, "");
  assert_string_equal(f.s.backup, "a = ${b} # c");
  end(&f);
}

static void bad_ini(const char *text, const char *message) {
  fixture f;
  begin(&f);
  read_ini(&f, text);
  expect_message(&f, MIGRATE_CONFIG, message);
}

static void bad_inis(void **state) {
  fixture f;
  (void)state;
  bad_ini("[migrate]\n\njurnal = on\n",
          "migrate.ini:3: unknown setting jurnal; did you mean journal?");
  bad_ini("script_location = ${NOWHERE}/x\n",
          "migrate.ini:1: environment variable NOWHERE is not set");
  bad_ini("backup = ${\n",
          "migrate.ini:1: ${ needs a name and a closing }; $${ stands for itself");
  bad_ini("backup = ${}\n",
          "migrate.ini:1: ${ needs a name and a closing }; $${ stands for itself");
  bad_ini("backup = ${1A}\n",
          "migrate.ini:1: ${ needs a name and a closing }; $${ stands for itself");
  bad_ini("journal = on\r\njournal = on\r\n",
          "migrate.ini:2: setting journal is given twice");
  bad_ini("\n[migrat]\n",
          "migrate.ini:2: unknown section; settings stand under [migrate]");
  bad_ini("[alembix]\n", "migrate.ini:1: unknown section; settings stand under [migrate]");
  bad_ini("backup = ${a{}\n",
          "migrate.ini:1: ${ needs a name and a closing }; $${ stands for itself");
  bad_ini("backup = ${a@}\n",
          "migrate.ini:1: ${ needs a name and a closing }; $${ stands for itself");
  bad_ini("file = x\n", "migrate.ini:1: "
          "setting file says which migrate.ini is read, it cannot be in one");
  bad_ini("journal\n",
          "migrate.ini:1: neither a comment, a [section] nor key = value");
  bad_ini("journal = perhaps\n",
          "migrate.ini:1: setting journal must be on or off, not 'perhaps'");
  begin(&f);
  mig_settings_read(&f.arena, &f.s, "migrate.ini", "a\0b", 3, lookup, 0);
  expect_message(&f, MIGRATE_CONFIG,
                 "migrate.ini:1: a NUL byte; the file is not a text");
}

/* A secret file that is taken for a migrate.ini does not show up in the message. */
static void no_leak(void **state) {
  static const char *const secrets[] = {"hunter2\n", "AKIAhunter2 = x\n", "[hunter2]\n",
                                        "password=hunter2\n", "aHR0cHM6hunter2==\n"};
  fixture f;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
    begin(&f);
    assert_int_equal(read_ini(&f, secrets[i]), MIGRATE_CONFIG);
    assert_null(strstr(mig_fault_text(&f.fault), "hunter2"));
    end(&f);
  }
}

static void program_wins(void **state) {
  fixture f;
  (void)state;
  begin(&f);
  mig_settings_put(&f.arena, &f.s, "busy_timeout", "7", MIG_FROM_PROGRAM);
  assert_int_equal(read_ini(&f, "busy_timeout = 9\njournal = off"), 0);
  assert_int_equal(f.s.busy_timeout, 7);
  assert_int_equal(f.s.journal, 0);
  mig_settings_put(&f.arena, &f.s, "busy_timeout", 0, MIG_FROM_PROGRAM);
  assert_int_equal(f.s.busy_timeout, 9);
  assert_int_equal(read_ini(&f, ""), 0); /* another file: what the first one gave is gone */
  assert_int_equal(f.s.busy_timeout, 5000);
  assert_int_equal(f.s.journal, 1);
  end(&f);
}

static void paths(void **state) {
  fixture f;
  (void)state;
  begin(&f);
  assert_string_equal(mig_path_join(&f.arena, "a", "b"), "a/b");
  assert_string_equal(mig_path_join(&f.arena, "a/", "b"), "a/b");
  assert_string_equal(mig_path_join(&f.arena, 0, "b"), "b");
  assert_string_equal(mig_path_join(&f.arena, "a", "/b"), "/b");
  assert_string_equal(mig_path_join(&f.arena, "a", "C:\\b"), "C:\\b");
  assert_string_equal(mig_path_join(&f.arena, "", "b"), "b");
  assert_string_equal(mig_path_join(&f.arena, "a\\", "b"), "a\\b");
  assert_string_equal(mig_path_join(&f.arena, "a", "C:/b"), "C:/b");
  assert_string_equal(mig_path_join(&f.arena, "a", "\\b"), "\\b");
  assert_string_equal(mig_path_join(&f.arena, "a", "C:b"), "a/C:b");
  assert_string_equal(mig_path_join(&f.arena, "a", ""), "a/");
  assert_string_equal(mig_path_folder(&f.arena, "a\\b\\\\c.ini"), "a\\b");
  assert_string_equal(mig_path_folder(&f.arena, "a/b/c.ini"), "a/b");
  assert_string_equal(mig_path_folder(&f.arena, "c.ini"), "");
  assert_string_equal(mig_path_folder(&f.arena, "/c.ini"), "/");
  f.s.folder = "conf";
  assert_string_equal(mig_setting_path(&f.arena, &f.s, MIG_SETTING_target, "s.sql"),
                      "conf/s.sql");
  mig_settings_put(&f.arena, &f.s, "target", "s.sql", MIG_FROM_PROGRAM);
  assert_string_equal(mig_setting_path(&f.arena, &f.s, MIG_SETTING_target, "s.sql"), "s.sql");
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults), cmocka_unit_test(defaults_said),
    cmocka_unit_test(booleans), cmocka_unit_test(bad_values),
    cmocka_unit_test(zones),     cmocka_unit_test(ini_file), cmocka_unit_test(bad_inis),
    cmocka_unit_test(no_leak),   cmocka_unit_test(program_wins),
    cmocka_unit_test(paths),     cmocka_unit_test(unknown_keys),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
