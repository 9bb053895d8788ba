"""What a card's provider calls a payment is kept as its hash: the name itself goes with whoever paid."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

entries = sa.table("bank_entries", sa.column("id"), sa.column("identity"))


def upgrade() -> None:
    connection = op.get_bind()
    of_cards = sa.select(entries.c.id, entries.c.identity).where(entries.c.identity.like("card-%"))
    for row in connection.execute(of_cards).all():
        hashed = sha256(row.identity.encode()).hexdigest()
        connection.execute(sa.update(entries).where(entries.c.id == row.id).values(identity=hashed))
