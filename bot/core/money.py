"""Integer cents with their currency, and value added tax rounded once on a sum."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A net amount (HT) and its VAT rate in percent; VAT is rounded half up, once, on the net sum."""

    net: Money
    vat_rate: Decimal

    @property
    def vat(self) -> Money:
        exact = Decimal(self.net.cents) * self.vat_rate / 100
        return Money(cents=int(exact.quantize(Decimal(1), ROUND_HALF_UP)), currency=self.net.currency)

    @property
    def gross(self) -> Money:
        """What is paid, VAT included (TTC)."""
        return self.net + self.vat


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a quote or an invoice: what, how many, the unit price excluding VAT."""

    label: str
    quantity: Decimal
    unit: Money

    @property
    def net(self) -> Money:
        exact = Decimal(self.unit.cents) * self.quantity
        return Money(cents=int(exact.quantize(Decimal(1), ROUND_HALF_UP)), currency=self.unit.currency)


def total(lines: tuple[Line, ...], vat_rate: Decimal) -> Price:
    """The price of some lines at one VAT rate. At least one line, one currency (ValueError otherwise)."""
    if not lines:
        raise ValueError("a price needs at least one line")
    net = sum((line.net for line in lines), start=Money(cents=0, currency=lines[0].unit.currency))
    return Price(net=net, vat_rate=vat_rate)


def _same(one: Money, other: Money) -> Money:
    if one.currency != other.currency:
        raise ValueError(f"{one.currency} and {other.currency} do not add up")
    return other
