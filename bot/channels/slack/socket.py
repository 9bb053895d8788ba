"""Socket Mode: the desk rings Slack up and is told through the line what HTTP would have brought.

Slack's own client, with what it lacks: an address is good for one connection and for some seconds, so every attempt
gets a fresh one; no attempt lasts for ever; no proxy of the environment is in the way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.wire import Payload
from storage import Unavailable

ATTEMPT_SECONDS: Final = 10.0
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 30.0
PING_SECONDS: Final = 10.0

AWAY: Final = (TimeoutError, Unavailable)
"""The database does not answer, or not in time: Slack is to bring it again."""
Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

log = logging.getLogger(__name__)


class Line(SocketModeClient):
    """One line to Slack. `joined` is set with each connection: what was said before it may not have been heard."""

    def __init__(self, app_token: str, client: AsyncWebClient, dispatch: Dispatch) -> None:
        quiet = logging.getLogger("bot.bolt")
        super().__init__(app_token=app_token, logger=quiet, web_client=client, ping_interval=PING_SECONDS)
        self.proxy = None
        self.joined = asyncio.Event()
        self._dispatch = dispatch
        self.message_listeners.append(self._greeted)  # type: ignore[arg-type] # the client calls them as below
        self.socket_mode_request_listeners.append(self._take)

    async def connect(self) -> None:
        """Returns once there is a line, however long Slack is away."""
        again = FIRST_WAIT_SECONDS
        while not self.closed:
            try:
                self.wss_uri = self.wss_uri or await self.issue_new_wss_url()
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await super().connect()  # type: ignore[no-untyped-call] # not annotated there
                return
            except Exception as trouble:  # noqa: BLE001 - Slack's client stumbles over answers that are not Slack's
                log.warning("no line to Slack yet: %s: %s", type(trouble).__name__, trouble)
                self.wss_uri = None
                await asyncio.sleep(again)
                again = min(again * 2, LONGEST_WAIT_SECONDS)

    async def _greeted(self, _client: AsyncBaseSocketModeClient, message: Payload, _raw: str) -> None:
        if message.get("type") == "hello":
            self.joined.set()

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """What raises is not acknowledged, so that Slack brings it again."""
        headers = build_headers(request)
        said = AsyncBoltRequest(mode="socket_mode", body=request.payload, headers=headers)
        try:
            answer = await self._dispatch(said)
        except AWAY as away:
            log.warning("not acknowledged: %s", str(away) or type(away).__name__)
            return
        await send_async_response(client, request, answer, 0)
