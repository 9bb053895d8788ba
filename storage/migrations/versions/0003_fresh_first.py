"""What was never tried is found without passing what was: a backlog does not hold up a fresh mail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name, tries in (("outbox_untried", "tries = 0"), ("outbox_tried", "tries > 0")):
        where = sa.text(f"state = 'waiting' AND {tries}")
        op.create_index(name, "outbox", ["due_at", "id"], sqlite_where=where, postgresql_where=where)
