/* Review: what the reader of a generated revision should know, as comments above its statements:
** what is lost, what will fail on the rows of this database, and what copies a table. */

typedef struct mig_review {
  migrate *m;
  const mig_draft *draft;
  mig_text *out;
  int n;
  const mig_difference *v;
  mig_future f;     /* of the statement's table */
  const char *rows; /* its subquery */
} mig_review;

/* The first value of a query, or -1 where this database cannot tell. */
static sqlite3_int64 mig_look(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  if (!sql || sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) != SQLITE_OK) return -1;
  if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* Each line is one of the list, once; line ends in names must not end the comment. */
static void mig_remark(mig_review *r, const char *line) {
  size_t i;
  if (!line || (r->n && strstr(mig_text_z(r->out), line))) return;
  if (!r->n++) mig_put(r->out, "-- Review:\n");
  mig_put(r->out, "--   ");
  for (i = 0; line[i]; i++) mig_putn(r->out, line[i] == '\n' ? " " : line + i, 1);
  mig_put(r->out, "\n");
}

/* How many of the future rows fulfil a condition. */
static sqlite3_int64 mig_count_rows(mig_review *r, const char *condition) {
  mig_arena *a = &r->m->work;
  if (!r->rows || !condition) return 0;
  return mig_look(r->m, mig_format(a, "SELECT count(*) FROM (%s) AS \"%w\" WHERE %s", r->rows,
                                   r->v->object, condition));
}

/* The future rows of the table that the statement changes. */
static void mig_review_rows(mig_review *r, const char *table) {
  r->f = mig_future_of(r->m, &r->draft->up, table);
  r->rows = r->f.today ? mig_future_rows(&r->f) : 0;
}

/* ---- what is lost ---- */

static void mig_review_lost_column(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  const char *table = r->f.today ? r->f.today : r->v->object;
  sqlite3_int64 n =
      mig_look(r->m, mig_format(a, "SELECT count(\"%w\") FROM main.\"%w\"", x->column, table));
  mig_remark(r, n > 0 ? mig_format(a, "destructive: column %s.%s goes, and %lld values with it",
                                   r->v->object, x->column, n)
                      : mig_format(a, "destructive: column %s.%s goes", r->v->object, x->column));
}

static void mig_review_lost_table(mig_review *r) {
  mig_arena *a = &r->m->work;
  const char *table = mig_name_today(&r->draft->up, r->v, r->v->object);
  sqlite3_int64 n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM main.\"%w\"", table));
  mig_remark(r, mig_format(a, "destructive: %s %s goes, and %lld rows with it", r->v->type,
                           r->v->object, n < 0 ? (sqlite3_int64)0 : n));
}

/* ---- what the rows do not allow ---- */

static void mig_review_not_null(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const mig_table *t = r->v->after;
  const mig_column *c = &t->columns[column];
  int was = mig_future_live(&r->f, c->name);
  sqlite3_int64 n;
  const char *today;
  if (!c->not_null || c->generated || mig_alias(t) == column) return;
  if (was >= 0 && r->f.live->columns[was].not_null) return;
  n = mig_count_rows(r, mig_format(a, "\"%w\" IS NULL", c->name));
  if (n <= 0) return;
  if (was < 0) {
    mig_remark(r,
               mig_format(a,
                          "fails here: column %s.%s is NOT NULL without a default, and %lld rows "
                          "have no value for it; add it without NOT NULL, then UPDATE \"%w\" SET "
                          "\"%w\" = ... WHERE \"%w\" IS NULL, then SET NOT NULL",
                          t->name, c->name, n, t->name, c->name, c->name));
    return;
  }
  today = r->f.live->columns[was].name;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s have NULL in %s; first UPDATE \"%w\" SET "
                           "\"%w\" = ... WHERE \"%w\" IS NULL",
                           n, r->f.today, today, r->f.today, today, today));
}

