/* Spelling: after a native rename, the texts of the schema get back the spelling that SQLite's
** rewriting took: kinds of quotes, and strings that were written in double quotes. */

static int mig_is_quoted_token(mig_token k) {
  return k.type == MIG_TK_NAME || k.type == MIG_TK_STRING;
}

/* The new text in the manner of the old one, from which it differs by one renamed name. NULL where
** the two do not run side by side. */
static char *mig_respell(mig_arena *a, const char *old, const char *now, const char *from,
                         const char *to) {
  size_t n = strlen(old), m = strlen(now), done = 0;
  mig_token x = mig_next_significant(old, n, 0), y = mig_next_significant(now, m, 0);
  mig_text z;
  mig_text_init(&z, a);
  while (!mig_failed(a) && (x.type != MIG_TK_END || y.type != MIG_TK_END)) {
    size_t length = x.end - x.at;
    if (length != y.end - y.at || memcmp(old + x.at, now + y.at, length) != 0) {
      const char *was = mig_dequote(a, old, x), *is = mig_dequote(a, now, y);
      if (!was || !is) return 0;
      if (mig_same(was, from) && strcmp(is, to) == 0) {
        mig_span s;
        s.at = x.at;
        s.end = x.end;
        mig_putn(&z, old + done, x.at - done);
        mig_put_name_like(&z, old, s, to);
        done = x.end;
      } else if (strcmp(was, is) != 0 || !mig_is_quoted_token(x)) {
        return 0;
      } else if (mig_same(was, to)) { /* a string that would now be read as the column */
        mig_putn(&z, old + done, x.at - done);
        mig_put_string(&z, was);
        done = x.end;
      }
    }
    x = mig_next_significant(old, n, x.end);
    y = mig_next_significant(now, m, y.end);
  }
  mig_put(&z, old + done);
  return mig_failed(a) ? 0 : z.z;
}

static const mig_object *mig_by_rowid(const mig_catalog *c, const mig_object *like) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (c->v[i].rowid == like->rowid && mig_is_type(&c->v[i], like->type)) return &c->v[i];
  }
  return 0;
}

/* Goes over one database: `before` was read ahead of the rename. */
static void mig_respell_catalog(migrate *m, const mig_catalog *before, const char *from,
                                const char *to) {
  mig_catalog *after = mig_read_catalog(m, before->schema);
  int i;
  for (i = 0; after && i < after->n && !mig_failed(&m->work); i++) {
    const mig_object *now = &after->v[i], *old = mig_by_rowid(before, now);
    char *sql, *edit;
    if (!old || !old->sql || !now->sql || strcmp(old->sql, now->sql) == 0) continue;
    sql = mig_respell(&m->work, old->sql, now->sql, from, to);
    if (!sql || strcmp(sql, now->sql) == 0) continue;
    edit = mig_format(&m->work, "UPDATE \"%w\".sqlite_master SET sql = ?1 WHERE rowid = %lld",
                      before->schema, now->rowid);
    mig_run_edit(m, before->schema, edit, sql, "names and strings keep their quotes");
  }
}
