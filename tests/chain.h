/* Chains of real migrations as revisions: every file of an application is one. BEGIN, COMMIT and
** PRAGMA foreign_keys inside a file are taken out, since a run has its own transaction; all other
** statements stay. */
#ifndef CHAIN_H
#define CHAIN_H

#include "shared.h"

#define MAX_STEPS 400

typedef struct chain {
  migrate_revision revision[MAX_STEPS];
  char id[MAX_STEPS][16];
  char *text[MAX_STEPS];
  int count;
  char **files;
  int nfile;
} chain;

/* Behind white space and comments. */
static const char *first_word(const char *z) {
  for (;;) {
    while (*z == ' ' || *z == '\t' || *z == '\r' || *z == '\n' || *z == ';') z++;
    if (z[0] == '-' && z[1] == '-') {
      while (*z && *z != '\n') z++;
    } else if (z[0] == '/' && z[1] == '*') {
      const char *end = strstr(z + 2, "*/");
      z = end ? end + 2 : z + strlen(z);
    } else {
      return z;
    }
  }
}

static int is_of_the_run(const char *statement) {
  static const char *const word[] = {"BEGIN", "COMMIT", "END"};
  const char *z = first_word(statement);
  int i;
  for (i = 0; i < 3; i++) {
    if (sqlite3_strnicmp(z, word[i], (int)strlen(word[i])) == 0) return 1;
  }
  if (sqlite3_strnicmp(z, "PRAGMA", 6) != 0) return 0;
  return sqlite3_strnicmp(first_word(z + 6), "foreign_keys", 12) == 0;
}

/* Carriage returns go, as they do in the sqlite3 shell, which made final.sql. */
static void drop_returns(char *z) {
  char *to = z;
  for (; *z; z++) {
    if (z[0] != '\r' || z[1] != '\n') *to++ = *z;
  }
  *to = 0;
}

/* Blanks out the statements that belong to the run; sqlite3_complete() knows where one ends. */
static void take_out(char *sql) {
  char *start = sql, *at;
  for (at = sql; *at; at++) {
    char next = at[1];
    if (*at != ';') continue;
    at[1] = 0;
    if (sqlite3_complete(start)) {
      if (is_of_the_run(start)) memset(start, ' ', (size_t)(at + 1 - start));
      start = at + 1;
    }
    at[1] = next;
  }
  if (is_of_the_run(start)) memset(start, ' ', strlen(start));
}

static void add_step(chain *c, const char *folder, const char *file) {
  char path[300];
  int i = c->count++;
  snprintf(path, sizeof(path), "%s/%s", folder, file);
  c->text[i] = shared_read(path);
  if (!c->text[i]) abort();
  drop_returns(c->text[i]);
  take_out(c->text[i]);
  snprintf(c->id[i], sizeof(c->id[i]), "s%d", i + 1);
  c->revision[i].id = c->id[i];
  c->revision[i].down_revision = i ? c->id[i - 1] : 0;
  c->revision[i].message = file;
  c->revision[i].upgrade = c->text[i];
}

static void read_chain(chain *c, const char *folder) {
  int i;
  c->nfile = shared_list(folder, ".sql", &c->files);
  for (i = 0; i < c->nfile && c->count < MAX_STEPS; i++) {
    if (strcmp(c->files[i], "final.sql") != 0) add_step(c, folder, c->files[i]);
  }
}

static void free_chain(chain *c) {
  int i;
  for (i = 0; i < c->count; i++) free(c->text[i]);
  shared_free(c->files, c->nfile);
  free(c);
}

#endif
