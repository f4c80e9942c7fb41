/* A disk in memory that fails on demand: a VFS whose files are arrays, each with what has been
** written and what has been synced. The Nth operation of a kind fails, once or from then on, or the
** power goes: then every operation fails, and what was not synced is lost, whole or in part. */
#ifndef DISK_H
#define DISK_H

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
  DISK_READ = 1,
  DISK_WRITE = 2,
  DISK_SYNC = 4,
  DISK_TRUNCATE = 8,
  DISK_LOCK = 16,
  DISK_DELETE = 32,
  DISK_OPEN = 64
};
#define DISK_CHANGES (DISK_WRITE | DISK_SYNC | DISK_TRUNCATE | DISK_DELETE)
#define DISK_FILES 16
#define DISK_SECTOR 512

typedef struct disk_bytes {
  unsigned char *z;
  sqlite3_int64 n;
} disk_bytes;

typedef struct disk_entry {
  char name[40]; /* "" is free */
  disk_bytes now, synced;
  int lasts; /* its name was synced: files that were made and not synced are lost */
  int gone;  /* it was deleted, but that was not synced: it may be there again */
} disk_entry;

/* What a power cut leaves of that which was written and not synced. */
enum { KEEP_NOTHING, KEEP_ALL, KEEP_JOURNAL, KEEP_DATABASE, KEEP_SOME };

typedef struct disk_file {
  sqlite3_file base;
  disk_entry *entry;
  int temporary;
} disk_file;

static disk_entry disk_entries[DISK_FILES];

static struct {
  int kinds;   /* which operations count */
  int left;    /* of them until the fault; below 0: none */
  int code;    /* what the failing one answers */
  int lasting; /* so do all after it */
  int half;    /* a failing write writes half */
  int power;   /* it is the power that fails */
  int off;     /* .. and has failed */
  int seen;    /* operations that counted */
} disk_fault;

static void disk_set(disk_bytes *to, const unsigned char *z, sqlite3_int64 n) {
  unsigned char *copy = (unsigned char *)malloc((size_t)n + 1);
  if (n) memcpy(copy, z, (size_t)n);
  free(to->z);
  to->z = copy;
  to->n = n;
}

static void disk_forget(disk_entry *e) {
  free(e->now.z);
  free(e->synced.z);
  memset(e, 0, sizeof *e);
}

static disk_entry *disk_find(const char *name) {
  int i;
  for (i = 0; i < DISK_FILES; i++) {
    disk_entry *e = &disk_entries[i];
    if (e->name[0] && !e->gone && strcmp(e->name, name) == 0) return e;
  }
  return 0;
}

static disk_entry *disk_make(const char *name) {
  int i;
  for (i = 0; i < DISK_FILES; i++) { /* what had the name before does not come back */
    if (strcmp(disk_entries[i].name, name) == 0) disk_forget(&disk_entries[i]);
  }
  for (i = 0; i < DISK_FILES - 1 && disk_entries[i].name[0]; i++) {
  }
  disk_forget(&disk_entries[i]);
  sqlite3_snprintf(sizeof disk_entries[i].name, disk_entries[i].name, "%s", name);
  return &disk_entries[i];
}

/* A file that is safely on the disk. */
static void disk_add(const char *name, const disk_bytes *image) {
  disk_entry *e = disk_make(name);
  disk_set(&e->now, image->z, image->n);
  disk_set(&e->synced, image->z, image->n);
  e->lasts = 1;
}

/* The whole disk becomes that file. */
static void disk_load(const char *name, const disk_bytes *image) {
  int i;
  for (i = 0; i < DISK_FILES; i++) disk_forget(&disk_entries[i]);
  disk_add(name, image);
}

/* The operation's code: 0, or that of the fault. */
static int disk_operation(int kind) {
  if (disk_fault.off) return SQLITE_IOERR;
  if (!(disk_fault.kinds & kind)) return 0;
  disk_fault.seen++;
  if (disk_fault.left < 0) return 0;
  if (disk_fault.left > 0) {
    disk_fault.left--;
    return 0;
  }
  if (!disk_fault.lasting) disk_fault.left = -1;
  if (disk_fault.power) disk_fault.off = 1;
  return disk_fault.code;
}

