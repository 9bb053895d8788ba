"""Channels shared with one customer, and the threads in them that incidents are talked about in."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "shared_channels",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("shared_channels_pkey")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("shared_channels_customer_id_fkey")),
    )
    op.create_index("shared_channels_customer_id", "shared_channels", ["customer_id"])
    op.add_column("incidents", sa.Column("thread", sa.Text(), nullable=True))
    op.create_index("incidents_thread", "incidents", ["thread"], unique=True)
