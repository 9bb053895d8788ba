"""Facts are appended in turn, never changed, and every change made behind our back is found."""

from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.facts import FACTS, CustomerMet, DiagnosisStarted, Fact, IncidentTaken, Language
from storage import Conflict, Entry, Recorded, Store, Transaction
from storage._codec import decode, encode
from tests.storage.times import MINUTE, NOW

TAKEN = IncidentTaken(by="Zoé")
STARTED = DiagnosisStarted()


def entry(fact: Fact, command: str | None = None) -> Entry:
    return Entry(fact=fact, at=NOW, actor="staff U1", command=command)


def behind_our_back(tx: Transaction, sql: str) -> None:
    tx._connection.execute(sa.text(sql))


async def three_facts(store: Store) -> None:
    facts = [entry(TAKEN), entry(STARTED), entry(TAKEN)]
    await store.run(lambda tx: tx.journal.append("INC-1", 0, facts))


async def test_append_then_read_gives_the_facts_back(store: Store) -> None:
    await store.run(lambda tx: tx.journal.append("INC-1", 0, [entry(TAKEN)]))
    await store.run(lambda tx: tx.journal.append("INC-1", 1, [entry(STARTED)]))

    read = await store.read(lambda tx: tx.journal.facts("INC-1"))

    assert read == [
        Recorded(id=1, subject="INC-1", seq=1, kind="IncidentTaken", fact=TAKEN, at=NOW, actor="staff U1"),
        Recorded(id=2, subject="INC-1", seq=2, kind="DiagnosisStarted", fact=STARTED, at=NOW, actor="staff U1"),
    ]


@pytest.mark.parametrize("after", [0, 2, 4])
async def test_append_elsewhere_than_at_the_end_conflicts(store: Store, after: int) -> None:
    await three_facts(store)

    with pytest.raises(Conflict):
        await store.run(lambda tx: tx.journal.append("INC-1", after, [entry(TAKEN)]))
    assert len(await store.read(lambda tx: tx.journal.facts("INC-1"))) == 3


async def test_has_command_knows_the_keys_of_what_was_appended(store: Store) -> None:
    facts = [entry(TAKEN, "slack:Ev1"), entry(STARTED, "slack:Ev1")]
    await store.run(lambda tx: tx.journal.append("INC-1", 0, facts))

    known = await store.read(lambda tx: [tx.journal.has_command(key) for key in ("slack:Ev1", "slack:Ev2")])

    assert known == [True, False]


async def test_append_same_command_twice_conflicts(store: Store) -> None:
    await store.run(lambda tx: tx.journal.append("INC-1", 0, [entry(TAKEN, "slack:Ev1")]))

    with pytest.raises(Conflict):
        await store.run(lambda tx: tx.journal.append("INC-1", 1, [entry(STARTED, "slack:Ev1")]))


async def test_latest_follows_all_subjects(store: Store) -> None:
    await three_facts(store)
    met = CustomerMet(language=Language.FR)
    await store.run(lambda tx: tx.journal.append("C-1", 0, [entry(met)]))

    newest = await store.read(lambda tx: tx.journal.latest(2))
    after = await store.read(lambda tx: tx.journal.latest(10, after_id=newest[0].id))

    assert [(one.subject, one.seq) for one in newest] == [("INC-1", 3), ("C-1", 1)]
    assert after == newest[1:]
    assert await store.read(lambda tx: tx.journal.subjects()) == ["C-1", "INC-1"]


@pytest.mark.parametrize("sql", ["UPDATE facts SET body = '{}'", "DELETE FROM facts"])
async def test_facts_refuse_to_be_changed(store: Store, sql: str) -> None:
    await three_facts(store)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: behind_our_back(tx, sql))
    assert await store.read(lambda tx: tx.journal.verify("INC-1")) is None


@pytest.mark.parametrize(
    "tampering",
    [
        'UPDATE facts SET body = \'{"by":"Max"}\' WHERE seq = 1',
        "UPDATE facts SET body_sha256 = 'x' WHERE seq = 1",
        "UPDATE facts SET actor = 'staff U2' WHERE seq = 1",
        "UPDATE facts SET at = at + 1 WHERE seq = 1",
        "UPDATE facts SET kind = 'DiagnosisStarted' WHERE seq = 1",
        "DELETE FROM facts WHERE seq = 1",
    ],
)
async def test_verify_names_the_first_bad_fact(store: Store, tampering: str) -> None:
    await three_facts(store)

    def tamper(tx: Transaction) -> None:
        if tx._connection.dialect.name == "sqlite":
            behind_our_back(tx, "DROP TRIGGER facts_unchanged")
            behind_our_back(tx, "DROP TRIGGER facts_undeleted")
        else:
            behind_our_back(tx, "ALTER TABLE facts DISABLE TRIGGER ALL")
        behind_our_back(tx, tampering)

    await store.run(tamper)

    assert await store.read(lambda tx: tx.journal.verify("INC-1")) == 1


async def test_verify_stored_text_with_nul_is_sound(store: Store) -> None:
    odd = [Entry(fact=IncidentTaken(by="a\0b\ud800é"), at=NOW + MINUTE, actor="x\0y")]
    await store.run(lambda tx: tx.journal.append("INC-1", 0, odd))

    (recorded,) = await store.read(lambda tx: tx.journal.facts("INC-1"))

    assert (recorded.fact, recorded.actor) == (IncidentTaken(by="a\0b?é"), "xy")
    assert await store.read(lambda tx: tx.journal.verify("INC-1")) is None


st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("kind", FACTS.values())
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_fact_survives_json(kind: type[Fact], data: st.DataObject) -> None:
    fact = data.draw(st.from_type(kind))

    assert decode(*encode(fact)) == fact


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO facts SELECT * FROM facts WHERE seq = 1 {0}",
        "INSERT INTO facts (subject, seq, kind, body, at, actor, body_sha256, chain) "
        "SELECT subject, seq, kind, '{{}}', at, actor, body_sha256, chain FROM facts WHERE seq = 3 {1}",
    ],
)
async def test_facts_refuse_to_be_replaced(store: Store, sql: str) -> None:
    await three_facts(store)
    sqlite = await store.read(lambda tx: tx.alone)
    how = ("ON CONFLICT (id) DO UPDATE SET body = '{}'", "ON CONFLICT (subject, seq) DO UPDATE SET body = '{}'")
    statement = sql.format("", "").replace("INSERT", "INSERT OR REPLACE") if sqlite else sql.format(*how)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: behind_our_back(tx, statement))
    assert await store.read(lambda tx: tx.journal.verify("INC-1")) is None


async def test_facts_refuse_to_be_truncated(postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    await three_facts(store)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: behind_our_back(tx, "TRUNCATE facts"))
    await store.close()
