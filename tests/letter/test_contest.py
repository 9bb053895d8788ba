"""Contesting: two steps by the customer, nothing owed, support lost, and nothing else (letter §6)."""

from datetime import date, timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import ContestState, InvoiceState, Stage
from bot.core.refusals import Reason, Refused
from tests.builders import (
    CREDIT_NOTE,
    EVIDENCE,
    INVOICE,
    MANAGER,
    MONDAY,
    STAFF,
    a_play,
    an_order,
    euros,
    price,
)
from tests.play import Play

CREDITED = f.InvoiceCredited(number=CREDIT_NOTE, invoice=INVOICE, price=price("20.00"), issued_on=date(2010, 6, 14))


def said() -> Play:
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.SayContest))
    return play


def confirmed() -> Play:
    play = said()
    play.order(an_order(c.ConfirmContest))
    return play


def state(play: Play) -> ContestState:
    assert play.incident.contest is not None
    return play.incident.contest.state


def test_first_step_loses_nothing_and_says_what_the_second_means() -> None:
    """§6.4: no argument, no proof."""
    play = a_play(at=Stage.INVOICED)

    decided = play.order(an_order(c.SayContest, reason=""))

    assert decided == (f.ContestSaid(evidence=EVIDENCE, reason=""),)
    assert play.told[-1] == n.ContestSaid(
        number=INVOICE, price=price("20.00"), open=euros("24.00"), until=date(2010, 6, 29)
    )
    assert play.incident.stage is Stage.INVOICED


def test_second_step_without_the_first_is_refused() -> None:
    """§6.4."""
    assert a_play(at=Stage.INVOICED).order(an_order(c.ConfirmContest)) == Refused(Reason.NOT_CONTESTED)


def test_confirmed_contest_credits_the_whole_invoice_and_closes() -> None:
    """§6.1: they pay nothing."""
    play = said()

    decided = play.order(an_order(c.ConfirmContest))

    assert decided == (f.ContestConfirmed(evidence=EVIDENCE), CREDITED, f.IncidentClosed(why="contested"))
    assert play.told[-1] == n.ContestConfirmed(invoice=INVOICE)
    assert play.incident.invoice is not None
    assert play.incident.invoice.state is InvoiceState.CREDITED
    assert play.incident.invoice.open == euros("0.00")
    assert state(play) is ContestState.EFFECTIVE


def test_credit_note_goes_out_with_its_document() -> None:
    play = confirmed()

    decided = play.order(an_order(c.FilePaper, number=CREDIT_NOTE, document_sha256="e" * 64))

    assert decided == (f.PaperFiled(number=CREDIT_NOTE, document_sha256="e" * 64),)
    assert play.told[-1] == n.InvoiceCredited(number=CREDIT_NOTE, invoice=INVOICE, price=price("20.00"))
    assert play.order(an_order(c.FilePaper, number=CREDIT_NOTE)) == Refused(Reason.ALREADY)


@pytest.mark.parametrize("order", [c.SayContest, c.ConfirmContest, c.WithdrawContest])
@pytest.mark.parametrize("actor", [STAFF, MANAGER, f.BOT, f.CALENDAR])
def test_contest_is_the_customers_alone(order: type[c.Command], actor: f.Actor) -> None:
    """§6.4: both steps."""
    assert said().order(an_order(order, actor=actor)) == Refused(Reason.NOT_ALLOWED)


def test_saying_or_confirming_twice_changes_nothing() -> None:
    assert said().order(an_order(c.SayContest, expected=1)) == Refused(Reason.ALREADY)
    assert confirmed().order(an_order(c.SayContest)) == Refused(Reason.ALREADY)
    assert confirmed().order(an_order(c.ConfirmContest)) == Refused(Reason.ALREADY)


