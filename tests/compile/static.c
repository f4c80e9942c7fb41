/* The header with private linkage: nothing but main() is seen from outside. */
#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

int main(void) { return migrate_libversion()[0] == MIGRATE_VERSION[0] ? 0 : 1; }
