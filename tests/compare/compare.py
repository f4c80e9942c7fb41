"""What other tools make of the ordinary job, beside migrate: one column of a table becomes INTEGER
NOT NULL DEFAULT 0, while another table references it with foreign keys on. compare.py ROWS ROUNDS

One case for each thing that a table can have: the same job on a small database that has it. Then
time, memory and disk on ROWS rows, the tools in turn. A table in markdown goes to stdout."""
import concurrent.futures
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "migrate", "peers")
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")

CASES = ["child rows", "triggers", "views", "indexes", "unique", "rowids", "AUTOINCREMENT",
         "STRICT", "CHECK", "generated columns", "comments"]


def node(name):
    return ["node", os.path.join(HERE, name)]


TOOLS = {  # name: command, how its version is said
    "by hand": (["sh", os.path.join(HERE, "with_hand.sh")], ["sqlite3", "--version"]),
    "migrate": (["sh", os.path.join(HERE, "with_migrate.sh")],
                ["sqlite3", ":memory:", ".load ./build/migrate", "SELECT migrate_version()"]),
    "Alembic": ([PYTHON, os.path.join(HERE, "with_alembic.py")],
                [PYTHON, "-c", "import alembic; print(alembic.__version__)"]),
    "Django": ([PYTHON, os.path.join(HERE, "with_django.py")],
               [PYTHON, "-c", "import django; print(django.__version__)"]),
    "sqlite-utils": (["sqlite-utils", "transform"], ["sqlite-utils", "--version"]),
    "ActiveRecord": (["ruby", os.path.join(HERE, "with_rails.rb")],
                     ["ruby", "-e", "require 'active_record'; puts ActiveRecord.version"]),
    "Knex": (node("with_knex.js"), "knex"),
    "TypeORM": (node("with_typeorm.js"), "typeorm"),
    "Sequelize": (node("with_sequelize.js"), "sequelize"),
    "Drizzle": (node("with_drizzle.js"), "drizzle-orm"),
}


