# What Alembic's batch mode takes for the bench's main job: batch.py FILE prints the seconds. Its
# view is dropped before and made again after, since Alembic fails on it.
import sys
import time

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

engine = sa.create_engine("sqlite:///" + sys.argv[1])
with engine.connect() as connection:
    view = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = 't_priced'").scalar()
    started = time.perf_counter()
    with connection.begin_nested() if connection.in_transaction() else connection.begin():
        connection.exec_driver_sql("DROP VIEW t_priced")
        with Operations(MigrationContext.configure(connection)).batch_alter_table("t") as batch:
            batch.alter_column("price", type_=sa.Integer(), nullable=False, server_default="0",
                               existing_type=sa.Text())
        connection.exec_driver_sql(view)
    if hasattr(connection, "commit"):
        connection.commit()
    print(time.perf_counter() - started)
