/* Holds the model of a table or an index against what SQLite says about it, and the model's spans
** against the text. Each check returns NULL, or the first difference as text for sqlite3_free(). */
#ifndef DDL_CHECK_H
#define DDL_CHECK_H

#include <stdlib.h>

/* The first column of the first row, for sqlite3_free(); NULL where there is none or it is NULL. */
static char *ddl_value(sqlite3 *db, const char *format, ...) {
  va_list args;
  char *sql, *value = 0;
  sqlite3_stmt *s = 0;
  va_start(args, format);
  sql = sqlite3_vmprintf(format, args);
  va_end(args);
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
      sqlite3_column_text(s, 0)) {
    value = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return value;
}

static int ddl_same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* What DEFAULT means, as table_xinfo tells it: the value without its outer parentheses. */
static char *ddl_default(const mig_table *t, const mig_column *c) {
  size_t at, end;
  int i, found = -1;
  for (i = c->first; i < c->first + c->count; i++) {
    if (t->constraints[i].kind == MIG_DEFAULT) found = i;
  }
  if (found < 0) return 0;
  at = t->constraints[found].expr.at;
  end = t->constraints[found].expr.end;
  if (t->sql[at] == '(') {
    at++;
    end--;
    while (at < end && mig_is_space((unsigned char)t->sql[at])) at++;
    while (at < end && mig_is_space((unsigned char)t->sql[end - 1])) end--;
  }
  return sqlite3_mprintf("%.*s", (int)(end - at), t->sql + at);
}

static const char *ddl_collation(const mig_table *t, const mig_key *k) {
  int column = mig_find_column(t, k->name);
  const char *collate = k->collate;
  if (!collate && column >= 0) collate = t->columns[column].collation;
  return collate ? collate : "BINARY";
}

static int ddl_same_key(const mig_table *t, const mig_key *a, const mig_key *b) {
  return mig_same(a->name, b->name) && mig_same(ddl_collation(t, a), ddl_collation(t, b));
}

/* The place of a column in the primary key, from 1; 0: not in it. A WITHOUT ROWID table does not
** count columns that are named again. */
static int ddl_key_place(const mig_table *t, int column) {
  const mig_constraint *p;
  int i, k, place = 0;
  if (t->primary_key < 0) return 0;
  p = &t->constraints[t->primary_key];
  for (i = 0; i < p->nkey; i++) {
    for (k = 0; k < i && !(t->without_rowid && ddl_same_key(t, &p->keys[k], &p->keys[i])); k++) {}
    if (k == i) place++;
    if (mig_find_column(t, p->keys[i].name) == column) return place;
  }
  return 0;
}

/* Before 3.37 SQLite left GENERATED ALWAYS in the type, and read quotes in it in another way: the
** model has the newer understanding. */
static int ddl_old_type(const mig_table *t, const mig_column *c) {
  mig_token k = mig_next_significant(t->sql, t->nsql, c->type.end);
  if (sqlite3_libversion_number() >= 3037000) return 0;
  return mig_is_quote((unsigned char)t->sql[c->type.at]) ||
         mig_type_end(t->sql, c->type) != c->type.end || mig_token_is(t->sql, k, "GENERATED") ||
         mig_token_is(t->sql, k, "ALWAYS");
}

static char *ddl_check_column(const mig_table *t, int i, sqlite3_stmt *s) {
  const mig_column *c = &t->columns[i];
  char *value = ddl_default(t, c);
  const char *name = (const char *)sqlite3_column_text(s, 1);
  const char *type = (const char *)sqlite3_column_text(s, 2);
  int hidden = c->generated ? c->stored ? 3 : 2 : 0;
  char *bad = 0;
  if (!ddl_same(name, c->name)) {
    bad = sqlite3_mprintf("column %d is %s, read as %s", i, name, c->name);
  } else if (!ddl_old_type(t, c) && sqlite3_stricmp(type, c->type_name) != 0) {
    bad = sqlite3_mprintf("type of %s is '%s', read as '%s'", name, type, c->type_name);
  } else if (sqlite3_column_int(s, 3) != c->not_null) {
    bad = sqlite3_mprintf("notnull of %s, read as %d", name, c->not_null);
  } else if (!c->generated && !ddl_same((const char *)sqlite3_column_text(s, 4), value)) {
    bad = sqlite3_mprintf("default of %s is %s, read as %s", name, sqlite3_column_text(s, 4),
                          value);
  } else if (sqlite3_column_int(s, 5) != ddl_key_place(t, i)) {
    bad = sqlite3_mprintf("pk of %s is %d, read as %d", name, sqlite3_column_int(s, 5),
                          ddl_key_place(t, i));
  } else if (sqlite3_column_int(s, 6) != hidden) {
    bad = sqlite3_mprintf("hidden of %s is %d, read as %d", name, sqlite3_column_int(s, 6), hidden);
  } else if (c->hidden_key != (ddl_key_place(t, i) > 0)) {
    bad = sqlite3_mprintf("hidden_key of %s is %d", name, c->hidden_key);
  }
  sqlite3_free(value);
  return bad;
}

