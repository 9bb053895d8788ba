"""Amounts as people type them; what could mean two things is refused."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack.amounts import read_amount, read_lines
from bot.core.money import Line, Money

READ = {
    "20": 2000,
    "20,5": 2050,
    "1.234,56": 123456,
    "1,234.56": 123456,
    "1 234,56 €": 123456,
    "1\u202f234,56\u00a0€": 123456,
    "€20.00": 2000,
    "20 EUR": 2000,
    "1.234.567": 123456700,
    "1'234.50": 123450,
}
REFUSED = (
    "",
    "-3",
    "−3",
    "0",
    "12.345",
    "1,234",
    "NaN",
    "Infinity",
    "1e5",
    "1.234.56",
    "12,34,567",
    "١٢",
    "1 2",
    "0x10",
)


@pytest.mark.parametrize(("typed", "cents"), READ.items())
def test_amount_is_read(typed: str, cents: int) -> None:
    assert read_amount(typed, "EUR") == Money(cents=cents)


@pytest.mark.parametrize("typed", REFUSED)
def test_amount_that_is_none_or_two_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="“"):
        read_amount(typed, "EUR")


@given(cents=st.integers(1, 10**9 - 1), point=st.sampled_from(".,"), grouped=st.booleans())
def test_amount_written_with_its_cents_is_read_back(cents: int, point: str, grouped: bool) -> None:
    whole, rest = divmod(cents, 100)
    group = {".": ",", ",": "."}[point] if grouped else ""
    written = f"{whole:,}".replace(",", group) + f"{point}{rest:02}"

    assert read_amount(written, "EUR") == Money(cents=cents)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_above_zero_or_refused(typed: str) -> None:
    with suppress(ValueError):
        assert read_amount(typed, "EUR").cents > 0


def test_lines_are_read_and_empty_ones_left_out() -> None:
    lines = read_lines("Restore the base | 2 | 80,00\n\n  Check | 1,5 | 12 | 5,5 % ", "EUR", Decimal(20))

    assert lines == (
        Line(label="Restore the base", quantity=Decimal(2), unit=Money(cents=8000)),
        Line(label="Check", quantity=Decimal("1.5"), unit=Money(cents=1200), vat_rate=Decimal("5.5")),
    )


@pytest.mark.parametrize("row", ["Restore | 2", "Restore | 1 | 2 | 3 | 4", "| 1 | 2", ""])
def test_line_that_could_be_read_in_two_ways_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="Line 1: write label"):
        read_lines(row or "x", "EUR", Decimal(20))
