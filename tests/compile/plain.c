/* A program without the ALTER language: revisions of SQLite's own SQL go up and down, and what
** SQLite does not know is refused. Compiled with MIGRATE_NO_ALTER. */
#include <stdio.h>
#include <string.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

static const migrate_revision revisions[] = {
    {"1", 0, 0, 0, "shops", 0, "CREATE TABLE shop(id INTEGER PRIMARY KEY, name TEXT);",
     "DROP TABLE shop;", 0, 0, 0},
    {"2", "1", 0, 0, "towns", 0,
     "ALTER TABLE shop ADD COLUMN town TEXT NOT NULL DEFAULT 'Ulm';\n"
     "CREATE TRIGGER named BEFORE INSERT ON shop BEGIN SELECT 1; SELECT 2; END;\n"
     "ALTER TABLE shop RENAME COLUMN name TO title;",
     "DROP TRIGGER named; ALTER TABLE shop RENAME COLUMN title TO name;\n"
     "DELETE FROM shop WHERE town = 'Ulm'; UPDATE shop SET town = 'kept';",
     0, 0, 0},
    {"3", "2", 0, 0, "outside", 0, "-- migrate:up transaction:false\nVACUUM;", "", 0, 0, 0},
};

/* Each is refused, and the shop is as it was. */
static const struct {
  const char *sql, *words;
} refused[] = {
    {"CREATE TABLE x(a); ALTER TABLE shop ADD COLUMN a, ADD COLUMN b",
     "near \",\": syntax error (the ALTER language was left out of this program)"},
    {"ALTER TABLE shop ALTER COLUMN title TYPE INTEGER", "syntax error (the ALTER"},
    {"CREATE OR REPLACE VIEW v AS SELECT 1", "near \"OR\": syntax error (the ALTER"},
    {"ALTER TABLE shop RENAME none TO x", "no such column: \"none\""},
    {"SELECT from_nowhere(", "unfinished statement"},
    {"COMMIT", "COMMIT is not for a script"},
};

static int failures;

static void expect(int ok, const char *what, const char *got) {
  if (ok) return;
  printf("%s: %s\n", what, got);
  failures++;
}

static void expect_schema(sqlite3 *db, const char *expected) {
  sqlite3_stmt *s = 0;
  const char *z = "nothing";
  sqlite3_prepare_v2(db,
                     "SELECT coalesce(max(sql), 'none'), (SELECT count(*) FROM sqlite_master WHERE "
                     "type IN ('view', 'trigger')) FROM sqlite_master WHERE name IN ('shop', 'x')",
                     -1, &s, 0);
  if (sqlite3_step(s) == SQLITE_ROW) z = (const char *)sqlite3_column_text(s, 0);
  expect(strcmp(z, expected) == 0, expected, z);
  sqlite3_finalize(s);
}

static int note(void *arg, const migrate_history_row *row) {
  strcpy((char *)arg, row->revision);
  return 0;
}

static void run(sqlite3 *db) {
  migrate *m;
  char current[8] = "";
  migrate_open(db, 0, &m);
  migrate_add(m, revisions, 3);
  migrate_upgrade(m, "head");
  migrate_current(m, note, current);
  expect(strcmp(current, "3") == 0, "at the head", migrate_errmsg(m));
  expect_schema(db, "CREATE TABLE shop(id INTEGER PRIMARY KEY, title TEXT, town TEXT NOT NULL "
                    "DEFAULT 'Ulm')");
  migrate_downgrade(m, "1");
  expect_schema(db, "CREATE TABLE shop(id INTEGER PRIMARY KEY, name TEXT, town TEXT NOT NULL "
                    "DEFAULT 'Ulm')");
  migrate_downgrade(m, "base");
  expect_schema(db, "none");
  migrate_prepare(m, "1");
  migrate_run(m);
  migrate_exec(m, "ALTER TABLE shop RENAME name TO title");
  expect_schema(db, "CREATE TABLE shop(id INTEGER PRIMARY KEY, title TEXT)");
  expect(migrate_close(m) == 0, "the whole", "failed");
}

static void refuse(sqlite3 *db, const char *sql, const char *words) {
  char why[200] = "";
  migrate_options options;
  migrate *m;
  memset(&options, 0, sizeof options);
  options.errbuf = why;
  options.nerrbuf = (int)sizeof why;
  migrate_open(db, &options, &m);
  migrate_exec(m, sql);
  expect(migrate_close(m) != 0 && strstr(why, words) != 0, sql, why);
  expect_schema(db, "CREATE TABLE shop(id INTEGER PRIMARY KEY, title TEXT)");
}

int main(void) {
  sqlite3 *db = 0;
  size_t i;
  sqlite3_open(":memory:", &db);
  run(db);
  for (i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    refuse(db, refused[i].sql, refused[i].words);
  }
  expect(sqlite3_get_autocommit(db), "no transaction is left", "open");
  sqlite3_close(db);
  return failures != 0;
}
