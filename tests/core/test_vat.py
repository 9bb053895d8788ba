"""VAT is rounded once for each rate, and who the customer is decides which applies (directive 2006/112/CE)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import commands as c
from bot.core.customer import Details, vat_of
from bot.core.lives import Stage
from bot.core.money import Line, Money, Price, Taxed, Vat, total
from bot.core.terms import Kind
from tests.builders import a_play, an_order, euros

LINES = st.lists(
    st.builds(
        Line,
        label=st.just("x"),
        quantity=st.decimals("0.01", "100", places=2),
        unit=st.builds(Money, cents=st.integers(1, 10_000_000)),
        vat_rate=st.sampled_from([Decimal(20), Decimal(10), Decimal("5.5"), Decimal(0)]),
    ),
    min_size=1,
    max_size=12,
)


@given(LINES)
def test_sums_are_those_of_their_parts(lines: list[Line]) -> None:
    price = total(tuple(lines))

    assert price.net.cents == sum(line.net.cents for line in lines)
    assert price.vat.cents == sum(part.vat.cents for part in price.parts)
    assert price.gross == price.net + price.vat
    assert [part.rate for part in price.parts] == sorted({line.vat_rate for line in lines}, reverse=True)


def test_vat_is_rounded_half_up_once_for_each_rate() -> None:
    lines = tuple(Line(label="x", quantity=Decimal(1), unit=Money(cents=3), vat_rate=Decimal(20)) for _ in range(3))
    other = Line(label="y", quantity=Decimal(1), unit=Money(cents=10), vat_rate=Decimal("5.5"))

    price = total((other, *lines))

    assert price.parts == (
        Taxed(net=Money(cents=9), rate=Decimal(20)),
        Taxed(net=Money(cents=10), rate=Decimal("5.5")),
    )
    assert [part.vat.cents for part in price.parts] == [2, 1]


@pytest.mark.parametrize(
    ("kind", "country", "number", "vat"),
    [
        (Kind.BUSINESS, "FR", "FR44732829320", Vat.STANDARD),
        (Kind.BUSINESS, "DE", "DE136695976", Vat.REVERSE_CHARGE),
        (Kind.BUSINESS, "DE", "", Vat.STANDARD),
        (Kind.BUSINESS, "GR", "EL094259216", Vat.REVERSE_CHARGE),
        (Kind.BUSINESS, "CH", "", Vat.OUTSIDE),
        (Kind.BUSINESS, "GB", "GB980780684", Vat.OUTSIDE),
        (Kind.CONSUMER, "DE", "DE136695976", Vat.STANDARD),
        (Kind.CONSUMER, "CH", "", Vat.STANDARD),
    ],
)
def test_vat_follows_what_the_customer_is_and_where(kind: Kind, country: str, number: str, vat: Vat) -> None:
    assert vat_of(kind, Details(country=country, vat_number=number)) is vat


def test_business_abroad_is_billed_the_same_net_without_vat() -> None:
    play = a_play(at=Stage.ANNOUNCED)
    play.order(an_order(c.OrderDiagnosis, vat=Vat.REVERSE_CHARGE))
    for order in (c.StartDiagnosis, c.ConcludeDiagnosis, c.DraftQuote, c.OfferQuote, c.AcceptQuote, c.FinishWork):
        play.order(an_order(order))
    play.order(an_order(c.Settle))

    invoice = play.incident.invoice
    assert invoice is not None
    assert invoice.price == Price.at(euros("200.00"), Decimal(0))
    assert invoice.price.gross == euros("200.00")


def test_quote_may_have_lines_of_several_rates() -> None:
    lines = (
        Line(label="Work", quantity=Decimal(1), unit=euros("100.00")),
        Line(label="Book", quantity=Decimal(2), unit=euros("10.00"), vat_rate=Decimal("5.5")),
    )
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))

    play.order(an_order(c.DraftQuote, lines=lines))

    assert play.incident.quotes[0].price.gross == euros("141.10")
