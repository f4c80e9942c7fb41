/* Apply: a table and the actions of one ALTER TABLE give the table as wanted. Each action edits
** the text and reads it again, so that the model never drifts from the text. What it means for
** rows and indexes is not decided here: that follows from comparing the two tables. */

typedef struct mig_origin {
  int from;               /* the column's index in the old table, or -1: new */
  const char *using_expr; /* its value is this expression over the old row; NULL: as it is, of a new
                          ** column its default */
} mig_origin;

typedef struct mig_rename {
  struct mig_rename *next;
  const char *from, *to;
} mig_rename;

typedef struct mig_alteration {
  mig_arena *a;
  const mig_alter *alter;
  mig_table old;        /* as found */
  mig_table now;        /* as wanted */
  mig_origin *origins;  /* one a column of now */
  mig_rename *renames, *last_rename; /* columns renamed, in order */
  mig_table renamed;       /* the old one after the renames alone */
  const char *new_name;    /* RENAME TO, or NULL */
  int cascade;             /* some DROP said CASCADE */
  int requoted;            /* strings in double quotes got single ones */
  int recomputed;          /* some column has a USING expression, or is new */
  int nothing;             /* IF EXISTS, IF NOT EXISTS and their kin left nothing to do */
} mig_alteration;

static void mig_use_text(mig_alteration *c, char *sql) {
  if (sql) mig_parse_table(c->a, sql, &c->now);
}

/* Reads a text that may be that of a table at hand. */
static int mig_read_table(mig_arena *a, const char *sql, const mig_table *known, mig_table *out) {
  if (strcmp(sql, known->sql) != 0) return mig_parse_table(a, sql, out);
  *out = *known;
  return a->fault->code;
}

static int mig_no_column(mig_alteration *c, const mig_op *op, const char *name) {
  return mig_fail_at(c->a, MIGRATE_NO_SUCH, c->alter->sql, op->name_at,
                     mig_format(c->a, "no such column: %s.%s", c->old.name, name));
}

/* The column that an action speaks of; -1 after a fault. */
static int mig_op_column(mig_alteration *c, const mig_op *op) {
  int i = mig_find_column(&c->now, op->name);
  if (i < 0) mig_no_column(c, op, op->name);
  return i;
}

/* The origins with room at `at` for one more, or without the one at `at`. */
static void mig_insert_origin(mig_alteration *c, int at) {
  int n = c->now.ncolumn; /* already counts the new column */
  mig_origin *v = (mig_origin *)mig_array(c->a, (size_t)n, sizeof(mig_origin));
  if (!v) return;
  memcpy(v, c->origins, (size_t)at * sizeof *v);
  memcpy(v + at + 1, c->origins + at, (size_t)(n - 1 - at) * sizeof *v);
  v[at].from = -1;
  c->origins = v;
}

static void mig_delete_origin(mig_alteration *c, int at, int n) {
  memmove(c->origins + at, c->origins + at + 1, (size_t)(n - 1 - at) * sizeof *c->origins);
}

/* The item behind which a column with a position goes: -1 for FIRST. */
static int mig_position(mig_alteration *c, const mig_op *op, int otherwise) {
  int i;
  if (op->first) return -1;
  if (!op->after) return otherwise;
  i = mig_find_column(&c->now, op->after);
  if (i < 0) mig_no_column(c, op, op->after);
  return i;
}

/* "none" in a CHECK, where no column is called none, is a string, and has to stay one. */
static void mig_keep_table_strings(mig_alteration *c, const char *column) {
  int i;
  for (i = c->now.nconstraint - 1; i >= 0 && !mig_failed(c->a); i--) {
    const mig_constraint *k = &c->now.constraints[i];
    const char *sql;
    if (k->kind != MIG_CHECK && k->kind != MIG_GENERATED) continue;
    sql = mig_keep_strings(c->a, c->now.sql, k->expr, column);
    if (!sql || sql == c->now.sql) continue;
    mig_parse_table(c->a, sql, &c->now);
    c->requoted = 1;
  }
}

