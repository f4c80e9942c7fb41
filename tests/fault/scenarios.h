/* The cases of the fault tests: a database, the revisions, and what is done with them. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

typedef struct scenario {
  const char *name;
  const char *setup;
  const migrate_revision *revisions;
  int n;
  const char *first; /* is upgraded to before the faults begin; NULL: nothing is */
  const char *target;
  int down;
  int caller; /* inside the caller's transaction, which has changed the table `mine` */
  int wal;
  unsigned flags;
  const char *backup;  /* the pattern of the copy that the run makes */
  const char *restore; /* what has become of the database since it was copied to COPY: instead of
                       ** running revisions, that is put back */
} scenario;

#define COPY "app.bak"

#define REVISION(id, down, up, back) \
  { id, down, 0, 0, id, 0, up, back, 0, 0, 0 }
#define NUMBERS(n) \
  " WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " #n ") "

static const char cascade_setup[] =
    "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT, born TEXT, note TEXT);"
    "CREATE TABLE book(id INTEGER PRIMARY KEY, author INT REFERENCES author(id) ON DELETE CASCADE,"
    " title TEXT);"
    "CREATE INDEX book_author ON book(author);"
    "CREATE VIEW titles AS SELECT name, title FROM author JOIN book ON author = author.id;"
    "CREATE TRIGGER born AFTER INSERT ON author BEGIN UPDATE author SET note = 'n'; END;"
    "CREATE TABLE mine(x);"
    "INSERT INTO author" NUMBERS(120) "SELECT i, 'name ' || i, 1900 + i, hex(zeroblob(90)) FROM c;"
    "INSERT INTO book" NUMBERS(150) "SELECT i, 1 + i % 100, hex(zeroblob(40)) FROM c;";

static const migrate_revision cascade[] = {
    REVISION("r1", 0,
             "ALTER TABLE author ALTER COLUMN name SET NOT NULL, ALTER COLUMN born TYPE INTEGER, "
             "ADD CONSTRAINT one UNIQUE (name), ADD COLUMN rank INT DEFAULT 5 FIRST;"
             "UPDATE author SET rank = id % 7;",
             0)};

static const migrate_revision self[] = {
    REVISION("r1", 0,
             "ALTER TABLE node DROP COLUMN junk, RENAME COLUMN label TO name, "
             "ALTER COLUMN parent SET DEFAULT 1;"
             "CREATE INDEX node_name ON node(name);",
             0)};

static const migrate_revision without[] = {
    REVISION("r1", 0,
             "ALTER TABLE pair ALTER COLUMN w TYPE INTEGER USING w * 2, ADD CHECK (w > 0), "
             "DROP WITHOUT ROWID",
             0)};

static const migrate_revision strict[] = {
    REVISION("r1", 0,
             "ALTER TABLE item ADD COLUMN total INT GENERATED ALWAYS AS (price * n) STORED, "
             "ALTER COLUMN n SET DEFAULT 3, DROP CONSTRAINT item_price_check;"
             "ALTER TABLE item RENAME TO goods",
             0)};

static const migrate_revision search[] = {
    REVISION("r1", 0,
             "ALTER TABLE note ADD COLUMN mark TEXT DEFAULT 'x' FIRST, "
             "ALTER COLUMN body SET NOT NULL",
             0)};

static const migrate_revision three[] = {
    REVISION("r1", 0,
             "CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT);"
             "INSERT INTO a" NUMBERS(80) "SELECT i, hex(zeroblob(60)) FROM c;",
             "DROP TABLE a"),
    REVISION("r2", "r1",
             "CREATE TABLE b(id INTEGER PRIMARY KEY, a INT REFERENCES a ON DELETE CASCADE);"
             "INSERT INTO b SELECT id, id FROM a; ALTER TABLE a ALTER COLUMN t SET NOT NULL",
             "ALTER TABLE a ALTER COLUMN t DROP NOT NULL; DROP TABLE b"),
    REVISION("r3", "r2", "ALTER TABLE a ADD COLUMN n INT DEFAULT 4 AFTER id, ADD UNIQUE (t, id)",
             "ALTER TABLE a DROP CONSTRAINT a_t_id_key; ALTER TABLE a DROP COLUMN n")};

