/* DDL: the text of CREATE statements -> model. It reads whatever SQLite's own parser takes, without
** recursion, and leaves the judgement of expressions to SQLite: those are skipped by counting
** parentheses. */

/* A text with one token of lookahead. After a fault the next token is the end. */
typedef struct mig_reader {
  mig_arena *a;
  const char *z; /* NUL-terminated, for the messages */
  size_t n;
  mig_token t; /* the next significant token */
  size_t end;  /* of the last token taken */
} mig_reader;

static void mig_reader_init(mig_reader *r, mig_arena *a, const char *z, size_t n, size_t at) {
  r->a = a;
  r->z = z;
  r->n = n;
  r->end = at;
  r->t = mig_next_significant(z, n, at);
}

/* Puts the end next: nothing more is read. */
static void mig_stop(mig_reader *r) { r->t = mig_token_of(MIG_TK_END, r->n, r->n); }

static mig_token mig_take(mig_reader *r) {
  mig_token t = r->t;
  r->end = t.end;
  r->t = mig_next_significant(r->z, r->n, t.end);
  if (mig_failed(r->a)) mig_stop(r);
  return t;
}

static mig_token mig_peek(const mig_reader *r) {
  return mig_next_significant(r->z, r->n, r->t.end);
}

#define MIG_QUOTED_TOKEN 60 /* bytes of a token that a message repeats */

/* The error at the next token, in SQLite's words. A reader that was given a part of the text alone
** sees its end where the text has another token. */
static int mig_refuse(mig_reader *r) {
  mig_token t = r->t.type == MIG_TK_END ? mig_next_significant(r->z, strlen(r->z), r->t.at) : r->t;
  size_t n = t.end - t.at;
  char *message;
  if (mig_failed(r->a)) return r->a->fault->code;
  if (n > MIG_QUOTED_TOKEN) n = MIG_QUOTED_TOKEN;
  while (n && n < t.end - t.at && (r->z[t.at + n] & 0xc0) == 0x80) n--;
  message = t.type == MIG_TK_END ? mig_copy(r->a, "incomplete input")
            : t.type == MIG_TK_ILLEGAL
                ? mig_format(r->a, "unrecognized token: \"%.*s\"", (int)n, r->z + t.at)
                : mig_format(r->a, "near \"%.*s\": syntax error", (int)n, r->z + t.at);
  if (message) mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, t.at, message);
  mig_stop(r);
  return r->a->fault->code;
}

static int mig_at(const mig_reader *r, const char *word) { return mig_token_is(r->z, r->t, word); }

static int mig_at_op(const mig_reader *r, const char *op) { return mig_token_op(r->z, r->t, op); }

static int mig_at_words(const mig_reader *r, const char *word, const char *second) {
  return mig_at(r, word) && mig_token_is(r->z, mig_peek(r), second);
}

static int mig_take_word(mig_reader *r, const char *word) {
  if (!mig_at(r, word)) return 0;
  mig_take(r);
  return 1;
}

static int mig_take_op(mig_reader *r, const char *op) {
  if (!mig_at_op(r, op)) return 0;
  mig_take(r);
  return 1;
}

static void mig_want_word(mig_reader *r, const char *word) {
  if (!mig_take_word(r, word)) mig_refuse(r);
}

static void mig_want_op(mig_reader *r, const char *op) {
  if (!mig_take_op(r, op)) mig_refuse(r);
}

static mig_span mig_span_of(size_t at, size_t end) {
  mig_span s;
  s.at = at;
  s.end = end;
  return s;
}

/* Can the token be a name? Strings can, by SQLite's old kindness. */
static int mig_is_name(const char *z, mig_token t) {
  if (t.type == MIG_TK_NAME || t.type == MIG_TK_STRING) return 1;
  return t.type == MIG_TK_WORD && !mig_is_reserved(z, t);
}

/* Takes a name; *span, unless NULL, becomes its token. */
static const char *mig_take_name(mig_reader *r, mig_span *span) {
  const char *name;
  if (!mig_is_name(r->z, r->t)) {
    mig_refuse(r);
    return 0;
  }
  if (span) *span = mig_span_of(r->t.at, r->t.end);
  name = mig_dequote(r->a, r->z, r->t);
  mig_take(r);
  return name;
}

/* [schema.]name */
static const char *mig_take_object(mig_reader *r, const char **schema, mig_span *span) {
  const char *name = mig_take_name(r, span);
  *schema = 0;
  if (!mig_take_op(r, ".")) return name;
  *schema = name;
  return mig_take_name(r, span);
}

