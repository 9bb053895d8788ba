"""The books: every document and what settled it, as they were booked, with the part of each VAT rate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.money import Money, spread, total
from storage import InvoiceRow, PaperKind, Recorded, Transaction


class Booked(StrEnum):
    """What stands in the books."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    WRITE_OFF = "write_off"


ORDER: Final = tuple(Booked)
SIGN: Final = {Booked.INVOICE: 1, Booked.CREDIT_NOTE: -1, Booked.PAYMENT: -1, Booked.WRITE_OFF: -1}
"""Whether it raises what a customer owes, or lowers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What stands under one VAT rate, in percent."""

    rate: Decimal
    net: Money
    vat: Money

    @property
    def gross(self) -> Money:
        return self.net + self.vat


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One line of the books. `entry` counts all of them from the first, without gaps, and never changes.

    `number` is the document's own; a payment or a write-off has that of its `invoice`. `booked_on` is the day it was
    written, `dated` the day it speaks of: a payment is dated when it came in, and booked when that was recorded.
    `due_on` is by when an invoice is to be paid, or what a credit note leaves of it.
    """

    entry: int
    kind: Booked
    number: str
    invoice: str
    incident: int
    customer: Customer
    booked_on: date
    dated: date
    due_on: date | None
    shares: tuple[Share, ...]

    @property
    def net(self) -> Money:
        return _sum(share.net for share in self.shares)

    @property
    def vat(self) -> Money:
        return _sum(share.vat for share in self.shares)

    @property
    def gross(self) -> Money:
        """With VAT, as it stands on the document."""
        return self.net + self.vat

    @property
    def owed(self) -> Money:
        """What it adds to what the customer owes."""
        return Money(cents=SIGN[self.kind] * self.gross.cents, currency=self.gross.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a fact does to an invoice; no amount: all that is still open."""

    kind: Booked
    invoice: str
    amount: Money | None
    dated: date | None


def _paid(fact: f.PaymentReceived) -> Settlement:
    return Settlement(kind=Booked.PAYMENT, invoice=fact.number, amount=fact.amount, dated=fact.received_on)


def _returned(fact: f.PaymentReturned) -> Settlement:
    """The bank took it back: a payment below nothing."""
    back = fact.amount - fact.amount - fact.amount
    return Settlement(kind=Booked.PAYMENT, invoice=fact.number, amount=back, dated=fact.returned_on)


def _refunded(fact: f.PaymentRefunded) -> Settlement:
    back = fact.amount - fact.amount - fact.amount
    return Settlement(kind=Booked.PAYMENT, invoice=fact.number, amount=back, dated=fact.refunded_on)


def _written_off(fact: f.InvoiceWrittenOff) -> Settlement:
    return Settlement(kind=Booked.WRITE_OFF, invoice=fact.number, amount=None, dated=None)


def _dropped(fact: f.InvoiceCredited) -> Settlement | None:
    """The cents of VAT that the credit notes of an invoice could not say."""
    if not fact.dropped:
        return None
    return Settlement(kind=Booked.WRITE_OFF, invoice=fact.invoice, amount=fact.dropped, dated=None)


# mypy cannot pair each key with its function's argument; a fact is looked up by its own type.
SETTLES: Final[Mapping[type[f.Fact], Callable[..., Settlement | None]]] = {
    f.PaymentReceived: _paid,
    f.PaymentReturned: _returned,
    f.PaymentRefunded: _refunded,
    f.InvoiceWrittenOff: _written_off,
    f.InvoiceCredited: _dropped,
}
"""Each fact that moves money between a document and the customer who owes it."""


def read_books(tx: Transaction, day_of: Callable[[datetime], date]) -> tuple[Booking, ...]:
    """Everything that was ever booked. ValueError where the ledger and the facts do not say the same."""
    rows = tx.money.everything()
    facts = tx.journal.of_kinds(SETTLES)
    customers = {one: _customer(tx, one) for one in {row.customer_id for row in rows}}
    accounts = {row.number: _Account(row=row, customer=customers[row.customer_id]) for row in rows if not row.about}
    settled = filter(None, map(_settled, facts))
    happened = sorted((*map(_issued, rows), *settled), key=lambda event: event.order)
    books = tuple(accounts[event.invoice].book(entry, event, day_of) for entry, event in enumerate(happened, start=1))
    for account in accounts.values():
        account.agree()
    return books


def within(books: Iterable[Booking], first: date, last: date) -> tuple[Booking, ...]:
    """What was booked from the first to the last of these days."""
    return tuple(booking for booking in books if first <= booking.booked_on <= last)


