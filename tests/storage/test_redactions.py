"""Words leave the journal only with a fact that says so, and what is left is proven like everything else."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.core.facts import BOT, CustomerAsked, IncidentTaken, Language, PersonalDataErased
from bot.core.redaction import Cause, Redaction
from storage import Entry, Redacted, Store, Transaction
from tests.builders import an_incident
from tests.storage.times import NOW

WORDS = CustomerAsked(question="What is Bob's password?", message="m1")
EMPTY = replace(WORDS, question="")


async def journal(store: Store) -> None:
    """An incident of C-1 with three facts, and another customer beside."""

    def write(tx: Transaction) -> None:
        for address in ("bob@x.example", "eve@x.example"):
            tx.customers.create(address=address, language=Language.FR, now=NOW)
        tx.incidents.add(replace(an_incident(), id=1, customer=1), "key", NOW)
        tx.journal.append("INC-1", 0, [entry(IncidentTaken(by="U1")), entry(WORDS), entry(WORDS)])

    await store.run(write)


def entry(fact: IncidentTaken | CustomerAsked | PersonalDataErased, actor: str = "customer:bob@x.example") -> Entry:
    return Entry(fact=fact, at=NOW, actor=actor)


def erase(tx: Transaction, by: str = "C-1", seqs: tuple[int, ...] = (2,)) -> tuple[Redaction, ...]:
    """As the desk does it, with the fact in this subject's chain."""
    wanted = {seq: Redacted(fact=EMPTY, actor="customer:") for seq in seqs}
    redactions = tx.journal.redactions.prepare("INC-1", wanted)
    after = len(tx.journal.facts(by))
    said = PersonalDataErased(about="INC-1", cause=Cause.REQUEST, redactions=redactions)
    tx.journal.append(by, after, [entry(said, BOT.name)])
    tx.journal.redactions.redact(redactions)
    return redactions


def unguarded(tx: Transaction, *statements: str) -> None:
    """As somebody with the database's own rights would."""
    sqlite = tx._connection.dialect.name == "sqlite"
    off = "DROP TRIGGER IF EXISTS facts_unchanged" if sqlite else "ALTER TABLE facts DISABLE TRIGGER ALL"
    for statement in (off, *statements):
        tx._connection.execute(sa.text(statement))


async def test_redacted_fact_verifies_with_all_after_it(store: Store) -> None:
    await journal(store)

    await store.run(lambda tx: erase(tx) and None)

    facts = await store.read(lambda tx: tx.journal.facts("INC-1"))
    assert [(one.fact, one.actor) for one in facts] == [
        (IncidentTaken(by="U1"), "customer:bob@x.example"),
        (EMPTY, "customer:"),
        (WORDS, "customer:bob@x.example"),
    ]
    assert await store.read(lambda tx: (tx.journal.verify("INC-1"), tx.journal.verify("C-1"))) == (None, None)


async def test_facts_are_appended_after_redacted_ones(store: Store) -> None:
    await journal(store)
    await store.run(lambda tx: erase(tx, seqs=(2, 3)) and None)

    await store.run(lambda tx: tx.journal.append("INC-1", 3, [entry(WORDS)]))
    await store.run(lambda tx: erase(tx, seqs=(4,)) and None)

    assert await store.read(lambda tx: (tx.journal.verify("INC-1"), tx.journal.verify("C-1"))) == (None, None)


async def test_a_redaction_is_in_the_customers_own_newest_fact_or_refused(store: Store) -> None:
    await journal(store)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: erase(tx, by="C-2") and None)

    redactions = await store.run(erase)
    await store.run(
        lambda tx: tx.journal.append("C-1", 1, [entry(PersonalDataErased(about="C-1", cause=Cause.REQUEST))])
    )
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(lambda tx: tx.journal.redactions.redact(redactions))


@pytest.mark.parametrize(
    "change",
    [
        {"body": "{}"},
        {"actor": "customer:eve"},
        {"seq": 3},
        {"body": '{"question":"Other words","message":"m1"}'},
    ],
)
async def test_anything_but_what_was_named_is_refused(store: Store, change: dict[str, object]) -> None:
    await journal(store)

    def other(tx: Transaction) -> None:
        (named,) = tx.journal.redactions.prepare("INC-1", {2: Redacted(fact=EMPTY, actor="customer:")})
        said = PersonalDataErased(about="INC-1", cause=Cause.REQUEST, redactions=(named,))
        tx.journal.append("C-1", 0, [entry(said)])
        tx.journal.redactions.redact([replace(named, **change)])  # type: ignore[arg-type]

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await store.run(other)


@pytest.mark.parametrize(
    "tampering",
    [
        'UPDATE facts SET body = \'{"question":"","message":"m2"}\' WHERE subject = \'INC-1\' AND seq = 2',
        "UPDATE facts SET actor = 'customer:eve' WHERE subject = 'INC-1' AND seq = 2",
        "UPDATE facts SET at = at + 1 WHERE subject = 'INC-1' AND seq = 2",
        "UPDATE facts SET body_sha256 = 'x' WHERE subject = 'INC-1' AND seq = 2",
        "UPDATE facts SET chain = 'x' WHERE subject = 'INC-1' AND seq = 2",
        "UPDATE facts SET body = replace(body, 'request', 'retention') WHERE subject = 'C-1'",
        "UPDATE facts SET subject = 'C-2' WHERE subject = 'C-1'",
    ],
)
async def test_verify_takes_no_redacted_fact_but_as_it_was_left(store: Store, tampering: str) -> None:
    await journal(store)
    await store.run(lambda tx: erase(tx) and None)

    await store.run(lambda tx: unguarded(tx, tampering))

    assert await store.read(lambda tx: tx.journal.verify("INC-1")) == 2


async def test_words_emptied_without_a_fact_that_says_so_are_found(store: Store) -> None:
    await journal(store)
    body = '{"question":"","message":"m1"}'

    await store.run(lambda tx: unguarded(tx, f"UPDATE facts SET body = '{body}' WHERE seq = 2"))

    assert await store.read(lambda tx: tx.journal.verify("INC-1")) == 2


async def test_what_came_before_a_redacted_fact_is_still_proven(store: Store) -> None:
    """Somebody writes the first fact anew with a chain that fits it: the erasure names the one it stood on."""
    await journal(store)
    await store.run(lambda tx: erase(tx) and None)

    def rewrite(tx: Transaction) -> None:
        unguarded(tx)
        tx._connection.execute(sa.text("UPDATE facts SET seq = 9 WHERE subject = 'INC-1' AND seq = 1"))
        tx.journal.append("INC-0", 0, [entry(IncidentTaken(by="U2"))])
        for name in ("body", "body_sha256", "chain", "actor"):
            source = f"(SELECT {name} FROM facts WHERE subject = 'INC-0')"
            tx._connection.execute(sa.text(f"UPDATE facts SET {name} = {source} WHERE subject = 'INC-1' AND seq = 9"))
        tx._connection.execute(sa.text("UPDATE facts SET seq = 1 WHERE subject = 'INC-1' AND seq = 9"))

    await store.run(rewrite)

    assert await store.read(lambda tx: tx.journal.verify("INC-1")) in {1, 2}
