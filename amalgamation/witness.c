/* Witness: a revision as the linter sees it: what its section has done so far, the schema that a
** private copy has at this point, and the rows of the database at hand. */

enum mig_event_kind {
  MIG_EVENT_MADE,    /* the section made the table */
  MIG_EVENT_COPIED,  /* .. AS SELECT */
  MIG_EVENT_RENAMED, /* table became `other` */
  MIG_EVENT_DROPPED, /* the table, which has the name `other` when the section began */
  MIG_EVENT_ADDED,   /* column `other` */
  MIG_EVENT_WRITTEN, /* rows of the table */
  MIG_EVENT_REBUILT, /* by an ALTER TABLE */
  MIG_EVENT_SCHEMA,  /* something that was there was altered */
  MIG_EVENT_DATA,    /* rows that were there were changed */
  MIG_EVENT_LOST,    /* values went that a downgrade cannot know */
  MIG_EVENT_READ,    /* by a statement, `other`, that puts rows into another table */
  MIG_EVENT_PRAGMA   /* a setting of the connection, `other` its value */
};

typedef struct mig_event {
  struct mig_event *next; /* newest first */
  int kind;
  const char *table, *other;
  size_t at; /* of the statement */
  const mig_allow *allows;
} mig_event;

typedef struct mig_lint {
  migrate *m;    /* the environment: its rows, its memory */
  migrate k;     /* the private copy */
  int listed;    /* the revision is one of those asked for */
  int pending;   /* it is not applied: the rows at hand are those that it will meet */
  int unsure;    /* something did not run: the copy may have another schema than the text means */
  int in_c;      /* a step in C has run, which may have made anything: nothing is said to fail */
  int forward, forward_told; /* no revision has a downgrade; that was said */
  const mig_revision *rev;
  const mig_section *section;
  int upgrade;
  size_t at;               /* the statement at hand */
  const mig_allow *allows; /* its comments' words */
  const mig_allow *whole;  /* those of the whole revision */
  mig_event *events;
  mig_catalog *before;     /* the schema when the section began */
  mig_dependents worked;   /* views and triggers that compiled then, and that it may break */
  const char *table;       /* ALTER TABLE: what is being altered .. */
  const char *text;        /* .. and its text .. */
  int live;                /* .. which the database has as well, with its rows */
  const char *strategy;
  mig_event *written;        /* by pending revisions before, in the memory of m */
  mig_finding *found;
} mig_lint;

/* ---- reporting ---- */

/* Of a statement, by the comments that stand with it. */
static void mig_report_at(mig_lint *l, int rule, size_t at, const mig_allow *allows,
                          const char *fact) {
  int line = mig_place_of(l->section->sql ? l->section->sql : "", at).line;
  if (!l->listed || mig_is_allowed(allows, rule)) return;
  if (l->section->line) line += l->section->line - 1;
  mig_add_finding(&l->m->work, &l->found, rule, line, fact);
}

static void mig_report(mig_lint *l, int rule, const char *fact) {
  mig_report_at(l, rule, l->at, l->allows, fact);
}

/* Of the revision as a whole. */
static void mig_report_whole(mig_lint *l, int rule, size_t at, const char *fact) {
  mig_report_at(l, rule, at, l->whole, fact);
}

/* ---- what the section has done ---- */

static mig_event *mig_note_event(mig_lint *l, int kind, const char *table, const char *other) {
  mig_event *f = (mig_event *)mig_alloc(&l->k.work, sizeof *f);
  if (!f) return 0;
  f->kind = kind;
  f->table = table;
  f->other = other;
  f->at = l->at;
  f->allows = l->allows;
  f->next = l->events;
  l->events = f;
  return f;
}

/* The newest act of a kind on a table (NULL: any), and on `other` (NULL: any). */
static const mig_event *mig_find_event(const mig_lint *l, int kind, const char *table,
                                   const char *other) {
  const mig_event *f;
  for (f = l->events; f; f = f->next) {
    if (f->kind != kind) continue;
    if (table && !mig_same(f->table, table)) continue;
    if (!other || mig_same(f->other, other)) return f;
  }
  return 0;
}

/* The name that a table had when the section began; NULL: it was made since. */
static const char *mig_first_name(const mig_lint *l, const char *name) {
  const mig_event *f;
  for (f = l->events; f; f = f->next) { /* newest first: back in time */
    if (f->kind == MIG_EVENT_RENAMED && mig_same(f->other, name)) name = f->table;
    if (f->kind == MIG_EVENT_MADE && mig_same(f->table, name)) return 0;
  }
  return l->before && mig_catalog_table(l->before, name) ? name : 0;
}

