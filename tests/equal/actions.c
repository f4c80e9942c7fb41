/* Every action of the ALTER language as a revision, online and offline: upgraded, and downgraded
** where there is a way back, each on a copy of the same database with rows; then all of them in one
** line, from nothing to the head. */
#define _XOPEN_SOURCE 700 /* popen(), mkdtemp() */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "world.h"

/* What every action begins with. Texts are odd on purpose: they must come through byte for byte. */
static const char base[] =
    "CREATE TABLE team(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE /* why "
    "*/);\n"
    "CREATE TABLE [user] (\n"
    "  id INTEGER PRIMARY KEY, -- the key\n"
    "  [e mail] VARCHAR(50) NOT NULL DEFAULT 'none',\n"
    "  `age` INT CONSTRAINT adult CHECK (age >= 0),\n"
    "  team INTEGER CONSTRAINT user_team REFERENCES team(id) ON DELETE CASCADE,\n"
    "  score REAL DEFAULT 1.5,\n"
    "  twice INT GENERATED ALWAYS AS (age * 2) VIRTUAL,\n"
    "  thrice INT AS (age * 3) STORED,\n"
    "  CONSTRAINT [one mail] UNIQUE ([e mail])\n"
    ");\n"
    "CREATE TABLE word(w TEXT PRIMARY KEY COLLATE NOCASE, n INT NOT NULL) WITHOUT ROWID;\n"
    "CREATE TABLE exact(id INTEGER PRIMARY KEY, v INT, any ANY) STRICT;\n"
    "CREATE TABLE plain(a, b TEXT, c INT, d BLOB);\n"
    "CREATE INDEX user_age ON [user](age) ;\n"
    "CREATE INDEX [user mail] ON [user](lower([e mail])) WHERE age > 1;\n"
    "CREATE UNIQUE INDEX plain_ab ON plain(a, b DESC);\n"
    "CREATE VIEW adults AS SELECT id, [e mail], `age` FROM [user] WHERE `age` >= 18;\n"
    "CREATE VIEW plain_b AS SELECT b FROM plain;\n"
    "CREATE TABLE log(what);\n"
    "CREATE TRIGGER user_log AFTER UPDATE OF age ON [user] BEGIN\n"
    "  INSERT INTO log VALUES (new.[e mail]);\nEND;\n"
    "CREATE TRIGGER plain_log AFTER INSERT ON plain BEGIN INSERT INTO log VALUES(new.b); END;\n"
    "INSERT INTO team(name) VALUES ('red'), ('blue'), ('gone');\n"
    "DELETE FROM team WHERE name = 'gone';\n"
    "INSERT INTO [user](id, [e mail], age, team) VALUES (7, 'a@x', 30, 1), (9, 'b@x', 17, 2);\n"
    "INSERT INTO [user](id, [e mail], age, score) VALUES (11, 'c@x', NULL, 2), (12, 'd', 5, 'x');\n"
    "INSERT INTO word VALUES ('One', 1), ('two', 2);\n"
    "INSERT INTO exact VALUES (1, 10, 'text'), (2, NULL, 3.5);\n"
    "INSERT INTO plain(rowid, a, b, c, d) VALUES (5, 1, 'x', '12', x'00ff'), (8, 2.5, 'y', NULL, "
    "'z');\n"
    "DELETE FROM log;\n"
    "ANALYZE;\n";

