/* Databases and scripts for a hosted SQLite, and what must come of them:
**
**   worlds make FOLDER CHAIN ..  a folder each: start.db; script (statements, a NUL behind each);
**                            plain.sql (the same run for a stock SQLite); online.db, which the run
**                            itself has made of start.db. Prints their names
**   worlds model FOLDER WORLD    runs a script under the rules of Cloudflare D1, makes model.db
**   worlds same A.db B.db    compares all but the spelling of the schema
**
** What chance and the clock decide is taken out. */
#define _XOPEN_SOURCE 700 /* popen(), mkdtemp() */
#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"
#include "rows.h"
#include "equal/world.h"

static const char *folder; /* of all worlds */

static char *in_world(const char *name, const char *file) {
  return sqlite3_mprintf("%s/%s/%s", folder, name, file);
}

static void say_not(const char *name, const char *why) {
  printf("not ok - %s: %s\n", name, why);
}

/* ---- make ------------------------------------------------------------------------------------ */

static void exec(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) printf("# %s\n", sqlite3_errmsg(db));
}

/* Rows that keep the foreign keys, in as many rounds as parents need. */
static void fill(const char *path) {
  sqlite3 *db = world_database(path);
  char *names[300];
  int i, n = rows_table_names(db, names, 300), kept = 0;
  exec(db, "PRAGMA foreign_keys = ON");
  for (i = 0; i < n; i++) {
    if (strcmp(names[i], "alembic_version") != 0 && strcmp(names[i], "migrate_journal") != 0) {
      names[kept++] = names[i];
    } else {
      sqlite3_free(names[i]);
    }
  }
  for (i = 0; i < 3; i++) rows_fill(db, names, kept, 30);
  for (i = 0; i < kept; i++) sqlite3_free(names[i]);
  sqlite3_close(db);
}

static void copy_database(const char *from, const char *to) {
  sqlite3 *a = world_database(from), *b;
  sqlite3_backup *backup;
  remove(to);
  b = world_database(to);
  backup = sqlite3_backup_init(b, "main", a, "main");
  if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE) abort();
  sqlite3_backup_finish(backup);
  sqlite3_close(a);
  sqlite3_close(b);
}

/* Writes a script with a NUL behind each statement. */
static void write_statements(const char *path, char *script) {
  FILE *f = fopen(path, "wb");
  char *start = script, *at;
  if (!f) abort();
  for (at = script; *at; at++) {
    char next = at[1];
    if (*at != ';') continue;
    at[1] = 0;
    if (sqlite3_complete(start)) {
      fwrite(start, 1, strlen(start) + 1, f);
      start = at + 1;
    }
    at[1] = next;
  }
  fclose(f);
}

static char *print_script(world *w, const char *path, const char *range, const char *dialect) {
  sqlite3 *db = world_database(path);
  migrate *m = world_migrate(w, db);
  char *script = 0;
  migrate_set(m, "dialect", dialect);
  if (migrate_script(m, "upgrade", range, 0) == MIGRATE_OK) {
    script = (char *)calloc(1, strlen(migrate_result(m)) + 1);
    strcpy(script, migrate_result(m));
  }
  migrate_close(m);
  sqlite3_close(db);
  return script;
}

/* A run from `start` (already in its folder) to the head. A change that D1 cannot have is refused
** by name, which is what its world then says. */
static void make_world(world *w, const char *name, const char *range) {
  char *start = in_world(name, "start.db"), *online = in_world(name, "online.db");
  char *path = in_world(name, "script"), *plain = in_world(name, "plain.sql"), *script;
  copy_database(start, online);
  snprintf(w->online, sizeof(w->online), "%s", online);
  if (world_online(w, "upgrade", "head") != 0) {
    printf("# %s: its rows refuse the run: %.200s\n", name, w->error);
  } else if ((script = print_script(w, start, range, "sqlite")) == 0) {
    say_not(name, w->error);
  } else {
    world_write(plain, script);
    free(script);
    script = print_script(w, start, range, "d1");
    if (script) {
      write_statements(path, script);
      printf("%s\n", name);
    } else {
      printf("refused %s: %s\n", name, w->error);
    }
    free(script);
  }
  sqlite3_free(start);
  sqlite3_free(online);
  sqlite3_free(path);
  sqlite3_free(plain);
}

