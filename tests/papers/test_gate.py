"""What is wrong with an invoice is found before it has a number."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.core.money import Line, Money, Vat
from bot.core.terms import Kind
from bot.papers import Paper, PaperKind
from bot.papers.gate import FAULTS, faults, seller_faults
from tests.papers.samples import SELLER, a_paper, priced

GOOD = a_paper()
ABROAD = replace(
    priced(GOOD, Line(label="Diagnostic", quantity=Decimal(1), unit=Money(cents=2000)), rate=Decimal(0)),
    vat=Vat.REVERSE_CHARGE,
)


def by_seller(**wrong: str) -> Paper:
    return replace(GOOD, seller=replace(SELLER, **wrong))


def for_buyer(**wrong: str) -> Paper:
    return replace(GOOD, buyer=replace(GOOD.buyer, **wrong))


PLANTED = {
    "number": replace(GOOD, number="F2026 00042"),
    "nothing_billed": priced(GOOD, Line(label="Diagnostic", quantity=Decimal(1), unit=Money(cents=0))),
    "line_without_words": priced(GOOD, Line(label=" ", quantity=Decimal(1), unit=Money(cents=1))),
    "due_early": replace(GOOD, due_on=date(2026, 6, 30)),
    "served_backwards": replace(GOOD, served_from=date(2026, 6, 2), served_until=date(2026, 6, 1)),
    "vat_charged_abroad": replace(GOOD, vat=Vat.OUTSIDE),
    "vat_without_number": by_seller(vat_number=""),
    "seller_name": by_seller(name="", legal_name=""),
    "seller_address": by_seller(address="2 rue de l’Exemple"),
    "seller_siren": by_seller(siren="123456789"),
    "seller_vat_number": by_seller(vat_number="FR00123456782"),
    "seller_iban": by_seller(iban="FR7630006000011234567890188"),
    "seller_bic": by_seller(bic="AGRIFRP"),
    "seller_email": by_seller(email=""),
    "buyer_name": for_buyer(name=" "),
    "buyer_address": for_buyer(address=""),
    "buyer_country": for_buyer(country="France"),
    "buyer_email": for_buyer(email=""),
    "buyer_siren": for_buyer(siren="987654321"),
    "buyer_vat_number": for_buyer(vat_number="DE136695975"),
    "buyer_vat_number_missing": ABROAD,
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault_is_found(name: str) -> None:
    assert faults(PLANTED[name]) == (name,)


def test_every_fault_says_what_to_do() -> None:
    assert set(FAULTS) == set(PLANTED)


def test_seller_is_looked_over_before_there_is_an_invoice() -> None:
    assert seller_faults(SELLER) == ()
    assert seller_faults(replace(SELLER, siren="1", iban="")) == ("seller_siren", "seller_iban")


def test_address_in_a_single_line_is_taken_apart_at_its_commas() -> None:
    assert faults(by_seller(address="2 rue de l’Exemple, 59100 Roubaix")) == ()


def test_seller_in_franchise_needs_no_vat_number() -> None:
    """Art. 293 B CGI: no VAT on any line."""
    line = Line(label="Diagnostic", quantity=Decimal(1), unit=Money(cents=2000))

    assert faults(priced(by_seller(vat_number=""), line, rate=Decimal(0))) == ()


@pytest.mark.parametrize("kind", [PaperKind.INVOICE, PaperKind.CREDIT_NOTE])
@pytest.mark.parametrize("customer", Kind)
def test_what_is_right_passes(kind: PaperKind, customer: Kind) -> None:
    assert faults(a_paper(kind, customer=customer)) == ()


def test_every_fault_is_told_at_once() -> None:
    paper = replace(by_seller(siren="1", iban="2"), number="")

    assert faults(paper) == ("number", "seller_siren", "seller_iban")
