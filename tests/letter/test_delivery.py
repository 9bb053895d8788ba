"""What came back was not said; an address that is lost, and found again (letter §2.4)."""

from datetime import date, timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import Stage
from bot.core.refusals import Reason, Refused
from tests.builders import CUSTOMER, INVOICE, QUOTE, STAFF, a_play, an_order, euros, price
from tests.play import Play

LOST = f.AddressLost(address=CUSTOMER.name, reply="5.1.1")


def bounced(*, at: Stage, notice: str) -> Play:
    play = a_play(at=at)
    play.order(an_order(c.ReportBounce, notice=notice))
    return play


def kinds(play: Play, **time: float) -> list[type[f.Fact]]:
    return [type(fact) for scene in play.wait(**time) for fact in scene.facts]


def test_announcement_that_came_back_was_not_made() -> None:
    """§2.4"""
    play = a_play(at=Stage.ANNOUNCED)

    decided = play.order(an_order(c.ReportBounce))

    failed = f.NoticeFailed(notice="incident_opened", via=f.Channel.MAIL, reply="5.1.1")
    assert decided == (failed, f.AnnouncementReturned(reply="5.1.1"), LOST)
    assert play.incident.stage is Stage.OPENED
    assert play.incident.announced_at is None
    assert play.order(an_order(c.StartDiagnosis)) == Refused(Reason.NOT_NOW)
    assert play.order(an_order(c.OrderDiagnosis)) == Refused(Reason.NOT_NOW)


def test_announcement_that_goes_by_mail_instead_counts_once_the_relay_took_it() -> None:
    """§2.4: until then nothing was announced, and nothing is to be announced again."""
    play = a_play(at=Stage.OPENED)
    refused = an_order(
        c.ReportDelivery, via=f.Channel.SLACK, delivered=False, reply="user_disabled", instead=CUSTOMER.name
    )

    play.order(refused)
    between = play.incident
    play.order(an_order(c.ReportDelivery))

    assert (between.stage, between.unannounced_at) == (Stage.OPENED, None)
    assert play.incident.stage is Stage.ANNOUNCED


def test_address_that_the_relay_refuses_for_good_is_lost_once() -> None:
    play = a_play(at=Stage.OPENED)
    refused = an_order(c.ReportDelivery, delivered=False, reply="5.1.1", address=CUSTOMER.name)

    failed = f.NoticeFailed(notice="incident_opened", via=f.Channel.MAIL, reply="5.1.1")
    assert play.order(refused) == (failed, LOST)
    assert play.order(refused) == (failed,)


def test_announcement_that_was_answered_had_arrived() -> None:
    """Whatever comes back later: they ordered."""
    play = bounced(at=Stage.ORDERED, notice="incident_opened")

    assert play.incident.stage is Stage.ORDERED


@pytest.mark.parametrize(
    "order",
    [
        an_order(c.ReportDelivery, delivered=False, reply="550 5.1.1"),
        an_order(c.HoldNotice, notice="incident_opened"),
        an_order(c.ReportBounce, address=""),
    ],
    ids=["refused", "held back", "came back"],
)
def test_incident_whose_price_reached_nobody_lapses_in_silence(order: c.Command) -> None:
    """§2.4: it does not stay open for ever, and nobody is told of the end of what they never heard of."""
    play = a_play(at=Stage.OPENED)
    play.order(order)
    told = len(play.told)

    assert kinds(play, days=8) == [f.IncidentCancelled]

    assert play.incident.stage is Stage.CANCELLED
    assert len(play.told) == told


def test_announcement_on_its_way_is_given_its_time() -> None:
    play = a_play(at=Stage.OPENED)

    assert kinds(play, days=30) == []
    assert play.order(an_order(c.AnnounceAgain)) == Refused(Reason.ALREADY)


