"""What the calendar's questions lead to: each is asked again of the incident, which may have moved on."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.commands import DeadlineKind
from bot.core.diagnosis import may_start_unordered
from bot.core.incident import Incident, Invoice
from bot.core.letter import FOLLOWS
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.quote import is_over
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.reminders import Addressee, limit_at, may_be_reminded, next_reminder, patience_ends
from bot.core.withdrawal import stopped

NEVER_ANNOUNCED = "never_announced"
MOOT = Refused(Reason.MOOT)


def fall_due(incident: Incident, command: c.FallDue, now: datetime) -> Decided:
    """Answers a deadline; `MOOT` where what it was about is over."""
    if command.kind is DeadlineKind.REMIND:
        return _remind(incident, command, now)
    return _ANSWERS[command.kind](incident, command.about, now)


def _nudge(incident: Incident, about: str, *, waits: bool) -> Decided:
    """Nobody is urged who may have said stop, or whom mail does not reach."""
    if not waits or incident.paused or incident.lost:
        return MOOT
    return (f.CustomerNudged(about=about),)


def _nudge_order(incident: Incident, about: str, now: datetime) -> Decided:
    return _nudge(incident, about, waits=_waits_for_order(incident, incident.terms.announcement_nudge_days, now))


def _lapse_announcement(incident: Incident, _about: str, now: datetime) -> Decided:
    if not _waits_for_order(incident, incident.terms.announcement_lapse_days, now):
        return MOOT
    return (f.IncidentCancelled(by=f.Role.CALENDAR, reason="no_answer"),)


def _lapse_opening(incident: Incident, _about: str, now: datetime) -> Decided:
    """Nobody could be told the price, and nobody put it right: it does not stay open for ever."""
    since = incident.unannounced_at
    if incident.stage is not Stage.OPENED or since is None:
        return MOOT
    if now < since + timedelta(days=incident.terms.announcement_lapse_days):
        return MOOT
    return (f.IncidentCancelled(by=f.Role.CALENDAR, reason=NEVER_ANNOUNCED),)


def _lapse_pause(incident: Incident, _about: str, now: datetime) -> Decided:
    if incident.pause is None or not incident.paused or now < incident.pause.until:
        return MOOT
    return (f.PauseEnded(by=f.Role.CALENDAR),)


def _nudge_answer(incident: Incident, about: str, _now: datetime) -> Decided:
    return _nudge(incident, about, waits=_waits_for(incident, about))


def _lapse_answer(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _waits_for(incident, about) or f.LeftUnbilled not in _next(incident):
        return MOOT
    return (f.LeftUnbilled(outcome=f.Outcome.INCONCLUSIVE, report=incident.report),)


def _nudge_quote(incident: Incident, about: str, _now: datetime) -> Decided:
    return _nudge(incident, about, waits=_quote_waits(incident, about))


def _lapse_quote(incident: Incident, about: str, now: datetime) -> Decided:
    """Not before its last day, which moves when mail to the customer came back meanwhile."""
    quote = incident.quote_named(about)
    if quote is None or not _quote_waits(incident, about) or not is_over(incident, quote, now):
        return MOOT
    return (f.QuoteLapsed(number=about),)


def _nudge_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    return _nudge(incident, about, waits=_consent_is(incident, about, ConsentState.REQUESTED))


def _lapse_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _consent_is(incident, about, ConsentState.REQUESTED):
        return MOOT
    return (f.ConsentLapsed(number=consent_number(about)),)


def _warn_consent(incident: Incident, about: str, now: datetime) -> Decided:
    consent = incident.consent_named(consent_number(about))
    if consent is None or not consent.is_live(now):
        return MOOT
    return (f.ConsentRunsOut(number=consent.number),)


def _expire_consent(incident: Incident, about: str, _now: datetime) -> Decided:
    if not _consent_is(incident, about, ConsentState.GRANTED):
        return MOOT
    return (f.ConsentExpired(number=consent_number(about)),)


def _remind(incident: Incident, command: c.FallDue, now: datetime) -> Decided:
    """The open amount and the level are worked out now, not when the deadline was written (letter §5.2)."""
    invoice = incident.invoice
    reminder = next_reminder(incident, now, Addressee(reminded_at=command.reminded_at, courtesy=command.courtesy))
    if invoice is None or reminder is None or command.about not in {invoice.number, reminder_about(invoice)}:
        return MOOT
    if reminder.at > now:
        return (f.ReminderMoved(number=invoice.number, level=reminder.level, to=reminder.at),)
    reminded = f.InvoiceReminded(
        number=invoice.number, level=reminder.level, open=invoice.open, together=command.together
    )
    return (reminded,)


def _limit_support(incident: Incident, about: str, now: datetime) -> Decided:
    """Long unpaid without a contest: a person looks; never a forfeit (letter §6.6)."""
    invoice = incident.invoice
    if invoice is None or invoice.number != about or not invoice.open or invoice.long_overdue:
        return MOOT
    limits_at = limit_at(
        incident, invoice
    )  # later than the deadline says where a credit note gave the rest more days
    if not may_be_reminded(incident) or now < max(limits_at, patience_ends(incident) or limits_at):
        return MOOT
    return (f.InvoiceLongOverdue(number=about, open=invoice.open),)


def _lapse_contest(incident: Incident, _about: str, now: datetime) -> Decided:
    """A contest taken back and said again is given all its days anew (letter §6.4)."""
    contest = incident.contest
    if contest is None or not incident.contested or incident.stage is not Stage.INVOICED:
        return MOOT
    ends = contest.said_at + timedelta(days=incident.terms.contest_confirm_days)
    return (f.ContestLapsed(),) if now >= ends else MOOT


def _lapse_withdrawal(incident: Incident, _about: str, now: datetime) -> Decided:
    """Nobody said what was done before a consumer withdrew: it counts as nothing."""
    if incident.stage is not Stage.WITHDRAWN or incident.withdrawal is None or now <= incident.withdrawal.settles_by:
        return MOOT
    return (stopped(incident, 0, ""),)


def reminder_about(invoice: Invoice) -> str:
    """How a deadline names the next reminder of an invoice: once another has gone out, it asks in vain."""
    return f"{invoice.number}/{invoice.reminders + 1}"


def consent_about(number: int) -> str:
    """How a deadline names a consent."""
    return f"consent-{number}"


def consent_number(about: str) -> int:
    return int(about.removeprefix("consent-"))


def _waits_for_order(incident: Incident, days: int, now: datetime) -> bool:
    """So many days after the announcement; where that suffices nobody is asked to order (letter §2.5)."""
    if incident.stage is not Stage.ANNOUNCED or incident.announced_at is None or may_start_unordered(incident):
        return False
    return now >= incident.announced_at + timedelta(days=days)


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
    DeadlineKind.LAPSE_OPENING: _lapse_opening,
    DeadlineKind.LAPSE_PAUSE: _lapse_pause,
    DeadlineKind.NUDGE_ANSWER: _nudge_answer,
    DeadlineKind.LAPSE_ANSWER: _lapse_answer,
    DeadlineKind.NUDGE_QUOTE: _nudge_quote,
    DeadlineKind.LAPSE_QUOTE: _lapse_quote,
    DeadlineKind.NUDGE_CONSENT: _nudge_consent,
    DeadlineKind.LAPSE_CONSENT: _lapse_consent,
    DeadlineKind.WARN_CONSENT: _warn_consent,
    DeadlineKind.EXPIRE_CONSENT: _expire_consent,
    DeadlineKind.LIMIT_SUPPORT: _limit_support,
    DeadlineKind.LAPSE_CONTEST: _lapse_contest,
    DeadlineKind.LAPSE_WITHDRAWAL: _lapse_withdrawal,
}

DECIDERS: Deciders = {c.FallDue: fall_due}
