/* Operations: the actions of one ALTER TABLE statement as data, in their order. */

enum mig_op_kind {
  MIG_ADD_COLUMN = 1,
  MIG_DROP_COLUMN,
  MIG_RENAME_COLUMN,
  MIG_RENAME_TABLE,
  MIG_RENAME_CONSTRAINT,
  MIG_SET_TYPE,
  MIG_SET_DEFAULT,
  MIG_DROP_DEFAULT,
  MIG_SET_NOT_NULL,
  MIG_DROP_NOT_NULL,
  MIG_SET_EXPRESSION,
  MIG_DROP_EXPRESSION,
  MIG_ADD_GENERATED,
  MIG_SET_AUTOINCREMENT,
  MIG_DROP_AUTOINCREMENT,
  MIG_MOVE_COLUMN,
  MIG_ADD_CONSTRAINT,
  MIG_DROP_CONSTRAINT,
  MIG_SET_STRICT,
  MIG_DROP_STRICT,
  MIG_SET_WITHOUT_ROWID,
  MIG_DROP_WITHOUT_ROWID
};

/* Texts are copies of the statement's own words, comments and white space at both ends cut off;
** inner comments stay. A text that would end inside a line comment cannot occur. */
typedef struct mig_op {
  struct mig_op *next;
  int kind;
  size_t at;         /* where the action begins in the statement */
  size_t name_at;    /* where `name` stands, for errors */
  const char *name;  /* the column or constraint spoken of, unquoted; ADD: the new one's or NULL */
  const char *to;    /* RENAME ..: the new name, unquoted */
  const char
      *text; /* ADD COLUMN: the column-def without position; ADD CONSTRAINT: all of it, with
             ** CONSTRAINT name; TYPE: the type; DEFAULT: the value as written; generated:
             ** the expression without its parentheses; SET NOT NULL: ON CONFLICT .. or NULL */
  const char *collate;    /* TYPE .. COLLATE name; NULL: keep */
  const char *using_expr; /* TYPE .. USING expr; NULL: convert by affinity */
  const char *after;      /* AFTER column; NULL: none */
  int first;              /* FIRST */
  int if_exists, if_not_exists, cascade;
  int constraint;         /* ADD CONSTRAINT: its mig_constraint_kind */
  int stored;             /* ADD GENERATED .. STORED */
  int bare;               /* DROP STRICT, DROP WITHOUT ROWID without COLUMN or quotes */
} mig_op;

typedef struct mig_alter {
  const char *sql;    /* the whole statement */
  const char *schema; /* NULL: not said */
  const char *table;
  size_t table_at;
  int if_exists;
  mig_op *first, *last;
  int count;
} mig_alter;