static char *begin_world(const char *name) {
  char *path = sqlite3_mprintf("%s/%s", folder, name), *start = in_world(name, "start.db");
  mkdir(path, 0777);
  sqlite3_free(path);
  sqlite3_close(world_database(start));
  world_sql(start, "VACUUM");
  return start;
}

static void replace_all(char *z, const char *from, const char *to) {
  while ((z = strstr(z, from)) != 0) memcpy(z, to, strlen(to));
}

static void make_chain(const char *chain_name) {
  chain *c = (chain *)calloc(1, sizeof(chain));
  char *at = sqlite3_mprintf("corpus/chains/%s", chain_name), *start, *name;
  char half[32];
  world w;
  int i;
  memset(&w, 0, sizeof(w));
  read_chain(c, at);
  for (i = 0; i < c->count; i++) {
    replace_all(c->text[i], "randomblob", "zeroblob  ");
    replace_all(c->text[i], "random()", "(12345) ");
    replace_all(c->text[i], "'now'", "'000'");
    replace_all(c->text[i], "UNIXEPOCH()", "( 1234567 )");
    replace_all(c->text[i], "unixepoch()", "( 1234567 )");
  }
  w.revisions = c->revision;
  w.nrevision = c->count;
  name = sqlite3_mprintf("%s-base", chain_name);
  start = begin_world(name);
  make_world(&w, name, "base:head");
  sqlite3_free(start);
  sqlite3_free(name);
  name = sqlite3_mprintf("%s-half", chain_name);
  start = begin_world(name);
  snprintf(half, sizeof(half), "s%d", (c->count + 1) / 2);
  snprintf(w.online, sizeof(w.online), "%s", start);
  if (world_online(&w, "upgrade", half) == 0) {
    fill(start);
    strcat(half, ":head");
    make_world(&w, name, half);
  } else {
    printf("# %s: %.200s\n", name, w.error);
  }
  sqlite3_free(start);
  sqlite3_free(name);
  sqlite3_free(at);
  free_chain(c);
}

