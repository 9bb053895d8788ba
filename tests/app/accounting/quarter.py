"""A made-up quarter: three customers, every way an invoice can end, and days that lie just outside it."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from bot.app.accounting.export import Period
from bot.app.customers import Registration, register
from bot.app.deliver import Delivered, deliver
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.app.paper import print_paper
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.incident import Incident
from bot.core.money import Line, Money, Vat
from bot.core.refusals import Refused
from bot.core.terms import Kind
from bot.papers import Paper, render
from storage import Store, Transaction, Via
from tests.app.desks import SETTINGS as SETTINGS
from tests.app.desks import a_desk
from tests.builders import EVIDENCE, SHOWN, an_order

FIRST_QUARTER = Period(first=date(2025, 1, 1), last=date(2025, 3, 31))
BOB, CAMILLE, KUNDE = "bob@clientsa.fr", "camille@durand.fr", "buero@kunde.de"
ON_FILE = (
    Registration(
        address=BOB,
        details=Details(name="=Client\tSA", postal_address="1 rue de la Paix\n75002 Paris", siren="987654324"),
    ),
    Registration(
        address=CAMILLE,
        kind=Kind.CONSUMER,
        details=Details(name="Camille Durand", postal_address="3 place du Marché\n35000 Rennes"),
    ),
    Registration(
        address=KUNDE,
        language=f.Language.EN,
        details=Details(
            name="Kunde GmbH", postal_address="Weg 1\n10115 Berlin", country="DE", vat_number="DE136695976"
        ),
    ),
)
WORK = (
    Line(label="Réparation", quantity=Decimal("1.5"), unit=Money(cents=12001)),
    Line(label="Manuel", quantity=Decimal(3), unit=Money(cents=999), vat_rate=Decimal("5.5")),
)


def at(month: int, day: int, hour: int = 9, year: int = 2025) -> datetime:
    """A moment in UTC."""
    return datetime(year, month, day, hour, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A desk on one store, where every order is a transaction."""

    desk: Desk

    async def on_file(self) -> None:
        await self.desk.store.run(lambda tx: register(tx, self.desk, ON_FILE, at(12, 1, year=2024)))

    async def opened(self, who: str, now: datetime) -> int:
        opening = Opening(address=who, said=Said(author=who, text="Rien ne marche.", via=Via.MAIL))
        done = await self.desk.store.run(lambda tx: open_incident(tx, self.desk, opening, now))
        assert isinstance(done, Done)
        return done.incident.id

    async def diagnosing(self, who: str, now: datetime, vat: Vat = Vat.STANDARD) -> int:
        """Ordered and begun, that day."""
        incident = await self.opened(who, now)
        kind = Kind.CONSUMER if who == CAMILLE else Kind.BUSINESS
        ordering = an_order(c.OrderDiagnosis, kind=kind, vat=vat, evidence=replace(EVIDENCE, who=who))
        await self.does(incident, now, an_order(c.ReportDelivery), ordering, an_order(c.StartDiagnosis))
        return incident

    async def solved(self, who: str, now: datetime, vat: Vat = Vat.STANDARD) -> int:
        """Diagnosed, solved and billed, that day."""
        incident = await self.diagnosing(who, now, vat)
        await self.does(incident, now, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))
        return incident

    async def worked(self, who: str, now: datetime, lines: Iterable[Line] = WORK) -> int:
        """Diagnosed, quoted, done and billed, that day."""
        incident = await self.diagnosing(who, now)
        drafted = await self.does(
            incident,
            now,
            an_order(c.ConcludeDiagnosis),
            an_order(c.DraftQuote, lines=tuple(lines), number=""),
        )
        number = drafted.quotes[-1].number
        offered = an_order(c.OfferQuote, number=number, document_sha256=SHOWN)
        accepted = an_order(c.AcceptQuote, number=number, document_sha256=SHOWN)
        await self.does(incident, now, offered, accepted, an_order(c.FinishWork))
        return incident

    async def paid(self, incident: int, cents: int, received_on: date, now: datetime) -> None:
        paying = an_order(c.RecordPayment, amount=Money(cents=cents), received_on=received_on)
        await self.does(incident, now, paying)

    async def printed(self, now: datetime) -> None:
        """Prints what is due, as the worker does."""

        async def printer(paper: Paper) -> bytes:
            return render(paper)

        senders = {"paper": partial(print_paper, self.desk, printer)}
        jobs = await self.desk.store.run(lambda tx: tx.outbox.claim(now, 100, timedelta(minutes=5), ["paper"]))
        for job in jobs:
            assert isinstance(await deliver(self.desk, job, senders, lambda: now), Delivered)

    async def does(self, incident: int, now: datetime, *orders: c.Command) -> Incident:
        """Carries orders out; a customer gives theirs as the contact they are."""
        return [await self._does(incident, now, order) for order in orders][-1]

    async def _does(self, incident: int, now: datetime, order: c.Command) -> Incident:
        def work(tx: Transaction) -> Done | Refused:
            return carry_out(tx, self.desk, incident, _as_themselves(tx, incident, order), now)

        done = await self.desk.store.run(work)
        assert isinstance(done, Done), (order, done)
        return done.incident


def _as_themselves(tx: Transaction, incident: int, order: c.Command) -> c.Command:
    row = tx.incidents.row(incident)
    customer = tx.customers.load(row.customer_id) if row else None
    if customer is None or order.actor.role is not f.Role.CUSTOMER:
        return order
    return replace(order, actor=f.Actor(role=f.Role.CUSTOMER, name=customer.address))


def a_counter(store: Store) -> Counter:
    return Counter(desk=a_desk(store))


async def a_quarter(store: Store) -> Counter:
    """The first quarter of 2025, and a little before and after it."""
    counter = a_counter(store)
    await counter.on_file()
    before = await counter.solved(BOB, at(12, 30, year=2024))  # F2024-00001
    paid = await counter.solved(BOB, at(1, 5))  # F2025-00001
    await counter.paid(before, 2400, date(2025, 1, 9), at(1, 12))
    await counter.paid(paid, 1000, date(2025, 1, 20), at(1, 20))
    await counter.paid(paid, 1400, date(2025, 1, 31), at(2, 1))
    lost = await counter.worked(CAMILLE, at(2, 2))  # F2025-00002, two rates
    conceded = await counter.solved(BOB, at(2, 10))  # F2025-00003
    await counter.does(conceded, at(2, 14), an_order(c.SayContest), an_order(c.Concede))  # A2025-00001
    await counter.paid(lost, 10001, date(2025, 2, 20), at(2, 20))
    await counter.does(lost, at(3, 10), an_order(c.WriteOff))
    abroad = await counter.solved(KUNDE, at(3, 30), Vat.REVERSE_CHARGE)  # F2025-00004
    await counter.solved(BOB, at(3, 31, 23))  # F2025-00005: in Paris it is the first of April already
    await counter.paid(abroad, 2000, date(2025, 3, 31), at(4, 2))
    return counter


def columns(text: str, *names: str) -> list[tuple[str, ...]]:
    """These columns of a table, its rows in order."""
    return [tuple(row[name] for name in names) for row in csv.DictReader(text.splitlines())]


def in_cents(entries: Iterable[Mapping[str, str]], column: str) -> int:
    """The sum of a column of the journal."""
    return sum(int(entry[column].replace(",", "")) for entry in entries)
