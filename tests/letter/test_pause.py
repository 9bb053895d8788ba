"""A mail that says stop without proof pauses, loses nobody anything, and ends by itself (letter §1.3, §6.4)."""

from datetime import timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import ConsentState, Stage
from bot.core.refusals import Reason, Refused
from bot.core.terms import GoAhead, Kind, Terms
from tests.builders import CUSTOMER, INVOICE, MONDAY, REBOOT, a_play, an_order
from tests.play import Play

UNTIL = MONDAY + timedelta(days=7)


def at_work() -> Play:
    """Work goes on under a leave."""
    play = a_play(at=Stage.WORKING)
    play.order(an_order(c.RequestConsent))
    play.order(an_order(c.GrantConsent))
    return play


def paused(play: Play) -> Play:
    play.order(an_order(c.PauseIncident))
    return play


def kinds(play: Play, **time: float) -> list[type[f.Fact]]:
    return [type(fact) for scene in play.wait(**time) for fact in scene.facts]


def test_unproven_stop_pauses_work_on_hosted_data_and_asks() -> None:
    play = at_work()

    decided = play.order(an_order(c.PauseIncident))

    assert decided == (f.IncidentPaused(message="7", until=UNTIL),)
    assert play.told[-1] == n.IncidentPaused(stage=Stage.WORKING, until=UNTIL)
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.PAUSED)
    assert isinstance(play.order(an_order(c.RecordAct, act=REBOOT)), tuple)
    assert play.incident.consents[0].state is ConsentState.GRANTED


def test_taking_leave_back_is_what_the_pause_waited_for() -> None:
    play = paused(at_work())

    decided = play.order(an_order(c.RevokeConsent))

    assert isinstance(decided, tuple)
    assert [type(fact) for fact in decided] == [f.ConsentRevoked, f.PauseEnded]
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)


def test_customer_who_never_said_stop_lets_it_go_on() -> None:
    play = paused(at_work())

    decided = play.order(an_order(c.EndPause, actor=CUSTOMER, reason=""))

    assert decided == (f.PauseEnded(by=f.Role.CUSTOMER),)
    assert isinstance(play.order(an_order(c.RecordAct)), tuple)


def test_staff_lift_a_pause_with_a_reason() -> None:
    play = paused(at_work())

    assert play.order(an_order(c.EndPause, reason=" ")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.EndPause)) == (f.PauseEnded(by=f.Role.STAFF, reason="they called"),)
    assert play.order(an_order(c.EndPause)) == Refused(Reason.ALREADY)


def test_pause_ends_by_the_calendar() -> None:
    play = paused(at_work())

    assert f.PauseEnded not in kinds(play, days=6, hours=23)
    assert kinds(play, hours=1) == [f.PauseEnded]
    assert not play.incident.paused


def test_words_that_contest_pause_reminders_and_take_nothing() -> None:
    """§6.4: no loss of support from any mail."""
    play = a_play(at=Stage.INVOICED)
    play.wait(days=20)

    play.order(an_order(c.PauseIncident))

    assert play.told[-1] == n.IncidentPaused(stage=Stage.INVOICED, until=play.now + timedelta(days=7), number=INVOICE)
    assert play.incident.contest is None
    assert f.InvoiceReminded not in kinds(play, days=6)
    assert kinds(play, days=20)[:2] == [f.PauseEnded, f.InvoiceReminded]


def test_claims_are_put_off_once_by_an_unproven_mail() -> None:
    """Or somebody could put them off for ever."""
    play = paused(a_play(at=Stage.INVOICED))
    play.wait(days=8)

    assert play.order(an_order(c.PauseIncident)) == Refused(Reason.ALREADY)


def test_work_is_paused_as_often_as_somebody_says_stop() -> None:
    play = paused(at_work())
    play.order(an_order(c.EndPause))

    assert isinstance(play.order(an_order(c.PauseIncident)), tuple)


def test_contest_by_the_page_ends_the_pause_and_stops_reminders_itself() -> None:
    play = paused(a_play(at=Stage.INVOICED))

    play.order(an_order(c.SayContest))

    assert not play.incident.paused
    assert play.incident.contested
    assert play.order(an_order(c.PauseIncident)) == Refused(Reason.ALREADY)


def test_diagnosis_that_may_have_been_called_off_is_not_started() -> None:
    """§2.6: until it starts the customer may withdraw."""
    play = paused(a_play(at=Stage.ORDERED))

    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.PAUSED)
    play.order(an_order(c.EndPause))
    assert isinstance(play.order(an_order(c.StartDiagnosis)), tuple)


def test_words_are_for_staff_to_read_where_no_click_could_stop_anything() -> None:
    """Without leave nobody touches hosted data; only a consumer may withdraw from the work (L221-18)."""
    for stage in (Stage.DIAGNOSING, Stage.QUOTED, Stage.REPAIRING, Stage.WORKING):
        assert a_play(at=stage).order(an_order(c.PauseIncident)) == Refused(Reason.MOOT)
    assert isinstance(a_play(at=Stage.WORKING, kind=Kind.CONSUMER).order(an_order(c.PauseIncident)), tuple)


def test_nothing_is_paused_where_nothing_begins_without_the_customer() -> None:
    assert a_play(at=Stage.ANNOUNCED).order(an_order(c.PauseIncident)) == Refused(Reason.MOOT)
    agreed = a_play(at=Stage.ANNOUNCED, terms=Terms(go_ahead=GoAhead.ANNOUNCE), kind=Kind.BUSINESS)
    assert isinstance(agreed.order(an_order(c.PauseIncident)), tuple)


@pytest.mark.parametrize("over", [an_order(c.RecordPayment), an_order(c.WriteOff)], ids=["paid", "written off"])
def test_pause_ends_with_its_incident(over: c.Command) -> None:
    play = paused(a_play(at=Stage.INVOICED))

    play.order(over)

    assert not play.incident.paused
    assert kinds(play, days=30) == []
