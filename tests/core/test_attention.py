"""What staff are reminded of: when, of what, and when no more."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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


@pytest.mark.parametrize(
    ("asked", "until", "expected"),
    [
        ("2010-06-14T10:00", "2010-06-20T23:59", "2010-06-18T09:00"),  # lapses on a Sunday: on Friday
        ("2010-06-14T10:00", "2010-06-19T03:00", "2010-06-18T09:00"),  # in the night to Saturday
        ("2010-07-12T10:00", "2010-07-14T23:59", "2010-07-13T09:00"),  # on a holiday
        ("2010-06-14T10:00", "2010-06-17T23:59", "2010-06-17T09:00"),
        ("2010-06-18T15:00", "2010-06-20T23:59", "2010-06-18T16:00"),  # asked on Friday afternoon
        ("2010-06-18T18:00", "2010-06-20T23:59", None),  # nobody works before it lapses
    ],
)
def test_request_is_said_to_lapse_while_somebody_can_still_act(asked: str, until: str, expected: str | None) -> None:
    paris = ZoneInfo("Europe/Paris")
    at, end = (datetime.fromisoformat(moment).replace(tzinfo=paris) for moment in (asked, until))
    play = a_play(at=Stage.DIAGNOSING)
    play.now = at.astimezone(UTC)
    play.order(an_order(c.RequestConsent, until=end))

    nudge = begun(RULES, play.incident, play.facts[-1], at)

    assert (nudge.at if nudge else None) == (
        datetime.fromisoformat(expected).replace(tzinfo=paris) if expected else None
    )


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
