"""Amounts, days and moments in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot import figures
from bot.core.facts import Language
from bot.core.money import Money, Price

FR, EN = Language.FR, Language.EN
DIAGNOSIS = Price.at(Money(cents=2000), Decimal(20))
AT = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


def test_a_price_shows_both_amounts() -> None:
    assert figures.price(DIAGNOSIS, FR) == "20,00\u00a0€\u00a0HT — 24,00\u00a0€\u00a0TTC"
    assert figures.price(DIAGNOSIS, EN) == "€20.00\u00a0excl.\u00a0VAT — €24.00\u00a0incl.\u00a0VAT"


def test_money_of_thousands_and_below_zero() -> None:
    assert figures.money(Money(cents=123456), FR) == "1\u202f234,56\u00a0€"
    assert figures.money(Money(cents=123456), EN) == "€1,234.56"
    assert figures.money(Money(cents=-50), EN) == "-€0.50"


def test_a_day_is_written_out() -> None:
    assert figures.day(date(2026, 11, 23), FR) == "lundi 23 novembre 2026"
    assert figures.day(date(2026, 11, 23), EN) == "Monday 23 November 2026"
    assert figures.day(date(2026, 2, 1), FR) == "dimanche 1er février 2026"


@pytest.mark.parametrize(
    ("zone", "french", "english"),
    [
        ("Europe/Paris", "à 14\u00a0h\u00a005 (heure de Paris)", "at 14:05 (Paris time)"),
        ("Europe/Athens", "à 15\u00a0h\u00a005 (heure d’Athènes)", "at 15:05 (Athens time)"),
        ("UTC", "à 13\u00a0h\u00a005 (UTC)", "at 13:05 (UTC)"),
    ],
)
def test_a_moment_names_its_zone(zone: str, french: str, english: str) -> None:
    assert figures.moment(AT, FR, zone) == f"lundi 23 novembre 2026 {french}"
    assert figures.moment(AT, EN, zone) == f"Monday 23 November 2026 {english}"


def test_a_list_has_short_times_and_names_their_zone_once() -> None:
    assert figures.stamp(AT, FR, "Europe/Paris") == "23 novembre 2026, 14\u00a0h\u00a005"
    assert figures.stamp(AT, EN, "Europe/Paris") == "23 November 2026, 14:05"
    assert figures.stamp(datetime(2026, 2, 1, 8, tzinfo=UTC), FR, "UTC") == "1er février 2026, 08\u00a0h\u00a000"
    assert (figures.zone("Europe/Paris", FR), figures.zone("Europe/Paris", EN)) == ("heure de Paris", "Paris time")


def test_a_quantity_and_an_iban() -> None:
    assert figures.number(Decimal("1.50"), FR) == "1,5"
    assert figures.number(Decimal("1.50"), EN) == "1.5"
    assert figures.iban("FR76 30006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"
