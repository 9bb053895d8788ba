"""A year in short: every cent explained, every number used, no reminder too many or too few (letter §5)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import pytest

from benchmarks.year import LIVES, Year, a_desk, explain
from bot.core.money import Money
from storage import Status, Store, Transaction

LIVED = 4 * len(LIVES)
CENT = Money(cents=1)


@pytest.fixture
async def year(sqlite_url: str) -> AsyncIterator[Year]:
    """Each kind of life four times, in a year with both changes of the clock, a New Year, and an outage in August."""
    store = await Store.open(sqlite_url)
    lived = Year(desk=a_desk(store), rng=Random(2010))
    await lived.live(LIVED)
    yield lived
    await store.close()


async def test_year_is_explained_to_the_cent(year: Year) -> None:
    """And what is not so is found: a reminder a day late, a cent more than came in."""
    store, desk = year.desk.store, year.desk

    account = await store.read(lambda tx: explain(tx, desk))

    assert set(year.lived) == set(LIVES)
    assert min(account.paid, account.open, account.credited, account.written_off) > 0
    assert account.reminders > account.invoices
    for late in (-1, 1):
        days = tuple(day + late for day in desk.terms.reminders_business)
        other = replace(desk, terms=replace(desk.terms, reminders_business=days))
        with pytest.raises(AssertionError):
            await store.read(lambda tx, other=other: explain(tx, other))  # type: ignore[misc]

    def give_a_cent(tx: Transaction) -> None:
        row = tx.money.listing(status=Status.OPEN, limit=1)[0]
        tx.money.update(row.number, paid=row.paid + CENT, credited=row.credited, status=Status.OPEN)

    await store.run(give_a_cent)
    with pytest.raises(AssertionError):
        await store.read(lambda tx: explain(tx, desk))
