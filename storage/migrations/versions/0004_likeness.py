"""What a contact's domain looks like, so that a stranger's that only looks like it is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("likeness", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("contacts_likeness"), "contacts", ["likeness"], unique=False)
