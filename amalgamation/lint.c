/* Lint: the revisions run, statement by statement, in a private copy of the schema, so that each is
** seen against the schema of its time; what its section has done is judged at the end of it. */

/* ---- the end of a section ---- */

static const char *mig_word_list(mig_text *t, const mig_object *o) {
  mig_putf(t, "%s%s %s", t->n ? ", " : "", o->type, o->name);
  return mig_text_z(t);
}

/* Does anything of that type and name, or one of the same meaning, hang on a table? */
static int mig_is_there(mig_lint *l, const mig_catalog *c, const mig_object *o) {
  int i;
  for (i = 0; i < c->n; i++) {
    const mig_object *p = &c->v[i];
    if (!mig_is_type(p, o->type)) continue;
    if (mig_same(p->name, o->name)) return 1;
    if (p->sql && mig_same(p->table, o->table) && mig_is_type(o, "index") &&
        mig_same_index(&l->k.work, p->sql, o->sql)) {
      return 1;
    }
  }
  return 0;
}

/* What hung on a table that was dropped and made again. */
static void mig_judge_lost_objects(mig_lint *l, const mig_event *f, const mig_catalog *after) {
  mig_object *o = 0;
  mig_text list;
  mig_text_init(&list, &l->k.work);
  while ((o = mig_objects_of(l->before, f->other, o)) != 0) {
    if (!o->sql || (!mig_is_type(o, "index") && !mig_is_type(o, "trigger"))) continue;
    if (!mig_is_there(l, after, o)) mig_word_list(&list, o);
  }
  if (!list.n) return;
  mig_report_at(l, MIG_RULE_LOST_OBJECTS, f->at, f->allows,
                mig_format(&l->k.work, "%s went with table %s, and nothing makes them again",
                           list.z, f->other));
}

/* DROP TABLE forgets how far AUTOINCREMENT has counted: ids of deleted rows come again. */
static void mig_judge_lost_sequence(mig_lint *l, const mig_event *f) {
  const mig_object *o = mig_catalog_table(l->before, f->other);
  const char *now = mig_text_now(l, "table", f->other);
  mig_table t;
  if (!o || !mig_table_now(l, o->sql, &t) || !mig_has_autoincrement(&t)) return;
  if (!mig_table_now(l, now, &t) || !mig_has_autoincrement(&t)) return;
  if (mig_mentions(l->section->sql, "sqlite_sequence")) return;
  mig_report_at(l, MIG_RULE_LOST_SEQUENCE, f->at, f->allows,
                mig_format(&l->k.work,
                           "DROP TABLE forgets the AUTOINCREMENT counter of %s: ids of rows that "
                           "were deleted are given again",
                           f->other));
}

/* Did a statement before the DROP put the table's rows into another one? */
static int mig_was_read(mig_lint *l, const mig_event *dropped) {
  const mig_event *f;
  for (f = dropped->next; f; f = f->next) {
    if (f->kind == MIG_EVENT_READ && mig_mentions_token(&l->k.work, f->other, dropped->table)) {
      return 1;
    }
  }
  return 0;
}

static void mig_judge_drops(mig_lint *l, const mig_catalog *after) {
  const mig_event *f;
  for (f = l->events; f && !mig_failed(&l->k.work); f = f->next) {
    if (f->kind != MIG_EVENT_DROPPED || !f->other) continue;
    if (mig_catalog_table(after, f->other)) {
      mig_report_at(l, MIG_RULE_HAND_REBUILD, f->at, f->allows,
                    mig_format(&l->k.work, "table %s is copied, dropped and made again by hand",
                               f->other));
      mig_judge_lost_objects(l, f, after);
      mig_judge_lost_sequence(l, f);
      continue;
    }
    if (mig_was_read(l, f)) continue; /* its rows went somewhere else */
    mig_note_event(l, MIG_EVENT_LOST, f->other, 0);
    if (mig_live_rows(l, f->other) == 0) continue;
    mig_report_at(l, MIG_RULE_DROP_TABLE, f->at, f->allows,
                  mig_format(&l->k.work, "table %s goes%s", f->other,
                             mig_and_rows(l, f->other, ", and ")));
  }
}

