/* Rename: a column called like the rowid, which SQLite's own RENAME COLUMN refuses from 3.54 on.
** The texts are edited here. What a name means inside of a view or trigger only SQLite knows for
** sure: one that speaks of other tables as well is a refusal. */

static int mig_rename_is_refused(const mig_rename *r) {
  return sqlite3_libversion_number() >= 3054000 &&
         (mig_is_rowid_word(r->from) || mig_is_rowid_word(r->to));
}

/* Does this other table or view have such a column? Of a view, and of a virtual table, that is not
** known. */
static int mig_may_have_column(mig_arena *a, const mig_object *x, const char *column) {
  mig_table t;
  if (!mig_is_type(x, "table") || mig_is_virtual(x) || mig_is_rowid_word(column)) return 1;
  if (!mig_mentions(x->sql, column)) return 0;
  return mig_parse_table(a, x->sql, &t) || mig_find_column(&t, column) >= 0;
}

/* Does a view or trigger name a table or view besides this one whose column may be meant? */
static int mig_names_others(mig_arena *a, const mig_catalog *c, const mig_object *o,
                            const char *table, const char *column) {
  int i;
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *x = &c->v[i];
    if (x == o || mig_same(x->name, table) || mig_same(x->name, o->name)) continue;
    if (!mig_is_type(x, "table") && !mig_is_type(x, "view")) continue;
    if (mig_mentions_token(a, o->sql, x->name) && mig_may_have_column(a, x, column)) return 1;
  }
  return 0;
}

/* The text of a view or trigger that speaks of the table alone. */
static char *mig_renamed_speaker(migrate *m, const mig_catalog *c, const mig_object *o,
                                 const char *table, const mig_rename *r) {
  mig_arena *a = &m->work;
  mig_uses uses;
  mig_span all;
  if (!mig_mentions_token(a, o->sql, table)) return 0;
  memset(&uses, 0, sizeof uses);
  all.at = 0;
  all.end = strlen(o->sql);
  mig_find_uses(a, o->sql, all, r->from, &uses);
  if (!uses.n) return 0;
  if (!mig_same(table, r->from) && !mig_names_others(a, c, o, table, r->from)) {
    return mig_replace_uses(a, o->sql, &uses, r->to);
  }
  mig_fail(a, MIGRATE_DEPENDENT,
           "%s %s speaks of %s and of other tables, and this SQLite does not rename a column of "
           "that name: drop it first and make it again",
           o->type, o->name, r->from);
  return 0;
}

