"""The day of a series' last paper, so that dates do not go back in it when the clock does."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("counters", sa.Column("day", sa.Text(), nullable=True))
