/* Meaning and difference: texts in, statements out, no database. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/op.c"
#include "../../amalgamation/catalog.c"
#include "../../amalgamation/statement.c"
#include "../../amalgamation/settings.c"
#include "../../amalgamation/revision.c"
#include "../../amalgamation/ddl.c"
#include "../../amalgamation/alter.c"
#include "../../amalgamation/names.c"
#include "../../amalgamation/layout.c"
#include "../../amalgamation/apply.c"
#include "../../amalgamation/compare.c"
#include "../../amalgamation/meaning.c"
#include "../../amalgamation/evolve.c"
#include "../../amalgamation/marker.c"
#include "../../amalgamation/difference.c"

typedef struct fixture {
  mig_fault fault;
  mig_arena a;
  mig_settings settings;
  mig_catalog *catalogs;
} fixture;

static void begin(fixture *f) {
  memset(f, 0, sizeof(*f));
  mig_arena_init(&f->a, &f->fault);
  mig_settings_init(&f->settings);
}

static void end(fixture *f) {
  mig_catalog *c = f->catalogs;
  for (; c; c = c->next) mig_arena_free(&c->memory);
  mig_arena_free(&f->a);
  mig_fault_clear(&f->fault);
}

/* The second word says what is made, the next plain one its name; indexes and triggers stand ON
** their table. */
static void add(fixture *f, mig_catalog *c, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  mig_object *o;
  const char *type;
  k = mig_next_significant(sql, n, k.end);
  if (mig_token_is(sql, k, "UNIQUE")) k = mig_next_significant(sql, n, k.end);
  type = mig_token_is(sql, k, "INDEX")     ? "index"
         : mig_token_is(sql, k, "VIEW")    ? "view"
         : mig_token_is(sql, k, "TRIGGER") ? "trigger"
                                           : "table";
  if (mig_token_is(sql, k, "VIRTUAL")) k = mig_next_significant(sql, n, k.end);
  k = mig_next_significant(sql, n, k.end);
  c->v = (mig_object *)mig_grow(&f->a, c->v, c->n, &c->cap, sizeof(mig_object));
  o = &c->v[c->n++];
  o->rowid = c->n;
  o->type = type;
  o->name = o->table = mig_dequote(&f->a, sql, k);
  o->sql = sql;
  while ((*type == 'i' || strcmp(type, "trigger") == 0) && k.type != MIG_TK_END) {
    int on = mig_token_is(sql, k, "ON");
    k = mig_next_significant(sql, n, k.end);
    if (on) {
      o->table = mig_dequote(&f->a, sql, k);
      break;
    }
  }
}

static mig_catalog *catalog(fixture *f, const char *script) {
  mig_catalog *c = (mig_catalog *)mig_alloc(&f->a, sizeof *c);
  size_t n = strlen(script), at = 0;
  mig_span s;
  int i;
  mig_arena_init(&c->memory, &f->fault);
  c->next = f->catalogs;
  f->catalogs = c;
  while (mig_next_statement(script, n, &at, &s) > 0) add(f, c, mig_span_text(&f->a, script, s));
  mig_catalog_index(c);
  for (i = 0; i < c->n; i++) c->has_virtual |= mig_is_virtual_text(c->v[i].sql);
  return c;
}

/* The statements that lead from one schema to the other, a line each. */
static void leads(const char *from, const char *to, const char *expected) {
  fixture f;
  mig_comparison d;
  mig_renamed *renamed = 0;
  mig_text z;
  const mig_difference *v;
  int i;
  begin(&f);
  memset(&d, 0, sizeof(d));
  d.a = &f.a;
  d.settings = &f.settings;
  d.from = catalog(&f, from);
  d.to = catalog(&f, to);
  for (i = 0; i < d.to->n; i++) {
    if (mig_is_table(&d.to->v[i])) mig_read_markers(&f.a, d.to->v[i].sql, &renamed);
  }
  d.renamed = renamed;
  mig_compare_names(&d);
  if (!d.first) mig_compare_catalogs(&d);
  mig_text_init(&z, &f.a);
  for (v = d.first; v; v = v->next) mig_putf(&z, "%s;\n", v->sql);
  assert_int_equal(f.fault.code, 0);
  assert_string_equal(mig_text_z(&z), expected);
  end(&f);
}

/* ---- meaning ---- */

static int same(const char *x, const char *y) {
  fixture f;
  int equal;
  begin(&f);
  equal = mig_same_statement(&f.a, x, y);
  end(&f);
  return equal;
}

static void meaning(void **state) {
  (void)state;
  assert_true(same("SELECT a FROM t", "select\tA -- x\n from [T];"));
  assert_true(same("SELECT a <> 1 AND b = 2", "SELECT a != 1 AND b == 2"));
  assert_true(same("SELECT 'a'", "SELECT /* 'b' */ 'a'"));
  assert_false(same("SELECT 'a'", "SELECT 'A'"));
  assert_false(same("SELECT a", "SELECT a, b"));
  assert_false(same("SELECT \"a b\"", "SELECT a b"));
  assert_false(same("SELECT x'00'", "SELECT x'01'"));
}

static void default_is(const char *column, const char *expected) {
  fixture f;
  mig_table t;
  begin(&f);
  mig_parse_table(&f.a, mig_format(&f.a, "CREATE TABLE t(a %s)", column), &t);
  assert_string_equal(mig_default_meaning(&f.a, &t, 0), expected);
  end(&f);
}

