/* The test's own idea of a table: what a CREATE TABLE means, and its text in many spellings.
**
** Expressions speak of columns by number: "{3} > 5" is column 3, "{T}" the table, whatever they are
** called by then. So a rename or a move is one assignment here, and no text is ever edited. */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prng.h"

#define MAX_COLUMNS 16
#define MAX_CONSTRAINTS 24
#define MAX_KEYS 3
#define MAX_OTHERS 8
#define NAME_SIZE 40
#define EXPR_SIZE 200

/* --- the model ------------------------------------------------------------------------------- */

typedef struct column {
  int id;
  int from; /* its place in the table as it was, or -1: new */
  char name[NAME_SIZE];
  char type[NAME_SIZE];
  int not_null;
  char not_null_conflict[NAME_SIZE];
  char value[64]; /* of DEFAULT, as written; "" is none */
  char first[64]; /* of a new column whose DEFAULT was changed since: what old rows have; or "" */
  char collation[16];
  char generated[EXPR_SIZE];
  int stored;
  char using_expr[EXPR_SIZE];
  int retyped; /* by the statement */
} column;

typedef struct key {
  int id;               /* of the column; -1: an expression, of an index */
  char expr[EXPR_SIZE];
  char collation[16];
  int desc;
} key;

enum constraint_kind { K_PRIMARY = 1, K_UNIQUE, K_CHECK, K_FOREIGN };

typedef struct constraint {
  int kind;
  int at; /* the id of the column that it is written at, -1: a table constraint */
  char name[NAME_SIZE];
  int nkey;
  key keys[MAX_KEYS];
  int autoincrement;
  char conflict[NAME_SIZE];
  char expr[EXPR_SIZE];
  char parent[NAME_SIZE]; /* "{T}": the table itself */
  int nparent;            /* 0: its primary key */
  char parent_names[MAX_KEYS][NAME_SIZE]; /* of another table */
  int parent_ids[MAX_KEYS];               /* of the table itself */
  char tail[96]; /* actions and deferral */
} constraint;

typedef struct named_index {
  char name[NAME_SIZE];
  int unique;
  int nkey;
  key keys[MAX_KEYS];
  char where[EXPR_SIZE];
} named_index;

enum other_kind { O_VIEW = 1, O_TRIGGER, O_TEMP_TRIGGER };

/* A view or a trigger: its text from behind its name on. */
typedef struct other {
  int kind;
  char name[NAME_SIZE];
  char text[400];
} other;

/* A table whose foreign key needs this one. */
typedef struct child {
  char name[NAME_SIZE];
  int nkey;
  int parent_ids[MAX_KEYS];
  int implicit; /* REFERENCES t, without columns */
  int gone;     /* the foreign key went with CASCADE */
  char tail[96];
} child;

typedef struct table {
  char name[NAME_SIZE];
  int strict, without_rowid;
  int no_blobs; /* of a UTF-16 database: as text they are read in more than one way */
  int ncolumn, nconstraint, nindex, nother, nchild;
  column columns[MAX_COLUMNS];
  constraint constraints[MAX_CONSTRAINTS];
  named_index indexes[MAX_OTHERS];
  other others[MAX_OTHERS];
  child children[2];
  int next_id, next_name;
} table;

static int same_name(const char *a, const char *b) { return sqlite3_stricmp(a, b) == 0; }

static void set_text(char *to, size_t size, const char *from) {
  sqlite3_snprintf((int)size, to, "%s", from);
}

static column *column_of(table *t, int id) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (t->columns[i].id == id) return &t->columns[i];
  }
  return 0;
}

static int has_column_name(const table *t, const char *name) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (same_name(t->columns[i].name, name)) return 1;
  }
  return 0;
}

/* Does an expression speak of the column? */
static int expr_uses(const char *expr, int id) {
  char mark[16];
  sqlite3_snprintf(sizeof(mark), mark, "{%d}", id);
  return strstr(expr, mark) != 0;
}

static int keys_use(const key *keys, int n, int id) {
  int i;
  for (i = 0; i < n; i++) {
    if (keys[i].id == id || (keys[i].id < 0 && expr_uses(keys[i].expr, id))) return 1;
  }
  return 0;
}

