"""Disagreeing: said, then confirmed with the consequences spelled out; or conceded (letter §6)."""

from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.lives import ContestState
from bot.core.refusals import Decided, Deciders, Reason, Refused


def say(incident: Incident, command: c.SayContest, _now: datetime) -> Decided:
    """The first step: reminders stop, nothing is lost yet."""
    if incident.invoice is None or not incident.invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    return (f.ContestSaid(evidence=command.evidence, reason=command.reason),)


def is_said(incident: Incident, _command: c.SayContest) -> bool:
    return incident.contested or is_confirmed(incident)


def withdraw(incident: Incident, command: c.WithdrawContest, _now: datetime) -> Decided:
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    return (f.ContestWithdrawn(evidence=command.evidence),)


def confirm(incident: Incident, command: c.ConfirmContest, now: datetime) -> Decided:
    """The second step, by the customer alone: nothing is owed any more, and support is lost (letter §6.2)."""
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    return _credited(incident, command, f.ContestConfirmed(evidence=command.evidence), "contested", now)


def is_confirmed(incident: Incident, _command: c.Command | None = None) -> bool:
    return incident.contest is not None and incident.contest.state is ContestState.EFFECTIVE


def concede(incident: Incident, command: c.Concede, now: datetime) -> Decided:
    """The provider gives in to a contest that is said: credit note, support kept (letter §6.4)."""
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    conceded = f.ContestConceded(reason=command.reason)
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    return _credited(incident, command, conceded, "conceded", now)


def reverse(incident: Incident, command: c.ReverseContest, _now: datetime) -> Decided:
    if not is_confirmed(incident):
        return Refused(Reason.NOT_CONTESTED)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.ContestReversed(reason=command.reason),)


def _credited(
    incident: Incident, command: c.ConfirmContest | c.Concede, how: f.Fact, why: str, now: datetime
) -> Decided:
    invoice = incident.invoice
    if invoice is None or not invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    credited = f.InvoiceCredited(
        number=command.number,
        invoice=invoice.number,
        price=invoice.price,
        issued_on=command.day or incident.terms.day_of(now),
    )
    return (how, credited, f.IncidentClosed(why=why))


DECIDERS: Deciders = {
    c.SayContest: say,
    c.WithdrawContest: withdraw,
    c.ConfirmContest: confirm,
    c.Concede: concede,
    c.ReverseContest: reverse,
}
