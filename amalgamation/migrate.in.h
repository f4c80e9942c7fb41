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

/* Where something is left out, what it alone has a use for lies idle. */
#if (defined(MIGRATE_NO_STDIO) || defined(MIGRATE_NO_TOOLS)) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

/* 0: memory, text, errors */
#include "arena.c"
#include "fault.c"
#include "text.c"
/* 1: SQLite's words */
#include "token.c"
/* 2: data */
#include "model.c"
#include "op.c"
#include "catalog.c"
#include "statement.c"
#include "settings.c"
#include "revision.c"
/* 3: text to data */
#include "ddl.c"
#include "alter.c"
#include "names.c"
#include "layout.c"
/* 4: data to data */
#include "apply.c"
#include "compare.c"
#ifndef MIGRATE_NO_TOOLS
#include "meaning.c"
#include "evolve.c"
#include "marker.c"
#include "difference.c"
#endif
#include "graph.c"
#include "sort.c"
#include "target.c"
#include "range.c"
/* 5: decisions and statements as data */
#include "strategy.c"
#include "lower.c"
#include "rebuild.c"
#include "portable.c"
#include "hosted.c"
#include "ladder.c"
#include "children.c"
#include "script.c"
#include "plan.c"
/* 6: the database */
#include "version.c"
#include "handle.c"
#include "progress.c"
#include "revisions.c"
#include "edited.c"
#include "reflect.c"
#include "frame.c"
#include "ranges.c"
#include "execute.c"
#include "scratch.c"
#include "dependents.c"
#include "spelling.c"
#include "rename.c"
#include "other.c"
#include "hosting.c"
#include "run.c"
#include "backup.c"
#include "record.c"
/* 7: the outside */
#include "public.c"
#include "restore.c"
#include "history.c"
#include "older.c"
#include "revise.c"
#include "step.c"
#include "config.c"
#ifndef MIGRATE_NO_STDIO
#include "directory.c"
#include "environment.c"
#endif
/* 8: at the desk */
#ifndef MIGRATE_NO_TOOLS
#include "draw.c"
#include "embed.c"
#include "d1.c"
#include "offline.c"
#include "list.c"
#include "goal.c"
#include "autogenerate.c"
#include "deed.c"
#include "rules.c"
#include "witness.c"
#include "judge.c"
#include "lint.c"
#include "copy.c"
#include "verify.c"
#include "tools.c"
#include "adopt.c"
#ifndef MIGRATE_NO_STDIO
#include "template.c"
#include "zone.c"
#include "init.c"
#include "future.c"
#include "review.c"
#include "generate.c"
#include "create.c"
#endif
#endif

#if (defined(MIGRATE_NO_STDIO) || defined(MIGRATE_NO_TOOLS)) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#endif
#endif

/*
#include "license.txt"
*/