/* The condition for a value that a column of this type would not take, or would turn into another
** one; NULL where there is none. `c` is the column in SQL. */
static const char *mig_unfit_value(mig_arena *a, const mig_column *to, int strict, const char *c) {
  static const char number[] = "CAST(CAST(%s AS NUMERIC) AS TEXT) <> CAST(%s AS TEXT)";
  const char *text = mig_format(a, number, c, c);
  if (strict && to->affinity == MIG_INTEGER) {
    return mig_format(a,
                      "(typeof(%s) = 'blob' OR (typeof(%s) = 'text' AND (%s OR CAST(%s AS INTEGER) "
                      "<> CAST(%s AS NUMERIC))) OR (typeof(%s) = 'real' AND CAST(%s AS INTEGER) <> "
                      "%s))",
                      c, c, text, c, c, c, c, c);
  }
  if (strict && to->affinity == MIG_REAL) {
    return mig_format(a, "(typeof(%s) = 'blob' OR (typeof(%s) = 'text' AND %s))", c, c, text);
  }
  if (strict && to->affinity == MIG_TEXT) return mig_format(a, "typeof(%s) = 'blob'", c);
  if (strict && mig_same(to->type_name, "BLOB")) {
    return mig_format(a, "typeof(%s) NOT IN ('blob', 'null')", c);
  }
  if (to->affinity == MIG_BLOB || to->affinity == MIG_TEXT) return 0;
  return mig_format(a, "(typeof(%s) = 'text' AND %s)", c, text);
}

static void mig_review_type(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const mig_table *t = r->v->after;
  const mig_column *to = &t->columns[column], *from;
  int was = mig_future_live(&r->f, to->name);
  const char *name, *where;
  sqlite3_int64 n;
  if (was < 0 || to->generated) return;
  from = &r->f.live->columns[was];
  if (from->affinity == to->affinity && r->f.live->strict >= t->strict &&
      (!t->strict || mig_same(from->type_name, to->type_name))) {
    return;
  }
  name = mig_format(a, "\"%w\"", from->name);
  where = name ? mig_unfit_value(a, to, t->strict, name) : 0;
  if (!where) return;
  n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM main.\"%w\" WHERE %s", r->f.today, where));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "%s%lld values of %s.%s are no plain %s%s; look with SELECT %s FROM "
                           "\"%w\" WHERE %s, then UPDATE \"%w\" SET %s = ... WHERE the same, or "
                           "say how: TYPE ... USING expression",
                           t->strict ? "fails here: " : "", n, r->f.today, from->name,
                           t->strict ? to->type_name : "numbers",
                           t->strict ? "" : " and stay text, or change", name, r->f.today, where,
                           r->f.today, name));
}

/* A column of a key with the collation that it will compare with, where today's is another one. */
static void mig_put_key_column(mig_review *r, mig_text *z, const mig_table *t, const mig_key *k,
                               int today) {
  int was = mig_future_live(&r->f, k->name);
  const char *will = mig_key_collation(t, k);
  const char *has = was < 0 ? 0 : r->f.live->columns[was].collation;
  mig_putf(z, "\"%w\"", today && was >= 0 ? r->f.live->columns[was].name : k->name);
  if (!mig_same_collation(will, has)) mig_putf(z, " COLLATE \"%w\"", will);
}

/* The terms of a key, by the names that they will have, or have today. */
static const char *mig_key_terms(mig_review *r, const mig_table *t, const char *sql,
                                 const mig_key *keys, int nkey, int today) {
  mig_arena *a = &r->m->work;
  mig_text z;
  int i;
  mig_text_init(&z, a);
  if (!r->rows) return 0;
  for (i = 0; i < nkey; i++) {
    mig_put(&z, i ? ", " : "");
    if (keys[i].name)
      mig_put_key_column(r, &z, t, &keys[i], today);
    else
      mig_put(&z, mig_span_text(a, sql, keys[i].expr));
  }
  return mig_text_z(&z);
}

/* The groups of rows that share a key which may not be shared any more; `condition`: of a partial
** index, or "1". */
static void mig_review_unique(mig_review *r, const mig_table *t, const char *sql,
                              const mig_key *keys, int nkey, const char *condition) {
  mig_arena *a = &r->m->work;
  const char *table = r->f.today, *look = mig_key_terms(r, t, sql, keys, nkey, 1);
  const char *terms = mig_key_terms(r, t, sql, keys, nkey, 0);
  sqlite3_int64 n;
  if (!r->rows || !terms || !condition) return;
  /* a key with a NULL in it is shared by nobody: the count of distinct keys leaves it out */
  n = mig_look(r->m,
               mig_format(a,
                          "SELECT count(*) FROM (SELECT 1 FROM (%s) AS \"%w\" WHERE (%s\n) AND "
                          "(%s) = (%s) GROUP BY %s HAVING count(*) > 1)",
                          r->rows, t->name, condition, terms, terms, terms));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld keys occur more than once in %s; look with SELECT %s, "
                           "count(*) FROM \"%w\" GROUP BY %s HAVING count(*) > 1, then DELETE or "
                           "UPDATE",
                           n, table, look, table, look));
}

