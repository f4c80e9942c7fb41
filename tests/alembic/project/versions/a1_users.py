"""users

Revision ID: a1
Create Date: 2025-01-02 03:04:05.678901

"""
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(50)),
    )
    op.create_index("users_email", "users", ["email"], unique=True)


def downgrade():
    op.drop_table("users")
