/* Zone: rules and time zone files, against the C library where the system has such files. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* setenv, nftw: for the test alone */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#define HOUR 3600

static void expect_rule(const char *rule, sqlite3_int64 now, int hours) {
  char *z = sqlite3_mprintf("%s\n", rule);
  int offset = -1;
  if (!mig_rule_offset(z, now, &offset) || offset != hours * HOUR) {
    fail_msg("%s at %lld: %d", rule, now, offset);
  }
  sqlite3_free(z);
}

static void rules(void **state) {
  sqlite3_int64 may = 1777629600, december = 1796166000; /* 2026 */
  (void)state;
  expect_rule("UTC0", may, 0);
  expect_rule("<+09>-9", may, 9);
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", may, 2);
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", december, 1);
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 1); /* 2026-03-29T00:59:59Z */
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 2);
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 2); /* 2026-10-25T00:59:59Z */
  expect_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 1);
  expect_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", may, 10); /* the summer is in two years */
  expect_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", december, 11);
  expect_rule("IST-1GMT0,M10.5.0,M3.5.0/1", may, 1); /* standard time is the summer's */
  expect_rule("IST-1GMT0,M10.5.0,M3.5.0/1", december, 0);
  expect_rule("A0B,J60/0,J335/0", 1772323199, 0); /* 2026-02-28T23:59:59Z */
  expect_rule("A0B,J60/0,J335/0", 1772323200, 1);
  expect_rule("A0B,J60/0,J335/0", 1709251199, 0); /* 2024-02-29T23:59:59Z */
  expect_rule("A0B,J60/0,J335/0", 1709251200, 1);
  expect_rule("A0B,59/0,334/0", 1772323200, 1);
  expect_rule("A0B,0/-1,364/25", december, 1);
}

static void bad_rules(void **state) {
  static const char *const bad[] = {"",  "1", "<x", "A0B", "A0B,", "A0B,M13.1.0,M1.1.0", "A0 ",
                                    "A0B,M0.1.0,M1.1.0", "A0B,M1.1.0,M1.6.0", "A0B,M1.1.0,M2.1.0x"};
  size_t i;
  int offset;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    char *z = sqlite3_mprintf("%s\n", bad[i]);
    if (mig_rule_offset(z, 0, &offset)) fail_msg("%s", bad[i]);
    sqlite3_free(z);
  }
}

/* Version 2 with one change at 1000 from UTC+1 to UTC+2, and a rule behind it. */
static size_t make_file(char *z, const char *rule) {
  static const char change1[] = "\0\0\3\xe8\1\0\0\x0e\x10\0\0\0\0\x1c\x20\0\0X\0";
  char *at = z;
  int version;
  memset(z, 0, 400);
  for (version = 1; version <= 2; version++) {
    memcpy(at, "TZif2", 5);
    at[20 + 15] = 1;
    at[20 + 19] = 2;
    at[20 + 23] = 2;
    at += 44 + (version == 2 ? 4 : 0);
    memcpy(at, change1, sizeof(change1) - 1);
    at += sizeof(change1) - 1;
  }
  sprintf(at, "\n%s\n", rule);
  return (size_t)(at - z) + strlen(at);
}

static void files(void **state) {
  char *z = (char *)malloc(400), *part;
  size_t n = make_file(z, "<+05>-5"), k;
  int offset = 0;
  (void)state;
  assert_int_equal(mig_zone_offset(z, n, 999, &offset), 1);
  assert_int_equal(offset, HOUR);
  assert_int_equal(mig_zone_offset(z, n, 1000, &offset), 1);
  assert_int_equal(offset, 5 * HOUR);
  n = make_file(z, "");
  assert_int_equal(mig_zone_offset(z, n, 1000, &offset), 1);
  assert_int_equal(offset, 2 * HOUR);
  z[4] = 0; /* version 1 */
  assert_int_equal(mig_zone_offset(z, n, 2000, &offset), 1);
  assert_int_equal(offset, 2 * HOUR);
  z[4] = '2';
  for (k = 0; k < n; k++) { /* cut short, and with any count */
    part = (char *)calloc(1, k + 1);
    memcpy(part, z, k);
    mig_zone_offset(part, k, 2000, &offset);
    free(part);
    part = (char *)calloc(1, n + 1);
    memcpy(part, z, n);
    part[k] = (char)0xff;
    mig_zone_offset(part, n, 2000, &offset);
    free(part);
  }
  free(z);
}

/* ---- the files of the system ---- */

static int compared;

static int compare_file(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
  static char z[20000];
  size_t n;
  sqlite3_int64 now;
  FILE *f;
  (void)st;
  (void)ftw;
  if (kind != FTW_F || strstr(path, "/right/") || compared >= 400) return 0;
  f = fopen(path, "rb");
  n = f ? fread(z, 1, sizeof(z) - 1, f) : 0;
  z[n] = 0;
  if (f) fclose(f);
  if (n < 44 || memcmp(z, "TZif", 4) != 0) return 0;
  setenv("TZ", path, 1);
  tzset();
  compared++;
  for (now = 700000000; now < 4000000000; now += 3000011) {
    time_t t = (time_t)now;
    struct tm local = *localtime(&t);
    int offset = 0, days = mig_day_number(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
    sqlite3_int64 wall = (sqlite3_int64)days * 86400 + local.tm_hour * HOUR + local.tm_min * 60 +
                         local.tm_sec;
    if (!mig_zone_offset(z, n, now, &offset) || offset != wall - now) {
      fail_msg("%s at %lld: %d, not %lld", path, now, offset, wall - now);
    }
  }
  return 0;
}

static void system_files(void **state) {
  (void)state;
  if (access("/usr/share/zoneinfo", R_OK) == 0) {
    nftw("/usr/share/zoneinfo", compare_file, 20, FTW_PHYS);
  }
  unsetenv("TZ");
  tzset();
  if (!compared) {
    print_message("skipped: the system has no time zone files\n");
    skip();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(bad_rules),
                                     cmocka_unit_test(files), cmocka_unit_test(system_files)};
  return cmocka_run_group_tests(tests, 0, 0);
}
