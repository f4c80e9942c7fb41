/* What migrate_explain() lists, held against what SQLite itself reports to have run. */
#ifndef LISTED_H
#define LISTED_H

#include <stdlib.h>
#include <string.h>

typedef struct listed {
  char **text; /* what was listed */
  int n;
  int at;      /* how many of them have run */
  char error[500];
} listed;

static int listed_add(void *arg, const migrate_statement *s) {
  listed *l = (listed *)arg;
  l->text = (char **)realloc(l->text, (size_t)(l->n + 1) * sizeof(char *));
  l->text[l->n++] = sqlite3_mprintf("%s", s->sql);
  return 0;
}

static int listed_begins(const char *sql, const char *word) {
  return sqlite3_strnicmp(sql, word, (int)strlen(word)) == 0;
}

/* What is no part of a list: the frame, questions, and the settings that the run lives under. */
static int listed_is_private(const char *sql) {
  static const char *const words[] = {"BEGIN",    "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE",
                                      "SELECT",   "WITH",   "VALUES",   "PRAGMA",    "--",
                                      "CREATE TEMP TABLE migrate_probe",
                                      "DROP TABLE temp.migrate_probe"};
  size_t i;
  if (listed_begins(sql, "PRAGMA") && strstr(sql, "schema_version =")) return 0;
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (listed_begins(sql, words[i])) return 1;
  }
  return 0;
}

/* Is it an ALTER that stands further down in the list? */
static int listed_comes(const listed *l, const char *sql) {
  int i;
  for (i = l->at; sql && listed_begins(sql, "ALTER TABLE") && i < l->n; i++) {
    if (strcmp(sql, l->text[i]) == 0) return 1;
  }
  return 0;
}

/* A statement of the connection begins. With values bound to it, as it is listed, or as it stands
** where a text is too long for a list. */
static int listed_run(unsigned kind, void *arg, void *statement, void *text) {
  listed *l = (listed *)arg;
  sqlite3_stmt *s = (sqlite3_stmt *)statement;
  const char *plain = sqlite3_sql(s);
  char *full;
  (void)kind;
  if (listed_begins((const char *)text, "--")) return 0; /* a trigger within a statement */
  full = sqlite3_expanded_sql(s);
  if (l->at < l->n && ((full && strcmp(full, l->text[l->at]) == 0) ||
                       (plain && strcmp(plain, l->text[l->at]) == 0))) {
    l->at++;
  } else if (listed_comes(l, full)) {
    /* SQLite's own ALTER stopped at what was broken before, and runs again without it */
  } else if (l->at && full && strcmp(full, l->text[l->at - 1]) == 0) {
    /* a foreign key's action within it is reported by its words */
  } else if (!listed_is_private(plain) && !l->error[0]) {
    sqlite3_snprintf((int)sizeof(l->error), l->error, "ran, and was not listed there: %.180s\n"
                     "next in the list: %.180s", full,
                     l->at < l->n ? l->text[l->at] : "nothing");
  }
  sqlite3_free(full);
  return 0;
}

/* What has not run by now is not expected to any more: the run has failed. */
static void listed_cut(listed *l) {
  while (l->n > l->at) sqlite3_free(l->text[--l->n]);
}

static void listed_free(listed *l) {
  int i;
  for (i = 0; i < l->n; i++) sqlite3_free(l->text[i]);
  free(l->text);
}
#endif
