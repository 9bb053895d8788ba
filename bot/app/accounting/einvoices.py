"""E-invoices for a platform: three files for each document, what becomes of them, and what is only reported."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from bot.app.accounting.books import shares_of
from bot.app.accounting.export import write_new
from bot.app.accounting.tables import inert, percent, table
from bot.app.compose import compose
from bot.app.desk import Desk
from bot.app.paper import file_ubl
from bot.app.read import read_case
from bot.core import facts as f
from bot.core.customer import HOME, Customer
from bot.core.incident import Incident
from bot.core.terms import Kind
from bot.papers import attached
from storage import InvoiceRow, PaperKind, Status, Transaction, TransmissionStatus, Transmitted

REPORTED: Final = (
    "number",
    "kind",
    "issued_on",
    "about",
    "operation",
    "country",
    "vat_number",
    "vat_category",
    "vat_rate",
    "net",
    "vat",
    "gross",
    "currency",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A document of the ledger with whom it is made out to."""

    row: InvoiceRow
    incident: Incident
    customer: Customer

    @property
    def is_einvoice(self) -> bool:
        """Between businesses in France it goes through a platform; all else is reported (art. 289 bis, 290 CGI)."""
        return self.incident.kind is Kind.BUSINESS and self.customer.details.country == HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an e-invoice's way: what was noted, and what follows from its payment and its contest."""

    number: str
    exported: bool
    statuses: tuple[Transmitted, ...]


async def hand_over(desk: Desk, folder: Path, now: datetime, *, everything: bool = False) -> str:
    """Writes what was not handed over yet, or everything; remembers it once it is on disk, and says what it was.

    A run that was cut short is repeated into the same folder.
    """
    due = await desk.store.read(lambda tx: _due(tx, everything=everything))
    sent: list[Issued] = []
    for one in (one for one in due if one.is_einvoice):
        files = await desk.store.run(lambda tx, one=one: _files(tx, desk, one, now))  # type: ignore[misc]
        if files:
            write_new(folder, files, again=True)
            sent.append(one)
    reported = [one for one in due if not one.is_einvoice]
    if reported:
        name = f"ereporting_{reported[0].row.number}_{reported[-1].row.number}.csv"
        write_new(folder, {name: _report(desk, reported).encode()}, again=True)
    numbers = [one.row.number for one in (*sent, *reported)]
    await desk.store.run(lambda tx: tx.money.note_exported(numbers, now))
    waiting = len(due) - len(numbers)
    return ", ".join(
        (
            f"{len(sent)} e-invoices ({3 * len(sent)} files) and {len(reported)} documents to report in {folder}",
            *([f"{waiting} not printed yet"] if waiting else []),
            *_without_siren(sent),
        )
    )


def note_status(tx: Transaction, desk: Desk, noted: Transmitted, now: datetime) -> bool:
    """Keeps what a platform says of an e-invoice; False where that is kept already. ValueError where it cannot be."""
    row = tx.money.by_number(noted.number)
    if row is None:
        raise ValueError(f"{noted.number} is neither an invoice nor a credit note")
    if not _issued(tx, row).is_einvoice:
        raise ValueError(f"{noted.number} is no e-invoice: it is not made out to a business in France")
    if not desk.terms.day_of(row.issued_at) <= noted.on <= desk.terms.day_of(now):
        raise ValueError(f"{noted.number} cannot have a status from {noted.on} on")
    return tx.money.note_status(noted, now)


def standings(tx: Transaction, desk: Desk) -> list[Standing]:
    """Every e-invoice with its statuses, the first first: 212 follows from its payment, 207 from a contest."""
    exported = tx.money.exported()
    noted: defaultdict[str, list[Transmitted]] = defaultdict(list)
    for status in tx.money.statuses():
        noted[status.number].append(status)
    return [
        Standing(
            number=one.row.number,
            exported=one.row.number in exported,
            statuses=_with_followed(noted[one.row.number], _follow(tx, desk, one)),
        )
        for one in (_issued(tx, row) for row in tx.money.everything())
        if one.is_einvoice
    ]


def _due(tx: Transaction, *, everything: bool) -> list[Issued]:
    exported = set() if everything else tx.money.exported()
    return [_issued(tx, row) for row in tx.money.everything() if row.number not in exported]