def test_announcing_again_starts_its_days_anew() -> None:
    play = a_play(at=Stage.OPENED)
    play.order(an_order(c.HoldNotice, notice="incident_opened"))
    play.wait(days=6)

    play.order(an_order(c.AnnounceAgain))
    play.order(an_order(c.ReportDelivery))

    assert type(play.told[-1]) is n.IncidentOpened
    assert kinds(play, days=2) == []
    assert kinds(play, days=6) == [f.CustomerNudged, f.IncidentCancelled]


def test_lost_address_is_put_right_before_anything_is_announced_there() -> None:
    play = bounced(at=Stage.ANNOUNCED, notice="incident_opened")

    assert play.order(an_order(c.AnnounceAgain)) == Refused(Reason.ADDRESS_LOST)
    decided = play.order(an_order(c.RestoreAddress))

    assert decided == (f.AddressRestored(address=CUSTOMER.name), f.AnnouncementRepeated(price=price("20.00")))
    assert type(play.told[-1]) is n.IncidentOpened


def test_days_of_a_quote_stand_still_while_nobody_can_read_it() -> None:
    play = bounced(at=Stage.QUOTED, notice="quote_offered")  # valid until the 29th

    assert kinds(play, days=30) == []
    assert play.incident.stage is Stage.QUOTED
    decided = play.order(an_order(c.RestoreAddress))  # on the 14th of July

    prolonged = f.QuoteProlonged(number=QUOTE, valid_until=date(2010, 7, 29))
    assert decided == (f.AddressRestored(address=CUSTOMER.name), prolonged)
    assert isinstance(play.told[-1], n.QuoteOffered)
    assert play.told[-1].valid_until == date(2010, 7, 29)
    assert kinds(play, days=15) == [f.CustomerNudged]
    assert kinds(play, days=1) == [f.QuoteLapsed]


def test_quote_that_came_back_may_be_accepted_by_who_has_it_after_all() -> None:
    play = bounced(at=Stage.QUOTED, notice="quote_offered")
    play.wait(days=20)

    decided = play.order(an_order(c.AcceptQuote))

    assert isinstance(decided, tuple)
    assert play.incident.stage is Stage.WORKING


def test_reminders_stop_where_mail_comes_back_and_begin_again() -> None:
    """§5.2"""
    play = bounced(at=Stage.INVOICED, notice="invoice_issued")
    assert kinds(play, days=100) == []

    play.order(an_order(c.RestoreAddress))

    assert kinds(play, days=1)[0] is f.InvoiceReminded
    assert kinds(play, days=30)[-1] is f.InvoiceLongOverdue


def test_what_came_back_for_another_reason_leaves_the_address_alone() -> None:
    play = a_play(at=Stage.INVOICED)

    play.order(an_order(c.ReportBounce, notice="invoice_issued", address=""))

    assert play.incident.lost is None
    assert f.InvoiceReminded in kinds(play, days=30)


def test_address_is_lost_once_and_found_once() -> None:
    play = bounced(at=Stage.INVOICED, notice="invoice_issued")

    assert play.order(an_order(c.LoseAddress)) == Refused(Reason.ALREADY)
    play.order(an_order(c.RestoreAddress, actor=CUSTOMER))
    assert play.order(an_order(c.RestoreAddress)) == Refused(Reason.ALREADY)
    assert play.order(an_order(c.RestoreAddress, actor=STAFF)) == Refused(Reason.ALREADY)


def test_held_notice_changes_nothing_else() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    version = play.incident.version

    play.order(an_order(c.HoldNotice))

    assert play.incident.version == version
    assert kinds(play, days=30) == []


def test_invoice_is_owed_though_its_mail_came_back() -> None:
    play = bounced(at=Stage.INVOICED, notice="invoice_issued")

    assert play.incident.invoice is not None
    assert (play.incident.invoice.number, play.incident.invoice.open) == (INVOICE, euros("24.00"))
    assert play.incident.lost is not None
    assert play.now - play.incident.lost.since == timedelta(0)
