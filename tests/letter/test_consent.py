"""Leave to touch hosted data: explicit, scoped, dated, revocable; what needs none (letter §1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.commands import DeadlineKind
from bot.core.letter import AT_WORK
from bot.core.lives import ConsentState, Stage
from bot.core.place import named
from bot.core.refusals import Reason, Refused
from tests.builders import (
    CUT_OFF,
    EDIT,
    EVIDENCE,
    MONDAY,
    READ,
    REBOOT,
    SEARCH_MAIL,
    STAFF,
    SUSPEND,
    a_play,
    an_order,
)
from tests.play import Play

UNTIL = MONDAY + timedelta(days=5)
BOTH = an_order(c.RequestConsent, acts=(READ, EDIT), places=("shop", "/var/www"))


def asked(request: c.RequestConsent = BOTH, *, at: Stage = Stage.DIAGNOSING) -> Play:
    play = a_play(at=at)
    play.order(request)
    return play


def granted(*, at: Stage = Stage.DIAGNOSING) -> Play:
    play = asked(an_order(c.RequestConsent), at=at)
    play.order(an_order(c.GrantConsent))
    return play


def state(play: Play, number: int = 1) -> ConsentState:
    consent = play.incident.consent_named(number)
    assert consent is not None
    return consent.state


def test_act_on_hosted_data_without_leave_is_refused() -> None:
    """§1.1: not even to repair the customer's mistake."""
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)


def test_request_says_acts_places_end_and_why_in_the_customers_language() -> None:
    """§1.3."""
    english, french = asked(), a_play(at=Stage.DIAGNOSING, language=f.Language.FR)
    french.order(BOTH)

    told = n.ConsentRequested(
        number="1",
        acts=("Read the database", "Change files"),
        places=("shop", "/var/www"),
        until=UNTIL,
        why="to see the index",
        lapses_at=UNTIL,
    )
    assert english.told[-1] == told
    assert french.told[-1] == replace(told, acts=("Lire la base de données", "Modifier des fichiers"))


def test_request_says_when_it_lapses_as_the_calendar_has_it() -> None:
    """§1.3: after its days, whenever it would have ended."""
    play = asked(replace(BOTH, until=MONDAY + timedelta(days=30)))

    told = play.told[-1]

    assert isinstance(told, n.ConsentRequested)
    assert told.lapses_at == MONDAY + timedelta(days=7)
    assert DeadlineKind.LAPSE_CONSENT in {due.kind for due in play.deadlines if due.at == told.lapses_at}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"acts": ()}, Reason.SCOPE_EMPTY),
        ({"places": ()}, Reason.SCOPE_EMPTY),
        ({"why": " "}, Reason.SCOPE_EMPTY),
        ({"acts": (READ, SEARCH_MAIL)}, Reason.ACT_FORBIDDEN),
        ({"acts": (READ, SUSPEND)}, Reason.ACT_UNASKED),
        ({"acts": (CUT_OFF,)}, Reason.ACT_UNASKED),
        ({"until": MONDAY}, Reason.END_PASSED),
        ({"until": MONDAY + timedelta(days=91)}, Reason.END_TOO_FAR),
    ],
)
def test_request_without_scope_or_for_what_nobody_can_allow_is_refused(
    wrong: dict[str, object], reason: Reason
) -> None:
    """§1.3."""
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.RequestConsent, **wrong)) == Refused(reason)


def test_granted_leave_covers_its_act_in_its_place() -> None:
    """§1.3: every act is recorded against the leave that covers it."""
    play = granted()

    decided = play.order(an_order(c.RecordAct))

    assert decided == (f.ActRecorded(act=READ, place="shop", note="looked at the index", consent=1),)
    assert play.incident.acts == decided


@pytest.mark.parametrize("beside", [{"act": EDIT}, {"place": "/var/www"}, {"place": "shop/cart"}, {"place": "SHOP"}])
def test_granted_leave_covers_nothing_beside_it(beside: dict[str, object]) -> None:
    """§1.3: scope is exact."""
    assert granted().order(an_order(c.RecordAct, **beside)) == Refused(Reason.NO_CONSENT)


