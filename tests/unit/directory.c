/* Directory: only regular files are read, nothing is overwritten, links do not lead out. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkfifo, symlink, mkdtemp: for the test alone */
#endif
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_MAX_FILE 1000
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/settings.c"
#include "../../amalgamation/directory.c"

typedef struct fixture {
  mig_fault fault;
  mig_arena arena;
  char folder[64];
} fixture;

static fixture f;

static int begin(void **state) {
  (void)state;
  memset(&f, 0, sizeof(f));
  mig_arena_init(&f.arena, &f.fault);
  sqlite3_initialize(); /* its VFS resolves paths */
  strcpy(f.folder, "/tmp/migrate-directory-XXXXXX");
  return mkdtemp(f.folder) ? 0 : -1;
}

static int end(void **state) {
  char command[100];
  (void)state;
  mig_arena_free(&f.arena);
  mig_fault_clear(&f.fault);
  sprintf(command, "rm -rf %s", f.folder);
  return system(command);
}

static const char *in(const char *name) { return mig_path_join(&f.arena, f.folder, name); }

static void make(const char *name, const char *text) {
  assert_int_equal(mig_file_new(&f.arena, in(name), text, strlen(text)), 1);
}

/* Reading must fail with these words, and at once. */
static void refused(const char *name, const char *words) {
  size_t n;
  assert_null(mig_file_read(&f.arena, in(name), &n));
  if (!strstr(mig_fault_text(&f.fault), words)) fail_msg("%s", mig_fault_text(&f.fault));
  assert_non_null(strstr(mig_fault_text(&f.fault), name));
  mig_fault_clear(&f.fault);
}

static void reads(void **state) {
  size_t n;
  (void)state;
  make("a.sql", "SELECT 1;\n");
  assert_string_equal(mig_file_read(&f.arena, in("a.sql"), &n), "SELECT 1;\n");
  assert_int_equal(n, 10);
  make("empty.sql", "");
  assert_string_equal(mig_file_read(&f.arena, in("empty.sql"), &n), "");
  assert_int_equal(n, 0);
}

static void refuses(void **state) {
  char large[1002];
  (void)state;
  refused("none.sql", "there is no such file or folder");
  assert_int_equal(mkfifo(in("fifo.sql"), 0600), 0);
  refused("fifo.sql", "it is not a regular file");
  assert_int_equal(mkdir(in("folder.sql"), 0700), 0);
  refused("folder.sql", "it is not a regular file");
  assert_int_equal(symlink("/dev/zero", in("zero.sql")), 0);
  refused("zero.sql", "it is not a regular file");
  assert_int_equal(symlink("loop.sql", in("loop.sql")), 0);
  refused("loop.sql", "too many symbolic links");
  memset(large, 'x', 1001);
  large[1001] = 0;
  make("large.sql", large);
  refused("large.sql", "it is larger than 1000 bytes");
}

static void never_overwrites(void **state) {
  size_t n;
  (void)state;
  make("a.sql", "first");
  assert_int_equal(mig_file_new(&f.arena, in("a.sql"), "second", 6), 0);
  assert_int_equal(f.fault.code, 0);
  assert_string_equal(mig_file_read(&f.arena, in("a.sql"), &n), "first");
  assert_int_equal(symlink("elsewhere", in("link.sql")), 0);
  assert_int_equal(mig_file_new(&f.arena, in("link.sql"), "x", 1), 0);
  assert_int_equal(mig_path_kind(&f.arena, in("elsewhere")), MIG_PATH_NONE);
  assert_int_equal(mig_folder_new(&f.arena, in("sub")), 1);
  assert_int_equal(mig_folder_new(&f.arena, in("sub")), 0);
  assert_int_equal(f.fault.code, 0);
  assert_int_equal(mig_folder_new(&f.arena, in("a.sql")), 0);
  assert_int_equal(f.fault.code, MIGRATE_FILE);
}

static void lists(void **state) {
  static const char *const names[] = {"b.sql", "a.sql",    "10.sql", "9.sql",  "B.sql",
                                      ".sql",  ".hid.sql", "c.txt",  "d.sql~", "a_.sql"};
  static const char *const sorted[] = {"10.sql", "9.sql", "B.sql", "a.sql", "a_.sql", "b.sql"};
  mig_list list;
  int i;
  (void)state;
  list = mig_folder_scripts(&f.arena, f.folder);
  assert_int_equal(list.n, 0);
  for (i = 0; i < 10; i++) make(names[i], "");
  list = mig_folder_scripts(&f.arena, f.folder);
  assert_int_equal(list.n, 6);
  for (i = 0; i < 6; i++) assert_string_equal(list.z[i], sorted[i]);
  mig_folder_scripts(&f.arena, in("none"));
  assert_int_equal(f.fault.code, MIGRATE_FILE);
}

static void sorts(void **state) {
  mig_list list;
  int i, n;
  (void)state;
  for (n = 0; n < 40; n++) {
    memset(&list, 0, sizeof(list));
    for (i = 0; i < n; i++) {
      mig_list_take(&f.arena, &list, mig_format(&f.arena, "%02d.sql", i * 17 % n));
    }
    mig_list_sort(&f.arena, &list);
    for (i = 1; i < n; i++) assert_true(strcmp(list.z[i - 1], list.z[i]) <= 0);
  }
}

static void links(void **state) {
  const char *full = mig_full_path(&f.arena, f.folder);
  (void)state;
  make("a.sql", "x");
  assert_int_equal(mkdir(in("data"), 0700), 0);
  make("data/b.sql", "x");
  assert_int_equal(symlink("a.sql", in("near.sql")), 0);
  assert_int_equal(symlink("data/b.sql", in("below.sql")), 0);
  assert_int_equal(symlink("/etc/passwd", in("passwd.sql")), 0);
  assert_int_equal(symlink("../../etc/passwd", in("up.sql")), 0);
  assert_int_equal(symlink("data/../../x.sql", in("round.sql")), 0);
  assert_int_equal(mig_leads_out(&f.arena, full, in("a.sql")), 0);
  assert_int_equal(mig_leads_out(&f.arena, full, in("near.sql")), 0);
  assert_int_equal(mig_leads_out(&f.arena, full, in("below.sql")), 0);
  assert_int_equal(mig_leads_out(&f.arena, full, in("passwd.sql")), 1);
  assert_int_equal(mig_leads_out(&f.arena, full, in("up.sql")), 1);
  assert_int_equal(mig_leads_out(&f.arena, full, in("round.sql")), 1);
  /* a folder whose name begins like ours is another one */
  assert_int_equal(mig_leads_out(&f.arena, full, mig_format(&f.arena, "%s2/a.sql", f.folder)), 1);
  /* the folder itself may be a link */
  assert_int_equal(symlink(f.folder, in("self")), 0);
  full = mig_full_path(&f.arena, in("self"));
  assert_int_equal(mig_leads_out(&f.arena, full, in("self/a.sql")), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(reads, begin, end),
    cmocka_unit_test_setup_teardown(refuses, begin, end),
    cmocka_unit_test_setup_teardown(never_overwrites, begin, end),
    cmocka_unit_test_setup_teardown(lists, begin, end),
    cmocka_unit_test_setup_teardown(sorts, begin, end),
    cmocka_unit_test_setup_teardown(links, begin, end),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
