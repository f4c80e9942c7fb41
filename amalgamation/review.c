/* Review: what the reader of a generated revision should know, as comments above its statements:
** what is lost, what will fail on the rows of this database, and what copies a table. */

typedef struct mig_review {
  migrate *m;
  mig_text *out;
  int n;
  const mig_difference *v;
} mig_review;

/* The first value of a query, or -1 where this database cannot tell, since the names are new. */
static sqlite3_int64 mig_look(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  if (!sql || sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) != SQLITE_OK) return -1;
  if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* Each line is one of the list; line ends in names must not end the comment. */
static void mig_remark(mig_review *r, const char *line) {
  size_t i;
  if (!line) return;
  if (!r->n++) mig_put(r->out, "-- Review:\n");
  mig_put(r->out, "--   ");
  for (i = 0; line[i]; i++) mig_putn(r->out, line[i] == '\n' ? " " : line + i, 1);
  mig_put(r->out, "\n");
}

static sqlite3_int64 mig_rows_of(mig_review *r) {
  return mig_look(r->m, mig_format(&r->m->work, "SELECT count(*) FROM \"%w\"", r->v->object));
}

static void mig_review_lost_column(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  sqlite3_int64 n =
      mig_look(r->m, mig_format(a, "SELECT count(*) FROM \"%w\" WHERE \"%w\" IS NOT NULL",
                                r->v->object, x->column));
  mig_remark(r, n > 0 ? mig_format(a, "destructive: column %s.%s goes, and %lld values with it",
                                   r->v->object, x->column, n)
                      : mig_format(a, "destructive: column %s.%s goes", r->v->object, x->column));
}

static void mig_review_new_column(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  const mig_table *t = r->v->after;
  const char *z;
  int i = mig_find_column(t, x->column);
  sqlite3_int64 n;
  if (i < 0 || !t->columns[i].not_null || t->columns[i].generated || mig_alias(t) == i) return;
  z = mig_default_meaning(a, t, i);
  if (!z || *z) return;
  n = mig_rows_of(r);
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: column %s.%s is NOT NULL without a default, and %lld rows "
                           "have no value for it; add it without NOT NULL, then UPDATE \"%w\" SET "
                           "\"%w\" = ... WHERE \"%w\" IS NULL, then SET NOT NULL",
                           r->v->object, x->column, n, r->v->object, x->column, x->column));
}

static void mig_review_not_null(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  sqlite3_int64 n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM \"%w\" WHERE \"%w\" IS NULL",
                                             r->v->object, x->column));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s have NULL in %s; first UPDATE \"%w\" SET "
                           "\"%w\" = ... WHERE \"%w\" IS NULL",
                           n, r->v->object, x->column, r->v->object, x->column, x->column));
}

/* Texts that do not come back from the number that they would become. */
static void mig_review_type(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  int i = mig_find_column(r->v->after, x->column), affinity;
  sqlite3_int64 n;
  if (i < 0) return;
  affinity = r->v->after->columns[i].affinity;
  if (affinity == MIG_BLOB || affinity == MIG_TEXT) return;
  n = mig_look(r->m, mig_format(a,
                               "SELECT count(*) FROM \"%w\" WHERE typeof(\"%w\") = 'text' AND "
                               "CAST(CAST(\"%w\" AS NUMERIC) AS TEXT) <> CAST(\"%w\" AS TEXT)",
                               r->v->object, x->column, x->column, x->column));
  if (n <= 0) return;
  mig_remark(r,
             mig_format(a,
                        "%lld values of %s.%s are no plain numbers and stay text, or change; look "
                        "with SELECT \"%w\" FROM \"%w\", or say how: TYPE ... USING expression",
                        n, r->v->object, x->column, x->column, r->v->object));
}

/* The groups of rows that share a key which may not be shared any more. */
static void mig_review_unique(mig_review *r, const char *table, const mig_key *keys, int nkey,
                              const char *where) {
  mig_arena *a = &r->m->work;
  sqlite3_int64 n;
  mig_text list;
  int i;
  mig_text_init(&list, a);
  for (i = 0; i < nkey; i++) {
    if (!keys[i].name) return;
    mig_putf(&list, i ? ", \"%w\"" : "\"%w\"", keys[i].name);
  }
  mig_put(&list, "");
  if (mig_failed(a)) return;
  n = mig_look(r->m, mig_format(a,
                               "SELECT count(*) FROM (SELECT 1 FROM \"%w\" WHERE (%s) AND "
                               "coalesce(%s%s) IS NOT NULL GROUP BY %s HAVING count(*) > 1)",
                               table, where, list.z, nkey > 1 ? "" : ", NULL", list.z));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld keys occur more than once in %s; look with SELECT %s, "
                           "count(*) FROM \"%w\" GROUP BY %s HAVING count(*) > 1, then DELETE or "
                           "UPDATE",
                           n, table, list.z, table, list.z));
}