def test_leave_covers_its_act_in_the_words_that_were_shown() -> None:
    """What the catalogue calls it since is another act."""
    reworded = replace(READ, fr="Lire et copier la base de données")

    assert granted().order(an_order(c.RecordAct, act=reworded)) == Refused(Reason.NO_CONSENT)


def test_place_is_recorded_as_the_customer_saw_it() -> None:
    play = granted()

    decided = play.order(an_order(c.RecordAct, place=" shop/"))

    assert decided == (f.ActRecorded(act=READ, place="shop", note="looked at the index", consent=1),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/www/shop", "/www/shop/"),
        ("/www/shop", " /www/shop// "),
        ("https://Shop.Example", "HTTPS://shop.example/"),
        ("https://Shop.Example/A", "https://shop.example/A"),
        ("/www/été", "/www/e\u0301te\u0301"),
    ],
)
def test_one_place_has_one_name(one: str, other: str) -> None:
    assert named(one) == named(other)


PLACES = (
    *("/", "/www", "/www/shop", "/www/Shop", "/www/shop/x", "/www//shop", "/www/shop2", "/www shop", "/www  shop"),
    *("shop", "Shop", "index.php", "Index.php", "logo@2x.png", "logo@2X.png", "shop.example", "www.shop.example"),
    *("http://shop.example", "https://shop.example", "https://shop.example/a", "https://shop.example/A"),
    *("https://shop.example/a/", "https://shop.example:8443", "https://shop.example?a", "https://shop.example?A"),
)


def test_no_two_places_have_one_name() -> None:
    """A name that covered a second place would widen what was allowed."""
    assert len({named(place) for place in PLACES}) == len(PLACES)


def test_part_of_what_was_asked_may_be_granted_and_only_that_counts() -> None:
    play = asked()

    decided = play.order(an_order(c.GrantConsent, acts=(EDIT.id,)))

    assert decided == (f.ConsentGranted(number=1, acts=(EDIT.id,), evidence=EVIDENCE),)
    assert play.told[-1] == n.ConsentGranted(
        number="1", acts=("Change files",), places=("shop", "/var/www"), until=UNTIL
    )
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)
    assert isinstance(play.order(an_order(c.RecordAct, act=EDIT, place="/var/www")), tuple)


def test_more_than_was_asked_cannot_be_granted() -> None:
    play = asked(an_order(c.RequestConsent))

    assert play.order(an_order(c.GrantConsent, acts=(READ.id, EDIT.id))) == Refused(Reason.SCOPE_WIDER)
    assert play.order(an_order(c.GrantConsent, acts=())) == Refused(Reason.SCOPE_EMPTY)
    assert state(play) is ConsentState.REQUESTED


def test_leave_by_staff_is_refused() -> None:
    assert asked().order(an_order(c.GrantConsent, actor=STAFF)) == Refused(Reason.NOT_ALLOWED)


def test_leave_unknown_here_is_refused() -> None:
    """Given for one incident, it is worth nothing in another."""
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.GrantConsent)) == Refused(Reason.CONSENT_UNKNOWN)


def test_granting_or_refusing_twice_changes_nothing() -> None:
    yes, no = granted(), asked()
    no.order(an_order(c.RefuseConsent))

    assert yes.order(an_order(c.GrantConsent, expected=1)) == Refused(Reason.ALREADY)
    assert yes.order(an_order(c.RefuseConsent)) == Refused(Reason.CONSENT_DECIDED)
    assert no.order(an_order(c.RefuseConsent, expected=1)) == Refused(Reason.ALREADY)
    assert no.order(an_order(c.GrantConsent)) == Refused(Reason.CONSENT_DECIDED)


def test_refused_leave_allows_nothing_and_costs_nothing() -> None:
    play = asked()

    decided = play.order(an_order(c.RefuseConsent))

    assert decided == (f.ConsentRefused(number=1, evidence=EVIDENCE),)
    assert play.told[-1] == n.ConsentRefused(acts=("Read the database", "Change files"), places=("shop", "/var/www"))
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)
    assert play.incident.stage is Stage.DIAGNOSING


