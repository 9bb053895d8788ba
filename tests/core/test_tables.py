"""The letter's tables are whole: every state has its row, every row is reached, every order has its answer."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import letter
from bot.core.decide import decide
from bot.core.due import consent_about, consent_number
from bot.core.fold import fold
from bot.core.lives import ConsentState, ContestState, InvoiceState, QuoteState, Stage, Support
from bot.core.refusals import Reason, Refused
from tests.builders import MONDAY, ORDERS, a_play, an_incident, an_order

Table = Mapping[Any, Mapping[type[f.Fact], Any]]  # six tables, six enums

LIVES: dict[str, tuple[Table, StrEnum]] = {
    "incident": (letter.FOLLOWS, Stage.OPENED),
    "quote": (letter.QUOTE_FOLLOWS, QuoteState.DRAFT),
    "consent": (letter.CONSENT_FOLLOWS, ConsentState.REQUESTED),
    "invoice": (letter.INVOICE_FOLLOWS, InvoiceState.ISSUED),
    "contest": (letter.CONTEST_FOLLOWS, ContestState.SAID),
    "support": (letter.SUPPORT_FOLLOWS, Support.FULL),
}

ABOUT_CUSTOMERS = {c.ForfeitSupport, c.LimitSupport, c.ReinstateSupport, c.StopCourtesy, c.ResumeCourtesy}


@pytest.mark.parametrize("life", LIVES)
def test_every_state_has_a_row_and_is_reached(life: str) -> None:
    table, first = LIVES[life]

    reached, ahead = {first}, [first]
    while ahead:
        for after in table[ahead.pop()].values():
            new = {*(after if isinstance(after, frozenset) else {after})} - reached
            reached |= new
            ahead += new

    assert reached == set(table) == set(type(first))


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_reached_by_real_orders(stage: Stage) -> None:
    assert an_incident(at=stage).stage is stage


def test_endings_are_the_stages_that_are_settled() -> None:
    """Each leads to its end, and only what is owed passes by an invoice."""
    settled = {stage for stage, row in letter.FOLLOWS.items() if f.IncidentClosed in row}

    assert settled == letter.ENDINGS | {Stage.INVOICED}
    assert {stage for stage, row in letter.FOLLOWS.items() if f.InvoiceIssued in row} == {
        stage for (stage, _), dues in letter.OWED.items() if dues
    }


def test_stages_are_open_or_over_and_supported_until_an_ending() -> None:
    afterwards = {f.PaymentReturned, f.OutcomeCorrected}  # by the bank, and by a manager
    over = {stage for stage, row in letter.FOLLOWS.items() if row.keys() <= afterwards}

    assert over == set(Stage) - letter.OPEN
    assert {stage for stage, row in letter.FOLLOWS.items() if f.SupportEnded in row} == letter.SUPPORTED
    assert set(Stage) == letter.SUPPORTED | letter.ENDINGS | {Stage.INVOICED, Stage.CANCELLED, Stage.CLOSED}


def test_every_order_about_an_incident_says_who_may_give_it_and_when() -> None:
    orders = {kind for kind in vars(c).values() if isinstance(kind, type) and c.Command in kind.__bases__}

    assert set(letter.ALLOWED) == orders - ABOUT_CUSTOMERS - {c.OpenIncident}
    assert {type(order) for order in ORDERS} == orders
    assert all(roles and stages for roles, stages in letter.ALLOWED.values())


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("order", [order for order in ORDERS if type(order) in letter.ALLOWED], ids=type)
def test_every_order_is_answered_at_every_stage(order: c.Command, stage: Stage) -> None:
    """With facts or a reason, never with an exception; by the wrong person always with the same reason."""
    incident = an_incident(at=stage)
    roles, stages = letter.ALLOWED[type(order)]

    for role in f.Role:
        decided = decide(incident, replace(order, actor=f.Actor(role=role, name="X")), MONDAY)
        if role not in roles:
            assert decided == Refused(Reason.NOT_ALLOWED)
        elif stage not in stages:
            assert decided in (Refused(Reason.NOT_NOW), Refused(Reason.ALREADY))
        elif not isinstance(decided, Refused):
            assert decided


@pytest.mark.parametrize("order", [order for order in ORDERS if type(order) in letter.ALLOWED], ids=type)
def test_order_about_no_incident_is_refused(order: c.Command) -> None:
    assert decide(None, order, MONDAY) == Refused(Reason.NOT_NOW)


@pytest.mark.parametrize("kind", c.DeadlineKind)
@pytest.mark.parametrize("stage", Stage)
def test_every_question_of_the_calendar_is_answered_at_every_stage(kind: c.DeadlineKind, stage: Stage) -> None:
    decided = decide(an_incident(at=stage), an_order(c.FallDue, kind=kind, about=consent_about(1)), MONDAY)

    assert isinstance(decided, tuple | Refused)


@pytest.mark.parametrize("kind", c.DeadlineKind)
def test_every_question_of_the_calendar_is_asked_by_some_fact(kind: c.DeadlineKind) -> None:
    asked = set()
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.AskCustomer))
    play.order(an_order(c.RequestConsent))
    play.order(an_order(c.GrantConsent))
    asked |= {deadline.kind for deadline in play.deadlines}
    play = a_play(at=Stage.INVOICED)
    play.order(an_order(c.SayContest))
    asked |= {deadline.kind for deadline in play.deadlines}
    play.order(an_order(c.WithdrawContest))
    play.order(an_order(c.PauseIncident))
    asked |= {deadline.kind for deadline in play.deadlines}
    play = a_play(at=Stage.OPENED)
    play.order(an_order(c.ReportDelivery, delivered=False))
    asked |= {deadline.kind for deadline in play.deadlines}
    asked |= {deadline.kind for at in (Stage.QUOTED, Stage.WITHDRAWN) for deadline in a_play(at=at).deadlines}

    assert kind in asked


def test_consent_is_named_and_read_back() -> None:
    assert consent_number(consent_about(17)) == 17


def test_opening_an_incident_that_is_open_is_refused() -> None:
    assert decide(an_incident(), an_order(c.OpenIncident), MONDAY) == Refused(Reason.ALREADY)


def test_journal_without_its_beginning_is_not_an_incident() -> None:
    assert fold([]) is None
    with pytest.raises(ValueError, match="begins with IncidentOpened"):
        fold([(f.DiagnosisStarted(), MONDAY)])


def test_fact_that_the_table_does_not_know_there_is_an_error() -> None:
    """A journal that says so was not written by this core."""
    opened = a_play().facts[0]

    with pytest.raises(ValueError, match="WorkFinished cannot follow opened"):
        fold([(opened, MONDAY), (f.WorkFinished(report="?"), MONDAY)])


def test_every_fact_has_a_name_of_its_own() -> None:
    """The journal keeps the name."""
    kinds = {name: kind for name, kind in vars(f).items() if isinstance(kind, type) and f.Fact in kind.__bases__}

    assert kinds == f.FACTS
