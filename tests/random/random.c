/* Random tables, random ALTER TABLE statements, held against an expectation that the engine has no
** part in: the table made new with the wanted definition, filled by plain INSERTs. What that cannot
** be, the engine must refuse, and leave everything as it was.
**
**   random              seeds 1 to 300
**   random FIRST LAST   these; `sh tests/random/fresh N` takes N that nobody has seen
**   random SEED         this one, told in full
*/
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include "back.h"
#include "dump.h"
#include "stats.h"
#include "world.h"

#define SEEDS 300
#define LOT 25 /* seeds that one line of the report speaks of */

typedef struct trial {
  unsigned long long seed;
  prng r;
  int told, inside, portable, keys_on;
  int hidden;  /* a TEMP table has the table's name */
  int many;    /* the script holds many ALTERs, whose edits share a reload */
  int sound;   /* integrity_check had nothing to say before */
  int stranded; /* there is no way back to the table as it was */
  int orphans; /* there are some: which key they break is not told by their number */
  table *old, *now;
  world is, to_be;
  statistics counted[2]; /* of sqlite_stat1 and sqlite_stat4, before */
  char *sql;
  char message[400]; /* the engine's */
  int failures;
} trial;

static int refused, accepted, excused, journeys; /* how the seeds ended */

static void complain(trial *t, const char *what, const char *more) {
  if (!t->failures++) {
    printf("# seed %llu, SQLite %s, %s%s%s%s: %s\n", t->seed, sqlite3_libversion(),
           t->inside ? "in a transaction" : "alone", t->portable ? ", portable" : "",
           t->keys_on ? ", keys on" : "", t->many ? ", of many" : "", t->sql);
  }
  printf("#   %s: %s\n", what, more);
}

static int find_difference(trial *t, const char *what, const char *wanted, const char *got) {
  char line[900];
  char *p;
  if (!dump_differs(wanted ? wanted : "", got ? got : "", line, sizeof(line))) return 0;
  for (p = line; *p; p++) {
    if (*p == '\n') *p = ' ';
  }
  complain(t, what, line);
  return 1;
}

/* --- what a connection is set to ------------------------------------------------------------- */

static char *read_settings(sqlite3 *db) {
  static const char *const pragmas[] = {"foreign_keys",
                                        "legacy_alter_table",
                                        "writable_schema",
                                        "recursive_triggers",
                                        "defer_foreign_keys",
                                        "count_changes",
                                        "ignore_check_constraints",
                                        "query_only",
                                        "cell_size_check",
                                        "reverse_unordered_selects",
                                        "trusted_schema"};
  static const int flags[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_DEFENSIVE,
                              SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML,
                              SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, SQLITE_DBCONFIG_WRITABLE_SCHEMA};
  sqlite3_str *z = sqlite3_str_new(0);
  size_t i;
  for (i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++) {
    char *sql = sqlite3_mprintf("PRAGMA %s", pragmas[i]);
    sqlite3_str_appendf(z, "%s\n", pragmas[i]);
    dump_query(z, db, sql);
    sqlite3_free(sql);
  }
  for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
    int value = 0;
    sqlite3_db_config(db, flags[i], -1, &value);
    sqlite3_str_appendf(z, "flag %d: %d\n", flags[i], value);
  }
  sqlite3_str_appendf(z, "autocommit %d, last rowid %lld\n", sqlite3_get_autocommit(db),
                      sqlite3_last_insert_rowid(db));
  return sqlite3_str_finish(z);
}

static char *read_everything(sqlite3 *db) {
  sqlite3_str *z = sqlite3_str_new(0);
  dump_database(z, db);
  return sqlite3_str_finish(z);
}

/* --- two databases side by side -------------------------------------------------------------- */

static char *ask(world *w, const char *sql) {
  sqlite3_str *z = sqlite3_str_new(0);
  if (!dump_query(z, w->db, sql)) sqlite3_str_appendf(z, "%s\n", sqlite3_errmsg(w->db));
  return sqlite3_str_finish(z);
}

/* A query, in which $N is the name and $S the schema, each as a string, and $D the schema as a
 * name. */
