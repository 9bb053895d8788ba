"""“This was not me”: what was decided in a customer's name is taken back by them, before work or after it began."""

from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.diagnosis import drafts_dropped
from bot.core.incident import Incident
from bot.core.lives import ConsentState, Stage
from bot.core.refusals import Decided, Deciders, Reason, Refused

ORDER = "order"
"""How the order of the diagnosis is named; an acceptance goes by its quote's number."""


def decision(incident: Incident) -> str:
    """The decision that work stands on now; empty where there is none."""
    if incident.stage in {Stage.ORDERED, Stage.DIAGNOSING} and incident.ordered_at is not None:
        return ORDER
    return incident.accepted.number if incident.stage is Stage.WORKING and incident.accepted else ""


def disown(incident: Incident, command: c.Disown, now: datetime) -> Decided:
    """Nothing done yet: undone. Else all about it stops, and a manager settles it; nothing is billed meanwhile.

    Whoever decided in somebody's name may have given leave as well: that ends at once, whatever comes of it.
    """
    if not command.about or command.about != decision(incident):
        return Refused(Reason.NOT_NOW)
    if now > _last(incident):
        return Refused(Reason.DISOWN_ENDED)
    said: f.Fact = f.DecisionUndone(about=command.about, evidence=command.evidence)
    if incident.begun:
        said = f.DecisionDisowned(about=command.about, evidence=command.evidence)
    revoked = (
        f.ConsentRevoked(number=leave.number, evidence=command.evidence)
        for leave in incident.consents
        if leave.state is ConsentState.GRANTED
    )
    return (said, *drafts_dropped(incident), *revoked)


def is_disowned(incident: Incident, command: c.Disown) -> bool:
    return incident.held and incident.disowned is not None and incident.disowned.about == command.about


def settle(incident: Incident, command: c.SettleDisowned, _now: datetime) -> Decided:
    """It stands, or it ends here with nothing owed for it."""
    if not incident.held or incident.disowned is None:
        return Refused(Reason.NOT_DISOWNED)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    about = incident.disowned.about
    settled = f.DisownedSettled(about=about, stands=command.stands, reason=command.reason)
    if command.stands:
        return (settled,)
    if incident.accepted is None:
        return (settled, f.LeftUnbilled(outcome=f.Outcome.INCONCLUSIVE, report=command.reason))
    nothing = incident.accepted.price.share(0)
    return (settled, f.WorkStopped(by=command.actor.role, reason=command.reason, owed=nothing))


def _last(incident: Incident) -> datetime:
    """The last moment at which it can be said by a click; later it is for people to look at."""
    decided = incident.ordered_at if incident.accepted is None else incident.accepted.decided_at
    return (decided or incident.opened_at) + timedelta(days=incident.terms.disown_days)


DECIDERS: Deciders = {c.Disown: disown, c.SettleDisowned: settle}