def _customer(tx: Transaction, customer_id: int) -> Customer:
    found = tx.customers.load(customer_id)
    if found is None:
        raise ValueError(f"the ledger names C-{customer_id}, who is not on file")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """A document or a settlement, before it is booked."""

    at: datetime
    invoice: str
    what: InvoiceRow | Settlement
    seq: int = 0

    @property
    def order(self) -> tuple[datetime, int, str, int]:
        return self.at, ORDER.index(_kind(self.what)), self.invoice, self.seq


def _issued(row: InvoiceRow) -> _Event:
    return _Event(at=row.issued_at, invoice=row.about or row.number, what=row)


def _settled(recorded: Recorded) -> _Event | None:
    settlement = SETTLES[type(recorded.fact)](recorded.fact)
    if settlement is None:
        return None
    return _Event(at=recorded.at, invoice=settlement.invoice, what=settlement, seq=recorded.id)


def _kind(what: InvoiceRow | Settlement) -> Booked:
    if isinstance(what, Settlement):
        return what.kind
    return Booked.CREDIT_NOTE if what.kind is PaperKind.CREDIT_NOTE else Booked.INVOICE


@dataclass(slots=True, kw_only=True)
class _Account:
    """One invoice while the books are read: what is open of it under each rate, and what was paid."""

    row: InvoiceRow
    customer: Customer
    open: dict[Decimal, Share] = field(default_factory=dict)
    paid: int = 0

    def book(self, entry: int, event: _Event, day_of: Callable[[datetime], date]) -> Booking:
        kind, booked_on = _kind(event.what), day_of(event.at)
        if isinstance(event.what, Settlement):
            number, dated, due_on = self.row.number, event.what.dated or booked_on, None
            shares = self._shares(event.what)
        else:
            number, dated, due_on = event.what.number, booked_on, event.what.due_on
            shares = shares_of(event.what)
        if kind is Booked.PAYMENT:
            self.paid += sum(share.gross.cents for share in shares)
        self._change(shares, SIGN[kind])
        return Booking(
            entry=entry,
            kind=kind,
            number=number,
            invoice=self.row.number,
            incident=self.row.incident_id,
            customer=self.customer,
            booked_on=booked_on,
            dated=dated,
            due_on=due_on,
            shares=shares,
        )

    def _shares(self, settlement: Settlement) -> tuple[Share, ...]:
        """A payment pays each rate's part of what is open, a refund of what is owed back; else of it all."""
        left = tuple(self.open.values())
        due = sum(share.gross.cents for share in left)
        amount = due if settlement.amount is None else settlement.amount.cents
        return shared(amount, left if 0 < amount <= due or due <= amount < 0 else shares_of(self.row))

    def _change(self, shares: Sequence[Share], sign: int) -> None:
        for share in shares:
            before = self.open.get(share.rate)
            net, vat = (before.net.cents, before.vat.cents) if before else (0, 0)
            self.open[share.rate] = _share(
                share.rate, net + sign * share.net.cents, vat + sign * share.vat.cents, share.net.currency
            )

    def agree(self) -> None:
        if self.paid != self.row.paid.cents:
            known, booked = self.row.paid.amount, Decimal(self.paid).scaleb(-2)
            raise ValueError(f"{self.row.number}: the ledger says {known} was paid, the journal {booked}")


def shares_of(row: InvoiceRow) -> tuple[Share, ...]:
    """A document's parts, which make up what the ledger says of it (ValueError otherwise)."""
    price = total(row.lines)
    if (price.net, price.vat, price.gross) != (row.net, row.vat, row.gross):
        raise ValueError(f"{row.number}: its lines do not add up to what the ledger says")
    return tuple(Share(rate=part.rate, net=part.net, vat=part.vat) for part in price.parts)


def shared(cents: int, over: Sequence[Share]) -> tuple[Share, ...]:
    """An amount spread over parts as they weigh, net and VAT apart; to the cent, and all of them by their sum."""
    weights = [weight for share in over for weight in (share.net.cents, share.vat.cents)]
    pieces = iter(spread(cents, weights))
    made = tuple(_share(share.rate, next(pieces), next(pieces), share.net.currency) for share in over)
    return tuple(share for share in made if share.net or share.vat) or made[:1]


def _share(rate: Decimal, net: int, vat: int, currency: str) -> Share:
    return Share(rate=rate, net=Money(cents=net, currency=currency), vat=Money(cents=vat, currency=currency))


def _sum(amounts: Iterable[Money]) -> Money:
    first, *rest = amounts
    return sum(rest, start=first)
