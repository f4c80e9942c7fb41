/* Evolve: a table as it is and a table as wanted give the actions of one ALTER TABLE that lead from
** the one to the other. Each action is applied to the text as soon as it is written down, so that
** the next one is chosen for the table as it then is. */

typedef struct mig_action {
  struct mig_action *next;
  int kind;           /* mig_op_kind */
  int drops_key;      /* DROP CONSTRAINT of what other tables may reference */
  const char *column; /* that it speaks of, or NULL */
  const char *was;    /* RENAME COLUMN: the column's name before */
  const char *sql;    /* the action alone */
  const char *note;   /* in Alembic's words: Detected .. */
} mig_action;

/* What the target says, or the program, of a name that is another one today. */
typedef struct mig_renamed {
  struct mig_renamed *next;
  const char *table;      /* the table's name in the target */
  const char *from, *to;  /* of a column; NULL: none */
  const char *table_from; /* of the table; NULL: as it is */
} mig_renamed;

typedef struct mig_evolution {
  mig_arena *a;
  const mig_table *to; /* the table as wanted */
  mig_table now;       /* as the actions leave it so far */
  const char *name;
  const mig_settings *settings;
  const mig_renamed *renamed;
  mig_action *first, *last;
  int count;
} mig_evolution;

static const char *mig_bare(mig_arena *a, const char *name) {
  return name && mig_needs_quotes(name) ? mig_name(a, name) : name;
}

/* Writes an action down and applies it. */
static void mig_act(mig_evolution *e, const char *column, const char *sql, const char *note) {
  mig_action *action = (mig_action *)mig_alloc(e->a, sizeof *action);
  char *statement = sql ? mig_format(e->a, "ALTER TABLE \"%w\" %s", e->name, sql) : 0;
  mig_alteration c;
  mig_alter alter;
  if (!action || !statement) return;
  if (mig_parse_alter(e->a, statement, strlen(statement), &alter)) return;
  mig_apply(e->a, e->now.sql, &alter, &c);
  if (mig_failed(e->a)) return;
  e->now = c.now;
  action->kind = alter.first->kind;
  action->column = column;
  action->sql = sql;
  action->note = note;
  if (e->last)
    e->last->next = action;
  else
    e->first = action;
  e->last = action;
  e->count++;
}

static const char *mig_column_note(mig_evolution *e, const char *what, const char *column) {
  return mig_format(e->a, "Detected %s '%s.%s'", what, e->name, column);
}

/* ---- names ---- */

/* The marker of a column of the target: its name is `to`. */
static const mig_renamed *mig_marker_of(const mig_evolution *e, const char *to) {
  const mig_renamed *r;
  for (r = e->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, e->name) && mig_same(r->to, to)) return r;
  }
  return 0;
}

/* Does the marker still speak of something to do? The old name is there, the new one is not, and
** the old one is no column of the target, unless another one takes that name over in turn. A marker
** that was followed once stays in the target, and says nothing any more. */
static int mig_marker_holds(const mig_evolution *e, const mig_renamed *r) {
  int steps = 0;
  if (mig_find_column(&e->now, r->to) >= 0 || mig_find_column(e->to, r->to) < 0) return 0;
  for (; r && steps++ <= e->to->ncolumn; r = mig_marker_of(e, r->from)) {
    if (mig_find_column(&e->now, r->from) < 0) return 0;
    if (mig_find_column(e->to, r->from) < 0) return 1;
  }
  return 0;
}

static void mig_rename_column(mig_evolution *e, const char *from, const char *to) {
  mig_act(e, to,
          mig_format(e->a, "RENAME COLUMN %s TO %s", mig_bare(e->a, from), mig_bare(e->a, to)),
          mig_format(e->a, "Detected renamed column '%s.%s', now '%s'", e->name, from, to));
  if (!mig_failed(e->a)) e->last->was = from;
}

