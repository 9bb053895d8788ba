"""A part of an invoice: contested, conceded, taken back by its own credit note, the rest stays due (letter §6.1)."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.incident import Credit, Invoice
from bot.core.lives import ContestState, InvoiceState, Stage
from bot.core.money import Line, Money, total
from bot.core.part import is_everything, left, rest, take
from bot.core.refusals import Reason, Refused
from tests.builders import CREDIT_NOTE, EVIDENCE, INVOICE, LINES, STAFF, a_play, an_order, euros, price
from tests.play import Play

DIAGNOSIS, WORK = 1, 2
DUE = date(2010, 7, 14)
NOTHING = Money(cents=0)


def billed() -> Play:
    """20,00 for the diagnosis, 180,00 for the work: 240,00 with VAT."""
    play = a_play(at=Stage.DONE)
    play.order(an_order(c.Settle))
    return play


def said(*lines: int) -> Play:
    play = billed()
    play.order(an_order(c.SayContest, lines=lines))
    return play


def invoice(play: Play) -> Invoice:
    assert play.incident.invoice is not None
    return play.incident.invoice


def credited(line: Line, at: int) -> f.InvoiceCredited:
    return f.InvoiceCredited(
        number=CREDIT_NOTE,
        invoice=INVOICE,
        price=total((line,)),
        issued_on=date(2010, 6, 14),
        of=(at,),
        lines=(line,),
        due_on=DUE,
    )


def test_a_part_is_said_by_its_lines_and_what_it_means_is_told() -> None:
    play = billed()

    decided = play.order(an_order(c.SayContest, lines=(WORK, WORK)))

    assert decided == (f.ContestSaid(evidence=EVIDENCE, reason="it was your router", lines=(WORK,)),)
    assert play.told[-1] == n.ContestSaid(
        number=INVOICE,
        price=price("200.00"),
        open=euros("240.00"),
        until=date(2010, 6, 29),
        part=(LINES[0].label,),
        contested=price("180.00"),
        rest=euros("24.00"),
    )


def test_all_lines_are_the_whole_invoice() -> None:
    decided = billed().order(an_order(c.SayContest, lines=(DIAGNOSIS, WORK)))

    assert decided == (f.ContestSaid(evidence=EVIDENCE, reason="it was your router"),)


@pytest.mark.parametrize("lines", [(0,), (3,), (WORK, 99)])
def test_a_line_that_the_invoice_has_not_is_refused(lines: tuple[int, ...]) -> None:
    assert billed().order(an_order(c.SayContest, lines=lines)) == Refused(Reason.PART_UNKNOWN)


def test_reminders_stop_for_the_whole_invoice() -> None:
    """§6.4."""
    play = said(DIAGNOSIS)

    assert f.InvoiceReminded not in {type(fact) for scene in play.wait(days=14) for fact in scene.facts}


def test_a_confirmed_part_is_not_owed_and_the_rest_is() -> None:
    """§6.1: the diagnosis, the work, or both."""
    play = said(WORK)

    decided = play.order(an_order(c.ConfirmContest))

    assert decided == (f.ContestConfirmed(evidence=EVIDENCE), credited(LINES[0], WORK))
    assert play.told[-1] == n.ContestConfirmed(
        invoice=INVOICE, credited=price("180.00"), rest=euros("24.00"), due_on=DUE
    )
    assert (play.incident.stage, invoice(play).state) == (Stage.INVOICED, InvoiceState.ISSUED)
    assert invoice(play).open == euros("24.00")


def test_its_credit_note_goes_out_with_what_is_left_to_pay() -> None:
    play = said(WORK)
    play.order(an_order(c.ConfirmContest))

    play.order(an_order(c.FilePaper, number=CREDIT_NOTE, document_sha256="e" * 64))

    assert play.told[-1] == n.InvoiceCredited(
        number=CREDIT_NOTE, invoice=INVOICE, price=price("180.00"), part=True, rest=euros("24.00"), due_on=DUE
    )
    assert play.order(an_order(c.FilePaper, number=CREDIT_NOTE)) == Refused(Reason.ALREADY)


def test_the_rest_is_reminded_of_and_its_last_cent_closes() -> None:
    play = said(WORK)
    play.order(an_order(c.ConfirmContest))

    reminded = [fact for scene in play.wait(days=60) for fact in scene.facts if isinstance(fact, f.InvoiceReminded)]
    assert {fact.open for fact in reminded} == {euros("24.00")}
    play.order(an_order(c.RecordPayment, amount=euros("24.00")))

    assert (play.incident.stage, play.incident.ended) == (Stage.CLOSED, "paid")


def test_what_was_due_long_ago_has_a_week_more() -> None:
    """Never sooner than the reminders go on."""
    play = billed()
    play.wait_until(play.now + timedelta(days=40))
    play.order(an_order(c.SayContest, lines=(WORK,)))
    play.order(an_order(c.Concede))

    today = play.incident.terms.day_of(play.now)
    assert invoice(play).due_on == today + timedelta(days=play.incident.terms.contest_pause_days)
    assert invoice(play).printed_due_on == DUE


def test_support_is_not_limited_before_the_rest_was_due_as_long_as_any_invoice() -> None:
    """§6.6: the days are those of the day that the contest moved."""
    play = billed()
    play.wait(days=70)
    play.order(an_order(c.SayContest, lines=(WORK,)))
    play.wait(days=2)
    play.order(an_order(c.Concede))

    scenes = play.wait(days=70)

    limited = [
        play.incident.terms.day_of(scene.at) for scene in scenes if type(scene.facts[0]) is f.InvoiceLongOverdue
    ]
    assert len(limited) == 1
    assert limited[0] >= invoice(play).due_on + timedelta(days=play.incident.terms.limit_after_days)


def test_a_manager_concedes_what_is_contested_or_other_lines() -> None:
    play = said(WORK)

    assert play.order(an_order(c.Concede, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)
    assert play.order(an_order(c.Concede, lines=(3,))) == Refused(Reason.PART_UNKNOWN)
    decided = play.order(an_order(c.Concede, lines=(DIAGNOSIS,)))

    assert isinstance(decided, tuple)
    assert decided[0] == f.ContestConceded(reason="it was our router")
    assert isinstance(decided[1], f.InvoiceCredited)
    assert (decided[1].of, decided[1].price.gross, len(decided)) == ((DIAGNOSIS,), euros("24.00"), 2)
    assert play.told[-1] == n.ContestConceded(
        invoice=INVOICE, reason="it was our router", credited=price("20.00"), rest=euros("216.00"), due_on=DUE
    )


def test_a_smaller_sum_is_shared_between_the_lines_as_they_weigh() -> None:
    play = said()

    assert play.order(an_order(c.Concede, net=euros("200.01"))) == Refused(Reason.PART_UNKNOWN)
    play.order(an_order(c.Concede, net=euros("50.00")))

    credit = invoice(play).credits[0]
    assert [(at, line.net) for at, line in zip(credit.of, credit.lines, strict=True)] == [
        (DIAGNOSIS, euros("5.00")),
        (WORK, euros("45.00")),
    ]
    assert invoice(play).open == euros("180.00")
    assert left(invoice(play)) == {DIAGNOSIS: euros("15.00"), WORK: euros("135.00")}


def test_what_remains_after_one_contest_may_be_contested_again() -> None:
    """§6.1: several credit notes, never more than the invoice."""
    play = said(WORK)
    play.order(an_order(c.Concede))

    assert play.order(an_order(c.SayContest, lines=(WORK,))) == Refused(Reason.PART_UNKNOWN)
    play.order(an_order(c.SayContest))
    decided = play.order(an_order(c.ConfirmContest, number="A2010-00002"))

    assert isinstance(decided, tuple)
    assert decided[-1] == f.IncidentClosed(why="contested")
    assert [credit.number for credit in invoice(play).credits] == [CREDIT_NOTE, "A2010-00002"]
    assert (invoice(play).state, invoice(play).owed) == (InvoiceState.CREDITED, NOTHING)


@pytest.mark.parametrize("ending", [c.WithdrawContest, c.Concede, None], ids=["withdrawn", "conceded", "lapsed"])
def test_no_support_is_promised_to_who_lost_it_with_another_part(ending: type[c.Command] | None) -> None:
    """§6.2: whatever becomes of the contest of the rest."""
    play = said(WORK)
    play.order(an_order(c.ConfirmContest))
    play.order(an_order(c.SayContest))
    assert isinstance(play.told[-1], n.ContestSaid)
    assert play.told[-1].lost

    if ending is None:
        play.wait(days=15)
    else:
        play.order(an_order(ending, **({"number": "A2010-00002"} if ending is c.Concede else {})))

    after = [told for told in play.told if isinstance(told, n.ContestWithdrawn | n.ContestLapsed | n.ContestConceded)]
    assert [told.lost for told in after] == [True]
    assert play.incident.contest is not None
    assert play.incident.contest.lost


def test_support_given_back_may_be_kept_again() -> None:
    """§6.5."""
    play = said(WORK)
    for order in (an_order(c.ConfirmContest), an_order(c.ReverseContest), an_order(c.SayContest)):
        play.order(order)

    assert isinstance(play.told[-1], n.ContestSaid)
    assert not play.told[-1].lost


def test_who_had_paid_more_than_the_rest_owes_nothing() -> None:
    play = billed()
    play.order(an_order(c.RecordPayment, amount=euros("100.00")))
    play.order(an_order(c.SayContest, lines=(WORK,)))

    decided = play.order(an_order(c.ConfirmContest))

    assert isinstance(decided, tuple)
    assert decided[-1] == f.IncidentClosed(why="contested")
    assert (invoice(play).state, invoice(play).open) == (InvoiceState.PAID, NOTHING)
    play.order(an_order(c.FilePaper, number=CREDIT_NOTE, document_sha256="e" * 64))
    assert play.told[-1] == n.InvoiceCredited(number=CREDIT_NOTE, invoice=INVOICE, price=price("180.00"), part=True)
    play.order(an_order(c.ReturnPayment, amount=euros("90.00")))
    assert (play.incident.stage, invoice(play).open) == (Stage.INVOICED, euros("14.00"))


def test_support_is_given_back_while_the_rest_is_still_due() -> None:
    """§6.5."""
    play = said(WORK)
    play.order(an_order(c.ConfirmContest))

    assert play.order(an_order(c.ReverseContest)) == (f.ContestReversed(reason="paid after all"),)
    assert play.incident.contest is not None
    assert play.incident.contest.state is ContestState.REVERSED
    assert invoice(play).open == euros("24.00")


@pytest.mark.parametrize(
    ("cents", "grosses", "dropped"), [(3, [4, 4, 2], 1), (2, [2, 2, 2], 1)], ids=["more than the whole", "less"]
)
def test_vat_is_rounded_on_each_credit_note_and_they_never_pass_the_invoice(
    cents: int, grosses: list[int], dropped: int
) -> None:
    """Three times .03 at 20 %: 1 cent of VAT each, 2 together; three times .02: none each, 1 together."""
    sheet = Line(label="A sheet", quantity=Decimal(1), unit=Money(cents=cents))
    bill = a_bill((sheet, sheet, sheet))

    for at in (1, 2, 3):
        bill = after(bill, at)

    assert [credit.price.gross.cents for credit in bill.credits] == grosses
    assert bill.credits[-1].dropped == Money(cents=dropped)
    assert bill.owed == NOTHING


@given(
    st.lists(st.tuples(st.integers(1, 99_999), st.sampled_from(("20", "10", "5.5", "0"))), min_size=1, max_size=8),
    st.randoms(),
)
def test_parts_add_up_to_the_whole_to_the_cent(drawn: list[tuple[int, str]], rng: Random) -> None:
    lines = tuple(
        Line(label="work", quantity=Decimal(1), unit=Money(cents=net), vat_rate=Decimal(rate)) for net, rate in drawn
    )
    bill = a_bill(lines)
    while left(bill):
        some = [at for at in left(bill) if rng.random() < 0.5]
        bill = after(bill, *some)

    assert bill.owed == NOTHING
    for billed_at in bill.price.parts:
        parts = [part for credit in bill.credits for part in credit.price.parts if part.rate == billed_at.rate]
        taken = sum(part.net.cents + part.vat.cents for part in parts)
        assert taken <= billed_at.net.cents + billed_at.vat.cents
    dropped = [credit.dropped.cents for credit in bill.credits if credit.dropped]
    assert all(cents > 0 for cents in dropped)
    assert sum(dropped) <= len(drawn)


def a_bill(lines: tuple[Line, ...]) -> Invoice:
    return Invoice(number=INVOICE, lines=lines, price=total(lines), issued_on=DUE, due_on=DUE, paid=Money(cents=0))


def after(bill: Invoice, *of: int) -> Invoice:
    """Once a credit note has taken these lines back, or all that is left."""
    part = take(bill, of)
    assert part is not None
    before = bill.owed
    credit = Credit(
        number=f"A2010-{len(bill.credits) + 1:05d}",
        issued_on=DUE,
        price=part.price,
        of=part.of,
        lines=part.lines,
        dropped=part.dropped,
    )
    changed = Invoice(
        number=bill.number,
        lines=bill.lines,
        price=bill.price,
        issued_on=DUE,
        due_on=DUE,
        paid=bill.paid,
        credits=(*bill.credits, credit),
    )
    assert rest(bill, part) == changed.owed
    assert is_everything(bill, part) == (not changed.owed)
    assert before == changed.owed + part.price.gross + part.dropped
    return changed