static char *ddl_check_columns(sqlite3 *db, const mig_table *t, const char *schema) {
  char *sql = sqlite3_mprintf("PRAGMA \"%w\".table_xinfo(\"%w\")", schema, t->name), *bad = 0;
  sqlite3_stmt *s = 0;
  int i = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (!bad && sqlite3_step(s) == SQLITE_ROW) {
    if (i < t->ncolumn) bad = ddl_check_column(t, i, s);
    i++;
  }
  if (!bad && i != t->ncolumn) bad = sqlite3_mprintf("%d columns, read as %d", i, t->ncolumn);
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return bad;
}

/* Affinities show in the types that CREATE TABLE AS SELECT gives. */
static char *ddl_check_affinities(sqlite3 *db, const mig_table *t, const char *schema) {
  char *sql = sqlite3_mprintf("CREATE TEMP TABLE ddl_as AS SELECT * FROM \"%w\".\"%w\" LIMIT 0",
                              schema, t->name);
  char *bad = 0;
  sqlite3_stmt *s = 0;
  int i = 0;
  if (sqlite3_exec(db, sql, 0, 0, 0) == SQLITE_OK) {
    sqlite3_prepare_v2(db, "PRAGMA temp.table_xinfo(ddl_as)", -1, &s, 0);
    while (!bad && sqlite3_step(s) == SQLITE_ROW && i < t->ncolumn) {
      static const char *const types[] = {"", "TEXT", "NUM", "INT", "REAL"};
      const char *type = (const char *)sqlite3_column_text(s, 2);
      int affinity = t->columns[i].affinity;
      if (sqlite3_stricmp(type, "BLOB") == 0) type = "";
      if (!ddl_old_type(t, &t->columns[i]) &&
          sqlite3_stricmp(type, types[affinity - MIG_BLOB]) != 0) {
        bad = sqlite3_mprintf("affinity of %s is %s, read as %c", t->columns[i].name, type,
                              affinity);
      }
      i++;
    }
    sqlite3_finalize(s);
    sqlite3_exec(db, "DROP TABLE temp.ddl_as", 0, 0, 0);
  } else if (sqlite3_errcode(db) == SQLITE_ERROR && strstr(sqlite3_errmsg(db), "ddl_as")) {
    bad = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
  sqlite3_free(sql);
  return bad;
}

static int ddl_compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts n texts, joins them with newlines and frees them. */
static char *ddl_join(char **v, int n) {
  sqlite3_str *out = sqlite3_str_new(0);
  int i;
  if (n) qsort(v, (size_t)n, sizeof *v, ddl_compare);
  for (i = 0; i < n; i++) {
    sqlite3_str_appendf(out, "%s\n", v[i]);
    sqlite3_free(v[i]);
  }
  free(v);
  return sqlite3_str_finish(out);
}

/* One automatic index as text: with the order flags as SQLite has it, without them what tells it
** from the others, before a WITHOUT ROWID table leaves out columns that are named again. */
static char *ddl_auto_text(const mig_table *t, const mig_constraint *c, int order) {
  sqlite3_str *out = sqlite3_str_new(0);
  int i, k;
  for (i = 0; i < c->nkey; i++) {
    int column = mig_find_column(t, c->keys[i].name);
    if (column < 0) continue;
    if (order && t->without_rowid && c->kind == MIG_PRIMARY_KEY) {
      for (k = 0; k < i && !ddl_same_key(t, &c->keys[k], &c->keys[i]); k++) {}
      if (k < i) continue;
    }
    sqlite3_str_appendf(out, "%s %s", t->columns[column].name, ddl_collation(t, &c->keys[i]));
    sqlite3_str_appendf(out, order && c->keys[i].desc ? " 1," : order ? " 0," : ",");
  }
  if (sqlite3_str_length(out) == 0) sqlite3_str_appendf(out, "(none)");
  return sqlite3_str_finish(out);
}

/* The automatic indexes that follow from the model. An INTEGER PRIMARY KEY has one in a table
** WITHOUT ROWID alone, made behind the others. A key that is there already gets no index. */
static char *ddl_model_autos(const mig_table *t) {
  char **keys = (char **)calloc((size_t)t->nconstraint + 1, sizeof(char *));
  char **rows = (char **)calloc((size_t)t->nconstraint + 1, sizeof(char *));
  int *pk = (int *)calloc((size_t)t->nconstraint + 1, sizeof(int));
  int n = 0, i, k, pass;
  for (pass = 0; pass < 2; pass++) {
    for (i = 0; i < t->nconstraint; i++) {
      const mig_constraint *c = &t->constraints[i];
      int alias = c->kind == MIG_PRIMARY_KEY && t->rowid_column >= 0;
      char *key;
      if ((c->kind != MIG_UNIQUE && c->kind != MIG_PRIMARY_KEY) || alias != pass) continue;
      if (alias && !t->without_rowid) continue;
      key = ddl_auto_text(t, c, 0);
      for (k = 0; k < n && sqlite3_stricmp(keys[k], key) != 0; k++) {}
      if (k < n) {
        sqlite3_free(key);
      } else {
        keys[n] = key;
        rows[n++] = ddl_auto_text(t, c, 1);
      }
      if (c->kind == MIG_PRIMARY_KEY) pk[k] = 1;
    }
  }
  for (i = 0; i < n; i++) {
    char *row = sqlite3_mprintf("%s:%s", pk[i] ? "pk" : "u", rows[i]);
    sqlite3_free(rows[i]);
    sqlite3_free(keys[i]);
    rows[i] = row;
  }
  free(keys);
  free(pk);
  return ddl_join(rows, n);
}

/* Runs a query of one column and gives its rows back sorted, a line each. */
static char *ddl_rows(sqlite3 *db, char *sql) {
  sqlite3_stmt *s = 0;
  char **v = 0;
  int n = 0;
  sqlite3_prepare_v2(db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    v = (char **)realloc(v, (size_t)(n + 1) * sizeof *v);
    v[n++] = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return ddl_join(v, n);
}

static char *ddl_check_autos(sqlite3 *db, const mig_table *t, const char *schema) {
  char *is = ddl_rows(db, sqlite3_mprintf(
      "SELECT origin || ':' ||"
      " (SELECT group_concat(name || ' ' || coll || ' ' || \"desc\" || ',', '')"
      " FROM pragma_index_xinfo(l.name, %Q) WHERE key) FROM pragma_index_list(%Q, %Q) l"
      " WHERE origin <> 'c'", schema, t->name, schema));
  char *read = ddl_model_autos(t), *bad = 0;
  int i, old = 0;
  for (i = 0; i < t->ncolumn; i++) {
    if (t->columns[i].hidden_key && ddl_old_type(t, &t->columns[i])) old = 1;
  }
  if (!old && sqlite3_stricmp(is ? is : "", read ? read : "") != 0) {
    bad = sqlite3_mprintf("automatic indexes are\n%s, read as\n%s", is, read);
  }
  sqlite3_free(is);
  sqlite3_free(read);
  return bad;
}

static char *ddl_model_keys(const mig_table *t) {
  sqlite3_str *out = sqlite3_str_new(0);
  int i, k, id = 0;
  for (i = t->nconstraint - 1; i >= 0; i--) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind != MIG_FOREIGN_KEY) continue;
    for (k = 0; k < c->nkey; k++) {
      int from = mig_find_column(t, c->keys[k].name);
      sqlite3_str_appendf(out, "%d %d %s %s>%s %s %s\n", id, k, c->parent,
                          from >= 0 ? t->columns[from].name : "?",
                          c->nparent ? c->parent_keys[k].name : "-", c->on_update, c->on_delete);
    }
    id++;
  }
  return sqlite3_str_finish(out);
}

