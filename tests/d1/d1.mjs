// Runs the scripts of worlds in Cloudflare's own D1, as miniflare runs it on this machine: one
// batch each, which is one transaction. d1.mjs FOLDER WORLD .. makes d1.db in each; what fails is
// said on a line "not ok - WORLD: why".
import fs from "fs";
import path from "path";
import { createRequire } from "module";

const [folder, ...worlds] = process.argv.slice(2);
const { Miniflare } = createRequire(process.env.MODULES + "/")("miniflare");
const persist = path.join(folder, ".d1");

function options() {
  return {
    modules: true,
    script: "export default { fetch() { return new Response(); } }",
    d1Databases: Object.fromEntries(worlds.map((w) => [w, w])),
    d1Persist: persist,
  };
}

function sqliteFiles() {
  const found = fs.readdirSync(persist, { recursive: true });
  return found.filter((f) => f.endsWith(".sqlite")).map((f) => path.join(persist, f));
}

// A database that says its name tells which file is whose; then each gets its start.
let mf = new Miniflare(options());
const files = {};
for (const world of worlds) {
  const before = new Set(fs.existsSync(persist) ? sqliteFiles() : []);
  await (await mf.getD1Database(world)).prepare("CREATE TABLE probe(x)").run();
  files[world] = sqliteFiles().find((f) => !before.has(f) && !f.includes("metadata"));
}
await mf.dispose();
for (const world of worlds) {
  for (const end of ["-wal", "-shm"]) fs.rmSync(files[world] + end, { force: true });
  fs.copyFileSync(path.join(folder, world, "start.db"), files[world]);
}

mf = new Miniflare(options());
for (const world of worlds) {
  const db = await mf.getD1Database(world);
  const script = fs.readFileSync(path.join(folder, world, "script"), "utf8");
  const statements = script.split("\0").filter((s) => s.trim());
  try {
    await db.batch(statements.map((s) => db.prepare(s)));
  } catch (e) {
    console.log("not ok - " + world + ": " + e.message);
  }
}
await mf.dispose();
for (const world of worlds) {
  for (const end of ["", "-wal"]) {
    const from = files[world] + end;
    if (fs.existsSync(from)) fs.copyFileSync(from, path.join(folder, world, "d1.db" + end));
  }
}
