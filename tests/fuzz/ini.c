/* Fuzzes the reader of migrate.ini: what it takes is held against a second, plain reader; BOM, CRLF
** and empty lines change nothing; what was read and is written again is read the same; a fault
** names its line. */
#include "fuzz.h"

#include <limits.h>

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/settings.c"

static const char *const fragments[] = {
    "[migrate]\n", "[alembic]\n", "[other]\n", "# remark\n", "; remark\n", "\n", "\r\n", " = ", "=",
    " ", "\t", "script_location", "script_location = here\n", "version_locations", "a, b", "a:b",
    "file_template", "%(rev)s_%(slug)s", "%(year)d%(month).2d", "%%(rev)s", "timezone", "utc",
    "UTC+02:00", "local", "-0930", "+24", "Europe/Berlin", "truncate_slug_length", "target",
    "file:schema.sql", "include", "exclude", "version_table", "version_table = v\n", "journal",
    "on", "off", "true", "No", "1", "0", "compare_type", "compare_server_default",
    "transaction_per_migration", "rebuild", "auto", "portable", "hosted", "dialect", "d1",
    "busy_timeout", "busy_timeout = 5000\n", "2147483647", "2147483648", "99999999999999999999",
    "-1", "log_level", "info", "progress", "backup", "%(database)s.bak", "backup_keep", "file",
    "${HOME}", "${EMPTY}", "${A}", "$${HOME}", "${", "}", "$", "$$", "${NONE}", "${1}", "${A",
    "\xef\xbb\xbf", "\xc3\xa4", "'", "\"", "key = value\n", "jurnal = on\n"};

FUZZ_MUTATOR(fragments)

/* A process environment of three variables. */
static const char *lookup(void *arg, const char *name) {
  (void)arg;
  if (strcmp(name, "HOME") == 0) return "/home/ann";
  if (strcmp(name, "A") == 0) return "a${A}=b";
  return strcmp(name, "EMPTY") == 0 ? "" : 0;
}

typedef struct reading {
  mig_fault fault;
  mig_arena arena;
  mig_settings s;
} reading;

static int read_text(reading *r, const char *z, size_t n) {
  memset(r, 0, sizeof(*r));
  mig_arena_init(&r->arena, &r->fault);
  mig_settings_init(&r->s);
  return mig_settings_read(&r->arena, &r->s, "ini", z, n, lookup, 0);
}

static void forget(reading *r) {
  mig_arena_free(&r->arena);
  mig_fault_clear(&r->fault);
}

/* The same read out of another text. */
static void expect_same(const reading *r, const char *z, size_t n, const char *what) {
  reading again;
  int i;
  if (read_text(&again, z, n)) fuzz_wrong(z, mig_fault_text(&again.fault));
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    const char *x = r->s.given[MIG_FROM_FILE][i], *y = again.s.given[MIG_FROM_FILE][i];
    if (x && y ? strcmp(x, y) != 0 : x != y) fuzz_wrong(z, what);
  }
  forget(&again);
}

/* ---- A second reader ---- */

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static char *trimmed(const char *from, const char *to) {
  while (from < to && is_blank(*from)) from++;
  while (to > from && is_blank(to[-1])) to--;
  return sqlite3_mprintf("%.*s", (int)(to - from), from);
}

static char *expanded(const char *z) {
  sqlite3_str *out = sqlite3_str_new(0);
  for (; *z; z++) {
    char *name;
    if (strncmp(z, "$${", 3) == 0) {
      sqlite3_str_appendall(out, "${");
      z += 2;
    } else if (strncmp(z, "${", 2) == 0 && strchr(z, '}')) {
      name = sqlite3_mprintf("%.*s", (int)(strchr(z, '}') - z - 2), z + 2);
      sqlite3_str_appendall(out, lookup(0, name) ? lookup(0, name) : "?");
      sqlite3_free(name);
      z = strchr(z, '}');
    } else {
      sqlite3_str_appendchar(out, 1, *z);
    }
  }
  return sqlite3_str_length(out) ? sqlite3_str_finish(out) : (sqlite3_free(sqlite3_str_finish(out)),
                                                             sqlite3_mprintf(""));
}

