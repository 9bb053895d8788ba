"""A quote's amounts said back to whoever typed them: each line, the VAT of each rate, the total in both notations."""

from collections.abc import Sequence

from bot import figures
from bot.core.facts import Language
from bot.core.money import Line, Money, total


def echo(lines: Sequence[Line]) -> list[str]:
    """One sentence a line, one for each rate, and the total; at least one line."""
    price = total(tuple(lines))
    return [
        *(_line(line) for line in lines),
        *(f"VAT {figures.number(part.rate, Language.EN)} %: {_money(part.vat)}" for part in price.parts),
        f"Total: {figures.price(price, Language.EN)} ({figures.price(price, Language.FR)})",
    ]


def _line(line: Line) -> str:
    quantity = figures.number(line.quantity, Language.EN)
    return f"{line.label}: {quantity} × {_money(line.unit)} = {_money(line.net)}"


def _money(amount: Money) -> str:
    return figures.money(amount, Language.EN)