static void mig_apply_add_column(mig_alteration *c, const mig_op *op) {
  int p;
  if (mig_find_column(&c->now, op->name) >= 0) {
    if (op->if_not_exists) return;
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "duplicate column name: %s", op->name));
    return;
  }
  p = mig_position(c, op, c->now.ncolumn - 1);
  if (mig_failed(c->a)) return;
  mig_keep_table_strings(c, op->name);
  if (mig_failed(c->a)) return;
  if (p == c->now.ncolumn - 1) mig_use_text(c, mig_append_column(c->a, &c->now, op->text));
  else mig_use_text(c, mig_insert_item(c->a, &c->now, p, op->text));
  if (!mig_failed(c->a)) mig_insert_origin(c, p + 1);
  c->recomputed = 1; /* the text may be as before: it had another of that name, dropped here */
}

static void mig_drop_item(mig_alteration *c, int item) {
  mig_use_text(c, mig_delete_item(c->a, &c->now, item));
}

/* The place of table constraint i in the outer list. */
static int mig_item_of(const mig_table *t, int i) {
  int k, item = t->ncolumn;
  for (k = 0; k < i; k++) item += t->constraints[k].column < 0;
  return item;
}

/* SQLite reads GENERATED ALWAYS with the type before it, and a comment between them becomes part of
** the type: where such a neighbour is new, AS alone says the same. */
static void mig_part_from_type(mig_alteration *c, int column) {
  const mig_column *col = &c->now.columns[column];
  const mig_constraint *g = col->count ? &c->now.constraints[col->first] : 0;
  const char *sql = c->now.sql;
  size_t end = col->name_span.end;
  mig_token k;
  mig_span words;
  if (!g || g->kind != MIG_GENERATED || mig_span_empty(col->type)) return;
  for (k = mig_next_significant(sql, g->span.at, end); k.type != MIG_TK_END;
       k = mig_next_significant(sql, g->span.at, end)) {
    end = k.end;
  }
  k = mig_next_significant(sql, c->now.nsql, g->span.at);
  if (!mig_token_is(sql, k, "GENERATED") || !mig_has_comment(sql, end, k.at)) return;
  words.at = k.at;
  k = mig_next_significant(sql, c->now.nsql, k.end); /* ALWAYS */
  words.end = mig_next_significant(sql, c->now.nsql, k.end).at;
  mig_use_text(c, mig_splice(c->a, sql, words, ""));
}

/* Takes constraint i out, wherever it is written; with a foreign key what defers it. */
static void mig_drop_constraint_at(mig_alteration *c, int i) {
  const mig_constraint *k = &c->now.constraints[i];
  int d;
  if (k->kind == MIG_FOREIGN_KEY) {
    for (d = c->now.nconstraint - 1; d > i && !mig_failed(c->a); d--) {
      if (c->now.constraints[d].kind == MIG_DEFERRABLE && c->now.constraints[d].of == i) {
        mig_drop_constraint_at(c, d);
      }
    }
    k = &c->now.constraints[i];
  }
  if (mig_failed(c->a)) return;
  if (k->column < 0) {
    mig_drop_item(c, mig_item_of(&c->now, i));
  } else {
    int column = k->column, first = i == c->now.columns[column].first;
    mig_use_text(c, mig_delete_words(c->a, c->now.sql, k->span));
    if (first && !mig_failed(c->a)) mig_part_from_type(c, column);
  }
}

/* Constraints that speak of the column go with it, as in PostgreSQL. */
static void mig_drop_mentions(mig_alteration *c, const char *name) {
  int i;
  for (i = 0; i < c->now.nconstraint && !mig_failed(c->a); i++) {
    const mig_constraint *k = &c->now.constraints[i];
    if (k->kind == MIG_GENERATED || k->kind == MIG_DEFERRABLE) continue;
    if (k->column >= 0 && mig_same(c->now.columns[k->column].name, name)) continue;
    if (!mig_constraint_uses(c->a, &c->now, k, name)) continue;
    mig_drop_constraint_at(c, i);
    i = -1;
  }
}

/* A generated column whose expression needs column `name`, or -1. */
static int mig_needed_by(mig_alteration *c, const char *name) {
  int i;
  for (i = 0; i < c->now.nconstraint; i++) {
    const mig_constraint *g = &c->now.constraints[i];
    if (g->kind != MIG_GENERATED || mig_same(c->now.columns[g->column].name, name)) continue;
    if (mig_span_uses(c->a, c->now.sql, g->expr, name)) return g->column;
  }
  return -1;
}

