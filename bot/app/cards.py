"""Payments by card: a page at somebody else's, and what comes of it, taken in like an entry of a bank's statement.

One identity for each payment, refund and dispute, whatever is reported twice or late; the bank's table decides.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol

from bot.app.bank import Skipped, end_entry, keep_beside, take_in
from bot.app.desk import Desk
from bot.core import facts as f
from bot.core.bank import QUEUED, BankEntry, Fate, Side, Why
from bot.core.facts import Language
from bot.core.incident import Incident
from bot.core.money import Money
from storage import EntryRow, Transaction

STATEMENT = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What is to be paid; `key` is the same for two clicks that want the same page."""

    number: str
    amount: Money
    language: Language
    key: str
    done_url: str
    back_url: str


class CardsUnavailableError(Exception):
    """The provider did not answer, or not with a page. Nothing was paid."""


class ForgedError(ValueError):
    """It was not signed by the provider, or too long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPaid:
    """A payment that the provider has got."""

    payment: str
    number: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefunded:
    """The provider gave some of a payment back, as we told it to; `total` is what it gave back so far."""

    payment: str
    number: str
    amount: Money
    total: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDisputed:
    """The card's owner had a payment taken back."""

    payment: str
    dispute: str
    amount: Money
    reason: str
    at: datetime


CardEvent = CardPaid | CardRefunded | CardDisputed


class Cards(Protocol):
    """Whoever takes cards for us. `origin` is where its pages are."""

    @property
    def origin(self) -> str: ...

    async def checkout(self, wanted: Checkout) -> str:
        """The address of a page on which this is paid. Raises CardsUnavailableError."""
        ...

    def event(self, payload: bytes, signature: str) -> CardEvent | None:
        """What a report says; None for what is none of the desk's. Raises ForgedError."""
        ...


def may_pay_by_card(incident: Incident, number: str) -> bool:
    """Whether this invoice is to be paid now: nobody is asked for what they contest."""
    invoice = incident.invoice
    return invoice is not None and invoice.number == number and bool(invoice.open) and not incident.contested


def take_in_card(tx: Transaction, desk: Desk, event: CardEvent, now: datetime) -> bool:
    """Does what a report means, once. False where the payment it is about has not been heard of yet."""
    match event:
        case CardPaid():
            take_in(tx, desk, _entry(desk, event, Side.CREDIT, _identity(event.payment), now), now)
        case CardRefunded():
            return _refunded(tx, desk, event, now)
        case CardDisputed():
            entry = _entry(desk, event, Side.DEBIT, _identity(event.dispute), now)
            if tx.bank.named(_identity(event.payment)) is None:
                return False
            take_in(tx, desk, replace(entry, reason=event.reason), now)
    return True


def _refunded(tx: Transaction, desk: Desk, event: CardRefunded, now: datetime) -> bool:
    """The rest of an overpayment, a credited invoice, or a task: that money went back is never passed over."""
    paid = tx.bank.named(_identity(event.payment))
    if paid is None:
        return False
    identity = _identity(event.payment, str(event.total.cents))
    entry = replace(_entry(desk, event, Side.DEBIT, identity, now), ordered=True)
    if tx.bank.has(identity):
        return True
    if _is_the_rest(paid, event.amount):
        end_entry(tx, paid.id, Fate.REFUNDED, f.BANK, now)
        keep_beside(tx, desk, entry, paid, Fate.REFUNDED, Why.NONE, now)
    elif take_in(tx, desk, entry, now) is Skipped.OUTGOING:
        keep_beside(tx, desk, entry, paid, Fate.UNALLOCATED, Why.RETURN_UNKNOWN, now)
    return True


def _is_the_rest(paid: EntryRow, amount: Money) -> bool:
    return paid.fate in QUEUED and paid.kept == amount


def _identity(*names: str) -> str:
    """The same whenever it is reported, and outlasts who paid: the provider's names cannot be told from it.

    They are long and drawn by lot: unlike an account, they are not found again by trying, and a plain hash will do.
    """
    return sha256("-".join(("card", *names)).encode()).hexdigest()


def _entry(desk: Desk, event: CardEvent, side: Side, identity: str, now: datetime) -> BankEntry:
    number = "" if isinstance(event, CardDisputed) else event.number
    return BankEntry(
        identity=identity,
        statement=STATEMENT,
        side=side,
        amount=event.amount,
        booked_on=_day(desk, event, now),
        texts=(number,) if number else (),
        end_to_end=event.payment,
    )


def _day(desk: Desk, event: CardEvent, now: datetime) -> date:
    return desk.terms.day_of(min(event.at, now))
