/* Arena: memory that lives as long as its owner and is freed as one.
**
** Every function of the lower floors takes a mig_arena and gets two things with it: memory, and
** the sticky fault. An allocation that fails returns NULL and sets the fault; from then on every
** helper does nothing, so that callers go straight on and look once, at the end of a loop or of
** the work. All memory is SQLite's, so that its heap limits and failure tests see it. */

/* What a program leaves out (api.h). Lower parts ask `if (MIG_TOOLS ..)` and not the preprocessor:
** such code is always compiled, and dropped with all that it alone has a use for. */
#ifdef MIGRATE_NO_TOOLS
#define MIG_TOOLS 0
#else
#define MIG_TOOLS 1
#endif
#ifdef MIGRATE_NO_ALTER
#define MIG_ALTERS 0
#else
#define MIG_ALTERS 1
#endif

/* A condition that what stands around it makes impossible, and that is looked at all the same, for
** the day on which something around changes. Tests are compiled with MIG_TEST and end where it
** holds; the report of ./build.sh cover leaves it out. */
#if defined(MIG_COVERAGE)
#define MIG_NEVER(x) 0
#elif defined(MIG_TEST)
#include <stdlib.h>
#define MIG_NEVER(x) ((x) ? (abort(), 1) : 0)
#else
#define MIG_NEVER(x) (x)
#endif

typedef struct mig_fault {
  int code;      /* 0, or the first error */
  char *message; /* sqlite3_malloc'd; NULL when even that failed */
  int placed;    /* the message speaks of byte `at` of a text .. */
  size_t at, bare; /* .. which its first `bare` bytes do not say */
} mig_fault;

typedef struct mig_block {
  struct mig_block *next;
  size_t used, size; /* bytes behind this header */
} mig_block;

typedef struct mig_arena {
  mig_block *block; /* newest first */
  mig_block *spare; /* one that was given back, for the next need; or NULL */
  mig_fault *fault; /* shared by all arenas of a handle */
} mig_arena;

#ifndef MIG_BLOCK_SIZE
#define MIG_BLOCK_SIZE ((size_t)8000) /* fits a page or two of any allocator */
#endif
#define MIG_ARRAY_MAX ((size_t)-1 / 4) /* bytes of an array: nothing overflows behind it */
#define MIG_ROUND(n) (((n) + 15) & ~(size_t)15)
#define MIG_BLOCK_HEAD MIG_ROUND(sizeof(mig_block))

static int mig_failed(const mig_arena *a) { return a->fault->code != 0; }

static void mig_no_memory(mig_arena *a) {
  if (a->fault->code == 0) a->fault->code = SQLITE_NOMEM;
}

static void mig_arena_init(mig_arena *a, mig_fault *fault) {
  a->block = a->spare = 0;
  a->fault = fault;
}

static void mig_arena_free(mig_arena *a) {
  sqlite3_free(a->spare);
  a->spare = 0;
  while (a->block) {
    mig_block *next = a->block->next;
    sqlite3_free(a->block);
    a->block = next;
  }
}

/* A place in an arena: what is allocated behind it can be given back. */
typedef struct mig_arena_place {
  mig_block *block, *behind;
  size_t used;
} mig_arena_place;

static mig_arena_place mig_arena_mark(const mig_arena *a) {
  mig_arena_place k;
  k.block = a->block;
  k.behind = a->block ? a->block->next : 0;
  k.used = a->block ? a->block->used : 0;
  return k;
}

static void mig_free_blocks(mig_arena *a, mig_block **from, const mig_block *to) {
  while (*from != to) {
    mig_block *b = *from;
    *from = b->next;
    if (a->spare || b->size != MIG_BLOCK_SIZE) sqlite3_free(b);
    else a->spare = b;
  }
}

static void mig_arena_rewind(mig_arena *a, mig_arena_place k) {
  mig_free_blocks(a, &a->block, k.block);
  if (!k.block) return;
  mig_free_blocks(a, &k.block->next, k.behind); /* large pieces went behind the open block */
  k.block->used = k.used;
}

static char *mig_block_bytes(mig_block *b) { return (char *)b + MIG_BLOCK_HEAD; }

/* Returns n zeroed bytes aligned for anything, or NULL after a fault. */
static void *mig_alloc(mig_arena *a, size_t n) {
  mig_block *b = a->block;
  size_t need = MIG_ROUND(n ? n : 1);
  if (mig_failed(a)) return 0;
  if (!b || b->size - b->used < need) {
    size_t size = need > MIG_BLOCK_SIZE / 4 ? need : MIG_BLOCK_SIZE;
    b = size == MIG_BLOCK_SIZE ? a->spare : 0;
    if (b) a->spare = 0;
    else b = (mig_block *)sqlite3_malloc64(MIG_BLOCK_HEAD + size);
    if (!b || need < n) {
      sqlite3_free(b);
      mig_no_memory(a);
      return 0;
    }
    b->used = 0;
    b->size = size;
    if (a->block && size == need) { /* a large piece goes behind, the open block stays first */
      b->next = a->block->next;
      a->block->next = b;
    } else {
      b->next = a->block;
      a->block = b;
    }
  }
  b->used += need;
  memset(mig_block_bytes(b) + b->used - need, 0, need);
  return mig_block_bytes(b) + b->used - need;
}

/* An array of n elements of one size; NULL after a fault or an overflow. */
static void *mig_array(mig_arena *a, size_t n, size_t size) {
  if (size && n > MIG_ARRAY_MAX / size) {
    mig_no_memory(a);
    return 0;
  }
  return mig_alloc(a, n * size);
}

/* Returns old, grown so that item count fits: the capacity doubles, the old array stays behind in
** the arena. *cap is in items. On a fault the old array comes back and *cap stays. */
static void *mig_grow(mig_arena *a, void *old, int count, int *cap, size_t size) {
  int more = *cap ? *cap * 2 : 8;
  void *grown;
  if (count < *cap) return old;
  grown = mig_array(a, (size_t)more, size);
  if (!grown) return old;
  if (old) memcpy(grown, old, (size_t)*cap * size);
  *cap = more;
  return grown;
}

static char *mig_copyn(mig_arena *a, const char *z, size_t n) {
  char *copy = (char *)mig_alloc(a, n + 1);
  if (copy && n) memcpy(copy, z, n);
  return copy;
}

/* A copy of a string; NULL of NULL. */
static char *mig_copy(mig_arena *a, const char *z) { return z ? mig_copyn(a, z, strlen(z)) : 0; }
