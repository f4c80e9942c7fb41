/* Alter: the ALTER language read into operations. Each case is a statement and what it says. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
#include "../../amalgamation/ddl.c"
#include "../../amalgamation/alter.c"

#include "../oom.h"

static const char *const kinds[] = {
    "?", "add column", "drop column", "rename column", "rename table", "rename constraint", "type",
    "set default", "drop default", "set not null", "drop not null", "set expression",
    "drop expression", "add generated", "set autoincrement", "drop autoincrement", "move",
    "add constraint", "drop constraint", "set strict", "drop strict", "set without rowid",
    "drop without rowid"};

static void say(sqlite3_str *out, const char *what, const char *value) {
  if (value) sqlite3_str_appendf(out, " %s<%s>", what, value);
}

/* The operations as text, separated by semicolons; or the first line of the error. */
static char *describe(const char *sql) {
  sqlite3_str *out = sqlite3_str_new(0);
  mig_fault fault;
  mig_arena a;
  mig_alter alter;
  const mig_op *op;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (mig_parse_alter(&a, sql, strlen(sql), &alter)) {
    const char *z = mig_fault_text(&fault);
    const char *line = strchr(z, '\n');
    sqlite3_str_appendf(out, "%.*s", line ? (int)(line - z) : (int)strlen(z), z);
  } else {
    if (alter.if_exists) sqlite3_str_appendf(out, "if exists ");
    if (alter.schema) sqlite3_str_appendf(out, "%s.", alter.schema);
    sqlite3_str_appendf(out, "%s:", alter.table);
    for (op = alter.first; op; op = op->next) {
      sqlite3_str_appendf(out, "%s %s", op == alter.first ? "" : ";", kinds[op->kind]);
      say(out, "", op->name);
      say(out, "to", op->to);
      say(out, "text", op->text);
      say(out, "collate", op->collate);
      say(out, "using", op->using_expr);
      say(out, "after", op->after);
      if (op->first) sqlite3_str_appendf(out, " first");
      if (op->if_exists) sqlite3_str_appendf(out, " if-exists");
      if (op->if_not_exists) sqlite3_str_appendf(out, " if-not-exists");
      if (op->cascade) sqlite3_str_appendf(out, " cascade");
      if (op->constraint) sqlite3_str_appendf(out, " kind%d", op->constraint);
      if (op->stored) sqlite3_str_appendf(out, " stored");
      if (op->bare) sqlite3_str_appendf(out, " bare");
    }
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  return sqlite3_str_finish(out);
}

#define T "ALTER TABLE t "

static const struct {
  const char *sql, *means;
} cases[] = {
    {T "ADD a", "t: add column <a> text<a>"},
    {T "ADD COLUMN a", "t: add column <a> text<a>"},
    {T "ADD a INT", "t: add column <a> text<a INT>"},
    {T "ADD COLUMN a INTEGER NOT NULL DEFAULT 0",
     "t: add column <a> text<a INTEGER NOT NULL DEFAULT 0>"},
    {T "ADD COLUMN IF NOT EXISTS a TEXT", "t: add column <a> text<a TEXT> if-not-exists"},
    {T "ADD IF NOT EXISTS a TEXT", "t: add column <a> text<a TEXT> if-not-exists"},
    {T "ADD if NOT NULL", "t: add column <if> text<if NOT NULL>"},
    {T "ADD if TEXT", "t: add column <if> text<if TEXT>"},
    {T "ADD COLUMN a VARCHAR(10) COLLATE nocase FIRST",
     "t: add column <a> text<a VARCHAR(10) COLLATE nocase> first"},
    {T "ADD a INT FIRST", "t: add column <a> text<a INT> first"},
    {T "ADD a INT AFTER b", "t: add column <a> text<a INT> after<b>"},
    {T "ADD a AFTER b", "t: add column <a> text<a> after<b>"},
    {T "ADD a FIRST", "t: add column <a> text<a> first"},
    {T "ADD first", "t: add column <first> text<first>"},
    {T "ADD first FIRST", "t: add column <first> text<first> first"},
    {T "ADD after", "t: add column <after> text<after>"},
    {T "ADD after AFTER after", "t: add column <after> text<after> after<after>"},
    {T "ADD a FIRST FIRST", "t: add column <a> text<a FIRST> first"},
    {T "ADD a INT AFTER \"b c\"", "t: add column <a> text<a INT> after<b c>"},
    {T "ADD a INT AFTER [FIRST]", "t: add column <a> text<a INT> after<FIRST>"},
    {T "ADD a \"FIRST\"", "t: add column <a> text<a \"FIRST\">"},
    {T "ADD a INT \"AFTER\" b", "t: add column <a> text<a INT \"AFTER\" b>"},
    {T "ADD a REFERENCES first", "t: add column <a> text<a REFERENCES first>"},
    {T "ADD a DEFAULT first", "t: add column <a> text<a DEFAULT first>"},
    {T "ADD a DEFAULT first FIRST", "t: add column <a> text<a DEFAULT first> first"},
    {T "ADD a COLLATE first", "t: add column <a> text<a COLLATE first>"},
    {T "ADD a INT REFERENCES p (x) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED AFTER b, "
        "DROP c",
     "t: add column <a> text<a INT REFERENCES p (x) ON DELETE CASCADE DEFERRABLE INITIALLY "
     "DEFERRED> after<b>; drop column <c>"},
    {T "ADD a AS (b + c) STORED", "t: add column <a> text<a AS (b + c) STORED>"},
    {T "ADD a INT GENERATED ALWAYS AS (b, c) VIRTUAL FIRST",
     "t: add column <a> text<a INT GENERATED ALWAYS AS (b, c) VIRTUAL> first"},
    {T "ADD a DECIMAL(10,2) CHECK (a IN (1,2,3)), ADD b",
     "t: add column <a> text<a DECIMAL(10,2) CHECK (a IN (1,2,3))>; add column <b> text<b>"},
    {T "ADD /* x */ COLUMN /* y */ a /* z */ INT -- end", "t: add column <a> text<a /* z */ INT>"},
    {T "ADD \"a \"\"b\" TEXT DEFAULT 'x,y'",
     "t: add column <a \"b> text<\"a \"\"b\" TEXT DEFAULT 'x,y'>"},
    {T "ADD 'str' TEXT", "t: add column <str> text<'str' TEXT>"},
    {T "ADD a CONSTRAINT c CHECK (a > 0) CONSTRAINT n NOT NULL",
     "t: add column <a> text<a CONSTRAINT c CHECK (a > 0) CONSTRAINT n NOT NULL>"},
    {T "ADD a PRIMARY KEY AUTOINCREMENT", "t: add column <a> text<a PRIMARY KEY AUTOINCREMENT>"},
    {T "ADD column", "incomplete input (line 1, column 25)"},
    {T "ADD column INT", "t: add column <INT> text<INT>"},
    {T "ADD \"column\" INT", "t: add column <column> text<\"column\" INT>"},
    {T "ADD check INT", "near \"INT\": syntax error (line 1, column 25)"},
    {T "ADD COLUMN check INT", "near \"check\": syntax error (line 1, column 26)"},
    {T "ADD COLUMN \"check\" INT", "t: add column <check> text<\"check\" INT>"},
    {T "ADD COLUMN", "incomplete input (line 1, column 25)"},
    {T "ADD", "incomplete input (line 1, column 18)"},
    {T "ADD a INT b NOT NULL )", "near \")\": syntax error (line 1, column 36)"},
    {T "ADD a INT CHECK", "incomplete input (line 1, column 30)"},
    {T "ADD a INT CHECK (a", "incomplete input (line 1, column 33)"},
    {T "ADD a DEFAULT, ADD b", "near \",\": syntax error (line 1, column 28)"},
    {T "ADD a INT,", "incomplete input (line 1, column 25)"},
    {T "ADD a INT, DROP b,", "incomplete input (line 1, column 33)"},
    {T "ADD a 'x", "unrecognized token: \"'x\" (line 1, column 21)"},
    {T "ADD a INT USING b", "near \"USING\": syntax error (line 1, column 25)"},
    {T "ADD CHECK (a > 0)", "t: add constraint text<CHECK (a > 0)> kind3"},
    {T "ADD CONSTRAINT c CHECK (a > 0 AND b < ')')",
     "t: add constraint <c> text<CONSTRAINT c CHECK (a > 0 AND b < ')')> kind3"},
    {T "ADD CONSTRAINT c CHECK (a) ON CONFLICT FAIL",
     "t: add constraint <c> text<CONSTRAINT c CHECK (a) ON CONFLICT FAIL> kind3"},
    {T "ADD CHECK (a) ON CONFLICT FAIL, ADD UNIQUE (a)",
     "t: add constraint text<CHECK (a) ON CONFLICT FAIL> kind3; add constraint text<UNIQUE (a)> "
     "kind2"},
    {T "ADD UNIQUE (a, b COLLATE nocase DESC) ON CONFLICT REPLACE",
     "t: add constraint text<UNIQUE (a, b COLLATE nocase DESC) ON CONFLICT REPLACE> kind2"},
    {T "ADD CONSTRAINT \"u q\" UNIQUE (a)",
     "t: add constraint <u q> text<CONSTRAINT \"u q\" UNIQUE (a)> kind2"},
    {T "ADD PRIMARY KEY (a)", "t: add constraint text<PRIMARY KEY (a)> kind1"},
    {T "ADD PRIMARY KEY (a AUTOINCREMENT)",
     "t: add constraint text<PRIMARY KEY (a AUTOINCREMENT)> kind1"},
    {T "ADD CONSTRAINT pk PRIMARY KEY (a, b)",
     "t: add constraint <pk> text<CONSTRAINT pk PRIMARY KEY (a, b)> kind1"},
    {T "ADD FOREIGN KEY (a) REFERENCES p",
     "t: add constraint text<FOREIGN KEY (a) REFERENCES p> kind4"},
    {T "ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE SET DEFAULT ON "
        "UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED, ADD c",
     "t: add constraint <fk> text<CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE "
     "SET DEFAULT ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED> kind4; add column <c> "
     "text<c>"},
    {T "ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p MATCH FULL NOT DEFERRABLE",
     "t: add constraint <fk> text<CONSTRAINT fk FOREIGN KEY (a) REFERENCES p MATCH FULL NOT "
     "DEFERRABLE> kind4"},
    {T "ADD CONSTRAINT c", "incomplete input (line 1, column 31)"},
    {T "ADD CONSTRAINT c CONSTRAINT d CHECK (1)",
     "near \"CONSTRAINT\": syntax error (line 1, column 32)"},
    {T "ADD CONSTRAINT c NOT NULL", "near \"NOT\": syntax error (line 1, column 32)"},
    {T "ADD CHECK a > 0", "near \"a\": syntax error (line 1, column 25)"},
    {T "ADD UNIQUE (a + 1)",
     "expressions prohibited in PRIMARY KEY and UNIQUE constraints (line 1, column 27)"},
    {T "ADD UNIQUE ()", "near \")\": syntax error (line 1, column 27)"},
    {T "ADD UNIQUE (a) CHECK (b)", "near \"CHECK\": syntax error (line 1, column 30)"},
    {T "ADD FOREIGN KEY (a)", "incomplete input (line 1, column 34)"},
    {T "ADD PRIMARY (a)", "near \"(\": syntax error (line 1, column 27)"},
    {T "DROP a", "t: drop column <a>"},
    {T "DROP COLUMN a", "t: drop column <a>"},
    {T "DROP COLUMN IF EXISTS a", "t: drop column <a> if-exists"},
    {T "DROP IF EXISTS a CASCADE", "t: drop column <a> if-exists cascade"},
    {T "DROP if", "t: drop column <if>"},
    {T "DROP COLUMN if RESTRICT", "t: drop column <if>"},
    {T "DROP COLUMN a RESTRICT, DROP COLUMN b CASCADE",
     "t: drop column <a>; drop column <b> cascade"},
    {T "DROP cascade", "t: drop column <cascade>"},
    {T "DROP cascade CASCADE", "t: drop column <cascade> cascade"},
    {T "DROP \"STRICT\"", "t: drop column <STRICT>"},
    {T "DROP COLUMN strict", "t: drop column <strict>"},
    {T "DROP STRICT", "t: drop strict bare"},
    {T "DROP STRICT CASCADE", "near \"CASCADE\": syntax error (line 1, column 27)"},
    {T "DROP WITHOUT ROWID", "t: drop without rowid bare"},
    {T "DROP without", "t: drop column <without>"},
    {T "DROP COLUMN without", "t: drop column <without>"},
    {T "DROP WITHOUT ROWID, DROP STRICT", "t: drop without rowid bare; drop strict bare"},
    {T "DROP CONSTRAINT c", "t: drop constraint <c>"},
    {T "DROP CONSTRAINT IF EXISTS \"c d\" CASCADE", "t: drop constraint <c d> if-exists cascade"},
    {T "DROP CONSTRAINT 'c'", "t: drop constraint <c>"},
    {T "DROP CONSTRAINT", "incomplete input (line 1, column 30)"},
    {T "DROP column", "incomplete input (line 1, column 26)"},
    {T "DROP a b", "near \"b\": syntax error (line 1, column 22)"},
    {T "DROP a RESTRICT CASCADE", "near \"CASCADE\": syntax error (line 1, column 31)"},
    {T "DROP 1", "near \"1\": syntax error (line 1, column 20)"},
    {T "RENAME TO u", "t: rename table to<u>"},
    {T "RENAME TO \"u v\"", "t: rename table to<u v>"},
    {T "RENAME a TO b", "t: rename column <a> to<b>"},
    {T "RENAME COLUMN a TO b", "t: rename column <a> to<b>"},
    {T "RENAME COLUMN \"a\" TO 'b'", "t: rename column <a> to<b>"},
    {T "RENAME column TO b", "near \"TO\": syntax error (line 1, column 29)"},
    {T "RENAME CONSTRAINT a TO b", "t: rename constraint <a> to<b>"},
    {T "RENAME a b", "near \"b\": syntax error (line 1, column 24)"},
    {T "RENAME TO", "incomplete input (line 1, column 24)"},
    {T "RENAME TO u.v", "near \".\": syntax error (line 1, column 26)"},
    {T "RENAME a TO select", "near \"select\": syntax error (line 1, column 27)"},
    {T "RENAME a TO b, RENAME TO u, ADD c",
     "t: rename column <a> to<b>; rename table to<u>; add column <c> text<c>"},
    {T "ALTER a TYPE TEXT", "t: type <a> text<TEXT>"},
    {T "ALTER COLUMN a SET DATA TYPE VARCHAR(255)", "t: type <a> text<VARCHAR(255)>"},
    {T "ALTER COLUMN a SET TYPE TEXT", "t: type <a> text<TEXT>"},
    {T "ALTER a TYPE DECIMAL(10, 2) USING round(a, 2), DROP b",
     "t: type <a> text<DECIMAL(10, 2)> using<round(a, 2)>; drop column <b>"},
    {T "ALTER a TYPE TEXT COLLATE \"no case\"", "t: type <a> text<TEXT> collate<no case>"},
    {T "ALTER a TYPE TEXT COLLATE nocase USING a || ',' || b -- why",
     "t: type <a> text<TEXT> collate<nocase> using<a || ',' || b>"},
    {T "ALTER a TYPE TEXT USING CASE WHEN a THEN (b, c) ELSE 'x' END",
     "t: type <a> text<TEXT> using<CASE WHEN a THEN (b, c) ELSE 'x' END>"},
    {T "ALTER a TYPE TEXT /* inner */ UNSIGNED USING (a)",
     "t: type <a> text<TEXT /* inner */ UNSIGNED> using<(a)>"},
    {T "ALTER a TYPE ''", "t: type <a> text<''>"},
    {T "ALTER a TYPE", "incomplete input (line 1, column 27)"},
    {T "ALTER a TYPE COLLATE nocase", "near \"COLLATE\": syntax error (line 1, column 28)"},
    {T "ALTER a TYPE INT FIRST", "near \"FIRST\": syntax error (line 1, column 32)"},
    {T "ALTER a TYPE INT AFTER b", "near \"AFTER\": syntax error (line 1, column 32)"},
    {T "ALTER a TYPE FIRST", "near \"FIRST\": syntax error (line 1, column 28)"},
    {T "ALTER a TYPE TEXT USING", "incomplete input (line 1, column 38)"},
    {T "ALTER a TYPE TEXT USING a)", "near \")\": syntax error (line 1, column 40)"},
    {T "ALTER a TYPE TEXT USING (a", "incomplete input (line 1, column 41)"},
    {T "ALTER a TYPE TEXT USING a; DROP TABLE t",
     "near \"DROP\": syntax error (line 1, column 42)"},
    {T "ALTER a TYPE TEXT NOT NULL", "near \"NOT\": syntax error (line 1, column 33)"},
    {T "ALTER a TYPE TEXT USING a COLLATE nocase",
     "t: type <a> text<TEXT> using<a COLLATE nocase>"},
    {T "ALTER a SET DEFAULT 5", "t: set default <a> text<5>"},
    {T "ALTER a SET DEFAULT -5.5e3", "t: set default <a> text<-5.5e3>"},
    {T "ALTER a SET DEFAULT 'it''s, so'", "t: set default <a> text<'it''s, so'>"},
    {T "ALTER a SET DEFAULT (1 + 1)", "t: set default <a> text<(1 + 1)>"},
    {T "ALTER a SET DEFAULT lower('X') || 'y', ALTER b DROP DEFAULT",
     "t: set default <a> text<lower('X') || 'y'>; drop default <b>"},
    {T "ALTER a SET DEFAULT CURRENT_TIMESTAMP", "t: set default <a> text<CURRENT_TIMESTAMP>"},
    {T "ALTER a SET DEFAULT NULL", "t: set default <a> text<NULL>"},
    {T "ALTER a SET DEFAULT", "incomplete input (line 1, column 34)"},
    {T "ALTER a DROP DEFAULT", "t: drop default <a>"},
    {T "ALTER a SET NOT NULL", "t: set not null <a>"},
    {T "ALTER a SET NOT NULL ON CONFLICT IGNORE", "t: set not null <a> text<ON CONFLICT IGNORE>"},
    {T "ALTER a SET NOT NULL ON CONFLICT", "incomplete input (line 1, column 47)"},
    {T "ALTER a DROP NOT NULL", "t: drop not null <a>"},
    {T "ALTER a SET NULL", "near \"NULL\": syntax error (line 1, column 27)"},
    {T "ALTER a SET EXPRESSION AS (b + c)", "t: set expression <a> text<b + c>"},
    {T "ALTER a SET EXPRESSION AS ()", "near \")\": syntax error (line 1, column 42)"},
    {T "ALTER a SET EXPRESSION (b)", "near \"(\": syntax error (line 1, column 38)"},
    {T "ALTER a DROP EXPRESSION", "t: drop expression <a>"},
    {T "ALTER a DROP EXPRESSION IF EXISTS", "t: drop expression <a> if-exists"},
    {T "ALTER a ADD GENERATED ALWAYS AS (b /* , */)", "t: add generated <a> text<b>"},
    {T "ALTER a ADD GENERATED ALWAYS AS (b) STORED", "t: add generated <a> text<b> stored"},
    {T "ALTER a ADD GENERATED ALWAYS AS (b) VIRTUAL, ALTER c FIRST",
     "t: add generated <a> text<b>; move <c> first"},
    {T "ALTER a ADD GENERATED ALWAYS AS IDENTITY",
     "near \"IDENTITY\": syntax error (line 1, column 47)"},
    {T "ALTER a SET AUTOINCREMENT", "t: set autoincrement <a>"},
    {T "ALTER a DROP AUTOINCREMENT", "t: drop autoincrement <a>"},
    {T "ALTER a FIRST", "t: move <a> first"},
    {T "ALTER a AFTER b", "t: move <a> after<b>"},
    {T "ALTER COLUMN a AFTER \"b c\"", "t: move <a> after<b c>"},
    {T "ALTER first FIRST", "t: move <first> first"},
    {T "ALTER a AFTER", "incomplete input (line 1, column 28)"},
    {T "ALTER type TYPE type", "t: type <type> text<type>"},
    {T "ALTER a", "incomplete input (line 1, column 22)"},
    {T "ALTER a SET", "incomplete input (line 1, column 26)"},
    {T "ALTER a DROP b", "near \"b\": syntax error (line 1, column 28)"},
    {T "ALTER column SET NOT NULL", "near \"SET\": syntax error (line 1, column 28)"},
    {T "SET STRICT", "t: set strict"},
    {T "SET WITHOUT ROWID, SET STRICT", "t: set without rowid; set strict"},
    {T "SET WITHOUT", "incomplete input (line 1, column 26)"},
    {T "SET LOGGED", "near \"LOGGED\": syntax error (line 1, column 19)"},
    {T "", "incomplete input (line 1, column 15)"},
    {T "TRUNCATE", "near \"TRUNCATE\": syntax error (line 1, column 15)"},
    {T ", ADD a", "near \",\": syntax error (line 1, column 15)"},
    {"ALTER TABLE IF EXISTS t ADD a", "if exists t: add column <a> text<a>"},
    {"ALTER TABLE if ADD a", "if: add column <a> text<a>"},
    {"ALTER TABLE main.t ADD a", "main.t: add column <a> text<a>"},
    {"ALTER TABLE \"a.b\".\"c\"\"d\" ADD a", "a.b.c\"d: add column <a> text<a>"},
    {"ALTER TABLE [x]].y ADD a", "unrecognized token: \"]\" (line 1, column 16)"},
    {"ALTER TABLE `t` DROP `a``b`", "t: drop column <a`b>"},
    {"ALTER TABLE 't' DROP 'a'", "t: drop column <a>"},
    {"alter table T add Column A int first", "T: add column <A> text<A int> first"},
    {"ALTER TABLE t ADD a;", "t: add column <a> text<a>"},
    {"ALTER TABLE t ADD a; ADD b", "near \"ADD\": syntax error (line 1, column 22)"},
    {"ALTER TABLE \xc3\xa4 ADD \xc3\xb6 TEXT AFTER \xc3\xbc",
     "\xc3\xa4: add column <\xc3\xb6> text<\xc3\xb6 TEXT> after<\xc3\xbc>"},
    {"ALTER TABLE t.u.v ADD a", "near \".\": syntax error (line 1, column 16)"},
    {"ALTER TABLE", "incomplete input (line 1, column 12)"},
    {"ALTER TABLE select ADD a", "near \"select\": syntax error (line 1, column 13)"},
    {"ALTER VIEW t ADD a", "near \"VIEW\": syntax error (line 1, column 7)"},
    {"/* c */ ALTER -- d\n TABLE t ADD a", "t: add column <a> text<a>"},
};

static void test_cases(void **state) {
  size_t i, bad = 0;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *is = describe(cases[i].sql);
    if (strcmp(is, cases[i].means) != 0) {
      print_error("%s\n  is   %s\n  want %s\n", cases[i].sql, is, cases[i].means);
      bad++;
    }
    sqlite3_free(is);
  }
  print_message("%d statements\n", (int)i);
  assert_int_equal(bad, 0);
}

