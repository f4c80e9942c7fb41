/* Run: statements of the ALTER language, and whole scripts, on the connection. */

/* ---- one ALTER TABLE ---- */

#define MIG_NARROW 250 /* bytes: below, to count rows costs less than what it may save */
#define MIG_SOME_ROWS 16

/* Is a row short, as far as the first few tell? */
static int mig_is_narrow(migrate *m, sqlite3 *db, const mig_target *t) {
  char *sql = mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\" NOT INDEXED LIMIT %d",
                         t->catalog->schema, t->object->name, MIG_SOME_ROWS);
  sqlite3_int64 bytes = 0;
  sqlite3_stmt *stmt = 0;
  int i, rows = 0;
  if (!sql || sqlite3_prepare_v2(db, sql, -1, &stmt, 0) != SQLITE_OK) return 0;
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(stmt); i++) {
      int number = sqlite3_column_type(stmt, i) <= SQLITE_FLOAT;
      bytes += number ? 8 : sqlite3_column_bytes(stmt, i);
    }
    rows++;
  }
  if (mig_is_accident(sqlite3_finalize(stmt))) {
    mig_fail(&m->work, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  }
  return bytes <= (sqlite3_int64)rows * MIG_NARROW;
}

/* Are the rowids 1, 2, .. without a gap? Then a copy need not name them, and SQLite appends each
** row without a search. A scratch database asks the one with the rows. */
static int mig_is_dense(migrate *m, const mig_target *t) {
  const char *schema = t->catalog->schema, *name = t->object->name;
  sqlite3 *db = mig_live(m) ? mig_live(m)->db : m->db;
  char *sql = mig_format(&m->work,
                         "SELECT (SELECT min(rowid) FROM \"%w\".\"%w\") = 1 AND (SELECT max(rowid) "
                         "FROM \"%w\".\"%w\") = (SELECT count(*) FROM \"%w\".\"%w\")",
                         schema, name, schema, name, schema, name);
  sqlite3_stmt *stmt = 0;
  int dense = 0, braced = mig_brace_frail(m);
  if (sql && mig_is_narrow(m, db, t) &&
      sqlite3_prepare_v2(db, sql, -1, &stmt, 0) == SQLITE_OK) {
    dense = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
  }
  if (mig_is_accident(sqlite3_finalize(stmt))) {
    mig_fail(&m->work, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  }
  mig_unbrace(m, braced);
  return dense;
}

/* Does a TEMP table hide the table? Where SQLite's RENAME reads indexes it takes the one for the
** other. */
static int mig_is_target_hidden(const mig_target *t) {
  return t->temp != t->catalog && mig_catalog_table(t->temp, t->object->name) != 0;
}

static mig_facts mig_read_facts(migrate *m, const mig_target *t) {
  mig_facts f;
  f.version = sqlite3_libversion_number();
  f.max_columns = sqlite3_limit(m->db, SQLITE_LIMIT_COLUMN, -1);
  f.portable = mig_is_plain(m);
  f.hosted = m->settings.rebuild == MIG_REBUILD_HOSTED;
  f.hidden = mig_is_target_hidden(t);
  f.dense = 0;
  f.many = m->many;
  return f;
}

/* Virtual tables that read the table by name keep the old names and would fail (FTS5 content=). */
static void mig_refuse_readers(migrate *m, const mig_target *t, const char *column) {
  const mig_mention *x;
  for (x = mig_next_mention(t->catalog, t->object->name, 0); x && !mig_failed(&m->work);
       x = mig_next_mention(t->catalog, t->object->name, x)) {
    const mig_object *o = x->object;
    if (!mig_is_virtual(o) || !mig_mentions_token(&m->work, o->sql, t->object->name)) continue;
    if (column && !mig_mentions_token(&m->work, o->sql, column)) continue;
    mig_fail(&m->work, MIGRATE_DEPENDENT, "virtual table %s reads %s%s%s by name", o->name,
             t->object->name, column ? "." : "", column ? column : "");
  }
}

static void mig_respell_all(migrate *m, const mig_target *before, const char *from,
                            const char *to) {
  mig_flush(m);
  mig_respell_catalog(m, before->catalog, from, to);
  if (before->temp != before->catalog) mig_respell_catalog(m, before->temp, from, to);
}

/* Does a text read or write `name` without saying of which database? */
static int mig_names_bare(mig_arena *a, const char *sql, const char *name) {
  static const char *const heads[] = {"FROM", "JOIN", "INTO", "UPDATE", "ON", 0};
  size_t n = sql ? strlen(sql) : 0;
  mig_token before = mig_token_of(MIG_TK_END, 0, 0), k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); before = k, k = next) {
    next = mig_next_significant(sql, n, k.end);
    if (before.type != MIG_TK_WORD || !mig_word_in(sql, before, heads)) continue;
    if (!mig_token_op(sql, next, ".") && mig_token_names(a, sql, k, name)) return 1;
  }
  return 0;
}

