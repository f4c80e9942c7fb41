"""rows"""
import sqlalchemy as sa
from alembic import op

revision = "f6"
down_revision = "e5"


def upgrade():
    users = sa.table("users", sa.column("id", sa.Integer), sa.column("email", sa.String))
    op.bulk_insert(users, [{"id": 1, "email": "a'b@x"}, {"id": 2, "email": "c:d%s@x"}])
    op.execute("INSERT INTO two (x) VALUES (7)")


def downgrade():
    op.execute("DELETE FROM users")
    op.execute("DELETE FROM two")
