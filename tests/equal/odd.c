/* Revisions of the odd kind, each as a file, there and back, online and through its script: what
** they leave must be the same. */
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

/* What the revisions find. */
static const char base[] =
    "CREATE TABLE p(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT, c TEXT DEFAULT 'x;y');\n"
    "INSERT INTO p(a, b) VALUES (5, 'five'), (9, 'nine'), (12, 'it''s; --');\n"
    "DELETE FROM p WHERE a = 12;\n"
    "CREATE TABLE c(a REFERENCES p(a), n INTEGER NOT NULL, PRIMARY KEY (a, n)) WITHOUT ROWID;\n"
    "INSERT INTO c VALUES (5, 1), (5, 2), (9, 1);\n"
    "CREATE TABLE log(what TEXT);\n"
    "CREATE TRIGGER tr AFTER UPDATE ON p BEGIN\n"
    "  INSERT INTO log VALUES ('END; COMMIT; -- ' || new.b); -- ; here\n"
    "  INSERT INTO log SELECT CASE WHEN 1 THEN 'case;' END;\n"
    "END;\n"
    "CREATE VIEW v AS SELECT b || ';' AS b FROM p;\n"
    "CREATE UNIQUE INDEX pb ON p(b COLLATE NOCASE) WHERE b <> ';';\n"
    "CREATE VIRTUAL TABLE f USING fts5(x);\n"
    "INSERT INTO f VALUES ('words; of a text');\n";

typedef struct odd {
  const char *name, *up, *down;
} odd;