static unsigned disk_chance(unsigned *seed) {
  *seed = *seed * 1103515245u + 12345u;
  return *seed & 0x10000;
}

/* Of a file some sectors made it to the disk, in no order, and its length or not. */
static void disk_keep_some(disk_entry *e, unsigned *seed) {
  sqlite3_int64 at;
  if (disk_chance(seed)) {
    disk_bytes longer = {0, 0};
    disk_set(&longer, (const unsigned char *)"", 0);
    longer.z = (unsigned char *)realloc(longer.z, (size_t)e->now.n + 1);
    memset(longer.z, 0, (size_t)e->now.n + 1);
    longer.n = e->now.n;
    memcpy(longer.z, e->synced.z, (size_t)(e->synced.n < e->now.n ? e->synced.n : e->now.n));
    free(e->synced.z);
    e->synced = longer;
  }
  for (at = 0; at < e->now.n; at += DISK_SECTOR) {
    sqlite3_int64 n = e->now.n - at < DISK_SECTOR ? e->now.n - at : DISK_SECTOR;
    if (disk_chance(seed) && at + n <= e->synced.n) {
      memcpy(e->synced.z + at, e->now.z + at, (size_t)n);
    }
  }
}

/* After the power cut: what is found on the disk. KEEP_ALL: the process alone died. */
static void disk_restart(unsigned keep, unsigned seed) {
  int i;
  for (i = 0; i < DISK_FILES; i++) {
    disk_entry *e = &disk_entries[i];
    int journal = strstr(e->name, "-journal") || strstr(e->name, "-wal"), whole = keep == KEEP_ALL;
    if (!e->name[0]) continue;
    if (keep == KEEP_JOURNAL || keep == KEEP_DATABASE) whole = journal == (keep == KEEP_JOURNAL);
    if (e->gone && (keep == KEEP_ALL || (keep == KEEP_SOME && disk_chance(&seed))))
      e->lasts = 0;
    else if (keep == KEEP_SOME && disk_chance(&seed))
      e->lasts = 1;
    if (!e->lasts && (e->gone || !whole)) {
      disk_forget(e);
      continue;
    }
    e->gone = 0;
    if (whole) continue;
    if (keep == KEEP_SOME) disk_keep_some(e, &seed);
    disk_set(&e->now, e->synced.z, e->synced.n);
  }
  memset(&disk_fault, 0, sizeof disk_fault);
  disk_fault.left = -1;
}

/* ---- files ---- */

static int disk_close(sqlite3_file *f) {
  disk_file *d = (disk_file *)f;
  if (d->temporary) {
    disk_forget(d->entry);
    free(d->entry);
  }
  return SQLITE_OK;
}