static char *mig_renamed_index(mig_arena *a, const char *sql, const mig_rename *r) {
  mig_uses uses;
  mig_index x;
  memset(&uses, 0, sizeof uses);
  if (mig_parse_index(a, sql, &x)) return 0;
  mig_find_uses(a, sql, x.list, r->from, &uses);
  mig_find_uses(a, sql, x.where, r->from, &uses);
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

/* The text of a table, the one with the column or a child of it. */
static char *mig_renamed_table(mig_arena *a, const char *sql, const char *table,
                               const mig_rename *r) {
  mig_uses uses;
  mig_table t;
  int i, k;
  if (mig_parse_table(a, sql, &t)) return 0;
  if (mig_same(t.name, table)) {
    return mig_rename_column_text(a, &t, mig_find_column(&t, r->from), r->to);
  }
  memset(&uses, 0, sizeof uses);
  for (i = 0; i < t.nconstraint; i++) {
    const mig_constraint *c = &t.constraints[i];
    for (k = 0; k < c->nparent && mig_same(c->parent, table); k++) {
      if (mig_same(c->parent_keys[k].name, r->from)) {
        mig_add_use(a, &uses, c->parent_keys[k].name_span);
      }
    }
  }
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

static char *mig_renamed_object(migrate *m, const mig_catalog *c, const mig_object *o,
                                const char *table, const mig_rename *r) {
  if (!o->sql || !mig_mentions(o->sql, r->from) || mig_is_virtual(o)) return 0;
  if (mig_is_type(o, "table")) return mig_renamed_table(&m->work, o->sql, table, r);
  if (!mig_is_type(o, "index")) return mig_renamed_speaker(m, c, o, table, r);
  return mig_same(o->table, table) ? mig_renamed_index(&m->work, o->sql, r) : 0;
}

/* ---- many renames ---- */

static const char mig_why_many[] =
    "many changes: SQLite's own would read the whole schema each time";

static int mig_has_speakers(mig_catalog *c, const char *table) {
  const mig_mention *x;
  for (x = mig_next_mention(c, table, 0); x; x = mig_next_mention(c, table, x)) {
    if (!mig_is_type(x->object, "table")) return 1;
  }
  return 0;
}

/* May the texts be edited here, as SQLite would? Only where no view and no trigger could mean the
** column, and no string in double quotes could come to mean it. */
static int mig_rename_is_plain(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *table = t->object->name;
  mig_object *o = 0;
  if (mig_is_plain(m) || mig_has_speakers(t->catalog, table)) return 0;
  if (t->temp != t->catalog && mig_has_speakers(t->temp, table)) return 0;
  while ((o = mig_objects_of(t->catalog, table, o)) != 0) {
    if (o->sql && mig_mentions_token(&m->work, o->sql, r->to)) return 0;
  }
  return !mig_failed(&m->work);
}

static mig_lowering mig_begin_renames(migrate *m, const mig_target *t, mig_statements *list) {
  mig_lowering l;
  memset(list, 0, sizeof *list);
  memset(&l, 0, sizeof l);
  list->a = l.a = &m->work;
  list->strategy = "schema edit";
  l.out = list;
  l.schema = t->catalog->schema;
  return l;
}

static void mig_rename_by_edits(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *table = t->object->name;
  const mig_mention *x;
  mig_object *o = 0;
  mig_statements list;
  mig_lowering l = mig_begin_renames(m, t, &list);
  while ((o = mig_objects_of(t->catalog, table, o)) != 0 && !mig_failed(l.a)) {
    char *sql = mig_renamed_object(m, t->catalog, o, table, r);
    if (sql) mig_emit_text_edit(&l, o, sql, mig_why_many);
  }
  for (x = mig_next_mention(t->catalog, table, 0); x && !mig_failed(l.a);
       x = mig_next_mention(t->catalog, table, x)) {
    char *sql = mig_same(x->object->name, table)
                    ? 0
                    : mig_renamed_object(m, t->catalog, x->object, table, r);
    if (sql) mig_emit_text_edit(&l, x->object, sql, mig_why_many);
  }
  mig_sink_list(m, &list);
}

/* ---- many renames of tables ---- */

/* SQLite writes the new name in double quotes wherever it puts it. */
static char *mig_put_new_name(mig_arena *a, const char *sql, const mig_uses *uses,
                              const char *name) {
  mig_text z;
  size_t done = 0;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < uses->n; i++) {
    mig_putn(&z, sql + done, uses->v[i].at - done);
    mig_put_name(&z, name);
    done = uses->v[i].end;
  }
  mig_put(&z, sql + done);
  return mig_failed(a) ? 0 : z.z;
}

/* Where the text of a table, an index or a child speaks of the table; 0 where that is not wholly
** known, as with a column of the same name, which may as well be the table before a point. */
static int mig_table_uses(mig_arena *a, const mig_object *o, const char *table, mig_uses *uses) {
  size_t n = strlen(o->sql);
  int own = mig_same(o->table, table), names = 0, i;
  mig_token k;
  memset(uses, 0, sizeof *uses);
  if (mig_is_type(o, "index")) {
    mig_index x;
    if (mig_parse_index(a, o->sql, &x)) return 0;
    mig_add_use(a, uses, x.table_span);
  } else {
    mig_table t;
    if (mig_parse_table(a, o->sql, &t)) return 0;
    if (own) mig_add_use(a, uses, t.name_span);
    for (i = 0; i < t.nconstraint; i++) {
      const mig_constraint *c = &t.constraints[i];
      if (c->kind != MIG_FOREIGN_KEY || !mig_same(c->parent, table)) continue;
      mig_add_use(a, uses, c->parent_span);
    }
  }
  for (k = mig_next_significant(o->sql, n, 0); own && k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(o->sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    names += mig_token_names(a, o->sql, k, table);
  }
  return !mig_failed(a) && (!own || names == uses->n);
}

/* Does anything besides tables' keys speak of the table, or hold its name in rows? */
static int mig_table_is_plain(migrate *m, const mig_target *t, const char *name) {
  static const char *const holders[] = {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"};
  const mig_catalog *c = t->catalog;
  int i;
  if (mig_is_plain(m) || c->has_virtual || !*name || mig_same(name, t->object->name)) return 0;
  if (mig_has_name_prefix(name, "sqlite_")) return 0;
  for (i = 0; i < 3; i++) {
    if (mig_catalog_table(c, holders[i])) return 0;
  }
  if (mig_has_speakers(t->catalog, t->object->name)) return 0;
  if (t->temp == t->catalog) return 1;
  return !mig_has_speakers(t->temp, t->object->name) && !mig_catalog_table(t->temp, name) &&
         !mig_catalog_table(t->temp, t->object->name);
}

/* Emits the edit of one object; 0 where it speaks of the table in a way that only SQLite
** understands. */
static int mig_emit_table_name(mig_lowering *l, mig_object *o, const char *from, const char *to) {
  int own = mig_same(o->table, from);
  mig_statement *s;
  mig_uses uses;
  char *sql = 0;
  if (o->sql) {
    if (!mig_table_uses(l->a, o, from, &uses)) return 0;
    if (!uses.n) return 1;
    sql = mig_put_new_name(l->a, o->sql, &uses, to);
  }
  s = mig_emit_edit(l, "", mig_why_many);
  if (!s) return 0;
  s->object = o;
  s->text = sql;
  if (!own) return 1;
  s->table = to;
  s->name = mig_is_type(o, "table") ? to : o->name;
  if (!o->sql) { /* sqlite_autoindex_TABLE_1 */
    s->name = mig_format(l->a, "sqlite_autoindex_%s%s", to, o->name + 17 + strlen(from));
  }
  return 1;
}

/* RENAME TO by edits of the texts and names that SQLite's own would write; 0, and nothing done,
** where something speaks of the table that only SQLite understands. */
static int mig_rename_table_by_edits(migrate *m, const mig_target *t, const char *to) {
  const char *from = t->object->name;
  const mig_mention *x;
  mig_object *o = 0;
  mig_statements list;
  mig_lowering l;
  if (!m->many || !mig_table_is_plain(m, t, to)) return 0;
  l = mig_begin_renames(m, t, &list);
  while ((o = mig_objects_of(t->catalog, from, o)) != 0) {
    if (!mig_emit_table_name(&l, o, from, to)) return 0;
  }
  for (x = mig_next_mention(t->catalog, from, 0); x && !mig_failed(l.a);
       x = mig_next_mention(t->catalog, from, x)) {
    if (mig_same(x->object->table, from)) continue;
    if (!mig_emit_table_name(&l, x->object, from, to)) return 0;
  }
  mig_sink_list(m, &list);
  return 1;
}

/* ---- the upsert in a trigger that SQLite's own RENAME TO mistakes ---- */

/* It writes the table's new name over `excluded`, which then means the row that is there. The new
** text with that put right; NULL: it is right. */
static char *mig_with_excluded(mig_arena *a, const char *old, const char *now) {
  size_t n = strlen(old), done = 0;
  mig_token x = mig_next_significant(old, n, 0), y = mig_next_significant(now, strlen(now), 0), dot;
  mig_text z;
  mig_text_init(&z, a);
  for (; x.type != MIG_TK_END && y.type != MIG_TK_END && !mig_failed(a); x = dot) {
    dot = mig_next_significant(old, n, x.end);
    if (mig_token_names(a, old, x, "excluded") && mig_token_op(old, dot, ".") &&
        !mig_token_names(a, now, y, "excluded")) {
      mig_putn(&z, now + done, y.at - done);
      mig_putn(&z, old + x.at, x.end - x.at);
      done = y.end;
    }
    y = mig_next_significant(now, strlen(now), y.end);
  }
  if (!done) return 0;
  mig_put(&z, now + done);
  return mig_failed(a) ? 0 : z.z;
}

/* Gives the triggers of one database their excluded back: `before` was read ahead of the rename. */
static void mig_restore_excluded(migrate *m, const mig_catalog *before) {
  mig_catalog *c = mig_read_catalog(m, before->schema);
  unsigned char *wrong = c ? (unsigned char *)mig_alloc(&m->work, (size_t)c->n + 1) : 0;
  int i, k;
  for (i = 0; wrong && i < c->n && !mig_failed(&m->work); i++) {
    mig_object *now = &c->v[i];
    const mig_object *old = mig_is_type(now, "trigger") ? mig_by_rowid(before, now) : 0;
    char *sql = old && mig_mentions(old->sql, "excluded")
                    ? mig_with_excluded(&m->work, old->sql, now->sql)
                    : 0;
    if (!sql) continue;
    wrong[i] = 1;
    if (mig_is_plain(m)) now->sql = sql;
    else mig_run_text(m, c->schema, now->rowid, sql, "SQLite took excluded for the table");
  }
  for (i = 0; wrong && mig_is_plain(m) && i < c->n && !mig_failed(&m->work); i++) {
    const char *table = c->v[i].table;
    for (k = 0; k < i && !(wrong[k] && mig_same(c->v[k].table, table)); k++) {}
    if (wrong[i] && k == i) mig_remake_triggers(m, c, c, table, "", "");
  }
}

static void mig_rename_in_catalog(migrate *m, const mig_target *t, const mig_catalog *c,
                                  const mig_rename *r) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    char *sql;
    if (c != t->catalog && (mig_is_type(o, "table") || mig_is_type(o, "index"))) continue;
    sql = mig_renamed_object(m, c, o, t->object->name, r);
    if (!sql) continue;
    mig_run_text(m, c->schema, o->rowid, sql,
                 "SQLite's own refuses a column that is called like the rowid");
  }
}

/* Of TEMP objects only views and triggers speak of a table in another database, and those not where
** the TEMP database has one of that name. */
static void mig_rename_by_text(migrate *m, const mig_target *t, const mig_rename *r) {
  mig_rename_in_catalog(m, t, t->catalog, r);
  if (t->temp != t->catalog && !mig_catalog_table(t->temp, t->object->name)) {
    mig_rename_in_catalog(m, t, t->temp, r);
  }
  mig_flush(m);
}

/* ---- a key that SQLite's own RENAME COLUMN gets wrong ---- */

/* The INTEGER PRIMARY KEY of a WITHOUT ROWID table, where UNIQUE uses it, too. */
static int mig_is_half_renamed(const mig_table *t, const char *column) {
  int i;
  if (!t->without_rowid || t->rowid_column < 0) return 0;
  if (!mig_same(t->columns[t->rowid_column].name, column)) return 0;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_UNIQUE && c->column < 0 && mig_keys_use(c, column)) return 1;
  }
  return 0;
}