static void mig_drop_one_column(mig_alteration *c, const char *name) {
  int n = c->now.ncolumn, column;
  if (n == 1) {
    mig_fail(c->a, MIGRATE_UNSUPPORTED, "cannot drop column %s of %s: no other columns exist", name,
             c->old.name);
  }
  mig_drop_mentions(c, name);
  if (mig_failed(c->a)) return;
  column = mig_find_column(&c->now, name);
  mig_use_text(c, mig_delete_column(c->a, &c->now, column));
  if (!mig_failed(c->a)) mig_delete_origin(c, column, n);
}

/* With CASCADE the generated columns that need it go first, each after those that need it. */
static void mig_apply_drop_column(mig_alteration *c, const mig_op *op, int column) {
  const char *name = c->now.columns[column].name;
  while (!mig_failed(c->a) && mig_find_column(&c->now, name) >= 0) {
    const char *victim = name;
    int user;
    while (!mig_failed(c->a) && (user = mig_needed_by(c, victim)) >= 0) {
      victim = c->now.columns[user].name;
      if (!op->cascade) {
        mig_fail(c->a, MIGRATE_DEPENDENT,
                 "cannot drop column %s of %s: generated column %s needs it (CASCADE drops both)",
                 name, c->old.name, victim);
      }
    }
    if (!mig_failed(c->a)) mig_drop_one_column(c, victim);
  }
}

/* Expressions of this statement that speak of a renamed column follow it. */
static void mig_rename_in_using(mig_alteration *c, const char *from, const char *to) {
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(c->a); i++) {
    mig_uses uses;
    mig_span all;
    const char *z = c->origins[i].using_expr;
    if (!z) continue;
    memset(&uses, 0, sizeof uses);
    all.at = 0;
    all.end = strlen(z);
    mig_find_uses(c->a, z, all, from, &uses);
    if (uses.n) c->origins[i].using_expr = mig_replace_uses(c->a, z, &uses, to);
  }
}

static void mig_note_rename(mig_alteration *c, mig_rename *r) {
  int column = mig_find_column(&c->renamed, r->from);
  char *sql;
  if (column < 0) return;
  if (c->last_rename) c->last_rename->next = r;
  else c->renames = r;
  c->last_rename = r;
  sql = mig_rename_column_text(c->a, &c->renamed, column, r->to);
  if (sql) mig_parse_table(c->a, sql, &c->renamed);
}

/* Renames run before everything else: a column that an earlier action drops is still there, and
** gets another name where a rename needs the one that it has. */
static void mig_free_name(mig_alteration *c, const char *name) {
  const mig_table *renamed = &c->renamed;
  mig_rename *r;
  int i = mig_find_column(renamed, name), number = 0;
  r = i < 0 ? 0 : (mig_rename *)mig_alloc(c->a, sizeof *r);
  if (!r) return;
  r->from = renamed->columns[i].name;
  do {
    r->to = mig_format(c->a, "migrate_dropped_%d", ++number);
  } while (r->to &&
           (mig_find_column(renamed, r->to) >= 0 || mig_find_column(&c->now, r->to) >= 0));
  if (!r->to) return;
  mig_rename_in_using(c, r->from, r->to);
  mig_note_rename(c, r);
}

static void mig_apply_rename_column(mig_alteration *c, const mig_op *op, int column) {
  mig_rename *r;
  char *sql;
  int other = mig_find_column(&c->now, op->to);
  if (other >= 0 && other != column) {
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "duplicate column name: %s", op->to));
    return;
  }
  r = (mig_rename *)mig_alloc(c->a, sizeof *r);
  if (!r) return;
  r->from = c->now.columns[column].name;
  r->to = op->to;
  if (strcmp(r->from, r->to) == 0) return;
  if (c->origins[column].from >= 0) { /* a column that is new here has no dependants */
    if (other < 0) mig_free_name(c, r->to);
    if (!mig_failed(c->a)) mig_note_rename(c, r);
    if (mig_failed(c->a)) return;
  }
  mig_rename_in_using(c, r->from, r->to);
  mig_keep_table_strings(c, r->to);
  if (mig_failed(c->a)) return;
  sql = mig_rename_column_text(c->a, &c->now, column, op->to);
  if (sql) mig_read_table(c->a, sql, &c->renamed, &c->now);
}