static const struct {
  const char *up, *down;
} actions[] = {
    {"ALTER TABLE [user] ADD COLUMN nick TEXT", "ALTER TABLE [user] DROP COLUMN nick"},
    {"ALTER TABLE [user] ADD nick TEXT NOT NULL DEFAULT 'x' AFTER id",
     "ALTER TABLE [user] DROP nick"},
    {"ALTER TABLE [user] ADD COLUMN at TEXT DEFAULT (1 + 2) FIRST",
     "ALTER TABLE [user] DROP COLUMN at"},
    {"ALTER TABLE [user] ADD COLUMN IF NOT EXISTS age INT", ""},
    {"ALTER TABLE plain ADD COLUMN e INT UNIQUE", "ALTER TABLE plain DROP COLUMN e"},
    {"ALTER TABLE plain ADD COLUMN e INT REFERENCES team(id)", "ALTER TABLE plain DROP COLUMN e"},
    {"ALTER TABLE plain ADD COLUMN e INT AS (c + 1) STORED", "ALTER TABLE plain DROP COLUMN e"},
    {"ALTER TABLE plain DROP COLUMN d", "ALTER TABLE plain ADD COLUMN d BLOB"},
    {"ALTER TABLE plain DROP COLUMN IF EXISTS nothing", ""},
    {"ALTER TABLE plain DROP COLUMN b CASCADE", 0},
    {"ALTER TABLE plain DROP COLUMN a RESTRICT", 0},
    {"ALTER TABLE [user] DROP COLUMN age CASCADE", 0},
    {"ALTER TABLE plain RENAME COLUMN b TO bb", "ALTER TABLE plain RENAME bb TO b"},
    {"ALTER TABLE [user] RENAME COLUMN [e mail] TO mail",
     "ALTER TABLE [user] RENAME COLUMN mail TO [e mail]"},
    {"ALTER TABLE [user] RENAME COLUMN `age` TO [how old]",
     "ALTER TABLE [user] RENAME COLUMN [how old] TO `age`"},
    {"ALTER TABLE team RENAME COLUMN id TO number", "ALTER TABLE team RENAME COLUMN number TO id"},
    {"ALTER TABLE [user] RENAME TO person", "ALTER TABLE person RENAME TO [user]"},
    {"ALTER TABLE plain RENAME TO [not so plain]", "ALTER TABLE [not so plain] RENAME TO plain"},
    {"ALTER TABLE team RENAME TO crew", "ALTER TABLE crew RENAME TO team"},
    {"ALTER TABLE [user] RENAME CONSTRAINT adult TO grown",
     "ALTER TABLE [user] RENAME CONSTRAINT grown TO adult"},
    {"ALTER TABLE [user] ALTER COLUMN [e mail] TYPE VARCHAR(255)",
     "ALTER TABLE [user] ALTER COLUMN [e mail] TYPE VARCHAR(50)"},
    {"ALTER TABLE plain ALTER c SET DATA TYPE TEXT", "ALTER TABLE plain ALTER c TYPE INT"},
    {"ALTER TABLE plain ALTER COLUMN b TYPE TEXT COLLATE NOCASE", 0},
    {"ALTER TABLE [user] ALTER COLUMN score TYPE INTEGER USING CAST(round(score) AS INTEGER)", 0},
    {"ALTER TABLE [user] ALTER COLUMN score SET DEFAULT 2.5",
     "ALTER TABLE [user] ALTER COLUMN score SET DEFAULT 1.5"},
    {"ALTER TABLE [user] ALTER COLUMN score DROP DEFAULT",
     "ALTER TABLE [user] ALTER COLUMN score SET DEFAULT 1.5"},
    {"ALTER TABLE plain ALTER COLUMN b SET NOT NULL",
     "ALTER TABLE plain ALTER COLUMN b DROP NOT NULL"},
    {"ALTER TABLE plain ALTER COLUMN c SET NOT NULL", 0},
    {"ALTER TABLE [user] ALTER COLUMN twice SET EXPRESSION AS (age + age)", 0},
    {"ALTER TABLE [user] ALTER COLUMN thrice SET EXPRESSION AS (age * 30)", 0},
    {"ALTER TABLE [user] ALTER COLUMN thrice DROP EXPRESSION", 0},
    {"ALTER TABLE [user] ALTER COLUMN score DROP EXPRESSION IF EXISTS", ""},
    {"ALTER TABLE plain ALTER COLUMN c ADD GENERATED ALWAYS AS (a + 1) STORED", 0},
    {"ALTER TABLE plain ALTER COLUMN c ADD GENERATED ALWAYS AS (a + 1) VIRTUAL", 0},
    {"ALTER TABLE exact ALTER COLUMN id SET AUTOINCREMENT",
     "ALTER TABLE exact ALTER COLUMN id DROP AUTOINCREMENT"},
    {"ALTER TABLE team ALTER COLUMN id DROP AUTOINCREMENT",
     "ALTER TABLE team ALTER COLUMN id SET AUTOINCREMENT"},
    {"ALTER TABLE [user] ALTER COLUMN score FIRST", "ALTER TABLE [user] ALTER score AFTER team"},
    {"ALTER TABLE plain ALTER COLUMN a AFTER c", "ALTER TABLE plain ALTER COLUMN a FIRST"},
    {"ALTER TABLE plain ADD PRIMARY KEY (a)", "ALTER TABLE plain DROP CONSTRAINT plain_pkey"},
    {"ALTER TABLE plain ADD CONSTRAINT u UNIQUE (b)", "ALTER TABLE plain DROP CONSTRAINT u"},
    {"ALTER TABLE plain ADD CHECK (a > 0)", "ALTER TABLE plain DROP CONSTRAINT plain_a_check"},
    {"ALTER TABLE plain ADD CHECK (a > 1)", 0},
    {"ALTER TABLE plain ADD FOREIGN KEY (c) REFERENCES word(n)", 0},
    {"ALTER TABLE exact ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES team(id) ON DELETE SET NULL",
     0},
    {"ALTER TABLE [user] DROP CONSTRAINT user_team", 0},
    {"ALTER TABLE [user] DROP CONSTRAINT [one mail]", 0},
    {"ALTER TABLE team DROP CONSTRAINT team_name_key", 0},
    {"ALTER TABLE team DROP CONSTRAINT team_pkey CASCADE", 0},
    {"ALTER TABLE team DROP CONSTRAINT team_pkey", 0},
    {"ALTER TABLE team DROP CONSTRAINT IF EXISTS nothing", ""},
    {"ALTER TABLE team SET STRICT", "ALTER TABLE team DROP STRICT"},
    {"ALTER TABLE exact DROP STRICT, ALTER COLUMN any TYPE BLOB", 0},
    {"ALTER TABLE exact SET WITHOUT ROWID", "ALTER TABLE exact DROP WITHOUT ROWID"},
    {"ALTER TABLE word DROP WITHOUT ROWID", "ALTER TABLE word SET WITHOUT ROWID"},
    {"ALTER TABLE [user] DROP score, ADD nick TEXT AFTER id, RENAME team TO crew, ALTER age SET "
     "NOT "
     "NULL",
     0},
    {"ALTER TABLE [user] RENAME age TO years, ADD CHECK (years < 200), RENAME TO person", 0},
    {"ALTER TABLE IF EXISTS nothing ADD x", ""},
    {"ALTER TABLE main.plain ADD COLUMN e", "ALTER TABLE plain DROP COLUMN e"},
    {"ALTER INDEX user_age RENAME TO [by age]", "ALTER INDEX [by age] RENAME TO user_age"},
    {"ALTER INDEX plain_ab RENAME TO p2", "ALTER INDEX p2 RENAME TO plain_ab"},
    {"CREATE OR REPLACE VIEW plain_b AS SELECT b, 1 AS one FROM plain -- and one\n",
     "CREATE OR REPLACE VIEW plain_b AS SELECT b FROM plain;"},
    {"CREATE OR REPLACE VIEW other AS SELECT 1 AS x", "DROP VIEW other"},
    {"CREATE OR REPLACE TRIGGER plain_log AFTER DELETE ON plain BEGIN DELETE FROM log; END",
     "CREATE OR REPLACE TRIGGER plain_log AFTER INSERT ON plain BEGIN INSERT INTO log "
     "VALUES(new.b); END;"},
    {"CREATE TABLE more(x) ; /* about it */ CREATE INDEX mx ON more(x) /* so */ ;\n"
     "INSERT INTO more VALUES ('a;b'), (last_insert_rowid()); -- last",
     "DROP TABLE more"},
};
#define ACTIONS ((int)(sizeof(actions) / sizeof(actions[0])))