/* Takes ( .. ); the span runs from the first to the last token inside. */
static mig_span mig_take_parens(mig_reader *r) {
  mig_span s;
  int depth = 1;
  mig_want_op(r, "(");
  s.at = s.end = r->t.at;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL) {
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")") && --depth == 0) {
      mig_take(r);
      return s;
    }
    s.end = mig_take(r).end;
  }
  mig_refuse(r);
  return s;
}

/* --- types and affinities -------------------------------------------------------------------- */

/* Is the next token a word of a type? Keywords that open nothing else here are: SQLite's parser
** falls back to taking them for identifiers. */
static int mig_at_type_word(const mig_reader *r) {
  return mig_is_name(r->z, r->t) &&
         !(r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, mig_join_words));
}

static void mig_take_signed(mig_reader *r) {
  if (!mig_take_op(r, "+")) mig_take_op(r, "-");
  if (r->t.type != MIG_TK_NUMBER) mig_refuse(r);
  mig_take(r);
}

/* Takes a type, perhaps none: words, then (number [, number]). */
static mig_span mig_take_type(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  while (mig_at_type_word(r)) s.end = mig_take(r).end;
  if (mig_span_empty(s) || !mig_take_op(r, "(")) return s;
  mig_take_signed(r);
  if (mig_take_op(r, ",")) mig_take_signed(r);
  mig_want_op(r, ")");
  s.end = r->end;
  return s;
}

static size_t mig_trim(const char *z, size_t at, size_t end) {
  while (end > at && mig_is_space((unsigned char)z[end - 1])) end--;
  return end;
}

/* Where the type's text ends for SQLite: GENERATED ALWAYS is taken for words of the type first and
** cut off by bytes afterwards, a comment between them saving the former. */
static size_t mig_type_end(const char *z, mig_span s) {
  size_t end = s.end;
  if (end - s.at < 16 || sqlite3_strnicmp(z + end - 6, "always", 6) != 0) return end;
  end = mig_trim(z, s.at, end - 6);
  if (end - s.at < 9 || sqlite3_strnicmp(z + end - 9, "generated", 9) != 0) return end;
  return mig_trim(z, s.at, end - 9);
}

/* Is it one of the bytes that open a quoted name or string? */
static int mig_is_quote(int c) { return c == '"' || c == '\'' || c == '`' || c == '['; }

/* The type as SQLite remembers it: the text with its comments. Of a text that begins with a quote
** the first and the last byte go, whatever that is (so since 3.37); or, with another quote inside,
** only its first word counts. */
static const char *mig_type_name(mig_arena *a, const char *z, size_t at, size_t end) {
  size_t i;
  if (end - at < 2 || !mig_is_quote((unsigned char)z[at])) return mig_copyn(a, z + at, end - at);
  for (i = at + 1; i < end - 1; i++) {
    if (mig_is_quote((unsigned char)z[i])) return mig_dequote(a, z, mig_next_token(z, end, at));
  }
  return mig_copyn(a, z + at + 1, end - at - 2);
}

