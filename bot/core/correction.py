"""What the diagnosis found, put right after the end: what was billed is taken back, what is owed is billed anew."""

from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.lives import ContestState, InvoiceState
from bot.core.part import credit_note, take
from bot.core.refusals import Decided, Deciders, Reason, Refused

SETTLED_BY_CONTEST = frozenset({ContestState.SAID, ContestState.EFFECTIVE, ContestState.CONCEDED})
BILLED = frozenset({InvoiceState.ISSUED, InvoiceState.PART_PAID, InvoiceState.PAID})


def correct(incident: Incident, command: c.CorrectOutcome, now: datetime) -> Decided:
    """A manager's word (letter §3): another outcome, hence another sum. What a contest settled stays settled."""
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    if not is_correctable(incident):
        return Refused(Reason.NOT_NOW)
    if command.outcome is incident.outcome:
        return Refused(Reason.ALREADY)
    if command.outcome is f.Outcome.QUOTE and not _had_its_quote(incident):
        return Refused(Reason.OUTCOME_IMPOSSIBLE)
    invoice = incident.invoice
    if invoice is None or invoice.state not in BILLED:
        return (f.OutcomeCorrected(outcome=command.outcome, reason=command.reason),)
    all_of_it = take(invoice)
    if all_of_it is None:
        return Refused(Reason.NOT_NOW)
    credited = credit_note(
        invoice, all_of_it, command.number, command.day or incident.terms.day_of(now), invoice.due_on
    )
    paid = invoice.paid or None
    return (credited, f.OutcomeCorrected(outcome=command.outcome, reason=command.reason, paid=paid))


def is_correctable(incident: Incident) -> bool:
    """Whether a diagnosis was concluded whose bill, if any, neither a contest nor a manager has ended otherwise."""
    settled = incident.contest is not None and incident.contest.state in SETTLED_BY_CONTEST
    taken_back = incident.invoice is not None and bool(incident.invoice.credits)  # by any contest before the last
    written_off = incident.invoice is not None and incident.invoice.state is InvoiceState.WRITTEN_OFF
    return incident.outcome is not None and not settled and not taken_back and not written_off


def _had_its_quote(incident: Incident) -> bool:
    """A quote was sent, and where it was accepted its work was finished or stopped: what is owed for it is known."""
    sent = any(quote.offered_at is not None for quote in incident.quotes)
    return sent and (incident.accepted is None or bool(incident.work_report))


DECIDERS: Deciders = {c.CorrectOutcome: correct}
