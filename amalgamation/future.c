/* Future: the rows of a table as a change of its schema will find them, as a subquery that this
** database can run today: SELECT "old" AS "new", 'default' AS "added" FROM "table". */

typedef struct mig_future_column {
  const char *name;  /* in the target */
  const char *today; /* its name in this database; NULL: it is new */
  const char *value; /* the expression for it */
} mig_future_column;

typedef struct mig_future {
  mig_arena *a;
  const char *today;     /* the table's name in this database; NULL: it has no rows yet */
  const mig_table *live; /* the table as it is in this database */
  mig_future_column *v;
  int n, cap;
} mig_future;

/* The name that a table had before the renames of a way, up to `stop`. */
static const char *mig_name_today(const mig_way *way, const mig_difference *stop,
                                  const char *name) {
  const mig_difference *v, *last = 0;
  for (v = way->first; v && v != stop; v = v->next) {
    if (strcmp(v->op, "rename") == 0 && mig_same(v->object, name)) last = v;
  }
  return last ? mig_name_today(way, last, last->was) : name;
}

static int mig_future_find(const mig_future *f, const char *name) {
  int i;
  for (i = 0; i < f->n; i++) {
    if (mig_same(f->v[i].name, name)) return i;
  }
  return -1;
}

static void mig_future_add(mig_future *f, const char *name, const char *today, const char *value) {
  f->v = (mig_future_column *)mig_grow(f->a, f->v, f->n, &f->cap, sizeof(mig_future_column));
  if (mig_failed(f->a)) return;
  f->v[f->n].name = name;
  f->v[f->n].today = today;
  f->v[f->n++].value = value;
}

/* What an added column holds: its default. What is computed is not foreseen, and NULL breaks no
** rule. */
static const char *mig_future_default(mig_arena *a, const mig_table *t, const char *name) {
  int column = mig_find_column(t, name);
  int i = column < 0 || t->columns[column].generated
              ? -1
              : mig_column_constraint(t, column, MIG_DEFAULT);
  return i < 0 ? "NULL" : mig_span_text(a, t->sql, t->constraints[i].expr);
}

static void mig_future_act(mig_future *f, const mig_action *x, const mig_table *after) {
  int i;
  if (x->kind == MIG_ADD_COLUMN) {
    mig_future_add(f, x->column, 0, mig_future_default(f->a, after, x->column));
    return;
  }
  i = x->column ? mig_future_find(f, x->kind == MIG_RENAME_COLUMN ? x->was : x->column) : -1;
  if (i < 0) return;
  if (x->kind == MIG_RENAME_COLUMN) f->v[i].name = x->column;
  if (x->kind == MIG_DROP_COLUMN) f->v[i] = f->v[--f->n];
  if (x->kind == MIG_ADD_GENERATED || x->kind == MIG_SET_EXPRESSION) f->v[i].value = "NULL";
}

/* The future of the table that a way leaves under this name. */
static mig_future mig_future_of(migrate *m, const mig_way *way, const char *name) {
  const mig_catalog *c = mig_read_catalog(m, "main");
  const mig_object *o;
  const mig_difference *v;
  const mig_action *x;
  mig_future f;
  int i;
  memset(&f, 0, sizeof f);
  f.a = &m->work;
  o = c ? mig_catalog_table(c, mig_name_today(way, 0, name)) : 0;
  f.live = o && mig_is_type(o, "table") ? mig_table_of(f.a, o) : 0;
  if (!f.live) return f;
  f.today = o->name;
  for (i = 0; i < f.live->ncolumn; i++) {
    const char *column = f.live->columns[i].name;
    mig_future_add(&f, column, column, mig_format(f.a, "\"%w\"", column));
  }
  for (v = way->first; v && !mig_failed(f.a); v = v->next) {
    if (!mig_same(v->object, name)) continue;
    if (strcmp(v->op, "drop") == 0) f.today = 0; /* and perhaps made anew: without rows */
    for (x = v->actions; x && !mig_failed(f.a); x = x->next) mig_future_act(&f, x, v->after);
  }
  return f;
}

/* The subquery. */
static const char *mig_future_rows(const mig_future *f) {
  mig_text z;
  int i;
  mig_text_init(&z, f->a);
  mig_put(&z, "SELECT ");
  for (i = 0; i < f->n; i++) {
    mig_putf(&z, "%s%s AS \"%w\"", i ? ", " : "", f->v[i].value, f->v[i].name);
  }
  mig_putf(&z, " FROM main.\"%w\"", f->today);
  return mig_text_z(&z);
}

/* The column as it is in this database, -1 for a new one. */
static int mig_future_live(const mig_future *f, const char *name) {
  int i = mig_future_find(f, name);
  return i < 0 || !f->v[i].today ? -1 : mig_find_column(f->live, f->v[i].today);
}