/* The affinity of a type, by SQLite's rule: parts of words, whatever they stand in. */
static int mig_affinity(const char *type) {
  sqlite3_uint64 h = 0;
  int affinity = MIG_NUMERIC, c;
  if (!*type) return MIG_BLOB;
  for (; (c = (unsigned char)*type) != 0; type++) {
    h = (h << 8 | (unsigned)(c >= 'A' && c <= 'Z' ? c + 32 : c)) & 0xffffffffu;
    if ((h & 0xffffff) == 0x696e74) return MIG_INTEGER; /* int */
    if (h == 0x63686172 || h == 0x636c6f62 || h == 0x74657874) { /* char, clob, text */
      affinity = MIG_TEXT;
    } else if (h == 0x626c6f62) { /* blob */
      if (affinity == MIG_NUMERIC || affinity == MIG_REAL) affinity = MIG_BLOB;
    } else if (affinity == MIG_NUMERIC && /* real, floa, doub */
               (h == 0x7265616c || h == 0x666c6f61 || h == 0x646f7562)) {
      affinity = MIG_REAL;
    }
  }
  return affinity;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Is the next token ASC or DESC for the order, rather than a part of the expression? */
static int mig_at_order(const mig_reader *r) {
  mig_token next;
  if (!mig_at(r, "ASC") && !mig_at(r, "DESC")) return 0;
  next = mig_peek(r);
  return mig_token_op(r->z, next, ",") || mig_token_op(r->z, next, ")") ||
         mig_token_is(r->z, next, "AUTOINCREMENT");
}

/* Takes one term of a key, up to the comma or parenthesis behind it. A column may stand in
** parentheses and carry several COLLATE, of which the last counts; anything more is an expression,
** whose name stays NULL. */
static mig_key mig_take_key(mig_reader *r) {
  mig_key k;
  int depth = 0, parts = 0;
  memset(&k, 0, sizeof k);
  k.span.at = k.expr.at = r->t.at;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL) {
    if (depth == 0 && (mig_at_op(r, ",") || mig_at_op(r, ")") || mig_at(r, "AUTOINCREMENT"))) break;
    if (depth == 0 && parts && mig_at_order(r)) {
      k.desc = mig_at(r, "DESC");
      mig_take(r);
      break;
    }
    if (mig_at_op(r, "(")) {
      depth++;
      if (parts) parts++; /* a call */
    } else if (mig_at_op(r, ")")) {
      depth--;
    } else if (parts && mig_take_word(r, "COLLATE")) {
      k.collate = mig_dequote(r->a, r->z, r->t);
    } else if (parts++ == 0 && mig_is_name(r->z, r->t)) {
      k.name_span = mig_span_of(r->t.at, r->t.end);
      k.name = mig_dequote(r->a, r->z, r->t);
    }
    k.expr.end = mig_take(r).end;
  }
  k.span.end = r->end;
  if (parts != 1) {
    k.name = k.collate = 0;
    k.name_span.at = k.name_span.end = 0;
  }
  if (!parts || depth) mig_refuse(r);
  return k;
}

/* Takes ( key, .. ), up to what stands behind the last one: `)` or AUTOINCREMENT. */
static mig_key *mig_take_keys(mig_reader *r, int *nkey) {
  mig_key *keys = 0;
  int n = 0, cap = 0;
  mig_want_op(r, "(");
  do {
    keys = (mig_key *)mig_grow(r->a, keys, n, &cap, sizeof(mig_key));
    if (mig_failed(r->a)) return 0;
    keys[n++] = mig_take_key(r);
  } while (mig_take_op(r, ","));
  *nkey = n;
  return keys;
}

/* The same where only columns can be. */
static mig_key *mig_take_column_keys(mig_reader *r, int *nkey) {
  mig_key *keys = mig_take_keys(r, nkey);
  int i;
  for (i = 0; keys && i < *nkey && !mig_failed(r->a); i++) {
    if (keys[i].name) continue;
    mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, keys[i].span.at,
                "expressions prohibited in PRIMARY KEY and UNIQUE constraints");
    mig_stop(r);
  }
  return keys;
}

/* --- constraints ----------------------------------------------------------------------------- */

typedef struct mig_table_reader {
  mig_reader r;
  mig_table *t;
  int column_cap, constraint_cap;
  int column;       /* the one being read; -1 behind the columns */
  int foreign_key;  /* the constraint that DEFERRABLE speaks of, or -1 */
  size_t generated; /* where GENERATED stands, if it was taken for the type's; or 0 */
} mig_table_reader;

/* The next constraint, or NULL after a fault. It begins at the next token. */
static mig_constraint *mig_new_constraint(mig_table_reader *d) {
  mig_table *t = d->t;
  mig_constraint *c;
  t->constraints = (mig_constraint *)mig_grow(d->r.a, t->constraints, t->nconstraint,
                                              &d->constraint_cap, sizeof(mig_constraint));
  if (mig_failed(d->r.a)) return 0;
  c = &t->constraints[t->nconstraint++];
  memset(c, 0, sizeof *c);
  c->column = d->column;
  c->of = -1;
  c->span.at = c->body.at = d->r.t.at;
  return c;
}

static void mig_take_conflict(mig_reader *r, mig_constraint *c) {
  if (!mig_at_words(r, "ON", "CONFLICT")) return;
  c->conflict.at = r->t.at;
  mig_take(r);
  mig_take(r);
  if (!mig_at(r, "ROLLBACK") && !mig_at(r, "ABORT") && !mig_at(r, "FAIL") && !mig_at(r, "IGNORE") &&
      !mig_at(r, "REPLACE")) {
    mig_refuse(r);
  }
  c->conflict.end = mig_take(r).end;
}

