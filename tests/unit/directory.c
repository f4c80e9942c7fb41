/* Directory: only regular files are read, nothing is overwritten, links do not lead out, and what
** the system refuses is told. */
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

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

/* ---- a system that refuses ---- */

static struct {
  const char *call; /* the one that fails; NULL: none */
  int code, times;
} system_fault;

static int system_fails(const char *call) {
  if (!system_fault.call || strcmp(call, system_fault.call) != 0) return 0;
  if (--system_fault.times == 0) system_fault.call = 0;
  errno = system_fault.code;
  return 1;
}

static int faulty_open(const char *path, int flags, ...) {
  return system_fails("open") ? -1 : open(path, flags, 0666);
}
static int faulty_fstat(int file, struct stat *st) {
  return system_fails("fstat") ? -1 : fstat(file, st);
}
static ssize_t faulty_read(int file, void *z, size_t n) {
  if (system_fails("end of file")) return 0;
  return system_fails("read") ? -1 : read(file, z, n < 4 ? n : 4); /* in small pieces */
}
static ssize_t faulty_write(int file, const void *z, size_t n) {
  return system_fails("write") ? -1 : write(file, z, n < 4 ? n : 4);
}
static int faulty_close(int file) {
  int rc = close(file);
  return system_fails("close") ? -1 : rc;
}
static struct dirent *faulty_readdir(DIR *folder) {
  return system_fails("readdir") ? 0 : readdir(folder);
}

#define open faulty_open
#define fstat faulty_fstat
#define read faulty_read
#define write faulty_write
#define close faulty_close
#define readdir faulty_readdir

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

static void refuse(const char *call, int code, int times) {
  system_fault.call = call;
  system_fault.code = code;
  system_fault.times = times;
}

static void interrupted_calls(void **state) {
  size_t n;
  (void)state;
  refuse("write", EINTR, 3);
  make("a.sql", "SELECT 12345;");
  refuse("open", EINTR, 3);
  assert_string_equal(mig_file_read(&f.arena, in("a.sql"), &n), "SELECT 12345;");
  refuse("read", EINTR, 3);
  assert_string_equal(mig_file_read(&f.arena, in("a.sql"), &n), "SELECT 12345;");
  assert_int_equal(f.fault.code, 0);
  assert_null(system_fault.call);
}

/* Each reason has words of its own; one without them has its number. */
static void reasons(void **state) {
  static const struct {
    int code;
    const char *words;
  } v[] = {{ENOTDIR, "a part of the path is not a folder"}, {EACCES, "permission denied"},
           {EPERM, "permission denied"}, {EROFS, "the file system is read-only"},
           {ENAMETOOLONG, "the name is too long"}, {EISDIR, "it is a folder"},
           {EEXIST, "there is a file of that name"}, {ENXIO, "it is not a regular file"},
           {EOVERFLOW, "it is too large"}, {EIO, "system error"}};
  size_t i;
  (void)state;
  make("a.sql", "x");
  for (i = 0; i < sizeof v / sizeof v[0]; i++) {
    refuse("open", v[i].code, 1);
    refused("a.sql", v[i].words);
  }
  refuse("fstat", EIO, 1);
  refused("a.sql", "system error");
  refuse("read", EIO, 1);
  refused("a.sql", "system error");
}

/* A file that gets shorter while it is read ends there. */
static void shrinks(void **state) {
  size_t n;
  (void)state;
  make("a.sql", "SELECT 1;");
  refuse("end of file", 0, 1);
  assert_string_equal(mig_file_read(&f.arena, in("a.sql"), &n), "");
  assert_int_equal(n, 0);
}

/* What could not be written whole is not there, whenever the system tells. */
static void half_written(void **state) {
  static const char *const calls[] = {"write", "close", "open"};
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    refuse(calls[i], ENOSPC, 1);
    assert_int_equal(mig_file_new(&f.arena, in("a.sql"), "SELECT 1;", 9), 0);
    assert_non_null(strstr(mig_fault_text(&f.fault), "a.sql: the disk is full"));
    mig_fault_clear(&f.fault);
    assert_int_equal(mig_path_kind(&f.arena, in("a.sql")), MIG_PATH_NONE);
  }
}

/* A folder that cannot be read to its end has no part of its revisions. */
static void half_listed(void **state) {
  mig_list list;
  (void)state;
  make("a.sql", "x");
  make("b.sql", "x");
  refuse("readdir", EIO, 1);
  list = mig_folder_scripts(&f.arena, f.folder);
  assert_int_equal(list.n, 0);
  assert_int_equal(f.fault.code, MIGRATE_FILE);
}

static void endless_path(void **state) {
  char path[6000];
  (void)state;
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = 0;
  assert_null(mig_full_path(&f.arena, path));
  assert_int_equal(f.fault.code, MIGRATE_FILE);
  assert_int_equal(mig_leads_out(&f.arena, f.folder, path), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(reads, begin, end),
    cmocka_unit_test_setup_teardown(refuses, begin, end),
    cmocka_unit_test_setup_teardown(never_overwrites, begin, end),
    cmocka_unit_test_setup_teardown(lists, begin, end),
    cmocka_unit_test_setup_teardown(sorts, begin, end),
    cmocka_unit_test_setup_teardown(links, begin, end),
    cmocka_unit_test_setup_teardown(interrupted_calls, begin, end),
    cmocka_unit_test_setup_teardown(reasons, begin, end),
    cmocka_unit_test_setup_teardown(shrinks, begin, end),
    cmocka_unit_test_setup_teardown(half_written, begin, end),
    cmocka_unit_test_setup_teardown(half_listed, begin, end),
    cmocka_unit_test_setup_teardown(endless_path, begin, end),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