def _issued(tx: Transaction, row: InvoiceRow) -> Issued:
    incident, customer = tx.incidents.load(row.incident_id), tx.customers.load(row.customer_id)
    if incident is None or customer is None:
        raise ValueError(f"{row.number} has no incident or no customer")
    return Issued(row=row, incident=incident, customer=customer)


def _files(tx: Transaction, desk: Desk, one: Issued, now: datetime) -> dict[str, bytes]:
    """The PDF as it was sent, the XML it carries, and the same in UBL; nothing where it is not printed yet."""
    number = one.row.number
    filed = tx.blobs.document(number, "pdf")
    pdf = tx.blobs.content(filed.sha256) if filed else None
    if pdf is None:
        return {}
    return {
        f"{number}.pdf": pdf,
        f"{number}_cii.xml": attached(pdf),
        f"{number}_ubl.xml": _ubl(tx, desk, one, now),
    }


def _ubl(tx: Transaction, desk: Desk, one: Issued, now: datetime) -> bytes:
    """As it was filed; what was printed before that was done is filed now."""
    filed = tx.blobs.document(one.row.number, "ubl")
    content = tx.blobs.content(filed.sha256) if filed else None
    if content is not None:
        return content
    case = read_case(tx, one.row.incident_id)
    paper = compose(desk.provider, case.incident, case.customer, one.row.number, now) if case else None
    if paper is None:
        raise ValueError(f"{one.row.number} is not a document of its incident")
    return file_ubl(tx, one.row.incident_id, paper, now)


def _report(desk: Desk, issued: Iterable[Issued]) -> str:
    return table(REPORTED, (line for one in issued for line in _reported(desk, one)))


def _reported(desk: Desk, one: Issued) -> Iterator[dict[str, object]]:
    """A row for each rate, without the buyer's name: who a consumer is, is not reported."""
    row, details = one.row, one.customer.details
    for share in shares_of(row):
        yield {
            "number": row.number,
            "kind": row.kind,
            "issued_on": desk.terms.day_of(row.issued_at),
            "about": row.about or "",
            "operation": "B2C" if one.incident.kind is Kind.CONSUMER else "B2B abroad",
            "country": inert(details.country),
            "vat_number": inert(details.vat_number) if one.incident.kind is Kind.BUSINESS else "",
            "vat_category": one.incident.vat,
            "vat_rate": percent(share.rate),
            "net": share.net.amount,
            "vat": share.vat.amount,
            "gross": share.gross.amount,
            "currency": share.gross.currency,
        }


def _without_siren(sent: Iterable[Issued]) -> list[str]:
    """A platform finds a French business by its SIREN: whose is missing is named."""
    numbers = [one.row.number for one in sent if not one.customer.details.siren]
    return [f"without a SIREN: {' '.join(numbers)}"] if numbers else []


def _follow(tx: Transaction, desk: Desk, one: Issued) -> Iterator[Transmitted]:
    """What nobody needs to note: it was paid, or is contested; its incident may have other invoices, too.

    A credit note may be what leaves it paid: it is cashed with its last payment all the same.
    """
    row, newest = one.row, ""
    paid_on: date | None = None
    if row.kind is not PaperKind.INVOICE:
        return
    for recorded in tx.journal.facts(one.incident.reference):
        match recorded.fact:
            case f.InvoiceIssued(number=number):
                newest = number
            case f.ContestSaid() if newest == row.number:
                on = desk.terms.day_of(recorded.at)
                yield Transmitted(number=row.number, status=TransmissionStatus.DISPUTED, on=on)
            case f.PaymentReceived(number=row.number, received_on=on):
                paid_on = on
            case _:
                continue
    if paid_on is not None and row.status is Status.PAID:
        yield Transmitted(number=row.number, status=TransmissionStatus.CASHED, on=paid_on)


def _with_followed(noted: Iterable[Transmitted], followed: Iterable[Transmitted]) -> tuple[Transmitted, ...]:
    """By day; what was noted stands for what would follow."""
    all_of_it = [*noted]
    known = {one.status for one in all_of_it}
    all_of_it += [one for one in followed if one.status not in known]
    return tuple(sorted(all_of_it, key=lambda one: (one.on, one.status)))
