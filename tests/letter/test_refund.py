"""What was paid of an invoice that is taken back is owed to the customer until it was paid back (letter §3, §6)."""

from datetime import date

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.money import Money
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, INVOICE, a_play, an_order, euros
from tests.play import Play


def owed_back(play: Play) -> list[tuple[str, Money]]:
    return [(invoice.number, invoice.owed_back) for invoice in play.incident.owed_back]


def corrected() -> Play:
    """Paid, closed, and found to be our fault."""
    play = a_play(at=Stage.CLOSED)
    for order in (an_order(c.CorrectOutcome), an_order(c.Settle)):
        play.order(order)
    return play


def test_what_was_paid_is_owed_back_until_it_is_paid_back() -> None:
    play = corrected()
    assert owed_back(play) == [(INVOICE, euros("24.00"))]

    first = play.order(an_order(c.RecordRefund, amount=euros("20.00")))
    play.order(an_order(c.RecordRefund, amount=euros("4.00")))

    assert first == (
        f.PaymentRefunded(
            number=INVOICE, amount=euros("20.00"), refunded_on=date(2010, 6, 14), still_owed=euros("4.00")
        ),
    )
    assert (owed_back(play), play.incident.stage) == ([], Stage.CLOSED)
    assert play.order(an_order(c.RecordRefund)) == Refused(Reason.NOTHING_OWED_BACK)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_order(c.RecordRefund, amount=euros("24.01")), Reason.AMOUNT_WRONG),
        (an_order(c.RecordRefund, amount=euros("0.00")), Reason.AMOUNT_WRONG),
        (an_order(c.RecordRefund, amount=Money(cents=2400, currency="USD")), Reason.AMOUNT_WRONG),
        (an_order(c.RecordRefund, refunded_on=date(2010, 6, 15)), Reason.END_PASSED),
        (an_order(c.RecordRefund, number="F2010-00099"), Reason.NOTHING_OWED_BACK),
        (an_order(c.RecordRefund, actor=CUSTOMER), Reason.NOT_ALLOWED),
    ],
)
def test_only_what_came_in_is_paid_back_by_staff(order: c.RecordRefund, reason: Reason) -> None:
    play = corrected()

    assert play.order(order) == Refused(reason)
    assert owed_back(play) == [(INVOICE, euros("24.00"))]


def test_part_paid_before_a_contest_is_owed_back_once_it_is_final() -> None:
    """§6.1: then they pay nothing."""
    play = a_play(at=Stage.INVOICED)
    for order in (an_order(c.RecordPayment, amount=euros("10.00")), an_order(c.SayContest)):
        play.order(order)
    assert owed_back(play) == []

    play.order(an_order(c.ConfirmContest))

    assert owed_back(play) == [(INVOICE, euros("10.00"))]


def test_two_corrections_owe_both_payments_back() -> None:
    """The second correction does not hide what the first one left to be paid back."""
    play = a_play(at=Stage.CLOSED)
    play.order(an_order(c.CorrectOutcome, outcome=f.Outcome.NO_QUOTE))
    play.order(an_order(c.CorrectOutcome, outcome=f.Outcome.SOLVED, number="A2010-00002"))
    play.order(an_order(c.Settle, number="F2010-00002"))
    play.order(an_order(c.RecordPayment, amount=euros("5.00")))
    play.order(an_order(c.CorrectOutcome, number="A2010-00002"))

    assert owed_back(play) == [(INVOICE, euros("24.00")), ("F2010-00002", euros("5.00"))]

    play.order(an_order(c.RecordRefund, amount=euros("5.00"), number="F2010-00002"))
    assert owed_back(play) == [(INVOICE, euros("24.00"))]


def test_nothing_is_owed_back_of_what_was_written_off() -> None:
    play = a_play(at=Stage.INVOICED)
    for order in (an_order(c.RecordPayment, amount=euros("10.00")), an_order(c.WriteOff)):
        play.order(order)

    assert owed_back(play) == []