static constraint *primary_key(table *t) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].kind == K_PRIMARY) return &t->constraints[i];
  }
  return 0;
}

/* The column that is the rowid: a single INTEGER key, which at the column may not say DESC. */
static column *alias_of(table *t) {
  constraint *p = primary_key(t);
  column *c;
  if (!p || p->nkey != 1 || t->without_rowid) return 0;
  c = column_of(t, p->keys[0].id);
  if (!c || sqlite3_stricmp(c->type, "INTEGER") != 0) return 0;
  return p->at >= 0 && p->keys[0].desc ? 0 : c;
}

/* --- text ------------------------------------------------------------------------------------ */

/* How a text is spelled. Without random numbers: plainly, each name in double quotes. */
typedef struct style {
  prng *r;
} style;

static const char *const keywords[] = {"order", "select", "group", "table", "values", 0};

static int is_bare(const char *name) {
  int i;
  for (i = 0; keywords[i]; i++) {
    if (same_name(name, keywords[i])) return 0;
  }
  if (!((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z') ||
        name[0] == '_')) {
    return 0;
  }
  return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         strlen(name);
}

static void put_name(sqlite3_str *z, style *s, const char *name) {
  int how = s->r ? below(s->r, 8) : 7;
  if (how < 4 && is_bare(name)) {
    sqlite3_str_appendall(z, name);
  } else if (how == 5 && !strchr(name, ']')) {
    sqlite3_str_appendf(z, "[%s]", name);
  } else if (how == 6 && !strchr(name, '`')) {
    sqlite3_str_appendf(z, "`%s`", name);
  } else {
    sqlite3_str_appendf(z, "\"%w\"", name);
  }
}

/* White space, now and then of another kind or with a comment. */
static void put_gap(sqlite3_str *z, style *s) {
  static const char *const gaps[] = {"  ",      "\t",         "\n   ", " /* note, CHECK (x) */ ",
                                     " \r\n  ", " -- it's\n", " /**/ "};
  if (s->r && once(s->r, 12)) sqlite3_str_appendall(z, gaps[below(s->r, 7)]);
  else sqlite3_str_appendchar(z, 1, ' ');
}

/* An expression with its marks as names. {Tx} is a name of the table, {Sx} a string that old SQLs
** write in double quotes. */
static void put_expr(sqlite3_str *z, style *s, table *t, const char *expr) {
  const char *p = expr;
  while (*p) {
    if (*p != '{') {
      sqlite3_str_append(z, p++, 1);
    } else if (p[1] == 'T') {
      put_name(z, s, t->name);
      p = strchr(p, '}') + 1;
    } else if (p[1] == 'S') {
      int n = (int)strcspn(p + 2, "}");
      char word[NAME_SIZE];
      sqlite3_snprintf(sizeof(word), word, "%.*s", n, p + 2);
      sqlite3_str_appendf(z, s->r && once(s->r, 2) && !has_column_name(t, word) ? "\"%s\"" : "'%s'",
                          word);
      p += n + 3;
    } else {
      column *c = column_of(t, atoi(p + 1));
      put_name(z, s, c ? c->name : "no such column");
      p = strchr(p, '}') + 1;
    }
  }
}

static void put_keys(sqlite3_str *z, style *s, table *t, const key *keys, int n) {
  int i;
  for (i = 0; i < n; i++) {
    sqlite3_str_appendall(z, i ? "," : "(");
    if (i) put_gap(z, s);
    if (keys[i].id >= 0) put_name(z, s, column_of(t, keys[i].id)->name);
    else put_expr(z, s, t, keys[i].expr);
    if (keys[i].collation[0]) sqlite3_str_appendf(z, " COLLATE %s", keys[i].collation);
    if (keys[i].desc) sqlite3_str_appendall(z, " DESC");
  }
}

static void put_references(sqlite3_str *z, style *s, table *t, const constraint *c) {
  int i;
  sqlite3_str_appendall(z, "REFERENCES ");
  put_name(z, s, strcmp(c->parent, "{T}") == 0 ? t->name : c->parent);
  for (i = 0; i < c->nparent; i++) {
    sqlite3_str_appendall(z, i ? ", " : "(");
    put_name(z, s, strcmp(c->parent, "{T}") == 0 ? column_of(t, c->parent_ids[i])->name
                                                 : c->parent_names[i]);
  }
  sqlite3_str_appendf(z, "%s%s", c->nparent ? ")" : "", c->tail);
}

static void put_constraint(sqlite3_str *z, style *s, table *t, const constraint *c) {
  int at_column = c->at >= 0;
  if (c->name[0]) {
    sqlite3_str_appendall(z, "CONSTRAINT ");
    put_name(z, s, c->name);
    put_gap(z, s);
  }
  if (c->kind == K_CHECK) {
    sqlite3_str_appendall(z, s->r && once(s->r, 3) ? "check(" : "CHECK (");
    put_expr(z, s, t, c->expr);
    sqlite3_str_appendall(z, ")");
  } else if (c->kind == K_FOREIGN) {
    if (!at_column) {
      sqlite3_str_appendall(z, "FOREIGN KEY ");
      put_keys(z, s, t, c->keys, c->nkey);
      sqlite3_str_appendall(z, ") ");
    }
    put_references(z, s, t, c);
  } else {
    sqlite3_str_appendall(z, c->kind == K_PRIMARY ? "PRIMARY KEY" : "UNIQUE");
    if (!at_column) {
      put_gap(z, s);
      put_keys(z, s, t, c->keys, c->nkey);
      sqlite3_str_appendf(z, "%s)", c->autoincrement ? " AUTOINCREMENT" : "");
    } else if (c->keys[0].desc) {
      sqlite3_str_appendall(z, " DESC");
    }
    sqlite3_str_appendall(z, c->conflict);
    if (at_column && c->autoincrement) sqlite3_str_appendall(z, " AUTOINCREMENT");
  }
}

static void put_word(sqlite3_str *z, style *s, table *t, const column *c, int word) {
  if (word == 0 && c->not_null) {
    put_gap(z, s);
    sqlite3_str_appendf(z, "NOT NULL%s", c->not_null_conflict);
  } else if (word == 1 && c->value[0]) {
    put_gap(z, s);
    sqlite3_str_appendf(z, "DEFAULT %s", c->value);
  } else if (word == 2 && c->collation[0]) {
    put_gap(z, s);
    sqlite3_str_appendf(z, "COLLATE %s", c->collation);
  } else if (word == 3 && c->generated[0]) {
    /* A comment before GENERATED would belong to the type; before 3.37 the words themselves do. */
    int lengthy = (!s->r || once(s->r, 2)) && sqlite3_libversion_number() >= 3037000;
    sqlite3_str_appendf(z, " %sAS (", lengthy ? "GENERATED ALWAYS " : "");
    put_expr(z, s, t, c->generated);
    sqlite3_str_appendf(z, ")%s", c->stored ? " STORED" : lengthy ? " VIRTUAL" : "");
  }
}

/* A column's definition. The four words stand in any order, the constraints in theirs. */
static void put_column(sqlite3_str *z, style *s, table *t, const column *c) {
  int order[4] = {0, 1, 2, 3}, i, done = 0;
  for (i = 3; s->r && i > 0; i--) {
    int k = below(s->r, i + 1), swap = order[i];
    order[i] = order[k];
    order[k] = swap;
  }
  put_name(z, s, c->name);
  if (c->type[0]) {
    put_gap(z, s);
    sqlite3_str_appendall(z, c->type);
  }
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].at != c->id) continue;
    while (done < 4 && s->r && once(s->r, 2)) put_word(z, s, t, c, order[done++]);
    put_gap(z, s);
    put_constraint(z, s, t, &t->constraints[i]);
  }
  while (done < 4) put_word(z, s, t, c, order[done++]);
}

