/* migrate.h - v@VERSION@ - schema migrations for SQLite - public domain or MIT-0
** Generated from amalgamation/ by ./build.sh amalgamate: edit there. */
#include "api.h"

#ifdef MIGRATE_IMPLEMENTATION
#ifndef MIGRATE_IMPLEMENTED
#define MIGRATE_IMPLEMENTED

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/* 0: memory, text, errors */
#include "arena.c"
#include "fault.c"
#include "text.c"
/* 1: SQLite's words */
#include "token.c"
/* 2: data */
#include "model.c"
#include "op.c"
/* 3: text to data */
#include "ddl.c"
#include "alter.c"
/* 4: data to data */
#include "apply.c"
#include "graph.c"
/* 5: decisions and statements as data */
#include "strategy.c"
#include "lower.c"
#include "script.c"
#include "plan.c"
/* 6: the database */
#include "reflect.c"
#include "frame.c"
#include "version.c"
#include "run.c"
/* 7: the outside */
#include "directory.c"
#include "public.c"

#endif
#endif

/*
#include "license.txt"
*/
