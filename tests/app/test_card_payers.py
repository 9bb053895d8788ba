"""A card's payment leads nobody to a person once its payer is forgotten, and counts once all the same."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.app.cards import CardDisputed, CardEvent, CardPaid, CardRefunded, take_in_card
from bot.app.retention import sweep
from bot.core.bank import Fate
from bot.core.erasure import USUAL
from bot.core.money import Money
from storage import Store, Transaction
from storage._tables import metadata
from tests.app.test_bank import FIRST, Bank
from tests.builders import MONDAY, euros
from tests.channels.bank.paper import entry

PAYMENT, DISPUTE = "pi_3QxYzAbCdEfGhIjK0LmNoPqR", "dp_1QxYzAbCdEfGhIjK0LmNoPqR"
PAID = CardPaid(payment=PAYMENT, number=FIRST, amount=euros("30.00"), at=MONDAY)
REST_BACK = CardRefunded(payment=PAYMENT, number=FIRST, amount=euros("6.00"), total=euros("6.00"), at=MONDAY)
DISPUTED = CardDisputed(payment=PAYMENT, dispute=DISPUTE, amount=euros("30.00"), reason="fraudulent", at=MONDAY)
YEARS = timedelta(days=366 * 11)


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


async def hears(bank: Bank, *events: CardEvent) -> None:
    for event in events:
        assert await bank.desk.store.run(lambda tx, event=event: take_in_card(tx, bank.desk, event, bank.now))  # type: ignore[misc]


async def kept(bank: Bank) -> str:
    """Every row of every table."""

    def rows(tx: Transaction) -> str:
        return repr([tx._connection.execute(sa.select(table)).all() for table in metadata.sorted_tables])

    return await bank.desk.store.read(rows)


async def forget(bank: Bank, now: datetime) -> None:
    bank.now = now
    await sweep(bank.desk.store, USUAL, lambda: now)


@pytest.mark.parametrize("second", [REST_BACK, DISPUTED], ids=["a rest sent back", "a dispute"])
async def test_nothing_names_the_payment_once_its_payer_is_forgotten(bank: Bank, second: CardEvent) -> None:
    incident = await bank.counter.invoiced()
    await hears(bank, PAID, second)
    if second is DISPUTED:
        await bank.says(_transfer(), name="S2")
    assert PAYMENT in await kept(bank), "staff find it at the provider as long as the accounts need it"
    assert (await bank.counter.incident(incident)).closed_at is not None

    await forget(bank, MONDAY + YEARS)

    left = await kept(bank)
    assert [name for name in (PAYMENT, DISPUTE) if name in left] == []
    assert await bank.desk.store.read(lambda tx: tx.journal.verify(f"INC-{incident}")) is None


@pytest.mark.parametrize("second", [REST_BACK, DISPUTED], ids=["a rest sent back", "a dispute"])
async def test_reported_again_after_that_it_still_counts_once(bank: Bank, second: CardEvent) -> None:
    await bank.counter.invoiced()
    await hears(bank, PAID, second)
    if second is DISPUTED:
        await bank.says(_transfer(), name="S2")
    await forget(bank, MONDAY + YEARS)
    before = await kept(bank)

    await hears(bank, PAID, second, PAID)

    assert await kept(bank) == before


async def test_of_a_rest_that_was_sent_back_the_payer_is_forgotten_with_the_invoices(bank: Bank) -> None:
    """Not before: it is a part of what the accounts say of that payment."""
    await bank.counter.invoiced()
    await hears(bank, PAID, REST_BACK)

    await forget(bank, MONDAY + timedelta(days=USUAL.payment_days + 2))

    assert [(row.fate, row.end_to_end) for row in await bank.entries()] == [
        (Fate.REFUNDED, PAYMENT),
        (Fate.REFUNDED, PAYMENT),
    ]
    assert [row.kept for row in await bank.entries()] == [Money(cents=0), Money(cents=0)]


def _transfer() -> str:
    return entry("24.00", FIRST)