/* Rows of the table were written, by this section or by a pending revision before. */
static int mig_was_written(const mig_lint *l, const char *table) {
  const mig_event *f;
  for (f = l->written; f && !mig_same(f->table, table); f = f->next) {}
  return f || mig_find_event(l, MIG_EVENT_WRITTEN, table, 0);
}

/* What pending revisions have written is remembered for those behind them. */
static void mig_keep_written(mig_lint *l) {
  const mig_event *f;
  for (f = l->events; f && l->pending; f = f->next) {
    mig_event *kept;
    if (f->kind != MIG_EVENT_WRITTEN) continue;
    kept = (mig_event *)mig_alloc(&l->m->work, sizeof *kept);
    if (!kept) return;
    kept->table = mig_copy(&l->m->work, f->table);
    kept->next = l->written;
    l->written = kept;
  }
}

/* ---- the copy, as it is now ---- */

static const char *mig_text_now(mig_lint *l, const char *type, const char *name) {
  sqlite3_stmt *stmt;
  const char *text = 0;
  if (!name) return 0;
  stmt = mig_prepare(&l->k, mig_format(&l->k.work,
                                       "SELECT sql FROM main.sqlite_master WHERE type = %Q AND "
                                       "name = %Q COLLATE NOCASE",
                                       type, name));
  while (mig_row(&l->k, &stmt)) text = mig_cell(&l->k, stmt, 0);
  return text;
}

/* The table that a text means; 0 when it is none. */
static int mig_table_now(mig_lint *l, const char *sql, mig_table *t) {
  if (!sql || mig_failed(&l->k.work)) return 0;
  if (mig_parse_table(&l->k.work, sql, t) == 0) return 1;
  mig_forgive(&l->k.fault);
  return 0;
}

static mig_catalog *mig_catalog_now(mig_lint *l) {
  mig_catalog *c;
  mig_flush(&l->k);
  mig_forget_catalogs(&l->k);
  c = mig_read_catalog(&l->k, "main");
  mig_forget_catalogs(&l->k); /* an edit would change the texts of one at hand */
  return c;
}

/* ---- the rows at hand ---- */

/* The first value of a query on the database itself; -1: it cannot tell, or they are not the rows
** that the revision will meet. */
static sqlite3_int64 mig_live_number(mig_lint *l, const char *sql) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  if (!sql || !l->pending) return -1;
  if (sqlite3_prepare_v2(l->m->db, sql, -1, &stmt, 0) != SQLITE_OK) return -1;
  if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

static sqlite3_int64 mig_live_rows(mig_lint *l, const char *table) {
  return mig_live_number(l,
                         mig_format(&l->k.work, "SELECT count(*) FROM main.\"%w\"", table));
}

/* "214 rows" */
static const char *mig_count(mig_arena *a, sqlite3_int64 n, const char *what) {
  return mig_format(a, "%lld %s%s", n, what, n == 1 ? "" : "s");
}

/* `words`, then "214 rows of this database"; "" where none are known. */
static const char *mig_and_rows(mig_lint *l, const char *table, const char *words) {
  mig_arena *a = &l->k.work;
  sqlite3_int64 n = mig_live_rows(l, table);
  return n > 0 ? mig_format(a, "%s%s of this database", words, mig_count(a, n, "row")) : "";
}

/* Does the database have the very table that the copy has now, with rows that no statement before
** will have changed? */
static int mig_is_live(mig_lint *l, const char *table) {
  sqlite3_stmt *stmt = 0;
  const char *text = 0, *now = mig_text_now(l, "table", table);
  if (!l->pending || !now || mig_was_written(l, table)) return 0;
  stmt = mig_prepare(l->m, mig_format(&l->m->work,
                                      "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND "
                                      "name = %Q COLLATE NOCASE",
                                      table));
  while (mig_row(l->m, &stmt)) text = mig_cell(l->m, stmt, 0);
  return text && strcmp(text, now) == 0;
}

#define MIG_SAMPLE_ROWS "1000"

/* The bytes of a table's rows, from a sample of them. */
static sqlite3_int64 mig_live_bytes(mig_lint *l, const mig_table *t, sqlite3_int64 rows) {
  mig_text z;
  int i;
  mig_text_init(&z, &l->k.work);
  mig_put(&z, "SELECT 1000 * avg(n) FROM (SELECT 4");
  for (i = 0; i < t->ncolumn; i++) {
    if (t->columns[i].generated && !t->columns[i].stored) continue;
    mig_putf(&z, " + coalesce(length(CAST(t.\"%w\" AS BLOB)), 0) + 1", t->columns[i].name);
  }
  mig_putf(&z, " AS n FROM main.\"%w\" AS t LIMIT " MIG_SAMPLE_ROWS ")", t->name);
  return mig_failed(&l->k.work) ? 0 : mig_live_number(l, z.z) * rows / 1000;
}
