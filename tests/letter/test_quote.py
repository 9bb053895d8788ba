"""Quotes: shown, frozen, accepted with one click, work at once without payment (letter §4)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import QuoteState, Stage
from bot.core.money import Line, Money
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from tests.builders import EVIDENCE, LINES, MONDAY, QUOTE, SHOWN, STAFF, a_play, an_order, price
from tests.play import Play

SECOND = "D2010-00002"
SECOND_SHOWN = "c" * 64
OUT_OF_TIME = datetime(2010, 6, 29, 22, 0, tzinfo=UTC)  # midnight in Paris after the last day


def states(play: Play) -> list[QuoteState]:
    return [quote.state for quote in play.incident.quotes]


def offer_second(play: Play) -> None:
    play.order(an_order(c.DraftQuote, number=SECOND))
    play.order(an_order(c.OfferQuote, number=SECOND, document_sha256=SECOND_SHOWN))


def test_quote_without_a_diagnosis_report_is_refused() -> None:
    """§3.3."""
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.DraftQuote)) == Refused(Reason.REPORT_FIRST)


def test_draft_states_lines_rate_and_validity() -> None:
    """§4.1: valid fifteen days from its day, in local time."""
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))

    decided = play.order(an_order(c.DraftQuote, note="At night."))

    drafted = f.QuoteDrafted(
        number=QUOTE,
        lines=LINES,
        valid_until=date(2010, 6, 29),
        note="At night.",
        replaces=None,
    )
    assert decided == (drafted,)
    assert play.incident.stage is Stage.DIAGNOSING


def test_offer_freezes_the_document_and_tells_report_and_quote() -> None:
    """§3.3, §4.1, §4.3."""
    play = a_play(at=Stage.QUOTED)

    assert play.facts[-1] == f.QuoteOffered(number=QUOTE, document_sha256=SHOWN)
    assert play.told[-1] == n.QuoteOffered(
        number=QUOTE,
        report="The index is broken.",
        lines=LINES,
        price=price("180.00"),
        diagnosis=price("20.00"),
        valid_until=date(2010, 6, 29),
        note="",
        replaces="",
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"lines": ()}, Reason.QUOTE_EMPTY),
        ({"lines": (Line(label="x", quantity=Decimal(0), unit=Money(cents=100)),)}, Reason.QUOTE_EMPTY),
        ({"lines": (Line(label="x", quantity=Decimal(1), unit=Money(cents=-100)),)}, Reason.QUOTE_EMPTY),
        ({"lines": (replace(LINES[0], unit=Money(cents=1, currency="USD")),)}, Reason.AMOUNT_WRONG),
        ({"validity_days": 0}, Reason.END_PASSED),
        ({"validity_days": 366}, Reason.END_PASSED),
    ],
)
def test_draft_of_nothing_or_for_no_time_is_refused(wrong: dict[str, object], reason: Reason) -> None:
    """§4.1."""
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))

    assert play.order(an_order(c.DraftQuote, **wrong)) == Refused(reason)


def test_accepting_takes_one_click_and_work_starts_at_once() -> None:
    """§4.2: no payment is looked at."""
    play = a_play(at=Stage.QUOTED)

    decided = play.order(an_order(c.AcceptQuote))

    assert decided == (f.QuoteAccepted(number=QUOTE, evidence=EVIDENCE, price=play.incident.quotes[0].price),)
    assert play.incident.stage is Stage.WORKING
    assert play.incident.invoice is None
    assert play.told[-1] == n.QuoteAccepted(
        number=QUOTE, price=price("180.00"), accepted_at=MONDAY, kind=Kind.BUSINESS, document_sha256=SHOWN
    )


def test_second_acceptance_changes_nothing() -> None:
    """One work order, from whichever channel it comes."""
    play = a_play(at=Stage.WORKING)

    assert play.order(an_order(c.AcceptQuote, expected=7)) == Refused(Reason.ALREADY)


def test_acceptance_names_the_hash_of_what_was_shown() -> None:
    """§4.3."""
    play = a_play(at=Stage.QUOTED)

    assert play.order(an_order(c.AcceptQuote, document_sha256="d" * 64)) == Refused(Reason.QUOTE_REPLACED)
    assert states(play) == [QuoteState.SENT]


def test_acceptance_by_staff_is_refused() -> None:
    assert a_play(at=Stage.QUOTED).order(an_order(c.AcceptQuote, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)


def test_consumers_acceptance_needs_the_express_request() -> None:
    """L221-25."""
    play = a_play(at=Stage.QUOTED, kind=Kind.CONSUMER)
    unticked = replace(EVIDENCE, express_request=False)

    assert play.order(an_order(c.AcceptQuote, evidence=unticked)) == Refused(Reason.EXPRESS_REQUEST_MISSING)
    assert isinstance(play.order(an_order(c.AcceptQuote)), tuple)


def test_newer_quote_supersedes_the_one_sent() -> None:
    """§4.3: only once it is sent itself."""
    play = a_play(at=Stage.QUOTED)

    drafted = play.order(an_order(c.DraftQuote, number=SECOND))
    assert isinstance(drafted, tuple)
    assert [fact.replaces for fact in drafted if isinstance(fact, f.QuoteDrafted)] == [QUOTE]
    assert states(play) == [QuoteState.SENT, QuoteState.DRAFT]

    offered = play.order(an_order(c.OfferQuote, number=SECOND, document_sha256=SECOND_SHOWN))
    assert offered == (
        f.QuoteSuperseded(number=QUOTE, by=SECOND),
        f.QuoteOffered(number=SECOND, document_sha256=SECOND_SHOWN),
    )
    assert states(play) == [QuoteState.SUPERSEDED, QuoteState.SENT]
    assert [told.replaces for told in play.told if isinstance(told, n.QuoteOffered)] == ["", QUOTE]


def test_superseded_quote_is_neither_accepted_nor_declined() -> None:
    """§4.3."""
    play = a_play(at=Stage.QUOTED)
    offer_second(play)

    assert play.order(an_order(c.AcceptQuote)) == Refused(Reason.QUOTE_REPLACED)
    assert play.order(an_order(c.DeclineQuote)) == Refused(Reason.QUOTE_REPLACED)


def test_only_the_newest_accepted_quote_is_billed() -> None:
    play = a_play(at=Stage.QUOTED)
    offer_second(play)
    for order in (
        an_order(c.AcceptQuote, number=SECOND, document_sha256=SECOND_SHOWN),
        an_order(c.FinishWork),
        an_order(c.Settle),
    ):
        play.order(order)

    assert play.incident.invoice is not None
    assert play.incident.invoice.price == price("200.00")


def test_sent_quote_may_be_accepted_while_another_is_drafted() -> None:
    """The draft then never leaves."""
    play = a_play(at=Stage.QUOTED)
    play.order(an_order(c.DraftQuote, number=SECOND))

    assert isinstance(play.order(an_order(c.AcceptQuote)), tuple)
    assert play.order(an_order(c.OfferQuote, number=SECOND)) == Refused(Reason.NOT_NOW)


def test_second_draft_replaces_the_first() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.ConcludeDiagnosis))
    play.order(an_order(c.DraftQuote))

    play.order(an_order(c.DraftQuote, number=SECOND))

    assert states(play) == [QuoteState.SUPERSEDED, QuoteState.DRAFT]
    assert play.order(an_order(c.OfferQuote)) == Refused(Reason.ALREADY)


def test_unknown_quote_is_refused() -> None:
    play = a_play(at=Stage.QUOTED)

    assert play.order(an_order(c.AcceptQuote, number="D2010-99999")) == Refused(Reason.QUOTE_UNKNOWN)
    assert play.order(an_order(c.OfferQuote, number="D2010-99999")) == Refused(Reason.QUOTE_UNKNOWN)


def test_declining_leaves_the_diagnosis_owed_and_says_so() -> None:
    """§3.8."""
    play = a_play(at=Stage.QUOTED)

    decided = play.order(an_order(c.DeclineQuote))

    assert decided == (f.QuoteDeclined(number=QUOTE, evidence=EVIDENCE, price=play.incident.quotes[0].price),)
    assert play.told[-1] == n.QuoteDeclined(quote=QUOTE, diagnosis=price("20.00"))
    assert play.order(an_order(c.DeclineQuote, expected=7)) == Refused(Reason.ALREADY)


def test_accept_after_decline_and_decline_after_accept_change_nothing() -> None:
    """Exactly one wins."""
    declined, accepted = a_play(at=Stage.QUOTE_REFUSED), a_play(at=Stage.WORKING)

    assert declined.order(an_order(c.AcceptQuote)) == Refused(Reason.NOT_NOW)
    assert accepted.order(an_order(c.DeclineQuote)) == Refused(Reason.NOT_NOW)


def test_acceptance_in_the_last_moment_counts_and_after_it_does_not() -> None:
    """§4.1: whether or not the calendar has asked yet."""
    in_time, too_late = a_play(at=Stage.QUOTED), a_play(at=Stage.QUOTED)
    in_time.outage(seconds=(OUT_OF_TIME - MONDAY).total_seconds() - 1)
    too_late.outage(seconds=(OUT_OF_TIME - MONDAY).total_seconds())

    assert isinstance(in_time.order(an_order(c.AcceptQuote)), tuple)
    assert too_late.order(an_order(c.AcceptQuote)) == Refused(Reason.QUOTE_EXPIRED)


def test_unanswered_quote_is_nudged_once_then_lapses() -> None:
    """§3.8."""
    play = a_play(at=Stage.QUOTED)

    nudged, lapsed = play.wait(days=60)

    assert (nudged.at.date(), nudged.facts) == (date(2010, 6, 28), (f.CustomerNudged(about=QUOTE),))
    assert nudged.told == (
        n.QuoteNudged(number=QUOTE, price=price("180.00"), diagnosis=price("20.00"), valid_until=date(2010, 6, 29)),
    )
    assert (lapsed.at, lapsed.facts) == (OUT_OF_TIME, (f.QuoteLapsed(number=QUOTE),))
    assert lapsed.told == (n.QuoteLapsed(quote=QUOTE, diagnosis=price("20.00")),)


def test_superseded_quote_does_not_lapse_its_successor() -> None:
    play = a_play(at=Stage.QUOTED)
    play.wait(days=14)
    offer_second(play)

    play.wait(days=10)

    assert states(play) == [QuoteState.SUPERSEDED, QuoteState.SENT]


def test_quote_taken_back_owes_nothing_and_says_why() -> None:
    """§3.4."""
    play = a_play(at=Stage.QUOTED)

    assert play.order(an_order(c.CancelQuote, reason=" ")) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.CancelQuote, reason="no time")) == (
        f.QuoteCancelled(number=QUOTE, reason="no time"),
    )
    assert play.told[-1] == n.QuoteCancelled(quote=QUOTE, reason="no time")
    assert play.incident.stage is Stage.UNBILLED
    assert play.incident.outcome is f.Outcome.NO_QUOTE


def test_work_without_an_accepted_quote_cannot_finish() -> None:
    """§4.1: never work before an accepted quote."""
    for stage in (Stage.DIAGNOSING, Stage.QUOTED):
        assert a_play(at=stage).order(an_order(c.FinishWork)) == Refused(Reason.NOT_NOW)


def test_finished_work_is_reported() -> None:
    play = a_play(at=Stage.WORKING)

    assert play.order(an_order(c.FinishWork, report="")) == Refused(Reason.REPORT_MISSING)
    assert play.order(an_order(c.FinishWork)) == (f.WorkFinished(report="Rebuilt the index."),)
    assert play.told[-1] == n.WorkFinished(report="Rebuilt the index.", warranty=False)


def test_work_given_up_by_us_owes_nothing_for_it() -> None:
    play = a_play(at=Stage.WORKING)

    assert play.order(an_order(c.StopWork, reason="")) == Refused(Reason.REASON_MISSING)
    decided = play.order(an_order(c.StopWork))

    assert decided == (f.WorkStopped(by=f.Role.STAFF, reason="we cannot do it", owed=price("0.00")),)
    assert play.told[-1] == n.WorkStopped(
        by=f.Role.STAFF, reason="we cannot do it", owed=price("0.00"), diagnosis=price("20.00")
    )
