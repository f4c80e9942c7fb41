/* Bench: what a change costs, as a ratio to the twelve steps that SQLite's manual tells one to
** write by hand, in the same SQLite, and to Alembic's batch mode where it is installed.
**
**   bench FOLDER ROWS REPETITIONS PART [ALEMBIC]
**
** PART is `narrow`, `wide`, `tables` or `all`. Each figure is the median of the ratios of pairs:
** ours, theirs, ours, theirs, each on a fresh copy of the same file. Machines are noisy, so that
** ratios are compared with a goal, and nothing fails for being slow; what fails is a pair that ends
** in different rows. */
#define _POSIX_C_SOURCE 200809L
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MAX_REPETITIONS 99

/* A way to do a job: on an open connection to a fresh copy. */
typedef struct job {
  const char *name;
  const char *alter;  /* ours */
  const char *change; /* by hand: the line of the table's text that is replaced, and by what */
  const char *with;
  const char *select; /* by hand: what the new table is filled from; NULL: every column */
  double goals[6];    /* no index, 2, 5; the same with rows of 1 KB; 0: none */
  double under;       /* milliseconds that ours may take, whatever the rows; 0: no such limit */
} job;

typedef struct layout {
  int rows, indexes, wide;
  const char *journal;
  int unsynced; /* the disk is not waited for: it would hide what is measured */
} layout;

typedef struct bench {
  const char *folder, *part, *alembic;
  int rows, repetitions, failures;
  double more;       /* the most memory that one of ours took beyond the way by hand, in bytes */
  char *base, *copy; /* paths */
} bench;

/* The measures of one line. */
typedef struct figures {
  double ours[MAX_REPETITIONS], theirs[MAX_REPETITIONS], ratio[MAX_REPETITIONS];
  double our_bytes, their_bytes; /* SQLite's memory at the peak; 0: not known */
} figures;

static void die(const char *what, const char *why) {
  fprintf(stderr, "bench: %s: %s\n", what, why);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void exec(sqlite3 *db, const char *sql) {
  char *message = 0;
  if (sqlite3_exec(db, sql, 0, 0, &message) != SQLITE_OK) die(sql, message);
}

static sqlite3 *open_file(const char *path, const char *journal) {
  sqlite3 *db;
  char *pragma = sqlite3_mprintf("PRAGMA journal_mode = %s; PRAGMA foreign_keys = ON", journal);
  if (sqlite3_open(path, &db) != SQLITE_OK) die(path, sqlite3_errmsg(db));
  exec(db, pragma);
  sqlite3_free(pragma);
  return db;
}

static char *text_of(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s;
  char *z;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) != SQLITE_OK) die(sql, sqlite3_errmsg(db));
  z = sqlite3_step(s) == SQLITE_ROW ? sqlite3_mprintf("%s", sqlite3_column_text(s, 0)) : 0;
  sqlite3_finalize(s);
  return z;
}

/* ---- files ---- */

static void remove_database(const char *path) {
  static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
  int i;
  for (i = 0; i < 4; i++) {
    char *name = sqlite3_mprintf("%s%s", path, endings[i]);
    remove(name);
    sqlite3_free(name);
  }
}

/* A copy that is on the disk, so that no one else's pages are waited for when ours are synced. */
static void copy_database(const char *from, const char *to) {
  static char buffer[1 << 20];
  FILE *in = fopen(from, "rb"), *out;
  size_t n;
  remove_database(to);
  out = fopen(to, "wb");
  if (!in || !out) die(to, "cannot be written");
  while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
    if (fwrite(buffer, 1, n, out) != n) die(to, "the disk is full");
  }
  if (fflush(out) || fsync(fileno(out))) die(to, "cannot be synced");
  fclose(in);
  fclose(out);
}

/* ---- the table ---- */

static const char *const indexes[] = {
  "CREATE UNIQUE INDEX t_name_ref ON t(name, ref)", "CREATE INDEX t_created ON t(created)",
  "CREATE INDEX t_ref ON t(ref)", "CREATE INDEX t_note ON t(note)",
  "CREATE INDEX t_amount ON t(amount, created)",
};

static const char table_text[] =
  "CREATE TABLE t(\n"
  "  id INTEGER PRIMARY KEY,\n"
  "  name TEXT NOT NULL,\n"
  "  ref INTEGER,\n"
  "  created TEXT,\n"
  "  price TEXT,\n"
  "  amount INTEGER CONSTRAINT t_amount_sane CHECK (amount < 1000000000),\n"
  "  note VARCHAR(50),\n"
  "  body TEXT\n"
  ")";

