/* Script: the text of a revision file, read and written; what may stand in its sections; the
** checksum of what they mean.
**
** A file opens with comment lines: the message first, then `-- key: value`. A single word, a colon
** and a blank or the line's end make a key, so that prose is free to say anything else. The
** sections begin at `-- migrate:up` and `-- migrate:down`. A message quotes words of the file only
** where they look like a key: what was named by mistake might hold a secret. */

enum mig_header_key {
  MIG_KEY_REVISION,
  MIG_KEY_DOWN_REVISION,
  MIG_KEY_BRANCH_LABELS,
  MIG_KEY_DEPENDS_ON,
  MIG_KEY_CREATE_DATE,
  MIG_KEY_COMPAT,
  MIG_KEY_COUNT
};

static const char *const mig_header_keys[MIG_KEY_COUNT] = {
    "revision", "down_revision", "branch_labels", "depends_on", "create_date", "compat"};

typedef struct mig_script_reader {
  mig_arena *a;
  const char *path;
  const char *z;
  size_t n;
  mig_revision *rev;
  int line;                    /* of the token at hand */
  size_t passed;               /* bytes up to which line has been counted */
  int sections;                /* markers met; the header is what stands before the first */
  int message;                 /* the message has been read */
  int key_line[MIG_KEY_COUNT]; /* 0: not met */
} mig_script_reader;

static void mig_script_fail(mig_script_reader *r, const char *message) {
  mig_fail(r->a, MIGRATE_SCRIPT, "%s:%d: %s", r->path, r->line, message);
}

/* Moves r->line on to the line of byte `at`. */
static void mig_count_lines(mig_script_reader *r, size_t at) {
  for (; r->passed < at; r->passed++) r->line += r->z[r->passed] == '\n';
}

/* The bytes without white space at both ends. */
static mig_span mig_trim_blanks(const char *z, size_t at, size_t end) {
  mig_span s;
  while (at < end && mig_is_space((unsigned char)z[at])) at++;
  while (end > at && mig_is_space((unsigned char)z[end - 1])) end--;
  s.at = at;
  s.end = end;
  return s;
}

/* ---- Header ---- */

/* The length of the key with which a line of comment begins; 0: it is prose. */
static size_t mig_key_length(const char *z, size_t n) {
  size_t i = 0;
  if (!n || mig_is_digit((unsigned char)z[0])) return 0;
  while (i < n && ((mig_is_id_char(z[i]) && z[i] != '.') || (i && z[i] == '-'))) i++;
  if (i == 0 || i >= n || z[i] != ':') return 0;
  return i + 1 == n || mig_is_space((unsigned char)z[i + 1]) ? i : 0;
}

static int mig_known_key(const char *z, size_t n) {
  int i;
  for (i = 0; i < MIG_KEY_COUNT; i++) {
    if (strlen(mig_header_keys[i]) == n && memcmp(z, mig_header_keys[i], n) == 0) return i;
  }
  return -1;
}

/* Does a line of comment begin with a known key that is not written as one: `revision = ..`? Taken
** for prose it would be a parent that nobody hears of. Returns the key, or -1. */
static int mig_nearly_key(const char *z, size_t n) {
  size_t i = 0, end;
  int key;
  while (i < n && mig_is_id_char(z[i])) i++;
  for (end = i; i < n && (z[i] == ' ' || z[i] == '\t'); i++) {}
  key = i < n && (z[i] == ':' || z[i] == '=') ? mig_known_key(z, end) : -1;
  return key >= 0 && mig_key_length(z, n) == 0 ? key : -1;
}

/* The ids or labels of a list in the header. */
static mig_names mig_header_names(mig_script_reader *r, const char *value, int labels) {
  mig_names names = mig_list_of(r->a, value);
  int i;
  for (i = 0; i < names.n && !mig_failed(r->a); i++) {
    if (labels)
      mig_check_label(r->a, names.at[i]);
    else
      mig_check_id(r->a, names.at[i]);
  }
  return names;
}

static void mig_header_key(mig_script_reader *r, int key, const char *value) {
  mig_revision *rev = r->rev;
  switch (key) {
    case MIG_KEY_REVISION:
      rev->id = value;
      mig_check_id(r->a, value);
      break;
    case MIG_KEY_DOWN_REVISION:
      rev->down = mig_header_names(r, value, 0);
      break;
    case MIG_KEY_BRANCH_LABELS:
      rev->labels = mig_header_names(r, value, 1);
      break;
    case MIG_KEY_DEPENDS_ON:
      rev->depends = mig_header_names(r, value, 1);
      break;
    case MIG_KEY_CREATE_DATE:
      rev->create_date = value;
      break;
    default:
      rev->compat = *value ? value : 0;
      if (*value) mig_check_id(r->a, value);
  }
}

