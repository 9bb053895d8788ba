"""What stands in a database of an earlier version is brought along when it is upgraded."""

from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from storage import Store, Transaction, upgrade
from storage._engine import open_engine
from storage._schema import _configuration
from tests.postgres import Postgres

OF_CARD, OF_BANK = "card-pi_3QxYzAbCdEfGhIjK0LmNoPqR", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c-1"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> str:
    """A database without tables, once on each."""
    return f"sqlite:///{tmp_path}/new.db" if request.param == "sqlite" else postgres.url(postgres.fresh())


async def upgrade_to(url: str, revision: str) -> None:
    """Makes the tables as that version had them."""
    engine = open_engine(url)

    def run(connection: sa.Connection) -> None:
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)

    await engine.write(run)
    await engine.close()


async def execute(url: str, *statements: str) -> None:
    engine = open_engine(url)
    await engine.write(lambda connection: [connection.execute(sa.text(one)) for one in statements] and None)
    await engine.close()


async def test_names_of_card_payments_are_hashed_and_the_banks_stay(empty_url: str) -> None:
    await upgrade_to(empty_url, "0028")
    await execute(
        empty_url, *(_entry(number, identity) for number, identity in enumerate([OF_CARD, OF_BANK], start=1))
    )

    await upgrade(empty_url)

    store = await Store.open(empty_url)
    assert await store.read(_identities) == [sha256(OF_CARD.encode()).hexdigest(), OF_BANK]
    await store.close()


def _identities(tx: Transaction) -> list[str]:
    return [row.identity for number in (1, 2) if (row := tx.bank.load(number))]


def _entry(number: int, identity: str) -> str:
    """A row of a statement."""
    return (
        "INSERT INTO bank_entries (id, identity, statement, side, cents, currency, booked_on, name, iban_hash,"
        " iban_masked, structured, free, end_to_end, fate, why, note, kept, suggested, imported_at, settled_by)"
        f" VALUES ({number}, '{identity}', 'S1', 'credit', 2400, 'EUR', '2010-06-14', '', '', '', '', '', '',"
        " 'booked', '', '', 0, '', 0, 'bank')"
    )
