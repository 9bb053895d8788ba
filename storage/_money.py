"""The ledger: invoices and credit notes as rows, and whose every numbered paper is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.core.money import Line, Money
from storage._tables import invoices, papers


class PaperKind(StrEnum):
    """What has a number."""

    QUOTE = "quote"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Status(StrEnum):
    """What became of an invoice; a credit note is `paid` from the start, nothing is asked for it."""

    OPEN = "open"
    PAID = "paid"
    CREDITED = "credited"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """An issued invoice or credit note. `about` is the invoice that a credit note takes back."""

    number: str
    kind: PaperKind
    incident_id: int
    customer_id: int
    net: Money
    vat: Money
    gross: Money
    paid: Money
    lines: tuple[Line, ...]
    issued_at: datetime
    due_on: date | None
    status: Status
    about: str | None = None

    @property
    def open(self) -> Money:
        """What remains to be paid."""
        return self.gross - self.paid if self.status is Status.OPEN else self.paid - self.paid


class Ledger:
    """The ledger within one transaction: written beside the facts it follows from."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def insert(self, invoice: InvoiceRow) -> None:
        """Books an invoice or a credit note; its number must be new."""
        values = {
            "number": invoice.number,
            "kind": invoice.kind,
            "incident_id": invoice.incident_id,
            "customer_id": invoice.customer_id,
            "net": invoice.net.cents,
            "vat": invoice.vat.cents,
            "gross": invoice.gross.cents,
            "paid": invoice.paid.cents,
            "currency": invoice.gross.currency,
            "lines": _LINES.dump_json(invoice.lines).decode(),
            "issued_at": invoice.issued_at,
            "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
            "status": invoice.status,
            "about": invoice.about,
        }
        self._connection.execute(sa.insert(invoices), values)

    def update(self, number: str, *, paid: Money, status: Status) -> None:
        """Notes what has been paid in all, and what became of the invoice."""
        changed = sa.update(invoices).where(invoices.c.number == number)
        self._connection.execute(changed.values(paid=paid.cents, status=status))

    def by_number(self, number: str) -> InvoiceRow | None:
        return next(iter(self._some(invoices.c.number == number)), None)

    def open_of(self, customer_id: int) -> list[InvoiceRow]:
        """The customer's invoices that are still to be paid."""
        return self._some(invoices.c.customer_id == customer_id, invoices.c.status == Status.OPEN)

    def of_incident(self, incident_id: int) -> list[InvoiceRow]:
        return self._some(invoices.c.incident_id == incident_id)

    def listing(self, *, status: Status | None = None, limit: int = 50) -> list[InvoiceRow]:
        """Invoices and credit notes, the first due first, those without a date last."""
        return self._some(*([] if status is None else [invoices.c.status == status]), limit=limit)

    def _some(self, *wanted: "sa.ColumnElement[bool]", limit: int | None = None) -> list[InvoiceRow]:
        query = sa.select(invoices).where(*wanted).order_by(invoices.c.due_on.nulls_last(), invoices.c.number)
        return [_invoice(row) for row in self._connection.execute(query.limit(limit))]

    def name(self, number: str, kind: PaperKind, incident_id: int) -> None:
        """Notes whose a quote's, an invoice's or a credit note's number is."""
        values = {"number": number, "kind": kind, "incident_id": incident_id}
        self._connection.execute(sa.insert(papers), values)

    def incident_of(self, number: str) -> int | None:
        """The incident a numbered paper belongs to."""
        query = sa.select(papers.c.incident_id).where(papers.c.number == number)
        return self._connection.execute(query).scalar()


_LINES: Final = TypeAdapter(tuple[Line, ...])


def _invoice(row: "sa.Row[Any]") -> InvoiceRow:
    def money(cents: int) -> Money:
        return Money(cents=cents, currency=row.currency)

    return InvoiceRow(
        number=row.number,
        kind=PaperKind(row.kind),
        incident_id=row.incident_id,
        customer_id=row.customer_id,
        net=money(row.net),
        vat=money(row.vat),
        gross=money(row.gross),
        paid=money(row.paid),
        lines=_LINES.validate_json(row.lines),
        issued_at=row.issued_at,
        due_on=date.fromisoformat(row.due_on) if row.due_on else None,
        status=Status(row.status),
        about=row.about,
    )