static const char node_setup[] =
    "CREATE TABLE node(id INTEGER PRIMARY KEY AUTOINCREMENT, parent INT REFERENCES node(id) ON "
    "DELETE CASCADE, label TEXT, junk TEXT);"
    "INSERT INTO node" NUMBERS(
        150) "SELECT i, nullif(i / 2, 0), 'n' || i, hex(zeroblob(50)) FROM c;";
static const char pair_setup[] =
    "CREATE TABLE pair(v TEXT, w TEXT, x REAL, PRIMARY KEY(v, w)) WITHOUT ROWID;"
    "CREATE INDEX pair_x ON pair(x);"
    "INSERT INTO pair" NUMBERS(120) "SELECT hex(i), i, i / 3.0 FROM c;";
static const char item_setup[] =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, price INT NOT NULL CHECK (price > 0), n INT, "
    "half INT AS (price / 2)) STRICT;"
    "INSERT INTO item" NUMBERS(200) "SELECT i, i * 3, i % 5 FROM c;";
static const char note_setup[] =
    "CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT);"
    "CREATE VIRTUAL TABLE found USING fts5(body, content='note', content_rowid='id');"
    "CREATE TRIGGER note_new AFTER INSERT ON note BEGIN"
    " INSERT INTO found(rowid, body) VALUES (new.id, new.body); END;"
    "INSERT INTO note" NUMBERS(60) "SELECT i, 'word' || i || ' and more' FROM c;";

/* Its second half fails, over rows. */
static const migrate_revision hopeless[] = {
    REVISION("r1", 0,
             "ALTER TABLE author ADD COLUMN rank INT DEFAULT 5 FIRST; ALTER TABLE book DROP COLUMN "
             "title; ALTER TABLE author ADD CHECK (id < 5)",
             0)};
static const scenario refusal = {"refused", cascade_setup, hopeless, 1, 0, "head", 0, 1, 0, 0, 0,
                                 0};

static const char restore_since[] =
    "DELETE FROM node WHERE id % 3 = 1; ALTER TABLE node ADD COLUMN later DEFAULT 'x';"
    "CREATE TABLE more AS SELECT * FROM node;";

static const scenario scenarios[] = {
    {"cascading parent", cascade_setup, cascade, 1, 0, "head", 0, 0, 0, 0, 0, 0},
    {"self-reference", node_setup, self, 1, 0, "head", 0, 0, 0, 0, 0, 0},
    {"WITHOUT ROWID", pair_setup, without, 1, 0, "head", 0, 0, 0, 0, 0, 0},
    {"STRICT, generated", item_setup, strict, 1, 0, "head", 0, 0, 0, 0, 0, 0},
    {"FTS5 beside", note_setup, search, 1, 0, "head", 0, 0, 0, 0, 0, 0},
    {"three revisions", "SELECT 1", three, 3, 0, "head", 0, 0, 0, 0, 0, 0},
    {"downgrade", "SELECT 1", three, 3, "head", "r1", 1, 0, 0, 0, 0, 0},
    {"caller's transaction", cascade_setup, cascade, 1, 0, "head", 0, 1, 0, 0, 0, 0},
    {"portable", cascade_setup, cascade, 1, 0, "head", 0, 0, 0, MIGRATE_PORTABLE, 0, 0},
    {"WAL", "SELECT 1", three, 3, 0, "head", 0, 0, 1, 0, 0, 0},
    {"backup", node_setup, self, 1, 0, "head", 0, 0, 0, 0, "%(database)s.bak", 0},
    {"backup, WAL", node_setup, self, 1, 0, "head", 0, 0, 1, 0, "%(database)s.bak", 0},
    {"restore", node_setup, 0, 0, 0, 0, 0, 0, 0, 0, 0, restore_since},
    {"restore, WAL", node_setup, 0, 0, 0, 0, 0, 0, 1, 0, 0, restore_since},
};
#define SCENARIOS ((int)(sizeof scenarios / sizeof scenarios[0]))

#endif