static int disk_read(sqlite3_file *f, void *z, int n, sqlite3_int64 at) {
  disk_bytes *b = &((disk_file *)f)->entry->now;
  sqlite3_int64 have = b->n > at ? b->n - at : 0;
  if (disk_operation(DISK_READ)) return SQLITE_IOERR_READ;
  if (have > n) have = n;
  if (have) memcpy(z, b->z + at, (size_t)have);
  memset((char *)z + have, 0, (size_t)(n - have));
  return have < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static void disk_grow(disk_bytes *b, sqlite3_int64 n) {
  if (n <= b->n) return;
  b->z = (unsigned char *)realloc(b->z, (size_t)n + 1);
  memset(b->z + b->n, 0, (size_t)(n - b->n));
  b->n = n;
}

static int disk_write(sqlite3_file *f, const void *z, int n, sqlite3_int64 at) {
  disk_bytes *b = &((disk_file *)f)->entry->now;
  int rc = disk_operation(DISK_WRITE);
  if (rc && !(disk_fault.half && !disk_fault.off)) return rc;
  if (rc) n /= 2;
  disk_grow(b, at + n);
  memcpy(b->z + at, z, (size_t)n);
  return rc;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 n) {
  disk_bytes *b = &((disk_file *)f)->entry->now;
  if (disk_operation(DISK_TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
  if (n < b->n) b->n = n;
  return SQLITE_OK;
}

static int disk_sync(sqlite3_file *f, int flags) {
  disk_entry *e = ((disk_file *)f)->entry;
  (void)flags;
  if (disk_operation(DISK_SYNC)) return SQLITE_IOERR_FSYNC;
  disk_set(&e->synced, e->now.z, e->now.n);
  e->lasts = 1;
  return SQLITE_OK;
}

static int disk_size(sqlite3_file *f, sqlite3_int64 *n) {
  *n = ((disk_file *)f)->entry->now.n;
  return SQLITE_OK;
}

static int disk_lock(sqlite3_file *f, int level) {
  (void)f;
  (void)level;
  return disk_operation(DISK_LOCK) ? disk_fault.code : SQLITE_OK;
}

static int disk_unlock(sqlite3_file *f, int level) {
  (void)f;
  (void)level;
  return SQLITE_OK;
}

static int disk_reserved(sqlite3_file *f, int *held) {
  (void)f;
  *held = 0;
  return SQLITE_OK;
}

static int disk_control(sqlite3_file *f, int op, void *arg) {
  (void)f;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *f) {
  (void)f;
  return DISK_SECTOR;
}

static int disk_traits(sqlite3_file *f) {
  (void)f;
  return 0;
}

static const sqlite3_io_methods disk_methods = {1,
                                                disk_close,
                                                disk_read,
                                                disk_write,
                                                disk_truncate,
                                                disk_sync,
                                                disk_size,
                                                disk_lock,
                                                disk_unlock,
                                                disk_reserved,
                                                disk_control,
                                                disk_sector,
                                                disk_traits,
                                                0,
                                                0,
                                                0,
                                                0,
                                                0,
                                                0};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
  disk_file *d = (disk_file *)f;
  (void)vfs;
  d->base.pMethods = 0;
  if (disk_operation(DISK_OPEN)) return SQLITE_CANTOPEN;
  d->temporary = !name;
  if (!name) {
    d->entry = (disk_entry *)calloc(1, sizeof *d->entry);
  } else {
    d->entry = disk_find(name);
    if (!d->entry && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    if (!d->entry) d->entry = disk_make(name);
  }
  d->base.pMethods = &disk_methods;
  if (out) *out = flags;
  return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync) {
  disk_entry *e = disk_find(name);
  int i;
  (void)vfs;
  if (disk_operation(DISK_DELETE)) return SQLITE_IOERR_DELETE;
  if (!e) return SQLITE_IOERR_DELETE_NOENT;
  if (e->lasts)
    e->gone = 1;
  else
    disk_forget(e);
  for (i = 0; i < DISK_FILES && sync; i++) {
    if (disk_entries[i].gone) disk_forget(&disk_entries[i]);
    disk_entries[i].lasts = 1;
  }
  return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  (void)vfs;
  (void)flags;
  *out = disk_find(name) != 0;
  return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out) {
  (void)vfs;
  sqlite3_snprintf(n, out, "%s", name);
  return SQLITE_OK;
}

static sqlite3_vfs disk_vfs;

/* Makes the disk the only one that SQLite knows by default. Clock and chance are the system's. */
static void disk_install(void) {
  disk_vfs = *sqlite3_vfs_find(0);
  disk_vfs.szOsFile = (int)sizeof(disk_file);
  disk_vfs.mxPathname = 39;
  disk_vfs.zName = "disk";
  disk_vfs.pNext = 0;
  disk_vfs.xOpen = disk_open;
  disk_vfs.xDelete = disk_delete;
  disk_vfs.xAccess = disk_access;
  disk_vfs.xFullPathname = disk_full_name;
  sqlite3_vfs_register(&disk_vfs, 1);
  disk_fault.left = -1;
}

#endif
