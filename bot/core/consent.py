"""Leave to touch hosted data: explicit, scoped, dated, provable, revocable (letter §1)."""

from datetime import datetime, timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Consent, Incident
from bot.core.lives import ConsentState
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.terms import Terms


def request(incident: Incident, command: c.RequestConsent, now: datetime) -> Decided:
    """Asks for leave; a request for another scope replaces the one still unanswered.

    Only what needs leave is asked for: a customer who refused the rest would see it done all the same.
    """
    if not command.acts or not command.places or not command.why.strip():
        return Refused(Reason.SCOPE_EMPTY)
    if any(act.rule is f.Rule.NEVER for act in command.acts):
        return Refused(Reason.ACT_FORBIDDEN)
    if any(act.rule is not f.Rule.CONSENT for act in command.acts):
        return Refused(Reason.ACT_UNASKED)
    if command.until <= now:
        return Refused(Reason.END_PASSED)
    if command.until > last_end(incident, now):
        return Refused(Reason.END_TOO_FAR)
    number = len(incident.consents) + 1
    replaced = tuple(
        f.ConsentReplaced(number=consent.number, by=number)
        for consent in incident.consents
        if consent.state is ConsentState.REQUESTED
    )
    asked = f.ConsentRequested(
        number=number,
        acts=command.acts,
        places=command.places,
        until=command.until,
        why=command.why,
    )
    return (*replaced, asked)


def request_lapses_at(consent: Consent, terms: Terms) -> datetime:
    """A request lapses after its days, or with the end it names: then there is nothing left to grant."""
    return min(consent.asked_at + timedelta(days=terms.consent_lapse_days), consent.until)


def last_end(incident: Incident, now: datetime) -> datetime:
    """The latest end a leave may have that is asked for now."""
    return incident.terms.end_of(incident.terms.day_of(now) + timedelta(days=incident.terms.consent_days))


def grant(incident: Incident, command: c.GrantConsent, now: datetime) -> Decided:
    """All that was asked or a part of it, never more."""
    consent = _answerable(incident, command.number)
    if isinstance(consent, Refused):
        return consent
    if not command.acts:
        return Refused(Reason.SCOPE_EMPTY)
    if not set(command.acts) <= {act.id for act in consent.acts}:
        return Refused(Reason.SCOPE_WIDER)
    if now >= consent.until:
        return Refused(Reason.END_PASSED)
    return (f.ConsentGranted(number=command.number, acts=command.acts, evidence=command.evidence),)


def is_granted(incident: Incident, command: c.GrantConsent) -> bool:
    return _is(incident, command.number, ConsentState.GRANTED)


def refuse(incident: Incident, command: c.RefuseConsent, _now: datetime) -> Decided:
    consent = _answerable(incident, command.number)
    if isinstance(consent, Refused):
        return consent
    return (f.ConsentRefused(number=command.number, evidence=command.evidence),)


def is_refused(incident: Incident, command: c.RefuseConsent) -> bool:
    return _is(incident, command.number, ConsentState.REFUSED)


def revoke(incident: Incident, command: c.RevokeConsent, _now: datetime) -> Decided:
    """At any time, for no reason."""
    consent = incident.consent_named(command.number)
    if consent is None:
        return Refused(Reason.CONSENT_UNKNOWN)
    if consent.state is not ConsentState.GRANTED:
        return Refused(Reason.CONSENT_DECIDED)
    return (f.ConsentRevoked(number=command.number, evidence=command.evidence),)


def is_revoked(incident: Incident, command: c.RevokeConsent) -> bool:
    return _is(incident, command.number, ConsentState.REVOKED)


def withdraw(incident: Incident, command: c.WithdrawConsentRequest, _now: datetime) -> Decided:
    consent = _answerable(incident, command.number)
    if isinstance(consent, Refused):
        return consent
    return (f.ConsentWithdrawn(number=command.number, reason=command.reason),)


def record_act(incident: Incident, command: c.RecordAct, now: datetime) -> Decided:
    """An act on hosted data needs a live leave that names it and its place (letter §1.1)."""
    if command.act.rule is f.Rule.NEVER:
        return Refused(Reason.ACT_FORBIDDEN)
    if not command.place.strip():
        return Refused(Reason.SCOPE_EMPTY)
    if command.act.rule is f.Rule.EMERGENCY and not (command.act.clause and command.note.strip()):
        return Refused(Reason.REASON_MISSING)
    if command.act.rule is not f.Rule.CONSENT:
        return (f.ActRecorded(act=command.act, place=command.place.strip(), note=command.note),)
    if incident.paused:
        return Refused(Reason.PAUSED)
    for leave in incident.consents:
        place = leave.covered(command.act, command.place, now)
        if place is not None:
            return (f.ActRecorded(act=command.act, place=place, note=command.note, consent=leave.number),)
    return Refused(Reason.NO_CONSENT)


def _answerable(incident: Incident, number: int) -> Consent | Refused:
    consent = incident.consent_named(number)
    if consent is None:
        return Refused(Reason.CONSENT_UNKNOWN)
    if consent.state is not ConsentState.REQUESTED:
        return Refused(Reason.CONSENT_DECIDED)
    return consent


def _is(incident: Incident, number: int, state: ConsentState) -> bool:
    consent = incident.consent_named(number)
    return consent is not None and consent.state is state


DECIDERS: Deciders = {
    c.RequestConsent: request,
    c.GrantConsent: grant,
    c.RefuseConsent: refuse,
    c.RevokeConsent: revoke,
    c.WithdrawConsentRequest: withdraw,
    c.RecordAct: record_act,
}
