"""What is owed at the end, the one invoice, and its payment (letter §3, §5)."""

from datetime import datetime, timedelta
from decimal import Decimal

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.letter import ENDINGS, OWED
from bot.core.lives import Due, InvoiceState, QuoteState
from bot.core.money import Line, Money, Price, total
from bot.core.refusals import Decided, Deciders, Reason, Refused

# What keeps an invoice back and its customer can say: faults by their names at the gate.
FOR_THE_CUSTOMER = frozenset(
    {
        "buyer_name",
        "buyer_address",
        "buyer_country",
        "buyer_siren",
        "buyer_vat_number",
        "buyer_vat_number_missing",
    }
)


def asked_of_customer(incident: Incident) -> tuple[str, ...]:
    """What the invoice that waits needs to be told by its customer; nothing once it is issued."""
    waits = incident.stage in ENDINGS
    return tuple(fault for fault in incident.invoice_faults if waits and fault in FOR_THE_CUSTOMER)


def dues(incident: Incident) -> frozenset[Due]:
    """What this ending leaves owed, before prices (letter §3)."""
    if incident.outcome is None:
        return frozenset()
    return OWED.get((incident.stage, incident.outcome), frozenset())


def price_owed(incident: Incident) -> Price | None:
    """What this ending leaves to be billed; None where nothing, or where it has been billed or closed."""
    lines = _lines(incident, "-", "-")
    return total(lines) if lines else None


def settle(incident: Incident, command: c.Settle, now: datetime) -> Decided:
    """One invoice for all that is owed, or the end without one (letter §5.1); never one with faults."""
    lines = _lines(incident, command.diagnosis_label, command.part_label)
    if not lines:
        return (f.IncidentClosed(why="nothing_owed"),)
    if command.faults:
        known = command.faults == incident.invoice_faults
        return Refused(Reason.INVOICE_FAULTY) if known else (f.InvoiceHeld(faults=command.faults),)
    today = command.day or incident.terms.day_of(now)
    return (
        f.InvoiceIssued(
            number=command.number,
            lines=lines,
            price=total(lines),
            issued_on=today,
            due_on=today + timedelta(days=incident.terms.payment_days),
        ),
    )


def _lines(incident: Incident, diagnosis_label: str, part_label: str) -> tuple[Line, ...]:
    lines: list[Line] = []
    owed = dues(incident)
    if Due.DIAGNOSIS in owed and not incident.waived:
        lines.extend(_lines_of(incident.price, diagnosis_label))
    if Due.WORK in owed:
        lines.extend(line for q in incident.quotes if q.state is QuoteState.ACCEPTED for line in q.lines)
    if Due.PART_OF_WORK in owed and incident.work_owed:
        lines.extend(_lines_of(incident.work_owed, part_label))
    return tuple(line for line in lines if line.net)


def _lines_of(price: Price, label: str) -> tuple[Line, ...]:
    """A price that no quote worded: one line for each rate."""
    return tuple(Line(label=label, quantity=Decimal(1), unit=p.net, vat_rate=p.rate) for p in price.parts)


def file(incident: Incident, command: c.FilePaper, _now: datetime) -> Decided:
    """The document of the invoice or of its credit note, once each."""
    invoice = incident.invoice_named(command.number)
    if invoice is None:
        return Refused(Reason.NOTHING_OPEN)
    if (invoice.credit(command.number) or invoice).document_sha256:
        return Refused(Reason.ALREADY)
    return (f.PaperFiled(number=command.number, document_sha256=command.document_sha256),)


def record_payment(incident: Incident, command: c.RecordPayment, now: datetime) -> Decided:
    """What came in, in part or in full; the last cent closes the incident."""
    invoice = incident.invoice
    if invoice is None or not invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if command.amount.currency != invoice.open.currency:
        return Refused(Reason.AMOUNT_WRONG)
    if not Money(cents=0, currency=invoice.open.currency) < command.amount <= invoice.open:
        return Refused(Reason.AMOUNT_WRONG)
    if command.received_on > incident.terms.day_of(now):
        return Refused(Reason.END_PASSED)
    still_open = invoice.open - command.amount
    received = f.PaymentReceived(
        number=invoice.number,
        amount=command.amount,
        received_on=command.received_on,
        still_open=still_open,
        entry=command.entry,
    )
    return (received,) if still_open else (received, f.IncidentClosed(why="paid"))


def return_payment(incident: Incident, command: c.ReturnPayment, _now: datetime) -> Decided:
    """What the bank took back is open again, as if it had never come; what was credited meanwhile stays credited."""
    invoice = incident.invoice
    if invoice is None or invoice.state not in {InvoiceState.PART_PAID, InvoiceState.PAID}:
        return Refused(Reason.NOTHING_OPEN)
    if command.amount.currency != invoice.paid.currency:
        return Refused(Reason.AMOUNT_WRONG)
    if not Money(cents=0, currency=invoice.paid.currency) < command.amount <= invoice.paid:
        return Refused(Reason.AMOUNT_WRONG)
    still = invoice.owed - invoice.paid + command.amount
    returned = f.PaymentReturned(
        number=invoice.number,
        amount=command.amount,
        returned_on=command.returned_on,
        still_open=max(still, still - still),
        entry=command.entry,
        reason=command.reason,
    )
    return (returned,) if still.cents > 0 else (returned, f.IncidentClosed(why="paid"))


def record_refund(incident: Incident, command: c.RecordRefund, now: datetime) -> Decided:
    """What is owed back of a credited invoice was paid back, in part or in full."""
    owed = (one for one in incident.owed_back if command.number in {"", one.number})
    invoice = next(owed, None)
    if invoice is None:
        return Refused(Reason.NOTHING_OWED_BACK)
    owed_back = invoice.owed_back
    if command.amount.currency != owed_back.currency:
        return Refused(Reason.AMOUNT_WRONG)
    if not owed_back - owed_back < command.amount <= owed_back:
        return Refused(Reason.AMOUNT_WRONG)
    if command.refunded_on > incident.terms.day_of(now):
        return Refused(Reason.END_PASSED)
    refunded = f.PaymentRefunded(
        number=invoice.number,
        amount=command.amount,
        refunded_on=command.refunded_on,
        still_owed=owed_back - command.amount,
        entry=command.entry,
    )
    return (refunded,)


def write_off(incident: Incident, command: c.WriteOff, _now: datetime) -> Decided:
    if incident.invoice is None or not incident.invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if not command.reason.strip():
        return Refused(Reason.REASON_MISSING)
    return (
        f.InvoiceWrittenOff(number=incident.invoice.number, reason=command.reason),
        f.IncidentClosed(why="written_off"),
    )


DECIDERS: Deciders = {
    c.Settle: settle,
    c.FilePaper: file,
    c.RecordPayment: record_payment,
    c.ReturnPayment: return_payment,
    c.RecordRefund: record_refund,
    c.WriteOff: write_off,
}
