/* Judge: what the linter has to say of a statement before it runs in the private copy. */

/* ---- words that a run refuses, or that outlive the section ---- */

static void mig_judge_refused(mig_lint *l, const char *sql, mig_span s) {
  const char *problem = 0;
  if (sql[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
  else if (!l->section->outside) problem = mig_statement_problem(&l->k.work, sql, s);
  if (problem) mig_report(l, MIG_RULE_REFUSED, problem);
}

/* Settings that change what statements behind them mean, on the whole connection. */
static const char *const mig_lasting_pragmas[] = {
    "foreign_keys",         "legacy_alter_table", "writable_schema", "ignore_check_constraints",
    "recursive_triggers",   "case_sensitive_like", "defensive",      "trusted_schema",
    "reverse_unordered_selects", 0};

static void mig_judge_pragma(mig_lint *l, const mig_deed *d) {
  int i;
  for (i = 0; d->sets && mig_lasting_pragmas[i]; i++) {
    if (mig_same(d->name, mig_lasting_pragmas[i])) {
      mig_note_event(l, MIG_EVENT_PRAGMA, d->name, d->value);
    }
  }
}

/* One value given, another before it: the section puts back what it found. Of foreign_keys inside
** a transaction the run itself speaks. */
static void mig_judge_pragmas_left(mig_lint *l) {
  const mig_event *f, *g;
  for (f = l->events; f; f = f->next) {
    int times = 0;
    if (f->kind != MIG_EVENT_PRAGMA) continue;
    if (mig_same(f->table, "foreign_keys") && !l->section->outside) continue;
    for (g = l->events; g != f && times == 0; g = g->next) {
      times += g->kind == MIG_EVENT_PRAGMA && mig_same(g->table, f->table); /* looked at already */
    }
    for (g = f->next; g && times == 0; g = g->next) {
      times += g->kind == MIG_EVENT_PRAGMA && mig_same(g->table, f->table) &&
               !mig_same(g->other, f->other);
    }
    if (times) continue;
    mig_report_at(l, MIG_RULE_PRAGMA_STAYS, f->at, f->allows,
                  mig_format(&l->k.work, "PRAGMA %s = %s stays on the connection", f->table,
                             f->other ? f->other : ""));
  }
}

/* BEGIN, SAVEPOINT against COMMIT, ROLLBACK .. of a section outside of the run's transaction. */
static void mig_judge_transactions(mig_lint *l) {
  const char *z = l->section->sql;
  size_t at = 0, open_at = 0;
  int open = 0;
  mig_span s;
  if (!l->section->outside || !z) return;
  while (mig_next_statement(z, strlen(z), &at, &s) > 0) {
    if (mig_starts(z, s, "BEGIN", 0) || mig_starts(z, s, "SAVEPOINT", 0)) {
      if (!open++) open_at = s.at;
    } else if (mig_starts(z, s, "COMMIT", 0) || mig_starts(z, s, "END", 0) ||
               mig_starts(z, s, "ROLLBACK", 0) || mig_starts(z, s, "RELEASE", 0)) {
      open = 0;
    }
  }
  if (open) {
    mig_report_whole(l, MIG_RULE_OPEN_TRANSACTION, open_at,
                     "a transaction begins here and does not end in its section");
  }
}

/* ---- columns ---- */

/* STRING and its like have no affinity of a text: '007' becomes the number 7. */
static void mig_judge_type(mig_lint *l, const char *table, const mig_column *c, int strict) {
  if (strict || !c->type_name || c->affinity != MIG_NUMERIC) return;
  if (!mig_mentions(c->type_name, "string")) return;
  mig_report(l, MIG_RULE_STRING_TYPE,
             mig_format(&l->k.work,
                        "to SQLite the type %s of %s.%s is a number's: '007' is stored as 7",
                        c->type_name, table, c->name));
}

static void mig_judge_table_text(mig_lint *l, const char *sql) {
  mig_table t;
  int i;
  if (!mig_table_now(l, sql, &t)) return;
  for (i = 0; i < t.ncolumn; i++) mig_judge_type(l, t.name, &t.columns[i], t.strict);
}

/* ---- CREATE ---- */

/* What stands behind the name that a statement creates. */
static const char *mig_behind_name(mig_arena *a, const char *sql, const char *name) {
  size_t n = strlen(sql);
  mig_token k, next;
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END; k = next) {
    next = mig_next_significant(sql, n, k.end);
    if (!mig_token_op(sql, next, ".") && mig_same(mig_dequote(a, sql, k), name)) break;
  }
  return sql + k.end;
}

static int mig_creates_the_same(mig_lint *l, const mig_deed *d, const char *x, const char *y) {
  mig_arena *a = &l->k.work;
  if (*d->type == 'i') return mig_same_index(a, x, y);
  return mig_same_statement(a, mig_behind_name(a, x, d->name), mig_behind_name(a, y, d->name));
}

static void mig_judge_guard(mig_lint *l, const mig_deed *d, const char *sql) {
  const char *there = mig_text_now(l, d->type, d->name);
  if (!d->guarded || !there || d->temp || strcmp(d->type, "virtual table") == 0) return;
  if (mig_creates_the_same(l, d, there, sql)) return;
  mig_report(l, MIG_RULE_OTHER_TEXT,
             mig_format(&l->k.work, "it does nothing: there is a%s %s %s of another text",
                        *d->type == 'i' ? "n" : "", d->type, d->name));
}

static void mig_judge_own_names(mig_lint *l, const mig_deed *d) {
  const char *what = mig_same(d->name, l->m->settings.version_table) ? "the version table"
                     : mig_same(d->name, MIG_JOURNAL)                 ? "the journal"
                     : mig_has_name_prefix(d->name, "migrate_scratch_") ? "tables that exist only "
                                                                          "during a change"
                                                                        : 0;
  if (what && !mig_text_now(l, "table", d->name)) {
    mig_report(l, MIG_RULE_NAME_CLASH,
               mig_format(&l->k.work, "%s is a name of %s", d->name, what));
  }
}

/* Rows at hand that share the key of a new unique index. */
static void mig_judge_unique(mig_lint *l, const mig_deed *d, const char *sql) {
  mig_arena *a = &l->k.work;
  mig_index x;
  mig_text terms, known;
  const char *where;
  sqlite3_int64 n;
  int i;
  if (!d->unique || !d->on || !mig_is_live(l, d->on)) return;
  if (mig_parse_index(a, sql, &x)) {
    mig_forgive(&l->k.fault);
    return;
  }
  mig_text_init(&terms, a);
  mig_text_init(&known, a);
  for (i = 0; i < x.nkey; i++) {
    const char *term = mig_span_text(a, x.sql, x.keys[i].expr);
    mig_putf(&terms, "%s%s", i ? ", " : "", term);
    mig_putf(&known, " AND (%s) IS NOT NULL", term);
  }
  where = mig_span_empty(x.where) ? "1" : mig_span_text(a, x.sql, x.where);
  n = mig_live_number(l, mig_format(a,
                                    "SELECT count(*) FROM (SELECT 1 FROM main.\"%w\" WHERE (%s)%s "
                                    "GROUP BY %s HAVING count(*) > 1)",
                                    x.table, where, mig_text_z(&known), mig_text_z(&terms)));
  if (n <= 0) return;
  mig_report(l, MIG_RULE_ROWS_BREAK,
             mig_format(a, "%lld key%s of unique index %s occur%s more than once in this database",
                        n, n == 1 ? "" : "s", x.name, n == 1 ? "s" : ""));
}

static void mig_judge_create(mig_lint *l, const mig_deed *d, const char *sql) {
  mig_judge_guard(l, d, sql);
  mig_judge_own_names(l, d);
  mig_judge_unique(l, d, sql);
  if (!mig_deed_is(d, MIG_DEED_CREATE, "table")) return;
  mig_judge_table_text(l, sql);
  if (mig_text_now(l, "table", d->name)) return;
  mig_note_event(l, MIG_EVENT_MADE, d->name, 0);
  if (d->as_select) mig_note_event(l, MIG_EVENT_COPIED, d->name, 0);
}

/* ---- DROP TABLE ---- */

/* With foreign keys on, DROP TABLE deletes the rows first, and their children follow. */
static void mig_judge_children(mig_lint *l, const char *name) {
  const mig_catalog *c = mig_catalog_now(l);
  mig_text list;
  int i, k;
  mig_text_init(&list, &l->k.work);
  for (i = 0; c && i < c->n && !mig_failed(&l->k.work); i++) {
    mig_table t;
    if (!mig_is_type(&c->v[i], "table") || mig_same(c->v[i].name, name)) continue;
    if (!mig_mentions(c->v[i].sql, "references") || !mig_mentions(c->v[i].sql, name)) continue;
    if (!mig_table_now(l, c->v[i].sql, &t)) continue;
    for (k = 0; k < t.nconstraint; k++) {
      const mig_constraint *key = &t.constraints[k];
      if (key->kind != MIG_FOREIGN_KEY || !mig_same(key->parent, name)) continue;
      if (!key->on_delete || mig_same(key->on_delete, "NO ACTION") ||
          mig_same(key->on_delete, "RESTRICT")) {
        continue;
      }
      mig_putf(&list, "%s%s (ON DELETE %s)", list.n ? ", " : "", c->v[i].name, key->on_delete);
    }
  }
  if (!list.n) return;
  mig_report(l, MIG_RULE_CASCADING_DROP,
             mig_format(&l->k.work,
                        "where foreign keys are on, this first deletes the rows of %s, and changes "
                        "those of %s",
                        name, list.z));
}

static void mig_judge_drop(mig_lint *l, const mig_deed *d) {
  const char *origin = mig_first_name(l, d->name);
  mig_event *f;
  if (!mig_deed_is(d, MIG_DEED_DROP, "table") || mig_same(d->schema, "temp")) return;
  if (!mig_text_now(l, "table", d->name)) return;
  mig_judge_children(l, d->name);
  f = mig_note_event(l, MIG_EVENT_DROPPED, d->name, origin);
  if (f && origin) mig_note_event(l, MIG_EVENT_SCHEMA, origin, 0);
}

/* ---- ALTER TABLE ---- */

static sqlite3_int64 mig_live_values(mig_lint *l, const char *table, const char *column,
                                     const char *are) {
  return mig_live_number(l, mig_format(&l->k.work,
                                       "SELECT count(*) FROM main.\"%w\" AS t WHERE t.\"%w\" IS %s",
                                       table, column, are));
}

static void mig_report_op(mig_lint *l, int rule, const mig_op *op, const char *fact) {
  mig_report_at(l, rule, l->at + op->at, l->allows, fact);
}

static void mig_judge_drop_column(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  sqlite3_int64 n;
  int i = mig_find_column(t, op->name);
  if (i < 0 || mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  if (t->columns[i].generated) return; /* it can be computed again */
  n = mig_live_values(l, t->name, op->name, "NOT NULL");
  mig_note_event(l, MIG_EVENT_LOST, t->name, op->name);
  if (n == 0) return;
  mig_report_op(l, MIG_RULE_DROP_COLUMN, op,
             n < 0 ? mig_format(a, "column %s.%s goes, and its values", t->name, op->name)
                   : mig_format(a, "column %s.%s goes, and %s", t->name, op->name,
                                mig_count(a, n, "value")));
}

static void mig_judge_add_column(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  mig_table x;
  const mig_column *c;
  sqlite3_int64 n;
  mig_note_event(l, MIG_EVENT_ADDED, t->name, op->name);
  if (!mig_table_now(l, mig_format(a, "CREATE TABLE x(%s\n)", op->text), &x)) return;
  c = &x.columns[0];
  mig_judge_type(l, t->name, c, t->strict);
  if (!c->not_null || c->generated || c->hidden_key) return;
  if (mig_column_constraint(&x, 0, MIG_DEFAULT) >= 0) return;
  n = mig_live_rows(l, t->name);
  if (n == 0) return;
  mig_report_op(l, MIG_RULE_NOT_NULL, op,
             mig_format(a, "new column %s.%s is NOT NULL without a default: it fails on %s",
                        t->name, op->name,
                        n < 0 ? "a table with rows"
                              : mig_format(a, "%s of this database", mig_count(a, n, "row"))));
}

static void mig_judge_not_null(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  int i = mig_find_column(t, op->name);
  if (i < 0 || t->columns[i].not_null || mig_was_written(l, t->name)) return;
  if (mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  /* What the rows at hand break is said when its check runs. */
  if (mig_live_values(l, t->name, op->name, "NULL") >= 0) return;
  mig_report_op(l, MIG_RULE_NOT_NULL, op,
             mig_format(a, "SET NOT NULL fails where %s.%s is NULL, and nothing fills it before",
                        t->name, op->name));
}

/* Does a type keep the values of another? A number read from a text has lost its spelling, a text
** made of a fraction its last bits. */
static const char *mig_type_loss(int from, int to) {
  int numeric = to == MIG_INTEGER || to == MIG_NUMERIC || to == MIG_REAL;
  if ((from == MIG_TEXT || from == MIG_BLOB) && numeric) return "'007' becomes 7, '1e3' 1000";
  if (from == MIG_REAL && to == MIG_TEXT) return "fractions keep 15 digits";
  return 0;
}

static void mig_judge_set_type(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  int i = mig_find_column(t, op->name), to;
  const char *loss, *live;
  sqlite3_int64 n;
  if (i < 0 || op->using_expr || mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  to = t->strict && mig_same(op->text, "ANY") ? MIG_BLOB : mig_affinity(op->text);
  loss = mig_type_loss(t->columns[i].affinity, to);
  if (!loss) return;
  live = to == MIG_TEXT ? "SELECT count(*) FROM main.\"%w\" AS t WHERE typeof(t.\"%w\") = 'real' "
                          "AND CAST(CAST(t.\"%w\" AS TEXT) AS REAL) <> t.\"%w\""
                        : "SELECT count(*) FROM main.\"%w\" AS t WHERE typeof(t.\"%w\") = 'text' "
                          "AND CAST(t.\"%w\" AS TEXT) <> CAST(CAST(t.\"%w\" AS NUMERIC) AS "
                          "TEXT)";
  n = mig_live_number(l, mig_format(a, live, t->name, op->name, op->name, op->name));
  if (n == 0) return;
  mig_note_event(l, MIG_EVENT_LOST, t->name, op->name);
  mig_report_op(l, MIG_RULE_LOSSY_TYPE, op,
             mig_format(a, "converting %s.%s from %s to %s may lose: %s%s", t->name, op->name,
                        *t->columns[i].type_name ? t->columns[i].type_name : "no type", op->text,
                        loss, n < 0 ? "" : mig_format(a, " (%s of this database)",
                                                      mig_count(a, n, "value"))));
}

/* A table that the section made has no rows but those that it put in. */
static void mig_judge_alter(mig_lint *l, const char *one, size_t n) {
  mig_arena *a = &l->k.work;
  mig_alter alter;
  mig_table t;
  const mig_op *op;
  int old;
  if (mig_parse_alter(a, one, n, &alter)) {
    mig_forgive(&l->k.fault);
    return;
  }
  l->table = alter.table;
  l->text = mig_text_now(l, "table", alter.table);
  l->live = mig_is_live(l, alter.table);
  if (!mig_table_now(l, l->text, &t)) return;
  old = mig_first_name(l, t.name) != 0;
  if (old) mig_note_event(l, MIG_EVENT_SCHEMA, t.name, 0);
  for (op = alter.first; op && !mig_failed(a); op = op->next) {
    if (op->kind == MIG_RENAME_TABLE) mig_note_event(l, MIG_EVENT_RENAMED, t.name, op->to);
    if (!old) continue;
    if (op->kind == MIG_DROP_COLUMN) mig_judge_drop_column(l, &t, op);
    if (op->kind == MIG_ADD_COLUMN) mig_judge_add_column(l, &t, op);
    if (op->kind == MIG_SET_NOT_NULL) mig_judge_not_null(l, &t, op);
    if (op->kind == MIG_SET_TYPE) mig_judge_set_type(l, &t, op);
  }
}

/* ---- rows ---- */

/* Is a table one that was there, with rows that the section did not put in? */
static int mig_is_old_table(const mig_lint *l, const mig_deed *d) {
  return d->name && !mig_same(d->schema, "temp") && mig_first_name(l, d->name) != 0 &&
         !mig_has_name_prefix(d->name, "sqlite_");
}

/* Only columns that the section added: there is nothing in them yet. */
static int mig_sets_new_columns(const mig_lint *l, const mig_deed *d) {
  int i;
  for (i = 0; i < d->columns.n; i++) {
    if (!mig_find_event(l, MIG_EVENT_ADDED, d->name, d->columns.at[i])) return 0;
  }
  return d->columns.n > 0;
}

static void mig_judge_update(mig_lint *l, const mig_deed *d) {
  if (!mig_is_old_table(l, d) || mig_sets_new_columns(l, d)) return;
  mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
  mig_note_event(l, MIG_EVENT_LOST, d->name, 0);
  if (d->where || mig_live_rows(l, d->name) == 0) return;
  mig_report(l, MIG_RULE_UPDATE_ALL,
             mig_format(&l->k.work, "UPDATE without WHERE writes over every row of %s%s", d->name,
                        mig_and_rows(l, d->name, ", ")));
}

static void mig_judge_delete(mig_lint *l, const mig_deed *d) {
  if (!mig_is_old_table(l, d)) return;
  mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
  mig_note_event(l, MIG_EVENT_LOST, d->name, 0);
  if (d->where || mig_live_rows(l, d->name) == 0) return;
  mig_report(l, MIG_RULE_DELETE_ALL,
             mig_format(&l->k.work, "DELETE without WHERE takes every row of %s%s", d->name,
                        mig_and_rows(l, d->name, ", ")));
}

/* INSERT INTO t SELECT * FROM u goes by position: harmless where the names agree. */
static void mig_judge_positions(mig_lint *l, const mig_deed *d) {
  mig_table to, from;
  int i, k = 0;
  if (!d->from || !mig_table_now(l, mig_text_now(l, "table", d->name), &to)) return;
  if (!mig_table_now(l, mig_text_now(l, "table", d->from), &from)) return;
  for (i = 0; i < from.ncolumn; i++) {
    const char *name;
    if (from.columns[i].hidden_key && mig_same(from.columns[i].name, "rowid")) continue;
    while (!d->columns.n && k < to.ncolumn && to.columns[k].generated) k++;
    if (k >= (d->columns.n ? d->columns.n : to.ncolumn)) return; /* it fails, and says why */
    name = d->columns.n ? d->columns.at[k] : to.columns[k].name;
    k++;
    if (mig_same(name, from.columns[i].name)) continue;
    if (mig_find_column(&to, from.columns[i].name) < 0) continue; /* it got a new name */
    mig_report(l, MIG_RULE_BY_POSITION,
               mig_format(&l->k.work, "values go by position: %s.%s lands in %s.%s", d->from,
                          from.columns[i].name, d->name, name));
    return;
  }
}

static void mig_judge_insert(mig_lint *l, const mig_deed *d) {
  if (d->ignores && d->query) {
    mig_report(l, MIG_RULE_IGNORED_ROWS,
               mig_format(&l->k.work,
                          "INSERT OR IGNORE leaves out, silently, the rows that break a rule of %s",
                          d->name));
  }
  mig_judge_positions(l, d);
  if (mig_is_old_table(l, d)) mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
}

/* ---- a statement ---- */

static void mig_judge(mig_lint *l, const mig_deed *d, const char *sql, mig_span s) {
  char *one = mig_span_text(&l->k.work, sql, s);
  mig_judge_refused(l, sql, s);
  if (!one) return;
  if (d->kind == MIG_DEED_PRAGMA) mig_judge_pragma(l, d);
  if (!l->upgrade) return; /* to undo is to destroy: a downgrade is judged by where it ends */
  if (d->as_select || d->query) mig_note_event(l, MIG_EVENT_READ, 0, one);
  if (d->kind == MIG_DEED_CREATE) mig_judge_create(l, d, one);
  if (d->kind == MIG_DEED_DROP) mig_judge_drop(l, d);
  if (d->kind == MIG_DEED_ALTER) mig_judge_alter(l, one, s.end - s.at);
  if (d->kind == MIG_DEED_UPDATE) mig_judge_update(l, d);
  if (d->kind == MIG_DEED_DELETE) mig_judge_delete(l, d);
  if (d->kind == MIG_DEED_INSERT) mig_judge_insert(l, d);
  if (d->kind == MIG_DEED_UPDATE || d->kind == MIG_DEED_DELETE || d->kind == MIG_DEED_INSERT) {
    if (d->name) mig_note_event(l, MIG_EVENT_WRITTEN, d->name, 0);
  }
}