/* Where an action and its name stand, for the messages that come later. */
static void test_places(void **state) {
  static const char sql[] = "ALTER TABLE main.t ADD IF NOT EXISTS x INT,"
                            " DROP  CONSTRAINT \"c d\",\n ADD CONSTRAINT k CHECK (1),"
                            " ALTER COLUMN y FIRST";
  mig_fault fault;
  mig_arena a;
  mig_alter alter;
  const mig_op *op;
  (void)state;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  assert_int_equal(mig_parse_alter(&a, sql, sizeof sql - 1, &alter), 0);
  assert_int_equal(alter.count, 4);
  assert_int_equal(alter.table_at, 12);
  assert_string_equal(alter.sql, sql);
  op = alter.first;
  assert_int_equal(op->at, strstr(sql, "ADD IF") - sql);
  assert_int_equal(op->name_at, strstr(sql, "x INT") - sql);
  op = op->next;
  assert_int_equal(op->at, strstr(sql, "DROP") - sql);
  assert_int_equal(op->name_at, strstr(sql, "\"c d\"") - sql);
  op = op->next;
  assert_int_equal(op->name_at, strstr(sql, "k CHECK") - sql);
  op = op->next;
  assert_int_equal(op->at, strstr(sql, "ALTER COLUMN") - sql);
  assert_int_equal(op->name_at, strstr(sql, "y FIRST") - sql);
  assert_null(op->next);
  assert_ptr_equal(op, alter.last);
  mig_arena_free(&a);
}