/* The tables of the ordinary job: everything that a rebuild can lose. */
static const char ordinary_start[] =
    "PRAGMA foreign_keys = ON;"
    "CREATE TABLE t (\n"
    "  id    INTEGER PRIMARY KEY AUTOINCREMENT, -- the key\n"
    "  name  TEXT NOT NULL UNIQUE COLLATE NOCASE,\n"
    "  price TEXT, /* cents */\n"
    "  twice INTEGER AS (price * 2),\n"
    "  boss  INTEGER REFERENCES t(id) ON DELETE CASCADE,\n"
    "  CONSTRAINT t_name CHECK (length(name) > 0)\n"
    ") STRICT;"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, t REFERENCES t(id) ON DELETE CASCADE, note);"
    "CREATE TABLE lone(t INT REFERENCES t ON DELETE SET NULL ON UPDATE CASCADE, u UNIQUE);"
    "CREATE TABLE strict_child(a TEXT REFERENCES t(name) ON DELETE RESTRICT, b, "
    "  PRIMARY KEY (a, b)) WITHOUT ROWID;"
    "CREATE TABLE grandchild(c REFERENCES child ON DELETE CASCADE, x TEXT DEFAULT 'x');"
    "CREATE TABLE by_index(code TEXT, CHECK (by_index.code <> ''));"
    "CREATE UNIQUE INDEX by_index_code ON by_index(code);"
    "CREATE TABLE of_index(code REFERENCES by_index(code) ON DELETE CASCADE);"
    "CREATE TABLE egg(id INTEGER PRIMARY KEY, hen REFERENCES hen(id) ON DELETE CASCADE);"
    "CREATE TABLE hen(id INTEGER PRIMARY KEY, egg REFERENCES egg(id) ON DELETE CASCADE, w TEXT);"
    "CREATE TABLE log(what);"
    "CREATE INDEX t_price ON t(price DESC) WHERE price IS NOT NULL;"
    "CREATE UNIQUE INDEX t_both ON t(lower(name), id);"
    "CREATE INDEX child_t ON child(t);"
    "CREATE VIEW dear AS SELECT name, price FROM t WHERE price > 100;"
    "CREATE TRIGGER t_log AFTER UPDATE OF price ON t BEGIN INSERT INTO log VALUES(old.price); END;"
    "CREATE TRIGGER child_gone AFTER DELETE ON child BEGIN INSERT INTO log VALUES('gone'); END;"
    "CREATE TRIGGER egg_gone BEFORE DELETE ON egg BEGIN INSERT INTO log VALUES('egg'); END;"
    "INSERT INTO t(id, name, price, boss) VALUES (3, 'apple', '120', NULL), (5, 'pear', NULL, 3),"
    "  (7, 'plum', '7', 7), (9, 'fig', '80', 3);"
    "DELETE FROM t WHERE id = 9;"
    "INSERT INTO child(t, note) VALUES (3, 'a'), (3, 'b'), (5, 'c'), (NULL, 'd');"
    "INSERT INTO lone(rowid, t, u) VALUES (70, 3, 1), (80, 7, 2), (90, NULL, 3);"
    "INSERT INTO strict_child VALUES ('apple', 1), ('PLUM', 2);"
    "INSERT INTO grandchild(rowid, c) VALUES (11, 1), (12, 3);"
    "INSERT INTO by_index VALUES ('a'), ('b'); INSERT INTO of_index VALUES ('b'), ('a'), ('b');"
    "INSERT INTO hen VALUES (1, NULL, '1'), (2, NULL, '2');"
    "INSERT INTO egg VALUES (1, 1), (2, 2); UPDATE hen SET egg = 3 - id;"
    "DELETE FROM log;";

