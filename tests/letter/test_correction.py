"""A manager puts right what the diagnosis found, after the end (letter §3): credit note, new bill, one mail."""

from datetime import date

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import InvoiceState, Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CREDIT_NOTE, INVOICE, STAFF, a_play, an_order, euros, price

OURS = "it was our router"
SECOND = "F2010-00002"


def test_correction_takes_the_invoice_back_and_leaves_nothing_owed() -> None:
    """§3.1."""
    play = a_play(at=Stage.INVOICED)

    decided = play.order(an_order(c.CorrectOutcome))

    credited = f.InvoiceCredited(
        number=CREDIT_NOTE, invoice=INVOICE, price=price("20.00"), issued_on=date(2010, 6, 14)
    )
    assert decided == (credited, f.OutcomeCorrected(outcome=f.Outcome.OUR_FAULT, reason=OURS))
    assert play.incident.invoice is None
    assert [each.state for each in play.incident.former_invoices] == [InvoiceState.CREDITED]
    assert play.order(an_order(c.Settle)) == (f.IncidentClosed(why="nothing_owed"),)


def test_customer_is_told_once_with_the_credit_note() -> None:
    play = a_play(at=Stage.INVOICED)
    before = len(play.told)
    play.order(an_order(c.CorrectOutcome))
    play.order(an_order(c.Settle))
    assert len(play.told) == before

    play.order(an_order(c.FilePaper, number=CREDIT_NOTE))

    assert play.told[before:] == (
        n.OutcomeCorrected(
            outcome=f.Outcome.OUR_FAULT,
            reason=OURS,
            number=CREDIT_NOTE,
            invoice=INVOICE,
            price=price("20.00"),
            owed=None,
            paid=None,
        ),
    )


def test_what_was_paid_is_kept_and_said() -> None:
    """Paid in full and closed: received money is neither forgotten nor moved by itself."""
    play = a_play(at=Stage.CLOSED)

    play.order(an_order(c.CorrectOutcome))
    play.order(an_order(c.Settle))
    play.order(an_order(c.FilePaper, number=CREDIT_NOTE))

    assert play.incident.former_invoices[0].paid == euros("24.00")
    assert [told.paid for told in play.told if isinstance(told, n.OutcomeCorrected)] == [euros("24.00")]


def test_diagnosis_that_was_free_is_billed_once_it_proves_not_to_be_our_fault() -> None:
    """§3.7: told at once, for nothing had been billed; no credit note is drawn."""
    play = a_play(at=Stage.REPAIRING)
    for order in (an_order(c.FinishWork), an_order(c.Settle)):
        play.order(order)

    decided = play.order(an_order(c.CorrectOutcome, outcome=f.Outcome.SOLVED))
    issued = play.order(an_order(c.Settle))

    assert decided == (f.OutcomeCorrected(outcome=f.Outcome.SOLVED, reason=OURS),)
    assert isinstance(play.told[-1], n.OutcomeCorrected)
    assert play.told[-1].owed == price("20.00")
    assert isinstance(issued, tuple)
    assert [type(fact) for fact in issued] == [f.InvoiceIssued]


def test_new_invoice_may_be_contested_and_reminded_like_any_other() -> None:
    """§6.1."""
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.SayContest))
    play.order(an_order(c.WithdrawContest))
    play.order(an_order(c.CorrectOutcome))
    play.order(an_order(c.Settle))
    play.order(an_order(c.CorrectOutcome, number="A2010-00002", outcome=f.Outcome.SOLVED))
    play.order(an_order(c.Settle, number=SECOND))

    facts = [fact for scene in play.wait(days=40) for fact in scene.facts]
    reminded = {fact.number for fact in facts if isinstance(fact, f.InvoiceReminded)}

    assert reminded == {SECOND}
    assert isinstance(play.order(an_order(c.SayContest)), tuple)


@pytest.mark.parametrize(
    ("stage", "wrong", "reason"),
    [
        (Stage.INVOICED, {"actor": STAFF}, Reason.NOT_ALLOWED),
        (Stage.INVOICED, {"reason": " "}, Reason.REASON_MISSING),
        (Stage.INVOICED, {"outcome": f.Outcome.SOLVED}, Reason.ALREADY),
        (Stage.INVOICED, {"outcome": f.Outcome.QUOTE}, Reason.OUTCOME_IMPOSSIBLE),
        (Stage.DIAGNOSING, {}, Reason.NOT_NOW),
        (Stage.WORKING, {}, Reason.NOT_NOW),
        (Stage.CANCELLED, {}, Reason.NOT_NOW),
    ],
)
def test_correction_of_what_cannot_be_corrected_is_refused(
    stage: Stage, wrong: dict[str, object], reason: Reason
) -> None:
    assert a_play(at=stage).order(an_order(c.CorrectOutcome, **wrong)) == Refused(reason)


@pytest.mark.parametrize("ending", [c.ConfirmContest, c.Concede, c.SayContest])
def test_what_a_contest_settles_is_not_corrected(ending: type[c.Command]) -> None:
    """§6: while it is open a manager concedes; afterwards nothing is billed again."""
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.SayContest))
    play.order(an_order(ending))

    assert play.order(an_order(c.CorrectOutcome)) == Refused(Reason.NOT_NOW)


@pytest.mark.parametrize("ending", [c.ConfirmContest, c.Concede])
def test_what_a_contest_settled_stays_settled_whatever_is_contested_after_it(ending: type[c.Command]) -> None:
    """§6.1: the credit note of a part stands, though the contest of the rest is taken back."""
    play = a_play(at=Stage.DONE)
    for order in (
        an_order(c.Settle),
        an_order(c.SayContest, lines=(2,)),
        an_order(ending),
        an_order(c.SayContest),
        an_order(c.WithdrawContest),
    ):
        assert isinstance(play.order(order), tuple)

    assert play.order(an_order(c.CorrectOutcome)) == Refused(Reason.NOT_NOW)


def test_what_was_written_off_is_not_billed_again() -> None:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.WriteOff))

    assert play.order(an_order(c.CorrectOutcome, outcome=f.Outcome.SOLVED)) == Refused(Reason.NOT_NOW)


def test_held_invoice_may_be_corrected_away() -> None:
    """What could not be billed need not wait for ever."""
    play = a_play(at=Stage.SOLVED)
    play.order(an_order(c.Settle, faults=("buyer_address",)))

    play.order(an_order(c.CorrectOutcome))

    assert play.order(an_order(c.Settle)) == (f.IncidentClosed(why="nothing_owed"),)
