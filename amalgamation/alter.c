/* Alter: the text of ALTER TABLE, as the ALTER language has it -> operations. Also the other
** statements that SQLite lacks: ALTER INDEX .. RENAME, CREATE OR REPLACE VIEW and TRIGGER. */

static char *mig_text_of(mig_reader *r, mig_span s) { return mig_span_text(r->a, r->z, s); }

/* Does an action, or the statement, end before the next token? */
static int mig_at_action_end(const mig_reader *r) {
  return r->t.type == MIG_TK_END || mig_at_op(r, ",") || mig_at_op(r, ";");
}

/* Takes an expression: all up to the end of the action. */
static mig_span mig_take_expression(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  int depth = 0;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL && !mig_at_op(r, ";")) {
    if (depth == 0 && (mig_at_op(r, ",") || mig_at_op(r, ")"))) break;
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")")) depth--;
    s.end = mig_take(r).end;
  }
  if (depth || mig_span_empty(s) || !mig_at_action_end(r)) mig_refuse(r);
  return s;
}

/* Where the action that the next token belongs to ends: behind its last token. */
static size_t mig_action_end(const mig_reader *r) {
  mig_reader ahead = *r;
  int depth = 0;
  while (ahead.t.type != MIG_TK_END && !mig_at_op(&ahead, ";")) {
    if (depth == 0 && mig_at_op(&ahead, ",")) break;
    if (mig_at_op(&ahead, "(")) depth++;
    if (mig_at_op(&ahead, ")")) depth--;
    mig_take(&ahead);
  }
  return ahead.end;
}

/* A bare FIRST, or AFTER and a name, at the end of a text: a position, never a part of a type. */
typedef struct mig_position_words {
  mig_token word, name; /* word.type is MIG_TK_END when there is none; name: behind AFTER */
  size_t before;        /* where what stands before them ends */
} mig_position_words;

static mig_position_words mig_find_position(const char *z, mig_span s) {
  static const char *const wants[] = {"COLLATE", "CONSTRAINT", "DEFAULT", "MATCH", "REFERENCES", 0};
  mig_position_words p;
  mig_token last[3], k;
  int i;
  for (i = 0; i < 3; i++) last[i] = mig_token_of(MIG_TK_END, s.at, s.at);
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END;
       k = mig_next_significant(z, s.end, k.end)) {
    last[0] = last[1];
    last[1] = last[2];
    last[2] = k;
  }
  p.word = p.name = mig_token_of(MIG_TK_END, s.end, s.end);
  p.before = s.end;
  if (last[0].type != MIG_TK_END && mig_token_is(z, last[1], "AFTER") && mig_is_name(z, last[2])) {
    p.word = last[1];
    p.name = last[2];
    p.before = last[0].end;
  } else if (last[1].type != MIG_TK_END && mig_token_is(z, last[2], "FIRST") &&
             (last[1].type != MIG_TK_WORD || !mig_word_in(z, last[1], wants) ||
              mig_token_is(z, last[0], "SET"))) { /* ON DELETE SET DEFAULT FIRST */
    p.word = last[2];
    p.before = last[1].end;
  }
  return p;
}

static int mig_take_if_exists(mig_reader *r) {
  if (!mig_at_words(r, "IF", "EXISTS")) return 0;
  mig_take(r);
  mig_take(r);
  return 1;
}

static void mig_take_op_name(mig_reader *r, mig_op *op) {
  op->name_at = r->t.at;
  op->name = mig_take_name(r, 0);
}

/* --- ADD ------------------------------------------------------------------------------------- */

/* Lays a table over the text from the next token to `end`, to read a piece of CREATE TABLE. */
static void mig_read_piece(mig_reader *r, mig_table_reader *d, mig_table *t, size_t end) {
  mig_table_init(t, r->z, end);
  mig_table_reader_init(d, r->a, t, r->t.at);
}

