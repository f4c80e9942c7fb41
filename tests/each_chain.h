/* A test of its own for each chain of real migrations; what includes it has run_chain(), whose
** *state is the chain's name. */
#ifndef EACH_CHAIN_H
#define EACH_CHAIN_H

#include "shared.h"

static void run_chain(void **state);

static void no_chains(void **state) {
  (void)state;
  print_message("skipped: there is no %s/corpus/chains\n", shared_folder());
  skip();
}

static int run_chains(const char *group) {
  static struct CMUnitTest tests[200];
  char **names;
  int n = shared_list("corpus/chains", "", &names), i, failed;
  if (n < 0) {
    tests[0].name = "chains";
    tests[0].test_func = no_chains;
    return _cmocka_run_group_tests(group, tests, 1, 0, 0);
  }
  for (i = 0; i < n && i < 200; i++) {
    tests[i].name = names[i];
    tests[i].test_func = run_chain;
    tests[i].initial_state = names[i];
  }
  failed = _cmocka_run_group_tests(group, tests, (size_t)i, 0, 0);
  shared_free(names, n);
  return failed;
}

#endif
