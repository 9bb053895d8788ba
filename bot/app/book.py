"""The ledger's rows, written with the facts they follow from: what accountants read."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from bot.core import facts as f
from bot.core.incident import Incident, Invoice
from bot.core.lives import InvoiceState
from bot.core.money import Money
from storage import InvoiceRow, PaperKind, Status


class Books(Protocol):
    """What is booked into: the ledger, or one made again to compare with it."""

    def insert(self, invoice: InvoiceRow) -> None: ...

    def update(
        self, number: str, *, paid: Money, credited: Money, status: Status, moved_to: date | None = None
    ) -> None: ...

    def name(self, number: str, kind: PaperKind, incident_id: int) -> None: ...


def book(books: Books, incident: Incident, fact: f.Fact, now: datetime) -> None:
    """Books what a fact means in money; `incident` is the state after all facts of the command."""
    match fact:
        case f.QuoteDrafted(number=number):
            books.name(number, PaperKind.QUOTE, incident.id)
        case f.InvoiceIssued():
            books.insert(_invoice(incident, fact, now))
            books.name(fact.number, PaperKind.INVOICE, incident.id)
        case f.PaymentReceived() | f.PaymentReturned() | f.PaymentRefunded() | f.InvoiceWrittenOff():
            _update(books, incident, fact.number)
        case f.InvoiceCredited():
            books.insert(_credit_note(incident, fact, now))
            books.name(fact.number, PaperKind.CREDIT_NOTE, incident.id)
            _update(books, incident, fact.invoice)
        case _:
            return


def _invoice(incident: Incident, fact: f.InvoiceIssued, now: datetime) -> InvoiceRow:
    return InvoiceRow(
        number=fact.number,
        kind=PaperKind.INVOICE,
        incident_id=incident.id,
        customer_id=incident.customer,
        net=fact.price.net,
        vat=fact.price.vat,
        gross=fact.price.gross,
        paid=Money(cents=0, currency=fact.price.net.currency),
        credited=Money(cents=0, currency=fact.price.net.currency),
        lines=fact.lines,
        issued_at=now,
        due_on=fact.due_on,
        status=Status.OPEN,
    )


def _credit_note(incident: Incident, fact: f.InvoiceCredited, now: datetime) -> InvoiceRow:
    return InvoiceRow(
        number=fact.number,
        kind=PaperKind.CREDIT_NOTE,
        incident_id=incident.id,
        customer_id=incident.customer,
        net=fact.price.net,
        vat=fact.price.vat,
        gross=fact.price.gross,
        paid=fact.price.gross,
        credited=Money(cents=0, currency=fact.price.net.currency),
        lines=fact.lines or _billed(incident, fact.invoice).lines,
        issued_at=now,
        due_on=fact.due_on,
        status=Status.PAID,
        about=fact.invoice,
    )


STATUS: Mapping[InvoiceState, Status] = {
    InvoiceState.ISSUED: Status.OPEN,
    InvoiceState.PART_PAID: Status.OPEN,
    InvoiceState.PAID: Status.PAID,
    InvoiceState.CREDITED: Status.CREDITED,
    InvoiceState.WRITTEN_OFF: Status.WRITTEN_OFF,
}


def _update(books: Books, incident: Incident, number: str) -> None:
    invoice = _billed(incident, number)
    books.update(
        number,
        paid=invoice.paid,
        credited=invoice.price.gross - invoice.owed,
        status=STATUS[invoice.state],
        moved_to=invoice.due_on if invoice.printed_due_on else None,
    )


def _billed(incident: Incident, number: str) -> Invoice:
    invoice = incident.invoice_named(number)
    if invoice is None:
        raise ValueError(f"{incident.reference} has no invoice {number}")
    return invoice