static const odd odds[] = {
    {"a trigger with strings that hold semicolons",
     "CREATE TRIGGER t2 AFTER DELETE ON p WHEN old.b <> 'x;y' BEGIN\n"
     "  UPDATE log SET what = what || ';END;';\n  SELECT 'BEGIN', \"a;b\", [c;d], `e;f`\n"
     "    FROM (SELECT 1 AS \"a;b\", 2 AS [c;d], 3 AS `e;f`);\nEND;\nDELETE FROM c WHERE a = "
     "9;\nDELETE FROM p WHERE a = 9;\n"
     "ALTER TABLE p ALTER c TYPE BLOB;",
     "DROP TRIGGER t2;"},
    {"a trigger that fires on what the revision does",
     "UPDATE p SET b = upper(b);\nALTER TABLE p ADD COLUMN d INT AFTER a;\nUPDATE p SET d = a * "
     "2;\n"
     "INSERT INTO log SELECT changes();",
     "ALTER TABLE p DROP COLUMN d;"},
    {"a table that lives in TEMP",
     "CREATE TEMP TABLE keep AS SELECT * FROM p;\nDELETE FROM log;\n"
     "ALTER TABLE p DROP COLUMN c;\nINSERT INTO log SELECT c FROM temp.keep;\nDROP TABLE "
     "temp.keep;",
     "ALTER TABLE p ADD COLUMN c TEXT DEFAULT 'x;y';"},
    {"a TEMP view and a TEMP trigger for a moment",
     "CREATE TEMP VIEW w AS SELECT a, b FROM main.p;\n"
     "CREATE TEMP TRIGGER wt INSTEAD OF UPDATE ON w BEGIN\n"
     "  INSERT INTO log VALUES ('instead;'); END;\n"
     "UPDATE w SET b = 1;\nDROP VIEW w;",
     ""},
    {"another schema's name",
     "INSERT INTO main.log VALUES ('main.log');\nALTER TABLE main.p ALTER COLUMN b SET DEFAULT "
     "';';\n"
     "CREATE INDEX main.i2 ON log(what);\nALTER INDEX main.i2 RENAME TO i3;",
     "DROP INDEX main.i3;"},
    {"virtual tables",
     "INSERT INTO f VALUES ('more; words');\nINSERT INTO f(f) VALUES ('optimize');\n"
     "CREATE VIRTUAL TABLE g USING fts5(y, tokenize = \"unicode61 remove_diacritics 0 tokenchars "
     "'-;'\");\nINSERT INTO g SELECT x FROM f;\nINSERT INTO g(g) VALUES ('optimize');\nALTER TABLE "
     "p ALTER b SET NOT NULL;",
     "DROP TABLE g;\nALTER TABLE p ALTER b DROP NOT NULL;"},
    {"an external content table beside a rebuild",
     "CREATE VIRTUAL TABLE px USING fts5(b, content = p, content_rowid = a);\n"
     "INSERT INTO px(px) VALUES ('rebuild');\nALTER TABLE p ALTER c TYPE INTEGER;",
     "DROP TABLE px;"},
    {"comments everywhere",
     "-- first\n/* ; */ INSERT /* a; */ INTO log -- ;\nVALUES /* ' */ ('a') /* \" */;; ;\n-- ' "
     "last;\n"
     "/* and\n-- more */ ALTER /* x */ TABLE -- y\n p /* ; */ ALTER b -- ;\n SET DEFAULT 'q' -- "
     "end\n",
     "-- nothing at all; really\n"},
    {"a statement that ends in a comment without a semicolon",
     "INSERT INTO log VALUES ('a');\nINSERT INTO log VALUES ('b') -- no semicolon",
     "SELECT 1 -- x"},
    {"line ends of another system",
     "INSERT INTO log VALUES ('a;\rb');\r\nCREATE TABLE crlf(a, -- one\r\n  b TEXT\r\n);\r\n"
     "ALTER TABLE crlf ADD COLUMN c FIRST;\r\nALTER TABLE p ALTER COLUMN c SET DEFAULT 'r\nn';\r\n",
     "DROP TABLE crlf;\r\n"},
    {"names that need quotes",
     "CREATE TABLE \"a b;'--\"(\"x\"\"y\" TEXT, [z;] INT, `order` BLOB);\n"
     "INSERT INTO \"a b;'--\" VALUES ('1', 2, x'003b');\n"
     "ALTER TABLE \"a b;'--\" ALTER \"x\"\"y\" TYPE INTEGER, RENAME [z;] TO \"%s'\", ADD \"\" INT "
     "FIRST;",
     "DROP TABLE \"a b;'--\";"},
    {"a common table expression that writes",
     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)\n"
     "INSERT INTO log SELECT printf('%d; row', i) FROM n;\nWITH x AS (SELECT 1) DELETE FROM log "
     "WHERE "
     "rowid % 2;\nREPLACE INTO p(a, b) VALUES (5, 'again');",
     "DELETE FROM log;"},
    {"a conflict that is ignored, one that replaces",
     "INSERT OR IGNORE INTO p(a, b) VALUES (5, 'x'), (77, 'NINE'), (78, 'ok');\n"
     "DELETE FROM c WHERE a = 5;\nINSERT OR REPLACE INTO p(a, b) VALUES (78, 'FIVE');\n"
     "INSERT INTO p(b) VALUES ('last') ON CONFLICT DO NOTHING;",
     "DELETE FROM p WHERE a > 77;"},
    {"a parent that is renamed and rebuilt",
     "ALTER TABLE p RENAME TO parent;\nALTER TABLE parent RENAME COLUMN a TO id;\n"
     "ALTER TABLE parent ALTER c TYPE BLOB, ADD COLUMN at TEXT DEFAULT (1 + 1) AFTER id;\n"
     "INSERT INTO c VALUES (9, 7);",
     "ALTER TABLE parent DROP COLUMN at;\nALTER TABLE parent RENAME id TO a;\n"
     "ALTER TABLE parent RENAME TO p;"},
    {"foreign keys that look each at the other",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b(id));\n"
     "CREATE TABLE b(id INTEGER PRIMARY KEY, a REFERENCES a(id) DEFERRABLE INITIALLY DEFERRED);\n"
     "INSERT INTO a VALUES (1, NULL);\nINSERT INTO b VALUES (1, 1);\nUPDATE a SET b = 1;\n"
     "ALTER TABLE a ALTER b TYPE TEXT USING b;\nALTER TABLE b ALTER a SET NOT NULL;",
     "UPDATE a SET b = NULL;\nDROP TABLE b;\nDROP TABLE a;"},
    {"a view that is made again under its name",
     "CREATE OR REPLACE VIEW v AS SELECT b || ';;' AS b, c FROM p -- end\n;\n"
     "CREATE OR REPLACE TRIGGER tr AFTER UPDATE OF c ON p BEGIN SELECT 1; END;\n"
     "ALTER TABLE p ALTER c TYPE INTEGER",
     "DROP VIEW v;\nCREATE VIEW v AS SELECT b || ';' AS b FROM p;"},
    {"settings in the middle",
     "PRAGMA recursive_triggers = ON;\nPRAGMA defer_foreign_keys = ON;\nINSERT INTO c VALUES (123, "
     "1);\n"
     "ALTER TABLE log ALTER what TYPE BLOB;\nINSERT INTO p(a) VALUES (123);\n"
     "PRAGMA user_version = 7;\nPRAGMA application_id = 99;\nPRAGMA recursive_triggers = OFF;",
     "PRAGMA user_version = 0;"},
    {"ANALYZE and REINDEX", "ANALYZE;\nALTER TABLE p ALTER c TYPE INTEGER;\nREINDEX p;\nANALYZE p;",
     "DROP INDEX pb;"},
    {"generated columns",
     "CREATE TABLE g(a INT, b INT AS (a * 2) STORED, c TEXT AS (b || ';') VIRTUAL);\n"
     "INSERT INTO g VALUES (1), (2);\nALTER TABLE g ALTER a TYPE TEXT;\n"
     "ALTER TABLE g ALTER b DROP EXPRESSION, ALTER c SET EXPRESSION AS (b || '-' || a);",
     "DROP TABLE g;"},
    {"blobs, NULs and numbers as text",
     "INSERT INTO log VALUES (x'00ff3b0a'), (char(0) || 'a'), (1e300 * 10), (-0.0), ('1e5'), "
     "(NULL);\n"
     "DROP TRIGGER tr;\n"
     "ALTER TABLE log ALTER what TYPE BLOB, ADD COLUMN k INTEGER DEFAULT 9223372036854775807;\n"
     "UPDATE log SET k = rowid;",
     "ALTER TABLE log DROP k;"},
    {"nothing", "", ""},
    {"a semicolon", ";", ";;"},
};

