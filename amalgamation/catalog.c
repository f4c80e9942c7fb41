/* Catalog: the rows of one sqlite_master as plain data, found by the name of their table. */

typedef struct mig_object {
  struct mig_object *next; /* the next of the same bucket */
  struct mig_object *alike; /* the next of the same bucket of names */
  sqlite3_int64 rowid;
  const char *type;  /* "table", "index", "view", "trigger" */
  const char *name;
  const char *table; /* tbl_name: of a table or view its own name */
  const char *sql;   /* NULL: an automatic index */
  int reload;        /* number of the reload that it waits for to read as its text says */
  int renamed;       /* .. and to be known under its name */
} mig_object;

/* A name that stands in an object's text where it may mean a table. */
typedef struct mig_mention {
  struct mig_mention *next; /* the next of the same bucket, in the order of sqlite_master */
  mig_object *object;
  unsigned hash; /* of the name; another name may share it */
} mig_mention;

typedef struct mig_catalog {
  struct mig_catalog *next; /* another database's, of those at hand */
  mig_arena memory;         /* all that it holds, itself included */
  const char *schema; /* "main", "temp" or the name of an attached database */
  int has_virtual;    /* some table is virtual: others may belong to it */
  const char *scratch; /* migrate_scratch_ and a number that no name begins with; NULL: not yet
                       ** looked for */
  mig_object *v;      /* in the order of sqlite_master */
  int n, cap;
  mig_object **bucket, **names;
  mig_mention **mentions; /* NULL until they are asked for */
  unsigned nbucket; /* of all three; a power of two */
} mig_catalog;

static unsigned mig_hash_name(const char *z) {
  unsigned h = 2166136261u;
  for (; *z; z++) {
    unsigned char c = (unsigned char)*z;
    h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
  }
  return h;
}

static mig_object **mig_catalog_bucket(const mig_catalog *c, mig_object **of, const char *name) {
  return &of[mig_hash_name(name) & (c->nbucket - 1)];
}

/* Puts an object into its buckets; each chain is in the order of sqlite_master. */
static void mig_catalog_enter(mig_catalog *c, mig_object *o) {
  mig_object **p = mig_catalog_bucket(c, c->bucket, o->table);
  while (*p && *p < o) p = &(*p)->next;
  o->next = *p;
  *p = o;
  p = mig_catalog_bucket(c, c->names, o->name);
  while (*p && *p < o) p = &(*p)->alike;
  o->alike = *p;
  *p = o;
}

static void mig_catalog_leave(mig_catalog *c, mig_object *o) {
  mig_object **p = mig_catalog_bucket(c, c->bucket, o->table);
  while (*p != o) p = &(*p)->next;
  *p = o->next;
  p = mig_catalog_bucket(c, c->names, o->name);
  while (*p != o) p = &(*p)->alike;
  *p = o->alike;
}

static void mig_catalog_index(mig_catalog *c) {
  int i;
  c->nbucket = 64;
  while ((int)c->nbucket < c->n) c->nbucket *= 2;
  c->bucket = (mig_object **)mig_array(&c->memory, c->nbucket, sizeof(mig_object *));
  c->names = (mig_object **)mig_array(&c->memory, c->nbucket, sizeof(mig_object *));
  for (i = c->n - 1; c->names && i >= 0; i--) mig_catalog_enter(c, &c->v[i]);
}

/* The first object whose table is `table`, or the next one after o; NULL at the end. */
static mig_object *mig_objects_of(const mig_catalog *c, const char *table, mig_object *o) {
  if (!c->names) return 0;
  o = o ? o->next : c->bucket[mig_hash_name(table) & (c->nbucket - 1)];
  while (o && !mig_same(o->table, table)) o = o->next;
  return o;
}

/* The table or view of a name. */
static mig_object *mig_catalog_table(const mig_catalog *c, const char *name) {
  mig_object *o = 0;
  while ((o = mig_objects_of(c, name, o)) != 0) {
    if (mig_same(o->name, name) && (*o->type == 't' || *o->type == 'v') &&
        strcmp(o->type, "trigger") != 0) {
      return o;
    }
  }
  return 0;
}

static int mig_is_type(const mig_object *o, const char *type) { return strcmp(o->type, type) == 0; }

static int mig_is_virtual_text(const char *sql) {
  size_t n = sql ? strlen(sql) : 0;
  mig_token k;
  if (!n) return 0;
  k = mig_next_significant(sql, n, 0);
  return mig_token_is(sql, mig_next_significant(sql, n, k.end), "VIRTUAL");
}

static int mig_is_virtual(const mig_object *o) {
  return mig_is_type(o, "table") && mig_is_virtual_text(o->sql);
}

