"""Who is entitled to support, how it is lost, limited and given back; hosting is in none of it (letter §6)."""

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import apply_customer, decide_customer
from bot.core.decide import decide
from bot.core.letter import SUPPORTED
from bot.core.lives import QuoteState, Stage, Support
from bot.core.refusals import Reason, Refused
from tests.builders import INVOICE, MANAGER, MONDAY, STAFF, a_customer, a_play, an_order

FORFEITED = f.SupportForfeited(incident=42, invoice=INVOICE)
LIMITED = f.SupportLimited(invoice=INVOICE)
REINSTATED = f.SupportReinstated(reason="paid after all")

FORFEIT, LIMIT, REINSTATE = (an_order(kind) for kind in (c.ForfeitSupport, c.LimitSupport, c.ReinstateSupport))


@pytest.mark.parametrize(
    ("support", "reason"),
    [(Support.FORFEITED, Reason.SUPPORT_FORFEITED), (Support.LIMITED, Reason.SUPPORT_LIMITED)],
)
def test_incident_of_a_customer_without_entitlement_is_refused_with_the_reason(
    support: Support, reason: Reason
) -> None:
    """§6.7."""
    assert decide(None, an_order(c.OpenIncident, support=support), MONDAY) == Refused(reason)


@pytest.mark.parametrize(
    ("support", "order", "fact", "after"),
    [
        (Support.FULL, FORFEIT, FORFEITED, Support.FORFEITED),
        (Support.LIMITED, FORFEIT, FORFEITED, Support.FORFEITED),
        (Support.FULL, LIMIT, LIMITED, Support.LIMITED),
        (Support.LIMITED, REINSTATE, REINSTATED, Support.FULL),
        (Support.FORFEITED, REINSTATE, REINSTATED, Support.FULL),
    ],
)
def test_support_goes_where_the_letter_says(support: Support, order: c.Command, fact: f.Fact, after: Support) -> None:
    """§6.2, §6.5, §6.6."""
    customer = a_customer(support=support)

    assert decide_customer(customer, order, MONDAY) == (fact,)
    assert apply_customer(customer, fact).support is after


@pytest.mark.parametrize(
    ("support", "order"),
    [
        (Support.FORFEITED, FORFEIT),
        (Support.FORFEITED, LIMIT),
        (Support.LIMITED, LIMIT),
        (Support.FULL, REINSTATE),
    ],
)
def test_support_that_is_so_already_stays(support: Support, order: c.Command) -> None:
    """A forfeit is never softened into a limit."""
    assert decide_customer(a_customer(support=support), order, MONDAY) == Refused(Reason.ALREADY)


@pytest.mark.parametrize("order", [FORFEIT, LIMIT])
@pytest.mark.parametrize("actor", [STAFF, MANAGER, f.CALENDAR])
def test_nobody_takes_support_away_by_hand(order: c.Command, actor: f.Actor) -> None:
    """§6.4, §6.6."""
    by_hand = an_order(type(order), actor=actor)

    assert decide_customer(a_customer(), by_hand, MONDAY) == Refused(Reason.NOT_ALLOWED)


def test_reinstating_takes_a_manager_and_a_reason() -> None:
    """§6.5."""
    forfeited = a_customer(support=Support.FORFEITED)

    by_staff = decide_customer(forfeited, an_order(c.ReinstateSupport, actor=STAFF), MONDAY)
    without = decide_customer(forfeited, an_order(c.ReinstateSupport, reason=" "), MONDAY)

    assert (by_staff, without) == (Refused(Reason.NOT_ALLOWED), Refused(Reason.REASON_MISSING))


def test_customers_record_answers_no_order_about_an_incident() -> None:
    assert decide_customer(a_customer(), an_order(c.TakeIncident), MONDAY) == Refused(Reason.NOT_ALLOWED)


@pytest.mark.parametrize("stage", sorted(SUPPORTED))
def test_open_incidents_of_a_forfeited_customer_close_unbilled(stage: Stage) -> None:
    """§6.2: whatever stage they had reached."""
    play = a_play(at=stage)

    decided = play.order(an_order(c.EndSupport))

    assert decided == (f.SupportEnded(),)
    assert play.told[-1] == n.SupportEnded()
    assert play.incident.stage is Stage.CLOSED
    assert play.incident.invoice is None
    assert play.wait(days=365) == []


def test_ending_support_drops_the_draft_of_a_quote() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))
    play.order(an_order(c.DraftQuote))

    play.order(an_order(c.EndSupport))

    assert [quote.state for quote in play.incident.quotes] == [QuoteState.SUPERSEDED]


@pytest.mark.parametrize("stage", sorted(set(Stage) - SUPPORTED))
def test_what_is_done_and_owed_stays_so(stage: Stage) -> None:
    """§6.1: each invoice is contested for itself."""
    assert a_play(at=stage).order(an_order(c.EndSupport)) == Refused(Reason.NOT_NOW)


def test_chat_is_linked_to_the_customer_on_file() -> None:
    customer = apply_customer(a_customer(), f.ChatLinked(team="T0", user="U9"))

    assert (customer.slack_team, customer.slack_user, customer.seq) == ("T0", "U9", 1)
