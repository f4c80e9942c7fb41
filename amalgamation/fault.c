/* Fault: the sticky error. The first one wins; its message is composed once, where it is known
** best, and travels to the caller unchanged. */

/* printf as sqlite3_mprintf has it (%w, %Q, %q), into the arena; NULL after a fault. */
static char *mig_vformat(mig_arena *a, const char *format, va_list args) {
  char *z, *copy;
  if (mig_failed(a)) return 0;
  z = sqlite3_vmprintf(format, args);
  if (!z) mig_no_memory(a);
  copy = z ? mig_copy(a, z) : 0;
  sqlite3_free(z);
  return copy;
}

static char *mig_format(mig_arena *a, const char *format, ...) {
  va_list args;
  char *z;
  va_start(args, format);
  z = mig_vformat(a, format, args);
  va_end(args);
  return z;
}

/* Sets the fault, unless one is set. Returns the code, for `return mig_fail(..)`. */
static int mig_fail(mig_arena *a, int code, const char *format, ...) {
  va_list args;
  if (a->fault->code) return a->fault->code;
  va_start(args, format);
  a->fault->message = sqlite3_vmprintf(format, args);
  va_end(args);
  a->fault->code = a->fault->message ? code : SQLITE_NOMEM;
  return a->fault->code;
}

/* Puts words in front of the message of a fault: where it happened. */
static void mig_fault_context(mig_arena *a, const char *format, ...) {
  va_list args;
  char *where, *both = 0;
  if (!mig_failed(a) || !a->fault->message) return;
  va_start(args, format);
  where = sqlite3_vmprintf(format, args);
  va_end(args);
  if (where) both = sqlite3_mprintf("%s%s", where, a->fault->message);
  sqlite3_free(where);
  if (!both) return; /* the bare message is better than none */
  sqlite3_free(a->fault->message);
  a->fault->message = both;
}

/* Says `to` where the message of a fault says `from`. */
static void mig_fault_reword(mig_arena *a, const char *from, const char *to) {
  sqlite3_str *z;
  const char *at, *found;
  char *message;
  if (!mig_failed(a) || !a->fault->message || a->fault->placed || !from) return;
  if (!strstr(a->fault->message, from)) return;
  z = sqlite3_str_new(0);
  for (at = a->fault->message; (found = strstr(at, from)) != 0; at = found + strlen(from)) {
    sqlite3_str_append(z, at, (int)(found - at));
    sqlite3_str_appendall(z, to);
  }
  sqlite3_str_appendall(z, at);
  message = sqlite3_str_finish(z);
  if (!message) return; /* the other word is better than none */
  sqlite3_free(a->fault->message);
  a->fault->message = message;
}

static void mig_fault_clear(mig_fault *f) {
  sqlite3_free(f->message);
  f->message = 0;
  f->code = 0;
  f->placed = 0;
}

/* Takes back the fault of a text that need not be read; lack of memory stays one. */
static void mig_forgive(mig_fault *f) {
  if (f->code != SQLITE_NOMEM) mig_fault_clear(f);
}

static const char *mig_fault_text(const mig_fault *f) {
  if (f->message) return f->message;
  return f->code ? migrate_strerror(f->code) : "not an error";
}

typedef struct mig_place {
  int line, column;  /* from 1; the column counts bytes */
  size_t start, end; /* the line's bytes, without its end */
} mig_place;

static mig_place mig_place_of(const char *z, size_t at) {
  mig_place p;
  size_t i;
  p.line = 1;
  p.start = 0;
  for (i = 0; i < at && z[i]; i++) {
    if (z[i] != '\n') continue;
    p.line++;
    p.start = i + 1;
  }
  p.column = (int)(i - p.start) + 1;
  for (p.end = i; z[p.end] && z[p.end] != '\n' && z[p.end] != '\r'; p.end++) {}
  return p;
}

#define MIG_CARET_WIDTH 72 /* longer lines are cut around the caret */

/* The line of z that holds byte `at`, and a caret under that byte; each indented by two. */
static char *mig_caret(mig_arena *a, const char *z, size_t at) {
  mig_place p = mig_place_of(z, at);
  size_t from = p.start, to = p.end, pad;
  char *spaces;
  if (at - from > MIG_CARET_WIDTH - 12) from = at - (MIG_CARET_WIDTH - 12);
  while (from > p.start && (z[from] & 0xc0) == 0x80) from--; /* never inside a character */
  if (to - from > MIG_CARET_WIDTH) to = from + MIG_CARET_WIDTH;
  while (to < p.end && (z[to] & 0xc0) == 0x80) to++;
  spaces = (char *)mig_alloc(a, at - from + 1);
  if (!spaces) return 0;
  for (pad = 0; from + pad < at; pad++) spaces[pad] = z[from + pad] == '\t' ? '\t' : ' ';
  return mig_format(a, "  %.*s\n  %s^", (int)(to - from), z + from, spaces);
}

/* A fault at a byte of a text: "message (line 1, column 7)", then the line and a caret. */
static int mig_fail_at(mig_arena *a, int code, const char *z, size_t at, const char *message) {
  mig_place p = mig_place_of(z, at);
  char *caret = mig_caret(a, z, at);
  if (mig_failed(a)) return a->fault->code;
  mig_fail(a, code, "%s (line %d, column %d)\n%s", message, p.line, p.column, caret);
  a->fault->placed = 1;
  a->fault->at = at;
  a->fault->bare = strlen(message);
  return a->fault->code;
}

/* A fault that speaks of a byte of a statement speaks of the script from now on, in which the
** statement begins at byte `base`. */
static void mig_fault_rebase(mig_arena *a, const char *script, size_t base) {
  mig_fault f = *a->fault;
  char *bare;
  if (!f.placed || !f.message) return;
  memset(a->fault, 0, sizeof *a->fault);
  bare = mig_copyn(a, f.message, f.bare);
  if (bare) mig_fail_at(a, f.code, script, base + f.at, bare);
  sqlite3_free(f.message);
}