/* CREATE TABLE. `schema` is "" for main. */
static void put_table(sqlite3_str *z, style *s, const char *schema, table *t) {
  const char *line = "";
  int i;
  if (s->r && once(s->r, 2)) line = once(s->r, 2) ? "\n  " : " ";
  sqlite3_str_appendall(z, s->r && once(s->r, 4) ? "create table " : "CREATE TABLE ");
  if (schema[0]) sqlite3_str_appendf(z, "\"%w\".", schema);
  put_name(z, s, t->name);
  sqlite3_str_appendall(z, s->r && once(s->r, 3) ? " (" : "(");
  for (i = 0; i < t->ncolumn; i++) {
    sqlite3_str_appendf(z, "%s%s", i ? "," : "", line);
    if (s->r && i && once(s->r, 10)) sqlite3_str_appendall(z, " -- a note, with a comma\n  ");
    put_column(z, s, t, &t->columns[i]);
  }
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].at >= 0) continue;
    sqlite3_str_appendf(z, "%s%s", s->r && once(s->r, 8) ? " /* c */," : ",", line);
    put_constraint(z, s, t, &t->constraints[i]);
  }
  sqlite3_str_appendf(z, "%s)", line[0] == '\n' ? "\n" : "");
  if (t->strict) sqlite3_str_appendf(z, " STRICT%s", t->without_rowid ? "," : "");
  if (t->without_rowid) sqlite3_str_appendall(z, " WITHOUT ROWID");
}

