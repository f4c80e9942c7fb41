/* Tables: the eponymous table-valued functions. One module for all of them: a table is a row of
** tables[], with its columns, its arguments and the function that fills it.
**
** All rows are made when a scan begins and held in memory: no statement of ours is open while the
** host reads them. */

typedef struct cell {
  int is_text;
  sqlite3_int64 number;
  char *z; /* a text; NULL: SQL NULL */
} cell;

/* The rows of one scan: cells one after the other, ncolumn a row. */
typedef struct rows {
  connection *c;
  call *k;
  cell *cells;
  int count, room;
} rows;

typedef struct table {
  const char *name;
  const char *columns;  /* as in CREATE TABLE; hidden ones are added */
  int ncolumn;
  const char *argument; /* what its argument is called in messages; NULL: takes none */
  int required;
  void (*fill)(rows *r, const char *argument);
} table;

static cell *rows_cell(rows *r) {
  if (r->count == r->room) {
    int room = r->room ? r->room * 2 : 64;
    cell *grown = (cell *)sqlite3_realloc64(r->cells, sizeof(cell) * (sqlite3_uint64)room);
    if (!grown) {
      call_fail(r->k, SQLITE_NOMEM, "out of memory");
      return 0;
    }
    r->cells = grown;
    r->room = room;
  }
  memset(&r->cells[r->count], 0, sizeof(cell));
  return &r->cells[r->count++];
}

static void put_number(rows *r, sqlite3_int64 number) {
  cell *c = rows_cell(r);
  if (c) c->number = number;
}

static void put_text(rows *r, const char *z) {
  cell *c = rows_cell(r);
  if (!c) return;
  c->is_text = 1;
  if (!z) return;
  c->z = sqlite3_mprintf("%s", z);
  if (!c->z) call_fail(r->k, SQLITE_NOMEM, "out of memory");
}

static void rows_free(rows *r) {
  int i;
  for (i = 0; i < r->count; i++) sqlite3_free(r->cells[i].z);
  sqlite3_free(r->cells);
  memset(r, 0, sizeof(*r));
}

/* ---- what fills the tables ---- */

static int explain_row(void *arg, const migrate_statement *s) {
  rows *r = (rows *)arg;
  put_number(r, s->seq);
  put_text(r, s->kind);
  put_text(r, s->sql);
  put_text(r, s->strategy);
  put_text(r, s->reason);
  return r->k->code;
}

static void explain_fill(rows *r, const char *sql) {
  if (call_begin(r->k, r->c)) migrate_explain(r->k->m, sql, explain_row, r);
}

static int plan_row(void *arg, const migrate_statement *s) {
  rows *r = (rows *)arg;
  put_number(r, s->step);
  put_text(r, s->revision);
  put_text(r, s->direction);
  put_number(r, s->seq);
  put_text(r, s->kind);
  put_text(r, s->sql);
  put_text(r, s->strategy);
  put_text(r, s->reason);
  return r->k->code;
}

static void plan_fill(rows *r, const char *target) {
  if (call_begin_revisions(r->k, r->c)) {
    migrate_plan(r->k->m, target ? target : "head", plan_row, r);
  }
}

#define HISTORY_COLUMNS                                                                        \
  "revision TEXT, down_revision TEXT, branch_labels TEXT, depends_on TEXT, message TEXT, "     \
  "create_date TEXT, is_base INT, is_head INT, is_branch_point INT, is_merge_point INT, "      \
  "is_current INT, is_applied INT, is_edited INT, applied_at TEXT, path TEXT"
#define HISTORY_COUNT 15

static int history_row(void *arg, const migrate_history_row *h) {
  rows *r = (rows *)arg;
  put_text(r, h->revision);
  put_text(r, h->down_revision);
  put_text(r, h->branch_labels);
  put_text(r, h->depends_on);
  put_text(r, h->message);
  put_text(r, h->create_date);
  put_number(r, h->is_base);
  put_number(r, h->is_head);
  put_number(r, h->is_branch_point);
  put_number(r, h->is_merge_point);
  put_number(r, h->is_current);
  put_number(r, h->is_applied);
  put_number(r, h->is_edited);
  put_text(r, h->applied_at);
  put_text(r, h->path);
  return r->k->code;
}

static int show_row(void *arg, const migrate_history_row *h) {
  rows *r = (rows *)arg;
  history_row(arg, h);
  put_text(r, h->upgrade_sql);
  put_text(r, h->downgrade_sql);
  return r->k->code;
}