/* Takes a TEMP table that hides the table, and what means it, out of the TEMP schema, not out of
** the file, while SQLite renames. Returns where its rows of the schema are kept; NULL where nothing
** hides the table. */
static const char *mig_run_hide(migrate *m, const mig_target *t, const char *name) {
  const char *store;
  mig_text ids;
  int i;
  if (t->temp == t->catalog || !mig_catalog_table(t->temp, name)) return 0;
  store = mig_format(&m->work, "%s_hidden_%s", mig_scratch_prefix(t),
                     mig_same(name, t->object->name) ? "from" : "to");
  mig_text_init(&ids, &m->work);
  for (i = 0; i < t->temp->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &t->temp->v[i];
    int hung = mig_is_type(o, "table") || mig_is_type(o, "index");
    if (hung ? !mig_same(o->table, name) : !mig_names_bare(&m->work, o->sql, name)) continue;
    mig_putf(&ids, "%s%lld", ids.n ? ", " : "", o->rowid);
  }
  if (mig_failed(&m->work)) return 0;
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work,
                          "CREATE TABLE temp.\"%w\" AS SELECT rowid AS id, type, name, tbl_name, "
                          "rootpage, sql FROM temp.sqlite_master WHERE rowid IN (%s)",
                          store, ids.z),
               "a TEMP table has the table's name, and SQLite would take it for this one");
  mig_run_edit(m, "temp",
               mig_format(&m->work, "DELETE FROM temp.sqlite_master WHERE rowid IN (%s)", ids.z), 0,
               "it is out of the way for a moment, its rows stay");
  mig_forget_catalogs(m);
  return store;
}

static void mig_run_show(migrate *m, const char *store) {
  if (!store) return;
  mig_run_edit(m, "temp",
               mig_format(&m->work,
                          "INSERT INTO temp.sqlite_master(rowid, type, name, tbl_name, rootpage, "
                          "sql) SELECT id, type, name, tbl_name, rootpage, sql FROM temp.\"%w\"",
                          store),
               0, "the TEMP table is back");
  mig_forget_catalogs(m);
  mig_sink_sql(m, MIG_S_SCHEMA, mig_format(&m->work, "DROP TABLE temp.\"%w\"", store), "");
}

/* sqlite_stat1 and sqlite_stat4 speak of a table by name, and SQLite's RENAME forgets them. */
static void mig_run_rename_stats(migrate *m, const mig_target *t, const char *from,
                                 const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(&m->work); i++) {
    if (!mig_catalog_table(t->catalog, stats[i])) continue;
    mig_sink_sql(m, MIG_S_DATA,
                 mig_format(&m->work,
                            "UPDATE \"%w\".%s SET tbl = %Q, idx = CASE WHEN idx LIKE "
                            "'sqlite_autoindex\\_%%' ESCAPE '\\' THEN 'sqlite_autoindex_' || %Q || "
                            "substr(idx, 18 + length(%Q)) WHEN idx = tbl THEN %Q ELSE idx END "
                            "WHERE tbl = %Q",
                            t->catalog->schema, stats[i], to, to, from, to, from),
                 "the statistics keep their table");
  }
}

