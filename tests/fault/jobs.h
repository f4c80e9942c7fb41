/* The jobs of allocations.c: an environment's files, databases, and one call each. */
#ifndef JOBS_H
#define JOBS_H

typedef struct job_file {
  const char *path, *text;
} job_file;

static const job_file files[] = {
    {"migrate.ini",
     "; of the tests\n[migrate]\nscript_location = migrations\ntimezone = +02:00\n"
     "target = file:${TARGET}\nexclude = other*, x_?\ntruncate_slug_length = 30\n"
     "version_locations = migrations/versions, migrations/more\n"},
    {"zone.ini", "timezone = Europe/Berlin\ntarget = file:wanted\nlog_level = off\n"
     "version_locations = migrations/versions, migrations/more\n"},
    {"migrations/env.sql", "PRAGMA foreign_keys = ON;\nPRAGMA recursive_triggers = ON;\n"},
    {"migrations/schema.sql",
     "CREATE TABLE author(id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
     "  full_name TEXT NOT NULL DEFAULT 'nobody', -- migrate:renamed_from name\n"
     "  born INTEGER CHECK (born > 0), place TEXT COLLATE NOCASE, UNIQUE (full_name, born));\n"
     "-- migrate:renamed_from book\n"
     "CREATE TABLE books(id INTEGER PRIMARY KEY, author INT REFERENCES author(id) ON DELETE SET "
     "NULL DEFERRABLE INITIALLY DEFERRED, title TEXT, length INT AS (length(title)) STORED);\n"
     "CREATE TABLE made(a INT, b TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID;\n"
     "CREATE UNIQUE INDEX books_title ON books(title, author DESC) WHERE title IS NOT NULL;\n"
     "CREATE INDEX made_b ON made(b || 'x');\n"
     "CREATE VIEW titles AS SELECT full_name, title FROM author JOIN books ON author = author.id;\n"
     "CREATE TRIGGER fresh AFTER INSERT ON books BEGIN UPDATE books SET title = 'n'; END;\n"
     "CREATE VIRTUAL TABLE found USING fts5(body);\n"},
    {"wanted/1.sql", "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT, born TEXT);"},
    {"wanted/2.sql", "CREATE TABLE alone(x); CREATE INDEX alone_x ON alone(x)"},
    {"migrations/versions/1_authors.sql",
     "-- authors\n-- revision: aa1\n-- create_date: 2025-12-18T10:35:00Z\n-- migrate:up\n"
     "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT, born TEXT, junk TEXT);\n"
     "INSERT INTO author VALUES(1, 'Ann', '1900', 'j'), (2, 'Bob', '1950', 'k');\n"
     "-- migrate:down\nDROP TABLE author;\n"},
    {"migrations/versions/2_books.sql",
     "-- books; they have authors\n-- revision: aa2\n-- down_revision: aa1\n-- migrate:up\n"
     "CREATE TABLE book(id INTEGER PRIMARY KEY, author INT REFERENCES author(id) ON DELETE "
     "CASCADE, title TEXT); -- migrate:allow schema-and-data: few\n"
     "CREATE INDEX book_author ON book(author);\n"
     "CREATE VIEW titles AS SELECT name, title FROM author JOIN book ON author = author.id;\n"
     "CREATE TRIGGER born AFTER INSERT ON author BEGIN UPDATE author SET junk = 'n'; END;\n"
     "INSERT INTO book SELECT id, id, 'of ' || name FROM author;\n"
     "-- migrate:down\nDROP TRIGGER born; DROP VIEW titles; DROP TABLE book;\n"},
    {"migrations/versions/3_left.sql",
     "-- to the left\n-- revision: bb1\n-- down_revision: aa2\n-- branch_labels: left\n"
     "-- compat: aa2\n-- migrate:up\n"
     "ALTER TABLE author ALTER COLUMN born TYPE INTEGER, ALTER COLUMN name SET NOT NULL,\n"
     "  ADD CONSTRAINT one UNIQUE (name), ADD COLUMN rank INT DEFAULT 5 FIRST, DROP COLUMN junk "
     "CASCADE;\n"
     "-- migrate:down\n"
     "ALTER TABLE author DROP COLUMN rank, DROP CONSTRAINT one, ADD COLUMN junk TEXT, ALTER COLUMN "
     "name DROP NOT NULL, ALTER COLUMN born TYPE TEXT;\n"
     "CREATE TRIGGER born AFTER INSERT ON author BEGIN UPDATE author SET junk = 'n'; END;\n"},
    {"migrations/more/4_right.sql",
     "-- to the right\n-- revision: cc1\n-- down_revision: aa2\n-- branch_labels: right\n"
     "-- migrate:up\n"
     "ALTER TABLE book ADD CHECK (title <> ''), ALTER title SET DEFAULT 'none';\n"
     "ALTER TABLE book RENAME COLUMN title TO label;\n"
     "-- migrate:down\n"
     "ALTER TABLE book RENAME COLUMN label TO title;\n"
     "ALTER TABLE book DROP CONSTRAINT book_title_check, ALTER title DROP DEFAULT;\n"},
    {"migrations/versions/5_both.sql",
     "-- both\n-- revision: dd1\n-- down_revision: bb1, cc1\n-- migrate:up\n"
     "ALTER TABLE book RENAME TO work;\nDELETE FROM work WHERE id = 2;\n"
     "-- migrate:down\nALTER TABLE work RENAME TO book;\n"},
    {"migrations/versions/6_other.sql",
     "-- another base\n-- revision: ee1\n-- branch_labels: other\n-- depends_on: aa2\n"
     "-- migrate:up\nCREATE TABLE other(x UNIQUE);\nDROP TABLE IF EXISTS gone;\n"
     "-- migrate:down\nDROP TABLE other;\n"},
};
#define FILES ((int)(sizeof files / sizeof files[0]))

