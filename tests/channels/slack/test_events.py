"""What Slack tells of: in order where order matters, once, and only what somebody meant to say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.slack.receive import conversation
from bot.core import facts as f
from bot.sandbox.slack.delivery import Envelope
from storage import Direction
from tests.channels.slack.town import ALICE, BOB, BOT, STAFF_CHANNEL, Town

SAID = {"type": "message", "channel": "C1", "ts": "5.1", "thread_ts": "1.1", "text": "a"}
HIDDEN = {"type": "message", "channel": "C1", "ts": "7.1", "hidden": True}


@pytest.mark.parametrize(
    ("event", "place"),
    [
        (SAID, "C1:1.1"),
        (HIDDEN | {"subtype": "message_changed", "message": SAID}, "C1:1.1"),
        (HIDDEN | {"subtype": "message_deleted", "deleted_ts": "5.1", "previous_message": SAID}, "C1:1.1"),
        ({"type": "message", "channel": "D1", "ts": "5.1"}, "D1:"),
        ({"type": "message", "channel": "D1", "ts": "6.1"}, "D1:"),
        ({"type": "message", "channel": "D1", "ts": "5.1", "thread_ts": "5.1"}, "D1:"),
    ],
)
def test_thread_or_conversation_is_worked_in_order(event: dict[str, Any], place: str) -> None:
    assert conversation(event) == place


async def test_words_in_a_conversation_keep_their_order(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    for number in range(30):
        await town.people.say(BOB, town.direct(), f"mot {number}")

    claimed = await town.store.run(lambda tx: tx.inbox.claim(town.clock(), 20, timedelta(minutes=1)))

    assert len(claimed) == 1
    await town.channel.understand(claimed[0], town.clock())
    await town.settle()
    assert await _came(town) == [f"mot {number}" for number in range(30)]


async def test_link_that_slack_unfurls_is_no_change_of_words(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.people.say(BOB, town.direct(), "voir https://example.fr")
    said = town.workspace.message(town.direct(), _last(town)).ts
    unfurled = {"type": "message", "user": BOB, "ts": said, "text": "voir https://example.fr"}

    await _tell(
        town,
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": town.direct(),
            "channel_type": "im",
            "ts": "1276502401.000200",
            "message": unfurled | {"attachments": [{"title": "Example"}]},
            "previous_message": unfurled,
        },
    )

    assert await _came(town) == ["voir https://example.fr"]


async def test_message_with_replies_that_is_deleted_leaves_a_stone_and_counts_as_deleted(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.people.say(BOB, town.direct(), "mon mot de passe")
    said = _last(town)
    stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": said, "hidden": True}

    await _tell(
        town,
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": town.direct(),
            "channel_type": "im",
            "ts": "1276502401.000200",
            "message": stone | {"text": "This message was deleted."},
            "previous_message": {"type": "message", "user": BOB, "ts": said, "text": "mon mot de passe"},
        },
    )

    assert await _came(town) == ["mon mot de passe", "[message deleted by its author]"]


async def test_card_that_is_deleted_is_no_note_of_anybody(town: Town) -> None:
    await town.open()
    card = town.card()

    await _tell(
        town,
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": STAFF_CHANNEL,
            "channel_type": "group",
            "ts": "1276502401.000200",
            "message": {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": card.ts},
            "previous_message": {"type": "message", "user": card.user, "bot_id": card.bot_id, "ts": card.ts},
        },
    )

    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE] == []


async def test_file_of_ours_that_comes_without_a_bot_is_nobodys_words(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    told = len(town.told())
    shown = {"type": "message", "subtype": "file_share", "user": BOT, "text": "ours", "channel": town.direct()}

    await _tell(town, {**shown, "channel_type": "im", "ts": "1276502401.000200"})

    assert len(town.told()) == told


async def test_event_is_kept_though_slack_forgets_who_we_are(town: Town) -> None:
    """Bolt asks `auth.test` first and answers 200 when that fails: the event would be lost."""
    await town.open()
    town.slack.faults.refuse("invalid_auth", method="auth.test", times=None)

    said = await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts)
    await town.settle()

    assert said.outcome == "ok"
    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE] == ["a note"]
    assert [call for call in town.slack.calls if call.method == "auth.test"] == []


async def test_slack_that_stops_for_a_while_is_answered(town: Town) -> None:
    body = {
        "type": "app_rate_limited",
        "team_id": "T0COMPTOIR",
        "minute_rate_limited": 1276502400,
        "api_app_id": "A1",
    }

    answer = await town.people.redeliver(Envelope(kind="events_api", payload=body))

    assert answer.status == 200


async def _tell(town: Town, event: dict[str, Any]) -> None:
    """An event as Slack sends it, which nobody in the stand-in can cause."""
    envelope: Envelope = replace(
        town.people.sent[-1] if town.people.sent else Envelope(kind="events_api", payload={}),
        kind="events_api",
        payload={
            "type": "event_callback",
            "team_id": "T0COMPTOIR",
            "event_id": "EvTold",
            "event": event,
            "authorizations": [{"user_id": BOT, "is_bot": True}],
        },
    )
    assert (await town.people.redeliver(envelope)).outcome == "ok"
    await town.settle()


def _last(town: Town) -> str:
    return max(ts for ts, one in town.workspace.messages[town.direct()].items() if one.user == BOB)


async def _came(town: Town) -> list[str]:
    """The customer's words in chat, those that opened the incident left out."""
    return [m.text for m in (await town.case()).messages if m.direction is Direction.IN][1:]


@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_change_in_chat_that_comes_before_the_words_counts(town: Town, change: str) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.people.hold()
    await town.people.say(BOB, town.direct(), "mon mot de passe")
    said = _last(town)
    town.clock.turn(seconds=5)
    if change == "edit":
        await town.people.edit(BOB, town.direct(), said, "mon souci")
    else:
        await town.people.delete(BOB, town.direct(), said)

    await town.people.release(backwards=True)
    await town.settle()

    latest = {"edit": "[edited] mon souci", "delete": "[message deleted by its author]"}
    assert await _came(town) == [latest[change]]


@pytest.mark.parametrize("last", ["edit", "delete"])
async def test_changes_in_chat_that_come_in_disorder_leave_the_last_one(town: Town, last: str) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.people.hold()
    await town.people.say(BOB, town.direct(), "frist")
    said = _last(town)
    town.clock.turn(seconds=5)
    await town.people.edit(BOB, town.direct(), said, "second")
    town.clock.turn(seconds=5)
    if last == "edit":
        await town.people.edit(BOB, town.direct(), said, "third")
    else:
        await town.people.delete(BOB, town.direct(), said)

    await town.people.release(backwards=True)
    await town.settle()

    assert await _came(town) == [{"edit": "[edited] third", "delete": "[message deleted by its author]"}[last]]


async def test_note_that_is_deleted_before_it_is_heard_of_counts_as_deleted(town: Town) -> None:
    await town.open()
    ts = town.card().ts
    town.people.hold()
    await town.people.say(ALICE, STAFF_CHANNEL, "not for here", ts)
    note = town.workspace.replies(STAFF_CHANNEL, ts)[-1].ts
    town.clock.turn(seconds=5)
    await town.people.delete(ALICE, STAFF_CHANNEL, note)

    await town.people.release(backwards=True)
    await town.settle()

    notes = [m for m in (await town.case()).messages if m.direction is Direction.NOTE]
    assert max(notes, key=lambda one: one.at).text == ""
