"""Disagreeing: said, then confirmed with the consequences spelled out; or conceded (letter §6)."""

from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.lives import ContestState
from bot.core.part import Part, credit_note, left, rest, take
from bot.core.refusals import Decided, Deciders, Reason, Refused


def say(incident: Incident, command: c.SayContest, _now: datetime) -> Decided:
    """The first step: reminders stop for all of the invoice, nothing is lost yet."""
    invoice = incident.invoice
    if invoice is None or not invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    there = left(invoice)
    if not set(command.lines) <= set(there):
        return Refused(Reason.PART_UNKNOWN)
    lines = tuple(sorted(set(command.lines)))
    part = () if len(lines) == len(there) else lines
    return (f.ContestSaid(evidence=command.evidence, reason=command.reason, lines=part),)


def is_said(incident: Incident, _command: c.SayContest) -> bool:
    return incident.contested or (is_confirmed(incident) and not (incident.invoice and incident.invoice.open))


def contested_part(incident: Incident) -> Part | None:
    """What confirming would take back; None where nothing is contested."""
    if incident.invoice is None or incident.contest is None or not incident.contested:
        return None
    return take(incident.invoice, incident.contest.lines)


def withdraw(incident: Incident, command: c.WithdrawContest, _now: datetime) -> Decided:
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    return (f.ContestWithdrawn(evidence=command.evidence),)


def confirm(incident: Incident, command: c.ConfirmContest, now: datetime) -> Decided:
    """The second step, by the customer alone: what they contest is not owed, and support is lost (letter §6.2)."""
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    how = f.ContestConfirmed(evidence=command.evidence)
    return _credited(incident, command, how, contested_part(incident), "contested", now)


def is_confirmed(incident: Incident, _command: c.Command | None = None) -> bool:
    return incident.contest is not None and incident.contest.state is ContestState.EFFECTIVE


def concede(incident: Incident, command: c.Concede, now: datetime) -> Decided:
    """The provider gives in to what is contested, or to a part of it: credit note, support kept (letter §6.4)."""
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    conceded = f.ContestConceded(reason=command.reason)
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    invoice, contest = incident.invoice, incident.contest
    part = take(invoice, command.lines or contest.lines, command.net) if invoice and contest else None
    return _credited(incident, command, conceded, part, "conceded", now)


def reverse(incident: Incident, command: c.ReverseContest, _now: datetime) -> Decided:
    if not is_confirmed(incident):
        return Refused(Reason.NOT_CONTESTED)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.ContestReversed(reason=command.reason),)


def _credited(
    incident: Incident,
    command: c.ConfirmContest | c.Concede,
    how: f.Fact,
    part: Part | None,
    why: str,
    now: datetime,
) -> Decided:
    """What remains is due as before, and not sooner than the reminders go on."""
    invoice, today = incident.invoice, incident.terms.day_of(now)
    if invoice is None or not invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if part is None:
        return Refused(Reason.PART_UNKNOWN)
    due_on = max(invoice.due_on, today + timedelta(days=incident.terms.contest_pause_days))
    credited = credit_note(invoice, part, command.number, command.day or today, due_on)
    return (how, credited) if rest(invoice, part) else (how, credited, f.IncidentClosed(why=why))


DECIDERS: Deciders = {
    c.SayContest: say,
    c.WithdrawContest: withdraw,
    c.ConfirmContest: confirm,
    c.Concede: concede,
    c.ReverseContest: reverse,
}
