// Sequelize's changeColumn: with_sequelize.js DATABASE CASE.
const { Sequelize, DataTypes } = require("sequelize");
const sequelize = new Sequelize({ dialect: "sqlite", storage: process.argv[2], logging: false });
sequelize.getQueryInterface()
  .changeColumn("item", "price", { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 })
  .then(() => sequelize.close())
  .catch((e) => (console.error(e.message), process.exit(1)));
