"""What waits in the outbox is not sent any more once it would no longer be true (letter §5.2, §6.4)."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app.deliver import Delivered, Delivery, deliver
from bot.app.jobs import TellByMail, decode
from bot.core import commands as c
from bot.core import facts as f
from storage import Fate, Job, Store
from tests.app.test_bank import Bank
from tests.builders import an_order, euros

REMINDED = datetime(2010, 7, 7, 8, tzinfo=UTC)


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


async def leaving(bank: Bank) -> list[str]:
    """Sends what waits; the notices that left."""
    sent: list[str] = []

    async def send(job: Job, _now: datetime) -> Delivery:
        sent.append(decode(TellByMail, job.payload).notice)
        return Delivered("250 ok")

    kinds = {TellByMail.KIND}
    while jobs := await bank.desk.store.run(
        lambda tx: tx.outbox.claim(bank.now, 50, timedelta(minutes=1), kinds, untried=True)
    ):
        for job in jobs:
            await deliver(bank.desk, job, {TellByMail.KIND: send}, lambda: bank.now)
    return sent


async def reminded(bank: Bank) -> int:
    """An invoice whose first reminder waits in the outbox."""
    incident = await bank.counter.invoiced()
    await leaving(bank)
    bank.now = REMINDED
    await bank.calendar()
    return incident


async def test_reminder_leaves_while_something_is_open(bank: Bank) -> None:
    incident = await reminded(bank)
    await bank.counter.does(incident, an_order(c.RecordPayment, amount=euros("10.00")), bank.now)

    assert "reminder_before_due" in await leaving(bank)


async def test_reminder_that_a_payment_overtook_stays_and_the_journal_shows_the_order(bank: Bank) -> None:
    incident = await reminded(bank)
    await bank.counter.does(incident, an_order(c.RecordPayment), bank.now)

    sent = await leaving(bank)

    assert "reminder_before_due" not in sent
    assert "payment_received" in sent
    facts = [one.fact for one in await bank.desk.store.read(lambda tx: tx.journal.facts(f"INC-{incident}"))]
    held = f.NoticeHeld(notice="reminder_before_due", why="nothing is open any more")
    assert [type(fact) for fact in facts[facts.index(held) - 3 : facts.index(held)]][:2] == [
        f.InvoiceReminded,
        f.PaymentReceived,
    ]
    told = await bank.desk.store.read(lambda tx: tx.messages.of_incident(incident))
    assert [one.delivery for one in told if one.subject == "reminder_before_due"] == [Fate.HELD]


async def test_reminder_that_a_contest_overtook_stays(bank: Bank) -> None:
    incident = await reminded(bank)
    await bank.counter.does(incident, an_order(c.SayContest), bank.now)

    assert "reminder_before_due" not in await leaving(bank)
