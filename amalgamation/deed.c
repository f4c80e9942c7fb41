/* Deed: what one statement of a script does, as far as its words tell. Read leniently, for those
** who look at scripts before anything of them runs: what cannot be read is of no kind. */

enum mig_deed_kind {
  MIG_DEED_OTHER,
  MIG_DEED_CREATE,
  MIG_DEED_DROP,
  MIG_DEED_ALTER, /* ALTER TABLE */
  MIG_DEED_INSERT,
  MIG_DEED_UPDATE,
  MIG_DEED_DELETE,
  MIG_DEED_PRAGMA,
  MIG_DEED_CONTROL, /* BEGIN, COMMIT and their kin */
  MIG_DEED_OUTSIDE  /* ATTACH, DETACH, VACUUM */
};

typedef struct mig_deed {
  int kind;
  const char *type;         /* CREATE, DROP: "table", "virtual table", "index", .. */
  const char *schema, *name; /* the object, table or pragma spoken of, unquoted; NULL: none */
  const char *on;           /* CREATE INDEX, TRIGGER: the table */
  const char *from;         /* INSERT .. SELECT * FROM the one table */
  int temp, guarded;        /* TEMP; IF [NOT] EXISTS */
  int as_select;            /* CREATE TABLE .. AS */
  int unique;               /* CREATE UNIQUE INDEX */
  int where;                /* UPDATE, DELETE: some rows only */
  int ignores;              /* INSERT OR IGNORE */
  int query;                /* INSERT .. SELECT */
  int sets;                 /* PRAGMA with a value */
  const char *value;        /* that value, when it is one word */
  mig_names columns;        /* UPDATE: what is set; INSERT: the columns that are listed */
} mig_deed;

/* Takes the first of some words at this level of parentheses; 0 at the end. */
static int mig_skip_to(mig_reader *r, const char *const *words) {
  int depth = 0;
  for (; r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL; mig_take(r)) {
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")")) depth--;
    if (depth == 0 && r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, words)) return 1;
  }
  return 0;
}

static void mig_deed_column(mig_reader *r, mig_deed *d, int *cap) {
  const char *name = mig_take_name(r, 0);
  d->columns.at =
      (const char **)mig_grow(r->a, (void *)d->columns.at, d->columns.n, cap, sizeof(char *));
  if (!mig_failed(r->a)) d->columns.at[d->columns.n++] = name;
}

static void mig_deed_columns(mig_reader *r, mig_deed *d, int *cap) {
  mig_want_op(r, "(");
  do {
    mig_deed_column(r, d, cap);
  } while (mig_take_op(r, ","));
  mig_want_op(r, ")");
}