static void check_line(const reading *r, const char *line, const char *end, int *seen) {
  const char *equals = strchr(line, '=');
  char *key, *raw, *value;
  int i;
  if (!equals || equals > end) fuzz_wrong(line, "a line without =");
  key = trimmed(line, equals);
  raw = trimmed(equals + 1, end);
  value = expanded(raw);
  i = mig_setting_find(key);
  if (i < 0) fuzz_wrong(line, "an unknown key");
  if (seen[i]++) fuzz_wrong(line, "a key for the second time");
  if (strcmp(r->s.given[MIG_FROM_FILE][i], value) != 0) fuzz_wrong(line, "another value");
  sqlite3_free(key);
  sqlite3_free(raw);
  sqlite3_free(value);
}

static void check_lines(const reading *r, const char *z) {
  int seen[MIG_SETTING_COUNT] = {0}, i;
  if (strncmp(z, "\xef\xbb\xbf", 3) == 0) z += 3;
  while (*z) {
    const char *end = z + strcspn(z, "\n");
    char *line = trimmed(z, end);
    if (*line && !strchr("#;[", *line)) check_line(r, z, end, seen);
    sqlite3_free(line);
    z = *end ? end + 1 : end;
  }
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    if (!seen[i] != !r->s.given[MIG_FROM_FILE][i]) fuzz_wrong(z, "a value that is not in the file");
  }
}

/* ---- Other writings of the same ---- */

static void check_spellings(const reading *r, const char *z) {
  sqlite3_str *crlf = sqlite3_str_new(0), *wide = sqlite3_str_new(0);
  const char *p;
  char *text;
  for (p = z; *p; p++) {
    sqlite3_str_append(crlf, *p == '\n' ? "\r\n" : p, *p == '\n' ? 2 : 1);
    sqlite3_str_append(wide, *p == '\n' ? " \n\t\n# x\n " : p, *p == '\n' ? 9 : 1);
  }
  text = sqlite3_str_finish(crlf);
  if (text) expect_same(r, text, strlen(text), "CRLF");
  sqlite3_free(text);
  text = sqlite3_str_finish(wide);
  if (text) expect_same(r, text, strlen(text), "empty lines");
  sqlite3_free(text);
  if (strncmp(z, "\xef\xbb\xbf", 3) == 0) return;
  text = sqlite3_mprintf("\xef\xbb\xbf%s", z);
  expect_same(r, text, strlen(text), "BOM");
  sqlite3_free(text);
}

/* Written again, ${ as $${. Blanks at the ends of a value come out of variables alone. */
static void check_again(const reading *r) {
  sqlite3_str *out = sqlite3_str_new(0);
  char *text;
  int i;
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    const char *value = r->s.given[MIG_FROM_FILE][i], *p;
    size_t n = value ? strlen(value) : 0;
    if (!value) continue;
    if (mig_setting_value(i, value) < 0) fuzz_wrong(value, "a value that is not valid");
    sqlite3_str_appendf(out, "%s = ", mig_setting_table[i].key);
    if (is_blank(value[0])) sqlite3_str_appendall(out, "${EMPTY}");
    for (p = value; *p; p++) {
      if (strncmp(p, "${", 2) == 0) sqlite3_str_appendchar(out, 1, '$');
      sqlite3_str_appendchar(out, 1, *p);
    }
    sqlite3_str_appendall(out, n && is_blank(value[n - 1]) ? "${EMPTY}\n" : "\n");
  }
  text = sqlite3_str_finish(out);
  if (text) expect_same(r, text, strlen(text), "written again");
  sqlite3_free(text);
}

/* ---- Faults ---- */

static void check_fault(const reading *r, const char *z, size_t n) {
  const char *message = mig_fault_text(&r->fault), *p = z;
  int line = 0, lines = 1;
  size_t i;
  for (i = 0; i < n; i++) lines += p[i] == '\n';
  if (strncmp(message, "ini:", 4) == 0) line = atoi(message + 4);
  if (line < 1 || line > lines) fuzz_wrong(message, "a fault that names no line of the file");
}

static void fuzz_one(const uint8_t *data, size_t n) {
  char *text = n && data[0] == '#' ? fuzz_text(data, n, fragments, FUZZ_COUNT(fragments)) : 0;
  char *z = text ? text : (char *)sqlite3_malloc64(n + 1);
  reading r;
  if (text) {
    n = strlen(text);
  } else {
    if (n) memcpy(z, data, n);
    z[n] = 0;
  }
  if (read_text(&r, z, n)) {
    check_fault(&r, z, n);
  } else {
    if (strlen(z) != n) fuzz_wrong(z, "a NUL byte");
    check_lines(&r, z);
    check_spellings(&r, z);
    check_again(&r);
  }
  forget(&r);
  sqlite3_free(z);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/ini"); }
#endif
