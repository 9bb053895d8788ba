"""How each fact changes an incident: the fold of its journal."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.core import facts as f
from bot.core.billed import CHANGES as BILLED
from bot.core.incident import (
    Consent,
    Disowned,
    Incident,
    Lost,
    Newcomer,
    Pause,
    Question,
    Quote,
    Withdrawal,
)
from bot.core.letter import CONSENT_FOLLOWS, FOLLOWS, QUIET, QUOTE_FOLLOWS
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.notices import ANNOUNCEMENT
from bot.core.office import Office


def fold(facts: Iterable[tuple[f.Fact, datetime]]) -> Incident | None:
    """The incident these facts, with their times, make; None without any."""
    incident: Incident | None = None
    for fact, at in facts:
        incident = apply(incident, fact, at)
    return incident


def apply(incident: Incident | None, fact: f.Fact, at: datetime) -> Incident:
    """The incident after one more fact. Refuses what the tables do not know (ValueError)."""
    if incident is None:
        return _opened(fact, at)
    changed = _CHANGES.get(type(fact), _unchanged)(incident, fact, at)
    return replace(
        changed,
        stage=_stage_after(incident.stage, fact),
        seq=incident.seq + 1,
        version=incident.version + (type(fact) not in QUIET),
    )


def _opened(fact: f.Fact, at: datetime) -> Incident:
    if not isinstance(fact, f.IncidentOpened):
        raise ValueError(f"an incident begins with IncidentOpened, not {type(fact).__name__}")
    return Incident(
        id=fact.incident,
        customer=fact.customer,
        kind=fact.kind,
        title=fact.title,
        language=fact.language,
        channel=fact.channel,
        way_in=fact.way_in,
        terms=fact.terms,
        price=fact.price,
        stage=Stage.OPENED,
        opened_at=at,
        previous=fact.previous,
        recent=fact.recent,
        contact=fact.contact,
        office=fact.office or Office(timezone=fact.terms.timezone),
        renews=fact.renews,
        moved_from=fact.moved_from,
        thread=fact.thread,
    )


_MOVING = frozenset(kind for row in FOLLOWS.values() for kind in row)


def _stage_after(stage: Stage, fact: f.Fact) -> Stage:
    if type(fact) not in _MOVING:
        return stage
    try:
        return FOLLOWS[stage][type(fact)]
    except KeyError:
        raise ValueError(f"{type(fact).__name__} cannot follow {stage}") from None


def _unchanged(incident: Incident, _fact: f.Fact, _at: datetime) -> Incident:
    return incident


def _announced(i: Incident, fact: f.PriceAnnounced, at: datetime) -> Incident:
    return replace(i, announced_at=at, unannounced_at=None, price=fact.price)


def _unannounced(i: Incident, fact: f.NoticeFailed | f.NoticeHeld | f.AnnouncementReturned, at: datetime) -> Incident:
    """From when on it is known that nobody was told the price; not while they are told another way."""
    if isinstance(fact, f.AnnouncementReturned):
        return replace(i, announced_at=None, unannounced_at=at)
    goes_on = isinstance(fact, f.NoticeFailed) and fact.instead
    if fact.notice == ANNOUNCEMENT and i.stage is Stage.OPENED and not goes_on:
        return replace(i, unannounced_at=at)
    return i


def _announced_again(i: Incident, fact: f.AnnouncementRepeated, _at: datetime) -> Incident:
    return replace(i, unannounced_at=None, price=fact.price)


def _lost(i: Incident, fact: f.AddressLost, at: datetime) -> Incident:
    return replace(i, lost=Lost(address=fact.address, since=at))


def _restored(i: Incident, _fact: f.AddressRestored, _at: datetime) -> Incident:
    return replace(i, lost=None)


def _paused(i: Incident, fact: f.IncidentPaused, at: datetime) -> Incident:
    return replace(i, pause=Pause(message=fact.message, stage=i.stage, since=at, until=fact.until))


def _pause_ended(i: Incident, _fact: f.PauseEnded, _at: datetime) -> Incident:
    if i.pause is None:
        raise ValueError("nothing is paused")
    return replace(i, pause=replace(i.pause, over=True))


def _way_in(i: Incident, fact: f.WayInChosen, _at: datetime) -> Incident:
    return replace(i, way_in=fact.way_in)


def _ordered(i: Incident, fact: f.DiagnosisOrdered, at: datetime) -> Incident:
    office = fact.office or i.office
    return replace(i, ordered_at=at, price=fact.price, kind=fact.kind, vat=fact.vat, office=office, begun=False)


def _undone(i: Incident, fact: f.DecisionUndone, _at: datetime) -> Incident:
    """As if it had never been decided."""
    quote = i.quote_named(fact.about)
    if quote is None:
        return replace(i, ordered_at=None)
    after = replace(quote, state=QUOTE_FOLLOWS[quote.state][f.DecisionUndone], decided_at=None)
    return replace(i, quotes=tuple(after if q is quote else q for q in i.quotes))


def _disowned(i: Incident, fact: f.DecisionDisowned, at: datetime) -> Incident:
    return replace(i, disowned=Disowned(about=fact.about, stage=i.stage, since=at))


def _disowned_settled(i: Incident, _fact: f.DisownedSettled, _at: datetime) -> Incident:
    return replace(i, disowned=None)


def _waived(i: Incident, _fact: f.DiagnosisWaived, _at: datetime) -> Incident:
    return replace(i, waived=True)


def _cancelled(i: Incident, fact: f.IncidentCancelled, at: datetime) -> Incident:
    return replace(i, ended=fact.reason, closed_at=at)


def _moved(i: Incident, fact: f.IncidentMoved, at: datetime) -> Incident:
    return replace(i, moved_to=fact.to, ended="moved", closed_at=at)


def _taken(i: Incident, fact: f.IncidentTaken, _at: datetime) -> Incident:
    return replace(i, assignee=fact.by)


def _started(i: Incident, _fact: f.DiagnosisStarted, at: datetime) -> Incident:
    return replace(i, started_at=at, begun=True)


def _asked(i: Incident, fact: f.CustomerAsked, at: datetime) -> Incident:
    return replace(i, waiting=Question(text=fact.question, message=fact.message, asked_at=at))


def _nudged(i: Incident, fact: f.CustomerNudged, _at: datetime) -> Incident:
    if i.waiting and fact.about == i.waiting.message:
        return replace(i, waiting=replace(i.waiting, nudged=True))
    return i


def _customer_wrote(i: Incident, _fact: f.CustomerWrote, _at: datetime) -> Incident:
    return replace(i, waiting=None)


def _proposed(i: Incident, fact: f.ContactProposed, at: datetime) -> Incident:
    return replace(i, newcomers=(*i.newcomers, Newcomer(address=fact.address, message=fact.message, asked_at=at)))


def _settled(i: Incident, fact: f.ContactSettled, at: datetime) -> Incident:
    known = tuple(
        replace(one, answer=fact.answer, settled_at=at) if one.address == fact.address else one for one in i.newcomers
    )
    return replace(i, newcomers=known)


def _our_fault(i: Incident, fact: f.OurFaultFound, _at: datetime) -> Incident:
    return replace(i, outcome=f.Outcome.OUR_FAULT, report=fact.report, waiting=None)


def _solved(i: Incident, fact: f.ProblemSolved, _at: datetime) -> Incident:
    return replace(i, outcome=f.Outcome.SOLVED, report=fact.report, waiting=None)


def _reported(i: Incident, fact: f.DiagnosisReported, _at: datetime) -> Incident:
    return replace(i, outcome=f.Outcome.QUOTE, report=fact.report, waiting=None)


def _unbilled(i: Incident, fact: f.LeftUnbilled, _at: datetime) -> Incident:
    return replace(i, outcome=fact.outcome, report=fact.report, waiting=None)


def _drafted(i: Incident, fact: f.QuoteDrafted, _at: datetime) -> Incident:
    quote = Quote(
        number=fact.number,
        lines=fact.lines,
        valid_until=fact.valid_until,
        note=fact.note,
        state=QuoteState.DRAFT,
    )
    return replace(i, quotes=(*i.quotes, quote))


def _quote_fact(
    i: Incident,
    fact: f.QuoteOffered | f.QuoteSuperseded | f.QuoteAccepted | f.QuoteDeclined | f.QuoteLapsed | f.QuoteCancelled,
    at: datetime,
) -> Incident:
    quote = i.quote_named(fact.number)
    if quote is None:
        raise ValueError(f"no quote {fact.number}")
    after = replace(quote, state=QUOTE_FOLLOWS[quote.state][type(fact)])
    if isinstance(fact, f.QuoteOffered):
        after = replace(after, document_sha256=fact.document_sha256, offered_at=at)
    else:
        after = replace(after, decided_at=at)
    i = replace(i, quotes=tuple(after if q is quote else q for q in i.quotes))
    if isinstance(fact, f.QuoteOffered):
        return replace(i, waiting=None)
    if isinstance(fact, f.QuoteAccepted):
        return replace(i, begun=False)
    if isinstance(fact, f.QuoteCancelled):
        return replace(i, outcome=f.Outcome.NO_QUOTE)
    return i


def _renewal_asked(i: Incident, fact: f.RenewalAsked, _at: datetime) -> Incident:
    return replace(i, renewals=(*i.renewals, fact))


def _prolonged(i: Incident, fact: f.QuoteProlonged, _at: datetime) -> Incident:
    after = (replace(q, valid_until=fact.valid_until) if q.number == fact.number else q for q in i.quotes)
    return replace(i, quotes=tuple(after))


def _finished(i: Incident, fact: f.WorkFinished, _at: datetime) -> Incident:
    return replace(i, work_report=fact.report, waiting=None)


def _withdrawn(i: Incident, fact: f.ContractWithdrawn, at: datetime) -> Incident:
    quotes = tuple(
        replace(q, state=QUOTE_FOLLOWS[q.state][f.ContractWithdrawn], decided_at=at) if q.number == fact.number else q
        for q in i.quotes
    )
    accepted = i.quote_named(fact.number)
    withdrawal = Withdrawal(
        quote=fact.number,
        accepted_at=accepted.decided_at or at if accepted else at,
        at=at,
        settles_by=fact.settles_by,
    )
    return replace(i, quotes=quotes, withdrawal=withdrawal, waiting=None)


def _stopped(i: Incident, fact: f.WorkStopped, at: datetime) -> Incident:
    quotes = tuple(
        replace(q, state=QUOTE_FOLLOWS[q.state][f.WorkStopped], decided_at=at)
        if q.state is QuoteState.ACCEPTED
        else q
        for q in i.quotes
    )
    return replace(i, quotes=quotes, work_owed=fact.owed, work_report=fact.reason, waiting=None)


def _consent_requested(i: Incident, fact: f.ConsentRequested, at: datetime) -> Incident:
    consent = Consent(
        number=fact.number,
        acts=fact.acts,
        places=fact.places,
        until=fact.until,
        why=fact.why,
        state=ConsentState.REQUESTED,
        asked_at=at,
    )
    return replace(i, consents=(*i.consents, consent))


def _consent_fact(
    i: Incident,
    fact: f.ConsentGranted
    | f.ConsentRefused
    | f.ConsentLapsed
    | f.ConsentReplaced
    | f.ConsentWithdrawn
    | f.ConsentRevoked
    | f.ConsentExpired
    | f.ConsentClosed,
    at: datetime,
) -> Incident:
    consent = i.consent_named(fact.number)
    if consent is None:
        raise ValueError(f"no consent {fact.number}")
    granted = fact.acts if isinstance(fact, f.ConsentGranted) else consent.granted
    after = replace(consent, state=CONSENT_FOLLOWS[consent.state][type(fact)], granted=granted, decided_at=at)
    return replace(i, consents=tuple(after if c is consent else c for c in i.consents))


def _act(i: Incident, fact: f.ActRecorded, _at: datetime) -> Incident:
    return replace(i, acts=(*i.acts, fact), begun=True)


def _closed(i: Incident, fact: f.IncidentClosed, at: datetime) -> Incident:
    return replace(i, ended=fact.why, closed_at=at)


def _support_ended(i: Incident, _fact: f.SupportEnded, at: datetime) -> Incident:
    return replace(i, ended="support_ended", closed_at=at, waiting=None)


# mypy cannot pair each key with its function's argument; `apply` looks up by the fact's own type.
_CHANGES: dict[type[f.Fact], Callable[..., Incident]] = {
    f.PriceAnnounced: _announced,
    f.NoticeFailed: _unannounced,
    f.NoticeHeld: _unannounced,
    f.AnnouncementReturned: _unannounced,
    f.AnnouncementRepeated: _announced_again,
    f.AddressLost: _lost,
    f.AddressRestored: _restored,
    f.IncidentPaused: _paused,
    f.PauseEnded: _pause_ended,
    f.WayInChosen: _way_in,
    f.DiagnosisOrdered: _ordered,
    f.DecisionUndone: _undone,
    f.DecisionDisowned: _disowned,
    f.DisownedSettled: _disowned_settled,
    f.DiagnosisWaived: _waived,
    f.IncidentCancelled: _cancelled,
    f.IncidentMoved: _moved,
    f.IncidentTaken: _taken,
    f.DiagnosisStarted: _started,
    f.CustomerAsked: _asked,
    f.CustomerNudged: _nudged,
    f.CustomerWrote: _customer_wrote,
    f.ContactProposed: _proposed,
    f.ContactSettled: _settled,
    f.OurFaultFound: _our_fault,
    f.ProblemSolved: _solved,
    f.DiagnosisReported: _reported,
    f.LeftUnbilled: _unbilled,
    f.QuoteDrafted: _drafted,
    f.QuoteOffered: _quote_fact,
    f.QuoteSuperseded: _quote_fact,
    f.QuoteAccepted: _quote_fact,
    f.QuoteDeclined: _quote_fact,
    f.QuoteLapsed: _quote_fact,
    f.QuoteCancelled: _quote_fact,
    f.RenewalAsked: _renewal_asked,
    f.QuoteProlonged: _prolonged,
    f.WorkFinished: _finished,
    f.ContractWithdrawn: _withdrawn,
    f.WorkStopped: _stopped,
    f.ConsentRequested: _consent_requested,
    f.ConsentGranted: _consent_fact,
    f.ConsentRefused: _consent_fact,
    f.ConsentLapsed: _consent_fact,
    f.ConsentReplaced: _consent_fact,
    f.ConsentWithdrawn: _consent_fact,
    f.ConsentRevoked: _consent_fact,
    f.ConsentExpired: _consent_fact,
    f.ConsentClosed: _consent_fact,
    f.ActRecorded: _act,
    f.IncidentClosed: _closed,
    f.SupportEnded: _support_ended,
    **BILLED,
}
