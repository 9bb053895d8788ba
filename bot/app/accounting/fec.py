"""The books as the tax code's file of entries (article A47 A-1 LPF): eighteen columns, each entry balanced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.app.accounting.books import Booked, Booking, Share
from bot.app.accounting.tables import percent
from bot.core.customer import Customer

COLUMNS: Final = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
EURO: Final = "EUR"
LABELS: Final = {
    Booked.INVOICE: "Facture {number} INC-{incident}",
    Booked.CREDIT_NOTE: "Avoir {number} sur facture {invoice} INC-{incident}",
    Booked.PAYMENT: "Règlement facture {invoice} INC-{incident}",
    Booked.WRITE_OFF: "Perte sur facture {invoice} INC-{incident}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the chart, or a journal: its code and what it is called."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Where the provider's accountant books: the journals, and the accounts; VAT has one for each rate."""

    sales_journal: Account
    bank_journal: Account
    other_journal: Account
    customers: Account
    sales: Account
    bank: Account
    losses: Account
    vat: Mapping[Decimal, Account]

    def of_rate(self, rate: Decimal) -> Account:
        """ValueError where the chart has none for this rate."""
        if rate not in self.vat:
            raise ValueError(f"no account for VAT at {percent(rate)} %: name one under [accounting.vat]")
        return self.vat[rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An amount on an account, in cents: a debit above zero, a credit below."""

    account: Account
    cents: int


def fec(books: Sequence[Booking], chart: Chart, first: date, last: date) -> str:
    """The entries booked from the first to the last day. `books` are all there are: letters look back.

    What is settled by the last day is lettered with its invoice's number. ValueError for another currency than the
    euro, in which the file must be kept, and for a rate without an account.
    """
    settled = _settled(booking for booking in books if booking.booked_on <= last)
    lines = ["\t".join(COLUMNS)]
    for booking in books:
        if first <= booking.booked_on <= last:
            lines += ("\t".join(line) for line in _entry(booking, chart, settled.get(booking.invoice)))
    return "".join(f"{line}\r\n" for line in lines)


def file_name(siren: str, last: date) -> str:
    """`732829320FEC20260331.txt`: the last day is that of the period, as it would be that of the year."""
    return f"{siren.replace(' ', '')}FEC{_day(last)}.txt"


def postings(booking: Booking, chart: Chart) -> tuple[Posting, ...]:
    """What a booking means in double entry; its sum is zero."""
    owed = Posting(account=chart.customers, cents=booking.owed.cents)
    match booking.kind:
        case Booked.INVOICE:
            others = tuple(_sales(booking.shares, chart, -1))
        case Booked.CREDIT_NOTE:
            others = tuple(_sales(booking.shares, chart, 1))
        case Booked.PAYMENT:
            others = (Posting(account=chart.bank, cents=-owed.cents),)
        case Booked.WRITE_OFF:
            others = (Posting(account=chart.losses, cents=-owed.cents),)
    return tuple(posting for posting in (owed, *others) if posting.cents)


def _sales(shares: Iterable[Share], chart: Chart, sign: int) -> Iterator[Posting]:
    for share in shares:
        yield Posting(account=chart.sales, cents=sign * share.net.cents)
        if share.vat:
            yield Posting(account=chart.of_rate(share.rate), cents=sign * share.vat.cents)


def _settled(books: Iterable[Booking]) -> dict[str, date]:
    """The day each invoice that is settled in the end came to zero."""
    open_cents: dict[str, int] = {}
    settled: dict[str, date] = {}
    for booking in books:
        open_cents[booking.invoice] = open_cents.get(booking.invoice, 0) + booking.owed.cents
        if open_cents[booking.invoice]:
            settled.pop(booking.invoice, None)
        else:
            settled[booking.invoice] = booking.booked_on
    return settled


def _entry(booking: Booking, chart: Chart, settled: date | None) -> Iterator[tuple[str, ...]]:
    if booking.gross.currency != EURO:
        raise ValueError(f"{booking.number} is in {booking.gross.currency}: this file is kept in euros")
    journal = _journal(booking.kind, chart)
    label = LABELS[booking.kind].format(number=booking.number, invoice=booking.invoice, incident=booking.incident)
    for posting in postings(booking, chart):
        of_customer = posting.account == chart.customers
        yield (
            journal.code,
            journal.name,
            str(booking.entry),
            _day(booking.booked_on),
            posting.account.code,
            posting.account.name,
            *(_named(booking.customer) if of_customer else ("", "")),
            booking.number,
            _day(booking.dated),
            label,
            _amount(max(posting.cents, 0)),
            _amount(max(-posting.cents, 0)),
            *((booking.invoice, _day(settled)) if of_customer and settled else ("", "")),
            _day(booking.booked_on),
            "",
            "",
        )


def _journal(kind: Booked, chart: Chart) -> Account:
    journals = {Booked.PAYMENT: chart.bank_journal, Booked.WRITE_OFF: chart.other_journal}
    return journals.get(kind, chart.sales_journal)


def _named(customer: Customer) -> tuple[str, str]:
    """The customer's own account; a name holds no tab that would end its field."""
    return customer.reference, " ".join(customer.name.split())


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _amount(cents: int) -> str:
    """`1234,50`."""
    return f"{cents // 100},{cents % 100:02}"