static void mig_run_rename_table(migrate *m, const mig_target *t, const char *name) {
  const char *schema = t->catalog->schema, *old = t->object->name;
  mig_statement s;
  const char *hidden, *in_the_way;
  if (strcmp(name, old) == 0) return;
  mig_refuse_readers(m, t, 0);
  if (!mig_same(name, old) && mig_is_taken(t->catalog, name)) {
    mig_fail(&m->work, MIGRATE_EXISTS,
             "there is already another table, index or view with this name: %s", name);
  }
  if (mig_failed(&m->work) || mig_rename_table_by_edits(m, t, name)) return;
  mig_flush(m);
  hidden = mig_run_hide(m, t, old);
  in_the_way = mig_same(name, old) ? 0 : mig_run_hide(m, t, name);
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_NATIVE;
  s.sql = mig_format(&m->work, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", schema, old, name);
  s.reason = "SQLite's own: it follows the name into views, triggers and other tables";
  s.schema = schema;
  s.name = old;
  s.table = name;
  mig_sink(m, &s, "native");
  mig_run_show(m, in_the_way);
  mig_run_show(m, hidden);
  if (!mig_same(old, "excluded")) {
    mig_restore_excluded(m, t->catalog);
    if (t->temp != t->catalog) mig_restore_excluded(m, t->temp);
  }
  mig_run_rename_stats(m, t, old, name);
}

/* The columns' names and number are what views and triggers can depend on. */
static int mig_shape_changes(const mig_alteration *c) {
  int i;
  if (c->old.ncolumn != c->now.ncolumn) return 1;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from != i) return 1;
  }
  return 0;
}

/* Can it break a view or trigger? A key that goes may be the one that an ON CONFLICT names,
** WITHOUT ROWID leaves no rowid to be read, and a generated column is not written to. */
static int mig_may_break(const mig_alteration *c) {
  const mig_op *op;
  if (mig_shape_changes(c) || c->old.without_rowid != c->now.without_rowid) return 1;
  for (op = c->alter->first; op; op = op->next) {
    if (op->kind == MIG_DROP_CONSTRAINT || op->kind == MIG_ADD_GENERATED ||
        op->kind == MIG_DROP_EXPRESSION) {
      return 1;
    }
  }
  return 0;
}

/* Is every rowid another one afterwards, or none? */
static int mig_renumbers(const mig_alteration *c) {
  int alias = mig_alias(&c->now);
  if (c->old.without_rowid) return 0;
  if (c->now.without_rowid) return 1;
  return alias >= 0 &&
         (c->origins[alias].from != mig_alias(&c->old) || c->origins[alias].using_expr);
}

/* The column by which a virtual table says that it finds rows (FTS5 content_rowid=), or -1. */
static int mig_content_rowid(mig_arena *a, const mig_object *o, const mig_table *content) {
  size_t n = strlen(o->sql);
  mig_token k = mig_next_significant(o->sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    next = mig_next_significant(o->sql, n, k.end);
    if (!mig_token_is(o->sql, k, "content_rowid") || !mig_token_op(o->sql, next, "=")) continue;
    next = mig_next_significant(o->sql, n, next.end);
    return mig_find_column(content, mig_dequote(a, o->sql, next));
  }
  return -1;
}

static int mig_is_computed_anew(const mig_alteration *c, int old) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from == old) return c->origins[i].using_expr != 0;
  }
  return 0;
}

