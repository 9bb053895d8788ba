"""Promises to pay and holds by staff: reminders wait for their day, then go on (letter §5.2)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, EVIDENCE, INVOICE, MANAGER, STAFF, a_play, an_order, euros, price
from tests.play import Play, Scene

PARIS = ZoneInfo("Europe/Paris")
DUE = date(2010, 7, 14)


def invoiced() -> Play:
    return a_play(at=Stage.INVOICED)


def reminded(scenes: list[Scene]) -> list[tuple[int, str]]:
    """Level and day of each reminder."""
    return [
        (fact.level, scene.at.astimezone(PARIS).date().isoformat())
        for scene in scenes
        for fact in scene.facts
        if isinstance(fact, f.InvoiceReminded)
    ]


def test_promise_is_kept_with_its_evidence_and_answered_with_a_receipt() -> None:
    play = invoiced()

    decided = play.order(an_order(c.PromisePayment, until=date(2010, 7, 10)))

    assert decided == (
        f.PaymentPromised(number=INVOICE, until=date(2010, 7, 10), by=f.Role.CUSTOMER, evidence=EVIDENCE),
    )
    assert play.told[-1] == n.PaymentPromised(
        number=INVOICE, price=price("20.00"), open=euros("24.00"), until=date(2010, 7, 10)
    )


def test_reminders_wait_for_the_promised_day_and_one_follows_it() -> None:
    """Three levels fall within the promise: the highest goes out, the others never."""
    play = invoiced()
    play.wait(days=20)
    play.order(an_order(c.PromisePayment, actor=STAFF, until=date(2010, 7, 30), evidence=None, words="by phone"))

    assert reminded(play.wait(days=200)) == [(3, "2010-08-02"), (4, "2010-08-09")]


def test_broken_promise_is_named_in_the_reminder() -> None:
    play = invoiced()
    play.wait(days=20)
    play.order(an_order(c.PromisePayment, until=date(2010, 7, 20)))

    play.wait(days=20)

    assert play.told[-1] == n.ReminderOverdue(
        number=INVOICE, price=price("20.00"), open=euros("24.00"), due_on=DUE, level=2, promised=date(2010, 7, 20)
    )


def test_promise_after_the_last_level_is_followed_by_one_reminder_more() -> None:
    """The formal notice went out on the 9th of August; they promise on the 12th and do not pay."""
    play = invoiced()
    play.wait(days=59)
    play.order(an_order(c.PromisePayment, until=date(2010, 8, 20)))

    assert reminded(play.wait(days=300)) == [(4, "2010-08-23")]


def test_formal_notice_after_a_promise_names_the_day_that_the_promise_left() -> None:
    """§6.6: a week after the reminder, not a day that has passed."""
    play = invoiced()
    play.wait(days=70)
    play.order(an_order(c.PromisePayment, actor=STAFF, until=date(2010, 9, 10)))

    play.wait(days=22)

    assert isinstance(play.told[-1], n.FormalNotice)
    assert play.told[-1].limited_on == date(2010, 9, 20)


def test_paid_as_promised_there_is_none() -> None:
    play = invoiced()
    play.order(an_order(c.PromisePayment, until=date(2010, 7, 10)))
    play.wait(days=25)
    play.order(an_order(c.RecordPayment, received_on=date(2010, 7, 9)))

    assert play.wait(days=300) == []


def test_support_is_not_limited_while_a_promise_runs_nor_in_the_week_after() -> None:
    """§6.6: the limit would have come on the 30th of August."""
    play = invoiced()
    play.wait(days=70)
    play.order(an_order(c.PromisePayment, actor=STAFF, until=date(2010, 9, 10)))

    scenes = play.wait(days=300)

    limited = [scene.at.astimezone(PARIS) for scene in scenes if type(scene.facts[0]) is f.InvoiceLongOverdue]
    assert limited == [datetime(2010, 9, 20, 9, tzinfo=PARIS)]


def test_hold_stops_reminders_without_a_word_to_the_customer() -> None:
    play = invoiced()
    before = len(play.told)

    decided = play.order(an_order(c.HoldReminders, until=date(2010, 7, 25)))

    assert decided == (f.RemindersHeld(number=INVOICE, until=date(2010, 7, 25), reason="the director is ill"),)
    assert len(play.told) == before
    assert reminded(play.wait(days=200)) == [(3, "2010-07-26"), (4, "2010-08-09")]


def test_newer_hold_replaces_the_older_and_today_ends_it() -> None:
    play = invoiced()
    play.order(an_order(c.HoldReminders, until=date(2010, 9, 1)))
    play.wait(days=30)
    play.order(an_order(c.HoldReminders, until=date(2010, 7, 14), reason="they are back"))

    assert reminded(play.wait(days=3)) == [(1, "2010-07-15")]


@pytest.mark.parametrize("order", [c.HoldReminders, c.PromisePayment])
def test_neither_lies_in_the_past_nor_lasts_for_ever(order: type[c.Command]) -> None:
    assert invoiced().order(an_order(order, actor=STAFF, until=date(2010, 6, 13))) == Refused(Reason.END_PASSED)
    assert invoiced().order(an_order(order, actor=STAFF, until=date(2010, 12, 12))) == Refused(Reason.TOO_FAR)
    assert not isinstance(invoiced().order(an_order(order, actor=STAFF, until=date(2010, 12, 11))), Refused)


def test_customer_promises_once_and_for_thirty_days_at_most() -> None:
    play = invoiced()

    assert play.order(an_order(c.PromisePayment, until=date(2010, 7, 15))) == Refused(Reason.TOO_FAR)
    play.order(an_order(c.PromisePayment, until=date(2010, 7, 14)))
    assert play.order(an_order(c.PromisePayment, until=date(2010, 7, 1))) == Refused(Reason.ALREADY)
    assert not isinstance(play.order(an_order(c.PromisePayment, actor=STAFF, until=date(2010, 8, 1))), Refused)


def test_hold_takes_a_reason_and_staff() -> None:
    assert invoiced().order(an_order(c.HoldReminders, reason=" ")) == Refused(Reason.REASON_MISSING)
    assert invoiced().order(an_order(c.HoldReminders, actor=CUSTOMER)) == Refused(Reason.NOT_ALLOWED)
    assert not isinstance(invoiced().order(an_order(c.HoldReminders, actor=MANAGER)), Refused)


def test_contested_invoice_is_not_promised() -> None:
    play = invoiced()
    play.order(an_order(c.SayContest))

    assert play.order(an_order(c.PromisePayment)) == Refused(Reason.NOT_NOW)


def test_promise_takes_no_right_to_contest_away() -> None:
    """§6.1."""
    play = invoiced()
    play.order(an_order(c.PromisePayment))

    assert not isinstance(play.order(an_order(c.SayContest)), Refused)
