"""Whatever anybody orders, at any time, in any order: the letter's promises hold."""

from dataclasses import is_dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.decide import decide
from bot.core.refusals import Reason, Refused
from tests.builders import an_order
from tests.core.promises import PROMISES
from tests.core.whims import a_life, a_whim
from tests.play import Play

ABOUT_CUSTOMERS = {
    f.CustomerMet,
    f.DetailsGiven,
    f.ChatLinked,
    f.ContactAdded,
    f.ContactRemoved,
    f.CourtesyStopped,
    f.CourtesyResumed,
    f.SupportForfeited,
    f.SupportLimited,
    f.SupportReinstated,
    f.PersonalDataErased,
}
NOT_FROM_FACTS = {
    n.SeveralReminders,
    n.SupportUnavailable,
    n.IncidentMoved,
    n.DecideByLink,
    n.MailUnread,
    n.LinkRenewed,
    n.ChatCodeSent,
}
AT_THE_DOOR = {
    Reason.CUSTOMER_UNKNOWN,
    Reason.BEYOND_AUTHORITY,
    Reason.ADDRESS_TAKEN,
    Reason.SUPPORT_FORFEITED,
    Reason.SUPPORT_LIMITED,
}


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False))
def test_promises_hold_whatever_happens(rng: Random) -> None:
    play = a_life(rng, orders=40)

    for promise in PROMISES:
        promise(play)


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_deciding_is_pure_and_refusing_changes_nothing(rng: Random) -> None:
    play = a_life(rng, orders=20)
    for _ in range(10):
        order, before, happened = a_whim(rng, play), repr(play.incident), play.facts

        first, second = (decide(play.incident, order, play.now) for _ in range(2))
        happens = play.order(order)

        assert first == second == happens
        if isinstance(happens, Refused):
            assert (repr(play.incident), play.facts) == (before, happened)
        else:
            assert play.facts == (*happened, *happens)


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_drawn_number_changes_nothing_but_itself(rng: Random) -> None:
    """The desk asks without a number, draws one if there are facts, and asks again."""
    play = a_life(rng, orders=15)
    for order in (c.DraftQuote, c.Settle, c.CorrectOutcome, c.ConfirmContest, c.Concede):
        asked, again = (repr(decide(play.incident, an_order(order, number=n), play.now)) for n in ("<1>", "<2>"))

        assert asked.replace("<1>", "<2>") == again


@pytest.fixture(scope="module")
def lives() -> list[Play]:
    """Enough lives for everything to happen in one of them; always the same ones."""
    return [a_life(Random(seed), orders=40) for seed in range(4200)]


def test_promises_hold_in_many_lives(lives: list[Play]) -> None:
    for play in lives:
        for promise in PROMISES:
            promise(play)


def test_everything_that_can_happen_does(lives: list[Play]) -> None:
    """No fact without an order that leads to it."""
    happened = {kind for play in lives for kind in play.happened}

    assert happened == set(f.FACTS.values()) - ABOUT_CUSTOMERS


def test_everything_that_can_be_told_is(lives: list[Play]) -> None:
    """No notice without a fact that calls for it, the desk's own apart."""
    told = {type(notice) for play in lives for notice in play.told}

    assert told == set(n.NOTICES.values()) - NOT_FROM_FACTS


def test_every_refusal_has_its_occasion(lives: list[Play]) -> None:
    """No reason that nobody is ever given."""
    refused = {reason for play in lives for reason in play.refused}

    assert refused == set(Reason) - AT_THE_DOOR


@pytest.mark.parametrize("kind", [*f.FACTS.values(), *n.NOTICES.values()])
def test_what_is_kept_is_frozen(kind: type[object]) -> None:
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # no public name for it
    assert not hasattr(object.__new__(kind), "__dict__")
