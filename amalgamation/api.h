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