/* One line of comment before the first section: the message, a key or prose. */
static void mig_header_line(mig_script_reader *r, size_t at, size_t end) {
  mig_span text = mig_trim_blanks(r->z, at, end), value;
  size_t length = mig_key_length(r->z + text.at, text.end - text.at);
  int key = length ? mig_known_key(r->z + text.at, length) : -1;
  int nearly = mig_nearly_key(r->z + text.at, text.end - text.at);
  const char *copy;
  if (mig_span_empty(text)) return;
  if (nearly >= 0) {
    mig_script_fail(r, mig_format(r->a, "the header key %s is written '-- %s: '",
                                  mig_header_keys[nearly], mig_header_keys[nearly]));
    return;
  }
  if (key < 0 && !r->message) {
    r->message = 1;
    r->rev->message = mig_span_text(r->a, r->z, text);
    return;
  }
  if (!length) return;
  if (key < 0) {
    mig_script_fail(r, mig_format(r->a,
                                  "unknown header key '%.*s'; known are revision, "
                                  "down_revision, branch_labels, depends_on, create_date and "
                                  "compat",
                                  (int)(length > 40 ? 40 : length), r->z + text.at));
    return;
  }
  if (r->key_line[key]) {
    mig_script_fail(r, mig_format(r->a, "header key '%s' is there already, in line %d",
                                  mig_header_keys[key], r->key_line[key]));
    return;
  }
  r->key_line[key] = r->line;
  value = mig_trim_blanks(r->z, text.at + length + 1, text.end);
  copy = mig_span_text(r->a, r->z, value);
  if (!copy) return;
  mig_header_key(r, key, copy);
  mig_fault_context(r->a, "%s:%d: ", r->path, r->line);
}

/* ---- Markers ---- */

static size_t mig_skip_blanks(const char *z, size_t at, size_t end) {
  while (at < end && (z[at] == ' ' || z[at] == '\t')) at++;
  return at;
}

/* Where the text behind `-- migrate:` begins in a line comment; 0: it is no marker. */
static size_t mig_marker_at(const char *z, size_t at, size_t end) {
  static const char word[] = "migrate:";
  size_t n = sizeof word - 1;
  at = mig_skip_blanks(z, at + 2, end);
  return end - at >= n && memcmp(z + at, word, n) == 0 ? at + n : 0;
}

/* Is a line comment a marker but for its case and blanks: `-- Migrate : down`? Taken for a remark
** it would join two sections to one. */
static int mig_nearly_marker(const char *z, size_t at, size_t end) {
  size_t n;
  at = mig_skip_blanks(z, at + 2, end);
  if (end - at < 7 || sqlite3_strnicmp(z + at, "migrate", 7) != 0) return 0;
  at = mig_skip_blanks(z, at + 7, end);
  if (at == end || z[at] != ':') return 0;
  at = mig_skip_blanks(z, at + 1, end);
  for (n = 0; at + n < end && mig_is_word_byte((unsigned char)z[at + n]); n++) {}
  return (n == 2 && sqlite3_strnicmp(z + at, "up", 2) == 0) ||
         (n == 4 && sqlite3_strnicmp(z + at, "down", 4) == 0);
}

/* Whether nothing, or nothing but blanks, stands before byte `at` in its line. */
static int mig_opens_line(const char *z, size_t at, int blanks) {
  while (blanks && at > 0 && (z[at - 1] == ' ' || z[at - 1] == '\t')) at--;
  return at == 0 || z[at - 1] == '\n' || (at == 3 && memcmp(z, "\xef\xbb\xbf", 3) == 0);
}

static void mig_section_options(mig_script_reader *r, mig_section *section, size_t at, size_t end) {
  mig_span options = mig_trim_blanks(r->z, at, end);
  char *text = mig_span_text(r->a, r->z, options);
  if (!text || !*text) return;
  if (strcmp(text, "transaction:false") == 0)
    section->outside = 1;
  else if (strcmp(text, "transaction:true") != 0) {
    mig_script_fail(r, "unknown option of the marker; known is transaction:false");
  }
}