/* Renamed columns, and those whose name only changes its case. */
static void mig_evolve_names(mig_evolution *e) {
  const mig_renamed *r = e->renamed;
  int i;
  while (r && !mig_failed(e->a)) {
    if (r->from && mig_same(r->table, e->name) && mig_marker_holds(e, r)) {
      mig_rename_column(e, e->now.columns[mig_find_column(&e->now, r->from)].name, r->to);
      r = e->renamed; /* what waited for the name may follow */
    } else {
      r = r->next;
    }
  }
  for (i = 0; i < e->now.ncolumn && !mig_failed(e->a); i++) {
    const char *from = e->now.columns[i].name;
    int k = mig_find_column(e->to, from);
    if (k < 0 || strcmp(e->to->columns[k].name, from) == 0) continue;
    mig_rename_column(e, from, e->to->columns[k].name);
  }
}

/* ---- constraints ---- */

typedef struct mig_pairs {
  int *now; /* a constraint of now: its like in to, or -1 */
  int *to;  /* and the other way round */
} mig_pairs;

static const char **mig_meanings(mig_arena *a, const mig_table *t) {
  const char **v = (const char **)mig_array(a, (size_t)t->nconstraint + 1, sizeof(*v));
  int i;
  for (i = 0; v && i < t->nconstraint; i++) v[i] = mig_constraint_meaning(a, t, i);
  return v;
}

/* A name that is told in errors and in DROP CONSTRAINT. That of a PRIMARY KEY can stay. */
static int mig_same_name(const mig_constraint *now, const mig_constraint *to) {
  if (!to->name) return !now->name || now->kind == MIG_PRIMARY_KEY;
  return mig_same(now->name, to->name);
}

/* Does the constraint come with a column that is still to be added? */
static int mig_comes_along(const mig_evolution *e, const mig_constraint *c) {
  return c->column >= 0 && mig_find_column(&e->now, e->to->columns[c->column].name) < 0;
}

/* Finds the like of each constraint: first those of the same name, then any. */
static mig_pairs mig_pair(mig_evolution *e) {
  const mig_table *now = &e->now, *to = e->to;
  const char **x = mig_meanings(e->a, now), **y = mig_meanings(e->a, to);
  mig_pairs p;
  int any, i, k;
  p.now = (int *)mig_array(e->a, (size_t)now->nconstraint + 1, sizeof(int));
  p.to = (int *)mig_array(e->a, (size_t)to->nconstraint + 1, sizeof(int));
  if (mig_failed(e->a)) return p;
  for (i = 0; i < now->nconstraint; i++) p.now[i] = -1;
  for (k = 0; k < to->nconstraint; k++) p.to[k] = -1;
  for (any = 0; any < 2; any++) {
    for (i = 0; i < now->nconstraint; i++) {
      for (k = 0; x[i] && p.now[i] < 0 && k < to->nconstraint; k++) {
        if (!y[k] || p.to[k] >= 0 || strcmp(x[i], y[k]) != 0) continue;
        if (mig_comes_along(e, &to->constraints[k])) continue;
        if (!any && !mig_same_name(&now->constraints[i], &to->constraints[k])) continue;
        p.now[i] = k;
        p.to[k] = i;
      }
    }
  }
  return p;
}

static const char *mig_constraint_words(const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY   ? "primary key"
         : c->kind == MIG_UNIQUE      ? "unique constraint"
         : c->kind == MIG_FOREIGN_KEY ? "foreign key"
                                      : "check constraint";
}

static const char *mig_constraint_note(mig_evolution *e, const char *what, const mig_table *t,
                                       int i) {
  const mig_constraint *c = &t->constraints[i];
  const char **names = mig_constraint_names(e->a, t);
  mig_text z;
  int k;
  if (!names) return 0;
  mig_text_init(&z, e->a);
  mig_putf(&z, "Detected %s %s", what, mig_constraint_words(c));
  if (c->kind != MIG_FOREIGN_KEY) {
    mig_putf(&z, " '%s' on '%s'", names[i], e->name);
    return z.z;
  }
  for (k = 0; k < c->nkey; k++) mig_putf(&z, k ? ",%s" : " (%s", c->keys[k].name);
  mig_put(&z, ")(");
  for (k = 0; k < c->nparent; k++) mig_putf(&z, k ? ",%s" : "%s", c->parent_keys[k].name);
  mig_putf(&z, ") on table %s", e->name);
  return z.z;
}

