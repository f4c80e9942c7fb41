// TypeORM's changeColumn in a migration's transaction: with_typeorm.js DATABASE CASE.
require("reflect-metadata");
const { DataSource, TableColumn } = require("typeorm");
const source = new DataSource({ type: "better-sqlite3", database: process.argv[2] });
(async () => {
  await source.initialize();
  const runner = source.createQueryRunner();
  await runner.beforeMigration();
  await runner.startTransaction();
  await runner.changeColumn("item", "price",
    new TableColumn({ name: "price", type: "integer", isNullable: false, default: "0" }));
  await runner.commitTransaction();
  await runner.afterMigration();
  await source.destroy();
})().catch((e) => (console.error(e.message), process.exit(1)));
