/* Model: a table as plain data, each piece with its span in the CREATE TABLE text that it came
** from. The text is the truth: changes are edits of spans, never a re-print of the model. */

/* One column of a key: PRIMARY KEY, UNIQUE, a side of FOREIGN KEY, or one term of an index. Of a
** constraint that stands at its column, both spans are absent. */
typedef struct mig_key {
  const char *name;    /* the column's name, unquoted; of an index NULL: an expression */
  const char *collate; /* COLLATE of its own, or NULL; an expression's is part of it */
  int desc;
  mig_span span;       /* all of it */
  mig_span expr;       /* the same without ASC and DESC */
  mig_span name_span;  /* the name's token */
} mig_key;

enum mig_constraint_kind {
  MIG_PRIMARY_KEY = 1,
  MIG_UNIQUE,
  MIG_CHECK,
  MIG_FOREIGN_KEY,
  MIG_NOT_NULL,
  MIG_NULL, /* the word NULL, which SQLite takes and ignores */
  MIG_DEFAULT,
  MIG_COLLATE,
  MIG_GENERATED,
  MIG_DEFERRABLE, /* [NOT] DEFERRABLE ..: belongs to the foreign key read last before it */
  MIG_BARE_NAME   /* CONSTRAINT name with no constraint behind it */
};

typedef struct mig_constraint {
  int kind;
  int column;         /* index of the column that it is written at; -1: a table constraint */
  const char *name;   /* of CONSTRAINT name, unquoted; NULL: none */
  mig_span name_span; /* the name's token */
  mig_span span;      /* all of it: from CONSTRAINT, or its first word, to its last token */
  mig_span body;      /* the same without CONSTRAINT name */
  mig_span expr;      /* CHECK, GENERATED: first to last token between the parentheses; DEFAULT: the
                      ** value, sign and parentheses included; COLLATE: the name's token */
  mig_span conflict;  /* ON CONFLICT and its word */
  mig_span list;      /* the column list of a table constraint, parentheses included */
  mig_key *keys;      /* PRIMARY KEY, UNIQUE, FOREIGN KEY; of a column constraint its one column */
  int nkey;
  int autoincrement;  /* PRIMARY KEY */
  mig_span autoincrement_span;
  int stored;         /* GENERATED .. STORED */
  const char *collation; /* COLLATE */
  const char *parent; /* FOREIGN KEY: the referenced table, unquoted */
  mig_span parent_span;
  mig_key *parent_keys; /* nparent == 0: the parent's primary key is meant */
  int nparent;
  mig_span actions;   /* ON DELETE .. ON UPDATE .. MATCH .. */
  const char *on_delete, *on_update; /* as PRAGMA foreign_key_list says them */
  int deferred;       /* DEFERRABLE INITIALLY DEFERRED, wherever it is written; a table constraint
                      ** has the words in its own span, at a column they are MIG_DEFERRABLE */
  int of;             /* MIG_DEFERRABLE: index of its foreign key in constraints[], or -1 */
} mig_constraint;

/* Affinities, in SQLite's own order and letters. */
enum { MIG_BLOB = 'A', MIG_TEXT = 'B', MIG_NUMERIC = 'C', MIG_INTEGER = 'D', MIG_REAL = 'E' };

typedef struct mig_column {
  const char *name; /* unquoted */
  mig_span name_span;
  mig_span span;    /* from its name to the last token of its last constraint */
  mig_span type;    /* first to last token of the type as SQLite takes it; may be absent */
  const char *type_name; /* as PRAGMA table_xinfo says it, before it has STRICT's and the like in
                         ** capitals; "" when absent */
  int first, count; /* its constraints: constraints[first .. first+count-1], in order */
  int affinity;     /* that the type gives; STRICT tables: ANY is MIG_BLOB */
  int not_null;     /* NULL is refused: by NOT NULL, or as key of a STRICT, WITHOUT ROWID table */
  int generated, stored;
  int hidden_key;   /* part of the PRIMARY KEY */
  const char *collation; /* the last COLLATE, or NULL */
} mig_column;

typedef struct mig_table {
  const char *name;    /* unquoted, as in the text */
  const char *sql;     /* the source, NUL-terminated */
  size_t nsql;
  mig_span name_span;  /* the table's name token (without schema) */
  size_t open, close;  /* the bytes of the outer ( and ) */
  mig_column *columns;
  int ncolumn;
  mig_constraint *constraints; /* in order of appearance: the columns', then the table's */
  int nconstraint;
  int strict, without_rowid;
  mig_span strict_span, without_rowid_span; /* the options' words, without commas */
  int rowid_column;    /* index of the INTEGER PRIMARY KEY, the rowid's alias, or -1; set in a
                       ** WITHOUT ROWID table, too: its automatic index is then numbered last */
  int primary_key;     /* index into constraints, or -1 */
} mig_table;

/* CREATE INDEX as it stands in sqlite_schema. */
typedef struct mig_index {
  const char *sql, *name, *table;
  mig_span name_span, table_span;
  int unique;
  mig_span list; /* the terms, parentheses included */
  mig_key *keys;
  int nkey;
  mig_span where; /* the expression behind WHERE; may be absent */
} mig_index;

/* The head of CREATE TRIGGER. */
typedef struct mig_trigger {
  const char *sql, *name, *table;
  const char *schema, *table_schema; /* NULL: not said */
  mig_span name_span, table_span;    /* without schema */
  int temp;
  char time;  /* 'B'efore, 'A'fter (also when nothing is said), 'I'nstead of */
  char event; /* 'D'elete, 'I'nsert, 'U'pdate */
  mig_key *columns; /* UPDATE OF */
  int ncolumn;
  size_t rest; /* where FOR EACH ROW, WHEN or BEGIN stands */
} mig_trigger;

static int mig_find_column(const mig_table *t, const char *name) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (mig_same(t->columns[i].name, name)) return i;
  }
  return -1;
}

/* The text of a span, copied; "" when absent; NULL after a fault. */
static char *mig_span_text(mig_arena *a, const char *sql, mig_span s) {
  return mig_copyn(a, sql + s.at, s.end - s.at);
}
