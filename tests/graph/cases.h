/* The cases of our own graphs and of the shared ones. What includes it has a function that tries
** one case, given as JSON beside its graph; `facts` is where JSON is read. */
#ifndef CASES_H
#define CASES_H

#include "../shared.h"

static void try_case(sqlite3 *facts, const char *graph, const char *json);

/* Tries every case of a file that `condition` (of the case c.value) holds for; their number. */
static int try_file(char *text, const char *condition) {
  sqlite3 *db = 0;
  sqlite3_stmt *s = 0;
  int count = 0;
  char *sql = sqlite3_mprintf(
      "SELECT json_remove(g.value, '$.cases'), c.value "
      "FROM json_each(?1, '$.graphs') g, json_each(g.value, '$.cases') c WHERE %s",
      condition);
  assert_non_null(text);
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, 0), SQLITE_OK);
  sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
  for (; sqlite3_step(s) == SQLITE_ROW; count++) {
    try_case(db, (const char *)sqlite3_column_text(s, 0), (const char *)sqlite3_column_text(s, 1));
  }
  sqlite3_finalize(s);
  sqlite3_close(db);
  sqlite3_free(sql);
  free(text);
  return count;
}

static int try_own(const char *condition) {
  return try_file(file_read("tests/graph/facts.json"), condition);
}

/* Skips where there are no shared cases. */
static int try_shared(const char *condition) {
  char *text = shared_read("cases/graph.json");
  if (!text) {
    print_message("skipped: there is no %s/cases/graph.json\n", shared_folder());
    skip();
  }
  return try_file(text, condition);
}

#endif