static void mig_take_add_column(mig_reader *r, mig_op *op) {
  mig_position_words p;
  mig_table_reader d;
  mig_table t;
  size_t end;
  op->kind = MIG_ADD_COLUMN;
  op->if_not_exists = mig_take_if_not_exists(r);
  end = mig_action_end(r);
  p = mig_find_position(r->z, mig_span_of(r->t.at, end));
  op->name_at = r->t.at;
  mig_read_piece(r, &d, &t, p.before);
  mig_take_column(&d);
  if (d.r.t.type != MIG_TK_END) mig_refuse(&d.r);
  if (mig_failed(r->a)) return;
  op->name = t.columns[0].name;
  op->text = mig_text_of(r, t.columns[0].span);
  op->first = p.word.type != MIG_TK_END && p.name.type == MIG_TK_END;
  if (p.name.type != MIG_TK_END) op->after = mig_dequote(r->a, r->z, p.name);
  mig_reader_init(r, r->a, r->z, r->n, end);
}

static void mig_take_add_constraint(mig_reader *r, mig_op *op) {
  mig_table_reader d;
  mig_table t;
  size_t end = mig_action_end(r);
  op->kind = MIG_ADD_CONSTRAINT;
  op->name_at = r->t.at;
  mig_read_piece(r, &d, &t, end);
  mig_take_constraint(&d);
  if (mig_failed(r->a)) return;
  if (t.nconstraint > 1) { /* CONSTRAINT a CONSTRAINT b .. */
    d.r.t = mig_next_token(r->z, r->n, t.constraints[1].span.at);
    mig_refuse(&d.r);
  }
  if (d.r.t.type != MIG_TK_END || t.constraints[0].kind == MIG_BARE_NAME) mig_refuse(&d.r);
  op->constraint = t.constraints[0].kind;
  op->name = t.constraints[0].name;
  if (op->name) op->name_at = t.constraints[0].name_span.at;
  op->text = mig_text_of(r, t.constraints[0].span);
  mig_reader_init(r, r->a, r->z, r->n, end);
}

/* ADD: CONSTRAINT and the words that open a constraint are reserved, so that a column of such a
** name needs quotes. */
static void mig_take_add(mig_reader *r, mig_op *op) {
  if (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r)) {
    mig_take_add_constraint(r, op);
  } else {
    mig_take_word(r, "COLUMN");
    mig_take_add_column(r, op);
  }
}

/* --- DROP and RENAME ------------------------------------------------------------------------- */

static void mig_take_behaviour(mig_reader *r, mig_op *op) {
  op->cascade = mig_take_word(r, "CASCADE");
  if (!op->cascade) mig_take_word(r, "RESTRICT");
}

static void mig_take_drop(mig_reader *r, mig_op *op) {
  if (mig_take_word(r, "STRICT")) {
    op->kind = MIG_DROP_STRICT;
    op->bare = 1;
    return;
  }
  if (mig_at_words(r, "WITHOUT", "ROWID")) {
    op->kind = MIG_DROP_WITHOUT_ROWID;
    op->bare = 1;
    mig_take(r);
    mig_take(r);
    return;
  }
  op->kind = mig_take_word(r, "CONSTRAINT") ? MIG_DROP_CONSTRAINT : MIG_DROP_COLUMN;
  if (op->kind == MIG_DROP_COLUMN) mig_take_word(r, "COLUMN");
  op->if_exists = mig_take_if_exists(r);
  mig_take_op_name(r, op);
  mig_take_behaviour(r, op);
}

static void mig_take_rename(mig_reader *r, mig_op *op) {
  if (mig_at(r, "TO")) {
    op->kind = MIG_RENAME_TABLE;
    op->name_at = r->t.at;
  } else {
    op->kind = mig_take_word(r, "CONSTRAINT") ? MIG_RENAME_CONSTRAINT : MIG_RENAME_COLUMN;
    if (op->kind == MIG_RENAME_COLUMN) mig_take_word(r, "COLUMN");
    mig_take_op_name(r, op);
  }
  mig_want_word(r, "TO");
  op->to = mig_take_name(r, 0);
}

/* --- ALTER COLUMN ---------------------------------------------------------------------------- */

