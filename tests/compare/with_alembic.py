"""Alembic's batch mode, foreign keys on as SQLAlchemy's manual says: with_alembic.py DATABASE
CASE."""
import sys

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

engine = sa.create_engine("sqlite:///" + sys.argv[1])


@sa.event.listens_for(engine, "connect")
def foreign_keys(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")


with engine.begin() as connection:
    with Operations(MigrationContext.configure(connection)).batch_alter_table("item") as batch:
        batch.alter_column("price", type_=sa.Integer(), nullable=False, server_default="0",
                           existing_type=sa.Text())
