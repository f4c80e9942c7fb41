/* Names: how columns are spoken of inside expressions, and how constraints are called. */

/* Is token k of an expression a use of a column (of the table the expression stands in)? A name
** before `(` is a function, after COLLATE a collation, after AS a type, before `.` a qualifier. */
static int mig_is_column_use(const char *z, size_t n, mig_token before, mig_token k) {
  mig_token next;
  if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME) return 0;
  if (mig_token_is(z, before, "COLLATE") || mig_token_is(z, before, "AS")) return 0;
  next = mig_next_significant(z, n, k.end);
  if (next.type != MIG_TK_OP || next.end - next.at != 1) return 1;
  return z[next.at] != '.' && (z[next.at] != '(' || k.type == MIG_TK_NAME);
}

/* Is it a name of the rowid, where no column has it? */
static int mig_is_rowid_word(const char *name) {
  return mig_same(name, "rowid") || mig_same(name, "_rowid_") || mig_same(name, "oid");
}

typedef struct mig_uses {
  mig_span *v; /* the name tokens, in order */
  int n, cap;
} mig_uses;

/* The column that is the rowid's alias, or -1: WITHOUT ROWID tables have none. */
static int mig_alias(const mig_table *t) { return t->without_rowid ? -1 : t->rowid_column; }

static void mig_add_use(mig_arena *a, mig_uses *uses, mig_span s) {
  uses->v = (mig_span *)mig_grow(a, uses->v, uses->n, &uses->cap, sizeof(mig_span));
  if (mig_failed(a)) return;
  uses->v[uses->n++] = s;
}

/* Finds the uses of a column in a span of z. */
static void mig_find_uses(mig_arena *a, const char *z, mig_span s, const char *column,
                          mig_uses *uses) {
  mig_token before, k;
  memset(&before, 0, sizeof before);
  before.type = MIG_TK_END;
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(z, s.end, k.end)) {
    if (mig_is_column_use(z, s.end, before, k) && mig_token_names(a, z, k, column)) {
      mig_add_use(a, uses, mig_span_of(k.at, k.end));
    }
    before = k;
  }
}

static int mig_span_uses(mig_arena *a, const char *z, mig_span s, const char *column) {
  mig_uses uses;
  memset(&uses, 0, sizeof uses);
  mig_find_uses(a, z, s, column, &uses);
  return uses.n > 0;
}

static int mig_keys_use(const mig_constraint *c, const char *column) {
  int i;
  for (i = 0; i < c->nkey; i++) {
    if (mig_same(c->keys[i].name, column)) return 1;
  }
  return 0;
}

/* Does a constraint of a table speak of a column, other than by standing at it? */
static int mig_constraint_uses(mig_arena *a, const mig_table *t, const mig_constraint *c,
                               const char *column) {
  int i;
  if (c->kind == MIG_CHECK || c->kind == MIG_GENERATED) {
    return mig_span_uses(a, t->sql, c->expr, column);
  }
  if (mig_keys_use(c, column)) return 1;
  if (c->kind != MIG_FOREIGN_KEY || !mig_same(c->parent, t->name)) return 0;
  for (i = 0; i < c->nparent; i++) {
    if (mig_same(c->parent_keys[i].name, column)) return 1;
  }
  return 0;
}

/* The name token rewritten in the manner of the old one: its kind of quotes stay; a bare name
** stays bare where the new name can. */
static void mig_put_name_like(mig_text *t, const char *z, mig_span old, const char *name) {
  char q = z[old.at];
  if (q == '[' && !strchr(name, ']')) {
    mig_putf(t, "[%s]", name);
  } else if (q == '`' || q == '"' || q == '\'') {
    mig_put_quoted(t, name, q);
  } else if (q == '[' || mig_needs_quotes(name)) {
    mig_put_name(t, name);
  } else {
    mig_put(t, name);
  }
}

/* sql with every span of uses replaced by the name; the spans are made ascending first. */
static char *mig_replace_uses(mig_arena *a, const char *sql, mig_uses *uses, const char *name) {
  mig_text t;
  size_t done = 0;
  int i, k;
  mig_text_init(&t, a);
  for (i = 1; i < uses->n; i++) { /* nearly sorted: insertion */
    mig_span s = uses->v[i];
    for (k = i; k > 0 && uses->v[k - 1].at > s.at; k--) uses->v[k] = uses->v[k - 1];
    uses->v[k] = s;
  }
  for (i = 0; i < uses->n; i++) {
    if (uses->v[i].at < done) continue; /* the same token found twice */
    mig_putn(&t, sql + done, uses->v[i].at - done);
    mig_put_name_like(&t, sql, uses->v[i], name);
    done = uses->v[i].end;
  }
  mig_put(&t, sql + done);
  return t.z;
}