/* The same table with a key that is not INTEGER by name, behind all other constraints: there its
** b-tree has the number that it has as an INTEGER PRIMARY KEY. */
static char *mig_with_plain_key(mig_arena *a, const mig_table *t) {
  const mig_constraint *k = mig_primary_key(t);
  const char *key = mig_format(a, "PRIMARY KEY(\"%w\"%s)", k->keys[0].name,
                               k->keys[0].desc ? " DESC" : "");
  int column = k->column;
  mig_table now;
  char *sql = column < 0 ? mig_delete_item(a, t, mig_item_of(t, t->primary_key))
                         : mig_delete_words(a, t->sql, k->span);
  if (!sql || mig_parse_table(a, sql, &now)) return 0;
  sql = mig_splice(a, now.sql, now.columns[t->rowid_column].type, "INT");
  if (!sql || mig_parse_table(a, sql, &now)) return 0;
  return mig_insert_item(a, &now, mig_list_items(a, &now).n - 1, key);
}

/* ---- generated columns, where SQLite's own RENAME COLUMN mistakes them ---- */

/* The number by which SQLite knows a column in an expression: the rowid's alias has none. */
static int mig_column_number(const mig_table *t, int column) {
  return column == mig_alias(t) ? -1 : column;
}

/* The text of another table with each generated expression that uses its own column of that number
** put out of the way; NULL where there is none. */
static char *mig_without_generated(mig_arena *a, const char *sql, int number) {
  mig_table t;
  int i, k, uses;
  char *text = 0;
  if (!sql || !mig_mentions(sql, "as") || mig_parse_table(a, sql, &t)) return 0;
  for (i = t.nconstraint - 1; i >= 0 && !mig_failed(a); i--) {
    const mig_constraint *g = &t.constraints[i];
    if (g->kind != MIG_GENERATED) continue;
    for (k = uses = 0; k < t.ncolumn && !uses; k++) {
      uses = mig_column_number(&t, k) == number &&
             mig_span_uses(a, sql, g->expr, t.columns[k].name);
    }
    if (uses) text = mig_splice(a, text ? text : sql, g->expr, "NULL");
  }
  return text;
}

