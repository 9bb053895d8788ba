"""Amounts, dates and account numbers as a French or an English reader expects them."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from stdnum import iban as ibans

from bot.core.facts import Language
from bot.core.money import Money

_LOCALES = {Language.FR: "fr", Language.EN: "en_GB"}
_NO_BREAK = "\u00a0"
_MINUS = "\u2212"


def money(amount: Money, language: Language) -> str:
    """`1 234,50 €`, `€1,234.50`; a true minus sign before what is negative."""
    written: str = format_currency(amount.amount, amount.currency, locale=_LOCALES[language])
    return written.replace("-", _MINUS)


def whole(amount: Money, language: Language) -> str:
    """`1 235 €`, `€1,235`: without its cents, where a picture gives the idea of it."""
    pattern = {Language.FR: f"#,##0{_NO_BREAK}¤", Language.EN: "¤#,##0"}[language]
    written: str = format_currency(
        amount.amount, amount.currency, pattern, locale=_LOCALES[language], currency_digits=False
    )
    return written.replace("-", _MINUS)


def quantity(count: Decimal, language: Language) -> str:
    """`1`, `1,5`: no more digits than it has."""
    written: str = format_decimal(count, format="#,##0.######", locale=_LOCALES[language])
    return written.replace("-", _MINUS)


def rate(percent: Decimal, language: Language) -> str:
    """`20 %` in French, `20%` in English."""
    return quantity(percent, language) + (f"{_NO_BREAK}%" if language is Language.FR else "%")


def day(when: date, language: Language) -> str:
    """`1er juin 2010`, `1 June 2010`, kept on one line."""
    written: str = format_date(when, "long", locale=_LOCALES[language])
    if language is Language.FR and when.day == 1:
        written = f"1er{written[1:]}"
    return written.replace(" ", _NO_BREAK)


def siren(number: str) -> str:
    """`123 456 789`; as it is when it has not nine digits."""
    digits = number.replace(" ", "")
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if digits.isdigit() and len(digits) == 9 else number


def iban(number: str) -> str:
    """In groups of four."""
    written: str = ibans.format(number)
    return written