def test_silence_is_nudged_once_then_no() -> None:
    """Never a default yes."""
    play = asked(replace(BOTH, until=MONDAY + timedelta(days=30)))

    nudged, lapsed = play.wait(days=30)

    assert nudged.facts == (f.CustomerNudged(about="consent-1"),)
    assert [type(told) for told in nudged.told] == [n.ConsentNudged]
    assert (lapsed.at, lapsed.facts) == (MONDAY + timedelta(days=7), (f.ConsentLapsed(number=1),))
    assert play.order(an_order(c.GrantConsent)) == Refused(Reason.CONSENT_DECIDED)


def test_request_lapses_with_the_end_it_names() -> None:
    """Nobody is nudged for a leave that could no longer be used."""
    play = asked(replace(BOTH, until=MONDAY + timedelta(hours=20)))

    (lapsed,) = play.wait(days=30)

    assert (lapsed.at, lapsed.facts) == (MONDAY + timedelta(hours=20), (f.ConsentLapsed(number=1),))


def test_leave_ends_at_its_end_even_before_the_calendar_says_so() -> None:
    play = granted()
    play.outage(days=5)

    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)
    (expired,) = play.wait(seconds=1)
    assert expired.facts == (f.ConsentExpired(number=1),)
    assert expired.told == (n.ConsentExpired(acts=("Read the database",), places=("shop",)),)
    assert state(play) is ConsentState.EXPIRED


def test_staff_are_told_before_leave_ends_while_work_goes_on() -> None:
    """While they last work before it, once; the customer is not asked by a machine for more than they gave."""
    play = granted()

    warned, expired = play.wait(days=6)

    assert UNTIL.strftime("%A") == "Saturday"
    assert (warned.at, warned.facts, warned.told) == (
        datetime(2010, 6, 18, 7, tzinfo=UTC),  # Friday, nine o'clock in Paris
        (f.ConsentRunsOut(number=1),),
        (),
    )
    assert expired.facts == (f.ConsentExpired(number=1),)


def test_short_leave_is_warned_of_half_way() -> None:
    play = a_play(at=Stage.DIAGNOSING)
    play.order(an_order(c.RequestConsent, until=MONDAY + timedelta(hours=4)))
    play.order(an_order(c.GrantConsent))

    (warned,) = play.wait(hours=3)

    assert (warned.at, warned.facts) == (MONDAY + timedelta(hours=2), (f.ConsentRunsOut(number=1),))


@pytest.mark.parametrize("over", [an_order(c.RevokeConsent), an_order(c.ConcludeDiagnosis)])
def test_nobody_is_warned_of_leave_that_is_over(over: c.Command) -> None:
    play = granted()
    play.order(replace(over, outcome=f.Outcome.SOLVED) if isinstance(over, c.ConcludeDiagnosis) else over)

    assert f.ConsentRunsOut not in [type(fact) for scene in play.wait(days=6) for fact in scene.facts]


def test_leave_cannot_be_given_after_its_own_end() -> None:
    play = asked()
    play.outage(days=5)

    assert play.order(an_order(c.GrantConsent)) == Refused(Reason.END_PASSED)


def test_leave_is_revoked_at_once_at_any_time_for_no_reason() -> None:
    play = granted(at=Stage.WORKING)

    decided = play.order(an_order(c.RevokeConsent))

    assert decided == (f.ConsentRevoked(number=1, evidence=EVIDENCE),)
    assert play.told[-1] == n.ConsentRevoked(acts=("Read the database",), places=("shop",))
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NO_CONSENT)
    assert play.incident.stage is Stage.WORKING
    assert play.order(an_order(c.RevokeConsent, expected=1)) == Refused(Reason.ALREADY)


def test_revoking_what_was_not_granted_is_refused() -> None:
    assert asked().order(an_order(c.RevokeConsent)) == Refused(Reason.CONSENT_DECIDED)
    assert a_play(at=Stage.DIAGNOSING).order(an_order(c.RevokeConsent)) == Refused(Reason.CONSENT_UNKNOWN)


def test_other_request_replaces_the_one_unanswered_not_the_one_granted() -> None:
    unanswered, given = asked(), granted()

    unanswered.order(an_order(c.RequestConsent, acts=(EDIT,)))
    given.order(an_order(c.RequestConsent, acts=(EDIT,)))

    assert [state(unanswered, n) for n in (1, 2)] == [ConsentState.REPLACED, ConsentState.REQUESTED]
    assert [state(given, n) for n in (1, 2)] == [ConsentState.GRANTED, ConsentState.REQUESTED]
    assert unanswered.order(an_order(c.GrantConsent)) == Refused(Reason.CONSENT_DECIDED)


