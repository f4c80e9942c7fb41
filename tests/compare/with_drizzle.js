// The SQL that drizzle-kit generates, run by drizzle-orm's migrate(): with_drizzle.js DATABASE
// CASE, and before, once for each case: with_drizzle.js --generate CASE FOLDER. The schema says all of
// the case that Drizzle's can.
const fs = require("fs");
const path = require("path");
const { execFileSync } = require("child_process");

function schema(name, price) {
  const id = name === "rowids" ? 'text("id").primaryKey()'
    : `integer("id").primaryKey(${name === "AUTOINCREMENT" ? "{ autoIncrement: true }" : ""})`;
  const unique = name === "unique" ? ".unique()" : "";
  const total = name === "generated columns"
    ? ', total: integer("total").generatedAlwaysAs(sql`qty * 2`, { mode: "virtual" })' : "";
  const extra = name === "CHECK" ? ', check("item_pos", sql`qty > 0`)'
    : name === "indexes" ? ', index("item_desc").on(sql`qty DESC`, t.name).where(sql`qty > 2`)'
    : "";
  const view = name === "views"
    ? 'export const dear = sqliteView("dear", { name: text("name"), price: text("price") })' +
      ".as(sql`SELECT name, price FROM item WHERE qty > 2`);" : "";
  return `import { sqliteTable, sqliteView, integer, text, index, check }
  from "drizzle-orm/sqlite-core";
import { sql } from "drizzle-orm";
export const item = sqliteTable("item", { id: ${id}, name: text("name").notNull()${unique},
  price: ${price}, qty: integer("qty").notNull().default(1)${total} },
  (t) => [index("item_name").on(t.name), index("item_qty").on(t.qty)${extra}]);
export const child = sqliteTable("child", { id: integer("id").primaryKey(),
  item: ${name === "rowids" ? "text" : "integer"}("item").notNull()
    .references(() => item.id, { onDelete: "cascade" }) });
export const log = sqliteTable("log", { what: text("what") });
${view}`;
}

function generate(name, folder) {
  const modules = process.env.NODE_PATH;
  const kit = path.join(modules, "drizzle-kit/bin.cjs");
  fs.mkdirSync(folder, { recursive: true });
  if (!fs.existsSync(path.join(folder, "node_modules"))) {
    fs.symlinkSync(modules, path.join(folder, "node_modules"));
  }
  for (const price of ['text("price")', 'integer("price").notNull().default(0)']) {
    fs.writeFileSync(path.join(folder, "schema.ts"), schema(name, price));
    execFileSync(process.execPath,
      [kit, "generate", "--dialect=sqlite", "--schema=./schema.ts", "--out=./drizzle"],
      { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  }
  // The database is there: only the second migration is to run.
  const journal = path.join(folder, "drizzle/meta/_journal.json");
  const j = JSON.parse(fs.readFileSync(journal));
  j.entries = j.entries.slice(1);
  fs.writeFileSync(journal, JSON.stringify(j));
}

if (process.argv[2] === "--generate") {
  generate(process.argv[3], process.argv[4]);
} else {
  const Database = require("better-sqlite3");
  const { drizzle } = require("drizzle-orm/better-sqlite3");
  const { migrate } = require("drizzle-orm/better-sqlite3/migrator");
  const db = new Database(process.argv[2]);
  db.pragma("foreign_keys = ON");
  const folder = path.join(process.env.DRIZZLE, process.argv[3].replace(/ /g, "-"), "drizzle");
  migrate(drizzle(db), { migrationsFolder: folder });
}
