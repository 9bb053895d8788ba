"""An incident in the wrong customer's name: moved while nothing is decided in it, never afterwards (letter §2.6)."""

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, a_play, an_order

MOVED = f.IncidentMoved(to=43, reason="it is the other Client SA's")
DECIDED = set(Stage) - {Stage.OPENED, Stage.ANNOUNCED, Stage.CANCELLED, Stage.CLOSED}


@pytest.mark.parametrize("stage", [Stage.OPENED, Stage.ANNOUNCED])
def test_undecided_incident_is_moved_and_over(stage: Stage) -> None:
    play = a_play(at=stage)

    decided = play.order(an_order(c.MoveIncident))

    assert decided == (MOVED,)
    assert (play.incident.stage, play.incident.ended, play.incident.moved_to) == (Stage.CANCELLED, "moved", 43)
    assert play.wait(days=60) == []


@pytest.mark.parametrize("stage", sorted(DECIDED))
def test_incident_in_which_the_customer_decided_stays_theirs(stage: Stage) -> None:
    assert a_play(at=stage).order(an_order(c.MoveIncident)) == Refused(Reason.DECIDED_HERE)


@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.CLOSED])
def test_incident_that_is_over_is_not_moved(stage: Stage) -> None:
    assert a_play(at=stage).order(an_order(c.MoveIncident)) == Refused(Reason.NOT_NOW)


def test_order_that_was_undone_binds_nobody() -> None:
    play = a_play(at=Stage.ORDERED)
    play.order(an_order(c.Disown))

    assert play.order(an_order(c.MoveIncident)) == (MOVED,)


def test_moving_takes_a_reason_and_staff() -> None:
    play = a_play()

    assert play.order(an_order(c.MoveIncident, reason=" ")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.MoveIncident, actor=CUSTOMER)) == Refused(Reason.NOT_ALLOWED)


def test_nothing_is_written_to_its_customer_from_it_any_more() -> None:
    play = a_play()
    play.order(an_order(c.MoveIncident))

    assert play.order(an_order(c.WriteToCustomer)) == Refused(Reason.NOT_NOW)
