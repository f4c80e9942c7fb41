/* Strategy: the first rung of the ladder that is safe for all actions of a statement, and why. */

enum mig_rung {
  MIG_NATIVE = 1,
  MIG_SCHEMA_EDIT,
  MIG_REBUILD,
  MIG_PORTABLE_REBUILD,
  MIG_HOSTED_REBUILD
};

typedef struct mig_facts {
  int version;     /* sqlite3_libversion_number() */
  int max_columns; /* SQLITE_LIMIT_COLUMN of the connection */
  int portable;    /* the schema may not be edited */
  int hosted;      /* and foreign keys may not be switched off */
  int hidden;      /* a TEMP table has the table's name: SQLite's own ALTER gets lost there */
  int dense;       /* the rowids are 1, 2, .. without a gap */
  int many;        /* many changes follow each other: SQLite's own ALTER would read the whole schema
                   ** again each time */
} mig_facts;

typedef struct mig_choice {
  int rung;
  const char *reason;
} mig_choice;

static const char *mig_rung_name(int rung) {
  static const char *const names[] = {"", "native", "schema edit", "rebuild", "portable",
                                      "hosted"};
  return names[rung];
}

/* Digits only, without a superfluous zero: text and number are the same to every affinity. */
static int mig_canonical_digits(const char *z, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (!mig_is_digit((unsigned char)z[i])) return 0;
  }
  return n > 0 && n < 16 && (n == 1 || z[0] != '0');
}

static int mig_plain_float(const char *z, size_t n) {
  const char *dot = (const char *)memchr(z, '.', n);
  size_t whole;
  if (!dot) return 0;
  whole = (size_t)(dot - z);
  return mig_canonical_digits(z, whole) && n - whole > 1 && n < 16 &&
         strspn(dot + 1, "0123456789") >= n - whole - 1;
}

/* Does a short row read from this default what an INSERT would store? SQLite's native ADD COLUMN
** differs for some spellings (TRUE in a TEXT column, 1e3 without a type, 5. as text). */
static int mig_default_is_shared(const char *z, mig_span s, int affinity) {
  mig_token k = mig_next_significant(z, s.end, s.at);
  int negative = 0;
  size_t n;
  if (k.type == MIG_TK_OP && z[k.at] == '-') {
    negative = 1;
    k = mig_next_significant(z, s.end, k.end);
  }
  if (mig_next_significant(z, s.end, k.end).type != MIG_TK_END) return 0;
  n = k.end - k.at;
  if (k.type == MIG_TK_NUMBER && mig_canonical_digits(z + k.at, n)) {
    return !negative || (z[k.at] != '0' && affinity != MIG_TEXT);
  }
  if (k.type == MIG_TK_NUMBER && mig_plain_float(z + k.at, n)) {
    return affinity == MIG_REAL || affinity == MIG_INTEGER || affinity == MIG_NUMERIC;
  }
  if (negative) return 0;
  if (k.type == MIG_TK_STRING) return affinity == MIG_TEXT || affinity == MIG_BLOB;
  if (k.type == MIG_TK_BLOB) return 1;
  return mig_token_is(z, k, "NULL");
}

static int mig_is_autoindexed(const mig_table *t, int column) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if ((c->kind == MIG_UNIQUE || c->kind == MIG_PRIMARY_KEY) &&
        mig_keys_use(c, t->columns[column].name)) {
      return 1;
    }
  }
  return 0;
}

/* Can all the columns that were added at the end be read out of rows that lack them? */
static int mig_short_rows_do(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    const mig_table *t = &c->now;
    int d;
    if (c->origins[i].from >= 0 || t->columns[i].generated) continue;
    d = mig_column_constraint(t, i, MIG_DEFAULT);
    if (d >= 0 &&
        !mig_default_is_shared(t->sql, t->constraints[d].expr, t->columns[i].affinity)) {
      return 0;
    }
  }
  return 1;
}

/* One ADD COLUMN, alone, in a form that SQLite's own does rightly in every version. */
static int mig_is_native_add(const mig_alteration *c, const mig_diff *d) {
  const mig_op *op = c->alter->first;
  const mig_table *t = &c->now;
  int i, k, not_null = 0, value = 0, reference = 0;
  if (c->alter->count != 1 || op->kind != MIG_ADD_COLUMN || !d->appended || c->requoted) return 0;
  if (mig_is_rowid_word(op->name)) return 0; /* refused from 3.54 on */
  i = mig_find_column(t, op->name);
  if (i != t->ncolumn - 1 || mig_is_autoindexed(t, i)) return 0;
  for (k = t->columns[i].first; k < t->columns[i].first + t->columns[i].count; k++) {
    const mig_constraint *x = &t->constraints[k];
    if (x->kind == MIG_CHECK || x->kind == MIG_GENERATED) return 0;
    if (x->kind == MIG_NOT_NULL) not_null = 1;
    if (x->kind == MIG_FOREIGN_KEY) reference = 1;
    if (x->kind == MIG_DEFAULT &&
        !mig_token_is(t->sql, mig_next_significant(t->sql, x->expr.end, x->expr.at), "NULL")) {
      value = 1;
    }
  }
  return (!not_null || value) && !(reference && value);
}

/* Does a new key need a column that is new as well? */
static int mig_keys_need_new_columns(const mig_diff *d) {
  const mig_table *t = &d->c->now;
  int i, k;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_constraint *c = &t->constraints[d->new_autos.v[i].constraint];
    for (k = 0; k < c->nkey; k++) {
      int column = mig_find_column(t, c->keys[k].name);
      if (column >= 0 && d->c->origins[column].from < 0) return 1;
    }
  }
  return 0;
}

/* Is a new column called like one that goes, so that no text could have both for a while? */
static int mig_takes_over_a_name(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from < 0 && mig_find_column(&c->old, c->now.columns[i].name) >= 0) return 1;
  }
  return 0;
}

/* Did anything change but columns at the end, constraints and defaults? */
static mig_choice mig_choose(const mig_alteration *c, const mig_diff *d, const mig_facts *f) {
  mig_choice choice;
  int copy = f->hosted     ? MIG_HOSTED_REBUILD
             : f->portable ? MIG_PORTABLE_REBUILD
                           : MIG_REBUILD;
  choice.rung = copy;
  choice.reason = d->why;
  if (d->layout || d->values) return choice;
  choice.reason = "the default of a new column is no constant that old rows could share";
  if (d->appended && !mig_short_rows_do(c)) return choice;
  choice.rung = MIG_NATIVE;
  choice.reason = "SQLite's own ADD COLUMN does it: old rows read the default";
  if (!f->many && mig_is_native_add(c, d)) return choice;
  choice.rung = copy;
  choice.reason = f->hosted ? "rebuild = hosted: the schema is not edited, foreign keys stay on"
                            : "rebuild = portable: the schema is not edited";
  if (f->portable) return choice;
  choice.reason = "a default changes and this SQLite cannot write short rows out in full";
  if (d->defaults && (f->version < 3035000 || c->now.ncolumn + 2 > f->max_columns)) return choice;
  choice.reason = "a default changes, and a TEMP table of the same name stands in SQLite's way";
  if (d->defaults && f->hidden) return choice;
  if (mig_keys_need_new_columns(d)) {
    choice.reason = "STRICT changes under a key over a new column";
    if (c->old.strict != c->now.strict) return choice;
    choice.reason = "a new column under a key has the name of one that goes";
    if (mig_takes_over_a_name(c)) return choice;
  }
  choice.rung = MIG_SCHEMA_EDIT;
  choice.reason = "no stored value changes: only the table's text does";
  return choice;
}