static char *ddl_check_foreign_keys(sqlite3 *db, const mig_table *t, const char *schema) {
  char *is = ddl_value(db,
      "SELECT group_concat(id || ' ' || seq || ' ' || \"table\" || ' ' || \"from\" || '>' ||"
      " ifnull(\"to\", '-') || ' ' || on_update || ' ' || on_delete || char(10), '')"
      " FROM pragma_foreign_key_list(%Q, %Q)", t->name, schema);
  char *read = ddl_model_keys(t), *bad = 0;
  if (!ddl_same(is, read)) bad = sqlite3_mprintf("foreign keys are\n%s, read as\n%s", is, read);
  sqlite3_free(is);
  sqlite3_free(read);
  return bad;
}

/* STRICT, WITHOUT ROWID and AUTOINCREMENT, where this SQLite tells. */
static char *ddl_check_options(sqlite3 *db, const mig_table *t, const char *schema) {
  char *is, *bad = 0;
  if (sqlite3_libversion_number() < 3037000) return 0;
  is = ddl_value(db, "SELECT wr || strict FROM pragma_table_list WHERE schema = %Q AND name = %Q",
                 schema, t->name);
  if (is && (is[0] - '0' != t->without_rowid || is[1] - '0' != t->strict)) {
    bad = sqlite3_mprintf("options are %s, read as %d%d", is, t->without_rowid, t->strict);
  }
  sqlite3_free(is);
  return bad;
}

