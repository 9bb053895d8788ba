"""What staff are reminded of: when, of what, and when no more."""

from datetime import timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.attention import Need, Nudge, Nudges, again, begun, promised, still_needed, unanswered
from bot.core.lives import Stage
from bot.core.office import Office
from tests.builders import MONDAY, a_play, an_order

RULES = Nudges()


def wrote(message: str) -> f.CustomerWrote:
    return f.CustomerWrote(message=message)


def test_words_wait_until_somebody_answers_them() -> None:
    opened = a_play(at=Stage.OPENED).facts
    announced = a_play(at=Stage.ANNOUNCED).facts
    answer = f.StaffWrote(message="s1", text="We are looking.")

    assert unanswered((*opened, wrote("1"))) == ""  # what it opens with is answered by the announcement
    assert unanswered((*announced, wrote("2"), wrote("3"))) == "2"
    assert unanswered((*announced, wrote("2"), answer)) == ""
    assert unanswered((*announced, wrote("2"), answer, wrote("3"))) == "3"
    assert unanswered((*announced, wrote("2"), f.DiagnosisStarted())) == "2"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (1, timedelta(hours=1)),
        (8, timedelta(days=1)),  # to the next day's opening, and on from there
        (40, timedelta(days=7)),
    ],
)
def test_working_hours_pass_only_while_people_work(hours: int, expected: timedelta) -> None:
    at = Office().after(MONDAY, hours)

    assert at == MONDAY + expected


def test_facts_begin_what_is_reminded_of() -> None:
    play = a_play(at=Stage.QUOTED)
    quote = play.incident.quote
    assert quote is not None

    offered = begun(RULES, play.incident, f.QuoteOffered(number=quote.number, document_sha256="d"), play.now)
    asked = begun(RULES, play.incident, wrote("7"), MONDAY)

    assert offered is not None
    assert (offered.need, offered.about) == (Need.QUOTE, quote.number)
    assert play.incident.terms.day_of(offered.at) < quote.valid_until + timedelta(days=1)
    assert asked == Nudge(need=Need.ANSWER, about="7", at=MONDAY + timedelta(hours=4))
    assert begun(RULES, play.incident, f.DiagnosisStarted(), MONDAY) is None


def test_what_lapses_is_said_once_and_who_waits_is_said_again() -> None:
    incident = a_play(at=Stage.QUOTED).incident

    assert again(RULES, incident, Nudge(need=Need.QUOTE, about="D1", at=MONDAY), MONDAY) is None
    assert again(RULES, incident, Nudge(need=Need.ANSWER, about="7", at=MONDAY), MONDAY) is not None


def test_nothing_is_needed_of_what_is_over() -> None:
    ordered, started, closed = (a_play(at=stage) for stage in (Stage.ORDERED, Stage.DIAGNOSING, Stage.CLOSED))

    assert still_needed(ordered.incident, ordered.facts, Need.START, "order")
    assert not still_needed(started.incident, started.facts, Need.START, "order")
    assert not still_needed(closed.incident, (*closed.facts, wrote("9")), Need.ANSWER, "9")


def test_quote_and_request_are_needed_until_they_are_decided() -> None:
    quoted, working = a_play(at=Stage.QUOTED), a_play(at=Stage.WORKING)
    number = quoted.incident.quote.number if quoted.incident.quote else ""
    asked = a_play(at=Stage.DIAGNOSING)
    asked.order(an_order(c.RequestConsent, until=MONDAY + timedelta(days=3)))

    assert still_needed(quoted.incident, quoted.facts, Need.QUOTE, number)
    assert not still_needed(working.incident, working.facts, Need.QUOTE, number)
    assert still_needed(asked.incident, asked.facts, Need.LEAVE, "1")
    asked.order(an_order(c.RefuseConsent, number=1))
    assert not still_needed(asked.incident, asked.facts, Need.LEAVE, "1")


def test_promise_waits_until_words_keep_it() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    promise = f.StaffWrote(message="s1", text="Tomorrow.", promised_on=MONDAY.date() + timedelta(days=1))
    kept = f.StaffWrote(message="s2", text="Here it is.")

    nudge = begun(RULES, play.incident, promise, MONDAY)

    assert nudge is not None
    assert (nudge.need, nudge.about) == (Need.PROMISE, "s1")
    assert nudge.at == (MONDAY + timedelta(days=1)).replace(hour=7)  # nine o'clock in Paris
    assert begun(RULES, play.incident, kept, MONDAY) is None
    assert promised((*play.facts, promise)) == "s1"
    assert promised((*play.facts, promise, kept)) == ""
    assert still_needed(play.incident, (*play.facts, promise, wrote("7")), Need.PROMISE, "s1")
