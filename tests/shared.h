/* The folder of shared test data beside the repository: MIGRATE_SHARED, or ../shared. */
#ifndef SHARED_H
#define SHARED_H

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *shared_folder(void) {
  const char *folder = getenv("MIGRATE_SHARED");
  return folder ? folder : "../shared";
}

/* A file, whole and NUL-terminated, for free(); NULL when it is missing. */
static char *file_read(const char *path) {
  FILE *f = fopen(path, "rb");
  size_t n = 0, cap = 1 << 16, got;
  char *z;
  if (!f) return 0;
  z = (char *)malloc(cap);
  while ((got = fread(z + n, 1, cap - n - 1, f)) > 0) {
    n += got;
    if (n + 1 == cap) z = (char *)realloc(z, cap *= 2);
  }
  z[n] = 0;
  fclose(f);
  return z;
}

/* The same, below the shared folder. */
static char *shared_read(const char *path) {
  char *full = sqlite3_mprintf("%s/%s", shared_folder(), path), *z = file_read(full);
  sqlite3_free(full);
  return z;
}

static int shared_compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder below the shared one that end in `end`, sorted; their number, -1 when there
** is no such folder. Each, and the array, is for free(). */
static int shared_list(const char *path, const char *end, char ***names) {
  char *full = sqlite3_mprintf("%s/%s", shared_folder(), path);
  DIR *dir = opendir(full);
  struct dirent *e;
  int n = 0;
  sqlite3_free(full);
  *names = 0;
  if (!dir) return -1;
  while ((e = readdir(dir)) != 0) {
    size_t length = strlen(e->d_name), tail = strlen(end);
    if (e->d_name[0] == '.' || length < tail) continue;
    if (strcmp(e->d_name + length - tail, end) != 0) continue;
    *names = (char **)realloc(*names, (size_t)(n + 1) * sizeof(char *));
    (*names)[n] = (char *)malloc(length + 1);
    memcpy((*names)[n++], e->d_name, length + 1);
  }
  closedir(dir);
  if (n) qsort(*names, (size_t)n, sizeof(char *), shared_compare);
  return n;
}

/* What a schema or chain of the corpus needs that this SQLite has not; NULL where it can run. */
static const char *shared_lacks(const char *name) {
  static const struct {
    int version;
    const char *name, *what;
  } newer[] = {
      {3032000, "ory-hydra", "iif()"},
      {3033000, "harness-gitness", "UPDATE .. FROM"},
      {3033000, "shiori", "UPDATE .. FROM"},
      {3033000, "taproot-assets", "UPDATE .. FROM"},
      {3034000, "chroma-metadb", "tokenizer trigram"},
      {3037000, "syncthing-folder.sql", "STRICT"},
      {3037000, "syncthing-main.sql", "STRICT"},
      {3038000, "ntfy-user", "unixepoch()"},
  };
  size_t i;
  if (sqlite3_libversion_number() >= 3053000 && strcmp(name, "grocy") == 0) {
    return "views nested so deep";
  }
  for (i = 0; i < sizeof newer / sizeof newer[0]; i++) {
    if (sqlite3_libversion_number() >= newer[i].version) continue;
    if (strcmp(newer[i].name, name) == 0) return newer[i].what;
  }
  return 0;
}

static void shared_free(char **names, int n) {
  while (n > 0) free(names[--n]);
  free(names);
}

#endif
