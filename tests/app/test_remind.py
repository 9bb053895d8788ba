"""One mail a day and a week for all of a customer's invoices, whatever clocks and clerks do (letter §5.2)."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import due, preview
from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, carry_out_on_customer
from bot.app.jobs import TellByMail, decode
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import Details
from bot.core.incident import Incident
from bot.core.reminders import Tone
from bot.core.terms import Kind
from bot.settings import read_settings
from bot.wiring import wire
from storage import Transaction, Via
from tests.builders import CUSTOMER, MONDAY, an_order, euros
from tests.faults.program import comptoir, ended

PARIS = ZoneInfo("Europe/Paris")
SECRET = "s" * 32
ON_FILE = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
REMINDERS = {kind.name() for kind in (n.ReminderBeforeDue, n.ReminderOverdue, n.FormalNotice, n.SeveralReminders)}
TO_INVOICE = (
    an_order(c.ReportDelivery),
    an_order(c.OrderDiagnosis),
    an_order(c.StartDiagnosis),
    an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),
)


class Office:
    """A desk whose calendar only the test reads."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = MONDAY

    async def invoiced(self, address: str = CUSTOMER.name) -> int:
        """An incident of this customer's, diagnosed and billed now: due in thirty days."""

        def work(tx: Transaction) -> int:
            said = Said(author=address, text="Panne", via=Via.MAIL)
            opened = open_incident(tx, self.desk, Opening(address=address, said=said), self.now)
            assert isinstance(opened, Done)
            register(tx, self.desk, [Registration(address=address, details=ON_FILE)], self.now)
            for order in TO_INVOICE:
                actor = f.Actor(role=f.Role.CUSTOMER, name=address)
                mine = order if order.actor != CUSTOMER else an_order(type(order), actor=actor)
                assert isinstance(carry_out(tx, self.desk, opened.incident.id, mine, self.now), Done)
            return opened.incident.id

        return await self.desk.store.run(work)

    async def does(self, incident: int, order: c.Command) -> Done:
        done = await self.desk.store.run(lambda tx: carry_out(tx, self.desk, incident, order, self.now))
        assert isinstance(done, Done), done
        return done

    async def clock(self, until: datetime) -> None:
        """Asks what falls due on the way, each when it is due, as one clock does."""
        while True:
            listed = await self.desk.store.read(lambda tx: tx.deadlines.upcoming(until, limit=1))
            if not listed:
                break
            self.now = max(self.now, listed[0].due_at)
            await self.ask()
        self.now = max(self.now, until)

    async def ask(self) -> None:
        """Asks all that is due now, side by side."""
        lease = timedelta(minutes=2)
        jobs = await self.desk.store.run(lambda tx: tx.deadlines.claim(self.now, limit=50, lease=lease))
        await asyncio.gather(*(due.ask(self.desk, job, self.now) for job in jobs))

    async def incident(self, number: int) -> Incident:
        found = await self.desk.store.read(lambda tx: tx.incidents.load(number))
        assert found is not None
        return found

    async def reminded(self, number: int) -> list[tuple[int, str]]:
        """Each reminder's level and local time in one incident."""
        facts = await self.desk.store.read(lambda tx: tx.journal.facts(f"INC-{number}"))
        return [
            (entry.fact.level, f"{entry.at.astimezone(PARIS):%m-%d %H:%M}")
            for entry in facts
            if isinstance(entry.fact, f.InvoiceReminded)
        ]

    async def kinds(self, number: int) -> list[type[f.Fact]]:
        facts = await self.desk.store.read(lambda tx: tx.journal.facts(f"INC-{number}"))
        return [type(entry.fact) for entry in facts]

    async def moved(self, number: int) -> int:
        facts = await self.desk.store.read(lambda tx: tx.journal.facts(f"INC-{number}"))
        return sum(isinstance(entry.fact, f.ReminderMoved) for entry in facts)

    async def mails(self) -> list[tuple[datetime, TellByMail]]:
        """The reminders written to the outbox, and when."""
        listed = await self.desk.store.read(
            lambda tx: tx.outbox.upcoming(datetime(2100, 1, 1, tzinfo=UTC), limit=999)
        )
        told = [(job.due_at, decode(TellByMail, job.payload)) for job in listed if job.kind == TellByMail.KIND]
        return [(at, job) for at, job in told if job.notice in REMINDERS]


