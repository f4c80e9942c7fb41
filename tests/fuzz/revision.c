/* Fuzzes revision files as a folder gives them: the header is held against a second, plain reader;
** CRLF and BOM change nothing, a NUL is refused with its line; and what is read is run, upwards and
** downwards, beside a revision that is always the same. A run that fails leaves the database as it
** was, one that does not has its version rows, and no transaction stays open. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp: for the test alone */
#endif

#include "fuzz.h"

#include <sys/stat.h>
#include <unistd.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "../dump.h"

static const char *const fragments[] = {
    "-- ", "--", "\n", "\r\n", " ", "revision: ", "-- revision: b\n", "-- revision: B.2\n",
    "down_revision: ", "-- down_revision: a\n", "-- down_revision: a, b\n", "branch_labels: ",
    "-- branch_labels: l-1\n", "depends_on: ", "-- depends_on: a\n", "-- depends_on: other\n",
    "create_date: ", "-- create_date: 2025-12-18T10:35:00Z\n", "compat: ", "-- compat: a\n",
    "x: ", "-- migrate:up\n", "-- migrate:down\n", "-- migrate:up transaction:false\n",
    "-- migrate:down transaction:false\n", "-- migrate:up transaction:true\n", " transaction:no",
    "-- migrate:allow x\n", "-- migrate:renamed_from y\n", "migrate:", "up", "down", "message",
    "a", "b", ",", ", ", ":", ".", "; ", ";\n", "'", "\"", "`", "[", "]", "/*", "*/", "/* c */",
    "\xef\xbb\xbf", "\xc3\xa4", "\xff", "\t", "\r", "SELECT 1;\n", "CREATE TABLE u(a, b);\n",
    "CREATE TABLE u(a, b -- remark\n);\n", "DROP TABLE u;\n", "DROP TABLE t;\n",
    "INSERT INTO t VALUES (4, 'x\ny', x'00');\n", "INSERT INTO t VALUES (1, 2, 3);\n",
    "ALTER TABLE t DROP b;\n",
    "ALTER TABLE t ADD n INT NOT NULL DEFAULT 1 FIRST, ALTER x TYPE TEXT;\n",
    "ALTER TABLE t ADD b;\n", "ALTER TABLE t RENAME TO u;\n", "ALTER TABLE u RENAME TO t;\n",
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;\n", "DROP TRIGGER r;\n",
    "CREATE VIEW v AS SELECT * FROM t;\n", "DROP VIEW v;\n", "BEGIN;\n", "COMMIT;\n",
    "ROLLBACK;\n", "SAVEPOINT s;\n", "RELEASE s;\n", "VACUUM;\n", "ANALYZE;\n", "END;\n",
    "INSERT OR ROLLBACK INTO t VALUES (1, 2, 3);\n", ".read x\n", "CREATE TABLE", "UPDATE t SET ",
    "DELETE FROM alembic_version;\n", "DROP TABLE migrate_journal;\n", "EXPLAIN "};

FUZZ_MUTATOR(fragments)

/* ---- The folder ---- */

static char folder[] = "/tmp/migrate-fuzz-XXXXXX";
static char *path;

static void remove_folder(void) {
  char *first = sqlite3_mprintf("%s/0.sql", folder);
  unlink(first);
  unlink(path);
  rmdir(folder);
  sqlite3_free(first);
  sqlite3_free(path);
}

static void write_file(const char *name, const char *z, size_t n) {
  FILE *f = fopen(name, "wb");
  if (!f || fwrite(z, 1, n, f) != n || fclose(f) != 0) abort();
}

static void make_folder(void) {
  static const char first[] =
      "-- first\n-- revision: a\n-- branch_labels: first\n-- migrate:up\n"
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b DEFAULT 'b', x);\n"
      "INSERT INTO t(x) VALUES (1), ('2'), (NULL);\n-- migrate:down\nDROP TABLE t;\n";
  char *name;
  if (path) return;
  if (!mkdtemp(folder)) abort();
  name = sqlite3_mprintf("%s/0.sql", folder);
  path = sqlite3_mprintf("%s/1.sql", folder);
  write_file(name, first, sizeof(first) - 1);
  sqlite3_free(name);
  atexit(remove_folder);
}

