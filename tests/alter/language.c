/* The ALTER language, form by form: every statement of language.txt on a database with rows, with
** the cheapest way, with plain SQL only and as hosted SQLites need it. What a statement changes is
** written there in full, every text and every row; what is not written there has not changed.
**
**   language          tests
**   language -w       prints language.txt with what the statements do now
*/
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "dump.h"
#include "listed.h"

#define PAGE "tests/alter/language.txt"
#define MAX_FORMS 600

/* One statement: what stands around it in the file. */
typedef struct form {
  const char *base; /* the SQL that makes the database */
  const char *sql;
  const char *want; /* the lines behind it */
  int oldest;       /* the SQLite that its base needs */
} form;

static form forms[MAX_FORMS];
static int nform;

static char *copy(const char *from, const char *to) {
  return sqlite3_mprintf("%.*s", (int)(to - from), from);
}

static const char *line_end(const char *z) {
  const char *end = strchr(z, '\n');
  return end ? end + 1 : z + strlen(z);
}

/* "@ name [oldest]", the lines of its base, then "> statement" and its lines, again and again. */
static void read_forms(const char *z) {
  const char *base = "";
  int oldest = 0;
  while (*z) {
    const char *start = z, *next = line_end(z);
    char head = *z;
    for (z = next; *z && *z != '@' && *z != '>'; z = line_end(z)) {}
    if (head == '@') {
      const char *number = strpbrk(start, "0123456789\n");
      oldest = number ? atoi(number) : 0;
      base = copy(next, z);
    } else if (head == '>' && nform < MAX_FORMS) {
      form *f = &forms[nform++];
      f->base = base;
      f->oldest = oldest;
      f->sql = copy(start + 2, next - 1);
      f->want = copy(next, z);
    }
  }
}

static char *read_page(void) {
  FILE *f = fopen(PAGE, "rb");
  sqlite3_str *out = sqlite3_str_new(0);
  char piece[4000];
  size_t n;
  while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0) sqlite3_str_append(out, piece, (int)n);
  if (f) fclose(f);
  return sqlite3_str_finish(out);
}

/* ---- what a statement does ------------------------------------------------------------------- */

/* A line: what it speaks of, ": ", and what there is to say of it. */
static void put_line(sqlite3_str *out, const char *what, const char *schema, const char *name,
                     char *text) {
  char *z;
  int plain = strcmp(schema, "main") == 0;
  sqlite3_str_appendf(out, "%s %s%s%s: ", what, plain ? "" : schema, plain ? "" : ".", name);
  for (z = text; z && *z; z++) {
    if (*z == '\n') sqlite3_str_appendall(out, "\\n");
    else sqlite3_str_appendchar(out, 1, *z);
  }
  sqlite3_str_appendall(out, "\n");
  sqlite3_free(text);
}

static void put_literal(sqlite3_str *out, sqlite3_stmt *s, int i) {
  const unsigned char *z = (const unsigned char *)sqlite3_column_blob(s, i);
  int n = sqlite3_column_bytes(s, i), k;
  switch (sqlite3_column_type(s, i)) {
    case SQLITE_NULL:
      sqlite3_str_appendall(out, "NULL");
      break;
    case SQLITE_TEXT:
      sqlite3_str_appendf(out, "%Q", sqlite3_column_text(s, i));
      break;
    case SQLITE_BLOB:
      sqlite3_str_appendall(out, "x'");
      for (k = 0; k < n; k++) sqlite3_str_appendf(out, "%02x", z[k]);
      sqlite3_str_appendall(out, "'");
      break;
    default:
      sqlite3_str_appendall(out, (const char *)sqlite3_column_text(s, i));
  }
}

