#!/bin/sh
# migrate, by the extension in the sqlite3 shell, foreign keys on: with_migrate.sh DATABASE CASE.
exec sqlite3 -bail "$1" 'PRAGMA foreign_keys = ON' '.load ./build/migrate' "SELECT migrate_exec('
  ALTER TABLE item ALTER price TYPE INTEGER, ALTER price SET NOT NULL, ALTER price SET DEFAULT 0')"