/* The last constraint of a kind at a column, or -1. */
static int mig_column_constraint(const mig_table *t, int column, int kind) {
  const mig_column *col = &t->columns[column];
  int i;
  for (i = col->first + col->count - 1; i >= col->first; i--) {
    if (t->constraints[i].kind == kind) return i;
  }
  return -1;
}

static void mig_drop_kind(mig_alteration *c, int column, int kind) {
  int i;
  while (!mig_failed(c->a) && (i = mig_column_constraint(&c->now, column, kind)) >= 0) {
    mig_drop_constraint_at(c, i);
  }
}

static void mig_append_words(mig_alteration *c, int column, const char *words) {
  size_t at = c->now.columns[column].span.end;
  char *text = mig_format(c->a, " %s", words);
  if (text) mig_use_text(c, mig_insert(c->a, c->now.sql, at, text));
}

/* Replaces a span of a constraint, or appends the words where the column has none of the kind. */
static void mig_set_constraint(mig_alteration *c, int column, int kind, const char *value,
                               const char *words) {
  int i = mig_column_constraint(&c->now, column, kind);
  if (i < 0) mig_append_words(c, column, words);
  else mig_use_text(c, mig_splice(c->a, c->now.sql, c->now.constraints[i].expr, value));
}

static void mig_apply_type(mig_alteration *c, const mig_op *op, int column) {
  const mig_column *col = &c->now.columns[column];
  mig_span s = col->type;
  if (mig_span_empty(s)) {
    s.at = s.end = col->name_span.end;
    mig_use_text(c, mig_splice(c->a, c->now.sql, s, mig_format(c->a, " %s", op->text)));
  } else {
    mig_use_text(c, mig_splice(c->a, c->now.sql, s, op->text));
  }
  if (mig_failed(c->a)) return; /* .. and the model may have no columns */
  if (op->using_expr) {
    if (c->now.columns[column].generated) {
      mig_fail(c->a, MIGRATE_UNSUPPORTED, "column %s of %s is generated: USING has no effect on it",
               op->name, c->old.name);
    }
    if (c->origins[column].from < 0) {
      mig_fail(c->a, MIGRATE_UNSUPPORTED,
               "column %s of %s is new: USING has no old value of it, DEFAULT gives one", op->name,
               c->old.name);
    }
    c->origins[column].using_expr = op->using_expr;
    c->recomputed = 1;
  }
  if (op->collate && mig_same(op->collate, "BINARY")) { /* the default goes without saying */
    mig_drop_kind(c, column, MIG_COLLATE);
  } else if (op->collate && !mig_failed(c->a)) {
    char *name = mig_needs_quotes(op->collate) ? mig_name(c->a, op->collate)
                                               : mig_copy(c->a, op->collate);
    char *words = mig_format(c->a, "COLLATE %s", name);
    if (words) mig_set_constraint(c, column, MIG_COLLATE, name, words);
  }
}

/* Is the text one of the forms that DEFAULT takes without parentheses? */
static int mig_plain_default(mig_arena *a, const char *z) {
  size_t n = strlen(z);
  mig_token k = mig_next_significant(z, n, 0), end;
  (void)a;
  if (k.type == MIG_TK_OP && (z[k.at] == '+' || z[k.at] == '-')) {
    k = mig_next_significant(z, n, k.end);
    if (k.type != MIG_TK_NUMBER) return 0;
  }
  if (k.type == MIG_TK_OP && z[k.at] == '(') {
    return mig_next_significant(z, n, mig_skip_parens(z, n, k.at)).type == MIG_TK_END;
  }
  end = mig_next_significant(z, n, k.end);
  return k.type != MIG_TK_OP && end.type == MIG_TK_END;
}

/* The value of DEFAULT as an expression, where a name would be a column. */
static char *mig_default_expression(mig_arena *a, const mig_table *t, int constraint) {
  mig_span s = t->constraints[constraint].expr;
  mig_token k = mig_next_significant(t->sql, s.end, s.at);
  mig_text z;
  if (mig_token_is(t->sql, k, "TRUE")) return mig_copy(a, "1");
  if (mig_token_is(t->sql, k, "FALSE")) return mig_copy(a, "0");
  if (!mig_is_name(t->sql, k) || mig_word_in(t->sql, k, mig_literal_words)) {
    return mig_span_text(a, t->sql, s);
  }
  mig_text_init(&z, a);
  mig_put_string(&z, mig_dequote(a, t->sql, k));
  return z.z;
}