static void defaults(void **state) {
  (void)state;
  default_is("INT", "");
  default_is("DEFAULT NULL", "");
  default_is("DEFAULT (NULL)", "");
  default_is("INT DEFAULT TRUE", "1");
  default_is("INT DEFAULT 1.0", "1");
  default_is("DEFAULT 1.0", "1.0");
  default_is("INT DEFAULT '5'", "5");
  default_is("TEXT DEFAULT '5'", "'5'");
  default_is("TEXT DEFAULT \"it's\"", "'it''s'");
  default_is("DEFAULT -5", "-5");
  default_is("DEFAULT +5", "5");
  default_is("DEFAULT X'AB'", "x'ab'");
  default_is("DEFAULT Current_Timestamp", "current_timestamp");
}

static const char *index_of(fixture *f, const char *sql) { return mig_index_meaning(&f->a, sql); }

static void indexes(void **state) {
  fixture f;
  (void)state;
  begin(&f);
  assert_string_equal(index_of(&f, "CREATE INDEX i ON t(a ASC, b DESC)"),
                      index_of(&f, "create index \"i\" on [t]( A , `b` desc )"));
  assert_string_not_equal(index_of(&f, "CREATE INDEX i ON t(a)"),
                          index_of(&f, "CREATE UNIQUE INDEX i ON t(a)"));
  assert_string_not_equal(index_of(&f, "CREATE INDEX i ON t(a)"),
                          index_of(&f, "CREATE INDEX i ON t(a) WHERE a"));
  assert_string_not_equal(index_of(&f, "CREATE INDEX i ON t(a)"),
                          index_of(&f, "CREATE INDEX i ON t(a COLLATE NOCASE)"));
  end(&f);
}

/* ---- difference ---- */

static void nothing(void **state) {
  (void)state;
  leads("CREATE TABLE t(a INT, b DEFAULT 1)", "create table T (a integer, B default (1))",
        "ALTER TABLE t RENAME TO migrate_renamed_T;\nALTER TABLE migrate_renamed_T RENAME TO T;\n");
  leads("CREATE TABLE t(a INT UNIQUE)", "CREATE TABLE t(a INT, UNIQUE(a))", "");
  leads("CREATE TABLE alembic_version(a); CREATE TABLE migrate_journal(a)", "", "");
  leads("CREATE VIRTUAL TABLE f USING fts5(a); CREATE TABLE f_data(a)",
        "CREATE VIRTUAL TABLE f USING fts5(a)", "");
}

static void batch(void **state) {
  (void)state;
  leads("CREATE TABLE t(a INT, b TEXT, c)", "CREATE TABLE t(x, a TEXT NOT NULL, c, CHECK (c > 0))",
        "ALTER TABLE t\n  ADD COLUMN x FIRST,\n  ALTER COLUMN a TYPE TEXT,\n"
        "  ALTER COLUMN a SET NOT NULL,\n  DROP COLUMN b,\n  ADD CHECK (c > 0);\n");
  leads("CREATE TABLE t(a, b, c)", "CREATE TABLE t(c, a, b)",
        "ALTER TABLE t ALTER COLUMN c FIRST;\n");
}

static void order(void **state) {
  (void)state;
  leads(
      "", "CREATE TABLE c(p REFERENCES p); CREATE TABLE p(a PRIMARY KEY); CREATE INDEX i ON c(p)",
      "CREATE TABLE p(a PRIMARY KEY);\nCREATE TABLE c(p REFERENCES p);\nCREATE INDEX i ON c(p);\n");
  leads("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(p REFERENCES p); CREATE INDEX i ON c(p)", "",
        "DROP TABLE c;\nDROP TABLE p;\n");
  leads(
      "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT b FROM t; CREATE VIEW w AS SELECT * FROM v",
      "CREATE TABLE t(a); CREATE VIEW v AS SELECT a AS b FROM t; CREATE VIEW w AS SELECT * FROM v",
      "DROP VIEW w;\nDROP VIEW v;\nALTER TABLE t DROP COLUMN b;\nCREATE VIEW v AS SELECT a AS b "
      "FROM t;\nCREATE VIEW w AS SELECT * FROM v;\n");
  leads("CREATE TABLE t(a); CREATE INDEX x ON t(a)", "CREATE TABLE t(a); CREATE TABLE x(a)",
        "DROP INDEX x;\nCREATE TABLE x(a);\n");
  leads("CREATE TABLE t(a); CREATE TABLE x(a)", "CREATE TABLE t(a); CREATE INDEX x ON t(a)",
        "DROP TABLE x;\nCREATE INDEX x ON t(a);\n");
}

static void renames(void **state) {
  (void)state;
  leads("CREATE TABLE o(a)", "CREATE TABLE t(a)", "CREATE TABLE t(a);\nDROP TABLE o;\n");
  leads("CREATE TABLE o(a)", "CREATE TABLE t( -- migrate:renamed_from o\n a)",
        "ALTER TABLE o RENAME TO t;\n");
  leads("CREATE TABLE t(a, b, c)",
        "CREATE TABLE t(b, -- migrate:renamed_from a\n x, -- migrate:renamed_from b\n c)",
        "ALTER TABLE t\n  RENAME COLUMN b TO x,\n  RENAME COLUMN a TO b;\n");
  leads(
      "CREATE TABLE a(x); CREATE TABLE b(y)",
      "CREATE TABLE b( -- migrate:renamed_from a\n x); CREATE TABLE c( -- migrate:renamed_from b\n"
      " y)",
      "ALTER TABLE b RENAME TO c;\nALTER TABLE a RENAME TO b;\n");
  /* followed once, it says nothing any more */
  leads("CREATE TABLE t(x)", "CREATE TABLE t(x -- migrate:renamed_from a\n)", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(meaning), cmocka_unit_test(defaults), cmocka_unit_test(indexes),
      cmocka_unit_test(nothing), cmocka_unit_test(batch),    cmocka_unit_test(order),
      cmocka_unit_test(renames),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
