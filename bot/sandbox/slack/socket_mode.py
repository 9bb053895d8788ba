"""Socket Mode: the WebSocket over which Slack hands out events and takes acknowledgements."""

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.sandbox.slack.wire import Payload, SlackError
from bot.sandbox.slack.workspace import Workspace


class NotConnectedError(Exception):
    """No app listens on a socket."""


@dataclass(slots=True)
class Sockets:
    """The app's open sockets. Every envelope goes to one of them, in turn."""

    workspace: Workspace
    _tickets: set[str] = field(default_factory=set)
    _open: list[web.WebSocketResponse] = field(default_factory=list)
    _waiting: dict[str, asyncio.Future[Payload]] = field(default_factory=dict)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def new_address(self) -> str:
        """apps.connections.open: an address that opens one socket, once."""
        ticket = self.workspace.new_id("W")
        self._tickets.add(ticket)
        return f"{self.workspace.base_url.replace('http', 'ws', 1)}link/?ticket={ticket}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket: say hello, then take acknowledgements until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._open.append(socket)
        await socket.send_json(self._hello())
        self._arrived.set()
        try:
            await self._listen(socket)
        finally:
            self._open.remove(socket)
        return socket

    @property
    def listeners(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    async def connected(self) -> None:
        """Wait until an app has connected at least once."""
        await self._arrived.wait()

    async def deliver(self, kind: str, payload: Payload, *, retry: int = 0, reason: str = "") -> Payload:
        """Send one envelope (`events_api`, `interactive`, `slash_commands`); the payload of its acknowledgement.

        NotConnectedError without a socket. Waits for as long as the caller lets it.
        """
        if not self._open:
            raise NotConnectedError
        envelope_id = self.workspace.new_id("E")
        socket = self._open.pop(0)
        self._open.append(socket)
        acknowledged: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acknowledged
        answerable = {"accepts_response_payload": kind != "events_api"}
        retried = {"retry_attempt": retry, "retry_reason": reason} if kind == "events_api" else {}
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, **answerable, **retried}
        try:
            await socket.send_json(envelope)
            return await acknowledged
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every socket to go, as Slack does every few hours, and close it."""
        for socket in tuple(self._open):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            await socket.close()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                answer = json.loads(frame.data)
                waiting = self._waiting.get(answer.get("envelope_id", ""))
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer.get("payload") or {})

    def _hello(self) -> Payload:
        about = {"app_id": self.workspace.app_id}
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": about,
            "debug_info": {},
        }


def open_connection(sockets: Sockets, token: str) -> Payload:
    """apps.connections.open: for the app-level token alone."""
    if not sockets.workspace.app_token or token != sockets.workspace.app_token:
        raise SlackError("invalid_auth")
    return {"ok": True, "url": sockets.new_address()}
