"""The ledger: invoices and credit notes as rows, and whose every numbered paper is."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.core.money import Line, Money
from storage._engine import insert
from storage._tables import invoices, papers, transmissions


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


class TransmissionStatus(IntEnum):
    """What a platform says of an e-invoice: codes of the French reform (XP Z12-012)."""

    DEPOSITED = 200  # déposée
    DISPUTED = 207  # en litige
    REFUSED = 210  # refusée
    CASHED = 212  # encaissée
    REJECTED = 213  # rejetée


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmitted:
    """One status of one document, and the day it holds from."""

    number: str
    status: TransmissionStatus
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is open of all invoices that are due on one day."""

    due_on: date | None
    money: Money
    invoices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """An issued invoice or credit note. `about` is the invoice that a credit note takes back, or a part of it.

    `due_on` is the document's own; `moved_to` by when what credit notes left of an invoice is to be paid. A credit
    note's `due_on` is that day.
    """

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
    credited: Money
    about: str | None = None
    moved_to: date | None = None

    @property
    def open(self) -> Money:
        """What remains to be paid."""
        owed = self.gross - self.credited
        return owed - self.paid if self.status is Status.OPEN else self.paid - self.paid

    @property
    def payable_on(self) -> date | None:
        """By when it is to be paid, as it was said last."""
        return self.moved_to or self.due_on


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
            "credited": invoice.credited.cents,
            "currency": invoice.gross.currency,
            "lines": _LINES.dump_json(invoice.lines).decode(),
            "issued_at": invoice.issued_at,
            "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
            "status": invoice.status,
            "about": invoice.about,
        }
        self._connection.execute(sa.insert(invoices), values)

    def update(
        self, number: str, *, paid: Money, credited: Money, status: Status, moved_to: date | None = None
    ) -> None:
        """Notes what has been paid and taken back in all, and what became of the invoice."""
        values = {
            "paid": paid.cents,
            "credited": credited.cents,
            "status": status,
            "moved_to": moved_to.isoformat() if moved_to else None,
        }
        self._connection.execute(sa.update(invoices).where(invoices.c.number == number).values(values))

    def forget_labels(self, numbers: Collection[str]) -> None:
        """What the lines of these were for goes; their amounts stay."""
        for row in self._some(invoices.c.number.in_(list(numbers))):
            bare = tuple(replace(line, label="") for line in row.lines)
            changed = sa.update(invoices).where(invoices.c.number == row.number)
            self._connection.execute(changed.values(lines=_LINES.dump_json(bare).decode()))

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

    def owed(self) -> list[Owed]:
        """What is open, by the day it is due."""
        days = (sa.func.coalesce(invoices.c.moved_to, invoices.c.due_on).label("due_on"), invoices.c.currency)
        left, count = sa.func.sum(invoices.c.gross - invoices.c.paid - invoices.c.credited), sa.func.count()
        query = sa.select(*days, left.label("left"), count.label("many")).where(invoices.c.status == Status.OPEN)
        return [
            Owed(
                due_on=date.fromisoformat(row.due_on) if row.due_on else None,
                money=Money(cents=int(row.left), currency=row.currency),
                invoices=row.many,
            )
            for row in self._connection.execute(query.group_by(*days).order_by(*days))
        ]

    def everything(self) -> list[InvoiceRow]:
        """All invoices and credit notes, in the order in which they were issued."""
        query = sa.select(invoices).order_by(invoices.c.issued_at, invoices.c.number)
        return [_invoice(row) for row in self._connection.execute(query)]

    def exported(self) -> set[str]:
        """The numbers that have been handed to a platform, or reported, already."""
        query = sa.select(invoices.c.number).where(invoices.c.exported_at.is_not(None))
        return set(self._connection.execute(query).scalars())

    def note_exported(self, numbers: Collection[str], now: datetime) -> None:
        """Remembers when these were handed over first."""
        first = sa.update(invoices).where(invoices.c.number == sa.bindparam("of"), invoices.c.exported_at.is_(None))
        if numbers:
            self._connection.execute(first.values(exported_at=now), [{"of": number} for number in numbers])

    def note_status(self, noted: Transmitted, now: datetime) -> bool:
        """Keeps what a platform says of a document; False where just that is kept already."""
        values = {"number": noted.number, "status": noted.status, "on_day": noted.on.isoformat(), "noted_at": now}
        adding = insert(self._connection.dialect.name, transmissions).values(values).on_conflict_do_nothing()
        return self._connection.execute(adding.returning(transmissions.c.number)).first() is not None

    def statuses(self) -> list[Transmitted]:
        """All that was noted, by document and day."""
        query = sa.select(transmissions).order_by(*(transmissions.c[name] for name in ("number", "on_day", "status")))
        return [
            Transmitted(number=row.number, status=TransmissionStatus(row.status), on=date.fromisoformat(row.on_day))
            for row in self._connection.execute(query)
        ]

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
        credited=money(row.credited),
        moved_to=date.fromisoformat(row.moved_to) if row.moved_to else None,
    )
