/* Layout: edits of a CREATE TABLE text that keep every byte they do not speak of. The outer list
** holds columns and table constraints; an item goes in and out with its comma, its line and the
** comment behind it, so that taking out what was put in gives the old bytes back. */

/* sql with the span replaced. */
static char *mig_splice(mig_arena *a, const char *sql, mig_span s, const char *text) {
  mig_text t;
  if (mig_failed(a) || !sql || !text) return 0;
  mig_text_init(&t, a);
  mig_putn(&t, sql, s.at);
  mig_put(&t, text);
  mig_put(&t, sql + s.end);
  return t.z;
}

static char *mig_insert(mig_arena *a, const char *sql, size_t at, const char *text) {
  mig_span s;
  s.at = s.end = at;
  return mig_splice(a, sql, s, text);
}

/* The end of what belongs to the line's item: past comments that end this line; `at` itself where
** the line goes on with a token, whose comments those are. */
static size_t mig_line_tail(const char *sql, size_t n, size_t at) {
  size_t tail = at, i = at;
  for (;;) {
    mig_token k = mig_next_token(sql, n, i);
    if (k.type == MIG_TK_COMMENT) {
      tail = k.end;
    } else if (k.type == MIG_TK_SPACE) {
      if (memchr(sql + k.at, '\n', k.end - k.at)) return tail;
    } else {
      return at;
    }
    i = k.end;
  }
}

/* The first byte at or after `at` that is no blank or tab, if it begins a new line. */
static int mig_at_line_end(const char *sql, size_t at) {
  while (sql[at] == ' ' || sql[at] == '\t') at++;
  return sql[at] == '\n' || sql[at] == '\r';
}

/* Where the line of byte `at` begins, if only blanks stand before `at` on it; else `at`. */
static size_t mig_indent_start(const char *sql, size_t at) {
  size_t i = at;
  while (i > 0 && (sql[i - 1] == ' ' || sql[i - 1] == '\t')) i--;
  return i > 0 && sql[i - 1] == '\n' ? i : at;
}

/* A new line and the indent of the item at `at`; "" when it does not begin a line. */
static char *mig_new_line(mig_arena *a, const char *sql, size_t at) {
  size_t from = mig_indent_start(sql, at);
  int crlf;
  if (from == at && !(at > 0 && sql[at - 1] == '\n')) return mig_copy(a, "");
  crlf = from > 1 && sql[from - 2] == '\r';
  return mig_format(a, "%s%.*s", crlf ? "\r\n" : "\n", (int)(at - from), sql + from);
}

/* The comma between two offsets, or 0. */
static size_t mig_comma(const char *sql, size_t from, size_t to) {
  while (from < to) {
    mig_token k = mig_next_token(sql, to, from);
    if (k.type == MIG_TK_OP && sql[k.at] == ',') return k.at;
    if (k.type == MIG_TK_END) return 0;
    from = k.end;
  }
  return 0;
}

typedef struct mig_items {
  mig_span *v; /* columns, then table constraints, in the text's order */
  int n;
} mig_items;

static mig_items mig_list_items(mig_arena *a, const mig_table *t) {
  mig_items list;
  int i;
  list.n = 0;
  list.v = (mig_span *)mig_array(a, (size_t)t->ncolumn + (size_t)t->nconstraint + 1,
                                sizeof(mig_span));
  for (i = 0; list.v && i < t->ncolumn; i++) list.v[list.n++] = t->columns[i].span;
  for (i = 0; list.v && i < t->nconstraint; i++) {
    if (t->constraints[i].column < 0) list.v[list.n++] = t->constraints[i].span;
  }
  return list;
}

static int mig_has_comment(const char *sql, size_t from, size_t to) {
  while (from < to) {
    mig_token k = mig_next_token(sql, to, from);
    if (k.type == MIG_TK_COMMENT) return 1;
    from = k.end;
  }
  return 0;
}

