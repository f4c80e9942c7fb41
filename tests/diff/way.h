/* The way from a database to a target. */
#ifndef WAY_H
#define WAY_H

typedef struct way_list {
  sqlite3_str *sql;
  int n;
} way_list;

static int way_take(void *arg, const migrate_difference *d) {
  way_list *l = (way_list *)arg;
  l->n++;
  sqlite3_str_appendf(l->sql, "%s\n;\n", d->sql);
  return 0;
}

/* The statements that lead to the target, for sqlite3_free(); *n their number, -1 for an error. */
static char *way(sqlite3 *db, const char *target, int *n) {
  migrate *m = 0;
  way_list l;
  l.n = 0;
  l.sql = sqlite3_str_new(0);
  migrate_open(db, 0, &m);
  if (migrate_diff(m, target, way_take, &l)) {
    print_error("%s\n%s\n", migrate_errmsg(m), target);
    l.n = -1;
  }
  migrate_close(m);
  *n = l.n;
  sqlite3_str_appendall(l.sql, " ");
  return sqlite3_str_finish(l.sql);
}

#endif
