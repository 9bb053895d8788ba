"""The domain of each contact beside what it looks like, so that many contacts of one domain cost no more than one."""

import sqlalchemy as sa
from alembic import op

from storage._engine import is_sqlite

revision = "0025"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("domain", sa.Text(), nullable=False, server_default=""))
    after_at = (
        "substr(address, instr(address, '@') + 1)" if is_sqlite(op.get_bind()) else "split_part(address, '@', 2)"
    )
    op.execute(f"UPDATE contacts SET domain = {after_at}")  # noqa: S608 - one of the two above
    op.drop_index(op.f("contacts_likeness"), "contacts")
    op.create_index("contacts_likeness_domain", "contacts", ["likeness", "domain"], unique=False)
