/* Statements: what is going to be run, as data, before any of it runs. */

enum mig_statement_kind {
  MIG_S_SCHEMA = 1, /* DDL that SQLite runs as it stands */
  MIG_S_NATIVE,     /* a native ALTER that fails beside a broken view: those are put aside */
  MIG_S_EDIT,       /* writes sqlite_master; takes effect with the next reload */
  MIG_S_RELOAD,     /* PRAGMA schema_version: the edits take effect, everywhere */
  MIG_S_DATA,       /* writes rows */
  MIG_S_CHECK,      /* must answer no row; a row is the identity of one that breaks a rule */
  MIG_S_COUNT,      /* answers a number, remembered in its slot */
  MIG_S_NOT_MORE,   /* answers a number that must not exceed the slot's */
  MIG_S_SCRIPT,     /* a statement of the user's */
  MIG_S_VERSION,    /* rows of the version table and the journal */
  MIG_S_FRAME       /* BEGIN, COMMIT, settings */
};

/* A copy that may run range by range, for whoever wants to hear of it and to stop it. */
typedef struct mig_ranges {
  const char *head, *tail; /* of the INSERT: the WHERE goes in between */
  const char *source;      /* FROM "schema"."table" AS "name" NOT INDEXED */
  const char *count;       /* asks how many rows there are */
  const char *key;         /* what orders the rows, a list of nkey terms */
  int nkey;
} mig_ranges;

typedef struct mig_statement {
  struct mig_statement *next;
  int kind;
  const char *sql;       /* of an EDIT of one text mig_text_edit_sql() */
  const char *reason;    /* why this statement; never NULL */
  const char *schema;    /* EDIT: the database that it edits */
  const char *complaint; /* CHECK, NOT_MORE: what the rows do wrong */
  const char *diagnose;  /* DATA, SCHEMA, NOT_MORE: a query that finds the rows after a failure */
  struct mig_statement *suspects; /* DATA: checks that find the rows after a failure */
  const mig_ranges *ranges;       /* DATA: the copy in parts; NULL: only as a whole */
  const char *parameter; /* bound to ?1, for texts too long to be written out */
  int slot;              /* COUNT, NOT_MORE */
  mig_object *object;    /* EDIT of one text: of which object at hand; NULL: other edits */
  const char *text;      /* the text that it becomes; NULL: it has none */
  const char *name, *table; /* likewise, where those change, too; else NULL. NATIVE: RENAME TO
                               makes this table of that name */
  int respells;          /* NATIVE: SQLite may have put its own quotes into other texts */
  int same_columns;      /* .. and rows of its table read as they did before */
  const char *reads[2];  /* CHECK: the tables whose rows it reads, of `schema`; NULL: unknown */
} mig_statement;

typedef struct mig_statements {
  mig_arena *a;
  const char *strategy; /* the rung of the ladder, for the lists */
  const char *why;      /* why this rung: said by the first statement that changes something */
  mig_statement *first, *last;
  int slots;
} mig_statements;

static mig_statement *mig_emit(mig_statements *list, int kind, const char *sql,
                               const char *reason) {
  mig_statement *s = (mig_statement *)mig_alloc(list->a, sizeof *s);
  if (!s || !sql) return 0;
  s->kind = kind;
  s->sql = sql;
  s->reason = reason ? reason : "";
  if (list->why && kind != MIG_S_CHECK && kind != MIG_S_COUNT) {
    s->reason = mig_format(list->a, "%s: %s", list->why, s->reason);
    list->why = 0;
  }
  if (list->last) list->last->next = s;
  else list->first = s;
  list->last = s;
  return s;
}

#define MIG_LONG_TEXT 200000 /* above, a text is bound: statements have a limit */

/* What an edit of one text would be, written out. */
static const char *mig_text_edit_sql(mig_arena *a, const mig_statement *s) {
  mig_text z;
  mig_text_init(&z, a);
  mig_put(&z, "UPDATE ");
  mig_put_object(&z, s->schema, "sqlite_master");
  mig_put(&z, " SET sql = ");
  if (!s->text) mig_put(&z, "NULL");
  else if (strlen(s->text) > MIG_LONG_TEXT) mig_put(&z, "?1");
  else mig_put_string(&z, s->text);
  if (s->name) mig_putf(&z, ", name = %Q, tbl_name = %Q", s->name, s->table);
  mig_putf(&z, " WHERE rowid = %lld AND type = %Q AND name = %Q", s->object->rowid,
           s->object->type, s->object->name);
  return mig_text_z(&z);
}

static const char *mig_kind_name(int kind) {
  switch (kind) {
    case MIG_S_DATA: return "data";
    case MIG_S_CHECK:
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE: return "check";
    case MIG_S_SCRIPT: return "script";
    case MIG_S_VERSION: return "version";
    case MIG_S_FRAME: return "frame";
    default: return "schema";
  }
}

/* Does the text end in a line comment, which would hide a semicolon? */
static int mig_ends_in_comment(const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_token k;
  do {
    k = mig_next_token(sql, n, at);
    at = k.end;
  } while (k.type != MIG_TK_END && at < n);
  return k.type == MIG_TK_COMMENT && sql[k.at] == '-';
}

/* The statement with its semicolon. */
static void mig_put_statement(mig_text *z, const char *sql) {
  size_t n = sql ? strlen(sql) : 0;
  if (!n) return;
  mig_put(z, sql);
  if (mig_ends_in_comment(sql)) mig_put(z, "\n");
  if (sql[n - 1] != ';' || mig_ends_in_comment(sql)) mig_put(z, ";");
}
