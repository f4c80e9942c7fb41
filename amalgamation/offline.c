/* Offline: the same run in a scratch database, through a sink that lists it (a plan) or prints it
** (a script for a stock sqlite3 shell). */

/* ---- the scratch database at the revision that the run begins with ---- */

static void mig_scratch_rows(migrate *k, mig_names rows) {
  const char *table = k->settings.version_table;
  int i;
  mig_scratch_step(k, k->db, mig_version_read(k->db, &k->work, table).exists
                                 ? mig_purge_sql(&k->work, table)
                                 : mig_version_create_sql(&k->work, table), 0);
  for (i = 0; i < rows.n; i++) {
    mig_change c;
    c.kind = MIG_ROW_INSERT;
    c.from = 0;
    c.to = rows.at[i];
    mig_scratch_step(k, k->db, mig_change_sql(&k->work, table, &c), 0);
  }
}

/* The revisions that words name, as rows of the version table. */
static mig_names mig_rows_named(migrate *m, const char *words) {
  mig_names none, rows;
  mig_plan p;
  int i;
  none.n = rows.n = 0;
  none.at = rows.at = 0;
  if (!mig_graph_of(m)) return rows;
  p = mig_plan_stamp(m->graph, none, words);
  rows.at = (const char **)mig_array(&m->work, (size_t)p.rows.n + 1, sizeof(char *));
  for (i = 0; rows.at && i < p.rows.n; i++) rows.at[rows.n++] = mig_id(m->graph, p.rows.at[i]);
  return rows;
}

typedef struct mig_offline {
  migrate k;      /* the handle on the scratch database */
  mig_names from; /* the version rows at its beginning */
} mig_offline;

static void mig_offline_run(migrate *k, const mig_verb *verb, const char *words) {
  mig_command c;
  c.verb = verb;
  c.purge = 0;
  c.target = words;
  c.found = 0;
  mig_run_todo(k, &c);
}

/* Brings the scratch database to the rows `from`, with the real schema where the database is at
** just these, else with what the revisions make from nothing, which at base is not even the version
** table. */
static void mig_offline_begin(migrate *m, mig_offline *o, const char *from) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  sqlite3 *db;
  int here;
  memset(o, 0, sizeof *o);
  o->from = from ? mig_rows_named(m, from) : v.rows;
  here = mig_same_names(o->from, v.rows);
  db = mig_failed(&m->work) ? 0 : mig_scratch_open(m, here);
  if (!db) return;
  mig_scratch_handle(m, db, &o->k);
  o->k.graph = mig_graph_of(m);
  o->k.revisions = m->revisions;
  o->k.nrevision = m->nrevision;
  o->k.settings.env_sql = 0; /* the application's business, on its own connection */
  if (!here && o->from.n) mig_offline_run(&o->k, &mig_upgrading, from);
  else if (here && v.exists) mig_scratch_rows(&o->k, o->from);
}

static void mig_offline_end(migrate *m, mig_offline *o) {
  if (o->k.db) mig_scratch_close(m, &o->k);
}

/* ---- the script ---- */

typedef struct mig_printer {
  mig_text body; /* what is finished */
  mig_text part; /* the transaction that is open */
  int step;      /* of the statement printed last */
  int link;      /* of the chain: m7 is the savepoint that the last line has made */
  int first;     /* the first link of the open transaction */
  int env;       /* env.sql stands before the transaction that comes next */
  int keys;      /* foreign keys are meant to be on */
  int rebuilds;  /* the open transaction needs them off */
  int own;       /* it holds statements of the revisions' own, which rely on them */
  int portable;  /* the settings of the portable rung are in force at this place */
} mig_printer;

/* Where the script goes on: a transaction is put together when it is known what it needs. */
static mig_text *mig_print_to(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  return k->depth ? &p->part : &p->body;
}

/* A statement without its line's end. */
static void mig_print_open(migrate *k, const char *sql) {
  if (sql && strstr(sql, "\r\n")) { /* only quoted texts still hold one */
    mig_fail(&k->work, MIGRATE_SCRIPT,
             "a script cannot hold CR LF in quotes, which the sqlite3 shell reads as LF: write "
             "char(13, 10)");
  }
  mig_put_statement(mig_print_to(k), sql);
}

static void mig_print(migrate *k, const char *sql) {
  mig_text *z = mig_print_to(k);
  mig_print_open(k, sql);
  mig_put(z, "\n");
}

