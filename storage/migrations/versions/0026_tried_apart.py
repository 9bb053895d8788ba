"""What was tried before is found in every queue without passing what is fresh: it is tried one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    where = sa.text("state = 'waiting' AND tries > 0")
    for queue in ("inbox", "deadlines"):
        op.create_index(f"{queue}_tried", queue, ["due_at", "id"], sqlite_where=where, postgresql_where=where)