@pytest.fixture
async def here(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    environment = {
        "DATABASE_URL": database_url,
        "COMPTOIR_SECRET": SECRET,
        "COMPTOIR_CONFIG": str(tmp_path / "comptoir.toml"),
    }
    (tmp_path / "comptoir.toml").write_text("")
    async with wire(read_settings(environment)) as wired:
        yield Office(wired.desk)


async def test_invoices_due_the_same_day_make_one_mail(here: Office) -> None:
    first, second, third = [await here.invoiced() for _ in range(3)]
    await here.does(second, an_order(c.RecordPayment, amount=euros("10.00")))

    await here.clock(MONDAY + timedelta(days=25))

    when = [(1, "07-07 09:00")]
    assert [await here.reminded(each) for each in (first, second, third)] == [when, when, when]
    ((_, mail),) = await here.mails()
    told = mail.worded()
    assert isinstance(told, n.SeveralReminders)
    assert [(bill.number, bill.open, bill.tone) for bill in told.bills] == [
        ("F2010-00001", euros("24.00"), Tone.COURTESY),
        ("F2010-00002", euros("14.00"), Tone.COURTESY),
        ("F2010-00003", euros("24.00"), Tone.COURTESY),
    ]
    assert (told.total, told.tone, told.kind) == (euros("62.00"), Tone.COURTESY, Kind.BUSINESS)
    assert {f"invoice:{bill.number}" for bill in told.bills} <= set(mail.links)


async def test_each_incident_knows_in_whose_mail_it_was_reminded(here: Office) -> None:
    first, second = await here.invoiced(), await here.invoiced()

    await here.clock(MONDAY + timedelta(days=25))

    facts = await here.desk.store.read(lambda tx: tx.journal.facts(f"INC-{second}"))
    assert [entry.fact for entry in facts if isinstance(entry.fact, f.InvoiceReminded)] == [
        f.InvoiceReminded(number="F2010-00002", level=1, open=euros("24.00"), together=f"INC-{first}")
    ]


async def test_another_customers_invoice_has_a_mail_of_its_own(here: Office) -> None:
    await here.invoiced()
    await here.invoiced("jane@customer.co.uk")

    await here.clock(MONDAY + timedelta(days=30))

    assert sorted(mail.to for _, mail in await here.mails()) == [CUSTOMER.name, "jane@customer.co.uk"]


async def test_mails_to_one_customer_are_a_week_apart_whatever_they_are_about(here: Office) -> None:
    """The second invoice is three days younger: its first reminder waits, then they go together."""
    first = await here.invoiced()
    here.now += timedelta(days=3)
    second = await here.invoiced()

    await here.clock(MONDAY + timedelta(days=120))

    sent = sorted(at for at, _ in await here.mails())
    days = [(later - earlier).days for earlier, later in pairwise(sent)]
    assert all(gap >= 7 for gap in days), days
    assert [level for level, _ in await here.reminded(first)] == [1, 2, 3, 4]
    assert [level for level, _ in await here.reminded(second)][-1] == 4


async def test_mail_is_in_the_firmest_tone_and_each_invoice_in_its_own(here: Office) -> None:
    """A formal notice for the old one is none for the new one."""
    await here.invoiced()
    here.now += timedelta(days=33)
    await here.invoiced()

    await here.clock(MONDAY + timedelta(days=57))

    told = (await here.mails())[-1][1].worded()
    assert isinstance(told, n.SeveralReminders)
    assert told.tone is Tone.FORMAL
    assert [(bill.number, bill.tone) for bill in told.bills] == [
        ("F2010-00001", Tone.FORMAL),
        ("F2010-00002", Tone.COURTESY),
    ]


async def test_paid_or_contested_one_is_not_in_the_mail(here: Office) -> None:
    paid, contested, owed, other = [await here.invoiced() for _ in range(4)]
    await here.does(paid, an_order(c.RecordPayment))
    await here.clock(MONDAY + timedelta(days=20))
    await here.does(contested, an_order(c.SayContest))

    await here.clock(MONDAY + timedelta(days=24))

    told = (await here.mails())[0][1].worded()
    assert isinstance(told, n.SeveralReminders)
    assert {bill.reference for bill in told.bills} == {f"INC-{owed}", f"INC-{other}"}


async def test_two_clocks_at_once_write_one_mail(here: Office) -> None:
    """Every reminder of the day is asked for side by side."""
    numbers = [await here.invoiced() for _ in range(6)]
    here.now = MONDAY + timedelta(days=23, minutes=5)

    await here.ask()

    assert len(await here.mails()) == 1
    assert [len(await here.reminded(number)) for number in numbers] == [1] * 6
    assert [await here.moved(number) for number in numbers] == [0] * 6


async def test_clock_that_goes_back_two_hours_reminds_nobody_twice(here: Office) -> None:
    first, second = await here.invoiced(), await here.invoiced()
    await here.clock(datetime(2010, 7, 7, 9, 30, tzinfo=PARIS))
    here.now = datetime(2010, 7, 7, 7, 30, tzinfo=PARIS)

    await here.ask()
    here.now = datetime(2010, 7, 7, 9, 0, tzinfo=PARIS)
    await here.ask()
    await here.clock(datetime(2010, 7, 16, 12, tzinfo=PARIS))

    assert len(await here.mails()) == 1
    assert [await here.reminded(each) for each in (first, second)] == [[(1, "07-07 09:00")]] * 2


async def test_clock_that_goes_forward_a_day_brings_one_mail_and_no_burst(here: Office) -> None:
    """A day early at most, then nothing again before its week is over."""
    numbers = [await here.invoiced() for _ in range(3)]
    here.now = datetime(2010, 7, 7, 8, 0, tzinfo=PARIS) + timedelta(days=1)
    await here.ask()
    here.now = datetime(2010, 7, 7, 9, 0, tzinfo=PARIS)

    await here.ask()
    await here.clock(datetime(2010, 7, 18, 12, tzinfo=PARIS))

    assert len(await here.mails()) == 1
    assert [len(await here.reminded(number)) for number in numbers] == [1, 1, 1]


async def test_after_nine_days_of_outage_each_customer_gets_one_mail(here: Office) -> None:
    """Levels 1 and 2 were due meanwhile: the higher one goes out, for both invoices together."""
    first, second = await here.invoiced(), await here.invoiced()
    here.now = datetime(2010, 7, 20, 11, 0, tzinfo=PARIS)
    await here.ask()

    assert [await here.reminded(each) for each in (first, second)] == [[(2, "07-20 11:00")]] * 2
    assert len(await here.mails()) == 1


async def test_nobody_is_reminded_after_the_payment_whoever_was_first(here: Office) -> None:
    """Both at the same moment: the journal shows the order, and no reminder follows a payment."""
    numbers = [await here.invoiced(f"bob{n}@clientsa.fr") for n in range(8)]
    here.now = MONDAY + timedelta(days=23, minutes=5)

    await asyncio.gather(here.ask(), *(here.does(number, an_order(c.RecordPayment)) for number in numbers))
    await here.clock(MONDAY + timedelta(days=120))

    for number in numbers:
        kinds = await here.kinds(number)
        assert f.InvoiceReminded not in kinds[kinds.index(f.PaymentReceived) :]


async def test_who_wants_no_courtesy_is_reminded_of_what_is_overdue_alone(here: Office) -> None:
    first, second = await here.invoiced(), await here.invoiced()

    def stop(tx: Transaction) -> None:
        customer = tx.customers.by_address(CUSTOMER.name)
        assert customer is not None
        carry_out_on_customer(tx, customer, an_order(c.StopCourtesy), here.now)

    await here.desk.store.run(stop)
    await here.clock(MONDAY + timedelta(days=60))

    assert [level for level, _ in await here.reminded(first)] == [2, 3, 4]
    assert [level for level, _ in await here.reminded(second)] == [2, 3, 4]


async def test_preview_says_what_will_go_out(here: Office) -> None:
    """What is foreseen is what happens, mail for mail."""
    await here.invoiced()
    here.now += timedelta(days=10)
    await here.invoiced()
    await here.invoiced("jane@customer.co.uk")
    until = MONDAY + timedelta(days=120)

    foreseen = await preview.reminders(here.desk.store, until, here.now)
    worded = [preview.worded(here.desk, mail) for mail in foreseen]
    await here.clock(until)

    assert sorted((mail.at, mail.customer.address, type(mail.notice).name()) for mail in foreseen) == sorted(
        (at, mail.to, mail.notice) for at, mail in await here.mails()
    )
    assert all(each.subject.startswith("[INC-") for each in worded)


async def test_preview_from_the_command_line_lists_and_writes_each_mail(
    here: Office, database_url: str, tmp_path: Path
) -> None:
    """Long after the due date: whatever day it is asked, the formal notice of both is all that is left."""
    for _ in range(2):
        await here.invoiced()

    asked = ("reminders", "--until", "2999-12-31", "--mails", "mails")
    environment = {"DATABASE_URL": database_url, "COMPTOIR_SECRET": SECRET}
    code, said, wrong = await ended(await comptoir(tmp_path, "bot", *asked, **environment))

    assert (code, wrong) == (0, "")
    line = r"[-\d]{10} \d\d:\d\d C-1: INC-1 F2010-00001 level 4: 24.00 EUR, INC-2 F2010-00002 level 4: 24.00 EUR\n"
    assert re.fullmatch(line, said), said
    assert sorted(file.suffix for file in (tmp_path / "mails").iterdir()) == [".html", ".txt"]
    (text,) = (tmp_path / "mails").glob("*-C-1.txt")
    written = text.read_text(encoding="utf-8")
    assert all(words in written for words in ("F2010-00001", "F2010-00002", "48.00"))