/* A statement of a transaction. A shell without -bail goes on after an error with the next line,
** not with the rest of the one at hand: so each line first releases the savepoint that the line
** before it has made at its end, while there was still the transaction that its own savepoint was
** in. After an error, a rollback or a line that is missing none of the rest runs, up to the COMMIT.
** Outside of a transaction all statements stand in one line. */
static void mig_print_linked(migrate *k, const char *sql) {
  mig_printer *p = (mig_printer *)k->listener;
  mig_text *z = mig_print_to(k);
  if (k->depth) mig_putf(z, "RELEASE m%d; SAVEPOINT m; ", p->link);
  mig_print_open(k, sql);
  mig_put(z, " ");
  if (k->depth) mig_putf(z, "RELEASE m; SAVEPOINT m%d;\n", ++p->link);
}

/* A rule that rows must not break becomes a row of the guard's, which stops the COMMIT. */
static void mig_print_check(migrate *k, const mig_statement *s) {
  mig_arena *a = &k->work;
  const char *word = s->complaint ? strrchr(s->complaint, '|') : 0;
  char *why = word ? mig_copyn(a, s->complaint, (size_t)(word - s->complaint)) : mig_copy(a, "");
  if (s->kind == MIG_S_COUNT) {
    why = mig_format(a, "INSERT OR REPLACE INTO temp.migrate_count SELECT %d, (%s)", s->slot,
                     s->sql);
  } else if (s->kind == MIG_S_NOT_MORE) {
    why = mig_format(a,
                     "INSERT INTO temp.migrate_guard SELECT %Q WHERE (%s) > (SELECT n FROM "
                     "temp.migrate_count WHERE slot = %d)",
                     why, s->sql, s->slot);
  } else {
    why = mig_format(a, "INSERT INTO temp.migrate_guard SELECT %Q WHERE EXISTS (%s)", why, s->sql);
  }
  mig_print_linked(k, why);
}

/* The settings of the portable rung: its rename touches nothing else, its copy keeps rows that
** broke a CHECK before; new rules are looked at by themselves. Behind it they are what the
** revisions have made of them, which the scratch database knows. */
static void mig_print_settings(migrate *k, int portable) {
  mig_printer *p = (mig_printer *)k->listener;
  int legacy = 1, unchecked = 1;
  if (p->portable == portable) return;
  p->portable = portable;
  if (!portable) {
    legacy = mig_flag(k->db, MIG_LEGACY_ALTER_TABLE, -1);
    unchecked = mig_read_int(k, "PRAGMA ignore_check_constraints") != 0;
  }
  mig_putf(mig_print_to(k),
           "PRAGMA legacy_alter_table = %s;\nPRAGMA ignore_check_constraints = %s;\n",
           legacy ? "ON" : "OFF", unchecked ? "ON" : "OFF");
}

/* The head of a step: the line that its run would log. It must not end the line of a section that
** stands outside of a transaction. */
static void mig_print_step(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  const char *line = mig_text_z(&k->result), *last = strrchr(line, '\n'), *at;
  if (p->step == k->step || !k->step) return;
  p->step = k->step;
  line = last ? last + 1 : line;
  if (k->depth) {
    mig_putf(&p->part, "\n-- %s\n", line);
    return;
  }
  mig_put(&p->body, "/* ");
  for (; (at = strstr(line, "*/")) != 0; line = at + 2) {
    mig_putf(&p->body, "%.*s* /", (int)(at - line), line);
  }
  mig_putf(&p->body, "%s */ ", line);
}

static void mig_print_statement(migrate *k, const mig_statement *s, const char *strategy) {
  mig_printer *p = (mig_printer *)k->listener;
  int portable = strcmp(strategy, "portable") == 0;
  mig_print_step(k);
  switch (s->kind) {
    case MIG_S_CHECK:
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE:
      mig_print_check(k, s);
      return;
    case MIG_S_EDIT:
    case MIG_S_RELOAD:
      mig_fail(&k->work, MIGRATE_UNSUPPORTED,
               "a script cannot edit the schema, which this change needs: %.200s", s->sql);
      return;
    default:
      if (portable) p->rebuilds = 1;
      if (s->kind == MIG_S_SCRIPT) p->own = 1;
      mig_print_settings(k, portable);
      mig_print_linked(k, s->sql);
  }
}

/* The version rows must be just these. */
static void mig_print_rows_guard(migrate *k, const char *why) {
  const char *others = mig_other_versions(k->db, &k->work, "main", k->settings.version_table);
  if (!others) return;
  mig_print_linked(
      k, mig_format(&k->work, "INSERT INTO temp.migrate_guard SELECT %Q WHERE %s", why, others));
}

/* So must the schema: the number of objects and of the characters of their texts. */
static void mig_print_schema_guard(migrate *k) {
  static const char measure[] =
      "SELECT count(*) || ' ' || total(length(sql)) FROM main.sqlite_master WHERE "
      "name NOT LIKE 'sqlite~_%' ESCAPE '~'";
  sqlite3_stmt *stmt = mig_prepare(k, measure);
  char *want = 0;
  while (mig_row(k, &stmt)) want = mig_cell(k, stmt, 0);
  mig_print_linked(k, mig_format(&k->work,
                                 "INSERT INTO temp.migrate_guard SELECT 'the schema is not as "
                                 "planned' WHERE (%s) IS NOT %Q",
                                 measure, want));
}