/* Old rows get what a new column said when it was added, whatever it says afterwards in the same
** statement: ADD c DEFAULT 'old', ALTER c SET DEFAULT 'current', as two statements would. */
static void mig_keep_first_value(mig_alteration *c, int column) {
  mig_origin *o = &c->origins[column];
  int g = mig_column_constraint(&c->now, column, MIG_GENERATED);
  int d = mig_column_constraint(&c->now, column, MIG_DEFAULT);
  if (o->from >= 0 || o->using_expr) return;
  if (g >= 0) o->using_expr = mig_span_text(c->a, c->now.sql, c->now.constraints[g].expr);
  else o->using_expr = d < 0 ? "NULL" : mig_default_expression(c->a, &c->now, d);
}

static void mig_apply_default(mig_alteration *c, const mig_op *op, int column) {
  const char *value = op->text;
  mig_keep_first_value(c, column);
  if (!mig_plain_default(c->a, value)) value = mig_format(c->a, "(%s)", value);
  if (value) {
    char *words = mig_format(c->a, "DEFAULT %s", value);
    if (words) mig_set_constraint(c, column, MIG_DEFAULT, value, words);
  }
}

static void mig_apply_drop_default(mig_alteration *c, int column) {
  if (mig_column_constraint(&c->now, column, MIG_DEFAULT) < 0) return;
  mig_keep_first_value(c, column);
  mig_drop_kind(c, column, MIG_DEFAULT);
}

static void mig_apply_not_null(mig_alteration *c, const mig_op *op, int column) {
  if (mig_column_constraint(&c->now, column, MIG_NOT_NULL) >= 0) {
    if (!op->text) return;
    mig_drop_kind(c, column, MIG_NOT_NULL);
  }
  if (mig_failed(c->a)) return;
  mig_append_words(c, column, op->text ? mig_format(c->a, "NOT NULL %s", op->text) : "NOT NULL");
}

static void mig_apply_drop_not_null(mig_alteration *c, const mig_op *op, int column) {
  const mig_column *col = &c->now.columns[column];
  if (col->hidden_key && (c->now.strict || c->now.without_rowid) &&
      column != mig_alias(&c->now)) {
    mig_fail(c->a, MIGRATE_UNSUPPORTED,
             "column %s is in the primary key of a %s table %s, which is never NULL", op->name,
             c->now.strict ? "STRICT" : "WITHOUT ROWID", c->old.name);
    return;
  }
  mig_drop_kind(c, column, MIG_NOT_NULL);
}

static void mig_apply_add_constraint(mig_alteration *c, const mig_op *op) {
  int items = mig_list_items(c->a, &c->now).n, i;
  if (op->constraint == MIG_PRIMARY_KEY && c->now.primary_key >= 0) {
    mig_fail(c->a, MIGRATE_EXISTS, "table %s already has a primary key", c->old.name);
  }
  for (i = 0; op->name && i < c->now.nconstraint; i++) {
    const mig_constraint *k = &c->now.constraints[i];
    if (mig_has_name(k) && mig_same(k->name, op->name)) {
      mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                  mig_format(c->a, "constraint %s of %s already exists", op->name, c->old.name));
    }
  }
  if (!mig_failed(c->a)) {
    mig_use_text(c, mig_insert_item(c->a, &c->now, items - 1, op->text));
  }
}

/* The constraint that an action names; -1 and a fault, or -1 alone with IF EXISTS. */
static int mig_op_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_find_constraint(c->a, &c->now, op->name);
  if (i < 0 && !op->if_exists) {
    mig_fail_at(c->a, MIGRATE_NO_SUCH, c->alter->sql, op->name_at,
                mig_format(c->a, "no such constraint: %s of %s", op->name, c->old.name));
  }
  return i;
}

static void mig_apply_drop_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_op_constraint(c, op);
  if (i >= 0 && !mig_failed(c->a)) mig_drop_constraint_at(c, i);
}