/* Does the constraint go with a column that is dropped? */
static int mig_goes_along(mig_evolution *e, int i) {
  const mig_constraint *c = &e->now.constraints[i];
  int k;
  for (k = 0; k < e->now.ncolumn; k++) {
    const char *name = e->now.columns[k].name;
    if (mig_find_column(e->to, name) >= 0) continue;
    if (c->column == k || mig_constraint_uses(e->a, &e->now, c, name)) return 1;
  }
  return 0;
}

static void mig_drop_named(mig_evolution *e, int i) {
  const char **names = mig_constraint_names(e->a, &e->now);
  int key =
      e->now.constraints[i].kind == MIG_PRIMARY_KEY || e->now.constraints[i].kind == MIG_UNIQUE;
  if (!names) return;
  mig_act(e, 0, mig_format(e->a, "DROP CONSTRAINT %s", mig_bare(e->a, names[i])),
          mig_constraint_note(e, "removed", &e->now, i));
  if (!mig_failed(e->a)) e->last->drops_key = key;
}

/* The first constraint that has to go, or -1. */
static int mig_surplus(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  int i;
  for (i = 0; i < e->now.nconstraint && !mig_failed(e->a); i++) {
    const mig_constraint *c = &e->now.constraints[i];
    int kept = p.now[i];
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_CHECK &&
        c->kind != MIG_FOREIGN_KEY) {
      continue;
    }
    if (kept >= 0 &&
        (e->to->constraints[kept].name || mig_same_name(c, &e->to->constraints[kept]))) {
      continue;
    }
    if (kept < 0 && mig_goes_along(e, i) && (c->kind != MIG_PRIMARY_KEY || c->nkey == 1)) continue;
    return i;
  }
  return -1;
}

static void mig_evolve_constraint_names(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  const char **names = mig_constraint_names(e->a, &e->now);
  int i;
  for (i = 0; i < e->now.nconstraint && !mig_failed(e->a); i++) {
    int k = p.now[i];
    if (k < 0 || !e->to->constraints[k].name) continue;
    if (mig_same_name(&e->now.constraints[i], &e->to->constraints[k])) continue;
    mig_act(e, 0,
            mig_format(e->a, "RENAME CONSTRAINT %s TO %s", mig_bare(e->a, names[i]),
                       mig_bare(e->a, e->to->constraints[k].name)),
            mig_format(e->a, "Detected renamed constraint '%s' of '%s', now '%s'", names[i],
                       e->name, e->to->constraints[k].name));
    if (mig_failed(e->a)) return;
    names = mig_constraint_names(e->a, &e->now);
  }
}

static int mig_keeps_key(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  if (mig_failed(e->a) || e->now.primary_key < 0) return 1;
  return p.now[e->now.primary_key] >= 0;
}

/* AUTOINCREMENT that one of the two tables has: `word` is SET or DROP, `t` the table with it. */
static void mig_evolve_autoincrement(mig_evolution *e, const mig_table *t, const char *word) {
  const char *name = t->columns[mig_alias(t)].name;
  mig_act(e, name, mig_format(e->a, "ALTER COLUMN %s %s AUTOINCREMENT", mig_bare(e->a, name), word),
          mig_format(e->a, "Detected %s AUTOINCREMENT on '%s'", word, e->name));
}

static void mig_evolve_drops(mig_evolution *e) {
  int i;
  if (e->now.strict && !e->to->strict) {
    mig_act(e, 0, "DROP STRICT", mig_format(e->a, "Detected removed STRICT on '%s'", e->name));
  }
  if (e->now.without_rowid && (!e->to->without_rowid || !mig_keeps_key(e))) {
    mig_act(e, 0, "DROP WITHOUT ROWID",
            mig_format(e->a, "Detected removed WITHOUT ROWID on '%s'", e->name));
  }
  while (!mig_failed(e->a) && (i = mig_surplus(e)) >= 0) mig_drop_named(e, i);
  if (!mig_failed(e->a)) mig_evolve_constraint_names(e);
  if (!mig_failed(e->a) && mig_has_autoincrement(&e->now) && !mig_has_autoincrement(e->to)) {
    mig_evolve_autoincrement(e, &e->now, "DROP");
  }
}