/* ---- Reading ---- */

typedef struct reading {
  mig_fault fault;
  mig_arena arena;
  mig_revision rev;
} reading;

static int read_text(reading *r, const char *z, size_t n) {
  memset(r, 0, sizeof(*r));
  mig_arena_init(&r->arena, &r->fault);
  mig_script_parse(&r->arena, "file", z, n, &r->rev);
  return r->fault.code;
}

static void forget(reading *r) {
  mig_arena_free(&r->arena);
  mig_fault_clear(&r->fault);
}

/* What a header says, as one text. */
static char *facts(reading *r) {
  const mig_revision *v = &r->rev;
  return sqlite3_mprintf("%s|%s|%s|%s|%s|%s|%s|%s", v->id, v->message, v->create_date,
                         v->compat ? v->compat : "", mig_join(&r->arena, v->down),
                         mig_join(&r->arena, v->labels), mig_join(&r->arena, v->depends),
                         mig_checksum(&r->arena, v));
}

static void expect_same(reading *r, char *z, const char *what) {
  reading again;
  char *wanted = facts(r), *got;
  if (read_text(&again, z, strlen(z))) fuzz_wrong(z, mig_fault_text(&again.fault));
  got = facts(&again);
  if (strcmp(wanted, got) != 0) {
    fprintf(stderr, "%s\n%s\n", wanted, got);
    fuzz_wrong(z, what);
  }
  sqlite3_free(wanted);
  sqlite3_free(got);
  sqlite3_free(z);
  forget(&again);
}

static void check_spellings(reading *r, const char *z) {
  sqlite3_str *crlf = sqlite3_str_new(0);
  const char *p;
  for (p = z; *p; p++) sqlite3_str_append(crlf, *p == '\n' ? "\r\n" : p, *p == '\n' ? 2 : 1);
  if (*z && !strchr(z, '\r')) {
    expect_same(r, sqlite3_str_finish(crlf), "CRLF");
  } else {
    sqlite3_free(sqlite3_str_finish(crlf));
  }
  if (strncmp(z, "\xef\xbb\xbf", 3) == 0) return;
  expect_same(r, sqlite3_mprintf("\xef\xbb\xbf%s", z), "BOM");
}

/* A NUL anywhere is refused, with the line in which it stands. */
static void check_nul(const char *z, size_t n, size_t at) {
  reading r;
  char *copy = (char *)sqlite3_malloc64(n + 1), *message;
  size_t i;
  int line = 1;
  if (!n) {
    sqlite3_free(copy);
    return;
  }
  memcpy(copy, z, n + 1);
  copy[at % n] = 0;
  for (i = 0; i < at % n; i++) line += copy[i] == '\n';
  read_text(&r, copy, n);
  message = sqlite3_mprintf("file:%d: a NUL byte, at offset %lld of the file", line,
                            (sqlite3_int64)(at % n));
  if (strcmp(mig_fault_text(&r.fault), message) != 0) fuzz_wrong(z, mig_fault_text(&r.fault));
  sqlite3_free(message);
  sqlite3_free(copy);
  forget(&r);
}

/* ---- A second reader of headers ---- */

static const char *const keys[] = {"revision:",   "down_revision:", "branch_labels:",
                                   "depends_on:", "create_date:",   "compat:"};

static int is_blank(int c) { return c && strchr(" \t\r\f\v\n", c) != 0; }

/* A list without blanks and empty items. */
static char *list_of(const char *z) {
  sqlite3_str *out = sqlite3_str_new(0);
  while (*z) {
    size_t n = strcspn(z, ","), from = 0, to = n;
    while (from < to && is_blank(z[from])) from++;
    while (to > from && is_blank(z[to - 1])) to--;
    if (to > from) {
      sqlite3_str_appendf(out, "%s%.*s", sqlite3_str_length(out) ? ", " : "", (int)(to - from),
                          z + from);
    }
    z += n + (z[n] == ',');
  }
  return sqlite3_str_length(out) ? sqlite3_str_finish(out) : (sqlite3_free(sqlite3_str_finish(out)),
                                                             sqlite3_mprintf(""));
}