static void mig_judge_copies(mig_lint *l, const mig_catalog *after) {
  const mig_event *f, *g;
  for (f = l->events; f && !mig_failed(&l->k.work); f = f->next) {
    const char *name = f->table;
    if (f->kind != MIG_EVENT_COPIED) continue;
    for (g = l->events; g; g = g->next) {
      if (g->kind == MIG_EVENT_RENAMED && mig_same(g->table, name)) name = g->other;
    }
    if (!mig_catalog_table(after, name)) continue;
    mig_report_at(l, MIG_RULE_CREATE_AS, f->at, f->allows,
                  mig_format(&l->k.work,
                             "CREATE TABLE .. AS gives %s columns without keys, defaults, "
                             "constraints and most types",
                             name));
  }
}

/* Foreign keys that name a table which the section dropped or renamed away. */
static void mig_judge_keys(mig_lint *l, const mig_catalog *after) {
  int i, k;
  for (i = 0; i < after->n && !mig_failed(&l->k.work); i++) {
    mig_table t;
    const mig_object *o = &after->v[i];
    if (!mig_is_type(o, "table") || !mig_mentions(o->sql, "references")) continue;
    if (!mig_table_now(l, o->sql, &t)) continue;
    for (k = 0; k < t.nconstraint; k++) {
      const char *parent = t.constraints[k].parent;
      const mig_event *f;
      if (t.constraints[k].kind != MIG_FOREIGN_KEY || mig_catalog_table(after, parent)) continue;
      f = mig_find_event(l, MIG_EVENT_DROPPED, parent, 0);
      if (!f) continue;
      mig_report_at(l, MIG_RULE_DANGLING_KEY, f->at, f->allows,
                    mig_format(&l->k.work,
                               "a foreign key of %s refers to %s, which is no more: each write "
                               "fails where foreign keys are on",
                               o->name, parent));
    }
  }
}

/* Views and triggers that compiled when the section began and do no more. */
static void mig_judge_broken(mig_lint *l, const mig_catalog *after) {
  int i, k;
  for (i = 0; i < l->worked.n && !mig_failed(&l->k.work); i++) {
    mig_dependent d = l->worked.v[i];
    const mig_event *f;
    if (!d.worked) continue;
    for (k = 0; k < after->n; k++) {
      if (mig_is_type(&after->v[k], d.object->type) &&
          mig_same(after->v[k].name, d.object->name)) {
        break;
      }
    }
    if (k == after->n) continue;
    d.object = &after->v[k];
    d.catalog = after;
    if (mig_works_strictly(&l->k, &d, d.strict)) continue;
    for (f = l->events; f; f = f->next) {
      if (f->kind == MIG_EVENT_DROPPED && mig_mentions_token(&l->k.work, d.object->sql, f->table)) {
        break;
      }
    }
    mig_report_at(l, MIG_RULE_BROKEN_OBJECT, f ? f->at : l->at, f ? f->allows : l->allows,
                  mig_format(&l->k.work, "%s %s does not compile any more", d.object->type,
                             d.object->name));
  }
  mig_be_strict(&l->k, 0);
}

static void mig_judge_section(mig_lint *l) {
  const mig_catalog *after = mig_catalog_now(l);
  const mig_event *schema = mig_find_event(l, MIG_EVENT_SCHEMA, 0, 0);
  const mig_event *data = mig_find_event(l, MIG_EVENT_DATA, 0, 0), *f;
  mig_judge_pragmas_left(l);
  mig_judge_transactions(l);
  if (!l->upgrade || !after || !l->before) return;
  mig_judge_drops(l, after);
  mig_judge_copies(l, after);
  mig_judge_keys(l, after);
  mig_judge_broken(l, after);
  if (!schema || !data) return;
  for (f = data; f; f = f->next) { /* the oldest */
    if (f->kind == MIG_EVENT_DATA) data = f;
  }
  mig_report_whole(l, MIG_RULE_SCHEMA_AND_DATA, data->at,
                   mig_format(&l->k.work,
                              "the revision alters table %s and changes rows of %s as well",
                              schema->table, data->table));
}

