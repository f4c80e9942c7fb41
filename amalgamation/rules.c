/* Rules: what migrate_lint() looks for, as one table, the comments that silence a rule, and the
** list of what was found. */

#define MIG_LINT_ERROR "error"     /* it will not run, or something is broken afterwards */
#define MIG_LINT_WARNING "warning" /* something is lost, or may fail on rows */
#define MIG_LINT_NOTE "note"       /* it could be done better */

/* name, word, severity, remedy. A remedy follows what was seen, behind a semicolon. */
#define MIG_RULES(X)                                                                              \
  X(REFUSED, "refused", MIG_LINT_ERROR, "a run stops before its first statement")                 \
  X(FAILS, "fails", MIG_LINT_ERROR, "this is what the revisions before it make of the schema")    \
  X(NAME_CLASH, "name-clash", MIG_LINT_ERROR, "choose another name, or drop the old object first") \
  X(BROKEN_OBJECT, "broken-object", MIG_LINT_ERROR,                                               \
    "drop it before, and create it again as it has to be")                                        \
  X(DANGLING_KEY, "dangling-key", MIG_LINT_ERROR,                                                 \
    "make the change with ALTER TABLE, which follows the keys of other tables")                   \
  X(ROWS_BREAK, "rows-break", MIG_LINT_ERROR, "put the rows right with an UPDATE before it")      \
  X(DROP_TABLE, "drop-table", MIG_LINT_WARNING,                                                   \
    "copy what is still needed before, or rename the table for a release")                        \
  X(DROP_COLUMN, "drop-column", MIG_LINT_WARNING,                                                 \
    "copy what is still needed before; a column that got another name is changed with "           \
    "RENAME COLUMN")                                                                              \
  X(DELETE_ALL, "delete-all", MIG_LINT_WARNING, "say which rows with WHERE")                      \
  X(UPDATE_ALL, "update-all", MIG_LINT_NOTE,                                                      \
    "say which rows with WHERE, or keep the old values in another column")                        \
  X(LOSSY_TYPE, "lossy-type", MIG_LINT_WARNING,                                                   \
    "say how to convert with TYPE .. USING expression")                                           \
  X(NOT_NULL, "not-null", MIG_LINT_WARNING,                                                       \
    "give a DEFAULT, or fill the column with an UPDATE and then SET NOT NULL")                    \
  X(STRING_TYPE, "string-type", MIG_LINT_WARNING, "write TEXT")                                   \
  X(IGNORED_ROWS, "ignored-rows", MIG_LINT_WARNING,                                               \
    "leave OR IGNORE out, or say which rows with WHERE")                                          \
  X(BY_POSITION, "by-position", MIG_LINT_WARNING, "name the columns on both sides")               \
  X(CREATE_AS, "create-as", MIG_LINT_WARNING,                                                     \
    "write CREATE TABLE with its columns, then INSERT .. SELECT")                                 \
  X(CASCADING_DROP, "cascading-drop", MIG_LINT_WARNING,                                           \
    "make the change with ALTER TABLE, which never drops the table")                              \
  X(LOST_OBJECTS, "lost-objects", MIG_LINT_WARNING,                                               \
    "create them again, or make the change with ALTER TABLE, which keeps them")                   \
  X(LOST_SEQUENCE, "lost-sequence", MIG_LINT_NOTE,                                                \
    "carry its row of sqlite_sequence over, or make the change with ALTER TABLE")                 \
  X(OTHER_TEXT, "other-text", MIG_LINT_WARNING,                                                   \
    "leave IF NOT EXISTS out to hear of it, or ALTER what is there")                              \
  X(PRAGMA_STAYS, "pragma-stays", MIG_LINT_WARNING,                                               \
    "set it back in the same section, or set it in env.sql")                                      \
  X(OPEN_TRANSACTION, "open-transaction", MIG_LINT_WARNING, "end it in the same section")         \
  X(LARGE_REBUILD, "large-rebuild", MIG_LINT_WARNING,                                             \
    "run it when nobody waits, or see with migrate_explain() which action needs the copy")        \
  X(REPEATED_REBUILD, "repeated-rebuild", MIG_LINT_NOTE,                                          \
    "write both as actions of one ALTER TABLE, which copies once")                                \
  X(HAND_REBUILD, "hand-rebuild", MIG_LINT_NOTE,                                                  \
    "one ALTER TABLE does it, and keeps what hangs on the table")                                 \
  X(SCHEMA_AND_DATA, "schema-and-data", MIG_LINT_NOTE,                                            \
    "a revision of its own for the rows can be run, tested and taken back alone")                 \
  X(MISSING_DOWNGRADE, "missing-downgrade", MIG_LINT_NOTE,                                        \
    "write -- migrate:down, without which nobody comes back")                                     \
  X(INCOMPLETE_DOWNGRADE, "incomplete-downgrade", MIG_LINT_WARNING,                               \
    "let the downgrade undo it; migrate_verify() shows both texts")                               \
  X(LOSSY_DOWNGRADE, "lossy-downgrade", MIG_LINT_NOTE,                                            \
    "allow it where that is meant: migrate_verify() then compares the schema alone")              \
  X(UNKNOWN_RULE, "unknown-rule", MIG_LINT_WARNING, "the rules are in README, Lint")