/* The statement may be a part of a longer text. */
static void test_part_of_a_script(void **state) {
  static const char script[] = "ALTER TABLE t DROP a; DROP TABLE t";
  mig_fault fault;
  mig_arena a;
  mig_alter alter;
  (void)state;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  assert_int_equal(mig_parse_alter(&a, script, 20, &alter), 0);
  assert_string_equal(alter.sql, "ALTER TABLE t DROP a");
  mig_arena_free(&a);
}

static char *describe_other(const char *sql, int index) {
  mig_fault fault;
  mig_arena a;
  mig_index_rename x;
  mig_replacement v;
  char *text;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  if (index ? mig_parse_index_rename(&a, sql, &x) : mig_parse_replacement(&a, sql, &v)) {
    const char *z = mig_fault_text(&fault), *line = strchr(z, '\n');
    text = sqlite3_mprintf("%.*s", line ? (int)(line - z) : (int)strlen(z), z);
  } else if (index) {
    text = sqlite3_mprintf("%s.%s to %s, exists %d, at %d", x.schema, x.name, x.to, x.if_exists,
                           (int)x.name_at);
  } else {
    text = sqlite3_mprintf("%s.%s trigger %d temp %d at %d: %s", v.schema, v.name, v.trigger,
                           v.temp, (int)v.name_at, v.sql);
  }
  mig_arena_free(&a);
  mig_fault_clear(&fault);
  return text;
}

