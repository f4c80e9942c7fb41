/* Chains of real migrations, online and offline: from nothing to the end, and the second half on a
** copy of a database with rows. */
#define _XOPEN_SOURCE 700 /* popen(), mkdtemp() */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "chain.h"
#include "each_chain.h"
#include "rows.h"
#include "world.h"

#define ROWS 30

static void fill(const char *path) {
  sqlite3 *db = world_database(path);
  char *names[300];
  int i, n = rows_table_names(db, names, 300), kept = 0;
  for (i = 0; i < n; i++) {
    if (strcmp(names[i], "alembic_version") != 0 && strcmp(names[i], "migrate_journal") != 0) {
      names[kept++] = names[i];
    } else {
      sqlite3_free(names[i]);
    }
  }
  rows_fill(db, names, kept, ROWS);
  for (i = 0; i < kept; i++) sqlite3_free(names[i]);
  sqlite3_close(db);
}

/* What chance and the clock decide differs from run to run: other expressions of the same length
** take their place. */
static void replace_all(char *z, const char *from, const char *to) {
  while ((z = strstr(z, from)) != 0) memcpy(z, to, strlen(to));
}

static void take_out_chance(chain *c) {
  int i;
  for (i = 0; i < c->count; i++) {
    replace_all(c->text[i], "randomblob", "zeroblob  ");
    replace_all(c->text[i], "random()", "(12345) ");
    replace_all(c->text[i], "'now'", "'000'");
  }
}

static void run_chain(void **state) {
  const char *name = (const char *)*state;
  chain *c = (chain *)calloc(1, sizeof(chain));
  char folder[200], half[32];
  world w;
  int same;
  if (!world_has_shell()) {
    print_message("skipped: there is no sqlite3 shell\n");
    free(c);
    skip();
  }
  if (shared_lacks(name)) {
    print_message("skipped: SQLite %s has no %s\n", sqlite3_libversion(), shared_lacks(name));
    free(c);
    skip();
  }
  snprintf(folder, sizeof(folder), "corpus/chains/%s", name);
  read_chain(c, folder);
  take_out_chance(c);
  world_open(&w);
  w.revisions = c->revision;
  w.nrevision = c->count;
  same = world_both(&w, "base:head", "upgrade", "head");
  world_reset(&w);
  snprintf(half, sizeof(half), "s%d", (c->count + 1) / 2);
  assert_int_equal(world_online(&w, "upgrade", half), 0);
  fill(w.online);
  world_copy(&w);
  same &= world_both(&w, "half:head", "upgrade", "head");
  world_close(&w);
  free_chain(c);
  assert_true(same);
}

int main(void) { return run_chains("chains"); }