/* Virtual tables that find rows of the table by rowid, or by a column, would find others (FTS5
** content=). */
static void mig_refuse_rowid_readers(migrate *m, const mig_target *t, const mig_alteration *c) {
  mig_arena *a = &m->work;
  const mig_mention *x;
  if (!mig_renumbers(c) && !c->recomputed) return;
  for (x = mig_next_mention(t->catalog, t->object->name, 0); x && !mig_failed(a);
       x = mig_next_mention(t->catalog, t->object->name, x)) {
    const mig_object *o = x->object;
    int column;
    if (!mig_is_virtual(o) || !mig_mentions_token(a, o->sql, t->object->name)) continue;
    column = mig_content_rowid(a, o, &c->old);
    if (column < 0 ? !mig_renumbers(c) : !mig_is_computed_anew(c, column)) continue;
    mig_fail(a, MIGRATE_DEPENDENT, "virtual table %s finds rows of %s by their %s", o->name,
             t->object->name, column < 0 ? "rowids" : c->old.columns[column].name);
  }
}

static int mig_has_violations(migrate *m) {
  int now = 0, high = 0;
  sqlite3_db_status(m->db, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &high, 0);
  return now != 0;
}

static int mig_count_keys(const mig_table *t, int deferred) {
  int i, n = 0;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *k = &t->constraints[i];
    n += k->kind == MIG_FOREIGN_KEY && (k->deferred || !deferred);
  }
  return n;
}

static void mig_refuse_pending_keys(migrate *m, const mig_alteration *c) {
  if (mig_count_keys(&c->now, 0) >= mig_count_keys(&c->old, 0) &&
      mig_count_keys(&c->now, 1) >= mig_count_keys(&c->old, 1)) {
    return;
  }
  if (mig_has_violations(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "the transaction holds a deferred foreign key violation: repair it before a foreign "
             "key of %s is dropped, or COMMIT would fail for ever",
             c->old.name);
  }
}

/* While the transaction holds a deferred violation: the rows of a database without a parent. 0: it
** holds none, or a key that references nothing keeps them from being counted. */
static int mig_count_orphans(migrate *m, const char *schema) {
  sqlite3_stmt *stmt = 0;
  char *sql;
  int n = 0, rc;
  if (mig_failed(&m->work) || !mig_has_violations(m)) return 0;
  mig_flush(m);
  sql = mig_format(&m->work, "PRAGMA \"%w\".foreign_key_check", schema);
  rc = sql ? sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) : SQLITE_NOMEM;
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    n++;
    rc = SQLITE_OK;
  }
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return rc == SQLITE_DONE ? n : 0;
}

/* SQLite does not see that the change itself has done away with a violation. */
static void mig_refuse_lost_violations(migrate *m, const char *schema, int before) {
  int after = before ? mig_count_orphans(m, schema) : 0;
  if (mig_failed(&m->work) || after >= before) return;
  mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
           "the transaction holds a deferred foreign key violation that the change would hide: "
           "repair it first, or COMMIT would fail for ever");
}

/* SQLite's ADD COLUMN puts the text where it likes: the wanted one takes its place. */
static void mig_run_final_text(migrate *m, const mig_target *t, const mig_alteration *c) {
  mig_target now;
  if (mig_failed(&m->work)) return;
  mig_flush(m);
  now = mig_find_target(m, t->catalog->schema, t->object->name);
  if (!now.object || !now.object->sql || strcmp(now.object->sql, c->now.sql) == 0) return;
  if (mig_is_plain(m)) return;
  mig_run_text(m, t->catalog->schema, now.object->rowid, c->now.sql,
               "the text keeps its layout and spelling");
}

/* SQLite's DROP COLUMN puts its own quotes into the texts of the schema. */
static void mig_run_statements(migrate *m, const mig_target *t, const mig_statements *list,
                               int rung) {
  const mig_statement *s;
  if (rung > MIG_REBUILD) {
    mig_run_list(m, list, rung);
    return;
  }
  for (s = list->first; s && !mig_failed(&m->work); s = s->next) {
    mig_sink(m, s, list->strategy);
    if (s->respells) mig_respell_all(m, t, "", "");
  }
}