/* --- spans --------------------------------------------------------------------------------- */

typedef struct ddl_spans {
  const mig_table *t;
  char *edge; /* 1 where a token begins or ends */
  const char *bad;
} ddl_spans;

static void ddl_inside(ddl_spans *d, mig_span s, size_t from, size_t to, const char *what) {
  if (d->bad || mig_span_empty(s)) return;
  if (s.at > s.end || s.at < from || s.end > to || !d->edge[s.at] || !d->edge[s.end]) d->bad = what;
}

static void ddl_check_keys(ddl_spans *d, const mig_key *keys, int n, mig_span in) {
  size_t from = in.at;
  int i;
  for (i = 0; i < n; i++) {
    if (mig_span_empty(keys[i].span)) continue;
    ddl_inside(d, keys[i].span, from, in.end, "key");
    ddl_inside(d, keys[i].expr, keys[i].span.at, keys[i].span.end, "key without order");
    ddl_inside(d, keys[i].name_span, keys[i].expr.at, keys[i].expr.end, "name of a key");
    from = keys[i].span.end;
  }
}

static void ddl_check_constraint(ddl_spans *d, const mig_constraint *c, size_t from, size_t to) {
  mig_span body = c->body;
  ddl_inside(d, c->span, from, to, "constraint");
  ddl_inside(d, body, c->span.at, c->span.end, "body of a constraint");
  ddl_inside(d, c->name_span, c->span.at, c->kind == MIG_BARE_NAME ? c->span.end : body.at, "name");
  ddl_inside(d, c->expr, body.at, body.end, "expression");
  ddl_inside(d, c->conflict, body.at, body.end, "conflict clause");
  ddl_inside(d, c->list, body.at, body.end, "column list");
  ddl_inside(d, c->parent_span, body.at, body.end, "parent");
  ddl_inside(d, c->actions, body.at, body.end, "actions");
  ddl_inside(d, c->autoincrement_span, body.at, body.end, "autoincrement");
  ddl_check_keys(d, c->keys, c->nkey, c->list);
  ddl_check_keys(d, c->parent_keys, c->nparent, body);
  if (mig_span_empty(c->span) || c->span.end != body.end) d->bad = "end of a constraint";
}

/* Only commas may stand between two items, and nothing between the pieces of a column. */
static void ddl_gap(ddl_spans *d, size_t from, size_t to, const char *allowed) {
  mig_token k = mig_next_significant(d->t->sql, to, from);
  for (; k.type != MIG_TK_END && !d->bad; k = mig_next_significant(d->t->sql, to, k.end)) {
    if (!mig_token_op(d->t->sql, k, allowed)) d->bad = "a token in no span";
  }
}

