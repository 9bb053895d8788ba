"""The HTML of a mail, so that it can be shown as it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("html_sha256", sa.Text(), nullable=True))