/* What the database holds before the job. */
static const char old_setup[] =
    "SELECT migrate_upgrade('bb1');"
    "CREATE TABLE node(id INTEGER PRIMARY KEY AUTOINCREMENT, up INT REFERENCES node(id) ON DELETE"
    " CASCADE, label TEXT COLLATE NOCASE, n INT NOT NULL DEFAULT (1 + 1), /* odd */ w REAL,"
    " twice INT AS (n * 2), CONSTRAINT small CHECK (n < 100));"
    "CREATE TABLE pair(v TEXT, w TEXT, x REAL, PRIMARY KEY(v, w)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX node_label ON node(label, n DESC) WHERE label IS NOT NULL;"
    "CREATE VIEW labels AS SELECT label, n FROM node; CREATE VIEW more AS SELECT * FROM labels;"
    "CREATE TRIGGER node_new AFTER UPDATE OF label ON node BEGIN"
    " INSERT INTO pair VALUES(new.label, new.n, 0); END;"
    "INSERT INTO node(label, w) VALUES('a', 1), ('b', 2), ('c', 3);"
    "INSERT INTO pair VALUES('1', '2', 3), ('4', '5', 6); ANALYZE;";
static const char adopt_setup[] =
    "CREATE TABLE django_migrations(id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app "
    "varchar(255) NOT NULL, name varchar(255) NOT NULL, applied datetime NOT NULL);"
    "INSERT INTO django_migrations(app, name, applied) VALUES('auth', '0001', '2025'),"
    " ('auth', '0002', '2025'), ('polls', '0001', '2025');";

typedef struct job {
  const char *name, *setup, *sql;
  int flags;
} job;

enum {
  WRITES = 1, /* files, which are made anew before each call */
  FAILS = 2,
  PARTS = 4 /* commits more than once */
};

#define ALL(table) "SELECT * FROM " table

