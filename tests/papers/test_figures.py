"""Amounts, dates and numbers in both languages."""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.facts import Language
from bot.core.money import Money
from bot.papers import figures

FR, EN = Language.FR, Language.EN


@pytest.mark.parametrize(
    ("cents", "language", "written"),
    [
        (123450, FR, "1\u202f234,50\u00a0€"),
        (123450, EN, "€1,234.50"),
        (-2400, FR, "\u221224,00\u00a0€"),
        (-2400, EN, "\u2212€24.00"),
        (0, FR, "0,00\u00a0€"),
    ],
)
def test_money_reads_as_in_the_language(cents: int, language: Language, written: str) -> None:
    assert figures.money(Money(cents=cents), language) == written


@pytest.mark.parametrize(
    ("count", "language", "written"),
    [("1", FR, "1"), ("1.50", FR, "1,5"), ("0.25", EN, "0.25"), ("1E+1", EN, "10"), ("-1", FR, "\u22121")],
)
def test_quantity_has_no_needless_digits(count: str, language: Language, written: str) -> None:
    assert figures.quantity(Decimal(count), language) == written


@pytest.mark.parametrize(("percent", "language", "written"), [("20", FR, "20\u00a0%"), ("5.5", EN, "5.5%")])
def test_rate_reads_as_in_the_language(percent: str, language: Language, written: str) -> None:
    assert figures.rate(Decimal(percent), language) == written


@pytest.mark.parametrize(
    ("when", "language", "written"),
    [
        (date(2026, 6, 1), FR, "1er juin 2026"),
        (date(2026, 6, 11), FR, "11 juin 2026"),
        (date(2026, 6, 1), EN, "1 June 2026"),
    ],
)
def test_day_reads_as_in_the_language(when: date, language: Language, written: str) -> None:
    assert figures.day(when, language).replace("\u00a0", " ") == written


def test_siren_in_groups_of_three_or_as_it_is() -> None:
    assert [figures.siren(number) for number in ("123456782", "123 456 782", "HRB 12")] == [
        "123 456 782",
        "123 456 782",
        "HRB 12",
    ]


def test_iban_in_groups_of_four() -> None:
    assert figures.iban("FR7630006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"
