#!/usr/bin/env python3
"""Carries an Alembic project over: python3 carry.py [alembic.ini [FOLDER]]

Writes each revision as FOLDER/ID_SLUG.sql (default migrations/versions): the SQL that Alembic itself
would print offline for SQLite, with ids, parents, labels, dependencies and messages kept. A database
that Alembic has upgraded is then at the same revision for migrate. Never overwrites a file.

A section that Alembic cannot print, batch_alter_table above all, is left for you to write, in one
statement of the ALTER language as a rule; until then it is a syntax error, and named here.
"""
import io
import os
import re
import sys

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory


def listed(value):
    return ", ".join([value] if isinstance(value, str) else value or [])


def one_line(text):
    return " ".join(str(text).split())


def section(function):
    """What upgrade() or downgrade() would run, as SQL."""
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True, "output_buffer": out}
    )
    with Operations.context(context):
        function()
    return out.getvalue().strip() + "\n"


def revision_text(script, failures):
    created = re.search(r"^Create Date: (\S+)[ T](\d\d:\d\d:\d\d)", script.module.__doc__ or "", re.M)
    text = f"-- {one_line(script.doc)}\n-- revision: {script.revision}\n"
    text += f"-- down_revision: {listed(script.down_revision)}\n"
    text += f"-- branch_labels: {listed(getattr(script.module, 'branch_labels', None))}\n"
    text += f"-- depends_on: {listed(getattr(script.module, 'depends_on', None))}\n"
    if created:
        text += f"-- create_date: {created.group(1)}T{created.group(2)}Z\n"
    for marker, name in (("up", "upgrade"), ("down", "downgrade")):
        text += f"\n-- migrate:{marker}\n"
        try:
            text += section(getattr(script.module, name))
        except Exception as error:
            failures.append(f"{script.revision}, {name}: {one_line(error)}")
            text += f"to be written by hand: {one_line(error).replace(';', ',')};\n"
    return text


def main():
    ini = sys.argv[1] if len(sys.argv) > 1 else "alembic.ini"
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join("migrations", "versions")
    failures = []
    os.makedirs(folder, exist_ok=True)
    for script in ScriptDirectory.from_config(Config(ini)).walk_revisions():
        slug = "_".join(re.findall(r"\w+", script.doc))[:40].lower()
        path = os.path.join(folder, f"{script.revision}_{slug}.sql")
        with open(path, "x", encoding="utf-8") as f:
            f.write(revision_text(script, failures))
        print(path)
    for failure in failures:
        print(f"to be written by hand: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