/* Words that are values: behind DEFAULT every other one is a string. */
static const char *const mig_literal_words[] = {"CURRENT_DATE", "CURRENT_TIME",
                                                "CURRENT_TIMESTAMP", "NULL", 0};

static int mig_at_literal(const mig_reader *r) {
  if (r->t.type == MIG_TK_WORD) return mig_word_in(r->z, r->t, mig_literal_words);
  return r->t.type == MIG_TK_NUMBER || r->t.type == MIG_TK_STRING || r->t.type == MIG_TK_BLOB;
}

/* Takes the value of DEFAULT: a literal, perhaps signed, a name, or ( expression ). */
static mig_span mig_take_default(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  if (mig_at_op(r, "(")) {
    mig_take_parens(r);
  } else {
    int sign = mig_take_op(r, "+") || mig_take_op(r, "-");
    if (!mig_at_literal(r) && (sign || !mig_is_name(r->z, r->t))) mig_refuse(r);
    mig_take(r);
  }
  s.end = r->end;
  return s;
}

static const char *mig_take_action(mig_reader *r) {
  if (mig_take_word(r, "CASCADE")) return "CASCADE";
  if (mig_take_word(r, "RESTRICT")) return "RESTRICT";
  if (mig_take_word(r, "NO")) {
    mig_want_word(r, "ACTION");
    return "NO ACTION";
  }
  mig_want_word(r, "SET");
  if (mig_take_word(r, "NULL")) return "SET NULL";
  mig_want_word(r, "DEFAULT");
  return "SET DEFAULT";
}

/* REFERENCES parent [(columns)] [actions] */
static void mig_take_references(mig_reader *r, mig_constraint *c) {
  c->on_delete = c->on_update = "NO ACTION";
  mig_want_word(r, "REFERENCES");
  c->parent = mig_take_name(r, &c->parent_span);
  if (mig_at_op(r, "(")) {
    c->parent_keys = mig_take_column_keys(r, &c->nparent);
    mig_want_op(r, ")");
  }
  c->actions.at = r->t.at;
  c->actions.end = c->actions.at;
  while (mig_at(r, "MATCH") || mig_at(r, "ON")) {
    if (mig_take_word(r, "MATCH")) {
      mig_take_name(r, 0);
    } else {
      mig_take(r);
      if (mig_take_word(r, "DELETE")) {
        c->on_delete = mig_take_action(r);
      } else if (mig_take_word(r, "UPDATE")) {
        c->on_update = mig_take_action(r);
      } else {
        mig_want_word(r, "INSERT");
        mig_take_action(r);
      }
    }
    c->actions.end = r->end;
  }
}

static int mig_at_deferrable(const mig_reader *r) {
  return mig_at(r, "DEFERRABLE") || mig_at_words(r, "NOT", "DEFERRABLE");
}

/* [NOT] DEFERRABLE [INITIALLY ..]; returns whether the key is then deferred. */
static int mig_take_deferrable(mig_reader *r) {
  int not_deferrable = mig_take_word(r, "NOT"), deferred = 0;
  mig_want_word(r, "DEFERRABLE");
  if (mig_take_word(r, "INITIALLY")) {
    deferred = mig_take_word(r, "DEFERRED");
    if (!deferred) mig_want_word(r, "IMMEDIATE");
  }
  return deferred && !not_deferrable;
}

/* The key of a constraint that stands at its column. */
static void mig_own_key(mig_table_reader *d, mig_constraint *c) {
  c->keys = (mig_key *)mig_alloc(d->r.a, sizeof(mig_key));
  if (!c->keys) return;
  c->keys[0].name = d->t->columns[d->column].name;
  c->nkey = 1;
}

static void mig_take_autoincrement(mig_reader *r, mig_constraint *c) {
  if (!mig_at(r, "AUTOINCREMENT")) return;
  c->autoincrement = 1;
  c->autoincrement_span = mig_span_of(r->t.at, r->t.end);
  mig_take(r);
}

static void mig_take_column_key(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  mig_own_key(d, c);
  if (mig_take_word(r, "UNIQUE")) {
    c->kind = MIG_UNIQUE;
    mig_take_conflict(r, c);
    return;
  }
  c->kind = MIG_PRIMARY_KEY;
  mig_want_word(r, "PRIMARY");
  mig_want_word(r, "KEY");
  if (c->keys && !mig_take_word(r, "ASC")) c->keys[0].desc = mig_take_word(r, "DESC");
  mig_take_conflict(r, c);
  mig_take_autoincrement(r, c);
}

