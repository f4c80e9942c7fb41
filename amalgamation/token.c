/* Tokens: SQLite's lexical grammar with offsets. Text is z[0..n); a NUL ends it, as in SQLite.
** Nothing here knows what is a keyword where: a bare word is a word, the readers compare it. */

typedef struct mig_span {
  size_t at, end; /* bytes of the source, end excluded; at == end: absent */
} mig_span;

static int mig_span_empty(mig_span s) { return s.at == s.end; }

enum mig_token_type {
  MIG_TK_END,
  MIG_TK_SPACE,    /* white space, or a byte order mark */
  MIG_TK_COMMENT,  /* -- to the end of the line without it, or a block, perhaps not closed */
  MIG_TK_WORD,     /* a bare identifier or keyword */
  MIG_TK_NAME,     /* "x", [x] or `x` */
  MIG_TK_STRING,   /* 'x' */
  MIG_TK_BLOB,     /* x'00' */
  MIG_TK_NUMBER,
  MIG_TK_VARIABLE, /* ?, ?1, :a, @a, #a, $a::b(c) */
  MIG_TK_OP,       /* operators and punctuation, one or more bytes */
  MIG_TK_ILLEGAL   /* SQLite refuses it; an unclosed quote reaches to the end of the text */
};

typedef struct mig_token {
  int type;
  size_t at, end;
} mig_token;

/* What a byte may be. Those beyond ASCII are parts of words. */
enum { MIG_C_DIGIT = 1, MIG_C_HEX = 2, MIG_C_WORD = 4, MIG_C_START = 8, MIG_C_SPACE = 16 };

static const unsigned char mig_byte_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0,
    0, 0, 0, 0, 14, 14, 14, 14, 14, 14, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 0, 0, 0, 0, 12, 0, 14, 14, 14, 14, 14, 14, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 0, 0, 0, 0, 0, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12};

static int mig_is_class(int c, int classes) { return (mig_byte_class[c] & classes) != 0; }

static int mig_is_digit(int c) { return mig_is_class(c, MIG_C_DIGIT); }
static int mig_is_hex(int c) { return mig_is_class(c, MIG_C_HEX); }
static int mig_is_word_start(int c) { return mig_is_class(c, MIG_C_START); }
static int mig_is_word_byte(int c) { return mig_is_class(c, MIG_C_WORD); }

/* \v is white space inside a run of it, but does not begin one. */
static int mig_is_space(int c) { return mig_is_class(c, MIG_C_SPACE); }

/* The byte at i, 0 behind the end. */
static int mig_byte(const char *z, size_t n, size_t i) { return i < n ? (unsigned char)z[i] : 0; }

static size_t mig_skip_word(const char *z, size_t n, size_t i) {
  while (i < n && mig_is_word_byte((unsigned char)z[i])) i++;
  return i;
}

/* Digits and the separators that 3.46 takes between them. */
static size_t mig_skip_digits(const char *z, size_t n, size_t i) {
  while (mig_is_digit(mig_byte(z, n, i)) || mig_byte(z, n, i) == '_') i++;
  return i;
}

static mig_token mig_read_number(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i = at;
  int c = mig_byte(z, n, at + 1);
  t.at = at;
  if (z[at] == '0' && (c == 'x' || c == 'X') && mig_is_hex(mig_byte(z, n, at + 2))) {
    for (i = at + 3; mig_is_hex(c = mig_byte(z, n, i)) || c == '_';) i++;
  } else {
    i = mig_skip_digits(z, n, i);
    if (mig_byte(z, n, i) == '.') i = mig_skip_digits(z, n, i + 1);
    c = mig_byte(z, n, i);
    if (c == 'e' || c == 'E') {
      int sign = mig_byte(z, n, i + 1) == '+' || mig_byte(z, n, i + 1) == '-';
      if (mig_is_digit(mig_byte(z, n, i + 1 + (size_t)sign))) i = mig_skip_digits(z, n, i + 2);
    }
  }
  t.end = mig_skip_word(z, n, i);
  t.type = t.end == i ? MIG_TK_NUMBER : MIG_TK_ILLEGAL;
  return t;
}

