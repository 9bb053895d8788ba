"""Waiting for a payment on purpose: a promise to pay until a day, or a hold by staff (letter §5.2)."""

from datetime import date, datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.refusals import Decided, Deciders, Reason, Refused

LONGEST = timedelta(days=180)


def hold(incident: Incident, command: c.HoldReminders, now: datetime) -> Decided:
    """Staff stop the reminders up to and including a day, for a reason; a newer hold replaces this one."""
    if incident.invoice is None or not incident.invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    wrong = _wrong(command.until, incident.terms.day_of(now), LONGEST)
    return wrong or (f.RemindersHeld(number=incident.invoice.number, until=command.until, reason=command.reason),)


def promise(incident: Incident, command: c.PromisePayment, now: datetime) -> Decided:
    """They pay up to and including a day: said on their page once, for a month at most, or heard by staff."""
    if incident.invoice is None or not incident.invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if incident.contested:
        return Refused(Reason.NOT_NOW)
    by_customer = command.actor.role is f.Role.CUSTOMER
    if by_customer and incident.invoice.promised_by_customer:
        return Refused(Reason.ALREADY)
    longest = timedelta(days=incident.terms.promise_days) if by_customer else LONGEST
    wrong = _wrong(command.until, incident.terms.day_of(now), longest)
    promised = f.PaymentPromised(
        number=incident.invoice.number,
        until=command.until,
        by=command.actor.role,
        words=command.words,
        evidence=command.evidence,
    )
    return wrong or (promised,)


def _wrong(until: date, today: date, longest: timedelta) -> Refused | None:
    if until < today:
        return Refused(Reason.END_PASSED)
    return Refused(Reason.TOO_FAR) if until > today + longest else None


DECIDERS: Deciders = {c.HoldReminders: hold, c.PromisePayment: promise}
