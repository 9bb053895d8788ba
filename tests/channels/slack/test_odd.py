"""Odd payloads at the door: each is answered, said in one line at most, and costs nobody's words."""

import copy
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.core import facts as f
from bot.sandbox.slack.delivery import Answer, Envelope
from storage import Direction
from tests.channels.slack.town import ALICE, BOB, BOT, STAFF_CHANNEL, Town

MISSING = object()
HALF = "half \ud83d a smile"
ODD: tuple[object, ...] = (MISSING, None, "", 5, [], {}, "x" * 4000, True, [None], HALF)
TYPED: tuple[object, ...] = (MISSING, "", "5", "x" * 4000, "\N{REPLACEMENT CHARACTER}")  # a form has words alone
ENDLESS = "1e999"


def paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload; of what is shown, whose shape is ours, the outside alone."""
    inside = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
    for name, value in inside:
        yield (*at, name)
        yield from paths(value, (*at, name)) if name != "blocks" else ()


def odd(envelope: Envelope) -> Iterator[Envelope]:
    """The same payload with one place in it another."""
    values = TYPED if envelope.kind == "slash_commands" else ODD
    for number, (place, value) in enumerate(product(paths(envelope.payload), values)):
        payload = _new(copy.deepcopy(envelope.payload), number)
        inner = payload
        for name in place[:-1]:
            inner = inner[name]
        if value is MISSING:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
        yield replace(envelope, payload=payload)


def _new(payload: dict[str, Any], number: int) -> dict[str, Any]:
    """As if it had not been said before."""
    event = payload.get("event") or {}
    payload |= {"event_id": f"Ev{number}"} if event else {}
    if "edited" in event.get("message", ()):
        event["message"]["edited"]["ts"] = f"1276502401.{number:06d}"
    elif "ts" in event:
        event["ts"] = f"1276502401.{number:06d}"
    return payload


async def acts(town: Town) -> dict[str, Envelope]:
    """What people do, as Slack brought it."""
    people, sent = town.people, {}
    await town.open(channel=f.Channel.SLACK, linked=True)
    card = town.card().ts
    await people.click(ALICE, STAFF_CHANNEL, card, "reply")
    sent["press"] = people.sent[-1]
    await people.submit(ALICE, town.modal().id, {"text": "Hello"})
    sent["form"] = people.sent[-1]
    await people.say(ALICE, STAFF_CHANNEL, "note", card)
    sent["note"] = people.sent[-1]
    note = town.workspace.replies(STAFF_CHANNEL, card)[-1].ts
    await people.message_shortcut(ALICE, STAFF_CHANNEL, note, "send_to_customer")
    sent["shortcut"] = people.sent[-1]
    await people.edit(ALICE, STAFF_CHANNEL, note, "noted")
    sent["edit"] = people.sent[-1]
    await people.say(BOB, town.direct(), "bonjour", None, [("a.png", b"\x89PNG")])
    sent["direct"] = people.sent[-1]
    await people.react(ALICE, STAFF_CHANNEL, card, "eyes")
    sent["emoji"] = people.sent[-1]
    await people.open_home(ALICE)
    sent["home"] = people.sent[-1]
    await people.command(ALICE, "C0TOWN", "/incident", "new")
    sent["command"] = people.sent[-1]
    await people.submit(ALICE, town.modal().id, {"address": "x@y.fr", "title": "t", "description": "d"})
    sent["opening"] = people.sent[-1]
    await town.settle()
    return sent


KINDS = ("press", "form", "note", "shortcut", "edit", "direct", "emoji", "home", "command", "opening")


@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_is_odd_in_a_payload_is_answered_and_stops_nothing(
    town: Town, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await acts(town)
    caplog.clear()

    for envelope in odd(sent[kind]):
        caplog.clear()
        answer = await town.people.redeliver(envelope)
        assert answer.status < 500, (envelope.payload, caplog.text)
        assert [record for record in caplog.records if record.exc_info] == []
        assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 2
        await understand_all(town)

    assert (await town.people.say(ALICE, STAFF_CHANNEL, "still here", town.card().ts)).outcome == "ok"
    await understand_all(town)
    assert "still here" in [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30, int("9" * 1500)])
async def test_number_that_no_database_holds_is_a_click_on_nothing(
    town: Town, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    await town.open()
    await town.click("take")
    envelope = town.people.sent[-1]
    ours = ("take", "reply", "start_diagnosis", "original", "show_incident", "order", "give_consent", "book_payment")
    caplog.clear()

    for action, name in product(ours, ("incident", "version", "message", "entry", "price", "number")):
        payload = copy.deepcopy(envelope.payload)
        payload["actions"][0] |= {"action_id": action, "value": f'{{"incident":1,"{name}":{number}}}'}
        answer = await town.people.redeliver(replace(envelope, payload=payload))
        assert answer.status == 200, (action, name, caplog.text)

    assert [record for record in caplog.records if record.exc_info] == []
    assert len(town.whispers()) > len(ours)


async def understand_all(town: Town) -> None:
    """Whatever waits in the inbox is worked; what raises fails the test."""
    while jobs := await town.store.run(lambda tx: tx.inbox.claim(town.clock(), 20, timedelta(minutes=1))):
        for job in jobs:
            await town.channel.understand(job, town.clock())


async def tell(town: Town, event: dict[str, Any], **around: Any) -> Answer:
    """An event as Slack sends it, worked."""
    payload = {
        "type": "event_callback",
        "team_id": "T0COMPTOIR",
        "event_id": f"Ev{event.get('ts', '')}",
        "event": event,
        "authorizations": [{"user_id": BOT, "is_bot": True}],
    } | around
    answer = await town.people.redeliver(Envelope(kind="events_api", payload=payload))
    await town.settle()
    return answer


async def notes(town: Town) -> list[str]:
    return [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE]


def in_thread(town: Town, **more: Any) -> dict[str, Any]:
    """A reply of Alice's below the card."""
    return {
        "type": "message",
        "user": ALICE,
        "text": "a note",
        "ts": "1276502401.000100",
        "thread_ts": town.card().ts,
        "channel": STAFF_CHANNEL,
        "channel_type": "group",
    } | more


