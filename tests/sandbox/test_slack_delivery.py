"""How the desk is reached: signatures, three seconds, retries, disorder, Socket Mode."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from bot.sandbox.slack import Letterhead, People, Workspace
from bot.sandbox.slack.delivery import OverHttp
from tests.sandbox.conftest import CAMILLE, STAFF, Desk


@pytest.mark.parametrize(
    "letterhead",
    [
        Letterhead(secret="another"),
        Letterhead(age=timedelta(seconds=301)),
        Letterhead(age=timedelta(seconds=-301)),
        Letterhead(without=("X-Slack-Signature",)),
        Letterhead(altered=True),
    ],
    ids=["secret", "old", "future", "unsigned", "altered"],
)
async def test_signature_that_is_not_right(people: People, letterhead: Letterhead) -> None:
    with people.writing(letterhead):
        wrong = await people.say(CAMILLE, STAFF, "hello")
    right = await people.say(CAMILLE, STAFF, "hello")

    assert (wrong.status, wrong.outcome, right.status) == (401, "http_error", 200)


async def test_three_seconds_are_all_there_is(workspace: Workspace) -> None:
    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", sleep)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    people = People(workspace, OverHttp(workspace, f"http://127.0.0.1:{runner.addresses[0][1]}", patience=0.05))

    answer = await people.shortcut(CAMILLE, "open_incident")
    await people.close()
    await runner.cleanup()

    assert answer.outcome == "operation_timeout"
    assert [failure.answer for failure in people.failures] == [answer]


async def test_nobody_answers(workspace: Workspace) -> None:
    people = People.over_http(workspace, "http://127.0.0.1:1")

    answer = await people.say(CAMILLE, STAFF, "hello")
    await people.close()

    assert answer.outcome == "dispatch_failed"


async def test_redelivery_says_that_it_is_one(people: People, desk: Desk) -> None:
    await people.say(CAMILLE, STAFF, "hello")

    await people.redeliver(people.sent[0], attempt=1)
    await people.redeliver(people.sent[0], attempt=2, new_id=True)

    assert [one["event_id"] for one in desk.got] == ["Ev0000000001", "Ev0000000001", "Ev0000000002"]
    assert [one.get("X-Slack-Retry-Num") for one in desk.headers] == [None, "1", "2"]
    assert desk.headers[1]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_events_backwards_and_twice(people: People, desk: Desk, workspace: Workspace) -> None:
    people.hold()
    held = await people.say(CAMILLE, STAFF, "one")
    await people.edit(CAMILLE, STAFF, workspace.roots(STAFF)[0].ts, "two")
    people.copies = 2

    await people.release(backwards=True)

    kinds = [one["event"].get("subtype") for one in desk.got]
    assert (held.outcome, kinds) == ("held", ["message_changed", "message_changed", None, None])
