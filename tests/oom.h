/* Memory that runs out: SQLite's allocator, made to fail at the Nth allocation, and from then on
** unless oom_once is set. oom_install() must come before anything else uses SQLite. */
#ifndef OOM_H
#define OOM_H

#include <sqlite3.h>

static sqlite3_mem_methods oom_real;
static int oom_left = -1; /* allocations until the first failure; below 0: none fails */
static int oom_once;      /* those behind it have memory again */
static int oom_seen;      /* allocations so far; the user's to set back */
static void (*oom_note)(void); /* called at each, unless 0 */

static int oom_fails(void) {
  if (oom_note) oom_note();
  oom_seen++;
  if (oom_left < 0) return 0;
  if (oom_left > 0) {
    oom_left--;
    return 0;
  }
  if (oom_once) oom_left = -1;
  return 1;
}

static void *oom_malloc(int n) { return oom_fails() ? 0 : oom_real.xMalloc(n); }
static void *oom_realloc(void *p, int n) { return oom_fails() ? 0 : oom_real.xRealloc(p, n); }

static void oom_install(void) {
  sqlite3_mem_methods failing;
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &oom_real);
  failing = oom_real;
  failing.xMalloc = oom_malloc;
  failing.xRealloc = oom_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
  sqlite3_initialize();
}

#endif