/* Names come in no order, as they do in life: that is what makes building an index expensive. */
static const char fill_text[] =
  "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
  "WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c LIMIT 1000)"
  "  INSERT INTO parent SELECT i FROM c;"
  "CREATE TABLE child(id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t(id) ON DELETE CASCADE);"
  "CREATE TABLE log(n INTEGER);"
  "CREATE TRIGGER t_touch AFTER UPDATE ON t BEGIN INSERT INTO log VALUES(new.id); END;"
  "CREATE VIEW t_priced AS SELECT id, name, price FROM t WHERE price IS NOT NULL;"
  "INSERT INTO child SELECT id, id FROM t WHERE id %% 100 = 0;";

static void make_base(bench *b, const layout *l) {
  char *sql;
  sqlite3 *db;
  int i;
  remove_database(b->base);
  db = open_file(b->base, "OFF");
  exec(db, "BEGIN");
  exec(db, table_text);
  sql = sqlite3_mprintf(
    "WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c LIMIT %d)"
    "  INSERT INTO t SELECT i, printf('name %%08x', i * 2654435761 %% 4294967296),"
    "    i * 7919 %% 1000 + 1, date(1600000000 + i * 7 %% 100000000, 'unixepoch'), i %% 1000,"
    "    i * 31 %% 100003, 'note ' || i * 17 %% 5003, %s FROM c;",
    l->rows, l->wide ? "hex(zeroblob(500))" : "NULL");
  exec(db, sql);
  sqlite3_free(sql);
  for (i = 0; i < l->indexes; i++) exec(db, indexes[i]);
  sql = sqlite3_mprintf(fill_text);
  exec(db, sql);
  sqlite3_free(sql);
  exec(db, "COMMIT");
  sqlite3_close(db);
}

/* ---- the ways ---- */

static void ours(sqlite3 *db, const job *j) {
  char message[1000];
  migrate_options options;
  migrate *m;
  memset(&options, 0, sizeof(options));
  options.errbuf = message;
  options.nerrbuf = (int)sizeof(message);
  migrate_open(db, &options, &m);
  migrate_exec(m, j->alter);
  if (migrate_close(m)) die(j->alter, message);
}

/* The text of the new table: one piece replaced. */
static char *new_table(const job *j) {
  const char *at = strstr(table_text, j->change);
  if (!at) die(j->name, "the text to change is not there");
  return sqlite3_mprintf("CREATE TABLE t_new%.*s%s%s", (int)(at - (table_text + 14)),
                         table_text + 14, j->with, at + strlen(j->change));
}

/* sqlite.org/lang_altertable.html, the twelve steps, indexes created after the copy. */
static void by_hand(sqlite3 *db, const job *j) {
  char *view = text_of(db, "SELECT sql FROM sqlite_master WHERE name = 't_priced'");
  char *trigger = text_of(db, "SELECT sql FROM sqlite_master WHERE name = 't_touch'");
  char *made = text_of(db, "SELECT group_concat(sql, ';') FROM sqlite_master"
                           " WHERE type = 'index' AND tbl_name = 't' AND sql IS NOT NULL");
  char *table = new_table(j), *copy;
  copy = sqlite3_mprintf("INSERT INTO t_new SELECT %s FROM t", j->select ? j->select : "*");
  exec(db, "PRAGMA foreign_keys = OFF; BEGIN; DROP VIEW t_priced");
  exec(db, table);
  exec(db, copy);
  exec(db, "DROP TABLE t; ALTER TABLE t_new RENAME TO t");
  if (made) exec(db, made);
  exec(db, trigger);
  exec(db, view);
  if (text_of(db, "PRAGMA foreign_key_check")) die(j->name, "foreign keys broke by hand");
  exec(db, "COMMIT; PRAGMA foreign_keys = ON");
  sqlite3_free(view);
  sqlite3_free(trigger);
  sqlite3_free(made);
  sqlite3_free(table);
  sqlite3_free(copy);
}

typedef struct outcome {
  double seconds, bytes; /* bytes: SQLite's memory at the peak */
} outcome;

static outcome measure(bench *b, const layout *l, const job *j,
                       void (*way)(sqlite3 *, const job *)) {
  outcome o;
  sqlite3 *db;
  double start;
  copy_database(b->base, b->copy);
  db = open_file(b->copy, l->journal);
  if (l->unsynced) exec(db, "PRAGMA synchronous = OFF");
  sqlite3_memory_highwater(1);
  start = now();
  way(db, j);
  o.seconds = now() - start;
  o.bytes = (double)sqlite3_memory_highwater(0);
  sqlite3_close(db);
  return o;
}

