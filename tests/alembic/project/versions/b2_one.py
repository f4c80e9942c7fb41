"""branch one: it's"""
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"
branch_labels = ("one",)


def upgrade():
    op.add_column("users", sa.Column("name", sa.Text, server_default="it's; -- a name"))


def downgrade():
    op.execute("ALTER TABLE users DROP COLUMN name")