/* A section begins at the line behind this marker, and ends where the next one begins. */
static mig_section *mig_section_open(mig_script_reader *r, mig_section *section, const char *name,
                                     size_t at, size_t end) {
  if (section->line) {
    mig_script_fail(
        r, mig_format(r->a, "-- migrate:%s is there already, before line %d", name, section->line));
    return 0;
  }
  r->sections++;
  section->line = r->line + 1;
  mig_section_options(r, section, at, end);
  return section;
}

static int mig_word_is(const char *z, size_t n, const char *word) {
  return strlen(word) == n && memcmp(z, word, n) == 0;
}

/* A comment that is a marker. Returns the section that it opens, or NULL. */
static mig_section *mig_take_marker(mig_script_reader *r, mig_token t, size_t at) {
  const char *word = r->z + at;
  size_t n = 0;
  int up, down;
  while (at + n < t.end && mig_is_word_byte((unsigned char)word[n])) n++;
  up = mig_word_is(word, n, "up");
  down = mig_word_is(word, n, "down");
  if (up || down) {
    if (mig_opens_line(r->z, t.at, 0)) {
      return mig_section_open(r, up ? &r->rev->upgrade : &r->rev->downgrade, up ? "up" : "down",
                              at + n, t.end);
    }
    if (mig_opens_line(r->z, t.at, 1)) {
      mig_script_fail(r, "a marker of a section begins its line, without blanks before it");
    }
    return 0; /* behind a statement it is a remark */
  }
  if (!mig_word_is(word, n, "allow") && !mig_word_is(word, n, "renamed_from")) {
    mig_script_fail(r, "unknown marker; known are -- migrate:up, down, allow and renamed_from");
  }
  return 0;
}

/* ---- The file ---- */

static void mig_section_close(mig_script_reader *r, mig_section *section, size_t from, size_t to) {
  if (section && from <= to) section->sql = mig_copyn(r->a, r->z + from, to - from);
}

/* The byte behind the line end that follows `at`. */
static size_t mig_line_after(const char *z, size_t n, size_t at) {
  while (at < n && z[at] != '\n') at++;
  return at < n ? at + 1 : n;
}

static void mig_read_script(mig_script_reader *r) {
  mig_section *open = 0;
  size_t from = 0;
  mig_token t;
  for (t = mig_next_token(r->z, r->n, 0); t.type != MIG_TK_END && !mig_failed(r->a);
       t = mig_next_token(r->z, r->n, t.end)) {
    int remark = t.type == MIG_TK_COMMENT && r->z[t.at] == '-';
    size_t at = remark ? mig_marker_at(r->z, t.at, t.end) : 0;
    mig_section *next;
    if (t.type == MIG_TK_SPACE) continue;
    mig_count_lines(r, t.at);
    if (at) {
      next = mig_take_marker(r, t, at);
      if (!next) continue;
      mig_section_close(r, open, from, t.at);
      open = next;
      from = mig_line_after(r->z, r->n, t.end);
    } else if (remark && mig_nearly_marker(r->z, t.at, t.end) && mig_opens_line(r->z, t.at, 1)) {
      mig_script_fail(r, "a marker is written '-- migrate:up' or '-- migrate:down'");
    } else if (remark && !r->sections) {
      mig_header_line(r, t.at + 2, t.end);
    } else if (t.type != MIG_TK_COMMENT && !r->sections) {
      mig_script_fail(r, r->key_line[MIG_KEY_REVISION]
                             ? "a statement stands before the first section; put the line "
                               "'-- migrate:up' before it"
                             : "no header; a revision file begins with comment lines, of which one "
                               "is '-- revision: ID'");
    }
  }
  mig_section_close(r, open, from, r->n);
}

/* Reads the text of a revision file, z[0..n) with a NUL behind it, which the revision keeps. */
static void mig_script_parse(mig_arena *a, const char *path, const char *z, size_t n,
                             mig_revision *rev) {
  mig_script_reader r;
  const char *nul;
  memset(&r, 0, sizeof r);
  memset(rev, 0, sizeof *rev);
  rev->path = path;
  rev->text = z;
  rev->id = rev->message = rev->create_date = "";
  r.a = a;
  r.path = path;
  r.z = z;
  r.n = n;
  r.rev = rev;
  r.line = 1;
  nul = n ? (const char *)memchr(z, 0, n) : 0;
  if (nul) {
    mig_count_lines(&r, (size_t)(nul - z));
    mig_script_fail(
        &r, mig_format(a, "a NUL byte, at offset %lld of the file", (sqlite3_int64)(nul - z)));
    return;
  }
  mig_read_script(&r);
  if (mig_failed(a) || r.key_line[MIG_KEY_REVISION]) return;
  r.line = 1;
  mig_script_fail(&r,
                  "no header; a revision file begins with comment lines, of which one is "
                  "'-- revision: ID'");
}

