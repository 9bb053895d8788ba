"""Amounts and quote lines as people type them; what could mean two things is refused."""

import re
from decimal import Decimal

from bot.core.money import Line, Money

MOST = Decimal(10_000_000)
LABEL = 200

_SPACES = re.compile("[ \u00a0\u202f\u2009]")
_SIGNS = re.compile("^(?:€|EUR)|(?:€|EUR)$", re.IGNORECASE)
_WHOLE = r"(?:\d{1,3}(?P<group>[ .,'’])\d{3}(?:(?P=group)\d{3})*|\d+)"
_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?|100) ?%?", re.ASCII)
_NUMBER = re.compile(rf"{_WHOLE}(?:(?P<point>[.,])(?P<rest>\d{{1,2}}))?", re.ASCII)


def read_number(text: str) -> Decimal:
    """A number above zero with at most two decimals, `1.234,56` or `1,234.56`. Raises ValueError in words."""
    bare = _SPACES.sub(" ", text.strip())
    found = _NUMBER.fullmatch(bare)
    if bare.startswith(("-", "−")):
        raise ValueError(f"“{text.strip()}” is negative")
    if found is None:
        raise ValueError(f"“{text.strip()[:40]}” is not a number with at most two decimals, such as 1234.56")
    group, point = found["group"], found["point"]
    if group in {".", ","} and point is None and bare.count(group) == 1:  # thousands to some, decimals to others
        raise ValueError(f"“{bare}” could mean two things: write it with two decimals")
    if group is not None and group == point:
        raise ValueError(f"“{bare}” has the same sign for thousands and for cents")
    whole = bare[: found.start("point")] if point else bare
    number = Decimal(re.sub(r"[^0-9]", "", whole) + (f".{found['rest']}" if point else ""))
    if not 0 < number < MOST:
        raise ValueError(f"“{bare}” is not between 0.01 and {MOST - 1}")
    return number


def read_amount(text: str, currency: str) -> Money:
    """An amount above zero; the currency's sign may stand beside it. Raises ValueError in words."""
    bare = text.strip()
    if currency == "EUR":
        bare = _SIGNS.sub("", bare).strip(" \u00a0\u202f")
    return Money.of(read_number(bare), currency)


def read_rate(text: str) -> Decimal:
    """A rate of VAT, `20`, `5,5` or `0 %`, in percent. Raises ValueError in words."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"“{text.strip()[:40]}” is not a rate of VAT, such as 20 or 5.5")
    return Decimal(found[1].replace(",", "."))


def read_lines(text: str, currency: str, rate: Decimal) -> tuple[Line, ...]:
    """One item a line: `label | quantity | unit price` (net), and `| VAT` where it is not `rate`, in percent.

    Raises ValueError naming the line.
    """
    rows = [(at, row.strip()) for at, row in enumerate(text.splitlines(), start=1) if row.strip()]
    return tuple(_line(at, row, currency, rate) for at, row in rows)


def _line(at: int, row: str, currency: str, rate: Decimal) -> Line:
    parts = [part.strip() for part in row.split("|")]
    if len(parts) not in {3, 4} or not parts[0]:
        raise ValueError(f"Line {at}: write label | quantity | unit price, and | VAT % where it differs")
    label, quantity, unit, *other = parts
    if len(label) > LABEL:
        raise ValueError(f"Line {at}: the label is longer than {LABEL} characters")
    try:
        count, price = read_number(quantity), read_amount(unit, currency)
        return Line(label=label, quantity=count, unit=price, vat_rate=read_rate(other[0]) if other else rate)
    except ValueError as wrong:
        raise ValueError(f"Line {at}: {wrong}") from None
