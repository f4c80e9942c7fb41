import os

from alembic import context
from sqlalchemy import MetaData, create_engine


def include_name(name, type_, parent_names):
    return not (type_ == "table" and name == "migrate_journal")


with create_engine("sqlite:///" + os.environ["DATABASE"]).connect() as connection:
    context.configure(
        connection=connection, target_metadata=MetaData(), include_name=include_name
    )
    with context.begin_transaction():
        context.run_migrations()