static mig_token mig_read_quoted(const char *z, size_t n, size_t at) {
  mig_token t;
  int quote = z[at] == '[' ? ']' : (unsigned char)z[at];
  size_t i;
  t.at = at;
  for (i = at + 1; mig_byte(z, n, i); i++) {
    if (mig_byte(z, n, i) != quote) continue;
    if (quote == ']' || mig_byte(z, n, i + 1) != quote) break;
    i++;
  }
  if (!mig_byte(z, n, i)) {
    t.type = MIG_TK_ILLEGAL;
    t.end = i;
  } else {
    t.type = quote == '\'' ? MIG_TK_STRING : MIG_TK_NAME;
    t.end = i + 1;
  }
  return t;
}

static mig_token mig_read_blob(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i = at + 2;
  while (mig_is_hex(mig_byte(z, n, i))) i++;
  t.at = at;
  t.type = MIG_TK_BLOB;
  if (mig_byte(z, n, i) != '\'' || (i - at) % 2) {
    t.type = MIG_TK_ILLEGAL;
    while (mig_byte(z, n, i) && z[i] != '\'') i++;
  }
  t.end = mig_byte(z, n, i) ? i + 1 : i;
  return t;
}

/* :a @a #a $a, with Tcl's $a::b and $a(anything but white space). */
static mig_token mig_read_variable(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i, named = 0;
  int c;
  t.at = at;
  t.type = MIG_TK_VARIABLE;
  for (i = at + 1; (c = mig_byte(z, n, i)) != 0; i++) {
    if (mig_is_word_byte(c)) {
      named++;
    } else if (c == '(' && named) {
      do {
        c = mig_byte(z, n, ++i);
      } while (c && !mig_is_space(c) && c != ')');
      if (c == ')') {
        i++;
      } else {
        t.type = MIG_TK_ILLEGAL;
      }
      break;
    } else if (c == ':' && mig_byte(z, n, i + 1) == ':') {
      i++;
    } else {
      break;
    }
  }
  if (!named) t.type = MIG_TK_ILLEGAL;
  t.end = i;
  return t;
}

static size_t mig_comment_end(const char *z, size_t n, size_t at) {
  size_t i = at + 2;
  int c;
  if (z[at] == '-') {
    while ((c = mig_byte(z, n, i)) != 0 && c != '\n') i++;
    return i;
  }
  for (; (c = mig_byte(z, n, i)) != 0; i++) {
    if (c == '*' && mig_byte(z, n, i + 1) == '/') return i + 2;
  }
  return i;
}

static int mig_comment_starts(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d = mig_byte(z, n, at + 1);
  return (c == '-' && d == '-') || (c == '/' && d == '*' && mig_byte(z, n, at + 2));
}

/* Length of the operator at `at`, 0 when there is none. */
static size_t mig_op_length(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d = mig_byte(z, n, at + 1);
  switch (c) {
    case '-':
      return d != '>' ? 1 : mig_byte(z, n, at + 2) == '>' ? 3 : 2;
    case '=':
      return d == '=' ? 2 : 1;
    case '<':
      return d == '=' || d == '>' || d == '<' ? 2 : 1;
    case '>':
      return d == '=' || d == '>' ? 2 : 1;
    case '!':
      return d == '=' ? 2 : 0;
    case '|':
      return d == '|' ? 2 : 1;
    default:
      return c && strchr("();+*/%,&~.", c) ? 1 : 0;
  }
}

static mig_token mig_token_of(int type, size_t at, size_t end) {
  mig_token t;
  t.type = type;
  t.at = at;
  t.end = end;
  return t;
}