/* Puts an item behind item `p` (-1: before the first). Returns the new text. */
static char *mig_insert_item(mig_arena *a, const mig_table *t, int p, const char *text) {
  mig_items list = mig_list_items(a, t);
  const char *line;
  size_t comma, tail;
  if (!list.v) return 0;
  if (p + 1 < list.n) { /* an item follows */
    size_t next = list.v[p + 1].at, base;
    comma = p < 0 ? 0 : mig_comma(t->sql, list.v[p].end, next);
    base = p < 0 ? t->open + 1 : comma ? comma + 1 : list.v[p].end;
    tail = mig_line_tail(t->sql, t->nsql, base);
    line = mig_new_line(a, t->sql, next);
    if (!line) return 0;
    if (!*line || !mig_at_line_end(t->sql, tail)) { /* in a line: with the gap that is there */
      int gap = p < 0 || mig_has_comment(t->sql, base, next) ? 0 : (int)(next - base);
      if (p < 0 && next == t->open + 1) gap = 0;
      text = mig_format(a, "%s,%.*s", text, gap, t->sql + base);
      if (gap == 0 && (p < 0 || base != next)) text = mig_format(a, "%s ", text);
      if (p >= 0 && !comma) text = mig_format(a, ", %s", text);
      return mig_insert(a, t->sql, next, text);
    }
    if (!mig_has_comment(t->sql, tail, next)) { /* where DROP COLUMN takes it out again */
      return mig_insert(a, t->sql, next, mig_format(a, "%s,%s", text, line));
    }
    text = mig_format(a, "%s%s,", line, text);
    if (p >= 0 && !comma) text = mig_format(a, ",%s", text);
    return text ? mig_insert(a, t->sql, tail, text) : 0;
  }
  line = mig_new_line(a, t->sql, list.v[p].at);
  if (!line) return 0;
  tail = mig_line_tail(t->sql, t->nsql, list.v[p].end);
  if (!*line && tail == list.v[p].end) {
    return mig_insert(a, t->sql, tail, mig_format(a, ", %s", text));
  }
  text = mig_format(a, "%s%s", *line ? line : "\n", text);
  return text ? mig_insert(a, mig_insert(a, t->sql, tail, text), list.v[p].end, ",") : 0;
}

/* Cuts [s.at, s.end) and keeps a line comment that ends at s.at from eating what follows. */
static char *mig_cut(mig_arena *a, const char *sql, mig_span s, int after_comment) {
  int open = after_comment && !mig_at_line_end(sql, s.end);
  return mig_splice(a, sql, s, open ? "\n" : "");
}

/* The comma before item i, and the first byte behind it; 0 and the end of the item before where a
** comma is missing. */
static size_t mig_item_base(const mig_table *t, const mig_items *list, int i, size_t *comma) {
  *comma = i > 0 ? mig_comma(t->sql, list->v[i - 1].end, list->v[i].at) : 0;
  if (*comma) return *comma + 1;
  return i > 0 ? list->v[i - 1].end : t->open + 1;
}

/* What goes with item i: the comments on its own lines before it and behind it, and the comma
** behind it, if it has one. */
static mig_span mig_item_cut(const mig_table *t, const mig_items *list, int i) {
  const char *sql = t->sql;
  size_t comma, base = mig_item_base(t, list, i, &comma);
  mig_span cut;
  cut.at = mig_line_tail(sql, t->nsql, base);
  if (i == list->n - 1) {
    cut.end = mig_line_tail(sql, t->nsql, list->v[i].end);
    return cut;
  }
  comma = mig_comma(sql, list->v[i].end, list->v[i + 1].at);
  cut.end = comma ? mig_line_tail(sql, t->nsql, comma + 1) : list->v[i].end;
  if (mig_at_line_end(sql, cut.at)) {
    /* its own line, or lines: from the end of the line before to the end of its last */
    if (!mig_at_line_end(sql, cut.end)) cut.at = list->v[i].at;
    while (cut.at == list->v[i].at && (sql[cut.end] == ' ' || sql[cut.end] == '\t')) cut.end++;
    return cut;
  }
  cut.at = base;
  if (i == 0) {
    cut.at = list->v[0].at;
    while (sql[cut.end] == ' ' || sql[cut.end] == '\t') cut.end++;
  }
  return cut;
}

/* Takes item i out of the list, with its comma. The list keeps at least one item. */
static char *mig_delete_item(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  size_t comma, base;
  mig_span cut, c;
  char *shorter;
  if (!list.v) return 0;
  cut = mig_item_cut(t, &list, i);
  if (i < list.n - 1) return mig_cut(a, t->sql, cut, 0);
  base = mig_item_base(t, &list, i, &comma);
  shorter = mig_cut(a, t->sql, cut, cut.at > base);
  if (!comma || !shorter) return shorter;
  c.at = comma;
  c.end = comma + 1;
  return mig_splice(a, shorter, c, "");
}

