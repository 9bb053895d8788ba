"""A consumer withdraws from the contract a quote made: work stops at once, what was done is paid (L221-18)."""

from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident, Quote
from bot.core.money import Price
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.terms import Kind


def withdraw(incident: Incident, command: c.WithdrawFromContract, now: datetime) -> Decided:
    """Nothing is asked and nothing is billed yet: staff say first how much was done, or it counts as nothing."""
    accepted = incident.accepted
    if accepted is None:
        return Refused(Reason.NOT_NOW)
    if incident.kind is not Kind.CONSUMER:
        return Refused(Reason.CONSUMER_ONLY)
    if now > withdrawal_end(incident, accepted):
        return Refused(Reason.WITHDRAWAL_ENDED)
    settles_by = incident.terms.end_of(
        incident.terms.day_of(now) + timedelta(days=incident.terms.withdrawal_settle_days)
    )
    return (f.ContractWithdrawn(number=accepted.number, settles_by=settles_by, evidence=command.evidence),)


def is_withdrawn(incident: Incident, _command: c.WithdrawFromContract) -> bool:
    return incident.withdrawal is not None


def settle(incident: Incident, command: c.SettleWithdrawal, _now: datetime) -> Decided:
    """The share of the price that the share of the work makes (L221-25), with what was done in words."""
    if not 0 <= command.done_percent <= 100:
        return Refused(Reason.AMOUNT_WRONG)
    if not command.report.strip():
        return Refused(Reason.REPORT_MISSING)
    return (stopped(incident, command.done_percent, command.report),)


def stopped(incident: Incident, done_percent: int, report: str) -> f.WorkStopped:
    """How a withdrawal ends."""
    return f.WorkStopped(by=f.Role.CUSTOMER, reason=report, owed=_share(incident, done_percent))


def _share(incident: Incident, done_percent: int) -> Price:
    quote = incident.quote_named(incident.withdrawal.quote) if incident.withdrawal else None
    if quote is None:
        raise ValueError(f"{incident.reference}: nobody withdrew from a quote")
    return quote.price.share(done_percent)


def withdrawal_end(incident: Incident, accepted: Quote) -> datetime:
    """The last moment of the fourteenth day after the acceptance; a weekend's is the Monday's (L221-18, L221-19)."""
    accepted_on = incident.terms.day_of(accepted.decided_at or incident.opened_at)
    last = incident.office.opening(accepted_on + timedelta(days=incident.terms.withdrawal_days))
    return incident.terms.end_of(last.date())


DECIDERS: Deciders = {c.WithdrawFromContract: withdraw, c.SettleWithdrawal: settle}