static void other(const char *sql, int index, const char *want) {
  char *is = describe_other(sql, index);
  assert_string_equal(is, want);
  sqlite3_free(is);
}

static void test_other_statements(void **state) {
  (void)state;
  other("ALTER INDEX i RENAME TO j", 1, ".i to j, exists 0, at 12");
  other("alter index if exists main.\"i j\" rename to [k]", 1, "main.i j to k, exists 1, at 22");
  other("ALTER INDEX i RENAME j", 1, "near \"j\": syntax error (line 1, column 22)");
  other("ALTER INDEX i RENAME TO j, k", 1, "near \",\": syntax error (line 1, column 26)");
  other("CREATE OR REPLACE VIEW v AS SELECT 1", 0,
        ".v trigger 0 temp 0 at 23: CREATE VIEW v AS SELECT 1");
  other("create /* a */ or replace temp trigger main.x BEFORE DELETE ON t BEGIN SELECT 1; END", 0,
        "main.x trigger 1 temp 1 at 39: create temp trigger main.x BEFORE DELETE ON t BEGIN"
        " SELECT 1; END");
  other("CREATE OR REPLACE TEMPORARY VIEW [a b](c) AS SELECT 1 -- d", 0,
        ".a b trigger 0 temp 1 at 33: CREATE TEMPORARY VIEW [a b](c) AS SELECT 1 -- d");
  other("CREATE OR REPLACE TABLE t(a)", 0, "near \"TABLE\": syntax error (line 1, column 19)");
  other("CREATE OR REPLACE VIEW IF NOT EXISTS v AS SELECT 1", 0,
        "near \"IF\": syntax error (line 1, column 24)");
}