/* USING sees one row at a time: what WHERE takes holds no aggregate, which would make one row of
** all, and no window, which would end where a part of a copy does. "x" is a column: taken for a
** string it would be every value. */
static void mig_check_using(migrate *m, const mig_target *t, const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(&m->work); i++) {
    if (!c->origins[i].using_expr) continue;
    mig_flush(m);
    mig_be_strict(m, 1);
    sqlite3_finalize(mig_prepare_braced(
        m, mig_format(&m->work, "SELECT 1 FROM \"%w\".\"%w\" AS \"%w\" WHERE (%s\n) IS NULL",
                      t->catalog->schema, t->object->name, c->old.name, c->origins[i].using_expr)));
    mig_be_strict(m, 0);
  }
}

/* Everything but renames: compared, decided, written down, run. */
static void mig_run_change(migrate *m, const mig_target *t, mig_alteration *c) {
  mig_facts facts = mig_read_facts(m, t);
  mig_statements list;
  mig_choice choice;
  mig_diff d;
  mig_lowering l;
  memset(&list, 0, sizeof list);
  memset(&l, 0, sizeof l);
  list.a = l.a = &m->work;
  l.out = &list;
  l.c = c;
  l.d = &d;
  l.catalog = t->catalog;
  l.temp = t->temp;
  l.facts = &facts;
  l.schema = t->catalog->schema;
  l.scratch = mig_scratch_prefix(t);
  mig_lower_own_keys(&l, c);
  mig_compare(c, &d);
  mig_check_using(m, t, c);
  if (mig_failed(&m->work)) return;
  /* what is printed runs later, over rows that nobody has seen: there each rowid is named */
  if (mig_copies_rowids(c, &d) && !facts.portable) facts.dense = mig_is_dense(m, t);
  mig_lower_children(&l);
  if (mig_failed(&m->work)) return;
  choice = mig_lower_change(&l, t->object);
  mig_run_statements(m, t, &list, choice.rung);
  mig_fault_reword(&m->work, l.scratch, c->old.name);
  if (choice.rung == MIG_NATIVE) mig_run_final_text(m, t, c);
}

/* The same in plain SQL: what a rename has spelled anew is made again. */
static void mig_respell_plainly(migrate *m, const mig_target *before, const char *from,
                                const char *to) {
  const char *name = before->object->name;
  mig_alteration *c;
  mig_target t;
  mig_remake_others(m, before->catalog, name, from, to);
  if (before->temp != before->catalog) mig_remake_others(m, before->temp, name, from, to);
  if (mig_failed(&m->work)) return;
  t = mig_find_target(m, before->catalog->schema, name);
  if (!t.object || !mig_respell_at_hand(m, before->catalog, t.catalog, name, from, to)) return;
  c = mig_side_change(&m->work, t.object->sql);
  if (c) mig_run_change(m, &t, c);
}

/* SQLite's own RENAME COLUMN gives strings in double quotes single ones in newer versions only. */
static int mig_rename_keeps_quotes(void) { return sqlite3_libversion_number() < 3040000; }

/* Strings in double quotes in the table's indexes, which the new name would capture. */
static void mig_run_index_strings(migrate *m, const mig_target *t, const char *name) {
  mig_object *o = 0;
  if (!mig_rename_keeps_quotes()) return;
  while ((o = mig_objects_of(t->catalog, t->object->name, o)) != 0 && !mig_failed(&m->work)) {
    const char *sql = o->sql;
    mig_index x;
    if (!sql || !mig_is_type(o, "index") || mig_parse_index(&m->work, sql, &x)) continue;
    sql = mig_keep_strings(&m->work, sql, x.where, name);
    if (!sql || mig_parse_index(&m->work, sql, &x)) return;
    sql = mig_keep_strings(&m->work, sql, x.list, name);
    if (!sql || strcmp(sql, o->sql) == 0) continue;
    if (mig_is_plain(m)) {
      mig_fail(&m->work, MIGRATE_DEPENDENT,
               "index %s holds \"%s\" as a string, which a column of that name would take over: "
               "make it anew with single quotes first", o->name, name);
      return;
    }
    mig_run_text(m, t->catalog->schema, o->rowid, sql,
                 "a string in double quotes stays one beside the new name");
  }
}