static int current_row(void *arg, const migrate_history_row *h) {
  rows *r = (rows *)arg;
  put_text(r, h->revision);
  put_number(r, h->is_head);
  put_text(r, h->message);
  put_text(r, h->path);
  return r->k->code;
}

static void history_fill(rows *r, const char *range) {
  if (call_begin_revisions(r->k, r->c)) migrate_history(r->k->m, range, history_row, r);
}

static int diff_row(void *arg, const migrate_difference *d) {
  rows *r = (rows *)arg;
  put_number(r, d->seq);
  put_text(r, d->op);
  put_text(r, d->object_type);
  put_text(r, d->object);
  put_text(r, d->detail);
  put_text(r, d->sql);
  return r->k->code;
}

static void diff_fill(rows *r, const char *target) {
  if (call_begin(r->k, r->c)) migrate_diff(r->k->m, target, diff_row, r);
}

static int lint_row(void *arg, const migrate_finding *f) {
  rows *r = (rows *)arg;
  put_text(r, f->revision);
  put_number(r, f->line);
  put_text(r, f->severity);
  put_text(r, f->rule);
  put_text(r, f->message);
  return r->k->code;
}

static void lint_fill(rows *r, const char *range) {
  if (call_begin_revisions(r->k, r->c)) migrate_lint(r->k->m, range, lint_row, r);
}

static void heads_fill(rows *r, const char *none) {
  (void)none;
  if (call_begin_revisions(r->k, r->c)) migrate_heads(r->k->m, history_row, r);
}

static void branches_fill(rows *r, const char *none) {
  (void)none;
  if (call_begin_revisions(r->k, r->c)) migrate_branches(r->k->m, history_row, r);
}

static void show_fill(rows *r, const char *revision) {
  if (call_begin_revisions(r->k, r->c)) migrate_show(r->k->m, revision, show_row, r);
}

static void current_fill(rows *r, const char *none) {
  (void)none;
  if (call_begin_revisions(r->k, r->c)) migrate_current(r->k->m, current_row, r);
}

static const table tables[] = {
  {"migrate_current", "revision TEXT, is_head INT, message TEXT, path TEXT", 4, 0, 0, current_fill},
  {"migrate_heads", HISTORY_COLUMNS, HISTORY_COUNT, 0, 0, heads_fill},
  {"migrate_branches", HISTORY_COLUMNS, HISTORY_COUNT, 0, 0, branches_fill},
  {"migrate_history", HISTORY_COLUMNS, HISTORY_COUNT, "the range", 0, history_fill},
  {"migrate_show", HISTORY_COLUMNS ", upgrade_sql TEXT, downgrade_sql TEXT", HISTORY_COUNT + 2,
   "the revision", 1, show_fill},
  {"migrate_plan",
   "step INT, revision TEXT, direction TEXT, seq INT, kind TEXT, sql TEXT, strategy TEXT, "
   "reason TEXT",
   8, "the target", 0, plan_fill},
  {"migrate_diff", "seq INT, op TEXT, object_type TEXT, object TEXT, detail TEXT, sql TEXT", 6,
   "the target", 0, diff_fill},
  {"migrate_lint", "revision TEXT, line INT, severity TEXT, rule TEXT, message TEXT", 5,
   "the range", 0, lint_fill},
  {"migrate_explain", "seq INT, kind TEXT, sql TEXT, strategy TEXT, reason TEXT", 5, "the script",
   1, explain_fill},
};
#define TABLE_COUNT ((int)(sizeof(tables) / sizeof(tables[0])))

/* ---- the module ---- */

/* What a module is registered with: one for each table. */
typedef struct table_arg {
  connection *c;
  const table *t;
} table_arg;

typedef struct table_vtab {
  sqlite3_vtab base;
  connection *c;
  const table *t;
} table_vtab;

typedef struct table_cursor {
  sqlite3_vtab_cursor base;
  rows r;
  int at; /* the row */
} table_cursor;

static int table_connect(sqlite3 *db, void *arg, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error) {
  const table_arg *a = (const table_arg *)arg;
  table_vtab *v;
  char *declaration;
  int rc;
  (void)argc;
  (void)argv;
  (void)error;
  declaration = sqlite3_mprintf("CREATE TABLE x(%s%s)", a->t->columns,
                                a->t->argument ? ", argument HIDDEN" : "");
  if (!declaration) return SQLITE_NOMEM;
  rc = sqlite3_declare_vtab(db, declaration);
  sqlite3_free(declaration);
  if (rc != SQLITE_OK) return rc;
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  v = (table_vtab *)sqlite3_malloc64(sizeof(*v));
  if (!v) return SQLITE_NOMEM;
  memset(v, 0, sizeof(*v));
  v->c = a->c;
  v->t = a->t;
  v->c->references++; /* some SQLites let go of the module before they disconnect its tables */
  *out = &v->base;
  return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *vtab) {
  connection_release(((table_vtab *)vtab)->c);
  sqlite3_free(vtab);
  return SQLITE_OK;
}

