/* Marker: comments of a target schema that say what a table or column is called today,
** -- migrate:renamed_from old. */

/* The name that a comment gives; NULL for any other comment. */
static const char *mig_marker(mig_arena *a, const char *z, mig_token comment) {
  static const char word[] = "migrate:renamed_from";
  size_t at = comment.at + 2, n = sizeof word - 1;
  mig_token k;
  while (at < comment.end && mig_is_space((unsigned char)z[at])) at++;
  if (comment.end - at < n || strncmp(z + at, word, n) != 0) return 0;
  k = mig_next_significant(z, comment.end, at + n);
  return mig_is_name(z, k) ? mig_dequote(a, z, k) : 0;
}

/* A new one, behind the others. */
static mig_renamed *mig_add_renamed(mig_arena *a, mig_renamed **list, const char *table) {
  mig_renamed *r = (mig_renamed *)mig_alloc(a, sizeof *r);
  if (!r) return 0;
  r->table = table;
  while (*list) list = &(*list)->next;
  *list = r;
  return r;
}

/* The same comment may be met twice: in the target's script and in the text that SQLite kept. */
static void mig_add_renamed_table(mig_arena *a, mig_renamed **list, const char *table,
                                  const char *from) {
  mig_renamed *r;
  for (r = *list; r; r = r->next) {
    if (r->table_from && mig_same(r->table, table)) return;
  }
  r = mig_add_renamed(a, list, table);
  if (r) r->table_from = from;
}

static int mig_has_newline(const char *z, size_t from, size_t to) {
  for (; from < to; from++) {
    if (z[from] == '\n') return 1;
  }
  return 0;
}

/* The column that a comment speaks of: the one behind it where it begins a line, or stands before a
** column in the same one; else the one in front of it. */
static int mig_marked_column(const mig_table *t, size_t before, mig_token comment) {
  const char *z = t->sql;
  mig_token next = mig_next_significant(z, t->nsql, comment.end);
  int ahead = mig_has_newline(z, before, comment.at), i;
  if (!ahead && z[comment.at] == '/' && (z[before - 1] == ',' || z[before - 1] == '(')) {
    ahead = !mig_has_newline(z, comment.end, next.at);
  }
  for (i = 0; i < t->ncolumn; i++) {
    if (ahead && t->columns[i].span.at > comment.at) return i;
    if (!ahead && (i + 1 == t->ncolumn || t->columns[i + 1].span.at > comment.at)) return i;
  }
  return t->ncolumn - 1;
}

/* Does a comment behind the opening parenthesis still speak of the table? So it does at the end of
** the first line. */
static int mig_ends_first_line(const mig_table *t, mig_token comment) {
  mig_token next = mig_next_significant(t->sql, t->nsql, comment.end);
  return !mig_has_newline(t->sql, t->open, comment.at) &&
         (t->sql[comment.at] == '-' || mig_has_newline(t->sql, comment.end, next.at));
}

/* Adds the markers inside of a CREATE TABLE text. */
static void mig_read_markers(mig_arena *a, const char *sql, mig_renamed **list) {
  mig_table t;
  mig_token k;
  size_t before = 0;
  if (!sql || !strstr(sql, "migrate:renamed_from") || mig_parse_table(a, sql, &t)) return;
  for (k = mig_next_token(sql, t.nsql, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(sql, t.nsql, k.end)) {
    const char *from = k.type == MIG_TK_COMMENT ? mig_marker(a, sql, k) : 0;
    if (k.type != MIG_TK_COMMENT && k.type != MIG_TK_SPACE) before = k.end;
    if (from) {
      mig_renamed *r;
      if (k.at < t.open || k.at > t.close || (before == t.open + 1 && mig_ends_first_line(&t, k))) {
        mig_add_renamed_table(a, list, t.name, from);
        continue;
      }
      r = mig_add_renamed(a, list, t.name);
      if (!r) return;
      r->from = from;
      r->to = t.columns[mig_marked_column(&t, before, k)].name;
    }
  }
}

/* Adds the markers between two statements of a script: they speak of the table that is made behind
** them, or, in its last line, before them. One that speaks of no table is an error. */
static void mig_read_outer_markers(mig_arena *a, const char *z, size_t from, size_t to,
                                   const char *before, const char *behind, mig_renamed **list) {
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    const char *old = k.type == MIG_TK_COMMENT ? mig_marker(a, z, k) : 0;
    const char *table = before && !mig_has_newline(z, from, k.at) ? before : behind;
    if (old && table) mig_add_renamed_table(a, list, table, old);
    if (old && !table) {
      mig_fail_at(
          a, MIGRATE_SCRIPT, z, k.at,
          "migrate:renamed_from stands at no table: it belongs above CREATE TABLE or at the "
          "end of its line");
    }
  }
}

/* Adds the markers of a statement that stand before its first parenthesis or behind its last:
** SQLite does not keep all of them. */
static void mig_read_edge_markers(mig_arena *a, const char *z, size_t from, size_t to,
                                  const char *made, mig_renamed **list) {
  size_t open = 0, close = 0;
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END; k = mig_next_token(z, to, k.end)) {
    if (!open && mig_token_op(z, k, "(")) open = k.at;
    if (mig_token_op(z, k, ")")) close = k.at;
  }
  for (k = mig_next_token(z, to, from); open && k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    const char *old =
        k.type != MIG_TK_COMMENT || (k.at > open && k.at < close) ? 0 : mig_marker(a, z, k);
    if (old) mig_add_renamed_table(a, list, made, old);
  }
}

/* The table that a statement makes, or NULL. */
static const char *mig_made_table(mig_arena *a, const char *sql) {
  mig_reader r;
  const char *schema, *name;
  mig_reader_init(&r, a, sql, strlen(sql), 0);
  if (!mig_take_word(&r, "CREATE")) return 0;
  mig_take_temp(&r);
  if (!mig_take_word(&r, "TABLE")) return 0;
  mig_take_if_not_exists(&r);
  if (!mig_is_name(r.z, r.t)) return 0;
  name = mig_take_object(&r, &schema, 0);
  return mig_failed(a) ? 0 : name;
}
