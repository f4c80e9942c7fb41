/* Meaning: texts that are equal where two pieces of a schema mean the same to SQLite, whatever
** their case, quotes, white space and comments. They are compared, never run. */

/* Is a name in double quotes a string here? SQLite takes one that is no column for it. */
static int mig_is_string_name(mig_arena *a, const char *z, size_t end, mig_token k,
                              const mig_table *of) {
  mig_token next;
  char *name;
  if (!of || k.type != MIG_TK_NAME || z[k.at] != '"') return 0;
  next = mig_next_significant(z, end, k.end);
  if (mig_token_op(z, next, ".") || mig_token_op(z, next, "(")) return 0;
  name = mig_dequote(a, z, k);
  return name && mig_find_column(of, name) < 0 && !mig_same(name, "rowid") &&
         !mig_same(name, "oid") && !mig_same(name, "_rowid_");
}

static void mig_put_folded(mig_text *t, const char *z) {
  size_t i, n = z ? strlen(z) : 0;
  for (i = 0; i < n && !mig_failed(t->a); i++) {
    char c = (char)(z[i] >= 'A' && z[i] <= 'Z' ? z[i] + 32 : z[i]);
    mig_putn(t, &c, 1);
  }
}

/* One token: names fold their case and lose quotes that they do not need. */
static void mig_put_meaning(mig_text *t, const char *z, size_t end, mig_token k,
                            const mig_table *of) {
  char *word =
      k.type == MIG_TK_NAME ? mig_dequote(t->a, z, k) : mig_copyn(t->a, z + k.at, k.end - k.at);
  if (!word) return;
  if (mig_is_string_name(t->a, z, end, k, of)) {
    mig_put_string(t, word);
  } else if (k.type == MIG_TK_STRING) {
    mig_put(t, word);
  } else if (k.type == MIG_TK_OP) {
    mig_put(t, strcmp(word, "!=") == 0 ? "<>" : strcmp(word, "==") == 0 ? "=" : word);
  } else {
    int quoted = k.type == MIG_TK_NAME && mig_needs_quotes(word);
    mig_put(t, quoted ? "\"" : "");
    mig_put_folded(t, word);
    mig_put(t, quoted ? "\"" : "");
  }
  mig_put(t, " ");
}

/* A span without the parentheses around all of it. */
static mig_span mig_bare_span(const char *z, mig_span s) {
  for (;;) {
    mig_token k = mig_next_significant(z, s.end, s.at);
    size_t end;
    if (!mig_token_op(z, k, "(")) return s;
    end = mig_skip_parens(z, s.end, k.at);
    if (!end || mig_next_significant(z, s.end, end).type != MIG_TK_END) return s;
    s.at = k.end;
    s.end = end - 1;
  }
}

/* The meaning of an expression, or of a whole statement. `of`: the table that it stands in. */
static const char *mig_meaning(mig_arena *a, const char *z, mig_span s, const mig_table *of) {
  mig_text t;
  mig_token k;
  s = mig_bare_span(z, s);
  mig_text_init(&t, a);
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(z, s.end, k.end)) {
    if (!mig_token_op(z, k, ";") || mig_next_significant(z, s.end, k.end).type != MIG_TK_END) {
      mig_put_meaning(&t, z, s.end, k, of);
    }
  }
  return mig_text_z(&t);
}

static mig_span mig_whole(const char *z) {
  mig_span s;
  s.at = 0;
  s.end = z ? strlen(z) : 0;
  return s;
}

static int mig_same_statement(mig_arena *a, const char *x, const char *y) {
  if (!x || !y) return x == y;
  return strcmp(x, y) == 0 ||
         strcmp(mig_meaning(a, x, mig_whole(x), 0), mig_meaning(a, y, mig_whole(y), 0)) == 0;
}

/* ---- columns ---- */

/* INTEGER PRIMARY KEY DESC at its column is not the rowid (SQLite's oldest quirk): it means INT. */
static int mig_is_quirky_key(const mig_table *t, int column) {
  return t->columns[column].hidden_key && t->rowid_column != column && t->primary_key >= 0 &&
         t->constraints[t->primary_key].nkey == 1 &&
         mig_same(t->columns[column].type_name, "INTEGER");
}

