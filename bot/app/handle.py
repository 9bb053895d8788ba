"""The one door: a command, its facts, what must be told and what falls due, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app import nudges, tell
from bot.app.billing import settlement
from bot.app.book import book
from bot.app.desk import Desk
from bot.app.jobs import Ask, PrintPaper
from bot.app.keys import random_key
from bot.app.witness import witnessed
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, apply_customer, decide_customer, may
from bot.core.deadlines import deadlines
from bot.core.decide import decide
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.letter import ENDINGS
from bot.core.lives import Support
from bot.core.notices import Notice
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from storage import Entry, NewJob, Transaction

# Commands whose facts carry a number, and the series it is drawn from.
SERIES: Mapping[type[c.Command], str] = {
    c.DraftQuote: "D",
    c.Settle: "F",
    c.CorrectOutcome: "A",
    c.ConfirmContest: "A",
    c.Concede: "A",
}
NUMBERED = (f.QuoteDrafted, f.InvoiceIssued, f.InvoiceCredited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command led to: the incident after it, and the facts it added."""

    incident: Incident
    facts: tuple[f.Fact, ...]


async def handle(desk: Desk, incident: int, command: c.Command, now: datetime) -> Done | Refused:
    """Carries a command out in a transaction of its own."""
    return await desk.store.run(lambda tx: carry_out(tx, desk, incident, command, now))


def carry_out(tx: Transaction, desk: Desk, incident_id: int, command: c.Command, now: datetime) -> Done | Refused:
    """Decides and writes everything that follows, or changes nothing and says why."""
    incident = None if isinstance(command, c.OpenIncident) else tx.incidents.load(incident_id)
    command = witnessed(tx, incident, command, now)
    decided = _beyond(tx, incident, command) or decide(incident, command, now)
    if isinstance(decided, Refused):
        return decided
    if any(isinstance(fact, NUMBERED) for fact in decided):
        # Deciding is pure: asked once whether, and again with the number this command has drawn.
        decided = decide(incident, _numbered(tx, desk, command, now), now)
        if isinstance(decided, Refused):
            return decided
    return _write(tx, desk, incident, decided, command.actor, now)


def _beyond(tx: Transaction, incident: Incident | None, command: c.Command) -> Refused | None:
    """Whoever acts for a customer is a contact of theirs, and has the authority for it."""
    customer = command.customer if isinstance(command, c.OpenIncident) else incident.customer if incident else 0
    if command.actor.role is not f.Role.CUSTOMER or not customer:
        return None
    authority = tx.customers.authority(customer, command.actor.name)
    return None if may(authority, type(command)) else Refused(Reason.BEYOND_AUTHORITY)


def answer(
    tx: Transaction, desk: Desk, customer: Customer, incident: Incident, told: Notice, now: datetime, to: str = ""
) -> None:
    """A notice that no fact calls for, to the contact it concerns; staff learn of it where it is held back."""
    held = tell.tell(tx, desk, customer, told, now, incident=incident, to=to)
    if held is not None:
        carry_out(tx, desk, incident.id, c.HoldNotice(actor=f.BOT, notice=held.notice, why=held.why), now)


def carry_out_on_customer(
    tx: Transaction, customer: Customer, command: c.Command, now: datetime
) -> Customer | Refused:
    """The same for an order to a customer's record."""
    decided = decide_customer(customer, command, now)
    if isinstance(decided, Refused):
        return decided
    return note_on_customer(tx, customer, decided, command.actor, now)


def note_on_customer(
    tx: Transaction, customer: Customer, facts: tuple[f.Fact, ...], actor: f.Actor, now: datetime
) -> Customer:
    """Journals facts about a customer and saves the record they make."""
    after = customer
    for fact in facts:
        after = apply_customer(after, fact)
    tx.journal.append(customer.reference, customer.seq, [_entry(fact, actor, now) for fact in facts])
    tx.customers.save(after)
    return after


