// The same header in C++: the handle in a class that closes it, an error as an exception.
// c++ -std=c++11 app.cpp -lsqlite3
#define MIGRATE_IMPLEMENTATION
#define MIGRATE_STATIC
#include "migrate.h"

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

// A revision whose members are set by name: what is not set is zero.
static migrate_revision revision(const char *id, const char *after, const char *upgrade,
                                 const char *downgrade) {
  migrate_revision r = migrate_revision();
  r.id = id;
  r.down_revision = after;
  r.upgrade = upgrade;
  r.downgrade = downgrade;
  return r;
}

static const migrate_revision revisions[] = {
    revision("1", nullptr, "CREATE TABLE songs(id INTEGER PRIMARY KEY, title TEXT, seconds TEXT);"
                           "INSERT INTO songs(title, seconds) VALUES ('One', '61'), ('Two', '122')",
             "DROP TABLE songs"),
    revision("2", "1", "ALTER TABLE songs ALTER COLUMN seconds TYPE INTEGER",
             "ALTER TABLE songs ALTER COLUMN seconds TYPE TEXT"),
};

class migration_error : public std::runtime_error {
public:
  migration_error(int code, const char *message) : std::runtime_error(message), code(code) {}
  const int code; // above 0 SQLite's, below 0 migrate's
};

// Brings a database to the program's revision, or throws and leaves it as it was. No exception
// passes through migrate: its callbacks are C.
static std::string upgrade(sqlite3 *db) {
  char why[1000] = "";
  migrate_options options = migrate_options();
  options.errbuf = why;
  options.nerrbuf = sizeof why;
  migrate *m = nullptr;
  migrate_open(db, &options, &m);
  migrate_add(m, revisions, sizeof revisions / sizeof *revisions);
  migrate_upgrade(m, "head");
  const std::string steps = migrate_result(m); // before it is freed
  const int code = migrate_close(m);
  if (code) throw migration_error(code, why);
  return steps;
}

int main(int argc, char **argv) {
  sqlite3 *opened = nullptr;
  const int rc = sqlite3_open(argc > 1 ? argv[1] : "songs.db", &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3 *)> db(opened, sqlite3_close);
  try {
    if (rc) throw migration_error(rc, sqlite3_errmsg(db.get()));
    std::cout << upgrade(db.get()) << "\n";
  } catch (const migration_error &e) {
    std::cerr << "songs: " << e.what() << " (" << e.code << ")\n";
    return 1;
  }
  return 0;
}
