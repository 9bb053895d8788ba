"""At the door: signatures, repeats, a database that is away, a crowd."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from aiohttp import ClientSession

from bot.channels.slack.receive import MOST_BYTES, identity
from bot.sandbox.slack import Letterhead
from bot.sandbox.slack.delivery import signature
from storage import Direction
from tests.channels.slack.town import ALICE, SECRET, STAFF_CHANNEL, Town, a_town

WRONG = (
    Letterhead(secret="another secret"),
    Letterhead(altered=True),
    Letterhead(without=("X-Slack-Signature",)),
    Letterhead(without=("X-Slack-Request-Timestamp",)),
    Letterhead(age=timedelta(seconds=301)),
    Letterhead(age=timedelta(seconds=-301)),
)


@pytest.mark.parametrize("letterhead", WRONG)
async def test_wrong_signature_is_refused_and_nothing_is_kept(town: Town, letterhead: Letterhead) -> None:
    await town.open()

    with town.people.writing(letterhead):
        said = await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts)
        clicked = await town.people.click(ALICE, STAFF_CHANNEL, town.card().ts, "take")

    await town.settle()
    assert (said.status, clicked.status) == (401, 401)
    assert "IncidentTaken" not in await town.facts()
    assert await _notes(town) == []


async def test_address_is_verified(town: Town) -> None:
    answer = await town.people.verify_url("a challenge")

    assert (answer.status, answer.payload) == (200, {"challenge": "a challenge"})


async def test_request_that_comes_in_pieces_is_read_whole(town: Town) -> None:
    """No connection brings a million octets at once."""
    challenge = "x" * 1_000_000

    answer = await town.people.verify_url(challenge)

    assert (answer.status, answer.payload) == (200, {"challenge": challenge})


async def test_request_that_is_too_long_is_refused(town: Town) -> None:
    assert (await town.people.verify_url("x" * MOST_BYTES)).status == 413


async def test_same_event_three_times_has_its_effect_once(town: Town) -> None:
    await town.open()

    await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts)
    for attempt in (1, 2):
        answer = await town.people.redeliver(town.people.sent[-1], attempt=attempt)
        assert answer.outcome == "ok"
    await town.settle()

    assert await _notes(town) == ["a note"]


async def test_same_message_under_new_event_id_has_its_effect_once(town: Town) -> None:
    await town.open()

    await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts)
    await town.people.redeliver(town.people.sent[-1], new_id=True)
    await town.settle()

    assert await _notes(town) == ["a note"]


async def test_retry_alone_is_worked(town: Town) -> None:
    """The first delivery never came: a retry number is no reason to discard."""
    await town.open()
    with town.people.writing(Letterhead(secret="lost on the way")):
        await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts)

    answer = await town.people.redeliver(town.people.sent[-1], attempt=1, new_id=True)
    await town.settle()

    assert answer.outcome == "ok"
    assert await _notes(town) == ["a note"]


async def test_repeat_after_restart_has_its_effect_once(sqlite_url: str) -> None:
    async with a_town(sqlite_url) as before:
        await before.open()
        await before.people.say(ALICE, STAFF_CHANNEL, "a note", before.card().ts)
        envelope = before.people.sent[-1]
        await before.settle()
    async with a_town(sqlite_url) as after:
        after.clock.turn(minutes=6)

        answer = await after.people.redeliver(envelope)
        await after.settle()

        assert answer.outcome == "ok"
        assert await _notes(after) == ["a note"]


async def test_click_three_times_at_once_has_its_effect_once(town: Town) -> None:
    await town.open()
    town.people.copies = 3

    answer = await town.click("take")

    assert answer.outcome == "ok"
    assert (await town.facts()).count("IncidentTaken") == 1
    assert town.people.failures == []


async def test_reply_modal_three_times_at_once_is_sent_once(town: Town) -> None:
    await town.open()
    await town.click("reply")
    town.people.copies = 3

    await town.people.submit(ALICE, town.modal().id, {"text": "We are looking."})
    await town.settle()

    assert (await town.facts()).count("StaffWrote") == 1


async def test_database_that_does_not_answer_is_said_in_time(town: Town, sqlite_url: str) -> None:
    await town.open()
    ts = town.card().ts
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        clicked, said = await asyncio.gather(
            town.people.click(ALICE, STAFF_CHANNEL, ts, "take"),
            town.people.say(ALICE, STAFF_CHANNEL, "a note", ts),
        )

        other.execute("ROLLBACK")
    assert (clicked.status, said.status) == (503, 503)


async def test_crowd_is_acknowledged_in_time(town: Town) -> None:
    await town.open()
    ts = town.card().ts

    said = await asyncio.gather(
        *(town.people.say(ALICE, STAFF_CHANNEL, f"note {number}", ts) for number in range(200))
    )
    await town.settle()

    assert {answer.outcome for answer in said} == {"ok"}
    assert sorted(await _notes(town)) == sorted(f"note {number}" for number in range(200))


async def test_changes_before_the_message_end_as_in_order(town: Town) -> None:
    await town.open()
    ts = town.card().ts
    town.people.hold()
    await town.people.say(ALICE, STAFF_CHANNEL, "frist", ts)
    reply = town.workspace.replies(STAFF_CHANNEL, ts)[-1]
    town.clock.turn(seconds=5)
    await town.people.edit(ALICE, STAFF_CHANNEL, reply.ts, "first")

    await town.people.release(backwards=True)
    await town.settle()

    notes = [m for m in (await town.case()).messages if m.direction is Direction.NOTE]
    assert max(notes, key=lambda note: note.at).text == "first"


async def test_messages_are_the_same_by_place_and_change() -> None:
    message = {"type": "message", "channel": "C1", "ts": "1.1", "text": "a"}
    changed = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "message": {**message, "edited": {"ts": "2"}},
    }

    names = [identity({"event_id": event_id, "event": event}) for event_id in "ab" for event in (message, changed)]

    assert len(set(names)) == 2


async def test_unknown_buttons_and_events_are_acknowledged(town: Town) -> None:
    await town.open()

    reacted = await town.people.react(ALICE, STAFF_CHANNEL, town.card().ts, "tada")
    await town.settle()

    assert reacted.outcome == "ok"
    assert "IncidentTaken" not in await town.facts()


async def _notes(town: Town) -> list[str]:
    return [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE]


@pytest.mark.parametrize("body", [b"{{{", b"payload=%7B", b"[1]"])
async def test_what_slack_never_says_is_a_bad_request_though_it_is_signed(town: Town, body: bytes) -> None:
    stamp = str(int(town.clock().timestamp()))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded" if body.startswith(b"payload") else "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(SECRET, stamp, body),
    }

    async with (
        ClientSession() as session,
        session.post(f"{town.url}/slack/events", data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
