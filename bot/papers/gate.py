"""What would be wrong with an invoice or a credit note, before it has a number: schemas find none of it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from stdnum import bic, iban
from stdnum.eu import vat
from stdnum.fr import siren

from bot.core.customer import UNION
from bot.core.money import Vat
from bot.papers.paper import Paper, Party

_NUMBER: Final = re.compile(r"[A-Za-z0-9+_/-]{1,35}")  # BT-1, as French platforms take it
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def faults(paper: Paper) -> tuple[str, ...]:
    """Every fault by its name, `seller_siren` or `due_early`; none: it may be issued.

    What cannot even be written down (lines that do not add up, an invoice without a due date) `Paper` refuses itself.
    """
    return (*_of_the_paper(paper), *_of_the_seller(paper.seller), *_of_the_buyer(paper))


def seller_faults(seller: Party) -> tuple[str, ...]:
    """What would keep every invoice of this seller back, known before anybody owes anything."""
    return tuple(_of_the_seller(seller))


# What each fault means, and what staff or operators do about it.
_SETTINGS: Final = "Put it right in comptoir.toml and restart"
_CUSTOMER: Final = "Complete the customer (`customers add`)"
FAULTS: Final[Mapping[str, str]] = {
    "number": "The number is not one that platforms take: letters, digits, + - _ / alone.",
    "nothing_billed": "There is nothing to pay on it.",
    "line_without_words": "A line says nothing.",
    "due_early": "It would be due before it is issued.",
    "served_backwards": "The service would end before it began.",
    "vat_charged_abroad": "It charges VAT to a customer who accounts for it abroad.",
    "vat_without_number": "It charges VAT, and [provider] vat_number is empty: under the French franchise"
    f" (art. 293 B CGI) terms.vat_rate is 0. {_SETTINGS}.",
    "seller_name": f"[provider] legal_name is empty. {_SETTINGS}.",
    "seller_address": f"[provider] address lacks a line with postcode and city. {_SETTINGS}.",
    "seller_siren": f"[provider] siren is not a SIREN. {_SETTINGS}.",
    "seller_vat_number": f"[provider] vat_number is not a VAT number. {_SETTINGS}.",
    "seller_iban": f"[provider] iban is not an IBAN. {_SETTINGS}.",
    "seller_bic": f"[provider] bic is not a BIC. {_SETTINGS}.",
    "seller_email": f"[provider] email is empty. {_SETTINGS}.",
    "buyer_name": f"The customer has no name. {_CUSTOMER}.",
    "buyer_address": f"The customer's postal address is not on file. {_CUSTOMER}.",
    "buyer_country": f"The customer's country is not a code of two letters. {_CUSTOMER}.",
    "buyer_email": f"The customer has no mail address. {_CUSTOMER}.",
    "buyer_siren": f"The customer's SIREN is wrong. {_CUSTOMER}.",
    "buyer_vat_number": f"The customer's VAT number is wrong. {_CUSTOMER}.",
    "buyer_vat_number_missing": f"No VAT is charged to a business of the Union without its number. {_CUSTOMER}.",
}


def _of_the_paper(paper: Paper) -> Iterator[str]:
    if not _NUMBER.fullmatch(paper.number):
        yield "number"
    if paper.price.gross.cents <= 0:
        yield "nothing_billed"
    if any(not line.label.strip() for line in paper.lines):
        yield "line_without_words"
    if paper.due_on is not None and paper.due_on < paper.issued_on:
        yield "due_early"
    if paper.served_from and paper.served_until and paper.served_until < paper.served_from:
        yield "served_backwards"
    if paper.vat is not Vat.STANDARD and any(part.rate for part in paper.price.parts):
        yield "vat_charged_abroad"
    if not paper.seller.vat_number and any(part.rate for part in paper.price.parts):
        yield "vat_without_number"


def _of_the_seller(seller: Party) -> Iterator[str]:
    if not seller.in_law.strip():
        yield "seller_name"
    if not (seller.place.postcode and seller.place.city):
        yield "seller_address"
    if not siren.is_valid(seller.siren):
        yield "seller_siren"
    if seller.vat_number and not vat.is_valid(seller.vat_number):
        yield "seller_vat_number"
    if not iban.is_valid(seller.iban):
        yield "seller_iban"
    if seller.bic and not bic.is_valid(seller.bic):
        yield "seller_bic"
    if not seller.email:
        yield "seller_email"


def _of_the_buyer(paper: Paper) -> Iterator[str]:
    buyer = paper.buyer
    if not buyer.name.strip():
        yield "buyer_name"
    if not buyer.address.strip():
        yield "buyer_address"
    if not _COUNTRY.fullmatch(buyer.country):
        yield "buyer_country"
    if not buyer.email:
        yield "buyer_email"
    if not paper.consumer and buyer.siren and not siren.is_valid(buyer.siren):
        yield "buyer_siren"
    if not paper.consumer and buyer.vat_number[:2] in UNION and not vat.is_valid(buyer.vat_number):
        yield "buyer_vat_number"
    if paper.vat is Vat.REVERSE_CHARGE and not buyer.vat_number:
        yield "buyer_vat_number_missing"
