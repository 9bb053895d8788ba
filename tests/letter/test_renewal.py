"""A lapsed quote asked for anew: nothing is accepted, nothing starts again (letter §3.8, §4)."""

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import QuoteState, Stage
from bot.core.refusals import Reason, Refused
from tests.builders import EVIDENCE, QUOTE, STAFF, a_play, an_order
from tests.play import Play


def lapsed() -> Play:
    play = a_play(at=Stage.QUOTED)
    play.wait(hours=24 * 17)
    assert play.incident.quote is not None
    assert play.incident.quote.state is QuoteState.LAPSED
    return play


def test_asking_changes_nothing_but_that_it_was_asked() -> None:
    play = lapsed()
    before, told = play.incident, len(play.told)

    decided = play.order(an_order(c.AskRenewal))

    assert decided == (f.RenewalAsked(number=QUOTE, incident=43, evidence=EVIDENCE),)
    after = play.incident
    assert (after.stage, after.quotes, after.invoice) == (before.stage, before.quotes, before.invoice)
    assert len(play.told) == told
    assert play.order(an_order(c.AskRenewal)) == Refused(Reason.ALREADY)


@pytest.mark.parametrize("stage", [Stage.QUOTED, Stage.WORKING, Stage.QUOTE_REFUSED, Stage.CLOSED])
def test_only_a_lapsed_quote_is_asked_for_anew(stage: Stage) -> None:
    """Not one that can be accepted, was accepted, or was declined."""
    play = a_play(at=stage)

    assert isinstance(play.order(an_order(c.AskRenewal)), Refused)


def test_it_is_the_customers_to_ask() -> None:
    assert lapsed().order(an_order(c.AskRenewal, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)