/* ---- a statement in the copy ---- */

/* Seconds that a copy takes on an ordinary machine: so much a row, so much a byte. */
#define MIG_COPY_ROW 0.6e-6
#define MIG_COPY_BYTE 5e-9

static void mig_judge_cost(mig_lint *l) {
  mig_arena *a = &l->k.work;
  mig_table t;
  sqlite3_int64 rows = mig_live_rows(l, l->table), bytes;
  if (rows < l->m->settings.lint_rows || !mig_table_now(l, l->text, &t)) return;
  bytes = mig_live_bytes(l, &t, rows);
  mig_report(l, MIG_RULE_LARGE_REBUILD,
             mig_format(a,
                        "it copies table %s: %s, about %.1f MB, some %.1f seconds during which "
                        "nobody else writes",
                        l->table, mig_count(a, rows, "row"), (double)bytes / 1e6,
                        (double)rows * MIG_COPY_ROW + (double)bytes * MIG_COPY_BYTE));
}

static void mig_judge_strategy(mig_lint *l) {
  if (!l->strategy || !l->table) return;
  if (mig_find_event(l, MIG_EVENT_REBUILT, l->table, 0)) {
    mig_report(l, MIG_RULE_REPEATED_REBUILD,
               mig_format(&l->k.work, "it copies table %s once more", l->table));
  }
  mig_note_event(l, MIG_EVENT_REBUILT, l->table, 0);
  mig_judge_cost(l);
}

/* A rule that rows must not break, asked of the rows at hand. */
static void mig_judge_check(mig_lint *l, const char *sql, const char *complaint) {
  const char *word = complaint ? strrchr(complaint, '|') : 0;
  sqlite3_int64 n;
  if (!sql || !word) return;
  n = mig_live_number(l, mig_format(&l->k.work, "SELECT count(*) FROM (%s)", sql));
  if (n <= 0) return;
  mig_report(l, MIG_RULE_ROWS_BREAK,
             mig_format(&l->k.work, "%.*s in %s of this database", (int)(word - complaint),
                        complaint, mig_count(&l->k.work, n, "row")));
}

/* Hears of each statement that the one at hand comes down to. */
static void mig_lint_listen(migrate *k, const mig_statement *s, const char *strategy) {
  mig_lint *l = (mig_lint *)k->listener;
  const mig_statement *c;
  if (strcmp(strategy, "rebuild") == 0 || strcmp(strategy, "portable") == 0) l->strategy = strategy;
  if (!l->listed || !l->live) return;
  if (s->kind == MIG_S_CHECK) mig_judge_check(l, s->sql, s->complaint);
  if (s->kind == MIG_S_SCHEMA || s->kind == MIG_S_DATA) {
    mig_judge_check(l, s->diagnose, s->complaint);
  }
  for (c = s->suspects; c; c = c->next) mig_judge_check(l, c->sql, c->complaint);
}

/* Messages that speak of what the copy lacks, not of the statement. */
static int mig_is_copys_fault(const char *message) {
  return strstr(message, "no such module") || strstr(message, "vtable constructor failed") ||
         strstr(message, "no such function") || strstr(message, "not authorized");
}

static void mig_judge_failure(mig_lint *l) {
  const mig_fault *f = &l->k.fault;
  const char *message = mig_fault_text(f);
  char *fact = mig_copyn(&l->m->work, message, f->placed ? f->bare : strcspn(message, "\n"));
  int clash = fact && (strstr(fact, "already") || strstr(fact, "duplicate column name"));
  size_t at = l->at + (f->placed ? f->at : 0);
  mig_fault_clear(&l->k.fault);
  if (!fact) return;
  if (!l->unsure && !l->in_c && !mig_is_copys_fault(fact)) {
    mig_report_at(l, clash ? MIG_RULE_NAME_CLASH : MIG_RULE_FAILS, at, l->allows, fact);
  }
  l->unsure = 1;
}

