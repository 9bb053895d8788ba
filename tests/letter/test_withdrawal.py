"""A consumer withdraws: work stops at once, staff say what was done, and only then is it billed (letter §4.3)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.invoice import dues
from bot.core.lives import ConsentState, Due, QuoteState, Stage
from bot.core.money import Money, Price
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from tests.builders import CUSTOMER, EVIDENCE, MANAGER, MONDAY, QUOTE, STAFF, a_play, an_order, price

SETTLES_BY = datetime(2010, 6, 21, 21, 59, 59, 999_999, tzinfo=UTC)
WHOLE = Price.at(Money(cents=18000), Decimal(20))


def test_withdrawal_stops_the_work_and_the_leave_at_once_and_bills_nothing_yet() -> None:
    play = a_play(at=Stage.WORKING, kind=Kind.CONSUMER)
    play.order(an_order(c.RequestConsent))
    play.order(an_order(c.GrantConsent))

    decided = play.order(an_order(c.WithdrawFromContract))

    assert decided == (
        f.ContractWithdrawn(number=QUOTE, settles_by=SETTLES_BY, evidence=EVIDENCE),
        f.ConsentClosed(number=1),
    )
    assert play.incident.stage is Stage.WITHDRAWN
    assert play.incident.quotes[0].state is QuoteState.REVOKED
    assert play.incident.consents[0].state is ConsentState.CLOSED
    assert dues(play.incident) == frozenset()
    assert play.order(an_order(c.FinishWork)) == Refused(Reason.NOT_NOW)
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NOT_NOW)


def test_acknowledgement_says_what_was_declared_and_when() -> None:
    """L221-21"""
    play = a_play(at=Stage.WORKING, kind=Kind.CONSUMER)
    play.wait(hours=5)

    play.order(an_order(c.WithdrawFromContract))

    assert play.told[-1] == n.ContractWithdrawn(
        quote=QUOTE,
        price=WHOLE,
        accepted_at=MONDAY,
        withdrawn_at=MONDAY + timedelta(hours=5),
        settles_by=SETTLES_BY,
        diagnosis=price("20.00"),
    )


@pytest.mark.parametrize(("done", "owed"), [(0, 0), (33, 5940), (100, 18000)])
def test_share_of_the_price_is_owed_that_staff_say_was_done(done: int, owed: int) -> None:
    """L221-25: pro rata."""
    play = a_play(at=Stage.WITHDRAWN)
    part = Price.at(Money(cents=owed), Decimal(20))

    decided = play.order(an_order(c.SettleWithdrawal, done_percent=done, report="The index."))

    assert decided == (f.WorkStopped(by=f.Role.CUSTOMER, reason="The index.", owed=part),)
    assert dues(play.incident) == {Due.DIAGNOSIS, Due.PART_OF_WORK}
    assert play.told[-1] == n.WorkStopped(
        by=f.Role.CUSTOMER, reason="The index.", owed=part, diagnosis=price("20.00"), work=WHOLE
    )


def test_what_nobody_says_was_done_counts_as_nothing() -> None:
    play = a_play(at=Stage.WITHDRAWN)

    play.wait_until(SETTLES_BY)
    waits = play.incident.stage
    play.wait(hours=1)

    assert waits is Stage.WITHDRAWN
    assert play.facts[-1] == f.WorkStopped(by=f.Role.CUSTOMER, reason="", owed=price("0.00"))


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_order(c.SettleWithdrawal, done_percent=-1), Reason.AMOUNT_WRONG),
        (an_order(c.SettleWithdrawal, done_percent=101), Reason.AMOUNT_WRONG),
        (an_order(c.SettleWithdrawal, report=" "), Reason.REPORT_MISSING),
        (an_order(c.SettleWithdrawal, actor=CUSTOMER), Reason.NOT_ALLOWED),
        (an_order(c.WithdrawFromContract), Reason.ALREADY),
        (an_order(c.WithdrawFromContract, actor=STAFF), Reason.NOT_ALLOWED),
        (an_order(c.StopWork, actor=MANAGER), Reason.NOT_NOW),
        (an_order(c.CancelIncident), Reason.NOT_NOW),
    ],
)
def test_what_cannot_be_ordered_once_they_withdrew(order: c.Command, reason: Reason) -> None:
    assert a_play(at=Stage.WITHDRAWN).order(order) == Refused(reason)


def test_withdrawal_is_for_consumers_within_fourteen_days() -> None:
    """L221-18: the fourteenth day counts to its end."""
    withdraw = an_order(c.WithdrawFromContract)
    business = a_play(at=Stage.WORKING)
    in_time, late = (a_play(at=Stage.WORKING, kind=Kind.CONSUMER) for _ in range(2))
    in_time.now = datetime(2010, 6, 28, 21, 59, 59, tzinfo=UTC)
    late.now = in_time.now + timedelta(seconds=1)

    assert business.order(withdraw) == Refused(Reason.CONSUMER_ONLY)
    assert isinstance(in_time.order(withdraw), tuple)
    assert late.order(withdraw) == Refused(Reason.WITHDRAWAL_ENDED)


def test_days_that_end_on_a_weekend_end_with_the_monday() -> None:
    """L221-19: accepted on a Saturday, the fourteenth day is one."""
    saturday = MONDAY + timedelta(days=5)
    in_time, late = (a_play(at=Stage.WORKING, kind=Kind.CONSUMER, now=saturday) for _ in range(2))
    in_time.now = datetime(2010, 7, 5, 21, 59, 59, tzinfo=UTC)
    late.now = in_time.now + timedelta(seconds=1)

    assert isinstance(in_time.order(an_order(c.WithdrawFromContract)), tuple)
    assert late.order(an_order(c.WithdrawFromContract)) == Refused(Reason.WITHDRAWAL_ENDED)


def test_withdrawal_is_there_while_part_of_the_work_is_done_and_ends_with_all_of_it() -> None:
    """L221-28: fully performed at their express request."""
    partly, finished = (a_play(at=Stage.WORKING, kind=Kind.CONSUMER) for _ in range(2))
    partly.order(an_order(c.RequestConsent))
    partly.order(an_order(c.GrantConsent))
    partly.order(an_order(c.RecordAct))
    finished.order(an_order(c.FinishWork))

    assert isinstance(partly.order(an_order(c.WithdrawFromContract)), tuple)
    assert finished.order(an_order(c.WithdrawFromContract)) == Refused(Reason.NOT_NOW)