/* Takes the expression of USING: nobody would bind a value to it. */
static mig_span mig_take_using(mig_reader *r) {
  mig_span s = mig_take_expression(r);
  mig_token k = mig_next_significant(r->z, s.end, s.at);
  for (; k.type != MIG_TK_END && !mig_failed(r->a); k = mig_next_significant(r->z, s.end, k.end)) {
    if (k.type != MIG_TK_VARIABLE) continue;
    mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, k.at, "parameters prohibited in USING");
  }
  return s;
}

static void mig_take_set_type(mig_reader *r, mig_op *op) {
  mig_span type;
  mig_position_words p;
  op->kind = MIG_SET_TYPE;
  mig_want_word(r, "TYPE");
  type = mig_take_type(r);
  p = mig_find_position(r->z, mig_span_of(op->name_at, type.end));
  if (p.word.type != MIG_TK_END) r->t = p.word; /* it has no place here */
  if (mig_span_empty(type) || p.word.type != MIG_TK_END) mig_refuse(r);
  op->text = mig_text_of(r, type);
  if (mig_take_word(r, "COLLATE")) op->collate = mig_take_name(r, 0);
  if (mig_take_word(r, "USING")) op->using_expr = mig_text_of(r, mig_take_using(r));
}

/* Takes AS (expression) */
static void mig_take_as(mig_reader *r, mig_op *op) {
  mig_span s;
  mig_want_word(r, "AS");
  s = mig_take_parens(r);
  if (mig_span_empty(s)) {
    r->t = mig_next_token(r->z, r->n, s.at);
    mig_refuse(r);
  }
  op->text = mig_text_of(r, s);
}

static void mig_take_set(mig_reader *r, mig_op *op) {
  mig_constraint c;
  if (mig_take_word(r, "DATA") || mig_at(r, "TYPE")) {
    mig_take_set_type(r, op);
  } else if (mig_take_word(r, "DEFAULT")) {
    op->kind = MIG_SET_DEFAULT;
    op->text = mig_text_of(r, mig_take_expression(r));
  } else if (mig_take_word(r, "EXPRESSION")) {
    op->kind = MIG_SET_EXPRESSION;
    mig_take_as(r, op);
  } else if (mig_take_word(r, "AUTOINCREMENT")) {
    op->kind = MIG_SET_AUTOINCREMENT;
  } else {
    op->kind = MIG_SET_NOT_NULL;
    mig_want_word(r, "NOT");
    mig_want_word(r, "NULL");
    memset(&c, 0, sizeof c);
    mig_take_conflict(r, &c);
    if (!mig_span_empty(c.conflict)) op->text = mig_text_of(r, c.conflict);
  }
}

static void mig_take_unset(mig_reader *r, mig_op *op) {
  if (mig_take_word(r, "DEFAULT")) {
    op->kind = MIG_DROP_DEFAULT;
  } else if (mig_take_word(r, "EXPRESSION")) {
    op->kind = MIG_DROP_EXPRESSION;
    op->if_exists = mig_take_if_exists(r);
  } else if (mig_take_word(r, "AUTOINCREMENT")) {
    op->kind = MIG_DROP_AUTOINCREMENT;
  } else {
    op->kind = MIG_DROP_NOT_NULL;
    mig_want_word(r, "NOT");
    mig_want_word(r, "NULL");
  }
}

static void mig_take_add_generated(mig_reader *r, mig_op *op) {
  op->kind = MIG_ADD_GENERATED;
  mig_want_word(r, "GENERATED");
  mig_want_word(r, "ALWAYS");
  mig_take_as(r, op);
  op->stored = mig_take_word(r, "STORED");
  if (!op->stored) mig_take_word(r, "VIRTUAL");
}

static void mig_take_alter_column(mig_reader *r, mig_op *op) {
  mig_take_word(r, "COLUMN");
  mig_take_op_name(r, op);
  if (mig_take_word(r, "SET")) {
    mig_take_set(r, op);
  } else if (mig_take_word(r, "DROP")) {
    mig_take_unset(r, op);
  } else if (mig_take_word(r, "ADD")) {
    mig_take_add_generated(r, op);
  } else if (mig_take_word(r, "FIRST")) {
    op->kind = MIG_MOVE_COLUMN;
    op->first = 1;
  } else if (mig_take_word(r, "AFTER")) {
    op->kind = MIG_MOVE_COLUMN;
    op->after = mig_take_name(r, 0);
  } else {
    mig_take_set_type(r, op);
  }
}

