"""What was found out about who wrote a message, and when they say they wrote it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("proof", sa.Text(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("written_at", sa.BigInteger(), nullable=True))
