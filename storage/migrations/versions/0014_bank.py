"""What the bank's statements say, and which invoices each entry was booked on."""

import sqlalchemy as sa
from alembic import op

from storage._engine import ROW_ID

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _entries()
    op.create_table(
        "allocations",
        sa.Column("entry_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["bank_entries.id"], name=op.f("allocations_entry_id_fkey")),
        sa.ForeignKeyConstraint(["number"], ["invoices.number"], name=op.f("allocations_number_fkey")),
        sa.PrimaryKeyConstraint("entry_id", "number", name=op.f("allocations_pkey")),
    )
    op.create_index(op.f("allocations_number"), "allocations", ["number"], unique=False)


def _entries() -> None:
    op.create_table(
        "bank_entries",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Text(), nullable=False),
        sa.Column("value_on", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban_hash", sa.Text(), nullable=False),
        sa.Column("iban_masked", sa.Text(), nullable=False),
        sa.Column("structured", sa.Text(), nullable=False),
        sa.Column("free", sa.Text(), nullable=False),
        sa.Column("end_to_end", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("suggested", sa.Text(), nullable=False),
        sa.Column("taken_back", ROW_ID, nullable=True),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('credit', 'debit')", name=op.f("bank_entries_side_check")),
        sa.CheckConstraint(
            "fate IN ('booked', 'overpaid', 'known', 'suggested', 'unallocated',"
            " 'returned', 'return', 'refunded', 'dismissed', 'refused')",
            name=op.f("bank_entries_fate_check"),
        ),
        sa.ForeignKeyConstraint(["taken_back"], ["bank_entries.id"], name=op.f("bank_entries_taken_back_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("bank_entries_pkey")),
        sa.UniqueConstraint("identity", name=op.f("bank_entries_identity_key")),
    )
    op.create_index(op.f("bank_entries_iban_hash"), "bank_entries", ["iban_hash"], unique=False)
    op.create_index(op.f("bank_entries_end_to_end"), "bank_entries", ["end_to_end"], unique=False)
    op.create_index("bank_entries_fate_booked_on", "bank_entries", ["fate", "booked_on"], unique=False)
