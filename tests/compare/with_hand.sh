#!/bin/sh
# The twelve steps of SQLite's manual by hand: with_hand.sh DATABASE CASE. Whoever writes them reads
# the schema and writes down all of it again, as is done here by the shell.
set -eu
old() { sqlite3 "$1" "SELECT sql || ';' FROM sqlite_master WHERE sql IS NOT NULL AND $2"; }
table=$(old "$1" "type = 'table' AND name = 'item'" |
  sed 's/CREATE TABLE item/CREATE TABLE new_item/; s/price TEXT/price INTEGER NOT NULL DEFAULT 0/')
rest=$(old "$1" "tbl_name = 'item' AND type IN ('index', 'trigger')")
views=$(old "$1" "type = 'view'")
sqlite3 -bail "$1" "PRAGMA foreign_keys = OFF; BEGIN; $table
  INSERT INTO new_item(rowid, id, name, price, qty) SELECT rowid, id, name, price, qty FROM item;
  $([ -z "$views" ] || echo 'DROP VIEW dear;')
  $([ "$2" != AUTOINCREMENT ] || echo "UPDATE sqlite_sequence SET seq = (SELECT seq FROM
    sqlite_sequence WHERE name = 'item') WHERE name = 'new_item';")
  DROP TABLE item; ALTER TABLE new_item RENAME TO item; $rest $views
  PRAGMA foreign_key_check; COMMIT; PRAGMA foreign_keys = ON"