/* What is compared after a pair. */
static char *summary(bench *b) {
  sqlite3 *db = open_file(b->copy, "DELETE");
  char *rows = text_of(db,
    "SELECT count(*) || ' rows, ' || total(id) || ' ' || total(price) || ' ' || total(amount) ||"
    "  ' ' || total(length(name)) || ' ' || total(length(body)) ||"
    "  (SELECT ' ' || count(*) FROM child) FROM t NOT INDEXED");
  char *objects = text_of(db,
    "SELECT count(*) || ' objects, ' || (SELECT group_concat(type || \"notnull\" || dflt_value)"
    "  FROM pragma_table_info('t')) FROM sqlite_master WHERE name NOT LIKE 'sqlite%'");
  char *z = sqlite3_mprintf("%s; %s", rows, objects);
  sqlite3_free(rows);
  sqlite3_free(objects);
  sqlite3_close(db);
  return z;
}

/* ---- figures ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(double *values, int n) {
  qsort(values, (size_t)n, sizeof(*values), compare_doubles);
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static const char heading[] =
  "job                                    rows idx   row journal   ours, s theirs, s   ratio"
  "     goal       MB theirs";

static void note(figures *f, int i, outcome a, outcome h) {
  f->ours[i] = a.seconds;
  f->theirs[i] = h.seconds;
  f->ratio[i] = a.seconds / h.seconds;
  if (a.bytes > f->our_bytes) f->our_bytes = a.bytes;
  if (h.bytes > f->their_bytes) f->their_bytes = h.bytes;
}

/* `under`: milliseconds, instead of a ratio. */
static void line(const char *name, const layout *l, figures *f, int n, double goal, double under) {
  double ours = median(f->ours, n), theirs = median(f->theirs, n), ratio = median(f->ratio, n);
  char g[40] = "", mb[40] = "";
  if (goal > 0) snprintf(g, sizeof(g), "%5.3f %s", goal, ratio <= goal ? "met" : "MISSED");
  if (under > 0) {
    snprintf(g, sizeof(g), "%g ms %s", under, ours * 1e3 <= under ? "met" : "MISSED");
  }
  if (f->their_bytes > 0) {
    snprintf(mb, sizeof(mb), "%7.1f %6.1f", f->our_bytes / 1e6, f->their_bytes / 1e6);
  }
  printf("%-34s %8d %3d %5s %-6s %9.4f %9.4f %7.3f  %-12s%s\n", name, l->rows, l->indexes,
         l->wide ? "1 KB" : "60 B", l->journal, ours, theirs, ratio, g, mb);
  fflush(stdout);
}

/* ---- Alembic ---- */

/* Seconds of the change alone, without the start of its interpreter. */
static outcome alembic(bench *b, const layout *l) {
  char *command = sqlite3_mprintf("%s %s", b->alembic, b->copy), answer[100];
  outcome o = {-1, 0};
  FILE *pipe;
  copy_database(b->base, b->copy);
  sqlite3_close(open_file(b->copy, l->journal));
  pipe = popen(command, "r");
  if (pipe && fgets(answer, sizeof(answer), pipe)) o.seconds = atof(answer);
  if (pipe) pclose(pipe);
  sqlite3_free(command);
  if (o.seconds < 0) die(b->alembic, "failed");
  return o;
}

/* ---- one table ---- */

/* Ours against the way by hand; with `others`, a third in each round is Alembic. */
static void pair(bench *b, const layout *l, const job *j, double goal, figures *others) {
  figures f;
  int i;
  memset(&f, 0, sizeof(f));
  for (i = 0; i < b->repetitions; i++) {
    char *ended, *expected;
    outcome a = measure(b, l, j, ours), h;
    ended = summary(b);
    h = measure(b, l, j, by_hand);
    expected = summary(b);
    if (strcmp(ended, expected) != 0) {
      printf("%s: ours %s, by hand %s\n", j->name, ended, expected);
      b->failures++;
    }
    sqlite3_free(ended);
    sqlite3_free(expected);
    note(&f, i, a, h);
    if (a.bytes - h.bytes > b->more) b->more = a.bytes - h.bytes;
    if (others) note(others, i, a, alembic(b, l));
  }
  line(j->name, l, &f, i, goal, j->under);
}