@pytest.mark.parametrize(
    "around",
    [
        {"enterprise_id": "E0ORG", "is_enterprise_install": True, "authorizations": []},
        {"authorizations": None},
        {"authorizations": [{"enterprise_id": "E0ORG", "team_id": None, "user_id": BOT, "is_bot": True}]},
        {"is_ext_shared_channel": True, "context_team_id": "T0COMPTOIR"},
    ],
)
async def test_note_is_kept_whatever_slack_says_of_the_installation(town: Town, around: dict[str, Any]) -> None:
    await town.open()

    answer = await tell(town, in_thread(town), **around)

    assert (answer.status, await notes(town)) == (200, ["a note"])


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share", "me_message"])
async def test_words_of_other_kinds_of_message_are_notes_too(town: Town, subtype: str) -> None:
    await town.open()

    await tell(town, in_thread(town, subtype=subtype))

    assert await notes(town) == ["a note"]


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message", "bot_id": "B1"},
        {"subtype": "channel_join"},
        {"subtype": "channel_topic"},
        {"subtype": "assistant_app_thread"},
        {"subtype": "message_replied", "message": {"ts": "1.1"}},
        {"subtype": "reply_broadcast"},
        {"subtype": "some_new_subtype"},
        {"ts": ENDLESS, "subtype": "pinned_item"},
    ],
)
async def test_what_nobody_said_is_no_note(town: Town, more: dict[str, Any]) -> None:
    await town.open()

    answer = await tell(town, in_thread(town, **more))

    assert (answer.status, await notes(town)) == (200, [])


