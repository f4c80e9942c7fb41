/* Revision: one step of the schema's history as plain data, and the lists of names in it. */

typedef struct mig_names {
  const char **at;
  int n;
} mig_names;

/* One direction of a revision. */
typedef struct mig_section {
  const char *sql; /* NULL: absent */
  int line;        /* of the file, at which sql begins; 0: not from a file */
  int outside;     /* transaction:false: runs outside the transaction */
} mig_section;

typedef struct mig_revision {
  const char *id;
  const char *message;     /* one line; "" without */
  const char *create_date; /* "" without */
  const char *compat;      /* id of the oldest revision whose programs may go on; NULL: none */
  const char *path;        /* of the file; NULL: compiled in */
  const char *text;        /* the whole file; NULL: compiled in */
  mig_names down, depends, labels;
  mig_section upgrade, downgrade;
  int (*upgrade_fn)(sqlite3 *, void *);
  int (*downgrade_fn)(sqlite3 *, void *);
  void *arg;
} mig_revision;

#define MIG_ID_MAX 128 /* bytes of an id; Alembic's own column says 32, which SQLite ignores */

static int mig_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static int mig_is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/* The characters of an id that may not be there, as Alembic lists them: '+, :'. */
static const char *mig_bad_chars(mig_arena *a, const char *id) {
  unsigned char seen[256];
  mig_text t;
  int c;
  size_t i, end;
  memset(seen, 0, sizeof seen);
  for (i = 0; id[i]; i++) {
    if (!mig_is_id_char(id[i])) seen[(unsigned char)id[i]] = 1;
  }
  mig_text_init(&t, a);
  for (c = 1; c < 128; c++) {
    char byte = (char)c;
    if (!seen[c]) continue;
    if (t.n) mig_put(&t, ", ");
    mig_putn(&t, &byte, 1);
  }
  for (i = 0; id[i]; i = end) { /* beyond ASCII a character is several bytes */
    for (end = i + 1; (id[end] & 0xc0) == 0x80; end++) {}
    if (!(id[i] & 0x80)) continue;
    if (t.n) mig_put(&t, ", ");
    mig_putn(&t, id + i, end - i);
  }
  return t.z;
}

/* Ids become names of files and rows of a table, so that a white list decides. */
static int mig_check_id(mig_arena *a, const char *id) {
  const char *bad;
  if (!*id) return mig_fail(a, MIGRATE_GRAPH, "a revision identifier is empty");
  if (strlen(id) > MIG_ID_MAX) {
    return mig_fail(a, MIGRATE_GRAPH, "revision identifier '%.20s...' is longer than %d bytes", id,
                    MIG_ID_MAX);
  }
  bad = mig_bad_chars(a, id);
  if (bad) {
    return mig_fail(a, MIGRATE_GRAPH, "Character(s) '%s' not allowed in revision identifier '%s'",
                    bad, id);
  }
  if (strspn(id, ".") == strlen(id)) {
    return mig_fail(a, MIGRATE_GRAPH, "revision identifier '%s' is nothing but dots", id);
  }
  return a->fault->code;
}

/* Labels may hold '-' as well: they never become a file name. */
static int mig_check_label(mig_arena *a, const char *label) {
  size_t i, n = strlen(label);
  for (i = 0; i < n && (mig_is_id_char(label[i]) || label[i] == '-'); i++) {
  }
  if (i == n && n > 0 && n <= MIG_ID_MAX) return a->fault->code;
  return mig_fail(a, MIGRATE_GRAPH,
                  "branch label '%.40s' is not made of letters, digits, '_', '.' and '-' alone",
                  label);
}

/* A list separated by commas; spaces and empty items do not count. */
static mig_names mig_list_of(mig_arena *a, const char *z) {
  mig_names names;
  size_t from, to, end;
  int commas = 0;
  names.at = 0;
  names.n = 0;
  for (end = 0; z && z[end]; end++) commas += z[end] == ',';
  if (end) names.at = (const char **)mig_array(a, (size_t)commas + 1, sizeof(char *));
  if (!names.at) return names;
  for (from = 0; from <= end; from = to + 1) {
    size_t first = from, last;
    for (to = from; to < end && z[to] != ','; to++) {
    }
    for (last = to; last > first && mig_is_blank(z[last - 1]); last--) {
    }
    while (first < last && mig_is_blank(z[first])) first++;
    if (first < last) names.at[names.n++] = mig_copyn(a, z + first, last - first);
  }
  if (mig_failed(a)) names.n = 0;
  return names;
}

/* "a, b", as Alembic writes lists; "" for none. */
static const char *mig_join(mig_arena *a, mig_names names) {
  mig_text t;
  int i;
  mig_text_init(&t, a);
  for (i = 0; i < names.n; i++) {
    if (i) mig_put(&t, ", ");
    mig_put(&t, names.at[i]);
  }
  return mig_text_z(&t);
}