static void mig_apply_rename_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_op_constraint(c, op), other;
  const mig_constraint *k;
  mig_text t;
  if (i < 0 || mig_failed(c->a)) return;
  other = mig_find_constraint(c->a, &c->now, op->to);
  if (other >= 0 && other != i && c->now.constraints[other].name) {
    mig_fail(c->a, MIGRATE_EXISTS, "constraint %s of %s already exists", op->to, c->old.name);
    return;
  }
  k = &c->now.constraints[i];
  mig_text_init(&t, c->a);
  mig_putn(&t, c->now.sql, k->name ? k->name_span.at : k->body.at);
  if (k->name) {
    mig_put_name_like(&t, c->now.sql, k->name_span, op->to);
    mig_put(&t, c->now.sql + k->name_span.end);
  } else {
    mig_put(&t, "CONSTRAINT ");
    if (mig_needs_quotes(op->to)) mig_put_name(&t, op->to);
    else mig_put(&t, op->to);
    mig_putf(&t, " %s", c->now.sql + k->body.at);
  }
  if (!mig_failed(c->a)) mig_use_text(c, t.z);
}

/* FIRST and AFTER of a column that is there: its definition goes out and in again. */
static void mig_apply_move(mig_alteration *c, const mig_op *op, int column) {
  mig_origin origin = c->origins[column];
  char *text = mig_item_text(c->a, &c->now, column);
  const char *comments = mig_item_comments(c->a, &c->now, column);
  int n = c->now.ncolumn, p = mig_position(c, op, -1);
  if (mig_failed(c->a) || p == column || p + 1 == column || n == 1) return;
  mig_drop_item(c, column);
  if (mig_failed(c->a)) return;
  mig_delete_origin(c, column, n);
  p = mig_position(c, op, -1);
  mig_use_text(c, mig_insert_item(c->a, &c->now, p, text));
  if (*comments && !mig_failed(c->a)) {
    mig_use_text(c, mig_put_comments(c->a, &c->now, p + 1, comments));
  }
  if (mig_failed(c->a)) return;
  mig_insert_origin(c, p + 1);
  c->origins[p + 1] = origin;
}

static void mig_apply_expression(mig_alteration *c, const mig_op *op, int column) {
  if (!c->now.columns[column].generated) {
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is not generated", op->name, c->old.name));
    return;
  }
  mig_set_constraint(c, column, MIG_GENERATED, op->text, "");
}

static void mig_apply_drop_expression(mig_alteration *c, const mig_op *op, int column) {
  if (!c->now.columns[column].generated) {
    if (op->if_exists) return;
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is not generated", op->name, c->old.name));
    return;
  }
  mig_keep_first_value(c, column);
  mig_drop_kind(c, column, MIG_GENERATED);
}

static void mig_apply_add_generated(mig_alteration *c, const mig_op *op, int column) {
  char *words;
  if (c->now.columns[column].generated) {
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is already generated", op->name, c->old.name));
    return;
  }
  mig_drop_kind(c, column, MIG_DEFAULT); /* a generated column has none */
  words = mig_format(c->a, "GENERATED ALWAYS AS (%s)%s", op->text, op->stored ? " STORED" : "");
  if (words) mig_append_words(c, column, words);
  if (!mig_failed(c->a)) mig_part_from_type(c, column);
}

static void mig_apply_autoincrement(mig_alteration *c, const mig_op *op, int column) {
  const mig_constraint *k;
  if (column != mig_alias(&c->now)) {
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "AUTOINCREMENT needs an INTEGER PRIMARY KEY: %s.%s is none",
                           c->old.name, op->name));
    return;
  }
  k = &c->now.constraints[c->now.primary_key];
  if (k->autoincrement) return;
  if (k->column >= 0) {
    mig_use_text(c, mig_insert(c->a, c->now.sql, k->span.end, " AUTOINCREMENT"));
  } else { /* inside the list, behind the column and its order */
    mig_use_text(c, mig_insert(c->a, c->now.sql, k->keys[0].span.end, " AUTOINCREMENT"));
  }
}

static void mig_apply_drop_autoincrement(mig_alteration *c, const mig_op *op, int column) {
  const mig_constraint *k;
  (void)op;
  if (column != mig_alias(&c->now)) return;
  k = &c->now.constraints[c->now.primary_key];
  if (k->autoincrement) {
    mig_use_text(c, mig_delete_words(c->a, c->now.sql, k->autoincrement_span));
  }
}

static void mig_add_option(mig_alteration *c, int has, const char *word) {
  int comma = c->now.strict || c->now.without_rowid;
  size_t at = c->now.close + 1;
  if (has) return;
  if (comma) {
    at = c->now.strict ? c->now.strict_span.end : c->now.without_rowid_span.end;
  }
  mig_use_text(c, mig_insert(c->a, c->now.sql, at, mig_format(c->a, comma ? ", %s" : " %s", word)));
}

