"""When a customer was last reminded of any invoice, and whether they want to be before the due date."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("customers", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
    op.add_column("customers", sa.Column("courtesy", sa.Boolean(), nullable=False, server_default=sa.true()))