/* Which key a line begins with; 6: none. */
static int key_of(const char *line) {
  int i;
  for (i = 0; i < 6; i++) {
    size_t n = strlen(keys[i]);
    if (strncmp(line, keys[i], n) == 0 && (!line[n] || is_blank(line[n]))) break;
  }
  return i;
}

static int is_section(const char *line) {
  return strncmp(line, "migrate:up", 10) == 0 || strncmp(line, "migrate:down", 12) == 0;
}

/* The text of the comment that a line is. SQLite takes a byte order mark for a blank anywhere. */
static char *comment_of(const char *z, const char *end) {
  while (z < end && (is_blank(*z) || strncmp(z, "\xef\xbb\xbf", 3) == 0)) {
    z += is_blank(*z) ? 1 : 3;
  }
  if (strncmp(z, "--", 2) == 0) z += 2;
  while (z < end && is_blank(*z)) z++;
  while (end > z && is_blank(end[-1])) end--;
  return sqlite3_mprintf("%.*s", (int)(end - z), z);
}

/* The words behind a key, or the message (key < 0), of a header without block comments. */
static char *header_value(const char *z, int key) {
  char *found = 0;
  if (strncmp(z, "\xef\xbb\xbf", 3) == 0) z += 3;
  while (*z && !found) {
    const char *end = z + strcspn(z, "\n");
    char *line = comment_of(z, end);
    int at = key_of(line);
    z = is_section(line) ? "" : *end ? end + 1 : end;
    if (at == 6 && key < 0 && *line && strncmp(line, "migrate:", 8) != 0) {
      found = sqlite3_mprintf("%s", line);
    } else if (at < 6 && at == key) {
      const char *value = line + strlen(keys[key]);
      while (is_blank(*value)) value++;
      found = key == 0 || key > 3 ? sqlite3_mprintf("%s", value) : list_of(value);
    }
    sqlite3_free(line);
  }
  return found ? found : sqlite3_mprintf("");
}

static void check_header(reading *r, const char *z) {
  const char *is[7];
  int key;
  if (strstr(z, "/*")) return;
  is[0] = r->rev.message;
  is[1] = r->rev.id;
  is[2] = mig_join(&r->arena, r->rev.down);
  is[3] = mig_join(&r->arena, r->rev.labels);
  is[4] = mig_join(&r->arena, r->rev.depends);
  is[5] = r->rev.create_date;
  is[6] = r->rev.compat ? r->rev.compat : "";
  for (key = -1; key < 6; key++) {
    char *wanted = header_value(z, key);
    if (strcmp(wanted, is[key + 1]) != 0) {
      fprintf(stderr, "'%s' read as '%s'\n", wanted, is[key + 1]);
      fuzz_wrong(z, key < 0 ? "the message" : keys[key]);
    }
    sqlite3_free(wanted);
  }
}

/* ---- Running ---- */

static int steps_left;

static int count_steps(void *arg) {
  (void)arg;
  return steps_left-- <= 0;
}

/* No files, and none of the few PRAGMAs that reach beyond the connection or break what they
** like. */
static int guard(void *arg, int action, const char *a, const char *b, const char *c,
                 const char *d) {
  static const char *const pragmas[] = {"hard_heap_limit", "soft_heap_limit", "writable_schema",
                                        "temp_store_directory", "data_store_directory"};
  size_t i;
  for (i = 0; action == SQLITE_PRAGMA && i < FUZZ_COUNT(pragmas); i++) {
    if (sqlite3_stricmp(a, pragmas[i]) == 0) return SQLITE_DENY;
  }
  return action == SQLITE_PRAGMA ? SQLITE_OK : fuzz_guard(arg, action, a, b, c, d);
}

static char *dump(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(0);
  int steps = steps_left;
  steps_left = 1 << 30;
  dump_database(out, db);
  steps_left = steps;
  sqlite3_str_appendall(out, "\n");
  return sqlite3_str_finish(out);
}

static migrate *start(sqlite3 *db) {
  migrate *m = 0;
  if (migrate_open(db, 0, &m) != 0) abort();
  migrate_add_directory(m, folder);
  return m;
}

static int ignore_finding(void *arg, const migrate_finding *f) {
  (void)arg;
  return !f->rule || !f->message;
}

static int ignore_row(void *arg, const migrate_history_row *row) {
  (void)arg;
  return !row->revision;
}