/* Every row with its rowid and its values as literals, which tell their storage classes. */
static void put_rows(sqlite3_str *out, sqlite3 *db, const char *schema, const char *table) {
  const char *rowid = dump_rowid_name(db, schema, table);
  sqlite3_str *rows = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  char *sql = sqlite3_mprintf("SELECT %s,* FROM \"%w\".\"%w\"", rowid, schema, table);
  int i, n = sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK;
  if (!n) {
    sqlite3_free(sql);
    sql = sqlite3_mprintf("SELECT '-',* FROM \"%w\".\"%w\"", schema, table);
    sqlite3_prepare_v2(db, sql, -1, &s, 0);
  }
  for (n = 0; sqlite3_step(s) == SQLITE_ROW; n++) {
    sqlite3_str_appendf(rows, "%s(%s)", n ? " " : "", sqlite3_column_text(s, 0));
    for (i = 1; i < sqlite3_column_count(s); i++) {
      sqlite3_str_appendall(rows, i > 1 ? ", " : " ");
      put_literal(rows, s, i);
    }
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  put_line(out, "rows", schema, table, sqlite3_str_finish(rows));
}

static void put_schema(sqlite3_str *out, sqlite3 *db, const char *schema) {
  char *sql = sqlite3_mprintf("SELECT type, name, tbl_name, sql FROM \"%w\".sqlite_master "
                              "ORDER BY type = 'table', type, name", schema);
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *type = (const char *)sqlite3_column_text(s, 0);
    const char *name = (const char *)sqlite3_column_text(s, 1);
    const char *text = (const char *)sqlite3_column_text(s, 3);
    put_line(out, type, schema, name,
             text ? sqlite3_mprintf("%s", text)
                  : sqlite3_mprintf("on %s", sqlite3_column_text(s, 2)));
    if (strcmp(type, "table") == 0) put_rows(out, db, schema, name);
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
}

static char *described(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  sqlite3_prepare_v2(db, "SELECT name FROM pragma_database_list", -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    put_schema(out, db, (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_str_appendall(out, "integrity: ");
  dump_query(out, db, "PRAGMA integrity_check");
  return sqlite3_str_finish(out);
}

/* Is there a line in the text that begins with these bytes, as a whole line if whole is set? */
static int has_line(const char *text, const char *line, size_t n, int whole) {
  for (; *text; text = line_end(text)) {
    if (strncmp(text, line, n) == 0 && (!whole || text[n] == '\n')) return 1;
  }
  return 0;
}

/* The lines that are new or others, and what is gone. */
static void put_effect(sqlite3_str *out, const char *before, const char *after) {
  const char *z;
  for (z = before; *z; z = line_end(z)) {
    size_t n = (size_t)(strstr(z, ": ") - z);
    if (!has_line(after, z, n + 2, 0)) sqlite3_str_appendf(out, "- %.*s\n", (int)n, z);
  }
  for (z = after; *z; z = line_end(z)) {
    size_t n = strcspn(z, "\n");
    if (!has_line(before, z, n, 1)) sqlite3_str_appendf(out, "%.*s\n", (int)n, z);
  }
}

static migrate *open_handle(sqlite3 *db, const char *rebuild) {
  migrate *m = 0;
  migrate_open(db, 0, &m);
  migrate_set(m, "rebuild", rebuild);
  return m;
}

/* Runs the statement, and holds what SQLite reports to have run against what was listed. */
static void run_as_listed(sqlite3_str *out, sqlite3 *db, const char *sql, const char *rebuild) {
  listed list;
  migrate *m = open_handle(db, rebuild);
  memset(&list, 0, sizeof(list));
  migrate_explain(m, sql, listed_add, &list);
  migrate_close(m);
  m = open_handle(db, rebuild);
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, listed_run, &list);
  if (migrate_exec(m, sql)) {
    const char *message = migrate_errmsg(m);
    sqlite3_str_appendf(out, "! %.*s\n", (int)strcspn(message, "\n"), message);
    listed_cut(&list);
  }
  sqlite3_trace_v2(db, 0, 0, 0);
  migrate_close(m);
  if (list.error[0]) sqlite3_str_appendf(out, "%s\n", list.error);
  else if (list.at < list.n) sqlite3_str_appendf(out, "did not run: %s\n", list.text[list.at]);
  listed_free(&list);
}

/* The statement's effect on a fresh database, or "! " and the error, with which nothing changes. */
static char *effect_of(const form *f, const char *rebuild) {
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3 *db = 0;
  char *before, *after;
  sqlite3_open(":memory:", &db);
  if (sqlite3_exec(db, f->base, 0, 0, 0)) fail_msg("%s\n%s", sqlite3_errmsg(db), f->base);
  before = described(db);
  run_as_listed(out, db, f->sql, rebuild);
  after = described(db);
  put_effect(out, before, after);
  sqlite3_free(before);
  sqlite3_free(after);
  sqlite3_close(db);
  return sqlite3_str_finish(out);
}

static const char *const ways[] = {"auto", "portable", "hosted"};

/* Plain SQL alone leaves names in SQLite's own quotes, and some errors in its words. */
static char *loosened(const char *effect) {
  sqlite3_str *out = sqlite3_str_new(0);
  for (; *effect; effect++) {
    if (!strchr("\"`[]", *effect)) sqlite3_str_appendchar(out, 1, *effect);
    if (*effect == '!') effect += strcspn(effect, "\n") - 1;
  }
  return sqlite3_str_finish(out);
}

static int is_as_wanted(const form *f, const char *got, int way) {
  char *is, *want;
  int same;
  if (way == 0) return strcmp(got, f->want) == 0;
  is = loosened(got);
  want = loosened(f->want);
  same = strcmp(is ? is : "", want ? want : "") == 0;
  sqlite3_free(is);
  sqlite3_free(want);
  return same;
}

static void run_form(void **state) {
  const form *f = (const form *)*state;
  char *got;
  int i, wrong = 0;
  if (sqlite3_libversion_number() < f->oldest) {
    print_message("skipped: SQLite %s is too old for a set-up\n", sqlite3_libversion());
    skip();
  }
  for (i = 0; i < 3; i++) {
    got = effect_of(f, ways[i]);
    if (!is_as_wanted(f, got ? got : "", i)) {
      print_error("%s\nwant:\n%sgot (%s):\n%s", f->sql, f->want, ways[i], got ? got : "");
      wrong++;
    }
    sqlite3_free(got);
  }
  assert_int_equal(wrong, 0);
}

/* The file anew: what stands between the statements as it was, their effects as they are. */
static void write_page(const char *z) {
  int i = 0, skip_lines = 0;
  for (; *z; z = line_end(z)) {
    if (*z == '@' || *z == '>') skip_lines = 0;
    if (!skip_lines) printf("%.*s", (int)(line_end(z) - z), z);
    if (*z == '>') {
      char *effect = effect_of(&forms[i++], "auto");
      printf("%s", effect ? effect : "");
      sqlite3_free(effect);
      skip_lines = 1;
    }
  }
}

int main(int argc, char **argv) {
  static struct CMUnitTest tests[MAX_FORMS];
  char *page = read_page();
  int i, rc;
  if (page) read_forms(page);
  if (argc > 1 && strcmp(argv[1], "-w") == 0) {
    write_page(page);
    sqlite3_free(page);
    return 0;
  }
  for (i = 0; i < nform; i++) {
    tests[i].name = forms[i].sql;
    tests[i].test_func = run_form;
    tests[i].initial_state = &forms[i];
  }
  rc = nform ? _cmocka_run_group_tests("language", tests, (size_t)nform, 0, 0) : 1;
  sqlite3_free(page);
  return rc;
}
