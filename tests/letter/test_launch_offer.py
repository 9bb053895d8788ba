"""The launch: diagnoses ordered up to a date are free, in the provider's time zone (letter §7.1)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import Stage
from bot.core.money import Price
from bot.core.refusals import Reason, Refused
from bot.core.terms import Terms
from tests.builders import LINES, a_play, an_order, euros, price

LAST_DAY = date(2010, 6, 30)
OFFER = Terms(offer_until=LAST_DAY)
MIDNIGHT = datetime(2010, 6, 30, 22, 0, tzinfo=UTC)  # in Paris; two hours before that in UTC
SECOND = timedelta(seconds=1)

FREE = price("0.00")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (MIDNIGHT - SECOND, FREE),
        (MIDNIGHT - timedelta(microseconds=1), FREE),
        (MIDNIGHT, price("20.00")),
        (MIDNIGHT + SECOND, price("20.00")),
    ],
)
def test_offer_ends_with_its_last_day_in_local_time(moment: datetime, expected: Price) -> None:
    assert OFFER.price_at(moment) == expected


@pytest.mark.parametrize(
    ("timezone", "midnight"),
    [
        ("Pacific/Auckland", datetime(2010, 6, 30, 12, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2010, 7, 1, 4, 0, tzinfo=UTC)),
        ("UTC", datetime(2010, 7, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_offer_follows_the_providers_zone(timezone: str, midnight: datetime) -> None:
    offer = replace(OFFER, timezone=timezone)

    assert (offer.price_at(midnight - SECOND), offer.price_at(midnight)) == (FREE, price("20.00"))


def test_announcement_under_the_offer_says_free_until_when_and_what_after() -> None:
    play = a_play(terms=OFFER)

    announced = n.IncidentOpened(
        price=FREE,
        usual=price("20.00"),
        offer_until=LAST_DAY,
        way_in=f.WayIn.DIAGNOSE,
        must_order=True,
        lapse_days=7,
        previous="",
    )
    assert play.told == (announced,)


def test_announcement_after_the_offer_does_not_mention_it() -> None:
    play = a_play(terms=OFFER, now=MIDNIGHT)

    assert [(told.price, told.offer_until) for told in play.told if isinstance(told, n.IncidentOpened)] == [
        (price("20.00"), None)
    ]


def test_announcement_of_nothing_must_be_delivered_too() -> None:
    """§2.4: at 0 as at 20."""
    play = a_play(at=Stage.OPENED, terms=OFFER)

    assert play.order(an_order(c.OrderDiagnosis, price_cents=0)) == Refused(Reason.NOT_NOW)


def test_diagnosis_ordered_in_time_stays_free_whenever_it_is_made() -> None:
    """§3.9: ordered one second before the end, made and billed after."""
    play = a_play(at=Stage.ORDERED, terms=OFFER, now=MIDNIGHT - SECOND)
    play.wait(days=2)
    play.order(an_order(c.StartDiagnosis))
    play.order(an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))

    assert play.incident.price == FREE
    assert play.order(an_order(c.Settle)) == (f.IncidentClosed(why="nothing_owed"),)


def test_diagnosis_ordered_after_the_offer_costs_what_was_announced_for_then() -> None:
    """The order binds to the price beside the button: a page shown before the end is asked again."""
    play = a_play(at=Stage.ANNOUNCED, terms=OFFER, now=MIDNIGHT - SECOND)
    play.wait(seconds=2)

    assert play.order(an_order(c.OrderDiagnosis, price_cents=0)) == Refused(Reason.PRICE_CHANGED)
    play.order(an_order(c.OrderDiagnosis, price_cents=2000))
    assert play.incident.price == price("20.00")


def test_offer_moved_back_after_the_announcement_still_holds() -> None:
    """§3.9: the terms are the incident's own."""
    play = a_play(at=Stage.ANNOUNCED, terms=OFFER, now=MIDNIGHT - timedelta(days=1))

    ordered = play.order(an_order(c.OrderDiagnosis, price_cents=0))

    assert isinstance(ordered, tuple)
    assert play.incident.price == FREE


def test_quotes_are_not_part_of_the_offer() -> None:
    play = a_play(at=Stage.DONE, terms=OFFER)

    play.order(an_order(c.Settle))

    assert play.incident.invoice is not None
    assert play.incident.invoice.lines == LINES
    assert play.incident.invoice.price.net == euros("180.00")


def test_contesting_a_free_diagnosis_finds_nothing_to_contest() -> None:
    """No invoice of zero, no reminder, and support is kept."""
    play = a_play(at=Stage.SOLVED, terms=OFFER)
    play.order(an_order(c.Settle))

    assert play.order(an_order(c.SayContest)) == Refused(Reason.NOT_NOW)
    assert play.wait(days=365) == []