/* Behind CREATE. */
static void mig_deed_create(mig_reader *r, mig_deed *d) {
  static const char *const types[] = {"TABLE", "INDEX", "VIEW", "TRIGGER", 0};
  static const char *const heads[] = {"ON", 0};
  int virt;
  if (mig_take_word(r, "OR")) mig_take_word(r, "REPLACE");
  d->temp = mig_take_temp(r);
  d->unique = mig_take_word(r, "UNIQUE");
  virt = mig_take_word(r, "VIRTUAL");
  if (r->t.type != MIG_TK_WORD || !mig_word_in(r->z, r->t, types)) return;
  d->type = virt                  ? "virtual table"
            : mig_at(r, "TABLE")   ? "table"
            : mig_at(r, "INDEX")   ? "index"
            : mig_at(r, "VIEW")    ? "view"
                                   : "trigger";
  mig_take(r);
  d->guarded = mig_take_if_not_exists(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_CREATE;
  if (mig_same(d->schema, "temp")) d->temp = 1;
  d->as_select = strcmp(d->type, "table") == 0 && mig_at(r, "AS");
  if (strcmp(d->type, "index") != 0 && strcmp(d->type, "trigger") != 0) return;
  if (mig_skip_to(r, heads)) {
    const char *schema;
    mig_take(r);
    d->on = mig_take_object(r, &schema, 0);
  }
}

/* Behind DROP. */
static void mig_deed_drop(mig_reader *r, mig_deed *d) {
  static const char *const words[] = {"TABLE", "INDEX", "VIEW", "TRIGGER"};
  static const char *const types[] = {"table", "index", "view", "trigger"};
  int i;
  for (i = 0; i < 4 && !mig_take_word(r, words[i]); i++) {}
  if (i == 4) return;
  d->type = types[i];
  d->guarded = mig_take_if_exists(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_DROP;
}

/* Behind INSERT or REPLACE. */
static void mig_deed_insert(mig_reader *r, mig_deed *d) {
  static const char *const bodies[] = {"SELECT", "VALUES", "DEFAULT", "WITH", 0};
  int cap = 0;
  if (mig_take_word(r, "OR")) {
    d->ignores = mig_at(r, "IGNORE");
    mig_take(r);
  }
  mig_want_word(r, "INTO");
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_INSERT;
  if (mig_take_word(r, "AS")) mig_take_name(r, 0);
  if (mig_at_op(r, "(")) mig_deed_columns(r, d, &cap);
  if (!mig_skip_to(r, bodies)) return;
  d->query = mig_at(r, "SELECT") || mig_at(r, "WITH");
  if (!mig_take_word(r, "SELECT") || !mig_take_op(r, "*") || !mig_take_word(r, "FROM")) return;
  if (mig_is_name(r->z, r->t)) {
    const char *schema;
    d->from = mig_take_object(r, &schema, 0);
    if (mig_at_op(r, ",") || mig_at(r, "JOIN") || mig_word_in(r->z, r->t, mig_join_words)) {
      d->from = 0;
    }
  }
}

/* Behind UPDATE. */
static void mig_deed_update(mig_reader *r, mig_deed *d) {
  static const char *const set[] = {"SET", 0};
  static const char *const ends[] = {"WHERE", "FROM", "LIMIT", 0};
  int cap = 0, depth = 0;
  if (mig_take_word(r, "OR")) mig_take(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_UPDATE;
  if (!mig_skip_to(r, set)) return;
  do {
    mig_take(r); /* SET, or the comma */
    if (mig_at_op(r, "(")) mig_deed_columns(r, d, &cap);
    else mig_deed_column(r, d, &cap);
    for (; r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL; mig_take(r)) {
      if (mig_at_op(r, "(")) depth++;
      if (mig_at_op(r, ")")) depth--;
      if (depth) continue;
      if (mig_at_op(r, ",") || (r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, ends))) break;
    }
  } while (mig_at_op(r, ","));
  d->where = r->t.type != MIG_TK_END && !mig_at_op(r, ";");
}

/* Behind DELETE. */
static void mig_deed_delete(mig_reader *r, mig_deed *d) {
  static const char *const some[] = {"WHERE", "LIMIT", 0};
  mig_want_word(r, "FROM");
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_DELETE;
  d->where = mig_skip_to(r, some);
}

/* Behind PRAGMA. */
static void mig_deed_pragma(mig_reader *r, mig_deed *d) {
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_PRAGMA;
  d->sets = mig_at_op(r, "=") || mig_at_op(r, "(");
  if (!d->sets) return;
  mig_take(r);
  d->value = mig_copyn(r->a, r->z + r->t.at, r->t.end - r->t.at);
}

/* The statement z[0..n). */
static mig_deed mig_read_deed(mig_arena *a, const char *z, size_t n) {
  static const char *const verbs[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", 0};
  static const char *const control[] = {"BEGIN",    "COMMIT",  "END", "ROLLBACK",
                                        "SAVEPOINT", "RELEASE", 0};
  static const char *const outside[] = {"ATTACH", "DETACH", "VACUUM", 0};
  mig_deed d;
  mig_reader r;
  memset(&d, 0, sizeof d);
  if (mig_failed(a)) return d;
  mig_reader_init(&r, a, z, n, 0);
  if (mig_at(&r, "WITH") && !mig_skip_to(&r, verbs)) return d;
  if (r.t.type == MIG_TK_WORD && mig_word_in(z, r.t, control)) d.kind = MIG_DEED_CONTROL;
  else if (r.t.type == MIG_TK_WORD && mig_word_in(z, r.t, outside)) d.kind = MIG_DEED_OUTSIDE;
  else if (mig_take_word(&r, "CREATE")) mig_deed_create(&r, &d);
  else if (mig_take_word(&r, "DROP")) mig_deed_drop(&r, &d);
  else if (mig_take_word(&r, "INSERT") || mig_take_word(&r, "REPLACE")) mig_deed_insert(&r, &d);
  else if (mig_take_word(&r, "UPDATE")) mig_deed_update(&r, &d);
  else if (mig_take_word(&r, "DELETE")) mig_deed_delete(&r, &d);
  else if (mig_take_word(&r, "PRAGMA")) mig_deed_pragma(&r, &d);
  else if (mig_at_words(&r, "ALTER", "TABLE")) d.kind = MIG_DEED_ALTER;
  if (mig_failed(a)) {
    mig_forgive(a->fault);
    memset(&d, 0, sizeof d);
  }
  return d;
}

/* Does it make or drop a table (or view), in the database itself? */
static int mig_deed_is(const mig_deed *d, int kind, const char *type) {
  return d->kind == kind && strcmp(d->type, type) == 0 && !d->temp;
}
