/* migrate: the loadable extension. It offers the public interface of migrate.h, and nothing else
** of it, to SQL: scalar functions change and answer (func.c), table-valued functions list
** (table.c).
**
**   cc -O2 -fPIC -shared -fvisibility=hidden ext/migrate.c -o migrate.so
**
** Statically: compile it with -DSQLITE_CORE and call sqlite3_migrate_init(db, 0, 0), or hand that
** function to sqlite3_auto_extension(). */
#include "sqlite3ext.h"
#ifndef SQLITE_CORE
static SQLITE_EXTENSION_INIT1 /* static: hosts that load us with RTLD_GLOBAL must not mix it up */
#endif

#define MIGRATE_STATIC
#define MIGRATE_IMPLEMENTATION
#include "migrate.h"

#include <stdio.h>
#include <string.h>

#ifndef SQLITE_DIRECTONLY
#define SQLITE_DIRECTONLY 0x000080000
#endif
#ifndef SQLITE_VTAB_DIRECTONLY
#define SQLITE_VTAB_DIRECTONLY 3
#endif

#include "bar.c"
#include "call.c"
#include "func.c"
#include "table.c"

/* Takes back whatever was registered: the host unloads this code when loading it fails, and must
** not be left with functions that point into it. */
static void unregister(sqlite3 *db) {
  int i;
  for (i = 0; i < FUNCTION_COUNT; i++) {
    sqlite3_create_function_v2(db, functions[i].name, functions[i].narg, SQLITE_UTF8, 0, 0, 0, 0,
                               0);
  }
  for (i = 0; i < TABLE_COUNT; i++) sqlite3_create_module_v2(db, tables[i].name, 0, 0, 0);
}

static int register_all(connection *c, char **error) {
  int rc = SQLITE_OK, i;
  const char *name = "";
  for (i = 0; i < TABLE_COUNT && rc == SQLITE_OK; i++) {
    name = tables[i].name;
    rc = register_table(c, i);
  }
  for (i = 0; i < FUNCTION_COUNT && rc == SQLITE_OK; i++) {
    name = functions[i].name;
    c->references++; /* released by the call to connection_release(), also when this fails */
    rc = sqlite3_create_function_v2(c->db, name, functions[i].narg, functions[i].flags, c,
                                    functions[i].call, 0, 0, connection_release);
  }
  if (rc != SQLITE_OK && error) {
    *error = sqlite3_mprintf("cannot register %s: %s", name, sqlite3_errstr(rc));
  }
  return rc;
}

/* Whether this version is registered already. Then nothing is to be done, and nothing may be done
** from within load_extension(): SQLite refuses to replace functions while a statement runs. */
static int is_registered(sqlite3 *db) {
  sqlite3_stmt *statement = 0;
  int same = 0;
  if (sqlite3_prepare_v2(db, "SELECT migrate_version()", -1, &statement, 0) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    const char *version = (const char *)sqlite3_column_text(statement, 0);
    same = version && strcmp(version, MIGRATE_VERSION) == 0;
  }
  sqlite3_finalize(statement);
  return same;
}

/* Whether a statement of the host's is at work, besides the SELECT load_extension(..) itself. */
static int is_at_work(sqlite3 *db) {
  sqlite3_stmt *s = 0;
  while ((s = sqlite3_next_stmt(db, s)) != 0) {
    const char *sql = sqlite3_sql(s);
    if (sqlite3_stmt_busy(s) && (!sql || !strstr(sql, "load_extension"))) return 1;
  }
  return 0;
}

/* SQLite keeps a schema's generated columns and indexes from calling SQLITE_DIRECTONLY functions as
** it reads the schema, but only those functions that it knows by then: what a connection has read
** of a file before it loaded us is read again. writable_schema is as before. An older SQLite reads
** again where a change of a schema was undone, which ends what is at work. */
static void read_schemas_again(sqlite3 *db) {
  int writable = 0;
  if (sqlite3_libversion_number() >= 3037000) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, -1, &writable);
    sqlite3_exec(db, "PRAGMA writable_schema = RESET", 0, 0, 0);
    if (writable) sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, (int *)0);
  } else if (!is_at_work(db) && sqlite3_exec(db, "SAVEPOINT migrate", 0, 0, 0) == SQLITE_OK) {
    sqlite3_exec(db, "CREATE TEMP TABLE migrate_probe(x)", 0, 0, 0);
    sqlite3_exec(db, "ROLLBACK TO migrate", 0, 0, 0);
    sqlite3_exec(db, "RELEASE migrate", 0, 0, 0);
  }
}

#ifdef SQLITE_CORE
#define HAS_VIRTUAL_TABLES 1
#else
#define HAS_VIRTUAL_TABLES (sqlite3_api->create_module_v2 != 0)
#endif

#ifdef __cplusplus
extern "C" {
#endif
#if defined(_WIN32)
__declspec(dllexport)
#elif defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int sqlite3_migrate_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);
#ifdef __cplusplus
}
#endif

int sqlite3_migrate_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  connection *c;
  int rc;
  SQLITE_EXTENSION_INIT2(api)
  (void)api;
  if (sqlite3_libversion_number() < MIGRATE_MIN_SQLITE) {
    if (error) {
      *error = sqlite3_mprintf("migrate needs SQLite 3.31.0 or newer; this is %s",
                               sqlite3_libversion());
    }
    return SQLITE_ERROR;
  }
  if (!HAS_VIRTUAL_TABLES) {
    if (error) *error = sqlite3_mprintf("migrate needs an SQLite with virtual tables");
    return SQLITE_ERROR;
  }
  if (is_registered(db)) return SQLITE_OK;
  c = connection_new(db);
  if (!c) return SQLITE_NOMEM;
  rc = register_all(c, error);
  if (rc == SQLITE_OK) read_schemas_again(db);
  else unregister(db);
  connection_release(c);
  return rc;
}