static const job rebuild_job = {
  "TYPE USING, NOT NULL, DEFAULT",
  "ALTER TABLE t ALTER COLUMN price TYPE INTEGER USING CAST(price AS INTEGER),"
  " ALTER COLUMN price SET NOT NULL, ALTER COLUMN price SET DEFAULT 0",
  "price TEXT", "price INTEGER NOT NULL DEFAULT 0",
  "id, name, ref, created, CAST(price AS INTEGER), amount, note, body",
  {1.05, 0.4, 0.25, 1.05, 0.85, 0.6},
  0,
};

static const job other_jobs[] = {
  {"ALTER COLUMN DROP NOT NULL", "ALTER TABLE t ALTER COLUMN name DROP NOT NULL",
   "name TEXT NOT NULL", "name TEXT", 0, {0, 0, 0, 0, 0, 0}, 5},
  {"VARCHAR(50) to VARCHAR(255)", "ALTER TABLE t ALTER COLUMN note TYPE VARCHAR(255)",
   "note VARCHAR(50)", "note VARCHAR(255)", 0, {0, 0, 0, 0, 0, 0}, 5},
  {"DROP CONSTRAINT", "ALTER TABLE t DROP CONSTRAINT t_amount_sane",
   " CONSTRAINT t_amount_sane CHECK (amount < 1000000000)", "", 0, {0, 0, 0, 0, 0, 0}, 5},
  {"ALTER COLUMN SET DEFAULT", "ALTER TABLE t ALTER COLUMN created SET DEFAULT 'never'",
   "created TEXT", "created TEXT DEFAULT 'never'", 0, {0, 0, 0, 0, 0, 0}, 0},
  {"ALTER COLUMN SET NOT NULL", "ALTER TABLE t ALTER COLUMN price SET NOT NULL", "price TEXT",
   "price TEXT NOT NULL", 0, {0, 0.05, 0, 0, 0, 0}, 0},
  {"ADD CHECK", "ALTER TABLE t ADD CONSTRAINT p CHECK (price >= 0)", "price TEXT",
   "price TEXT CONSTRAINT p CHECK (price >= 0)", 0, {0, 0.05, 0, 0, 0, 0}, 0},
  {"ADD FOREIGN KEY", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES parent(id)",
   "ref INTEGER", "ref INTEGER CONSTRAINT f REFERENCES parent(id)", 0, {0, 0.12, 0, 0, 0, 0}, 0},
  {"ADD UNIQUE", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (created, id)", "body TEXT\n",
   "body TEXT,\n  CONSTRAINT u UNIQUE (created, id)\n", 0, {0, 0, 0, 0, 0, 0}, 0},
  {"TYPE TEXT COLLATE NOCASE", "ALTER TABLE t ALTER COLUMN name TYPE TEXT COLLATE NOCASE",
   "name TEXT NOT NULL", "name TEXT NOT NULL COLLATE NOCASE", 0, {0, 0, 0, 0, 0, 0}, 0},
  {"ADD COLUMN in the middle", "ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 7 AFTER name",
   "name TEXT NOT NULL", "name TEXT NOT NULL, extra INTEGER DEFAULT 7",
   "id, name, 7, ref, created, price, amount, note, body", {0, 0.4, 0, 0, 0, 0}, 0},
  {"DROP COLUMN", "ALTER TABLE t DROP COLUMN note", "  note VARCHAR(50),\n", "",
   "id, name, ref, created, price, amount, body", {0, 0.4, 0, 0, 0, 0}, 0},
};
#define OTHER_JOBS ((int)(sizeof(other_jobs) / sizeof(other_jobs[0])))

static int has_part(const bench *b, const char *part) {
  return strcmp(b->part, "all") == 0 || strcmp(b->part, part) == 0;
}

