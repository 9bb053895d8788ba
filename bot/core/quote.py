"""Quotes: drafted, offered, accepted with one click, declined, cancelled (letter §4)."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident, Quote
from bot.core.lives import QuoteState
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.terms import Kind

MAX_VALIDITY_DAYS = 365
MAX_RATE = 100  # percent


def draft(incident: Incident, command: c.DraftQuote, now: datetime) -> Decided:
    """A new quote; its document is frozen next, and then it is offered."""
    if not incident.report:
        return Refused(Reason.REPORT_FIRST)
    if not command.lines or not sum(line.net.cents for line in command.lines) > 0:
        return Refused(Reason.QUOTE_EMPTY)
    if any(not 0 <= line.vat_rate <= MAX_RATE for line in command.lines):
        return Refused(Reason.AMOUNT_WRONG)
    if {line.unit.currency for line in command.lines} != {incident.terms.diagnosis_price.currency}:
        return Refused(Reason.AMOUNT_WRONG)
    if not 1 <= command.validity_days <= MAX_VALIDITY_DAYS:
        return Refused(Reason.END_PASSED)
    current = incident.quote if incident.quote and incident.quote.state is QuoteState.SENT else None
    drafted = f.QuoteDrafted(
        number=command.number,
        lines=tuple(replace(line, vat_rate=incident.vat.rate(line.vat_rate)) for line in command.lines),
        valid_until=incident.terms.day_of(now) + timedelta(days=command.validity_days),
        note=command.note,
        replaces=current.number if current else None,
    )
    return (*_superseded(incident, QuoteState.DRAFT, command.number), drafted)


def offer(incident: Incident, command: c.OfferQuote, _now: datetime) -> Decided:
    """The frozen document goes out; a quote still open is replaced by it (letter §4.3)."""
    quote = incident.quote_named(command.number)
    if quote is None:
        return Refused(Reason.QUOTE_UNKNOWN)
    if quote.state is not QuoteState.DRAFT:
        return Refused(Reason.ALREADY)
    return (
        *_superseded(incident, QuoteState.SENT, command.number),
        f.QuoteOffered(number=command.number, document_sha256=command.document_sha256),
    )


def accept(incident: Incident, command: c.AcceptQuote, now: datetime) -> Decided:
    """Exactly what was shown: this number, this hash, in time; work starts at once (letter §4.2)."""
    quote = _decidable(incident, command.number, now)
    if isinstance(quote, Refused):
        return quote
    if command.document_sha256 != quote.document_sha256:
        return Refused(Reason.QUOTE_REPLACED)
    if incident.kind is Kind.CONSUMER and not command.evidence.express_request:
        return Refused(Reason.EXPRESS_REQUEST_MISSING)
    return (f.QuoteAccepted(number=command.number, evidence=command.evidence, price=quote.price),)


def is_accepted(incident: Incident, command: c.AcceptQuote) -> bool:
    return _is(incident, command.number, QuoteState.ACCEPTED)


def decline(incident: Incident, command: c.DeclineQuote, now: datetime) -> Decided:
    quote = _decidable(incident, command.number, now)
    if isinstance(quote, Refused):
        return quote
    return (f.QuoteDeclined(number=command.number, evidence=command.evidence, price=quote.price),)


def is_declined(incident: Incident, command: c.DeclineQuote) -> bool:
    return _is(incident, command.number, QuoteState.DECLINED)


def ask_renewal(incident: Incident, command: c.AskRenewal, _now: datetime) -> Decided:
    """Nothing is accepted by it, and nothing starts again: a lapse is an end (letter §3.8)."""
    quote = incident.quote_named(command.number)
    if quote is None:
        return Refused(Reason.QUOTE_UNKNOWN)
    if quote.state is not QuoteState.LAPSED:
        return Refused(Reason.NOT_NOW)
    return (f.RenewalAsked(number=command.number, incident=command.incident, evidence=command.evidence),)


def is_renewal_asked(incident: Incident, command: c.AskRenewal) -> bool:
    return incident.renewal_of(command.number) is not None


def cancel(incident: Incident, command: c.CancelQuote, _now: datetime) -> Decided:
    """We take the quote back and give no other: nothing is owed (letter §3.4)."""
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    current = _current(incident)
    if current is None:
        return Refused(Reason.QUOTE_UNKNOWN)
    return (
        *_superseded(incident, QuoteState.DRAFT, ""),
        f.QuoteCancelled(number=current.number, reason=command.reason),
    )


def _decidable(incident: Incident, number: str, now: datetime) -> Quote | Refused:
    quote = incident.quote_named(number)
    if quote is None:
        return Refused(Reason.QUOTE_UNKNOWN)
    if quote.state is QuoteState.SUPERSEDED:
        return Refused(Reason.QUOTE_REPLACED)
    if quote.state is not QuoteState.SENT:
        return Refused(Reason.QUOTE_DECIDED)
    if is_over(incident, quote, now):
        return Refused(Reason.QUOTE_EXPIRED)
    return quote


def is_over(incident: Incident, quote: Quote, now: datetime) -> bool:
    """Whether its days are over: they stand still while mail to the customer comes back."""
    return not incident.lost and now > incident.terms.end_of(quote.valid_until)


def _current(incident: Incident) -> Quote | None:
    return next((q for q in incident.quotes if q.state is QuoteState.SENT), None)


def _superseded(incident: Incident, state: QuoteState, by: str) -> tuple[f.Fact, ...]:
    return tuple(
        f.QuoteSuperseded(number=q.number, by=by) for q in incident.quotes if q.state is state and q.number != by
    )


def _is(incident: Incident, number: str, state: QuoteState) -> bool:
    quote = incident.quote_named(number)
    return quote is not None and quote.state is state


DECIDERS: Deciders = {
    c.DraftQuote: draft,
    c.OfferQuote: offer,
    c.AcceptQuote: accept,
    c.DeclineQuote: decline,
    c.AskRenewal: ask_renewal,
    c.CancelQuote: cancel,
}