def meet(
    tx: Transaction,
    address: str,
    language: f.Language,
    kind: Kind,
    now: datetime,
    timezone: str = "Europe/Paris",
) -> Customer:
    """Puts somebody new on file, with the first fact of their journal."""
    customer = tx.customers.create(address=address, language=language, now=now, kind=kind, timezone=timezone, seq=1)
    tx.journal.append(customer.reference, 0, [_entry(f.CustomerMet(language=language), f.BOT, now)])
    return customer


def _write(
    tx: Transaction,
    desk: Desk,
    incident: Incident | None,
    facts: tuple[f.Fact, ...],
    actor: f.Actor,
    now: datetime,
) -> Done:
    before, after = (incident.seq if incident else 0), incident
    for fact in facts:
        after = apply(after, fact, now)
    if after is None:
        raise ValueError("a command without facts")
    if incident is None:
        tx.incidents.add(after, random_key(), now)
    else:
        tx.incidents.save(after, now)
    tx.journal.append(after.reference, before, [_entry(fact, actor, now) for fact in facts])
    held: list[f.Fact] = []
    for seq, fact in enumerate(facts, start=before + 1):
        book(tx.money, after, fact, now)
        held += _follow(tx, desk, after, fact, seq, now)
    if held:
        done = _write(tx, desk, after, tuple(held), f.BOT, now)
        return replace(done, facts=(*facts, *done.facts))
    tell.show_card(tx, desk, after, now)
    return _settled(tx, desk, Done(incident=after, facts=facts), now)


def _follow(
    tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, seq: int, now: datetime
) -> tuple[f.Fact, ...]:
    """What one fact calls for: words to the customer and to staff, a document, deadlines, the customer's record.

    Returns what could not be told.
    """
    held = tell.tell_customer(tx, desk, incident, fact, seq, now)
    tell.tell_staff(tx, desk, incident, fact, seq, now)
    if isinstance(fact, f.QuoteDrafted | f.InvoiceIssued | f.InvoiceCredited):
        job = PrintPaper(incident=incident.id, number=fact.number)
        tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, dedup=f"paper:{fact.number}"), now)
    for deadline in deadlines(incident, fact, now):
        ask = Ask(incident=incident.id, kind=deadline.kind, about=deadline.about)
        name = f"{incident.reference}:{deadline.kind}:{deadline.about}:{seq}"
        tx.deadlines.put(NewJob(kind=ask.KIND, payload=ask.encode(), due_at=deadline.at, dedup=name), now)
    if isinstance(fact, f.InvoiceReminded):
        tx.customers.set_reminded(incident.customer, now)
    nudges.expect(tx, desk, incident, fact, seq, now)
    _change_support(tx, desk, incident, fact, now)
    _change_address(tx, desk, incident, fact, now)
    return (held,) if held else ()


def _change_address(tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, now: datetime) -> None:
    """What one incident finds out about the customer's address holds for all of theirs."""
    match fact:
        case f.AddressLost(address=address, reply=reply):
            tx.customers.set_bounced(address, now)
            same: c.Command = c.LoseAddress(actor=f.BOT, address=address, reply=reply)
        case f.AddressRestored(address=address):
            tx.customers.set_bounced(address, None)
            same = c.RestoreAddress(actor=f.BOT)
        case _:
            return
    customer = tx.customers.load(incident.customer)
    shared = customer is not None and customer.address == address
    for other in tx.incidents.open_of(incident.customer) if shared else ():
        if other != incident.id:
            carry_out(tx, desk, other, same, now)


def _settled(tx: Transaction, desk: Desk, done: Done, now: datetime) -> Done:
    """An ending is billed or closed in the same transaction (letter §5.1), or says what keeps its invoice back."""
    if done.incident.stage not in ENDINGS or any(isinstance(fact, f.InvoiceHeld) for fact in done.facts):
        return done
    settled = settle(tx, desk, done.incident, f.BOT, now)
    if isinstance(settled, Done):
        return replace(settled, facts=(*done.facts, *settled.facts))
    if settled.reason is Reason.INVOICE_FAULTY:
        return done
    raise ValueError(f"{done.incident.reference} could not be settled: {settled.reason}")