static void changes(bench *b) {
  static const char *const journals[] = {"DELETE", "WAL"};
  static const int counts[] = {0, 2, 5};
  figures others[12];
  layout layouts[12];
  int wide, count, journal, i, n = 0;
  memset(others, 0, sizeof(others));
  memset(layouts, 0, sizeof(layouts));
  printf("\nAgainst the twelve steps by hand, indexes created after the copy\n%s\n", heading);
  for (wide = 0; wide < 2; wide++) {
    for (count = 0; count < 3; count++) {
      layout l = {0, 0, 0, 0, 0};
      if (!has_part(b, wide ? "wide" : "narrow")) continue;
      l.rows = b->rows;
      l.indexes = counts[count];
      l.wide = wide;
      make_base(b, &l);
      for (journal = 0; journal < 2; journal++) {
        l.journal = journals[journal];
        layouts[n] = l;
        pair(b, &l, &rebuild_job, rebuild_job.goals[wide * 3 + count],
             b->alembic[0] ? &others[n] : 0);
        n++;
      }
      l.journal = "DELETE";
      for (i = 0; i < OTHER_JOBS && !wide && counts[count] == 2; i++) {
        l.unsynced = other_jobs[i].under > 0; /* how long a disk takes to sync is its own affair */
        pair(b, &l, &other_jobs[i], other_jobs[i].goals[1], 0);
      }
    }
  }
  printf("memory at the peak: at most %.1f MB more than by hand; goal 8.0\n", b->more / 1e6);
  if (!b->alembic[0]) {
    printf("\nAgainst Alembic: skipped, it is not installed (Debian: apt-get install alembic)\n");
    return;
  }
  printf("\nAgainst Alembic's batch mode, foreign keys off, which loses the trigger and fails on"
         " the view\n%s\n", heading);
  for (i = 0; i < n; i++) {
    line(rebuild_job.name, &layouts[i], &others[i], b->repetitions,
         rebuild_job.goals[layouts[i].wide * 3 + i / 2 % 3], 0);
  }
}

/* ---- many tables ---- */

static void make_tables(bench *b, int n) {
  sqlite3 *db;
  int i;
  remove_database(b->base);
  db = open_file(b->base, "WAL");
  exec(db, "BEGIN");
  for (i = 0; i < n; i++) {
    char *sql = sqlite3_mprintf("CREATE TABLE t%d(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b, c,"
                                " v VARCHAR(50)); CREATE INDEX t%d_a ON t%d(a)", i, i, i);
    exec(db, sql);
    sqlite3_free(sql);
  }
  exec(db, "COMMIT");
  sqlite3_close(db);
}

/* Schema edits on tables of their own, and the one load of the schema that SQLite needs before it
** can do anything. The run is on a new connection, which has to load the schema first, or on one
** that has it. */
typedef struct edits {
  const char *name;
  const char *const *forms; /* of ALTER TABLE, taken in turn */
  int nform, tables, n;
  int revisions; /* each edit is a revision of its own, instead of a statement of one script */
  int loaded;    /* the connection has the schema */
} edits;

static const char *const drop_not_null[] = {"ALTER TABLE t%d ALTER COLUMN a DROP NOT NULL"};
static const char *const mixed[] = {
  "ALTER TABLE t%d ALTER COLUMN a DROP NOT NULL",
  "ALTER TABLE t%d ADD CONSTRAINT b_sane CHECK (b > 0)",
  "ALTER TABLE t%d ALTER COLUMN v TYPE VARCHAR(255)",
  "ALTER TABLE t%d ADD CONSTRAINT c_fkey FOREIGN KEY (c) REFERENCES t0(id)",
  "ALTER TABLE t%d RENAME COLUMN b TO bb",
};
static const char *const rename_table[] = {"ALTER TABLE t%d RENAME TO u%d"};
static const char *const add_column[] = {"ALTER TABLE t%d ADD COLUMN z TEXT"};

/* What runs: n texts one behind another, and their revisions. */
static migrate_revision *edit_revisions(const edits *e, char **script) {
  migrate_revision *r = (migrate_revision *)calloc((size_t)e->n, sizeof(*r));
  char *ids = (char *)calloc((size_t)e->n, 16);
  int i;
  *script = sqlite3_mprintf("");
  if (!r || !ids) die(e->name, "out of memory");
  for (i = 0; i < e->n; i++) {
    char *sql = sqlite3_mprintf(e->forms[i % e->nform], i, i);
    snprintf(ids + i * 16, 16, "r%d", i);
    r[i].id = ids + i * 16;
    r[i].down_revision = i ? r[i - 1].id : 0;
    r[i].message = "edit";
    r[i].upgrade = sql;
    if (!e->revisions) *script = sqlite3_mprintf("%z%s;\n", *script, sql);
  }
  return r;
}

/* Any statement that names a table makes SQLite read the schema. */
static void load_schema(sqlite3 *db) { exec(db, "SELECT 1 FROM sqlite_master LIMIT 0"); }

static double load_time(bench *b) {
  double start = now();
  sqlite3 *db;
  sqlite3_open(b->copy, &db);
  load_schema(db);
  start = now() - start;
  sqlite3_close(db);
  return start;
}

