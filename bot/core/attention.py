"""What an incident needs of staff: a customer who waits for an answer, what is about to lapse unanswered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import facts as f
from bot.core.consent import request_lapses_at
from bot.core.incident import Incident
from bot.core.invoice import asked_of_customer
from bot.core.lives import ConsentState, QuoteState, Stage

# What a customer reads as an answer to their words.
ANSWERS = (
    f.StaffWrote,
    f.CustomerAsked,
    f.OurFaultFound,
    f.ProblemSolved,
    f.DiagnosisReported,
    f.LeftUnbilled,
    f.QuoteOffered,
    f.QuoteCancelled,
    f.ConsentRequested,
    f.WorkFinished,
    f.WorkStopped,
    f.ContestConceded,
    f.IncidentCancelled,
    f.IncidentClosed,
)
WORKING_DAY = 8  # office hours
TO_COMPLETE = 3 * WORKING_DAY  # what a customer has to say what their invoice lacks
DONE = frozenset({Stage.CANCELLED, Stage.CLOSED})


class Need(StrEnum):
    """What staff are reminded of."""

    ANSWER = "answer"
    START = "start"
    PROMISE = "promise"
    QUOTE = "quote"
    LEAVE = "leave"
    DETAILS = "details"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudges:
    """When staff are reminded, and how often: office hours a customer may wait, days before something lapses."""

    answer_hours: int = 4
    start_hours: int = 4
    lapse_days: int = 1
    most: int = 2


USUAL = Nudges()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """Staff are to be reminded of this at that time; `about` names the words, the quote or the request."""

    need: Need
    about: str
    at: datetime


def unanswered(facts: Sequence[f.Fact]) -> str:
    """The first words of the customer that nobody has answered since, by their message; empty where none wait.

    The words an incident opens with are answered by the announcement.
    """
    waits = ""
    announced = False
    for fact in facts:
        announced = announced or not isinstance(fact, f.IncidentOpened | f.CustomerWrote)
        if isinstance(fact, ANSWERS):
            waits = ""
        elif isinstance(fact, f.CustomerWrote) and announced and not waits:
            waits = fact.message
    return waits


def promised(facts: Sequence[f.Fact]) -> str:
    """The last promise to write that nothing has kept yet, by its message; empty where all are kept."""
    waits = ""
    for fact in facts:
        if isinstance(fact, f.StaffWrote) and fact.promised_on is not None:
            waits = fact.message
        elif isinstance(fact, ANSWERS):
            waits = ""
    return waits


def begun(rules: Nudges, incident: Incident, fact: f.Fact, now: datetime) -> Nudge | None:
    """What this fact makes staff be reminded of later."""
    begin = _BEGUN.get(type(fact))
    return begin(rules, incident, fact, now) if begin else None


def again(rules: Nudges, incident: Incident, nudge: Nudge, now: datetime) -> Nudge | None:
    """The same once more; what is about to lapse is said once."""
    hours = {
        Need.ANSWER: rules.answer_hours,
        Need.START: rules.start_hours,
        Need.PROMISE: WORKING_DAY,
        Need.DETAILS: TO_COMPLETE,
    }.get(nudge.need)
    if hours is None:
        return None
    at = incident.terms.house.after(now, hours)
    return Nudge(need=nudge.need, about=nudge.about, at=at)


def begun_anew(since: Sequence[f.Fact], need: Need, about: str) -> bool:
    """Whether a fact of these puts off what staff are reminded of: a quote prolonged, the end of a pause."""
    return any(isinstance(fact, _ANEW.get(need, ())) and getattr(fact, "number", about) == about for fact in since)


def still_needed(incident: Incident, facts: Sequence[f.Fact], need: Need, about: str) -> bool:
    """Whether staff have to be reminded of it as things stand."""
    return incident.stage not in DONE and _NEEDED[need](incident, facts, about)


def lapses_at(incident: Incident, need: Need, about: str) -> datetime | None:
    """When it is too late for anything about it; None for what only waits."""
    if need is Need.QUOTE and (quote := incident.quote_named(about)):
        return incident.terms.end_of(quote.valid_until)
    if need is Need.LEAVE and (consent := incident.consent_named(int(about))):
        return request_lapses_at(consent, incident.terms)
    return None


def _wrote(rules: Nudges, i: Incident, fact: f.CustomerWrote, now: datetime) -> Nudge | None:
    if i.stage is Stage.OPENED:
        return None
    at = i.terms.house.after(now, rules.answer_hours)
    return Nudge(need=Need.ANSWER, about=fact.message, at=at)


def _promised(_rules: Nudges, i: Incident, fact: f.StaffWrote, _now: datetime) -> Nudge | None:
    """In the morning of the day itself, while it can be kept, and again when it is over."""
    if fact.promised_on is None:
        return None
    return Nudge(need=Need.PROMISE, about=fact.message, at=i.terms.house.opening(fact.promised_on))


def _ordered(rules: Nudges, i: Incident, _fact: f.DiagnosisOrdered | f.PauseEnded, now: datetime) -> Nudge:
    at = i.terms.house.after(now, rules.start_hours)
    return Nudge(need=Need.START, about="order", at=at)


def _resumed(rules: Nudges, i: Incident, fact: f.PauseEnded, now: datetime) -> Nudge | None:
    """What was ordered may be started from now on; nobody was reminded of it during the pause."""
    return _ordered(rules, i, fact, now) if i.stage is Stage.ORDERED else None


def _offered(rules: Nudges, i: Incident, fact: f.QuoteOffered | f.QuoteProlonged, now: datetime) -> Nudge | None:
    return _before_it_lapses(rules, i, Need.QUOTE, fact.number, now)


def _requested(rules: Nudges, i: Incident, fact: f.ConsentRequested, now: datetime) -> Nudge | None:
    return _before_it_lapses(rules, i, Need.LEAVE, str(fact.number), now)


def _before_it_lapses(rules: Nudges, i: Incident, need: Need, about: str, now: datetime) -> Nudge | None:
    """So many days before the end, at the latest half-way to it, while somebody works; None where nobody does."""
    end = lapses_at(i, need, about)
    if end is None:
        return None
    moment = max(end - timedelta(days=rules.lapse_days), now + (end - now) / 2)
    at = i.terms.house.open_before(moment, end, now)
    return Nudge(need=need, about=about, at=at) if at else None


def _lacks_details(_rules: Nudges, i: Incident, _fact: f.InvoiceHeld, now: datetime) -> Nudge | None:
    """Where the customer was asked: the rest is ours to put right, and is said when it is found."""
    at = i.terms.house.after(now, TO_COMPLETE)
    return Nudge(need=Need.DETAILS, about="invoice", at=at) if asked_of_customer(i) else None


def _will_pay(_rules: Nudges, i: Incident, fact: f.PaymentPromised, _now: datetime) -> Nudge:
    """A working day after the last: what was paid on that day is in a statement by then."""
    house = i.terms.house
    morning = house.opening(fact.until + timedelta(days=1))
    return Nudge(need=Need.PAYMENT, about=fact.number, at=house.after(morning, WORKING_DAY))


def _waits_for_answer(_i: Incident, facts: Sequence[f.Fact], about: str) -> bool:
    return unanswered(facts) == about


def _waits_for_words(_i: Incident, facts: Sequence[f.Fact], about: str) -> bool:
    return promised(facts) == about


def _waits_for_start(i: Incident, _facts: Sequence[f.Fact], _about: str) -> bool:
    return i.stage is Stage.ORDERED and not i.paused


def _quote_lapses(i: Incident, _facts: Sequence[f.Fact], about: str) -> bool:
    quote = i.quote_named(about)
    return i.stage is Stage.QUOTED and quote is not None and quote.state is QuoteState.SENT


def _request_lapses(i: Incident, _facts: Sequence[f.Fact], about: str) -> bool:
    consent = i.consent_named(int(about))
    return consent is not None and consent.state is ConsentState.REQUESTED


def _waits_for_details(i: Incident, _facts: Sequence[f.Fact], _about: str) -> bool:
    return bool(asked_of_customer(i))


def _waits_for_payment(i: Incident, _facts: Sequence[f.Fact], about: str) -> bool:
    invoice = i.invoice
    return invoice is not None and invoice.number == about and bool(invoice.open) and not i.contested


_BEGUN: Mapping[type[f.Fact], Callable[..., Nudge | None]] = {
    f.CustomerWrote: _wrote,
    f.StaffWrote: _promised,
    f.DiagnosisOrdered: _ordered,
    f.PauseEnded: _resumed,
    f.QuoteOffered: _offered,
    f.QuoteProlonged: _offered,
    f.ConsentRequested: _requested,
    f.InvoiceHeld: _lacks_details,
    f.PaymentPromised: _will_pay,
}

# What has staff reminded of the same from then on, where it names no other number.
_ANEW: Mapping[Need, tuple[type[f.Fact], ...]] = {
    Need.START: (f.PauseEnded,),
    Need.QUOTE: (f.QuoteProlonged,),
    Need.DETAILS: (f.InvoiceHeld,),
    Need.PAYMENT: (f.PaymentPromised, f.RemindersHeld),
}

_NEEDED: Mapping[Need, Callable[[Incident, Sequence[f.Fact], str], bool]] = {
    Need.ANSWER: _waits_for_answer,
    Need.PROMISE: _waits_for_words,
    Need.START: _waits_for_start,
    Need.QUOTE: _quote_lapses,
    Need.LEAVE: _request_lapses,
    Need.DETAILS: _waits_for_details,
    Need.PAYMENT: _waits_for_payment,
}
