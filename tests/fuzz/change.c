/* Fuzzes changes of tables with the trials of tests/random: the input is the random numbers of
** which a trial makes its table, its rows and its statement, so that what libFuzzer finds new in
** the engine leads to the next trial. The expectation is a table made new, see there. The first
** byte is the kind of the trial. */
#include "fuzz.h"

#define PRNG_FED
#define main random_main
#include "../random/random.c"
#undef main

/* Seeds of this kind are told from one another by the kind alone; see set_up(). */
#define KINDS 48

static const uint8_t *fed, *fed_end;
static const prng *fed_to;

static int prng_fed(const prng *r, unsigned long long *number) {
  if (fed == fed_end) return 0;
  if (!fed_to) fed_to = r; /* a trial asks first; spellings are to depend on names alone */
  if (r != fed_to) return 0;
  *number = *fed++;
  return 1;
}

static void fuzz_one(const uint8_t *data, size_t n) {
  sqlite3_int64 memory = sqlite3_memory_used();
  if (!n) return;
  fed = data + 1;
  fed_end = data + n;
  fed_to = 0;
  if (run_seed(data[0] % KINDS, getenv("FUZZ_TELL") != 0)) {
    fflush(stdout);
    fuzz_wrong("", "see above");
  }
  if (sqlite3_memory_used() != memory) fuzz_wrong("", "memory leaks");
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/change"); }
#endif
