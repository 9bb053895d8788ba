"""The books as CSV files: a row for each document and rate, and their sums."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Final

from bot.app.accounting.books import Booked, Booking, Share
from bot.core.money import Money

COLUMNS: Final = (
    "entry",
    "kind",
    "number",
    "invoice",
    "booked_on",
    "dated",
    "due_on",
    "incident",
    "customer",
    "name",
    "customer_kind",
    "country",
    "siren",
    "vat_number",
    "vat_rate",
    "net",
    "vat",
    "gross",
    "currency",
)
TOTALS: Final = ("kind", "vat_rate", "documents", "net", "vat", "gross", "currency")
FILES: Final = {
    Booked.INVOICE: "invoices",
    Booked.CREDIT_NOTE: "credit_notes",
    Booked.PAYMENT: "payments",
    Booked.WRITE_OFF: "write_offs",
}
MARK: Final = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""
_ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r")


def tables(bookings: Sequence[Booking]) -> dict[str, str]:
    """One table for each kind of booking, and `totals`, by name."""
    made = {
        name: table(COLUMNS, (row for booking in bookings if booking.kind is kind for row in rows(booking)))
        for kind, name in FILES.items()
    }
    return made | {"totals": table(TOTALS, _totals(bookings))}


def table(columns: Sequence[str], lines: Iterable[Mapping[str, object]]) -> str:
    """CSV as RFC 4180 has it, the columns' names first."""
    written = StringIO()
    writer = csv.DictWriter(written, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue()


def rows(booking: Booking) -> Iterable[dict[str, object]]:
    """A row for each rate. Decimals have a point, days are ISO 8601."""
    customer = booking.customer
    for share in booking.shares:
        yield {
            "entry": booking.entry,
            "kind": booking.kind,
            "number": booking.number,
            "invoice": booking.invoice,
            "booked_on": booking.booked_on,
            "dated": booking.dated,
            "due_on": booking.due_on,
            "incident": f"INC-{booking.incident}",
            "customer": customer.reference,
            "name": inert(customer.name),
            "customer_kind": customer.kind,
            "country": inert(customer.details.country),
            "siren": inert(customer.details.siren),
            "vat_number": inert(customer.details.vat_number),
            **_amounts(share.rate, share.net, share.vat),
        }


def inert(text: str) -> str:
    """Somebody's words, which no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(_ACTIVE) else text


def _totals(bookings: Iterable[Booking]) -> Iterable[dict[str, object]]:
    """For each kind and currency its sum under each rate, then all rates together, where `vat_rate` is empty."""
    found: defaultdict[tuple[Booked, str], list[Booking]] = defaultdict(list)
    for booking in bookings:
        found[booking.kind, booking.gross.currency].append(booking)
    for (kind, currency), same in sorted(found.items(), key=lambda item: (tuple(Booked).index(item[0][0]), item[0])):
        shares = [share for booking in same for share in booking.shares]
        for rate in sorted({share.rate for share in shares}, reverse=True):
            at_rate = [share for share in shares if share.rate == rate]
            documents = sum(any(share.rate == rate for share in booking.shares) for booking in same)
            yield {"kind": kind, "documents": documents, **_summed(rate, at_rate, currency)}
        yield {"kind": kind, "documents": len(same), **_summed(None, shares, currency)}


def _summed(rate: Decimal | None, shares: Iterable[Share], currency: str) -> dict[str, object]:
    zero = Money(cents=0, currency=currency)
    shares = tuple(shares)
    net, vat = sum((s.net for s in shares), start=zero), sum((s.vat for s in shares), start=zero)
    return _amounts(rate, net, vat)


def _amounts(rate: Decimal | None, net: Money, vat: Money) -> dict[str, object]:
    gross = net + vat
    return {
        "vat_rate": "" if rate is None else percent(rate),
        "net": net.amount,
        "vat": vat.amount,
        "gross": gross.amount,
        "currency": gross.currency,
    }


def percent(rate: Decimal) -> str:
    """`20`, `5.5`: no more digits than it has."""
    return f"{rate.normalize():f}"