/* The object of a name and type; without a type any but triggers, whose names are their own. */
static mig_object *mig_catalog_find(const mig_catalog *c, const char *name, const char *type) {
  mig_object *o = c->names ? *mig_catalog_bucket(c, c->names, name) : 0;
  while (o && !(mig_same(o->name, name) &&
                (type ? mig_is_type(o, type) : !mig_is_type(o, "trigger")))) {
    o = o->alike;
  }
  return o;
}

/* Is the name taken for tables, views and indexes? */
static int mig_is_taken(const mig_catalog *c, const char *name) {
  return mig_catalog_find(c, name, 0) != 0;
}

/* Do the bytes of a name occur in a text, in any case? Cheap and only a first sieve. */
static int mig_mentions(const char *text, const char *name) {
  size_t n = strlen(name), i;
  int lower = name[0] >= 'A' && name[0] <= 'Z' ? name[0] + 32 : name[0];
  int upper = name[0] >= 'a' && name[0] <= 'z' ? name[0] - 32 : name[0];
  if (!text) return 0;
  if (strpbrk(name, "\"`]'")) return 1; /* may be written doubled: let the caller look closely */
  for (i = 0; text[i]; i++) {
    if (text[i] != (char)lower && text[i] != (char)upper) continue;
    if (sqlite3_strnicmp(text + i, name, (int)n) == 0) return 1;
  }
  return n == 0;
}

/* Is the name one of the tokens of an SQL text? */
static int mig_mentions_token(mig_arena *a, const char *sql, const char *name) {
  size_t n;
  mig_token k;
  if (!mig_mentions(sql, name)) return 0;
  n = strlen(sql);
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    if (mig_token_names(a, sql, k, name)) return 1;
  }
  return 0;
}

/* ---- who speaks of a table ---- */

static void mig_mention_name(mig_catalog *c, mig_object *o, mig_token k) {
  mig_mention **head, *x;
  const char *name = mig_dequote(&c->memory, o->sql, k);
  unsigned hash;
  if (!name) return;
  hash = mig_hash_name(name);
  head = &c->mentions[hash & (c->nbucket - 1)];
  for (x = *head; x && x->object == o; x = x->next) {
    if (x->hash == hash) return;
  }
  x = (mig_mention *)mig_alloc(&c->memory, sizeof *x);
  if (!x) return;
  x->object = o;
  x->hash = hash;
  x->next = *head;
  *head = x;
}

/* Takes in the names of one text: of a table those behind REFERENCES, of anything else all. An
** index speaks of its own table alone. */
static void mig_mention_object(mig_catalog *c, mig_object *o) {
  int all = !mig_is_type(o, "table") || mig_is_virtual(o);
  size_t n;
  mig_token before, k;
  if (!o->sql || mig_is_type(o, "index")) return;
  if (!all && !mig_mentions(o->sql, "references")) return;
  n = strlen(o->sql);
  before = mig_token_of(MIG_TK_END, 0, 0);
  for (k = mig_next_significant(o->sql, n, 0); k.type != MIG_TK_END && !mig_failed(&c->memory);
       before = k, k = mig_next_significant(o->sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    if (all || mig_token_is(o->sql, before, "REFERENCES")) mig_mention_name(c, o, k);
  }
}

static void mig_catalog_mentions(mig_catalog *c) {
  int i;
  c->mentions = (mig_mention **)mig_array(&c->memory, c->nbucket, sizeof(mig_mention *));
  for (i = c->n - 1; i >= 0 && !mig_failed(&c->memory); i--) mig_mention_object(c, &c->v[i]);
}

/* The views, triggers, virtual tables and tables with foreign keys whose texts may speak of a table
** or view: the first, or the one behind `x`. A sieve: the caller looks closely. */
static const mig_mention *mig_next_mention(mig_catalog *c, const char *name,
                                           const mig_mention *x) {
  unsigned hash = mig_hash_name(name);
  if (!c->mentions) mig_catalog_mentions(c);
  if (mig_failed(&c->memory)) return 0;
  x = x ? x->next : c->mentions[hash & (c->nbucket - 1)];
  while (x && x->hash != hash) x = x->next;
  return x;
}

/* An object at hand got another text. */
static void mig_catalog_retext(mig_catalog *c, mig_object *o, const char *sql) {
  o->sql = mig_copy(&c->memory, sql);
  if (o->sql && c->mentions) mig_mention_object(c, o);
}

/* An object at hand, which is a table or belongs to one, got another name. */
static void mig_catalog_rename(mig_catalog *c, mig_object *o, const char *name,
                               const char *table) {
  char *own = mig_copy(&c->memory, name), *its = mig_copy(&c->memory, table);
  if (!own || !its) return;
  mig_catalog_leave(c, o);
  o->name = own;
  o->table = its;
  mig_catalog_enter(c, o);
  c->scratch = 0; /* it may begin like that */
}