static void begin(world *w, migrate_revision *r, const char *up, const char *down) {
  memset(r, 0, sizeof(*r));
  r->id = "a1";
  r->message = up;
  r->upgrade = up;
  r->downgrade = down;
  world_open(w);
  w->revisions = r;
  w->nrevision = 1;
  assert_int_equal(world_sql(w->online, base), SQLITE_OK);
  world_copy(w);
}

static void run_action(void **state) {
  int i = *(const int *)*state, same;
  migrate_revision r;
  world w;
  begin(&w, &r, actions[i].up, actions[i].down);
  same = world_both(&w, actions[i].up, "upgrade", "head");
  if (same && actions[i].down) same = world_both(&w, actions[i].down, "downgrade", "base");
  world_close(&w);
  assert_true(same);
}

/* Those that have a way back, one after the other, from nothing. */
static void all_in_one_line(void **state) {
  static migrate_revision r[2 * ACTIONS + 1];
  static char ids[2 * ACTIONS + 1][12];
  world w;
  int i, n = 1, same;
  (void)state;
  if (sqlite3_compileoption_used("ENABLE_STAT4") &&
      system("sqlite3 :memory: \"SELECT sqlite_compileoption_used('ENABLE_STAT4')\" | grep -q 1")) {
    print_message("skipped: ANALYZE makes sqlite_stat4 here, and none in the shell\n");
    skip();
  }
  memset(r, 0, sizeof(r));
  r[0].upgrade = base;
  r[0].downgrade = "";
  for (i = 0; i < ACTIONS; i++) {
    if (!actions[i].down || !actions[i].down[0]) continue;
    r[n].upgrade = actions[i].up;
    r[n++].downgrade = actions[i].down;
    r[n].upgrade = actions[i].down;
    r[n++].downgrade = actions[i].up;
  }
  for (i = 0; i < n; i++) {
    snprintf(ids[i], sizeof(ids[i]), "r%d", i);
    r[i].id = ids[i];
    r[i].down_revision = i ? ids[i - 1] : 0;
  }
  world_open(&w);
  w.revisions = r;
  w.nrevision = n;
  same = world_both(&w, "all up", "upgrade", "head") &&
         world_both(&w, "all down", "downgrade", "r0");
  world_close(&w);
  assert_true(same);
}

