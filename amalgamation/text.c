/* Text: an append-only buffer in an arena, and the quoting of names and strings. */

typedef struct mig_text {
  mig_arena *a;
  char *z; /* always NUL-terminated once something was put; NULL before */
  size_t n, cap;
} mig_text;

static void mig_text_init(mig_text *t, mig_arena *a) {
  t->a = a;
  t->z = 0;
  t->n = t->cap = 0;
}

static const char *mig_text_z(const mig_text *t) { return t->z ? t->z : ""; }

static void mig_putn(mig_text *t, const char *z, size_t n) {
  if (mig_failed(t->a)) return;
  if (t->n + n + 1 > t->cap) {
    size_t cap = (t->n + n + 1) * 2;
    char *grown = (char *)mig_alloc(t->a, cap < 64 ? 64 : cap);
    if (!grown) return;
    if (t->n) memcpy(grown, t->z, t->n);
    t->z = grown;
    t->cap = cap < 64 ? 64 : cap;
  }
  if (n) memcpy(t->z + t->n, z, n);
  t->n += n;
  t->z[t->n] = 0;
}

/* NULL stands for a text that could not be made: then there is a fault, and nothing is put. */
static void mig_put(mig_text *t, const char *z) {
  if (z) mig_putn(t, z, strlen(z));
}

static void mig_putf(mig_text *t, const char *format, ...) {
  va_list args;
  char *z;
  va_start(args, format);
  z = mig_vformat(t->a, format, args);
  va_end(args);
  if (z) mig_put(t, z);
}

/* z between a pair of quotes, the quote doubled inside. */
static void mig_put_quoted(mig_text *t, const char *z, char quote) {
  size_t from = 0, i;
  if (!z) return;
  mig_putn(t, &quote, 1);
  for (i = 0; z[i]; i++) {
    if (z[i] != quote) continue;
    mig_putn(t, z + from, i + 1 - from);
    from = i;
  }
  mig_putn(t, z + from, i - from);
  mig_putn(t, &quote, 1);
}

/* A name in double quotes, a string in single ones. */
static void mig_put_name(mig_text *t, const char *z) { mig_put_quoted(t, z, '"'); }
static void mig_put_string(mig_text *t, const char *z) { mig_put_quoted(t, z, '\''); }

/* "schema"."name", or the name alone when schema is NULL. */
static void mig_put_object(mig_text *t, const char *schema, const char *name) {
  if (schema) {
    mig_put_name(t, schema);
    mig_put(t, ".");
  }
  mig_put_name(t, name);
}

static char *mig_name(mig_arena *a, const char *z) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put_name(&t, z);
  return t.z;
}

/* Names are the same as SQLite compares them: ASCII letters fold, nothing else does. */
static int mig_same(const char *a, const char *b) {
  return a && b && sqlite3_stricmp(a, b) == 0;
}