def version(how):
    """NULL where the tool is not installed."""
    if isinstance(how, str):
        how = ["node", "-p", "require(%r).version" %
               os.path.join(PEERS, "node_modules", how, "package.json")]
    try:
        said = subprocess.run(how, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    words = [w for w in said.stdout.replace(",", " ").split() if w[0].isdigit()]
    return words[0] if words and said.returncode == 0 else None


def make(path, case, rows):
    db = sqlite3.connect(path)
    key = {"AUTOINCREMENT": "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
           "rowids": "TEXT PRIMARY KEY NOT NULL"}.get(case, "INTEGER PRIMARY KEY NOT NULL")
    db.executescript(f"""
      CREATE TABLE item (
        id {key},{" -- the key" if case == "comments" else ""}
        name TEXT NOT NULL{" UNIQUE" if case == "unique" else ""},
        price TEXT,
        qty INTEGER NOT NULL DEFAULT 1
        {", total INTEGER AS (qty * 2)" if case == "generated columns" else ""}
        {", CONSTRAINT item_pos CHECK (qty > 0)" if case == "CHECK" else ""}
      ){" STRICT" if case == "STRICT" else ""};
      CREATE TABLE child (id INTEGER PRIMARY KEY NOT NULL,
        item {"TEXT" if case == "rowids" else "INTEGER"} NOT NULL
        REFERENCES item(id) ON DELETE CASCADE);
      CREATE TABLE log (what TEXT);
      CREATE INDEX item_name ON item (name);
      CREATE INDEX item_qty ON item (qty);
      CREATE INDEX child_item ON child (item);
      WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO item (rowid, id, name, price, qty)
        SELECT i * 3, {"'k' || i" if case == "rowids" else "i * 3"}, 'name of the item ' || i,
          CAST(i % 997 AS TEXT), i % 89 + 1 FROM n;
      INSERT INTO child (item) SELECT id FROM item WHERE qty % 4 = 0;""")
    if case == "triggers":
        db.execute("CREATE TRIGGER item_log AFTER UPDATE OF qty ON item "
                   "BEGIN INSERT INTO log VALUES (old.qty); END")
    if case == "views":
        db.execute("CREATE VIEW dear AS SELECT name, price FROM item WHERE qty > 2")
    if case == "indexes":
        db.execute("CREATE INDEX item_desc ON item (qty DESC, name) WHERE qty > 2")
    if case == "AUTOINCREMENT":
        db.execute("INSERT INTO item (id, name) VALUES (5000000, 'gone')")
        db.execute("DELETE FROM item WHERE id = 5000000")
    db.commit()
    db.close()


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def refuses(db, name, qty):
    """Is a row refused, and one that is right is not?"""
    insert = "INSERT INTO item (id, name, price, qty) VALUES (%d, '%s', 1, %s)"
    db.execute(insert % (1, "another", 1))
    try:
        db.execute(insert % (2, name, qty))
    except sqlite3.IntegrityError:
        return True
    return False


def survived(db, case, rows):
    """What the job had to leave as it was."""
    if case == "child rows":
        return one(db, "SELECT count(*) FROM child JOIN item ON item.id = child.item") > 0
    if case == "triggers":
        db.execute("UPDATE item SET qty = 5 WHERE id = 3")
        return one(db, "SELECT count(*) FROM log") == 1
    if case == "views":
        return one(db, "SELECT count(price) FROM dear") > 0
    if case == "indexes":
        described = db.execute("PRAGMA index_xinfo(item_desc)").fetchall()
        partial = [x[4] for x in db.execute("PRAGMA index_list(item)") if x[1] == "item_desc"]
        plain = one(db, "SELECT count(*) FROM sqlite_master WHERE name IN "
                        "('item_name', 'item_qty')")
        return plain == 2 and partial == [1] and described[0][2:4] == ("qty", 1)
    if case == "unique":
        return refuses(db, "name of the item 7", 1)
    if case == "rowids":
        return one(db, "SELECT max(rowid) FROM item") == rows * 3
    if case == "AUTOINCREMENT":
        return db.execute("INSERT INTO item (name, price, qty) VALUES ('next', 1, 1)"
                          ).lastrowid > 5000000
    if case == "STRICT":
        return refuses(db, "x", "'word'")
    if case == "CHECK":
        return refuses(db, "x", -1)
    if case == "generated columns":
        return one(db, "SELECT count(*) FROM pragma_table_xinfo('item') "
                       "WHERE name = 'total' AND hidden > 1") == 1 and \
            one(db, "SELECT total = qty * 2 FROM item WHERE id = 3") == 1
    return "-- the key" in one(db, "SELECT sql FROM sqlite_master WHERE name = 'item'")


def command(tool, path, case):
    if tool == "sqlite-utils":
        return TOOLS[tool][0] + [path, "item", "--type", "price", "integer", "--not-null", "price",
                                 "--default", "price", "0"]
    return TOOLS[tool][0] + [path, case]


def environment(folder):
    return dict(os.environ, NODE_PATH=os.path.join(PEERS, "node_modules"),
                DRIZZLE=os.path.join(folder, "drizzle"))


def judge(tool, case, folder):
    path = os.path.join(folder, f"{tool}-{case}.db".replace(" ", "-"))
    make(path, case, 400)
    run = subprocess.run(command(tool, path, case), stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.STDOUT, env=environment(folder))
    db = sqlite3.connect(path)
    why = run.stdout.strip().splitlines()
    try:
        done = one(db, "SELECT typeof(price) FROM item WHERE id IN (3, 'k1')") == "integer"
        if run.returncode or not done:
            lost = "" if survived(db, case, 400) else ", lost"
            print(f"# {tool}, {case}: {why[-1] if why else 'nothing done'}", file=sys.stderr)
            return "**fails" + lost + "**"
        return "yes" if survived(db, case, 400) else "**lost**"
    except (sqlite3.Error, TypeError, IndexError) as e:
        print(f"# {tool}, {case}: {e}", file=sys.stderr)
        return "**lost**"
    finally:
        db.close()


class Disk(threading.Thread):
    """The largest size of all files of a folder while it runs."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.peak, self.over = folder, 0, False

    def run(self):
        while not self.over:
            try:
                sizes = [e.stat().st_size for e in os.scandir(self.folder)]
                self.peak = max(self.peak, sum(sizes))
            except OSError:
                pass
            time.sleep(0.002)


def measure(tool, start, folder):
    """Seconds, bytes of memory, bytes of disk over the size of the database."""
    place = os.path.join(folder, "measured")
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    path = os.path.join(place, "case.db")
    shutil.copy(start, path)
    disk = Disk(place)
    disk.start()
    begin = time.perf_counter()
    process = subprocess.Popen(command(tool, path, "child rows"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env=dict(environment(folder), SQLITE_TMPDIR=place))
    used = os.wait4(process.pid, 0)[2]
    seconds = time.perf_counter() - begin
    disk.over = True
    disk.join()
    return seconds, used.ru_maxrss * 1024, disk.peak / os.path.getsize(start)


def generate(folder):
    """Drizzle's migrations: one for each schema that differs as Drizzle sees it."""
    plain = os.path.join(folder, "drizzle", "child-rows")
    for case in CASES:
        where = os.path.join(folder, "drizzle", case.replace(" ", "-"))
        if case in ("triggers", "STRICT", "comments"):
            os.symlink(plain, where)
        else:
            subprocess.run(node("with_drizzle.js") + ["--generate", case, where],
                           env=environment(folder))


def main():
    rows, rounds = int(sys.argv[1]), int(sys.argv[2])
    versions = {tool: version(how) for tool, (_, how) in TOOLS.items()}
    tools = [tool for tool in TOOLS if versions[tool]]
    for tool in TOOLS:
        if tool not in tools:
            print(f"# {tool} is not installed (./build.sh compare installs it)", file=sys.stderr)
    folder = tempfile.mkdtemp()
    try:
        if "Drizzle" in tools:
            generate(folder)
        jobs = [(tool, case) for case in CASES for tool in tools]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = dict(zip(jobs, pool.map(lambda job: judge(*job, folder), jobs)))
        heads = [f"{t} {versions[t]}" if t != "by hand" else t for t in tools]
        print("| | " + " | ".join(heads) + " |")
        print("|---" * (len(tools) + 1) + "|")
        for case in CASES:
            print(f"| {case} | " + " | ".join(found[t, case] for t in tools) + " |", flush=True)
        start = os.path.join(folder, "start.db")
        make(start, "triggers", rows)
        figures = {tool: [] for tool in tools}
        for _ in range(rounds):
            for tool in tools:
                figures[tool].append(measure(tool, start, folder))
        medians = {t: [statistics.median(x) for x in zip(*figures[t])] for t in tools}
        hand = medians["by hand"][0]
        print("| time, of by hand | " + " | ".join(f"{medians[t][0] / hand:.2f}" for t in tools) +
              " |")
        print("| memory, MB | " + " | ".join(f"{medians[t][1] / 1e6:.0f}" for t in tools) + " |")
        print("| disk at the peak, of the database | " +
              " | ".join(f"{medians[t][2]:.1f}" for t in tools) + " |")
        print(f"\n{time.strftime('%Y-%m-%d')}, {rows:,} rows, medians of {rounds}; SQLite of the "
              f"shell {versions['by hand']}.")
    finally:
        shutil.rmtree(folder)


main()