/* A statement of many actions, and one of many words, take time in proportion. */
static double seconds(const char *head, const char *piece, size_t count) {
  size_t h = strlen(head), p = strlen(piece), i;
  char *sql = (char *)malloc(h + p * count + 1);
  clock_t from = clock();
  mig_fault fault;
  mig_arena a;
  mig_alter alter;
  memcpy(sql, head, h + 1);
  for (i = 0; i < count; i++) memcpy(sql + h + i * p, piece, p + 1);
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  assert_int_equal(mig_parse_alter(&a, sql, strlen(sql), &alter), 0);
  mig_arena_free(&a);
  free(sql);
  return (double)(clock() - from) / CLOCKS_PER_SEC;
}

static void test_linear(void **state) {
  static const char *const shapes[][2] = {
      {"ALTER TABLE t DROP a", ", ADD COLUMN b INT DEFAULT 1"},
      {"ALTER TABLE t ADD a", " word"},
      {"ALTER TABLE t ADD a", " CONSTRAINT x"},
      {"ALTER TABLE t ALTER a TYPE", " word"},
      {"ALTER TABLE t ALTER a SET DEFAULT 1", " + (1)"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    double one = seconds(shapes[i][0], shapes[i][1], i ? 200000 : 20000);
    double two = seconds(shapes[i][0], shapes[i][1], i ? 400000 : 40000);
    print_message("%.3f s, double %.3f s:%s\n", one, two, shapes[i][1]);
    assert_true(two < 3 * one + 0.05);
  }
}

/* Every allocation that fails, in turn, ends in SQLITE_NOMEM and nothing else. */
static void test_no_memory(void **state) {
  size_t i;
  int n, tried = 0;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (n = 0; n < 1000; n++) {
      mig_fault fault;
      mig_arena a;
      mig_alter alter;
      int failed;
      memset(&fault, 0, sizeof fault);
      mig_arena_init(&a, &fault);
      oom_left = n;
      mig_parse_alter(&a, cases[i].sql, strlen(cases[i].sql), &alter);
      failed = oom_left == 0 && fault.code == SQLITE_NOMEM;
      oom_left = -1;
      mig_arena_free(&a);
      mig_fault_clear(&fault);
      if (!failed) break;
      tried++;
    }
    assert_true(n < 1000);
  }
  print_message("%d failures\n", tried);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),            cmocka_unit_test(test_places),
      cmocka_unit_test(test_part_of_a_script), cmocka_unit_test(test_other_statements),
      cmocka_unit_test(test_linear),           cmocka_unit_test(test_no_memory),
  };
  oom_install();
  return cmocka_run_group_tests_name("alter", tests, 0, 0);
}