static void put_index(sqlite3_str *z, style *s, const char *schema, table *t,
                      const named_index *x) {
  sqlite3_str_appendf(z, "CREATE %sINDEX ", x->unique ? "UNIQUE " : "");
  if (schema[0]) sqlite3_str_appendf(z, "\"%w\".", schema);
  sqlite3_str_appendf(z, "\"%w\" ON ", x->name);
  put_name(z, s, t->name);
  put_gap(z, s);
  put_keys(z, s, t, x->keys, x->nkey);
  sqlite3_str_appendall(z, ")");
  if (x->where[0]) {
    sqlite3_str_appendall(z, " WHERE ");
    put_expr(z, s, t, x->where);
  }
}

/* A view or a trigger. TEMP triggers say which database they mean: {D} stands for it. */
static void put_other(sqlite3_str *z, style *s, const char *schema, table *t, const other *o) {
  const char *rest = strstr(o->text, "{D}");
  char part[400];
  sqlite3_str_appendall(z, o->kind == O_VIEW      ? "CREATE VIEW "
                           : o->kind == O_TRIGGER ? "CREATE TRIGGER "
                                                  : "CREATE TEMP TRIGGER ");
  if (schema[0] && o->kind != O_TEMP_TRIGGER) sqlite3_str_appendf(z, "\"%w\".", schema);
  sqlite3_str_appendf(z, "\"%w\" ", o->name);
  if (rest) {
    sqlite3_snprintf(sizeof(part), part, "%.*s", (int)(rest - o->text), o->text);
    put_expr(z, s, t, part);
    sqlite3_str_appendf(z, "\"%w\".", schema[0] ? schema : "main");
    rest += 3;
  }
  put_expr(z, s, t, rest ? rest : o->text);
}

static void put_child(sqlite3_str *z, style *s, const char *schema, table *t, const child *c) {
  int i;
  sqlite3_str_appendall(z, "CREATE TABLE ");
  if (schema[0]) sqlite3_str_appendf(z, "\"%w\".", schema);
  sqlite3_str_appendf(z, "\"%w\"(k INTEGER PRIMARY KEY, r1, r2, note TEXT", c->name);
  if (!c->gone) {
    sqlite3_str_appendf(z, ", FOREIGN KEY(r1%s) REFERENCES ", c->nkey > 1 ? ", r2" : "");
    put_name(z, s, t->name);
    for (i = 0; !c->implicit && i < c->nkey; i++) {
      sqlite3_str_appendall(z, i ? ", " : "(");
      put_name(z, s, column_of(t, c->parent_ids[i])->name);
    }
    sqlite3_str_appendf(z, "%s%s", c->implicit ? "" : ")", c->tail);
  }
  sqlite3_str_appendall(z, ")");
}

#endif