static void mig_drop_option(mig_alteration *c, int has, mig_span s) {
  mig_span cut = s;
  size_t comma;
  if (!has) return;
  comma = mig_comma(c->now.sql, c->now.close + 1, s.at);
  if (comma) {
    cut.at = comma;
  } else {
    comma = mig_comma(c->now.sql, s.end, c->now.nsql);
    if (comma) cut.end = comma + 1;
  }
  mig_use_text(c, mig_delete_words(c->a, c->now.sql, cut));
}

/* DROP STRICT in a table that has such a column could mean either. */
static int mig_ambiguous_option(mig_alteration *c, const mig_op *op, const char *word) {
  if (!op->bare || mig_find_column(&c->now, word) < 0) return 0;
  mig_fail_at(c->a, MIGRATE_AMBIGUOUS, c->alter->sql, op->at,
              mig_format(c->a,
                         "DROP %s is ambiguous: %s has such a column; say DROP COLUMN for it, or "
                         "rename it first",
                         word, c->old.name));
  return 1;
}

static void mig_apply_column_op(mig_alteration *c, const mig_op *op) {
  int column = mig_find_column(&c->now, op->name);
  if (column < 0 && op->kind == MIG_DROP_COLUMN && op->if_exists) return;
  column = mig_op_column(c, op);
  if (column < 0) return;
  switch (op->kind) {
    case MIG_DROP_COLUMN: mig_apply_drop_column(c, op, column); break;
    case MIG_RENAME_COLUMN: mig_apply_rename_column(c, op, column); break;
    case MIG_SET_TYPE: mig_apply_type(c, op, column); break;
    case MIG_SET_DEFAULT: mig_apply_default(c, op, column); break;
    case MIG_DROP_DEFAULT: mig_apply_drop_default(c, column); break;
    case MIG_SET_NOT_NULL: mig_apply_not_null(c, op, column); break;
    case MIG_DROP_NOT_NULL: mig_apply_drop_not_null(c, op, column); break;
    case MIG_SET_EXPRESSION: mig_apply_expression(c, op, column); break;
    case MIG_DROP_EXPRESSION: mig_apply_drop_expression(c, op, column); break;
    case MIG_ADD_GENERATED: mig_apply_add_generated(c, op, column); break;
    case MIG_SET_AUTOINCREMENT: mig_apply_autoincrement(c, op, column); break;
    case MIG_DROP_AUTOINCREMENT: mig_apply_drop_autoincrement(c, op, column); break;
    default: mig_apply_move(c, op, column);
  }
}

static void mig_apply_op(mig_alteration *c, const mig_op *op) {
  if (op->cascade) c->cascade = 1;
  switch (op->kind) {
    case MIG_ADD_COLUMN: mig_apply_add_column(c, op); break;
    case MIG_ADD_CONSTRAINT: mig_apply_add_constraint(c, op); break;
    case MIG_DROP_CONSTRAINT: mig_apply_drop_constraint(c, op); break;
    case MIG_RENAME_CONSTRAINT: mig_apply_rename_constraint(c, op); break;
    case MIG_RENAME_TABLE: c->new_name = op->to; break;
    case MIG_SET_STRICT: mig_add_option(c, c->now.strict, "STRICT"); break;
    case MIG_SET_WITHOUT_ROWID:
      mig_add_option(c, c->now.without_rowid, "WITHOUT ROWID");
      break;
    case MIG_DROP_STRICT:
      if (mig_ambiguous_option(c, op, "STRICT")) return;
      mig_drop_option(c, c->now.strict, c->now.strict_span);
      break;
    case MIG_DROP_WITHOUT_ROWID:
      if (mig_ambiguous_option(c, op, "WITHOUT")) return;
      mig_drop_option(c, c->now.without_rowid, c->now.without_rowid_span);
      break;
    default: mig_apply_column_op(c, op);
  }
}

/* A key of a name that is no column: SQLite would take it for a string as long as it builds an
** index. */
static void mig_check_keys(mig_alteration *c, const mig_constraint *k) {
  int i;
  if (k->column >= 0) return;
  for (i = 0; i < k->nkey; i++) {
    if (mig_find_column(&c->now, k->keys[i].name) >= 0) continue;
    mig_fail(c->a, MIGRATE_NO_SUCH, "no such column: %s.%s, which a constraint names", c->old.name,
             k->keys[i].name);
  }
}