/* The only plan: all rows, for the argument if there is one (idxNum 1). */
static int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  const table *t = ((table_vtab *)vtab)->t;
  int i;
  info->estimatedCost = 1000;
  for (i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn != t->ncolumn) continue;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->idxNum = 1;
    return SQLITE_OK;
  }
  return SQLITE_OK;
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  table_cursor *cursor = (table_cursor *)sqlite3_malloc64(sizeof(*cursor));
  (void)vtab;
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(*cursor));
  *out = &cursor->base;
  return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *base) {
  table_cursor *cursor = (table_cursor *)base;
  rows_free(&cursor->r);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

/* Ends the call; an error becomes the statement's. */
static int table_end(table_vtab *v, call *k) {
  call_close(k);
  if (k->code) {
    sqlite3_free(v->base.zErrMsg);
    v->base.zErrMsg = k->message ? k->message : sqlite3_mprintf("%s", migrate_strerror(k->code));
  }
  return call_sqlite_code(k->code);
}

static int table_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                        sqlite3_value **argv) {
  table_cursor *cursor = (table_cursor *)base;
  table_vtab *v = (table_vtab *)base->pVtab;
  const char *argument = 0;
  call k;
  int rc;
  (void)index;
  (void)name;
  rows_free(&cursor->r);
  cursor->at = 0;
  cursor->r.c = v->c;
  cursor->r.k = &k;
  memset(&k, 0, sizeof(k));
  if (argc && (v->t->required || sqlite3_value_type(argv[0]) != SQLITE_NULL)) {
    argument = call_text(&k, argv[0], v->t->argument);
  } else if (v->t->required) {
    call_fail(&k, MIGRATE_MISUSE, "%s() needs an argument: %s", v->t->name, v->t->argument);
  }
  if (!k.code) v->t->fill(&cursor->r, argument);
  rc = table_end(v, &k);
  cursor->r.k = 0;
  return rc;
}

static int table_next(sqlite3_vtab_cursor *base) {
  ((table_cursor *)base)->at++;
  return SQLITE_OK;
}

static int table_eof(sqlite3_vtab_cursor *base) {
  const table_cursor *cursor = (const table_cursor *)base;
  const table_vtab *v = (const table_vtab *)base->pVtab;
  return (cursor->at + 1) * v->t->ncolumn > cursor->r.count;
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  const table_cursor *cursor = (const table_cursor *)base;
  const table_vtab *v = (const table_vtab *)base->pVtab;
  const cell *c;
  if (column >= v->t->ncolumn) return SQLITE_OK; /* the argument itself reads as NULL */
  c = &cursor->r.cells[cursor->at * v->t->ncolumn + column];
  if (!c->is_text) {
    sqlite3_result_int64(context, c->number);
  } else if (c->z) {
    sqlite3_result_text(context, c->z, -1, SQLITE_TRANSIENT);
  }
  return SQLITE_OK;
}

static int table_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
  *rowid = ((table_cursor *)base)->at + 1;
  return SQLITE_OK;
}

/* No xCreate: the tables are there by name alone, and no schema comes to depend on them. */
static void table_module(sqlite3_module *m) {
  m->xConnect = table_connect;
  m->xBestIndex = table_best_index;
  m->xDisconnect = table_disconnect;
  m->xOpen = table_open;
  m->xClose = table_close;
  m->xFilter = table_filter;
  m->xNext = table_next;
  m->xEof = table_eof;
  m->xColumn = table_column;
  m->xRowid = table_rowid;
}

static void table_arg_release(void *arg) {
  connection_release(((table_arg *)arg)->c);
  sqlite3_free(arg);
}

static int register_table(connection *c, int i) {
  table_arg *arg = (table_arg *)sqlite3_malloc64(sizeof(*arg));
  if (!arg) return SQLITE_NOMEM;
  arg->c = c;
  arg->t = &tables[i];
  c->references++;
  table_module(&c->module);
  return sqlite3_create_module_v2(c->db, tables[i].name, &c->module, arg, table_arg_release);
}
