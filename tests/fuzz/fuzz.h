/* What the fuzz targets share. A target is a program of one function, fuzz_one(), that aborts where
** something is wrong. With -DFUZZING (./build.sh fuzz) libFuzzer drives it; as a plain test it
** replays the files of tests/fuzz/corpus/TARGET. */
#ifndef FUZZ_H
#define FUZZ_H

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Says what is wrong with which text, and ends. */
static void fuzz_wrong(const char *text, const char *why) {
  fprintf(stderr, "%s\n--\n%s\n", why, text);
  abort();
}

/* The input as text: as it stands up to a NUL, or, where it begins with '#', each further byte one
** of the fragments, so that mutations of bytes are mutations of words. */
static char *fuzz_text(const uint8_t *data, size_t n, const char *const *fragments, size_t count) {
  sqlite3_str *out = sqlite3_str_new(0);
  char *z;
  size_t i;
  if (n && data[0] == '#') {
    for (i = 1; i < n && i < 400; i++) sqlite3_str_appendall(out, fragments[data[i] % count]);
  } else {
    for (i = 0; i < n && data[i]; i++) sqlite3_str_appendchar(out, 1, (char)data[i]);
  }
  z = sqlite3_str_finish(out);
  return z ? z : sqlite3_mprintf("");
}

#define FUZZ_COUNT(fragments) (sizeof(fragments) / sizeof *(fragments))

/* Nothing that a fuzzed statement says may reach a file or last. */
static int fuzz_guard(void *arg, int action, const char *a, const char *b, const char *c,
                      const char *d) {
  (void)arg;
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  return action == SQLITE_ATTACH || action == SQLITE_PRAGMA || action == SQLITE_DETACH ? SQLITE_DENY
                                                                                        : SQLITE_OK;
}

static sqlite3 *fuzz_open(void) {
  sqlite3 *db = 0;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) abort();
  return db;
}

static void fuzz_one(const uint8_t *data, size_t n);

#ifdef FUZZING
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_one(data, n);
  return 0;
}
#else
/* Replays a folder of inputs; returns the status of the program. */
static int fuzz_replay(const char *folder) {
  DIR *dir = opendir(folder);
  struct dirent *e;
  static uint8_t data[1 << 20];
  int count = 0;
  if (!dir) {
    printf("not ok - %s\n1..1\n", folder);
    return 1;
  }
  while ((e = readdir(dir)) != 0) {
    char *path = sqlite3_mprintf("%s/%s", folder, e->d_name);
    FILE *f = e->d_name[0] == '.' ? 0 : fopen(path, "rb");
    if (f) {
      fuzz_one(data, fread(data, 1, sizeof data, f));
      fclose(f);
      count++;
    }
    sqlite3_free(path);
  }
  closedir(dir);
  printf("%s - %d inputs of %s\n1..1\n", count ? "ok" : "not ok", count, folder);
  return count ? 0 : 1;
}
#endif

#endif
