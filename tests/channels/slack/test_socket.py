"""The same over Socket Mode: what was not kept is not acknowledged."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import People
from storage import Direction
from tests.channels.slack.town import ALICE, STAFF_CHANNEL, Town


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
