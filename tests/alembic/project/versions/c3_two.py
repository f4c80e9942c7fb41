"""branch two"""
import sqlalchemy as sa
from alembic import op

revision = "c3"
down_revision = "a1"
branch_labels = "two"


def upgrade():
    op.create_table("two", sa.Column("x", sa.Integer), sa.Column("at", sa.DateTime))


def downgrade():
    op.drop_table("two")