/* One command on a handle of its own; an error leaves the database as it was, unless a section ran
** outside of the transaction. */
static int run(sqlite3 *db, const char *command, int outside, const char *z) {
  char *before = dump(db), *after, line[900];
  migrate *m = start(db);
  int rc;
  steps_left = 3000;
  if (strcmp(command, "upgrade") == 0) migrate_upgrade(m, "heads");
  if (strcmp(command, "downgrade") == 0) migrate_downgrade(m, "base");
  if (strcmp(command, "history") == 0) migrate_history(m, 0, ignore_row, 0);
  if (strcmp(command, "lint") == 0) migrate_lint(m, 0, ignore_finding, 0);
  if (strcmp(command, "script") == 0) migrate_script(m, "upgrade", "base:heads", 0);
  if (strcmp(command, "embed") == 0) migrate_embed(m);
  if (strcmp(command, "verify") == 0) migrate_verify(m, 0);
  if (migrate_errcode(m) && !*migrate_errmsg(m)) fuzz_wrong(z, "an error without a message");
  if (getenv("FUZZ_TELL")) fprintf(stderr, "%s: %s\n", command, migrate_errmsg(m));
  rc = migrate_close(m);
  if (rc == SQLITE_CORRUPT || rc == SQLITE_INTERNAL || rc == SQLITE_NOMEM || rc == SQLITE_MISUSE) {
    fuzz_wrong(z, "a strange error");
  }
  if (!sqlite3_get_autocommit(db)) fuzz_wrong(z, "a transaction stays open");
  after = dump(db);
  if ((rc || !strstr(command, "grade")) && !outside &&
      dump_differs(before, after, line, sizeof(line))) {
    fprintf(stderr, "%s\n", line);
    fuzz_wrong(z, command);
  }
  sqlite3_free(before);
  sqlite3_free(after);
  return rc;
}

static int version_rows(sqlite3 *db) {
  sqlite3_stmt *s = 0;
  int n = -1;
  sqlite3_prepare_v2(db, "SELECT count(*) FROM main.alembic_version", -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  return n;
}

static void run_all(const mig_revision *v, const char *z, unsigned how) {
  static const char *const looks[] = {"history", "lint", "script", "embed", "verify"};
  sqlite3 *db = fuzz_open();
  int outside = v->upgrade.outside || v->downgrade.outside;
  int child = v->down.n || v->depends.n;
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 100000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_set_authorizer(db, guard, 0);
  sqlite3_progress_handler(db, 1000, count_steps, 0);
  run(db, looks[how % 5], 0, z);
  if (run(db, "upgrade", outside, z) == 0) {
    if (!mig_mentions(z, "alembic_version") && version_rows(db) != (v->down.n ? 1 : 2)) {
      if (!child || v->down.n) fuzz_wrong(z, "the version rows");
    }
    run(db, looks[how / 5 % 5], 0, z);
    if (run(db, "downgrade", outside, z) == 0 && version_rows(db) > 0) {
      fuzz_wrong(z, "version rows at base");
    }
  }
  sqlite3_close(db);
}

static void fuzz_one(const uint8_t *data, size_t n) {
  sqlite3_int64 memory = (make_folder(), sqlite3_memory_used());
  char *text = n && data[0] == '#' ? fuzz_text(data, n, fragments, FUZZ_COUNT(fragments)) : 0;
  char *z = text ? text : (char *)sqlite3_malloc64(n + 1);
  unsigned how = 0;
  size_t i;
  reading r;
  if (text) {
    n = strlen(text);
  } else {
    if (n) memcpy(z, data, n);
    z[n] = 0;
  }
  for (i = 0; i < n; i++) how = how * 31 + (unsigned char)z[i];
  check_nul(z, strlen(z), how);
  if (read_text(&r, z, n) == 0) {
    check_header(&r, z);
    check_spellings(&r, z);
    write_file(path, z, n);
    run_all(&r.rev, z, how);
  } else if (strncmp(mig_fault_text(&r.fault), "file:", 5) != 0) {
    fuzz_wrong(z, "an error that names no line");
  }
  forget(&r);
  sqlite3_free(z);
  if (sqlite3_memory_used() != memory) fuzz_wrong("", "memory leaks");
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/revision"); }
#endif
