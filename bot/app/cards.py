"""Payments by card: a page at somebody else's, and what comes of it, taken in like an entry of a bank's statement.

One identity for each payment, refund and dispute, whatever is reported twice or late; the bank's table decides.
"""

from collections.abc import Sequence
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
from storage import Allocation, EntryRow, Transaction

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReinstated:
    """A dispute was won: what it took back is ours again."""

    payment: str
    dispute: str
    amount: Money
    at: datetime


CardEvent = CardPaid | CardRefunded | CardDisputed | CardReinstated


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
    if isinstance(event, CardPaid):
        entry = _entry(desk, event, Side.CREDIT, _identity(event.payment), now)
        take_in(tx, desk, replace(entry, texts=(event.number,)), now)
        return True
    paid = tx.bank.named(_identity(event.payment))
    if paid is None:
        return False
    match event:
        case CardRefunded():
            _refunded(tx, desk, event, paid, now)
        case CardDisputed():
            take_in(tx, desk, replace(_withdrawn(desk, event, paid, now), reason=event.reason), now)
        case CardReinstated():
            _reinstated(tx, desk, event, paid, now)
    return True


def _refunded(tx: Transaction, desk: Desk, event: CardRefunded, paid: EntryRow, now: datetime) -> None:
    """The rest of an overpayment, a credited invoice, or a task: that money went back is never passed over."""
    identity = _identity(event.payment, str(event.total.cents))
    if tx.bank.has(identity):
        return
    entry = replace(_entry(desk, event, Side.DEBIT, identity, now), texts=(event.number,), ordered=True)
    if _is_the_rest(paid, event.amount):
        end_entry(tx, paid.id, Fate.REFUNDED, f.BANK, now)
        keep_beside(tx, desk, entry, paid, Fate.REFUNDED, Why.NONE, now)
    elif take_in(tx, desk, entry, now) is Skipped.OUTGOING:
        keep_beside(tx, desk, entry, paid, Fate.UNALLOCATED, Why.RETURN_UNKNOWN, now)


def _is_the_rest(paid: EntryRow, amount: Money) -> bool:
    return paid.fate in QUEUED and paid.kept == amount


def _withdrawn(desk: Desk, event: CardDisputed | CardReinstated, paid: EntryRow, now: datetime) -> BankEntry:
    """What a dispute takes back, in the words of the payment."""
    entry = _entry(desk, event, Side.DEBIT, _identity(event.dispute), now)
    return replace(entry, texts=tuple(paid.free.split("\n")))


def _reinstated(tx: Transaction, desk: Desk, event: CardReinstated, paid: EntryRow, now: datetime) -> None:
    """Pays again what the dispute had opened; a dispute that undid nothing, or comes after its own end, is over."""
    entry = _entry(desk, event, Side.CREDIT, _identity(event.dispute, "won"), now)
    if tx.bank.has(entry.identity):
        return
    withdrawn, booked = tx.bank.named(_identity(event.dispute)), tx.bank.allocated(entry_id=paid.id)
    if withdrawn is not None and not _undid_nothing(withdrawn, booked):
        numbers = tuple(one.number for one in booked)
        take_in(tx, desk, replace(entry, texts=numbers or tuple(paid.free.split("\n"))), now)
        return
    if withdrawn is None:
        keep_beside(tx, desk, _withdrawn(desk, event, paid, now), paid, Fate.DISMISSED, Why.NONE, now)
    else:
        end_entry(tx, withdrawn.id, Fate.DISMISSED, f.BANK, now)
    keep_beside(tx, desk, entry, paid, Fate.DISMISSED, Why.NONE, now)


def _undid_nothing(withdrawn: EntryRow, booked: Sequence[Allocation]) -> bool:
    """Whether it waits for a person who would say what it undoes; of several invoices it may have opened one."""
    return withdrawn.fate in QUEUED and len(booked) < 2


def _identity(*names: str) -> str:
    """The same whenever it is reported, and outlasts who paid: the provider's names cannot be told from it.

    They are long and drawn by lot: unlike an account, they are not found again by trying, and a plain hash will do.
    """
    return sha256("-".join(("card", *names)).encode()).hexdigest()


def _entry(desk: Desk, event: CardEvent, side: Side, identity: str, now: datetime) -> BankEntry:
    return BankEntry(
        identity=identity,
        statement=STATEMENT,
        side=side,
        amount=event.amount,
        booked_on=_day(desk, event, now),
        end_to_end=event.payment,
    )


def _day(desk: Desk, event: CardEvent, now: datetime) -> date:
    return desk.terms.day_of(min(event.at, now))