static void no_shell(void **state) {
  (void)state;
  print_message("skipped: there is no sqlite3 shell, or it is older than 3.37\n");
  skip();
}

int main(void) {
  static struct CMUnitTest tests[ACTIONS + 1];
  static int numbers[ACTIONS];
  int i, failed;
  /* STRICT is of 3.37. */
  if (sqlite3_libversion_number() < 3037000 ||
      system("sqlite3 :memory: 'CREATE TABLE t(a INT) STRICT' >/dev/null 2>&1") != 0) {
    tests[0].name = "actions";
    tests[0].test_func = no_shell;
    return _cmocka_run_group_tests("actions", tests, 1, 0, 0);
  }
  for (i = 0; i < ACTIONS; i++) {
    numbers[i] = i;
    tests[i].name = sqlite3_mprintf("%.*s", (int)strcspn(actions[i].up, "\n"), actions[i].up);
    tests[i].test_func = run_action;
    tests[i].initial_state = &numbers[i];
  }
  tests[ACTIONS].name = "all in one line";
  tests[ACTIONS].test_func = all_in_one_line;
  failed = _cmocka_run_group_tests("actions", tests, ACTIONS + 1, 0, 0);
  for (i = 0; i < ACTIONS; i++) sqlite3_free((void *)(uintptr_t)tests[i].name);
  return failed;
}
