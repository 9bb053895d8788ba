"""Leave to touch hosted data, as staff ask for it and work under it (letter §1)."""

from datetime import date

import pytest

from bot.core import commands as c
from bot.core.lives import Stage
from bot.sandbox.slack.inputs import Entry
from tests.builders import CUT_OFF, EDIT, READ, REBOOT, SUSPEND, an_order
from tests.channels.slack.stages import FILLED, reach
from tests.channels.slack.town import ALICE, STAFF_CHANNEL, Town, words

BOTH: dict[str, Entry] = {"acts": [READ.id, EDIT.id], "places": "shop\n/var/www", "until": "2010-06-20", "why": "w"}


def groups(town: Town) -> dict[str, list[str]]:
    """What the form to record an act offers, by heading."""
    element = next(block for block in town.modal().blocks if block.get("block_id") == "act")["element"]
    return {
        group["label"]["text"]: [option["value"] for option in group["options"]] for group in element["option_groups"]
    }


async def test_acts_are_offered_by_what_allows_them(town: Town) -> None:
    """§1.3: what must be asked for comes last, and what the contract forbids not at all."""
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **BOTH)
    await town.give(1, an_order(c.GrantConsent, acts=(READ.id,)))

    await town.click("record_act")

    assert groups(town) == {
        "Under leave 1, until 20 Jun 23:59": [READ.id],
        "The customer is told at once": [SUSPEND.id],
        "Without asking or telling": [REBOOT.id],
        "Emergency: say why; the customer is told at once": [CUT_OFF.id],
        "Not without the customer's leave: choose it to ask": [EDIT.id],
    }
    assert "Read the database — in shop, /var/www" in words(town.modal().blocks)


@pytest.mark.parametrize("days", [6, 8])
async def test_leave_that_has_ended_is_not_offered(town: Town, days: int) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **BOTH)
    await town.give(1, an_order(c.GrantConsent, acts=(READ.id, EDIT.id)))
    town.clock.turn(days=days)

    await town.click("record_act")

    assert ("Under leave 1, until 20 Jun 23:59" in groups(town)) == (days == 6)
    assert (READ.id in groups(town).get("Not without the customer's leave: choose it to ask", [])) == (days == 8)


async def test_the_one_place_of_a_leave_is_filled_in(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **FILLED["ask_consent"])
    await town.give(1, an_order(c.GrantConsent))

    answer = await town.fill("record_act", act=READ.id)

    assert answer.payload == {}
    assert [act.place for act in (await town.case()).incident.acts] == ["shop"]


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"places": "\n".join(f"/www/{n}" for n in range(11))}, "places", "At most 10 places"),
        ({"places": "shop\n" + "x" * 201}, "places", "at most 200 characters"),
        ({"places": "shop\n/www/\u202egnp.exe"}, "places", r"cannot be seen: '/www/\u202egnp.exe'"),
        ({"places": "/www/\u00a0shop"}, "places", "cannot be seen"),
        ({"until": "2010-06-13"}, "until", "Choose a day from today to 12 Sep 2010"),
        ({"until": "2010-09-13"}, "until", "Choose a day from today to 12 Sep 2010"),
        ({"until": "9999-12-31"}, "until", "Choose a day from today to 12 Sep 2010"),
    ],
)
async def test_request_that_cannot_be_sent_says_what_is_wrong_with_which_field(
    town: Town, wrong: dict[str, Entry], field: str, why: str
) -> None:
    await reach(town, Stage.DIAGNOSING)

    answer = await town.fill("ask_consent", **BOTH | wrong)

    assert list(answer.payload["errors"]) == [field]
    assert why in answer.payload["errors"][field]
    assert (await town.case()).incident.consents == ()


async def test_places_are_asked_for_once_however_they_are_written(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)

    await town.fill("ask_consent", **BOTH | {"places": " /www/shop \n\nshop\n/www/shop/\nshop"})

    assert set((await town.case()).incident.consents[0].places) == {"/www/shop", "shop"}


async def test_end_of_leave_is_a_week_ahead_unless_it_is_changed(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    asked = dict(BOTH)
    del asked["until"]

    await town.fill("ask_consent", **asked)

    case = await town.case()
    assert case.incident.terms.day_of(case.incident.consents[0].until) == date(2010, 6, 21)


@pytest.mark.parametrize(
    ("act", "place"), [(EDIT.id, "shop"), (READ.id, "blog"), (READ.id, "shop/cart"), (READ.id, "é" * 200)]
)
async def test_leave_that_is_too_narrow_is_one_press_from_the_one_that_is_needed(
    town: Town, act: str, place: str
) -> None:
    """§1.1: the request is filled in with this act and this place."""
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **FILLED["ask_consent"])
    await town.give(1, an_order(c.GrantConsent))

    answer = await town.fill("record_act", act=act, place=place)
    await town.people.close_view(ALICE)
    hint = town.workspace.shown_to(ALICE)[-1]
    await town.people.click(ALICE, STAFF_CHANNEL, hint.ts, "ask_consent")
    await town.submit(ALICE, why="to see")

    asked = (await town.case()).incident.consents[-1]
    assert "permission" in answer.payload["errors"]["place"]
    assert ([one.id for one in asked.acts], asked.places, asked.number) == ([act], (place,), 2)


async def test_emergency_without_a_reason_is_asked_for_it_where_it_goes(town: Town) -> None:
    """§1.3"""
    await reach(town, Stage.DIAGNOSING)

    bare = await town.fill("record_act", act=CUT_OFF.id, place="vps1")
    await town.submit(ALICE, note="It sends spam.")

    assert list(bare.payload["errors"]) == ["note"]
    assert [(act.act.id, act.note) for act in (await town.case()).incident.acts] == [(CUT_OFF.id, "It sends spam.")]
    assert type(town.mails[-1]).__name__ == "ActRecorded"


async def test_act_without_leave_is_refused_and_leave_is_one_press_away(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)

    answer = await town.fill("record_act", act=READ.id, place="shop", note="")
    await town.people.close_view(ALICE)
    (hint,) = town.workspace.shown_to(ALICE)
    await town.people.click(ALICE, STAFF_CHANNEL, hint.ts, "ask_consent")
    await town.submit(ALICE, until="2010-06-20", why="to see")

    assert "permission" in answer.payload["errors"]["place"]
    consent = (await town.case()).incident.consents[0]
    assert ([act.id for act in consent.acts], consent.places) == ([READ.id], ("shop",))


async def test_act_under_leave_is_recorded_in_its_scope_alone(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **FILLED["ask_consent"])
    await town.give(1, an_order(c.GrantConsent))

    elsewhere = await town.fill("record_act", act=READ.id, place="other", note="")
    await town.people.close_view(ALICE)
    here = await town.fill("record_act", act=READ.id, place="shop", note="read it")

    assert "errors" in elsewhere.payload
    assert here.payload == {}
    assert (await town.facts()).count("ActRecorded") == 1