/* RENAME COLUMN: SQLite's own, which alone knows names inside of views and triggers. */
static void mig_run_native_rename(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *store = mig_run_hide(m, t, t->object->name);
  const mig_object *hidden;
  mig_statement s;
  mig_run_index_strings(m, t, r->to);
  hidden = mig_hide_generated(m, t, r->from);
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_NATIVE;
  s.sql = mig_format(&m->work,
                     mig_needs_quotes(r->to)
                         ? "ALTER TABLE \"%w\".\"%w\" RENAME COLUMN \"%w\" TO \"%w\""
                         : "ALTER TABLE \"%w\".\"%w\" RENAME COLUMN \"%w\" TO %w",
                     t->catalog->schema, t->object->name, r->from, r->to);
  s.reason = "SQLite's own: it follows the name into views, triggers and other tables";
  mig_sink(m, &s, "native");
  mig_show_generated(m, t, r, hidden);
  mig_run_show(m, store);
  if (m->settings.rebuild == MIG_REBUILD_PORTABLE) mig_respell_plainly(m, t, r->from, r->to);
  else if (!mig_is_plain(m)) mig_respell_all(m, t, r->from, r->to);
}

/* Gives the table another text with the same columns, by whichever rung. */
static void mig_run_reworded(migrate *m, mig_target *t, const char *sql) {
  mig_alteration *c = sql ? mig_side_change(&m->work, t->object->sql) : 0;
  if (!c || mig_parse_table(&m->work, sql, &c->now)) return;
  mig_run_change(m, t, c);
  mig_flush(m);
  *t = mig_find_target(m, t->catalog->schema, t->object->name);
}

/* SQLite forgets where the name of such a key stands, and leaves it in UNIQUE as it was: for the
** time of the rename the key is an ordinary one. */
static void mig_run_rename_key(migrate *m, mig_target *t, const mig_table *old,
                               const mig_rename *r) {
  const char *sql = mig_rename_column_text(&m->work, old, old->rowid_column, r->to);
  mig_run_reworded(m, t, mig_with_plain_key(&m->work, old));
  if (!mig_failed(&m->work)) mig_run_native_rename(m, t, r);
  if (mig_failed(&m->work)) return;
  *t = mig_find_target(m, t->catalog->schema, t->object->name);
  mig_run_reworded(m, t, sql);
}

static void mig_run_rename_columns(migrate *m, mig_target *t, const mig_alteration *c) {
  const mig_rename *r;
  for (r = c->renames; r && !mig_failed(&m->work); r = r->next) {
    mig_table now;
    mig_refuse_readers(m, t, r->from);
    if (mig_failed(&m->work) || mig_read_table(&m->work, t->object->sql, &c->old, &now)) return;
    if (mig_is_half_renamed(&now, r->from)) mig_run_rename_key(m, t, &now, r);
    else if (mig_rename_is_refused(r)) mig_rename_by_text(m, t, r);
    else if (m->many && mig_rename_is_plain(m, t, r)) mig_rename_by_edits(m, t, r);
    else mig_run_native_rename(m, t, r);
    *t = mig_find_target(m, t->catalog->schema, t->object->name);
  }
}

/* Is this the text of the table as it stands in the database now? */
static int mig_has_text(migrate *m, const mig_target *t, const char *sql) {
  mig_target now = mig_find_target(m, t->catalog->schema, t->object->name);
  return !now.object || !now.object->sql || strcmp(now.object->sql, sql) == 0;
}

/* A rename left another spelling than the wanted one. */
static void mig_run_respelled(migrate *m, const mig_target *t, mig_alteration *c) {
  if (m->settings.rebuild == MIG_REBUILD_PORTABLE) mig_run_change(m, t, c);
  else mig_run_final_text(m, t, c);
}