/* SQLite before 3.35 (3.31.1 was seen to) renames in the generated columns of every table of the
** database what has the column's number there, whatever that is called. For the time of the rename
** such expressions are NULL. Returns the objects whose text changed, as they were; ends at one
** without a text. */
static mig_object *mig_hide_generated(migrate *m, const mig_target *t, const char *column) {
  mig_arena *a = &m->work;
  mig_object *hidden = 0;
  mig_table own;
  int i, number, n = 0, cap = 0;
  if (sqlite3_libversion_number() >= 3035000) return 0;
  if (mig_parse_table(a, t->object->sql, &own)) return 0;
  number = mig_column_number(&own, mig_find_column(&own, column));
  for (i = 0; i < t->catalog->n && !mig_failed(a); i++) {
    mig_object *o = &t->catalog->v[i];
    char *sql = 0;
    if (o != t->object && mig_is_type(o, "table") && !mig_is_virtual(o)) {
      sql = mig_without_generated(a, o->sql, number);
    }
    if (!sql) continue;
    if (mig_is_plain(m)) {
      mig_fail(a, MIGRATE_UNSUPPORTED,
               "this SQLite would rename a column that generated columns of %s use, too, and "
               "without an edit of the schema nothing keeps it from that: rebuild = auto does",
               o->name);
      return 0;
    }
    hidden = (mig_object *)mig_grow(a, hidden, n + 1, &cap, sizeof *hidden);
    if (mig_failed(a)) return 0;
    hidden[n++] = *o;
    hidden[n].sql = 0;
    mig_run_text(m, t->catalog->schema, o->rowid, sql,
                 "SQLite before 3.35 takes its generated columns for the renamed one");
  }
  return hidden;
}

/* The texts again, their foreign keys with the new name. */
static void mig_show_generated(migrate *m, const mig_target *t, const mig_rename *r,
                               const mig_object *hidden) {
  for (; hidden && hidden->sql && !mig_failed(&m->work); hidden++) {
    char *sql = mig_renamed_table(&m->work, hidden->sql, t->object->name, r);
    mig_run_text(m, t->catalog->schema, hidden->rowid, sql ? sql : hidden->sql,
                 "its generated columns are as they were");
  }
}
