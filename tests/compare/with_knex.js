// Knex' alter() in a transaction, as its migrations are: with_knex.js DATABASE CASE.
const knex = require("knex")({
  client: "better-sqlite3",
  connection: { filename: process.argv[2] },
  useNullAsDefault: true,
  pool: { afterCreate: (db, done) => (db.pragma("foreign_keys = ON"), done()) },
});
knex
  .transaction((t) => t.schema.alterTable("item", (table) =>
    table.integer("price").notNullable().defaultTo(0).alter()))
  .then(() => knex.destroy())
  .catch((e) => (console.error(e.message), process.exit(1)));
