"""From the first word to the end of the diagnosis: opening, price, order, outcome (letter §2, §3)."""

from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.letter import UNDECIDED
from bot.core.lives import QuoteState, Stage, Support
from bot.core.refusals import Decided, Deciders, Reason, Refused
from bot.core.terms import GoAhead, Kind


def open_incident(incident: Incident | None, command: c.OpenIncident, now: datetime) -> Decided:
    """Opens an incident for a customer who is entitled to support (letter §6.7)."""
    if incident is not None:
        return Refused(Reason.ALREADY)
    if command.support is Support.FORFEITED:
        return Refused(Reason.SUPPORT_FORFEITED)
    if command.support is Support.LIMITED:
        return Refused(Reason.SUPPORT_LIMITED)
    words = (f.CustomerWrote(message=command.message),) if command.message else ()
    opened = f.IncidentOpened(
        incident=command.incident,
        customer=command.customer,
        kind=command.kind,
        title=command.title,
        language=command.language,
        channel=command.channel,
        way_in=command.way_in,
        terms=command.terms,
        price=command.terms.price_at(now),
        previous=command.previous,
        recent=command.recent,
        contact=command.contact,
        office=command.office,
        renews=command.renews,
        moved_from=command.moved_from,
        thread=command.thread,
    )
    return (opened, *words)


def choose_way_in(incident: Incident, command: c.ChooseWayIn, _now: datetime) -> Decided:
    if incident.way_in is command.way_in:
        return Refused(Reason.ALREADY)
    return (f.WayInChosen(way_in=command.way_in),)


def order(incident: Incident, command: c.OrderDiagnosis, now: datetime) -> Decided:
    """The order binds to the price that was beside the button (letter §2.5, §3.9)."""
    price = incident.terms.price_at(now, command.vat)
    if command.price_cents != price.net.cents:
        return Refused(Reason.PRICE_CHANGED)
    if command.kind is Kind.CONSUMER and price.net and not command.evidence.express_request:
        return Refused(Reason.EXPRESS_REQUEST_MISSING)
    ordered = f.DiagnosisOrdered(
        price=price, kind=command.kind, evidence=command.evidence, vat=command.vat, office=command.office
    )
    return (ordered,)


def is_ordered(incident: Incident, _command: c.OrderDiagnosis) -> bool:
    return incident.ordered_at is not None


def cancel(_incident: Incident, command: c.CancelIncident, _now: datetime) -> Decided:
    """Until the diagnosis starts the customer may withdraw, and staff may close with a reason (letter §2.6)."""
    if command.actor.role is not f.Role.CUSTOMER and not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.IncidentCancelled(by=command.actor.role, reason=command.reason, evidence=command.evidence),)


def is_cancelled(incident: Incident, _command: c.CancelIncident) -> bool:
    return incident.stage is Stage.CANCELLED


def move(incident: Incident, command: c.MoveIncident, _now: datetime) -> Decided:
    """To the customer whose it is, while nobody has decided anything in it."""
    if incident.stage not in UNDECIDED:
        return Refused(Reason.DECIDED_HERE)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.IncidentMoved(to=command.to, reason=command.reason),)


def take(incident: Incident, command: c.TakeIncident, _now: datetime) -> Decided:
    if incident.assignee == command.actor.name:
        return Refused(Reason.ALREADY)
    return (f.IncidentTaken(by=command.actor.name),)


def waive(incident: Incident, command: c.WaiveDiagnosis, _now: datetime) -> Decided:
    if incident.waived:
        return Refused(Reason.ALREADY)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.DiagnosisWaived(reason=command.reason),)


def start(incident: Incident, command: c.StartDiagnosis, _now: datetime) -> Decided:
    """Never before a delivered announcement and an order; businesses may agree that announcing suffices."""
    if incident.paused:
        return Refused(Reason.PAUSED)
    if incident.stage is Stage.ANNOUNCED and not may_start_unordered(incident):
        return Refused(Reason.NOT_ORDERED)
    took = () if incident.assignee else (f.IncidentTaken(by=command.actor.name),)
    return (*took, f.DiagnosisStarted())


def may_start_unordered(incident: Incident) -> bool:
    """Whether the delivered announcement suffices (letter §2.5, `go_ahead = announce`)."""
    return incident.terms.go_ahead is GoAhead.ANNOUNCE and incident.kind is Kind.BUSINESS


def is_started(incident: Incident, _command: c.StartDiagnosis) -> bool:
    return incident.started_at is not None


def ask(_incident: Incident, command: c.AskCustomer, _now: datetime) -> Decided:
    if not command.question.strip():
        return Refused(Reason.REPORT_MISSING)
    return (f.CustomerAsked(question=command.question, message=command.message),)


def write(incident: Incident, command: c.WriteToCustomer, _now: datetime) -> Decided:
    """Not where it was moved away from: its customer has nothing to do with it."""
    if incident.moved_to is not None:
        return Refused(Reason.NOT_NOW)
    if not command.text.strip():
        return Refused(Reason.REPORT_MISSING)
    return (
        f.StaffWrote(
            message=command.message, text=command.text, files=command.files, promised_on=command.promised_on
        ),
    )


def conclude(incident: Incident, command: c.ConcludeDiagnosis, _now: datetime) -> Decided:
    """Each outcome with its report; what it costs follows from the ending (letter §3)."""
    if not command.report.strip():
        return Refused(Reason.REPORT_MISSING)
    match command.outcome:
        case f.Outcome.OUR_FAULT:
            ending: f.Fact = f.OurFaultFound(report=command.report)
        case f.Outcome.SOLVED:
            ending = f.ProblemSolved(report=command.report)
        case f.Outcome.QUOTE:
            return (f.DiagnosisReported(report=command.report),)
        case _:
            ending = f.LeftUnbilled(outcome=command.outcome, report=command.report)
    return (*drafts_dropped(incident), ending)


def finish(_incident: Incident, command: c.FinishWork, _now: datetime) -> Decided:
    if not command.report.strip():
        return Refused(Reason.REPORT_MISSING)
    return (f.WorkFinished(report=command.report),)


def stop(incident: Incident, command: c.StopWork, _now: datetime) -> Decided:
    """We give up, and nothing is owed for the work."""
    accepted = incident.accepted
    if accepted is None:
        return Refused(Reason.NOT_NOW)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (f.WorkStopped(by=command.actor.role, reason=command.reason, owed=accepted.price.share(0)),)


def end_support(incident: Incident, _command: c.EndSupport, _now: datetime) -> Decided:
    return (*drafts_dropped(incident), f.SupportEnded())


def drafts_dropped(incident: Incident) -> tuple[f.Fact, ...]:
    return tuple(f.QuoteSuperseded(number=q.number, by="") for q in incident.quotes if q.state is QuoteState.DRAFT)


DECIDERS: Deciders = {
    c.ChooseWayIn: choose_way_in,
    c.OrderDiagnosis: order,
    c.CancelIncident: cancel,
    c.MoveIncident: move,
    c.TakeIncident: take,
    c.WaiveDiagnosis: waive,
    c.StartDiagnosis: start,
    c.AskCustomer: ask,
    c.WriteToCustomer: write,
    c.ConcludeDiagnosis: conclude,
    c.FinishWork: finish,
    c.StopWork: stop,
    c.EndSupport: end_support,
}