def test_silence_after_the_first_step_never_forfeits() -> None:
    """§6.4: unconfirmed after fifteen days is as withdrawn."""
    play = said()

    lapsed = play.wait(days=16)

    assert [(scene.at - MONDAY, scene.facts) for scene in lapsed] == [(timedelta(days=15), (f.ContestLapsed(),))]
    assert play.told[-1] == n.ContestLapsed(number=INVOICE, price=price("20.00"), open=euros("24.00"))
    assert state(play) is ContestState.LAPSED
    assert f.ContestConfirmed not in play.happened


def test_contest_said_again_has_its_fifteen_days_anew() -> None:
    play = said()
    play.wait(days=2)
    play.order(an_order(c.WithdrawContest))
    play.wait(days=8)
    play.order(an_order(c.SayContest))

    assert f.ContestLapsed not in {type(fact) for scene in play.wait(days=14) for fact in scene.facts}
    assert f.ContestLapsed in {type(fact) for scene in play.wait(days=1) for fact in scene.facts}


def test_withdrawn_contest_leaves_the_invoice_as_it_was() -> None:
    play = said()

    decided = play.order(an_order(c.WithdrawContest))

    assert decided == (f.ContestWithdrawn(evidence=EVIDENCE),)
    assert play.told[-1] == n.ContestWithdrawn(number=INVOICE, price=price("20.00"), open=euros("24.00"))
    assert play.order(an_order(c.WithdrawContest)) == Refused(Reason.NOT_CONTESTED)
    assert play.order(an_order(c.ConfirmContest)) == Refused(Reason.NOT_CONTESTED)


def test_conceding_credits_and_keeps_support() -> None:
    """§6.4: a manager, with a reason."""
    play = said()

    assert play.order(an_order(c.Concede, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)
    assert play.order(an_order(c.Concede, reason=" ")) == Refused(Reason.REASON_MISSING)
    decided = play.order(an_order(c.Concede))

    assert decided == (
        f.ContestConceded(reason="it was our router"),
        CREDITED,
        f.IncidentClosed(why="conceded"),
    )
    assert play.told[-1] == n.ContestConceded(invoice=INVOICE, reason="it was our router")
    assert state(play) is ContestState.CONCEDED


def test_conceding_what_nobody_contests_is_refused() -> None:
    assert a_play(at=Stage.INVOICED).order(an_order(c.Concede)) == Refused(Reason.NOT_CONTESTED)


def test_customer_may_pay_after_all_between_the_steps() -> None:
    play = said()

    play.order(an_order(c.RecordPayment))

    assert play.incident.stage is Stage.CLOSED
    assert play.order(an_order(c.ConfirmContest)) == Refused(Reason.NOT_NOW)
    assert play.wait(days=60) == []


def test_part_paid_invoice_may_be_contested() -> None:
    """§6.1: they pay nothing; the credit note is for the whole."""
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.RecordPayment, amount=euros("10.00")))
    play.order(an_order(c.SayContest))

    assert isinstance(play.told[-1], n.ContestSaid)
    assert play.told[-1].open == euros("14.00")
    decided = play.order(an_order(c.ConfirmContest))
    assert isinstance(decided, tuple)
    assert CREDITED in decided


def test_reversing_gives_support_back_with_a_reason() -> None:
    """§6.5."""
    play = confirmed()

    assert play.order(an_order(c.ReverseContest, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)
    assert play.order(an_order(c.ReverseContest, reason="")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.ReverseContest)) == (f.ContestReversed(reason="paid after all"),)
    assert play.told[-1] == n.ContestReversed(reason="paid after all")
    assert play.order(an_order(c.ReverseContest)) == Refused(Reason.NOT_CONTESTED)


def test_reversing_an_incident_that_was_paid_is_refused() -> None:
    assert a_play(at=Stage.CLOSED).order(an_order(c.ReverseContest)) == Refused(Reason.NOT_CONTESTED)


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.INVOICED}))
def test_contesting_without_an_open_invoice_is_refused(stage: Stage) -> None:
    assert a_play(at=stage).order(an_order(c.SayContest)) == Refused(Reason.NOT_NOW)
