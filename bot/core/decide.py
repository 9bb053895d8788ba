"""`decide`: what a command leads to. Guards come from the letter's tables, details from each concept's page."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.core import commands as c
from bot.core import (
    consent,
    contest,
    conversation,
    correction,
    delivery,
    diagnosis,
    disown,
    due,
    invoice,
    patience,
    pause,
    quote,
    withdrawal,
)
from bot.core import facts as f
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.letter import ALLOWED, AT_WORK, CONSENT_FOLLOWS, HELD
from bot.core.refusals import Decided, Deciders, Reason, Refused


def decide(incident: Incident | None, command: c.Command, now: datetime) -> Decided:
    """The facts this command leads to now, or why it is refused. Changes nothing, reads nothing else."""
    if isinstance(command, c.OpenIncident):
        return diagnosis.open_incident(incident, command, now)
    if incident is None:
        return Refused(Reason.NOT_NOW)
    decided = _forbidden(incident, command) or _DECIDERS[type(command)](incident, command, now)
    if isinstance(decided, Refused):
        return decided
    return (*decided, *_consents_that_end(incident, decided, now), *pause.that_ends(incident, command, decided))


def _forbidden(incident: Incident, command: c.Command) -> Refused | None:
    roles, stages = ALLOWED[type(command)]
    if command.actor.role not in roles:
        return Refused(Reason.NOT_ALLOWED)
    if _is_so_already(incident, command):
        return Refused(Reason.ALREADY)
    if command.expected is not None and command.expected != incident.version:
        return Refused(Reason.STALE)
    if incident.stage not in stages:
        return Refused(Reason.NOT_NOW)
    if incident.held and type(command) in HELD:
        return Refused(Reason.DISOWNED)
    return None


def _is_so_already(incident: Incident, command: c.Command) -> bool:
    check = _ALREADY.get(type(command))
    return check is not None and check(incident, command)


def _consents_that_end(incident: Incident, decided: tuple[f.Fact, ...], now: datetime) -> tuple[f.Fact, ...]:
    """Leave ends with the work it was given for (letter §1.3)."""
    for fact in decided:
        incident = apply(incident, fact, now)
    if incident.stage in AT_WORK:
        return ()
    return tuple(
        f.ConsentClosed(number=leave.number)
        for leave in incident.consents
        if f.ConsentClosed in CONSENT_FOLLOWS[leave.state]
    )


_DECIDERS: Deciders = {
    **delivery.DECIDERS,
    **pause.DECIDERS,
    **disown.DECIDERS,
    **conversation.DECIDERS,
    **diagnosis.DECIDERS,
    **withdrawal.DECIDERS,
    **quote.DECIDERS,
    **consent.DECIDERS,
    **invoice.DECIDERS,
    **patience.DECIDERS,
    **contest.DECIDERS,
    **correction.DECIDERS,
    **due.DECIDERS,
}

# What a second click finds done: answered as such, whatever the version or the stage.
_ALREADY: Mapping[type[c.Command], Callable[..., bool]] = {
    c.OrderDiagnosis: diagnosis.is_ordered,
    c.CancelIncident: diagnosis.is_cancelled,
    c.Disown: disown.is_disowned,
    c.StartDiagnosis: diagnosis.is_started,
    c.AcceptQuote: quote.is_accepted,
    c.DeclineQuote: quote.is_declined,
    c.AskRenewal: quote.is_renewal_asked,
    c.WithdrawFromContract: withdrawal.is_withdrawn,
    c.GrantConsent: consent.is_granted,
    c.RefuseConsent: consent.is_refused,
    c.RevokeConsent: consent.is_revoked,
    c.SettleContact: conversation.is_settled,
    c.SayContest: contest.is_said,
    c.ConfirmContest: contest.is_confirmed,
}
