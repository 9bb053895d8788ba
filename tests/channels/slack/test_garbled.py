"""Answers that are not Slack's: what stands between us and Slack speaks in its place, as it pleases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.socket import Line
from bot.channels.slack.wire import Api, NoAnswerError

JSON, HTML, TEXT = "application/json", "text/html", "text/plain"
GARBLED = {
    "a page": (200, b"<html>Maintenance</html>", HTML),
    "a page that claims to be JSON": (200, b"<html>Maintenance</html>", JSON),
    "nothing": (200, b"", JSON),
    "null": (200, b"null", JSON),
    "a list": (200, b"[1]", JSON),
    "a word": (200, b'"ok"', JSON),
    "an empty object": (200, b"{}", JSON),
    "plain text": (200, b"ok", TEXT),
    "no UTF-8": (200, b"\xff\xfe", JSON),
    "a proxy that reaches nobody": (503, b"upstream connect error or disconnect/reset before headers", TEXT),
    "a broken gateway": (502, b"<html>Bad gateway</html>", HTML),
    "a limit in words": (429, b"slow down", TEXT),
}


@asynccontextmanager
async def answering(answers: list[tuple[int, bytes, str]]) -> AsyncIterator[str]:
    """Slack's address. The last answer is given again and again; who opens a line there has one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/line":
            line = web.WebSocketResponse()
            await line.prepare(request)
            await line.receive()
            return line
        status, body, kind = answers.pop(0) if len(answers) > 1 else answers[0]
        return web.Response(status=status, body=body, headers={"Content-Type": kind, "Retry-After": "a while"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("name", sorted(GARBLED.keys() - {"a limit in words"}))
async def test_call_that_is_answered_by_somebody_else_has_no_answer(name: str) -> None:
    async with answering([GARBLED[name]]) as url:
        api = Api(token="xoxb", url=f"{url}/api/", clock=lambda: datetime.now(UTC))

        with pytest.raises(NoAnswerError):
            await api.call("chat.postMessage", channel="C1", text="hello")

        await api.close()


@pytest.mark.parametrize("name", sorted(GARBLED))
async def test_line_is_there_once_slack_itself_answers(name: str) -> None:
    answers = [GARBLED[name]]
    async with answering(answers) as url:
        answers.append((200, f'{{"ok": true, "url": "{url.replace("http", "ws")}/line"}}'.encode(), JSON))
        line = Line("xapp", AsyncWebClient(token="xoxb", base_url=f"{url}/api/"), _nothing)

        async with asyncio.timeout(60):
            await line.connect()

        assert await line.is_connected()
        await line.close()  # type: ignore[no-untyped-call] # not annotated there


async def _nothing(_said: AsyncBoltRequest) -> BoltResponse:
    return BoltResponse(status=200)
