/* Random numbers, the same for a seed everywhere. */
#ifndef RANDOM_PRNG_H
#define RANDOM_PRNG_H

typedef struct prng {
  unsigned long long state;
} prng;

/* tests/fuzz/change.c gives the first numbers out of its input. */
#ifdef PRNG_FED
static int prng_fed(const prng *r, unsigned long long *number);
#else
#define prng_fed(r, number) 0
#endif

/* splitmix64: any seed will do, also neighbours. */
static unsigned long long prng_next(prng *r) {
  unsigned long long z = (r->state += 0x9e3779b97f4a7c15ULL);
  if (prng_fed(r, &z)) return z;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

static int below(prng *r, int n) { return (int)(prng_next(r) % (unsigned long long)n); }

/* One time out of n. */
static int once(prng *r, int n) { return below(r, n) == 0; }

#endif