/* The constraint as a table constraint. */
static const char *mig_constraint_text(mig_arena *a, const mig_table *t, int i) {
  const mig_constraint *c = &t->constraints[i];
  mig_text z;
  int k;
  if (c->column < 0 || c->kind == MIG_CHECK) return mig_span_text(a, t->sql, c->span);
  mig_text_init(&z, a);
  if (c->name) mig_putf(&z, "CONSTRAINT %s ", mig_bare(a, c->name));
  mig_put(&z, c->kind == MIG_PRIMARY_KEY ? "PRIMARY KEY"
              : c->kind == MIG_UNIQUE    ? "UNIQUE"
                                         : "FOREIGN KEY");
  mig_putf(&z, " (%s%s)", mig_bare(a, c->keys[0].name), c->keys[0].desc ? " DESC" : "");
  if (c->kind != MIG_FOREIGN_KEY) {
    if (!mig_span_empty(c->conflict)) mig_putf(&z, " %s", mig_span_text(a, t->sql, c->conflict));
    return z.z;
  }
  mig_putf(&z, " %s", mig_span_text(a, t->sql, c->body));
  for (k = i + 1; k < t->nconstraint; k++) {
    if (t->constraints[k].kind != MIG_DEFERRABLE || t->constraints[k].of != i) continue;
    if (t->constraints[k].deferred == c->deferred) {
      mig_putf(&z, " %s", mig_span_text(a, t->sql, t->constraints[k].span));
      break;
    }
  }
  return z.z;
}

static void mig_evolve_adds(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  int k;
  for (k = 0; k < e->to->nconstraint && !mig_failed(e->a); k++) {
    const mig_constraint *c = &e->to->constraints[k];
    if (p.to[k] >= 0) continue;
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_CHECK &&
        c->kind != MIG_FOREIGN_KEY) {
      continue;
    }
    mig_act(e, 0, mig_format(e->a, "ADD %s", mig_constraint_text(e->a, e->to, k)),
            mig_constraint_note(e, "added", e->to, k));
  }
  if (!mig_failed(e->a) && mig_has_autoincrement(e->to) && !mig_has_autoincrement(&e->now)) {
    mig_evolve_autoincrement(e, e->to, "SET");
  }
  if (!mig_failed(e->a) && e->to->strict && !e->now.strict) {
    mig_act(e, 0, "SET STRICT", mig_format(e->a, "Detected added STRICT on '%s'", e->name));
  }
  if (!mig_failed(e->a) && e->to->without_rowid && !e->now.without_rowid) {
    mig_act(e, 0, "SET WITHOUT ROWID",
            mig_format(e->a, "Detected added WITHOUT ROWID on '%s'", e->name));
  }
}

/* ---- columns ---- */

typedef struct mig_column_pair { /* the same column on both sides */
  mig_evolution *e;
  const char *name, *bare;
  int now, to;
} mig_column_pair;

static const char *mig_generated_meaning(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_GENERATED);
  return i < 0 ? "" : mig_meaning(a, t->sql, t->constraints[i].expr, t);
}

static const char *mig_generated_text(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_GENERATED);
  return i < 0 ? "" : mig_span_text(a, t->sql, t->constraints[i].expr);
}

/* An expression that stays, or goes. */
static void mig_evolve_expression(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now], *to = &e->to->columns[p->to];
  const char *note = mig_column_note(e, "changed expression on column", p->name);
  if (!now->generated) return;
  if (!to->generated || now->stored != to->stored) {
    mig_act(e, p->name, mig_format(e->a, "ALTER COLUMN %s DROP EXPRESSION", p->bare),
            mig_column_note(e, "removed expression on column", p->name));
  } else if (strcmp(mig_generated_meaning(e->a, &e->now, p->now),
                    mig_generated_meaning(e->a, e->to, p->to)) != 0) {
    mig_act(e, p->name,
            mig_format(e->a, "ALTER COLUMN %s SET EXPRESSION AS (%s)", p->bare,
                       mig_generated_text(e->a, e->to, p->to)),
            note);
  }
}

/* INT and INTEGER differ where a key comes, or comes back, that makes the latter the rowid. */
static int mig_types_differ(const mig_column_pair *p) {
  const mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now];
  if (strcmp(mig_type_meaning(e->a, &e->now, p->now), mig_type_meaning(e->a, e->to, p->to)) != 0) {
    return 1;
  }
  return e->to->rowid_column == p->to && mig_same(now->type_name ? now->type_name : "", "INT");
}