static void mig_review_check(mig_review *r, const mig_constraint *c) {
  mig_arena *a = &r->m->work;
  const char *rule = mig_span_text(a, r->v->after->sql, c->expr);
  sqlite3_int64 n = mig_count_rows(r, mig_format(a, "NOT (%s\n)", rule));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s break CHECK (%s); first UPDATE \"%w\" SET "
                           "... WHERE NOT (%s)",
                           n, r->f.today, rule, r->f.today, rule));
}

/* The parent's row of a child's: "p"."id" = "t"."parent_id" .. */
static const char *mig_parent_condition(mig_review *r, const mig_constraint *c,
                                        const mig_table *parent) {
  const mig_constraint *key = parent ? mig_primary_key(parent) : 0;
  mig_text z;
  int i;
  mig_text_init(&z, &r->m->work);
  for (i = 0; i < c->nkey; i++) {
    const char *name = c->nparent             ? c->parent_keys[i].name
                       : key && i < key->nkey ? key->keys[i].name
                                              : 0;
    if (!name) return 0;
    mig_putf(&z, "%sparent.\"%w\" = \"%w\".\"%w\"", i ? " AND " : "", name, r->v->object,
             c->keys[i].name);
  }
  return mig_text_z(&z);
}

static void mig_review_reference(mig_review *r, const mig_constraint *c) {
  mig_arena *a = &r->m->work;
  const mig_object *o = mig_catalog_table(r->draft->goal.catalog, c->parent);
  mig_future parents = mig_future_of(r->m, &r->draft->up, c->parent);
  const char *same = mig_parent_condition(r, c, mig_table_of(a, o)), *where = "";
  sqlite3_int64 n;
  int i;
  for (i = 0; i < c->nkey; i++) {
    where = mig_format(a, "%s\"%w\" IS NOT NULL AND ", where, c->keys[i].name);
  }
  if (!same || !where) return;
  where = parents.today ? mig_format(a, "%sNOT EXISTS (SELECT 1 FROM (%s) AS parent WHERE %s)",
                                     where, mig_future_rows(&parents), same)
                        : mig_format(a, "%s1", where);
  n = mig_count_rows(r, where);
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s have no parent in %s; first UPDATE \"%w\" "
                           "SET \"%w\" = NULL, or DELETE FROM \"%w\", where \"%w\" is in none of "
                           "its rows",
                           n, r->f.today, c->parent, r->f.today, c->keys[0].name, r->f.today,
                           c->keys[0].name));
}

/* Values that cannot be the rowid. A new column gets numbers by itself. */
static void mig_review_rowid(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const char *name = r->v->after->columns[column].name;
  sqlite3_int64 n;
  if (mig_future_live(&r->f, name) < 0) return;
  n = mig_count_rows(
      r, mig_format(a,
                    "typeof(\"%w\") <> 'integer' AND "
                    "coalesce(CAST(CAST(\"%w\" AS INTEGER) AS TEXT) <> CAST(\"%w\" AS TEXT), 1)",
                    name, name, name));
  if (n <= 0) return;
  mig_remark(r,
             mig_format(a,
                        "fails here: %lld values of %s.%s are no integers, as an INTEGER PRIMARY "
                        "KEY is; first UPDATE \"%w\" SET \"%w\" = ... WHERE typeof(\"%w\") <> "
                        "'integer'",
                        n, r->f.today, name, r->f.today, name, name));
}

/* Does a key compare otherwise than today: another collation, or another type? */
static int mig_key_compares_anew(mig_review *r, const mig_constraint *c) {
  const mig_table *t = r->v->after, *live = r->f.live;
  int i;
  for (i = 0; i < c->nkey; i++) {
    int now = mig_find_column(t, c->keys[i].name);
    int was = mig_future_live(&r->f, c->keys[i].name);
    if (now < 0 || was < 0) continue;
    if (t->columns[now].affinity != live->columns[was].affinity) return 1;
    if (!mig_same_collation(t->columns[now].collation, live->columns[was].collation)) return 1;
  }
  return 0;
}

