"""What accountants take out: which invoices were exported, what platforms answered, and quick counts of outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
CONCLUDED = sa.text("kind IN ('OurFaultFound', 'ProblemSolved', 'DiagnosisReported', 'LeftUnbilled')")


def upgrade() -> None:
    op.add_column("invoices", sa.Column("exported_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "transmissions",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("on_day", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["invoices.number"], name=op.f("transmissions_number_fkey")),
        sa.PrimaryKeyConstraint("number", "status", "on_day", name=op.f("transmissions_pkey")),
    )
    op.create_index(
        "facts_concluded", "facts", ["at"], unique=False, sqlite_where=CONCLUDED, postgresql_where=CONCLUDED
    )
