"""Runs job.sql on a new database in Python's own sqlite3: host.py DATABASE EXTENSION MODE."""
import re
import sqlite3
import sys

database, extension, mode = sys.argv[1:]
connection = sqlite3.connect(database, isolation_level=None)
if not hasattr(connection, "enable_load_extension"):
    sys.exit("skip: this Python's sqlite3 is built without loadable extensions")
connection.enable_load_extension(True)
connection.load_extension(extension)
if mode == "guarded":
    if not hasattr(connection, "setconfig"):
        sys.exit("skip: this Python cannot set DEFENSIVE (3.12 can)")
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
if mode == "untrusted":
    connection.execute("PRAGMA trusted_schema = OFF")
for statement in re.split(r";\n\n", open("tests/hosts/job.sql").read()):
    for row in connection.execute(statement):
        print("|".join("" if v is None else str(v) for v in row))