static void mig_take_generated(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  c->kind = MIG_GENERATED;
  if (mig_take_word(r, "GENERATED")) mig_want_word(r, "ALWAYS");
  mig_want_word(r, "AS");
  c->expr = mig_take_parens(r);
  c->stored = mig_take_word(r, "STORED");
  if (!c->stored) mig_take_word(r, "VIRTUAL");
}

/* Does a constraint of a column begin at the next token, its CONSTRAINT name aside? */
static int mig_at_column_constraint(const mig_reader *r) {
  static const char *const words[] = {"AS", "CHECK", "COLLATE", "DEFAULT", "DEFERRABLE",
                                      "GENERATED", "NOT", "NULL", "PRIMARY", "REFERENCES",
                                      "UNIQUE", 0};
  return r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, words);
}

/* Takes the constraint of a column that begins at the next token. */
static void mig_take_column_constraint(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  if (mig_at(r, "PRIMARY") || mig_at(r, "UNIQUE")) {
    mig_take_column_key(d, c);
  } else if (mig_at(r, "GENERATED") || mig_at(r, "AS")) {
    mig_take_generated(d, c);
  } else if (mig_at(r, "REFERENCES")) {
    c->kind = MIG_FOREIGN_KEY;
    d->foreign_key = d->t->nconstraint - 1;
    mig_own_key(d, c);
    mig_take_references(r, c);
  } else if (mig_at_deferrable(r)) {
    c->kind = MIG_DEFERRABLE;
    c->of = d->foreign_key;
    c->deferred = mig_take_deferrable(r);
    if (c->of >= 0) d->t->constraints[c->of].deferred = c->deferred;
  } else if (mig_take_word(r, "CHECK")) {
    c->kind = MIG_CHECK;
    c->expr = mig_take_parens(r);
  } else if (mig_take_word(r, "DEFAULT")) {
    c->kind = MIG_DEFAULT;
    c->expr = mig_take_default(r);
  } else if (mig_take_word(r, "COLLATE")) {
    c->kind = MIG_COLLATE;
    c->collation = mig_take_name(r, &c->expr);
  } else {
    c->kind = mig_take_word(r, "NOT") ? MIG_NOT_NULL : MIG_NULL;
    mig_want_word(r, "NULL");
    mig_take_conflict(r, c);
  }
}

/* Does a constraint of the table begin at the next token, its CONSTRAINT name aside? */
static int mig_at_table_constraint(const mig_reader *r) {
  return mig_at(r, "PRIMARY") || mig_at(r, "UNIQUE") || mig_at(r, "CHECK") || mig_at(r, "FOREIGN");
}

static void mig_take_table_constraint(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  if (mig_take_word(r, "CHECK")) {
    c->kind = MIG_CHECK;
    c->expr = mig_take_parens(r);
    mig_take_conflict(r, c);
    return;
  }
  if (mig_take_word(r, "UNIQUE")) {
    c->kind = MIG_UNIQUE;
  } else {
    c->kind = mig_at(r, "PRIMARY") ? MIG_PRIMARY_KEY : MIG_FOREIGN_KEY;
    mig_take(r);
    mig_want_word(r, "KEY");
  }
  c->list.at = c->list.end = r->t.at;
  c->keys = mig_take_column_keys(r, &c->nkey);
  if (c->kind == MIG_PRIMARY_KEY) mig_take_autoincrement(r, c);
  mig_want_op(r, ")");
  c->list.end = r->end;
  if (c->kind != MIG_FOREIGN_KEY) {
    mig_take_conflict(r, c);
    return;
  }
  d->foreign_key = d->t->nconstraint - 1;
  mig_take_references(r, c);
  if (mig_at_deferrable(r)) c->deferred = mig_take_deferrable(r);
}

static int mig_at_constraint(const mig_table_reader *d) {
  return d->column < 0 ? mig_at_table_constraint(&d->r) : mig_at_column_constraint(&d->r);
}

/* CONSTRAINT name */
typedef struct mig_given_name {
  const char *name; /* NULL: none is given */
  mig_span name_span;
  size_t at, end;
} mig_given_name;

