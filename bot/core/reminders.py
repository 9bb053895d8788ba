"""When an unpaid invoice is recalled, at which level, and when nobody is (letter §5.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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


def next_reminder(incident: Incident, now: datetime) -> Reminder | None:
    """The highest level whose day has come, else the next; None when all went out or nothing is open."""
    invoice = incident.invoice
    if invoice is None or not invoice.open or not may_be_reminded(incident):
        return None
    days = incident.terms.reminder_days(incident.kind)
    dated = [Reminder(n, _moment(incident, invoice, day)) for n, day in enumerate(days, start=1)]
    left = [reminder for reminder in dated if reminder.level > invoice.reminded]
    if not left:
        return None
    ripe = [reminder for reminder in left if reminder.at <= now]
    chosen = ripe[-1] if ripe else left[0]
    return Reminder(chosen.level, _spaced(incident, chosen.at, now))


def may_be_reminded(incident: Incident) -> bool:
    """Not while they contest, may have said stop, or cannot be reached (letter §5.2, §6.4)."""
    return not (incident.contested or incident.paused or incident.lost)


def presses(incident: Incident, kind: DeadlineKind, now: datetime) -> bool:
    """Whether what falls due now says that they have not paid, which takes a bank that was heard lately."""
    if kind is DeadlineKind.REMIND:
        reminder = next_reminder(incident, now)
        return reminder is not None and reminder.level >= FIRST_PRESSING and reminder.at <= now
    return kind in PRESSING and incident.invoice is not None and bool(incident.invoice.open)


def limit_at(incident: Incident, invoice: Invoice) -> datetime:
    """When a person must look and new incidents wait for the payment (letter §6.6)."""
    return incident.office.opening(invoice.due_on + timedelta(days=incident.terms.limit_after_days))


def _moment(incident: Incident, invoice: Invoice, days: int) -> datetime:
    return incident.office.opening(invoice.due_on + timedelta(days=days))


def _spaced(incident: Incident, at: datetime, now: datetime) -> datetime:
    """Not before its day, not in the past, a week after the last, after a contest ended, after a return."""
    earliest = max(at, now)
    last = incident.invoice.reminded_at if incident.invoice else None
    if last is not None:
        earliest = max(earliest, last + BETWEEN)
    pause = timedelta(days=incident.terms.contest_pause_days)
    if incident.contest is not None and incident.contest.ended_at is not None:
        earliest = max(earliest, incident.contest.ended_at + pause)
    if incident.invoice is not None and incident.invoice.returned_at is not None:
        earliest = max(earliest, incident.invoice.returned_at + pause)
    return incident.office.open_at(earliest)