/* The token at byte `at`, white space and comments included; they follow each other gapless. */
static mig_token mig_next_token(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d;
  size_t i = at;
  if (!c) return mig_token_of(MIG_TK_END, at, at);
  if (mig_is_word_start(c) && c != 0xef && c != 'x' && c != 'X') { /* most are words */
    return mig_token_of(MIG_TK_WORD, at, mig_skip_word(z, n, at + 1));
  }
  d = mig_byte(z, n, at + 1);
  if (mig_is_space(c) && c != '\v') {
    while (mig_is_space(mig_byte(z, n, i))) i++;
    return mig_token_of(MIG_TK_SPACE, at, i);
  }
  if (c == 0xef && d == 0xbb && mig_byte(z, n, at + 2) == 0xbf) {
    return mig_token_of(MIG_TK_SPACE, at, at + 3);
  }
  if (mig_comment_starts(z, n, at)) {
    return mig_token_of(MIG_TK_COMMENT, at, mig_comment_end(z, n, at));
  }
  if ((c == 'x' || c == 'X') && d == '\'') return mig_read_blob(z, n, at);
  if (mig_is_word_start(c)) return mig_token_of(MIG_TK_WORD, at, mig_skip_word(z, n, at));
  if (mig_is_digit(c) || (c == '.' && mig_is_digit(d))) return mig_read_number(z, n, at);
  if (c == '"' || c == '\'' || c == '`' || c == '[') return mig_read_quoted(z, n, at);
  if (c == ':' || c == '@' || c == '#' || c == '$') return mig_read_variable(z, n, at);
  if (c == '?') {
    for (i = at + 1; mig_is_digit(mig_byte(z, n, i));) i++;
    return mig_token_of(MIG_TK_VARIABLE, at, i);
  }
  i = mig_op_length(z, n, at);
  return i ? mig_token_of(MIG_TK_OP, at, at + i) : mig_token_of(MIG_TK_ILLEGAL, at, at + 1);
}

/* The first token at or after `at` that is no white space and no comment. */
static mig_token mig_next_significant(const char *z, size_t n, size_t at) {
  mig_token t;
  if (mig_byte(z, n, at) == ' ' && !mig_is_space(mig_byte(z, n, at + 1))) at++;
  t = mig_next_token(z, n, at);
  while (t.type == MIG_TK_SPACE || t.type == MIG_TK_COMMENT) t = mig_next_token(z, n, t.end);
  return t;
}

static int mig_token_is_all(const char *z, mig_token t, const char *word) {
  size_t length = t.end - t.at, i;
  for (i = 1; i < length; i++) { /* no two bytes of words differ in that bit alone, but letters */
    if (((z[t.at + i] ^ word[i]) & ~32) != 0) return 0;
  }
  return word[length] == 0;
}

/* Is the token this word, in any case? (Most differ at their first letter: the compiler can put
** that much in the caller's place.) */
static int mig_token_is(const char *z, mig_token t, const char *word) {
  if (t.type != MIG_TK_WORD || ((z[t.at] ^ *word) & ~32) != 0) return 0;
  return mig_token_is_all(z, t, word);
}

static int mig_token_op(const char *z, mig_token t, const char *op) {
  size_t length = t.end - t.at;
  if (t.type != MIG_TK_OP || z[t.at] != *op) return 0;
  return strlen(op) == length && memcmp(z + t.at, op, length) == 0;
}

/* From the `(` at byte `at` to behind the `)` that closes it; 0 when none does. By counting:
** SQLite takes thousands of levels. */
static size_t mig_skip_parens(const char *z, size_t n, size_t at) {
  size_t depth = 0;
  mig_token t = mig_next_significant(z, n, at);
  for (; t.type != MIG_TK_END && t.type != MIG_TK_ILLEGAL; t = mig_next_significant(z, n, t.end)) {
    if (t.type != MIG_TK_OP) continue;
    if (z[t.at] == '(') depth++;
    if (z[t.at] == ')' && --depth == 0) return t.end;
  }
  return 0;
}