static mig_given_name mig_take_given_name(mig_reader *r) {
  mig_given_name g;
  memset(&g, 0, sizeof g);
  g.at = r->t.at;
  if (!mig_take_word(r, "CONSTRAINT")) return g;
  g.name = mig_take_name(r, &g.name_span);
  g.end = r->end;
  return g;
}

/* Takes further names behind the first. SQLite lets the last one win: that is returned, and those
** before it are one MIG_BARE_NAME. */
static mig_given_name mig_take_more_names(mig_table_reader *d, mig_given_name first) {
  mig_given_name before = first, last = first;
  mig_constraint *c;
  while (mig_at(&d->r, "CONSTRAINT")) {
    before = last;
    last = mig_take_given_name(&d->r);
  }
  c = mig_new_constraint(d);
  if (!c) return last;
  c->kind = MIG_BARE_NAME;
  c->name = before.name;
  c->name_span = before.name_span;
  c->span = mig_span_of(first.at, before.end);
  c->body = mig_span_of(before.end, before.end);
  return last;
}

/* Takes [CONSTRAINT name] constraint, of the table or of a column; returns 0 when none begins at
** the next token. A name with nothing behind it that could bear it stands alone. */
static int mig_take_constraint(mig_table_reader *d) {
  mig_reader *r = &d->r;
  mig_given_name given;
  mig_constraint *c;
  if (!mig_at(r, "CONSTRAINT") && !mig_at_constraint(d)) return 0;
  given = mig_take_given_name(r);
  if (mig_at(r, "CONSTRAINT")) given = mig_take_more_names(d, given);
  c = mig_new_constraint(d);
  if (!c) return 0;
  c->name = given.name;
  c->name_span = given.name_span;
  c->span.at = given.at;
  if (!mig_at_constraint(d)) {
    c->kind = MIG_BARE_NAME;
    c->body.at = r->end;
  } else if (d->column < 0) {
    mig_take_table_constraint(d, c);
  } else {
    mig_take_column_constraint(d, c);
  }
  c->span.end = c->body.end = r->end;
  return !mig_failed(r->a);
}

/* --- columns --------------------------------------------------------------------------------- */

/* Takes the type of the new column. Where AS follows, GENERATED ALWAYS before it are not its. */
static void mig_take_column_type(mig_table_reader *d, mig_column *c) {
  mig_reader *r = &d->r;
  size_t end;
  c->type = mig_take_type(r);
  end = mig_type_end(r->z, c->type);
  c->type_name = mig_type_name(r->a, r->z, c->type.at, end);
  if (!c->type_name) return;
  c->affinity = mig_affinity(c->type_name);
  if (end > c->type.at && !*c->type_name) c->affinity = MIG_NUMERIC; /* written, but as '' */
  d->generated = 0;
  if (end < c->type.end && mig_at(r, "AS")) {
    mig_token k = mig_next_significant(r->z, c->type.end, end);
    if (!mig_is_word_byte((unsigned char)r->z[k.at - 1]) &&
        (mig_token_is(r->z, k, "GENERATED") || mig_token_is(r->z, k, "ALWAYS"))) {
      d->generated = k.at;
      c->type.end = end;
    }
  }
}

/* What a constraint says about its column. */
static void mig_note_constraint(mig_column *column, const mig_constraint *c) {
  if (c->kind == MIG_NOT_NULL) column->not_null = 1;
  if (c->kind == MIG_COLLATE) column->collation = c->collation;
  if (c->kind == MIG_GENERATED) {
    column->generated = 1;
    column->stored = c->stored;
  }
}

/* Takes name, type and constraints of a column. */
static void mig_take_column(mig_table_reader *d) {
  mig_reader *r = &d->r;
  mig_table *t = d->t;
  mig_column *c;
  int i;
  t->columns = (mig_column *)mig_grow(r->a, t->columns, t->ncolumn, &d->column_cap,
                                      sizeof(mig_column));
  if (mig_failed(r->a)) return;
  d->column = t->ncolumn++;
  c = &t->columns[d->column];
  memset(c, 0, sizeof *c);
  c->first = t->nconstraint;
  c->name = mig_take_name(r, &c->name_span);
  c->span.at = c->name_span.at;
  mig_take_column_type(d, c);
  while (mig_take_constraint(d)) {}
  c->span.end = r->end;
  c->count = t->nconstraint - c->first;
  if (mig_failed(r->a)) return;
  for (i = c->first; i < t->nconstraint; i++) mig_note_constraint(c, &t->constraints[i]);
  if (d->generated) { /* its constraint is the first one: AS followed the type */
    t->constraints[c->first].span.at = t->constraints[c->first].body.at = d->generated;
  }
  d->column = -1;
}

