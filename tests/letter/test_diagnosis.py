"""The diagnosis itself: its report, the questions it asks, waiting for the customer (letter §1.5, §3)."""

from datetime import timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import QuoteState, Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, MONDAY, QUOTE, STAFF, TERMS, a_play, an_incident, an_order, price

QUESTION = an_order(c.AskCustomer)
LAPSES = MONDAY + timedelta(days=19)


@pytest.mark.parametrize("outcome", f.Outcome)
def test_conclusion_without_a_report_is_refused(outcome: f.Outcome) -> None:
    """§3.3: the customer gets the diagnosis."""
    play = a_play(at=Stage.DIAGNOSING)

    decided = play.order(an_order(c.ConcludeDiagnosis, outcome=outcome, report="\n "))

    assert decided == Refused(Reason.REPORT_MISSING)


def test_our_fault_is_told_and_repaired_free() -> None:
    """§3.1."""
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT, report="Our router."))
    play.order(an_order(c.FinishWork, report="Replaced it."))

    assert play.told[-2:] == (
        n.OurFaultFound(report="Our router."),
        n.WorkFinished(report="Replaced it.", warranty=True),
    )
    assert play.incident.stage is Stage.DONE


def test_solved_during_the_diagnosis_says_what_will_be_billed() -> None:
    """§3.2."""
    play = a_play(at=Stage.DIAGNOSING)

    play.order(an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED, report="A full disk."))

    assert play.told[-1] == n.ProblemSolved(report="A full disk.", price=price("20.00"))


@pytest.mark.parametrize("outcome", [f.Outcome.NO_QUOTE, f.Outcome.NO_COMPETENCE, f.Outcome.INCONCLUSIVE])
def test_left_unbilled_says_why(outcome: f.Outcome) -> None:
    """§3.4, §3.5, §3.6."""
    play = a_play(at=Stage.DIAGNOSING)

    decided = play.order(an_order(c.ConcludeDiagnosis, outcome=outcome, report="We looked."))

    assert decided == (f.LeftUnbilled(outcome=outcome, report="We looked."),)
    assert play.told[-1] == n.LeftUnbilled(outcome=outcome, report="We looked.")


def test_report_with_a_quote_to_follow_is_told_with_the_quote() -> None:
    """§3.3: report and quote together."""
    play = a_play(at=Stage.DIAGNOSING)
    before = play.told

    play.order(an_order(c.ConcludeDiagnosis))

    assert play.told == before
    assert play.incident.stage is Stage.DIAGNOSING


def test_other_conclusion_drops_the_draft_of_a_quote() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))
    play.order(an_order(c.DraftQuote))

    decided = play.order(an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED, report="It was the disk."))

    assert decided == (f.QuoteSuperseded(number=QUOTE, by=""), f.ProblemSolved(report="It was the disk."))
    assert play.order(an_order(c.OfferQuote)) == Refused(Reason.NOT_NOW)


def test_question_is_told_and_makes_the_incident_wait() -> None:
    play = a_play(at=Stage.DIAGNOSING)

    play.order(QUESTION)

    assert play.told[-1] == n.CustomerAsked(question="Since when?")
    assert play.incident.waiting is not None
    assert play.incident.stage is Stage.DIAGNOSING


def test_question_without_words_is_refused() -> None:
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.AskCustomer, question=" ")) == Refused(Reason.REPORT_MISSING)


def test_silence_is_nudged_once_then_left_unbilled() -> None:
    """§3.6: after five days, then fourteen more."""
    play = a_play(at=Stage.DIAGNOSING)
    play.order(QUESTION)

    scenes = play.wait(days=60)

    nudged, lapsed = scenes
    assert (nudged.facts, nudged.told) == (
        (f.CustomerNudged(about="<q1@host.example>"),),
        (n.AnswerNudged(question="Since when?", lapses_on=TERMS.day_of(LAPSES)),),
    )
    assert nudged.at == MONDAY + timedelta(days=7, hours=-1)  # the fifth day is a Saturday: Monday at nine
    assert (lapsed.at, lapsed.facts) == (LAPSES, (f.LeftUnbilled(outcome=f.Outcome.INCONCLUSIVE, report=""),))


