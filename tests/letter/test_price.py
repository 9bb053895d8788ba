"""What each outcome leaves owed (letter §3), and that the price announced is the price billed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.letter import ENDINGS, OWED
from bot.core.lives import Stage
from bot.core.money import Line, Money, Price
from bot.core.terms import Kind, Terms
from tests.builders import INVOICE, LINES, TERMS, a_play, an_incident, an_order, euros, price
from tests.play import Play

Step = c.Command | timedelta
Script = tuple[Step, ...]

DIAGNOSIS = Line(label="Diagnosis", quantity=Decimal(1), unit=euros("20.00"))
OURS, SOLVED = f.Outcome.OUR_FAULT, f.Outcome.SOLVED
HALF = Line(label="Work done", quantity=Decimal(1), unit=euros("90.00"))

TO_QUOTE: Script = (an_order(c.ConcludeDiagnosis), an_order(c.DraftQuote), an_order(c.OfferQuote))
TO_WORK: Script = (*TO_QUOTE, an_order(c.AcceptQuote))


def concluded(outcome: f.Outcome) -> c.Command:
    return an_order(c.ConcludeDiagnosis, outcome=outcome)


OUTCOMES: dict[str, tuple[Script, tuple[Line, ...]]] = {
    "3.1 our fault": ((concluded(f.Outcome.OUR_FAULT), an_order(c.FinishWork)), ()),
    "3.2 solved": ((concluded(f.Outcome.SOLVED),), (DIAGNOSIS,)),
    "3.3 work done": ((*TO_WORK, an_order(c.FinishWork)), (DIAGNOSIS, *LINES)),
    "3.4 no quote": ((concluded(f.Outcome.NO_QUOTE),), ()),
    "3.4 quote taken back": ((*TO_QUOTE, an_order(c.CancelQuote)), ()),
    "3.5 no competence": ((concluded(f.Outcome.NO_COMPETENCE),), ()),
    "3.6 inconclusive": ((concluded(f.Outcome.INCONCLUSIVE),), ()),
    "3.6 customer silent": ((an_order(c.AskCustomer), timedelta(days=30)), ()),
    "3.6 customer silent during the work": ((*TO_WORK, an_order(c.AskCustomer), timedelta(days=30)), ()),
    "3.8 quote declined": ((*TO_QUOTE, an_order(c.DeclineQuote)), (DIAGNOSIS,)),
    "3.8 quote lapsed": ((*TO_QUOTE, timedelta(days=30)), (DIAGNOSIS,)),
    "4.3 work given up by us": ((*TO_WORK, an_order(c.StopWork)), (DIAGNOSIS,)),
    "4.3 consumer withdraws": (
        (*TO_WORK, an_order(c.WithdrawFromContract), an_order(c.SettleWithdrawal, done_percent=50)),
        (DIAGNOSIS, HALF),
    ),
    "4.3 consumer withdraws and nobody says what was done": (
        (*TO_WORK, an_order(c.WithdrawFromContract), timedelta(days=10)),
        (DIAGNOSIS,),
    ),
}


def corrected(outcome: f.Outcome) -> c.Command:
    return an_order(c.CorrectOutcome, outcome=outcome)


# What a manager corrects the outcome to, after the end.
CORRECTED: dict[str, tuple[Script, tuple[Line, ...]]] = {
    "ours after all": ((concluded(SOLVED), corrected(OURS)), ()),
    "solved after all": ((concluded(OURS), an_order(c.FinishWork), corrected(SOLVED)), (DIAGNOSIS,)),
    "the quote's work after all": (
        (*TO_WORK, an_order(c.FinishWork), corrected(OURS), corrected(f.Outcome.QUOTE)),
        (DIAGNOSIS, *LINES),
    ),
    "a part of the work after all": (
        (
            *TO_WORK,
            an_order(c.WithdrawFromContract),
            an_order(c.SettleWithdrawal, done_percent=50),
            corrected(OURS),
            corrected(f.Outcome.QUOTE),
        ),
        (DIAGNOSIS, HALF),
    ),
    "the declined quote after all": (
        (*TO_QUOTE, an_order(c.DeclineQuote), corrected(OURS), corrected(f.Outcome.QUOTE)),
        (DIAGNOSIS,),
    ),
    "no quote after all": ((concluded(SOLVED), corrected(f.Outcome.NO_QUOTE)), ()),
    "no competence after all": ((concluded(SOLVED), corrected(f.Outcome.NO_COMPETENCE)), ()),
    "inconclusive after all": ((concluded(SOLVED), corrected(f.Outcome.INCONCLUSIVE)), ()),
}
EVERY = OUTCOMES | CORRECTED


def run(play: Play, script: Script) -> None:
    for step in script:
        if isinstance(step, timedelta):
            play.wait_until(play.now + step)
        else:
            assert isinstance(play.order(step), tuple), step


def billed(play: Play) -> tuple[Line, ...]:
    """The lines of the one invoice; none where the incident closed without one."""
    settled = play.order(an_order(c.Settle))
    assert isinstance(settled, tuple)
    match settled:
        case (f.InvoiceIssued(lines=lines, number=number),):
            assert number == INVOICE
            return lines
        case _:
            assert settled == (f.IncidentClosed(why="nothing_owed"),)
            assert play.incident.stage is Stage.CLOSED
            return ()


@pytest.mark.parametrize("way_in", f.WayIn)
@pytest.mark.parametrize("case", EVERY)
def test_outcome_leaves_owed_what_the_letter_says_whichever_way_in(case: str, way_in: f.WayIn) -> None:
    """§3.1 to §3.8; §3.7 a warranty incident follows like any other."""
    script, lines = EVERY[case]
    play = a_play(at=Stage.DIAGNOSING, kind=Kind.CONSUMER, way_in=way_in)

    run(play, script)

    assert billed(play) == lines


@pytest.mark.parametrize("case", EVERY)
def test_outcome_under_the_offer_leaves_the_diagnosis_out(case: str) -> None:
    """§7.1: the quote is not part of the offer; no invoice of zero."""
    script, lines = EVERY[case]
    play = a_play(at=Stage.DIAGNOSING, kind=Kind.CONSUMER, terms=Terms(offer_until=date(2010, 6, 30)))

    run(play, script)

    assert billed(play) == tuple(line for line in lines if line != DIAGNOSIS)


@pytest.mark.parametrize("case", EVERY)
def test_outcome_of_a_waived_diagnosis_leaves_it_out(case: str) -> None:
    """The same problem again: staff make the diagnosis free."""
    script, lines = EVERY[case]
    play = a_play(at=Stage.DIAGNOSING, kind=Kind.CONSUMER)
    play.order(an_order(c.WaiveDiagnosis))

    run(play, script)

    assert billed(play) == tuple(line for line in lines if line != DIAGNOSIS)


def test_every_ending_has_its_price() -> None:
    """§3: each ending is reached with an outcome the table knows."""
    reached = set()
    for script, _ in EVERY.values():
        play = a_play(at=Stage.DIAGNOSING, kind=Kind.CONSUMER)
        run(play, script)
        reached.add((play.incident.stage, play.incident.outcome))

    assert reached == set(OWED)
    assert {stage for stage, _ in OWED} == ENDINGS


def test_invoice_states_net_vat_and_gross_in_cents() -> None:
    """§5.1: VAT once, on the sum."""
    incident = an_incident(at=Stage.INVOICED)

    assert incident.invoice is not None
    assert incident.invoice.price == price("20.00")
    assert (incident.invoice.price.vat.cents, incident.invoice.price.gross.cents) == (400, 2400)


def test_price_announced_is_billed_whatever_the_settings_say_later() -> None:
    """§3.9: terms are copied onto the incident, and orders carry none."""
    dearer = replace(TERMS, diagnosis_price=euros("35.00"))
    cheap, dear = a_play(at=Stage.DIAGNOSING), a_play(at=Stage.DIAGNOSING, terms=dearer)
    for play in (cheap, dear):
        play.order(concluded(f.Outcome.SOLVED))

    assert billed(cheap) == (DIAGNOSIS,)
    assert billed(dear) == (replace(DIAGNOSIS, unit=euros("35.00")),)


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [(2000, "20", 400), (1, "20", 0), (3, "20", 1), (1999, "5.5", 110), (10, "5", 1), (2000, "0", 0)],
)
def test_vat_is_rounded_half_up_once(net: int, rate: str, vat: int) -> None:
    assert Price.at(Money(cents=net), Decimal(rate)).vat == Money(cents=vat)