/* --- CREATE TABLE ---------------------------------------------------------------------------- */

/* Is the column's type exactly INTEGER, as the rowid's alias needs it? */
static int mig_is_integer(const mig_table *t, const mig_column *c) {
  mig_token first = mig_next_token(t->sql, t->nsql, c->type.at);
  if (sqlite3_stricmp(c->type_name, "INTEGER") != 0) return 0;
  return first.type == MIG_TK_WORD || first.end == mig_type_end(t->sql, c->type);
}

/* Finds the rowid's alias and marks the columns of the primary key. */
static void mig_note_primary_key(mig_table *t) {
  const mig_constraint *p = 0;
  int i, column = -1;
  for (i = 0; i < t->nconstraint && !p; i++) {
    if (t->constraints[i].kind != MIG_PRIMARY_KEY) continue;
    t->primary_key = i;
    p = &t->constraints[i];
  }
  for (i = 0; p && i < p->nkey; i++) {
    column = p->column >= 0 ? p->column : mig_find_column(t, p->keys[i].name);
    if (column >= 0) t->columns[column].hidden_key = 1;
  }
  if (p && p->nkey == 1 && column >= 0 && mig_is_integer(t, &t->columns[column]) &&
      !(p->column >= 0 && p->keys[0].desc)) {
    t->rowid_column = column;
  }
}

/* What the options mean for the columns. */
static void mig_note_options(mig_table *t) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    mig_column *c = &t->columns[i];
    if (t->strict && sqlite3_stricmp(c->type_name, "ANY") == 0) c->affinity = MIG_BLOB;
    if (c->hidden_key && (t->without_rowid || (t->strict && i != t->rowid_column))) c->not_null = 1;
  }
}

static void mig_take_options(mig_reader *r, mig_table *t) {
  int comma = mig_take_op(r, ","); /* SQLite takes one before the first, too */
  while (r->t.type == MIG_TK_WORD || comma) {
    size_t at = r->t.at;
    if (mig_take_word(r, "WITHOUT")) {
      mig_want_word(r, "ROWID");
      t->without_rowid = 1;
      t->without_rowid_span = mig_span_of(at, r->end);
    } else {
      mig_want_word(r, "STRICT");
      t->strict = 1;
      t->strict_span = mig_span_of(at, r->end);
    }
    comma = mig_take_op(r, ",");
    if (!comma) break;
  }
}

/* All three words, since IF NOT NULL is a column called if. */
static int mig_take_if_not_exists(mig_reader *r) {
  mig_token k;
  if (!mig_at_words(r, "IF", "NOT")) return 0;
  k = mig_next_significant(r->z, r->n, mig_peek(r).end);
  if (!mig_token_is(r->z, k, "EXISTS")) return 0;
  mig_take(r);
  mig_take(r);
  mig_take(r);
  return 1;
}

static int mig_take_temp(mig_reader *r) {
  return mig_take_word(r, "TEMP") || mig_take_word(r, "TEMPORARY");
}

/* The end of a statement: one semicolon may stand there. */
static void mig_want_end(mig_reader *r) {
  mig_take_op(r, ";");
  if (r->t.type != MIG_TK_END) mig_refuse(r);
}

/* CREATE TABLE up to the open parenthesis; faults for what is no ordinary table. */
static void mig_take_table_head(mig_reader *r, mig_table *t) {
  const char *schema;
  mig_want_word(r, "CREATE");
  mig_take_temp(r);
  if (mig_at(r, "VIRTUAL") || mig_at(r, "VIEW")) {
    mig_fail(r->a, MIGRATE_UNSUPPORTED, "not an ordinary table: a %s",
             mig_at(r, "VIEW") ? "view" : "virtual table");
    mig_stop(r);
  }
  mig_want_word(r, "TABLE");
  mig_take_if_not_exists(r);
  t->name = mig_take_object(r, &schema, &t->name_span);
  t->open = r->t.at;
  mig_want_op(r, "(");
}

static void mig_table_init(mig_table *t, const char *sql, size_t n) {
  memset(t, 0, sizeof *t);
  t->sql = sql;
  t->nsql = n;
  t->rowid_column = t->primary_key = -1;
}

