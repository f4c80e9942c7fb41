/* migrate.h - v0.1.0 - schema migrations for SQLite - public domain or MIT-0
** Generated from amalgamation/ by ./build.sh amalgamate: edit there. */
#ifndef MIGRATE_H
#define MIGRATE_H

#ifndef SQLITE_VERSION_NUMBER
#ifdef MIGRATE_SQLITE_HEADER
#include MIGRATE_SQLITE_HEADER
#else
#include <sqlite3.h>
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define MIGRATE_VERSION "0.1.0"
#define MIGRATE_VERSION_NUMBER 1000 /* X*1000000 + Y*1000 + Z, as SQLite counts */
#define MIGRATE_MIN_SQLITE 3031000  /* SQLITE_DIRECTONLY, trusted_schema, generated columns */

/* MIGRATE_STATIC: private linkage, for a program that wants no new symbol.
** MIGRATE_API: the linkage itself, e.g. __declspec(dllexport). */
#ifndef MIGRATE_API
#ifdef MIGRATE_STATIC
#if defined(__GNUC__) || defined(__clang__)
#define MIGRATE_API __attribute__((unused)) static
#else
#define MIGRATE_API static
#endif
#else
#define MIGRATE_API extern
#endif
#endif

/* What a program has no use for can be left out; then it is not declared either:
** MIGRATE_NO_STDIO  files, but backups: for programs that have their revisions compiled in
** MIGRATE_NO_TOOLS  what a developer uses at the desk: lists of what would run, scripts, drawings,
**                   headers, differences, checks, lint, verify, adopt, new revisions
** MIGRATE_NO_ALTER  the ALTER language, and the tools with it: revisions are SQLite's own SQL, and
**                   an ALTER TABLE is SQLite's. What SQLite does not know is a syntax error */
#if defined(MIGRATE_NO_ALTER) && !defined(MIGRATE_NO_TOOLS)
#define MIGRATE_NO_TOOLS
#endif

/* Error codes. 0 is success; above 0 are SQLite's own (primary and extended) codes, unchanged;
** below 0 are ours. migrate_strerror() knows both. */
#define MIGRATE_ERRORS(X)                                                          \
  X(MISUSE, -1, "wrong use of the interface")                                      \
  X(SYNTAX, -2, "syntax error")                                                    \
  X(NO_SUCH, -3, "no such table, column or constraint")                            \
  X(EXISTS, -4, "the name is already taken")                                       \
  X(ROWS, -5, "rows of the table break the new rule")                              \
  X(DEPENDENT, -6, "other objects depend on it")                                   \
  X(UNSUPPORTED, -7, "this object or change is not supported")                     \
  X(NO_REVISION, -8, "no such revision")                                           \
  X(AMBIGUOUS, -9, "ambiguous revision")                                           \
  X(MULTIPLE_HEADS, -10, "multiple heads")                                         \
  X(GRAPH, -11, "the revisions do not form a graph")                               \
  X(RANGE, -12, "not a valid target or range")                                     \
  X(IRREVERSIBLE, -13, "the revision has no downgrade")                            \
  X(FILE, -14, "a file cannot be read or written")                                 \
  X(CONFIG, -15, "a setting is missing, unknown or malformed")                     \
  X(BUSY_STATEMENT, -16, "another statement of the connection is still reading")   \
  X(IN_TRANSACTION, -17, "not possible inside a transaction")                      \
  X(LOSS, -18, "the change would lose something")                                  \
  X(NEWER, -19, "the database is newer than the program")                          \
  X(DIFFERENT, -20, "the schema differs from its target")                          \
  X(LIMIT, -21, "a limit is exceeded")                                             \
  X(SCRIPT, -22, "the script holds a statement that cannot run here")              \
  X(OLD_SQLITE, -23, "this SQLite is too old")                                     \
  X(NOT_AT_HEAD, -24, "the database is not at the head revision")                  \
  X(BACKUP, -25, "the backup failed")

#define MIGRATE_ERROR_ENUM(name, value, text) MIGRATE_##name = value,
enum { MIGRATE_OK = 0, MIGRATE_ERRORS(MIGRATE_ERROR_ENUM) MIGRATE_ERROR_END = -1000 };
#undef MIGRATE_ERROR_ENUM

typedef struct migrate migrate; /* one environment on one open connection */

/* A revision. All strings are UTF-8, NUL-terminated and borrowed until migrate_close(), unless
** MIGRATE_COPY is set. Lists are separated by commas; NULL and "" mean none. What a revision file
** can say besides opens the SQL as a line of its own: `-- compat: REV` the upgrade, `-- migrate:up
** transaction:false` (or down) its section. */
typedef struct migrate_revision {
  const char *id;            /* [A-Za-z0-9_.]+, unique; required */
  const char *down_revision; /* parents: none makes a base, two or more a merge */
  const char *depends_on;    /* ids or labels that must be applied before */
  const char *branch_labels;
  const char *message;
  const char *create_date;
  const char *upgrade;   /* SQL, the ALTER language included; NULL: nothing to do */
  const char *downgrade; /* SQL; NULL (and no downgrade_fn): irreversible */
  int (*upgrade_fn)(sqlite3 *, void *); /* runs after the SQL; returns an SQLite code */
  int (*downgrade_fn)(sqlite3 *, void *);
  void *arg; /* handed to both functions */
} migrate_revision;

/* One statement that a command runs, prints or lists. Borrowed: valid during the callback. */
typedef struct migrate_statement {
  int step;              /* 1, 2, ..: the revision's place in the run; 0 outside of one */
  int seq;               /* 1, 2, ..: the statement's place in the list */
  const char *revision;  /* NULL outside of a run of revisions */
  const char *direction; /* "upgrade", "downgrade" or "" */
  const char *kind;      /* "frame", "schema", "data", "check", "script" or "version" */
  const char *sql;
  const char *strategy; /* "native", "schema edit", "rebuild", "portable", "hosted" or "" */
  const char *reason;   /* why this way; never NULL */
} migrate_statement;

/* Log levels, Alembic's (Python's) numbers. */
enum { MIGRATE_DEBUG = 10, MIGRATE_INFO = 20, MIGRATE_WARNING = 30, MIGRATE_ERROR = 40 };

/* Flags of migrate_options. */
enum {
  MIGRATE_COPY = 1,          /* migrate_add() copies the strings that it is given */
  MIGRATE_SQL_FUNCTION = 2,  /* the call comes out of an SQL function on the same connection */
  MIGRATE_PORTABLE = 4,      /* rebuild = portable: never edit the schema, plain SQL only */
  MIGRATE_PER_MIGRATION = 8, /* transaction_per_migration: a transaction for each revision */
  MIGRATE_NO_JOURNAL = 16,   /* journal = off: write no migrate_journal row */
  MIGRATE_LEND_HANDLER = 64, /* the connection's progress handler may be used during a call, and is
                             ** none afterwards: progress() is then called in scans and index
                             ** builds as well. SQLite cannot tell what handler was there */
  MIGRATE_GO_BACK = 32       /* a database that is newer than the program is first brought back by
                             ** the downgrades in its journal: SQL that the database brings along */
};

/* How far a call has come. Borrowed: valid during the callback. */
typedef struct migrate_progress {
  int step, steps;           /* which revision of how many: 1, 2, ..; 0 before the first */
  const char *revision;      /* NULL before the first */
  const char *statement;     /* the SQL that runs; NULL during a backup */
  sqlite3_int64 done, total; /* rows of a table that is copied, pages of a backup; total is 0 where
                             ** nothing is counted */
} migrate_progress;

/* Options of migrate_open(). Zero-initialised is the default of everything. Strings are copied. */
typedef struct migrate_options {
  const char *version_table; /* NULL: "alembic_version" */
  unsigned flags;            /* MIGRATE_COPY and its neighbours */
  const char *backup; /* copies the database before a run that has something to do; a path in which
                      ** %(database)s is the database's, %(revision)s and %(time)s where and when
                      ** it is, %% is %. NULL: no copy. See migrate_backup_path() */
  int busy_timeout;          /* ms that BEGIN IMMEDIATE is tried again; 0: 5000, below 0: never */
  /* Told of what happens, all levels: errors, warnings, the lines of migrate_result() at
  ** MIGRATE_INFO, statements at MIGRATE_DEBUG. It may read through the connection; version rows and
  ** journal wait for the end of the transaction, or for a revision that may look at them, and are
  ** told of then. NULL: silence; migrate itself prints nothing */
  void (*log)(void *arg, int level, const char *message);
  void *log_arg;
  int (*written)(void *arg, const char *path); /* after a revision file was written; its code is
                                               ** the command's, the file stays */
  void *written_arg;
  /* Before each statement, in a long copy or backup every few milliseconds, and while another
  ** connection is waited for; in the thread of the call. Non-zero cancels: all is undone, the code
  ** is SQLITE_INTERRUPT; sqlite3_interrupt() from another thread does the same. The callback must
  ** not use the connection. NULL: the fastest copy, in one statement. migrate_set(m, "progress",
  ** "off") silences it */
  int (*progress)(void *arg, const migrate_progress *);
  void *progress_arg;
  char *errbuf; /* receives the error message, also when migrate_open() fails; "" without one */
  int nerrbuf;  /* its size in bytes, the final NUL included */
} migrate_options;

/* Opens an environment on a connection. The connection stays the caller's: it must outlive the
** environment, and every setting of it is as before after each call. On failure *out is NULL.
** Returns 0, SQLITE_NOMEM, MIGRATE_MISUSE, MIGRATE_CONFIG or MIGRATE_OLD_SQLITE. */
MIGRATE_API int migrate_open(sqlite3 *db, const migrate_options *options, migrate **out);

/* Frees the environment; NULL is harmless. Returns the sticky error code. */
MIGRATE_API int migrate_close(migrate *m);

/* The first error since migrate_open(), or 0. From then on every function does nothing and
** returns it. A NULL handle answers SQLITE_NOMEM, here and everywhere. */
MIGRATE_API int migrate_errcode(migrate *m);

/* The message of that error, "not an error" without one. Borrowed until migrate_close(). Its first
** line is the message; a syntax error adds the line of SQL and a caret under the byte. */
MIGRATE_API const char *migrate_errmsg(migrate *m);

/* A constant English text for a code, ours or SQLite's. */
MIGRATE_API const char *migrate_strerror(int code);

/* The library's version, MIGRATE_VERSION at the time it was compiled; in SQL migrate_version(). */
MIGRATE_API const char *migrate_libversion(void);

/* What the last command answered: a line a step ("Running upgrade a -> b, message") of
** migrate_upgrade() and its kin, "" with nothing to do. Borrowed until the next call. */
MIGRATE_API const char *migrate_result(migrate *m);

/* Runs a script that may hold the ALTER language, atomically: in a transaction of its own, or in
** a savepoint inside the caller's. migrate_statements() then tells how many statements ran. */
MIGRATE_API int migrate_exec(migrate *m, const char *sql);
MIGRATE_API int migrate_statements(migrate *m);

/* Adds n revisions of the program: an array that is compiled in, as a rule. They may come in any
** order and in several calls. MIGRATE_MISUSE for one without an id. */
MIGRATE_API int migrate_add(migrate *m, const migrate_revision *revisions, int n);

/* Runs the revisions between the database's and the target, upwards or downwards, in one
** transaction, version rows and journal rows with them; inside a transaction of the caller in a
** savepoint. Targets are Alembic's: "head", "heads", "base", an id or the beginning of one, "+2",
** "-1", "ae10+2", "label@head", several separated by commas. With nothing to do nothing is written
** or locked. On any error the database is as before. migrate_result() holds a line a step. */
MIGRATE_API int migrate_upgrade(migrate *m, const char *target);
MIGRATE_API int migrate_downgrade(migrate *m, const char *target);

/* The same a revision at a time, for a program that shows what it is doing, or has other work to do
** between. migrate_prepare() says where to, upwards or downwards, and neither writes nor locks.
** migrate_step() runs the next revision and returns SQLITE_ROW; when none is left it commits and
** returns SQLITE_DONE; anything else is an error, and all steps are undone. migrate_run() takes the
** steps that are left and returns 0 or the error. From the first step on the transaction is open.
** Until SQLITE_DONE the handle does nothing else; migrate_close() before it undoes the run and
** returns SQLITE_ABORT. migrate_result() holds a line for each step so far. */
MIGRATE_API int migrate_prepare(migrate *m, const char *target);
MIGRATE_API int migrate_step(migrate *m);
MIGRATE_API int migrate_run(migrate *m);

/* The copy that the last upgrade or downgrade made of the main database before it began, with the
** option or setting backup; NULL: none, or none that is left. It is made by SQLite's online backup,
** read and checked, and on the disk before anything else is done; it never takes the place of a
** file that is there (PATH-2, PATH-3 .. are its names then), nor follows a link, and only its owner
** may read it (with MIGRATE_NO_STDIO the rights are SQLite's usual ones). Where it fails, or the
** disk has no room for it, the run ends with MIGRATE_BACKUP before it has begun. After success it
** stays, unless the setting backup_keep is off; after a failure it stays where something was
** committed before, or the disk or the file was at fault, and goes where the database is as it was.
** A database without tables is not copied. Inside a transaction of the caller a run with a backup
** is MIGRATE_IN_TRANSACTION. Borrowed until the next call. */
MIGRATE_API const char *migrate_backup_path(migrate *m);

/* Puts the content of a copy, or of any other database file, in the place of the main database's,
** whole or not at all, after it was checked: MIGRATE_BACKUP where it is damaged, empty or not
** there. MIGRATE_IN_TRANSACTION inside a transaction. progress() hears of the pages and may stop it
** until the last one is in its place. In SQL migrate_restore(path). */
MIGRATE_API int migrate_restore(migrate *m, const char *path);

/* Sets the version rows to the targets without running anything. migrate_stamp_purge() first
** forgets the rows that are there, which is the way out when no revision knows them. */
MIGRATE_API int migrate_stamp(migrate *m, const char *targets);
MIGRATE_API int migrate_stamp_purge(migrate *m, const char *targets);

/* A revision as the commands that only look show it. Borrowed: valid during the callback. Lists
** are separated by ", "; what is not there is NULL, a message of a known revision "". */
typedef struct migrate_history_row {
  const char *revision, *down_revision, *depends_on, *message, *create_date;
  const char *branch_labels; /* of the branch that the revision stands on */
  int is_base, is_head, is_branch_point, is_merge_point;
  int is_current;         /* it is a row of the version table */
  int is_applied;         /* it, or a revision above it, is */
  int is_edited;          /* its meaning is another than when it was applied */
  const char *applied_at; /* UTC; NULL where the journal does not tell */
  const char *path;       /* NULL: compiled in */
  const char *upgrade_sql, *downgrade_sql;
} migrate_history_row;

/* The revisions of a range, "base:head", "-3:", ":ae10", "current:", newest first; NULL: all. A
** callback that returns non-zero ends the list, here and below. Nothing is written. */
MIGRATE_API int migrate_history(migrate *m, const char *range,
                                int (*row)(void *arg, const migrate_history_row *), void *arg);

/* The revisions without a child; those with several; those that a target names, or "current". */
MIGRATE_API int migrate_heads(migrate *m, int (*row)(void *arg, const migrate_history_row *),
                              void *arg);
MIGRATE_API int migrate_branches(migrate *m, int (*row)(void *arg, const migrate_history_row *),
                                 void *arg);
MIGRATE_API int migrate_show(migrate *m, const char *revision,
                             int (*row)(void *arg, const migrate_history_row *), void *arg);

/* Where the database is: the version rows, and the tips of branches that they imply. Of a row that
** no revision knows there is the id alone, message NULL. */
MIGRATE_API int migrate_current(migrate *m, int (*row)(void *arg, const migrate_history_row *),
                                void *arg);

/* Settings: the keys of migrate.ini (README, "Settings"). What the program sets wins over the
** file, whichever comes first; NULL takes the program's value back. Booleans are on/off,
** true/false, yes/no, 1/0. An unknown key or a bad value is MIGRATE_CONFIG.
** In SQL migrate_config(key, value), which holds for the connection. */
MIGRATE_API int migrate_set(migrate *m, const char *key, const char *value);

/* The value in force, as text: the program's, else the file's, else the default. Borrowed until
** migrate_close(). NULL after an error, an unknown key among them. */
MIGRATE_API const char *migrate_get(migrate *m, const char *key);

/* The migration environment: files. Relative paths that migrate.ini holds begin at its folder,
** those that the program gives at the current one. */
#ifndef MIGRATE_NO_STDIO

/* Reads the settings of a migrate.ini: of `file`; NULL: of the file that the setting `file` names,
** else of that which the environment variable MIGRATE_CONFIG names, else of ./migrate.ini. Only the
** last may be missing. */
MIGRATE_API int migrate_load(migrate *m, const char *file);

/* Adds every *.sql directly in a folder as a revision, in order of name; or, of an environment's
** folder, those in its versions/, with its env.sql. NULL: the folders that the settings
** script_location and version_locations name. MIGRATE_FILE when there is none, or a file cannot be
** read; links that lead out of the folder, and what is no regular file, are refused. */
MIGRATE_API int migrate_add_directory(migrate *m, const char *path);

#endif /* MIGRATE_NO_STDIO */

/* ---- what a developer uses ---- */
#ifndef MIGRATE_NO_TOOLS

/* Lists what migrate_exec() would run, changing nothing. A callback that returns non-zero ends
** the list. */
MIGRATE_API int migrate_explain(migrate *m, const char *sql,
                                int (*row)(void *arg, const migrate_statement *), void *arg);

/* Draws the revision graph, heads, labels and the database's revision marked: "text" (NULL),
** "mermaid" or "dot". The drawing is migrate_result(). */
MIGRATE_API int migrate_graph(migrate *m, const char *format);

/* One statement of the way to a target schema. Borrowed: valid during the callback. */
typedef struct migrate_difference {
  int seq;                 /* 1, 2, ..: the order in which they run */
  const char *op;          /* "create", "drop", "alter" or "rename" */
  const char *object_type; /* "table", "index", "trigger", "view" or "virtual table" */
  const char *object;      /* its name */
  const char *detail;      /* what was seen, a line each: "Detected added column 't.c'" */
  const char *sql;         /* the statement, in the ALTER language */
} migrate_difference;

/* Lists what separates the database from the target schema: SQL text, or "file:" and the path of
** SQL, of a folder of *.sql or of a database; NULL: the setting target. In its comments
** "migrate:renamed_from old", at a column or a table, makes a rename of what would be a drop and an
** addition. A file without any statement is an error where something would be dropped. A callback
** that returns non-zero ends the list. Nothing is written. */
MIGRATE_API int migrate_diff(migrate *m, const char *target,
                             int (*row)(void *arg, const migrate_difference *), void *arg);

/* Is the database at its head revision, and its schema that of the setting target? Else it is
** MIGRATE_NOT_AT_HEAD or MIGRATE_DIFFERENT: the message lists the statements that would make it so,
** one a line. */
MIGRATE_API int migrate_check(migrate *m);

/* What migrate_lint() has to say of a statement, or of a whole revision. Borrowed: valid during the
** callback. */
typedef struct migrate_finding {
  const char *revision;
  const char *path;     /* of its file; NULL: compiled in */
  int line;             /* of the file; compiled in: of the section's text */
  const char *severity; /* "error": it will not run, or leaves something broken; "warning":
                        ** something is lost, or fails on rows; "note": there is a better way */
  const char *rule;     /* README, "Lint", lists them */
  const char *message;  /* what it is; and behind a semicolon what to do */
} migrate_finding;

/* Looks for trouble in revisions: those of a range as of migrate_history(), or of targets; NULL:
** all. They run in a private copy of the schema, so that each statement is seen against the schema
** of its time; of revisions that are not applied yet, the rows of this database are asked as well.
** A comment "-- migrate:allow RULE" at the statement silences a rule. Nothing is written. */
MIGRATE_API int migrate_lint(migrate *m, const char *range,
                             int (*row)(void *arg, const migrate_finding *), void *arg);

/* Runs revisions up, down and up again on a private copy of the database, rows included, and
** compares: is what a downgrade leaves what its upgrade found, schema and rows? NULL: all that are
** pending; else those up to the target, or of a range as of migrate_history(), which are first
** taken back in the copy where they are applied. MIGRATE_DIFFERENT names, of each revision that is
** not true, the first statement that is not undone, with the texts before and after it. Rows are
** not compared of a revision that allows lossy-downgrade (README, "Verify"). migrate_result() holds
** a line a revision. Functions that only this connection has are stood in for; upgrade_fn and
** downgrade_fn are called with the copy. Nothing is written. */
MIGRATE_API int migrate_verify(migrate *m, const char *target);

/* Takes over a database that another tool has migrated: recognises its history table by name and
** columns, or user_version, and stamps the revision that the id applied last means by the mapping:
** "their-id=revision, ..", or "file:" and the path of such a list, a line each; "Rails: .." where
** several tools have left tables. NULL: stamps the revision that has their id, where there is one.
** A database that the tool calls dirty, failed or locked is refused; its table is only read.
** migrate_result() tells what was found, then a line a change. A program that adopts whenever it
** starts goes on, with another handle, after MIGRATE_EXISTS (the database is at a revision already)
** and MIGRATE_NO_SUCH (no tool has left anything: it is new). Of several at once one adopts. */
MIGRATE_API int migrate_adopt(migrate *m, const char *mapping);

/* Offline: prints the run as a script for a stock sqlite3 shell (3.31 or newer), changing nothing.
** `command` is "upgrade", "downgrade" or "stamp"; `range` a target, from where the database is, or
** "from:to"; `tag` goes into the head of the script (NULL: none). The script ends in the database
** that the run online would make. migrate_result() holds it, "" with nothing to do. With the
** setting dialect = d1 it is a script for Cloudflare D1. */
MIGRATE_API int migrate_script(migrate *m, const char *command, const char *range,
                               const char *tag);

/* Lists what an upgrade to the target would run, or a downgrade when it lies below; changes
** nothing. A callback that returns non-zero ends the list. */
MIGRATE_API int migrate_plan(migrate *m, const char *target,
                             int (*row)(void *arg, const migrate_statement *), void *arg);

/* The revisions as a C header, for a program that carries them along: an array migrate_revisions of
** MIGRATE_REVISIONS elements, for migrate_add(). It is migrate_result(). */
MIGRATE_API int migrate_embed(migrate *m);

#ifndef MIGRATE_NO_STDIO

/* Makes a migration environment in a folder (NULL: the setting script_location), and the file
** migrate.ini that migrate_load(m, NULL) will read. Never overwrites a file. migrate_result() tells
** what was made, a line a file. */
MIGRATE_API int migrate_init(migrate *m, const char *directory);

/* Options of a new revision. Zero-initialised is the default of everything. */
typedef struct migrate_new_options {
  const char *head;          /* the parent, or several separated by commas; NULL: "head" */
  int splice;                /* the parent need not be a head: this begins a branch */
  const char *branch_labels; /* labels for the branch that begins here */
  const char *version_path;  /* which of the version locations the file goes to */
  const char *rev_id;        /* NULL: 12 random hex digits */
  const char *depends_on;    /* ids or labels */
  const char *upgrade;       /* the sections' SQL; NULL: left for the user to write */
  const char *downgrade;
  int autogenerate;   /* write the sections from the difference to the target schema */
  int from_revisions; /* with it: the difference from what the revisions make of nothing, not from
                      ** this database */
  const char *target; /* with it: as in migrate_diff(), or "main": this database's own schema */
} migrate_new_options;

/* Writes a new revision file, after all of the options were checked against the revisions that
** were added. *path (NULL: not wanted) receives its path, to be freed with sqlite3_free(); NULL on
** failure. The revision itself is not added. */
MIGRATE_API int migrate_new_revision(migrate *m, const char *message,
                                     const migrate_new_options *options, char **path);

/* Likewise a revision that merges several, separated by commas, or "heads". options->head is not
** looked at. */
MIGRATE_API int migrate_merge(migrate *m, const char *revisions, const char *message,
                              const migrate_new_options *options, char **path);
#endif /* MIGRATE_NO_STDIO */
#endif /* MIGRATE_NO_TOOLS */

#ifdef __cplusplus
}
#endif
#endif /* MIGRATE_H */

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
/* Fault: the sticky error. The first one wins; its message is composed once, where it is known
** best, and travels to the caller unchanged. */

/* printf as sqlite3_mprintf has it (%w, %Q, %q), into the arena; NULL after a fault. */
static char *mig_vformat(mig_arena *a, const char *format, va_list args) {
  char *z, *copy;
  if (mig_failed(a)) return 0;
  z = sqlite3_vmprintf(format, args);
  if (!z) mig_no_memory(a);
  copy = z ? mig_copy(a, z) : 0;
  sqlite3_free(z);
  return copy;
}

static char *mig_format(mig_arena *a, const char *format, ...) {
  va_list args;
  char *z;
  va_start(args, format);
  z = mig_vformat(a, format, args);
  va_end(args);
  return z;
}

/* Sets the fault, unless one is set. Returns the code, for `return mig_fail(..)`. */
static int mig_fail(mig_arena *a, int code, const char *format, ...) {
  va_list args;
  if (a->fault->code) return a->fault->code;
  va_start(args, format);
  a->fault->message = sqlite3_vmprintf(format, args);
  va_end(args);
  a->fault->code = a->fault->message ? code : SQLITE_NOMEM;
  return a->fault->code;
}

/* Puts words in front of the message of a fault: where it happened. */
static void mig_fault_context(mig_arena *a, const char *format, ...) {
  va_list args;
  char *where, *both = 0;
  if (!mig_failed(a) || !a->fault->message) return;
  va_start(args, format);
  where = sqlite3_vmprintf(format, args);
  va_end(args);
  if (where) both = sqlite3_mprintf("%s%s", where, a->fault->message);
  sqlite3_free(where);
  if (!both) return; /* the bare message is better than none */
  sqlite3_free(a->fault->message);
  a->fault->message = both;
}

/* Says `to` where the message of a fault says `from`. */
static void mig_fault_reword(mig_arena *a, const char *from, const char *to) {
  sqlite3_str *z;
  const char *at, *found;
  char *message;
  if (!mig_failed(a) || !a->fault->message || a->fault->placed || !from) return;
  if (!strstr(a->fault->message, from)) return;
  z = sqlite3_str_new(0);
  for (at = a->fault->message; (found = strstr(at, from)) != 0; at = found + strlen(from)) {
    sqlite3_str_append(z, at, (int)(found - at));
    sqlite3_str_appendall(z, to);
  }
  sqlite3_str_appendall(z, at);
  message = sqlite3_str_finish(z);
  if (!message) return; /* the other word is better than none */
  sqlite3_free(a->fault->message);
  a->fault->message = message;
}

static void mig_fault_clear(mig_fault *f) {
  sqlite3_free(f->message);
  f->message = 0;
  f->code = 0;
  f->placed = 0;
}

/* Takes back the fault of a text that need not be read; lack of memory stays one. */
static void mig_forgive(mig_fault *f) {
  if (f->code != SQLITE_NOMEM) mig_fault_clear(f);
}

static const char *mig_fault_text(const mig_fault *f) {
  if (f->message) return f->message;
  return f->code ? migrate_strerror(f->code) : "not an error";
}

typedef struct mig_place {
  int line, column;  /* from 1; the column counts bytes */
  size_t start, end; /* the line's bytes, without its end */
} mig_place;

static mig_place mig_place_of(const char *z, size_t at) {
  mig_place p;
  size_t i;
  p.line = 1;
  p.start = 0;
  for (i = 0; i < at && z[i]; i++) {
    if (z[i] != '\n') continue;
    p.line++;
    p.start = i + 1;
  }
  p.column = (int)(i - p.start) + 1;
  for (p.end = i; z[p.end] && z[p.end] != '\n' && z[p.end] != '\r'; p.end++) {}
  return p;
}

#define MIG_CARET_WIDTH 72 /* longer lines are cut around the caret */

/* The line of z that holds byte `at`, and a caret under that byte; each indented by two. */
static char *mig_caret(mig_arena *a, const char *z, size_t at) {
  mig_place p = mig_place_of(z, at);
  size_t from = p.start, to = p.end, pad;
  char *spaces;
  if (at - from > MIG_CARET_WIDTH - 12) from = at - (MIG_CARET_WIDTH - 12);
  while (from > p.start && (z[from] & 0xc0) == 0x80) from--; /* never inside a character */
  if (to - from > MIG_CARET_WIDTH) to = from + MIG_CARET_WIDTH;
  while (to < p.end && (z[to] & 0xc0) == 0x80) to++;
  spaces = (char *)mig_alloc(a, at - from + 1);
  if (!spaces) return 0;
  for (pad = 0; from + pad < at; pad++) spaces[pad] = z[from + pad] == '\t' ? '\t' : ' ';
  return mig_format(a, "  %.*s\n  %s^", (int)(to - from), z + from, spaces);
}

/* A fault at a byte of a text: "message (line 1, column 7)", then the line and a caret. */
static int mig_fail_at(mig_arena *a, int code, const char *z, size_t at, const char *message) {
  mig_place p = mig_place_of(z, at);
  char *caret = mig_caret(a, z, at);
  if (mig_failed(a)) return a->fault->code;
  mig_fail(a, code, "%s (line %d, column %d)\n%s", message, p.line, p.column, caret);
  a->fault->placed = 1;
  a->fault->at = at;
  a->fault->bare = strlen(message);
  return a->fault->code;
}

/* A fault that speaks of a byte of a statement speaks of the script from now on, in which the
** statement begins at byte `base`. */
static void mig_fault_rebase(mig_arena *a, const char *script, size_t base) {
  mig_fault f = *a->fault;
  char *bare;
  if (!f.placed || !f.message) return;
  memset(a->fault, 0, sizeof *a->fault);
  bare = mig_copyn(a, f.message, f.bare);
  if (bare) mig_fail_at(a, f.code, script, base + f.at, bare);
  sqlite3_free(f.message);
}
/* Text: an append-only buffer in an arena, and the quoting of names and strings. */

typedef struct mig_text {
  mig_arena *a;
  char *z; /* always NUL-terminated once something was put; NULL before */
  size_t n, cap;
} mig_text;

static void mig_text_init(mig_text *t, mig_arena *a) {
  t->a = a;
  t->z = 0;
  t->n = t->cap = 0;
}

static const char *mig_text_z(const mig_text *t) { return t->z ? t->z : ""; }

static void mig_putn(mig_text *t, const char *z, size_t n) {
  if (mig_failed(t->a)) return;
  if (t->n + n + 1 > t->cap) {
    size_t cap = (t->n + n + 1) * 2;
    char *grown = (char *)mig_alloc(t->a, cap < 64 ? 64 : cap);
    if (!grown) return;
    if (t->n) memcpy(grown, t->z, t->n);
    t->z = grown;
    t->cap = cap < 64 ? 64 : cap;
  }
  if (n) memcpy(t->z + t->n, z, n);
  t->n += n;
  t->z[t->n] = 0;
}

/* NULL stands for a text that could not be made: then there is a fault, and nothing is put. */
static void mig_put(mig_text *t, const char *z) {
  if (z) mig_putn(t, z, strlen(z));
}

static void mig_putf(mig_text *t, const char *format, ...) {
  va_list args;
  char *z;
  va_start(args, format);
  z = mig_vformat(t->a, format, args);
  va_end(args);
  if (z) mig_put(t, z);
}

/* z between a pair of quotes, the quote doubled inside. */
static void mig_put_quoted(mig_text *t, const char *z, char quote) {
  size_t from = 0, i;
  if (!z) return;
  mig_putn(t, &quote, 1);
  for (i = 0; z[i]; i++) {
    if (z[i] != quote) continue;
    mig_putn(t, z + from, i + 1 - from);
    from = i;
  }
  mig_putn(t, z + from, i - from);
  mig_putn(t, &quote, 1);
}

/* A name in double quotes, a string in single ones. */
static void mig_put_name(mig_text *t, const char *z) { mig_put_quoted(t, z, '"'); }
static void mig_put_string(mig_text *t, const char *z) { mig_put_quoted(t, z, '\''); }

/* "schema"."name", or the name alone when schema is NULL. */
static void mig_put_object(mig_text *t, const char *schema, const char *name) {
  if (schema) {
    mig_put_name(t, schema);
    mig_put(t, ".");
  }
  mig_put_name(t, name);
}

static char *mig_name(mig_arena *a, const char *z) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put_name(&t, z);
  return t.z;
}

/* Names are the same as SQLite compares them: ASCII letters fold, nothing else does. */
static int mig_same(const char *a, const char *b) {
  return a && b && sqlite3_stricmp(a, b) == 0;
}
/* 1: SQLite's words */
/* Tokens: SQLite's lexical grammar with offsets. Text is z[0..n); a NUL ends it, as in SQLite.
** Nothing here knows what is a keyword where: a bare word is a word, the readers compare it. */

typedef struct mig_span {
  size_t at, end; /* bytes of the source, end excluded; at == end: absent */
} mig_span;

static int mig_span_empty(mig_span s) { return s.at == s.end; }

enum mig_token_type {
  MIG_TK_END,
  MIG_TK_SPACE,    /* white space, or a byte order mark */
  MIG_TK_COMMENT,  /* -- to the end of the line without it, or a block, perhaps not closed */
  MIG_TK_WORD,     /* a bare identifier or keyword */
  MIG_TK_NAME,     /* "x", [x] or `x` */
  MIG_TK_STRING,   /* 'x' */
  MIG_TK_BLOB,     /* x'00' */
  MIG_TK_NUMBER,
  MIG_TK_VARIABLE, /* ?, ?1, :a, @a, #a, $a::b(c) */
  MIG_TK_OP,       /* operators and punctuation, one or more bytes */
  MIG_TK_ILLEGAL   /* SQLite refuses it; an unclosed quote reaches to the end of the text */
};

typedef struct mig_token {
  int type;
  size_t at, end;
} mig_token;

/* What a byte may be. Those beyond ASCII are parts of words. */
enum { MIG_C_DIGIT = 1, MIG_C_HEX = 2, MIG_C_WORD = 4, MIG_C_START = 8, MIG_C_SPACE = 16 };

static const unsigned char mig_byte_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0,
    0, 0, 0, 0, 14, 14, 14, 14, 14, 14, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 0, 0, 0, 0, 12, 0, 14, 14, 14, 14, 14, 14, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 0, 0, 0, 0, 0, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12};

static int mig_is_class(int c, int classes) { return (mig_byte_class[c] & classes) != 0; }

static int mig_is_digit(int c) { return mig_is_class(c, MIG_C_DIGIT); }
static int mig_is_hex(int c) { return mig_is_class(c, MIG_C_HEX); }
static int mig_is_word_start(int c) { return mig_is_class(c, MIG_C_START); }
static int mig_is_word_byte(int c) { return mig_is_class(c, MIG_C_WORD); }

/* \v is white space inside a run of it, but does not begin one. */
static int mig_is_space(int c) { return mig_is_class(c, MIG_C_SPACE); }

/* The byte at i, 0 behind the end. */
static int mig_byte(const char *z, size_t n, size_t i) { return i < n ? (unsigned char)z[i] : 0; }

static size_t mig_skip_word(const char *z, size_t n, size_t i) {
  while (i < n && mig_is_word_byte((unsigned char)z[i])) i++;
  return i;
}

/* Digits and the separators that 3.46 takes between them. */
static size_t mig_skip_digits(const char *z, size_t n, size_t i) {
  while (mig_is_digit(mig_byte(z, n, i)) || mig_byte(z, n, i) == '_') i++;
  return i;
}

static mig_token mig_read_number(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i = at;
  int c = mig_byte(z, n, at + 1);
  t.at = at;
  if (z[at] == '0' && (c == 'x' || c == 'X') && mig_is_hex(mig_byte(z, n, at + 2))) {
    for (i = at + 3; mig_is_hex(c = mig_byte(z, n, i)) || c == '_';) i++;
  } else {
    i = mig_skip_digits(z, n, i);
    if (mig_byte(z, n, i) == '.') i = mig_skip_digits(z, n, i + 1);
    c = mig_byte(z, n, i);
    if (c == 'e' || c == 'E') {
      int sign = mig_byte(z, n, i + 1) == '+' || mig_byte(z, n, i + 1) == '-';
      if (mig_is_digit(mig_byte(z, n, i + 1 + (size_t)sign))) i = mig_skip_digits(z, n, i + 2);
    }
  }
  t.end = mig_skip_word(z, n, i);
  t.type = t.end == i ? MIG_TK_NUMBER : MIG_TK_ILLEGAL;
  return t;
}

static mig_token mig_read_quoted(const char *z, size_t n, size_t at) {
  mig_token t;
  int quote = z[at] == '[' ? ']' : (unsigned char)z[at];
  size_t i;
  t.at = at;
  for (i = at + 1; mig_byte(z, n, i); i++) {
    if (mig_byte(z, n, i) != quote) continue;
    if (quote == ']' || mig_byte(z, n, i + 1) != quote) break;
    i++;
  }
  if (!mig_byte(z, n, i)) {
    t.type = MIG_TK_ILLEGAL;
    t.end = i;
  } else {
    t.type = quote == '\'' ? MIG_TK_STRING : MIG_TK_NAME;
    t.end = i + 1;
  }
  return t;
}

static mig_token mig_read_blob(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i = at + 2;
  while (mig_is_hex(mig_byte(z, n, i))) i++;
  t.at = at;
  t.type = MIG_TK_BLOB;
  if (mig_byte(z, n, i) != '\'' || (i - at) % 2) {
    t.type = MIG_TK_ILLEGAL;
    while (mig_byte(z, n, i) && z[i] != '\'') i++;
  }
  t.end = mig_byte(z, n, i) ? i + 1 : i;
  return t;
}

/* :a @a #a $a, with Tcl's $a::b and $a(anything but white space). */
static mig_token mig_read_variable(const char *z, size_t n, size_t at) {
  mig_token t;
  size_t i, named = 0;
  int c;
  t.at = at;
  t.type = MIG_TK_VARIABLE;
  for (i = at + 1; (c = mig_byte(z, n, i)) != 0; i++) {
    if (mig_is_word_byte(c)) {
      named++;
    } else if (c == '(' && named) {
      do {
        c = mig_byte(z, n, ++i);
      } while (c && !mig_is_space(c) && c != ')');
      if (c == ')') {
        i++;
      } else {
        t.type = MIG_TK_ILLEGAL;
      }
      break;
    } else if (c == ':' && mig_byte(z, n, i + 1) == ':') {
      i++;
    } else {
      break;
    }
  }
  if (!named) t.type = MIG_TK_ILLEGAL;
  t.end = i;
  return t;
}

static size_t mig_comment_end(const char *z, size_t n, size_t at) {
  size_t i = at + 2;
  int c;
  if (z[at] == '-') {
    while ((c = mig_byte(z, n, i)) != 0 && c != '\n') i++;
    return i;
  }
  for (; (c = mig_byte(z, n, i)) != 0; i++) {
    if (c == '*' && mig_byte(z, n, i + 1) == '/') return i + 2;
  }
  return i;
}

static int mig_comment_starts(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d = mig_byte(z, n, at + 1);
  return (c == '-' && d == '-') || (c == '/' && d == '*' && mig_byte(z, n, at + 2));
}

/* Length of the operator at `at`, 0 when there is none. */
static size_t mig_op_length(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d = mig_byte(z, n, at + 1);
  switch (c) {
    case '-':
      return d != '>' ? 1 : mig_byte(z, n, at + 2) == '>' ? 3 : 2;
    case '=':
      return d == '=' ? 2 : 1;
    case '<':
      return d == '=' || d == '>' || d == '<' ? 2 : 1;
    case '>':
      return d == '=' || d == '>' ? 2 : 1;
    case '!':
      return d == '=' ? 2 : 0;
    case '|':
      return d == '|' ? 2 : 1;
    default:
      return c && strchr("();+*/%,&~.", c) ? 1 : 0;
  }
}

static mig_token mig_token_of(int type, size_t at, size_t end) {
  mig_token t;
  t.type = type;
  t.at = at;
  t.end = end;
  return t;
}

/* The token at byte `at`, white space and comments included; they follow each other gapless. */
static mig_token mig_next_token(const char *z, size_t n, size_t at) {
  int c = mig_byte(z, n, at), d;
  size_t i = at;
  if (!c) return mig_token_of(MIG_TK_END, at, at);
  if (mig_is_word_start(c) && c != 0xef && c != 'x' && c != 'X') { /* most are words */
    return mig_token_of(MIG_TK_WORD, at, mig_skip_word(z, n, at + 1));
  }
  d = mig_byte(z, n, at + 1);
  if (mig_is_space(c) && c != '\v') {
    while (mig_is_space(mig_byte(z, n, i))) i++;
    return mig_token_of(MIG_TK_SPACE, at, i);
  }
  if (c == 0xef && d == 0xbb && mig_byte(z, n, at + 2) == 0xbf) {
    return mig_token_of(MIG_TK_SPACE, at, at + 3);
  }
  if (mig_comment_starts(z, n, at)) {
    return mig_token_of(MIG_TK_COMMENT, at, mig_comment_end(z, n, at));
  }
  if ((c == 'x' || c == 'X') && d == '\'') return mig_read_blob(z, n, at);
  if (mig_is_word_start(c)) return mig_token_of(MIG_TK_WORD, at, mig_skip_word(z, n, at));
  if (mig_is_digit(c) || (c == '.' && mig_is_digit(d))) return mig_read_number(z, n, at);
  if (c == '"' || c == '\'' || c == '`' || c == '[') return mig_read_quoted(z, n, at);
  if (c == ':' || c == '@' || c == '#' || c == '$') return mig_read_variable(z, n, at);
  if (c == '?') {
    for (i = at + 1; mig_is_digit(mig_byte(z, n, i));) i++;
    return mig_token_of(MIG_TK_VARIABLE, at, i);
  }
  i = mig_op_length(z, n, at);
  return i ? mig_token_of(MIG_TK_OP, at, at + i) : mig_token_of(MIG_TK_ILLEGAL, at, at + 1);
}

/* The first token at or after `at` that is no white space and no comment. */
static mig_token mig_next_significant(const char *z, size_t n, size_t at) {
  mig_token t;
  if (mig_byte(z, n, at) == ' ' && !mig_is_space(mig_byte(z, n, at + 1))) at++;
  t = mig_next_token(z, n, at);
  while (t.type == MIG_TK_SPACE || t.type == MIG_TK_COMMENT) t = mig_next_token(z, n, t.end);
  return t;
}

static int mig_token_is_all(const char *z, mig_token t, const char *word) {
  size_t length = t.end - t.at, i;
  for (i = 1; i < length; i++) { /* no two bytes of words differ in that bit alone, but letters */
    if (((z[t.at + i] ^ word[i]) & ~32) != 0) return 0;
  }
  return word[length] == 0;
}

/* Is the token this word, in any case? (Most differ at their first letter: the compiler can put
** that much in the caller's place.) */
static int mig_token_is(const char *z, mig_token t, const char *word) {
  if (t.type != MIG_TK_WORD || ((z[t.at] ^ *word) & ~32) != 0) return 0;
  return mig_token_is_all(z, t, word);
}

static int mig_token_op(const char *z, mig_token t, const char *op) {
  size_t length = t.end - t.at;
  if (t.type != MIG_TK_OP || z[t.at] != *op) return 0;
  return strlen(op) == length && memcmp(z + t.at, op, length) == 0;
}

/* From the `(` at byte `at` to behind the `)` that closes it; 0 when none does. By counting:
** SQLite takes thousands of levels. */
static size_t mig_skip_parens(const char *z, size_t n, size_t at) {
  size_t depth = 0;
  mig_token t = mig_next_significant(z, n, at);
  for (; t.type != MIG_TK_END && t.type != MIG_TK_ILLEGAL; t = mig_next_significant(z, n, t.end)) {
    if (t.type != MIG_TK_OP) continue;
    if (z[t.at] == '(') depth++;
    if (z[t.at] == ')' && --depth == 0) return t.end;
  }
  return 0;
}

/* The token's text as SQLite takes it for a name or a string: without quotes, doubled ones made
** single. NULL after a fault. */
static char *mig_dequote(mig_arena *a, const char *z, mig_token t) {
  size_t from, to = 0;
  char *copy = mig_copyn(a, z + t.at, t.end - t.at);
  char quote = (char)(z[t.at] == '[' ? ']' : z[t.at]);
  if (!copy || (t.type != MIG_TK_NAME && t.type != MIG_TK_STRING)) return copy;
  for (from = 1; from + 1 < t.end - t.at; from++) {
    copy[to++] = copy[from];
    if (copy[from] == quote) from++; /* its double: `]` never stands inside */
  }
  copy[to] = 0;
  return copy;
}

/* Is the token, taken for a name, this one? */
static int mig_token_names(mig_arena *a, const char *z, mig_token t, const char *name) {
  if (t.type != MIG_TK_WORD) return mig_same(mig_dequote(a, z, t), name);
  return strlen(name) == t.end - t.at && sqlite3_strnicmp(z + t.at, name, (int)(t.end - t.at)) == 0;
}

#define MIG_RESERVED_MAX 13 /* bytes of the longest reserved word */

/* Never a name unless quoted, by length from 2 on. (RETURNING was one before 3.35.) */
static const char *const mig_reserved_words[MIG_RESERVED_MAX - 1] = {
    "AS" "IN" "IS" "ON" "OR" "TO",
    "ADD" "ALL" "AND" "NOT" "SET",
    "CASE" "DROP" "ELSE" "FROM" "INTO" "JOIN" "NULL" "THEN" "WHEN",
    "ALTER" "CHECK" "GROUP" "INDEX" "LIMIT" "ORDER" "TABLE" "UNION" "USING" "WHERE",
    "COMMIT" "CREATE" "DELETE" "ESCAPE" "EXCEPT" "EXISTS" "HAVING" "INSERT" "ISNULL" "SELECT"
      "UNIQUE" "UPDATE" "VALUES",
    "BETWEEN" "COLLATE" "DEFAULT" "FOREIGN" "NOTHING" "NOTNULL" "PRIMARY",
    "DISTINCT",
    "INTERSECT",
    "CONSTRAINT" "DEFERRABLE" "REFERENCES",
    "TRANSACTION",
    "",
    "AUTOINCREMENT"};

/* Names, but no words of a type. */
static const char *const mig_join_words[] = {
    "CROSS", "FULL", "INDEXED", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT", 0};

/* Names that mean something else in front of certain tokens or in expressions. */
static const char *const mig_ambiguous_words[] = {
    "CAST", "COLUMN", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "FILTER", "IF", "OVER",
    "RAISE", "RETURNING", "WINDOW", "WITH", 0};

static int mig_word_in(const char *z, mig_token t, const char *const *words) {
  for (; *words; words++) {
    if (mig_token_is(z, t, *words)) return 1;
  }
  return 0;
}

static int mig_is_reserved(const char *z, mig_token t) {
  size_t n = t.end - t.at, i;
  const char *word;
  if (t.type != MIG_TK_WORD || n < 2 || n > MIG_RESERVED_MAX) return 0;
  for (word = mig_reserved_words[n - 2]; *word; word += n) {
    for (i = 0; i < n && ((z[t.at + i] ^ word[i]) & ~32) == 0; i++) {}
    if (i == n) return 1;
  }
  return 0;
}

/* Must a name be quoted to be read as that name everywhere? */
static int mig_needs_quotes(const char *name) {
  size_t n = strlen(name);
  mig_token t = mig_next_token(name, n, 0);
  return t.type != MIG_TK_WORD || t.end != n || mig_is_reserved(name, t) ||
         mig_word_in(name, t, mig_join_words) || mig_word_in(name, t, mig_ambiguous_words);
}

/* Is the statement that begins with token t a CREATE TRIGGER, whose body holds semicolons? */
static int mig_is_create_trigger(const char *z, size_t n, mig_token t) {
  if (mig_token_is(z, t, "EXPLAIN")) {
    t = mig_next_significant(z, n, t.end);
    if (mig_token_is(z, t, "QUERY")) {
      t = mig_next_significant(z, n, t.end);
      if (mig_token_is(z, t, "PLAN")) t = mig_next_significant(z, n, t.end);
    }
  }
  if (!mig_token_is(z, t, "CREATE")) return 0;
  t = mig_next_significant(z, n, t.end);
  if (mig_token_is(z, t, "OR")) { /* OR REPLACE is ours */
    t = mig_next_significant(z, n, t.end);
    if (mig_token_is(z, t, "REPLACE")) t = mig_next_significant(z, n, t.end);
  }
  if (mig_token_is(z, t, "TEMP") || mig_token_is(z, t, "TEMPORARY")) {
    t = mig_next_significant(z, n, t.end);
  }
  return mig_token_is(z, t, "TRIGGER");
}

/* A block comment that the text ends in; SQLite lets that pass. */
static int mig_comment_open(const char *z, mig_token t) {
  if (t.type != MIG_TK_COMMENT || z[t.at] != '/') return 0;
  return t.end - t.at < 4 || z[t.end - 1] != '/' || z[t.end - 2] != '*';
}

/* A quote that the text ends in; a blob with wrong digits is illegal and yet closed. */
static int mig_quote_open(const char *z, mig_token t) {
  if (t.type != MIG_TK_ILLEGAL) return 0;
  if (z[t.at] == 'x' || z[t.at] == 'X') return t.end - t.at < 3 || z[t.end - 1] != '\'';
  return strchr("'\"`[", z[t.at]) != 0;
}

/* Where a statement stands, token by token. A trigger's body begins with BEGIN and ends with the
** END that follows a semicolon; the END of a CASE never does. */
typedef struct mig_splitter {
  int trigger, body, after_semi, depth, open;
} mig_splitter;

/* Takes a significant token in; returns 1 at the semicolon that ends the statement. */
static int mig_split(mig_splitter *s, const char *z, mig_token t) {
  int semi = mig_token_op(z, t, ";");
  if (semi && !s->body) return 1;
  if (s->trigger && mig_token_is(z, t, "BEGIN")) s->body = 1;
  if (s->body && s->after_semi && mig_token_is(z, t, "END")) s->body = s->trigger = 0;
  s->after_semi = semi;
  if (mig_token_op(z, t, "(")) s->depth++;
  if (mig_token_op(z, t, ")")) s->depth--;
  s->open = mig_quote_open(z, t);
  return 0;
}

/* Finds the next statement at or after *at and moves *at behind its semicolon. The span has
** neither the semicolon nor white space and comments at its ends; empty statements are skipped.
** Returns 1 for a statement, 0 at the end of the text, -1 for one that the text ends inside of
** (an open trigger, parenthesis, quote or block comment): its span reaches to the end. */
static int mig_next_statement(const char *z, size_t n, size_t *at, mig_span *statement) {
  mig_splitter s;
  mig_token t;
  int found = 0, done = 0;
  memset(&s, 0, sizeof s);
  statement->at = statement->end = *at;
  for (t = mig_next_token(z, n, *at); t.type != MIG_TK_END; t = mig_next_token(z, n, t.end)) {
    if (t.type == MIG_TK_SPACE) continue;
    if (t.type == MIG_TK_COMMENT) {
      s.open = mig_comment_open(z, t);
      if (!s.open) continue;
      if (!found) statement->at = t.at;
      break;
    }
    if (!found && mig_token_op(z, t, ";")) continue;
    if (!found) {
      found = 1;
      statement->at = t.at;
      s.trigger = mig_is_create_trigger(z, n, t);
    }
    done = mig_split(&s, z, t);
    if (done) break;
    statement->end = t.end;
  }
  *at = t.end;
  if (done) return 1;
  if (s.open || s.body || (found && s.depth > 0)) {
    statement->end = t.end;
    return -1;
  }
  if (!found) statement->at = statement->end = t.at;
  return found;
}
/* 2: data */
/* Model: a table as plain data, each piece with its span in the CREATE TABLE text that it came
** from. The text is the truth: changes are edits of spans, never a re-print of the model. */

/* One column of a key: PRIMARY KEY, UNIQUE, a side of FOREIGN KEY, or one term of an index. Of a
** constraint that stands at its column, both spans are absent. */
typedef struct mig_key {
  const char *name;    /* the column's name, unquoted; of an index NULL: an expression */
  const char *collate; /* COLLATE of its own, or NULL; an expression's is part of it */
  int desc;
  mig_span span;       /* all of it */
  mig_span expr;       /* the same without ASC and DESC */
  mig_span name_span;  /* the name's token */
} mig_key;

enum mig_constraint_kind {
  MIG_PRIMARY_KEY = 1,
  MIG_UNIQUE,
  MIG_CHECK,
  MIG_FOREIGN_KEY,
  MIG_NOT_NULL,
  MIG_NULL, /* the word NULL, which SQLite takes and ignores */
  MIG_DEFAULT,
  MIG_COLLATE,
  MIG_GENERATED,
  MIG_DEFERRABLE, /* [NOT] DEFERRABLE ..: belongs to the foreign key read last before it */
  MIG_BARE_NAME   /* CONSTRAINT name with no constraint behind it */
};

typedef struct mig_constraint {
  int kind;
  int column;         /* index of the column that it is written at; -1: a table constraint */
  const char *name;   /* of CONSTRAINT name, unquoted; NULL: none */
  mig_span name_span; /* the name's token */
  mig_span span;      /* all of it: from CONSTRAINT, or its first word, to its last token */
  mig_span body;      /* the same without CONSTRAINT name */
  mig_span expr;      /* CHECK, GENERATED: first to last token between the parentheses; DEFAULT: the
                      ** value, sign and parentheses included; COLLATE: the name's token */
  mig_span conflict;  /* ON CONFLICT and its word */
  mig_span list;      /* the column list of a table constraint, parentheses included */
  mig_key *keys;      /* PRIMARY KEY, UNIQUE, FOREIGN KEY; of a column constraint its one column */
  int nkey;
  int autoincrement;  /* PRIMARY KEY */
  mig_span autoincrement_span;
  int stored;         /* GENERATED .. STORED */
  const char *collation; /* COLLATE */
  const char *parent; /* FOREIGN KEY: the referenced table, unquoted */
  mig_span parent_span;
  mig_key *parent_keys; /* nparent == 0: the parent's primary key is meant */
  int nparent;
  mig_span actions;   /* ON DELETE .. ON UPDATE .. MATCH .. */
  const char *on_delete, *on_update; /* as PRAGMA foreign_key_list says them */
  int deferred;       /* DEFERRABLE INITIALLY DEFERRED, wherever it is written; a table constraint
                      ** has the words in its own span, at a column they are MIG_DEFERRABLE */
  int of;             /* MIG_DEFERRABLE: index of its foreign key in constraints[], or -1 */
} mig_constraint;

/* Affinities, in SQLite's own order and letters. */
enum { MIG_BLOB = 'A', MIG_TEXT = 'B', MIG_NUMERIC = 'C', MIG_INTEGER = 'D', MIG_REAL = 'E' };

typedef struct mig_column {
  const char *name; /* unquoted */
  mig_span name_span;
  mig_span span;    /* from its name to the last token of its last constraint */
  mig_span type;    /* first to last token of the type as SQLite takes it; may be absent */
  const char *type_name; /* as PRAGMA table_xinfo says it, before it has STRICT's and the like in
                         ** capitals; "" when absent */
  int first, count; /* its constraints: constraints[first .. first+count-1], in order */
  int affinity;     /* that the type gives; STRICT tables: ANY is MIG_BLOB */
  int not_null;     /* NULL is refused: by NOT NULL, or as key of a STRICT, WITHOUT ROWID table */
  int generated, stored;
  int hidden_key;   /* part of the PRIMARY KEY */
  const char *collation; /* the last COLLATE, or NULL */
} mig_column;

typedef struct mig_table {
  const char *name;    /* unquoted, as in the text */
  const char *sql;     /* the source, NUL-terminated */
  size_t nsql;
  mig_span name_span;  /* the table's name token (without schema) */
  size_t open, close;  /* the bytes of the outer ( and ) */
  mig_column *columns;
  int ncolumn;
  mig_constraint *constraints; /* in order of appearance: the columns', then the table's */
  int nconstraint;
  int strict, without_rowid;
  mig_span strict_span, without_rowid_span; /* the options' words, without commas */
  int rowid_column;    /* index of the INTEGER PRIMARY KEY, the rowid's alias, or -1; set in a
                       ** WITHOUT ROWID table, too: its automatic index is then numbered last */
  int primary_key;     /* index into constraints, or -1 */
} mig_table;

/* CREATE INDEX as it stands in sqlite_schema. */
typedef struct mig_index {
  const char *sql, *name, *table;
  mig_span name_span, table_span;
  int unique;
  mig_span list; /* the terms, parentheses included */
  mig_key *keys;
  int nkey;
  mig_span where; /* the expression behind WHERE; may be absent */
} mig_index;

/* The head of CREATE TRIGGER. */
typedef struct mig_trigger {
  const char *sql, *name, *table;
  const char *schema, *table_schema; /* NULL: not said */
  mig_span name_span, table_span;    /* without schema */
  int temp;
  char time;  /* 'B'efore, 'A'fter (also when nothing is said), 'I'nstead of */
  char event; /* 'D'elete, 'I'nsert, 'U'pdate */
  mig_key *columns; /* UPDATE OF */
  int ncolumn;
  size_t rest; /* where FOR EACH ROW, WHEN or BEGIN stands */
} mig_trigger;

static int mig_find_column(const mig_table *t, const char *name) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (mig_same(t->columns[i].name, name)) return i;
  }
  return -1;
}

/* The text of a span, copied; "" when absent; NULL after a fault. */
static char *mig_span_text(mig_arena *a, const char *sql, mig_span s) {
  return mig_copyn(a, sql + s.at, s.end - s.at);
}
/* Operations: the actions of one ALTER TABLE statement as data, in their order. */

enum mig_op_kind {
  MIG_ADD_COLUMN = 1,
  MIG_DROP_COLUMN,
  MIG_RENAME_COLUMN,
  MIG_RENAME_TABLE,
  MIG_RENAME_CONSTRAINT,
  MIG_SET_TYPE,
  MIG_SET_DEFAULT,
  MIG_DROP_DEFAULT,
  MIG_SET_NOT_NULL,
  MIG_DROP_NOT_NULL,
  MIG_SET_EXPRESSION,
  MIG_DROP_EXPRESSION,
  MIG_ADD_GENERATED,
  MIG_SET_AUTOINCREMENT,
  MIG_DROP_AUTOINCREMENT,
  MIG_MOVE_COLUMN,
  MIG_ADD_CONSTRAINT,
  MIG_DROP_CONSTRAINT,
  MIG_SET_STRICT,
  MIG_DROP_STRICT,
  MIG_SET_WITHOUT_ROWID,
  MIG_DROP_WITHOUT_ROWID
};

/* Texts are copies of the statement's own words, comments and white space at both ends cut off;
** inner comments stay. A text that would end inside a line comment cannot occur. */
typedef struct mig_op {
  struct mig_op *next;
  int kind;
  size_t at;         /* where the action begins in the statement */
  size_t name_at;    /* where `name` stands, for errors */
  const char *name;  /* the column or constraint spoken of, unquoted; ADD: the new one's or NULL */
  const char *to;    /* RENAME ..: the new name, unquoted */
  const char
      *text; /* ADD COLUMN: the column-def without position; ADD CONSTRAINT: all of it, with
             ** CONSTRAINT name; TYPE: the type; DEFAULT: the value as written; generated:
             ** the expression without its parentheses; SET NOT NULL: ON CONFLICT .. or NULL */
  const char *collate;    /* TYPE .. COLLATE name; NULL: keep */
  const char *using_expr; /* TYPE .. USING expr; NULL: convert by affinity */
  const char *after;      /* AFTER column; NULL: none */
  int first;              /* FIRST */
  int if_exists, if_not_exists, cascade;
  int constraint;         /* ADD CONSTRAINT: its mig_constraint_kind */
  int stored;             /* ADD GENERATED .. STORED */
  int bare;               /* DROP STRICT, DROP WITHOUT ROWID without COLUMN or quotes */
} mig_op;

typedef struct mig_alter {
  const char *sql;    /* the whole statement */
  const char *schema; /* NULL: not said */
  const char *table;
  size_t table_at;
  int if_exists;
  mig_op *first, *last;
  int count;
} mig_alter;
/* Catalog: the rows of one sqlite_master as plain data, found by the name of their table. */

typedef struct mig_object {
  struct mig_object *next; /* the next of the same bucket */
  struct mig_object *alike; /* the next of the same bucket of names */
  sqlite3_int64 rowid;
  const char *type;  /* "table", "index", "view", "trigger" */
  const char *name;
  const char *table; /* tbl_name: of a table or view its own name */
  const char *sql;   /* NULL: an automatic index */
  int reload;        /* number of the reload that it waits for to read as its text says */
  int renamed;       /* .. and to be known under its name */
} mig_object;

/* A name that stands in an object's text where it may mean a table. */
typedef struct mig_mention {
  struct mig_mention *next; /* the next of the same bucket, in the order of sqlite_master */
  mig_object *object;
  unsigned hash; /* of the name; another name may share it */
} mig_mention;

typedef struct mig_catalog {
  struct mig_catalog *next; /* another database's, of those at hand */
  mig_arena memory;         /* all that it holds, itself included */
  const char *schema; /* "main", "temp" or the name of an attached database */
  int has_virtual;    /* some table is virtual: others may belong to it */
  const char *scratch; /* migrate_scratch_ and a number that no name begins with; NULL: not yet
                       ** looked for */
  mig_object *v;      /* in the order of sqlite_master */
  int n, cap;
  mig_object **bucket, **names;
  mig_mention **mentions; /* NULL until they are asked for */
  unsigned nbucket; /* of all three; a power of two */
} mig_catalog;

static unsigned mig_hash_name(const char *z) {
  unsigned h = 2166136261u;
  for (; *z; z++) {
    unsigned char c = (unsigned char)*z;
    h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
  }
  return h;
}

static mig_object **mig_catalog_bucket(const mig_catalog *c, mig_object **of, const char *name) {
  return &of[mig_hash_name(name) & (c->nbucket - 1)];
}

/* Puts an object into its buckets; each chain is in the order of sqlite_master. */
static void mig_catalog_enter(mig_catalog *c, mig_object *o) {
  mig_object **p = mig_catalog_bucket(c, c->bucket, o->table);
  while (*p && *p < o) p = &(*p)->next;
  o->next = *p;
  *p = o;
  p = mig_catalog_bucket(c, c->names, o->name);
  while (*p && *p < o) p = &(*p)->alike;
  o->alike = *p;
  *p = o;
}

static void mig_catalog_leave(mig_catalog *c, mig_object *o) {
  mig_object **p = mig_catalog_bucket(c, c->bucket, o->table);
  while (*p != o) p = &(*p)->next;
  *p = o->next;
  p = mig_catalog_bucket(c, c->names, o->name);
  while (*p != o) p = &(*p)->alike;
  *p = o->alike;
}

static void mig_catalog_index(mig_catalog *c) {
  int i;
  c->nbucket = 64;
  while ((int)c->nbucket < c->n) c->nbucket *= 2;
  c->bucket = (mig_object **)mig_array(&c->memory, c->nbucket, sizeof(mig_object *));
  c->names = (mig_object **)mig_array(&c->memory, c->nbucket, sizeof(mig_object *));
  for (i = c->n - 1; c->names && i >= 0; i--) mig_catalog_enter(c, &c->v[i]);
}

/* The first object whose table is `table`, or the next one after o; NULL at the end. */
static mig_object *mig_objects_of(const mig_catalog *c, const char *table, mig_object *o) {
  if (!c->names) return 0;
  o = o ? o->next : c->bucket[mig_hash_name(table) & (c->nbucket - 1)];
  while (o && !mig_same(o->table, table)) o = o->next;
  return o;
}

/* The table or view of a name. */
static mig_object *mig_catalog_table(const mig_catalog *c, const char *name) {
  mig_object *o = 0;
  while ((o = mig_objects_of(c, name, o)) != 0) {
    if (mig_same(o->name, name) && (*o->type == 't' || *o->type == 'v') &&
        strcmp(o->type, "trigger") != 0) {
      return o;
    }
  }
  return 0;
}

static int mig_is_type(const mig_object *o, const char *type) { return strcmp(o->type, type) == 0; }

static int mig_is_virtual_text(const char *sql) {
  size_t n = sql ? strlen(sql) : 0;
  mig_token k;
  if (!n) return 0;
  k = mig_next_significant(sql, n, 0);
  return mig_token_is(sql, mig_next_significant(sql, n, k.end), "VIRTUAL");
}

static int mig_is_virtual(const mig_object *o) {
  return mig_is_type(o, "table") && mig_is_virtual_text(o->sql);
}

/* The object of a name and type; without a type any but triggers, whose names are their own. */
static mig_object *mig_catalog_find(const mig_catalog *c, const char *name, const char *type) {
  mig_object *o = c->names ? *mig_catalog_bucket(c, c->names, name) : 0;
  while (o && !(mig_same(o->name, name) &&
                (type ? mig_is_type(o, type) : !mig_is_type(o, "trigger")))) {
    o = o->alike;
  }
  return o;
}

/* Is the name taken for tables, views and indexes? */
static int mig_is_taken(const mig_catalog *c, const char *name) {
  return mig_catalog_find(c, name, 0) != 0;
}

/* Do the bytes of a name occur in a text, in any case? Cheap and only a first sieve. */
static int mig_mentions(const char *text, const char *name) {
  size_t n = strlen(name), i;
  int lower = name[0] >= 'A' && name[0] <= 'Z' ? name[0] + 32 : name[0];
  int upper = name[0] >= 'a' && name[0] <= 'z' ? name[0] - 32 : name[0];
  if (!text) return 0;
  if (strpbrk(name, "\"`]'")) return 1; /* may be written doubled: let the caller look closely */
  for (i = 0; text[i]; i++) {
    if (text[i] != (char)lower && text[i] != (char)upper) continue;
    if (sqlite3_strnicmp(text + i, name, (int)n) == 0) return 1;
  }
  return n == 0;
}

/* Is the name one of the tokens of an SQL text? */
static int mig_mentions_token(mig_arena *a, const char *sql, const char *name) {
  size_t n;
  mig_token k;
  if (!mig_mentions(sql, name)) return 0;
  n = strlen(sql);
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    if (mig_token_names(a, sql, k, name)) return 1;
  }
  return 0;
}

/* ---- who speaks of a table ---- */

static void mig_mention_name(mig_catalog *c, mig_object *o, mig_token k) {
  mig_mention **head, *x;
  const char *name = mig_dequote(&c->memory, o->sql, k);
  unsigned hash;
  if (!name) return;
  hash = mig_hash_name(name);
  head = &c->mentions[hash & (c->nbucket - 1)];
  for (x = *head; x && x->object == o; x = x->next) {
    if (x->hash == hash) return;
  }
  x = (mig_mention *)mig_alloc(&c->memory, sizeof *x);
  if (!x) return;
  x->object = o;
  x->hash = hash;
  x->next = *head;
  *head = x;
}

/* Takes in the names of one text: of a table those behind REFERENCES, of anything else all. An
** index speaks of its own table alone. */
static void mig_mention_object(mig_catalog *c, mig_object *o) {
  int all = !mig_is_type(o, "table") || mig_is_virtual(o);
  size_t n;
  mig_token before, k;
  if (!o->sql || mig_is_type(o, "index")) return;
  if (!all && !mig_mentions(o->sql, "references")) return;
  n = strlen(o->sql);
  before = mig_token_of(MIG_TK_END, 0, 0);
  for (k = mig_next_significant(o->sql, n, 0); k.type != MIG_TK_END && !mig_failed(&c->memory);
       before = k, k = mig_next_significant(o->sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    if (all || mig_token_is(o->sql, before, "REFERENCES")) mig_mention_name(c, o, k);
  }
}

static void mig_catalog_mentions(mig_catalog *c) {
  int i;
  c->mentions = (mig_mention **)mig_array(&c->memory, c->nbucket, sizeof(mig_mention *));
  for (i = c->n - 1; i >= 0 && !mig_failed(&c->memory); i--) mig_mention_object(c, &c->v[i]);
}

/* The views, triggers, virtual tables and tables with foreign keys whose texts may speak of a table
** or view: the first, or the one behind `x`. A sieve: the caller looks closely. */
static const mig_mention *mig_next_mention(mig_catalog *c, const char *name,
                                           const mig_mention *x) {
  unsigned hash = mig_hash_name(name);
  if (!c->mentions) mig_catalog_mentions(c);
  if (mig_failed(&c->memory)) return 0;
  x = x ? x->next : c->mentions[hash & (c->nbucket - 1)];
  while (x && x->hash != hash) x = x->next;
  return x;
}

/* An object at hand got another text. */
static void mig_catalog_retext(mig_catalog *c, mig_object *o, const char *sql) {
  o->sql = mig_copy(&c->memory, sql);
  if (o->sql && c->mentions) mig_mention_object(c, o);
}

/* An object at hand, which is a table or belongs to one, got another name. */
static void mig_catalog_rename(mig_catalog *c, mig_object *o, const char *name,
                               const char *table) {
  char *own = mig_copy(&c->memory, name), *its = mig_copy(&c->memory, table);
  if (!own || !its) return;
  mig_catalog_leave(c, o);
  o->name = own;
  o->table = its;
  mig_catalog_enter(c, o);
  c->scratch = 0; /* it may begin like that */
}
/* Statements: what is going to be run, as data, before any of it runs. */

enum mig_statement_kind {
  MIG_S_SCHEMA = 1, /* DDL that SQLite runs as it stands */
  MIG_S_NATIVE,     /* a native ALTER that fails beside a broken view: those are put aside */
  MIG_S_EDIT,       /* writes sqlite_master; takes effect with the next reload */
  MIG_S_RELOAD,     /* PRAGMA schema_version: the edits take effect, everywhere */
  MIG_S_DATA,       /* writes rows */
  MIG_S_CHECK,      /* must answer no row; a row is the identity of one that breaks a rule */
  MIG_S_COUNT,      /* answers a number, remembered in its slot */
  MIG_S_NOT_MORE,   /* answers a number that must not exceed the slot's */
  MIG_S_SCRIPT,     /* a statement of the user's */
  MIG_S_VERSION,    /* rows of the version table and the journal */
  MIG_S_FRAME       /* BEGIN, COMMIT, settings */
};

/* A copy that may run range by range, for whoever wants to hear of it and to stop it. */
typedef struct mig_ranges {
  const char *head, *tail; /* of the INSERT: the WHERE goes in between */
  const char *source;      /* FROM "schema"."table" AS "name" NOT INDEXED */
  const char *count;       /* asks how many rows there are */
  const char *key;         /* what orders the rows, a list of nkey terms */
  int nkey;
} mig_ranges;

typedef struct mig_statement {
  struct mig_statement *next;
  int kind;
  const char *sql;       /* of an EDIT of one text mig_text_edit_sql() */
  const char *reason;    /* why this statement; never NULL */
  const char *schema;    /* EDIT: the database that it edits */
  const char *complaint; /* CHECK, NOT_MORE: what the rows do wrong */
  const char *diagnose;  /* DATA, SCHEMA, NOT_MORE: a query that finds the rows after a failure */
  struct mig_statement *suspects; /* DATA: checks that find the rows after a failure */
  const mig_ranges *ranges;       /* DATA: the copy in parts; NULL: only as a whole */
  const char *parameter; /* bound to ?1, for texts too long to be written out */
  int slot;              /* COUNT, NOT_MORE */
  mig_object *object;    /* EDIT of one text: of which object at hand; NULL: other edits */
  const char *text;      /* the text that it becomes; NULL: it has none */
  const char *name, *table; /* likewise, where those change, too; else NULL. NATIVE: RENAME TO
                               makes this table of that name */
  int respells;          /* NATIVE: SQLite may have put its own quotes into other texts */
  int same_columns;      /* .. and rows of its table read as they did before */
  const char *reads[2];  /* CHECK: the tables whose rows it reads, of `schema`; NULL: unknown */
} mig_statement;

typedef struct mig_statements {
  mig_arena *a;
  const char *strategy; /* the rung of the ladder, for the lists */
  const char *why;      /* why this rung: said by the first statement that changes something */
  mig_statement *first, *last;
  int slots;
} mig_statements;

static mig_statement *mig_emit(mig_statements *list, int kind, const char *sql,
                               const char *reason) {
  mig_statement *s = (mig_statement *)mig_alloc(list->a, sizeof *s);
  if (!s || !sql) return 0;
  s->kind = kind;
  s->sql = sql;
  s->reason = reason ? reason : "";
  if (list->why && kind != MIG_S_CHECK && kind != MIG_S_COUNT) {
    s->reason = mig_format(list->a, "%s: %s", list->why, s->reason);
    list->why = 0;
  }
  if (list->last) list->last->next = s;
  else list->first = s;
  list->last = s;
  return s;
}

#define MIG_LONG_TEXT 200000 /* above, a text is bound: statements have a limit */

/* What an edit of one text would be, written out. */
static const char *mig_text_edit_sql(mig_arena *a, const mig_statement *s) {
  mig_text z;
  mig_text_init(&z, a);
  mig_put(&z, "UPDATE ");
  mig_put_object(&z, s->schema, "sqlite_master");
  mig_put(&z, " SET sql = ");
  if (!s->text) mig_put(&z, "NULL");
  else if (strlen(s->text) > MIG_LONG_TEXT) mig_put(&z, "?1");
  else mig_put_string(&z, s->text);
  if (s->name) mig_putf(&z, ", name = %Q, tbl_name = %Q", s->name, s->table);
  mig_putf(&z, " WHERE rowid = %lld AND type = %Q AND name = %Q", s->object->rowid,
           s->object->type, s->object->name);
  return mig_text_z(&z);
}

static const char *mig_kind_name(int kind) {
  switch (kind) {
    case MIG_S_DATA: return "data";
    case MIG_S_CHECK:
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE: return "check";
    case MIG_S_SCRIPT: return "script";
    case MIG_S_VERSION: return "version";
    case MIG_S_FRAME: return "frame";
    default: return "schema";
  }
}

/* Does the text end in a line comment, which would hide a semicolon? */
static int mig_ends_in_comment(const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_token k;
  do {
    k = mig_next_token(sql, n, at);
    at = k.end;
  } while (k.type != MIG_TK_END && at < n);
  return k.type == MIG_TK_COMMENT && sql[k.at] == '-';
}

/* The statement with its semicolon. */
static void mig_put_statement(mig_text *z, const char *sql) {
  size_t n = sql ? strlen(sql) : 0;
  if (!n) return;
  mig_put(z, sql);
  if (mig_ends_in_comment(sql)) mig_put(z, "\n");
  if (sql[n - 1] != ';' || mig_ends_in_comment(sql)) mig_put(z, ";");
}
/* Settings: the keys of migrate.ini and of migrate_set() as one table, their values checked when
** they are given, and the reader of migrate.ini. Text to data: the file's bytes and the process
** environment come in from the caller.
**
** A key has up to three values: its default, the file's, the program's; the later wins. All three
** are kept as text, so that taking the program's value back uncovers the file's. */

/* kind, key, default. Kinds: NAME is text that may not be empty, TEXT may, ZONE is a time zone,
** WORD is one of the words of mig_words, by default the one that means 0. `file` says which
** migrate.ini is read and cannot be in one. */
#define MIG_SETTINGS(X)                                                                \
  X(TEXT, file, "")                                                                    \
  X(NAME, script_location, "migrations")                                               \
  X(TEXT, version_locations, "")                                                       \
  X(NAME, file_template,                                                               \
    "%(year)d%(month).2d%(day).2d_%(hour).2d%(minute).2d_%(rev)s_%(slug)s")            \
  X(ZONE, timezone, "utc")                                                             \
  X(INT, truncate_slug_length, 40)                                                     \
  X(TEXT, target, "")                                                                  \
  X(TEXT, include, "")                                                                 \
  X(TEXT, exclude, "")                                                                 \
  X(NAME, version_table, "alembic_version")                                            \
  X(BOOL, journal, on)                                                                 \
  X(BOOL, compare_type, on)                                                            \
  X(BOOL, compare_server_default, on)                                                  \
  X(BOOL, transaction_per_migration, off)                                              \
  X(WORD, rebuild, auto)                                                               \
  X(WORD, dialect, sqlite)                                                             \
  X(INT, busy_timeout, 5000)                                                           \
  X(INT, lint_rows, 100000)                                                            \
  X(WORD, log_level, off)                                                              \
  X(BOOL, progress, off)                                                               \
  X(TEXT, backup, "")                                                                  \
  X(BOOL, backup_keep, on)

enum { MIG_KIND_NAME, MIG_KIND_TEXT, MIG_KIND_ZONE, MIG_KIND_BOOL, MIG_KIND_INT, MIG_KIND_WORD };

#define MIG_TYPE_NAME const char *
#define MIG_TYPE_TEXT const char *
#define MIG_TYPE_ZONE const char *
#define MIG_TYPE_BOOL int
#define MIG_TYPE_INT int
#define MIG_TYPE_WORD int

#define MIG_SETTING_ENUM(kind, key, value) MIG_SETTING_##key,
enum { MIG_SETTINGS(MIG_SETTING_ENUM) MIG_SETTING_COUNT };

enum { MIG_REBUILD_AUTO, MIG_REBUILD_PORTABLE, MIG_REBUILD_HOSTED }; /* the setting rebuild */
enum { MIG_DIALECT_SQLITE, MIG_DIALECT_D1 };                          /* dialect */
enum { MIG_FROM_FILE, MIG_FROM_PROGRAM, MIG_FROM_COUNT };

#define MIG_SETTING_FIELD(kind, key, value) MIG_TYPE_##kind key;
typedef struct mig_settings {
  MIG_SETTINGS(MIG_SETTING_FIELD) /* the values in force */
  const char *given[MIG_FROM_COUNT][MIG_SETTING_COUNT]; /* as text; NULL: not given */
  const char *ini;    /* the migrate.ini that was read; NULL: none */
  const char *folder; /* its folder, where relative paths begin; NULL: the current one */
  const char *env_sql; /* the text of env.sql, NULL: none; with its path */
  const char *env_path;
} mig_settings;

/* A default as a value, for a launch that reads no text of a setting, and as text. */
enum { MIG_IS_off, MIG_IS_on };
#define MIG_VALUE_NAME(value) value
#define MIG_VALUE_TEXT(value) value
#define MIG_VALUE_ZONE(value) value
#define MIG_VALUE_BOOL(value) MIG_IS_##value
#define MIG_VALUE_INT(value) value
#define MIG_VALUE_WORD(value) 0

#define MIG_SAID_NAME(value) value
#define MIG_SAID_TEXT(value) value
#define MIG_SAID_ZONE(value) value
#define MIG_SAID_BOOL(value) #value
#define MIG_SAID_INT(value) #value
#define MIG_SAID_WORD(value) #value

#define MIG_SETTING_INIT(kind, key, value) s->key = MIG_VALUE_##kind(value);
static void mig_settings_init(mig_settings *s) {
  memset(s, 0, sizeof(*s));
  MIG_SETTINGS(MIG_SETTING_INIT)
}

typedef struct mig_setting {
  const char *key, *value; /* value: the default */
  int kind;
  size_t offset; /* of the field in mig_settings */
} mig_setting;

#define MIG_SETTING_ROW(kind, key, value) \
  {#key, MIG_SAID_##kind(value), MIG_KIND_##kind, offsetof(mig_settings, key)},
static const mig_setting mig_setting_table[] = {MIG_SETTINGS(MIG_SETTING_ROW)};

typedef struct mig_setting_word {
  int setting;
  const char *word;
  int value;
} mig_setting_word;

static const mig_setting_word mig_words[] = {
  {MIG_SETTING_rebuild, "auto", MIG_REBUILD_AUTO},
  {MIG_SETTING_rebuild, "portable", MIG_REBUILD_PORTABLE},
  {MIG_SETTING_rebuild, "hosted", MIG_REBUILD_HOSTED},
  {MIG_SETTING_dialect, "sqlite", MIG_DIALECT_SQLITE},
  {MIG_SETTING_dialect, "d1", MIG_DIALECT_D1},
  {MIG_SETTING_log_level, "off", 0},
  {MIG_SETTING_log_level, "debug", MIGRATE_DEBUG},
  {MIG_SETTING_log_level, "info", MIGRATE_INFO},
  {MIG_SETTING_log_level, "warning", MIGRATE_WARNING},
  {MIG_SETTING_log_level, "error", MIGRATE_ERROR},
};
#define MIG_WORD_COUNT ((int)(sizeof(mig_words) / sizeof(mig_words[0])))

/* ---- keys ---- */

/* The index of a key, or -1. */
static int mig_setting_find(const char *key) {
  int i;
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    if (mig_same(mig_setting_table[i].key, key)) return i;
  }
  return -1;
}

#define MIG_KEY_MAX 32 /* longer words are no misspelt key */

/* The number of letters to insert, delete or replace to get from a to b (Levenshtein). */
static int mig_distance(const char *a, const char *b) {
  int row[MIG_KEY_MAX + 1], na = (int)strlen(a), nb = (int)strlen(b), i, j;
  if (na > MIG_KEY_MAX || MIG_NEVER(nb > MIG_KEY_MAX)) return MIG_KEY_MAX; /* b is one of ours */
  for (j = 0; j <= nb; j++) row[j] = j;
  for (i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (j = 1; j <= nb; j++) {
      int best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[nb];
}

/* The known key that a misspelt one most likely means; NULL: none is near. */
static const char *mig_setting_guess(const char *key) {
  const char *guess = 0;
  int best = (int)strlen(key) / 3 + 1, i;
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    int d = mig_distance(key, mig_setting_table[i].key);
    if (d > best || (guess && d == best)) continue;
    best = d;
    guess = mig_setting_table[i].key;
  }
  return guess;
}

/* Whether a word may be repeated in a message. Only what looks like a key may: the file that was
** named by mistake could be a secret one. */
static int mig_key_shape(const char *key) {
  size_t i;
  for (i = 0; key[i]; i++) {
    if (i >= MIG_KEY_MAX || !((key[i] >= 'a' && key[i] <= 'z') || key[i] == '_')) return 0;
  }
  return i > 0;
}

static int mig_unknown_key(mig_arena *a, const char *key) {
  const char *guess = mig_setting_guess(key);
  mig_text all;
  int i;
  if (guess) {
    return mig_fail(a, MIGRATE_CONFIG, "unknown setting %s; did you mean %s?", key, guess);
  }
  mig_text_init(&all, a);
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    mig_putf(&all, "%s%s", i ? ", " : "", mig_setting_table[i].key);
  }
  return mig_fail(a, MIGRATE_CONFIG, "unknown setting%s%s; the settings are %s",
                  mig_key_shape(key) ? " " : "", mig_key_shape(key) ? key : "",
                  mig_text_z(&all));
}

/* ---- values ---- */

/* Reads a boolean word: 1, 0, or -1 for none. */
static int mig_bool(const char *z) {
  static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};
  int i;
  for (i = 0; i < 8; i++) {
    if (mig_same(words[i], z)) return i % 2;
  }
  return -1;
}

/* Reads a whole decimal number from 0 on; -1: it is none, or too large. */
static int mig_number(const char *z) {
  int n = 0;
  if (!*z) return -1;
  for (; *z; z++) {
    if (*z < '0' || *z > '9' || n > (INT_MAX - 9) / 10) return -1;
    n = n * 10 + (*z - '0');
  }
  return n;
}

enum { MIG_ZONE_BAD = -1, MIG_ZONE_FIXED, MIG_ZONE_LOCAL, MIG_ZONE_NAMED };

static int mig_two_digits(const char *z) {
  if (z[0] < '0' || z[0] > '9' || z[1] < '0' || z[1] > '9') return -1;
  return (z[0] - '0') * 10 + (z[1] - '0');
}

/* Whether a text looks like the name of a time zone, Europe/Berlin: a file is called so. */
static int mig_is_zone_name(const char *z) {
  size_t i, n = strlen(z);
  for (i = 0; i < n; i++) {
    int c = (unsigned char)z[i];
    int letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    int begins = i == 0 || z[i - 1] == '/';
    if (!letter && (begins || !strchr("0123456789_+-/", c))) return 0;
  }
  return n > 0 && n <= 64 && z[n - 1] != '/';
}

/* Reads a time zone: utc (or nothing), local, an offset +HH:MM, +HHMM, +HH, each also behind utc,
** or the name of a place, for which the files of the system are asked when it is needed. */
static int mig_zone(const char *z, int *minutes) {
  int sign, hour, minute = 0;
  *minutes = 0;
  if (mig_same(z, "local")) return MIG_ZONE_LOCAL;
  if (sqlite3_strnicmp(z, "utc", 3) == 0) z += 3;
  if (!*z) return MIG_ZONE_FIXED;
  if (*z != '+' && *z != '-') return mig_is_zone_name(z) ? MIG_ZONE_NAMED : MIG_ZONE_BAD;
  sign = *z == '-' ? -1 : 1;
  hour = mig_two_digits(++z);
  if (hour < 0 || hour > 23) return MIG_ZONE_BAD;
  z += 2;
  if (*z == ':') z++;
  if (*z) {
    minute = mig_two_digits(z);
    if (minute < 0 || minute > 59 || z[2]) return MIG_ZONE_BAD;
  } else if (z[-1] == ':') {
    return MIG_ZONE_BAD;
  }
  *minutes = sign * (hour * 60 + minute);
  return MIG_ZONE_FIXED;
}

/* What a value of a setting looks like, for messages. */
static char *mig_setting_shape(mig_arena *a, int setting) {
  mig_text t;
  int i;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL: return mig_copy(a, "on or off");
    case MIG_KIND_INT: return mig_copy(a, "a whole number");
    case MIG_KIND_ZONE:
      return mig_copy(a, "utc, local, an offset such as +02:00 or a name such as Europe/Berlin");
    case MIG_KIND_WORD: break;
    default: return mig_copy(a, "a text that is not empty");
  }
  mig_text_init(&t, a);
  for (i = 0; i < MIG_WORD_COUNT; i++) {
    if (mig_words[i].setting != setting) continue;
    mig_putf(&t, "%s%s", t.n ? ", " : "one of ", mig_words[i].word);
  }
  return t.z;
}

static int mig_word_value(int setting, const char *value) {
  int i;
  for (i = 0; i < MIG_WORD_COUNT; i++) {
    if (mig_words[i].setting == setting && mig_same(mig_words[i].word, value)) {
      return mig_words[i].value;
    }
  }
  return -1;
}

/* The number that a value means (0 for a text that is right), or -1 when it is not valid. */
static int mig_setting_value(int setting, const char *value) {
  int minutes;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL: return mig_bool(value);
    case MIG_KIND_INT: return mig_number(value);
    case MIG_KIND_WORD: return mig_word_value(setting, value);
    case MIG_KIND_ZONE: return mig_zone(value, &minutes) == MIG_ZONE_BAD ? -1 : 0;
    case MIG_KIND_NAME: return *value ? 0 : -1;
    default: return 0;
  }
}

/* The text in force: the program's, else the file's, else the default. */
static const char *mig_setting_text(const mig_settings *s, int setting) {
  if (s->given[MIG_FROM_PROGRAM][setting]) return s->given[MIG_FROM_PROGRAM][setting];
  if (s->given[MIG_FROM_FILE][setting]) return s->given[MIG_FROM_FILE][setting];
  return mig_setting_table[setting].value;
}

static void mig_setting_apply(mig_settings *s, int setting) {
  const char *value = mig_setting_text(s, setting);
  void *field = (char *)s + mig_setting_table[setting].offset;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL:
    case MIG_KIND_INT:
    case MIG_KIND_WORD: *(int *)field = mig_setting_value(setting, value); break;
    default: *(const char **)field = value;
  }
}

/* Gives a setting a value, from MIG_FROM_FILE or MIG_FROM_PROGRAM; NULL takes it back. */
static int mig_settings_put(mig_arena *a, mig_settings *s, const char *key, const char *value,
                            int from) {
  int setting = mig_setting_find(key);
  if (mig_failed(a)) return a->fault->code;
  if (setting < 0) return mig_unknown_key(a, key);
  if (value && mig_setting_value(setting, value) < 0) {
    return mig_fail(a, MIGRATE_CONFIG, "setting %s must be %s, not '%.40s'",
                    mig_setting_table[setting].key, mig_setting_shape(a, setting), value);
  }
  value = mig_copy(a, value);
  if (mig_failed(a)) return a->fault->code;
  s->given[from][setting] = value;
  mig_setting_apply(s, setting);
  return MIGRATE_OK;
}

/* ---- migrate.ini ---- */

/* Looks up a variable of the process environment; NULL: not set. */
typedef const char *(*mig_lookup)(void *arg, const char *name);

static int mig_ini_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static int mig_is_variable(char c, int first) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_') return 1;
  return !first && c >= '0' && c <= '9';
}

/* The n bytes of a value with each ${NAME} replaced; $${ stands for ${ itself. */
static char *mig_expand(mig_arena *a, const char *z, size_t n, mig_lookup lookup, void *arg) {
  mig_text t;
  size_t i, end;
  mig_text_init(&t, a);
  mig_putn(&t, "", 0);
  for (i = 0; i < n && !mig_failed(a); i = end) {
    const char *name, *value;
    end = i + 1;
    if (z[i] == '$' && i + 2 < n && z[i + 1] == '$' && z[i + 2] == '{') {
      mig_put(&t, "${");
      end = i + 3;
      continue;
    }
    if (z[i] != '$' || end >= n || z[end] != '{') {
      mig_putn(&t, z + i, 1);
      continue;
    }
    for (end++; end < n && mig_is_variable(z[end], end == i + 2); end++) {}
    if (end >= n || z[end] != '}' || end == i + 2) {
      mig_fail(a, MIGRATE_CONFIG, "${ needs a name and a closing }; $${ stands for itself");
      return 0;
    }
    name = mig_copyn(a, z + i + 2, end - i - 2);
    value = name ? lookup(arg, name) : 0;
    if (name && !value) {
      mig_fail(a, MIGRATE_CONFIG, "environment variable %s is not set", name);
    } else if (value) {
      mig_put(&t, value);
    }
    end++;
  }
  return t.z;
}

/* One line `key = value`, without blanks at its ends. */
static void mig_ini_pair(mig_arena *a, mig_settings *s, const char *z, size_t n, mig_lookup lookup,
                         void *arg) {
  size_t equals, nkey, from;
  char *key, *value;
  int setting;
  for (equals = 0; equals < n && z[equals] != '='; equals++) {}
  if (equals == n) {
    mig_fail(a, MIGRATE_CONFIG, "neither a comment, a [section] nor key = value");
    return;
  }
  for (nkey = equals; nkey && mig_ini_blank(z[nkey - 1]); nkey--) {}
  for (from = equals + 1; from < n && mig_ini_blank(z[from]); from++) {}
  key = mig_copyn(a, z, nkey);
  if (!key) return;
  setting = mig_setting_find(key);
  if (setting == MIG_SETTING_file) {
    mig_fail(a, MIGRATE_CONFIG, "setting file says which migrate.ini is read, it cannot be in one");
    return;
  }
  if (setting >= 0 && s->given[MIG_FROM_FILE][setting]) {
    mig_fail(a, MIGRATE_CONFIG, "setting %s is given twice", mig_setting_table[setting].key);
    return;
  }
  value = setting < 0 ? key : mig_expand(a, z + from, n - from, lookup, arg);
  if (value) mig_settings_put(a, s, key, value, MIG_FROM_FILE);
}

/* [migrate], or [alembic] in a file that is carried over. Others are an error: a misspelt section
** would silently turn off all that follows. */
static void mig_ini_section(mig_arena *a, const char *z, size_t n) {
  if (n == 9 && (memcmp(z, "[migrate]", 9) == 0 || memcmp(z, "[alembic]", 9) == 0)) return;
  mig_fail(a, MIGRATE_CONFIG, "unknown section; settings stand under [migrate]");
}

/* Reads the text of a migrate.ini; `file` names it in messages. The values that an earlier file
** gave are forgotten. */
static int mig_settings_read(mig_arena *a, mig_settings *s, const char *file, const char *z,
                             size_t n, mig_lookup lookup, void *arg) {
  size_t at, end;
  int line = 0, i;
  if (mig_failed(a)) return a->fault->code;
  for (i = 0; i < MIG_SETTING_COUNT; i++) s->given[MIG_FROM_FILE][i] = 0;
  at = n >= 3 && memcmp(z, "\357\273\277", 3) == 0 ? 3 : 0;
  for (; at < n && !mig_failed(a); at = end + 1) {
    size_t from = at, to;
    for (end = at; end < n && z[end] != '\n'; end++) {}
    line++;
    for (to = end; to > from && mig_ini_blank(z[to - 1]); to--) {}
    while (from < to && mig_ini_blank(z[from])) from++;
    if (memchr(z + at, 0, end - at)) {
      mig_fail(a, MIGRATE_CONFIG, "a NUL byte; the file is not a text");
    } else if (from == to || z[from] == '#' || z[from] == ';') {
      continue;
    } else if (z[from] == '[') {
      mig_ini_section(a, z + from, to - from);
    } else {
      mig_ini_pair(a, s, z + from, to - from, lookup, arg);
    }
  }
  for (i = 0; i < MIG_SETTING_COUNT; i++) mig_setting_apply(s, i);
  mig_fault_context(a, "%s:%d: ", file, line);
  return a->fault->code;
}

/* ---- paths ---- */

static int mig_path_is_absolute(const char *path) {
  if (path[0] == '/' || path[0] == '\\') return 1;
  return path[0] && path[1] == ':' && (path[2] == '/' || path[2] == '\\');
}

/* folder/name; the name alone when the folder is NULL or "", or the name absolute. */
static char *mig_path_join(mig_arena *a, const char *folder, const char *name) {
  size_t n = folder ? strlen(folder) : 0;
  if (!n || mig_path_is_absolute(name)) return mig_copy(a, name);
  if (folder[n - 1] == '/' || folder[n - 1] == '\\') return mig_format(a, "%s%s", folder, name);
  return mig_format(a, "%s/%s", folder, name);
}

/* The folder part of a path, "" for none. */
static char *mig_path_folder(mig_arena *a, const char *path) {
  size_t n = strlen(path);
  while (n && path[n - 1] != '/' && path[n - 1] != '\\') n--;
  while (n > 1 && (path[n - 1] == '/' || path[n - 1] == '\\')) n--;
  return mig_copyn(a, path, n);
}

/* A path that a setting holds: what the program gave begins where the program is, what the file
** gave (or the default stands for) begins where the file is. */
static char *mig_setting_path(mig_arena *a, const mig_settings *s, int setting,
                                     const char *path) {
  return mig_path_join(a, s->given[MIG_FROM_PROGRAM][setting] ? 0 : s->folder, path);
}
/* Revision: one step of the schema's history as plain data, and the lists of names in it. */

typedef struct mig_names {
  const char **at;
  int n;
} mig_names;

/* One direction of a revision. */
typedef struct mig_section {
  const char *sql; /* NULL: absent */
  int line;        /* of the file, at which sql begins; 0: not from a file */
  int outside;     /* transaction:false: runs outside the transaction */
} mig_section;

typedef struct mig_revision {
  const char *id;
  const char *message;     /* one line; "" without */
  const char *create_date; /* "" without */
  const char *compat;      /* id of the oldest revision whose programs may go on; NULL: none */
  const char *path;        /* of the file; NULL: compiled in */
  const char *text;        /* the whole file; NULL: compiled in */
  mig_names down, depends, labels;
  mig_section upgrade, downgrade;
  int (*upgrade_fn)(sqlite3 *, void *);
  int (*downgrade_fn)(sqlite3 *, void *);
  void *arg;
} mig_revision;

#define MIG_ID_MAX 128 /* bytes of an id; Alembic's own column says 32, which SQLite ignores */

static int mig_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static int mig_is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/* The characters of an id that may not be there, as Alembic lists them: '+, :'. */
static const char *mig_bad_chars(mig_arena *a, const char *id) {
  unsigned char seen[256];
  mig_text t;
  int c;
  size_t i, end;
  memset(seen, 0, sizeof seen);
  for (i = 0; id[i]; i++) {
    if (!mig_is_id_char(id[i])) seen[(unsigned char)id[i]] = 1;
  }
  mig_text_init(&t, a);
  for (c = 1; c < 128; c++) {
    char byte = (char)c;
    if (!seen[c]) continue;
    if (t.n) mig_put(&t, ", ");
    mig_putn(&t, &byte, 1);
  }
  for (i = 0; id[i]; i = end) { /* beyond ASCII a character is several bytes */
    for (end = i + 1; (id[end] & 0xc0) == 0x80; end++) {}
    if (!(id[i] & 0x80)) continue;
    if (t.n) mig_put(&t, ", ");
    mig_putn(&t, id + i, end - i);
  }
  return t.z;
}

/* Ids become names of files and rows of a table, so that a white list decides. */
static int mig_check_id(mig_arena *a, const char *id) {
  const char *bad;
  if (!*id) return mig_fail(a, MIGRATE_GRAPH, "a revision identifier is empty");
  if (strlen(id) > MIG_ID_MAX) {
    return mig_fail(a, MIGRATE_GRAPH, "revision identifier '%.20s...' is longer than %d bytes", id,
                    MIG_ID_MAX);
  }
  bad = mig_bad_chars(a, id);
  if (bad) {
    return mig_fail(a, MIGRATE_GRAPH, "Character(s) '%s' not allowed in revision identifier '%s'",
                    bad, id);
  }
  if (strspn(id, ".") == strlen(id)) {
    return mig_fail(a, MIGRATE_GRAPH, "revision identifier '%s' is nothing but dots", id);
  }
  return a->fault->code;
}

/* Labels may hold '-' as well: they never become a file name. */
static int mig_check_label(mig_arena *a, const char *label) {
  size_t i, n = strlen(label);
  for (i = 0; i < n && (mig_is_id_char(label[i]) || label[i] == '-'); i++) {
  }
  if (i == n && n > 0 && n <= MIG_ID_MAX) return a->fault->code;
  return mig_fail(a, MIGRATE_GRAPH,
                  "branch label '%.40s' is not made of letters, digits, '_', '.' and '-' alone",
                  label);
}

/* A list separated by commas; spaces and empty items do not count. */
static mig_names mig_list_of(mig_arena *a, const char *z) {
  mig_names names;
  size_t from, to, end;
  int commas = 0;
  names.at = 0;
  names.n = 0;
  for (end = 0; z && z[end]; end++) commas += z[end] == ',';
  if (end) names.at = (const char **)mig_array(a, (size_t)commas + 1, sizeof(char *));
  if (!names.at) return names;
  for (from = 0; from <= end; from = to + 1) {
    size_t first = from, last;
    for (to = from; to < end && z[to] != ','; to++) {
    }
    for (last = to; last > first && mig_is_blank(z[last - 1]); last--) {
    }
    while (first < last && mig_is_blank(z[first])) first++;
    if (first < last) names.at[names.n++] = mig_copyn(a, z + first, last - first);
  }
  if (mig_failed(a)) names.n = 0;
  return names;
}

/* "a, b", as Alembic writes lists; "" for none. */
static const char *mig_join(mig_arena *a, mig_names names) {
  mig_text t;
  int i;
  mig_text_init(&t, a);
  for (i = 0; i < names.n; i++) {
    if (i) mig_put(&t, ", ");
    mig_put(&t, names.at[i]);
  }
  return mig_text_z(&t);
}
/* 3: text to data */
/* DDL: the text of CREATE statements -> model. It reads whatever SQLite's own parser takes, without
** recursion, and leaves the judgement of expressions to SQLite: those are skipped by counting
** parentheses. */

/* A text with one token of lookahead. After a fault the next token is the end. */
typedef struct mig_reader {
  mig_arena *a;
  const char *z; /* NUL-terminated, for the messages */
  size_t n;
  mig_token t; /* the next significant token */
  size_t end;  /* of the last token taken */
} mig_reader;

static void mig_reader_init(mig_reader *r, mig_arena *a, const char *z, size_t n, size_t at) {
  r->a = a;
  r->z = z;
  r->n = n;
  r->end = at;
  r->t = mig_next_significant(z, n, at);
}

/* Puts the end next: nothing more is read. */
static void mig_stop(mig_reader *r) { r->t = mig_token_of(MIG_TK_END, r->n, r->n); }

static mig_token mig_take(mig_reader *r) {
  mig_token t = r->t;
  r->end = t.end;
  r->t = mig_next_significant(r->z, r->n, t.end);
  if (mig_failed(r->a)) mig_stop(r);
  return t;
}

static mig_token mig_peek(const mig_reader *r) {
  return mig_next_significant(r->z, r->n, r->t.end);
}

#define MIG_QUOTED_TOKEN 60 /* bytes of a token that a message repeats */

/* The error at the next token, in SQLite's words. A reader that was given a part of the text alone
** sees its end where the text has another token. */
static int mig_refuse(mig_reader *r) {
  mig_token t = r->t.type == MIG_TK_END ? mig_next_significant(r->z, strlen(r->z), r->t.at) : r->t;
  size_t n = t.end - t.at;
  char *message;
  if (mig_failed(r->a)) return r->a->fault->code;
  if (n > MIG_QUOTED_TOKEN) n = MIG_QUOTED_TOKEN;
  while (n && n < t.end - t.at && (r->z[t.at + n] & 0xc0) == 0x80) n--;
  message = t.type == MIG_TK_END ? mig_copy(r->a, "incomplete input")
            : t.type == MIG_TK_ILLEGAL
                ? mig_format(r->a, "unrecognized token: \"%.*s\"", (int)n, r->z + t.at)
                : mig_format(r->a, "near \"%.*s\": syntax error", (int)n, r->z + t.at);
  if (message) mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, t.at, message);
  mig_stop(r);
  return r->a->fault->code;
}

static int mig_at(const mig_reader *r, const char *word) { return mig_token_is(r->z, r->t, word); }

static int mig_at_op(const mig_reader *r, const char *op) { return mig_token_op(r->z, r->t, op); }

static int mig_at_words(const mig_reader *r, const char *word, const char *second) {
  return mig_at(r, word) && mig_token_is(r->z, mig_peek(r), second);
}

static int mig_take_word(mig_reader *r, const char *word) {
  if (!mig_at(r, word)) return 0;
  mig_take(r);
  return 1;
}

static int mig_take_op(mig_reader *r, const char *op) {
  if (!mig_at_op(r, op)) return 0;
  mig_take(r);
  return 1;
}

static void mig_want_word(mig_reader *r, const char *word) {
  if (!mig_take_word(r, word)) mig_refuse(r);
}

static void mig_want_op(mig_reader *r, const char *op) {
  if (!mig_take_op(r, op)) mig_refuse(r);
}

static mig_span mig_span_of(size_t at, size_t end) {
  mig_span s;
  s.at = at;
  s.end = end;
  return s;
}

/* Can the token be a name? Strings can, by SQLite's old kindness. */
static int mig_is_name(const char *z, mig_token t) {
  if (t.type == MIG_TK_NAME || t.type == MIG_TK_STRING) return 1;
  return t.type == MIG_TK_WORD && !mig_is_reserved(z, t);
}

/* Takes a name; *span, unless NULL, becomes its token. */
static const char *mig_take_name(mig_reader *r, mig_span *span) {
  const char *name;
  if (!mig_is_name(r->z, r->t)) {
    mig_refuse(r);
    return 0;
  }
  if (span) *span = mig_span_of(r->t.at, r->t.end);
  name = mig_dequote(r->a, r->z, r->t);
  mig_take(r);
  return name;
}

/* [schema.]name */
static const char *mig_take_object(mig_reader *r, const char **schema, mig_span *span) {
  const char *name = mig_take_name(r, span);
  *schema = 0;
  if (!mig_take_op(r, ".")) return name;
  *schema = name;
  return mig_take_name(r, span);
}

/* Takes ( .. ); the span runs from the first to the last token inside. */
static mig_span mig_take_parens(mig_reader *r) {
  mig_span s;
  int depth = 1;
  mig_want_op(r, "(");
  s.at = s.end = r->t.at;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL) {
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")") && --depth == 0) {
      mig_take(r);
      return s;
    }
    s.end = mig_take(r).end;
  }
  mig_refuse(r);
  return s;
}

/* --- types and affinities -------------------------------------------------------------------- */

/* Is the next token a word of a type? Keywords that open nothing else here are: SQLite's parser
** falls back to taking them for identifiers. */
static int mig_at_type_word(const mig_reader *r) {
  return mig_is_name(r->z, r->t) &&
         !(r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, mig_join_words));
}

static void mig_take_signed(mig_reader *r) {
  if (!mig_take_op(r, "+")) mig_take_op(r, "-");
  if (r->t.type != MIG_TK_NUMBER) mig_refuse(r);
  mig_take(r);
}

/* Takes a type, perhaps none: words, then (number [, number]). */
static mig_span mig_take_type(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  while (mig_at_type_word(r)) s.end = mig_take(r).end;
  if (mig_span_empty(s) || !mig_take_op(r, "(")) return s;
  mig_take_signed(r);
  if (mig_take_op(r, ",")) mig_take_signed(r);
  mig_want_op(r, ")");
  s.end = r->end;
  return s;
}

static size_t mig_trim(const char *z, size_t at, size_t end) {
  while (end > at && mig_is_space((unsigned char)z[end - 1])) end--;
  return end;
}

/* Where the type's text ends for SQLite: GENERATED ALWAYS is taken for words of the type first and
** cut off by bytes afterwards, a comment between them saving the former. */
static size_t mig_type_end(const char *z, mig_span s) {
  size_t end = s.end;
  if (end - s.at < 16 || sqlite3_strnicmp(z + end - 6, "always", 6) != 0) return end;
  end = mig_trim(z, s.at, end - 6);
  if (end - s.at < 9 || sqlite3_strnicmp(z + end - 9, "generated", 9) != 0) return end;
  return mig_trim(z, s.at, end - 9);
}

/* Is it one of the bytes that open a quoted name or string? */
static int mig_is_quote(int c) { return c == '"' || c == '\'' || c == '`' || c == '['; }

/* The type as SQLite remembers it: the text with its comments. Of a text that begins with a quote
** the first and the last byte go, whatever that is (so since 3.37); or, with another quote inside,
** only its first word counts. */
static const char *mig_type_name(mig_arena *a, const char *z, size_t at, size_t end) {
  size_t i;
  if (end - at < 2 || !mig_is_quote((unsigned char)z[at])) return mig_copyn(a, z + at, end - at);
  for (i = at + 1; i < end - 1; i++) {
    if (mig_is_quote((unsigned char)z[i])) return mig_dequote(a, z, mig_next_token(z, end, at));
  }
  return mig_copyn(a, z + at + 1, end - at - 2);
}

/* The affinity of a type, by SQLite's rule: parts of words, whatever they stand in. */
static int mig_affinity(const char *type) {
  sqlite3_uint64 h = 0;
  int affinity = MIG_NUMERIC, c;
  if (!*type) return MIG_BLOB;
  for (; (c = (unsigned char)*type) != 0; type++) {
    h = (h << 8 | (unsigned)(c >= 'A' && c <= 'Z' ? c + 32 : c)) & 0xffffffffu;
    if ((h & 0xffffff) == 0x696e74) return MIG_INTEGER; /* int */
    if (h == 0x63686172 || h == 0x636c6f62 || h == 0x74657874) { /* char, clob, text */
      affinity = MIG_TEXT;
    } else if (h == 0x626c6f62) { /* blob */
      if (affinity == MIG_NUMERIC || affinity == MIG_REAL) affinity = MIG_BLOB;
    } else if (affinity == MIG_NUMERIC && /* real, floa, doub */
               (h == 0x7265616c || h == 0x666c6f61 || h == 0x646f7562)) {
      affinity = MIG_REAL;
    }
  }
  return affinity;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Is the next token ASC or DESC for the order, rather than a part of the expression? */
static int mig_at_order(const mig_reader *r) {
  mig_token next;
  if (!mig_at(r, "ASC") && !mig_at(r, "DESC")) return 0;
  next = mig_peek(r);
  return mig_token_op(r->z, next, ",") || mig_token_op(r->z, next, ")") ||
         mig_token_is(r->z, next, "AUTOINCREMENT");
}

/* Takes one term of a key, up to the comma or parenthesis behind it. A column may stand in
** parentheses and carry several COLLATE, of which the last counts; anything more is an expression,
** whose name stays NULL. */
static mig_key mig_take_key(mig_reader *r) {
  mig_key k;
  int depth = 0, parts = 0;
  memset(&k, 0, sizeof k);
  k.span.at = k.expr.at = r->t.at;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL) {
    if (depth == 0 && (mig_at_op(r, ",") || mig_at_op(r, ")") || mig_at(r, "AUTOINCREMENT"))) break;
    if (depth == 0 && parts && mig_at_order(r)) {
      k.desc = mig_at(r, "DESC");
      mig_take(r);
      break;
    }
    if (mig_at_op(r, "(")) {
      depth++;
      if (parts) parts++; /* a call */
    } else if (mig_at_op(r, ")")) {
      depth--;
    } else if (parts && mig_take_word(r, "COLLATE")) {
      k.collate = mig_dequote(r->a, r->z, r->t);
    } else if (parts++ == 0 && mig_is_name(r->z, r->t)) {
      k.name_span = mig_span_of(r->t.at, r->t.end);
      k.name = mig_dequote(r->a, r->z, r->t);
    }
    k.expr.end = mig_take(r).end;
  }
  k.span.end = r->end;
  if (parts != 1) {
    k.name = k.collate = 0;
    k.name_span.at = k.name_span.end = 0;
  }
  if (!parts || depth) mig_refuse(r);
  return k;
}

/* Takes ( key, .. ), up to what stands behind the last one: `)` or AUTOINCREMENT. */
static mig_key *mig_take_keys(mig_reader *r, int *nkey) {
  mig_key *keys = 0;
  int n = 0, cap = 0;
  mig_want_op(r, "(");
  do {
    keys = (mig_key *)mig_grow(r->a, keys, n, &cap, sizeof(mig_key));
    if (mig_failed(r->a)) return 0;
    keys[n++] = mig_take_key(r);
  } while (mig_take_op(r, ","));
  *nkey = n;
  return keys;
}

/* The same where only columns can be. */
static mig_key *mig_take_column_keys(mig_reader *r, int *nkey) {
  mig_key *keys = mig_take_keys(r, nkey);
  int i;
  for (i = 0; keys && i < *nkey && !mig_failed(r->a); i++) {
    if (keys[i].name) continue;
    mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, keys[i].span.at,
                "expressions prohibited in PRIMARY KEY and UNIQUE constraints");
    mig_stop(r);
  }
  return keys;
}

/* --- constraints ----------------------------------------------------------------------------- */

typedef struct mig_table_reader {
  mig_reader r;
  mig_table *t;
  int column_cap, constraint_cap;
  int column;       /* the one being read; -1 behind the columns */
  int foreign_key;  /* the constraint that DEFERRABLE speaks of, or -1 */
  size_t generated; /* where GENERATED stands, if it was taken for the type's; or 0 */
} mig_table_reader;

/* The next constraint, or NULL after a fault. It begins at the next token. */
static mig_constraint *mig_new_constraint(mig_table_reader *d) {
  mig_table *t = d->t;
  mig_constraint *c;
  t->constraints = (mig_constraint *)mig_grow(d->r.a, t->constraints, t->nconstraint,
                                              &d->constraint_cap, sizeof(mig_constraint));
  if (mig_failed(d->r.a)) return 0;
  c = &t->constraints[t->nconstraint++];
  memset(c, 0, sizeof *c);
  c->column = d->column;
  c->of = -1;
  c->span.at = c->body.at = d->r.t.at;
  return c;
}

static void mig_take_conflict(mig_reader *r, mig_constraint *c) {
  if (!mig_at_words(r, "ON", "CONFLICT")) return;
  c->conflict.at = r->t.at;
  mig_take(r);
  mig_take(r);
  if (!mig_at(r, "ROLLBACK") && !mig_at(r, "ABORT") && !mig_at(r, "FAIL") && !mig_at(r, "IGNORE") &&
      !mig_at(r, "REPLACE")) {
    mig_refuse(r);
  }
  c->conflict.end = mig_take(r).end;
}

/* Words that are values: behind DEFAULT every other one is a string. */
static const char *const mig_literal_words[] = {"CURRENT_DATE", "CURRENT_TIME",
                                                "CURRENT_TIMESTAMP", "NULL", 0};

static int mig_at_literal(const mig_reader *r) {
  if (r->t.type == MIG_TK_WORD) return mig_word_in(r->z, r->t, mig_literal_words);
  return r->t.type == MIG_TK_NUMBER || r->t.type == MIG_TK_STRING || r->t.type == MIG_TK_BLOB;
}

/* Takes the value of DEFAULT: a literal, perhaps signed, a name, or ( expression ). */
static mig_span mig_take_default(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  if (mig_at_op(r, "(")) {
    mig_take_parens(r);
  } else {
    int sign = mig_take_op(r, "+") || mig_take_op(r, "-");
    if (!mig_at_literal(r) && (sign || !mig_is_name(r->z, r->t))) mig_refuse(r);
    mig_take(r);
  }
  s.end = r->end;
  return s;
}

static const char *mig_take_action(mig_reader *r) {
  if (mig_take_word(r, "CASCADE")) return "CASCADE";
  if (mig_take_word(r, "RESTRICT")) return "RESTRICT";
  if (mig_take_word(r, "NO")) {
    mig_want_word(r, "ACTION");
    return "NO ACTION";
  }
  mig_want_word(r, "SET");
  if (mig_take_word(r, "NULL")) return "SET NULL";
  mig_want_word(r, "DEFAULT");
  return "SET DEFAULT";
}

/* REFERENCES parent [(columns)] [actions] */
static void mig_take_references(mig_reader *r, mig_constraint *c) {
  c->on_delete = c->on_update = "NO ACTION";
  mig_want_word(r, "REFERENCES");
  c->parent = mig_take_name(r, &c->parent_span);
  if (mig_at_op(r, "(")) {
    c->parent_keys = mig_take_column_keys(r, &c->nparent);
    mig_want_op(r, ")");
  }
  c->actions.at = r->t.at;
  c->actions.end = c->actions.at;
  while (mig_at(r, "MATCH") || mig_at(r, "ON")) {
    if (mig_take_word(r, "MATCH")) {
      mig_take_name(r, 0);
    } else {
      mig_take(r);
      if (mig_take_word(r, "DELETE")) {
        c->on_delete = mig_take_action(r);
      } else if (mig_take_word(r, "UPDATE")) {
        c->on_update = mig_take_action(r);
      } else {
        mig_want_word(r, "INSERT");
        mig_take_action(r);
      }
    }
    c->actions.end = r->end;
  }
}

static int mig_at_deferrable(const mig_reader *r) {
  return mig_at(r, "DEFERRABLE") || mig_at_words(r, "NOT", "DEFERRABLE");
}

/* [NOT] DEFERRABLE [INITIALLY ..]; returns whether the key is then deferred. */
static int mig_take_deferrable(mig_reader *r) {
  int not_deferrable = mig_take_word(r, "NOT"), deferred = 0;
  mig_want_word(r, "DEFERRABLE");
  if (mig_take_word(r, "INITIALLY")) {
    deferred = mig_take_word(r, "DEFERRED");
    if (!deferred) mig_want_word(r, "IMMEDIATE");
  }
  return deferred && !not_deferrable;
}

/* The key of a constraint that stands at its column. */
static void mig_own_key(mig_table_reader *d, mig_constraint *c) {
  c->keys = (mig_key *)mig_alloc(d->r.a, sizeof(mig_key));
  if (!c->keys) return;
  c->keys[0].name = d->t->columns[d->column].name;
  c->nkey = 1;
}

static void mig_take_autoincrement(mig_reader *r, mig_constraint *c) {
  if (!mig_at(r, "AUTOINCREMENT")) return;
  c->autoincrement = 1;
  c->autoincrement_span = mig_span_of(r->t.at, r->t.end);
  mig_take(r);
}

static void mig_take_column_key(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  mig_own_key(d, c);
  if (mig_take_word(r, "UNIQUE")) {
    c->kind = MIG_UNIQUE;
    mig_take_conflict(r, c);
    return;
  }
  c->kind = MIG_PRIMARY_KEY;
  mig_want_word(r, "PRIMARY");
  mig_want_word(r, "KEY");
  if (c->keys && !mig_take_word(r, "ASC")) c->keys[0].desc = mig_take_word(r, "DESC");
  mig_take_conflict(r, c);
  mig_take_autoincrement(r, c);
}

static void mig_take_generated(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  c->kind = MIG_GENERATED;
  if (mig_take_word(r, "GENERATED")) mig_want_word(r, "ALWAYS");
  mig_want_word(r, "AS");
  c->expr = mig_take_parens(r);
  c->stored = mig_take_word(r, "STORED");
  if (!c->stored) mig_take_word(r, "VIRTUAL");
}

/* Does a constraint of a column begin at the next token, its CONSTRAINT name aside? */
static int mig_at_column_constraint(const mig_reader *r) {
  static const char *const words[] = {"AS", "CHECK", "COLLATE", "DEFAULT", "DEFERRABLE",
                                      "GENERATED", "NOT", "NULL", "PRIMARY", "REFERENCES",
                                      "UNIQUE", 0};
  return r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, words);
}

/* Takes the constraint of a column that begins at the next token. */
static void mig_take_column_constraint(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  if (mig_at(r, "PRIMARY") || mig_at(r, "UNIQUE")) {
    mig_take_column_key(d, c);
  } else if (mig_at(r, "GENERATED") || mig_at(r, "AS")) {
    mig_take_generated(d, c);
  } else if (mig_at(r, "REFERENCES")) {
    c->kind = MIG_FOREIGN_KEY;
    d->foreign_key = d->t->nconstraint - 1;
    mig_own_key(d, c);
    mig_take_references(r, c);
  } else if (mig_at_deferrable(r)) {
    c->kind = MIG_DEFERRABLE;
    c->of = d->foreign_key;
    c->deferred = mig_take_deferrable(r);
    if (c->of >= 0) d->t->constraints[c->of].deferred = c->deferred;
  } else if (mig_take_word(r, "CHECK")) {
    c->kind = MIG_CHECK;
    c->expr = mig_take_parens(r);
  } else if (mig_take_word(r, "DEFAULT")) {
    c->kind = MIG_DEFAULT;
    c->expr = mig_take_default(r);
  } else if (mig_take_word(r, "COLLATE")) {
    c->kind = MIG_COLLATE;
    c->collation = mig_take_name(r, &c->expr);
  } else {
    c->kind = mig_take_word(r, "NOT") ? MIG_NOT_NULL : MIG_NULL;
    mig_want_word(r, "NULL");
    mig_take_conflict(r, c);
  }
}

/* Does a constraint of the table begin at the next token, its CONSTRAINT name aside? */
static int mig_at_table_constraint(const mig_reader *r) {
  return mig_at(r, "PRIMARY") || mig_at(r, "UNIQUE") || mig_at(r, "CHECK") || mig_at(r, "FOREIGN");
}

static void mig_take_table_constraint(mig_table_reader *d, mig_constraint *c) {
  mig_reader *r = &d->r;
  if (mig_take_word(r, "CHECK")) {
    c->kind = MIG_CHECK;
    c->expr = mig_take_parens(r);
    mig_take_conflict(r, c);
    return;
  }
  if (mig_take_word(r, "UNIQUE")) {
    c->kind = MIG_UNIQUE;
  } else {
    c->kind = mig_at(r, "PRIMARY") ? MIG_PRIMARY_KEY : MIG_FOREIGN_KEY;
    mig_take(r);
    mig_want_word(r, "KEY");
  }
  c->list.at = c->list.end = r->t.at;
  c->keys = mig_take_column_keys(r, &c->nkey);
  if (c->kind == MIG_PRIMARY_KEY) mig_take_autoincrement(r, c);
  mig_want_op(r, ")");
  c->list.end = r->end;
  if (c->kind != MIG_FOREIGN_KEY) {
    mig_take_conflict(r, c);
    return;
  }
  d->foreign_key = d->t->nconstraint - 1;
  mig_take_references(r, c);
  if (mig_at_deferrable(r)) c->deferred = mig_take_deferrable(r);
}

static int mig_at_constraint(const mig_table_reader *d) {
  return d->column < 0 ? mig_at_table_constraint(&d->r) : mig_at_column_constraint(&d->r);
}

/* CONSTRAINT name */
typedef struct mig_given_name {
  const char *name; /* NULL: none is given */
  mig_span name_span;
  size_t at, end;
} mig_given_name;

static mig_given_name mig_take_given_name(mig_reader *r) {
  mig_given_name g;
  memset(&g, 0, sizeof g);
  g.at = r->t.at;
  if (!mig_take_word(r, "CONSTRAINT")) return g;
  g.name = mig_take_name(r, &g.name_span);
  g.end = r->end;
  return g;
}

/* Takes further names behind the first. SQLite lets the last one win: that is returned, and those
** before it are one MIG_BARE_NAME. */
static mig_given_name mig_take_more_names(mig_table_reader *d, mig_given_name first) {
  mig_given_name before = first, last = first;
  mig_constraint *c;
  while (mig_at(&d->r, "CONSTRAINT")) {
    before = last;
    last = mig_take_given_name(&d->r);
  }
  c = mig_new_constraint(d);
  if (!c) return last;
  c->kind = MIG_BARE_NAME;
  c->name = before.name;
  c->name_span = before.name_span;
  c->span = mig_span_of(first.at, before.end);
  c->body = mig_span_of(before.end, before.end);
  return last;
}

/* Takes [CONSTRAINT name] constraint, of the table or of a column; returns 0 when none begins at
** the next token. A name with nothing behind it that could bear it stands alone. */
static int mig_take_constraint(mig_table_reader *d) {
  mig_reader *r = &d->r;
  mig_given_name given;
  mig_constraint *c;
  if (!mig_at(r, "CONSTRAINT") && !mig_at_constraint(d)) return 0;
  given = mig_take_given_name(r);
  if (mig_at(r, "CONSTRAINT")) given = mig_take_more_names(d, given);
  c = mig_new_constraint(d);
  if (!c) return 0;
  c->name = given.name;
  c->name_span = given.name_span;
  c->span.at = given.at;
  if (!mig_at_constraint(d)) {
    c->kind = MIG_BARE_NAME;
    c->body.at = r->end;
  } else if (d->column < 0) {
    mig_take_table_constraint(d, c);
  } else {
    mig_take_column_constraint(d, c);
  }
  c->span.end = c->body.end = r->end;
  return !mig_failed(r->a);
}

/* --- columns --------------------------------------------------------------------------------- */

/* Takes the type of the new column. Where AS follows, GENERATED ALWAYS before it are not its. */
static void mig_take_column_type(mig_table_reader *d, mig_column *c) {
  mig_reader *r = &d->r;
  size_t end;
  c->type = mig_take_type(r);
  end = mig_type_end(r->z, c->type);
  c->type_name = mig_type_name(r->a, r->z, c->type.at, end);
  if (!c->type_name) return;
  c->affinity = mig_affinity(c->type_name);
  if (end > c->type.at && !*c->type_name) c->affinity = MIG_NUMERIC; /* written, but as '' */
  d->generated = 0;
  if (end < c->type.end && mig_at(r, "AS")) {
    mig_token k = mig_next_significant(r->z, c->type.end, end);
    if (!mig_is_word_byte((unsigned char)r->z[k.at - 1]) &&
        (mig_token_is(r->z, k, "GENERATED") || mig_token_is(r->z, k, "ALWAYS"))) {
      d->generated = k.at;
      c->type.end = end;
    }
  }
}

/* What a constraint says about its column. */
static void mig_note_constraint(mig_column *column, const mig_constraint *c) {
  if (c->kind == MIG_NOT_NULL) column->not_null = 1;
  if (c->kind == MIG_COLLATE) column->collation = c->collation;
  if (c->kind == MIG_GENERATED) {
    column->generated = 1;
    column->stored = c->stored;
  }
}

/* Takes name, type and constraints of a column. */
static void mig_take_column(mig_table_reader *d) {
  mig_reader *r = &d->r;
  mig_table *t = d->t;
  mig_column *c;
  int i;
  t->columns = (mig_column *)mig_grow(r->a, t->columns, t->ncolumn, &d->column_cap,
                                      sizeof(mig_column));
  if (mig_failed(r->a)) return;
  d->column = t->ncolumn++;
  c = &t->columns[d->column];
  memset(c, 0, sizeof *c);
  c->first = t->nconstraint;
  c->name = mig_take_name(r, &c->name_span);
  c->span.at = c->name_span.at;
  mig_take_column_type(d, c);
  while (mig_take_constraint(d)) {}
  c->span.end = r->end;
  c->count = t->nconstraint - c->first;
  if (mig_failed(r->a)) return;
  for (i = c->first; i < t->nconstraint; i++) mig_note_constraint(c, &t->constraints[i]);
  if (d->generated) { /* its constraint is the first one: AS followed the type */
    t->constraints[c->first].span.at = t->constraints[c->first].body.at = d->generated;
  }
  d->column = -1;
}

/* --- CREATE TABLE ---------------------------------------------------------------------------- */

/* Is the column's type exactly INTEGER, as the rowid's alias needs it? */
static int mig_is_integer(const mig_table *t, const mig_column *c) {
  mig_token first = mig_next_token(t->sql, t->nsql, c->type.at);
  if (sqlite3_stricmp(c->type_name, "INTEGER") != 0) return 0;
  return first.type == MIG_TK_WORD || first.end == mig_type_end(t->sql, c->type);
}

/* Finds the rowid's alias and marks the columns of the primary key. */
static void mig_note_primary_key(mig_table *t) {
  const mig_constraint *p = 0;
  int i, column = -1;
  for (i = 0; i < t->nconstraint && !p; i++) {
    if (t->constraints[i].kind != MIG_PRIMARY_KEY) continue;
    t->primary_key = i;
    p = &t->constraints[i];
  }
  for (i = 0; p && i < p->nkey; i++) {
    column = p->column >= 0 ? p->column : mig_find_column(t, p->keys[i].name);
    if (column >= 0) t->columns[column].hidden_key = 1;
  }
  if (p && p->nkey == 1 && column >= 0 && mig_is_integer(t, &t->columns[column]) &&
      !(p->column >= 0 && p->keys[0].desc)) {
    t->rowid_column = column;
  }
}

/* What the options mean for the columns. */
static void mig_note_options(mig_table *t) {
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    mig_column *c = &t->columns[i];
    if (t->strict && sqlite3_stricmp(c->type_name, "ANY") == 0) c->affinity = MIG_BLOB;
    if (c->hidden_key && (t->without_rowid || (t->strict && i != t->rowid_column))) c->not_null = 1;
  }
}

static void mig_take_options(mig_reader *r, mig_table *t) {
  int comma = mig_take_op(r, ","); /* SQLite takes one before the first, too */
  while (r->t.type == MIG_TK_WORD || comma) {
    size_t at = r->t.at;
    if (mig_take_word(r, "WITHOUT")) {
      mig_want_word(r, "ROWID");
      t->without_rowid = 1;
      t->without_rowid_span = mig_span_of(at, r->end);
    } else {
      mig_want_word(r, "STRICT");
      t->strict = 1;
      t->strict_span = mig_span_of(at, r->end);
    }
    comma = mig_take_op(r, ",");
    if (!comma) break;
  }
}

/* All three words, since IF NOT NULL is a column called if. */
static int mig_take_if_not_exists(mig_reader *r) {
  mig_token k;
  if (!mig_at_words(r, "IF", "NOT")) return 0;
  k = mig_next_significant(r->z, r->n, mig_peek(r).end);
  if (!mig_token_is(r->z, k, "EXISTS")) return 0;
  mig_take(r);
  mig_take(r);
  mig_take(r);
  return 1;
}

static int mig_take_temp(mig_reader *r) {
  return mig_take_word(r, "TEMP") || mig_take_word(r, "TEMPORARY");
}

/* The end of a statement: one semicolon may stand there. */
static void mig_want_end(mig_reader *r) {
  mig_take_op(r, ";");
  if (r->t.type != MIG_TK_END) mig_refuse(r);
}

/* CREATE TABLE up to the open parenthesis; faults for what is no ordinary table. */
static void mig_take_table_head(mig_reader *r, mig_table *t) {
  const char *schema;
  mig_want_word(r, "CREATE");
  mig_take_temp(r);
  if (mig_at(r, "VIRTUAL") || mig_at(r, "VIEW")) {
    mig_fail(r->a, MIGRATE_UNSUPPORTED, "not an ordinary table: a %s",
             mig_at(r, "VIEW") ? "view" : "virtual table");
    mig_stop(r);
  }
  mig_want_word(r, "TABLE");
  mig_take_if_not_exists(r);
  t->name = mig_take_object(r, &schema, &t->name_span);
  t->open = r->t.at;
  mig_want_op(r, "(");
}

static void mig_table_init(mig_table *t, const char *sql, size_t n) {
  memset(t, 0, sizeof *t);
  t->sql = sql;
  t->nsql = n;
  t->rowid_column = t->primary_key = -1;
}

static void mig_table_reader_init(mig_table_reader *d, mig_arena *a, mig_table *t, size_t at) {
  memset(d, 0, sizeof *d);
  d->t = t;
  d->column = d->foreign_key = -1;
  mig_reader_init(&d->r, a, t->sql, t->nsql, at);
}

/* Reads the text of CREATE TABLE, which *out then points into. Returns 0, or the fault's code:
** MIGRATE_UNSUPPORTED for a view or a virtual table, MIGRATE_SYNTAX with the place otherwise. */
static int mig_parse_table(mig_arena *a, const char *sql, mig_table *out) {
  mig_table_reader d;
  mig_reader *r = &d.r;
  mig_table_init(out, sql, strlen(sql));
  mig_table_reader_init(&d, a, out, 0);
  mig_take_table_head(r, out);
  do {
    if (out->ncolumn && (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r))) break;
    mig_take_column(&d);
  } while (mig_take_op(r, ","));
  while (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r)) {
    if (!mig_take_constraint(&d)) break;
    if (mig_take_op(r, ",") && mig_at_op(r, ")")) mig_refuse(r);
  }
  out->close = r->t.at;
  mig_want_op(r, ")");
  mig_take_options(r, out);
  mig_want_end(r);
  if (mig_failed(a)) return a->fault->code;
  mig_note_primary_key(out);
  mig_note_options(out);
  return 0;
}

/* --- other objects --------------------------------------------------------------------------- */

/* Reads the text of CREATE INDEX. */
static int mig_parse_index(mig_arena *a, const char *sql, mig_index *out) {
  mig_reader reader, *r = &reader;
  const char *schema;
  memset(out, 0, sizeof *out);
  out->sql = sql;
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "CREATE");
  out->unique = mig_take_word(r, "UNIQUE");
  mig_want_word(r, "INDEX");
  mig_take_if_not_exists(r);
  out->name = mig_take_object(r, &schema, &out->name_span);
  mig_want_word(r, "ON");
  out->table = mig_take_name(r, &out->table_span);
  out->list.at = out->list.end = r->t.at;
  out->keys = mig_take_keys(r, &out->nkey);
  mig_want_op(r, ")");
  out->list.end = r->end;
  if (mig_take_word(r, "WHERE")) {
    out->where.at = r->t.at;
    if (r->t.type == MIG_TK_END) mig_refuse(r);
    while (r->t.type != MIG_TK_END && !mig_at_op(r, ";")) mig_take(r);
    out->where.end = r->end;
  }
  mig_want_end(r);
  return a->fault->code;
}

static void mig_take_event(mig_reader *r, mig_trigger *t) {
  mig_key *k;
  int cap = 0;
  if (mig_take_word(r, "DELETE")) {
    t->event = 'D';
  } else if (mig_take_word(r, "INSERT")) {
    t->event = 'I';
  } else {
    mig_want_word(r, "UPDATE");
    t->event = 'U';
  }
  if (t->event != 'U' || !mig_take_word(r, "OF")) return;
  do {
    t->columns = (mig_key *)mig_grow(r->a, t->columns, t->ncolumn, &cap, sizeof(mig_key));
    if (mig_failed(r->a)) return;
    k = &t->columns[t->ncolumn++];
    memset(k, 0, sizeof *k);
    k->name = mig_take_name(r, &k->name_span);
    k->span = k->expr = k->name_span;
  } while (mig_take_op(r, ","));
}

/* Reads the head of CREATE TRIGGER, up to FOR, WHEN or BEGIN. */
static int mig_parse_trigger(mig_arena *a, const char *sql, mig_trigger *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  out->sql = sql;
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "CREATE");
  out->temp = mig_take_temp(r);
  mig_want_word(r, "TRIGGER");
  mig_take_if_not_exists(r);
  out->name = mig_take_object(r, &out->schema, &out->name_span);
  out->time = 'A';
  if (mig_take_word(r, "BEFORE")) {
    out->time = 'B';
  } else if (mig_take_word(r, "INSTEAD")) {
    mig_want_word(r, "OF");
    out->time = 'I';
  } else {
    mig_take_word(r, "AFTER");
  }
  mig_take_event(r, out);
  mig_want_word(r, "ON");
  out->table = mig_take_object(r, &out->table_schema, &out->table_span);
  out->rest = r->t.at;
  if (!mig_at(r, "FOR") && !mig_at(r, "WHEN") && !mig_at(r, "BEGIN")) mig_refuse(r);
  return a->fault->code;
}
/* Alter: the text of ALTER TABLE, as the ALTER language has it -> operations. Also the other
** statements that SQLite lacks: ALTER INDEX .. RENAME, CREATE OR REPLACE VIEW and TRIGGER. */

static char *mig_text_of(mig_reader *r, mig_span s) { return mig_span_text(r->a, r->z, s); }

/* Does an action, or the statement, end before the next token? */
static int mig_at_action_end(const mig_reader *r) {
  return r->t.type == MIG_TK_END || mig_at_op(r, ",") || mig_at_op(r, ";");
}

/* Takes an expression: all up to the end of the action. */
static mig_span mig_take_expression(mig_reader *r) {
  mig_span s = mig_span_of(r->t.at, r->t.at);
  int depth = 0;
  while (r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL && !mig_at_op(r, ";")) {
    if (depth == 0 && (mig_at_op(r, ",") || mig_at_op(r, ")"))) break;
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")")) depth--;
    s.end = mig_take(r).end;
  }
  if (depth || mig_span_empty(s) || !mig_at_action_end(r)) mig_refuse(r);
  return s;
}

/* Where the action that the next token belongs to ends: behind its last token. */
static size_t mig_action_end(const mig_reader *r) {
  mig_reader ahead = *r;
  int depth = 0;
  while (ahead.t.type != MIG_TK_END && !mig_at_op(&ahead, ";")) {
    if (depth == 0 && mig_at_op(&ahead, ",")) break;
    if (mig_at_op(&ahead, "(")) depth++;
    if (mig_at_op(&ahead, ")")) depth--;
    mig_take(&ahead);
  }
  return ahead.end;
}

/* A bare FIRST, or AFTER and a name, at the end of a text: a position, never a part of a type. */
typedef struct mig_position_words {
  mig_token word, name; /* word.type is MIG_TK_END when there is none; name: behind AFTER */
  size_t before;        /* where what stands before them ends */
} mig_position_words;

static mig_position_words mig_find_position(const char *z, mig_span s) {
  static const char *const wants[] = {"COLLATE", "CONSTRAINT", "DEFAULT", "MATCH", "REFERENCES", 0};
  mig_position_words p;
  mig_token last[3], k;
  int i;
  for (i = 0; i < 3; i++) last[i] = mig_token_of(MIG_TK_END, s.at, s.at);
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END;
       k = mig_next_significant(z, s.end, k.end)) {
    last[0] = last[1];
    last[1] = last[2];
    last[2] = k;
  }
  p.word = p.name = mig_token_of(MIG_TK_END, s.end, s.end);
  p.before = s.end;
  if (last[0].type != MIG_TK_END && mig_token_is(z, last[1], "AFTER") && mig_is_name(z, last[2])) {
    p.word = last[1];
    p.name = last[2];
    p.before = last[0].end;
  } else if (last[1].type != MIG_TK_END && mig_token_is(z, last[2], "FIRST") &&
             (last[1].type != MIG_TK_WORD || !mig_word_in(z, last[1], wants) ||
              mig_token_is(z, last[0], "SET"))) { /* ON DELETE SET DEFAULT FIRST */
    p.word = last[2];
    p.before = last[1].end;
  }
  return p;
}

static int mig_take_if_exists(mig_reader *r) {
  if (!mig_at_words(r, "IF", "EXISTS")) return 0;
  mig_take(r);
  mig_take(r);
  return 1;
}

static void mig_take_op_name(mig_reader *r, mig_op *op) {
  op->name_at = r->t.at;
  op->name = mig_take_name(r, 0);
}

/* --- ADD ------------------------------------------------------------------------------------- */

/* Lays a table over the text from the next token to `end`, to read a piece of CREATE TABLE. */
static void mig_read_piece(mig_reader *r, mig_table_reader *d, mig_table *t, size_t end) {
  mig_table_init(t, r->z, end);
  mig_table_reader_init(d, r->a, t, r->t.at);
}

static void mig_take_add_column(mig_reader *r, mig_op *op) {
  mig_position_words p;
  mig_table_reader d;
  mig_table t;
  size_t end;
  op->kind = MIG_ADD_COLUMN;
  op->if_not_exists = mig_take_if_not_exists(r);
  end = mig_action_end(r);
  p = mig_find_position(r->z, mig_span_of(r->t.at, end));
  op->name_at = r->t.at;
  mig_read_piece(r, &d, &t, p.before);
  mig_take_column(&d);
  if (d.r.t.type != MIG_TK_END) mig_refuse(&d.r);
  if (mig_failed(r->a)) return;
  op->name = t.columns[0].name;
  op->text = mig_text_of(r, t.columns[0].span);
  op->first = p.word.type != MIG_TK_END && p.name.type == MIG_TK_END;
  if (p.name.type != MIG_TK_END) op->after = mig_dequote(r->a, r->z, p.name);
  mig_reader_init(r, r->a, r->z, r->n, end);
}

static void mig_take_add_constraint(mig_reader *r, mig_op *op) {
  mig_table_reader d;
  mig_table t;
  size_t end = mig_action_end(r);
  op->kind = MIG_ADD_CONSTRAINT;
  op->name_at = r->t.at;
  mig_read_piece(r, &d, &t, end);
  mig_take_constraint(&d);
  if (mig_failed(r->a)) return;
  if (t.nconstraint > 1) { /* CONSTRAINT a CONSTRAINT b .. */
    d.r.t = mig_next_token(r->z, r->n, t.constraints[1].span.at);
    mig_refuse(&d.r);
  }
  if (d.r.t.type != MIG_TK_END || t.constraints[0].kind == MIG_BARE_NAME) mig_refuse(&d.r);
  op->constraint = t.constraints[0].kind;
  op->name = t.constraints[0].name;
  if (op->name) op->name_at = t.constraints[0].name_span.at;
  op->text = mig_text_of(r, t.constraints[0].span);
  mig_reader_init(r, r->a, r->z, r->n, end);
}

/* ADD: CONSTRAINT and the words that open a constraint are reserved, so that a column of such a
** name needs quotes. */
static void mig_take_add(mig_reader *r, mig_op *op) {
  if (mig_at(r, "CONSTRAINT") || mig_at_table_constraint(r)) {
    mig_take_add_constraint(r, op);
  } else {
    mig_take_word(r, "COLUMN");
    mig_take_add_column(r, op);
  }
}

/* --- DROP and RENAME ------------------------------------------------------------------------- */

static void mig_take_behaviour(mig_reader *r, mig_op *op) {
  op->cascade = mig_take_word(r, "CASCADE");
  if (!op->cascade) mig_take_word(r, "RESTRICT");
}

static void mig_take_drop(mig_reader *r, mig_op *op) {
  if (mig_take_word(r, "STRICT")) {
    op->kind = MIG_DROP_STRICT;
    op->bare = 1;
    return;
  }
  if (mig_at_words(r, "WITHOUT", "ROWID")) {
    op->kind = MIG_DROP_WITHOUT_ROWID;
    op->bare = 1;
    mig_take(r);
    mig_take(r);
    return;
  }
  op->kind = mig_take_word(r, "CONSTRAINT") ? MIG_DROP_CONSTRAINT : MIG_DROP_COLUMN;
  if (op->kind == MIG_DROP_COLUMN) mig_take_word(r, "COLUMN");
  op->if_exists = mig_take_if_exists(r);
  mig_take_op_name(r, op);
  mig_take_behaviour(r, op);
}

static void mig_take_rename(mig_reader *r, mig_op *op) {
  if (mig_at(r, "TO")) {
    op->kind = MIG_RENAME_TABLE;
    op->name_at = r->t.at;
  } else {
    op->kind = mig_take_word(r, "CONSTRAINT") ? MIG_RENAME_CONSTRAINT : MIG_RENAME_COLUMN;
    if (op->kind == MIG_RENAME_COLUMN) mig_take_word(r, "COLUMN");
    mig_take_op_name(r, op);
  }
  mig_want_word(r, "TO");
  op->to = mig_take_name(r, 0);
}

/* --- ALTER COLUMN ---------------------------------------------------------------------------- */

/* Takes the expression of USING: nobody would bind a value to it. */
static mig_span mig_take_using(mig_reader *r) {
  mig_span s = mig_take_expression(r);
  mig_token k = mig_next_significant(r->z, s.end, s.at);
  for (; k.type != MIG_TK_END && !mig_failed(r->a); k = mig_next_significant(r->z, s.end, k.end)) {
    if (k.type != MIG_TK_VARIABLE) continue;
    mig_fail_at(r->a, MIGRATE_SYNTAX, r->z, k.at, "parameters prohibited in USING");
  }
  return s;
}

static void mig_take_set_type(mig_reader *r, mig_op *op) {
  mig_span type;
  mig_position_words p;
  op->kind = MIG_SET_TYPE;
  mig_want_word(r, "TYPE");
  type = mig_take_type(r);
  p = mig_find_position(r->z, mig_span_of(op->name_at, type.end));
  if (p.word.type != MIG_TK_END) r->t = p.word; /* it has no place here */
  if (mig_span_empty(type) || p.word.type != MIG_TK_END) mig_refuse(r);
  op->text = mig_text_of(r, type);
  if (mig_take_word(r, "COLLATE")) op->collate = mig_take_name(r, 0);
  if (mig_take_word(r, "USING")) op->using_expr = mig_text_of(r, mig_take_using(r));
}

/* Takes AS (expression) */
static void mig_take_as(mig_reader *r, mig_op *op) {
  mig_span s;
  mig_want_word(r, "AS");
  s = mig_take_parens(r);
  if (mig_span_empty(s)) {
    r->t = mig_next_token(r->z, r->n, s.at);
    mig_refuse(r);
  }
  op->text = mig_text_of(r, s);
}

static void mig_take_set(mig_reader *r, mig_op *op) {
  mig_constraint c;
  if (mig_take_word(r, "DATA") || mig_at(r, "TYPE")) {
    mig_take_set_type(r, op);
  } else if (mig_take_word(r, "DEFAULT")) {
    op->kind = MIG_SET_DEFAULT;
    op->text = mig_text_of(r, mig_take_expression(r));
  } else if (mig_take_word(r, "EXPRESSION")) {
    op->kind = MIG_SET_EXPRESSION;
    mig_take_as(r, op);
  } else if (mig_take_word(r, "AUTOINCREMENT")) {
    op->kind = MIG_SET_AUTOINCREMENT;
  } else {
    op->kind = MIG_SET_NOT_NULL;
    mig_want_word(r, "NOT");
    mig_want_word(r, "NULL");
    memset(&c, 0, sizeof c);
    mig_take_conflict(r, &c);
    if (!mig_span_empty(c.conflict)) op->text = mig_text_of(r, c.conflict);
  }
}

static void mig_take_unset(mig_reader *r, mig_op *op) {
  if (mig_take_word(r, "DEFAULT")) {
    op->kind = MIG_DROP_DEFAULT;
  } else if (mig_take_word(r, "EXPRESSION")) {
    op->kind = MIG_DROP_EXPRESSION;
    op->if_exists = mig_take_if_exists(r);
  } else if (mig_take_word(r, "AUTOINCREMENT")) {
    op->kind = MIG_DROP_AUTOINCREMENT;
  } else {
    op->kind = MIG_DROP_NOT_NULL;
    mig_want_word(r, "NOT");
    mig_want_word(r, "NULL");
  }
}

static void mig_take_add_generated(mig_reader *r, mig_op *op) {
  op->kind = MIG_ADD_GENERATED;
  mig_want_word(r, "GENERATED");
  mig_want_word(r, "ALWAYS");
  mig_take_as(r, op);
  op->stored = mig_take_word(r, "STORED");
  if (!op->stored) mig_take_word(r, "VIRTUAL");
}

static void mig_take_alter_column(mig_reader *r, mig_op *op) {
  mig_take_word(r, "COLUMN");
  mig_take_op_name(r, op);
  if (mig_take_word(r, "SET")) {
    mig_take_set(r, op);
  } else if (mig_take_word(r, "DROP")) {
    mig_take_unset(r, op);
  } else if (mig_take_word(r, "ADD")) {
    mig_take_add_generated(r, op);
  } else if (mig_take_word(r, "FIRST")) {
    op->kind = MIG_MOVE_COLUMN;
    op->first = 1;
  } else if (mig_take_word(r, "AFTER")) {
    op->kind = MIG_MOVE_COLUMN;
    op->after = mig_take_name(r, 0);
  } else {
    mig_take_set_type(r, op);
  }
}

/* --- ALTER TABLE ----------------------------------------------------------------------------- */

static void mig_take_table_option(mig_reader *r, mig_op *op) {
  op->kind = MIG_SET_STRICT;
  if (mig_take_word(r, "STRICT")) return;
  op->kind = MIG_SET_WITHOUT_ROWID;
  mig_want_word(r, "WITHOUT");
  mig_want_word(r, "ROWID");
}

static void mig_take_operation(mig_reader *r, mig_op *op) {
  op->at = op->name_at = r->t.at;
  if (mig_take_word(r, "ADD")) {
    mig_take_add(r, op);
  } else if (mig_take_word(r, "DROP")) {
    mig_take_drop(r, op);
  } else if (mig_take_word(r, "RENAME")) {
    mig_take_rename(r, op);
  } else if (mig_take_word(r, "ALTER")) {
    mig_take_alter_column(r, op);
  } else {
    mig_want_word(r, "SET");
    mig_take_table_option(r, op);
  }
}

/* Reads one ALTER TABLE statement, n bytes; *out points into a copy of it. A syntax error is a
** fault MIGRATE_SYNTAX at its byte. */
static int mig_parse_alter(mig_arena *a, const char *sql, size_t n, mig_alter *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  out->sql = mig_copyn(a, sql, n);
  if (!out->sql) return a->fault->code;
  mig_reader_init(r, a, out->sql, n, 0);
  mig_want_word(r, "ALTER");
  mig_want_word(r, "TABLE");
  out->if_exists = mig_take_if_exists(r);
  out->table_at = r->t.at;
  out->table = mig_take_object(r, &out->schema, 0);
  do {
    mig_op *op = (mig_op *)mig_alloc(a, sizeof *op);
    if (!op) break;
    mig_take_operation(r, op);
    if (out->last) out->last->next = op;
    else out->first = op;
    out->last = op;
    out->count++;
  } while (mig_take_op(r, ","));
  mig_want_end(r);
  return a->fault->code;
}

/* --- other statements ------------------------------------------------------------------------ */

/* ALTER INDEX [IF EXISTS] [schema.]name RENAME TO to */
typedef struct mig_index_rename {
  const char *schema, *name, *to;
  size_t name_at;
  int if_exists;
} mig_index_rename;

static int mig_parse_index_rename(mig_arena *a, const char *sql, mig_index_rename *out) {
  mig_reader reader, *r = &reader;
  memset(out, 0, sizeof *out);
  mig_reader_init(r, a, sql, strlen(sql), 0);
  mig_want_word(r, "ALTER");
  mig_want_word(r, "INDEX");
  out->if_exists = mig_take_if_exists(r);
  out->name_at = r->t.at;
  out->name = mig_take_object(r, &out->schema, 0);
  mig_want_word(r, "RENAME");
  mig_want_word(r, "TO");
  out->to = mig_take_name(r, 0);
  mig_want_end(r);
  return a->fault->code;
}

/* CREATE OR REPLACE [TEMP] VIEW or TRIGGER [schema.]name .. */
typedef struct mig_replacement {
  int trigger; /* else a view */
  int temp;
  const char *schema, *name;
  size_t name_at;
  const char *sql; /* the statement without OR REPLACE */
} mig_replacement;

static int mig_parse_replacement(mig_arena *a, const char *sql, mig_replacement *out) {
  mig_reader reader, *r = &reader;
  mig_text text;
  size_t n = strlen(sql);
  memset(out, 0, sizeof *out);
  mig_text_init(&text, a);
  mig_reader_init(r, a, sql, n, 0);
  mig_want_word(r, "CREATE");
  mig_putn(&text, sql, r->end);
  mig_want_word(r, "OR");
  mig_want_word(r, "REPLACE");
  mig_putn(&text, sql + r->end, n - r->end);
  out->sql = text.z;
  out->temp = mig_take_temp(r);
  out->trigger = mig_take_word(r, "TRIGGER");
  if (!out->trigger) mig_want_word(r, "VIEW");
  if (mig_at_words(r, "IF", "NOT")) mig_refuse(r); /* it is either one or the other */
  out->name_at = r->t.at;
  out->name = mig_take_object(r, &out->schema, 0);
  return a->fault->code;
}
/* Names: how columns are spoken of inside expressions, and how constraints are called. */

/* Is token k of an expression a use of a column (of the table the expression stands in)? A name
** before `(` is a function, after COLLATE a collation, after AS a type, before `.` a qualifier. */
static int mig_is_column_use(const char *z, size_t n, mig_token before, mig_token k) {
  mig_token next;
  if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME) return 0;
  if (mig_token_is(z, before, "COLLATE") || mig_token_is(z, before, "AS")) return 0;
  next = mig_next_significant(z, n, k.end);
  if (next.type != MIG_TK_OP || next.end - next.at != 1) return 1;
  return z[next.at] != '.' && (z[next.at] != '(' || k.type == MIG_TK_NAME);
}

/* Is it a name of the rowid, where no column has it? */
static int mig_is_rowid_word(const char *name) {
  return mig_same(name, "rowid") || mig_same(name, "_rowid_") || mig_same(name, "oid");
}

typedef struct mig_uses {
  mig_span *v; /* the name tokens, in order */
  int n, cap;
} mig_uses;

/* The column that is the rowid's alias, or -1: WITHOUT ROWID tables have none. */
static int mig_alias(const mig_table *t) { return t->without_rowid ? -1 : t->rowid_column; }

static void mig_add_use(mig_arena *a, mig_uses *uses, mig_span s) {
  uses->v = (mig_span *)mig_grow(a, uses->v, uses->n, &uses->cap, sizeof(mig_span));
  if (mig_failed(a)) return;
  uses->v[uses->n++] = s;
}

/* Finds the uses of a column in a span of z. */
static void mig_find_uses(mig_arena *a, const char *z, mig_span s, const char *column,
                          mig_uses *uses) {
  mig_token before, k;
  memset(&before, 0, sizeof before);
  before.type = MIG_TK_END;
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(z, s.end, k.end)) {
    if (mig_is_column_use(z, s.end, before, k) && mig_token_names(a, z, k, column)) {
      mig_add_use(a, uses, mig_span_of(k.at, k.end));
    }
    before = k;
  }
}

static int mig_span_uses(mig_arena *a, const char *z, mig_span s, const char *column) {
  mig_uses uses;
  memset(&uses, 0, sizeof uses);
  mig_find_uses(a, z, s, column, &uses);
  return uses.n > 0;
}

static int mig_keys_use(const mig_constraint *c, const char *column) {
  int i;
  for (i = 0; i < c->nkey; i++) {
    if (mig_same(c->keys[i].name, column)) return 1;
  }
  return 0;
}

/* Does a constraint of a table speak of a column, other than by standing at it? */
static int mig_constraint_uses(mig_arena *a, const mig_table *t, const mig_constraint *c,
                               const char *column) {
  int i;
  if (c->kind == MIG_CHECK || c->kind == MIG_GENERATED) {
    return mig_span_uses(a, t->sql, c->expr, column);
  }
  if (mig_keys_use(c, column)) return 1;
  if (c->kind != MIG_FOREIGN_KEY || !mig_same(c->parent, t->name)) return 0;
  for (i = 0; i < c->nparent; i++) {
    if (mig_same(c->parent_keys[i].name, column)) return 1;
  }
  return 0;
}

/* The name token rewritten in the manner of the old one: its kind of quotes stay; a bare name
** stays bare where the new name can. */
static void mig_put_name_like(mig_text *t, const char *z, mig_span old, const char *name) {
  char q = z[old.at];
  if (q == '[' && !strchr(name, ']')) {
    mig_putf(t, "[%s]", name);
  } else if (q == '`' || q == '"' || q == '\'') {
    mig_put_quoted(t, name, q);
  } else if (q == '[' || mig_needs_quotes(name)) {
    mig_put_name(t, name);
  } else {
    mig_put(t, name);
  }
}

/* sql with every span of uses replaced by the name; the spans are made ascending first. */
static char *mig_replace_uses(mig_arena *a, const char *sql, mig_uses *uses, const char *name) {
  mig_text t;
  size_t done = 0;
  int i, k;
  mig_text_init(&t, a);
  for (i = 1; i < uses->n; i++) { /* nearly sorted: insertion */
    mig_span s = uses->v[i];
    for (k = i; k > 0 && uses->v[k - 1].at > s.at; k--) uses->v[k] = uses->v[k - 1];
    uses->v[k] = s;
  }
  for (i = 0; i < uses->n; i++) {
    if (uses->v[i].at < done) continue; /* the same token found twice */
    mig_putn(&t, sql + done, uses->v[i].at - done);
    mig_put_name_like(&t, sql, uses->v[i], name);
    done = uses->v[i].end;
  }
  mig_put(&t, sql + done);
  return t.z;
}

/* The CREATE TABLE text with one of its columns renamed, everywhere in it. */
static char *mig_rename_column_text(mig_arena *a, const mig_table *t, int column,
                                    const char *name) {
  const char *old = t->columns[column].name;
  mig_uses uses;
  int i, k;
  memset(&uses, 0, sizeof uses);
  mig_add_use(a, &uses, t->columns[column].name_span);
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_CHECK || c->kind == MIG_GENERATED) {
      mig_find_uses(a, t->sql, c->expr, old, &uses);
    }
    for (k = 0; c->column < 0 && k < c->nkey; k++) {
      if (mig_same(c->keys[k].name, old)) mig_add_use(a, &uses, c->keys[k].name_span);
    }
    for (k = 0; k < c->nparent && mig_same(c->parent, t->name); k++) {
      if (mig_same(c->parent_keys[k].name, old)) {
        mig_add_use(a, &uses, c->parent_keys[k].name_span);
      }
    }
  }
  return mig_failed(a) ? 0 : mig_replace_uses(a, t->sql, &uses, name);
}

/* A text in which strings that are written "like this" and would be read as a new column get single
** quotes; the same text where there is none. SQLite takes a name that is no column for a string. */
static const char *mig_keep_strings(mig_arena *a, const char *sql, mig_span s, const char *column) {
  mig_uses uses;
  mig_text t;
  size_t done = 0;
  int i;
  memset(&uses, 0, sizeof uses);
  mig_find_uses(a, sql, s, column, &uses);
  mig_text_init(&t, a);
  for (i = 0; i < uses.n; i++) {
    mig_token k;
    k.type = MIG_TK_NAME;
    k.at = uses.v[i].at;
    k.end = uses.v[i].end;
    if (sql[k.at] != '"') continue;
    mig_putn(&t, sql + done, k.at - done);
    mig_put_string(&t, mig_dequote(a, sql, k));
    done = k.end;
  }
  if (!done) return sql;
  mig_put(&t, sql + done);
  return t.z;
}

/* Can a constraint be dropped by name? */
static int mig_has_name(const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY || c->kind == MIG_UNIQUE || c->kind == MIG_CHECK ||
         c->kind == MIG_FOREIGN_KEY || c->kind == MIG_NOT_NULL;
}

static void mig_put_key_names(mig_text *t, const mig_constraint *c) {
  int i;
  for (i = 0; i < c->nkey; i++) mig_putf(t, "_%s", c->keys[i].name);
}

/* The one column that a CHECK speaks of, wherever it stands, or NULL. */
static const char *mig_only_column(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *found = 0;
  int i;
  for (i = 0; i < t->ncolumn; i++) {
    if (!mig_span_uses(a, t->sql, c->expr, t->columns[i].name)) continue;
    if (found) return 0;
    found = t->columns[i].name;
  }
  return found;
}

/* The name that PostgreSQL would give a constraint, without a number. */
static char *mig_default_name(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *column;
  mig_text z;
  mig_text_init(&z, a);
  mig_put(&z, t->name);
  switch (c->kind) {
    case MIG_PRIMARY_KEY:
      mig_put(&z, "_pkey");
      break;
    case MIG_UNIQUE:
      mig_put_key_names(&z, c);
      mig_put(&z, "_key");
      break;
    case MIG_FOREIGN_KEY:
      mig_put_key_names(&z, c);
      mig_put(&z, "_fkey");
      break;
    case MIG_NOT_NULL:
      mig_putf(&z, "_%s_not_null", t->columns[c->column].name);
      break;
    default:
      column = mig_only_column(a, t, c);
      mig_putf(&z, column ? "_%s_check" : "_check", column);
  }
  return z.z;
}

static int mig_name_taken(const mig_table *t, const char *const *given, const char *name) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (mig_same(given[i], name)) return 1;
    if (mig_has_name(&t->constraints[i]) && mig_same(t->constraints[i].name, name)) return 1;
  }
  return 0;
}

/* The name that each constraint answers to, NULL for those without: its own, or the one that
** PostgreSQL would choose, a number behind it where another has it. Own names win. */
static const char **mig_constraint_names(mig_arena *a, const mig_table *t) {
  const char **given =
      (const char **)mig_array(a, (size_t)t->nconstraint + 1, sizeof(const char *));
  int i, number;
  for (i = 0; given && i < t->nconstraint && !mig_failed(a); i++) {
    const mig_constraint *c = &t->constraints[i];
    char *name, *numbered;
    if (!mig_has_name(c)) continue;
    if (c->name) {
      given[i] = c->name;
      continue;
    }
    name = numbered = mig_default_name(a, t, c);
    for (number = 1; numbered && mig_name_taken(t, given, numbered); number++) {
      numbered = mig_format(a, "%s%d", name, number);
    }
    given[i] = numbered;
  }
  return given;
}

/* The name of one of them, for a message. */
static const char *mig_constraint_word(mig_arena *a, const mig_table *t, int i) {
  const char **names = mig_constraint_names(a, t);
  return names && names[i] ? names[i] : "?";
}

/* The constraint of a name, -1 when there is none; a fault when the name is not the only one. */
static int mig_find_constraint(mig_arena *a, const mig_table *t, const char *name) {
  const char **names = mig_constraint_names(a, t);
  int i, found = -1;
  for (i = 0; names && !mig_failed(a) && i < t->nconstraint; i++) {
    if (!mig_same(names[i], name)) continue;
    if (found >= 0) {
      mig_fail(a, MIGRATE_AMBIGUOUS, "constraint name %s is ambiguous: table %s has it twice", name,
               t->name);
    }
    found = i;
  }
  return found;
}
/* Layout: edits of a CREATE TABLE text that keep every byte they do not speak of. The outer list
** holds columns and table constraints; an item goes in and out with its comma, its line and the
** comment behind it, so that taking out what was put in gives the old bytes back. */

/* sql with the span replaced. */
static char *mig_splice(mig_arena *a, const char *sql, mig_span s, const char *text) {
  mig_text t;
  if (mig_failed(a) || !sql || !text) return 0;
  mig_text_init(&t, a);
  mig_putn(&t, sql, s.at);
  mig_put(&t, text);
  mig_put(&t, sql + s.end);
  return t.z;
}

static char *mig_insert(mig_arena *a, const char *sql, size_t at, const char *text) {
  mig_span s;
  s.at = s.end = at;
  return mig_splice(a, sql, s, text);
}

/* The end of what belongs to the line's item: past comments that end this line; `at` itself where
** the line goes on with a token, whose comments those are. */
static size_t mig_line_tail(const char *sql, size_t n, size_t at) {
  size_t tail = at, i = at;
  for (;;) {
    mig_token k = mig_next_token(sql, n, i);
    if (k.type == MIG_TK_COMMENT) {
      tail = k.end;
    } else if (k.type == MIG_TK_SPACE) {
      if (memchr(sql + k.at, '\n', k.end - k.at)) return tail;
    } else {
      return at;
    }
    i = k.end;
  }
}

/* The first byte at or after `at` that is no blank or tab, if it begins a new line. */
static int mig_at_line_end(const char *sql, size_t at) {
  while (sql[at] == ' ' || sql[at] == '\t') at++;
  return sql[at] == '\n' || sql[at] == '\r';
}

/* Where the line of byte `at` begins, if only blanks stand before `at` on it; else `at`. */
static size_t mig_indent_start(const char *sql, size_t at) {
  size_t i = at;
  while (i > 0 && (sql[i - 1] == ' ' || sql[i - 1] == '\t')) i--;
  return i > 0 && sql[i - 1] == '\n' ? i : at;
}

/* A new line and the indent of the item at `at`; "" when it does not begin a line. */
static char *mig_new_line(mig_arena *a, const char *sql, size_t at) {
  size_t from = mig_indent_start(sql, at);
  int crlf;
  if (from == at && !(at > 0 && sql[at - 1] == '\n')) return mig_copy(a, "");
  crlf = from > 1 && sql[from - 2] == '\r';
  return mig_format(a, "%s%.*s", crlf ? "\r\n" : "\n", (int)(at - from), sql + from);
}

/* The comma between two offsets, or 0. */
static size_t mig_comma(const char *sql, size_t from, size_t to) {
  while (from < to) {
    mig_token k = mig_next_token(sql, to, from);
    if (k.type == MIG_TK_OP && sql[k.at] == ',') return k.at;
    if (k.type == MIG_TK_END) return 0;
    from = k.end;
  }
  return 0;
}

typedef struct mig_items {
  mig_span *v; /* columns, then table constraints, in the text's order */
  int n;
} mig_items;

static mig_items mig_list_items(mig_arena *a, const mig_table *t) {
  mig_items list;
  int i;
  list.n = 0;
  list.v = (mig_span *)mig_array(a, (size_t)t->ncolumn + (size_t)t->nconstraint + 1,
                                sizeof(mig_span));
  for (i = 0; list.v && i < t->ncolumn; i++) list.v[list.n++] = t->columns[i].span;
  for (i = 0; list.v && i < t->nconstraint; i++) {
    if (t->constraints[i].column < 0) list.v[list.n++] = t->constraints[i].span;
  }
  return list;
}

static int mig_has_comment(const char *sql, size_t from, size_t to) {
  while (from < to) {
    mig_token k = mig_next_token(sql, to, from);
    if (k.type == MIG_TK_COMMENT) return 1;
    from = k.end;
  }
  return 0;
}

/* Puts an item behind item `p` (-1: before the first). Returns the new text. */
static char *mig_insert_item(mig_arena *a, const mig_table *t, int p, const char *text) {
  mig_items list = mig_list_items(a, t);
  const char *line;
  size_t comma, tail;
  if (!list.v) return 0;
  if (p + 1 < list.n) { /* an item follows */
    size_t next = list.v[p + 1].at, base;
    comma = p < 0 ? 0 : mig_comma(t->sql, list.v[p].end, next);
    base = p < 0 ? t->open + 1 : comma ? comma + 1 : list.v[p].end;
    tail = mig_line_tail(t->sql, t->nsql, base);
    line = mig_new_line(a, t->sql, next);
    if (!line) return 0;
    if (!*line || !mig_at_line_end(t->sql, tail)) { /* in a line: with the gap that is there */
      int gap = p < 0 || mig_has_comment(t->sql, base, next) ? 0 : (int)(next - base);
      if (p < 0 && next == t->open + 1) gap = 0;
      text = mig_format(a, "%s,%.*s", text, gap, t->sql + base);
      if (gap == 0 && (p < 0 || base != next)) text = mig_format(a, "%s ", text);
      if (p >= 0 && !comma) text = mig_format(a, ", %s", text);
      return mig_insert(a, t->sql, next, text);
    }
    if (!mig_has_comment(t->sql, tail, next)) { /* where DROP COLUMN takes it out again */
      return mig_insert(a, t->sql, next, mig_format(a, "%s,%s", text, line));
    }
    text = mig_format(a, "%s%s,", line, text);
    if (p >= 0 && !comma) text = mig_format(a, ",%s", text);
    return text ? mig_insert(a, t->sql, tail, text) : 0;
  }
  line = mig_new_line(a, t->sql, list.v[p].at);
  if (!line) return 0;
  tail = mig_line_tail(t->sql, t->nsql, list.v[p].end);
  if (!*line && tail == list.v[p].end) {
    return mig_insert(a, t->sql, tail, mig_format(a, ", %s", text));
  }
  text = mig_format(a, "%s%s", *line ? line : "\n", text);
  return text ? mig_insert(a, mig_insert(a, t->sql, tail, text), list.v[p].end, ",") : 0;
}

/* Cuts [s.at, s.end) and keeps a line comment that ends at s.at from eating what follows. */
static char *mig_cut(mig_arena *a, const char *sql, mig_span s, int after_comment) {
  int open = after_comment && !mig_at_line_end(sql, s.end);
  return mig_splice(a, sql, s, open ? "\n" : "");
}

/* The comma before item i, and the first byte behind it; 0 and the end of the item before where a
** comma is missing. */
static size_t mig_item_base(const mig_table *t, const mig_items *list, int i, size_t *comma) {
  *comma = i > 0 ? mig_comma(t->sql, list->v[i - 1].end, list->v[i].at) : 0;
  if (*comma) return *comma + 1;
  return i > 0 ? list->v[i - 1].end : t->open + 1;
}

/* What goes with item i: the comments on its own lines before it and behind it, and the comma
** behind it, if it has one. */
static mig_span mig_item_cut(const mig_table *t, const mig_items *list, int i) {
  const char *sql = t->sql;
  size_t comma, base = mig_item_base(t, list, i, &comma);
  mig_span cut;
  cut.at = mig_line_tail(sql, t->nsql, base);
  if (i == list->n - 1) {
    cut.end = mig_line_tail(sql, t->nsql, list->v[i].end);
    return cut;
  }
  comma = mig_comma(sql, list->v[i].end, list->v[i + 1].at);
  cut.end = comma ? mig_line_tail(sql, t->nsql, comma + 1) : list->v[i].end;
  if (mig_at_line_end(sql, cut.at)) {
    /* its own line, or lines: from the end of the line before to the end of its last */
    if (!mig_at_line_end(sql, cut.end)) cut.at = list->v[i].at;
    while (cut.at == list->v[i].at && (sql[cut.end] == ' ' || sql[cut.end] == '\t')) cut.end++;
    return cut;
  }
  cut.at = base;
  if (i == 0) {
    cut.at = list->v[0].at;
    while (sql[cut.end] == ' ' || sql[cut.end] == '\t') cut.end++;
  }
  return cut;
}

/* Takes item i out of the list, with its comma. The list keeps at least one item. */
static char *mig_delete_item(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  size_t comma, base;
  mig_span cut, c;
  char *shorter;
  if (!list.v) return 0;
  cut = mig_item_cut(t, &list, i);
  if (i < list.n - 1) return mig_cut(a, t->sql, cut, 0);
  base = mig_item_base(t, &list, i, &comma);
  shorter = mig_cut(a, t->sql, cut, cut.at > base);
  if (!comma || !shorter) return shorter;
  c.at = comma;
  c.end = comma + 1;
  return mig_splice(a, shorter, c, "");
}

/* The text of item i with the comments before it that go with it. */
static char *mig_item_text(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  mig_span s;
  if (!list.v) return 0;
  s = list.v[i];
  s.at = mig_item_cut(t, &list, i).at;
  while (s.at < list.v[i].at) {
    mig_token k = mig_next_token(t->sql, list.v[i].at, s.at);
    if (k.type == MIG_TK_COMMENT) break;
    s.at = k.end;
  }
  return mig_span_text(a, t->sql, s);
}

/* The comments behind item i that go with it, each behind a blank; "" for none. */
static const char *mig_item_comments(mig_arena *a, const mig_table *t, int i) {
  mig_items list = mig_list_items(a, t);
  size_t end, at;
  mig_text z;
  mig_text_init(&z, a);
  if (!list.v) return "";
  at = list.v[i].end;
  end = mig_item_cut(t, &list, i).end;
  while (at < end && !mig_failed(a)) {
    mig_token k = mig_next_token(t->sql, end, at);
    if (k.type == MIG_TK_COMMENT) mig_putf(&z, " %.*s", (int)(k.end - k.at), t->sql + k.at);
    if (k.type == MIG_TK_COMMENT && t->sql[k.at] == '-' && k.end < end) mig_put(&z, "\n");
    at = k.end;
  }
  return mig_text_z(&z);
}

/* Puts comments behind item i: where the last goes to the end of the line, behind the comma. */
static char *mig_put_comments(mig_arena *a, const mig_table *t, int i, const char *comments) {
  mig_items list = mig_list_items(a, t);
  const char *last = strrchr(comments, '\n'), *line = strstr(last ? last : comments, " --");
  size_t at, comma;
  if (!list.v) return 0;
  at = list.v[i].end;
  comma = line && i + 1 < list.n ? mig_comma(t->sql, at, list.v[i + 1].at) : 0;
  if (comma) at = comma + 1;
  return mig_insert(a, t->sql, at,
                    mig_format(a, "%s%s", comments,
                               line && !mig_at_line_end(t->sql, at) ? "\n" : ""));
}

/* Takes a constraint out of a column's definition, with the blanks before it. */
static char *mig_delete_words(mig_arena *a, const char *sql, mig_span s) {
  while (s.at > 0 && (sql[s.at - 1] == ' ' || sql[s.at - 1] == '\t')) s.at--;
  return mig_splice(a, sql, s, "");
}

/* Where SQLite's own ADD COLUMN writes: before the first table constraint's comma, else before the
** closing parenthesis. */
static size_t mig_add_column_at(const mig_table *t) {
  size_t end = t->columns[t->ncolumn - 1].span.end;
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    if (t->constraints[i].column < 0) return mig_comma(t->sql, end, t->constraints[i].span.at);
  }
  return t->close;
}

/* A column at the end, as SQLite's own ADD COLUMN writes it. */
static char *mig_append_column(mig_arena *a, const mig_table *t, const char *text) {
  size_t at = mig_add_column_at(t);
  return at ? mig_insert(a, t->sql, at, mig_format(a, ", %s", text))
            : mig_insert_item(a, t, t->ncolumn - 1, text);
}

/* Takes a column out as SQLite's own DROP COLUMN does; but a comment that stands beyond the
** column's line speaks of another, and stays. */
static char *mig_delete_column(mig_arena *a, const mig_table *t, int i) {
  mig_span cut;
  cut.at = t->columns[i].span.at;
  if (i + 1 < t->ncolumn) {
    size_t comma = mig_comma(t->sql, t->columns[i].span.end, t->columns[i + 1].span.at);
    cut.end = t->columns[i + 1].span.at;
    if (mig_has_comment(t->sql, mig_line_tail(t->sql, t->nsql, comma + 1), cut.end)) {
      return mig_delete_item(a, t, i);
    }
  } else {
    cut.at = mig_comma(t->sql, t->columns[i - 1].span.end, cut.at);
    cut.end = mig_add_column_at(t);
    if (!cut.at || !cut.end || mig_has_comment(t->sql, cut.at, cut.end)) {
      return mig_delete_item(a, t, i);
    }
  }
  return mig_splice(a, t->sql, cut, "");
}
/* 4: data to data */
/* Apply: a table and the actions of one ALTER TABLE give the table as wanted. Each action edits
** the text and reads it again, so that the model never drifts from the text. What it means for
** rows and indexes is not decided here: that follows from comparing the two tables. */

typedef struct mig_origin {
  int from;               /* the column's index in the old table, or -1: new */
  const char *using_expr; /* its value is this expression over the old row; NULL: as it is, of a new
                          ** column its default */
} mig_origin;

typedef struct mig_rename {
  struct mig_rename *next;
  const char *from, *to;
} mig_rename;

typedef struct mig_alteration {
  mig_arena *a;
  const mig_alter *alter;
  mig_table old;        /* as found */
  mig_table now;        /* as wanted */
  mig_origin *origins;  /* one a column of now */
  mig_rename *renames, *last_rename; /* columns renamed, in order */
  mig_table renamed;       /* the old one after the renames alone */
  const char *new_name;    /* RENAME TO, or NULL */
  int cascade;             /* some DROP said CASCADE */
  int requoted;            /* strings in double quotes got single ones */
  int recomputed;          /* some column has a USING expression, or is new */
  int nothing;             /* IF EXISTS, IF NOT EXISTS and their kin left nothing to do */
} mig_alteration;

static void mig_use_text(mig_alteration *c, char *sql) {
  if (sql) mig_parse_table(c->a, sql, &c->now);
}

/* Reads a text that may be that of a table at hand. */
static int mig_read_table(mig_arena *a, const char *sql, const mig_table *known, mig_table *out) {
  if (strcmp(sql, known->sql) != 0) return mig_parse_table(a, sql, out);
  *out = *known;
  return a->fault->code;
}

static int mig_no_column(mig_alteration *c, const mig_op *op, const char *name) {
  return mig_fail_at(c->a, MIGRATE_NO_SUCH, c->alter->sql, op->name_at,
                     mig_format(c->a, "no such column: %s.%s", c->old.name, name));
}

/* The column that an action speaks of; -1 after a fault. */
static int mig_op_column(mig_alteration *c, const mig_op *op) {
  int i = mig_find_column(&c->now, op->name);
  if (i < 0) mig_no_column(c, op, op->name);
  return i;
}

/* The origins with room at `at` for one more, or without the one at `at`. */
static void mig_insert_origin(mig_alteration *c, int at) {
  int n = c->now.ncolumn; /* already counts the new column */
  mig_origin *v = (mig_origin *)mig_array(c->a, (size_t)n, sizeof(mig_origin));
  if (!v) return;
  memcpy(v, c->origins, (size_t)at * sizeof *v);
  memcpy(v + at + 1, c->origins + at, (size_t)(n - 1 - at) * sizeof *v);
  v[at].from = -1;
  c->origins = v;
}

static void mig_delete_origin(mig_alteration *c, int at, int n) {
  memmove(c->origins + at, c->origins + at + 1, (size_t)(n - 1 - at) * sizeof *c->origins);
}

/* The item behind which a column with a position goes: -1 for FIRST. */
static int mig_position(mig_alteration *c, const mig_op *op, int otherwise) {
  int i;
  if (op->first) return -1;
  if (!op->after) return otherwise;
  i = mig_find_column(&c->now, op->after);
  if (i < 0) mig_no_column(c, op, op->after);
  return i;
}

/* "none" in a CHECK, where no column is called none, is a string, and has to stay one. */
static void mig_keep_table_strings(mig_alteration *c, const char *column) {
  int i;
  for (i = c->now.nconstraint - 1; i >= 0 && !mig_failed(c->a); i--) {
    const mig_constraint *k = &c->now.constraints[i];
    const char *sql;
    if (k->kind != MIG_CHECK && k->kind != MIG_GENERATED) continue;
    sql = mig_keep_strings(c->a, c->now.sql, k->expr, column);
    if (!sql || sql == c->now.sql) continue;
    mig_parse_table(c->a, sql, &c->now);
    c->requoted = 1;
  }
}

static void mig_apply_add_column(mig_alteration *c, const mig_op *op) {
  int p;
  if (mig_find_column(&c->now, op->name) >= 0) {
    if (op->if_not_exists) return;
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "duplicate column name: %s", op->name));
    return;
  }
  p = mig_position(c, op, c->now.ncolumn - 1);
  if (mig_failed(c->a)) return;
  mig_keep_table_strings(c, op->name);
  if (mig_failed(c->a)) return;
  if (p == c->now.ncolumn - 1) mig_use_text(c, mig_append_column(c->a, &c->now, op->text));
  else mig_use_text(c, mig_insert_item(c->a, &c->now, p, op->text));
  if (!mig_failed(c->a)) mig_insert_origin(c, p + 1);
  c->recomputed = 1; /* the text may be as before: it had another of that name, dropped here */
}

static void mig_drop_item(mig_alteration *c, int item) {
  mig_use_text(c, mig_delete_item(c->a, &c->now, item));
}

/* The place of table constraint i in the outer list. */
static int mig_item_of(const mig_table *t, int i) {
  int k, item = t->ncolumn;
  for (k = 0; k < i; k++) item += t->constraints[k].column < 0;
  return item;
}

/* SQLite reads GENERATED ALWAYS with the type before it, and a comment between them becomes part of
** the type: where such a neighbour is new, AS alone says the same. */
static void mig_part_from_type(mig_alteration *c, int column) {
  const mig_column *col = &c->now.columns[column];
  const mig_constraint *g = col->count ? &c->now.constraints[col->first] : 0;
  const char *sql = c->now.sql;
  size_t end = col->name_span.end;
  mig_token k;
  mig_span words;
  if (!g || g->kind != MIG_GENERATED || mig_span_empty(col->type)) return;
  for (k = mig_next_significant(sql, g->span.at, end); k.type != MIG_TK_END;
       k = mig_next_significant(sql, g->span.at, end)) {
    end = k.end;
  }
  k = mig_next_significant(sql, c->now.nsql, g->span.at);
  if (!mig_token_is(sql, k, "GENERATED") || !mig_has_comment(sql, end, k.at)) return;
  words.at = k.at;
  k = mig_next_significant(sql, c->now.nsql, k.end); /* ALWAYS */
  words.end = mig_next_significant(sql, c->now.nsql, k.end).at;
  mig_use_text(c, mig_splice(c->a, sql, words, ""));
}

/* Takes constraint i out, wherever it is written; with a foreign key what defers it. */
static void mig_drop_constraint_at(mig_alteration *c, int i) {
  const mig_constraint *k = &c->now.constraints[i];
  int d;
  if (k->kind == MIG_FOREIGN_KEY) {
    for (d = c->now.nconstraint - 1; d > i && !mig_failed(c->a); d--) {
      if (c->now.constraints[d].kind == MIG_DEFERRABLE && c->now.constraints[d].of == i) {
        mig_drop_constraint_at(c, d);
      }
    }
    k = &c->now.constraints[i];
  }
  if (mig_failed(c->a)) return;
  if (k->column < 0) {
    mig_drop_item(c, mig_item_of(&c->now, i));
  } else {
    int column = k->column, first = i == c->now.columns[column].first;
    mig_use_text(c, mig_delete_words(c->a, c->now.sql, k->span));
    if (first && !mig_failed(c->a)) mig_part_from_type(c, column);
  }
}

/* Constraints that speak of the column go with it, as in PostgreSQL. */
static void mig_drop_mentions(mig_alteration *c, const char *name) {
  int i;
  for (i = 0; i < c->now.nconstraint && !mig_failed(c->a); i++) {
    const mig_constraint *k = &c->now.constraints[i];
    if (k->kind == MIG_GENERATED || k->kind == MIG_DEFERRABLE) continue;
    if (k->column >= 0 && mig_same(c->now.columns[k->column].name, name)) continue;
    if (!mig_constraint_uses(c->a, &c->now, k, name)) continue;
    mig_drop_constraint_at(c, i);
    i = -1;
  }
}

/* A generated column whose expression needs column `name`, or -1. */
static int mig_needed_by(mig_alteration *c, const char *name) {
  int i;
  for (i = 0; i < c->now.nconstraint; i++) {
    const mig_constraint *g = &c->now.constraints[i];
    if (g->kind != MIG_GENERATED || mig_same(c->now.columns[g->column].name, name)) continue;
    if (mig_span_uses(c->a, c->now.sql, g->expr, name)) return g->column;
  }
  return -1;
}

static void mig_drop_one_column(mig_alteration *c, const char *name) {
  int n = c->now.ncolumn, column;
  if (n == 1) {
    mig_fail(c->a, MIGRATE_UNSUPPORTED, "cannot drop column %s of %s: no other columns exist", name,
             c->old.name);
  }
  mig_drop_mentions(c, name);
  if (mig_failed(c->a)) return;
  column = mig_find_column(&c->now, name);
  mig_use_text(c, mig_delete_column(c->a, &c->now, column));
  if (!mig_failed(c->a)) mig_delete_origin(c, column, n);
}

/* With CASCADE the generated columns that need it go first, each after those that need it. */
static void mig_apply_drop_column(mig_alteration *c, const mig_op *op, int column) {
  const char *name = c->now.columns[column].name;
  while (!mig_failed(c->a) && mig_find_column(&c->now, name) >= 0) {
    const char *victim = name;
    int user;
    while (!mig_failed(c->a) && (user = mig_needed_by(c, victim)) >= 0) {
      victim = c->now.columns[user].name;
      if (!op->cascade) {
        mig_fail(c->a, MIGRATE_DEPENDENT,
                 "cannot drop column %s of %s: generated column %s needs it (CASCADE drops both)",
                 name, c->old.name, victim);
      }
    }
    if (!mig_failed(c->a)) mig_drop_one_column(c, victim);
  }
}

/* Expressions of this statement that speak of a renamed column follow it. */
static void mig_rename_in_using(mig_alteration *c, const char *from, const char *to) {
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(c->a); i++) {
    mig_uses uses;
    mig_span all;
    const char *z = c->origins[i].using_expr;
    if (!z) continue;
    memset(&uses, 0, sizeof uses);
    all.at = 0;
    all.end = strlen(z);
    mig_find_uses(c->a, z, all, from, &uses);
    if (uses.n) c->origins[i].using_expr = mig_replace_uses(c->a, z, &uses, to);
  }
}

static void mig_note_rename(mig_alteration *c, mig_rename *r) {
  int column = mig_find_column(&c->renamed, r->from);
  char *sql;
  if (column < 0) return;
  if (c->last_rename) c->last_rename->next = r;
  else c->renames = r;
  c->last_rename = r;
  sql = mig_rename_column_text(c->a, &c->renamed, column, r->to);
  if (sql) mig_parse_table(c->a, sql, &c->renamed);
}

/* Renames run before everything else: a column that an earlier action drops is still there, and
** gets another name where a rename needs the one that it has. */
static void mig_free_name(mig_alteration *c, const char *name) {
  const mig_table *renamed = &c->renamed;
  mig_rename *r;
  int i = mig_find_column(renamed, name), number = 0;
  r = i < 0 ? 0 : (mig_rename *)mig_alloc(c->a, sizeof *r);
  if (!r) return;
  r->from = renamed->columns[i].name;
  do {
    r->to = mig_format(c->a, "migrate_dropped_%d", ++number);
  } while (r->to &&
           (mig_find_column(renamed, r->to) >= 0 || mig_find_column(&c->now, r->to) >= 0));
  if (!r->to) return;
  mig_rename_in_using(c, r->from, r->to);
  mig_note_rename(c, r);
}

static void mig_apply_rename_column(mig_alteration *c, const mig_op *op, int column) {
  mig_rename *r;
  char *sql;
  int other = mig_find_column(&c->now, op->to);
  if (other >= 0 && other != column) {
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "duplicate column name: %s", op->to));
    return;
  }
  r = (mig_rename *)mig_alloc(c->a, sizeof *r);
  if (!r) return;
  r->from = c->now.columns[column].name;
  r->to = op->to;
  if (strcmp(r->from, r->to) == 0) return;
  if (c->origins[column].from >= 0) { /* a column that is new here has no dependants */
    if (other < 0) mig_free_name(c, r->to);
    if (!mig_failed(c->a)) mig_note_rename(c, r);
    if (mig_failed(c->a)) return;
  }
  mig_rename_in_using(c, r->from, r->to);
  mig_keep_table_strings(c, r->to);
  if (mig_failed(c->a)) return;
  sql = mig_rename_column_text(c->a, &c->now, column, op->to);
  if (sql) mig_read_table(c->a, sql, &c->renamed, &c->now);
}

/* The last constraint of a kind at a column, or -1. */
static int mig_column_constraint(const mig_table *t, int column, int kind) {
  const mig_column *col = &t->columns[column];
  int i;
  for (i = col->first + col->count - 1; i >= col->first; i--) {
    if (t->constraints[i].kind == kind) return i;
  }
  return -1;
}

static void mig_drop_kind(mig_alteration *c, int column, int kind) {
  int i;
  while (!mig_failed(c->a) && (i = mig_column_constraint(&c->now, column, kind)) >= 0) {
    mig_drop_constraint_at(c, i);
  }
}

static void mig_append_words(mig_alteration *c, int column, const char *words) {
  size_t at = c->now.columns[column].span.end;
  char *text = mig_format(c->a, " %s", words);
  if (text) mig_use_text(c, mig_insert(c->a, c->now.sql, at, text));
}

/* Replaces a span of a constraint, or appends the words where the column has none of the kind. */
static void mig_set_constraint(mig_alteration *c, int column, int kind, const char *value,
                               const char *words) {
  int i = mig_column_constraint(&c->now, column, kind);
  if (i < 0) mig_append_words(c, column, words);
  else mig_use_text(c, mig_splice(c->a, c->now.sql, c->now.constraints[i].expr, value));
}

static void mig_apply_type(mig_alteration *c, const mig_op *op, int column) {
  const mig_column *col = &c->now.columns[column];
  mig_span s = col->type;
  if (mig_span_empty(s)) {
    s.at = s.end = col->name_span.end;
    mig_use_text(c, mig_splice(c->a, c->now.sql, s, mig_format(c->a, " %s", op->text)));
  } else {
    mig_use_text(c, mig_splice(c->a, c->now.sql, s, op->text));
  }
  if (mig_failed(c->a)) return; /* .. and the model may have no columns */
  if (op->using_expr) {
    if (c->now.columns[column].generated) {
      mig_fail(c->a, MIGRATE_UNSUPPORTED, "column %s of %s is generated: USING has no effect on it",
               op->name, c->old.name);
    }
    if (c->origins[column].from < 0) {
      mig_fail(c->a, MIGRATE_UNSUPPORTED,
               "column %s of %s is new: USING has no old value of it, DEFAULT gives one", op->name,
               c->old.name);
    }
    c->origins[column].using_expr = op->using_expr;
    c->recomputed = 1;
  }
  if (op->collate && mig_same(op->collate, "BINARY")) { /* the default goes without saying */
    mig_drop_kind(c, column, MIG_COLLATE);
  } else if (op->collate && !mig_failed(c->a)) {
    char *name = mig_needs_quotes(op->collate) ? mig_name(c->a, op->collate)
                                               : mig_copy(c->a, op->collate);
    char *words = mig_format(c->a, "COLLATE %s", name);
    if (words) mig_set_constraint(c, column, MIG_COLLATE, name, words);
  }
}

/* Is the text one of the forms that DEFAULT takes without parentheses? */
static int mig_plain_default(mig_arena *a, const char *z) {
  size_t n = strlen(z);
  mig_token k = mig_next_significant(z, n, 0), end;
  (void)a;
  if (k.type == MIG_TK_OP && (z[k.at] == '+' || z[k.at] == '-')) {
    k = mig_next_significant(z, n, k.end);
    if (k.type != MIG_TK_NUMBER) return 0;
  }
  if (k.type == MIG_TK_OP && z[k.at] == '(') {
    return mig_next_significant(z, n, mig_skip_parens(z, n, k.at)).type == MIG_TK_END;
  }
  end = mig_next_significant(z, n, k.end);
  return k.type != MIG_TK_OP && end.type == MIG_TK_END;
}

/* The value of DEFAULT as an expression, where a name would be a column. */
static char *mig_default_expression(mig_arena *a, const mig_table *t, int constraint) {
  mig_span s = t->constraints[constraint].expr;
  mig_token k = mig_next_significant(t->sql, s.end, s.at);
  mig_text z;
  if (mig_token_is(t->sql, k, "TRUE")) return mig_copy(a, "1");
  if (mig_token_is(t->sql, k, "FALSE")) return mig_copy(a, "0");
  if (!mig_is_name(t->sql, k) || mig_word_in(t->sql, k, mig_literal_words)) {
    return mig_span_text(a, t->sql, s);
  }
  mig_text_init(&z, a);
  mig_put_string(&z, mig_dequote(a, t->sql, k));
  return z.z;
}

/* Old rows get what a new column said when it was added, whatever it says afterwards in the same
** statement: ADD c DEFAULT 'old', ALTER c SET DEFAULT 'current', as two statements would. */
static void mig_keep_first_value(mig_alteration *c, int column) {
  mig_origin *o = &c->origins[column];
  int g = mig_column_constraint(&c->now, column, MIG_GENERATED);
  int d = mig_column_constraint(&c->now, column, MIG_DEFAULT);
  if (o->from >= 0 || o->using_expr) return;
  if (g >= 0) o->using_expr = mig_span_text(c->a, c->now.sql, c->now.constraints[g].expr);
  else o->using_expr = d < 0 ? "NULL" : mig_default_expression(c->a, &c->now, d);
}

static void mig_apply_default(mig_alteration *c, const mig_op *op, int column) {
  const char *value = op->text;
  mig_keep_first_value(c, column);
  if (!mig_plain_default(c->a, value)) value = mig_format(c->a, "(%s)", value);
  if (value) {
    char *words = mig_format(c->a, "DEFAULT %s", value);
    if (words) mig_set_constraint(c, column, MIG_DEFAULT, value, words);
  }
}

static void mig_apply_drop_default(mig_alteration *c, int column) {
  if (mig_column_constraint(&c->now, column, MIG_DEFAULT) < 0) return;
  mig_keep_first_value(c, column);
  mig_drop_kind(c, column, MIG_DEFAULT);
}

static void mig_apply_not_null(mig_alteration *c, const mig_op *op, int column) {
  if (mig_column_constraint(&c->now, column, MIG_NOT_NULL) >= 0) {
    if (!op->text) return;
    mig_drop_kind(c, column, MIG_NOT_NULL);
  }
  if (mig_failed(c->a)) return;
  mig_append_words(c, column, op->text ? mig_format(c->a, "NOT NULL %s", op->text) : "NOT NULL");
}

static void mig_apply_drop_not_null(mig_alteration *c, const mig_op *op, int column) {
  const mig_column *col = &c->now.columns[column];
  if (col->hidden_key && (c->now.strict || c->now.without_rowid) &&
      column != mig_alias(&c->now)) {
    mig_fail(c->a, MIGRATE_UNSUPPORTED,
             "column %s is in the primary key of a %s table %s, which is never NULL", op->name,
             c->now.strict ? "STRICT" : "WITHOUT ROWID", c->old.name);
    return;
  }
  mig_drop_kind(c, column, MIG_NOT_NULL);
}

static void mig_apply_add_constraint(mig_alteration *c, const mig_op *op) {
  int items = mig_list_items(c->a, &c->now).n, i;
  if (op->constraint == MIG_PRIMARY_KEY && c->now.primary_key >= 0) {
    mig_fail(c->a, MIGRATE_EXISTS, "table %s already has a primary key", c->old.name);
  }
  for (i = 0; op->name && i < c->now.nconstraint; i++) {
    const mig_constraint *k = &c->now.constraints[i];
    if (mig_has_name(k) && mig_same(k->name, op->name)) {
      mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                  mig_format(c->a, "constraint %s of %s already exists", op->name, c->old.name));
    }
  }
  if (!mig_failed(c->a)) {
    mig_use_text(c, mig_insert_item(c->a, &c->now, items - 1, op->text));
  }
}

/* The constraint that an action names; -1 and a fault, or -1 alone with IF EXISTS. */
static int mig_op_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_find_constraint(c->a, &c->now, op->name);
  if (i < 0 && !op->if_exists) {
    mig_fail_at(c->a, MIGRATE_NO_SUCH, c->alter->sql, op->name_at,
                mig_format(c->a, "no such constraint: %s of %s", op->name, c->old.name));
  }
  return i;
}

static void mig_apply_drop_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_op_constraint(c, op);
  if (i >= 0 && !mig_failed(c->a)) mig_drop_constraint_at(c, i);
}

static void mig_apply_rename_constraint(mig_alteration *c, const mig_op *op) {
  int i = mig_op_constraint(c, op), other;
  const mig_constraint *k;
  mig_text t;
  if (i < 0 || mig_failed(c->a)) return;
  other = mig_find_constraint(c->a, &c->now, op->to);
  if (other >= 0 && other != i && c->now.constraints[other].name) {
    mig_fail(c->a, MIGRATE_EXISTS, "constraint %s of %s already exists", op->to, c->old.name);
    return;
  }
  k = &c->now.constraints[i];
  mig_text_init(&t, c->a);
  mig_putn(&t, c->now.sql, k->name ? k->name_span.at : k->body.at);
  if (k->name) {
    mig_put_name_like(&t, c->now.sql, k->name_span, op->to);
    mig_put(&t, c->now.sql + k->name_span.end);
  } else {
    mig_put(&t, "CONSTRAINT ");
    if (mig_needs_quotes(op->to)) mig_put_name(&t, op->to);
    else mig_put(&t, op->to);
    mig_putf(&t, " %s", c->now.sql + k->body.at);
  }
  if (!mig_failed(c->a)) mig_use_text(c, t.z);
}

/* FIRST and AFTER of a column that is there: its definition goes out and in again. */
static void mig_apply_move(mig_alteration *c, const mig_op *op, int column) {
  mig_origin origin = c->origins[column];
  char *text = mig_item_text(c->a, &c->now, column);
  const char *comments = mig_item_comments(c->a, &c->now, column);
  int n = c->now.ncolumn, p = mig_position(c, op, -1);
  if (mig_failed(c->a) || p == column || p + 1 == column || n == 1) return;
  mig_drop_item(c, column);
  if (mig_failed(c->a)) return;
  mig_delete_origin(c, column, n);
  p = mig_position(c, op, -1);
  mig_use_text(c, mig_insert_item(c->a, &c->now, p, text));
  if (*comments && !mig_failed(c->a)) {
    mig_use_text(c, mig_put_comments(c->a, &c->now, p + 1, comments));
  }
  if (mig_failed(c->a)) return;
  mig_insert_origin(c, p + 1);
  c->origins[p + 1] = origin;
}

static void mig_apply_expression(mig_alteration *c, const mig_op *op, int column) {
  if (!c->now.columns[column].generated) {
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is not generated", op->name, c->old.name));
    return;
  }
  mig_set_constraint(c, column, MIG_GENERATED, op->text, "");
}

static void mig_apply_drop_expression(mig_alteration *c, const mig_op *op, int column) {
  if (!c->now.columns[column].generated) {
    if (op->if_exists) return;
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is not generated", op->name, c->old.name));
    return;
  }
  mig_keep_first_value(c, column);
  mig_drop_kind(c, column, MIG_GENERATED);
}

static void mig_apply_add_generated(mig_alteration *c, const mig_op *op, int column) {
  char *words;
  if (c->now.columns[column].generated) {
    mig_fail_at(c->a, MIGRATE_EXISTS, c->alter->sql, op->name_at,
                mig_format(c->a, "column %s of %s is already generated", op->name, c->old.name));
    return;
  }
  mig_drop_kind(c, column, MIG_DEFAULT); /* a generated column has none */
  words = mig_format(c->a, "GENERATED ALWAYS AS (%s)%s", op->text, op->stored ? " STORED" : "");
  if (words) mig_append_words(c, column, words);
  if (!mig_failed(c->a)) mig_part_from_type(c, column);
}

static void mig_apply_autoincrement(mig_alteration *c, const mig_op *op, int column) {
  const mig_constraint *k;
  if (column != mig_alias(&c->now)) {
    mig_fail_at(c->a, MIGRATE_UNSUPPORTED, c->alter->sql, op->name_at,
                mig_format(c->a, "AUTOINCREMENT needs an INTEGER PRIMARY KEY: %s.%s is none",
                           c->old.name, op->name));
    return;
  }
  k = &c->now.constraints[c->now.primary_key];
  if (k->autoincrement) return;
  if (k->column >= 0) {
    mig_use_text(c, mig_insert(c->a, c->now.sql, k->span.end, " AUTOINCREMENT"));
  } else { /* inside the list, behind the column and its order */
    mig_use_text(c, mig_insert(c->a, c->now.sql, k->keys[0].span.end, " AUTOINCREMENT"));
  }
}

static void mig_apply_drop_autoincrement(mig_alteration *c, const mig_op *op, int column) {
  const mig_constraint *k;
  (void)op;
  if (column != mig_alias(&c->now)) return;
  k = &c->now.constraints[c->now.primary_key];
  if (k->autoincrement) {
    mig_use_text(c, mig_delete_words(c->a, c->now.sql, k->autoincrement_span));
  }
}

static void mig_add_option(mig_alteration *c, int has, const char *word) {
  int comma = c->now.strict || c->now.without_rowid;
  size_t at = c->now.close + 1;
  if (has) return;
  if (comma) {
    at = c->now.strict ? c->now.strict_span.end : c->now.without_rowid_span.end;
  }
  mig_use_text(c, mig_insert(c->a, c->now.sql, at, mig_format(c->a, comma ? ", %s" : " %s", word)));
}

static void mig_drop_option(mig_alteration *c, int has, mig_span s) {
  mig_span cut = s;
  size_t comma;
  if (!has) return;
  comma = mig_comma(c->now.sql, c->now.close + 1, s.at);
  if (comma) {
    cut.at = comma;
  } else {
    comma = mig_comma(c->now.sql, s.end, c->now.nsql);
    if (comma) cut.end = comma + 1;
  }
  mig_use_text(c, mig_delete_words(c->a, c->now.sql, cut));
}

/* DROP STRICT in a table that has such a column could mean either. */
static int mig_ambiguous_option(mig_alteration *c, const mig_op *op, const char *word) {
  if (!op->bare || mig_find_column(&c->now, word) < 0) return 0;
  mig_fail_at(c->a, MIGRATE_AMBIGUOUS, c->alter->sql, op->at,
              mig_format(c->a,
                         "DROP %s is ambiguous: %s has such a column; say DROP COLUMN for it, or "
                         "rename it first",
                         word, c->old.name));
  return 1;
}

static void mig_apply_column_op(mig_alteration *c, const mig_op *op) {
  int column = mig_find_column(&c->now, op->name);
  if (column < 0 && op->kind == MIG_DROP_COLUMN && op->if_exists) return;
  column = mig_op_column(c, op);
  if (column < 0) return;
  switch (op->kind) {
    case MIG_DROP_COLUMN: mig_apply_drop_column(c, op, column); break;
    case MIG_RENAME_COLUMN: mig_apply_rename_column(c, op, column); break;
    case MIG_SET_TYPE: mig_apply_type(c, op, column); break;
    case MIG_SET_DEFAULT: mig_apply_default(c, op, column); break;
    case MIG_DROP_DEFAULT: mig_apply_drop_default(c, column); break;
    case MIG_SET_NOT_NULL: mig_apply_not_null(c, op, column); break;
    case MIG_DROP_NOT_NULL: mig_apply_drop_not_null(c, op, column); break;
    case MIG_SET_EXPRESSION: mig_apply_expression(c, op, column); break;
    case MIG_DROP_EXPRESSION: mig_apply_drop_expression(c, op, column); break;
    case MIG_ADD_GENERATED: mig_apply_add_generated(c, op, column); break;
    case MIG_SET_AUTOINCREMENT: mig_apply_autoincrement(c, op, column); break;
    case MIG_DROP_AUTOINCREMENT: mig_apply_drop_autoincrement(c, op, column); break;
    default: mig_apply_move(c, op, column);
  }
}

static void mig_apply_op(mig_alteration *c, const mig_op *op) {
  if (op->cascade) c->cascade = 1;
  switch (op->kind) {
    case MIG_ADD_COLUMN: mig_apply_add_column(c, op); break;
    case MIG_ADD_CONSTRAINT: mig_apply_add_constraint(c, op); break;
    case MIG_DROP_CONSTRAINT: mig_apply_drop_constraint(c, op); break;
    case MIG_RENAME_CONSTRAINT: mig_apply_rename_constraint(c, op); break;
    case MIG_RENAME_TABLE: c->new_name = op->to; break;
    case MIG_SET_STRICT: mig_add_option(c, c->now.strict, "STRICT"); break;
    case MIG_SET_WITHOUT_ROWID:
      mig_add_option(c, c->now.without_rowid, "WITHOUT ROWID");
      break;
    case MIG_DROP_STRICT:
      if (mig_ambiguous_option(c, op, "STRICT")) return;
      mig_drop_option(c, c->now.strict, c->now.strict_span);
      break;
    case MIG_DROP_WITHOUT_ROWID:
      if (mig_ambiguous_option(c, op, "WITHOUT")) return;
      mig_drop_option(c, c->now.without_rowid, c->now.without_rowid_span);
      break;
    default: mig_apply_column_op(c, op);
  }
}

/* A key of a name that is no column: SQLite would take it for a string as long as it builds an
** index. */
static void mig_check_keys(mig_alteration *c, const mig_constraint *k) {
  int i;
  if (k->column >= 0) return;
  for (i = 0; i < k->nkey; i++) {
    if (mig_find_column(&c->now, k->keys[i].name) >= 0) continue;
    mig_fail(c->a, MIGRATE_NO_SUCH, "no such column: %s.%s, which a constraint names", c->old.name,
             k->keys[i].name);
  }
}

static void mig_check_strict_type(mig_alteration *c, int column) {
  static const char *const types[] = {"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"};
  const mig_column *col = &c->now.columns[column];
  char *type = mig_span_text(c->a, c->now.sql, col->type);
  size_t i;
  for (i = 0; type && i < sizeof types / sizeof *types; i++) {
    if (mig_same(type, types[i])) return;
  }
  if (!type) return;
  mig_fail(c->a, MIGRATE_UNSUPPORTED,
           "column %s.%s has %s%s, and STRICT takes INT, INTEGER, REAL, TEXT, BLOB and ANY alone",
           c->old.name, col->name, *type ? "the type " : "no type", type);
}

/* The generated column that an action of a foreign key would have to write, or -1. */
static int mig_written_by_key(const mig_table *t, const mig_constraint *k) {
  int i, column;
  if (k->kind != MIG_FOREIGN_KEY) return -1;
  if (strncmp(k->on_delete, "SET", 3) != 0 && strncmp(k->on_update, "SET", 3) != 0 &&
      strcmp(k->on_update, "CASCADE") != 0) {
    return -1;
  }
  for (i = 0; i < k->nkey; i++) {
    column = mig_find_column(t, k->keys[i].name);
    if (column >= 0 && t->columns[column].generated) return column;
  }
  return -1;
}

/* SQLite takes such a key, and then no row of the parent can be changed. */
static void mig_check_key_actions(mig_alteration *c, const mig_constraint *k) {
  int column = mig_written_by_key(&c->now, k), i;
  if (column < 0) return;
  for (i = 0; i < c->old.nconstraint; i++) { /* one that was there before does no new harm */
    if (mig_written_by_key(&c->old, &c->old.constraints[i]) >= 0) return;
  }
  mig_fail(c->a, MIGRATE_UNSUPPORTED,
           "column %s of %s is generated, and an action of its foreign key to %s would write it",
           c->now.columns[column].name, c->old.name, k->parent);
}

/* What holds for the table that comes out, whatever it was between two actions. */
static void mig_check_result(mig_alteration *c) {
  int i, alias = mig_alias(&c->now);
  if (alias >= 0 && c->origins[alias].from < 0) c->origins[alias].using_expr = 0; /* the rowid */
  for (i = 0; i < c->now.nconstraint; i++) {
    mig_check_keys(c, &c->now.constraints[i]);
    mig_check_key_actions(c, &c->now.constraints[i]);
  }
  for (i = 0; c->now.strict && i < c->now.ncolumn; i++) mig_check_strict_type(c, i);
  if (c->now.without_rowid && c->now.primary_key < 0) {
    mig_fail(c->a, MIGRATE_DEPENDENT, "%s would have no primary key, which WITHOUT ROWID needs",
             c->old.name);
  }
}

/* Fills *c from the CREATE TABLE text and the statement. Faults say where in the statement. */
static void mig_apply(mig_arena *a, const char *sql, const mig_alter *alter, mig_alteration *c) {
  const mig_op *op;
  int i;
  memset(c, 0, sizeof *c);
  c->a = a;
  c->alter = alter;
  mig_parse_table(a, sql, &c->old);
  c->now = c->renamed = c->old; /* nothing writes into a model: it is read again after each edit */
  c->origins = (mig_origin *)mig_array(a, (size_t)c->old.ncolumn + 1, sizeof(mig_origin));
  for (i = 0; c->origins && i < c->old.ncolumn; i++) c->origins[i].from = i;
  for (op = alter->first; op && !mig_failed(a); op = op->next) mig_apply_op(c, op);
  if (mig_failed(a)) return;
  c->nothing = !c->new_name && !c->recomputed && strcmp(c->now.sql, sql) == 0;
  if (!c->nothing) mig_check_result(c);
}

/* An empty change of a table, for edits that another table's statement asks for. */
static mig_alteration *mig_side_change(mig_arena *a, const char *sql) {
  mig_alteration *c = (mig_alteration *)mig_alloc(a, sizeof *c);
  mig_alter *none = (mig_alter *)mig_alloc(a, sizeof *none);
  if (c && none) mig_apply(a, sql, none, c);
  return mig_failed(a) ? 0 : c;
}
/* Compare: what separates the table as found from the table as wanted, in terms of stored rows
** and index b-trees. */

/* One automatic index: the b-tree of a UNIQUE or PRIMARY KEY constraint. */
typedef struct mig_auto {
  int constraint; /* index into the table's constraints */
  int number;     /* sqlite_autoindex_T_number */
  int stored;     /* has a row in sqlite_master: not the key of a WITHOUT ROWID table */
  int kept;       /* of the new table: the old table's automatic index that serves it, or -1 */
  int used;       /* of the old table: some new one keeps it */
  int renewed;    /* of the new table, kept: its content has to be built again */
} mig_auto;

typedef struct mig_autos {
  mig_auto *v;
  int n;
} mig_autos;

static const mig_constraint *mig_primary_key(const mig_table *t) {
  return t->primary_key < 0 ? 0 : &t->constraints[t->primary_key];
}

/* The collation a key column of an automatic index compares with. In INTEGER PRIMARY KEY SQLite
** reads a COLLATE and forgets it. */
static const char *mig_key_collation(const mig_table *t, const mig_key *k) {
  const mig_constraint *p = mig_primary_key(t);
  int i = mig_find_column(t, k->name), forgotten = p && t->rowid_column >= 0 && k == p->keys;
  const char *collation =
      k->collate && !forgotten ? k->collate : i >= 0 ? t->columns[i].collation : 0;
  return collation ? collation : "BINARY";
}

/* SQLite makes no second index for a key of the same columns and collations, whatever their order
** flags are (build.c, sqlite3CreateIndex). */
static int mig_same_key(const mig_table *t, const mig_constraint *a, const mig_constraint *b) {
  int i;
  if (a->nkey != b->nkey) return 0;
  for (i = 0; i < a->nkey; i++) {
    if (!mig_same(a->keys[i].name, b->keys[i].name)) return 0;
    if (!mig_same(mig_key_collation(t, &a->keys[i]), mig_key_collation(t, &b->keys[i]))) return 0;
  }
  return 1;
}

/* Such a key has no index at this place: it is the rowid, or is numbered last. */
static int mig_is_integer_key(const mig_table *t, const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY && t->rowid_column >= 0;
}

/* The constraint whose b-tree a WITHOUT ROWID table is: the first with the primary key's columns,
** be it a UNIQUE in another order. INTEGER PRIMARY KEY gets its own last, after every UNIQUE. */
static const mig_constraint *mig_tree_key(const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  int i;
  for (i = 0; p && i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind != MIG_UNIQUE && (c != p || mig_is_integer_key(t, p))) continue;
    if (mig_same_key(t, c, p)) return c;
  }
  return p;
}

/* The automatic indexes of a table, numbered as SQLite numbers them: in order of appearance. The
** INTEGER PRIMARY KEY of a WITHOUT ROWID table gets its index last (convertToWithoutRowidTable). */
static mig_autos mig_auto_indexes(mig_arena *a, const mig_table *t) {
  const mig_constraint *tree = t->without_rowid ? mig_tree_key(t) : 0;
  mig_autos list;
  int i, k;
  list.n = 0;
  list.v = (mig_auto *)mig_array(a, (size_t)t->nconstraint + 1, sizeof(mig_auto));
  for (i = 0; list.v && i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind != MIG_UNIQUE && c->kind != MIG_PRIMARY_KEY) continue;
    if (mig_is_integer_key(t, c)) continue;
    for (k = 0; k < list.n; k++) {
      if (mig_same_key(t, &t->constraints[list.v[k].constraint], c)) break;
    }
    if (k < list.n) continue;
    list.v[list.n].constraint = i;
    list.v[list.n].number = list.n + 1;
    list.v[list.n].stored = c != tree;
    list.v[list.n].kept = -1;
    list.n++;
  }
  return list;
}

typedef struct mig_diff {
  const mig_alteration *c;
  unsigned char *touched; /* one a column of now: its stored or computed values may differ */
  unsigned char *added_not_null; /* one a column of now: NULLs become forbidden */
  mig_autos old_autos, new_autos;
  int layout;       /* the stored columns differ in number, order or kind: rows are written anew */
  int values;       /* some stored value may change */
  int appended;     /* columns were only added behind the last stored one */
  int defaults;     /* the default of an existing stored column changed */
  int rowids;       /* every rowid, or the form of the b-tree, changes */
  int keys_differ;  /* of a WITHOUT ROWID table: its key's columns or values */
  int autoincrement; /* 1: switched on, -1: switched off */
  const char *why;  /* of layout or values: the reason, in words */
} mig_diff;

static const mig_column *mig_old_column(const mig_diff *d, int i) {
  int from = d->c->origins[i].from;
  return from < 0 ? 0 : &d->c->old.columns[from];
}

static void mig_must_copy(mig_diff *d, int layout, const char *why) {
  if (layout) d->layout = 1;
  else d->values = 1;
  if (!d->why) d->why = why;
}

/* A column is stored unless it is generated and VIRTUAL. */
static int mig_is_stored(const mig_column *c) { return !c->generated || c->stored; }

static int mig_next_stored(const mig_table *t, int i) {
  while (i < t->ncolumn && !mig_is_stored(&t->columns[i])) i++;
  return i;
}

/* Compares the sequences of stored columns: the same, longer at the end, or another one. */
static void mig_compare_layout(mig_diff *d) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  int i = mig_next_stored(old, 0), k = mig_next_stored(now, 0);
  while (i < old->ncolumn && k < now->ncolumn && d->c->origins[k].from == i) {
    i = mig_next_stored(old, i + 1);
    k = mig_next_stored(now, k + 1);
  }
  if (i == old->ncolumn && k == now->ncolumn) return;
  if (i == old->ncolumn) {
    for (; k < now->ncolumn; k = mig_next_stored(now, k + 1)) {
      if (d->c->origins[k].from >= 0 || now->columns[k].generated) break;
    }
    d->appended = k == now->ncolumn;
    if (!d->appended) mig_must_copy(d, 1, "a column becomes stored");
  } else if (k < now->ncolumn) {
    mig_must_copy(d, 1, "the order of the stored columns changes");
  } else {
    mig_must_copy(d, 1, "a stored column goes");
  }
}

/* The text of the last constraint of a kind at a column, NULL when there is none. */
static char *mig_expr_text(mig_arena *a, const mig_table *t, int column, int kind) {
  int i = mig_column_constraint(t, column, kind);
  return i < 0 ? 0 : mig_span_text(a, t->sql, t->constraints[i].expr);
}

static int mig_same_text(const char *x, const char *y) {
  return x == y || (x && y && strcmp(x, y) == 0);
}

static int mig_same_collation(const char *x, const char *y) {
  return mig_same(x ? x : "BINARY", y ? y : "BINARY");
}

static void mig_compare_column(mig_diff *d, int i) {
  mig_arena *a = d->c->a;
  const mig_table *old = &d->c->old, *now = &d->c->now;
  const mig_column *to = &now->columns[i], *from = mig_old_column(d, i);
  int k = d->c->origins[i].from;
  if (!from) {
    if (to->generated) {
      d->touched[i] = 1;
    } else if (d->c->origins[i].using_expr) {
      mig_must_copy(d, 0, "a new column has another value in old rows than in new ones");
    }
    d->added_not_null[i] = (unsigned char)to->not_null;
    return;
  }
  if (d->c->origins[i].using_expr) {
    d->touched[i] = 1;
    mig_must_copy(d, 0, "USING computes new values");
  }
  if (to->affinity != from->affinity) {
    d->touched[i] = 1;
    if (mig_is_stored(to)) mig_must_copy(d, 0, "the type's affinity changes");
  }
  if (!mig_same_collation(to->collation, from->collation)) d->touched[i] = 1;
  if (to->generated != from->generated) {
    d->touched[i] = 1;
    if (to->generated && to->stored) mig_must_copy(d, 0, "a column becomes generated and stored");
  } else if (to->generated && !mig_same_text(mig_expr_text(a, old, k, MIG_GENERATED),
                                             mig_expr_text(a, now, i, MIG_GENERATED))) {
    d->touched[i] = 1;
    if (to->stored) mig_must_copy(d, 0, "a stored generated column gets another expression");
  }
  if (mig_is_stored(to) && !to->generated &&
      !mig_same_text(mig_expr_text(a, old, k, MIG_DEFAULT),
                     mig_expr_text(a, now, i, MIG_DEFAULT))) {
    d->defaults = 1;
  }
  d->added_not_null[i] = (unsigned char)(to->not_null && !from->not_null);
}

/* Columns computed from touched ones are touched; stored ones among them must be written. */
static void mig_spread_touch(mig_diff *d) {
  const mig_table *now = &d->c->now;
  int again = 1, i, k;
  while (again && !mig_failed(d->c->a)) {
    again = 0;
    for (i = 0; i < now->ncolumn; i++) {
      int g = now->columns[i].generated && !d->touched[i]
                  ? mig_column_constraint(now, i, MIG_GENERATED)
                  : -1;
      for (k = 0; g >= 0 && k < now->ncolumn; k++) {
        if (!d->touched[k]) continue;
        if (!mig_span_uses(d->c->a, now->sql, now->constraints[g].expr, now->columns[k].name)) {
          continue;
        }
        d->touched[i] = 1;
        if (now->columns[i].stored) mig_must_copy(d, 0, "a stored generated column is recomputed");
        again = 1;
        break;
      }
    }
  }
}

/* Does key b of the new table have the columns, order and collations of key a of the old one? */
static int mig_key_carries(const mig_diff *d, const mig_constraint *a, const mig_constraint *b) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  int i;
  if (a->nkey != b->nkey) return 0;
  for (i = 0; i < a->nkey; i++) {
    int k = mig_find_column(now, b->keys[i].name);
    if (k < 0 || d->c->origins[k].from != mig_find_column(old, a->keys[i].name)) return 0;
    if (a->keys[i].desc != b->keys[i].desc) return 0;
  }
  return 1;
}

static int mig_key_touched(const mig_diff *d, const mig_constraint *k) {
  int i, column;
  for (i = 0; i < k->nkey; i++) {
    column = mig_find_column(&d->c->now, k->keys[i].name);
    if (column >= 0 && d->touched[column]) return 1;
  }
  return 0;
}

static int mig_key_recollated(const mig_diff *d, const mig_constraint *a, const mig_constraint *b) {
  int i;
  for (i = 0; i < a->nkey; i++) {
    if (!mig_same(mig_key_collation(&d->c->old, &a->keys[i]),
                  mig_key_collation(&d->c->now, &b->keys[i]))) {
      return 1;
    }
  }
  return 0;
}

/* The row's identity: rowid or key. */
static void mig_compare_identity(mig_diff *d) {
  const mig_table *old = &d->c->old, *now = &d->c->now;
  const mig_constraint *p, *q;
  int alias = mig_alias(now), from = alias < 0 ? -1 : d->c->origins[alias].from;
  if (old->without_rowid != now->without_rowid) {
    mig_must_copy(d, 1, "rowid table and WITHOUT ROWID table are stored in different ways");
    d->rowids = 1;
    return;
  }
  if (now->without_rowid) {
    p = mig_tree_key(old);
    q = mig_tree_key(now);
    if (!mig_key_carries(d, p, q)) {
      mig_must_copy(d, 1, "the key of a WITHOUT ROWID table is its order");
      d->keys_differ = 1;
    } else if (mig_key_touched(d, q) || mig_key_recollated(d, p, q)) {
      mig_must_copy(d, 0, "the key of a WITHOUT ROWID table changes");
      d->keys_differ = 1;
    }
    return;
  }
  if (alias >= 0 && (from < 0 || mig_alias(old) != from)) {
    mig_must_copy(d, 1, "a column becomes the rowid");
    d->rowids = 1;
    d->touched[alias] = 1;
  } else if (alias < 0 && mig_alias(old) >= 0) {
    mig_must_copy(d, 1, "the INTEGER PRIMARY KEY becomes an ordinary column");
  } else if (alias >= 0 && d->c->origins[alias].using_expr) {
    d->rowids = 1;
  }
}

static void mig_match_autos(mig_diff *d) {
  int i, k;
  for (i = 0; i < d->new_autos.n; i++) {
    mig_auto *n = &d->new_autos.v[i];
    const mig_constraint *b = &d->c->now.constraints[n->constraint];
    for (k = 0; k < d->old_autos.n && n->kept < 0 && n->stored; k++) {
      mig_auto *o = &d->old_autos.v[k];
      const mig_constraint *c = &d->c->old.constraints[o->constraint];
      if (o->used || !o->stored || !mig_key_carries(d, c, b)) continue;
      n->kept = k;
      o->used = 1;
      n->renewed = d->rowids || d->keys_differ || mig_key_touched(d, b) ||
                   mig_key_recollated(d, c, b);
    }
  }
}

static int mig_has_autoincrement(const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  return mig_alias(t) >= 0 && p && p->autoincrement;
}

/* Fills *d: everything about rows and b-trees that follows from the two tables. */
static void mig_compare(const mig_alteration *c, mig_diff *d) {
  size_t n = (size_t)c->now.ncolumn + 1;
  int i;
  memset(d, 0, sizeof *d);
  d->c = c;
  d->touched = (unsigned char *)mig_alloc(c->a, n);
  d->added_not_null = (unsigned char *)mig_alloc(c->a, n);
  d->old_autos = mig_auto_indexes(c->a, &c->old);
  d->new_autos = mig_auto_indexes(c->a, &c->now);
  if (mig_failed(c->a)) return;
  mig_compare_layout(d);
  for (i = 0; i < c->now.ncolumn && !mig_failed(c->a); i++) mig_compare_column(d, i);
  mig_compare_identity(d);
  mig_spread_touch(d);
  mig_match_autos(d);
  d->autoincrement = mig_has_autoincrement(&c->now) - mig_has_autoincrement(&c->old);
}
#ifndef MIGRATE_NO_TOOLS
/* Meaning: texts that are equal where two pieces of a schema mean the same to SQLite, whatever
** their case, quotes, white space and comments. They are compared, never run. */

/* Is a name in double quotes a string here? SQLite takes one that is no column for it. */
static int mig_is_string_name(mig_arena *a, const char *z, size_t end, mig_token k,
                              const mig_table *of) {
  mig_token next;
  char *name;
  if (!of || k.type != MIG_TK_NAME || z[k.at] != '"') return 0;
  next = mig_next_significant(z, end, k.end);
  if (mig_token_op(z, next, ".") || mig_token_op(z, next, "(")) return 0;
  name = mig_dequote(a, z, k);
  return name && mig_find_column(of, name) < 0 && !mig_same(name, "rowid") &&
         !mig_same(name, "oid") && !mig_same(name, "_rowid_");
}

static void mig_put_folded(mig_text *t, const char *z) {
  size_t i, n = z ? strlen(z) : 0;
  for (i = 0; i < n && !mig_failed(t->a); i++) {
    char c = (char)(z[i] >= 'A' && z[i] <= 'Z' ? z[i] + 32 : z[i]);
    mig_putn(t, &c, 1);
  }
}

/* One token: names fold their case and lose quotes that they do not need. */
static void mig_put_meaning(mig_text *t, const char *z, size_t end, mig_token k,
                            const mig_table *of) {
  char *word =
      k.type == MIG_TK_NAME ? mig_dequote(t->a, z, k) : mig_copyn(t->a, z + k.at, k.end - k.at);
  if (!word) return;
  if (mig_is_string_name(t->a, z, end, k, of)) {
    mig_put_string(t, word);
  } else if (k.type == MIG_TK_STRING) {
    mig_put(t, word);
  } else if (k.type == MIG_TK_OP) {
    mig_put(t, strcmp(word, "!=") == 0 ? "<>" : strcmp(word, "==") == 0 ? "=" : word);
  } else {
    int quoted = k.type == MIG_TK_NAME && mig_needs_quotes(word);
    mig_put(t, quoted ? "\"" : "");
    mig_put_folded(t, word);
    mig_put(t, quoted ? "\"" : "");
  }
  mig_put(t, " ");
}

/* A span without the parentheses around all of it. */
static mig_span mig_bare_span(const char *z, mig_span s) {
  for (;;) {
    mig_token k = mig_next_significant(z, s.end, s.at);
    size_t end;
    if (!mig_token_op(z, k, "(")) return s;
    end = mig_skip_parens(z, s.end, k.at);
    if (!end || mig_next_significant(z, s.end, end).type != MIG_TK_END) return s;
    s.at = k.end;
    s.end = end - 1;
  }
}

/* The meaning of an expression, or of a whole statement. `of`: the table that it stands in. */
static const char *mig_meaning(mig_arena *a, const char *z, mig_span s, const mig_table *of) {
  mig_text t;
  mig_token k;
  s = mig_bare_span(z, s);
  mig_text_init(&t, a);
  for (k = mig_next_significant(z, s.end, s.at); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(z, s.end, k.end)) {
    if (!mig_token_op(z, k, ";") || mig_next_significant(z, s.end, k.end).type != MIG_TK_END) {
      mig_put_meaning(&t, z, s.end, k, of);
    }
  }
  return mig_text_z(&t);
}

static mig_span mig_whole(const char *z) {
  mig_span s;
  s.at = 0;
  s.end = z ? strlen(z) : 0;
  return s;
}

static int mig_same_statement(mig_arena *a, const char *x, const char *y) {
  if (!x || !y) return x == y;
  return strcmp(x, y) == 0 ||
         strcmp(mig_meaning(a, x, mig_whole(x), 0), mig_meaning(a, y, mig_whole(y), 0)) == 0;
}

/* ---- columns ---- */

/* INTEGER PRIMARY KEY DESC at its column is not the rowid (SQLite's oldest quirk): it means INT. */
static int mig_is_quirky_key(const mig_table *t, int column) {
  return t->columns[column].hidden_key && t->rowid_column != column && t->primary_key >= 0 &&
         t->constraints[t->primary_key].nkey == 1 &&
         mig_same(t->columns[column].type_name, "INTEGER");
}

/* INT is INTEGER except where the latter would make the rowid; no type at all is BLOB. */
static const char *mig_type_meaning(mig_arena *a, const mig_table *t, int column) {
  const mig_column *c = &t->columns[column];
  const mig_constraint *p = t->primary_key < 0 ? 0 : &t->constraints[t->primary_key];
  int alone = p && p->nkey == 1 && c->hidden_key;
  if (!c->type_name || !*c->type_name) return mig_span_empty(c->type) ? "blob " : "'' ";
  if (mig_same(c->type_name, "INT") && !alone) return "integer ";
  if (mig_is_quirky_key(t, column)) return "int ";
  return mig_meaning(a, c->type_name, mig_whole(c->type_name), 0);
}

#define MIG_EXACT_DIGITS 15 /* more of them may not be the same number behind a point */

/* A number without the zeros behind its point: for a column that stores numbers. */
static char *mig_number_meaning(mig_arena *a, const char *z, size_t n) {
  size_t sign = z[0] == '-', point = mig_skip_digits(z, n, sign), end = n;
  if (point > sign && point < n && z[point] == '.' && mig_skip_digits(z, n, point + 1) == n &&
      n <= MIG_EXACT_DIGITS) {
    while (z[end - 1] == '0') end--;
    if (end == point + 1) end = point;
  }
  return mig_copyn(a, z, end);
}

/* Is the text digits, with a sign and a point perhaps? */
static int mig_is_plain_number(const char *z) {
  size_t i = z[0] == '-', digits = 0, points = 0;
  for (; z[i]; i++) {
    if (mig_is_digit((unsigned char)z[i]))
      digits++;
    else if (z[i] == '.' && !points)
      points++;
    else
      return 0;
  }
  return digits > 0 && (i < 2 || z[z[0] == '-'] != '0' || z[z[0] == '-' ? 2 : 1] == '.');
}

/* The literal that a default of one token is. */
static const char *mig_literal_meaning(mig_arena *a, const char *z, mig_token k, int numeric) {
  char *word = mig_dequote(a, z, k);
  mig_text t;
  mig_text_init(&t, a);
  if (!word) return 0;
  if (k.type == MIG_TK_WORD) {
    if (mig_same(word, "NULL")) return "";
    if (mig_same(word, "TRUE")) return "1";
    if (mig_same(word, "FALSE")) return "0";
    if (strlen(word) > 8 && sqlite3_strnicmp(word, "CURRENT_", 8) == 0) {
      mig_put_folded(&t, word);
      return mig_text_z(&t);
    }
  }
  if (k.type == MIG_TK_NUMBER || (k.type != MIG_TK_BLOB && numeric && mig_is_plain_number(word))) {
    return numeric ? mig_number_meaning(a, word, strlen(word)) : word;
  }
  if (k.type == MIG_TK_BLOB)
    mig_put_folded(&t, word);
  else
    mig_put_string(&t, word);
  return mig_text_z(&t);
}

/* The default of a column, "" for none, which NULL is as well. */
static const char *mig_default_meaning(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_DEFAULT), minus = 0;
  int affinity = t->columns[column].affinity;
  int numeric = affinity == MIG_NUMERIC || affinity == MIG_INTEGER || affinity == MIG_REAL;
  mig_span s;
  mig_token k;
  if (i < 0) return "";
  s = mig_bare_span(t->sql, t->constraints[i].expr);
  k = mig_next_significant(t->sql, s.end, s.at);
  while (mig_token_op(t->sql, k, "+") || mig_token_op(t->sql, k, "-")) {
    if (mig_token_op(t->sql, k, "-")) minus = !minus;
    k = mig_next_significant(t->sql, s.end, k.end);
  }
  if (mig_next_significant(t->sql, s.end, k.end).type != MIG_TK_END || k.type == MIG_TK_OP) {
    return mig_meaning(a, t->sql, s, t);
  }
  return mig_format(a, "%s%s", minus ? "-" : "", mig_literal_meaning(a, t->sql, k, numeric));
}

/* ON CONFLICT, "" for ABORT, which is the default. */
static const char *mig_conflict_meaning(mig_arena *a, const mig_table *t, const mig_constraint *c) {
  const char *z = mig_meaning(a, t->sql, c->conflict, 0);
  return strcmp(z, "on conflict abort ") == 0 ? "" : z;
}

/* ---- constraints ---- */

static void mig_put_key_meaning(mig_text *z, const mig_table *t, const mig_constraint *c) {
  int i, alias = c->kind == MIG_PRIMARY_KEY && t->rowid_column >= 0;
  mig_put(z, "(");
  for (i = 0; i < c->nkey; i++) {
    const mig_key *k = &c->keys[i];
    int column = mig_find_column(t, k->name);
    const char *own = column < 0 ? 0 : t->columns[column].collation;
    mig_put_folded(z, mig_name(z->a, k->name));
    if (k->collate && !alias && !mig_same(k->collate, own ? own : "BINARY")) {
      mig_put(z, " collate ");
      mig_put_folded(z, k->collate);
    }
    mig_put(z, k->desc && !alias ? " desc, " : ", ");
  }
  mig_put(z, ")");
}

static void mig_put_reference_meaning(mig_text *z, const mig_constraint *c) {
  int i;
  mig_put(z, " references ");
  mig_put_folded(z, mig_name(z->a, c->parent));
  for (i = 0; i < c->nparent; i++) {
    mig_put(z, ", ");
    mig_put_folded(z, mig_name(z->a, c->parent_keys[i].name));
  }
  mig_putf(z, " delete %s update %s%s", c->on_delete, c->on_update, c->deferred ? " deferred" : "");
}

/* A constraint without its name and place; NULL for what belongs to its column. AUTOINCREMENT is
** compared on its own. */
static const char *mig_constraint_meaning(mig_arena *a, const mig_table *t, int i) {
  const mig_constraint *c = &t->constraints[i];
  mig_text z;
  mig_text_init(&z, a);
  if (c->kind == MIG_CHECK) {
    return mig_format(a, "check %s", mig_meaning(a, t->sql, c->expr, t));
  }
  if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_FOREIGN_KEY) return 0;
  mig_put(&z, c->kind == MIG_PRIMARY_KEY ? "primary key " : c->kind == MIG_UNIQUE ? "unique " : "");
  mig_put_key_meaning(&z, t, c);
  if (c->kind == MIG_FOREIGN_KEY)
    mig_put_reference_meaning(&z, c);
  else
    mig_put(&z, mig_conflict_meaning(a, t, c));
  return mig_text_z(&z);
}

/* ---- indexes ---- */

static const char *mig_index_meaning(mig_arena *a, const char *sql) {
  mig_index x;
  mig_text z;
  int i;
  if (mig_parse_index(a, sql, &x)) return 0;
  mig_text_init(&z, a);
  mig_put(&z, x.unique ? "unique " : "");
  mig_put_folded(&z, mig_name(a, x.table));
  for (i = 0; i < x.nkey; i++) {
    mig_put(&z, ", ");
    if (x.keys[i].name) {
      mig_put_folded(&z, mig_name(a, x.keys[i].name));
      mig_put_folded(&z, x.keys[i].collate ? mig_format(a, " collate %s", x.keys[i].collate) : "");
    } else {
      mig_put(&z, mig_meaning(a, sql, x.keys[i].expr, 0));
    }
    mig_put(&z, x.keys[i].desc ? " desc" : "");
  }
  mig_put(&z, " where ");
  mig_put(&z, mig_meaning(a, sql, x.where, 0));
  return mig_text_z(&z);
}

static int mig_same_index(mig_arena *a, const char *x, const char *y) {
  const char *p, *q;
  if (strcmp(x, y) == 0) return 1;
  p = mig_index_meaning(a, x);
  q = mig_index_meaning(a, y);
  return p && q && strcmp(p, q) == 0;
}
/* Evolve: a table as it is and a table as wanted give the actions of one ALTER TABLE that lead from
** the one to the other. Each action is applied to the text as soon as it is written down, so that
** the next one is chosen for the table as it then is. */

typedef struct mig_action {
  struct mig_action *next;
  int kind;           /* mig_op_kind */
  int drops_key;      /* DROP CONSTRAINT of what other tables may reference */
  const char *column; /* that it speaks of, or NULL */
  const char *was;    /* RENAME COLUMN: the column's name before */
  const char *sql;    /* the action alone */
  const char *note;   /* in Alembic's words: Detected .. */
} mig_action;

/* What the target says, or the program, of a name that is another one today. */
typedef struct mig_renamed {
  struct mig_renamed *next;
  const char *table;      /* the table's name in the target */
  const char *from, *to;  /* of a column; NULL: none */
  const char *table_from; /* of the table; NULL: as it is */
} mig_renamed;

typedef struct mig_evolution {
  mig_arena *a;
  const mig_table *to; /* the table as wanted */
  mig_table now;       /* as the actions leave it so far */
  const char *name;
  const mig_settings *settings;
  const mig_renamed *renamed;
  mig_action *first, *last;
  int count;
} mig_evolution;

static const char *mig_bare(mig_arena *a, const char *name) {
  return name && mig_needs_quotes(name) ? mig_name(a, name) : name;
}

/* Writes an action down and applies it. */
static void mig_act(mig_evolution *e, const char *column, const char *sql, const char *note) {
  mig_action *action = (mig_action *)mig_alloc(e->a, sizeof *action);
  char *statement = sql ? mig_format(e->a, "ALTER TABLE \"%w\" %s", e->name, sql) : 0;
  mig_alteration c;
  mig_alter alter;
  if (!action || !statement) return;
  if (mig_parse_alter(e->a, statement, strlen(statement), &alter)) return;
  mig_apply(e->a, e->now.sql, &alter, &c);
  if (mig_failed(e->a)) return;
  e->now = c.now;
  action->kind = alter.first->kind;
  action->column = column;
  action->sql = sql;
  action->note = note;
  if (e->last)
    e->last->next = action;
  else
    e->first = action;
  e->last = action;
  e->count++;
}

static const char *mig_column_note(mig_evolution *e, const char *what, const char *column) {
  return mig_format(e->a, "Detected %s '%s.%s'", what, e->name, column);
}

/* ---- names ---- */

/* The marker of a column of the target: its name is `to`. */
static const mig_renamed *mig_marker_of(const mig_evolution *e, const char *to) {
  const mig_renamed *r;
  for (r = e->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, e->name) && mig_same(r->to, to)) return r;
  }
  return 0;
}

/* Does the marker still speak of something to do? The old name is there, the new one is not, and
** the old one is no column of the target, unless another one takes that name over in turn. A marker
** that was followed once stays in the target, and says nothing any more. */
static int mig_marker_holds(const mig_evolution *e, const mig_renamed *r) {
  int steps = 0;
  if (mig_find_column(&e->now, r->to) >= 0 || mig_find_column(e->to, r->to) < 0) return 0;
  for (; r && steps++ <= e->to->ncolumn; r = mig_marker_of(e, r->from)) {
    if (mig_find_column(&e->now, r->from) < 0) return 0;
    if (mig_find_column(e->to, r->from) < 0) return 1;
  }
  return 0;
}

static void mig_rename_column(mig_evolution *e, const char *from, const char *to) {
  mig_act(e, to,
          mig_format(e->a, "RENAME COLUMN %s TO %s", mig_bare(e->a, from), mig_bare(e->a, to)),
          mig_format(e->a, "Detected renamed column '%s.%s', now '%s'", e->name, from, to));
  if (!mig_failed(e->a)) e->last->was = from;
}

/* Renamed columns, and those whose name only changes its case. */
static void mig_evolve_names(mig_evolution *e) {
  const mig_renamed *r = e->renamed;
  int i;
  while (r && !mig_failed(e->a)) {
    if (r->from && mig_same(r->table, e->name) && mig_marker_holds(e, r)) {
      mig_rename_column(e, e->now.columns[mig_find_column(&e->now, r->from)].name, r->to);
      r = e->renamed; /* what waited for the name may follow */
    } else {
      r = r->next;
    }
  }
  for (i = 0; i < e->now.ncolumn && !mig_failed(e->a); i++) {
    const char *from = e->now.columns[i].name;
    int k = mig_find_column(e->to, from);
    if (k < 0 || strcmp(e->to->columns[k].name, from) == 0) continue;
    mig_rename_column(e, from, e->to->columns[k].name);
  }
}

/* ---- constraints ---- */

typedef struct mig_pairs {
  int *now; /* a constraint of now: its like in to, or -1 */
  int *to;  /* and the other way round */
} mig_pairs;

static const char **mig_meanings(mig_arena *a, const mig_table *t) {
  const char **v = (const char **)mig_array(a, (size_t)t->nconstraint + 1, sizeof(*v));
  int i;
  for (i = 0; v && i < t->nconstraint; i++) v[i] = mig_constraint_meaning(a, t, i);
  return v;
}

/* A name that is told in errors and in DROP CONSTRAINT. That of a PRIMARY KEY can stay. */
static int mig_same_name(const mig_constraint *now, const mig_constraint *to) {
  if (!to->name) return !now->name || now->kind == MIG_PRIMARY_KEY;
  return mig_same(now->name, to->name);
}

/* Does the constraint come with a column that is still to be added? */
static int mig_comes_along(const mig_evolution *e, const mig_constraint *c) {
  return c->column >= 0 && mig_find_column(&e->now, e->to->columns[c->column].name) < 0;
}

/* Finds the like of each constraint: first those of the same name, then any. */
static mig_pairs mig_pair(mig_evolution *e) {
  const mig_table *now = &e->now, *to = e->to;
  const char **x = mig_meanings(e->a, now), **y = mig_meanings(e->a, to);
  mig_pairs p;
  int any, i, k;
  p.now = (int *)mig_array(e->a, (size_t)now->nconstraint + 1, sizeof(int));
  p.to = (int *)mig_array(e->a, (size_t)to->nconstraint + 1, sizeof(int));
  if (mig_failed(e->a)) return p;
  for (i = 0; i < now->nconstraint; i++) p.now[i] = -1;
  for (k = 0; k < to->nconstraint; k++) p.to[k] = -1;
  for (any = 0; any < 2; any++) {
    for (i = 0; i < now->nconstraint; i++) {
      for (k = 0; x[i] && p.now[i] < 0 && k < to->nconstraint; k++) {
        if (!y[k] || p.to[k] >= 0 || strcmp(x[i], y[k]) != 0) continue;
        if (mig_comes_along(e, &to->constraints[k])) continue;
        if (!any && !mig_same_name(&now->constraints[i], &to->constraints[k])) continue;
        p.now[i] = k;
        p.to[k] = i;
      }
    }
  }
  return p;
}

static const char *mig_constraint_words(const mig_constraint *c) {
  return c->kind == MIG_PRIMARY_KEY   ? "primary key"
         : c->kind == MIG_UNIQUE      ? "unique constraint"
         : c->kind == MIG_FOREIGN_KEY ? "foreign key"
                                      : "check constraint";
}

static const char *mig_constraint_note(mig_evolution *e, const char *what, const mig_table *t,
                                       int i) {
  const mig_constraint *c = &t->constraints[i];
  const char **names = mig_constraint_names(e->a, t);
  mig_text z;
  int k;
  if (!names) return 0;
  mig_text_init(&z, e->a);
  mig_putf(&z, "Detected %s %s", what, mig_constraint_words(c));
  if (c->kind != MIG_FOREIGN_KEY) {
    mig_putf(&z, " '%s' on '%s'", names[i], e->name);
    return z.z;
  }
  for (k = 0; k < c->nkey; k++) mig_putf(&z, k ? ",%s" : " (%s", c->keys[k].name);
  mig_put(&z, ")(");
  for (k = 0; k < c->nparent; k++) mig_putf(&z, k ? ",%s" : "%s", c->parent_keys[k].name);
  mig_putf(&z, ") on table %s", e->name);
  return z.z;
}

/* Does the constraint go with a column that is dropped? */
static int mig_goes_along(mig_evolution *e, int i) {
  const mig_constraint *c = &e->now.constraints[i];
  int k;
  for (k = 0; k < e->now.ncolumn; k++) {
    const char *name = e->now.columns[k].name;
    if (mig_find_column(e->to, name) >= 0) continue;
    if (c->column == k || mig_constraint_uses(e->a, &e->now, c, name)) return 1;
  }
  return 0;
}

static void mig_drop_named(mig_evolution *e, int i) {
  const char **names = mig_constraint_names(e->a, &e->now);
  int key =
      e->now.constraints[i].kind == MIG_PRIMARY_KEY || e->now.constraints[i].kind == MIG_UNIQUE;
  if (!names) return;
  mig_act(e, 0, mig_format(e->a, "DROP CONSTRAINT %s", mig_bare(e->a, names[i])),
          mig_constraint_note(e, "removed", &e->now, i));
  if (!mig_failed(e->a)) e->last->drops_key = key;
}

/* The first constraint that has to go, or -1. */
static int mig_surplus(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  int i;
  for (i = 0; i < e->now.nconstraint && !mig_failed(e->a); i++) {
    const mig_constraint *c = &e->now.constraints[i];
    int kept = p.now[i];
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_CHECK &&
        c->kind != MIG_FOREIGN_KEY) {
      continue;
    }
    if (kept >= 0 &&
        (e->to->constraints[kept].name || mig_same_name(c, &e->to->constraints[kept]))) {
      continue;
    }
    if (kept < 0 && mig_goes_along(e, i) && (c->kind != MIG_PRIMARY_KEY || c->nkey == 1)) continue;
    return i;
  }
  return -1;
}

static void mig_evolve_constraint_names(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  const char **names = mig_constraint_names(e->a, &e->now);
  int i;
  for (i = 0; i < e->now.nconstraint && !mig_failed(e->a); i++) {
    int k = p.now[i];
    if (k < 0 || !e->to->constraints[k].name) continue;
    if (mig_same_name(&e->now.constraints[i], &e->to->constraints[k])) continue;
    mig_act(e, 0,
            mig_format(e->a, "RENAME CONSTRAINT %s TO %s", mig_bare(e->a, names[i]),
                       mig_bare(e->a, e->to->constraints[k].name)),
            mig_format(e->a, "Detected renamed constraint '%s' of '%s', now '%s'", names[i],
                       e->name, e->to->constraints[k].name));
    if (mig_failed(e->a)) return;
    names = mig_constraint_names(e->a, &e->now);
  }
}

static int mig_keeps_key(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  if (mig_failed(e->a) || e->now.primary_key < 0) return 1;
  return p.now[e->now.primary_key] >= 0;
}

/* AUTOINCREMENT that one of the two tables has: `word` is SET or DROP, `t` the table with it. */
static void mig_evolve_autoincrement(mig_evolution *e, const mig_table *t, const char *word) {
  const char *name = t->columns[mig_alias(t)].name;
  mig_act(e, name, mig_format(e->a, "ALTER COLUMN %s %s AUTOINCREMENT", mig_bare(e->a, name), word),
          mig_format(e->a, "Detected %s AUTOINCREMENT on '%s'", word, e->name));
}

static void mig_evolve_drops(mig_evolution *e) {
  int i;
  if (e->now.strict && !e->to->strict) {
    mig_act(e, 0, "DROP STRICT", mig_format(e->a, "Detected removed STRICT on '%s'", e->name));
  }
  if (e->now.without_rowid && (!e->to->without_rowid || !mig_keeps_key(e))) {
    mig_act(e, 0, "DROP WITHOUT ROWID",
            mig_format(e->a, "Detected removed WITHOUT ROWID on '%s'", e->name));
  }
  while (!mig_failed(e->a) && (i = mig_surplus(e)) >= 0) mig_drop_named(e, i);
  if (!mig_failed(e->a)) mig_evolve_constraint_names(e);
  if (!mig_failed(e->a) && mig_has_autoincrement(&e->now) && !mig_has_autoincrement(e->to)) {
    mig_evolve_autoincrement(e, &e->now, "DROP");
  }
}

/* The constraint as a table constraint. */
static const char *mig_constraint_text(mig_arena *a, const mig_table *t, int i) {
  const mig_constraint *c = &t->constraints[i];
  mig_text z;
  int k;
  if (c->column < 0 || c->kind == MIG_CHECK) return mig_span_text(a, t->sql, c->span);
  mig_text_init(&z, a);
  if (c->name) mig_putf(&z, "CONSTRAINT %s ", mig_bare(a, c->name));
  mig_put(&z, c->kind == MIG_PRIMARY_KEY ? "PRIMARY KEY"
              : c->kind == MIG_UNIQUE    ? "UNIQUE"
                                         : "FOREIGN KEY");
  mig_putf(&z, " (%s%s)", mig_bare(a, c->keys[0].name), c->keys[0].desc ? " DESC" : "");
  if (c->kind != MIG_FOREIGN_KEY) {
    if (!mig_span_empty(c->conflict)) mig_putf(&z, " %s", mig_span_text(a, t->sql, c->conflict));
    return z.z;
  }
  mig_putf(&z, " %s", mig_span_text(a, t->sql, c->body));
  for (k = i + 1; k < t->nconstraint; k++) {
    if (t->constraints[k].kind != MIG_DEFERRABLE || t->constraints[k].of != i) continue;
    if (t->constraints[k].deferred == c->deferred) {
      mig_putf(&z, " %s", mig_span_text(a, t->sql, t->constraints[k].span));
      break;
    }
  }
  return z.z;
}

static void mig_evolve_adds(mig_evolution *e) {
  mig_pairs p = mig_pair(e);
  int k;
  for (k = 0; k < e->to->nconstraint && !mig_failed(e->a); k++) {
    const mig_constraint *c = &e->to->constraints[k];
    if (p.to[k] >= 0) continue;
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE && c->kind != MIG_CHECK &&
        c->kind != MIG_FOREIGN_KEY) {
      continue;
    }
    mig_act(e, 0, mig_format(e->a, "ADD %s", mig_constraint_text(e->a, e->to, k)),
            mig_constraint_note(e, "added", e->to, k));
  }
  if (!mig_failed(e->a) && mig_has_autoincrement(e->to) && !mig_has_autoincrement(&e->now)) {
    mig_evolve_autoincrement(e, e->to, "SET");
  }
  if (!mig_failed(e->a) && e->to->strict && !e->now.strict) {
    mig_act(e, 0, "SET STRICT", mig_format(e->a, "Detected added STRICT on '%s'", e->name));
  }
  if (!mig_failed(e->a) && e->to->without_rowid && !e->now.without_rowid) {
    mig_act(e, 0, "SET WITHOUT ROWID",
            mig_format(e->a, "Detected added WITHOUT ROWID on '%s'", e->name));
  }
}

/* ---- columns ---- */

typedef struct mig_column_pair { /* the same column on both sides */
  mig_evolution *e;
  const char *name, *bare;
  int now, to;
} mig_column_pair;

static const char *mig_generated_meaning(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_GENERATED);
  return i < 0 ? "" : mig_meaning(a, t->sql, t->constraints[i].expr, t);
}

static const char *mig_generated_text(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_GENERATED);
  return i < 0 ? "" : mig_span_text(a, t->sql, t->constraints[i].expr);
}

/* An expression that stays, or goes. */
static void mig_evolve_expression(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now], *to = &e->to->columns[p->to];
  const char *note = mig_column_note(e, "changed expression on column", p->name);
  if (!now->generated) return;
  if (!to->generated || now->stored != to->stored) {
    mig_act(e, p->name, mig_format(e->a, "ALTER COLUMN %s DROP EXPRESSION", p->bare),
            mig_column_note(e, "removed expression on column", p->name));
  } else if (strcmp(mig_generated_meaning(e->a, &e->now, p->now),
                    mig_generated_meaning(e->a, e->to, p->to)) != 0) {
    mig_act(e, p->name,
            mig_format(e->a, "ALTER COLUMN %s SET EXPRESSION AS (%s)", p->bare,
                       mig_generated_text(e->a, e->to, p->to)),
            note);
  }
}

/* INT and INTEGER differ where a key comes, or comes back, that makes the latter the rowid. */
static int mig_types_differ(const mig_column_pair *p) {
  const mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now];
  if (strcmp(mig_type_meaning(e->a, &e->now, p->now), mig_type_meaning(e->a, e->to, p->to)) != 0) {
    return 1;
  }
  return e->to->rowid_column == p->to && mig_same(now->type_name ? now->type_name : "", "INT");
}

static void mig_evolve_type(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const mig_column *now = &e->now.columns[p->now], *to = &e->to->columns[p->to];
  int type = mig_types_differ(p) && e->settings->compare_type;
  int collation = !mig_same_collation(now->collation, to->collation);
  const mig_column *of = type ? to : now;
  const char *text = mig_span_empty(of->type)
                         ? "BLOB"
                         : mig_span_text(e->a, type ? e->to->sql : e->now.sql, of->type);
  if (!type && !collation) return;
  if (type && mig_is_quirky_key(e->to, p->to)) text = "INT";
  mig_act(e, p->name,
          collation ? mig_format(e->a, "ALTER COLUMN %s TYPE %s COLLATE %s", p->bare, text,
                                 mig_bare(e->a, to->collation ? to->collation : "BINARY"))
                    : mig_format(e->a, "ALTER COLUMN %s TYPE %s", p->bare, text),
          type ? mig_format(e->a, "Detected type change from %s to %s on '%s.%s'",
                            *now->type_name ? now->type_name : "none",
                            *to->type_name ? to->type_name : "none", e->name, p->name)
               : mig_column_note(e, "changed collation on column", p->name));
}

static void mig_evolve_default(mig_column_pair *p) {
  mig_evolution *e = p->e;
  const char *now = mig_default_meaning(e->a, &e->now, p->now);
  const char *to = mig_default_meaning(e->a, e->to, p->to);
  int i = mig_column_constraint(e->to, p->to, MIG_DEFAULT);
  if (!now || !to || e->to->columns[p->to].generated) return;
  if (!e->settings->compare_server_default || strcmp(now, to) == 0) return;
  mig_act(e, p->name,
          *to ? mig_format(e->a, "ALTER COLUMN %s SET DEFAULT %s", p->bare,
                           mig_span_text(e->a, e->to->sql, e->to->constraints[i].expr))
              : mig_format(e->a, "ALTER COLUMN %s DROP DEFAULT", p->bare),
          mig_column_note(e, "server default on column", p->name));
}

static const char *mig_not_null_conflict(mig_arena *a, const mig_table *t, int column) {
  int i = mig_column_constraint(t, column, MIG_NOT_NULL);
  return i < 0 ? "" : mig_conflict_meaning(a, t, &t->constraints[i]);
}

/* The key that is the rowid is never NULL, with or without the words. */
static void mig_evolve_not_null(mig_column_pair *p) {
  mig_evolution *e = p->e;
  int now = e->now.columns[p->now].not_null, to = e->to->columns[p->to].not_null;
  const char *conflict = mig_not_null_conflict(e->a, e->to, p->to);
  if (mig_alias(e->to) == p->to) return;
  if (now == to && strcmp(mig_not_null_conflict(e->a, &e->now, p->now), conflict) == 0) return;
  if (!to && mig_column_constraint(&e->now, p->now, MIG_NOT_NULL) < 0) return;
  if (to && mig_column_constraint(e->to, p->to, MIG_NOT_NULL) < 0) return;
  if (to && now && !*conflict) conflict = "ON CONFLICT ABORT";
  mig_act(e, p->name,
          to ? mig_format(e->a, "ALTER COLUMN %s SET NOT NULL%s%s", p->bare, *conflict ? " " : "",
                          conflict)
             : mig_format(e->a, "ALTER COLUMN %s DROP NOT NULL", p->bare),
          mig_column_note(e, to ? "NOT NULL on column" : "NULL on column", p->name));
}

/* A column that becomes a generated one. */
static void mig_evolve_generated(mig_column_pair *p) {
  mig_evolution *e = p->e;
  if (!e->to->columns[p->to].generated || e->now.columns[p->now].generated) return;
  mig_act(e, p->name,
          mig_format(e->a, "ALTER COLUMN %s ADD GENERATED ALWAYS AS (%s) %s", p->bare,
                     mig_generated_text(e->a, e->to, p->to),
                     e->to->columns[p->to].stored ? "STORED" : "VIRTUAL"),
          mig_column_note(e, "added expression on column", p->name));
}

static void mig_evolve_column(mig_evolution *e, int to) {
  static void (*const steps[])(mig_column_pair *) = {mig_evolve_expression, mig_evolve_type,
                                                     mig_evolve_default, mig_evolve_not_null,
                                                     mig_evolve_generated};
  mig_column_pair p;
  int i;
  p.e = e;
  p.to = to;
  p.name = e->to->columns[to].name;
  p.bare = mig_bare(e->a, p.name);
  for (i = 0; i < 5 && !mig_failed(e->a); i++) {
    p.now = mig_find_column(&e->now, p.name);
    if (p.now >= 0) steps[i](&p);
  }
}

/* Does a column that stays stand behind this place? Otherwise a new one can go to the end. */
static int mig_stays_behind(const mig_evolution *e, int place) {
  int i;
  for (i = place; i < e->now.ncolumn; i++) {
    if (mig_find_column(e->to, e->now.columns[i].name) >= 0) return 1;
  }
  return 0;
}

static void mig_evolve_new_column(mig_evolution *e, int to) {
  const char *name = e->to->columns[to].name;
  const char *before = to ? e->to->columns[to - 1].name : 0;
  int place = before ? mig_find_column(&e->now, before) + 1 : 0;
  const char *text = mig_span_text(e->a, e->to->sql, e->to->columns[to].span);
  const char *where = !mig_stays_behind(e, place) ? ""
                      : before ? mig_format(e->a, " AFTER %s", mig_bare(e->a, before))
                               : " FIRST";
  mig_act(e, name, mig_format(e->a, "ADD COLUMN %s%s", text, where),
          mig_column_note(e, "added column", name));
}

/* Is there a generated column whose expression needs this one? */
static int mig_needed(mig_arena *a, const mig_table *t, const char *name) {
  mig_alteration c;
  memset(&c, 0, sizeof c);
  c.a = a;
  c.now = *t;
  return mig_needed_by(&c, name) >= 0;
}

static void mig_evolve_lost_columns(mig_evolution *e) {
  int i;
  for (i = 0; i < e->now.ncolumn && !mig_failed(e->a); i++) {
    const char *name = e->now.columns[i].name;
    if (mig_find_column(e->to, name) >= 0) continue;
    if (mig_needed(e->a, &e->now, name)) continue; /* after the one that needs it */
    mig_act(e, name, mig_format(e->a, "DROP COLUMN %s", mig_bare(e->a, name)),
            mig_column_note(e, "removed column", name));
    i = -1;
  }
}

/* Puts the columns into order: each step puts one into its place. */
static void mig_evolve_order(mig_evolution *e) {
  int i, rounds = 0, n = e->to->ncolumn;
  if (e->now.ncolumn != n) return;
  for (i = 0; i < n && !mig_failed(e->a);) {
    const char *here = e->now.columns[i].name, *want = e->to->columns[i].name, *after;
    int k = mig_find_column(e->to, here);
    if (k == i || k < 0 || rounds++ > 2 * n) {
      i++;
      continue;
    }
    if (mig_same(e->now.columns[i + 1].name, want)) want = here; /* this one goes back */
    k = mig_find_column(e->to, want);
    after = k ? e->to->columns[k - 1].name : 0;
    mig_act(e, want,
            after ? mig_format(e->a, "ALTER COLUMN %s AFTER %s", mig_bare(e->a, want),
                               mig_bare(e->a, after))
                  : mig_format(e->a, "ALTER COLUMN %s FIRST", mig_bare(e->a, want)),
            mig_column_note(e, "moved column", want));
  }
}

/* The table's own options are given up first and taken on last; columns come before those go that
** they replace. */
static void mig_evolve(mig_evolution *e) {
  int i;
  mig_evolve_names(e);
  if (!mig_failed(e->a)) mig_evolve_drops(e);
  for (i = 0; i < e->to->ncolumn && !mig_failed(e->a); i++) {
    if (mig_find_column(&e->now, e->to->columns[i].name) >= 0)
      mig_evolve_column(e, i);
    else
      mig_evolve_new_column(e, i);
  }
  if (!mig_failed(e->a)) mig_evolve_lost_columns(e);
  if (!mig_failed(e->a)) mig_evolve_order(e);
  if (!mig_failed(e->a)) mig_evolve_adds(e);
}

/* Do the actions take a key away that other tables may reference? */
static int mig_gives_up(const mig_evolution *e) {
  const mig_action *x;
  for (x = e->first; x; x = x->next) {
    if (x->kind == MIG_DROP_CONSTRAINT || x->kind == MIG_DROP_COLUMN) return 1;
  }
  return 0;
}
/* Marker: comments of a target schema that say what a table or column is called today,
** -- migrate:renamed_from old. */

/* The name that a comment gives; NULL for any other comment. */
static const char *mig_marker(mig_arena *a, const char *z, mig_token comment) {
  static const char word[] = "migrate:renamed_from";
  size_t at = comment.at + 2, n = sizeof word - 1;
  mig_token k;
  while (at < comment.end && mig_is_space((unsigned char)z[at])) at++;
  if (comment.end - at < n || strncmp(z + at, word, n) != 0) return 0;
  k = mig_next_significant(z, comment.end, at + n);
  return mig_is_name(z, k) ? mig_dequote(a, z, k) : 0;
}

/* A new one, behind the others. */
static mig_renamed *mig_add_renamed(mig_arena *a, mig_renamed **list, const char *table) {
  mig_renamed *r = (mig_renamed *)mig_alloc(a, sizeof *r);
  if (!r) return 0;
  r->table = table;
  while (*list) list = &(*list)->next;
  *list = r;
  return r;
}

/* The same comment may be met twice: in the target's script and in the text that SQLite kept. */
static void mig_add_renamed_table(mig_arena *a, mig_renamed **list, const char *table,
                                  const char *from) {
  mig_renamed *r;
  for (r = *list; r; r = r->next) {
    if (r->table_from && mig_same(r->table, table)) return;
  }
  r = mig_add_renamed(a, list, table);
  if (r) r->table_from = from;
}

static int mig_has_newline(const char *z, size_t from, size_t to) {
  for (; from < to; from++) {
    if (z[from] == '\n') return 1;
  }
  return 0;
}

/* The column that a comment speaks of: the one behind it where it begins a line, or stands before a
** column in the same one; else the one in front of it. */
static int mig_marked_column(const mig_table *t, size_t before, mig_token comment) {
  const char *z = t->sql;
  mig_token next = mig_next_significant(z, t->nsql, comment.end);
  int ahead = mig_has_newline(z, before, comment.at), i;
  if (!ahead && z[comment.at] == '/' && (z[before - 1] == ',' || z[before - 1] == '(')) {
    ahead = !mig_has_newline(z, comment.end, next.at);
  }
  for (i = 0; i < t->ncolumn; i++) {
    if (ahead && t->columns[i].span.at > comment.at) return i;
    if (!ahead && (i + 1 == t->ncolumn || t->columns[i + 1].span.at > comment.at)) return i;
  }
  return t->ncolumn - 1;
}

/* Does a comment behind the opening parenthesis still speak of the table? So it does at the end of
** the first line. */
static int mig_ends_first_line(const mig_table *t, mig_token comment) {
  mig_token next = mig_next_significant(t->sql, t->nsql, comment.end);
  return !mig_has_newline(t->sql, t->open, comment.at) &&
         (t->sql[comment.at] == '-' || mig_has_newline(t->sql, comment.end, next.at));
}

/* Adds the markers inside of a CREATE TABLE text. */
static void mig_read_markers(mig_arena *a, const char *sql, mig_renamed **list) {
  mig_table t;
  mig_token k;
  size_t before = 0;
  if (!sql || !strstr(sql, "migrate:renamed_from") || mig_parse_table(a, sql, &t)) return;
  for (k = mig_next_token(sql, t.nsql, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(sql, t.nsql, k.end)) {
    const char *from = k.type == MIG_TK_COMMENT ? mig_marker(a, sql, k) : 0;
    if (k.type != MIG_TK_COMMENT && k.type != MIG_TK_SPACE) before = k.end;
    if (from) {
      mig_renamed *r;
      if (k.at < t.open || k.at > t.close || (before == t.open + 1 && mig_ends_first_line(&t, k))) {
        mig_add_renamed_table(a, list, t.name, from);
        continue;
      }
      r = mig_add_renamed(a, list, t.name);
      if (!r) return;
      r->from = from;
      r->to = t.columns[mig_marked_column(&t, before, k)].name;
    }
  }
}

/* Adds the markers between two statements of a script: they speak of the table that is made behind
** them, or, in its last line, before them. One that speaks of no table is an error. */
static void mig_read_outer_markers(mig_arena *a, const char *z, size_t from, size_t to,
                                   const char *before, const char *behind, mig_renamed **list) {
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    const char *old = k.type == MIG_TK_COMMENT ? mig_marker(a, z, k) : 0;
    const char *table = before && !mig_has_newline(z, from, k.at) ? before : behind;
    if (old && table) mig_add_renamed_table(a, list, table, old);
    if (old && !table) {
      mig_fail_at(
          a, MIGRATE_SCRIPT, z, k.at,
          "migrate:renamed_from stands at no table: it belongs above CREATE TABLE or at the "
          "end of its line");
    }
  }
}

/* Adds the markers of a statement that stand before its first parenthesis or behind its last:
** SQLite does not keep all of them. */
static void mig_read_edge_markers(mig_arena *a, const char *z, size_t from, size_t to,
                                  const char *made, mig_renamed **list) {
  size_t open = 0, close = 0;
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END; k = mig_next_token(z, to, k.end)) {
    if (!open && mig_token_op(z, k, "(")) open = k.at;
    if (mig_token_op(z, k, ")")) close = k.at;
  }
  for (k = mig_next_token(z, to, from); open && k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    const char *old =
        k.type != MIG_TK_COMMENT || (k.at > open && k.at < close) ? 0 : mig_marker(a, z, k);
    if (old) mig_add_renamed_table(a, list, made, old);
  }
}

/* The table that a statement makes, or NULL. */
static const char *mig_made_table(mig_arena *a, const char *sql) {
  mig_reader r;
  const char *schema, *name;
  mig_reader_init(&r, a, sql, strlen(sql), 0);
  if (!mig_take_word(&r, "CREATE")) return 0;
  mig_take_temp(&r);
  if (!mig_take_word(&r, "TABLE")) return 0;
  mig_take_if_not_exists(&r);
  if (!mig_is_name(r.z, r.t)) return 0;
  name = mig_take_object(&r, &schema, 0);
  return mig_failed(a) ? 0 : name;
}
/* Difference: two catalogs give the statements that lead from the one to the other, in an order in
** which each can run: what hangs on changed things first goes away, then tables, parents before
** children, then what hangs on them again. */

typedef struct mig_difference {
  struct mig_difference *next;
  const char *op;   /* "create", "drop", "alter", "rename" */
  const char *type; /* "table", "index", "view", "trigger", "virtual table" */
  const char *object;
  const char *was;                 /* "rename": its name before */
  const char *sql;                 /* the statement, without its semicolon */
  const char *detail;              /* notes, a line each */
  const char *hint;                /* a statement that may be meant instead; NULL: none */
  mig_action *actions;             /* of an ALTER TABLE */
  const char *strategy;            /* how it ran in a private copy; NULL: as it stands */
  const mig_table *before, *after; /* its tables; of a CREATE the latter, of a DROP the former */
} mig_difference;

/* A table of either side, with what is done to it. */
typedef struct mig_item {
  const mig_object *from, *to;      /* NULL: not there */
  mig_table *from_table, *to_table; /* NULL: virtual, or both texts are the same */
  mig_evolution *evolution;         /* NULL: nothing is altered */
  int done;
  int waits; /* for this item, and for none before it */
} mig_item;

typedef struct mig_comparison {
  mig_arena *a;
  const mig_settings *settings;
  const mig_catalog *from, *to;
  const mig_renamed *renamed;
  mig_item *items; /* the tables of `to`, then those of `from` that go */
  int nitem, cap;
  unsigned char *drop;   /* of from's objects: goes, perhaps to come again */
  unsigned char *create; /* of to's objects */
  int alters;
  mig_difference *first, *last;
} mig_comparison;

/* ---- what takes part ---- */

static int mig_matches(mig_arena *a, const char *patterns, const char *name) {
  mig_names list = mig_list_of(a, patterns);
  int i;
  for (i = 0; i < list.n; i++) {
    if (sqlite3_strglob(list.at[i], name) == 0) return 1;
  }
  return 0;
}

/* A table that a virtual one keeps its rows in: by the names of SQLite's own modules. */
static int mig_is_shadow_name(mig_arena *a, const mig_catalog *c, const char *name) {
  static const char *const suffixes[] = {"data",   "idx",      "content", "docsize",
                                         "config", "segments", "segdir",  "stat",
                                         "node",   "rowid",    "parent",  0};
  const char *tail = strrchr(name, '_');
  char *owner;
  const mig_object *o;
  int i;
  if (!tail || !c->has_virtual) return 0;
  owner = mig_copyn(a, name, (size_t)(tail - name));
  o = owner ? mig_catalog_table(c, owner) : 0;
  if (!o || !mig_is_virtual_text(o->sql)) return 0;
  for (i = 0; suffixes[i]; i++) {
    if (mig_same(tail + 1, suffixes[i])) return 1;
  }
  return 0;
}

/* Is the object the user's, and of those that are compared? */
static int mig_takes_part(const mig_comparison *d, const mig_catalog *c, const mig_object *o) {
  const mig_settings *s = d->settings;
  if (!o->sql || sqlite3_strnicmp(o->name, "sqlite_", 7) == 0) return 0;
  if (sqlite3_strnicmp(o->table, "sqlite_", 7) == 0) return 0;
  if (mig_same(o->table, s->version_table) || mig_same(o->table, "migrate_journal")) return 0;
  if (*s->include && !mig_matches(d->a, s->include, o->table)) return 0;
  if (*s->exclude &&
      (mig_matches(d->a, s->exclude, o->table) || mig_matches(d->a, s->exclude, o->name))) {
    return 0;
  }
  return !mig_is_shadow_name(d->a, c, o->table);
}

/* The object of that type and name on the same table. */
static const mig_object *mig_counterpart(const mig_catalog *c, const mig_object *o) {
  mig_object *p = 0;
  while ((p = mig_objects_of(c, o->table, p)) != 0) {
    if (mig_is_type(p, o->type) && mig_same(p->name, o->name)) return p;
  }
  return 0;
}

/* ---- tables ---- */

static mig_table *mig_table_of(mig_arena *a, const mig_object *o) {
  mig_table *t;
  if (!o || mig_is_virtual_text(o->sql)) return 0;
  t = (mig_table *)mig_alloc(a, sizeof *t);
  if (t) mig_parse_table(a, o->sql, t);
  return mig_failed(a) ? 0 : t;
}

static void mig_add_item(mig_comparison *d, const mig_object *from, const mig_object *to) {
  mig_item *item;
  int same = from && to && strcmp(from->sql, to->sql) == 0;
  d->items = (mig_item *)mig_grow(d->a, d->items, d->nitem, &d->cap, sizeof(mig_item));
  if (mig_failed(d->a)) return;
  item = &d->items[d->nitem++];
  item->from = from;
  item->to = to;
  item->done = same;
  if (same) return;
  item->from_table = mig_table_of(d->a, from);
  item->to_table = mig_table_of(d->a, to);
}

/* How many of a table's columns another one has by name. */
static int mig_common_columns(const mig_table *t, const mig_table *u) {
  int i, n = 0;
  for (i = 0; i < t->ncolumn; i++) n += mig_find_column(u, t->columns[i].name) >= 0;
  return n;
}

/* Is it another table of the same name, of which nothing could be kept? */
static int mig_is_another(const mig_comparison *d, const mig_item *item) {
  const mig_renamed *r;
  if (mig_common_columns(item->from_table, item->to_table)) return 0;
  for (r = d->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, item->to->name)) return 0;
  }
  return 1;
}

static void mig_evolution_init(mig_evolution *e, const mig_comparison *d, const mig_item *item) {
  e->a = d->a;
  e->to = item->to_table;
  e->now = *item->from_table;
  e->name = item->from->name;
  e->settings = d->settings;
  e->renamed = d->renamed;
}

/* Both are ordinary tables: the actions that lead from one to the other. */
static void mig_compare_item(mig_comparison *d, mig_item *item) {
  mig_evolution *e;
  if (!item->from_table || !item->to_table || mig_is_another(d, item)) return;
  e = (mig_evolution *)mig_alloc(d->a, sizeof *e);
  if (!e) return;
  mig_evolution_init(e, d, item);
  mig_evolve(e);
  item->evolution = e->count ? e : 0;
  item->done = !e->count;
  d->alters += e->count > 0;
}

static int mig_is_table(const mig_object *o) { return o && mig_is_type(o, "table"); }

static void mig_find_items(mig_comparison *d) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *from;
    if (!mig_is_table(o) || !mig_takes_part(d, d->to, o)) continue;
    from = mig_catalog_table(d->from, o->name);
    if (from && !mig_is_table(from)) from = 0;
    mig_add_item(d, from, o);
  }
  for (i = 0; i < d->from->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->from->v[i];
    if (!mig_is_table(o) || !mig_takes_part(d, d->from, o)) continue;
    if (!mig_is_table(mig_catalog_table(d->to, o->name))) mig_add_item(d, o, 0);
  }
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    mig_item *item = &d->items[i];
    if (!item->done) mig_compare_item(d, item);
    /* one of the two is virtual: the old one goes, the new one comes */
    if (item->done || item->evolution || !item->from || !item->to) continue;
    if (mig_same_statement(d->a, item->from->sql, item->to->sql)) item->done = 1;
  }
}

/* ---- what is written down ---- */

static mig_difference *mig_differ(mig_comparison *d, const char *op, const char *type,
                                  const char *object) {
  mig_difference *v = (mig_difference *)mig_alloc(d->a, sizeof *v);
  if (!v) return 0;
  v->op = op;
  v->type = type;
  v->object = object;
  if (d->last)
    d->last->next = v;
  else
    d->first = v;
  d->last = v;
  return v;
}

static int mig_is_renamed_already(const mig_comparison *d, const char *to) {
  const mig_difference *v;
  for (v = d->first; v; v = v->next) {
    if (mig_same(v->object, to)) return 1;
  }
  return 0;
}

static const char *mig_type_words(const mig_object *o) {
  return mig_is_type(o, "table") && mig_is_virtual_text(o->sql) ? "virtual table" : o->type;
}

/* The text without the markers that speak of renames: they are of the target, not of a table. */
static const char *mig_without_markers(mig_arena *a, const char *sql) {
  size_t n = strlen(sql), done = 0, line;
  mig_token k;
  mig_text z;
  if (!strstr(sql, "migrate:")) return sql;
  mig_text_init(&z, a);
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    if (k.type != MIG_TK_COMMENT || !mig_marker(a, sql, k)) continue;
    line = mig_trim(sql, done, k.at);
    mig_putn(&z, sql + done, line - done);
    done = k.end;
  }
  mig_put(&z, sql + done);
  return mig_text_z(&z);
}

static int mig_is_replaced(const mig_comparison *d, const mig_object *o) {
  const mig_object *p = mig_counterpart(d->to, o);
  if (!p || !mig_takes_part(d, d->to, p)) return 1;
  return mig_is_type(o, "index") ? !mig_same_index(d->a, o->sql, p->sql)
                                 : !mig_same_statement(d->a, o->sql, p->sql);
}

/* "Detected added index 'i' on 't'", as Alembic says it. */
static const char *mig_object_note(mig_comparison *d, const char *what, const mig_object *o) {
  return mig_is_type(o, "index")
             ? mig_format(d->a, "Detected %s index '%s' on '%s'", what, o->name, o->table)
             : mig_format(d->a, "Detected %s %s '%s'", what, mig_type_words(o), o->name);
}

/* Does the object of this name only change? Then one note will do for the drop and the creation. */
static int mig_only_changes(const mig_comparison *d, const mig_catalog *other,
                            const mig_object *o) {
  const mig_object *p = mig_is_table(o) ? 0 : mig_counterpart(other, o);
  return p && mig_takes_part(d, other, p);
}

static void mig_write_create(mig_comparison *d, const mig_object *o) {
  mig_difference *v = mig_differ(d, "create", mig_type_words(o), o->name);
  const mig_object *was = mig_only_changes(d, d->from, o) ? mig_counterpart(d->from, o) : 0;
  if (!v) return;
  v->sql = mig_without_markers(d->a, o->sql);
  v->detail = was && d->drop && d->drop[was - d->from->v] ? "" : mig_object_note(d, "added", o);
  if (mig_is_table(o)) v->after = mig_table_of(d->a, o);
}

static void mig_write_drop(mig_comparison *d, const mig_object *o) {
  mig_difference *v = mig_differ(d, "drop", mig_type_words(o), o->name);
  char *type = mig_copy(d->a, o->type);
  int i;
  if (!v || !type) return;
  for (i = 0; type[i]; i++) type[i] = (char)(type[i] - 32);
  v->sql = mig_format(d->a, "DROP %s %s", type, mig_bare(d->a, o->name));
  if (!mig_only_changes(d, d->to, o)) {
    v->detail = mig_object_note(d, "removed", o);
  } else if (mig_is_replaced(d, o)) {
    v->detail = mig_object_note(d, "changed", o);
  } else {
    v->detail =
        mig_format(d->a, "The %s '%s' depends on what changes and is made again", o->type, o->name);
  }
  if (mig_is_table(o)) v->before = mig_table_of(d->a, o);
}

/* ALTER TABLE with its actions, a line each where there are several, and what they are called. */
static void mig_put_alter(mig_arena *a, mig_difference *v, const char *table) {
  const mig_action *action = v->actions;
  const char *before = action && action->next ? "\n  " : " ";
  mig_text sql, notes;
  mig_text_init(&sql, a);
  mig_text_init(&notes, a);
  mig_putf(&sql, "ALTER TABLE %s", mig_bare(a, table));
  for (; action; action = action->next) {
    mig_putf(&sql, "%s%s%s", before, action->sql, action->next ? "," : "");
    mig_putf(&notes, "%s%s", action->note, action->next ? "\n" : "");
  }
  v->sql = sql.z;
  v->detail = notes.z;
}

static void mig_write_alter(mig_comparison *d, const mig_item *item) {
  mig_difference *v = mig_differ(d, "alter", "table", item->to->name);
  if (!v) return;
  v->actions = item->evolution->first;
  v->before = item->from_table;
  v->after = item->to_table;
  mig_put_alter(d->a, v, item->from->name);
}

/* ---- what may be a rename ---- */

/* A dropped and an added column of the same type in one table. */
static void mig_guess_column(mig_comparison *d, mig_difference *v, const char *table) {
  const mig_action *lost, *found;
  for (lost = v->actions; lost; lost = lost->next) {
    int from, to, matches = 0;
    const char *name = 0;
    if (lost->kind != MIG_DROP_COLUMN) continue;
    from = mig_find_column(v->before, lost->column);
    for (found = v->actions; found && from >= 0; found = found->next) {
      if (found->kind != MIG_ADD_COLUMN) continue;
      to = mig_find_column(v->after, found->column);
      if (to < 0 || strcmp(mig_type_meaning(d->a, v->before, from),
                           mig_type_meaning(d->a, v->after, to)) != 0) {
        continue;
      }
      if (to == from || !name) name = found->column;
      matches++;
    }
    if (!matches) continue;
    v->hint = mig_format(d->a, "%s%sALTER TABLE %s RENAME COLUMN %s TO %s", v->hint ? v->hint : "",
                         v->hint ? "\n" : "", mig_bare(d->a, table), mig_bare(d->a, lost->column),
                         mig_bare(d->a, name));
    v->detail = mig_format(d->a, "%s\nLikely rename of column '%s.%s' to '%s'", v->detail, table,
                           lost->column, name);
  }
}

static void mig_guess_table(mig_comparison *d, mig_difference *lost) {
  const mig_difference *best = 0, *v;
  int most = 0;
  for (v = d->first; v && lost->before; v = v->next) {
    int n;
    if (strcmp(v->op, "create") != 0 || !v->after) continue;
    n = mig_common_columns(lost->before, v->after);
    if (n <= most || n * 2 < v->after->ncolumn || n * 2 < lost->before->ncolumn) continue;
    best = v;
    most = n;
  }
  if (!best) return;
  lost->hint = mig_format(d->a, "ALTER TABLE %s RENAME TO %s", mig_bare(d->a, lost->object),
                          mig_bare(d->a, best->object));
  lost->detail = mig_format(d->a, "%s\nLikely rename of table '%s' to '%s'", lost->detail,
                            lost->object, best->object);
}

static void mig_guess_renames(mig_comparison *d) {
  mig_difference *v;
  for (v = d->first; v && !mig_failed(d->a); v = v->next) {
    if (v->actions) mig_guess_column(d, v, v->object);
    if (strcmp(v->op, "drop") == 0 && v->before) mig_guess_table(d, v);
  }
}

/* ---- indexes, triggers, views ---- */

/* What speaks of a view that goes has to go as well, or a change of a table finds it broken. */
static void mig_spread_drops(mig_comparison *d) {
  int again = 1, i, k;
  while (again && !mig_failed(d->a)) {
    again = 0;
    for (i = 0; i < d->from->n; i++) {
      const mig_object *o = &d->from->v[i];
      if (d->drop[i] || (!mig_is_type(o, "view") && !mig_is_type(o, "trigger"))) continue;
      if (!mig_takes_part(d, d->from, o)) continue;
      for (k = 0; k < d->from->n && !d->drop[i]; k++) {
        if (!d->drop[k] || !mig_is_type(&d->from->v[k], "view")) continue;
        if (mig_mentions_token(d->a, o->sql, d->from->v[k].name)) d->drop[i] = 1;
      }
      again |= d->drop[i];
    }
  }
}

/* Does the table, or the view, that the object hangs on go away, and the object with it? */
static int mig_goes_with_table(const mig_comparison *d, const mig_object *o) {
  const mig_object *t = mig_catalog_table(d->from, o->table);
  int i;
  if (!t || t == o) return 0;
  if (mig_is_type(t, "view")) return d->drop[t - d->from->v];
  for (i = 0; i < d->nitem; i++) {
    if (d->items[i].from != t) continue;
    return !d->items[i].done && !d->items[i].evolution;
  }
  return 0;
}

static void mig_mark(mig_comparison *d) {
  int i;
  d->drop = (unsigned char *)mig_alloc(d->a, (size_t)d->from->n + 1);
  d->create = (unsigned char *)mig_alloc(d->a, (size_t)d->to->n + 1);
  for (i = 0; i < d->from->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->from->v[i];
    if (mig_is_table(o) || !mig_takes_part(d, d->from, o)) continue;
    d->drop[i] = (unsigned char)mig_is_replaced(d, o);
  }
  if (!mig_failed(d->a) && d->alters) mig_spread_drops(d);
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p;
    if (mig_is_table(o) || !mig_takes_part(d, d->to, o)) continue;
    p = mig_counterpart(d->from, o);
    d->create[i] = (unsigned char)(!p || d->drop[p - d->from->v] || mig_goes_with_table(d, p));
  }
}

/* ---- the order ---- */

static int mig_references(const mig_table *t, const char *parent) {
  int i;
  for (i = 0; t && i < t->nconstraint; i++) {
    if (t->constraints[i].kind == MIG_FOREIGN_KEY && mig_same(t->constraints[i].parent, parent)) {
      return 1;
    }
  }
  return 0;
}

static int mig_is_going(const mig_item *item) { return !item->to || !item->evolution; }

/* Must x wait for y? A table comes after those that it will reference; it goes after those that
** reference it; and the key that a table which goes needs stays until then. */
static int mig_waits(const mig_item *x, const mig_item *y) {
  if (x == y || y->done) return 0;
  if (x->to && mig_is_virtual_text(x->to->sql)) {
    return !y->to || !mig_is_virtual_text(y->to->sql); /* it may read any of the others by name */
  }
  if (x->to && y->to && mig_references(x->to_table, y->to->name)) return 1;
  if (x->from && y->from && (!x->to || x->evolution)) {
    int had = mig_references(y->from_table, x->from->name);
    if (had && (!x->to || mig_is_going(y))) return 1;
    if (had && !mig_references(y->to_table, x->from->name)) return 1;
  }
  return 0;
}

/* Has a table still the name that the index will have? */
static int mig_is_name_taken(const mig_comparison *d, const mig_object *index) {
  int i;
  if (!mig_catalog_table(d->from, index->name)) return 0;
  for (i = 0; i < d->nitem; i++) {
    const mig_item *item = &d->items[i];
    if (item->from && !item->done && mig_same(item->from->name, index->name)) return 1;
  }
  return 0;
}

static void mig_write_indexes(mig_comparison *d, const char *table) {
  mig_object *o = 0;
  while ((o = mig_objects_of(d->to, table, o)) != 0) {
    unsigned char *create = &d->create[o - d->to->v];
    if (!*create || !mig_is_type(o, "index") || mig_is_name_taken(d, o)) continue;
    mig_write_create(d, o);
    *create = 0;
  }
}

/* Can the index be made before the table changes? */
static int mig_is_early_key(mig_arena *a, const mig_object *o, const mig_table *t) {
  mig_index x;
  int i;
  if (mig_parse_index(a, o->sql, &x) || !x.unique || !mig_span_empty(x.where)) return 0;
  for (i = 0; i < x.nkey; i++) {
    if (!x.keys[i].name || mig_find_column(t, x.keys[i].name) < 0) return 0;
  }
  return 1;
}

/* A unique index may take the place of a key that other tables reference: it comes before that
** goes. */
static void mig_write_early_keys(mig_comparison *d, const mig_item *item) {
  mig_object *o = 0;
  while (!mig_failed(d->a) && (o = mig_objects_of(d->to, item->to->name, o)) != 0) {
    unsigned char *create = &d->create[o - d->to->v];
    if (!*create || !mig_is_type(o, "index") || !mig_is_early_key(d->a, o, item->from_table)) {
      continue;
    }
    mig_write_create(d, o);
    *create = 0;
  }
}

static void mig_write_item(mig_comparison *d, mig_item *item) {
  item->done = 1;
  if (item->evolution) {
    if (mig_gives_up(item->evolution)) mig_write_early_keys(d, item);
    mig_write_alter(d, item);
  } else {
    if (item->from) mig_write_drop(d, item->from);
    if (item->to) mig_write_create(d, item->to);
  }
}

/* Must the key go before its parent changes, while a new one waits for that very change? */
static int mig_stands_between(mig_comparison *d, const mig_item *child, const mig_constraint *fk) {
  int i;
  if (fk->kind != MIG_FOREIGN_KEY || mig_same(fk->parent, child->from->name)) return 0;
  if (!mig_references(child->to_table, fk->parent)) return 0;
  for (i = 0; i < d->nitem; i++) {
    const mig_item *parent = &d->items[i];
    if (parent->from && mig_same(parent->from->name, fk->parent)) {
      return !parent->done && (!parent->evolution || mig_gives_up(parent->evolution));
    }
  }
  return 0;
}

/* Writes the foreign keys that stand between two changes as dropped ahead of both; the rest of the
** child's change is found anew. */
static void mig_part_item(mig_comparison *d, mig_item *item) {
  mig_evolution e = *item->evolution;
  mig_table *now;
  mig_item ahead = *item;
  int i, again = 1;
  e.now = *item->from_table;
  e.first = e.last = 0;
  e.count = 0;
  while (again && !mig_failed(d->a)) {
    mig_pairs p = mig_pair(&e);
    again = 0;
    for (i = 0; i < e.now.nconstraint && !mig_failed(d->a) && !again; i++) {
      if (p.now[i] >= 0 || !mig_stands_between(d, item, &e.now.constraints[i])) continue;
      mig_drop_named(&e, i);
      again = 1;
    }
  }
  now = (mig_table *)mig_alloc(d->a, sizeof *now);
  if (!now || !e.count) return;
  *now = e.now;
  ahead.evolution = &e;
  mig_write_alter(d, &ahead);
  item->from_table = now;
  mig_compare_item(d, item);
}

/* The next item that waits for none; in a circle of references the first one. What is done is
** waited for no more, and nothing else changes that: each search goes on where the last one
** ended. */
static mig_item *mig_next_item(mig_comparison *d) {
  mig_item *first = 0;
  int i;
  for (i = 0; i < d->nitem; i++) {
    mig_item *x = &d->items[i];
    if (x->done) continue;
    if (!first) first = x;
    while (x->waits < d->nitem && !mig_waits(x, &d->items[x->waits])) x->waits++;
    if (x->waits == d->nitem) return x;
  }
  return first;
}

/* A virtual table may read others by name: it goes before they change. */
static void mig_write_virtual_drops(mig_comparison *d) {
  int i;
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    mig_item *item = &d->items[i];
    if (item->done || !item->from || !mig_is_virtual_text(item->from->sql)) continue;
    mig_write_drop(d, item->from);
    item->from = 0;
    item->done = !item->to;
  }
}

static void mig_write_tables(mig_comparison *d) {
  mig_item *item;
  int i;
  mig_write_virtual_drops(d);
  for (i = 0; i < d->nitem; i++) {
    if (d->items[i].done && d->items[i].to) mig_write_indexes(d, d->items[i].to->name);
  }
  for (i = 0; i < d->nitem && !mig_failed(d->a); i++) {
    if (d->items[i].evolution) mig_part_item(d, &d->items[i]);
  }
  while (!mig_failed(d->a) && (item = mig_next_item(d)) != 0) {
    mig_write_item(d, item);
    if (item->to) mig_write_indexes(d, item->to->name);
  }
}

/* Will another object have the name? */
static int mig_name_comes_again(const mig_comparison *d, const mig_object *o) {
  int i;
  for (i = 0; i < d->to->n; i++) {
    if (d->create[i] && mig_same(d->to->v[i].name, o->name)) return 1;
  }
  return 0;
}

static void mig_write_drops(mig_comparison *d) {
  int i;
  for (i = d->from->n - 1; i >= 0 && !mig_failed(d->a); i--) {
    const mig_object *o = &d->from->v[i];
    if (!d->drop[i]) continue;
    if (!mig_goes_with_table(d, o) || mig_name_comes_again(d, o)) mig_write_drop(d, o);
  }
}

static void mig_write_others(mig_comparison *d, const char *type) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    if (d->create[i] && mig_is_type(&d->to->v[i], type)) mig_write_create(d, &d->to->v[i]);
  }
}

/* Fills d->first.. from the two catalogs. */
static void mig_compare_catalogs(mig_comparison *d) {
  mig_find_items(d);
  if (!mig_failed(d->a)) mig_mark(d);
  if (mig_failed(d->a)) return;
  mig_write_drops(d);
  mig_write_tables(d);
  mig_write_others(d, "index"); /* whose name was taken */
  mig_write_others(d, "view");
  mig_write_others(d, "trigger");
  mig_guess_renames(d);
}

static void mig_write_rename(mig_comparison *d, const char *from, const char *to,
                             const char *detail) {
  mig_difference *v = mig_differ(d, "rename", "table", to);
  if (!v) return;
  v->sql =
      mig_format(d->a, "ALTER TABLE %s RENAME TO %s", mig_bare(d->a, from), mig_bare(d->a, to));
  v->was = from;
  v->detail = detail;
}

/* The case of a name changes: SQLite needs another name on the way. */
static void mig_write_respelled(mig_comparison *d, const char *from, const char *to) {
  const char *between = mig_format(d->a, "migrate_renamed_%s", to);
  const char *detail = mig_format(d->a, "Detected renamed table '%s', now '%s'", from, to);
  if (!between) return;
  mig_write_rename(d, from, between, detail);
  mig_write_rename(d, between, to, detail);
}

static const mig_renamed *mig_table_marker(const mig_comparison *d, const char *to) {
  const mig_renamed *r;
  for (r = d->renamed; r; r = r->next) {
    if (r->table_from && mig_same(r->table, to)) return r;
  }
  return 0;
}

/* Does the marker still speak of something to do? As with columns: mig_marker_holds(). */
static int mig_table_marker_holds(const mig_comparison *d, const mig_renamed *r) {
  int steps = 0;
  if (mig_catalog_table(d->from, r->table)) return 0;
  for (; r && steps++ <= d->to->n; r = mig_table_marker(d, r->table_from)) {
    if (!mig_is_table(mig_catalog_table(d->from, r->table_from))) return 0;
    if (!mig_is_table(mig_catalog_table(d->to, r->table))) return 0;
    if (!mig_catalog_table(d->to, r->table_from)) return 1;
  }
  return 0;
}

/* Columns of a table that markers rename. SQLite's rename follows the name into what depends on the
** table: only then it is seen what else has to change. */
static void mig_compare_column_names(mig_comparison *d, const mig_object *from,
                                     const mig_object *to) {
  mig_evolution e;
  mig_item item;
  if (strcmp(from->sql, to->sql) == 0) return;
  memset(&e, 0, sizeof e);
  memset(&item, 0, sizeof item);
  item.from = from;
  item.to = to;
  item.from_table = mig_table_of(d->a, from);
  item.to_table = mig_table_of(d->a, to);
  item.evolution = &e;
  if (!item.from_table || !item.to_table) return;
  mig_evolution_init(&e, d, &item);
  mig_evolve_names(&e);
  if (e.count) mig_write_alter(d, &item);
}

static int mig_has_column_marker(const mig_comparison *d, const char *table) {
  const mig_renamed *r;
  for (r = d->renamed; r; r = r->next) {
    if (r->from && mig_same(r->table, table)) return 1;
  }
  return 0;
}

static void mig_compare_all_column_names(mig_comparison *d) {
  int i;
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p;
    if (!mig_is_table(o) || !mig_has_column_marker(d, o->name)) continue;
    p = mig_catalog_table(d->from, o->name);
    if (mig_is_table(p) && mig_takes_part(d, d->to, o)) mig_compare_column_names(d, p, o);
  }
}

/* Tables that the markers, or the case of their letters, rename. */
static void mig_compare_names(mig_comparison *d) {
  const mig_renamed *r, *next;
  int i;
  for (r = d->renamed; r && !mig_failed(d->a); r = r->next) {
    if (!r->table_from || !mig_table_marker_holds(d, r)) continue;
    if (mig_is_renamed_already(d, r->table)) continue;
    for (next = r; next; next = mig_table_marker(d, next->table_from)) {
      mig_write_rename(
          d, next->table_from, next->table,
          mig_format(d->a, "Detected renamed table '%s', now '%s'", next->table_from, next->table));
    }
  }
  for (i = 0; i < d->to->n && !mig_failed(d->a); i++) {
    const mig_object *o = &d->to->v[i], *p = mig_catalog_table(d->from, o->name);
    if (!mig_is_table(o) || !mig_is_table(p) || strcmp(o->name, p->name) == 0) continue;
    if (mig_is_virtual_text(o->sql) || !mig_takes_part(d, d->to, o)) continue;
    mig_write_respelled(d, p->name, o->name);
  }
  if (!d->first && d->renamed) mig_compare_all_column_names(d);
}
#endif
/* Graph: the revision map, with Alembic's rules. A revision is a node, known by its place in load
** order; edges go down to parents (down_revision) and to dependencies (depends_on). Everything is
** linear in nodes and edges, and nothing recurses: 100,000 revisions in one line are usual input
** for a test and must not cost a stack. */

typedef struct mig_nodes {
  int *at; /* places of nodes */
  int n;
} mig_nodes;

typedef struct mig_label {
  const char *name;
  const struct mig_label *next;
} mig_label;

typedef struct mig_node {
  const mig_revision *rev;
  mig_nodes down;     /* parents by down_revision */
  mig_nodes needs;    /* by depends_on, labels resolved */
  mig_nodes all_down; /* both */
  mig_nodes before; /* down, and the needs that no ancestor implies: what a version row replaces */
  mig_nodes after;  /* children by down_revision */
  mig_nodes all_after;     /* children by either */
  const mig_label *labels; /* own ones and those of its branch; see mig_spread_labels() */
} mig_node;

typedef struct mig_slot {
  const char *key; /* an id or a label; NULL: free */
  int node;
} mig_slot;

typedef struct mig_graph {
  mig_arena *a;    /* of answers: may be another one, for each question */
  mig_arena *keep; /* of the graph itself */
  mig_node *nodes;
  int n;
  mig_slot *slots; /* open addressing; a power of two, at most half full */
  size_t nslot;
  mig_slot *labels; /* in load order */
  int nlabel;
  int *order;                       /* all nodes, parents and dependencies first */
  mig_nodes heads, bases;           /* by down_revision alone */
  mig_nodes real_heads, real_bases; /* dependencies counted as well */
  int spread;                       /* labels have been spread */
} mig_graph;

enum mig_edge { MIG_DOWN, MIG_ALL_DOWN, MIG_BEFORE, MIG_AFTER, MIG_ALL_AFTER };

static mig_nodes mig_edges(const mig_node *v, int edge) {
  switch (edge) {
    case MIG_DOWN:
      return v->down;
    case MIG_ALL_DOWN:
      return v->all_down;
    case MIG_BEFORE:
      return v->before;
    case MIG_AFTER:
      return v->after;
    default:
      return v->all_after;
  }
}

static mig_nodes mig_no_nodes(void) {
  mig_nodes none;
  none.at = 0;
  none.n = 0;
  return none;
}

/* Room for n nodes; at is NULL after a fault. */
static mig_nodes mig_room(mig_arena *a, int n) {
  mig_nodes list;
  list.n = 0;
  list.at = (int *)mig_array(a, (size_t)n, sizeof(int));
  return list;
}

static mig_nodes mig_one_node(mig_arena *a, int node) {
  mig_nodes list = mig_room(a, 1);
  if (list.at) list.at[list.n++] = node;
  return list;
}

static int mig_has(mig_nodes list, int node) {
  int i;
  for (i = 0; i < list.n && list.at[i] != node; i++) {
  }
  return i < list.n;
}

static const char *mig_id(const mig_graph *g, int node) { return g->nodes[node].rev->id; }

/* "a, b": the ids of nodes. */
static const char *mig_ids(const mig_graph *g, mig_nodes list) {
  mig_text t;
  int i;
  mig_text_init(&t, g->a);
  for (i = 0; i < list.n && !mig_failed(g->a); i++) {
    if (i) mig_put(&t, ", ");
    mig_put(&t, mig_id(g, list.at[i]));
  }
  return mig_text_z(&t);
}

#define MIG_NAMED_FILES 5 /* enough to start looking */

/* " (a.sql, b.sql)": the files of nodes; "" where none came from a file. */
static const char *mig_files(const mig_graph *g, mig_nodes list) {
  mig_text t;
  int i, shown = 0;
  mig_text_init(&t, g->a);
  for (i = 0; i < list.n && shown < MIG_NAMED_FILES && !mig_failed(g->a); i++) {
    const char *path = g->nodes[list.at[i]].rev->path;
    if (!path) continue;
    mig_put(&t, shown++ ? ", " : " (");
    mig_put(&t, path);
  }
  if (shown) mig_put(&t, i < list.n ? ", ...)" : ")");
  return mig_text_z(&t);
}

static size_t mig_hash_key(const char *z) {
  size_t h = 2166136261u;
  for (; *z; z++) h = (h ^ (unsigned char)*z) * 16777619u;
  return h ^ (h >> 15);
}

/* The slot of a key, or the free one where it belongs. */
static mig_slot *mig_slot_of(const mig_graph *g, const char *key) {
  size_t i = mig_hash_key(key) & (g->nslot - 1);
  while (g->slots[i].key && strcmp(g->slots[i].key, key) != 0) i = (i + 1) & (g->nslot - 1);
  return &g->slots[i];
}

/* The node of an exact id or label, or -1. */
static int mig_find_node(const mig_graph *g, const char *key) {
  const mig_slot *slot = mig_slot_of(g, key);
  return slot->key ? slot->node : -1;
}

/* The node of an exact id, or -1. */
static int mig_find_id(const mig_graph *g, const char *id) {
  int node = mig_find_node(g, id);
  return node >= 0 && strcmp(mig_id(g, node), id) == 0 ? node : -1;
}

/* A byte a node, zeroed. */
static unsigned char *mig_marks(const mig_graph *g) {
  return (unsigned char *)mig_alloc(g->a, (size_t)g->n + 1);
}

/* Marks `from` and all that its edges reach. What is marked already is not followed again. */
static void mig_reach(const mig_graph *g, mig_nodes from, int edge, unsigned char *mark) {
  mig_nodes todo = mig_room(g->a, g->n + 1);
  int i;
  if (!todo.at || !mark) return;
  for (i = 0; i < from.n; i++) {
    if (mark[from.at[i]]) continue;
    mark[from.at[i]] = 1;
    todo.at[todo.n++] = from.at[i];
    while (todo.n) {
      mig_nodes next = mig_edges(&g->nodes[todo.at[--todo.n]], edge);
      int j;
      for (j = 0; j < next.n; j++) {
        if (mark[next.at[j]]) continue;
        mark[next.at[j]] = 1;
        todo.at[todo.n++] = next.at[j];
      }
    }
  }
}

static unsigned char *mig_reached(const mig_graph *g, mig_nodes from, int edge) {
  unsigned char *mark = mig_marks(g);
  mig_reach(g, from, edge, mark);
  return mark;
}

/* The marked (or, with value 0, the unmarked) nodes in load order. */
static mig_nodes mig_marked(const mig_graph *g, const unsigned char *mark, int value) {
  int i, n = 0;
  mig_nodes list = mig_no_nodes();
  if (!mark) return list;
  for (i = 0; i < g->n; i++) n += (mark[i] != 0) == value;
  list = mig_room(g->a, n);
  for (i = 0; i < g->n && list.at; i++) {
    if ((mark[i] != 0) == value) list.at[list.n++] = i;
  }
  return list;
}

/* ---- Load: keys ---- */

static int mig_reserved(const char *word) {
  return strcmp(word, "head") == 0 || strcmp(word, "heads") == 0 || strcmp(word, "base") == 0 ||
         strcmp(word, "current") == 0;
}

static int mig_names_hold(mig_names names, const char *name) {
  int i;
  for (i = 0; i < names.n && strcmp(names.at[i], name) != 0; i++) {
  }
  return i < names.n;
}

static void mig_add_id(mig_graph *g, int node) {
  const mig_revision *rev = g->nodes[node].rev;
  mig_slot *slot;
  mig_nodes both;
  if (mig_names_hold(rev->down, rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "Self-loop is detected in revisions (%s)%s", rev->id,
             mig_files(g, mig_one_node(g->a, node)));
  }
  if (mig_names_hold(rev->depends, rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "Dependency self-loop is detected in revisions (%s)%s", rev->id,
             mig_files(g, mig_one_node(g->a, node)));
  }
  if (mig_failed(g->a)) return;
  mig_check_id(g->a, rev->id);
  if (mig_reserved(rev->id)) {
    mig_fail(g->a, MIGRATE_GRAPH, "'%s' is a reserved word and cannot be a revision identifier",
             rev->id);
  }
  if (mig_failed(g->a)) {
    if (rev->path) mig_fault_context(g->a, "%s: ", rev->path);
    return;
  }
  slot = mig_slot_of(g, rev->id);
  if (slot->key) {
    both = mig_room(g->a, 2);
    if (!both.at) return;
    both.at[both.n++] = slot->node;
    both.at[both.n++] = node;
    mig_fail(g->a, MIGRATE_GRAPH, "Revision %s is present more than once%s", rev->id,
             mig_files(g, both));
    return;
  }
  slot->key = rev->id;
  slot->node = node;
}

static void mig_add_label(mig_graph *g, int node, const char *label) {
  const mig_revision *rev = g->nodes[node].rev;
  mig_slot *slot = mig_slot_of(g, label);
  mig_nodes both;
  mig_check_label(g->a, label);
  if (mig_reserved(label)) {
    mig_fail(g->a, MIGRATE_GRAPH, "'%s' is a reserved word and cannot be a branch label", label);
  }
  if (mig_failed(g->a)) {
    if (rev->path) mig_fault_context(g->a, "%s: ", rev->path);
    return;
  }
  if (slot->key) {
    both = mig_room(g->a, 2);
    if (!both.at) return;
    both.at[both.n++] = node;
    both.at[both.n++] = slot->node;
    mig_fail(g->a, MIGRATE_GRAPH, "Branch name '%s' in revision %s already used by revision %s%s",
             label, rev->id, mig_id(g, slot->node), mig_files(g, both));
    return;
  }
  slot->key = label;
  slot->node = node;
  g->labels[g->nlabel++] = *slot;
}

static void mig_load_keys(mig_graph *g) {
  size_t keys = (size_t)g->n, labels;
  int i, j;
  for (i = 0; i < g->n; i++) keys += (size_t)g->nodes[i].rev->labels.n;
  labels = keys - (size_t)g->n;
  for (g->nslot = 8; g->nslot < keys * 2; g->nslot *= 2) {
  }
  g->slots = (mig_slot *)mig_array(g->a, g->nslot, sizeof(mig_slot));
  g->labels = (mig_slot *)mig_array(g->a, labels, sizeof(mig_slot));
  for (i = 0; i < g->n && !mig_failed(g->a); i++) mig_add_id(g, i);
  for (i = 0; i < g->n; i++) {
    mig_names own = g->nodes[i].rev->labels;
    for (j = 0; j < own.n && !mig_failed(g->a); j++) mig_add_label(g, i, own.at[j]);
  }
}

/* ---- Load: edges ---- */

static void mig_fail_absent(mig_graph *g, int from, const char *name) {
  const mig_revision *rev = g->nodes[from].rev;
  mig_fail(g->a, MIGRATE_GRAPH, "Revision %s referenced from %s%s is not present", name, rev->id,
           mig_files(g, mig_one_node(g->a, from)));
}

/* Names to nodes, each once. Parents are ids; a dependency may be a label, too. */
static void mig_load_parents(mig_graph *g, int node) {
  mig_node *v = &g->nodes[node];
  int i, found;
  v->down = mig_room(g->a, v->rev->down.n);
  v->needs = mig_room(g->a, v->rev->depends.n);
  v->all_down = mig_room(g->a, v->rev->down.n + v->rev->depends.n);
  if (mig_failed(g->a)) return;
  for (i = 0; i < v->rev->down.n; i++) {
    found = mig_find_id(g, v->rev->down.at[i]);
    if (found < 0) mig_fail_absent(g, node, v->rev->down.at[i]);
    if (found < 0 || mig_has(v->down, found)) continue;
    v->down.at[v->down.n++] = found;
    v->all_down.at[v->all_down.n++] = found;
  }
  for (i = 0; i < v->rev->depends.n; i++) {
    found = mig_find_node(g, v->rev->depends.at[i]);
    if (found < 0) mig_fail_absent(g, node, v->rev->depends.at[i]);
    if (found < 0 || mig_has(v->needs, found)) continue;
    v->needs.at[v->needs.n++] = found;
    if (!mig_has(v->all_down, found)) v->all_down.at[v->all_down.n++] = found;
  }
}

/* Where node lists its children for the edge that is the reverse of `down`. */
static mig_nodes *mig_children(mig_node *v, int down) {
  return down == MIG_DOWN ? &v->after : &v->all_after;
}

/* All lists of children share one array: count, deal out, fill. */
static void mig_load_children(mig_graph *g, int down) {
  int *pool;
  int i, j, used = 0;
  for (i = 0; i < g->n; i++) {
    mig_nodes parents = mig_edges(&g->nodes[i], down);
    for (j = 0; j < parents.n; j++) mig_children(&g->nodes[parents.at[j]], down)->n++;
    used += parents.n;
  }
  pool = (int *)mig_array(g->a, (size_t)used, sizeof(int));
  if (!pool) return;
  for (i = 0, used = 0; i < g->n; i++) {
    mig_nodes *children = mig_children(&g->nodes[i], down);
    children->at = pool + used;
    used += children->n;
    children->n = 0;
  }
  for (i = 0; i < g->n; i++) {
    mig_nodes parents = mig_edges(&g->nodes[i], down);
    for (j = 0; j < parents.n; j++) {
      mig_nodes *children = mig_children(&g->nodes[parents.at[j]], down);
      children->at[children->n++] = i;
    }
  }
}

/* The nodes without any neighbour over an edge, in load order. */
static mig_nodes mig_ends(const mig_graph *g, int edge) {
  unsigned char *mark = mig_marks(g);
  int i;
  for (i = 0; i < g->n && mark; i++) mark[i] = mig_edges(&g->nodes[i], edge).n == 0;
  return mig_marked(g, mark, 1);
}

/* ---- Load: cycles ---- */

/* Every node once, none before its neighbours over `down`; shorter where there is a cycle. */
static mig_nodes mig_order_of(const mig_graph *g, int down, int up) {
  mig_nodes order = mig_room(g->a, g->n);
  int *waits = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  int i, j;
  if (!waits || !order.at) return mig_no_nodes();
  for (i = 0; i < g->n; i++) {
    waits[i] = mig_edges(&g->nodes[i], down).n;
    if (!waits[i]) order.at[order.n++] = i;
  }
  for (i = 0; i < order.n; i++) {
    mig_nodes next = mig_edges(&g->nodes[order.at[i]], up);
    for (j = 0; j < next.n; j++) {
      if (--waits[next.at[j]] == 0) order.at[order.n++] = next.at[j];
    }
  }
  return order;
}

/* What no walk from an end reaches: Alembic's answer, of which a cycle between sound revisions is
** no part; for that, what cannot be put in order from either side. */
static mig_nodes mig_cycle(const mig_graph *g, int down, int up, mig_nodes tops, mig_nodes roots) {
  unsigned char *below = mig_reached(g, tops, down), *above = mig_reached(g, roots, up);
  mig_nodes order, back, lost;
  int i;
  if (mig_failed(g->a)) return mig_no_nodes();
  for (i = 0; i < g->n; i++) above[i] = above[i] && below[i];
  lost = mig_marked(g, above, 0);
  if (lost.n) return lost;
  order = mig_order_of(g, down, up);
  if (order.n == g->n || mig_failed(g->a)) return mig_no_nodes();
  back = mig_order_of(g, up, down);
  memset(above, 0, (size_t)g->n);
  for (i = 0; i < order.n; i++) above[order.at[i]] = 1;
  for (i = 0; i < back.n; i++) above[back.at[i]] = 1;
  return mig_marked(g, above, 0);
}

#define MIG_NAMED_REVISIONS 100 /* of a cycle, in its message */

static void mig_check_cycle(mig_graph *g, int down, int up, mig_nodes tops, mig_nodes roots,
                            const char *kind) {
  mig_nodes lost = mig_cycle(g, down, up, tops, roots);
  int i, j;
  if (!lost.n) return;
  if (lost.n > MIG_NAMED_REVISIONS) lost.n = MIG_NAMED_REVISIONS;
  for (i = 1; i < lost.n; i++) { /* by id, as Alembic lists them */
    for (j = i; j > 0 && strcmp(mig_id(g, lost.at[j]), mig_id(g, lost.at[j - 1])) < 0; j--) {
      int swap = lost.at[j];
      lost.at[j] = lost.at[j - 1];
      lost.at[j - 1] = swap;
    }
  }
  mig_fail(g->a, MIGRATE_GRAPH, "%s is detected in revisions (%s)%s", kind, mig_ids(g, lost),
           mig_files(g, lost));
}

/* ---- Load: dependencies that an ancestor has already ---- */

/* Drops `need` from before of those among its dependents that stand above another of them. */
static void mig_drop_implied(mig_graph *g, int need, mig_nodes dependents, const int *rank,
                             int *seen, mig_nodes *todo) {
  int i, j, top = 0;
  for (i = 0; i < dependents.n; i++) {
    if (rank[dependents.at[i]] > top) top = rank[dependents.at[i]];
  }
  for (todo->n = 0, i = 0; i < dependents.n; i++) todo->at[todo->n++] = dependents.at[i];
  while (todo->n) {
    mig_nodes next = g->nodes[todo->at[--todo->n]].after;
    for (j = 0; j < next.n; j++) {
      if (seen[next.at[j]] == need + 1 || rank[next.at[j]] > top) continue;
      seen[next.at[j]] = need + 1;
      todo->at[todo->n++] = next.at[j];
    }
  }
  for (i = 0; i < dependents.n; i++) {
    mig_node *v = &g->nodes[dependents.at[i]];
    int kept = v->down.n;
    if (seen[dependents.at[i]] != need + 1) continue;
    for (j = v->down.n; j < v->before.n; j++) {
      if (v->before.at[j] != need) v->before.at[kept++] = v->before.at[j];
    }
    v->before.n = kept;
  }
}

/* before = down + needs, less the needs that a revision further down the line has as well. */
static void mig_normalize(mig_graph *g) {
  int *rank = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  int *seen = (int *)mig_array(g->a, (size_t)g->n, sizeof(int));
  mig_nodes todo = mig_room(g->a, g->n * 2 + 1), dependents = mig_room(g->a, g->n);
  int i, j, any = 0;
  if (mig_failed(g->a)) return;
  for (i = 0; i < g->n; i++) {
    mig_node *v = &g->nodes[i];
    rank[g->order[i]] = i;
    any += v->needs.n;
    v->before = mig_room(g->a, v->all_down.n);
    if (!v->before.at) return;
    v->before.n = v->all_down.n;
    if (v->before.n) memcpy(v->before.at, v->all_down.at, (size_t)v->before.n * sizeof(int));
  }
  for (i = 0; i < g->n && any; i++) {
    mig_nodes above = g->nodes[i].all_after;
    for (dependents.n = 0, j = 0; j < above.n; j++) {
      if (mig_has(g->nodes[above.at[j]].needs, i)) dependents.at[dependents.n++] = above.at[j];
    }
    if (dependents.n > 1) mig_drop_implied(g, i, dependents, rank, seen, &todo);
  }
}

/* ---- Load ---- */

static void mig_load_edges(mig_graph *g) {
  mig_nodes order;
  int i;
  for (i = 0; i < g->n && !mig_failed(g->a); i++) mig_load_parents(g, i);
  if (mig_failed(g->a)) return;
  mig_load_children(g, MIG_DOWN);
  mig_load_children(g, MIG_ALL_DOWN);
  g->heads = mig_ends(g, MIG_AFTER);
  g->bases = mig_ends(g, MIG_DOWN);
  g->real_heads = mig_ends(g, MIG_ALL_AFTER);
  g->real_bases = mig_ends(g, MIG_ALL_DOWN);
  mig_check_cycle(g, MIG_DOWN, MIG_AFTER, g->heads, g->bases, "Cycle");
  mig_check_cycle(g, MIG_ALL_DOWN, MIG_ALL_AFTER, g->real_heads, g->real_bases, "Dependency cycle");
  order = mig_order_of(g, MIG_ALL_DOWN, MIG_ALL_AFTER);
  g->order = order.at;
  if (!mig_failed(g->a)) mig_normalize(g);
}

/* The map of n revisions, which stay the caller's; NULL after a fault. */
static mig_graph *mig_graph_load(mig_arena *a, const mig_revision *const *revs, int n) {
  mig_graph *g = (mig_graph *)mig_alloc(a, sizeof *g);
  int i;
  if (!g) return 0;
  g->a = g->keep = a;
  g->n = n;
  g->nodes = (mig_node *)mig_array(a, (size_t)n, sizeof(mig_node));
  if (!g->nodes) return 0;
  for (i = 0; i < n; i++) g->nodes[i].rev = revs[i];
  mig_load_keys(g);
  if (!mig_failed(a)) mig_load_edges(g);
  return mig_failed(a) ? 0 : g;
}

/* ---- Labels of branches ---- */

static int mig_labelled(const mig_label *list, const char *name) {
  for (; list && strcmp(list->name, name) != 0; list = list->next) {
  }
  return list != 0;
}

static const mig_label *mig_with_label(mig_arena *a, const mig_label *list, const char *name) {
  mig_label *more;
  if (mig_labelled(list, name)) return list;
  more = (mig_label *)mig_alloc(a, sizeof *more);
  if (!more) return list;
  more->name = name;
  more->next = list;
  return more;
}

/* Lists are shared down a line: only a label or a merge makes a new one. */
static const mig_label *mig_with_labels(mig_arena *a, const mig_label *list,
                                        const mig_label *more) {
  if (!list) return more;
  for (; more && more != list; more = more->next) list = mig_with_label(a, list, more->name);
  return list;
}

static int mig_branches(const mig_node *v) { return v->all_after.n > 1 || v->down.n > 1; }

/* A label reaches below its revision only where nothing above branches or merges. */
static int mig_line_above(const mig_graph *g, int node) {
  while (!mig_branches(&g->nodes[node])) {
    if (g->nodes[node].after.n == 0) return 1;
    node = g->nodes[node].after.at[0];
  }
  return 0;
}

static void mig_spread_down(mig_graph *g, int node) {
  const mig_label *labels = g->nodes[node].labels;
  while (g->nodes[node].down.n == 1 && !mig_failed(g->a)) {
    node = g->nodes[node].down.at[0];
    if (mig_branches(&g->nodes[node])) return;
    g->nodes[node].labels = mig_with_labels(g->keep, g->nodes[node].labels, labels);
  }
}

/* Gives each revision the labels of its branch: all descendants have them, and the ancestors down
** to the next branch point or merge. */
static void mig_spread_labels(mig_graph *g) {
  int i, j;
  if (g->spread || !g->nlabel) return;
  for (i = 0; i < g->n && !mig_failed(g->a); i++) {
    mig_node *v = &g->nodes[g->order[i]];
    for (j = 0; j < v->down.n; j++) {
      v->labels = mig_with_labels(g->keep, v->labels, g->nodes[v->down.at[j]].labels);
    }
    for (j = 0; j < v->rev->labels.n; j++) {
      v->labels = mig_with_label(g->keep, v->labels, v->rev->labels.at[j]);
    }
  }
  for (i = 0; i < g->nlabel && !mig_failed(g->a); i++) {
    if (mig_line_above(g, g->labels[i].node)) mig_spread_down(g, g->labels[i].node);
  }
  g->spread = 1;
}

/* The labels of a node as names, in the order in which they were loaded. */
static mig_names mig_labels_of(mig_graph *g, int node) {
  mig_names names;
  const mig_label *list;
  int n = 0, i;
  mig_spread_labels(g);
  for (list = g->nodes[node].labels; list; list = list->next) n++;
  names.n = 0;
  names.at = (const char **)mig_array(g->a, (size_t)n, sizeof(char *));
  if (!names.at) return names;
  for (i = 0; i < g->nlabel && names.n < n; i++) {
    if (mig_labelled(g->nodes[node].labels, g->labels[i].key)) {
      names.at[names.n++] = g->labels[i].key;
    }
  }
  return names;
}
/* Sort: a set of revisions from the newest down, in Alembic's order.
**
** Alembic keeps a list of places from which it walks down ("current heads"), stays on one until
** another place stands above the revision it is about to give out, and then goes on from the
** first such place. The list is linked here, and "stands above" is a count of what is still to
** come, so that the whole is linear for lines and for ladders of merges alike. */

typedef struct mig_sorter {
  const mig_graph *g;
  unsigned char *wanted; /* of the set, not yet given out */
  unsigned char *region; /* at or below a head */
  int *above;            /* children in the region that are still to come */
  int *place_of;         /* the place at a node, or -1 */
  int *node_at;          /* the node of a place; places are numbered in list order */
  int *prev, *next;      /* the list; -1: none */
  int *lowest;           /* no place before this one stands above the node */
  int *leap;             /* from a place that is off the list to one behind it */
  int *number, *size;    /* of the node's subtree in the tree of first parents */
  int *gone;             /* how many of the node's first children were given out */
  int nplace, first, last;
  int *seen, stamp;
  int *queue;
} mig_sorter;

static void mig_place_add(mig_sorter *s, int node) {
  int place = s->nplace++;
  s->node_at[place] = node;
  s->leap[place] = place + 1;
  s->place_of[node] = place;
  s->prev[place] = s->last;
  s->next[place] = -1;
  if (s->last >= 0)
    s->next[s->last] = place;
  else
    s->first = place;
  s->last = place;
}

/* Takes a place off the list; the place to go on from, or -1. */
static int mig_place_remove(mig_sorter *s, int place) {
  int before = s->prev[place], behind = s->next[place];
  if (before >= 0)
    s->next[before] = behind;
  else
    s->first = behind;
  if (behind >= 0)
    s->prev[behind] = before;
  else
    s->last = before;
  s->node_at[place] = -1;
  return before >= 0 ? before : s->first;
}

/* The first place at or behind `place` that is still in the list; nplace: none. What was taken off
** is leapt over, in ever longer leaps. */
static int mig_place_live(mig_sorter *s, int place) {
  while (place < s->nplace && s->node_at[place] < 0) {
    int to = s->leap[place];
    if (to < s->nplace && s->node_at[to] < 0) s->leap[place] = s->leap[to];
    place = to;
  }
  return place;
}

/* The first place in the list that may stand above `node`; nplace: none. What stands above a node
** stands above its parents as well, and places only ever go down: a bound once found holds. */
static int mig_place_least(mig_sorter *s, int node) {
  mig_nodes down = s->g->nodes[node].all_down;
  int place = s->lowest[node], j;
  for (j = 0; j < down.n; j++) {
    if (s->lowest[down.at[j]] > place) place = s->lowest[down.at[j]];
  }
  if (place < s->first) place = s->first;
  place = mig_place_live(s, place);
  if (place == s->place_of[node]) place = mig_place_live(s, place + 1);
  return place;
}

static int mig_is_gone(const mig_sorter *s, int node) {
  return !s->region[node] || (!s->wanted[node] && s->above[node] == 0);
}

/* Numbers the tree of first parents so that each node's subtree is a run of numbers. */
static void mig_number_tree(mig_sorter *s) {
  const mig_graph *g = s->g;
  int i, roots = 0, *free_at = s->queue; /* the queue is not in use yet */
  for (i = g->n - 1; i >= 0; i--) {
    int v = g->order[i];
    s->size[v]++;
    if (g->nodes[v].all_down.n) s->size[g->nodes[v].all_down.at[0]] += s->size[v];
  }
  for (i = 0; i < g->n; i++) {
    int v = g->order[i];
    int *from = g->nodes[v].all_down.n ? &free_at[g->nodes[v].all_down.at[0]] : &roots;
    s->number[v] = *from;
    *from += s->size[v];
    free_at[v] = s->number[v] + 1;
  }
}

/* Whether `upper` stands above `node` in that tree: no search, but not the whole truth. */
static int mig_in_tree_above(const mig_sorter *s, int upper, int node) {
  return s->number[upper] > s->number[node] && s->number[upper] < s->number[node] + s->size[node];
}

/* The first place whose node stands above `node`: a search upwards that ends early where the best
** place that is possible at all is found. Children that are gone are passed over for good. */
static int mig_place_above(mig_sorter *s, int node) {
  int best = s->nplace, least = mig_place_least(s, node), head = 0, tail = 0, j;
  if (least < s->nplace && mig_in_tree_above(s, s->node_at[least], node)) best = least;
  s->stamp++;
  s->queue[tail++] = node;
  while (head < tail && best != least) {
    int v = s->queue[head++];
    mig_nodes up = s->g->nodes[v].all_after;
    while (s->gone[v] < up.n && mig_is_gone(s, up.at[s->gone[v]])) s->gone[v]++;
    for (j = s->gone[v]; j < up.n && best != least; j++) {
      int u = up.at[j];
      if (s->seen[u] == s->stamp || mig_is_gone(s, u)) continue;
      s->seen[u] = s->stamp;
      s->queue[tail++] = u;
      if (s->place_of[u] >= 0 && s->place_of[u] < best) best = s->place_of[u];
    }
  }
  if (best == s->nplace) return -1;
  s->lowest[node] = best;
  if (s->lowest[s->node_at[best]] <= best) s->lowest[s->node_at[best]] = best + 1;
  return best;
}

/* A node was given out: what it stood above has one less to wait for. A node outside the set goes
** when nothing above it is left. */
static void mig_release(mig_sorter *s, int node) {
  int head = 0, tail = 0, j;
  s->queue[tail++] = node;
  while (head < tail) {
    mig_nodes down = s->g->nodes[s->queue[head++]].all_down;
    for (j = 0; j < down.n; j++) {
      int d = down.at[j];
      if (--s->above[d] == 0 && !s->wanted[d]) s->queue[tail++] = d;
    }
  }
}

/* The node of `place` was given out: the place moves to its first parent that nobody walks to
** yet, the other parents get places of their own. Returns the place to go on from. */
static int mig_place_down(mig_sorter *s, int place) {
  int node = s->node_at[place], moved = 0, j;
  mig_nodes before = s->g->nodes[node].before;
  s->place_of[node] = -1;
  for (j = 0; j < before.n; j++) {
    int parent = before.at[j];
    if (!s->wanted[parent] || s->place_of[parent] >= 0) continue;
    if (moved) {
      mig_place_add(s, parent);
    } else {
      s->node_at[place] = parent;
      s->place_of[parent] = place;
      moved = 1;
    }
  }
  return moved ? place : mig_place_remove(s, place);
}

/* The first places: the heads, and what no walk from them would come to. */
static void mig_sort_heads(mig_sorter *s, mig_nodes heads) {
  const mig_graph *g = s->g;
  unsigned char *is_head = mig_marks(g), *child = mig_marks(g);
  mig_nodes tops = mig_room(g->a, g->n);
  int i, j;
  if (!is_head || !child || !tops.at) return;
  for (i = 0; i < heads.n; i++) is_head[heads.at[i]] = 1;
  for (i = 0; i < g->n; i++) {
    mig_nodes before = g->nodes[i].before;
    for (j = 0; j < before.n && s->wanted[i]; j++) child[before.at[j]] = 1;
  }
  for (i = 0; i < g->n; i++) {
    if (s->wanted[i] && (is_head[i] || !child[i])) tops.at[tops.n++] = i;
  }
  for (i = 0; i < tops.n; i++) mig_place_add(s, tops.at[i]);
  mig_reach(g, tops, MIG_ALL_DOWN, s->region);
  for (i = 0; i < g->n; i++) {
    mig_nodes down = g->nodes[i].all_down;
    for (j = 0; j < down.n && s->region[i]; j++) s->above[down.at[j]]++;
  }
}

static int mig_sorter_init(mig_sorter *s, const mig_graph *g, unsigned char *wanted) {
  size_t n = (size_t)g->n + 1;
  int i, *pool = (int *)mig_array(g->a, n * 13, sizeof(int));
  memset(s, 0, sizeof *s);
  s->g = g;
  s->wanted = wanted;
  s->region = mig_marks(g);
  if (!pool || !s->region) return 0;
  s->above = pool;
  s->place_of = pool + n;
  s->node_at = pool + n * 2;
  s->prev = pool + n * 3;
  s->next = pool + n * 4;
  s->lowest = pool + n * 5;
  s->seen = pool + n * 6;
  s->leap = pool + n * 7;
  s->gone = pool + n * 8;
  s->number = pool + n * 9;
  s->size = pool + n * 10;
  s->queue = pool + n * 11;
  s->first = s->last = -1;
  for (i = 0; i < g->n; i++) s->place_of[i] = -1;
  mig_number_tree(s);
  return 1;
}

/* The wanted nodes in order, newest first. The marks are used up. */
static mig_nodes mig_sort(const mig_graph *g, unsigned char *wanted, mig_nodes heads) {
  mig_sorter s;
  mig_nodes order = mig_room(g->a, g->n);
  int place;
  if (!wanted || !order.at || !mig_sorter_init(&s, g, wanted)) return mig_no_nodes();
  mig_sort_heads(&s, heads);
  if (mig_failed(g->a)) return mig_no_nodes();
  for (place = s.first; place >= 0;) {
    int node = s.node_at[place];
    if (s.above[node] > 0) {
      place = mig_place_above(&s, node);
      continue;
    }
    order.at[order.n++] = node;
    wanted[node] = 0;
    mig_release(&s, node);
    place = mig_place_down(&s, place);
  }
  return order;
}
/* Target: what the words of a command mean: ids and prefixes of ids, head, heads, base, labels,
** `branch@name`, steps up and down. Alembic's rules and messages. */

#define MIG_AT_BASE (-1) /* below all revisions */
#define MIG_NOWHERE (-2) /* a walk that left the graph */

/* A question to the graph. */
typedef struct mig_ask {
  mig_graph *g;
  mig_arena *a;
  const char *argument; /* the user's own words, for messages; NULL: the word that fails */
  const char *several;  /* the message where one head is asked for and several are there; NULL:
                        ** the usual one */
  const char *astray;   /* the message where two points are not on one line */
} mig_ask;

static mig_ask mig_ask_of(mig_graph *g, const char *argument) {
  mig_ask q;
  q.g = g;
  q.a = g->a;
  q.argument = argument;
  q.several = 0;
  q.astray = "";
  return q;
}

static void mig_fail_locate(const mig_ask *q, const char *name) {
  mig_fail(q->a, MIGRATE_NO_REVISION, "Can't locate revision identified by '%s'", name);
}

static void mig_fail_several(const mig_ask *q, const char *word) {
  const char *argument = q->argument ? q->argument : word;
  if (q->several) {
    mig_fail(q->a, MIGRATE_MULTIPLE_HEADS, "%s", q->several);
    return;
  }
  mig_fail(q->a, MIGRATE_MULTIPLE_HEADS,
           "Multiple head revisions are present for given argument '%s'; please specify a specific "
           "target revision, '<branchname>@%s' to narrow to a specific head, or 'heads' for all "
           "heads",
           argument, argument);
}

/* `branch@rest`; branch is NULL without. */
static const char *mig_split_branch(mig_arena *a, const char *word, const char **branch) {
  const char *at = strchr(word, '@');
  *branch = 0;
  if (!at || at == word) return word;
  *branch = mig_copyn(a, word, (size_t)(at - word));
  return at + 1;
}

/* ---- Ids, labels and what begins them ---- */

/* The node that an id or label names, whole or by its beginning, among the nodes of `within` (all
** when NULL); -1 and a fault otherwise. */
static int mig_locate(const mig_ask *q, const char *name, const unsigned char *within) {
  const mig_graph *g = q->g;
  size_t n = strlen(name);
  const char *found[3];
  int node = mig_find_node(g, name), count = 0, i;
  if (node >= 0) return node;
  for (i = 0; i < g->n + g->nlabel && n; i++) {
    const char *key = i < g->n ? mig_id(g, i) : g->labels[i - g->n].key;
    int owner = i < g->n ? i : g->labels[i - g->n].node;
    if (strncmp(key, name, n) != 0 || strlen(key) <= 3 || (within && !within[owner])) continue;
    if (count < 3) found[count] = key;
    if (count++ == 0) node = owner;
  }
  if (count == 0) mig_fail_locate(q, name);
  if (count > 1) {
    mig_fail(q->a, MIGRATE_AMBIGUOUS,
             "Can't locate revision identified by '%s'; several begin with it: '%s', '%s'%s", name,
             found[0], found[1], count > 2 ? ", ..." : "");
  }
  return count == 1 ? node : -1;
}

/* All nodes above and below `from`, itself included; with_needs: through dependencies as well. */
static unsigned char *mig_lineage(const mig_graph *g, mig_nodes from, int with_needs) {
  unsigned char *up = mig_reached(g, from, with_needs ? MIG_ALL_AFTER : MIG_AFTER);
  unsigned char *down = mig_reached(g, from, with_needs ? MIG_ALL_DOWN : MIG_DOWN);
  int i;
  for (i = 0; i < g->n && up && down; i++) up[i] = up[i] || down[i];
  return down ? up : 0;
}

/* The node of `name`, which must share a line with that of `branch`. */
static int mig_locate_on(const mig_ask *q, const char *branch, const char *name) {
  int trunk, node;
  unsigned char *line;
  if (!branch) return mig_locate(q, name, 0);
  trunk = mig_locate(q, branch, 0);
  if (trunk < 0) return -1;
  line = mig_lineage(q->g, mig_one_node(q->a, trunk), 0);
  node = mig_locate(q, name, line);
  if (node < 0 || !line || line[node]) return node;
  mig_fail_locate(q, name);
  return -1;
}

/* ---- Words ---- */

/* The single head; fails where there are several. */
static mig_nodes mig_only_head(const mig_ask *q, mig_nodes heads, const char *word) {
  if (heads.n > 1) mig_fail_several(q, word);
  return mig_failed(q->a) ? mig_no_nodes() : heads;
}

/* The nodes of a word without '@'. */
static mig_nodes mig_word(const mig_ask *q, const char *word) {
  int node;
  if (strcmp(word, "heads") == 0) return q->g->real_heads;
  if (strcmp(word, "head") == 0) return mig_only_head(q, q->g->heads, word);
  if (strcmp(word, "base") == 0) return mig_no_nodes();
  node = mig_locate(q, word, 0);
  return node < 0 ? mig_no_nodes() : mig_one_node(q->a, node);
}

/* The lineage of nodes; of none at all, which `base` means, it is everything. */
static unsigned char *mig_lineage_or_all(const mig_graph *g, mig_nodes from, int with_needs) {
  unsigned char *line = mig_lineage(g, from, with_needs);
  if (line && !from.n) memset(line, 1, (size_t)g->n);
  return line;
}

static mig_nodes mig_filter(const mig_graph *g, mig_nodes list, const unsigned char *mark) {
  mig_nodes kept = mig_room(g->a, list.n);
  int i;
  for (i = 0; i < list.n && kept.at && mark; i++) {
    if (mark[list.at[i]]) kept.at[kept.n++] = list.at[i];
  }
  return kept;
}

/* The heads of a branch, dependencies not counted. */
static mig_nodes mig_branch_heads(const mig_ask *q, const char *branch) {
  mig_nodes trunk = mig_word(q, branch);
  return mig_filter(q->g, q->g->heads, mig_lineage_or_all(q->g, trunk, 0));
}

/* The nodes of one name, `branch@name` included; steps are no names. */
static mig_nodes mig_name_nodes(const mig_ask *q, const char *word) {
  const char *branch, *rest = mig_split_branch(q->a, word, &branch);
  int node;
  if (mig_failed(q->a)) return mig_no_nodes();
  if (!branch) return mig_word(q, word);
  if (strcmp(rest, "base") == 0) return mig_no_nodes();
  if (strcmp(rest, "heads") == 0) return mig_branch_heads(q, branch);
  if (strcmp(rest, "head") == 0) return mig_only_head(q, mig_branch_heads(q, branch), word);
  node = mig_locate_on(q, branch, rest);
  return node < 0 ? mig_no_nodes() : mig_one_node(q->a, node);
}

/* The one node of a name, or MIG_AT_BASE. */
static int mig_name_node(const mig_ask *q, const char *word) {
  mig_nodes list = mig_name_nodes(q, word);
  if (list.n > 1) mig_fail_several(q, word);
  return list.n == 1 && !mig_failed(q->a) ? list.at[0] : MIG_AT_BASE;
}

/* The lineage of a name; of `branch@name` it is that of both. */
static unsigned char *mig_name_lineage(const mig_ask *q, const char *word, int with_needs) {
  const char *branch;
  mig_nodes named = mig_name_nodes(q, word), both;
  mig_split_branch(q->a, word, &branch);
  both = mig_room(q->a, named.n + 1);
  if (!both.at) return 0;
  if (named.n) memcpy(both.at, named.at, (size_t)named.n * sizeof(int));
  both.n = named.n;
  if (branch) both.at[both.n++] = mig_locate(q, branch, 0);
  return mig_failed(q->a) ? 0 : mig_lineage_or_all(q->g, both, with_needs);
}

/* ---- Steps ---- */

/* [branch@][symbol](+|-)N */
typedef struct mig_steps {
  const char *branch, *symbol; /* NULL: absent */
  const char *written;         /* "+2", as it stands */
  int by;
} mig_steps;

#define MIG_STEPS_MAX 1000000000 /* more than any graph has */

static int mig_is_symbol_char(char c) { return mig_is_id_char(c) || (unsigned char)c >= 0x80; }

/* Reads [symbol](+|-)N to the end of z; 0 where z is something else. */
static int mig_read_steps(mig_arena *a, const char *z, mig_steps *steps) {
  size_t n = 0, i;
  while (mig_is_symbol_char(z[n])) n++;
  if ((z[n] != '+' && z[n] != '-') || !z[n + 1]) return 0;
  steps->by = 0;
  for (i = n + 1; z[i]; i++) {
    if (z[i] < '0' || z[i] > '9') return 0;
    if (steps->by < MIG_STEPS_MAX / 10)
      steps->by = steps->by * 10 + (z[i] - '0');
    else
      steps->by = MIG_STEPS_MAX;
  }
  if (z[n] == '-') steps->by = -steps->by;
  steps->symbol = n ? mig_copyn(a, z, n) : 0;
  steps->written = z + n;
  return !mig_failed(a);
}

static int mig_parse_steps(mig_arena *a, const char *word, mig_steps *steps) {
  size_t i;
  steps->branch = 0;
  if (mig_read_steps(a, word, steps)) return 1;
  for (i = 1; word[0] && word[i]; i++) {
    if (word[i] != '@' || !mig_read_steps(a, word + i + 1, steps)) continue;
    steps->branch = mig_copyn(a, word, i);
    return 1;
  }
  return 0;
}

/* Walks up (by > 0) or down along down_revision; up only inside `line` where it is given. At the
** end of the graph the walk is MIG_NOWHERE, or stays there when `stay` is set. */
static int mig_walk(const mig_ask *q, int start, int by, const unsigned char *line, int stay) {
  const mig_graph *g = q->g;
  int node = start, fallen = 0, i;
  for (i = 0; i < (by < 0 ? -by : by); i++) {
    mig_nodes next;
    if (by > 0) {
      next = node == MIG_AT_BASE ? g->bases : g->nodes[node].after;
      if (line) next = mig_filter(g, next, line);
    } else if (node == MIG_AT_BASE) {
      next = fallen ? mig_no_nodes() : g->heads; /* from base down is Alembic's way to the head */
    } else if (g->nodes[node].down.n == 0) {
      node = MIG_AT_BASE;
      fallen = 1;
      continue;
    } else {
      next = g->nodes[node].down;
    }
    if (next.n == 0) return stay ? node : MIG_NOWHERE;
    if (next.n > 1) {
      mig_fail(q->a, MIGRATE_RANGE, "Ambiguous walk");
      return MIG_NOWHERE;
    }
    node = next.at[0];
  }
  return node;
}

static int mig_fail_steps(const mig_ask *q, const char *written, int by) {
  return mig_fail(q->a, MIGRATE_RANGE, "Relative revision %s didn't produce %d migrations", written,
                  by < 0 ? -by : by);
}

/* The nodes of a name or, for [branch@]-N, those N below each head; MIG_AT_BASE and MIG_NOWHERE
** may be among the latter. */
static mig_nodes mig_resolve(const mig_ask *q, const char *word) {
  mig_steps steps;
  mig_nodes heads, list;
  int i;
  if (!mig_parse_steps(q->a, word, &steps) || steps.symbol || steps.by >= 0) {
    return mig_name_nodes(q, word);
  }
  heads = q->g->real_heads;
  list = mig_room(q->a, heads.n);
  if (!list.at) return list;
  if (steps.branch) mig_spread_labels(q->g);
  for (i = 0; i < heads.n; i++) {
    const mig_label *labels = q->g->nodes[heads.at[i]].labels;
    if (steps.branch && !mig_labelled(labels, steps.branch)) continue;
    list.at[list.n++] = mig_walk(q, heads.at[i], steps.by, 0, 0);
  }
  return list;
}

/* The nodes of several names, separated by commas; each once. */
static mig_nodes mig_resolve_all(const mig_ask *q, const char *words) {
  mig_names names = mig_list_of(q->a, words);
  mig_nodes list;
  unsigned char *seen = mig_marks(q->g);
  int i, j;
  if (names.n == 0) mig_fail_locate(q, words);
  if (names.n == 1) return mig_resolve(q, names.at[0]);
  list = mig_room(q->a, q->g->n);
  for (i = 0; i < names.n && !mig_failed(q->a); i++) {
    mig_nodes some = mig_name_nodes(q, names.at[i]);
    for (j = 0; j < some.n && !mig_failed(q->a); j++) {
      if (seen[some.at[j]]) continue;
      seen[some.at[j]] = 1;
      list.at[list.n++] = some.at[j];
    }
  }
  return list;
}

/* The nodes of the version table's rows, which are whole ids; a row `base` stands for nothing. */
static mig_nodes mig_resolve_rows(const mig_ask *q, mig_names rows) {
  mig_nodes list = mig_room(q->a, rows.n);
  int i;
  for (i = 0; i < rows.n && list.at; i++) {
    int node = mig_find_id(q->g, rows.at[i]);
    if (strcmp(rows.at[i], "base") == 0) continue;
    if (node < 0) {
      mig_fail(q->a, MIGRATE_NO_REVISION,
               "Can't locate revision identified by '%s', where the database is: bring it back, or "
               "stamp with --purge",
               rows.at[i]);
      return mig_no_nodes();
    }
    if (!mig_has(list, node)) list.at[list.n++] = node;
  }
  return list;
}

/* ---- Targets ---- */

/* What is applied, seen from the version rows. */
static unsigned char *mig_applied(const mig_graph *g, mig_nodes rows) {
  return mig_reached(g, rows, MIG_BEFORE);
}

/* The marked nodes with no marked child over an edge. */
static mig_nodes mig_tips(const mig_graph *g, const unsigned char *mark, int edge) {
  mig_nodes tips = mig_room(g->a, g->n);
  int i, j;
  for (i = 0; i < g->n && tips.at && mark; i++) {
    mig_nodes up = mig_edges(&g->nodes[i], edge);
    if (!mark[i]) continue;
    for (j = 0; j < up.n && !mark[up.at[j]]; j++) {
    }
    if (j == up.n) tips.at[tips.n++] = i;
  }
  return tips;
}

/* The revisions that the rows stand for, with the heads of branches that rows imply by
** dependencies: what `current` lists. */
static mig_nodes mig_all_current(const mig_graph *g, mig_nodes rows) {
  return mig_tips(g, mig_applied(g, rows), MIG_AFTER);
}

/* From where +N counts on a branch. */
static mig_nodes mig_branch_starts(const mig_ask *q, mig_nodes rows, const unsigned char *line) {
  mig_nodes starts = mig_filter(q->g, rows, line);
  unsigned char *applied;
  int i;
  if (starts.n || mig_failed(q->a)) return starts;
  applied = mig_applied(q->g, rows);
  for (i = 0; i < q->g->n && applied; i++) applied[i] = applied[i] && line[i];
  return mig_tips(q->g, applied, MIG_ALL_AFTER);
}

/* N up from the rows. */
static int mig_up_from_rows(const mig_ask *q, const mig_steps *steps, mig_nodes rows, int stay) {
  unsigned char *line = 0;
  mig_nodes starts = rows;
  if (steps->branch) {
    line = mig_name_lineage(q, steps->branch, 0);
    starts = mig_branch_starts(q, rows, line);
  }
  if (starts.n > 1) {
    mig_fail(q->a, MIGRATE_RANGE, "Ambiguous upgrade from multiple current revisions");
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  return mig_walk(q, starts.n ? starts.at[0] : MIG_AT_BASE, steps->by, line, stay);
}

/* N up or down from a name; MIG_NOWHERE past the end. */
static int mig_from_symbol(const mig_ask *q, const mig_steps *steps, int stay) {
  const char *name = steps->symbol;
  unsigned char *line = 0;
  int start;
  if (steps->branch && steps->by < 0) {
    name = mig_format(q->a, "%s@%s", steps->branch, steps->symbol);
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  start = mig_name_node(q, name);
  if (steps->branch && steps->by > 0 && !mig_failed(q->a)) {
    line = mig_name_lineage(q, steps->branch, 0);
  }
  return mig_failed(q->a) ? MIG_NOWHERE : mig_walk(q, start, steps->by, line, stay);
}

/* The nodes to upgrade to. */
static mig_nodes mig_upgrade_target(const mig_ask *q, const char *words, mig_nodes rows, int stay) {
  mig_steps steps;
  int node;
  if (!mig_parse_steps(q->a, words, &steps)) return mig_resolve_all(q, words);
  if (!steps.symbol && steps.by <= 0) {
    mig_fail_steps(q, mig_format(q->a, "%d", steps.by), steps.by);
    return mig_no_nodes();
  }
  node = steps.symbol ? mig_from_symbol(q, &steps, stay) : mig_up_from_rows(q, &steps, rows, stay);
  if (node == MIG_NOWHERE) mig_fail_steps(q, steps.written, steps.by);
  return node < 0 || mig_failed(q->a) ? mig_no_nodes() : mig_one_node(q->a, node);
}

typedef struct mig_lower {
  const char *branch; /* NULL: every branch above the node goes down */
  int node;           /* what stays; MIG_AT_BASE: nothing */
  int merge;          /* -1 from a merge: this merge alone goes; otherwise -1 */
} mig_lower;

/* From where -N counts on a branch: the one row on it, or what the rows imply there. */
static int mig_down_start(const mig_ask *q, const mig_steps *steps, mig_nodes rows) {
  unsigned char *line = mig_name_lineage(q, steps->branch, 0);
  mig_nodes starts = mig_filter(q->g, rows, line);
  if (!starts.n && !mig_failed(q->a)) {
    starts = mig_filter(q->g, mig_all_current(q->g, rows), line);
  }
  if (mig_failed(q->a)) return MIG_NOWHERE;
  if (!starts.n) mig_fail_steps(q, steps->written, steps->by);
  if (starts.n > 1) mig_fail(q->a, MIGRATE_RANGE, "Ambiguous walk");
  return starts.n == 1 ? starts.at[0] : MIG_NOWHERE;
}

/* N down from the rows. */
static void mig_down_from_rows(const mig_ask *q, const mig_steps *steps, mig_nodes rows, int stay,
                               mig_lower *lower) {
  int start;
  if (!rows.n && !steps->branch) mig_fail_steps(q, steps->written, steps->by);
  if (mig_failed(q->a)) return;
  start = steps->branch ? mig_down_start(q, steps, rows) : rows.at[0];
  if (mig_failed(q->a)) return;
  if (!steps->branch) lower->branch = mig_id(q->g, start);
  if (steps->by == -1 && !steps->branch && q->g->nodes[start].down.n > 1) {
    lower->merge = start;
    return;
  }
  lower->node = mig_walk(q, start, steps->by, 0, stay);
  if (lower->node == MIG_NOWHERE) mig_fail_steps(q, steps->written, steps->by);
}

/* The node to downgrade to. */
static mig_lower mig_downgrade_target(const mig_ask *q, const char *word, mig_nodes rows,
                                      int stay) {
  mig_lower lower;
  mig_steps steps;
  const char *at = strrchr(word, '@');
  lower.branch = 0;
  lower.node = MIG_AT_BASE;
  lower.merge = -1;
  if (!mig_parse_steps(q->a, word, &steps)) {
    if (at && at > word) lower.branch = mig_copyn(q->a, word, (size_t)(at - word));
    lower.node = mig_name_node(q, at ? at + 1 : word);
    return lower;
  }
  lower.branch = steps.branch;
  if (!steps.symbol && steps.by >= 0) {
    mig_fail_steps(q, steps.written, steps.by);
  } else if (!steps.symbol) {
    mig_down_from_rows(q, &steps, rows, stay, &lower);
  } else {
    lower.node = mig_from_symbol(q, &steps, stay);
    if (lower.node == MIG_AT_BASE && steps.by >= 0) lower.node = MIG_NOWHERE;
    if (lower.node == MIG_NOWHERE) mig_fail(q->a, MIGRATE_RANGE, "Walked too far");
  }
  return lower;
}
/* Range: the revisions between two points of the graph, as upgrade, downgrade and history see
** them. */

typedef struct mig_range {
  mig_nodes upper, lower;   /* MIG_AT_BASE and MIG_NOWHERE in lower mean base */
  const char *lower_branch; /* of `branch@..` as lower end; NULL: none */
  int inclusive;            /* the lower end belongs to it */
  int implicit_base;        /* other lines count from their base on */
} mig_range;

static mig_range mig_range_of(mig_nodes upper, mig_nodes lower) {
  mig_range r;
  r.upper = upper;
  r.lower = lower;
  r.lower_branch = 0;
  r.inclusive = 0;
  r.implicit_base = 0;
  return r;
}

/* The neighbours of nodes over an edge; some may be there twice. */
static mig_nodes mig_neighbours(const mig_graph *g, mig_nodes list, int edge) {
  mig_nodes all;
  int i, n = 0;
  for (i = 0; i < list.n; i++) n += mig_edges(&g->nodes[list.at[i]], edge).n;
  all = mig_room(g->a, n);
  for (i = 0; i < list.n && all.at; i++) {
    mig_nodes some = mig_edges(&g->nodes[list.at[i]], edge);
    if (some.n) memcpy(all.at + all.n, some.at, (size_t)some.n * sizeof(int));
    all.n += some.n;
  }
  return all;
}

/* Fails where one of the nodes stands above another. */
static void mig_check_overlap(const mig_ask *q, mig_nodes list, int edge) {
  const mig_graph *g = q->g;
  unsigned char *below = mig_reached(g, mig_neighbours(g, list, edge), edge);
  mig_nodes clash;
  int i, j, any = 0;
  for (i = 0; i < list.n && below; i++) any |= below[list.at[i]];
  if (!any) return;
  for (i = 0; i < list.n && !mig_failed(q->a); i++) {
    below = mig_reached(g, mig_edges(&g->nodes[list.at[i]], edge), edge);
    clash = mig_room(q->a, list.n);
    for (j = 0; j < list.n && clash.at && below; j++) {
      if (below[list.at[j]]) clash.at[clash.n++] = list.at[j];
    }
    if (clash.n) {
      mig_fail(q->a, MIGRATE_RANGE,
               "Requested revision %s overlaps with other requested revisions %s",
               mig_id(g, list.at[i]), mig_ids(g, clash));
    }
  }
}

/* The lower end without what means base. */
static mig_nodes mig_lower_nodes(const mig_ask *q, mig_nodes lower) {
  mig_nodes kept = mig_room(q->a, lower.n);
  int i;
  for (i = 0; i < lower.n && kept.at; i++) {
    if (lower.at[i] >= 0) kept.at[kept.n++] = lower.at[i];
  }
  return kept;
}

/* Of the targets those on a branch: where it is named by a label, those that bear it. */
static mig_nodes mig_targets_on(const mig_ask *q, mig_nodes targets, const char *branch) {
  int trunk = mig_name_node(q, branch), i;
  mig_nodes kept = mig_room(q->a, targets.n);
  mig_names labels;
  if (mig_failed(q->a) || trunk < 0) return targets;
  if (strcmp(mig_id(q->g, trunk), branch) == 0) {
    labels = mig_labels_of(q->g, trunk);
    if (labels.n != 1) {
      return mig_filter(q->g, targets, mig_lineage(q->g, mig_one_node(q->a, trunk), 0));
    }
    branch = labels.at[0];
  }
  mig_spread_labels(q->g);
  for (i = 0; i < targets.n && kept.at; i++) {
    const mig_label *labels_of = q->g->nodes[targets.at[i]].labels;
    if (mig_labelled(labels_of, branch)) kept.at[kept.n++] = targets.at[i];
  }
  return kept;
}

/* The revisions of a range from the newest down: what upper needs and lower has not. */
static mig_nodes mig_range_up(const mig_ask *q, const mig_range *r) {
  const mig_graph *g = q->g;
  mig_nodes lower = mig_lower_nodes(q, r->lower), targets = r->upper;
  unsigned char *needed, *present, *above = 0;
  int i;
  if (r->lower_branch) targets = mig_targets_on(q, targets, r->lower_branch);
  mig_check_overlap(q, targets, MIG_BEFORE);
  needed = mig_reached(g, targets, MIG_BEFORE);
  for (i = 0; i < lower.n && needed && !r->implicit_base; i++) {
    if (!needed[lower.at[i]]) mig_fail(q->a, MIGRATE_RANGE, "%s", q->astray);
  }
  mig_check_overlap(q, lower, MIG_BEFORE);
  present = mig_reached(g, lower, MIG_BEFORE);
  if (lower.n && !r->implicit_base) {
    mig_check_overlap(q, lower, MIG_AFTER);
    above = mig_reached(g, lower, MIG_AFTER);
  }
  if (mig_failed(q->a)) return mig_no_nodes();
  for (i = 0; i < g->n; i++) needed[i] = needed[i] && !present[i];
  for (i = 0; i < lower.n && r->inclusive; i++) needed[lower.at[i]] = 1;
  for (i = 0; i < g->n && above; i++) needed[i] = needed[i] && above[i];
  return mig_sort(g, needed, targets);
}

/* The revisions with which a downgrade to `lower` begins at its bottom. */
static mig_nodes mig_down_roots(const mig_ask *q, const mig_lower *lower, int inclusive) {
  const mig_graph *g = q->g;
  mig_nodes roots;
  int trunk = -1;
  if (lower->branch) trunk = mig_locate(q, lower->branch, 0);
  if (mig_failed(q->a)) return mig_no_nodes();
  if (lower->merge >= 0) return mig_one_node(q->a, lower->merge);
  if (lower->node < 0)
    roots = g->bases;
  else if (inclusive)
    roots = mig_one_node(q->a, lower->node);
  else
    roots = g->nodes[lower->node].after;
  if (!lower->branch || roots.n < 2) return roots;
  roots = mig_filter(g, roots, mig_reached(g, mig_one_node(q->a, trunk), MIG_DOWN));
  if (!roots.n) {
    mig_fail(q->a, MIGRATE_RANGE, "Not a valid downgrade target from current heads");
  }
  return roots;
}

/* Marks what a downgrade to `lower` undoes: all that stands above it, by dependencies too, and is
** applied. */
static unsigned char *mig_down_set(const mig_ask *q, const mig_range *r, const mig_lower *lower) {
  const mig_graph *g = q->g;
  mig_nodes roots = mig_down_roots(q, lower, r->inclusive);
  unsigned char *undo, *applied = mig_applied(g, r->upper), *below;
  int i, any = 0;
  if (mig_failed(q->a)) return 0;
  undo = mig_reached(g, roots, MIG_ALL_AFTER);
  below = mig_reached(g, roots, MIG_BEFORE);
  if (mig_failed(q->a)) return 0;
  for (i = 0; i < g->n; i++) {
    undo[i] = applied[i] && (undo[i] || (r->implicit_base && !below[i]));
    any |= undo[i];
  }
  if (!any && lower->node >= 0 && !mig_has(r->upper, lower->node)) {
    mig_fail(q->a, MIGRATE_RANGE, "%s", q->astray);
  }
  return undo;
}

/* ---- History ---- */

/* One end of a history range; `current` is the version rows. */
static mig_nodes mig_history_end(const mig_ask *q, const char *word, mig_nodes rows) {
  return strcmp(word, "current") == 0 ? rows : mig_resolve(q, word);
}

/* Resolves both ends. The upper one comes first, unless it counts from the lower one. */
static mig_range mig_history_ends(const mig_ask *q, const char *lower, const char *upper,
                                  mig_nodes rows) {
  mig_range r = mig_range_of(mig_no_nodes(), mig_no_nodes());
  mig_steps steps;
  int counts = mig_parse_steps(q->a, upper, &steps) && !steps.symbol && steps.by > 0;
  mig_split_branch(q->a, lower, &r.lower_branch);
  r.inclusive = 1;
  if (counts) r.lower = mig_history_end(q, lower, rows);
  if (mig_failed(q->a)) return r;
  if (strcmp(upper, "current") == 0)
    r.upper = rows;
  else
    r.upper = mig_upgrade_target(q, upper, mig_lower_nodes(q, r.lower), 1);
  if (!counts && !mig_failed(q->a)) r.lower = mig_history_end(q, lower, rows);
  return r;
}

/* The revisions of "lower:upper", newest first; either end may be empty, "" is everything. */
static mig_nodes mig_history_range(mig_graph *g, const char *words, mig_nodes rows) {
  mig_ask q = mig_ask_of(g, 0);
  mig_range r;
  const char *colon = strchr(words, ':'), *lower = "base", *upper = "heads";
  if (*words && (!colon || strchr(colon + 1, ':'))) {
    mig_fail(g->a, MIGRATE_RANGE, "History range requires [start]:[end], [start]:, or :[end]");
    return mig_no_nodes();
  }
  if (colon && colon > words) lower = mig_copyn(g->a, words, (size_t)(colon - words));
  if (colon && colon[1]) upper = colon + 1;
  if (mig_failed(g->a)) return mig_no_nodes();
  q.argument = upper;
  q.astray = mig_format(g->a,
                        "Requested range %s:%s does not refer to ancestor/descendant revisions "
                        "along the same branch",
                        lower, upper);
  r = mig_history_ends(&q, lower, upper, rows);
  return mig_failed(g->a) ? mig_no_nodes() : mig_range_up(&q, &r);
}

/* ---- New revisions ---- */

/* The parents of a new revision: `head` names them, NULL is the one head. Anything but a head needs
** a splice. */
static mig_nodes mig_new_parents(mig_graph *g, const char *head, int splice) {
  mig_ask q = mig_ask_of(g, 0);
  mig_names names = mig_list_of(g->a, head ? head : "head");
  mig_nodes parents = mig_room(g->a, g->n + names.n);
  int i, j;
  q.several =
      "Multiple heads are present; please specify the head revision on which the new "
      "revision should be based, or perform a merge.";
  for (i = 0; i < names.n && !mig_failed(g->a); i++) {
    mig_nodes some = mig_name_nodes(&q, names.at[i]);
    for (j = 0; j < some.n && !mig_failed(g->a); j++) {
      if (mig_has(parents, some.at[j])) {
        mig_fail(g->a, MIGRATE_RANGE, "Duplicate head revisions specified");
      } else {
        parents.at[parents.n++] = some.at[j];
      }
    }
  }
  for (i = 0; i < parents.n && !splice && !mig_failed(g->a); i++) {
    if (g->nodes[parents.at[i]].after.n) {
      mig_fail(g->a, MIGRATE_RANGE,
               "Revision %s is not a head revision; please specify --splice to create a new branch "
               "from this revision",
               mig_id(g, parents.at[i]));
    }
  }
  return parents;
}

/* The dependencies of a new revision: labels stay labels, what begins an id becomes the id. */
static mig_names mig_new_needs(mig_graph *g, mig_names words) {
  mig_ask q = mig_ask_of(g, 0);
  mig_names needs;
  int i;
  needs.n = 0;
  needs.at = (const char **)mig_array(g->a, (size_t)words.n, sizeof(char *));
  for (i = 0; i < words.n && !mig_failed(g->a); i++) {
    int node = mig_name_node(&q, words.at[i]);
    mig_spread_labels(g);
    if (!mig_failed(g->a) && node < 0) {
      mig_fail(g->a, MIGRATE_RANGE, "'%s' is not a revision to depend on", words.at[i]);
    }
    if (mig_failed(g->a)) break;
    if (mig_labelled(g->nodes[node].labels, words.at[i]))
      needs.at[needs.n++] = words.at[i];
    else
      needs.at[needs.n++] = mig_id(g, node);
  }
  return needs;
}
/* 5: decisions and statements as data */
/* Strategy: the first rung of the ladder that is safe for all actions of a statement, and why. */

enum mig_rung {
  MIG_NATIVE = 1,
  MIG_SCHEMA_EDIT,
  MIG_REBUILD,
  MIG_PORTABLE_REBUILD,
  MIG_HOSTED_REBUILD
};

typedef struct mig_facts {
  int version;     /* sqlite3_libversion_number() */
  int max_columns; /* SQLITE_LIMIT_COLUMN of the connection */
  int portable;    /* the schema may not be edited */
  int hosted;      /* and foreign keys may not be switched off */
  int hidden;      /* a TEMP table has the table's name: SQLite's own ALTER gets lost there */
  int dense;       /* the rowids are 1, 2, .. without a gap */
  int many;        /* many changes follow each other: SQLite's own ALTER would read the whole schema
                   ** again each time */
} mig_facts;

typedef struct mig_choice {
  int rung;
  const char *reason;
} mig_choice;

static const char *mig_rung_name(int rung) {
  static const char *const names[] = {"", "native", "schema edit", "rebuild", "portable",
                                      "hosted"};
  return names[rung];
}

/* Digits only, without a superfluous zero: text and number are the same to every affinity. */
static int mig_canonical_digits(const char *z, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (!mig_is_digit((unsigned char)z[i])) return 0;
  }
  return n > 0 && n < 16 && (n == 1 || z[0] != '0');
}

static int mig_plain_float(const char *z, size_t n) {
  const char *dot = (const char *)memchr(z, '.', n);
  size_t whole;
  if (!dot) return 0;
  whole = (size_t)(dot - z);
  return mig_canonical_digits(z, whole) && n - whole > 1 && n < 16 &&
         strspn(dot + 1, "0123456789") >= n - whole - 1;
}

/* Does a short row read from this default what an INSERT would store? SQLite's native ADD COLUMN
** differs for some spellings (TRUE in a TEXT column, 1e3 without a type, 5. as text). */
static int mig_default_is_shared(const char *z, mig_span s, int affinity) {
  mig_token k = mig_next_significant(z, s.end, s.at);
  int negative = 0;
  size_t n;
  if (k.type == MIG_TK_OP && z[k.at] == '-') {
    negative = 1;
    k = mig_next_significant(z, s.end, k.end);
  }
  if (mig_next_significant(z, s.end, k.end).type != MIG_TK_END) return 0;
  n = k.end - k.at;
  if (k.type == MIG_TK_NUMBER && mig_canonical_digits(z + k.at, n)) {
    return !negative || (z[k.at] != '0' && affinity != MIG_TEXT);
  }
  if (k.type == MIG_TK_NUMBER && mig_plain_float(z + k.at, n)) {
    return affinity == MIG_REAL || affinity == MIG_INTEGER || affinity == MIG_NUMERIC;
  }
  if (negative) return 0;
  if (k.type == MIG_TK_STRING) return affinity == MIG_TEXT || affinity == MIG_BLOB;
  if (k.type == MIG_TK_BLOB) return 1;
  return mig_token_is(z, k, "NULL");
}

static int mig_is_autoindexed(const mig_table *t, int column) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if ((c->kind == MIG_UNIQUE || c->kind == MIG_PRIMARY_KEY) &&
        mig_keys_use(c, t->columns[column].name)) {
      return 1;
    }
  }
  return 0;
}

/* Can all the columns that were added at the end be read out of rows that lack them? */
static int mig_short_rows_do(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    const mig_table *t = &c->now;
    int d;
    if (c->origins[i].from >= 0 || t->columns[i].generated) continue;
    d = mig_column_constraint(t, i, MIG_DEFAULT);
    if (d >= 0 &&
        !mig_default_is_shared(t->sql, t->constraints[d].expr, t->columns[i].affinity)) {
      return 0;
    }
  }
  return 1;
}

/* One ADD COLUMN, alone, in a form that SQLite's own does rightly in every version. */
static int mig_is_native_add(const mig_alteration *c, const mig_diff *d) {
  const mig_op *op = c->alter->first;
  const mig_table *t = &c->now;
  int i, k, not_null = 0, value = 0, reference = 0;
  if (c->alter->count != 1 || op->kind != MIG_ADD_COLUMN || !d->appended || c->requoted) return 0;
  if (mig_is_rowid_word(op->name)) return 0; /* refused from 3.54 on */
  i = mig_find_column(t, op->name);
  if (i != t->ncolumn - 1 || mig_is_autoindexed(t, i)) return 0;
  for (k = t->columns[i].first; k < t->columns[i].first + t->columns[i].count; k++) {
    const mig_constraint *x = &t->constraints[k];
    if (x->kind == MIG_CHECK || x->kind == MIG_GENERATED) return 0;
    if (x->kind == MIG_NOT_NULL) not_null = 1;
    if (x->kind == MIG_FOREIGN_KEY) reference = 1;
    if (x->kind == MIG_DEFAULT &&
        !mig_token_is(t->sql, mig_next_significant(t->sql, x->expr.end, x->expr.at), "NULL")) {
      value = 1;
    }
  }
  return (!not_null || value) && !(reference && value);
}

/* Does a new key need a column that is new as well? */
static int mig_keys_need_new_columns(const mig_diff *d) {
  const mig_table *t = &d->c->now;
  int i, k;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_constraint *c = &t->constraints[d->new_autos.v[i].constraint];
    for (k = 0; k < c->nkey; k++) {
      int column = mig_find_column(t, c->keys[k].name);
      if (column >= 0 && d->c->origins[column].from < 0) return 1;
    }
  }
  return 0;
}

/* Is a new column called like one that goes, so that no text could have both for a while? */
static int mig_takes_over_a_name(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from < 0 && mig_find_column(&c->old, c->now.columns[i].name) >= 0) return 1;
  }
  return 0;
}

/* Did anything change but columns at the end, constraints and defaults? */
static mig_choice mig_choose(const mig_alteration *c, const mig_diff *d, const mig_facts *f) {
  mig_choice choice;
  int copy = f->hosted     ? MIG_HOSTED_REBUILD
             : f->portable ? MIG_PORTABLE_REBUILD
                           : MIG_REBUILD;
  choice.rung = copy;
  choice.reason = d->why;
  if (d->layout || d->values) return choice;
  choice.reason = "the default of a new column is no constant that old rows could share";
  if (d->appended && !mig_short_rows_do(c)) return choice;
  choice.rung = MIG_NATIVE;
  choice.reason = "SQLite's own ADD COLUMN does it: old rows read the default";
  if (!f->many && mig_is_native_add(c, d)) return choice;
  choice.rung = copy;
  choice.reason = f->hosted ? "rebuild = hosted: the schema is not edited, foreign keys stay on"
                            : "rebuild = portable: the schema is not edited";
  if (f->portable) return choice;
  choice.reason = "a default changes and this SQLite cannot write short rows out in full";
  if (d->defaults && (f->version < 3035000 || c->now.ncolumn + 2 > f->max_columns)) return choice;
  choice.reason = "a default changes, and a TEMP table of the same name stands in SQLite's way";
  if (d->defaults && f->hidden) return choice;
  if (mig_keys_need_new_columns(d)) {
    choice.reason = "STRICT changes under a key over a new column";
    if (c->old.strict != c->now.strict) return choice;
    choice.reason = "a new column under a key has the name of one that goes";
    if (mig_takes_over_a_name(c)) return choice;
  }
  choice.rung = MIG_SCHEMA_EDIT;
  choice.reason = "no stored value changes: only the table's text does";
  return choice;
}
/* Lower: the statements of a change, in order. The only author of SQL that changes a schema or
** copies rows. */

typedef struct mig_lowering {
  mig_arena *a;
  mig_statements *out;
  const mig_alteration *c;
  const mig_diff *d;
  mig_catalog *catalog, *temp; /* of the table's database, and of TEMP */
  const mig_facts *facts;
  const char *schema;
  const char *scratch; /* a prefix that no object's name has */
  int made;            /* scratch indexes so far */
} mig_lowering;

/* The name of the rowid in SQL, one that no column of t (or u) hides; NULL when all are taken. */
static const char *mig_rowid_name(const mig_table *t, const mig_table *u) {
  static const char *const names[] = {"rowid", "_rowid_", "oid"};
  int i;
  for (i = 0; i < 3; i++) {
    if (mig_find_column(t, names[i]) < 0 && (!u || mig_find_column(u, names[i]) < 0)) {
      return names[i];
    }
  }
  return 0;
}

/* What names a row in a message: its rowid, or its key. */
static void mig_put_identity(mig_text *z, const mig_table *t) {
  const mig_constraint *p = mig_primary_key(t);
  const char *rowid = mig_rowid_name(t, 0);
  int i;
  if (t->without_rowid && p) {
    for (i = 0; i < p->nkey; i++) {
      mig_put(z, i ? "||','||quote(" : "quote(");
      mig_put_object(z, t->name, p->keys[i].name);
      mig_put(z, ")");
    }
  } else if (mig_alias(t) >= 0) {
    mig_put_object(z, t->name, t->columns[mig_alias(t)].name);
  } else if (rowid) {
    mig_putf(z, "\"%w\".%s", t->name, rowid);
  } else {
    mig_put(z, "'?'");
  }
}

static const char *mig_identity_word(const mig_table *t) {
  return t->without_rowid ? "keys" : "rowids";
}

/* SELECT identity FROM schema.t AS name NOT INDEXED WHERE */
static mig_text mig_begin_check(mig_lowering *l, const mig_table *t, const char *stored_as) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "SELECT ");
  mig_put_identity(&z, t);
  mig_put(&z, " FROM ");
  mig_put_object(&z, l->schema, stored_as);
  mig_put(&z, " AS ");
  mig_put_name(&z, t->name);
  return z;
}

static void mig_emit_check(mig_lowering *l, const mig_text *z, const mig_table *t,
                           const char *reason, const char *complaint) {
  mig_statement *s = mig_emit(l->out, MIG_S_CHECK, z->z, reason);
  if (!s) return;
  s->complaint = mig_format(l->a, "%s|%s", complaint, mig_identity_word(t));
  s->schema = l->schema;
  s->reads[0] = l->c->old.name;
}

/* ---- explicit indexes ---- */

typedef struct mig_index_use {
  int dropped; /* speaks of a column that goes */
  int touched; /* speaks of a column whose values or order change */
} mig_index_use;

static int mig_index_speaks(mig_lowering *l, const mig_index *x, const char *column) {
  return mig_span_uses(l->a, x->sql, x->list, column) ||
         mig_span_uses(l->a, x->sql, x->where, column);
}

static mig_index_use mig_use_of_index(mig_lowering *l, const mig_index *x) {
  mig_index_use use;
  const mig_table *old = &l->c->old, *now = &l->c->now;
  int i, k;
  use.dropped = 0;
  use.touched = l->d->rowids || l->d->keys_differ;
  for (i = 0; i < now->ncolumn; i++) {
    if (!use.touched && l->d->touched[i] && l->c->origins[i].from >= 0) {
      use.touched = mig_index_speaks(l, x, old->columns[l->c->origins[i].from].name);
    }
  }
  for (i = 0; i < old->ncolumn && !use.dropped; i++) {
    for (k = 0; k < now->ncolumn && l->c->origins[k].from != i; k++) {}
    if (k == now->ncolumn) use.dropped = mig_index_speaks(l, x, old->columns[i].name);
  }
  return use;
}

static void mig_emit_on_object(mig_lowering *l, const char *verb, const char *name,
                               const char *reason) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, verb);
  mig_put_object(&z, l->schema, name);
  mig_emit(l->out, MIG_S_SCHEMA, z.z, reason);
}

/* Finds the rows that share a key, for the message after a unique index could not be built. */
static char *mig_duplicates_query(mig_lowering *l, const mig_table *t, const char *stored_as,
                                  const char *keys, const char *where) {
  mig_text z = mig_begin_check(l, t, stored_as);
  if (mig_failed(l->a)) return 0; /* then a piece may be missing */
  mig_putf(&z, " NOT INDEXED WHERE %s%s(%s) IN (SELECT %s FROM ", where, *where ? " AND " : "",
           keys, keys);
  mig_put_object(&z, l->schema, stored_as);
  mig_put(&z, " AS ");
  mig_put_name(&z, t->name);
  mig_putf(&z, " NOT INDEXED%s%s GROUP BY %s HAVING count(*) > 1)", *where ? " WHERE " : "", where,
           keys);
  return z.z;
}

/* The terms of an index without their order, for GROUP BY. */
static char *mig_index_terms(mig_arena *a, const mig_index *x) {
  mig_text z;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < x->nkey; i++) {
    mig_putf(&z, "%s%s", i ? ", " : "", mig_span_text(a, x->sql, x->keys[i].expr));
  }
  return z.z;
}

static void mig_emit_reindex(mig_lowering *l, const mig_index *x) {
  mig_statement *s;
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "REINDEX ");
  mig_put_object(&z, l->schema, x->name);
  s = mig_emit(l->out, MIG_S_DATA, z.z, "its columns changed: built again by sorting");
  if (s && x->unique) {
    s->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name, mig_index_terms(l->a, x),
                                       mig_span_text(l->a, x->sql, x->where));
    s->complaint = mig_format(l->a, "unique index %s of %s has duplicates|%s", x->name,
                              l->c->now.name, mig_identity_word(&l->c->now));
  }
}

/* Does a column go, or change its values or order? */
static int mig_indexes_matter(const mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i, kept = 0;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from < 0) continue;
    if (l->d->touched[i]) return 1;
    kept++;
  }
  return kept < c->old.ncolumn || l->d->rowids || l->d->keys_differ;
}

/* Calls out for each explicit index of the table: drops those of dropped columns (what == 0), or
** builds those of touched columns again (what == 1). */
static void mig_lower_indexes(mig_lowering *l, int again) {
  mig_object *o = 0;
  if (!mig_indexes_matter(l)) return;
  while ((o = mig_objects_of(l->catalog, l->c->old.name, o)) != 0 && !mig_failed(l->a)) {
    mig_index x;
    mig_index_use use;
    if (!mig_is_type(o, "index") || !o->sql) continue;
    mig_parse_index(l->a, o->sql, &x);
    if (mig_failed(l->a)) return;
    use = mig_use_of_index(l, &x);
    if (!again && use.dropped) {
      mig_emit_on_object(l, "DROP INDEX ", o->name, "it needs a column that goes");
    } else if (again && !use.dropped && use.touched) {
      mig_emit_reindex(l, &x);
    }
  }
}

/* ---- automatic indexes ---- */

static char *mig_auto_name(mig_arena *a, const char *table, int number) {
  return mig_format(a, "sqlite_autoindex_%s_%d", table, number);
}

static char *mig_scratch_index(mig_lowering *l, int i) {
  return mig_format(l->a, "%s_%d", l->scratch, i + 1);
}

/* The key of a constraint as an index has it: "a" COLLATE x DESC, "b" */
static char *mig_key_list(mig_arena *a, const mig_constraint *c, int order) {
  mig_text z;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < c->nkey; i++) {
    if (i) mig_put(&z, ", ");
    mig_put_name(&z, c->keys[i].name);
    if (c->keys[i].collate) {
      mig_put(&z, " COLLATE ");
      mig_put_name(&z, c->keys[i].collate);
    }
    if (order && c->keys[i].desc) mig_put(&z, " DESC");
  }
  return z.z;
}

/* A b-tree for each new UNIQUE or PRIMARY KEY, built by sorting as an ordinary index of `on`. */
static void mig_lower_new_keys(mig_lowering *l, const char *on) {
  int i;
  for (i = 0; i < l->d->new_autos.n && !mig_failed(l->a); i++) {
    const mig_auto *n = &l->d->new_autos.v[i];
    const mig_constraint *c = &l->c->now.constraints[n->constraint];
    mig_statement *s;
    mig_text z;
    if (!n->stored || n->kept >= 0) continue;
    mig_text_init(&z, l->a);
    mig_put(&z, "CREATE UNIQUE INDEX ");
    mig_put_object(&z, l->schema, mig_scratch_index(l, i));
    mig_put(&z, " ON ");
    mig_put_name(&z, on);
    mig_putf(&z, "(%s)", mig_key_list(l->a, c, 1));
    s = mig_emit(l->out, MIG_S_SCHEMA, z.z, "the b-tree of the new constraint, built by sorting");
    if (!s) return;
    s->diagnose =
        mig_duplicates_query(l, &l->c->now, on, mig_key_list(l->a, c, 0), "");
    s->complaint =
        mig_format(l->a, "%s %s of %s has duplicates|%s",
                   c->kind == MIG_UNIQUE ? "unique constraint" : "primary key",
                   mig_constraint_word(l->a, &l->c->now, n->constraint), l->c->now.name,
                   mig_identity_word(&l->c->now));
  }
}

/* An ordinary index that holds the b-tree of a dropped constraint until DROP INDEX frees it. */
static char *mig_freed_index(mig_lowering *l, int i) {
  return mig_format(l->a, "%s_f%d", l->scratch, i + 1);
}

static int mig_autos_change(const mig_diff *d) {
  int i;
  for (i = 0; i < d->old_autos.n; i++) {
    if (d->old_autos.v[i].stored && !d->old_autos.v[i].used) return 1;
  }
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored) continue;
    if (n->kept < 0 || d->old_autos.v[n->kept].number != n->number) return 1;
  }
  return 0;
}

/* One CASE arm for each index row that changes: old name -> new name, or -> new text. */
static void mig_put_auto_arms(mig_lowering *l, mig_text *z, int names) {
  const char *t = l->c->old.name;
  const mig_diff *d = l->d;
  int i;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored) continue;
    mig_putf(z, " WHEN %Q THEN ",
             n->kept < 0 ? mig_scratch_index(l, i)
                         : mig_auto_name(l->a, t, d->old_autos.v[n->kept].number));
    if (names) mig_put_string(z, mig_auto_name(l->a, t, n->number));
    else mig_put(z, "NULL");
  }
  for (i = 0; i < d->old_autos.n; i++) {
    const mig_auto *o = &d->old_autos.v[i];
    char *freed = mig_freed_index(l, i);
    if (!o->stored || o->used || !freed) continue;
    mig_putf(z, " WHEN %Q THEN ", mig_auto_name(l->a, t, o->number));
    if (names) {
      mig_put_string(z, freed);
    } else {
      char *sql = mig_format(l->a, "CREATE INDEX \"%w\" ON \"%w\"(\"%w\")", freed, t,
                             l->c->now.columns[0].name);
      if (sql) mig_put_string(z, sql);
    }
  }
}

static void mig_put_auto_names(mig_lowering *l, mig_text *z) {
  const mig_diff *d = l->d;
  const char *comma = "";
  int i;
  for (i = 0; i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (!n->stored || n->kept >= 0) continue;
    mig_putf(z, "%s%Q", comma, mig_scratch_index(l, i));
    comma = ", ";
  }
  for (i = 0; i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].stored) continue;
    mig_putf(z, "%s%Q", comma, mig_auto_name(l->a, l->c->old.name, d->old_autos.v[i].number));
    comma = ", ";
  }
}

static mig_statement *mig_emit_edit(mig_lowering *l, const char *sql, const char *reason) {
  mig_statement *s = mig_emit(l->out, MIG_S_EDIT, sql, reason);
  if (s) s->schema = l->schema;
  return s;
}

/* The rows of the automatic indexes: new ones get their names, dropped ones become ordinary. */
static void mig_lower_auto_rows(mig_lowering *l) {
  mig_text z;
  if (!mig_autos_change(l->d)) return;
  mig_text_init(&z, l->a);
  mig_put(&z, "UPDATE ");
  mig_put_object(&z, l->schema, "sqlite_master");
  mig_put(&z, " SET name = CASE name");
  mig_put_auto_arms(l, &z, 1);
  mig_put(&z, " ELSE name END, sql = CASE name");
  mig_put_auto_arms(l, &z, 0);
  mig_put(&z, " ELSE sql END, tbl_name = ");
  mig_put_string(&z, l->c->old.name);
  mig_put(&z, " WHERE type = 'index' AND name IN (");
  mig_put_auto_names(l, &z);
  mig_put(&z, ")");
  mig_emit_edit(l, z.z, "automatic indexes follow their constraints");
}

/* The names of the automatic indexes that go, or of those that get another number; "" for none. */
static const char *mig_moved_autos(mig_lowering *l, int gone) {
  const mig_diff *d = l->d;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  for (i = 0; gone && i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].stored || d->old_autos.v[i].used) continue;
    mig_putf(&z, "%s%Q", z.n ? ", " : "",
             mig_auto_name(l->a, l->c->old.name, d->old_autos.v[i].number));
  }
  for (i = 0; !gone && i < d->new_autos.n; i++) {
    const mig_auto *n = &d->new_autos.v[i];
    if (n->kept < 0 || d->old_autos.v[n->kept].number == n->number) continue;
    mig_putf(&z, " WHEN %Q THEN %Q",
             mig_auto_name(l->a, l->c->old.name, d->old_autos.v[n->kept].number),
             mig_auto_name(l->a, l->c->old.name, n->number));
  }
  return mig_text_z(&z);
}

/* Statistics name the automatic indexes, whose numbers may change. Ahead of the edits: where two
** names mean one index, old SQLites write beyond its samples as they load the schema. */
static void mig_lower_stats(mig_lowering *l) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  const char *gone = mig_moved_autos(l, 1), *moved = mig_moved_autos(l, 0);
  int i;
  for (i = 0; i < 2 && !mig_failed(l->a); i++) {
    if (!mig_catalog_table(l->catalog, stats[i])) continue;
    if (*gone) {
      mig_emit(l->out, MIG_S_DATA,
               mig_format(l->a, "DELETE FROM \"%w\".%s WHERE tbl = %Q AND idx IN (%s)", l->schema,
                          stats[i], l->c->old.name, gone),
               "its index goes");
    }
    if (*moved) {
      mig_emit(l->out, MIG_S_DATA,
               mig_format(l->a,
                          "UPDATE \"%w\".%s SET idx = CASE idx%s ELSE idx END WHERE tbl = %Q",
                          l->schema, stats[i], moved, l->c->old.name),
               "the statistics keep their index");
    }
  }
}

static void mig_lower_freed_keys(mig_lowering *l) {
  int i;
  for (i = 0; i < l->d->old_autos.n; i++) {
    const mig_auto *o = &l->d->old_autos.v[i];
    if (!o->stored || o->used) continue;
    mig_emit_on_object(l, "DROP INDEX ", mig_freed_index(l, i),
                       "frees the b-tree of a dropped constraint");
  }
}

/* Behind its own columns an index of a WITHOUT ROWID table has those of the key: of an automatic
** index always ascending, of CREATE INDEX in the key's order. */
static int mig_is_misordered(const mig_table *t) {
  const mig_constraint *p = t->without_rowid ? mig_tree_key(t) : 0;
  int i;
  for (i = 0; p && i < p->nkey; i++) {
    if (p->keys[i].desc) return 1;
  }
  return 0;
}

static void mig_lower_renewed_keys(mig_lowering *l) {
  int misordered = mig_is_misordered(&l->c->now);
  int i;
  for (i = 0; i < l->d->new_autos.n && !mig_failed(l->a); i++) {
    const mig_auto *n = &l->d->new_autos.v[i];
    const mig_constraint *c = &l->c->now.constraints[n->constraint];
    mig_statement *s;
    mig_text z;
    if (!n->stored || !(n->kept < 0 ? misordered : n->renewed)) continue;
    mig_text_init(&z, l->a);
    mig_put(&z, "REINDEX ");
    mig_put_object(&z, l->schema, mig_auto_name(l->a, l->c->old.name, n->number));
    s = mig_emit(l->out, MIG_S_DATA, z.z, "its columns changed: built again by sorting");
    if (!s) return;
    s->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name, mig_key_list(l->a, c, 0), "");
    s->complaint =
        mig_format(l->a, "constraint %s of %s has duplicates|%s",
                   mig_constraint_word(l->a, &l->c->now, n->constraint), l->c->now.name,
                   mig_identity_word(&l->c->now));
  }
}

/* ---- checks ---- */

/* NOT NULL on a column that was there: looked for before the schema says so, since afterwards
** SQLite takes `c IS NULL` for false. */
static void mig_lower_null_checks(mig_lowering *l) {
  int i;
  for (i = 0; i < l->c->now.ncolumn && !mig_failed(l->a); i++) {
    const char *name;
    mig_text z;
    if (!l->d->added_not_null[i] || l->c->origins[i].from < 0) continue;
    if (l->c->now.columns[i].generated || l->d->touched[i]) continue; /* checked afterwards */
    name = l->c->old.columns[l->c->origins[i].from].name;
    z = mig_begin_check(l, &l->c->old, l->c->old.name);
    mig_put(&z, " WHERE ");
    mig_put_object(&z, l->c->old.name, name);
    mig_put(&z, " IS NULL");
    mig_emit_check(l, &z, &l->c->old, "NOT NULL must hold for the rows that are there",
                   mig_format(l->a, "column %s.%s holds NULL", l->c->old.name, name));
  }
}

/* Must NOT NULL be looked at for values that are not in the table yet? A conversion without USING
** makes no NULL of its own. */
static int mig_null_is_new(const mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  const mig_origin *o = &l->c->origins[i];
  int anew = o->from < 0 || o->using_expr ||
             (l->d->touched[i] && (t->columns[i].generated || l->d->added_not_null[i])) ||
             (t->columns[i].generated && l->d->added_not_null[i]);
  return anew && t->columns[i].not_null && i != mig_alias(t);
}

/* Where nothing is copied, those are seen in the table as it has become. */
static void mig_lower_null_checks_after(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; i < t->ncolumn && !mig_failed(l->a); i++) {
    mig_text z;
    if (!mig_null_is_new(l, i)) continue;
    z = mig_begin_check(l, t, l->c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_put(&z, ") = 'null'");
    mig_emit_check(l, &z, t, "NOT NULL must hold for the new values",
                   mig_format(l->a, "column %s.%s would hold NULL", t->name, t->columns[i].name));
  }
}

static int mig_check_is_old(mig_lowering *l, const mig_constraint *c) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  char *text = mig_span_text(l->a, now->sql, c->expr);
  int i;
  for (i = 0; i < now->ncolumn; i++) {
    if (l->d->touched[i] && mig_span_uses(l->a, now->sql, c->expr, now->columns[i].name)) return 0;
  }
  for (i = 0; i < old->nconstraint; i++) {
    const mig_constraint *k = &old->constraints[i];
    if (k->kind == MIG_CHECK && mig_same_text(text, mig_span_text(l->a, old->sql, k->expr))) {
      return 1;
    }
  }
  return 0;
}

/* CHECKs that are new, or speak of changed columns. NULL passes, as SQLite has it. */
static void mig_lower_check_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const char **names = 0;
  int i;
  for (i = 0; i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *c = &t->constraints[i];
    mig_text z;
    if (c->kind != MIG_CHECK || mig_check_is_old(l, c)) continue;
    if (!names) names = mig_constraint_names(l->a, t);
    if (!names) return;
    if (mig_failed(l->a)) return;
    z = mig_begin_check(l, t, l->c->old.name);
    mig_putf(&z, " NOT INDEXED WHERE NOT (%s\n)", mig_span_text(l->a, t->sql, c->expr));
    mig_emit_check(l, &z, t, "the CHECK must hold for the rows that are there",
                   mig_format(l->a, "check constraint %s of %s is broken", names[i], t->name));
  }
}

/* The parent's key columns: those said, or its primary key. */
static const char *mig_parent_column(const mig_constraint *fk, const mig_table *parent, int i) {
  const mig_constraint *p;
  if (fk->nparent) return fk->parent_keys[i].name;
  p = parent ? mig_primary_key(parent) : 0;
  return p && i < p->nkey ? p->keys[i].name : 0;
}

/* " (SELECT key FROM parent)" can be looked up as it stands: one column that is the rowid. */
static int mig_is_rowid_key(const mig_constraint *fk, const mig_table *parent) {
  int alias = mig_alias(parent);
  return fk->nkey == 1 && alias >= 0 &&
         mig_same(mig_parent_column(fk, parent, 0), parent->columns[alias].name);
}

static void mig_put_lookup(mig_lowering *l, mig_text *z, const mig_table *child,
                           const mig_constraint *fk, const mig_table *parent) {
  int i, in = mig_is_rowid_key(fk, parent);
  if (in) {
    mig_put(z, "+");
    mig_put_object(z, child->name, fk->keys[0].name);
    mig_put(z, " NOT IN (SELECT ");
    mig_put_object(z, "migrate_parent", mig_parent_column(fk, parent, 0));
  } else {
    mig_put(z, "NOT EXISTS (SELECT 1");
  }
  mig_put(z, " FROM ");
  mig_put_object(z, l->schema, parent->name);
  mig_put(z, " AS migrate_parent");
  for (i = 0; !in && i < fk->nkey; i++) {
    mig_put(z, i ? " AND " : " WHERE ");
    mig_put_object(z, "migrate_parent", mig_parent_column(fk, parent, i));
    mig_put(z, " = +");
    mig_put_object(z, child->name, fk->keys[i].name);
  }
  mig_put(z, ")");
}

/* Rows of the child whose key no row of the parent has. The comparison is the parent's: its
** affinity and collation, hence the unary plus on the child's side. */
static char *mig_orphans_query(mig_lowering *l, const mig_table *child, const char *select,
                               const mig_constraint *fk, const mig_table *parent) {
  mig_text z;
  int i;
  for (i = 0; i < fk->nkey; i++) {
    if (!mig_parent_column(fk, parent, i)) return 0;
  }
  mig_text_init(&z, l->a);
  mig_put(&z, "SELECT ");
  if (select) mig_put(&z, select);
  else mig_put_identity(&z, child);
  mig_put(&z, " FROM ");
  mig_put_object(&z, l->schema, child->name);
  mig_put(&z, " AS ");
  mig_put_name(&z, child->name);
  mig_put(&z, " NOT INDEXED WHERE ");
  for (i = 0; i < fk->nkey; i++) {
    mig_put_object(&z, child->name, fk->keys[i].name);
    mig_put(&z, " IS NOT NULL AND ");
  }
  mig_put_lookup(l, &z, child, fk, parent);
  return z.z;
}

/* Does a key's column compare as the column itself does? A foreign key needs that, where it names
** the columns. */
static int mig_is_own_collation(const mig_table *t, const mig_key *k) {
  int i = mig_find_column(t, k->name);
  const char *own = i >= 0 && t->columns[i].collation ? t->columns[i].collation : "BINARY";
  return mig_same(mig_key_collation(t, k), own);
}

/* Is there a unique key over just these columns of the parent? Explicit indexes count where they
** are whole, UNIQUE and of the columns' own collations (lang: foreignkeys.html, 3). */
static int mig_explicit_key(mig_lowering *l, const mig_table *parent, const mig_constraint *fk) {
  mig_object *o = 0;
  while ((o = mig_objects_of(l->catalog, parent->name, o)) != 0) {
    mig_index x;
    int i, k, hits = 0;
    if (!mig_is_type(o, "index") || !o->sql) continue;
    mig_parse_index(l->a, o->sql, &x);
    if (mig_failed(l->a)) return 0;
    if (!x.unique || !mig_span_empty(x.where) || x.nkey != fk->nkey) continue;
    for (i = 0; i < fk->nkey; i++) {
      for (k = 0; k < x.nkey; k++) {
        if (!mig_same(x.keys[k].name, mig_parent_column(fk, parent, i))) continue;
        hits += mig_is_own_collation(parent, &x.keys[k]);
      }
    }
    if (hits == fk->nkey) return 1;
  }
  return 0;
}

static int mig_is_parent_key(mig_lowering *l, const mig_table *parent, const mig_constraint *fk) {
  int i, k, n;
  for (n = 0; n < parent->nconstraint; n++) {
    const mig_constraint *c = &parent->constraints[n];
    int hits = 0;
    if (c->kind != MIG_PRIMARY_KEY && c->kind != MIG_UNIQUE) continue;
    if (!fk->nparent && c->kind != MIG_PRIMARY_KEY) continue;
    if (c->nkey != fk->nkey) continue;
    for (i = 0; i < fk->nkey; i++) {
      for (k = 0; k < c->nkey; k++) {
        if (!mig_same(c->keys[k].name, mig_parent_column(fk, parent, i))) continue;
        hits += !fk->nparent || mig_is_own_collation(parent, &c->keys[k]);
      }
    }
    if (hits == fk->nkey) return 1;
  }
  return fk->nparent ? mig_explicit_key(l, parent, fk) : 0;
}

/* The model of another table of the same database, as the catalog has it. */
static mig_table *mig_catalog_model(mig_lowering *l, const char *name) {
  mig_object *o = mig_catalog_table(l->catalog, name);
  mig_table *t;
  if (!o || !mig_is_type(o, "table") || !o->sql) return 0;
  t = (mig_table *)mig_alloc(l->a, sizeof *t);
  if (t) mig_parse_table(l->a, o->sql, t);
  return mig_failed(l->a) ? 0 : t;
}

/* Does a foreign key of the new table say what one of the old table said? */
static int mig_is_same_fk(mig_lowering *l, const mig_constraint *o, const mig_constraint *fk) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  int k, same = o->kind == MIG_FOREIGN_KEY && fk->kind == MIG_FOREIGN_KEY && o->nkey == fk->nkey &&
                o->nparent == fk->nparent && mig_same(o->parent, fk->parent);
  for (k = 0; same && k < fk->nkey; k++) {
    int column = mig_find_column(now, fk->keys[k].name);
    same = column >= 0 && l->c->origins[column].from == mig_find_column(old, o->keys[k].name);
  }
  for (k = 0; same && k < fk->nparent; k++) {
    const char *name = fk->parent_keys[k].name;
    int column = mig_same(fk->parent, old->name) ? mig_find_column(now, name) : -1;
    same = column < 0 ? mig_same(name, o->parent_keys[k].name)
                      : l->c->origins[column].from == mig_find_column(old, o->parent_keys[k].name);
  }
  return same;
}

/* Two that say the same are as many as they are: a second one is new. */
static int mig_fk_is_old(mig_lowering *l, const mig_constraint *fk) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  const mig_constraint *first = 0, *k;
  int i, count = 0;
  for (i = 0; i < old->nconstraint; i++) {
    if (!mig_is_same_fk(l, &old->constraints[i], fk)) continue;
    if (!first) first = &old->constraints[i];
    count++;
  }
  for (k = now->constraints; first && k < fk; k++) count -= mig_is_same_fk(l, first, k);
  return count > 0;
}

/* Foreign keys that are new: their parent must be there with a unique key, and have every row. */
static void mig_lower_fk_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const char **names = 0;
  int i;
  for (i = 0; i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &t->constraints[i];
    const mig_table *parent;
    mig_statement *s;
    if (fk->kind != MIG_FOREIGN_KEY || mig_fk_is_old(l, fk)) continue;
    if (!names) names = mig_constraint_names(l->a, t);
    if (!names) return;
    if (mig_failed(l->a)) return;
    parent = mig_same(fk->parent, t->name) ? t : mig_catalog_model(l, fk->parent);
    if (!parent) {
      mig_fail(l->a, MIGRATE_NO_SUCH, "no such table: %s, which foreign key %s of %s references",
               fk->parent, names[i], t->name);
    } else if (fk->nparent && fk->nparent != fk->nkey) {
      mig_fail(l->a, MIGRATE_SYNTAX, "foreign key %s of %s has %d columns and references %d",
               names[i], t->name, fk->nkey, fk->nparent);
    } else if (!mig_is_parent_key(l, parent, fk)) {
      mig_fail(l->a, MIGRATE_UNSUPPORTED,
               "foreign key %s of %s references columns of %s that are no primary key and have no "
               "unique index",
               names[i], t->name, parent->name);
    }
    if (mig_failed(l->a)) return;
    s = mig_emit(l->out, MIG_S_CHECK, mig_orphans_query(l, t, 0, fk, parent),
                 "the foreign key must hold for the rows that are there");
    if (s) {
      s->complaint = mig_format(l->a, "foreign key %s of %s is broken, no parent in %s|%s",
                                names[i], t->name, parent->name, mig_identity_word(t));
      s->schema = l->schema;
      s->reads[0] = t->name;
      s->reads[1] = parent->name;
    }
  }
}

/* Existing foreign keys whose columns change on either side: no more orphans than before. */
static int mig_fk_is_touched(mig_lowering *l, const mig_table *child, const mig_constraint *fk,
                             const mig_table *parent) {
  const mig_table *now = &l->c->now;
  int i, k;
  for (k = 0; k < now->ncolumn; k++) {
    const char *name = now->columns[k].name;
    if (!l->d->touched[k] || l->c->origins[k].from < 0) continue;
    for (i = 0; i < fk->nkey; i++) {
      if (child == now && mig_same(fk->keys[i].name, name)) return 1;
      if (mig_same(fk->parent, now->name) && mig_same(mig_parent_column(fk, parent, i), name)) {
        return 1;
      }
    }
  }
  return 0;
}

static void mig_lower_fk_baseline(mig_lowering *l, const mig_table *child, int after, int *slot) {
  int i;
  for (i = 0; i < child->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &child->constraints[i];
    const mig_table *parent;
    mig_statement *s;
    char *sql;
    if (fk->kind != MIG_FOREIGN_KEY) continue;
    if (child == &l->c->now && !mig_fk_is_old(l, fk)) continue;
    parent = mig_same(fk->parent, l->c->now.name) ? &l->c->now : mig_catalog_model(l, fk->parent);
    if (!parent || !mig_is_parent_key(l, parent, fk)) continue;
    if (!mig_fk_is_touched(l, child, fk, parent)) continue;
    sql = mig_orphans_query(l, child, "count(*)", fk, parent);
    if (!sql) continue;
    s = mig_emit(l->out, after ? MIG_S_NOT_MORE : MIG_S_COUNT, sql,
                 after ? "no foreign key may be broken that was not" : "orphans that are there");
    if (!s) return;
    s->slot = (*slot)++;
    if (after) {
      s->diagnose = mig_orphans_query(l, child, 0, fk, parent);
      s->complaint = mig_format(l->a, "a foreign key of %s to %s would be broken|%s", child->name,
                                parent->name, mig_identity_word(child));
    }
  }
}

/* The same for the table and for every table that references it. */
static void mig_lower_fk_baselines(mig_lowering *l, int after) {
  int i, slot = 0, any = 0;
  const mig_mention *x;
  for (i = 0; i < l->c->now.ncolumn; i++) any |= l->d->touched[i];
  if (!any) return;
  mig_lower_fk_baseline(l, &l->c->now, after, &slot);
  for (x = mig_next_mention(l->catalog, l->c->old.name, 0); x && !mig_failed(l->a);
       x = mig_next_mention(l->catalog, l->c->old.name, x)) {
    mig_object *o = x->object;
    mig_table *child;
    if (!mig_is_type(o, "table") || mig_is_virtual(o) || mig_same(o->name, l->c->old.name)) {
      continue;
    }
    child = mig_catalog_model(l, o->name);
    if (child) mig_lower_fk_baseline(l, child, after, &slot);
    else if (mig_failed(l->a)) mig_forgive(l->a->fault); /* not a table we can read */
  }
  if (slot > l->out->slots) l->out->slots = slot;
}
/* Rebuild: the rows are copied into a scratch table, then the two tables exchange root pages in
** sqlite_master and the scratch table, which now owns the old b-tree, is dropped. The table is
** never dropped or renamed, so whatever binds to its name stays as it is. */

static void mig_put_column_words(mig_lowering *l, mig_text *z, int i) {
  const mig_table *t = &l->c->now;
  const mig_column *c = &t->columns[i];
  int k;
  mig_put_name(z, c->name);
  if (!mig_span_empty(c->type)) mig_putf(z, " %s", mig_span_text(l->a, t->sql, c->type));
  for (k = c->first; k < c->first + c->count; k++) {
    const mig_constraint *x = &t->constraints[k];
    int keep = x->kind == MIG_COLLATE || x->kind == MIG_GENERATED ||
               (x->kind == MIG_DEFAULT && l->c->origins[i].from < 0);
    if (keep) mig_putf(z, "\n %s", mig_span_text(l->a, t->sql, x->body));
  }
  if (mig_null_is_new(l, i)) mig_put(z, " NOT NULL");
}

/* The scratch table has what decides how rows are stored, and NOT NULL where values are new; but
** nothing that could refuse a row as it was, no CHECK, UNIQUE or FOREIGN KEY. Those are looked at
** afterwards. */
static void mig_lower_scratch(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  const mig_constraint *p = mig_tree_key(t);
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  mig_put(&z, "CREATE TABLE ");
  mig_put_object(&z, l->schema, l->scratch);
  mig_put(&z, "(");
  for (i = 0; i < t->ncolumn; i++) {
    if (i) mig_put(&z, ", ");
    mig_put_column_words(l, &z, i);
    if (i == mig_alias(t) && !t->without_rowid) mig_put(&z, " PRIMARY KEY");
  }
  if (t->without_rowid && p) mig_putf(&z, ", PRIMARY KEY(%s)", mig_key_list(l->a, p, 1));
  mig_put(&z, "\n)");
  if (t->without_rowid) mig_put(&z, " WITHOUT ROWID");
  if (t->strict) mig_put(&z, t->without_rowid ? ", STRICT" : " STRICT");
  mig_emit(l->out, MIG_S_SCHEMA, z.z, "the rows as they will be, without keys and constraints");
}

/* The value of column i of the new table, over a row of the old one; NULL: left to its default. */
static char *mig_copied_value(mig_lowering *l, int i, const char *rowid) {
  const mig_alteration *c = l->c;
  const mig_origin *o = &c->origins[i];
  mig_text z;
  mig_text_init(&z, l->a);
  if (o->using_expr) {
    mig_putf(&z, "(%s\n)", o->using_expr);
  } else if (o->from >= 0) {
    mig_put_object(&z, c->old.name, c->old.columns[o->from].name);
  } else if (i == mig_alias(&c->now) && rowid) {
    mig_putf(&z, "\"%w\".%s", c->old.name, rowid); /* a new alias takes the rowid over */
  } else {
    return 0;
  }
  return z.z;
}

/* The values of the copy, and the columns that they go to. */
typedef struct mig_copy_lists {
  mig_text columns, values;
  int n;           /* columns */
  const char *key; /* what orders the rows, a list of nkey terms; NULL: it cannot be said */
  int nkey;
  int sorted;      /* the order is asked for */
} mig_copy_lists;

/* Are rows written anew under the rowids that they had, by names that no column hides? */
static int mig_copies_rowids(const mig_alteration *c, const mig_diff *d) {
  const mig_table *old = &c->old, *now = &c->now;
  if ((!d->layout && !d->values) || d->rowids || old->without_rowid || now->without_rowid) return 0;
  return mig_rowid_name(old, 0) && (mig_alias(now) >= 0 || mig_rowid_name(now, 0)) &&
         mig_find_column(old, "rowid") < 0;
}

static void mig_put_copied(mig_copy_lists *c, const char *column, int quoted, const char *value) {
  mig_put(&c->columns, c->n ? ", " : "");
  if (quoted) mig_put_name(&c->columns, column);
  else mig_put(&c->columns, column);
  mig_putf(&c->values, "%s%s", c->n ? ", " : "", value);
  c->n++;
}

/* The key of a table without rowids, where it can be compared as it stands. */
static void mig_copy_by_key(mig_lowering *l, mig_copy_lists *c) {
  const mig_table *old = &l->c->old;
  const mig_constraint *p = old->without_rowid ? mig_tree_key(old) : 0;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  for (i = 0; p && i < p->nkey; i++) {
    if (p->keys[i].desc || p->keys[i].collate) return;
    mig_put(&z, i ? ", " : "");
    mig_put_object(&z, old->name, p->keys[i].name);
  }
  c->key = z.z;
  c->nkey = p ? p->nkey : 0;
}

/* The number that a new REAL column of a STRICT table has by default; SQLite 3.37 fails to put it
** into the second row that an INSERT leaves it to. NULL: the INSERT may leave the column out. */
static char *mig_said_default(mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  int d = mig_column_constraint(t, i, MIG_DEFAULT);
  char *value;
  if (d < 0 || !t->strict || t->columns[i].affinity != MIG_REAL) return 0;
  value = mig_span_text(l->a, t->sql, t->constraints[d].expr);
  return value && value[strspn(value, "0123456789.eE+-() ")] == 0 ? value : 0;
}

static mig_copy_lists mig_copy_columns(mig_lowering *l) {
  const mig_table *old = &l->c->old, *now = &l->c->now;
  const char *rowid = old->without_rowid ? 0 : mig_rowid_name(old, 0);
  const char *target = now->without_rowid || mig_alias(now) >= 0 ? 0 : mig_rowid_name(now, 0);
  mig_copy_lists c;
  int i;
  memset(&c, 0, sizeof c);
  mig_text_init(&c.columns, l->a);
  mig_text_init(&c.values, l->a);
  if (mig_alias(old) >= 0 && !rowid) rowid = mig_name(l->a, old->columns[mig_alias(old)].name);
  if (rowid) {
    c.key = mig_format(l->a, "\"%w\".%s", old->name, rowid);
    c.nkey = c.sorted = 1;
  } else {
    mig_copy_by_key(l, &c);
  }
  if (rowid && target && !l->facts->dense) {
    mig_put_copied(&c, target, 0, mig_format(l->a, "\"%w\".%s", old->name, rowid));
  }
  for (i = 0; i < now->ncolumn && !mig_failed(l->a); i++) {
    char *value = now->columns[i].generated ? 0 : mig_copied_value(l, i, rowid);
    if (!value && !now->columns[i].generated) value = mig_said_default(l, i);
    if (!value || (l->facts->dense && i == mig_alias(now))) continue;
    mig_put_copied(&c, now->columns[i].name, 1, value);
  }
  if (!c.n && rowid && !mig_failed(l->a)) { /* nothing but the rowid */
    mig_put_copied(&c, target ? target : now->columns[mig_alias(now)].name, 1,
                   mig_format(l->a, "\"%w\".%s", old->name, rowid));
  }
  return c;
}

/* Refuses rows whose values a new affinity would change beyond recognition; USING says otherwise.
** Text that looks like an integer and does not fit becomes a REAL, large integers lose digits as
** REAL, and REAL becomes text of 15 digits before SQLite 3.53. */
static void mig_lower_loss_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    const mig_column *to = &c->now.columns[i], *from = mig_old_column(l->d, i);
    mig_text col, z;
    const char *loss = 0;
    if (!from || c->origins[i].using_expr || to->generated) continue;
    if (from->affinity == to->affinity) continue;
    mig_text_init(&col, l->a);
    mig_put_object(&col, c->old.name, from->name);
    if (!col.z) return;
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_put(&z, " NOT INDEXED WHERE ");
    if (to->affinity == MIG_TEXT) {
      mig_putf(&z, "typeof(%s) = 'real' AND CAST(CAST(%s AS TEXT) AS REAL) <> %s", col.z, col.z,
               col.z);
      loss = "digits would be lost as text";
    } else if (to->affinity == MIG_REAL) {
      mig_putf(&z,
               "(typeof(%s) = 'integer' AND CAST(CAST(%s AS REAL) AS INTEGER) <> %s) OR "
               "(typeof(%s) = 'text' AND length(%s) > 15 AND %s NOT GLOB '*[^0-9 +-]*' AND "
               "CAST(CAST(%s AS REAL) AS INTEGER) <> CAST(%s AS INTEGER))",
               col.z, col.z, col.z, col.z, col.z, col.z, col.z, col.z);
      loss = "digits would be lost as REAL";
    } else if (to->affinity == MIG_INTEGER || to->affinity == MIG_NUMERIC) {
      mig_putf(&z,
               "typeof(%s) = 'text' AND length(%s) > 15 AND %s NOT GLOB '*[^0-9 +-]*' AND "
               "typeof(CAST(%s AS NUMERIC)) = 'real'",
               col.z, col.z, col.z, col.z);
      loss = "the number does not fit an integer and would lose digits";
    }
    if (!loss) continue;
    mig_emit_check(l, &z, &c->old, "a conversion must not lose anything",
                   mig_format(l->a, "cannot convert %s.%s: %s (USING says how)", c->old.name,
                              from->name, loss));
  }
}

/* NULL and doubles in what becomes the row's identity, before SQLite invents numbers for them. */
static void mig_lower_identity_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i = mig_alias(&c->now), k;
  const mig_constraint *p = mig_primary_key(&c->now);
  if (!p || (!c->now.without_rowid && i < 0)) return;
  if (!l->d->rowids && !l->d->keys_differ && !l->d->values) return;
  for (k = 0; k < p->nkey && !mig_failed(l->a); k++) {
    char *value;
    mig_text z;
    i = mig_find_column(&c->now, p->keys[k].name);
    if (i < 0 || c->origins[i].from < 0) continue;
    if (c->origins[i].from == mig_alias(&c->old) && !c->origins[i].using_expr) continue;
    value = mig_copied_value(l, i, 0);
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_putf(&z, " NOT INDEXED WHERE %s IS NULL", value);
    mig_emit_check(l, &z, &c->old, "a key that identifies rows holds no NULL",
                   mig_format(l->a, "column %s.%s holds NULL and cannot be the primary key",
                              c->now.name, c->now.columns[i].name));
  }
}

/* Old rows, stored as `from`, that would share key p. */
static char *mig_duplicates_of_copy(mig_lowering *l, const mig_constraint *p, const char *from) {
  const mig_alteration *c = l->c;
  mig_text keys;
  int k;
  if (!p) return 0;
  mig_text_init(&keys, l->a);
  for (k = 0; k < p->nkey; k++) {
    int i = mig_find_column(&c->now, p->keys[k].name);
    char *value = i < 0 ? 0 : mig_copied_value(l, i, 0);
    if (!value) return 0;
    mig_putf(&keys, "%s%s", k ? ", " : "", value);
    if (p->keys[k].collate) mig_putf(&keys, " COLLATE \"%w\"", p->keys[k].collate);
  }
  return mig_duplicates_query(l, &c->old, from, keys.z, "");
}

/* The copy: in the order of the rows. Without NOT INDEXED a covering index would set it. */
static mig_statement *mig_emit_copy(mig_lowering *l, const char *to, const char *from,
                                    const mig_copy_lists *c) {
  mig_ranges *r = (mig_ranges *)mig_alloc(l->a, sizeof *r);
  mig_statement *s;
  if (!r) return 0;
  r->source = mig_format(l->a, "FROM \"%w\".\"%w\" AS \"%w\" NOT INDEXED", l->schema, from,
                         l->c->old.name);
  r->count = mig_format(l->a, "SELECT count(*) FROM \"%w\".\"%w\"", l->schema, from);
  r->head = mig_format(l->a, "INSERT OR ABORT INTO \"%w\".\"%w\"(%s) SELECT %s %s",
                       l->schema, to, mig_text_z(&c->columns), mig_text_z(&c->values), r->source);
  r->tail = c->sorted ? mig_format(l->a, " ORDER BY %s", c->key) : "";
  r->key = c->key;
  r->nkey = c->nkey;
  s = mig_emit(l->out, MIG_S_DATA, mig_format(l->a, "%s%s", r->head, r->tail),
               "the copy, in the order of the rows");
  if (s && r->key) s->ranges = r;
  return s;
}

/* ---- which rows a copy was refused for ---- */

/* What a row of the copy has in column i: of a new one its default. */
static const char *mig_value_to_be(mig_lowering *l, int i) {
  const mig_table *t = &l->c->now;
  const char *value = mig_copied_value(l, i, 0);
  int d = mig_column_constraint(t, i, MIG_DEFAULT);
  if (!value && d >= 0) value = mig_span_text(l->a, t->sql, t->constraints[d].expr);
  return value ? value : "NULL";
}

static void mig_suspect_nulls(mig_lowering *l, const char *from) {
  const mig_alteration *c = l->c;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    mig_text z;
    if (!mig_null_is_new(l, i) || c->now.columns[i].generated) continue;
    z = mig_begin_check(l, &c->old, from);
    mig_putf(&z, " NOT INDEXED WHERE (%s) IS NULL", mig_value_to_be(l, i));
    mig_emit_check(l, &z, &c->old, "", mig_format(l->a, "column %s.%s would hold NULL", c->now.name,
                                                  c->now.columns[i].name));
  }
}

/* SELECT id FROM (SELECT identity AS id, value AS "column", .. FROM from) AS t WHERE NOT (expr) */
static void mig_suspect_check(mig_lowering *l, const mig_constraint *k, const char *name,
                              const char *from) {
  const mig_alteration *c = l->c;
  mig_text z;
  int i;
  mig_text_init(&z, l->a);
  mig_putf(&z, "SELECT \"%w_id\" FROM (SELECT ", l->scratch);
  mig_put_identity(&z, &c->old);
  mig_putf(&z, " AS \"%w_id\"", l->scratch);
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    if (c->now.columns[i].generated) continue;
    mig_putf(&z, ", %s AS \"%w\"", mig_value_to_be(l, i), c->now.columns[i].name);
  }
  mig_putf(&z, " FROM \"%w\".\"%w\" AS \"%w\" NOT INDEXED) AS \"%w\" WHERE NOT (%s\n)",
           l->schema, from, c->old.name, c->now.name, mig_span_text(l->a, c->now.sql, k->expr));
  mig_emit_check(l, &z, &c->old, "",
                 mig_format(l->a, "check constraint %s of %s is broken", name, c->now.name));
}

/* What a copy into the table itself, with all of its constraints, can be refused for. */
static void mig_suspect_constraints(mig_lowering *l, const char *from) {
  const mig_table *t = &l->c->now;
  const char **names = mig_constraint_names(l->a, t);
  int i;
  for (i = 0; names && i < t->nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *k = &t->constraints[i];
    mig_text z;
    if (k->kind == MIG_CHECK && !mig_check_is_old(l, k)) mig_suspect_check(l, k, names[i], from);
    if (k->kind != MIG_UNIQUE) continue;
    mig_text_init(&z, l->a);
    z.z = mig_duplicates_of_copy(l, k, from);
    if (z.z) {
      mig_emit_check(l, &z, &l->c->old, "",
                     mig_format(l->a, "unique constraint %s of %s has duplicates", names[i],
                                t->name));
    }
  }
}

/* What becomes the rowid is an integer. */
static void mig_suspect_identity(mig_lowering *l, const char *from) {
  const mig_table *t = &l->c->now;
  int i = mig_alias(t);
  char *value = i < 0 || t->without_rowid ? 0 : mig_copied_value(l, i, 0);
  mig_text z;
  if (!value) return;
  z = mig_begin_check(l, &l->c->old, from);
  mig_putf(&z, " NOT INDEXED WHERE CAST(%s AS INTEGER) <> %s", value, value);
  mig_emit_check(l, &z, &l->c->old, "",
                 mig_format(l->a, "column %s.%s would be the rowid and holds no integer", t->name,
                            t->columns[i].name));
}

/* Checks over the old rows that tell which of them the copy was refused for. */
static mig_statement *mig_suspects(mig_lowering *l, const char *from) {
  mig_statements list;
  mig_statements *out = l->out;
  memset(&list, 0, sizeof list);
  list.a = l->a;
  l->out = &list;
  mig_suspect_nulls(l, from);
  mig_suspect_identity(l, from);
  if (l->facts->portable) mig_suspect_constraints(l, from);
  l->out = out;
  return list.first;
}

static void mig_lower_copy(mig_lowering *l, const char *to, const char *from) {
  mig_copy_lists c = mig_copy_columns(l);
  mig_statement *s = mig_emit_copy(l, to, from, &c);
  if (!s) return;
  s->suspects = mig_suspects(l, from);
  s->diagnose = mig_duplicates_of_copy(l, mig_primary_key(&l->c->now), from);
  s->complaint = mig_format(l->a, "the primary key of %s would have duplicates|%s", l->c->now.name,
                            mig_identity_word(&l->c->old));
}

/* The last rowid of the copy is the last one there was: cheap, and it catches a wrong count. */
static void mig_lower_count(mig_lowering *l) {
  const mig_alteration *c = l->c;
  const char *from = mig_rowid_name(&c->old, &c->now);
  char *sql;
  mig_statement *s;
  if (!from || !mig_copies_rowids(c, l->d)) return;
  sql = mig_format(l->a,
                   "SELECT 'all' WHERE (SELECT max(%s) FROM \"%w\".\"%w\") IS NOT (SELECT max(%s) "
                   "FROM \"%w\".\"%w\")",
                   from, l->schema, l->scratch, from, l->schema, c->old.name);
  s = mig_emit(l->out, MIG_S_CHECK, sql, "every row is in the copy");
  if (s) s->complaint = mig_format(l->a, "the copy of %s is not complete|rowids", c->old.name);
}

/* The two rows of sqlite_master exchange their root pages, by sum and difference. */
static void mig_lower_exchange(mig_lowering *l) {
  const char *steps[3];
  int i;
  steps[0] = "rootpage + (SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name "
             "= %Q) WHERE type = 'table' AND name = %Q";
  steps[1] = "(SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name = %Q) - "
             "rootpage WHERE type = 'table' AND name = %Q";
  steps[2] = "rootpage - (SELECT rootpage FROM \"%w\".sqlite_master WHERE type = 'table' AND name "
             "= %Q) WHERE type = 'table' AND name = %Q";
  for (i = 0; i < 3; i++) {
    const char *to = i == 1 ? l->scratch : l->c->old.name;
    const char *from = i == 1 ? l->c->old.name : l->scratch;
    char *tail = mig_format(l->a, steps[i], l->schema, from, to);
    char *sql = mig_format(l->a, "UPDATE \"%w\".sqlite_master SET rootpage = ", l->schema);
    mig_emit_edit(l, mig_format(l->a, "%s%s", sql, tail),
                  "the two tables exchange their root pages");
  }
}

/* The text of an object in sqlite_master becomes the one wanted. */
static mig_statement *mig_emit_text_edit(mig_lowering *l, mig_object *o, const char *sql,
                                         const char *reason) {
  mig_statement *s = sql ? mig_emit_edit(l, "", reason) : 0;
  if (!s) return 0;
  s->object = o;
  s->text = sql;
  return s;
}

/* Do rows of the table read the same under its new text as under the old one? */
static int mig_reads_alike(const mig_alteration *c, const mig_diff *d) {
  int i;
  if (c->old.ncolumn != c->now.ncolumn || c->old.strict != c->now.strict || d->rowids) return 0;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (d->touched[i] || c->origins[i].from != i) return 0;
  }
  return !c->renames && !d->layout && !d->values;
}

/* Short rows are written out in full, so that a default means new rows only: SQLite's own DROP
** COLUMN writes every row, fires no trigger and keeps rowids and indexes. */
static void mig_lower_materialise(mig_lowering *l) {
  mig_statement *s;
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "ALTER TABLE ");
  mig_put_object(&z, l->schema, l->c->old.name);
  mig_emit(l->out, MIG_S_NATIVE, mig_format(l->a, "%s ADD COLUMN \"%w\" INT", z.z, l->scratch),
           "rows older than a column read its default: they are written out in full");
  s = mig_emit(l->out, MIG_S_NATIVE, mig_format(l->a, "%s DROP COLUMN \"%w\"", z.z, l->scratch),
               "rows older than a column read its default: they are written out in full");
  if (s) s->respells = 1;
}

/* AUTOINCREMENT keeps its mark in sqlite_sequence, which SQLite makes with the first such table. */
static void mig_lower_sequence(mig_lowering *l) {
  if (l->d->autoincrement > 0) {
    mig_emit(l->out, MIG_S_SCHEMA,
             mig_format(l->a, "CREATE TABLE \"%w\".\"%w_seq\"(x INTEGER PRIMARY KEY AUTOINCREMENT)",
                        l->schema, l->scratch),
             "makes sqlite_sequence, where there is none");
    mig_emit(l->out, MIG_S_SCHEMA,
             mig_format(l->a, "DROP TABLE \"%w\".\"%w_seq\"", l->schema, l->scratch), "");
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "INSERT INTO \"%w\".sqlite_sequence(name, seq) SELECT %Q, top FROM "
                        "(SELECT max(\"%w\") AS top FROM \"%w\".\"%w\") WHERE top > 0",
                        l->schema, l->c->old.name, l->c->now.columns[mig_alias(&l->c->now)].name,
                        l->schema, l->c->old.name),
             "ids that are there are never given again");
  } else if (l->d->autoincrement < 0) {
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "DELETE FROM \"%w\".sqlite_sequence WHERE name = %Q", l->schema,
                        l->c->old.name),
             "no AUTOINCREMENT, no mark");
  }
}

/* The storage class that a STRICT type takes beside NULL. */
static const char *mig_strict_class(const char *type) {
  return mig_same(type, "REAL")   ? "real"
         : mig_same(type, "TEXT") ? "text"
         : mig_same(type, "BLOB") ? "blob"
                                  : "integer";
}

/* STRICT over rows that are there: each value must be of its column's type. ANY and BLOB have one
** affinity, so that the way from one to the other copies nothing. */
static void mig_lower_strict_checks(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  if (!c->now.strict || l->d->values || l->d->layout) return;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    const mig_column *col = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, c->now.sql, c->now.columns[i].type);
    mig_text z;
    if (!col || !type || mig_same(type, "ANY") || !mig_is_stored(&c->now.columns[i])) continue;
    if (c->old.strict && mig_same(type, mig_span_text(l->a, c->old.sql, col->type))) continue;
    z = mig_begin_check(l, &c->old, c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, c->old.name, col->name);
    mig_putf(&z, ") NOT IN ('%s'%s)", mig_strict_class(type), col->hidden_key ? "" : ", 'null'");
    mig_emit_check(l, &z, &c->old, "STRICT must hold for the values that are there",
                   mig_format(l->a, "column %s.%s holds values that are not %s", c->old.name,
                              col->name, type));
  }
}

/* A new column whose rows need not be written: its default, as they all read it, must be of its
** type. */
static void mig_lower_strict_defaults(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; t->strict && i < t->ncolumn && !mig_failed(l->a); i++) {
    char *type = mig_span_text(l->a, t->sql, t->columns[i].type);
    mig_text z;
    if (l->c->origins[i].from >= 0 || !type || mig_same(type, "ANY")) continue;
    if (mig_column_constraint(t, i, MIG_DEFAULT) < 0) continue;
    z = mig_begin_check(l, t, t->name);
    mig_putf(&z, " NOT INDEXED WHERE (SELECT typeof(\"%w\") FROM ", t->columns[i].name);
    mig_put_object(&z, l->schema, t->name);
    mig_putf(&z, " LIMIT 1) NOT IN ('%s', 'null')", mig_strict_class(type));
    mig_emit_check(l, &z, t, "STRICT must hold for the default that old rows read",
                   mig_format(l->a, "column %s.%s: its default is not %s", t->name,
                              t->columns[i].name, type));
  }
}

static int mig_expression_is_new(mig_lowering *l, int i) {
  const mig_alteration *c = l->c;
  const mig_column *from = mig_old_column(l->d, i);
  if (!c->now.columns[i].generated) return 0;
  return !from || !from->generated ||
         !mig_same_text(mig_expr_text(l->a, &c->old, c->origins[i].from, MIG_GENERATED),
                        mig_expr_text(l->a, &c->now, i, MIG_GENERATED));
}

/* SQLite reads a text whose generated columns call what it does not know, or each other in a
** circle, and then no row of the table; likewise one with a collation that it does not know. */
static void mig_lower_readable_checks(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; i < t->ncolumn && !mig_failed(l->a); i++) {
    const mig_column *from = mig_old_column(l->d, i);
    const char *collation = t->columns[i].collation;
    mig_text z;
    if (!mig_expression_is_new(l, i) &&
        (!collation || (from && mig_same_collation(collation, from->collation)))) {
      continue;
    }
    mig_text_init(&z, l->a);
    mig_put(&z, "SELECT ");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_put(&z, " FROM ");
    mig_put_object(&z, l->schema, l->c->old.name);
    mig_put(&z, " AS ");
    mig_put_name(&z, t->name);
    mig_put(&z, " ORDER BY 1 LIMIT 0");
    mig_emit_check(l, &z, t, "the column can be read and compared", "");
  }
}

/* STRICT over computed values: SQLite takes any, integrity_check complains of them, and from 3.54
** on a row that has one cannot be read. */
static void mig_lower_strict_generated(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  int i;
  for (i = 0; t->strict && i < t->ncolumn && !mig_failed(l->a); i++) {
    const mig_column *from = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, t->sql, t->columns[i].type);
    mig_text z;
    if (!t->columns[i].generated || !type || mig_same(type, "ANY")) continue;
    if (from && l->c->old.strict && !l->d->touched[i] &&
        mig_same(type, mig_span_text(l->a, l->c->old.sql, from->type))) {
      continue;
    }
    z = mig_begin_check(l, t, l->c->old.name);
    mig_put(&z, " NOT INDEXED WHERE typeof(");
    mig_put_object(&z, t->name, t->columns[i].name);
    mig_putf(&z, ") NOT IN ('%s', 'null')", mig_strict_class(type));
    mig_emit_check(l, &z, t, "STRICT must hold for the values that are computed",
                   mig_format(l->a, "generated column %s.%s has values that are not %s", t->name,
                              t->columns[i].name, type));
  }
}

static void mig_lower_refusals(mig_lowering *l) {
  const mig_alteration *c = l->c;
  int i;
  if (c->now.strict && l->facts->version < 3037000) {
    mig_fail(l->a, MIGRATE_OLD_SQLITE, "STRICT needs SQLite 3.37 or newer; this one is %s",
             sqlite3_libversion());
  }
  for (i = 0; c->old.strict && !c->now.strict && i < c->now.ncolumn; i++) {
    const mig_column *from = mig_old_column(l->d, i);
    char *type = mig_span_text(l->a, c->now.sql, c->now.columns[i].type);
    if (!from || c->origins[i].using_expr || !type || !mig_same(type, "ANY")) continue;
    if (mig_same(mig_span_text(l->a, c->old.sql, from->type), "ANY")) {
      mig_fail(l->a, MIGRATE_LOSS,
               "column %s.%s of type ANY would turn text into numbers without STRICT: give it "
               "another type (TYPE BLOB keeps every value)",
               c->now.name, c->now.columns[i].name);
    }
  }
}

static void mig_lower_by_rebuild(mig_lowering *l, mig_object *table) {
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  mig_lower_scratch(l);
  mig_lower_copy(l, l->scratch, l->c->old.name);
  mig_lower_count(l);
  mig_lower_new_keys(l, l->scratch);
  mig_lower_stats(l);
  mig_lower_exchange(l);
  mig_emit_text_edit(l, table, l->c->now.sql, "the table's text");
  mig_lower_auto_rows(l);
  mig_emit_on_object(l, "DROP TABLE ", l->scratch, "it owns the old rows now");
  mig_lower_freed_keys(l);
  mig_lower_indexes(l, 1);
  mig_lower_renewed_keys(l);
}

/* The old text with the new columns and none of their constraints, so that a b-tree over them can
** be built before the table says that it has one. */
static void mig_lower_interim(mig_lowering *l, mig_object *table) {
  const mig_alteration *c = l->c;
  mig_table t;
  const char *sql = c->old.sql;
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(l->a); i++) {
    mig_text words;
    if (c->origins[i].from >= 0 || mig_parse_table(l->a, sql, &t)) continue;
    mig_text_init(&words, l->a);
    mig_put_column_words(l, &words, i);
    sql = mig_append_column(l->a, &t, words.z);
  }
  if (!mig_failed(l->a)) mig_emit_text_edit(l, table, sql, "the new columns, not yet their keys");
}

static void mig_lower_by_edit(mig_lowering *l, mig_object *table) {
  mig_statement *s;
  mig_lower_strict_checks(l);
  mig_lower_indexes(l, 0);
  if (l->d->defaults) mig_lower_materialise(l);
  mig_lower_sequence(l);
  if (mig_keys_need_new_columns(l->d)) mig_lower_interim(l, table);
  mig_lower_new_keys(l, l->c->old.name);
  mig_lower_stats(l);
  s = mig_emit_text_edit(l, table, l->c->now.sql, "the table's text");
  if (s) s->same_columns = mig_reads_alike(l->c, l->d);
  mig_lower_auto_rows(l);
  mig_lower_freed_keys(l);
  mig_lower_indexes(l, 1);
  mig_lower_renewed_keys(l);
}
/* Portable: the change in plain SQL, for offline scripts and where the schema may not be edited.
** The old table is renamed away, the new one is made under the final name with exactly the wanted
** text, rows are copied, and what hung on the old table is made again in its old order. Foreign
** keys are off and legacy_alter_table is on meanwhile: the rename must touch nothing else. */

/* "CREATE .. " and the text from the object's own name on, with the database in front of it. */
static char *mig_create_again(mig_lowering *l, const char *schema, const char *head,
                              const char *sql, size_t name_at) {
  return mig_format(l->a, "%s \"%w\".%s", head, schema, sql + name_at);
}

/* Where the name stands in the text of a view, as SQLite stores it: CREATE VIEW name .. */
static size_t mig_view_name_at(const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, mig_next_significant(sql, n, 0).end);
  return mig_next_significant(sql, n, k.end).at;
}

static int mig_is_dropped_index(mig_lowering *l, const mig_index *x) {
  return mig_use_of_index(l, x).dropped;
}

static void mig_lower_index_again(mig_lowering *l, const mig_object *o) {
  mig_index x;
  mig_parse_index(l->a, o->sql, &x);
  if (mig_failed(l->a) || mig_is_dropped_index(l, &x)) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, l->schema, x.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX", o->sql,
                            x.name_span.at),
           "went with the old table: made again");
  if (x.unique && l->out->last) {
    l->out->last->diagnose = mig_duplicates_query(l, &l->c->now, l->c->old.name,
                                                  mig_index_terms(l->a, &x),
                                                  mig_span_text(l->a, x.sql, x.where));
    l->out->last->complaint = mig_format(l->a, "unique index %s of %s has duplicates|%s", x.name,
                                         l->c->now.name, mig_identity_word(&l->c->now));
  }
}

static void mig_lower_trigger_again(mig_lowering *l, const char *schema, const mig_object *o) {
  mig_trigger t;
  mig_parse_trigger(l->a, o->sql, &t);
  if (mig_failed(l->a)) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, schema, "CREATE TRIGGER", o->sql, t.name_span.at),
           "went with the old table: made again, in the old order");
}

/* Does a TEMP trigger hang on the table or view of this database, of all that have the name? One
** that does not say which hangs on the one that SQLite finds first. */
static int mig_hangs_on(mig_arena *a, const mig_catalog *temp, const mig_object *o,
                        const char *schema) {
  mig_trigger t;
  if (!mig_is_type(o, "trigger")) return 0;
  mig_parse_trigger(a, o->sql, &t);
  if (mig_failed(a)) return 0;
  if (t.table_schema) return mig_same(t.table_schema, schema);
  return mig_same(schema, mig_catalog_table(temp, o->table) ? "temp" : "main");
}

static void mig_lower_objects_again(mig_lowering *l) {
  const char *table = l->c->old.name;
  mig_object *o = 0;
  while ((o = mig_objects_of(l->catalog, table, o)) != 0 && !mig_failed(l->a)) {
    if (mig_is_type(o, "index") && o->sql) mig_lower_index_again(l, o);
    else if (mig_is_type(o, "trigger")) mig_lower_trigger_again(l, l->schema, o);
  }
  while (l->temp != l->catalog && (o = mig_objects_of(l->temp, table, o)) != 0 &&
         !mig_failed(l->a)) {
    if (mig_hangs_on(l->a, l->temp, o, l->schema)) mig_lower_trigger_again(l, "temp", o);
  }
}

/* The mark of AUTOINCREMENT goes with a table's name; a copy sees only living ids. */
static void mig_keep_sequence(mig_lowering *l, const char *from, const char *to) {
  const char *s = l->schema, *why = "the highest id ever given is kept";
  if (!mig_has_autoincrement(&l->c->old) || !mig_has_autoincrement(&l->c->now)) return;
  mig_emit(l->out, MIG_S_DATA,
           mig_format(l->a, "DELETE FROM \"%w\".sqlite_sequence WHERE name = %Q", s, to), why);
  mig_emit(l->out, MIG_S_DATA,
           mig_format(l->a, "UPDATE \"%w\".sqlite_sequence SET name = %Q WHERE name = %Q", s, to,
                      from),
           why);
}

/* So do the statistics, where the table is dropped. */
static void mig_keep_stats(mig_lowering *l, const char *from, const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(l->a); i++) {
    if (!mig_catalog_table(l->catalog, stats[i])) continue;
    mig_emit(l->out, MIG_S_DATA,
             mig_format(l->a, "UPDATE \"%w\".%s SET tbl = %Q WHERE tbl = %Q", l->schema, stats[i],
                        to, from),
             "the statistics are kept");
  }
}

/* CREATE TABLE with exactly the wanted text. */
static void mig_emit_create(mig_lowering *l) {
  const mig_table *t = &l->c->now;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_create_again(l, l->schema, "CREATE TABLE", t->sql, t->name_span.at),
           "the table with the text that is wanted");
}

/* A CHECK that says t.a cannot live under another name, not for a moment: then the rows go into a
** plain table and come back. */
static int mig_names_itself(const mig_table *t) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    mig_token k;
    if (c->kind != MIG_CHECK) continue;
    for (k = mig_next_significant(t->sql, c->expr.end, c->expr.at); k.type != MIG_TK_END;
         k = mig_next_significant(t->sql, c->expr.end, k.end)) {
      mig_token dot = mig_next_significant(t->sql, c->expr.end, k.end);
      if (mig_token_op(t->sql, dot, ".")) return 1;
    }
  }
  return 0;
}

/* A TEMP table takes the place of the one of the same name where SQLite's RENAME, of whichever
** table, looks at triggers and indexes. */
static int mig_is_hidden(const mig_lowering *l) {
  int i;
  if (l->temp == l->catalog) return 0;
  for (i = 0; i < l->temp->n; i++) {
    const mig_object *o = &l->temp->v[i];
    if (mig_is_type(o, "table") && mig_catalog_table(l->catalog, o->name)) return 1;
  }
  return 0;
}

/* A query within USING may read the table, itself or through a view: then the values are computed
** while it stands as it was, and not while its new rows come in. */
static int mig_using_asks(const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    const char *z = c->origins[i].using_expr;
    size_t n = z ? strlen(z) : 0;
    mig_token k = mig_next_significant(z, n, 0), next;
    for (; k.type != MIG_TK_END; k = next) {
      next = mig_next_significant(z, n, k.end);
      if (mig_token_is(z, k, "SELECT")) return 1;
      if (mig_token_is(z, k, "IN") && !mig_token_op(z, next, "(")) return 1; /* IN table */
    }
  }
  return 0;
}

static int mig_needs_two_copies(const mig_lowering *l) {
  return mig_names_itself(&l->c->old) || mig_is_hidden(l) || mig_using_asks(l->c);
}

static void mig_lower_by_renaming(mig_lowering *l) {
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", l->schema,
                      l->c->old.name, l->scratch),
           "the old table is put aside");
  mig_emit_create(l);
  mig_lower_copy(l, l->c->old.name, l->scratch);
  mig_keep_sequence(l, l->scratch, l->c->old.name);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->scratch), "the old rows");
}

/* The columns of the plain table that holds the rows for a moment: c0, c1, ..; without a type
** nothing is converted on the way. */
static char *mig_plain_columns(mig_lowering *l, int n) {
  mig_text names;
  int i;
  mig_text_init(&names, l->a);
  for (i = 0; i < n; i++) mig_putf(&names, "%sc%d", i ? ", " : "", i);
  return names.z;
}

/* The rows go into a plain table. */
static void mig_lower_save(mig_lowering *l) {
  mig_copy_lists out = mig_copy_columns(l);
  char *names = mig_plain_columns(l, out.n);
  if (!names) return;
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "CREATE TABLE \"%w\".\"%w\"(%s)", l->schema, l->scratch, names),
           "the rows stay here while the table is made anew");
  mig_text_init(&out.columns, l->a);
  mig_put(&out.columns, names);
  mig_emit_copy(l, l->scratch, l->c->old.name, &out);
  mig_keep_sequence(l, l->c->old.name, l->scratch);
  mig_keep_stats(l, l->c->old.name, l->scratch);
}

/* They come back. */
static void mig_lower_restore(mig_lowering *l) {
  mig_copy_lists back = mig_copy_columns(l);
  const char *name = l->c->old.name;
  mig_keep_stats(l, l->scratch, name);
  mig_text_init(&back.values, l->a);
  mig_put(&back.values, mig_plain_columns(l, back.n));
  back.key = "rowid";
  back.nkey = back.sorted = 1;
  mig_emit_copy(l, name, l->scratch, &back);
  mig_keep_sequence(l, l->scratch, name);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->scratch),
           "the rows are back");
}

static void mig_lower_by_two_copies(mig_lowering *l) {
  mig_lower_save(l);
  mig_emit(l->out, MIG_S_SCHEMA,
           mig_format(l->a, "DROP TABLE \"%w\".\"%w\"", l->schema, l->c->old.name),
           "its rows are in the copy");
  mig_emit_create(l);
  mig_lower_restore(l);
}

static void mig_lower_by_portable(mig_lowering *l) {
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  if (mig_needs_two_copies(l)) mig_lower_by_two_copies(l);
  else mig_lower_by_renaming(l);
  mig_lower_stats(l);
  mig_lower_objects_again(l);
}
/* Hosted: the change in plain SQL where foreign keys stay on, as in Cloudflare D1 or inside a
** transaction of the caller's. There DROP TABLE deletes the rows that reference the table, and a
** rename takes the references of others along. So the table is renamed away together with its
** family: all tables that reference it, or one of these. Each is made anew under its name with its
** text, rows are copied, and an old table is dropped when no other references it any more. Foreign
** keys are deferred meanwhile. */

typedef struct mig_member {
  struct mig_member *next;
  mig_object *object;
  mig_lowering l; /* of its change, most often none */
  mig_diff d;
  mig_facts facts;
  int placed;     /* in mig_family.order */
} mig_member;

typedef struct mig_family {
  mig_lowering *l;           /* of the change that all this is for */
  mig_member *first, *last;
  mig_member **order;        /* parents first */
  int n;
} mig_family;

static int mig_table_references(const mig_table *t, const char *parent) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_FOREIGN_KEY && mig_same(c->parent, parent)) return 1;
  }
  return 0;
}

/* A table that cannot be read is a fault: its rows could be lost. */
static int mig_object_references(mig_arena *a, const mig_object *o, const char *parent) {
  mig_table t;
  if (!mig_is_type(o, "table") || !o->sql || mig_is_virtual_text(o->sql) || mig_failed(a)) return 0;
  if (!mig_mentions(o->sql, "references") || !mig_mentions(o->sql, parent)) return 0;
  return !mig_parse_table(a, o->sql, &t) && mig_table_references(&t, parent);
}

static void mig_family_add(mig_family *f, mig_object *o, const mig_alteration *c) {
  mig_member *m = (mig_member *)mig_alloc(f->l->a, sizeof *m);
  if (!m || !c) return;
  m->object = o;
  m->l = *f->l;
  m->facts = *f->l->facts;
  m->facts.dense = 0;
  m->l.facts = &m->facts;
  m->l.c = c;
  m->l.d = &m->d;
  m->l.scratch = mig_format(f->l->a, "%s_m%d", f->l->scratch, f->n);
  mig_compare(c, &m->d);
  if (f->last) f->last->next = m;
  else f->first = m;
  f->last = m;
  f->n++;
}

static int mig_in_family(const mig_family *f, const mig_object *o) {
  const mig_member *m;
  for (m = f->first; m && m->object != o; m = m->next) {}
  return m != 0;
}

/* Adds what references a member, as often as something does. */
static void mig_family_close(mig_family *f) {
  mig_arena *a = f->l->a;
  mig_member *m;
  int i;
  for (m = f->first; m && !mig_failed(a); m = m->next) {
    for (i = 0; i < f->l->catalog->n && !mig_failed(a); i++) {
      mig_object *o = &f->l->catalog->v[i];
      if (mig_in_family(f, o) || !mig_object_references(a, o, m->object->name)) continue;
      mig_family_add(f, o, mig_side_change(a, o->sql));
    }
  }
}

/* Does the table as it was, or as it becomes, reference a member that has no place yet? */
static int mig_awaits_parent(const mig_family *f, const mig_member *m) {
  const mig_member *p;
  for (p = f->first; p; p = p->next) {
    if (p == m || p->placed) continue;
    if (mig_table_references(&m->l.c->old, p->object->name) ||
        mig_table_references(&m->l.c->now, p->object->name)) {
      return 1;
    }
  }
  return 0;
}

/* Parents first; in a circle, as they come. */
static void mig_family_order(mig_family *f) {
  int n = 0;
  f->order = (mig_member **)mig_array(f->l->a, (size_t)f->n + 1, sizeof(mig_member *));
  while (f->order && n < f->n) {
    mig_member *m, *next = 0;
    for (m = f->first; m; m = m->next) {
      if (m->placed) continue;
      if (!next) next = m;
      if (mig_awaits_parent(f, m)) continue;
      next = m;
      break;
    }
    if (MIG_NEVER(!next)) break;
    next->placed = 1;
    f->order[n++] = next;
  }
}

/* ---- what hangs on the tables ---- */

/* Triggers go first: the old rows' end must not fire them. */
static void mig_family_disarm(mig_member *m) {
  mig_object *o = 0;
  while ((o = mig_objects_of(m->l.catalog, m->object->name, o)) != 0 && !mig_failed(m->l.a)) {
    if (mig_is_type(o, "trigger")) {
      mig_emit_on_object(&m->l, "DROP TRIGGER ", o->name, "the end of the old rows fires nothing");
    }
  }
}

/* A unique index that may be the key that others reference: rows cannot reference the table before
** it is there. */
static int mig_may_be_key(mig_member *m, const mig_object *o, mig_index *x) {
  int i;
  if (!mig_is_type(o, "index") || !o->sql || mig_parse_index(m->l.a, o->sql, x)) return 0;
  if (!x->unique || !mig_span_empty(x->where)) return 0;
  for (i = 0; i < x->nkey && x->keys[i].name; i++) {}
  return i == x->nkey && !mig_is_dropped_index(&m->l, x);
}

static void mig_family_free_keys(mig_member *m) {
  mig_object *o = 0;
  mig_index x;
  while ((o = mig_objects_of(m->l.catalog, m->object->name, o)) != 0 && !mig_failed(m->l.a)) {
    if (mig_may_be_key(m, o, &x)) {
      mig_emit_on_object(&m->l, "DROP INDEX ", o->name, "its name is free for the new one");
    }
  }
}

/* Makes the keys again (keys == 1), before the copy, or all the rest, behind it. */
static void mig_family_again(mig_member *m, int keys) {
  mig_lowering *l = &m->l;
  mig_object *o = 0;
  mig_index x;
  while ((o = mig_objects_of(l->catalog, m->object->name, o)) != 0 && !mig_failed(l->a)) {
    int key = mig_may_be_key(m, o, &x);
    if (mig_is_type(o, "index") && o->sql && key == keys) mig_lower_index_again(l, o);
    if (mig_is_type(o, "trigger") && !keys) mig_lower_trigger_again(l, l->schema, o);
  }
  while (!keys && l->temp != l->catalog && !mig_failed(l->a) &&
         (o = mig_objects_of(l->temp, m->object->name, o)) != 0) {
    if (mig_hangs_on(l->a, l->temp, o, l->schema)) mig_lower_trigger_again(l, "temp", o);
  }
}

/* ---- the rows ---- */

static void mig_family_drop(const mig_family *f, int saved) {
  int i;
  for (i = f->n - 1; i >= 0; i--) {
    mig_member *m = f->order[i];
    mig_emit_on_object(&m->l, "DROP TABLE ", saved ? m->object->name : m->l.scratch,
                       saved ? "its rows are in the copy"
                             : "the old rows: nothing that stays references them");
  }
}

static void mig_family_by_renaming(const mig_family *f) {
  int i;
  for (i = 0; i < f->n; i++) {
    mig_member *m = f->order[i];
    mig_emit(m->l.out, MIG_S_SCHEMA,
             mig_format(m->l.a, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", m->l.schema,
                        m->object->name, m->l.scratch),
             i ? "put aside with the table that it references" : "the old table is put aside");
    mig_family_free_keys(m);
  }
  for (i = 0; i < f->n; i++) {
    mig_emit_create(&f->order[i]->l);
    mig_family_again(f->order[i], 1);
  }
  for (i = 0; i < f->n; i++) {
    mig_member *m = f->order[i];
    mig_lower_copy(&m->l, m->object->name, m->l.scratch);
    mig_keep_sequence(&m->l, m->l.scratch, m->object->name);
  }
  mig_family_drop(f, 0);
}

static void mig_family_by_two_copies(const mig_family *f) {
  int i;
  for (i = 0; i < f->n; i++) mig_lower_save(&f->order[i]->l);
  mig_family_drop(f, 1);
  for (i = 0; i < f->n; i++) {
    mig_emit_create(&f->order[i]->l);
    mig_family_again(f->order[i], 1);
  }
  for (i = 0; i < f->n; i++) mig_lower_restore(&f->order[i]->l);
}

/* All members anew. */
static void mig_lower_family(mig_family *f) {
  int i, two_copies = 0;
  mig_family_close(f);
  mig_family_order(f);
  if (mig_failed(f->l->a)) return;
  for (i = 0; i < f->n; i++) {
    mig_lowering *l = &f->order[i]->l;
    two_copies |= mig_needs_two_copies(l);
    mig_family_disarm(f->order[i]);
  }
  if (two_copies) mig_family_by_two_copies(f);
  else mig_family_by_renaming(f);
  for (i = 0; i < f->n; i++) mig_family_again(f->order[i], 0);
}

static void mig_lower_by_hosted(mig_lowering *l, mig_object *table, const mig_alteration *c) {
  mig_family f;
  mig_lower_loss_checks(l);
  mig_lower_identity_checks(l);
  mig_lower_indexes(l, 0);
  memset(&f, 0, sizeof f);
  f.l = l;
  mig_family_add(&f, table, c);
  mig_lower_family(&f);
  mig_lower_stats(l);
}
/* Ladder: the statements of a change by the rung that was chosen, between the checks that are the
** same for all. */

/* Strings in double quotes in the indexes of the table, which a new column's name would capture. */
static void mig_lower_index_strings(mig_lowering *l) {
  const mig_alteration *c = l->c;
  mig_object *o = 0;
  int i;
  while ((o = mig_objects_of(l->catalog, c->old.name, o)) != 0 && !mig_failed(l->a)) {
    const char *sql = o->sql;
    mig_index x;
    for (i = 0; sql && mig_is_type(o, "index") && i < c->now.ncolumn; i++) {
      if (c->origins[i].from >= 0 || mig_parse_index(l->a, sql, &x)) continue;
      sql = mig_keep_strings(l->a, sql, x.where, c->now.columns[i].name);
      if (!sql || mig_parse_index(l->a, sql, &x)) return;
      sql = mig_keep_strings(l->a, sql, x.list, c->now.columns[i].name);
    }
    if (sql && o->sql && sql != o->sql) {
      mig_emit_text_edit(l, o, sql, "a string in double quotes stays one beside the new column");
    }
  }
}

static void mig_lower_native_add(mig_lowering *l) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "ALTER TABLE ");
  mig_put_object(&z, l->schema, l->c->old.name);
  mig_putf(&z, " ADD COLUMN %s", l->c->alter->first->text);
  mig_emit(l->out, MIG_S_SCHEMA, z.z, "rows need not be written");
}

/* Puts the statements of the change into l->out. `table` is its row in the catalog. */
static mig_choice mig_lower_change(mig_lowering *l, mig_object *table) {
  mig_choice choice = mig_choose(l->c, l->d, l->facts);
  l->out->strategy = mig_rung_name(choice.rung);
  l->out->why = choice.reason;
  mig_lower_refusals(l);
  if (choice.rung < MIG_PORTABLE_REBUILD) mig_lower_index_strings(l);
  mig_lower_null_checks(l);
  mig_lower_fk_baselines(l, 0);
  if (choice.rung == MIG_NATIVE) mig_lower_native_add(l);
  else if (choice.rung == MIG_SCHEMA_EDIT) mig_lower_by_edit(l, table);
  else if (choice.rung == MIG_REBUILD) mig_lower_by_rebuild(l, table);
  else if (choice.rung == MIG_HOSTED_REBUILD) mig_lower_by_hosted(l, table, l->c);
  else mig_lower_by_portable(l);
  if (choice.rung == MIG_REBUILD && l->d->autoincrement) mig_lower_sequence(l);
  if (choice.rung == MIG_SCHEMA_EDIT) mig_lower_null_checks_after(l);
  if (choice.rung < MIG_REBUILD) mig_lower_strict_defaults(l);
  mig_lower_readable_checks(l);
  mig_lower_strict_generated(l);
  mig_lower_check_checks(l);
  mig_lower_fk_checks(l);
  mig_lower_fk_baselines(l, 1);
  return choice;
}
/* Children: foreign keys of other tables that a change of their parent would leave without the key
** that they reference. RESTRICT names them; CASCADE drops them, as PostgreSQL does. */

/* Has the foreign key lost the key that it references? Also one of the same name, or a new primary
** key where it names no columns, is another key unless its columns are those that were there. */
static int mig_loses_parent_key(mig_lowering *l, const mig_constraint *fk) {
  const mig_table *was = &l->c->old, *is = &l->c->now;
  int i;
  if (!mig_same(fk->parent, was->name) || !mig_is_parent_key(l, was, fk)) return 0;
  if (!mig_is_parent_key(l, is, fk)) return 1;
  for (i = 0; i < fk->nkey; i++) {
    int column = mig_find_column(is, mig_parent_column(fk, is, i));
    int before = mig_find_column(was, mig_parent_column(fk, was, i));
    if (column < 0 || l->c->origins[column].from != before) return 1;
  }
  return 0;
}

/* In plain SQL the child is a table to be made anew, like any other. The catalog then has its new
** text: it is no longer of the parent's family. */
static void mig_lower_child_portable(mig_lowering *l, mig_object *o, mig_alteration *c) {
  mig_lowering child = *l;
  mig_facts facts = *l->facts;
  mig_diff d;
  facts.dense = 0;
  child.c = c;
  child.d = &d;
  child.facts = &facts;
  mig_compare(c, &d);
  if (mig_failed(l->a)) return;
  if (l->facts->hosted) mig_lower_by_hosted(&child, o, c);
  else mig_lower_by_portable(&child);
  o->sql = c->now.sql;
}

static void mig_lower_child(mig_lowering *l, mig_object *o, int cascade) {
  mig_alteration *c = mig_side_change(l->a, o->sql);
  int i, dropped = 0;
  for (i = 0; c && i < c->now.nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &c->now.constraints[i];
    if (fk->kind != MIG_FOREIGN_KEY || !mig_loses_parent_key(l, fk)) continue;
    if (!cascade) {
      mig_fail(l->a, MIGRATE_DEPENDENT,
               "foreign key %s of table %s needs the key of %s that would go (CASCADE drops it "
               "too)",
               mig_constraint_word(l->a, &c->now, i), o->name, l->c->old.name);
      return;
    }
    mig_drop_constraint_at(c, i);
    dropped = 1;
    i = -1;
  }
  if (!dropped || mig_failed(l->a)) return;
  if (l->facts->portable) mig_lower_child_portable(l, o, c);
  else mig_emit_text_edit(l, o, c->now.sql, "CASCADE: its foreign key needs what is dropped");
}

/* The same for a foreign key of the table to itself, before the two tables are compared. */
static void mig_lower_own_keys(mig_lowering *l, mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.nconstraint && !mig_failed(l->a); i++) {
    const mig_constraint *fk = &c->now.constraints[i];
    if (fk->kind != MIG_FOREIGN_KEY || !mig_fk_is_old(l, fk)) continue;
    if (!mig_loses_parent_key(l, fk)) continue;
    if (!c->cascade) {
      const char **names = mig_constraint_names(l->a, &c->now);
      if (!names) return;
      mig_fail(l->a, MIGRATE_DEPENDENT,
               "foreign key %s of %s needs the key that would go (CASCADE drops it too)", names[i],
               c->old.name);
      return;
    }
    mig_drop_constraint_at(c, i);
    i = -1;
  }
}

/* Does the change take a key or a column away that a foreign key could need? */
static int mig_drops_key(const mig_diff *d) {
  const mig_alteration *c = d->c;
  const mig_constraint *p, *q;
  int i, k;
  for (i = 0; i < d->old_autos.n; i++) {
    if (!d->old_autos.v[i].used) return 1;
  }
  for (i = 0; i < c->old.ncolumn; i++) {
    for (k = 0; k < c->now.ncolumn && c->origins[k].from != i; k++) {}
    if (k == c->now.ncolumn) return 1;
  }
  p = mig_primary_key(&c->old);
  q = mig_primary_key(&c->now);
  return p && (!q || !mig_key_carries(d, p, q));
}

static void mig_lower_children(mig_lowering *l) {
  const mig_mention *x;
  if (!mig_drops_key(l->d)) return;
  for (x = mig_next_mention(l->catalog, l->c->old.name, 0); x && !mig_failed(l->a);
       x = mig_next_mention(l->catalog, l->c->old.name, x)) {
    mig_object *o = x->object;
    if (!mig_is_type(o, "table") || mig_is_virtual(o) || mig_same(o->name, l->c->old.name)) {
      continue;
    }
    mig_lower_child(l, o, l->c->cascade);
  }
}
/* Script: the text of a revision file, read and written; what may stand in its sections; the
** checksum of what they mean.
**
** A file opens with comment lines: the message first, then `-- key: value`. A single word, a colon
** and a blank or the line's end make a key, so that prose is free to say anything else. The
** sections begin at `-- migrate:up` and `-- migrate:down`. A message quotes words of the file only
** where they look like a key: what was named by mistake might hold a secret. */

enum mig_header_key {
  MIG_KEY_REVISION,
  MIG_KEY_DOWN_REVISION,
  MIG_KEY_BRANCH_LABELS,
  MIG_KEY_DEPENDS_ON,
  MIG_KEY_CREATE_DATE,
  MIG_KEY_COMPAT,
  MIG_KEY_COUNT
};

static const char *const mig_header_keys[MIG_KEY_COUNT] = {
    "revision", "down_revision", "branch_labels", "depends_on", "create_date", "compat"};

typedef struct mig_script_reader {
  mig_arena *a;
  const char *path;
  const char *z;
  size_t n;
  mig_revision *rev;
  int line;                    /* of the token at hand */
  size_t passed;               /* bytes up to which line has been counted */
  int sections;                /* markers met; the header is what stands before the first */
  int message;                 /* the message has been read */
  int key_line[MIG_KEY_COUNT]; /* 0: not met */
} mig_script_reader;

static void mig_script_fail(mig_script_reader *r, const char *message) {
  mig_fail(r->a, MIGRATE_SCRIPT, "%s:%d: %s", r->path, r->line, message);
}

/* Moves r->line on to the line of byte `at`. */
static void mig_count_lines(mig_script_reader *r, size_t at) {
  for (; r->passed < at; r->passed++) r->line += r->z[r->passed] == '\n';
}

/* The bytes without white space at both ends. */
static mig_span mig_trim_blanks(const char *z, size_t at, size_t end) {
  mig_span s;
  while (at < end && mig_is_space((unsigned char)z[at])) at++;
  while (end > at && mig_is_space((unsigned char)z[end - 1])) end--;
  s.at = at;
  s.end = end;
  return s;
}

/* ---- Header ---- */

/* The length of the key with which a line of comment begins; 0: it is prose. */
static size_t mig_key_length(const char *z, size_t n) {
  size_t i = 0;
  if (!n || mig_is_digit((unsigned char)z[0])) return 0;
  while (i < n && ((mig_is_id_char(z[i]) && z[i] != '.') || (i && z[i] == '-'))) i++;
  if (i == 0 || i >= n || z[i] != ':') return 0;
  return i + 1 == n || mig_is_space((unsigned char)z[i + 1]) ? i : 0;
}

static int mig_known_key(const char *z, size_t n) {
  int i;
  for (i = 0; i < MIG_KEY_COUNT; i++) {
    if (strlen(mig_header_keys[i]) == n && memcmp(z, mig_header_keys[i], n) == 0) return i;
  }
  return -1;
}

/* Does a line of comment begin with a known key that is not written as one: `revision = ..`? Taken
** for prose it would be a parent that nobody hears of. Returns the key, or -1. */
static int mig_nearly_key(const char *z, size_t n) {
  size_t i = 0, end;
  int key;
  while (i < n && mig_is_id_char(z[i])) i++;
  for (end = i; i < n && (z[i] == ' ' || z[i] == '\t'); i++) {}
  key = i < n && (z[i] == ':' || z[i] == '=') ? mig_known_key(z, end) : -1;
  return key >= 0 && mig_key_length(z, n) == 0 ? key : -1;
}

/* The ids or labels of a list in the header. */
static mig_names mig_header_names(mig_script_reader *r, const char *value, int labels) {
  mig_names names = mig_list_of(r->a, value);
  int i;
  for (i = 0; i < names.n && !mig_failed(r->a); i++) {
    if (labels)
      mig_check_label(r->a, names.at[i]);
    else
      mig_check_id(r->a, names.at[i]);
  }
  return names;
}

static void mig_header_key(mig_script_reader *r, int key, const char *value) {
  mig_revision *rev = r->rev;
  switch (key) {
    case MIG_KEY_REVISION:
      rev->id = value;
      mig_check_id(r->a, value);
      break;
    case MIG_KEY_DOWN_REVISION:
      rev->down = mig_header_names(r, value, 0);
      break;
    case MIG_KEY_BRANCH_LABELS:
      rev->labels = mig_header_names(r, value, 1);
      break;
    case MIG_KEY_DEPENDS_ON:
      rev->depends = mig_header_names(r, value, 1);
      break;
    case MIG_KEY_CREATE_DATE:
      rev->create_date = value;
      break;
    default:
      rev->compat = *value ? value : 0;
      if (*value) mig_check_id(r->a, value);
  }
}

/* One line of comment before the first section: the message, a key or prose. */
static void mig_header_line(mig_script_reader *r, size_t at, size_t end) {
  mig_span text = mig_trim_blanks(r->z, at, end), value;
  size_t length = mig_key_length(r->z + text.at, text.end - text.at);
  int key = length ? mig_known_key(r->z + text.at, length) : -1;
  int nearly = mig_nearly_key(r->z + text.at, text.end - text.at);
  const char *copy;
  if (mig_span_empty(text)) return;
  if (nearly >= 0) {
    mig_script_fail(r, mig_format(r->a, "the header key %s is written '-- %s: '",
                                  mig_header_keys[nearly], mig_header_keys[nearly]));
    return;
  }
  if (key < 0 && !r->message) {
    r->message = 1;
    r->rev->message = mig_span_text(r->a, r->z, text);
    return;
  }
  if (!length) return;
  if (key < 0) {
    mig_script_fail(r, mig_format(r->a,
                                  "unknown header key '%.*s'; known are revision, "
                                  "down_revision, branch_labels, depends_on, create_date and "
                                  "compat",
                                  (int)(length > 40 ? 40 : length), r->z + text.at));
    return;
  }
  if (r->key_line[key]) {
    mig_script_fail(r, mig_format(r->a, "header key '%s' is there already, in line %d",
                                  mig_header_keys[key], r->key_line[key]));
    return;
  }
  r->key_line[key] = r->line;
  value = mig_trim_blanks(r->z, text.at + length + 1, text.end);
  copy = mig_span_text(r->a, r->z, value);
  if (!copy) return;
  mig_header_key(r, key, copy);
  mig_fault_context(r->a, "%s:%d: ", r->path, r->line);
}

/* ---- Markers ---- */

static size_t mig_skip_blanks(const char *z, size_t at, size_t end) {
  while (at < end && (z[at] == ' ' || z[at] == '\t')) at++;
  return at;
}

/* Where the text behind `-- migrate:` begins in a line comment; 0: it is no marker. */
static size_t mig_marker_at(const char *z, size_t at, size_t end) {
  static const char word[] = "migrate:";
  size_t n = sizeof word - 1;
  at = mig_skip_blanks(z, at + 2, end);
  return end - at >= n && memcmp(z + at, word, n) == 0 ? at + n : 0;
}

/* Is a line comment a marker but for its case and blanks: `-- Migrate : down`? Taken for a remark
** it would join two sections to one. */
static int mig_nearly_marker(const char *z, size_t at, size_t end) {
  size_t n;
  at = mig_skip_blanks(z, at + 2, end);
  if (end - at < 7 || sqlite3_strnicmp(z + at, "migrate", 7) != 0) return 0;
  at = mig_skip_blanks(z, at + 7, end);
  if (at == end || z[at] != ':') return 0;
  at = mig_skip_blanks(z, at + 1, end);
  for (n = 0; at + n < end && mig_is_word_byte((unsigned char)z[at + n]); n++) {}
  return (n == 2 && sqlite3_strnicmp(z + at, "up", 2) == 0) ||
         (n == 4 && sqlite3_strnicmp(z + at, "down", 4) == 0);
}

/* Whether nothing, or nothing but blanks, stands before byte `at` in its line. */
static int mig_opens_line(const char *z, size_t at, int blanks) {
  while (blanks && at > 0 && (z[at - 1] == ' ' || z[at - 1] == '\t')) at--;
  return at == 0 || z[at - 1] == '\n' || (at == 3 && memcmp(z, "\xef\xbb\xbf", 3) == 0);
}

static void mig_section_options(mig_script_reader *r, mig_section *section, size_t at, size_t end) {
  mig_span options = mig_trim_blanks(r->z, at, end);
  char *text = mig_span_text(r->a, r->z, options);
  if (!text || !*text) return;
  if (strcmp(text, "transaction:false") == 0)
    section->outside = 1;
  else if (strcmp(text, "transaction:true") != 0) {
    mig_script_fail(r, "unknown option of the marker; known is transaction:false");
  }
}

/* A section begins at the line behind this marker, and ends where the next one begins. */
static mig_section *mig_section_open(mig_script_reader *r, mig_section *section, const char *name,
                                     size_t at, size_t end) {
  if (section->line) {
    mig_script_fail(
        r, mig_format(r->a, "-- migrate:%s is there already, before line %d", name, section->line));
    return 0;
  }
  r->sections++;
  section->line = r->line + 1;
  mig_section_options(r, section, at, end);
  return section;
}

static int mig_word_is(const char *z, size_t n, const char *word) {
  return strlen(word) == n && memcmp(z, word, n) == 0;
}

/* A comment that is a marker. Returns the section that it opens, or NULL. */
static mig_section *mig_take_marker(mig_script_reader *r, mig_token t, size_t at) {
  const char *word = r->z + at;
  size_t n = 0;
  int up, down;
  while (at + n < t.end && mig_is_word_byte((unsigned char)word[n])) n++;
  up = mig_word_is(word, n, "up");
  down = mig_word_is(word, n, "down");
  if (up || down) {
    if (mig_opens_line(r->z, t.at, 0)) {
      return mig_section_open(r, up ? &r->rev->upgrade : &r->rev->downgrade, up ? "up" : "down",
                              at + n, t.end);
    }
    if (mig_opens_line(r->z, t.at, 1)) {
      mig_script_fail(r, "a marker of a section begins its line, without blanks before it");
    }
    return 0; /* behind a statement it is a remark */
  }
  if (!mig_word_is(word, n, "allow") && !mig_word_is(word, n, "renamed_from")) {
    mig_script_fail(r, "unknown marker; known are -- migrate:up, down, allow and renamed_from");
  }
  return 0;
}

/* ---- The file ---- */

static void mig_section_close(mig_script_reader *r, mig_section *section, size_t from, size_t to) {
  if (section && from <= to) section->sql = mig_copyn(r->a, r->z + from, to - from);
}

/* The byte behind the line end that follows `at`. */
static size_t mig_line_after(const char *z, size_t n, size_t at) {
  while (at < n && z[at] != '\n') at++;
  return at < n ? at + 1 : n;
}

static void mig_read_script(mig_script_reader *r) {
  mig_section *open = 0;
  size_t from = 0;
  mig_token t;
  for (t = mig_next_token(r->z, r->n, 0); t.type != MIG_TK_END && !mig_failed(r->a);
       t = mig_next_token(r->z, r->n, t.end)) {
    int remark = t.type == MIG_TK_COMMENT && r->z[t.at] == '-';
    size_t at = remark ? mig_marker_at(r->z, t.at, t.end) : 0;
    mig_section *next;
    if (t.type == MIG_TK_SPACE) continue;
    mig_count_lines(r, t.at);
    if (at) {
      next = mig_take_marker(r, t, at);
      if (!next) continue;
      mig_section_close(r, open, from, t.at);
      open = next;
      from = mig_line_after(r->z, r->n, t.end);
    } else if (remark && mig_nearly_marker(r->z, t.at, t.end) && mig_opens_line(r->z, t.at, 1)) {
      mig_script_fail(r, "a marker is written '-- migrate:up' or '-- migrate:down'");
    } else if (remark && !r->sections) {
      mig_header_line(r, t.at + 2, t.end);
    } else if (t.type != MIG_TK_COMMENT && !r->sections) {
      mig_script_fail(r, r->key_line[MIG_KEY_REVISION]
                             ? "a statement stands before the first section; put the line "
                               "'-- migrate:up' before it"
                             : "no header; a revision file begins with comment lines, of which one "
                               "is '-- revision: ID'");
    }
  }
  mig_section_close(r, open, from, r->n);
}

/* Reads the text of a revision file, z[0..n) with a NUL behind it, which the revision keeps. */
static void mig_script_parse(mig_arena *a, const char *path, const char *z, size_t n,
                             mig_revision *rev) {
  mig_script_reader r;
  const char *nul;
  memset(&r, 0, sizeof r);
  memset(rev, 0, sizeof *rev);
  rev->path = path;
  rev->text = z;
  rev->id = rev->message = rev->create_date = "";
  r.a = a;
  r.path = path;
  r.z = z;
  r.n = n;
  r.rev = rev;
  r.line = 1;
  nul = n ? (const char *)memchr(z, 0, n) : 0;
  if (nul) {
    mig_count_lines(&r, (size_t)(nul - z));
    mig_script_fail(
        &r, mig_format(a, "a NUL byte, at offset %lld of the file", (sqlite3_int64)(nul - z)));
    return;
  }
  mig_read_script(&r);
  if (mig_failed(a) || r.key_line[MIG_KEY_REVISION]) return;
  r.line = 1;
  mig_script_fail(&r,
                  "no header; a revision file begins with comment lines, of which one is "
                  "'-- revision: ID'");
}

/* ---- Line ends ---- */

/* SQL with the line ends of Unix, as the sqlite3 shell reads it: a schema must not depend on how a
** file was checked out. What is quoted stays as it is; without CR LF the text itself comes back. */
static const char *mig_unix_lines(mig_arena *a, const char *sql) {
  size_t n, done = 0;
  mig_token k;
  mig_text t;
  if (!sql || !strstr(sql, "\r\n")) return sql;
  mig_text_init(&t, a);
  n = strlen(sql);
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    size_t i;
    int last = k.end - 1 < n && sql[k.end - 1] == '\r' && sql[k.end] == '\n'; /* ends a comment */
    if (k.type != MIG_TK_SPACE && k.type != MIG_TK_COMMENT) continue;
    for (i = k.at; i < k.end; i++) {
      if (sql[i] != '\r' || (i + 1 < k.end ? sql[i + 1] != '\n' : !last)) continue;
      mig_putn(&t, sql + done, i - done);
      done = i + 1;
    }
  }
  mig_put(&t, sql + done);
  return mig_failed(a) ? 0 : t.z;
}

/* ---- Statements that cannot run in a section ---- */

/* "revision ae10 (versions/x.sql), upgrade, line 12, column 3" */
static const char *mig_where(mig_arena *a, const mig_revision *rev, int upgrade, size_t at) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  mig_place p = mig_place_of(section->sql ? section->sql : "", at);
  return mig_format(a, "revision %s%s%s%s, %s, line %d, column %d", rev->id, rev->path ? " (" : "",
                    rev->path ? rev->path : "", rev->path ? ")" : "",
                    upgrade ? "upgrade" : "downgrade",
                    p.line + (section->line ? section->line - 1 : 0), p.column);
}

/* PRAGMAs of which SQLite says nothing, or that it refuses, inside a transaction. */
static const char *const mig_idle_pragmas[] = {"foreign_keys", "journal_mode", "synchronous",
                                               "temp_store", "temp_store_directory"};

/* What is wrong with a PRAGMA that begins behind byte `at`; NULL: nothing. */
static const char *mig_pragma_problem(mig_arena *a, const char *z, size_t n, size_t at) {
  mig_token name = mig_next_significant(z, n, at), next = mig_next_significant(z, n, name.end);
  size_t i;
  if (mig_token_op(z, next, ".")) {
    name = mig_next_significant(z, n, next.end);
    next = mig_next_significant(z, n, name.end);
  }
  if (mig_token_names(a, z, name, "wal_checkpoint")) {
    return "PRAGMA wal_checkpoint cannot run inside a transaction";
  }
  if (!mig_token_op(z, next, "=") && !mig_token_op(z, next, "(")) return 0; /* it only asks */
  for (i = 0; i < sizeof mig_idle_pragmas / sizeof mig_idle_pragmas[0]; i++) {
    if (!mig_token_names(a, z, name, mig_idle_pragmas[i])) continue;
    return mig_format(a,
                      "PRAGMA %s does nothing inside a transaction; leave it out, or set it in "
                      "env.sql",
                      mig_idle_pragmas[i]);
  }
  return 0;
}

#define MIG_TRANSACTION_WORDS 6 /* the first of them are about the transaction itself */

static const char *const mig_refused_words[] = {
    "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH", "VACUUM"};

/* What is wrong with a statement of a transactional section; NULL: nothing. */
static const char *mig_statement_problem(mig_arena *a, const char *z, mig_span s) {
  mig_token t = mig_next_significant(z, s.end, s.at);
  size_t i;
  for (i = 0; i < sizeof mig_refused_words / sizeof mig_refused_words[0]; i++) {
    if (!mig_token_is(z, t, mig_refused_words[i])) continue;
    if (i < MIG_TRANSACTION_WORDS) {
      return mig_format(a, "%s is not for a revision: the run has its own transaction",
                        mig_refused_words[i]);
    }
    return mig_format(a,
                      "%s cannot run inside a transaction; a section that needs it begins with "
                      "'-- migrate:up transaction:false' (or down)",
                      mig_refused_words[i]);
  }
  if (mig_token_is(z, t, "PRAGMA")) return mig_pragma_problem(a, z, s.end, t.end);
  return 0;
}

/* Looks through a section before anything of it runs; sets the fault where something in it cannot
** run there. */
static void mig_check_section(mig_arena *a, const mig_revision *rev, int upgrade) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  const char *z = section->sql, *problem;
  size_t n = z ? strlen(z) : 0, at = 0;
  mig_span s;
  int found = 1;
  while (z && found > 0 && !mig_failed(a)) {
    found = mig_next_statement(z, n, &at, &s);
    if (!found) break;
    problem = found < 0 ? "the text ends inside of this statement" : 0;
    if (z[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
    if (!problem && !section->outside) problem = mig_statement_problem(a, z, s);
    if (problem) mig_fail(a, MIGRATE_SCRIPT, "%s: %s", mig_where(a, rev, upgrade, s.at), problem);
  }
}

/* Looks through env.sql, which runs before the transaction of a run: what it would begin nobody
** ended, and what it ended might be the caller's. */
static void mig_check_env(mig_arena *a, const char *path, const char *sql) {
  size_t n = strlen(sql), at = 0, i;
  mig_span s;
  int found = 1;
  while (found > 0 && !mig_failed(a)) {
    const char *problem = 0;
    mig_token t;
    found = mig_next_statement(sql, n, &at, &s);
    if (!found) break;
    t = mig_next_significant(sql, s.end, s.at);
    for (i = 0; i < MIG_TRANSACTION_WORDS; i++) {
      if (!mig_token_is(sql, t, mig_refused_words[i])) continue;
      problem = mig_format(a, "%s is not for env.sql: the run has its own transaction",
                           mig_refused_words[i]);
    }
    if (found < 0) problem = "the text ends inside of this statement";
    if (sql[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
    if (!problem) continue;
    mig_fail(a, MIGRATE_SCRIPT, "%s, line %d: %s", path, mig_place_of(sql, s.at).line, problem);
  }
}

/* ---- Checksum ---- */

#define MIG_FNV_BASE (((sqlite3_uint64)0xcbf29ce4u << 32) | 0x84222325u)
#define MIG_FNV_PRIME (((sqlite3_uint64)0x100u << 32) | 0x1b3u)

static sqlite3_uint64 mig_hash_byte(sqlite3_uint64 h, int byte) {
  return (h ^ (sqlite3_uint64)byte) * MIG_FNV_PRIME;
}

/* One token. Bare words count without case, as SQLite reads them; of the line ends in a quoted text
** LF alone counts, so that the way a file was checked out does not. */
static sqlite3_uint64 mig_hash_token(sqlite3_uint64 h, const char *z, mig_token t) {
  size_t i;
  h = mig_hash_byte(h, t.type);
  for (i = t.at; i < t.end; i++) {
    int c = (unsigned char)z[i];
    if (c == '\r' && i + 1 < t.end && z[i + 1] == '\n') continue;
    if (t.type == MIG_TK_WORD && c >= 'A' && c <= 'Z') c += 'a' - 'A';
    h = mig_hash_byte(h, c);
  }
  return mig_hash_byte(h, 0);
}

/* The tokens of a section: white space, comments and empty statements do not count. */
static sqlite3_uint64 mig_hash_section(sqlite3_uint64 h, const mig_section *section) {
  const char *z = section->sql ? section->sql : "";
  size_t n = strlen(z);
  mig_token t;
  int semicolon = 0, any = 0;
  h = mig_hash_byte(h, !section->sql ? '-' : section->outside ? 'o' : 's');
  for (t = mig_next_significant(z, n, 0); t.type != MIG_TK_END;
       t = mig_next_significant(z, n, t.end)) {
    if (mig_token_op(z, t, ";")) {
      semicolon = any;
      continue;
    }
    if (semicolon) h = mig_hash_byte(h, ';');
    semicolon = 0;
    any = 1;
    h = mig_hash_token(h, z, t);
  }
  return h;
}

/* The checksum of what a revision means: 16 hexadecimal digits. */
static const char *mig_checksum(mig_arena *a, const mig_revision *rev) {
  sqlite3_uint64 h = mig_hash_section(MIG_FNV_BASE, &rev->upgrade);
  h = mig_hash_section(h, &rev->downgrade);
  return mig_format(a, "%016llx", h);
}
/* Plan: graph x version rows x target -> steps, each with the changes of version rows that belong
** to it. Nothing here has touched a database. */

enum mig_direction { MIG_UPGRADE = 1, MIG_DOWNGRADE, MIG_STAMP };

enum mig_change_kind { MIG_ROW_INSERT = 1, MIG_ROW_UPDATE, MIG_ROW_DELETE };

typedef struct mig_change {
  int kind;
  const char *from, *to; /* DELETE has from, INSERT has to, UPDATE both */
} mig_change;

typedef struct mig_step {
  int direction;
  const mig_revision *rev; /* NULL: a stamp */
  const char *from, *to;   /* "a, b"; "" is base */
  mig_change *changes;
  int nchange, cap;
} mig_step;

typedef struct mig_plan {
  mig_step *steps;
  int n;
  mig_nodes rows;      /* the version rows at the end */
  const char *warning; /* for the log; NULL: none */
} mig_plan;

/* The version rows while a plan is made. */
typedef struct mig_rows {
  mig_graph *g;
  unsigned char *row; /* a mark a node */
  int *children;      /* applied children, by `before`; counted for downgrades alone */
} mig_rows;

static void mig_rows_init(mig_rows *s, mig_graph *g, mig_nodes rows) {
  int i;
  s->g = g;
  s->row = mig_marks(g);
  s->children = 0;
  for (i = 0; i < rows.n && s->row; i++) s->row[rows.at[i]] = 1;
}

static void mig_rows_count(mig_rows *s, mig_nodes rows) {
  unsigned char *applied = mig_applied(s->g, rows);
  int i, j;
  s->children = (int *)mig_array(s->g->a, (size_t)s->g->n, sizeof(int));
  for (i = 0; i < s->g->n && s->children && applied; i++) {
    mig_nodes before = s->g->nodes[i].before;
    for (j = 0; j < before.n && applied[i]; j++) s->children[before.at[j]]++;
  }
}

/* Notes one change and follows it; -1 stands for no node. */
static void mig_rows_change(mig_rows *s, mig_step *step, int from, int to) {
  mig_arena *a = s->g->a;
  mig_change *change;
  step->changes =
      (mig_change *)mig_grow(a, step->changes, step->nchange, &step->cap, sizeof(mig_change));
  if (mig_failed(a)) return;
  change = &step->changes[step->nchange++];
  change->kind = from < 0 ? MIG_ROW_INSERT : to < 0 ? MIG_ROW_DELETE : MIG_ROW_UPDATE;
  change->from = from < 0 ? 0 : mig_id(s->g, from);
  change->to = to < 0 ? 0 : mig_id(s->g, to);
  if (from >= 0) s->row[from] = 0;
  if (to >= 0) s->row[to] = 1;
}

/* `node` has been applied: it takes the place of those of its parents that are rows. */
static void mig_rows_up(mig_rows *s, mig_step *step, int node) {
  mig_nodes before = s->g->nodes[node].before;
  int i, last = -1;
  for (i = 0; i < before.n; i++) {
    if (!s->row[before.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, step, last, -1);
    last = before.at[i];
  }
  mig_rows_change(s, step, last, node);
}

/* `node` has been undone: those of its parents above which nothing is left become rows. */
static void mig_rows_down(mig_rows *s, mig_step *step, int node) {
  mig_nodes before = s->g->nodes[node].before;
  int i, last = -1;
  for (i = 0; i < before.n; i++) {
    if (--s->children[before.at[i]] > 0 || s->row[before.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, step, -1, last);
    last = before.at[i];
  }
  mig_rows_change(s, step, node, last);
}

static void mig_step_init(mig_step *step, mig_graph *g, int node, int direction) {
  const char *parents = mig_ids(g, g->nodes[node].down);
  step->direction = direction;
  step->rev = g->nodes[node].rev;
  step->from = direction == MIG_UPGRADE ? parents : step->rev->id;
  step->to = direction == MIG_UPGRADE ? step->rev->id : parents;
}

static mig_plan mig_plan_of(mig_graph *g, int n) {
  mig_plan p;
  p.steps = (mig_step *)mig_array(g->a, (size_t)n, sizeof(mig_step));
  p.n = 0;
  p.rows = mig_no_nodes();
  p.warning = 0;
  return p;
}

static void mig_plan_end(mig_plan *p, const mig_rows *s) { p->rows = mig_marked(s->g, s->row, 1); }

/* The steps of an upgrade to `words`, several targets separated by commas. */
static mig_plan mig_plan_upgrade(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, words);
  mig_nodes rows = mig_resolve_rows(&q, version_rows), order;
  mig_plan p = mig_plan_of(g, 0);
  mig_range r;
  mig_rows s;
  int i;
  if (mig_failed(g->a)) return p;
  r = mig_range_of(mig_upgrade_target(&q, words, rows, 0), rows);
  r.implicit_base = 1;
  if (mig_failed(g->a)) return p;
  order = mig_range_up(&q, &r);
  p = mig_plan_of(g, order.n);
  mig_rows_init(&s, g, rows);
  for (i = order.n - 1; i >= 0 && !mig_failed(g->a); i--) {
    mig_step_init(&p.steps[p.n], g, order.at[i], MIG_UPGRADE);
    mig_rows_up(&s, &p.steps[p.n++], order.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* The steps that undo the marked nodes, from the version rows on. */
static mig_plan mig_plan_undo(mig_graph *g, unsigned char *undo, mig_nodes rows) {
  mig_nodes order = mig_sort(g, undo, rows);
  mig_plan p = mig_plan_of(g, order.n);
  mig_rows s;
  int i;
  mig_rows_init(&s, g, rows);
  mig_rows_count(&s, rows);
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    mig_step_init(&p.steps[p.n], g, order.at[i], MIG_DOWNGRADE);
    mig_rows_down(&s, &p.steps[p.n++], order.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* Adds to `undo` what a downgrade to one target undoes. */
static void mig_downgrade_one(mig_graph *g, mig_nodes rows, const char *word, unsigned char *undo,
                              mig_lower *lower) {
  mig_ask q = mig_ask_of(g, word);
  mig_range r = mig_range_of(rows, mig_no_nodes());
  unsigned char *some = 0;
  int i;
  q.astray =
      mig_format(g->a, "Destination %s is not a valid downgrade target from current head(s)", word);
  if (!mig_failed(g->a)) *lower = mig_downgrade_target(&q, word, rows, 0);
  if (!mig_failed(g->a)) some = mig_down_set(&q, &r, lower);
  for (i = 0; i < g->n && some && undo; i++) undo[i] = undo[i] || some[i];
}

static const char mig_warn_ambiguous[] =
    "downgrade -1 from multiple heads is ambiguous; this usage will be disallowed in a future "
    "release.";

/* The steps of a downgrade to `words`; of several targets each is what stays on its line. */
static mig_plan mig_plan_downgrade(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, words);
  mig_nodes rows = mig_resolve_rows(&q, version_rows);
  mig_names targets = mig_list_of(g->a, words);
  mig_plan p = mig_plan_of(g, 0);
  unsigned char *undo = mig_marks(g);
  int i, *stays = (int *)mig_array(g->a, (size_t)targets.n, sizeof(int));
  const char *warning = 0;
  if (!targets.n) mig_fail_locate(&q, words);
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    mig_lower lower;
    lower.node = MIG_AT_BASE;
    mig_downgrade_one(g, rows, targets.at[i], undo, &lower);
    stays[i] = lower.node;
    if (targets.at[i][0] == '-' && rows.n > 1) warning = mig_warn_ambiguous;
  }
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    if (targets.n > 1 && stays[i] >= 0 && undo[stays[i]]) {
      mig_fail(g->a, MIGRATE_RANGE, "target %s would be undone by another target of '%s'",
               targets.at[i], words);
    }
  }
  if (mig_failed(g->a)) return p;
  p = mig_plan_undo(g, undo, rows);
  p.warning = warning;
  return p;
}

/* ---- Stamp ---- */

static void mig_stamp_step(mig_plan *p, const char *from, const char *to) {
  mig_step *step = &p->steps[p->n++];
  step->direction = MIG_STAMP;
  step->from = from;
  step->to = to;
}

/* The rows that share a line with one of the targets, dependencies counted; each once. */
static mig_nodes mig_stamp_sources(const mig_ask *q, mig_nodes rows, mig_names names) {
  mig_nodes moved = mig_room(q->a, rows.n);
  unsigned char *taken = mig_marks(q->g);
  int i, j;
  for (i = 0; i < names.n && rows.n && !mig_failed(q->a); i++) {
    unsigned char *line = mig_name_lineage(q, names.at[i], 1);
    for (j = 0; j < rows.n && line && taken; j++) {
      if (!line[rows.at[j]] || taken[rows.at[j]]) continue;
      taken[rows.at[j]] = 1;
      moved.at[moved.n++] = rows.at[j];
    }
  }
  return moved;
}

/* Moves the sources onto `node` when they share a line with it; the first target takes them all,
** the others get new rows. */
static void mig_stamp_to(mig_plan *p, mig_rows *s, mig_nodes sources, int node) {
  mig_graph *g = s->g;
  unsigned char *line = mig_lineage(g, mig_one_node(g->a, node), 1);
  int i, related = 0, last = -1;
  if (!line || mig_has(sources, node)) return;
  for (i = 0; i < sources.n; i++) related |= line[sources.at[i]];
  if (!related) sources = mig_no_nodes();
  mig_stamp_step(p, mig_ids(g, sources), mig_id(g, node));
  for (i = 0; i < sources.n; i++) {
    if (!s->row[sources.at[i]]) continue;
    if (last >= 0) mig_rows_change(s, &p->steps[p->n - 1], last, -1);
    last = sources.at[i];
  }
  mig_rows_change(s, &p->steps[p->n - 1], last, node);
}

/* The steps that set the version rows to `words`. Rows on other lines stay. */
static mig_plan mig_plan_stamp(mig_graph *g, mig_names version_rows, const char *words) {
  mig_ask q = mig_ask_of(g, 0);
  mig_nodes rows = mig_resolve_rows(&q, version_rows), targets, sources;
  mig_names names = mig_list_of(g->a, words);
  mig_plan p = mig_plan_of(g, g->n + rows.n);
  mig_rows s;
  int i;
  q.several = "Multiple heads are present; please specify a single target revision";
  sources = mig_stamp_sources(&q, rows, names);
  targets = mig_failed(g->a) ? mig_no_nodes() : mig_resolve_all(&q, words);
  if (!mig_failed(g->a)) mig_check_overlap(&q, mig_lower_nodes(&q, targets), MIG_BEFORE);
  if (mig_failed(g->a)) return p;
  mig_rows_init(&s, g, rows);
  for (i = 0; i < sources.n && !targets.n && !mig_failed(g->a); i++) {
    mig_stamp_step(&p, mig_id(g, sources.at[i]), "");
    mig_rows_change(&s, &p.steps[p.n - 1], sources.at[i], -1);
  }
  for (i = 0; i < targets.n && !mig_failed(g->a); i++) {
    if (targets.at[i] < 0)
      mig_fail_locate(&q, words);
    else
      mig_stamp_to(&p, &s, sources, targets.at[i]);
  }
  mig_plan_end(&p, &s);
  return p;
}

/* ---- Commands ---- */

/* One of the three, each an object of its own: of what a program never calls its compiler keeps
** nothing. */
typedef struct mig_verb {
  const char *name;
  int direction;
  mig_plan (*plan)(mig_graph *g, mig_names version_rows, const char *words);
} mig_verb;

static const mig_verb mig_upgrading = {"upgrade", MIG_UPGRADE, mig_plan_upgrade};
static const mig_verb mig_downgrading = {"downgrade", MIG_DOWNGRADE, mig_plan_downgrade};
static const mig_verb mig_stamping = {"stamp", MIG_STAMP, mig_plan_stamp};

/* ---- Words ---- */

static const char *mig_direction_name(int direction) {
  if (direction == MIG_UPGRADE) return "upgrade";
  return direction == MIG_DOWNGRADE ? "downgrade" : "stamp_revision";
}

/* "upgrade a, b -> c" */
static const char *mig_step_short(mig_arena *a, const mig_step *step) {
  return mig_format(a, "%s %s -> %s", mig_direction_name(step->direction), step->from, step->to);
}

/* "Running upgrade a, b -> c, message" */
static const char *mig_step_line(mig_arena *a, const mig_step *step) {
  const char *message = step->rev ? step->rev->message : "", *change = mig_step_short(a, step);
  return mig_format(a, "Running %s%s%s", change, *message ? ", " : "", message);
}
/* 6: the database */
/* Version: the version table, in Alembic's own layout, and the journal. Both are read here, with
** statements of our own that are finalized at once; what writes them is made as text and run by
** the one who runs everything. Reading never creates a table. */

#define MIG_JOURNAL "migrate_journal"

typedef struct mig_version {
  int exists;
  mig_names rows; /* in the order in which they were written */
} mig_version;

static sqlite3_stmt *mig_read_begin(sqlite3 *db, mig_arena *a, const char *sql) {
  sqlite3_stmt *s = 0;
  int rc;
  if (mig_failed(a) || !sql) return 0;
  rc = sqlite3_prepare_v2(db, sql, -1, &s, 0);
  if (rc != SQLITE_OK) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  return s;
}

/* Steps to the next row: 1, or 0 at the end and after an error; then it is finalized. */
static int mig_read_row(sqlite3 *db, mig_arena *a, sqlite3_stmt **s) {
  int rc;
  if (!*s) return 0;
  rc = mig_failed(a) ? SQLITE_DONE : sqlite3_step(*s);
  if (rc == SQLITE_ROW) return 1;
  if (rc != SQLITE_DONE) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  sqlite3_finalize(*s);
  *s = 0;
  return 0;
}

static const char *mig_read_text(mig_arena *a, sqlite3_stmt *s, int column) {
  const char *z = (const char *)sqlite3_column_text(s, column);
  if (!z && sqlite3_column_type(s, column) != SQLITE_NULL) mig_no_memory(a);
  return z ? mig_copy(a, z) : 0;
}

enum { MIG_NO_TABLE, MIG_ORDINARY_TABLE, MIG_OTHER_TABLE };

/* What bears a name in the main database. */
static int mig_table_kind(sqlite3 *db, mig_arena *a, const char *name) {
  sqlite3_stmt *s = mig_read_begin(db, a,
                                   "SELECT type = 'table' AND rootpage > 0 FROM main.sqlite_master "
                                   "WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')");
  int kind = MIG_NO_TABLE;
  if (s) sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  while (mig_read_row(db, a, &s)) {
    kind = sqlite3_column_int(s, 0) ? MIG_ORDINARY_TABLE : MIG_OTHER_TABLE;
  }
  return kind;
}

/* ---- The version table: reading ---- */

static void mig_fail_version(mig_arena *a, const char *table) {
  mig_fail(a, MIGRATE_UNSUPPORTED,
           "%s is not a version table: an ordinary table with the column version_num is needed; "
           "another name is set with version_table",
           table);
}

/* One row; anything but text without NUL bytes is no revision. */
static const char *mig_version_row(mig_arena *a, sqlite3_stmt *s, const char *table) {
  const char *z = mig_read_text(a, s, 0);
  if (mig_failed(a)) return 0;
  if (!z || sqlite3_column_type(s, 0) != SQLITE_TEXT ||
      strlen(z) != (size_t)sqlite3_column_bytes(s, 0)) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             "%s holds a row that is no revision identifier: %.20s; stamp with --purge", table,
             z ? z : "NULL");
  }
  return z;
}

/* Prepares the reading of the rows; a table without rowids has them in the order of its key. */
static int mig_version_prepare(sqlite3 *db, mig_arena *a, const char *table, sqlite3_stmt **s) {
  static const char *const ways[] = {
      "SELECT version_num FROM main.\"%w\" ORDER BY rowid",
      "SELECT version_num FROM main.\"%w\" ORDER BY version_num"};
  int i, rc = SQLITE_ERROR;
  for (i = 0; i < 2 && rc == SQLITE_ERROR && !mig_failed(a); i++) {
    char *sql = mig_format(a, ways[i], table);
    if (sql) rc = sqlite3_prepare_v2(db, sql, -1, s, 0);
  }
  return rc;
}

/* Reads the version rows. A table that is not there has none; something else by that name is an
** error. */
static mig_version mig_version_read(sqlite3 *db, mig_arena *a, const char *table) {
  mig_version v;
  sqlite3_stmt *s = 0;
  int cap = 0, rc = mig_version_prepare(db, a, table, &s);
  memset(&v, 0, sizeof v);
  if (mig_failed(a)) return v;
  if (rc == SQLITE_ERROR) {
    if (mig_table_kind(db, a, table) == MIG_NO_TABLE) return v;
    rc = mig_version_prepare(db, a, table, &s); /* another connection may just have made it */
  }
  if (rc == SQLITE_ERROR) {
    mig_fail_version(a, table);
    return v;
  }
  if (rc != SQLITE_OK) mig_fail(a, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  v.exists = rc == SQLITE_OK;
  while (mig_read_row(db, a, &s)) {
    v.rows.at = (const char **)mig_grow(a, v.rows.at, v.rows.n, &cap, sizeof(char *));
    if (mig_failed(a)) continue;
    v.rows.at[v.rows.n++] = mig_version_row(a, s, table);
  }
  if (mig_failed(a)) v.rows.n = 0;
  return v;
}

/* Whether there are rows, whatever they hold: of a table that is to lose them. */
static int mig_version_has_rows(sqlite3 *db, mig_arena *a, const char *table) {
  const char *sql = mig_format(a, "SELECT 1 FROM main.\"%w\" LIMIT 1", table);
  sqlite3_stmt *s = mig_read_begin(db, a, sql);
  int any = 0;
  while (mig_read_row(db, a, &s)) any = 1;
  return any;
}

/* Before anything is written: what bears the name must be a table, not a view with a trigger. */
static void mig_version_check(sqlite3 *db, mig_arena *a, const char *table) {
  if (mig_table_kind(db, a, table) == MIG_OTHER_TABLE) mig_fail_version(a, table);
}

/* ---- The version table: writing, as text ---- */

/* The name as Alembic writes it: in quotes only where it needs them. */
static void mig_put_bare_name(mig_text *t, const char *name) {
  if (mig_needs_quotes(name))
    mig_put_name(t, name);
  else
    mig_put(t, name);
}

/* Alembic's statement, byte for byte, so that the schema text does not tell who made it. */
static const char *mig_version_create_sql(mig_arena *a, const char *table) {
  mig_text t;
  char *key = mig_format(a, "%s_pkc", table);
  mig_text_init(&t, a);
  if (!key) return 0;
  mig_put(&t, "CREATE TABLE main.");
  mig_put_bare_name(&t, table);
  mig_put(&t, " (\n\tversion_num VARCHAR(32) NOT NULL, \n\tCONSTRAINT ");
  mig_put_bare_name(&t, key);
  mig_put(&t, " PRIMARY KEY (version_num)\n)");
  return t.z;
}

/* `from` and `to` are SQL: literals, or parameters. */
static const char *mig_change_form(mig_arena *a, const char *table, int kind, const char *from,
                                   const char *to) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, kind == MIG_ROW_INSERT   ? "INSERT INTO main."
              : kind == MIG_ROW_UPDATE ? "UPDATE main."
                                       : "DELETE FROM main.");
  mig_put_bare_name(&t, table);
  if (kind == MIG_ROW_INSERT) {
    mig_putf(&t, " (version_num) VALUES (%s)", to);
    return t.z;
  }
  if (kind == MIG_ROW_UPDATE) mig_putf(&t, " SET version_num=%s", to);
  mig_putf(&t, " WHERE version_num = %s", from);
  return t.z;
}

static const char *mig_change_sql(mig_arena *a, const char *table, const mig_change *c) {
  return mig_change_form(a, table, c->kind, mig_format(a, "%Q", c->from),
                         mig_format(a, "%Q", c->to));
}

/* DELETE of all rows: stamp --purge. */
static const char *mig_purge_sql(mig_arena *a, const char *table) {
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, "DELETE FROM main.");
  mig_put_bare_name(&t, table);
  return t.z;
}

/* Each change must have hit one row: `found` is what SQLite counted. */
static void mig_change_check(mig_arena *a, const char *table, const mig_change *c, int found) {
  if (found == 1 || c->kind == MIG_ROW_INSERT) return;
  if (c->kind == MIG_ROW_UPDATE) {
    mig_fail(a, MIGRATE_GRAPH,
             "Online migration expected to match one row when updating '%s' to '%s' in '%s'; %d "
             "found",
             c->from, c->to, table, found);
  } else {
    mig_fail(a, MIGRATE_GRAPH,
             "Online migration expected to match one row when deleting '%s' in '%s'; %d found",
             c->from, table, found);
  }
}

/* ---- The journal: writing, as text ---- */

static const char *mig_journal_create_sql(void) {
  return "CREATE TABLE main." MIG_JOURNAL
         " (\n"
         "  id INTEGER PRIMARY KEY,\n"
         "  revision TEXT NOT NULL,\n"
         "  direction TEXT NOT NULL,\n"
         "  state TEXT NOT NULL,\n"
         "  applied_at TEXT NOT NULL,\n"
         "  duration_ms INTEGER,\n"
         "  checksum TEXT,\n"
         "  message TEXT,\n"
         "  down_revision TEXT,\n"
         "  depends_on TEXT,\n"
         "  compat TEXT,\n"
         "  downgrade TEXT,\n"
         "  downgrade_outside INTEGER\n"
         ")";
}

#define MIG_NOW_SQL "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now')"

static const char mig_journal_insert[] =
    "INSERT INTO main." MIG_JOURNAL
    " (revision, direction, state, applied_at, duration_ms, checksum, message, down_revision, "
    "depends_on, compat, downgrade, downgrade_outside) VALUES ";

/* The downgrade is kept for a program that is older than its database; where a function of the
** program takes part, SQL alone would not do. */
static const char *mig_kept_downgrade(const mig_revision *rev) {
  return rev->downgrade_fn ? 0 : rev->downgrade.sql;
}

static void mig_put_duration(mig_text *t, sqlite3_int64 ms) {
  if (ms < 0) mig_put(t, "NULL");
  else mig_putf(t, "%lld", ms);
}

/* The row of a step; a state `started` is written before a section that runs outside of a
** transaction. duration_ms below 0 is unknown. */
static const char *mig_journal_insert_sql(mig_arena *a, const mig_revision *rev,
                                          const char *direction, const char *state,
                                          sqlite3_int64 duration_ms) {
  const char *checksum = mig_checksum(a, rev);
  mig_text t;
  mig_text_init(&t, a);
  mig_put(&t, mig_journal_insert);
  mig_putf(&t, "(%Q, %Q, %Q, " MIG_NOW_SQL ", ", rev->id, direction, state);
  mig_put_duration(&t, duration_ms);
  mig_putf(&t, ", %Q, %Q, %Q, %Q, %Q, %Q, %d)", checksum, rev->message, mig_join(a, rev->down),
           mig_join(a, rev->depends), rev->compat, mig_kept_downgrade(rev),
           rev->downgrade.outside);
  return mig_failed(a) ? 0 : t.z;
}

/* The row of a section that has run to its end outside of a transaction. */
static const char *mig_journal_done_sql(mig_arena *a, const mig_revision *rev,
                                        const char *direction, sqlite3_int64 duration_ms) {
  mig_text t;
  mig_text_init(&t, a);
  mig_putf(&t, "UPDATE main." MIG_JOURNAL " SET state = 'done', applied_at = " MIG_NOW_SQL
               ", duration_ms = ");
  mig_put_duration(&t, duration_ms);
  mig_putf(&t,
           " WHERE id = (SELECT max(id) FROM main." MIG_JOURNAL
           " WHERE revision = %Q AND direction = %Q AND state = 'started')",
           rev->id, direction);
  return mig_failed(a) ? 0 : t.z;
}

/* ---- The journal: reading ---- */

typedef struct mig_entry {
  const char *revision, *direction, *state, *applied_at, *checksum, *message;
  const char *down_revision, *depends_on, *compat;
  const char *downgrade; /* NULL: irreversible */
  int downgrade_outside;
} mig_entry;

typedef struct mig_journal {
  int exists;
  mig_entry *entries; /* of each revision the last one, oldest first */
  int n, cap;
} mig_journal;

static void mig_journal_entry(mig_arena *a, mig_journal *j, sqlite3_stmt *s) {
  mig_entry *e;
  j->entries = (mig_entry *)mig_grow(a, j->entries, j->n, &j->cap, sizeof(mig_entry));
  if (mig_failed(a)) return;
  e = &j->entries[j->n++];
  e->revision = mig_read_text(a, s, 0);
  e->direction = mig_read_text(a, s, 1);
  e->state = mig_read_text(a, s, 2);
  e->applied_at = mig_read_text(a, s, 3);
  e->checksum = mig_read_text(a, s, 4);
  e->message = mig_read_text(a, s, 5);
  e->down_revision = mig_read_text(a, s, 6);
  e->depends_on = mig_read_text(a, s, 7);
  e->compat = mig_read_text(a, s, 8);
  e->downgrade = mig_read_text(a, s, 9);
  e->downgrade_outside = sqlite3_column_int(s, 10);
}

/* The condition that the version rows are others than now; NULL: there is no table, or a fault.
** `schema` is NULL where the reader of the script has no such word. */
static char *mig_other_versions(sqlite3 *db, mig_arena *a, const char *schema, const char *table) {
  mig_version v = mig_version_read(db, a, table);
  mig_text z;
  int i;
  if (!v.exists) return 0;
  mig_text_init(&z, a);
  mig_put(&z, "(SELECT count(*) FROM ");
  mig_put_object(&z, schema, table);
  mig_putf(&z, ") <> %d OR (SELECT count(*) FROM ", v.rows.n);
  mig_put_object(&z, schema, table);
  mig_put(&z, " WHERE version_num IN (");
  for (i = 0; i < v.rows.n; i++) mig_putf(&z, "%s%Q", i ? ", " : "", v.rows.at[i]);
  mig_putf(&z, ")) <> %d", v.rows.n);
  return mig_failed(a) ? 0 : z.z;
}

/* What was done last with each revision. */
static const char *mig_journal_rows_sql(void) {
  return "SELECT revision, direction, state, applied_at, checksum, message, down_revision, "
         "depends_on, compat, downgrade, downgrade_outside FROM main." MIG_JOURNAL
         " WHERE id IN (SELECT max(id) FROM main." MIG_JOURNAL " GROUP BY revision) ORDER BY id";
}

/* What bears the journal's name; a table with other columns is no more ours than a view. */
static int mig_journal_kind(sqlite3 *db, mig_arena *a) {
  sqlite3_stmt *s = 0;
  int kind = mig_table_kind(db, a, MIG_JOURNAL);
  if (kind == MIG_ORDINARY_TABLE &&
      sqlite3_prepare_v2(db, mig_journal_rows_sql(), -1, &s, 0) == SQLITE_ERROR) {
    kind = MIG_OTHER_TABLE;
  }
  sqlite3_finalize(s);
  return kind;
}

static mig_journal mig_journal_read(sqlite3 *db, mig_arena *a) {
  mig_journal j;
  sqlite3_stmt *s = 0;
  int kind = mig_journal_kind(db, a);
  memset(&j, 0, sizeof j);
  j.exists = kind == MIG_ORDINARY_TABLE;
  if (kind == MIG_OTHER_TABLE) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             MIG_JOURNAL
             " is not the journal of migrate; it can be done without by "
             "journal = off");
  }
  if (j.exists) s = mig_read_begin(db, a, mig_journal_rows_sql());
  while (mig_read_row(db, a, &s)) mig_journal_entry(a, &j, s);
  if (mig_failed(a)) j.n = 0;
  return j;
}

/* Whether the last that is known of a revision is that it was applied, or begun to be. */
static int mig_entry_applied(const mig_entry *e) {
  return e->direction && strcmp(e->direction, "downgrade") != 0;
}
/* Handle: struct migrate, and what begins and ends every public call. */

typedef struct mig_pending { /* databases whose sqlite_master was edited since their last reload */
  const char *schema;
  struct mig_pending *next;
} mig_pending;

/* Where in the scripts of a run a statement stands. */
typedef struct mig_script_place {
  const mig_revision *rev; /* NULL: of migrate_exec() */
  int upgrade;
  const char *sql;
  size_t at;
  int statement; /* its number, of migrate_exec() */
} mig_script_place;

/* An edit that the next reload judges, and the statement that asked for it. */
typedef struct mig_edited {
  const char *name; /* of the object */
  mig_script_place place;
  struct mig_edited *next;
} mig_edited;

typedef struct mig_added { /* what one migrate_add() gave */
  migrate_revision *v;
  int n;
  struct mig_added *next;
} mig_added;

typedef struct mig_gone { /* a table that a script dropped and others reference: put aside */
  const char *schema, *name, *aside;
  struct mig_gone *next;
} mig_gone;

typedef struct mig_due mig_due; /* rows that a run has still to write: record.c */

typedef struct mig_backup { /* of the last run */
  const char *path;      /* NULL: none was made, or it is gone again */
  sqlite3_vfs *vfs;
  sqlite3_int64 version; /* the database's data_version when it was made */
  mig_names rows;        /* of the version table then */
  int commits;           /* of the run since */
} mig_backup;

struct migrate {
  sqlite3 *db;
  mig_fault fault;
  mig_arena arena; /* lives as long as the handle: settings, revisions */
  mig_arena work;  /* lives as long as one call and its result, or as one statement of a script */
  mig_arena lasting; /* lives as long as one call: what outlives its statements */
  mig_settings settings;
  unsigned flags;
  void (*log)(void *, int, const char *);
  void *log_arg;
  int (*written)(void *, const char *); /* told of each new revision file */
  void *written_arg;
  int (*progress)(void *, const migrate_progress *);
  void *progress_arg;
  char *errbuf;
  int nerrbuf;
  int told_fault; /* the log has the error */
  mig_text result;
  int statements; /* run by the last migrate_exec() */

  /* revisions */
  mig_added *added; /* by the program, and not looked at yet; oldest first */
  const mig_revision **revisions;
  int nrevision, revision_cap;
  mig_graph *graph; /* of all revisions; NULL: to be made */

  /* one run */
  struct mig_run *run;   /* of migrate_prepare(), until its last step; NULL: none */
  mig_backup backup;
  int crowd, many;       /* the run has many steps; its script has many ALTERs */
  int watched;           /* texts may read the version rows without their names */
  int reloads;           /* of edits, so far */
  int blind;             /* the reload that an edit of more than texts waits for */
  int depth;             /* 0: no transaction of ours is open */
  int own_transaction;   /* BEGIN was ours; else a savepoint in the caller's */
  sqlite3_stmt *undo[2]; /* the way back, compiled ahead */
  sqlite3_stmt *brace;   /* the way back while the other is being made anew .. */
  int braced, stale;     /* .. which stands; a flag has changed since both were compiled */
  sqlite3_stmt *awake;   /* stands in its first row, so that no sqlite3_interrupt() is missed */
  int legacy;            /* legacy_alter_table at its beginning */
  int synchronous;       /* was this before it was EXTRA; 0: as it was */
  mig_pending *pending;
  mig_gone *gone;        /* by the section that runs */
  mig_due *due, *last_due; /* in the order of the steps */
  mig_script_place place; /* of the statement at work */
  mig_edited *edited;    /* since the last reload, newest first */
  const mig_edited *blamed; /* the one that the reload failed over */
  sqlite3_stmt *edit;    /* puts a text into sqlite_master of edit_schema; NULL: none is open */
  const char *edit_schema;
  int edit_renames, defensive, writable; /* .. and names; the flags before it was opened */
  sqlite3_int64 *slots;  /* counts that MIG_S_COUNT remembers */
  int nslot;
  mig_catalog *catalogs; /* read in this run and still true */
  mig_catalog *forgotten; /* no longer true, and held by the statement at work */
  int keeps;             /* others hold on to catalogs and texts of its statements */
  const char **schemas;  /* likewise the names of the databases */
  int nschema;
  migrate *live;         /* a scratch database's model, which has the rows; NULL: none */
  int seq;               /* statements listed so far */
  /* hears of each statement before it runs, and of each transaction; NULL: nobody listens */
  void (*listen)(struct migrate *, const mig_statement *, const char *strategy);
  void (*framed)(struct migrate *, int opened);
  void *listener;
  int (*row)(void *, const migrate_statement *); /* of mig_list_row() */
  void *row_arg;
  int row_stop;          /* the callback has heard enough */
  const char *revision, *direction; /* what the statements belong to, for the lists */
  int step, steps;
  const char *statement; /* what runs, and how far it is, for progress() */
  sqlite3_int64 done, total, told; /* told: when, in milliseconds */
};

/* A scratch database has nothing but a schema: the handle of the one with the rows, else NULL. */
static migrate *mig_live(const migrate *m) { return MIG_TOOLS ? m->live : 0; }

/* May the schema not be edited? */
static int mig_is_plain(const migrate *m) { return m->settings.rebuild != MIG_REBUILD_AUTO; }

static void mig_catalog_free(mig_catalog *c) {
  mig_arena memory = c->memory;
  mig_arena_free(&memory);
}

static void mig_free_catalogs(mig_catalog **list) {
  while (*list) {
    mig_catalog *next = (*list)->next;
    mig_catalog_free(*list);
    *list = next;
  }
}

/* Gives back all memory but that of the handle's own life. */
static void mig_free_run(migrate *m) {
  mig_free_catalogs(&m->catalogs);
  mig_free_catalogs(&m->forgotten);
  mig_arena_free(&m->lasting);
  mig_arena_free(&m->work);
}

/* Starts a public call: its memory is new, its result empty. Returns the sticky code. */
static int mig_begin_call(migrate *m) {
  if (!m) return SQLITE_NOMEM;
  if (m->fault.code) return m->fault.code;
  if (m->run) {
    return mig_fail(&m->work, MIGRATE_MISUSE,
                    "a prepared run has steps left: migrate_run() ends it, migrate_close() undoes "
                    "it");
  }
  mig_free_run(m);
  mig_text_init(&m->result, &m->work);
  m->backup.path = 0;
  m->pending = 0;
  m->gone = 0;
  m->due = m->last_due = 0;
  m->watched = 0;
  m->edited = 0;
  m->blamed = 0;
  m->crowd = 0;
  m->slots = 0;
  m->nslot = 0;
  m->schemas = 0;
  m->statements = 0;
  m->seq = 0;
  return 0;
}

static void mig_log(migrate *m, int level, const char *message) {
  if (m->log && message) m->log(m->log_arg, level, message);
}

static int mig_end_call(migrate *m) {
  if (m->fault.code && !m->told_fault) mig_log(m, MIGRATE_ERROR, mig_fault_text(&m->fault));
  m->told_fault = m->fault.code != 0;
  if (m->fault.code && m->errbuf && m->nerrbuf > 0) {
    sqlite3_snprintf(m->nerrbuf, m->errbuf, "%s", mig_fault_text(&m->fault));
  }
  return m->fault.code;
}

/* Threads that share the connection wait until the run is over: what they did meanwhile would be
** part of its transaction. An SQLite without threads has neither a mutex nor the functions. */
#if defined(SQLITE_THREADSAFE) && SQLITE_THREADSAFE == 0
static void mig_lock(migrate *m) { (void)m; }
static void mig_unlock(migrate *m) { (void)m; }
#else
static void mig_lock(migrate *m) {
  sqlite3_mutex *mutex = sqlite3_db_mutex(m->db);
  if (mutex) sqlite3_mutex_enter(mutex);
}

static void mig_unlock(migrate *m) {
  sqlite3_mutex *mutex = sqlite3_db_mutex(m->db);
  if (mutex) sqlite3_mutex_leave(mutex);
}
#endif

/* ---- reading the database ---- */

/* The connection's error. An ALTER of SQLite's that is interrupted while it reads the schema says
** so in words alone: "error in view v: interrupted". */
static int mig_db_code(migrate *m) {
  int rc = sqlite3_extended_errcode(m->db);
  const char *z = rc == SQLITE_ERROR ? sqlite3_errmsg(m->db) : "", *why = strstr(z, ": ");
  if (!why || strncmp(z, "error in ", 9) != 0) return rc;
  return strcmp(why, ": interrupted") == 0 ? SQLITE_INTERRUPT : rc;
}

static const char *mig_db_words(migrate *m) {
  return mig_db_code(m) == SQLITE_INTERRUPT ? "interrupted" : sqlite3_errmsg(m->db);
}

/* The same as ours. `what` names our own statement in words; NULL: the message says enough. */
static void mig_fail_db(migrate *m, const char *what) {
  int rc = mig_db_code(m);
  if (rc == 0 || rc == SQLITE_ROW || rc == SQLITE_DONE) rc = SQLITE_ERROR;
  if ((rc & 0xff) == SQLITE_NOMEM) {
    mig_no_memory(&m->work);
  } else if (what) {
    mig_fail(&m->work, rc, "%s: %s", what, mig_db_words(m));
  } else {
    mig_fail(&m->work, rc, "%s", mig_db_words(m));
  }
}

static sqlite3_stmt *mig_prepare(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  if (mig_failed(&m->work) || !sql) return 0;
  if (sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) != SQLITE_OK) {
    mig_fail_db(m, 0);
    sqlite3_finalize(stmt);
    return 0;
  }
  return stmt;
}

/* Steps a reader: 1 while there is a row. After the last row, or an error, it is finalized. */
static int mig_row(migrate *m, sqlite3_stmt **stmt) {
  int rc;
  if (!*stmt) return 0;
  if (!mig_failed(&m->work)) {
    rc = sqlite3_step(*stmt);
    if (rc == SQLITE_ROW) return 1;
    if (rc != SQLITE_DONE) mig_fail_db(m, 0);
  }
  sqlite3_finalize(*stmt);
  *stmt = 0;
  return 0;
}

/* The text of a cell, until the next step. */
static const char *mig_cell_text(migrate *m, sqlite3_stmt *stmt, int i) {
  const char *z = (const char *)sqlite3_column_text(stmt, i);
  if (!z && sqlite3_column_type(stmt, i) != SQLITE_NULL) mig_no_memory(&m->work);
  return z;
}

static char *mig_cell_in(migrate *m, mig_arena *a, sqlite3_stmt *stmt, int i) {
  return mig_copy(a, mig_cell_text(m, stmt, i));
}

static char *mig_cell(migrate *m, sqlite3_stmt *stmt, int i) {
  return mig_cell_in(m, &m->work, stmt, i);
}

/* The first column of the first row as an integer; 0 without a row. */
static sqlite3_int64 mig_read_int(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  sqlite3_int64 v = 0;
  while (mig_row(m, &stmt)) v = sqlite3_column_int64(stmt, 0);
  return v;
}

/* Codes that say nothing of the statement, but of the moment: nobody may draw a conclusion. */
static int mig_is_accident(int rc) {
  rc &= 0xff;
  return rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT || rc == SQLITE_IOERR || rc == SQLITE_BUSY ||
         rc == SQLITE_LOCKED || rc == SQLITE_FULL || rc == SQLITE_CANTOPEN;
}

/* SQLite has rolled the run's transaction back by itself, as it does after some I/O errors, also
** where a virtual table has hidden the error behind another: each statement from here on would
** stand alone. */
static int mig_is_undone(const migrate *m) { return m->depth && sqlite3_get_autocommit(m->db); }
/* Progress: tells the program how far a call has come, and hears whether to go on. */

/* The clock of SQLite's own file system layer, in milliseconds. Older layers count in days. */
static sqlite3_int64 mig_milliseconds(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(0);
  sqlite3_int64 now = 0;
  double days = 0;
  if (vfs && vfs->iVersion >= 2 && vfs->xCurrentTimeInt64) {
    return vfs->xCurrentTimeInt64(vfs, &now) == SQLITE_OK ? now : 0;
  }
  if (!vfs || !vfs->xCurrentTime || vfs->xCurrentTime(vfs, &days) != SQLITE_OK) return 0;
  return (sqlite3_int64)(days * 86400000.0);
}

static int mig_wants_progress(const migrate *m) {
  return m->progress && m->settings.progress;
}

/* Calls the program. Returns whether the call is over. */
static int mig_tell(migrate *m) {
  migrate_progress p;
  if (mig_failed(&m->work) || !mig_wants_progress(m)) return mig_failed(&m->work);
  memset(&p, 0, sizeof p);
  p.step = m->step;
  p.steps = m->steps;
  p.revision = m->revision;
  p.statement = m->statement;
  p.done = m->done;
  p.total = m->total;
  m->told = mig_milliseconds();
  if (m->progress(m->progress_arg, &p)) {
    mig_fail(&m->work, SQLITE_INTERRUPT, "cancelled by the program");
  }
  return mig_failed(&m->work);
}

/* A statement begins; NULL: none. */
static void mig_tell_statement(migrate *m, const char *sql) {
  m->statement = sql;
  m->done = m->total = 0;
  mig_tell(m);
}

/* ---- pieces of long work, between which the program is told ---- */

#define MIG_PIECE_SLOW 4  /* milliseconds: the next piece is smaller .. */
#define MIG_PIECE_QUICK 2 /* .. or larger */

/* The size of the next piece, after one of n units that began then. Rows may be of any size, so
** that a slow one is followed by as many as fit. */
static sqlite3_int64 mig_next_piece(sqlite3_int64 n, sqlite3_int64 began) {
  sqlite3_int64 took = mig_milliseconds() - began;
  if (took > MIG_PIECE_SLOW) n = n * MIG_PIECE_QUICK / took;
  else if (took >= 0 && took < MIG_PIECE_QUICK) n *= 2;
  return n > 0 ? n : 1;
}

/* ---- the connection's progress handler, where the program lends it ---- */

#define MIG_TICK_STEPS 1000 /* of SQLite's machine: some microseconds */
#define MIG_TICK_PAUSE 20   /* milliseconds between two calls of the program */

/* Has a connection call `tick`; NULL: no more. An SQLite may be without such calls: compiled in it
** lacks the function, and an extension is handed none. */
static void mig_set_tick(sqlite3 *db, int (*tick)(void *), void *arg) {
#ifdef SQLITE_OMIT_PROGRESS_CALLBACK
  (void)db;
  (void)tick;
  (void)arg;
#else
#ifdef sqlite3_progress_handler
  if (!sqlite3_progress_handler) return;
#endif
  sqlite3_progress_handler(db, tick ? MIG_TICK_STEPS : 0, tick, arg);
#endif
}

static int mig_tick(void *arg) {
  migrate *m = (migrate *)arg;
  sqlite3_int64 now = mig_milliseconds();
  if (mig_failed(&m->work)) return 0; /* what is undone now must not be stopped */
  if (now >= m->told && now - m->told < MIG_TICK_PAUSE) return 0;
  return mig_tell(m);
}

static void mig_borrow_handler(migrate *m) {
  if (!(m->flags & MIGRATE_LEND_HANDLER) || !mig_wants_progress(m)) return;
  m->told = mig_milliseconds();
  mig_set_tick(m->db, mig_tick, m);
}

static void mig_return_handler(migrate *m) {
  if (!(m->flags & MIGRATE_LEND_HANDLER) || !mig_wants_progress(m)) return;
  mig_set_tick(m->db, 0, 0);
}
/* Revisions: those that a handle knows, in the order in which they were added, and their graph.
**
** What the program adds is looked at when it is needed: a launch with nothing to do compares the
** version row with the end of the line, and no more. */

static void mig_add_revision(migrate *m, const mig_revision *revision) {
  m->revisions = (const mig_revision **)mig_grow(&m->arena, (void *)m->revisions, m->nrevision,
                                                 &m->revision_cap, sizeof(*m->revisions));
  if (mig_failed(&m->arena)) return;
  m->revisions[m->nrevision++] = revision;
  m->graph = 0;
}

static const char *mig_borrow(migrate *m, const char *z) {
  return z && (m->flags & MIGRATE_COPY) ? mig_copy(&m->arena, z) : z;
}

static int mig_is_text(const char *z, mig_span s, const char *words) {
  return mig_word_is(z + s.at, s.end - s.at, words);
}

/* A text whose first line begins with `words`: the next line, and in *rest what stands behind them;
** else NULL. */
static const char *mig_opening_line(const char *sql, const char *words, mig_span *rest) {
  size_t n = strlen(words), end = strcspn(sql, "\n");
  if (strncmp(sql, words, n) != 0 || end < n) return 0;
  *rest = mig_trim_blanks(sql, n, end);
  return sql[end] ? sql + end + 1 : sql + end;
}

/* A revision file says two things for which an array has no field: they are lines that open the
** SQL, `-- compat: REV` that of the upgrade, and the section's marker, for its option. */
static void mig_take_opening(migrate *m, mig_revision *v, mig_section *section, const char *sql) {
  mig_arena *a = &m->arena;
  int upgrade = section == &v->upgrade;
  const char *next, *marker = upgrade ? "-- migrate:up" : "-- migrate:down";
  mig_span rest;
  section->sql = sql = mig_unix_lines(a, mig_borrow(m, sql));
  if (!sql) return;
  next = upgrade ? mig_opening_line(sql, "-- compat:", &rest) : 0;
  if (next) {
    v->compat = mig_span_text(a, sql, rest);
    if (v->compat) mig_check_id(a, v->compat);
    section->sql = *next ? next : 0;
    sql = next;
  }
  next = mig_opening_line(sql, marker, &rest);
  if (!next || mig_failed(a)) return;
  section->sql = next;
  section->outside = mig_is_text(sql, rest, "transaction:false");
  if (section->outside || mig_span_empty(rest) || mig_is_text(sql, rest, "transaction:true"))
    return;
  mig_fail(a, MIGRATE_SCRIPT,
           "revision %s: unknown option of the marker %s; known is transaction:false", v->id,
           marker);
}

static void mig_add_one(migrate *m, const migrate_revision *r) {
  mig_arena *a = &m->arena;
  mig_revision *v = (mig_revision *)mig_alloc(a, sizeof *v);
  if (!v) return;
  v->id = mig_borrow(m, r->id);
  v->message = r->message ? mig_borrow(m, r->message) : "";
  v->create_date = r->create_date ? mig_borrow(m, r->create_date) : "";
  v->down = mig_list_of(a, r->down_revision);
  v->depends = mig_list_of(a, r->depends_on);
  v->labels = mig_list_of(a, r->branch_labels);
  mig_take_opening(m, v, &v->upgrade, r->upgrade);
  mig_take_opening(m, v, &v->downgrade, r->downgrade);
  v->upgrade_fn = r->upgrade_fn;
  v->downgrade_fn = r->downgrade_fn;
  v->arg = r->arg;
  mig_add_revision(m, v);
}

/* Looks at what the program added. */
static void mig_take_added(migrate *m) {
  int i;
  while (m->added && !mig_failed(&m->arena)) {
    mig_added *added = m->added;
    m->added = added->next;
    for (i = 0; i < added->n && !mig_failed(&m->arena); i++) mig_add_one(m, &added->v[i]);
  }
}

/* The graph of all of them, which answers into the memory of this call; NULL after a fault. */
static mig_graph *mig_graph_of(migrate *m) {
  mig_take_added(m);
  if (!m->graph) m->graph = mig_graph_load(&m->arena, m->revisions, m->nrevision);
  if (m->graph) m->graph->a = &m->work;
  return mig_failed(&m->arena) ? 0 : m->graph;
}

static int mig_is_none(const char *list) { return !list || !*list; }

/* Whether the target is the head, the revisions form one line in the order in which they were
** added, and the only version row is its end. That is the usual launch, and it is answered without
** a graph; 0 says nothing. */
static int mig_at_only_head(const migrate *m, mig_names rows, const char *target) {
  const migrate_revision *v = m->added ? m->added->v : 0;
  int i;
  if (!v || m->added->next || m->nrevision || rows.n != 1) return 0;
  if (strcmp(target, "head") != 0 && strcmp(target, "heads") != 0) return 0;
  if (strcmp(rows.at[0], v[m->added->n - 1].id) != 0) return 0;
  for (i = 0; i < m->added->n; i++) {
    const char *down = v[i].down_revision;
    if (!mig_is_none(v[i].depends_on)) return 0;
    if (i == 0 ? !mig_is_none(down) : !down || strcmp(down, v[i - 1].id) != 0) return 0;
  }
  return 1;
}

MIGRATE_API int migrate_add(migrate *m, const migrate_revision *revisions, int n) {
  mig_arena *a;
  mig_added *added, **last;
  int i;
  if (!m || m->fault.code) return migrate_errcode(m);
  a = &m->arena;
  if (n < 0 || (n && !revisions)) {
    mig_fail(a, MIGRATE_MISUSE, "migrate_add: no revisions are given");
  }
  for (i = 0; i < n && !mig_failed(a); i++) {
    if (!revisions[i].id || !revisions[i].id[0]) {
      mig_fail(a, MIGRATE_MISUSE, "migrate_add: a revision has no id");
    }
  }
  if (mig_failed(a) || n == 0) return mig_end_call(m);
  added = (mig_added *)mig_alloc(a, sizeof *added);
  if (added) added->v = (migrate_revision *)mig_array(a, (size_t)n, sizeof *revisions);
  if (mig_failed(a)) return mig_end_call(m);
  memcpy(added->v, revisions, (size_t)n * sizeof *revisions);
  added->n = n;
  for (last = &m->added; *last; last = &(*last)->next) {}
  *last = added;
  m->graph = 0;
  if (m->flags & MIGRATE_COPY) mig_take_added(m);
  return mig_end_call(m);
}
/* Edited: what the journal tells of the applied revisions, against what they say now; and of those
** that began and did not end. */

/* Where the journal is off, something else may bear its name. */
static mig_journal mig_journal_of(migrate *m, mig_arena *a) {
  mig_journal none;
  memset(&none, 0, sizeof none);
  if (!m->settings.journal && mig_journal_kind(m->db, a) == MIG_OTHER_TABLE) return none;
  return mig_journal_read(m->db, a);
}

/* The journal's entry of each node that is applied; NULL where there is none. */
static const mig_entry **mig_applied_entries(migrate *m, mig_graph *g,
                                             const unsigned char *applied) {
  const mig_entry **entry = (const mig_entry **)mig_array(g->a, (size_t)g->n, sizeof(mig_entry *));
  mig_journal j;
  int i;
  j = mig_journal_of(m, g->a);
  for (i = 0; i < j.n && entry && applied; i++) {
    const mig_entry *e = &j.entries[i];
    int node = e->revision ? mig_find_id(g, e->revision) : -1;
    if (node >= 0 && applied[node] && mig_entry_applied(e)) entry[node] = e;
  }
  return mig_failed(g->a) ? 0 : entry;
}

static int mig_is_edited(mig_arena *a, const mig_revision *rev, const mig_entry *e) {
  const char *now;
  if (!e || !e->checksum) return 0;
  now = mig_checksum(a, rev);
  return now && strcmp(e->checksum, now) != 0;
}

/* The nodes of those version rows that are known. */
static mig_nodes mig_known_rows(mig_graph *g, mig_names rows) {
  mig_nodes known = mig_room(g->a, rows.n);
  int i;
  for (i = 0; i < rows.n && known.at; i++) {
    int node = mig_find_id(g, rows.at[i]);
    if (node >= 0) known.at[known.n++] = node;
  }
  return known;
}

static int mig_holds_name(mig_names list, const char *name) {
  int i;
  for (i = 0; i < list.n && strcmp(list.at[i], name) != 0; i++) {}
  return i < list.n;
}

/* Warns of a revision that was put below an applied one later on: by the version rows it is
** applied, but it never ran. Where the parents of that time are gone it stands for them, as after a
** squash. */
static void mig_report_slipped(migrate *m, mig_graph *g, const mig_entry **entry, int node) {
  mig_nodes below = g->nodes[node].down;
  mig_names then;
  int i;
  if (!entry[node] || !entry[node]->down_revision) return;
  then = mig_list_of(&m->work, entry[node]->down_revision);
  for (i = 0; i < then.n; i++) {
    if (mig_find_id(g, then.at[i]) < 0) return;
  }
  for (i = 0; i < below.n; i++) {
    const char *id = mig_id(g, below.at[i]);
    if (entry[below.at[i]] || mig_holds_name(then, id)) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "revision %s was put below %s after that was applied, and has not run in "
                       "this database%s",
                       id, mig_id(g, node), mig_files(g, mig_one_node(g->a, below.at[i]))));
  }
}

/* Warns of applied revisions that are not what they were. */
static void mig_report_edited(migrate *m, mig_graph *g, mig_names rows) {
  const unsigned char *applied = mig_applied(g, mig_known_rows(g, rows));
  const mig_entry **entry = mig_applied_entries(m, g, applied);
  int i;
  for (i = 0; i < g->n && entry; i++) {
    const mig_revision *rev = g->nodes[i].rev;
    mig_report_slipped(m, g, entry, i);
    if (!mig_is_edited(&m->work, rev, entry[i])) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "revision %s was edited after it was applied; write another one instead%s",
                       rev->id, mig_files(g, mig_one_node(g->a, i))));
  }
}

/* Warns of each section that broke outside of a transaction: part of it may be in the database. */
static void mig_report_started(migrate *m) {
  mig_journal j = mig_journal_of(m, &m->work);
  int i;
  for (i = 0; i < j.n; i++) {
    const mig_entry *e = &j.entries[i];
    if (!e->state || strcmp(e->state, "started") != 0) continue;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "the %s of revision %s began outside of a transaction, %s, and did not end: "
                       "look at what it has done",
                       e->direction, e->revision, e->applied_at));
  }
}
/* Reflect: the live schema as data. Each read is finished before anything else happens. */

/* The catalogs at hand hold until a statement runs that may change the schema by itself. */
static void mig_forget_catalogs(migrate *m) {
  while (m->catalogs) {
    mig_catalog *c = m->catalogs;
    m->catalogs = c->next;
    c->next = m->forgotten; /* the statement at work may still hold it */
    m->forgotten = c;
  }
  m->schemas = 0;
}

static const char *mig_object_type(mig_catalog *c, const char *type) {
  static const char *const types[] = {"table", "index", "view", "trigger", ""};
  int i;
  for (i = 0; i < 5; i++) {
    if (strcmp(type ? type : "", types[i]) == 0) return types[i];
  }
  return mig_copy(&c->memory, type);
}

static void mig_read_object(migrate *m, sqlite3_stmt *stmt, mig_catalog *c) {
  mig_arena *a = &c->memory;
  const char *table, *type;
  mig_object *o;
  c->v = (mig_object *)mig_grow(a, c->v, c->n, &c->cap, sizeof(mig_object));
  if (mig_failed(a)) return;
  o = &c->v[c->n++];
  o->rowid = sqlite3_column_int64(stmt, 0);
  type = mig_cell_text(m, stmt, 1);
  o->type = mig_object_type(c, type);
  o->name = mig_cell_in(m, a, stmt, 2);
  table = mig_cell_text(m, stmt, 3);
  o->table = table && o->name && strcmp(o->name, table) == 0 ? o->name : mig_copy(a, table);
  o->sql = mig_cell_in(m, a, stmt, 4);
  if (!o->type) o->type = "";
  if (!o->name) o->name = "";
  if (!o->table) o->table = "";
}

static mig_catalog *mig_new_catalog(migrate *m, const char *schema) {
  mig_arena memory;
  mig_catalog *c;
  mig_arena_init(&memory, &m->fault);
  c = (mig_catalog *)mig_alloc(&memory, sizeof *c);
  if (!c) return 0;
  c->memory = memory;
  c->schema = mig_copy(&c->memory, schema);
  return c;
}

/* Reads sqlite_master of one database. Objects keep the text that SQLite stores. */
static mig_catalog *mig_read_catalog(migrate *m, const char *schema) {
  mig_catalog *c;
  sqlite3_stmt *stmt;
  int i;
  for (c = m->catalogs; c; c = c->next) {
    if (mig_same(c->schema, schema)) return c;
  }
  stmt = mig_prepare(m, mig_format(&m->work,
                                   "SELECT rowid, type, name, tbl_name, sql FROM "
                                   "\"%w\".sqlite_master ORDER BY rowid",
                                   schema));
  c = mig_new_catalog(m, schema);
  while (mig_row(m, &stmt)) mig_read_object(m, stmt, c);
  if (c && !mig_failed(&m->work)) mig_catalog_index(c);
  if (mig_failed(&m->work)) {
    if (c) mig_catalog_free(c);
    return 0;
  }
  for (i = 0; i < c->n && !c->has_virtual; i++) c->has_virtual = mig_is_virtual(&c->v[i]);
  if (m->pending) m->blind = m->reloads + 1; /* which of the texts SQLite has read is not known */
  c->next = m->catalogs;
  m->catalogs = c;
  return c;
}

/* The databases of the connection, in the order in which SQLite looks a bare name up: TEMP first,
** then main, then the attached ones. */
static const char **mig_read_schemas(migrate *m, int *n) {
  mig_arena *a = &m->lasting;
  const char **v = 0;
  int cap = 0, temp = 0;
  sqlite3_stmt *stmt;
  *n = m->nschema;
  if (m->schemas) return m->schemas;
  stmt = mig_prepare(m, "PRAGMA database_list");
  *n = 0;
  while (mig_row(m, &stmt)) {
    v = (const char **)mig_grow(a, (void *)v, *n + 1, &cap, sizeof *v);
    if (mig_failed(a)) continue;
    if (sqlite3_column_int(stmt, 0) == 1) temp = 1;
    v[(*n)++] = mig_cell_in(m, a, stmt, 1);
  }
  if (mig_failed(a)) return 0;
  if (temp) { /* main, temp, .. -> temp, main, .. */
    const char *swap = v[0];
    v[0] = v[1];
    v[1] = swap;
  }
  m->schemas = v;
  m->nschema = *n;
  return v;
}

typedef struct mig_target {
  mig_catalog *catalog; /* of the database that the table is in */
  mig_catalog *temp;    /* of TEMP, whose triggers and views may hang on the table */
  mig_object *object;
} mig_target;

static int mig_has_name_prefix(const char *z, const char *prefix) {
  return sqlite3_strnicmp(z, prefix, (int)strlen(prefix)) == 0;
}

/* Tables that belong to a virtual table: SQLite knows from 3.37 on, before that the suffixes of its
** own modules must do. */
static int mig_is_shadow(migrate *m, const mig_target *t) {
  static const char *const suffixes[] = {"data",     "idx",    "content", "docsize", "config",
                                         "segments", "segdir", "stat",    "node",    "rowid",
                                         "parent",   0};
  const char *name = t->object->name, *tail = strrchr(name, '_');
  int i;
  if (!tail || !t->catalog->has_virtual) return 0;
  if (sqlite3_libversion_number() >= 3037000) {
    sqlite3_stmt *stmt = mig_prepare(m, mig_format(&m->work, "PRAGMA \"%w\".table_list(\"%w\")",
                                                   t->catalog->schema, name));
    int shadow = 0;
    while (mig_row(m, &stmt)) {
      const char *type = (const char *)sqlite3_column_text(stmt, 2);
      if (type && strcmp(type, "shadow") == 0) shadow = 1;
    }
    return shadow;
  }
  for (i = 0; suffixes[i]; i++) {
    if (mig_same(tail + 1, suffixes[i])) {
      char *owner = mig_copyn(&m->work, name, (size_t)(tail - name));
      mig_object *o = owner ? mig_catalog_table(t->catalog, owner) : 0;
      return o && mig_is_virtual(o);
    }
  }
  return 0;
}

/* Refuses what is no ordinary table of the user's. */
static void mig_refuse_target(migrate *m, const mig_target *t) {
  const char *name = t->object->name;
  const char *what = 0;
  if (mig_is_type(t->object, "view")) what = "it is a view";
  else if (mig_has_name_prefix(name, "sqlite_")) what = "it belongs to SQLite";
  else if (mig_is_virtual(t->object)) what = "it is a virtual table";
  else if (mig_is_shadow(m, t)) what = "it belongs to a virtual table";
  else if (mig_same(name, m->settings.version_table) || mig_same(name, "migrate_journal")) {
    what = "it holds the applied revisions";
  }
  if (what) mig_fail(&m->work, MIGRATE_UNSUPPORTED, "table %s may not be altered: %s", name, what);
}

/* Finds the table of a statement as SQLite would. Without a fault and without an object: none. */
static mig_target mig_find_target(migrate *m, const char *schema, const char *table) {
  mig_target t;
  const char **schemas;
  int n, i;
  memset(&t, 0, sizeof t);
  schemas = mig_read_schemas(m, &n);
  for (i = 0; i < n && !mig_failed(&m->work) && !t.object; i++) {
    mig_catalog *c;
    if (schema ? !mig_same(schema, schemas[i]) : 0) continue;
    c = mig_read_catalog(m, schemas[i]);
    if (!c) break;
    t.catalog = c;
    t.object = mig_catalog_table(c, table);
  }
  if (schema && !t.catalog && !mig_failed(&m->work)) {
    mig_fail(&m->work, MIGRATE_NO_SUCH, "unknown database %s", schema);
  }
  if (!t.object) return t;
  if (mig_same(t.catalog->schema, "temp")) t.temp = t.catalog;
  else t.temp = mig_read_catalog(m, "temp");
  return t;
}
/* Frame: the transaction around a run, and the connection's settings, which are all as before when
** the run is over, however it went. */

/* Constants that older sqlite3.h lack; the calls answer an error there, which is harmless. */
#define MIG_WRITABLE_SCHEMA 1011
#define MIG_LEGACY_ALTER_TABLE 1012
#define MIG_DQS_DML 1013
#define MIG_DQS_DDL 1014
#define MIG_ENABLE_COMMENTS 1022

/* Sets a flag of sqlite3_db_config(); returns what it was. -1 asks only. */
static int mig_flag(sqlite3 *db, int op, int value) {
  int before = 0, after = 0;
  if (sqlite3_db_config(db, op, -1, &before) != SQLITE_OK) return value; /* it has no such flag */
  if (value >= 0 && value != before) sqlite3_db_config(db, op, value, &after);
  return before;
}

/* Runs one statement to its end; rows are dropped. Returns SQLite's code. */
static int mig_step_all(sqlite3 *db, const char *sql, const char *parameter) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  if (rc == SQLITE_OK && parameter) {
    rc = sqlite3_bind_text(stmt, 1, parameter, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) {
    while (sqlite3_step(stmt) == SQLITE_ROW) {}
    rc = sqlite3_finalize(stmt);
  } else {
    sqlite3_finalize(stmt);
  }
  return rc;
}

/* Held by another connection, of this process's cache if that is shared: worth waiting for. */
static int mig_is_held(int code) {
  return (code & 0xff) == SQLITE_BUSY || code == SQLITE_LOCKED_SHAREDCACHE;
}

/* From 3.46 on VALUES, from 3.49 on every SELECT wants the schema, which cannot be read while
** another connection commits. This has rows, and wants nothing. */
static const char mig_without_schema[] = "PRAGMA collation_list";

/* SQLite forgets an interrupt that finds no statement at work, as between two of a run's, or while
** a run waits for another connection. While this one stands in the first of its rows there is
** always one, and the next statement of the run is the one that stops. In a call out of SQL the
** caller's own statement does the same. */
static void mig_stay_awake(migrate *m) {
  int rc;
  if (mig_live(m) || (m->flags & MIGRATE_SQL_FUNCTION) || m->awake || mig_failed(&m->work)) return;
  rc = sqlite3_prepare_v2(m->db, "VALUES (1), (2)", -1, &m->awake, 0);
  if (mig_is_held(rc)) rc = sqlite3_prepare_v2(m->db, mig_without_schema, -1, &m->awake, 0);
  if (rc != SQLITE_OK || sqlite3_step(m->awake) != SQLITE_ROW) mig_fail_db(m, 0);
}

static void mig_fall_asleep(migrate *m) {
  sqlite3_finalize(m->awake);
  m->awake = 0;
}

/* Has somebody interrupted the connection, while none of its own statements is at work? */
static int mig_is_interrupted(migrate *m) {
  int rc = mig_step_all(m->db, "SELECT 1", 0);
  if (mig_is_held(rc)) rc = mig_step_all(m->db, mig_without_schema, 0);
  if ((rc & 0xff) != SQLITE_INTERRUPT) return 0;
  mig_fail(&m->work, SQLITE_INTERRUPT, "interrupted");
  return 1;
}

/* ---- the way back ---- */

/* Without memory no statement can be compiled, and inside SELECT f(..) none ever again once an
** allocation has failed or somebody has interrupted. So that a run can always be undone there are
** two ways, compiled before it begins, and at every moment one of them is open.
**
** The undo is ROLLBACK. A changed flag, and a few statements, make SQLite compile every statement
** anew, so that it is made again after them.
**
** The brace covers the time between: a statement that stands at its first row need not be compiled
** to go on. It counts as one that writes, and when such a one is interrupted SQLite rolls back all
** that is open, a transaction of the caller's with it; that is the last resort. It must not stand
** for long: no table can be dropped beside it. */
static int mig_ready(migrate *m) {
  static const char *const ways[] = {"ROLLBACK TO migrate", "RELEASE migrate", "ROLLBACK"};
  const char *const *way = m->own_transaction ? ways + 2 : ways;
  sqlite3_stmt *stmt = 0;
  int i, rc = SQLITE_OK, n = m->own_transaction ? 1 : 2;
  for (i = 0; i < n && rc == SQLITE_OK; i++) {
    rc = sqlite3_prepare_v2(m->db, way[i], -1, &stmt, 0);
    if (rc != SQLITE_OK) return rc; /* the old one stays, which may do */
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = stmt;
  }
  rc = sqlite3_prepare_v2(m->db, "PRAGMA main.journal_mode", -1, &stmt, 0);
  if (rc != SQLITE_OK) return rc;
  sqlite3_finalize(m->brace);
  m->brace = stmt;
  m->braced = m->stale = 0;
  return SQLITE_OK;
}

static void mig_forget_undo(migrate *m) {
  int i;
  for (i = 0; i < 2; i++) {
    sqlite3_finalize(m->undo[i]);
    m->undo[i] = 0;
  }
  sqlite3_finalize(m->brace);
  m->brace = 0;
  m->braced = m->stale = 0;
}

/* Tried twice. */
static int mig_step_way(migrate *m, int way) {
  int i, rc = SQLITE_ERROR;
  for (i = 0; i < 2 && rc != SQLITE_DONE; i++) {
    rc = sqlite3_step(m->undo[way]);
    sqlite3_reset(m->undo[way]);
  }
  return rc == SQLITE_DONE;
}

/* The way back. The brace holds up neither ROLLBACK nor ROLLBACK TO, but RELEASE. */
static int mig_step_undo(migrate *m) {
  if (!m->undo[0] || !mig_step_way(m, 0)) return 0;
  if (!m->undo[1]) return 1;
  sqlite3_reset(m->brace);
  mig_step_way(m, 1);
  return 1;
}

static void mig_break_brace(migrate *m) {
  if (!m->brace) return;
  sqlite3_interrupt(m->db);
  sqlite3_step(m->brace);
  sqlite3_reset(m->brace);
}

/* Undoes the run. What SQLite has rolled back by itself (disk full, interrupt ..) is not there to
** be rolled back again, and a caller's transaction that went with it is spoken of. A progress
** handler of the host's that interrupts even this does so once, as a rule. */
static void mig_frame_undo(migrate *m) {
  m->depth = 0;
  mig_fall_asleep(m);
  if (m->fault.code != SQLITE_NOMEM && !(m->flags & MIGRATE_SQL_FUNCTION)) {
    sqlite3_reset(m->brace); /* an interrupt is over when nothing runs any more */
  }
  if (!sqlite3_get_autocommit(m->db) && !mig_step_undo(m)) mig_break_brace(m);
  mig_forget_undo(m);
  if (!m->own_transaction && sqlite3_get_autocommit(m->db)) {
    mig_fault_context(&m->work, "SQLite has rolled the whole transaction back: ");
  }
}

/* Out of memory: undone at once, while a way back is open. Comes before a flag is restored. */
static void mig_undo_in_need(migrate *m) {
  if (m->depth && m->fault.code == SQLITE_NOMEM) mig_frame_undo(m);
}

static void mig_undo_without_memory(migrate *m) {
  mig_no_memory(&m->work);
  mig_undo_in_need(m);
}

/* Comes before what makes statements compile anew .. */
static void mig_brace(migrate *m) {
  int rc;
  if (!m->depth || m->braced || !m->brace) return;
  rc = sqlite3_step(m->brace);
  m->braced = rc == SQLITE_ROW;
  if ((rc & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
  else if (mig_is_undone(m)) mig_fail_db(m, 0);
}

/* .. and this behind it. */
static void mig_still_ready(migrate *m) {
  if (m->depth && (mig_ready(m) & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
}

/* Before 3.40 no statement goes on any more once an allocation has failed inside SELECT f(..), not
** even one that is compiled: there the brace alone is a way back, and stands while others are made.
** Returns whether it has to be taken down. */
static int mig_is_frail(const migrate *m) {
  return (m->flags & MIGRATE_SQL_FUNCTION) && sqlite3_libversion_number() < 3040000;
}

static int mig_brace_frail(migrate *m) {
  if (!mig_is_frail(m) || m->braced) return 0;
  mig_brace(m);
  return m->braced;
}

static void mig_unbrace(migrate *m, int braced) {
  if (braced && !mig_failed(&m->work)) mig_still_ready(m);
}

/* Does a statement compile? Its error is swallowed, unless it is an accident. */
static int mig_compiles(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  int rc, braced;
  if (mig_failed(&m->work) || !sql) return 0;
  braced = mig_brace_frail(m);
  if (mig_failed(&m->work)) return 0;
  rc = sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0);
  if (mig_is_accident(rc) || (rc && mig_is_undone(m))) mig_fail_db(m, 0);
  mig_undo_in_need(m);
  mig_unbrace(m, braced);
  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

/* mig_prepare() in a run. */
static sqlite3_stmt *mig_prepare_braced(migrate *m, const char *sql) {
  int braced = mig_brace_frail(m);
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  mig_undo_in_need(m);
  mig_unbrace(m, braced);
  return stmt;
}

/* Sets a flag in a run; returns what it was. mig_still_ready() follows. */
static int mig_switch(migrate *m, int op, int value) {
  int before = value;
  if (sqlite3_db_config(m->db, op, -1, &before) != SQLITE_OK || before == value) return value;
  mig_brace(m);
  mig_flag(m->db, op, value);
  m->stale = 1;
  return before;
}

static int mig_begins_with(const char *sql, const char *const *words) {
  mig_token k = mig_next_significant(sql, strlen(sql), 0);
  while (*words && !mig_token_is(sql, k, *words)) words++;
  return *words != 0;
}

/* Statements that leave all others compiled. */
static int mig_changes_rows_alone(const char *sql) {
  static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "REPLACE", 0};
  return mig_begins_with(sql, words);
}

/* Statements beside which no other may be reading. */
static int mig_drops(const char *sql) {
  static const char *const words[] = {"DROP", 0};
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  if (mig_begins_with(sql, words)) return 1;
  return mig_token_is(sql, mig_next_significant(sql, n, k.end), "VIRTUAL");
}

static int mig_fail_undone(migrate *m) {
  if (!mig_is_undone(m)) return 0;
  return mig_fail(&m->work, SQLITE_ABORT, "SQLite has rolled the transaction back");
}

/* A statement of the run; nothing after a fault. */
static int mig_do(migrate *m, const char *sql, const char *parameter) {
  int rc, stays, braced = m->braced, frail = 0;
  if (!sql || mig_failed(&m->work) || mig_fail_undone(m)) return SQLITE_ABORT;
  stays = mig_changes_rows_alone(sql);
  if (stays) frail = mig_brace_frail(m);
  else if (!mig_drops(sql)) mig_brace(m);
  if (mig_failed(&m->work)) return m->fault.code;
  rc = mig_step_all(m->db, sql, parameter);
  if (rc == SQLITE_ERROR) rc = mig_db_code(m);
  if (rc == SQLITE_OK && !stays && !braced) mig_still_ready(m);
  if (rc == SQLITE_OK) mig_unbrace(m, frail); /* else SQLite's message would be gone */
  if ((rc & 0xff) == SQLITE_NOMEM) mig_undo_without_memory(m);
  return rc;
}

/* ---- settings ---- */

/* What our own statements run under. */
typedef struct mig_flags {
  int legacy, dqs_dml, dqs_ddl, comments;
  int changed; /* some of these are others than the host's */
  sqlite3_int64 rowid;
} mig_flags;

/* m->legacy is what legacy_alter_table was when the run began: some builds have it on. A script
** that has switched it means it. */
static mig_flags mig_enter(migrate *m) {
  sqlite3 *db = m->db;
  mig_flags f;
  f.legacy = mig_flag(db, MIG_LEGACY_ALTER_TABLE, -1);
  if (f.legacy == m->legacy) mig_switch(m, MIG_LEGACY_ALTER_TABLE, 0);
  f.dqs_dml = mig_switch(m, MIG_DQS_DML, 1);
  f.dqs_ddl = mig_switch(m, MIG_DQS_DDL, 1);
  f.comments = mig_switch(m, MIG_ENABLE_COMMENTS, 1);
  f.changed = (f.legacy && f.legacy == m->legacy) || !f.dqs_dml || !f.dqs_ddl || !f.comments;
  f.rowid = sqlite3_last_insert_rowid(db);
  if (m->stale) mig_still_ready(m);
  return f;
}

static void mig_leave(migrate *m, mig_flags f) {
  mig_undo_in_need(m);
  if (f.changed) {
    mig_switch(m, MIG_LEGACY_ALTER_TABLE, f.legacy);
    mig_switch(m, MIG_DQS_DML, f.dqs_dml);
    mig_switch(m, MIG_DQS_DDL, f.dqs_ddl);
    mig_switch(m, MIG_ENABLE_COMMENTS, f.comments);
  }
  sqlite3_set_last_insert_rowid(m->db, f.rowid);
  if (m->stale || m->braced) mig_still_ready(m);
}

/* Another statement of the connection that has begun and not ended. Inside an SQL function one of
** them is the caller itself: the one that names a function of ours. */
static void mig_refuse_busy(migrate *m) {
  sqlite3_stmt *stmt = 0, *other = 0;
  int callers = (m->flags & MIGRATE_SQL_FUNCTION) ? 1 : 0;
  while ((stmt = sqlite3_next_stmt(m->db, stmt)) != 0) {
    const char *sql = sqlite3_sql(stmt);
    if (!sqlite3_stmt_busy(stmt) || stmt == m->awake) continue;
    if (callers && sql && mig_mentions(sql, "migrate_")) {
      callers--;
      if (!sqlite3_stmt_readonly(stmt)) {
        mig_fail(&m->work, MIGRATE_BUSY_STATEMENT,
                 "called inside a statement that writes: %.200s (call it as SELECT f(..) alone)",
                 sql);
      }
      continue;
    }
    other = stmt;
  }
  if (other) {
    mig_fail(&m->work, MIGRATE_BUSY_STATEMENT,
             "another statement of this connection is still reading: %.200s (finish or reset it "
             "first)",
             sqlite3_sql(other) ? sqlite3_sql(other) : "?");
  }
}

/* Whether nothing is being read on the connection, as far as SQLite tells (from 3.34 on). */
static int mig_is_idle(sqlite3 *db) {
#if SQLITE_VERSION_NUMBER >= 3034000
  if (sqlite3_libversion_number() >= 3034000) return sqlite3_txn_state(db, 0) == SQLITE_TXN_NONE;
#endif
  (void)db;
  return 0;
}

/* Inside SELECT f(..) FROM t the table t is being read, and SQLite refuses every DROP: found out
** before anything is changed. idle: nothing was read when the run began. */
static void mig_refuse_from(migrate *m, int idle) {
  sqlite3_stmt *stmt = 0;
  const char *sql = 0;
  if (!(m->flags & MIGRATE_SQL_FUNCTION) || idle || mig_failed(&m->work)) return;
  if (mig_do(m, "CREATE TEMP TABLE migrate_probe(x)", 0) != SQLITE_OK) {
    mig_fail_db(m, 0);
    return;
  }
  if (mig_do(m, "DROP TABLE temp.migrate_probe", 0) == SQLITE_OK) return;
  if ((sqlite3_errcode(m->db) & 0xff) != SQLITE_LOCKED) {
    mig_fail_db(m, 0);
    return;
  }
  while ((stmt = sqlite3_next_stmt(m->db, stmt)) != 0) {
    if (sqlite3_stmt_busy(stmt) && sqlite3_sql(stmt)) sql = sqlite3_sql(stmt);
  }
  mig_fail(&m->work, SQLITE_LOCKED,
           "called inside a statement that reads a table: %.200s (call it as SELECT f(..) without "
           "FROM)",
           sql ? sql : "?");
}

#define MIG_PAUSE_LAST 50

/* For how long others were waited for. The host's own busy handler has its turn in each attempt,
** and behind the first what it waits counts: else each of many would take as long as it does. */
typedef struct mig_wait {
  sqlite3_int64 since; /* when the attempt began; 0: the first */
  int waited;          /* milliseconds, up to then */
} mig_wait;

/* Another connection holds a lock: waits a little longer each time. 0: busy_timeout is over. */
static int mig_pause(migrate *m, mig_wait *w) {
  sqlite3_int64 tried = w->since ? mig_milliseconds() - w->since : 0;
  int pause, limit = m->settings.busy_timeout, awake = m->awake != 0;
  if (tried > limit - w->waited) w->waited = limit;
  else if (tried > 0) w->waited += (int)tried;
  if (w->waited >= limit) return 0;
  mig_stay_awake(m);
  pause = w->waited + 1;
  if (pause > MIG_PAUSE_LAST) pause = MIG_PAUSE_LAST;
  if (pause > limit - w->waited) pause = limit - w->waited;
  if (!mig_tell(m)) {
    int slept = sqlite3_sleep(pause); /* a second, where SQLite was compiled without usleep() */
    if (slept > pause) pause = slept;
    mig_is_interrupted(m);
  }
  if (!awake) mig_fall_asleep(m);
  w->waited = pause < limit - w->waited ? w->waited + pause : limit;
  w->since = mig_milliseconds();
  return !mig_failed(&m->work);
}

/* Waits with a fault in hand, which stays when busy_timeout is over. */
static int mig_pause_at_fault(migrate *m, mig_wait *w) {
  mig_fault busy = m->fault;
  memset(&m->fault, 0, sizeof m->fault);
  if (!mig_pause(m, w) && !m->fault.code) {
    m->fault = busy;
    return 0;
  }
  mig_fault_clear(&busy);
  return !m->fault.code;
}

/* BEGIN IMMEDIATE, which writers make wait; COMMIT, which readers do. */
static int mig_step_patiently(migrate *m, const char *sql) {
  mig_wait w = {0, 0};
  int rc;
  do {
    rc = mig_step_all(m->db, sql, 0);
  } while (rc && mig_is_held(sqlite3_extended_errcode(m->db)) && mig_pause(m, &w));
  return rc;
}

/* ---- durability ---- */

/* The number that a query answers; `otherwise` when it does not. */
static int mig_ask_number(migrate *m, const char *sql, int otherwise) {
  sqlite3_stmt *stmt = 0;
  int n = otherwise, rc = sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0);
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int(stmt, 0);
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return n;
}

static int mig_journal_is(migrate *m, const char *schema, const char *wanted) {
  char *sql = mig_format(&m->work, "PRAGMA \"%w\".journal_mode", schema);
  sqlite3_stmt *stmt = 0;
  int is = 0, rc = sql ? sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) : SQLITE_NOMEM;
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *mode = (const char *)sqlite3_column_text(stmt, 0);
    is = mode && strcmp(mode, wanted) == 0;
  }
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return is;
}

/* Without a rollback journal SQLite undoes nothing, not even a statement that fails half way. */
static void mig_refuse_without_journal(migrate *m) {
  int n = 0, i;
  const char **schemas = mig_read_schemas(m, &n);
  for (i = 0; schemas && i < n && !mig_failed(&m->work); i++) {
    if (!mig_journal_is(m, schemas[i], "off")) continue;
    mig_fail(&m->work, MIGRATE_UNSUPPORTED,
             "journal_mode of database %s is OFF, so that a failure could not be undone: set it to "
             "DELETE, WAL or MEMORY first",
             schemas[i]);
  }
}

/* A commit ends with the deletion of the journal, and below synchronous = EXTRA that is not synced:
** after a power cut the journal may be there again and undo a run that was said to have succeeded.
** A program that has synchronous off does not mind. */
static void mig_be_durable(migrate *m) {
  int level;
  if (m->synchronous || !mig_journal_is(m, "main", "delete")) return;
  level = mig_ask_number(m, "PRAGMA main.synchronous", 0);
  if (level != 1 && level != 2) return;
  m->synchronous = level;
  mig_ask_number(m, "PRAGMA main.synchronous = EXTRA", 0);
}

/* Without memory it stays; migrate_close() tries once more. */
static void mig_be_as_durable_as_before(migrate *m) {
  if (!m->synchronous || !sqlite3_get_autocommit(m->db)) return;
  if (mig_step_all(m->db,
                   m->synchronous == 1 ? "PRAGMA main.synchronous = NORMAL"
                                       : "PRAGMA main.synchronous = FULL",
                   0) == SQLITE_OK) {
    m->synchronous = 0;
  }
}

/* ---- begin and end ---- */

/* Opens the transaction of a run: BEGIN IMMEDIATE, or a savepoint inside the caller's. */
static void mig_frame_open(migrate *m) {
  int rc, idle = mig_is_idle(m->db);
  mig_refuse_busy(m);
  mig_refuse_without_journal(m);
  if (mig_failed(&m->work)) return;
  if (!m->step) m->legacy = mig_flag(m->db, MIG_LEGACY_ALTER_TABLE, -1);
  m->own_transaction = sqlite3_get_autocommit(m->db);
  if (!m->own_transaction && m->settings.rebuild == MIG_REBUILD_PORTABLE) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "rebuild = portable is not possible inside a transaction: foreign keys have to be off "
             "before it begins");
    return;
  }
  if (m->own_transaction) mig_be_durable(m);
  if (mig_failed(&m->work)) return;
  mig_ready(m);
  if (!m->undo[0]) { /* an authorizer may forbid ROLLBACK */
    mig_fail_db(m, 0);
    return;
  }
  mig_stay_awake(m);
  rc = mig_failed(&m->work)   ? m->fault.code
       : m->own_transaction ? mig_step_patiently(m, "BEGIN IMMEDIATE")
                            : mig_step_all(m->db, "SAVEPOINT migrate", 0);
  if (rc != SQLITE_OK) {
    mig_fail_db(m, (rc & 0xff) == SQLITE_BUSY ? "another connection holds the database" : 0);
    if (m->own_transaction && !sqlite3_get_autocommit(m->db)) mig_step_undo(m); /* mig_commit() */
    mig_fall_asleep(m);
    mig_forget_undo(m);
    return;
  }
  m->depth = 1;
  mig_refuse_from(m, idle);
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 1);
}

/* A run of edits shares one statement and one lifting of the flags: between two edits nothing else
** runs on the connection. */
static void mig_end_edits(migrate *m) {
  if (!MIG_ALTERS || !m->edit_schema) return;
  sqlite3_finalize(m->edit);
  m->edit = 0;
  m->edit_schema = 0;
  mig_undo_in_need(m);
  mig_switch(m, MIG_WRITABLE_SCHEMA, m->writable);
  mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, m->defensive);
  mig_still_ready(m);
}

/* A progress handler of the host's may stop a COMMIT, as a BEGIN, that has come true. */
static int mig_commit(migrate *m) {
  int rc = mig_step_patiently(m, "COMMIT");
  return rc == SQLITE_INTERRUPT && sqlite3_get_autocommit(m->db) ? SQLITE_OK : rc;
}

/* Ends the transaction of a run: commits without a fault, else undoes everything. */
static void mig_frame_end(migrate *m) {
  int rc;
  if (m->framed && !mig_failed(&m->work)) m->framed(m, 0);
  if (MIG_NEVER(m->due && !mig_failed(&m->work))) {
    mig_fail(&m->work, SQLITE_INTERNAL, "the version rows have not been written");
  }
  if (!mig_failed(&m->work)) {
    rc = m->own_transaction ? mig_commit(m) : mig_step_all(m->db, "RELEASE migrate", 0);
    if (rc != SQLITE_OK) mig_fail_db(m, "the changes could not be committed");
    else m->backup.commits++;
  }
  if (mig_failed(&m->work)) mig_frame_undo(m);
  m->depth = 0;
  mig_forget_undo(m);
}

static void mig_frame_close(migrate *m) {
  mig_end_edits(m);
  if (m->depth) mig_frame_end(m);
  mig_fall_asleep(m);
  mig_be_as_durable_as_before(m);
}
/* Ranges: a long copy, some rows at a time, so that the program hears of it and may stop it. Each
** range begins with the key where the one before it ended; its size follows the time that the last
** one took. */

#define MIG_RANGE_ROWS 100 /* of the first range */

typedef struct mig_copier {
  migrate *m;
  const mig_ranges *r;
  sqlite3_stmt *first, *next;   /* the key of the first row; of the row that is n behind a key */
  sqlite3_stmt *range, *rest;   /* copy from a key to another; to the end */
  sqlite3_stmt *last;           /* the one of them that ran last */
  sqlite3_value **from, **to;   /* keys */
  sqlite3_int64 n;              /* rows in a range */
} mig_copier;

/* ?1, ?2 ..: nkey of them, the first one's number being `at`. */
static char *mig_range_parameters(mig_copier *w, int at) {
  mig_text z;
  int i;
  mig_text_init(&z, &w->m->work);
  for (i = 0; i < w->r->nkey; i++) mig_putf(&z, "%s?%d", i ? ", " : "", at + i);
  return z.z;
}

static void mig_copier_prepare(mig_copier *w) {
  migrate *m = w->m;
  mig_arena *a = &m->work;
  const mig_ranges *r = w->r;
  char *from = mig_range_parameters(w, 1), *to = mig_range_parameters(w, 1 + r->nkey);
  w->from = (sqlite3_value **)mig_array(a, (size_t)r->nkey * 2, sizeof *w->from);
  w->to = w->from + r->nkey;
  w->first = mig_prepare(
      m, mig_format(a, "SELECT %s %s ORDER BY %s LIMIT 1", r->key, r->source, r->key));
  w->next = mig_prepare(
      m, mig_format(a, "SELECT %s %s WHERE (%s) >= (%s) ORDER BY %s LIMIT 1 OFFSET ?%d",
                    r->key, r->source, r->key, from, r->key, 1 + r->nkey));
  w->range = mig_prepare(m, mig_format(a, "%s WHERE (%s) >= (%s) AND (%s) < (%s)%s", r->head,
                                       r->key, from, r->key, to, r->tail));
  w->rest = mig_prepare(
      m, mig_format(a, "%s WHERE (%s) >= (%s)%s", r->head, r->key, from, r->tail));
}

/* Steps a query for a key: 1 when there is one. */
static int mig_copier_key(mig_copier *w, sqlite3_stmt *stmt, sqlite3_value **key) {
  int i, rc = sqlite3_step(stmt);
  for (i = 0; i < w->r->nkey; i++) {
    sqlite3_value_free(key[i]);
    key[i] = rc == SQLITE_ROW ? sqlite3_value_dup(sqlite3_column_value(stmt, i)) : 0;
    if (rc == SQLITE_ROW && !key[i]) mig_no_memory(&w->m->work);
  }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) mig_fail_db(w->m, 0);
  sqlite3_reset(stmt);
  return rc == SQLITE_ROW && !mig_failed(&w->m->work);
}

static void mig_copier_bind(mig_copier *w, sqlite3_stmt *stmt, int at, sqlite3_value **key) {
  int i;
  for (i = 0; i < w->r->nkey; i++) {
    if (sqlite3_bind_value(stmt, at + i, key[i]) != SQLITE_OK) mig_fail_db(w->m, 0);
  }
}

/* Copies the range that begins at w->from. Returns 1 when another one follows. */
static int mig_copier_range(mig_copier *w) {
  migrate *m = w->m;
  sqlite3_int64 began = mig_milliseconds();
  sqlite3_value **swap = w->from;
  int more;
  mig_copier_bind(w, w->next, 1, w->from);
  sqlite3_bind_int64(w->next, 1 + w->r->nkey, w->n);
  more = mig_copier_key(w, w->next, w->to);
  w->last = more ? w->range : w->rest;
  mig_copier_bind(w, w->last, 1, w->from);
  if (more) mig_copier_bind(w, w->last, 1 + w->r->nkey, w->to);
  if (mig_failed(&m->work) || sqlite3_step(w->last) != SQLITE_DONE) return 0;
  m->done += sqlite3_changes(m->db);
  sqlite3_reset(w->last);
  w->n = mig_next_piece(w->n, began);
  w->from = w->to;
  w->to = swap;
  return !mig_tell(m) && more;
}

/* Frees all. Returns the code of the copy: it goes last, so that the connection's message is its
** own. */
static int mig_copier_end(mig_copier *w) {
  int i;
  for (i = 0; w->from && i < w->r->nkey; i++) {
    sqlite3_value_free(w->from[i]);
    sqlite3_value_free(w->to[i]);
  }
  sqlite3_finalize(w->first);
  sqlite3_finalize(w->next);
  sqlite3_finalize(w->last == w->range ? w->rest : w->range);
  return sqlite3_finalize(w->last == w->range ? w->range : w->rest);
}

/* Runs a copy as ranges: what mig_do() is for one statement. */
static int mig_do_ranges(migrate *m, const mig_ranges *r) {
  mig_copier w;
  int rc;
  if (mig_fail_undone(m)) return SQLITE_ABORT;
  memset(&w, 0, sizeof w);
  w.m = m;
  w.r = r;
  w.n = MIG_RANGE_ROWS;
  m->total = mig_read_int(m, r->count);
  mig_copier_prepare(&w);
  if (!mig_failed(&m->work) && mig_copier_key(&w, w.first, w.from)) {
    while (mig_copier_range(&w)) {}
  }
  rc = mig_copier_end(&w);
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  mig_undo_in_need(m);
  return rc ? rc : m->fault.code;
}
/* Execute: the one sink. Every statement that changes anything passes through mig_sink(): it is
** listed for whoever asks, then run. Past it go the version rows that wait, of which nobody hears
** (record.c). */

static void mig_announce(migrate *m, const mig_statement *s, const char *strategy) {
  mig_statement written = *s;
  if (!MIG_TOOLS || !m->listen || mig_failed(&m->work)) return;
  if (s->object) written.sql = mig_text_edit_sql(&m->work, s);
  m->listen(m, &written, strategy);
}

/* ---- edits of sqlite_master and their reload ---- */

static mig_pending *mig_set_pending(migrate *m, const char *schema) {
  mig_pending *p;
  for (p = m->pending; p && !mig_same(p->schema, schema); p = p->next) {}
  if (!p) {
    p = (mig_pending *)mig_alloc(&m->lasting, sizeof *p);
    if (!p) return 0;
    p->schema = mig_copy(&m->lasting, schema);
    p->next = m->pending;
    m->pending = p;
  }
  return p;
}

static void mig_note_edit(migrate *m, const char *name) {
  mig_edited *e = (mig_edited *)mig_alloc(&m->lasting, sizeof *e);
  if (!e) return;
  e->name = mig_copy(&m->lasting, name);
  e->place = m->place;
  e->next = m->edited;
  m->edited = e;
}

/* Runs a statement that DEFENSIVE forbids: lifted for it alone and put back. */
static int mig_step_unguarded(migrate *m, const char *sql, const char *parameter) {
  int braced = m->braced;
  int defensive = mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, 0);
  int writable = mig_switch(m, MIG_WRITABLE_SCHEMA, 1);
  int rc = mig_do(m, sql, parameter);
  mig_switch(m, MIG_WRITABLE_SCHEMA, writable);
  mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, defensive);
  if (rc == SQLITE_OK && !braced) mig_still_ready(m); /* else SQLite's message would be gone */
  return rc;
}

static int mig_prepare_edit(migrate *m, const char *schema, int renames) {
  char *sql = mig_format(&m->work,
                         "UPDATE \"%w\".\"sqlite_master\" SET sql = ?1%s WHERE rowid = ?2 AND type "
                         "= ?3 AND name = ?4",
                         schema, renames ? ", name = ?5, tbl_name = ?6" : "");
  if (!sql) return SQLITE_NOMEM;
  sqlite3_finalize(m->edit);
  m->edit = 0;
  m->edit_renames = renames;
  return sqlite3_prepare_v2(m->db, sql, -1, &m->edit, 0);
}

static int mig_begin_edits(migrate *m, const char *schema, int renames) {
  if (m->edit_schema && mig_same(m->edit_schema, schema)) {
    return m->edit_renames == renames ? SQLITE_OK : mig_prepare_edit(m, schema, renames);
  }
  mig_end_edits(m);
  m->defensive = mig_switch(m, SQLITE_DBCONFIG_DEFENSIVE, 0);
  m->writable = mig_switch(m, MIG_WRITABLE_SCHEMA, 1);
  m->edit_schema = schema;
  mig_still_ready(m);
  if (mig_failed(&m->work)) return m->fault.code;
  return mig_prepare_edit(m, schema, renames);
}

/* The catalog at hand follows an edit, so that it need not be read again. */
static void mig_follow_edit(migrate *m, const mig_statement *s) {
  mig_catalog *c;
  for (c = m->catalogs; c; c = c->next) {
    if (!c->n || s->object < c->v || s->object >= c->v + c->n) continue;
    if (s->name) mig_catalog_rename(c, s->object, s->name, s->table);
    if (s->text) mig_catalog_retext(c, s->object, s->text);
    if (!s->same_columns) s->object->reload = m->reloads + 1;
    if (s->name) s->object->renamed = m->reloads + 1;
    return;
  }
  m->blind = m->reloads + 1; /* the object is of a catalog that was read before */
  mig_forget_catalogs(m);
}

/* Edits one text. */
static int mig_edit_text(migrate *m, const mig_statement *s) {
  mig_pending *p = mig_set_pending(m, s->schema);
  int rc = p ? mig_begin_edits(m, p->schema, s->name != 0) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) return rc;
  if (mig_failed(&m->work) || mig_fail_undone(m)) return SQLITE_ABORT;
  sqlite3_bind_text(m->edit, 1, s->text, -1, SQLITE_STATIC);
  sqlite3_bind_int64(m->edit, 2, s->object->rowid);
  sqlite3_bind_text(m->edit, 3, s->object->type, -1, SQLITE_STATIC);
  sqlite3_bind_text(m->edit, 4, s->object->name, -1, SQLITE_STATIC);
  if (s->name) {
    sqlite3_bind_text(m->edit, 5, s->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(m->edit, 6, s->table, -1, SQLITE_STATIC);
  }
  sqlite3_step(m->edit);
  rc = sqlite3_reset(m->edit);
  if (rc != SQLITE_OK) return rc;
  mig_note_edit(m, s->name ? s->name : s->object->name);
  mig_follow_edit(m, s);
  return rc;
}

/* SQLite calls a text that it cannot read "malformed database schema (t) - why": the why is enough,
** since the text is ours and is about to be undone. The statement to blame may be far behind. */
static void mig_fail_reload(migrate *m) {
  const char *z = sqlite3_errmsg(m->db), *why = strstr(z, ") - "), *name = strchr(z, '(');
  int rc = sqlite3_errcode(m->db) & 0xff;
  const mig_edited *e;
  if (rc != SQLITE_CORRUPT || !why || !name || name > why) {
    mig_fail_db(m, 0);
    return;
  }
  for (e = m->edited; e && !m->blamed; e = e->next) {
    size_t n = strlen(e->name);
    if (n == (size_t)(why - name) - 1 && memcmp(name + 1, e->name, n) == 0) m->blamed = e;
  }
  mig_fail(&m->work, SQLITE_ERROR, "%s", why + 4);
}

/* Before 3.35 a connection did not look at the schema version that it had set itself: a rollback to
** a savepoint makes it forget its schema, and leaves the transaction as it is. */
static int mig_forget_step(sqlite3 *db, const char *sql) {
  return sqlite3_libversion_number() < 3035000 ? mig_step_all(db, sql, 0) : SQLITE_OK;
}

static void mig_forget_schema(sqlite3 *db) {
  mig_forget_step(db, "SAVEPOINT migrate_reload");
  mig_forget_step(db, "ROLLBACK TO migrate_reload");
  mig_forget_step(db, "RELEASE migrate_reload");
}

/* The same in a run. A savepoint neither begins nor ends beside the brace. */
static int mig_forget_begin(migrate *m) {
  int rc;
  if (sqlite3_libversion_number() >= 3035000) return SQLITE_OK;
  mig_still_ready(m);
  rc = mig_forget_step(m->db, "SAVEPOINT migrate_reload");
  if (rc != SQLITE_OK) return rc; /* the brace would be the last that SQLite speaks of */
  mig_brace(m);
  return mig_forget_step(m->db, "ROLLBACK TO migrate_reload");
}

static int mig_forget_end(migrate *m) {
  mig_still_ready(m);
  if (mig_failed(&m->work)) return SQLITE_OK;
  return mig_forget_step(m->db, "RELEASE migrate_reload");
}

/* Makes the edits of a database effective. Not writable_schema=RESET: after it a ROLLBACK would
** leave the edited schema in memory. A new schema version is noticed by every connection, by this
** one with its next statement. */
static void mig_reload_one(migrate *m, const char *schema) {
  mig_arena *a = &m->work;
  mig_statement s;
  sqlite3_int64 version;
  version = mig_read_int(m, mig_format(a, "PRAGMA \"%w\".schema_version", schema));
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_RELOAD;
  s.sql = mig_format(a, "PRAGMA \"%w\".schema_version = %lld", schema, version + 1);
  s.reason = "the edited schema takes effect, for every connection";
  if (mig_failed(a)) return;
  mig_announce(m, &s, "");
  mig_brace(m); /* virtual tables make statements compile anew when the schema is loaded */
  if (mig_step_unguarded(m, s.sql, 0) != SQLITE_OK || mig_forget_begin(m) != SQLITE_OK) {
    mig_fail_db(m, 0);
    return;
  }
  if (mig_do(m, mig_format(a, "SELECT 1 FROM \"%w\".sqlite_master LIMIT 0", schema), 0)) {
    mig_fail_reload(m);
    return;
  }
  if (mig_forget_end(m) != SQLITE_OK) mig_fail_db(m, 0);
}

static void mig_flush(migrate *m) {
  if (!MIG_ALTERS) return;
  mig_end_edits(m);
  if (!m->pending) return;
  while (m->pending && !mig_failed(&m->work)) {
    mig_pending *p = m->pending;
    m->pending = p->next;
    mig_reload_one(m, p->schema);
  }
  if (mig_failed(&m->work)) return;
  m->edited = 0;
  m->reloads++;
}

/* Version rows and journal hang on nothing, unless somebody put a trigger on them. */
static int mig_rows_are_plain(migrate *m) {
  static const char *const schemas[] = {"main", "temp"};
  const char *tables[2];
  int i, k;
  tables[0] = m->settings.version_table;
  tables[1] = "migrate_journal";
  for (i = 0; i < 4; i++) {
    const mig_catalog *c = mig_read_catalog(m, schemas[i / 2]);
    mig_object *o = 0;
    for (k = 0; c && (o = mig_objects_of(c, tables[i % 2], o)) != 0; k++) {
      if (mig_is_type(o, "trigger")) return 0;
    }
  }
  return !mig_failed(&m->work);
}

/* Do rows of a table read as the catalog at hand says? */
static int mig_reads_rightly(migrate *m, const char *schema, const char *table) {
  const mig_catalog *c;
  const mig_object *o;
  for (c = m->catalogs; c && !mig_same(c->schema, schema); c = c->next) {}
  o = c && m->blind <= m->reloads ? mig_catalog_table(c, table) : 0;
  return o && o->reload <= m->reloads;
}

/* May a statement run before the edits take effect? One that looks at rows which read as before;
** one that writes version rows. */
static int mig_reload_can_wait(migrate *m, const mig_statement *s) {
  switch (s->kind) {
    case MIG_S_EDIT:
      return 1;
    case MIG_S_CHECK:
      if (!m->pending || !s->reads[0]) return 0;
      if (!mig_reads_rightly(m, s->schema, s->reads[0])) return 0;
      return !s->reads[1] || mig_reads_rightly(m, s->schema, s->reads[1]);
    case MIG_S_VERSION:
      return !m->pending || (mig_changes_rows_alone(s->sql) && mig_rows_are_plain(m));
    default:
      return 0;
  }
}

/* ---- rules that rows break ---- */

#define MIG_FIRST_ROWS 5

/* Runs a query whose rows are the identities of those that break a rule, and makes of them
** "complaint: 3 rows (first rowids: 1, 5, 9)". The complaint ends in |rowids or |keys. */
static void mig_complain(migrate *m, const char *sql, const char *complaint) {
  mig_arena *a = &m->work;
  sqlite3_stmt *stmt = mig_prepare(m, sql);
  const char *word = complaint ? strrchr(complaint, '|') : 0;
  sqlite3_int64 n = 0;
  mig_text rows;
  mig_text_init(&rows, a);
  while (mig_row(m, &stmt)) {
    const char *z = (const char *)sqlite3_column_text(stmt, 0);
    if (n++ < MIG_FIRST_ROWS) mig_putf(&rows, "%s%s", n > 1 ? ", " : "", z ? z : "NULL");
  }
  if (!n || !word || mig_failed(a)) return;
  mig_fail(a, MIGRATE_ROWS, "%.*s in %lld row%s (first %s: %s)", (int)(word - complaint), complaint,
           n, n == 1 ? "" : "s", word + 1, mig_text_z(&rows));
}

/* Where in a statement of the user's SQLite saw the error; -1: not said (before 3.38). */
static int mig_error_offset(sqlite3 *db) {
#if SQLITE_VERSION_NUMBER >= 3038000
  if (sqlite3_libversion_number() >= 3038000) return sqlite3_error_offset(db);
#endif
  (void)db;
  return -1;
}

/* May a statement that SQLite does not understand be one of the ALTER language? */
static int mig_is_ours(const char *sql) {
  static const char *const words[] = {"ALTER", "CREATE", 0};
  return mig_begins_with(sql, words);
}

/* A statement failed: over rows if its diagnosis finds any, else with SQLite's own words. */
static void mig_fail_statement(migrate *m, const mig_statement *s) {
  mig_arena *a = &m->work;
  int rc = mig_db_code(m), offset;
  char *words = (rc & 0xff) == SQLITE_NOMEM ? 0 : mig_copy(a, mig_db_words(m));
  if (!words) {
    mig_no_memory(a);
    return;
  }
  if (MIG_ALTERS && ((rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH)) {
    const mig_statement *c;
    for (c = s->suspects; c && !mig_failed(a); c = c->next) mig_complain(m, c->sql, c->complaint);
    if (s->diagnose && !mig_failed(a)) mig_complain(m, s->diagnose, s->complaint);
    if (mig_failed(a) && a->fault->code != MIGRATE_ROWS) mig_fault_clear(a->fault);
  }
  offset = s->kind == MIG_S_SCRIPT ? mig_error_offset(m->db) : -1;
  if (!MIG_ALTERS && mig_is_ours(s->sql) && strstr(words, "syntax error")) {
    words = mig_format(a, "%s (the ALTER language was left out of this program)", words);
    if (!words) return;
  }
  if (offset >= 0) mig_fail_at(a, rc, s->sql, (size_t)offset, words);
  else mig_fail(a, rc, "%s", words);
}

static void mig_check_count(migrate *m, const mig_statement *s) {
  sqlite3_int64 n = mig_read_int(m, s->sql);
  int i;
  if (s->slot >= m->nslot && !mig_failed(&m->work)) {
    sqlite3_int64 *v =
        (sqlite3_int64 *)mig_array(&m->lasting, (size_t)s->slot * 2 + 8, sizeof *v);
    if (!v) return;
    for (i = 0; i < m->nslot; i++) v[i] = m->slots[i];
    m->slots = v;
    m->nslot = s->slot * 2 + 8;
  }
  if (mig_failed(&m->work)) return;
  if (s->kind == MIG_S_COUNT) m->slots[s->slot] = n;
  else if (n > m->slots[s->slot]) mig_complain(m, s->diagnose, s->complaint);
}

/* ---- native ALTERs beside broken objects ---- */

typedef struct mig_hidden {
  struct mig_hidden *next;
  const char *schema;
  mig_object object;
  sqlite3_int64 root;
} mig_hidden;

/* The object that "error in view v: ..." names, unless it broke only by the change itself. */
static mig_object *mig_blamed(mig_catalog *c, const char *message) {
  int i;
  if (strncmp(message, "error in ", 9) != 0) return 0;
  message += 9;
  for (i = 0; i < c->n; i++) {
    size_t type = strlen(c->v[i].type), name = strlen(c->v[i].name);
    if (!mig_is_type(&c->v[i], "view") && !mig_is_type(&c->v[i], "trigger")) continue;
    if (strncmp(message, c->v[i].type, type) != 0 || message[type] != ' ') continue;
    if (strncmp(message + type + 1, c->v[i].name, name) != 0) continue;
    if (message[type + 1 + name] == ':') return &c->v[i];
  }
  return 0;
}

static void mig_run_edit(migrate *m, const char *schema, const char *sql, const char *parameter,
                         const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_EDIT;
  s.sql = sql;
  s.reason = reason;
  if (mig_failed(&m->work) || !sql) return;
  mig_end_edits(m);
  mig_announce(m, &s, "native");
  if (mig_step_unguarded(m, sql, parameter) != SQLITE_OK) mig_fail_db(m, 0);
  mig_set_pending(m, schema);
  m->blind = m->reloads + 1;
  mig_forget_catalogs(m);
}

/* The same for the text of one object. */
static void mig_run_text(migrate *m, const char *schema, sqlite3_int64 rowid, const char *text,
                         const char *reason) {
  mig_run_edit(m, schema,
               mig_format(&m->work, "UPDATE \"%w\".sqlite_master SET sql = ?1 WHERE rowid = %lld",
                          schema, rowid),
               text, reason);
}

/* A step of the same in plain SQL. */
static void mig_plain_step(migrate *m, const char *sql, const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_SCHEMA;
  s.sql = sql;
  s.reason = reason;
  if (mig_failed(&m->work) || !sql) return;
  mig_announce(m, &s, "native");
  if (mig_do(m, sql, 0) != SQLITE_OK) mig_fail_db(m, 0);
  mig_forget_catalogs(m);
}

static mig_hidden *mig_hide(migrate *m, const char *schema, const mig_object *o,
                            mig_hidden *list) {
  static const char why[] = "put aside: it was broken before, and SQLite would stop at it";
  mig_arena *a = &m->work;
  mig_hidden *h = (mig_hidden *)mig_alloc(a, sizeof *h);
  if (!h) return list;
  h->schema = schema;
  h->object = *o;
  h->next = list;
  if (mig_is_plain(m)) {
    mig_plain_step(m, mig_format(a, mig_is_type(o, "view") ? "DROP VIEW \"%w\".\"%w\""
                                                           : "DROP TRIGGER \"%w\".\"%w\"",
                                 schema, o->name), why);
  } else {
    mig_run_edit(m, schema,
                 mig_format(a, "DELETE FROM \"%w\".sqlite_master WHERE rowid = %lld", schema,
                            o->rowid),
                 0, why);
  }
  return h;
}

/* The triggers of a view go with it, the last one first: the schema cannot be read with them
** alone. */
static mig_hidden *mig_hide_triggers(migrate *m, const mig_catalog *c, const char *schema,
                                     const mig_object *view, mig_hidden *list) {
  int i;
  for (i = c->n - 1; i >= 0 && !mig_failed(&m->work); i--) {
    const mig_object *t = &c->v[i];
    if (!mig_is_type(t, "trigger") || !mig_same(t->table, view->name)) continue;
    if (c->schema != schema && !mig_hangs_on(&m->work, c, t, schema)) continue;
    list = mig_hide(m, c->schema, t, list);
  }
  return list;
}

static mig_hidden *mig_hide_blamed(migrate *m, const mig_catalog *c, const mig_object *o,
                                   mig_hidden *list) {
  const mig_catalog *temp = mig_read_catalog(m, "temp");
  if (temp && mig_is_type(o, "view")) {
    if (temp != c && mig_is_plain(m)) list = mig_hide_triggers(m, temp, c->schema, o, list);
    list = mig_hide_triggers(m, c, c->schema, o, list);
  }
  list = mig_hide(m, c->schema, o, list);
  mig_flush(m);
  return list;
}

/* The trigger's table may be the one that was renamed meanwhile. */
static void mig_hidden_follows(migrate *m, mig_hidden *h, const mig_statement *s) {
  const mig_catalog *temp;
  mig_trigger t;
  mig_text z;
  if (!s->table || !mig_is_type(&h->object, "trigger")) return;
  if (!mig_same(h->object.table, s->name)) return;
  temp = mig_same(h->schema, s->schema) ? 0 : mig_read_catalog(m, "temp");
  if (temp && !mig_same(h->schema, "temp")) return;
  if (temp && !mig_hangs_on(&m->work, temp, &h->object, s->schema)) return;
  if (mig_parse_trigger(&m->work, h->object.sql, &t)) return;
  mig_text_init(&z, &m->work);
  mig_putn(&z, t.sql, t.table_span.at);
  mig_put_name(&z, s->table);
  mig_put(&z, t.sql + t.table_span.end);
  h->object.sql = z.z;
  h->object.table = s->table;
}

static void mig_plain_trigger(migrate *m, const char *schema, const char *sql, const char *why) {
  mig_trigger t;
  if (mig_parse_trigger(&m->work, sql, &t)) return;
  mig_plain_step(m, mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", schema,
                               sql + t.name_span.at), why);
}

/* The triggers of a table that stood behind one that was made anew stand behind it again. */
static void mig_line_up(migrate *m, const mig_hidden *h) {
  static const char why[] = "triggers keep their order";
  const mig_catalog *c = mig_read_catalog(m, h->schema);
  const mig_object *table = c ? mig_catalog_table(c, h->object.table) : 0;
  int i;
  if (!table || !mig_is_type(table, "table")) return;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *t = &c->v[i];
    if (!mig_is_type(t, "trigger") || !mig_same(t->table, h->object.table)) continue;
    if (t->rowid <= h->object.rowid || mig_same(t->name, h->object.name)) continue;
    mig_plain_step(m, mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", h->schema, t->name), why);
    mig_plain_trigger(m, h->schema, t->sql, why);
  }
}

static void mig_bring_back_plainly(migrate *m, const mig_hidden *h) {
  static const char why[] = "brought back as it was";
  const char *sql = h->object.sql;
  if (mig_is_type(&h->object, "view")) {
    mig_plain_step(m, mig_format(&m->work, "CREATE VIEW \"%w\".%s", h->schema,
                                 sql + mig_view_name_at(sql)), why);
    return;
  }
  mig_plain_trigger(m, h->schema, sql, why);
  if (!mig_failed(&m->work)) mig_line_up(m, h);
}

static void mig_bring_back(migrate *m, const mig_statement *s, mig_hidden *h) {
  for (; h && !mig_failed(&m->work); h = h->next) {
    mig_hidden_follows(m, h, s);
    if (mig_is_plain(m)) {
      mig_bring_back_plainly(m, h);
      continue;
    }
    mig_run_edit(m, h->schema,
                 mig_format(&m->work,
                            "INSERT INTO \"%w\".sqlite_master(rowid, type, name, tbl_name, "
                            "rootpage, sql) VALUES(%lld, %Q, %Q, %Q, 0, ?1)",
                            h->schema, h->object.rowid, h->object.type, h->object.name,
                            h->object.table),
                 h->object.sql, "brought back as it was");
  }
  mig_flush(m);
}

/* A native ALTER that looks at every view and trigger of the schema: those that were broken before
** are put aside for its time. */
static void mig_run_native(migrate *m, const mig_statement *s, const char *strategy) {
  mig_hidden *hidden = 0;
  const char **schemas;
  int n, i;
  while (!mig_failed(&m->work)) {
    mig_object *o = 0;
    char *words;
    int rc = mig_do(m, s->sql, 0);
    if (rc == SQLITE_OK) {
      mig_announce(m, s, strategy);
      break;
    }
    if (mig_is_accident(rc)) {
      mig_fail_db(m, 0);
      break;
    }
    words = mig_copy(&m->work, sqlite3_errmsg(m->db));
    schemas = words ? mig_read_schemas(m, &n) : 0;
    for (i = 0; schemas && i < n && !o; i++) {
      mig_catalog *c = mig_read_catalog(m, schemas[i]);
      o = c ? mig_blamed(c, words) : 0;
      if (o) hidden = mig_hide_blamed(m, c, o, hidden);
    }
    if (!o) {
      mig_announce(m, s, strategy);
      mig_fail(&m->work, rc, "%s", words);
    }
  }
  mig_bring_back(m, s, hidden);
}

/* ---- the sink ---- */

static int mig_sink_edit(migrate *m, const mig_statement *s) {
  int rc;
  if (s->object) return mig_edit_text(m, s);
  mig_end_edits(m);
  rc = mig_step_unguarded(m, s->sql, s->parameter);
  mig_forget_catalogs(m);
  mig_set_pending(m, s->schema);
  m->blind = m->reloads + 1;
  return rc;
}

/* Kinds of statements that only the ALTER language needs; 0: another. */
static int mig_sink_altering(migrate *m, const mig_statement *s, const char *strategy) {
  switch (s->kind) {
    case MIG_S_EDIT:
      if (mig_sink_edit(m, s) != SQLITE_OK) mig_fail_statement(m, s);
      return 1;
    case MIG_S_CHECK:
      mig_complain(m, s->sql, s->complaint);
      return 1;
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE:
      mig_check_count(m, s);
      return 1;
    case MIG_S_NATIVE:
      mig_forget_catalogs(m);
      mig_run_native(m, s, strategy);
      mig_forget_catalogs(m);
      return 1;
    default:
      return 0;
  }
}

static void mig_sink(migrate *m, const mig_statement *s, const char *strategy) {
  int rc;
  if (mig_failed(&m->work)) return;
  if (MIG_ALTERS && !mig_reload_can_wait(m, s)) mig_flush(m);
  if (s->kind != MIG_S_NATIVE) mig_announce(m, s, strategy); /* what it puts aside comes first */
  mig_tell_statement(m, s->sql);
  mig_log(m, MIGRATE_DEBUG, s->sql);
  if (mig_failed(&m->work) || (MIG_ALTERS && mig_sink_altering(m, s, strategy))) return;
  if (s->kind != MIG_S_VERSION || !mig_changes_rows_alone(s->sql)) mig_forget_catalogs(m);
  rc = MIG_ALTERS && s->ranges && mig_wants_progress(m) ? mig_do_ranges(m, s->ranges)
                                                        : mig_do(m, s->sql, s->parameter);
  if (rc != SQLITE_OK) mig_fail_statement(m, s);
}

static void mig_sink_list(migrate *m, const mig_statements *list) {
  const mig_statement *s;
  for (s = list->first; s && !mig_failed(&m->work); s = s->next) mig_sink(m, s, list->strategy);
}

/* A statement made on the spot: version rows, the journal, the user's own. */
static int mig_sink_sql(migrate *m, int kind, const char *sql, const char *reason) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = kind;
  s.sql = sql;
  s.reason = reason;
  if (sql) mig_sink(m, &s, "");
  return m->fault.code;
}
/* Scratch: a private database in memory with the schema of the connection and no rows. Plans,
** explanations and offline scripts run there, through the same engine as the real thing. */

/* Stands in for functions and collations that only the real connection has. There are no rows but
** those that a script puts in: they get what is rarely refused. */
static void mig_stub_function(sqlite3_context *c, int n, sqlite3_value **v) {
  if (n > 0) sqlite3_result_value(c, v[0]);
  else sqlite3_result_int(c, 0);
}

static int mig_stub_compare(void *arg, int n, const void *a, int m, const void *b) {
  int rc = memcmp(a, b, (size_t)(n < m ? n : m));
  (void)arg;
  return rc ? rc : n - m;
}

static void mig_stub_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  (void)arg;
  (void)encoding;
  sqlite3_create_collation(db, name, SQLITE_UTF8, 0, mig_stub_compare);
}

/* Gives the scratch database every function that a text calls and it does not know. */
static void mig_stub_functions(mig_arena *a, sqlite3 *db, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    sqlite3_stmt *stmt = 0;
    char *name, *probe;
    next = mig_next_significant(sql, n, k.end);
    if ((k.type != MIG_TK_WORD && k.type != MIG_TK_NAME) || !mig_token_op(sql, next, "(")) continue;
    name = mig_dequote(a, sql, k);
    probe = name ? mig_format(a, "SELECT \"%w\"()", name) : 0;
    if (!probe) return;
    if (sqlite3_prepare_v2(db, probe, -1, &stmt, 0) != SQLITE_OK &&
        strncmp(sqlite3_errmsg(db), "no such function", 16) == 0) {
      sqlite3_create_function(db, name, -1,
                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, 0,
                              mig_stub_function, 0, 0);
    }
    sqlite3_finalize(stmt);
  }
}

/* Is the object's b-tree that of an index? So is a WITHOUT ROWID table's. */
static int mig_is_index_tree(migrate *m, const mig_object *o) {
  mig_table t;
  if (mig_is_type(o, "index")) return 1;
  if (!mig_mentions(o->sql, "without")) return 0;
  if (mig_parse_table(&m->work, o->sql, &t)) {
    mig_forgive(&m->fault);
    return 0;
  }
  return t.without_rowid;
}

/* writable_schema is for it alone: under it SQLite's RENAME passes by what is broken. */
static void mig_scratch_step(migrate *m, sqlite3 *db, const char *sql, const char *parameter) {
  if (mig_failed(&m->work) || !sql) return;
  mig_flag(db, SQLITE_DBCONFIG_DEFENSIVE, 0);
  mig_flag(db, MIG_WRITABLE_SCHEMA, 1);
  if (mig_step_all(db, sql, parameter) != SQLITE_OK) {
    mig_fail(&m->work, sqlite3_errcode(db), "the schema cannot be copied: %s", sqlite3_errmsg(db));
  }
  mig_flag(db, MIG_WRITABLE_SCHEMA, 0);
}

/* Copies one database's schema, row for row: each b-tree is made by a table of the right kind,
** whose row in sqlite_master then becomes the real one. Nothing is executed, so that unknown
** modules and functions do not matter, and rowids, order and bytes are the same. */
static void mig_scratch_schema(migrate *m, sqlite3 *db, const mig_catalog *c) {
  mig_arena *a = &m->work;
  int i, trees = 0, *place = (int *)mig_array(a, (size_t)c->n + 1, sizeof(int));
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    int tree = (mig_is_type(o, "table") && !mig_is_virtual(o)) || mig_is_type(o, "index");
    if (tree) {
      const char *form = mig_is_index_tree(m, o)
                             ? "CREATE TABLE \"%w\".migrate_tree_%d(x PRIMARY KEY) WITHOUT ROWID"
                             : "CREATE TABLE \"%w\".migrate_tree_%d(x)";
      mig_scratch_step(m, db, mig_format(a, form, c->schema, i), 0);
      place[i] = ++trees; /* its rowid in sqlite_master */
    }
    if (o->sql) mig_stub_functions(a, db, o->sql);
  }
  mig_scratch_step(
      m, db, mig_format(a, "UPDATE \"%w\".sqlite_master SET rowid = -rowid", c->schema), 0);
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    char *sql = mig_format(a,
                           "INSERT INTO \"%w\".sqlite_master(rowid, type, name, tbl_name, "
                           "rootpage, sql) VALUES(%lld, %Q, %Q, %Q, coalesce((SELECT rootpage FROM "
                           "\"%w\".sqlite_master WHERE rowid = %d AND name = 'migrate_tree_%d'), "
                           "0), ?1)",
                           c->schema, o->rowid, o->type, o->name, o->table, c->schema, -place[i],
                           i);
    mig_scratch_step(m, db, sql, o->sql);
  }
  mig_scratch_step(
      m, db, mig_format(a, "DELETE FROM \"%w\".sqlite_master WHERE rowid < 0", c->schema), 0);
}

/* What was edited takes effect, under a new schema version. In one transaction: after its end
** SQLite before 3.35 has forgotten that the version is new, and keeps the schema that it knows. */
static void mig_scratch_reload(migrate *m, sqlite3 *db, const char *schema, sqlite3_int64 version) {
  mig_scratch_step(m, db, "SAVEPOINT migrate_copy", 0);
  mig_scratch_step(
      m, db, mig_format(&m->work, "PRAGMA \"%w\".schema_version = %lld", schema, version), 0);
  mig_forget_schema(db);
  mig_scratch_step(m, db, "RELEASE migrate_copy", 0);
  mig_scratch_step(
      m, db, mig_format(&m->work, "SELECT 1 FROM \"%w\".sqlite_master LIMIT 0", schema), 0);
}

/* The schema version follows the real one, so that both list the same statements. */
static void mig_scratch_version(migrate *m, sqlite3 *db, const char *schema) {
  sqlite3_int64 v =
      mig_read_int(m, mig_format(&m->work, "PRAGMA \"%w\".schema_version", schema));
  mig_scratch_reload(m, db, schema, v + 1000000);
  mig_scratch_reload(m, db, schema, v);
}

/* A step that may fail: what it is for is not at hand then. */
static int mig_scratch_try(migrate *m, sqlite3 *db, const char *sql) {
  int rc = mig_failed(&m->work) || !sql ? SQLITE_NOMEM : mig_step_all(db, sql, 0);
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return rc == SQLITE_OK;
}

/* A virtual table keeps rows of its own in its shadow tables from its beginning on, and does not
** open without them: they are those of such a table that is made anew. */
static void mig_scratch_virtual(migrate *m, sqlite3 *db, const mig_catalog *c,
                                const mig_object *o) {
  mig_arena *a = &m->work;
  const char *schema, *name, *prefix = mig_format(a, "%s_", o->name);
  mig_reader r;
  int i;
  mig_reader_init(&r, a, o->sql, strlen(o->sql), 0);
  mig_take(&r);
  mig_take(&r);
  mig_want_word(&r, "TABLE");
  name = mig_take_object(&r, &schema, 0);
  if (mig_failed(a) || !mig_scratch_try(m, db, "ATTACH ':memory:' AS migrate_new")) return;
  mig_scratch_try(m, db, mig_format(a, "CREATE VIRTUAL TABLE migrate_new.\"%w\"%s", name,
                                    o->sql + r.end));
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const char *shadow = c->v[i].name;
    if (!mig_is_type(&c->v[i], "table") || !mig_has_name_prefix(shadow, prefix)) continue;
    mig_scratch_try(m, db, mig_format(a, "INSERT INTO \"%w\".\"%w\" SELECT * FROM "
                                         "migrate_new.\"%w\"",
                                      c->schema, shadow, shadow));
  }
  mig_scratch_try(m, db, "DETACH migrate_new");
}

static void mig_scratch_virtuals(migrate *m, sqlite3 *db, const mig_catalog *c) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    if (mig_is_virtual(&c->v[i])) mig_scratch_virtual(m, db, c, &c->v[i]);
  }
}

/* Opens a scratch database, empty or with the connection's schema; NULL after a fault. Closed with
** sqlite3_close(). */
static sqlite3 *mig_scratch_open(migrate *m, int full) {
  sqlite3 *db = 0;
  const char **schemas;
  int n, i;
  int open = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(":memory:", &db, open, 0) != SQLITE_OK) {
    mig_no_memory(&m->work);
  }
  if (!db) return 0;
  sqlite3_collation_needed(db, 0, mig_stub_collation);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, sqlite3_limit(m->db, SQLITE_LIMIT_COLUMN, -1));
  schemas = mig_read_schemas(m, &n);
  for (i = 0; full && i < n && !mig_failed(&m->work); i++) {
    mig_catalog *c = mig_read_catalog(m, schemas[i]);
    if (!c || (!c->n && mig_same(schemas[i], "temp"))) continue;
    if (!mig_same(schemas[i], "main") && !mig_same(schemas[i], "temp")) {
      mig_scratch_step(m, db, mig_format(&m->work, "ATTACH ':memory:' AS \"%w\"", schemas[i]), 0);
    }
    mig_scratch_schema(m, db, c);
    mig_scratch_version(m, db, schemas[i]);
    mig_scratch_virtuals(m, db, c);
  }
  if (!mig_failed(&m->work)) return db;
  sqlite3_close(db);
  return 0;
}

/* A handle on the scratch database, with the settings of m. */
static void mig_scratch_handle(migrate *m, sqlite3 *db, migrate *k) {
  memset(k, 0, sizeof *k);
  k->live = m;
  k->db = db;
  k->settings = m->settings;
  mig_arena_init(&k->arena, &k->fault);
  mig_arena_init(&k->work, &k->fault);
  mig_arena_init(&k->lasting, &k->fault);
  k->keeps = 1;
  mig_text_init(&k->result, &k->work);
}

/* Its end: what went wrong there went wrong here. */
static void mig_scratch_close(migrate *m, migrate *k) {
  if (k->fault.code) mig_fail(&m->work, k->fault.code, "%s", mig_fault_text(&k->fault));
  mig_free_run(k);
  mig_arena_free(&k->arena);
  mig_fault_clear(&k->fault);
  sqlite3_close(k->db);
}
/* Dependents: views and triggers that name a table, looked at before and after a change. What did
** not compile before may stay so; what compiles no more is a dependant that the change broke. */

typedef struct mig_dependent {
  const mig_catalog *catalog;
  const mig_object *object;
  int strict; /* compiled with "x" never read as a string: then so it must afterwards */
  int worked;
  int gone;   /* dropped by CASCADE */
} mig_dependent;

typedef struct mig_dependents {
  mig_dependent *v;
  int n, cap;
} mig_dependents;

static void mig_take_dependent(migrate *m, mig_dependents *d, const mig_catalog *c,
                               const mig_object *o) {
  int i;
  for (i = 0; i < d->n; i++) {
    if (d->v[i].object == o) return;
  }
  d->v = (mig_dependent *)mig_grow(&m->work, d->v, d->n, &d->cap, sizeof(mig_dependent));
  if (mig_failed(&m->work)) return;
  memset(&d->v[d->n], 0, sizeof d->v[d->n]);
  d->v[d->n].catalog = c;
  d->v[d->n++].object = o;
}

/* Takes in what names `name`, of one database. */
static void mig_find_mentions(migrate *m, mig_dependents *d, mig_catalog *c,
                              const char *name) {
  const mig_mention *x;
  for (x = mig_next_mention(c, name, 0); x && !mig_failed(&m->work);
       x = mig_next_mention(c, name, x)) {
    const mig_object *o = x->object;
    if (!mig_is_type(o, "view") && !mig_is_type(o, "trigger")) continue;
    if (mig_same(o->table, name) && mig_is_type(o, "view")) continue;
    if (mig_mentions_token(&m->work, o->sql, name)) mig_take_dependent(m, d, c, o);
  }
}

/* All views and triggers that name the table, or a view that does, and so on. */
static mig_dependents mig_find_dependents(migrate *m, const mig_target *t) {
  mig_dependents d;
  int i;
  memset(&d, 0, sizeof d);
  mig_find_mentions(m, &d, t->catalog, t->object->name);
  if (t->temp != t->catalog) mig_find_mentions(m, &d, t->temp, t->object->name);
  for (i = 0; i < d.n && !mig_failed(&m->work); i++) {
    if (!mig_is_type(d.v[i].object, "view")) continue;
    mig_find_mentions(m, &d, t->catalog, d.v[i].object->name);
    if (t->temp != t->catalog) mig_find_mentions(m, &d, t->temp, d.v[i].object->name);
  }
  return d;
}

/* A statement that makes SQLite compile a trigger, with all others of its event. */
static char *mig_trigger_probe(migrate *m, const mig_catalog *c, const mig_object *o) {
  mig_arena *a = &m->work;
  mig_trigger t;
  mig_text z;
  sqlite3_stmt *stmt;
  char *columns;
  const char *schema = c->schema;
  int n = 0;
  mig_parse_trigger(a, o->sql, &t);
  if (mig_failed(a)) {
    mig_forgive(a->fault);
    return 0;
  }
  mig_text_init(&z, a);
  if (mig_same(schema, "temp")) schema = t.table_schema; /* NULL: as SQLite finds it */
  if (t.event == 'D') {
    mig_put(&z, "DELETE FROM ");
    mig_put_object(&z, schema, o->table);
    return z.z;
  }
  mig_put(&z, t.event == 'I' ? "INSERT INTO " : "UPDATE ");
  mig_put_object(&z, schema, o->table);
  if (t.event == 'I') {
    mig_put(&z, " DEFAULT VALUES");
    return z.z;
  }
  mig_put(&z, " SET ");
  columns = schema ? mig_format(a, "PRAGMA \"%w\".table_info(\"%w\")", schema, o->table)
                   : mig_format(a, "PRAGMA table_info(\"%w\")", o->table);
  if (!mig_compiles(m, columns)) return 0; /* those of a view that is broken are not known */
  stmt = mig_prepare(m, columns);
  while (mig_row(m, &stmt)) {
    const char *name = (const char *)sqlite3_column_text(stmt, 1);
    mig_putf(&z, "%s\"%w\" = NULL", n++ ? ", " : "", name);
  }
  return n && !mig_failed(a) ? z.z : 0;
}

static int mig_dependent_works(migrate *m, const mig_dependent *d) {
  const mig_object *o = d->object;
  char *sql = mig_is_type(o, "view")
                  ? mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\"", d->catalog->schema, o->name)
                  : mig_trigger_probe(m, d->catalog, o);
  return sql && mig_compiles(m, sql);
}

/* From now on a statement compiles only if no "x" in it is read as a string; or 0: as usual. */
static void mig_be_strict(migrate *m, int strict) {
  int dml, ddl;
  mig_undo_in_need(m);
  dml = mig_switch(m, MIG_DQS_DML, !strict);
  ddl = mig_switch(m, MIG_DQS_DDL, !strict);
  if (dml == strict || ddl == strict) mig_still_ready(m);
}

static int mig_works_strictly(migrate *m, const mig_dependent *d, int strict) {
  mig_be_strict(m, strict);
  return mig_dependent_works(m, d);
}

static void mig_baseline(migrate *m, mig_dependents *d) {
  int i;
  if (!d->n) return;
  mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    d->v[i].strict = d->v[i].worked = mig_works_strictly(m, &d->v[i], 1);
    if (!d->v[i].worked) d->v[i].worked = mig_works_strictly(m, &d->v[i], 0);
  }
  mig_be_strict(m, 0);
}

/* Do names in double quotes occur: this one, or, with other set, another? */
static int mig_holds_quoted(mig_arena *a, const char *sql, const char *name, int other) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  for (; k.type != MIG_TK_END && !mig_failed(a); k = mig_next_significant(sql, n, k.end)) {
    if (sql[k.at] == '"' && mig_token_names(a, sql, k, name) != other) return 1;
  }
  return 0;
}

/* "x" was a string because no column was called x. Now that one is, is it that column? */
static void mig_refuse_capture(migrate *m, const mig_dependents *d, const char *name) {
  int i;
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    const mig_object *o = d->v[i].object;
    int others; /* strings of other names would keep it from compiling strictly */
    if (!d->v[i].worked || d->v[i].strict || d->v[i].gone) continue;
    if (!mig_holds_quoted(&m->work, o->sql, name, 0)) continue;
    others = mig_holds_quoted(&m->work, o->sql, name, 1);
    if (!others && !mig_works_strictly(m, &d->v[i], 1)) continue;
    mig_fail(&m->work, MIGRATE_DEPENDENT,
             "%s %s holds \"%s\", perhaps as a string, which a column of that name would take "
             "over: make it anew with single quotes first",
             o->type, o->name, name);
  }
}

static void mig_refuse_captures(migrate *m, const mig_dependents *d, const mig_alteration *c) {
  const mig_rename *r;
  int k;
  if (!d->n) return;
  mig_flush(m);
  for (k = 0; k < c->now.ncolumn; k++) {
    const char *name = c->now.columns[k].name;
    if (c->origins[k].from < 0 && mig_find_column(&c->old, name) < 0) {
      mig_refuse_capture(m, d, name);
    }
  }
  for (r = c->renames; r; r = r->next) mig_refuse_capture(m, d, r->to);
  mig_be_strict(m, 0);
}

/* UPDATE OF a column that is gone compiles, and never fires: it needs the column all the same. */
static int mig_lost_update_of(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  mig_trigger t;
  int i;
  if (!mig_is_type(d->object, "trigger") || !mig_same(d->object->table, c->old.name)) return 0;
  mig_parse_trigger(&m->work, d->object->sql, &t);
  if (mig_failed(&m->work)) mig_forgive(&m->fault);
  else {
    for (i = 0; i < t.ncolumn; i++) {
      if (mig_find_column(&c->old, t.columns[i].name) >= 0 &&
          mig_find_column(&c->now, t.columns[i].name) < 0) {
        return 1;
      }
    }
  }
  return 0;
}

/* Did the name of the new column i mean the real rowid before? */
static int mig_takes_rowid_word(const mig_alteration *c, int i) {
  const char *name = c->now.columns[i].name;
  return mig_is_rowid_word(name) && !c->old.without_rowid && mig_find_column(&c->old, name) < 0;
}

/* Is column i of the old table gone, and does its name mean something else now: a new column, or
** the real rowid? What needs it compiles all the same. */
static int mig_is_supplanted(const mig_alteration *c, int i) {
  const char *name = c->old.columns[i].name;
  int k, now = mig_find_column(&c->now, name);
  for (k = 0; k < c->now.ncolumn; k++) {
    if (c->origins[k].from == i) return 0;
  }
  return now >= 0 || mig_is_rowid_word(name);
}

static int mig_lost_meaning(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  mig_span all;
  int i;
  all.at = 0;
  all.end = strlen(d->object->sql);
  for (i = 0; i < c->old.ncolumn; i++) {
    if (!mig_is_supplanted(c, i)) continue;
    if (mig_span_uses(&m->work, d->object->sql, all, c->old.columns[i].name)) return 1;
  }
  for (i = 0; i < c->now.ncolumn; i++) {
    if (!mig_takes_rowid_word(c, i)) continue;
    if (mig_span_uses(&m->work, d->object->sql, all, c->now.columns[i].name)) return 1;
  }
  return 0;
}

/* Does it compile, or seem to, without what it needs? */
static int mig_is_broken(migrate *m, const mig_dependent *d, const mig_alteration *c) {
  return !mig_works_strictly(m, d, d->strict) || mig_lost_update_of(m, d, c) ||
         mig_lost_meaning(m, d, c);
}

static const mig_dependent *mig_find_broken(migrate *m, mig_dependents *d,
                                            const mig_alteration *c) {
  int i;
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    mig_dependent *v = &d->v[i];
    if (v->gone || !v->worked) continue;
    if (mig_is_broken(m, v, c)) return v;
  }
  return 0;
}

/* Of the triggers that one probe compiles together, the one to blame: first one that names a lost
** column, then one with a string of that name, which may mean it, then any. */
static int mig_suspicion(migrate *m, const mig_dependent *v, const mig_alteration *c) {
  const char *sql = v->object->sql;
  int i, k, most = 0;
  mig_span all;
  if (mig_is_type(v->object, "view")) return 2;
  all.at = 0;
  all.end = strlen(sql);
  for (i = 0; i < c->old.ncolumn && most < 2; i++) {
    for (k = 0; k < c->now.ncolumn && c->origins[k].from != i; k++) {}
    if (k < c->now.ncolumn) continue;
    if (mig_span_uses(&m->work, sql, all, c->old.columns[i].name)) most = 2;
    else if (mig_mentions_token(&m->work, sql, c->old.columns[i].name)) most = 1;
  }
  return most;
}

/* The next one behind d->v[i] that is broken and at least so suspicious; -1: none. */
static int mig_next_suspect(migrate *m, mig_dependents *d, const mig_alteration *c, int i,
                            int suspicion) {
  for (i++; i < d->n && !mig_failed(&m->work); i++) {
    const mig_dependent *v = &d->v[i];
    if (v->gone || !v->worked || mig_suspicion(m, v, c) < suspicion) continue;
    if (mig_is_broken(m, v, c)) return i;
  }
  return -1;
}

static void mig_put_broken(migrate *m, mig_dependents *d, const mig_alteration *c,
                           mig_text *names) {
  int i, suspicion;
  for (suspicion = 2; suspicion >= 0 && !names->n; suspicion--) {
    for (i = mig_next_suspect(m, d, c, -1, suspicion); i >= 0;
         i = mig_next_suspect(m, d, c, i, suspicion)) {
      mig_putf(names, "%s%s %s", names->n ? ", " : "", d->v[i].object->type, d->v[i].object->name);
    }
  }
}

static void mig_cascade(migrate *m, mig_dependents *d, const mig_dependent *broken,
                        const mig_alteration *c) {
  int i, pick = -1, suspicion;
  char *sql;
  for (suspicion = 2; suspicion >= 0 && pick < 0; suspicion--) {
    pick = mig_next_suspect(m, d, c, -1, suspicion);
  }
  if (pick < 0) pick = (int)(broken - d->v);
  sql = mig_format(&m->work, "DROP %s \"%w\".\"%w\"",
                   mig_is_type(d->v[pick].object, "view") ? "VIEW" : "TRIGGER",
                   d->v[pick].catalog->schema, d->v[pick].object->name);
  mig_be_strict(m, 0);
  mig_sink_sql(m, MIG_S_SCHEMA, sql, "CASCADE: it needs what was dropped");
  d->v[pick].gone = 1;
  for (i = 0; i < d->n; i++) { /* INSTEAD OF triggers go with their view */
    if (mig_is_type(d->v[pick].object, "view") &&
        mig_same(d->v[i].object->table, d->v[pick].object->name)) {
      d->v[i].gone = 1;
    }
  }
}

/* After the change: whatever compiled must compile. CASCADE drops what does not, else it is an
** error that names them. */
static void mig_check_dependents(migrate *m, mig_dependents *d, const mig_alteration *c) {
  const mig_dependent *broken;
  mig_flush(m);
  while ((broken = mig_find_broken(m, d, c)) != 0 && !mig_failed(&m->work)) {
    mig_text names;
    if (c->cascade) {
      mig_cascade(m, d, broken, c);
      continue;
    }
    mig_text_init(&names, &m->work);
    mig_put_broken(m, d, c, &names);
    mig_fail(&m->work, MIGRATE_DEPENDENT,
             "other objects depend on table %s as it is: %s (CASCADE drops what needs a dropped "
             "column)",
             c->old.name, mig_text_z(&names));
  }
  mig_be_strict(m, 0);
}
/* Spelling: after a native rename, the texts of the schema get back the spelling that SQLite's
** rewriting took: kinds of quotes, and strings that were written in double quotes. */

static int mig_is_quoted_token(mig_token k) {
  return k.type == MIG_TK_NAME || k.type == MIG_TK_STRING;
}

/* The new text in the manner of the old one, from which it differs by one renamed name. NULL where
** the two do not run side by side. */
static char *mig_respell(mig_arena *a, const char *old, const char *now, const char *from,
                         const char *to) {
  size_t n = strlen(old), m = strlen(now), done = 0;
  mig_token x = mig_next_significant(old, n, 0), y = mig_next_significant(now, m, 0);
  mig_text z;
  mig_text_init(&z, a);
  while (!mig_failed(a) && (x.type != MIG_TK_END || y.type != MIG_TK_END)) {
    size_t length = x.end - x.at;
    if (length != y.end - y.at || memcmp(old + x.at, now + y.at, length) != 0) {
      const char *was = mig_dequote(a, old, x), *is = mig_dequote(a, now, y);
      if (!was || !is) return 0;
      if (mig_same(was, from) && strcmp(is, to) == 0) {
        mig_span s;
        s.at = x.at;
        s.end = x.end;
        mig_putn(&z, old + done, x.at - done);
        mig_put_name_like(&z, old, s, to);
        done = x.end;
      } else if (strcmp(was, is) != 0 || !mig_is_quoted_token(x)) {
        return 0;
      } else if (mig_same(was, to)) { /* a string that would now be read as the column */
        mig_putn(&z, old + done, x.at - done);
        mig_put_string(&z, was);
        done = x.end;
      }
    }
    x = mig_next_significant(old, n, x.end);
    y = mig_next_significant(now, m, y.end);
  }
  mig_put(&z, old + done);
  return mig_failed(a) ? 0 : z.z;
}

static const mig_object *mig_by_rowid(const mig_catalog *c, const mig_object *like) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (c->v[i].rowid == like->rowid && mig_is_type(&c->v[i], like->type)) return &c->v[i];
  }
  return 0;
}

/* Goes over one database: `before` was read ahead of the rename. */
static void mig_respell_catalog(migrate *m, const mig_catalog *before, const char *from,
                                const char *to) {
  mig_catalog *after = mig_read_catalog(m, before->schema);
  int i;
  for (i = 0; after && i < after->n && !mig_failed(&m->work); i++) {
    const mig_object *now = &after->v[i], *old = mig_by_rowid(before, now);
    char *sql;
    if (!old || !old->sql || !now->sql || strcmp(old->sql, now->sql) == 0) continue;
    sql = mig_respell(&m->work, old->sql, now->sql, from, to);
    if (!sql || strcmp(sql, now->sql) == 0) continue;
    mig_run_text(m, before->schema, now->rowid, sql, "names and strings keep their quotes");
  }
}

/* ---- without edits of the schema ---- */

/* The text that an object had before the rename, with the new name in its manner; NULL: it has it.
 */
static char *mig_respelled(migrate *m, const mig_catalog *before, const mig_object *now,
                           const char *from, const char *to) {
  const mig_object *old = mig_by_rowid(before, now);
  char *sql;
  if (!old || !old->sql || !now->sql || strcmp(old->sql, now->sql) == 0) return 0;
  sql = mig_respell(&m->work, old->sql, now->sql, from, to);
  return sql && strcmp(sql, now->sql) != 0 ? sql : 0;
}

/* Drops the triggers of a table or view and makes them again, in their order. */
static void mig_remake_triggers(migrate *m, const mig_catalog *before, const mig_catalog *c,
                                const char *table, const char *from, const char *to) {
  mig_object *o = 0;
  int pass;
  for (pass = 0; pass < 2; pass++) {
    while ((o = mig_objects_of(c, table, o)) != 0 && !mig_failed(&m->work)) {
      const char *sql;
      mig_trigger t;
      if (!mig_is_type(o, "trigger")) continue;
      if (!pass) {
        mig_sink_sql(m, MIG_S_SCHEMA,
                     mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, o->name),
                     "made again with the quotes that it had");
        continue;
      }
      sql = mig_respelled(m, before, o, from, to);
      if (!sql) sql = o->sql;
      if (mig_parse_trigger(&m->work, sql, &t)) return;
      mig_sink_sql(m, MIG_S_SCHEMA,
                   mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                              sql + t.name_span.at),
                   "made again with the quotes that it had");
    }
  }
}

static void mig_remake_view(migrate *m, const mig_catalog *before, const mig_catalog *c,
                            const mig_object *o, const char *sql, const char *from,
                            const char *to) {
  const mig_catalog *temp = mig_same(c->schema, "temp") ? 0 : mig_read_catalog(m, "temp");
  mig_object *t = 0;
  mig_sink_sql(m, MIG_S_SCHEMA, mig_format(&m->work, "DROP VIEW \"%w\".\"%w\"", c->schema, o->name),
               "made again with the quotes that it had");
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "CREATE VIEW \"%w\".%s", c->schema,
                          sql + mig_view_name_at(sql)),
               "made again with the quotes that it had");
  while ((t = mig_objects_of(c, o->name, t)) != 0 && !mig_failed(&m->work)) {
    mig_trigger head;
    const char *text;
    if (!mig_is_type(t, "trigger")) continue;
    text = mig_respelled(m, before, t, from, to);
    if (!text) text = t->sql;
    if (mig_parse_trigger(&m->work, text, &head)) return;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                            text + head.name_span.at),
                 "made again with the quotes that it had");
  }
  while (temp && (t = mig_objects_of(temp, o->name, t)) != 0 && !mig_failed(&m->work)) {
    mig_trigger head;
    if (!mig_hangs_on(&m->work, temp, t, c->schema)) continue;
    if (mig_parse_trigger(&m->work, t->sql, &head)) return;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER temp.%s", t->sql + head.name_span.at),
                 "a TEMP trigger of the view: it went with it");
  }
}

/* Views, and triggers of other tables, whose text the rename has spelled anew. */
static void mig_remake_others(migrate *m, const mig_catalog *before, const char *table,
                              const char *from, const char *to) {
  const mig_catalog *c = mig_read_catalog(m, before->schema);
  int i, k;
  for (i = 0; c && i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    char *sql = mig_same(o->table, table) ? 0 : mig_respelled(m, before, o, from, to);
    if (!sql) continue;
    if (mig_is_type(o, "view")) {
      mig_remake_view(m, before, c, o, sql, from, to);
    } else if (mig_is_type(o, "trigger")) {
      for (k = 0; k < i; k++) { /* the first of the table's that changed makes all of them again */
        if (mig_is_type(&c->v[k], "trigger") && mig_same(c->v[k].table, o->table) &&
            mig_respelled(m, before, &c->v[k], from, to)) {
          break;
        }
      }
      if (k == i) mig_remake_triggers(m, before, c, o->table, from, to);
    }
  }
}

/* Gives the objects of one table, as the catalog at hand has them, their spelling back. Tells
** whether any differed. */
static int mig_respell_at_hand(migrate *m, const mig_catalog *before, mig_catalog *c,
                               const char *table, const char *from, const char *to) {
  mig_object *o = 0;
  int any = 0;
  while ((o = mig_objects_of(c, table, o)) != 0 && !mig_failed(&m->work)) {
    char *sql = mig_respelled(m, before, o, from, to);
    if (sql) o->sql = sql;
    any |= sql != 0;
  }
  return any;
}
/* Rename: a column called like the rowid, which SQLite's own RENAME COLUMN refuses from 3.54 on.
** The texts are edited here. What a name means inside of a view or trigger only SQLite knows for
** sure: one that speaks of other tables as well is a refusal. */

static int mig_rename_is_refused(const mig_rename *r) {
  return sqlite3_libversion_number() >= 3054000 &&
         (mig_is_rowid_word(r->from) || mig_is_rowid_word(r->to));
}

/* Does this other table or view have such a column? Of a view, and of a virtual table, that is not
** known. */
static int mig_may_have_column(mig_arena *a, const mig_object *x, const char *column) {
  mig_table t;
  if (!mig_is_type(x, "table") || mig_is_virtual(x) || mig_is_rowid_word(column)) return 1;
  if (!mig_mentions(x->sql, column)) return 0;
  return mig_parse_table(a, x->sql, &t) || mig_find_column(&t, column) >= 0;
}

/* Does a view or trigger name a table or view besides this one whose column may be meant? */
static int mig_names_others(mig_arena *a, const mig_catalog *c, const mig_object *o,
                            const char *table, const char *column) {
  int i;
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *x = &c->v[i];
    if (x == o || mig_same(x->name, table) || mig_same(x->name, o->name)) continue;
    if (!mig_is_type(x, "table") && !mig_is_type(x, "view")) continue;
    if (mig_mentions_token(a, o->sql, x->name) && mig_may_have_column(a, x, column)) return 1;
  }
  return 0;
}

/* The text of a view or trigger that speaks of the table alone. */
static char *mig_renamed_speaker(migrate *m, const mig_catalog *c, const mig_object *o,
                                 const char *table, const mig_rename *r) {
  mig_arena *a = &m->work;
  mig_uses uses;
  mig_span all;
  if (!mig_mentions_token(a, o->sql, table)) return 0;
  memset(&uses, 0, sizeof uses);
  all.at = 0;
  all.end = strlen(o->sql);
  mig_find_uses(a, o->sql, all, r->from, &uses);
  if (!uses.n) return 0;
  if (!mig_same(table, r->from) && !mig_names_others(a, c, o, table, r->from)) {
    return mig_replace_uses(a, o->sql, &uses, r->to);
  }
  mig_fail(a, MIGRATE_DEPENDENT,
           "%s %s speaks of %s and of other tables, and this SQLite does not rename a column of "
           "that name: drop it first and make it again",
           o->type, o->name, r->from);
  return 0;
}

static char *mig_renamed_index(mig_arena *a, const char *sql, const mig_rename *r) {
  mig_uses uses;
  mig_index x;
  memset(&uses, 0, sizeof uses);
  if (mig_parse_index(a, sql, &x)) return 0;
  mig_find_uses(a, sql, x.list, r->from, &uses);
  mig_find_uses(a, sql, x.where, r->from, &uses);
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

/* The text of a table, the one with the column or a child of it. */
static char *mig_renamed_table(mig_arena *a, const char *sql, const char *table,
                               const mig_rename *r) {
  mig_uses uses;
  mig_table t;
  int i, k;
  if (mig_parse_table(a, sql, &t)) return 0;
  if (mig_same(t.name, table)) {
    return mig_rename_column_text(a, &t, mig_find_column(&t, r->from), r->to);
  }
  memset(&uses, 0, sizeof uses);
  for (i = 0; i < t.nconstraint; i++) {
    const mig_constraint *c = &t.constraints[i];
    for (k = 0; k < c->nparent && mig_same(c->parent, table); k++) {
      if (mig_same(c->parent_keys[k].name, r->from)) {
        mig_add_use(a, &uses, c->parent_keys[k].name_span);
      }
    }
  }
  return uses.n ? mig_replace_uses(a, sql, &uses, r->to) : 0;
}

static char *mig_renamed_object(migrate *m, const mig_catalog *c, const mig_object *o,
                                const char *table, const mig_rename *r) {
  if (!o->sql || !mig_mentions(o->sql, r->from) || mig_is_virtual(o)) return 0;
  if (mig_is_type(o, "table")) return mig_renamed_table(&m->work, o->sql, table, r);
  if (!mig_is_type(o, "index")) return mig_renamed_speaker(m, c, o, table, r);
  return mig_same(o->table, table) ? mig_renamed_index(&m->work, o->sql, r) : 0;
}

/* ---- many renames ---- */

static const char mig_why_many[] =
    "many changes: SQLite's own would read the whole schema each time";

static int mig_has_speakers(mig_catalog *c, const char *table) {
  const mig_mention *x;
  for (x = mig_next_mention(c, table, 0); x; x = mig_next_mention(c, table, x)) {
    if (!mig_is_type(x->object, "table")) return 1;
  }
  return 0;
}

/* May the texts be edited here, as SQLite would? Only where no view and no trigger could mean the
** column, and no string in double quotes could come to mean it. */
static int mig_rename_is_plain(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *table = t->object->name;
  mig_object *o = 0;
  if (mig_is_plain(m) || mig_has_speakers(t->catalog, table)) return 0;
  if (t->temp != t->catalog && mig_has_speakers(t->temp, table)) return 0;
  while ((o = mig_objects_of(t->catalog, table, o)) != 0) {
    if (o->sql && mig_mentions_token(&m->work, o->sql, r->to)) return 0;
  }
  return !mig_failed(&m->work);
}

static mig_lowering mig_begin_renames(migrate *m, const mig_target *t, mig_statements *list) {
  mig_lowering l;
  memset(list, 0, sizeof *list);
  memset(&l, 0, sizeof l);
  list->a = l.a = &m->work;
  list->strategy = "schema edit";
  l.out = list;
  l.schema = t->catalog->schema;
  return l;
}

static void mig_rename_by_edits(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *table = t->object->name;
  const mig_mention *x;
  mig_object *o = 0;
  mig_statements list;
  mig_lowering l = mig_begin_renames(m, t, &list);
  while ((o = mig_objects_of(t->catalog, table, o)) != 0 && !mig_failed(l.a)) {
    char *sql = mig_renamed_object(m, t->catalog, o, table, r);
    if (sql) mig_emit_text_edit(&l, o, sql, mig_why_many);
  }
  for (x = mig_next_mention(t->catalog, table, 0); x && !mig_failed(l.a);
       x = mig_next_mention(t->catalog, table, x)) {
    char *sql = mig_same(x->object->name, table)
                    ? 0
                    : mig_renamed_object(m, t->catalog, x->object, table, r);
    if (sql) mig_emit_text_edit(&l, x->object, sql, mig_why_many);
  }
  mig_sink_list(m, &list);
}

/* ---- many renames of tables ---- */

/* SQLite writes the new name in double quotes wherever it puts it. */
static char *mig_put_new_name(mig_arena *a, const char *sql, const mig_uses *uses,
                              const char *name) {
  mig_text z;
  size_t done = 0;
  int i;
  mig_text_init(&z, a);
  for (i = 0; i < uses->n; i++) {
    mig_putn(&z, sql + done, uses->v[i].at - done);
    mig_put_name(&z, name);
    done = uses->v[i].end;
  }
  mig_put(&z, sql + done);
  return mig_failed(a) ? 0 : z.z;
}

/* Where the text of a table, an index or a child speaks of the table; 0 where that is not wholly
** known, as with a column of the same name, which may as well be the table before a point. */
static int mig_table_uses(mig_arena *a, const mig_object *o, const char *table, mig_uses *uses) {
  size_t n = strlen(o->sql);
  int own = mig_same(o->table, table), names = 0, i;
  mig_token k;
  memset(uses, 0, sizeof *uses);
  if (mig_is_type(o, "index")) {
    mig_index x;
    if (mig_parse_index(a, o->sql, &x)) return 0;
    mig_add_use(a, uses, x.table_span);
  } else {
    mig_table t;
    if (mig_parse_table(a, o->sql, &t)) return 0;
    if (own) mig_add_use(a, uses, t.name_span);
    for (i = 0; i < t.nconstraint; i++) {
      const mig_constraint *c = &t.constraints[i];
      if (c->kind != MIG_FOREIGN_KEY || !mig_same(c->parent, table)) continue;
      mig_add_use(a, uses, c->parent_span);
    }
  }
  for (k = mig_next_significant(o->sql, n, 0); own && k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(o->sql, n, k.end)) {
    if (k.type != MIG_TK_WORD && k.type != MIG_TK_NAME && k.type != MIG_TK_STRING) continue;
    names += mig_token_names(a, o->sql, k, table);
  }
  return !mig_failed(a) && (!own || names == uses->n);
}

/* Does anything besides tables' keys speak of the table, or hold its name in rows? */
static int mig_table_is_plain(migrate *m, const mig_target *t, const char *name) {
  static const char *const holders[] = {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"};
  const mig_catalog *c = t->catalog;
  int i;
  if (mig_is_plain(m) || c->has_virtual || !*name || mig_same(name, t->object->name)) return 0;
  if (mig_has_name_prefix(name, "sqlite_")) return 0;
  for (i = 0; i < 3; i++) {
    if (mig_catalog_table(c, holders[i])) return 0;
  }
  if (mig_has_speakers(t->catalog, t->object->name)) return 0;
  if (t->temp == t->catalog) return 1;
  return !mig_has_speakers(t->temp, t->object->name) && !mig_catalog_table(t->temp, name) &&
         !mig_catalog_table(t->temp, t->object->name);
}

/* Emits the edit of one object; 0 where it speaks of the table in a way that only SQLite
** understands. */
static int mig_emit_table_name(mig_lowering *l, mig_object *o, const char *from, const char *to) {
  int own = mig_same(o->table, from);
  mig_statement *s;
  mig_uses uses;
  char *sql = 0;
  if (o->sql) {
    if (!mig_table_uses(l->a, o, from, &uses)) return 0;
    if (!uses.n) return 1;
    sql = mig_put_new_name(l->a, o->sql, &uses, to);
  }
  s = mig_emit_edit(l, "", mig_why_many);
  if (!s) return 0;
  s->object = o;
  s->text = sql;
  if (!own) return 1;
  s->table = to;
  s->name = mig_is_type(o, "table") ? to : o->name;
  if (!o->sql) { /* sqlite_autoindex_TABLE_1 */
    s->name = mig_format(l->a, "sqlite_autoindex_%s%s", to, o->name + 17 + strlen(from));
  }
  return 1;
}

/* RENAME TO by edits of the texts and names that SQLite's own would write; 0, and nothing done,
** where something speaks of the table that only SQLite understands. */
static int mig_rename_table_by_edits(migrate *m, const mig_target *t, const char *to) {
  const char *from = t->object->name;
  const mig_mention *x;
  mig_object *o = 0;
  mig_statements list;
  mig_lowering l;
  if (!m->many || !mig_table_is_plain(m, t, to)) return 0;
  l = mig_begin_renames(m, t, &list);
  while ((o = mig_objects_of(t->catalog, from, o)) != 0) {
    if (!mig_emit_table_name(&l, o, from, to)) return 0;
  }
  for (x = mig_next_mention(t->catalog, from, 0); x && !mig_failed(l.a);
       x = mig_next_mention(t->catalog, from, x)) {
    if (mig_same(x->object->table, from)) continue;
    if (!mig_emit_table_name(&l, x->object, from, to)) return 0;
  }
  mig_sink_list(m, &list);
  return 1;
}

/* ---- the upsert in a trigger that SQLite's own RENAME TO mistakes ---- */

/* It writes the table's new name over `excluded`, which then means the row that is there. The new
** text with that put right; NULL: it is right. */
static char *mig_with_excluded(mig_arena *a, const char *old, const char *now) {
  size_t n = strlen(old), done = 0;
  mig_token x = mig_next_significant(old, n, 0), y = mig_next_significant(now, strlen(now), 0), dot;
  mig_text z;
  mig_text_init(&z, a);
  for (; x.type != MIG_TK_END && y.type != MIG_TK_END && !mig_failed(a); x = dot) {
    dot = mig_next_significant(old, n, x.end);
    if (mig_token_names(a, old, x, "excluded") && mig_token_op(old, dot, ".") &&
        !mig_token_names(a, now, y, "excluded")) {
      mig_putn(&z, now + done, y.at - done);
      mig_putn(&z, old + x.at, x.end - x.at);
      done = y.end;
    }
    y = mig_next_significant(now, strlen(now), y.end);
  }
  if (!done) return 0;
  mig_put(&z, now + done);
  return mig_failed(a) ? 0 : z.z;
}

/* Gives the triggers of one database their excluded back: `before` was read ahead of the rename. */
static void mig_restore_excluded(migrate *m, const mig_catalog *before) {
  mig_catalog *c = mig_read_catalog(m, before->schema);
  unsigned char *wrong = c ? (unsigned char *)mig_alloc(&m->work, (size_t)c->n + 1) : 0;
  int i, k;
  for (i = 0; wrong && i < c->n && !mig_failed(&m->work); i++) {
    mig_object *now = &c->v[i];
    const mig_object *old = mig_is_type(now, "trigger") ? mig_by_rowid(before, now) : 0;
    char *sql = old && mig_mentions(old->sql, "excluded")
                    ? mig_with_excluded(&m->work, old->sql, now->sql)
                    : 0;
    if (!sql) continue;
    wrong[i] = 1;
    if (mig_is_plain(m)) now->sql = sql;
    else mig_run_text(m, c->schema, now->rowid, sql, "SQLite took excluded for the table");
  }
  for (i = 0; wrong && mig_is_plain(m) && i < c->n && !mig_failed(&m->work); i++) {
    const char *table = c->v[i].table;
    for (k = 0; k < i && !(wrong[k] && mig_same(c->v[k].table, table)); k++) {}
    if (wrong[i] && k == i) mig_remake_triggers(m, c, c, table, "", "");
  }
}

static void mig_rename_in_catalog(migrate *m, const mig_target *t, const mig_catalog *c,
                                  const mig_rename *r) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    char *sql;
    if (c != t->catalog && (mig_is_type(o, "table") || mig_is_type(o, "index"))) continue;
    sql = mig_renamed_object(m, c, o, t->object->name, r);
    if (!sql) continue;
    mig_run_text(m, c->schema, o->rowid, sql,
                 "SQLite's own refuses a column that is called like the rowid");
  }
}

/* Of TEMP objects only views and triggers speak of a table in another database, and those not where
** the TEMP database has one of that name. */
static void mig_rename_by_text(migrate *m, const mig_target *t, const mig_rename *r) {
  mig_rename_in_catalog(m, t, t->catalog, r);
  if (t->temp != t->catalog && !mig_catalog_table(t->temp, t->object->name)) {
    mig_rename_in_catalog(m, t, t->temp, r);
  }
  mig_flush(m);
}

/* ---- a key that SQLite's own RENAME COLUMN gets wrong ---- */

/* The INTEGER PRIMARY KEY of a WITHOUT ROWID table, where UNIQUE uses it, too. */
static int mig_is_half_renamed(const mig_table *t, const char *column) {
  int i;
  if (!t->without_rowid || t->rowid_column < 0) return 0;
  if (!mig_same(t->columns[t->rowid_column].name, column)) return 0;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *c = &t->constraints[i];
    if (c->kind == MIG_UNIQUE && c->column < 0 && mig_keys_use(c, column)) return 1;
  }
  return 0;
}

/* The same table with a key that is not INTEGER by name, behind all other constraints: there its
** b-tree has the number that it has as an INTEGER PRIMARY KEY. */
static char *mig_with_plain_key(mig_arena *a, const mig_table *t) {
  const mig_constraint *k = mig_primary_key(t);
  const char *key = mig_format(a, "PRIMARY KEY(\"%w\"%s)", k->keys[0].name,
                               k->keys[0].desc ? " DESC" : "");
  int column = k->column;
  mig_table now;
  char *sql = column < 0 ? mig_delete_item(a, t, mig_item_of(t, t->primary_key))
                         : mig_delete_words(a, t->sql, k->span);
  if (!sql || mig_parse_table(a, sql, &now)) return 0;
  sql = mig_splice(a, now.sql, now.columns[t->rowid_column].type, "INT");
  if (!sql || mig_parse_table(a, sql, &now)) return 0;
  return mig_insert_item(a, &now, mig_list_items(a, &now).n - 1, key);
}

/* ---- generated columns, where SQLite's own RENAME COLUMN mistakes them ---- */

/* The number by which SQLite knows a column in an expression: the rowid's alias has none. */
static int mig_column_number(const mig_table *t, int column) {
  return column == mig_alias(t) ? -1 : column;
}

/* The text of another table with each generated expression that uses its own column of that number
** put out of the way; NULL where there is none. */
static char *mig_without_generated(mig_arena *a, const char *sql, int number) {
  mig_table t;
  int i, k, uses;
  char *text = 0;
  if (!sql || !mig_mentions(sql, "as") || mig_parse_table(a, sql, &t)) return 0;
  for (i = t.nconstraint - 1; i >= 0 && !mig_failed(a); i--) {
    const mig_constraint *g = &t.constraints[i];
    if (g->kind != MIG_GENERATED) continue;
    for (k = uses = 0; k < t.ncolumn && !uses; k++) {
      uses = mig_column_number(&t, k) == number &&
             mig_span_uses(a, sql, g->expr, t.columns[k].name);
    }
    if (uses) text = mig_splice(a, text ? text : sql, g->expr, "NULL");
  }
  return text;
}

/* SQLite before 3.35 (3.31.1 was seen to) renames in the generated columns of every table of the
** database what has the column's number there, whatever that is called. For the time of the rename
** such expressions are NULL. Returns the objects whose text changed, as they were; ends at one
** without a text. */
static mig_object *mig_hide_generated(migrate *m, const mig_target *t, const char *column) {
  mig_arena *a = &m->work;
  mig_object *hidden = 0;
  mig_table own;
  int i, number, n = 0, cap = 0;
  if (sqlite3_libversion_number() >= 3035000) return 0;
  if (mig_parse_table(a, t->object->sql, &own)) return 0;
  number = mig_column_number(&own, mig_find_column(&own, column));
  for (i = 0; i < t->catalog->n && !mig_failed(a); i++) {
    mig_object *o = &t->catalog->v[i];
    char *sql = 0;
    if (o != t->object && mig_is_type(o, "table") && !mig_is_virtual(o)) {
      sql = mig_without_generated(a, o->sql, number);
    }
    if (!sql) continue;
    if (mig_is_plain(m)) {
      mig_fail(a, MIGRATE_UNSUPPORTED,
               "this SQLite would rename a column that generated columns of %s use, too, and "
               "without an edit of the schema nothing keeps it from that: rebuild = auto does",
               o->name);
      return 0;
    }
    hidden = (mig_object *)mig_grow(a, hidden, n + 1, &cap, sizeof *hidden);
    if (mig_failed(a)) return 0;
    hidden[n++] = *o;
    hidden[n].sql = 0;
    mig_run_text(m, t->catalog->schema, o->rowid, sql,
                 "SQLite before 3.35 takes its generated columns for the renamed one");
  }
  return hidden;
}

/* The texts again, their foreign keys with the new name. */
static void mig_show_generated(migrate *m, const mig_target *t, const mig_rename *r,
                               const mig_object *hidden) {
  for (; hidden && hidden->sql && !mig_failed(&m->work); hidden++) {
    char *sql = mig_renamed_table(&m->work, hidden->sql, t->object->name, r);
    mig_run_text(m, t->catalog->schema, hidden->rowid, sql ? sql : hidden->sql,
                 "its generated columns are as they were");
  }
}
/* Other: the statements besides ALTER TABLE that SQLite lacks. */

/* Finds an object by name: in one database, or where SQLite would find it. Without a type it is a
** table, an index or a view. */
static mig_object *mig_find_object(migrate *m, const char *schema, const char *name,
                                   const char *type, mig_catalog **where) {
  int n, i;
  const char **schemas = mig_read_schemas(m, &n);
  mig_object *o = 0;
  for (i = 0; i < n && !mig_failed(&m->work) && !o; i++) {
    mig_catalog *c;
    if (schema && !mig_same(schema, schemas[i])) continue;
    c = mig_read_catalog(m, schemas[i]);
    o = c ? mig_catalog_find(c, name, type) : 0;
    *where = c;
  }
  return o;
}

/* Where a text says INDEXED BY name. */
static void mig_find_indexed_by(mig_arena *a, const char *sql, const char *name, mig_uses *uses) {
  size_t n = strlen(sql);
  mig_token k, by, x;
  mig_span s;
  memset(uses, 0, sizeof *uses);
  if (!mig_mentions(sql, "INDEXED")) return;
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_significant(sql, n, k.end)) {
    if (!mig_token_is(sql, k, "INDEXED")) continue;
    by = mig_next_significant(sql, n, k.end);
    x = mig_next_significant(sql, n, by.end);
    if (!mig_token_is(sql, by, "BY") || !mig_token_names(a, sql, x, name)) continue;
    s.at = x.at;
    s.end = x.end;
    mig_add_use(a, uses, s);
  }
}

/* Before the rename: DROP INDEX would take along what names the old index. */
static void mig_rename_index_stats(migrate *m, const mig_catalog *c, const char *from,
                                   const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(&m->work); i++) {
    if (!mig_catalog_table(c, stats[i])) continue;
    mig_sink_sql(m, MIG_S_DATA,
                 mig_format(&m->work, "UPDATE \"%w\".%s SET idx = %Q WHERE idx = %Q", c->schema,
                            stats[i], to, from),
                 "the statistics keep their index");
  }
}

/* In plain SQL a trigger is made again with all of its table, in their order. */
static void mig_remake_indexed_by(migrate *m, const mig_catalog *c, const mig_object *o,
                                  const char *from, const char *to) {
  mig_object *t = 0;
  int pass;
  for (pass = 0; pass < 2; pass++) {
    while ((t = mig_objects_of(c, o->table, t)) != 0 && !mig_failed(&m->work)) {
      mig_trigger head;
      mig_uses uses;
      char *sql;
      if (!mig_is_type(t, "trigger")) continue;
      mig_find_indexed_by(&m->work, t->sql, from, &uses);
      sql = mig_replace_uses(&m->work, t->sql, &uses, to);
      if (!sql || mig_parse_trigger(&m->work, sql, &head)) return;
      mig_sink_sql(m, MIG_S_SCHEMA,
                   pass ? mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                                     sql + head.name_span.at)
                        : mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, t->name),
                   "it, or another of its table, says INDEXED BY");
    }
  }
}

static int mig_is_first_indexed_by(mig_arena *a, const mig_catalog *c, const mig_object *o,
                                   const char *name) {
  mig_object *t = 0;
  while ((t = mig_objects_of(c, o->table, t)) != 0 && t != o && !mig_failed(a)) {
    mig_uses uses;
    if (!mig_is_type(t, "trigger")) continue;
    mig_find_indexed_by(a, t->sql, name, &uses);
    if (uses.n) return 0;
  }
  return 1;
}

/* Views and triggers that say INDEXED BY follow the name. */
static void mig_rename_indexed_by(migrate *m, const mig_catalog *c, const char *from,
                                  const char *to) {
  mig_arena *a = &m->work;
  int i;
  for (i = 0; i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    mig_uses uses;
    char *sql;
    if (!mig_is_type(o, "view") && !mig_is_type(o, "trigger")) continue;
    mig_find_indexed_by(a, o->sql, from, &uses);
    if (!uses.n) continue;
    sql = mig_replace_uses(a, o->sql, &uses, to);
    if (!mig_is_plain(m)) {
      mig_run_text(m, c->schema, o->rowid, sql, "it says INDEXED BY");
    } else if (mig_is_type(o, "view")) {
      mig_remake_view(m, c, c, o, sql, from, to);
    } else if (mig_is_first_indexed_by(a, c, o, from)) {
      mig_remake_indexed_by(m, c, o, from, to);
    }
  }
}

/* ALTER INDEX a RENAME TO b: an edit of its row, and of what names it. */
static void mig_rename_index(migrate *m, const mig_index_rename *r, mig_catalog *c,
                             const mig_object *o) {
  mig_arena *a = &m->work;
  const mig_catalog *temp;
  mig_index x;
  mig_text z;
  if (!o->sql) {
    mig_fail(a, MIGRATE_UNSUPPORTED,
             "index %s belongs to a constraint of %s: rename the constraint", o->name, o->table);
  } else if (!mig_same(r->to, o->name) && mig_is_taken(c, r->to)) {
    mig_fail(a, MIGRATE_EXISTS,
             "there is already another table, index or view with this name: %s", r->to);
  } else if (mig_has_name_prefix(r->to, "sqlite_")) {
    mig_fail(a, MIGRATE_UNSUPPORTED, "object name reserved for internal use: %s", r->to);
  }
  if (mig_failed(a) || mig_parse_index(a, o->sql, &x)) return;
  mig_text_init(&z, a);
  mig_putn(&z, x.sql, x.name_span.at);
  mig_put_name_like(&z, x.sql, x.name_span, r->to);
  mig_put(&z, x.sql + x.name_span.end);
  temp = mig_same(c->schema, "temp") ? 0 : mig_read_catalog(m, "temp");
  mig_rename_indexed_by(m, c, o->name, r->to);
  if (temp && !mig_catalog_find(temp, o->name, "index")) {
    mig_rename_indexed_by(m, temp, o->name, r->to);
  }
  mig_rename_index_stats(m, c, o->name, r->to);
  if (mig_is_plain(m)) {
    mig_sink_sql(m, MIG_S_SCHEMA, mig_format(a, "DROP INDEX \"%w\".\"%w\"", c->schema, o->name),
                 "made again under the new name");
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(a, "CREATE %sINDEX \"%w\".%s", x.unique ? "UNIQUE " : "", c->schema,
                            z.z ? z.z + x.name_span.at : ""),
                 "made again under the new name");
    return;
  }
  mig_run_edit(m, c->schema,
               mig_format(a,
                          "UPDATE \"%w\".sqlite_master SET name = %Q, sql = ?1 WHERE rowid = %lld",
                          c->schema, r->to, o->rowid),
               z.z, "only the index's name changes");
}

static void mig_run_alter_index(migrate *m, const char *sql) {
  mig_index_rename r;
  mig_catalog *c = 0;
  mig_object *o;
  if (mig_parse_index_rename(&m->work, sql, &r)) return;
  o = mig_find_object(m, r.schema, r.name, "index", &c);
  if (o) mig_rename_index(m, &r, c, o);
  else if (!r.if_exists) {
    mig_fail_at(&m->work, MIGRATE_NO_SUCH, sql, r.name_at,
                mig_format(&m->work, "no such index: %s%s%s", r.schema ? r.schema : "",
                           r.schema ? "." : "", r.name));
  }
}

/* The triggers of a view go with it and are made again, in their order: those of `c`, which is the
** view's database or TEMP. */
static void mig_triggers_again(migrate *m, const mig_catalog *c, const char *schema,
                               const char *view) {
  mig_object *o = 0;
  while ((o = mig_objects_of(c, view, o)) != 0 && !mig_failed(&m->work)) {
    mig_trigger t;
    if (!mig_is_type(o, "trigger") || mig_parse_trigger(&m->work, o->sql, &t)) continue;
    if (mig_same(c->schema, "temp") && !mig_hangs_on(&m->work, c, o, schema)) continue;
    mig_sink_sql(m, MIG_S_SCHEMA,
                 mig_format(&m->work, "CREATE TRIGGER \"%w\".%s", c->schema,
                            o->sql + t.name_span.at),
                 "a trigger of the replaced view");
  }
}

/* What compiled beside the view as it was, itself included, compiles. */
static void mig_check_replaced(migrate *m, const mig_object *view, mig_dependents *d) {
  mig_text names;
  int i;
  mig_text_init(&names, &m->work);
  mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    const mig_dependent *v = &d->v[i];
    if (!v->worked || mig_works_strictly(m, v, v->strict)) continue;
    if (v->object == view) { /* SQLite says why */
      sqlite3_finalize(mig_prepare_braced(m, mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\"",
                                                        v->catalog->schema, view->name)));
    }
    mig_putf(&names, "%s%s %s", names.n ? ", " : "", v->object->type, v->object->name);
  }
  mig_be_strict(m, 0);
  if (!names.n || mig_failed(&m->work)) return;
  mig_fail(&m->work, MIGRATE_DEPENDENT,
           "other objects depend on view %s as it was: %s (drop them first)", view->name, names.z);
}

static void mig_replace_view(migrate *m, mig_catalog *c, mig_object *o, const char *sql) {
  mig_target t;
  mig_dependents d;
  t.catalog = c;
  t.temp = mig_read_catalog(m, "temp");
  t.object = o;
  if (!t.temp) return;
  d = mig_find_dependents(m, &t);
  mig_take_dependent(m, &d, c, o);
  mig_baseline(m, &d);
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "DROP VIEW \"%w\".\"%w\"", c->schema, o->name),
               "it is replaced");
  mig_sink_sql(m, MIG_S_SCRIPT, sql, "as it stands, without OR REPLACE");
  mig_triggers_again(m, c, c->schema, o->name);
  if (t.temp != c) mig_triggers_again(m, t.temp, c->schema, o->name);
  mig_check_replaced(m, o, &d);
}

static void mig_replace_trigger(migrate *m, const mig_catalog *c, const mig_object *o,
                                const char *sql) {
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work, "DROP TRIGGER \"%w\".\"%w\"", c->schema, o->name),
               "it is replaced");
  mig_sink_sql(m, MIG_S_SCRIPT, sql, "as it stands, without OR REPLACE");
}

/* Where SQLite puts a trigger that does not say it: beside a TEMP table or view. */
static const char *mig_trigger_home(migrate *m, const char *sql) {
  mig_object o;
  const mig_catalog *temp = mig_read_catalog(m, "temp");
  mig_trigger t;
  if (!temp) return "main";
  if (mig_parse_trigger(&m->work, sql, &t)) {
    mig_forgive(&m->fault); /* SQLite says what is wrong */
    return "main";
  }
  memset(&o, 0, sizeof o);
  o.type = "trigger";
  o.table = t.table;
  o.sql = sql;
  return mig_hangs_on(&m->work, temp, &o, "temp") ? "temp" : "main";
}

/* CREATE OR REPLACE VIEW and TRIGGER: what is there goes, in the same transaction. */
static void mig_run_or_replace(migrate *m, const char *sql) {
  mig_replacement r;
  mig_catalog *c = 0;
  mig_object *o;
  const char *schema = "main";
  if (mig_parse_replacement(&m->work, sql, &r)) return;
  if (r.temp) schema = "temp";
  else if (r.schema) schema = r.schema;
  else if (r.trigger) schema = mig_trigger_home(m, r.sql);
  o = mig_find_object(m, schema, r.name, r.trigger ? "trigger" : 0, &c);
  if (mig_failed(&m->work)) return;
  if (!o) {
    mig_sink_sql(m, MIG_S_SCRIPT, r.sql, "as it stands, without OR REPLACE");
  } else if (r.trigger) {
    mig_replace_trigger(m, c, o, r.sql);
  } else if (mig_is_type(o, "view")) {
    mig_replace_view(m, c, o, r.sql);
  } else {
    mig_fail_at(&m->work, MIGRATE_EXISTS, sql, r.name_at,
                mig_format(&m->work, "%s is a%s %s, not a view", o->name,
                           mig_is_type(o, "index") ? "n" : "", o->type));
  }
}
/* Hosting: what the settings of the connection have to be for the plain rungs, and DROP TABLE of a
** script where foreign keys stay on. */

static int mig_prefix_taken(const mig_catalog *c, const char *prefix) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (mig_has_name_prefix(c->v[i].name, prefix)) return 1;
  }
  return 0;
}

/* A prefix for the names of what exists only while the change runs: no object begins with it. */
static const char *mig_scratch_prefix(const mig_target *t) {
  mig_catalog *c = t->catalog;
  const char *name = c->scratch;
  int number = 0;
  if (name) return name;
  do {
    name = mig_format(&c->memory, "migrate_scratch_%d", number++);
  } while (name && (mig_prefix_taken(c, name) || mig_prefix_taken(t->temp, name)));
  c->scratch = name;
  return name;
}

/* The portable rung renames tables that others reference: nothing may follow, or be enforced. */
static void mig_run_portable_list(migrate *m, const mig_statements *list) {
  int keys = mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, 0);
  int legacy = mig_switch(m, MIG_LEGACY_ALTER_TABLE, 1);
  mig_still_ready(m);
  mig_sink_list(m, list);
  mig_undo_in_need(m);
  mig_switch(m, MIG_LEGACY_ALTER_TABLE, legacy);
  mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, keys);
  mig_still_ready(m);
}

/* In a scratch database foreign keys are on where they will be, so that a rename does there what it
** will do. Not for more: there are no rows to reference. */
static int mig_hosted_keys(migrate *m, int on) {
  if (!mig_live(m) || m->settings.rebuild != MIG_REBUILD_HOSTED) return on;
  return mig_switch(m, SQLITE_DBCONFIG_ENABLE_FKEY, on);
}

/* The hosted rung leaves foreign keys as they are, deferred where they are on. */
static void mig_run_hosted_list(migrate *m, const mig_statements *list) {
  int keys = mig_hosted_keys(m, 1), legacy = mig_switch(m, MIG_LEGACY_ALTER_TABLE, 1);
  int deferred = mig_read_int(m, "PRAGMA defer_foreign_keys") != 0;
  mig_still_ready(m);
  if (!deferred) mig_do(m, "PRAGMA defer_foreign_keys = ON", 0);
  mig_sink_list(m, list);
  mig_undo_in_need(m);
  if (!deferred) mig_step_all(m->db, "PRAGMA defer_foreign_keys = OFF", 0);
  mig_switch(m, MIG_LEGACY_ALTER_TABLE, legacy);
  mig_hosted_keys(m, keys);
  mig_still_ready(m);
}

static void mig_run_list(migrate *m, const mig_statements *list, int rung) {
  if (rung == MIG_PORTABLE_REBUILD) mig_run_portable_list(m, list);
  else if (rung == MIG_HOSTED_REBUILD) mig_run_hosted_list(m, list);
  else mig_sink_list(m, list);
}

/* ---- DROP TABLE ---- */

/* A list of statements of the hosted rung over the table of t. */
static void mig_hosted_begin(migrate *m, const mig_target *t, mig_lowering *l,
                             mig_statements *list, mig_facts *facts) {
  memset(list, 0, sizeof *list);
  memset(l, 0, sizeof *l);
  memset(facts, 0, sizeof *facts);
  facts->version = sqlite3_libversion_number();
  facts->portable = facts->hosted = 1;
  list->strategy = mig_rung_name(MIG_HOSTED_REBUILD);
  list->a = l->a = &m->work;
  l->out = list;
  l->catalog = t->catalog;
  l->temp = t->temp;
  l->facts = facts;
  l->schema = t->catalog->schema;
  l->scratch = mig_scratch_prefix(t);
}

static int mig_is_referenced(migrate *m, const mig_catalog *c, const mig_object *table) {
  int i;
  for (i = 0; i < c->n && !mig_failed(&m->work); i++) {
    if (&c->v[i] == table) continue;
    if (mig_object_references(&m->work, &c->v[i], table->name)) return 1;
  }
  return 0;
}

/* The table that DROP TABLE names; without an object: none that others reference. */
static mig_target mig_dropped_target(migrate *m, const char *sql) {
  mig_reader reader, *r = &reader;
  mig_target t;
  const char *schema = 0, *name;
  mig_reader_init(r, &m->work, sql, strlen(sql), 0);
  mig_want_word(r, "DROP");
  mig_want_word(r, "TABLE");
  if (mig_take_word(r, "IF")) mig_want_word(r, "EXISTS");
  name = mig_take_object(r, &schema, 0);
  memset(&t, 0, sizeof t);
  if (mig_failed(&m->work)) return t;
  mig_flush(m);
  t = mig_find_target(m, schema, name);
  if (!t.object || !mig_is_type(t.object, "table") || mig_is_virtual(t.object) ||
      !mig_is_referenced(m, t.catalog, t.object)) {
    t.object = 0;
  }
  return t;
}

/* DROP TABLE of a table that others reference, which would delete their rows: it is put aside, with
** their references, until the section is over. As a rule another table has its name by then: the
** twelve steps, by hand. 0: not such a statement. */
static int mig_run_drop(migrate *m, const char *sql) {
  mig_target t = mig_dropped_target(m, sql);
  mig_object *o = 0;
  mig_statements list;
  mig_facts facts;
  mig_lowering l;
  mig_gone *g;
  if (!t.object || mig_failed(&m->work)) return mig_failed(&m->work);
  g = (mig_gone *)mig_alloc(&m->lasting, sizeof *g);
  if (!g) return 1;
  mig_hosted_begin(m, &t, &l, &list, &facts);
  g->schema = mig_copy(&m->lasting, t.catalog->schema);
  g->name = mig_copy(&m->lasting, t.object->name);
  g->aside = mig_format(&m->lasting, "%s_gone", l.scratch);
  if (mig_failed(&m->work)) return 1;
  g->next = m->gone;
  m->gone = g;
  while ((o = mig_objects_of(t.catalog, g->name, o)) != 0 && !mig_failed(&m->work)) {
    if (mig_is_type(o, "trigger")) mig_emit_on_object(&l, "DROP TRIGGER ", o->name, "");
    if (mig_is_type(o, "index") && o->sql) mig_emit_on_object(&l, "DROP INDEX ", o->name, "");
  }
  mig_emit(&list, MIG_S_SCHEMA,
           mig_format(&m->work, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", g->schema, g->name,
                      g->aside),
           "put aside: to drop it now would delete the rows that reference it");
  mig_run_list(m, &list, MIG_HOSTED_REBUILD);
  return 1;
}

/* The table put aside in a database under this name; NULL: none. */
static const mig_gone *mig_find_gone(const migrate *m, const char *schema, const char *aside) {
  const mig_gone *g;
  for (g = m->gone; g && !(mig_same(g->schema, schema) && mig_same(g->aside, aside)); g = g->next) {
  }
  return g;
}

/* A table that references some that were put aside gets back the names that it said. */
static void mig_return_references(migrate *m, mig_family *f, mig_object *o) {
  mig_arena *a = &m->work;
  mig_alteration *c = mig_side_change(a, o->sql);
  int i;
  for (i = 0; c && i < c->now.nconstraint && !mig_failed(a); i++) {
    const mig_constraint *k = &c->now.constraints[i];
    const mig_gone *g =
        k->kind == MIG_FOREIGN_KEY ? mig_find_gone(m, f->l->schema, k->parent) : 0;
    if (!g) continue;
    if (!mig_catalog_table(f->l->catalog, g->name)) {
      mig_fail(a, MIGRATE_DEPENDENT,
               "table %s is dropped and %s references it: where foreign keys stay on, that deletes "
               "its rows (drop the foreign key first)",
               g->name, o->name);
      return;
    }
    mig_use_text(c, mig_splice(a, c->now.sql, k->parent_span, mig_name(a, g->name)));
  }
  mig_family_add(f, o, c);
}

/* First nothing that stays may reference one of them, then they go: one could delete the rows of
** the next, and that those of others. */
static void mig_settle_schema(migrate *m, const char *schema) {
  mig_target t = mig_find_target(m, schema, m->gone->aside);
  mig_statements list;
  mig_facts facts;
  mig_lowering l;
  mig_family f;
  const mig_gone *g;
  int i;
  if (!t.object || mig_failed(&m->work)) return;
  mig_hosted_begin(m, &t, &l, &list, &facts);
  memset(&f, 0, sizeof f);
  f.l = &l;
  for (i = 0; i < t.catalog->n && !mig_failed(&m->work); i++) {
    mig_object *o = &t.catalog->v[i];
    if (mig_find_gone(m, schema, o->name)) continue;
    for (g = m->gone; g && !mig_object_references(&m->work, o, g->aside); g = g->next) {}
    if (g) mig_return_references(m, &f, o);
  }
  if (f.n) mig_lower_family(&f);
  for (g = m->gone; g; g = g->next) {
    if (!mig_same(g->schema, schema)) continue;
    mig_emit_on_object(&l, "DROP TABLE ", g->aside, "nothing that stays references it any more");
  }
  mig_run_list(m, &list, MIG_HOSTED_REBUILD);
}

/* The end of a section: what was put aside goes. */
static void mig_settle(migrate *m) {
  while (m->gone && !mig_failed(&m->work)) {
    const char *schema = m->gone->schema;
    mig_gone **at = &m->gone;
    mig_flush(m);
    mig_settle_schema(m, schema);
    while (*at) {
      if (mig_same((*at)->schema, schema)) *at = (*at)->next;
      else at = &(*at)->next;
    }
  }
}
/* Run: statements of the ALTER language, and whole scripts, on the connection. */

/* ---- one ALTER TABLE ---- */

#define MIG_NARROW 250 /* bytes: below, to count rows costs less than what it may save */
#define MIG_SOME_ROWS 16

/* Is a row short, as far as the first few tell? */
static int mig_is_narrow(migrate *m, sqlite3 *db, const mig_target *t) {
  char *sql = mig_format(&m->work, "SELECT * FROM \"%w\".\"%w\" NOT INDEXED LIMIT %d",
                         t->catalog->schema, t->object->name, MIG_SOME_ROWS);
  sqlite3_int64 bytes = 0;
  sqlite3_stmt *stmt = 0;
  int i, rows = 0;
  if (!sql || sqlite3_prepare_v2(db, sql, -1, &stmt, 0) != SQLITE_OK) return 0;
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(stmt); i++) {
      int number = sqlite3_column_type(stmt, i) <= SQLITE_FLOAT;
      bytes += number ? 8 : sqlite3_column_bytes(stmt, i);
    }
    rows++;
  }
  if (mig_is_accident(sqlite3_finalize(stmt))) {
    mig_fail(&m->work, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  }
  return bytes <= (sqlite3_int64)rows * MIG_NARROW;
}

/* Are the rowids 1, 2, .. without a gap? Then a copy need not name them, and SQLite appends each
** row without a search. A scratch database asks the one with the rows. */
static int mig_is_dense(migrate *m, const mig_target *t) {
  const char *schema = t->catalog->schema, *name = t->object->name;
  sqlite3 *db = mig_live(m) ? mig_live(m)->db : m->db;
  char *sql = mig_format(&m->work,
                         "SELECT (SELECT min(rowid) FROM \"%w\".\"%w\") = 1 AND (SELECT max(rowid) "
                         "FROM \"%w\".\"%w\") = (SELECT count(*) FROM \"%w\".\"%w\")",
                         schema, name, schema, name, schema, name);
  sqlite3_stmt *stmt = 0;
  int dense = 0, braced = mig_brace_frail(m);
  if (sql && mig_is_narrow(m, db, t) &&
      sqlite3_prepare_v2(db, sql, -1, &stmt, 0) == SQLITE_OK) {
    dense = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
  }
  if (mig_is_accident(sqlite3_finalize(stmt))) {
    mig_fail(&m->work, sqlite3_extended_errcode(db), "%s", sqlite3_errmsg(db));
  }
  mig_unbrace(m, braced);
  return dense;
}

/* Does a TEMP table hide the table? Where SQLite's RENAME reads indexes it takes the one for the
** other. */
static int mig_is_target_hidden(const mig_target *t) {
  return t->temp != t->catalog && mig_catalog_table(t->temp, t->object->name) != 0;
}

static mig_facts mig_read_facts(migrate *m, const mig_target *t) {
  mig_facts f;
  f.version = sqlite3_libversion_number();
  f.max_columns = sqlite3_limit(m->db, SQLITE_LIMIT_COLUMN, -1);
  f.portable = mig_is_plain(m);
  f.hosted = m->settings.rebuild == MIG_REBUILD_HOSTED;
  f.hidden = mig_is_target_hidden(t);
  f.dense = 0;
  f.many = m->many;
  return f;
}

/* Virtual tables that read the table by name keep the old names and would fail (FTS5 content=). */
static void mig_refuse_readers(migrate *m, const mig_target *t, const char *column) {
  const mig_mention *x;
  for (x = mig_next_mention(t->catalog, t->object->name, 0); x && !mig_failed(&m->work);
       x = mig_next_mention(t->catalog, t->object->name, x)) {
    const mig_object *o = x->object;
    if (!mig_is_virtual(o) || !mig_mentions_token(&m->work, o->sql, t->object->name)) continue;
    if (column && !mig_mentions_token(&m->work, o->sql, column)) continue;
    mig_fail(&m->work, MIGRATE_DEPENDENT, "virtual table %s reads %s%s%s by name", o->name,
             t->object->name, column ? "." : "", column ? column : "");
  }
}

static void mig_respell_all(migrate *m, const mig_target *before, const char *from,
                            const char *to) {
  mig_flush(m);
  mig_respell_catalog(m, before->catalog, from, to);
  if (before->temp != before->catalog) mig_respell_catalog(m, before->temp, from, to);
}

/* Does a text read or write `name` without saying of which database? */
static int mig_names_bare(mig_arena *a, const char *sql, const char *name) {
  static const char *const heads[] = {"FROM", "JOIN", "INTO", "UPDATE", "ON", 0};
  size_t n = sql ? strlen(sql) : 0;
  mig_token before = mig_token_of(MIG_TK_END, 0, 0), k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); before = k, k = next) {
    next = mig_next_significant(sql, n, k.end);
    if (before.type != MIG_TK_WORD || !mig_word_in(sql, before, heads)) continue;
    if (!mig_token_op(sql, next, ".") && mig_token_names(a, sql, k, name)) return 1;
  }
  return 0;
}

/* Takes a TEMP table that hides the table, and what means it, out of the TEMP schema, not out of
** the file, while SQLite renames. Returns where its rows of the schema are kept; NULL where nothing
** hides the table. */
static const char *mig_run_hide(migrate *m, const mig_target *t, const char *name) {
  const char *store;
  mig_text ids;
  int i;
  if (t->temp == t->catalog || !mig_catalog_table(t->temp, name)) return 0;
  store = mig_format(&m->work, "%s_hidden_%s", mig_scratch_prefix(t),
                     mig_same(name, t->object->name) ? "from" : "to");
  mig_text_init(&ids, &m->work);
  for (i = 0; i < t->temp->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &t->temp->v[i];
    int hung = mig_is_type(o, "table") || mig_is_type(o, "index");
    if (hung ? !mig_same(o->table, name) : !mig_names_bare(&m->work, o->sql, name)) continue;
    mig_putf(&ids, "%s%lld", ids.n ? ", " : "", o->rowid);
  }
  if (mig_failed(&m->work)) return 0;
  mig_sink_sql(m, MIG_S_SCHEMA,
               mig_format(&m->work,
                          "CREATE TABLE temp.\"%w\" AS SELECT rowid AS id, type, name, tbl_name, "
                          "rootpage, sql FROM temp.sqlite_master WHERE rowid IN (%s)",
                          store, ids.z),
               "a TEMP table has the table's name, and SQLite would take it for this one");
  mig_run_edit(m, "temp",
               mig_format(&m->work, "DELETE FROM temp.sqlite_master WHERE rowid IN (%s)", ids.z), 0,
               "it is out of the way for a moment, its rows stay");
  mig_forget_catalogs(m);
  return store;
}

static void mig_run_show(migrate *m, const char *store) {
  if (!store) return;
  mig_run_edit(m, "temp",
               mig_format(&m->work,
                          "INSERT INTO temp.sqlite_master(rowid, type, name, tbl_name, rootpage, "
                          "sql) SELECT id, type, name, tbl_name, rootpage, sql FROM temp.\"%w\"",
                          store),
               0, "the TEMP table is back");
  mig_forget_catalogs(m);
  mig_sink_sql(m, MIG_S_SCHEMA, mig_format(&m->work, "DROP TABLE temp.\"%w\"", store), "");
}

/* sqlite_stat1 and sqlite_stat4 speak of a table by name, and SQLite's RENAME forgets them. */
static void mig_run_rename_stats(migrate *m, const mig_target *t, const char *from,
                                 const char *to) {
  static const char *const stats[] = {"sqlite_stat1", "sqlite_stat4"};
  int i;
  for (i = 0; i < 2 && !mig_failed(&m->work); i++) {
    if (!mig_catalog_table(t->catalog, stats[i])) continue;
    mig_sink_sql(m, MIG_S_DATA,
                 mig_format(&m->work,
                            "UPDATE \"%w\".%s SET tbl = %Q, idx = CASE WHEN idx LIKE "
                            "'sqlite_autoindex\\_%%' ESCAPE '\\' THEN 'sqlite_autoindex_' || %Q || "
                            "substr(idx, 18 + length(%Q)) WHEN idx = tbl THEN %Q ELSE idx END "
                            "WHERE tbl = %Q",
                            t->catalog->schema, stats[i], to, to, from, to, from),
                 "the statistics keep their table");
  }
}

static void mig_run_rename_table(migrate *m, const mig_target *t, const char *name) {
  const char *schema = t->catalog->schema, *old = t->object->name;
  mig_statement s;
  const char *hidden, *in_the_way;
  if (strcmp(name, old) == 0) return;
  mig_refuse_readers(m, t, 0);
  if (!mig_same(name, old) && mig_is_taken(t->catalog, name)) {
    mig_fail(&m->work, MIGRATE_EXISTS,
             "there is already another table, index or view with this name: %s", name);
  }
  if (mig_failed(&m->work) || mig_rename_table_by_edits(m, t, name)) return;
  mig_flush(m);
  hidden = mig_run_hide(m, t, old);
  in_the_way = mig_same(name, old) ? 0 : mig_run_hide(m, t, name);
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_NATIVE;
  s.sql = mig_format(&m->work, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"%w\"", schema, old, name);
  s.reason = "SQLite's own: it follows the name into views, triggers and other tables";
  s.schema = schema;
  s.name = old;
  s.table = name;
  mig_sink(m, &s, "native");
  mig_run_show(m, in_the_way);
  mig_run_show(m, hidden);
  if (!mig_same(old, "excluded")) {
    mig_restore_excluded(m, t->catalog);
    if (t->temp != t->catalog) mig_restore_excluded(m, t->temp);
  }
  mig_run_rename_stats(m, t, old, name);
}

/* The columns' names and number are what views and triggers can depend on. */
static int mig_shape_changes(const mig_alteration *c) {
  int i;
  if (c->old.ncolumn != c->now.ncolumn) return 1;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from != i) return 1;
  }
  return 0;
}

/* Can it break a view or trigger? A key that goes may be the one that an ON CONFLICT names,
** WITHOUT ROWID leaves no rowid to be read, and a generated column is not written to. */
static int mig_may_break(const mig_alteration *c) {
  const mig_op *op;
  if (mig_shape_changes(c) || c->old.without_rowid != c->now.without_rowid) return 1;
  for (op = c->alter->first; op; op = op->next) {
    if (op->kind == MIG_DROP_CONSTRAINT || op->kind == MIG_ADD_GENERATED ||
        op->kind == MIG_DROP_EXPRESSION) {
      return 1;
    }
  }
  return 0;
}

/* Is every rowid another one afterwards, or none? */
static int mig_renumbers(const mig_alteration *c) {
  int alias = mig_alias(&c->now);
  if (c->old.without_rowid) return 0;
  if (c->now.without_rowid) return 1;
  return alias >= 0 &&
         (c->origins[alias].from != mig_alias(&c->old) || c->origins[alias].using_expr);
}

/* The column by which a virtual table says that it finds rows (FTS5 content_rowid=), or -1. */
static int mig_content_rowid(mig_arena *a, const mig_object *o, const mig_table *content) {
  size_t n = strlen(o->sql);
  mig_token k = mig_next_significant(o->sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    next = mig_next_significant(o->sql, n, k.end);
    if (!mig_token_is(o->sql, k, "content_rowid") || !mig_token_op(o->sql, next, "=")) continue;
    next = mig_next_significant(o->sql, n, next.end);
    return mig_find_column(content, mig_dequote(a, o->sql, next));
  }
  return -1;
}

static int mig_is_computed_anew(const mig_alteration *c, int old) {
  int i;
  for (i = 0; i < c->now.ncolumn; i++) {
    if (c->origins[i].from == old) return c->origins[i].using_expr != 0;
  }
  return 0;
}

/* Virtual tables that find rows of the table by rowid, or by a column, would find others (FTS5
** content=). */
static void mig_refuse_rowid_readers(migrate *m, const mig_target *t, const mig_alteration *c) {
  mig_arena *a = &m->work;
  const mig_mention *x;
  if (!mig_renumbers(c) && !c->recomputed) return;
  for (x = mig_next_mention(t->catalog, t->object->name, 0); x && !mig_failed(a);
       x = mig_next_mention(t->catalog, t->object->name, x)) {
    const mig_object *o = x->object;
    int column;
    if (!mig_is_virtual(o) || !mig_mentions_token(a, o->sql, t->object->name)) continue;
    column = mig_content_rowid(a, o, &c->old);
    if (column < 0 ? !mig_renumbers(c) : !mig_is_computed_anew(c, column)) continue;
    mig_fail(a, MIGRATE_DEPENDENT, "virtual table %s finds rows of %s by their %s", o->name,
             t->object->name, column < 0 ? "rowids" : c->old.columns[column].name);
  }
}

static int mig_has_violations(migrate *m) {
  int now = 0, high = 0;
  sqlite3_db_status(m->db, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &high, 0);
  return now != 0;
}

static int mig_count_keys(const mig_table *t, int deferred) {
  int i, n = 0;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *k = &t->constraints[i];
    n += k->kind == MIG_FOREIGN_KEY && (k->deferred || !deferred);
  }
  return n;
}

static void mig_refuse_pending_keys(migrate *m, const mig_alteration *c) {
  if (mig_count_keys(&c->now, 0) >= mig_count_keys(&c->old, 0) &&
      mig_count_keys(&c->now, 1) >= mig_count_keys(&c->old, 1)) {
    return;
  }
  if (mig_has_violations(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "the transaction holds a deferred foreign key violation: repair it before a foreign "
             "key of %s is dropped, or COMMIT would fail for ever",
             c->old.name);
  }
}

/* While the transaction holds a deferred violation: the rows of a database without a parent. 0: it
** holds none, or a key that references nothing keeps them from being counted. */
static int mig_count_orphans(migrate *m, const char *schema) {
  sqlite3_stmt *stmt = 0;
  char *sql;
  int n = 0, rc;
  if (mig_failed(&m->work) || !mig_has_violations(m)) return 0;
  mig_flush(m);
  sql = mig_format(&m->work, "PRAGMA \"%w\".foreign_key_check", schema);
  rc = sql ? sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) : SQLITE_NOMEM;
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    n++;
    rc = SQLITE_OK;
  }
  if (((rc | sqlite3_finalize(stmt)) & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  return rc == SQLITE_DONE ? n : 0;
}

/* SQLite does not see that the change itself has done away with a violation. */
static void mig_refuse_lost_violations(migrate *m, const char *schema, int before) {
  int after = before ? mig_count_orphans(m, schema) : 0;
  if (mig_failed(&m->work) || after >= before) return;
  mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
           "the transaction holds a deferred foreign key violation that the change would hide: "
           "repair it first, or COMMIT would fail for ever");
}

/* SQLite's ADD COLUMN puts the text where it likes: the wanted one takes its place. */
static void mig_run_final_text(migrate *m, const mig_target *t, const mig_alteration *c) {
  mig_target now;
  if (mig_failed(&m->work)) return;
  mig_flush(m);
  now = mig_find_target(m, t->catalog->schema, t->object->name);
  if (!now.object || !now.object->sql || strcmp(now.object->sql, c->now.sql) == 0) return;
  if (mig_is_plain(m)) return;
  mig_run_text(m, t->catalog->schema, now.object->rowid, c->now.sql,
               "the text keeps its layout and spelling");
}

/* SQLite's DROP COLUMN puts its own quotes into the texts of the schema. */
static void mig_run_statements(migrate *m, const mig_target *t, const mig_statements *list,
                               int rung) {
  const mig_statement *s;
  if (rung > MIG_REBUILD) {
    mig_run_list(m, list, rung);
    return;
  }
  for (s = list->first; s && !mig_failed(&m->work); s = s->next) {
    mig_sink(m, s, list->strategy);
    if (s->respells) mig_respell_all(m, t, "", "");
  }
}

/* USING sees one row at a time: what WHERE takes holds no aggregate, which would make one row of
** all, and no window, which would end where a part of a copy does. "x" is a column: taken for a
** string it would be every value. */
static void mig_check_using(migrate *m, const mig_target *t, const mig_alteration *c) {
  int i;
  for (i = 0; i < c->now.ncolumn && !mig_failed(&m->work); i++) {
    if (!c->origins[i].using_expr) continue;
    mig_flush(m);
    mig_be_strict(m, 1);
    sqlite3_finalize(mig_prepare_braced(
        m, mig_format(&m->work, "SELECT 1 FROM \"%w\".\"%w\" AS \"%w\" WHERE (%s\n) IS NULL",
                      t->catalog->schema, t->object->name, c->old.name, c->origins[i].using_expr)));
    mig_be_strict(m, 0);
  }
}

/* Everything but renames: compared, decided, written down, run. */
static void mig_run_change(migrate *m, const mig_target *t, mig_alteration *c) {
  mig_facts facts = mig_read_facts(m, t);
  mig_statements list;
  mig_choice choice;
  mig_diff d;
  mig_lowering l;
  memset(&list, 0, sizeof list);
  memset(&l, 0, sizeof l);
  list.a = l.a = &m->work;
  l.out = &list;
  l.c = c;
  l.d = &d;
  l.catalog = t->catalog;
  l.temp = t->temp;
  l.facts = &facts;
  l.schema = t->catalog->schema;
  l.scratch = mig_scratch_prefix(t);
  mig_lower_own_keys(&l, c);
  mig_compare(c, &d);
  mig_check_using(m, t, c);
  if (mig_failed(&m->work)) return;
  /* what is printed runs later, over rows that nobody has seen: there each rowid is named */
  if (mig_copies_rowids(c, &d) && !facts.portable) facts.dense = mig_is_dense(m, t);
  mig_lower_children(&l);
  if (mig_failed(&m->work)) return;
  choice = mig_lower_change(&l, t->object);
  mig_run_statements(m, t, &list, choice.rung);
  mig_fault_reword(&m->work, l.scratch, c->old.name);
  if (choice.rung == MIG_NATIVE) mig_run_final_text(m, t, c);
}

/* The same in plain SQL: what a rename has spelled anew is made again. */
static void mig_respell_plainly(migrate *m, const mig_target *before, const char *from,
                                const char *to) {
  const char *name = before->object->name;
  mig_alteration *c;
  mig_target t;
  mig_remake_others(m, before->catalog, name, from, to);
  if (before->temp != before->catalog) mig_remake_others(m, before->temp, name, from, to);
  if (mig_failed(&m->work)) return;
  t = mig_find_target(m, before->catalog->schema, name);
  if (!t.object || !mig_respell_at_hand(m, before->catalog, t.catalog, name, from, to)) return;
  c = mig_side_change(&m->work, t.object->sql);
  if (c) mig_run_change(m, &t, c);
}

/* SQLite's own RENAME COLUMN gives strings in double quotes single ones in newer versions only. */
static int mig_rename_keeps_quotes(void) { return sqlite3_libversion_number() < 3040000; }

/* Strings in double quotes in the table's indexes, which the new name would capture. */
static void mig_run_index_strings(migrate *m, const mig_target *t, const char *name) {
  mig_object *o = 0;
  if (!mig_rename_keeps_quotes()) return;
  while ((o = mig_objects_of(t->catalog, t->object->name, o)) != 0 && !mig_failed(&m->work)) {
    const char *sql = o->sql;
    mig_index x;
    if (!sql || !mig_is_type(o, "index") || mig_parse_index(&m->work, sql, &x)) continue;
    sql = mig_keep_strings(&m->work, sql, x.where, name);
    if (!sql || mig_parse_index(&m->work, sql, &x)) return;
    sql = mig_keep_strings(&m->work, sql, x.list, name);
    if (!sql || strcmp(sql, o->sql) == 0) continue;
    if (mig_is_plain(m)) {
      mig_fail(&m->work, MIGRATE_DEPENDENT,
               "index %s holds \"%s\" as a string, which a column of that name would take over: "
               "make it anew with single quotes first", o->name, name);
      return;
    }
    mig_run_text(m, t->catalog->schema, o->rowid, sql,
                 "a string in double quotes stays one beside the new name");
  }
}

/* RENAME COLUMN: SQLite's own, which alone knows names inside of views and triggers. */
static void mig_run_native_rename(migrate *m, const mig_target *t, const mig_rename *r) {
  const char *store = mig_run_hide(m, t, t->object->name);
  const mig_object *hidden;
  mig_statement s;
  mig_run_index_strings(m, t, r->to);
  hidden = mig_hide_generated(m, t, r->from);
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_NATIVE;
  s.sql = mig_format(&m->work,
                     mig_needs_quotes(r->to)
                         ? "ALTER TABLE \"%w\".\"%w\" RENAME COLUMN \"%w\" TO \"%w\""
                         : "ALTER TABLE \"%w\".\"%w\" RENAME COLUMN \"%w\" TO %w",
                     t->catalog->schema, t->object->name, r->from, r->to);
  s.reason = "SQLite's own: it follows the name into views, triggers and other tables";
  mig_sink(m, &s, "native");
  mig_show_generated(m, t, r, hidden);
  mig_run_show(m, store);
  if (m->settings.rebuild == MIG_REBUILD_PORTABLE) mig_respell_plainly(m, t, r->from, r->to);
  else if (!mig_is_plain(m)) mig_respell_all(m, t, r->from, r->to);
}

/* Gives the table another text with the same columns, by whichever rung. */
static void mig_run_reworded(migrate *m, mig_target *t, const char *sql) {
  mig_alteration *c = sql ? mig_side_change(&m->work, t->object->sql) : 0;
  if (!c || mig_parse_table(&m->work, sql, &c->now)) return;
  mig_run_change(m, t, c);
  mig_flush(m);
  *t = mig_find_target(m, t->catalog->schema, t->object->name);
}

/* SQLite forgets where the name of such a key stands, and leaves it in UNIQUE as it was: for the
** time of the rename the key is an ordinary one. */
static void mig_run_rename_key(migrate *m, mig_target *t, const mig_table *old,
                               const mig_rename *r) {
  const char *sql = mig_rename_column_text(&m->work, old, old->rowid_column, r->to);
  mig_run_reworded(m, t, mig_with_plain_key(&m->work, old));
  if (!mig_failed(&m->work)) mig_run_native_rename(m, t, r);
  if (mig_failed(&m->work)) return;
  *t = mig_find_target(m, t->catalog->schema, t->object->name);
  mig_run_reworded(m, t, sql);
}

static void mig_run_rename_columns(migrate *m, mig_target *t, const mig_alteration *c) {
  const mig_rename *r;
  for (r = c->renames; r && !mig_failed(&m->work); r = r->next) {
    mig_table now;
    mig_refuse_readers(m, t, r->from);
    if (mig_failed(&m->work) || mig_read_table(&m->work, t->object->sql, &c->old, &now)) return;
    if (mig_is_half_renamed(&now, r->from)) mig_run_rename_key(m, t, &now, r);
    else if (mig_rename_is_refused(r)) mig_rename_by_text(m, t, r);
    else if (m->many && mig_rename_is_plain(m, t, r)) mig_rename_by_edits(m, t, r);
    else mig_run_native_rename(m, t, r);
    *t = mig_find_target(m, t->catalog->schema, t->object->name);
  }
}

/* Is this the text of the table as it stands in the database now? */
static int mig_has_text(migrate *m, const mig_target *t, const char *sql) {
  mig_target now = mig_find_target(m, t->catalog->schema, t->object->name);
  return !now.object || !now.object->sql || strcmp(now.object->sql, sql) == 0;
}

/* A rename left another spelling than the wanted one. */
static void mig_run_respelled(migrate *m, const mig_target *t, mig_alteration *c) {
  if (m->settings.rebuild == MIG_REBUILD_PORTABLE) mig_run_change(m, t, c);
  else mig_run_final_text(m, t, c);
}

/* After a rename: the same objects, with the texts that they have now. Some may have been made
** again, so that only their names tell. */
static void mig_renew_dependents(migrate *m, mig_dependents *d) {
  int i, k;
  if (d->n) mig_flush(m);
  for (i = 0; i < d->n && !mig_failed(&m->work); i++) {
    mig_dependent *v = &d->v[i];
    v->catalog = mig_read_catalog(m, v->catalog->schema);
    for (k = 0; v->catalog && k < v->catalog->n; k++) {
      const mig_object *now = &v->catalog->v[k];
      if (!mig_is_type(now, v->object->type) || !mig_same(now->name, v->object->name)) continue;
      v->object = now;
      break;
    }
  }
}

static void mig_alter_target(migrate *m, mig_target *t, const mig_alter *alter) {
  mig_arena *a = &m->work;
  mig_dependents dependents;
  mig_alteration c;
  const char *name = t->object->name;
  int lost = 0; /* SQLite's own renames lose what speaks of a TEMP table, or of one of this name */
  mig_apply(a, t->object->sql, alter, &c);
  if (mig_failed(a) || c.nothing) return;
  mig_refuse_pending_keys(m, &c);
  memset(&dependents, 0, sizeof dependents);
  mig_refuse_rowid_readers(m, t, &c);
  if (c.renames || c.new_name) lost = mig_catalog_table(t->temp, name) != 0;
  if (lost || mig_may_break(&c) || (c.renames && mig_rename_keeps_quotes())) {
    int i;
    for (i = 0; i < c.old.ncolumn && !mig_failed(a); i++) {
      int k;
      for (k = 0; k < c.now.ncolumn && c.origins[k].from != i; k++) {}
      if (k == c.now.ncolumn) mig_refuse_readers(m, t, c.old.columns[i].name);
    }
    dependents = mig_find_dependents(m, t);
    mig_baseline(m, &dependents);
  }
  if (c.renames) mig_run_rename_columns(m, t, &c);
  if (mig_failed(a) || !t->object) return;
  if (c.renames) {
    c.old = c.renamed;
    mig_renew_dependents(m, &dependents);
  }
  if (c.recomputed || strcmp(c.renamed.sql, c.now.sql) != 0) mig_run_change(m, t, &c);
  else if (c.renames && !mig_has_text(m, t, c.now.sql)) mig_run_respelled(m, t, &c);
  mig_refuse_captures(m, &dependents, &c);
  if (dependents.n) mig_check_dependents(m, &dependents, &c);
  if (c.new_name) {
    if (!m->many) mig_flush(m);
    if (mig_failed(a)) return;
    *t = mig_find_target(m, t->catalog->schema, name);
    if (t->object) mig_run_rename_table(m, t, c.new_name);
    if (!lost || mig_failed(a)) return;
    mig_renew_dependents(m, &dependents);
    mig_check_dependents(m, &dependents, &c);
  }
}

static void mig_run_alter(migrate *m, const char *sql, size_t n) {
  mig_arena *a = &m->work;
  mig_alter alter;
  mig_target t;
  mig_flags flags;
  const char *schema;
  int keys, orphans;
  mig_parse_alter(a, sql, n, &alter);
  if (mig_failed(a)) return;
  t = mig_find_target(m, alter.schema, alter.table);
  if (mig_failed(a)) return;
  if (!t.object) {
    if (mig_has_name_prefix(alter.table, "sqlite_")) {
      mig_fail(a, MIGRATE_UNSUPPORTED, "table %s may not be altered: it belongs to SQLite",
               alter.table);
    } else if (!alter.if_exists) {
      mig_fail(a, MIGRATE_NO_SUCH, "no such table: %s%s%s", alter.schema ? alter.schema : "",
               alter.schema ? "." : "", alter.table);
    }
    return;
  }
  mig_refuse_target(m, &t);
  if (t.object->renamed > m->reloads) mig_flush(m); /* questions about its rows name it */
  if (mig_failed(a)) return;
  flags = mig_enter(m);
  keys = mig_hosted_keys(m, 1);
  schema = t.catalog->schema;
  orphans = mig_count_orphans(m, schema);
  mig_alter_target(m, &t, &alter);
  mig_refuse_lost_violations(m, schema, orphans);
  mig_hosted_keys(m, keys);
  mig_leave(m, flags);
}

/* ---- scripts ---- */

/* What a statement is, by its first words. */
static int mig_starts(const char *sql, mig_span s, const char *first, const char *second) {
  mig_token k = mig_next_significant(sql, s.end, s.at);
  if (!mig_token_is(sql, k, first)) return 0;
  return !second || mig_token_is(sql, mig_next_significant(sql, s.end, k.end), second);
}

static int mig_is_hosted_drop(migrate *m, const char *sql, mig_span s) {
  return m->depth && m->settings.rebuild == MIG_REBUILD_HOSTED &&
         mig_starts(sql, s, "DROP", "TABLE");
}

/* A statement of the ALTER language; 0 when it is none. */
static int mig_run_ours(migrate *m, const char *sql, mig_span s, const char *one) {
  int kind = mig_starts(sql, s, "ALTER", "TABLE")   ? 1
             : mig_starts(sql, s, "ALTER", "INDEX") ? 2
             : mig_starts(sql, s, "CREATE", "OR")   ? 3
             : mig_is_hosted_drop(m, sql, s)        ? 4
                                                    : 0;
  int alone = kind && !m->depth; /* outside of a transaction each is still whole or nothing */
  if (alone) mig_frame_open(m);
  if (mig_failed(&m->work)) return kind;
  if (kind == 1) mig_run_alter(m, one, s.end - s.at);
  if (kind == 2) mig_run_alter_index(m, one);
  if (kind == 3) mig_run_or_replace(m, one);
  if (kind == 4 && !mig_run_drop(m, one)) kind = 0;
  if (alone) {
    mig_flush(m);
    mig_frame_close(m);
  }
  return kind;
}

/* One statement of a script; `end` is behind its semicolon. */
static void mig_run_statement(migrate *m, const char *sql, mig_span s, size_t end) {
  mig_arena_place before = mig_arena_mark(&m->work);
  char *one = mig_span_text(&m->work, sql, s);
  if (one && !(MIG_ALTERS && mig_run_ours(m, sql, s, one))) {
    /* SQLite stores white space that stands before the semicolon */
    if (sql[end - 1] == ';') one = mig_copyn(&m->work, sql + s.at, end - s.at);
    mig_sink_sql(m, MIG_S_SCRIPT, one, "as it stands");
  }
  if (mig_failed(&m->work)) return;
  m->statements++;
  if (m->keeps) return;
  m->statement = 0;
  mig_arena_rewind(&m->work, before);
  mig_free_catalogs(&m->forgotten);
}

#define MIG_MANY 10

/* Does a script hold many ALTERs? Their edits then share one reload of the schema. */
static int mig_has_many(const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_span s;
  int count = 0;
  while (count < MIG_MANY && mig_next_statement(sql, n, &at, &s) > 0) {
    count += mig_starts(sql, s, "ALTER", "TABLE");
  }
  return count == MIG_MANY;
}

/* Runs a script, as a rule inside an open frame; m->place is where it failed. Edits may still
** wait for their reload, which mig_flush() is. */
static void mig_run_script(migrate *m, const char *sql) {
  size_t n = strlen(sql), at = 0;
  mig_span s;
  memset(&s, 0, sizeof s);
  m->place.sql = sql;
  m->many = MIG_ALTERS && (m->crowd || mig_has_many(sql));
  while (!mig_failed(&m->work)) {
    int found = mig_next_statement(sql, n, &at, &s);
    if (found == 0) break;
    m->place.at = s.at;
    m->place.statement = m->statements + 1;
    if (found < 0) {
      mig_fail_at(&m->work, MIGRATE_SCRIPT, sql, s.at, "unfinished statement");
      break;
    }
    mig_run_statement(m, sql, s, at);
    if (mig_failed(&m->work)) mig_fault_rebase(&m->work, sql, s.at);
  }
  if (MIG_ALTERS) mig_settle(m);
}
/* Backup: a copy of the main database before a run of revisions, by SQLite's online backup, which
** needs nothing but a file that SQLite can open. The copy is made before the lock is taken, since
** SQLite copies no database that its own connection is writing to; under the lock it is seen
** whether it is still true. */

#if !defined(MIGRATE_NO_STDIO) && !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#define MIG_BACKUP_PAGES 100  /* copied at first; from then on as many as take some milliseconds */
#define MIG_BACKUP_MOST 100000
#define MIG_BACKUP_NAMES 1000 /* as many copies may lie there */
#define MIG_BACKUP_TRIES 5    /* others may write while one is made */

/* ---- its name ---- */

/* What a token of the pattern stands for; NULL: there is no such token. A revision comes out of the
** database: it must not lead into another folder. */
static const char *mig_backup_token(migrate *m, const char *name, size_t n, mig_names rows) {
  mig_arena *a = &m->work;
  char *z = 0;
  size_t i;
  if (mig_word_is(name, n, "database")) {
    const char *file = sqlite3_db_filename(m->db, "main");
    return file && *file ? file : "memory";
  }
  if (mig_word_is(name, n, "time")) {
    sqlite3_stmt *now = mig_prepare(m, "SELECT strftime('%Y%m%dT%H%M%SZ', 'now')");
    while (mig_row(m, &now)) z = mig_cell(m, now, 0);
    return z ? z : "";
  }
  if (!mig_word_is(name, n, "revision")) return 0;
  z = rows.n ? mig_format(a, "%.60s", rows.at[0]) : mig_copy(a, "base");
  for (i = 0; z && z[i]; i++) {
    if (!mig_is_word_start((unsigned char)z[i]) && !mig_is_digit((unsigned char)z[i])) z[i] = '_';
  }
  return z ? z : "";
}

static const char *mig_backup_name(migrate *m, mig_names rows) {
  const char *from = m->settings.backup, *mark;
  mig_text t;
  mig_text_init(&t, &m->work);
  while ((mark = strchr(from, '%')) != 0 && !mig_failed(&m->work)) {
    const char *end = mark[1] == '(' ? strstr(mark, ")s") : 0;
    const char *value = end ? mig_backup_token(m, mark + 2, (size_t)(end - mark) - 2, rows) : 0;
    if (mark[1] == '%') {
      value = "%";
      end = mark;
    }
    if (!value) {
      mig_fail(&m->work, MIGRATE_CONFIG,
               "setting backup: unknown token %.20s; known are %%(database)s, %%(revision)s, "
               "%%(time)s and %%%%",
               mark);
      return 0;
    }
    mig_putn(&t, from, (size_t)(mark - from));
    mig_put(&t, value);
    from = end + 2;
  }
  mig_put(&t, from);
  return mig_setting_path(&m->work, &m->settings, MIG_SETTING_backup, mig_text_z(&t));
}

/* Does SQLite itself use the name beside the database? What lies there it takes for its own. */
static int mig_backup_is_beside(migrate *m, const char *path) {
  static const char *const tails[] = {"-journal", "-wal", "-shm"};
  const char *file = sqlite3_db_filename(m->db, "main");
  size_t n = file ? strlen(file) : 0;
  int i;
  for (i = 0; n && i < 3; i++) {
    if (strncmp(path, file, n) == 0 && strcmp(path + n, tails[i]) == 0) return 1;
  }
  return 0;
}

/* The folder of a path, links in it resolved, so that SQLite may refuse every other link. */
static const char *mig_backup_path(migrate *m, sqlite3_vfs *vfs, const char *path) {
  mig_arena *a = &m->work;
  const char *folder = mig_path_folder(a, path), *name;
  char *full = (char *)mig_alloc(a, (size_t)vfs->mxPathname + 2);
  if (!folder || !full) return 0;
  for (name = path + strlen(path); name > path && name[-1] != '/' && name[-1] != '\\'; name--) {}
  if (!*folder) folder = ".";
  if (!*name || (vfs->xFullPathname(vfs, folder, vfs->mxPathname + 1, full) & 0xff)) {
    mig_fail(a, MIGRATE_BACKUP, "the backup %s cannot be made: that is no path of a file", path);
    return 0;
  }
  name = mig_path_join(a, full, name);
  if (name && mig_backup_is_beside(m, name)) {
    mig_fail(a, MIGRATE_BACKUP, "the backup %s cannot be made: SQLite itself writes that file",
             path);
  }
  return name;
}

/* ---- its file ---- */

/* The file system layer that the database lies in; one in memory has the default. */
static sqlite3_vfs *mig_backup_vfs(migrate *m) {
  sqlite3_vfs *vfs = 0;
  sqlite3_file_control(m->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  if (!vfs || strcmp(vfs->zName, "memdb") == 0) vfs = sqlite3_vfs_find(0);
  return vfs;
}

static int mig_backup_exists(sqlite3_vfs *vfs, const char *path) {
  int there = 0;
  return !path || vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK || there;
}

/* Makes an empty file, which must not be there, not even as a link. SQLite's layers want the name
** of a database between NUL bytes. */
static int mig_backup_create(migrate *m, sqlite3_vfs *vfs, const char *path) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE |
              SQLITE_OPEN_MAIN_DB;
  char *name = (char *)mig_alloc(&m->work, strlen(path) + 16);
  sqlite3_file *file = (sqlite3_file *)mig_alloc(&m->work, (size_t)vfs->szOsFile);
  int rc;
  if (!name || !file) return 0;
  memcpy(name + 4, path, strlen(path));
#if !defined(MIGRATE_NO_STDIO) && !defined(_WIN32)
  if (strncmp(vfs->zName, "unix", 4) == 0) { /* which would let others read it */
    int handle = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    return handle >= 0 && close(handle) == 0;
  }
#endif
  rc = vfs->xOpen(vfs, name + 4, file, flags, &flags);
  if (file->pMethods) file->pMethods->xClose(file);
  return rc == SQLITE_OK;
}

/* Takes the first name that nothing has: PATH, PATH-2, PATH-3 .. No file is ever written over. */
static void mig_backup_reserve(migrate *m, const char *path) {
  mig_arena *a = &m->work;
  sqlite3_vfs *vfs = m->backup.vfs;
  int i;
  for (i = 1; i <= MIG_BACKUP_NAMES && !mig_failed(a); i++) {
    const char *name = i == 1 ? path : mig_format(a, "%s-%d", path, i);
    if (!name || mig_backup_exists(vfs, name) ||
        mig_backup_exists(vfs, mig_format(a, "%s-journal", name)) ||
        mig_backup_exists(vfs, mig_format(a, "%s-wal", name))) {
      continue;
    }
    if (mig_backup_create(m, vfs, name)) m->backup.path = name;
    if (m->backup.path) return;
  }
  mig_fail(a, MIGRATE_BACKUP,
           "the backup %s cannot be made: no file can be created there (does its folder exist?); "
           "nothing was changed",
           path);
}

static void mig_backup_remove(migrate *m) {
  /* the name itself last: as long as it is there, no other process takes it and what hangs on it */
  static const char *const tails[] = {"-journal", "-wal", "-shm", ""};
  mig_fault kept = m->fault;
  const char *name;
  int i;
  if (!m->backup.path) return;
  memset(&m->fault, 0, sizeof m->fault); /* names are needed after a fault, too */
  for (i = 0; i < 4; i++) {
    name = mig_format(&m->work, "%s%s", m->backup.path, tails[i]);
    if (name) m->backup.vfs->xDelete(m->backup.vfs, name, 0);
  }
  name = mig_format(&m->work, "Backup %s removed", m->backup.path);
  if (name) mig_log(m, MIGRATE_INFO, name);
  mig_fault_clear(&m->fault);
  m->fault = kept;
  m->backup.path = 0;
}

static sqlite3 *mig_backup_open(migrate *m, const char *path, int flags, const char *vfs) {
  sqlite3 *db = 0;
  int rc = sqlite3_open_v2(path, &db, flags, vfs);
  if (rc == SQLITE_OK) return db;
  if ((rc & 0xff) == SQLITE_NOMEM) mig_no_memory(&m->work);
  mig_is_interrupted(m);
  mig_fail(&m->work, MIGRATE_BACKUP, "the backup %s cannot be opened: %s", path,
           sqlite3_errmsg(db));
  sqlite3_close(db);
  return 0;
}

/* A copy of a database in WAL mode is one, too, and some file system layers have no shared memory:
** who is alone needs none. */
#define MIG_ALONE "PRAGMA main.locking_mode = EXCLUSIVE"

/* ---- copying ---- */

/* Whether the work on copies, which the database's own connection takes no part in, is over. */
static int mig_backup_stops(migrate *m) { return mig_tell(m) || mig_is_interrupted(m); }

/* Why a copy was refused. */
static const char *mig_backup_refusal(migrate *m, sqlite3 *to, int rc) {
  if (to == m->db && rc == SQLITE_READONLY && sqlite3_db_readonly(to, "main") == 0) {
    return "its pages have another size than those of the database, which does not take them in "
           "WAL mode and in memory";
  }
  return sqlite3_errcode(to) ? sqlite3_errmsg(to) : sqlite3_errstr(rc);
}

/* Copies all pages of one database over another, which is as before where this fails. What is
** copied over the main database is committed with its last page, and cannot be stopped any more. */
static void mig_backup_copy(migrate *m, sqlite3 *to, sqlite3 *from, const char *path) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  sqlite3_int64 pages = MIG_BACKUP_PAGES, began;
  mig_wait w = {0, 0};
  int rc = b ? SQLITE_OK : sqlite3_errcode(to);
  m->statement = 0;
  while (b && rc == SQLITE_OK) {
    began = mig_milliseconds();
    rc = sqlite3_backup_step(b, (int)pages);
    pages = mig_next_piece(pages, began);
    if (pages > MIG_BACKUP_MOST) pages = MIG_BACKUP_MOST;
    if (rc == SQLITE_OK) w.since = 0; /* it copied */
    if ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && mig_pause(m, &w)) rc = SQLITE_OK;
    m->total = sqlite3_backup_pagecount(b);
    m->done = m->total - sqlite3_backup_remaining(b);
    if ((rc != SQLITE_DONE || to != m->db) && mig_backup_stops(m)) break;
  }
  if (b) sqlite3_backup_finish(b);
  m->done = m->total = 0;
  if (mig_failed(&m->work) || rc == SQLITE_DONE) return;
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  else if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
    mig_fail(&m->work, SQLITE_BUSY,
             "%s cannot be copied: another connection holds the database; nothing was changed",
             to == m->db ? path : "the database");
  } else if (!mig_is_interrupted(m)) {
    mig_fail(&m->work, to == m->db ? rc : MIGRATE_BACKUP, "%s %s: %s; nothing was changed", path,
             to == m->db ? "cannot be restored" : "cannot be written as a backup",
             mig_backup_refusal(m, to, rc));
  }
}

/* Called while SQLite reads a copy: it stops for whoever stops the run. */
static int mig_backup_tick(void *arg) {
  migrate *m = (migrate *)arg;
  sqlite3_int64 now = mig_milliseconds();
  if (now >= m->told && now - m->told < MIG_TICK_PAUSE) return 0;
  m->told = now;
  return mig_backup_stops(m);
}

/* What SQLite finds wrong with a database as a file; NULL: nothing. That a row breaks a rule of its
** table is no damage of the file, and older SQLites say it of healthy ones; what needs functions or
** collations of the program cannot be judged here (SQLITE_ERROR). */
static const char *mig_backup_damage(migrate *m, sqlite3 *db) {
  const char *damage = 0;
  size_t end;
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, "PRAGMA main.quick_check", -1, &stmt, 0);
  if (db != m->db) mig_set_tick(db, mig_backup_tick, m);
  while (rc == SQLITE_OK && !damage && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *z = (const char *)sqlite3_column_text(stmt, 0);
    rc = SQLITE_OK;
    if (!z || strcmp(z, "ok") == 0 || strstr(z, " value in ") || strstr(z, "CHECK")) continue;
    if (strncmp(z, "*** ", 4) == 0 && strchr(z, '\n')) z = strchr(z, '\n') + 1; /* a heading */
    end = strcspn(z, "\n"); /* one line */
    damage = mig_format(&m->work, "%.*s", end < 200 ? (int)end : 200, z);
  }
  if (db != m->db) mig_set_tick(db, 0, 0);
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  else if (rc == SQLITE_INTERRUPT) mig_fail(&m->work, rc, "interrupted");
  else if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ERROR) {
    damage = mig_format(&m->work, "%s", sqlite3_errmsg(db));
  }
  sqlite3_finalize(stmt);
  return damage;
}

/* The number that a PRAGMA answers; -1: none. */
static sqlite3_int64 mig_backup_number(migrate *m, sqlite3 *db, const char *pragma) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  int rc = sqlite3_prepare_v2(db, pragma, -1, &stmt, 0);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  if (rc == SQLITE_NOMEM) mig_no_memory(&m->work);
  sqlite3_finalize(stmt);
  return n;
}

static sqlite3_int64 mig_backup_size(migrate *m, sqlite3 *db) {
  return mig_backup_number(m, db, "PRAGMA main.page_count");
}

/* Reads the copy again, as a file. A database that was damaged before has a damaged copy. */
static void mig_backup_verify(migrate *m) {
  const char *path = m->backup.path, *damage;
  sqlite3 *copy;
  if (mig_failed(&m->work)) return;
  copy = mig_backup_open(m, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
                         m->backup.vfs->zName);
  if (!copy) return;
  mig_step_all(copy, MIG_ALONE, 0);
  damage = mig_backup_damage(m, copy);
  if (mig_backup_size(m, copy) != mig_read_int(m, "PRAGMA main.page_count")) {
    damage = "it has lost pages"; /* unless there is a fault, which wins: an interrupt perhaps */
  } else if (damage && mig_backup_damage(m, m->db)) {
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work, "the database was damaged before, and so is its backup: %s",
                       damage));
    damage = 0;
  }
  if (damage && !mig_is_interrupted(m)) {
    mig_fail(&m->work, MIGRATE_BACKUP, "the backup %s is damaged: %s; nothing was changed", path,
             damage);
  }
  sqlite3_close(copy);
}

/* Nobody changes the pages meanwhile. synchronous = EXTRA sees to it that the file and its name are
** on the disk. */
static void mig_backup_write(migrate *m, const char *path) {
  sqlite3 *copy;
  mig_backup_reserve(m, path);
  if (mig_failed(&m->work)) return;
  copy = mig_backup_open(m, m->backup.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
                         m->backup.vfs->zName);
  if (copy) {
    mig_step_all(copy, "PRAGMA synchronous = EXTRA", 0);
    mig_backup_copy(m, copy, m->db, m->backup.path);
    if (sqlite3_close(copy) != SQLITE_OK) mig_no_memory(&m->work);
  }
  mig_backup_verify(m);
}

/* A statement that reads the database, and stands in its first row until it is finalized: so long
** nobody writes what is copied. BEGIN would want a ROLLBACK, which an interrupt or a lack of memory
** can forbid. NULL: the database holds nothing, or a fault. */
static sqlite3_stmt *mig_backup_hold(migrate *m) {
  sqlite3_stmt *stmt;
  mig_wait w = {0, 0};
  int rc;
  do {
    stmt = 0;
    rc = sqlite3_prepare_v2(m->db, "SELECT 1 FROM main.sqlite_master", -1, &stmt, 0);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) return stmt;
    if (rc != SQLITE_DONE) rc = sqlite3_extended_errcode(m->db);
    sqlite3_finalize(stmt);
  } while (rc != SQLITE_DONE && mig_is_held(rc) && mig_pause(m, &w));
  if (rc != SQLITE_DONE) mig_fail_db(m, 0);
  return 0;
}

/* Makes the copy. A database that holds nothing needs none. */
static void mig_backup_make(migrate *m, mig_names rows) {
  const char *path = mig_backup_name(m, rows);
  sqlite3_stmt *held = 0;
  m->backup.path = 0;
  m->backup.commits = 0;
  m->backup.vfs = mig_backup_vfs(m);
  if (path) path = mig_backup_path(m, m->backup.vfs, path);
  if (!mig_failed(&m->work)) held = mig_backup_hold(m);
  if (held) {
    m->backup.version = mig_read_int(m, "PRAGMA main.data_version");
    if (!mig_failed(&m->work)) mig_backup_write(m, path);
  }
  sqlite3_finalize(held);
  if (mig_failed(&m->work)) mig_backup_remove(m);
}

/* ---- around a run ---- */

/* mig_frame_open() with a copy made before. Where another connection has written between the two,
** the copy is made again. */
static void mig_backup_open_frame(migrate *m, mig_names rows) {
  int i;
  m->backup.path = 0;
  m->backup.rows = rows;
  if (!m->settings.backup[0] || mig_live(m)) {
    mig_frame_open(m);
    return;
  }
  if (!sqlite3_get_autocommit(m->db)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "a backup is not possible inside a transaction: commit it first");
  }
  mig_refuse_busy(m);
  for (i = 0; i < MIG_BACKUP_TRIES && !mig_failed(&m->work); i++) {
    mig_stay_awake(m);
    mig_backup_make(m, rows);
    if (!mig_failed(&m->work)) mig_frame_open(m);
    if (!m->depth) mig_fall_asleep(m);
    if (mig_failed(&m->work) || !m->backup.path) return;
    if (mig_read_int(m, "PRAGMA main.data_version") == m->backup.version) {
      mig_log(m, MIGRATE_INFO, mig_format(&m->work, "Backup written to %s", m->backup.path));
      return;
    }
    mig_frame_close(m);
    mig_backup_remove(m);
  }
  mig_fail(&m->work, MIGRATE_BACKUP,
           "the backup failed: other connections write all the time; nothing was changed");
}

/* Something is wrong with the disk or the file: then a copy is worth more than ever. */
static int mig_backup_is_needed(int code) {
  code &= 0xff;
  return code == SQLITE_IOERR || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/* Has a COMMIT that failed come true? A disk that is full in the middle of a journal's last write
** can do that: the version rows tell. */
static int mig_backup_moved(migrate *m) {
  mig_fault kept = m->fault;
  mig_names then = m->backup.rows, now;
  int i;
  if ((kept.code & 0xff) != SQLITE_FULL) return 0;
  memset(&m->fault, 0, sizeof m->fault);
  now = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  for (i = 0; i < now.n && i < then.n && strcmp(now.at[i], then.at[i]) == 0; i++) {}
  mig_fault_clear(&m->fault);
  m->fault = kept;
  return i < now.n || i < then.n;
}

/* After a run: the copy goes where the database is as it was, there is nothing that it could bring
** back; and where backup_keep is off, after success. */
static void mig_backup_settle(migrate *m) {
  int failed = mig_failed(&m->work), changed;
  if (!m->backup.path) return;
  changed = failed ? m->backup.commits > 0 || mig_backup_is_needed(m->fault.code) ||
                         mig_backup_moved(m)
                   : m->step > 0;
  if (!changed || (!failed && !m->settings.backup_keep)) {
    mig_backup_remove(m);
  } else if (failed) {
    mig_fault_context(&m->work, "the database as it was before is in %s: ", m->backup.path);
  }
}
/* Record: what the steps of a run leave in the version table and in the journal.
**
** Where no statements are listed these rows wait for the end of the transaction, or for whoever
** might look at them before, and are then written by statements that are compiled once: each change
** of the schema makes SQLite compile anew, and to compile the rows of a small revision takes longer
** than the revision. */

struct mig_due { /* the rows of a step that wait */
  const mig_step *step;
  const char *state;        /* of the journal */
  sqlite3_int64 took, ended; /* milliseconds; `ended` since the Julian calendar began */
  mig_due *next;
};

static const mig_revision *mig_stamped(migrate *m, const mig_change *c) {
  int node = c->to ? mig_find_id(m->graph, c->to) : -1;
  return node < 0 ? 0 : m->graph->nodes[node].rev;
}

/* ---- one at a time, as text ---- */

static void mig_write_rows(migrate *m, const mig_step *step) {
  const char *table = m->settings.version_table;
  int i;
  for (i = 0; i < step->nchange && !mig_failed(&m->work); i++) {
    const mig_change *c = &step->changes[i];
    mig_sink_sql(m, MIG_S_VERSION, mig_change_sql(&m->work, table, c),
                 "the version rows follow the revision");
    if (!mig_failed(&m->work)) mig_change_check(&m->work, table, c, sqlite3_changes(m->db));
  }
}

static void mig_write_entry(migrate *m, const mig_revision *rev, const char *direction,
                            const char *state, sqlite3_int64 took, const char *reason) {
  if (mig_failed(&m->work)) return;
  mig_sink_sql(m, MIG_S_VERSION, mig_journal_insert_sql(&m->work, rev, direction, state, took),
               reason);
}

static void mig_write_journal(migrate *m, const mig_step *step, const char *state,
                              sqlite3_int64 took) {
  const char *direction = mig_direction_name(step->direction);
  int i;
  if (!m->settings.journal) return;
  if (step->rev) {
    mig_write_entry(m, step->rev, direction, state, took, "what was applied, and how to undo it");
    return;
  }
  for (i = 0; i < step->nchange; i++) {
    const mig_revision *rev = mig_stamped(m, &step->changes[i]);
    if (rev) mig_write_entry(m, rev, "stamp", state, -1, "what the database was said to be");
  }
}

/* ---- all that wait ---- */

typedef struct mig_recorder {
  migrate *m;
  sqlite3_stmt *changes[MIG_ROW_DELETE + 1]; /* by kind, compiled when needed */
  sqlite3_stmt *journal;
} mig_recorder;

static void mig_bind(sqlite3_stmt *stmt, int i, const char *z) {
  sqlite3_bind_text(stmt, i, z, -1, SQLITE_STATIC);
}

/* Callbacks hear of a row as it is written. */
static void mig_tell_record(migrate *m, sqlite3_stmt *stmt) {
  mig_tell_statement(m, sqlite3_sql(stmt));
  if (m->log) {
    char *sql = sqlite3_expanded_sql(stmt); /* NULL: too long for SQLite, or no memory for it */
    mig_log(m, MIGRATE_DEBUG, sql);
    sqlite3_free(sql);
  }
}

/* Runs a compiled statement; what it was bound to may go behind it. */
static void mig_record(migrate *m, sqlite3_stmt *stmt) {
  mig_tell_record(m, stmt);
  if (mig_failed(&m->work) || mig_fail_undone(m)) return;
  sqlite3_step(stmt);
  if (sqlite3_reset(stmt) != SQLITE_OK) mig_fail_db(m, 0);
}

static void mig_record_change(mig_recorder *r, const mig_change *c) {
  migrate *m = r->m;
  const char *table = m->settings.version_table;
  sqlite3_stmt **stmt = &r->changes[c->kind];
  if (!*stmt) *stmt = mig_prepare_braced(m, mig_change_form(&m->work, table, c->kind, "?1", "?2"));
  if (!*stmt) return;
  if (c->from) mig_bind(*stmt, 1, c->from);
  if (c->to) mig_bind(*stmt, 2, c->to);
  mig_record(m, *stmt);
  if (!mig_failed(&m->work)) mig_change_check(&m->work, table, c, sqlite3_changes(m->db));
}

static void mig_record_entry(mig_recorder *r, const mig_due *due, const mig_revision *rev,
                             const char *direction) {
  migrate *m = r->m;
  mig_arena *a = &m->work;
  if (!r->journal) {
    r->journal = mig_prepare_braced(
        m, mig_format(a, "%s(?1, ?2, ?3, strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', ?4), ?5, ?6, ?7, ?8, "
                         "?9, ?10, ?11, ?12)",
                      mig_journal_insert));
  }
  if (!r->journal) return;
  mig_bind(r->journal, 1, rev->id);
  mig_bind(r->journal, 2, direction);
  mig_bind(r->journal, 3, due->state);
  if (due->ended) sqlite3_bind_double(r->journal, 4, (double)due->ended / 86400000.0);
  else mig_bind(r->journal, 4, "now");
  if (due->step->rev) sqlite3_bind_int64(r->journal, 5, due->took);
  mig_bind(r->journal, 6, mig_checksum(a, rev));
  mig_bind(r->journal, 7, rev->message);
  mig_bind(r->journal, 8, mig_join(a, rev->down));
  mig_bind(r->journal, 9, mig_join(a, rev->depends));
  mig_bind(r->journal, 10, rev->compat);
  mig_bind(r->journal, 11, mig_kept_downgrade(rev));
  sqlite3_bind_int(r->journal, 12, rev->downgrade.outside);
  mig_record(m, r->journal);
}

static void mig_record_step(mig_recorder *r, const mig_due *due) {
  const mig_step *step = due->step;
  migrate *m = r->m;
  int i;
  for (i = 0; i < step->nchange && !mig_failed(&m->work); i++) {
    mig_record_change(r, &step->changes[i]);
  }
  if (!m->settings.journal) return;
  if (step->rev) mig_record_entry(r, due, step->rev, mig_direction_name(step->direction));
  for (i = 0; !step->rev && i < step->nchange && !mig_failed(&m->work); i++) {
    const mig_revision *rev = mig_stamped(m, &step->changes[i]);
    if (rev) mig_record_entry(r, due, rev, "stamp");
  }
}

/* Writes the rows that wait. */
static void mig_write_due(migrate *m) {
  mig_recorder r;
  const mig_due *due = m->due;
  int i;
  if (!due) return;
  mig_flush(m);
  m->due = m->last_due = 0;
  memset(&r, 0, sizeof r);
  r.m = m;
  for (; due && !mig_failed(&m->work); due = due->next) {
    mig_arena_place before = mig_arena_mark(&m->work);
    mig_record_step(&r, due);
    if (!mig_failed(&m->work)) mig_arena_rewind(&m->work, before);
  }
  m->statement = 0;
  for (i = MIG_ROW_INSERT; i <= MIG_ROW_DELETE; i++) sqlite3_finalize(r.changes[i]);
  sqlite3_finalize(r.journal);
  mig_undo_in_need(m);
}

static int mig_reads_rows(const migrate *m, const char *sql) {
  return mig_mentions(sql, MIG_JOURNAL) || mig_mentions(sql, m->settings.version_table);
}

/* Is there a view or a trigger through which statements that do not name the rows may read them? */
static void mig_find_watchers(migrate *m) {
  sqlite3_stmt *stmt = mig_prepare(m,
                                   "SELECT sql FROM main.sqlite_master WHERE type IN ('view', "
                                   "'trigger') UNION ALL SELECT sql FROM temp.sqlite_master WHERE "
                                   "type IN ('view', 'trigger')");
  while (mig_row(m, &stmt)) {
    m->watched |= mig_reads_rows(m, (const char *)sqlite3_column_text(stmt, 0));
  }
}

/* Those that this text may read: by name, and then perhaps so that later ones read them without it;
** or as all tables (ANALYZE, PRAGMA optimize). */
static void mig_write_due_for(migrate *m, const char *sql) {
  static const char *const words[] = {"ANALYZE", "PRAGMA", 0};
  if (!m->watched) m->watched = mig_reads_rows(m, sql);
  if (m->due && (m->watched || mig_begins_with(sql, words))) mig_write_due(m);
}

/* ---- the end of a step ---- */

/* How long a step has taken; what a script will take is not known when it is printed. */
static sqlite3_int64 mig_took(const migrate *m, sqlite3_int64 started) {
  return m->live ? -1 : mig_milliseconds() - started;
}

static void mig_put_off(migrate *m, const mig_step *step, sqlite3_int64 started) {
  mig_due *due = (mig_due *)mig_alloc(&m->lasting, sizeof *due);
  if (!due) return;
  due->step = step;
  due->state = "done";
  due->ended = mig_milliseconds();
  due->took = due->ended - started;
  if (m->last_due) m->last_due->next = due;
  else m->due = due;
  m->last_due = due;
}

static void mig_record_end(migrate *m, const mig_step *step, sqlite3_int64 started) {
  if (mig_failed(&m->work)) return;
  if (!m->listen) {
    mig_put_off(m, step, started);
    return;
  }
  mig_write_rows(m, step);
  mig_write_journal(m, step, "done", mig_took(m, started));
}
/* 7: the outside */
/* Public: the functions of api.h that open, close and run; nothing but their arguments is looked
** at here. */

MIGRATE_API const char *migrate_libversion(void) { return MIGRATE_VERSION; }

MIGRATE_API const char *migrate_strerror(int code) {
  switch (code) {
#define MIG_ERROR_CASE(name, value, text) \
  case value:                             \
    return text;
    MIGRATE_ERRORS(MIG_ERROR_CASE)
#undef MIG_ERROR_CASE
    default:
      return sqlite3_errstr(code);
  }
}

static int mig_open_fail(const migrate_options *o, int code, const char *message) {
  if (o && o->errbuf && o->nerrbuf > 0) sqlite3_snprintf(o->nerrbuf, o->errbuf, "%s", message);
  return code;
}

static void mig_open_options(migrate *m, const migrate_options *o) {
  mig_arena *a = &m->arena;
  int i;
  m->flags = o->flags;
  m->log = o->log;
  m->log_arg = o->log_arg;
  m->written = o->written;
  m->written_arg = o->written_arg;
  m->progress = o->progress;
  m->progress_arg = o->progress_arg;
  if (o->progress) mig_settings_put(a, &m->settings, "progress", "on", MIG_FROM_PROGRAM);
  m->errbuf = o->errbuf;
  m->nerrbuf = o->nerrbuf;
  if (o->errbuf && o->nerrbuf > 0) o->errbuf[0] = 0; /* what an earlier handle said is over */
  if (o->version_table) {
    mig_settings_put(a, &m->settings, "version_table", o->version_table, MIG_FROM_PROGRAM);
  }
  if (o->backup) mig_settings_put(a, &m->settings, "backup", o->backup, MIG_FROM_PROGRAM);
  if (o->busy_timeout) {
    char *ms = mig_format(a, "%d", o->busy_timeout < 0 ? 0 : o->busy_timeout);
    if (ms) mig_settings_put(a, &m->settings, "busy_timeout", ms, MIG_FROM_PROGRAM);
  }
  for (i = 0; i < 3; i++) {
    static const struct {
      unsigned flag;
      const char *key, *value;
    } flags[] = {{MIGRATE_PORTABLE, "rebuild", "portable"},
                 {MIGRATE_PER_MIGRATION, "transaction_per_migration", "on"},
                 {MIGRATE_NO_JOURNAL, "journal", "off"}};
    if (o->flags & flags[i].flag) {
      mig_settings_put(a, &m->settings, flags[i].key, flags[i].value, MIG_FROM_PROGRAM);
    }
  }
}

MIGRATE_API int migrate_open(sqlite3 *db, const migrate_options *options, migrate **out) {
  migrate *m;
  int rc;
  if (!out) return mig_open_fail(options, MIGRATE_MISUSE, "migrate_open: out is NULL");
  *out = 0;
  if (!db) return mig_open_fail(options, MIGRATE_MISUSE, "migrate_open: db is NULL");
  if (sqlite3_libversion_number() < MIGRATE_MIN_SQLITE) {
    return mig_open_fail(options, MIGRATE_OLD_SQLITE,
                         "migrate needs SQLite 3.31.0 or newer: this one is too old");
  }
  m = (migrate *)sqlite3_malloc64(sizeof *m);
  if (!m) return mig_open_fail(options, SQLITE_NOMEM, "out of memory");
  memset(m, 0, sizeof *m);
  m->db = db;
  mig_arena_init(&m->arena, &m->fault);
  mig_arena_init(&m->work, &m->fault);
  mig_arena_init(&m->lasting, &m->fault);
  mig_text_init(&m->result, &m->work);
  mig_settings_init(&m->settings);
  if (options) mig_open_options(m, options);
  rc = mig_end_call(m);
  if (rc) {
    migrate_close(m);
    return rc;
  }
  *out = m;
  return 0;
}

MIGRATE_API int migrate_close(migrate *m) {
  int rc;
  if (!m) return SQLITE_NOMEM;
  mig_end_edits(m);
  if (m->depth) mig_frame_undo(m);
  mig_be_as_durable_as_before(m);
  rc = m->fault.code ? m->fault.code : m->run ? SQLITE_ABORT : 0;
  if (m->run) {
    mig_fail(&m->work, rc, "the run was not ended");
    mig_backup_settle(m);
  }
  mig_free_run(m);
  mig_arena_free(&m->arena);
  mig_fault_clear(&m->fault);
  sqlite3_free(m);
  return rc;
}

MIGRATE_API int migrate_errcode(migrate *m) { return m ? m->fault.code : SQLITE_NOMEM; }

MIGRATE_API const char *migrate_errmsg(migrate *m) {
  return m ? mig_fault_text(&m->fault) : "out of memory";
}

MIGRATE_API const char *migrate_result(migrate *m) {
  return m && !m->fault.code ? mig_text_z(&m->result) : "";
}

MIGRATE_API int migrate_statements(migrate *m) { return m ? m->statements : 0; }

/* Runs a script in a frame. A failure says which statement it was, where there are several. */
static void mig_exec_script(migrate *m, const char *sql) {
  mig_place p;
  mig_frame_open(m);
  mig_run_script(m, sql);
  mig_flush(m);
  if (mig_failed(&m->work) && m->statements) {
    if (m->blamed) m->place = m->blamed->place;
    p = mig_place_of(sql, m->place.at);
    mig_fault_context(&m->work, "statement %d (line %d): ", m->place.statement, p.line);
  }
  mig_frame_close(m);
}

/* What would end the transaction of a script, and so its being all or nothing, is refused before
** anything of it runs. */
static void mig_check_exec(mig_arena *a, const char *sql) {
  size_t n = sql ? strlen(sql) : 0, at = 0, i;
  mig_span s;
  while (!mig_failed(a) && mig_next_statement(sql, n, &at, &s) > 0) {
    if (sql[s.at] == '.') {
      mig_fail_at(a, MIGRATE_SCRIPT, sql, s.at, "a command of the sqlite3 shell is not SQL");
    }
    for (i = 0; i < MIG_TRANSACTION_WORDS && !mig_failed(a); i++) {
      if (!mig_starts(sql, s, mig_refused_words[i], 0)) continue;
      mig_fail_at(a, MIGRATE_SCRIPT, sql, s.at,
                  mig_format(a, "%s is not for a script: it runs in a transaction of its own",
                             mig_refused_words[i]));
    }
  }
}

MIGRATE_API int migrate_exec(migrate *m, const char *sql) {
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!sql) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_exec: the SQL is NULL");
    return mig_end_call(m);
  }
  sql = mig_unix_lines(&m->work, sql);
  mig_check_exec(&m->work, sql);
  if (mig_failed(&m->work)) return mig_end_call(m);
  mig_lock(m);
  mig_borrow_handler(m);
  mig_exec_script(m, sql);
  mig_return_handler(m);
  mig_unlock(m);
  return mig_end_call(m);
}
/* Restore: puts the content of a backup in the place of the main database's. */

MIGRATE_API const char *migrate_backup_path(migrate *m) { return m ? m->backup.path : 0; }

/* Is it the database itself, which nobody could be waited for to let go? */
static int mig_restore_is_same(migrate *m, sqlite3 *from) {
  const char *mine = sqlite3_db_filename(m->db, "main");
  const char *other = sqlite3_db_filename(from, "main");
  return mine && other && *mine && strcmp(mine, other) == 0;
}

/* A file that was cut in its last page looks whole to SQLite, which reads zeros there. */
static int mig_restore_is_cut(migrate *m, sqlite3 *from) {
  sqlite3_int64 bytes = 0, page = mig_backup_number(m, from, "PRAGMA main.page_size");
  sqlite3_file *f = 0;
  if (sqlite3_file_control(from, "main", SQLITE_FCNTL_FILE_POINTER, &f) || !f) return 0;
  if (!f->pMethods || f->pMethods->xFileSize(f, &bytes)) return 0;
  return page > 0 && bytes % page != 0;
}

/* What speaks against a copy; NULL: nothing. */
static const char *mig_restore_damage(migrate *m, sqlite3 *from) {
  const char *damage;
  if (mig_restore_is_same(m, from)) return "it is the database itself";
  damage = mig_backup_damage(m, from);
  if (damage) return damage;
  if (mig_backup_size(m, from) <= 0) return "it is empty";
  return mig_restore_is_cut(m, from) ? "its last page is cut off" : 0;
}

static void mig_restore_from(migrate *m, const char *path) {
  sqlite3 *from = mig_backup_open(m, path, SQLITE_OPEN_READWRITE, mig_backup_vfs(m)->zName);
  const char *damage;
  if (!from) return;
  if (mig_backup_size(m, from) < 0) mig_step_all(from, MIG_ALONE, 0);
  damage = mig_restore_damage(m, from);
  if (damage && !mig_is_interrupted(m)) {
    mig_fail(&m->work, MIGRATE_BACKUP, "%s cannot be restored: %s; nothing was changed", path,
             damage);
  }
  if (!mig_failed(&m->work)) mig_be_durable(m);
  if (!mig_failed(&m->work)) mig_backup_copy(m, m->db, from, path);
  sqlite3_close(from);
}

MIGRATE_API int migrate_restore(migrate *m, const char *path) {
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!path) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_restore: the path is NULL");
  else if (!*path) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_restore: the path is empty");
  if (!sqlite3_get_autocommit(m->db)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "a backup cannot be restored inside a transaction: commit it first");
  }
  mig_lock(m);
  mig_refuse_busy(m);
  mig_stay_awake(m);
  if (!mig_failed(&m->work)) mig_restore_from(m, path);
  mig_fall_asleep(m);
  mig_be_as_durable_as_before(m);
  mig_unlock(m);
  return mig_end_call(m);
}
/* History: what the commands that only look have to tell, row by row. Version rows that no
** revision knows are no obstacle here: these commands are how one finds out about them. */

typedef struct mig_history {
  migrate *m;
  mig_graph *g;
  mig_version version;
  mig_nodes rows; /* those version rows that are known */
  unsigned char *is_row, *applied;
  const mig_entry **entry; /* of a node, when it was applied last; NULL: not known */
  int (*row)(void *, const migrate_history_row *);
  void *arg;
} mig_history;

/* The version rows, and with them what is applied, and when. */
static void mig_history_rows(mig_history *h) {
  mig_arena *a = &h->m->work;
  int i;
  h->version = mig_version_read(h->m->db, a, h->m->settings.version_table);
  h->rows = mig_known_rows(h->g, h->version.rows);
  h->is_row = mig_marks(h->g);
  for (i = 0; i < h->rows.n && h->is_row; i++) h->is_row[h->rows.at[i]] = 1;
  h->applied = mig_applied(h->g, h->rows);
  if (!mig_failed(a)) h->entry = mig_applied_entries(h->m, h->g, h->applied);
}

/* While another connection commits, nobody may read, and it is waited for. */
static void mig_history_rows_patiently(mig_history *h) {
  mig_wait w = {0, 0};
  do {
    mig_history_rows(h);
  } while (mig_is_held(h->m->fault.code) && mig_pause_at_fault(h->m, &w));
}

/* Begins a command; 0 when it cannot go on. */
static int mig_history_open(mig_history *h, migrate *m,
                            int (*row)(void *, const migrate_history_row *), void *arg) {
  memset(h, 0, sizeof *h);
  if (mig_begin_call(m)) return 0;
  h->m = m;
  h->row = row;
  h->arg = arg;
  h->g = mig_graph_of(m);
  if (!row) mig_fail(&m->work, MIGRATE_MISUSE, "the callback for the rows is NULL");
  if (h->g && row) mig_history_rows_patiently(h);
  return !mig_failed(&m->work);
}

/* A list as text; NULL for none. */
static const char *mig_list_or_null(mig_arena *a, mig_names names) {
  return names.n ? mig_join(a, names) : 0;
}

static const char *mig_text_or_null(const char *z) { return z && *z ? z : 0; }

/* Hands on the row of a node; returns what the callback said. */
static int mig_history_row(mig_history *h, int node) {
  const mig_node *v = &h->g->nodes[node];
  const mig_revision *rev = v->rev;
  const mig_entry *e = h->entry[node];
  mig_arena *a = &h->m->work;
  migrate_history_row r;
  memset(&r, 0, sizeof r);
  r.revision = rev->id;
  r.down_revision = mig_list_or_null(a, rev->down);
  r.branch_labels = mig_list_or_null(a, mig_labels_of(h->g, node));
  r.depends_on = mig_list_or_null(a, rev->depends);
  r.message = rev->message;
  r.create_date = mig_text_or_null(rev->create_date);
  r.is_base = v->down.n == 0;
  r.is_head = v->after.n == 0;
  r.is_branch_point = v->after.n > 1;
  r.is_merge_point = v->down.n > 1;
  r.is_current = h->is_row[node];
  r.is_applied = h->applied[node];
  r.applied_at = e ? e->applied_at : 0;
  r.path = rev->path;
  r.upgrade_sql = rev->upgrade.sql;
  r.downgrade_sql = rev->downgrade.sql;
  r.is_edited = mig_is_edited(a, rev, e);
  return mig_failed(a) ? 1 : h->row(h->arg, &r);
}

/* All of a list, until the callback has heard enough. */
static int mig_history_close(mig_history *h, mig_nodes list) {
  int i;
  for (i = 0; i < list.n && !mig_failed(&h->m->work); i++) {
    if (list.at[i] >= 0 && mig_history_row(h, list.at[i])) break;
  }
  return mig_end_call(h->m);
}

MIGRATE_API int migrate_history(migrate *m, const char *range,
                                int (*row)(void *, const migrate_history_row *), void *arg) {
  mig_history h;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (m->log) mig_report_started(m);
  return mig_history_close(&h, mig_history_range(h.g, range ? range : "", h.rows));
}

MIGRATE_API int migrate_heads(migrate *m, int (*row)(void *, const migrate_history_row *),
                              void *arg) {
  mig_history h;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  return mig_history_close(&h, h.g->heads);
}

MIGRATE_API int migrate_branches(migrate *m, int (*row)(void *, const migrate_history_row *),
                                 void *arg) {
  mig_history h;
  mig_nodes order, points;
  int i;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  order = mig_history_range(h.g, "", h.rows);
  points = mig_room(&m->work, order.n);
  for (i = 0; i < order.n && points.at; i++) {
    if (h.g->nodes[order.at[i]].after.n > 1) points.at[points.n++] = order.at[i];
  }
  return mig_history_close(&h, points);
}

MIGRATE_API int migrate_show(migrate *m, const char *revision,
                             int (*row)(void *, const migrate_history_row *), void *arg) {
  mig_history h;
  mig_ask q;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (revision && strcmp(revision, "current") == 0) return mig_history_close(&h, h.rows);
  if (!revision) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_show: the revision is NULL");
    return mig_end_call(m);
  }
  q = mig_ask_of(h.g, 0);
  return mig_history_close(&h, mig_resolve_all(&q, revision));
}

/* A version row that no revision knows: of it there is the id alone. */
static int mig_unknown_row(mig_history *h, const char *id) {
  migrate_history_row r;
  memset(&r, 0, sizeof r);
  r.revision = id;
  r.is_current = r.is_applied = 1;
  return h->row(h->arg, &r);
}

MIGRATE_API int migrate_current(migrate *m, int (*row)(void *, const migrate_history_row *),
                                void *arg) {
  mig_history h;
  int i, enough = 0;
  if (!mig_history_open(&h, m, row, arg)) return m ? mig_end_call(m) : SQLITE_NOMEM;
  if (m->log) mig_report_started(m);
  for (i = 0; i < h.version.rows.n && !enough; i++) {
    const char *id = h.version.rows.at[i];
    if (mig_find_id(h.g, id) < 0) enough = mig_unknown_row(&h, id);
  }
  return enough ? mig_end_call(m) : mig_history_close(&h, mig_all_current(h.g, h.rows));
}
/* Older: a program that is older than its database. A version row that no revision of the program
** knows stands for a revision of a newer program. Its journal entry tells whether older programs
** may go on beside it (compat), and how to undo it. */

/* The first version row that no revision knows; NULL: there is none. */
static const char *mig_first_unknown(const mig_graph *g, mig_names rows) {
  int i;
  for (i = 0; i < rows.n; i++) {
    if (strcmp(rows.at[i], "base") != 0 && mig_find_id(g, rows.at[i]) < 0) return rows.at[i];
  }
  return 0;
}

static const mig_entry *mig_find_entry(const mig_journal *j, const char *id) {
  int i;
  for (i = 0; i < j->n; i++) {
    if (strcmp(j->entries[i].revision, id) == 0) return &j->entries[i];
  }
  return 0;
}

/* The ids of the program's heads, as a message names them. */
static const char *mig_head_words(const mig_graph *g) {
  mig_text t;
  int i;
  mig_text_init(&t, g->a);
  for (i = 0; i < g->n; i++) {
    if (g->nodes[i].after.n) continue;
    mig_putf(&t, "%s'%s'", t.n ? ", " : "", mig_id(g, i));
  }
  return t.n ? t.z : "nothing";
}

static void mig_fail_newer(const mig_graph *g, const char *row, const char *then) {
  mig_fail(g->a, MIGRATE_NEWER,
           "Can't locate revision identified by '%s': the database is newer than this program, "
           "which ends at %s; %s",
           row, mig_head_words(g), then);
}

/* May the program go on as it is? Each unknown row must name a revision that it has. */
static int mig_is_compatible(migrate *m, const mig_graph *g, mig_names rows,
                             const mig_journal *j) {
  int i;
  for (i = 0; i < rows.n; i++) {
    const mig_entry *e;
    if (mig_find_id(g, rows.at[i]) >= 0) continue;
    e = mig_find_entry(j, rows.at[i]);
    if (!e || !mig_entry_applied(e) || !e->compat) return 0;
    if (mig_find_id(g, e->compat) < 0) return 0;
    mig_log(m, MIGRATE_WARNING,
            mig_format(&m->work,
                       "the database is at revision %s, which this program does not know; it lets "
                       "programs from revision %s on use it",
                       e->revision, e->compat));
  }
  return 1;
}

/* ---- going back ---- */

/* What the journal brings along, beside the program's own revisions. */
typedef struct mig_brought {
  const mig_revision **v; /* the program's nown, then those of the journal */
  int n, nown;
} mig_brought;

static int mig_is_brought(const mig_brought *b, const char *id) {
  int i;
  for (i = b->nown; i < b->n && strcmp(b->v[i]->id, id) != 0; i++) {}
  return i < b->n;
}

/* The revision that a journal entry describes: enough of it to undo it. */
static const mig_revision *mig_entry_revision(mig_arena *a, const mig_entry *e) {
  mig_revision *r = (mig_revision *)mig_alloc(a, sizeof *r);
  if (!r) return 0;
  r->id = e->revision;
  r->message = e->message ? e->message : "";
  r->create_date = "";
  r->compat = e->compat;
  r->down = mig_list_of(a, e->down_revision);
  r->depends = mig_list_of(a, e->depends_on);
  r->downgrade.sql = e->downgrade;
  r->downgrade.outside = e->downgrade_outside;
  return r;
}

/* Takes in an unknown revision, after it was seen that the journal can undo it. */
static void mig_bring(migrate *m, mig_graph *g, const mig_journal *j, mig_brought *b,
                      const char *id) {
  const mig_entry *e = mig_find_entry(j, id);
  if (mig_find_id(g, id) >= 0 || mig_is_brought(b, id)) return;
  if (!e || !mig_entry_applied(e)) {
    mig_fail_newer(g, id, "the journal does not hold it, so that there is no way back");
  } else if (!e->downgrade) {
    mig_fail_newer(g, id, "the journal holds no downgrade of it, so that there is no way back");
  } else {
    b->v[b->n++] = mig_entry_revision(&m->work, e);
  }
}

/* The revisions above the program's own, down to where it knows its way. A dependency may be a
** label, of which the journal knows nothing: then it is left out of the order. */
static mig_brought mig_bring_all(migrate *m, mig_graph *g, mig_names rows, const mig_journal *j) {
  mig_arena *a = &m->work;
  mig_brought b;
  int i, k;
  b.n = b.nown = m->nrevision;
  b.v = (const mig_revision **)mig_array(a, (size_t)(m->nrevision + j->n) + 1, sizeof *b.v);
  for (i = 0; i < b.nown && b.v; i++) b.v[i] = m->revisions[i];
  for (i = 0; i < rows.n && !mig_failed(a); i++) mig_bring(m, g, j, &b, rows.at[i]);
  for (i = b.nown; i < b.n && !mig_failed(a); i++) {
    mig_names down = b.v[i]->down, needs = b.v[i]->depends;
    for (k = 0; k < down.n && !mig_failed(a); k++) mig_bring(m, g, j, &b, down.at[k]);
    for (k = 0; k < needs.n && !mig_failed(a); k++) {
      if (mig_find_entry(j, needs.at[k])) mig_bring(m, g, j, &b, needs.at[k]);
    }
  }
  return b;
}

static void mig_drop_unknown_needs(migrate *m, mig_graph *g, const mig_brought *b) {
  int i, k;
  for (i = b->nown; i < b->n && !mig_failed(&m->work); i++) {
    mig_revision *r = (mig_revision *)mig_alloc(&m->work, sizeof *r);
    if (!r) return;
    *r = *b->v[i];
    r->depends.n = 0;
    for (k = 0; k < b->v[i]->depends.n; k++) {
      const char *need = b->v[i]->depends.at[k];
      if (mig_find_node(g, need) < 0 && !mig_is_brought(b, need)) continue;
      r->depends.at[r->depends.n++] = need;
    }
    b->v[i] = r;
  }
}

/* The steps that undo what the program does not know. */
static mig_plan mig_plan_back(migrate *m, mig_graph *g, mig_names rows, const mig_journal *j) {
  mig_brought b = mig_bring_all(m, g, rows, j);
  mig_graph *all;
  mig_plan none;
  unsigned char *undo;
  mig_ask q;
  int i;
  memset(&none, 0, sizeof none);
  mig_drop_unknown_needs(m, g, &b);
  all = mig_failed(&m->work) ? 0 : mig_graph_load(&m->work, b.v, b.n);
  if (!all) return none;
  undo = mig_marks(all);
  for (i = b.nown; i < b.n && undo; i++) undo[mig_find_id(all, b.v[i]->id)] = 1;
  q = mig_ask_of(all, 0);
  return mig_plan_undo(all, undo, mig_resolve_rows(&q, rows));
}

/* What an upgrade does first about rows that it does not know. *stay: nothing is done at all. */
static mig_plan mig_plan_older(migrate *m, mig_graph *g, mig_names rows, int *stay) {
  const char *unknown = mig_first_unknown(g, rows);
  mig_journal j;
  mig_plan none;
  memset(&none, 0, sizeof none);
  *stay = 0;
  if (!unknown) return none;
  memset(&j, 0, sizeof j);
  if (m->settings.journal) j = mig_journal_read(m->db, &m->work);
  if (mig_failed(&m->work)) return none;
  *stay = mig_is_compatible(m, g, rows, &j);
  if (*stay) return none;
  if (m->flags & MIGRATE_GO_BACK) return mig_plan_back(m, g, rows, &j);
  mig_fail_newer(g, unknown, "use the newer program");
  return none;
}
/* Revise: runs of revisions. A plan is made without a lock; where there is something to do it is
** made again under the lock, run step by step, and committed with its version rows. */

/* The fault of a section's script, in one line: revision, file, place, message, statement. */
static void mig_fail_in_section(migrate *m) {
  mig_arena *a = &m->work;
  mig_fault f = m->fault;
  const mig_script_place *p = m->blamed ? &m->blamed->place : &m->place;
  const char *sql = p->sql;
  size_t at = p->at, from = at, end = strlen(sql);
  const char *where, *dots = "";
  mig_text one;
  mig_span s;
  if (f.code == SQLITE_NOMEM) return;
  m->blamed = 0;
  memset(&m->fault, 0, sizeof m->fault);
  if (mig_next_statement(sql, strlen(sql), &from, &s)) end = s.end;
  where = mig_where(a, p->rev, p->upgrade, f.placed ? f.at : at);
  mig_text_init(&one, a);
  if (end - at > 200) {
    end = at + 200;
    dots = " ..";
  }
  while (at < end && !mig_failed(a)) { /* white space folded: a statement in one line */
    mig_token k = mig_next_token(sql, end, at);
    if (k.type == MIG_TK_END) break;
    if (k.type == MIG_TK_SPACE) mig_put(&one, one.n && one.z[one.n - 1] == ' ' ? "" : " ");
    else if (k.type != MIG_TK_COMMENT) mig_putn(&one, sql + k.at, k.end - k.at);
    at = k.end;
  }
  mig_fail(a, f.code, "%s: %.*s; in: %s%s", where,
           f.message ? (int)(f.placed ? f.bare : strlen(f.message)) : 0, f.message ? f.message : "",
           mig_text_z(&one), dots);
  sqlite3_free(f.message);
}

/* A function of the program is not called in a scratch database: a plan names it, a script cannot
** have it. */
static void mig_run_function_offline(migrate *m, const mig_revision *rev) {
  mig_statement s;
  if (m->framed && !m->row) {
    mig_fail(&m->work, MIGRATE_SCRIPT,
             "revision %s has a function of the program, which a script cannot call", rev->id);
    return;
  }
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_SCRIPT;
  s.sql = "-- a function of the program";
  s.reason = "runs after the revision's SQL";
  mig_announce(m, &s, "");
}

static void mig_run_section(migrate *m, const mig_revision *rev, int upgrade) {
  const mig_section *section = upgrade ? &rev->upgrade : &rev->downgrade;
  int (*fn)(sqlite3 *, void *) = upgrade ? rev->upgrade_fn : rev->downgrade_fn;
  int rc;
  if (section->sql && mig_live(m)) mig_stub_functions(&m->work, m->db, section->sql);
  if (section->sql) mig_write_due_for(m, section->sql);
  m->place.rev = rev;
  m->place.upgrade = upgrade;
  if (section->sql) mig_run_script(m, section->sql);
  if (mig_failed(&m->work) && section->sql) mig_fail_in_section(m);
  if (!fn || mig_failed(&m->work)) return;
  if (mig_live(m)) {
    mig_run_function_offline(m, rev);
    return;
  }
  mig_flush(m);
  mig_write_due(m);
  if (mig_failed(&m->work)) return;
  mig_forget_catalogs(m);
  mig_fall_asleep(m); /* SQLite lets nobody replace a function beside a statement at work */
  rc = fn(m->db, rev->arg);
  if (rc) { /* ahead of statements of ours, after which SQLite's message is gone */
    mig_fail(&m->work, rc, "revision %s, %s function: %s", rev->id,
             upgrade ? "upgrade" : "downgrade",
             rc == sqlite3_errcode(m->db) ? sqlite3_errmsg(m->db) : migrate_strerror(rc));
  }
  if (mig_is_undone(m) && !mig_failed(&m->work)) {
    mig_fail(&m->work, SQLITE_ABORT, "revision %s, %s function: it has ended the transaction",
             rev->id, upgrade ? "upgrade" : "downgrade");
  }
  if (m->depth) mig_stay_awake(m);
  mig_still_ready(m);
}

/* ---- before anything runs ---- */

/* The two tables of ours, where they are missing. */
static void mig_make_tables(migrate *m, int have_version) {
  mig_version_check(m->db, &m->work, m->settings.version_table);
  if (!have_version) {
    mig_sink_sql(m, MIG_S_VERSION, mig_version_create_sql(&m->work, m->settings.version_table),
                 "the version table");
  }
  if (m->settings.journal && mig_table_kind(m->db, &m->work, MIG_JOURNAL) == MIG_NO_TABLE) {
    mig_sink_sql(m, MIG_S_VERSION, mig_journal_create_sql(), "the journal");
  }
}

static const mig_section *mig_step_section(const mig_step *step) {
  return step->direction == MIG_UPGRADE ? &step->rev->upgrade : &step->rev->downgrade;
}

/* VACUUM is refused inside any SQL function. */
static int mig_holds_vacuum(const mig_section *section) {
  const char *z = section->sql;
  size_t at = 0;
  mig_span s;
  while (z && mig_next_statement(z, strlen(z), &at, &s) > 0) {
    if (mig_starts(z, s, "VACUUM", 0)) return 1;
  }
  return 0;
}

static int mig_in_transaction_of_caller(migrate *m) {
  return m->depth ? !m->own_transaction : !sqlite3_get_autocommit(m->db);
}

/* A section whose last statement is no whole one (CREATE TABLE t) looks like any other up to its
** end, where SQLite's parser alone can tell. PRAGMAs are left out, since many of them take effect
** as they are compiled, and so is the ALTER language. */
static void mig_check_last(migrate *m, const mig_revision *rev, int upgrade) {
  const char *z = upgrade ? rev->upgrade.sql : rev->downgrade.sql;
  size_t n = z ? strlen(z) : 0, at = 0;
  sqlite3_stmt *stmt = 0;
  mig_span s, last;
  memset(&last, 0, sizeof last);
  while (z && mig_next_statement(z, n, &at, &s) > 0) last = s;
  if (mig_span_empty(last) || mig_next_significant(z, n, last.end).type != MIG_TK_END) return;
  if (mig_starts(z, last, "PRAGMA", 0) || mig_starts(z, last, "ALTER", 0)) return;
  if (sqlite3_prepare_v2(m->db, z + last.at, (int)(last.end - last.at), &stmt, 0) == SQLITE_ERROR &&
      strcmp(sqlite3_errmsg(m->db), "incomplete input") == 0) {
    mig_fail(&m->work, MIGRATE_SCRIPT, "%s: the text ends inside of this statement",
             mig_where(&m->work, rev, upgrade, last.at));
  }
  sqlite3_finalize(stmt);
}

static void mig_check_step(migrate *m, const mig_step *step) {
  int upgrade = step->direction == MIG_UPGRADE;
  const mig_section *section;
  if (!step->rev) return;
  section = mig_step_section(step);
  if (!upgrade && !section->sql && !step->rev->downgrade_fn) {
    mig_fail(&m->work, MIGRATE_IRREVERSIBLE, "revision %s has no downgrade%s%s", step->rev->id,
             step->rev->path ? ": " : "", step->rev->path ? step->rev->path : "");
  }
  mig_check_section(&m->work, step->rev, upgrade);
  if (!mig_failed(&m->work)) mig_check_last(m, step->rev, upgrade);
  if (section->outside && mig_in_transaction_of_caller(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "revision %s runs outside of a transaction and one is open: commit it first",
             step->rev->id);
  }
  if (section->outside && (m->flags & MIGRATE_SQL_FUNCTION) && mig_holds_vacuum(section)) {
    mig_fail(&m->work, MIGRATE_SCRIPT,
             "revision %s holds VACUUM, which SQLite refuses inside an SQL function: run it from C",
             step->rev->id);
  }
}

static void mig_check_plan(migrate *m, const mig_plan *plan) {
  int i;
  if (m->settings.transaction_per_migration && mig_in_transaction_of_caller(m)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "transaction_per_migration is not possible inside a transaction: commit it first");
  }
  for (i = 0; i < plan->n && !mig_failed(&m->work); i++) mig_check_step(m, &plan->steps[i]);
}

/* ---- the steps ---- */

static void mig_begin_step(migrate *m, const mig_step *step, int number) {
  const char *line = mig_step_line(&m->work, step);
  m->step = number;
  m->revision = step->rev ? step->rev->id : step->to;
  m->direction = mig_direction_name(step->direction);
  if (m->log) mig_end_edits(m); /* the host's own statements run under its own settings */
  if (m->result.n) mig_put(&m->result, "\n");
  mig_put(&m->result, line);
  mig_log(m, MIGRATE_INFO, line);
}

/* What waits takes effect: edits that no statement needed, of which one may be wrong after all, and
** the rows of the steps. */
static int mig_catch_up(migrate *m) {
  if (!mig_failed(&m->work)) mig_flush(m);
  if (m->blamed) mig_fail_in_section(m);
  if (!mig_failed(&m->work)) mig_write_due(m);
  return !mig_failed(&m->work);
}

/* Commits, or undoes. */
static void mig_end_transaction(migrate *m) {
  mig_catch_up(m);
  mig_frame_close(m);
}

/* A section outside that begins a transaction of its own has to end it: else the version row would
** be part of it, and success be told of what nobody commits. */
static void mig_refuse_open_end(migrate *m, const mig_step *step) {
  if (sqlite3_get_autocommit(m->db)) return;
  mig_step_all(m->db, "ROLLBACK", 0);
  mig_fail(&m->work, MIGRATE_SCRIPT,
           "revision %s begins a transaction and does not end it: it was rolled back",
           step->rev->id);
}

/* A section outside the transaction cuts the run: what precedes it commits, with a journal row that
** says `started`; its own rows are written, and commit before what follows it begins. */
static void mig_run_outside(migrate *m, const mig_step *step) {
  int upgrade = step->direction == MIG_UPGRADE;
  sqlite3_int64 started = mig_milliseconds();
  mig_write_due(m);
  if (!mig_failed(&m->work)) mig_write_journal(m, step, "started", 0);
  mig_end_transaction(m);
  if (mig_failed(&m->work)) return;
  mig_run_section(m, step->rev, upgrade);
  mig_refuse_open_end(m, step);
  if (!mig_failed(&m->work)) mig_frame_open(m);
  if (mig_failed(&m->work)) return;
  mig_write_rows(m, step);
  if (m->settings.journal) {
    mig_sink_sql(m, MIG_S_VERSION,
                 mig_journal_done_sql(&m->work, step->rev, m->direction, mig_took(m, started)),
                 "it has run to its end");
  }
}

static int mig_is_outside(const mig_step *step) {
  return step->rev && mig_step_section(step)->outside;
}

static void mig_run_step(migrate *m, const mig_step *step, int number) {
  sqlite3_int64 started = mig_milliseconds();
  mig_begin_step(m, step, number);
  if (mig_is_outside(step)) {
    mig_run_outside(m, step);
    return;
  }
  if (step->rev) mig_run_section(m, step->rev, step->direction == MIG_UPGRADE);
  mig_record_end(m, step, started);
}

/* ---- commands ---- */

typedef struct mig_command {
  const mig_verb *verb;
  int purge; /* stamp: all rows go first */
  const char *target;
  const mig_names *found; /* adopt: the rows that were there when it looked; NULL: any */
} mig_command;

/* What there is to do from the version rows as they are now. */
typedef struct mig_todo {
  mig_plan plan;
  mig_plan back;    /* first: undoes what this program does not know */
  mig_names rows;   /* of the version table */
  int have_version; /* the version table exists */
  int purge;        /* its rows are deleted first */
} mig_todo;

static void mig_fail_stamped(migrate *m, mig_names rows) {
  mig_fail(&m->work, MIGRATE_EXISTS,
           "the database is at revision %s already: migrate_stamp() puts it elsewhere",
           mig_join(&m->work, rows));
}

static int mig_same_names(mig_names a, mig_names b) {
  int i, j, same = a.n == b.n;
  for (i = 0; same && i < a.n; i++) {
    for (j = 0; j < b.n && strcmp(a.at[i], b.at[j]) != 0; j++) {}
    same = j < b.n;
  }
  return same;
}

/* Another process that adopts and goes on from there must not be thrown back to where it began. */
static void mig_refuse_moved(migrate *m, const mig_command *c, mig_names rows) {
  if (!c->found || mig_failed(&m->work)) return;
  if (!mig_same_names(*c->found, rows)) mig_fail_stamped(m, rows);
}

/* The version rows; of rows that go, and that nobody has looked at, it does not matter what they
** hold. */
static mig_version mig_version_now(migrate *m, const mig_command *c) {
  mig_version v;
  if (!c->purge || c->found) return mig_version_read(m->db, &m->work, m->settings.version_table);
  memset(&v, 0, sizeof v);
  v.exists = mig_table_kind(m->db, &m->work, m->settings.version_table) != MIG_NO_TABLE;
  return v;
}

static mig_todo mig_plan_now(migrate *m, const mig_command *c) {
  mig_todo t;
  mig_graph *g;
  mig_version v = mig_version_now(m, c);
  int upgrade, stay = 0;
  memset(&t, 0, sizeof t);
  t.have_version = v.exists;
  t.purge = c->purge && v.exists &&
            mig_version_has_rows(m->db, &m->work, m->settings.version_table);
  t.rows = v.rows;
  mig_refuse_moved(m, c, v.rows);
  if (mig_failed(&m->work)) return t;
  upgrade = c->verb->direction == MIG_UPGRADE;
  if (upgrade && mig_at_only_head(m, v.rows, c->target)) return t;
  mig_stay_awake(m);
  g = mig_graph_of(m);
  if (!g) return t;
  if (c->purge) v.rows.n = 0;
  if (upgrade) t.back = mig_plan_older(m, g, v.rows, &stay);
  if (!stay && !t.back.n) t.plan = c->verb->plan(g, v.rows, c->target);
  return t;
}

/* Before the frame: while another connection commits, nobody may read, and it is waited for. */
static mig_todo mig_plan_patiently(migrate *m, const mig_command *c) {
  mig_wait w = {0, 0};
  for (;;) {
    mig_todo t = mig_plan_now(m, c);
    if (!mig_is_held(m->fault.code) || !mig_pause_at_fault(m, &w)) return t;
  }
}

/* env.sql is the application's own setting up of the connection, and stays. */
static void mig_run_env(migrate *m) {
  const char *sql = m->settings.env_sql;
  if (!sql) return;
  mig_check_env(&m->work, m->settings.env_path, sql);
  if (mig_failed(&m->work)) return;
  mig_fall_asleep(m); /* some statements want to be alone */
  mig_run_script(m, sql);
  if (mig_failed(&m->work)) {
    mig_place p = mig_place_of(sql, m->place.at);
    mig_fault_context(&m->work, "%s, line %d: ", m->settings.env_path, p.line);
  }
}

/* The way to a target: down where words say so, or where an upgrade has no step to it. NULL after a
** fault. */
static const mig_verb *mig_verb_towards(migrate *m, const char *target) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  const char *at = strrchr(target, '@');
  const char *word = at ? at + 1 : target;
  mig_plan p;
  if (*word == '-' || strcmp(word, "base") == 0) return &mig_downgrading;
  if (!mig_graph_of(m)) return 0;
  p = mig_plan_upgrade(m->graph, v.rows, target);
  if (p.n || mig_failed(&m->work)) return &mig_upgrading;
  mig_plan_downgrade(m->graph, v.rows, target);
  if (!mig_failed(&m->work)) return &mig_downgrading;
  mig_forgive(&m->fault); /* it is where the database is */
  return &mig_upgrading;
}

/* ---- a run ---- */

/* What a run does next. Its steps may be taken one by one (step.c), so that it is kept here. */
typedef struct mig_run {
  mig_command command;
  mig_todo todo;
  const mig_plan *plan; /* the way back first, if there is one */
  int at;               /* the place in it */
  int cut;              /* the last step stood outside: its rows are committed before the next */
} mig_run;

/* The same steps? Then they were checked before the lock was taken. */
static int mig_same_steps(const mig_plan *a, const mig_plan *b) {
  int i;
  if (a->n != b->n) return 0;
  for (i = 0; i < a->n && a->steps[i].rev == b->steps[i].rev; i++) {}
  return i == a->n;
}

/* What must be true before the first revision. */
static void mig_run_prologue(migrate *m, const mig_run *r, const mig_plan *checked) {
  const mig_todo *t = &r->todo;
  if (!t->plan.n && !t->purge) return;
  mig_report_started(m);
  if (r->command.verb->direction != MIG_STAMP) mig_report_edited(m, m->graph, t->rows);
  if (!mig_same_steps(&t->plan, checked)) mig_check_plan(m, &t->plan);
  if (mig_failed(&m->work)) return;
  mig_make_tables(m, t->have_version);
  if (t->purge) {
    mig_sink_sql(m, MIG_S_VERSION, mig_purge_sql(&m->work, m->settings.version_table), "--purge");
  }
}

/* In the frame: plans again, since another process may have been faster. */
static void mig_run_plan(migrate *m, mig_run *r, int way_back) {
  mig_plan checked = r->todo.plan;
  r->todo = mig_plan_now(m, &r->command);
  r->plan = way_back && r->todo.back.n ? &r->todo.back : &r->todo.plan;
  r->at = 0;
  if (r->plan == &r->todo.back) mig_check_plan(m, r->plan);
  else mig_run_prologue(m, r, &checked);
}

/* Between two transactions another process may have gone on: what it has done is not done again. */
static void mig_skip_done(migrate *m, mig_run *r, mig_names rows) {
  const unsigned char *applied = mig_applied(m->graph, mig_known_rows(m->graph, rows));
  for (; applied && r->at < r->plan->n; r->at++) {
    const mig_step *step = &r->plan->steps[r->at];
    int node = step->rev ? mig_find_id(m->graph, step->rev->id) : -1;
    if (node < 0 || (step->direction == MIG_UPGRADE) == !applied[node]) return;
  }
}

/* Between two steps, where what was done has to last whatever comes. */
static void mig_run_cut(migrate *m, mig_run *r) {
  mig_names left, found;
  r->cut = 0;
  mig_catch_up(m);
  left = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  mig_end_transaction(m);
  if (!mig_failed(&m->work)) mig_frame_open(m);
  found = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  if (!mig_failed(&m->work) && !mig_same_names(left, found)) mig_skip_done(m, r, found);
}

/* Runs one revision of an open run. 0: none is left, or there is a fault. */
static int mig_run_next(migrate *m, mig_run *r) {
  const mig_step *step;
  if (mig_failed(&m->work)) return 0;
  if (r->cut && (r->at < r->plan->n || r->plan == &r->todo.back)) mig_run_cut(m, r);
  if (mig_failed(&m->work)) return 0;
  if (r->at == r->plan->n && r->plan == &r->todo.back) {
    mig_write_due(m);
    mig_run_plan(m, r, 0);
  }
  if (mig_failed(&m->work) || r->at == r->plan->n) return 0;
  step = &r->plan->steps[r->at++];
  m->steps = r->plan->n;
  m->crowd = r->plan->n >= MIG_MANY;
  mig_run_step(m, step, r->at);
  r->cut = m->settings.transaction_per_migration || mig_is_outside(step);
  return !mig_failed(&m->work);
}

/* Looks whether there is anything to do, before a lock is taken. */
static int mig_run_is_due(migrate *m, mig_run *r) {
  r->todo = mig_plan_patiently(m, &r->command);
  if (mig_failed(&m->work)) return 0;
  if (r->todo.plan.warning) mig_log(m, MIGRATE_WARNING, r->todo.plan.warning);
  if (!m->nrevision && !m->added) {
    mig_log(m, MIGRATE_INFO, "there are no revisions: migrate_revision('message') makes one");
  }
  if (!r->todo.plan.n && !r->todo.purge && !r->todo.back.n) return 0;
  mig_check_plan(m, &r->todo.plan);
  return !mig_failed(&m->work);
}

static void mig_run_open(migrate *m, mig_run *r) {
  int stamp = r->command.verb->direction == MIG_STAMP;
  if (!stamp) mig_run_env(m);
  if (stamp && !mig_failed(&m->work)) mig_frame_open(m);
  if (!stamp && !mig_failed(&m->work)) mig_backup_open_frame(m, r->todo.rows);
  mig_find_watchers(m);
  if (!mig_failed(&m->work)) mig_run_plan(m, r, 1);
}

static void mig_run_close(migrate *m) {
  mig_end_transaction(m);
  mig_backup_settle(m);
  m->step = m->steps = 0;
  m->revision = m->direction = 0;
}

static void mig_run_todo(migrate *m, const mig_command *c) {
  mig_run r;
  memset(&r, 0, sizeof r);
  r.command = *c;
  if (!mig_run_is_due(m, &r)) {
    mig_fall_asleep(m);
    return;
  }
  mig_run_open(m, &r);
  while (mig_run_next(m, &r)) {}
  mig_run_close(m);
}

static int mig_run_command(migrate *m, const mig_verb *verb, int purge, const char *target) {
  mig_command c;
  if (mig_begin_call(m)) return migrate_errcode(m);
  c.verb = verb;
  c.purge = purge;
  c.target = target;
  c.found = 0;
  if (target && verb->direction != MIG_STAMP && strchr(target, ':')) {
    mig_fail(&m->work, MIGRATE_RANGE, "Range revision not allowed");
  }
  mig_lock(m);
  mig_borrow_handler(m);
  if (target) mig_run_todo(m, &c);
  else mig_fail(&m->work, MIGRATE_MISUSE, "the target is NULL: say which revision");
  mig_return_handler(m);
  mig_unlock(m);
  return mig_end_call(m);
}

MIGRATE_API int migrate_upgrade(migrate *m, const char *target) {
  return mig_run_command(m, &mig_upgrading, 0, target);
}

MIGRATE_API int migrate_downgrade(migrate *m, const char *target) {
  return mig_run_command(m, &mig_downgrading, 0, target);
}

MIGRATE_API int migrate_stamp(migrate *m, const char *targets) {
  return mig_run_command(m, &mig_stamping, 0, targets);
}

MIGRATE_API int migrate_stamp_purge(migrate *m, const char *targets) {
  return mig_run_command(m, &mig_stamping, 1, targets);
}
/* Step: a run of revisions one at a time, between which the program does as it likes. */

MIGRATE_API int migrate_prepare(migrate *m, const char *target) {
  mig_run *r;
  if (mig_begin_call(m)) return migrate_errcode(m);
  r = (mig_run *)mig_alloc(&m->work, sizeof *r);
  if (r && target) {
    r->command.target = mig_copy(&m->work, target);
    r->command.verb = mig_verb_towards(m, target);
  } else {
    mig_fail(&m->work, MIGRATE_MISUSE, "the target is NULL: say which revision");
  }
  if (!mig_failed(&m->work)) m->run = r;
  return mig_end_call(m);
}

/* No step is left, or one has failed: commits or undoes. */
static int mig_step_end(migrate *m) {
  mig_run_close(m);
  mig_return_handler(m);
  m->run = 0;
  return mig_end_call(m);
}

MIGRATE_API int migrate_step(migrate *m) {
  mig_run *r;
  int rc;
  if (!m) return SQLITE_NOMEM;
  r = m->run;
  if (m->fault.code) return r ? mig_step_end(m) : m->fault.code;
  if (!r) {
    mig_fail(&m->work, MIGRATE_MISUSE, "no run is prepared: migrate_prepare() comes first");
    return mig_end_call(m);
  }
  mig_borrow_handler(m);
  if (m->depth) mig_stay_awake(m);
  mig_forget_catalogs(m); /* the program may have changed the schema meanwhile */
  if (!r->plan && mig_run_is_due(m, r)) mig_run_open(m, r);
  if (r->plan && mig_run_next(m, r) && mig_catch_up(m)) {
    mig_fall_asleep(m);
    mig_return_handler(m);
    return SQLITE_ROW;
  }
  rc = mig_step_end(m);
  return rc ? rc : SQLITE_DONE;
}

MIGRATE_API int migrate_run(migrate *m) {
  int rc;
  do {
    rc = migrate_step(m);
  } while (rc == SQLITE_ROW);
  return rc == SQLITE_DONE ? MIGRATE_OK : rc;
}
/* Config: settings by name. */

MIGRATE_API int migrate_set(migrate *m, const char *key, const char *value) {
  int rc = mig_begin_call(m);
  if (rc) return rc;
  if (key) {
    mig_settings_put(&m->arena, &m->settings, key, value, MIG_FROM_PROGRAM);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_set: the key is NULL");
  }
  return mig_end_call(m);
}

MIGRATE_API const char *migrate_get(migrate *m, const char *key) {
  int setting;
  if (!m || m->fault.code) return 0;
  setting = key ? mig_setting_find(key) : -1;
  if (setting >= 0) return mig_setting_text(&m->settings, setting);
  if (key) {
    mig_unknown_key(&m->arena, key);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_get: the key is NULL");
  }
  mig_end_call(m);
  return 0;
}
#ifndef MIGRATE_NO_STDIO
/* Directory: files and folders, the only part that asks the operating system for them. Paths are
** UTF-8. Two writings of the same few functions: POSIX and Windows.
**
** Only regular files are read: opening a FIFO or a terminal must neither hang nor take anything
** out of it. A file is read once, and what was read is what is checked and run. */

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#endif
#include <stdlib.h>

#ifndef MIGRATE_MAX_FILE
#define MIGRATE_MAX_FILE 256000000 /* bytes of a file that is read; checked before it is */
#endif

enum { MIG_PATH_NONE, MIG_PATH_FILE, MIG_PATH_FOLDER, MIG_PATH_OTHER };

typedef struct mig_list {
  const char **z;
  int n, cap;
} mig_list;

static int mig_ends_with(const char *z, const char *tail) {
  size_t n = strlen(z), m = strlen(tail);
  return n > m && strcmp(z + n - m, tail) == 0;
}

/* Takes a name that ends in .sql. Hidden files are editors' leftovers. */
static void mig_list_take(mig_arena *a, mig_list *list, const char *name) {
  if (name[0] == '.' || !mig_ends_with(name, ".sql")) return;
  list->z = (const char **)mig_grow(a, (void *)list->z, list->n, &list->cap,
                                     sizeof(*list->z));
  name = mig_copy(a, name);
  if (!mig_failed(a)) list->z[list->n++] = name;
}

static void mig_not_regular(mig_arena *a, const char *path) {
  mig_fail(a, MIGRATE_FILE, "cannot read %s: it is not a regular file", path);
}

static void mig_too_large(mig_arena *a, const char *path) {
  mig_fail(a, MIGRATE_LIMIT, "cannot read %s: it is larger than %d bytes", path,
           (int)MIGRATE_MAX_FILE);
}

#ifdef _WIN32

static WCHAR *mig_wide(mig_arena *a, const char *path) {
  int n = MultiByteToWideChar(CP_UTF8, 0, path, -1, 0, 0);
  WCHAR *wide = (WCHAR *)mig_array(a, (size_t)n + 1, sizeof(WCHAR));
  if (wide) MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, n);
  return wide;
}

static void mig_os_fail(mig_arena *a, const char *verb, const char *path) {
  DWORD code = GetLastError();
  const char *why = 0;
  switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: why = "there is no such file or folder"; break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: why = "permission denied"; break;
    case ERROR_ALREADY_EXISTS: why = "there is a file of that name"; break;
    case ERROR_DISK_FULL: why = "the disk is full"; break;
    default: break;
  }
  if (why) {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: %s", verb, path, why);
  } else {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: system error %d", verb, path, (int)code);
  }
}

static int mig_path_kind(mig_arena *a, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
  if (attributes == INVALID_FILE_ATTRIBUTES) return MIG_PATH_NONE;
  if (attributes & FILE_ATTRIBUTE_DIRECTORY) return MIG_PATH_FOLDER;
  return attributes & FILE_ATTRIBUTE_DEVICE ? MIG_PATH_OTHER : MIG_PATH_FILE;
}

static char *mig_read_handle(mig_arena *a, HANDLE file, const char *path, size_t *n) {
  LARGE_INTEGER size;
  char *z;
  DWORD got = 1;
  if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size)) {
    mig_not_regular(a, path);
    return 0;
  }
  if (size.QuadPart > MIGRATE_MAX_FILE) {
    mig_too_large(a, path);
    return 0;
  }
  z = (char *)mig_alloc(a, (size_t)size.QuadPart + 1);
  while (z && *n < (size_t)size.QuadPart && got) {
    if (!ReadFile(file, z + *n, (DWORD)((size_t)size.QuadPart - *n), &got, 0)) {
      mig_os_fail(a, "read", path);
      return 0;
    }
    *n += got;
  }
  return z;
}

/* The bytes of a regular file, a NUL behind them; NULL after a fault. */
static char *mig_file_read(mig_arena *a, const char *path, size_t *n) {
  WCHAR *wide = mig_wide(a, path);
  HANDLE file;
  char *z;
  *n = 0;
  if (!wide) return 0;
  file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0,
                     OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, 0);
  if (file == INVALID_HANDLE_VALUE) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  z = mig_read_handle(a, file, path, n);
  CloseHandle(file);
  return z;
}

/* Writes a file that is not there yet: 1; 0: there is one, it stays as it is, or a fault. */
static int mig_file_new(mig_arena *a, const char *path, const char *z, size_t n) {
  WCHAR *wide = mig_wide(a, path);
  HANDLE file;
  DWORD put = 0;
  int ok;
  if (!wide) return 0;
  file = CreateFileW(wide, GENERIC_WRITE, 0, 0, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, 0);
  if (file == INVALID_HANDLE_VALUE) {
    if (GetLastError() != ERROR_FILE_EXISTS) mig_os_fail(a, "write", path);
    return 0;
  }
  ok = WriteFile(file, z, (DWORD)n, &put, 0) && put == (DWORD)n;
  if (!ok) mig_os_fail(a, "write", path);
  CloseHandle(file);
  if (!ok) DeleteFileW(wide);
  return ok;
}

/* Makes a folder: 1; 0: there is one, or a fault. */
static int mig_folder_new(mig_arena *a, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  if (!wide) return 0;
  if (CreateDirectoryW(wide, 0)) return 1;
  if (mig_path_kind(a, path) != MIG_PATH_FOLDER) mig_os_fail(a, "make the folder", path);
  return 0;
}

static void mig_folder_read(mig_arena *a, const char *path, mig_list *list) {
  WCHAR *wide = mig_wide(a, mig_path_join(a, path, "*"));
  WIN32_FIND_DATAW entry;
  HANDLE find;
  char name[MAX_PATH * 3 + 1];
  if (!wide) return;
  find = FindFirstFileW(wide, &entry);
  if (find == INVALID_HANDLE_VALUE) {
    mig_os_fail(a, "list", path);
    return;
  }
  do {
    if (WideCharToMultiByte(CP_UTF8, 0, entry.cFileName, -1, name, (int)sizeof(name), 0, 0)) {
      mig_list_take(a, list, name);
    }
  } while (!mig_failed(a) && FindNextFileW(find, &entry));
  FindClose(find);
}

/* SQLite's function resolves no links here: paths stay as they are. */
static char *mig_full_path(mig_arena *a, const char *path) { return mig_copy(a, path); }

/* Whether a path is a link that leads out of the folder. Links need a privilege to make here, so
** all of them count. */
static int mig_leads_out(mig_arena *a, const char *folder, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
  (void)folder;
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

#else

/* The system's reasons in our own words: strerror() speaks the locale's language. */
static void mig_os_fail(mig_arena *a, const char *verb, const char *path) {
  int code = errno;
  const char *why = 0;
  switch (code) {
    case ENOENT: why = "there is no such file or folder"; break;
    case ENOTDIR: why = "a part of the path is not a folder"; break;
    case EACCES:
    case EPERM: why = "permission denied"; break;
    case EROFS: why = "the file system is read-only"; break;
    case ENOSPC: why = "the disk is full"; break;
    case ELOOP: why = "too many symbolic links"; break;
    case ENAMETOOLONG: why = "the name is too long"; break;
    case EISDIR: why = "it is a folder"; break;
    case EEXIST: why = "there is a file of that name"; break;
    case ENXIO: why = "it is not a regular file"; break;
    case EOVERFLOW: why = "it is too large"; break;
    default: break;
  }
  if (why) {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: %s", verb, path, why);
  } else {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: system error %d", verb, path, code);
  }
}

static int mig_path_kind(mig_arena *a, const char *path) {
  struct stat st;
  (void)a;
  if (stat(path, &st) != 0) return MIG_PATH_NONE;
  if (S_ISDIR(st.st_mode)) return MIG_PATH_FOLDER;
  return S_ISREG(st.st_mode) ? MIG_PATH_FILE : MIG_PATH_OTHER;
}

static char *mig_read_descriptor(mig_arena *a, int file, const char *path, size_t *n) {
  struct stat st;
  char *z;
  if (fstat(file, &st) != 0) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  if (!S_ISREG(st.st_mode)) {
    mig_not_regular(a, path);
    return 0;
  }
  if (st.st_size > MIGRATE_MAX_FILE) {
    mig_too_large(a, path);
    return 0;
  }
  z = (char *)mig_alloc(a, (size_t)st.st_size + 1);
  while (z && *n < (size_t)st.st_size) {
    ssize_t got = read(file, z + *n, (size_t)st.st_size - *n);
    if (got == 0) break;
    if (got > 0) {
      *n += (size_t)got;
    } else if (errno != EINTR) {
      mig_os_fail(a, "read", path);
      return 0;
    }
  }
  return z;
}

/* The bytes of a regular file, a NUL behind them; NULL after a fault. */
static char *mig_file_read(mig_arena *a, const char *path, size_t *n) {
  int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, file;
  char *z;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  *n = 0;
  if (mig_failed(a)) return 0;
  do {
    file = open(path, flags);
  } while (file < 0 && errno == EINTR);
  if (file < 0) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  z = mig_read_descriptor(a, file, path, n);
  close(file);
  return z;
}

static int mig_write_descriptor(int file, const char *z, size_t n) {
  while (n) {
    ssize_t put = write(file, z, n);
    if (put > 0) {
      z += put;
      n -= (size_t)put;
    } else if (put == 0 || errno != EINTR) {
      return 0;
    }
  }
  return 1;
}

/* Writes a file that is not there yet: 1; 0: there is one, it stays as it is, or a fault. */
static int mig_file_new(mig_arena *a, const char *path, const char *z, size_t n) {
  int flags = O_WRONLY | O_CREAT | O_EXCL, file, ok;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  if (mig_failed(a)) return 0;
  file = open(path, flags, 0666);
  if (file < 0) {
    if (errno != EEXIST) mig_os_fail(a, "write", path);
    return 0;
  }
  ok = mig_write_descriptor(file, z, n);
  if (!ok) mig_os_fail(a, "write", path);
  if (close(file) != 0 && ok) { /* a file system may tell only now that it is full */
    mig_os_fail(a, "write", path);
    ok = 0;
  }
  if (!ok) unlink(path);
  return ok;
}

/* Makes a folder: 1; 0: there is one, or a fault. */
static int mig_folder_new(mig_arena *a, const char *path) {
  if (mig_failed(a)) return 0;
  if (mkdir(path, 0777) == 0) return 1;
  if (mig_path_kind(a, path) != MIG_PATH_FOLDER) mig_os_fail(a, "make the folder", path);
  return 0;
}

static void mig_folder_read(mig_arena *a, const char *path, mig_list *list) {
  struct dirent *entry;
  DIR *folder;
  if (mig_failed(a)) return;
  folder = opendir(path);
  if (!folder) {
    mig_os_fail(a, "list", path);
    return;
  }
  for (errno = 0; !mig_failed(a) && (entry = readdir(folder)) != 0; errno = 0) {
    mig_list_take(a, list, entry->d_name);
  }
  if (errno) mig_os_fail(a, "list", path);
  closedir(folder);
}

#define MIG_PATH_MAX 4096

/* Resolves links and dots as SQLite does it for a database's name: POSIX's own functions for it
** are hidden from strict C99. Before SQLite 3.39 only a link at the end is followed. */
static int mig_real_path(const char *path, char *z) {
  sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
  if (!vfs) vfs = sqlite3_vfs_find(0);
  return vfs && (vfs->xFullPathname(vfs, path, MIG_PATH_MAX, z) & 0xff) == SQLITE_OK;
}

/* The absolute path; NULL after a fault. */
static char *mig_full_path(mig_arena *a, const char *path) {
  char z[MIG_PATH_MAX + 1];
  if (mig_real_path(path, z)) return mig_copy(a, z);
  mig_fail(a, MIGRATE_FILE, "cannot resolve the path %s", path);
  return 0;
}

/* Whether a path is a link that leads out of the folder, which is given as mig_full_path() has
** it. */
static int mig_leads_out(mig_arena *a, const char *folder, const char *path) {
  char z[MIG_PATH_MAX + 1];
  size_t n = strlen(folder);
  (void)a;
  while (n && folder[n - 1] == '/') n--;
  if (!mig_real_path(path, z) || strncmp(folder, z, n) != 0 || z[n] != '/') return 1;
  return strstr(z + n, "/../") != 0;
}

#endif

/* Orders names by their bytes: a merge sort from short runs to long ones. */
static void mig_list_sort(mig_arena *a, mig_list *list) {
  const char **from = list->z, **to, **swap;
  int width, i;
  to = (const char **)mig_array(a, (size_t)list->n, sizeof(*to));
  if (!to) return;
  for (width = 1; width < list->n; width *= 2) {
    for (i = 0; i < list->n; i += 2 * width) {
      int middle = i + width < list->n ? i + width : list->n;
      int end = middle + width < list->n ? middle + width : list->n;
      int left = i, right = middle, at;
      for (at = i; at < end; at++) {
        int take_left = right == end || (left < middle && strcmp(from[left], from[right]) <= 0);
        to[at] = take_left ? from[left++] : from[right++];
      }
    }
    swap = from;
    from = to;
    to = swap;
  }
  list->z = from;
}

/* The names of the *.sql directly in a folder, in order. */
static mig_list mig_folder_scripts(mig_arena *a, const char *path) {
  mig_list list;
  memset(&list, 0, sizeof(list));
  mig_folder_read(a, path, &list);
  mig_list_sort(a, &list);
  if (mig_failed(a)) list.n = 0;
  return list;
}
/* Environment: migrate.ini and the folders of the revisions, found and read. */

#define MIG_INI "migrate.ini"

static const char *mig_process_variable(void *arg, const char *name) {
  (void)arg;
  return getenv(name);
}

/* ---- migrate.ini ---- */

/* The migrate.ini that is meant; *named: by the program or the process environment, so that it
** must be there. */
static const char *mig_ini_path(const mig_settings *s, int *named) {
  const char *variable = getenv("MIGRATE_CONFIG");
  *named = 1;
  if (s->file[0]) return s->file;
  if (variable && variable[0]) return variable;
  *named = 0;
  return MIG_INI;
}

static void mig_ini_load(migrate *m, const char *path) {
  size_t n;
  char *z = mig_file_read(&m->arena, path, &n);
  if (!z) return;
  mig_settings_read(&m->arena, &m->settings, path, z, n, mig_process_variable, 0);
  m->settings.ini = mig_copy(&m->arena, path);
  m->settings.folder = mig_path_folder(&m->arena, path);
}

MIGRATE_API int migrate_load(migrate *m, const char *file) {
  const char *path;
  int named, rc = mig_begin_call(m);
  if (rc) return rc;
  if (file) mig_settings_put(&m->arena, &m->settings, "file", file, MIG_FROM_PROGRAM);
  path = mig_ini_path(&m->settings, &named);
  if (named || mig_path_kind(&m->arena, path) != MIG_PATH_NONE) mig_ini_load(m, path);
  return mig_end_call(m);
}

/* ---- revisions ---- */

/* The folder of the environment. */
static const char *mig_location(migrate *m) {
  return mig_setting_path(&m->arena, &m->settings, MIG_SETTING_script_location,
                          m->settings.script_location);
}

/* The folders of the setting version_locations, which are separated by commas or as the system
** separates the paths of a list. */
static mig_names mig_version_locations(migrate *m) {
  char *z = mig_copy(&m->arena, m->settings.version_locations);
  mig_names names;
  int i;
#ifdef _WIN32
  const char separator = ';';
#else
  const char separator = ':';
#endif
  for (i = 0; z && z[i]; i++) {
    if (z[i] == separator) z[i] = ',';
  }
  names = mig_list_of(&m->arena, z);
  for (i = 0; i < names.n; i++) {
    names.at[i] = mig_setting_path(&m->arena, &m->settings, MIG_SETTING_version_locations,
                                   names.at[i]);
  }
  return names;
}

static int mig_is_folder(migrate *m, const char *path) {
  return path && mig_path_kind(&m->arena, path) == MIG_PATH_FOLDER;
}

static void mig_no_folder(migrate *m, const char *path) {
  mig_fail(&m->arena, MIGRATE_FILE,
           "Path doesn't exist: %s.  Please use migrate_init to create a new scripts folder.",
           path ? path : "");
}

/* Adds one file as a revision. `full` is its folder as mig_full_path() has it. */
static void mig_add_file(migrate *m, const char *full, const char *path) {
  mig_arena *a = &m->arena;
  mig_revision *revision = (mig_revision *)mig_alloc(a, sizeof(*revision));
  char *z;
  size_t n;
  if (!path || !revision) return;
  if (mig_leads_out(a, full, path)) {
    mig_fail(a, MIGRATE_FILE, "cannot read %s: it leads out of its folder", path);
  }
  z = mig_file_read(a, path, &n);
  if (!z) return;
  mig_script_parse(a, path, z, n, revision);
  revision->upgrade.sql = mig_unix_lines(a, revision->upgrade.sql);
  revision->downgrade.sql = mig_unix_lines(a, revision->downgrade.sql);
  mig_take_added(m);
  mig_add_revision(m, revision);
}

/* Adds the *.sql of a folder. */
static void mig_add_folder(migrate *m, const char *folder) {
  const char *full;
  mig_list list;
  int i;
  if (!mig_is_folder(m, folder)) {
    mig_no_folder(m, folder);
    return;
  }
  full = mig_full_path(&m->arena, folder);
  list = mig_folder_scripts(&m->arena, folder);
  for (i = 0; i < list.n && !mig_failed(&m->arena); i++) {
    mig_add_file(m, full, mig_path_join(&m->arena, folder, list.z[i]));
  }
}

/* Takes the env.sql of an environment, which may be missing. */
static void mig_take_env(migrate *m, const char *location) {
  char *path = mig_path_join(&m->arena, location, "env.sql"), *sql;
  size_t n;
  if (!path || mig_path_kind(&m->arena, path) == MIG_PATH_NONE) return;
  sql = mig_file_read(&m->arena, path, &n);
  if (!sql) return;
  if (strlen(sql) != n) mig_fail(&m->arena, MIGRATE_SCRIPT, "%s holds a NUL byte", path);
  m->settings.env_path = path;
  m->settings.env_sql = strncmp(sql, "\357\273\277", 3) == 0 ? sql + 3 : sql;
}

/* Adds an environment's folder or, where it has no versions/, a plain one. */
static void mig_add_location(migrate *m, const char *location) {
  const char *versions = mig_path_join(&m->arena, location, "versions");
  if (!mig_is_folder(m, versions)) {
    mig_add_folder(m, location);
    return;
  }
  mig_take_env(m, location);
  mig_add_folder(m, versions);
}

MIGRATE_API int migrate_add_directory(migrate *m, const char *path) {
  mig_names locations;
  int i, rc = mig_begin_call(m);
  if (rc) return rc;
  if (path) mig_settings_put(&m->arena, &m->settings, "script_location", path, MIG_FROM_PROGRAM);
  locations = mig_version_locations(m);
  if (path || !locations.n) {
    mig_add_location(m, mig_location(m));
    return mig_end_call(m);
  }
  mig_take_env(m, mig_location(m));
  for (i = 0; i < locations.n && !mig_failed(&m->arena); i++) {
    mig_add_folder(m, locations.at[i]);
  }
  return mig_end_call(m);
}
#endif
/* 8: at the desk */
#ifndef MIGRATE_NO_TOOLS
/* Draw: the revision graph for eyes: as text, the way `git log --graph` draws it, and in the
** languages of mermaid and of graphviz. Newest first; dependencies are named, or dotted. */

/* The columns of the text: each leads down to a node that is still to come. */
typedef struct mig_drawing {
  mig_graph *g;
  const unsigned char *is_row;
  mig_text *out;
  int *to, n;
} mig_drawing;

static void mig_draw_line_end(mig_text *out) {
  while (out->n && out->z[out->n - 1] == ' ') out->n--;
  mig_put(out, "\n");
}

/* " (left) (head) (current) (branchpoint)", in Alembic's order. */
static void mig_put_marks(mig_text *out, mig_graph *g, int node, const unsigned char *is_row) {
  const mig_node *v = &g->nodes[node];
  mig_names labels = mig_labels_of(g, node);
  if (labels.n) mig_putf(out, " (%s)", mig_join(out->a, labels));
  if (v->all_after.n == 0)
    mig_put(out, " (head)");
  else if (v->after.n == 0)
    mig_put(out, " (effective head)");
  if (is_row[node]) mig_put(out, " (current)");
  if (v->after.n > 1) mig_put(out, " (branchpoint)");
  if (v->down.n > 1) mig_put(out, " (mergepoint)");
}

static void mig_draw_node(mig_drawing *d, int column, int node) {
  const mig_revision *rev = d->g->nodes[node].rev;
  int i;
  for (i = 0; i < d->n; i++) mig_put(d->out, i == column ? "* " : "| ");
  mig_put(d->out, rev->id);
  mig_put_marks(d->out, d->g, node, d->is_row);
  if (rev->depends.n) mig_putf(d->out, " (needs %s)", mig_join(d->out->a, rev->depends));
  if (*rev->message) mig_putf(d->out, ", %s", rev->message);
  mig_put(d->out, "\n");
}

/* Takes column `gone` away: it runs into column `into`, or ends when that is -1. What is to the
** right of it moves over. */
static void mig_draw_join(mig_drawing *d, int into, int gone) {
  int i;
  for (i = 0; i < d->n; i++) {
    mig_put(d->out, i < gone ? "|" : " ");
    if (i + 1 == d->n) break;
    if (i + 1 > gone || (i + 1 == gone && into >= 0))
      mig_put(d->out, "/");
    else
      mig_put(d->out, into >= 0 && i >= into ? "_" : " ");
  }
  mig_draw_line_end(d->out);
  d->n--;
  for (i = gone; i < d->n; i++) d->to[i] = d->to[i + 1];
}

/* A new column to the right of `column`, that leads to `node`. */
static void mig_draw_fork(mig_drawing *d, int column, int node) {
  int i;
  for (i = 0; i < d->n; i++) {
    mig_put(d->out, i <= column ? "|" : " ");
    mig_put(d->out, i >= column ? "\\" : " ");
  }
  mig_draw_line_end(d->out);
  for (i = d->n++; i > column + 1; i--) d->to[i] = d->to[i - 1];
  d->to[column + 1] = node;
}

/* The column that leads to a node, all others that do having run into it. */
static int mig_draw_column(mig_drawing *d, int node) {
  int column, i;
  for (column = 0; column < d->n && d->to[column] != node; column++) {
  }
  if (column == d->n) d->to[d->n++] = node;
  for (i = d->n - 1; i > column; i--) {
    if (d->to[i] == node) mig_draw_join(d, column, i);
  }
  return column;
}

static void mig_draw_text(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  mig_drawing d;
  int i, j, edges = 1;
  for (i = 0; i < g->n; i++) edges += g->nodes[i].down.n + 1;
  d.g = g;
  d.is_row = is_row;
  d.out = out;
  d.n = 0;
  d.to = (int *)mig_array(g->a, (size_t)edges, sizeof(int));
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    mig_nodes down = g->nodes[order.at[i]].down;
    int column = mig_draw_column(&d, order.at[i]);
    mig_draw_node(&d, column, order.at[i]);
    if (down.n) {
      d.to[column] = down.at[0];
      for (j = down.n - 1; j > 0; j--) mig_draw_fork(&d, column, down.at[j]);
    } else if (column == d.n - 1) {
      d.n--;
    } else {
      mig_draw_join(&d, -1, column);
    }
  }
}

/* Text between double quotes: `escape` stands before a quote and before itself. */
static void mig_put_escaped(mig_text *out, const char *z, const char *quote, const char *back) {
  for (; *z; z++) {
    if (*z == '"')
      mig_put(out, quote);
    else if (*z == '\\')
      mig_put(out, back);
    else
      mig_putn(out, z, 1);
  }
}

static void mig_draw_mermaid(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  int i, j;
  mig_put(out, "flowchart TD\n");
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    mig_putf(out, "  r%d[\"%s", order.at[i], v->rev->id);
    mig_put_marks(out, g, order.at[i], is_row);
    mig_put(out, "<br/>");
    mig_put_escaped(out, v->rev->message, "#quot;", "\\");
    mig_put(out, is_row[order.at[i]] ? "\"]:::current\n" : "\"]\n");
  }
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    for (j = 0; j < v->down.n; j++) mig_putf(out, "  r%d --> r%d\n", order.at[i], v->down.at[j]);
    for (j = 0; j < v->needs.n; j++) mig_putf(out, "  r%d -.-> r%d\n", order.at[i], v->needs.at[j]);
  }
  mig_put(out, "  classDef current stroke-width:4px\n");
}

static void mig_draw_dot(mig_graph *g, const unsigned char *is_row, mig_text *out) {
  mig_nodes order = mig_history_range(g, "", mig_no_nodes());
  int i, j;
  mig_put(out, "digraph migrate {\n  node [shape=box];\n");
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    mig_putf(out, "  \"%s\" [label=\"%s", v->rev->id, v->rev->id);
    mig_put_marks(out, g, order.at[i], is_row);
    mig_put(out, "\\n");
    mig_put_escaped(out, v->rev->message, "\\\"", "\\\\");
    mig_put(out, is_row[order.at[i]] ? "\", style=bold];\n" : "\"];\n");
  }
  for (i = 0; i < order.n && !mig_failed(g->a); i++) {
    const mig_node *v = &g->nodes[order.at[i]];
    for (j = 0; j < v->down.n; j++) {
      mig_putf(out, "  \"%s\" -> \"%s\";\n", v->rev->id, mig_id(g, v->down.at[j]));
    }
    for (j = 0; j < v->needs.n; j++) {
      mig_putf(out, "  \"%s\" -> \"%s\" [style=dashed];\n", v->rev->id, mig_id(g, v->needs.at[j]));
    }
  }
  mig_put(out, "}\n");
}

MIGRATE_API int migrate_graph(migrate *m, const char *format) {
  mig_graph *g;
  mig_version v;
  unsigned char *is_row;
  int i;
  if (mig_begin_call(m)) return migrate_errcode(m);
  g = mig_graph_of(m);
  if (!g) return mig_end_call(m);
  v = mig_version_read(m->db, &m->work, m->settings.version_table);
  is_row = mig_marks(g);
  for (i = 0; i < v.rows.n && is_row; i++) {
    int node = mig_find_id(g, v.rows.at[i]);
    if (node >= 0) is_row[node] = 1;
  }
  if (mig_failed(&m->work)) return mig_end_call(m);
  if (!format || strcmp(format, "text") == 0)
    mig_draw_text(g, is_row, &m->result);
  else if (strcmp(format, "mermaid") == 0)
    mig_draw_mermaid(g, is_row, &m->result);
  else if (strcmp(format, "dot") == 0)
    mig_draw_dot(g, is_row, &m->result);
  else {
    mig_fail(&m->work, MIGRATE_MISUSE,
             "no such format of the graph: %s; known are text, mermaid and dot", format);
  }
  return mig_end_call(m);
}
/* Embed: the revisions as a C header, for programs that carry them along. */

/* A piece of text in a C literal; what is not plain ASCII as three octal digits, which end by
** themselves. */
static void mig_put_c_bytes(mig_text *t, const char *z, size_t n) {
  size_t from = 0, i;
  for (i = 0; i < n; i++) {
    unsigned char c = (unsigned char)z[i];
    char octal[4];
    if (c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?') continue;
    mig_putn(t, z + from, i - from);
    octal[0] = (char)('0' + (c >> 6));
    octal[1] = (char)('0' + ((c >> 3) & 7));
    octal[2] = (char)('0' + (c & 7));
    octal[3] = 0;
    mig_put(t, "\\");
    if (c == '\n') mig_put(t, "n");
    else if (c == '"' || c == '\\' || c == '?') mig_putn(t, z + i, 1); /* \? : no trigraph */
    else mig_put(t, octal);
    from = i + 1;
  }
  mig_putn(t, z + from, n - from);
}

/* A string, a line of it a line of the header; 0 for none. */
static void mig_put_c_string(mig_text *t, const char *indent, const char *z) {
  const char *end;
  if (!z || !*z) {
    mig_put(t, "0");
    return;
  }
  for (; *z; z = end) {
    const char *newline = strchr(z, '\n');
    end = newline ? newline + 1 : z + strlen(z);
    mig_put(t, "\"");
    mig_put_c_bytes(t, z, (size_t)(end - z));
    mig_put(t, "\"");
    if (*end) mig_put(t, indent);
  }
}

/* A section's text, with the lines before it that an array has no field for: see
** mig_take_opening(). An empty section is not the same as none. */
static void mig_put_c_section(mig_text *t, const mig_section *section, const char *compat,
                              const char *marker) {
  mig_text z;
  mig_text_init(&z, t->a);
  if (compat) mig_putf(&z, "-- compat: %s\n", compat);
  if (section->outside) mig_putf(&z, "%s transaction:false\n", marker);
  else if (compat && section->sql && !*section->sql) mig_putf(&z, "%s\n", marker);
  if (section->sql) mig_put(&z, section->sql);
  if (section->sql && !z.n) mig_put(t, "\"\"");
  else mig_put_c_string(t, "\n     ", z.z);
}

static void mig_put_c_revision(mig_text *t, const mig_revision *r) {
  mig_arena *a = t->a;
  const char *words[6];
  int i;
  words[0] = r->id;
  words[1] = mig_join(a, r->down);
  words[2] = mig_join(a, r->depends);
  words[3] = mig_join(a, r->labels);
  words[4] = r->message;
  words[5] = r->create_date;
  mig_put(t, "    {");
  for (i = 0; i < 6; i++) {
    mig_put_c_string(t, "\n     ", words[i]);
    mig_put(t, i < 5 ? ", " : ",\n     ");
  }
  mig_put_c_section(t, &r->upgrade, r->compat, "-- migrate:up");
  mig_put(t, ",\n     ");
  mig_put_c_section(t, &r->downgrade, 0, "-- migrate:down");
  mig_put(t, ",\n     0, 0, 0},\n");
}

MIGRATE_API int migrate_embed(migrate *m) {
  mig_graph *g;
  int i;
  if (mig_begin_call(m)) return migrate_errcode(m);
  g = mig_graph_of(m);
  if (g && !g->n) {
    mig_fail(&m->work, MIGRATE_NO_REVISION, "there are no revisions to be embedded");
  }
  mig_put(&m->result,
          "/* Made by migrate_embed(): the revisions, parents first. After migrate.h:\n"
          "**   migrate_add(m, migrate_revisions, MIGRATE_REVISIONS); */\n"
          "#if defined(__GNUC__)\n#pragma GCC diagnostic push\n"
          "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n#endif\n"
          "static const migrate_revision migrate_revisions[] = {\n");
  for (i = 0; g && i < g->n && !mig_failed(&m->work); i++) {
    mig_put_c_revision(&m->result, g->nodes[g->order[i]].rev);
  }
  mig_put(&m->result,
          "};\n#if defined(__GNUC__)\n#pragma GCC diagnostic pop\n#endif\n"
          "#define MIGRATE_REVISIONS "
          "((int)(sizeof migrate_revisions / sizeof migrate_revisions[0]))\n");
  return mig_end_call(m);
}
/* D1: the script of a run in the dialect of Cloudflare D1. There a file is one transaction, BEGIN
** and most PRAGMAs are refused, foreign keys stay on, and TEMP does not exist. So the run goes the
** hosted way, and a guard is a statement that fails, which undoes the file. */

#define MIG_D1_STATEMENT 100000 /* bytes that D1 takes in one statement */

/* D1's limits, in force where the script is tried out. */
static void mig_d1_limit(sqlite3 *db) {
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 32);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
}

typedef struct mig_d1 {
  mig_text body;
  int step;    /* of the statement printed last */
  int counts;  /* some check remembers a count */
  int hosted;  /* the settings of the hosted rung are in force at this place */
} mig_d1;

static void mig_d1_print(migrate *k, const char *sql) {
  mig_d1 *p = (mig_d1 *)k->listener;
  if (!sql) return;
  if (strlen(sql) > MIG_D1_STATEMENT) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "Cloudflare D1 takes no statement of %d bytes: %.60s ..", (int)strlen(sql), sql);
    return;
  }
  mig_put_statement(&p->body, sql);
  mig_put(&p->body, "\n");
}

/* A statement that fails where the condition holds, and whose message says why: the name of a
** column is all that one can choose of it. */
static void mig_d1_guard(migrate *k, const char *why, const char *condition) {
  mig_d1_print(k, mig_format(&k->work, "CREATE TABLE migrate_guard(\"%w\" NOT NULL)", why));
  mig_d1_print(k, mig_format(&k->work, "INSERT INTO migrate_guard SELECT NULL WHERE %s",
                             condition));
  mig_d1_print(k, "DROP TABLE migrate_guard");
}

static void mig_d1_check(migrate *k, const mig_statement *s) {
  mig_d1 *p = (mig_d1 *)k->listener;
  mig_arena *a = &k->work;
  const char *word = s->complaint ? strrchr(s->complaint, '|') : 0;
  char *why = word ? mig_copyn(a, s->complaint, (size_t)(word - s->complaint)) : mig_copy(a, "");
  if (s->kind == MIG_S_CHECK) {
    mig_d1_guard(k, why, mig_format(a, "EXISTS (%s)", s->sql));
    return;
  }
  p->counts = 1;
  if (s->kind == MIG_S_COUNT) {
    mig_d1_print(k, mig_format(a, "INSERT OR REPLACE INTO migrate_count SELECT %d, (%s)", s->slot,
                               s->sql));
  } else {
    mig_d1_guard(k, why, mig_format(a, "(%s) > (SELECT n FROM migrate_count WHERE slot = %d)",
                                    s->sql, s->slot));
  }
}

/* ---- what D1 refuses ---- */

static int mig_d1_takes_pragma(const char *name) {
  static const char *const names[] = {
      "table_list",   "table_info",       "table_xinfo",        "index_list",
      "index_info",   "index_xinfo",      "foreign_key_list",   "foreign_key_check",
      "quick_check",  "foreign_keys",     "defer_foreign_keys", "legacy_alter_table",
      "optimize",     "recursive_triggers", "reverse_unordered_selects",
      "case_sensitive_like", "ignore_check_constraints"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (mig_same(names[i], name)) return 1;
  }
  return 0;
}

/* The module of CREATE VIRTUAL TABLE [IF NOT EXISTS] name USING module; NULL: no such statement. */
static char *mig_d1_module(mig_arena *a, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0);
  k = mig_next_significant(sql, n, k.end);
  if (!mig_token_is(sql, k, "VIRTUAL")) return 0;
  while (k.type != MIG_TK_END && !mig_token_is(sql, k, "USING")) {
    k = mig_next_significant(sql, n, k.end);
  }
  return mig_dequote(a, sql, mig_next_significant(sql, n, k.end));
}

/* What a statement of the user's begins with that D1 would refuse; NULL: nothing. */
static const char *mig_d1_refused(mig_arena *a, const char *sql) {
  static const char *const words[] = {"ATTACH",    "DETACH",  "VACUUM",   "BEGIN", "COMMIT",
                                      "SAVEPOINT", "RELEASE", "ROLLBACK", "END",   0};
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next = mig_next_significant(sql, n, k.end);
  if (k.type != MIG_TK_WORD) return 0;
  if (mig_word_in(sql, k, words)) return mig_copyn(a, sql + k.at, k.end - k.at);
  if (mig_token_is(sql, k, "CREATE") &&
      (mig_token_is(sql, next, "TEMP") || mig_token_is(sql, next, "TEMPORARY"))) {
    return "CREATE TEMP";
  }
  if (mig_token_is(sql, k, "CREATE") && mig_token_is(sql, next, "VIRTUAL")) {
    char *module = mig_d1_module(a, sql);
    if (module && !mig_same(module, "fts5") && !mig_same(module, "fts5vocab")) {
      return mig_format(a, "the module %s", module);
    }
  }
  if (mig_token_is(sql, k, "PRAGMA")) {
    char *name = mig_dequote(a, sql, next);
    if (name && !mig_d1_takes_pragma(name)) return mig_format(a, "PRAGMA %s", name);
  }
  return 0;
}

static void mig_d1_refuse(migrate *k, const mig_statement *s) {
  const char *what = s->kind == MIG_S_SCRIPT ? mig_d1_refused(&k->work, s->sql) : 0;
  if (what) mig_fail(&k->work, MIGRATE_UNSUPPORTED, "Cloudflare D1 refuses %s", what);
  else if (!k->depth) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "transaction:false is not possible in Cloudflare D1: a file is one transaction");
  } else if (s->kind == MIG_S_EDIT || s->kind == MIG_S_RELOAD) {
    mig_fail(&k->work, MIGRATE_UNSUPPORTED,
             "a script cannot edit the schema, which this change needs: %.200s", s->sql);
  }
}

/* ---- the run ---- */

/* The settings of the hosted rung: the rename leaves views and triggers alone, the copy keeps rows
** that broke a CHECK before. Behind it they are what the revisions have made of them. */
static void mig_d1_settings(migrate *k, int hosted) {
  mig_d1 *p = (mig_d1 *)k->listener;
  int legacy = 1, unchecked = 1;
  if (p->hosted == hosted) return;
  p->hosted = hosted;
  if (!hosted) {
    legacy = mig_flag(k->db, MIG_LEGACY_ALTER_TABLE, -1);
    unchecked = mig_read_int(k, "PRAGMA ignore_check_constraints") != 0;
  }
  mig_putf(&p->body, "PRAGMA legacy_alter_table = %s;\nPRAGMA ignore_check_constraints = %s;\n",
           legacy ? "ON" : "OFF", unchecked ? "ON" : "OFF");
}

static void mig_d1_statement(migrate *k, const mig_statement *s, const char *strategy) {
  mig_d1 *p = (mig_d1 *)k->listener;
  const char *line = mig_text_z(&k->result), *last = strrchr(line, '\n');
  if (p->step != k->step && k->step) {
    p->step = k->step;
    mig_putf(&p->body, "\n-- %s\n", last ? last + 1 : line);
  }
  mig_d1_refuse(k, s);
  if (mig_failed(&k->work)) return;
  if (s->kind == MIG_S_CHECK || s->kind == MIG_S_COUNT || s->kind == MIG_S_NOT_MORE) {
    mig_d1_check(k, s);
    return;
  }
  mig_d1_settings(k, strcmp(strategy, mig_rung_name(MIG_HOSTED_REBUILD)) == 0);
  mig_d1_print(k, s->sql);
}

/* The version rows must be just these. */
static void mig_d1_rows_guard(migrate *k, const char *why) {
  char *others = mig_other_versions(k->db, &k->work, 0, k->settings.version_table);
  if (others) mig_d1_guard(k, why, others);
}

/* So must the schema: the number of objects and of the characters of their names. D1's own tables,
** and wrangler's, are no part of it. */
static void mig_d1_schema_guard(migrate *k) {
  static const char measure[] =
      "SELECT count(*) || ' ' || total(length(name)) FROM sqlite_master WHERE name NOT LIKE "
      "'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~' AND name NOT IN "
      "('d1_migrations', 'migrate_guard', 'migrate_count')";
  sqlite3_stmt *stmt = mig_prepare(k, measure);
  char *want = 0;
  while (mig_row(k, &stmt)) want = mig_cell(k, stmt, 0);
  mig_d1_guard(k, "the schema is not as planned",
               mig_format(&k->work, "(%s) IS NOT %Q", measure, want));
}

static void mig_d1_frame(migrate *k, int opened) {
  mig_d1 *p = (mig_d1 *)k->listener;
  if (opened) {
    mig_put(&p->body, "\n");
    mig_d1_rows_guard(k, "the database is not at the revision that this script begins with");
    return;
  }
  mig_d1_settings(k, 0);
  mig_put(&p->body, "\n-- nothing is committed where anything above went wrong\n");
  mig_d1_rows_guard(k, "the version rows are not as planned");
  mig_d1_schema_guard(k);
}

/* From here on the scratch handle prints into p. */
static void mig_d1_listen(migrate *k, mig_d1 *p) {
  memset(p, 0, sizeof *p);
  mig_text_init(&p->body, &k->work);
  k->listen = mig_d1_statement;
  k->framed = mig_d1_frame;
  k->listener = p;
  k->settings.rebuild = MIG_REBUILD_HOSTED;
  mig_d1_limit(k->db);
}

static void mig_d1_script(migrate *m, const mig_d1 *p, const char *command, const char *words,
                          const char *tag) {
  mig_text *out = &m->result;
  mig_put(out, "-- run with: wrangler d1 execute DATABASE --file script, as one transaction\n");
  mig_putf(out, "-- migrate %s, %s %s\n", MIGRATE_VERSION, command, words);
  if (tag) mig_putf(out, "-- tag: %s\n", tag);
  mig_put(out, "\nPRAGMA defer_foreign_keys = ON;\n");
  if (p->counts) mig_put(out, "CREATE TABLE migrate_count(slot INTEGER PRIMARY KEY, n);\n");
  mig_put(out, mig_text_z(&p->body));
  if (p->counts) mig_put(out, "DROP TABLE migrate_count;\n");
}
/* Offline: the same run in a scratch database, through a sink that lists it (a plan) or prints it
** (a script for a stock sqlite3 shell). */

/* ---- the scratch database at the revision that the run begins with ---- */

static void mig_scratch_rows(migrate *k, mig_names rows) {
  const char *table = k->settings.version_table;
  int i;
  mig_scratch_step(k, k->db, mig_version_read(k->db, &k->work, table).exists
                                 ? mig_purge_sql(&k->work, table)
                                 : mig_version_create_sql(&k->work, table), 0);
  for (i = 0; i < rows.n; i++) {
    mig_change c;
    c.kind = MIG_ROW_INSERT;
    c.from = 0;
    c.to = rows.at[i];
    mig_scratch_step(k, k->db, mig_change_sql(&k->work, table, &c), 0);
  }
}

/* The revisions that words name, as rows of the version table. */
static mig_names mig_rows_named(migrate *m, const char *words) {
  mig_names none, rows;
  mig_plan p;
  int i;
  none.n = rows.n = 0;
  none.at = rows.at = 0;
  if (!mig_graph_of(m)) return rows;
  p = mig_plan_stamp(m->graph, none, words);
  rows.at = (const char **)mig_array(&m->work, (size_t)p.rows.n + 1, sizeof(char *));
  for (i = 0; rows.at && i < p.rows.n; i++) rows.at[rows.n++] = mig_id(m->graph, p.rows.at[i]);
  return rows;
}

typedef struct mig_offline {
  migrate k;      /* the handle on the scratch database */
  mig_names from; /* the version rows at its beginning */
} mig_offline;

static void mig_offline_run(migrate *k, const mig_verb *verb, const char *words) {
  mig_command c;
  c.verb = verb;
  c.purge = 0;
  c.target = words;
  c.found = 0;
  mig_run_todo(k, &c);
}

/* Brings the scratch database to the rows `from`, with the real schema where the database is at
** just these, else with what the revisions make from nothing, which at base is not even the version
** table. */
static void mig_offline_begin(migrate *m, mig_offline *o, const char *from) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  sqlite3 *db;
  int here;
  memset(o, 0, sizeof *o);
  o->from = from ? mig_rows_named(m, from) : v.rows;
  here = mig_same_names(o->from, v.rows);
  db = mig_failed(&m->work) ? 0 : mig_scratch_open(m, here);
  if (!db) return;
  mig_scratch_handle(m, db, &o->k);
  o->k.graph = mig_graph_of(m);
  o->k.revisions = m->revisions;
  o->k.nrevision = m->nrevision;
  o->k.settings.env_sql = 0; /* the application's business, on its own connection */
  if (!here && o->from.n) mig_offline_run(&o->k, &mig_upgrading, from);
  else if (here && v.exists) mig_scratch_rows(&o->k, o->from);
}

static void mig_offline_end(migrate *m, mig_offline *o) {
  if (o->k.db) mig_scratch_close(m, &o->k);
}

/* ---- the script ---- */

typedef struct mig_printer {
  mig_text body; /* what is finished */
  mig_text part; /* the transaction that is open */
  int step;      /* of the statement printed last */
  int link;      /* of the chain: m7 is the savepoint that the last line has made */
  int first;     /* the first link of the open transaction */
  int env;       /* env.sql stands before the transaction that comes next */
  int keys;      /* foreign keys are meant to be on */
  int rebuilds;  /* the open transaction needs them off */
  int own;       /* it holds statements of the revisions' own, which rely on them */
  int portable;  /* the settings of the portable rung are in force at this place */
} mig_printer;

/* Where the script goes on: a transaction is put together when it is known what it needs. */
static mig_text *mig_print_to(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  return k->depth ? &p->part : &p->body;
}

/* A statement without its line's end. */
static void mig_print_open(migrate *k, const char *sql) {
  if (sql && strstr(sql, "\r\n")) { /* only quoted texts still hold one */
    mig_fail(&k->work, MIGRATE_SCRIPT,
             "a script cannot hold CR LF in quotes, which the sqlite3 shell reads as LF: write "
             "char(13, 10)");
  }
  mig_put_statement(mig_print_to(k), sql);
}

static void mig_print(migrate *k, const char *sql) {
  mig_text *z = mig_print_to(k);
  mig_print_open(k, sql);
  mig_put(z, "\n");
}

/* A statement of a transaction. A shell without -bail goes on after an error with the next line,
** not with the rest of the one at hand: so each line first releases the savepoint that the line
** before it has made at its end, while there was still the transaction that its own savepoint was
** in. After an error, a rollback or a line that is missing none of the rest runs, up to the COMMIT.
** Outside of a transaction all statements stand in one line. */
static void mig_print_linked(migrate *k, const char *sql) {
  mig_printer *p = (mig_printer *)k->listener;
  mig_text *z = mig_print_to(k);
  if (k->depth) mig_putf(z, "RELEASE m%d; SAVEPOINT m; ", p->link);
  mig_print_open(k, sql);
  mig_put(z, " ");
  if (k->depth) mig_putf(z, "RELEASE m; SAVEPOINT m%d;\n", ++p->link);
}

/* A rule that rows must not break becomes a row of the guard's, which stops the COMMIT. */
static void mig_print_check(migrate *k, const mig_statement *s) {
  mig_arena *a = &k->work;
  const char *word = s->complaint ? strrchr(s->complaint, '|') : 0;
  char *why = word ? mig_copyn(a, s->complaint, (size_t)(word - s->complaint)) : mig_copy(a, "");
  if (s->kind == MIG_S_COUNT) {
    why = mig_format(a, "INSERT OR REPLACE INTO temp.migrate_count SELECT %d, (%s)", s->slot,
                     s->sql);
  } else if (s->kind == MIG_S_NOT_MORE) {
    why = mig_format(a,
                     "INSERT INTO temp.migrate_guard SELECT %Q WHERE (%s) > (SELECT n FROM "
                     "temp.migrate_count WHERE slot = %d)",
                     why, s->sql, s->slot);
  } else {
    why = mig_format(a, "INSERT INTO temp.migrate_guard SELECT %Q WHERE EXISTS (%s)", why, s->sql);
  }
  mig_print_linked(k, why);
}

/* The settings of the portable rung: its rename touches nothing else, its copy keeps rows that
** broke a CHECK before; new rules are looked at by themselves. Behind it they are what the
** revisions have made of them, which the scratch database knows. */
static void mig_print_settings(migrate *k, int portable) {
  mig_printer *p = (mig_printer *)k->listener;
  int legacy = 1, unchecked = 1;
  if (p->portable == portable) return;
  p->portable = portable;
  if (!portable) {
    legacy = mig_flag(k->db, MIG_LEGACY_ALTER_TABLE, -1);
    unchecked = mig_read_int(k, "PRAGMA ignore_check_constraints") != 0;
  }
  mig_putf(mig_print_to(k),
           "PRAGMA legacy_alter_table = %s;\nPRAGMA ignore_check_constraints = %s;\n",
           legacy ? "ON" : "OFF", unchecked ? "ON" : "OFF");
}

/* The head of a step: the line that its run would log. It must not end the line of a section that
** stands outside of a transaction. */
static void mig_print_step(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  const char *line = mig_text_z(&k->result), *last = strrchr(line, '\n'), *at;
  if (p->step == k->step || !k->step) return;
  p->step = k->step;
  line = last ? last + 1 : line;
  if (k->depth) {
    mig_putf(&p->part, "\n-- %s\n", line);
    return;
  }
  mig_put(&p->body, "/* ");
  for (; (at = strstr(line, "*/")) != 0; line = at + 2) {
    mig_putf(&p->body, "%.*s* /", (int)(at - line), line);
  }
  mig_putf(&p->body, "%s */ ", line);
}

static void mig_print_statement(migrate *k, const mig_statement *s, const char *strategy) {
  mig_printer *p = (mig_printer *)k->listener;
  int portable = strcmp(strategy, "portable") == 0;
  mig_print_step(k);
  switch (s->kind) {
    case MIG_S_CHECK:
    case MIG_S_COUNT:
    case MIG_S_NOT_MORE:
      mig_print_check(k, s);
      return;
    case MIG_S_EDIT:
    case MIG_S_RELOAD:
      mig_fail(&k->work, MIGRATE_UNSUPPORTED,
               "a script cannot edit the schema, which this change needs: %.200s", s->sql);
      return;
    default:
      if (portable) p->rebuilds = 1;
      if (s->kind == MIG_S_SCRIPT) p->own = 1;
      mig_print_settings(k, portable);
      mig_print_linked(k, s->sql);
  }
}

/* The version rows must be just these. */
static void mig_print_rows_guard(migrate *k, const char *why) {
  const char *others = mig_other_versions(k->db, &k->work, "main", k->settings.version_table);
  if (!others) return;
  mig_print_linked(
      k, mig_format(&k->work, "INSERT INTO temp.migrate_guard SELECT %Q WHERE %s", why, others));
}

/* So must the schema: the number of objects and of the characters of their texts. */
static void mig_print_schema_guard(migrate *k) {
  static const char measure[] =
      "SELECT count(*) || ' ' || total(length(sql)) FROM main.sqlite_master WHERE "
      "name NOT LIKE 'sqlite~_%' ESCAPE '~'";
  sqlite3_stmt *stmt = mig_prepare(k, measure);
  char *want = 0;
  while (mig_row(k, &stmt)) want = mig_cell(k, stmt, 0);
  mig_print_linked(k, mig_format(&k->work,
                                 "INSERT INTO temp.migrate_guard SELECT 'the schema is not as "
                                 "planned' WHERE (%s) IS NOT %Q",
                                 measure, want));
}

static const char mig_print_problems[] =
    "SELECT 'not committed: ' || problem FROM temp.migrate_guard";

/* A rebuild needs foreign keys off for its whole transaction. What the revisions' own statements
** would have done to other tables under them is missed there: no row may be left without its parent
** that had one. */
#define MIG_COUNT_ORPHANS "(SELECT count(*) FROM pragma_foreign_key_check)"

static void mig_print_keys_guard(migrate *k) {
  mig_print_linked(
      k, "INSERT INTO temp.migrate_guard SELECT 'rows lost their parent: foreign keys are off "
         "where a table is rebuilt, so that ON DELETE and ON UPDATE do nothing; put the rebuild "
         "into a revision of its own and set transaction_per_migration' WHERE " MIG_COUNT_ORPHANS
         " > (SELECT n FROM temp.migrate_count WHERE slot = -1)");
}

/* The transaction that has ended, with what must come before it and behind; it begins in the line
** of what stands outside before it. With a row in the guard OR ROLLBACK stops in front of the
** COMMIT in its line: a shell without -bail must not commit half a schema. */
static void mig_print_part(mig_printer *p, int guarded) {
  mig_text *z = &p->body;
  mig_put(z, p->first ? "" : "\n");
  if (p->rebuilds) mig_put(z, "PRAGMA foreign_keys = OFF; ");
  mig_put(z, "BEGIN IMMEDIATE; ");
  if (p->env) mig_put(z, "DROP TABLE temp.migrate_env; ");
  if (guarded) {
    mig_put(z, "INSERT OR REPLACE INTO temp.migrate_count SELECT -1, " MIG_COUNT_ORPHANS "; ");
  }
  mig_putf(z, "SAVEPOINT m%d;\n%s", p->first, mig_text_z(&p->part));
  mig_put(z, "INSERT OR ROLLBACK INTO temp.migrate_stop SELECT NULL FROM temp.migrate_guard; "
             "COMMIT; ");
  if (p->rebuilds && p->keys) mig_put(z, "PRAGMA foreign_keys = ON; ");
  p->env = 0;
}

/* A transaction begins. */
static void mig_print_begin(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  mig_text_init(&p->part, &k->work);
  p->rebuilds = p->own = 0;
  p->first = p->link;
  mig_print_rows_guard(k, "the database is not at the revision that this script begins with");
  mig_print(k, mig_print_problems);
  mig_print_linked(k, "INSERT INTO temp.migrate_stop SELECT NULL FROM temp.migrate_guard");
}

/* It ends. */
static void mig_print_end(migrate *k) {
  mig_printer *p = (mig_printer *)k->listener;
  int guarded = p->rebuilds && p->keys && p->own;
  mig_print_settings(k, 0);
  mig_put(&p->part, "\n-- nothing is committed where anything above went wrong\n");
  mig_print(k, "INSERT INTO temp.migrate_guard VALUES ('a statement failed')");
  mig_print_rows_guard(k, "the version rows are not as planned");
  mig_print_schema_guard(k);
  if (guarded) mig_print_keys_guard(k);
  mig_print_linked(k, "DELETE FROM temp.migrate_guard WHERE problem = 'a statement failed'");
  mig_print(k, mig_print_problems);
  mig_print_part(p, guarded);
}

static void mig_print_frame(migrate *k, int opened) {
  if (opened) mig_print_begin(k);
  else mig_print_end(k);
}

/* Is this statement PRAGMA foreign_keys = ..? -1: no; else whether it switches them on. */
static int mig_sets_keys(const char *sql, mig_span s) {
  mig_token k = mig_next_significant(sql, s.end, s.at);
  if (!mig_token_is(sql, k, "PRAGMA")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  if (!mig_token_is(sql, k, "foreign_keys")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  if (!mig_token_op(sql, k, "=") && !mig_token_op(sql, k, "(")) return -1;
  k = mig_next_significant(sql, s.end, k.end);
  return mig_token_is(sql, k, "ON") || mig_token_is(sql, k, "YES") ||
         mig_token_is(sql, k, "TRUE") || (k.type == MIG_TK_NUMBER && sql[k.at] != '0');
}

/* Are foreign keys on where the script's own statements run? As on this connection, unless env.sql
** says something else. */
static int mig_keys_are_on(migrate *m) {
  const char *sql = m->settings.env_sql;
  int on = mig_flag(m->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1), said;
  size_t at = 0;
  mig_span s;
  while (sql && mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    said = mig_sets_keys(sql, s);
    if (said >= 0) on = said;
  }
  return on;
}

/* env.sql is run by the script as well, before its transaction. It all stands in one line with the
** table that the first transaction takes away: where something in it fails, that does not begin. */
static void mig_print_env(migrate *m) {
  const char *sql = m->settings.env_sql;
  size_t at = 0;
  mig_span s;
  if (!sql) return;
  mig_check_env(&m->work, m->settings.env_path, sql);
  mig_put(&m->result, "\n-- env.sql\n");
  while (mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    mig_putn(&m->result, sql + s.at, s.end - s.at);
    mig_put(&m->result, "; ");
  }
  mig_put(&m->result, "CREATE TEMP TABLE migrate_env(x);\n");
}

/* Words of the caller's in a comment: they must not end its line. */
static void mig_print_words(mig_text *out, const char *z) {
  for (; *z; z++) mig_putn(out, (unsigned char)*z < ' ' ? " " : z, 1);
}

static void mig_print_script(migrate *m, const mig_printer *p, const char *command,
                             const char *words, const char *tag) {
  mig_text *out = &m->result;
  mig_put(out, "-- run with: sqlite3 -bail FILE < script\n");
  mig_putf(out, "-- migrate %s, %s ", MIGRATE_VERSION, command);
  mig_print_words(out, words);
  mig_put(out, tag ? "\n-- tag: " : "\n");
  if (tag) mig_print_words(out, tag);
  if (tag) mig_put(out, "\n");
  mig_print_env(m);
  if (p->keys) mig_put(out, "PRAGMA foreign_keys = ON;\n");
  mig_put(out, "PRAGMA legacy_alter_table = OFF;\n"
               "-- Each line goes on from the savepoint of the line before it: after an error none "
               "of the\n-- rest runs, and nothing is committed.\n"
               "CREATE TEMP TABLE migrate_guard(problem);\n"
               "CREATE TEMP TABLE migrate_stop(never NOT NULL);\n"
               "CREATE TEMP TABLE migrate_count(slot INTEGER PRIMARY KEY, n);\n");
  mig_put(out, mig_text_z(&p->body));
  mig_put(out, "\nDROP TABLE temp.migrate_guard;\n"
               "DROP TABLE temp.migrate_stop;\n"
               "DROP TABLE temp.migrate_count;\n");
}

/* The command of that name, or NULL. */
static const mig_verb *mig_verb_named(const char *name) {
  static const mig_verb *const verbs[] = {&mig_upgrading, &mig_downgrading, &mig_stamping};
  int i;
  for (i = 0; i < 3; i++) {
    if (strcmp(name, verbs[i]->name) == 0) return verbs[i];
  }
  return 0;
}

/* "from:to" -> from, to; without a colon from is NULL: where the database is. */
static const char *mig_split_range(mig_arena *a, const char *range, const char **from) {
  const char *colon = strchr(range, ':');
  *from = 0;
  if (!colon) return range;
  *from = colon == range ? "base" : mig_copyn(a, range, (size_t)(colon - range));
  return colon[1] ? colon + 1 : "head";
}

/* Prints a run in the dialect that is set. */
static void mig_print_run(migrate *m, mig_offline *o, const mig_verb *verb, const char *range,
                          const char *to, const char *tag) {
  migrate *k = &o->k;
  mig_printer p;
  mig_d1 d1;
  if (m->settings.dialect == MIG_DIALECT_D1) {
    mig_d1_listen(k, &d1);
    mig_offline_run(k, verb, to);
    if (!k->fault.code && d1.body.n) mig_d1_script(m, &d1, verb->name, range, tag);
    return;
  }
  memset(&p, 0, sizeof p);
  mig_text_init(&p.body, &k->work);
  p.keys = mig_keys_are_on(m);
  p.env = m->settings.env_sql != 0;
  k->listen = mig_print_statement;
  k->framed = mig_print_frame;
  k->listener = &p;
  k->settings.rebuild = MIG_REBUILD_PORTABLE;
  mig_offline_run(k, verb, to);
  if (!k->fault.code && p.body.n) mig_print_script(m, &p, verb->name, range, tag);
}

MIGRATE_API int migrate_script(migrate *m, const char *command, const char *range,
                               const char *tag) {
  mig_offline o;
  const char *from, *to;
  const mig_verb *verb;
  if (mig_begin_call(m)) return migrate_errcode(m);
  verb = command ? mig_verb_named(command) : 0;
  if (!verb || !range) {
    mig_fail(&m->work, MIGRATE_MISUSE,
             "migrate_script: the command is upgrade, downgrade or stamp, the range is not NULL");
    return mig_end_call(m);
  }
  to = mig_split_range(&m->work, range, &from);
  mig_offline_begin(m, &o, from);
  if (o.k.db && !o.k.fault.code) mig_print_run(m, &o, verb, range, to, tag);
  mig_offline_end(m, &o);
  return mig_end_call(m);
}
/* List: what a script or a run of revisions would run, statement by statement, from a scratch
** database. */

/* A listener that hands each statement to a callback of the caller's. */
static void mig_list_row(migrate *m, const mig_statement *s, const char *strategy) {
  migrate_statement row;
  if (m->row_stop) return;
  memset(&row, 0, sizeof row);
  row.step = m->step;
  row.seq = ++m->seq;
  row.revision = m->revision;
  row.direction = m->direction ? m->direction : "";
  row.kind = mig_kind_name(s->kind);
  row.sql = s->sql;
  row.strategy = strategy ? strategy : "";
  row.reason = s->reason;
  if (m->row(m->row_arg, &row)) m->row_stop = 1;
}

static void mig_list_frame(migrate *k, int opened) {
  mig_statement s;
  memset(&s, 0, sizeof s);
  s.kind = MIG_S_FRAME;
  s.sql = opened ? "BEGIN IMMEDIATE" : "COMMIT";
  s.reason = opened ? "one transaction for the run" : "all of it or nothing";
  mig_list_row(k, &s, "");
}

MIGRATE_API int migrate_plan(migrate *m, const char *target,
                             int (*row)(void *, const migrate_statement *), void *arg) {
  mig_offline o;
  const mig_verb *verb;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!target || !row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_plan: the target or the callback is NULL");
    return mig_end_call(m);
  }
  verb = mig_verb_towards(m, target);
  mig_offline_begin(m, &o, 0);
  if (o.k.db && !o.k.fault.code && verb) {
    o.k.listen = mig_list_row;
    o.k.framed = mig_list_frame;
    o.k.row = row;
    o.k.row_arg = arg;
    mig_offline_run(&o.k, verb, target);
  }
  mig_offline_end(m, &o);
  return mig_end_call(m);
}

MIGRATE_API int migrate_explain(migrate *m, const char *sql,
                                int (*row)(void *, const migrate_statement *), void *arg) {
  migrate k;
  sqlite3 *db;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!sql || !row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_explain: the SQL or the callback is NULL");
    return mig_end_call(m);
  }
  mig_check_exec(&m->work, sql);
  db = mig_failed(&m->work) ? 0 : mig_scratch_open(m, 1);
  if (db) {
    mig_stub_functions(&m->work, db, sql);
    mig_scratch_handle(m, db, &k);
    k.listen = mig_list_row;
    k.row = row;
    k.row_arg = arg;
    k.keeps = 0;
    mig_exec_script(&k, sql);
    m->statements = k.statements;
    mig_scratch_close(m, &k);
  }
  return mig_end_call(m);
}
/* Goal: the target schema. It is SQL: SQLite executes it in a private database in memory, and what
** that then holds is what it means. */

typedef struct mig_goal {
  migrate k;            /* the handle on the private database; k.db NULL: not open */
  mig_catalog *catalog; /* NULL after a fault */
  mig_renamed *renamed; /* what its comments say of names */
  const char *source;   /* file:PATH or main; NULL: SQL that the caller gave */
} mig_goal;

/* The table of a module that is not at hand: its row alone. */
static void mig_goal_module(migrate *m, mig_goal *g, const char *sql) {
  mig_reader r;
  const char *schema, *name;
  mig_span as_written = {0, 0};
  mig_reader_init(&r, &m->work, sql, strlen(sql), 0);
  mig_take(&r);
  mig_take(&r);
  mig_want_word(&r, "TABLE");
  mig_take_if_not_exists(&r);
  name = mig_take_object(&r, &schema, &as_written);
  mig_scratch_step(m, g->k.db,
                   mig_format(&m->work,
                              "INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql) "
                              "VALUES('table', %Q, %Q, 0, 'CREATE VIRTUAL TABLE ' || %Q || ?1)",
                              name, name, mig_span_text(&m->work, sql, as_written)),
                   mig_copy(&m->work, sql + r.end));
}

static int mig_goal_run(migrate *m, mig_goal *g, const char *sql) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(g->k.db, sql, -1, &stmt, 0);
  if (rc == SQLITE_ERROR && strncmp(sqlite3_errmsg(g->k.db), "no such function", 16) == 0) {
    mig_stub_functions(&m->work, g->k.db, sql);
    rc = sqlite3_prepare_v2(g->k.db, sql, -1, &stmt, 0);
  }
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) rc = SQLITE_OK;
  sqlite3_finalize(stmt);
  return rc;
}

/* Words with which statements of a schema begin. What begins with none is not SQL: the file that
** was named may hold a secret, and nothing of it is repeated. */
static const char *const mig_opening_words[] = {
    "ALTER", "ANALYZE", "ATTACH", "BEGIN", "COMMIT", "CREATE", "DELETE", "DETACH", "DROP",
    "END", "EXPLAIN", "INSERT", "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT",
    "SELECT", "UPDATE", "VACUUM", "VALUES", "WITH", 0};

static int mig_opens_statement(const char *sql) {
  mig_token t = mig_next_significant(sql, strlen(sql), 0);
  return t.type == MIG_TK_WORD && mig_word_in(sql, t, mig_opening_words);
}

/* Executes the statement at byte `at` of a script. */
static void mig_goal_step(migrate *m, mig_goal *g, const char *one, const char *where,
                          const char *script, size_t at) {
  int rc = mig_goal_run(m, g, one);
  if (rc == SQLITE_OK || rc == SQLITE_DONE || mig_failed(&m->work)) return;
  if (strncmp(sqlite3_errmsg(g->k.db), "no such module", 14) == 0) {
    mig_goal_module(m, g, one);
  } else {
    mig_fail(&m->work, rc, "%s:%d: %s", where, mig_place_of(script, at).line,
             mig_opens_statement(one) ? sqlite3_errmsg(g->k.db) : "this is not SQL");
  }
}

/* Executes a script; `where` names it in errors. */
static void mig_goal_script(migrate *m, mig_goal *g, const char *sql, const char *where) {
  mig_arena *a = &m->work;
  size_t n, at = 0, from = 0;
  const char *before = 0;
  mig_span s;
  sql = mig_unix_lines(a, sql);
  n = sql ? strlen(sql) : 0;
  while (!mig_failed(a) && n) {
    int found = mig_next_statement(sql, n, &at, &s);
    char *one = found > 0 ? mig_span_text(a, sql, s) : 0;
    const char *made = one ? mig_made_table(a, one) : 0;
    mig_read_outer_markers(a, sql, from, found ? s.at : n, before, made, &g->renamed);
    if (found < 0) {
      mig_fail(a, MIGRATE_SCRIPT, "%s:%d: unfinished statement", where,
               mig_place_of(sql, s.at).line);
    }
    if (found <= 0 || mig_failed(a)) return;
    if (made) mig_read_edge_markers(a, sql, s.at, at, made, &g->renamed);
    mig_goal_step(m, g, one, where, sql, s.at);
    from = at;
    before = made;
  }
}

#ifndef MIGRATE_NO_STDIO
/* Copies the schema of another database, which is opened for reading alone. Returns 0 when the file
** is no database. */
static int mig_goal_database(migrate *m, mig_goal *g, const char *path) {
  sqlite3 *db = 0;
  migrate other;
  mig_catalog *c;
  int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, 0);
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, "SELECT 1 FROM sqlite_master", 0, 0, 0);
  if (rc != SQLITE_OK) {
    if (rc != SQLITE_NOTADB) {
      mig_fail(&m->work, rc, "cannot read %s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
    }
    sqlite3_close(db);
    return 0;
  }
  mig_scratch_handle(m, db, &other);
  c = mig_read_catalog(&other, "main");
  if (c) mig_scratch_schema(m, g->k.db, c);
  mig_scratch_close(m, &other);
  return 1;
}

/* A file of SQL, a folder of them, or a database. */
static void mig_goal_file(migrate *m, mig_goal *g, const char *path) {
  mig_arena *a = &m->work;
  int kind = path ? mig_path_kind(a, path) : MIG_PATH_NONE, i;
  size_t n = 0;
  mig_list list;
  if (mig_failed(a)) return;
  if (kind == MIG_PATH_NONE) {
    mig_fail(a, MIGRATE_FILE, "cannot read the target schema %s: no such file", path);
  } else if (kind == MIG_PATH_FOLDER) {
    list = mig_folder_scripts(a, path);
    for (i = 0; i < list.n && !mig_failed(a); i++) {
      mig_goal_file(m, g, mig_path_join(a, path, list.z[i]));
    }
  } else if (!mig_goal_database(m, g, path) && !mig_failed(a)) {
    const char *sql = mig_file_read(a, path, &n);
    if (sql && strlen(sql) != n) mig_fail(a, MIGRATE_SCRIPT, "%s holds a NUL byte", path);
    if (sql && strncmp(sql, "\357\273\277", 3) == 0) sql += 3;
    if (!mig_failed(a)) mig_goal_script(m, g, sql, path);
  }
}
#else
static void mig_goal_file(migrate *m, mig_goal *g, const char *path) {
  (void)g;
  mig_fail(&m->work, MIGRATE_UNSUPPORTED, "cannot read %s: this program reads no files", path);
}
#endif

/* What is compared with where the caller names nothing: the setting, or the environment's own file.
** NULL after a fault. */
static const char *mig_goal_setting(migrate *m) {
  mig_arena *a = &m->work;
  const char *target = m->settings.target;
#ifndef MIGRATE_NO_STDIO
  const char *own = *target ? 0 : mig_path_join(a, mig_location(m), "schema.sql");
  if (own && mig_path_kind(a, own) != MIG_PATH_NONE) return mig_format(a, "file:%s", own);
  if (strncmp(target, "file:", 5) == 0) {
    return mig_format(a, "file:%s",
                      mig_setting_path(a, &m->settings, MIG_SETTING_target, target + 5));
  }
#endif
  if (!*target) {
    mig_fail(a, MIGRATE_CONFIG,
             "no target schema: give one, or set target = file:PATH in the settings");
  }
  return mig_failed(a) ? 0 : target;
}

/* SQL, file: and a path, or main: the schema of the connection itself. */
static void mig_goal_read(migrate *m, mig_goal *g, const char *target) {
  int given = target != 0;
  if (!target) target = mig_goal_setting(m);
  if (!target) return;
  if (!given) g->source = "in the setting target";
  if (mig_same(target, "main")) {
    const mig_catalog *live = mig_read_catalog(m, "main");
    g->source = target;
    if (live) mig_scratch_schema(m, g->k.db, live);
  } else if (strncmp(target, "file:", 5) == 0) {
    g->source = target + 5;
    mig_goal_file(m, g, g->source);
  } else {
    mig_goal_script(m, g, target, "target");
  }
}

/* An empty private database. */
static int mig_goal_init(migrate *m, mig_goal *g) {
  sqlite3 *db = mig_scratch_open(m, 0);
  memset(g, 0, sizeof *g);
  if (!db) return 0;
  mig_scratch_handle(m, db, &g->k);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  return 1;
}

static void mig_goal_catalog(migrate *m, mig_goal *g) {
  int i;
  if (mig_failed(&m->work)) return;
  g->catalog = mig_read_catalog(&g->k, "main");
  for (i = 0; g->catalog && i < g->catalog->n && !mig_failed(&m->work); i++) {
    const mig_object *o = &g->catalog->v[i];
    if (mig_is_type(o, "table") && !mig_is_virtual(o)) {
      mig_read_markers(&m->work, o->sql, &g->renamed);
    }
  }
}

/* Opens the target; mig_goal_close() is due. */
static void mig_goal_open(migrate *m, mig_goal *g, const char *target) {
  if (!mig_goal_init(m, g)) return;
  mig_goal_read(m, g, target);
  mig_goal_catalog(m, g);
}

/* A target without any object is a file that nobody has filled in yet: it must not empty the
** database. */
static void mig_goal_refuse_empty(migrate *m, const mig_goal *g) {
  if (!g->catalog || g->catalog->n) return;
  mig_fail(&m->work, MIGRATE_CONFIG,
           "the target schema %s is empty, and everything would be dropped: write the CREATE "
           "statements of the schema into it (in the sqlite3 shell .schema prints those of this "
           "database)",
           g->source ? g->source : "that was given");
}

static void mig_goal_close(migrate *m, mig_goal *g) {
  if (g->k.db) mig_scratch_close(m, &g->k);
}
/* Autogenerate: the way from the database to the target and back. Each statement is tried in a
** private copy of the schema before it is written, and what it left there is compared again: so the
** way ends at the target, and the way back begins where it really ended. */

typedef struct mig_way {
  mig_difference *first, *last;
  const char *trouble; /* why it could not be tried; NULL: it was */
} mig_way;

typedef struct mig_draft {
  migrate *m;
  mig_goal goal;
  migrate copy; /* the handle on the private copy; copy.db NULL: not needed */
  mig_way up, down;
  int looks; /* the way is shown, not kept: what is certain need not be tried */
} mig_draft;

#define MIG_ROUNDS \
  6 /* tables' new names, columns' new names, the rest; more where a change brought
                     ** another with it */

/* Remembers what a statement costs: a rebuild copies, the others do not. */
static void mig_note_strategy(migrate *k, const mig_statement *s, const char *strategy) {
  mig_difference *v = (mig_difference *)k->listener;
  (void)s;
  if (!strategy || !*strategy) return;
  if (!v->strategy || strcmp(strategy, "rebuild") == 0) v->strategy = strategy;
}

static const char *mig_closed(mig_arena *a, const char *sql) {
  return mig_format(a, "%s%s;", sql, mig_ends_in_comment(sql) ? "\n" : "");
}

/* A virtual table goes out of the copy, where its module would look in vain for its rows. */
static void mig_forget_virtual(mig_draft *d, const char *name) {
  mig_arena *a = &d->m->work;
  const mig_catalog *c;
  int i;
  mig_flush(&d->copy);
  mig_forget_catalogs(&d->copy);
  c = mig_read_catalog(&d->copy, "main");
  for (i = 0; c && i < c->n && !mig_failed(a); i++) {
    const mig_object *o = &c->v[i];
    size_t n = strlen(name);
    int shadow = mig_is_shadow_name(a, c, o->table) &&
                 sqlite3_strnicmp(o->table, name, (int)n) == 0 &&
                 strrchr(o->table, '_') == o->table + n;
    if (!shadow && !mig_same(o->table, name)) continue;
    mig_scratch_step(d->m, d->copy.db,
                     mig_format(a, "DELETE FROM sqlite_master WHERE rowid = %lld", o->rowid), 0);
  }
  mig_scratch_reload(d->m, d->copy.db, "main", mig_read_int(&d->copy, "PRAGMA schema_version") + 1);
  mig_forget_catalogs(&d->copy);
}

/* Runs differences in the copy and adds them to the way. */
static void mig_try(mig_draft *d, mig_way *way, mig_difference *list) {
  migrate *m = d->m, *k = &d->copy;
  mig_difference *v;
  if (!list || mig_failed(&m->work)) return;
  if (way->last)
    way->last->next = list;
  else
    way->first = list;
  mig_frame_open(k);
  k->listen = mig_note_strategy;
  for (v = list; v && !mig_failed(&m->work); v = v->next) {
    const char *sql = mig_closed(&m->work, v->sql);
    way->last = v;
    if (!sql || k->fault.code) continue;
    if (strcmp(v->op, "drop") == 0 && strcmp(v->type, "virtual table") == 0) {
      mig_forget_virtual(d, v->object);
      continue;
    }
    mig_stub_functions(&m->work, k->db, sql);
    k->listener = v;
    mig_run_statement(k, sql, mig_whole(sql), strlen(sql));
  }
  mig_flush(k); /* edits of many tables take effect at once */
  k->listen = 0;
  mig_frame_close(k);
  mig_forget_catalogs(k);
  if (!k->fault.code) return;
  if (k->fault.code == SQLITE_NOMEM) mig_no_memory(&m->work);
  way->trouble = mig_copy(&m->work, mig_fault_text(&k->fault));
  mig_fault_clear(&k->fault);
}

static void mig_comparison_init(mig_comparison *c, migrate *m, const mig_catalog *from,
                                const mig_catalog *to, const mig_renamed *renamed) {
  memset(c, 0, sizeof *c);
  c->a = &m->work;
  c->settings = &m->settings;
  c->from = from;
  c->to = to;
  c->renamed = renamed;
}

/* ---- one ALTER TABLE a table ---- */

static int mig_only_renames(const mig_difference *v) {
  const mig_action *x;
  for (x = v->actions; x; x = x->next) {
    if (x->kind != MIG_RENAME_COLUMN) return 0;
  }
  return v->actions != 0;
}

/* The next change of the same table, where nothing between the two speaks of the table. */
static mig_difference *mig_next_change(mig_arena *a, const mig_difference *v) {
  mig_difference *w;
  for (w = v->next; w && !mig_failed(a); w = w->next) {
    if (w->actions && mig_same(w->object, v->object)) return w;
    if (mig_mentions_token(a, w->sql, v->object)) return 0;
  }
  return 0;
}

/* Columns got their new names in a round of their own: that becomes a part of the table's next
** change. */
static void mig_join_renames(mig_arena *a, mig_way *way) {
  mig_difference **at = &way->first, *v, *w;
  while ((v = *at) != 0 && !mig_failed(a)) {
    mig_action *x = v->actions;
    const char *detail;
    w = mig_only_renames(v) ? mig_next_change(a, v) : 0;
    if (!w) {
      at = &v->next;
      continue;
    }
    while (x->next) x = x->next;
    x->next = w->actions;
    w->actions = v->actions;
    w->before = v->before;
    detail = mig_format(a, "%s\n%s", v->detail, w->detail);
    mig_put_alter(a, w, w->object);
    w->detail = detail;
    *at = v->next;
  }
}

/* ---- the way ---- */

static mig_difference *mig_compare_all(mig_comparison *c) {
  mig_compare_names(c);
  if (!c->first && !mig_failed(c->a)) mig_compare_catalogs(c);
  return c->first;
}

/* Finds the way of the copy to a catalog, and goes it. */
static void mig_lead(mig_draft *d, mig_way *way, const mig_catalog *to,
                     const mig_renamed *renamed) {
  migrate *m = d->m;
  int round;
  for (round = 0; round < MIG_ROUNDS && !way->trouble && !mig_failed(&m->work); round++) {
    mig_comparison c;
    mig_comparison_init(&c, m, mig_read_catalog(&d->copy, "main"), to, renamed);
    if (!c.from || !mig_compare_all(&c)) break;
    mig_try(d, way, c.first);
  }
  mig_join_renames(&m->work, way);
}

/* ---- without a trial ---- */

/* Does a view or trigger speak of the table, or is there an FTS5 table that may read it? */
static int mig_is_spoken_of(const mig_comparison *c, const char *table) {
  int i;
  for (i = 0; i < c->from->n; i++) {
    const mig_object *o = &c->from->v[i];
    int speaks = mig_is_type(o, "view") || mig_is_type(o, "trigger") || mig_is_virtual_text(o->sql);
    if (speaks && mig_mentions_token(c->a, o->sql, table)) return 1;
  }
  return 0;
}

/* Does a table of the target reference one that is not there? Such a key cannot be added. */
static int mig_lacks_parent(const mig_comparison *c, const mig_table *t) {
  int i;
  for (i = 0; i < t->nconstraint; i++) {
    const mig_constraint *k = &t->constraints[i];
    if (k->kind == MIG_FOREIGN_KEY && !mig_catalog_table(c->to, k->parent)) return 1;
  }
  return 0;
}

/* Does a change reach no other object, and need none that may not be there? */
static int mig_is_plain_change(const mig_comparison *c, const mig_difference *v) {
  const mig_action *x;
  int spoken = -1;
  for (x = v->actions; x; x = x->next) {
    if (x->kind == MIG_RENAME_COLUMN || x->drops_key) return 0;
    if (x->kind == MIG_DROP_COLUMN && spoken < 0) spoken = mig_is_spoken_of(c, v->object);
  }
  return spoken <= 0 && (!v->actions || !mig_lacks_parent(c, v->after));
}

/* Is it certain, without a trial, that the statements lead to the target? The actions were applied
** to each table's text already: what they made of it is compared once more. */
static int mig_is_certain(mig_comparison *c) {
  const mig_difference *v;
  int i;
  for (v = c->first; v; v = v->next) {
    if (strcmp(v->op, "rename") == 0 || !mig_is_plain_change(c, v)) return 0;
  }
  for (i = 0; i < c->nitem && !mig_failed(c->a); i++) {
    mig_evolution *e = c->items[i].evolution;
    int count = e ? e->count : 0;
    if (!e) continue;
    mig_evolve(e);
    if (e->count != count) return 0;
  }
  return !mig_failed(c->a);
}

/* Finds the way from the connection's schema without a copy. 0: a copy has to try it. */
static int mig_lead_by_text(mig_draft *d) {
  migrate *m = d->m;
  mig_comparison c;
  mig_comparison_init(&c, m, mig_read_catalog(m, "main"), d->goal.catalog, d->goal.renamed);
  if (!c.from || !mig_compare_all(&c)) return 1;
  if (!d->looks || !mig_is_certain(&c)) return 0;
  d->up.first = c.first;
  d->up.last = c.last;
  return 1;
}

/* Finds the way to the open target from the connection's schema or, where the copy is open already,
** from what that holds. */
static void mig_draft_lead(mig_draft *d) {
  migrate *m = d->m;
  sqlite3 *db;
  if (!d->copy.db) {
    if (mig_lead_by_text(d)) return;
    db = mig_scratch_open(m, 1);
    if (!db) return;
    mig_scratch_handle(m, db, &d->copy);
    d->copy.live = 0;
  }
  mig_lead(d, &d->up, d->goal.catalog, d->goal.renamed);
}

/* Opens the target and finds the way to it; mig_draft_close() is due. */
static void mig_draft_up(mig_draft *d, const char *target) {
  migrate *m = d->m;
  mig_goal_open(m, &d->goal, target);
  if (mig_failed(&m->work) || !d->goal.catalog) return;
  mig_draft_lead(d);
  /* who gives the text itself and only looks may mean it */
  if (d->up.first && (d->goal.source || !d->looks)) mig_goal_refuse_empty(m, &d->goal);
}

static void mig_draft_close(mig_draft *d) {
  if (d->copy.db) mig_scratch_close(d->m, &d->copy);
  mig_goal_close(d->m, &d->goal);
}

static void mig_log_way(migrate *m, const mig_way *way) {
  const mig_difference *v;
  mig_arena *a = &m->work;
  for (v = way->first; v; v = v->next) {
    const char *z = v->detail, *end;
    for (; z && *z; z = *end ? end + 1 : end) {
      end = strchr(z, '\n');
      if (!end) end = z + strlen(z);
      mig_log(m, strncmp(z, "Likely", 6) == 0 ? MIGRATE_WARNING : MIGRATE_INFO,
              mig_copyn(a, z, (size_t)(end - z)));
    }
  }
  if (way->trouble) {
    mig_log(m, MIGRATE_WARNING,
            mig_format(a, "The difference does not run on a copy: %s", way->trouble));
  }
}

/* ---- the commands that look ---- */

/* Are all revisions applied? A version row that none knows is an error. */
static void mig_want_head(migrate *m) {
  mig_arena *a = &m->work;
  mig_graph *g = mig_graph_of(m);
  mig_version v = mig_version_read(m->db, a, m->settings.version_table);
  mig_nodes rows;
  unsigned char *applied;
  int i;
  if (!g || mig_failed(a)) return;
  rows = mig_room(a, v.rows.n);
  for (i = 0; i < v.rows.n && rows.at; i++) {
    int node = mig_find_id(g, v.rows.at[i]);
    if (node >= 0)
      rows.at[rows.n++] = node;
    else
      mig_fail(a, MIGRATE_NO_REVISION, "Can't locate revision identified by '%s'", v.rows.at[i]);
  }
  applied = mig_failed(a) ? 0 : mig_applied(g, rows);
  for (i = 0; applied && i < g->n; i++) {
    if (!applied[i]) mig_fail(a, MIGRATE_NOT_AT_HEAD, "Target database is not up to date.");
  }
}

MIGRATE_API int migrate_diff(migrate *m, const char *target,
                             int (*row)(void *, const migrate_difference *), void *arg) {
  mig_draft d;
  const mig_difference *v;
  migrate_difference r;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!row) {
    mig_fail(&m->work, MIGRATE_MISUSE, "migrate_diff: the callback is NULL");
    return mig_end_call(m);
  }
  memset(&d, 0, sizeof d);
  memset(&r, 0, sizeof r);
  d.m = m;
  d.looks = 1;
  mig_draft_up(&d, target);
  if (!mig_failed(&m->work)) mig_log_way(m, &d.up);
  for (v = d.up.first; v && !mig_failed(&m->work); v = v->next) {
    r.seq++;
    r.op = v->op;
    r.object_type = v->type;
    r.object = v->object;
    r.detail = v->detail;
    r.sql = v->sql;
    if (row(arg, &r)) break;
  }
  mig_draft_close(&d);
  return mig_end_call(m);
}

/* A statement on one line: runs of white space become one space, outside of quotes. */
static void mig_put_line(mig_text *t, const char *sql) {
  size_t n = strlen(sql);
  mig_token k;
  for (k = mig_next_token(sql, n, 0); k.type != MIG_TK_END; k = mig_next_token(sql, n, k.end)) {
    if (k.type == MIG_TK_SPACE)
      mig_put(t, " ");
    else if (k.type != MIG_TK_COMMENT)
      mig_putn(t, sql + k.at, k.end - k.at);
  }
}

/* An edited revision is no difference of schemas; the log tells of it. */
static void mig_check_edited(migrate *m) {
  mig_version v;
  if (mig_failed(&m->work)) return;
  v = mig_version_read(m->db, &m->work, m->settings.version_table);
  mig_report_edited(m, m->graph, v.rows);
}

MIGRATE_API int migrate_check(migrate *m) {
  mig_draft d;
  const mig_difference *v;
  mig_text lines;
  if (mig_begin_call(m)) return migrate_errcode(m);
  memset(&d, 0, sizeof d);
  d.m = m;
  d.looks = 1;
  mig_text_init(&lines, &m->work);
  mig_want_head(m);
  mig_check_edited(m);
  if (!mig_failed(&m->work)) mig_draft_up(&d, 0);
  if (!mig_failed(&m->work)) mig_log_way(m, &d.up);
  for (v = d.up.first; v && !mig_failed(&m->work); v = v->next) {
    mig_put(&lines, "\n");
    mig_put_line(&lines, v->sql);
  }
  if (d.up.first) {
    mig_fail(&m->work, MIGRATE_DIFFERENT, "New upgrade operations detected:%s", mig_text_z(&lines));
  }
  mig_put(&m->result, "No new upgrade operations detected.");
  mig_draft_close(&d);
  return mig_end_call(m);
}
/* Deed: what one statement of a script does, as far as its words tell. Read leniently, for those
** who look at scripts before anything of them runs: what cannot be read is of no kind. */

enum mig_deed_kind {
  MIG_DEED_OTHER,
  MIG_DEED_CREATE,
  MIG_DEED_DROP,
  MIG_DEED_ALTER, /* ALTER TABLE */
  MIG_DEED_INSERT,
  MIG_DEED_UPDATE,
  MIG_DEED_DELETE,
  MIG_DEED_PRAGMA,
  MIG_DEED_CONTROL, /* BEGIN, COMMIT and their kin */
  MIG_DEED_OUTSIDE  /* ATTACH, DETACH, VACUUM */
};

typedef struct mig_deed {
  int kind;
  const char *type;         /* CREATE, DROP: "table", "virtual table", "index", .. */
  const char *schema, *name; /* the object, table or pragma spoken of, unquoted; NULL: none */
  const char *on;           /* CREATE INDEX, TRIGGER: the table */
  const char *from;         /* INSERT .. SELECT * FROM the one table */
  int temp, guarded;        /* TEMP; IF [NOT] EXISTS */
  int as_select;            /* CREATE TABLE .. AS */
  int unique;               /* CREATE UNIQUE INDEX */
  int where;                /* UPDATE, DELETE: some rows only */
  int ignores;              /* INSERT OR IGNORE */
  int query;                /* INSERT .. SELECT */
  int sets;                 /* PRAGMA with a value */
  const char *value;        /* that value, when it is one word */
  mig_names columns;        /* UPDATE: what is set; INSERT: the columns that are listed */
} mig_deed;

/* Takes the first of some words at this level of parentheses; 0 at the end. */
static int mig_skip_to(mig_reader *r, const char *const *words) {
  int depth = 0;
  for (; r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL; mig_take(r)) {
    if (mig_at_op(r, "(")) depth++;
    if (mig_at_op(r, ")")) depth--;
    if (depth == 0 && r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, words)) return 1;
  }
  return 0;
}

static void mig_deed_column(mig_reader *r, mig_deed *d, int *cap) {
  const char *name = mig_take_name(r, 0);
  d->columns.at =
      (const char **)mig_grow(r->a, (void *)d->columns.at, d->columns.n, cap, sizeof(char *));
  if (!mig_failed(r->a)) d->columns.at[d->columns.n++] = name;
}

static void mig_deed_columns(mig_reader *r, mig_deed *d, int *cap) {
  mig_want_op(r, "(");
  do {
    mig_deed_column(r, d, cap);
  } while (mig_take_op(r, ","));
  mig_want_op(r, ")");
}

/* Behind CREATE. */
static void mig_deed_create(mig_reader *r, mig_deed *d) {
  static const char *const types[] = {"TABLE", "INDEX", "VIEW", "TRIGGER", 0};
  static const char *const heads[] = {"ON", 0};
  int virt;
  if (mig_take_word(r, "OR")) mig_take_word(r, "REPLACE");
  d->temp = mig_take_temp(r);
  d->unique = mig_take_word(r, "UNIQUE");
  virt = mig_take_word(r, "VIRTUAL");
  if (r->t.type != MIG_TK_WORD || !mig_word_in(r->z, r->t, types)) return;
  d->type = virt                  ? "virtual table"
            : mig_at(r, "TABLE")   ? "table"
            : mig_at(r, "INDEX")   ? "index"
            : mig_at(r, "VIEW")    ? "view"
                                   : "trigger";
  mig_take(r);
  d->guarded = mig_take_if_not_exists(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_CREATE;
  if (mig_same(d->schema, "temp")) d->temp = 1;
  d->as_select = strcmp(d->type, "table") == 0 && mig_at(r, "AS");
  if (strcmp(d->type, "index") != 0 && strcmp(d->type, "trigger") != 0) return;
  if (mig_skip_to(r, heads)) {
    const char *schema;
    mig_take(r);
    d->on = mig_take_object(r, &schema, 0);
  }
}

/* Behind DROP. */
static void mig_deed_drop(mig_reader *r, mig_deed *d) {
  static const char *const words[] = {"TABLE", "INDEX", "VIEW", "TRIGGER"};
  static const char *const types[] = {"table", "index", "view", "trigger"};
  int i;
  for (i = 0; i < 4 && !mig_take_word(r, words[i]); i++) {}
  if (i == 4) return;
  d->type = types[i];
  d->guarded = mig_take_if_exists(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_DROP;
}

/* Behind INSERT or REPLACE. */
static void mig_deed_insert(mig_reader *r, mig_deed *d) {
  static const char *const bodies[] = {"SELECT", "VALUES", "DEFAULT", "WITH", 0};
  int cap = 0;
  if (mig_take_word(r, "OR")) {
    d->ignores = mig_at(r, "IGNORE");
    mig_take(r);
  }
  mig_want_word(r, "INTO");
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_INSERT;
  if (mig_take_word(r, "AS")) mig_take_name(r, 0);
  if (mig_at_op(r, "(")) mig_deed_columns(r, d, &cap);
  if (!mig_skip_to(r, bodies)) return;
  d->query = mig_at(r, "SELECT") || mig_at(r, "WITH");
  if (!mig_take_word(r, "SELECT") || !mig_take_op(r, "*") || !mig_take_word(r, "FROM")) return;
  if (mig_is_name(r->z, r->t)) {
    const char *schema;
    d->from = mig_take_object(r, &schema, 0);
    if (mig_at_op(r, ",") || mig_at(r, "JOIN") || mig_word_in(r->z, r->t, mig_join_words)) {
      d->from = 0;
    }
  }
}

/* Behind UPDATE. */
static void mig_deed_update(mig_reader *r, mig_deed *d) {
  static const char *const set[] = {"SET", 0};
  static const char *const ends[] = {"WHERE", "FROM", "LIMIT", 0};
  int cap = 0, depth = 0;
  if (mig_take_word(r, "OR")) mig_take(r);
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_UPDATE;
  if (!mig_skip_to(r, set)) return;
  do {
    mig_take(r); /* SET, or the comma */
    if (mig_at_op(r, "(")) mig_deed_columns(r, d, &cap);
    else mig_deed_column(r, d, &cap);
    for (; r->t.type != MIG_TK_END && r->t.type != MIG_TK_ILLEGAL; mig_take(r)) {
      if (mig_at_op(r, "(")) depth++;
      if (mig_at_op(r, ")")) depth--;
      if (depth) continue;
      if (mig_at_op(r, ",") || (r->t.type == MIG_TK_WORD && mig_word_in(r->z, r->t, ends))) break;
    }
  } while (mig_at_op(r, ","));
  d->where = r->t.type != MIG_TK_END && !mig_at_op(r, ";");
}

/* Behind DELETE. */
static void mig_deed_delete(mig_reader *r, mig_deed *d) {
  static const char *const some[] = {"WHERE", "LIMIT", 0};
  mig_want_word(r, "FROM");
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_DELETE;
  d->where = mig_skip_to(r, some);
}

/* Behind PRAGMA. */
static void mig_deed_pragma(mig_reader *r, mig_deed *d) {
  d->name = mig_take_object(r, &d->schema, 0);
  d->kind = MIG_DEED_PRAGMA;
  d->sets = mig_at_op(r, "=") || mig_at_op(r, "(");
  if (!d->sets) return;
  mig_take(r);
  d->value = mig_copyn(r->a, r->z + r->t.at, r->t.end - r->t.at);
}

/* The statement z[0..n). */
static mig_deed mig_read_deed(mig_arena *a, const char *z, size_t n) {
  static const char *const verbs[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", 0};
  static const char *const control[] = {"BEGIN",    "COMMIT",  "END", "ROLLBACK",
                                        "SAVEPOINT", "RELEASE", 0};
  static const char *const outside[] = {"ATTACH", "DETACH", "VACUUM", 0};
  mig_deed d;
  mig_reader r;
  memset(&d, 0, sizeof d);
  if (mig_failed(a)) return d;
  mig_reader_init(&r, a, z, n, 0);
  if (mig_at(&r, "WITH") && !mig_skip_to(&r, verbs)) return d;
  if (r.t.type == MIG_TK_WORD && mig_word_in(z, r.t, control)) d.kind = MIG_DEED_CONTROL;
  else if (r.t.type == MIG_TK_WORD && mig_word_in(z, r.t, outside)) d.kind = MIG_DEED_OUTSIDE;
  else if (mig_take_word(&r, "CREATE")) mig_deed_create(&r, &d);
  else if (mig_take_word(&r, "DROP")) mig_deed_drop(&r, &d);
  else if (mig_take_word(&r, "INSERT") || mig_take_word(&r, "REPLACE")) mig_deed_insert(&r, &d);
  else if (mig_take_word(&r, "UPDATE")) mig_deed_update(&r, &d);
  else if (mig_take_word(&r, "DELETE")) mig_deed_delete(&r, &d);
  else if (mig_take_word(&r, "PRAGMA")) mig_deed_pragma(&r, &d);
  else if (mig_at_words(&r, "ALTER", "TABLE")) d.kind = MIG_DEED_ALTER;
  if (mig_failed(a)) {
    mig_forgive(a->fault);
    memset(&d, 0, sizeof d);
  }
  return d;
}

/* Does it make or drop a table (or view), in the database itself? */
static int mig_deed_is(const mig_deed *d, int kind, const char *type) {
  return d->kind == kind && strcmp(d->type, type) == 0 && !d->temp;
}
/* Rules: what migrate_lint() looks for, as one table, the comments that silence a rule, and the
** list of what was found. */

#define MIG_LINT_ERROR "error"     /* it will not run, or something is broken afterwards */
#define MIG_LINT_WARNING "warning" /* something is lost, or may fail on rows */
#define MIG_LINT_NOTE "note"       /* it could be done better */

/* name, word, severity, remedy. A remedy follows what was seen, behind a semicolon. */
#define MIG_RULES(X)                                                                              \
  X(REFUSED, "refused", MIG_LINT_ERROR, "a run stops before its first statement")                 \
  X(FAILS, "fails", MIG_LINT_ERROR, "this is what the revisions before it make of the schema")    \
  X(NAME_CLASH, "name-clash", MIG_LINT_ERROR, "choose another name, or drop the old object first") \
  X(BROKEN_OBJECT, "broken-object", MIG_LINT_ERROR,                                               \
    "drop it before, and create it again as it has to be")                                        \
  X(DANGLING_KEY, "dangling-key", MIG_LINT_ERROR,                                                 \
    "make the change with ALTER TABLE, which follows the keys of other tables")                   \
  X(ROWS_BREAK, "rows-break", MIG_LINT_ERROR, "put the rows right with an UPDATE before it")      \
  X(DROP_TABLE, "drop-table", MIG_LINT_WARNING,                                                   \
    "copy what is still needed before, or rename the table for a release")                        \
  X(DROP_COLUMN, "drop-column", MIG_LINT_WARNING,                                                 \
    "copy what is still needed before; a column that got another name is changed with "           \
    "RENAME COLUMN")                                                                              \
  X(DELETE_ALL, "delete-all", MIG_LINT_WARNING, "say which rows with WHERE")                      \
  X(UPDATE_ALL, "update-all", MIG_LINT_NOTE,                                                      \
    "say which rows with WHERE, or keep the old values in another column")                        \
  X(LOSSY_TYPE, "lossy-type", MIG_LINT_WARNING,                                                   \
    "say how to convert with TYPE .. USING expression")                                           \
  X(NOT_NULL, "not-null", MIG_LINT_WARNING,                                                       \
    "give a DEFAULT, or fill the column with an UPDATE and then SET NOT NULL")                    \
  X(STRING_TYPE, "string-type", MIG_LINT_WARNING, "write TEXT")                                   \
  X(IGNORED_ROWS, "ignored-rows", MIG_LINT_WARNING,                                               \
    "leave OR IGNORE out, or say which rows with WHERE")                                          \
  X(BY_POSITION, "by-position", MIG_LINT_WARNING, "name the columns on both sides")               \
  X(CREATE_AS, "create-as", MIG_LINT_WARNING,                                                     \
    "write CREATE TABLE with its columns, then INSERT .. SELECT")                                 \
  X(CASCADING_DROP, "cascading-drop", MIG_LINT_WARNING,                                           \
    "make the change with ALTER TABLE, which never drops the table")                              \
  X(LOST_OBJECTS, "lost-objects", MIG_LINT_WARNING,                                               \
    "create them again, or make the change with ALTER TABLE, which keeps them")                   \
  X(LOST_SEQUENCE, "lost-sequence", MIG_LINT_NOTE,                                                \
    "carry its row of sqlite_sequence over, or make the change with ALTER TABLE")                 \
  X(OTHER_TEXT, "other-text", MIG_LINT_WARNING,                                                   \
    "leave IF NOT EXISTS out to hear of it, or ALTER what is there")                              \
  X(PRAGMA_STAYS, "pragma-stays", MIG_LINT_WARNING,                                               \
    "set it back in the same section, or set it in env.sql")                                      \
  X(OPEN_TRANSACTION, "open-transaction", MIG_LINT_WARNING, "end it in the same section")         \
  X(LARGE_REBUILD, "large-rebuild", MIG_LINT_WARNING,                                             \
    "run it when nobody waits, or see with migrate_explain() which action needs the copy")        \
  X(REPEATED_REBUILD, "repeated-rebuild", MIG_LINT_NOTE,                                          \
    "write both as actions of one ALTER TABLE, which copies once")                                \
  X(HAND_REBUILD, "hand-rebuild", MIG_LINT_NOTE,                                                  \
    "one ALTER TABLE does it, and keeps what hangs on the table")                                 \
  X(SCHEMA_AND_DATA, "schema-and-data", MIG_LINT_NOTE,                                            \
    "a revision of its own for the rows can be run, tested and taken back alone")                 \
  X(MISSING_DOWNGRADE, "missing-downgrade", MIG_LINT_NOTE,                                        \
    "write -- migrate:down, without which nobody comes back")                                     \
  X(INCOMPLETE_DOWNGRADE, "incomplete-downgrade", MIG_LINT_WARNING,                               \
    "let the downgrade undo it; migrate_verify() shows both texts")                               \
  X(LOSSY_DOWNGRADE, "lossy-downgrade", MIG_LINT_NOTE,                                            \
    "allow it where that is meant: migrate_verify() then compares the schema alone")              \
  X(UNKNOWN_RULE, "unknown-rule", MIG_LINT_WARNING, "the rules are in README, Lint")

#define MIG_RULE_ENUM(name, word, severity, remedy) MIG_RULE_##name,
enum mig_rule { MIG_RULES(MIG_RULE_ENUM) MIG_RULE_COUNT };
#undef MIG_RULE_ENUM

#define MIG_RULE_ROW(name, word, severity, remedy) {word, severity, remedy},
static const struct {
  const char *word, *severity, *remedy;
} mig_rules[] = {MIG_RULES(MIG_RULE_ROW)};
#undef MIG_RULE_ROW

static int mig_find_rule(const char *word) {
  int i;
  for (i = 0; i < MIG_RULE_COUNT && strcmp(mig_rules[i].word, word) != 0; i++) {}
  return i < MIG_RULE_COUNT ? i : -1;
}

/* ---- -- migrate:allow rule, rule: why ---- */

typedef struct mig_allow {
  struct mig_allow *next;
  const char *word;
  size_t at; /* of the comment */
} mig_allow;

static int mig_is_rule_char(int c) {
  return c == '-' || mig_is_word_start(c) || mig_is_digit(c);
}

/* The words of one comment: a list separated by commas; what follows it is for the reader. */
static mig_allow *mig_allow_words(mig_arena *a, const char *z, mig_token comment,
                                  mig_allow *list) {
  static const char word[] = "allow";
  size_t at = mig_marker_at(z, comment.at, comment.end), n = sizeof word - 1;
  if (!at || comment.end - at < n || memcmp(z + at, word, n) != 0) return list;
  at += n;
  for (;;) {
    mig_allow *one;
    size_t from;
    while (at < comment.end && (z[at] == ' ' || z[at] == '\t')) at++;
    for (from = at; at < comment.end && mig_is_rule_char((unsigned char)z[at]);) at++;
    if (at == from) return list;
    one = (mig_allow *)mig_alloc(a, sizeof *one);
    if (!one) return list;
    one->word = mig_copyn(a, z + from, at - from);
    one->at = comment.at;
    one->next = list;
    list = one;
    while (at < comment.end && (z[at] == ' ' || z[at] == '\t')) at++;
    if (at >= comment.end || z[at] != ',') return list;
    at++;
  }
}

/* Those of the comments in z[from..to). */
static mig_allow *mig_allows(mig_arena *a, const char *z, size_t from, size_t to, mig_allow *list) {
  mig_token k;
  for (k = mig_next_token(z, to, from); k.type != MIG_TK_END && !mig_failed(a);
       k = mig_next_token(z, to, k.end)) {
    if (k.type == MIG_TK_COMMENT) list = mig_allow_words(a, z, k, list);
  }
  return list;
}

static int mig_is_allowed(const mig_allow *list, int rule) {
  for (; list; list = list->next) {
    if (list->word && strcmp(list->word, mig_rules[rule].word) == 0) return 1;
  }
  return 0;
}

/* All of a revision: of its whole file, or of the texts that were compiled in. */
static mig_allow *mig_revision_allows(mig_arena *a, const mig_revision *rev) {
  const char *up = rev->text ? rev->text : rev->upgrade.sql;
  const char *down = rev->text ? 0 : rev->downgrade.sql;
  mig_allow *list = up ? mig_allows(a, up, 0, strlen(up), 0) : 0;
  return down ? mig_allows(a, down, 0, strlen(down), list) : list;
}

/* Where the comments of a statement end: with the line in which the statement does. */
static size_t mig_remarks_end(const char *z, size_t n, size_t at) {
  mig_token k;
  for (k = mig_next_token(z, n, at); k.type != MIG_TK_END; k = mig_next_token(z, n, k.end)) {
    if (k.type == MIG_TK_SPACE && memchr(z + k.at, '\n', k.end - k.at)) return k.at;
    if (k.type != MIG_TK_SPACE && k.type != MIG_TK_COMMENT) return k.at;
  }
  return n;
}

/* ---- what was found ---- */

typedef struct mig_finding {
  struct mig_finding *next;
  int rule, line;
  const char *message;
} mig_finding;

/* Keeps the list in the order of lines; equal ones in that of discovery. */
static void mig_add_finding(mig_arena *a, mig_finding **list, int rule, int line,
                            const char *fact) {
  mig_finding *f = fact ? (mig_finding *)mig_alloc(a, sizeof *f) : 0;
  if (!f) return;
  f->rule = rule;
  f->line = line;
  f->message = mig_format(a, "%s; %s", fact, mig_rules[rule].remedy);
  while (*list && (*list)->line <= line) list = &(*list)->next;
  f->next = *list;
  *list = f;
}
/* Witness: a revision as the linter sees it: what its section has done so far, the schema that a
** private copy has at this point, and the rows of the database at hand. */

enum mig_event_kind {
  MIG_EVENT_MADE,    /* the section made the table */
  MIG_EVENT_COPIED,  /* .. AS SELECT */
  MIG_EVENT_RENAMED, /* table became `other` */
  MIG_EVENT_DROPPED, /* the table, which has the name `other` when the section began */
  MIG_EVENT_ADDED,   /* column `other` */
  MIG_EVENT_WRITTEN, /* rows of the table */
  MIG_EVENT_REBUILT, /* by an ALTER TABLE */
  MIG_EVENT_SCHEMA,  /* something that was there was altered */
  MIG_EVENT_DATA,    /* rows that were there were changed */
  MIG_EVENT_LOST,    /* values went that a downgrade cannot know */
  MIG_EVENT_READ,    /* by a statement, `other`, that puts rows into another table */
  MIG_EVENT_PRAGMA   /* a setting of the connection, `other` its value */
};

typedef struct mig_event {
  struct mig_event *next; /* newest first */
  int kind;
  const char *table, *other;
  size_t at; /* of the statement */
  const mig_allow *allows;
} mig_event;

typedef struct mig_lint {
  migrate *m;    /* the environment: its rows, its memory */
  migrate k;     /* the private copy */
  int listed;    /* the revision is one of those asked for */
  int pending;   /* it is not applied: the rows at hand are those that it will meet */
  int unsure;    /* something did not run: the copy may have another schema than the text means */
  int in_c;      /* a step in C has run, which may have made anything: nothing is said to fail */
  int forward, forward_told; /* no revision has a downgrade; that was said */
  const mig_revision *rev;
  const mig_section *section;
  int upgrade;
  size_t at;               /* the statement at hand */
  const mig_allow *allows; /* its comments' words */
  const mig_allow *whole;  /* those of the whole revision */
  mig_event *events;
  mig_catalog *before;     /* the schema when the section began */
  mig_dependents worked;   /* views and triggers that compiled then, and that it may break */
  const char *table;       /* ALTER TABLE: what is being altered .. */
  const char *text;        /* .. and its text .. */
  int live;                /* .. which the database has as well, with its rows */
  const char *strategy;
  mig_event *written;        /* by pending revisions before, in the memory of m */
  mig_finding *found;
} mig_lint;

/* ---- reporting ---- */

/* Of a statement, by the comments that stand with it. */
static void mig_report_at(mig_lint *l, int rule, size_t at, const mig_allow *allows,
                          const char *fact) {
  int line = mig_place_of(l->section->sql ? l->section->sql : "", at).line;
  if (!l->listed || mig_is_allowed(allows, rule)) return;
  if (l->section->line) line += l->section->line - 1;
  mig_add_finding(&l->m->work, &l->found, rule, line, fact);
}

static void mig_report(mig_lint *l, int rule, const char *fact) {
  mig_report_at(l, rule, l->at, l->allows, fact);
}

/* Of the revision as a whole. */
static void mig_report_whole(mig_lint *l, int rule, size_t at, const char *fact) {
  mig_report_at(l, rule, at, l->whole, fact);
}

/* ---- what the section has done ---- */

static mig_event *mig_note_event(mig_lint *l, int kind, const char *table, const char *other) {
  mig_event *f = (mig_event *)mig_alloc(&l->k.work, sizeof *f);
  if (!f) return 0;
  f->kind = kind;
  f->table = table;
  f->other = other;
  f->at = l->at;
  f->allows = l->allows;
  f->next = l->events;
  l->events = f;
  return f;
}

/* The newest act of a kind on a table (NULL: any), and on `other` (NULL: any). */
static const mig_event *mig_find_event(const mig_lint *l, int kind, const char *table,
                                   const char *other) {
  const mig_event *f;
  for (f = l->events; f; f = f->next) {
    if (f->kind != kind) continue;
    if (table && !mig_same(f->table, table)) continue;
    if (!other || mig_same(f->other, other)) return f;
  }
  return 0;
}

/* The name that a table had when the section began; NULL: it was made since. */
static const char *mig_first_name(const mig_lint *l, const char *name) {
  const mig_event *f;
  for (f = l->events; f; f = f->next) { /* newest first: back in time */
    if (f->kind == MIG_EVENT_RENAMED && mig_same(f->other, name)) name = f->table;
    if (f->kind == MIG_EVENT_MADE && mig_same(f->table, name)) return 0;
  }
  return l->before && mig_catalog_table(l->before, name) ? name : 0;
}

/* Rows of the table were written, by this section or by a pending revision before. */
static int mig_was_written(const mig_lint *l, const char *table) {
  const mig_event *f;
  for (f = l->written; f && !mig_same(f->table, table); f = f->next) {}
  return f || mig_find_event(l, MIG_EVENT_WRITTEN, table, 0);
}

/* What pending revisions have written is remembered for those behind them. */
static void mig_keep_written(mig_lint *l) {
  const mig_event *f;
  for (f = l->events; f && l->pending; f = f->next) {
    mig_event *kept;
    if (f->kind != MIG_EVENT_WRITTEN) continue;
    kept = (mig_event *)mig_alloc(&l->m->work, sizeof *kept);
    if (!kept) return;
    kept->table = mig_copy(&l->m->work, f->table);
    kept->next = l->written;
    l->written = kept;
  }
}

/* ---- the copy, as it is now ---- */

static const char *mig_text_now(mig_lint *l, const char *type, const char *name) {
  sqlite3_stmt *stmt;
  const char *text = 0;
  if (!name) return 0;
  stmt = mig_prepare(&l->k, mig_format(&l->k.work,
                                       "SELECT sql FROM main.sqlite_master WHERE type = %Q AND "
                                       "name = %Q COLLATE NOCASE",
                                       type, name));
  while (mig_row(&l->k, &stmt)) text = mig_cell(&l->k, stmt, 0);
  return text;
}

/* The table that a text means; 0 when it is none. */
static int mig_table_now(mig_lint *l, const char *sql, mig_table *t) {
  if (!sql || mig_failed(&l->k.work)) return 0;
  if (mig_parse_table(&l->k.work, sql, t) == 0) return 1;
  mig_forgive(&l->k.fault);
  return 0;
}

static mig_catalog *mig_catalog_now(mig_lint *l) {
  mig_catalog *c;
  mig_flush(&l->k);
  mig_forget_catalogs(&l->k);
  c = mig_read_catalog(&l->k, "main");
  mig_forget_catalogs(&l->k); /* an edit would change the texts of one at hand */
  return c;
}

/* ---- the rows at hand ---- */

/* The first value of a query on the database itself; -1: it cannot tell, or they are not the rows
** that the revision will meet. */
static sqlite3_int64 mig_live_number(mig_lint *l, const char *sql) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  if (!sql || !l->pending) return -1;
  if (sqlite3_prepare_v2(l->m->db, sql, -1, &stmt, 0) != SQLITE_OK) return -1;
  if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

static sqlite3_int64 mig_live_rows(mig_lint *l, const char *table) {
  return mig_live_number(l,
                         mig_format(&l->k.work, "SELECT count(*) FROM main.\"%w\"", table));
}

/* "214 rows" */
static const char *mig_count(mig_arena *a, sqlite3_int64 n, const char *what) {
  return mig_format(a, "%lld %s%s", n, what, n == 1 ? "" : "s");
}

/* `words`, then "214 rows of this database"; "" where none are known. */
static const char *mig_and_rows(mig_lint *l, const char *table, const char *words) {
  mig_arena *a = &l->k.work;
  sqlite3_int64 n = mig_live_rows(l, table);
  return n > 0 ? mig_format(a, "%s%s of this database", words, mig_count(a, n, "row")) : "";
}

/* Does the database have the very table that the copy has now, with rows that no statement before
** will have changed? */
static int mig_is_live(mig_lint *l, const char *table) {
  sqlite3_stmt *stmt = 0;
  const char *text = 0, *now = mig_text_now(l, "table", table);
  if (!l->pending || !now || mig_was_written(l, table)) return 0;
  stmt = mig_prepare(l->m, mig_format(&l->m->work,
                                      "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND "
                                      "name = %Q COLLATE NOCASE",
                                      table));
  while (mig_row(l->m, &stmt)) text = mig_cell(l->m, stmt, 0);
  return text && strcmp(text, now) == 0;
}

#define MIG_SAMPLE_ROWS "1000"

/* The bytes of a table's rows, from a sample of them. */
static sqlite3_int64 mig_live_bytes(mig_lint *l, const mig_table *t, sqlite3_int64 rows) {
  mig_text z;
  int i;
  mig_text_init(&z, &l->k.work);
  mig_put(&z, "SELECT 1000 * avg(n) FROM (SELECT 4");
  for (i = 0; i < t->ncolumn; i++) {
    if (t->columns[i].generated && !t->columns[i].stored) continue;
    mig_putf(&z, " + coalesce(length(CAST(t.\"%w\" AS BLOB)), 0) + 1", t->columns[i].name);
  }
  mig_putf(&z, " AS n FROM main.\"%w\" AS t LIMIT " MIG_SAMPLE_ROWS ")", t->name);
  return mig_failed(&l->k.work) ? 0 : mig_live_number(l, z.z) * rows / 1000;
}
/* Judge: what the linter has to say of a statement before it runs in the private copy. */

/* ---- words that a run refuses, or that outlive the section ---- */

static void mig_judge_refused(mig_lint *l, const char *sql, mig_span s) {
  const char *problem = 0;
  if (sql[s.at] == '.') problem = "a command of the sqlite3 shell is not SQL";
  else if (!l->section->outside) problem = mig_statement_problem(&l->k.work, sql, s);
  if (problem) mig_report(l, MIG_RULE_REFUSED, problem);
}

/* Settings that change what statements behind them mean, on the whole connection. */
static const char *const mig_lasting_pragmas[] = {
    "foreign_keys",         "legacy_alter_table", "writable_schema", "ignore_check_constraints",
    "recursive_triggers",   "case_sensitive_like", "defensive",      "trusted_schema",
    "reverse_unordered_selects", 0};

static void mig_judge_pragma(mig_lint *l, const mig_deed *d) {
  int i;
  for (i = 0; d->sets && mig_lasting_pragmas[i]; i++) {
    if (mig_same(d->name, mig_lasting_pragmas[i])) {
      mig_note_event(l, MIG_EVENT_PRAGMA, d->name, d->value);
    }
  }
}

/* One value given, another before it: the section puts back what it found. Of foreign_keys inside
** a transaction the run itself speaks. */
static void mig_judge_pragmas_left(mig_lint *l) {
  const mig_event *f, *g;
  for (f = l->events; f; f = f->next) {
    int times = 0;
    if (f->kind != MIG_EVENT_PRAGMA) continue;
    if (mig_same(f->table, "foreign_keys") && !l->section->outside) continue;
    for (g = l->events; g != f && times == 0; g = g->next) {
      times += g->kind == MIG_EVENT_PRAGMA && mig_same(g->table, f->table); /* looked at already */
    }
    for (g = f->next; g && times == 0; g = g->next) {
      times += g->kind == MIG_EVENT_PRAGMA && mig_same(g->table, f->table) &&
               !mig_same(g->other, f->other);
    }
    if (times) continue;
    mig_report_at(l, MIG_RULE_PRAGMA_STAYS, f->at, f->allows,
                  mig_format(&l->k.work, "PRAGMA %s = %s stays on the connection", f->table,
                             f->other ? f->other : ""));
  }
}

/* BEGIN, SAVEPOINT against COMMIT, ROLLBACK .. of a section outside of the run's transaction. */
static void mig_judge_transactions(mig_lint *l) {
  const char *z = l->section->sql;
  size_t at = 0, open_at = 0;
  int open = 0;
  mig_span s;
  if (!l->section->outside || !z) return;
  while (mig_next_statement(z, strlen(z), &at, &s) > 0) {
    if (mig_starts(z, s, "BEGIN", 0) || mig_starts(z, s, "SAVEPOINT", 0)) {
      if (!open++) open_at = s.at;
    } else if (mig_starts(z, s, "COMMIT", 0) || mig_starts(z, s, "END", 0) ||
               mig_starts(z, s, "ROLLBACK", 0) || mig_starts(z, s, "RELEASE", 0)) {
      open = 0;
    }
  }
  if (open) {
    mig_report_whole(l, MIG_RULE_OPEN_TRANSACTION, open_at,
                     "a transaction begins here and does not end in its section");
  }
}

/* ---- columns ---- */

/* STRING and its like have no affinity of a text: '007' becomes the number 7. */
static void mig_judge_type(mig_lint *l, const char *table, const mig_column *c, int strict) {
  if (strict || !c->type_name || c->affinity != MIG_NUMERIC) return;
  if (!mig_mentions(c->type_name, "string")) return;
  mig_report(l, MIG_RULE_STRING_TYPE,
             mig_format(&l->k.work,
                        "to SQLite the type %s of %s.%s is a number's: '007' is stored as 7",
                        c->type_name, table, c->name));
}

static void mig_judge_table_text(mig_lint *l, const char *sql) {
  mig_table t;
  int i;
  if (!mig_table_now(l, sql, &t)) return;
  for (i = 0; i < t.ncolumn; i++) mig_judge_type(l, t.name, &t.columns[i], t.strict);
}

/* ---- CREATE ---- */

/* What stands behind the name that a statement creates. */
static const char *mig_behind_name(mig_arena *a, const char *sql, const char *name) {
  size_t n = strlen(sql);
  mig_token k, next;
  for (k = mig_next_significant(sql, n, 0); k.type != MIG_TK_END; k = next) {
    next = mig_next_significant(sql, n, k.end);
    if (!mig_token_op(sql, next, ".") && mig_same(mig_dequote(a, sql, k), name)) break;
  }
  return sql + k.end;
}

static int mig_creates_the_same(mig_lint *l, const mig_deed *d, const char *x, const char *y) {
  mig_arena *a = &l->k.work;
  if (*d->type == 'i') return mig_same_index(a, x, y);
  return mig_same_statement(a, mig_behind_name(a, x, d->name), mig_behind_name(a, y, d->name));
}

static void mig_judge_guard(mig_lint *l, const mig_deed *d, const char *sql) {
  const char *there = mig_text_now(l, d->type, d->name);
  if (!d->guarded || !there || d->temp || strcmp(d->type, "virtual table") == 0) return;
  if (mig_creates_the_same(l, d, there, sql)) return;
  mig_report(l, MIG_RULE_OTHER_TEXT,
             mig_format(&l->k.work, "it does nothing: there is a%s %s %s of another text",
                        *d->type == 'i' ? "n" : "", d->type, d->name));
}

static void mig_judge_own_names(mig_lint *l, const mig_deed *d) {
  const char *what = mig_same(d->name, l->m->settings.version_table) ? "the version table"
                     : mig_same(d->name, MIG_JOURNAL)                 ? "the journal"
                     : mig_has_name_prefix(d->name, "migrate_scratch_") ? "tables that exist only "
                                                                          "during a change"
                                                                        : 0;
  if (what && !mig_text_now(l, "table", d->name)) {
    mig_report(l, MIG_RULE_NAME_CLASH,
               mig_format(&l->k.work, "%s is a name of %s", d->name, what));
  }
}

/* Rows at hand that share the key of a new unique index. */
static void mig_judge_unique(mig_lint *l, const mig_deed *d, const char *sql) {
  mig_arena *a = &l->k.work;
  mig_index x;
  mig_text terms, known;
  const char *where;
  sqlite3_int64 n;
  int i;
  if (!d->unique || !d->on || !mig_is_live(l, d->on)) return;
  if (mig_parse_index(a, sql, &x)) {
    mig_forgive(&l->k.fault);
    return;
  }
  mig_text_init(&terms, a);
  mig_text_init(&known, a);
  for (i = 0; i < x.nkey; i++) {
    const char *term = mig_span_text(a, x.sql, x.keys[i].expr);
    mig_putf(&terms, "%s%s", i ? ", " : "", term);
    mig_putf(&known, " AND (%s) IS NOT NULL", term);
  }
  where = mig_span_empty(x.where) ? "1" : mig_span_text(a, x.sql, x.where);
  n = mig_live_number(l, mig_format(a,
                                    "SELECT count(*) FROM (SELECT 1 FROM main.\"%w\" WHERE (%s)%s "
                                    "GROUP BY %s HAVING count(*) > 1)",
                                    x.table, where, mig_text_z(&known), mig_text_z(&terms)));
  if (n <= 0) return;
  mig_report(l, MIG_RULE_ROWS_BREAK,
             mig_format(a, "%lld key%s of unique index %s occur%s more than once in this database",
                        n, n == 1 ? "" : "s", x.name, n == 1 ? "s" : ""));
}

static void mig_judge_create(mig_lint *l, const mig_deed *d, const char *sql) {
  mig_judge_guard(l, d, sql);
  mig_judge_own_names(l, d);
  mig_judge_unique(l, d, sql);
  if (!mig_deed_is(d, MIG_DEED_CREATE, "table")) return;
  mig_judge_table_text(l, sql);
  if (mig_text_now(l, "table", d->name)) return;
  mig_note_event(l, MIG_EVENT_MADE, d->name, 0);
  if (d->as_select) mig_note_event(l, MIG_EVENT_COPIED, d->name, 0);
}

/* ---- DROP TABLE ---- */

/* With foreign keys on, DROP TABLE deletes the rows first, and their children follow. */
static void mig_judge_children(mig_lint *l, const char *name) {
  const mig_catalog *c = mig_catalog_now(l);
  mig_text list;
  int i, k;
  mig_text_init(&list, &l->k.work);
  for (i = 0; c && i < c->n && !mig_failed(&l->k.work); i++) {
    mig_table t;
    if (!mig_is_type(&c->v[i], "table") || mig_same(c->v[i].name, name)) continue;
    if (!mig_mentions(c->v[i].sql, "references") || !mig_mentions(c->v[i].sql, name)) continue;
    if (!mig_table_now(l, c->v[i].sql, &t)) continue;
    for (k = 0; k < t.nconstraint; k++) {
      const mig_constraint *key = &t.constraints[k];
      if (key->kind != MIG_FOREIGN_KEY || !mig_same(key->parent, name)) continue;
      if (!key->on_delete || mig_same(key->on_delete, "NO ACTION") ||
          mig_same(key->on_delete, "RESTRICT")) {
        continue;
      }
      mig_putf(&list, "%s%s (ON DELETE %s)", list.n ? ", " : "", c->v[i].name, key->on_delete);
    }
  }
  if (!list.n) return;
  mig_report(l, MIG_RULE_CASCADING_DROP,
             mig_format(&l->k.work,
                        "where foreign keys are on, this first deletes the rows of %s, and changes "
                        "those of %s",
                        name, list.z));
}

static void mig_judge_drop(mig_lint *l, const mig_deed *d) {
  const char *origin = mig_first_name(l, d->name);
  mig_event *f;
  if (!mig_deed_is(d, MIG_DEED_DROP, "table") || mig_same(d->schema, "temp")) return;
  if (!mig_text_now(l, "table", d->name)) return;
  mig_judge_children(l, d->name);
  f = mig_note_event(l, MIG_EVENT_DROPPED, d->name, origin);
  if (f && origin) mig_note_event(l, MIG_EVENT_SCHEMA, origin, 0);
}

/* ---- ALTER TABLE ---- */

static sqlite3_int64 mig_live_values(mig_lint *l, const char *table, const char *column,
                                     const char *are) {
  return mig_live_number(l, mig_format(&l->k.work,
                                       "SELECT count(*) FROM main.\"%w\" AS t WHERE t.\"%w\" IS %s",
                                       table, column, are));
}

static void mig_report_op(mig_lint *l, int rule, const mig_op *op, const char *fact) {
  mig_report_at(l, rule, l->at + op->at, l->allows, fact);
}

static void mig_judge_drop_column(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  sqlite3_int64 n;
  int i = mig_find_column(t, op->name);
  if (i < 0 || mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  if (t->columns[i].generated) return; /* it can be computed again */
  n = mig_live_values(l, t->name, op->name, "NOT NULL");
  mig_note_event(l, MIG_EVENT_LOST, t->name, op->name);
  if (n == 0) return;
  mig_report_op(l, MIG_RULE_DROP_COLUMN, op,
             n < 0 ? mig_format(a, "column %s.%s goes, and its values", t->name, op->name)
                   : mig_format(a, "column %s.%s goes, and %s", t->name, op->name,
                                mig_count(a, n, "value")));
}

static void mig_judge_add_column(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  mig_table x;
  const mig_column *c;
  sqlite3_int64 n;
  mig_note_event(l, MIG_EVENT_ADDED, t->name, op->name);
  if (!mig_table_now(l, mig_format(a, "CREATE TABLE x(%s\n)", op->text), &x)) return;
  c = &x.columns[0];
  mig_judge_type(l, t->name, c, t->strict);
  if (!c->not_null || c->generated || c->hidden_key) return;
  if (mig_column_constraint(&x, 0, MIG_DEFAULT) >= 0) return;
  n = mig_live_rows(l, t->name);
  if (n == 0) return;
  mig_report_op(l, MIG_RULE_NOT_NULL, op,
             mig_format(a, "new column %s.%s is NOT NULL without a default: it fails on %s",
                        t->name, op->name,
                        n < 0 ? "a table with rows"
                              : mig_format(a, "%s of this database", mig_count(a, n, "row"))));
}

static void mig_judge_not_null(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  int i = mig_find_column(t, op->name);
  if (i < 0 || t->columns[i].not_null || mig_was_written(l, t->name)) return;
  if (mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  /* What the rows at hand break is said when its check runs. */
  if (mig_live_values(l, t->name, op->name, "NULL") >= 0) return;
  mig_report_op(l, MIG_RULE_NOT_NULL, op,
             mig_format(a, "SET NOT NULL fails where %s.%s is NULL, and nothing fills it before",
                        t->name, op->name));
}

/* Does a type keep the values of another? A number read from a text has lost its spelling, a text
** made of a fraction its last bits. */
static const char *mig_type_loss(int from, int to) {
  int numeric = to == MIG_INTEGER || to == MIG_NUMERIC || to == MIG_REAL;
  if ((from == MIG_TEXT || from == MIG_BLOB) && numeric) return "'007' becomes 7, '1e3' 1000";
  if (from == MIG_REAL && to == MIG_TEXT) return "fractions keep 15 digits";
  return 0;
}

static void mig_judge_set_type(mig_lint *l, const mig_table *t, const mig_op *op) {
  mig_arena *a = &l->k.work;
  int i = mig_find_column(t, op->name), to;
  const char *loss, *live;
  sqlite3_int64 n;
  if (i < 0 || op->using_expr || mig_find_event(l, MIG_EVENT_ADDED, t->name, op->name)) return;
  to = t->strict && mig_same(op->text, "ANY") ? MIG_BLOB : mig_affinity(op->text);
  loss = mig_type_loss(t->columns[i].affinity, to);
  if (!loss) return;
  live = to == MIG_TEXT ? "SELECT count(*) FROM main.\"%w\" AS t WHERE typeof(t.\"%w\") = 'real' "
                          "AND CAST(CAST(t.\"%w\" AS TEXT) AS REAL) <> t.\"%w\""
                        : "SELECT count(*) FROM main.\"%w\" AS t WHERE typeof(t.\"%w\") = 'text' "
                          "AND CAST(t.\"%w\" AS TEXT) <> CAST(CAST(t.\"%w\" AS NUMERIC) AS "
                          "TEXT)";
  n = mig_live_number(l, mig_format(a, live, t->name, op->name, op->name, op->name));
  if (n == 0) return;
  mig_note_event(l, MIG_EVENT_LOST, t->name, op->name);
  mig_report_op(l, MIG_RULE_LOSSY_TYPE, op,
             mig_format(a, "converting %s.%s from %s to %s may lose: %s%s", t->name, op->name,
                        *t->columns[i].type_name ? t->columns[i].type_name : "no type", op->text,
                        loss, n < 0 ? "" : mig_format(a, " (%s of this database)",
                                                      mig_count(a, n, "value"))));
}

/* A table that the section made has no rows but those that it put in. */
static void mig_judge_alter(mig_lint *l, const char *one, size_t n) {
  mig_arena *a = &l->k.work;
  mig_alter alter;
  mig_table t;
  const mig_op *op;
  int old;
  if (mig_parse_alter(a, one, n, &alter)) {
    mig_forgive(&l->k.fault);
    return;
  }
  l->table = alter.table;
  l->text = mig_text_now(l, "table", alter.table);
  l->live = mig_is_live(l, alter.table);
  if (!mig_table_now(l, l->text, &t)) return;
  old = mig_first_name(l, t.name) != 0;
  if (old) mig_note_event(l, MIG_EVENT_SCHEMA, t.name, 0);
  for (op = alter.first; op && !mig_failed(a); op = op->next) {
    if (op->kind == MIG_RENAME_TABLE) mig_note_event(l, MIG_EVENT_RENAMED, t.name, op->to);
    if (!old) continue;
    if (op->kind == MIG_DROP_COLUMN) mig_judge_drop_column(l, &t, op);
    if (op->kind == MIG_ADD_COLUMN) mig_judge_add_column(l, &t, op);
    if (op->kind == MIG_SET_NOT_NULL) mig_judge_not_null(l, &t, op);
    if (op->kind == MIG_SET_TYPE) mig_judge_set_type(l, &t, op);
  }
}

/* ---- rows ---- */

/* Is a table one that was there, with rows that the section did not put in? */
static int mig_is_old_table(const mig_lint *l, const mig_deed *d) {
  return d->name && !mig_same(d->schema, "temp") && mig_first_name(l, d->name) != 0 &&
         !mig_has_name_prefix(d->name, "sqlite_");
}

/* Only columns that the section added: there is nothing in them yet. */
static int mig_sets_new_columns(const mig_lint *l, const mig_deed *d) {
  int i;
  for (i = 0; i < d->columns.n; i++) {
    if (!mig_find_event(l, MIG_EVENT_ADDED, d->name, d->columns.at[i])) return 0;
  }
  return d->columns.n > 0;
}

static void mig_judge_update(mig_lint *l, const mig_deed *d) {
  if (!mig_is_old_table(l, d) || mig_sets_new_columns(l, d)) return;
  mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
  mig_note_event(l, MIG_EVENT_LOST, d->name, 0);
  if (d->where || mig_live_rows(l, d->name) == 0) return;
  mig_report(l, MIG_RULE_UPDATE_ALL,
             mig_format(&l->k.work, "UPDATE without WHERE writes over every row of %s%s", d->name,
                        mig_and_rows(l, d->name, ", ")));
}

static void mig_judge_delete(mig_lint *l, const mig_deed *d) {
  if (!mig_is_old_table(l, d)) return;
  mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
  mig_note_event(l, MIG_EVENT_LOST, d->name, 0);
  if (d->where || mig_live_rows(l, d->name) == 0) return;
  mig_report(l, MIG_RULE_DELETE_ALL,
             mig_format(&l->k.work, "DELETE without WHERE takes every row of %s%s", d->name,
                        mig_and_rows(l, d->name, ", ")));
}

/* INSERT INTO t SELECT * FROM u goes by position: harmless where the names agree. */
static void mig_judge_positions(mig_lint *l, const mig_deed *d) {
  mig_table to, from;
  int i, k = 0;
  if (!d->from || !mig_table_now(l, mig_text_now(l, "table", d->name), &to)) return;
  if (!mig_table_now(l, mig_text_now(l, "table", d->from), &from)) return;
  for (i = 0; i < from.ncolumn; i++) {
    const char *name;
    if (from.columns[i].hidden_key && mig_same(from.columns[i].name, "rowid")) continue;
    while (!d->columns.n && k < to.ncolumn && to.columns[k].generated) k++;
    if (k >= (d->columns.n ? d->columns.n : to.ncolumn)) return; /* it fails, and says why */
    name = d->columns.n ? d->columns.at[k] : to.columns[k].name;
    k++;
    if (mig_same(name, from.columns[i].name)) continue;
    if (mig_find_column(&to, from.columns[i].name) < 0) continue; /* it got a new name */
    mig_report(l, MIG_RULE_BY_POSITION,
               mig_format(&l->k.work, "values go by position: %s.%s lands in %s.%s", d->from,
                          from.columns[i].name, d->name, name));
    return;
  }
}

static void mig_judge_insert(mig_lint *l, const mig_deed *d) {
  if (d->ignores && d->query) {
    mig_report(l, MIG_RULE_IGNORED_ROWS,
               mig_format(&l->k.work,
                          "INSERT OR IGNORE leaves out, silently, the rows that break a rule of %s",
                          d->name));
  }
  mig_judge_positions(l, d);
  if (mig_is_old_table(l, d)) mig_note_event(l, MIG_EVENT_DATA, d->name, 0);
}

/* ---- a statement ---- */

static void mig_judge(mig_lint *l, const mig_deed *d, const char *sql, mig_span s) {
  char *one = mig_span_text(&l->k.work, sql, s);
  mig_judge_refused(l, sql, s);
  if (!one) return;
  if (d->kind == MIG_DEED_PRAGMA) mig_judge_pragma(l, d);
  if (!l->upgrade) return; /* to undo is to destroy: a downgrade is judged by where it ends */
  if (d->as_select || d->query) mig_note_event(l, MIG_EVENT_READ, 0, one);
  if (d->kind == MIG_DEED_CREATE) mig_judge_create(l, d, one);
  if (d->kind == MIG_DEED_DROP) mig_judge_drop(l, d);
  if (d->kind == MIG_DEED_ALTER) mig_judge_alter(l, one, s.end - s.at);
  if (d->kind == MIG_DEED_UPDATE) mig_judge_update(l, d);
  if (d->kind == MIG_DEED_DELETE) mig_judge_delete(l, d);
  if (d->kind == MIG_DEED_INSERT) mig_judge_insert(l, d);
  if (d->kind == MIG_DEED_UPDATE || d->kind == MIG_DEED_DELETE || d->kind == MIG_DEED_INSERT) {
    if (d->name) mig_note_event(l, MIG_EVENT_WRITTEN, d->name, 0);
  }
}
/* Lint: the revisions run, statement by statement, in a private copy of the schema, so that each is
** seen against the schema of its time; what its section has done is judged at the end of it. */

/* ---- the end of a section ---- */

static const char *mig_word_list(mig_text *t, const mig_object *o) {
  mig_putf(t, "%s%s %s", t->n ? ", " : "", o->type, o->name);
  return mig_text_z(t);
}

/* Does anything of that type and name, or one of the same meaning, hang on a table? */
static int mig_is_there(mig_lint *l, const mig_catalog *c, const mig_object *o) {
  int i;
  for (i = 0; i < c->n; i++) {
    const mig_object *p = &c->v[i];
    if (!mig_is_type(p, o->type)) continue;
    if (mig_same(p->name, o->name)) return 1;
    if (p->sql && mig_same(p->table, o->table) && mig_is_type(o, "index") &&
        mig_same_index(&l->k.work, p->sql, o->sql)) {
      return 1;
    }
  }
  return 0;
}

/* What hung on a table that was dropped and made again. */
static void mig_judge_lost_objects(mig_lint *l, const mig_event *f, const mig_catalog *after) {
  mig_object *o = 0;
  mig_text list;
  mig_text_init(&list, &l->k.work);
  while ((o = mig_objects_of(l->before, f->other, o)) != 0) {
    if (!o->sql || (!mig_is_type(o, "index") && !mig_is_type(o, "trigger"))) continue;
    if (!mig_is_there(l, after, o)) mig_word_list(&list, o);
  }
  if (!list.n) return;
  mig_report_at(l, MIG_RULE_LOST_OBJECTS, f->at, f->allows,
                mig_format(&l->k.work, "%s went with table %s, and nothing makes them again",
                           list.z, f->other));
}

/* DROP TABLE forgets how far AUTOINCREMENT has counted: ids of deleted rows come again. */
static void mig_judge_lost_sequence(mig_lint *l, const mig_event *f) {
  const mig_object *o = mig_catalog_table(l->before, f->other);
  const char *now = mig_text_now(l, "table", f->other);
  mig_table t;
  if (!o || !mig_table_now(l, o->sql, &t) || !mig_has_autoincrement(&t)) return;
  if (!mig_table_now(l, now, &t) || !mig_has_autoincrement(&t)) return;
  if (mig_mentions(l->section->sql, "sqlite_sequence")) return;
  mig_report_at(l, MIG_RULE_LOST_SEQUENCE, f->at, f->allows,
                mig_format(&l->k.work,
                           "DROP TABLE forgets the AUTOINCREMENT counter of %s: ids of rows that "
                           "were deleted are given again",
                           f->other));
}

/* Did a statement before the DROP put the table's rows into another one? */
static int mig_was_read(mig_lint *l, const mig_event *dropped) {
  const mig_event *f;
  for (f = dropped->next; f; f = f->next) {
    if (f->kind == MIG_EVENT_READ && mig_mentions_token(&l->k.work, f->other, dropped->table)) {
      return 1;
    }
  }
  return 0;
}

static void mig_judge_drops(mig_lint *l, const mig_catalog *after) {
  const mig_event *f;
  for (f = l->events; f && !mig_failed(&l->k.work); f = f->next) {
    if (f->kind != MIG_EVENT_DROPPED || !f->other) continue;
    if (mig_catalog_table(after, f->other)) {
      mig_report_at(l, MIG_RULE_HAND_REBUILD, f->at, f->allows,
                    mig_format(&l->k.work, "table %s is copied, dropped and made again by hand",
                               f->other));
      mig_judge_lost_objects(l, f, after);
      mig_judge_lost_sequence(l, f);
      continue;
    }
    if (mig_was_read(l, f)) continue; /* its rows went somewhere else */
    mig_note_event(l, MIG_EVENT_LOST, f->other, 0);
    if (mig_live_rows(l, f->other) == 0) continue;
    mig_report_at(l, MIG_RULE_DROP_TABLE, f->at, f->allows,
                  mig_format(&l->k.work, "table %s goes%s", f->other,
                             mig_and_rows(l, f->other, ", and ")));
  }
}

static void mig_judge_copies(mig_lint *l, const mig_catalog *after) {
  const mig_event *f, *g;
  for (f = l->events; f && !mig_failed(&l->k.work); f = f->next) {
    const char *name = f->table;
    if (f->kind != MIG_EVENT_COPIED) continue;
    for (g = l->events; g; g = g->next) {
      if (g->kind == MIG_EVENT_RENAMED && mig_same(g->table, name)) name = g->other;
    }
    if (!mig_catalog_table(after, name)) continue;
    mig_report_at(l, MIG_RULE_CREATE_AS, f->at, f->allows,
                  mig_format(&l->k.work,
                             "CREATE TABLE .. AS gives %s columns without keys, defaults, "
                             "constraints and most types",
                             name));
  }
}

/* Foreign keys that name a table which the section dropped or renamed away. */
static void mig_judge_keys(mig_lint *l, const mig_catalog *after) {
  int i, k;
  for (i = 0; i < after->n && !mig_failed(&l->k.work); i++) {
    mig_table t;
    const mig_object *o = &after->v[i];
    if (!mig_is_type(o, "table") || !mig_mentions(o->sql, "references")) continue;
    if (!mig_table_now(l, o->sql, &t)) continue;
    for (k = 0; k < t.nconstraint; k++) {
      const char *parent = t.constraints[k].parent;
      const mig_event *f;
      if (t.constraints[k].kind != MIG_FOREIGN_KEY || mig_catalog_table(after, parent)) continue;
      f = mig_find_event(l, MIG_EVENT_DROPPED, parent, 0);
      if (!f) continue;
      mig_report_at(l, MIG_RULE_DANGLING_KEY, f->at, f->allows,
                    mig_format(&l->k.work,
                               "a foreign key of %s refers to %s, which is no more: each write "
                               "fails where foreign keys are on",
                               o->name, parent));
    }
  }
}

/* Views and triggers that compiled when the section began and do no more. */
static void mig_judge_broken(mig_lint *l, const mig_catalog *after) {
  int i, k;
  for (i = 0; i < l->worked.n && !mig_failed(&l->k.work); i++) {
    mig_dependent d = l->worked.v[i];
    const mig_event *f;
    if (!d.worked) continue;
    for (k = 0; k < after->n; k++) {
      if (mig_is_type(&after->v[k], d.object->type) &&
          mig_same(after->v[k].name, d.object->name)) {
        break;
      }
    }
    if (k == after->n) continue;
    d.object = &after->v[k];
    d.catalog = after;
    if (mig_works_strictly(&l->k, &d, d.strict)) continue;
    for (f = l->events; f; f = f->next) {
      if (f->kind == MIG_EVENT_DROPPED && mig_mentions_token(&l->k.work, d.object->sql, f->table)) {
        break;
      }
    }
    mig_report_at(l, MIG_RULE_BROKEN_OBJECT, f ? f->at : l->at, f ? f->allows : l->allows,
                  mig_format(&l->k.work, "%s %s does not compile any more", d.object->type,
                             d.object->name));
  }
  mig_be_strict(&l->k, 0);
}

static void mig_judge_section(mig_lint *l) {
  const mig_catalog *after = mig_catalog_now(l);
  const mig_event *schema = mig_find_event(l, MIG_EVENT_SCHEMA, 0, 0);
  const mig_event *data = mig_find_event(l, MIG_EVENT_DATA, 0, 0), *f;
  mig_judge_pragmas_left(l);
  mig_judge_transactions(l);
  if (!l->upgrade || !after || !l->before) return;
  mig_judge_drops(l, after);
  mig_judge_copies(l, after);
  mig_judge_keys(l, after);
  mig_judge_broken(l, after);
  if (!schema || !data) return;
  for (f = data; f; f = f->next) { /* the oldest */
    if (f->kind == MIG_EVENT_DATA) data = f;
  }
  mig_report_whole(l, MIG_RULE_SCHEMA_AND_DATA, data->at,
                   mig_format(&l->k.work,
                              "the revision alters table %s and changes rows of %s as well",
                              schema->table, data->table));
}

/* ---- a statement in the copy ---- */

/* Seconds that a copy takes on an ordinary machine: so much a row, so much a byte. */
#define MIG_COPY_ROW 0.6e-6
#define MIG_COPY_BYTE 5e-9

static void mig_judge_cost(mig_lint *l) {
  mig_arena *a = &l->k.work;
  mig_table t;
  sqlite3_int64 rows = mig_live_rows(l, l->table), bytes;
  if (rows < l->m->settings.lint_rows || !mig_table_now(l, l->text, &t)) return;
  bytes = mig_live_bytes(l, &t, rows);
  mig_report(l, MIG_RULE_LARGE_REBUILD,
             mig_format(a,
                        "it copies table %s: %s, about %.1f MB, some %.1f seconds during which "
                        "nobody else writes",
                        l->table, mig_count(a, rows, "row"), (double)bytes / 1e6,
                        (double)rows * MIG_COPY_ROW + (double)bytes * MIG_COPY_BYTE));
}

static void mig_judge_strategy(mig_lint *l) {
  if (!l->strategy || !l->table) return;
  if (mig_find_event(l, MIG_EVENT_REBUILT, l->table, 0)) {
    mig_report(l, MIG_RULE_REPEATED_REBUILD,
               mig_format(&l->k.work, "it copies table %s once more", l->table));
  }
  mig_note_event(l, MIG_EVENT_REBUILT, l->table, 0);
  mig_judge_cost(l);
}

/* A rule that rows must not break, asked of the rows at hand. */
static void mig_judge_check(mig_lint *l, const char *sql, const char *complaint) {
  const char *word = complaint ? strrchr(complaint, '|') : 0;
  sqlite3_int64 n;
  if (!sql || !word) return;
  n = mig_live_number(l, mig_format(&l->k.work, "SELECT count(*) FROM (%s)", sql));
  if (n <= 0) return;
  mig_report(l, MIG_RULE_ROWS_BREAK,
             mig_format(&l->k.work, "%.*s in %s of this database", (int)(word - complaint),
                        complaint, mig_count(&l->k.work, n, "row")));
}

/* Hears of each statement that the one at hand comes down to. */
static void mig_lint_listen(migrate *k, const mig_statement *s, const char *strategy) {
  mig_lint *l = (mig_lint *)k->listener;
  const mig_statement *c;
  if (strcmp(strategy, "rebuild") == 0 || strcmp(strategy, "portable") == 0) l->strategy = strategy;
  if (!l->listed || !l->live) return;
  if (s->kind == MIG_S_CHECK) mig_judge_check(l, s->sql, s->complaint);
  if (s->kind == MIG_S_SCHEMA || s->kind == MIG_S_DATA) {
    mig_judge_check(l, s->diagnose, s->complaint);
  }
  for (c = s->suspects; c; c = c->next) mig_judge_check(l, c->sql, c->complaint);
}

/* Messages that speak of what the copy lacks, not of the statement. */
static int mig_is_copys_fault(const char *message) {
  return strstr(message, "no such module") || strstr(message, "vtable constructor failed") ||
         strstr(message, "no such function") || strstr(message, "not authorized");
}

static void mig_judge_failure(mig_lint *l) {
  const mig_fault *f = &l->k.fault;
  const char *message = mig_fault_text(f);
  char *fact = mig_copyn(&l->m->work, message, f->placed ? f->bare : strcspn(message, "\n"));
  int clash = fact && (strstr(fact, "already") || strstr(fact, "duplicate column name"));
  size_t at = l->at + (f->placed ? f->at : 0);
  mig_fault_clear(&l->k.fault);
  if (!fact) return;
  if (!l->unsure && !l->in_c && !mig_is_copys_fault(fact)) {
    mig_report_at(l, clash ? MIG_RULE_NAME_CLASH : MIG_RULE_FAILS, at, l->allows, fact);
  }
  l->unsure = 1;
}

/* In a transaction of its own, unless one is open: a half of it must not stay. */
static void mig_lint_run(mig_lint *l, const mig_deed *d, const char *sql, mig_span s, size_t end) {
  migrate *k = &l->k;
  int alone = !k->depth;
  const char *one;
  if (d->kind == MIG_DEED_CONTROL || d->kind == MIG_DEED_OUTSIDE || sql[s.at] == '.') return;
  one = mig_span_text(&k->work, sql, s);
  if (!one) return;
  mig_stub_functions(&k->work, k->db, one);
  if (alone) mig_frame_open(k);
  k->listen = mig_lint_listen;
  k->listener = l;
  mig_run_statement(k, sql, s, end);
  mig_flush(k);
  k->listen = 0;
  if (alone) mig_frame_close(k);
}

static void mig_lint_statement(mig_lint *l, const char *sql, mig_span s, size_t end) {
  mig_deed d = mig_read_deed(&l->k.work, sql + s.at, s.end - s.at);
  l->at = s.at;
  l->table = l->text = l->strategy = 0;
  l->live = 0;
  mig_judge(l, &d, sql, s);
  mig_lint_run(l, &d, sql, s, end);
  if (l->k.fault.code == SQLITE_NOMEM) return;
  if (l->k.fault.code) mig_judge_failure(l);
  else if (l->upgrade) mig_judge_strategy(l);
}

/* ---- a section ---- */

/* Which views and triggers the section may break: those that name a table or view that it drops or
** renames. SQLite and the ALTER language look after the others. */
static void mig_lint_baseline(mig_lint *l, const char *sql) {
  size_t at = 0;
  mig_span s;
  memset(&l->worked, 0, sizeof l->worked);
  while (l->before && mig_next_statement(sql, strlen(sql), &at, &s) > 0) {
    mig_deed d = mig_read_deed(&l->k.work, sql + s.at, s.end - s.at);
    if (d.kind != MIG_DEED_DROP || (*d.type != 't' && *d.type != 'v')) continue;
    mig_find_mentions(&l->k, &l->worked, l->before, d.name);
  }
  mig_baseline(&l->k, &l->worked);
}

static void mig_judge_allows(mig_lint *l) {
  const mig_allow *w;
  for (w = l->allows; w; w = w->next) {
    if (!w->word || mig_find_rule(w->word) >= 0) continue;
    mig_report_at(l, MIG_RULE_UNKNOWN_RULE, w->at, 0,
                  mig_format(&l->k.work, "there is no rule %.40s to allow", w->word));
  }
}

/* Runs and judges a section. 0: it did not run to its end. */
static int mig_lint_section(mig_lint *l, int upgrade) {
  const char *sql;
  size_t n, at = 0, from = 0;
  mig_span s;
  int found, unsure = l->unsure;
  l->upgrade = upgrade;
  l->section = upgrade ? &l->rev->upgrade : &l->rev->downgrade;
  l->events = 0;
  sql = l->section->sql;
  if (upgrade) l->before = mig_catalog_now(l); /* of this revision, also where it does nothing */
  if (!sql) return 1;
  n = strlen(sql);
  l->unsure = 0;
  if (upgrade) mig_lint_baseline(l, sql);
  while (l->k.fault.code == 0 && (found = mig_next_statement(sql, n, &at, &s)) != 0) {
    size_t to = mig_remarks_end(sql, n, at);
    l->allows = mig_allows(&l->k.work, sql, from, to, 0);
    mig_judge_allows(l);
    from = to;
    l->at = s.at;
    if (found < 0) {
      mig_report(l, MIG_RULE_REFUSED, "the text ends inside of this statement");
      break;
    }
    mig_lint_statement(l, sql, s, at);
    if (unsure) l->unsure = 1; /* the first failure is told of; the others follow from it */
  }
  mig_judge_section(l);
  unsure = unsure || l->unsure;
  found = !l->unsure;
  l->unsure = unsure;
  return found;
}

/* ---- the way back ---- */

/* The first thing that separates two schemas, as the statement that would mend it. */
static const char *mig_first_difference(mig_lint *l, const mig_catalog *from,
                                        const mig_catalog *to) {
  mig_comparison c;
  memset(&c, 0, sizeof c);
  c.a = &l->k.work;
  c.settings = &l->k.settings;
  c.from = from;
  c.to = to;
  mig_compare_names(&c);
  if (!c.first && !mig_failed(&l->k.work)) mig_compare_catalogs(&c);
  return c.first ? c.first->sql : 0;
}

/* Runs the downgrade behind the upgrade, and takes it back. */
static void mig_lint_downgrade(mig_lint *l) {
  mig_arena *a = &l->k.work;
  const mig_catalog *before = l->before, *after;
  const char *sql = 0;
  int ran, unsure = l->unsure;
  mig_text line;
  mig_frame_open(&l->k);
  ran = mig_lint_section(l, 0);
  l->unsure = unsure;
  after = ran && !unsure && before ? mig_catalog_now(l) : 0;
  if (after) sql = mig_first_difference(l, after, before);
  if (l->k.fault.code && l->k.fault.code != SQLITE_NOMEM) mig_fault_clear(&l->k.fault);
  mig_text_init(&line, a);
  if (sql) {
    mig_put_line(&line, sql);
    mig_report_whole(l, MIG_RULE_INCOMPLETE_DOWNGRADE, 0,
                     mig_format(a, "the schema is not as before after it; what is missing: %.200s",
                                mig_text_z(&line)));
  }
  if (l->k.depth) mig_frame_undo(&l->k);
  mig_forget_catalogs(&l->k);
  l->k.pending = 0;
}

/* ---- a revision ---- */

static int mig_is_blank_section(const mig_section *s) {
  size_t at = 0;
  mig_span one;
  return !s->sql || mig_next_statement(s->sql, strlen(s->sql), &at, &one) == 0;
}

/* Rules of the revision as a whole; the acts are those of its upgrade. */
static void mig_judge_revision(mig_lint *l) {
  const mig_revision *rev = l->rev;
  const mig_event *lost = mig_find_event(l, MIG_EVENT_LOST, 0, 0);
  int back = rev->downgrade_fn || !mig_is_blank_section(&rev->downgrade);
  int forth = rev->upgrade_fn || !mig_is_blank_section(&rev->upgrade);
  if (forth && !back && !l->forward_told) {
    mig_report_whole(l, MIG_RULE_MISSING_DOWNGRADE, 0,
                     l->forward         ? "no revision has a downgrade"
                     : rev->downgrade.sql ? "the downgrade is empty: it would undo nothing"
                                          : "the revision has no downgrade");
    if (l->listed) l->forward_told = l->forward;
  }
  if (back && lost) {
    mig_report_whole(l, MIG_RULE_LOSSY_DOWNGRADE, lost->at,
                     mig_format(&l->k.work,
                                lost->other ? "no downgrade knows the values of %s.%s again"
                                            : "no downgrade knows the rows of %s again",
                                lost->table, lost->other));
  }
}

static void mig_lint_revision(mig_lint *l) {
  int ran;
  l->whole = mig_revision_allows(&l->k.work, l->rev);
  ran = mig_lint_section(l, 1);
  if (l->rev->upgrade_fn) l->unsure = l->in_c = 1;
  mig_judge_revision(l);
  mig_keep_written(l);
  if (!l->listed || mig_is_blank_section(&l->rev->downgrade)) return;
  if (ran && !l->rev->downgrade_fn) mig_lint_downgrade(l);
}

/* Tells the caller; non-zero: it has heard enough. */
static int mig_lint_tell(mig_lint *l, int (*row)(void *, const migrate_finding *), void *arg) {
  const mig_finding *f;
  migrate_finding r;
  memset(&r, 0, sizeof r);
  for (f = l->found; f && !mig_failed(&l->m->work); f = f->next) {
    r.revision = l->rev->id;
    r.path = l->rev->path;
    r.line = f->line;
    r.severity = mig_rules[f->rule].severity;
    r.rule = mig_rules[f->rule].word;
    r.message = f->message;
    if (row(arg, &r)) return 1;
  }
  l->found = 0;
  return 0;
}

/* ---- which revisions ---- */

/* A project that never goes back hears of it once. */
static int mig_is_forward(const mig_graph *g) {
  int i;
  for (i = 0; i < g->n; i++) {
    const mig_revision *rev = g->nodes[i].rev;
    if (rev->downgrade_fn || !mig_is_blank_section(&rev->downgrade)) return 0;
  }
  return g->n > 1;
}

typedef struct mig_lint_plan {
  mig_nodes order;        /* all revisions, newest first */
  unsigned char *listed;  /* those that were asked for */
  unsigned char *applied;
  int live;               /* none of them is applied: the copy begins with the schema at hand */
} mig_lint_plan;

static void mig_plan_lint(migrate *m, mig_graph *g, const char *range, mig_lint_plan *p) {
  mig_version v = mig_version_read(m->db, &m->work, m->settings.version_table);
  mig_nodes rows, asked;
  mig_ask q;
  int i;
  memset(p, 0, sizeof *p);
  if (mig_failed(&m->work)) return;
  rows = mig_known_rows(g, v.rows);
  q = mig_ask_of(g, 0);
  p->order = mig_history_range(g, "", rows);
  p->applied = mig_applied(g, rows);
  p->listed = mig_marks(g);
  if (!range || !*range) asked = p->order;
  else if (strchr(range, ':')) asked = mig_history_range(g, range, rows);
  else if (strcmp(range, "current") == 0) asked = rows;
  else asked = mig_resolve_all(&q, range);
  p->live = v.exists && rows.n > 0;
  for (i = 0; i < asked.n && !mig_failed(&m->work); i++) {
    if (asked.at[i] < 0) continue;
    p->listed[asked.at[i]] = 1;
    if (p->applied[asked.at[i]]) p->live = 0;
  }
}

static void mig_lint_open(migrate *m, mig_lint *l, int live) {
  sqlite3 *db = mig_scratch_open(m, live);
  memset(l, 0, sizeof *l);
  l->m = m;
  if (!db) return;
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  mig_scratch_handle(m, db, &l->k);
  l->k.step = 1; /* legacy_alter_table: a script that has switched it means it, here as in a run */
}

MIGRATE_API int migrate_lint(migrate *m, const char *range,
                             int (*row)(void *, const migrate_finding *), void *arg) {
  mig_lint l;
  mig_lint_plan p;
  mig_graph *g;
  int i, enough = 0;
  if (mig_begin_call(m)) return migrate_errcode(m);
  if (!row) mig_fail(&m->work, MIGRATE_MISUSE, "migrate_lint: the callback is NULL");
  g = mig_failed(&m->work) ? 0 : mig_graph_of(m);
  if (g) mig_plan_lint(m, g, range, &p);
  if (mig_failed(&m->work)) return mig_end_call(m);
  mig_lint_open(m, &l, p.live);
  l.forward = mig_is_forward(g);
  for (i = p.order.n - 1; i >= 0 && l.k.db && !enough && !mig_failed(&m->work); i--) {
    int node = p.order.at[i];
    if (p.live && p.applied[node]) continue;
    l.rev = g->nodes[node].rev;
    l.listed = p.listed[node];
    l.pending = !p.applied[node];
    mig_lint_revision(&l);
    enough = mig_lint_tell(&l, row, arg);
    if (l.k.fault.code == SQLITE_NOMEM) mig_no_memory(&m->work);
    mig_begin_call(&l.k);
  }
  if (l.k.db) mig_scratch_close(m, &l.k);
  return mig_end_call(m);
}
/* Copy: a private copy of the database, rows and all, in SQLite's own temporary storage; and two
** of them compared. */

/* The private database must not reach for files of the user's. */
static int mig_copy_authorizer(void *arg, int action, const char *one, const char *two,
                               const char *schema, const char *trigger) {
  (void)arg;
  (void)two;
  (void)schema;
  (void)trigger;
  if (action == SQLITE_ATTACH && (!one || (*one && strcmp(one, ":memory:") != 0))) {
    return SQLITE_DENY;
  }
  if (action == SQLITE_PRAGMA && (mig_same(one, "temp_store_directory") ||
                                  mig_same(one, "data_store_directory"))) {
    return SQLITE_DENY;
  }
  return SQLITE_OK;
}

static void mig_fail_copy(migrate *m, int rc, const char *why) {
  mig_fail(&m->work, rc, "the database cannot be copied: %s", why);
}

/* An SQLite may be without authorizers: compiled in it lacks the function, and an extension is
** handed none. Then nothing is tried out. */
static void mig_fence_copy(migrate *m, sqlite3 *db) {
  int (*fence)(sqlite3 *, int (*)(void *, int, const char *, const char *, const char *,
                                  const char *), void *) = 0;
#ifndef SQLITE_OMIT_AUTHORIZATION
  fence = sqlite3_set_authorizer;
#endif
  if (fence) fence(db, mig_copy_authorizer, 0);
  else mig_fail_copy(m, MIGRATE_UNSUPPORTED, "this SQLite has no authorizer to keep it apart");
}

/* Copies one database of a connection over one of another. While somebody commits it is waited. */
static void mig_copy_pages(migrate *m, sqlite3 *to, sqlite3 *from, const char *schema) {
  sqlite3_backup *b;
  mig_wait w = {0, 0};
  int rc;
  if (mig_failed(&m->work)) return;
  b = sqlite3_backup_init(to, schema, from, schema);
  if (!b) {
    mig_fail_copy(m, sqlite3_errcode(to), sqlite3_errmsg(to));
    return;
  }
  do {
    rc = sqlite3_backup_step(b, -1);
  } while ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && sqlite3_get_autocommit(from) &&
           mig_pause(m, &w));
  sqlite3_backup_finish(b);
  if (rc == SQLITE_BUSY && !sqlite3_get_autocommit(from)) {
    mig_fail(&m->work, MIGRATE_IN_TRANSACTION,
             "the open transaction has changed the database, which cannot be copied then: commit "
             "it first");
  } else if (rc != SQLITE_DONE) {
    mig_fail_copy(m, rc, sqlite3_errstr(rc));
  }
}

/* The settings of the connection that a script's effect depends on. */
static void mig_copy_settings(sqlite3 *to, sqlite3 *from) {
  static const int flags[] = {SQLITE_DBCONFIG_ENABLE_FKEY, SQLITE_DBCONFIG_ENABLE_TRIGGER,
                              MIG_LEGACY_ALTER_TABLE, MIG_DQS_DML, MIG_DQS_DDL};
  sqlite3_stmt *stmt = 0;
  size_t i;
  for (i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    mig_flag(to, flags[i], mig_flag(from, flags[i], -1));
  }
  if (sqlite3_prepare_v2(from, "PRAGMA recursive_triggers", -1, &stmt, 0) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0)) {
    mig_step_all(to, "PRAGMA recursive_triggers = ON", 0);
  }
  sqlite3_finalize(stmt);
  sqlite3_limit(to, SQLITE_LIMIT_COLUMN, sqlite3_limit(from, SQLITE_LIMIT_COLUMN, -1));
}

static void mig_copy_collation(void *arg, sqlite3 *db, int encoding, const char *name) {
  *(int *)arg = 1;
  mig_stub_collation(0, db, encoding, name);
}

/* Asks for every collation that a text names. */
static void mig_want_collations(mig_arena *a, sqlite3 *db, const char *sql) {
  size_t n = strlen(sql);
  mig_token k = mig_next_significant(sql, n, 0), next;
  for (; k.type != MIG_TK_END && !mig_failed(a); k = next) {
    char *name, *probe;
    next = mig_next_significant(sql, n, k.end);
    if (!mig_token_is(sql, k, "COLLATE") || !mig_is_name(sql, next)) continue;
    name = mig_dequote(a, sql, next);
    probe = name ? mig_format(a, "SELECT '' < '' COLLATE \"%w\"", name) : 0;
    if (probe) mig_step_all(db, probe, 0);
  }
}

/* Stand-ins for the functions and collations that a schema needs and the copy does not know. What
** such a collation has put in order is sorted anew. */
static void mig_copy_stubs(migrate *m, sqlite3 *db, const char *schema) {
  sqlite3_stmt *stmt = 0;
  int stubs = 0, rc;
  char *sql =
      mig_format(&m->work, "SELECT sql FROM \"%w\".sqlite_master WHERE sql NOT NULL", schema);
  if (!sql) return;
  sqlite3_collation_needed(db, &stubs, mig_copy_collation);
  rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    if (!text) continue;
    mig_stub_functions(&m->work, db, text);
    mig_want_collations(&m->work, db, text);
  }
  if (rc == SQLITE_OK) rc = sqlite3_finalize(stmt);
  if (rc == SQLITE_OK && stubs) rc = mig_step_all(db, "REINDEX", 0);
  if (rc != SQLITE_OK) mig_fail_copy(m, rc, sqlite3_errmsg(db));
  sqlite3_collation_needed(db, 0, mig_stub_collation);
}

/* Opens a copy of all of a connection's databases but TEMP, as a handle with the settings of m.
** mig_scratch_close() is due where k->db is set. */
static void mig_copy_open(migrate *m, sqlite3 *from, const char *const *schemas, int n,
                          migrate *k) {
  sqlite3 *db = 0;
  int i;
  memset(k, 0, sizeof *k);
  if (mig_failed(&m->work)) return;
  if (sqlite3_open_v2("", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0) != SQLITE_OK) {
    sqlite3_close(db);
    mig_no_memory(&m->work);
    return;
  }
  mig_fence_copy(m, db);
  mig_copy_settings(db, from);
  for (i = 0; i < n && !mig_failed(&m->work); i++) {
    if (mig_same(schemas[i], "temp")) continue;
    if (!mig_same(schemas[i], "main")) {
      char *sql = mig_format(&m->work, "ATTACH '' AS \"%w\"", schemas[i]);
      if (sql) mig_step_all(db, sql, 0);
    }
    mig_copy_pages(m, db, from, schemas[i]);
    mig_copy_stubs(m, db, schemas[i]);
  }
  mig_scratch_handle(m, db, k);
  k->live = 0; /* its rows are its own: what a revision does, its functions too, happens here */
  k->settings.env_sql = 0;
}

/* ---- two copies compared ---- */

typedef struct mig_contrast {
  const char *schema, *type, *name; /* of the object that differs; name NULL: none does */
  const char *before, *after;       /* its text, or a row; NULL: not there */
  int rows;                         /* the texts are rows */
  sqlite3_int64 compared;           /* rows that are the same */
} mig_contrast;

static void mig_set_contrast(mig_contrast *c, const char *schema, const char *type,
                             const char *name, const char *before, const char *after) {
  c->schema = schema;
  c->type = type;
  c->name = name;
  c->before = before;
  c->after = after;
}

/* Ours, SQLite's, and what has no text are not compared. */
static int mig_is_contrasted(const migrate *m, const mig_object *o) {
  return o->sql && !mig_has_name_prefix(o->name, "sqlite_") &&
         !mig_same(o->table, m->settings.version_table) && !mig_same(o->table, MIG_JOURNAL);
}

static const mig_object *mig_object_named(const mig_catalog *c, const char *type,
                                          const char *name) {
  int i;
  for (i = 0; i < c->n; i++) {
    if (mig_is_type(&c->v[i], type) && mig_same(c->v[i].name, name)) return &c->v[i];
  }
  return 0;
}

static const mig_catalog *mig_copy_catalog(migrate *k, const char *schema) {
  const mig_catalog *c;
  mig_forget_catalogs(k);
  c = mig_read_catalog(k, schema);
  mig_forget_catalogs(k); /* an edit would change the texts of one at hand */
  return c;
}

/* The first object whose text means something else, or that one side alone has. */
static void mig_contrast_schema(migrate *m, migrate *before, migrate *after, const char *schema,
                                mig_contrast *out) {
  const mig_catalog *b = mig_copy_catalog(before, schema), *c = mig_copy_catalog(after, schema);
  int i;
  if (!b || !c) return;
  for (i = 0; i < b->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &b->v[i], *p = mig_object_named(c, o->type, o->name);
    if (!mig_is_contrasted(m, o)) continue;
    if (p && mig_same_statement(&m->work, o->sql, p->sql)) continue;
    mig_set_contrast(out, schema, o->type, o->name, o->sql, p ? p->sql : 0);
  }
  for (i = 0; i < c->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &c->v[i];
    if (!mig_is_contrasted(m, o) || mig_object_named(b, o->type, o->name)) continue;
    mig_set_contrast(out, schema, o->type, o->name, 0, o->sql);
  }
}

/* A query for a table's rows in an order that tells nothing of where they are stored: of the key
** where there is one, else of all columns. */
static char *mig_rows_query(mig_arena *a, const char *schema, const mig_table *t) {
  const mig_constraint *key = t->without_rowid ? mig_primary_key(t) : 0;
  mig_text list, order;
  int i, alias = mig_alias(t);
  mig_text_init(&list, a);
  mig_text_init(&order, a);
  for (i = 0; i < t->ncolumn; i++) {
    mig_putf(&list, "%st.\"%w\"", i ? ", " : "", t->columns[i].name);
    if (key || (alias >= 0 && alias != i)) continue;
    mig_putf(&order, "%st.\"%w\"%s", order.n ? ", " : "", t->columns[i].name,
             alias == i ? "" : " COLLATE BINARY");
  }
  for (i = 0; key && i < key->nkey; i++) {
    mig_putf(&order, "%st.\"%w\" COLLATE BINARY", i ? ", " : "", key->keys[i].name);
  }
  return mig_format(a, "SELECT %s FROM \"%w\".\"%w\" AS t ORDER BY %s", mig_text_z(&list), schema,
                    t->name, mig_text_z(&order));
}

static int mig_same_value(sqlite3_stmt *x, sqlite3_stmt *y, int i) {
  int type = sqlite3_column_type(x, i), n;
  if (type != sqlite3_column_type(y, i)) return 0;
  if (type == SQLITE_NULL) return 1;
  if (type == SQLITE_INTEGER) return sqlite3_column_int64(x, i) == sqlite3_column_int64(y, i);
  if (type == SQLITE_FLOAT) {
    double p = sqlite3_column_double(x, i), q = sqlite3_column_double(y, i);
    return memcmp(&p, &q, sizeof p) == 0;
  }
  n = sqlite3_column_bytes(x, i);
  return n == sqlite3_column_bytes(y, i) &&
         (n == 0 || memcmp(sqlite3_column_blob(x, i), sqlite3_column_blob(y, i), (size_t)n) == 0);
}

static int mig_same_row(sqlite3_stmt *x, sqlite3_stmt *y) {
  int i, n = sqlite3_column_count(x), same = n == sqlite3_column_count(y);
  for (i = 0; i < n && same; i++) same = mig_same_value(x, y, i);
  return same;
}

#define MIG_ROW_WIDTH 200

/* name: 'Ann', age: 7 */
static const char *mig_row_text(mig_arena *a, sqlite3_stmt *s) {
  mig_text t;
  int i;
  mig_text_init(&t, a);
  for (i = 0; i < sqlite3_column_count(s) && t.n < MIG_ROW_WIDTH && !mig_failed(a); i++) {
    mig_putf(&t, "%s%s: ", i ? ", " : "", sqlite3_column_name(s, i));
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_NULL: mig_put(&t, "NULL"); break;
      case SQLITE_INTEGER: mig_putf(&t, "%lld", sqlite3_column_int64(s, i)); break;
      case SQLITE_FLOAT: mig_putf(&t, "%!.17g", sqlite3_column_double(s, i)); break;
      case SQLITE_BLOB: mig_putf(&t, "a blob of %d bytes", sqlite3_column_bytes(s, i)); break;
      default: mig_putf(&t, "%.100Q", (const char *)sqlite3_column_text(s, i));
    }
  }
  return mig_text_z(&t);
}

static int mig_is_row_or_end(int rc) { return rc == SQLITE_ROW || rc == SQLITE_DONE; }

/* Reads both side by side up to the first row that differs. */
static void mig_contrast_statements(migrate *m, sqlite3_stmt *x, sqlite3_stmt *y,
                                    const char *schema, const char *name, mig_contrast *out) {
  for (;;) {
    int p = sqlite3_step(x), q = sqlite3_step(y);
    if (!mig_is_row_or_end(p) || !mig_is_row_or_end(q)) {
      mig_fail(&m->work, mig_is_row_or_end(p) ? q : p, "the rows of %s cannot be compared", name);
      return;
    }
    if (p == SQLITE_DONE && q == SQLITE_DONE) return;
    if (p == q && mig_same_row(x, y)) {
      out->compared++;
      continue;
    }
    mig_set_contrast(out, schema, "table", name, p == SQLITE_ROW ? mig_row_text(&m->work, x) : 0,
                     q == SQLITE_ROW ? mig_row_text(&m->work, y) : 0);
    out->rows = 1;
    return;
  }
}

/* Compiles the query of one side; that it names columns which are not there is no fault. */
static sqlite3_stmt *mig_contrast_side(migrate *m, sqlite3 *db, const char *sql,
                                       const char *name) {
  sqlite3_stmt *stmt = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, 0);
  if (mig_is_accident(rc)) mig_fail(&m->work, rc, "the rows of %s cannot be compared", name);
  return stmt;
}

/* The first row that differs, of an ordinary table; where its columns are others now, all do. */
static void mig_contrast_table(migrate *m, migrate *before, migrate *after, const char *schema,
                               const mig_object *o, mig_contrast *out) {
  sqlite3_stmt *x, *y;
  mig_table t;
  char *sql;
  if (mig_failed(&m->work) || mig_is_virtual(o)) return;
  if (mig_parse_table(&m->work, o->sql, &t)) {
    mig_forgive(&m->fault);
    return;
  }
  sql = mig_rows_query(&m->work, schema, &t);
  if (!sql) return;
  x = mig_contrast_side(m, before->db, sql, o->name);
  y = mig_contrast_side(m, after->db, sql, o->name);
  if (x && y) mig_contrast_statements(m, x, y, schema, o->name, out);
  else if (x) mig_set_contrast(out, schema, o->type, o->name, o->sql, 0);
  sqlite3_finalize(x);
  sqlite3_finalize(y);
}

static void mig_contrast_rows(migrate *m, migrate *before, migrate *after, const char *schema,
                              mig_contrast *out) {
  const mig_catalog *b = mig_copy_catalog(before, schema);
  int i;
  for (i = 0; b && i < b->n && !out->name && !mig_failed(&m->work); i++) {
    const mig_object *o = &b->v[i];
    if (!mig_is_type(o, "table") || !mig_is_contrasted(m, o)) continue;
    if (mig_is_shadow_name(&m->work, b, o->table)) continue;
    mig_contrast_table(m, before, after, schema, o, out);
  }
}
/* Verify: each revision up, down and up again on a private copy of the database, rows and all: is
** what the downgrade leaves what the upgrade found? */

typedef struct mig_verify {
  migrate *m;
  mig_graph *g;
  migrate k;             /* the copy in which the revisions run */
  const char **schemas;
  int nschema;
  unsigned char *asked;  /* revisions to be verified */
  mig_text wrong;        /* what is not true, revision by revision */
} mig_verify;

/* ---- steps in the copy ---- */

static void mig_verify_run(mig_verify *v, migrate *k, const mig_step *step) {
  mig_version now = mig_version_read(k->db, &k->work, k->settings.version_table);
  if (step->rev->upgrade.sql) mig_stub_functions(&k->work, k->db, step->rev->upgrade.sql);
  if (step->rev->downgrade.sql) mig_stub_functions(&k->work, k->db, step->rev->downgrade.sql);
  k->graph = v->g;
  mig_check_step(k, step);
  if (!mig_failed(&k->work)) mig_frame_open(k);
  if (!mig_failed(&k->work)) mig_make_tables(k, now.exists);
  if (!mig_failed(&k->work)) mig_run_step(k, step, 1);
  mig_end_transaction(k);
  k->step = 0;
  if (!mig_failed(&k->work) && !sqlite3_get_autocommit(k->db)) {
    mig_fail(&k->work, MIGRATE_SCRIPT, "revision %s leaves a transaction open", step->rev->id);
  }
}

/* The steps from the copy's version rows up to a revision, or that undo it. */
static mig_plan mig_verify_plan(mig_verify *v, const mig_revision *rev, int upgrade) {
  mig_names rows = mig_version_read(v->k.db, &v->m->work, v->m->settings.version_table).rows;
  unsigned char *undo;
  if (upgrade) return mig_plan_upgrade(v->g, rows, rev->id);
  undo = mig_marks(v->g);
  if (undo) undo[mig_find_id(v->g, rev->id)] = 1;
  return mig_plan_undo(v->g, undo, mig_known_rows(v->g, rows));
}

/* Runs a revision's one step up or down. */
static void mig_verify_go(mig_verify *v, const mig_revision *rev, int upgrade) {
  mig_plan p = mig_verify_plan(v, rev, upgrade);
  int i;
  for (i = 0; i < p.n && !mig_failed(&v->m->work) && !v->k.fault.code; i++) {
    mig_verify_run(v, &v->k, &p.steps[i]);
  }
}

/* A copy of the copy. */
static void mig_verify_snapshot(mig_verify *v, migrate *copy) {
  mig_copy_open(v->m, v->k.db, v->schemas, v->nschema, copy);
}

static void mig_verify_restore(mig_verify *v, migrate *copy) {
  int i;
  mig_fault_clear(&v->k.fault);
  if (!sqlite3_get_autocommit(v->k.db)) mig_step_all(v->k.db, "ROLLBACK", 0);
  for (i = 0; i < v->nschema; i++) {
    if (mig_same(v->schemas[i], "temp")) continue;
    mig_copy_pages(v->m, v->k.db, copy->db, v->schemas[i]);
  }
  mig_forget_catalogs(&v->k);
}

static void mig_verify_close(mig_verify *v, migrate *copy) {
  if (!copy->db) return;
  if (copy->fault.code != SQLITE_NOMEM) mig_fault_clear(&copy->fault);
  mig_scratch_close(v->m, copy);
}

/* ---- comparing ---- */

static mig_contrast mig_verify_contrast(mig_verify *v, migrate *before, migrate *after, int rows) {
  mig_contrast c;
  int i;
  memset(&c, 0, sizeof c);
  for (i = 0; i < v->nschema && !c.name; i++) {
    if (!mig_same(v->schemas[i], "temp")) {
      mig_contrast_schema(v->m, before, after, v->schemas[i], &c);
    }
  }
  for (i = 0; i < v->nschema && !c.name && rows; i++) {
    if (!mig_same(v->schemas[i], "temp")) {
      mig_contrast_rows(v->m, before, after, v->schemas[i], &c);
    }
  }
  return c;
}

/* Is the object that differs in the end different already? */
static int mig_verify_differs(mig_verify *v, migrate *before, migrate *now,
                              const mig_contrast *end) {
  const mig_catalog *b = mig_copy_catalog(before, end->schema);
  const mig_catalog *c = mig_copy_catalog(now, end->schema);
  const mig_object *was = b ? mig_object_named(b, end->type, end->name) : 0;
  const mig_object *is = c ? mig_object_named(c, end->type, end->name) : 0;
  mig_contrast rows;
  if (!was || !is) return was != is;
  if (!end->rows) return !mig_same_statement(&v->m->work, was->sql, is->sql);
  memset(&rows, 0, sizeof rows);
  mig_contrast_table(v->m, before, now, end->schema, was, &rows);
  return rows.name != 0;
}

/* The first statement of the upgrade behind which the object is not what it was: its place, or the
** end of the text when it is none of them. */
static size_t mig_verify_culprit(mig_verify *v, migrate *before, const mig_revision *rev,
                                 const mig_contrast *end) {
  const char *sql = rev->upgrade.sql ? rev->upgrade.sql : "";
  size_t n = strlen(sql), at = 0, found = n;
  migrate now;
  mig_span s;
  mig_copy_open(v->m, before->db, v->schemas, v->nschema, &now);
  if (!now.db) return found;
  mig_stub_functions(&now.work, now.db, sql);
  if (!rev->upgrade.outside) mig_frame_open(&now);
  while (found == n && !now.fault.code && mig_next_statement(sql, n, &at, &s) > 0) {
    mig_run_statement(&now, sql, s, at);
    mig_flush(&now);
    if (!now.fault.code && mig_verify_differs(v, before, &now, end)) found = s.at;
  }
  if (now.depth) mig_frame_undo(&now);
  mig_verify_close(v, &now);
  return found;
}

/* ---- reports ---- */

static const char *mig_verify_line(mig_arena *a, const mig_revision *rev) {
  return mig_format(a, "%s%s%s", rev->id, *rev->message ? ", " : "", rev->message);
}

static void mig_verify_answer(mig_verify *v, const char *line) {
  if (v->m->result.n) mig_put(&v->m->result, "\n");
  mig_put(&v->m->result, line);
}

static void mig_put_wrong(mig_verify *v, const char *line) {
  mig_put(&v->wrong, "\n");
  mig_put(&v->wrong, line);
}

/* Where, which statement, what it was and what it is. */
static void mig_verify_blame(mig_verify *v, migrate *before, const mig_revision *rev,
                             const mig_contrast *c) {
  mig_arena *a = &v->m->work;
  const char *sql = rev->upgrade.sql ? rev->upgrade.sql : "";
  size_t n = strlen(sql), at = mig_verify_culprit(v, before, rev, c), from = at;
  mig_span s;
  mig_text one;
  mig_text_init(&one, a);
  mig_put_wrong(v, mig_format(a, "%s: the downgrade does not bring back %s%s %s",
                              at < n ? mig_where(a, rev, 1, at)
                                     : mig_format(a, "revision %s", mig_verify_line(a, rev)),
                              c->rows ? "the rows of " : "", c->type, c->name));
  if (at < n && mig_next_statement(sql, n, &from, &s) > 0) {
    const char *text = mig_span_text(a, sql, s);
    if (text) mig_put_line(&one, text);
    mig_put_wrong(v, mig_format(a, "  statement: %s", mig_text_z(&one)));
  }
  mig_put_wrong(v, mig_format(a, "  before: %s", c->before ? c->before : "(not there)"));
  mig_put_wrong(v, mig_format(a, "  after:  %s", c->after ? c->after : "(not there)"));
  if (c->rows) {
    mig_put_wrong(v, "  where that is meant: -- migrate:allow lossy-downgrade");
  }
}

/* Words of migrate_lint() that say: what goes is meant to go. */
static int mig_is_declared_lossy(mig_arena *a, const mig_revision *rev) {
  static const int rules[] = {MIG_RULE_LOSSY_DOWNGRADE, MIG_RULE_DROP_TABLE, MIG_RULE_DROP_COLUMN,
                              MIG_RULE_DELETE_ALL,      MIG_RULE_UPDATE_ALL, MIG_RULE_LOSSY_TYPE};
  const mig_allow *list = mig_revision_allows(a, rev);
  size_t i;
  for (i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (mig_is_allowed(list, rules[i])) return 1;
  }
  return 0;
}

/* ---- a revision ---- */

/* Down, and what that leaves; 0: it is not what was there before. */
static int mig_verify_down(mig_verify *v, migrate *before, const mig_revision *rev, int lossy) {
  mig_arena *a = &v->m->work;
  mig_contrast c;
  mig_verify_go(v, rev, 0);
  if (mig_failed(a)) return 0;
  if (v->k.fault.code == SQLITE_NOMEM) return 0;
  if (v->k.fault.code) {
    mig_put_wrong(v, mig_fault_text(&v->k.fault));
    return 0;
  }
  c = mig_verify_contrast(v, before, &v->k, !lossy);
  if (c.name) {
    mig_verify_blame(v, before, rev, &c);
    return 0;
  }
  mig_verify_answer(v, lossy ? mig_format(a, "Verified %s: schema", mig_verify_line(a, rev))
                             : mig_format(a, "Verified %s: schema and %lld row%s",
                                          mig_verify_line(a, rev), c.compared,
                                          c.compared == 1 ? "" : "s"));
  return 1;
}

/* Up once more, which must lead to the same schema. */
static void mig_verify_again(mig_verify *v, migrate *above, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  mig_contrast c;
  mig_verify_go(v, rev, 1);
  if (mig_failed(a) || v->k.fault.code == SQLITE_NOMEM) return;
  if (v->k.fault.code) {
    mig_put_wrong(v, mig_format(a, "after the downgrade it cannot be applied again: %s",
                                mig_fault_text(&v->k.fault)));
    return;
  }
  c = mig_verify_contrast(v, above, &v->k, 0);
  if (!c.name) return;
  mig_put_wrong(v, mig_format(a, "revision %s: applied again it makes another %s %s",
                              mig_verify_line(a, rev), c.type, c.name));
  mig_put_wrong(v, mig_format(a, "  at first: %s", c.before ? c.before : "(not there)"));
  mig_put_wrong(v, mig_format(a, "  again:    %s", c.after ? c.after : "(not there)"));
}

/* Up, down, up; where something was not true, goes on from what the first upgrade made. */
static void mig_verify_one(mig_verify *v, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  int lossy = mig_is_declared_lossy(a, rev);
  size_t wrong = v->wrong.n;
  migrate before, above;
  memset(&above, 0, sizeof above);
  mig_verify_snapshot(v, &before);
  if (before.db) mig_verify_go(v, rev, 1);
  if (before.db && !v->k.fault.code) mig_verify_snapshot(v, &above);
  if (above.db && !mig_failed(a)) {
    if (mig_verify_down(v, &before, rev, lossy)) mig_verify_again(v, &above, rev);
    if (v->wrong.n != wrong && !mig_failed(a)) mig_verify_restore(v, &above);
  }
  mig_verify_close(v, &above);
  mig_verify_close(v, &before);
}

static void mig_verify_step(mig_verify *v, const mig_revision *rev) {
  mig_arena *a = &v->m->work;
  if (!v->asked[mig_find_id(v->g, rev->id)]) {
    mig_verify_go(v, rev, 1);
  } else if (!rev->downgrade.sql && !rev->downgrade_fn) {
    mig_verify_go(v, rev, 1);
    mig_verify_answer(v, mig_format(a, "Applied %s: it has no downgrade", mig_verify_line(a, rev)));
  } else {
    mig_verify_one(v, rev);
  }
  if (!v->k.fault.code) mig_begin_call(&v->k);
}

/* ---- which revisions ---- */

/* Those between the database and the target; of a target that is applied, and of a range, just
** those. */
static mig_nodes mig_verify_nodes(mig_verify *v, const char *target) {
  migrate *m = v->m;
  mig_names rows = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
  mig_nodes nodes = mig_room(&m->work, v->g->n);
  mig_ask q = mig_ask_of(v->g, 0);
  mig_plan p;
  int i;
  if (mig_failed(&m->work)) return nodes;
  if (target && strchr(target, ':')) {
    mig_nodes range = mig_history_range(v->g, target, mig_known_rows(v->g, rows));
    for (i = range.n - 1; i >= 0; i--) nodes.at[nodes.n++] = range.at[i];
    return nodes;
  }
  p = mig_plan_upgrade(v->g, rows, target ? target : "heads");
  for (i = 0; i < p.n && !mig_failed(&m->work); i++) {
    nodes.at[nodes.n++] = mig_find_id(v->g, p.steps[i].rev->id);
  }
  return nodes.n || !target || mig_failed(&m->work) ? nodes : mig_resolve_all(&q, target);
}

/* Takes back, in the copy, those that are applied, with what stands on them. */
static void mig_verify_below(mig_verify *v, mig_nodes nodes) {
  mig_arena *a = &v->m->work;
  mig_names rows = mig_version_read(v->k.db, a, v->m->settings.version_table).rows;
  mig_nodes at = mig_known_rows(v->g, rows);
  unsigned char *applied = mig_applied(v->g, at), *undo = mig_reached(v->g, nodes, MIG_ALL_AFTER);
  mig_plan p;
  int i;
  if (mig_failed(a)) return;
  for (i = 0; i < nodes.n; i++) undo[nodes.at[i]] = 1;
  for (i = 0; i < v->g->n; i++) undo[i] = undo[i] && applied[i];
  p = mig_plan_undo(v->g, undo, at);
  for (i = 0; i < p.n && !mig_failed(a) && !v->k.fault.code; i++) {
    mig_verify_run(v, &v->k, &p.steps[i]);
    if (!v->k.fault.code) mig_begin_call(&v->k);
  }
}

static void mig_verify_all(mig_verify *v, mig_nodes nodes) {
  mig_arena *a = &v->m->work;
  int i, j;
  for (i = 0; i < nodes.n; i++) v->asked[nodes.at[i]] = 1;
  mig_verify_below(v, nodes);
  for (i = 0; i < nodes.n && !mig_failed(a) && !v->k.fault.code; i++) {
    mig_plan p = mig_verify_plan(v, v->g->nodes[nodes.at[i]].rev, 1);
    for (j = 0; j < p.n && !mig_failed(a) && !v->k.fault.code; j++) {
      mig_verify_step(v, p.steps[j].rev);
    }
  }
}

MIGRATE_API int migrate_verify(migrate *m, const char *target) {
  mig_verify v;
  mig_nodes nodes;
  if (mig_begin_call(m)) return migrate_errcode(m);
  memset(&v, 0, sizeof v);
  v.m = m;
  v.g = mig_graph_of(m);
  if (!v.g) return mig_end_call(m);
  mig_text_init(&v.wrong, &m->work);
  v.asked = mig_marks(v.g);
  nodes = mig_verify_nodes(&v, target);
  if (mig_failed(&m->work)) return mig_end_call(m);
  v.schemas = mig_read_schemas(m, &v.nschema);
  if (nodes.n) mig_copy_open(m, m->db, v.schemas, v.nschema, &v.k);
  if (v.k.db && !mig_failed(&m->work)) mig_verify_all(&v, nodes);
  if (v.k.db) mig_scratch_close(m, &v.k);
  if (!nodes.n) mig_put(&m->result, "Nothing to verify: no revision is pending.");
  if (v.wrong.n) {
    mig_fail(&m->work, MIGRATE_DIFFERENT, "the way back is not true:%s", mig_text_z(&v.wrong));
  }
  return mig_end_call(m);
}
/* Tools: how other migration tools remember what they have applied. Names of tables are shared by
** several of them, so that the columns decide. */

typedef struct mig_tool {
  const char *name;
  const char *table;   /* its usual name; NULL: there is none */
  const char *columns; /* that it must have, as a list */
  int only;            /* .. and no others */
  const char *type;    /* how the first of them is declared, as of LIKE; NULL: any way */
  const char *ids;     /* query: each id that is applied and the set that it belongs to, of each set
                       ** the newest last; %w: the table */
  const char *trouble; /* query: a row says why the database is not fit to be taken over; one that
                       ** does not compile says nothing; NULL: none */
} mig_tool;

#define MIG_ALL_ROWS(id, order) "SELECT " id ", '' FROM main.\"%w\" ORDER BY " order
#define MIG_LOCKED(table, column) \
  "SELECT 'a migration is running, or its lock was left behind in " table "' FROM main.\"" table \
  "\" WHERE \"" column "\" <> 0"

/* A tool that leaves nothing but a number comes last: others leave it as well. */
static const mig_tool mig_tools[] = {
    {"Alembic", "alembic_version", "version_num", 0, 0,
     "SELECT version_num, version_num FROM main.\"%w\" ORDER BY rowid", 0},
    {"golang-migrate", "schema_migrations", "version, dirty", 0, 0, MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' is dirty: it was broken off' FROM main.schema_migrations "
     "WHERE dirty"},
    {"dbmate", "schema_migrations", "version", 1, "varchar(%", MIG_ALL_ROWS("version", "1"), 0},
    {"Rails", "schema_migrations", "version", 1, "varchar",
     MIG_ALL_ROWS("version", "length(version), 1"), 0},
    {"Sequel", "schema_migrations", "filename", 1, 0, MIG_ALL_ROWS("filename", "1"), 0},
    {"Sequel", "schema_info", "version", 1, 0, MIG_ALL_ROWS("version", "1"), 0},
    {"Ecto", "schema_migrations", "version, inserted_at", 1, 0, MIG_ALL_ROWS("version", "1"), 0},
    {"goose", "goose_db_version", "id, version_id, is_applied, tstamp", 0, 0,
     "SELECT version_id, '' FROM main.\"%w\" AS g WHERE version_id > 0 AND is_applied AND id = "
     "(SELECT max(h.id) FROM main.goose_db_version AS h WHERE h.version_id = g.version_id) ORDER "
     "BY version_id",
     0},
    {"sqlx", "_sqlx_migrations", "version, description, success, checksum", 0, 0,
     MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' has failed' FROM main._sqlx_migrations WHERE NOT success"},
    {"Diesel", "__diesel_schema_migrations", "version, run_on", 0, 0, MIG_ALL_ROWS("version", "1"),
     0},
    {"refinery", "refinery_schema_history", "version, name, applied_on, checksum", 0, 0,
     MIG_ALL_ROWS("version", "1"), 0},
    {"GRDB", "grdb_migrations", "identifier", 0, 0, MIG_ALL_ROWS("identifier", "rowid"), 0},
    {"EF Core", "__EFMigrationsHistory", "MigrationId, ProductVersion", 0, 0,
     MIG_ALL_ROWS("MigrationId", "1"),
     "SELECT 'a migration is running, or its lock was left behind in __EFMigrationsLock' FROM "
     "main.__EFMigrationsLock"},
    {"Django", "django_migrations", "id, app, name, applied", 0, 0,
     "SELECT app || '.' || name, app FROM main.\"%w\" ORDER BY id", 0},
    {"Flyway", "flyway_schema_history", "installed_rank, version, script, checksum, success", 0, 0,
     "SELECT version, '' FROM main.\"%w\" WHERE version IS NOT NULL AND type NOT IN ('DELETE', "
     "'UNDO_SQL') ORDER BY installed_rank",
     "SELECT 'version ' || version || ' has failed' FROM main.flyway_schema_history WHERE NOT "
     "success"},
    {"Liquibase", "DATABASECHANGELOG", "ID, AUTHOR, FILENAME, ORDEREXECUTED", 0, 0,
     MIG_ALL_ROWS("ID", "ORDEREXECUTED"), MIG_LOCKED("DATABASECHANGELOGLOCK", "LOCKED")},
    {"Atlas", "atlas_schema_revisions", "version, applied, total, hash", 0, 0,
     MIG_ALL_ROWS("version", "1"),
     "SELECT 'version ' || version || ' is applied by half' FROM main.atlas_schema_revisions WHERE "
     "applied < total"},
    {"Prisma", "_prisma_migrations", "id, checksum, finished_at, migration_name, rolled_back_at", 0,
     0,
     "SELECT migration_name, '' FROM main.\"%w\" WHERE finished_at IS NOT NULL AND rolled_back_at "
     "IS NULL ORDER BY migration_name",
     "SELECT migration_name || ' has failed' FROM main._prisma_migrations WHERE finished_at IS "
     "NULL AND rolled_back_at IS NULL"},
    {"Drizzle", "__drizzle_migrations", "hash, created_at", 0, 0,
     MIG_ALL_ROWS("created_at", "created_at"), 0},
    {"Knex", "knex_migrations", "id, name, batch, migration_time", 0, 0, MIG_ALL_ROWS("name", "id"),
     MIG_LOCKED("knex_migrations_lock", "is_locked")},
    {"TypeORM", "migrations", "id, timestamp, name", 0, 0, MIG_ALL_ROWS("name", "id"), 0},
    {"Laravel", "migrations", "id, migration, batch", 0, 0, MIG_ALL_ROWS("migration", "id"), 0},
    {"node sqlite", "migrations", "id, name, up, down", 0, 0, MIG_ALL_ROWS("id", "id"), 0},
    {"gormigrate", "migrations", "id", 1, 0, MIG_ALL_ROWS("id", "rowid"), 0},
    {"Sequelize", "SequelizeMeta", "name", 1, 0, MIG_ALL_ROWS("name", "name"), 0},
    {"Kysely", "kysely_migration", "name, timestamp", 1, 0, MIG_ALL_ROWS("name", "name"),
     MIG_LOCKED("kysely_migration_lock", "is_locked")},
    {"sqlite-utils", "_sqlite_migrations", "migration_set, name, applied_at", 0, 0,
     "SELECT migration_set || '.' || name, migration_set FROM main.\"%w\" ORDER BY rowid", 0},
    {"sql-migrate", "gorp_migrations", "id, applied_at", 0, 0, MIG_ALL_ROWS("id", "id"), 0},
    {"yoyo", "_yoyo_migration", "migration_hash, migration_id, applied_at_utc", 0, 0,
     MIG_ALL_ROWS("migration_id", "applied_at_utc, migration_id"), 0},
    {"Wrangler", "d1_migrations", "id, name, applied_at", 0, 0, MIG_ALL_ROWS("name", "id"), 0},
    {"Play", "play_evolutions", "id, hash, state, apply_script", 0, 0, MIG_ALL_ROWS("id", "id"),
     "SELECT 'evolution ' || id || ' is in state ' || state FROM main.play_evolutions WHERE state "
     "<> 'applied'"},
    {"Room", "room_master_table", "id, identity_hash", 0, 0,
     "SELECT user_version, '' FROM pragma_user_version", 0},
    {"user_version", 0, 0, 0, 0,
     "SELECT user_version, '' FROM pragma_user_version WHERE user_version <> 0", 0},
};
#define MIG_TOOL_COUNT ((int)(sizeof mig_tools / sizeof mig_tools[0]))
/* Adopt: a database that another tool has migrated so far. Its history table tells what is applied;
** a mapping tells which revision that is. The foreign table is only read, and stays. */

typedef struct mig_applied_set {
  const char *set, *newest; /* the id applied last */
} mig_applied_set;

typedef struct mig_found {
  const mig_tool *tool;
  const char *table;
  mig_applied_set *sets;
  int nset, cap, applied;
} mig_found;

/* ---- recognising ---- */

/* The columns of a table, and how the one called `first` is declared. */
static mig_names mig_columns_of(migrate *m, const char *table, const char *first,
                                const char **type) {
  mig_names names;
  int cap = 0;
  sqlite3_stmt *stmt =
      mig_prepare(m, mig_format(&m->work, "PRAGMA main.table_info(\"%w\")", table));
  names.at = 0;
  names.n = 0;
  *type = "";
  while (mig_row(m, &stmt)) {
    const char *name = mig_cell(m, stmt, 1), *declared = mig_cell(m, stmt, 2);
    names.at = (const char **)mig_grow(&m->work, (void *)names.at, names.n, &cap, sizeof(char *));
    if (mig_failed(&m->work)) continue;
    names.at[names.n++] = name;
    if (mig_same(name, first) && declared) *type = declared;
  }
  return names;
}

static int mig_is_tools_table(migrate *m, const mig_tool *tool, const char *table) {
  mig_names want = mig_list_of(&m->work, tool->columns), have;
  const char *type = "";
  int i, j;
  if (!want.n || mig_table_kind(m->db, &m->work, table) != MIG_ORDINARY_TABLE) return 0;
  have = mig_columns_of(m, table, want.at[0], &type);
  if (mig_failed(&m->work) || (tool->only && have.n != want.n)) return 0;
  if (tool->type && sqlite3_strlike(tool->type, type, 0) != 0) return 0;
  for (i = 0; i < want.n; i++) {
    for (j = 0; j < have.n && !mig_same(want.at[i], have.at[j]); j++) {}
    if (j == have.n) return 0;
  }
  return 1;
}

static void mig_found_id(migrate *m, mig_found *f, const char *id, const char *set) {
  int i;
  for (i = 0; i < f->nset && strcmp(f->sets[i].set, set) != 0; i++) {}
  if (i == f->nset) {
    f->sets = (mig_applied_set *)mig_grow(&m->work, f->sets, f->nset, &f->cap,
                                          sizeof(mig_applied_set));
    if (mig_failed(&m->work)) return;
    f->sets[f->nset++].set = set;
  }
  f->sets[i].newest = id;
  f->applied++;
}

static void mig_read_tool(migrate *m, const mig_tool *tool, const char *table, mig_found *f) {
  sqlite3_stmt *stmt = mig_prepare(m, mig_format(&m->work, tool->ids, table));
  memset(f, 0, sizeof *f);
  f->tool = tool;
  f->table = table;
  while (mig_row(m, &stmt)) {
    const char *id = mig_cell(m, stmt, 0), *set = mig_cell(m, stmt, 1);
    if (id && set) mig_found_id(m, f, id, set);
  }
}

enum { MIG_TOOL_FOREIGN, MIG_TOOL_OWN, MIG_TOOL_NUMBER, MIG_TOOL_RANKS };

/* A history table of its own says most; then the version table, which is Alembic's as well, unless
** the journal tells that it was us; a mere number last, since several leave one. */
static int mig_tool_rank(const migrate *m, const mig_tool *tool) {
  if (!tool->table) return MIG_TOOL_NUMBER;
  return mig_same(tool->table, m->settings.version_table) ? MIG_TOOL_OWN : MIG_TOOL_FOREIGN;
}

static int mig_is_tool_there(migrate *m, const mig_tool *tool, int rank) {
  if (rank == MIG_TOOL_NUMBER) return 1;
  if (rank == MIG_TOOL_OWN && mig_table_kind(m->db, &m->work, MIG_JOURNAL)) return 0;
  return mig_is_tools_table(m, tool, tool->table);
}

/* The tools that have left something, of the first rank where there are any. */
static mig_found *mig_find_tools(migrate *m, const char *wanted, int *n) {
  mig_found *v = (mig_found *)mig_array(&m->work, (size_t)MIG_TOOL_COUNT, sizeof *v);
  int i, rank;
  *n = 0;
  for (rank = 0; rank < MIG_TOOL_RANKS && *n == 0; rank++) {
    for (i = 0; i < MIG_TOOL_COUNT && v && !mig_failed(&m->work); i++) {
      const mig_tool *tool = &mig_tools[i];
      if (wanted && !mig_same(wanted, tool->name)) continue;
      if (mig_tool_rank(m, tool) != rank || !mig_is_tool_there(m, tool, rank)) continue;
      mig_read_tool(m, tool, tool->table ? tool->table : "", &v[*n]);
      if (tool->table || v[*n].applied) ++*n;
    }
  }
  return v;
}

static void mig_refuse_trouble(migrate *m, const mig_found *f) {
  sqlite3_stmt *stmt = 0;
  int rc;
  if (!f->tool->trouble || mig_failed(&m->work)) return;
  rc = sqlite3_prepare_v2(m->db, f->tool->trouble, -1, &stmt, 0);
  if (mig_is_accident(rc)) mig_fail_db(m, 0);
  if (rc) return; /* the table that would tell of it is not there */
  while (mig_row(m, &stmt)) {
    const char *why = mig_cell(m, stmt, 0);
    mig_fail(&m->work, MIGRATE_UNSUPPORTED,
             "%s says that %s: put that right with %s first, then adopt", f->tool->name,
             why ? why : "something is wrong", f->tool->name);
  }
}

/* ---- the mapping ---- */

typedef struct mig_mapping {
  const char *path;  /* of its file, of which nothing is repeated; NULL: given as text */
  const char *tool;  /* "Rails: .."; NULL: not said */
  mig_names theirs, ours;
} mig_mapping;

/* their-id=our-revision; the last = divides, since a file name may hold one. */
static void mig_map_entry(migrate *m, mig_mapping *map, const char *entry) {
  mig_arena *a = &m->work;
  const char *equals = strrchr(entry, '=');
  mig_span from, to;
  if (!equals && map->path) {
    mig_fail(a, MIGRATE_MISUSE,
             "%s: the mapping is a list of their-id=revision; its entry %d is none", map->path,
             map->theirs.n + 1);
  } else if (!equals) {
    mig_fail(a, MIGRATE_MISUSE, "the mapping is their-id=revision, ..; this is none: %.60s", entry);
  }
  if (!equals) return;
  from = mig_trim_blanks(entry, 0, (size_t)(equals - entry));
  to = mig_trim_blanks(entry, (size_t)(equals + 1 - entry), strlen(entry));
  map->theirs.at[map->theirs.n++] = mig_span_text(a, entry, from);
  map->ours.at[map->ours.n++] = mig_span_text(a, entry, to);
}

/* A file's lines as a list; lines that begin with # or -- are remarks. */
static const char *mig_mapping_file(migrate *m, const char *path) {
#ifndef MIGRATE_NO_STDIO
  size_t n = 0, i;
  char *z = mig_file_read(&m->work, path, &n);
  for (i = 0; z && i < n; i++) {
    int begins = i == 0 || z[i - 1] == '\n' || z[i - 1] == ',';
    if (begins && (z[i] == '#' || (z[i] == '-' && z[i + 1] == '-'))) {
      while (i < n && z[i] != '\n') z[i++] = ' ';
    }
    if (z[i] == '\n' || z[i] == '\r') z[i] = ',';
  }
  return z;
#else
  mig_fail(&m->work, MIGRATE_UNSUPPORTED, "cannot read %s: this program reads no files", path);
  return 0;
#endif
}

static mig_mapping mig_read_mapping(migrate *m, const char *mapping) {
  mig_arena *a = &m->work;
  mig_mapping map;
  mig_names entries;
  const char *colon, *equals;
  int i;
  memset(&map, 0, sizeof map);
  if (mapping && strncmp(mapping, "file:", 5) == 0) {
    map.path = mapping + 5;
    mapping = mig_mapping_file(m, map.path);
  }
  if (!mapping || mig_failed(a)) return map;
  colon = strchr(mapping, ':');
  equals = strchr(mapping, '=');
  if (colon && (!equals || colon < equals)) {
    map.tool = mig_span_text(a, mapping, mig_trim_blanks(mapping, 0, (size_t)(colon - mapping)));
    mapping = colon + 1;
  }
  entries = mig_list_of(a, mapping);
  map.theirs.at = (const char **)mig_array(a, (size_t)entries.n, sizeof(char *));
  map.ours.at = (const char **)mig_array(a, (size_t)entries.n, sizeof(char *));
  for (i = 0; i < entries.n && !mig_failed(a); i++) mig_map_entry(m, &map, entries.at[i]);
  return map;
}

static const char *mig_mapped(const mig_mapping *map, const char *id) {
  int i;
  for (i = 0; i < map->theirs.n; i++) {
    if (strcmp(map->theirs.at[i], id) == 0) return map->ours.at[i];
  }
  return 0;
}

/* Does the mapping speak of a set of ids ("polls." of Django)? Of another the ids do not count. */
static int mig_maps_set(const mig_mapping *map, const char *set) {
  size_t n = strlen(set);
  int i;
  for (i = 0; i < map->theirs.n; i++) {
    const char *z = map->theirs.at[i];
    if (n == 0 || strcmp(z, set) == 0 || (strncmp(z, set, n) == 0 && z[n] == '.')) return 1;
  }
  return 0;
}

/* ---- the answer ---- */

static void mig_put_newest(mig_text *t, const mig_found *f) {
  int i;
  for (i = 0; i < f->nset; i++) mig_putf(t, "%s%s", i ? ", " : "", f->sets[i].newest);
}

static void mig_report_found(migrate *m, const mig_found *f) {
  mig_text *t = &m->result;
  mig_putf(t, "Found %s", f->tool->name);
  if (f->tool->table) mig_putf(t, ": table %s", f->table);
  if (f->applied > 1) mig_putf(t, ", %d applied", f->applied);
  mig_put(t, f->applied ? ", last " : ", nothing applied");
  mig_put_newest(t, f);
}

/* The revisions that the ids applied last mean, as targets of a stamp; NULL: none is known. */
static const char *mig_adopted(migrate *m, const mig_found *f, const mig_mapping *map, int given) {
  mig_arena *a = &m->work;
  mig_graph *g = mig_graph_of(m);
  mig_text targets;
  int own = mig_same(f->table, m->settings.version_table); /* its rows go: each counts */
  int i;
  mig_text_init(&targets, a);
  for (i = 0; i < f->nset && !mig_failed(a); i++) {
    const char *id = f->sets[i].newest, *rev = mig_mapped(map, id);
    if (!rev && given && !own && !mig_maps_set(map, f->sets[i].set)) continue;
    if (!rev && given) {
      mig_fail(a, MIGRATE_NO_REVISION,
               "%s has applied %s last, of which the mapping says nothing: add %s=REVISION",
               f->tool->name, id, id);
    } else if (!rev && g && mig_find_id(g, id) >= 0) {
      rev = id;
    }
    if (rev) mig_putf(&targets, "%s%s", targets.n ? "," : "", rev);
  }
  if (given && !targets.n) {
    mig_text last;
    mig_text_init(&last, a);
    mig_put_newest(&last, f);
    mig_fail(a, MIGRATE_NO_REVISION, "%s has applied %s last, of which the mapping says nothing",
             f->tool->name, mig_text_z(&last));
  }
  return targets.z;
}

static void mig_adopt_found(migrate *m, const mig_found *f, const mig_mapping *map, int given,
                            const mig_names *rows) {
  int own = mig_same(f->table, m->settings.version_table);
  const char *targets;
  mig_command c;
  mig_report_found(m, f);
  if (mig_failed(&m->work) || !f->nset) return;
  if (rows->n && !own) { /* the other tool did not put it there */
    mig_fail_stamped(m, *rows);
    return;
  }
  if (own && !given) {
    mig_put(&m->result, "\nIt is the version table itself: nothing is to be done.");
    return;
  }
  targets = mig_adopted(m, f, map, given);
  if (mig_failed(&m->work)) return;
  if (!targets) {
    mig_putf(&m->result,
             "\nNo revision has that id. Say which one it is: migrate_adopt('%s=REVISION')",
             f->sets[f->nset - 1].newest);
    return;
  }
  memset(&c, 0, sizeof c);
  c.verb = &mig_stamping;
  c.purge = own;
  c.target = targets;
  c.found = rows;
  if (!mig_failed(&m->work)) mig_run_todo(m, &c);
}

static void mig_fail_tools(migrate *m, const mig_found *v, int n) {
  mig_text names;
  int i;
  mig_text_init(&names, &m->work);
  for (i = 0; i < n; i++) mig_putf(&names, "%s%s", i ? ", " : "", v[i].tool->name);
  mig_fail(&m->work, MIGRATE_AMBIGUOUS,
           "tables of several tools are there: %s; begin the mapping with the name of one and a "
           "colon",
           mig_text_z(&names));
}

/* All that is read, the version rows first. While another connection commits, nobody may read, and
** it is waited for. */
static mig_found *mig_look_around(migrate *m, const mig_mapping *map, int *n, mig_names *rows) {
  mig_wait w = {0, 0};
  if (mig_failed(&m->work)) return 0;
  for (;;) {
    mig_found *v;
    *rows = mig_version_read(m->db, &m->work, m->settings.version_table).rows;
    v = mig_find_tools(m, map->tool, n);
    if (*n == 1 && !rows->n) mig_refuse_trouble(m, v);
    if (!mig_is_held(m->fault.code) || !mig_pause_at_fault(m, &w)) return v;
  }
}

MIGRATE_API int migrate_adopt(migrate *m, const char *mapping) {
  mig_mapping map;
  mig_found *v;
  mig_names rows;
  int n = 0;
  if (mig_begin_call(m)) return migrate_errcode(m);
  map = mig_read_mapping(m, mapping);
  v = mig_look_around(m, &map, &n, &rows);
  if (mig_failed(&m->work)) return mig_end_call(m);
  if (n > 1) {
    mig_fail_tools(m, v, n);
  } else if (n) {
    mig_borrow_handler(m);
    mig_adopt_found(m, v, &map, map.theirs.n > 0, &rows);
    mig_return_handler(m);
  } else if (mapping) {
    mig_fail(&m->work, MIGRATE_NO_SUCH, "there is no history table of %s here, which could be "
             "adopted", map.tool && !map.path ? map.tool : "another tool");
  } else {
    mig_put(&m->result, "Found no history table of another tool, and user_version is 0.");
  }
  return mig_end_call(m);
}
#ifndef MIGRATE_NO_STDIO
/* Template: what a new revision file holds, and how it is called. */

static const char mig_template[] =
    "-- ${message}\n"
    "-- revision: ${revision}\n"
    "-- down_revision: ${down_revision}\n"
    "-- branch_labels: ${branch_labels}\n"
    "-- depends_on: ${depends_on}\n"
    "-- create_date: ${create_date}\n"
    "\n"
    "-- migrate:up\n"
    "${upgrade}\n"
    "-- migrate:down\n"
    "${downgrade}";

/* ---- New files ---- */

/* 12 random hexadecimal digits. */
static const char *mig_new_id(mig_arena *a) {
  unsigned char b[6];
  sqlite3_randomness((int)sizeof b, b);
  return mig_format(a, "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static const char *mig_template_value(mig_arena *a, const mig_revision *rev, const char *name,
                                      size_t n) {
  if (mig_word_is(name, n, "message")) return rev->message;
  if (mig_word_is(name, n, "revision")) return rev->id;
  if (mig_word_is(name, n, "down_revision")) return mig_join(a, rev->down);
  if (mig_word_is(name, n, "branch_labels")) return mig_join(a, rev->labels);
  if (mig_word_is(name, n, "depends_on")) return mig_join(a, rev->depends);
  if (mig_word_is(name, n, "create_date")) return rev->create_date;
  if (mig_word_is(name, n, "upgrade")) return rev->upgrade.sql ? rev->upgrade.sql : "";
  if (mig_word_is(name, n, "downgrade")) return rev->downgrade.sql ? rev->downgrade.sql : "";
  return 0;
}

/* A message that would be read as a key or a marker cannot be the first line of a file. */
static void mig_check_message(mig_arena *a, const char *message) {
  size_t n = strlen(message), length = mig_key_length(message, n);
  if ((length && mig_known_key(message, length) >= 0) || mig_nearly_key(message, n) >= 0 ||
      strncmp(message, "migrate:", 8) == 0) {
    mig_fail(a, MIGRATE_MISUSE, "the message would be read as a line of the header: %s", message);
  }
}

/* The text of a new revision file: the template with its ${..} replaced. */
static const char *mig_script_render(mig_arena *a, const char *path, const char *tmpl,
                                     const mig_revision *rev) {
  mig_text t;
  const char *from = tmpl, *dollar;
  mig_text_init(&t, a);
  mig_check_message(a, rev->message);
  while (!mig_failed(a) && (dollar = strstr(from, "${")) != 0) {
    const char *end = strchr(dollar, '}');
    size_t n = end ? (size_t)(end - dollar) - 2 : 0;
    const char *value = end ? mig_template_value(a, rev, dollar + 2, n) : 0;
    if (!value) {
      mig_fail(a, MIGRATE_CONFIG, "%s:%d: unknown token '${%.*s}' in the template", path,
               mig_place_of(tmpl, (size_t)(dollar - tmpl)).line, (int)(n < 40 ? n : 40),
               dollar + 2);
      return 0;
    }
    mig_putn(&t, from, (size_t)(dollar - from));
    mig_put(&t, value);
    from = end + 1;
    if (*value || !strchr("\r\n", *from)) continue;
    while (t.n && t.z[t.n - 1] == ' ') t.n--; /* no blank ends a line */
  }
  mig_put(&t, from);
  return mig_failed(a) ? 0 : mig_text_z(&t);
}

/* The words of a message, in lower case and joined by '_'; cut at a '_' where there are more than
** `most` characters. */
static const char *mig_slug(mig_arena *a, const char *message, int most) {
  char *slug = (char *)mig_alloc(a, strlen(message) + 2);
  size_t n = 0, cut = 0, i;
  int chars = 0;
  for (i = 0; message[i] && slug; i++) {
    int c = (unsigned char)message[i];
    if (mig_is_word_start(c) || mig_is_digit(c)) {
      slug[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    } else if (n && slug[n - 1] != '_') {
      slug[n++] = '_';
    }
  }
  while (n && slug[n - 1] == '_') n--;
  for (i = 0; i < n; i++) {
    chars += (slug[i] & 0xc0) != 0x80;
    if (chars <= most) cut = i + 1;
  }
  if (slug && chars > most) {
    for (n = cut; n && slug[n - 1] != '_'; n--) {
    }
    n = n ? n - 1 : cut;
    slug[n++] = '_';
  }
  if (slug) slug[n] = 0;
  return slug;
}

/* What the name of a new file is made of. */
typedef struct mig_file_facts {
  const char *id, *slug;
  int year, month, day, hour, minute, second;
  sqlite3_int64 epoch;
} mig_file_facts;

static int mig_file_number(const mig_file_facts *f, const char *z, size_t n, sqlite3_int64 *value) {
  if (mig_word_is(z, n, "year"))
    *value = f->year;
  else if (mig_word_is(z, n, "month"))
    *value = f->month;
  else if (mig_word_is(z, n, "day"))
    *value = f->day;
  else if (mig_word_is(z, n, "hour"))
    *value = f->hour;
  else if (mig_word_is(z, n, "minute"))
    *value = f->minute;
  else if (mig_word_is(z, n, "second"))
    *value = f->second;
  else if (mig_word_is(z, n, "epoch"))
    *value = f->epoch;
  else
    return 0;
  return 1;
}

/* Puts what %(name)s or %(name).2d means, z standing behind the parenthesis; returns the rest, or
** NULL where it means nothing. */
static const char *mig_put_file_token(mig_text *t, const char *z, const mig_file_facts *f) {
  const char *end = strchr(z, ')');
  size_t n = end ? (size_t)(end - z) : 0;
  sqlite3_int64 value = 0;
  int digits = 0;
  if (!end) return 0;
  for (end++; *end == '.' || mig_is_digit((unsigned char)*end); end++) {
    if (*end != '.' && digits < 10) digits = digits * 10 + (*end - '0');
  }
  if (mig_word_is(z, n, "rev") && *end == 's')
    mig_put(t, f->id);
  else if (mig_word_is(z, n, "slug") && *end == 's')
    mig_put(t, f->slug);
  else if (mig_file_number(f, z, n, &value) && (*end == 'd' || *end == 's')) {
    mig_putf(t, "%0*lld", digits > 20 ? 20 : digits, value);
  } else {
    return 0;
  }
  return end + 1;
}

/* The name of a new file by Alembic's file_template, in which a % may be doubled. */
static const char *mig_file_name(mig_arena *a, const char *tmpl, const mig_file_facts *f) {
  mig_text t;
  const char *z = tmpl;
  mig_text_init(&t, a);
  while (*z && !mig_failed(a)) {
    const char *token = z;
    if (*z != '%') {
      mig_putn(&t, z++, 1);
      continue;
    }
    if (z[1] == '%') z++;
    if (z[1] != '(') {
      mig_putn(&t, z++, 1);
      continue;
    }
    z = mig_put_file_token(&t, z + 2, f);
    if (!z) {
      mig_fail(a, MIGRATE_CONFIG, "file_template: no such token: %.40s", token);
      return 0;
    }
  }
  mig_put(&t, ".sql");
  if (!mig_failed(a) && (strpbrk(t.z, "/\\:") || t.z[0] == '.')) {
    mig_fail(a, MIGRATE_CONFIG, "file_template makes '%s', which is not the name of a file", t.z);
  }
  return mig_failed(a) ? 0 : t.z;
}
/* Zone: how far a place is from UTC at a moment, by the time zone files of the system (RFC 9636).
** They are read here: to ask the C library would mean to change the environment of the process. */

/* ---- the rule at the end of a file: CET-1CEST,M3.5.0,M10.5.0/3 ---- */

/* Days since 1970-01-01. */
static int mig_day_number(int year, int month, int day) {
  int from_march = (month + 9) % 12;
  year -= month <= 2;
  day += year * 365 + year / 4 - year / 100 + year / 400;
  return day + (153 * from_march + 2) / 5 - 719469;
}

/* Skips the name of a zone: letters, or anything in < >. NULL: there is none. */
static const char *mig_rule_name(const char *z) {
  const char *from = z;
  if (*z == '<') {
    z = strchr(z, '>');
    return z ? z + 1 : 0;
  }
  while ((*z >= 'A' && *z <= 'Z') || (*z >= 'a' && *z <= 'z')) z++;
  return z > from ? z : 0;
}

static const char *mig_rule_number(const char *z, int *n) {
  for (*n = 0; *z >= '0' && *z <= '9' && *n < 1000; z++) *n = *n * 10 + (*z - '0');
  return z;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static const char *mig_rule_time(const char *z, int *seconds) {
  int sign = *z == '-' ? -1 : 1, unit, n;
  *seconds = 0;
  if (*z == '-' || *z == '+') z++;
  for (unit = 3600; unit; unit /= 60) {
    z = mig_rule_number(z, &n);
    *seconds += sign * n * unit;
    if (*z != ':') break;
    z++;
  }
  return z;
}

/* The d-th weekday (0 is Sunday) of the w-th week of a month; the fifth is the last. */
static int mig_rule_weekday(int year, int month, int week, int weekday) {
  int first = mig_day_number(year, month, 1);
  int day = first + (weekday - (first + 4) % 7 + 7) % 7 + 7 * (week - 1);
  int next = mig_day_number(year + month / 12, month % 12 + 1, 1);
  return day < next ? day : day - 7;
}

/* Mm.w.d, Jn or n, with /time behind it: seconds since 1970 by the clock on the wall. NULL: it is
** none of them. */
static const char *mig_rule_moment(const char *z, int year, sqlite3_int64 *moment) {
  int month, week, weekday, day, seconds = 7200;
  if (*z == 'M') {
    z = mig_rule_number(z + 1, &month);
    z = mig_rule_number(z + (*z == '.'), &week);
    z = mig_rule_number(z + (*z == '.'), &weekday);
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return 0;
    day = mig_rule_weekday(year, month, week, weekday);
  } else {
    int julian = *z == 'J', new_year = mig_day_number(year, 1, 1);
    int leap = mig_day_number(year + 1, 1, 1) - new_year == 366;
    z = mig_rule_number(z + julian, &day);
    if (julian) day -= !(leap && day > 59); /* counts from 1, and never the leap day */
    day += new_year;
  }
  if (*z == '/') z = mig_rule_time(z + 1, &seconds);
  *moment = (sqlite3_int64)day * 86400 + seconds;
  return z;
}

/* The seconds from UTC that a rule means; 0: it is not understood. */
static int mig_rule_offset(const char *z, sqlite3_int64 now, int *offset) {
  int winter, summer, year = 1970;
  sqlite3_int64 begin, end;
  z = mig_rule_name(z);
  if (!z) return 0;
  z = mig_rule_time(z, &winter);
  *offset = winter = -winter;
  if (*z == '\n') return 1;
  z = mig_rule_name(z);
  if (!z) return 0;
  summer = -winter - 3600;
  if (*z != ',') z = mig_rule_time(z, &summer);
  summer = -summer;
  while ((sqlite3_int64)mig_day_number(year + 1, 1, 1) * 86400 <= now + winter) year++;
  z = *z == ',' ? mig_rule_moment(z + 1, year, &begin) : 0;
  z = z && *z == ',' ? mig_rule_moment(z + 1, year, &end) : 0;
  if (!z || *z != '\n') return 0;
  begin -= winter;
  end -= summer;
  if (begin < end ? now >= begin && now < end : now >= begin || now < end) *offset = summer;
  return 1;
}

/* ---- the file ---- */

typedef struct mig_zone_block {
  const char *times, *kinds, *types; /* when the offset changes, to which type, the types */
  size_t ntime, ntype, end;
} mig_zone_block;

static sqlite3_int64 mig_big_endian(const char *z, int n) {
  sqlite3_uint64 v = z[0] & 0x80 ? ~(sqlite3_uint64)0 : 0;
  while (n--) v = v << 8 | (unsigned char)*z++;
  return (sqlite3_int64)v;
}

/* Finds the parts of the block at byte `at`, whose times have `width` bytes. 0: it is none. */
static int mig_zone_block_at(const char *z, size_t n, size_t at, int width, mig_zone_block *b) {
  sqlite3_uint64 count[6], end;
  int i;
  if (at + 44 > n || memcmp(z + at, "TZif", 4) != 0) return 0;
  for (i = 0; i < 6; i++) { /* of UT marks, standard marks, leap seconds, times, types, letters */
    count[i] = (sqlite3_uint64)mig_big_endian(z + at + 20 + 4 * (size_t)i, 4) & 0xffffffffu;
  }
  end = at + 44 + count[3] * (sqlite3_uint64)(width + 1) + count[4] * 6 + count[5] +
        count[2] * (sqlite3_uint64)(width + 4) + count[1] + count[0];
  if (end > n || !count[4]) return 0;
  b->times = z + at + 44;
  b->kinds = b->times + count[3] * (sqlite3_uint64)width;
  b->types = b->kinds + count[3];
  b->ntime = (size_t)count[3];
  b->ntype = (size_t)count[4];
  b->end = (size_t)end;
  return 1;
}

/* The seconds from UTC at a moment, by the bytes of a file with a NUL behind them; 0: they are not
** understood. Since version 2 times of 8 bytes follow those of 4, and the rule for all that comes
** later follows these. */
static int mig_zone_offset(const char *z, size_t n, sqlite3_int64 now, int *offset) {
  mig_zone_block b;
  size_t i, kind;
  int width = 4;
  if (!mig_zone_block_at(z, n, 0, 4, &b)) return 0;
  if (z[4] >= '2') {
    width = 8;
    if (!mig_zone_block_at(z, n, b.end, 8, &b)) return 0;
  }
  for (i = 0; i < b.ntime; i++) {
    if (mig_big_endian(b.times + i * (size_t)width, width) > now) break;
  }
  if (width == 8 && i == b.ntime && z[b.end] == '\n' && z[b.end + 1] != '\n') {
    return mig_rule_offset(z + b.end + 1, now, offset);
  }
  kind = i ? (unsigned char)b.kinds[i - 1] : 0;
  if (kind >= b.ntype) return 0;
  *offset = (int)mig_big_endian(b.types + kind * 6, 4);
  return 1;
}

/* Where the file of a zone is; NULL: nowhere. */
static const char *mig_zone_file(mig_arena *a, const char *name) {
  const char *folders[] = {getenv("TZDIR"), "/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                           "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
  size_t i;
  for (i = 0; i < sizeof folders / sizeof folders[0] && !mig_failed(a); i++) {
    const char *path = folders[i] && folders[i][0] ? mig_path_join(a, folders[i], name) : 0;
    if (path && mig_path_kind(a, path) == MIG_PATH_FILE) return path;
  }
  return 0;
}

/* The minutes from UTC of a named zone. As Alembic does, est is taken for EST. */
static int mig_zone_minutes(mig_arena *a, const char *name, sqlite3_int64 now) {
  const char *path = mig_zone_file(a, name), *z;
  char *upper = mig_copy(a, name);
  int offset = 0;
  size_t n, i;
  for (i = 0; upper && upper[i]; i++) {
    if (upper[i] >= 'a' && upper[i] <= 'z') upper[i] = (char)(upper[i] - 'a' + 'A');
  }
  if (!path && upper) path = mig_zone_file(a, upper);
  if (!path) {
    mig_fail(a, MIGRATE_CONFIG,
             "Can't locate timezone: %s; utc, local and offsets such as +02:00 need no time zone "
             "files",
             name);
  }
  z = path && !mig_failed(a) ? mig_file_read(a, path, &n) : 0;
  if (z && !mig_zone_offset(z, n, now, &offset)) {
    mig_fail(a, MIGRATE_FILE, "cannot read %s: it is not a time zone file", path);
  }
  return offset / 60;
}
/* Init: the files of a new migration environment. */

static const char mig_ini_text[] =
  "# Settings of migrate. ${NAME} is taken from the process environment; relative paths begin at\n"
  "# the folder of this file. What stands behind a # is the default.\n"
  "\n"
  "[migrate]\n"
  "\n"
  "# The folder of the migration environment.\n"
  "script_location = %s\n"
  "\n"
  "# Where revision files are, when not in script_location/versions: folders, by commas.\n"
  "# version_locations =\n"
  "\n"
  "# The name of a new revision file: rev, slug, year, month, day, hour, minute, second, epoch.\n"
  "# file_template = %s\n"
  "# truncate_slug_length = 40\n"
  "\n"
  "# Of create_date and the file name: utc, local, +02:00 or Europe/Berlin.\n"
  "# timezone = utc\n"
  "\n"
  "# The target schema: file:PATH of SQL, of a folder of *.sql, or of a database; or SQL itself.\n"
  "target = file:%s\n"
  "\n"
  "# The table that holds the current revision, in Alembic's own layout.\n"
  "# version_table = alembic_version\n"
  "\n"
  "# Whether migrate_journal records what was applied.\n"
  "# journal = on\n"
  "\n"
  "# What a comparison with the target looks at.\n"
  "# compare_type = on\n"
  "# compare_server_default = on\n"
  "\n"
  "# One transaction for each revision instead of one for the whole run.\n"
  "# transaction_per_migration = off\n"
  "\n"
  "# auto: the fastest safe way. portable: plain SQL alone, the schema text is never edited.\n"
  "# hosted: so, and foreign keys are never switched off.\n"
  "# rebuild = auto\n"
  "\n"
  "# Of scripts: sqlite, or d1 for Cloudflare D1.\n"
  "# dialect = sqlite\n"
  "\n"
  "# How long to wait for another process, in milliseconds.\n"
  "# busy_timeout = 5000\n"
  "\n"
  "# What is written to stderr: off, debug, info, warning, error.\n"
  "# log_level = off\n"
  "# progress = off\n"
  "\n"
  "# A file that receives a copy of the database before an upgrade.\n"
  "# backup =\n";

static const char mig_env_text[] =
  "-- Runs on the connection before revisions do, outside of the transaction, and not when there\n"
  "-- is nothing to do. What it sets stays set: PRAGMA foreign_keys = ON, for example.\n";

static const char mig_schema_text[] =
  "-- The target schema: the CREATE statements of the database as it should be.\n"
  "-- A renamed column or table is told by a comment behind its new name:\n"
  "--   -- migrate:renamed_from old_name\n";

static const char mig_ignore_text[] =
  "# A revision that only tries something out is named *.test.sql and stays out of git.\n"
  "*.test.sql\n";

static const char mig_readme_text[] =
  "Migrations\n"
  "==========\n"
  "\n"
  "versions/         the revisions: SQL files, each with its id and its parent in the header\n"
  "schema.sql        the target schema\n"
  "env.sql           runs on the connection before revisions do\n"
  "script.sql.tmpl   what a new revision looks like\n"
  "versions/.gitignore  keeps *.test.sql, revisions that only try something out, to yourself\n"
  "\n"
  "Workflow, in the sqlite3 shell\n"
  "------------------------------\n"
  "\n"
  "1. Write a revision: SELECT migrate_revision('add users'); then fill in both sections of the\n"
  "   file whose path it answers. ALTER TABLE may do what PostgreSQL's does.\n"
  "2. Review it against the list below.\n"
  "3. Try it on a copy of real data: SELECT migrate_upgrade();\n"
  "4. Test the way back: SELECT migrate_downgrade('-1'); SELECT migrate_upgrade();\n"
  "5. Commit the revision together with the change of the program.\n"
  "\n"
  "SELECT * FROM migrate_history; and SELECT * FROM migrate_current; say where the database is.\n"
  "\n"
  "Review\n"
  "------\n"
  "\n"
  "- Does the downgrade undo the upgrade, rows included? What cannot be undone has no downgrade\n"
  "  section, so that it is refused.\n"
  "- What is dropped? Is the data needed, is it copied first?\n"
  "- NOT NULL, CHECK, UNIQUE, FOREIGN KEY: do all existing rows keep them? Are they corrected by\n"
  "  an UPDATE before?\n"
  "- A new column: what do old rows get? Is the default right for them?\n"
  "- A rename: does the older version of the program still run meanwhile?\n"
  "- How many rows are read or copied? SELECT * FROM migrate_explain('ALTER TABLE ..') tells the\n"
  "  way that is taken and why.\n"
  "- Is there one head? SELECT * FROM migrate_heads; two want migrate_merge('heads', '..').\n"
  "- An applied revision is never edited: write another one.\n";

static void mig_say(migrate *m, const char *format, const char *path) {
  if (m->result.n) mig_put(&m->result, "\n");
  mig_putf(&m->result, format, path);
}

/* Makes a folder with those above it. */
static void mig_init_folder(migrate *m, const char *path) {
  char *part = mig_copy(&m->arena, path);
  size_t i;
  for (i = 1; part && part[i] && !mig_failed(&m->arena); i++) {
    char c = part[i];
    if (c != '/' && c != '\\') continue;
    part[i] = 0;
    if (!mig_is_folder(m, part)) mig_folder_new(&m->arena, part);
    part[i] = c;
  }
  if (mig_folder_new(&m->arena, path)) mig_say(m, "Creating directory %s ...  done", path);
}

static void mig_init_file(migrate *m, const char *path, const char *text) {
  if (!path || !text) return;
  if (mig_file_new(&m->arena, path, text, strlen(text))) {
    mig_say(m, "Generating %s ...  done", path);
  } else if (!mig_failed(&m->arena)) {
    mig_say(m, "File %s already exists, skipping", path);
  }
}

/* The folder as migrate.ini names it: relative to where that file is. */
static const char *mig_init_written(migrate *m, const char *ini, const char *location) {
  if (!mig_path_folder(&m->arena, ini) || mig_failed(&m->arena)) return location;
  if (!mig_path_folder(&m->arena, ini)[0]) return location;
  return mig_full_path(&m->arena, location);
}

/* A path as migrate.ini has to say it, where ${ begins a variable. What its lines cannot hold is
** refused. */
static const char *mig_init_value(mig_arena *a, const char *path) {
  mig_text t;
  size_t i, n = path ? strlen(path) : 0;
  mig_text_init(&t, a);
  if (n && (path[strcspn(path, "\r\n")] || strchr(" \t", path[0]) || strchr(" \t", path[n - 1]))) {
    mig_fail(a, MIGRATE_MISUSE, "migrate.ini cannot say this folder: its name begins or ends with "
                                "a space, or holds a line break");
  }
  for (i = 0; i < n; i++) {
    if (path[i] == '$' && path[i + 1] == '{') mig_put(&t, "$");
    mig_putn(&t, path + i, 1);
  }
  return mig_text_z(&t);
}

static void mig_init_files(migrate *m, const char *location) {
  mig_arena *a = &m->arena;
  const char *versions = mig_path_join(a, location, "versions");
  mig_init_folder(m, location);
  if (versions) mig_init_folder(m, versions);
  mig_init_file(m, mig_path_join(a, location, "README"), mig_readme_text);
  mig_init_file(m, mig_path_join(a, location, "env.sql"), mig_env_text);
  mig_init_file(m, mig_path_join(a, location, "schema.sql"), mig_schema_text);
  mig_init_file(m, mig_path_join(a, location, "script.sql.tmpl"), mig_template);
  mig_init_file(m, mig_path_join(a, versions, ".gitignore"), mig_ignore_text);
}

/* A path without the slashes at its end. */
static char *mig_init_trimmed(mig_arena *a, const char *path) {
  size_t n = strlen(path);
  while (n > 1 && (path[n - 1] == '/' || path[n - 1] == '\\')) n--;
  return mig_copyn(a, path, n);
}

MIGRATE_API int migrate_init(migrate *m, const char *directory) {
  mig_arena *a;
  const char *ini, *written;
  int named, rc = mig_begin_call(m);
  if (rc) return rc;
  a = &m->arena;
  ini = mig_ini_path(&m->settings, &named);
  if (!m->settings.ini && mig_path_kind(a, ini) != MIG_PATH_NONE) mig_ini_load(m, ini);
  if (directory && !directory[0]) mig_fail(a, MIGRATE_MISUSE, "the directory has no name");
  if (!directory) directory = mig_location(m);
  if (!mig_failed(a)) directory = mig_init_trimmed(a, directory);
  if (!mig_failed(a)) mig_init_value(a, directory); /* before anything is made */
  if (mig_failed(a)) return mig_end_call(m);
  mig_init_files(m, directory);
  written = mig_init_value(a, mig_init_written(m, ini, directory));
  mig_init_file(m, ini,
                mig_format(a, mig_ini_text, written,
                           mig_setting_table[MIG_SETTING_file_template].value,
                           mig_path_join(a, written, "schema.sql")));
  mig_say(m, "Please edit configuration in %s before proceeding.", ini);
  return mig_end_call(m);
}
/* Future: the rows of a table as a change of its schema will find them, as a subquery that this
** database can run today: SELECT "old" AS "new", 'default' AS "added" FROM "table". */

typedef struct mig_future_column {
  const char *name;  /* in the target */
  const char *today; /* its name in this database; NULL: it is new */
  const char *value; /* the expression for it */
} mig_future_column;

typedef struct mig_future {
  mig_arena *a;
  const char *today;     /* the table's name in this database; NULL: it has no rows yet */
  const mig_table *live; /* the table as it is in this database */
  mig_future_column *v;
  int n, cap;
} mig_future;

/* The name that a table had before the renames of a way, up to `stop`. */
static const char *mig_name_today(const mig_way *way, const mig_difference *stop,
                                  const char *name) {
  const mig_difference *v, *last = 0;
  for (v = way->first; v && v != stop; v = v->next) {
    if (strcmp(v->op, "rename") == 0 && mig_same(v->object, name)) last = v;
  }
  return last ? mig_name_today(way, last, last->was) : name;
}

static int mig_future_find(const mig_future *f, const char *name) {
  int i;
  for (i = 0; i < f->n; i++) {
    if (mig_same(f->v[i].name, name)) return i;
  }
  return -1;
}

static void mig_future_add(mig_future *f, const char *name, const char *today, const char *value) {
  f->v = (mig_future_column *)mig_grow(f->a, f->v, f->n, &f->cap, sizeof(mig_future_column));
  if (mig_failed(f->a)) return;
  f->v[f->n].name = name;
  f->v[f->n].today = today;
  f->v[f->n++].value = value;
}

/* What an added column holds: its default. What is computed is not foreseen, and NULL breaks no
** rule. */
static const char *mig_future_default(mig_arena *a, const mig_table *t, const char *name) {
  int column = mig_find_column(t, name);
  int i = column < 0 || t->columns[column].generated
              ? -1
              : mig_column_constraint(t, column, MIG_DEFAULT);
  return i < 0 ? "NULL" : mig_span_text(a, t->sql, t->constraints[i].expr);
}

static void mig_future_act(mig_future *f, const mig_action *x, const mig_table *after) {
  int i;
  if (x->kind == MIG_ADD_COLUMN) {
    mig_future_add(f, x->column, 0, mig_future_default(f->a, after, x->column));
    return;
  }
  i = x->column ? mig_future_find(f, x->kind == MIG_RENAME_COLUMN ? x->was : x->column) : -1;
  if (i < 0) return;
  if (x->kind == MIG_RENAME_COLUMN) f->v[i].name = x->column;
  if (x->kind == MIG_DROP_COLUMN) f->v[i] = f->v[--f->n];
  if (x->kind == MIG_ADD_GENERATED || x->kind == MIG_SET_EXPRESSION) f->v[i].value = "NULL";
}

/* The future of the table that a way leaves under this name. */
static mig_future mig_future_of(migrate *m, const mig_way *way, const char *name) {
  const mig_catalog *c = mig_read_catalog(m, "main");
  const mig_object *o;
  const mig_difference *v;
  const mig_action *x;
  mig_future f;
  int i;
  memset(&f, 0, sizeof f);
  f.a = &m->work;
  o = c ? mig_catalog_table(c, mig_name_today(way, 0, name)) : 0;
  f.live = o && mig_is_type(o, "table") ? mig_table_of(f.a, o) : 0;
  if (!f.live) return f;
  f.today = o->name;
  for (i = 0; i < f.live->ncolumn; i++) {
    const char *column = f.live->columns[i].name;
    mig_future_add(&f, column, column, mig_format(f.a, "\"%w\"", column));
  }
  for (v = way->first; v && !mig_failed(f.a); v = v->next) {
    if (!mig_same(v->object, name)) continue;
    if (strcmp(v->op, "drop") == 0) f.today = 0; /* and perhaps made anew: without rows */
    for (x = v->actions; x && !mig_failed(f.a); x = x->next) mig_future_act(&f, x, v->after);
  }
  return f;
}

/* The subquery. */
static const char *mig_future_rows(const mig_future *f) {
  mig_text z;
  int i;
  mig_text_init(&z, f->a);
  mig_put(&z, "SELECT ");
  for (i = 0; i < f->n; i++) {
    mig_putf(&z, "%s%s AS \"%w\"", i ? ", " : "", f->v[i].value, f->v[i].name);
  }
  mig_putf(&z, " FROM main.\"%w\"", f->today);
  return mig_text_z(&z);
}

/* The column as it is in this database, -1 for a new one. */
static int mig_future_live(const mig_future *f, const char *name) {
  int i = mig_future_find(f, name);
  return i < 0 || !f->v[i].today ? -1 : mig_find_column(f->live, f->v[i].today);
}
/* Review: what the reader of a generated revision should know, as comments above its statements:
** what is lost, what will fail on the rows of this database, and what copies a table. */

typedef struct mig_review {
  migrate *m;
  const mig_draft *draft;
  mig_text *out;
  int n;
  const mig_difference *v;
  mig_future f;     /* of the statement's table */
  const char *rows; /* its subquery */
} mig_review;

/* The first value of a query, or -1 where this database cannot tell. */
static sqlite3_int64 mig_look(migrate *m, const char *sql) {
  sqlite3_stmt *stmt = 0;
  sqlite3_int64 n = -1;
  if (!sql || sqlite3_prepare_v2(m->db, sql, -1, &stmt, 0) != SQLITE_OK) return -1;
  if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* Each line is one of the list, once; line ends in names must not end the comment. */
static void mig_remark(mig_review *r, const char *line) {
  size_t i;
  if (!line || (r->n && strstr(mig_text_z(r->out), line))) return;
  if (!r->n++) mig_put(r->out, "-- Review:\n");
  mig_put(r->out, "--   ");
  for (i = 0; line[i]; i++) mig_putn(r->out, line[i] == '\n' ? " " : line + i, 1);
  mig_put(r->out, "\n");
}

/* How many of the future rows fulfil a condition. */
static sqlite3_int64 mig_count_rows(mig_review *r, const char *condition) {
  mig_arena *a = &r->m->work;
  if (!r->rows || !condition) return 0;
  return mig_look(r->m, mig_format(a, "SELECT count(*) FROM (%s) AS \"%w\" WHERE %s", r->rows,
                                   r->v->object, condition));
}

/* The future rows of the table that the statement changes. */
static void mig_review_rows(mig_review *r, const char *table) {
  r->f = mig_future_of(r->m, &r->draft->up, table);
  r->rows = r->f.today ? mig_future_rows(&r->f) : 0;
}

/* ---- what is lost ---- */

static void mig_review_lost_column(mig_review *r, const mig_action *x) {
  mig_arena *a = &r->m->work;
  const char *table = r->f.today ? r->f.today : r->v->object;
  sqlite3_int64 n =
      mig_look(r->m, mig_format(a, "SELECT count(\"%w\") FROM main.\"%w\"", x->column, table));
  mig_remark(r, n > 0 ? mig_format(a, "destructive: column %s.%s goes, and %lld values with it",
                                   r->v->object, x->column, n)
                      : mig_format(a, "destructive: column %s.%s goes", r->v->object, x->column));
}

static void mig_review_lost_table(mig_review *r) {
  mig_arena *a = &r->m->work;
  const char *table = mig_name_today(&r->draft->up, r->v, r->v->object);
  sqlite3_int64 n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM main.\"%w\"", table));
  mig_remark(r, mig_format(a, "destructive: %s %s goes, and %lld rows with it", r->v->type,
                           r->v->object, n < 0 ? (sqlite3_int64)0 : n));
}

/* ---- what the rows do not allow ---- */

static void mig_review_not_null(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const mig_table *t = r->v->after;
  const mig_column *c = &t->columns[column];
  int was = mig_future_live(&r->f, c->name);
  sqlite3_int64 n;
  const char *today;
  if (!c->not_null || c->generated || mig_alias(t) == column) return;
  if (was >= 0 && r->f.live->columns[was].not_null) return;
  n = mig_count_rows(r, mig_format(a, "\"%w\" IS NULL", c->name));
  if (n <= 0) return;
  if (was < 0) {
    mig_remark(r,
               mig_format(a,
                          "fails here: column %s.%s is NOT NULL without a default, and %lld rows "
                          "have no value for it; add it without NOT NULL, then UPDATE \"%w\" SET "
                          "\"%w\" = ... WHERE \"%w\" IS NULL, then SET NOT NULL",
                          t->name, c->name, n, t->name, c->name, c->name));
    return;
  }
  today = r->f.live->columns[was].name;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s have NULL in %s; first UPDATE \"%w\" SET "
                           "\"%w\" = ... WHERE \"%w\" IS NULL",
                           n, r->f.today, today, r->f.today, today, today));
}

/* The condition for a value that a column of this type would not take, or would turn into another
** one; NULL where there is none. `c` is the column in SQL. */
static const char *mig_unfit_value(mig_arena *a, const mig_column *to, int strict, const char *c) {
  static const char number[] = "CAST(CAST(%s AS NUMERIC) AS TEXT) <> CAST(%s AS TEXT)";
  const char *text = mig_format(a, number, c, c);
  if (strict && to->affinity == MIG_INTEGER) {
    return mig_format(a,
                      "(typeof(%s) = 'blob' OR (typeof(%s) = 'text' AND (%s OR CAST(%s AS INTEGER) "
                      "<> CAST(%s AS NUMERIC))) OR (typeof(%s) = 'real' AND CAST(%s AS INTEGER) <> "
                      "%s))",
                      c, c, text, c, c, c, c, c);
  }
  if (strict && to->affinity == MIG_REAL) {
    return mig_format(a, "(typeof(%s) = 'blob' OR (typeof(%s) = 'text' AND %s))", c, c, text);
  }
  if (strict && to->affinity == MIG_TEXT) return mig_format(a, "typeof(%s) = 'blob'", c);
  if (strict && mig_same(to->type_name, "BLOB")) {
    return mig_format(a, "typeof(%s) NOT IN ('blob', 'null')", c);
  }
  if (to->affinity == MIG_BLOB || to->affinity == MIG_TEXT) return 0;
  return mig_format(a, "(typeof(%s) = 'text' AND %s)", c, text);
}

static void mig_review_type(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const mig_table *t = r->v->after;
  const mig_column *to = &t->columns[column], *from;
  int was = mig_future_live(&r->f, to->name);
  const char *name, *where;
  sqlite3_int64 n;
  if (was < 0 || to->generated) return;
  from = &r->f.live->columns[was];
  if (from->affinity == to->affinity && r->f.live->strict >= t->strict &&
      (!t->strict || mig_same(from->type_name, to->type_name))) {
    return;
  }
  name = mig_format(a, "\"%w\"", from->name);
  where = name ? mig_unfit_value(a, to, t->strict, name) : 0;
  if (!where) return;
  n = mig_look(r->m, mig_format(a, "SELECT count(*) FROM main.\"%w\" WHERE %s", r->f.today, where));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "%s%lld values of %s.%s are no plain %s%s; look with SELECT %s FROM "
                           "\"%w\" WHERE %s, then UPDATE \"%w\" SET %s = ... WHERE the same, or "
                           "say how: TYPE ... USING expression",
                           t->strict ? "fails here: " : "", n, r->f.today, from->name,
                           t->strict ? to->type_name : "numbers",
                           t->strict ? "" : " and stay text, or change", name, r->f.today, where,
                           r->f.today, name));
}

/* A column of a key with the collation that it will compare with, where today's is another one. */
static void mig_put_key_column(mig_review *r, mig_text *z, const mig_table *t, const mig_key *k,
                               int today) {
  int was = mig_future_live(&r->f, k->name);
  const char *will = mig_key_collation(t, k);
  const char *has = was < 0 ? 0 : r->f.live->columns[was].collation;
  mig_putf(z, "\"%w\"", today && was >= 0 ? r->f.live->columns[was].name : k->name);
  if (!mig_same_collation(will, has)) mig_putf(z, " COLLATE \"%w\"", will);
}

/* The terms of a key, by the names that they will have, or have today. */
static const char *mig_key_terms(mig_review *r, const mig_table *t, const char *sql,
                                 const mig_key *keys, int nkey, int today) {
  mig_arena *a = &r->m->work;
  mig_text z;
  int i;
  mig_text_init(&z, a);
  if (!r->rows) return 0;
  for (i = 0; i < nkey; i++) {
    mig_put(&z, i ? ", " : "");
    if (keys[i].name)
      mig_put_key_column(r, &z, t, &keys[i], today);
    else
      mig_put(&z, mig_span_text(a, sql, keys[i].expr));
  }
  return mig_text_z(&z);
}

/* The groups of rows that share a key which may not be shared any more; `condition`: of a partial
** index, or "1". */
static void mig_review_unique(mig_review *r, const mig_table *t, const char *sql,
                              const mig_key *keys, int nkey, const char *condition) {
  mig_arena *a = &r->m->work;
  const char *table = r->f.today, *look = mig_key_terms(r, t, sql, keys, nkey, 1);
  const char *terms = mig_key_terms(r, t, sql, keys, nkey, 0);
  sqlite3_int64 n;
  if (!r->rows || !terms || !condition) return;
  /* a key with a NULL in it is shared by nobody: the count of distinct keys leaves it out */
  n = mig_look(r->m,
               mig_format(a,
                          "SELECT count(*) FROM (SELECT 1 FROM (%s) AS \"%w\" WHERE (%s\n) AND "
                          "(%s) = (%s) GROUP BY %s HAVING count(*) > 1)",
                          r->rows, t->name, condition, terms, terms, terms));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld keys occur more than once in %s; look with SELECT %s, "
                           "count(*) FROM \"%w\" GROUP BY %s HAVING count(*) > 1, then DELETE or "
                           "UPDATE",
                           n, table, look, table, look));
}

static void mig_review_check(mig_review *r, const mig_constraint *c) {
  mig_arena *a = &r->m->work;
  const char *rule = mig_span_text(a, r->v->after->sql, c->expr);
  sqlite3_int64 n = mig_count_rows(r, mig_format(a, "NOT (%s\n)", rule));
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s break CHECK (%s); first UPDATE \"%w\" SET "
                           "... WHERE NOT (%s)",
                           n, r->f.today, rule, r->f.today, rule));
}

/* The parent's row of a child's: "p"."id" = "t"."parent_id" .. */
static const char *mig_parent_condition(mig_review *r, const mig_constraint *c,
                                        const mig_table *parent) {
  const mig_constraint *key = parent ? mig_primary_key(parent) : 0;
  mig_text z;
  int i;
  mig_text_init(&z, &r->m->work);
  for (i = 0; i < c->nkey; i++) {
    const char *name = c->nparent             ? c->parent_keys[i].name
                       : key && i < key->nkey ? key->keys[i].name
                                              : 0;
    if (!name) return 0;
    mig_putf(&z, "%sparent.\"%w\" = \"%w\".\"%w\"", i ? " AND " : "", name, r->v->object,
             c->keys[i].name);
  }
  return mig_text_z(&z);
}

static void mig_review_reference(mig_review *r, const mig_constraint *c) {
  mig_arena *a = &r->m->work;
  const mig_object *o = mig_catalog_table(r->draft->goal.catalog, c->parent);
  mig_future parents = mig_future_of(r->m, &r->draft->up, c->parent);
  const char *same = mig_parent_condition(r, c, mig_table_of(a, o)), *where = "";
  sqlite3_int64 n;
  int i;
  for (i = 0; i < c->nkey; i++) {
    where = mig_format(a, "%s\"%w\" IS NOT NULL AND ", where, c->keys[i].name);
  }
  if (!same || !where) return;
  where = parents.today ? mig_format(a, "%sNOT EXISTS (SELECT 1 FROM (%s) AS parent WHERE %s)",
                                     where, mig_future_rows(&parents), same)
                        : mig_format(a, "%s1", where);
  n = mig_count_rows(r, where);
  if (n <= 0) return;
  mig_remark(r, mig_format(a,
                           "fails here: %lld rows of %s have no parent in %s; first UPDATE \"%w\" "
                           "SET \"%w\" = NULL, or DELETE FROM \"%w\", where \"%w\" is in none of "
                           "its rows",
                           n, r->f.today, c->parent, r->f.today, c->keys[0].name, r->f.today,
                           c->keys[0].name));
}

/* Values that cannot be the rowid. A new column gets numbers by itself. */
static void mig_review_rowid(mig_review *r, int column) {
  mig_arena *a = &r->m->work;
  const char *name = r->v->after->columns[column].name;
  sqlite3_int64 n;
  if (mig_future_live(&r->f, name) < 0) return;
  n = mig_count_rows(
      r, mig_format(a,
                    "typeof(\"%w\") <> 'integer' AND "
                    "coalesce(CAST(CAST(\"%w\" AS INTEGER) AS TEXT) <> CAST(\"%w\" AS TEXT), 1)",
                    name, name, name));
  if (n <= 0) return;
  mig_remark(r,
             mig_format(a,
                        "fails here: %lld values of %s.%s are no integers, as an INTEGER PRIMARY "
                        "KEY is; first UPDATE \"%w\" SET \"%w\" = ... WHERE typeof(\"%w\") <> "
                        "'integer'",
                        n, r->f.today, name, r->f.today, name, name));
}

/* Does a key compare otherwise than today: another collation, or another type? */
static int mig_key_compares_anew(mig_review *r, const mig_constraint *c) {
  const mig_table *t = r->v->after, *live = r->f.live;
  int i;
  for (i = 0; i < c->nkey; i++) {
    int now = mig_find_column(t, c->keys[i].name);
    int was = mig_future_live(&r->f, c->keys[i].name);
    if (now < 0 || was < 0) continue;
    if (t->columns[now].affinity != live->columns[was].affinity) return 1;
    if (!mig_same_collation(t->columns[now].collation, live->columns[was].collation)) return 1;
  }
  return 0;
}

/* Has the table the same rule today, under the same names? */
static int mig_has_rule(mig_review *r, const char *meaning) {
  int i;
  for (i = 0; i < r->f.live->nconstraint; i++) {
    const char *has = mig_constraint_meaning(&r->m->work, r->f.live, i);
    if (has && strcmp(has, meaning) == 0) return 1;
  }
  return 0;
}

static void mig_review_constraint(mig_review *r, int i) {
  const mig_table *t = r->v->after;
  const mig_constraint *c = &t->constraints[i];
  const char *meaning = mig_constraint_meaning(&r->m->work, t, i);
  if (!meaning || (mig_has_rule(r, meaning) && !mig_key_compares_anew(r, c))) return;
  if (c->kind == MIG_UNIQUE || c->kind == MIG_PRIMARY_KEY) {
    mig_review_unique(r, t, t->sql, c->keys, c->nkey, "1");
  }
  if (c->kind == MIG_PRIMARY_KEY && mig_alias(t) >= 0) mig_review_rowid(r, mig_alias(t));
  if (c->kind == MIG_CHECK) mig_review_check(r, c);
  if (c->kind == MIG_FOREIGN_KEY) mig_review_reference(r, c);
}

static void mig_review_index(mig_review *r) {
  mig_arena *a = &r->m->work;
  const mig_object *o;
  const mig_table *t;
  const char *where;
  mig_index x;
  if (mig_parse_index(a, r->v->sql, &x) || !x.unique) return;
  o = mig_catalog_table(r->draft->goal.catalog, x.table);
  t = mig_table_of(a, o);
  where = mig_span_empty(x.where) ? "1" : mig_span_text(a, x.sql, x.where);
  if (!t) return;
  mig_review_rows(r, x.table);
  mig_review_unique(r, t, x.sql, x.keys, x.nkey, where);
}

static void mig_review_alter(mig_review *r) {
  const mig_action *x;
  const mig_table *t = r->v->after;
  sqlite3_int64 n;
  int i;
  mig_review_rows(r, r->v->object);
  for (x = r->v->actions; x; x = x->next) {
    if (x->kind == MIG_DROP_COLUMN) mig_review_lost_column(r, x);
  }
  if (!r->rows) return;
  for (i = 0; i < t->ncolumn && !mig_failed(r->out->a); i++) {
    mig_review_not_null(r, i);
    mig_review_type(r, i);
  }
  for (i = 0; i < t->nconstraint && !mig_failed(r->out->a); i++) mig_review_constraint(r, i);
  if (!r->v->strategy || strcmp(r->v->strategy, "rebuild") != 0) return;
  n = mig_count_rows(r, "1");
  if (n > 0) {
    mig_remark(r, mig_format(&r->m->work, "copies the %lld rows of %s", n, r->v->object));
  }
}

static void mig_review_statement(mig_review *r) {
  mig_arena *a = &r->m->work;
  const mig_difference *v = r->v;
  const char *hint = v->hint, *end;
  for (; hint && *hint && !mig_failed(a); hint = *end ? end + 1 : end) {
    end = strchr(hint, '\n');
    if (!end) end = hint + strlen(hint);
    mig_remark(r, mig_format(a, "likely a rename, written as drop and add: %.*s", (int)(end - hint),
                             hint));
  }
  if (strcmp(v->op, "drop") == 0 && (v->before || strcmp(v->type, "virtual table") == 0)) {
    mig_review_lost_table(r);
  }
  if (strcmp(v->op, "create") == 0 && strcmp(v->type, "index") == 0) mig_review_index(r);
  if (v->actions) mig_review_alter(r);
}

static void mig_put_review(mig_text *out, const mig_draft *d) {
  mig_review r;
  memset(&r, 0, sizeof r);
  r.m = d->m;
  r.draft = d;
  r.out = out;
  for (r.v = d->up.first; r.v && !mig_failed(out->a); r.v = r.v->next) mig_review_statement(&r);
  if (d->up.trouble) {
    mig_remark(&r, mig_format(out->a, "fails on a copy of the schema: %s", d->up.trouble));
  }
  if (d->down.trouble) {
    mig_remark(&r, mig_format(out->a, "the downgrade fails on a copy: %s", d->down.trouble));
  }
  if (r.n) mig_put(out, "\n");
}
/* Generate: the sections of a new revision, written from the way to the target and the way back. */

/* The markers read backwards. */
static mig_renamed *mig_renamed_back(mig_arena *a, const mig_renamed *list) {
  const mig_renamed *r, *t;
  mig_renamed *back = 0;
  for (r = list; r && !mig_failed(a); r = r->next) {
    const char *table = r->table;
    mig_renamed *b;
    for (t = list; t; t = t->next) {
      if (t->table_from && mig_same(t->table, r->table)) table = t->table_from;
    }
    b = mig_add_renamed(a, &back, table);
    if (!b) break;
    b->from = r->to;
    b->to = r->from;
    if (r->table_from) b->table_from = r->table;
  }
  return back;
}

/* Finds the way back to a catalog. */
static void mig_draft_down(mig_draft *d, const mig_catalog *to) {
  mig_renamed *back;
  if (!d->up.first || d->up.trouble || !to) return;
  back = mig_renamed_back(&d->m->work, d->goal.renamed);
  mig_lead(d, &d->down, to, back);
}

/* A statement that may be meant stands as a comment above the one that is written. */
static void mig_put_hint(mig_text *t, const char *words, const char *hint) {
  const char *end;
  for (; hint && *hint; hint = *end ? end + 1 : end) {
    end = strchr(hint, '\n');
    if (!end) end = hint + strlen(hint);
    mig_put(t, words);
    mig_putn(t, hint, (size_t)(end - hint));
    mig_put(t, ";\n");
  }
}

static void mig_put_way(mig_text *t, const mig_way *way, const char *words) {
  const mig_difference *v;
  for (v = way->first; v && !mig_failed(t->a); v = v->next) {
    mig_put_hint(t, words, v->hint);
    mig_put(t, mig_closed(t->a, v->sql));
    mig_put(t, "\n");
  }
}

/* The copy that the revisions make of nothing: what a database at their heads would be. */
static void mig_draft_from_revisions(mig_draft *d) {
  migrate *m = d->m;
  mig_graph *g = mig_graph_of(m);
  sqlite3 *db = mig_scratch_open(m, 0);
  if (!db) return;
  mig_scratch_handle(m, db, &d->copy);
  d->copy.live = 0;
  d->copy.graph = g;
  d->copy.revisions = m->revisions;
  d->copy.nrevision = m->nrevision;
  d->copy.settings.env_sql = 0;
  if (g && g->n) mig_offline_run(&d->copy, &mig_upgrading, "heads");
  if (d->copy.fault.code)
    mig_fail(&m->work, d->copy.fault.code, "%s", mig_fault_text(&d->copy.fault));
  mig_forget_catalogs(&d->copy);
}

/* The objects of a catalog in memory that the copy's changes leave alone. */
static const mig_catalog *mig_before(mig_draft *d) {
  const mig_catalog *c =
      d->copy.db ? mig_read_catalog(&d->copy, "main") : mig_read_catalog(d->m, "main");
  mig_forget_catalogs(&d->copy);
  return c;
}

/* Fills in the sections; an equal schema leaves them to the user. */
static void mig_generate(migrate *m, const migrate_new_options *o, mig_revision *r) {
  mig_draft d;
  const mig_catalog *before;
  mig_text up, down;
  memset(&d, 0, sizeof d);
  d.m = m;
  mig_text_init(&up, &m->work);
  mig_text_init(&down, &m->work);
  if (o->from_revisions)
    mig_draft_from_revisions(&d);
  else
    mig_want_head(m);
  before = mig_failed(&m->work) ? 0 : mig_before(&d);
  if (before) mig_draft_up(&d, o->target);
  if (!mig_failed(&m->work)) mig_draft_down(&d, before);
  if (!mig_failed(&m->work) && d.up.first) {
    mig_log_way(m, &d.up);
    mig_put_review(&up, &d);
    mig_put_way(&up, &d.up, "-- instead, where it is the same thing under a new name: ");
    mig_put_way(&down, &d.down, "-- instead, where the upgrade renames: ");
    r->upgrade.sql = mig_text_z(&up);
    r->downgrade.sql = mig_text_z(&down);
  }
  mig_draft_close(&d);
}
/* Create: new revision files. Everything is checked before a file is written. */

/* Makes id, labels and message of a new revision; nothing of it may be taken already. */
static void mig_draft_names(migrate *m, const mig_graph *g, const migrate_new_options *o,
                            const char *message, mig_revision *r) {
  mig_arena *a = &m->arena;
  char *line = mig_copy(a, message && message[0] ? message : "empty message");
  int i;
  for (i = 0; line && line[i]; i++) {
    if (line[i] == '\n' || line[i] == '\r') line[i] = ' '; /* it is one line of a comment */
  }
  r->message = line;
  r->id = o->rev_id ? o->rev_id : mig_new_id(a);
  if (mig_failed(a)) return;
  mig_check_id(a, r->id);
  if (!mig_failed(a) && mig_find_node(g, r->id) >= 0) {
    mig_fail(a, MIGRATE_GRAPH, "Revision identifier '%s' is already used by revision %s%s", r->id,
             mig_id(g, mig_find_node(g, r->id)),
             mig_files(g, mig_one_node(a, mig_find_node(g, r->id))));
  }
  r->labels = mig_list_of(a, o->branch_labels);
  for (i = 0; i < r->labels.n && !mig_failed(a); i++) {
    const char *label = r->labels.at[i];
    mig_check_label(a, label);
    if (mig_failed(a) || mig_find_node(g, label) < 0) continue;
    mig_fail(a, MIGRATE_GRAPH, "Branch name '%s' in revision %s already used by revision %s", label,
             r->id, mig_id(g, mig_find_node(g, label)));
  }
}

static mig_names mig_node_names(const mig_graph *g, mig_nodes nodes) {
  mig_names names;
  int i;
  names.at = (const char **)mig_array(g->a, (size_t)nodes.n, sizeof(*names.at));
  names.n = names.at ? nodes.n : 0;
  for (i = 0; i < names.n; i++) names.at[i] = mig_id(g, nodes.at[i]);
  return names;
}

/* The folder that a new file goes to: the one that was asked for, the only one, or the parent's. */
static const char *mig_draft_folder(migrate *m, const mig_graph *g, mig_nodes parents,
                                    const char *wanted) {
  mig_arena *a = &m->arena;
  mig_names locations = mig_version_locations(m);
  int i;
  if (!locations.n) {
    const char *location = mig_location(m), *versions = mig_path_join(a, location, "versions");
    if (!mig_is_folder(m, location)) mig_no_folder(m, location);
    locations.at = (const char **)mig_alloc(a, sizeof(*locations.at));
    if (!locations.at) return 0;
    locations.at[0] = mig_is_folder(m, versions) ? versions : location;
    locations.n = 1;
  }
  if (wanted) {
    const char *full = mig_is_folder(m, wanted) ? mig_full_path(a, wanted) : wanted;
    for (i = 0; i < locations.n && !mig_failed(a); i++) {
      const char *path = mig_is_folder(m, locations.at[i]) ? mig_full_path(a, locations.at[i]) : 0;
      if (path && full && strcmp(path, full) == 0) return locations.at[i];
    }
    mig_fail(a, MIGRATE_FILE, "Path %s is not represented in current version locations", wanted);
    return 0;
  }
  if (locations.n == 1) return locations.at[0];
  if (parents.n && g->nodes[parents.at[0]].rev->path) {
    return mig_path_folder(a, g->nodes[parents.at[0]].rev->path);
  }
  mig_fail(a, MIGRATE_FILE, "Multiple version locations present, please specify --version-path");
  return 0;
}

static int mig_digits(const char *z, int n) {
  int v = 0;
  while (n--) v = v * 10 + (*z++ - '0');
  return v;
}

/* "Z", or "+02:00". */
static const char *mig_zone_suffix(mig_arena *a, int minutes) {
  int m = minutes < 0 ? -minutes : minutes;
  if (minutes == 0) return "Z";
  return mig_format(a, "%c%02d:%02d", minutes < 0 ? '-' : '+', m / 60, m % 60);
}

/* The time now; returns it as a create_date, NULL after a fault. SQLite knows the local zone. */
static const char *mig_now(migrate *m, mig_file_facts *t) {
  mig_arena *a = &m->arena;
  const char *date = 0;
  sqlite3_stmt *now;
  int minutes, kind = mig_zone(m->settings.timezone, &minutes);
  const char *modifier = "localtime";
  if (kind == MIG_ZONE_NAMED) {
    minutes = mig_zone_minutes(a, m->settings.timezone,
                               mig_read_int(m, "SELECT strftime('%s', 'now')"));
  }
  if (kind != MIG_ZONE_LOCAL) modifier = mig_format(a, "%+d minutes", minutes);
  if (mig_failed(a)) return 0;
  now = mig_prepare(m, "SELECT strftime('%Y-%m-%dT%H:%M:%S', 'now', ?1), strftime('%s', 'now'), "
                       "strftime('%s', 'now', ?1) - strftime('%s', 'now')");
  if (now) sqlite3_bind_text(now, 1, modifier, -1, SQLITE_STATIC);
  while (mig_row(m, &now)) {
    const char *z = mig_cell(m, now, 0);
    if (!z || strlen(z) != 19) continue;
    t->year = mig_digits(z, 4);
    t->month = mig_digits(z + 5, 2);
    t->day = mig_digits(z + 8, 2);
    t->hour = mig_digits(z + 11, 2);
    t->minute = mig_digits(z + 14, 2);
    t->second = mig_digits(z + 17, 2);
    t->epoch = sqlite3_column_int64(now, 1);
    minutes = sqlite3_column_int(now, 2) / 60;
    date = mig_format(a, "%s%s", z, mig_zone_suffix(a, minutes));
  }
  if (!date) mig_fail(a, MIGRATE_CONFIG, "SQLite does not tell the time here");
  return date;
}

/* The text of the file, by the environment's own template where there is one. */
static const char *mig_draft_text(migrate *m, const mig_revision *r) {
  mig_arena *a = &m->arena;
  const char *path = mig_path_join(a, mig_location(m), "script.sql.tmpl");
  const char *text = mig_template;
  size_t n;
  if (path && mig_path_kind(a, path) != MIG_PATH_NONE) text = mig_file_read(a, path, &n);
  return text ? mig_script_render(a, path, text, r) : 0;
}

/* A template may say anything, and so may an option. What is not read as this revision, or makes no
** graph with those that are there, is not written either: in its folder it would be in the way of
** every command. */
static void mig_check_draft(migrate *m, const mig_revision *r, const char *path, const char *text) {
  mig_arena *a = &m->arena;
  size_t n = (size_t)m->nrevision;
  mig_revision read;
  const mig_revision **all = (const mig_revision **)mig_array(a, n + 1, sizeof(*all));
  mig_script_parse(a, path, text, strlen(text), &read);
  if (!mig_failed(a) && strcmp(read.id, r->id) != 0) {
    mig_fail(a, MIGRATE_SCRIPT, "%s: its revision is '%s'", path, read.id);
  }
  if (!mig_failed(a)) {
    if (n) memcpy((void *)all, (const void *)m->revisions, n * sizeof(*all));
    all[n] = &read;
    read.path = 0; /* there is no such file */
    mig_graph_load(a, all, (int)n + 1);
  }
  mig_fault_context(a, "not written: ");
}

static void mig_draft_write(migrate *m, const mig_revision *r, const char *path) {
  mig_arena *a = &m->arena;
  const char *text = mig_draft_text(m, r);
  int code;
  if (!path || !text) return;
  mig_check_draft(m, r, path, text);
  if (mig_failed(a)) return;
  if (!mig_file_new(a, path, text, strlen(text))) {
    mig_fail(a, MIGRATE_FILE, "cannot write %s: there is such a file already", path);
    return;
  }
  code = m->written ? m->written(m->written_arg, path) : 0;
  if (code) mig_fail(a, code, "the hook failed after %s was written", path);
}

/* A new revision above those that `words` name, which must be `least` or more. */
static void mig_create(migrate *m, const char *words, int least, const char *message,
                       const migrate_new_options *o, char **path) {
  mig_arena *a = &m->arena;
  mig_graph *g = mig_graph_of(m);
  mig_revision r;
  mig_file_facts facts;
  mig_nodes parents;
  const char *folder, *file;
  memset(&r, 0, sizeof(r));
  memset(&facts, 0, sizeof(facts));
  if (!g) return;
  mig_draft_names(m, g, o, message, &r);
  parents = mig_new_parents(g, words, o->splice);
  if (!mig_failed(a) && parents.n < least) {
    mig_fail(a, MIGRATE_RANGE, "a merge needs two revisions or more; '%s' is %d", words, parents.n);
  }
  r.down = mig_node_names(g, parents);
  r.depends = mig_new_needs(g, mig_list_of(a, o->depends_on));
  r.upgrade.sql = o->upgrade;
  r.downgrade.sql = o->downgrade;
  if (o->autogenerate && !mig_failed(a)) mig_generate(m, o, &r);
  r.create_date = mig_now(m, &facts);
  facts.id = r.id;
  facts.slug = mig_slug(a, r.message, m->settings.truncate_slug_length);
  if (mig_failed(a)) return;
  folder = mig_draft_folder(m, g, parents, o->version_path);
  file = mig_file_name(a, m->settings.file_template, &facts);
  file = mig_failed(a) ? 0 : mig_path_join(a, folder, file);
  mig_draft_write(m, &r, file);
  if (mig_failed(a)) return;
  mig_put(&m->result, file);
  if (path) *path = sqlite3_mprintf("%s", file);
  if (path && !*path) mig_no_memory(a);
}

MIGRATE_API int migrate_new_revision(migrate *m, const char *message,
                                     const migrate_new_options *options, char **path) {
  migrate_new_options none;
  int rc = mig_begin_call(m);
  if (path) *path = 0;
  if (rc) return rc;
  memset(&none, 0, sizeof(none));
  if (!options) options = &none;
  mig_create(m, options->head ? options->head : "head", 0, message, options, path);
  return mig_end_call(m);
}

MIGRATE_API int migrate_merge(migrate *m, const char *revisions, const char *message,
                              const migrate_new_options *options, char **path) {
  migrate_new_options none;
  int rc = mig_begin_call(m);
  if (path) *path = 0;
  if (rc) return rc;
  memset(&none, 0, sizeof(none));
  if (revisions) {
    mig_create(m, revisions, 2, message, options ? options : &none, path);
  } else {
    mig_fail(&m->arena, MIGRATE_MISUSE, "migrate_merge: the revisions are NULL");
  }
  return mig_end_call(m);
}
#endif
#endif

#if (defined(MIGRATE_NO_STDIO) || defined(MIGRATE_NO_TOOLS)) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#endif
#endif

/*
This software is available under two licences: choose the one that you prefer.

ALTERNATIVE A - Public domain (www.unlicense.org)

This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or distribute this software, either in
source code form or as a compiled binary, for any purpose, commercial or non-commercial, and by any
means.

In jurisdictions that recognize copyright laws, the author or authors of this software dedicate any
and all copyright interest in the software to the public domain. We make this dedication for the
benefit of the public at large and to the detriment of our heirs and successors. We intend this
dedication to be an overt act of relinquishment in perpetuity of all present and future rights to
this software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY,
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

For more information, please refer to <https://unlicense.org>

ALTERNATIVE B - MIT No Attribution (MIT-0)

Copyright 2026 the authors of migrate

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/
