"""A year of incidents through the real calendar, every cent of it explained: python -m benchmarks.year

Customers order, pay by transfer or not, contest, have payments taken back; staff conclude, quote, correct, refund.
For nine days in August no clock runs. At the end the ledger, the books and what changed hands must agree to the
cent, numbers have no gap, and each reminder is on its day. A test lives a shorter one.
"""

import argparse
import asyncio
import heapq
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import storage
from bot.app import due
from bot.app.accounting.books import read_books
from bot.app.bank import Skipped, take_in
from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.keys import Keys
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import BankEntry, Side
from bot.core.customer import Details
from bot.core.incident import Incident
from bot.core.money import Line, Money
from bot.core.office import CLOSING, OPENING, Office
from bot.core.refusals import Refused
from bot.core.terms import Kind
from bot.settings import read_settings
from bot.words import Words
from storage import InvoiceRow, PaperKind, Status, Store, Transaction, Via

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
SETTLED = timedelta(days=200)
"""After the last incident: all that was going to be paid is, and all that can be reminded of was."""
OUTAGE = (datetime(2026, 8, 3, 6, tzinfo=UTC), datetime(2026, 8, 12, 6, tzinfo=UTC))
STAFF = f.Actor(role=f.Role.STAFF, name="U0ALICE")
MANAGER = f.Actor(role=f.Role.MANAGER, name="U0OCTAVE")
REPORT, REASON, SHA256 = "The index is broken.", "It was our router.", "a" * 64
WEEK = timedelta(days=7)

Give = Callable[["Year", Incident, f.Actor], c.Command | BankEntry]


@dataclass(frozen=True, slots=True)
class Step:
    """So long after the step before, this happens."""

    after: timedelta
    give: Give


@dataclass(order=True, slots=True)
class Turn:
    """When a life goes on, and with which of its steps; `count` keeps an order among equals."""

    at: datetime
    count: int
    incident: int = field(compare=False)
    actor: f.Actor = field(compare=False)
    steps: tuple[Step, ...] = field(compare=False)


def _order(kind: type[c.Command], actor: f.Actor | None = None, **fields: Any) -> Give:
    return lambda _year, _incident, customer: kind(actor=actor or customer, **fields)


def _ordered(_year: "Year", incident: Incident, customer: f.Actor) -> c.Command:
    price = incident.price.net.cents
    return c.OrderDiagnosis(actor=customer, price_cents=price, kind=incident.kind, evidence=_evidence(customer))


def _evidence(customer: f.Actor) -> f.Evidence:
    return f.Evidence(method="link", who=customer.name, express_request=True)


def _drafted(year: "Year", _incident: Incident, _customer: f.Actor) -> c.Command:
    """One line or three, some at a price whose VAT must be rounded."""
    lines = tuple(
        Line(
            label="Work",
            quantity=Decimal(year.rng.choice(("1", "0.5", "3"))),
            unit=Money(cents=year.rng.randint(999, 9999)),
        )
        for _ in range(year.rng.choice((1, 3)))
    )
    return c.DraftQuote(actor=STAFF, number="", lines=lines, validity_days=15)


def _offered(_year: "Year", incident: Incident, _customer: f.Actor) -> c.Command:
    number = incident.quotes[-1].number
    return c.OfferQuote(actor=f.BOT, number=number, document_sha256=SHA256)


def _accepted(_year: "Year", incident: Incident, customer: f.Actor) -> c.Command:
    number = incident.quotes[-1].number
    return c.AcceptQuote(actor=customer, number=number, document_sha256=SHA256, evidence=_evidence(customer))


def _declined(_year: "Year", incident: Incident, customer: f.Actor) -> c.Command:
    return c.DeclineQuote(actor=customer, number=incident.quotes[-1].number, evidence=_evidence(customer))


def _transfer(part: str = "1", more: int = 0) -> Give:
    """What the bank lists: so much of what is open, and so many cents beyond it."""

    def give(year: "Year", incident: Incident, _customer: f.Actor) -> BankEntry:
        invoice = incident.invoice
        cents = int(invoice.open.cents * Decimal(part)) + more if invoice else 1
        return year.entry(Side.CREDIT, max(cents, 1), invoice.number if invoice else "")

    return give


def _taken_back(year: "Year", incident: Incident, _customer: f.Actor) -> BankEntry:
    """The payer's bank undoes the last transfer."""
    invoice = incident.invoice
    entry = year.entry(Side.DEBIT, invoice.paid.cents if invoice else 1, invoice.number if invoice else "")
    return replace(entry, reason="AC04")