/* The token's text as SQLite takes it for a name or a string: without quotes, doubled ones made
** single. NULL after a fault. */
static char *mig_dequote(mig_arena *a, const char *z, mig_token t) {
  size_t from, to = 0;
  char *copy = mig_copyn(a, z + t.at, t.end - t.at);
  char quote = (char)(z[t.at] == '[' ? ']' : z[t.at]);
  if (!copy || (t.type != MIG_TK_NAME && t.type != MIG_TK_STRING)) return copy;
  for (from = 1; from + 1 < t.end - t.at; from++) {
    copy[to++] = copy[from];
    if (copy[from] == quote) from++; /* its double: `]` never stands inside */
  }
  copy[to] = 0;
  return copy;
}

/* Is the token, taken for a name, this one? */
static int mig_token_names(mig_arena *a, const char *z, mig_token t, const char *name) {
  if (t.type != MIG_TK_WORD) return mig_same(mig_dequote(a, z, t), name);
  return strlen(name) == t.end - t.at && sqlite3_strnicmp(z + t.at, name, (int)(t.end - t.at)) == 0;
}

#define MIG_RESERVED_MAX 13 /* bytes of the longest reserved word */

/* Never a name unless quoted, by length from 2 on. (RETURNING was one before 3.35.) */
static const char *const mig_reserved_words[MIG_RESERVED_MAX - 1] = {
    "AS" "IN" "IS" "ON" "OR" "TO",
    "ADD" "ALL" "AND" "NOT" "SET",
    "CASE" "DROP" "ELSE" "FROM" "INTO" "JOIN" "NULL" "THEN" "WHEN",
    "ALTER" "CHECK" "GROUP" "INDEX" "LIMIT" "ORDER" "TABLE" "UNION" "USING" "WHERE",
    "COMMIT" "CREATE" "DELETE" "ESCAPE" "EXCEPT" "EXISTS" "HAVING" "INSERT" "ISNULL" "SELECT"
      "UNIQUE" "UPDATE" "VALUES",
    "BETWEEN" "COLLATE" "DEFAULT" "FOREIGN" "NOTHING" "NOTNULL" "PRIMARY",
    "DISTINCT",
    "INTERSECT",
    "CONSTRAINT" "DEFERRABLE" "REFERENCES",
    "TRANSACTION",
    "",
    "AUTOINCREMENT"};