static void mig_check_strict_type(mig_alteration *c, int column) {
  static const char *const types[] = {"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"};
  const mig_column *col = &c->now.columns[column];
  char *type = mig_span_text(c->a, c->now.sql, col->type);
  size_t i;
  for (i = 0; type && i < sizeof types / sizeof *types; i++) {
    if (mig_same(type, types[i])) return;
  }
  if (!type) return;
  mig_fail(c->a, MIGRATE_UNSUPPORTED,
           "column %s.%s has %s%s, and STRICT takes INT, INTEGER, REAL, TEXT, BLOB and ANY alone",
           c->old.name, col->name, *type ? "the type " : "no type", type);
}

/* The generated column that an action of a foreign key would have to write, or -1. */
static int mig_written_by_key(const mig_table *t, const mig_constraint *k) {
  int i, column;
  if (k->kind != MIG_FOREIGN_KEY) return -1;
  if (strncmp(k->on_delete, "SET", 3) != 0 && strncmp(k->on_update, "SET", 3) != 0 &&
      strcmp(k->on_update, "CASCADE") != 0) {
    return -1;
  }
  for (i = 0; i < k->nkey; i++) {
    column = mig_find_column(t, k->keys[i].name);
    if (column >= 0 && t->columns[column].generated) return column;
  }
  return -1;
}

/* SQLite takes such a key, and then no row of the parent can be changed. */
static void mig_check_key_actions(mig_alteration *c, const mig_constraint *k) {
  int column = mig_written_by_key(&c->now, k), i;
  if (column < 0) return;
  for (i = 0; i < c->old.nconstraint; i++) { /* one that was there before does no new harm */
    if (mig_written_by_key(&c->old, &c->old.constraints[i]) >= 0) return;
  }
  mig_fail(c->a, MIGRATE_UNSUPPORTED,
           "column %s of %s is generated, and an action of its foreign key to %s would write it",
           c->now.columns[column].name, c->old.name, k->parent);
}

/* What holds for the table that comes out, whatever it was between two actions. */
static void mig_check_result(mig_alteration *c) {
  int i, alias = mig_alias(&c->now);
  if (alias >= 0 && c->origins[alias].from < 0) c->origins[alias].using_expr = 0; /* the rowid */
  for (i = 0; i < c->now.nconstraint; i++) {
    mig_check_keys(c, &c->now.constraints[i]);
    mig_check_key_actions(c, &c->now.constraints[i]);
  }
  for (i = 0; c->now.strict && i < c->now.ncolumn; i++) mig_check_strict_type(c, i);
  if (c->now.without_rowid && c->now.primary_key < 0) {
    mig_fail(c->a, MIGRATE_DEPENDENT, "%s would have no primary key, which WITHOUT ROWID needs",
             c->old.name);
  }
}

/* Fills *c from the CREATE TABLE text and the statement. Faults say where in the statement. */
static void mig_apply(mig_arena *a, const char *sql, const mig_alter *alter, mig_alteration *c) {
  const mig_op *op;
  int i;
  memset(c, 0, sizeof *c);
  c->a = a;
  c->alter = alter;
  mig_parse_table(a, sql, &c->old);
  c->now = c->renamed = c->old; /* nothing writes into a model: it is read again after each edit */
  c->origins = (mig_origin *)mig_array(a, (size_t)c->old.ncolumn + 1, sizeof(mig_origin));
  for (i = 0; c->origins && i < c->old.ncolumn; i++) c->origins[i].from = i;
  for (op = alter->first; op && !mig_failed(a); op = op->next) mig_apply_op(c, op);
  if (mig_failed(a)) return;
  c->nothing = !c->new_name && !c->recomputed && strcmp(c->now.sql, sql) == 0;
  if (!c->nothing) mig_check_result(c);
}

/* An empty change of a table, for edits that another table's statement asks for. */
static mig_alteration *mig_side_change(mig_arena *a, const char *sql) {
  mig_alteration *c = (mig_alteration *)mig_alloc(a, sizeof *c);
  mig_alter *none = (mig_alter *)mig_alloc(a, sizeof *none);
  if (c && none) mig_apply(a, sql, none, c);
  return mig_failed(a) ? 0 : c;
}