static void mig_evolve_type(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now], *to = &e->to->columns[p->to];
  int type = mig_types_differ(p) && e->settings->compare_type;
  int collation = !mig_same_collation(now->collation, to->collation);
  const mig_column *of = type ? to : now;
  const char *text = mig_span_empty(of->type)
                         ? "BLOB"
                         : mig_span_text(e->a, type ? e->to->sql : e->now.sql, of->type);
  if (!type && !collation) return;
  if (type && mig_is_quirky_key(e->to, p->to)) text = "INT";
  mig_act(e, p->name,
          collation ? mig_format(e->a, "ALTER COLUMN %s TYPE %s COLLATE %s", p->bare, text,
                                 mig_bare(e->a, to->collation ? to->collation : "BINARY"))
                    : mig_format(e->a, "ALTER COLUMN %s TYPE %s", p->bare, text),
          type ? mig_format(e->a, "Detected type change from %s to %s on '%s.%s'",
                            *now->type_name ? now->type_name : "none",
                            *to->type_name ? to->type_name : "none", e->name, p->name)
               : mig_column_note(e, "changed collation on column", p->name));
}

static void mig_evolve_default(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const char *now = mig_default_meaning(e->a, &e->now, p->now);
  const char *to = mig_default_meaning(e->a, e->to, p->to);
  int i = mig_column_constraint(e->to, p->to, MIG_DEFAULT);
  if (!now || !to || e->to->columns[p->to].generated) return;
  if (!e->settings->compare_server_default || strcmp(now, to) == 0) return;
  mig_act(e, p->name,
          *to ? mig_format(e->a, "ALTER COLUMN %s SET DEFAULT %s", p->bare,
                           mig_span_text(e->a, e->to->sql, e->to->constraints[i].expr))
              : mig_format(e->a, "ALTER COLUMN %s DROP DEFAULT", p->bare),
          mig_column_note(e, "server default on column", p->name));
}

static const char *mig_not_null_conflict(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_NOT_NULL);
  return i < 0 ? "" : mig_conflict_meaning(a, t, &t->constraints[i]);
}

/* The key that is the rowid is never NULL, with or without the words. */
static void mig_evolve_not_null(mig_column_pair *p) {
  mig_evolution *e = p->e;
  int now = e->now.columns[p->now].not_null, to = e->to->columns[p->to].not_null;
  const char *conflict = mig_not_null_conflict(e->a, e->to, p->to);
  if (mig_alias(e->to) == p->to) return;
  if (now == to && strcmp(mig_not_null_conflict(e->a, &e->now, p->now), conflict) == 0) return;
  if (!to && mig_column_constraint(&e->now, p->now, MIG_NOT_NULL) < 0) return;
  if (to && mig_column_constraint(e->to, p->to, MIG_NOT_NULL) < 0) return;
  if (to && now && !*conflict) conflict = "ON CONFLICT ABORT";
  mig_act(e, p->name,
          to ? mig_format(e->a, "ALTER COLUMN %s SET NOT NULL%s%s", p->bare, *conflict ? " " : "",
                          conflict)
             : mig_format(e->a, "ALTER COLUMN %s DROP NOT NULL", p->bare),
          mig_column_note(e, to ? "NOT NULL on column" : "NULL on column", p->name));
}

/* A column that becomes a generated one. */
static void mig_evolve_generated(mig_column_pair *p) {
  mig_evolution *e = p->e;
  if (!e->to->columns[p->to].generated || e->now.columns[p->now].generated) return;
  mig_act(e, p->name,
          mig_format(e->a, "ALTER COLUMN %s ADD GENERATED ALWAYS AS (%s) %s", p->bare,
                     mig_generated_text(e->a, e->to, p->to),
                     e->to->columns[p->to].stored ? "STORED" : "VIRTUAL"),
          mig_column_note(e, "added expression on column", p->name));
}

static void mig_evolve_column(mig_evolution *e, int to) {
  static void (*const steps[])(mig_column_pair *) = {mig_evolve_expression, mig_evolve_type,
                                                     mig_evolve_default, mig_evolve_not_null,
                                                     mig_evolve_generated};
  mig_column_pair p;
  int i;
  p.e = e;
  p.to = to;
  p.name = e->to->columns[to].name;
  p.bare = mig_bare(e->a, p.name);
  for (i = 0; i < 5 && !mig_failed(e->a); i++) {
    p.now = mig_find_column(&e->now, p.name);
    if (p.now >= 0) steps[i](&p);
  }
}

