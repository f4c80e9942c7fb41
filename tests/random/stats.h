/* What ANALYZE has counted, told by what an index is and not by what it is called: SQLite numbers
** the automatic ones, and their numbers may change. */
#ifndef RANDOM_STATS_H
#define RANDOM_STATS_H

#include "world.h"

#define MAX_STATS 400

typedef struct statistic {
  char index[120]; /* its name; of an automatic one its columns */
  char *numbers;
  int twins; /* how many indexes are described so: of several none is told from the others */
} statistic;

typedef struct statistics {
  statistic v[MAX_STATS];
  int n;
} statistics;

static int id_of(const table *t, const char *name) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (same_name(t->columns[i].name, name)) return t->columns[i].id;
  }
  return -1;
}

/* "auto: 3 5-": the columns of an automatic index, in their order. */
static void describe_index(world *w, const table *t, const char *name, char *to, size_t size) {
  sqlite3_stmt *s = 0;
  char *sql = sqlite3_mprintf("SELECT name, \"desc\" FROM pragma_index_xinfo(%Q, %Q) WHERE key",
                              name, schema_of(w));
  set_text(to, size, name);
  if (strncmp(name, "sqlite_autoindex_", 17) == 0) {
    set_text(to, size, "auto:");
    sqlite3_prepare_v2(w->db, sql, -1, &s, 0);
    while (sqlite3_step(s) == SQLITE_ROW) {
      size_t n = strlen(to);
      const char *column = (const char *)sqlite3_column_text(s, 0);
      sqlite3_snprintf((int)(size - n), to + n, " %d%s", column ? id_of(t, column) : -1,
                       sqlite3_column_int(s, 1) ? "-" : "");
    }
    sqlite3_finalize(s);
  }
  sqlite3_free(sql);
}

/* How many indexes of the table are described so? */
static int count_indexes(world *w, const table *t, const char *described) {
  sqlite3_stmt *s = 0;
  char *sql = sqlite3_mprintf("SELECT name FROM pragma_index_list(%Q, %Q)", t->name, schema_of(w));
  int n = 0;
  sqlite3_prepare_v2(w->db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW) {
    char one[120];
    describe_index(w, t, (const char *)sqlite3_column_text(s, 0), one, sizeof(one));
    n += strcmp(one, described) == 0;
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return n;
}

/* The statistics of the table, of one of the two tables that hold them. */
static void read_statistics(world *w, const table *t, const char *from, statistics *out) {
  sqlite3_stmt *s = 0;
  char *sql = sqlite3_mprintf("SELECT coalesce(idx, ''), quote(%s) FROM \"%w\".%s WHERE tbl = %Q",
                              strcmp(from, "sqlite_stat4") == 0 ? "neq || nlt || ndlt || sample"
                                                                : "stat",
                              schema_of(w), from, t->name);
  out->n = 0;
  sqlite3_prepare_v2(w->db, sql, -1, &s, 0);
  while (sqlite3_step(s) == SQLITE_ROW && out->n < MAX_STATS) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    statistic *x = &out->v[out->n++];
    if (same_name(name, t->name)) name = "the table";
    describe_index(w, t, name, x->index, sizeof(x->index));
    x->numbers = sqlite3_mprintf("%s", sqlite3_column_text(s, 1));
    x->twins = count_indexes(w, t, x->index);
  }
  sqlite3_finalize(s);
  sqlite3_free(sql);
}

static void forget_statistics(statistics *x) {
  while (x->n > 0) sqlite3_free(x->v[--x->n].numbers);
}

static int has_statistic(const statistics *all, const statistic *x) {
  int i;
  if (x->twins > 1) return 1;
  for (i = 0; i < all->n; i++) {
    if (strcmp(all->v[i].index, x->index) != 0) continue;
    if (all->v[i].twins > 1 || strcmp(all->v[i].numbers, x->numbers) == 0) return 1;
  }
  return 0;
}

/* The first index whose statistics are lost or made up; NULL when there is none. */
static const char *wrong_statistic(world *w, const table *now, const statistics *before,
                                   const statistics *after) {
  int i;
  for (i = 0; i < after->n; i++) {
    if (!has_statistic(before, &after->v[i])) return after->v[i].index;
  }
  for (i = 0; i < before->n; i++) {
    const char *index = before->v[i].index;
    int still = !index[0] || (strcmp(index, "the table") == 0 && now->without_rowid) ||
                count_indexes(w, now, index) == 1;
    if (still && !has_statistic(after, &before->v[i])) return index;
  }
  return 0;
}

#endif