def _recorded(_year: "Year", incident: Incident, _customer: f.Actor) -> c.Command:
    assert incident.invoice is not None
    day = incident.terms.day_of(_year.now)
    return c.RecordPayment(actor=STAFF, amount=incident.invoice.open, received_on=day)


def _refunded(year: "Year", incident: Incident, _customer: f.Actor) -> BankEntry:
    """Our own transfer names the invoice that is owed back."""
    owed = incident.owed_back
    return year.entry(Side.DEBIT, owed[0].owed_back.cents if owed else 1, owed[0].number if owed else "")


TO_DIAGNOSIS: tuple[Step, ...] = (
    Step(
        timedelta(minutes=1),
        _order(c.ReportDelivery, f.BOT, notice="incident_opened", via=f.Channel.MAIL, delivered=True, reply="250 ok"),
    ),
    Step(timedelta(hours=2), _ordered),
    Step(timedelta(hours=5), _order(c.StartDiagnosis, STAFF)),
)


def _found(outcome: f.Outcome) -> Step:
    return Step(timedelta(hours=3), _order(c.ConcludeDiagnosis, STAFF, outcome=outcome, report=REPORT))


def _at(days: float, give: Give) -> Step:
    return Step(timedelta(days=days), give)


SOLVED = (*TO_DIAGNOSIS, _found(f.Outcome.SOLVED))
QUOTED = (*TO_DIAGNOSIS, _found(f.Outcome.QUOTE), _at(0.1, _drafted), _at(0.01, _offered))
DONE = (*QUOTED, _at(2, _accepted), _at(3, _order(c.FinishWork, STAFF, report=REPORT)))
CORRECTED = _order(c.CorrectOutcome, MANAGER, number="", outcome=f.Outcome.OUR_FAULT, reason=REASON)


def _contested(evidence: type[c.SayContest] | type[c.WithdrawContest]) -> Give:
    return lambda _year, _incident, customer: evidence(actor=customer, evidence=_evidence(customer))


def _confirmed(_year: "Year", _incident: Incident, customer: f.Actor) -> c.Command:
    return c.ConfirmContest(actor=customer, number="", evidence=_evidence(customer))


LIVES: dict[str, tuple[Step, ...]] = {
    "cancelled": (TO_DIAGNOSIS[0], _at(1, _order(c.CancelIncident))),
    "never ordered": TO_DIAGNOSIS[:1],
    "our fault": (*TO_DIAGNOSIS, _found(f.Outcome.OUR_FAULT), _at(1, _order(c.FinishWork, STAFF, report=REPORT))),
    "no competence": (*TO_DIAGNOSIS, _found(f.Outcome.NO_COMPETENCE)),
    "paid in time": (*SOLVED, _at(10, _transfer())),
    "paid late": (*SOLVED, _at(50, _transfer())),
    "paid by hand": (*SOLVED, _at(20, _recorded)),
    "paid in two": (*DONE, _at(15, _transfer("0.4")), _at(30, _transfer())),
    "paid too much": (*SOLVED, _at(12, _transfer(more=77))),
    "never paid": SOLVED,
    "never paid for work": DONE,
    "taken back, paid again": (*SOLVED, _at(10, _transfer()), _at(5, _taken_back), _at(40, _transfer())),
    "declined": (*QUOTED, _at(3, _declined), _at(20, _transfer())),
    "lapsed": (*QUOTED, _at(40, _transfer())),
    "quoted twice": (*QUOTED, _at(1, _drafted), _at(0.01, _offered), *DONE[len(QUOTED) :], _at(28, _transfer())),
    "given up": (*DONE[:-1], _at(3, _order(c.StopWork, STAFF, reason=REASON)), _at(25, _transfer())),
    "contested for good": (*DONE, _at(9, _contested(c.SayContest)), _at(2, _confirmed)),
    "contested in part paid": (
        *DONE,
        _at(5, _transfer("0.3")),
        _at(2, _contested(c.SayContest)),
        _at(2, _confirmed),
        _at(6, _refunded),
    ),
    "contest taken back": (
        *SOLVED,
        _at(33, _contested(c.SayContest)),
        _at(3, _contested(c.WithdrawContest)),
        _at(30, _transfer()),
    ),
    "contest forgotten": (*SOLVED, _at(33, _contested(c.SayContest)), _at(60, _transfer())),
    "conceded": (
        *SOLVED,
        _at(9, _contested(c.SayContest)),
        _at(1, _order(c.Concede, MANAGER, number="", reason=REASON)),
    ),
    "written off": (*DONE, _at(60, _order(c.WriteOff, MANAGER, reason=REASON))),
    "corrected": (*SOLVED, _at(4, CORRECTED)),
    "corrected and refunded": (*SOLVED, _at(6, _transfer()), _at(4, CORRECTED), _at(8, _refunded)),
}