#define MIG_RULE_ENUM(name, word, severity, remedy) MIG_RULE_##name,
enum mig_rule { MIG_RULES(MIG_RULE_ENUM) MIG_RULE_COUNT };
#undef MIG_RULE_ENUM

#define MIG_RULE_ROW(name, word, severity, remedy) {word, severity, remedy},
static const struct {
  const char *word, *severity, *remedy;
} mig_rules[] = {MIG_RULES(MIG_RULE_ROW)};
#undef MIG_RULE_ROW

static int mig_find_rule(const char *word) {
  int i;
  for (i = 0; i < MIG_RULE_COUNT && strcmp(mig_rules[i].word, word) != 0; i++) {}
  return i < MIG_RULE_COUNT ? i : -1;
}

/* ---- -- migrate:allow rule, rule: why ---- */

typedef struct mig_allow {
  struct mig_allow *next;
  const char *word;
  size_t at; /* of the comment */
} mig_allow;

static int mig_is_rule_char(int c) {
  return c == '-' || mig_is_word_start(c) || mig_is_digit(c);
}

/* The words of one comment: a list separated by commas; what follows it is for the reader. */
static mig_allow *mig_allow_words(mig_arena *a, const char *z, mig_token comment,
                                  mig_allow *list) {
  static const char word[] = "allow";
  size_t at = mig_marker_at(z, comment.at, comment.end), n = sizeof word - 1;
  if (!at || comment.end - at < n || memcmp(z + at, word, n) != 0) return list;
  at += n;
  for (;;) {
    mig_allow *one;
    size_t from;
    while (at < comment.end && (z[at] == ' ' || z[at] == '\t')) at++;
    for (from = at; at < comment.end && mig_is_rule_char((unsigned char)z[at]);) at++;
    if (at == from) return list;
    one = (mig_allow *)mig_alloc(a, sizeof *one);
    if (!one) return list;
    one->word = mig_copyn(a, z + from, at - from);
    one->at = comment.at;
    one->next = list;
    list = one;
    while (at < comment.end && (z[at] == ' ' || z[at] == '\t')) at++;
    if (at >= comment.end || z[at] != ',') return list;
    at++;
  }
}

/* Those of the comments in z[from..to). */
static mig_allow *mig_allows(mig_arena *a, const char *z, size_t from, size_t to, mig_allow *list) {
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    if (k.type == MIG_TK_COMMENT) list = mig_allow_words(a, z, k, list);
  }
  return list;
}

static int mig_is_allowed(const mig_allow *list, int rule) {
  for (; list; list = list->next) {
    if (list->word && strcmp(list->word, mig_rules[rule].word) == 0) return 1;
  }
  return 0;
}

/* All of a revision: of its whole file, or of the texts that were compiled in. */
static mig_allow *mig_revision_allows(mig_arena *a, const mig_revision *rev) {
  const char *up = rev->text ? rev->text : rev->upgrade.sql;
  const char *down = rev->text ? 0 : rev->downgrade.sql;
  mig_allow *list = up ? mig_allows(a, up, 0, strlen(up), 0) : 0;
  return down ? mig_allows(a, down, 0, strlen(down), list) : list;
}

/* Where the comments of a statement end: with the line in which the statement does. */
static size_t mig_remarks_end(const char *z, size_t n, size_t at) {
  mig_token k;
  for (k = mig_next_token(z, n, at); k.type != MIG_TK_END; k = mig_next_token(z, n, k.end)) {
    if (k.type == MIG_TK_SPACE && memchr(z + k.at, '\n', k.end - k.at)) return k.at;
    if (k.type != MIG_TK_SPACE && k.type != MIG_TK_COMMENT) return k.at;
  }
  return n;
}

/* ---- what was found ---- */

typedef struct mig_finding {
  struct mig_finding *next;
  int rule, line;
  const char *message;
} mig_finding;

/* Keeps the list in the order of lines; equal ones in that of discovery. */
static void mig_add_finding(mig_arena *a, mig_finding **list, int rule, int line,
                            const char *fact) {
  mig_finding *f = fact ? (mig_finding *)mig_alloc(a, sizeof *f) : 0;
  if (!f) return;
  f->rule = rule;
  f->line = line;
  f->message = mig_format(a, "%s; %s", fact, mig_rules[rule].remedy);
  while (*list && (*list)->line <= line) list = &(*list)->next;
  f->next = *list;
  *list = f;
}