def settle(
    tx: Transaction, desk: Desk, incident: Incident, actor: f.Actor, now: datetime, expected: int | None = None
) -> Done | Refused:
    """Bills or closes an ending. With faults no number is drawn: they are noted, and it is tried again."""
    customer = tx.customers.load(incident.customer)
    if customer is None:
        raise ValueError(f"{incident.reference} has no customer")
    number = _number(SERIES[c.Settle], desk, 0, now)
    order = settlement(desk, incident, customer, number, actor, now)
    return carry_out(tx, desk, incident.id, replace(order, expected=expected), now)


def _change_support(tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, now: datetime) -> None:
    """What happens to an invoice may change what support its customer has (letter §6)."""
    command = _support_command(incident, fact)
    if command is None:
        return
    customer = tx.customers.load(incident.customer)
    if customer is None:
        raise ValueError(f"{incident.reference} has no customer")
    by_itself = isinstance(command, c.ReinstateSupport) and command.actor == f.BOT
    if by_itself and (customer.support is not Support.LIMITED or _long_unpaid(tx, incident, now)):
        return
    carry_out_on_customer(tx, customer, command, now)
    if isinstance(command, c.ForfeitSupport):
        _end_support_elsewhere(tx, desk, incident, now)


def _long_unpaid(tx: Transaction, incident: Incident, now: datetime) -> bool:
    """Whether another invoice of this customer still keeps their support limited (letter §6.6)."""
    latest = incident.terms.day_of(now) - timedelta(days=incident.terms.limit_after_days)
    dues = (row.payable_on for row in tx.money.open_of(incident.customer))
    return any(due_on is not None and due_on <= latest for due_on in dues)


def _support_command(incident: Incident, fact: f.Fact) -> c.Command | None:
    match fact:
        case f.ContestConfirmed() if incident.invoice is not None:
            return c.ForfeitSupport(actor=f.BOT, incident=incident.id, invoice=incident.invoice.number)
        case f.ContestReversed(reason=reason):
            return c.ReinstateSupport(actor=f.Actor(role=f.Role.MANAGER), reason=reason)
        case f.InvoiceLongOverdue(number=number):
            return c.LimitSupport(actor=f.BOT, invoice=number)
        case f.OutcomeCorrected():
            return c.ReinstateSupport(actor=f.BOT, reason="corrected")
        case f.InvoiceCredited() if incident.invoice is not None and incident.invoice.open:
            return c.ReinstateSupport(actor=f.BOT, reason="conceded")
        case f.IncidentClosed(why=why) if why in {"paid", "conceded"}:
            return c.ReinstateSupport(actor=f.BOT, reason=why)
        case _:
            return None


def _end_support_elsewhere(tx: Transaction, desk: Desk, incident: Incident, now: datetime) -> None:
    for other in tx.incidents.open_of(incident.customer):
        if other != incident.id:
            carry_out(tx, desk, other, c.EndSupport(actor=f.BOT), now)


def _numbered(tx: Transaction, desk: Desk, command: c.Command, now: datetime) -> c.Command:
    """The command with the next number of its series, and a day that does not go back in it."""
    today = desk.terms.day_of(now)
    letter = SERIES[type(command)]
    value, day = tx.next_numbered(f"{letter}{today.year}", today)
    number = _number(letter, desk, value, now)
    match command:
        case c.DraftQuote():
            return replace(command, number=number)
        case c.Settle() | c.CorrectOutcome() | c.ConfirmContest() | c.Concede():
            return replace(command, number=number, day=day)
        case _:
            raise ValueError(f"{type(command).__name__} takes no number")


def _number(letter: str, desk: Desk, value: int, now: datetime) -> str:
    return f"{letter}{desk.terms.day_of(now).year}-{value:05d}"


def _entry(fact: f.Fact, actor: f.Actor, now: datetime) -> Entry:
    return Entry(fact=fact, at=now, actor=f"{actor.role}:{actor.name}")
