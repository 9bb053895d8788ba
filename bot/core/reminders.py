"""When an unpaid invoice is recalled, at which level, and when nobody is (letter §5.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.commands import DeadlineKind
from bot.core.incident import Incident, Invoice

BETWEEN = timedelta(days=7)
FIRST_PRESSING = 2
PRESSING = frozenset({DeadlineKind.REMIND, DeadlineKind.LIMIT_SUPPORT})


@dataclass(frozen=True, slots=True)
class Reminder:
    """The next reminder of an invoice: its level, counted from 1, and when it goes out."""

    level: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """What matters of a customer beyond the one invoice: when they were last reminded of any, and whether they want
    to be reminded of what is not due yet.
    """

    reminded_at: datetime | None = None
    courtesy: bool = True


ANYBODY = Addressee()


class Tone(StrEnum):
    """How a reminder speaks, from the mildest."""

    COURTESY = "courtesy"
    OVERDUE = "overdue"
    INSISTENT = "insistent"
    FORMAL = "formal"


def next_reminder(incident: Incident, now: datetime, to: Addressee = ANYBODY) -> Reminder | None:
    """The highest level whose day has come, else the next; None when all went out or nothing is open."""
    invoice = incident.invoice
    if invoice is None or not invoice.open or not may_be_reminded(incident):
        return None
    days = incident.terms.reminder_days(incident.kind)
    dated = [Reminder(n, _moment(incident, invoice, day)) for n, day in enumerate(days, start=1)]
    wanted = [reminder for reminder in dated if to.courtesy or days[reminder.level - 1] > 0]
    left = [reminder for reminder in wanted if reminder.level > invoice.reminded]
    if not left and is_promise_unanswered(incident, invoice):
        left = dated[-1:]
    if not left:
        return None
    ripe = [reminder for reminder in left if reminder.at <= now]
    chosen = ripe[-1] if ripe else left[0]
    return Reminder(chosen.level, _spaced(incident, chosen.at, now, to))


def ripe(incidents: Iterable[Incident], now: datetime, to: Addressee) -> tuple[Incident, ...]:
    """Those of one customer's incidents whose reminder goes out now, in one mail: the one it is most about first."""
    reminded = [
        (incident, incident.invoice, reminder.level)
        for incident in incidents
        if (reminder := next_reminder(incident, now, to)) and reminder.at <= now and incident.invoice
    ]
    firmest = sorted(reminded, key=lambda one: (-_LOUDNESS[tone(one[0], one[2], now)], one[1].due_on, one[0].id))
    return tuple(incident for incident, _, _ in firmest)


def tone(incident: Incident, level: int, now: datetime) -> Tone:
    """The day decides whether it is due already: a contest or an outage may have held the first one back."""
    if incident.invoice is None or incident.terms.day_of(now) <= incident.invoice.due_on:
        return Tone.COURTESY
    if level >= len(incident.terms.reminder_days(incident.kind)):
        return Tone.FORMAL
    return Tone.OVERDUE if level <= 2 else Tone.INSISTENT


def firmest(tones: Iterable[Tone]) -> Tone:
    """The tone of a mail about several invoices. At least one (ValueError)."""
    return max(tones, key=_LOUDNESS.__getitem__)


def may_be_reminded(incident: Incident) -> bool:
    """Not while they contest, may have said stop, or cannot be reached (letter §5.2, §6.4)."""
    return not (incident.contested or incident.paused or incident.lost)


def presses(incident: Incident, kind: DeadlineKind, now: datetime) -> bool:
    """Whether what falls due now says that they have not paid, which takes a bank that was heard lately."""
    if kind is DeadlineKind.REMIND:
        reminder = next_reminder(incident, now)
        return reminder is not None and reminder.level >= FIRST_PRESSING and reminder.at <= now
    return kind in PRESSING and incident.invoice is not None and bool(incident.invoice.open)


def is_promise_unanswered(incident: Incident, invoice: Invoice) -> bool:
    """Whether nobody was reminded since the last day of a promise: one more reminder follows it."""
    last, until = invoice.reminded_at, invoice.promised_until
    return until is not None and (last is None or incident.terms.day_of(last) <= until)


def quiet_until(incident: Incident) -> datetime | None:
    """The first working hour after a promise and a hold, if there is one (letter §5.2)."""
    day = incident.invoice.quiet_until if incident.invoice else None
    return None if day is None else incident.office.opening(day + timedelta(days=1))


def patience_ends(incident: Incident) -> datetime | None:
    """When support may be limited after a promise or a hold: a week after the reminders go on."""
    quiet = quiet_until(incident)
    return None if quiet is None else quiet + timedelta(days=incident.terms.contest_pause_days)


def limit_at(incident: Incident, invoice: Invoice) -> datetime:
    """When a person must look and new incidents wait for the payment (letter §6.6)."""
    return incident.office.opening(invoice.due_on + timedelta(days=incident.terms.limit_after_days))


def _moment(incident: Incident, invoice: Invoice, days: int) -> datetime:
    return incident.office.opening(invoice.due_on + timedelta(days=days))


def _spaced(incident: Incident, at: datetime, now: datetime, to: Addressee) -> datetime:
    """Not before its day, not in the past, a week after the last, a contest or a return, nor while somebody waits."""
    last = incident.invoice.reminded_at if incident.invoice else None
    earliest = max(at, now, *(moment + BETWEEN for moment in (last, to.reminded_at) if moment is not None))
    pause = timedelta(days=incident.terms.contest_pause_days)
    if incident.contest is not None and incident.contest.ended_at is not None:
        earliest = max(earliest, incident.contest.ended_at + pause)
    if incident.invoice is not None and incident.invoice.returned_at is not None:
        earliest = max(earliest, incident.invoice.returned_at + pause)
    earliest = max(earliest, quiet_until(incident) or earliest)
    return incident.office.open_at(earliest)


_LOUDNESS = {each: rank for rank, each in enumerate(Tone)}
