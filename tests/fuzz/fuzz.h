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

/* ---- Mutations of words ---- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);

static int fuzz_is_word(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c >= 0x80;
}

/* Behind the word, the quoted text or the single byte at `at`. */
static size_t fuzz_word_end(const uint8_t *z, size_t n, size_t at) {
  size_t i = at + 1;
  if (fuzz_is_word(z[at])) {
    while (i < n && fuzz_is_word(z[i])) i++;
  } else if (z[at] == '\'' || z[at] == '"' || z[at] == '`') {
    while (i < n && z[i] != z[at]) i++;
    if (i < n) i++;
  }
  return i;
}

static size_t fuzz_words(const uint8_t *z, size_t n, size_t *start, size_t most) {
  size_t at = 0, count = 0;
  while (at < n && count + 1 < most) {
    start[count++] = at;
    at = fuzz_word_end(z, n, at);
  }
  start[count] = n;
  return count;
}

/* Puts text in the place of data[at..end). Returns the new length; too long a one changes
** nothing. */
static size_t fuzz_splice(uint8_t *data, size_t n, size_t most, size_t at, size_t end,
                          const uint8_t *text, size_t length) {
  if (n - (end - at) + length > most) return n;
  memmove(data + at + length, data + end, n - end);
  memcpy(data + at, text, length);
  return n - (end - at) + length;
}

/* One change of a text: words go, come out of the fragments, or are copied from elsewhere in it. */
static size_t fuzz_mutate_words(uint8_t *data, size_t n, size_t most, unsigned how,
                                const char *const *fragments, size_t count) {
  static size_t start[1001];
  static uint8_t copy[4096];
  size_t words = fuzz_words(data, n, start, 1000), at, end, from, length;
  const char *fragment = fragments[how / 8 % count];
  if (!words) return fuzz_splice(data, n, most, 0, n, (const uint8_t *)fragment, strlen(fragment));
  at = (size_t)rand() % words;
  end = at + 1 + (how % 3 ? 0 : (size_t)rand() % 4);
  if (end > words) end = words;
  from = (size_t)rand() % words;
  length = start[from + 1 + (size_t)rand() % (words - from)] - start[from];
  if (length > sizeof copy) length = sizeof copy;
  memcpy(copy, data + start[from], length);
  switch (how % 8) {
    case 0:
      return fuzz_splice(data, n, most, start[at], start[end], copy, 0);
    case 1:
    case 2:
      return fuzz_splice(data, n, most, start[at], start[end], (const uint8_t *)fragment,
                         strlen(fragment));
    case 3:
      return fuzz_splice(data, n, most, start[at], start[end], copy, length);
    case 4:
      return fuzz_splice(data, n, most, start[at], start[at], copy, length);
    default:
      return fuzz_splice(data, n, most, start[at], start[at], (const uint8_t *)fragment,
                         strlen(fragment));
  }
}

static size_t fuzz_mutate(uint8_t *data, size_t n, size_t most, unsigned seed,
                          const char *const *fragments, size_t count) {
  unsigned times;
  if (seed % 2 || (n && data[0] == '#')) return LLVMFuzzerMutate(data, n, most);
  srand(seed);
  for (times = 1 + seed / 2 % 4; times > 0; times--) {
    n = fuzz_mutate_words(data, n, most, (unsigned)rand(), fragments, count);
  }
  return n;
}

/* A target whose input is text says which words it is made of. */
#define FUZZ_MUTATOR(fragments)                                                             \
  size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed) {     \
    return fuzz_mutate(data, n, most, seed, fragments, FUZZ_COUNT(fragments));              \
  }
#else
#define FUZZ_MUTATOR(fragments)

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