/* ---- Line ends ---- */

/* SQL with the line ends of Unix, as the sqlite3 shell reads it: a schema must not depend on how a
** file was checked out. What is quoted stays as it is; without CR LF the text itself comes back. */
static const char *mig_unix_lines(mig_arena *a, const char *sql) {
  size_t n, done = 0;
  mig_token k;
  mig_text t;
  if (!sql || !strstr(sql, "\r\n")) return sql;
  mig_text_init(&t, a);
  n = strlen(sql);
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    size_t i;
    int last = k.end - 1 < n && sql[k.end - 1] == '\r' && sql[k.end] == '\n'; /* ends a comment */
    if (k.type != MIG_TK_SPACE && k.type != MIG_TK_COMMENT) continue;
    for (i = k.at; i < k.end; i++) {
      if (sql[i] != '\r' || (i + 1 < k.end ? sql[i + 1] != '\n' : !last)) continue;
      mig_putn(&t, sql + done, i - done);
      done = i + 1;
    }
  }
  mig_put(&t, sql + done);
  return mig_failed(a) ? 0 : t.z;
}

/* ---- Statements that cannot run in a section ---- */

/* "revision ae10 (versions/x.sql), upgrade, line 12, column 3" */
static const char *mig_where(mig_arena *a, const mig_revision *rev, int upgrade, size_t at) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  mig_place p = mig_place_of(section->sql ? section->sql : "", at);
  return mig_format(a, "revision %s%s%s%s, %s, line %d, column %d", rev->id, rev->path ? " (" : "",
                    rev->path ? rev->path : "", rev->path ? ")" : "",
                    upgrade ? "upgrade" : "downgrade",
                    p.line + (section->line ? section->line - 1 : 0), p.column);
}

/* PRAGMAs of which SQLite says nothing, or that it refuses, inside a transaction. */
static const char *const mig_idle_pragmas[] = {"foreign_keys", "journal_mode", "synchronous",
                                               "temp_store", "temp_store_directory"};

/* What is wrong with a PRAGMA that begins behind byte `at`; NULL: nothing. */
static const char *mig_pragma_problem(mig_arena *a, const char *z, size_t n, size_t at) {
  mig_token name = mig_next_significant(z, n, at), next = mig_next_significant(z, n, name.end);
  size_t i;
  if (mig_token_op(z, next, ".")) {
    name = mig_next_significant(z, n, next.end);
    next = mig_next_significant(z, n, name.end);
  }
  if (mig_token_names(a, z, name, "wal_checkpoint")) {
    return "PRAGMA wal_checkpoint cannot run inside a transaction";
  }
  if (!mig_token_op(z, next, "=") && !mig_token_op(z, next, "(")) return 0; /* it only asks */
  for (i = 0; i < sizeof mig_idle_pragmas / sizeof mig_idle_pragmas[0]; i++) {
    if (!mig_token_names(a, z, name, mig_idle_pragmas[i])) continue;
    return mig_format(a,
                      "PRAGMA %s does nothing inside a transaction; leave it out, or set it in "
                      "env.sql",
                      mig_idle_pragmas[i]);
  }
  return 0;
}

#define MIG_TRANSACTION_WORDS 6 /* the first of them are about the transaction itself */

static const char *const mig_refused_words[] = {
    "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH", "VACUUM"};

/* What is wrong with a statement of a transactional section; NULL: nothing. */
static const char *mig_statement_problem(mig_arena *a, const char *z, mig_span s) {
  mig_token t = mig_next_significant(z, s.end, s.at);
  size_t i;
  for (i = 0; i < sizeof mig_refused_words / sizeof mig_refused_words[0]; i++) {
    if (!mig_token_is(z, t, mig_refused_words[i])) continue;
    if (i < MIG_TRANSACTION_WORDS) {
      return mig_format(a, "%s is not for a revision: the run has its own transaction",
                        mig_refused_words[i]);
    }
    return mig_format(a,
                      "%s cannot run inside a transaction; a section that needs it begins with "
                      "'-- migrate:up transaction:false' (or down)",
                      mig_refused_words[i]);
  }
  if (mig_token_is(z, t, "PRAGMA")) return mig_pragma_problem(a, z, s.end, t.end);
  return 0;
}