/* In a transaction of its own, unless one is open: a half of it must not stay. */
static void mig_lint_run(mig_lint *l, const mig_deed *d, const char *sql, mig_span s, size_t end) {
  migrate *k = &l->k;
  int alone = !k->depth;
  const char *one;
  if (d->kind == MIG_DEED_CONTROL || d->kind == MIG_DEED_OUTSIDE || sql[s.at] == '.') return;
  one = mig_span_text(&k->work, sql, s);
  if (!one) return;
  mig_stub_functions(&k->work, k->db, one);
  if (alone) mig_frame_open(k);
  k->listen = mig_lint_listen;
  k->listener = l;
  mig_run_statement(k, sql, s, end);
  mig_flush(k);
  k->listen = 0;
  if (alone) mig_frame_close(k);
}

static void mig_lint_statement(mig_lint *l, const char *sql, mig_span s, size_t end) {
  mig_deed d = mig_read_deed(&l->k.work, sql + s.at, s.end - s.at);
  l->at = s.at;
  l->table = l->text = l->strategy = 0;
  l->live = 0;
  mig_judge(l, &d, sql, s);
  mig_lint_run(l, &d, sql, s, end);
  if (l->k.fault.code == SQLITE_NOMEM) return;
  if (l->k.fault.code) mig_judge_failure(l);
  else if (l->upgrade) mig_judge_strategy(l);
}

/* ---- a section ---- */

/* Which views and triggers the section may break: those that name a table or view that it drops or
** renames. SQLite and the ALTER language look after the others. */
static void mig_lint_baseline(mig_lint *l, const char *sql) {
  size_t at = 0;
  mig_span s;
  memset(&l->worked, 0, sizeof l->worked);
  while (l->before && mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    mig_deed d = mig_read_deed(&l->k.work, sql + s.at, s.end - s.at);
    if (d.kind != MIG_DEED_DROP || (*d.type != 't' && *d.type != 'v')) continue;
    mig_find_mentions(&l->k, &l->worked, l->before, d.name);
  }
  mig_baseline(&l->k, &l->worked);
}

static void mig_judge_allows(mig_lint *l) {
  const mig_allow *w;
  for (w = l->allows; w; w = w->next) {
    if (!w->word || mig_find_rule(w->word) >= 0) continue;
    mig_report_at(l, MIG_RULE_UNKNOWN_RULE, w->at, 0,
                  mig_format(&l->k.work, "there is no rule %.40s to allow", w->word));
  }
}

/* Runs and judges a section. 0: it did not run to its end. */
static int mig_lint_section(mig_lint *l, int upgrade) {
  const char *sql;
  size_t n, at = 0, from = 0;
  mig_span s;
  int found, unsure = l->unsure;
  l->upgrade = upgrade;
  l->section = upgrade ? &l->rev->upgrade : &l->rev->downgrade;
  l->events = 0;
  sql = l->section->sql;
  if (upgrade) l->before = mig_catalog_now(l); /* of this revision, also where it does nothing */
  if (!sql) return 1;
  n = strlen(sql);
  l->unsure = 0;
  if (upgrade) mig_lint_baseline(l, sql);
  while (l->k.fault.code == 0 && (found = mig_next_statement(sql, n, &at, &s)) != 0) {
    size_t to = mig_remarks_end(sql, n, at);
    l->allows = mig_allows(&l->k.work, sql, from, to, 0);
    mig_judge_allows(l);
    from = to;
    l->at = s.at;
    if (found < 0) {
      mig_report(l, MIG_RULE_REFUSED, "the text ends inside of this statement");
      break;
    }
    mig_lint_statement(l, sql, s, at);
    if (unsure) l->unsure = 1; /* the first failure is told of; the others follow from it */
  }
  mig_judge_section(l);
  unsure = unsure || l->unsure;
  found = !l->unsure;
  l->unsure = unsure;
  return found;
}