/* Revisions over them: changes in the ALTER language, and by hand, the twelve steps. */
static const char *const ordinary_steps[] = {
    "ALTER TABLE t ALTER COLUMN price TYPE INTEGER USING coalesce(CAST(price AS INTEGER), 0),"
    "  ALTER COLUMN price SET DEFAULT 0, ALTER COLUMN price SET NOT NULL,"
    "  ADD COLUMN size TEXT NOT NULL DEFAULT 'm' AFTER name,"
    "  ADD CONSTRAINT t_cheap CHECK (price < 1000)",
    "ALTER TABLE by_index ADD COLUMN n INTEGER FIRST, ALTER COLUMN code SET NOT NULL",
    "ALTER TABLE hen ALTER COLUMN w TYPE INTEGER; ALTER TABLE egg ADD COLUMN c TEXT AFTER id",
    "ALTER TABLE t RENAME COLUMN price TO cents; ALTER TABLE child DROP COLUMN note",
    "CREATE TABLE child_new(id INTEGER PRIMARY KEY, t REFERENCES t(id) ON DELETE CASCADE, k TEXT);"
    "INSERT INTO child_new SELECT id, t, 'k' || id FROM child;"
    "DROP TABLE child; ALTER TABLE child_new RENAME TO child; CREATE INDEX child_t ON child(t)",
    "CREATE TABLE child_two(id INTEGER PRIMARY KEY, t REFERENCES t(id) ON DELETE CASCADE, k TEXT);"
    "INSERT INTO child_two SELECT * FROM child;"
    "DROP TABLE child; ALTER TABLE child_two RENAME TO child; CREATE INDEX child_t ON child(t);"
    "CREATE TABLE new_t AS SELECT 1 AS x; DROP TABLE new_t;"
    "CREATE TABLE grand_new(c REFERENCES child ON DELETE CASCADE, x TEXT DEFAULT 'x');"
    "INSERT INTO grand_new(rowid, c, x) SELECT rowid, c, x FROM grandchild;"
    "DROP TABLE grandchild; ALTER TABLE grand_new RENAME TO grandchild",
    "CREATE TABLE great(g INTEGER PRIMARY KEY, h REFERENCES strict_child(b) ON DELETE CASCADE);"
    "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b(id) ON DELETE CASCADE);"
    "CREATE TABLE b(id INTEGER PRIMARY KEY, x);"
    "CREATE TABLE of_a(id INTEGER PRIMARY KEY, a REFERENCES a(id) ON DELETE CASCADE);"
    "INSERT INTO b VALUES (1, 'b'); INSERT INTO a VALUES (1, 1); INSERT INTO of_a VALUES (1, 1);"
    "DROP TABLE great",
    "CREATE TABLE new_a(id INTEGER PRIMARY KEY, b REFERENCES b(id) ON DELETE CASCADE, y);"
    "INSERT INTO new_a SELECT id, b, 'y' FROM a; DROP TABLE a; ALTER TABLE new_a RENAME TO a;"
    "CREATE TABLE new_b(id INTEGER PRIMARY KEY, x TEXT);"
    "INSERT INTO new_b SELECT id, x FROM b; DROP TABLE b; ALTER TABLE new_b RENAME TO b",
    "ALTER TABLE t RENAME TO things; ALTER TABLE things DROP CONSTRAINT t_cheap,"
    "  ALTER COLUMN size SET DEFAULT 'l'",
    "ALTER TABLE child ADD CONSTRAINT child_k UNIQUE (k), RENAME COLUMN k TO kk",
    "DROP TABLE hen; DROP TABLE egg",
    "INSERT INTO things(name) VALUES ('next'); UPDATE things SET cents = 5 WHERE name = 'plum'",
};
#define STEPS ((int)(sizeof(ordinary_steps) / sizeof(ordinary_steps[0])))

static void make_ordinary(void) {
  static char ids[STEPS][8];
  migrate_revision r[STEPS];
  char *start = begin_world("ordinary");
  sqlite3 *db = world_database(start);
  world w;
  int i;
  memset(&w, 0, sizeof(w));
  memset(r, 0, sizeof(r));
  for (i = 0; i < STEPS; i++) {
    snprintf(ids[i], sizeof(ids[i]), "o%d", i);
    r[i].id = ids[i];
    r[i].down_revision = i ? ids[i - 1] : 0;
    r[i].upgrade = ordinary_steps[i];
  }
  exec(db, ordinary_start);
  sqlite3_close(db);
  w.revisions = r;
  w.nrevision = STEPS;
  make_world(&w, "ordinary", "head");
  sqlite3_free(start);
}

/* The ordinary job, and the chains of those names; "all" is all. */
static void make(char **only, int n) {
  char **names;
  int i, all = n == 1 && strcmp(only[0], "all") == 0;
  make_ordinary();
  for (i = 0; !all && i < n; i++) make_chain(only[i]);
  if (!all || (n = shared_list("corpus/chains", "", &names)) <= 0) return;
  for (i = 0; i < n; i++) make_chain(names[i]);
  shared_free(names, n);
}

/* ---- model ----------------------------------------------------------------------------------- */

/* What D1 answers to, by its name in lower case. */
static int is_pragma_of_d1(const char *name) {
  static const char *const names[] = {"table_xinfo", "table_info", "foreign_key_check",
                                      "defer_foreign_keys", "legacy_alter_table", "foreign_keys",
                                      "ignore_check_constraints", "data_version", 0};
  int i;
  for (i = 0; names[i]; i++) {
    if (sqlite3_stricmp(names[i], name) == 0) return 1;
  }
  return 0;
}