@dataclass(slots=True)
class Year:
    """One desk, its customers, and what changed hands."""

    desk: Desk
    rng: Random
    now: datetime = START
    turns: list[Turn] = field(default_factory=list)
    lived: Counter[str] = field(default_factory=Counter)
    cut_short: int = 0
    lives: dict[int, str] = field(default_factory=dict)
    _entries: int = 0

    async def live(self, incidents: int) -> None:
        """All of it, in the order in which it happens."""
        names = list(LIVES)
        moments = sorted(START + YEAR * self.rng.random() for _ in range(incidents))
        for number, at in enumerate(moments):
            await self._until(at)
            await self._open(names[number % len(names)], number)
        await self._until(START + YEAR + SETTLED)

    def entry(self, side: Side, cents: int, number: str) -> BankEntry:
        self._entries += 1
        return BankEntry(
            identity=f"e{self._entries}",
            statement="S",
            side=side,
            amount=Money(cents=cents),
            booked_on=self.desk.terms.day_of(self.now),
            texts=(number,),
            end_to_end="",
        )

    async def _open(self, name: str, number: int) -> None:
        customer = self.rng.randrange(max(number // 2, 1)) if self.rng.random() < 0.3 else number
        address = f"c{customer}@client{customer}.fr"
        kind = Kind.BUSINESS if customer % 3 else Kind.CONSUMER
        details = Details(name=f"Client {customer}", postal_address="1 rue de la Paix\n75002 Paris")

        def work(tx: Transaction) -> Done | Refused:
            register(tx, self.desk, [Registration(address=address, details=details, kind=kind)], self.now)
            said = Said(author=address, text="Panne", via=Via.MAIL)
            return open_incident(tx, self.desk, Opening(address=address, said=said), self.now)

        opened = await self.desk.store.run(work)
        if isinstance(opened, Refused):
            self.cut_short += 1
            return
        self.lived[name] += 1
        self.lives[opened.incident.id] = name
        actor = f.Actor(role=f.Role.CUSTOMER, name=address)
        self._later(self.now, opened.incident.id, actor, LIVES[name])

    def _later(self, at: datetime, incident: int, actor: f.Actor, steps: Sequence[Step]) -> None:
        if steps:
            turn = Turn(at + steps[0].after, incident * 100 - len(steps), incident, actor, tuple(steps))
            heapq.heappush(self.turns, turn)

    async def _until(self, end: datetime) -> None:
        """People's turns and the calendar's questions, whichever comes first; nobody asks during the outage."""
        while True:
            asked = await self.desk.store.read(lambda tx: tx.deadlines.upcoming(end, limit=1))
            falls_due = _once_awake(asked[0].due_at) if asked else None
            turn = self.turns[0].at if self.turns else None
            following = min((one for one in (falls_due, turn) if one is not None), default=None)
            if following is None or following > end:
                break
            self.now = max(self.now, following)
            if following == turn:
                await self._take(heapq.heappop(self.turns))
            else:
                await self._ask()
        self.now = max(self.now, end)

    async def _ask(self) -> None:
        jobs = await self.desk.store.run(
            lambda tx: tx.deadlines.claim(self.now, limit=50, lease=timedelta(minutes=2))
        )
        await asyncio.gather(*(due.ask(self.desk, job, self.now) for job in jobs))

    async def _take(self, turn: Turn) -> None:
        """A step of somebody's life. What their own life has made impossible ends it: support lost, say."""
        done = await self.desk.store.run(lambda tx: self._carry_out(tx, turn))
        if isinstance(done, Refused | Skipped):
            self.cut_short += 1
            return
        self._later(turn.at, turn.incident, turn.actor, turn.steps[1:])

    def _carry_out(self, tx: Transaction, turn: Turn) -> Done | Refused | Skipped | None:
        incident = tx.incidents.load(turn.incident)
        assert incident is not None
        given = turn.steps[0].give(self, incident, turn.actor)
        if isinstance(given, BankEntry):
            taken = take_in(tx, self.desk, given, self.now)
            return taken if isinstance(taken, Skipped) else None
        return carry_out(tx, self.desk, turn.incident, given, self.now)


def _once_awake(moment: datetime) -> datetime:
    first, last = OUTAGE
    return last if first <= moment < last else moment


# --- what must hold at the end ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The year in cents, and how many reminders went out."""

    issued: int
    open: int
    paid: int
    credited: int
    written_off: int
    invoices: int
    reminders: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One invoice's life as the reminders see it; `until` is when nothing was open any more."""

    number: str
    customer: int
    kind: Kind
    issued_at: datetime
    due_on: date
    until: datetime
    reminders: tuple[tuple[datetime, int], ...]
    limited: bool
    disturbed: bool


def explain(tx: Transaction, desk: Desk) -> Account:
    """The year's account. AssertionError where a cent, a number or a reminder has no explanation."""
    rows = tx.money.everything()
    invoices = [row for row in rows if row.kind is PaperKind.INVOICE]
    credited = {row.about: row.gross.cents for row in rows if row.about}
    for row in invoices:
        _each_cent(row, credited.get(row.number, 0))
    written_off = sum(row.gross.cents - row.paid.cents for row in invoices if row.status is Status.WRITTEN_OFF)
    found = Account(
        issued=sum(row.gross.cents for row in invoices),
        open=sum(row.open.cents for row in invoices),
        paid=sum(row.paid.cents for row in invoices),
        credited=sum(credited.values()),
        written_off=written_off,
        invoices=len(invoices),
        reminders=0,
        customers=len({row.customer_id for row in invoices}),
    )
    owed_back = sum(max(row.paid.cents - (row.gross.cents - row.credited.cents), 0) for row in invoices)
    assert found.issued == found.open + found.paid + found.credited + found.written_off - owed_back, found
    _what_changed_hands(tx, found.paid)
    books = read_books(tx, desk.terms.day_of)
    assert sum(booking.owed.cents for booking in books) == found.open - owed_back
    assert [booking.entry for booking in books] == list(range(1, len(books) + 1))
    _numbers(rows, desk)
    billed = [_billed(tx, row) for row in invoices]
    _reminders(billed, desk)
    return replace(found, reminders=sum(len(one.reminders) for one in billed))


def _each_cent(row: InvoiceRow, credited: int) -> None:
    gross, paid, open_cents = row.gross.cents, row.paid.cents, row.open.cents
    assert row.net.cents + row.vat.cents == gross, row
    assert 0 <= paid <= gross, row
    match row.status:
        case Status.OPEN:
            assert (open_cents, credited) == (gross - paid, 0), row
            assert open_cents, row
        case Status.PAID:
            assert (paid, open_cents, credited) == (gross, 0, 0), row
        case Status.CREDITED:
            assert (credited, open_cents) == (gross, 0), row
        case Status.WRITTEN_OFF:
            assert (credited, open_cents) == (0, 0), row


def _what_changed_hands(tx: Transaction, paid: int) -> None:
    """The bank's entries and what staff recorded by hand make up what is paid and what is kept."""
    entries = _entries(tx)
    hands = sum(row.amount.cents * (1 if row.side is Side.CREDIT else -1) for row in entries)
    kept = sum(row.kept.cents for row in entries)
    by_hand = sum(
        entry.fact.amount.cents
        for entry in tx.journal.of_kinds([f.PaymentReceived])
        if isinstance(entry.fact, f.PaymentReceived) and not entry.fact.entry
    )
    assert hands + by_hand == paid + kept, (hands, by_hand, paid, kept)


def _entries(tx: Transaction) -> list[storage.EntryRow]:
    found: list[storage.EntryRow] = []
    while (row := tx.bank.load(len(found) + 1)) is not None:
        found.append(row)
    return found


def _numbers(rows: Sequence[InvoiceRow], desk: Desk) -> None:
    """Each series from one on without a gap, its days never going back."""
    series: dict[str, list[InvoiceRow]] = {}
    for row in rows:
        series.setdefault(row.number.partition("-")[0], []).append(row)
    for name, papers in series.items():
        in_order = sorted(papers, key=lambda row: row.number)
        assert [row.number for row in in_order] == [f"{name}-{n:05d}" for n in range(1, len(papers) + 1)], name
        days = [row.issued_at for row in in_order]
        assert days == sorted(days), name
        assert {f"{desk.terms.day_of(day).year}" for day in days} == {name[1:]}, name


def _billed(tx: Transaction, row: InvoiceRow) -> Billed:
    incident = tx.incidents.load(row.incident_id)
    assert incident is not None
    assert row.due_on is not None
    facts = [(e.at, e.fact) for e in tx.journal.facts(incident.reference) if e.at >= row.issued_at]
    ends = (f.IncidentClosed, f.InvoiceCredited)
    after = (at for at, fact in facts if isinstance(fact, ends))
    reminders = [
        (at, fact.level) for at, fact in facts if isinstance(fact, f.InvoiceReminded) and fact.number == row.number
    ]
    return Billed(
        number=row.number,
        customer=row.customer_id,
        kind=incident.kind,
        issued_at=row.issued_at,
        due_on=row.due_on,
        until=next(after, datetime.max.replace(tzinfo=UTC)),
        reminders=tuple(reminders),
        limited=any(isinstance(fact, f.InvoiceLongOverdue) for _, fact in facts),
        disturbed=any(isinstance(fact, f.ContestSaid | f.PaymentReturned) for _, fact in facts),
    )


def _reminders(billed: Sequence[Billed], desk: Desk) -> None:
    """None too many, none too few (states: reminders)."""
    office = Office(timezone=desk.terms.timezone, country="FR")
    mailed: dict[int, set[datetime]] = {}
    alone = Counter(one.customer for one in billed)
    for one in billed:
        days = desk.terms.reminder_days(one.kind)
        levels = [level for _, level in one.reminders]
        assert levels == sorted(set(levels)), one
        mailed.setdefault(one.customer, set()).update(at for at, _ in one.reminders)
        for at, level in one.reminders:
            local = at.astimezone(office.opening(one.due_on).tzinfo)
            assert office.is_working(local.date()), one
            assert OPENING <= local.time() < CLOSING, one
            assert at >= office.opening(one.due_on + timedelta(days=days[level - 1])), one
            assert one.issued_at < at < one.until or one.disturbed, one
            assert not OUTAGE[0] <= at < OUTAGE[1], one
        for level, after in enumerate(days, start=1):
            _is_not_forgotten(
                one, level, office.opening(one.due_on + timedelta(days=after)), alone[one.customer] == 1
            )
        _is_limited(one, office.opening(one.due_on + timedelta(days=desk.terms.limit_after_days)))
    for moments in mailed.values():
        in_order = sorted(moments)
        assert all(later - earlier >= WEEK for earlier, later in pairwise(in_order)), in_order


def _is_not_forgotten(one: Billed, level: int, on: datetime, alone: bool) -> None:
    """A level whose day came goes out: on that day where no other reminder is near, else within a fortnight."""
    latest = (
        on
        + timedelta(days=14)
        + (OUTAGE[1] - OUTAGE[0] if on < OUTAGE[1] and OUTAGE[0] < on + 2 * WEEK else timedelta())
    )
    if one.disturbed or one.until <= latest or on <= one.issued_at:
        return
    sent = [(at, reached) for at, reached in one.reminders if reached >= level]
    assert sent, (level, one)
    assert sent[0][0] <= latest, (level, one)
    before = [at for at, _ in one.reminders if at < on]
    near = bool(before) and on - before[-1] < WEEK
    slept = OUTAGE[0] <= on < OUTAGE[1]
    if alone and not near and not slept:
        assert sent[0] == (on, level), (level, on, one)


def _is_limited(one: Billed, on: datetime) -> None:
    """A person looks at what is open forty-five days after its day, and at nothing else."""
    if one.disturbed:
        return
    if one.until < on:
        assert not one.limited, one
    if one.until > on + timedelta(days=14):
        assert one.limited, one


def a_desk(store: Store) -> Desk:
    """A desk under the settings that ship, without chat."""
    settings = read_settings({})
    return Desk(
        store=store,
        terms=settings.terms,
        catalogue=settings.catalogue,
        provider=settings.provider,
        words=Words(settings.provider),
        keys=Keys(secret=b"k" * 32),
        public_url="http://127.0.0.1:8080",
        mail_domain="host.example",
        mail_address="support@host.example",
        chat=False,
    )


async def _main(incidents: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'year.db'}"
        await storage.upgrade(url)
        store = await Store.open(url)
        began = time.perf_counter()
        year = Year(desk=a_desk(store), rng=Random(seed))
        await year.live(incidents)
        lived = time.perf_counter()
        account = await store.read(lambda tx: explain(tx, year.desk))
        explained = time.perf_counter()
        await store.close()
    print(
        f"{sum(year.lived.values())} incidents in {lived - began:.0f} s, explained in {explained - lived:.0f} s; ",
        end="",
    )
    print(f"{year.cut_short} steps were refused: support was lost, or nothing was left to pay")
    for name in ("issued", "open", "paid", "credited", "written_off"):
        print(f"{name.replace('_', ' '):>12} {getattr(account, name) / 100:>12,.2f} €")
    print(f"{account.invoices} invoices of {account.customers} customers, {account.reminders} reminders")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2010)
    given = parser.parse_args()
    asyncio.run(_main(given.incidents, given.seed))