/* Names, but no words of a type. */
static const char *const mig_join_words[] = {
    "CROSS", "FULL", "INDEXED", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT", 0};

/* Names that mean something else in front of certain tokens or in expressions. */
static const char *const mig_ambiguous_words[] = {
    "CAST", "COLUMN", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "FILTER", "IF", "OVER",
    "RAISE", "RETURNING", "WINDOW", "WITH", 0};

static int mig_word_in(const char *z, mig_token t, const char *const *words) {
  for (; *words; words++) {
    if (mig_token_is(z, t, *words)) return 1;
  }
  return 0;
}

static int mig_is_reserved(const char *z, mig_token t) {
  size_t n = t.end - t.at, i;
  const char *word;
  if (t.type != MIG_TK_WORD || n < 2 || n > MIG_RESERVED_MAX) return 0;
  for (word = mig_reserved_words[n - 2]; *word; word += n) {
    for (i = 0; i < n && ((z[t.at + i] ^ word[i]) & ~32) == 0; i++) {}
    if (i == n) return 1;
  }
  return 0;
}

/* Must a name be quoted to be read as that name everywhere? */
static int mig_needs_quotes(const char *name) {
  size_t n = strlen(name);
  mig_token t = mig_next_token(name, n, 0);
  return t.type != MIG_TK_WORD || t.end != n || mig_is_reserved(name, t) ||
         mig_word_in(name, t, mig_join_words) || mig_word_in(name, t, mig_ambiguous_words);
}

/* Is the statement that begins with token t a CREATE TRIGGER, whose body holds semicolons? */
static int mig_is_create_trigger(const char *z, size_t n, mig_token t) {
  if (mig_token_is(z, t, "EXPLAIN")) {
    t = mig_next_significant(z, n, t.end);
    if (mig_token_is(z, t, "QUERY")) {
      t = mig_next_significant(z, n, t.end);
      if (mig_token_is(z, t, "PLAN")) t = mig_next_significant(z, n, t.end);
    }
  }
  if (!mig_token_is(z, t, "CREATE")) return 0;
  t = mig_next_significant(z, n, t.end);
  if (mig_token_is(z, t, "OR")) { /* OR REPLACE is ours */
    t = mig_next_significant(z, n, t.end);
    if (mig_token_is(z, t, "REPLACE")) t = mig_next_significant(z, n, t.end);
  }
  if (mig_token_is(z, t, "TEMP") || mig_token_is(z, t, "TEMPORARY")) {
    t = mig_next_significant(z, n, t.end);
  }
  return mig_token_is(z, t, "TRIGGER");
}

/* A block comment that the text ends in; SQLite lets that pass. */
static int mig_comment_open(const char *z, mig_token t) {
  if (t.type != MIG_TK_COMMENT || z[t.at] != '/') return 0;
  return t.end - t.at < 4 || z[t.end - 1] != '/' || z[t.end - 2] != '*';
}

/* A quote that the text ends in; a blob with wrong digits is illegal and yet closed. */
static int mig_quote_open(const char *z, mig_token t) {
  if (t.type != MIG_TK_ILLEGAL) return 0;
  if (z[t.at] == 'x' || z[t.at] == 'X') return t.end - t.at < 3 || z[t.end - 1] != '\'';
  return strchr("'\"`[", z[t.at]) != 0;
}

/* Where a statement stands, token by token. A trigger's body begins with BEGIN and ends with the
** END that follows a semicolon; the END of a CASE never does. */
typedef struct mig_splitter {
  int trigger, body, after_semi, depth, open;
} mig_splitter;

/* Takes a significant token in; returns 1 at the semicolon that ends the statement. */
static int mig_split(mig_splitter *s, const char *z, mig_token t) {
  int semi = mig_token_op(z, t, ";");
  if (semi && !s->body) return 1;
  if (s->trigger && mig_token_is(z, t, "BEGIN")) s->body = 1;
  if (s->body && s->after_semi && mig_token_is(z, t, "END")) s->body = s->trigger = 0;
  s->after_semi = semi;
  if (mig_token_op(z, t, "(")) s->depth++;
  if (mig_token_op(z, t, ")")) s->depth--;
  s->open = mig_quote_open(z, t);
  return 0;
}

/* Finds the next statement at or after *at and moves *at behind its semicolon. The span has
** neither the semicolon nor white space and comments at its ends; empty statements are skipped.
** Returns 1 for a statement, 0 at the end of the text, -1 for one that the text ends inside of
** (an open trigger, parenthesis, quote or block comment): its span reaches to the end. */
static int mig_next_statement(const char *z, size_t n, size_t *at, mig_span *statement) {
  mig_splitter s;
  mig_token t;
  int found = 0, done = 0;
  memset(&s, 0, sizeof s);
  statement->at = statement->end = *at;
  for (t = mig_next_token(z, n, *at); t.type != MIG_TK_END; t = mig_next_token(z, n, t.end)) {
    if (t.type == MIG_TK_SPACE) continue;
    if (t.type == MIG_TK_COMMENT) {
      s.open = mig_comment_open(z, t);
      if (!s.open) continue;
      if (!found) statement->at = t.at;
      break;
    }
    if (!found && mig_token_op(z, t, ";")) continue;
    if (!found) {
      found = 1;
      statement->at = t.at;
      s.trigger = mig_is_create_trigger(z, n, t);
    }
    done = mig_split(&s, z, t);
    if (done) break;
    statement->end = t.end;
  }
  *at = t.end;
  if (done) return 1;
  if (s.open || s.body || (found && s.depth > 0)) {
    statement->end = t.end;
    return -1;
  }
  if (!found) statement->at = statement->end = t.at;
  return found;
}