static char *expand(const char *query, const char *name, const char *schema) {
  sqlite3_str *z = sqlite3_str_new(0);
  for (; *query; query++) {
    if (*query != '$') {
      sqlite3_str_append(z, query, 1);
    } else if (*++query == 'D') {
      sqlite3_str_appendf(z, "\"%w\"", schema);
    } else {
      sqlite3_str_appendf(z, "%Q", *query == 'N' ? name : schema);
    }
  }
  return sqlite3_str_finish(z);
}

/* Runs a query on both and compares. */
static void compare(trial *t, const char *what, const char *query, const char *name) {
  char *sql = expand(query, name, schema_of(&t->is));
  char *wanted = ask(&t->to_be, sql), *got = ask(&t->is, sql);
  find_difference(t, what, wanted, got);
  sqlite3_free(sql);
  sqlite3_free(wanted);
  sqlite3_free(got);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A text with its lines sorted. */
static char *sort_lines(char *text) {
  sqlite3_str *z = sqlite3_str_new(0);
  size_t n = 0, i;
  char *p, **lines;
  for (p = text; p && *p; p++) n += *p == '\n';
  lines = (char **)sqlite3_malloc64((n + 1) * sizeof(char *));
  for (p = text, i = 0; i < n; i++) {
    lines[i] = p;
    p = strchr(p, '\n');
    *p++ = 0;
  }
  if (n) qsort(lines, n, sizeof(char *), compare_lines);
  for (i = 0; i < n; i++) sqlite3_str_appendf(z, "%s\n", lines[i]);
  sqlite3_free(lines);
  sqlite3_free(text);
  return sqlite3_str_finish(z);
}

/* Views, and tables without rowid, tell their rows in an order that depends on what there is to
 * read. */
static void compare_view(trial *t, const char *name) {
  char *sql = expand("SELECT * FROM $D.", name, schema_of(&t->is));
  char *all = sqlite3_mprintf("%s\"%w\"", sql, name);
  char *wanted = sort_lines(ask(&t->to_be, all)), *got = sort_lines(ask(&t->is, all));
  find_difference(t, "a view", wanted, got);
  sqlite3_free(sql);
  sqlite3_free(all);
  sqlite3_free(wanted);
  sqlite3_free(got);
}

static void compare_rows(trial *t, const char *name, int rowid) {
  char *sql = sqlite3_mprintf("SELECT %s* FROM \"%w\".\"%w\" NOT INDEXED", rowid ? "rowid, " : "",
                              schema_of(&t->is), name);
  char *wanted = ask(&t->to_be, sql), *got = ask(&t->is, sql);
  if (!rowid) {
    wanted = sort_lines(wanted);
    got = sort_lines(got);
  }
  find_difference(t, "rows", wanted, got);
  sqlite3_free(sql);
  sqlite3_free(wanted);
  sqlite3_free(got);
}

static void compare_data(trial *t) {
  int i;
  compare_rows(t, t->now->name, !t->now->without_rowid);
  compare_rows(t, "par", 1);
  compare_rows(t, "log", 0); /* triggers read rows in the order that statistics suggest */
  for (i = 0; i < t->now->nchild; i++) compare_rows(t, t->now->children[i].name, 1);
  for (i = 0; i < t->now->nother; i++) {
    if (t->now->others[i].kind == O_VIEW) compare_view(t, t->now->others[i].name);
  }
}

static void compare_indexes(trial *t) {
  char *sql = expand("SELECT name FROM pragma_index_list($N, $S) ORDER BY name", t->now->name,
                     schema_of(&t->is));
  sqlite3_stmt *s = 0;
  compare(t, "indexes",
          "SELECT name, \"unique\", origin, partial FROM pragma_index_list($N, $S) ORDER BY name",
          t->now->name);
  sqlite3_prepare_v2(t->to_be.db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    compare(t, "an index", "SELECT $N, * FROM pragma_index_xinfo($N, $S)",
            (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
}

static void compare_schema(trial *t) {
  static const char *const queries[] = {
      "columns",
      "SELECT * FROM pragma_table_xinfo($N, $S)",
      "foreign keys",
      "SELECT * FROM pragma_foreign_key_list($N, $S)",
      "objects",
      "SELECT type, name, tbl_name FROM $D.sqlite_master WHERE name NOT LIKE 'sqlite_s%' "
      "ORDER BY 1, 2",
      "triggers in order",
      "SELECT name FROM $D.sqlite_master WHERE type = 'trigger' ORDER BY rowid",
      "TEMP triggers in order",
      "SELECT name, tbl_name FROM temp.sqlite_master WHERE type = 'trigger' "
      "ORDER BY rowid",
      "views",
      "SELECT name FROM $D.sqlite_master WHERE type = 'view' ORDER BY 1"};
  size_t i;
  int k;
  for (i = 0; i < sizeof(queries) / sizeof(*queries); i += 2) {
    compare(t, queries[i], queries[i + 1], t->now->name);
  }
  compare_indexes(t);
  for (k = 0; k < t->now->nchild; k++) {
    compare(t, "a child's foreign keys", "SELECT * FROM pragma_foreign_key_list($N, $S)",
            t->now->children[k].name);
  }
}

/* Without a row the mark is 0; without a table there are no rows. */
static void compare_mark(trial *t) {
  char *sql = expand("SELECT seq FROM $D.sqlite_sequence WHERE name = $N AND seq <> 0",
                     t->now->name, schema_of(&t->is));
  sqlite3_str *x = sqlite3_str_new(0), *y = sqlite3_str_new(0);
  char *wanted, *got;
  dump_query(x, t->to_be.db, sql);
  dump_query(y, t->is.db, sql);
  wanted = sqlite3_str_finish(x);
  got = sqlite3_str_finish(y);
  find_difference(t, "the mark of AUTOINCREMENT", wanted, got);
  sqlite3_free(sql);
  sqlite3_free(wanted);
  sqlite3_free(got);
}

/* --- texts ----------------------------------------------------------------------------------- */

/* A text without quotes, which renames may change. */
static void strip_quotes(char *z) {
  char *to = z;
  for (; *z; z++) {
    if (!strchr("\"'`[]", *z)) *to++ = *z;
  }
  *to = 0;
}

static char *stored_text(world *w, const char *schema, const char *name) {
  char *sql = sqlite3_mprintf("SELECT sql FROM \"%w\".sqlite_master WHERE name = %Q", schema, name);
  sqlite3_stmt *s = 0;
  char *text = 0;
  sqlite3_prepare_v2(w->db, sql, -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) text = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return text;
}

/* Both from the object's name on, without quotes. */
static void compare_text(trial *t, const char *schema, const char *name, sqlite3_str *wanted) {
  char *x = sqlite3_str_finish(wanted), *y = stored_text(&t->is, schema, name);
  char plain[NAME_SIZE], *p, *q;
  set_text(plain, sizeof(plain), name);
  strip_quotes(plain);
  strip_quotes(x);
  if (y) strip_quotes(y);
  p = strstr(x, plain);
  q = y ? strstr(y, plain) : 0;
  find_difference(t, "a text", p, q);
  sqlite3_free(x);
  sqlite3_free(y);
}

static void compare_texts(trial *t) {
  world *w = &t->is;
  prng r;
  int i;
  for (i = 0; i < t->now->nindex; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    style s = style_of(w, &r, t->now->indexes[i].name);
    put_index(z, &s, "", t->now, &t->now->indexes[i]);
    compare_text(t, schema_of(w), t->now->indexes[i].name, z);
  }
  for (i = 0; i < t->now->nother; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    const other *o = &t->now->others[i];
    style s = style_of(w, &r, o->name);
    put_other(z, &s, o->kind == O_TEMP_TRIGGER ? w->schema : "", t->now, o);
    compare_text(t, o->kind == O_TEMP_TRIGGER ? "temp" : schema_of(w), o->name, z);
  }
  for (i = 0; i < t->now->nchild; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    style s = style_of(w, &r, t->now->children[i].name);
    put_child(z, &s, "", t->now, &t->now->children[i]);
    compare_text(t, schema_of(w), t->now->children[i].name, z);
  }
}

/* --- behaviour ------------------------------------------------------------------------------- */

static int is_named_check(const trial *t, const char *message) {
  static const char head[] = "CHECK constraint failed: ";
  int i;
  if (strncmp(message, head, sizeof(head) - 1) != 0) return 0;
  for (i = 0; i < t->now->nconstraint; i++) {
    const constraint *c = &t->now->constraints[i];
    if (c->kind == K_CHECK && strcmp(c->name, message + sizeof(head) - 1) == 0) return 1;
  }
  return 0;
}

static void probe(trial *t, const char *sql) {
  char *x = 0, *y = 0, *more;
  int wanted = sqlite3_exec(t->to_be.db, sql, 0, 0, &x),
      got = sqlite3_exec(t->is.db, sql, 0, 0, &y);
  int named = is_named_check(t, x ? x : "") || is_named_check(t, y ? y : "");
  if (wanted != got || (named && strcmp(x ? x : "", y ? y : "") != 0)) {
    more = sqlite3_mprintf("%s: %s (%d) instead of %s (%d)", sql, y ? y : "ok", got, x ? x : "ok",
                           wanted);
    complain(t, "behaves otherwise", more);
    sqlite3_free(more);
  }
  sqlite3_free(x);
  sqlite3_free(y);
}

static void probe_update(trial *t, sqlite3_str *z) {
  column *c = &t->now->columns[below(&t->r, t->now->ncolumn)];
  char value[64];
  make_value_for(&t->r, t->now, c, value);
  if (once(&t->r, 3)) {
    sqlite3_str_appendf(z, "DELETE FROM \"%w\".\"%w\" WHERE \"%w\" = %s", schema_of(&t->is),
                        t->now->name, c->name, value);
  } else {
    sqlite3_str_appendf(z, "UPDATE \"%w\".\"%w\" SET \"%w\" = %s WHERE \"%w\" > %d",
                        schema_of(&t->is), t->now->name, c->name, value, c->name,
                        below(&t->r, 400));
  }
}

/* A table that references itself: whether SQLite looks at the new row's own key under ON CONFLICT
** REPLACE, and whether it sees what another table's key forbids, depends on the order in which the
** schema was read. It does with SET NULL or SET DEFAULT and either of the two, else with both. */
static int is_forgetful(const table *t) {
  int i, replaces = 0, sets = 0, own = 0;
  for (i = 0; i < t->nconstraint; i++) {
    const constraint *c = &t->constraints[i];
    replaces |= c->kind <= K_UNIQUE && strstr(c->conflict, "REPLACE") != 0;
    if (c->kind != K_FOREIGN || strcmp(c->parent, "{T}") != 0) continue;
    own = 1;
    sets |= strstr(c->tail, "SET NULL") || strstr(c->tail, "SET DEFAULT");
  }
  return own && (sets ? replaces || t->nchild > 0 : replaces && t->nchild > 0);
}

/* The same writes on both sides must go the same way. */
static void probe_behaviour(trial *t) {
  int i;
  if (is_forgetful(t->now)) return;
  probe(t, "PRAGMA foreign_keys=ON");
  for (i = 0; i < 12; i++) {
    sqlite3_str *z = sqlite3_str_new(0);
    char *sql;
    if (i % 3 == 2) probe_update(t, z);
    else put_insert(z, &t->r, t->is.schema, t->now);
    sql = sqlite3_str_finish(z);
    probe(t, sql);
    sqlite3_free(sql);
  }
  for (i = 0; i < t->now->nchild; i++) {
    char *sql = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(r1, r2) VALUES(%d, 7)",
                                schema_of(&t->is), t->now->children[i].name, below(&t->r, 60));
    probe(t, sql);
    sqlite3_free(sql);
  }
  compare_data(t);
}

/* --- a trial --------------------------------------------------------------------------------- */

/* Ten that do nothing are enough for a script to be one of many. */
#define IDLE "ALTER TABLE IF EXISTS \"not here\" ADD x;"
#define IDLE_10 IDLE IDLE IDLE IDLE IDLE IDLE IDLE IDLE IDLE IDLE

static int exec_statement(trial *t, const char *sql) {
  migrate_options o;
  migrate *m = 0;
  char *script = sqlite3_mprintf("%s%s", t->many ? IDLE_10 : "", sql);
  int rc;
  memset(&o, 0, sizeof(o));
  o.flags = t->portable ? MIGRATE_PORTABLE : 0;
  if (!script || migrate_open(t->is.db, &o, &m) != 0) return SQLITE_NOMEM;
  migrate_exec(m, script);
  rc = migrate_errcode(m);
  sqlite3_snprintf(sizeof(t->message), t->message, "%s", migrate_errmsg(m));
  migrate_close(m);
  sqlite3_free(script);
  return rc;
}

static int count_statement(void *arg, const migrate_statement *s) {
  if (s->sql && s->reason) ++*(int *)arg;
  return 0;
}

/* Explaining changes nothing. */
static int explain_statement(trial *t) {
  migrate_options o;
  migrate *m = 0;
  int rc, n = 0;
  memset(&o, 0, sizeof(o));
  o.flags = t->portable ? MIGRATE_PORTABLE : 0;
  if (migrate_open(t->is.db, &o, &m) != 0) return SQLITE_NOMEM;
  migrate_explain(m, t->sql, count_statement, &n);
  rc = migrate_errcode(m);
  if (t->told) printf("# explaining: %s\n", migrate_errmsg(m));
  migrate_close(m);
  return rc;
}

/* Is all well? SQLite 3.40 has false alarms of its own, and at times forgets an index entry. */
static int is_sound(sqlite3 *db) {
  sqlite3_stmt *s = 0;
  int sound;
  sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, 0);
  sound = sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == 2;
  sqlite3_finalize(s);
  return sound;
}

/* What the contract lets the engine refuse although SQLite could do it. */
/* From 3.54 on SQLite renames no column from or to a name of the rowid; what it alone could follow
** is refused by name. */
static int is_rowid_refusal(const trial *t) {
  return strstr(t->message, "does not rename a column of that name") != 0;
}

static int is_excused(const trial *t, int rc) {
  int i, any = 0;
  if (is_rowid_refusal(t)) return 1;
  for (i = 0; i < t->old->ncolumn; i++) any |= same_name(t->old->columns[i].type, "ANY");
  if (strstr(t->message, "USING says how")) return 1;
  /* UNIQUE ON CONFLICT .. before COLLATE: SQLite's own ALTER does not read it as its CREATE does */
  if (strstr(t->message, "conflicting ON CONFLICT clauses")) return 1;
  if (t->orphans && rc == MIGRATE_ROWS && strstr(t->message, "no parent")) return 1;
  /* STRICT does not look at computed values; integrity_check does, and 3.54 as it reads them */
  if (strstr(t->message, "values that are not") && t->sound && !is_sound(t->to_be.db)) return 1;
  return rc == MIGRATE_LOSS && t->old->strict && !t->now->strict && any;
}

static void judge_refusal(trial *t, int possible, int rc, const char *before,
                          const char *settings) {
  char *after = read_everything(t->is.db), *now = read_settings(t->is.db);
  find_difference(t, "a refusal changed something", before, after);
  find_difference(t, "a refusal changed a setting", settings, now);
  sqlite3_free(after);
  sqlite3_free(now);
  if (rc == SQLITE_NOMEM || rc == SQLITE_CORRUPT || rc == SQLITE_INTERNAL) {
    complain(t, "a strange error", t->message);
  }
  if (!possible) {
    refused++;
  } else if (is_excused(t, rc)) {
    excused++;
  } else {
    complain(t, "refused what can be done", t->message);
  }
}

static const char *const stat_tables[2] = {"sqlite_stat1", "sqlite_stat4"};

static void compare_statistics(trial *t) {
  int i;
  for (i = 0; i < 2; i++) {
    statistics after;
    const char *index;
    read_statistics(&t->is, t->now, stat_tables[i], &after);
    index = t->old->without_rowid == t->now->without_rowid
                ? wrong_statistic(&t->is, t->now, &t->counted[i], &after)
                : 0;
    if (index) complain(t, "statistics of an index are not as they were", index);
    forget_statistics(&after);
  }
}

static void judge_success(trial *t, const char *settings, int explained) {
  char *now = read_settings(t->is.db);
  accepted++;
  find_difference(t, "a setting changed", settings, now);
  sqlite3_free(now);
  if (explained) complain(t, "migrate_explain fails where migrate_exec works", t->sql);
  if (t->inside && sqlite3_exec(t->is.db, "COMMIT", 0, 0, 0) != SQLITE_OK) {
    complain(t, "COMMIT fails", sqlite3_errmsg(t->is.db));
    sqlite3_exec(t->is.db, "ROLLBACK", 0, 0, 0);
  }
  compare_schema(t);
  if (t->sound) compare(t, "integrity", "PRAGMA $D.integrity_check", t->now->name);
  compare_mark(t);
  compare_data(t);
  compare_texts(t);
  compare_statistics(t);
  if (t->failures) return;
  probe_behaviour(t);
  if (t->sound) compare(t, "integrity after writing", "PRAGMA $D.integrity_check", t->now->name);
}

/* The caller's own ROLLBACK after a success takes everything back. */
static void try_rollback(trial *t) {
  char *before = read_everything(t->is.db), *after;
  sqlite3_exec(t->is.db, "BEGIN", 0, 0, 0);
  exec_statement(t, t->sql);
  sqlite3_exec(t->is.db, "ROLLBACK", 0, 0, 0);
  after = read_everything(t->is.db);
  find_difference(t, "ROLLBACK leaves something", before, after);
  sqlite3_free(before);
  sqlite3_free(after);
}

#define NOTE "--anote,withacomma" /* where a neighbour moves it may stand at another column */

/* In plain SQL the table's row in sqlite_master is a new one, and stands last. */
static char *read_for_return(trial *t, int loose) {
  char *all = read_everything(t->is.db), *from, *to;
  for (from = to = all; loose && from; from++) {
    if (*from != ' ' && !strchr("\"'`[]", *from)) *to++ = *from;
    if (!*from) break;
    if (*from == '\\' && from[1] == '0' && from[2] && strchr("09ad", from[2])) {
      from += 2;
      to--;
    }
  }
  if (loose && all) *to = 0;
  for (from = all; loose && from && (from = strstr(from, NOTE)) != 0;) {
    memmove(from, from + sizeof(NOTE) - 1, strlen(from + sizeof(NOTE) - 1) + 1);
  }
  return t->portable ? sort_lines(all) : all;
}

/* A change and its opposite leave every byte as it was. */
static void go_there_and_back(trial *t) {
  char *there, *back, *before, *after;
  int failures = t->failures, rc, loose;
  prng r;
  r.state = t->seed * 31;
  loose = make_journey(&r, &t->is, t->old, &there, &back) || t->portable;
  before = read_for_return(t, loose);
  if (there) {
    rc = exec_statement(t, there);
    if (t->told) printf("# %s: %d %s\n", there, rc, t->message);
    after = 0;
    if (rc == 0 && exec_statement(t, back) != 0) {
      if (is_rowid_refusal(t)) {
        t->stranded = 1;
        after = sqlite3_mprintf("%s", before);
      } else {
        complain(t, "no way back", t->message);
      }
    }
    journeys += rc == 0;
    if (!after) after = read_for_return(t, loose);
    find_difference(t, rc ? "a refusal changed something" : "not as it was", before, after);
    if (t->sound && !is_sound(t->is.db)) complain(t, "there and back", "integrity_check");
    if (t->failures > failures) printf("#   there: %s\n#   back: %s\n", there, back);
    sqlite3_free(after);
  }
  sqlite3_free(there);
  sqlite3_free(back);
  sqlite3_free(before);
}

static void run_change(trial *t, int possible) {
  char *before = read_everything(t->is.db), *settings, *after;
  int explained = explain_statement(t), rc;
  after = read_everything(t->is.db);
  find_difference(t, "migrate_explain changed something", before, after);
  sqlite3_free(after);
  sqlite3_exec(t->is.db, t->keys_on ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF", 0, 0,
               0);
  if (!t->portable && t->seed % 3 == 0) try_rollback(t);
  if (t->inside) sqlite3_exec(t->is.db, "BEGIN", 0, 0, 0);
  settings = read_settings(t->is.db);
  rc = exec_statement(t, t->sql);
  if (t->told) printf("# engine: %d %s\n", rc, t->message);
  if (rc != 0) {
    judge_refusal(t, possible, rc, before, settings);
  } else if (!possible) {
    complain(t, "did what cannot be", t->to_be.error);
  } else {
    judge_success(t, settings, explained);
  }
  sqlite3_free(before);
  sqlite3_free(settings);
}

/* A database and a statement, the same for a seed at all times. */
static void set_up(trial *t, change *c) {
  unsigned how = (unsigned)(t->seed % 16);
  int made = 0;
  t->r.state = t->seed;
  t->inside = once(&t->r, 2);
  t->portable = !t->inside && once(&t->r, 3);
  t->keys_on = once(&t->r, 2);
  t->many = t->seed % 2 != 0;
  while (!made) {
    t->is.error[0] = 0;
    t->is.seed = t->seed;
    t->is.schema = how == 5 ? "au\"x" : "";
    open_world(&t->is, how);
    made = make_world(&t->is, &t->r, t->old, how) && count_orphans(&t->is, t->old->name) >= 0;
    if (!made) sqlite3_close(t->is.db);
  }
  memset(c, 0, sizeof(*c));
  c->r = &t->r;
  c->old = t->old;
  c->now = t->now;
  c->spelling.r = &t->r;
  t->hidden = how % 8 == 3 && !t->is.schema[0];
  t->sql = make_statement(c, t->is.schema, how % 8 == 3, sqlite3_libversion_number() >= 3037000);
  t->to_be.schema = t->is.schema;
  t->to_be.plain = 1;
  open_world(&t->to_be, how);
}

/* One seed. Returns the number of things that were wrong. */
static int run_seed(unsigned long long seed, int told) {
  trial t;
  change c;
  int possible, i;
  memset(&t, 0, sizeof(t));
  t.seed = seed;
  t.told = told;
  t.old = (table *)sqlite3_malloc64(sizeof(table));
  t.now = (table *)sqlite3_malloc64(sizeof(table));
  set_up(&t, &c);
  if (told) {
    char *all = read_everything(t.is.db);
    printf("%s\n# %s\n", all, t.sql);
    sqlite3_free(all);
  }
  for (i = 0; i < 2; i++) read_statistics(&t.is, t.old, stat_tables[i], &t.counted[i]);
  t.sound = is_sound(t.is.db);
  t.orphans = count_orphans(&t.is, t.old->name) > 0;
  if (!t.failures) go_there_and_back(&t);
  possible = !t.stranded && expect_world(&t.to_be, &t.is, &c) && !c.must_fail;
  if (told) printf("# expected: %s %s\n", possible ? "success" : "refusal", t.to_be.error);
  if (told) {
    char *text = stored_text(&t.to_be, schema_of(&t.to_be), t.now->name);
    printf("# wanted: %s\n", text ? text : "nothing");
    sqlite3_free(text);
  }
  if (possible && t.hidden) hide_table(&t.to_be, t.old->name); /* SQLite 3.31 confuses the two */
  if (!t.stranded) run_change(&t, possible);
  if (told) {
    char *text = stored_text(&t.is, schema_of(&t.is), t.now->name);
    printf("# got: %s\n", text ? text : "nothing");
    sqlite3_free(text);
  }
  for (i = 0; i < 2; i++) forget_statistics(&t.counted[i]);
  sqlite3_close(t.is.db);
  sqlite3_close(t.to_be.db);
  sqlite3_free(t.sql);
  sqlite3_free(t.old);
  sqlite3_free(t.now);
  return t.failures;
}

static int run_lot(unsigned long long first, unsigned long long last) {
  int wrong = 0;
  unsigned long long seed;
  for (seed = first; seed <= last; seed++) wrong += run_seed(seed, 0) != 0;
  printf("%s - seeds %llu to %llu\n", wrong ? "not ok" : "ok", first, last);
  fflush(stdout);
  return wrong;
}

int main(int argc, char **argv) {
  unsigned long long first = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
  unsigned long long last = argc > 2 ? strtoull(argv[2], 0, 10) : SEEDS, at;
  int wrong = 0;
  if (argc == 2) return run_seed(first, 1) != 0;
  for (at = first; at <= last; at += LOT)
    wrong += run_lot(at, at + LOT - 1 < last ? at + LOT - 1 : last);
  printf("# %d done, %d rightly refused, %d refused for their digits, %d there and back, %d seeds "
         "wrong\n",
         accepted, refused, excused, journeys, wrong);
  return wrong != 0;
}
