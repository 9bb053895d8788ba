"""What the calendar's questions lead to: each is asked again of the incident, which may have moved on."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.commands import DeadlineKind
from bot.core.diagnosis import may_start_unordered
from bot.core.incident import Incident
from bot.core.letter import FOLLOWS
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.reminders import next_reminder

MOOT = Refused(Reason.MOOT)


def fall_due(incident: Incident, command: c.FallDue, now: datetime) -> Decided:
    """Answers a deadline; `MOOT` where what it was about is over."""
    return _ANSWERS[command.kind](incident, command.about, now)


def _nudge_order(incident: Incident, about: str, _now: datetime) -> Decided:
    return (f.CustomerNudged(about=about),) if _waits_for_order(incident) else MOOT


def _lapse_announcement(incident: Incident, _about: str, _now: datetime) -> Decided:
    if not _waits_for_order(incident):
        return MOOT
    return (f.IncidentCancelled(by=f.Role.CALENDAR, reason="no_answer"),)


def _nudge_answer(incident: Incident, about: str, _now: datetime) -> Decided:
    return (f.CustomerNudged(about=about),) if _waits_for(incident, about) else MOOT


def _lapse_answer(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _waits_for(incident, about) or f.LeftUnbilled not in _next(incident):
        return MOOT
    return (f.LeftUnbilled(outcome=f.Outcome.INCONCLUSIVE, report=incident.report),)


def _nudge_quote(incident: Incident, about: str, _now: datetime) -> Decided:
    return (f.CustomerNudged(about=about),) if _quote_waits(incident, about) else MOOT


def _lapse_quote(incident: Incident, about: str, _now: datetime) -> Decided:
    return (f.QuoteLapsed(number=about),) if _quote_waits(incident, about) else MOOT


def _nudge_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    return (f.CustomerNudged(about=about),) if _consent_is(incident, about, ConsentState.REQUESTED) else MOOT


def _lapse_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _consent_is(incident, about, ConsentState.REQUESTED):
        return MOOT
    return (f.ConsentLapsed(number=consent_number(about)),)


def _expire_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _consent_is(incident, about, ConsentState.GRANTED):
        return MOOT
    return (f.ConsentExpired(number=consent_number(about)),)


def _remind(incident: Incident, about: str, now: datetime) -> Decided:
    """The open amount and the level are worked out now, not when the deadline was written (letter §5.2)."""
    invoice = incident.invoice
    reminder = next_reminder(incident, now)
    if invoice is None or invoice.number != about or reminder is None:
        return MOOT
    if reminder.at > now:
        return (f.ReminderMoved(number=about, level=reminder.level, to=reminder.at),)
    return (f.InvoiceReminded(number=about, level=reminder.level, open=invoice.open),)


def _limit_support(incident: Incident, about: str, _now: datetime) -> Decided:
    """Long unpaid without a contest: a person looks; never a forfeit (letter §6.6)."""
    invoice = incident.invoice
    if invoice is None or invoice.number != about or not invoice.open or incident.contested or invoice.long_overdue:
        return MOOT
    return (f.InvoiceLongOverdue(number=about, open=invoice.open),)


def _lapse_contest(incident: Incident, _about: str, now: datetime) -> Decided:
    """A contest taken back and said again is given all its days anew (letter §6.4)."""
    contest = incident.contest
    if contest is None or not incident.contested or incident.stage is not Stage.INVOICED:
        return MOOT
    ends = contest.said_at + timedelta(days=incident.terms.contest_confirm_days)
    return (f.ContestLapsed(),) if now >= ends else MOOT


def consent_about(number: int) -> str:
    """How a deadline names a consent."""
    return f"consent-{number}"


def consent_number(about: str) -> int:
    return int(about.removeprefix("consent-"))


def _waits_for_order(incident: Incident) -> bool:
    """Nobody is asked to order where the announcement suffices (letter §2.5)."""
    return incident.stage is Stage.ANNOUNCED and not may_start_unordered(incident)


def _waits_for(incident: Incident, about: str) -> bool:
    return incident.waiting is not None and incident.waiting.message == about


def _quote_waits(incident: Incident, number: str) -> bool:
    quote = incident.quote_named(number)
    return incident.stage is Stage.QUOTED and quote is not None and quote.state is QuoteState.SENT


def _consent_is(incident: Incident, about: str, state: ConsentState) -> bool:
    consent = incident.consent_named(consent_number(about))
    return consent is not None and consent.state is state


def _next(incident: Incident) -> Mapping[type[f.Fact], Stage]:
    return FOLLOWS[incident.stage]


_ANSWERS: Mapping[DeadlineKind, Callable[[Incident, str, datetime], Decided]] = {
    DeadlineKind.NUDGE_ORDER: _nudge_order,
    DeadlineKind.LAPSE_ANNOUNCEMENT: _lapse_announcement,
    DeadlineKind.NUDGE_ANSWER: _nudge_answer,
    DeadlineKind.LAPSE_ANSWER: _lapse_answer,
    DeadlineKind.NUDGE_QUOTE: _nudge_quote,
    DeadlineKind.LAPSE_QUOTE: _lapse_quote,
    DeadlineKind.NUDGE_CONSENT: _nudge_consent,
    DeadlineKind.LAPSE_CONSENT: _lapse_consent,
    DeadlineKind.EXPIRE_CONSENT: _expire_consent,
    DeadlineKind.REMIND: _remind,
    DeadlineKind.LIMIT_SUPPORT: _limit_support,
    DeadlineKind.LAPSE_CONTEST: _lapse_contest,
}

DECIDERS: Deciders = {c.FallDue: fall_due}
