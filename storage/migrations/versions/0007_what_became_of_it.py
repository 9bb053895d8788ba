"""What became of a notice, where staff see it, who complained, and which tries may have had their effect."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("messages", sa.Column("reply", sa.Text(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("fact", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("line", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("complained_at", sa.BigInteger(), nullable=True))
    for queue in ("inbox", "outbox", "deadlines"):
        op.add_column(queue, sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
        # What was tried before this was counted may have been taken.
        jobs = sa.table(queue, sa.column("doubts"), sa.column("tries"), sa.column("state"))
        op.execute(jobs.update().where(jobs.c.state == "waiting").values(doubts=jobs.c.tries))
