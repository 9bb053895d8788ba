"""Looking over everything finds what the chains alone do not: cut ends, changed rows, missing numbers."""

import pytest
import sqlalchemy as sa

from bot.app.check import Looked, look_over
from storage import Store, Transaction
from tests.channels.web.front import Front, serving

OFF = {
    True: ("DROP TRIGGER facts_unchanged", "DROP TRIGGER facts_undeleted"),
    False: ("ALTER TABLE facts DISABLE TRIGGER ALL",),
}
LAST = "(SELECT max(seq) FROM facts WHERE subject = 'INC-1')"
OTHER = "(SELECT d.sha256 FROM documents AS d WHERE d.number = 'X')"
TAMPERED = {
    f"DELETE FROM facts WHERE subject = 'INC-1' AND seq = {LAST}": "INC-1: its last facts are missing",
    "UPDATE incidents SET stage = 'closed'": "INC-1: its row is not what its facts say",
    "UPDATE invoices SET status = 'paid', paid = gross": "INC-1: F2026-00001 is not in the ledger as its facts say",
    "UPDATE invoices SET gross = gross - 1": "INC-1: F2026-00001 is not in the ledger as its facts say",
    "DELETE FROM invoices": "INC-1: F2026-00001 is not in the ledger as its facts say",
    "DELETE FROM papers": "INC-1: F2026-00001 is not noted as its own",
    "UPDATE counters SET value = value + 1 WHERE series = 'F2026'": "F2026-00002 is missing",
    "DELETE FROM facts WHERE subject = 'INC-1'": "INC-1 is missing",
    f"UPDATE documents SET sha256 = {OTHER}": "the document F2026-00001 is not what was sent",
}


async def billed(front: Front) -> None:
    """An incident that has come to its invoice."""
    await front.open()
    await front.diagnose()
    await front.bill()


async def test_sound_journal_is_counted(store: Store) -> None:
    async with serving(store) as front:
        await billed(front)
        facts = len(await front.story())
    seen: list[int] = []

    looked = await look_over(store, seen.append)

    assert looked == Looked(facts=facts, chains=1, named=1, invoices=1)
    assert sum(seen) == facts


@pytest.mark.parametrize("statement", TAMPERED)
async def test_first_wrong_thing_is_named(store: Store, statement: str) -> None:
    async with serving(store) as front:
        await billed(front)
        await front.file("X", b"")

    def tamper(tx: Transaction) -> None:
        for each in (*OFF[tx.alone], statement):
            tx._connection.execute(sa.text(each))

    await store.run(tamper)

    assert TAMPERED[statement] in (await look_over(store)).wrong