/* Has the table the same rule today, under the same names? */
static int mig_has_rule(mig_review *r, const char *meaning) {
  int i;
  for (i = 0; i < r->f.live->nconstraint; i++) {
    const char *has = mig_constraint_meaning(&r->m->work, r->f.live, i);
    if (has && strcmp(has, meaning) == 0) return 1;
  }
  return 0;
}

static void mig_review_constraint(mig_review *r, int i) {
  const mig_table *t = r->v->after;
  const mig_constraint *c = &t->constraints[i];
  const char *meaning = mig_constraint_meaning(&r->m->work, t, i);
  if (!meaning || (mig_has_rule(r, meaning) && !mig_key_compares_anew(r, c))) return;
  if (c->kind == MIG_UNIQUE || c->kind == MIG_PRIMARY_KEY) {
    mig_review_unique(r, t, t->sql, c->keys, c->nkey, "1");
  }
  if (c->kind == MIG_PRIMARY_KEY && mig_alias(t) >= 0) mig_review_rowid(r, mig_alias(t));
  if (c->kind == MIG_CHECK) mig_review_check(r, c);
  if (c->kind == MIG_FOREIGN_KEY) mig_review_reference(r, c);
}

static void mig_review_index(mig_review *r) {
  mig_arena *a = &r->m->work;
  const mig_object *o;
  const mig_table *t;
  const char *where;
  mig_index x;
  if (mig_parse_index(a, r->v->sql, &x) || !x.unique) return;
  o = mig_catalog_table(r->draft->goal.catalog, x.table);
  t = mig_table_of(a, o);
  where = mig_span_empty(x.where) ? "1" : mig_span_text(a, x.sql, x.where);
  if (!t) return;
  mig_review_rows(r, x.table);
  mig_review_unique(r, t, x.sql, x.keys, x.nkey, where);
}

static void mig_review_alter(mig_review *r) {
  const mig_action *x;
  const mig_table *t = r->v->after;
  sqlite3_int64 n;
  int i;
  mig_review_rows(r, r->v->object);
  for (x = r->v->actions; x; x = x->next) {
    if (x->kind == MIG_DROP_COLUMN) mig_review_lost_column(r, x);
  }
  if (!r->rows) return;
  for (i = 0; i < t->ncolumn && !mig_failed(r->out->a); i++) {
    mig_review_not_null(r, i);
    mig_review_type(r, i);
  }
  for (i = 0; i < t->nconstraint && !mig_failed(r->out->a); i++) mig_review_constraint(r, i);
  if (!r->v->strategy || strcmp(r->v->strategy, "rebuild") != 0) return;
  n = mig_count_rows(r, "1");
  if (n > 0) {
    mig_remark(r, mig_format(&r->m->work, "copies the %lld rows of %s", n, r->v->object));
  }
}

static void mig_review_statement(mig_review *r) {
  mig_arena *a = &r->m->work;
  const mig_difference *v = r->v;
  const char *hint = v->hint, *end;
  for (; hint && *hint && !mig_failed(a); hint = *end ? end + 1 : end) {
    end = strchr(hint, '\n');
    if (!end) end = hint + strlen(hint);
    mig_remark(r, mig_format(a, "likely a rename, written as drop and add: %.*s", (int)(end - hint),
                             hint));
  }
  if (strcmp(v->op, "drop") == 0 && (v->before || strcmp(v->type, "virtual table") == 0)) {
    mig_review_lost_table(r);
  }
  if (strcmp(v->op, "create") == 0 && strcmp(v->type, "index") == 0) mig_review_index(r);
  if (v->actions) mig_review_alter(r);
}

static void mig_put_review(mig_text *out, const mig_draft *d) {
  mig_review r;
  memset(&r, 0, sizeof r);
  r.m = d->m;
  r.draft = d;
  r.out = out;
  for (r.v = d->up.first; r.v && !mig_failed(out->a); r.v = r.v->next) mig_review_statement(&r);
  if (d->up.trouble) {
    mig_remark(&r, mig_format(out->a, "fails on a copy of the schema: %s", d->up.trouble));
  }
  if (d->down.trouble) {
    mig_remark(&r, mig_format(out->a, "the downgrade fails on a copy: %s", d->down.trouble));
  }
  if (r.n) mig_put(out, "\n");
}