/* INT is INTEGER except where the latter would make the rowid; no type at all is BLOB. */
static const char *mig_type_meaning(mig_arena *a, const mig_table *t, int column) {
  const mig_column *c = &t->columns[column];
  const mig_constraint *p = t->primary_key < 0 ? 0 : &t->constraints[t->primary_key];
  int alone = p && p->nkey == 1 && c->hidden_key;
  if (!c->type_name || !*c->type_name) return mig_span_empty(c->type) ? "blob " : "'' ";
  if (mig_same(c->type_name, "INT") && !alone) return "integer ";
  if (mig_is_quirky_key(t, column)) return "int ";
  return mig_meaning(a, c->type_name, mig_whole(c->type_name), 0);
}

#define MIG_EXACT_DIGITS 15 /* more of them may not be the same number behind a point */

/* A number without the zeros behind its point: for a column that stores numbers. */
static char *mig_number_meaning(mig_arena *a, const char *z, size_t n) {
  size_t sign = z[0] == '-', point = mig_skip_digits(z, n, sign), end = n;
  if (point > sign && point < n && z[point] == '.' && mig_skip_digits(z, n, point + 1) == n &&
      n <= MIG_EXACT_DIGITS) {
    while (z[end - 1] == '0') end--;
    if (end == point + 1) end = point;
  }
  return mig_copyn(a, z, end);
}

/* Is the text digits, with a sign and a point perhaps? */
static int mig_is_plain_number(const char *z) {
  size_t i = z[0] == '-', digits = 0, points = 0;
  for (; z[i]; i++) {
    if (mig_is_digit((unsigned char)z[i]))
      digits++;
    else if (z[i] == '.' && !points)
      points++;
    else
      return 0;
  }
  return digits > 0 && (i < 2 || z[z[0] == '-'] != '0' || z[z[0] == '-' ? 2 : 1] == '.');
}

/* The literal that a default of one token is. */
static const char *mig_literal_meaning(mig_arena *a, const char *z, mig_token k, int numeric) {
  char *word = mig_dequote(a, z, k);
  mig_text t;
  mig_text_init(&t, a);
  if (!word) return 0;
  if (k.type == MIG_TK_WORD) {
    if (mig_same(word, "NULL")) return "";
    if (mig_same(word, "TRUE")) return "1";
    if (mig_same(word, "FALSE")) return "0";
    if (strlen(word) > 8 && sqlite3_strnicmp(word, "CURRENT_", 8) == 0) {
      mig_put_folded(&t, word);
      return mig_text_z(&t);
    }
  }
  if (k.type == MIG_TK_NUMBER || (k.type != MIG_TK_BLOB && numeric && mig_is_plain_number(word))) {
    return numeric ? mig_number_meaning(a, word, strlen(word)) : word;
  }
  if (k.type == MIG_TK_BLOB)
    mig_put_folded(&t, word);
  else
    mig_put_string(&t, word);
  return mig_text_z(&t);
}

/* The default of a column, "" for none, which NULL is as well. */
static const char *mig_default_meaning(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_DEFAULT), minus = 0;
  int affinity = t->columns[column].affinity;
  int numeric = affinity == MIG_NUMERIC || affinity == MIG_INTEGER || affinity == MIG_REAL;
  mig_span s;
  mig_token k;
  if (i < 0) return "";
  s = mig_bare_span(t->sql, t->constraints[i].expr);
  k = mig_next_significant(t->sql, s.end, s.at);
  while (mig_token_op(t->sql, k, "+") || mig_token_op(t->sql, k, "-")) {
    if (mig_token_op(t->sql, k, "-")) minus = !minus;
    k = mig_next_significant(t->sql, s.end, k.end);
  }
  if (mig_next_significant(t->sql, s.end, k.end).type != MIG_TK_END || k.type == MIG_TK_OP) {
    return mig_meaning(a, t->sql, s, t);
  }
  return mig_format(a, "%s%s", minus ? "-" : "", mig_literal_meaning(a, t->sql, k, numeric));
}