static const char mig_print_problems[] =
    "SELECT 'not committed: ' || problem FROM temp.migrate_guard";

/* A rebuild needs foreign keys off for its whole transaction. What the revisions' own statements
** would have done to other tables under them is missed there: no row may be left without its parent
** that had one. */
#define MIG_COUNT_ORPHANS "(SELECT count(*) FROM pragma_foreign_key_check)"

static void mig_print_keys_guard(migrate *k) {
  mig_print_linked(
      k, "INSERT INTO temp.migrate_guard SELECT 'rows lost their parent: foreign keys are off "
         "where a table is rebuilt, so that ON DELETE and ON UPDATE do nothing; put the rebuild "
         "into a revision of its own and set transaction_per_migration' WHERE " MIG_COUNT_ORPHANS
         " > (SELECT n FROM temp.migrate_count WHERE slot = -1)");
}

/* The transaction that has ended, with what must come before it and behind; it begins in the line
** of what stands outside before it. With a row in the guard OR ROLLBACK stops in front of the
** COMMIT in its line: a shell without -bail must not commit half a schema. */
static void mig_print_part(mig_printer *p, int guarded) {
  mig_text *z = &p->body;
  mig_put(z, p->first ? "" : "\n");
  if (p->rebuilds) mig_put(z, "PRAGMA foreign_keys = OFF; ");
  mig_put(z, "BEGIN IMMEDIATE; ");
  if (p->env) mig_put(z, "DROP TABLE temp.migrate_env; ");
  if (guarded) {
    mig_put(z, "INSERT OR REPLACE INTO temp.migrate_count SELECT -1, " MIG_COUNT_ORPHANS "; ");
  }
  mig_putf(z, "SAVEPOINT m%d;\n%s", p->first, mig_text_z(&p->part));
  mig_put(z, "INSERT OR ROLLBACK INTO temp.migrate_stop SELECT NULL FROM temp.migrate_guard; "
             "COMMIT; ");
  if (p->rebuilds && p->keys) mig_put(z, "PRAGMA foreign_keys = ON; ");
  p->env = 0;
}

/* A transaction begins. */
static void mig_print_begin(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  mig_text_init(&p->part, &k->work);
  p->rebuilds = p->own = 0;
  p->first = p->link;
  mig_print_rows_guard(k, "the database is not at the revision that this script begins with");
  mig_print(k, mig_print_problems);
  mig_print_linked(k, "INSERT INTO temp.migrate_stop SELECT NULL FROM temp.migrate_guard");
}

/* It ends. */
static void mig_print_end(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  int guarded = p->rebuilds && p->keys && p->own;
  mig_print_settings(k, 0);
  mig_put(&p->part, "\n-- nothing is committed where anything above went wrong\n");
  mig_print(k, "INSERT INTO temp.migrate_guard VALUES ('a statement failed')");
  mig_print_rows_guard(k, "the version rows are not as planned");
  mig_print_schema_guard(k);
  if (guarded) mig_print_keys_guard(k);
  mig_print_linked(k, "DELETE FROM temp.migrate_guard WHERE problem = 'a statement failed'");
  mig_print(k, mig_print_problems);
  mig_print_part(p, guarded);
}

static void mig_print_frame(migrate *k, int opened) {
  if (opened) mig_print_begin(k);
  else mig_print_end(k);
}

