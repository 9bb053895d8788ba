"""Two ways in, the price before the diagnosis, the order, the way out (letter §2)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import Stage
from bot.core.refusals import Reason, Refused
from bot.core.terms import GoAhead, Kind, Terms
from tests.builders import CUSTOMER, EVIDENCE, MONDAY, STAFF, TERMS, a_play, an_incident, an_order, price

STARTED = (f.IncidentTaken(by=STAFF.name), f.DiagnosisStarted())
AGREED = Terms(go_ahead=GoAhead.ANNOUNCE)


@pytest.mark.parametrize("way_in", f.WayIn)
def test_opening_either_way_announces_the_same_price(way_in: f.WayIn) -> None:
    """§2.1, §2.2, §2.3: created the same way, priced the same, HT and TTC together."""
    play = a_play(way_in=way_in)

    assert play.told == (
        n.IncidentOpened(
            price=price("20.00"),
            usual=price("20.00"),
            offer_until=None,
            way_in=way_in,
            must_order=True,
            lapse_days=7,
            previous="",
        ),
    )
    assert (price("20.00").net.cents, price("20.00").gross.cents) == (2000, 2400)


def test_start_before_the_announcement_is_delivered_is_refused() -> None:
    """§2.4: announced means delivered."""
    play = a_play(at=Stage.OPENED)

    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.NOT_NOW)
    assert play.order(an_order(c.OrderDiagnosis)) == Refused(Reason.NOT_NOW)


def test_delivered_announcement_is_journalled_with_the_relays_word() -> None:
    """§2.4."""
    play = a_play(at=Stage.OPENED)

    decided = play.order(an_order(c.ReportDelivery, reply="250 2.0.0 Ok: queued as 1A2B"))

    announced = f.PriceAnnounced(price=price("20.00"), via=f.Channel.MAIL, reply="250 2.0.0 Ok: queued as 1A2B")
    assert decided == (announced,)
    assert play.incident.stage is Stage.ANNOUNCED


def test_announcement_that_fails_announces_nothing() -> None:
    """§2.4."""
    play = a_play(at=Stage.OPENED)

    decided = play.order(an_order(c.ReportDelivery, delivered=False, reply="550 no such user"))

    failed = f.NoticeFailed(notice="incident_opened", via=f.Channel.MAIL, reply="550 no such user")
    assert decided == (failed,)
    assert play.incident.stage is Stage.OPENED


def test_delivery_of_another_notice_announces_nothing() -> None:
    """§2.4."""
    play = a_play(at=Stage.OPENED)

    decided = play.order(an_order(c.ReportDelivery, notice="staff_wrote"))

    assert decided == (f.NoticeDelivered(notice="staff_wrote", via=f.Channel.MAIL, reply="250 ok"),)
    assert play.incident.stage is Stage.OPENED


def test_announcement_delivered_on_a_second_channel_changes_nothing() -> None:
    """§2.4."""
    play = a_play(at=Stage.ORDERED)

    play.order(an_order(c.ReportDelivery, via=f.Channel.SLACK))

    assert play.incident.stage is Stage.ORDERED
    assert play.incident.version == an_incident(at=Stage.ORDERED).version


def test_order_keeps_its_evidence_and_is_acknowledged() -> None:
    """§2.5."""
    play = a_play(at=Stage.ANNOUNCED)

    decided = play.order(an_order(c.OrderDiagnosis))

    ordered = f.DiagnosisOrdered(price=price("20.00"), kind=Kind.BUSINESS, evidence=EVIDENCE)
    assert decided == (ordered,)
    assert play.told[-1] == n.DiagnosisOrdered(price=price("20.00"), ordered_at=MONDAY, kind=Kind.BUSINESS)


def test_order_at_another_price_than_shown_is_refused() -> None:
    """§2.5: the button says what it costs."""
    play = a_play(at=Stage.ANNOUNCED)

    assert play.order(an_order(c.OrderDiagnosis, price_cents=0)) == Refused(Reason.PRICE_CHANGED)


def test_consumers_order_without_the_express_request_is_refused() -> None:
    """§2.5, L221-25: the box is un-ticked until they tick it."""
    play = a_play(at=Stage.ANNOUNCED, kind=Kind.CONSUMER)
    unticked = replace(EVIDENCE, express_request=False)

    decided = play.order(an_order(c.OrderDiagnosis, kind=Kind.CONSUMER, evidence=unticked))

    assert decided == Refused(Reason.EXPRESS_REQUEST_MISSING)
    assert play.incident.stage is Stage.ANNOUNCED


def test_order_twice_is_answered_as_done_whatever_the_version() -> None:
    """§2.5: a second click changes nothing."""
    play = a_play(at=Stage.DIAGNOSING)

    assert play.order(an_order(c.OrderDiagnosis, expected=2)) == Refused(Reason.ALREADY)


def test_order_by_staff_for_the_customer_is_refused() -> None:
    """§2.5: the customer orders."""
    play = a_play(at=Stage.ANNOUNCED)

    assert play.order(an_order(c.OrderDiagnosis, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)


def test_start_needs_the_order() -> None:
    """§2.5, `go_ahead = order`."""
    play = a_play(at=Stage.ANNOUNCED)

    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.NOT_ORDERED)
    play.order(an_order(c.OrderDiagnosis))
    assert play.order(an_order(c.StartDiagnosis)) == STARTED


def test_start_by_the_announcement_alone_where_a_business_agreed() -> None:
    """§2.5, `go_ahead = announce`."""
    play = a_play(at=Stage.ANNOUNCED, terms=AGREED)

    assert play.told[0] == n.IncidentOpened(
        price=price("20.00"),
        usual=price("20.00"),
        offer_until=None,
        way_in=f.WayIn.DIAGNOSE,
        must_order=False,
        lapse_days=7,
        previous="",
    )
    assert play.order(an_order(c.StartDiagnosis)) == STARTED


def test_start_by_the_announcement_alone_never_for_a_consumer() -> None:
    """§2.5: businesses only."""
    play = a_play(at=Stage.ANNOUNCED, terms=AGREED, kind=Kind.CONSUMER)

    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.NOT_ORDERED)


def test_nobody_is_nudged_for_an_order_that_is_not_needed() -> None:
    """§2.5, `go_ahead = announce`: the incident waits for staff, not for the customer."""
    play = a_play(at=Stage.ANNOUNCED, terms=AGREED)

    assert play.wait(days=30) == []
    assert play.incident.stage is Stage.ANNOUNCED


def test_announcement_without_an_answer_is_nudged_once_then_cancelled() -> None:
    """After three days, then after seven; nothing is owed."""
    play = a_play(at=Stage.ANNOUNCED)

    scenes = play.wait(days=30)

    assert [(scene.at - MONDAY, *scene.facts) for scene in scenes] == [
        (timedelta(days=3), f.CustomerNudged(about="order")),
        (timedelta(days=7), f.IncidentCancelled(by=f.Role.CALENDAR, reason="no_answer")),
    ]
    assert scenes[0].told == (
        n.OrderNudged(price=price("20.00"), lapses_on=TERMS.day_of(MONDAY + timedelta(days=7))),
    )


def test_order_ends_the_nudging() -> None:
    play = a_play(at=Stage.ORDERED)

    assert play.wait(days=30) == []


@pytest.mark.parametrize("stage", [Stage.OPENED, Stage.ANNOUNCED, Stage.ORDERED])
def test_customer_may_withdraw_until_the_diagnosis_starts(stage: Stage) -> None:
    """§2.6: nothing is owed, no reason is asked."""
    play = a_play(at=stage)

    decided = play.order(an_order(c.CancelIncident, reason=""))

    assert decided == (f.IncidentCancelled(by=f.Role.CUSTOMER, reason=""),)
    assert play.incident.stage is Stage.CANCELLED
    assert play.incident.invoice is None


def test_withdrawing_once_the_diagnosis_started_is_refused() -> None:
    """§2.6."""
    play = a_play(at=Stage.DIAGNOSING)

    assert play.order(an_order(c.CancelIncident)) == Refused(Reason.NOT_NOW)


def test_staff_cancel_only_with_a_reason() -> None:
    """§2.6."""
    play = a_play(at=Stage.ORDERED)

    assert play.order(an_order(c.CancelIncident, actor=STAFF, reason=" ")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.CancelIncident, actor=STAFF, reason="spam")) == (
        f.IncidentCancelled(by=f.Role.STAFF, reason="spam"),
    )


def test_way_in_may_be_changed_until_the_diagnosis_starts() -> None:
    """§2.2: it never changes the price."""
    play = a_play(at=Stage.ORDERED)

    decided = play.order(an_order(c.ChooseWayIn, way_in=f.WayIn.WARRANTY))

    assert decided == (f.WayInChosen(way_in=f.WayIn.WARRANTY),)
    assert play.incident.price == price("20.00")
    assert play.order(an_order(c.ChooseWayIn, way_in=f.WayIn.WARRANTY)) == Refused(Reason.ALREADY)


def test_start_twice_is_answered_as_done() -> None:
    play = a_play(at=Stage.DIAGNOSING)

    assert play.order(an_order(c.StartDiagnosis, expected=3)) == Refused(Reason.ALREADY)


def test_start_by_the_customer_or_a_machine_is_refused() -> None:
    play = a_play(at=Stage.ORDERED)

    assert play.order(an_order(c.StartDiagnosis, actor=CUSTOMER)) == Refused(Reason.NOT_ALLOWED)
    assert play.order(an_order(c.StartDiagnosis, actor=f.BOT)) == Refused(Reason.NOT_ALLOWED)


def test_click_on_an_older_version_is_refused() -> None:
    """A stale click does nothing and is told so."""
    play = a_play(at=Stage.ORDERED)

    assert play.order(an_order(c.CancelIncident, expected=1)) == Refused(Reason.STALE)
    assert play.order(an_order(c.StartDiagnosis, expected=2)) == STARTED