static void ddl_check_column_spans(ddl_spans *d, const mig_column *c) {
  const mig_table *t = d->t;
  size_t from = c->name_span.end;
  int i;
  ddl_inside(d, c->name_span, c->span.at, c->span.end, "name of a column");
  ddl_inside(d, c->type, from, c->span.end, "type");
  if (!mig_span_empty(c->type)) {
    ddl_gap(d, from, c->type.at, "");
    from = c->type.end;
  }
  for (i = c->first; i < c->first + c->count && !d->bad; i++) {
    ddl_gap(d, from, t->constraints[i].span.at, "");
    ddl_check_constraint(d, &t->constraints[i], from, c->span.end);
    from = t->constraints[i].span.end;
  }
  if (from != c->span.end && !d->bad) d->bad = "end of a column";
}

static char *ddl_check_spans(const mig_table *t) {
  ddl_spans d;
  size_t from = t->open + 1;
  mig_token k;
  int i;
  d.t = t;
  d.bad = 0;
  d.edge = (char *)calloc(t->nsql + 1, 1);
  d.edge[0] = 1;
  for (k = mig_next_token(t->sql, t->nsql, 0); k.type != MIG_TK_END;
       k = mig_next_token(t->sql, t->nsql, k.end)) {
    d.edge[k.end] = 1;
  }
  ddl_inside(&d, t->name_span, 0, t->open, "name");
  for (i = 0; i < t->ncolumn && !d.bad; i++) {
    ddl_gap(&d, from, t->columns[i].span.at, ",");
    ddl_inside(&d, t->columns[i].span, from, t->close, "column");
    if (!d.bad) ddl_check_column_spans(&d, &t->columns[i]);
    from = t->columns[i].span.end;
  }
  for (i = 0; i < t->nconstraint && !d.bad; i++) {
    if (t->constraints[i].column >= 0) continue;
    ddl_gap(&d, from, t->constraints[i].span.at, ",");
    ddl_check_constraint(&d, &t->constraints[i], from, t->close);
    from = t->constraints[i].span.end;
  }
  ddl_gap(&d, from, t->close, ",");
  ddl_inside(&d, t->strict_span, t->close + 1, t->nsql, "STRICT");
  ddl_inside(&d, t->without_rowid_span, t->close + 1, t->nsql, "WITHOUT ROWID");
  if (t->sql[t->open] != '(' || t->sql[t->close] != ')') d.bad = "parentheses";
  free(d.edge);
  return d.bad ? sqlite3_mprintf("span: %s", d.bad) : 0;
}

/* --- edits --------------------------------------------------------------------------------- */

