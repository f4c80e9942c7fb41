/* Stands in for migrate.h in tests that are linked with the library instead of holding a copy. */
#undef MIGRATE_STATIC
#include "../../amalgamation/api.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