static int rules_of_d1(void *arg, int action, const char *one, const char *two, const char *schema,
                       const char *trigger) {
  (void)arg;
  (void)two;
  (void)trigger;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_INDEX:
      return SQLITE_DENY;
    case SQLITE_PRAGMA:
      return is_pragma_of_d1(one) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return strcmp(two, "sqlite_version") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
      return schema && strcmp(schema, "temp") == 0 && one && !strstr(one, "sqlite_")
                 ? SQLITE_DENY
                 : SQLITE_OK;
  }
}

/* One transaction with foreign keys on: all of it, or nothing. */
static void model(const char *name) {
  char *start = in_world(name, "start.db"), *end = in_world(name, "model.db");
  char *path = in_world(name, "script"), *script, *at;
  struct stat size;
  sqlite3 *db;
  int rc = SQLITE_OK;
  copy_database(start, end);
  script = world_read(path);
  stat(path, &size);
  db = world_database(end);
  exec(db, "PRAGMA foreign_keys = ON; BEGIN");
  sqlite3_set_authorizer(db, rules_of_d1, 0);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  for (at = script; rc == SQLITE_OK && at < script + size.st_size; at += strlen(at) + 1) {
    rc = sqlite3_exec(db, at, 0, 0, 0);
    if (rc != SQLITE_OK) printf("# %.300s\n# %s\n", at, sqlite3_errmsg(db));
  }
  sqlite3_set_authorizer(db, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, "COMMIT", 0, 0, 0);
  if (rc != SQLITE_OK) say_not(name, sqlite3_errmsg(db));
  else printf("%s\n", name);
  sqlite3_close(db);
  free(script);
  sqlite3_free(start);
  sqlite3_free(end);
  sqlite3_free(path);
}

/* ---- same ------------------------------------------------------------------------------------ */

static char *look(const char *path) {
  sqlite3 *db = world_database(path);
  sqlite3_str *out = sqlite3_str_new(0);
  sqlite3_stmt *s = 0;
  dump_query(out, db,
             "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE '~_cf~_%' ESCAPE "
             "'~' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY 1, 2, 3");
  dump_query(out, db,
             "SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden FROM "
             "sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' AND "
             "m.name NOT LIKE '~_cf~_%' ESCAPE '~' ORDER BY m.name, c.cid");
  dump_query(out, db,
             "SELECT m.name, c.\"table\", c.\"from\", c.\"to\", c.on_update, c.on_delete FROM "
             "sqlite_master AS m, pragma_foreign_key_list(m.name) AS c WHERE m.type = 'table' "
             "ORDER BY 1, c.id, c.seq");
  sqlite3_prepare_v2(db,
                     "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND "
                     "name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~' "
                     "AND name <> 'migrate_journal' ORDER BY name",
                     -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    dump_table(out, db, "main", (const char *)sqlite3_column_text(s, 0));
  }
  sqlite3_finalize(s);
  dump_query(out, db, "SELECT 'sequence', * FROM sqlite_sequence WHERE name NOT LIKE '~_cf~_%' "
                      "ESCAPE '~' ORDER BY 2, 3");
  dump_query(out, db,
             "SELECT 'journal', id, revision, direction, state, checksum, message, down_revision "
             "FROM migrate_journal ORDER BY id");
  dump_query(out, db, "PRAGMA integrity_check");
  dump_query(out, db, "SELECT * FROM pragma_foreign_key_check ORDER BY 1, 2, 3, 4");
  world_stop_clock(db, sqlite3_str_value(out));
  sqlite3_close(db);
  return sqlite3_str_finish(out);
}

static int same(const char *a, const char *b) {
  char line[600], *x = look(a), *y = look(b);
  int differs = dump_differs(x, y, line, sizeof(line));
  if (differs) printf("%s\n", line);
  sqlite3_free(x);
  sqlite3_free(y);
  return differs != 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "same") == 0) return same(argv[2], argv[3]);
  if (argc < 3) return 2;
  folder = argv[2];
  if (strcmp(argv[1], "make") == 0) make(argv + 3, argc - 3);
  else if (argc == 4) model(argv[3]);
  else return 2;
  return 0;
}
