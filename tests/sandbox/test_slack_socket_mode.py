"""Socket Mode of the stand-in, driven by Slack's own Python client."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import People, SlackServer, Workspace
from tests.sandbox.conftest import CAMILLE, STAFF


@pytest.fixture
async def socket(slack: SlackServer, client: AsyncWebClient) -> AsyncIterator[SocketModeClient]:
    listening = SocketModeClient(app_token="xapp-test", web_client=client)
    yield listening
    await listening.close()  # type: ignore[no-untyped-call] # not annotated there


async def test_socket_mode_carries_envelopes_and_answers(
    slack: SlackServer, workspace: Workspace, socket: SocketModeClient
) -> None:
    seen: list[str] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        seen.append(request.type)
        answer = {"text": "three open"} if request.type == "slash_commands" else None
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    socket.socket_mode_request_listeners.append(listen)
    await socket.connect()  # type: ignore[no-untyped-call] # not annotated there
    await asyncio.wait_for(slack.sockets.connected(), 30)
    people = People.over_socket(slack.sockets)

    said = await people.say(CAMILLE, STAFF, "hello")
    asked = await people.command(CAMILLE, STAFF, "/incident")
    used = await people.shortcut(CAMILLE, "open_incident")

    assert [one.outcome for one in (said, asked, used)] == ["ok", "ok", "ok"]
    assert seen == ["events_api", "slash_commands", "interactive"]
    assert [one.text for one in workspace.shown_to(CAMILLE)] == ["three open"]


async def test_socket_mode_without_listener(slack: SlackServer, workspace: Workspace) -> None:
    people = People.over_socket(slack.sockets)

    assert (await people.say(CAMILLE, STAFF, "hello")).outcome == "dispatch_failed"


async def test_socket_mode_needs_the_app_token(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token="xapp-other")