#define ODD_COUNT ((int)(sizeof(odds) / sizeof(odds[0])))

/* A folder of three revisions: the base, the odd one, and a merge of it with a branch. */
static void write_files(const world *w, const odd *o) {
  char path[160];
  char *z = sqlite3_mprintf("-- base\n-- revision: a1\n-- migrate:up\n%s-- migrate:down\n"
                            "SELECT 1;\n",
                            base);
  snprintf(path, sizeof(path), "%s/files/1.sql", w->folder);
  world_write(path, z);
  sqlite3_free(z);
  z = sqlite3_mprintf("%s-- %s */ ' \"\n-- revision: b2\n-- down_revision: a1\n-- migrate:up\n%s\n"
                      "-- migrate:down\n%s\n",
                      strchr(o->up, '\r') ? "\357\273\277" : "", o->name, o->up, o->down);
  snprintf(path, sizeof(path), "%s/files/2.sql", w->folder);
  world_write(path, z);
  sqlite3_free(z);
  snprintf(path, sizeof(path), "%s/files/3.sql", w->folder);
  world_write(path,
              "-- beside; it\n-- revision: c3\n-- down_revision: a1\n-- branch_labels: side\n"
              "-- migrate:up\nCREATE TABLE beside(x);\n-- migrate:down\nDROP TABLE beside;\n");
  snprintf(path, sizeof(path), "%s/files/4.sql", w->folder);
  world_write(path, "-- together\n-- revision: d4\n-- down_revision: b2, c3\n-- migrate:up\n"
                    "ALTER TABLE beside ALTER x TYPE INTEGER;\n-- migrate:down\n"
                    "ALTER TABLE beside ALTER x TYPE BLOB;\n");
}

static void remove_files(const world *w) {
  char path[160];
  int i;
  for (i = 1; i <= 4; i++) {
    snprintf(path, sizeof(path), "%s/files/%d.sql", w->folder, i);
    remove(path);
  }
  snprintf(path, sizeof(path), "%s/files", w->folder);
  rmdir(path);
}

/* One command in both places, from the same database. `keys`: the connections enforce them. */
static void both(world *w, const char *command, const char *target, int keys, const char *name) {
  char path[160], *script;
  sqlite3 *db = world_database(w->online);
  migrate_options options;
  migrate *m = 0;
  int rc, status;
  memset(&options, 0, sizeof(options));
  options.errbuf = w->error;
  options.nerrbuf = (int)sizeof(w->error);
  snprintf(path, sizeof(path), "%s/files", w->folder);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, 0);
  migrate_open(db, &options, &m);
  migrate_add_directory(m, path);
  migrate_script(m, command, target, name);
  script = sqlite3_mprintf("%s", migrate_errcode(m) ? "" : migrate_result(m));
  if (command[0] == 'u') migrate_upgrade(m, target);
  else migrate_downgrade(m, target);
  rc = migrate_close(m);
  sqlite3_close(db);
  if (rc) fail_msg("%s, %s %s: %s", name, command, target, w->error);
  status = world_shell(w, "-bail", script);
  if (status) fail_msg("%s, %s %s: %s\n%s", name, command, target, w->said, script);
  if (!world_same(w, name)) fail_msg("%s, %s %s: %s", name, command, target, script);
  sqlite3_free(script);
}

static void one(void **state) {
  const odd *o = (const odd *)*state;
  char path[160];
  world w;
  if ((strstr(o->up, "USING fts5") || strstr(o->up, "ANALYZE")) && !world_shell_is_ours()) {
    print_message("skipped: what FTS5 keeps, as the shell is not of SQLite %s\n",
                  sqlite3_libversion());
    skip();
  }
  world_open(&w);
  snprintf(path, sizeof(path), "%s/files", w.folder);
  mkdir(path, 0700);
  write_files(&w, o);
  both(&w, "upgrade", "a1", 1, o->name);
  both(&w, "upgrade", "b2", 1, o->name);
  both(&w, "downgrade", "-1", 1, o->name);
  remove(w.online);
  remove(w.offline);
  both(&w, "upgrade", "head", 0, o->name);
  both(&w, "downgrade", "a1", 0, o->name);
  remove_files(&w);
  world_close(&w);
}

static void no_shell(void **state) {
  (void)state;
  print_message("skipped: there is no sqlite3 shell\n");
  skip();
}

int main(void) {
  struct CMUnitTest tests[ODD_COUNT];
  int i;
  memset(tests, 0, sizeof(tests));
  for (i = 0; i < ODD_COUNT; i++) {
    tests[i].name = odds[i].name;
    tests[i].test_func = one;
    tests[i].initial_state = (void *)(uintptr_t)&odds[i];
  }
  if (!world_has_shell()) {
    tests[0].name = "odd";
    tests[0].test_func = no_shell;
  }
  return _cmocka_run_group_tests("odd", tests, world_has_shell() ? (size_t)ODD_COUNT : 1, 0, 0);
}