/* ---- the way back ---- */

/* The first thing that separates two schemas, as the statement that would mend it. */
static const char *mig_first_difference(mig_lint *l, const mig_catalog *from,
                                        const mig_catalog *to) {
  mig_comparison c;
  memset(&c, 0, sizeof c);
  c.a = &l->k.work;
  c.settings = &l->k.settings;
  c.from = from;
  c.to = to;
  mig_compare_names(&c);
  if (!c.first && !mig_failed(&l->k.work)) mig_compare_catalogs(&c);
  return c.first ? c.first->sql : 0;
}

/* Runs the downgrade behind the upgrade, and takes it back. */
static void mig_lint_downgrade(mig_lint *l) {
  mig_arena *a = &l->k.work;
  const mig_catalog *before = l->before, *after;
  const char *sql = 0;
  int ran, unsure = l->unsure;
  mig_text line;
  mig_frame_open(&l->k);
  ran = mig_lint_section(l, 0);
  l->unsure = unsure;
  after = ran && !unsure && before ? mig_catalog_now(l) : 0;
  if (after) sql = mig_first_difference(l, after, before);
  if (l->k.fault.code && l->k.fault.code != SQLITE_NOMEM) mig_fault_clear(&l->k.fault);
  mig_text_init(&line, a);
  if (sql) {
    mig_put_line(&line, sql);
    mig_report_whole(l, MIG_RULE_INCOMPLETE_DOWNGRADE, 0,
                     mig_format(a, "the schema is not as before after it; what is missing: %.200s",
                                mig_text_z(&line)));
  }
  if (l->k.depth) mig_frame_undo(&l->k);
  mig_forget_catalogs(&l->k);
  l->k.pending = 0;
}

/* ---- a revision ---- */

static int mig_is_blank_section(const mig_section *s) {
  size_t at = 0;
  mig_span one;
  return !s->sql || mig_next_statement(s->sql, strlen(s->sql), &at, &one) == 0;
}

/* Rules of the revision as a whole; the acts are those of its upgrade. */
static void mig_judge_revision(mig_lint *l) {
  const mig_revision *rev = l->rev;
  const mig_event *lost = mig_find_event(l, MIG_EVENT_LOST, 0, 0);
  int back = rev->downgrade_fn || !mig_is_blank_section(&rev->downgrade);
  int forth = rev->upgrade_fn || !mig_is_blank_section(&rev->upgrade);
  if (forth && !back && !l->forward_told) {
    mig_report_whole(l, MIG_RULE_MISSING_DOWNGRADE, 0,
                     l->forward         ? "no revision has a downgrade"
                     : rev->downgrade.sql ? "the downgrade is empty: it would undo nothing"
                                          : "the revision has no downgrade");
    if (l->listed) l->forward_told = l->forward;
  }
  if (back && lost) {
    mig_report_whole(l, MIG_RULE_LOSSY_DOWNGRADE, lost->at,
                     mig_format(&l->k.work,
                                lost->other ? "no downgrade knows the values of %s.%s again"
                                            : "no downgrade knows the rows of %s again",
                                lost->table, lost->other));
  }
}

static void mig_lint_revision(mig_lint *l) {
  int ran;
  l->whole = mig_revision_allows(&l->k.work, l->rev);
  ran = mig_lint_section(l, 1);
  if (l->rev->upgrade_fn) l->unsure = l->in_c = 1;
  mig_judge_revision(l);
  mig_keep_written(l);
  if (!l->listed || mig_is_blank_section(&l->rev->downgrade)) return;
  if (ran && !l->rev->downgrade_fn) mig_lint_downgrade(l);
}

