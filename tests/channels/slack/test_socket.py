"""The same over Socket Mode: what was not kept is not acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.socket import Line
from bot.sandbox.slack import People
from storage import Direction
from tests.channels.slack.town import ALICE, STAFF_CHANNEL, Town, a_channel


@pytest.fixture
async def people(town: Town) -> AsyncIterator[People]:
    await town.channel.connect()
    async with asyncio.timeout(30):
        await town.slack.sockets.connected()
    crowd = People.over_socket(town.slack.sockets)
    yield crowd
    await crowd.close()


async def test_clicks_notes_and_modals_come_over_the_socket(town: Town, people: People) -> None:
    await town.open()
    ts = town.card().ts

    said = await people.say(ALICE, STAFF_CHANNEL, "a note", ts)
    clicked = await people.click(ALICE, STAFF_CHANNEL, ts, "take")
    await people.click(ALICE, STAFF_CHANNEL, ts, "reply")
    empty = await people.submit(ALICE, town.modal().id, {})
    sent = await people.submit(ALICE, town.modal().id, {"text": "We are looking."})
    await town.settle()

    assert [answer.outcome for answer in (said, clicked, empty, sent)] == ["ok"] * 4
    assert set(empty.payload["errors"]) == {"text"}
    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE] == ["a note"]
    assert {"IncidentTaken", "StaffWrote"} <= set(await town.facts())


async def test_desk_that_starts_while_slack_is_away_gets_its_line_later(town: Town) -> None:
    town.slack.faults.fail(method="apps.connections.open")
    town.slack.faults.refuse("internal_error", method="apps.connections.open")

    await town.channel.connect()

    outcomes = [call.outcome for call in town.slack.calls if call.method == "apps.connections.open"]
    assert outcomes == ["status", "internal_error", "ok"]


async def test_what_was_said_while_the_line_was_cut_is_asked_for_with_the_next(town: Town, people: People) -> None:
    await town.open()
    ts = town.card().ts
    await town.channel.gap(5)  # the first line is one, too
    await town.channel.backfill(town.clock())

    await town.slack.sockets.disconnect()
    unheard = await People.over_http(town.workspace, "http://127.0.0.1:1").say(ALICE, STAFF_CHANNEL, "a note", ts)
    await asyncio.wait_for(town.channel.gap(60), 30)
    await town.channel.backfill(town.clock())
    await town.settle()

    assert unheard.outcome == "dispatch_failed"
    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE] == ["a note"]


async def test_envelopes_that_reach_several_processes_have_their_effect_once(town: Town, people: People) -> None:
    await town.open()
    ts = town.card().ts
    other = a_channel(town.desk, town.clock, town.slack.api_url)
    await other.connect()
    people.copies = 4

    for number in range(5):
        assert (await people.say(ALICE, STAFF_CHANNEL, f"note {number}", ts)).outcome == "ok"
    await people.click(ALICE, STAFF_CHANNEL, ts, "take")
    await town.settle()
    await other.close()

    notes = [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE]
    assert notes == [f"note {number}" for number in range(5)]
    assert (await town.facts()).count("IncidentTaken") == 1


async def test_what_is_not_acknowledged_in_time_is_logged_with_its_reason(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    async def too_slow(_said: AsyncBoltRequest) -> BoltResponse:
        raise TimeoutError  # it has no words

    line = Line("xapp", AsyncWebClient(token="xoxb", base_url=town.slack.api_url), too_slow)
    (take,) = cast("list[Any]", line.socket_mode_request_listeners)
    await take(line, SocketModeRequest(type="events_api", envelope_id="1", payload={}))
    await line.close()  # type: ignore[no-untyped-call] # not annotated there

    assert caplog.messages == ["not acknowledged: TimeoutError"]