/* Looks through a section before anything of it runs; sets the fault where something in it cannot
** run there. */
static void mig_check_section(mig_arena *a, const mig_revision *rev, int upgrade) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  const char *z = section->sql, *problem;
  size_t n = z ? strlen(z) : 0, at = 0;
  mig_span s;
  int found = 1;
  while (z && found > 0 && !mig_failed(a)) {
    found = mig_next_statement(z, n, &at, &s);
    if (!found) break;
    problem = found < 0 ? "the text ends inside of this statement" : 0;
    if (z[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
    if (!problem && !section->outside) problem = mig_statement_problem(a, z, s);
    if (problem) mig_fail(a, MIGRATE_SCRIPT, "%s: %s", mig_where(a, rev, upgrade, s.at), problem);
  }
}

/* Looks through env.sql, which runs before the transaction of a run: what it would begin nobody
** ended, and what it ended might be the caller's. */
static void mig_check_env(mig_arena *a, const char *path, const char *sql) {
  size_t n = strlen(sql), at = 0, i;
  mig_span s;
  int found = 1;
  while (found > 0 && !mig_failed(a)) {
    const char *problem = 0;
    mig_token t;
    found = mig_next_statement(sql, n, &at, &s);
    if (!found) break;
    t = mig_next_significant(sql, s.end, s.at);
    for (i = 0; i < MIG_TRANSACTION_WORDS; i++) {
      if (!mig_token_is(sql, t, mig_refused_words[i])) continue;
      problem = mig_format(a, "%s is not for env.sql: the run has its own transaction",
                           mig_refused_words[i]);
    }
    if (found < 0) problem = "the text ends inside of this statement";
    if (sql[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
    if (!problem) continue;
    mig_fail(a, MIGRATE_SCRIPT, "%s, line %d: %s", path, mig_place_of(sql, s.at).line, problem);
  }
}

/* ---- Checksum ---- */

#define MIG_FNV_BASE (((sqlite3_uint64)0xcbf29ce4u << 32) | 0x84222325u)
#define MIG_FNV_PRIME (((sqlite3_uint64)0x100u << 32) | 0x1b3u)

static sqlite3_uint64 mig_hash_byte(sqlite3_uint64 h, int byte) {
  return (h ^ (sqlite3_uint64)byte) * MIG_FNV_PRIME;
}

/* One token. Bare words count without case, as SQLite reads them; of the line ends in a quoted text
** LF alone counts, so that the way a file was checked out does not. */
static sqlite3_uint64 mig_hash_token(sqlite3_uint64 h, const char *z, mig_token t) {
  size_t i;
  h = mig_hash_byte(h, t.type);
  for (i = t.at; i < t.end; i++) {
    int c = (unsigned char)z[i];
    if (c == '\r' && i + 1 < t.end && z[i + 1] == '\n') continue;
    if (t.type == MIG_TK_WORD && c >= 'A' && c <= 'Z') c += 'a' - 'A';
    h = mig_hash_byte(h, c);
  }
  return mig_hash_byte(h, 0);
}

/* The tokens of a section: white space, comments and empty statements do not count. */
static sqlite3_uint64 mig_hash_section(sqlite3_uint64 h, const mig_section *section) {
  const char *z = section->sql ? section->sql : "";
  size_t n = strlen(z);
  mig_token t;
  int semicolon = 0, any = 0;
  h = mig_hash_byte(h, !section->sql ? '-' : section->outside ? 'o' : 's');
  for (t = mig_next_significant(z, n, 0); t.type != MIG_TK_END;
       t = mig_next_significant(z, n, t.end)) {
    if (mig_token_op(z, t, ";")) {
      semicolon = any;
      continue;
    }
    if (semicolon) h = mig_hash_byte(h, ';');
    semicolon = 0;
    any = 1;
    h = mig_hash_token(h, z, t);
  }
  return h;
}

/* The checksum of what a revision means: 16 hexadecimal digits. */
static const char *mig_checksum(mig_arena *a, const mig_revision *rev) {
  sqlite3_uint64 h = mig_hash_section(MIG_FNV_BASE, &rev->upgrade);
  h = mig_hash_section(h, &rev->downgrade);
  return mig_format(a, "%016llx", h);
}