/* --- ALTER TABLE ----------------------------------------------------------------------------- */

static void mig_take_table_option(mig_reader *r, mig_op *op) {
  op->kind = MIG_SET_STRICT;
  if (mig_take_word(r, "STRICT")) return;
  op->kind = MIG_SET_WITHOUT_ROWID;
  mig_want_word(r, "WITHOUT");
  mig_want_word(r, "ROWID");
}

static void mig_take_operation(mig_reader *r, mig_op *op) {
  op->at = op->name_at = r->t.at;
  if (mig_take_word(r, "ADD")) {
    mig_take_add(r, op);
  } else if (mig_take_word(r, "DROP")) {
    mig_take_drop(r, op);
  } else if (mig_take_word(r, "RENAME")) {
    mig_take_rename(r, op);
  } else if (mig_take_word(r, "ALTER")) {
    mig_take_alter_column(r, op);
  } else {
    mig_want_word(r, "SET");
    mig_take_table_option(r, op);
  }
}

/* Reads one ALTER TABLE statement, n bytes; *out points into a copy of it. A syntax error is a
** fault MIGRATE_SYNTAX at its byte. */
static int mig_parse_alter(mig_arena *a, const char *sql, size_t n, mig_alter *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  out->sql = mig_copyn(a, sql, n);
  if (!out->sql) return a->fault->code;
  mig_reader_init(r, a, out->sql, n, 0);
  mig_want_word(r, "ALTER");
  mig_want_word(r, "TABLE");
  out->if_exists = mig_take_if_exists(r);
  out->table_at = r->t.at;
  out->table = mig_take_object(r, &out->schema, 0);
  do {
    mig_op *op = (mig_op *)mig_alloc(a, sizeof *op);
    if (!op) break;
    mig_take_operation(r, op);
    if (out->last) out->last->next = op;
    else out->first = op;
    out->last = op;
    out->count++;
  } while (mig_take_op(r, ","));
  mig_want_end(r);
  return a->fault->code;
}

/* --- other statements ------------------------------------------------------------------------ */

/* ALTER INDEX [IF EXISTS] [schema.]name RENAME TO to */
typedef struct mig_index_rename {
  const char *schema, *name, *to;
  size_t name_at;
  int if_exists;
} mig_index_rename;

static int mig_parse_index_rename(mig_arena *a, const char *sql, mig_index_rename *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "ALTER");
  mig_want_word(r, "INDEX");
  out->if_exists = mig_take_if_exists(r);
  out->name_at = r->t.at;
  out->name = mig_take_object(r, &out->schema, 0);
  mig_want_word(r, "RENAME");
  mig_want_word(r, "TO");
  out->to = mig_take_name(r, 0);
  mig_want_end(r);
  return a->fault->code;
}

/* CREATE OR REPLACE [TEMP] VIEW or TRIGGER [schema.]name .. */
typedef struct mig_replacement {
  int trigger; /* else a view */
  int temp;
  const char *schema, *name;
  size_t name_at;
  const char *sql; /* the statement without OR REPLACE */
} mig_replacement;

static int mig_parse_replacement(mig_arena *a, const char *sql, mig_replacement *out) {
  mig_reader reader, *r = &reader;
  mig_text text;
  size_t n = strlen(sql);
  memset(out, 0, sizeof *out);
  mig_text_init(&text, a);
  mig_reader_init(r, a, sql, n, 0);
  mig_want_word(r, "CREATE");
  mig_putn(&text, sql, r->end);
  mig_want_word(r, "OR");
  mig_want_word(r, "REPLACE");
  mig_putn(&text, sql + r->end, n - r->end);
  out->sql = text.z;
  out->temp = mig_take_temp(r);
  out->trigger = mig_take_word(r, "TRIGGER");
  if (!out->trigger) mig_want_word(r, "VIEW");
  if (mig_at_words(r, "IF", "NOT")) mig_refuse(r); /* it is either one or the other */
  out->name_at = r->t.at;
  out->name = mig_take_object(r, &out->schema, 0);
  return a->fault->code;
}