static double edits_time(bench *b, const edits *e, const migrate_revision *r, const char *script) {
  char message[1000];
  migrate_options options;
  migrate *m;
  sqlite3 *db;
  double start;
  memset(&options, 0, sizeof(options));
  options.errbuf = message;
  options.nerrbuf = (int)sizeof(message);
  copy_database(b->base, b->copy);
  sqlite3_open(b->copy, &db);
  exec(db, "PRAGMA synchronous = OFF"); /* the disk would hide what is measured */
  if (e->loaded) load_schema(db);
  start = now();
  migrate_open(db, &options, &m);
  if (e->revisions) {
    migrate_add(m, r, e->n);
    migrate_upgrade(m, "head");
  } else {
    migrate_exec(m, script);
  }
  if (migrate_close(m)) die(e->name, message);
  start = now() - start;
  sqlite3_close(db);
  return start;
}

static void run_edits(bench *b, const edits *e) {
  layout l = {0, 1, 0, "WAL", 1};
  figures f;
  char *script;
  migrate_revision *r = edit_revisions(e, &script);
  int i;
  memset(&f, 0, sizeof(f));
  l.rows = e->tables;
  make_tables(b, e->tables);
  for (i = 0; i < b->repetitions; i++) {
    outcome a = {0, 0}, h = {0, 0};
    a.seconds = edits_time(b, e, r, script);
    h.seconds = load_time(b);
    note(&f, i, a, h);
  }
  for (i = 0; i < e->n; i++) sqlite3_free((void *)(size_t)r[i].upgrade);
  free((void *)(size_t)r[0].id);
  free(r);
  sqlite3_free(script);
  line(e->name, &l, &f, b->repetitions, 2, 0);
}

static void many_tables(bench *b) {
  static const edits all[] = {
    {"1 edit, new connection", drop_not_null, 1, 1000, 1, 0, 0},
    {"1,000 edits, loaded connection", drop_not_null, 1, 1000, 1000, 0, 1},
    {"1,000 edits, new connection", drop_not_null, 1, 1000, 1000, 0, 0},
    {"1,000 mixed edits, loaded", mixed, 5, 1000, 1000, 0, 1},
    {"1,000 RENAME TO, loaded", rename_table, 1, 1000, 1000, 0, 1},
    {"1,000 ADD COLUMN, loaded", add_column, 1, 1000, 1000, 0, 1},
    {"1,000 revisions, loaded", drop_not_null, 1, 1000, 1000, 1, 1},
    {"1,000 mixed revisions, loaded", mixed, 5, 1000, 1000, 1, 1},
    {"1 edit, new connection", drop_not_null, 1, 10000, 1, 0, 0},
    {"1 edit, loaded connection", drop_not_null, 1, 10000, 1, 0, 1},
    {"10,000 edits, loaded connection", drop_not_null, 1, 10000, 10000, 0, 1},
  };
  int i;
  printf("\nAgainst one load of the schema; `rows` counts the tables, synchronous is off\n%s\n",
         heading);
  for (i = 0; i < (int)(sizeof(all) / sizeof(all[0])); i++) {
    edits e = all[i];
    if (b->rows < 100000) { /* a small run: whether it works */
      e.tables = e.tables / 100;
      e.n = e.n > 1 ? e.n / 100 : 1;
    }
    run_edits(b, &e);
  }
}

int main(int argc, char **argv) {
  bench b;
  if (argc < 5) die("usage", "bench FOLDER ROWS REPETITIONS PART [ALEMBIC]");
  memset(&b, 0, sizeof(b));
  b.folder = argv[1];
  b.rows = atoi(argv[2]);
  b.repetitions = atoi(argv[3]);
  b.part = argv[4];
  b.alembic = argc > 5 ? argv[5] : "";
  if (b.rows < 1 || b.repetitions < 1 || b.repetitions > MAX_REPETITIONS) die("usage", argv[2]);
  b.base = sqlite3_mprintf("%s/base.db", b.folder);
  b.copy = sqlite3_mprintf("%s/copy.db", b.folder);
  printf("SQLite %s, migrate %s; medians of %d pairs\n", sqlite3_libversion(), migrate_libversion(),
         b.repetitions);
  if (!has_part(&b, "tables") || has_part(&b, "narrow")) changes(&b);
  if (has_part(&b, "tables")) many_tables(&b);
  remove_database(b.base);
  remove_database(b.copy);
  sqlite3_free(b.base);
  sqlite3_free(b.copy);
  return b.failures != 0;
}