/* Is this statement PRAGMA foreign_keys = ..? -1: no; else whether it switches them on. */
static int mig_sets_keys(const char *sql, mig_span s) {
  mig_token k = mig_next_significant(sql, s.end, s.at);
  if (!mig_token_is(sql, k, "PRAGMA")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  if (!mig_token_is(sql, k, "foreign_keys")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  if (!mig_token_op(sql, k, "=") && !mig_token_op(sql, k, "(")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  return mig_token_is(sql, k, "ON") || mig_token_is(sql, k, "YES") ||
         mig_token_is(sql, k, "TRUE") || (k.type == MIG_TK_NUMBER && sql[k.at] != '0');
}

/* Are foreign keys on where the script's own statements run? As on this connection, unless env.sql
** says something else. */
static int mig_keys_are_on(migrate *m) {
  const char *sql = m->settings.env_sql;
  int on = mig_flag(m->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1), said;
  size_t at = 0;
  mig_span s;
  while (sql && mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    said = mig_sets_keys(sql, s);
    if (said >= 0) on = said;
  }
  return on;
}

/* env.sql is run by the script as well, before its transaction. It all stands in one line with the
** table that the first transaction takes away: where something in it fails, that does not begin. */
static void mig_print_env(migrate *m) {
  const char *sql = m->settings.env_sql;
  size_t at = 0;
  mig_span s;
  if (!sql) return;
  mig_check_env(&m->work, m->settings.env_path, sql);
  mig_put(&m->result, "\n-- env.sql\n");
  while (mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    mig_putn(&m->result, sql + s.at, s.end - s.at);
    mig_put(&m->result, "; ");
  }
  mig_put(&m->result, "CREATE TEMP TABLE migrate_env(x);\n");
}

/* Words of the caller's in a comment: they must not end its line. */
static void mig_print_words(mig_text *out, const char *z) {
  for (; *z; z++) mig_putn(out, (unsigned char)*z < ' ' ? " " : z, 1);
}

static void mig_print_script(migrate *m, const mig_printer *p, const char *command,
                             const char *words, const char *tag) {
  mig_text *out = &m->result;
  mig_put(out, "-- run with: sqlite3 -bail FILE < script\n");
  mig_putf(out, "-- migrate %s, %s ", MIGRATE_VERSION, command);
  mig_print_words(out, words);
  mig_put(out, tag ? "\n-- tag: " : "\n");
  if (tag) mig_print_words(out, tag);
  if (tag) mig_put(out, "\n");
  mig_print_env(m);
  if (p->keys) mig_put(out, "PRAGMA foreign_keys = ON;\n");
  mig_put(out, "PRAGMA legacy_alter_table = OFF;\n"
               "-- Each line goes on from the savepoint of the line before it: after an error none "
               "of the\n-- rest runs, and nothing is committed.\n"
               "CREATE TEMP TABLE migrate_guard(problem);\n"
               "CREATE TEMP TABLE migrate_stop(never NOT NULL);\n"
               "CREATE TEMP TABLE migrate_count(slot INTEGER PRIMARY KEY, n);\n");
  mig_put(out, mig_text_z(&p->body));
  mig_put(out, "\nDROP TABLE temp.migrate_guard;\n"
               "DROP TABLE temp.migrate_stop;\n"
               "DROP TABLE temp.migrate_count;\n");
}

/* The command of that name, or NULL. */
static const mig_verb *mig_verb_named(const char *name) {
  static const mig_verb *const verbs[] = {&mig_upgrading, &mig_downgrading, &mig_stamping};
  int i;
  for (i = 0; i < 3; i++) {
    if (strcmp(name, verbs[i]->name) == 0) return verbs[i];
  }
  return 0;
}

/* "from:to" -> from, to; without a colon from is NULL: where the database is. */
static const char *mig_split_range(mig_arena *a, const char *range, const char **from) {
  const char *colon = strchr(range, ':');
  *from = 0;
  if (!colon) return range;
  *from = colon == range ? "base" : mig_copyn(a, range, (size_t)(colon - range));
  return colon[1] ? colon + 1 : "head";
}

/* Prints a run in the dialect that is set. */
static void mig_print_run(migrate *m, mig_offline *o, const mig_verb *verb, const char *range,
                          const char *to, const char *tag) {
  migrate *k = &o->k;
  mig_printer p;
  mig_d1 d1;
  if (m->settings.dialect == MIG_DIALECT_D1) {
    mig_d1_listen(k, &d1);
    mig_offline_run(k, verb, to);
    if (!k->fault.code && d1.body.n) mig_d1_script(m, &d1, verb->name, range, tag);
    return;
  }
  memset(&p, 0, sizeof p);
  mig_text_init(&p.body, &k->work);
  p.keys = mig_keys_are_on(m);
  p.env = m->settings.env_sql != 0;
  k->listen = mig_print_statement;
  k->framed = mig_print_frame;
  k->listener = &p;
  k->settings.rebuild = MIG_REBUILD_PORTABLE;
  mig_offline_run(k, verb, to);
  if (!k->fault.code && p.body.n) mig_print_script(m, &p, verb->name, range, tag);
}

MIGRATE_API int migrate_script(migrate *m, const char *command, const char *range,
                               const char *tag) {
  mig_offline o;
  const char *from, *to;
  const mig_verb *verb;
  if (mig_begin_call(m)) return migrate_errcode(m);
  verb = command ? mig_verb_named(command) : 0;
  if (!verb || !range) {
    mig_fail(&m->work, MIGRATE_MISUSE,
             "migrate_script: the command is upgrade, downgrade or stamp, the range is not NULL");
    return mig_end_call(m);
  }
  to = mig_split_range(&m->work, range, &from);
  mig_offline_begin(m, &o, from);
  if (o.k.db && !o.k.fault.code) mig_print_run(m, &o, verb, range, to, tag);
  mig_offline_end(m, &o);
  return mig_end_call(m);
}
