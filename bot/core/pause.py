"""Stopping needs less proof than starting: a "stop" that may be the customer's pauses, and their click decides."""

from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.diagnosis import may_start_unordered
from bot.core.incident import Incident
from bot.core.letter import AT_WORK
from bot.core.lives import ConsentState, Stage
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.terms import Kind

# What a customer decides, by a proven way, is what the pause waited for.
_DECIDES = (
    f.ContestSaid,
    f.ConsentRevoked,
    f.ConsentGranted,
    f.ConsentRefused,
    f.QuoteAccepted,
    f.QuoteDeclined,
    f.ContractWithdrawn,
    f.IncidentCancelled,
    f.DiagnosisOrdered,
    f.DecisionUndone,
    f.DecisionDisowned,
)

_OVER = (f.IncidentClosed, f.SupportEnded, f.IncidentCancelled, f.IncidentMoved)


def pause(incident: Incident, command: c.PauseIncident, now: datetime) -> Decided:
    """Whatever works against the customer waits. Claims wait once: or forged mails would put them off for ever."""
    earlier = incident.pause
    if incident.paused or (earlier and earlier.stage is incident.stage is Stage.INVOICED):
        return Refused(Reason.ALREADY)
    if not _goes_on(incident):
        return Refused(Reason.MOOT)
    if incident.stage is Stage.INVOICED and incident.contested:
        return Refused(Reason.ALREADY)
    return (f.IncidentPaused(message=command.message, until=now + timedelta(days=incident.terms.contest_pause_days)),)


def _goes_on(incident: Incident) -> bool:
    """Whether something goes on that the customer can stop by a click; else their words are for staff to read."""
    if incident.stage is Stage.ANNOUNCED:
        return may_start_unordered(incident)
    if incident.stage not in AT_WORK:
        return True
    allowed = any(consent.state is ConsentState.GRANTED for consent in incident.consents)
    return allowed or (incident.stage is Stage.WORKING and incident.kind is Kind.CONSUMER)


def end(incident: Incident, command: c.EndPause, _now: datetime) -> Decided:
    if not incident.paused:
        return Refused(Reason.ALREADY)
    if command.actor.role is not f.Role.CUSTOMER and not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.PauseEnded(by=command.actor.role, reason=command.reason, evidence=command.evidence),)


def that_ends(incident: Incident, command: c.Command, decided: tuple[f.Fact, ...]) -> tuple[f.Fact, ...]:
    """The end of a pause that this command makes needless."""
    if not incident.paused or any(isinstance(fact, f.PauseEnded) for fact in decided):
        return ()
    answered = command.actor.role is f.Role.CUSTOMER and any(isinstance(fact, _DECIDES) for fact in decided)
    over = any(isinstance(fact, _OVER) for fact in decided)
    return (f.PauseEnded(by=command.actor.role),) if answered or over else ()


DECIDERS: Deciders = {c.PauseIncident: pause, c.EndPause: end}
