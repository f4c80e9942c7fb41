/* Ranges: a long copy, some rows at a time, so that the program hears of it and may stop it. Each
** range begins with the key where the one before it ended; its size follows the time that the last
** one took. */

#define MIG_RANGE_ROWS 100 /* of the first range */

typedef struct mig_copier {
  migrate *m;
  const mig_ranges *r;
  sqlite3_stmt *first, *next;   /* the key of the first row; of the row that is n behind a key */
  sqlite3_stmt *range, *rest;   /* copy from a key to another; to the end */
  sqlite3_stmt *last;           /* the one of them that ran last */
  sqlite3_value **from, **to;   /* keys */
  sqlite3_int64 n;              /* rows in a range */
} mig_copier;

/* ?1, ?2 ..: nkey of them, the first one's number being `at`. */
static char *mig_range_parameters(mig_copier *w, int at) {
  mig_text z;
  int i;
  mig_text_init(&z, &w->m->work);
  for (i = 0; i < w->r->nkey; i++) mig_putf(&z, "%s?%d", i ? ", " : "", at + i);
  return z.z;
}

static void mig_copier_prepare(mig_copier *w) {
  migrate *m = w->m;
  mig_arena *a = &m->work;
  const mig_ranges *r = w->r;
  char *from = mig_range_parameters(w, 1), *to = mig_range_parameters(w, 1 + r->nkey);
  w->from = (sqlite3_value **)mig_array(a, (size_t)r->nkey * 2, sizeof *w->from);
  w->to = w->from + r->nkey;
  w->first = mig_prepare(
      m, mig_format(a, "SELECT %s %s ORDER BY %s LIMIT 1", r->key, r->source, r->key));
  w->next = mig_prepare(
      m, mig_format(a, "SELECT %s %s WHERE (%s) >= (%s) ORDER BY %s LIMIT 1 OFFSET ?%d",
                    r->key, r->source, r->key, from, r->key, 1 + r->nkey));
  w->range = mig_prepare(m, mig_format(a, "%s WHERE (%s) >= (%s) AND (%s) < (%s)%s", r->head,
                                       r->key, from, r->key, to, r->tail));
  w->rest = mig_prepare(
      m, mig_format(a, "%s WHERE (%s) >= (%s)%s", r->head, r->key, from, r->tail));
}

/* Steps a query for a key: 1 when there is one. */
static int mig_copier_key(mig_copier *w, sqlite3_stmt *stmt, sqlite3_value **key) {
  int i, rc = sqlite3_step(stmt);
  for (i = 0; i < w->r->nkey; i++) {
    sqlite3_value_free(key[i]);
    key[i] = rc == SQLITE_ROW ? sqlite3_value_dup(sqlite3_column_value(stmt, i)) : 0;
    if (rc == SQLITE_ROW && !key[i]) mig_no_memory(&w->m->work);
  }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) mig_fail_db(w->m, 0);
  sqlite3_reset(stmt);
  return rc == SQLITE_ROW && !mig_failed(&w->m->work);
}

static void mig_copier_bind(mig_copier *w, sqlite3_stmt *stmt, int at, sqlite3_value **key) {
  int i;
  for (i = 0; i < w->r->nkey; i++) {
    if (sqlite3_bind_value(stmt, at + i, key[i]) != SQLITE_OK) mig_fail_db(w->m, 0);
  }
}

/* Copies the range that begins at w->from. Returns 1 when another one follows. */
static int mig_copier_range(mig_copier *w) {
  migrate *m = w->m;
  sqlite3_int64 began = mig_milliseconds();
  sqlite3_value **swap = w->from;
  int more;
  mig_copier_bind(w, w->next, 1, w->from);
  sqlite3_bind_int64(w->next, 1 + w->r->nkey, w->n);
  more = mig_copier_key(w, w->next, w->to);
  w->last = more ? w->range : w->rest;
  mig_copier_bind(w, w->last, 1, w->from);
  if (more) mig_copier_bind(w, w->last, 1 + w->r->nkey, w->to);
  if (mig_failed(&m->work) || sqlite3_step(w->last) != SQLITE_DONE) return 0;
  m->done += sqlite3_changes(m->db);
  sqlite3_reset(w->last);
  w->n = mig_next_piece(w->n, began);
  w->from = w->to;
  w->to = swap;
  return !mig_tell(m) && more;
}

/* Frees all. Returns the code of the copy: it goes last, so that the connection's message is its
** own. */
static int mig_copier_end(mig_copier *w) {
  int i;
  for (i = 0; w->from && i < w->r->nkey; i++) {
    sqlite3_value_free(w->from[i]);
    sqlite3_value_free(w->to[i]);
  }
  sqlite3_finalize(w->first);
  sqlite3_finalize(w->next);
  sqlite3_finalize(w->last == w->range ? w->rest : w->range);
  return sqlite3_finalize(w->last == w->range ? w->range : w->rest);
}

/* Runs a copy as ranges: what mig_do() is for one statement. */
static int mig_do_ranges(migrate *m, const mig_ranges *r) {
  mig_copier w;
  int rc;
  if (mig_fail_undone(m)) return SQLITE_ABORT;
  memset(&w, 0, sizeof w);
  w.m = m;
  w.r = r;
  w.n = MIG_RANGE_ROWS;
  m->total = mig_read_int(m, r->count);
  mig_copier_prepare(&w);
  if (!mig_failed(&m->work) && mig_copier_key(&w, w.first, w.from)) {
    while (mig_copier_range(&w)) {}
  }
  rc = mig_copier_end(&w);
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  mig_undo_in_need(m);
  return rc ? rc : m->fault.code;
}