static const job jobs[] = {
    {"upgrade", "", "SELECT migrate_upgrade('heads')", 0},
    {"upgrade with a backup", "SELECT migrate_upgrade('aa2')",
     "SELECT migrate_config('backup', 'copy'), migrate_upgrade('bb1')", WRITES},
    {"downgrade", "SELECT migrate_upgrade('heads')", "SELECT migrate_downgrade('base')", 0},
    {"each revision for itself", "SELECT migrate_upgrade('aa2')",
     "SELECT migrate_config('transaction_per_migration', 'on'), migrate_upgrade('dd1')",
     PARTS},
    {"stamp", "SELECT migrate_upgrade('aa1')", "SELECT migrate_stamp('left@head, ee1')", 0},
    {"stamp --purge", "SELECT migrate_upgrade('aa1'); INSERT INTO alembic_version VALUES('zz9')",
     "SELECT migrate_stamp('cc1', '--purge')", 0},
    {"upgrade --sql", "", "SELECT migrate_upgrade('heads', '--sql', '--tag=t')", 0},
    {"downgrade --sql", "", "SELECT migrate_downgrade('dd1:aa1', '--sql')", 0},
    {"stamp --sql", "", "SELECT migrate_stamp('aa2', '--sql')", 0},
    {"upgrade --sql --dialect=d1", "", "SELECT migrate_upgrade('heads', '--sql', '--dialect=d1')",
     0},
    {"downgrade --sql --dialect=d1", "SELECT migrate_upgrade('bb1')",
     "SELECT migrate_downgrade('aa1', '--sql', '--dialect=d1')", 0},
    {"history", "SELECT migrate_upgrade('bb1')", ALL("migrate_history('base:')"), 0},
    {"heads", "", ALL("migrate_heads"), 0},
    {"branches", "", ALL("migrate_branches"), 0},
    {"current", "SELECT migrate_upgrade('bb1')", ALL("migrate_current"), 0},
    {"show", "", ALL("migrate_show('dd1')"), 0},
    {"plan", "SELECT migrate_upgrade('aa2')", ALL("migrate_plan('heads')"), 0},
    {"plan of a downgrade", "SELECT migrate_upgrade('dd1')", ALL("migrate_plan('aa1')"), 0},
    {"graph", "SELECT migrate_upgrade('aa2')", "SELECT migrate_graph('text')", 0},
    {"graph, mermaid", "", "SELECT migrate_graph('mermaid')", 0},
    {"graph, dot", "", "SELECT migrate_graph('dot')", 0},
    {"embed", "", "SELECT migrate_embed()", 0},
    {"config", "", "SELECT migrate_config('rebuild', 'portable'), migrate_config('rebuild')", 0},
    {"diff", old_setup, ALL("migrate_diff"), 0},
    {"diff with a folder", old_setup,
     "SELECT migrate_config('file', 'zone.ini') UNION ALL SELECT detail FROM migrate_diff", 0},
    {"check", "SELECT migrate_upgrade('dd1')",
     "SELECT migrate_config('target', 'main') UNION ALL SELECT migrate_stamp('heads') UNION ALL"
     " SELECT migrate_check()", 0},
    {"autogenerate", old_setup,
     "SELECT migrate_stamp('heads'), migrate_revision('to the target', '--autogenerate', "
     "'--rev-id=ff1', '--head=dd1')",
     WRITES},
    {"autogenerate from revisions", "",
     "SELECT migrate_revision('all of it', '--autogenerate', '--from-revisions', '--rev-id=ff1', "
     "'--head=ee1')",
     WRITES},
    {"revision", "",
     "SELECT migrate_revision('one more', '--head=bb1', '--splice', '--branch-label=fresh', "
     "'--depends-on=ee1', '--depends-on=cc1', '--version-path=migrations/more', '--rev-id=ff1')",
     WRITES},
    {"revision, local time", "",
     "SELECT migrate_config('file', 'zone.ini'), migrate_revision('one more', '--head=dd1')",
     WRITES},
    {"merge", "", "SELECT migrate_merge('heads', 'all', '--rev-id=ff1')", WRITES},
    {"init", "", "SELECT migrate_init('fresh')", WRITES},
    {"lint", "SELECT migrate_upgrade('aa2')", ALL("migrate_lint"), 0},
    {"verify", "SELECT migrate_upgrade('cc1')", "SELECT migrate_verify('left@head')", FAILS},
    {"verify, true", "SELECT migrate_upgrade('aa2')", "SELECT migrate_verify('cc1')", 0},
    {"adopt", adopt_setup, "SELECT migrate_adopt('auth.0002=bb1, polls.0001=cc1')", 0},
    {"restore", "VACUUM INTO 'kept.db'; CREATE TABLE late(x)", "SELECT migrate_restore('kept.db')",
     WRITES},
    {"exec", old_setup,
     "SELECT migrate_exec('ALTER TABLE node DROP COLUMN w, RENAME COLUMN label TO name, ADD COLUMN"
     " first TEXT NOT NULL DEFAULT ''x'' FIRST, ALTER n TYPE TEXT USING n || 1, ALTER up SET"
     " DEFAULT 1, DROP CONSTRAINT small; ALTER TABLE pair DROP WITHOUT ROWID, ADD UNIQUE (x);"
     "CREATE OR REPLACE VIEW more AS SELECT 1; CREATE OR REPLACE TRIGGER node_new DELETE ON node"
     " BEGIN SELECT 1; END; ALTER INDEX node_label RENAME TO node_name; ALTER TABLE node RENAME TO"
     " dot; DROP TABLE pair; DROP VIEW labels')",
     0},
    {"exec, edits of the schema", old_setup,
     "SELECT migrate_exec('ALTER TABLE node ALTER label SET NOT NULL, ADD CONSTRAINT later CHECK"
     " (n > 0), RENAME CONSTRAINT small TO large, ALTER label TYPE VARCHAR(9) COLLATE BINARY, ADD"
     " FOREIGN KEY (n) REFERENCES node(id), ALTER n DROP DEFAULT; ALTER TABLE node ALTER label DROP"
     " NOT NULL, ALTER n SET DEFAULT 7, ADD CONSTRAINT u UNIQUE (id, n); ALTER TABLE node DROP"
     " CONSTRAINT u, DROP CONSTRAINT node_n_fkey, ADD COLUMN IF NOT EXISTS n, ADD last INT')",
     0},
    {"exec, portable", old_setup,
     "SELECT migrate_config('rebuild', 'portable'), migrate_exec('ALTER TABLE node DROP COLUMN"
     " w, ALTER n TYPE REAL; ALTER TABLE pair ALTER x TYPE INT')",
     0},
    {"exec, hosted", old_setup,
     "SELECT migrate_config('rebuild', 'hosted'), migrate_exec('ALTER TABLE author ALTER born TYPE"
     " TEXT; ALTER TABLE pair ALTER x TYPE INT; ALTER TABLE book ALTER author SET NOT NULL')",
     0},
    {"exec, hosted, by hand", old_setup,
     "SELECT migrate_config('rebuild', 'hosted'), migrate_exec('CREATE TABLE fresh(id INTEGER"
     " PRIMARY KEY, name TEXT); INSERT INTO fresh SELECT id, name FROM author; CREATE INDEX"
     " author_name ON author(name); CREATE TRIGGER t AFTER INSERT ON author BEGIN SELECT 1; END;"
     "DROP VIEW titles; DROP TABLE IF EXISTS main.author; ALTER TABLE fresh RENAME TO author')",
     0},
    {"explain", old_setup,
     ALL("migrate_explain('ALTER TABLE node ALTER n TYPE REAL, ADD CHECK (n); ALTER TABLE author"
         " DROP rank; CREATE TABLE z(a); ALTER TABLE z ADD b; DROP TABLE z')"),
     0},
    {"rows break a rule", old_setup,
     "SELECT migrate_exec('ALTER TABLE node ADD CONSTRAINT few CHECK (id < 2)')", FAILS},
    {"others depend on it", old_setup, "SELECT migrate_exec('ALTER TABLE node DROP COLUMN n')",
     FAILS},
    {"a mistake", old_setup, "SELECT migrate_exec('ALTER TABLE node\nADD COLUMN COLUMN (')",
     FAILS},
    {"no such column", old_setup, "SELECT migrate_exec('ALTER TABLE node DROP COLUMN labell')",
     FAILS},
    {"there are differences", old_setup, "SELECT migrate_stamp('heads'), migrate_check()",
     FAILS},
    {"no such revision", "", "SELECT migrate_upgrade('nowhere')", FAILS},
    {"an unknown setting", "", "SELECT migrate_config('script_locaton', 1)", FAILS},
    {"an unknown option", "", "SELECT migrate_revision('m', '--hed=x')", FAILS},
};
#define JOBS ((int)(sizeof jobs / sizeof jobs[0]))

#endif