/* Tells the caller; non-zero: it has heard enough. */
static int mig_lint_tell(mig_lint *l, int (*row)(void *, const migrate_finding *), void *arg) {
  const mig_finding *f;
  migrate_finding r;
  memset(&r, 0, sizeof r);
  for (f = l->found; f && !mig_failed(&l->m->work); f = f->next) {
    r.revision = l->rev->id;
    r.path = l->rev->path;
    r.line = f->line;
    r.severity = mig_rules[f->rule].severity;
    r.rule = mig_rules[f->rule].word;
    r.message = f->message;
    if (row(arg, &r)) return 1;
  }
  l->found = 0;
  return 0;
}

/* ---- which revisions ---- */

/* A project that never goes back hears of it once. */
static int mig_is_forward(const mig_graph *g) {
  int i;
  for (i = 0; i < g->n; i++) {
    const mig_revision *rev = g->nodes[i].rev;
    if (rev->downgrade_fn || !mig_is_blank_section(&rev->downgrade)) return 0;
  }
  return g->n > 1;
}

typedef struct mig_lint_plan {
  mig_nodes order;        /* all revisions, newest first */
  unsigned char *listed;  /* those that were asked for */
  unsigned char *applied;
  int live;               /* none of them is applied: the copy begins with the schema at hand */
} mig_lint_plan;

static void mig_plan_lint(migrate *m, mig_graph *g, const char *range, mig_lint_plan *p) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  mig_nodes rows, asked;
  mig_ask q;
  int i;
  memset(p, 0, sizeof *p);
  if (mig_failed(&m->work)) return;
  rows = mig_known_rows(g, v.rows);
  q = mig_ask_of(g, 0);
  p->order = mig_history_range(g, "", rows);
  p->applied = mig_applied(g, rows);
  p->listed = mig_marks(g);
  if (!range || !*range) asked = p->order;
  else if (strchr(range, ':')) asked = mig_history_range(g, range, rows);
  else if (strcmp(range, "current") == 0) asked = rows;
  else asked = mig_resolve_all(&q, range);
  p->live = v.exists && rows.n > 0;
  for (i = 0; i < asked.n && !mig_failed(&m->work); i++) {
    if (asked.at[i] < 0) continue;
    p->listed[asked.at[i]] = 1;
    if (p->applied[asked.at[i]]) p->live = 0;
  }
}

static void mig_lint_open(migrate *m, mig_lint *l, int live) {
  sqlite3 *db = mig_scratch_open(m, live);
  memset(l, 0, sizeof *l);
  l->m = m;
  if (!db) return;
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  mig_scratch_handle(m, db, &l->k);
  l->k.step = 1; /* legacy_alter_table: a script that has switched it means it, here as in a run */
}

MIGRATE_API int migrate_lint(migrate *m, const char *range,
                             int (*row)(void *, const migrate_finding *), void *arg) {
  mig_lint l;
  mig_lint_plan p;
  mig_graph *g;
  int i, enough = 0;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!row) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_lint: the callback is NULL");
  g = mig_failed(&m->work) ? 0 : mig_graph_of(m);
  if (g) mig_plan_lint(m, g, range, &p);
  if (mig_failed(&m->work)) return mig_end_call(m);
  mig_lint_open(m, &l, p.live);
  l.forward = mig_is_forward(g);
  for (i = p.order.n - 1; i >= 0 && l.k.db && !enough && !mig_failed(&m->work); i--) {
    int node = p.order.at[i];
    if (p.live && p.applied[node]) continue;
    l.rev = g->nodes[node].rev;
    l.listed = p.listed[node];
    l.pending = !p.applied[node];
    mig_lint_revision(&l);
    enough = mig_lint_tell(&l, row, arg);
    if (l.k.fault.code == SQLITE_NOMEM) mig_no_memory(&m->work);
    mig_begin_call(&l.k);
  }
  if (l.k.db) mig_scratch_close(m, &l.k);
  return mig_end_call(m);
}