/* After a rename: the same objects, with the texts that they have now. Some may have been made
** again, so that only their names tell. */
static void mig_renew_dependents(migrate *m, mig_dependents *d) {
  int i, k;
  if (d->n) mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    mig_dependent *v = &d->v[i];
    v->catalog = mig_read_catalog(m, v->catalog->schema);
    for (k = 0; v->catalog && k < v->catalog->n; k++) {
      const mig_object *now = &v->catalog->v[k];
      if (!mig_is_type(now, v->object->type) || !mig_same(now->name, v->object->name)) continue;
      v->object = now;
      break;
    }
  }
}

static void mig_alter_target(migrate *m, mig_target *t, const mig_alter *alter) {
  mig_arena *a = &m->work;
  mig_dependents dependents;
  mig_alteration c;
  const char *name = t->object->name;
  int lost = 0; /* SQLite's own renames lose what speaks of a TEMP table, or of one of this name */
  mig_apply(a, t->object->sql, alter, &c);
  if (mig_failed(a) || c.nothing) return;
  mig_refuse_pending_keys(m, &c);
  memset(&dependents, 0, sizeof dependents);
  mig_refuse_rowid_readers(m, t, &c);
  if (c.renames || c.new_name) lost = mig_catalog_table(t->temp, name) != 0;
  if (lost || mig_may_break(&c) || (c.renames && mig_rename_keeps_quotes())) {
    int i;
    for (i = 0; i < c.old.ncolumn && !mig_failed(a); i++) {
      int k;
      for (k = 0; k < c.now.ncolumn && c.origins[k].from != i; k++) {}
      if (k == c.now.ncolumn) mig_refuse_readers(m, t, c.old.columns[i].name);
    }
    dependents = mig_find_dependents(m, t);
    mig_baseline(m, &dependents);
  }
  if (c.renames) mig_run_rename_columns(m, t, &c);
  if (mig_failed(a) || !t->object) return;
  if (c.renames) {
    c.old = c.renamed;
    mig_renew_dependents(m, &dependents);
  }
  if (c.recomputed || strcmp(c.renamed.sql, c.now.sql) != 0) mig_run_change(m, t, &c);
  else if (c.renames && !mig_has_text(m, t, c.now.sql)) mig_run_respelled(m, t, &c);
  mig_refuse_captures(m, &dependents, &c);
  if (dependents.n) mig_check_dependents(m, &dependents, &c);
  if (c.new_name) {
    if (!m->many) mig_flush(m);
    if (mig_failed(a)) return;
    *t = mig_find_target(m, t->catalog->schema, name);
    if (t->object) mig_run_rename_table(m, t, c.new_name);
    if (!lost || mig_failed(a)) return;
    mig_renew_dependents(m, &dependents);
    mig_check_dependents(m, &dependents, &c);
  }
}

static void mig_run_alter(migrate *m, const char *sql, size_t n) {
  mig_arena *a = &m->work;
  mig_alter alter;
  mig_target t;
  mig_flags flags;
  const char *schema;
  int keys, orphans;
  mig_parse_alter(a, sql, n, &alter);
  if (mig_failed(a)) return;
  t = mig_find_target(m, alter.schema, alter.table);
  if (mig_failed(a)) return;
  if (!t.object) {
    if (mig_has_name_prefix(alter.table, "sqlite_")) {
      mig_fail(a, MIGRATE_UNSUPPORTED, "table %s may not be altered: it belongs to SQLite",
               alter.table);
    } else if (!alter.if_exists) {
      mig_fail(a, MIGRATE_NO_SUCH, "no such table: %s%s%s", alter.schema ? alter.schema : "",
               alter.schema ? "." : "", alter.table);
    }
    return;
  }
  mig_refuse_target(m, &t);
  if (t.object->renamed > m->reloads) mig_flush(m); /* questions about its rows name it */
  if (mig_failed(a)) return;
  flags = mig_enter(m);
  keys = mig_hosted_keys(m, 1);
  schema = t.catalog->schema;
  orphans = mig_count_orphans(m, schema);
  mig_alter_target(m, &t, &alter);
  mig_refuse_lost_violations(m, schema, orphans);
  mig_hosted_keys(m, keys);
  mig_leave(m, flags);
}