/* Reads the text with a span replaced; returns what is wrong when the constraints are not those of
** t without number `gone` (a column's, cut out) or with a CHECK in its place (a table's). */
static char *ddl_check_edit(const mig_table *t, int gone) {
  const mig_constraint *c = &t->constraints[gone];
  char *text = sqlite3_mprintf("%.*s%s%s", (int)c->span.at, t->sql, c->column < 0 ? "CHECK(1)" : "",
                               t->sql + c->span.end);
  char *bad = 0;
  mig_fault fault;
  mig_arena a;
  mig_table now;
  int i, k = 0;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (gone && c[-1].kind == MIG_BARE_NAME) { /* its name would go to what follows */
    sqlite3_free(text);
    return 0;
  }
  if (mig_parse_table(&a, text, &now)) {
    bad = sqlite3_mprintf("%s\nafter the edit\n%s", mig_fault_text(&fault), text);
  }
  for (i = 0; i < t->nconstraint && !bad; i++) {
    int kind = t->constraints[i].kind;
    if (i == gone && c->column >= 0) continue;
    if (i == gone) kind = MIG_CHECK;
    if (k >= now.nconstraint || now.constraints[k].kind != kind) {
      bad = sqlite3_mprintf("constraint %d is another after the edit\n%s", i, text);
    }
    k++;
  }
  if (!bad && (k != now.nconstraint || now.ncolumn != t->ncolumn)) {
    bad = sqlite3_mprintf("more constraints after the edit\n%s", text);
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  sqlite3_free(text);
  return bad;
}

/* The type of column i replaced, or put in where there was none. */
static char *ddl_check_type_edit(const mig_table *t, int i) {
  const mig_column *c = &t->columns[i];
  size_t at = mig_span_empty(c->type) ? c->name_span.end : c->type.at;
  size_t end = mig_span_empty(c->type) ? c->name_span.end : c->type.end;
  char *text = sqlite3_mprintf("%.*s \"odd type\"%s", (int)at, t->sql, t->sql + end), *bad = 0;
  mig_fault fault;
  mig_arena a;
  mig_table now;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (mig_parse_table(&a, text, &now)) {
    bad = sqlite3_mprintf("%s\nafter the edit\n%s", mig_fault_text(&fault), text);
  } else if (now.nconstraint != t->nconstraint || now.ncolumn != t->ncolumn ||
             strcmp(now.columns[i].type_name, "odd type") != 0) {
    bad = sqlite3_mprintf("another table after the edit\n%s", text);
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  sqlite3_free(text);
  return bad;
}

/* --- all together -------------------------------------------------------------------------- */

/* Reads the CREATE TABLE text of a table as sqlite_master has it and checks everything. */
static char *ddl_check_table(sqlite3 *db, const char *schema, const char *name) {
  char *sql = ddl_value(db,
      "SELECT sql FROM \"%w\".sqlite_master WHERE type = 'table' AND name = %Q", schema, name);
  char *bad = 0;
  mig_fault fault;
  mig_arena a;
  mig_table t;
  int i;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (!sql) return sqlite3_mprintf("no text of %s", name);
  if (mig_parse_table(&a, sql, &t)) bad = sqlite3_mprintf("%s", mig_fault_text(&fault));
  if (!bad && strcmp(t.name, name) != 0) bad = sqlite3_mprintf("name read as %s", t.name);
  if (!bad) bad = ddl_check_columns(db, &t, schema);
  if (!bad) bad = ddl_check_affinities(db, &t, schema);
  if (!bad) bad = ddl_check_autos(db, &t, schema);
  if (!bad) bad = ddl_check_foreign_keys(db, &t, schema);
  if (!bad) bad = ddl_check_options(db, &t, schema);
  if (!bad) bad = ddl_check_spans(&t);
  for (i = 0; !bad && i < t.nconstraint && i < 50; i++) bad = ddl_check_edit(&t, i);
  for (i = 0; !bad && i < t.ncolumn && i < 50; i++) bad = ddl_check_type_edit(&t, i);
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  if (bad) {
    char *both = sqlite3_mprintf("%s\n%s", bad, sql);
    sqlite3_free(bad);
    bad = both;
  }
  sqlite3_free(sql);
  return bad;
}

static char *ddl_model_index(const mig_index *x) {
  sqlite3_str *out = sqlite3_str_new(0);
  int i;
  sqlite3_str_appendf(out, "%s %d %d ", x->table, x->unique, !mig_span_empty(x->where));
  for (i = 0; i < x->nkey; i++) {
    sqlite3_str_appendf(out, "%s %d,", x->keys[i].name ? x->keys[i].name : "-", x->keys[i].desc);
  }
  return sqlite3_str_finish(out);
}

/* Reads the CREATE INDEX text of an index and checks table, terms, order, UNIQUE and WHERE. */
static char *ddl_check_index(sqlite3 *db, const char *name) {
  char *sql = ddl_value(db,
      "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = %Q", name);
  char *is = ddl_value(db,
      "SELECT m.tbl_name || ' ' || \"unique\" || ' ' || partial || ' ' || (SELECT"
      " group_concat(ifnull(name, '-') || ' ' || \"desc\" || ',', '') FROM pragma_index_xinfo(%Q)"
      " WHERE key) FROM sqlite_master m, pragma_index_list(m.tbl_name) l"
      " WHERE m.type = 'index' AND m.name = %Q AND l.name = %Q", name, name, name);
  char *read = 0, *bad = 0;
  mig_fault fault;
  mig_arena a;
  mig_index x;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (mig_parse_index(&a, sql, &x)) {
    bad = sqlite3_mprintf("%s", mig_fault_text(&fault));
  } else {
    read = ddl_model_index(&x);
    if (strcmp(x.name, name) != 0 || !is || sqlite3_stricmp(is, read) != 0) {
      bad = sqlite3_mprintf("index %s is %s, read as %s %s\n%s", name, is, x.name, read, sql);
    }
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  sqlite3_free(sql);
  sqlite3_free(is);
  sqlite3_free(read);
  return bad;
}

#endif