/* The constraint that the action adds, as the table will have it. */
static void mig_review_constraint(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  char *sql = mig_format(a, "ALTER TABLE x %s", x->sql);
  char *table;
  mig_alter alter;
  mig_table t;
  const mig_constraint *c;
  sqlite3_int64 n;
  if (!sql || mig_parse_alter(a, sql, strlen(sql), &alter)) return;
  table = mig_format(a, "CREATE TABLE x(x, %s)", alter.first->text);
  if (!table || mig_parse_table(a, table, &t)) return;
  c = &t.constraints[t.nconstraint - 1];
  if (c->kind == MIG_UNIQUE || c->kind == MIG_PRIMARY_KEY) {
    mig_review_unique(r, r->v->object, c->keys, c->nkey, "1");
  }
  if (c->kind != MIG_CHECK) return;
  n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM \"%w\" WHERE NOT (%s\n)", r->v->object,
                               mig_span_text(a, t.sql, c->expr)));
  if (n > 0) {
    mig_remark(r, mig_format(a, "fails here: %lld rows of %s break CHECK (%s)", n, r->v->object,
                             mig_span_text(a, t.sql, c->expr)));
  }
}

static void mig_review_action(mig_review *r, const mig_action *x) {
  switch (x->kind) {
    case MIG_DROP_COLUMN: mig_review_lost_column(r, x); break;
    case MIG_ADD_COLUMN: mig_review_new_column(r, x); break;
    case MIG_SET_NOT_NULL: mig_review_not_null(r, x); break;
    case MIG_SET_TYPE: mig_review_type(r, x); break;
    case MIG_ADD_CONSTRAINT: mig_review_constraint(r, x); break;
    default: break;
  }
}

static void mig_review_index(mig_review *r) {
  mig_arena *a = &r->m->work;
  mig_index x;
  const char *where;
  if (mig_parse_index(a, r->v->sql, &x) || !x.unique) return;
  where = mig_span_empty(x.where) ? "1" : mig_span_text(a, x.sql, x.where);
  if (where) mig_review_unique(r, x.table, x.keys, x.nkey, where);
}

static void mig_review_statement(mig_review *r) {
  mig_arena *a = &r->m->work;
  const mig_difference *v = r->v;
  const mig_action *x;
  sqlite3_int64 n;
  if (v->hint) {
    mig_remark(r, mig_format(a, "likely a rename, written as drop and add: %s", v->hint));
  }
  if (strcmp(v->op, "drop") == 0 && v->before) {
    n = mig_rows_of(r);
    mig_remark(r, mig_format(a, "destructive: table %s goes, and %lld rows with it", v->object,
                             n < 0 ? (sqlite3_int64)0 : n));
  }
  if (strcmp(v->op, "create") == 0 && strcmp(v->type, "index") == 0) mig_review_index(r);
  for (x = v->actions; x && !mig_failed(a); x = x->next) mig_review_action(r, x);
  if (v->strategy && strcmp(v->strategy, "rebuild") == 0 && (n = mig_rows_of(r)) > 0) {
    mig_remark(r, mig_format(a, "copies the %lld rows of %s", n, v->object));
  }
}

static void mig_put_review(mig_text *out, const mig_draft *d) {
  mig_review r;
  r.m = d->m;
  r.out = out;
  r.n = 0;
  for (r.v = d->up.first; r.v && !mig_failed(out->a); r.v = r.v->next) mig_review_statement(&r);
  if (d->up.trouble) {
    mig_remark(&r, mig_format(out->a, "fails on a copy of the schema: %s", d->up.trouble));
  }
  if (d->down.trouble) {
    mig_remark(&r, mig_format(out->a, "the downgrade fails on a copy: %s", d->down.trouble));
  }
  if (r.n) mig_put(out, "\n");
}