def test_request_taken_back_by_staff_is_told() -> None:
    play = asked()

    play.order(an_order(c.WithdrawConsentRequest))

    assert play.told[-1] == n.ConsentWithdrawn(
        acts=("Read the database", "Change files"), places=("shop", "/var/www"), reason="no longer needed"
    )
    assert play.order(an_order(c.GrantConsent)) == Refused(Reason.CONSENT_DECIDED)


ENDS: dict[Stage, c.Command] = {
    Stage.DIAGNOSING: an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),
    Stage.QUOTED: an_order(c.DeclineQuote),
    Stage.REPAIRING: an_order(c.FinishWork),
    Stage.WORKING: an_order(c.FinishWork),
}


@pytest.mark.parametrize("stage", sorted(AT_WORK))
def test_leave_ends_with_the_work_it_was_given_for(stage: Stage) -> None:
    """An incident opened later starts without any."""
    play = granted(at=stage)
    play.order(an_order(c.RequestConsent, acts=(EDIT,)))

    decided = play.order(ENDS[stage])

    assert isinstance(decided, tuple)
    assert decided[-2:] == (f.ConsentClosed(number=1), f.ConsentClosed(number=2))
    assert play.order(an_order(c.RecordAct)) == Refused(Reason.NOT_NOW)


def test_leave_goes_from_diagnosis_to_quote_to_work() -> None:
    """§4.4: it may be asked for with the quote."""
    play = granted(at=Stage.QUOTED)

    play.order(an_order(c.AcceptQuote))

    assert isinstance(play.order(an_order(c.RecordAct)), tuple)


def test_technical_act_on_our_platform_needs_no_leave_and_is_not_told() -> None:
    """§1.2."""
    play = a_play(at=Stage.DIAGNOSING)
    before = play.told

    decided = play.order(an_order(c.RecordAct, act=REBOOT))

    assert decided == (f.ActRecorded(act=REBOOT, place="shop", note="looked at the index", consent=None),)
    assert play.told == before


def test_act_to_be_told_is_told_at_once() -> None:
    """§1.3."""
    play = a_play(at=Stage.DIAGNOSING)

    play.order(an_order(c.RecordAct, act=SUSPEND))

    assert play.told[-1] == n.ActRecorded(
        act="Suspend the site", place="shop", note="looked at the index", clause="", emergency=False
    )


def test_emergency_names_its_clause_says_why_and_tells_at_once() -> None:
    """§1.3."""
    play = a_play(at=Stage.DIAGNOSING)
    nameless = replace(CUT_OFF, clause="")

    assert play.order(an_order(c.RecordAct, act=nameless)) == Refused(Reason.REASON_MISSING)
    assert play.order(an_order(c.RecordAct, act=CUT_OFF, note=" ")) == Refused(Reason.REASON_MISSING)
    play.order(an_order(c.RecordAct, act=CUT_OFF, note="it sends spam"))
    assert play.told[-1] == n.ActRecorded(
        act="Isolate", place="shop", note="it sends spam", clause="CGV 7.2", emergency=True
    )


def test_act_the_contract_forbids_is_refused_whatever_the_leave() -> None:
    """§1.3."""
    assert granted().order(an_order(c.RecordAct, act=SEARCH_MAIL)) == Refused(Reason.ACT_FORBIDDEN)


def test_act_without_a_place_is_refused() -> None:
    assert granted().order(an_order(c.RecordAct, place=" ")) == Refused(Reason.SCOPE_EMPTY)


@pytest.mark.parametrize("stage", sorted(set(Stage) - AT_WORK))
def test_nothing_is_asked_or_done_before_or_after_the_work(stage: Stage) -> None:
    play = a_play(at=stage)

    assert play.order(an_order(c.RequestConsent)) == Refused(Reason.NOT_NOW)
    assert play.order(an_order(c.RecordAct, act=REBOOT)) == Refused(Reason.NOT_NOW)
