"""Customers put on file by operators: one by one or from a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.app.decisions import give_details
from bot.app.desk import Desk
from bot.app.handle import meet
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.terms import Kind
from storage import Transaction

COLUMNS = ("address", "name", "postal_address", "country", "kind", "language", "vat_number", "siren")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A customer as an operator knows them."""

    address: str
    details: Details
    kind: Kind = Kind.BUSINESS
    language: f.Language = f.Language.FR


def read_row(row: Mapping[str, str | None]) -> Registration:
    """A row of a table with `COLUMNS` as its head; only `address` is needed. ValueError says what is wrong."""
    given = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if "@" not in given["address"]:
        raise ValueError(f"not a mail address: {given['address']!r}")
    return Registration(
        address=given["address"].lower(),
        kind=Kind(given["kind"] or Kind.BUSINESS),
        language=f.Language(given["language"] or f.Language.FR),
        details=Details(
            name=given["name"],
            postal_address=given["postal_address"].replace("\\n", "\n"),
            country=given["country"] or "FR",
            vat_number=given["vat_number"],
            siren=given["siren"],
        ),
    )


def known_as(tx: Transaction, of: str) -> Customer:
    """The customer with this reference (`C-7`), or with this address among theirs. ValueError where there is none."""
    number = of.upper().removeprefix("C-")
    customer = tx.customers.load(int(number)) if number.isdecimal() else tx.customers.by_address(of)
    if customer is None:
        raise ValueError(f"no customer is known as {of}")
    return customer


def register(tx: Transaction, desk: Desk, registrations: Iterable[Registration], now: datetime) -> list[Customer]:
    """Puts them on file, or brings them up to date where their address is known already."""
    return [_register(tx, desk, one, now) for one in registrations]


def _register(tx: Transaction, desk: Desk, one: Registration, now: datetime) -> Customer:
    customer = tx.customers.by_address(one.address)
    if customer is None:
        customer = meet(tx, one.address, one.language, one.kind, now)
    return give_details(tx, desk, customer, one.kind, one.details, f.BOT, now)