async def test_event_of_another_kind_is_answered_whatever_is_in_it(town: Town) -> None:
    answer = await tell(town, {"type": "channel_rename", "channel": {"id": "C1", "name": "new", "created": 1}})

    assert answer.status == 200


async def test_message_without_a_time_that_can_be_is_kept_all_the_same(town: Town) -> None:
    await town.open()

    await tell(town, in_thread(town, ts=ENDLESS))

    assert await notes(town) == ["a note"]


FORWARDED = {
    "is_share": True,
    "is_msg_unfurl": True,
    "author_name": "Zoé",
    "text": "voir <https://a.fr|ici> &amp; là",
}


async def test_message_that_was_forwarded_is_read(town: Town) -> None:
    """Its words stand in an attachment, and its text is empty where nothing was said of it."""
    await town.open(channel=f.Channel.SLACK, linked=True)
    forwarded = {
        "type": "message",
        "user": BOB,
        "text": "",
        "ts": "1276502401.000100",
        "channel": town.direct(),
        "channel_type": "im",
        "attachments": [FORWARDED, {"title": "a link that was unfurled", "text": "not said by anybody"}],
    }

    await tell(town, forwarded)
    await tell(town, in_thread(town, text="look", ts="1276502402.000100", attachments=[FORWARDED]))

    came = [m.text for m in (await town.case()).messages if m.direction is Direction.IN]
    assert came[-1] == "[forwarded from Zoé] voir ici (https://a.fr) & là"
    assert await notes(town) == ["look\n[forwarded from Zoé] voir ici (https://a.fr) & là"]


async def test_half_a_character_costs_no_words(town: Town) -> None:
    """JSON can name half of a character that takes two; a text that was cut ends with one."""
    await town.open(channel=f.Channel.SLACK, linked=True)
    said = {
        "type": "message",
        "user": BOB,
        "text": "cassé \ud83d",
        "ts": "1276502401.000100",
        "channel": town.direct(),
        "channel_type": "im",
    }

    await tell(town, said)

    came = [m.text for m in (await town.case()).messages if m.direction is Direction.IN]
    assert came[-1] == "cassé \ufffd"


async def test_unknown_actions_forms_and_shortcuts_do_nothing(town: Town) -> None:
    sent = await acts(town)
    before = await town.facts()
    press, form, shortcut = (copy.deepcopy(sent[kind]) for kind in ("press", "form", "shortcut"))
    press.payload["actions"][0]["action_id"] = "nobody_knows"
    form.payload["view"]["callback_id"] = "nobody_knows"
    shortcut.payload["callback_id"] = "nobody_knows"

    answers = [(await town.people.redeliver(one)).status for one in (press, form, shortcut)]
    await town.settle()

    assert answers == [200, 404, 404]
    assert await town.facts() == before


async def test_press_of_another_workspace_with_the_same_ids_is_refused(town: Town) -> None:
    await town.open()
    await town.people.click(ALICE, STAFF_CHANNEL, town.card().ts, "reply")
    press = copy.deepcopy(town.people.sent[-1])
    press.payload["actions"][0]["action_id"] = "take"
    press.payload["user"]["team_id"] = press.payload["team"]["id"] = "T0OTHER"

    await town.people.redeliver(press)
    await town.settle()

    assert "IncidentTaken" not in await town.facts()


async def test_answer_that_slack_takes_nowhere_is_said_once(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """The person sees that it failed; nothing is tried for ever."""
    await town.people.command(ALICE, "C0TOWN", "/incident", "new")
    command = copy.deepcopy(town.people.sent[-1])
    command.payload["channel_id"] = ""
    command.payload["response_url"] = "nowhere"
    caplog.clear()

    answer = await town.people.redeliver(command)

    assert answer.status == 424
    assert [record.message for record in caplog.records if "did not take the answer" in record.message] != []
    assert [record for record in caplog.records if record.exc_info] == []
