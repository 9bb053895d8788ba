"""The reminders that would go out if nobody pays or contests first: the calendar played forward (letter §5.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.app.desk import Desk
from bot.app.jobs import Ask, decode
from bot.app.remind import addressee
from bot.core.commands import DeadlineKind, FallDue
from bot.core.customer import Customer
from bot.core.decide import decide
from bot.core.due import reminder_about
from bot.core.facts import CALENDAR, InvoiceReminded
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.notices import Notice, Purpose
from bot.core.refusals import Refused
from bot.core.reminders import Addressee, next_reminder, ripe
from bot.core.told import notice, several_reminders
from bot.words import Context, Worded
from storage import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """One mail that would go out: what it says, and each reminder in it, the one it is most about first."""

    at: datetime
    customer: Customer
    incidents: tuple[Incident, ...]
    reminders: tuple[InvoiceReminded, ...]
    notice: Notice


async def reminders(store: Store, until: datetime, now: datetime) -> list[Upcoming]:
    """The mails of all customers until then, the first first."""
    found = await store.read(lambda tx: [mail for of in _asked(tx, until) for mail in _of(tx, of, until, now)])
    return sorted(found, key=lambda mail: (mail.at, mail.customer.id))


def worded(desk: Desk, mail: Upcoming) -> Worded:
    """The mail in words; its links are made when it really leaves."""
    first = mail.incidents[0]
    nowhere = f"{desk.public_url}/a/…"
    pages = {f"{Purpose.INVOICE}:{fact.number}": nowhere for fact in mail.reminders}
    context = Context(
        reference=first.reference,
        title=first.title,
        customer=mail.customer.details.name,
        links={Purpose.INCIDENT: nowhere, Purpose.COURTESY: nowhere, **pages},
        timezone=mail.customer.timezone,
    )
    return desk.words.notice(mail.notice, first.language, context)


def _asked(tx: Transaction, until: datetime) -> list[int]:
    """The customers of whom the calendar will ask it."""
    upcoming = tx.deadlines.upcoming(until, limit=100_000)
    asks = (decode(Ask, listed.payload) for listed in upcoming if listed.kind == Ask.KIND)
    incidents = {ask.incident for ask in asks if ask.kind is DeadlineKind.REMIND}
    rows = (tx.incidents.row(incident) for incident in incidents)
    return sorted({row.customer_id for row in rows if row is not None})


def _of(tx: Transaction, customer_id: int, until: datetime, now: datetime) -> Iterator[Upcoming]:
    customer = tx.customers.load(customer_id)
    billed = sorted({invoice.incident_id for invoice in tx.money.open_of(customer_id)})
    incidents = [incident for each in billed if (incident := tx.incidents.load(each)) is not None]
    return _played(customer, incidents, addressee(tx, customer_id), until, now) if customer else iter(())


def _played(
    customer: Customer, incidents: Iterable[Incident], to: Addressee, until: datetime, now: datetime
) -> Iterator[Upcoming]:
    """The core answers as it will on the day."""
    known = {incident.id: incident for incident in incidents}
    while moments := [reminder.at for one in known.values() if (reminder := next_reminder(one, now, to))]:
        now = max(now, min(moments))
        together = ripe(known.values(), now, to)
        if now > until or not together:
            return
        reminded = [_reminded(incident, to, now, alone=len(together) == 1) for incident in together]
        known |= {incident.id: incident for incident, _ in reminded}
        to = replace(to, reminded_at=now)
        after, facts = zip(*reminded, strict=True)
        told = notice(after[0], facts[0], now) or several_reminders(after, now)
        yield Upcoming(at=now, customer=customer, incidents=after, reminders=facts, notice=told)


def _reminded(incident: Incident, to: Addressee, now: datetime, *, alone: bool) -> tuple[Incident, InvoiceReminded]:
    if incident.invoice is None:
        raise ValueError(f"{incident.reference} has no invoice")
    ask = FallDue(
        actor=CALENDAR,
        kind=DeadlineKind.REMIND,
        about=reminder_about(incident.invoice),
        reminded_at=to.reminded_at,
        courtesy=to.courtesy,
        together="" if alone else "together",
    )
    decided = decide(incident, ask, now)
    if isinstance(decided, Refused) or not isinstance(decided[0], InvoiceReminded):
        raise ValueError(f"{incident.reference} is ripe and would not be reminded: {decided}")
    return apply(incident, decided[0], now), decided[0]
