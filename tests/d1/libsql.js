// Runs the plain scripts of worlds, as they are, in libSQL: libsql.js FOLDER WORLD .. makes
// libsql.db in each; what fails is said on a line "not ok - WORLD: why".
const fs = require("fs");
const path = require("path");
const Database = require("libsql");

const [folder, ...worlds] = process.argv.slice(2);
for (const world of worlds) {
  const file = path.join(folder, world, "libsql.db");
  fs.copyFileSync(path.join(folder, world, "start.db"), file);
  const db = new Database(file);
  try {
    // As in the run itself: by default they are ON here, and a script's DROP TABLE empties others.
    db.exec("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
    db.exec(fs.readFileSync(path.join(folder, world, "plain.sql"), "utf8"));
  } catch (e) {
    console.log("not ok - " + world + ": " + e.message);
  }
  db.close();
}