/* The CREATE TABLE text with one of its columns renamed, everywhere in it. */
static char *mig_rename_column_text(mig_arena *a, const mig_table *t, int column,
                                    const char *name) {
  const char *old = t->columns[column].name;
  mig_uses uses;
  int i, k;
  memset(&uses, 0, sizeof uses);
  mig_add_use(a, &uses, t->columns[column].name_span);
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_CHECK || c->kind == MIG_GENERATED) {
      mig_find_uses(a, t->sql, c->expr, old, &uses);
    }
    for (k = 0; c->column < 0 && k < c->nkey; k++) {
      if (mig_same(c->keys[k].name, old)) mig_add_use(a, &uses, c->keys[k].name_span);
    }
    for (k = 0; k < c->nparent && mig_same(c->parent, t->name); k++) {
      if (mig_same(c->parent_keys[k].name, old)) {
        mig_add_use(a, &uses, c->parent_keys[k].name_span);
      }
    }
  }
  return mig_failed(a) ? 0 : mig_replace_uses(a, t->sql, &uses, name);
}

/* A text in which strings that are written "like this" and would be read as a new column get single
** quotes; the same text where there is none. SQLite takes a name that is no column for a string. */
static const char *mig_keep_strings(mig_arena *a, const char *sql, mig_span s, const char *column) {
  mig_uses uses;
  mig_text t;
  size_t done = 0;
  int i;
  memset(&uses, 0, sizeof uses);
  mig_find_uses(a, sql, s, column, &uses);
  mig_text_init(&t, a);
  for (i = 0; i < uses.n; i++) {
    mig_token k;
    k.type = MIG_TK_NAME;
    k.at = uses.v[i].at;
    k.end = uses.v[i].end;
    if (sql[k.at] != '"') continue;
    mig_putn(&t, sql + done, k.at - done);
    mig_put_string(&t, mig_dequote(a, sql, k));
    done = k.end;
  }
  if (!done) return sql;
  mig_put(&t, sql + done);
  return t.z;
}

/* Can a constraint be dropped by name? */
static int mig_has_name(const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY || c->kind == MIG_UNIQUE || c->kind == MIG_CHECK ||
         c->kind == MIG_FOREIGN_KEY || c->kind == MIG_NOT_NULL;
}

static void mig_put_key_names(mig_text *t, const mig_constraint *c) {
  int i;
  for (i = 0; i < c->nkey; i++) mig_putf(t, "_%s", c->keys[i].name);
}

/* The one column that a CHECK speaks of, wherever it stands, or NULL. */
static const char *mig_only_column(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *found = 0;
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (!mig_span_uses(a, t->sql, c->expr, t->columns[i].name)) continue;
    if (found) return 0;
    found = t->columns[i].name;
  }
  return found;
}

/* The name that PostgreSQL would give a constraint, without a number. */
static char *mig_default_name(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *column;
  mig_text z;
  mig_text_init(&z, a);
  mig_put(&z, t->name);
  switch (c->kind) {
    case MIG_PRIMARY_KEY:
      mig_put(&z, "_pkey");
      break;
    case MIG_UNIQUE:
      mig_put_key_names(&z, c);
      mig_put(&z, "_key");
      break;
    case MIG_FOREIGN_KEY:
      mig_put_key_names(&z, c);
      mig_put(&z, "_fkey");
      break;
    case MIG_NOT_NULL:
      mig_putf(&z, "_%s_not_null", t->columns[c->column].name);
      break;
    default:
      column = mig_only_column(a, t, c);
      mig_putf(&z, column ? "_%s_check" : "_check", column);
  }
  return z.z;
}

static int mig_name_taken(const mig_table *t, const char *const *given, const char *name) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (mig_same(given[i], name)) return 1;
    if (mig_has_name(&t->constraints[i]) && mig_same(t->constraints[i].name, name)) return 1;
  }
  return 0;
}

/* The name that each constraint answers to, NULL for those without: its own, or the one that
** PostgreSQL would choose, a number behind it where another has it. Own names win. */
static const char **mig_constraint_names(mig_arena *a, const mig_table *t) {
  const char **given =
      (const char **)mig_array(a, (size_t)t->nconstraint + 1, sizeof(const char *));
  int i, number;
  for (i = 0; given && i < t->nconstraint && !mig_failed(a); i++) {
    const mig_constraint *c = &t->constraints[i];
    char *name, *numbered;
    if (!mig_has_name(c)) continue;
    if (c->name) {
      given[i] = c->name;
      continue;
    }
    name = numbered = mig_default_name(a, t, c);
    for (number = 1; numbered && mig_name_taken(t, given, numbered); number++) {
      numbered = mig_format(a, "%s%d", name, number);
    }
    given[i] = numbered;
  }
  return given;
}

/* The name of one of them, for a message. */
static const char *mig_constraint_word(mig_arena *a, const mig_table *t, int i) {
  const char **names = mig_constraint_names(a, t);
  return names && names[i] ? names[i] : "?";
}

/* The constraint of a name, -1 when there is none; a fault when the name is not the only one. */
static int mig_find_constraint(mig_arena *a, const mig_table *t, const char *name) {
  const char **names = mig_constraint_names(a, t);
  int i, found = -1;
  for (i = 0; names && !mig_failed(a) && i < t->nconstraint; i++) {
    if (!mig_same(names[i], name)) continue;
    if (found >= 0) {
      mig_fail(a, MIGRATE_AMBIGUOUS, "constraint name %s is ambiguous: table %s has it twice", name,
               t->name);
    }
    found = i;
  }
  return found;
}
