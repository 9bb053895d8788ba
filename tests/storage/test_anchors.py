"""One hash stands over all that was journalled, and what is changed below it shows."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.core.facts import IncidentTaken
from storage import Anchor, Entry, Place, Store, Transaction
from storage._anchors import path, root
from tests.storage.outside import leads_to
from tests.storage.times import MINUTE, NOW


async def journal(store: Store, *subjects: str, after: int = 0) -> None:
    """One more fact for each of these."""
    entry = Entry(fact=IncidentTaken(by="Zoé"), at=NOW, actor="staff U1")

    def work(tx: Transaction) -> None:
        for subject in subjects:
            tx.journal.append(subject, after, [entry])

    await store.run(work)


def behind_our_back(tx: Transaction, sql: str) -> None:
    tx._connection.execute(sa.text(sql))


async def test_each_anchor_stands_over_what_is_new_and_over_the_one_before(store: Store) -> None:
    await journal(store, "INC-1", "C-1", "INC-2")
    first = await store.run(lambda tx: tx.anchors.drop(NOW))
    nothing = await store.run(lambda tx: tx.anchors.drop(NOW + MINUTE))
    await journal(store, "INC-1", after=1)
    second = await store.run(lambda tx: tx.anchors.drop(NOW + MINUTE))

    assert first is not None
    assert second is not None
    assert nothing is None
    assert (first.facts, second.facts, second.before) == (3, 4, first.hash)
    assert await store.read(lambda tx: tx.anchors.after(0, 9)) == [first, second]
    assert await store.read(lambda tx: (tx.anchors.holds(first, None), tx.anchors.holds(second, first))) == (
        True,
        True,
    )


async def test_anchor_no_longer_holds_once_a_fact_below_it_is_gone(store: Store) -> None:
    await journal(store, "INC-1", "INC-2")
    anchor = await store.run(lambda tx: tx.anchors.drop(NOW))

    def tamper(tx: Transaction) -> None:
        sqlite = tx.alone
        behind_our_back(tx, "DROP TRIGGER facts_undeleted" if sqlite else "ALTER TABLE facts DISABLE TRIGGER ALL")
        behind_our_back(tx, "DELETE FROM facts WHERE subject = 'INC-2'")

    await store.run(tamper)

    assert anchor is not None
    assert await store.read(lambda tx: tx.anchors.holds(anchor, None)) is False


@pytest.mark.parametrize("sql", ["UPDATE anchors SET hash = 'x'", "DELETE FROM anchors"])
async def test_anchors_refuse_to_be_changed(store: Store, sql: str) -> None:
    await journal(store, "INC-1")
    await store.run(lambda tx: tx.anchors.drop(NOW))

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: behind_our_back(tx, sql))


async def test_what_is_written_meanwhile_is_under_the_next_anchor_or_this_one(store: Store) -> None:
    names = [f"INC-{number}" for number in range(1, 31)]
    work = [journal(store, name) for name in names]
    await asyncio.gather(*work[:15], store.run(lambda tx: tx.anchors.drop(NOW)), *work[15:])
    await store.run(lambda tx: tx.anchors.drop(NOW))

    made = await store.read(lambda tx: tx.anchors.after(0, 9))

    assert made[-1].facts == len(names)
    before = [None, *made[:-1]]
    for anchor, last in zip(made, before, strict=True):
        assert await store.read(lambda tx, anchor=anchor, last=last: tx.anchors.holds(anchor, last))  # type: ignore[misc]


async def test_place_of_a_fact_leads_to_its_anchor(store: Store) -> None:
    await journal(store, *(f"INC-{number}" for number in range(1, 8)))
    await store.run(lambda tx: tx.anchors.drop(NOW))

    places = await store.read(lambda tx: [tx.anchors.place_of(number) for number in range(1, 9)])

    assert places[7] is None
    assert all(isinstance(place, Place) and leads_to(place) == place.anchor.root for place in places[:7])


@pytest.mark.parametrize("size", range(1, 18))
def test_path_of_every_leaf_leads_to_the_root(size: int) -> None:
    chains = [f"{number:064x}" for number in range(size)]
    anchor = Anchor(id=1, at=NOW, upto=size, facts=size, root=root(chains), before="", hash="")
    for index, chain in enumerate(chains):
        place = Place(chain=chain, index=index, size=size, path=path(chains, index), anchor=anchor)
        assert leads_to(place) == anchor.root
