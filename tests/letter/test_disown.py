"""“This was not me”: undone before work, afterwards all stops until a manager settles it (letter §2.5, §4.2)."""

from datetime import timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.commands import DeadlineKind
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, EVIDENCE, MANAGER, QUOTE, REBOOT, STAFF, a_play, an_order, price
from tests.play import Play

ABOUT_QUOTE = an_order(c.Disown, about=QUOTE)
NOTHING = price("0.00")


def at_work() -> Play:
    """An accepted quote under which something was done already."""
    play = a_play(at=Stage.WORKING)
    play.order(an_order(c.RecordAct, act=REBOOT))
    return play


def disowned() -> Play:
    play = at_work()
    play.order(ABOUT_QUOTE)
    return play


def test_order_is_undone_before_the_diagnosis_starts() -> None:
    play = a_play(at=Stage.ORDERED)

    assert play.order(an_order(c.Disown)) == (f.DecisionUndone(about="order", evidence=EVIDENCE),)

    assert play.incident.stage is Stage.ANNOUNCED
    assert play.told[-1] == n.DecisionUndone()
    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.NOT_ORDERED)


def test_order_undone_can_be_given_again() -> None:
    play = a_play(at=Stage.ORDERED)
    play.order(an_order(c.Disown))

    play.order(an_order(c.OrderDiagnosis))

    assert play.incident.stage is Stage.ORDERED


def test_order_undone_and_never_given_lapses() -> None:
    play = a_play(at=Stage.ORDERED)
    play.wait(days=6)
    play.order(an_order(c.Disown))

    play.wait(days=7)

    assert play.facts[-1] == f.IncidentCancelled(by=f.Role.CALENDAR, reason="no_answer")


def test_acceptance_is_undone_before_anything_was_done() -> None:
    play = a_play(at=Stage.WORKING)

    assert play.order(ABOUT_QUOTE) == (f.DecisionUndone(about=QUOTE, evidence=EVIDENCE),)

    assert (play.incident.stage, play.incident.quotes[0].state) == (Stage.QUOTED, QuoteState.SENT)
    assert play.told[-1] == n.DecisionUndone(quote=QUOTE)


def test_acceptance_undone_lapses_with_its_quote() -> None:
    play = a_play(at=Stage.WORKING)
    play.order(ABOUT_QUOTE)

    play.wait(days=16)

    assert f.QuoteLapsed(number=QUOTE) in play.facts


def test_what_was_done_under_an_earlier_decision_is_not_begun_work() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.RecordAct, act=REBOOT))
    for order in (an_order(c.ConcludeDiagnosis), an_order(c.DraftQuote), an_order(c.OfferQuote)):
        play.order(order)
    play.order(an_order(c.AcceptQuote))

    play.order(ABOUT_QUOTE)

    assert play.incident.stage is Stage.QUOTED


def test_leave_given_in_the_same_name_ends_with_it() -> None:
    play = a_play(at=Stage.WORKING)
    play.order(an_order(c.RequestConsent))
    play.order(an_order(c.GrantConsent))

    play.order(ABOUT_QUOTE)

    assert play.incident.consents[0].state is ConsentState.REVOKED


def test_once_work_began_all_stops_and_nothing_is_billed() -> None:
    play = at_work()

    assert play.order(ABOUT_QUOTE) == (f.DecisionDisowned(about=QUOTE, evidence=EVIDENCE),)

    assert play.told[-1] == n.DecisionDisowned(quote=QUOTE)
    for order in (c.FinishWork, c.RequestConsent):
        assert play.order(an_order(order)) == Refused(Reason.DISOWNED)
    assert play.order(ABOUT_QUOTE) == Refused(Reason.ALREADY)
    play.wait(days=60)
    assert (play.incident.stage, play.incident.invoice) == (Stage.WORKING, None)


def test_diagnosis_under_way_waits_and_its_draft_never_goes_out() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))
    play.order(an_order(c.DraftQuote))

    play.order(an_order(c.Disown))

    assert play.incident.held
    assert play.order(an_order(c.OfferQuote)) == Refused(Reason.ALREADY)
    for order in (c.ConcludeDiagnosis, c.DraftQuote):
        assert play.order(an_order(order)) == Refused(Reason.DISOWNED)


def test_manager_finds_that_it_stands_and_work_goes_on() -> None:
    play = disowned()

    play.order(an_order(c.SettleDisowned))

    assert play.told[-1] == n.DisownedSettled(quote=QUOTE, reason="they remember it now")
    assert isinstance(play.order(an_order(c.FinishWork)), tuple)


def test_acceptance_that_does_not_stand_leaves_the_diagnosis_owed_alone() -> None:
    play = disowned()

    decided = play.order(an_order(c.SettleDisowned, stands=False, reason="it was their ex-partner"))

    assert decided == (
        f.DisownedSettled(about=QUOTE, stands=False, reason="it was their ex-partner"),
        f.WorkStopped(by=f.Role.MANAGER, reason="it was their ex-partner", owed=NOTHING),
    )


def test_order_that_does_not_stand_leaves_nothing_owed() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.Disown))

    play.order(an_order(c.SettleDisowned, stands=False, reason="it was their ex-partner"))

    assert (play.incident.stage, play.incident.outcome) == (Stage.UNBILLED, f.Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_order(c.SettleDisowned, actor=STAFF), Reason.NOT_ALLOWED),
        (an_order(c.SettleDisowned, actor=CUSTOMER), Reason.NOT_ALLOWED),
        (an_order(c.SettleDisowned, reason=" "), Reason.REASON_MISSING),
    ],
)
def test_settling_takes_a_manager_and_a_reason(order: c.Command, reason: Reason) -> None:
    assert disowned().order(order) == Refused(reason)


def test_nothing_disowned_is_nothing_to_settle() -> None:
    assert at_work().order(an_order(c.SettleDisowned)) == Refused(Reason.NOT_DISOWNED)


@pytest.mark.parametrize("actor", [STAFF, MANAGER, f.BOT])
def test_only_the_customer_disowns(actor: f.Actor) -> None:
    assert a_play(at=Stage.ORDERED).order(an_order(c.Disown, actor=actor)) == Refused(Reason.NOT_ALLOWED)


def test_after_its_days_it_is_for_people_to_look_at() -> None:
    play = a_play(at=Stage.WORKING)
    play.now += timedelta(days=7, seconds=1)

    assert play.order(ABOUT_QUOTE) == Refused(Reason.DISOWN_ENDED)


def test_decision_of_another_kind_is_not_the_one_to_disown() -> None:
    assert a_play(at=Stage.WORKING).order(an_order(c.Disown, about="order")) == Refused(Reason.NOT_NOW)


def test_undone_order_is_asked_for_again_by_the_calendar_alone_in_time() -> None:
    play = a_play(at=Stage.ORDERED)

    play.order(an_order(c.Disown))

    lapses = [d for d in play.deadlines if d.kind is DeadlineKind.LAPSE_ANNOUNCEMENT]
    assert max(d.at for d in lapses) == play.now + timedelta(days=7)