static void mig_table_reader_init(mig_table_reader *d, mig_arena *a, mig_table *t, size_t at) {
  memset(d, 0, sizeof *d);
  d->t = t;
  d->column = d->foreign_key = -1;
  mig_reader_init(&d->r, a, t->sql, t->nsql, at);
}

/* Reads the text of CREATE TABLE, which *out then points into. Returns 0, or the fault's code:
** MIGRATE_UNSUPPORTED for a view or a virtual table, MIGRATE_SYNTAX with the place otherwise. */
static int mig_parse_table(mig_arena *a, const char *sql, mig_table *out) {
  mig_table_reader d;
  mig_reader *r = &d.r;
  mig_table_init(out, sql, strlen(sql));
  mig_table_reader_init(&d, a, out, 0);
  mig_take_table_head(r, out);
  do {
    if (out->ncolumn && (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r))) break;
    mig_take_column(&d);
  } while (mig_take_op(r, ","));
  while (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r)) {
    if (!mig_take_constraint(&d)) break;
    if (mig_take_op(r, ",") && mig_at_op(r, ")")) mig_refuse(r);
  }
  out->close = r->t.at;
  mig_want_op(r, ")");
  mig_take_options(r, out);
  mig_want_end(r);
  if (mig_failed(a)) return a->fault->code;
  mig_note_primary_key(out);
  mig_note_options(out);
  return 0;
}

/* --- other objects --------------------------------------------------------------------------- */

/* Reads the text of CREATE INDEX. */
static int mig_parse_index(mig_arena *a, const char *sql, mig_index *out) {
  mig_reader reader, *r = &reader;
  const char *schema;
  memset(out, 0, sizeof *out);
  out->sql = sql;
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "CREATE");
  out->unique = mig_take_word(r, "UNIQUE");
  mig_want_word(r, "INDEX");
  mig_take_if_not_exists(r);
  out->name = mig_take_object(r, &schema, &out->name_span);
  mig_want_word(r, "ON");
  out->table = mig_take_name(r, &out->table_span);
  out->list.at = out->list.end = r->t.at;
  out->keys = mig_take_keys(r, &out->nkey);
  mig_want_op(r, ")");
  out->list.end = r->end;
  if (mig_take_word(r, "WHERE")) {
    out->where.at = r->t.at;
    if (r->t.type == MIG_TK_END) mig_refuse(r);
    while (r->t.type != MIG_TK_END && !mig_at_op(r, ";")) mig_take(r);
    out->where.end = r->end;
  }
  mig_want_end(r);
  return a->fault->code;
}

static void mig_take_event(mig_reader *r, mig_trigger *t) {
  mig_key *k;
  int cap = 0;
  if (mig_take_word(r, "DELETE")) {
    t->event = 'D';
  } else if (mig_take_word(r, "INSERT")) {
    t->event = 'I';
  } else {
    mig_want_word(r, "UPDATE");
    t->event = 'U';
  }
  if (t->event != 'U' || !mig_take_word(r, "OF")) return;
  do {
    t->columns = (mig_key *)mig_grow(r->a, t->columns, t->ncolumn, &cap, sizeof(mig_key));
    if (mig_failed(r->a)) return;
    k = &t->columns[t->ncolumn++];
    memset(k, 0, sizeof *k);
    k->name = mig_take_name(r, &k->name_span);
    k->span = k->expr = k->name_span;
  } while (mig_take_op(r, ","));
}

/* Reads the head of CREATE TRIGGER, up to FOR, WHEN or BEGIN. */
static int mig_parse_trigger(mig_arena *a, const char *sql, mig_trigger *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  out->sql = sql;
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "CREATE");
  out->temp = mig_take_temp(r);
  mig_want_word(r, "TRIGGER");
  mig_take_if_not_exists(r);
  out->name = mig_take_object(r, &out->schema, &out->name_span);
  out->time = 'A';
  if (mig_take_word(r, "BEFORE")) {
    out->time = 'B';
  } else if (mig_take_word(r, "INSTEAD")) {
    mig_want_word(r, "OF");
    out->time = 'I';
  } else {
    mig_take_word(r, "AFTER");
  }
  mig_take_event(r, out);
  mig_want_word(r, "ON");
  out->table = mig_take_object(r, &out->table_schema, &out->table_span);
  out->rest = r->t.at;
  if (!mig_at(r, "FOR") && !mig_at(r, "WHEN") && !mig_at(r, "BEGIN")) mig_refuse(r);
  return a->fault->code;
}