def test_customers_words_end_the_wait() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(QUESTION)

    decided = play.order(an_order(c.NoteCustomerWords))

    assert decided == (f.CustomerWrote(message="<w1@clientsa.fr>"),)
    assert play.incident.waiting is None
    assert play.wait(days=60) == []


def test_words_of_somebody_else_do_not_end_the_wait() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(QUESTION)

    decided = play.order(an_order(c.NoteCustomerWords, actor=f.BOT))

    assert decided == (f.OtherWrote(message="<w1@clientsa.fr>"),)
    assert play.incident.waiting is not None


def test_newer_question_has_its_own_days() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(QUESTION)
    play.wait(days=18)
    play.order(an_order(c.AskCustomer, question="And on Sunday?", message="<q2@host.example>"))

    assert play.wait(days=2) == []
    assert play.incident.stage is Stage.DIAGNOSING


def test_question_is_over_when_the_quote_goes_out() -> None:
    """Whoever accepts a quote is not silent: no old question ends the work."""
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))
    play.order(QUESTION)
    for order in (an_order(c.DraftQuote), an_order(c.OfferQuote), an_order(c.AcceptQuote)):
        play.order(order)

    assert play.wait(days=60) == []
    assert play.incident.stage is Stage.WORKING


def test_silence_during_a_warranty_repair_never_ends_it() -> None:
    """§3.1: our fault stays ours."""
    play = a_play(at=Stage.REPAIRING)
    play.order(QUESTION)

    play.wait(days=60)

    assert play.incident.stage is Stage.REPAIRING


def test_take_moves_an_incident_from_one_hand_to_another() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    zoe = f.Actor(role=f.Role.STAFF, name="U0ZOE")

    assert play.incident.assignee == STAFF.name
    assert play.order(an_order(c.TakeIncident)) == Refused(Reason.ALREADY)
    assert play.order(an_order(c.TakeIncident, actor=zoe)) == (f.IncidentTaken(by="U0ZOE"),)


def test_waiving_needs_a_reason_and_is_told() -> None:
    play = a_play(at=Stage.DIAGNOSING)

    assert play.order(an_order(c.WaiveDiagnosis, reason="")) == Refused(Reason.REASON_MISSING)
    play.order(an_order(c.WaiveDiagnosis, reason="INC-41 again"))
    assert play.told[-1] == n.DiagnosisWaived(reason="INC-41 again")
    assert play.order(an_order(c.WaiveDiagnosis)) == Refused(Reason.ALREADY)


def test_waiving_by_the_customer_is_refused() -> None:
    play = a_play(at=Stage.DIAGNOSING)

    assert play.order(an_order(c.WaiveDiagnosis, actor=CUSTOMER)) == Refused(Reason.NOT_ALLOWED)


@pytest.mark.parametrize("stage", Stage)
def test_words_are_heard_and_sent_at_any_stage(stage: Stage) -> None:
    """Never nothing in silence."""
    play = a_play(at=stage)

    heard = play.order(an_order(c.NoteCustomerWords))
    written = play.order(an_order(c.WriteToCustomer))

    assert heard == (f.CustomerWrote(message="<w1@clientsa.fr>"),)
    assert written == (f.StaffWrote(message="<s1@host.example>", text="We are looking."),)
    assert play.incident.stage is stage
    assert play.incident.version == an_incident(at=stage).version
    assert play.told[-1] == n.StaffWrote(text="We are looking.")


def test_writing_nothing_is_refused() -> None:
    assert a_play().order(an_order(c.WriteToCustomer, text="\t")) == Refused(Reason.REPORT_MISSING)


def test_draft_state_is_dropped_not_lost() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    for order in (an_order(c.ConcludeDiagnosis), an_order(c.DraftQuote)):
        play.order(order)

    play.order(an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_QUOTE, report="Too old."))

    assert [quote.state for quote in play.incident.quotes] == [QuoteState.SUPERSEDED]
