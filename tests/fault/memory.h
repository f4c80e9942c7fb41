/* SQLite's allocator, of which the Nth allocation fails, once or with all after it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <sqlite3.h>

static sqlite3_mem_methods memory_real;

static struct {
  int armed;
  int left; /* allocations until the fault; below 0: none */
  int lasting;
  int seen;
} memory_fault;

static int memory_fails(void) {
  if (!memory_fault.armed) return 0;
  memory_fault.seen++;
  if (memory_fault.left < 0) return 0;
  if (memory_fault.left > 0) {
    memory_fault.left--;
    return 0;
  }
  if (!memory_fault.lasting) memory_fault.left = -1;
  return 1;
}

static void *memory_malloc(int n) { return memory_fails() ? 0 : memory_real.xMalloc(n); }
static void *memory_realloc(void *p, int n) {
  return memory_fails() ? 0 : memory_real.xRealloc(p, n);
}

/* Comes before any other use of SQLite. */
static void memory_install(void) {
  sqlite3_mem_methods mine;
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_real);
  mine = memory_real;
  mine.xMalloc = memory_malloc;
  mine.xRealloc = memory_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
  sqlite3_initialize();
}

#endif
