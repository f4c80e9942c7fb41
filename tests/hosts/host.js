// Runs job.sql on a new database in node: host.js DATABASE EXTENSION MODE MODULE, where the module
// is better-sqlite3 or node:sqlite.
const fs = require("fs");
const [database, extension, mode, module_] = process.argv.slice(2);

function skip(why) {
  console.error("skip: " + why);
  process.exit(1);
}

function load(name) {
  try {
    return require(name);
  } catch (e) {
    skip(name + " is not installed for node " + process.version);
  }
}

function open() {
  if (module_ === "node:sqlite") {
    const db = new (load(module_).DatabaseSync)(database, { allowExtension: true });
    db.loadExtension(extension);
    if (mode === "guarded") {
      if (!db.enableDefensive) skip("this node cannot set DEFENSIVE");
      db.enableDefensive(true);
    }
    return db;
  }
  const db = new (load(module_))(database); // sets DEFENSIVE by itself
  db.loadExtension(extension);
  if (mode === "plain") db.unsafeMode(true);
  return db;
}

// DEFENSIVE refuses what the job must do all the same.
function assertGuarded(db) {
  db.exec("PRAGMA writable_schema = ON");
  try {
    db.exec("UPDATE sqlite_master SET sql = sql");
  } catch (e) {
    db.exec("PRAGMA writable_schema = OFF");
    return;
  }
  throw new Error("DEFENSIVE is not on");
}

const db = open();
if (mode === "guarded") assertGuarded(db);
if (mode !== "plain") db.exec("PRAGMA trusted_schema = OFF");
for (const text of fs.readFileSync("tests/hosts/job.sql", "utf8").split(";\n\n")) {
  const statement = db.prepare(text);
  const reads = module_ === "node:sqlite" || statement.reader;
  const rows = reads ? statement.all() : (statement.run(), []);
  for (const row of rows) console.log(Object.values(row).map((v) => v ?? "").join("|"));
}
