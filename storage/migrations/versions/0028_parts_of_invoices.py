"""How much of an invoice credit notes took back, and the day by which what remains is to be paid."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("invoices", sa.Column("credited", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("invoices", sa.Column("moved_to", sa.Text(), nullable=True))
    op.execute("UPDATE invoices SET credited = gross WHERE status = 'credited'")