/* Does a column that stays stand behind this place? Otherwise a new one can go to the end. */
static int mig_stays_behind(const mig_evolution *e, int place) {
  int i;
  for (i = place; i < e->now.ncolumn; i++) {
    if (mig_find_column(e->to, e->now.columns[i].name) >= 0) return 1;
  }
  return 0;
}

static void mig_evolve_new_column(mig_evolution *e, int to) {
  const char *name = e->to->columns[to].name;
  const char *before = to ? e->to->columns[to - 1].name : 0;
  int place = before ? mig_find_column(&e->now, before) + 1 : 0;
  const char *text = mig_span_text(e->a, e->to->sql, e->to->columns[to].span);
  const char *where = !mig_stays_behind(e, place) ? ""
                      : before ? mig_format(e->a, " AFTER %s", mig_bare(e->a, before))
                               : " FIRST";
  mig_act(e, name, mig_format(e->a, "ADD COLUMN %s%s", text, where),
          mig_column_note(e, "added column", name));
}

/* Is there a generated column whose expression needs this one? */
static int mig_needed(mig_arena *a, const mig_table *t, const char *name) {
  mig_alteration c;
  memset(&c, 0, sizeof c);
  c.a = a;
  c.now = *t;
  return mig_needed_by(&c, name) >= 0;
}

static void mig_evolve_lost_columns(mig_evolution *e) {
  int i;
  for (i = 0; i < e->now.ncolumn && !mig_failed(e->a); i++) {
    const char *name = e->now.columns[i].name;
    if (mig_find_column(e->to, name) >= 0) continue;
    if (mig_needed(e->a, &e->now, name)) continue; /* after the one that needs it */
    mig_act(e, name, mig_format(e->a, "DROP COLUMN %s", mig_bare(e->a, name)),
            mig_column_note(e, "removed column", name));
    i = -1;
  }
}

/* Puts the columns into order: each step puts one into its place. */
static void mig_evolve_order(mig_evolution *e) {
  int i, rounds = 0, n = e->to->ncolumn;
  if (e->now.ncolumn != n) return;
  for (i = 0; i < n && !mig_failed(e->a);) {
    const char *here = e->now.columns[i].name, *want = e->to->columns[i].name, *after;
    int k = mig_find_column(e->to, here);
    if (k == i || k < 0 || rounds++ > 2 * n) {
      i++;
      continue;
    }
    if (mig_same(e->now.columns[i + 1].name, want)) want = here; /* this one goes back */
    k = mig_find_column(e->to, want);
    after = k ? e->to->columns[k - 1].name : 0;
    mig_act(e, want,
            after ? mig_format(e->a, "ALTER COLUMN %s AFTER %s", mig_bare(e->a, want),
                               mig_bare(e->a, after))
                  : mig_format(e->a, "ALTER COLUMN %s FIRST", mig_bare(e->a, want)),
            mig_column_note(e, "moved column", want));
  }
}

/* The table's own options are given up first and taken on last; columns come before those go that
** they replace. */
static void mig_evolve(mig_evolution *e) {
  int i;
  mig_evolve_names(e);
  if (!mig_failed(e->a)) mig_evolve_drops(e);
  for (i = 0; i < e->to->ncolumn && !mig_failed(e->a); i++) {
    if (mig_find_column(&e->now, e->to->columns[i].name) >= 0)
      mig_evolve_column(e, i);
    else
      mig_evolve_new_column(e, i);
  }
  if (!mig_failed(e->a)) mig_evolve_lost_columns(e);
  if (!mig_failed(e->a)) mig_evolve_order(e);
  if (!mig_failed(e->a)) mig_evolve_adds(e);
}

/* Do the actions take a key away that other tables may reference? */
static int mig_gives_up(const mig_evolution *e) {
  const mig_action *x;
  for (x = e->first; x; x = x->next) {
    if (x->kind == MIG_DROP_CONSTRAINT || x->kind == MIG_DROP_COLUMN) return 1;
  }
  return 0;
}