/* ---- scripts ---- */

/* What a statement is, by its first words. */
static int mig_starts(const char *sql, mig_span s, const char *first, const char *second) {
  mig_token k = mig_next_significant(sql, s.end, s.at);
  if (!mig_token_is(sql, k, first)) return 0;
  return !second || mig_token_is(sql, mig_next_significant(sql, s.end, k.end), second);
}

static int mig_is_hosted_drop(migrate *m, const char *sql, mig_span s) {
  return m->depth && m->settings.rebuild == MIG_REBUILD_HOSTED &&
         mig_starts(sql, s, "DROP", "TABLE");
}

/* A statement of the ALTER language; 0 when it is none. */
static int mig_run_ours(migrate *m, const char *sql, mig_span s, const char *one) {
  int kind = mig_starts(sql, s, "ALTER", "TABLE")   ? 1
             : mig_starts(sql, s, "ALTER", "INDEX") ? 2
             : mig_starts(sql, s, "CREATE", "OR")   ? 3
             : mig_is_hosted_drop(m, sql, s)        ? 4
                                                    : 0;
  int alone = kind && !m->depth; /* outside of a transaction each is still whole or nothing */
  if (alone) mig_frame_open(m);
  if (mig_failed(&m->work)) return kind;
  if (kind == 1) mig_run_alter(m, one, s.end - s.at);
  if (kind == 2) mig_run_alter_index(m, one);
  if (kind == 3) mig_run_or_replace(m, one);
  if (kind == 4 && !mig_run_drop(m, one)) kind = 0;
  if (alone) {
    mig_flush(m);
    mig_frame_close(m);
  }
  return kind;
}

/* One statement of a script; `end` is behind its semicolon. */
static void mig_run_statement(migrate *m, const char *sql, mig_span s, size_t end) {
  mig_arena_place before = mig_arena_mark(&m->work);
  char *one = mig_span_text(&m->work, sql, s);
  if (one && !(MIG_ALTERS && mig_run_ours(m, sql, s, one))) {
    /* SQLite stores white space that stands before the semicolon */
    if (sql[end - 1] == ';') one = mig_copyn(&m->work, sql + s.at, end - s.at);
    mig_sink_sql(m, MIG_S_SCRIPT, one, "as it stands");
  }
  if (mig_failed(&m->work)) return;
  m->statements++;
  if (m->keeps) return;
  m->statement = 0;
  mig_arena_rewind(&m->work, before);
  mig_free_catalogs(&m->forgotten);
}

#define MIG_MANY 10

/* Does a script hold many ALTERs? Their edits then share one reload of the schema. */
static int mig_has_many(const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_span s;
  int count = 0;
  while (count < MIG_MANY && mig_next_statement(sql, n, &at, &s) > 0) {
    count += mig_starts(sql, s, "ALTER", "TABLE");
  }
  return count == MIG_MANY;
}

/* Runs a script, as a rule inside an open frame; m->place is where it failed. Edits may still
** wait for their reload, which mig_flush() is. */
static void mig_run_script(migrate *m, const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_span s;
  memset(&s, 0, sizeof s);
  m->place.sql = sql;
  m->many = MIG_ALTERS && (m->crowd || mig_has_many(sql));
  while (!mig_failed(&m->work)) {
    int found = mig_next_statement(sql, n, &at, &s);
    if (found == 0) break;
    m->place.at = s.at;
    m->place.statement = m->statements + 1;
    if (found < 0) {
      mig_fail_at(&m->work, MIGRATE_SCRIPT, sql, s.at, "unfinished statement");
      break;
    }
    mig_run_statement(m, sql, s, at);
    if (mig_failed(&m->work)) mig_fault_rebase(&m->work, sql, s.at);
  }
  if (MIG_ALTERS) mig_settle(m);
}
