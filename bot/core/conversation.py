"""Who writes in an incident beside the customer, and what a mail names beside it; nothing of it decides anything."""

from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.refusals import Decided, Deciders, Reason, Refused


def note_words(_incident: Incident, command: c.NoteCustomerWords, _now: datetime) -> Decided:
    """The customer's own words end the wait for an answer; anybody else's are only shown."""
    if command.actor.role is not f.Role.CUSTOMER:
        other = f.OtherWrote(message=command.message, colleague=command.colleague, automatic=command.automatic)
        return (other,)
    return (f.CustomerWrote(message=command.message),)


def propose(incident: Incident, command: c.ProposeContact, _now: datetime) -> Decided:
    """Once for each address and incident, and nowhere that mail comes back from."""
    if incident.lost is not None:
        return Refused(Reason.ADDRESS_LOST)
    if incident.newcomer(command.address) is not None:
        return Refused(Reason.ALREADY)
    return (f.ContactProposed(address=command.address, message=command.message),)


def settle(incident: Incident, command: c.SettleContact, _now: datetime) -> Decided:
    """Only about whom they were asked; a later answer replaces the earlier one."""
    if incident.newcomer(command.address) is None:
        return Refused(Reason.NOT_NOW)
    return (f.ContactSettled(address=command.address, answer=command.answer, evidence=command.evidence),)


def is_settled(incident: Incident, command: c.SettleContact) -> bool:
    newcomer = incident.newcomer(command.address)
    return newcomer is not None and newcomer.answer is command.answer


def doubt(_incident: Incident, command: c.DoubtDecision, _now: datetime) -> Decided:
    return (f.DecisionDoubted(choice=command.choice, evidence=command.evidence),)


def refer(_incident: Incident, command: c.ReferDecision, _now: datetime) -> Decided:
    return (f.DecisionReferred(address=command.address, authority=command.authority, order=command.order),)


def name_other(_incident: Incident, command: c.NameOtherIncident, _now: datetime) -> Decided:
    return (f.OtherIncidentNamed(incident=command.incident, message=command.message, here=command.here),)


DECIDERS: Deciders = {
    c.NoteCustomerWords: note_words,
    c.ProposeContact: propose,
    c.SettleContact: settle,
    c.DoubtDecision: doubt,
    c.ReferDecision: refer,
    c.NameOtherIncident: name_other,
}
