"""One invoice when the work is done, its document, its payment (letter §5)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import InvoiceState, Stage
from bot.core.money import Line, Money
from bot.core.refusals import Reason, Refused
from bot.core.terms import Terms
from tests.builders import CUSTOMER, INVOICE, LINES, MANAGER, MONDAY, STAFF, a_play, an_order, euros, price

DIAGNOSIS = Line(label="Diagnosis", quantity=Decimal(1), unit=euros("20.00"))
TODAY = date(2010, 6, 14)


def test_work_done_makes_one_invoice_due_in_thirty_days() -> None:
    """§5.1: diagnosis and quote together."""
    play = a_play(at=Stage.DONE)

    decided = play.order(an_order(c.Settle))

    assert decided == (
        f.InvoiceIssued(
            number=INVOICE,
            lines=(DIAGNOSIS, *LINES),
            price=price("200.00"),
            issued_on=TODAY,
            due_on=date(2010, 7, 14),
        ),
    )
    assert play.order(an_order(c.Settle)) == Refused(Reason.NOT_NOW)


def test_invoice_with_faults_is_held_back_and_its_incident_stays_where_it_ended() -> None:
    """§5.1: neither a wrong invoice nor a lost one; the same faults are said once."""
    play = a_play(at=Stage.DONE)
    faulty = an_order(c.Settle, faults=("buyer_address",))

    assert play.order(faulty) == (f.InvoiceHeld(faults=("buyer_address",)),)
    assert play.order(faulty) == Refused(Reason.INVOICE_FAULTY)
    assert (play.incident.stage, play.incident.invoice) == (Stage.DONE, None)
    assert play.order(an_order(c.Settle, faults=("buyer_siren",))) == (f.InvoiceHeld(faults=("buyer_siren",)),)

    play.order(an_order(c.Settle, actor=STAFF))

    assert (play.incident.stage, play.incident.invoice_faults) == (Stage.INVOICED, ())


def test_faults_keep_nothing_back_where_nothing_is_owed() -> None:
    """§3.1, §7.1."""
    play = a_play(at=Stage.UNBILLED)

    assert play.order(an_order(c.Settle, faults=("buyer_address",))) == (f.IncidentClosed(why="nothing_owed"),)


def test_invoice_of_a_clock_that_was_put_back_is_dated_with_its_series() -> None:
    """Its thirty days begin on the date it bears."""
    play = a_play(at=Stage.SOLVED)

    play.order(an_order(c.Settle, day=date(2010, 6, 20)))

    assert play.incident.invoice is not None
    assert (play.incident.invoice.issued_on, play.incident.invoice.due_on) == (date(2010, 6, 20), date(2010, 7, 20))


@pytest.mark.parametrize("stage", [Stage.OPENED, Stage.ORDERED, Stage.DIAGNOSING, Stage.QUOTED, Stage.WORKING])
def test_nothing_is_asked_in_advance(stage: Stage) -> None:
    """§5.3."""
    play = a_play(at=stage)

    assert play.order(an_order(c.Settle)) == Refused(Reason.NOT_NOW)
    assert play.incident.invoice is None


def test_invoice_is_dated_in_the_providers_zone() -> None:
    """A minute past midnight in Paris is still the day before in UTC."""
    play = a_play(at=Stage.SOLVED, now=datetime(2010, 6, 30, 22, 1, tzinfo=UTC), terms=Terms(payment_days=45))

    play.order(an_order(c.Settle))

    assert play.incident.invoice is not None
    assert (play.incident.invoice.issued_on, play.incident.invoice.due_on) == (date(2010, 7, 1), date(2010, 8, 15))


def test_invoice_goes_out_with_its_frozen_document() -> None:
    """Issued first, told once the document is filed; filed once."""
    play = a_play(at=Stage.INVOICED)
    before = play.told

    decided = play.order(an_order(c.FilePaper))

    assert not any(isinstance(told, n.InvoiceIssued) for told in before)
    assert decided == (f.PaperFiled(number=INVOICE, document_sha256="b" * 64),)
    assert play.told[len(before) :] == (
        n.InvoiceIssued(number=INVOICE, lines=(DIAGNOSIS,), price=price("20.00"), due_on=date(2010, 7, 14)),
    )
    assert play.order(an_order(c.FilePaper)) == Refused(Reason.ALREADY)


@pytest.mark.parametrize("number", ["", "F2010-99999"])
def test_document_of_another_paper_is_refused(number: str) -> None:
    assert a_play(at=Stage.INVOICED).order(an_order(c.FilePaper, number=number)) == Refused(Reason.NOTHING_OPEN)


def test_last_cent_closes_the_incident() -> None:
    play = a_play(at=Stage.INVOICED)

    decided = play.order(an_order(c.RecordPayment))

    assert decided == (
        f.PaymentReceived(number=INVOICE, amount=euros("24.00"), received_on=TODAY, still_open=euros("0.00")),
        f.IncidentClosed(why="paid"),
    )
    assert play.told[-1] == n.PaymentReceived(
        invoice=INVOICE, price=price("20.00"), amount=euros("24.00"), still_open=euros("0.00")
    )
    assert play.incident.stage is Stage.CLOSED
    assert play.order(an_order(c.RecordPayment)) == Refused(Reason.NOT_NOW)


def test_payments_in_part_leave_the_rest_open() -> None:
    play = a_play(at=Stage.INVOICED)

    first = play.order(an_order(c.RecordPayment, amount=euros("10.00")))

    assert first == (
        f.PaymentReceived(number=INVOICE, amount=euros("10.00"), received_on=TODAY, still_open=euros("14.00")),
    )
    assert play.incident.invoice is not None
    assert (play.incident.invoice.state, play.incident.invoice.open) == (InvoiceState.PART_PAID, euros("14.00"))
    play.order(an_order(c.RecordPayment, amount=euros("14.00")))
    assert play.incident.invoice.state is InvoiceState.PAID
    assert play.incident.stage is Stage.CLOSED


@pytest.mark.parametrize(
    "amount", [Money(cents=0), Money(cents=-2400), Money(cents=2401), Money(cents=2400, currency="USD")]
)
def test_payment_of_what_is_not_open_is_refused(amount: Money) -> None:
    assert a_play(at=Stage.INVOICED).order(an_order(c.RecordPayment, amount=amount)) == Refused(Reason.AMOUNT_WRONG)


def test_payment_from_tomorrow_is_refused() -> None:
    tomorrow = TODAY + timedelta(days=1)

    decided = a_play(at=Stage.INVOICED).order(an_order(c.RecordPayment, received_on=tomorrow))

    assert decided == Refused(Reason.END_PASSED)


def test_payment_is_recorded_by_staff_or_the_bank_never_by_the_customer() -> None:
    play = a_play(at=Stage.INVOICED)

    assert play.order(an_order(c.RecordPayment, actor=CUSTOMER)) == Refused(Reason.NOT_ALLOWED)
    assert isinstance(play.order(an_order(c.RecordPayment, actor=f.BOT)), tuple)


def test_writing_off_takes_a_manager_and_a_reason() -> None:
    play = a_play(at=Stage.INVOICED)

    assert play.order(an_order(c.WriteOff, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)
    assert play.order(an_order(c.WriteOff, actor=MANAGER, reason="")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.WriteOff)) == (
        f.InvoiceWrittenOff(number=INVOICE, reason="goodwill"),
        f.IncidentClosed(why="written_off"),
    )
    assert play.told[-1] == n.InvoiceWrittenOff(invoice=INVOICE)
    assert play.wait(days=365) == []


def test_incident_without_anything_owed_closes_without_an_invoice() -> None:
    play = a_play(at=Stage.UNBILLED)

    assert play.order(an_order(c.Settle)) == (f.IncidentClosed(why="nothing_owed"),)
    assert play.incident.invoice is None
    assert play.incident.closed_at == MONDAY


def test_payment_the_bank_took_back_opens_invoice_and_incident_again() -> None:
    play = a_play(at=Stage.CLOSED)

    decided = play.order(an_order(c.ReturnPayment, reason="AM04"))

    assert decided == (
        f.PaymentReturned(
            number=INVOICE,
            amount=euros("24.00"),
            returned_on=TODAY,
            still_open=euros("24.00"),
            entry="bank-2",
            reason="AM04",
        ),
    )
    assert play.told[-1] == n.PaymentReturned(
        number=INVOICE, price=price("20.00"), amount=euros("24.00"), open=euros("24.00")
    )
    assert play.incident.stage is Stage.INVOICED
    assert play.incident.invoice is not None
    assert (play.incident.invoice.state, play.incident.closed_at) == (InvoiceState.ISSUED, None)


def test_payment_in_part_that_comes_back_leaves_the_rest_paid() -> None:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.RecordPayment, amount=euros("10.00")))
    play.order(an_order(c.RecordPayment, amount=euros("14.00")))

    play.order(an_order(c.ReturnPayment, amount=euros("14.00")))

    assert play.incident.invoice is not None
    assert (play.incident.invoice.state, play.incident.invoice.open) == (InvoiceState.PART_PAID, euros("14.00"))


@pytest.mark.parametrize("cents", [0, -1, 2401])
def test_no_more_comes_back_than_was_paid(cents: int) -> None:
    play = a_play(at=Stage.CLOSED)

    assert play.order(an_order(c.ReturnPayment, amount=Money(cents=cents))) == Refused(Reason.AMOUNT_WRONG)


def test_nothing_reopens_what_was_written_off() -> None:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.RecordPayment, amount=euros("10.00")))
    play.order(an_order(c.WriteOff))

    assert play.order(an_order(c.ReturnPayment, amount=euros("10.00"))) == Refused(Reason.NOTHING_OPEN)


def test_only_the_bank_says_that_a_payment_came_back() -> None:
    assert a_play(at=Stage.CLOSED).order(an_order(c.ReturnPayment, actor=MANAGER)) == Refused(Reason.NOT_ALLOWED)