/* The text of item i with the comments before it that go with it. */
static char *mig_item_text(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  mig_span s;
  if (!list.v) return 0;
  s = list.v[i];
  s.at = mig_item_cut(t, &list, i).at;
  while (s.at < list.v[i].at) {
    mig_token k = mig_next_token(t->sql, list.v[i].at, s.at);
    if (k.type == MIG_TK_COMMENT) break;
    s.at = k.end;
  }
  return mig_span_text(a, t->sql, s);
}

/* The comments behind item i that go with it, each behind a blank; "" for none. */
static const char *mig_item_comments(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  size_t end, at;
  mig_text z;
  mig_text_init(&z, a);
  if (!list.v) return "";
  at = list.v[i].end;
  end = mig_item_cut(t, &list, i).end;
  while (at < end && !mig_failed(a)) {
    mig_token k = mig_next_token(t->sql, end, at);
    if (k.type == MIG_TK_COMMENT) mig_putf(&z, " %.*s", (int)(k.end - k.at), t->sql + k.at);
    if (k.type == MIG_TK_COMMENT && t->sql[k.at] == '-' && k.end < end) mig_put(&z, "\n");
    at = k.end;
  }
  return mig_text_z(&z);
}

/* Puts comments behind item i: where the last goes to the end of the line, behind the comma. */
static char *mig_put_comments(mig_arena *a, const mig_table *t, int i, const char *comments) {
  mig_items list = mig_list_items(a, t);
  const char *last = strrchr(comments, '\n'), *line = strstr(last ? last : comments, " --");
  size_t at, comma;
  if (!list.v) return 0;
  at = list.v[i].end;
  comma = line && i + 1 < list.n ? mig_comma(t->sql, at, list.v[i + 1].at) : 0;
  if (comma) at = comma + 1;
  return mig_insert(a, t->sql, at,
                    mig_format(a, "%s%s", comments,
                               line && !mig_at_line_end(t->sql, at) ? "\n" : ""));
}

/* Takes a constraint out of a column's definition, with the blanks before it. */
static char *mig_delete_words(mig_arena *a, const char *sql, mig_span s) {
  while (s.at > 0 && (sql[s.at - 1] == ' ' || sql[s.at - 1] == '\t')) s.at--;
  return mig_splice(a, sql, s, "");
}

/* Where SQLite's own ADD COLUMN writes: before the first table constraint's comma, else before the
** closing parenthesis. */
static size_t mig_add_column_at(const mig_table *t) {
  size_t end = t->columns[t->ncolumn - 1].span.end;
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].column < 0) return mig_comma(t->sql, end, t->constraints[i].span.at);
  }
  return t->close;
}

/* A column at the end, as SQLite's own ADD COLUMN writes it. */
static char *mig_append_column(mig_arena *a, const mig_table *t, const char *text) {
  size_t at = mig_add_column_at(t);
  return at ? mig_insert(a, t->sql, at, mig_format(a, ", %s", text))
            : mig_insert_item(a, t, t->ncolumn - 1, text);
}

/* Takes a column out as SQLite's own DROP COLUMN does; but a comment that stands beyond the
** column's line speaks of another, and stays. */
static char *mig_delete_column(mig_arena *a, const mig_table *t, int i) {
  mig_span cut;
  cut.at = t->columns[i].span.at;
  if (i + 1 < t->ncolumn) {
    size_t comma = mig_comma(t->sql, t->columns[i].span.end, t->columns[i + 1].span.at);
    cut.end = t->columns[i + 1].span.at;
    if (mig_has_comment(t->sql, mig_line_tail(t->sql, t->nsql, comma + 1), cut.end)) {
      return mig_delete_item(a, t, i);
    }
  } else {
    cut.at = mig_comma(t->sql, t->columns[i - 1].span.end, cut.at);
    cut.end = mig_add_column_at(t);
    if (!cut.at || !cut.end || mig_has_comment(t->sql, cut.at, cut.end)) {
      return mig_delete_item(a, t, i);
    }
  }
  return mig_splice(a, t->sql, cut, "");
}
