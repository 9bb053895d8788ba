"""Integer cents with their currency, and value added tax rounded once on a sum."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Money:
    """An amount in the smallest unit of its currency (ISO 4217), never a float."""

    cents: int
    currency: str = "EUR"

    @classmethod
    def of(cls, amount: Decimal, currency: str = "EUR") -> Self:
        """The amount given in whole units; refuses what is finer than a cent (ValueError)."""
        cents = amount * 100
        if cents != cents.to_integral_value():
            raise ValueError(f"{amount} is finer than a cent")
        return cls(cents=int(cents), currency=currency)

    @property
    def amount(self) -> Decimal:
        """The amount in whole units, two decimals."""
        return Decimal(self.cents).scaleb(-2)

    def __add__(self, other: "Money") -> "Money":
        return Money(cents=self.cents + _same(self, other).cents, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(cents=self.cents - _same(self, other).cents, currency=self.currency)

    def __bool__(self) -> bool:
        return self.cents != 0


USUAL_RATE = Decimal(20)
"""France's usual rate of VAT, in percent (art. 278 CGI)."""


class Vat(StrEnum):
    """How VAT applies to a customer. The values are the categories of EN 16931 (UNTDID 5305)."""

    STANDARD = "S"  # the seller's rates
    REVERSE_CHARGE = "AE"  # a business elsewhere in the Union accounts for it itself (2006/112/CE, art. 44 and 196)
    OUTSIDE = "G"  # a business outside the Union: the service is taxed where it is (art. 44)

    def rate(self, usual: Decimal) -> Decimal:
        """The rate on what usually bears `usual`, in percent."""
        return usual if self is Vat.STANDARD else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """A net sum (HT) at one VAT rate, in percent; VAT is rounded half up, once, on the sum."""

    net: Money
    rate: Decimal

    @property
    def vat(self) -> Money:
        exact = Decimal(self.net.cents) * self.rate / 100
        return Money(cents=int(exact.quantize(Decimal(1), ROUND_HALF_UP)), currency=self.net.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A net sum for each VAT rate, the highest rate first: `Price.at` for one rate, `total` for lines."""

    parts: tuple[Taxed, ...]

    @classmethod
    def at(cls, net: Money, rate: Decimal) -> Self:
        """A net amount at one rate."""
        return cls(parts=(Taxed(net=net, rate=rate),))

    @property
    def net(self) -> Money:
        """Without VAT (HT)."""
        return _sum(part.net for part in self.parts)

    @property
    def vat(self) -> Money:
        return _sum(part.vat for part in self.parts)

    @property
    def gross(self) -> Money:
        """What is paid, VAT included (TTC)."""
        return self.net + self.vat

    def share(self, percent: int) -> "Price":
        """So many hundredths of each net sum, whole cents, rounded down."""
        nets = ((part, part.net.cents * percent // 100) for part in self.parts)
        return Price(parts=tuple(replace(part, net=replace(part.net, cents=cents)) for part, cents in nets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a quote or an invoice: what, how many, the unit price excluding VAT, and its rate in percent."""

    label: str
    quantity: Decimal
    unit: Money
    vat_rate: Decimal = USUAL_RATE

    @property
    def net(self) -> Money:
        exact = Decimal(self.unit.cents) * self.quantity
        return Money(cents=int(exact.quantize(Decimal(1), ROUND_HALF_UP)), currency=self.unit.currency)


def total(lines: tuple[Line, ...]) -> Price:
    """The price of some lines. At least one line, one currency (ValueError otherwise)."""
    if not lines:
        raise ValueError("a price needs at least one line")
    rates = sorted({line.vat_rate for line in lines}, reverse=True)
    nets = (_sum(line.net for line in lines if line.vat_rate == rate) for rate in rates)
    price = Price(parts=tuple(Taxed(net=net, rate=rate) for net, rate in zip(nets, rates, strict=True)))
    if len({line.unit.currency for line in lines}) > 1:
        raise ValueError("a price has one currency")
    return price


def spread(cents: int, weights: Sequence[int]) -> Iterator[int]:
    """Whole cents as these weigh, which add up: each running sum is rounded half up, not each piece."""
    whole, run, given = sum(weights), 0, 0
    for weight in weights:
        run += weight
        end = (2 * cents * run + whole) // (2 * whole)
        yield end - given
        given = end


def _sum(amounts: Iterable[Money]) -> Money:
    first, *rest = amounts
    return sum(rest, start=first)


def _same(one: Money, other: Money) -> Money:
    if one.currency != other.currency:
        raise ValueError(f"{one.currency} and {other.currency} do not add up")
    return other
