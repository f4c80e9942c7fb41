/* The header as a program takes it in: first for its declarations, then once more with the
** implementation, and a third time, which must add nothing. */
#include "migrate.h"
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"
#include "migrate.h"