/* ON CONFLICT, "" for ABORT, which is the default. */
static const char *mig_conflict_meaning(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *z = mig_meaning(a, t->sql, c->conflict, 0);
  return strcmp(z, "on conflict abort ") == 0 ? "" : z;
}

/* ---- constraints ---- */

static void mig_put_key_meaning(mig_text *z, const mig_table *t, const mig_constraint *c) {
  int i, alias = c->kind == MIG_PRIMARY_KEY && t->rowid_column >= 0;
  mig_put(z, "(");
  for (i = 0; i < c->nkey; i++) {
    const mig_key *k = &c->keys[i];
    int column = mig_find_column(t, k->name);
    const char *own = column < 0 ? 0 : t->columns[column].collation;
    mig_put_folded(z, mig_name(z->a, k->name));
    if (k->collate && !alias && !mig_same(k->collate, own ? own : "BINARY")) {
      mig_put(z, " collate ");
      mig_put_folded(z, k->collate);
    }
    mig_put(z, k->desc && !alias ? " desc, " : ", ");
  }
  mig_put(z, ")");
}

static void mig_put_reference_meaning(mig_text *z, const mig_constraint *c) {
  int i;
  mig_put(z, " references ");
  mig_put_folded(z, mig_name(z->a, c->parent));
  for (i = 0; i < c->nparent; i++) {
    mig_put(z, ", ");
    mig_put_folded(z, mig_name(z->a, c->parent_keys[i].name));
  }
  mig_putf(z, " delete %s update %s%s", c->on_delete, c->on_update, c->deferred ? " deferred" : "");
}

/* A constraint without its name and place; NULL for what belongs to its column. AUTOINCREMENT is
** compared on its own. */
static const char *mig_constraint_meaning(mig_arena *a, const mig_table *t, int i) {
  const mig_constraint *c = &t->constraints[i];
  mig_text z;
  mig_text_init(&z, a);
  if (c->kind == MIG_CHECK) {
    return mig_format(a, "check %s", mig_meaning(a, t->sql, c->expr, t));
  }
  if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_FOREIGN_KEY) return 0;
  mig_put(&z, c->kind == MIG_PRIMARY_KEY ? "primary key " : c->kind == MIG_UNIQUE ? "unique " : "");
  mig_put_key_meaning(&z, t, c);
  if (c->kind == MIG_FOREIGN_KEY)
    mig_put_reference_meaning(&z, c);
  else
    mig_put(&z, mig_conflict_meaning(a, t, c));
  return mig_text_z(&z);
}

/* ---- indexes ---- */

static const char *mig_index_meaning(mig_arena *a, const char *sql) {
  mig_index x;
  mig_text z;
  int i;
  if (mig_parse_index(a, sql, &x)) return 0;
  mig_text_init(&z, a);
  mig_put(&z, x.unique ? "unique " : "");
  mig_put_folded(&z, mig_name(a, x.table));
  for (i = 0; i < x.nkey; i++) {
    mig_put(&z, ", ");
    if (x.keys[i].name) {
      mig_put_folded(&z, mig_name(a, x.keys[i].name));
      mig_put_folded(&z, x.keys[i].collate ? mig_format(a, " collate %s", x.keys[i].collate) : "");
    } else {
      mig_put(&z, mig_meaning(a, sql, x.keys[i].expr, 0));
    }
    mig_put(&z, x.keys[i].desc ? " desc" : "");
  }
  mig_put(&z, " where ");
  mig_put(&z, mig_meaning(a, sql, x.where, 0));
  return mig_text_z(&z);
}

static int mig_same_index(mig_arena *a, const char *x, const char *y) {
  const char *p, *q;
  if (strcmp(x, y) == 0) return 1;
  p = mig_index_meaning(a, x);
  q = mig_index_meaning(a, y);
  return p && q && strcmp(p, q) == 0;
}
