"""What staff are reminded of: when, of what, and when no more."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.attention import Need, Nudge, Nudges, again, begun, begun_anew, promised, still_needed, unanswered
from bot.core.lives import Stage
from bot.core.office import Office
from tests.builders import MONDAY, a_play, an_order
from tests.play import Play

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


def test_staff_are_reminded_on_working_days_of_their_own_country() -> None:
    """Belgium's day is the 21st of July, wherever the customer is."""
    incident = a_play(at=Stage.ORDERED).incident
    belgian = replace(incident, terms=replace(incident.terms, country="BE"))
    day = datetime(2010, 7, 21, 8, tzinfo=UTC)

    asked = begun(RULES, belgian, wrote("7"), day)

    assert asked == Nudge(need=Need.ANSWER, about="7", at=datetime(2010, 7, 22, 11, tzinfo=UTC))
    assert begun(RULES, incident, wrote("7"), day) == replace(asked, at=day + timedelta(hours=4))


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


def held(*faults: str) -> Play:
    """An ending whose invoice lacks this."""
    play = a_play(at=Stage.SOLVED)
    play.order(an_order(c.Settle, faults=faults))
    return play


def test_details_that_an_invoice_lacks_are_waited_for_until_they_are_given() -> None:
    play, ours = held("buyer_address"), held("seller_siren")

    nudge = begun(RULES, play.incident, play.facts[-1], MONDAY)

    assert nudge == Nudge(need=Need.DETAILS, about="invoice", at=MONDAY + timedelta(days=3))
    assert begun(RULES, ours.incident, ours.facts[-1], MONDAY) is None  # the customer was not asked
    assert again(RULES, play.incident, nudge, MONDAY) is not None
    assert still_needed(play.incident, play.facts, Need.DETAILS, "invoice")
    assert begun_anew((f.InvoiceHeld(faults=("buyer_name",)),), Need.DETAILS, "invoice")
    play.order(an_order(c.Settle))
    assert not still_needed(play.incident, play.facts, Need.DETAILS, "invoice")


def test_promised_payment_is_missed_once_the_bank_had_a_working_day_for_it() -> None:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.PromisePayment, until=date(2010, 6, 18)))
    number = play.incident.invoice.number if play.incident.invoice else ""

    nudge = begun(RULES, play.incident, play.facts[-1], MONDAY)

    assert nudge == Nudge(need=Need.PAYMENT, about=number, at=datetime(2010, 6, 22, 7, tzinfo=UTC))  # Tuesday, nine
    assert again(RULES, play.incident, nudge, MONDAY) is None
    assert still_needed(play.incident, play.facts, Need.PAYMENT, number)
    assert not still_needed(play.incident, play.facts, Need.PAYMENT, "F2010-99999")


@pytest.mark.parametrize("order", [c.RecordPayment, c.SayContest])
def test_promised_payment_is_not_missed_of_what_is_paid_or_contested(order: type[c.Command]) -> None:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.PromisePayment, until=date(2010, 6, 18)))
    play.order(an_order(order))
    number = play.incident.invoice.number if play.incident.invoice else ""

    assert not still_needed(play.incident, play.facts, Need.PAYMENT, number)


def test_promised_payment_is_missed_by_the_last_day_that_was_agreed_on() -> None:
    later = f.PaymentPromised(number="F1", until=date(2010, 7, 1), by=f.Role.STAFF)
    patience = f.RemindersHeld(number="F1", until=date(2010, 7, 1), reason="On holiday.")

    assert begun_anew((later,), Need.PAYMENT, "F1")
    assert begun_anew((patience,), Need.PAYMENT, "F1")
    assert not begun_anew((later,), Need.PAYMENT, "F2")


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
