"""A lapsed quote asked for anew: another incident, whose diagnosis is done, and the same lines in one press."""

from dataclasses import replace
from datetime import datetime

from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.offices import office_of
from bot.core import commands as c
from bot.core import facts as f
from bot.core.decide import decide
from bot.core.fold import apply
from bot.core.incident import Incident, Quote
from bot.core.money import Line, Money
from bot.core.refusals import Reason, Refused
from storage import Transaction


def ask_renewal(
    tx: Transaction, desk: Desk, incident_id: int, command: c.AskRenewal, now: datetime
) -> Done | Refused:
    """Opens the incident, at a diagnosis for nothing, and notes in the old one that it was asked for."""
    old = tx.incidents.load(incident_id)
    decided = decide(old, command, now)
    if old is None or isinstance(decided, Refused):
        return decided if isinstance(decided, Refused) else Refused(Reason.NOT_NOW)
    opening = _opening(tx, desk, old, command)
    if isinstance(refused := decide(None, opening, now), Refused):
        return refused
    number = tx.next_number("INC")
    opened = carry_out(tx, desk, number, replace(opening, incident=number), now)
    if isinstance(opened, Refused):
        raise ValueError(f"{old.reference}: nothing could be opened for {command.number}: {opened.reason}")
    return carry_out(tx, desk, incident_id, replace(command, incident=number), now)


def _opening(tx: Transaction, desk: Desk, old: Incident, command: c.AskRenewal) -> c.OpenIncident:
    customer = tx.customers.load(old.customer)
    if customer is None:
        raise ValueError(f"{old.reference} has no customer")
    asks = command.actor.name.lower()
    nothing = Money(cents=0, currency=desk.terms.diagnosis_price.currency)
    return c.OpenIncident(
        actor=command.actor,
        incident=0,
        customer=customer.id,
        kind=customer.kind,
        support=customer.support,
        title=old.title,
        language=old.language,
        channel=old.channel,
        way_in=old.way_in,
        terms=replace(desk.terms, diagnosis_price=nothing, offer_until=None),
        previous=old.id,
        renews=command.number,
        contact="" if asks == customer.address else asks,
        office=office_of(customer),
    )


def send_again(
    tx: Transaction, desk: Desk, incident: Incident, actor: f.Actor, now: datetime, expected: int | None
) -> Done | Refused:
    """The diagnosis, which is known, and the quote at the same lines: all of it, or nothing and why."""
    found = _renewed(tx, incident)
    if found is None:
        return Refused(Reason.QUOTE_UNKNOWN)
    orders = _steps(incident, *found, actor, expected)
    trial = incident
    for order in orders:
        decided = decide(trial, order, now)
        if isinstance(decided, Refused):
            return decided
        for fact in decided:
            trial = apply(trial, fact, now)
    done: Done | Refused = Refused(Reason.NOT_NOW)
    for order in orders:
        done = carry_out(tx, desk, incident.id, order, now)
        if isinstance(done, Refused):
            raise ValueError(f"{incident.reference}: {type(order).__name__} was possible and is not: {done.reason}")
    return done


def _renewed(tx: Transaction, incident: Incident) -> tuple[Incident, Quote] | None:
    old = tx.incidents.load(incident.previous) if incident.renews and incident.previous else None
    quote = old.quote_named(incident.renews) if old else None
    return (old, quote) if old and quote else None


def _steps(
    incident: Incident, old: Incident, quote: Quote, actor: f.Actor, expected: int | None
) -> tuple[c.Command, ...]:
    started = incident.started_at is not None
    draft = c.DraftQuote(
        actor=actor,
        number="",
        lines=tuple(_line(line, incident, old) for line in quote.lines),
        validity_days=incident.terms.quote_validity_days,
        note=quote.note,
    )
    report = c.ConcludeDiagnosis(actor=actor, outcome=f.Outcome.QUOTE, report=old.report)
    steps = (
        *(() if started else (c.StartDiagnosis(actor=actor),)),
        *(() if incident.report else (report,)),
        draft,
    )
    return (replace(steps[0], expected=expected), *steps[1:])


def _line(line: Line, incident: Incident, old: Incident) -> Line:
    """The same work at the same price; at the usual rate again where the customer's VAT has changed since."""
    return line if incident.vat is old.vat else replace(line, vat_rate=incident.terms.vat_rate)
